//! A receiver of webhooks, written by hand: what a stranger's system would be, with moods.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Got {
    pub head: Vec<(String, String)>,
    pub body: String,
}

impl Got {
    pub fn header(&self, name: &str) -> &str {
        self.head.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    pub fn kind(&self) -> String {
        self.json()["type"].as_str().unwrap_or_default().to_owned()
    }

    pub fn subject(&self) -> String {
        self.json()["subject"].as_str().unwrap_or_default().to_owned()
    }

    pub fn sequence(&self) -> u64 {
        self.json()["sequence"].as_str().and_then(|text| text.parse().ok()).expect("a sequence")
    }
}

/// What a receiver does with a request.
#[derive(Clone, Debug)]
pub enum Mood {
    Take,
    Say(&'static str),
    /// Bytes that are no HTTP.
    Garbage,
    /// It takes the request and goes away in the middle of its answer.
    HangUp,
    Slow(Duration),
}

type Moods = dyn FnMut(&Got) -> Mood + Send;

#[derive(Clone)]
pub struct Receiver {
    pub address: SocketAddr,
    taken: Arc<Mutex<Vec<Got>>>,
    tried: Arc<Mutex<Vec<Got>>>,
    moods: Arc<Mutex<Box<Moods>>>,
}

impl Receiver {
    pub fn start(moods: impl FnMut(&Got) -> Mood + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let receiver = Self {
            address: listener.local_addr().expect("an address"),
            taken: Arc::default(),
            tried: Arc::default(),
            moods: Arc::new(Mutex::new(Box::new(moods))),
        };
        let serving = receiver.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let serving = serving.clone();
                std::thread::spawn(move || while serving.serve(&stream).is_some() {});
            }
        });
        receiver
    }

    /// One that takes everything.
    pub fn content() -> Self {
        Self::start(|_| Mood::Take)
    }

    pub fn become_of(&self, moods: impl FnMut(&Got) -> Mood + Send + 'static) {
        *self.moods.lock().unwrap_or_else(PoisonError::into_inner) = Box::new(moods);
    }

    /// What it took, in order.
    pub fn taken(&self) -> Vec<Got> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Everything that came, taken or not.
    pub fn tried(&self) -> Vec<Got> {
        self.tried.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until something was taken that is wanted.
    pub async fn takes(&self, what: &str, is_wanted: impl Fn(&[Got]) -> bool) -> Vec<Got> {
        for _ in 0..1500 {
            let taken = self.taken();
            if is_wanted(&taken) {
                return taken;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let kinds: Vec<String> = self.taken().iter().map(Got::kind).collect();
        panic!("{what} does not come; taken: {kinds:?}, tried {}", self.tried().len());
    }

    fn serve(&self, stream: &TcpStream) -> Option<()> {
        let got = read(stream)?;
        self.tried.lock().unwrap_or_else(PoisonError::into_inner).push(got.clone());
        let mood = (self.moods.lock().unwrap_or_else(PoisonError::into_inner))(&got);
        let mut stream = stream;
        let took = |got| self.taken.lock().unwrap_or_else(PoisonError::into_inner).push(got);
        match mood {
            Mood::Take => {
                took(got);
                stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").ok()
            }
            Mood::Say(answer) => {
                let answer = format!("HTTP/1.1 {answer}\r\nContent-Length: 2\r\n\r\nno");
                stream.write_all(answer.as_bytes()).ok()
            }
            Mood::Garbage => {
                let _ = stream.write_all(&[0, 159, 146, 150, 13, 10, 13, 10]);
                None
            }
            Mood::HangUp => {
                took(got);
                let _ = stream.write_all(b"HTTP/1.1 20");
                None
            }
            Mood::Slow(wait) => {
                std::thread::sleep(wait);
                took(got);
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").ok()
            }
        }
    }
}

fn read(stream: &TcpStream) -> Option<Got> {
    let mut reader = BufReader::new(stream);
    let mut head = Vec::new();
    let mut first = String::new();
    if reader.read_line(&mut first).ok()? == 0 {
        return None;
    }
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        head.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut got = Got { head, body: String::new() };
    let length: usize = got.header("content-length").parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    got.body = String::from_utf8(body).ok()?;
    Some(got)
}
