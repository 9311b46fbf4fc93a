//! `[mail]` and `[mailbox.NAME]`: how this gateway takes mail in and sends it. What was agreed with whom stands in the
//! partner files.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::de::DeValue;

use super::oauth::OauthSettings;
use super::units::{Listen, Size, Span};
use crate::mistake::keys::{Keys, Setting, choose, word_of};

/// `[mail]`: what holds for every way that mail comes and goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailSettings {
    /// Our own address: the sender of what we send, and where bounces come back. Without one nothing is sent.
    pub address: Option<String>,
    /// The name server for SPF, DKIM and DMARC; `None` is the system's.
    pub resolver: Option<SocketAddr>,
    /// A larger mail is refused.
    pub message_bytes_max: u64,
    /// Replies about attachments that were not taken, for each sender.
    pub replies_per_hour_max: u32,
    pub receiver: ReceiverSettings,
    pub smtp: SmtpSettings,
    pub dkim: Option<DkimSettings>,
}

/// `[mail.receiver]`: the embedded SMTP server of a dedicated address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiverSettings {
    pub listen: Option<SocketAddr>,
    /// Whom it takes mail for; `+SECRET` may follow the local part.
    pub addresses: Vec<String>,
    /// PEM files; with them STARTTLS is offered.
    pub certificate: Option<PathBuf>,
    pub key: Option<PathBuf>,
    pub sessions_max: u32,
    pub sessions_per_client_max: u32,
    /// How long a silent client is waited for.
    pub patience: Duration,
}

/// `[mail.smtp]`: the server that takes what we send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmtpSettings {
    /// `smtp.house.example:587`
    pub server: Option<String>,
    pub security: Security,
    pub authority: Option<PathBuf>,
    pub user: Option<String>,
    pub password_file: Option<PathBuf>,
    pub oauth: Option<OauthSettings>,
    pub connections_max: u32,
    pub patience: Duration,
}

/// `[mail.dkim]`: what we sign our mail with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DkimSettings {
    pub domain: String,
    pub selector: String,
    /// A PEM file: RSA (2048 bits and more) or Ed25519.
    pub key_file: PathBuf,
}

/// `[mailbox.NAME]`: a mailbox elsewhere that mail is fetched from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailboxSettings {
    pub name: String,
    pub protocol: MailboxProtocol,
    /// `imap.house.example:993`
    pub server: String,
    pub security: Security,
    pub authority: Option<PathBuf>,
    pub user: String,
    pub password_file: Option<PathBuf>,
    /// Holds an OAuth 2.0 access token, read at every login: whatever renews it writes it there.
    pub token_file: Option<PathBuf>,
    /// Renews the access token itself.
    pub oauth: Option<OauthSettings>,
    pub folder: String,
    pub processed: String,
    pub rejected: String,
    pub poll: Duration,
    pub patience: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailboxProtocol {
    Imap,
    Pop3,
}

/// How a connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// From the first byte.
    Tls,
    /// After a greeting; without it nothing is sent.
    Starttls,
    None,
}

impl Default for MailSettings {
    fn default() -> Self {
        Self {
            address: None,
            resolver: None,
            message_bytes_max: 50 << 20,
            replies_per_hour_max: 10,
            receiver: ReceiverSettings {
                listen: None,
                addresses: Vec::new(),
                certificate: None,
                key: None,
                sessions_max: 200,
                sessions_per_client_max: 20,
                patience: Duration::from_secs(300),
            },
            smtp: SmtpSettings {
                server: None,
                security: Security::Starttls,
                authority: None,
                user: None,
                password_file: None,
                oauth: None,
                connections_max: 4,
                patience: Duration::from_secs(60),
            },
            dkim: None,
        }
    }
}

impl MailSettings {
    pub(super) fn read(keys: &mut Keys<'_>) -> Self {
        let standard = Self::default();
        let mut keys = keys.table("mail");
        let address = keys.optional::<String>(
            "address",
            "our own address: the sender of what we send, and where bounces come back, as in \"edi@house.example\"",
        );
        if address.as_deref().is_some_and(|address| !looks_like_address(address)) {
            keys.mistake("value", keys.span("address"), "`mail.address` is no address", None);
        }
        let resolver = keys.or(
            "resolver",
            Listen(None),
            "the name server for SPF, DKIM and DMARC as IP:PORT; \"off\" is the system's",
        );
        let settings = Self {
            address,
            resolver: resolver.0,
            message_bytes_max: keys
                .or("message_bytes_max", Size(standard.message_bytes_max), "a larger mail is refused")
                .0,
            replies_per_hour_max: keys.or(
                "replies_per_hour_max",
                standard.replies_per_hour_max,
                "replies about attachments that were not taken, for each sender",
            ),
            receiver: ReceiverSettings::read(&mut keys, standard.receiver),
            smtp: SmtpSettings::read(&mut keys, standard.smtp),
            dkim: DkimSettings::read(&mut keys),
        };
        if settings.smtp.server.is_some() && settings.address.is_none() {
            let help = Some("write address = \"edi@house.example\" under [mail]".into());
            keys.mistake("missing", keys.span("smtp"), "`mail.address` is missing: mail needs a sender", help);
        }
        keys.finish();
        settings
    }

    /// Files are relative to the settings file.
    pub(super) fn rebase(&mut self, folder: &Path) {
        let dkim = self.dkim.as_mut().map(|dkim| &mut dkim.key_file);
        let files = [
            &mut self.receiver.certificate,
            &mut self.receiver.key,
            &mut self.smtp.authority,
            &mut self.smtp.password_file,
        ];
        for file in files.into_iter().flatten().chain(dkim) {
            *file = folder.join(&*file);
        }
        if let Some(oauth) = &mut self.smtp.oauth {
            oauth.rebase(folder);
        }
    }
}

impl ReceiverSettings {
    fn read(keys: &mut Keys<'_>, standard: Self) -> Self {
        let mut keys = keys.table("receiver");
        let settings = Self {
            listen: keys
                .or("listen", Listen(standard.listen), "where mail is taken in by SMTP; port 0 takes a free one")
                .0,
            addresses: keys.or(
                "addresses",
                standard.addresses,
                "whom it takes mail for; the secret of a partner may follow, as in orders+SECRET@house.example",
            ),
            certificate: keys
                .optional("certificate", "a PEM file with our certificate chain; then STARTTLS is offered"),
            key: keys.optional("key", "the PEM file with its private key"),
            sessions_max: keys.or("sessions_max", standard.sessions_max, "conversations at a time"),
            sessions_per_client_max: keys.or(
                "sessions_per_client_max",
                standard.sessions_per_client_max,
                "conversations at a time with one network address",
            ),
            patience: keys.or("patience", Span(standard.patience), "how long a silent client is waited for").0,
        };
        if settings.listen.is_some() && settings.addresses.is_empty() {
            let help = Some("as in addresses = \"orders@house.example\"".into());
            keys.mistake("missing", keys.span("listen"), "`mail.receiver.addresses` is missing", help);
        }
        if settings.addresses.iter().any(|address| !looks_like_address(address)) {
            keys.mistake("value", keys.span("addresses"), "`mail.receiver.addresses` are addresses", None);
        }
        pair(&keys, settings.certificate.is_some(), settings.key.is_some());
        keys.finish();
        settings
    }
}

/// A certificate is of no use without its key, and the other way round.
pub(super) fn pair(keys: &Keys<'_>, certificate: bool, key: bool) {
    if certificate != key {
        let missing = if certificate { "key" } else { "certificate" };
        let message = format!("`{missing}` is missing: a certificate and its key go together");
        keys.mistake("missing", keys.span("certificate"), message, None);
    }
}

impl SmtpSettings {
    fn read(keys: &mut Keys<'_>, standard: Self) -> Self {
        let mut keys = keys.table("smtp");
        let settings = Self {
            server: keys.optional("server", "the server that takes what we send, as in \"smtp.house.example:587\""),
            security: keys.or("security", standard.security, "tls from the first byte, starttls, or none"),
            authority: keys
                .optional("authority", "a PEM file: trusted for this server beside the system's authorities"),
            user: keys.optional("user", "whom we log in as"),
            password_file: keys.optional("password_file", "the file with the password"),
            oauth: OauthSettings::read(&mut keys),
            connections_max: keys.or("connections_max", standard.connections_max, "connections at a time"),
            patience: keys.or("patience", Span(standard.patience), "how long an answer is waited for").0,
        };
        protected(&mut keys, settings.server.as_deref(), settings.security);
        if settings.user.is_some() && settings.password_file.is_none() && settings.oauth.is_none() {
            let help = Some("or a table [mail.smtp.oauth]".into());
            keys.mistake("missing", keys.span("user"), "`mail.smtp.password_file` is missing", help);
        }
        keys.finish();
        settings
    }
}

/// Tells a mistake where secrets would travel for everybody to read, or where a server has no port.
fn protected(keys: &mut Keys<'_>, server: Option<&str>, security: Security) {
    let trusted = keys.or("trusted_network", false, "allows security = \"none\" beyond this machine");
    let Some(server) = server else { return };
    match server.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok() => {
            let is_here = matches!(host, "localhost" | "[::1]") || host.starts_with("127.");
            if security == Security::None && !is_here && !trusted {
                let help = Some("write trusted_network = true if nobody can listen on the way".into());
                keys.mistake("value", keys.span("security"), "documents and passwords would travel unprotected", help);
            }
        }
        _ => {
            let help = Some("a name or address, a colon, a port".into());
            keys.mistake("value", keys.span("server"), "`server` is no server like \"mail.house.example:993\"", help);
        }
    }
}

impl DkimSettings {
    fn read(keys: &mut Keys<'_>) -> Option<Self> {
        let is_given = keys.has("dkim");
        let mut keys = keys.table("dkim");
        let domain = keys.optional::<String>("domain", "the domain that signs our mail (DKIM d=)");
        let selector =
            keys.optional::<String>("selector", "under which its key is published: SELECTOR._domainkey.DOMAIN");
        let key_file = keys.optional::<PathBuf>("key_file", "the PEM file with the private key, RSA or Ed25519");
        let settings = match (domain, selector, key_file) {
            (Some(domain), Some(selector), Some(key_file)) => Some(Self { domain, selector, key_file }),
            _ => None,
        };
        if is_given && settings.is_none() {
            keys.mistake("missing", keys.span("domain"), "[mail.dkim] needs `domain`, `selector` and `key_file`", None);
        }
        keys.finish();
        settings
    }
}

impl MailboxSettings {
    pub(super) fn read(keys: &mut Keys<'_>) -> Vec<Self> {
        keys.tables("mailbox").into_iter().map(|(name, _, keys)| Self::one(name, keys)).collect()
    }

    fn one(name: String, mut keys: Keys<'_>) -> Self {
        let protocol = keys.or("protocol", MailboxProtocol::Imap, "imap, or pop3");
        let settings = Self {
            protocol,
            server: keys.required("server", "where the mailbox is, as in \"imap.house.example:993\""),
            security: keys.or("security", Security::Tls, "tls from the first byte, starttls, or none"),
            authority: keys
                .optional("authority", "a PEM file: trusted for this server beside the system's authorities"),
            user: keys.required("user", "whom we log in as"),
            password_file: keys.optional("password_file", "the file with the password"),
            token_file: keys
                .optional("token_file", "the file with an OAuth 2.0 access token (XOAUTH2), read at every login"),
            oauth: OauthSettings::read(&mut keys),
            folder: keys.or("folder", "INBOX".to_owned(), "the folder that is read (imap)"),
            processed: keys.or("processed", "Processed".to_owned(), "where mail goes that was taken (imap)"),
            rejected: keys.or("rejected", "Rejected".to_owned(), "where mail goes that was not (imap)"),
            poll: keys.or("poll", Span(Duration::from_secs(60)), "how often it is looked at, notices or not").0,
            patience: keys.or("patience", Span(Duration::from_secs(60)), "how long an answer is waited for").0,
            name,
        };
        let server = Some(settings.server.as_str()).filter(|server| !server.is_empty());
        protected(&mut keys, server, settings.security);
        let ways = [settings.password_file.is_some(), settings.token_file.is_some(), settings.oauth.is_some()];
        if ways.into_iter().filter(|given| *given).count() != 1 {
            let message = "a mailbox has either `password_file`, `token_file` or a table `oauth`";
            keys.mistake("missing", keys.span("user"), message, None);
        }
        if settings.poll.is_zero() {
            keys.mistake("value", keys.span("poll"), "`poll` is longer than nothing", None);
        }
        keys.finish();
        settings
    }

    /// Files are relative to the settings file.
    pub(super) fn rebase(&mut self, folder: &Path) {
        for file in [&mut self.authority, &mut self.password_file, &mut self.token_file].into_iter().flatten() {
            *file = folder.join(&*file);
        }
        if let Some(oauth) = &mut self.oauth {
            oauth.rebase(folder);
        }
    }
}

fn looks_like_address(text: &str) -> bool {
    let parts = text.split_once('@');
    parts.is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty() && !domain.contains('@'))
        && !text.contains(|c: char| c.is_whitespace() || c.is_control() || "<>\",;".contains(c))
}

const SECURITY: &[(&str, Security)] =
    &[("tls", Security::Tls), ("starttls", Security::Starttls), ("none", Security::None)];

impl Setting for Security {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        choose(value, SECURITY)
    }

    fn show(&self) -> String {
        word_of(*self, SECURITY)
    }
}

const PROTOCOLS: &[(&str, MailboxProtocol)] = &[("imap", MailboxProtocol::Imap), ("pop3", MailboxProtocol::Pop3)];

impl Setting for MailboxProtocol {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        choose(value, PROTOCOLS)
    }

    fn show(&self) -> String {
        word_of(*self, PROTOCOLS)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Settings;

    #[test]
    fn mistakes() {
        check("[mail]\naddress = \"edi\"", &["`mail.address` is no address"]);
        check("[mail.smtp]\nserver = \"mx.example:25\"", &["`mail.address` is missing: mail needs a sender"]);
        check(
            "[mail]\naddress = \"edi@a.example\"\n[mail.smtp]\nserver = \"mx.example\"",
            &["`server` is no server like \"mail.house.example:993\""],
        );
        check(
            "[mail]\naddress = \"edi@a.example\"\n[mail.smtp]\nserver = \"mx.example:25\"\nsecurity = \"none\"",
            &["documents and passwords would travel unprotected"],
        );
        check("[mail.receiver]\nlisten = \"127.0.0.1:25\"", &["`mail.receiver.addresses` is missing"]);
        check("[mail.receiver]\ncertificate = \"c.pem\"", &["`key` is missing: a certificate and its key go together"]);
        check("[mail.dkim]\ndomain = \"a.example\"", &["[mail.dkim] needs `domain`, `selector` and `key_file`"]);
        check(
            "[mailbox.orders]\nserver = \"imap.example:993\"\nuser = \"x\"",
            &["a mailbox has either `password_file`, `token_file` or a table `oauth`"],
        );
        check(
            "[mailbox.orders]\nserver = \"imap.example:993\"\nuser = \"x\"\n[mailbox.orders.oauth]\n\
             token_url = \"http://login.example/token\"\nclient_id = \"us\"\nrefresh_token_file = \"r\"",
            &["`oauth.token_url` begins with https://"],
        );
        check(
            "[mailbox.orders]\nprotocol = \"imp\"\nserver = \"imap.example:993\"\nuser = \"x\"\ntoken_file = \"t\"",
            &["`mailbox.orders.protocol` wants one of \"imap\", \"pop3\"; did you mean \"imap\"?"],
        );
    }

    fn check(text: &str, expected: &[&str]) {
        let (_, told) = Settings::read("entrepot.toml", text);
        let messages: Vec<&str> = told.mistakes.iter().map(|mistake| mistake.message.as_str()).collect();
        assert_eq!(messages, expected, "{text}");
    }
}
