//! What should have come and did not: acknowledgements that are overdue wait for a person from then on. It also tidies
//! up what nothing names any more.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::Gateway;
use crate::process::calendar::said;
use crate::store::{Answer, Expectation, Hold, Memory, Result, Session, Subject};
use crate::transport::folder;

/// Expectations of one turn.
const BATCH: usize = 200;
/// Payload files that no row names stay this long: their rows may still be on the way.
const ORPHANS_AGE: Duration = Duration::from_secs(6 * 60 * 60);

/// Marks what is overdue, until nothing is. Answers how many there were.
///
/// # Errors
/// Those of the store.
pub async fn expire(gateway: &Gateway) -> Result<usize> {
    let mut marked = 0;
    loop {
        let overdue = gateway.store.view().await?.overdue_expectations(BATCH).await?;
        let count = overdue.len();
        for expectation in overdue {
            let stored = gateway
                .store
                .write(expectation, |expectation, session| Box::pin(async move { mark(session, expectation).await }));
            marked += usize::from(stored.await?);
        }
        if count < BATCH {
            metrics::counter!("entrepot_overdue_total").increment(marked as u64);
            return Ok(marked);
        }
    }
}

/// Forgets what was kept long enough, and removes payload files that no row names.
///
/// # Errors
/// Those of the store.
pub async fn tidy(gateway: &Gateway) -> Result<()> {
    for memory in Memory::ALL {
        let kept = SignedDuration::from_hours(24 * i64::from(memory.days()));
        let before = gateway.clock.now().checked_sub(kept).unwrap_or(Timestamp::MIN);
        let mut gone = BATCH as u64;
        while gone == BATCH as u64 {
            let forgotten = gateway.store.write((memory, before), |(memory, before), session| {
                Box::pin(session.forget_memory(*memory, *before, BATCH))
            });
            gone = forgotten.await?;
        }
    }
    if gateway.retain_days > 0 {
        let kept = SignedDuration::from_hours(24 * i64::from(gateway.retain_days));
        let before = gateway.clock.now().checked_sub(kept).unwrap_or(Timestamp::MIN);
        let mut gone = BATCH;
        while gone == BATCH {
            let forgotten = gateway.store.write(before, |before, session| Box::pin(session.forget(*before, BATCH)));
            gone = forgotten.await?;
        }
    }
    if gateway.archive_days > 0 {
        let (archive, days) = (gateway.layout.archive(), u64::from(gateway.archive_days));
        let age = Duration::from_secs(24 * 60 * 60 * days);
        let cleared = tokio::task::spawn_blocking(move || folder::clear(&archive, age)).await;
        if let Ok(Err(error)) = cleared {
            tracing::warn!(%error, "the archive could not be cleared");
        }
    }
    gateway.store.sweep_payloads(ORPHANS_AGE).await.map(drop)
}

/// False where an answer came meanwhile, or another gateway was faster.
async fn mark(session: &mut Session, expectation: &Expectation) -> Result<bool> {
    let of = session.expectations_of(&expectation.subject.1).await?;
    if !of.iter().any(|it| it.id == expectation.id && it.state == Answer::Awaiting) {
        return Ok(false);
    }
    session.settle_expectation(expectation.id, Answer::Overdue, None, &Value::Null).await?;
    let (what, id) = &expectation.subject;
    match what {
        Subject::Group => {
            if let Ok(group) = id.parse() {
                session.answer_group(group, Answer::Overdue).await?;
                session.set_functional(group, None, Answer::Overdue).await?;
            }
        }
        Subject::Interchange => {
            if let Ok(interchange) = id.parse() {
                for group in session.groups_of(interchange).await? {
                    session.answer_group(group.id, Answer::Overdue).await?;
                    session.set_functional(group.id, None, Answer::Overdue).await?;
                }
            }
        }
        _ => {}
    }
    let created_at = session.now().await?;
    let due = said(expectation.due_at);
    session
        .add_hold(&Hold {
            fault: "answer-overdue".into(),
            reason: format!(
                "The partner's answer was due at {due} and has not come. Ask the partner whether it arrived before \
                 anything is sent again."
            ),
            partner: expectation.partner.clone(),
            subject: expectation.subject.clone(),
            told: Some(json!({"key": expectation.key})),
            ..Hold::open(created_at)
        })
        .await?;
    Ok(true)
}
