//! CMS (RFC 5652) as AS2 needs it: signed, enveloped, authenticated-enveloped and compressed data, in pieces of any size.
//!
//! It reads every BER form and writes DER. It knows no MIME and no partner: what may be used is said by its callers.

pub mod ber;
pub mod certificate;
pub mod cipher;
pub mod compressed;
pub mod der;
pub mod digest;
pub mod enveloped;
pub mod import;
pub mod key;
pub mod oid;
mod scheme;
pub mod signed;

use std::io::{self, Read, Write};

pub use certificate::Certificate;
pub use cipher::Cipher;
pub use digest::{Digest, Hashing};
pub use enveloped::KeyTransport;
pub use key::{KeyKind, PrivateKey};
pub use signed::{SignedData, Signer};

use ber::Ber;

/// Why something could not be read, opened or made. The words are for our own log and desk, never for the sender.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("{0}")]
    Malformed(String),
    /// An algorithm or form that we do not speak.
    #[error("{0} is not supported")]
    Unsupported(String),
    /// An algorithm that the agreement does not allow.
    #[error("{0} is not allowed by the agreement")]
    NotAllowed(&'static str),
    /// Wrong key, wrong padding, wrong tag: one answer for all of them.
    #[error("it cannot be decrypted with any of our keys")]
    NotDecrypted,
    #[error("the content is larger than {0} bytes")]
    TooLarge(u64),
    /// A key or certificate that cannot do what it should.
    #[error("{0}")]
    Key(String),
    #[error(transparent)]
    Io(io::Error),
}

impl Fault {
    pub(crate) fn malformed(words: &str) -> Self {
        Self::Malformed(words.to_owned())
    }
}

/// What a `ContentInfo` holds, as its first bytes say: the header `smime-type` is not trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Signed,
    Enveloped,
    AuthEnveloped,
    Compressed,
}

/// Reads the head of a `ContentInfo` and enters its content.
///
/// # Errors
/// When it is none, or of a kind that AS2 has no use for.
pub fn open<R: Read>(input: R) -> Result<(Kind, Ber<R>), Fault> {
    let mut ber = Ber::new(input);
    ber.enter(der::SEQUENCE)?;
    let of = ber.value()?;
    let kind = match der::Der::new(&of).expect(der::OID)?.content {
        oid::SIGNED_DATA => Kind::Signed,
        oid::ENVELOPED_DATA => Kind::Enveloped,
        oid::AUTH_ENVELOPED_DATA => Kind::AuthEnveloped,
        oid::COMPRESSED_DATA => Kind::Compressed,
        other => return Err(Fault::Unsupported(format!("content of type {}", oid::shown(other)))),
    };
    ber.enter(der::context(0))?;
    Ok((kind, ber))
}

/// A `ContentInfo` around content that is already DER.
fn content_info(of: &[u8], content: &[u8]) -> Vec<u8> {
    der::sequence(&[&der::oid(of), &der::value(der::context(0), content)])
}

/// Copies in pieces.
fn copy(from: &mut dyn Read, to: &mut dyn Write) -> Result<(), Fault> {
    let mut piece = vec![0; 64 << 10];
    loop {
        let count = match from.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(Fault::Io(error)),
        };
        to.write_all(&piece[..count]).map_err(Fault::Io)?;
    }
}

/// Bytes in memory up to a bound.
struct Bounded {
    bytes: Vec<u8>,
    bytes_max: u64,
    is_full: bool,
}

impl Bounded {
    fn new(bytes_max: u64) -> Self {
        Self { bytes: Vec::new(), bytes_max, is_full: false }
    }

    fn is_full(&self) -> bool {
        self.is_full
    }

    fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if (self.bytes.len() + bytes.len()) as u64 > self.bytes_max {
            self.is_full = true;
            return Err(io::Error::other("larger than allowed"));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeMap;
    use std::sync::{Mutex, PoisonError};

    use jiff::Timestamp;

    use super::*;

    static IDENTITIES: Mutex<BTreeMap<String, &'static (Certificate, PrivateKey)>> = Mutex::new(BTreeMap::new());

    /// A certificate and its key, made once for a name.
    pub(crate) fn identity(name: &str) -> &'static (Certificate, PrivateKey) {
        let mut made = IDENTITIES.lock().unwrap_or_else(PoisonError::into_inner);
        made.entry(name.to_owned()).or_insert_with(|| {
            let key = PrivateKey::generate().unwrap();
            let until = Timestamp::from_second(noon().as_second() + 86_400 * 365).unwrap();
            let certificate = Certificate::self_signed(&key, name, noon(), until).unwrap();
            assert!(key.belongs_to(&certificate));
            Box::leak(Box::new((certificate, key)))
        })
    }

    /// A detached signature with its content put in, as `smime-type=signed-data` has it.
    pub(crate) fn opaque(detached: &[u8], content: &[u8]) -> Vec<u8> {
        let mut info = der::Der::new(detached).expect(der::SEQUENCE).unwrap().inside();
        info.expect(der::OID).unwrap();
        let mut tagged = info.expect(der::context(0)).unwrap().inside();
        let mut parts = tagged.expect(der::SEQUENCE).unwrap().inside();
        let mut next = || parts.read_next().unwrap().map(|part| part.raw.to_vec()).unwrap_or_default();
        let (version, digests, _, certificates, signers) = (next(), next(), next(), next(), next());
        let content = der::value(der::context(0), &der::value(der::OCTET_STRING, content));
        let content = der::sequence(&[&der::oid(oid::DATA), &content]);
        content_info(oid::SIGNED_DATA, &der::sequence(&[&version, &digests, &content, &certificates, &signers]))
    }

    pub(crate) fn noon() -> Timestamp {
        "2026-06-01T12:00:00Z".parse().unwrap()
    }
}
