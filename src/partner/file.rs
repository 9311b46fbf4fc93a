//! A partner file, and `us.toml`: plain TOML, every key with a default but the name.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use toml::de::DeValue;

use super::agreement::{Agreement, Direction, Reference};
use super::identity::{IdFirst, Identities, QualifierFirst, Realm};
use super::{Account, AdviceCsv, As2, HttpTerms, MailTerms, Numbering, Sftp, Terms, Writing, chart, trading};
use crate::mistake::keys::{Keys, Setting, Told, choose, read_keys, word_of};
use crate::process::Policy;
use crate::process::ledger::Chart;
use crate::wire::{Identity, Syntax};

/// The identities of one party in all realms.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    pub x12: Identities,
    pub edifact: Identities,
    pub xml: Identities,
}

impl Party {
    pub fn of(&self, realm: Realm) -> &Identities {
        match realm {
            Realm::X12 => &self.x12,
            Realm::Edifact => &self.edifact,
            Realm::Xml => &self.xml,
        }
    }
}

/// How answers and documents reach a partner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliverBy {
    /// Files in a folder under `out/`, which the partner fetches from there, through a door of ours or by itself.
    #[default]
    Folder,
    /// Uploaded to the partner's server.
    Sftp,
    As2,
    Mail,
}

const DELIVER_BY: &[(&str, DeliverBy)] =
    &[("folder", DeliverBy::Folder), ("sftp", DeliverBy::Sftp), ("as2", DeliverBy::As2), ("mail", DeliverBy::Mail)];

impl DeliverBy {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Folder => "folder",
            Self::Sftp => "sftp",
            Self::As2 => "as2",
            Self::Mail => "mail",
        }
    }
}

impl Setting for DeliverBy {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        choose(value, DELIVER_BY)
    }

    fn show(&self) -> String {
        word_of(*self, DELIVER_BY)
    }
}

/// Who trades with us: one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partner {
    /// The file's name without `.toml`: the partner's name in commands, folders and the store.
    pub id: String,
    /// For people.
    pub name: String,
    pub theirs: Party,
    /// How this partner knows us, where that differs from `us.toml`.
    pub ours: Party,
    pub x12: Writing,
    pub edifact: Writing,
    /// How answers and documents reach the partner.
    pub deliver_by: DeliverBy,
    /// The folder under `out/` that they are written to, where they are delivered by folder.
    pub folder: String,
    /// The partner whose mailbox its documents come and go through: a VAN, a service bureau, a parent company.
    pub via: Option<String>,
    /// The outlet of that mailbox.
    pub mailbox: Option<String>,
    /// The customer that it belongs to: members of one family pay for each other.
    pub parent: Option<String>,
    /// Other names and accounts under which it pays.
    pub pays_as: Vec<String>,
    /// It is our bank: statements that it sends move money.
    pub is_bank: bool,
    /// How documents travel as AS2 messages, where they do.
    pub as2: Option<As2>,
    pub numbering: Numbering,
    /// Terms of the interchange, and of documents without an agreement of their own.
    pub terms: Terms,
    /// Only listed kinds are agreed; without a list every kind we have a map for.
    pub listed_only: bool,
    pub agreements: Vec<Agreement>,
    /// How trades with this partner run.
    pub trade: Policy,
    pub mail: MailTerms,
    pub http: HttpTerms,
    /// What was agreed about SFTP; `None`: nothing.
    pub sftp: Option<Sftp>,
    /// Where it is paid.
    pub account: Option<Account>,
    /// How it says in tables what it pays; `None`: not at all.
    pub advice_csv: Option<AdviceCsv>,
}

/// Ourselves, and what all partners inherit: `us.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Us {
    pub name: String,
    pub party: Party,
    pub x12: Writing,
    pub edifact: Writing,
    pub numbering: Numbering,
    pub terms: Terms,
    /// Whether senders without a partner file are answered; their documents are held in any case.
    pub answer_strangers: bool,
    /// How trades run where a partner says nothing else.
    pub trade: Policy,
    /// What we pay from.
    pub account: Option<Account>,
    /// What our books call the accounts that the program posts to.
    pub chart: Chart,
}

impl Default for Us {
    fn default() -> Self {
        Self {
            name: "us".into(),
            party: Party::default(),
            x12: Writing::standard(Syntax::X12),
            edifact: Writing::standard(Syntax::Edifact),
            numbering: Numbering::default(),
            terms: Terms::default(),
            answer_strangers: true,
            trade: Policy::default(),
            account: None,
            chart: Chart::default(),
        }
    }
}

impl Us {
    /// Reads `us.toml`.
    pub fn read(file: &str, text: &str) -> (Self, Told) {
        read_keys(file, text, |mut keys| {
            let standard = Self::default();
            let name = keys.or("name", standard.name.clone(), "what we are called");
            printable(&mut keys, &name);
            let answer_strangers = keys.or(
                "answer_strangers",
                standard.answer_strangers,
                "whether senders without a partner file are answered; their documents are held in any case",
            );
            let (x12, x12_look) = own(&mut keys, "x12", Some((Syntax::X12, &standard.x12)));
            let (edifact, edifact_look) = own(&mut keys, "edifact", Some((Syntax::Edifact, &standard.edifact)));
            let (xml, _) = own(&mut keys, "xml", None);
            let numbering = Numbering::read(&mut keys, &standard.numbering);
            let terms = Terms::read(&mut keys, &standard.terms);
            let trade = trading::read(&mut keys, &standard.trade);
            let account = Account::read(&mut keys);
            let chart = chart::read(&mut keys);
            keys.finish();
            Self {
                name,
                party: Party { x12, edifact, xml },
                x12: x12_look.unwrap_or(standard.x12),
                edifact: edifact_look.unwrap_or(standard.edifact),
                numbering,
                terms,
                answer_strangers,
                trade,
                account,
                chart,
            }
        })
    }
}

/// A partner file as read, with the names that must exist elsewhere and the places of its identities.
#[derive(Debug)]
pub struct PartnerFile {
    pub partner: Partner,
    pub references: Vec<Reference>,
    /// Where the interchange identities of each realm stand, for complaints about two partners claiming one.
    pub identity_spans: Vec<(Realm, Range<usize>)>,
    /// Where `via` stands.
    pub via_span: Range<usize>,
}

impl PartnerFile {
    /// Reads one partner's file; `us` is what it inherits from.
    pub fn read(id: &str, file: &str, text: &str, us: &Us) -> (Self, Told) {
        read_keys(file, text, |mut keys| {
            let name = keys.required::<String>("name", "what the partner is called");
            printable(&mut keys, &name);
            let deliver_by = keys.or("deliver_by", DeliverBy::Folder, "how answers and documents reach the partner");
            let folder = keys.or("outlet", id.to_owned(), "the folder under out/ that we write to");
            if folder.is_empty() || folder.starts_with('.') || folder.contains(['/', '\\', '\0']) {
                keys.mistake("value", keys.span("outlet"), "`outlet` is the name of a folder, not a path", None);
            }
            let via = keys.optional::<String>(
                "via",
                "the partner whose mailbox its documents come and go through, where one mailbox serves many (a VAN)",
            );
            let via_span = keys.span("via");
            let parent = keys.optional::<String>(
                "parent",
                "the customer that it belongs to: members of one family pay for each other",
            );
            let pays_as = keys.or("pays_as", Vec::new(), "other names and accounts under which it pays");
            let is_bank = keys.or("bank", false, "whether it is our bank, whose statements move money");
            let as2 = As2::read(&mut keys);
            if deliver_by == DeliverBy::As2 && as2.as_ref().is_none_or(|as2| as2.url.is_none()) {
                keys.mistake(
                    "missing",
                    keys.span("deliver_by"),
                    "`as2.url` is missing: where shall messages go?",
                    None,
                );
            }
            let mut identity_spans = Vec::new();
            let mut theirs = Party::default();
            let mut ours = Party::default();
            let x12 = realm(&mut keys, "x12", &us.x12, (&mut theirs.x12, &mut ours.x12), &mut identity_spans);
            let edifact =
                realm(&mut keys, "edifact", &us.edifact, (&mut theirs.edifact, &mut ours.edifact), &mut identity_spans);
            realm(&mut keys, "xml", &us.x12, (&mut theirs.xml, &mut ours.xml), &mut identity_spans);
            let numbering = Numbering::read(&mut keys, &us.numbering);
            let terms = Terms::read(&mut keys, &us.terms);
            let mut agreements = Vec::new();
            let mut references = Vec::new();
            for (key, direction) in [("inbound", Direction::Inbound), ("outbound", Direction::Outbound)] {
                for (kind, span, inner) in keys.tables(key) {
                    let what = (direction, kind, span);
                    agreements.push(Agreement::read(inner, file, what, &terms, &mut references));
                }
            }
            let trade = trading::read(&mut keys, &us.trade);
            let mail = MailTerms::read(&mut keys);
            let http = HttpTerms::read(&mut keys);
            let has_inbound = agreements.iter().any(|agreement| agreement.direction == Direction::Inbound);
            let listed_only = keys.or(
                "listed_only",
                has_inbound,
                "whether only the kinds listed under [inbound] are agreed; else every kind we have a map for",
            );
            let sftp = Sftp::read(&mut keys, id);
            let account = Account::read(&mut keys);
            let advice_csv = AdviceCsv::read(&mut keys);
            keys.finish();
            let partner = Partner {
                id: id.into(),
                name,
                theirs,
                ours,
                x12: x12.unwrap_or_else(|| us.x12.clone()),
                edifact: edifact.unwrap_or_else(|| us.edifact.clone()),
                deliver_by,
                folder,
                via,
                mailbox: None,
                parent,
                pays_as,
                is_bank,
                as2,
                numbering,
                terms,
                listed_only,
                agreements,
                trade,
                mail,
                http,
                sftp,
                account,
                advice_csv,
            };
            PartnerFile { partner, references, identity_spans, via_span }
        })
    }
}

impl Partner {
    /// What an unknown sender is treated by: our own terms, no agreement.
    pub fn stranger(us: &Us) -> Self {
        Self {
            id: String::new(),
            name: "a sender without a partner file".into(),
            theirs: Party::default(),
            ours: Party::default(),
            x12: us.x12.clone(),
            edifact: us.edifact.clone(),
            deliver_by: DeliverBy::Folder,
            folder: "unknown".into(),
            via: None,
            mailbox: None,
            parent: None,
            pays_as: Vec::new(),
            is_bank: false,
            as2: None,
            numbering: us.numbering.clone(),
            terms: us.terms.clone(),
            listed_only: true,
            agreements: Vec::new(),
            trade: us.trade.clone(),
            mail: MailTerms::default(),
            http: HttpTerms::default(),
            sftp: None,
            account: None,
            advice_csv: None,
        }
    }

    /// The name of the outlet that deliveries queue for: `folder:acme`, `as2:acme`, or that of the mailbox it shares.
    pub fn outlet(&self) -> String {
        if let Some(mailbox) = &self.mailbox {
            return mailbox.clone();
        }
        let place = if self.deliver_by == DeliverBy::Folder { &self.folder } else { &self.id };
        format!("{}:{place}", self.deliver_by.word())
    }

    /// Whether its documents may come through a door that another partner opened.
    pub fn comes_through(&self, door: &Partner) -> bool {
        self.id == door.id || self.via.as_deref() == Some(&door.id)
    }

    /// What was agreed about a kind of document; `None` where it was not agreed. A partner without a list agrees to all.
    pub fn agreement(&self, direction: Direction, kind: &str) -> Option<Agreement> {
        let listed = self.agreements.iter().find(|one| one.direction == direction && one.kind == kind);
        match listed {
            Some(agreement) => Some(agreement.clone()),
            None if direction == Direction::Inbound && !self.listed_only => {
                Some(Agreement::plain(direction, kind, self.terms.clone()))
            }
            None => None,
        }
    }

    /// How we look when writing in a syntax.
    pub fn writing(&self, syntax: Syntax) -> &Writing {
        match syntax {
            Syntax::X12 => &self.x12,
            Syntax::Edifact => &self.edifact,
        }
    }
}

/// `[x12]`, `[edifact]` or `[xml]` of `us.toml`.
fn own(keys: &mut Keys<'_>, key: &'static str, look: Option<(Syntax, &Writing)>) -> (Identities, Option<Writing>) {
    let mut keys = keys.table(key);
    let identities =
        identities(&mut keys, key, ("id", "our own identities"), ("group", "our own identities in groups"));
    let look = look.map(|(syntax, inherited)| Writing::read(&mut keys, syntax, inherited));
    keys.finish();
    (identities, look)
}

/// `[x12]`, `[edifact]` or `[xml]` of a partner.
fn realm(
    keys: &mut Keys<'_>,
    key: &'static str,
    inherited: &Writing,
    (theirs, ours): (&mut Identities, &mut Identities),
    spans: &mut Vec<(Realm, Range<usize>)>,
) -> Option<Writing> {
    let mut keys = keys.table(key);
    let (realm, syntax) = match key {
        "x12" => (Realm::X12, Some(Syntax::X12)),
        "edifact" => (Realm::Edifact, Some(Syntax::Edifact)),
        _ => (Realm::Xml, None),
    };
    *theirs = identities(
        &mut keys,
        key,
        (
            "id",
            "the partner's identities, one or a list: X12 \"ZZ:ACME\", EDIFACT \"4012345000009:14\", XML \"0088:4012345000009\"",
        ),
        ("group", "the partner's identities in groups (GS02, UNG 0040), where several partners share a mailbox"),
    );
    if keys.has("id") {
        spans.push((realm, keys.span("id")));
    }
    *ours = identities(
        &mut keys,
        key,
        ("our_id", "how this partner knows us, where it differs from us.toml"),
        ("our_group", "how this partner knows us in groups (GS03, UNG 0044)"),
    );
    let look = syntax.map(|syntax| Writing::read(&mut keys, syntax, inherited));
    keys.finish();
    look
}

/// Names are shown on terminals and pages: what steers those is no part of a name.
fn printable(keys: &mut Keys<'_>, name: &str) {
    if name.chars().any(char::is_control) {
        keys.mistake("value", keys.span("name"), "`name` holds control characters, which nobody can read", None);
    }
}

fn identities(
    keys: &mut Keys<'_>,
    realm: &str,
    (id, id_meaning): (&'static str, &'static str),
    (group, group_meaning): (&'static str, &'static str),
) -> Identities {
    let interchange: Vec<Identity> = match realm {
        "edifact" => {
            keys.or::<Vec<IdFirst>>(id, Vec::new(), id_meaning).into_iter().map(|identity| identity.0).collect()
        }
        _ => {
            keys.or::<Vec<QualifierFirst>>(id, Vec::new(), id_meaning).into_iter().map(|identity| identity.0).collect()
        }
    };
    let twice = interchange.iter().enumerate().find(|(at, identity)| interchange[..*at].contains(identity));
    if let Some((_, identity)) = twice {
        let message = format!("the identity \"{}\" is listed twice", identity.id);
        keys.mistake("value", keys.span(id), message, Some("once is enough".into()));
    }
    let group_key = group;
    let group: Vec<String> = match realm {
        "xml" => Vec::new(),
        _ => keys.or(group, Vec::new(), group_meaning),
    };
    let identities = Identities { interchange, group };
    for (at_group, message) in identities.misfits(realm) {
        keys.mistake("value", keys.span(if at_group { group_key } else { id }), message, None);
    }
    identities
}
