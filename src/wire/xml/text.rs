//! Text as meant: references resolved, CDATA opened, comments left out. Only the five predefined names and characters
//! by number are known; anything else stays as written (and is a finding).

use std::borrow::Cow;

use quick_xml::events::Event;
use quick_xml::reader::Reader;

/// What a reference (without `&` and `;`) stands for.
pub(super) fn resolve(name: &str) -> Option<char> {
    let number = match name {
        "amp" => return Some('&'),
        "lt" => return Some('<'),
        "gt" => return Some('>'),
        "quot" => return Some('"'),
        "apos" => return Some('\''),
        _ => name.strip_prefix('#')?,
    };
    let code = match number.strip_prefix('x') {
        Some(hex) if hex.bytes().all(|b| b.is_ascii_hexdigit()) => u32::from_str_radix(hex, 16).ok()?,
        None if number.bytes().all(|b| b.is_ascii_digit()) => number.parse().ok()?,
        _ => return None,
    };
    char::from_u32(code).filter(|&c| matches!(c, '\t' | '\n' | '\r' | ' '..) && !matches!(c, '\u{FFFE}' | '\u{FFFF}'))
}

/// An attribute's value: references resolved, white space made blanks (XML 1.0, 3.3.3).
pub(super) fn unescape(value: &str) -> Cow<'_, str> {
    if !value.bytes().any(|b| matches!(b, b'&' | b'\t' | b'\n' | b'\r')) {
        return Cow::Borrowed(value);
    }
    let mut text = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.find(['&', '\t', '\n', '\r']) {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        if rest.starts_with('&') {
            let end = rest.find(';').unwrap_or(0);
            match rest.get(1..end).and_then(resolve) {
                Some(character) => text.push(character),
                None => text.push_str(&rest[..=end]),
            }
            rest = &rest[end + 1..];
        } else {
            text.push(' ');
            rest = rest.strip_prefix("\r\n").unwrap_or(&rest[1..]);
        }
    }
    text.push_str(rest);
    Cow::Owned(text)
}

/// The text directly inside an element, put together from its inner markup; children's text is not its own.
pub(super) fn compose(inner: &str) -> String {
    let mut reader = Reader::from_str(inner);
    let config = reader.config_mut();
    config.allow_dangling_amp = true;
    config.allow_unmatched_ends = true;
    config.check_end_names = false;
    let mut text = String::new();
    let mut depth = 0_usize;
    while let Ok(event) = reader.read_event() {
        match event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            Event::Eof => break,
            _ if depth > 0 => {}
            Event::Text(run) => text.push_str(&run.into_inner()),
            Event::CData(run) => text.push_str(&run.into_inner()),
            Event::GeneralRef(name) => match resolve(&name) {
                Some(character) => text.push(character),
                None => {
                    text.push('&');
                    text.push_str(&name);
                    text.push(';');
                }
            },
            _ => {}
        }
    }
    if text.contains('\r') {
        text = text.replace("\r\n", "\n").replace('\r', "\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_as_meant() {
        check("a &amp; b", "a & b");
        check("&#65;&#x42;&#x1F600;", "AB😀");
        check("a<![CDATA[<&amp;]]>b", "a<&amp;b");
        check("a<!-- not this -->b<?nor this?>c", "abc");
        check("a<b>not <c/>mine</b>d", "ad");
        check("one\r\ntwo\rthree", "one\ntwo\nthree");
        check("&xxe; &#0; &#xD800;", "&xxe; &#0; &#xD800;");
        check("fish & chips", "fish & chips");
    }

    #[test]
    fn attribute_values_are_normalised() {
        assert_eq!(unescape("a\r\nb\tc &lt;&quot;"), "a b c <\"");
        assert_eq!(unescape("a & b &nope; &"), "a & b &nope; &");
        assert!(matches!(unescape("plain"), Cow::Borrowed(_)));
    }

    fn check(inner: &str, expected: &str) {
        assert_eq!(compose(inner), expected, "{inner}");
    }
}
