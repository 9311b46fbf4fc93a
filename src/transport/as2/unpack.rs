//! A message opened layer by layer: decrypted, verified, inflated, in whatever order its sender nested them.
//!
//! It goes by the bytes, not by what headers claim, and leaves a trail of what it found. Of what went wrong the sender
//! learns only the disposition; the detail is for our own people.

use std::io;
use std::path::{Path, PathBuf};

use super::blob::{Blob, Spool};
use super::cms::signed::NotVerified;
use super::cms::{
    self, Certificate, Cipher, Digest, Fault, KeyTransport, Kind, PrivateKey, SignedData, compressed, enveloped,
};
use super::disposition::Modifier;
use super::explain::{self, Diagnosis};
use super::mic::Mic;
use super::mime::{Entity, Headers, parts};

/// Layers of one message.
const LAYERS_MAX: usize = 6;
/// A detached signature.
const SIGNATURE_BYTES_MAX: u64 = 1 << 20;

/// What opening needs to know.
pub struct Opening<'a> {
    /// All of ours that may decrypt.
    pub ours: Vec<(&'a Certificate, &'a PrivateKey)>,
    /// All of the partner's that may have signed.
    pub theirs: Vec<&'a Certificate>,
    pub allow_sha1: bool,
    pub allow_triple_des: bool,
    pub require_signed: bool,
    pub require_encrypted: bool,
    /// What the message may measure when inflated.
    pub bytes_max: u64,
    /// For the MIC of messages that are not signed.
    pub mic_digest: Digest,
    /// Where large content lies meanwhile.
    pub folder: &'a Path,
}

/// What was found, outermost first: the trail.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "layer", rename_all = "snake_case")]
pub enum Layer {
    Encrypted { cipher: &'static str, key: &'static str, certificate: String },
    Signed { digest: &'static str, certificate: String, canonical_line_ends: bool },
    Compressed,
}

/// One document of a message.
#[derive(Clone, Debug)]
pub struct Document {
    pub content_type: String,
    pub name: Option<String>,
    pub body: Blob,
}

/// A message that could be opened.
#[derive(Debug)]
pub struct Unpacked {
    pub trail: Vec<Layer>,
    pub documents: Vec<Document>,
    pub mic: Mic,
    pub is_signed: bool,
}

/// A message that could not.
#[derive(Debug)]
pub struct Refused {
    pub modifier: Modifier,
    /// For our own people.
    pub detail: String,
    pub trail: Vec<Layer>,
    pub diagnosis: Option<Diagnosis>,
}

/// Why opening ended.
#[derive(Debug)]
pub enum Stop {
    Refused(Box<Refused>),
    /// Our own disk: nothing is said of the message.
    Ours(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Ours(error)
    }
}

/// Where opening stands.
struct Work<'a> {
    opening: &'a Opening<'a>,
    trail: Vec<Layer>,
    mic: Option<Mic>,
    is_compressed: bool,
    /// Decrypted by CBC, and nothing has been verified since: its bytes are unproven.
    is_unproven: bool,
}

/// Opens a message: the headers of the request and its body.
///
/// # Errors
/// What the sender is told, with the reason for our own people; or a failure of our own disk.
pub fn unpack(headers: &Headers, body: &Blob, opening: &Opening<'_>) -> Result<Unpacked, Stop> {
    let mut work = Work { opening, trail: Vec::new(), mic: None, is_compressed: false, is_unproven: false };
    let mut entity = Entity { headers: headers.clone(), whole: body.clone(), body: body.clone() };
    let mut is_bare = false;
    loop {
        let content_type = entity.headers.content_type();
        let next = match content_type.value.as_str() {
            "multipart/signed" => work.signed(&entity)?,
            "application/pkcs7-mime" | "application/x-pkcs7-mime" => work.enclosed(&entity)?,
            _ => break,
        };
        if work.trail.len() > LAYERS_MAX {
            return Err(work.refuse(Modifier::UnexpectedProcessingError, "more layers than a message may have"));
        }
        match Entity::read(&next)? {
            Some(inner) if inner.headers.get("content-type").is_some() || inner.headers.0.is_empty() => entity = inner,
            // A bare payload without headers: some partners encrypt just that.
            _ => {
                is_bare = true;
                entity = Entity { headers: Headers::default(), whole: next.clone(), body: next };
                break;
            }
        }
    }
    work.check_security()?;
    if is_bare && work.is_unproven && work.opening.require_signed {
        return Err(work.refuse(Modifier::DecryptionFailed, "what was decrypted is no message"));
    }
    let mic = match work.mic.take() {
        Some(mic) => mic,
        // Nothing was signed. Plain bodies count without headers, everything else with (RFC 4130, RFC 5402 section 4).
        None if work.trail.is_empty() => Mic::of(&entity.body, opening.mic_digest)?,
        None => Mic::of(&entity.whole, opening.mic_digest)?,
    };
    let documents = work.documents(&entity)?;
    let is_signed = work.trail.iter().any(|layer| matches!(layer, Layer::Signed { .. }));
    Ok(Unpacked { trail: work.trail, documents, mic, is_signed })
}

impl Work<'_> {
    fn refuse(&mut self, modifier: Modifier, detail: impl Into<String>) -> Stop {
        let trail = std::mem::take(&mut self.trail);
        Stop::Refused(Box::new(Refused { modifier, detail: detail.into(), trail, diagnosis: None }))
    }

    /// Where bytes are unproven, whatever is wrong with them is told as a failed decryption: anything finer would tell an
    /// attacker whether a padding was right.
    fn refuse_content(&mut self, modifier: Modifier, detail: impl Into<String>) -> Stop {
        let modifier = if self.is_unproven { Modifier::DecryptionFailed } else { modifier };
        self.refuse(modifier, detail)
    }

    fn spool(&self) -> Spool {
        Spool::new(self.opening.folder).at_most(self.opening.bytes_max)
    }

    /// `multipart/signed`: exactly two parts, the second a signature by one of the partner's certificates.
    fn signed(&mut self, entity: &Entity) -> Result<Blob, Stop> {
        let content_type = entity.headers.content_type();
        let Some(boundary) = content_type.parameter("boundary") else {
            return Err(self.refuse_content(Modifier::IntegrityCheckFailed, "multipart/signed without a boundary"));
        };
        let found = parts(&entity.body, &boundary)?;
        let [content, signature] = found.parts.as_slice() else {
            let detail = format!("multipart/signed of {} parts instead of two", found.parts.len());
            return Err(self.refuse_content(Modifier::IntegrityCheckFailed, detail));
        };
        if !found.is_closed && self.is_unproven {
            return Err(self.refuse_content(Modifier::IntegrityCheckFailed, "something follows the last boundary"));
        }
        let signature = Entity::read(signature)?.unwrap_or_else(|| Entity {
            headers: Headers::default(),
            whole: signature.clone(),
            body: signature.clone(),
        });
        let signed = match signature.body.len() > SIGNATURE_BYTES_MAX {
            true => Err(Fault::TooLarge(SIGNATURE_BYTES_MAX)),
            false => match signature.decoded(true, self.spool()) {
                Ok(bytes) => SignedData::read(bytes.reader()),
                Err(error) => Err(Fault::Malformed(error.to_string())),
            },
        };
        let signed = match signed {
            Ok(signed) => signed,
            Err(fault) => {
                return Err(self.refuse_content(Modifier::IntegrityCheckFailed, format!("the signature: {fault}")));
            }
        };
        self.judge(&signed, content, true)?;
        Ok(content.clone())
    }

    /// A signature over content: by one of the partner's certificates, with a digest that was agreed. Content that lay beside
    /// its signature may have had its line ends changed on the way.
    fn judge(&mut self, signed: &SignedData, content: &Blob, is_beside: bool) -> Result<(), Stop> {
        let digest = signed.signer.digest;
        if digest == Digest::Sha1 && !self.opening.allow_sha1 {
            let detail = "it is signed with SHA-1, which the agreement does not allow (allow = [\"sha-1\"])";
            return Err(self.refuse(Modifier::InsufficientMessageSecurity, detail));
        }
        let mic = Mic::of(content, digest)?;
        let (verified, canonical_line_ends) = match self.verify(signed, &mic) {
            Ok(certificate) => (Ok((certificate, mic)), false),
            // Text whose line ends were changed on the way (RFC 8551 section 3.1.1).
            Err(NotVerified::Digest { .. }) if is_beside => {
                let canonical = Mic::of_canonical(content, digest)?;
                (self.verify(signed, &canonical).map(|certificate| (certificate, canonical)), true)
            }
            Err(other) => (Err(other), false),
        };
        match verified {
            Ok((certificate, mic)) => {
                let certificate = certificate.fingerprint();
                self.trail.push(Layer::Signed { digest: digest.name(), certificate, canonical_line_ends });
                // The outermost signature is the one the receipt speaks of.
                self.mic.get_or_insert(mic);
                self.is_unproven = false;
                Ok(())
            }
            Err(why) => {
                let diagnosis = explain::diagnose(signed, content, &self.opening.theirs)?;
                let modifier = match why {
                    NotVerified::Digest { .. } => Modifier::IntegrityCheckFailed,
                    NotVerified::Signature => Modifier::AuthenticationFailed,
                };
                let trail = std::mem::take(&mut self.trail);
                let detail = diagnosis.words();
                Err(Stop::Refused(Box::new(Refused { modifier, detail, trail, diagnosis: Some(diagnosis) })))
            }
        }
    }

    /// The partner's certificate that the signature holds by.
    fn verify<'c>(&'c self, signed: &SignedData, mic: &Mic) -> Result<&'c Certificate, NotVerified> {
        let mut latest = NotVerified::Signature;
        // The one it names comes first, but any pinned one will do: partners renew certificates with the same key.
        let (named, others): (Vec<_>, Vec<_>) =
            self.opening.theirs.iter().partition(|certificate| signed.signer.is(certificate));
        for certificate in named.into_iter().chain(others) {
            match signed.signer.verify(certificate, &mic.value) {
                Ok(()) => return Ok(certificate),
                Err(why @ NotVerified::Digest { .. }) => latest = why,
                Err(NotVerified::Signature) => {}
            }
        }
        Err(latest)
    }

    /// `application/pkcs7-mime`: encrypted, compressed, or signed with its content inside (RFC 8551 section 3.5.2), as its
    /// bytes say.
    fn enclosed(&mut self, entity: &Entity) -> Result<Blob, Stop> {
        let bytes = match entity.decoded(true, self.spool()) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return Err(self.refuse_content(Modifier::DecryptionFailed, error.to_string()));
            }
            Err(error) => return Err(error.into()),
        };
        let (kind, mut ber) = match cms::open(bytes.reader()) {
            Ok(opened) => opened,
            Err(Fault::Io(error)) => return Err(error.into()),
            Err(fault) => return Err(self.refuse_content(Modifier::DecryptionFailed, fault.to_string())),
        };
        let mut spool = self.spool();
        match kind {
            Kind::Enveloped | Kind::AuthEnveloped => {
                let allow = self.opening.allow_triple_des;
                let allowed = |cipher: Cipher, _: KeyTransport| match cipher {
                    Cipher::TripleDes if !allow => Err(Fault::NotAllowed("3des")),
                    _ => Ok(()),
                };
                match enveloped::decrypt(kind, &mut ber, &self.opening.ours, &allowed, &mut spool) {
                    Ok(opened) => {
                        self.is_unproven = !opened.cipher.is_authenticated();
                        self.trail.push(Layer::Encrypted {
                            cipher: opened.cipher.name(),
                            key: opened.transport.name(),
                            certificate: opened.recipient,
                        });
                    }
                    Err(Fault::Io(error)) if spool.is_over() => {
                        return Err(self.refuse(Modifier::UnexpectedProcessingError, error.to_string()));
                    }
                    Err(Fault::Io(error)) => return Err(error.into()),
                    Err(fault @ Fault::NotAllowed(_)) => {
                        return Err(self.refuse(Modifier::InsufficientMessageSecurity, fault.to_string()));
                    }
                    Err(fault) => return Err(self.refuse(Modifier::DecryptionFailed, fault.to_string())),
                }
            }
            Kind::Compressed if self.is_compressed => {
                return Err(self.refuse_content(Modifier::DecompressionFailed, "it is compressed twice"));
            }
            Kind::Compressed => match compressed::decompress(&mut ber, self.opening.bytes_max, &mut spool) {
                Ok(()) => {
                    self.is_compressed = true;
                    self.trail.push(Layer::Compressed);
                }
                Err(Fault::Io(error)) => return Err(error.into()),
                Err(fault) => return Err(self.refuse_content(Modifier::DecompressionFailed, fault.to_string())),
            },
            Kind::Signed => match SignedData::read_opaque(&mut ber, &mut spool) {
                Ok(signed) => {
                    let content = spool.finish().map_err(Stop::Ours)?;
                    let is_unproven = self.is_unproven;
                    let judged = self.judge(&signed, &content, false);
                    return judged.map(|()| content).map_err(|stop| match stop {
                        // Its last bytes are the signature's: that it fails would tell whether a padding was right.
                        Stop::Refused(mut refused) if is_unproven => {
                            refused.modifier = Modifier::DecryptionFailed;
                            Stop::Refused(refused)
                        }
                        other => other,
                    });
                }
                Err(Fault::Io(error)) if spool.is_over() => {
                    return Err(self.refuse(Modifier::UnexpectedProcessingError, error.to_string()));
                }
                Err(Fault::Io(error)) => return Err(error.into()),
                Err(fault) => {
                    let detail = format!("the signature: {fault}");
                    return Err(self.refuse_content(Modifier::IntegrityCheckFailed, detail));
                }
            },
        }
        spool.finish().map_err(Stop::Ours)
    }

    fn check_security(&mut self) -> Result<(), Stop> {
        let has = |wanted: fn(&Layer) -> bool| self.trail.iter().any(wanted);
        let is_signed = has(|layer| matches!(layer, Layer::Signed { .. }));
        let is_encrypted = has(|layer| matches!(layer, Layer::Encrypted { .. }));
        if self.opening.require_signed && !is_signed {
            let detail = "it is not signed, and the agreement asks for signatures (require_signed)";
            return Err(self.refuse_content(Modifier::InsufficientMessageSecurity, detail));
        }
        if self.opening.require_encrypted && !is_encrypted {
            let detail = "it is not encrypted, and the agreement asks for encryption (require_encrypted)";
            return Err(self.refuse(Modifier::InsufficientMessageSecurity, detail));
        }
        Ok(())
    }

    /// The documents of the innermost entity: one, or each part of a multipart (RFC 6362).
    fn documents(&mut self, entity: &Entity) -> Result<Vec<Document>, Stop> {
        let content_type = entity.headers.content_type();
        let mut documents = Vec::new();
        match content_type.parameter("boundary") {
            Some(boundary) if matches!(content_type.value.as_str(), "multipart/related" | "multipart/mixed") => {
                for part in parts(&entity.body, &boundary)?.parts {
                    let bare = || Entity { headers: Headers::default(), whole: part.clone(), body: part.clone() };
                    let part = Entity::read(&part)?.unwrap_or_else(bare);
                    documents.push(self.document(&part)?);
                }
            }
            _ => documents.push(self.document(entity)?),
        }
        if documents.is_empty() {
            return Err(self.refuse_content(Modifier::UnexpectedProcessingError, "there is no document in it"));
        }
        Ok(documents)
    }

    fn document(&mut self, entity: &Entity) -> Result<Document, Stop> {
        let body = match entity.decoded(false, self.spool()) {
            Ok(body) => body,
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return Err(self.refuse_content(Modifier::UnexpectedProcessingError, error.to_string()));
            }
            Err(error) => return Err(error.into()),
        };
        Ok(Document { content_type: entity.headers.content_type().value, name: entity.headers.file_name(), body })
    }
}

/// Where large content lies meanwhile; everything in it is left over from an earlier run when the door opens.
///
/// # Errors
/// When the folder cannot be made or swept.
pub fn sweep(folder: &Path) -> io::Result<PathBuf> {
    std::fs::create_dir_all(folder)?;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "part") {
            std::fs::remove_file(path)?;
        }
    }
    Ok(folder.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::cms::signed::Signing;
    use super::super::cms::tests::{identity, noon, opaque};
    use super::*;

    const ENTITY: &[u8] = b"Content-Type: application/edi-x12\r\n\r\nISA*00*\r\nIEA*1~";

    #[test]
    fn a_signature_around_its_content_counts_like_one_beside_it() {
        let found = open(&signed(ENTITY)).unwrap();
        assert!(found.is_signed && matches!(found.trail.as_slice(), [Layer::Signed { digest: "sha-256", .. }]));
        // What was signed: the entity with its headers.
        assert_eq!(found.mic, Mic::of(&Blob::from(ENTITY.to_vec()), Digest::Sha256).unwrap());
        assert_eq!(found.documents[0].body.bytes().unwrap(), b"ISA*00*\r\nIEA*1~");
        assert_eq!(found.documents[0].content_type, "application/edi-x12");
        let twice = open(&signed(&wrapped(&signed(ENTITY)))).unwrap();
        assert_eq!((twice.trail.len(), twice.documents[0].body.len()), (2, 15));
        // The outermost signature is the one the receipt speaks of.
        assert_eq!(twice.mic, Mic::of(&Blob::from(wrapped(&signed(ENTITY))), Digest::Sha256).unwrap());
    }

    #[test]
    fn a_signature_around_other_content_or_none_is_refused() {
        let other = opaque(&detached(ENTITY), &[ENTITY, b" "].concat());
        let cut = signed(ENTITY);
        let stranger = opaque(&detached_by("stranger", ENTITY), ENTITY);
        let mut deep = signed(ENTITY);
        for _ in 0..LAYERS_MAX {
            deep = signed(&wrapped(&deep));
        }
        for (bytes, modifier, words) in [
            (other, Modifier::IntegrityCheckFailed, ""),
            (detached(ENTITY), Modifier::IntegrityCheckFailed, "without the content that it signs"),
            (cut[..cut.len() - 40].to_vec(), Modifier::IntegrityCheckFailed, "ends in the middle"),
            (stranger, Modifier::AuthenticationFailed, "partner cert add"),
            (deep, Modifier::UnexpectedProcessingError, "more layers"),
            (signed(&[b'x'; 50_000]), Modifier::UnexpectedProcessingError, ""),
        ] {
            let Err(Stop::Refused(refused)) = open(&bytes) else { panic!("{words}: it was taken") };
            assert!(refused.modifier == modifier && refused.detail.contains(words), "{refused:?}");
        }
    }

    fn open(bytes: &[u8]) -> Result<Unpacked, Stop> {
        let folder = tempfile::tempdir().unwrap();
        let opening = Opening {
            ours: Vec::new(),
            theirs: vec![&identity("them").0],
            allow_sha1: false,
            allow_triple_des: false,
            require_signed: true,
            require_encrypted: false,
            bytes_max: 40_000,
            mic_digest: Digest::Sha256,
            folder: folder.path(),
        };
        let whole = Entity::read(&Blob::from(wrapped(bytes))).unwrap().unwrap();
        unpack(&whole.headers, &whole.body, &opening)
    }

    fn wrapped(bytes: &[u8]) -> Vec<u8> {
        [b"Content-Type: application/pkcs7-mime; smime-type=signed-data\r\n\r\n", bytes].concat()
    }

    fn signed(content: &[u8]) -> Vec<u8> {
        opaque(&detached(content), content)
    }

    fn detached(content: &[u8]) -> Vec<u8> {
        detached_by("them", content)
    }

    fn detached_by(name: &str, content: &[u8]) -> Vec<u8> {
        let (certificate, key) = identity(name);
        let digest = Digest::Sha256;
        let (algorithm_protection, embed_certificate, pss) = (true, true, false);
        Signing { certificate, key, digest, pss, algorithm_protection, embed_certificate }
            .sign(&digest.of(content), noon())
            .unwrap()
    }
}
