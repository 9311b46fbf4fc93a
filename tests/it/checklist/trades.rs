//! The trades: orders on both sides, exceptions, approvals, people and other systems.

use super::Row;

pub(super) const ROWS: &[Row] = &[];
