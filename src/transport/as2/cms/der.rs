//! DER: values written, and values with definite lengths read from a slice. What comes from strangers goes through
//! [`super::ber`] first, which turns every other form into this one.

use super::Fault;

pub const BOOLEAN: u8 = 0x01;
pub const INTEGER: u8 = 0x02;
pub const BIT_STRING: u8 = 0x03;
pub const OCTET_STRING: u8 = 0x04;
pub const NULL: u8 = 0x05;
pub const OID: u8 = 0x06;
pub const UTC_TIME: u8 = 0x17;
pub const GENERALIZED_TIME: u8 = 0x18;
pub const SEQUENCE: u8 = 0x30;
pub const SET: u8 = 0x31;

/// A context-specific tag, constructed: `[0]` is `context(0)`.
pub const fn context(number: u8) -> u8 {
    0xa0 | number
}

/// A context-specific tag, primitive.
pub const fn context_string(number: u8) -> u8 {
    0x80 | number
}

/// Tag, length and content.
pub fn value(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = header(tag, content.len() as u64);
    out.extend_from_slice(content);
    out
}

/// Tag and length, of content that is written by itself.
pub fn header(tag: u8, length: u64) -> Vec<u8> {
    let mut out = vec![tag];
    if length < 0x80 {
        out.push(length as u8);
        return out;
    }
    let bytes = length.to_be_bytes();
    let skip = length.leading_zeros() as usize / 8;
    out.push(0x80 | (bytes.len() - skip) as u8);
    out.extend_from_slice(&bytes[skip..]);
    out
}

/// Several values in one constructed value.
pub fn constructed(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    value(tag, &parts.concat())
}

pub fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    constructed(SEQUENCE, parts)
}

/// `SET OF`: DER wants its members in ascending order.
pub fn set_of(mut members: Vec<Vec<u8>>) -> Vec<u8> {
    members.sort();
    value(SET, &members.concat())
}

pub fn oid(oid: &[u8]) -> Vec<u8> {
    value(OID, oid)
}

/// A small whole number.
pub fn integer(number: u8) -> Vec<u8> {
    value(INTEGER, &[number])
}

/// `AlgorithmIdentifier` with parameters as given (`null()`, or none).
pub fn algorithm(of: &[u8], parameters: &[u8]) -> Vec<u8> {
    sequence(&[&oid(of), parameters])
}

pub fn null() -> Vec<u8> {
    vec![NULL, 0]
}

/// Reads the values of a slice one after another.
#[derive(Clone, Copy, Debug)]
pub struct Der<'a> {
    rest: &'a [u8],
}

/// One value.
#[derive(Clone, Copy, Debug)]
pub struct Element<'a> {
    pub tag: u8,
    pub content: &'a [u8],
    /// With tag and length.
    pub raw: &'a [u8],
}

impl<'a> Der<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The next value, `None` at the end.
    ///
    /// # Errors
    /// When the length is not one, or longer than what is there.
    pub fn read_next(&mut self) -> Result<Option<Element<'a>>, Fault> {
        let [tag, length, ..] = *self.rest else {
            return if self.rest.is_empty() { Ok(None) } else { Err(Fault::malformed("a value without a length")) };
        };
        if tag & 0x1f == 0x1f {
            return Err(Fault::malformed("a tag of several bytes"));
        }
        let (length, start) = if length < 0x80 {
            (usize::from(length), 2)
        } else {
            let count = usize::from(length & 0x7f);
            if count == 0 || count > 4 || self.rest.len() < 2 + count {
                return Err(Fault::malformed("a length that is not definite"));
            }
            (self.rest[2..2 + count].iter().fold(0, |sum, &byte| sum << 8 | usize::from(byte)), 2 + count)
        };
        let end = start + length;
        if self.rest.len() < end {
            return Err(Fault::malformed("a value longer than what holds it"));
        }
        let element = Element { tag, content: &self.rest[start..end], raw: &self.rest[..end] };
        self.rest = &self.rest[end..];
        Ok(Some(element))
    }

    /// The next value, which must have this tag.
    ///
    /// # Errors
    /// When it has not, or nothing is left.
    pub fn expect(&mut self, tag: u8) -> Result<Element<'a>, Fault> {
        match self.read_next()? {
            Some(element) if element.tag == tag => Ok(element),
            Some(element) => {
                Err(Fault::Malformed(format!("a value of tag {tag:#04x} expected, not {:#04x}", element.tag)))
            }
            None => Err(Fault::Malformed(format!("a value of tag {tag:#04x} expected, not the end"))),
        }
    }

    /// The next value if it has this tag.
    ///
    /// # Errors
    /// When the next value cannot be read.
    pub fn optional(&mut self, tag: u8) -> Result<Option<Element<'a>>, Fault> {
        if self.rest.first() == Some(&tag) { self.read_next() } else { Ok(None) }
    }

    /// What has not been read.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

impl<'a> Element<'a> {
    /// The values inside.
    pub fn inside(&self) -> Der<'a> {
        Der::new(self.content)
    }
}

/// `AlgorithmIdentifier`: its identifier, and the parameters where there are any but NULL.
///
/// # Errors
/// When it is none.
pub fn read_algorithm<'a>(from: &Element<'a>) -> Result<(&'a [u8], Option<Element<'a>>), Fault> {
    let mut inside = from.inside();
    let of = inside.expect(OID)?.content;
    let parameters = inside.read_next()?.filter(|element| element.tag != NULL);
    Ok((of, parameters))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths() {
        for (length, bytes) in [
            (0, &[0x04, 0][..]),
            (127, &[0x04, 127]),
            (128, &[0x04, 0x81, 128]),
            (65_536, &[0x04, 0x83, 1, 0, 0]),
            (1 << 32, &[0x04, 0x85, 1, 0, 0, 0, 0]),
        ] {
            assert_eq!(header(OCTET_STRING, length), bytes, "{length}");
        }
    }

    #[test]
    fn what_was_written_is_read() {
        let bytes = sequence(&[&oid(super::super::oid::DATA), &value(OCTET_STRING, &[7; 300]), &null()]);
        let mut inside = Der::new(&bytes).expect(SEQUENCE).unwrap().inside();
        assert_eq!(inside.expect(OID).unwrap().content, super::super::oid::DATA);
        assert!(inside.optional(INTEGER).unwrap().is_none());
        assert_eq!(inside.expect(OCTET_STRING).unwrap().content.len(), 300);
        assert_eq!(inside.rest(), null());
    }

    #[test]
    fn lies_about_lengths_are_told() {
        for bytes in [&[0x30][..], &[0x30, 5, 0], &[0x30, 0x80, 0, 0], &[0x30, 0x85, 1, 1, 1, 1, 1], &[0x1f, 1, 0]] {
            assert!(Der::new(bytes).read_next().is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn members_of_a_set_are_ordered() {
        assert_eq!(set_of(vec![integer(9), integer(1)]), [SET, 6, INTEGER, 1, 1, INTEGER, 1, 9]);
    }
}
