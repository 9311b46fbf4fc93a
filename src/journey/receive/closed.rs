//! Whether the end of a file closes its structure: what the folder door asks before it takes a file.

use crate::transport::folder::Entrance;

/// Judges a file by its last bytes. `false` only costs time: the file is taken after a longer rest all the same.
pub fn closed(entrance: Entrance, tail: &[u8]) -> bool {
    let text = readable(tail);
    match entrance {
        Entrance::Send => text.trim_ascii_end().ends_with(b"}"),
        Entrance::In => trailer_ends(&text) || root_ends(&text),
    }
}

/// Without the zero bytes of UTF-16 and the padding of old transfer programs.
fn readable(tail: &[u8]) -> Vec<u8> {
    const SUBSTITUTE: u8 = 0x1A;
    tail.iter().copied().filter(|b| !matches!(*b, 0 | SUBSTITUTE)).collect()
}

/// Whether the last segment is a whole IEA or UNZ, its terminator included.
fn trailer_ends(text: &[u8]) -> bool {
    let ended_by_newline = text.last().is_some_and(u8::is_ascii_whitespace);
    let trimmed = text.trim_ascii_end();
    let Some(start) = trimmed.windows(3).rposition(|tag| tag == b"IEA" || tag == b"UNZ") else { return false };
    let before_is_data = start > 0 && trimmed[start - 1].is_ascii_alphanumeric();
    let (Some(&separator), false) = (trimmed.get(start + 3), before_is_data) else { return false };
    if separator.is_ascii_alphanumeric() {
        return false;
    }
    // Groups, separator, control number; then one terminator, or the newline that is one.
    let rest = &trimmed[start + 4..];
    let is_value = |b: u8| b.is_ascii_alphanumeric() || b == b' ' || b == b'-' || b == b'\r' || b == b'\n';
    let control_number = rest.iter().position(|&b| b == separator).map(|at| &rest[at + 1..]).unwrap_or_default();
    match control_number.split_last() {
        Some((&last, value)) if !is_value(last) => !value.is_empty() && value.iter().all(|&b| is_value(b)),
        Some(_) => ended_by_newline && control_number.iter().all(|&b| is_value(b)),
        None => false,
    }
}

/// Whether the last thing is the closing tag of a root that we know.
fn root_ends(text: &[u8]) -> bool {
    const ROOTS: [&[u8]; 5] = [b"Invoice", b"CreditNote", b"RemittanceAdvice", b"CrossIndustryInvoice", b"cXML"];
    let Some(inner) = text.trim_ascii_end().strip_suffix(b">") else { return false };
    let Some(start) = inner.windows(2).rposition(|two| two == b"</") else { return false };
    let name = inner[start + 2..].trim_ascii_end();
    let local = name.iter().position(|&b| b == b':').map_or(name, |colon| &name[colon + 1..]);
    ROOTS.contains(&local)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tails() {
        for (tail, expected) in [
            ("SE*2*1~GE*1*1~IEA*1*000000001~", true),
            ("SE*2*1~GE*1*1~IEA*1*000000001~\r\n", true),
            ("SE*2*1\nGE*1*1\nIEA*1*000000001\n", true),
            ("SE*2*1~GE*1*1~IEA*1*0000", false),
            ("SE*2*1~GE*1*1~IEA*1", false),
            ("SE*2*1~GE*1*1~", false),
            ("N1*ST*LEIEA*1*2~", false),
            ("IEA*1*000000001~ISA*00*", false),
            ("IEA*1*000000001~\0\0\u{1a}", true),
            ("UNT+2+1'UNZ+1+42'", true),
            ("UNT+2+1'UNZ+1+42", false),
            ("UNT+2+1'UNZ+1+REF-42'\n", true),
            ("</cbc:ID></Invoice>\n", true),
            ("</ram:X></rsm:CrossIndustryInvoice >", true),
            ("</cac:InvoiceLine>", false),
            ("</cbc:ID>", false),
            ("", false),
        ] {
            assert_eq!(closed(Entrance::In, tail.as_bytes()), expected, "{tail:?}");
        }
        assert!(closed(Entrance::Send, b"{\"kind\":\"order\"}\n"));
        assert!(!closed(Entrance::Send, b"{\"kind\":\"ord"));
    }
}
