//! The stage of the demo: a fresh folder with settings as an administrator would write them, a running daemon, partners on
//! the other side of its doors, and eyes on what comes out.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rust_decimal::Decimal;

use super::cast::{Buyer, Caller, Writer, buyer, writer};
use super::clock::StageClock;
use crate::clock::Clock;
use crate::config::Settings;
use crate::daemon::{Daemon, Rhythm};
use crate::desk::output::Failure;
use crate::journey::Applied;
use crate::journey::act::rulings::{Judgement, Ruling, rule};
use crate::journey::act::{Act, act};
use crate::journey::apply::command::{About, Command, command};
use crate::journey::money::books::every;
use crate::journey::money::cash::Payment;
use crate::process::ledger::{Chart, Currency, Entry, ItemKind, OpenItem, discount_from};
use crate::process::{Side, What};
use crate::store::{Book, Case, CaseSearch, Hold, TradeSearch};
use crate::transport::as2::certificates::{Wish, add};
use crate::transport::folder::Layout;
use crate::transport::sftp::HostKeys;

/// How long an act waits for what it expects.
const PATIENCE: Duration = Duration::from_secs(15);
/// How often the gateway looks for what is overdue: the audience does not wait a minute.
const UPKEEP: Duration = Duration::from_millis(500);
/// Where partners write mail to; what follows the plus is Tidewater's secret.
const MAILBOX: &str = "orders+low-tide@harbour.example";
/// Its SHA-256, which is all that our files know.
const SECRET_SHA256: &str = "e7168685015387125d68fe90acf896ba2b2c4c9b05c41c32c685e4c596dfb506";

pub struct Stage {
    root: PathBuf,
    data: PathBuf,
    layout: Layout,
    daemon: Daemon,
    clock: Arc<StageClock>,
    /// When the play began.
    pub began: jiff::Timestamp,
    /// Northshore Stores, by AS2.
    pub buyer: Buyer,
    /// Müller & Söhne, by SFTP.
    pub caller: Caller,
    /// Tidewater Trading, by mail.
    pub writer: Writer,
    /// Files that were told already: each act looks at what is new.
    seen: Mutex<BTreeSet<PathBuf>>,
}

impl Stage {
    /// Builds the stage in a fresh folder, opens the partners' doors and starts the daemon.
    pub async fn open() -> Result<Self, Failure> {
        let root = std::env::temp_dir().join(format!("entrepot-demo-{}", uuid::Uuid::now_v7().simple()));
        let (data, clock) = (root.join("data"), Arc::new(StageClock::default()));
        let certificates = data.join("certificates");
        let ours = buyer::ours(&certificates, &*clock).map_err(Failure::ours)?;
        let cast = root.join("partners");
        let buyer = Buyer::open(&cast.join("northshore"), &ours, clock.clone()).await.map_err(Failure::ours)?;
        add(&certificates, "northshore", buyer.certificate().as_bytes(), None, &Wish::default())
            .map_err(Failure::ours)?;
        let caller = Caller::new(&cast.join("mueller")).map_err(Failure::ours)?;
        let writer = Writer::open().await.map_err(Failure::ours)?;
        let catalogue = root.join("catalogue/partners");
        fs::create_dir_all(&catalogue)?;
        for (name, text) in files(&buyer, &caller) {
            fs::write(catalogue.join(format!("{name}.toml")), text)?;
        }
        let file = root.join("entrepot.toml");
        fs::write(&file, settings(&writer))?;
        let settings = Settings::load(&file).map_err(|_| Failure::ours(format!("{} is wrong", file.display())))?;
        let rhythm = Rhythm { clock: clock.clone(), upkeep: UPKEEP };
        let daemon = Daemon::start_by(settings, rhythm).await.map_err(Failure::ours)?;
        if let Some(address) = daemon.as2() {
            buyer.agree(&format!("http://{address}/as2"));
        }
        if let Some(address) = daemon.sftp() {
            let keys = HostKeys::load(&data.join("host-keys"))?.fingerprints();
            let key = keys.iter().find_map(|key| key.strip_prefix("ssh-ed25519 ")).unwrap_or_default();
            caller.agree(address.port(), key).map_err(Failure::ours)?;
        }
        let layout = Layout::new(&data);
        let began = clock.now();
        Ok(Self { root, data, layout, daemon, clock, began, buyer, caller, writer, seen: Mutex::default() })
    }

    pub async fn close(self) {
        self.caller.close().await;
        self.daemon.stop().await;
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn inbox(&self) -> PathBuf {
        self.layout.inbox()
    }

    /// Where the gateway can be reached, for people.
    pub fn doors(&self) -> Vec<(&'static str, String)> {
        let daemon = &self.daemon;
        let mut doors = Vec::new();
        doors.extend(daemon.as2().map(|address| ("AS2", format!("http://{address}/as2"))));
        doors.extend(daemon.sftp().map(|address| ("SFTP", format!("{address}"))));
        doors.extend(daemon.mail().map(|address| ("SMTP", format!("{address}"))));
        doors.extend(daemon.status().map(|address| ("status", format!("http://{address}/readyz and /metrics"))));
        doors
    }

    /// The time of the play.
    pub fn now(&self) -> jiff::Timestamp {
        self.clock.now()
    }

    pub fn turn_clock(&self, hours: i64) {
        self.clock.turn_forward(hours);
    }

    /// The writer mails us a document.
    pub async fn mail(&self, name: &str, text: &str) -> Result<String, String> {
        let receiver = self.daemon.mail().ok_or("no mail is taken")?;
        self.writer.send((MAILBOX, receiver), name, text).await
    }

    /// Our own systems say something about one of Northshore's orders, as through the API.
    pub async fn tells(&self, by: &str, order: &str, what: What) -> Result<Applied, String> {
        let command_of = Command {
            by: by.to_owned(),
            role: by.to_owned(),
            key: uuid::Uuid::now_v7().to_string(),
            about: About::Order { side: Side::Sale, number: order.to_owned(), partner: None },
            what,
        };
        command(self.daemon.gateway(), command_of).await.map_err(|error| error.to_string())
    }

    /// How many orders have this number.
    pub async fn orders(&self, number: &str) -> Result<usize, String> {
        let words = |error: crate::store::Error| error.to_string();
        let mut view = self.daemon.gateway().store.view().await.map_err(words)?;
        let search = TradeSearch { number: Some(number.to_owned()), limit: 10, ..TradeSearch::default() };
        Ok(view.find_trades(&search).await.map_err(words)?.len())
    }

    /// Waits for an open case about an order.
    pub async fn case(&self, order: &str) -> Result<Case, String> {
        self.until("the exception", async |daemon| {
            let mut view = daemon.gateway().store.view().await.ok()?;
            let search = CaseSearch { open_only: true, limit: 100, ..CaseSearch::default() };
            let cases = view.cases(&search).await.ok()?;
            cases.into_iter().find(|case| case.order_number.as_deref() == Some(order))
        })
        .await
    }

    /// A person says that a case has been dealt with.
    pub async fn settle(&self, case: u64) -> Result<(), String> {
        let settled =
            rule(self.daemon.gateway(), Judgement { case, by: "dana".into(), role: None, ruling: Ruling::Resolve })
                .await;
        settled.map(drop).map_err(|error| error.to_string())
    }

    /// A partner owes us something from before the play, with two percent for paying within ten days.
    pub async fn is_owed(&self, party: &str, number: &str, amount: &str) -> Result<(), String> {
        let amount: Decimal = amount.parse().map_err(|_| format!("{amount} is no amount"))?;
        let date = jiff::tz::TimeZone::UTC.to_datetime(self.now()).date();
        let (due, discount) = discount_from("2/10 n30", date).ok_or("the terms are not understood")?;
        let item = OpenItem {
            number: number.into(),
            kind: ItemKind::Invoice,
            party: party.into(),
            currency: Currency::USD,
            amount,
            open: amount,
            date,
            due,
            discount: discount.filter(|_| number == "INV-2002"),
            order_number: None,
            bill_of_lading: None,
            also: Vec::new(),
        };
        self.does(Act::Owe(Box::new(item))).await
    }

    /// Takes the latest application of a payment back.
    pub async fn undoes(&self, payment: &str, because: &str) -> Result<(), String> {
        let because = Some(because.to_owned());
        self.does(Act::Undo { payment: payment.to_owned(), because, by: "dana".into() }).await
    }

    async fn does(&self, wanted: Act) -> Result<(), String> {
        match act(self.daemon.gateway(), wanted).await.map_err(|error| error.to_string())? {
            Applied::Applied => Ok(()),
            other => Err(format!("it was not done: {other:?}")),
        }
    }

    /// Waits until the books know an advice.
    pub async fn advice(&self, trace: &str) -> Result<(), String> {
        self.until("the advice", async |daemon| {
            let mut view = daemon.gateway().store.view().await.ok()?;
            let waiting = view.kept_open(Book::Advice, None).await.ok()?;
            waiting.into_iter().find(|advice| advice.body.contains(trace)).map(drop)
        })
        .await
    }

    /// Waits for a payment that is applied.
    pub async fn payment(&self, trace: &str) -> Result<Payment, String> {
        self.until("the money", async |daemon| {
            let mut view = daemon.gateway().store.view().await.ok()?;
            let payments = every::<Payment>(&mut view, Book::Payment).await.ok()?;
            payments
                .into_iter()
                .find(|it| it.fact.traces.iter().any(|known| &**known == trace) && !it.postings.is_empty())
        })
        .await
    }

    /// The latest entries of the journal, as people write them.
    pub async fn entries(&self, count: u64) -> Result<Vec<String>, String> {
        let words = |error: crate::store::Error| error.to_string();
        let mut view = self.daemon.gateway().store.view().await.map_err(words)?;
        let last = view.last_entry().await.map_err(words)?;
        let kept = view.entries(last.saturating_sub(count), 100).await.map_err(words)?;
        let read = |body: &str| serde_json::from_str::<Entry>(body).map_err(|error| error.to_string());
        kept.iter().map(|kept| Ok(read(&kept.body)?.said(&Chart::default()))).collect()
    }

    /// Waits for something that is held for a person.
    pub async fn hold(&self, fault: &str) -> Result<Hold, String> {
        self.until(fault, async |daemon| {
            let mut view = daemon.gateway().store.view().await.ok()?;
            let holds = view.open_holds(100).await.ok()?;
            holds.into_iter().find(|hold| hold.fault == fault)
        })
        .await
    }

    /// Waits for the AS2 receipt of the last document that left for a partner, and says what is in it.
    pub async fn receipt_of(&self, partner: &str) -> Result<String, String> {
        let outlet = format!("as2:{partner}");
        self.until("the receipt", async |daemon| {
            let mut view = daemon.gateway().store.view().await.ok()?;
            let last = view.delivered(&outlet, 0, 1_000).await.ok()?.into_iter().next_back()?;
            super::answer::mdn(last.receipt.as_ref()?).ok()
        })
        .await
    }

    /// Waits for a document of ours at the buyer's AS2 server, and acknowledges it where `answer` is given.
    pub async fn at_buyer(&self, mark: &str, answer: Option<u32>) -> Result<String, String> {
        let text = self.until(mark, async |_| self.buyer.received(|text| text.contains(mark))).await?;
        if let Some(control) = answer {
            let back = super::papers::acknowledgement("NORTHSHORE", &text, control, self.now());
            self.buyer.send(uuid::Uuid::now_v7(), &format!("997-{control}.edi"), &back).await?;
        }
        Ok(text)
    }

    /// Drops a file as a partner would: under a temporary name, then renamed into place.
    pub fn drop_in(&self, partner: &str, name: &str, bytes: &[u8]) -> Result<(), String> {
        self.place(&self.layout.inbox().join(partner), name, bytes)
    }

    fn place(&self, folder: &Path, name: &str, bytes: &[u8]) -> Result<(), String> {
        let write = || {
            fs::create_dir_all(folder)?;
            let temporary = folder.join(format!(".{name}.tmp"));
            fs::write(&temporary, bytes)?;
            fs::rename(temporary, folder.join(name))
        };
        write().map_err(|error| format!("{}: {error}", folder.display()))
    }

    /// Waits for a new canonical document whose file's name begins so, and reads it.
    pub async fn handed_on(&self, prefix: &str) -> Result<Found, String> {
        self.new_file(&self.layout.outbox(), prefix).await
    }

    /// Asks the store until it says what is expected.
    pub async fn until<T>(&self, what: &str, mut look: impl AsyncFnMut(&Daemon) -> Option<T>) -> Result<T, String> {
        let began = Instant::now();
        loop {
            if let Some(found) = look(&self.daemon).await {
                return Ok(found);
            }
            if began.elapsed() > PATIENCE {
                return Err(format!("{what} did not happen within {} s", PATIENCE.as_secs()));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn new_file(&self, folder: &Path, prefix: &str) -> Result<Found, String> {
        let what = format!("a new {prefix}* in {}", folder.display());
        self.until(&what, async |_| {
            let mut seen = self.seen.lock().expect("no holder panics");
            let entries = fs::read_dir(folder).ok()?;
            let mut names: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
            names.sort();
            let path = names.into_iter().find(|path| {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                name.starts_with(prefix) && !seen.contains(path)
            })?;
            let bytes = fs::read(&path).ok()?;
            seen.insert(path.clone());
            let place = path.strip_prefix(&self.data).unwrap_or(&path).display().to_string();
            Some(Found { place, bytes })
        })
        .await
    }
}

/// A file that came out, and where below the data folder.
pub struct Found {
    pub place: String,
    pub bytes: Vec<u8>,
}

fn settings(writer: &Writer) -> String {
    format!(
        "data = \"data\"\ncatalogue = \"catalogue\"\nstatus = \"127.0.0.1:0\"\n\
         [as2]\nlisten = \"127.0.0.1:0\"\n\
         [sftp]\nlisten = \"127.0.0.1:0\"\n\
         [mail]\naddress = \"edi@harbour.example\"\n\
         [mail.receiver]\nlisten = \"127.0.0.1:0\"\naddresses = \"orders@harbour.example\"\n\
         [mail.smtp]\nserver = \"{}\"\nsecurity = \"none\"\n",
        writer.address()
    )
}

/// Ourselves and the partners: what an administrator would write, no key more than needed.
fn files(buyer: &Buyer, caller: &Caller) -> Vec<(&'static str, String)> {
    let (northshore, us) = buyer::NAMES;
    vec![
        (
            "us",
            "name = \"Harbour Goods\"\n[x12]\nid = \"ZZ:HARBOURGOODS\"\n[edifact]\nid = \"5412345000013:14\"\n".into(),
        ),
        (
            "northshore",
            format!(
                "name = \"Northshore Stores\"\ndeliver_by = \"as2\"\n[x12]\nid = \"ZZ:NORTHSHORE\"\n\
                 [as2]\nid = \"{northshore}\"\nour_id = \"{us}\"\nurl = \"{}\"\nplain_http = true\n\
                 [outbound.855]\n[outbound.856]\n[outbound.810]\n",
                buyer.url()
            ),
        ),
        (
            "mueller",
            format!(
                "name = \"Müller & Söhne\"\n[edifact]\nid = \"4012345000009:14\"\n\
                 [acknowledge]\ncontrl = \"result\"\n[sftp]\nafter_fetch = \"keep\"\n\
                 [sftp.keys.office]\nkey = \"{}\"\n",
                caller.public_key()
            ),
        ),
        (
            "tidewater",
            format!(
                "name = \"Tidewater Trading\"\ndeliver_by = \"mail\"\n[x12]\nid = \"ZZ:TIDEWATER\"\n\
                 [mail]\nto = \"{}\"\ntoken_sha256 = \"{SECRET_SHA256}\"\n",
                writer::ADDRESS
            ),
        ),
        ("nordlicht", "name = \"Nordlicht Lieferant\"\n".into()),
        ("harbourbank", "name = \"Harbour Bank\"\nbank = true\n".into()),
    ]
}
