//! Looks at partners' servers when it is time, each on its own schedule, and says in words when one cannot be reached.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::fetch::fetch;
use super::{Neighbour, Neighbours};
use crate::ports::{Case, CaseSubject, Reception};

/// How often schedules are looked at.
const TICK: Duration = Duration::from_millis(250);
/// So many looks must fail in a row before a person is told.
const FAILURES_TOLD: u32 = 3;
/// A server that fails is tried again after its own interval, and not more seldom than this.
const RETRY_MAX: Duration = Duration::from_secs(600);

/// A running poller.
#[derive(Debug)]
pub struct Poller {
    stop: CancellationToken,
    tasks: TaskTracker,
}

/// How it stands with one server.
#[derive(Debug, Default)]
struct Standing {
    next: Option<Instant>,
    is_running: bool,
    failures: u32,
    /// Files a person was told about.
    told: Vec<String>,
}

type Standings = Arc<std::sync::Mutex<HashMap<String, Standing>>>;

impl Poller {
    /// Starts looking. `work` is a folder of ours for files under way; what an earlier run left there is removed.
    pub fn start(neighbours: Neighbours, reception: Arc<dyn Reception>, work: PathBuf) -> Self {
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        // Nothing there was taken: the servers still have it all.
        let _ = std::fs::remove_dir_all(&work);
        tasks.spawn(run(neighbours, reception, work, stop.clone(), tasks.clone()));
        Self { stop, tasks }
    }

    /// Begins no more looks and waits for running ones.
    pub async fn stop(self, patience: Duration) {
        self.stop.cancel();
        self.tasks.close();
        let _ = tokio::time::timeout(patience, self.tasks.wait()).await;
    }
}

async fn run(
    neighbours: Neighbours,
    reception: Arc<dyn Reception>,
    work: PathBuf,
    stop: CancellationToken,
    tasks: TaskTracker,
) {
    let standings = Standings::default();
    loop {
        for neighbour in neighbours() {
            if neighbour.remote.fetch_from.is_none() || !begins(&standings, &neighbour.partner, Instant::now()) {
                continue;
            }
            let (reception, standings, stop) = (reception.clone(), standings.clone(), stop.clone());
            let work = work.join(&neighbour.partner);
            tasks.spawn(async move {
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = look(&neighbour, &reception, &standings, work) => {}
                }
            });
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(TICK) => {}
        }
    }
}

/// Whether it is time; the look has begun then.
fn begins(standings: &Standings, partner: &str, now: Instant) -> bool {
    let mut standings = lock(standings);
    let standing = standings.entry(partner.to_owned()).or_default();
    let is_time = !standing.is_running && standing.next.is_none_or(|next| next <= now);
    standing.is_running |= is_time;
    is_time
}

async fn look(neighbour: &Neighbour, reception: &Arc<dyn Reception>, standings: &Standings, work: PathBuf) {
    let outcome = fetch(neighbour, reception, &work).await;
    let mut cases = Vec::new();
    {
        let mut standings = lock(standings);
        let standing = standings.entry(neighbour.partner.clone()).or_default();
        standing.is_running = false;
        let (failed, fault, words) = match outcome {
            Ok(brought) => {
                for (name, why) in brought.refused {
                    if !standing.told.contains(&name) {
                        let words =
                            format!("{name} on the partner's server cannot be taken: {why}. It was left there.");
                        cases.push(("fetch-refused", words));
                        standing.told.push(name);
                    }
                }
                (brought.troubles.first().cloned(), "fetch-failed", "Not every file of the partner's server is fetched")
            }
            Err(trouble) => {
                let words = "Files cannot be fetched from the partner's server";
                (Some(trouble.to_string()), "server-unreachable", words)
            }
        };
        let every = neighbour.remote.every;
        standing.failures = if failed.is_some() { standing.failures + 1 } else { 0 };
        // A file that cannot be had slows nobody else's down.
        let after = match fault {
            "server-unreachable" => every.saturating_mul(standing.failures).min(RETRY_MAX).max(every),
            _ => every,
        };
        standing.next = Some(Instant::now() + after);
        if let Some(trouble) = failed {
            tracing::warn!(partner = neighbour.partner, trouble, failures = standing.failures, "not fetched");
            metrics::counter!("entrepot_sftp_fetches_failed_total").increment(1);
            if standing.failures == FAILURES_TOLD {
                cases.push((fault, format!("{words}: {trouble}.")));
            }
        }
    }
    for (fault, reason) in cases {
        let case = Case {
            fault: fault.into(),
            reason,
            partner: Some(neighbour.partner.clone()),
            subject: CaseSubject::Arrival(Uuid::now_v7()),
            told: Some(json!(null)),
        };
        if let Err(error) = reception.report(case).await {
            tracing::error!(%error, "a case cannot be put before a person");
        }
    }
}

fn lock(standings: &Standings) -> std::sync::MutexGuard<'_, HashMap<String, Standing>> {
    standings.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_begins_once_and_when_it_is_time() {
        let standings = Standings::default();
        let now = Instant::now();
        assert!(begins(&standings, "acme", now));
        assert!(!begins(&standings, "acme", now), "it runs");
        {
            let mut standings = lock(&standings);
            let standing = standings.get_mut("acme").unwrap();
            standing.is_running = false;
            standing.next = Some(now + Duration::from_secs(5));
        }
        assert!(!begins(&standings, "acme", now + Duration::from_secs(4)));
        assert!(begins(&standings, "acme", now + Duration::from_secs(5)));
    }
}
