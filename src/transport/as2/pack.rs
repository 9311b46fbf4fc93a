//! A message made layer by layer: the document as a MIME entity, compressed, signed, encrypted as the agreement says.

use std::io::{self, Write};
use std::path::Path;

use jiff::Timestamp;

use super::blob::{Blob, Spool};
use super::cms::signed::Signing;
use super::cms::{Certificate, Cipher, Digest, Fault, KeyTransport, compressed, enveloped};
use super::mic::Mic;
use super::mime::{base64_lines, copy};
use crate::partner::as2::Compress;

/// One document to be sent.
#[derive(Clone, Debug)]
pub struct Sending<'a> {
    pub body: &'a Blob,
    pub content_type: &'a str,
    pub file_name: &'a str,
}

/// How messages are made.
pub struct Packing<'a> {
    pub compress: Compress,
    pub sign: Option<Signing<'a>>,
    /// Whether a signature stands around its content instead of beside it.
    pub is_opaque: bool,
    pub encrypt: Option<(Vec<&'a Certificate>, Cipher, KeyTransport)>,
    /// Whether parts are base64 instead of binary.
    pub is_base64: bool,
    pub quote_file_name: bool,
    pub old_digest_names: bool,
    /// For the MIC of messages that are not signed: the digest that the receipt is asked for by.
    pub mic_digest: Digest,
    /// Different for every message: boundaries are made of it.
    pub seed: &'a str,
    pub folder: &'a Path,
}

/// A message ready to leave.
#[derive(Debug)]
pub struct Packed {
    /// The headers that describe the body.
    pub headers: Vec<(&'static str, String)>,
    pub body: Blob,
    pub mic: Mic,
    /// What the MIC is over.
    pub signed: Blob,
}

/// An entity on its way to becoming another: its headers and body, not yet written down.
struct Made {
    headers: Vec<(&'static str, String)>,
    body: Blob,
}

impl Packing<'_> {
    /// Makes a message of one document or several (RFC 6362).
    ///
    /// # Errors
    /// When a key or certificate cannot do what it should, or the disk fails.
    pub fn pack(&self, documents: &[Sending<'_>], now: Timestamp) -> Result<Packed, Fault> {
        let is_plain = self.compress == Compress::Off && self.sign.is_none() && self.encrypt.is_none();
        let mut made = match documents {
            [one] => self.document(one, !is_plain)?,
            several => self.related(several)?,
        };
        if is_plain {
            let mic = Mic::of(&made.body, self.mic_digest).map_err(Fault::Io)?;
            return Ok(Packed { headers: made.headers, signed: made.body.clone(), body: made.body, mic });
        }
        let mut spoken_of = self.written(&made)?;
        if self.compress == Compress::BeforeSigning {
            made = self.compressed(&spoken_of)?;
            // What was compressed and then signed is spoken of as signed; unsigned, as it was before.
            if self.sign.is_some() {
                spoken_of = self.written(&made)?;
            }
        }
        let mut mic_digest = self.mic_digest;
        if let Some(signing) = &self.sign {
            mic_digest = signing.digest;
            made = self.signed(signing, &spoken_of, now)?;
        }
        if self.compress == Compress::AfterSigning {
            let whole = self.written(&made)?;
            made = self.compressed(&whole)?;
        }
        if let Some((recipients, cipher, transport)) = &self.encrypt {
            let whole = self.written(&made)?;
            made = self.encrypted(&whole, recipients, (*cipher, *transport))?;
        }
        let mic = Mic::of(&spoken_of, mic_digest).map_err(Fault::Io)?;
        Ok(Packed { headers: made.headers, body: made.body, mic, signed: spoken_of })
    }

    fn document(&self, document: &Sending<'_>, may_encode: bool) -> Result<Made, Fault> {
        let is_base64 = self.is_base64 && may_encode;
        let headers = vec![
            ("Content-Type", document.content_type.to_owned()),
            ("Content-Transfer-Encoding", if is_base64 { "base64" } else { "binary" }.to_owned()),
            ("Content-Disposition", self.disposition(document.file_name)),
        ];
        let body = if is_base64 { self.base64(document.body)? } else { document.body.clone() };
        Ok(Made { headers, body })
    }

    fn related(&self, documents: &[Sending<'_>]) -> Result<Made, Fault> {
        let boundary = self.boundary("related");
        let mut spool = Spool::new(self.folder);
        for document in documents {
            let part = self.document(document, true)?;
            spool.write_all(format!("--{boundary}\r\n").as_bytes()).map_err(Fault::Io)?;
            copy(&self.written(&part)?, |piece| spool.write_all(piece)).map_err(Fault::Io)?;
            spool.write_all(b"\r\n").map_err(Fault::Io)?;
        }
        spool.write_all(format!("--{boundary}--\r\n").as_bytes()).map_err(Fault::Io)?;
        let kind = documents.first().map_or("application/octet-stream", |document| document.content_type);
        let content_type = format!("multipart/related; type=\"{kind}\"; boundary=\"{boundary}\"");
        Ok(Made { headers: vec![("Content-Type", content_type)], body: spool.finish().map_err(Fault::Io)? })
    }

    fn compressed(&self, whole: &Blob) -> Result<Made, Fault> {
        let mut deflated = Spool::new(self.folder);
        compressed::deflate(&mut whole.reader(), &mut deflated)?;
        let deflated = deflated.finish().map_err(Fault::Io)?;
        let mut spool = Spool::new(self.folder);
        spool.write_all(&compressed::head(deflated.len())).map_err(Fault::Io)?;
        copy(&deflated, |piece| spool.write_all(piece)).map_err(Fault::Io)?;
        self.enclosed("compressed-data", "smime.p7z", spool.finish().map_err(Fault::Io)?)
    }

    fn encrypted(&self, whole: &Blob, recipients: &[&Certificate], how: (Cipher, KeyTransport)) -> Result<Made, Fault> {
        let mut spool = Spool::new(self.folder);
        enveloped::encrypt(&mut whole.reader(), whole.len(), recipients, how, &mut spool)?;
        let kind = if how.0.is_authenticated() { "authEnveloped-data" } else { "enveloped-data" };
        self.enclosed(kind, "smime.p7m", spool.finish().map_err(Fault::Io)?)
    }

    fn enclosed(&self, kind: &str, name: &str, body: Blob) -> Result<Made, Fault> {
        let headers = vec![
            ("Content-Type", format!("application/pkcs7-mime; smime-type={kind}; name=\"{name}\"")),
            ("Content-Transfer-Encoding", if self.is_base64 { "base64" } else { "binary" }.to_owned()),
            ("Content-Disposition", format!("attachment; filename=\"{name}\"")),
        ];
        let body = if self.is_base64 { self.base64(&body)? } else { body };
        Ok(Made { headers, body })
    }

    fn signed(&self, signing: &Signing<'_>, content: &Blob, now: Timestamp) -> Result<Made, Fault> {
        let digest = Mic::of(content, signing.digest).map_err(Fault::Io)?;
        if self.is_opaque {
            let (before, behind) = signing.around(&digest.value, content.len(), now)?;
            let mut spool = Spool::new(self.folder);
            spool.write_all(&before).map_err(Fault::Io)?;
            copy(content, |piece| spool.write_all(piece)).map_err(Fault::Io)?;
            spool.write_all(&behind).map_err(Fault::Io)?;
            return self.enclosed("signed-data", "smime.p7m", spool.finish().map_err(Fault::Io)?);
        }
        let signature = signing.sign(&digest.value, now)?;
        let mut spool = Spool::new(self.folder);
        let boundary = self.boundary("signed");
        let content_type =
            write_signed(&mut spool, content, &signature, (signing.digest, self.old_digest_names), &boundary)
                .map_err(Fault::Io)?;
        Ok(Made { headers: vec![("Content-Type", content_type)], body: spool.finish().map_err(Fault::Io)? })
    }

    /// Headers, an empty line, the body.
    fn written(&self, made: &Made) -> Result<Blob, Fault> {
        let mut spool = Spool::new(self.folder);
        let mut head = String::new();
        for (name, value) in &made.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        spool.write_all(head.as_bytes()).map_err(Fault::Io)?;
        copy(&made.body, |piece| spool.write_all(piece)).map_err(Fault::Io)?;
        spool.finish().map_err(Fault::Io)
    }

    fn base64(&self, body: &Blob) -> Result<Blob, Fault> {
        let mut spool = Spool::new(self.folder);
        // Whole lines: 57 bytes are 76 characters.
        let mut held = Vec::new();
        copy(body, |piece| {
            held.extend_from_slice(piece);
            let whole = held.len() / 57 * 57;
            spool.write_all(base64_lines(&held[..whole]).as_bytes())?;
            held.drain(..whole);
            Ok(())
        })
        .and_then(|()| spool.write_all(base64_lines(&held).as_bytes()))
        .map_err(Fault::Io)?;
        spool.finish().map_err(Fault::Io)
    }

    fn boundary(&self, what: &str) -> String {
        let hex: String = Digest::Sha256
            .of(format!("{what} {}", self.seed).as_bytes())
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        format!("----{}", &hex[..32])
    }

    fn disposition(&self, file_name: &str) -> String {
        let name: String = file_name.chars().filter(|c| !c.is_control()).collect();
        let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        if name.is_ascii() && (is_plain && !self.quote_file_name) {
            return format!("attachment; filename={name}");
        }
        if name.is_ascii() {
            return format!("attachment; filename=\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""));
        }
        let mut encoded = String::new();
        for byte in name.bytes() {
            match byte {
                b if b.is_ascii_alphanumeric() || b"-_.".contains(&b) => encoded.push(char::from(b)),
                b => encoded.push_str(&format!("%{b:02X}")),
            }
        }
        format!("attachment; filename*=UTF-8''{encoded}")
    }
}

/// Writes the body of a `multipart/signed`; answers its content type (RFC 8551 section 3.5.3).
pub(super) fn write_signed(
    out: &mut dyn Write,
    content: &Blob,
    signature: &[u8],
    (digest, old_names): (Digest, bool),
    boundary: &str,
) -> io::Result<String> {
    out.write_all(format!("--{boundary}\r\n").as_bytes())?;
    copy(content, |piece| out.write_all(piece))?;
    out.write_all(
        format!(
            "\r\n--{boundary}\r\nContent-Type: application/pkcs7-signature; name=\"smime.p7s\"\r\n\
             Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=\"smime.p7s\"\r\n\r\n{}\
             --{boundary}--\r\n",
            base64_lines(signature)
        )
        .as_bytes(),
    )?;
    let micalg = if old_names { digest.old_name() } else { digest.name() };
    Ok(format!("multipart/signed; protocol=\"application/pkcs7-signature\"; micalg={micalg}; boundary=\"{boundary}\""))
}

#[cfg(test)]
mod tests {
    use super::super::cms::tests::{identity, noon};
    use super::super::disposition::Modifier;
    use super::super::mime::Headers;
    use super::super::unpack::{Layer, Opening, Stop, Unpacked, unpack};
    use super::*;

    const TEXT: &[u8] = b"ISA*00*~\nIEA*1~";

    #[test]
    fn every_combination_comes_back_with_the_same_mic() {
        let folder = tempfile::tempdir().unwrap();
        for compress in [Compress::Off, Compress::BeforeSigning, Compress::AfterSigning] {
            for (sign, is_opaque) in [(false, false), (true, false), (true, true)] {
                for cipher in [None, Some(Cipher::Aes256Cbc), Some(Cipher::Aes128Gcm)] {
                    for is_base64 in [false, true] {
                        for count in [1, 3] {
                            let packing = packing(compress, sign, cipher, is_base64, folder.path());
                            let packing = Packing { is_opaque, ..packing };
                            let body = Blob::from(TEXT.to_vec());
                            let one =
                                Sending { body: &body, content_type: "application/edi-x12", file_name: "ä 1.edi" };
                            let packed = packing.pack(&vec![one; count], noon()).unwrap();
                            let found = open(&packed, true, folder.path()).unwrap();
                            assert_eq!(found.mic, packed.mic);
                            assert_eq!(found.documents.len(), count);
                            for document in &found.documents {
                                assert_eq!(document.body.bytes().unwrap(), TEXT);
                                assert_eq!(document.name.as_deref(), Some("ä 1.edi"));
                                assert_eq!(document.content_type, "application/edi-x12");
                            }
                            let layers = usize::from(compress != Compress::Off)
                                + usize::from(sign)
                                + usize::from(cipher.is_some());
                            assert_eq!(found.trail.len(), layers);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn changed_content_is_told_with_both_digests() {
        let folder = tempfile::tempdir().unwrap();
        let packed = signed_text(folder.path());
        let changed = String::from_utf8(packed.body.bytes().unwrap()).unwrap().replace("IEA*1", "IEA*2");
        let Err(Stop::Refused(refused)) =
            open(&Packed { body: changed.into_bytes().into(), ..packed }, true, folder.path())
        else {
            panic!("changed content was taken");
        };
        let diagnosis = refused.diagnosis.unwrap();
        assert_eq!((refused.modifier, diagnosis.form), (Modifier::IntegrityCheckFailed, None));
        assert!(diagnosis.pinned_match.is_some() && diagnosis.claimed.unwrap() != diagnosis.computed);
    }

    #[test]
    fn a_signature_by_a_stranger_is_told_with_the_certificate_that_would_match() {
        let folder = tempfile::tempdir().unwrap();
        let packed = signed_text(folder.path());
        let (us, stranger) = (identity("us"), identity("stranger"));
        let headers = headers_of(&packed);
        let opening = Opening { theirs: vec![&stranger.0], ..opening(true, us, folder.path()) };
        let Err(Stop::Refused(refused)) = unpack(&headers, &packed.body, &opening) else {
            panic!("a stranger's signature was taken: embedded certificates are never trusted");
        };
        assert_eq!(refused.modifier, Modifier::AuthenticationFailed);
        let matching = refused.diagnosis.unwrap().unpinned_match.unwrap();
        assert!(matching.starts_with("CN=them (") && refused.detail.contains("partner cert add"), "{}", refused.detail);
    }

    #[test]
    fn line_ends_changed_on_the_way_are_put_right_and_recorded() {
        let folder = tempfile::tempdir().unwrap();
        let packed = signed_text(folder.path());
        let canonical = String::from_utf8(packed.body.bytes().unwrap()).unwrap();
        // The text has a bare line feed: only what was signed with CRLF throughout can be put right.
        let narrow = canonical.replace("~\nIEA", "~\r\nIEA").replace("\r\n", "\n");
        let told = open(&Packed { body: narrow.into_bytes().into(), ..packed }, true, folder.path());
        assert!(matches!(told, Err(Stop::Refused(refused)) if refused.modifier == Modifier::IntegrityCheckFailed));
        let body = Blob::from(b"a\r\nb\r\n".to_vec());
        let document = Sending { body: &body, content_type: "text/plain", file_name: "a.txt" };
        let packing = packing(Compress::Off, true, None, false, folder.path());
        let packed = packing.pack(&[document], noon()).unwrap();
        let narrow = String::from_utf8(packed.body.bytes().unwrap()).unwrap().replace("\r\n", "\n");
        let mic = packed.mic.clone();
        let found = open(&Packed { body: narrow.into_bytes().into(), ..packed }, true, folder.path()).unwrap();
        assert!(matches!(found.trail[0], Layer::Signed { canonical_line_ends: true, .. }));
        assert_eq!(found.mic, mic);
    }

    /// EFAIL and its like: clear text where the agreement asks for more, three parts where two belong, what follows the end.
    #[test]
    fn weaker_than_agreed_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let body = Blob::from(TEXT.to_vec());
        let document = [Sending { body: &body, content_type: "application/edi-x12", file_name: "a" }];
        for (sign, cipher, modifier) in [
            (false, None, Modifier::InsufficientMessageSecurity),
            (true, None, Modifier::InsufficientMessageSecurity),
            (false, Some(Cipher::Aes256Gcm), Modifier::InsufficientMessageSecurity),
            // By CBC the content is unproven, so nothing finer is told.
            (false, Some(Cipher::Aes256Cbc), Modifier::DecryptionFailed),
        ] {
            let packed = packing(Compress::Off, sign, cipher, false, folder.path()).pack(&document, noon()).unwrap();
            assert_eq!(refusal(open(&packed, false, folder.path())), modifier, "{sign} {cipher:?}");
        }
        let packed = signed_text(folder.path());
        let text = String::from_utf8(packed.body.bytes().unwrap()).unwrap();
        let boundary = headers_of(&packed).content_type().parameter("boundary").unwrap();
        let third = text.replace(&format!("--{boundary}--"), &format!("--{boundary}\r\n\r\nmore\r\n--{boundary}--"));
        let told = refusal(open(&Packed { body: third.into_bytes().into(), ..packed }, true, folder.path()));
        assert_eq!(told, Modifier::IntegrityCheckFailed);
    }

    /// What an attacker appends to a CBC message decrypts to noise behind the signed part: no answer tells its padding.
    #[test]
    fn what_follows_the_signed_part_inside_cbc_is_a_failed_decryption() {
        let folder = tempfile::tempdir().unwrap();
        let inner = signed_text(folder.path());
        let head: String = inner.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        for noise in ["", "  \r\n", "x9\u{1}"] {
            let text = [head.as_bytes(), b"\r\n", &inner.body.bytes().unwrap(), noise.as_bytes()].concat();
            let packing = packing(Compress::Off, false, Some(Cipher::Aes256Cbc), false, folder.path());
            let (recipients, cipher, transport) = packing.encrypt.as_ref().unwrap();
            let sealed = packing.encrypted(&text.into(), recipients, (*cipher, *transport)).unwrap();
            let packed = Packed { headers: sealed.headers, body: sealed.body, ..signed_text(folder.path()) };
            let told = open(&packed, false, folder.path());
            match noise.trim() {
                "" => assert!(told.is_ok()),
                _ => assert_eq!(refusal(told), Modifier::DecryptionFailed),
            }
        }
    }

    #[test]
    fn nesting_has_a_bottom() {
        let folder = tempfile::tempdir().unwrap();
        let packing = packing(Compress::Off, false, Some(Cipher::Aes128Cbc), false, folder.path());
        let (recipients, cipher, transport) = packing.encrypt.as_ref().unwrap();
        let body = Blob::from(TEXT.to_vec());
        let mut made =
            packing.document(&Sending { body: &body, content_type: "text/plain", file_name: "a" }, true).unwrap();
        for _ in 0..9 {
            let whole = packing.written(&made).unwrap();
            made = packing.encrypted(&whole, recipients, (*cipher, *transport)).unwrap();
        }
        let packed = Packed { headers: made.headers, body: made.body, ..signed_text(folder.path()) };
        assert_eq!(refusal(open(&packed, true, folder.path())), Modifier::UnexpectedProcessingError);
    }

    fn signed_text(folder: &Path) -> Packed {
        let body = Blob::from(TEXT.to_vec());
        let document = Sending { body: &body, content_type: "application/edi-x12", file_name: "a.edi" };
        packing(Compress::Off, true, None, false, folder).pack(&[document], noon()).unwrap()
    }

    fn refusal(told: Result<Unpacked, Stop>) -> Modifier {
        match told {
            Err(Stop::Refused(refused)) => refused.modifier,
            other => panic!("{other:?}"),
        }
    }

    fn packing(compress: Compress, sign: bool, cipher: Option<Cipher>, is_base64: bool, folder: &Path) -> Packing<'_> {
        let (us, them) = (identity("us"), identity("them"));
        let signing = Signing {
            certificate: &them.0,
            key: &them.1,
            digest: Digest::Sha256,
            pss: false,
            algorithm_protection: true,
            embed_certificate: true,
        };
        Packing {
            compress,
            sign: sign.then_some(signing),
            is_opaque: false,
            encrypt: cipher.map(|cipher| (vec![&us.0], cipher, KeyTransport::Pkcs1)),
            is_base64,
            quote_file_name: true,
            old_digest_names: false,
            mic_digest: Digest::Sha256,
            seed: "1",
            folder,
        }
    }

    fn opening<'a>(
        takes_anything: bool,
        us: &'a (Certificate, crate::transport::as2::cms::PrivateKey),
        folder: &'a Path,
    ) -> Opening<'a> {
        Opening {
            ours: vec![(&us.0, &us.1)],
            theirs: vec![&identity("them").0],
            allow_sha1: false,
            allow_triple_des: false,
            require_signed: !takes_anything,
            require_encrypted: !takes_anything,
            bytes_max: 1 << 20,
            mic_digest: Digest::Sha256,
            folder,
        }
    }

    fn headers_of(packed: &Packed) -> Headers {
        Headers(packed.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
    }

    fn open(packed: &Packed, takes_anything: bool, folder: &Path) -> Result<Unpacked, Stop> {
        unpack(&headers_of(packed), &packed.body, &opening(takes_anything, identity("us"), folder))
    }
}
