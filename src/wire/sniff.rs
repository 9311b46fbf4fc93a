//! Which reader a file wants, told from its first bytes. It knows the looks of formats, not their meaning.

/// What a file looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Looks {
    /// X12 or EDIFACT, or nothing we know: the segment reader says which.
    Segments,
    Xml,
    Zip,
    Pdf,
    /// An internet message (RFC 5322) with headers.
    Mail,
}

/// How many bytes [`looks_like`] wants to see where the file has them.
pub const SNIFF_BYTES: usize = 1024;

/// Tells what a file looks like. Never wrong enough to lose it: what is not recognised goes to the segment reader,
/// which answers with a finding.
pub fn looks_like(start: &[u8]) -> Looks {
    if start.starts_with(b"PK\x03\x04") {
        return Looks::Zip;
    }
    if start.starts_with(b"%PDF-") {
        return Looks::Pdf;
    }
    let text = start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(start);
    // UTF-16 shows itself by its mark, or by a zero byte beside the first `<`.
    let wide = match text {
        [0xFF, 0xFE, rest @ ..] | [0xFE, 0xFF, rest @ ..] => Some(rest),
        [b'<', 0, ..] | [0, b'<', ..] => Some(text),
        _ => None,
    };
    let first = match wide {
        Some(wide) => wide.iter().copied().find(|&b| b != 0 && !b.is_ascii_whitespace()),
        None => text.iter().copied().find(|b| !b.is_ascii_whitespace()),
    };
    if first == Some(b'<') {
        return Looks::Xml;
    }
    if looks_like_mail(text) { Looks::Mail } else { Looks::Segments }
}

/// A first line `Name: value` whose name is one that mail starts with.
fn looks_like_mail(text: &[u8]) -> bool {
    const FIRST_HEADERS: &[&str] = &[
        "from",
        "to",
        "subject",
        "date",
        "received",
        "return-path",
        "delivered-to",
        "message-id",
        "mime-version",
        "content-type",
        "x-",
        "dkim-signature",
        "authentication-results",
        "reply-to",
        "sender",
        "cc",
        "as2-",
        "disposition-notification-to",
    ];
    let line = text.split(|&b| b == b'\n').next().unwrap_or_default();
    // `From sender date` is how an mbox begins.
    if line.starts_with(b"From ") {
        return true;
    }
    let Some(colon) = line.iter().position(|&b| b == b':') else { return false };
    let name = &line[..colon];
    if !name.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-') {
        return false;
    }
    let name = String::from_utf8_lossy(name).to_ascii_lowercase();
    FIRST_HEADERS.iter().any(|h| name == *h || (h.ends_with('-') && name.starts_with(h)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told_by_their_first_bytes() {
        check(b"ISA*00*", Looks::Segments);
        check(b"\xEF\xBB\xBFISA*00*", Looks::Segments);
        check(b"UNA:+.? '", Looks::Segments);
        check(b"UNB+UNOC:3+FROM:14", Looks::Segments);
        check(b"  \r\n<?xml version=\"1.0\"?>", Looks::Xml);
        check(b"\xEF\xBB\xBF<Invoice/>", Looks::Xml);
        check(b"\xFF\xFE<\0I\0", Looks::Xml);
        check(b"\0<\0I", Looks::Xml);
        check(b"PK\x03\x04....", Looks::Zip);
        check(b"%PDF-1.7\n", Looks::Pdf);
        check(b"From: a@example.com\r\nTo: b@example.com\r\n", Looks::Mail);
        check(b"Return-Path: <a@example.com>\n", Looks::Mail);
        check(b"X-Spam: no\n", Looks::Mail);
        check(b"Colon: but no mail\n", Looks::Segments);
        check(b"", Looks::Segments);
    }

    fn check(start: &[u8], expected: Looks) {
        assert_eq!(looks_like(start), expected, "{:?}", String::from_utf8_lossy(start));
    }
}
