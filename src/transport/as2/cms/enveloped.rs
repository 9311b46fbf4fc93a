//! Enveloped data (RFC 5652 section 6) and authenticated-enveloped data (RFC 5083, RFC 5084): a content key encrypted for
//! each recipient, content encrypted by that key.
//!
//! Opening gives one answer for a wrong key, a broken padding, a wrong tag and a message that was not for us: when no key
//! opens the content key, a random one takes its place and the content is run through all the same (RFC 3218).

use std::io::{Read, Write};

use aws_lc_rs::rand;
use aws_lc_rs::rsa::{OaepPublicEncryptingKey, Pkcs1PublicEncryptingKey};

use super::ber::Ber;
use super::cipher::{self, CbcDecrypting, CbcEncrypting, Cipher, GCM_BYTES_MAX};
use super::der::{self, Der, Element};
use super::digest::Digest;
use super::key::{self, PrivateKey};
use super::{Certificate, Fault, Kind, oid};

/// Recipients that are looked at.
const RECIPIENTS_MAX: usize = 64;
/// A GCM tag: sixteen bytes are the longest and the usual.
const TAG_BYTES: usize = 16;

/// How the content key is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyTransport {
    /// RSA PKCS#1 v1.5.
    Pkcs1,
    /// RSA-OAEP with this digest, for MGF1 too.
    Oaep(Digest),
}

impl KeyTransport {
    pub fn name(self) -> &'static str {
        match self {
            Self::Pkcs1 => "rsa",
            Self::Oaep(Digest::Sha1) => "rsa-oaep-sha-1",
            Self::Oaep(Digest::Sha256) => "rsa-oaep-sha-256",
            Self::Oaep(Digest::Sha384) => "rsa-oaep-sha-384",
            Self::Oaep(Digest::Sha512) => "rsa-oaep-sha-512",
        }
    }

    fn algorithm(self) -> Vec<u8> {
        let Self::Oaep(digest) = self else { return der::algorithm(oid::RSA, &der::null()) };
        if digest == Digest::Sha1 {
            // All parameters are the defaults, which DER leaves out.
            return der::algorithm(oid::RSA_OAEP, &der::sequence(&[]));
        }
        let hash = der::algorithm(digest.oid(), &der::null());
        let mask = der::algorithm(oid::MGF1, &hash);
        let parameters = [der::value(der::context(0), &hash), der::value(der::context(1), &mask)].concat();
        der::algorithm(oid::RSA_OAEP, &der::value(der::SEQUENCE, &parameters))
    }

    fn read(algorithm: &Element<'_>) -> Result<Self, Fault> {
        let (of, parameters) = der::read_algorithm(algorithm)?;
        match of {
            oid::RSA => return Ok(Self::Pkcs1),
            oid::RSA_OAEP => {}
            other => return Err(Fault::Unsupported(format!("a content key encrypted by {}", oid::shown(other)))),
        }
        let (mut digest, mut mask) = (Digest::Sha1, Digest::Sha1);
        if let Some(parameters) = parameters {
            let mut inside = parameters.inside();
            if let Some(tagged) = inside.optional(der::context(0))? {
                digest = digest_of(&tagged)?;
            }
            if let Some(tagged) = inside.optional(der::context(1))? {
                let (of, of_mask) = der::read_algorithm(&tagged.inside().expect(der::SEQUENCE)?)?;
                let of_mask =
                    of_mask.filter(|_| of == oid::MGF1).ok_or_else(|| Fault::malformed("a mask that is none"))?;
                mask = named_digest(der::read_algorithm(&of_mask)?.0)?;
            }
            // A label would be [2]: nobody uses one.
            if inside.read_next()?.is_some() {
                return Err(Fault::Unsupported("OAEP with a label".into()));
            }
        }
        if digest != mask {
            return Err(Fault::Unsupported(format!("OAEP with {} and a mask by {}", digest.name(), mask.name())));
        }
        Ok(Self::Oaep(digest))
    }
}

fn digest_of(tagged: &Element<'_>) -> Result<Digest, Fault> {
    named_digest(der::read_algorithm(&tagged.inside().expect(der::SEQUENCE)?)?.0)
}

fn named_digest(of: &[u8]) -> Result<Digest, Fault> {
    Digest::of_oid(of).ok_or_else(|| Fault::Unsupported(oid::shown(of)))
}

/// What was found out while opening; for the trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    pub cipher: Cipher,
    pub transport: KeyTransport,
    /// Fingerprint of our certificate that it was encrypted for.
    pub recipient: String,
}

/// Encrypts `length` bytes of `content` for every recipient.
///
/// # Errors
/// When a certificate cannot encrypt, content for GCM is too large, or reading and writing fail.
pub fn encrypt(
    content: &mut dyn Read,
    length: u64,
    recipients: &[&Certificate],
    (cipher, transport): (Cipher, KeyTransport),
    out: &mut dyn Write,
) -> Result<(), Fault> {
    let no_randomness = |_| Fault::Key("there is no randomness".into());
    let mut content_key = vec![0; cipher.key_bytes()];
    let mut iv = vec![0; cipher.iv_bytes()];
    rand::fill(&mut content_key).map_err(no_randomness)?;
    rand::fill(&mut iv).map_err(no_randomness)?;
    let mut infos = Vec::new();
    for recipient in recipients {
        infos.push(recipient_info(recipient, transport, &content_key)?);
    }
    let infos = der::set_of(infos);
    let parameters = match cipher.is_authenticated() {
        true => der::sequence(&[&der::value(der::OCTET_STRING, &iv), &der::integer(TAG_BYTES as u8)]),
        false => der::value(der::OCTET_STRING, &iv),
    };
    let encrypted_bytes = cipher.encrypted_bytes(length);
    let content_head = [
        der::oid(oid::DATA),
        der::algorithm(cipher.oid(), &parameters),
        der::header(der::context_string(0), encrypted_bytes),
    ]
    .concat();
    let content_info = der::header(der::SEQUENCE, content_head.len() as u64 + encrypted_bytes);
    let head = [der::integer(0), infos, content_info, content_head].concat();
    let mac_bytes = if cipher.is_authenticated() { 2 + TAG_BYTES as u64 } else { 0 };
    let inner = der::header(der::SEQUENCE, head.len() as u64 + encrypted_bytes + mac_bytes);
    let tagged_bytes = (inner.len() + head.len()) as u64 + encrypted_bytes + mac_bytes;
    let tagged = der::header(der::context(0), tagged_bytes);
    let kind = der::oid(if cipher.is_authenticated() { oid::AUTH_ENVELOPED_DATA } else { oid::ENVELOPED_DATA });
    let outer = der::header(der::SEQUENCE, (kind.len() + tagged.len()) as u64 + tagged_bytes);
    out.write_all(&[outer, kind, tagged, inner, head].concat()).map_err(Fault::Io)?;
    if cipher.is_authenticated() {
        if length > GCM_BYTES_MAX {
            return Err(Fault::TooLarge(GCM_BYTES_MAX));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
        content.read_to_end(&mut bytes).map_err(Fault::Io)?;
        let tag = cipher::seal(cipher, &content_key, &iv, &[], &mut bytes)?;
        out.write_all(&bytes).map_err(Fault::Io)?;
        return out.write_all(&der::value(der::OCTET_STRING, &tag)).map_err(Fault::Io);
    }
    let mut encrypting = CbcEncrypting::new(cipher, &content_key, &iv, out)?;
    super::copy(content, &mut encrypting)?;
    encrypting.finish()
}

fn recipient_info(recipient: &Certificate, transport: KeyTransport, content_key: &[u8]) -> Result<Vec<u8>, Fault> {
    let public = recipient.encrypting_key()?;
    let broken = |_| Fault::Key(format!("the key of {} does not encrypt", recipient.subject));
    let mut room = vec![0; public.key_size_bytes()];
    let encrypted = match transport {
        KeyTransport::Pkcs1 => {
            Pkcs1PublicEncryptingKey::new(public).map_err(broken)?.encrypt(content_key, &mut room).map_err(broken)?
        }
        KeyTransport::Oaep(digest) => OaepPublicEncryptingKey::new(public)
            .map_err(broken)?
            .encrypt(key::oaep(digest), content_key, &mut room, None)
            .map_err(broken)?,
    };
    Ok(der::sequence(&[
        &der::integer(0),
        &recipient.issuer_and_serial(),
        &transport.algorithm(),
        &der::value(der::OCTET_STRING, encrypted),
    ]))
}

/// Opens content of one of the two kinds with any of our keys, as it comes from [`super::open`]. `allowed` judges what was
/// used before anything is decrypted.
///
/// # Errors
/// [`Fault::NotDecrypted`] for everything that a key or a padding can be wrong in.
pub fn decrypt<R: Read>(
    kind: Kind,
    ber: &mut Ber<R>,
    ours: &[(&Certificate, &PrivateKey)],
    allowed: &dyn Fn(Cipher, KeyTransport) -> Result<(), Fault>,
    out: &mut dyn Write,
) -> Result<Opened, Fault> {
    ber.enter(der::SEQUENCE)?;
    ber.value()?;
    ber.optional(der::context(0))?;
    let recipients = ber.value()?;
    ber.enter(der::SEQUENCE)?;
    ber.value()?;
    let algorithm = ber.value()?;
    let (of, parameters) = der::read_algorithm(&Der::new(&algorithm).expect(der::SEQUENCE)?)?;
    let cipher = Cipher::of_oid(of)
        .filter(|cipher| cipher.is_authenticated() == (kind == Kind::AuthEnveloped))
        .ok_or_else(|| Fault::Unsupported(format!("content encrypted by {}", oid::shown(of))))?;
    let parameters = parameters.ok_or_else(|| Fault::malformed("a cipher without its parameters"))?;
    let iv = match cipher.is_authenticated() {
        true => parameters.inside().expect(der::OCTET_STRING)?.content,
        false => parameters.content,
    };
    let mut content_key = vec![0; cipher.key_bytes()];
    rand::fill(&mut content_key).map_err(|_| Fault::Key("there is no randomness".into()))?;
    let found = unlock(&recipients, ours, cipher, allowed, &mut content_key)?;
    let result = match cipher.is_authenticated() {
        true => open_authenticated(ber, cipher, &content_key, iv, out),
        false => open_plain(ber, cipher, &content_key, iv, out),
    };
    let (recipient, transport) = match (result, found) {
        (Ok(()), Some(found)) => found,
        // Content decrypted by a random key may end in what looks like padding: it is no less a failure.
        (Ok(()), None) => return Err(Fault::NotDecrypted),
        (Err(fault), _) => return Err(fault),
    };
    Ok(Opened { cipher, transport, recipient: recipient.fingerprint() })
}

/// Puts the content key into place where one of our keys opens it; leaves the random one where none does.
fn unlock<'o>(
    recipients: &[u8],
    ours: &[(&'o Certificate, &PrivateKey)],
    cipher: Cipher,
    allowed: &dyn Fn(Cipher, KeyTransport) -> Result<(), Fault>,
    content_key: &mut [u8],
) -> Result<Option<(&'o Certificate, KeyTransport)>, Fault> {
    let mut infos = Der::new(recipients).expect(der::SET)?.inside();
    let mut found = None;
    let (mut by_transport, mut by_agreement) = (false, false);
    for _ in 0..RECIPIENTS_MAX {
        let Some(info) = infos.read_next()? else { break };
        by_agreement |= info.tag == der::context(1);
        if info.tag != der::SEQUENCE {
            continue;
        }
        by_transport = true;
        let mut parts = info.inside();
        parts.expect(der::INTEGER)?;
        let whom = parts.read_next()?.ok_or_else(|| Fault::malformed("a recipient without a name"))?;
        let transport = KeyTransport::read(&parts.expect(der::SEQUENCE)?)?;
        let encrypted = parts.expect(der::OCTET_STRING)?.content;
        for (certificate, key) in ours {
            if found.is_some() || !names(&whom, certificate) {
                continue;
            }
            allowed(cipher, transport)?;
            found = Some((*certificate, transport));
            if let Some(opened) = key.decrypt(transport, encrypted)
                && opened.len() == content_key.len()
            {
                content_key.copy_from_slice(&opened);
            }
        }
    }
    if by_agreement && !by_transport {
        let what = "encryption for a key on an elliptic curve (key agreement): the sender needs a certificate of ours with \
                    an RSA key; it";
        return Err(Fault::Unsupported(what.into()));
    }
    Ok(found)
}

/// Whether a recipient or signer is named by issuer and serial number, or by key identifier.
pub(super) fn names(whom: &Element<'_>, certificate: &Certificate) -> bool {
    match whom.tag {
        der::SEQUENCE => {
            let mut parts = whom.inside();
            let (Ok(Some(issuer)), Ok(serial)) = (parts.read_next(), parts.expect(der::INTEGER)) else { return false };
            issuer.raw == certificate.issuer_der && serial.content == certificate.serial
        }
        0x80 => certificate.key_id.as_deref() == Some(whom.content),
        0xa0 => {
            let inside = whom.inside().expect(der::OCTET_STRING);
            inside.is_ok_and(|inside| certificate.key_id.as_deref() == Some(inside.content))
        }
        _ => false,
    }
}

fn open_plain<R: Read>(
    ber: &mut Ber<R>,
    cipher: Cipher,
    key: &[u8],
    iv: &[u8],
    out: &mut dyn Write,
) -> Result<(), Fault> {
    let mut decrypting = CbcDecrypting::new(cipher, key, iv, out)?;
    ber.string(der::context_string(0), &mut decrypting)?;
    decrypting.finish()
}

fn open_authenticated<R: Read>(
    ber: &mut Ber<R>,
    cipher: Cipher,
    key: &[u8],
    nonce: &[u8],
    out: &mut dyn Write,
) -> Result<(), Fault> {
    let mut content = super::Bounded::new(GCM_BYTES_MAX);
    match ber.string(der::context_string(0), &mut content) {
        Err(Fault::Io(_)) if content.is_full() => return Err(Fault::TooLarge(GCM_BYTES_MAX)),
        other => other?,
    }
    let mut content = content.into_bytes();
    ber.leave()?;
    // Authenticated attributes are encoded anew as a SET for the tag (RFC 5083 section 2.2).
    let mut added = ber.optional(der::context(1))?.unwrap_or_default();
    if let Some(tag) = added.first_mut() {
        *tag = der::SET;
    }
    let mac = ber.value()?;
    let tag = Der::new(&mac).expect(der::OCTET_STRING)?.content;
    if tag.len() != TAG_BYTES {
        return Err(Fault::NotDecrypted);
    }
    content.extend_from_slice(tag);
    let plain = cipher::unseal(cipher, key, nonce, &added, &mut content)?;
    out.write_all(plain).map_err(Fault::Io)
}

#[cfg(test)]
mod tests {
    use super::super::tests::identity;
    use super::*;

    const TRANSPORTS: [KeyTransport; 3] =
        [KeyTransport::Pkcs1, KeyTransport::Oaep(Digest::Sha1), KeyTransport::Oaep(Digest::Sha256)];

    #[test]
    fn what_was_encrypted_opens() {
        for cipher in Cipher::ALL {
            for transport in TRANSPORTS {
                for length in [0, 1, 15, 16, 17, 200_000] {
                    check(cipher, transport, length);
                }
            }
        }
    }

    #[test]
    fn every_failure_is_told_alike() {
        let (us, them) = (identity("us"), identity("them"));
        for cipher in Cipher::ALL {
            let sealed = sealed(cipher, KeyTransport::Pkcs1, &[7; 100], &them.0);
            let expected = "it cannot be decrypted with any of our keys";
            let told = |bytes: &[u8], ours| match open_with(bytes, ours) {
                Err(fault) => fault.to_string(),
                // Noise ends in a padding by chance once in 256 times: it opens, and no signature in it holds.
                Ok((_, noise)) => {
                    assert!(!cipher.is_authenticated() && noise != [7; 100], "{cipher:?}");
                    expected.to_owned()
                }
            };
            // Not for us; a content key that is none; a broken padding or tag.
            assert_eq!(told(&sealed, us), expected, "{cipher:?}");
            let mut other_key = sealed.clone();
            let at = sealed.windows(4).position(|w| w == [der::OCTET_STRING, 0x82, 1, 0]).unwrap();
            other_key[at + 60] ^= 1;
            assert_eq!(told(&other_key, them), expected, "{cipher:?}");
            let mut other_end = sealed.clone();
            *other_end.last_mut().unwrap() ^= 0x80;
            assert_eq!(told(&other_end, them), expected, "{cipher:?}");
        }
    }

    #[test]
    fn the_agreement_is_asked_first() {
        let them = identity("them");
        let sealed = sealed(Cipher::TripleDes, KeyTransport::Pkcs1, b"x", &them.0);
        let (kind, mut ber) = super::super::open(sealed.as_slice()).unwrap();
        let never = |_, _| Err(Fault::NotAllowed("3des"));
        let told = decrypt(kind, &mut ber, &[(&them.0, &them.1)], &never, &mut Vec::new()).unwrap_err();
        assert_eq!(told.to_string(), "3des is not allowed by the agreement");
    }

    fn check(cipher: Cipher, transport: KeyTransport, length: usize) {
        let them = identity("them");
        let content: Vec<u8> = (0..length).map(|at| at as u8).collect();
        let bytes = sealed(cipher, transport, &content, &them.0);
        let (opened, plain) = open_with(&bytes, them).unwrap();
        assert_eq!(plain, content, "{cipher:?} {transport:?} {length}");
        assert_eq!(opened, Opened { cipher, transport, recipient: them.0.fingerprint() });
    }

    fn sealed(cipher: Cipher, transport: KeyTransport, content: &[u8], whom: &Certificate) -> Vec<u8> {
        let mut out = Vec::new();
        encrypt(&mut &*content, content.len() as u64, &[whom], (cipher, transport), &mut out).unwrap();
        out
    }

    fn open_with(bytes: &[u8], ours: &(Certificate, PrivateKey)) -> Result<(Opened, Vec<u8>), Fault> {
        let (kind, mut ber) = super::super::open(bytes)?;
        let mut out = Vec::new();
        let opened = decrypt(kind, &mut ber, &[(&ours.0, &ours.1)], &|_, _| Ok(()), &mut out)?;
        Ok((opened, out))
    }
}
