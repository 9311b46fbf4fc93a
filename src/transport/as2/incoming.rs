//! Receipts that come back, in the answer to a message or by themselves: matched to what was sent, and judged.

use serde_json::{Value, json};
use uuid::Uuid;

use super::blob::Blob;
use super::certificates::Role;
use super::disposition::Said;
use super::door::Shared;
use super::mic::Mic;
use super::mime::{Entity, Headers, parts};
use super::receipt::{self, Received, is_same_id};
use super::request::Request;
use crate::partner::As2;
use crate::ports::{self, Again, Content, Evidence, Note, Side, Undelivered};

/// Messages that were sent and wait for a receipt by itself.
pub const SENT: &str = "as2-sent";

/// Why a receipt was not taken.
#[derive(Debug)]
pub enum NotTaken {
    /// It answers nothing that this partner owes an answer to. Nothing is done, and nothing is said.
    Unknown,
    Later(String),
}

impl From<ports::NotTaken> for NotTaken {
    fn from(error: ports::NotTaken) -> Self {
        Self::Later(error.to_string())
    }
}

/// What a sent message expects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    pub message_id: String,
    pub mic: Mic,
    pub must_be_signed: bool,
}

/// Whether a request is a receipt and not a message: nobody answers a receipt.
pub fn is_receipt(headers: &Headers, body: &Blob) -> bool {
    let content_type = headers.content_type();
    match content_type.value.as_str() {
        "multipart/report" => true,
        "multipart/signed" => {
            let first = content_type.parameter("boundary").and_then(|boundary| {
                let found = parts(body, &boundary).ok()?;
                Entity::read(found.parts.first()?).ok()?
            });
            first.is_some_and(|entity| entity.headers.content_type().value == "multipart/report")
        }
        _ => false,
    }
}

/// Judges a receipt: positive, signed where it must be, about this message and these bytes. `sent` is what the MIC is
/// over, where it is at hand, for explaining a difference.
///
/// # Errors
/// Why the delivery failed. A person decides: sending again could make it arrive twice.
pub fn judge(received: &Received, expected: &Expected, sent: Option<&Blob>) -> Result<Value, Undelivered> {
    let failed = |reason: String| Undelivered { side: Side::Partner, reason, again: Again::Never };
    let said = json!({
        "disposition": received.disposition,
        "mic": received.mic.as_ref().map(|mic| mic.written(false)),
        "our_mic": expected.mic.written(false),
        "signed_by": received.signed_by,
        "message_id": expected.message_id,
    });
    if let Some(id) = &received.original_message_id
        && !is_same_id(id, &expected.message_id)
    {
        return Err(failed(format!("the receipt answers another message, {id}")));
    }
    if let Said::Negative(words) = &received.said {
        let text = if received.text.is_empty() { String::new() } else { format!(" ({})", received.text) };
        return Err(failed(format!("negative receipt: the partner says {words}{text}{}", advice(words))));
    }
    if expected.must_be_signed && !received.is_signed {
        return Err(failed("the receipt is not signed, and a signed one was asked for".into()));
    }
    match &received.mic {
        Some(mic) if *mic == expected.mic => Ok(said),
        Some(mic) => {
            let words = sent.and_then(|sent| super::explain::mic_differs(sent, &expected.mic, mic).ok());
            let plain = || format!("the partner's MIC is {}, ours {}", mic.written(false), expected.mic.written(false));
            Err(failed(format!("the MIC does not match: {}", words.unwrap_or_else(plain))))
        }
        // A warning for a duplicate may come without: the first receipt had it.
        None if matches!(received.said, Said::Warning(_)) || !expected.must_be_signed => Ok(said),
        None => Err(failed("the receipt has no MIC, so it proves nothing of what arrived".into())),
    }
}

/// What is noted before a message leaves that gets its receipt later.
pub fn note(delivery: Uuid, partner: &str, expected: &Expected) -> Note {
    let value = json!({
        "delivery": delivery,
        "partner": partner,
        "mic": expected.mic.written(false),
        "must_be_signed": expected.must_be_signed,
        "settled": false,
    });
    Note::new(SENT, bare(&expected.message_id), value)
}

/// Takes a receipt that came by itself.
///
/// # Errors
/// When it answers nothing, or could not be noted now.
pub async fn take(
    shared: &Shared,
    request: &Request,
    headers: &Headers,
    body: &Blob,
    partner: Option<&(String, As2)>,
) -> Result<(), NotTaken> {
    let Some((partner, _)) = partner else {
        tracing::warn!(from = request.from, "as2: a receipt from nobody we know");
        return Err(NotTaken::Unknown);
    };
    let certificates = shared.cabinet.current();
    let now = shared.clock.now();
    let theirs: Vec<_> =
        certificates.in_role(partner, Role::VerifyReceipt, now).map(|held| &held.certificate).collect();
    let received = match receipt::read(headers, body, &theirs, &shared.folder) {
        Ok(received) => received,
        Err(receipt::NotReceived::Ours(error)) => return Err(NotTaken::Later(error.to_string())),
        Err(why) => {
            tracing::warn!(partner, %why, "as2: a receipt that cannot be used");
            return Err(NotTaken::Unknown);
        }
    };
    let Some(id) = received.original_message_id.as_deref().map(bare) else { return Err(NotTaken::Unknown) };
    let pending = shared.reception.recall(SENT, &id).await?;
    let field = |name: &str| pending.as_ref().and_then(|pending| pending.get(name)).and_then(Value::as_str);
    let (Some(delivery), Some(mic)) =
        (field("delivery").and_then(|id| id.parse::<Uuid>().ok()), field("mic").and_then(Mic::read))
    else {
        tracing::warn!(partner, id, "as2: a receipt for a message that was not sent");
        return Err(NotTaken::Unknown);
    };
    let flag =
        |name: &str| pending.as_ref().and_then(|pending| pending.get(name)).and_then(Value::as_bool) == Some(true);
    if field("partner") != Some(partner.as_str()) || flag("settled") {
        tracing::warn!(partner, id, "as2: a receipt that nobody waits for");
        return Err(NotTaken::Unknown);
    }
    let expected = Expected { message_id: format!("<{id}>"), mic, must_be_signed: flag("must_be_signed") };
    // What is unsigned though it must not be is no answer at all: anybody could have sent it.
    if expected.must_be_signed && !received.is_signed {
        tracing::warn!(partner, id, "as2: an unsigned receipt where a signed one is due");
        return Err(NotTaken::Unknown);
    }
    let content = Content::Bytes(body.bytes().map_err(|error| NotTaken::Later(error.to_string()))?);
    shared.reception.keep_evidence(Evidence { subject: delivery, kind: "mdn".into(), content }).await?;
    let outcome = judge(&received, &expected, None);
    tracing::info!(partner, id, positive = outcome.is_ok(), "as2: a receipt came");
    shared.reception.outcome(delivery, outcome).await?;
    let mut settled = note(delivery, partner, &expected);
    settled.value["settled"] = Value::Bool(true);
    shared.reception.remember(vec![settled]).await?;
    Ok(())
}

fn bare(id: &str) -> String {
    id.trim().trim_start_matches('<').trim_end_matches('>').to_owned()
}

/// What a refusal most often comes from, for whoever must put it right.
fn advice(words: &str) -> &'static str {
    const KNOWN: &[(&str, &str)] = &[
        ("unknown-trading", "; compare as2.id and as2.our_id with the names the partner has, letter by letter"),
        (
            "authentication-failed",
            "; it may not have the certificate we sign with: `entrepot partner cert export us NAME`",
        ),
        ("decryption-failed", "; it may not open the certificate we encrypt for: ask for the one in force"),
        ("insufficient-message-security", "; it wants more than was agreed: see as2.sign and as2.encrypt"),
        ("unsupported mic", "; it cannot work with the digest of as2.sign"),
    ];
    let lower = words.to_lowercase();
    KNOWN.iter().find(|(part, _)| lower.contains(part)).map_or("", |(_, advice)| advice)
}

#[cfg(test)]
mod tests {
    use super::super::cms::Digest;
    use super::*;

    #[test]
    fn receipts_are_judged() {
        let sent = Blob::from(b"a\r\nb".to_vec());
        let mic = Mic::of(&sent, Digest::Sha256).unwrap();
        let expected = Expected { message_id: "<1@us>".into(), mic: mic.clone(), must_be_signed: true };
        let good = Received {
            said: Said::Processed,
            disposition: "x; processed".into(),
            original_message_id: Some("1@us".into()),
            mic: Some(mic.clone()),
            text: "hello".into(),
            is_signed: true,
            signed_by: None,
        };
        let judged =
            |received: &Received| judge(received, &expected, Some(&sent)).map(|_| ()).map_err(|failed| failed.reason);
        assert_eq!(judged(&good), Ok(()));
        let other_form = Mic::of(&b"a\nb".to_vec().into(), Digest::Sha256).unwrap();
        for (received, words) in [
            (Received { said: Said::Negative("error: x".into()), ..good.clone() }, "the partner says error: x (hello)"),
            (Received { is_signed: false, ..good.clone() }, "not signed"),
            (Received { original_message_id: Some("2@us".into()), ..good.clone() }, "another message"),
            (Received { mic: None, ..good.clone() }, "has no MIC"),
            (Received { mic: Some(other_form), ..good.clone() }, "with bare line feeds"),
            (
                Received { mic: Some(Mic { value: vec![0; 32], ..mic.clone() }), ..good.clone() },
                "other bytes than we sent",
            ),
            (
                Received { mic: Some(Mic { digest: Digest::Sha1, value: Digest::Sha1.of(b"a\r\nb") }), ..good.clone() },
                "the same bytes by another digest",
            ),
        ] {
            let told = judged(&received).unwrap_err();
            assert!(told.contains(words), "{told}");
        }
        let warning = Received { said: Said::Warning("duplicate".into()), mic: None, ..good };
        assert_eq!(judged(&warning), Ok(()));
    }
}
