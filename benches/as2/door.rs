//! The live AS2 door: messages that were packed before are posted, and the time runs from the post to the signed receipt,
//! which leaves only when the message is durable (SQLite, `synchronous=FULL`).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use entrepot::config::Settings;
use entrepot::daemon::Daemon;
use entrepot::transport::as2::blob::Blob;
use entrepot::transport::as2::certificates::{self, Role, Wish};
use entrepot::transport::as2::cms::Cipher;
use entrepot::transport::as2::http::{Target, post};

use super::{Party, fdatasync_per_second, pack, party, text};

/// Who posts at the same time.
const SENDERS: usize = 16;
/// Messages a second while the slow partner is measured.
const PACE: u64 = 20;

/// A gateway with two partners: one as it should be, one with large messages by 3DES.
struct Bed {
    root: tempfile::TempDir,
    daemon: Daemon,
    us: Party,
    acme: Party,
    slow: Party,
}

/// A message that only has to be posted.
struct Ready {
    headers: Vec<(String, String)>,
    body: Blob,
}

/// Messages per second and their latency, then what a slow 3DES partner does to the others' latency.
pub fn measure() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let bed = Bed::start().await;
        throughput(&bed).await;
        neighbours(&bed).await;
        bed.daemon.stop().await;
    });
}

impl Bed {
    async fn start() -> Self {
        let root = tempfile::tempdir().expect("a folder");
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, text).expect("a file");
        };
        write(
            "entrepot.toml",
            "data = \"data\"\ncatalogue = \"catalogue\"\nstatus = \"off\"\n[as2]\nlisten = \"127.0.0.1:0\"\n",
        );
        write("catalogue/partners/us.toml", "name = \"House\"\n[x12]\nid = \"ZZ:HOUSE\"\n");
        let (acme, slow) = (party("acme"), party("slow"));
        let folder = root.path().join("data/certificates");
        for (name, party) in [("acme", &acme), ("slow", &slow)] {
            let upper = name.to_uppercase();
            let text = format!(
                "name = \"{name}\"\n[x12]\nid = \"ZZ:{upper}\"\n[as2]\nid = \"{upper}\"\nour_id = \"HOUSE\"\nallow = [\"3des\"]\n"
            );
            write(&format!("catalogue/partners/{name}.toml"), &text);
            certificates::add(&folder, name, party.certificate.to_pem().as_bytes(), None, &Wish::default())
                .expect("a certificate");
        }
        let us = party("House");
        let pem = us.certificate.to_pem() + &entrepot::transport::as2::cms::import::pem("PRIVATE KEY", us.key.pkcs8());
        let wish = Wish { roles: vec![Role::Decrypt, Role::Sign, Role::SignReceipt], ..Wish::default() };
        certificates::add(&folder, certificates::OURS, pem.as_bytes(), None, &wish).expect("our certificate");
        let settings = Settings::load(&root.path().join("entrepot.toml")).expect("settings");
        let daemon = Daemon::start(settings).await.expect("the gateway starts");
        Self { root, daemon, us, acme, slow }
    }

    fn ready(&self, from: (&str, &Party), id: usize, content: Vec<u8>, cipher: Cipher) -> Ready {
        let packed = pack(&Blob::from(content), from.1, &self.us, cipher, self.root.path());
        let mut headers: Vec<(String, String)> = [
            ("AS2-Version", "1.2".to_owned()),
            ("AS2-From", from.0.to_owned()),
            ("AS2-To", "HOUSE".to_owned()),
            ("Message-ID", format!("<{id}@{}>", from.0)),
            ("Disposition-Notification-To", from.0.to_owned()),
            (
                "Disposition-Notification-Options",
                "signed-receipt-protocol=required, pkcs7-signature; signed-receipt-micalg=required, sha-256".to_owned(),
            ),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
        headers.extend(packed.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        Ready { headers, body: packed.body }
    }

    /// Posts one, and says how long its receipt took.
    async fn post(&self, message: &Ready) -> Duration {
        let url = format!("http://{}/as2", self.daemon.as2().expect("the door is open"));
        let target = Target { url, chunked: false, expect_continue: false, basic: None, tls: None };
        let began = Instant::now();
        let answer = post(&target, &message.headers, message.body.clone(), self.root.path()).await.expect("an answer");
        let took = began.elapsed();
        let receipt = String::from_utf8_lossy(&answer.body.bytes().expect("a receipt")).into_owned();
        assert!(answer.status.is_success() && receipt.contains("pkcs7-signature"), "{}: {receipt}", answer.status);
        took
    }
}

async fn throughput(bed: &Bed) {
    let count = number("ENTREPOT_BENCH_MESSAGES", 2_000);
    let messages: Vec<Ready> =
        (0..count).map(|id| bed.ready(("ACME", &bed.acme), id, order(id), Cipher::Aes256Cbc)).collect();
    let next = AtomicUsize::new(0);
    let began = Instant::now();
    let lanes = (0..SENDERS).map(|_| async {
        let mut times = Vec::new();
        while let Some(message) = messages.get(next.fetch_add(1, Ordering::Relaxed)) {
            times.push(bed.post(message).await);
        }
        times
    });
    let times: Vec<Duration> = futures_util::future::join_all(lanes).await.into_iter().flatten().collect();
    let rate = count as f64 / began.elapsed().as_secs_f64();
    println!(
        "live door, signed and encrypted orders, durable, signed receipts: {rate:.0}/s ({count} from {SENDERS} senders), \
         {:.2} per fdatasync, median {:?}, p99 {:?}",
        rate / fdatasync_per_second(bed.root.path()),
        quantile(&times, 0.5),
        quantile(&times, 0.99)
    );
}

/// The same pace twice: alone, and beside a partner that keeps the gateway decrypting 3DES.
async fn neighbours(bed: &Bed) {
    let seconds = number("ENTREPOT_BENCH_SECONDS", 10);
    let count = seconds * PACE as usize;
    let ready = |from: usize| -> Vec<Ready> {
        (from..from + count).map(|id| bed.ready(("ACME", &bed.acme), id, order(id), Cipher::Aes256Cbc)).collect()
    };
    let (alone, beside) = (ready(1_000_000), ready(2_000_000));
    let large: Vec<Ready> = (0..seconds * 4)
        .map(|id| {
            let content = [text(4 << 20), id.to_string().into_bytes()].concat();
            bed.ready(("SLOW", &bed.slow), id, content, Cipher::TripleDes)
        })
        .collect();
    let alone = paced(bed, &alone).await;
    let stop = Arc::new(tokio::sync::Notify::new());
    let busy = async {
        let mut sent = 0;
        for message in &large {
            tokio::select! {
                _ = bed.post(message) => sent += 1,
                () = stop.notified() => break,
            }
        }
        sent
    };
    let measured = async {
        let times = paced(bed, &beside).await;
        stop.notify_one();
        times
    };
    let (sent, beside) = tokio::join!(busy, measured);
    let (before, after) = (quantile(&alone, 0.99), quantile(&beside, 0.99));
    println!(
        "{PACE} messages a second, p99 alone {before:?}, beside a partner with 3DES {after:?} ({sent} messages of 4 MB): \
         ratio {:.2}",
        after.as_secs_f64() / before.as_secs_f64()
    );
}

async fn paced(bed: &Bed, messages: &[Ready]) -> Vec<Duration> {
    let at = |position: usize| Duration::from_millis(1000 / PACE * position as u64);
    let posts = messages.iter().enumerate().map(|(position, message)| async move {
        tokio::time::sleep(at(position)).await;
        bed.post(message).await
    });
    futures_util::future::join_all(posts).await
}

/// An order of one line.
fn order(number: usize) -> Vec<u8> {
    format!(
        "ISA*00*          *00*          *ZZ*ACME           *ZZ*HOUSE          *261123*1030*U*00401*{number:09}*0*P*>~\
         GS*PO*ACME*HOUSE*20261123*1030*{number}*X*004010~ST*850*0001~BEG*00*SA*PO-{number}**20261123~\
         PO1*1*10*EA*4.25**VP*BOLT-10~CTT*1~SE*5*0001~GE*1*{number}~IEA*1*{number:09}~"
    )
    .into_bytes()
}

fn quantile(times: &[Duration], part: f64) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let at = (sorted.len() as f64 * part) as usize;
    sorted.get(at.min(sorted.len().saturating_sub(1))).copied().unwrap_or_default()
}

fn number(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}
