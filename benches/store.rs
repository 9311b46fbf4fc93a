//! What the store takes, in the shape the gateway gives it: windows of 200 documents, and files of one document each.
//!
//! Every figure stands beside an fdatasync loop of the same run, since disks differ more than programs: compare the
//! shares. `cargo bench --bench store` (SQLite); PostgreSQL too where `ENTREPOT_TEST_POSTGRES` names a database that
//! may be filled.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use entrepot::ports::{NewJob, Queue as _};
use entrepot::store::{
    Address, Answer, Claim, Contents, Counter, Delivery, Direction, Document, DocumentState, Group, GroupState, Id,
    Interchange, InterchangeState, NumberLevel, NumberRange, Options, Payload, Reply, Result, Session, Store, Subject,
    Transmission, TransmissionState, Transport,
};
use jiff::Timestamp;
use serde_json::json;

const WINDOW: u64 = 200;

fn main() {
    // `cargo test --benches` only wants to know that it builds.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let seconds = std::env::var("ENTREPOT_BENCH_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(4);
    let length = Duration::from_secs(seconds);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let folder = tempfile::tempdir_in(".").expect("a folder");
    let anchor = fdatasync_loop(&folder.path().join("anchor"), length);
    println!("fdatasync loop (append 4 KiB): {anchor:.0}/s");
    let mut addresses = vec![("sqlite", Address::Sqlite(folder.path().join("entrepot.db")))];
    if let Ok(url) = std::env::var("ENTREPOT_TEST_POSTGRES") {
        addresses.push(("postgres", Address::Postgres(url)));
    }
    for (name, address) in addresses {
        runtime.block_on(async {
            let mut options = Options::new(address, folder.path().join("payloads"));
            options.connections = 24;
            let store = Store::open(options).await.expect("the store opens");
            store.start_working().await.expect("works");
            for (shape, clients) in
                [(Shape::Windows, 1), (Shape::Windows, 2), (Shape::Files, 1), (Shape::Files, 16), (Shape::Files, 64)]
            {
                let figure = drive(&store, shape, clients, length).await;
                figure.print(name, shape, clients, anchor);
            }
            store.close().await;
        });
    }
}

/// What is stored how.
#[derive(Clone, Copy, Debug)]
enum Shape {
    /// 200 documents in one unit.
    Windows,
    /// One document in three units: received, read and answered, delivered.
    Files,
}

struct Figure {
    documents: u64,
    elapsed: Duration,
    latencies: Vec<Duration>,
}

impl Figure {
    fn print(mut self, database: &str, shape: Shape, clients: usize, anchor: f64) {
        self.latencies.sort_unstable();
        let at = |share: f64| {
            let place = (self.latencies.len() as f64 * share) as usize;
            self.latencies.get(place.min(self.latencies.len().saturating_sub(1))).copied().unwrap_or_default()
        };
        let rate = self.documents as f64 / self.elapsed.as_secs_f64();
        println!(
            "{database:9} {shape:?} x{clients:<3} {rate:8.0} documents/s = {:6.2} per fdatasync   p50 {:?} p99 {:?} max {:?}",
            rate / anchor,
            at(0.5),
            at(0.99),
            at(1.0)
        );
    }
}

/// Appends and syncs in a loop: what the disk takes at best from one who waits.
fn fdatasync_loop(path: &Path, length: Duration) -> f64 {
    let mut file = File::create(path).expect("a file");
    let (began, mut count) = (Instant::now(), 0_u32);
    while began.elapsed() < length / 2 {
        file.write_all(&[7; 4096]).expect("written");
        file.sync_data().expect("synced");
        count += 1;
    }
    f64::from(count) / began.elapsed().as_secs_f64()
}

async fn drive(store: &Store, shape: Shape, clients: usize, length: Duration) -> Figure {
    let documents = Arc::new(AtomicU64::new(0));
    let began = Instant::now();
    let tasks: Vec<_> = (0..clients)
        .map(|client| {
            let (store, documents) = (store.clone(), documents.clone());
            tokio::spawn(async move {
                let mut latencies = Vec::new();
                let mut round = 0;
                while began.elapsed() < length {
                    let started = Instant::now();
                    round += 1;
                    let stored = match shape {
                        Shape::Windows => window(&store, client, round).await,
                        Shape::Files => file(&store, client, round).await,
                    };
                    documents.fetch_add(stored.expect("stored"), Ordering::Relaxed);
                    latencies.push(started.elapsed());
                }
                latencies
            })
        })
        .collect();
    let mut latencies = Vec::new();
    for task in tasks {
        latencies.extend(task.await.expect("joined"));
    }
    // Jobs that were handed over and not run: nobody works here.
    while !store.claim(4096).await.expect("claimed").is_empty() {}
    Figure { documents: documents.load(Ordering::Relaxed), elapsed: began.elapsed(), latencies }
}

fn document(group: Id<Group>, position: u64, salt: &str) -> (Document, Contents) {
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
        control_number: format!("{position:09}"),
        number: Some(format!("PO-{salt}-{position}")),
        test: false,
        disposition: "accepted".into(),
        state: DocumentState::Ready,
        transport: Transport::None,
        functional: Answer::None,
        application: Answer::None,
        payload: Some("0".repeat(64)),
        span: (position * 2640, position * 2640 + 2640),
        segments: 40,
        findings_count: 0,
        content_hash: Some("0".repeat(64)),
        duplicate_of: None,
        map: Some("x12/004010/850".into()),
        revision: Some("0".repeat(64)),
        created_at: Timestamp::now(),
    };
    // As large as the canonical order that a generated 850 of 2.6 KB becomes.
    let line = json!({"number": "1", "quantity": "10", "unit": "EA", "price": "12.50", "ids": [{"qualifier": "buyer", "id": "SKU-12345"}]});
    let lines = vec![line; 20];
    let canonical = json!({"kind": "order", "number": document.number, "lines": lines}).to_string();
    let coverage = json!({"mapped": 120, "ignored": 3, "unmapped": []}).to_string();
    (document, Contents { canonical: Some(canonical), findings: None, coverage: Some(coverage) })
}

/// One window: documents, their business keys, the group's counts.
async fn window(store: &Store, client: usize, round: u64) -> Result<u64> {
    let group: Id<Group> = Id::new();
    let salt = format!("{client}-{round}-{group}");
    let rows: Vec<_> = (1..=WINDOW).map(|position| document(group, position, &salt)).collect();
    let claims: Vec<_> = rows
        .iter()
        .map(|(document, _)| Claim {
            key: format!("acme|order|{}", document.number.as_deref().unwrap_or_default()),
            subject: document.id.to_string(),
            hash: "0".repeat(64),
        })
        .collect();
    store
        .write((rows, claims), |(rows, claims), session| {
            Box::pin(async move {
                session.claim_once("business", claims).await?;
                session.add_documents(rows).await
            })
        })
        .await?;
    // Handing on: one statement for the window.
    store
        .write(group, |group, session| {
            Box::pin(session.move_documents(*group, (1, WINDOW), DocumentState::Ready, DocumentState::Done))
        })
        .await?;
    Ok(WINDOW)
}

/// One file with one document: received, read and answered, delivered.
async fn file(store: &Store, client: usize, round: u64) -> Result<u64> {
    let salt = format!("{client}-{round}-{}", uuid());
    let mut bytes = salt.clone().into_bytes();
    bytes.resize(2640, b'*');
    let payload = store.keep(bytes).await?;
    let transmission = Transmission {
        id: Id::new(),
        door: "folder:acme".into(),
        partner: Some("acme".into()),
        name: format!("{salt}.edi"),
        payload: payload.hash.clone(),
        size: payload.size,
        state: TransmissionState::Received,
        checkpoint: None,
        summary: json!({}),
        received_at: Timestamp::now(),
    };
    let job = NewJob::new("read", transmission.id, "acme");
    store
        .write((payload, transmission.clone(), job), |(payload, transmission, job), session| {
            Box::pin(async move {
                session.add_payload(payload).await?;
                session.add_transmission(transmission).await?;
                session.enqueue(vec![job.clone()]).await
            })
        })
        .await?;
    let reading = Reading::of(transmission, &salt);
    store.write(reading, |reading, session| Box::pin(reading.store(session))).await?;
    Ok(1)
}

fn uuid() -> String {
    Id::<Payload>::new().to_string()
}

/// What reading one file stores.
struct Reading {
    transmission: Transmission,
    interchange: Interchange,
    group: Group,
    document: (Document, Contents),
    claim: Claim,
    envelope: Claim,
}

impl Reading {
    fn of(transmission: Transmission, salt: &str) -> Self {
        let interchange = Interchange {
            id: Id::new(),
            transmission: Some(transmission.id),
            position: 1,
            direction: Direction::In,
            partner: Some("acme".into()),
            syntax: "x12".into(),
            version: "00401".into(),
            sender: "ZZ:ACME".into(),
            receiver: "ZZ:US".into(),
            control_number: "000000001".into(),
            test: false,
            duplicate_of: None,
            span: (0, 2640),
            state: InterchangeState::Closed,
            header: json!({"elements": ["00", " ", "00", " ", "ZZ", "ACME", "ZZ", "US", "261123", "2315"]}),
            findings: json!([]),
        };
        let group = Group {
            id: Id::new(),
            interchange: interchange.id,
            position: 1,
            direction: Direction::In,
            partner: Some("acme".into()),
            functional_id: "PO".into(),
            version: "004010".into(),
            sender: "ACME".into(),
            receiver: "US".into(),
            control_number: Some("1".into()),
            state: GroupState::Accepted,
            sets_stated: Some(1),
            sets_received: 1,
            sets_accepted: 1,
            acknowledgement: Answer::Sent,
            header: json!({}),
            findings: json!([]),
        };
        let document = document(group.id, 1, salt);
        let claim = |key: String| Claim { key, subject: document.0.id.to_string(), hash: "0".repeat(64) };
        let (claim, envelope) = (claim(format!("acme|order|{salt}")), claim(format!("acme|in|{salt}")));
        Self { transmission, interchange, group, document, claim, envelope }
    }

    async fn store(&self, session: &mut Session) -> Result<()> {
        session.claim_once("interchange", std::slice::from_ref(&self.envelope)).await?;
        session.add_interchange(&self.interchange).await?;
        session.add_group(&self.group).await?;
        session.claim_once("business", std::slice::from_ref(&self.claim)).await?;
        session.add_documents(std::slice::from_ref(&self.document)).await?;
        let number = session.take_number(&counter(), NumberRange::X12).await?;
        let bytes = format!("ISA*{number:09}*{}", self.envelope.key).into_bytes();
        let Some(payload) = Payload::small(bytes) else { return Ok(()) };
        session.add_payload(&payload).await?;
        let reply = Reply {
            id: Id::new(),
            kind: "997".into(),
            partner: Some("acme".into()),
            interchange: self.interchange.id,
            group: Some(self.group.id),
            disposition: "A".into(),
            control_number: format!("{number:09}"),
            payload: payload.hash.clone(),
            created_at: Timestamp::now(),
        };
        session.add_reply(&reply).await?;
        let subject = (Subject::Reply, reply.id.to_string());
        let mut owed = [Delivery::new("folder:acme", Some("acme"), subject, &payload.hash, format!("{number}.997"))];
        session.queue_deliveries("folder:acme", &mut owed).await?;
        let (id, state) = (self.transmission.id, TransmissionState::Done);
        session.advance_transmission(id, state, None, &json!({"sets": 1})).await?;
        session.enqueue(vec![NewJob::new("deliver", "folder:acme", "acme").once()]).await?;
        session.delivered_up_to("folder:acme", owed[0].sequence, &json!({"renamed": true})).await?;
        Ok(())
    }
}

fn counter() -> Counter {
    Counter {
        level: NumberLevel::Interchange,
        sender: "ZZ:US".into(),
        receiver: "ZZ:ACME".into(),
        functional_id: String::new(),
        test: false,
    }
}
