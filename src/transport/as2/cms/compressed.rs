//! Compressed data (RFC 3274) by zlib: deflated to its whole, inflated under a cap so that no bomb goes off.

use std::io::{self, Read, Write};

use flate2::Compression;
use flate2::write::{ZlibDecoder, ZlibEncoder};

use super::ber::Ber;
use super::der;
use super::{Fault, oid};

/// What stands before and around compressed content of `length` bytes.
pub fn head(length: u64) -> Vec<u8> {
    let content = der::header(der::OCTET_STRING, length);
    let tagged = der::header(der::context(0), content.len() as u64 + length);
    let content_type = der::oid(oid::DATA);
    let info_bytes = (content_type.len() + tagged.len() + content.len()) as u64 + length;
    let start = [der::integer(0), der::algorithm(oid::ZLIB, &[])].concat();
    let info = [der::header(der::SEQUENCE, info_bytes), content_type, tagged, content].concat();
    let inner_bytes = (start.len() + info.len()) as u64 + length;
    let inner = der::header(der::SEQUENCE, inner_bytes);
    let outer_tagged = der::header(der::context(0), inner.len() as u64 + inner_bytes);
    let kind = der::oid(oid::COMPRESSED_DATA);
    let outer_bytes = (kind.len() + outer_tagged.len() + inner.len()) as u64 + inner_bytes;
    [der::header(der::SEQUENCE, outer_bytes), kind, outer_tagged, inner, start, info].concat()
}

/// Deflates content; [`head`] goes before it.
///
/// # Errors
/// When reading or writing fails.
pub fn deflate(content: &mut dyn Read, out: &mut dyn Write) -> Result<(), Fault> {
    let mut encoder = ZlibEncoder::new(out, Compression::default());
    super::copy(content, &mut encoder)?;
    encoder.finish().map_err(Fault::Io)?;
    Ok(())
}

/// Inflates what [`super::open`] found to be compressed, up to `bytes_max`.
///
/// # Errors
/// [`Fault::TooLarge`] as soon as more comes out.
pub fn decompress<R: Read>(ber: &mut Ber<R>, bytes_max: u64, out: &mut dyn Write) -> Result<(), Fault> {
    ber.enter(der::SEQUENCE)?;
    ber.value()?;
    let algorithm = ber.value()?;
    let (of, _) = der::read_algorithm(&der::Der::new(&algorithm).expect(der::SEQUENCE)?)?;
    if of != oid::ZLIB {
        return Err(Fault::Unsupported(format!("compression by {}", oid::shown(of))));
    }
    ber.enter(der::SEQUENCE)?;
    ber.value()?;
    ber.enter(der::context(0))?;
    let mut decoder = ZlibDecoder::new(Capped { out, left: bytes_max, is_over: false });
    let result = ber.string(der::OCTET_STRING, &mut decoder).and_then(|()| decoder.try_finish().map_err(Fault::Io));
    if decoder.get_ref().is_over {
        return Err(Fault::TooLarge(bytes_max));
    }
    match result {
        Err(Fault::Io(error)) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData) => {
            Err(Fault::malformed("compressed content that does not inflate"))
        }
        other => other,
    }
}

struct Capped<'a> {
    out: &'a mut dyn Write,
    left: u64,
    is_over: bool,
}

impl Write for Capped<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() as u64 > self.left {
            self.is_over = true;
            return Err(io::Error::other("larger than allowed"));
        }
        self.out.write_all(bytes)?;
        self.left -= bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_comes_back_and_bombs_do_not_go_off() {
        let content = vec![b'x'; 1 << 20];
        let mut deflated = Vec::new();
        deflate(&mut content.as_slice(), &mut deflated).unwrap();
        assert!(deflated.len() < 4096);
        let message = [head(deflated.len() as u64), deflated].concat();
        let inflate = |bytes_max, message: &[u8]| {
            let (kind, mut ber) = super::super::open(message).unwrap();
            assert_eq!(kind, super::super::Kind::Compressed);
            let mut out = Vec::new();
            decompress(&mut ber, bytes_max, &mut out).map(|()| out).map_err(|fault| fault.to_string())
        };
        assert_eq!(inflate(1 << 20, &message).unwrap(), content);
        assert_eq!(inflate(1000, &message).unwrap_err(), "the content is larger than 1000 bytes");
        let mut broken = message;
        let middle = broken.len() / 2;
        broken[middle..].fill(0xff);
        assert!(inflate(1 << 20, &broken).is_err());
    }
}
