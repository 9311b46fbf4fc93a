//! Jobs: claimed once, handed over, freed when their worker dies, run again when asked again, in turn.

use std::sync::Mutex;

use super::*;
use crate::ports::{Job, NewJob, Promise, Queue, Runner, Side, Verdict};
use crate::work::{Retry, Settings, Worker};

/// Stores jobs that are due.
async fn enqueue(store: &Store, jobs: Vec<NewJob>) {
    store
        .write(jobs, |jobs, session| Box::pin(async move { session.enqueue(jobs.clone()).await }))
        .await
        .expect("enqueued");
}

async fn finish(store: &Store, job: &Job) -> Result<()> {
    store.write(job.clone(), |job, session| Box::pin(session.finish_job(job))).await
}

/// A second process: beside the daemon on SQLite.
async fn beside(bed: &Bed) -> Store {
    bed.open_as(if bed.is_sqlite() { Access::Desk } else { Access::Daemon }).await.expect("opens")
}

async fn standing(store: &Store) -> Vec<(String, u64)> {
    let counts = store.view().await.expect("a view").job_counts().await.expect("counts");
    counts.into_iter().map(|count| (count.state, count.count)).collect()
}

pub(super) async fn jobs_are_claimed_once(bed: &Bed) {
    let one = bed.open().await;
    let two = beside(bed).await;
    enqueue(&one, (0..100).map(|number| NewJob::new("read", number, "acme")).collect()).await;
    let later = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(3600);
    enqueue(&one, vec![NewJob::new("read", "later", "acme").at(later)]).await;
    let mut subjects = Vec::new();
    for _ in 0..5 {
        let (first, second) = tokio::join!(one.claim(13), two.claim(13));
        for (store, jobs) in [(&one, first.expect("claimed")), (&two, second.expect("claimed"))] {
            for job in jobs {
                finish(store, &job).await.expect("finished");
                subjects.push(job.subject.parse::<u32>().expect("a number"));
            }
        }
    }
    subjects.sort_unstable();
    assert_eq!(subjects, (0..100).collect::<Vec<_>>());
    assert_eq!(standing(&one).await, [("waiting".into(), 1)]);
    two.close().await;
    one.close().await;
}

pub(super) async fn new_jobs_are_handed_over(bed: &Bed) {
    let store = bed.open().await;
    store.start_working().await.expect("works");
    enqueue(&store, vec![NewJob::new("read", "a", "acme")]).await;
    assert_eq!(standing(&store).await, [("running".into(), 1)], "born leased");
    tokio::time::timeout(Duration::from_secs(5), store.changed()).await.expect("the bell rang");
    let jobs = store.claim(10).await.expect("claimed");
    assert_eq!(jobs.len(), 1);
    // A unit that fails hands nothing over.
    let failed = store.write((), |(), session| {
        Box::pin(async move {
            session.enqueue(vec![NewJob::new("read", "b", "acme")]).await?;
            Err::<(), _>(Error::Refused("no".into()))
        })
    });
    assert!(failed.await.is_err());
    assert_eq!(store.claim(10).await.expect("claimed"), []);
    // What is not run is given back.
    store.release(&jobs).await.expect("released");
    assert_eq!(standing(&store).await, [("ready".into(), 1)]);
    store.close().await;
}

pub(super) async fn a_lease_runs_out(bed: &Bed) {
    let one = bed.open().await;
    let two = beside(bed).await;
    let within: GroupId = Id::new();
    enqueue(&one, vec![NewJob::new("read", "a", "acme")]).await;
    one.write((), |(), session| Box::pin(session.beat(false))).await.expect("lives");
    let held = one.claim(1).await.expect("claimed").remove(0);
    two.write((), |(), session| Box::pin(session.beat(false))).await.expect("lives");
    assert_eq!(two.claim(1).await.expect("claimed"), [], "the other lives");
    // It stops beating: its lease runs out by the database's clock.
    tokio::time::sleep(Duration::from_millis(600)).await;
    let freed = two.write((), |(), session| Box::pin(session.beat(false))).await.expect("lives");
    assert_eq!(freed, 1);
    let taken = two.claim(1).await.expect("claimed").remove(0);
    assert_eq!(taken.id, held.id);
    // The first comes back: what it wanted to store is void.
    for finishes in [true, false] {
        let context = (held.clone(), document(within, 1), finishes);
        let outcome = one.write(context, |(job, one, finishes), session| {
            Box::pin(async move {
                session.add_documents(std::slice::from_ref(one)).await?;
                if *finishes { session.finish_job(job).await } else { session.hold_job(job).await }
            })
        });
        assert!(matches!(outcome.await, Err(Error::LeaseLost { .. })));
    }
    Queue::retry(&one, &held, Duration::ZERO, Side::Ours, "late", true).await.expect("void");
    assert_eq!(count(&one, within).await, 0);
    two.write(taken.clone(), |job, session| Box::pin(session.hold_job(job))).await.expect("held");
    finish(&two, &taken).await.expect("finished");
    assert_eq!(standing(&one).await, []);
    two.close().await;
    one.close().await;
}

pub(super) async fn asking_again_makes_it_run_again(bed: &Bed) {
    let store = bed.open().await;
    store.start_working().await.expect("works");
    let ask = || enqueue(&store, vec![NewJob::new("deliver", "folder:acme", "acme").once()]);
    ask().await;
    ask().await;
    let mut jobs = store.claim(10).await.expect("claimed");
    assert_eq!(jobs.len(), 1, "one for two wishes");
    // The second wish came before it was taken in hand, but behind what it was told: it runs once more.
    finish(&store, &jobs.remove(0)).await.expect("finished");
    let mut jobs = store.claim(10).await.expect("claimed");
    assert_eq!(jobs.len(), 1);
    ask().await;
    finish(&store, &jobs.remove(0)).await.expect("finished");
    let mut jobs = store.claim(10).await.expect("claimed");
    assert_eq!(jobs.len(), 1, "asked again while it ran");
    finish(&store, &jobs.remove(0)).await.expect("finished");
    assert_eq!(store.claim(10).await.expect("claimed"), []);
    assert_eq!(standing(&store).await, []);
    ask().await;
    assert_eq!(store.claim(10).await.expect("claimed").len(), 1, "and a new one afterwards");
    store.close().await;
}

pub(super) async fn partners_take_turns(bed: &Bed) {
    let store = bed.open().await;
    enqueue(&store, (0..2000).map(|number| NewJob::new("read", number, "giant")).collect()).await;
    enqueue(&store, vec![NewJob::new("read", "small", "small")]).await;
    let first = store.claim(1000).await.expect("claimed");
    assert!(first.iter().any(|job| job.partner == "small"), "two thousand jobs of a giant starve nobody");
    store.close().await;
}

pub(super) async fn failures_wait_and_end(bed: &Bed) {
    let store = bed.open().await;
    enqueue(&store, vec![NewJob { detail: json!({"a": 1}), ..NewJob::new("issue", "x", "acme") }]).await;
    let job = store.claim(1).await.expect("claimed").remove(0);
    assert_eq!(job.detail, json!({"a": 1}));
    store.retry(&job, Duration::from_secs(3600), Side::Network, "away", true).await.expect("put off");
    assert_eq!(standing(&store).await, [("waiting".into(), 1)]);
    assert_eq!(store.claim(1).await.expect("claimed"), []);
    enqueue(&store, vec![NewJob::new("issue", "y", "acme")]).await;
    let job = store.claim(1).await.expect("claimed").remove(0);
    store.retry(&job, Duration::ZERO, Side::Partner, "again", true).await.expect("put off");
    let job = store.claim(1).await.expect("claimed").remove(0);
    assert_eq!(job.attempts, 1);
    store.park(&job, Side::Partner, "never").await.expect("parked");
    let parked = store.view().await.expect("a view").parked_jobs(5).await.expect("read");
    assert_eq!((parked[0].reason.as_str(), parked[0].side, parked.len()), ("never", Side::Partner, 1));
    let id = parked[0].job.id;
    store.write(id, |id, session| Box::pin(session.unpark_job(*id))).await.expect("released");
    assert_eq!(store.claim(1).await.expect("claimed")[0].attempts, 0);
    store.close().await;
}

/// Fails twice, then works; one kind never does.
struct Steps {
    store: Store,
    ran: Mutex<Vec<String>>,
}

impl Runner for Steps {
    fn run<'a>(&'a self, job: &'a Job) -> Promise<'a, Verdict> {
        Box::pin(async move {
            self.ran.lock().expect("no panic").push(job.subject.clone());
            match (job.subject.as_str(), job.attempts) {
                ("hopeless", _) => Verdict::Retry { side: Side::Partner, reason: "no".into(), after: None },
                ("broken", 0) => panic!("this step panics once"),
                ("wrong", _) => Verdict::Park { side: Side::Ours, reason: "cannot help".into() },
                ("shaky", 0 | 1) => Verdict::Retry { side: Side::Network, reason: "away".into(), after: None },
                ("windows", _) if self.times("windows") < 4 => Verdict::More,
                _ => match finish(&self.store, job).await {
                    Ok(()) => Verdict::Done,
                    Err(error) => error.into(),
                },
            }
        })
    }
}

impl Steps {
    fn times(&self, subject: &str) -> usize {
        self.ran.lock().expect("no panic").iter().filter(|ran| *ran == subject).count()
    }
}

pub(super) async fn a_worker_runs_and_retries(bed: &Bed) {
    let store = bed.open().await;
    store.start_working().await.expect("works");
    let steps = Arc::new(Steps { store: store.clone(), ran: Mutex::default() });
    let retry = Retry { first: Duration::from_millis(10), longest: Duration::from_millis(50), tries_max: 3 };
    let settings = Settings { poll: Duration::from_millis(20), retry, ..Settings::default() };
    let worker = Worker::start(shared(&store), steps.clone(), settings);
    let subjects = ["plain", "shaky", "hopeless", "wrong", "windows", "broken"];
    enqueue(&store, subjects.iter().map(|subject| NewJob::new("step", subject, "acme")).collect()).await;
    for _ in 0..500 {
        tokio::time::sleep(Duration::from_millis(10)).await;
        if standing(&store).await == [("parked".to_owned(), 2)] {
            break;
        }
    }
    let times: Vec<_> = subjects.iter().map(|subject| (*subject, steps.times(subject))).collect();
    let expected = [("plain", 1), ("shaky", 3), ("hopeless", 3), ("wrong", 1), ("windows", 4), ("broken", 2)];
    assert_eq!(times, expected);
    assert_eq!(standing(&store).await, [("parked".into(), 2)]);
    worker.stop(Duration::from_secs(5)).await;
    enqueue(&store, vec![NewJob::new("step", "afterwards", "acme")]).await;
    assert_eq!(standing(&store).await.last(), Some(&("ready".into(), 1)), "nobody works here any more");
    store.close().await;
}
