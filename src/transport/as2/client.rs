//! The AS2 client: a parcel becomes a message, and its receipt decides what became of it.
//!
//! A message that is sent again has the same Message-ID, so that the partner can tell a repeat. A failed transport is tried
//! again; a negative or mismatching receipt is a case for a person, because the bytes have arrived.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use uuid::Uuid;

use super::agreement;
use super::blob::{Blob, Whole};
use super::certificates::{OURS, Role};
use super::door::{Shared, date};
use super::http::{self, Answer, Target};
use super::incoming::{self, Expected};
use super::pack::{Packed, Sending};
use super::receipt::{self, NotReceived};
use super::request::written_name;
use super::tls;
use crate::partner::As2;
use crate::partner::as2::ReceiptWish;
use crate::ports::{Again, Content, Evidence, Outlet, Parcel, Promise, Receipt, Side, Undelivered};

/// Carries parcels as AS2 messages.
pub struct Client {
    shared: Arc<Shared>,
}

impl Client {
    pub fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    async fn deliver(&self, parcel: &Parcel) -> Result<Receipt, Undelivered> {
        let as2 =
            self.shared.agreements.of(&parcel.partner).ok_or_else(|| {
                ours(format!("the file of {} has no [as2] table any more", parcel.partner), Again::Never)
            })?;
        let outcome = self.attempt(parcel, &as2).await;
        metrics::counter!("entrepot_as2_sent_total", "ok" => if outcome.is_ok() { "yes" } else { "no" }).increment(1);
        match outcome {
            // After the last try a person decides; the file stays with the delivery.
            Err(failed) if failed.again != Again::Never && parcel.attempts + 1 >= as2.tries => {
                let reason = format!("{}, and it was tried {} times", failed.reason, parcel.attempts + 1);
                Err(Undelivered { reason, again: Again::Never, ..failed })
            }
            other => other,
        }
    }

    async fn attempt(&self, parcel: &Parcel, as2: &As2) -> Result<Receipt, Undelivered> {
        let shared = &self.shared;
        let message_id = message_id(parcel.delivery, parcel.attempts, as2);
        let url = as2.url.clone().ok_or_else(|| ours("as2.url is missing".into(), Again::Never))?;
        let packed = self.pack(parcel, as2, &message_id).await?;
        let expected = Expected {
            message_id: message_id.clone(),
            mic: packed.mic.clone(),
            must_be_signed: as2.receipt_signed && as2.receipt != ReceiptWish::Off,
        };
        let headers = self.headers(as2, &message_id, &packed);
        if parcel.attempts == 0 {
            self.keep_request(parcel.delivery, &headers, &packed.body).await?;
        }
        if as2.receipt == ReceiptWish::Async {
            // Before the message leaves: its receipt may be faster than the answer.
            let note = incoming::note(parcel.delivery, &parcel.partner, &expected);
            shared.reception.remember(vec![note]).await.map_err(|error| ours(error.to_string(), Again::Soon))?;
        }
        let target = target(shared, as2, &url).map_err(|words| ours(words, Again::Soon))?;
        let answer = http::post(&target, &headers, packed.body.clone(), &shared.folder).await.map_err(|failure| {
            let side = if matches!(failure, http::Failure::Ours(_)) { Side::Ours } else { Side::Network };
            Undelivered { side, reason: format!("transport failure: {failure}"), again: Again::Soon }
        })?;
        if !answer.status.is_success() {
            let body = answer.body.peek(0, 300).unwrap_or_default();
            let words = String::from_utf8_lossy(&body).replace(char::is_control, " ");
            let reason = format!("transport failure: the partner's server answered {} {}", answer.status, words.trim());
            return Err(Undelivered { side: Side::Partner, reason, again: Again::Soon });
        }
        let said =
            json!({"message_id": message_id, "status": answer.status.as_u16(), "mic": expected.mic.written(false)});
        match as2.receipt {
            ReceiptWish::Off => Ok(Receipt::Held(said)),
            ReceiptWish::Async => {
                let overdue_after = Duration::from_secs(u64::from(as2.receipt_minutes) * 60);
                Ok(Receipt::Awaiting { said, overdue_after })
            }
            ReceiptWish::Sync => self.judge(parcel, &expected, &packed, answer).await,
        }
    }

    async fn judge(
        &self,
        parcel: &Parcel,
        expected: &Expected,
        packed: &Packed,
        answer: Answer,
    ) -> Result<Receipt, Undelivered> {
        let shared = &self.shared;
        let mdn = answer.body.bytes().map_err(|error| ours(error.to_string(), Again::Soon))?;
        if !mdn.is_empty() {
            let evidence = Evidence { subject: parcel.delivery, kind: "mdn".into(), content: Content::Bytes(mdn) };
            shared.reception.keep_evidence(evidence).await.map_err(|error| ours(error.to_string(), Again::Soon))?;
        }
        let certificates = shared.cabinet.current();
        let now = shared.clock.now();
        let theirs: Vec<_> =
            certificates.in_role(&parcel.partner, Role::VerifyReceipt, now).map(|held| &held.certificate).collect();
        match receipt::read(&answer.headers, &answer.body, &theirs, &shared.folder) {
            Ok(received) => incoming::judge(&received, expected, Some(&packed.signed)).map(Receipt::Held),
            Err(NotReceived::Ours(error)) => Err(ours(error.to_string(), Again::Soon)),
            // The message may have arrived: sending it again under the same id brings the receipt.
            Err(NotReceived::None) => Err(Undelivered {
                side: Side::Partner,
                reason: "receipt missing: the partner took the message and answered without one".into(),
                again: Again::Soon,
            }),
            Err(why) => Err(Undelivered { side: Side::Partner, reason: why.to_string(), again: Again::Never }),
        }
    }

    async fn pack(&self, parcel: &Parcel, as2: &As2, message_id: &str) -> Result<Packed, Undelivered> {
        let disk = |error: std::io::Error| ours(error.to_string(), Again::Soon);
        let body = match &parcel.content {
            Content::Bytes(bytes) => Blob::from(bytes.clone()),
            Content::File(path) => Blob::of_file(path).map_err(disk)?,
        };
        let held = self.shared.clone();
        let (as2, partner, name, id) =
            (as2.clone(), parcel.partner.clone(), parcel.file_name.clone(), message_id.to_owned());
        let length = body.len();
        let work = move || {
            let certificates = held.cabinet.current();
            let now = held.clock.now();
            let packing = agreement::packing(&as2, &partner, &certificates, now, (&id, &held.folder))?;
            let document = Sending { body: &body, content_type: as2.content_type(&name), file_name: &name };
            packing.pack(&[document], now).map_err(|fault| fault.to_string())
        };
        let packed =
            self.shared.lanes.work(length, work).await.map_err(|error| ours(error.to_string(), Again::Soon))?;
        packed.map_err(|words| ours(words, Again::Soon))
    }

    fn headers(&self, as2: &As2, message_id: &str, packed: &Packed) -> Vec<(String, String)> {
        let now = self.shared.clock.now();
        let own = |text: &str| text.to_owned();
        let mut headers = vec![
            (own("AS2-Version"), own("1.2")),
            (own("AS2-From"), written_name(&as2.our_id)),
            (own("AS2-To"), written_name(&as2.id)),
            (own("Message-ID"), own(message_id)),
            (own("Subject"), as2.subject.chars().filter(|c| !c.is_control()).collect()),
            (own("Date"), date(now)),
            (own("Mime-Version"), own("1.0")),
            (own("EDIINT-Features"), own("multiple-attachments")),
            (own("User-Agent"), own("Entrepot")),
        ];
        headers.extend(packed.headers.iter().map(|(name, value)| (own(name), value.clone())));
        if as2.receipt != ReceiptWish::Off {
            headers.push((own("Disposition-Notification-To"), written_name(&as2.our_id)));
            if as2.receipt_signed {
                let digest = packed.mic.digest;
                let name = if as2.old_digest_names { digest.old_name() } else { digest.name() };
                headers.push((
                    own("Disposition-Notification-Options"),
                    format!(
                        "signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, {name}"
                    ),
                ));
            }
        }
        if let (ReceiptWish::Async, Some(url)) = (as2.receipt, &as2.receipt_url) {
            headers.push((own("Receipt-Delivery-Option"), url.clone()));
        }
        headers
    }

    async fn keep_request(&self, delivery: Uuid, headers: &[(String, String)], body: &Blob) -> Result<(), Undelivered> {
        let text: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let soon = |error: String| ours(error, Again::Soon);
        let body = body.clone().whole(&self.shared.folder).map_err(|error| soon(error.to_string()))?;
        let (content, _held) = match body {
            Whole::Bytes(bytes) => (Content::Bytes(bytes), None),
            Whole::File(path, blob) => (Content::File(path), Some(blob)),
        };
        for (kind, content) in [("headers", Content::Bytes(text.into_bytes())), ("request", content)] {
            let evidence = Evidence { subject: delivery, kind: kind.into(), content };
            self.shared.reception.keep_evidence(evidence).await.map_err(|error| soon(error.to_string()))?;
        }
        Ok(())
    }
}

impl Outlet for Client {
    fn send<'a>(&'a self, parcel: &'a Parcel) -> Promise<'a, Result<Receipt, Undelivered>> {
        Box::pin(self.deliver(parcel))
    }
}

fn ours(reason: String, again: Again) -> Undelivered {
    Undelivered { side: Side::Ours, reason, again }
}

/// The same for every try of one delivery, unless new ones were agreed.
fn message_id(delivery: Uuid, attempts: u32, as2: &As2) -> String {
    let host: String = as2.our_id.chars().filter(|c| c.is_ascii_alphanumeric() || "-._".contains(*c)).collect();
    let host = if host.is_empty() { "entrepot" } else { &host };
    match attempts {
        1.. if as2.new_message_ids => format!("<{delivery}.{attempts}@{host}>"),
        _ => format!("<{delivery}@{host}>"),
    }
}

/// How a partner's server is reached.
///
/// # Errors
/// In words, when the password or our certificate is not there.
pub fn target(shared: &Shared, as2: &As2, url: &str) -> Result<Target, String> {
    let (_, _, is_tls) = http::place(url).map_err(|error| error.to_string())?;
    let tls = if is_tls {
        let certificates = shared.cabinet.current();
        let now = shared.clock.now();
        let ours = match &as2.tls_certificate {
            None => None,
            Some(name) => {
                let held = certificates.in_role(OURS, Role::Tls, now).find(|held| held.name == *name);
                Some(held.ok_or_else(|| format!("we have no certificate {name} in force for the role tls"))?)
            }
        };
        Some(tls::connecting(&as2.tls_pins, ours)?)
    } else {
        None
    };
    let basic = match (&as2.user, &as2.password_file) {
        (Some(user), Some(file)) => {
            let password = std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
            Some((user.clone(), password.trim_end_matches(['\r', '\n']).to_owned()))
        }
        _ => None,
    };
    Ok(Target { url: url.to_owned(), chunked: as2.chunked, expect_continue: as2.expect_continue, basic, tls })
}
