//! One daemon per SQLite file: an exclusive lock on a file beside it, which the system lets go when the process dies.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use super::error::{Error, Result};

/// Held for as long as the daemon lives.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of the database at `path`, or says who has it.
    pub(super) fn take(path: &Path) -> Result<Self> {
        let beside = beside(path);
        let wrap = |error| Error::file(&beside, error);
        let mut file =
            OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&beside).map_err(wrap)?;
        if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
            let mut holder = String::new();
            let _ = file.read_to_string(&mut holder);
            let holder = if holder.trim().is_empty() { "unknown" } else { holder.trim() };
            return Err(Error::InUse { path: path.to_owned(), holder: holder.to_owned() });
        }
        file.set_len(0).map_err(wrap)?;
        file.rewind().map_err(wrap)?;
        // Only for the message: a full disk must not keep the daemon from starting.
        let _ = writeln!(file, "{}", std::process::id());
        Ok(Self { _file: file })
    }
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}
