//! Signed data (RFC 5652 section 5): detached as `multipart/signed` wants it, or around the content it signs.
//!
//! A signature is judged by certificates that the caller pinned. What certificates the sender put in is shown to people and
//! never trusted. Exactly one signer is taken.

use std::io::{Read, Write};

use aws_lc_rs::digest as lc;
use aws_lc_rs::signature::{UnparsedPublicKey, VerificationAlgorithm};
use jiff::Timestamp;

use super::ber::Ber;
use super::certificate::utc_time;
use super::der::{self, Der, Element};
use super::digest::Digest;
use super::enveloped::names;
use super::key::{KeyKind, PrivateKey};
use super::scheme::{Scheme, ecdsa_with, pss_algorithm};
use super::{Certificate, Fault, Kind, content_info, oid};

/// Certificates that a sender may put into one signature.
const CERTIFICATES_MAX: usize = 32;

/// With whom and how to sign.
#[derive(Clone, Copy, Debug)]
pub struct Signing<'a> {
    pub certificate: &'a Certificate,
    pub key: &'a PrivateKey,
    pub digest: Digest,
    pub pss: bool,
    /// Whether the attribute of RFC 6211 goes in, which some old software chokes on.
    pub algorithm_protection: bool,
    /// Whether our certificate goes along.
    pub embed_certificate: bool,
}

impl Signing<'_> {
    /// A detached signature of content with this digest, as DER.
    ///
    /// # Errors
    /// When the key cannot sign so.
    pub fn sign(&self, content_digest: &[u8], now: Timestamp) -> Result<Vec<u8>, Fault> {
        let (start, rest) = self.parts(content_digest, now)?;
        let content = der::sequence(&[&der::oid(oid::DATA)]);
        Ok(content_info(oid::SIGNED_DATA, &der::sequence(&[&start, &content, &rest])))
    }

    /// A signature around its content: what stands before content of that digest and so many bytes, and what behind.
    ///
    /// # Errors
    /// When the key cannot sign so.
    pub fn around(&self, content_digest: &[u8], length: u64, now: Timestamp) -> Result<(Vec<u8>, Vec<u8>), Fault> {
        let (start, rest) = self.parts(content_digest, now)?;
        // From the inside out: each length is that of all it holds.
        let wrapped = |tag: u8, before: &[&[u8]], inside: Vec<u8>, behind: u64| {
            let held = before.concat();
            let bytes = (held.len() + inside.len()) as u64 + behind;
            [der::header(tag, bytes), held, inside].concat()
        };
        let string = der::header(der::OCTET_STRING, length);
        let tagged = wrapped(der::context(0), &[], string, length);
        let content = wrapped(der::SEQUENCE, &[&der::oid(oid::DATA)], tagged, length);
        let behind = length + rest.len() as u64;
        let signed = wrapped(der::SEQUENCE, &[&start], content, behind);
        let tagged = wrapped(der::context(0), &[], signed, behind);
        Ok((wrapped(der::SEQUENCE, &[&der::oid(oid::SIGNED_DATA)], tagged, behind), rest))
    }

    /// What stands before the content and what behind it.
    fn parts(&self, content_digest: &[u8], now: Timestamp) -> Result<(Vec<u8>, Vec<u8>), Fault> {
        let digest_algorithm = der::algorithm(self.digest.oid(), &der::null());
        let signature_algorithm = match (self.key.kind(), self.pss) {
            (KeyKind::Rsa, true) => pss_algorithm(self.digest),
            (KeyKind::Rsa, false) => der::algorithm(oid::RSA, &der::null()),
            (KeyKind::P256 | KeyKind::P384 | KeyKind::P521, _) => der::algorithm(ecdsa_with(self.digest), &[]),
        };
        let attribute = |of: &[u8], value: Vec<u8>| der::sequence(&[&der::oid(of), &der::value(der::SET, &value)]);
        let mut attributes = vec![
            attribute(oid::CONTENT_TYPE, der::oid(oid::DATA)),
            attribute(oid::SIGNING_TIME, utc_time(now)),
            attribute(oid::MESSAGE_DIGEST, der::value(der::OCTET_STRING, content_digest)),
        ];
        if self.algorithm_protection {
            let mut tagged = signature_algorithm.clone();
            tagged[0] = der::context(1);
            attributes.push(attribute(oid::ALGORITHM_PROTECTION, der::sequence(&[&digest_algorithm, &tagged])));
        }
        let attributes = der::set_of(attributes);
        let signature = self.key.sign(self.digest, self.pss, &attributes)?;
        let mut tagged_attributes = attributes;
        tagged_attributes[0] = der::context(0);
        let signer = der::sequence(&[
            &der::integer(1),
            &self.certificate.issuer_and_serial(),
            &digest_algorithm,
            &tagged_attributes,
            &signature_algorithm,
            &der::value(der::OCTET_STRING, &signature),
        ]);
        let certificates = match self.embed_certificate {
            true => der::value(der::context(0), self.certificate.der()),
            false => Vec::new(),
        };
        let start = [der::integer(1), der::set_of(vec![digest_algorithm])].concat();
        Ok((start, [certificates, der::set_of(vec![signer])].concat()))
    }
}

/// A signature as it was received.
#[derive(Clone, Debug)]
pub struct SignedData {
    pub signer: Signer,
    /// What the sender put in: for people, never trusted.
    pub certificates: Vec<Certificate>,
}

/// Who signed, and what is claimed.
#[derive(Clone, Debug)]
pub struct Signer {
    /// Issuer and serial number, or key identifier, with tag and length.
    whom: Vec<u8>,
    pub digest: Digest,
    scheme: Scheme,
    /// The signed attributes as a SET, and the digest of the content they claim.
    attributes: Option<(Vec<u8>, Vec<u8>)>,
    signature: Vec<u8>,
}

/// Why a signature does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotVerified {
    /// The content is not what was signed.
    Digest { claimed: Vec<u8>, computed: Vec<u8> },
    /// The content may be, but the key is not the signer's.
    Signature,
}

impl SignedData {
    /// Reads a detached signature.
    ///
    /// # Errors
    /// When it is none, has not exactly one signer, or was made in a way that we do not speak.
    pub fn read(bytes: impl Read) -> Result<Self, Fault> {
        let (kind, mut ber) = super::open(bytes)?;
        if kind != Kind::Signed {
            return Err(Fault::malformed("a signature expected"));
        }
        ber.enter(der::SEQUENCE)?;
        ber.value()?;
        ber.value()?;
        let content = ber.value()?;
        let mut content = Der::new(&content).expect(der::SEQUENCE)?.inside();
        content.expect(der::OID)?;
        if content.read_next()?.is_some() {
            return Err(Fault::Unsupported("a signature beside its content that holds content too".into()));
        }
        Self::read_signer(&mut ber)
    }

    /// Reads what [`super::open`] found to be signed with its content in it, and runs the content out. What came out is
    /// nothing until the signature was judged over it.
    ///
    /// # Errors
    /// As [`Self::read`], and when there is no content; those of `out`.
    pub fn read_opaque<R: Read>(ber: &mut Ber<R>, out: &mut dyn Write) -> Result<Self, Fault> {
        ber.enter(der::SEQUENCE)?;
        ber.value()?;
        ber.value()?;
        ber.enter(der::SEQUENCE)?;
        let of = ber.value()?;
        let of = Der::new(&of).expect(der::OID)?.content;
        if of != oid::DATA {
            return Err(Fault::Unsupported(format!("signed content of type {}", oid::shown(of))));
        }
        if ber.peek()?.is_none() {
            return Err(Fault::malformed("a signature without the content that it signs"));
        }
        ber.enter(der::context(0))?;
        ber.string(der::OCTET_STRING, out)?;
        ber.leave()?;
        ber.leave()?;
        Self::read_signer(ber)
    }

    fn read_signer<R: Read>(ber: &mut Ber<R>) -> Result<Self, Fault> {
        let mut certificates = Vec::new();
        if let Some(set) = ber.optional(der::context(0))? {
            let mut members = Der::new(&set).expect(der::context(0))?.inside();
            while let Some(member) = members.read_next()?.filter(|_| certificates.len() < CERTIFICATES_MAX) {
                // One that we cannot read is no reason to refuse: it is not trusted in any case.
                certificates.extend(Certificate::from_der(member.raw));
            }
        }
        ber.optional(der::context(1))?;
        let signers = ber.value()?;
        let mut signers = Der::new(&signers).expect(der::SET)?.inside();
        let signer = signers.read_next()?.ok_or_else(|| Fault::malformed("a signature without a signer"))?;
        if signers.read_next()?.is_some() {
            return Err(Fault::malformed("a signature of several signers"));
        }
        Ok(Self { signer: Signer::read(signer)?, certificates })
    }
}

impl Signer {
    fn read(element: Element<'_>) -> Result<Self, Fault> {
        let mut parts = element.inside();
        parts.expect(der::INTEGER)?;
        let whom = parts.read_next()?.ok_or_else(|| Fault::malformed("a signer without a name"))?;
        let digest_algorithm = parts.expect(der::SEQUENCE)?;
        let (of, _) = der::read_algorithm(&digest_algorithm)?;
        let digest = Digest::of_oid(of).ok_or_else(|| Fault::Unsupported(format!("a digest by {}", oid::shown(of))))?;
        let attributes = parts.optional(der::context(0))?;
        let signature_algorithm = parts.expect(der::SEQUENCE)?;
        let scheme = Scheme::read(&signature_algorithm, digest)?;
        let signature = parts.expect(der::OCTET_STRING)?.content.to_vec();
        let attributes = match attributes {
            None => None,
            Some(element) => {
                let claimed = Self::claimed(&element, (&digest_algorithm, &signature_algorithm))?;
                let mut set = element.raw.to_vec();
                set[0] = der::SET;
                Some((set, claimed))
            }
        };
        Ok(Self { whom: whom.raw.to_vec(), digest, scheme, attributes, signature })
    }

    /// The digest that the attributes claim. Where they name the algorithms too (RFC 6211), these must be the ones used.
    fn claimed(attributes: &Element<'_>, used: (&Element<'_>, &Element<'_>)) -> Result<Vec<u8>, Fault> {
        let mut claimed = None;
        let mut list = attributes.inside();
        while let Some(attribute) = list.read_next()? {
            let mut pair = attribute.inside();
            let of = pair.expect(der::OID)?.content;
            let mut values = pair.expect(der::SET)?.inside();
            match of {
                oid::MESSAGE_DIGEST if claimed.is_some() => return Err(Fault::malformed("two digests of one content")),
                oid::MESSAGE_DIGEST => claimed = Some(values.expect(der::OCTET_STRING)?.content.to_vec()),
                oid::ALGORITHM_PROTECTION => {
                    let mut named = values.expect(der::SEQUENCE)?.inside();
                    let digest = der::read_algorithm(&named.expect(der::SEQUENCE)?)?.0;
                    let signature = named.optional(der::context(1))?;
                    let is_same = der::read_algorithm(used.0)?.0 == digest
                        && match signature {
                            Some(signature) => der::read_algorithm(&signature)?.0 == der::read_algorithm(used.1)?.0,
                            None => true,
                        };
                    if !is_same {
                        return Err(Fault::malformed("algorithms other than the protected ones"));
                    }
                }
                _ => {}
            }
        }
        claimed.ok_or_else(|| Fault::malformed("signed attributes without a digest"))
    }

    /// Whether the signature names this certificate.
    pub fn is(&self, certificate: &Certificate) -> bool {
        Der::new(&self.whom).read_next().ok().flatten().is_some_and(|whom| names(&whom, certificate))
    }

    /// Whom the signature names, for people.
    pub fn whom(&self) -> String {
        let Ok(Some(element)) = Der::new(&self.whom).read_next() else { return "nobody".into() };
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02X}")).collect::<String>();
        if element.tag != der::SEQUENCE {
            return format!("the key with identifier {}", hex(element.content));
        }
        let mut parts = element.inside();
        let _ = parts.read_next();
        let serial = parts.expect(der::INTEGER).map(|serial| hex(serial.content)).unwrap_or_default();
        format!("the certificate with serial number {serial}")
    }

    /// The digest of the content that was signed, where attributes claim it.
    pub fn claimed_digest(&self) -> Option<&[u8]> {
        self.attributes.as_ref().map(|(_, claimed)| claimed.as_slice())
    }

    /// Judges the signature over content with this digest by a certificate's key.
    ///
    /// # Errors
    /// Why it does not hold.
    pub fn verify(&self, certificate: &Certificate, computed: &[u8]) -> Result<(), NotVerified> {
        let holds = |algorithm: &'static dyn VerificationAlgorithm| {
            let key = UnparsedPublicKey::new(algorithm, &certificate.public_key);
            match &self.attributes {
                Some((attributes, _)) => key.verify(attributes, &self.signature).is_ok(),
                None => lc::Digest::import_less_safe(computed, self.digest.algorithm())
                    .is_ok_and(|digest| key.verify_digest(&digest, &self.signature).is_ok()),
            }
        };
        if !self.scheme.algorithms(self.digest, certificate).into_iter().any(holds) {
            return Err(NotVerified::Signature);
        }
        match &self.attributes {
            Some((_, claimed)) if claimed != computed => {
                Err(NotVerified::Digest { claimed: claimed.clone(), computed: computed.to_vec() })
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{identity, noon};
    use super::*;

    #[test]
    fn what_was_signed_verifies() {
        for digest in [Digest::Sha256, Digest::Sha384, Digest::Sha512] {
            for pss in [false, true] {
                for algorithm_protection in [false, true] {
                    check(digest, pss, algorithm_protection);
                }
            }
        }
    }

    #[test]
    fn sha1_is_verified_and_never_signed() {
        let us = identity("us");
        let signing = Signing {
            certificate: &us.0,
            key: &us.1,
            digest: Digest::Sha1,
            pss: false,
            algorithm_protection: false,
            embed_certificate: false,
        };
        assert_eq!(signing.sign(&[0; 20], noon()).unwrap_err().to_string(), "signing with SHA-1 is not supported");
    }

    #[test]
    fn keys_on_curves_sign_with_their_own_digest_and_verify() {
        for (kind, digest, other) in [
            (KeyKind::P256, Digest::Sha256, Digest::Sha512),
            (KeyKind::P384, Digest::Sha384, Digest::Sha256),
            (KeyKind::P521, Digest::Sha512, Digest::Sha256),
        ] {
            let key = PrivateKey::of_kind(kind).unwrap();
            let until = Timestamp::from_second(noon().as_second() + 86_400).unwrap();
            let certificate = Certificate::self_signed(&key, "curve", noon(), until).unwrap();
            assert!(key.belongs_to(&certificate) && !certificate.may_encrypt());
            assert_eq!((certificate.key_kind, kind.digest(other)), (kind, digest));
            let (content, changed) = (digest.of(b"content"), digest.of(b"other"));
            let signing = Signing {
                certificate: &certificate,
                key: &key,
                digest,
                pss: true,
                algorithm_protection: true,
                embed_certificate: true,
            };
            let bytes = signing.sign(&content, noon()).unwrap();
            let signer = SignedData::read(bytes.as_slice()).unwrap().signer;
            assert_eq!(signer.verify(&certificate, &content), Ok(()));
            assert!(matches!(signer.verify(&certificate, &changed), Err(NotVerified::Digest { .. })));
            // Neither another curve's key nor an RSA key holds it, and no curve's key an RSA signature.
            let stranger = PrivateKey::of_kind(kind).unwrap();
            let stranger = Certificate::self_signed(&stranger, "stranger", noon(), until).unwrap();
            assert_eq!(signer.verify(&stranger, &content), Err(NotVerified::Signature));
            assert_eq!(signer.verify(&identity("us").0, &content), Err(NotVerified::Signature));
            let told = Signing { digest: other, ..signing }.sign(&content, noon()).unwrap_err().to_string();
            assert!(told.starts_with(&format!("a key on {} signs with", kind.name())), "{told}");
            let told = certificate.encrypting_key().unwrap_err().to_string();
            assert!(told.contains("which only signs. Ask for a certificate with an RSA key"), "{told}");
        }
    }

    #[test]
    fn two_signers_are_one_too_many() {
        let us = identity("us");
        let content = Digest::Sha256.of(b"content");
        let one = signing(us, Digest::Sha256, false, false).sign(&content, noon()).unwrap();
        let at = one.windows(2).rposition(|pair| pair[0] == der::SET && pair[1] == 0x82).unwrap();
        let signer = Der::new(&one[at..]).read_next().unwrap().unwrap().content;
        let twice = der::value(der::SET, &[signer, signer].concat());
        let mut inner = Der::new(&one).read_next().unwrap().unwrap().inside();
        inner.read_next().unwrap();
        let signed = inner.read_next().unwrap().unwrap().inside().read_next().unwrap().unwrap().content;
        let head = &signed[..signed.len() - Der::new(&one[at..]).read_next().unwrap().unwrap().raw.len()];
        let bytes = content_info(oid::SIGNED_DATA, &der::sequence(&[head, &twice]));
        let told = SignedData::read(bytes.as_slice()).unwrap_err().to_string();
        assert_eq!(told, "a signature of several signers");
    }

    fn signing(
        us: &'static (Certificate, PrivateKey),
        digest: Digest,
        pss: bool,
        protection: bool,
    ) -> Signing<'static> {
        Signing {
            certificate: &us.0,
            key: &us.1,
            digest,
            pss,
            algorithm_protection: protection,
            embed_certificate: true,
        }
    }

    fn check(digest: Digest, pss: bool, algorithm_protection: bool) {
        let (us, them) = (identity("us"), identity("them"));
        let content = digest.of(b"content");
        let bytes = signing(us, digest, pss, algorithm_protection).sign(&content, noon()).unwrap();
        let signed = SignedData::read(bytes.as_slice()).unwrap();
        assert!(signed.signer.is(&us.0) && !signed.signer.is(&them.0));
        assert_eq!(signed.certificates, std::slice::from_ref(&us.0));
        assert_eq!(signed.signer.verify(&us.0, &content), Ok(()));
        assert_eq!(signed.signer.verify(&them.0, &content), Err(NotVerified::Signature));
        let other = digest.of(b"other");
        let expected = NotVerified::Digest { claimed: content, computed: other.clone() };
        assert_eq!(signed.signer.verify(&us.0, &other), Err(expected));
    }
}
