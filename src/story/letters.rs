//! Bytes as a partner writes them: documents through its map in its envelope, and its acknowledgements of ours.

use jiff::civil::DateTime;

use super::kinds::WireKind;
use crate::canonical::Canonical;
use crate::catalogue::{Case, Catalogue};
use crate::grammar::Address;
use crate::journey::issue::render::{Envelope, Numbers, render};
use crate::partner::{Direction, Partner, Realm};
use crate::wire::{
    Event, Form, GroupHead, Identity, InterchangeHead, InterchangeWriter, Limits, Reader, SetHead, Syntax,
};

/// Who writes, and with which number.
#[derive(Clone, Debug)]
pub struct Sender<'s> {
    pub catalogue: &'s Catalogue,
    /// `None`: a stranger, who writes under the name given.
    pub partner: Option<&'s Partner>,
    pub name: &'s str,
    /// `x12/004010`.
    pub standard: &'s str,
    pub control_number: u64,
    pub at: DateTime,
}

/// A document as the partner sends it.
///
/// # Errors
/// Why it cannot be written, for people.
pub fn letter(sender: &Sender<'_>, kind: WireKind, document: &Canonical<'_>) -> Result<Vec<u8>, String> {
    let address: Address = format!("{}/{}", sender.standard, kind.name).parse()?;
    let agreement = sender.partner.and_then(|partner| partner.agreement(Direction::Inbound, kind.name));
    let case = Case { partner: sender.partner, agreement: agreement.as_ref(), today: None };
    let envelope = envelope(sender, &address);
    let number = sender.control_number;
    let x12 = envelope.form.syntax == Syntax::X12;
    let numbers = Numbers {
        interchange: if x12 { format!("{number:09}") } else { number.to_string() },
        group: number.to_string(),
        set_digits: 4,
    };
    let rendered = render(sender.catalogue, &address, case, document, envelope.form).map_err(|why| why.to_string())?;
    rendered.enclose(&envelope, &numbers).map_err(|why| {
        let lacks = if rendered.missing.is_empty() {
            String::new()
        } else {
            format!(" (it says nothing of {})", rendered.missing.join(", "))
        };
        format!("{why}{lacks}")
    })
}

fn envelope(sender: &Sender<'_>, address: &Address) -> Envelope {
    let (syntax, realm) =
        if address.standard == "edifact" { (Syntax::Edifact, Realm::Edifact) } else { (Syntax::X12, Realm::X12) };
    let directory = &sender.catalogue.directory;
    let version = match syntax {
        Syntax::X12 => address.release.chars().take(5).collect(),
        Syntax::Edifact => "UNOC:3".to_owned(),
    };
    let stranger = Identity { qualifier: "ZZ".into(), id: sender.name.to_owned() };
    let (ours, theirs) = match sender.partner {
        Some(partner) => directory.sender_and_receiver(realm, partner),
        None => {
            let ours = directory.us.party.of(realm).interchange.first().cloned();
            (ours.unwrap_or_default(), stranger.clone())
        }
    };
    let (our_group, their_group) = match sender.partner {
        Some(partner) => directory.group_sender_and_receiver(realm, partner),
        None => (ours.id.clone(), stranger.id),
    };
    Envelope {
        form: Form::of(syntax),
        version,
        sender: theirs,
        receiver: ours,
        group_sender: their_group,
        group_receiver: our_group,
        convention: None,
        test: false,
        acknowledgement_requested: false,
        at: sender.at,
    }
}

/// What a partner says of a file of ours.
#[derive(Clone, Copy, Debug)]
pub struct Opinion<'o> {
    /// `997`, `999`, `CONTRL`, `TA1`.
    pub kind: &'o str,
    /// `accepted`, `accepted-with-errors`, `rejected`.
    pub word: &'o str,
}

/// The partner's acknowledgement of an interchange that we sent.
///
/// # Errors
/// When the bytes are no interchange of the acknowledgement's standard.
pub fn acknowledgement(
    ours: &[u8],
    opinion: Opinion<'_>,
    control_number: u64,
    at: DateTime,
) -> Result<Vec<u8>, String> {
    let sent = Sent::read(ours).ok_or("what we sent is no interchange")?;
    let syntax = if opinion.kind == "CONTRL" { Syntax::Edifact } else { Syntax::X12 };
    if syntax != sent.syntax {
        return Err(format!("a {} does not answer what we sent", opinion.kind));
    }
    let mut writer = InterchangeWriter::new(Form::of(syntax));
    let number = if syntax == Syntax::X12 { format!("{control_number:09}") } else { control_number.to_string() };
    writer.open_interchange(&InterchangeHead {
        sender: &sent.receiver,
        receiver: &sent.sender,
        control_number: &number,
        at,
        version: if syntax == Syntax::X12 { "00401" } else { "UNOC:3" },
        test: sent.test,
        acknowledgement_requested: false,
        agreement: None,
    });
    match opinion.kind {
        "TA1" => {
            let code = if opinion.word == "rejected" { ("R", "018") } else { ("A", "000") };
            let line = writer.acknowledgement();
            line.element(&sent.control_number).element(&sent.date).element(&sent.time).element(code.0).element(code.1);
        }
        "CONTRL" => sent.contrl(&mut writer, opinion.word),
        kind => sent.functional(&mut writer, kind, opinion.word, control_number, at),
    }
    writer.finish().map_err(|refusals| refusals.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
}

/// An interchange of ours, as far as an acknowledgement speaks of it.
struct Sent {
    syntax: Syntax,
    sender: Identity,
    receiver: Identity,
    control_number: String,
    date: String,
    time: String,
    test: bool,
    groups: Vec<SentGroup>,
}

struct SentGroup {
    functional_id: String,
    control_number: String,
    version: String,
    sender: Identity,
    receiver: Identity,
    /// Kind, release and control number.
    sets: Vec<(String, String, String)>,
}

impl Sent {
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes, Limits::default());
        let mut sent: Option<Self> = None;
        while let Ok(Some(event)) = reader.next_event() {
            match (event, &mut sent) {
                (Event::InterchangeOpened(it), None) => {
                    sent = Some(Self {
                        syntax: it.syntax,
                        sender: it.sender.clone()?,
                        receiver: it.receiver.clone()?,
                        control_number: it.control_number.clone(),
                        date: it.date.clone(),
                        time: it.time.clone(),
                        test: it.test,
                        groups: Vec::new(),
                    });
                }
                (Event::GroupOpened(it), Some(sent)) => sent.groups.push(SentGroup {
                    functional_id: it.functional_id.clone(),
                    control_number: it.control_number.clone().unwrap_or_default(),
                    version: it.version.clone(),
                    sender: it.sender.clone().unwrap_or_default(),
                    receiver: it.receiver.clone().unwrap_or_default(),
                    sets: Vec::new(),
                }),
                (Event::Set(header, _), Some(sent)) => {
                    if let Some(group) = sent.groups.last_mut() {
                        group.sets.push((header.kind.clone(), header.release.clone(), header.control_number.clone()));
                    }
                }
                _ => {}
            }
        }
        sent
    }

    fn functional(&self, writer: &mut InterchangeWriter, kind: &str, word: &str, control_number: u64, at: DateTime) {
        let Some(group) = self.groups.first() else { return };
        let (code, ending) = match word {
            "rejected" => ("R", "IK5"),
            "accepted-with-errors" => ("E", "IK5"),
            _ => ("A", "IK5"),
        };
        let (version, convention, ending) = match kind {
            "999" => ("005010X231A1", Some("005010X231A1"), ending),
            _ => (group.version.get(..6).unwrap_or("004010"), None, "AK5"),
        };
        writer.open_group(&GroupHead {
            functional_id: "FA",
            sender: &group.receiver,
            receiver: &group.sender,
            control_number: &control_number.to_string(),
            at,
            version,
        });
        writer.open_set(&SetHead { kind, release: version, control_number: "0001", convention });
        let line = writer.segment("AK1").element(&group.functional_id).element(&group.control_number);
        if kind == "999" {
            line.element(&group.version);
        }
        for (kind, _, number) in &group.sets {
            writer.segment("AK2").element(kind).element(number);
            writer.segment(ending).element(code).element(if code == "A" { "" } else { "5" });
        }
        let count = group.sets.len().to_string();
        let taken = if code == "R" { "0" } else { count.as_str() };
        writer.segment("AK9").element(code).element(&count).element(&count).element(taken);
        writer.close_set();
        writer.close_group();
    }

    fn contrl(&self, writer: &mut InterchangeWriter, word: &str) {
        let action = if word == "rejected" { "4" } else { "7" };
        writer.open_set(&SetHead { kind: "CONTRL", release: "D:3:UN", control_number: "1", convention: None });
        let line = writer.segment("UCI").element(&self.control_number);
        for party in [&self.sender, &self.receiver] {
            line.element(&party.id).component(&party.qualifier);
        }
        line.element("7");
        for (kind, release, number) in self.groups.iter().flat_map(|group| &group.sets) {
            let line = writer.segment("UCM").element(number).element(kind);
            release.split(':').for_each(|part| {
                line.component(part);
            });
            line.element(action);
            if action == "4" {
                line.element("12");
            }
        }
        writer.close_set();
    }
}
