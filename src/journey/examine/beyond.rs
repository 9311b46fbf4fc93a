//! What an examination says of a set beyond its grammar and its map: whether it stands in the right group, keeps what was agreed,
//! and says the same in all its places.

use crate::canonical::split::Astray;
use crate::finding::{Fault, Finding, Place};
use crate::grammar::{Grammar, NodeId};
use crate::partner::Terms;
use crate::wire::{Group, SetHeader, Syntax, TransactionSet};

/// A set in a group whose code (GS01, 479) is that of another kind of set.
pub(super) fn misplaced(
    group: Option<&Group>,
    grammar: &Grammar,
    header: &SetHeader,
    set: TransactionSet<'_>,
) -> Option<Finding> {
    let stands_in = group.map(|group| group.functional_id.trim()).filter(|id| !id.is_empty())?;
    let belongs_in = grammar.group.as_deref().filter(|_| set.syntax() == Syntax::X12)?;
    let finding = Finding::error(Fault::SetsMixed, first_segment(set)).with_value(&header.kind);
    (stands_in != belongs_in).then(|| finding.expecting(format!("a group {belongs_in}, not {stands_in}")))
}

/// What of ST and UNH is the reader's to say, who knows the syntax of the interchange, or what it has said.
pub(super) fn is_of_reader(found: &Finding, said: &[Finding]) -> bool {
    let place = &found.place;
    let is_surplus = matches!(found.fault, Fault::ElementsTooMany | Fault::ComponentsTooMany);
    let is_said = |other: &Finding| {
        let Place { tag, element, component, .. } = &other.place;
        other.fault == found.fault && (tag, element, component) == (&place.tag, &place.element, &place.component)
    };
    place.segment == 1 && matches!(&*place.tag, "ST" | "UNH") && (is_surplus || said.iter().any(is_said))
}

/// What was agreed of such documents and is not kept: test or production, and what may not be put up with.
pub(super) fn against(terms: &Terms, header: &SetHeader, set: TransactionSet<'_>) -> Vec<Finding> {
    let said = if header.test { "test" } else { "production" };
    let usage = (!terms.usage.allows(header.test))
        .then(|| Finding::error(Fault::TestNotAgreed, first_segment(set)).with_value(said));
    let forbidden = header.repairs.iter().filter(|repair| terms.leniency.forbid_repairs.contains(&repair.kind));
    let forbidden = forbidden.map(|repair| {
        let place = Place { bytes: repair.bytes, ..Place::default() };
        Finding::error(Fault::RuleBroken, place).with_value(repair.kind.name()).expecting("an interchange without it")
    });
    usage.into_iter().chain(forbidden).collect()
}

/// Whether a code that the map's table does not have is one of the agreed ones.
pub(super) fn is_agreed(finding: &Finding, grammar: &Grammar, nodes: &[NodeId]) -> bool {
    if finding.fault != Fault::CodeUnknown || grammar.overlay.is_none() {
        return false;
    }
    let Some(&node) = nodes.get((finding.place.segment as usize).wrapping_sub(1)) else { return false };
    let Some(element) = finding.place.element.filter(|_| node != NodeId::UNPLACED) else { return false };
    let Some(mut rule) = grammar.element(node, usize::from(element)) else { return false };
    if let Some(part) = finding.place.component.and_then(|at| grammar.components(rule).get(usize::from(at) - 1)) {
        rule = part;
    }
    let value = finding.value.as_deref().unwrap_or_default();
    grammar.codes(rule).is_some_and(|codes| codes.contains(value.as_bytes()))
}

/// A line whose quantity is not what goes to its places, at the first of them.
pub(super) fn not_the_whole(astray: &Astray, provenance: &[(String, Place)]) -> Finding {
    let path = format!("lines[{}].destinations[0].quantity", astray.line);
    let place = provenance.iter().find(|(known, _)| *known == path).map(|(_, place)| place.clone());
    let finding = Finding::warning(Fault::ValuesDisagree, place.unwrap_or_default());
    finding.with_value(&astray.sum.to_string()).expecting(format!("{} in all places together", astray.quantity))
}

/// ST or UNH as a place.
pub(super) fn first_segment(set: TransactionSet<'_>) -> Place {
    let tag = if set.syntax() == Syntax::X12 { "ST" } else { "UNH" };
    Place::segment(tag, 1, set.segments().next().map_or_else(|| set.span(), |segment| segment.span()))
}

/// Whether the rule behind a fault is of the kind that releases change: nobody is rejected for breaking such a rule
/// of a release that is not the one he wrote in.
pub(super) fn differs_between_releases(fault: Fault) -> bool {
    matches!(
        fault,
        Fault::SegmentUnknown
            | Fault::SegmentNotUsed
            | Fault::SegmentTooOften
            | Fault::LoopTooOften
            | Fault::ElementConditionalMissing
            | Fault::ElementExcluded
            | Fault::ElementNotUsed
            | Fault::ElementsTooMany
            | Fault::ComponentsTooMany
            | Fault::RepetitionsTooMany
            | Fault::ValueTooShort
            | Fault::ValueTooLong
            | Fault::CodeInvalid
    )
}
