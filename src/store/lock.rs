//! One daemon per SQLite file: an exclusive lock on a file beside it, which the system lets go when the process dies.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};

use super::error::{Error, Result};

/// How often a lock that somebody has is tried again, and after how long.
const TRIES: u32 = 10;
const PAUSE: Duration = Duration::from_millis(20);

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
        // A child that its last holder was just about to start has the file too, until it becomes another program.
        let is_taken = (0..TRIES).any(|tries| {
            if tries > 0 {
                sleep(PAUSE);
            }
            flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok()
        });
        if !is_taken {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_that_is_let_go_soon_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("entrepot.db");
        let held = Lock::take(&path).unwrap();
        assert!(matches!(Lock::take(&path), Err(Error::InUse { .. })));
        let soon = std::thread::spawn(move || {
            sleep(PAUSE);
            drop(held);
        });
        assert!(Lock::take(&path).is_ok());
        soon.join().unwrap();
    }
}
