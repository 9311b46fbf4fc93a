//! A canonical document as wire bytes: written through a map, enclosed, read back and validated. Pure.
//!
//! Numbers come last, so that they can be taken in the transaction that stores the bytes.

use std::fmt;
use std::sync::Arc;

use jiff::civil::DateTime;

use crate::canonical::{Canonical, split};
use crate::catalogue::{Case, Catalogue, Rules};
use crate::finding::Finding;
use crate::grammar::{Address, Checked, Grammar, Strictness};
use crate::journey::examine::broken_rules;
use crate::mapping::Detail;
use crate::mapping::library::is_xml;
use crate::partner::{Agreement, Directory, Numbering, Partner, Realm};
use crate::wire::xml::{self, Tree};
use crate::wire::{
    Event, Form, GroupHead, Identity, InterchangeHead, InterchangeWriter, Limits, Reader, SetBody, SetHead, Syntax,
};

/// A document written through its map, not yet in an envelope.
#[derive(Clone, Debug)]
pub struct Rendered {
    pub address: Address,
    /// The map that wrote it.
    pub map: String,
    /// Fields of the document that no line of the map carries, with their values: told, never lost in silence.
    pub lost: Vec<(String, String)>,
    /// Fields that a line of the map would carry and the document lacks: whether they are needed, reading back tells.
    pub missing: Vec<String>,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    Set { body: SetBody, grammar: Arc<Grammar> },
    Xml(Vec<u8>),
}

/// Whose envelope a document travels in.
#[derive(Clone, Debug)]
pub struct Envelope {
    pub form: Form,
    /// ISA12 or UNB S001.
    pub version: String,
    pub sender: Identity,
    pub receiver: Identity,
    /// GS02 and GS03.
    pub group_sender: String,
    pub group_receiver: String,
    /// GS08 or UNH 0057 beyond the release.
    pub convention: Option<String>,
    pub test: bool,
    pub acknowledgement_requested: bool,
    pub at: DateTime,
}

/// The control numbers of one interchange, as text in the agreed widths. Its sets count from 1.
#[derive(Clone, Debug)]
pub struct Numbers {
    pub interchange: String,
    pub group: String,
    pub set_digits: u32,
}

/// Why a document cannot be written, for people.
#[derive(Clone, Debug)]
pub enum NotRendered {
    /// There is no grammar or map to write this with.
    NoMap(String),
    /// The map writes another kind of document.
    OtherKind { map: String, writes: &'static str, is: &'static str },
    /// What the map requires and the document lacks, by path.
    Missing(Vec<String>),
    /// Lines whose parts do not come to the whole, in words.
    Astray(Vec<String>),
    /// Characters that the wire cannot carry.
    Refused(Vec<String>),
    /// What was written does not pass its own grammar: it must not leave.
    Invalid(Vec<Finding>),
}

impl fmt::Display for NotRendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoMap(address) => write!(f, "there is no map that writes {address}"),
            Self::OtherKind { map, writes, is } => write!(f, "{map} writes documents of kind {writes}, this is {is}"),
            Self::Missing(paths) => write!(f, "the document lacks {}", paths.join(", ")),
            Self::Astray(words) => write!(f, "{}", words.join("; ")),
            Self::Refused(words) => write!(f, "{}", words.join("; ")),
            Self::Invalid(findings) => {
                write!(f, "what would be written is not valid:")?;
                findings.iter().try_for_each(|found| write!(f, "\n  {}: {}", found.word(), found.message()))
            }
        }
    }
}

/// Writes a document through the map that was agreed, or the base map of the address.
///
/// # Errors
/// Why it cannot be written; nothing half-written is returned.
pub fn render(
    catalogue: &Catalogue,
    address: &Address,
    case: Case<'_>,
    document: &Canonical<'_>,
    form: Form,
) -> Result<Rendered, NotRendered> {
    let astray: Vec<String> = split::astray(document)
        .iter()
        .map(|it| format!("lines[{}].quantity is {}, and its destinations come to {}", it.line, it.quantity, it.sum))
        .collect();
    if !astray.is_empty() {
        return Err(NotRendered::Astray(astray));
    }
    if is_xml(address) {
        return render_xml(catalogue, address, case, document);
    }
    let nothing = || NotRendered::NoMap(address.to_string());
    let rules = catalogue.rules_for(address, case).ok_or_else(nothing)?;
    let Rules { grammar, mapping: Some(mapping), map_name: Some(map), .. } = rules else { return Err(nothing()) };
    if mapping.kind != document.kind {
        return Err(NotRendered::OtherKind { map, writes: mapping.kind.as_str(), is: document.kind.as_str() });
    }
    let writing = match syntax_of(address).0 {
        Syntax::Edifact => mapping.write(&document.marked(), form),
        _ => mapping.write(document, form),
    };
    if !writing.refusals.is_empty() {
        return Err(NotRendered::Refused(writing.refusals.iter().map(ToString::to_string).collect()));
    }
    let taken: Vec<String> =
        writing.missing.iter().filter(|missing| missing.takes_line).map(|missing| missing.path.clone()).collect();
    if !taken.is_empty() {
        return Err(NotRendered::Missing(taken));
    }
    Ok(Rendered {
        address: address.clone(),
        map,
        lost: writing.lost.into_iter().map(|lost| (lost.path, lost.value)).collect(),
        missing: writing.missing.into_iter().map(|missing| missing.path).collect(),
        content: Content::Set { body: writing.body, grammar },
    })
}

fn render_xml(
    catalogue: &Catalogue,
    address: &Address,
    case: Case<'_>,
    document: &Canonical<'_>,
) -> Result<Rendered, NotRendered> {
    let map = case.agreement.and_then(|agreement| agreement.map.clone()).unwrap_or_else(|| address.to_string());
    let mapping = catalogue.xml(&map).ok_or_else(|| NotRendered::NoMap(address.to_string()))?;
    if mapping.kind != document.kind {
        return Err(NotRendered::OtherKind { map, writes: mapping.kind.as_str(), is: document.kind.as_str() });
    }
    let mut bytes = Vec::new();
    let written = mapping.write(document, &mut bytes).map_err(|refusal| NotRendered::Missing(refusal.required))?;
    let lost = written.lost.into_iter().map(|path| (path, String::new())).collect();
    Ok(Rendered { address: address.clone(), map, lost, missing: written.missing, content: Content::Xml(bytes) })
}

impl Rendered {
    /// An XML document as a stranger reads it: the rules of its kind hold. Sets are read back when they are enclosed.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn keeps_the_rules(&self, catalogue: &Catalogue, agreement: Option<&Agreement>) -> Result<(), NotRendered> {
        let (Content::Xml(bytes), Some(map)) = (&self.content, catalogue.xml(&self.map)) else { return Ok(()) };
        let tree = Tree::read(bytes, xml::Limits::default());
        let reading = map.read(&tree, Detail::COUNTS);
        let broken = broken_rules(&map, &tree, &reading.document);
        let tolerated = |fault| agreement.is_some_and(|it| it.terms.leniency.tolerates(fault));
        let all = tree.findings.iter().cloned().chain(reading.findings).chain(broken);
        let wrong: Vec<Finding> = all.filter(|it| it.is_error() && !tolerated(it.fault)).collect();
        if wrong.is_empty() { Ok(()) } else { Err(NotRendered::Invalid(wrong)) }
    }
}

/// Whose identity an envelope lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    Ours,
    Theirs,
}

impl Envelope {
    /// Whose identity is missing; nobody can be told whom such an envelope is from, or for.
    pub fn nameless(&self) -> Option<Whose> {
        match (self.sender.id.is_empty(), self.receiver.id.is_empty()) {
            (true, _) => Some(Whose::Ours),
            (false, true) => Some(Whose::Theirs),
            (false, false) => None,
        }
    }

    /// The envelope that was agreed with a partner, for a production document.
    pub fn agreed(
        directory: &Directory,
        partner: &Partner,
        address: &Address,
        convention: Option<String>,
        at: DateTime,
    ) -> Self {
        let (syntax, realm) = syntax_of(address);
        let writing = partner.writing(syntax);
        let (sender, receiver) = directory.sender_and_receiver(realm, partner);
        let (group_sender, group_receiver) = directory.group_sender_and_receiver(realm, partner);
        Self {
            form: writing.form(syntax),
            version: writing.version.clone(),
            sender,
            receiver,
            group_sender,
            group_receiver,
            convention,
            test: false,
            acknowledgement_requested: false,
            at,
        }
    }
}

/// The syntax an address is written in. What is neither has no envelope, and X12's look is as good as any.
pub fn syntax_of(address: &Address) -> (Syntax, Realm) {
    match address.standard.as_str() {
        "edifact" => (Syntax::Edifact, Realm::Edifact),
        "x12" => (Syntax::X12, Realm::X12),
        _ => (Syntax::X12, Realm::Xml),
    }
}

impl Numbers {
    /// Numbers in the agreed widths.
    pub fn of(numbering: &Numbering, syntax: Syntax, interchange: u64, group: u64) -> Self {
        let digits = if syntax == Syntax::X12 { 9 } else { numbering.interchange_digits };
        Self {
            interchange: Numbering::text(interchange, digits),
            group: Numbering::text(group, numbering.group_digits),
            set_digits: numbering.set_digits,
        }
    }

    /// ST02 or UNH 0062 of a set by its place in the interchange, from 1.
    pub fn set(&self, position: u64) -> String {
        Numbering::text(position, self.set_digits)
    }
}

impl Rendered {
    /// GS01 of the group it travels in; `None` where its standard has no such code.
    pub fn functional_id(&self) -> Option<&str> {
        match &self.content {
            Content::Set { grammar, .. } => grammar.group.as_deref(),
            Content::Xml(_) => None,
        }
    }

    /// Segments of the set, header and trailer counted; 0 for XML.
    pub fn segments(&self) -> u32 {
        match &self.content {
            Content::Set { body, .. } => body.segments + 2,
            Content::Xml(_) => 0,
        }
    }

    /// Whether it travels in an interchange and needs control numbers.
    pub fn is_enveloped(&self) -> bool {
        matches!(self.content, Content::Set { .. })
    }

    /// The bytes as they leave: enclosed, then read back and validated like anybody's document.
    ///
    /// # Errors
    /// What reading back found wrong.
    pub fn enclose(&self, envelope: &Envelope, numbers: &Numbers) -> Result<Vec<u8>, NotRendered> {
        match &self.content {
            Content::Xml(bytes) => Ok(bytes.clone()),
            Content::Set { .. } => Ok(enclose(&[self], envelope, numbers)?.bytes),
        }
    }
}

/// An interchange, with where each of its sets stands.
#[derive(Clone, Debug)]
pub struct Enclosed {
    pub bytes: Vec<u8>,
    pub spans: Vec<(u64, u64)>,
}

/// Sets of one type and release in one interchange (in X12 one group), in their order, then read back and validated like
/// anybody's documents. XML documents have no envelope and are left out.
///
/// # Errors
/// What reading back found wrong.
pub fn enclose(sets: &[&Rendered], envelope: &Envelope, numbers: &Numbers) -> Result<Enclosed, NotRendered> {
    let sets: Vec<(&Address, &SetBody, &Grammar)> = sets
        .iter()
        .filter_map(|rendered| match &rendered.content {
            Content::Set { body, grammar } => Some((&rendered.address, body, &**grammar)),
            Content::Xml(_) => None,
        })
        .collect();
    let Some((address, _, grammar)) = sets.first() else {
        return Ok(Enclosed { bytes: Vec::new(), spans: Vec::new() });
    };
    let mut writer = InterchangeWriter::new(envelope.form);
    writer.open_interchange(&InterchangeHead {
        sender: &envelope.sender,
        receiver: &envelope.receiver,
        control_number: &numbers.interchange,
        at: envelope.at,
        version: &envelope.version,
        test: envelope.test,
        acknowledgement_requested: envelope.acknowledgement_requested,
        agreement: None,
    });
    let convention = envelope.convention.as_deref();
    let is_x12 = envelope.form.syntax == Syntax::X12;
    if is_x12 {
        let plain = |id: &str| Identity { qualifier: String::new(), id: id.to_owned() };
        writer.open_group(&GroupHead {
            functional_id: grammar.group.as_deref().unwrap_or_default(),
            sender: &plain(&envelope.group_sender),
            receiver: &plain(&envelope.group_receiver),
            control_number: &numbers.group,
            at: envelope.at,
            version: convention.unwrap_or(&address.release),
        });
    }
    for (position, (address, body, _)) in (1..).zip(&sets) {
        let control_number = &numbers.set(position);
        let kind = address.kind.as_str();
        if is_x12 {
            let convention = convention.filter(|convention| convention.as_bytes().get(6) == Some(&b'X'));
            writer.set(&SetHead { kind, release: &address.release, control_number, convention }, body);
        } else {
            let release = release_on_wire(&address.release, convention);
            writer.set(&SetHead { kind, release: &release, control_number, convention: None }, body);
        }
    }
    if is_x12 {
        writer.close_group();
    }
    let bytes =
        writer.finish().map_err(|refusals| NotRendered::Refused(refusals.iter().map(ToString::to_string).collect()))?;
    let spans = read_back(&bytes, grammar)?;
    Ok(Enclosed { bytes, spans })
}

/// `D.96A` as UNH S009 says it: `D:96A:UN`, with the association's code (0057) where one was agreed.
fn release_on_wire(release: &str, convention: Option<&str>) -> String {
    let (version, number) = release.split_once('.').unwrap_or(("D", release));
    match convention {
        Some(convention) => format!("{version}:{number}:UN:{convention}"),
        None => format!("{version}:{number}:UN"),
    }
}

/// Nothing leaves that we would reject ourselves. Tells where the sets stand.
fn read_back(bytes: &[u8], grammar: &Grammar) -> Result<Vec<(u64, u64)>, NotRendered> {
    let mut reader = Reader::new(bytes, Limits::default());
    let mut wrong = Vec::new();
    let mut spans = Vec::new();
    let mut checked = Checked::default();
    let mut note = |findings: &[Finding]| wrong.extend(findings.iter().filter(|found| found.is_error()).cloned());
    while let Ok(Some(event)) = reader.next_event() {
        match event {
            Event::InterchangeOpened(interchange) => note(&interchange.findings),
            Event::GroupOpened(group) => note(&group.findings),
            Event::Set(header, set) => {
                spans.push(header.span.into());
                note(&header.findings);
                grammar.check(set, Strictness::default(), &mut checked);
                note(&checked.findings);
            }
            Event::GroupClosed { findings, .. } | Event::InterchangeClosed { findings, .. } => note(&findings),
            Event::InterchangeAcknowledgement(_) => {}
        }
    }
    if wrong.is_empty() { Ok(spans) } else { Err(NotRendered::Invalid(wrong)) }
}
