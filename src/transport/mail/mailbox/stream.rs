//! A connection to a server, protected as agreed. Every step that fails is told by its name.

use std::fmt::Debug;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::rustls::pki_types::ServerName;

use super::{Trouble, patient};
use crate::config::{MailboxSettings, Security};
use crate::transport::tls;

pub(super) trait Both: AsyncRead + AsyncWrite + Debug + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Debug + Send + Unpin> Both for T {}

pub(super) type Stream = Box<dyn Both>;

/// Connects, with TLS where it is spoken from the first byte.
pub(super) async fn connect(mailbox: &MailboxSettings) -> Result<Stream, Trouble> {
    let stream =
        patient(mailbox, &format!("{} cannot be reached", mailbox.server), TcpStream::connect(&mailbox.server)).await?;
    let _ = stream.set_nodelay(true);
    match mailbox.security {
        Security::Tls => protect(mailbox, Box::new(stream)).await,
        Security::Starttls | Security::None => Ok(Box::new(stream)),
    }
}

/// Speaks TLS from here on.
pub(super) async fn protect(mailbox: &MailboxSettings, stream: Stream) -> Result<Stream, Trouble> {
    let connector = tls::connector(mailbox.authority.as_deref()).map_err(|error| Trouble(error.to_string()))?;
    let host = mailbox.server.rsplit_once(':').map_or(mailbox.server.as_str(), |(host, _)| host);
    let host = host.trim_matches(['[', ']']).to_owned();
    let name = ServerName::try_from(host).map_err(|error| Trouble(format!("{}: {error}", mailbox.server)))?;
    let what = format!("TLS with {}", mailbox.server);
    Ok(Box::new(patient(mailbox, &what, connector.connect(name, stream)).await?))
}
