//! A gateway in this process with a mail door, and hands to write mail with.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use entrepot::config::Settings;
use entrepot::daemon::Daemon;

use super::zone;

pub const US: &str = "name = \"House\"\n[x12]\nid = \"ZZ:HOUSE\"\n[edifact]\nid = \"HOUSE:14\"\n";
/// Its mail comes from `@acme.example`, or to the secret `s3cret`.
pub const ACME: &str = "name = \"Acme Retail\"\n[x12]\nid = \"ZZ:ACME\"\n[mail]\nfrom = \"@acme.example\"\n\
    to = \"orders@acme.example\"\n\
    token_sha256 = \"1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0\"\n";

pub struct House {
    pub root: tempfile::TempDir,
    daemon: Option<Daemon>,
}

impl House {
    /// `settings` are added to what every house has; a name server knows `records`.
    pub async fn start(settings: &str, acme: &str, records: &[(&str, &'static str, &str)]) -> Self {
        let root = tempfile::tempdir().unwrap();
        let house = Self { root, daemon: None };
        let records =
            records.iter().map(|(name, kind, data)| ((*name).to_owned(), *kind, (*data).to_owned())).collect();
        let text = format!(
            "data = \"data\"\ncatalogue = \"catalogue\"\nstatus = \"off\"\n[folder]\npoll = \"100ms\"\n\
             [mail]\naddress = \"edi@house.example\"\nresolver = \"{}\"\nmessage_bytes_max = \"1 MB\"\n\
             [mail.receiver]\nlisten = \"127.0.0.1:0\"\naddresses = [\"orders@house.example\", \"edi@house.example\"]\n\
             {settings}",
            zone::serve(records)
        );
        house.write("entrepot.toml", &text);
        house.write("catalogue/partners/us.toml", US);
        house.write("catalogue/partners/acme.toml", acme);
        house.again().await
    }

    /// Starts the gateway on what lies there.
    pub async fn again(mut self) -> Self {
        let settings = Settings::load(&self.root.path().join("entrepot.toml")).expect("settings");
        self.daemon = Some(Daemon::start(settings).await.expect("the gateway starts"));
        self
    }

    pub async fn stop(&mut self) {
        if let Some(daemon) = self.daemon.take() {
            daemon.stop().await;
        }
    }

    pub fn daemon(&self) -> &Daemon {
        self.daemon.as_ref().expect("it runs")
    }

    pub fn receiver(&self) -> SocketAddr {
        self.daemon().mail().expect("mail is taken in")
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn data(&self, path: &str) -> PathBuf {
        self.root.path().join("data").join(path)
    }

    /// The files directly in a folder of the data folder.
    pub fn files(&self, folder: &str) -> BTreeMap<String, String> {
        files(&self.data(folder))
    }

    pub async fn wait_for(&self, folder: &str, count: usize) -> BTreeMap<String, String> {
        let folder = self.data(folder);
        let began = Instant::now();
        loop {
            let found = files(&folder);
            if found.len() >= count {
                return found;
            }
            assert!(
                began.elapsed() < Duration::from_secs(30),
                "{} of {count} files in {}",
                found.len(),
                folder.display()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Sends a mail from `sender` to `recipient`, and answers what the receiver said last.
    pub async fn send(&self, sender: &str, recipient: &str, mail: &str) -> String {
        let (address, sender, recipient, mail) =
            (self.receiver(), sender.to_owned(), recipient.to_owned(), mail.to_owned());
        let task = tokio::task::spawn_blocking(move || {
            let mut client = Client::connect(address);
            for words in
                ["EHLO mx.acme.example".to_owned(), format!("MAIL FROM:<{sender}>"), format!("RCPT TO:<{recipient}>")]
            {
                let answer = client.ask(&words);
                if !answer.starts_with('2') {
                    return answer;
                }
            }
            assert!(client.ask("DATA").starts_with("354"));
            client.ask(&format!("{}\r\n.", mail.replace("\r\n.", "\r\n..")))
        });
        task.await.expect("the client ends")
    }

    /// The words of every open case.
    pub async fn cases(&self) -> Vec<String> {
        let mut view = self.daemon().gateway().store.view().await.unwrap();
        let holds = view.open_holds(100).await.unwrap();
        holds.into_iter().map(|hold| format!("{}: {}", hold.fault, hold.reason)).collect()
    }
}

/// A client that says what it is told to.
pub struct Client {
    pub stream: TcpStream,
    reader: BufReader<TcpStream>,
}

impl Client {
    pub fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(90))).unwrap();
        let mut client = Self { reader: BufReader::new(stream.try_clone().unwrap()), stream };
        client.answer();
        client
    }

    pub fn ask(&mut self, words: &str) -> String {
        self.stream.write_all(format!("{words}\r\n").as_bytes()).expect("it is heard");
        self.answer()
    }

    /// The last line of an answer; empty when the server has gone.
    pub fn answer(&mut self) -> String {
        loop {
            let mut line = String::new();
            let read = self.reader.read_line(&mut line).unwrap_or(0);
            if read == 0 || line.as_bytes().get(3) != Some(&b'-') {
                return line.trim_end().to_owned();
            }
        }
    }
}

pub fn files(folder: &std::path::Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_file() && !name.starts_with('.') {
            found.insert(name, String::from_utf8_lossy(&fs::read(entry.path()).unwrap_or_default()).into_owned());
        }
    }
    found
}

/// A mail with attachments: name and content of each.
pub fn mail(from: &str, message_id: &str, attachments: &[(&str, &str)]) -> String {
    let mut text = format!(
        "From: {from}\r\nTo: orders@house.example\r\nSubject: orders\r\nMessage-ID: <{message_id}>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=\"limit\"\r\n\r\n--limit\r\nContent-Type: text/plain\r\n\r\nHello.\r\n"
    );
    for (name, content) in attachments {
        text += &format!(
            "--limit\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\r\n{content}\r\n"
        );
    }
    text + "--limit--\r\n"
}
