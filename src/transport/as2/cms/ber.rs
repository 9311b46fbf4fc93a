//! BER as it streams in: indefinite lengths, strings in pieces, any length of length. Small values are taken as a whole in
//! definite form; content of any size runs through in pieces.
//!
//! Partners whose software is built on BouncyCastle send everything in indefinite form (X.690 clause 8.1.3.6).

use std::io::{self, Read, Write};

use super::Fault;
use super::der;

/// Values inside values, deeper than any CMS needs.
const DEPTH_MAX: usize = 24;
/// One value taken as a whole: certificates, signers, recipients.
const VALUE_BYTES_MAX: u64 = 4 << 20;
/// A piece of content on its way.
const PIECE_BYTES: usize = 64 << 10;

/// Reads values from a stream, entering constructed ones.
pub struct Ber<R> {
    input: R,
    /// Bytes read.
    at: u64,
    open: Vec<Open>,
    peeked: Option<Header>,
}

/// A constructed value that was entered.
#[derive(Clone, Copy)]
struct Open {
    /// Where it ends; `None` for one that ends with a mark.
    end: Option<u64>,
    /// Where whatever holds it ends at the latest.
    limit: u64,
}

/// What stands before a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    pub tag: u8,
    /// `None` is indefinite.
    pub length: Option<u64>,
}

impl Header {
    fn is_constructed(self) -> bool {
        self.tag & 0x20 != 0
    }
}

impl<R: Read> Ber<R> {
    pub fn new(input: R) -> Self {
        Self { input, at: 0, open: Vec::new(), peeked: None }
    }

    /// The tag of the next value in what is open; `None` at its end.
    ///
    /// # Errors
    /// When what stands there is no value, or reading fails.
    pub fn peek(&mut self) -> Result<Option<u8>, Fault> {
        if let Some(header) = self.peeked {
            return Ok(Some(header.tag).filter(|tag| *tag != 0));
        }
        if self.open.last().is_some_and(|open| open.end == Some(self.at)) {
            return Ok(None);
        }
        let header = self.header()?;
        if header.tag == 0 {
            // The mark is kept: `leave` takes it.
            if header.length != Some(0) || self.open.last().is_none_or(|open| open.end.is_some()) {
                return Err(Fault::malformed("an end of content where none is due"));
            }
            self.peeked = Some(header);
            return Ok(None);
        }
        self.peeked = Some(header);
        Ok(Some(header.tag))
    }

    /// Enters a constructed value of this tag.
    ///
    /// # Errors
    /// When something else comes.
    pub fn enter(&mut self, tag: u8) -> Result<(), Fault> {
        let header = self.take(tag)?;
        self.push(header)
    }

    /// Leaves the innermost value entered; nothing may be left in it.
    ///
    /// # Errors
    /// When something is left.
    pub fn leave(&mut self) -> Result<(), Fault> {
        if self.peek()?.is_some() {
            return Err(Fault::malformed("something left where a value should end"));
        }
        self.peeked = None;
        self.open.pop();
        Ok(())
    }

    /// The next value as a whole in definite form, strings in one piece.
    ///
    /// # Errors
    /// When there is none, or it is larger than a value of its kind can be.
    pub fn value(&mut self) -> Result<Vec<u8>, Fault> {
        let mut budget = VALUE_BYTES_MAX;
        self.definite(&mut budget)
    }

    /// The next value if it has this tag.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn optional(&mut self, tag: u8) -> Result<Option<Vec<u8>>, Fault> {
        if self.peek()? == Some(tag) { self.value().map(Some) } else { Ok(None) }
    }

    /// Runs the content of a string through in pieces: `tag` is the primitive one, pieces are octet strings.
    ///
    /// # Errors
    /// When something else comes, or `out` fails.
    pub fn string(&mut self, tag: u8, out: &mut dyn Write) -> Result<(), Fault> {
        let found = self.peek()?;
        if found == Some(tag) {
            let header = self.take(tag)?;
            let length = header.length.ok_or_else(|| Fault::malformed("a primitive value without its length"))?;
            return self.run(length, out);
        }
        self.enter(tag | 0x20)?;
        while self.peek()?.is_some() {
            self.string(der::OCTET_STRING, out)?;
        }
        self.leave()
    }

    fn take(&mut self, tag: u8) -> Result<Header, Fault> {
        match self.peek()? {
            Some(found) if found == tag => {}
            Some(found) => {
                return Err(Fault::Malformed(format!("a value of tag {tag:#04x} expected, not {found:#04x}")));
            }
            None => return Err(Fault::Malformed(format!("a value of tag {tag:#04x} expected, not the end"))),
        }
        self.peeked.take().ok_or_else(|| Fault::malformed("a value expected"))
    }

    fn push(&mut self, header: Header) -> Result<(), Fault> {
        if self.open.len() == DEPTH_MAX {
            return Err(Fault::malformed("values inside values, deeper than allowed"));
        }
        if header.length.is_none() && !header.is_constructed() {
            return Err(Fault::malformed("a primitive value without its length"));
        }
        let limit = self.limit();
        let end = header.length.map(|length| self.within(length)).transpose()?;
        self.open.push(Open { end, limit: end.unwrap_or(limit) });
        Ok(())
    }

    fn definite(&mut self, budget: &mut u64) -> Result<Vec<u8>, Fault> {
        let tag = self.peek()?.ok_or_else(|| Fault::malformed("a value expected, not the end"))?;
        let header = self.take(tag)?;
        let too_large = || Fault::malformed("a value larger than its kind can be");
        if !header.is_constructed() {
            let length = header.length.ok_or_else(|| Fault::malformed("a primitive value without its length"))?;
            *budget = budget.checked_sub(length + 8).ok_or_else(too_large)?;
            let mut content = Vec::new();
            self.run(length, &mut content)?;
            return Ok(der::value(tag, &content));
        }
        *budget = budget.checked_sub(8).ok_or_else(too_large)?;
        self.push(header)?;
        let mut parts = Vec::new();
        // A constructed string is its pieces; everything else constructed is its members.
        let is_string = matches!(tag & !0x20, der::OCTET_STRING | der::BIT_STRING | 0x0c | 0x13 | 0x16);
        while self.peek()?.is_some() {
            let part = self.definite(budget)?;
            if is_string {
                let piece = der::Der::new(&part).read_next()?.map(|element| element.content.to_vec());
                parts.push(piece.unwrap_or_default());
            } else {
                parts.push(part);
            }
        }
        self.leave()?;
        Ok(der::value(if is_string { tag & !0x20 } else { tag }, &parts.concat()))
    }

    /// The bytes of one primitive value.
    fn run(&mut self, length: u64, out: &mut dyn Write) -> Result<(), Fault> {
        self.at = self.within(length)?;
        let mut piece = vec![0; PIECE_BYTES.min(usize::try_from(length).unwrap_or(PIECE_BYTES))];
        let mut left = length;
        while left > 0 {
            let want = piece.len().min(usize::try_from(left).unwrap_or(piece.len()));
            self.input.read_exact(&mut piece[..want]).map_err(cut)?;
            out.write_all(&piece[..want]).map_err(Fault::Io)?;
            left -= want as u64;
        }
        Ok(())
    }

    /// Where the next `length` bytes end, which is not beyond what holds them.
    fn within(&self, length: u64) -> Result<u64, Fault> {
        let end = self.at.checked_add(length).filter(|end| *end <= self.limit());
        end.ok_or_else(|| Fault::malformed("a value longer than what holds it"))
    }

    fn limit(&self) -> u64 {
        self.open.last().map_or(u64::MAX, |open| open.limit)
    }

    fn header(&mut self) -> Result<Header, Fault> {
        let tag = self.byte()?;
        if tag & 0x1f == 0x1f {
            return Err(Fault::malformed("a tag of several bytes"));
        }
        let first = self.byte()?;
        let length = match first {
            0x80 => None,
            0..0x80 => Some(u64::from(first)),
            _ => {
                let mut length = 0u64;
                for _ in 0..first & 0x7f {
                    if length >> 56 != 0 {
                        return Err(Fault::malformed("a length beyond all measure"));
                    }
                    length = length << 8 | u64::from(self.byte()?);
                }
                Some(length)
            }
        };
        Ok(Header { tag, length })
    }

    fn byte(&mut self) -> Result<u8, Fault> {
        self.at = self.within(1)?;
        let mut byte = [0];
        self.input.read_exact(&mut byte).map_err(cut)?;
        Ok(byte[0])
    }
}

/// Any BER value in definite form; DER stays as it is.
///
/// # Errors
/// When it is none.
pub fn definite(bytes: &[u8]) -> Result<Vec<u8>, Fault> {
    Ber::new(bytes).value()
}

fn cut(error: io::Error) -> Fault {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Fault::malformed("it ends in the middle"),
        _ => Fault::Io(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_become_definite() {
        check(&[0x30, 0x80, 0x02, 1, 5, 0, 0], Ok(&[0x30, 3, 2, 1, 5]));
        check(&[0x24, 0x80, 4, 1, b'a', 4, 2, b'b', b'c', 0, 0], Ok(b"\x04\x03abc"));
        check(&[0x24, 5, 0x24, 3, 4, 1, b'x'], Ok(b"\x04\x01x"));
        check(&[0x04, 0x82, 0, 1, b'x'], Ok(b"\x04\x01x"));
        check(&[0x30, 6, 0x31, 0x80, 0, 0, 5, 0], Ok(&[0x30, 4, 0x31, 0, 5, 0]));
        check(&[0x30, 0x80, 0x31, 0x80, 0, 0, 0, 0], Ok(&[0x30, 2, 0x31, 0]));
    }

    #[test]
    fn lies_are_told() {
        check(&[0x30, 0x80, 0x02, 1, 5], Err("it ends in the middle"));
        check(&[0x30, 2, 0x02, 5, 1], Err("a value longer than what holds it"));
        check(&[0x04, 0x80, 0, 0], Err("a primitive value without its length"));
        check(&[0x30, 2, 0, 0], Err("an end of content where none is due"));
        check(&[0x04, 0x84, 0xff, 0xff, 0xff, 0xff], Err("a value larger than its kind can be"));
        check(&[0x04, 0x89, 1, 1, 1, 1, 1, 1, 1, 1, 1], Err("a length beyond all measure"));
        check(&[0x30, 0x80].repeat(40), Err("values inside values, deeper than allowed"));
    }

    #[test]
    fn content_runs_through() {
        let mut bytes = vec![0xa0, 0x80, 0x24, 0x80];
        for _ in 0..100 {
            bytes.extend(der::value(der::OCTET_STRING, &[9; 1000]));
        }
        bytes.extend([0, 0, 0, 0]);
        let mut ber = Ber::new(bytes.as_slice());
        let mut out = Vec::new();
        ber.enter(0xa0).unwrap();
        ber.string(der::OCTET_STRING, &mut out).unwrap();
        ber.leave().unwrap();
        assert_eq!(out, [9; 100_000]);
    }

    fn check(bytes: &[u8], expected: Result<&[u8], &str>) {
        let told = definite(bytes).map_err(|fault| fault.to_string());
        assert_eq!(told.as_deref().map_err(String::as_str), expected, "{bytes:02x?}");
    }
}
