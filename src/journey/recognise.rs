//! Whose is it, and is it taken: decided from the envelope, the folder it lay in, and what was agreed. Pure.

use serde::{Deserialize, Serialize};

use crate::finding::{Fault, Finding, Place, Span};
use crate::partner::{Directory, Partner, Realm, Terms};
use crate::reply::Disposition;
use crate::store::InterchangeId;
use crate::wire::envelope::RepairKind;
use crate::wire::{Group, Identity, Interchange, Syntax};

/// What becomes of an interchange.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// Read, answered, handed on.
    Taken,
    /// Read and answered, but its documents wait for a person.
    Held { fault: String, reason: String },
    /// Not read: TA1 R, or CONTRL with action 4.
    Rejected,
    /// Not read: it came before, and its answer is the stored one.
    Duplicate(InterchangeId),
}

/// What is known of an interchange before anything in it was read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recognised {
    /// The partner's id; `None` for a stranger.
    pub partner: Option<String>,
    pub terms: Terms,
    /// The outlet that answers go to, `folder:acme`; `None` where nobody is answered.
    pub outlet: Option<String>,
    /// Of a replay, which answers nobody anew: where what a stranger was told goes once it is known whose the bytes are.
    #[serde(default)]
    pub late: Option<String>,
    pub fate: Fate,
    /// The header's, and what recognising added.
    pub findings: Vec<Finding>,
}

/// Recognises the sender of an interchange. `door` is the partner whose folder it lay in.
pub fn recognise(directory: &Directory, door: Option<&str>, interchange: &Interchange) -> Recognised {
    let realm = Realm::from(interchange.syntax);
    let by_wire = interchange.sender.as_ref().and_then(|sender| directory.find(realm, sender, None));
    let by_door = door.and_then(|door| directory.partner(door));
    let mut findings = interchange.findings.clone();
    let place = |element| {
        Place::segment(header_tag(interchange.syntax), 0, interchange.span).element(element, interchange.span)
    };
    let mut fate = Fate::Taken;
    match (by_wire, by_door) {
        (None, _) if interchange.sender.is_none() => {
            fate =
                held("envelope-missing", "It has no interchange header, so it says neither whose it is nor for whom.");
        }
        (None, _) => {
            let sender = spoken(interchange.sender.as_ref());
            findings.push(Finding::warning(Fault::SenderUnknown, place(6)).with_value(&sender));
            fate = held("partner-unknown", &format!("No partner has the identity {sender}."));
        }
        (Some(wire), Some(door)) if !wire.comes_through(door) => {
            let reason = format!(
                "It came through the door of {door}, but its sender is {wire}. If {wire} shares that mailbox, write \
                 via = \"{door}\" in partners/{wire}.toml.",
                door = door.id,
                wire = wire.id
            );
            fate = held("door-mismatch", &reason);
        }
        _ => {}
    }
    let partner = by_wire.or(if interchange.sender.is_none() { by_door } else { None });
    let terms = partner.map_or(&directory.us.terms, |partner| &partner.terms).clone();
    if let Some(receiver) = interchange.receiver.as_ref()
        && !directory.is_for_us(realm, receiver, partner)
    {
        findings.push(Finding::error(Fault::ReceiverUnknown, place(8)).with_value(&spoken(Some(receiver))));
    }
    if !terms.usage.allows(interchange.test) {
        let said = if interchange.test { "test" } else { "production" };
        findings.push(Finding::error(Fault::TestNotAgreed, place(15)).with_value(said));
    }
    for repair in interchange.repairs.iter().filter(|repair| terms.leniency.forbid_repairs.contains(&repair.kind)) {
        findings.push(forbidden(interchange.syntax, repair.kind, repair.bytes));
    }
    if fate == Fate::Taken && !judge_header(&findings, &terms).is_accepted() {
        fate = Fate::Rejected;
    }
    let outlet = match partner {
        Some(partner) => Some(partner.outlet()),
        None if directory.us.answer_strangers && interchange.sender.is_some() => {
            Some(Partner::stranger(&directory.us).outlet())
        }
        None => None,
    };
    Recognised { partner: partner.map(|partner| partner.id.clone()), terms, outlet, late: None, fate, findings }
}

/// A repair that the agreement forbids, as an error at its place.
pub fn forbidden(syntax: Syntax, kind: RepairKind, bytes: Span) -> Finding {
    Finding::error(Fault::HeaderMalformed, Place::segment(header_tag(syntax), 0, bytes)).with_value(kind.name())
}

/// The verdict on an interchange's header. What says nothing about the documents inside does not reject them.
pub fn judge_header(findings: &[Finding], terms: &Terms) -> Disposition {
    Disposition::of(findings, |fault| is_only_told(fault, terms))
}

/// The verdict on an interchange once its trailer is there, by the findings of both. Groups with a trailer of their own
/// were answered by then: it is accepted with errors. Messages without a group have waited for it (`decides`).
pub fn judge_trailer(header: Disposition, findings: &[Finding], terms: &Terms, decides: bool) -> Disposition {
    match header {
        header if !header.is_accepted() => header,
        _ if decides => Disposition::of(findings, |fault| is_only_told(fault, terms)),
        Disposition::Accepted => Disposition::of(findings, |_| true),
        header => header,
    }
}

/// What a TA1 says of an interchange, and of which findings: its header's and trailer's. Those that weigh nothing here are
/// told too (`E`, which is never sent again), unless the agreement tolerates them. Whom we know and which numbers were used
/// before is nothing that the sender got wrong.
pub fn told_by_ta1(judged: Disposition, findings: &[Finding], terms: &Terms) -> (Disposition, Vec<Finding>) {
    let is_told = |found: &&Finding| {
        let is_ours = matches!(found.fault, Fault::SenderUnknown | Fault::ControlNumberDuplicate);
        found.is_error() || !(is_ours || terms.leniency.tolerates(found.fault))
    };
    let told: Vec<Finding> = findings.iter().filter(is_told).cloned().collect();
    match judged {
        Disposition::Accepted if !told.is_empty() => (Disposition::AcceptedWithErrors, told),
        judged => (judged, told),
    }
}

fn is_only_told(fault: Fault, terms: &Terms) -> bool {
    matches!(fault, Fault::DateInvalid | Fault::TimeInvalid) || terms.leniency.tolerates(fault)
}

/// Whether a group's documents wait for the trailer of their interchange: EDIFACT messages without UNG.
pub fn waits_for_trailer(interchange: &Interchange, group: &Group) -> bool {
    interchange.syntax == Syntax::Edifact && group.control_number.is_none()
}

/// The verdict on a group's own envelope.
pub fn judge_group(findings: &[Finding], terms: &Terms) -> Disposition {
    Disposition::of(findings, |fault| terms.leniency.tolerates(fault))
}

/// The partner of one group: several partners can share a mailbox.
pub fn partner_of_group(directory: &Directory, interchange: &Interchange, group: &Group) -> Option<String> {
    let realm = Realm::from(interchange.syntax);
    let sender = interchange.sender.as_ref()?;
    let group = group.sender.as_ref().map(|sender| sender.id.as_str());
    directory.find(realm, sender, group).map(|partner| partner.id.clone())
}

/// What makes two interchanges the same envelope: ISA05 to ISA08, ISA13 and ISA15, or UNB S002, S003, 0020 and 0035.
pub fn envelope_key(partner: Option<&str>, interchange: &Interchange) -> String {
    format!(
        "{}|in|{}|{}|{}|{}",
        partner.unwrap_or("?"),
        spoken(interchange.sender.as_ref()),
        spoken(interchange.receiver.as_ref()),
        interchange.control_number,
        if interchange.test { 'T' } else { 'P' }
    )
}

/// `ZZ:ACME`.
pub fn spoken(identity: Option<&Identity>) -> String {
    identity.map(|identity| format!("{}:{}", identity.qualifier, identity.id)).unwrap_or_default()
}

fn held(fault: &str, reason: &str) -> Fate {
    Fate::Held { fault: fault.into(), reason: reason.into() }
}

fn header_tag(syntax: Syntax) -> &'static str {
    match syntax {
        Syntax::X12 => "ISA",
        Syntax::Edifact => "UNB",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Event, Limits, Reader};

    const US: &str = "name = \"House\"\n[x12]\nid = \"ZZ:HOUSE\"\n";
    const ACME: &str = "name = \"Acme\"\nusage = \"production\"\n[x12]\nid = \"ZZ:ACME\"\n";

    #[test]
    fn senders() {
        check("ACME", "HOUSE", 'P', None, Some("acme"), "taken");
        check("ACME", "HOUSE", 'P', Some("acme"), Some("acme"), "taken");
        check("ACME", "HOUSE", 'P', Some("bolt"), Some("acme"), "door-mismatch");
        check("CORE", "HOUSE", 'P', Some("bolt"), Some("core"), "taken");
        check("CORE", "HOUSE", 'P', Some("acme"), Some("core"), "door-mismatch");
        check("NOBODY", "HOUSE", 'P', None, None, "partner-unknown");
        check("NOBODY", "HOUSE", 'P', Some("acme"), None, "partner-unknown");
        check("ACME", "ELSEWHERE", 'P', None, Some("acme"), "rejected");
        check("ACME", "HOUSE", 'T', None, Some("acme"), "rejected");
    }

    fn check(sender: &str, receiver: &str, usage: char, door: Option<&str>, partner: Option<&str>, fate: &str) {
        let bolt = ACME.replace("ACME", "BOLT").replace("Acme", "Bolt");
        let core = format!("via = \"bolt\"\n{}", ACME.replace("ACME", "CORE"));
        let files = [("us.toml", US), ("acme.toml", ACME), ("bolt.toml", bolt.as_str()), ("core.toml", core.as_str())];
        let files = Directory::read(files);
        assert!(files.mistakes.is_empty(), "{:?}", files.mistakes);
        let text = format!(
            "ISA*00*          *00*          *ZZ*{sender:<15}*ZZ*{receiver:<15}*261123*1030*U*00401*000000001*0*{usage}*>~\
             IEA*0*000000001~"
        );
        let mut reader = Reader::new(text.as_bytes(), Limits::default());
        let Ok(Some(Event::InterchangeOpened(interchange))) = reader.next_event() else { panic!("an interchange") };
        let recognised = recognise(&files.directory, door, interchange);
        assert_eq!(recognised.partner.as_deref(), partner);
        let got = match recognised.fate {
            Fate::Taken => "taken".to_owned(),
            Fate::Held { fault, .. } => fault,
            Fate::Rejected => "rejected".to_owned(),
            Fate::Duplicate(_) => "duplicate".to_owned(),
        };
        assert_eq!(got, fate, "{sender} to {receiver}");
    }
}
