//! A private RSA key: signing, and opening what was encrypted for it. Its bytes are never shown.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{
    KeyPair, KeySize, OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OAEP_SHA384_MGF1SHA384, OAEP_SHA512_MGF1SHA512,
    OaepAlgorithm, OaepPrivateDecryptingKey, Pkcs1PrivateDecryptingKey, PrivateDecryptingKey,
};
use aws_lc_rs::signature::{
    KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512,
    RsaEncoding,
};

use super::digest::Digest;
use super::enveloped::KeyTransport;
use super::{Certificate, Fault, der, oid};

/// A private key as it was imported.
pub struct PrivateKey {
    pkcs8: Vec<u8>,
    pair: KeyPair,
    pkcs1: Pkcs1PrivateDecryptingKey,
    oaep: OaepPrivateDecryptingKey,
}

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PrivateKey")
    }
}

impl PrivateKey {
    /// Reads PKCS#8 DER.
    ///
    /// # Errors
    /// When it is no RSA key of 2048 to 8192 bits.
    pub fn from_pkcs8(pkcs8: &[u8]) -> Result<Self, Fault> {
        let wrong = |reason: String| {
            Fault::Key(format!("the private key is not taken ({reason}): RSA of 2048 to 8192 bits is wanted"))
        };
        let pair = KeyPair::from_pkcs8(pkcs8).map_err(|reason| wrong(reason.to_string()))?;
        let decrypting = PrivateDecryptingKey::from_pkcs8(pkcs8).map_err(|reason| wrong(reason.to_string()))?;
        let pkcs1 = Pkcs1PrivateDecryptingKey::new(decrypting.clone()).map_err(|_| wrong("decrypting".into()))?;
        let oaep = OaepPrivateDecryptingKey::new(decrypting).map_err(|_| wrong("decrypting".into()))?;
        Ok(Self { pkcs8: pkcs8.to_vec(), pair, pkcs1, oaep })
    }

    /// A new key of 2048 bits: larger ones cost a multiple for every message.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn generate() -> Result<Self, Fault> {
        let broken = |_| Fault::Key("no key could be made".into());
        let pair = KeyPair::generate(KeySize::Rsa2048).map_err(broken)?;
        Self::from_pkcs8(AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).map_err(broken)?.as_ref())
    }

    /// Reads PKCS#1 DER (`BEGIN RSA PRIVATE KEY`).
    ///
    /// # Errors
    /// As for PKCS#8.
    pub fn from_pkcs1(pkcs1: &[u8]) -> Result<Self, Fault> {
        let pkcs8 = der::sequence(&[
            &der::integer(0),
            &der::algorithm(oid::RSA, &der::null()),
            &der::value(der::OCTET_STRING, pkcs1),
        ]);
        Self::from_pkcs8(&pkcs8)
    }

    /// PKCS#8 DER: for the file that keeps it and for TLS, not for showing.
    pub fn pkcs8(&self) -> &[u8] {
        &self.pkcs8
    }

    /// `RSAPublicKey`.
    pub fn public_key(&self) -> &[u8] {
        self.pair.public_key().as_ref()
    }

    /// Whether this is the key of a certificate.
    pub fn belongs_to(&self, certificate: &Certificate) -> bool {
        self.public_key() == certificate.rsa_key
    }

    pub(super) fn sign(&self, digest: Digest, pss: bool, message: &[u8]) -> Result<Vec<u8>, Fault> {
        let encoding: &'static dyn RsaEncoding = match (digest, pss) {
            (Digest::Sha256, false) => &RSA_PKCS1_SHA256,
            (Digest::Sha384, false) => &RSA_PKCS1_SHA384,
            (Digest::Sha512, false) => &RSA_PKCS1_SHA512,
            (Digest::Sha256, true) => &RSA_PSS_SHA256,
            (Digest::Sha384, true) => &RSA_PSS_SHA384,
            (Digest::Sha512, true) => &RSA_PSS_SHA512,
            (Digest::Sha1, _) => return Err(Fault::Unsupported("signing with SHA-1".into())),
        };
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(encoding, &SystemRandom::new(), message, &mut signature)
            .map_err(|_| Fault::Key("the private key does not sign".into()))?;
        Ok(signature)
    }

    /// What was encrypted for this key, or nothing: callers go on with a random key, so that no answer tells which.
    pub(super) fn decrypt(&self, transport: KeyTransport, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut room = vec![0; self.pkcs1.min_output_size().max(self.oaep.min_output_size())];
        let plain = match transport {
            KeyTransport::Pkcs1 => self.pkcs1.decrypt(bytes, &mut room).ok()?,
            KeyTransport::Oaep(digest) => self.oaep.decrypt(oaep(digest), bytes, &mut room, None).ok()?,
        };
        Some(plain.to_vec())
    }
}

/// OAEP with the same digest for the label and for MGF1.
pub(super) fn oaep(digest: Digest) -> &'static OaepAlgorithm {
    match digest {
        Digest::Sha1 => &OAEP_SHA1_MGF1SHA1,
        Digest::Sha256 => &OAEP_SHA256_MGF1SHA256,
        Digest::Sha384 => &OAEP_SHA384_MGF1SHA384,
        Digest::Sha512 => &OAEP_SHA512_MGF1SHA512,
    }
}
