//! One partner's agreement joined with the certificates in force: what messages are opened with, and how they are made.

use std::path::Path;

use jiff::Timestamp;

use super::certificates::{Certificates, Held, OURS, Role};
use super::cms::signed::Signing;
use super::cms::{Cipher, Digest, KeyTransport};
use super::pack::Packing;
use super::unpack::Opening;
use crate::partner::As2;
use crate::partner::as2::{Encrypt, KeyWrap, Legacy, Sign, Transfer};

/// The digest that we sign with.
pub fn digest(sign: Sign) -> Option<Digest> {
    match sign {
        Sign::Sha256 => Some(Digest::Sha256),
        Sign::Sha384 => Some(Digest::Sha384),
        Sign::Sha512 => Some(Digest::Sha512),
        Sign::Off => None,
    }
}

fn cipher(encrypt: Encrypt) -> Option<Cipher> {
    match encrypt {
        Encrypt::Aes128Cbc => Some(Cipher::Aes128Cbc),
        Encrypt::Aes192Cbc => Some(Cipher::Aes192Cbc),
        Encrypt::Aes256Cbc => Some(Cipher::Aes256Cbc),
        Encrypt::Aes128Gcm => Some(Cipher::Aes128Gcm),
        Encrypt::Aes192Gcm => Some(Cipher::Aes192Gcm),
        Encrypt::Aes256Gcm => Some(Cipher::Aes256Gcm),
        Encrypt::TripleDes => Some(Cipher::TripleDes),
        Encrypt::Off => None,
    }
}

fn transport(wrap: KeyWrap) -> KeyTransport {
    match wrap {
        KeyWrap::Rsa => KeyTransport::Pkcs1,
        KeyWrap::OaepSha1 => KeyTransport::Oaep(Digest::Sha1),
        KeyWrap::OaepSha256 => KeyTransport::Oaep(Digest::Sha256),
    }
}

/// What a message from this partner is opened with.
pub fn opening<'a>(
    as2: &As2,
    partner: &str,
    certificates: &'a Certificates,
    mic_digest: Digest,
    now: Timestamp,
    folder: &'a Path,
) -> Opening<'a> {
    Opening {
        ours: certificates.decrypting(),
        theirs: certificates.in_role(partner, Role::Verify, now).map(|held| &held.certificate).collect(),
        allow_sha1: as2.allows(Legacy::Sha1),
        allow_triple_des: as2.allows(Legacy::TripleDes),
        require_signed: as2.require_signed,
        require_encrypted: as2.require_encrypted,
        bytes_max: u64::from(as2.megabytes_max) << 20,
        mic_digest,
        folder,
    }
}

/// How a message for this partner is made.
///
/// # Errors
/// Which certificate is missing, and how to get it.
pub fn packing<'a>(
    as2: &As2,
    partner: &str,
    certificates: &'a Certificates,
    now: Timestamp,
    (seed, folder): (&'a str, &'a Path),
) -> Result<Packing<'a>, String> {
    let sign = match digest(as2.sign) {
        None => None,
        Some(digest) => Some(signing(as2, certificates, (Role::Sign, digest), now)?),
    };
    let encrypt = match cipher(as2.encrypt) {
        None => None,
        Some(cipher) => {
            let newest = certificates.in_role(partner, Role::Encrypt, now).next().ok_or_else(|| {
                format!(
                    "there is no certificate of {partner} in force that we may encrypt for: ask the partner for it, then \
                     `entrepot partner cert add {partner} FILE`"
                )
            })?;
            Some((vec![&newest.certificate], cipher, transport(as2.key_transport)))
        }
    };
    Ok(Packing {
        compress: as2.compress,
        sign,
        is_opaque: as2.opaque,
        encrypt,
        is_base64: as2.transfer == Transfer::Base64,
        quote_file_name: as2.quote_file_name,
        old_digest_names: as2.old_digest_names,
        // Who is not asked for a digest uses SHA-1 (RFC 4130 section 7.3.1).
        mic_digest: if as2.receipt_signed { digest(as2.sign).unwrap_or(Digest::Sha256) } else { Digest::Sha1 },
        seed,
        folder,
    })
}

/// Our newest certificate for signing messages or receipts, with what was agreed about signatures.
///
/// # Errors
/// When there is none in force.
pub fn signing<'a>(
    as2: &As2,
    certificates: &'a Certificates,
    (role, digest): (Role, Digest),
    now: Timestamp,
) -> Result<Signing<'a>, String> {
    let ours = certificates.in_role(OURS, role, now).find_map(|held: &Held| Some((held, held.key.as_ref()?)));
    let (held, key) = ours.ok_or_else(|| {
        format!(
            "we have no certificate in force for the role {}: `entrepot partner cert new` makes one, `entrepot partner cert \
             add us FILE` takes one",
            role.word()
        )
    })?;
    Ok(Signing {
        certificate: &held.certificate,
        key,
        digest: key.kind().digest(digest),
        pss: as2.pss,
        algorithm_protection: as2.algorithm_protection,
        embed_certificate: as2.embed_certificate,
    })
}
