//! `[mail]` of a partner: where its documents go by mail, and by what its own mail is known. The words of the protocol
//! are RFC 5321 and 5322; whether a mail is what it says it is, `transport::mail` finds out.

use std::fmt;

use serde::{Deserialize, Serialize};
use toml::de::DeValue;

use crate::mistake::keys::{Keys, Setting};

/// What was agreed about mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailTerms {
    /// Where documents for this partner go. Without one nothing leaves by mail.
    pub to: Vec<String>,
    /// Whose mail is this partner's, once it has been authenticated.
    pub from: Vec<SenderPattern>,
    /// SHA-256 of secrets: mail to `orders+SECRET@...` is this partner's, whoever sent it.
    pub token_sha256: Vec<Digest>,
    /// Whether SPF alone proves who sent a mail; else a DKIM signature must.
    pub spf: bool,
    /// Whether its mail carries other partners' documents too, as a VAN's does: the identities inside say whose they are.
    pub carries_others: bool,
    /// Whether it is told by mail which attachments were not taken, and why.
    pub replies: bool,
    /// S/MIME on what we send: with our certificate, and for the partner's.
    pub sign: bool,
    /// Whether the signature stands around what it signs: some mail programs show no attachment beside one.
    pub opaque: bool,
    pub encrypt: bool,
    /// The name of what we attach; `{file}` is the name the document has here.
    pub attachment: String,
    pub subject: String,
    /// The media type of what we attach; `auto` follows the ending of its name.
    pub media_type: String,
}

impl Default for MailTerms {
    fn default() -> Self {
        Self {
            to: Vec::new(),
            from: Vec::new(),
            token_sha256: Vec::new(),
            spf: true,
            carries_others: false,
            replies: true,
            sign: false,
            opaque: false,
            encrypt: false,
            attachment: "{file}".into(),
            subject: "{file}".into(),
            media_type: "auto".into(),
        }
    }
}

/// `orders@acme.example`, or every address of a domain: `@acme.example`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SenderPattern(String);

impl SenderPattern {
    /// Whether an address is meant; domains are compared without case, and so is the rest, as everybody does.
    pub fn covers(&self, address: &str) -> bool {
        let address = address.to_ascii_lowercase();
        if self.0.starts_with('@') { address.ends_with(&self.0) } else { address == self.0 }
    }

    /// Whether it names one address, which goes before a domain.
    pub fn is_exact(&self) -> bool {
        !self.0.starts_with('@')
    }
}

impl fmt::Display for SenderPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A SHA-256 in hexadecimal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest(pub String);

impl MailTerms {
    pub(super) fn read(keys: &mut Keys<'_>) -> Self {
        let standard = Self::default();
        let mut keys = keys.table("mail");
        let terms = Self {
            to: keys
                .or("to", Vec::<Address>::new(), "where documents for this partner go by mail, one address or a list")
                .into_iter()
                .map(|address| address.0)
                .collect(),
            from: keys.or(
                "from",
                standard.from,
                "whose authenticated mail is this partner's: \"orders@acme.example\", or a whole domain \"@acme.example\"",
            ),
            token_sha256: keys.or(
                "token_sha256",
                standard.token_sha256,
                "the SHA-256 of a secret: mail to orders+SECRET@ is this partner's, whoever sent it",
            ),
            spf: keys.or("spf", standard.spf, "whether SPF alone proves who sent a mail; else a DKIM signature must"),
            carries_others: keys.or(
                "carries_others",
                standard.carries_others,
                "whether its mail carries other partners' documents too: the identities inside say whose they are",
            ),
            replies: keys.or(
                "replies",
                standard.replies,
                "whether it is told by mail which attachments were not taken, and why",
            ),
            sign: keys.or("sign", standard.sign, "whether what we send is signed with our certificate (S/MIME)"),
            opaque: keys.or("opaque", standard.opaque, "whether the signature stands around what it signs"),
            encrypt: keys.or(
                "encrypt",
                standard.encrypt,
                "whether what we send is encrypted for the partner's certificate (S/MIME)",
            ),
            attachment: keys.or(
                "attachment",
                standard.attachment,
                "the name of what we attach; {file} is the file's name, {stem} and {ending} its two parts",
            ),
            subject: keys.or("subject", standard.subject, "the subject of our mail; {file} as above, {us} our name"),
            media_type: keys.or(
                "media_type",
                standard.media_type,
                "the media type of what we attach; \"auto\" follows the ending of its name",
            ),
        };
        if terms.attachment.trim().is_empty() || terms.attachment.contains(['/', '\\', '\0', '\r', '\n']) {
            keys.mistake("value", keys.span("attachment"), "`mail.attachment` is the name of a file, not a path", None);
        }
        if terms.subject.contains(['\r', '\n']) {
            keys.mistake("value", keys.span("subject"), "`mail.subject` is one line", None);
        }
        if terms.media_type != "auto" && !is_media_type(&terms.media_type) {
            let help = Some("as in \"application/edi-x12\"".into());
            keys.mistake("value", keys.span("media_type"), "`mail.media_type` is no media type", help);
        }
        keys.finish();
        terms
    }
}

fn is_media_type(text: &str) -> bool {
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
    };
    text.split_once('/').is_some_and(|(kind, detail)| is_name(kind) && is_name(detail))
}

/// An address that mail can go to.
struct Address(String);

impl Setting for Address {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        let text = value.as_str().unwrap_or_default();
        if is_address(text) { Ok(Self(text.to_owned())) } else { Err("an address like \"orders@acme.example\"".into()) }
    }

    fn show(&self) -> String {
        self.0.show()
    }
}

impl Setting for SenderPattern {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        let text = value.as_str().unwrap_or_default().to_ascii_lowercase();
        let is_domain = text.strip_prefix('@').is_some_and(|domain| is_address(&format!("x@{domain}")));
        if is_domain || is_address(&text) {
            Ok(Self(text))
        } else {
            Err("an address like \"orders@acme.example\", or a domain like \"@acme.example\"".into())
        }
    }

    fn show(&self) -> String {
        self.0.show()
    }
}

impl Setting for Digest {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        let text = value.as_str().unwrap_or_default().to_ascii_lowercase();
        let is_digest = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_digest { Ok(Self(text)) } else { Err("the SHA-256 of the secret, 64 hexadecimal digits".into()) }
    }

    fn show(&self) -> String {
        self.0.show()
    }
}

/// Something before an `@`, a domain after it, and nothing that could break out of a header or a command.
pub fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let fits = |byte: u8| byte > b' ' && byte != 0x7F && !b"<>()\",;:\\[]@".contains(&byte);
    text.len() <= 254
        && !local.is_empty()
        && local.bytes().all(fits)
        && !domain.is_empty()
        && domain.split('.').all(|label| !label.is_empty())
        && domain.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.' || byte >= 0x80)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mistake::keys::read_keys;

    #[test]
    fn senders_are_addresses_or_domains() {
        let terms = check("[mail]\nfrom = [\"Orders@Acme.example\", \"@north.example\"]", &[]);
        for (address, index, covered) in [
            ("orders@acme.example", 0, true),
            ("ORDERS@ACME.EXAMPLE", 0, true),
            ("other@acme.example", 0, false),
            ("anyone@north.example", 1, true),
            ("anyone@sub.north.example", 1, false),
            ("anyone@evilnorth.example", 1, false),
        ] {
            assert_eq!(terms.from[index].covers(address), covered, "{address}");
        }
    }

    #[test]
    fn mistakes() {
        check("[mail]\nto = \"acme\"", &["`mail.to` wants an address like \"orders@acme.example\""]);
        check("[mail]\nto = \"a@b\\r\\nBcc: c@d\"", &["`mail.to` wants an address like \"orders@acme.example\""]);
        check("[mail]\nattachment = \"../x\"", &["`mail.attachment` is the name of a file, not a path"]);
        check("[mail]\nmedia_type = \"edi\"", &["`mail.media_type` is no media type"]);
        check(
            "[mail]\ntoken_sha256 = \"secret\"",
            &["`mail.token_sha256` wants the SHA-256 of the secret, 64 hexadecimal digits"],
        );
        check(
            "[mail]\nfrom = \"@\"",
            &["`mail.from` wants an address like \"orders@acme.example\", or a domain like \"@acme.example\""],
        );
    }

    fn check(text: &str, expected: &[&str]) -> MailTerms {
        let (terms, told) = read_keys("acme.toml", text, |mut keys| {
            let terms = MailTerms::read(&mut keys);
            keys.finish();
            terms
        });
        let messages: Vec<&str> = told.mistakes.iter().map(|mistake| mistake.message.as_str()).collect();
        assert_eq!(messages, expected, "{text}");
        terms
    }
}
