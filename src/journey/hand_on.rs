//! Hands the accepted documents of a group on: one JSON file each in the outbox, once.

use std::path::PathBuf;
use std::sync::Arc;

use super::fresh::Ready;
use super::{Gateway, Step, failure};
use crate::ports::{Job, Side, Verdict};
use crate::store::{DocumentState, GroupId};
use crate::transport::folder::Placement;

/// Documents of one turn.
const BATCH: usize = 400;

/// Writes the next documents of a group. A crash between the files and the note repeats them under the same names.
///
/// # Errors
/// When the store or the folder fails.
pub async fn hand_on(gateway: &Gateway, job: &Job) -> Result<Verdict, Step> {
    let group: GroupId = job.subject.parse().map_err(|_| Step::broken("the job names no group"))?;
    let (ready, range, last) = match gateway.fresh.take_documents(group) {
        Some(ready) => {
            let range = (ready.first().map_or(0, |it| it.position), ready.last().map_or(0, |it| it.position));
            (ready, range, true)
        }
        None => stored(gateway, job, group).await?,
    };
    let outbox = gateway.layout.outbox();
    let placements = ready
        .iter()
        .map(|document| Placement { path: outbox.join(&document.file_name), bytes: document.json.clone() })
        .collect();
    for result in gateway.placer.place_all(placements).await {
        if let Err(error) = result {
            return Ok(failure(&error, Side::Ours, "the outbox"));
        }
    }
    gateway
        .store
        .write((job.clone(), group, range, last), |(job, group, range, last), session| {
            Box::pin(async move {
                session.move_documents(*group, *range, DocumentState::Ready, DocumentState::Done).await?;
                if *last { session.finish_job(job).await } else { session.hold_job(job).await }
            })
        })
        .await?;
    gateway.set_progress(job.id, (!last).then_some(range.1));
    metrics::counter!("entrepot_documents_handed_on_total").increment(ready.len() as u64);
    tracing::debug!(%group, documents = ready.len(), from = range.0, to = range.1, "handed on");
    Ok(if last { Verdict::Done } else { Verdict::More })
}

/// The next ready documents behind the last turn's, the positions they span, and whether they are the last.
async fn stored(gateway: &Gateway, job: &Job, group: GroupId) -> Result<(Vec<Ready>, (u64, u64), bool), Step> {
    let after = gateway.progress(job.id).unwrap_or(0);
    let page = gateway.store.view().await?.documents_of(group, after, BATCH).await?;
    let range = (after + 1, page.last().map_or(after, |(document, _)| document.position));
    let last = page.len() < BATCH;
    let ready = page
        .into_iter()
        .filter(|(document, _)| document.state == DocumentState::Ready)
        .filter_map(|(document, contents)| {
            let json: Arc<[u8]> = contents.canonical?.into_bytes().into();
            let id = document.id.to_string();
            let kind = document.kind.as_deref().unwrap_or("document");
            let file_name = file_name(kind, document.number.as_deref(), &id, document.test);
            Some(Ready { position: document.position, file_name, json })
        })
        .collect();
    Ok((ready, range, last))
}

/// `order-PO4711-0193....json`; documents marked as tests go to a folder of their own, so that nobody takes them for real.
pub fn file_name(kind: &str, number: Option<&str>, id: &str, test: bool) -> String {
    let number = number.map(|number| format!("-{}", plain(number))).unwrap_or_default();
    let name = format!("{kind}{number}-{id}.json");
    if test { PathBuf::from("test").join(name).display().to_string() } else { name }
}

/// A number as part of a file name: letters, digits, point, dash; not too long.
fn plain(number: &str) -> String {
    const CHARACTERS_MAX: usize = 60;
    let safe = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' };
    number.trim().chars().map(safe).take(CHARACTERS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe_and_tests_apart() {
        for (kind, number, test, expected) in [
            ("order", Some("PO 47/11"), false, "order-PO_47_11-1.json"),
            ("invoice", None, false, "invoice-1.json"),
            ("order", Some("../../etc"), true, "test/order-.._.._etc-1.json"),
        ] {
            assert_eq!(file_name(kind, number, "1", test), expected);
        }
    }
}
