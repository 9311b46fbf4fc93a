//! `[as2]` of a partner file: how documents travel to and from this partner as AS2 messages.

mod words;

use serde::{Deserialize, Serialize};

pub use words::{Compress, Encrypt, KeyWrap, Legacy, OnDuplicate, ReceiptWish, Sign, Transfer};

use crate::mistake::keys::Keys;

/// What was agreed. Names are case-sensitive, as RFC 4130 has them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct As2 {
    /// How the partner is called in AS2-From, and we in its AS2-To.
    pub id: String,
    pub our_id: String,
    /// Where messages are sent; without it we only receive.
    pub url: Option<String>,
    pub sign: Sign,
    pub pss: bool,
    /// Signatures stand around their content (application/pkcs7-mime) instead of beside it (multipart/signed).
    pub opaque: bool,
    pub encrypt: Encrypt,
    pub key_transport: KeyWrap,
    pub compress: Compress,
    pub transfer: Transfer,
    pub chunked: bool,
    pub expect_continue: bool,
    pub content_types: Vec<String>,
    pub subject: String,
    pub quote_file_name: bool,
    pub old_digest_names: bool,
    pub algorithm_protection: bool,
    pub embed_certificate: bool,
    pub receipt: ReceiptWish,
    pub receipt_signed: bool,
    /// Where asynchronous receipts shall be posted to us.
    pub receipt_url: Option<String>,
    pub receipt_minutes: u32,
    pub tries: u32,
    /// Each try is a message of its own, for partners whose software takes a repeat for a mistake.
    pub new_message_ids: bool,
    pub require_signed: bool,
    pub require_encrypted: bool,
    /// What is taken though it is broken or weak.
    pub allow: Vec<Legacy>,
    pub duplicates: OnDuplicate,
    pub receipt_hosts: Vec<String>,
    pub megabytes_max: u32,
    pub user: Option<String>,
    pub password_file: Option<String>,
    pub tls_pins: Vec<String>,
    pub tls_certificate: Option<String>,
    /// The user and the hash of the password that the partner authenticates itself with, where it does.
    pub their_user: Option<String>,
    pub their_password_hash: Option<String>,
    /// SHA-256 fingerprints of the certificates that the partner's client shows, where it must show one.
    pub their_tls_pins: Vec<String>,
    pub plain_http: bool,
}

impl As2 {
    /// Reads `[as2]`; `None` where the file has no such table.
    pub fn read(keys: &mut Keys<'_>) -> Option<Self> {
        let is_there = keys.has("as2");
        let mut keys = keys.table("as2");
        if !is_there {
            return None;
        }
        let as2 = Self {
            id: keys.required("id", "the partner's AS2 name, as it stands in its AS2-From"),
            our_id: keys.required("our_id", "our AS2 name towards this partner, as it stands in its AS2-To"),
            url: keys.optional("url", "where messages are sent: https://as2.acme.example/receive"),
            sign: keys.or("sign", Sign::Sha256, "the digest messages are signed with, or off"),
            pss: keys.or("pss", false, "whether signatures are RSA-PSS instead of PKCS#1 v1.5"),
            opaque: keys.or(
                "opaque",
                false,
                "whether signatures stand around their content (application/pkcs7-mime) instead of beside it",
            ),
            encrypt: keys.or("encrypt", Encrypt::Aes256Cbc, "the cipher messages are encrypted with, or off"),
            key_transport: keys.or("key_transport", KeyWrap::Rsa, "how the content key is encrypted"),
            compress: keys.or("compress", Compress::Off, "whether messages are compressed, and when"),
            transfer: keys.or("transfer", Transfer::Binary, "how bytes stand in the parts of a message"),
            chunked: keys.or("chunked", false, "whether requests are chunked instead of carrying their length"),
            expect_continue: keys.or(
                "expect_continue",
                false,
                "whether the body waits until the partner has seen the headers (Expect: 100-continue)",
            ),
            content_types: keys.or(
                "content_types",
                Vec::new(),
                "content types by ending of the file name, as in \"edi=application/edifact\"",
            ),
            subject: keys.or("subject", "EDI".into(), "the Subject of messages, by which some partners route"),
            quote_file_name: keys.or("quote_file_name", true, "whether the file name stands in quotes"),
            old_digest_names: keys.or("old_digest_names", false, "whether sha256 is written instead of sha-256"),
            algorithm_protection: keys.or(
                "algorithm_protection",
                true,
                "whether signatures carry the attribute of RFC 6211, which some old software refuses",
            ),
            embed_certificate: keys.or("embed_certificate", true, "whether our certificate goes along in signatures"),
            receipt: keys.or("receipt", ReceiptWish::Sync, "which receipt (MDN) we ask for"),
            receipt_signed: keys.or("receipt_signed", true, "whether the receipt must be signed"),
            receipt_url: keys.optional("receipt_url", "where asynchronous receipts reach us: https://us.example/as2"),
            receipt_minutes: keys.or("receipt_minutes", 30, "how long an asynchronous receipt is waited for"),
            tries: keys.or("tries", 8, "how often a message is sent before a person is asked"),
            new_message_ids: keys.or(
                "new_message_ids",
                false,
                "whether each try gets a Message-ID of its own: then the partner cannot tell a repeat",
            ),
            require_signed: keys.or("require_signed", true, "whether unsigned messages are refused"),
            require_encrypted: keys.or("require_encrypted", true, "whether messages in clear are refused"),
            allow: keys.or("allow", Vec::new(), "what is taken though it is weak: \"sha-1\", \"3des\""),
            duplicates: keys.or("duplicates", OnDuplicate::First, "what the sender of a duplicate is told"),
            receipt_hosts: keys.or(
                "receipt_hosts",
                Vec::new(),
                "hosts that asynchronous receipts may be posted to, beside the one of url",
            ),
            megabytes_max: keys.or("megabytes_max", 4096, "the largest message that is taken, in megabytes"),
            user: keys.optional("user", "the user that we authenticate ourselves with (basic)"),
            password_file: keys.optional("password_file", "the file that holds the password for it"),
            tls_pins: keys.or(
                "tls_pins",
                Vec::new(),
                "SHA-256 fingerprints of the partner's server certificate; without them public authorities are trusted",
            ),
            tls_certificate: keys
                .optional("tls_certificate", "the name of our certificate that is shown to its server"),
            their_user: keys.optional("their_user", "the user that the partner must authenticate itself with (basic)"),
            their_password_hash: keys.optional("their_password_hash", "the argon2 hash of its password"),
            their_tls_pins: keys.or(
                "their_tls_pins",
                Vec::new(),
                "SHA-256 fingerprints of the client certificate that the partner must show us",
            ),
            plain_http: keys.or("plain_http", false, "whether url may be http:// without TLS"),
        };
        as2.check(&keys);
        keys.finish();
        Some(as2)
    }

    fn check(&self, keys: &Keys<'_>) {
        for (key, name) in [("id", &self.id), ("our_id", &self.our_id)] {
            let is_name = name.len() <= 128 && name.bytes().all(|byte| (0x20..0x7f).contains(&byte));
            if keys.has(key) && (name.is_empty() || !is_name) {
                keys.mistake(
                    "value",
                    keys.span(key),
                    format!("`as2.{key}` is 1 to 128 printable ASCII characters"),
                    None,
                );
            }
        }
        if let Some(url) = &self.url {
            let help = "write plain_http = true if the partner really has no TLS";
            if url.starts_with("http://") && !self.plain_http {
                keys.mistake("value", keys.span("url"), "`as2.url` is not encrypted by TLS", Some(help.into()));
            } else if !url.starts_with("https://") && !url.starts_with("http://") {
                keys.mistake("value", keys.span("url"), "`as2.url` begins with https://", None);
            }
        }
        if self.receipt == ReceiptWish::Async && self.receipt_url.is_none() {
            let words = "`as2.receipt_url` is missing: where shall asynchronous receipts go?";
            keys.mistake("missing", keys.span("receipt"), words, None);
        }
        if self.tries == 0 {
            keys.mistake("value", keys.span("tries"), "`as2.tries` is at least 1", None);
        }
        if self.encrypt == Encrypt::TripleDes && !self.allow.contains(&Legacy::TripleDes) {
            let help = Some("write allow = [\"3des\"] if the partner can do nothing better".into());
            keys.mistake("value", keys.span("encrypt"), "`as2.encrypt` is a cipher of the past", help);
        }
        for entry in &self.content_types {
            if !entry.split_once('=').is_some_and(|(_, kind)| kind.contains('/')) {
                let words = format!("`as2.content_types` wants \"ending=type/subtype\", not \"{entry}\"");
                keys.mistake("value", keys.span("content_types"), words, None);
            }
        }
    }

    pub fn allows(&self, legacy: Legacy) -> bool {
        self.allow.contains(&legacy)
    }

    /// The content type of a file, by its ending.
    pub fn content_type(&self, file_name: &str) -> &str {
        let ending = file_name.rsplit_once('.').map_or("", |(_, ending)| ending).to_ascii_lowercase();
        for entry in &self.content_types {
            if let Some((of, kind)) = entry.split_once('=')
                && of.trim_start_matches('.').eq_ignore_ascii_case(&ending)
            {
                return kind.trim();
            }
        }
        match ending.as_str() {
            "x12" | "edi" => "application/edi-x12",
            "edifact" | "unedifact" => "application/edifact",
            "xml" => "application/xml",
            "txt" => "text/plain",
            _ => "application/octet-stream",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mistake::keys::read_keys;

    #[test]
    fn a_short_table_is_enough() {
        let (as2, told) = read("[as2]\nid = \"ACME\"\nour_id = \"US\"\nurl = \"https://acme.example/as2\"");
        assert_eq!(told, Vec::<String>::new());
        let as2 = as2.unwrap();
        assert_eq!((as2.sign, as2.encrypt, as2.require_signed), (Sign::Sha256, Encrypt::Aes256Cbc, true));
        assert_eq!(as2.content_type("850-1.EDI"), "application/edi-x12");
        assert_eq!(read("").0, None);
    }

    #[test]
    fn mistakes_are_told() {
        for (line, message) in [
            ("url = \"http://a.example\"", "`as2.url` is not encrypted by TLS"),
            ("url = \"ftp://a.example\"", "`as2.url` begins with https://"),
            ("encrypt = \"3des\"", "`as2.encrypt` is a cipher of the past"),
            ("receipt = \"async\"", "`as2.receipt_url` is missing: where shall asynchronous receipts go?"),
            ("tries = 0", "`as2.tries` is at least 1"),
            ("content_types = \"edi\"", "`as2.content_types` wants \"ending=type/subtype\", not \"edi\""),
            (
                "sign = \"sha-1\"",
                "`as2.sign` wants one of \"sha-256\", \"sha-384\", \"sha-512\", \"off\"; did you mean \"sha-512\"?",
            ),
        ] {
            let (_, told) = read(&format!("[as2]\nid = \"A\"\nour_id = \"U\"\n{line}"));
            assert_eq!(told.len(), 1, "{told:?}");
            assert!(told[0].starts_with(message.split("; did").next().unwrap_or(message)), "{told:?}");
        }
    }

    fn read(text: &str) -> (Option<As2>, Vec<String>) {
        let (as2, told) = read_keys("acme.toml", text, |mut keys| {
            let as2 = As2::read(&mut keys);
            keys.finish();
            as2
        });
        (as2, told.mistakes.into_iter().map(|mistake| mistake.message).collect())
    }
}
