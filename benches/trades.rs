//! What trading costs as history grows: an order's timeline by any of its numbers, and documents applied, with many open
//! orders of twenty lines and a year of settled ones behind them; then the same with ten times that history.
//!
//! `cargo bench --bench trades`. `ENTREPOT_BENCH_ORDERS` (10,000) orders are open, `ENTREPOT_BENCH_HISTORY` (50,000) settled,
//! in the end ten times as many; `ENTREPOT_BENCH_ROUNDS` (200) of each kind are timed. One open and one settled order are
//! traded through the gateway itself; the others are their rows under other numbers. A commit is a unit that writes one
//! note, of the same run: what applying costs is told beyond it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use entrepot::canonical::Order;
use entrepot::canonical::line::{ItemId, Line};
use entrepot::canonical::order::OrderHead;
use entrepot::clock::SystemClock;
use entrepot::journey::apply::command::{About, Command, command};
use entrepot::journey::{Applied, Gateway, InForce, show};
use entrepot::process::{Decision, Payment, Portion, Rest, Shipment, Side, TradeKey, What};
use entrepot::store::{
    Address, Contents, DeadlineRow, Document, Files, Id, Options, Store, TradeEvent, TradeRow, TradeSearch,
};
use entrepot::transport::folder::Layout;
use entrepot::wire::Limits;
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::json;

const LINES: usize = 20;
/// Orders of one unit while history is written.
const UNIT: usize = 100;

const PARTNER: &str = r#"
name = "Acme Stores"
[x12]
id = "ZZ:ACME"
[outbound.855]
[outbound.856]
[outbound.810]
"#;
const US: &str = "name = \"Harbour Goods\"\n[x12]\nid = \"ZZ:HARBOURGOODS\"\n";

fn main() {
    // `cargo test --benches` only wants to know that it builds.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let asked = |name: &str, usual: usize| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual);
    let orders = asked("ENTREPOT_BENCH_ORDERS", 10_000);
    let history = asked("ENTREPOT_BENCH_HISTORY", 50_000);
    let rounds = asked("ENTREPOT_BENCH_ROUNDS", 200);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let folder = tempfile::tempdir_in(".").expect("a folder");
        let house = House::open(folder.path()).await;
        house.trade("OPEN", false).await;
        house.trade("DONE", true).await;
        let (open, done) = (house.kept("OPEN").await, house.kept("DONE").await);
        let began = Instant::now();
        house.copy(&open, "O", 0, orders).await;
        house.copy(&done, "H", 0, history).await;
        println!("{orders} open orders and {history} settled ones of {LINES} lines, written in {:?}", began.elapsed());
        let first = house.measure("A", orders, history, rounds).await;
        house.copy(&done, "H", history, 9 * history).await;
        println!("ten times the history: {}", 10 * history);
        let second = house.measure("B", orders, 10 * history, rounds).await;
        for ((name, before), (_, after)) in first.iter().zip(&second) {
            println!("{name:<34} {:.2} of the first", after.as_secs_f64() / before.as_secs_f64().max(f64::EPSILON));
        }
        house.gateway.store.close().await;
    });
}

/// An order as it is kept, with everything that is found by it.
struct Kept {
    name: &'static str,
    row: TradeRow,
    keys: Vec<String>,
    events: Vec<TradeEvent>,
    documents: Vec<(Document, Contents, String)>,
    deadlines: Vec<DeadlineRow>,
}

struct House {
    gateway: Gateway,
}

impl House {
    async fn open(folder: &std::path::Path) -> Self {
        let files: Files = [("partners/acme.toml", PARTNER), ("partners/us.toml", US)]
            .map(|(path, text)| (path.into(), text.into()))
            .into();
        let in_force = InForce::compile(&files).expect("the catalogue compiles");
        let layout = Layout::new(folder);
        layout.prepare(["acme"]).expect("folders");
        let clock = Arc::new(SystemClock);
        let options = Options::new(Address::Sqlite(layout.database()), layout.payloads());
        let store = Store::open(options).await.expect("the store opens");
        store.start_working().await.expect("works");
        store
            .write(files, |files, session| {
                Box::pin(async move { session.activate_revision(files, "given").await.map(drop) })
            })
            .await
            .expect("in force");
        Self { gateway: Gateway::new(store, layout, clock, in_force, Limits::default()) }
    }

    /// Trades one order through the gateway: placed and accepted, and where it is `done` shipped and paid.
    async fn trade(&self, number: &'static str, done: bool) {
        self.tell(number, What::Ordered { order: Box::new(order(number)), problems: Vec::new() }).await;
        self.tell(number, accepted()).await;
        if done {
            self.tell(number, shipped(number, LINES)).await;
            let paid = Payment {
                trace: format!("T-{number}"),
                invoice: format!("{number}-1"),
                amount: Decimal::from(LINES) * Decimal::from(100),
                discount: Decimal::ZERO,
                deducted: Decimal::ZERO,
                date: None,
                run: None,
            };
            self.tell(number, What::Paid(paid)).await;
        }
    }

    async fn tell(&self, number: &str, what: What) -> Duration {
        let about = match &what {
            What::Ordered { .. } => About::New(TradeKey::new(Side::Sale, "acme", number)),
            _ => About::Order { side: Side::Sale, number: number.to_owned(), partner: Some("acme".to_owned()) },
        };
        let key = format!("{number}|{}", uuid::Uuid::now_v7());
        let told = Command { by: "bench".into(), role: "service".into(), key, about, what };
        let began = Instant::now();
        let outcome = command(&self.gateway, told).await.expect("told");
        assert!(matches!(outcome, Applied::Applied), "{number}: {outcome:?}");
        began.elapsed()
    }

    async fn kept(&self, number: &'static str) -> Kept {
        let mut view = self.gateway.store.view().await.expect("a view");
        let search = TradeSearch { number: Some(number.to_owned()), ..TradeSearch::default() };
        let row = view.find_trades(&search).await.expect("found").pop().expect("the order");
        let mut documents = Vec::new();
        for id in view.issued_documents(row.id).await.expect("read") {
            let id = id.parse().expect("an id");
            let key = view.document(id).await.expect("read");
            let contents = view.contents(id).await.expect("read");
            documents.push((key, contents, format!("copy|{id}")));
        }
        let deadlines = view.deadlines(1_000).await.expect("read");
        Kept {
            name: number,
            keys: view.trade_keys(row.id).await.expect("read"),
            events: view.trade_events(row.id).await.expect("read"),
            deadlines: deadlines.into_iter().filter(|it| it.trade == row.id).collect(),
            documents,
            row,
        }
    }

    /// The rows of an order under other numbers: `H0000001` and so on.
    async fn copy(&self, of: &Kept, letter: &'static str, from: usize, count: usize) {
        let mut at = from;
        while at < from + count {
            let until = (at + UNIT).min(from + count);
            let copies: Vec<Kept> = (at..until).map(|at| of.renamed(&format!("{letter}{at:07}"))).collect();
            self.gateway
                .store
                .write(copies, |copies, session| {
                    Box::pin(async move {
                        for copy in copies {
                            session.put_trade(&copy.row).await?;
                            session.add_trade_keys(copy.row.id, &copy.keys).await?;
                            for event in &copy.events {
                                session.add_trade_event(copy.row.id, event).await?;
                            }
                            for deadline in &copy.deadlines {
                                session.set_deadline(deadline).await?;
                            }
                            let documents: Vec<(Document, Contents)> = copy
                                .documents
                                .iter()
                                .map(|(document, contents, _)| (document.clone(), contents.clone()))
                                .collect();
                            session.add_documents(&documents).await?;
                            for (document, _, key) in &copy.documents {
                                session.add_trade_document(&document.id.to_string(), copy.row.id, key).await?;
                            }
                        }
                        Ok(())
                    })
                })
                .await
                .expect("written");
            at = until;
        }
    }

    /// The medians of each kind, in the order of the table.
    async fn measure(&self, run: &str, orders: usize, history: usize, rounds: usize) -> Vec<(&'static str, Duration)> {
        let commit = median(self.commits(rounds).await);
        println!("{:<34} {:>10}", "a commit", format!("{commit:.2?}"));
        let mut told = Vec::new();
        let (mut placed, mut decided, mut shipped_) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..rounds {
            let number = format!("{run}{round:07}");
            let ordered = What::Ordered { order: Box::new(order(&number)), problems: Vec::new() };
            placed.push(self.tell(&number, ordered).await);
            decided.push(self.tell(&number, accepted()).await);
            shipped_.push(self.tell(&number, shipped(&number, LINES)).await);
        }
        // Orders that were open for long get their goods too.
        let step = (orders / rounds.max(1)).max(1);
        let late = if run == "A" { 0 } else { 1 };
        let mut open = Vec::new();
        for at in (0..orders).step_by(step).take(rounds) {
            let number = format!("O{:07}", (at + late).min(orders.saturating_sub(1)));
            let shipment = format!("{run}-{number}");
            open.push(self.tell(&number, shipped(&shipment, 1)).await);
        }
        for (name, times) in [
            ("an order, beyond the commit", placed),
            ("a decision with its 855", decided),
            ("a shipment with its 856 and 810", shipped_),
            ("a part of an order open for long", open),
        ] {
            let whole = median(times);
            let beyond = whole.saturating_sub(commit);
            println!("{name:<34} {:>10}  ({whole:.2?} with it)", format!("{beyond:.2?}"));
            told.push((name, beyond));
        }
        for (name, stem) in [("timeline by the order", ""), ("by its invoice", "-1"), ("by its shipment", "@S")] {
            let mut times = Vec::new();
            let step = (history / rounds.max(1)).max(1);
            for at in (0..history).step_by(step).take(rounds) {
                let order = format!("H{at:07}");
                let number = match stem {
                    "@S" => format!("S-{order}"),
                    stem => format!("{order}{stem}"),
                };
                times.push(self.timeline(&number).await);
            }
            let worst = times.iter().max().copied().unwrap_or_default();
            let middle = median(times);
            println!("{name:<34} {:>10}  (worst {worst:.2?})", format!("{middle:.2?}"));
            told.push((name, middle));
        }
        told
    }

    async fn commits(&self, rounds: usize) -> Vec<Duration> {
        let mut times = Vec::new();
        for round in 0..rounds {
            let began = Instant::now();
            self.gateway
                .store
                .write(round, |round, session| {
                    Box::pin(async move { session.set_note("bench", "commit", &json!(round)).await })
                })
                .await
                .expect("committed");
            times.push(began.elapsed());
        }
        times
    }

    /// What the API reads for a timeline, by any number.
    async fn timeline(&self, number: &str) -> Duration {
        let began = Instant::now();
        let mut view = self.gateway.store.view().await.expect("a view");
        let found = view.trades_of_number(number, 10).await.expect("looked");
        let row = view.trade(*found.first().expect("an order has this number")).await.expect("read");
        let events = show::timeline(&mut view, &row).await.expect("read");
        assert!(events.len() > 2 && show::order(&row).is_ok(), "{number}");
        began.elapsed()
    }
}

impl Kept {
    fn renamed(&self, number: &str) -> Self {
        let text = |text: &str| text.replace(self.name, number);
        let id = Id::new();
        let ids: Vec<_> = self.documents.iter().map(|(document, ..)| (document.id.to_string(), Id::new())).collect();
        let with_ids = |body: &str| {
            ids.iter().fold(text(body), |body, (old, new): &(String, Id<Document>)| body.replace(old, &new.to_string()))
        };
        let now = Timestamp::now();
        Self {
            name: self.name,
            row: TradeRow {
                id,
                key: text(&self.row.key),
                number: number.to_owned(),
                body: with_ids(&self.row.body),
                ..self.row.clone()
            },
            keys: self.keys.iter().map(|key| text(key)).collect(),
            events: self
                .events
                .iter()
                .map(|event| TradeEvent {
                    key: text(&event.key),
                    body: with_ids(&event.body),
                    document: None,
                    at: now,
                    ..event.clone()
                })
                .collect(),
            documents: self
                .documents
                .iter()
                .zip(&ids)
                .map(|((document, contents, key), (_, new))| {
                    let document =
                        Document { id: *new, number: document.number.as_deref().map(text), ..document.clone() };
                    let contents = Contents { canonical: contents.canonical.as_deref().map(text), ..contents.clone() };
                    (document, contents, format!("{key}|{number}"))
                })
                .collect(),
            deadlines: self
                .deadlines
                .iter()
                .map(|row| DeadlineRow { trade: id, number: number.to_owned(), key: text(&row.key), ..row.clone() })
                .collect(),
        }
    }
}

fn order(number: &str) -> Order {
    let mut head = OrderHead { r#type: Some("stand_alone".into()), ..OrderHead::default() };
    head.head.number = Some(number.to_owned());
    head.head.purpose = Some("original".into());
    head.head.currency = Some("USD".into());
    let line = |at: usize| Line {
        number: Some(at.to_string()),
        quantity: Some(Decimal::from(10)),
        unit: Some("EA".into()),
        price: Some(Decimal::from(10)),
        ids: vec![ItemId { qualifier: Some("VN".into()), id: Some(format!("W{at}")), ..ItemId::default() }],
        ..Line::default()
    };
    Order { head, lines: (1..=LINES).map(line).collect() }
}

fn accepted() -> What {
    What::Decided(Decision { rest: Some(Rest::Accept), ..Decision::default() })
}

/// Everything of the first lines leaves.
fn shipped(number: &str, lines: usize) -> What {
    let portion = |at: usize| Portion { line: at.to_string(), quantity: Decimal::from(10), ..Portion::default() };
    What::Shipped(Shipment {
        number: format!("S-{number}"),
        lines: (1..=lines).map(portion).collect(),
        shipped_at: Some(Timestamp::now()),
        ..Shipment::default()
    })
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
