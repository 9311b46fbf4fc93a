//! What a verb reads: a file or standard input, told apart by its first bytes and driven through the examiner.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::journey::examine::{Audience, Examiner};
use crate::wire::parcel::{ParcelLimits, unpack};
use crate::wire::sniff::{Looks, SNIFF_BYTES, looks_like};

/// A file, or standard input for `-`; it counts the bytes that go through.
pub struct Input {
    inner: Box<dyn Read>,
    pub bytes: u64,
}

impl Input {
    pub fn open(path: &Path) -> io::Result<Self> {
        let inner: Box<dyn Read> = if path.as_os_str() == "-" {
            Box::new(io::stdin())
        } else {
            let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
            Box::new(File::open(path).map_err(named)?)
        };
        Ok(Self { inner, bytes: 0 })
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.bytes += read as u64;
        Ok(read)
    }
}

/// Tells what the file looks like and drives the reader that fits. Gives back what a parcel held and refused.
pub fn drive(
    examiner: &mut Examiner<'_>,
    input: &mut impl Read,
    audience: &mut dyn Audience,
) -> io::Result<Vec<String>> {
    let mut start = Vec::with_capacity(SNIFF_BYTES);
    input.by_ref().take(SNIFF_BYTES as u64).read_to_end(&mut start)?;
    let looks = looks_like(&start);
    let mut whole = io::Cursor::new(start).chain(input);
    match looks {
        Looks::Segments => {
            examiner.segments(None, whole, audience)?;
            Ok(Vec::new())
        }
        Looks::Xml => {
            let mut bytes = Vec::new();
            whole.read_to_end(&mut bytes)?;
            examiner.document(None, &bytes, audience)?;
            Ok(Vec::new())
        }
        Looks::Zip | Looks::Mail | Looks::Pdf => {
            let mut bytes = Vec::new();
            whole.read_to_end(&mut bytes)?;
            let unpacked = unpack("", bytes, ParcelLimits::default());
            for part in &unpacked.parts {
                let name = part.name.trim_start_matches('/');
                match looks_like(&part.bytes) {
                    Looks::Xml => examiner.document(Some(name), &part.bytes, audience)?,
                    _ => examiner.segments(Some(name), part.bytes.as_slice(), audience)?,
                }
            }
            Ok(unpacked.refused)
        }
    }
}
