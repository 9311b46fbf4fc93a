//! A partner's uploads while they are not whole: kept where the partner sees them and the folder watch does not.
//!
//! CLOSE is no proof that a file is whole: clients send it when they are interrupted too. A file is taken when it is
//! renamed into place, or closed and its end closes its structure; else it waits for its rest, and is put aside as
//! truncated when nothing comes. Taking is a rename into the folder that is watched, so that receiving stays one journey.

use std::ffi::OsStr;
use std::fs::{self, File, Metadata};
use std::io::{self, Read as _, Seek as _};
use std::ops::Range;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;
use uuid::Uuid;

use crate::partner::Sftp;
use crate::transport::folder::{Claim, Entrance, Layout, Tail, is_temporary, set_aside};

/// How much of a file's end is looked at.
const TAIL_BYTES: u64 = 1024;
/// A file under a temporary name waits this much longer than one under its own name.
const TEMPORARY_HOLD: Duration = Duration::from_secs(24 * 3600);

/// One partner's uploads.
#[derive(Clone, Debug)]
pub struct Uploads {
    layout: Layout,
    partner: String,
    closed: Tail,
    hold: Duration,
    whole_when_closed: bool,
    temporary: Vec<String>,
}

/// An upload that was put aside.
#[derive(Debug)]
pub struct PutAside {
    pub id: Uuid,
    pub name: String,
    pub reason: String,
}

impl Uploads {
    pub fn new(layout: &Layout, partner: &str, terms: &Sftp, closed: Tail) -> Self {
        Self {
            layout: layout.clone(),
            partner: partner.to_owned(),
            closed,
            hold: terms.hold,
            whole_when_closed: terms.whole_when_closed,
            temporary: terms.temporary.iter().map(|ending| ending.to_ascii_lowercase()).collect(),
        }
    }

    /// The folder that is watched: what lies in it is whole.
    pub fn taken_from(&self) -> PathBuf {
        self.layout.inbox().join(&self.partner)
    }

    /// Where an upload lies until it is whole.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    /// Makes the folders that uploads need.
    ///
    /// # Errors
    /// When they cannot be made.
    pub fn prepare(&self) -> io::Result<()> {
        fs::create_dir_all(self.folder())?;
        fs::create_dir_all(self.holes())
    }

    /// Uploads that are not whole yet.
    pub fn list(&self) -> Vec<(String, Metadata)> {
        let mut found = Vec::new();
        for entry in fs::read_dir(self.folder()).into_iter().flatten().flatten() {
            if let (Ok(name), Ok(file)) = (entry.file_name().into_string(), entry.metadata()) {
                found.push((name, file));
            }
        }
        found
    }

    /// Whether the name says that the file is not meant yet.
    pub fn is_temporary(&self, name: &str) -> bool {
        let lower = name.to_ascii_lowercase();
        is_temporary(OsStr::new(name)) || self.temporary.iter().any(|ending| lower.ends_with(ending))
    }

    /// Whether something waits under this name with the ending of a temporary one.
    pub fn has_successor(&self, name: &str) -> bool {
        let is_next = |next: &str| next.starts_with(&format!("{name}.")) && self.is_temporary(next);
        self.list().iter().any(|(next, _)| is_next(next))
    }

    /// Remembers beyond a restart that a file has holes, before the first byte behind one is written.
    ///
    /// # Errors
    /// When the mark cannot be made.
    pub fn mark_holes(&self, name: &str) -> io::Result<()> {
        File::create(self.holes().join(name)).map(drop)
    }

    /// The holes are filled, or the file is gone.
    pub fn unmark_holes(&self, name: &str) {
        // Not there is as good as removed.
        let _ = fs::remove_file(self.holes().join(name));
    }

    pub fn has_holes(&self, name: &str) -> bool {
        self.holes().join(name).exists()
    }

    /// A file was closed under this name: takes it when it is whole. Answers whether it was taken.
    ///
    /// # Errors
    /// When it is whole and cannot be taken now; it stays where it is.
    pub fn closed(&self, name: &str) -> io::Result<bool> {
        if self.is_temporary(name) || self.has_holes(name) {
            return Ok(false);
        }
        if !self.whole_when_closed && !self.ends_well(name)? {
            return Ok(false);
        }
        self.take(name, name)?;
        Ok(true)
    }

    /// Takes an upload under its final name: durable, then visible to the watch.
    ///
    /// # Errors
    /// When it cannot be synced or renamed; it stays where it is.
    pub fn take(&self, name: &str, final_name: &str) -> io::Result<()> {
        let from = self.path(name);
        File::open(&from)?.sync_all()?;
        let folder = self.taken_from();
        let mut to = folder.join(final_name);
        let mut number = 1;
        while let Err(error) = rename_new(&from, &to) {
            if error.kind() != io::ErrorKind::AlreadyExists {
                return Err(error);
            }
            // The one before it waits to be claimed: this one stands beside it.
            number += 1;
            to = folder.join(numbered(final_name, number));
        }
        self.unmark_holes(name);
        File::open(&folder)?.sync_all()
    }

    /// Looks at what has waited long enough: takes what turned out whole, puts aside what did not.
    ///
    /// `is_open` says whether somebody still writes to a path.
    pub fn sweep(&self, now: SystemTime, is_open: impl Fn(&Path) -> bool) -> Vec<PutAside> {
        let mut aside = Vec::new();
        for (name, file) in self.list() {
            let hold = if self.is_temporary(&name) { self.hold.max(TEMPORARY_HOLD) } else { self.hold };
            let rested = now.duration_since(changed_at(&file)).unwrap_or_default();
            if rested < hold || is_open(&self.path(&name)) {
                continue;
            }
            match self.closed(&name) {
                Ok(true) => tracing::info!(partner = self.partner, name, "an upload that was never closed was whole"),
                Ok(false) => match self.put_aside(&name, &file) {
                    Ok(one) => aside.push(one),
                    Err(error) => tracing::error!(partner = self.partner, name, %error, "cannot be put aside"),
                },
                Err(error) => tracing::error!(partner = self.partner, name, %error, "cannot be taken"),
            }
        }
        aside
    }

    fn put_aside(&self, name: &str, file: &Metadata) -> io::Result<PutAside> {
        let waited = self.hold.as_secs();
        let what = if self.has_holes(name) {
            "some of its bytes never came"
        } else if self.is_temporary(name) {
            "it was never renamed to its final name"
        } else {
            "its end is not the end of a document"
        };
        let reason = format!(
            "The upload {name} ({} bytes) is truncated: {what}, and nothing more came for {waited} seconds. \
             It was not processed. Send the whole file again.",
            file.len()
        );
        let claim = Claim {
            id: Uuid::now_v7(),
            entrance: Entrance::In,
            partner: Some(self.partner.clone()),
            name: name.trim_start_matches('.').into(),
            path: self.path(name),
            bytes: file.len(),
            complete_at: changed_at(file),
        };
        set_aside(&self.layout, &claim, &reason)?;
        self.unmark_holes(name);
        Ok(PutAside { id: claim.id, name: name.to_owned(), reason })
    }

    fn ends_well(&self, name: &str) -> io::Result<bool> {
        let mut file = File::open(self.path(name))?;
        let length = file.metadata()?.len();
        file.seek(io::SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
        let mut tail = Vec::new();
        file.take(TAIL_BYTES).read_to_end(&mut tail)?;
        Ok((self.closed)(Entrance::In, &tail))
    }

    fn folder(&self) -> PathBuf {
        self.taken_from().join(".upload")
    }

    /// An empty file per upload with holes, by its name.
    fn holes(&self) -> PathBuf {
        self.taken_from().join(".upload-holes")
    }
}

/// The words for a hole, for whoever sent the file.
pub fn hole_words(hole: &Range<u64>) -> String {
    format!("bytes {} to {} never came", hole.start, hole.end.saturating_sub(1))
}

/// Every change counts, also one of a name or a time: clients set the times of files as they like.
fn changed_at(file: &Metadata) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(file.ctime()).unwrap_or(0))
}

/// `order.edi`, then `order.2.edi`.
fn numbered(name: &str, number: u32) -> String {
    match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() => format!("{stem}.{number}.{ending}"),
        _ => format!("{name}.{number}"),
    }
}

fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // Filesystems without the flag: looking first is nearly as good, and the claim that follows is a rename too.
        Err(Errno::INVAL | Errno::NOSYS) if !to.exists() => fs::rename(from, to),
        Err(Errno::INVAL | Errno::NOSYS) => Err(io::ErrorKind::AlreadyExists.into()),
        other => Ok(other?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(_: Entrance, tail: &[u8]) -> bool {
        tail.ends_with(b"END")
    }

    fn uploads() -> (tempfile::TempDir, Uploads) {
        let root = tempfile::tempdir().unwrap();
        let layout = Layout::new(root.path());
        layout.prepare(["acme"]).unwrap();
        let uploads = Uploads {
            layout,
            partner: "acme".into(),
            closed: ends,
            hold: Duration::from_secs(60),
            whole_when_closed: false,
            temporary: vec![".octransfer".into()],
        };
        uploads.prepare().unwrap();
        (root, uploads)
    }

    #[test]
    fn what_is_taken_when_it_is_closed() {
        for (name, text, holes, taken) in [
            ("a.edi", "one END", false, true),
            ("a.edi", "one EN", false, false),
            ("a.edi", "one END", true, false),
            ("a.edi.filepart", "one END", false, false),
            ("a.ocTransfer", "one END", false, false),
            (".a.edi", "one END", false, false),
        ] {
            let (_root, uploads) = uploads();
            fs::write(uploads.path(name), text).unwrap();
            if holes {
                uploads.mark_holes(name).unwrap();
            }
            assert_eq!(uploads.closed(name).unwrap(), taken, "{name} {text}");
            assert_eq!(uploads.taken_from().join(name).exists(), taken);
            assert_eq!(uploads.path(name).exists(), !taken);
        }
    }

    #[test]
    fn the_same_name_twice_is_two_files() {
        let (_root, uploads) = uploads();
        for text in ["one END", "two END", "three END"] {
            fs::write(uploads.path("order.edi"), text).unwrap();
            assert!(uploads.closed("order.edi").unwrap());
        }
        let read = |name: &str| fs::read_to_string(uploads.taken_from().join(name)).unwrap();
        assert_eq!((read("order.edi"), read("order.2.edi")), ("one END".into(), "two END".into()));
        assert_eq!(read("order.3.edi"), "three END");
    }

    #[test]
    fn what_waits_too_long_is_put_aside_with_its_reason() {
        let (root, uploads) = uploads();
        fs::write(uploads.path("cut.edi"), "half").unwrap();
        fs::write(uploads.path("whole.edi"), "whole END").unwrap();
        fs::write(uploads.path("open.edi"), "half").unwrap();
        fs::write(uploads.path("later.edi.part"), "half").unwrap();
        let soon = SystemTime::now() + Duration::from_secs(30);
        assert!(uploads.sweep(soon, |_| false).is_empty());
        let later = SystemTime::now() + Duration::from_secs(90);
        let aside = uploads.sweep(later, |path| path.ends_with("open.edi"));
        assert_eq!(aside.len(), 1);
        assert!(aside[0].reason.contains("cut.edi (4 bytes) is truncated"), "{}", format!("{}\n", aside[0].reason));
        assert!(uploads.taken_from().join("whole.edi").exists());
        assert_eq!(
            fs::read_to_string(root.path().join("error/acme/cut.edi.error.txt")).unwrap(),
            format!("{}\n", aside[0].reason)
        );
        let mut left: Vec<String> = uploads.list().into_iter().map(|(name, _)| name).collect();
        left.sort();
        assert_eq!(left, ["later.edi.part", "open.edi"]);
        let much_later = SystemTime::now() + Duration::from_secs(90_000);
        assert_eq!(uploads.sweep(much_later, |_| false).len(), 2);
    }
}
