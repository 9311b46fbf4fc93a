//! One connection as SSH sees it: who logs in, and which channels become SFTP. Shells and tunnels there are none.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use jiff::civil::Date;
use russh::keys::{Algorithm, PublicKey};
use russh::server::{
    Auth, ChannelOpenHandle, Handle, Handler, Msg, PublicKeyOffer, Response, Session as Connection, VerifiedPublicKey,
};
use russh::{Channel, ChannelId, ChannelStream, Disconnect};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::access::{admitted, key_of, password_fits};
use super::aside::Aside;
use super::pace::Pace;
use super::protocol::serve;
use super::requests::Requests;
use super::scp::Transfer;
use super::{Account, Shared};

/// Channels of one connection.
const CHANNELS_MAX: usize = 8;
/// What SSH calls a channel's standard error.
const STANDARD_ERROR: u32 = 1;

/// One connection.
pub struct Session {
    shared: Arc<Shared>,
    peer: SocketAddr,
    is_legacy: bool,
    tasks: TaskTracker,
    login: CancellationToken,
    account: Option<Account>,
    /// Whether this connection is among those that its partner has.
    is_counted: bool,
    channels: HashMap<ChannelId, Channel<Msg>>,
    opened: usize,
}

impl Session {
    pub fn new(shared: Arc<Shared>, peer: SocketAddr, is_legacy: bool, tasks: TaskTracker) -> Self {
        Self {
            shared,
            peer,
            is_legacy,
            tasks,
            login: CancellationToken::new(),
            account: None,
            is_counted: false,
            channels: HashMap::new(),
            opened: 0,
        }
    }

    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// Cancelled when somebody has logged in.
    pub fn login(&self) -> CancellationToken {
        self.login.clone()
    }

    fn find(&self, user: &str) -> Option<Account> {
        admitted(self.shared.account(user), self.peer.ip())
    }

    /// The account that takes a key, and the key's name.
    fn by_key(&self, user: &str, key: &PublicKey, algorithm: &Algorithm) -> Option<(Account, String)> {
        let account = self.find(user)?;
        let name = key_of(&account, key, algorithm, today())?.to_owned();
        Some((account, name))
    }

    async fn by_password(&mut self, user: &str, password: String) -> Auth {
        let account = self.find(user);
        let shared = self.shared.clone();
        let Ok(_place) = shared.hashing.acquire().await else { return Auth::reject() };
        let checked = account.clone();
        let fits = tokio::task::spawn_blocking(move || password_fits(checked.as_ref(), &password)).await;
        match account {
            Some(account) if fits.unwrap_or(false) => self.let_in(account, "password"),
            _ => self.refuse(user, "password"),
        }
    }

    fn let_in(&mut self, account: Account, by: &str) -> Auth {
        tracing::info!(partner = account.partner, peer = %self.peer, by, legacy = self.is_legacy, "logged in");
        self.shared.guard().succeeded(self.peer.ip());
        self.account = Some(account);
        Auth::Accept
    }

    fn refuse(&mut self, user: &str, by: &str) -> Auth {
        // What was wrong is told to us and not to whoever tries.
        let why = match self.shared.account(user) {
            None => "there is no such user",
            Some(account) if !account.terms.lets_in(self.peer.ip()) => "not from this address",
            Some(account) if by == "password" && account.terms.password.is_none() => "no password was agreed",
            Some(_) if by == "password" => "wrong password",
            Some(_) => "the key is unknown, not valid today, or signed with SHA-1",
        };
        let shown: String = user.chars().filter(|c| !c.is_control()).take(64).collect();
        tracing::warn!(user = shown, peer = %self.peer, by, why, "not let in");
        metrics::counter!("entrepot_sftp_logins_refused_total").increment(1);
        self.shared.guard().failed(self.peer.ip(), Instant::now());
        Auth::reject()
    }
}

/// Days of keys begin and end in UTC.
fn today() -> Date {
    jiff::tz::Offset::UTC.to_datetime(jiff::Timestamp::now()).date()
}

impl Handler for Session {
    type Error = russh::Error;

    async fn auth_publickey_offered(&mut self, user: &str, offer: PublicKeyOffer<'_>) -> Result<Auth, russh::Error> {
        // Clients offer every key they have: that is not yet guessing.
        let known = self.by_key(user, offer.public_key, offer.algorithm).is_some();
        Ok(if known { Auth::Accept } else { Auth::reject() })
    }

    async fn auth_publickey(&mut self, user: &str, key: VerifiedPublicKey<'_>) -> Result<Auth, russh::Error> {
        Ok(match self.by_key(user, key.public_key, key.algorithm) {
            Some((account, name)) => self.let_in(account, &name),
            None => self.refuse(user, "key"),
        })
    }

    async fn auth_password(&mut self, user: &str, password: &str) -> Result<Auth, russh::Error> {
        Ok(self.by_password(user, password.to_owned()).await)
    }

    async fn auth_keyboard_interactive<'a>(
        &'a mut self,
        user: &str,
        _submethods: &str,
        response: Option<Response<'a>>,
    ) -> Result<Auth, russh::Error> {
        let Some(mut response) = response else {
            let prompts = vec![("Password: ".into(), false)];
            return Ok(Auth::Partial { name: "".into(), instructions: "".into(), prompts: prompts.into() });
        };
        let password = response.next().map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        Ok(self.by_password(user, password.unwrap_or_default()).await)
    }

    async fn auth_succeeded(&mut self, connection: &mut Connection) -> Result<(), russh::Error> {
        self.login.cancel();
        let Some(account) = &self.account else { return Ok(()) };
        self.is_counted = self.shared.begin_session(account);
        if !self.is_counted {
            tracing::warn!(partner = account.partner, peer = %self.peer, "too many sessions of this partner");
            let words = format!("more than the {} connections agreed", account.terms.sessions_max);
            connection.disconnect(Disconnect::TooManyConnections, &words, "en")?;
        }
        Ok(())
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _connection: &mut Connection,
    ) -> Result<(), russh::Error> {
        if !self.is_counted || self.channels.len() >= CHANNELS_MAX {
            reply.reject(russh::ChannelOpenFailure::ResourceShortage).await;
            return Ok(());
        }
        self.channels.insert(channel.id(), channel);
        reply.accept().await;
        Ok(())
    }

    async fn channel_close(&mut self, channel: ChannelId, _connection: &mut Connection) -> Result<(), russh::Error> {
        self.channels.remove(&channel);
        Ok(())
    }

    async fn subsystem_request(
        &mut self,
        id: ChannelId,
        name: &str,
        connection: &mut Connection,
    ) -> Result<(), russh::Error> {
        let (aside, mut lines) = Aside::open();
        let is_shown = Aside::is_shown_by(connection.remote_sshid());
        let aside = if is_shown { aside } else { Aside::default() };
        let begun = if name == "sftp" { self.begin(id, aside) } else { None };
        let Some((channel, requests, pace)) = begun else { return connection.channel_failure(id) };
        connection.channel_success(id)?;
        let handle = connection.handle();
        let beside = async move {
            while let Some(line) = lines.recv().await {
                // A client that is gone reads nothing more.
                let _ = handle.extended_data(id, STANDARD_ERROR, line).await;
            }
        };
        let mut stream = channel.into_stream();
        let work = async move {
            let (outcome, ()) = tokio::join!(serve(&mut stream, requests, pace), beside);
            (outcome, stream)
        };
        self.spawn(id, connection.handle(), work);
        Ok(())
    }

    /// `scp` before OpenSSH 9, and WinSCP's SCP: a command that is none here, but a protocol.
    async fn exec_request(
        &mut self,
        id: ChannelId,
        command: &[u8],
        connection: &mut Connection,
    ) -> Result<(), russh::Error> {
        let transfer = std::str::from_utf8(command).ok().and_then(Transfer::read);
        let begun = transfer.and_then(|transfer| self.begin(id, Aside::default()).map(|begun| (transfer, begun)));
        let Some((transfer, (channel, requests, pace))) = begun else { return no_shell(id, connection) };
        connection.channel_success(id)?;
        let mut stream = channel.into_stream();
        self.spawn(id, connection.handle(), async move { (transfer.run(&mut stream, requests, pace).await, stream) });
        Ok(())
    }

    async fn shell_request(&mut self, id: ChannelId, connection: &mut Connection) -> Result<(), russh::Error> {
        no_shell(id, connection)
    }
}

/// Whoever wants a shell, or a command, is told what there is, and is not left waiting for an answer.
fn no_shell(id: ChannelId, connection: &mut Connection) -> Result<(), russh::Error> {
    let words = "entrepot: files are carried here, by sftp and scp; there is no shell and there are no commands\r\n";
    connection.channel_success(id)?;
    connection.extended_data(id, STANDARD_ERROR, words)?;
    connection.exit_status_request(id, 1)?;
    connection.eof(id)?;
    connection.close(id)
}

impl Session {
    /// What a channel needs to carry files, where it may.
    fn begin(&mut self, id: ChannelId, aside: Aside) -> Option<(Channel<Msg>, Requests, Pace)> {
        let account = self.account.as_ref()?;
        if self.opened >= CHANNELS_MAX {
            return None;
        }
        let channel = self.channels.remove(&id)?;
        self.opened += 1;
        let pace = Pace::new(account.terms.rate, Instant::now());
        Some((channel, Requests::new(self.shared.clone(), account.clone(), aside), pace))
    }

    /// Does the work of a channel, and says goodbye. A stream that is dropped closes its channel, and a client that has not
    /// heard the exit status by then takes it for a failure: so the work gives its stream back.
    fn spawn(
        &self,
        id: ChannelId,
        handle: Handle,
        work: impl Future<Output = (io::Result<()>, ChannelStream<Msg>)> + Send + 'static,
    ) {
        let peer = self.peer;
        self.tasks.spawn(async move {
            let (outcome, stream) = work.await;
            let status = match outcome {
                Ok(()) => 0,
                Err(error) => {
                    tracing::info!(%peer, %error, "a channel broke off");
                    1
                }
            };
            // A client that is gone needs no goodbye.
            let _ = handle.exit_status_request(id, status).await;
            let _ = handle.eof(id).await;
            let _ = handle.close(id).await;
            drop(stream);
        });
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let (Some(account), true) = (&self.account, self.is_counted) {
            self.shared.end_session(&account.partner);
        }
    }
}
