//! Every statement of the store, found in its source, is prepared on the database at hand.

use super::*;
use crate::store::sql::{Link, Sql};

/// The files with statements.
const SOURCES: &[(&str, &str)] = &[
    ("backup", include_str!("../backup.rs")),
    ("cases", include_str!("../cases.rs")),
    ("control_numbers", include_str!("../control_numbers.rs")),
    ("counts", include_str!("../counts.rs")),
    ("deadlines", include_str!("../deadlines.rs")),
    ("deliveries", include_str!("../deliveries.rs")),
    ("documents", include_str!("../documents.rs")),
    ("endpoints", include_str!("../endpoints.rs")),
    ("events", include_str!("../events.rs")),
    ("expectations", include_str!("../expectations.rs")),
    ("holds", include_str!("../holds.rs")),
    ("integrity", include_str!("../integrity.rs")),
    ("interchanges", include_str!("../interchanges.rs")),
    ("jobs", include_str!("../jobs.rs")),
    ("master_data", include_str!("../master_data.rs")),
    ("migrate", include_str!("../migrate.rs")),
    ("notes", include_str!("../notes.rs")),
    ("once", include_str!("../once.rs")),
    ("parked_events", include_str!("../parked_events.rs")),
    ("payloads", include_str!("../payloads.rs")),
    ("replies", include_str!("../replies.rs")),
    ("retention", include_str!("../retention.rs")),
    ("revisions", include_str!("../revisions.rs")),
    ("session", include_str!("../session.rs")),
    ("trades", include_str!("../trades.rs")),
    ("transmissions", include_str!("../transmissions.rs")),
];

pub(super) async fn every_statement_is_understood(bed: &Bed) {
    let store = bed.open().await;
    let mut link = match &store.backend {
        Backend::Sqlite { readers, .. } => Link::SqliteReader(readers.acquire().await.expect("a reader")),
        Backend::Postgres { pool } => Link::Postgres(pool.acquire().await.expect("a connection")),
    };
    let mut found = 0;
    for (file, source) in SOURCES {
        for statement in statements(source) {
            let text: &'static str = statement.leak();
            let outcome = link.prepare(Sql(text).say(link.dialect())).await;
            // A literal argument's kind is told when it is bound: what PostgreSQL cannot infer before is no mistake.
            let inferred = matches!(&outcome, Err(Error::Database(why)) if why.contains("42P18"));
            assert!(outcome.is_ok() || inferred, "{file}.rs: {text}\n{outcome:?}");
            found += 1;
        }
    }
    assert!(found > 60, "only {found} statements were found");
    drop(link);
    store.close().await;
}

/// The string behind every `Sql(`.
fn statements(source: &str) -> Vec<String> {
    source.split("Sql(\"").skip(1).filter_map(literal).collect()
}

fn literal(text: &str) -> Option<String> {
    let mut read = String::new();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' => return Some(read),
            '\\' => match characters.next()? {
                // A line that goes on: the blanks before the next word are not part of it.
                '\n' => {
                    while characters.peek().is_some_and(|next| next.is_whitespace()) {
                        characters.next();
                    }
                }
                other => read.push(other),
            },
            other => read.push(other),
        }
    }
    None
}
