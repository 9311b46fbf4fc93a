//! Why a signature or a MIC does not match, in words: which certificate would have matched, which form of the bytes would
//! have verified, both digests.

use std::io::{self, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::blob::Blob;
use super::cms::signed::NotVerified;
use super::cms::{Certificate, Digest, Hashing, SignedData};
use super::mic::Mic;
use super::mime::{Canonical, Entity, copy};

/// What was found out about a signature that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnosis {
    /// Whom the signature names.
    pub signer: String,
    pub digest: &'static str,
    /// What the signer says the content's digest is, and what it is here (base64).
    pub claimed: Option<String>,
    pub computed: String,
    /// The form of the bytes that has the claimed digest, if any.
    pub form: Option<&'static str>,
    /// The pinned certificate that the signature is by.
    pub pinned_match: Option<String>,
    /// The certificate inside the message that the signature is by, which is not pinned.
    pub unpinned_match: Option<String>,
    /// Certificates of the partner that were tried.
    pub tried: Vec<String>,
}

impl Diagnosis {
    /// For the person who has to do something about it.
    pub fn words(&self) -> String {
        let mut words = String::new();
        match (&self.pinned_match, &self.unpinned_match) {
            (Some(_), _) => words
                .push_str("The signature is by a certificate that we know, but the content is not what was signed. "),
            (None, Some(certificate)) => {
                words.push_str(&format!(
                    "It is signed by a certificate that is not among those we hold for this partner: {certificate}. If the \
                     partner confirms it by telephone, add it with `entrepot partner cert add`. "
                ));
            }
            (None, None) => {
                words.push_str(&format!(
                    "It is signed by {}, which is none of the {} we hold for this partner. ",
                    self.signer,
                    self.tried.len()
                ));
            }
        }
        match (&self.claimed, self.form) {
            (Some(claimed), None) if *claimed != self.computed => {
                words.push_str(&format!(
                    "The signer's {} is {claimed}, ours {}: no form of these bytes has the signer's. They were changed on the \
                     way or signed before they were encoded.",
                    self.digest, self.computed
                ));
            }
            (Some(_), Some(form)) if self.pinned_match.is_none() => {
                words.push_str(&format!("The content itself is what was signed ({form})."));
            }
            _ => {}
        }
        words.trim_end().to_owned()
    }
}

/// The forms in which the same content may have been signed.
const FORMS: [&str; 4] =
    ["the bytes as received", "with CRLF line ends", "with bare line feeds", "the body without its headers"];

/// Finds out why a signature does not hold.
///
/// # Errors
/// When the content cannot be read.
pub fn diagnose(signed: &SignedData, content: &Blob, pinned: &[&Certificate]) -> io::Result<Diagnosis> {
    let digest = signed.signer.digest;
    let forms = digests(content, digest)?;
    let computed = forms.first().cloned().unwrap_or_default();
    let claimed = signed.signer.claimed_digest();
    // With attributes the claimed digest decides the form; without them the signature itself does.
    let matches = |certificate: &Certificate| {
        forms.iter().position(|form| signed.signer.verify(certificate, form).is_ok()).map(Some).or_else(|| {
            let told = signed.signer.verify(certificate, &computed);
            matches!(told, Err(NotVerified::Digest { .. })).then_some(None)
        })
    };
    let shown = |certificate: &Certificate| format!("{} ({})", certificate.subject, certificate.fingerprint());
    let pinned_match = pinned.iter().find(|certificate| matches(certificate).is_some());
    let unpinned_match = match pinned_match {
        Some(_) => None,
        None => signed.certificates.iter().find(|certificate| matches(certificate).is_some()),
    };
    let form = claimed.and_then(|claimed| forms.iter().position(|form| form == claimed));
    Ok(Diagnosis {
        signer: signed.signer.whom(),
        digest: digest.name(),
        claimed: claimed.map(|claimed| STANDARD.encode(claimed)),
        computed: STANDARD.encode(&computed),
        form: form.map(|form| FORMS[form]),
        pinned_match: pinned_match.map(|certificate| shown(certificate)),
        unpinned_match: unpinned_match.map(shown),
        tried: pinned.iter().map(|certificate| shown(certificate)).collect(),
    })
}

/// The digests of [`FORMS`], in their order.
fn digests(content: &Blob, digest: Digest) -> io::Result<Vec<Vec<u8>>> {
    let body = Entity::read(content)?.map_or_else(|| content.clone(), |entity| entity.body);
    let mut narrow = Hashing::with([digest]);
    let mut held = false;
    copy(content, |piece| {
        for &byte in piece {
            match (held, byte) {
                (true, b'\n') => narrow.write_all(b"\n")?,
                (true, b'\r') => narrow.write_all(b"\r")?,
                (true, other) => narrow.write_all(&[b'\r', other])?,
                (false, b'\r') => {}
                (false, other) => narrow.write_all(&[other])?,
            }
            held = byte == b'\r';
        }
        Ok(())
    })?;
    let mut canonical = Canonical::new(Hashing::with([digest]));
    copy(content, |piece| canonical.write_all(piece))?;
    let only = |hashing: Hashing| hashing.finish().swap_remove(0).1;
    Ok(vec![Mic::of(content, digest)?.value, only(canonical.out), only(narrow), Mic::of(&body, digest)?.value])
}

/// Why the MIC in a receipt is not ours: for the person who has to call the partner.
///
/// # Errors
/// When what was sent cannot be read.
pub fn mic_differs(sent: &Blob, ours: &Mic, theirs: &Mic) -> io::Result<String> {
    let shown = |mic: &Mic| mic.written(false);
    let start = format!("the partner's MIC is {}, ours {}", shown(theirs), shown(ours));
    if theirs.digest != ours.digest && Mic::of(sent, theirs.digest)?.value == theirs.value {
        return Ok(format!("{start}: the same bytes by another digest"));
    }
    let forms = digests(sent, theirs.digest)?;
    Ok(match forms.iter().position(|form| *form == theirs.value) {
        Some(form) => format!("{start}: the partner computed it over other bytes ({})", FORMS[form]),
        None => format!("{start}: no form of what we sent has the partner's, so it holds other bytes than we sent"),
    })
}
