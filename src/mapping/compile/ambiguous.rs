//! Lines that could both take one segment.

use super::Compiler;
use crate::mapping::code::Code;
use crate::mapping::model::{Line, LineId};
use crate::mistake::Mistake;

impl Compiler<'_> {
    /// Two lines for one segment with equal detail: nobody could say which one fills its field.
    pub(super) fn ambiguities(&mut self) {
        let mut told: Vec<(LineId, LineId)> = Vec::new();
        for ids in &self.at_node {
            for (at, &later) in ids.iter().enumerate() {
                for &earlier in &ids[..at] {
                    let (a, b) = (&self.mapping.lines[usize::from(earlier)], &self.mapping.lines[usize::from(later)]);
                    if a.home == b.home && a.anywhere == b.anywhere && a.overlaps(b) {
                        told.push((earlier, later));
                    }
                }
            }
        }
        told.sort_unstable();
        told.dedup();
        for (earlier, later) in told {
            let (a, b) = (&self.mapping.lines[usize::from(earlier)], &self.mapping.lines[usize::from(later)]);
            let (file, spot, other) = (b.origin.file, b.origin.spot.clone(), a.origin.clone());
            let file = &self.mapping.files[usize::from(file)];
            let message = "two patterns match the same segment with equal detail";
            let mut mistake =
                Mistake::new(Code::Ambiguous.name(), file, spot, message).help("make one more specific, or remove it");
            if other.file == self.mapping.lines[usize::from(later)].origin.file {
                mistake = mistake.beside(other.spot);
            }
            self.mistakes.push(mistake);
        }
    }
}

impl Line {
    /// Whether a segment could match both with equally many selectors.
    fn overlaps(&self, other: &Self) -> bool {
        self.selectors.len() == other.selectors.len()
            && !self.selectors.iter().any(|a| {
                other.selectors.iter().any(|b| {
                    (a.element, a.component.max(1)) == (b.element, b.component.max(1))
                        && !a.codes.iter().any(|code| b.codes.contains(code))
                })
            })
    }
}
