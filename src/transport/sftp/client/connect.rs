//! One connection to a partner's server: found, its host key compared, logged in, SFTP begun.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use russh::client::{self, AuthResult, Handle, KeyboardInteractiveAuthResponse, Msg};
use russh::keys::ssh_key::Fingerprint;
use russh::keys::{HashAlg, PrivateKeyWithHashAlg, PublicKey, PublicKeyOrCertificate};
use russh::{ChannelStream, MethodKind, MethodSet};
use russh_sftp::client::error::Error as SftpError;
use russh_sftp::client::{Config, RawSftpSession, SftpSession};
use tokio::net::{TcpStream, lookup_host};

use super::Neighbour;
use super::listing::Lister;
use super::trouble::Trouble;
use crate::partner::sftp::Remote;
use crate::transport::sftp::algorithms;
use crate::transport::sftp::host_keys::fingerprint;

/// So often a channel is asked for.
const CHANNEL_TRIES: u32 = 3;
const CHANNEL_PAUSE: Duration = Duration::from_millis(300);

/// A connection that is logged in.
pub struct Connection<'a> {
    remote: &'a Remote,
    handle: Handle<Peer>,
}

impl<'a> Connection<'a> {
    /// Does all steps but the last.
    ///
    /// # Errors
    /// The step that failed, in words.
    pub async fn open(neighbour: &'a Neighbour) -> Result<Self, Trouble> {
        let remote = &neighbour.remote;
        let address = resolve(remote).await?;
        let stream = reach(remote, &address).await?;
        let mut handle = greet(remote, stream).await?;
        log_in(neighbour, &mut handle).await?;
        Ok(Self { remote, handle })
    }

    /// SFTP, for files.
    ///
    /// # Errors
    /// A server that offers none.
    pub async fn sftp(&self) -> Result<SftpSession, Trouble> {
        begin(self.remote, &self.handle).await
    }

    /// SFTP, for listings.
    ///
    /// # Errors
    /// A server that offers none.
    pub async fn lister(&self) -> Result<Lister, Trouble> {
        lister(self.remote, &self.handle).await
    }

    /// Says goodbye; a server that does not listen any more is left.
    pub async fn close(self) {
        let _ = self.handle.disconnect(russh::Disconnect::ByApplication, "", "en").await;
    }
}

/// The addresses that a host's name has.
pub async fn resolve(remote: &Remote) -> Result<Vec<SocketAddr>, Trouble> {
    let name = |error: String| Trouble::Name { host: remote.host.clone(), error };
    let found = tokio::time::timeout(remote.timeout, lookup_host((remote.host.as_str(), remote.port))).await;
    let found: Vec<SocketAddr> = match found {
        Ok(Ok(found)) => found.collect(),
        Ok(Err(error)) => return Err(name(error.to_string())),
        Err(_) => return Err(name("no answer".into())),
    };
    if found.is_empty() { Err(name("it has no address".into())) } else { Ok(found) }
}

/// The first address that answers.
pub async fn reach(remote: &Remote, addresses: &[SocketAddr]) -> Result<TcpStream, Trouble> {
    let mut last = String::new();
    for address in addresses {
        match tokio::time::timeout(remote.timeout, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                // Latency matters for many small requests; without it they only take longer.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(error)) => last = error.to_string(),
            Err(_) => last = format!("no answer in {} seconds", remote.timeout.as_secs()),
        }
    }
    Err(Trouble::Unreachable { place: place(remote), error: last })
}

/// SSH begun and the host key compared.
pub async fn greet(remote: &Remote, stream: TcpStream) -> Result<Handle<Peer>, Trouble> {
    let offered = Arc::new(Mutex::new(None));
    let peer = Peer { pinned: remote.host_keys.clone(), offered: offered.clone() };
    let config = Arc::new(algorithms::client(remote.legacy, remote.timeout));
    let started = tokio::time::timeout(remote.timeout, client::connect_stream(config, stream, peer)).await;
    let error = match started {
        Ok(Ok(handle)) => return Ok(handle),
        Ok(Err(error)) => error,
        Err(_) => return Err(Trouble::NotSsh { place: place(remote), error: "no greeting".into() }),
    };
    let offered = offered.lock().unwrap_or_else(PoisonError::into_inner).take();
    Err(match (error, offered) {
        (russh::Error::UnknownKey, Some(offered)) => Trouble::HostKey { offered },
        (russh::Error::NoCommonAlgo { kind, theirs, .. }, _) => {
            Trouble::Algorithm { kind: format!("{kind:?}").to_lowercase(), theirs: theirs.join(", ") }
        }
        (error, _) => Trouble::NotSsh { place: place(remote), error: error.to_string() },
    })
}

/// Logs in by key, then by password, as the files name them.
pub async fn log_in(neighbour: &Neighbour, handle: &mut Handle<Peer>) -> Result<(), Trouble> {
    let remote = &neighbour.remote;
    let secret = remote.password_file.as_deref().map(|file| read_secret(neighbour, file)).transpose()?;
    let mut tried = Vec::new();
    let mut takes = None;
    let broken = |error: russh::Error| Trouble::Broken(error.to_string());
    if let Some(file) = &remote.key_file {
        let path = neighbour.secrets.join(file);
        let key = russh::keys::load_secret_key(&path, secret.as_deref())
            .map_err(|error| Trouble::Secret { what: path.display().to_string(), error: error.to_string() })?;
        let hash = match handle.best_supported_rsa_hash().await.map_err(broken)? {
            Some(hash) => hash,
            None if remote.legacy => None,
            None => Some(HashAlg::Sha256),
        };
        tried.push(format!("the key {}", fingerprint(key.public_key())));
        let key = PrivateKeyWithHashAlg::new(Arc::new(key), hash);
        match handle.authenticate_publickey(&remote.user, key).await.map_err(broken)? {
            AuthResult::Success => return Ok(()),
            AuthResult::Failure { remaining_methods, .. } => takes = Some(remaining_methods),
        }
    }
    if let Some(password) = &secret {
        tried.push("the password".to_owned());
        match handle.authenticate_password(&remote.user, password).await.map_err(broken)? {
            AuthResult::Success => return Ok(()),
            AuthResult::Failure { remaining_methods, .. } => {
                let asks = remaining_methods.contains(&MethodKind::KeyboardInteractive);
                takes = Some(remaining_methods);
                if asks && answer_questions(&remote.user, password, handle).await.map_err(broken)? {
                    return Ok(());
                }
            }
        }
    }
    let takes = takes.as_ref().map(words_for).unwrap_or_default();
    Err(Trouble::Login { user: remote.user.clone(), tried: tried.join(" and "), takes })
}

/// Servers that ask for the password in a dialogue.
async fn answer_questions(user: &str, password: &str, handle: &mut Handle<Peer>) -> Result<bool, russh::Error> {
    let mut said = handle.authenticate_keyboard_interactive_start(user, None).await?;
    for _ in 0..4 {
        match said {
            KeyboardInteractiveAuthResponse::Success => return Ok(true),
            KeyboardInteractiveAuthResponse::Failure { .. } => return Ok(false),
            KeyboardInteractiveAuthResponse::InfoRequest { prompts, .. } => {
                let answers = prompts.iter().map(|_| password.to_owned()).collect();
                said = handle.authenticate_keyboard_interactive_respond(answers).await?;
            }
        }
    }
    Ok(false)
}

/// Begins SFTP on a connection that is logged in. A server that allows one channel at a time may still be closing the one
/// before.
pub async fn begin(remote: &Remote, handle: &Handle<Peer>) -> Result<SftpSession, Trouble> {
    let mut tries_left = CHANNEL_TRIES;
    loop {
        let session =
            within_channel(remote, handle, async |stream| SftpSession::new_with_config(stream, config(remote)).await);
        tries_left -= 1;
        match session.await {
            Err(Trouble::NoSftp(_)) if tries_left > 0 => tokio::time::sleep(CHANNEL_PAUSE).await,
            outcome => return outcome,
        }
    }
}

/// Begins SFTP for listings, on a channel of its own.
pub async fn lister(remote: &Remote, handle: &Handle<Peer>) -> Result<Lister, Trouble> {
    let session = within_channel(remote, handle, async |stream| {
        let session = RawSftpSession::new_with_config(stream, config(remote));
        session.init().await.map(|_| session)
    });
    let names_max = usize::try_from(remote.files_per_look).unwrap_or(usize::MAX);
    Ok(Lister::new(session.await?, names_max, remote.timeout * 4))
}

async fn within_channel<T>(
    remote: &Remote,
    handle: &Handle<Peer>,
    start: impl AsyncFnOnce(ChannelStream<Msg>) -> Result<T, SftpError>,
) -> Result<T, Trouble> {
    let none = |error: String| Trouble::NoSftp(error);
    let started = async {
        let channel = handle.channel_open_session().await.map_err(|error| none(error.to_string()))?;
        channel.request_subsystem(true, "sftp").await.map_err(|error| none(error.to_string()))?;
        start(channel.into_stream()).await.map_err(|error| none(error.to_string()))
    };
    tokio::time::timeout(remote.timeout, started).await.unwrap_or_else(|_| Err(none("no answer".into())))
}

fn config(remote: &Remote) -> Config {
    Config { request_timeout_secs: remote.timeout.as_secs().max(1), ..Config::default() }
}

fn read_secret(neighbour: &Neighbour, file: &Path) -> Result<String, Trouble> {
    let path = neighbour.secrets.join(file);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(text.trim_end_matches(['\r', '\n']).to_owned()),
        Err(error) => Err(Trouble::Secret { what: path.display().to_string(), error: error.to_string() }),
    }
}

fn words_for(methods: &MethodSet) -> String {
    let words: Vec<&str> = methods.iter().map(Into::into).collect();
    words.join(", ")
}

fn place(remote: &Remote) -> String {
    format!("{}:{}", remote.host, remote.port)
}

/// The server as we know it: by its pinned keys.
pub struct Peer {
    pinned: Vec<String>,
    offered: Arc<Mutex<Option<String>>>,
}

impl client::Handler for Peer {
    type Error = russh::Error;

    async fn check_server_key(&mut self, key: &PublicKeyOrCertificate) -> Result<bool, russh::Error> {
        // Certificates are not asked for: nobody was agreed on who may vouch for servers.
        let PublicKeyOrCertificate::PublicKey { key, .. } = key else { return Ok(false) };
        *self.offered.lock().unwrap_or_else(PoisonError::into_inner) = Some(fingerprint(key));
        Ok(self.pinned.iter().any(|pinned| is_pinned(pinned, key)))
    }
}

fn is_pinned(pinned: &str, key: &PublicKey) -> bool {
    match pinned.parse::<Fingerprint>() {
        Ok(print) => key.fingerprint(print.algorithm()) == print,
        Err(_) => PublicKey::from_openssh(pinned).is_ok_and(|pinned| pinned.key_data() == key.key_data()),
    }
}

/// Ends what takes too long.
pub async fn in_time<T>(limit: Duration, work: impl Future<Output = Result<T, Trouble>>) -> Result<T, Trouble> {
    tokio::time::timeout(limit, work).await.unwrap_or_else(|_| Err(Trouble::Silent(limit.as_secs())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_pinned_whole_or_by_fingerprint() {
        const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";
        const OTHER: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIN+Wjn4+4Fcvl2JlKpggT+wCRxpSvtqqpVrQrKN1/A22";
        let key = PublicKey::from_openssh(KEY).unwrap();
        let print = key.fingerprint(HashAlg::Sha256).to_string();
        for (pinned, expected) in [(KEY, true), (OTHER, false), (print.as_str(), true), ("SHA256:", false), ("", false)]
        {
            assert_eq!(is_pinned(pinned, &key), expected, "{pinned}");
        }
    }
}
