//! MIME entities as raw bytes: headers read, bodies cut, nothing written anew, because signatures are over the bytes.
//!
//! Read as leniently as partners write: folded headers, bare line feeds, any case (RFC 822, RFC 2045, RFC 2231).

use std::io::{self, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use memchr::memmem;

use super::blob::Blob;

/// What the headers of one entity may measure.
const HEADER_BYTES_MAX: usize = 64 << 10;
/// Parts of one multipart that are looked at.
const PARTS_MAX: usize = 1000;
/// A piece on its way.
const PIECE_BYTES: usize = 256 << 10;
/// What a file name may measure.
const NAME_CHARS_MAX: usize = 150;

/// Headers in their order, unfolded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(pub Vec<(String, String)>);

impl Headers {
    /// The first header of that name, in any case.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub fn content_type(&self) -> Fields {
        Fields::read(self.get("content-type").unwrap_or("application/octet-stream"))
    }

    /// The name a sender gave, without folders and anything that a file system or a person could stumble over.
    pub fn file_name(&self) -> Option<String> {
        let given = self.get("content-disposition").and_then(|value| Fields::read(value).parameter("filename"));
        let given = given.or_else(|| self.get("content-type").and_then(|value| Fields::read(value).parameter("name")));
        safe_name(&given?)
    }

    /// Reads header lines; `None` where what stands there is no header.
    fn read(bytes: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(bytes);
        let mut headers: Vec<(String, String)> = Vec::new();
        for line in text.lines() {
            if line.starts_with([' ', '\t']) {
                let (_, value) = headers.last_mut()?;
                value.push(' ');
                value.push_str(line.trim());
                continue;
            }
            let (name, value) = line.split_once(':')?;
            let name = name.trim_end();
            if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_graphic()) {
                return None;
            }
            headers.push((name.to_owned(), value.trim().to_owned()));
        }
        Some(Self(headers))
    }
}

/// A value with parameters: `multipart/signed; protocol="..."; micalg=sha-256`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fields {
    /// In small letters.
    pub value: String,
    parameters: Vec<(String, String)>,
}

impl Fields {
    pub fn read(text: &str) -> Self {
        let mut pieces = split_outside_quotes(text, ';').into_iter();
        let value = pieces.next().unwrap_or_default().trim().to_ascii_lowercase();
        let mut parameters = Vec::new();
        for piece in pieces {
            let Some((name, value)) = piece.split_once('=') else { continue };
            parameters.push((name.trim().to_ascii_lowercase(), unquoted(value.trim())));
        }
        Self { value, parameters }
    }

    /// A parameter, also one that was split or encoded by RFC 2231.
    pub fn parameter(&self, name: &str) -> Option<String> {
        if let Some((_, value)) = self.parameters.iter().find(|(key, _)| key == name) {
            return Some(value.clone());
        }
        let mut whole = String::new();
        for count in 0..100 {
            let piece = self.parameters.iter().find_map(|(key, value)| {
                let rest = key.strip_prefix(name)?.strip_prefix('*')?;
                let (number, is_encoded) = match rest.strip_suffix('*') {
                    Some(number) => (number, true),
                    None if rest.is_empty() => ("0", true),
                    None => (rest, false),
                };
                (number.parse() == Ok(count)).then_some((value, is_encoded))
            });
            match piece {
                Some((value, true)) if count == 0 => whole.push_str(&percent(value.splitn(3, '\'').last()?)),
                Some((value, true)) => whole.push_str(&percent(value)),
                Some((value, false)) => whole.push_str(value),
                None => break,
            }
        }
        if whole.is_empty() { None } else { Some(whole) }
    }
}

/// Headers and a body.
#[derive(Clone, Debug)]
pub struct Entity {
    pub headers: Headers,
    /// With headers, as it stands: what signatures and MICs are over.
    pub whole: Blob,
    pub body: Blob,
}

impl Entity {
    /// Cuts headers from body; `None` where there are no headers, only content.
    ///
    /// # Errors
    /// When the bytes cannot be read.
    pub fn read(whole: &Blob) -> io::Result<Option<Self>> {
        let start = whole.peek(0, HEADER_BYTES_MAX)?;
        let (head, body) = if start.starts_with(b"\r\n") {
            (0, 2)
        } else if start.starts_with(b"\n") {
            (0, 1)
        } else {
            let wide = memmem::find(&start, b"\r\n\r\n").map(|at| (at + 2, at + 4));
            let narrow = memmem::find(&start, b"\n\n").map(|at| (at + 1, at + 2));
            match (wide, narrow) {
                (Some(wide), Some(narrow)) if narrow.0 < wide.0 => narrow,
                (Some(wide), _) => wide,
                (None, Some(narrow)) => narrow,
                (None, None) => return Ok(None),
            }
        };
        let Some(headers) = Headers::read(&start[..head]) else { return Ok(None) };
        Ok(Some(Self { headers, whole: whole.clone(), body: whole.slice(body as u64..u64::MAX) }))
    }

    /// The body without its transfer encoding. `expects_cms` distrusts a header that says base64 over binary.
    ///
    /// # Errors
    /// When it says base64 and is not, or bytes cannot be read and written.
    pub fn decoded(&self, expects_cms: bool, mut spool: super::blob::Spool) -> io::Result<Blob> {
        let encoding = self.headers.get("content-transfer-encoding").unwrap_or("").trim().to_ascii_lowercase();
        let first = self.body.peek(0, 1)?.first().copied();
        let is_base64 = match encoding.as_str() {
            "base64" => !(expects_cms && first == Some(0x30)),
            "quoted-printable" => {
                let mut decoder = QuotedPrintable::default();
                copy(&self.body, |piece| decoder.decode(piece, &mut spool))?;
                return spool.finish();
            }
            _ => expects_cms && first != Some(0x30),
        };
        if !is_base64 {
            return Ok(self.body.clone());
        }
        let mut decoder = Base64::default();
        copy(&self.body, |piece| decoder.decode(piece, &mut spool))?;
        decoder.finish(&mut spool)?;
        spool.finish()
    }
}

/// The parts of a multipart, as they stand.
#[derive(Debug)]
pub struct Parts {
    pub parts: Vec<Blob>,
    /// Whether nothing but white space comes after the last part, and the last boundary closes.
    pub is_closed: bool,
}

/// Cuts a multipart body at its boundary (RFC 2046 section 5.1): the line end before a boundary is the boundary's.
///
/// # Errors
/// When the bytes cannot be read.
pub fn parts(body: &Blob, boundary: &str) -> io::Result<Parts> {
    let delimiter = format!("--{boundary}").into_bytes();
    let mut found = Parts { parts: Vec::new(), is_closed: false };
    let mut open: Option<u64> = None;
    for at in occurrences(body, &delimiter)? {
        let before = body.peek(at.saturating_sub(2), usize::try_from(at.min(2)).unwrap_or(2))?;
        if at > 0 && before.last() != Some(&b'\n') {
            continue;
        }
        let after = body.peek(at + delimiter.len() as u64, 200)?;
        let (closes, rest) = match after.strip_prefix(b"--") {
            Some(rest) => (true, rest),
            None => (false, &after[..]),
        };
        let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let line_end = match rest.get(blanks..).unwrap_or_default() {
            [b'\r', b'\n', ..] => 2,
            [b'\n', ..] => 1,
            [] => 0,
            // The boundary is the beginning of a longer word.
            _ if !closes => continue,
            _ => 0,
        };
        if let Some(start) = open.take() {
            let line = if before.as_slice() == b"\r\n" { 2 } else { 1 };
            found.parts.push(body.slice(start..at.saturating_sub(line).max(start)));
        }
        let end = at + (delimiter.len() + if closes { 2 } else { 0 } + blanks + line_end) as u64;
        if closes {
            let epilogue = body.slice(end..u64::MAX);
            found.is_closed = epilogue.len() <= 4096 && epilogue.bytes()?.iter().all(u8::is_ascii_whitespace);
            break;
        }
        if found.parts.len() == PARTS_MAX {
            break;
        }
        open = Some(end);
    }
    Ok(found)
}

/// Where a needle stands, over bytes of any size.
fn occurrences(body: &Blob, needle: &[u8]) -> io::Result<Vec<u64>> {
    let finder = memmem::Finder::new(needle);
    let mut found = Vec::new();
    let mut at = 0;
    while at < body.len() && found.len() <= PARTS_MAX {
        let window = body.peek(at, PIECE_BYTES + needle.len())?;
        found.extend(
            finder.find_iter(&window).take_while(|inside| *inside < PIECE_BYTES).map(|inside| at + inside as u64),
        );
        at += PIECE_BYTES as u64;
    }
    Ok(found)
}

/// Runs a blob through in pieces.
///
/// # Errors
/// When it cannot be read, or the taker fails.
pub fn copy(blob: &Blob, mut take: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    use std::io::Read;
    let mut reader = blob.reader();
    let mut piece = vec![0; usize::try_from(blob.len()).unwrap_or(PIECE_BYTES).clamp(1, PIECE_BYTES)];
    loop {
        match reader.read(&mut piece)? {
            0 => return Ok(()),
            count => take(&piece[..count])?,
        }
    }
}

/// Text with every line end made CRLF, on its way: the canonical form (RFC 8551 section 3.1.1).
pub struct Canonical<W> {
    pub out: W,
    last: u8,
}

impl<W: Write> Canonical<W> {
    pub fn new(out: W) -> Self {
        Self { out, last: 0 }
    }
}

impl<W: Write> Write for Canonical<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut start = 0;
        for at in memchr::memchr_iter(b'\n', bytes) {
            let before = if at == 0 { self.last } else { bytes[at - 1] };
            if before != b'\r' {
                self.out.write_all(&bytes[start..at])?;
                self.out.write_all(b"\r")?;
                start = at;
            }
        }
        self.out.write_all(&bytes[start..])?;
        self.last = bytes.last().copied().unwrap_or(self.last);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Base64 in lines, on its way in.
#[derive(Default)]
struct Base64 {
    pending: Vec<u8>,
}

impl Base64 {
    fn decode(&mut self, piece: &[u8], out: &mut dyn Write) -> io::Result<()> {
        self.pending.extend(piece.iter().copied().filter(|byte| !byte.is_ascii_whitespace()));
        let whole = self.pending.len() / 4 * 4;
        // The last quartet may be padded: it waits for the end.
        let whole = whole.saturating_sub(4);
        out.write_all(&STANDARD.decode(&self.pending[..whole]).map_err(not_base64)?)?;
        self.pending.drain(..whole);
        Ok(())
    }

    fn finish(self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(&STANDARD.decode(&self.pending).map_err(not_base64)?)
    }
}

fn not_base64(error: base64::DecodeError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("it is not the base64 that its header says: {error}"))
}

/// Quoted-printable on its way in.
#[derive(Default)]
struct QuotedPrintable {
    pending: Vec<u8>,
}

impl QuotedPrintable {
    fn decode(&mut self, piece: &[u8], out: &mut dyn Write) -> io::Result<()> {
        for &byte in piece {
            if self.pending.is_empty() && byte != b'=' {
                out.write_all(&[byte])?;
                continue;
            }
            self.pending.push(byte);
            match self.pending.as_slice() {
                [b'='] | [b'=', b'\r'] => continue,
                [b'=', b'\r' | b' ', b'\n'] | [b'=', b'\n'] => {}
                [_, high, low] => {
                    match std::str::from_utf8(&[*high, *low]).ok().and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
                        Some(value) => out.write_all(&[value])?,
                        None => out.write_all(&self.pending)?,
                    }
                }
                _ => continue,
            }
            self.pending.clear();
        }
        Ok(())
    }
}

/// Bytes as base64 in lines of 76 characters.
pub fn base64_lines(bytes: &[u8]) -> String {
    let text = STANDARD.encode(bytes);
    let mut lines = String::with_capacity(text.len() + text.len() / 38 + 2);
    for line in text.as_bytes().chunks(76) {
        lines.push_str(&String::from_utf8_lossy(line));
        lines.push_str("\r\n");
    }
    lines
}

/// A name without folders and control characters, of a length that file systems take; `None` where nothing is left.
pub fn safe_name(given: &str) -> Option<String> {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let mut name: String = last.chars().filter(|c| !c.is_control()).map(|c| if c == ':' { '_' } else { c }).collect();
    name = name.trim().trim_start_matches('.').to_owned();
    if name.chars().count() > NAME_CHARS_MAX {
        let end: String = name.chars().rev().take(NAME_CHARS_MAX).collect::<Vec<_>>().into_iter().rev().collect();
        name = end;
    }
    if name.is_empty() { None } else { Some(name) }
}

fn split_outside_quotes(text: &str, at: char) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut start, mut is_quoted, mut is_escaped) = (0, false, false);
    for (index, c) in text.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            c if c == at && !is_quoted => {
                pieces.push(&text[start..index]);
                start = index + c.len_utf8();
            }
            _ => {}
        }
    }
    pieces.push(&text[start..]);
    pieces
}

/// A value without its quotes.
pub fn unquoted(value: &str) -> String {
    let Some(inside) = value.strip_prefix('"') else { return value.to_owned() };
    let mut out = String::new();
    let mut characters = inside.chars();
    while let Some(c) = characters.next() {
        match c {
            '"' => break,
            // Browsers and old Windows software leave the backslashes of a path as they are; only these two are escapes.
            '\\' => match characters.next() {
                Some(next @ ('"' | '\\')) => out.push(next),
                Some(next) => out.extend(['\\', next]),
                None => {}
            },
            c => out.push(c),
        }
    }
    out
}

fn percent(text: &str) -> String {
    let mut bytes = Vec::new();
    let raw = text.as_bytes();
    let mut at = 0;
    while at < raw.len() {
        let hex = raw.get(at + 1..at + 3).and_then(|hex| std::str::from_utf8(hex).ok());
        match (raw[at], hex.and_then(|hex| u8::from_str_radix(hex, 16).ok())) {
            (b'%', Some(value)) => {
                bytes.push(value);
                at += 3;
            }
            (byte, _) => {
                bytes.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::as2::blob::Spool;

    #[test]
    fn names_in_every_disguise_are_made_safe() {
        for (header, name) in [
            ("attachment; filename=order.edi", Some("order.edi")),
            ("attachment; filename=\"my order.edi\"", Some("my order.edi")),
            ("attachment; filename=\"a;b.edi\"", Some("a;b.edi")),
            ("attachment; filename*=UTF-8''b%C3%BCro.edi", Some("büro.edi")),
            ("attachment; filename*0=\"long-\"; filename*1=\"name.edi\"", Some("long-name.edi")),
            ("attachment; filename*0*=UTF-8''%C3%A4-; filename*1=b.edi", Some("ä-b.edi")),
            ("attachment; filename=\"../../etc/passwd\"", Some("passwd")),
            ("attachment; filename=\"C:\\\\orders\\\\1.edi\"", Some("1.edi")),
            ("attachment; filename=\"C:\\orders\\1.edi\"", Some("1.edi")),
            ("attachment; filename=\"..\"", None),
            ("attachment; filename=\"a\u{0}b\u{7}.edi\"", Some("ab.edi")),
            ("attachment", None),
        ] {
            let headers = Headers(vec![("content-disposition".into(), header.into())]);
            assert_eq!(headers.file_name().as_deref(), name, "{header}");
        }
        assert_eq!(safe_name(&"x".repeat(4000)).unwrap().len(), NAME_CHARS_MAX);
    }

    #[test]
    fn folded_headers_and_bare_line_feeds() {
        let text = "Content-Type: multipart/signed;\r\n\tboundary=\"abc\";\r\n micalg=sha1\r\nX: y\r\n\r\nbody";
        for text in [text.to_owned(), text.replace("\r\n", "\n")] {
            let entity = Entity::read(&text.into_bytes().into()).unwrap().unwrap();
            assert_eq!(entity.headers.content_type().parameter("boundary").as_deref(), Some("abc"));
            assert_eq!(entity.headers.get("x"), Some("y"));
            assert_eq!(entity.body.bytes().unwrap(), b"body");
        }
        let bare = Entity::read(&b"UNA:+.? 'UNB+UNOA:1\r\n\r\n'"[..].to_vec().into()).unwrap();
        assert!(bare.is_none_or(|entity| entity.headers.get("content-type").is_none()));
        assert!(Entity::read(&b"ISA*00*\n\nGS"[..].to_vec().into()).unwrap().is_none());
    }

    #[test]
    fn multiparts_are_cut_at_their_boundary() {
        check("--x\r\nA: b\r\n\r\none\r\n--x\r\n\r\ntwo\r\n--x--\r\n", &["A: b\r\n\r\none", "\r\ntwo"], true);
        check("preamble\r\n--x\r\none\r\n\r\n--x--", &["one\r\n"], true);
        check("--x\none\n--x  \ntwo\n--x--\n", &["one", "two"], true);
        check("--x\r\none --x\r\n--xy\r\n--x--\r\nmore", &["one --x\r\n--xy"], false);
        check("--x\r\none", &[], false);
        check("--x\r\n--x--", &[""], true);
    }

    #[test]
    fn transfer_encodings() {
        let long = STANDARD.encode([7; 100_000]);
        for (encoding, body, expects_cms, expected) in [
            ("base64", "aGVs\r\nbG8=\r\n", false, &b"hello"[..]),
            ("BASE64", long.as_str(), false, &[7; 100_000]),
            ("binary", "aGVsbG8=", false, b"aGVsbG8="),
            ("", "aGVsbG8=", false, b"aGVsbG8="),
            ("", "MGVsbG8=", true, b"0ello"),
            ("base64", "0binary", true, b"0binary"),
            ("quoted-printable", "a=3Db=\r\nc=\nd", false, b"a=bcd"),
        ] {
            let headers = Headers(vec![("Content-Transfer-Encoding".into(), encoding.into())]);
            let blob = Blob::from(body.as_bytes().to_vec());
            let entity = Entity { headers, whole: blob.clone(), body: blob };
            let decoded = entity.decoded(expects_cms, Spool::new(std::path::Path::new("nowhere"))).unwrap();
            assert!(decoded.bytes().unwrap() == expected, "{encoding} {body:.20}");
        }
    }

    #[test]
    fn lines_become_canonical() {
        for pieces in [&["a\nb\r\nc\n"][..], &["a", "\nb\r", "\nc\n"]] {
            let mut canonical = Canonical::new(Vec::new());
            for piece in pieces {
                canonical.write_all(piece.as_bytes()).unwrap();
            }
            assert_eq!(canonical.out, b"a\r\nb\r\nc\r\n");
        }
    }

    fn check(body: &str, expected: &[&str], is_closed: bool) {
        let found = parts(&body.as_bytes().to_vec().into(), "x").unwrap();
        let texts: Vec<String> =
            found.parts.iter().map(|part| String::from_utf8(part.bytes().unwrap()).unwrap()).collect();
        assert_eq!(
            (texts.iter().map(String::as_str).collect::<Vec<_>>(), found.is_closed),
            (expected.to_vec(), is_closed),
            "{body:?}"
        );
    }
}
