//! Which parts of a mail are meant as documents: attachments under any disguise of their names, not logos and signatures.

use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::quoted_printable::quoted_printable_decode;
use mail_parser::{Encoding, Message, MessagePart, MimeHeaders, PartType};

use super::Part;

/// What the parts of a mail hold that may be documents, in their order, with the bytes as the sender had them.
///
/// Left out are the words of the mail, images and sounds, signatures, calendar entries and cards, and what a bounce tells.
/// A document pasted as the words of the mail is `body`, where nothing is attached and it begins like one.
pub(super) fn documents(mail: &Message<'_>) -> Vec<Part> {
    let mut found = Vec::new();
    for (index, part) in mail.parts.iter().enumerate() {
        match &part.body {
            PartType::Multipart(_) => {}
            PartType::Message(inner) => {
                let name = name_of(part).unwrap_or_else(|| format!("mail-{}.eml", index + 1));
                let raw = match part.encoding {
                    Encoding::None => mail.raw_message.get(part.offset_body as usize..part.offset_end as usize),
                    _ => Some(inner.raw_message.as_ref()),
                };
                found.push(Part { name, bytes: raw.unwrap_or_default().to_vec() });
            }
            _ if is_meant(part) => {
                let name = name_of(part).unwrap_or_else(|| format!("part-{}", index + 1));
                found.push(Part { name, bytes: bytes_of(mail, part) });
            }
            _ => {}
        }
    }
    if found.is_empty()
        && let Some(body) = mail.body_text(0)
        && ["ISA", "UNA", "UNB", "UNH"].iter().any(|tag| body.trim_start().starts_with(tag))
    {
        found.push(Part { name: "body".into(), bytes: body.trim_start().as_bytes().to_vec() });
    }
    found
}

/// Whether a part is an attachment that a partner means.
fn is_meant(part: &MessagePart<'_>) -> bool {
    let (kind, detail) = match part.content_type() {
        Some(of) => (of.ctype().to_ascii_lowercase(), of.subtype().unwrap_or_default().to_ascii_lowercase()),
        None => ("text".into(), "plain".into()),
    };
    let is_attached =
        part.content_disposition().is_some_and(|it| it.is_attachment()) || part.attachment_name().is_some();
    match kind.as_str() {
        "image" | "audio" | "video" | "font" | "message" => false,
        "text" => is_attached && !matches!(detail.as_str(), "calendar" | "vcard" | "x-vcard" | "rfc822-headers"),
        "application" => {
            !matches!(detail.as_str(), "pgp-signature" | "pkcs7-signature" | "x-pkcs7-signature" | "ics" | "ms-tnef")
        }
        _ => true,
    }
}

/// The name of an attachment. Some mailers write an encoded word with no space around it, or twice over.
fn name_of(part: &MessagePart<'_>) -> Option<String> {
    let name = part.attachment_name()?.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

/// The bytes that the sender attached. The parser turns text into UTF-8; a document keeps the charset it declares itself.
fn bytes_of(mail: &Message<'_>, part: &MessagePart<'_>) -> Vec<u8> {
    if !matches!(part.body, PartType::Text(_) | PartType::Html(_)) {
        return part.contents().to_vec();
    }
    let raw = mail.raw_message.get(part.offset_body as usize..part.offset_end as usize).unwrap_or_default();
    let decoded = match part.encoding {
        Encoding::None => Some(raw.to_vec()),
        Encoding::Base64 => base64_decode(raw),
        Encoding::QuotedPrintable => quoted_printable_decode(raw),
    };
    decoded.unwrap_or_else(|| part.contents().to_vec())
}

#[cfg(test)]
mod tests {
    use mail_parser::MessageParser;

    use super::*;

    #[test]
    fn names_in_every_disguise() {
        for (headers, name) in [
            ("Content-Disposition: attachment; filename=order.edi", "order.edi"),
            ("Content-Disposition: attachment; filename=\"order one.edi\"", "order one.edi"),
            ("Content-Disposition: attachment; filename*=UTF-8''%C3%BCber.edi", "über.edi"),
            ("Content-Disposition: attachment; filename*=iso-8859-1'de'%FCber.edi", "über.edi"),
            ("Content-Disposition: attachment; filename*0=ord; filename*1=er.edi", "order.edi"),
            ("Content-Disposition: attachment;\r\n filename*0*=UTF-8''%C3%BC;\r\n filename*1=ber.edi", "über.edi"),
            ("Content-Disposition: attachment; filename=\"=?UTF-8?B?w7xiZXIuZWRp?=\"", "über.edi"),
            ("Content-Disposition: attachment; filename=\"=?iso-8859-1?Q?=FCber.edi?=\"", "über.edi"),
            ("Content-Disposition: attachment; filename=\"=?UTF-8?Q?=C3=BC?=\r\n =?UTF-8?Q?ber.edi?=\"", "über.edi"),
            ("Content-Type: application/edi-x12; name=\"order.edi\"", "order.edi"),
            ("Content-Type: text/plain; name=order.txt", "order.txt"),
            ("Content-Type: application/octet-stream", "part-3"),
        ] {
            let mail = mixed(&[&format!("{headers}\r\n\r\nISA*00")]);
            check(&mail, &[(name, b"ISA*00")]);
        }
    }

    #[test]
    fn what_nobody_means_is_left_out() {
        for headers in [
            "Content-Type: image/png\r\nContent-Disposition: inline; filename=logo.png",
            "Content-Type: image/gif; name=logo.gif",
            "Content-Type: application/pkcs7-signature; name=smime.p7s\r\nContent-Disposition: attachment; filename=smime.p7s",
            "Content-Type: application/pgp-signature; name=signature.asc",
            "Content-Type: text/calendar; name=meeting.ics",
            "Content-Type: text/html",
        ] {
            check(&mixed(&[&format!("{headers}\r\n\r\nxx")]), &[]);
        }
    }

    #[test]
    fn bytes_are_as_the_sender_had_them() {
        let mail = [
            mixed(&[
                "Content-Type: text/plain; charset=iso-8859-1; name=a.edi\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nUNB+M=FCller'",
            ]),
            mixed(&[
                "Content-Type: text/plain; charset=iso-8859-1; name=a.edi\r\nContent-Transfer-Encoding: base64\r\n\r\nVU5CK038bGxlcic=",
            ]),
        ];
        for mail in mail {
            check(&mail, &[("a.edi", b"UNB+M\xFCller'")]);
        }
    }

    #[test]
    fn a_mail_that_is_the_document_and_one_that_carries_another() {
        let single = b"From: a@b.example\r\nContent-Type: application/edi-x12; name=o.edi\r\n\r\nISA*00".to_vec();
        check(&single, &[("o.edi", b"ISA*00")]);
        let inner = "From: c@d.example\r\n\r\nhello";
        let outer = mixed(&[&format!("Content-Type: message/rfc822\r\n\r\n{inner}")]);
        check(&outer, &[("mail-3.eml", inner.as_bytes())]);
        check(b"From: a@b.example\r\n\r\n  UNB+UNOA:1'", &[("body", b"UNB+UNOA:1'")]);
    }

    fn mixed(parts: &[&str]) -> Vec<u8> {
        let mut mail = String::from(
            "From: a@b.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nhello\r\n",
        );
        for part in parts {
            mail.push_str(&format!("--x\r\n{part}\r\n"));
        }
        mail.push_str("--x--\r\n");
        mail.into_bytes()
    }

    fn check(mail: &[u8], expected: &[(&str, &[u8])]) {
        let parsed = MessageParser::default().parse(mail).expect("a mail");
        let found = documents(&parsed);
        let found: Vec<(&str, &[u8])> = found.iter().map(|part| (part.name.as_str(), part.bytes.as_slice())).collect();
        assert_eq!(found, expected, "{}", String::from_utf8_lossy(mail));
    }
}
