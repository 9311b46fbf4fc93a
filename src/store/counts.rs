//! Counts of what stands at the moment, for `/metrics` and the desk: only what small indexes can tell.

use super::error::Result;
use super::session::View;
use super::sql::{Sql, args};

/// One figure: what is counted, what it is divided by, how many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// `documents`, `jobs`, `deliveries`, `holds`, `expectations`.
    pub noun: &'static str,
    /// The state, outlet or desk.
    pub label: String,
    pub count: u64,
}

impl View {
    /// What waits, per noun and state.
    pub async fn counts(&mut self) -> Result<Vec<Count>> {
        let mut counts = Vec::new();
        let statements = [
            ("jobs", Sql("SELECT state, COUNT(*) FROM jobs GROUP BY state")),
            (
                "documents",
                Sql("SELECT state, COUNT(*) FROM documents WHERE state NOT IN ('done', 'duplicate') GROUP BY state"),
            ),
            ("deliveries", Sql("SELECT outlet, COUNT(*) FROM deliveries WHERE state = 'queued' GROUP BY outlet")),
            ("holds", Sql("SELECT desk, COUNT(*) FROM holds WHERE state = 'open' GROUP BY desk")),
            ("expectations", Sql("SELECT state, COUNT(*) FROM expectations WHERE state = 'awaiting' GROUP BY state")),
        ];
        for (noun, sql) in statements {
            for row in self.rows(sql, args![]).await? {
                counts.push(Count { noun, label: row.get(0)?, count: row.get(1)? });
            }
        }
        Ok(counts)
    }
}
