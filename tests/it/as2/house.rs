//! A gateway as the AS2 door sees it, kept in memory, and two of them that trade with one another.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use entrepot::clock::SystemClock;
use entrepot::mistake::keys::read_keys;
use entrepot::partner::As2;
use entrepot::ports::{
    Arrival, Case, Content, Evidence, NotTaken, Note, Outlet, Parcel, Promise, Receipt, Reception, Taken, Undelivered,
};
use entrepot::transport::as2::certificates::{self, Role, Wish};
use entrepot::transport::as2::{Agreements, Cabinet, Client, Listening, Outbox, Server, Shared, tls};
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// What a door's gateway was asked for.
#[derive(Debug, Default)]
pub struct Gateway {
    pub arrivals: Mutex<Vec<(Arrival, Vec<u8>)>>,
    pub notes: Mutex<BTreeMap<(String, String), Value>>,
    pub evidence: Mutex<Vec<(Uuid, String, Vec<u8>)>>,
    pub cases: Mutex<Vec<Case>>,
    pub outcomes: Mutex<Vec<(Uuid, Result<Value, Undelivered>)>>,
    /// Whether it says "not now" to everything, as with a full disk.
    pub is_full: Mutex<bool>,
}

fn bytes(content: &Content) -> Vec<u8> {
    match content {
        Content::Bytes(bytes) => bytes.clone(),
        Content::File(path) => std::fs::read(path).expect("the file is there while it is taken"),
    }
}

impl Gateway {
    fn check(&self) -> Result<(), NotTaken> {
        if *self.is_full.lock().unwrap() { Err(NotTaken::Later("no space left".into())) } else { Ok(()) }
    }
}

impl Reception for Gateway {
    fn take(&self, arrival: Arrival) -> Promise<'_, Result<Taken, NotTaken>> {
        Box::pin(async move {
            self.check()?;
            let content = bytes(&arrival.content);
            if content.is_empty() {
                return Err(NotTaken::Never("it is empty".into()));
            }
            let mut notes = self.notes.lock().unwrap();
            if let Some(once) = &arrival.once {
                let key = (once.scope.clone(), once.key.clone());
                if let Some(first) = notes.get(&key) {
                    return Ok(Taken::Again(first.clone()));
                }
                notes.insert(key, once.value.clone());
            }
            let more = arrival.notes.iter().map(|note| ((note.scope.clone(), note.key.clone()), note.value.clone()));
            notes.extend(more);
            let mut arrivals = self.arrivals.lock().unwrap();
            if arrivals.iter().all(|(known, _)| known.id != arrival.id) {
                arrivals.push((arrival, content));
            }
            Ok(Taken::New)
        })
    }

    fn recall<'a>(&'a self, scope: &'a str, key: &'a str) -> Promise<'a, Result<Option<Value>, NotTaken>> {
        Box::pin(async move {
            self.check()?;
            Ok(self.notes.lock().unwrap().get(&(scope.to_owned(), key.to_owned())).cloned())
        })
    }

    fn remember(&self, notes: Vec<Note>) -> Promise<'_, Result<(), NotTaken>> {
        Box::pin(async move {
            self.check()?;
            self.notes.lock().unwrap().extend(notes.into_iter().map(|note| ((note.scope, note.key), note.value)));
            Ok(())
        })
    }

    fn keep_evidence(&self, evidence: Evidence) -> Promise<'_, Result<String, NotTaken>> {
        Box::pin(async move {
            self.check()?;
            let content = bytes(&evidence.content);
            self.evidence.lock().unwrap().push((evidence.subject, evidence.kind, content));
            Ok(String::new())
        })
    }

    fn report(&self, case: Case) -> Promise<'_, Result<(), NotTaken>> {
        Box::pin(async move {
            self.cases.lock().unwrap().push(case);
            Ok(())
        })
    }

    fn outcome(&self, delivery: Uuid, outcome: Result<Value, Undelivered>) -> Promise<'_, Result<(), NotTaken>> {
        Box::pin(async move {
            self.outcomes.lock().unwrap().push((delivery, outcome));
            Ok(())
        })
    }
}

/// Agreements by partner.
#[derive(Default)]
pub struct Book(pub Mutex<BTreeMap<String, As2>>);

impl Agreements for Book {
    fn between(&self, from: &str, to: &str) -> Option<(String, As2)> {
        let book = self.0.lock().unwrap();
        let found = book.iter().find(|(_, as2)| as2.id == from && as2.our_id == to)?;
        Some((found.0.clone(), found.1.clone()))
    }

    fn of(&self, partner: &str) -> Option<As2> {
        self.0.lock().unwrap().get(partner).cloned()
    }
}

/// One side: its certificates, its door and its client.
pub struct Side {
    pub gateway: Arc<Gateway>,
    pub book: Arc<Book>,
    pub client: Client,
    pub certificates: PathBuf,
    pub url: String,
    shared: Arc<Shared>,
    outbox: Arc<Outbox>,
    folder: tempfile::TempDir,
    stop: CancellationToken,
}

impl Drop for Side {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Side {
    /// A side that is called by this name, with a certificate of its own for everything.
    pub async fn open(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let certificates = folder.path().join("certificates");
        let wish = Wish { name: Some("first".into()), ..Wish::default() };
        certificates::create(&certificates, name, jiff::Timestamp::now(), 365, &wish).unwrap();
        Self::at(folder, certificates).await
    }

    async fn at(folder: tempfile::TempDir, certificates: PathBuf) -> Self {
        let gateway = Arc::new(Gateway::default());
        let book = Arc::new(Book::default());
        let work = folder.path().join("work");
        std::fs::create_dir_all(&work).unwrap();
        let shared = Arc::new(Shared::new(
            book.clone(),
            Cabinet::open(&certificates),
            gateway.clone(),
            Arc::new(SystemClock),
            work,
        ));
        let stop = CancellationToken::new();
        let outbox = Outbox::open(shared.clone(), &folder.path().join("owed"), stop.clone()).unwrap();
        let server =
            Server::start(listening(None, PATIENCE), shared.clone(), outbox.clone(), stop.clone()).await.unwrap();
        let url = format!("http://{}/as2", server.address());
        Self { gateway, book, client: Client::new(shared.clone()), certificates, url, shared, outbox, folder, stop }
    }

    /// Answers by TLS too, with this side's own certificate: where, and its fingerprint.
    pub async fn open_tls(&self) -> (String, String) {
        self.open_tls_for(2000, PATIENCE).await
    }

    /// The same for so many connections, with so much patience.
    pub async fn open_tls_for(&self, connections_max: usize, patience: Duration) -> (String, String) {
        let held = certificates::Held::read(&self.certificates.join("us/first.pem"), "us").unwrap();
        let key = held.key.unwrap();
        let config = tls::answering(vec![held.certificate.der().to_vec()], key.pkcs8()).unwrap();
        let listening = Listening { connections_max, ..listening(Some(config), patience) };
        let server = Server::start(listening, self.shared.clone(), self.outbox.clone(), self.stop.clone());
        (format!("https://localhost:{}/as2", server.await.unwrap().address().port()), held.certificate.fingerprint())
    }

    /// The certificate that partners get.
    pub fn certificate(&self) -> String {
        let path = self.certificates.join("us/first.pem");
        certificates::Held::read(&path, "us").unwrap().certificate.to_pem()
    }

    /// Certificate and key in one PEM, for programs that want them so.
    pub fn identity(&self) -> String {
        std::fs::read_to_string(self.certificates.join("us/first.pem")).unwrap()
    }

    /// Agrees with a partner: its certificate, and an `[as2]` table without its head.
    pub fn agree(&self, partner: &str, certificate: &str, table: &str) {
        let text = format!("[as2]\nplain_http = true\n{table}");
        let (as2, told) = read_keys("partner.toml", &text, |mut keys| {
            let as2 = As2::read(&mut keys);
            keys.finish();
            as2
        });
        assert!(told.mistakes.is_empty(), "{text}\n{:?}", told.mistakes);
        let known = self.certificates.join(partner);
        if !known.exists() {
            certificates::add(&self.certificates, partner, certificate.as_bytes(), None, &Wish::default()).unwrap();
        }
        self.book.0.lock().unwrap().insert(partner.to_owned(), as2.expect("the table is there"));
    }

    pub async fn send(
        &self,
        partner: &str,
        delivery: Uuid,
        name: &str,
        content: &[u8],
    ) -> Result<Receipt, Undelivered> {
        self.send_again(partner, delivery, name, content, 0).await
    }

    /// The same after so many tries.
    pub async fn send_again(
        &self,
        partner: &str,
        delivery: Uuid,
        name: &str,
        content: &[u8],
        attempts: u32,
    ) -> Result<Receipt, Undelivered> {
        let parcel = Parcel {
            delivery,
            partner: partner.to_owned(),
            file_name: name.to_owned(),
            content: Content::Bytes(content.to_vec()),
            attempts,
        };
        self.client.send(&parcel).await
    }

    /// Posts bytes as they are; answers status and body.
    pub async fn raw(&self, head: &str, body: &[u8]) -> String {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let address = self.url.strip_prefix("http://").unwrap().split('/').next().unwrap();
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(body).await.unwrap();
        let mut answer = Vec::new();
        let ended = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await;
        if answer.is_empty() {
            answer = format!("{ended:?}").into_bytes();
        }
        String::from_utf8_lossy(&answer).into_owned()
    }

    pub fn received(&self) -> Vec<Vec<u8>> {
        self.gateway.arrivals.lock().unwrap().iter().map(|(_, content)| content.clone()).collect()
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

const PATIENCE: Duration = Duration::from_secs(30);

fn listening(tls: Option<Arc<rustls::ServerConfig>>, patience: Duration) -> Listening {
    Listening { address: ([127, 0, 0, 1], 0).into(), tls, connections_max: 2000, patience }
}

/// Two sides that have agreed; extra lines for each.
pub async fn pair(ours: &str, theirs: &str) -> (Side, Side) {
    let (us, them) = (Side::open("us").await, Side::open("them").await);
    agree(&us, &them, ours, theirs);
    (us, them)
}

pub fn agree(us: &Side, them: &Side, ours: &str, theirs: &str) {
    us.agree("them", &them.certificate(), &format!("id = \"THEM\"\nour_id = \"US\"\nurl = \"{}\"\n{ours}", them.url));
    them.agree("house", &us.certificate(), &format!("id = \"US\"\nour_id = \"THEM\"\nurl = \"{}\"\n{theirs}", us.url));
}

/// Adds a second certificate of ours.
pub fn renew(side: &Side, name: &str, roles: &[Role]) -> String {
    let now = jiff::Timestamp::now();
    let wish = Wish { name: Some(name.into()), roles: roles.to_vec(), from: Some(now), ..Wish::default() };
    let (held, _) = certificates::create(&side.certificates, name, now, 365, &wish).unwrap();
    held.certificate.to_pem()
}
