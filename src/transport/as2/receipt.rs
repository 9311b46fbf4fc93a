//! The receipt (MDN, RFC 8098 and RFC 4130 section 7): composed and signed, and read as leniently as partners write it.

use std::path::Path;

use jiff::Timestamp;

use super::blob::{Blob, Spool};
use super::cms::signed::Signing;
use super::cms::{Certificate, Digest, Fault, SignedData};
use super::disposition::{Disposition, Said};
use super::mic::Mic;
use super::mime::{Entity, Headers, parts};
use super::pack::write_signed;

/// What a receipt of ours says.
#[derive(Clone, Debug)]
pub struct Report<'a> {
    /// Our AS2 name: who received the message.
    pub recipient: &'a str,
    pub original_message_id: &'a str,
    pub disposition: Disposition,
    pub mic: Option<&'a Mic>,
    /// As the partner wrote the name of the digest.
    pub old_digest_names: bool,
}

/// A receipt as bytes: headers that describe the body, and the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    pub content_type: String,
    pub body: Vec<u8>,
}

impl Report<'_> {
    /// Writes the receipt, signed where a signer is given.
    ///
    /// # Errors
    /// When the key does not sign.
    pub fn write(&self, signing: Option<&Signing<'_>>, seed: &str, now: Timestamp) -> Result<Written, Fault> {
        let hex: String = Digest::Sha256.of(seed.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        let boundary = format!("----{}", &hex[..32]);
        let mut fields = format!(
            "Reporting-UA: Entrepot\r\nOriginal-Recipient: rfc822; {0}\r\nFinal-Recipient: rfc822; {0}\r\n\
             Original-Message-ID: {1}\r\nDisposition: {2}\r\n",
            self.recipient, self.original_message_id, self.disposition
        );
        if let Some(mic) = self.mic {
            fields.push_str(&format!("Received-Content-MIC: {}\r\n", mic.written(self.old_digest_names)));
        }
        let report_type = format!("multipart/report; report-type=disposition-notification; boundary=\"{boundary}\"");
        let body = format!(
            "--{boundary}\r\nContent-Type: text/plain; charset=us-ascii\r\nContent-Transfer-Encoding: 7bit\r\n\r\n{}\r\n\
             --{boundary}\r\nContent-Type: message/disposition-notification\r\nContent-Transfer-Encoding: 7bit\r\n\r\n{fields}\r\n\
             --{boundary}--\r\n",
            self.words()
        );
        let Some(signing) = signing else { return Ok(Written { content_type: report_type, body: body.into_bytes() }) };
        let content = Blob::from(format!("Content-Type: {report_type}\r\n\r\n{body}").into_bytes());
        let digest = Mic::of(&content, signing.digest).map_err(Fault::Io)?;
        let signature = signing.sign(&digest.value, now)?;
        let mut out = Vec::new();
        let outer = format!("----{}", &hex[32..]);
        let content_type =
            write_signed(&mut out, &content, &signature, (signing.digest, self.old_digest_names), &outer)
                .map_err(Fault::Io)?;
        Ok(Written { content_type, body: out })
    }

    /// For the person at the other end.
    fn words(&self) -> &'static str {
        match self.disposition {
            Disposition::Processed => {
                "The message was received, and its content is stored. This is no acceptance of what it says."
            }
            Disposition::Duplicate => "The message was received before and was not taken again.",
            Disposition::Error(_) => {
                "The message was received, but could not be taken. Nothing of it was stored as a document."
            }
            Disposition::Failure(_) => {
                "The message was not taken, because the receipt that it asks for cannot be given."
            }
        }
    }
}

/// A receipt that came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    pub said: Said,
    /// The disposition as it stands.
    pub disposition: String,
    pub original_message_id: Option<String>,
    pub mic: Option<Mic>,
    /// What the partner's software tells people.
    pub text: String,
    pub is_signed: bool,
    /// The certificate of the partner that it is signed by.
    pub signed_by: Option<String>,
}

/// Why a receipt is worth nothing.
#[derive(Debug, thiserror::Error)]
pub enum NotReceived {
    #[error("the answer holds no receipt (MDN)")]
    None,
    #[error("the signature of the receipt does not hold: {0}")]
    Signature(String),
    #[error(transparent)]
    Ours(#[from] std::io::Error),
}

/// Reads a receipt and judges its signature by the partner's certificates.
///
/// # Errors
/// When there is none in it, or its signature does not hold.
pub fn read(headers: &Headers, body: &Blob, theirs: &[&Certificate], folder: &Path) -> Result<Received, NotReceived> {
    let entity = Entity { headers: headers.clone(), whole: body.clone(), body: body.clone() };
    let content_type = entity.headers.content_type();
    if content_type.value != "multipart/signed" {
        return report(&entity, folder);
    }
    let boundary = content_type.parameter("boundary").ok_or(NotReceived::None)?;
    let found = parts(&entity.body, &boundary)?;
    let [content, signature] = found.parts.as_slice() else { return Err(NotReceived::None) };
    let signature = Entity::read(signature)?.ok_or(NotReceived::None)?;
    let bytes = signature.decoded(true, Spool::new(folder).at_most(1 << 20))?;
    let signed = SignedData::read(bytes.reader()).map_err(|fault| NotReceived::Signature(fault.to_string()))?;
    let holds = |mic: Mic| theirs.iter().find(|certificate| signed.signer.verify(certificate, &mic.value).is_ok());
    let by = match holds(Mic::of(content, signed.signer.digest)?) {
        Some(certificate) => Some(certificate),
        None => holds(Mic::of_canonical(content, signed.signer.digest)?),
    };
    let Some(certificate) = by else {
        let diagnosis = super::explain::diagnose(&signed, content, theirs)?;
        return Err(NotReceived::Signature(diagnosis.words()));
    };
    let inner = Entity::read(content)?.ok_or(NotReceived::None)?;
    Ok(Received { is_signed: true, signed_by: Some(certificate.fingerprint()), ..report(&inner, folder)? })
}

fn report(entity: &Entity, folder: &Path) -> Result<Received, NotReceived> {
    let content_type = entity.headers.content_type();
    let boundary = content_type.parameter("boundary").ok_or(NotReceived::None)?;
    let mut text = String::new();
    let mut fields = None;
    for part in parts(&entity.body, &boundary)?.parts {
        let Some(part) = Entity::read(&part)? else { continue };
        let kind = part.headers.content_type().value;
        let body = part.decoded(false, Spool::new(folder).at_most(1 << 20))?.peek(0, 64 << 10)?;
        match kind.as_str() {
            "message/disposition-notification" => fields = Some(body),
            "text/plain" if text.is_empty() => {
                text = String::from_utf8_lossy(&body).trim().chars().take(2000).collect()
            }
            _ => {}
        }
    }
    let fields = Blob::from([fields.ok_or(NotReceived::None)?, b"\r\n\r\n".to_vec()].concat());
    let fields = Entity::read(&fields)?.ok_or(NotReceived::None)?.headers;
    let disposition = fields.get("disposition").ok_or(NotReceived::None)?.to_owned();
    Ok(Received {
        said: Said::read(&disposition),
        disposition,
        original_message_id: fields.get("original-message-id").map(str::to_owned),
        mic: fields.get("received-content-mic").and_then(Mic::read),
        text,
        is_signed: false,
        signed_by: None,
    })
}

/// Message ids are compared without their angle brackets.
pub fn is_same_id(one: &str, other: &str) -> bool {
    let bare = |id: &str| id.trim().trim_start_matches('<').trim_end_matches('>').to_owned();
    bare(one) == bare(other)
}

#[cfg(test)]
mod tests {
    use super::super::cms::tests::{identity, noon};
    use super::super::disposition::Modifier;
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        let mic = Mic { digest: Digest::Sha256, value: vec![1; 32] };
        for is_signed in [false, true] {
            for disposition in
                [Disposition::Processed, Disposition::Duplicate, Disposition::Error(Modifier::DecryptionFailed)]
            {
                let written = written(disposition, Some(&mic), is_signed);
                let received = read_back(&written, "us").unwrap();
                assert_eq!((received.is_signed, received.mic.as_ref()), (is_signed, Some(&mic)));
                assert_eq!(received.said, Said::read(&disposition.to_string()));
                assert!(is_same_id(received.original_message_id.as_deref().unwrap(), "1@them"));
            }
        }
    }

    #[test]
    fn a_receipt_signed_by_another_is_none() {
        let written = written(Disposition::Processed, None, true);
        assert!(matches!(read_back(&written, "stranger"), Err(NotReceived::Signature(_))));
    }

    #[test]
    fn partners_receipts_are_read_leniently() {
        let text = "--b\nContent-Type: text/plain\n\nhello\n--b\nContent-Type: message/disposition-notification\n\n\
                    Reporting-UA: X\nFinal-Recipient: us\nOriginal-Message-ID: 1@them\n\
                    Disposition: automatic-action/MDN-sent-automatically;\n Processed/Error: authentication-failed\n--b--\n";
        let headers = Headers(vec![("content-type".into(), "multipart/report; boundary=b".into())]);
        let received = read(&headers, &text.as_bytes().to_vec().into(), &[], Path::new("nowhere")).unwrap();
        assert_eq!(received.said, Said::Negative("Processed/Error: authentication-failed".into()));
        assert_eq!((received.text.as_str(), received.mic), ("hello", None));
        let empty = read(&Headers::default(), &Vec::new().into(), &[], Path::new("nowhere"));
        assert!(matches!(empty, Err(NotReceived::None)));
    }

    fn written(disposition: Disposition, mic: Option<&Mic>, is_signed: bool) -> Written {
        let us = identity("us");
        let signing = Signing {
            certificate: &us.0,
            key: &us.1,
            digest: Digest::Sha256,
            pss: false,
            algorithm_protection: true,
            embed_certificate: true,
        };
        let report =
            Report { recipient: "US", original_message_id: "<1@them>", disposition, mic, old_digest_names: false };
        report.write(is_signed.then_some(&signing), "seed", noon()).unwrap()
    }

    fn read_back(written: &Written, by: &str) -> Result<Received, NotReceived> {
        let headers = Headers(vec![("Content-Type".into(), written.content_type.clone())]);
        read(&headers, &written.body.clone().into(), &[&identity(by).0], Path::new("nowhere"))
    }
}
