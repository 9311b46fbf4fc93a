//! What a partner is told by mail about attachments that were not taken. Never to a machine, never too often.

use std::fmt::Write as _;

use lettre::message::header::{ContentType, HeaderName, HeaderValue, MIME_VERSION_1_0};
use lettre::message::{Mailbox, Message};
use uuid::Uuid;

use super::message::{Mail, Refused};

/// Why no reply goes out, or nothing.
///
/// RFC 3834, 2 and 3.1: nothing that a machine sent is answered, nor what came without a way back or from ourselves.
pub fn forbidden(mail: &Mail, return_path: Option<&str>, to: &str, ours: &str) -> Option<&'static str> {
    if mail.automatic.is_some() {
        return mail.automatic;
    }
    let is_nobody = ["noreply@", "no-reply@", "do-not-reply@", "donotreply@"].iter().any(|start| to.starts_with(start));
    match return_path {
        Some("") => Some("it has no way back (MAIL FROM:<>)"),
        _ if to.eq_ignore_ascii_case(ours) => Some("it came from ourselves"),
        _ if is_nobody => Some("nobody reads answers at that address"),
        _ => None,
    }
}

/// The words of a reply: each attachment with what became of it.
pub fn words(mail: &Mail, taken: &[String], refused: &[Refused]) -> String {
    let mut text = String::new();
    let subject = subject_of(mail);
    let _ = match &mail.message_id {
        Some(id) => writeln!(text, "About your mail \"{subject}\" ({id}):\n"),
        None => writeln!(text, "About your mail \"{subject}\":\n"),
    };
    text.push_str("Not taken:\n");
    for one in refused {
        let _ = writeln!(text, "  {}: {}", one.name, one.why);
    }
    if !taken.is_empty() {
        text.push_str("\nTaken:\n");
        for name in taken {
            let _ = writeln!(text, "  {name}");
        }
    }
    text.push_str(
        "\nPlease send again what was not taken, once it is put right. This answer was written by a machine.\n",
    );
    text
}

/// The reply as a mail; its envelope has no way back, so that nothing can answer it.
///
/// # Errors
/// When an address cannot stand in a header.
pub fn compose(mail: &Mail, ours: &str, to: &str, text: String) -> Result<Message, String> {
    let mailbox = |address: &str| -> Result<Mailbox, String> {
        let address = address.parse().map_err(|error| format!("{address}: {error}"))?;
        Ok(Mailbox::new(None, address))
    };
    let domain = ours.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
    let mut builder = Message::builder()
        .from(mailbox(ours)?)
        .to(mailbox(to)?)
        .subject(format!("Not taken: {}", subject_of(mail)))
        .message_id(Some(format!("<{}.reply@{domain}>", Uuid::now_v7())))
        .header(MIME_VERSION_1_0)
        .header(ContentType::TEXT_PLAIN);
    if let Some(id) = &mail.message_id {
        builder = builder.in_reply_to(id.clone()).references(id.clone());
    }
    let mut message = builder.body(text).map_err(|error| error.to_string())?;
    for (name, value) in [("Auto-Submitted", "auto-replied"), ("X-Auto-Response-Suppress", "All")] {
        message.headers_mut().insert_raw(HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned()));
    }
    Ok(message)
}

/// The subject as one line that fits.
fn subject_of(mail: &Mail) -> String {
    mail.subject.chars().filter(|c| !c.is_control()).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guards_against_loops() {
        let plain = Mail::default();
        let automatic = Mail { automatic: Some("it came over a mailing list"), ..Mail::default() };
        for (mail, path, to, forbidden_at_all) in [
            (&plain, Some("a@b.example"), "a@b.example", false),
            (&plain, None, "a@b.example", false),
            (&plain, Some(""), "a@b.example", true),
            (&plain, None, "edi@house.example", true),
            (&plain, None, "noreply@b.example", true),
            (&automatic, None, "a@b.example", true),
        ] {
            assert_eq!(forbidden(mail, path, to, "EDI@house.example").is_some(), forbidden_at_all, "{path:?} {to}");
        }
    }

    #[test]
    fn a_reply_names_each_attachment_and_cannot_be_answered() {
        let mail = Mail {
            subject: "orders\r\nBcc: all@example.com".into(),
            message_id: Some("<1@acme.example>".into()),
            ..Mail::default()
        };
        let refused = [Refused { name: "a.doc".into(), why: "it is neither EDI nor XML".into() }];
        let text = words(&mail, &["b.edi".into()], &refused);
        let message = compose(&mail, "edi@house.example", "orders@acme.example", text).unwrap();
        let message = String::from_utf8(message.formatted()).unwrap();
        for line in ["Auto-Submitted: auto-replied", "In-Reply-To: <1@acme.example>", "To: orders@acme.example"] {
            assert!(message.contains(&format!("{line}\r\n")), "{line}\n{message}");
        }
        assert!(message.contains("a.doc: it is neither EDI nor XML") && message.contains("  b.edi"), "{message}");
        assert!(!message.contains("\nBcc:"), "{message}");
    }
}
