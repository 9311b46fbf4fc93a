//! Which answers are owed for what came in, by the terms that were agreed.
//!
//! Never an acknowledgement of an acknowledgement: an interchange of only TA1s or CONTRLs is not answered, a group of
//! functional acknowledgements gets no 997.

use crate::partner::{Contrl, Functional, Ta1, Terms};
use crate::wire::Group;

use super::{Dialect, Disposition, InterchangeOutcome};

/// What an interchange held, for the question whether it may be answered at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// Groups in X12; messages, or groups of them, in EDIFACT.
    pub groups: u64,
    /// TA1 segments, CONTRL messages.
    pub acknowledgements: u64,
    /// Sets or messages that are no acknowledgements.
    pub documents: u64,
}

/// Which CONTRLs an interchange is answered with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ContrlDue {
    pub receipt: bool,
    pub result: bool,
}

/// Whether an X12 interchange is answered with a TA1. One that holds only TA1s is not.
pub fn ta1(terms: &Terms, outcome: &InterchangeOutcome<'_>, contents: Contents) -> bool {
    let only_answers = contents.groups == 0 && contents.acknowledgements > 0;
    let is_known = outcome.interchange.sender.is_some();
    is_known
        && !only_answers
        && match terms.ta1 {
            Ta1::Always => true,
            Ta1::Never => false,
            Ta1::OnRequest => outcome.interchange.acknowledgement_requested,
            Ta1::OnError => outcome.disposition != Disposition::Accepted,
        }
}

/// Whether an X12 group is answered with a 997 or 999. A TA1 that rejects the interchange has said all there is.
pub fn functional(
    functional: Functional,
    outcome: &InterchangeOutcome<'_>,
    group: &Group,
    ta1_is_due: bool,
) -> Option<Dialect> {
    let rejected = !outcome.disposition.is_accepted();
    if outcome.interchange.sender.is_none() || is_acknowledgement(&group.functional_id) || (rejected && ta1_is_due) {
        return None;
    }
    match functional {
        Functional::None => None,
        Functional::F997 => Some(Dialect::F997),
        Functional::F999 => Some(Dialect::F999),
        Functional::Auto if group.version.starts_with("005010X") => Some(Dialect::F999),
        Functional::Auto => Some(Dialect::F997),
    }
}

/// Whether an EDIFACT interchange is answered with a CONTRL. One that holds only CONTRLs is not.
pub fn contrl(terms: &Terms, outcome: &InterchangeOutcome<'_>, contents: Contents) -> ContrlDue {
    if outcome.interchange.sender.is_none() || (contents.documents == 0 && contents.acknowledgements > 0) {
        return ContrlDue::default();
    }
    match terms.contrl {
        Contrl::None => ContrlDue::default(),
        Contrl::OnRequest => ContrlDue { receipt: false, result: outcome.interchange.acknowledgement_requested },
        Contrl::Receipt => ContrlDue { receipt: true, result: false },
        Contrl::Result => ContrlDue { receipt: false, result: true },
        Contrl::Both => ContrlDue { receipt: true, result: true },
    }
}

/// Whether a functional group (GS01) holds 997s or 999s.
pub fn is_acknowledgement(functional_id: &str) -> bool {
    functional_id == "FA"
}

/// Whether a set or message acknowledges others.
pub fn is_acknowledgement_set(kind: &str) -> bool {
    matches!(kind, "997" | "999" | "CONTRL")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reply::story;
    use crate::wire::Syntax;

    const ORDERS: Contents = Contents { groups: 1, acknowledgements: 0, documents: 3 };
    const ANSWERS: Contents = Contents { groups: 0, acknowledgements: 2, documents: 0 };

    #[test]
    fn ta1_by_agreement() {
        use Disposition::{Accepted, Rejected};
        for (policy, requested, disposition, contents, expected) in [
            (Ta1::OnRequest, true, Accepted, ORDERS, true),
            (Ta1::OnRequest, false, Rejected, ORDERS, false),
            (Ta1::OnError, true, Accepted, ORDERS, false),
            (Ta1::OnError, false, Rejected, ORDERS, true),
            (Ta1::Always, false, Accepted, ORDERS, true),
            (Ta1::Always, true, Accepted, ANSWERS, false),
            (Ta1::Always, true, Accepted, Contents::default(), true),
            (Ta1::Never, true, Rejected, ORDERS, false),
        ] {
            let mut interchange = story::interchange(Syntax::X12);
            interchange.acknowledgement_requested = requested;
            let outcome = InterchangeOutcome { interchange: &interchange, findings: &[], disposition };
            let terms = Terms { ta1: policy, ..Terms::default() };
            assert_eq!(ta1(&terms, &outcome, contents), expected, "{policy:?} {requested} {disposition:?}");
        }
    }

    #[test]
    fn functional_by_agreement() {
        use Disposition::{Accepted, Rejected};
        for (policy, id, version, disposition, ta1, expected) in [
            (Functional::Auto, "PO", "004010VICS", Accepted, false, Some(Dialect::F997)),
            (Functional::Auto, "HC", "005010X222A1", Accepted, false, Some(Dialect::F999)),
            (Functional::Auto, "PO", "005010", Accepted, true, Some(Dialect::F997)),
            (Functional::F999, "PO", "005010", Accepted, false, Some(Dialect::F999)),
            (Functional::None, "PO", "004010", Accepted, false, None),
            (Functional::F997, "FA", "004010", Accepted, false, None),
            (Functional::F997, "PO", "004010", Rejected, true, None),
            (Functional::F997, "PO", "004010", Rejected, false, Some(Dialect::F997)),
        ] {
            let interchange = story::interchange(Syntax::X12);
            let outcome = InterchangeOutcome { interchange: &interchange, findings: &[], disposition };
            let group = story::group(id, version);
            assert_eq!(functional(policy, &outcome, &group, ta1), expected, "{policy:?} {id} {version}");
        }
    }

    #[test]
    fn contrl_by_agreement() {
        for (policy, requested, contents, expected) in [
            (Contrl::OnRequest, false, ORDERS, (false, false)),
            (Contrl::OnRequest, true, ORDERS, (false, true)),
            (Contrl::Receipt, false, ORDERS, (true, false)),
            (Contrl::Both, false, ORDERS, (true, true)),
            (Contrl::Both, true, ANSWERS, (false, false)),
            (Contrl::None, true, ORDERS, (false, false)),
        ] {
            let mut interchange = story::interchange(Syntax::Edifact);
            interchange.acknowledgement_requested = requested;
            let disposition = Disposition::Accepted;
            let outcome = InterchangeOutcome { interchange: &interchange, findings: &[], disposition };
            let due = contrl(&Terms { contrl: policy, ..Terms::default() }, &outcome, contents);
            assert_eq!((due.receipt, due.result), expected, "{policy:?} {requested}");
        }
    }
}
