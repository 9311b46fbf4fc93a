//! Brings the schema forward, one numbered file after the other, never back; refuses a database from the future.

use jiff::Timestamp;

use super::error::{Error, Result};
use super::sql::{Link, Sql, args};

/// Every step, in order. A step that was released is never changed: a new one follows.
const STEPS: &[(i64, &str, &str)] = &[
    (1, "first", include_str!("migrations/0001_first.sql")),
    (2, "doors", include_str!("migrations/0002_doors.sql")),
    (3, "trades", include_str!("migrations/0003_trades.sql")),
    (4, "names", include_str!("migrations/0004_names.sql")),
    (5, "money", include_str!("migrations/0005_money.sql")),
    (6, "people", include_str!("migrations/0006_people.sql")),
    (7, "events", include_str!("migrations/0007_events.sql")),
    (8, "past_due", include_str!("migrations/0008_past_due.sql")),
    (9, "traces", include_str!("migrations/0009_traces.sql")),
    (10, "answers", include_str!("migrations/0010_answers.sql")),
    (11, "waiting", include_str!("migrations/0011_waiting.sql")),
    (12, "open money", include_str!("migrations/0012_open_money.sql")),
    (13, "case_deadlines", include_str!("migrations/0013_case_deadlines.sql")),
    (14, "hold_deadlines", include_str!("migrations/0014_hold_deadlines.sql")),
    (15, "several_trades", include_str!("migrations/0015_several_trades.sql")),
];

/// The schema this program speaks.
pub(super) const KNOWN: i64 = STEPS[STEPS.len() - 1].0;

/// Brings the database to [`KNOWN`]. Several daemons may start at once on PostgreSQL: the version's row decides.
pub(super) async fn migrate(link: &mut Link) -> Result<()> {
    let mut tries = 0;
    loop {
        match step(link).await {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            // Another daemon was faster: look again.
            Err(Error::Conflict { .. } | Error::Again(_)) if tries < 20 => {
                tries += 1;
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Refuses a database that is not exactly at [`KNOWN`].
pub(super) async fn check(link: &mut Link) -> Result<()> {
    match version(link).await? {
        found if found > KNOWN => Err(Error::Newer { found, known: KNOWN }),
        found if found < KNOWN => Err(Error::Older { found, known: KNOWN }),
        _ => Ok(()),
    }
}

/// Takes one step; false when there is none left.
async fn step(link: &mut Link) -> Result<bool> {
    link.run(
        "CREATE TABLE IF NOT EXISTS schema_versions \
         (version BIGINT PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL)",
    )
    .await?;
    let found = version(link).await?;
    if found > KNOWN {
        return Err(Error::Newer { found, known: KNOWN });
    }
    let Some((next, name, text)) = STEPS.iter().find(|(number, ..)| *number > found) else { return Ok(false) };
    tracing::info!(version = next, name, "migrating the database");
    let dialect = link.dialect();
    link.run("BEGIN").await?;
    let outcome = async {
        // First the row, so that a second daemon waits here and then finds the step done.
        let sql = Sql("INSERT INTO schema_versions (version, name, applied_at) VALUES ($1, $2, $3)").say(dialect);
        link.execute(sql, args![*next, *name, Timestamp::now()]).await?;
        link.run(dialect.say(text)).await
    }
    .await;
    match outcome {
        Ok(()) => link.run("COMMIT").await.map(|()| true),
        Err(error) => {
            let _ = link.run("ROLLBACK").await;
            Err(error)
        }
    }
}

async fn version(link: &mut Link) -> Result<i64> {
    let sql = Sql("SELECT COALESCE(MAX(version), 0) FROM schema_versions").say(link.dialect());
    match link.rows(sql, args![]).await {
        Ok(rows) => rows.first().map_or(Ok(0), |row| row.get(0)),
        // A database that never saw us has no such table.
        Err(Error::Database(_)) => Ok(0),
        Err(error) => Err(error),
    }
}
