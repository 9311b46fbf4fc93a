//! Bounces: delivery status notifications (RFC 3464) told apart from other mail, and matched to what we sent.

use mail_parser::{Message, MessageParser, MimeHeaders, PartType};
use uuid::Uuid;

/// What a bounce tells about one delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounce {
    /// The delivery it is about, from the Message-ID that we gave it; `None` where it is about something else.
    pub delivery: Option<Uuid>,
    pub news: News,
    /// For a person: the recipient, the status, what the far server said.
    pub words: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    Failed,
    /// Not yet; the server goes on trying.
    Delayed,
    /// Delivered, relayed or expanded.
    Arrived,
}

/// The Message-ID of a delivery's mail: the same at every attempt, so that a repeat is known as one.
pub fn message_id(delivery: Uuid, domain: &str) -> String {
    format!("<{delivery}.delivery@{domain}>")
}

/// The delivery that a Message-ID of ours names.
fn delivery_of(text: &str) -> Option<Uuid> {
    text.match_indices(".delivery@").find_map(|(at, _)| text.get(at.checked_sub(36)?..at)?.parse().ok())
}

/// Reads a bounce. `None` where the mail is something else.
pub fn read(raw: &[u8]) -> Option<Bounce> {
    let mail = MessageParser::default().parse(raw)?;
    let root = mail.parts.first()?;
    let report =
        root.content_type().filter(|kind| kind.subtype().is_some_and(|it| it.eq_ignore_ascii_case("report")))?;
    if !report.attribute("report-type").is_some_and(|kind| kind.eq_ignore_ascii_case("delivery-status")) {
        return None;
    }
    let status = mail.parts.iter().find(|part| is(part, "delivery-status"))?;
    let status = String::from_utf8_lossy(status.contents()).replace("\r\n", "\n");
    let fields = unfolded(&status);
    let field = |name: &str| {
        let found = fields.iter().find(|(of, _)| of.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str()).unwrap_or_default()
    };
    let news = match field("Action").to_ascii_lowercase().as_str() {
        "delayed" => News::Delayed,
        "delivered" | "relayed" | "expanded" => News::Arrived,
        _ => News::Failed,
    };
    let recipient = after_type(field("Final-Recipient"));
    let said = after_type(field("Diagnostic-Code"));
    let words = format!("{recipient}: {} {said}", field("Status"));
    Some(Bounce { delivery: original(&mail), news, words: words.trim_end().chars().take(500).collect() })
}

/// The delivery named by the original mail or its headers, which come along with a bounce.
fn original(mail: &Message<'_>) -> Option<Uuid> {
    mail.parts.iter().find_map(|part| match &part.body {
        PartType::Message(inner) => inner.message_id().and_then(delivery_of),
        _ if is(part, "rfc822-headers") => {
            let headers = String::from_utf8_lossy(part.contents()).into_owned();
            let (_, value) =
                unfolded(&headers).into_iter().find(|(name, _)| name.eq_ignore_ascii_case("Message-ID"))?;
            delivery_of(&value)
        }
        _ => None,
    })
}

fn is(part: &mail_parser::MessagePart<'_>, subtype: &str) -> bool {
    part.content_type().and_then(|kind| kind.subtype()).is_some_and(|it| it.eq_ignore_ascii_case(subtype))
}

/// `Name: value` lines with their folds undone.
fn unfolded(text: &str) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        if line.starts_with([' ', '\t'])
            && let Some((_, value)) = fields.last_mut()
        {
            value.push(' ');
            value.push_str(line.trim());
        } else if let Some((name, value)) = line.split_once(':') {
            fields.push((name.trim().to_owned(), value.trim().to_owned()));
        }
    }
    fields
}

/// `rfc822; a@b` without its type.
fn after_type(value: &str) -> &str {
    value.split_once(';').map_or(value, |(_, rest)| rest.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0193a3f0-0000-7000-8000-000000000001";

    #[test]
    fn bounces() {
        let whole =
            format!("Content-Type: message/rfc822\r\n\r\nFrom: us@house.example\r\nMessage-ID: {}\r\n\r\nx", id());
        let heads = format!("Content-Type: text/rfc822-headers\r\n\r\nMessage-ID:\r\n {}\r\nSubject: x", id());
        let other = "Content-Type: message/rfc822\r\n\r\nMessage-ID: <1@elsewhere.example>\r\n\r\nx";
        check("failed", &whole, Some(true), News::Failed);
        check("failed", &heads, Some(true), News::Failed);
        check("delayed", &heads, Some(true), News::Delayed);
        check("delivered", &heads, Some(true), News::Arrived);
        check("failed", other, Some(false), News::Failed);
    }

    #[test]
    fn other_mail_is_no_bounce() {
        for raw in [
            "From: a@b.example\r\n\r\nhello",
            "From: a@b.example\r\nContent-Type: multipart/report; report-type=disposition-notification; boundary=x\r\n\r\n--x--\r\n",
        ] {
            assert_eq!(read(raw.as_bytes()), None);
        }
    }

    fn id() -> String {
        message_id(ID.parse().unwrap(), "house.example")
    }

    fn check(action: &str, original: &str, is_ours: Option<bool>, news: News) {
        let raw = format!(
            "From: MAILER-DAEMON@mx.example\r\nContent-Type: multipart/report; report-type=delivery-status;\r\n boundary=x\r\n\r\n\
             --x\r\n\r\nSorry.\r\n--x\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n\
             Final-Recipient: rfc822; orders@acme.example\r\nAction: {action}\r\nStatus: 5.1.1\r\n\
             Diagnostic-Code: smtp; 550 5.1.1 no such\r\n user here\r\n--x\r\n{original}\r\n--x--\r\n"
        );
        let bounce = read(raw.as_bytes()).expect("a bounce");
        assert_eq!(Some(bounce.delivery == Some(ID.parse().unwrap())), is_ours, "{bounce:?}");
        assert_eq!(bounce.news, news);
        assert_eq!(bounce.words, "orders@acme.example: 5.1.1 550 5.1.1 no such user here");
    }
}
