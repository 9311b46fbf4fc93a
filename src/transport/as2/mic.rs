//! The MIC (RFC 4130 section 7.3.1): the digest by which both sides know that they speak of the same bytes.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::blob::Blob;
use super::cms::{Digest, Hashing};
use super::mime::{Canonical, copy};

/// A digest with the name of its algorithm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mic {
    pub digest: Digest,
    pub value: Vec<u8>,
}

impl Mic {
    /// Over bytes as they stand.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn of(bytes: &Blob, digest: Digest) -> std::io::Result<Self> {
        let mut hashing = Hashing::with([digest]);
        copy(bytes, |piece| std::io::Write::write_all(&mut hashing, piece))?;
        Ok(Self::only(hashing))
    }

    /// Over text with canonical line ends.
    ///
    /// # Errors
    /// When the bytes cannot be read.
    pub fn of_canonical(bytes: &Blob, digest: Digest) -> std::io::Result<Self> {
        let mut canonical = Canonical::new(Hashing::with([digest]));
        copy(bytes, |piece| std::io::Write::write_all(&mut canonical, piece))?;
        Ok(Self::only(canonical.out))
    }

    fn only(hashing: Hashing) -> Self {
        // One digest went in.
        let (digest, value) = hashing.finish().swap_remove(0);
        Self { digest, value }
    }

    /// `Received-Content-MIC` as it is written.
    pub fn written(&self, old_names: bool) -> String {
        let name = if old_names { self.digest.old_name() } else { self.digest.name() };
        format!("{}, {name}", STANDARD.encode(&self.value))
    }

    /// Reads `Received-Content-MIC`; the name may be in any spelling, or missing.
    pub fn read(text: &str) -> Option<Self> {
        let (value, name) = text.split_once(',').unwrap_or((text, ""));
        let value = STANDARD.decode(value.trim().trim_matches('"')).ok()?;
        let by_length = || Digest::ALL.into_iter().find(|digest| digest.length_bytes() == value.len());
        let digest = Digest::named(name).or_else(by_length)?;
        Some(Self { digest, value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_and_read() {
        let mic = Mic::of(&b"a\nb".to_vec().into(), Digest::Sha256).unwrap();
        let canonical = Mic::of_canonical(&b"a\nb".to_vec().into(), Digest::Sha256).unwrap();
        assert_eq!(canonical, Mic::of(&b"a\r\nb".to_vec().into(), Digest::Sha256).unwrap());
        for text in [
            mic.written(false),
            mic.written(true),
            mic.written(true).to_uppercase().replace(&mic.written(true)[..44].to_uppercase(), &mic.written(true)[..44]),
        ] {
            assert_eq!(Mic::read(&text).as_ref(), Some(&mic), "{text}");
        }
        assert_eq!(Mic::read(mic.written(false).split(',').next().unwrap()), Some(mic));
        assert_eq!(Mic::read("%%%, sha1"), None);
    }
}
