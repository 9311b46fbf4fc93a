//! One file as a mail: the headers, the name of the attachment as agreed, and S/MIME around it where that was agreed.

use std::time::{Duration, UNIX_EPOCH};

use jiff::Timestamp;
use lettre::Address;
use lettre::address::Envelope;
use lettre::message::header::{ContentTransferEncoding, ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, Message, MultiPart, SinglePart};

use super::smime::Protection;
use crate::partner::MailTerms;

/// A mail to be.
pub(super) struct Letter<'l> {
    /// Our name and address.
    pub from: (&'l str, &'l str),
    pub terms: &'l MailTerms,
    pub message_id: String,
    pub file_name: &'l str,
    pub now: Timestamp,
}

impl Letter<'_> {
    /// The mail as it leaves, and where it goes.
    ///
    /// # Errors
    /// In words, when an address or a certificate that was agreed on cannot be used.
    pub fn write(&self, bytes: Vec<u8>, protection: &Protection<'_>) -> Result<(Envelope, Vec<u8>), String> {
        let (us, address) = self.from;
        let name = filled(&self.terms.attachment, self.file_name, us);
        let mut builder = Message::builder()
            .from(mailbox(Some(us.to_owned()), address)?)
            .subject(filled(&self.terms.subject, self.file_name, us))
            .date(UNIX_EPOCH + Duration::from_secs(u64::try_from(self.now.as_second()).unwrap_or(0)))
            .message_id(Some(self.message_id.clone()));
        for to in &self.terms.to {
            builder = builder.to(mailbox(None, to)?);
        }
        let kind = if self.terms.media_type == "auto" { media_type(&name) } else { &self.terms.media_type };
        if protection.sign || protection.encrypt {
            let mut message = builder.body(String::new()).map_err(|error| error.to_string())?;
            message.headers_mut().remove_raw("Content-Transfer-Encoding");
            let packed = protection.pack(bytes, kind, &name, &self.message_id, self.now)?;
            let head = format!("{}MIME-Version: 1.0\r\n", message.headers());
            return Ok((message.envelope().clone(), [head.into_bytes(), packed].concat()));
        }
        let kind = ContentType::parse(kind).map_err(|error| format!("{kind}: {error}"))?;
        // Base64 whatever the bytes are: no relay touches line ends in it.
        let body = Body::new_with_encoding(bytes, ContentTransferEncoding::Base64).map_err(|_| "not encodable")?;
        let text = format!("{name} is attached.\r\n");
        let attachment = SinglePart::builder().header(kind).header(Disposition(name)).body(body);
        let parts = MultiPart::mixed().singlepart(SinglePart::plain(text)).singlepart(attachment);
        let message = builder.multipart(parts).map_err(|error| error.to_string())?;
        Ok((message.envelope().clone(), message.formatted()))
    }
}

fn mailbox(name: Option<String>, address: &str) -> Result<Mailbox, String> {
    let address: Address = address.parse().map_err(|error| format!("{address}: {error}"))?;
    Ok(Mailbox::new(name, address))
}

/// The name of an attachment as most of those who read it understand it: in quotes while it is ASCII, however long, and by
/// RFC 2231 where it is not. (lettre cuts long names into pieces, which many do not put together again.)
#[derive(Clone, Debug)]
struct Disposition(String);

impl Header for Disposition {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Content-Disposition")
    }

    fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self(text.to_owned()))
    }

    fn display(&self) -> HeaderValue {
        let is_plain = self.0.bytes().all(|byte| (b' '..0x7F).contains(&byte));
        let value = if is_plain {
            let name = self.0.replace('\\', "\\\\").replace('"', "\\\"");
            format!("attachment;\r\n filename=\"{name}\"")
        } else {
            format!("attachment;\r\n filename*=UTF-8''{}", percent_encoded(&self.0))
        };
        HeaderValue::dangerous_new_pre_encoded(Self::name(), value.clone(), value)
    }
}

/// As RFC 2231, 4 and RFC 5987 want it.
fn percent_encoded(text: &str) -> String {
    let encoded = text.bytes().map(|byte| match byte {
        byte if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    });
    encoded.collect()
}

/// Fills `{file}`, `{stem}`, `{ending}` and `{us}` in.
fn filled(pattern: &str, file: &str, us: &str) -> String {
    let (stem, ending) = file.rsplit_once('.').unwrap_or((file, ""));
    let filled =
        pattern.replace("{file}", file).replace("{stem}", stem).replace("{ending}", ending).replace("{us}", us);
    filled.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// The media type that goes with the ending of a name (RFC 1767, 7303).
fn media_type(name: &str) -> &'static str {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending).to_ascii_lowercase();
    match ending.as_str() {
        "x12" => "application/edi-x12",
        "edifact" => "application/edifact",
        "edi" => "application/edi-consent",
        "xml" => "application/xml",
        "json" => "application/json",
        "pdf" => "application/pdf",
        "zip" => "application/zip",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::super::message::Attachments;
    use super::*;
    use crate::transport::as2::certificates::Certificates;

    #[test]
    fn names_are_as_agreed() {
        for (pattern, file, expected) in [
            ("{file}", "7.edi", "7.edi"),
            ("INVOIC_{stem}.{ending}", "7.edi", "INVOIC_7.edi"),
            ("{us} {file}", "7", "House 7"),
            ("{stem}{ending}", "7", "7"),
            ("{file}", "a\r\nb", "a  b"),
        ] {
            assert_eq!(filled(pattern, file, "House"), expected);
        }
        assert_eq!(media_type("a.XML"), "application/xml");
        assert_eq!(media_type("a"), "application/octet-stream");
    }

    #[test]
    fn a_mail_carries_the_bytes_untouched_under_the_name_agreed() {
        let terms = MailTerms { to: vec!["orders@acme.example".into()], ..MailTerms::default() };
        let bytes = b"ISA*00*\nGS\r\n\x85\xFF".to_vec();
        let long = format!("{}.edi", "a long name ".repeat(12));
        let (certificates, spool) = (Certificates::default(), std::env::temp_dir());
        let plain = Protection {
            sign: false,
            opaque: false,
            encrypt: false,
            partner: "acme",
            certificates: &certificates,
            spool: &spool,
        };
        for name in ["rüge 1.x12", "a \"quoted\" one.edi", &long] {
            let letter = Letter {
                from: ("House", "edi@house.example"),
                terms: &terms,
                message_id: "<1@house.example>".into(),
                file_name: name,
                now: Timestamp::UNIX_EPOCH,
            };
            let (_, raw) = letter.write(bytes.clone(), &plain).unwrap();
            let found = Attachments::of(&raw);
            assert_eq!(found.documents.len(), 1, "{}", String::from_utf8_lossy(&raw));
            assert_eq!((found.documents[0].name.as_str(), &found.documents[0].bytes), (name, &bytes));
            let signed = Protection { sign: true, ..plain };
            assert!(letter.write(bytes.clone(), &signed).is_err(), "there is nothing to sign with");
        }
    }
}
