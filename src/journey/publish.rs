//! Tells other systems of ours what happened: each event at least once, those of one business key in their order.
//!
//! An endpoint has a cursor in the events. What is behind it has arrived, or stands in a row of its own until it does:
//! there the first of a key is tried again, later each time, and holds back those behind it and no others. One job per
//! endpoint runs at a time, and everything a turn did is one unit: a crash repeats the turn, under the same ids.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use futures_util::StreamExt as _;
use jiff::{SignedDuration, Timestamp};

use super::{Gateway, PUBLISH, Step};
use crate::config::Pattern;
use crate::journey::filed::filed;
use crate::ports::{Announcement, Announcer, Cause, Job, NewJob, Unannounced, Verdict};
use crate::process::{Exception, ExceptionKind, Queue};
use crate::store::{ABOUT_EVENTS, EndpointState, KeptEvent, OwedEvent, OwedState, Result, Session, Settled, View};
use crate::work::Retry;

/// New events of one turn, and owed ones.
const BATCH: usize = 128;
/// With so many owed no new ones are taken: the endpoint is behind, and its cursor says so.
const OWED_MAX: u64 = 10_000;
/// After so many events in a row that nobody answered to, the rest of the turn waits.
const SILENT_MAX: u32 = 3;

/// An endpoint as it is set up.
pub struct Recipient {
    pub name: String,
    pub wants: Vec<Pattern>,
    pub announcer: Arc<dyn Announcer>,
    /// Events on their way at a time.
    pub connections: usize,
    pub retry: Retry,
    /// Who has the exceptions about it.
    pub owner: Option<String>,
    /// Where it begins when it is new: with everything that is kept, or with what happens from then on.
    pub from_start: bool,
}

impl std::fmt::Debug for Recipient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recipient").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Recipient {
    fn wants(&self, event: &KeptEvent) -> bool {
        self.wants.iter().any(|pattern| pattern.takes(&event.event.kind))
    }
}

/// Asks for a job wherever an endpoint has something to be told. Answers how many that are.
///
/// # Errors
/// Those of the store.
pub async fn look(gateway: &Gateway) -> Result<usize> {
    let mut jobs = Vec::new();
    let mut view = gateway.store.view().await?;
    for recipient in gateway.recipients() {
        let (name, last) = (recipient.name.clone(), view.last_event().await?);
        let Some(endpoint) = view.endpoint(&name).await? else {
            let from = if recipient.from_start { 0 } else { last };
            gateway
                .store
                .write((name, from), |(name, from), session| Box::pin(session.add_endpoint(name, *from)))
                .await?;
            continue;
        };
        let is_behind = last > endpoint.cursor && owed(&mut view, &name).await? < OWED_MAX;
        let now = gateway.clock.now();
        let owes = is_behind || !view.due_events(&name, now, 1).await?.is_empty();
        gauges(&name, last - endpoint.cursor.min(last), &view.owed_counts(&name).await?);
        if owes && endpoint.state == EndpointState::Open {
            jobs.push(NewJob::new(PUBLISH, &name, &format!("endpoint {name}")).once());
        }
    }
    let count = jobs.len();
    if count > 0 {
        gateway.store.write(jobs, |jobs, session| Box::pin(session.enqueue(jobs.clone()))).await?;
    }
    Ok(count)
}

async fn owed(view: &mut View, name: &str) -> Result<u64> {
    Ok(view.owed_counts(name).await?.iter().map(|(_, count)| count).sum())
}

fn gauges(name: &str, lag: u64, owed: &[(OwedState, u64)]) {
    let count = |of: &[OwedState]| owed.iter().filter(|(state, _)| of.contains(state)).map(|(_, n)| *n).sum::<u64>();
    let endpoint = name.to_owned();
    metrics::gauge!("entrepot_endpoint_lag_events", "endpoint" => endpoint.clone()).set(lag as f64);
    let waiting = count(&[OwedState::Due, OwedState::Behind]);
    metrics::gauge!("entrepot_endpoint_waiting_events", "endpoint" => endpoint.clone()).set(waiting as f64);
    let failed = count(&[OwedState::Failed]);
    metrics::gauge!("entrepot_endpoint_failed_events", "endpoint" => endpoint).set(failed as f64);
}

/// One event of a turn.
#[derive(Clone, Debug)]
struct Candidate {
    event: KeptEvent,
    /// Where it is owed already.
    owed: Option<OwedEvent>,
}

/// What became of it.
type Outcome = std::result::Result<String, Option<Unannounced>>;

/// What a turn does.
#[derive(Clone, Debug, Default)]
struct Turn {
    /// Events of one key each, in order.
    chains: Vec<Vec<Candidate>>,
    /// New ones whose key has something that did not arrive.
    behind: Vec<(u64, String)>,
    /// Owed events that are not wanted, or not kept any more.
    gone: Vec<OwedEvent>,
    /// Where the cursor stands afterwards.
    cursor: u64,
    /// Whether there may be more at once.
    is_full: bool,
}

/// Tells one endpoint what it is owed. One job per endpoint runs at a time.
///
/// # Errors
/// When the store fails. What was sent and not noted down is sent again.
pub async fn publish(gateway: &Gateway, job: &Job) -> std::result::Result<Verdict, Step> {
    let recipient = gateway.recipient(&job.subject);
    let endpoint = gateway.store.view().await?.endpoint(&job.subject).await?;
    let (Some(recipient), Some(endpoint)) = (recipient, endpoint) else { return finish(gateway, job).await };
    if endpoint.state != EndpointState::Open {
        return finish(gateway, job).await;
    }
    let turn = Turn::read(gateway, &recipient, endpoint.cursor).await?;
    let outcomes = announce(gateway, &recipient, turn.chains.clone()).await;
    let now = gateway.clock.now();
    let due = gateway.in_force().partners.us.trade.due_at(Queue::Support, now);
    let noted = Noted { due, ..Noted::of(&recipient, &turn, outcomes, now) };
    metrics::counter!("entrepot_events_told_total", "endpoint" => recipient.name.clone()).increment(noted.arrived);
    let again = turn.is_full && !noted.is_gone;
    gateway
        .store
        .write((job.clone(), recipient, noted, again), |(job, recipient, noted, again), session| {
            Box::pin(async move {
                noted.write(session, recipient).await?;
                if *again { session.hold_job(job).await } else { session.finish_job(job).await }
            })
        })
        .await?;
    Ok(if again { Verdict::More } else { Verdict::Done })
}

async fn finish(gateway: &Gateway, job: &Job) -> std::result::Result<Verdict, Step> {
    gateway.store.write(job.clone(), |job, session| Box::pin(session.finish_job(job))).await?;
    Ok(Verdict::Done)
}

impl Turn {
    async fn read(gateway: &Gateway, recipient: &Recipient, cursor: u64) -> Result<Self> {
        let mut view = gateway.store.view().await?;
        let name = &recipient.name;
        let mut turn = Self { cursor, ..Self::default() };
        let due = view.due_events(name, gateway.clock.now(), BATCH).await?;
        turn.is_full = due.len() == BATCH;
        let sequences: Vec<u64> = due.iter().map(|owed| owed.sequence).collect();
        let mut kept: BTreeMap<u64, KeptEvent> =
            view.events_numbered(&sequences).await?.into_iter().map(|event| (event.sequence, event)).collect();
        for owed in due {
            match kept.remove(&owed.sequence) {
                Some(event) if recipient.wants(&event) => {
                    turn.chains.push(vec![Candidate { event, owed: Some(owed) }]);
                }
                _ => turn.gone.push(owed),
            }
        }
        if owed(&mut view, name).await? >= OWED_MAX {
            return Ok(turn);
        }
        let mut new = view.events_after(cursor, BATCH).await?;
        turn.cursor = new.last().map_or(cursor, |event| event.sequence);
        turn.is_full |= new.len() == BATCH;
        new.retain(|event| recipient.wants(event));
        let keys: BTreeSet<&str> = new.iter().map(|event| event.event.key.as_str()).collect();
        let troubled: BTreeSet<String> =
            view.owed_keys(name, &keys.into_iter().collect::<Vec<_>>()).await?.into_iter().collect();
        let mut chains: BTreeMap<String, Vec<Candidate>> = BTreeMap::new();
        for event in new {
            let key = event.event.key.clone();
            if troubled.contains(&key) {
                turn.behind.push((event.sequence, key));
            } else {
                chains.entry(key).or_default().push(Candidate { event, owed: None });
            }
        }
        let mut chains: Vec<Vec<Candidate>> = chains.into_values().collect();
        chains.sort_by_key(|chain| chain.first().map(|first| first.event.sequence));
        turn.chains.extend(chains);
        Ok(turn)
    }
}

/// Sends chains side by side, each in its order up to its first failure.
async fn announce(
    gateway: &Gateway,
    recipient: &Recipient,
    chains: Vec<Vec<Candidate>>,
) -> Vec<Vec<(Candidate, Outcome)>> {
    let (is_gone, silent) = (AtomicBool::new(false), AtomicU32::new(0));
    let (is_gone, silent) = (&is_gone, &silent);
    let sent = chains.into_iter().map(|chain| async move {
        let mut outcomes = Vec::with_capacity(chain.len());
        let mut is_stopped = false;
        for candidate in chain {
            if is_stopped || is_gone.load(Ordering::Relaxed) || silent.load(Ordering::Relaxed) >= SILENT_MAX {
                outcomes.push((candidate, Err(None)));
                continue;
            }
            let outcome = one(gateway, recipient, &candidate.event).await;
            match &outcome {
                Ok(_) => silent.store(0, Ordering::Relaxed),
                Err(not) => {
                    is_stopped = true;
                    is_gone.fetch_or(not.cause == Cause::Gone, Ordering::Relaxed);
                    silent.fetch_add(u32::from(not.cause == Cause::Silent), Ordering::Relaxed);
                }
            }
            outcomes.push((candidate, outcome.map_err(Some)));
        }
        outcomes
    });
    futures_util::stream::iter(sent).buffered(recipient.connections.max(1)).collect().await
}

async fn one(gateway: &Gateway, recipient: &Recipient, kept: &KeptEvent) -> std::result::Result<String, Unannounced> {
    let announcement = announcement(kept);
    let answer = recipient.announcer.announce(&announcement, gateway.clock.now()).await;
    let (endpoint, id, kind) = (&recipient.name, announcement.id, &announcement.kind);
    match &answer {
        Ok(said) => tracing::debug!(endpoint, %id, kind, sequence = kept.sequence, said, "told"),
        Err(not) => tracing::warn!(endpoint, %id, kind, sequence = kept.sequence, reason = not.reason, "not told"),
    }
    answer
}

/// An event as it leaves.
pub fn announcement(kept: &KeptEvent) -> Announcement {
    let cloud = kept.cloud();
    Announcement { id: cloud.id, kind: cloud.event_type(), body: cloud.to_json().to_string().into() }
}

/// What a turn leaves behind.
#[derive(Clone, Debug, Default)]
struct Noted {
    cursor: u64,
    arrived: u64,
    is_gone: bool,
    /// The last answer, the worst of the turn before the others.
    answer: Option<String>,
    /// New events that did not arrive, and those behind them.
    owed: Vec<(u64, String)>,
    settled: Vec<(OwedEvent, Settled)>,
    /// Events that were tried for the last time.
    failed: Vec<(KeptEvent, String)>,
    /// By when somebody should have dealt with what these become.
    due: Timestamp,
}

impl Noted {
    fn of(recipient: &Recipient, turn: &Turn, outcomes: Vec<Vec<(Candidate, Outcome)>>, now: Timestamp) -> Self {
        let mut noted = Self { cursor: turn.cursor, owed: turn.behind.clone(), ..Self::default() };
        noted.settled.extend(turn.gone.iter().cloned().map(|owed| (owed, Settled::Skipped)));
        for chain in outcomes {
            let mut is_first = true;
            for (candidate, outcome) in chain {
                noted.take(recipient, candidate, outcome, &mut is_first, now);
            }
        }
        noted
    }

    fn take(
        &mut self,
        recipient: &Recipient,
        candidate: Candidate,
        outcome: Outcome,
        is_first: &mut bool,
        now: Timestamp,
    ) {
        let Candidate { event, owed } = candidate;
        if let Ok(said) = outcome {
            self.arrived += 1;
            self.answer.get_or_insert(said);
            self.settled.extend(owed.map(|owed| (owed, Settled::Arrived)));
            return;
        }
        let not = outcome.err().flatten();
        let key = event.event.key.clone();
        let is_new = owed.is_none();
        let owed = owed.unwrap_or_else(|| OwedEvent {
            endpoint: recipient.name.clone(),
            sequence: event.sequence,
            key: key.clone(),
            state: OwedState::Due,
            attempts: 0,
            next_at: now,
            reason: None,
            since: now,
        });
        if is_new {
            self.owed.push((event.sequence, key));
        }
        // Those behind the first of a chain wait for it; nothing is to be said of them.
        let settled = match not {
            None if *is_first => {
                let wait = wait(recipient, &event, owed.attempts);
                Some(Settled::Later { at: after(now, wait) })
            }
            None => None,
            Some(Unannounced { reason, cause: Cause::Gone }) => {
                self.is_gone = true;
                self.answer = Some(reason);
                None
            }
            Some(Unannounced { reason, cause }) => {
                self.answer = Some(reason.clone());
                let wait = recipient.retry.after(owed.attempts, chance(&event, owed.attempts));
                match (wait, cause) {
                    (None, _) => {
                        self.failed.push((event.clone(), reason.clone()));
                        Some(Settled::Failed { reason })
                    }
                    (Some(_), Cause::Busy(wait)) => Some(Settled::Again { at: after(now, wait), reason }),
                    (Some(wait), _) => Some(Settled::Again { at: after(now, wait), reason }),
                }
            }
        };
        *is_first = false;
        self.settled.extend(settled.map(|settled| (owed, settled)));
    }

    async fn write(&self, session: &mut Session, recipient: &Recipient) -> Result<()> {
        let name = &recipient.name;
        let owed: Vec<(u64, &str)> = self.owed.iter().map(|(sequence, key)| (*sequence, key.as_str())).collect();
        if !owed.is_empty() {
            session.owe_events(name, &owed).await?;
        }
        for (owed, settled) in &self.settled {
            session.settle_owed(owed, settled).await?;
            if *settled == Settled::Arrived {
                session.close_case_of_house(&case_key(name, Some(&owed.key)), "the endpoint", None).await?;
            }
        }
        for (event, reason) in &self.failed {
            let cloud = event.cloud();
            let words = format!(
                "{} {} ({}) did not reach the endpoint {name}: {reason}. Later events of {} wait for it. `entrepot events \
                 replay --endpoint {name} --failed` tries again, `entrepot events skip --endpoint {name} {}` gives it up.",
                cloud.event_type(),
                event.sequence,
                cloud.id,
                cloud.subject,
                event.sequence
            );
            open(session, recipient, case_key(name, Some(&event.event.key)), words, self.due).await?;
        }
        session.advance_endpoint(name, self.cursor, self.arrived).await?;
        let state = if self.is_gone { EndpointState::Disabled } else { EndpointState::Open };
        if let Some(answer) = &self.answer {
            session.note_endpoint(name, state, answer).await?;
        }
        if self.is_gone {
            let words = format!(
                "The endpoint {name} says that it is there no more, and is told nothing until somebody says so: `entrepot \
                 events enable --endpoint {name}`. Nothing is lost meanwhile."
            );
            open(session, recipient, case_key(name, None), words, self.due).await?;
        }
        Ok(())
    }
}

/// What the case of an endpoint, or of one business key there, goes by.
pub fn case_key(endpoint: &str, key: Option<&str>) -> String {
    match key {
        Some(key) => format!("{ABOUT_EVENTS}{endpoint}|{key}"),
        None => format!("{ABOUT_EVENTS}{endpoint}"),
    }
}

async fn open(session: &mut Session, recipient: &Recipient, key: String, words: String, due: Timestamp) -> Result<()> {
    let now = session.now().await?;
    let exception = Exception {
        queue: Queue::Support,
        cause: Some(format!("endpoint|{}", recipient.name)),
        ..Exception::new(key, ExceptionKind::DeliveryFailed, words)
    };
    let case = filed(&exception, None, now, due);
    let number = session.open_case(&case).await?;
    match &recipient.owner {
        Some(owner) => session.assign_case(number, owner).await,
        None => Ok(()),
    }
}

/// Scatters tries of many events, and of one event; nothing depends on its being unpredictable.
fn chance(event: &KeptEvent, attempts: u32) -> f64 {
    let bits = (event.id.uuid().as_u128() as u32).rotate_left(attempts.wrapping_mul(7));
    f64::from(bits) / f64::from(u32::MAX)
}

fn wait(recipient: &Recipient, event: &KeptEvent, attempts: u32) -> std::time::Duration {
    recipient.retry.wait(attempts, chance(event, attempts))
}

fn after(now: Timestamp, wait: std::time::Duration) -> Timestamp {
    let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
    now.checked_add(wait).unwrap_or(Timestamp::MAX)
}
