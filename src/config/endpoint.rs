//! `[endpoint.NAME]`: other systems of ours that are told what happens, by signed webhooks or through NATS JetStream.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use toml::de::DeValue;

use super::units::Span;
use crate::mistake::keys::{Keys, Setting};

/// One endpoint, and what it wants to be told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointSettings {
    pub name: String,
    /// `https://...`, `http://...`, `nats://HOST:PORT`, `tls://HOST:PORT`.
    pub url: String,
    /// Which events.
    pub types: Vec<Pattern>,
    /// What webhooks are signed with, and what they were signed with before, while receivers change over.
    pub secrets: [SecretSetting; 2],
    /// NATS: the user and its password, or a token.
    pub user: Option<String>,
    pub password_file: Option<PathBuf>,
    pub token_file: Option<PathBuf>,
    pub authority: Option<PathBuf>,
    /// How long an answer is waited for.
    pub timeout: Duration,
    /// Events on their way at a time.
    pub connections: u32,
    /// Tries of one event, the first included; then a person decides.
    pub tries: u32,
    /// The wait after the first failure, which doubles, and the longest.
    pub wait: Duration,
    pub wait_max: Duration,
    /// Who has the exceptions about it.
    pub owner: Option<String>,
    /// Whether a new endpoint is told of everything that is kept, or of what happens from now on.
    pub from_start: bool,
}

/// A secret, or the file that it stands in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SecretSetting {
    #[default]
    None,
    Given(Secret),
    /// Read whenever it is used, so that whoever changes it need not stop the gateway.
    File(PathBuf),
}

/// How events travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointKind {
    Webhook,
    Nats,
}

impl EndpointSettings {
    pub fn kind(&self) -> EndpointKind {
        if self.url.starts_with("http") { EndpointKind::Webhook } else { EndpointKind::Nats }
    }

    pub(super) fn read(keys: &mut Keys<'_>) -> Vec<Self> {
        keys.tables("endpoint").into_iter().map(|(name, _, keys)| Self::one(name, keys)).collect()
    }

    fn one(name: String, mut keys: Keys<'_>) -> Self {
        let words = "where events go: https://HOST/PATH, or nats://HOST:PORT for JetStream (tls:// with TLS)";
        let url: String = keys.required("url", words);
        let secret = SecretSetting::read(
            &mut keys,
            ("secret", "what webhooks are signed with: whsec_ and base64 of 24 to 64 bytes (Standard Webhooks)"),
            ("secret_file", "the file with it, read whenever it is used"),
        );
        let old = SecretSetting::read(
            &mut keys,
            ("old_secret", "the secret before; both sign while receivers change over"),
            ("old_secret_file", "the file with it"),
        );
        let settings = Self {
            types: keys.or(
                "types",
                vec![Pattern("*".into())],
                "which events: \"entrepot.order.received\", all of a kind as \"entrepot.invoice.*\", or \"*\"",
            ),
            secrets: [secret, old],
            user: keys.optional("user", "whom we log in as (nats)"),
            password_file: keys.optional("password_file", "the file with the password (nats)"),
            token_file: keys.optional("token_file", "the file with a token instead (nats)"),
            authority: keys
                .optional("authority", "a PEM file: trusted for this server beside the system's authorities"),
            timeout: keys.or("timeout", Span(Duration::from_secs(15)), "how long an answer is waited for").0,
            connections: keys.or("connections", 8, "events on their way at a time; those of one key never overtake"),
            tries: keys.or("tries", 12, "tries of one event; then it waits for a person"),
            wait: keys.or("wait", Span(Duration::from_secs(2)), "the wait after the first failure; it doubles").0,
            wait_max: keys.or("wait_max", Span(Duration::from_secs(15 * 60)), "the longest wait between two tries").0,
            owner: keys.optional("owner", "who has the exceptions about what did not arrive"),
            from_start: keys.or("from_start", false, "a new endpoint gets every event that is kept, not only new ones"),
            name,
            url,
        };
        settings.judge(&mut keys);
        keys.finish();
        settings
    }

    /// What only the keys together can show.
    fn judge(&self, keys: &mut Keys<'_>) {
        let trusted = keys.or("trusted_network", false, "allows events to leave this machine unencrypted");
        let known = ["https://", "http://", "nats://", "tls://"].iter().find(|scheme| self.url.starts_with(**scheme));
        let Some(scheme) = known else {
            if !self.url.is_empty() {
                let help = Some("begin with https:// or nats://".into());
                keys.mistake("value", keys.span("url"), "`url` is no place that events can go to", help);
            }
            return;
        };
        let host = self.url[scheme.len()..].split(['/', '?']).next().unwrap_or_default();
        if host.contains('@') {
            let help = Some("write `user` and `password_file`".into());
            keys.mistake("value", keys.span("url"), "`url` would show a password to whoever reads it", help);
        }
        let is_here = ["localhost", "127.", "[::1]"].iter().any(|here| host.starts_with(here));
        if matches!(*scheme, "http://" | "nats://") && !is_here && !trusted {
            let help = Some("use https:// or tls://, or write trusted_network = true".into());
            keys.mistake("value", keys.span("url"), "events would travel for everybody to read", help);
        }
        if self.kind() == EndpointKind::Webhook && self.secrets[0] == SecretSetting::None {
            let help = Some("write secret_file = \"secrets/NAME\"; `openssl rand -base64 32` makes one".into());
            keys.mistake("missing", keys.span("url"), "`secret_file` is missing: webhooks are signed", help);
        }
        if self.tries == 0 {
            keys.mistake("value", keys.span("tries"), "`tries` is at least 1", None);
        }
        if self.connections == 0 {
            keys.mistake("value", keys.span("connections"), "`connections` is at least 1", None);
        }
        if self.timeout.is_zero() {
            keys.mistake("value", keys.span("timeout"), "`timeout` is longer than nothing", None);
        }
        if self.user.is_some() != self.password_file.is_some() {
            keys.mistake("missing", keys.span("user"), "`user` and `password_file` go together", None);
        }
    }

    /// Files are relative to the settings file.
    pub(super) fn rebase(&mut self, folder: &Path) {
        let files = [&mut self.password_file, &mut self.token_file, &mut self.authority];
        for file in files.into_iter().flatten() {
            *file = folder.join(&*file);
        }
        for secret in &mut self.secrets {
            if let SecretSetting::File(file) = secret {
                *file = folder.join(&*file);
            }
        }
    }
}

impl SecretSetting {
    fn read(
        keys: &mut Keys<'_>,
        (inline, words): (&'static str, &'static str),
        (file, file_words): (&'static str, &'static str),
    ) -> Self {
        let given = keys.optional::<Secret>(inline, words);
        match (given, keys.optional::<PathBuf>(file, file_words)) {
            (Some(_), Some(_)) => {
                keys.mistake(
                    "contradiction",
                    keys.span(file),
                    format!("`{inline}` and `{file}` are one too many"),
                    None,
                );
                Self::None
            }
            (Some(secret), None) => Self::Given(secret),
            (None, Some(file)) => Self::File(file),
            (None, None) => Self::None,
        }
    }

    /// The secret, where there is one.
    ///
    /// # Errors
    /// When its file cannot be read, or holds none.
    pub fn secret(&self) -> Result<Option<Secret>, String> {
        match self {
            Self::None => Ok(None),
            Self::Given(secret) => Ok(Some(secret.clone())),
            Self::File(file) => {
                let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
                let read = Secret::parse(text.trim()).ok_or_else(|| format!("{}: no {WANTED}", file.display()));
                read.map(Some)
            }
        }
    }
}

/// The key of a signature. Nothing shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

/// What a secret looks like.
const WANTED: &str = "secret like \"whsec_...\": base64 of 24 to 64 bytes";

impl Secret {
    /// `whsec_` may be left out, as libraries for receivers allow.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text.strip_prefix("whsec_").unwrap_or(text)).ok()?;
        (24..=64).contains(&bytes.len()).then_some(Self(bytes))
    }

    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

impl Setting for Secret {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        value.as_str().and_then(Self::parse).ok_or_else(|| format!("a {WANTED}"))
    }

    fn show(&self) -> String {
        "\"whsec_(hidden)\"".into()
    }
}

/// Which types somebody wants: `entrepot.order.received`, `entrepot.invoice.*`, `order.*`, `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(String);

/// What every type begins with; it may be left out.
const HOUSE: &str = "entrepot.";

impl Pattern {
    /// # Errors
    /// What it should be, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let bare = text.strip_prefix(HOUSE).unwrap_or(text);
        let is_word = |word: &str| {
            !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        };
        if bare == "*" || bare.strip_suffix(".*").unwrap_or(bare).split('.').all(is_word) {
            return Ok(Self(bare.to_owned()));
        }
        Err("types like \"entrepot.order.received\", all of a kind like \"entrepot.invoice.*\", or \"*\"".to_owned())
    }

    /// Whether an event of this kind (`order.received`, without the house) is wanted.
    pub fn takes(&self, kind: &str) -> bool {
        match self.0.strip_suffix('*') {
            Some(beginning) => kind.starts_with(beginning),
            None => kind == self.0,
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let house = if self.0 == "*" { "" } else { HOUSE };
        write!(f, "{house}{}", self.0)
    }
}

impl Setting for Pattern {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        let wanted = || Self::parse("").err().unwrap_or_default();
        value.as_str().map_or_else(|| Err(wanted()), Self::parse)
    }

    fn show(&self) -> String {
        format!("\"{self}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::super::Settings;
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    #[test]
    fn patterns_take_types_with_and_without_the_house() {
        for (pattern, kind, taken) in [
            ("*", "order.received", true),
            ("entrepot.order.*", "order.received", true),
            ("entrepot.order.*", "order.change.requested", true),
            ("order.*", "orders.received", false),
            ("entrepot.order.received", "order.received", true),
            ("order.received", "order.held", false),
            ("order.change.*", "order.changed", false),
        ] {
            assert_eq!(Pattern::parse(pattern).expect(pattern).takes(kind), taken, "{pattern} {kind}");
        }
        for wrong in ["", "order.", "Order.*", "order*", "entrepot.", "*.received", "order..held"] {
            assert!(Pattern::parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(Pattern::parse("order.*").expect("a pattern").to_string(), "entrepot.order.*");
    }

    #[test]
    fn an_endpoint_is_read_and_its_secret_is_not_shown() {
        let text = format!(
            "[endpoint.erp]\nurl = \"https://erp.example/hooks\"\nsecret = \"{SECRET}\"\n\
             types = [\"entrepot.order.*\", \"invoice.issued\"]\ntimeout = \"3s\"\n"
        );
        let (settings, told) = Settings::read("entrepot.toml", &text);
        assert_eq!(told.mistakes, []);
        let endpoint = &settings.endpoints[0];
        assert_eq!((endpoint.name.as_str(), endpoint.kind()), ("erp", EndpointKind::Webhook));
        assert_eq!((endpoint.types.len(), endpoint.timeout), (2, Duration::from_secs(3)));
        assert_eq!(endpoint.secrets[0].secret().expect("one").expect("given").bytes().len(), 24);
        let shown: String = told.notes.iter().map(|note| format!("{} {}\n", note.value, note.default)).collect();
        let shown = format!("{shown}{settings:?}");
        assert!(shown.contains("whsec_(hidden)") && !shown.contains("MfKQ9r8"), "{shown}");
    }

    #[test]
    fn mistakes() {
        let secret = format!("secret = \"{SECRET}\"\n");
        for (text, expected) in [
            (
                "",
                "`endpoint.a.url` is missing: where events go: https://HOST/PATH, or nats://HOST:PORT for JetStream (tls:// with TLS)",
            ),
            ("url = \"https://a.example\"", "`secret_file` is missing: webhooks are signed"),
            ("url = \"ftp://a.example\"", "`url` is no place that events can go to"),
            ("url = \"http://a.example\"\nSECRET", "events would travel for everybody to read"),
            ("url = \"https://me:pw@a.example\"\nSECRET", "`url` would show a password to whoever reads it"),
            (
                "url = \"https://a.example\"\nsecret = \"whsec_c2hvcnQ=\"",
                "`endpoint.a.secret` wants a secret like \"whsec_...\": base64 of 24 to 64 bytes",
            ),
            ("url = \"https://a.example\"\nsecret_file = \"s\"\nSECRET", "`secret` and `secret_file` are one too many"),
            ("url = \"https://a.example\"\ntries = 0\nSECRET", "`tries` is at least 1"),
            ("url = \"tls://a.example:4222\"\nuser = \"me\"", "`user` and `password_file` go together"),
            (
                "url = \"http://localhost:1\"\ntypes = \"Orders\"\nSECRET",
                "`endpoint.a.types` wants types like \"entrepot.order.received\", all of a kind like \"entrepot.invoice.*\", or \"*\"",
            ),
        ] {
            let text = format!("[endpoint.a]\n{}\n", text.replace("SECRET", &secret));
            let (_, told) = Settings::read("entrepot.toml", &text);
            assert_eq!(told.mistakes.first().map(|it| it.message.as_str()), Some(expected), "{text}");
            assert!(told.mistakes.iter().all(|it| !format!("{it:?}").contains("MfKQ9")), "{text}");
        }
    }
}
