//! The money: match, cash, journal, and what finance sees.

use super::Row;

pub(super) const ROWS: &[Row] = &[];
