//! The engine: wire, grammars, acknowledgements, mapping, and the road from bytes to effect.

use super::Row;

pub(super) const ROWS: &[Row] = &[];
