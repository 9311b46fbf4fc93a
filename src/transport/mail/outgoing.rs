//! Mail that leaves: one file to a mail, signed, through one server over pooled connections.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use lettre::address::Envelope;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::{AsyncSmtpTransportBuilder, Error, PoolConfig};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use serde_json::json;
use tokio::sync::Mutex;

use super::Partners;
use super::bounce;
use super::dkim::Signer;
use super::letter::Letter;
use super::oauth;
use super::smime::Protection;
use crate::clock::Clock;
use crate::config::{MailSettings, OauthSettings, Security, SmtpSettings};
use crate::ports::{Again, Content, Outlet, Parcel, Promise, Receipt, Side, Undelivered};
use crate::transport::as2::Cabinet;

/// Answers that a mail needs, one after another, each with its own patience.
const ANSWERS: u32 = 6;
const SLOWEST_BYTES_PER_SECOND: u64 = 16 << 10;

type Transport = AsyncSmtpTransport<Tokio1Executor>;

/// Sends mail for this gateway.
pub struct Mailer {
    road: Road,
    signer: Option<Signer>,
    /// Our own address, and its domain.
    pub address: String,
    domain: String,
    bytes_max: u64,
    patience: Duration,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Mailer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mailer").field("address", &self.address).field("signer", &self.signer).finish_non_exhaustive()
    }
}

impl Mailer {
    /// `None` where no server was named.
    ///
    /// # Errors
    /// In words, when a file cannot be read or a name cannot be used.
    pub fn new(settings: &MailSettings, clock: Arc<dyn Clock>) -> Result<Option<Self>, String> {
        let (Some(server), Some(address)) = (&settings.smtp.server, &settings.address) else { return Ok(None) };
        let signer = match &settings.dkim {
            Some(dkim) => {
                Some(Signer::load(&dkim.domain, &dkim.selector, &dkim.key_file).map_err(|error| error.to_string())?)
            }
            None => None,
        };
        let domain = address.rsplit_once('@').map_or("localhost", |(_, domain)| domain).to_owned();
        Ok(Some(Self {
            road: Road::new(&settings.smtp, server)?,
            signer,
            address: address.clone(),
            domain,
            bytes_max: settings.message_bytes_max,
            patience: settings.smtp.patience,
            clock,
        }))
    }

    /// Sends one mail; answers what the server said when it took it.
    ///
    /// # Errors
    /// Whose side failed, and whether trying again can help.
    pub async fn send(&self, envelope: &Envelope, mut raw: Vec<u8>) -> Result<String, Undelivered> {
        if let Some(signer) = &self.signer {
            raw = signer.sign(&raw, self.clock.now()).map_err(|error| ours(error.to_string()))?;
        }
        // A slow line is no dead one.
        let patience = self.patience * ANSWERS + Duration::from_secs(raw.len() as u64 / SLOWEST_BYTES_PER_SECOND);
        let response =
            self.road.judged(within(patience, self.road.transport().await?.send_raw(envelope, &raw)).await).await?;
        let words: Vec<&str> = response.message().collect();
        Ok(format!("{} {}", response.code(), words.join(" ")))
    }

    /// Says hello to the server and logs in, as far as that was agreed.
    ///
    /// # Errors
    /// As [`Mailer::send`].
    pub async fn greet(&self) -> Result<(), Undelivered> {
        match self.road.judged(within(self.patience, self.road.transport().await?.test_connection()).await).await? {
            true => Ok(()),
            false => Err(network("the server does not answer NOOP".into())),
        }
    }
}

/// The way to the server: connections that stay open, logged in by password or by a token that is renewed.
enum Road {
    Plain(Transport),
    Renewed(Box<Renewed>),
}

/// A login by token; connections are those that the token in force opened.
struct Renewed {
    settings: SmtpSettings,
    server: String,
    oauth: OauthSettings,
    open: Mutex<Option<(String, Transport)>>,
}

impl Road {
    fn new(settings: &SmtpSettings, server: &str) -> Result<Self, String> {
        let password = match (&settings.user, &settings.password_file) {
            (Some(user), Some(file)) => {
                let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
                Some(Credentials::new(user.clone(), text.trim_end().to_owned()))
            }
            _ => None,
        };
        let plain = builder(settings, server)?;
        Ok(match (&settings.oauth, password) {
            (Some(oauth), _) => Self::Renewed(Box::new(Renewed {
                settings: settings.clone(),
                server: server.to_owned(),
                oauth: oauth.clone(),
                open: Mutex::default(),
            })),
            (None, Some(password)) => Self::Plain(plain.credentials(password).build()),
            (None, None) => Self::Plain(plain.build()),
        })
    }

    async fn transport(&self) -> Result<Transport, Undelivered> {
        let Renewed { settings, server, oauth, open } = match self {
            Self::Plain(transport) => return Ok(transport.clone()),
            Self::Renewed(renewed) => renewed.as_ref(),
        };
        let token = oauth::access_token(oauth).await.map_err(ours)?;
        let mut open = open.lock().await;
        if let Some((_, transport)) = open.as_ref().filter(|(of, _)| *of == token) {
            return Ok(transport.clone());
        }
        let login = Credentials::new(settings.user.clone().unwrap_or_default(), token.clone());
        let builder = builder(settings, server).map_err(ours)?;
        let transport = builder.credentials(login).authentication(vec![Mechanism::Xoauth2]).build();
        *open = Some((token, transport.clone()));
        Ok(transport)
    }

    /// What the server said; where it did not let us in, the next try begins with a fresh token.
    async fn judged<T>(&self, said: Result<T, Undelivered>) -> Result<T, Undelivered> {
        if let (Self::Renewed(renewed), Err(Undelivered { side: Side::Ours, .. })) = (self, &said) {
            oauth::forget(&renewed.oauth).await;
        }
        said
    }
}

/// lettre waits for a connection only so long, but for an answer for ever. It leaves a server whose line or answer is too
/// long (1000 and 100,000 bytes), but sees that only at a line's end: one without end is heard until patience ends. Only
/// our own relay can do that, the one program that is trusted with every mail of ours; a stream of ours that counts would
/// cost lettre's pool and its TLS, which take no stream from outside.
async fn within<T>(patience: Duration, asked: impl Future<Output = Result<T, Error>>) -> Result<T, Undelivered> {
    match tokio::time::timeout(patience, asked).await {
        Ok(answer) => answer.map_err(|error| undelivered(&error)),
        Err(_) => Err(network(format!("the server is silent for {} seconds", patience.as_secs()))),
    }
}

/// Carries parcels to partners by mail.
#[derive(Clone)]
pub struct MailOutlet {
    pub mailer: Arc<Mailer>,
    pub partners: Partners,
    /// For S/MIME.
    pub certificates: Arc<Cabinet>,
    /// Where what is large lies while it is packed.
    pub spool: PathBuf,
}

impl Outlet for MailOutlet {
    fn send<'a>(&'a self, parcel: &'a Parcel) -> Promise<'a, Result<Receipt, Undelivered>> {
        Box::pin(async move {
            let partners = (self.partners)();
            let Some(partner) = partners.partner(&parcel.partner) else {
                return Err(ours(format!("there is no partner {} any more", parcel.partner)));
            };
            if partner.mail.to.is_empty() {
                let words = format!("partners/{}.toml names no address: write to = \"...\" under [mail]", partner.id);
                return Err(ours(words));
            }
            let bytes = read(&parcel.content, self.mailer.bytes_max / 4 * 3).await?;
            let letter = Letter {
                from: (&partners.us.name, &self.mailer.address),
                terms: &partner.mail,
                message_id: bounce::message_id(parcel.delivery, &self.mailer.domain),
                file_name: &parcel.file_name,
                now: self.mailer.clock.now(),
            };
            let protection = Protection {
                sign: partner.mail.sign,
                opaque: partner.mail.opaque,
                encrypt: partner.mail.encrypt,
                partner: &partner.id,
                certificates: &self.certificates.current(),
                spool: &self.spool,
            };
            let (envelope, raw) = letter.write(bytes, &protection).map_err(ours)?;
            let response = self.mailer.send(&envelope, raw).await?;
            let id = &letter.message_id;
            Ok(Receipt::Held(json!({"mail": {"message_id": id, "to": partner.mail.to, "response": response}})))
        })
    }
}

async fn read(content: &Content, bytes_max: u64) -> Result<Vec<u8>, Undelivered> {
    let size = match content {
        Content::Bytes(bytes) => bytes.len() as u64,
        Content::File(path) => tokio::fs::metadata(path).await.map_err(|error| ours(error.to_string()))?.len(),
    };
    if size > bytes_max {
        let reason = format!("{size} bytes are too many for a mail (mail.message_bytes_max): agree on another way");
        return Err(Undelivered { side: Side::Ours, reason, again: Again::Never });
    }
    match content {
        Content::Bytes(bytes) => Ok(bytes.clone()),
        Content::File(path) => tokio::fs::read(path).await.map_err(|error| ours(error.to_string())),
    }
}

fn builder(settings: &SmtpSettings, server: &str) -> Result<AsyncSmtpTransportBuilder, String> {
    let (host, port) = server.rsplit_once(':').ok_or_else(|| format!("{server}: no port"))?;
    let host = host.trim_matches(['[', ']']);
    let port: u16 = port.parse().map_err(|_| format!("{server}: no port"))?;
    let tls = match settings.security {
        Security::None => Tls::None,
        Security::Tls => Tls::Wrapper(tls(host, settings)?),
        Security::Starttls => Tls::Required(tls(host, settings)?),
    };
    Ok(Transport::builder_dangerous(host)
        .port(port)
        .tls(tls)
        .timeout(Some(settings.patience))
        .pool_config(PoolConfig::new().max_size(settings.connections_max)))
}

fn tls(host: &str, settings: &SmtpSettings) -> Result<TlsParameters, String> {
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(file) = &settings.authority {
        let named = |words: String| format!("{}: {words}", file.display());
        let pem = std::fs::read(file).map_err(|error| named(error.to_string()))?;
        builder = builder.add_root_certificate(Certificate::from_pem(&pem).map_err(|error| named(error.to_string()))?);
    }
    builder.build_rustls().map_err(|error| error.to_string())
}

/// What the failure of a mail means.
fn undelivered(error: &Error) -> Undelivered {
    let reason = words(error);
    match error.status().map(u16::from) {
        // Our own credentials, or what a relay asks of us: somebody here must act, and the mail waits meanwhile.
        Some(454 | 530 | 534 | 535 | 538) => Undelivered { side: Side::Ours, reason, again: Again::Soon },
        Some(500..) => Undelivered { side: Side::Partner, reason, again: Again::Never },
        Some(_) => Undelivered { side: Side::Partner, reason, again: Again::Soon },
        None if error.is_tls() => Undelivered { side: Side::Network, reason, again: Again::Soon },
        None => network(reason),
    }
}

/// The error with what caused it: lettre says only the outermost.
fn words(error: &Error) -> String {
    let mut words = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let more = inner.to_string();
        if !words.contains(&more) {
            words = format!("{words}: {more}");
        }
        cause = inner.source();
    }
    words
}

fn ours(reason: String) -> Undelivered {
    Undelivered { side: Side::Ours, reason, again: Again::Soon }
}

fn network(reason: String) -> Undelivered {
    Undelivered { side: Side::Network, reason, again: Again::Soon }
}
