//! Control numbers: which comes next, how it is written, and where it starts again.

use serde::{Deserialize, Serialize};

use crate::mistake::keys::Keys;

/// Which numbers we use with a partner, at every level.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Numbering {
    /// The first number ever, and the first after a wrap.
    pub start: u64,
    /// The last number before it starts again.
    pub last: u64,
    /// Zeros fill numbers up to this many digits. ISA13 always has nine.
    pub interchange_digits: u32,
    pub group_digits: u32,
    pub set_digits: u32,
}

/// The number after another one, and whether it started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Next {
    pub number: u64,
    pub wrapped: bool,
}

impl Default for Numbering {
    fn default() -> Self {
        Self { start: 1, last: 999_999_999, interchange_digits: 9, group_digits: 1, set_digits: 4 }
    }
}

impl Numbering {
    /// The number to use after `used`, the last one used so far.
    pub fn next(&self, used: Option<u64>) -> Next {
        match used {
            None => Next { number: self.start, wrapped: false },
            Some(used) if used >= self.last => Next { number: self.start, wrapped: true },
            Some(used) => Next { number: (used + 1).max(self.start), wrapped: false },
        }
    }

    /// The number as text, filled with zeros.
    pub fn text(number: u64, digits: u32) -> String {
        format!("{number:0width$}", width = digits as usize)
    }

    pub(super) fn read(keys: &mut Keys<'_>, inherited: &Self) -> Self {
        let mut keys = keys.table("control_numbers");
        let numbering = Self {
            start: keys.or("start", inherited.start, "the first control number, also after a wrap"),
            last: keys.or("last", inherited.last, "the last control number before it starts again"),
            interchange_digits: keys.or(
                "interchange_digits",
                inherited.interchange_digits,
                "zeros fill interchange numbers up to this (ISA13 always has nine)",
            ),
            group_digits: keys.or("group_digits", inherited.group_digits, "zeros fill group numbers up to this"),
            set_digits: keys.or("set_digits", inherited.set_digits, "zeros fill set numbers up to this"),
        };
        if numbering.last <= numbering.start || numbering.last > 999_999_999 {
            let help = Some("1 to 999999999, as GS06 and ISA13 have nine digits".into());
            keys.mistake("value", keys.span("last"), "`last` must be above `start` and have at most nine digits", help);
        }
        for key in ["interchange_digits", "group_digits", "set_digits"] {
            let digits = match key {
                "interchange_digits" => numbering.interchange_digits,
                "group_digits" => numbering.group_digits,
                _ => numbering.set_digits,
            };
            if !(1..=9).contains(&digits) {
                keys.mistake("value", keys.span(key), format!("`{key}` is 1 to 9"), None);
            }
        }
        keys.finish();
        numbering
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_and_start_again() {
        let numbering = Numbering { start: 100, last: 103, ..Numbering::default() };
        for (used, number, wrapped) in [
            (None, 100, false),
            (Some(100), 101, false),
            (Some(103), 100, true),
            (Some(500), 100, true),
            (Some(7), 100, false),
        ] {
            assert_eq!(numbering.next(used), Next { number, wrapped }, "after {used:?}");
        }
        assert_eq!(Numbering::text(42, 4), "0042");
        assert_eq!(Numbering::text(12345, 4), "12345");
    }
}
