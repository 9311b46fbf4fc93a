//! The headers of an AS2 request: names, message id, and which receipt is asked for (RFC 4130 sections 6 and 7).

use super::cms::Digest;
use super::disposition::Refusal;
use super::mime::{Headers, unquoted};

/// What a request says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub from: String,
    pub to: String,
    /// With its angle brackets, as it came.
    pub message_id: String,
    pub wish: Option<Wish>,
}

/// Which receipt the sender wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// The digest of its signature; `None` for an unsigned one.
    pub signed_by: Option<Digest>,
    /// The digest of the MIC, where the message itself is not signed.
    pub mic_digest: Digest,
    /// The sender writes `sha256`, not `sha-256`.
    pub old_digest_names: bool,
    /// Where it shall be posted; `None` for the answer of the same request.
    pub deliver_to: Option<String>,
}

/// Longer ones are no message ids (RFC 5322 section 2.1.1).
const MESSAGE_ID_CHARS_MAX: usize = 998;

impl Request {
    /// Reads the names and the message id; `None` where one of them is missing.
    pub fn read(headers: &Headers) -> Option<Self> {
        let name = |key: &str| headers.get(key).map(|value| unquoted(value.trim())).filter(|name| !name.is_empty());
        let message_id = headers.get("message-id")?.trim().to_owned();
        if message_id.is_empty() || message_id.len() > MESSAGE_ID_CHARS_MAX {
            return None;
        }
        Some(Self { from: name("as2-from")?, to: name("as2-to")?, message_id, wish: None })
    }

    /// Under which this message is known: the same three make a duplicate.
    pub fn key(&self) -> String {
        format!("{}|{}|{}", self.from, self.to, self.message_id)
    }
}

impl Wish {
    /// Reads which receipt is asked for; `None` where none is.
    ///
    /// # Errors
    /// When a receipt is required that we cannot give.
    pub fn read(headers: &Headers) -> Result<Option<Self>, Refusal> {
        if headers.get("disposition-notification-to").is_none() {
            return Ok(None);
        }
        let deliver_to = headers.get("receipt-delivery-option").map(|url| url.trim().to_owned());
        let options = headers.get("disposition-notification-options").unwrap_or_default();
        let protocol = option(options, "signed-receipt-protocol");
        let micalg = option(options, "signed-receipt-micalg");
        let mut signed_by = None;
        if let Some((is_required, protocols)) = protocol {
            // Some partners write `pkcs7-signature` in quotes, or with `application/` before it.
            if protocols.iter().any(|name| name.trim_start_matches("application/") == "pkcs7-signature") {
                signed_by = Some(Digest::Sha256);
            } else if is_required {
                return Err(Refusal::UnsupportedFormat);
            }
        }
        let mut mic_digest = Digest::Sha1;
        let mut old_digest_names = false;
        if let Some((is_required, names)) = micalg {
            match names.iter().find_map(|name| Some((Digest::named(name)?, name))) {
                Some((digest, name)) => {
                    mic_digest = digest;
                    old_digest_names = name.as_str() == digest.old_name();
                    // SHA-1 is not signed with: the receipt is then signed by SHA-256 and speaks of a SHA-1 MIC.
                    if digest != Digest::Sha1 {
                        signed_by = signed_by.map(|_| digest);
                    }
                }
                None if is_required && !names.is_empty() => return Err(Refusal::UnsupportedMicAlgorithms),
                None => {}
            }
        }
        Ok(Some(Self { signed_by, mic_digest, old_digest_names, deliver_to }))
    }
}

/// One option: whether it is required, and its values in small letters.
fn option(options: &str, key: &str) -> Option<(bool, Vec<String>)> {
    let (_, values) = options
        .split(';')
        .filter_map(|option| option.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case(key))?;
    let mut values: Vec<String> = values
        .split(',')
        .map(|value| unquoted(value.trim()).to_ascii_lowercase())
        .filter(|value| !value.is_empty())
        .collect();
    let is_required = values.first().is_some_and(|first| first == "required");
    if is_required || values.first().is_some_and(|first| first == "optional") {
        values.remove(0);
    }
    Some((is_required, values))
}

/// A name as it stands in a header: in quotes where it has spaces or quotes.
pub fn written_name(name: &str) -> String {
    if name.bytes().any(|byte| matches!(byte, b' ' | b'"' | b'\\' | b'\t')) {
        return format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""));
    }
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_written() {
        for (header, name) in [("ACME", "ACME"), ("\"ACME Ltd\"", "ACME Ltd"), ("\"a \\\"b\\\"\"", "a \"b\"")] {
            let headers = headers(&[("as2-from", header), ("AS2-To", "us"), ("Message-Id", " <1@a> ")]);
            let request = Request::read(&headers).unwrap();
            assert_eq!((request.from.as_str(), request.message_id.as_str()), (name, "<1@a>"));
            assert_eq!(written_name(name), header);
        }
        assert_eq!(Request::read(&headers(&[("as2-from", "a"), ("as2-to", "b")])), None);
    }

    #[test]
    fn wishes() {
        let signed = |digest| Some((Some(digest), digest));
        for (options, expected) in [
            ("", Ok(Some((None, Digest::Sha1)))),
            (
                "signed-receipt-protocol=required, pkcs7-signature; signed-receipt-micalg=optional, sha256, sha1",
                Ok(signed(Digest::Sha256)),
            ),
            (
                "Signed-Receipt-Protocol=optional,\"pkcs7-signature\";signed-receipt-micalg=required,\"SHA-512\"",
                Ok(signed(Digest::Sha512)),
            ),
            (
                "signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, sha1",
                Ok(Some((Some(Digest::Sha256), Digest::Sha1))),
            ),
            (
                "signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, md5, sha384",
                Ok(signed(Digest::Sha384)),
            ),
            ("signed-receipt-protocol=optional, pgp-signature", Ok(Some((None, Digest::Sha1)))),
            ("signed-receipt-protocol=required, pgp-signature", Err(Refusal::UnsupportedFormat)),
            (
                "signed-receipt-protocol=required, pkcs7-signature; signed-receipt-micalg=required, md5",
                Err(Refusal::UnsupportedMicAlgorithms),
            ),
        ] {
            let read = Wish::read(&headers(&[
                ("disposition-notification-to", "x"),
                ("disposition-notification-options", options),
            ]));
            assert_eq!(read.map(|wish| wish.map(|wish| (wish.signed_by, wish.mic_digest))), expected, "{options}");
        }
        assert_eq!(Wish::read(&headers(&[])), Ok(None));
    }

    fn headers(pairs: &[(&str, &str)]) -> Headers {
        Headers(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }
}
