//! Listings of a partner's folders: heard reply by reply, on a channel of their own, and kept as far as there is room. A
//! server may name files without end; what is not kept is found at the next look, when what was kept is gone.

use std::time::{Duration, Instant};

use russh_sftp::client::RawSftpSession;
use russh_sftp::client::error::Error as SftpError;
use russh_sftp::protocol::{File, StatusCode};

use super::trouble::Trouble;

/// Lists folders.
pub struct Lister {
    session: RawSftpSession,
    names_max: usize,
    limit: Duration,
}

/// What a folder holds, as far as it was heard.
pub struct Listing {
    pub files: Vec<File>,
    /// There was more than was kept.
    pub is_cut: bool,
}

impl Lister {
    /// So many names are kept of one listing, and so long it may take: what was heard until then counts.
    pub fn new(session: RawSftpSession, names_max: usize, limit: Duration) -> Self {
        Self { session, names_max, limit }
    }

    /// The files of a folder that are wanted; its folders and links are not.
    ///
    /// # Errors
    /// A folder that cannot be read, or a server that falls silent.
    pub async fn list(&self, folder: &str, is_wanted: impl Fn(&File) -> bool) -> Result<Listing, Trouble> {
        let trouble = |error: SftpError| match error {
            SftpError::Timeout => Trouble::Silent(self.limit.as_secs()),
            error => Trouble::Folder { folder: folder.to_owned(), error: error.to_string() },
        };
        let began = Instant::now();
        let handle = self.session.opendir(folder).await.map_err(trouble)?.handle;
        let mut listing = Listing { files: Vec::new(), is_cut: false };
        while !listing.is_cut {
            let named = match self.session.readdir(handle.as_str()).await {
                Ok(named) => named.files,
                Err(SftpError::Status(status)) if status.status_code == StatusCode::Eof => break,
                Err(error) => return Err(trouble(error)),
            };
            let is_file = |file: &File| !file.attrs.is_dir() && !file.attrs.is_symlink();
            for file in named.into_iter().filter(|file| is_file(file) && is_wanted(file)) {
                if listing.files.len() == self.names_max {
                    listing.is_cut = true;
                    break;
                }
                listing.files.push(file);
            }
            listing.is_cut |= began.elapsed() > self.limit;
        }
        // A server that will not close what was read to its end keeps nobody waiting.
        let _ = self.session.close(handle).await;
        Ok(listing)
    }
}
