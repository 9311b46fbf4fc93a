//! One message through the door: recognised, opened, made durable, and only then receipted.
//!
//! What the sender is told is decided here; how it travels is the server's business.

use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::agreement;
use super::blob::{Blob, Whole};
use super::certificates::{Cabinet, Certificates, Role};
use super::cms::Digest;
use super::disposition::{Disposition, Modifier, Refusal};
use super::mic::Mic;
use super::mime::Headers;
use super::receipt::{Report, Written};
use super::request::{Request, Wish, written_name};
use super::unpack::{Refused, Stop, Unpacked, unpack};
use crate::clock::Clock;
use crate::partner::As2;
use crate::partner::as2::OnDuplicate;
use crate::ports::{Arrival, Case, CaseSubject, Content, Evidence, NotTaken, Note, Reception, Taken};

/// Messages known by sender, receiver and message id, with the receipt they got.
const RECEIVED: &str = "as2-received";
/// Larger messages work in a lane of their own, so that small ones do not wait behind them.
const LARGE_BYTES: u64 = 1 << 20;

/// The agreements in force. The daemon gives them.
pub trait Agreements: Send + Sync {
    /// The partner that calls itself `from` and us `to`.
    fn between(&self, from: &str, to: &str) -> Option<(String, As2)>;
    fn of(&self, partner: &str) -> Option<As2>;
}

/// What the AS2 server and client share.
pub struct Shared {
    pub agreements: Arc<dyn Agreements>,
    pub cabinet: Cabinet,
    pub reception: Arc<dyn Reception>,
    pub clock: Arc<dyn Clock>,
    /// Where large content lies meanwhile.
    pub folder: PathBuf,
    pub(super) lanes: Lanes,
}

impl Shared {
    pub fn new(
        agreements: Arc<dyn Agreements>,
        cabinet: Cabinet,
        reception: Arc<dyn Reception>,
        clock: Arc<dyn Clock>,
        folder: PathBuf,
    ) -> Self {
        Self { agreements, cabinet, reception, clock, folder, lanes: Lanes::new() }
    }
}

/// Places at the bench for small and for large messages: cryptography is work for the processor.
pub(super) struct Lanes {
    small: Semaphore,
    large: Semaphore,
}

impl Lanes {
    fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self { small: Semaphore::new(cores * 2), large: Semaphore::new((cores / 2).max(1)) }
    }

    /// Runs work off the runtime's threads, when there is a place for work of this size.
    pub(super) async fn work<T: Send + 'static>(
        &self,
        bytes: u64,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, NotTaken> {
        let lane = if bytes > LARGE_BYTES { &self.large } else { &self.small };
        let ended = |_| NotTaken::Later("the gateway is stopping".into());
        let _place = lane.acquire().await.map_err(|_| NotTaken::Later("the gateway is stopping".into()))?;
        tokio::task::spawn_blocking(work).await.map_err(ended)
    }
}

/// What the sender gets.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// In the same connection: headers and body of a receipt.
    Receipt(Receipt),
    /// Taken; the receipt goes to this URL by itself.
    Later { receipt: Receipt, url: String },
    /// Taken, and no receipt was asked for.
    Nothing,
    /// Not taken, and no receipt was asked for.
    Refused(String),
}

/// A receipt of ours with its headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Receipt {
    pub(super) fn to_json(&self) -> Value {
        json!({"headers": self.headers, "body": STANDARD.encode(&self.body)})
    }

    pub(super) fn of_json(value: &Value) -> Option<Self> {
        let headers = serde_json::from_value(value.get("headers")?.clone()).ok()?;
        let body = STANDARD.decode(value.get("body")?.as_str()?).ok()?;
        Some(Self { headers, body })
    }
}

/// A message as it came: who authenticated it beside its own signature is the server's business.
pub struct Message {
    pub request: Request,
    pub headers: Headers,
    pub body: Blob,
    pub partner: Option<(String, As2)>,
}

/// Takes a message and says what its sender gets.
///
/// # Errors
/// When nothing was kept: the sender must try again.
pub async fn take(shared: &Arc<Shared>, message: Message) -> Result<Reply, NotTaken> {
    let id = arrival_id(&message.request, &message.body)?;
    let wish = match Wish::read(&message.headers) {
        Ok(wish) => wish,
        Err(refusal) => {
            // The receipt that can be given instead says so.
            let wish = Wish { signed_by: None, mic_digest: Digest::Sha256, old_digest_names: false, deliver_to: None };
            return Ok(told(shared, &message, Disposition::Failure(refusal), None, Some(&wish)));
        }
    };
    let Some((partner, as2)) = message.partner.clone() else {
        tracing::warn!(from = message.request.from, to = message.request.to, "as2: nobody of that name");
        // A stranger is answered where it stands: posting somewhere on its word would be doing its errands.
        let wish = wish.map(|wish| Wish { deliver_to: None, signed_by: None, ..wish });
        return Ok(told(shared, &message, Disposition::Error(Modifier::UnknownTradingPartner), None, wish.as_ref()));
    };
    if message.request.from == message.request.to {
        let disposition = Disposition::Failure(Refusal::SenderEqualsReceiver);
        return Ok(told(shared, &message, disposition, None, wish.as_ref()));
    }
    let key = message.request.key();
    if let Some(first) = shared.reception.recall(RECEIVED, &key).await? {
        tracing::info!(partner, message_id = message.request.message_id, "as2: a duplicate");
        return Ok(again(shared, &message, &as2, &first, wish.as_ref()));
    }
    keep_request(shared, id, &message).await?;
    let mic_digest = wish.as_ref().map_or(Digest::Sha256, |wish| wish.mic_digest);
    let opened = open(shared, &message, &partner, &as2, mic_digest).await?;
    match opened {
        Ok(unpacked) => keep(shared, id, message, (partner, as2), unpacked, wish).await,
        Err(refused) => refuse(shared, id, &message, &partner, *refused, wish.as_ref()).await,
    }
}

async fn open(
    shared: &Arc<Shared>,
    message: &Message,
    partner: &str,
    as2: &As2,
    mic_digest: Digest,
) -> Result<Result<Unpacked, Box<Refused>>, NotTaken> {
    let (headers, body, partner, as2) =
        (message.headers.clone(), message.body.clone(), partner.to_owned(), as2.clone());
    let held = shared.clone();
    let now = shared.clock.now();
    let work = move || {
        let certificates = held.cabinet.current();
        let opening = agreement::opening(&as2, &partner, &certificates, mic_digest, now, &held.folder);
        match unpack(&headers, &body, &opening) {
            Ok(unpacked) => Ok(Ok(unpacked)),
            Err(Stop::Refused(refused)) => Ok(Err(refused)),
            Err(Stop::Ours(error)) => Err(NotTaken::Later(error.to_string())),
        }
    };
    shared.lanes.work(message.body.len(), work).await?
}

/// Makes the documents durable with the receipt as their note: one unit, then the receipt leaves.
async fn keep(
    shared: &Arc<Shared>,
    id: Uuid,
    message: Message,
    (partner, as2): (String, As2),
    unpacked: Unpacked,
    wish: Option<Wish>,
) -> Result<Reply, NotTaken> {
    let reply = told(shared, &message, Disposition::Processed, Some(&unpacked.mic), wish.as_ref());
    let receipt = match &reply {
        Reply::Receipt(receipt) | Reply::Later { receipt, .. } => receipt.to_json(),
        Reply::Nothing | Reply::Refused(_) => Value::Null,
    };
    let value = json!({
        "receipt": receipt,
        "mic": unpacked.mic.written(false),
        "trail": unpacked.trail,
        "arrival": id,
    });
    let mut documents: Vec<_> = unpacked.documents.into_iter().enumerate().collect();
    // The first one carries the key and goes last: only when all others are durable is the message known.
    documents.reverse();
    let mut held = Vec::new();
    for (at, document) in documents {
        let content = match document.body.whole(&shared.folder).map_err(|error| NotTaken::Later(error.to_string()))? {
            Whole::Bytes(bytes) => Content::Bytes(bytes),
            Whole::File(path, blob) => {
                held.push(blob);
                Content::File(path)
            }
        };
        let arrival = Arrival {
            id: part_id(id, at),
            door: "as2".into(),
            partner: Some(partner.clone()),
            name: document.name.unwrap_or_else(|| name_of(&message.request)),
            content,
            once: (at == 0).then(|| Note::new(RECEIVED, message.request.key(), value.clone())),
            notes: Vec::new(),
        };
        match shared.reception.take(arrival).await {
            Ok(Taken::New) => {}
            // It came twice at the same time, and the other one was first.
            Ok(Taken::Again(first)) => return Ok(again(shared, &message, &as2, &first, wish.as_ref())),
            Err(NotTaken::Later(why)) => return Err(NotTaken::Later(why)),
            Err(NotTaken::Never(why)) => {
                let refused = Refused {
                    modifier: Modifier::UnexpectedProcessingError,
                    detail: why,
                    trail: Vec::new(),
                    diagnosis: None,
                };
                return refuse(shared, id, &message, &partner, refused, wish.as_ref()).await;
            }
        }
    }
    metrics::counter!("entrepot_as2_received_total").increment(1);
    tracing::info!(partner, message_id = message.request.message_id, "as2: received");
    Ok(reply)
}

/// A message that could not be taken is a case for a person, with everything that proves it.
async fn refuse(
    shared: &Arc<Shared>,
    id: Uuid,
    message: &Message,
    partner: &str,
    refused: Refused,
    wish: Option<&Wish>,
) -> Result<Reply, NotTaken> {
    let disposition = Disposition::Error(refused.modifier);
    let reply = told(shared, message, disposition, None, wish);
    metrics::counter!("entrepot_as2_refused_total").increment(1);
    tracing::warn!(partner, message_id = message.request.message_id, detail = refused.detail, "as2: refused");
    if let Reply::Receipt(receipt) | Reply::Later { receipt, .. } = &reply {
        keep_evidence(shared, id, "mdn", Content::Bytes(receipt.body.clone())).await?;
    }
    let case = Case {
        fault: refused.modifier.words().to_owned(),
        reason: format!("The AS2 message {} was refused: {}", message.request.message_id, refused.detail),
        partner: Some(partner.to_owned()),
        subject: CaseSubject::Arrival(id),
        told: Some(json!({
            "disposition": disposition.to_string(),
            "trail": refused.trail,
            "diagnosis": refused.diagnosis,
        })),
    };
    shared.reception.report(case).await?;
    Ok(reply)
}

/// The stored first receipt again, or a warning where the agreement says so.
fn again(shared: &Shared, message: &Message, as2: &As2, first: &Value, wish: Option<&Wish>) -> Reply {
    metrics::counter!("entrepot_as2_duplicates_total").increment(1);
    let stored = first.get("receipt").and_then(Receipt::of_json);
    match (stored, wish) {
        (Some(receipt), Some(wish)) if as2.duplicates == OnDuplicate::First => by_wish(receipt, wish, as2),
        _ => {
            let mic = first.get("mic").and_then(Value::as_str).and_then(Mic::read);
            told(shared, message, Disposition::Duplicate, mic.as_ref(), wish)
        }
    }
}

fn by_wish(receipt: Receipt, wish: &Wish, as2: &As2) -> Reply {
    match &wish.deliver_to {
        Some(url) if may_post(url, as2) => Reply::Later { receipt, url: url.clone() },
        _ => Reply::Receipt(receipt),
    }
}

/// Whether a receipt may be posted where the sender says: the partner's own host, or one agreed. Anything else would
/// make this gateway run errands inside our network.
fn may_post(url: &str, as2: &As2) -> bool {
    let host_of = |url: &str| super::http::place(url).ok().map(|(host, _, is_tls)| (host.to_ascii_lowercase(), is_tls));
    let Some((host, is_tls)) = host_of(url) else { return false };
    let is_known = as2.url.as_deref().and_then(host_of).is_some_and(|(known, _)| known == host)
        || as2.receipt_hosts.iter().any(|known| known.eq_ignore_ascii_case(&host));
    is_known && (is_tls || as2.plain_http)
}

/// The receipt for a disposition, as the sender wishes it.
fn told(shared: &Shared, message: &Message, disposition: Disposition, mic: Option<&Mic>, wish: Option<&Wish>) -> Reply {
    let Some(wish) = wish else {
        return match disposition {
            Disposition::Processed | Disposition::Duplicate => Reply::Nothing,
            other => Reply::Refused(other.to_string()),
        };
    };
    let now = shared.clock.now();
    let certificates = shared.cabinet.current();
    let receipt_id = format!("<{}@entrepot>", Uuid::now_v7());
    let report = Report {
        recipient: &message.request.to,
        original_message_id: &message.request.message_id,
        disposition,
        mic,
        old_digest_names: wish.old_digest_names,
    };
    let written = written(&report, message, wish, &certificates, (&receipt_id, now));
    let headers = [
        ("AS2-Version", "1.2".to_owned()),
        ("AS2-From", written_name(&message.request.to)),
        ("AS2-To", written_name(&message.request.from)),
        ("Message-ID", receipt_id.clone()),
        ("Date", date(now)),
        ("Mime-Version", "1.0".to_owned()),
        ("Content-Type", written.content_type),
    ];
    let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let receipt = Receipt { headers, body: written.body };
    match &message.partner {
        Some((_, as2)) => by_wish(receipt, wish, as2),
        None => Reply::Receipt(receipt),
    }
}

fn written(
    report: &Report<'_>,
    message: &Message,
    wish: &Wish,
    certificates: &Certificates,
    (seed, now): (&str, jiff::Timestamp),
) -> Written {
    let signing = match (wish.signed_by, &message.partner) {
        (Some(digest), Some((_, as2))) => agreement::signing(as2, certificates, (Role::SignReceipt, digest), now)
            .inspect_err(|why| tracing::error!(why, "as2: a receipt leaves unsigned"))
            .ok(),
        _ => None,
    };
    match report.write(signing.as_ref(), seed, now) {
        Ok(written) => written,
        Err(fault) => {
            tracing::error!(%fault, "as2: a receipt leaves unsigned");
            // Writing without a signer has nothing that can fail.
            report.write(None, seed, now).unwrap_or(Written { content_type: "text/plain".into(), body: Vec::new() })
        }
    }
}

/// Headers and body as they came, before anything is judged.
async fn keep_request(shared: &Shared, id: Uuid, message: &Message) -> Result<(), NotTaken> {
    let mut text = String::new();
    for (name, value) in &message.headers.0 {
        // A password is no evidence.
        if !name.eq_ignore_ascii_case("authorization") {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    let body = message.body.clone().whole(&shared.folder).map_err(|error| NotTaken::Later(error.to_string()))?;
    let headers = keep_evidence(shared, id, "headers", Content::Bytes(text.into_bytes()));
    let (content, _held) = match body {
        Whole::Bytes(bytes) => (Content::Bytes(bytes), None),
        Whole::File(path, blob) => (Content::File(path), Some(blob)),
    };
    let (headers, request) = tokio::join!(headers, keep_evidence(shared, id, "request", content));
    headers.and(request)
}

async fn keep_evidence(shared: &Shared, subject: Uuid, kind: &str, content: Content) -> Result<(), NotTaken> {
    if matches!(&content, Content::Bytes(bytes) if bytes.is_empty()) {
        return Ok(());
    }
    shared.reception.keep_evidence(Evidence { subject, kind: kind.to_owned(), content }).await.map(|_| ())
}

/// The id of an arrival: of the same message with the same bytes it is the same, so that a second try takes up the first.
fn arrival_id(request: &Request, body: &Blob) -> Result<Uuid, NotTaken> {
    let digest = Mic::of(body, Digest::Sha256).map_err(|error| NotTaken::Later(error.to_string()))?;
    Ok(named_id(&[request.key().as_bytes(), &digest.value].concat()))
}

fn part_id(id: Uuid, at: usize) -> Uuid {
    if at == 0 { id } else { named_id(format!("{id} {at}").as_bytes()) }
}

fn named_id(name: &[u8]) -> Uuid {
    let digest = Digest::Sha256.of(name);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// A name for a document that came without one.
fn name_of(request: &Request) -> String {
    super::mime::safe_name(request.message_id.trim_matches(['<', '>'])).unwrap_or_else(|| "message".into())
}

/// As HTTP writes dates.
pub(super) fn date(now: jiff::Timestamp) -> String {
    jiff::tz::Offset::UTC.to_datetime(now).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
