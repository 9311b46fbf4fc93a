//! What a session has open: uploads, downloads, listings.

use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use russh_sftp::protocol;

use super::extents::Extents;
use super::memory::Seen;
use super::refusal::{Refusal, failed};
use super::root::Folder;

/// Open at the same time in one session.
pub const HANDLES_MAX: usize = 256;
/// Pieces of one upload that do not join yet.
const PIECES_MAX: usize = 4096;

/// A file that is being written.
#[derive(Debug)]
pub struct Upload {
    pub name: String,
    pub path: PathBuf,
    pub file: File,
    /// Who may write to the path: a later session that opens it takes it over.
    pub token: u64,
    pub appends: bool,
    pub has_mark: bool,
    extents: Extents,
    end: u64,
}

/// A file that is being read.
#[derive(Debug)]
pub struct Download {
    pub folder: Folder,
    pub name: String,
    pub path: PathBuf,
    pub file: File,
    pub seen: Seen,
    extents: Extents,
    reached_end: bool,
}

/// One thing that is open.
#[derive(Debug)]
pub enum Handle {
    Upload(Box<Upload>),
    Download(Box<Download>),
    Listing(VecDeque<protocol::File>),
}

/// All that a session has open, by the names it was told.
#[derive(Debug, Default)]
pub struct Handles {
    open: HashMap<String, Handle>,
    opened: u64,
}

impl Handles {
    /// Opens; answers the name.
    pub fn add(&mut self, handle: Handle) -> String {
        self.opened += 1;
        let name = self.opened.to_string();
        self.open.insert(name.clone(), handle);
        name
    }

    /// Whether one more may be opened.
    pub fn has_room(&self) -> Result<(), Refusal> {
        if self.open.len() < HANDLES_MAX { Ok(()) } else { Err(failed("too many files are open in this session")) }
    }

    pub fn get(&mut self, name: &str) -> Result<&mut Handle, Refusal> {
        self.open.get_mut(name).ok_or_else(unknown)
    }

    pub fn upload(&mut self, name: &str) -> Result<&mut Upload, Refusal> {
        match self.get(name)? {
            Handle::Upload(upload) => Ok(upload),
            _ => Err(failed("this handle was not opened for writing")),
        }
    }

    pub fn remove(&mut self, name: &str) -> Result<Handle, Refusal> {
        self.open.remove(name).ok_or_else(unknown)
    }

    pub fn drain(&mut self) -> impl Iterator<Item = Handle> + '_ {
        self.open.drain().map(|(_, handle)| handle)
    }
}

fn unknown() -> Refusal {
    failed("this handle is not open")
}

impl Upload {
    /// A file with so many good bytes already.
    pub fn new(name: String, path: PathBuf, file: File, token: u64, bytes: u64) -> Self {
        let extents = Extents::up_to(bytes);
        Self { name, path, file, token, appends: false, has_mark: false, extents, end: bytes }
    }

    /// Where bytes go that a client wants at an offset.
    pub fn offset(&self, wanted: u64) -> u64 {
        if self.appends { self.end } else { wanted }
    }

    /// Whether there are holes, or bytes at an offset would leave one.
    pub fn leaves_hole(&self, offset: u64) -> bool {
        offset > self.end || self.hole().is_some()
    }

    /// Writes, in whatever order the bytes come.
    pub fn write(&mut self, offset: u64, data: &[u8]) -> Result<(), Refusal> {
        if self.extents.pieces() > PIECES_MAX {
            return Err(failed("the file comes in too many pieces"));
        }
        self.file.write_all_at(data, offset)?;
        let end = offset + data.len() as u64;
        self.extents.add(offset..end);
        self.end = self.end.max(end);
        Ok(())
    }

    /// Cuts or stretches the file.
    pub fn resize(&mut self, bytes: u64) -> io::Result<()> {
        self.file.set_len(bytes)?;
        self.extents.cut(bytes);
        self.end = bytes;
        Ok(())
    }

    /// The first bytes that never came.
    pub fn hole(&self) -> Option<std::ops::Range<u64>> {
        self.extents.gap(self.end)
    }

    pub fn bytes(&self) -> u64 {
        self.end
    }
}

impl Download {
    /// `before` is what an earlier download that was cut had fetched.
    pub fn new(folder: Folder, name: String, path: PathBuf, file: File, seen: Seen, before: Extents) -> Self {
        Self { folder, name, path, file, seen, extents: before, reached_end: false }
    }

    /// Reads as much as is there; nothing at the end of the file.
    pub fn read(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.file.read_at(&mut buffer[filled..], offset + filled as u64) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        let end = offset + filled as u64;
        self.extents.add(offset..end);
        self.reached_end |= end >= self.seen.bytes;
        Ok(filled)
    }

    /// Whether every byte has gone out, the last of them through this handle.
    pub fn is_complete(&self) -> bool {
        self.reached_end && self.extents.gap(self.seen.bytes).is_none()
    }

    pub fn into_extents(self) -> Extents {
        self.extents
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upload() -> Upload {
        Upload::new("a".into(), PathBuf::from("a"), tempfile::tempfile().unwrap(), 1, 0)
    }

    #[test]
    fn writes_in_any_order() {
        let mut upload = upload();
        assert!(upload.leaves_hole(4));
        upload.write(4, b"efgh").unwrap();
        assert_eq!(upload.hole(), Some(0..4));
        assert!(upload.leaves_hole(8));
        upload.write(0, b"abcd").unwrap();
        assert_eq!((upload.hole(), upload.bytes()), (None, 8));
        upload.resize(3).unwrap();
        assert_eq!((upload.hole(), upload.offset(0)), (None, 0));
        upload.appends = true;
        assert_eq!(upload.offset(0), 3);
    }

    #[test]
    fn a_download_is_complete_with_its_last_byte() {
        let file = tempfile::tempfile().unwrap();
        file.write_all_at(b"0123456789", 0).unwrap();
        let seen = Seen { bytes: 10, changed: 0 };
        let mut first =
            Download::new(Folder::Out, "a".into(), PathBuf::new(), file.try_clone().unwrap(), seen, Extents::default());
        assert_eq!(first.read(0, &mut [0; 6]).unwrap(), 6);
        assert!(!first.is_complete());
        let mut second = Download::new(Folder::Out, "a".into(), PathBuf::new(), file, seen, first.into_extents());
        assert!(!second.is_complete());
        assert_eq!(second.read(6, &mut [0; 6]).unwrap(), 4);
        assert!(second.is_complete());
        assert_eq!(second.read(10, &mut [0; 6]).unwrap(), 0);
    }
}
