//! A private key: signing and, with RSA, opening what was encrypted for it. Its bytes are never shown.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{
    KeyPair, KeySize, OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OAEP_SHA384_MGF1SHA384, OAEP_SHA512_MGF1SHA512,
    OaepAlgorithm, OaepPrivateDecryptingKey, Pkcs1PrivateDecryptingKey, PrivateDecryptingKey,
};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256,
    RSA_PSS_SHA384, RSA_PSS_SHA512, RsaEncoding,
};

use super::der::{Der, Element};
use super::digest::Digest;
use super::enveloped::KeyTransport;
use super::{Certificate, Fault, der, oid};

/// What sort of key a certificate or a private key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// Signs, and is encrypted for.
    Rsa,
    /// Curves only sign.
    P256,
    P384,
    P521,
}

impl KeyKind {
    /// The kind that a key's `AlgorithmIdentifier` names.
    pub(super) fn read(algorithm: &Element<'_>) -> Result<Self, Fault> {
        let (of, parameters) = der::read_algorithm(algorithm)?;
        match (of, parameters.map(|curve| curve.content)) {
            (oid::RSA | oid::RSA_PSS, _) => Ok(Self::Rsa),
            (oid::EC, Some(oid::P256)) => Ok(Self::P256),
            (oid::EC, Some(oid::P384)) => Ok(Self::P384),
            (oid::EC, Some(oid::P521)) => Ok(Self::P521),
            (oid::EC, curve) => Err(Fault::Unsupported(format!("a key on {}", oid::shown(curve.unwrap_or_default())))),
            (other, _) => Err(Fault::Unsupported(format!("a key of type {}", oid::shown(other)))),
        }
    }

    /// Every kind, by the name it is asked for.
    pub const ALL: [Self; 4] = [Self::Rsa, Self::P256, Self::P384, Self::P521];

    pub fn name(self) -> &'static str {
        match self {
            Self::Rsa => "RSA",
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
        }
    }

    /// The `AlgorithmIdentifier` of its keys.
    pub(super) fn algorithm(self) -> Vec<u8> {
        match self {
            Self::Rsa => der::algorithm(oid::RSA, &der::null()),
            Self::P256 => der::algorithm(oid::EC, &der::oid(oid::P256)),
            Self::P384 => der::algorithm(oid::EC, &der::oid(oid::P384)),
            Self::P521 => der::algorithm(oid::EC, &der::oid(oid::P521)),
        }
    }

    /// The digest that it signs with where another one was agreed: a curve has one of its own strength (RFC 5753 section
    /// 2.1.1), RSA takes any.
    pub fn digest(self, agreed: Digest) -> Digest {
        match self {
            Self::Rsa => agreed,
            Self::P256 => Digest::Sha256,
            Self::P384 => Digest::Sha384,
            Self::P521 => Digest::Sha512,
        }
    }

    fn signing(self) -> Option<&'static EcdsaSigningAlgorithm> {
        match self {
            Self::Rsa => None,
            Self::P256 => Some(&ECDSA_P256_SHA256_ASN1_SIGNING),
            Self::P384 => Some(&ECDSA_P384_SHA384_ASN1_SIGNING),
            Self::P521 => Some(&ECDSA_P521_SHA512_ASN1_SIGNING),
        }
    }
}

/// A private key as it was imported.
pub struct PrivateKey {
    pkcs8: Vec<u8>,
    kind: KeyKind,
    pair: Pair,
}

enum Pair {
    Rsa(Box<RsaPair>),
    Curve(EcdsaKeyPair),
}

struct RsaPair {
    signing: KeyPair,
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
    /// When it is neither an RSA key of 2048 to 8192 bits nor one on P-256, P-384 or P-521.
    pub fn from_pkcs8(pkcs8: &[u8]) -> Result<Self, Fault> {
        let wrong = |reason: String| {
            Fault::Key(format!(
                "the private key is not taken ({reason}): RSA of 2048 to 8192 bits, P-256, P-384 or P-521 is wanted"
            ))
        };
        let mut info = Der::new(pkcs8).expect(der::SEQUENCE)?.inside();
        info.expect(der::INTEGER)?;
        let kind = KeyKind::read(&info.expect(der::SEQUENCE)?).map_err(|fault| wrong(fault.to_string()))?;
        let pair = match kind.signing() {
            Some(algorithm) => {
                let pair = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8).map_err(|reason| wrong(reason.to_string()))?;
                Pair::Curve(pair)
            }
            None => {
                let signing = KeyPair::from_pkcs8(pkcs8).map_err(|reason| wrong(reason.to_string()))?;
                let opening = PrivateDecryptingKey::from_pkcs8(pkcs8).map_err(|reason| wrong(reason.to_string()))?;
                let pkcs1 = Pkcs1PrivateDecryptingKey::new(opening.clone()).map_err(|_| wrong("decrypting".into()))?;
                let oaep = OaepPrivateDecryptingKey::new(opening).map_err(|_| wrong("decrypting".into()))?;
                Pair::Rsa(Box::new(RsaPair { signing, pkcs1, oaep }))
            }
        };
        Ok(Self { pkcs8: pkcs8.to_vec(), kind, pair })
    }

    /// Reads SEC 1 DER (`BEGIN EC PRIVATE KEY`), which names its curve.
    ///
    /// # Errors
    /// As for PKCS#8.
    pub fn from_sec1(sec1: &[u8]) -> Result<Self, Fault> {
        let mut parts = Der::new(sec1).expect(der::SEQUENCE)?.inside();
        parts.expect(der::INTEGER)?;
        parts.expect(der::OCTET_STRING)?;
        let curve = parts.expect(der::context(0))?.content;
        let algorithm = der::algorithm(oid::EC, curve);
        Self::from_pkcs8(&der::sequence(&[&der::integer(0), &algorithm, &der::value(der::OCTET_STRING, sec1)]))
    }

    /// A new key of RSA with 2048 bits: larger ones cost a multiple for every message.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn generate() -> Result<Self, Fault> {
        Self::of_kind(KeyKind::Rsa)
    }

    /// A new key: on a curve, or of RSA as [`Self::generate`] makes it.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn of_kind(kind: KeyKind) -> Result<Self, Fault> {
        let broken = |_| Fault::Key("no key could be made".into());
        if let Some(algorithm) = kind.signing() {
            let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new()).map_err(broken)?;
            return Self::from_pkcs8(pkcs8.as_ref());
        }
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

    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// `RSAPublicKey`, or the point on its curve.
    pub fn public_key(&self) -> &[u8] {
        match &self.pair {
            Pair::Rsa(pair) => pair.signing.public_key().as_ref(),
            Pair::Curve(pair) => pair.public_key().as_ref(),
        }
    }

    /// Whether this is the key of a certificate.
    pub fn belongs_to(&self, certificate: &Certificate) -> bool {
        self.kind == certificate.key_kind && self.public_key() == certificate.public_key
    }

    pub(super) fn sign(&self, digest: Digest, pss: bool, message: &[u8]) -> Result<Vec<u8>, Fault> {
        let refused = |_| Fault::Key("the private key does not sign".into());
        let pair = match &self.pair {
            Pair::Rsa(pair) => pair,
            Pair::Curve(pair) if self.kind.digest(digest) == digest => {
                return Ok(pair.sign(&SystemRandom::new(), message).map_err(refused)?.as_ref().to_vec());
            }
            Pair::Curve(_) => {
                let (curve, own) = (self.kind.name(), self.kind.digest(digest).name());
                return Err(Fault::Key(format!("a key on {curve} signs with {own}, not with {}", digest.name())));
            }
        };
        let encoding: &'static dyn RsaEncoding = match (digest, pss) {
            (Digest::Sha256, false) => &RSA_PKCS1_SHA256,
            (Digest::Sha384, false) => &RSA_PKCS1_SHA384,
            (Digest::Sha512, false) => &RSA_PKCS1_SHA512,
            (Digest::Sha256, true) => &RSA_PSS_SHA256,
            (Digest::Sha384, true) => &RSA_PSS_SHA384,
            (Digest::Sha512, true) => &RSA_PSS_SHA512,
            (Digest::Sha1, _) => return Err(Fault::Unsupported("signing with SHA-1".into())),
        };
        let mut signature = vec![0; pair.signing.public_modulus_len()];
        pair.signing.sign(encoding, &SystemRandom::new(), message, &mut signature).map_err(refused)?;
        Ok(signature)
    }

    /// What was encrypted for this key, or nothing: callers go on with a random key, so that no answer tells which.
    pub(super) fn decrypt(&self, transport: KeyTransport, bytes: &[u8]) -> Option<Vec<u8>> {
        let Pair::Rsa(pair) = &self.pair else { return None };
        let mut room = vec![0; pair.pkcs1.min_output_size().max(pair.oaep.min_output_size())];
        let plain = match transport {
            KeyTransport::Pkcs1 => pair.pkcs1.decrypt(bytes, &mut room).ok()?,
            KeyTransport::Oaep(digest) => pair.oaep.decrypt(oaep(digest), bytes, &mut room, None).ok()?,
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
