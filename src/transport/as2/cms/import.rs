//! Certificates and keys as files that people have: PEM, DER, P7B (PKCS#7 certificates) and P12 (PKCS#12).

use aws_lc_rs::pbkdf2;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::cipher::{Cipher, decrypt_small};
use super::der::{self, Der, Element};
use super::digest::Digest;
use super::key::PrivateKey;
use super::{Certificate, Fault, ber, oid};

/// The largest file that is looked into.
pub const FILE_BYTES_MAX: u64 = 1 << 20;
/// Rounds of a password's derivation that we are willing to run.
const ROUNDS_MAX: u32 = 10_000_000;

/// What a file held.
#[derive(Debug, Default)]
pub struct Imported {
    pub certificates: Vec<Certificate>,
    pub keys: Vec<PrivateKey>,
}

/// Reads a file of any of the forms; which one it is, its bytes say.
///
/// # Errors
/// When it is none of them, or the password is wrong.
pub fn import(bytes: &[u8], password: Option<&str>) -> Result<Imported, Fault> {
    let mut found = Imported::default();
    if let Ok(text) = std::str::from_utf8(bytes)
        && text.contains("-----BEGIN ")
    {
        for (label, der) in sections(text)? {
            found.take(&label, &der, password)?;
        }
    } else if let Some(der) = bare_base64(bytes) {
        found.guess(&der, password)?;
    } else {
        found.guess(bytes, password)?;
    }
    if found.certificates.is_empty() && found.keys.is_empty() {
        return Err(Fault::malformed("there is no certificate and no key in it"));
    }
    Ok(found)
}

/// PEM with lines of 64 characters.
pub fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

impl Imported {
    fn take(&mut self, label: &str, der: &[u8], password: Option<&str>) -> Result<(), Fault> {
        match label {
            "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => {
                self.certificates.push(Certificate::from_der(der)?);
            }
            "PKCS7" | "CMS" => self.take_p7b(der)?,
            "PRIVATE KEY" => self.keys.push(PrivateKey::from_pkcs8(der)?),
            "EC PRIVATE KEY" => self.keys.push(PrivateKey::from_sec1(der)?),
            "RSA PRIVATE KEY" => self.keys.push(PrivateKey::from_pkcs1(der)?),
            "ENCRYPTED PRIVATE KEY" => {
                let info = ber::definite(der)?;
                let pkcs8 = unwrap_key(&Der::new(&info).expect(der::SEQUENCE)?, wanted(password)?)?;
                self.keys.push(PrivateKey::from_pkcs8(&pkcs8)?);
            }
            // Requests, parameters and the like are no business of ours.
            _ => {}
        }
        Ok(())
    }

    /// DER of which only the bytes say what it is.
    fn guess(&mut self, bytes: &[u8], password: Option<&str>) -> Result<(), Fault> {
        let der = ber::definite(bytes).map_err(|_| Fault::malformed("it is neither PEM, DER, P7B nor P12"))?;
        let mut inside = Der::new(&der).expect(der::SEQUENCE)?.inside();
        let first = inside.read_next()?.ok_or_else(|| Fault::malformed("it is empty"))?;
        let second = inside.read_next()?;
        match (first.tag, second.map(|element| element.tag)) {
            (der::OID, _) => self.take_p7b(&der),
            (der::SEQUENCE, Some(der::SEQUENCE)) => {
                self.certificates.push(Certificate::from_der(&der)?);
                Ok(())
            }
            (der::INTEGER, Some(der::SEQUENCE)) if first.content == [3] => self.take_p12(&der, wanted(password)?),
            (der::INTEGER, Some(der::SEQUENCE)) => {
                self.keys.push(PrivateKey::from_pkcs8(&der)?);
                Ok(())
            }
            (der::INTEGER, Some(der::INTEGER)) => {
                self.keys.push(PrivateKey::from_pkcs1(&der)?);
                Ok(())
            }
            (der::SEQUENCE, Some(der::OCTET_STRING)) => {
                let pkcs8 = unwrap_key(&Der::new(&der).expect(der::SEQUENCE)?, wanted(password)?)?;
                self.keys.push(PrivateKey::from_pkcs8(&pkcs8)?);
                Ok(())
            }
            _ => Err(Fault::malformed("it is neither PEM, DER, P7B nor P12")),
        }
    }

    /// The certificates of signed data that signs nothing.
    fn take_p7b(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let der = ber::definite(bytes)?;
        let mut outer = Der::new(&der).expect(der::SEQUENCE)?.inside();
        if outer.expect(der::OID)?.content != oid::SIGNED_DATA {
            return Err(Fault::malformed("a P7B without certificates"));
        }
        let mut inside = outer.expect(der::context(0))?.inside().expect(der::SEQUENCE)?.inside();
        for tag in [der::INTEGER, der::SET, der::SEQUENCE] {
            inside.expect(tag)?;
        }
        let mut members = inside.expect(der::context(0))?.inside();
        while let Some(member) = members.read_next()? {
            self.certificates.push(Certificate::from_der(member.raw)?);
        }
        Ok(())
    }

    fn take_p12(&mut self, der: &[u8], password: &str) -> Result<(), Fault> {
        let mut inside = Der::new(der).expect(der::SEQUENCE)?.inside();
        inside.expect(der::INTEGER)?;
        let safes = content_of(&inside.expect(der::SEQUENCE)?, password)?;
        let safes = ber::definite(&safes)?;
        let mut list = Der::new(&safes).expect(der::SEQUENCE)?.inside();
        while let Some(safe) = list.read_next()? {
            let bags = ber::definite(&content_of(&safe, password)?)?;
            let mut bags = Der::new(&bags).expect(der::SEQUENCE)?.inside();
            while let Some(bag) = bags.read_next()? {
                let mut parts = bag.inside();
                let kind = parts.expect(der::OID)?.content;
                let value = parts.expect(der::context(0))?;
                match kind {
                    oid::PKCS12_KEY_BAG => self.keys.push(PrivateKey::from_pkcs8(value.content)?),
                    oid::PKCS12_SHROUDED_KEY_BAG => {
                        let pkcs8 = unwrap_key(&value.inside().expect(der::SEQUENCE)?, password)?;
                        self.keys.push(PrivateKey::from_pkcs8(&pkcs8)?);
                    }
                    oid::PKCS12_CERTIFICATE_BAG => {
                        let mut pair = value.inside().expect(der::SEQUENCE)?.inside();
                        if pair.expect(der::OID)?.content == oid::X509_CERTIFICATE {
                            let certificate = pair.expect(der::context(0))?.inside().expect(der::OCTET_STRING)?;
                            self.certificates.push(Certificate::from_der(certificate.content)?);
                        }
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }
}

/// What a content of a P12 holds, plain or encrypted by the password.
fn content_of(info: &Element<'_>, password: &str) -> Result<Vec<u8>, Fault> {
    let mut parts = info.inside();
    match parts.expect(der::OID)?.content {
        oid::DATA => Ok(parts.expect(der::context(0))?.inside().expect(der::OCTET_STRING)?.content.to_vec()),
        oid::ENCRYPTED_DATA => {
            let mut inside = parts.expect(der::context(0))?.inside().expect(der::SEQUENCE)?.inside();
            inside.expect(der::INTEGER)?;
            let mut encrypted = inside.expect(der::SEQUENCE)?.inside();
            encrypted.expect(der::OID)?;
            let algorithm = encrypted.expect(der::SEQUENCE)?;
            let content = encrypted.read_next()?.ok_or_else(|| Fault::malformed("a P12 without content"))?;
            let bytes = match content.tag {
                0x80 => content.content.to_vec(),
                _ => pieces(&content)?,
            };
            by_password(&algorithm, &bytes, password)
        }
        other => Err(Fault::Unsupported(format!("a P12 with content of type {}", oid::shown(other)))),
    }
}

fn pieces(content: &Element<'_>) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    let mut inside = content.inside();
    while let Some(piece) = inside.read_next()? {
        bytes.extend_from_slice(piece.content);
    }
    Ok(bytes)
}

/// `EncryptedPrivateKeyInfo`.
fn unwrap_key(info: &Element<'_>, password: &str) -> Result<Vec<u8>, Fault> {
    let mut parts = info.inside();
    let algorithm = parts.expect(der::SEQUENCE)?;
    by_password(&algorithm, parts.expect(der::OCTET_STRING)?.content, password)
}

fn by_password(algorithm: &Element<'_>, bytes: &[u8], password: &str) -> Result<Vec<u8>, Fault> {
    let plain = decrypted(algorithm, bytes, password)?;
    // By chance one wrong password in some 256 gives a padding that is right: what it holds is noise.
    match plain.first() == Some(&der::SEQUENCE) && ber::definite(&plain).is_ok() {
        true => Ok(plain),
        false => Err(wrong_password()),
    }
}

fn wrong_password() -> Fault {
    Fault::Key("the password is not the one of this file".into())
}

fn decrypted(algorithm: &Element<'_>, bytes: &[u8], password: &str) -> Result<Vec<u8>, Fault> {
    let (of, parameters) = der::read_algorithm(algorithm)?;
    let mut parameters = parameters.ok_or_else(|| Fault::malformed("a password without its parameters"))?.inside();
    let wrong = |_| wrong_password();
    match of {
        oid::PBE_SHA1_3DES => {
            let salt = parameters.expect(der::OCTET_STRING)?.content;
            let rounds = number(&parameters.expect(der::INTEGER)?)?;
            let key = pkcs12_key(password, salt, rounds, 1, 24);
            let iv = pkcs12_key(password, salt, rounds, 2, 8);
            decrypt_small(Cipher::TripleDes, &key, &iv, bytes).map_err(wrong)
        }
        oid::PBES2 => {
            let (derivation, derivation_parameters) = der::read_algorithm(&parameters.expect(der::SEQUENCE)?)?;
            if derivation != oid::PBKDF2 {
                return Err(Fault::Unsupported(format!("a password derived by {}", oid::shown(derivation))));
            }
            let mut inside = derivation_parameters.ok_or_else(|| Fault::malformed("no salt"))?.inside();
            let salt = inside.expect(der::OCTET_STRING)?.content;
            let rounds = number(&inside.expect(der::INTEGER)?)?;
            inside.optional(der::INTEGER)?;
            let hash = match inside.optional(der::SEQUENCE)? {
                None => pbkdf2::PBKDF2_HMAC_SHA1,
                Some(algorithm) => match der::read_algorithm(&algorithm)?.0 {
                    oid::HMAC_SHA1 => pbkdf2::PBKDF2_HMAC_SHA1,
                    oid::HMAC_SHA256 => pbkdf2::PBKDF2_HMAC_SHA256,
                    oid::HMAC_SHA384 => pbkdf2::PBKDF2_HMAC_SHA384,
                    oid::HMAC_SHA512 => pbkdf2::PBKDF2_HMAC_SHA512,
                    other => return Err(Fault::Unsupported(format!("a password hashed by {}", oid::shown(other)))),
                },
            };
            let (of, iv) = der::read_algorithm(&parameters.expect(der::SEQUENCE)?)?;
            let cipher = Cipher::of_oid(of)
                .filter(|cipher| !cipher.is_authenticated())
                .ok_or_else(|| Fault::Unsupported(format!("a key file encrypted by {}", oid::shown(of))))?;
            let iv = iv.ok_or_else(|| Fault::malformed("no initialization vector"))?.content;
            let mut key = vec![0; cipher.key_bytes()];
            let rounds = std::num::NonZeroU32::new(rounds).ok_or_else(|| Fault::malformed("no rounds"))?;
            pbkdf2::derive(hash, rounds, salt, password.as_bytes(), &mut key);
            decrypt_small(cipher, &key, iv, bytes).map_err(wrong)
        }
        other => Err(Fault::Unsupported(format!(
            "a key file encrypted by {} (write it anew: openssl pkcs12 -legacy -in OLD.p12 -nodes | openssl pkcs12 -export -out NEW.p12)",
            oid::shown(other)
        ))),
    }
}

/// The key derivation of PKCS#12 (RFC 7292 appendix B.2) with SHA-1.
fn pkcs12_key(password: &str, salt: &[u8], rounds: u32, purpose: u8, length: usize) -> Vec<u8> {
    const BLOCK: usize = 64;
    let wide: Vec<u8> = password.encode_utf16().chain([0]).flat_map(u16::to_be_bytes).collect();
    let fill = |bytes: &[u8]| -> Vec<u8> {
        let whole = bytes.len().div_ceil(BLOCK) * BLOCK;
        bytes.iter().copied().cycle().take(if bytes.is_empty() { 0 } else { whole }).collect()
    };
    let mut input = [fill(salt), fill(&wide)].concat();
    let mut key = Vec::new();
    while key.len() < length {
        let mut block = Digest::Sha1.of(&[&[purpose; BLOCK][..], &input].concat());
        for _ in 1..rounds {
            block = Digest::Sha1.of(&block);
        }
        key.extend_from_slice(&block);
        // Every block of the input grows by the result and one.
        for chunk in input.chunks_mut(BLOCK) {
            let mut carry = 1u16;
            for (at, byte) in chunk.iter_mut().enumerate().rev() {
                carry += u16::from(*byte) + u16::from(block[at % block.len()]);
                *byte = carry as u8;
                carry >>= 8;
            }
        }
    }
    key.truncate(length);
    key
}

fn number(element: &Element<'_>) -> Result<u32, Fault> {
    let number = element.content.iter().take(5).fold(0u64, |sum, &byte| sum << 8 | u64::from(byte));
    u32::try_from(number).ok().filter(|rounds| *rounds <= ROUNDS_MAX).ok_or_else(|| Fault::malformed("too many rounds"))
}

fn wanted(password: Option<&str>) -> Result<&str, Fault> {
    password.ok_or_else(|| Fault::Key("the file is protected by a password, and none was given".into()))
}

/// The sections of a PEM file with their labels. What stands between them is for people (RFC 7468 section 2).
fn sections(text: &str) -> Result<Vec<(String, Vec<u8>)>, Fault> {
    let mut found = Vec::new();
    let mut open: Option<(String, String)> = None;
    for line in text.lines().map(str::trim) {
        if let Some(label) = line.strip_prefix("-----BEGIN ").and_then(|rest| rest.strip_suffix("-----")) {
            open = Some((label.to_owned(), String::new()));
        } else if line.starts_with("-----END ") {
            if let Some((label, body)) = open.take() {
                let der = STANDARD.decode(body.trim_end_matches('=').to_owned() + padding(&body));
                found.push((label, der.map_err(|_| Fault::malformed("PEM that is not base64"))?));
            }
        } else if let Some((_, body)) = &mut open
            && !line.contains(':')
        {
            body.extend(line.chars().filter(|c| !c.is_whitespace()));
        }
    }
    Ok(found)
}

fn padding(body: &str) -> &'static str {
    match body.trim_end_matches('=').len() % 4 {
        2 => "==",
        3 => "=",
        _ => "",
    }
}

/// DER that somebody kept as base64 without PEM's lines.
fn bare_base64(bytes: &[u8]) -> Option<Vec<u8>> {
    let text: String = std::str::from_utf8(bytes).ok()?.chars().filter(|c| !c.is_whitespace()).collect();
    STANDARD.decode(text).ok().filter(|der| !der.is_empty())
}
