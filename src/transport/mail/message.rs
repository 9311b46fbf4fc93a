//! A mail as the door sees it: who says to have sent it, for whom, and which attachments are documents.

use mail_parser::{Address, HeaderValue, MessageParser};

use crate::wire::parcel::{ParcelLimits, Part, unpack_mail};
use crate::wire::sniff::{Looks, looks_like};

/// How a mail came, where a server of ours took it in itself; a mailbox elsewhere does not tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    pub client: std::net::IpAddr,
    pub helo: String,
    /// `MAIL FROM`; empty for the null path.
    pub sender: String,
    pub recipients: Vec<String>,
}

/// What a mail says about itself. Nothing of it is proved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mail {
    /// Every address in every From field.
    pub from: Vec<String>,
    /// With its angle brackets.
    pub message_id: Option<String>,
    pub subject: String,
    /// From To, Cc, Delivered-To and X-Original-To.
    pub recipients: Vec<String>,
    /// Why a machine must not answer it; `None` where a person may have written it.
    pub automatic: Option<&'static str>,
}

/// What was attached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attachments {
    /// Each a document of its own, by its name: `orders.zip/acme.edi`.
    pub documents: Vec<Part>,
    /// What was attached and is no document we take, and why.
    pub refused: Vec<Refused>,
}

/// An attachment that is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub name: String,
    pub why: String,
}

/// What attachments may unfold to: a zip in a mail, and one in that.
const LIMITS: ParcelLimits =
    ParcelLimits { parts_max: 200, part_bytes_max: 128 << 20, total_bytes_max: 256 << 20, depth_max: 3 };

impl Mail {
    /// Reads the headers. `None` where there are none.
    pub fn read(raw: &[u8]) -> Option<Self> {
        let mail = MessageParser::default().parse_headers(raw)?;
        let mut read = Self { subject: mail.subject().unwrap_or_default().to_owned(), ..Self::default() };
        read.message_id = mail.message_id().map(|id| format!("<{id}>"));
        for header in mail.headers() {
            let name = header.name.as_str();
            let is = |wanted: &str| name.eq_ignore_ascii_case(wanted);
            match &header.value {
                HeaderValue::Address(address) if is("From") => addresses(address, &mut read.from),
                HeaderValue::Address(address) if is("To") || is("Cc") => addresses(address, &mut read.recipients),
                // A From that cannot be read is one more sender, and nobody's.
                _ if is("From") => read.from.push(String::new()),
                value if is("Delivered-To") || is("X-Original-To") => {
                    read.recipients.extend(value.as_text().map(|text| text.trim().to_ascii_lowercase()));
                }
                value => {
                    read.automatic = read.automatic.or_else(|| automatic(name, value.as_text().unwrap_or_default()))
                }
            }
        }
        if read.from.iter().any(|from| from.starts_with("mailer-daemon@") || from.starts_with("postmaster@")) {
            read.automatic = read.automatic.or(Some("a mail system wrote it"));
        }
        Some(read)
    }
}

/// Marks of mail that no person waits behind (RFC 3834, 2; RFC 2369, 2919).
fn automatic(name: &str, value: &str) -> Option<&'static str> {
    let value = value.trim().to_ascii_lowercase();
    let name = name.to_ascii_lowercase();
    match name.as_str() {
        "auto-submitted" if value != "no" => Some("it was sent automatically (Auto-Submitted)"),
        "precedence" if matches!(value.as_str(), "bulk" | "list" | "junk") => Some("it went to many (Precedence)"),
        "x-auto-response-suppress" if value != "none" => Some("its sender wants no automatic answer"),
        "return-path" if value.trim_matches(['<', '>']).is_empty() => Some("it has no way back (Return-Path: <>)"),
        _ if name.starts_with("list-") => Some("it came over a mailing list"),
        _ => None,
    }
}

fn addresses(found: &Address<'_>, out: &mut Vec<String>) {
    out.extend(found.iter().map(|one| one.address().unwrap_or_default().trim().to_ascii_lowercase()));
}

impl Attachments {
    /// Takes a mail apart.
    pub fn of(raw: &[u8]) -> Self {
        let unpacked = unpack_mail(raw, LIMITS);
        let mut found = Self::default();
        for part in unpacked.parts {
            let name = safe(&part.name);
            match unwanted(&part.bytes) {
                None => found.documents.push(Part { name, bytes: part.bytes }),
                Some(why) => found.refused.push(Refused { name, why: why.to_owned() }),
            }
        }
        for refused in unpacked.refused {
            let (name, why) = refused.split_once(": ").unwrap_or((&refused, "not taken"));
            found.refused.push(Refused { name: safe(name), why: why.to_owned() });
        }
        found
    }
}

/// Why an attachment is no document.
fn unwanted(bytes: &[u8]) -> Option<&'static str> {
    let start = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii_start();
    let begins = |word: &str| start.len() >= word.len() && start[..word.len()].eq_ignore_ascii_case(word.as_bytes());
    if start.is_empty() {
        return Some("it is empty");
    }
    match looks_like(bytes) {
        Looks::Xml if begins("<html") || begins("<!doctype html") => Some("it is a web page, not a document"),
        Looks::Segments if !["ISA", "UNA", "UNB", "UNH", "UNG"].iter().any(|tag| begins(tag)) => {
            Some("it is neither EDI (X12, EDIFACT) nor XML, a zip or a PDF with an invoice in it")
        }
        _ => None,
    }
}

/// A name for people and folders: no control characters, nothing hidden, not too long.
fn safe(name: &str) -> String {
    let shown: String = name.trim_start_matches('/').chars().map(|c| if c.is_control() { '_' } else { c }).collect();
    let kept: String = shown.split('/').filter(|part| !matches!(*part, "" | "." | "..")).collect::<Vec<_>>().join("/");
    let name: String = kept.replace('\\', "_").chars().take(200).collect();
    if name.is_empty() { "nameless".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers() {
        let raw = b"From: \"Acme, Orders\" <Orders@Acme.example>\r\nTo: EDI <orders+s3cret@house.example>\r\n\
            Subject: =?utf-8?q?an_=C3=BCber_order?=\r\nMessage-ID: <1@acme.example>\r\n\r\nhello";
        let mail = Mail::read(raw).unwrap();
        assert_eq!(mail.from, ["orders@acme.example"]);
        assert_eq!(mail.recipients, ["orders+s3cret@house.example"]);
        assert_eq!((mail.subject.as_str(), mail.message_id.as_deref()), ("an über order", Some("<1@acme.example>")));
        assert_eq!(mail.automatic, None);
        let two = Mail::read(b"From: a@b.example\r\nFrom: c@d.example, e@f.example\r\n\r\n").unwrap();
        assert_eq!(two.from, ["a@b.example", "c@d.example", "e@f.example"]);
    }

    #[test]
    fn no_machine_answers_a_machine() {
        for (header, is_automatic) in [
            ("Auto-Submitted: auto-replied", true),
            ("Auto-Submitted: no", false),
            ("Precedence: bulk", true),
            ("Precedence: first-class", false),
            ("List-Id: <orders.acme.example>", true),
            ("List-Unsubscribe: <mailto:x@acme.example>", true),
            ("X-Auto-Response-Suppress: All", true),
            ("Return-Path: <>", true),
            ("Return-Path: <orders@acme.example>", false),
            ("X-Mailer: hand", false),
        ] {
            let raw = format!("{header}\r\nFrom: a@b.example\r\n\r\nhello");
            let mail = Mail::read(raw.as_bytes()).unwrap();
            assert_eq!(mail.automatic.is_some(), is_automatic, "{header}");
        }
        let daemon = Mail::read(b"From: MAILER-DAEMON@b.example\r\n\r\n").unwrap();
        assert!(daemon.automatic.is_some());
    }

    #[test]
    fn attachments_that_are_documents_and_others() {
        let parts = [
            ("order.edi", "ISA*00*", None),
            ("invoice.xml", "<Invoice/>", None),
            ("../../etc/passwd", "UNB+UNOC:3'", None),
            ("empty.edi", "", Some("it is empty")),
            ("page.html", "<!DOCTYPE html><html/>", Some("it is a web page, not a document")),
            ("terms.txt", "our terms are", Some("it is neither EDI")),
            ("broken.zip", "PK\x03\x04", Some("not a readable zip")),
        ];
        let mut raw = "From: a@b.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n".to_owned();
        for (name, content, _) in parts {
            raw += &format!("--x\r\nContent-Type: application/octet-stream; name=\"{name}\"\r\n\r\n{content}\r\n");
        }
        let found = Attachments::of((raw + "--x--\r\n").as_bytes());
        let names: Vec<&str> = found.documents.iter().map(|part| part.name.as_str()).collect();
        assert_eq!(names, ["order.edi", "invoice.xml", "etc/passwd"]);
        for (name, _, why) in parts.iter().filter(|(_, _, why)| why.is_some()) {
            let refused =
                found.refused.iter().find(|refused| refused.name == *name).unwrap_or_else(|| panic!("{name}"));
            assert!(refused.why.starts_with(why.unwrap()), "{refused:?}");
        }
    }
}
