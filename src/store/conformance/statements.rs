//! Every statement of the store, found in its source, is prepared on the database at hand.

use super::*;
use sqlx::{AssertSqlSafe, SqlSafeStr as _};

use crate::store::lite::{Lite, Mode};
use crate::store::sql::{Arg, Dialect, Link, Sql};

/// The files with statements.
const SOURCES: &[(&str, &str)] = &[
    ("audit", include_str!("../audit.rs")),
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
    ("money", include_str!("../money.rs")),
    ("notes", include_str!("../notes.rs")),
    ("once", include_str!("../once.rs")),
    ("pages", include_str!("../pages.rs")),
    ("parked_events", include_str!("../parked_events.rs")),
    ("payloads", include_str!("../payloads.rs")),
    ("people", include_str!("../people.rs")),
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
        Backend::Sqlite { readers, .. } => Link::SqliteReader(readers.acquire().expect("a reader")),
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

/// Tables that hold what is owed or set up, not what happened.
const SMALL: &[&str] = &[
    "jobs",
    "nodes",
    "endpoints",
    "people",
    "api_keys",
    "active_revision",
    "revisions",
    "control_numbers",
    "parked_events",
    "deadlines",
];
/// Indexes of what is open only.
const OPEN: &[&str] = &[
    "cases_waiting",
    "deliveries_queued",
    "documents_open",
    "expectations_due",
    "holds_open",
    "holds_undated",
    "holds_waiting",
    "trade_documents_open",
];
/// Statements that are asked for all there is, and by whom.
const WHOLE: &[(&str, &str, &str)] = &[
    ("integrity", "", "`entrepot verify`"),
    ("money", "INSERT INTO payment_traces", "a migration"),
    ("deliveries", "state = 'delivered'", "stories and the demo"),
];

/// What a document costs does not grow with history: no statement reads a table of what happened from one end to the other.
#[tokio::test]
async fn no_statement_reads_all_of_history() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("entrepot.db");
    let options = Options::new(Address::Sqlite(path.clone()), folder.path().join("payloads"));
    let store = Store::open(options).await.expect("opens");
    let mut link = Link::Sqlite(Lite::open(&path, Mode::Read).expect("a reader"));
    let (mut looked, mut scans) = (0, Vec::new());
    for (file, source) in SOURCES.iter().filter(|(file, _)| *file != "migrate") {
        for statement in statements(source).into_iter().chain(among(source)) {
            let asked = format!("EXPLAIN QUERY PLAN {}", Dialect::Sqlite.say(&statement));
            let nothing = vec![Arg::Text(None); 32];
            let plan = link.rows(AssertSqlSafe(asked).into_sql_str(), nothing).await;
            for row in plan.unwrap_or_else(|error| panic!("{file}.rs: {statement}: {error}")) {
                let step: String = row.get(3).expect("a step");
                looked += 1;
                if is_long(&step, &statement)
                    && !WHOLE.iter().any(|(whole, part, _)| whole == file && statement.contains(part))
                {
                    scans.push(format!("{file}.rs: {step}: {statement}"));
                }
            }
        }
    }
    assert!(looked > 200, "only {looked} steps");
    assert!(scans.is_empty(), "{}", scans.join("\n"));
    store.close().await;
}

fn is_long(step: &str, statement: &str) -> bool {
    // A book of the money from one end to the other, settled things and all.
    let is_whole_book = step.contains("money_1 (kind=?)") && !statement.contains(" LIMIT ");
    let reads_settled = statement.contains("AND is_open = 1") && step.contains("USING INDEX sqlite_autoindex_money_1");
    if is_whole_book || reads_settled {
        return true;
    }
    let Some(step) = step.strip_prefix("SCAN ") else { return false };
    let (table, index) = step.split_once(' ').unwrap_or((step, ""));
    // A page from one end of an index ends with its last row.
    let is_page = index.starts_with("USING") && statement.contains(" LIMIT ") && !statement.contains("WHERE");
    // Rows that the statement itself makes.
    let is_made = table == "CONSTANT" || table == "k";
    !is_page && !is_made && !SMALL.contains(&table) && !OPEN.iter().any(|open| index.contains(open))
}

/// The string behind every `Sql(`.
fn statements(source: &str) -> Vec<String> {
    source.split("Sql(\"").skip(1).filter_map(literal).collect()
}

/// Those that ask for many keys at once, with two of them.
fn among(source: &str) -> Vec<String> {
    let whole = |text: &str| {
        let head = literal(text)?;
        let tail = text.split_once("tail: \"").and_then(|(_, tail)| literal(tail))?;
        Some(format!("{head} ($31, $32) {tail}"))
    };
    source.split("head: \"").skip(1).filter(|text| text.contains(" IN\",")).filter_map(whole).collect()
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
