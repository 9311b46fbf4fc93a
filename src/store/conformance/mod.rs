//! One suite for both databases: what the store promises, said once, run on each.

mod books;
mod durable;
mod events;
mod jobs;
mod lanes;
mod nouns;
mod numbers;
mod pages;
mod people;
mod statements;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::json;

use super::*;

/// Where one case keeps its things.
pub(super) struct Bed {
    pub(super) address: Address,
    pub(super) folder: tempfile::TempDir,
}

impl Bed {
    /// Opens the bed's store as its daemon, with a short lease.
    pub(super) async fn open(&self) -> Store {
        self.open_as(Access::Daemon).await.expect("the store opens")
    }

    pub(super) async fn open_as(&self, access: Access) -> Result<Store> {
        let mut options = Options::new(self.address.clone(), self.payloads()).access(access);
        options.lease = Duration::from_millis(400);
        Store::open(options).await
    }

    pub(super) fn payloads(&self) -> PathBuf {
        self.folder.path().join("payloads")
    }

    pub(super) fn is_sqlite(&self) -> bool {
        matches!(self.address, Address::Sqlite(_))
    }
}

/// The cases, each a future over a fresh bed.
macro_rules! cases {
    ($($module:ident::$name:ident),* $(,)?) => {
        async fn run_all(make: impl Fn(&str) -> Bed) {
            $(
                eprintln!("  {}", stringify!($name));
                let bed = make(stringify!($name));
                let limit = tokio::time::timeout(Duration::from_secs(60), $module::$name(&bed));
                limit.await.expect(concat!(stringify!($name), " ends"));
            )*
        }
    };
}

cases![
    statements::every_statement_is_understood,
    nouns::everything_kept_comes_back,
    nouns::documents_are_found,
    nouns::windows_of_any_size_are_stored,
    lanes::what_waits_leaves_once_and_in_order,
    lanes::who_fills_a_lane_knows_it,
    nouns::hostile_text_is_kept,
    nouns::a_key_is_claimed_once,
    nouns::deliveries_keep_their_order,
    nouns::revisions_are_immutable,
    nouns::what_is_settled_is_forgotten,
    durable::a_unit_that_fails_leaves_nothing_and_hurts_nobody,
    durable::a_unit_that_panics_hurts_nobody,
    durable::what_was_stored_is_there_after_opening_again,
    durable::payloads_stream_and_are_swept,
    durable::payloads_are_erased,
    durable::a_newer_database_is_refused,
    durable::a_second_daemon_is_refused,
    durable::a_full_database_stores_nothing_and_loses_nothing,
    durable::backups_come_back,
    numbers::two_allocators_never_give_the_same_number,
    numbers::numbers_wrap_and_say_so,
    numbers::units_that_wait_for_each_other_are_tried_again,
    jobs::jobs_are_claimed_once,
    jobs::new_jobs_are_handed_over,
    jobs::a_lease_runs_out,
    jobs::asking_again_makes_it_run_again,
    jobs::partners_take_turns,
    jobs::failures_wait_and_end,
    jobs::a_worker_runs_and_retries,
    events::numbers_rise_without_gaps_and_readers_miss_nothing,
    events::what_is_owed_keeps_the_order_of_its_key,
    books::entries_are_mirrored_once,
    books::what_is_open_is_found,
    books::a_payment_is_found_by_its_traces,
    pages::pages_have_every_row_once,
    pages::a_trial_leaves_nothing,
    people::people_and_keys,
    people::the_trail_tells_what_was_changed,
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sqlite() {
    run_all(|_| {
        let folder = tempfile::tempdir().expect("a folder");
        Bed { address: Address::Sqlite(folder.path().join("entrepot.db")), folder }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgres() {
    let made = AtomicU32::new(0);
    let name = || format!("entrepot_{}_{}", std::process::id(), made.fetch_add(1, Ordering::Relaxed));
    if let Ok(url) = std::env::var("ENTREPOT_TEST_POSTGRES") {
        // A server that is there already: a database for each case is made in the one the URL names.
        let server = sqlx::PgPool::connect(&url).await.expect("the server of ENTREPOT_TEST_POSTGRES");
        let (before, query) = url.split_once('?').map_or((url.as_str(), ""), |(before, query)| (before, query));
        let root = before.rsplit_once('/').map_or(before, |(root, _)| root);
        run_all(|_| {
            let name = name();
            tokio::task::block_in_place(|| {
                let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
                tokio::runtime::Handle::current().block_on(sqlx::raw_sql(create).execute(&server)).expect("a database")
            });
            let address = Address::Postgres(format!("{root}/{name}?{query}"));
            Bed { address, folder: tempfile::tempdir().expect("a folder") }
        })
        .await;
        return;
    }
    let cluster = match tokio::task::block_in_place(postgres::cluster) {
        Ok(cluster) => cluster,
        Err(why) => return crate::support::left_out("the store on PostgreSQL", &why),
    };
    run_all(|_| {
        let url = tokio::task::block_in_place(|| cluster.database(&name()));
        Bed { address: Address::Postgres(url), folder: tempfile::tempdir().expect("a folder") }
    })
    .await;
}

/// A transmission of `bytes`, stored.
pub(super) async fn receive(store: &Store, bytes: &[u8]) -> Transmission {
    let payload = store.keep(bytes.to_vec()).await.expect("kept");
    let transmission = Transmission {
        id: Id::new(),
        door: "folder:acme".into(),
        partner: Some("acme".into()),
        name: "order.edi".into(),
        payload: payload.hash.clone(),
        size: payload.size,
        state: TransmissionState::Received,
        checkpoint: None,
        summary: json!({}),
        received_at: jiff::Timestamp::from_second(1_700_000_000).expect("an instant"),
    };
    let context = (payload, transmission.clone());
    store
        .write(context, |(payload, transmission), session| {
            Box::pin(async move {
                session.add_payload(payload).await?;
                session.add_transmission(transmission).await
            })
        })
        .await
        .expect("stored");
    transmission
}

pub(super) fn interchange(transmission: Option<TransmissionId>) -> Interchange {
    Interchange {
        id: Id::new(),
        transmission,
        position: 1,
        direction: Direction::In,
        partner: Some("acme".into()),
        syntax: "x12".into(),
        version: "00401".into(),
        sender: "ZZ:ACME".into(),
        receiver: "01:US".into(),
        control_number: "000000042".into(),
        test: false,
        duplicate_of: None,
        span: (0, 0),
        state: InterchangeState::Open,
        header: json!({"ISA": 1}),
        findings: json!([]),
    }
}

pub(super) fn group(interchange: InterchangeId) -> Group {
    Group {
        id: Id::new(),
        interchange,
        position: 1,
        direction: Direction::In,
        partner: Some("acme".into()),
        functional_id: "PO".into(),
        version: "004010".into(),
        sender: "ACME".into(),
        receiver: "US".into(),
        control_number: Some("7".into()),
        state: GroupState::Pending,
        sets_stated: None,
        sets_received: 0,
        sets_accepted: 0,
        acknowledgement: Answer::None,
        header: json!({}),
        findings: json!([]),
    }
}

pub(super) fn document(group: GroupId, position: u64) -> (Document, Contents) {
    let document = Document {
        id: Id::new(),
        direction: Direction::In,
        kind: Some("order".into()),
        type_code: "850".into(),
        release: "004010".into(),
        partner: Some("acme".into()),
        transmission: None,
        interchange: None,
        group: Some(group),
        position,
        control_number: format!("{position:04}"),
        number: Some(format!("PO-{position}")),
        test: false,
        disposition: "accepted".into(),
        state: DocumentState::Pending,
        transport: Transport::None,
        functional: Answer::None,
        application: Answer::None,
        payload: None,
        span: (position * 100, position * 100 + 99),
        segments: 27,
        findings_count: 0,
        content_hash: Some(hex(&position.to_be_bytes())),
        duplicate_of: None,
        map: Some("x12/004010/850".into()),
        revision: None,
        created_at: jiff::Timestamp::from_second(1_700_000_000).expect("an instant"),
    };
    let canonical = json!({"kind": "order", "number": document.number}).to_string();
    (document, Contents { canonical: Some(canonical), findings: Some("[]".into()), ..Contents::default() })
}

/// A stored group to put documents in.
pub(super) async fn opened(store: &Store) -> GroupId {
    let opened = interchange(Some(receive(store, b"ISA*00~").await.id));
    let within = group(opened.id);
    let id = within.id;
    store
        .write((opened, within), |(opened, within), session| {
            Box::pin(async move {
                session.add_interchange(opened).await?;
                session.add_group(within).await
            })
        })
        .await
        .expect("stored");
    id
}

/// How many documents a group has.
pub(super) async fn count(store: &Store, group: GroupId) -> usize {
    let mut view = store.view().await.expect("a view");
    view.set_outcomes(group, 0, 100_000).await.expect("outcomes").len()
}

/// Stores one document of a group.
pub(super) async fn add(store: &Store, group: GroupId, position: u64) -> Result<()> {
    store
        .write(document(group, position), |one, session| {
            Box::pin(async move { session.add_documents(std::slice::from_ref(one)).await })
        })
        .await
}

/// Every file below a folder.
pub(super) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() { found.extend(files(&entry.path())) } else { found.push(entry.path()) }
    }
    found
}

/// A store behind a pointer, for tasks.
pub(super) fn shared(store: &Store) -> Arc<Store> {
    Arc::new(store.clone())
}
