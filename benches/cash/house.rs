//! The same through the gateway, to the durable answer: a remittance of 2,000 lines against 50,000 open items, and an invoice of
//! 1,000 lines, with little history behind them and with ten times as much.

use std::sync::Arc;
use std::time::{Duration, Instant};

use entrepot::canonical::Order;
use entrepot::canonical::line::{ItemId, Line};
use entrepot::canonical::order::OrderHead;
use entrepot::clock::SystemClock;
use entrepot::journey::act::{Act, act};
use entrepot::journey::apply::command::{About, Command, command};
use entrepot::journey::{Applied, Gateway, InForce};
use entrepot::process::cash::{Advice, Fact};
use entrepot::process::ledger::OpenItem;
use entrepot::process::{Bill, BillLine, Receipt, ReceiptLine, Side, TradeKey, What};
use entrepot::store::{Address, Book, Files, Kept, Options, Store};
use entrepot::transport::folder::Layout;
use entrepot::wire::Limits;
use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::noise::{Noise, World, world};

const CUSTOMER: &str = "customer-0";
const LINES: usize = 2_000;
const INVOICE_LINES: usize = 1_000;
/// Rows of one unit while the books are written.
const UNIT: usize = 1_000;
const ROUNDS: usize = 5;

/// Prints both, with `open` items and `history` settled ones, and with ten times that history.
pub fn measure(open: usize, history: usize) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let folder = tempfile::tempdir_in(".").expect("a folder");
        let house = House::open(folder.path()).await;
        let world = world(7, 1, open, Noise::EDI);
        house.keep(&world.items, false).await;
        let mut written = 0;
        for (run, settled) in [history, 10 * history].into_iter().enumerate() {
            house.settle(&world.items, written, settled).await;
            written = settled;
            let (cash, bill) = (house.remittances(&world, run).await, house.invoices(run).await);
            println!("through the gateway, with {settled} settled items behind it");
            println!("  a remittance of {LINES} lines against {open} open items: {cash:?}");
            println!("  an invoice of {INVOICE_LINES} lines: {bill:?}");
        }
        house.gateway.store.close().await;
    });
}

struct House {
    gateway: Gateway,
}

impl House {
    async fn open(folder: &std::path::Path) -> Self {
        let files: Files = [
            ("partners/us.toml", "name = \"Harbour Goods\"\n[x12]\nid = \"ZZ:HARBOURGOODS\"\n"),
            ("partners/customer-0.toml", "name = \"A customer\"\n[x12]\nid = \"ZZ:CUSTOMER\"\n"),
            ("partners/orbit.toml", "name = \"A supplier\"\n[x12]\nid = \"ZZ:ORBIT\"\n[outbound.850]\n"),
        ]
        .map(|(path, text)| (path.into(), text.into()))
        .into();
        let in_force = InForce::compile(&files).expect("the catalogue compiles");
        let layout = Layout::new(folder);
        layout.prepare(["customer-0", "orbit"]).expect("folders");
        let store = Store::open(Options::new(Address::Sqlite(layout.database()), layout.payloads())).await;
        let store = store.expect("the store opens");
        store.start_working().await.expect("works");
        let active = store.write(files, |files, session| {
            Box::pin(async move { session.activate_revision(files, "given").await.map(drop) })
        });
        active.await.expect("in force");
        Self { gateway: Gateway::new(store, layout, Arc::new(SystemClock), in_force, Limits::default()) }
    }

    /// Writes items as they are kept.
    async fn keep(&self, items: &[OpenItem], settled: bool) {
        for items in items.chunks(UNIT) {
            let kept: Vec<Kept> = items
                .iter()
                .map(|item| Kept {
                    party: item.party.to_string(),
                    key: item.number.to_string(),
                    is_open: !settled,
                    body: serde_json::to_string(item).expect("an item"),
                })
                .collect();
            let unit = self.gateway.store.write(kept, |kept, session| {
                Box::pin(async move {
                    for kept in kept {
                        session.put_kept(Book::Item, kept).await?;
                    }
                    Ok(())
                })
            });
            unit.await.expect("written");
        }
    }

    /// History: the same customer's items under other numbers, all of them paid.
    async fn settle(&self, like: &[OpenItem], from: usize, until: usize) {
        for at in (from..until).step_by(UNIT) {
            let paid = |at: usize| {
                let item = &like[at % like.len()];
                OpenItem { number: format!("S{at:09}").into(), open: Decimal::ZERO, ..item.clone() }
            };
            let items: Vec<OpenItem> = (at..(at + UNIT).min(until)).map(paid).collect();
            self.keep(&items, true).await;
        }
    }

    /// The best of some remittances, each for items of its own: the advice waits, the money comes.
    async fn remittances(&self, world: &World, run: usize) -> Duration {
        let (paid, template) =
            world.payments.iter().find_map(|paid| Some((paid, paid.advice.as_ref()?))).expect("an advice");
        let mut best = Duration::MAX;
        for round in 0..ROUNDS {
            let trace = format!("T{run}{round:04}");
            let from = (run * ROUNDS + round) * LINES;
            let items = world.items.iter().cycle().skip(from).take(LINES);
            let line = |(at, item): (usize, &OpenItem)| {
                let mut line = template.items[0].clone();
                (line.line, line.reference, line.party) = (at + 1, item.number.clone(), None);
                (line.paid, line.gross, line.discount) = (Some(item.open), None, Decimal::ZERO);
                line.adjustments.clear();
                line
            };
            let items: Vec<_> = items.enumerate().map(line).collect();
            let amount: Decimal = items.iter().filter_map(|item| item.paid).sum();
            let advice = Advice {
                number: trace.as_str().into(),
                payer: CUSTOMER.into(),
                trace: Some(trace.as_str().into()),
                amount,
                items,
                adjustments: Vec::new(),
                ..template.clone()
            };
            let fact = Fact {
                id: trace.as_str().into(),
                amount,
                charges: Decimal::ZERO,
                traces: vec![trace.as_str().into()],
                payer: Some(CUSTOMER.into()),
                ..paid.fact.clone()
            };
            let body = serde_json::to_string(&advice).expect("an advice");
            let kept = Kept { party: CUSTOMER.into(), key: trace.clone(), is_open: true, body };
            let waits = self
                .gateway
                .store
                .write(kept, |kept, session| Box::pin(async move { session.put_kept(Book::Advice, kept).await }));
            waits.await.expect("an advice waits");
            let began = Instant::now();
            let outcome = act(&self.gateway, Act::Bank(vec![fact])).await.expect("booked");
            best = best.min(began.elapsed());
            assert_eq!(outcome, Applied::Applied);
            let open = self.gateway.store.view().await.expect("a view").kept_open(Book::Payment, None).await;
            assert!(open.expect("read").is_empty(), "everything of {trace} is applied");
        }
        best
    }

    /// The best of some invoices, each for an order of its own that has been received.
    async fn invoices(&self, run: usize) -> Duration {
        let mut best = Duration::MAX;
        for round in 0..ROUNDS {
            let number = format!("P{run}{round:04}");
            self.tell(&number, What::Ordered { order: Box::new(order(&number)), problems: Vec::new() }).await;
            let line = |at: usize| ReceiptLine {
                line: at.to_string(),
                received: Decimal::from(100),
                ..ReceiptLine::default()
            };
            let lines = (1..=INVOICE_LINES).map(line).collect();
            let receipt = Receipt {
                number: format!("R-{number}"),
                received_at: Some(Timestamp::now()),
                lines,
                ..Receipt::default()
            };
            self.tell(&number, What::Received(receipt)).await;
            let line = |at: usize| BillLine {
                line: at.to_string(),
                quantity: Decimal::from(100),
                price: Some(Decimal::from(10)),
                ..BillLine::default()
            };
            let bill = Bill {
                number: Some(format!("I-{number}")),
                lines: (1..=INVOICE_LINES).map(line).collect(),
                ..Bill::default()
            };
            best = best.min(self.tell(&number, What::Invoiced(bill)).await);
        }
        best
    }

    async fn tell(&self, number: &str, what: What) -> Duration {
        let about = match &what {
            What::Ordered { .. } => About::New(TradeKey::new(Side::Purchase, "orbit", number)),
            _ => About::Order { side: Side::Purchase, number: number.to_owned(), partner: Some("orbit".to_owned()) },
        };
        let key = uuid::Uuid::now_v7().to_string();
        let told = Command { by: "bench".into(), role: "ap".into(), key, about, what };
        let began = Instant::now();
        let outcome = command(&self.gateway, told).await.expect("told");
        assert!(matches!(outcome, Applied::Applied), "{number}: {outcome:?}");
        began.elapsed()
    }
}

fn order(number: &str) -> Order {
    let mut head = OrderHead { r#type: Some("stand_alone".into()), ..OrderHead::default() };
    head.head.number = Some(number.to_owned());
    head.head.purpose = Some("original".into());
    head.head.currency = Some("USD".into());
    let line = |at: usize| Line {
        number: Some(at.to_string()),
        quantity: Some(Decimal::from(100)),
        unit: Some("EA".into()),
        price: Some(Decimal::from(10)),
        ids: vec![ItemId { qualifier: Some("VN".into()), id: Some(format!("W{at}")), ..ItemId::default() }],
        ..Line::default()
    };
    Order { head, lines: (1..=INVOICE_LINES).map(line).collect() }
}
