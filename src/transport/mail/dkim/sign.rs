//! Our signature on what we send: relaxed/relaxed, which survives what relays do to mail.

use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair as RsaKeyPair;
use aws_lc_rs::signature::{Ed25519KeyPair, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;

use super::canonical::{Form, body, field, split};

/// What is signed where it stands in a mail. `From` is named once more than it stands there: nobody can add another.
const SIGNED: [&str; 12] = [
    "from",
    "to",
    "cc",
    "subject",
    "date",
    "message-id",
    "in-reply-to",
    "references",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "auto-submitted",
];

/// Why a key cannot sign.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct UnusableKey(String);

/// Signs mail for one domain.
pub struct Signer {
    domain: String,
    selector: String,
    key: Key,
}

enum Key {
    Rsa(RsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signer({}._domainkey.{})", self.selector, self.domain)
    }
}

impl Signer {
    /// Reads a PEM file: RSA of 2048 bits and more (PKCS#8 or PKCS#1), or Ed25519.
    ///
    /// # Errors
    /// When the file cannot be read or holds no such key.
    pub fn load(domain: &str, selector: &str, key_file: &Path) -> Result<Self, UnusableKey> {
        let named = |words: String| UnusableKey(format!("{}: {words}", key_file.display()));
        let key = PrivateKeyDer::from_pem_file(key_file).map_err(|error| named(error.to_string()))?;
        let refused = |_| named("neither an RSA key nor an Ed25519 key".into());
        let key = match &key {
            PrivateKeyDer::Pkcs8(key) => {
                let bytes = key.secret_pkcs8_der();
                match Ed25519KeyPair::from_pkcs8_maybe_unchecked(bytes) {
                    Ok(key) => Key::Ed25519(key),
                    Err(_) => Key::Rsa(RsaKeyPair::from_pkcs8(bytes).map_err(refused)?),
                }
            }
            PrivateKeyDer::Pkcs1(key) => Key::Rsa(RsaKeyPair::from_der(key.secret_pkcs1_der()).map_err(refused)?),
            _ => return Err(named("neither an RSA key nor an Ed25519 key".into())),
        };
        if let Key::Rsa(key) = &key
            && key.public_modulus_len() < 256
        {
            return Err(named("an RSA key of less than 2048 bits (RFC 8301)".into()));
        }
        Ok(Self { domain: domain.to_owned(), selector: selector.to_owned(), key })
    }

    /// The mail with its signature before it.
    ///
    /// # Errors
    /// When the key cannot sign.
    pub fn sign(&self, mail: &[u8], now: Timestamp) -> Result<Vec<u8>, UnusableKey> {
        let (fields, rest) = split(mail);
        let body_hash = STANDARD.encode(digest(&SHA256, &body(Form::Relaxed, rest)));
        let mut text = Vec::new();
        let mut names = Vec::new();
        for name in SIGNED {
            // From the bottom up, as a verifier takes them.
            for one in fields.iter().rev().filter(|one| one.is(name)) {
                field(Form::Relaxed, one.raw, &mut text);
                text.extend_from_slice(b"\r\n");
                names.push(name);
            }
        }
        names.push("from");
        let algorithm = match self.key {
            Key::Rsa(_) => "rsa-sha256",
            Key::Ed25519(_) => "ed25519-sha256",
        };
        let mut header = format!(
            "DKIM-Signature: v=1; a={algorithm}; c=relaxed/relaxed; d={}; s={};\r\n t={}; h={};\r\n bh={body_hash};\r\n b=",
            self.domain,
            self.selector,
            now.as_second(),
            names.join(":\r\n  "),
        );
        field(Form::Relaxed, header.as_bytes(), &mut text);
        for (index, line) in STANDARD.encode(self.signature(&text)?).as_bytes().chunks(70).enumerate() {
            header.push_str(if index > 0 { "\r\n  " } else { "" });
            header.extend(line.iter().map(|&byte| char::from(byte)));
        }
        header.push_str("\r\n");
        let mut signed = header.into_bytes();
        signed.extend_from_slice(mail);
        Ok(signed)
    }

    /// The record that verifiers find under `SELECTOR._domainkey.DOMAIN`.
    pub fn record(&self) -> String {
        use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
        use aws_lc_rs::signature::KeyPair as _;
        let (kind, key) = match &self.key {
            Key::Rsa(key) => {
                let der: Result<PublicKeyX509Der<'_>, _> = key.public_key().as_der();
                ("rsa", der.map(|der| STANDARD.encode(der.as_ref())).unwrap_or_default())
            }
            Key::Ed25519(key) => ("ed25519", STANDARD.encode(key.public_key())),
        };
        format!("v=DKIM1; k={kind}; p={key}")
    }

    fn signature(&self, text: &[u8]) -> Result<Vec<u8>, UnusableKey> {
        match &self.key {
            Key::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text, &mut signature)
                    .map_err(|_| UnusableKey("the RSA key does not sign".into()))?;
                Ok(signature)
            }
            // RFC 8463: the hash is signed, not the text.
            Key::Ed25519(key) => Ok(key.sign(digest(&SHA256, text).as_ref()).as_ref().to_vec()),
        }
    }
}
