//! The worker of one process: takes jobs in their turn, runs some at a time, and writes down what came of each.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Notify, watch};
use tokio::task::{Id, JoinHandle, JoinSet};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use super::retry::Retry;
use super::turns::Turns;
use crate::ports::{Job, Promise, Queue, QueueError, Runner, Side, Verdict};

/// How the worker works.
#[derive(Clone)]
pub struct Settings {
    /// Jobs that run at a time.
    pub places: usize,
    /// Of which one partner has at most this many.
    pub places_per_partner: usize,
    /// Jobs that wait in this process at most.
    pub waiting_max: usize,
    /// How often the queue is asked though nobody rang: the truth behind every missed bell.
    pub poll: Duration,
    pub upkeep: Duration,
    /// A step that runs longer is given up and tried again.
    pub step_max: Duration,
    /// How long is waited after each try to write a verdict; behind the last one the step is done again.
    pub verdict_pauses: [Duration; 3],
    pub retry: Retry,
    /// A number in 0..1, for scattering retries.
    pub chance: Arc<dyn Fn() -> f64 + Send + Sync>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            places: 4,
            places_per_partner: 3,
            waiting_max: 4096,
            poll: Duration::from_millis(500),
            upkeep: Duration::from_secs(60),
            step_max: Duration::from_secs(15 * 60),
            verdict_pauses: [1, 2, 4].map(Duration::from_secs),
            retry: Retry::default(),
            chance: Arc::new(scatter),
        }
    }
}

/// Nothing depends on this being unpredictable.
fn scatter() -> f64 {
    let bits = uuid::Uuid::now_v7().as_u128() as u32;
    f64::from(bits) / f64::from(u32::MAX)
}

/// A worker that runs. Dropping it stops nothing; [`Worker::stop`] does.
#[derive(Debug)]
pub struct Worker {
    stop: Arc<Notify>,
    running: JoinHandle<()>,
    held: watch::Receiver<usize>,
}

impl Worker {
    /// Starts taking jobs.
    pub fn start(queue: Arc<dyn Queue>, runner: Arc<dyn Runner>, settings: Settings) -> Self {
        let stop = Arc::new(Notify::new());
        let (holding, held) = watch::channel(0);
        let foreman = Foreman {
            queue,
            runner,
            settings,
            turns: Turns::default(),
            running: JoinSet::new(),
            jobs: HashMap::new(),
            holding,
        };
        let running = tokio::spawn(foreman.work(stop.clone()));
        Self { stop, running, held }
    }

    /// Takes no more jobs, lets the running steps end within `patience`, gives back the rest. What is cut off is
    /// repeated by whoever takes it next.
    pub async fn stop(self, patience: Duration) {
        self.stop.notify_one();
        let mut running = self.running;
        if timeout(patience, &mut running).await.is_err() {
            running.abort();
        }
    }

    /// Jobs that this process holds at the moment.
    pub fn held(&self) -> usize {
        *self.held.borrow()
    }

    /// Waits until this process holds no job.
    pub async fn idle(&self) {
        let mut held = self.held.clone();
        let _ = held.wait_for(|count| *count == 0).await;
    }
}

struct Foreman {
    queue: Arc<dyn Queue>,
    runner: Arc<dyn Runner>,
    settings: Settings,
    turns: Turns,
    running: JoinSet<Option<Job>>,
    /// What runs, by its task: so that a step that panicked is known.
    jobs: HashMap<Id, Job>,
    holding: watch::Sender<usize>,
}

impl Foreman {
    async fn work(mut self, stop: Arc<Notify>) {
        let mut poll = interval(self.settings.poll);
        let mut beat = interval(self.queue.lease() / 3);
        let mut upkeep = interval(self.settings.upkeep);
        for timer in [&mut poll, &mut beat, &mut upkeep] {
            timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
        }
        let mut tidying: Option<JoinHandle<()>> = None;
        let queue = self.queue.clone();
        loop {
            let mut look = self.turns.len() == 0 && self.running.is_empty();
            tokio::select! {
                biased;
                () = stop.notified() => break,
                Some(ended) = self.running.join_next_with_id(), if !self.running.is_empty() => {
                    self.ended(ended).await;
                    look |= self.turns.len() == 0;
                }
                _ = beat.tick() => self.beat().await,
                () = queue.changed() => look = true,
                _ = poll.tick() => look = true,
                _ = upkeep.tick() => {
                    if tidying.as_ref().is_none_or(JoinHandle::is_finished) {
                        let runner = self.runner.clone();
                        tidying = Some(tokio::spawn(async move { runner.upkeep().await }));
                    }
                }
            }
            if look {
                self.claim().await;
            }
            self.fill();
            self.holding.send_replace(self.turns.len() + self.running.len());
        }
        self.finish().await;
        if let Some(tidying) = tidying {
            tidying.abort();
        }
    }

    /// Lets what runs end, then gives back what waits.
    async fn finish(mut self) {
        while let Some(ended) = self.running.join_next_with_id().await {
            self.ended(ended).await;
        }
        let rest = self.turns.drain();
        if let Err(error) = self.queue.release(&rest).await {
            tracing::warn!(%error, jobs = rest.len(), "jobs could not be given back: their lease will run out");
        }
    }

    async fn claim(&mut self) {
        let room = self.settings.waiting_max.saturating_sub(self.turns.len());
        if room == 0 {
            return;
        }
        match self.queue.claim(room).await {
            Ok(jobs) => jobs.into_iter().for_each(|job| self.turns.push(job)),
            Err(error) => tracing::warn!(%error, "no jobs could be taken"),
        }
    }

    fn fill(&mut self) {
        while self.running.len() < self.settings.places {
            let Some(job) = self.turns.next(self.settings.places_per_partner) else { return };
            let step = step(job.clone(), self.queue.clone(), self.runner.clone(), self.settings.clone());
            let task = self.running.spawn(step);
            self.jobs.insert(task.id(), job);
        }
    }

    async fn ended(&mut self, ended: Result<(Id, Option<Job>), tokio::task::JoinError>) {
        let (id, next) = match ended {
            Ok((id, next)) => (id, Ok(next)),
            Err(error) => (error.id(), Err(error)),
        };
        let Some(job) = self.jobs.remove(&id) else { return };
        self.turns.ended(&job.partner);
        match next {
            Ok(Some(more)) => self.turns.push(more),
            Ok(None) => {}
            Err(error) => {
                tracing::error!(job = %job.id, kind = job.kind, %error, "a step broke off");
                let settings = &self.settings;
                let why = "the step broke off";
                if !settle_retry(&job, None, Side::Ours, why, &*self.queue, &*self.runner, settings).await {
                    self.turns.push(job);
                }
            }
        }
    }

    async fn beat(&self) {
        match self.queue.beat().await {
            Ok(0) => {}
            Ok(freed) => tracing::warn!(freed, "jobs of a node that is gone were freed"),
            Err(error) => tracing::warn!(%error, "this node could not say that it lives"),
        }
    }
}

/// Runs one step and writes down what came of it. Answers the job where it wants another turn.
async fn step(job: Job, queue: Arc<dyn Queue>, runner: Arc<dyn Runner>, settings: Settings) -> Option<Job> {
    let began = Instant::now();
    let verdict = timeout(settings.step_max, runner.run(&job)).await.unwrap_or_else(|_| Verdict::Retry {
        side: Side::Ours,
        reason: format!("the step took longer than {:?}", settings.step_max),
        after: None,
    });
    tracing::debug!(job = %job.id, kind = job.kind, subject = job.subject, elapsed = ?began.elapsed(), ?verdict, "step");
    let is_settled = match verdict {
        Verdict::Done => true,
        Verdict::More => {
            let turn = job.turn.saturating_add(i64::try_from(began.elapsed().as_micros()).unwrap_or(i64::MAX));
            return Some(Job { turn, ..job });
        }
        Verdict::Wait { reason } => {
            let wait = settings.retry.wait(job.attempts.min(5), (settings.chance)());
            tracing::warn!(job = %job.id, kind = job.kind, reason, "put off");
            insist(&settings, || queue.retry(&job, wait, Side::Ours, &reason, false)).await
        }
        Verdict::Retry { side, reason, after } => {
            settle_retry(&job, after, side, &reason, &*queue, &*runner, &settings).await
        }
        Verdict::Park { side, reason } => settle_park(&job, side, &reason, &*queue, &*runner, &settings).await,
    };
    // The job is still this process's, and nobody else's while it lives: its step is done again.
    (!is_settled).then_some(job)
}

async fn settle_retry(
    job: &Job,
    after: Option<Duration>,
    side: Side,
    reason: &str,
    queue: &dyn Queue,
    runner: &dyn Runner,
    settings: &Settings,
) -> bool {
    match settings.retry.after(job.attempts, (settings.chance)()) {
        Some(wait) => {
            let wait = after.map_or(wait, |after| after.max(wait));
            tracing::warn!(job = %job.id, kind = job.kind, subject = job.subject, ?side, reason, ?wait, "failed, again later");
            insist(settings, || queue.retry(job, wait, side, reason, true)).await
        }
        None => {
            let reason = format!("{reason} (tried {} times)", job.attempts + 1);
            settle_park(job, side, &reason, queue, runner, settings).await
        }
    }
}

async fn settle_park(
    job: &Job,
    side: Side,
    reason: &str,
    queue: &dyn Queue,
    runner: &dyn Runner,
    settings: &Settings,
) -> bool {
    tracing::error!(job = %job.id, kind = job.kind, subject = job.subject, ?side, reason, "parked for a person");
    let is_settled = insist(settings, || queue.park(job, side, reason)).await;
    if is_settled {
        runner.parked(job, side, reason).await;
    }
    is_settled
}

/// A verdict that cannot be written is tried some times. Answers whether it was written.
async fn insist<'a>(settings: &Settings, write: impl Fn() -> Promise<'a, Result<(), QueueError>>) -> bool {
    for pause in settings.verdict_pauses {
        match write().await {
            Ok(()) => return true,
            Err(error) => tracing::warn!(%error, "a verdict could not be written"),
        }
        sleep(pause).await;
    }
    false
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings").field("places", &self.places).field("poll", &self.poll).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::work::turns::tests::job;

    /// A queue of one job whose first verdicts cannot be written.
    struct Unwritten {
        job: Mutex<Option<Job>>,
        refusals: Mutex<u32>,
        written: Mutex<Vec<String>>,
    }

    impl Unwritten {
        fn write(&self, what: &str) -> Promise<'_, Result<(), QueueError>> {
            let mut refusals = self.refusals.lock().unwrap();
            if *refusals > 0 {
                *refusals -= 1;
                return Box::pin(async { Err(QueueError("the disk is full".into())) });
            }
            self.written.lock().unwrap().push(what.to_owned());
            Box::pin(async { Ok(()) })
        }
    }

    impl Queue for Unwritten {
        fn claim(&self, _limit: usize) -> Promise<'_, Result<Vec<Job>, QueueError>> {
            let jobs = self.job.lock().unwrap().take().into_iter().collect();
            Box::pin(async { Ok(jobs) })
        }

        fn retry<'a>(
            &'a self,
            _job: &'a Job,
            _after: Duration,
            _side: Side,
            reason: &'a str,
            _counted: bool,
        ) -> Promise<'a, Result<(), QueueError>> {
            self.write(&format!("retry: {reason}"))
        }

        fn park<'a>(&'a self, _job: &'a Job, _side: Side, reason: &'a str) -> Promise<'a, Result<(), QueueError>> {
            self.write(&format!("park: {reason}"))
        }

        fn release<'a>(&'a self, _jobs: &'a [Job]) -> Promise<'a, Result<(), QueueError>> {
            Box::pin(async { Ok(()) })
        }

        fn beat(&self) -> Promise<'_, Result<u64, QueueError>> {
            Box::pin(async { Ok(0) })
        }

        fn lease(&self) -> Duration {
            Duration::from_secs(60)
        }

        fn changed(&self) -> Promise<'_, ()> {
            Box::pin(std::future::pending())
        }
    }

    /// Says each of its verdicts once, the last one first.
    struct Says(Mutex<Vec<Verdict>>);

    impl Runner for Says {
        fn run<'a>(&'a self, _job: &'a Job) -> Promise<'a, Verdict> {
            let verdict = self.0.lock().unwrap().pop().expect("a verdict for each run");
            Box::pin(async { verdict })
        }
    }

    /// Whether a step was done is known when its verdict is written, and not before.
    #[tokio::test]
    async fn a_step_whose_verdict_cannot_be_written_is_done_again() {
        let retry = || Verdict::Retry { side: Side::Ours, reason: "away".into(), after: None };
        let park = || Verdict::Park { side: Side::Ours, reason: "broken".into() };
        for (verdicts, expected) in [
            (vec![park(), retry()], "park: broken"),
            (vec![retry(), park()], "retry: away"),
            (vec![retry(), Verdict::Wait { reason: "full".into() }], "retry: away"),
        ] {
            let queue = Arc::new(Unwritten {
                job: Mutex::new(Some(job("acme", 0))),
                refusals: Mutex::new(3),
                written: Mutex::default(),
            });
            let runner = Arc::new(Says(Mutex::new(verdicts)));
            let settings = Settings { verdict_pauses: [Duration::ZERO; 3], ..Settings::default() };
            let worker = Worker::start(queue.clone(), runner.clone(), settings);
            while queue.written.lock().unwrap().is_empty() {
                tokio::task::yield_now().await;
            }
            worker.stop(Duration::from_secs(5)).await;
            assert_eq!(*queue.written.lock().unwrap(), [expected]);
            assert!(runner.0.lock().unwrap().is_empty(), "it ran twice");
        }
    }
}
