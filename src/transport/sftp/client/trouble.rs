//! What can go wrong with a partner's server, in words that name the next step.

use russh_sftp::client::error::Error as SftpError;
use russh_sftp::protocol::StatusCode;

use crate::ports::{Again, Side, Undelivered};

/// One trouble, by the step where it happened.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error("the name {host} cannot be resolved: {error}. Check `sftp.remote.host` and this machine's DNS")]
    Name { host: String, error: String },
    #[error("nothing answers at {place}: {error}. Check host and port, and whether the partner's firewall lets us in")]
    Unreachable { place: String, error: String },
    #[error("{place} does not speak SSH: {error}. Check the port")]
    NotSsh { place: String, error: String },
    #[error(
        "the server and we have no {kind} algorithm in common; it offers {theirs}. Ask the partner to update it, or set `sftp.remote.legacy = true` if it cannot do better"
    )]
    Algorithm { kind: String, theirs: String },
    #[error(
        "the server's host key is {offered}, which is not among `sftp.remote.host_keys`. Ask the partner, by telephone and not by this connection, whether it has a new key; somebody may be standing between"
    )]
    HostKey { offered: String },
    #[error("{what} cannot be read: {error}")]
    Secret { what: String, error: String },
    #[error(
        "the server does not let {user} in with {tried}; it takes {takes}. Check user, key and password with the partner"
    )]
    Login { user: String, tried: String, takes: String },
    #[error("the server lets us in and offers no SFTP: {0}")]
    NoSftp(String),
    #[error("the folder {folder} on the server: {error}")]
    Folder { folder: String, error: String },
    #[error("{name} was sent with {sent} bytes and the server has {has}")]
    Size { name: String, sent: u64, has: u64 },
    #[error("the server refuses {what}: {words}")]
    Refused { what: String, words: String },
    #[error("there is another {0} on the server, which the partner has not fetched yet")]
    NameTaken(String),
    #[error("the connection broke: {0}")]
    Broken(String),
    #[error("the server did not answer for {0} seconds")]
    Silent(u64),
    #[error("our file cannot be read or written: {0}")]
    Ours(#[from] std::io::Error),
    #[error("no `[sftp.remote]` was agreed with the partner, or it has no `deliver_to`")]
    NotAgreed,
}

impl Trouble {
    /// What an answer of the protocol means for a request.
    pub fn refused(what: impl Into<String>, error: SftpError) -> Self {
        match error {
            SftpError::Status(status) => {
                Self::Refused { what: what.into(), words: words_of(status.status_code, &status.error_message) }
            }
            SftpError::Timeout => Self::Silent(0),
            error => Self::Broken(error.to_string()),
        }
    }

    /// Whose trouble it is.
    pub fn side(&self) -> Side {
        match self {
            Self::Name { .. } | Self::Unreachable { .. } | Self::Broken(_) | Self::Silent(_) => Side::Network,
            Self::Secret { .. } | Self::Ours(_) | Self::NotAgreed => Side::Ours,
            _ => Side::Partner,
        }
    }

    /// The trouble as deliveries know it. Everything may pass or be put right, so nothing is given up.
    pub fn undelivered(self) -> Undelivered {
        Undelivered { side: self.side(), reason: self.to_string(), again: Again::Soon }
    }
}

/// The server's own words where it has some, and the code's meaning.
fn words_of(code: StatusCode, words: &str) -> String {
    let shown: String = words.chars().filter(|c| !c.is_control()).take(200).collect();
    let meaning = code.to_string();
    if shown.is_empty() || shown.eq_ignore_ascii_case(&meaning) { meaning } else { format!("{meaning} ({shown})") }
}
