//! S/MIME (RFC 8551): whose signature a mail carries, what was encrypted for us, and the same on what we send.
//!
//! Certificates are those that were agreed on; what a sender puts into a mail is never trusted.

use std::io::Write as _;
use std::path::Path;

use jiff::Timestamp;

use crate::partner::as2::Compress;
use crate::transport::as2::blob::{Blob, Spool};
use crate::transport::as2::certificates::{Certificates, OURS, Role};
use crate::transport::as2::cms::signed::Signing;
use crate::transport::as2::cms::{self, Cipher, Digest, Fault, KeyTransport, Kind, SignedData, enveloped};
use crate::transport::as2::mime::{Entity, parts};
use crate::transport::as2::pack::{Packing, Sending};

/// A mail whose layers were taken off.
#[derive(Debug)]
pub struct Opened {
    /// What was encrypted, or signed in an envelope of its own: the entity to be taken apart instead of the mail.
    pub inner: Option<Vec<u8>>,
    /// What was signed, with its signature.
    signed: Option<(Vec<u8>, SignedData)>,
}

/// Takes the layers of S/MIME off a mail. Other mail comes back as it is.
///
/// # Errors
/// In words for our own log, when it was encrypted and none of our keys opens it, or its signature cannot be read.
pub fn open(raw: &[u8], certificates: &Certificates, spool: &Path) -> Result<Opened, String> {
    let words = |fault: Fault| fault.to_string();
    let io = |error: std::io::Error| error.to_string();
    let mut opened = Opened { inner: None, signed: None };
    let Some(mut entity) = Entity::read(&Blob::from(raw.to_vec())).map_err(io)? else { return Ok(opened) };
    while is_enclosed(&entity) {
        let body = entity.decoded(true, Spool::new(spool)).map_err(io)?;
        let (kind, mut ber) = cms::open(body.reader()).map_err(words)?;
        let mut plain = Spool::new(spool);
        let anything_but_des = |cipher: Cipher, _: KeyTransport| match cipher {
            Cipher::TripleDes => Err(Fault::NotAllowed("3DES")),
            _ => Ok(()),
        };
        let signature = match kind {
            Kind::Signed => Some(SignedData::read_opaque(&mut ber, &mut plain).map_err(words)?),
            Kind::Enveloped | Kind::AuthEnveloped if opened.inner.is_none() => {
                let ours = certificates.decrypting();
                enveloped::decrypt(kind, &mut ber, &ours, &anything_but_des, &mut plain).map_err(words)?;
                None
            }
            Kind::Enveloped | Kind::AuthEnveloped => return Err("it is encrypted twice".into()),
            Kind::Compressed => return Err("its content is neither signed nor encrypted".into()),
        };
        let plain = plain.finish().map_err(io)?;
        let bytes = plain.bytes().map_err(io)?;
        opened.inner = Some(bytes.clone());
        if let Some(signature) = signature {
            // The innermost layer: what is signed is what is taken apart.
            opened.signed = Some((bytes, signature));
            return Ok(opened);
        }
        match Entity::read(&plain).map_err(io)? {
            Some(inner) => entity = inner,
            None => return Ok(opened),
        }
    }
    if kind_of(&entity) == "multipart/signed" {
        let boundary =
            entity.headers.content_type().parameter("boundary").ok_or("multipart/signed without a boundary")?;
        let found = parts(&entity.body, &boundary).map_err(io)?;
        // Exactly two: anything else would leave room for what nobody signed.
        let [content, signature] = found.parts.as_slice() else { return Err("multipart/signed has two parts".into()) };
        let signature = Entity::read(signature).map_err(io)?.ok_or("the signature has no headers")?;
        if kind_of(&signature).ends_with("pkcs7-signature") {
            let der = signature.decoded(true, Spool::new(spool)).map_err(io)?;
            let signature = SignedData::read(der.reader()).map_err(words)?;
            opened.signed = Some((content.bytes().map_err(io)?, signature));
        }
    }
    Ok(opened)
}

fn is_enclosed(entity: &Entity) -> bool {
    matches!(kind_of(entity).as_str(), "application/pkcs7-mime" | "application/x-pkcs7-mime")
}

fn kind_of(entity: &Entity) -> String {
    entity.headers.content_type().value
}

impl Opened {
    /// Whether a partner signed it; `None` where nobody did.
    pub fn signed_by(&self, partner: &str, certificates: &Certificates, now: Timestamp) -> Option<Result<(), String>> {
        let (content, SignedData { signer, .. }) = self.signed.as_ref()?;
        let computed = signer.digest.of(content);
        let mut known = certificates.in_role(partner, Role::Verify, now).peekable();
        if known.peek().is_none() {
            return Some(Err(format!("no certificate of {partner} is known (entrepot partner cert)")));
        }
        let is_good = known.any(|held| signer.verify(&held.certificate, &computed).is_ok());
        Some(if is_good { Ok(()) } else { Err(format!("the S/MIME signature of {} does not hold", signer.whom())) })
    }
}

/// What is done to a document before it leaves.
#[derive(Clone, Copy)]
pub struct Protection<'a> {
    pub sign: bool,
    /// Whether the signature stands around what it signs.
    pub opaque: bool,
    pub encrypt: bool,
    pub partner: &'a str,
    pub certificates: &'a Certificates,
    pub spool: &'a Path,
}

impl Protection<'_> {
    /// The headers that describe the body, and the body, as they follow the other headers of a mail.
    ///
    /// # Errors
    /// In words, when a certificate or key that was agreed on is missing or cannot do it.
    pub fn pack(
        &self,
        bytes: Vec<u8>,
        media_type: &str,
        name: &str,
        seed: &str,
        now: Timestamp,
    ) -> Result<Vec<u8>, String> {
        let ours = self.certificates.in_role(OURS, Role::Sign, now).find_map(|held| Some((held, held.key.as_ref()?)));
        let signing = match (self.sign, ours) {
            (false, _) => None,
            (true, None) => return Err("there is no certificate of ours to sign with (entrepot partner cert)".into()),
            (true, Some((held, key))) => Some(Signing {
                certificate: &held.certificate,
                key,
                digest: key.kind().digest(Digest::Sha256),
                pss: false,
                algorithm_protection: true,
                embed_certificate: true,
            }),
        };
        let theirs = self.certificates.in_role(self.partner, Role::Encrypt, now).map(|held| &held.certificate).next();
        let encrypt = match (self.encrypt, theirs) {
            (false, _) => None,
            (true, None) => return Err(format!("there is no certificate of {} to encrypt for", self.partner)),
            (true, Some(certificate)) => Some((vec![certificate], Cipher::Aes256Cbc, KeyTransport::Pkcs1)),
        };
        let packing = Packing {
            compress: Compress::Off,
            sign: signing,
            is_opaque: self.opaque,
            encrypt,
            is_base64: true,
            quote_file_name: true,
            old_digest_names: false,
            mic_digest: Digest::Sha256,
            seed,
            folder: self.spool,
        };
        let document = Sending { body: &Blob::from(bytes), content_type: media_type, file_name: name };
        let packed = packing.pack(&[document], now).map_err(|fault| fault.to_string())?;
        let mut out = Vec::new();
        for (name, value) in &packed.headers {
            let _ = write!(out, "{name}: {value}\r\n");
        }
        out.extend_from_slice(b"\r\n");
        out.extend(packed.body.bytes().map_err(|error| error.to_string())?);
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::as2::certificates::{Wish, add, create};
    use crate::transport::as2::cms::tests::{identity, noon, opaque};
    use crate::transport::mail::Attachments;

    #[test]
    fn what_is_signed_and_encrypted_comes_back_and_is_known_by_whom() {
        let folder = tempfile::tempdir().unwrap();
        let now: Timestamp = "2026-11-25T12:00:00Z".parse().unwrap();
        // The same house on both sides: its own certificate is the partner's too.
        let (held, _) = create(folder.path(), "house", now, 30, &Wish::default()).unwrap();
        add(folder.path(), "acme", held.certificate.to_pem().as_bytes(), None, &Wish::default()).unwrap();
        let certificates = Certificates::load(folder.path());
        assert_eq!(certificates.troubles, Vec::<String>::new());
        for (sign, opaque, encrypt) in
            [(true, false, false), (true, true, false), (false, false, true), (true, false, true), (true, true, true)]
        {
            let protection = Protection {
                sign,
                opaque,
                encrypt,
                partner: "acme",
                certificates: &certificates,
                spool: folder.path(),
            };
            let packed = protection.pack(b"ISA*00*".to_vec(), "application/edi-x12", "o.edi", "seed", now).unwrap();
            let raw = [b"From: a@acme.example\r\nMIME-Version: 1.0\r\n".as_slice(), &packed].concat();
            let opened = open(&raw, &certificates, folder.path()).unwrap();
            assert_eq!(opened.inner.is_some(), encrypt || opaque);
            assert_eq!(opened.signed_by("acme", &certificates, now), sign.then_some(Ok(())));
            let found = Attachments::of(opened.inner.as_deref().unwrap_or(&raw));
            assert_eq!((found.documents.len(), found.documents[0].name.as_str()), (1, "o.edi"));
            assert!(!sign || opened.signed_by("other", &certificates, now).unwrap().is_err());
            if sign && !encrypt && !opaque {
                let text = String::from_utf8(raw).unwrap();
                let changed = text.replacen("SVNBKjAwKg==", "SVNBKjAxKg==", 1);
                assert_ne!(changed, text);
                let opened = open(changed.as_bytes(), &certificates, folder.path()).unwrap();
                assert!(opened.signed_by("acme", &certificates, now).unwrap().is_err());
            }
        }
    }

    /// As Outlook signs where "send clear text" is off: the content is inside the signature.
    #[test]
    fn a_mail_inside_its_signature_is_known_by_whom() {
        let folder = tempfile::tempdir().unwrap();
        let them = identity("them");
        add(folder.path(), "acme", them.0.to_pem().as_bytes(), None, &Wish::default()).unwrap();
        let certificates = Certificates::load(folder.path());
        let content = b"Content-Type: application/edi-x12; name=o.edi\r\nContent-Disposition: attachment; \
            filename=o.edi\r\n\r\nISA*00*";
        let signing = Signing {
            certificate: &them.0,
            key: &them.1,
            digest: Digest::Sha256,
            pss: false,
            algorithm_protection: true,
            embed_certificate: true,
        };
        let signed = |of: &[u8]| signing.sign(&Digest::Sha256.of(of), noon()).unwrap();
        let mail = |body: &[u8]| {
            let head = b"From: a@acme.example\r\nContent-Type: application/pkcs7-mime; smime-type=signed-data\r\n\r\n";
            open(&[head, body].concat(), &certificates, folder.path())
        };
        let opened = mail(&opaque(&signed(content), content)).unwrap();
        assert_eq!(opened.signed_by("acme", &certificates, noon()), Some(Ok(())));
        let found = Attachments::of(opened.inner.as_deref().unwrap());
        assert_eq!((found.documents.len(), found.documents[0].name.as_str()), (1, "o.edi"));
        let changed = mail(&opaque(&signed(b"other"), content)).unwrap();
        assert!(changed.signed_by("acme", &certificates, noon()).unwrap().is_err());
        let told = mail(&signed(content)).unwrap_err();
        assert_eq!(told, "a signature without the content that it signs");
    }

    #[test]
    fn other_mail_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let opened = open(b"From: a@b.example\r\n\r\nhello", &Certificates::default(), folder.path()).unwrap();
        assert!(
            opened.inner.is_none()
                && opened.signed_by("acme", &Certificates::default(), Timestamp::UNIX_EPOCH).is_none()
        );
    }
}
