//! How signatures are made beside their digest: RSA by PKCS#1 v1.5 or PSS, ECDSA on P-256, P-384 or P-521.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA384_ASN1, ECDSA_P256_SHA512_ASN1, ECDSA_P384_SHA256_ASN1,
    ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA512_ASN1, ECDSA_P521_SHA256_ASN1, ECDSA_P521_SHA384_ASN1,
    ECDSA_P521_SHA512_ASN1, RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384,
    RSA_PSS_2048_8192_SHA512, RsaParameters, RsaPssSaltLength, VerificationAlgorithm,
};

use super::der::{self, Element};
use super::digest::Digest;
use super::key::KeyKind;
use super::{Certificate, Fault, oid};

/// How a signature was made, beside its digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    Pkcs1,
    Pss {
        salt_bytes: usize,
    },
    /// Parameters left at their defaults though the signer uses another digest: salts are as long as usual, or as can be.
    PssUnsaid,
    Ecdsa,
}

static PSS_SHA256_LONGEST: RsaParameters = RSA_PSS_2048_8192_SHA256.with_pss_salt_length(RsaPssSaltLength::Max);
static PSS_SHA384_LONGEST: RsaParameters = RSA_PSS_2048_8192_SHA384.with_pss_salt_length(RsaPssSaltLength::Max);
static PSS_SHA512_LONGEST: RsaParameters = RSA_PSS_2048_8192_SHA512.with_pss_salt_length(RsaPssSaltLength::Max);
static PSS_SHA256_TWENTY: RsaParameters = RSA_PSS_2048_8192_SHA256.with_pss_salt_length(RsaPssSaltLength::Custom(20));

impl Scheme {
    /// Reads the `AlgorithmIdentifier` of a signature by this digest.
    pub(super) fn read(algorithm: &Element<'_>, digest: Digest) -> Result<Self, Fault> {
        let (of, parameters) = der::read_algorithm(algorithm)?;
        let expected = match digest {
            Digest::Sha1 => oid::SHA1_WITH_RSA,
            Digest::Sha256 => oid::SHA256_WITH_RSA,
            Digest::Sha384 => oid::SHA384_WITH_RSA,
            Digest::Sha512 => oid::SHA512_WITH_RSA,
        };
        if of == oid::RSA || of == expected {
            return Ok(Self::Pkcs1);
        }
        if of == ecdsa_with(digest) && digest != Digest::Sha1 {
            return Ok(Self::Ecdsa);
        }
        if of != oid::RSA_PSS {
            return Err(Fault::Unsupported(format!("a signature by {}", oid::shown(of))));
        }
        // Absent parameters are SHA-1 throughout and twenty bytes of salt (RFC 4056 section 2.2).
        let (mut hash, mut mask, mut salt_bytes) = (Digest::Sha1, Digest::Sha1, 20);
        let named = |of: &[u8]| Digest::of_oid(of).ok_or_else(|| Fault::Unsupported(oid::shown(of)));
        if let Some(parameters) = parameters {
            let mut inside = parameters.inside();
            if let Some(tagged) = inside.optional(der::context(0))? {
                hash = named(der::read_algorithm(&tagged.inside().expect(der::SEQUENCE)?)?.0)?;
            }
            if let Some(tagged) = inside.optional(der::context(1))? {
                let (_, of) = der::read_algorithm(&tagged.inside().expect(der::SEQUENCE)?)?;
                let of = of.ok_or_else(|| Fault::malformed("a mask that is none"))?;
                mask = named(der::read_algorithm(&of)?.0)?;
            }
            if let Some(tagged) = inside.optional(der::context(2))? {
                let bytes = tagged.inside().expect(der::INTEGER)?.content;
                salt_bytes = bytes.iter().take(4).fold(0, |sum, &byte| sum << 8 | usize::from(byte));
            }
        }
        // Some software (pyas2lib) signs by the digest of the signer and leaves these parameters at their defaults.
        if hash == Digest::Sha1 && mask == Digest::Sha1 {
            return Ok(Self::PssUnsaid);
        }
        if hash != digest || mask != digest {
            return Err(Fault::Unsupported("PSS with digests that differ".into()));
        }
        Ok(Self::Pss { salt_bytes })
    }

    /// What the signature may have been made with.
    pub(super) fn algorithms(
        self,
        digest: Digest,
        certificate: &Certificate,
    ) -> Vec<&'static dyn VerificationAlgorithm> {
        match (self, certificate.key_kind) {
            (Self::Ecdsa, kind) => return Self::on_curve(kind, digest),
            (_, KeyKind::Rsa) => {}
            (_, KeyKind::P256 | KeyKind::P384 | KeyKind::P521) => return Vec::new(),
        }
        let longest = ((certificate.key_bits + 6) / 8).saturating_sub(digest.length_bytes() + 2);
        let salts = match self {
            Self::Pkcs1 => {
                return vec![match digest {
                    Digest::Sha1 => &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
                    Digest::Sha256 => &RSA_PKCS1_2048_8192_SHA256,
                    Digest::Sha384 => &RSA_PKCS1_2048_8192_SHA384,
                    Digest::Sha512 => &RSA_PKCS1_2048_8192_SHA512,
                }];
            }
            Self::Pss { salt_bytes } => vec![salt_bytes],
            Self::PssUnsaid => vec![digest.length_bytes(), longest],
            Self::Ecdsa => Vec::new(),
        };
        let of_salt = |salt: usize| -> Option<&'static dyn VerificationAlgorithm> {
            match (digest, salt) {
                (Digest::Sha256, 32) => Some(&RSA_PSS_2048_8192_SHA256),
                (Digest::Sha384, 48) => Some(&RSA_PSS_2048_8192_SHA384),
                (Digest::Sha512, 64) => Some(&RSA_PSS_2048_8192_SHA512),
                (Digest::Sha256, 20) => Some(&PSS_SHA256_TWENTY),
                (Digest::Sha256, salt) if salt == longest => Some(&PSS_SHA256_LONGEST),
                (Digest::Sha384, salt) if salt == longest => Some(&PSS_SHA384_LONGEST),
                (Digest::Sha512, salt) if salt == longest => Some(&PSS_SHA512_LONGEST),
                _ => None,
            }
        };
        salts.into_iter().filter_map(of_salt).collect()
    }

    fn on_curve(kind: KeyKind, digest: Digest) -> Vec<&'static dyn VerificationAlgorithm> {
        match (kind, digest) {
            (KeyKind::P256, Digest::Sha256) => vec![&ECDSA_P256_SHA256_ASN1],
            (KeyKind::P256, Digest::Sha384) => vec![&ECDSA_P256_SHA384_ASN1],
            (KeyKind::P256, Digest::Sha512) => vec![&ECDSA_P256_SHA512_ASN1],
            (KeyKind::P384, Digest::Sha256) => vec![&ECDSA_P384_SHA256_ASN1],
            (KeyKind::P384, Digest::Sha384) => vec![&ECDSA_P384_SHA384_ASN1],
            (KeyKind::P384, Digest::Sha512) => vec![&ECDSA_P384_SHA512_ASN1],
            (KeyKind::P521, Digest::Sha256) => vec![&ECDSA_P521_SHA256_ASN1],
            (KeyKind::P521, Digest::Sha384) => vec![&ECDSA_P521_SHA384_ASN1],
            (KeyKind::P521, Digest::Sha512) => vec![&ECDSA_P521_SHA512_ASN1],
            (KeyKind::Rsa, _) | (_, Digest::Sha1) => Vec::new(),
        }
    }
}

/// ECDSA with a digest (RFC 5758 section 3.2).
pub(super) fn ecdsa_with(digest: Digest) -> &'static [u8] {
    match digest {
        Digest::Sha384 => oid::ECDSA_WITH_SHA384,
        Digest::Sha512 => oid::ECDSA_WITH_SHA512,
        // SHA-1 is never signed with.
        Digest::Sha256 | Digest::Sha1 => oid::ECDSA_WITH_SHA256,
    }
}

/// PSS with one digest throughout and a salt of its length (RFC 4056).
pub(super) fn pss_algorithm(digest: Digest) -> Vec<u8> {
    let hash = der::algorithm(digest.oid(), &der::null());
    let mask = der::algorithm(oid::MGF1, &hash);
    let parameters = der::sequence(&[
        &der::value(der::context(0), &hash),
        &der::value(der::context(1), &mask),
        &der::value(der::context(2), &der::integer(digest.length_bytes() as u8)),
    ]);
    der::algorithm(oid::RSA_PSS, &parameters)
}
