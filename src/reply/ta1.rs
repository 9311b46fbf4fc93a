//! TA1: one segment about one interchange envelope (X12.5).

use super::outcome::{errors, or_zeros};
use super::{Disposition, InterchangeOutcome, Line};
use crate::finding::{Level, Rules};

/// The TA1 for an interchange: its number, date and time as received, the verdict, and the first error's note code.
pub fn compose(outcome: &InterchangeOutcome<'_>) -> Line {
    let interchange = outcome.interchange;
    let note = match outcome.disposition {
        Disposition::Accepted => "000",
        _ => {
            errors(outcome.findings).next().map_or("024", |finding| finding.code_x12(Level::Interchange, Rules::V4010))
        }
    };
    Line::new("TA1")
        .and(or_zeros(&interchange.control_number, "000000000"))
        .and(&interchange.date)
        .and(&interchange.time)
        .and(outcome.disposition.code_x12())
        .and(note)
}
