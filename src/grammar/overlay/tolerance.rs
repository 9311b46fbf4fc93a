//! What is put up with: findings that become warnings, until a day and for a reason.

use jiff::civil::Date;

use super::Tolerated;
use crate::finding::{Fault, Finding};

/// One `tolerate` line, resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tolerance {
    pub what: Tolerated,
    /// Where, if not everywhere: the loop's name (empty for the set itself), the tag, the element and the component.
    pub(super) at: Option<Spot>,
    pub until: Option<Date>,
    pub because: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    pub within: Box<str>,
    pub tag: String,
    pub element: Option<(u16, Option<u16>)>,
}

impl Tolerance {
    /// Whether it covers a finding; after its last day it covers none.
    pub fn covers(&self, finding: &Finding, today: Option<Date>) -> bool {
        if let (Some(until), Some(today)) = (self.until, today)
            && today > until
        {
            return false;
        }
        let place = &finding.place;
        let counted = |tags: [&str; 2]| {
            matches!(finding.fault, Fault::CountMismatch | Fault::CountMissing) && tags.contains(&place.tag.as_ref())
        };
        let is_it = match self.what {
            Tolerated::Fault(fault) => finding.fault == fault,
            Tolerated::SegmentCount => counted(["SE", "UNT"]),
            Tolerated::SetCount => counted(["GE", "UNE"]),
            Tolerated::GroupCount => counted(["IEA", "UNZ"]),
        };
        is_it
            && self.at.as_ref().is_none_or(|spot| {
                place.tag.as_ref() == spot.tag
                    && place.loop_id.as_deref().unwrap_or_default() == spot.within.as_ref()
                    && spot.element.is_none_or(|(element, component)| {
                        place.element == Some(element) && (component.is_none() || place.component == component)
                    })
            })
    }
}
