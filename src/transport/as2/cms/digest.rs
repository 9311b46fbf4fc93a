//! Digests: how partners name them, and how content of any size runs through one.

use std::io::{self, Write};

use aws_lc_rs::digest;

use super::oid;

/// What signatures and MICs are made with. MD5 is not among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Digest {
    /// Broken for signatures: verified where the agreement says so, never signed with.
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Digest {
    pub const ALL: [Self; 4] = [Self::Sha1, Self::Sha256, Self::Sha384, Self::Sha512];

    /// Every spelling partners use: `sha-256`, `sha256`, `SHA256`, `"sha-256"`.
    pub fn named(name: &str) -> Option<Self> {
        let plain: String = name.chars().filter(|c| c.is_ascii_alphanumeric()).collect();
        match plain.to_ascii_lowercase().as_str() {
            "sha1" | "sha" => Some(Self::Sha1),
            "sha256" | "sha2256" => Some(Self::Sha256),
            "sha384" | "sha2384" => Some(Self::Sha384),
            "sha512" | "sha2512" => Some(Self::Sha512),
            _ => None,
        }
    }

    pub fn of_oid(of: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|digest| digest.oid() == of)
    }

    pub fn oid(self) -> &'static [u8] {
        match self {
            Self::Sha1 => oid::SHA1,
            Self::Sha256 => oid::SHA256,
            Self::Sha384 => oid::SHA384,
            Self::Sha512 => oid::SHA512,
        }
    }

    /// As RFC 5751 writes it in `micalg`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "sha-1",
            Self::Sha256 => "sha-256",
            Self::Sha384 => "sha-384",
            Self::Sha512 => "sha-512",
        }
    }

    /// As RFC 3851 and old software write it.
    pub fn old_name(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }

    pub fn of(self, bytes: &[u8]) -> Vec<u8> {
        digest::digest(self.algorithm(), bytes).as_ref().to_vec()
    }

    pub fn length_bytes(self) -> usize {
        self.algorithm().output_len()
    }

    pub(super) fn algorithm(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        }
    }
}

/// Content on its way into one digest or several: written to, then asked.
#[derive(Clone)]
pub struct Hashing(Vec<(Digest, digest::Context)>);

impl Hashing {
    pub fn with(digests: impl IntoIterator<Item = Digest>) -> Self {
        let mut contexts: Vec<(Digest, digest::Context)> = Vec::new();
        for digest in digests {
            if contexts.iter().all(|(known, _)| *known != digest) {
                contexts.push((digest, digest::Context::new(digest.algorithm())));
            }
        }
        Self(contexts)
    }

    /// The digests of what was written.
    pub fn finish(self) -> Vec<(Digest, Vec<u8>)> {
        self.0.into_iter().map(|(digest, context)| (digest, context.finish().as_ref().to_vec())).collect()
    }
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for (_, context) in &mut self.0 {
            context.update(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings() {
        for (name, digest) in [
            ("sha1", Some(Digest::Sha1)),
            ("SHA-1", Some(Digest::Sha1)),
            ("sha256", Some(Digest::Sha256)),
            ("\"SHA-256\"", Some(Digest::Sha256)),
            ("sha_512", Some(Digest::Sha512)),
            ("md5", None),
            ("rsa-md5", None),
        ] {
            assert_eq!(Digest::named(name), digest, "{name}");
        }
    }
}
