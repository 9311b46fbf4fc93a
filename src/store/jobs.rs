//! Jobs: steps that are owed, stored with the state that owes them. The store is the queue that `work` draws from.

use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use super::error::{Error, Result};
use super::events::belongs_to;
use super::session::{Session, Shared, View};
use super::sql::{Row, Sql, args, word};
use super::{Id, Store};
use crate::ports::{Job, NewJob, Promise, Queue, QueueError, Side, Verdict};

/// What one more job costs its partner's place in the queue, in microseconds.
const TURN: i64 = 1_000;
/// Partners whose last turn is remembered.
const TURNS_MAX: usize = 10_000;

/// How many jobs stand, per kind and state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobCount {
    pub kind: String,
    pub state: String,
    pub count: u64,
}

/// A job that waits for a person.
#[derive(Clone, Debug, PartialEq)]
pub struct ParkedJob {
    pub job: Job,
    pub side: Side,
    pub reason: String,
    pub parked_at: Timestamp,
}

impl Shared {
    /// The place of one more job of `partner`: behind its own earlier ones, whatever others have waiting.
    fn turn(&self, partner: &str, now: i64) -> i64 {
        let mut turns = self.turns.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if turns.len() > TURNS_MAX {
            turns.retain(|_, last| *last > now);
        }
        match turns.get_mut(partner) {
            Some(last) => {
                *last = now.max(*last + TURN);
                *last
            }
            None => {
                turns.insert(partner.to_owned(), now);
                now
            }
        }
    }
}

impl Session {
    /// Asks for jobs. What is due at once goes straight to this process's worker when the unit is durable, already
    /// leased; whatever happens to the process then, the lease runs out and another takes it.
    pub async fn enqueue(&mut self, jobs: Vec<NewJob>) -> Result<()> {
        if jobs.is_empty() {
            return Ok(());
        }
        let now = self.now().await?;
        let mut rows = Vec::with_capacity(jobs.len());
        for mut new in jobs {
            if let Some(parent) = &self.trace {
                belongs_to(&mut new.detail, parent);
            }
            let at = now.as_microsecond();
            let run_at = new.run_at.unwrap_or(now);
            let due = run_at <= now;
            let leased = due && self.hands_over();
            let turn = if due { self.shared.turn(&new.partner, at) } else { run_at.as_microsecond() };
            let job = Job {
                id: Uuid::now_v7(),
                kind: new.kind,
                subject: new.subject,
                partner: new.partner,
                detail: new.detail,
                attempts: 0,
                revision: new.revision,
                created_at: now,
                claim: i64::from(leased),
                pokes: 0,
                turn,
            };
            let state = if leased {
                "running"
            } else if due {
                "ready"
            } else {
                "waiting"
            };
            let owner = leased.then(|| self.shared.node.to_string());
            let detail = job.detail.to_string();
            let key = new.key;
            let row = args![
                job.id.to_string(),
                job.kind.clone(),
                job.subject.clone(),
                job.partner.clone(),
                detail,
                state,
                run_at,
                job.turn,
                0_i64,
                owner,
                job.claim,
                0_i64,
                key.clone(),
                job.revision.clone(),
                now,
                now
            ];
            if key.is_some() {
                let id = job.id.to_string();
                let sql = Sql("INSERT INTO jobs (id, kind, subject, partner, detail, state, run_at, turn, attempts, \
                     owner, claim, pokes, once, revision, created_at, updated_at) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) \
                     ON CONFLICT (once) DO UPDATE SET pokes = jobs.pokes + 1 RETURNING id");
                let stored: String = self.one(sql, row, ("job", "")).await?.get(0)?;
                if stored != id {
                    continue;
                }
            } else {
                rows.push(row);
            }
            self.after.ring = true;
            if leased {
                self.after.leased.push(job);
            }
        }
        self.insert(
            "INSERT INTO jobs (id, kind, subject, partner, detail, state, run_at, turn, attempts, owner, claim, pokes, \
             once, revision, created_at, updated_at)",
            "",
            rows,
        )
        .await
        .map(drop)
    }

    /// Makes sure that this worker still holds the job, until the unit is durable. Every step that stores something
    /// and does not finish its job says this first.
    pub async fn hold_job(&mut self, job: &Job) -> Result<()> {
        let sql = Sql("SELECT 1 FROM jobs WHERE id = $1 AND owner = $2 AND claim = $3 {for update}");
        let node = self.shared.node.to_string();
        match self.row(sql, args![job.id.to_string(), node, job.claim]).await? {
            Some(_) => Ok(()),
            None => Err(Error::LeaseLost { job: job.id.to_string() }),
        }
    }

    /// The job is done with this unit. One that was asked for again meanwhile runs once more.
    pub async fn finish_job(&mut self, job: &Job) -> Result<()> {
        let (id, node) = (job.id.to_string(), self.shared.node.to_string());
        let sql = Sql("DELETE FROM jobs WHERE id = $1 AND owner = $2 AND claim = $3 AND pokes = $4");
        if self.execute(sql, args![&id, &node, job.claim, job.pokes]).await? == 1 {
            return Ok(());
        }
        let now = self.now().await?;
        let turn = self.shared.turn(&job.partner, now.as_microsecond());
        let sql = Sql("UPDATE jobs SET claim = claim + 1, attempts = 0, turn = $4, updated_at = $5 \
             WHERE id = $1 AND owner = $2 AND claim = $3 RETURNING claim, pokes");
        match self.row(sql, args![&id, &node, job.claim, turn, now]).await? {
            Some(row) => {
                let again = Job { claim: row.get(0)?, pokes: row.get(1)?, attempts: 0, turn, ..job.clone() };
                self.after.leased.push(again);
                self.after.ring = true;
                Ok(())
            }
            None => Err(Error::LeaseLost { job: id }),
        }
    }

    /// A person lets a parked job run again.
    pub async fn unpark_job(&mut self, id: Uuid) -> Result<()> {
        let now = self.now().await?;
        let sql = Sql("UPDATE jobs SET state = 'ready', attempts = 0, turn = $2, run_at = $2, updated_at = $2 \
             WHERE id = $1 AND state = 'parked'");
        self.change(sql, args![id.to_string(), now], ("parked job", id)).await?;
        self.after.ring = true;
        Ok(())
    }

    async fn claim_jobs(&mut self, limit: usize) -> Result<Vec<Job>> {
        let now = self.now().await?;
        let sql = Sql("UPDATE jobs SET state = 'ready', updated_at = $1 WHERE state = 'waiting' AND run_at <= $1");
        self.execute(sql, args![now]).await?;
        let sql = Sql("UPDATE jobs SET state = 'running', owner = $1, claim = claim + 1, updated_at = $2 \
             WHERE id IN (SELECT id FROM jobs WHERE state = 'ready' ORDER BY turn LIMIT $3 + 0 {skip locked}) \
             RETURNING id, kind, subject, partner, detail, attempts, revision, created_at, claim, pokes, turn");
        let node = self.shared.node.to_string();
        let rows = self.rows(sql, args![node, now, limit]).await?;
        rows.iter().map(read).collect()
    }

    async fn give_back(&mut self, jobs: &[Job]) -> Result<()> {
        let node = self.shared.node.to_string();
        for job in jobs {
            let sql = Sql("UPDATE jobs SET state = 'ready', owner = NULL WHERE id = $1 AND owner = $2 AND claim = $3");
            self.execute(sql, args![job.id.to_string(), &node, job.claim]).await?;
        }
        Ok(())
    }

    async fn put_off(&mut self, job: &Job, after: Duration, side: Side, reason: &str, counted: bool) -> Result<()> {
        let now = self.now().await?;
        let run_at = now.checked_add(after).unwrap_or(Timestamp::MAX);
        let sql = Sql("UPDATE jobs SET state = 'waiting', run_at = $4, turn = $4, attempts = attempts + $8, \
             owner = NULL, side = $5, reason = $6, updated_at = $7 WHERE id = $1 AND owner = $2 AND claim = $3");
        let node = self.shared.node.to_string();
        self.execute(sql, args![job.id.to_string(), node, job.claim, run_at, word(&side), reason, now, counted])
            .await?;
        Ok(())
    }

    async fn park_job(&mut self, job: &Job, side: Side, reason: &str) -> Result<()> {
        let now = self.now().await?;
        let sql = Sql("UPDATE jobs SET state = 'parked', attempts = attempts + 1, owner = NULL, side = $4, \
             reason = $5, updated_at = $6 WHERE id = $1 AND owner = $2 AND claim = $3");
        let node = self.shared.node.to_string();
        self.execute(sql, args![job.id.to_string(), node, job.claim, word(&side), reason, now]).await.map(drop)
    }

    async fn keep_files_in(&mut self, folder: &str) -> Result<bool> {
        self.lock_trade_key("folder").await?;
        let (scope, key, wanted) = ("gateways", "folder", serde_json::Value::from(folder));
        let known = self.note(scope, key).await?;
        if known.as_ref() == Some(&wanted) {
            return Ok(true);
        }
        let now = self.now().await?;
        let sql = Sql("SELECT COUNT(*) FROM nodes WHERE until > $1");
        let living: u64 = self.row(sql, args![now.as_microsecond()]).await?.map_or(Ok(0), |row| row.get(0))?;
        if known.is_some() && living > 0 {
            return Ok(false);
        }
        self.set_note(scope, key, &wanted).await?;
        Ok(true)
    }

    /// Says that this node lives, and frees what dead nodes held.
    pub(super) async fn beat(&mut self, alone: bool) -> Result<u64> {
        let now = self.now().await?;
        let until = now.checked_add(self.shared.lease).unwrap_or(Timestamp::MAX);
        let node = self.shared.node.to_string();
        if alone {
            self.execute(Sql("DELETE FROM nodes WHERE id <> $1"), args![&node]).await?;
        }
        let sql = Sql("INSERT INTO nodes (id, started_at, until) VALUES ($1, $2, $3) \
             ON CONFLICT (id) DO UPDATE SET until = excluded.until");
        self.execute(sql, args![&node, now, until]).await?;
        let sql = Sql("UPDATE jobs SET state = 'ready', owner = NULL, claim = claim + 1, updated_at = $1 \
             WHERE state = 'running' AND owner NOT IN (SELECT id FROM nodes WHERE until > $1)");
        let freed = self.execute(sql, args![now]).await?;
        self.execute(Sql("DELETE FROM nodes WHERE until < $1"), args![now.as_microsecond() - 86_400_000_000]).await?;
        self.after.ring = freed > 0;
        Ok(freed)
    }
}

impl View {
    /// True where a claim would find something.
    async fn jobs_due(&mut self) -> Result<bool> {
        let now = self.now().await?;
        let sql = Sql("SELECT 1 FROM jobs WHERE state = 'ready' \
             UNION ALL SELECT 1 FROM jobs WHERE state = 'waiting' AND run_at <= $1 LIMIT 1");
        Ok(self.row(sql, args![now]).await?.is_some())
    }

    /// How many jobs stand, per kind and state.
    pub async fn job_counts(&mut self) -> Result<Vec<JobCount>> {
        let sql = Sql("SELECT kind, state, COUNT(*) FROM jobs GROUP BY kind, state ORDER BY kind, state");
        let rows = self.rows(sql, args![]).await?;
        rows.iter().map(|row| Ok(JobCount { kind: row.get(0)?, state: row.get(1)?, count: row.get(2)? })).collect()
    }

    /// The newest jobs that wait for a person.
    pub async fn parked_jobs(&mut self, limit: usize) -> Result<Vec<ParkedJob>> {
        let sql =
            Sql("SELECT id, kind, subject, partner, detail, attempts, revision, created_at, claim, pokes, turn, \
             side, reason, updated_at FROM jobs WHERE state = 'parked' ORDER BY updated_at DESC LIMIT $1 + 0");
        let rows = self.rows(sql, args![limit]).await?;
        rows.iter()
            .map(|row| {
                Ok(ParkedJob { job: read(row)?, side: row.word(11)?, reason: row.get(12)?, parked_at: row.get(13)? })
            })
            .collect()
    }
}

fn read(row: &Row) -> Result<Job> {
    Ok(Job {
        id: row.get::<Id<Job>>(0)?.uuid(),
        kind: row.get(1)?,
        subject: row.get(2)?,
        partner: row.get(3)?,
        detail: row.json(4)?,
        attempts: row.get(5)?,
        revision: row.get(6)?,
        created_at: row.get(7)?,
        claim: row.get(8)?,
        pokes: row.get(9)?,
        turn: row.get(10)?,
    })
}

impl Store {
    /// Notes the folder of the gateways on this database by its id. `false` where gateways that live have another: what
    /// they hand on and keep beside the database would lie in two places.
    pub async fn keeps_files_in(&self, folder: &str) -> Result<bool> {
        self.write(folder.to_owned(), |folder, session| Box::pin(session.keep_files_in(folder))).await
    }

    /// From now on this process takes jobs: new ones are handed to it as soon as they are durable.
    pub async fn start_working(&self) -> Result<()> {
        let alone = self.is_alone();
        self.write(alone, |alone, session| Box::pin(session.beat(*alone))).await?;
        self.shared.working.store(true, Ordering::Release);
        Ok(())
    }

    fn take_handed(&self, limit: usize) -> Vec<Job> {
        let mut handed = self.shared.handed();
        let take = handed.len().min(limit);
        handed.drain(..take).collect()
    }
}

/// What a step's failure to store means for its job.
impl From<Error> for Verdict {
    fn from(error: Error) -> Self {
        match error {
            error if error.is_passing() => Self::Wait { reason: error.to_string() },
            // Whoever took the job over does it.
            Error::LeaseLost { .. } => Self::Done,
            error => Self::Retry { side: Side::Ours, reason: error.to_string(), after: None },
        }
    }
}

fn failed(error: Error) -> QueueError {
    QueueError(error.to_string())
}

impl Queue for Store {
    fn claim(&self, limit: usize) -> Promise<'_, Result<Vec<Job>, QueueError>> {
        Box::pin(async move {
            let mut jobs = self.take_handed(limit);
            let room = limit - jobs.len();
            // While work is handed over anyway, the database is asked now and then only.
            if !self.shared.looks_again(jobs.is_empty()) || room == 0 {
                return Ok(jobs);
            }
            if !self.view().await.map_err(failed)?.jobs_due().await.map_err(failed)? {
                return Ok(jobs);
            }
            match self.write(room, |room, session| Box::pin(session.claim_jobs(*room))).await {
                Ok(claimed) => jobs.extend(claimed),
                // What was handed over is held already: it must not be lost for a failure here.
                Err(error) if jobs.is_empty() => return Err(failed(error)),
                Err(error) => tracing::warn!(%error, "jobs could not be claimed"),
            }
            Ok(jobs)
        })
    }

    fn retry<'a>(
        &'a self,
        job: &'a Job,
        after: Duration,
        side: Side,
        reason: &'a str,
        counted: bool,
    ) -> Promise<'a, Result<(), QueueError>> {
        Box::pin(async move {
            let context = (job.clone(), after, side, reason.to_owned(), counted);
            self.write(context, |(job, after, side, reason, counted), session| {
                Box::pin(session.put_off(job, *after, *side, reason, *counted))
            })
            .await
            .map_err(failed)
        })
    }

    fn park<'a>(&'a self, job: &'a Job, side: Side, reason: &'a str) -> Promise<'a, Result<(), QueueError>> {
        Box::pin(async move {
            let context = (job.clone(), side, reason.to_owned());
            self.write(context, |(job, side, reason), session| Box::pin(session.park_job(job, *side, reason)))
                .await
                .map_err(failed)
        })
    }

    fn release<'a>(&'a self, jobs: &'a [Job]) -> Promise<'a, Result<(), QueueError>> {
        Box::pin(async move {
            let mut jobs = jobs.to_vec();
            self.shared.working.store(false, Ordering::Release);
            jobs.extend(self.take_handed(usize::MAX));
            self.write(jobs, |jobs, session| Box::pin(session.give_back(jobs))).await.map_err(failed)
        })
    }

    fn beat(&self) -> Promise<'_, Result<u64, QueueError>> {
        Box::pin(async move {
            if self.is_alone() {
                // Nobody else can hold a job of a SQLite file that is locked for this process.
                return Ok(0);
            }
            self.write((), |(), session| Box::pin(session.beat(false))).await.map_err(failed)
        })
    }

    fn lease(&self) -> Duration {
        self.shared.lease
    }

    fn changed(&self) -> Promise<'_, ()> {
        Box::pin(self.shared.bell.notified())
    }
}
