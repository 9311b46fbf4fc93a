//! Which answers are owed for what came in, by the terms that were agreed.
//!
//! Never an acknowledgement of an acknowledgement: who asks has left out interchanges of only TA1s or CONTRLs, and
//! groups of functional acknowledgements (GS01 `FA`).

use super::{Answer, Dialect, Disposition};
use crate::partner::{Contrl, Functional, Ta1};
use crate::wire::{Group, Identity, Interchange, Syntax};

/// Whether an answer could name what it answers and whom it is for: an interchange that lost its header names nobody, and
/// a CONTRL needs its number and both parties, as far as UCI has room for them.
pub fn can_name(interchange: &Interchange) -> bool {
    let Interchange { sender, receiver, control_number, .. } = interchange;
    let fits = |text: &str, characters_max| text.chars().count() <= characters_max;
    match interchange.syntax {
        Syntax::X12 => sender.is_some() || receiver.is_some(),
        Syntax::Edifact => {
            let is_named = |party: &Option<Identity>| {
                party.as_ref().is_some_and(|it| !it.id.is_empty() && fits(&it.id, 35) && fits(&it.qualifier, 4))
            };
            is_named(sender) && is_named(receiver) && !control_number.is_empty() && fits(control_number, 14)
        }
    }
}

/// Why an interchange cannot be answered, where [`can_name`] says so.
pub fn nameless(syntax: Syntax) -> &'static str {
    match syntax {
        Syntax::X12 => "ISA names neither sender nor receiver, so that an answer has nobody to go to",
        Syntax::Edifact => {
            "UNB lacks its number (0020) or a party, which a CONTRL has to repeat, or they are too long for it"
        }
    }
}

/// Whether a functional acknowledgement could name its group: AK101 is GS01, two characters.
pub fn can_name_group(group: &Group) -> bool {
    group.functional_id.chars().count() == 2
}

/// Why a group cannot be answered, where [`can_name_group`] says so.
pub const NAMELESS_GROUP: &str = "a group has no GS01 of two characters, which AK101 has to repeat";

/// Whether an X12 interchange is answered with a TA1.
pub fn ta1(policy: Ta1, interchange: &Interchange, disposition: Disposition) -> bool {
    match policy {
        Ta1::Always => true,
        Ta1::Never => false,
        Ta1::OnRequest => interchange.acknowledgement_requested,
        Ta1::OnError => disposition != Disposition::Accepted,
    }
}

/// Which functional acknowledgement an X12 group of a version (GS08) is answered with.
pub fn functional(policy: Functional, version: &str) -> Option<Dialect> {
    match policy {
        Functional::None => None,
        Functional::F997 => Some(Dialect::F997),
        Functional::F999 => Some(Dialect::F999),
        // The implementation guides that ask for it are those of 005010.
        Functional::Auto if version.starts_with("005010X") => Some(Dialect::F999),
        Functional::Auto => Some(Dialect::F997),
    }
}

/// Whether an EDIFACT interchange is answered with a CONTRL of this kind.
pub fn contrl(policy: Contrl, interchange: &Interchange, answer: Answer) -> bool {
    match policy {
        Contrl::None => false,
        Contrl::OnRequest => interchange.acknowledgement_requested && answer == Answer::Result,
        Contrl::Receipt => answer == Answer::Receipt,
        Contrl::Result => answer == Answer::Result,
        Contrl::Both => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reply::story;
    use crate::wire::Syntax;

    #[test]
    fn ta1_by_agreement() {
        use Disposition::{Accepted, Rejected};
        for (policy, requested, disposition, expected) in [
            (Ta1::OnRequest, true, Accepted, true),
            (Ta1::OnRequest, false, Rejected, false),
            (Ta1::OnError, true, Accepted, false),
            (Ta1::OnError, false, Rejected, true),
            (Ta1::Always, false, Accepted, true),
            (Ta1::Never, true, Rejected, false),
        ] {
            let mut interchange = story::interchange(Syntax::X12);
            interchange.acknowledgement_requested = requested;
            assert_eq!(ta1(policy, &interchange, disposition), expected, "{policy:?} {requested} {disposition:?}");
        }
    }

    #[test]
    fn functional_by_agreement() {
        for (policy, version, expected) in [
            (Functional::Auto, "004010VICS", Some(Dialect::F997)),
            (Functional::Auto, "005010X222A1", Some(Dialect::F999)),
            (Functional::Auto, "005010", Some(Dialect::F997)),
            (Functional::F999, "005010", Some(Dialect::F999)),
            (Functional::F997, "005010X222A1", Some(Dialect::F997)),
            (Functional::None, "004010", None),
        ] {
            assert_eq!(functional(policy, version), expected, "{policy:?} {version}");
        }
    }

    #[test]
    fn contrl_by_agreement() {
        for (policy, requested, receipt, result) in [
            (Contrl::OnRequest, false, false, false),
            (Contrl::OnRequest, true, false, true),
            (Contrl::Receipt, false, true, false),
            (Contrl::Result, false, false, true),
            (Contrl::Both, false, true, true),
            (Contrl::None, true, false, false),
        ] {
            let mut interchange = story::interchange(Syntax::Edifact);
            interchange.acknowledgement_requested = requested;
            let due = |answer| contrl(policy, &interchange, answer);
            assert_eq!((due(Answer::Receipt), due(Answer::Result)), (receipt, result), "{policy:?} {requested}");
        }
    }
}
