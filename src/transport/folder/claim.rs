//! Claims: a file becomes ours by a rename, keeps its origin in its path, and leaves for the archive or the error folder.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::fs::{CWD, OFlags, RenameFlags, renameat_with};
use rustix::io::Errno;
use uuid::Uuid;

use super::layout::{Layout, make, subfolders};
use super::name::fitting;

/// Through which of the two doors a file came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Entrance {
    /// `in/`: documents as partners write them.
    In,
    /// `send/`: canonical documents that are to go out.
    Send,
}

impl Entrance {
    pub const ALL: [Self; 2] = [Self::In, Self::Send];

    pub const fn name(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Send => "send",
        }
    }
}

/// A file that is ours: it lies in `work/` until the database knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Made with the claim and part of its path: what makes receiving it twice impossible.
    pub id: Uuid,
    pub entrance: Entrance,
    /// The folder it lay in; `None` directly in `in/`.
    pub partner: Option<String>,
    /// As the partner named it, cut where it was too long.
    pub name: OsString,
    /// Where it lies now.
    pub path: PathBuf,
    pub bytes: u64,
    /// When it was complete: its last change before it was claimed, the rename into place included.
    pub complete_at: SystemTime,
}

impl Claim {
    /// Claims a file. `None` when it is gone: another took it, or its writer took it back.
    ///
    /// # Errors
    /// When the rename fails for any other reason.
    pub fn take(layout: &Layout, entrance: Entrance, partner: Option<&str>, found: &Path) -> io::Result<Option<Self>> {
        let id = Uuid::now_v7();
        let name = fitting(found.file_name().unwrap_or(OsStr::new("nameless")));
        let Ok(file) = fs::symlink_metadata(found) else { return Ok(None) };
        let folder = within(layout.work().join(entrance.name()), partner);
        let path = folder.join(prefixed(id, &name));
        match fs::rename(found, &path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if fs::symlink_metadata(found).is_err() {
                    return Ok(None);
                }
                make(&folder)?;
                fs::rename(found, &path)?;
            }
            Err(error) => return Err(error),
        }
        let (bytes, complete_at) = (file.len(), changed_at(&file));
        Ok(Some(Self { id, entrance, partner: partner.map(Into::into), name, path, bytes, complete_at }))
    }

    /// Below `archive/` and `error/`: `PARTNER/`, `send/PARTNER/`, or nothing.
    fn origin(&self) -> PathBuf {
        let door = if self.entrance == Entrance::Send { PathBuf::from("send") } else { PathBuf::new() };
        within(door, self.partner.as_deref())
    }
}

/// Opens a claimed file for reading: a regular one only, and never through a link.
///
/// # Errors
/// [`io::ErrorKind::InvalidInput`] when it is a link, a device, a pipe or a socket.
pub fn read(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let opened = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path);
    let no_file = || io::Error::new(io::ErrorKind::InvalidInput, "not a regular file (a link, a device or a pipe)");
    match opened {
        Ok(file) if file.metadata()?.is_file() => Ok(file),
        Ok(_) => Err(no_file()),
        Err(error) if error.raw_os_error() == Some(Errno::LOOP.raw_os_error()) => Err(no_file()),
        Err(error) if error.raw_os_error() == Some(Errno::NXIO.raw_os_error()) => Err(no_file()),
        Err(error) => Err(error),
    }
}

impl Claim {
    /// The whole file, and whether it changed while it was read.
    ///
    /// # Errors
    /// As [`read`].
    pub fn contents(&self) -> io::Result<(Vec<u8>, bool)> {
        let mut file = read(&self.path)?;
        let before = file.metadata()?;
        let mut bytes = Vec::with_capacity(usize::try_from(before.len()).unwrap_or(0).saturating_add(1));
        file.read_to_end(&mut bytes)?;
        let after = file.metadata()?;
        let state = |file: &fs::Metadata| (file.len(), file.mtime(), file.mtime_nsec());
        let changed = state(&before) != state(&after);
        Ok((bytes, changed))
    }
}

/// Moves a claim to the archive: the database knows it. Doing it twice is doing it once.
///
/// # Errors
/// When the rename fails.
pub fn shelve(layout: &Layout, claim: &Claim) -> io::Result<PathBuf> {
    move_into(&layout.archive().join(claim.origin()), claim, &claim.path)
}

/// Moves a claim (or the archived file it became) to the error folder and lays a companion beside it that says why.
///
/// # Errors
/// When the rename or the companion fails.
pub fn set_aside(layout: &Layout, claim: &Claim, why: &str) -> io::Result<PathBuf> {
    let folder = layout.error().join(claim.origin());
    let path = move_into(&folder, claim, &claim.path)?;
    let mut companion = path.clone().into_os_string();
    companion.push(".error.txt");
    fs::write(&companion, format!("{}\n", why.trim_end()))?;
    Ok(path)
}

/// Removes files below a folder that were last changed longer than `age` ago. Answers how many went.
///
/// # Errors
/// When the folder cannot be read.
pub fn clear(folder: &Path, age: Duration) -> io::Result<u64> {
    let mut removed = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let file = entry.metadata()?;
        if file.is_dir() {
            removed += clear(&entry.path(), age)?;
        } else if file.modified()?.elapsed().is_ok_and(|since| since > age) {
            match fs::remove_file(entry.path()) {
                Ok(()) => removed += 1,
                // Another gateway clears the same folder.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(removed)
}

/// Claims that an earlier run left in `work/`, oldest first.
///
/// # Errors
/// When a folder cannot be read.
pub fn leftovers(layout: &Layout) -> io::Result<Vec<Claim>> {
    let mut found = Vec::new();
    for entrance in Entrance::ALL {
        let folder = layout.work().join(entrance.name());
        if !folder.is_dir() {
            continue;
        }
        collect(&folder, entrance, None, &mut found)?;
        for partner in subfolders(&folder)? {
            let name = partner.file_name().and_then(OsStr::to_str).map(Into::into);
            collect(&partner, entrance, name, &mut found)?;
        }
    }
    found.sort_by_key(|claim| claim.id);
    Ok(found)
}

fn collect(folder: &Path, entrance: Entrance, partner: Option<String>, found: &mut Vec<Claim>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let Some((id, name)) = parted(&entry.file_name()) else { continue };
        if entry.file_type()?.is_dir() {
            continue;
        }
        let file = entry.metadata()?;
        let (bytes, complete_at) = (file.len(), changed_at(&file));
        found.push(Claim { id, entrance, partner: partner.clone(), name, path: entry.path(), bytes, complete_at });
    }
    Ok(())
}

/// The time of the last change to the file or its name.
fn changed_at(file: &fs::Metadata) -> SystemTime {
    let seconds = u64::try_from(file.ctime()).unwrap_or(0);
    let nanoseconds = u32::try_from(file.ctime_nsec()).unwrap_or(0);
    SystemTime::UNIX_EPOCH + Duration::new(seconds, nanoseconds)
}

/// `0193...c2.order.edi`: 32 hexadecimal digits, a point, the name.
fn prefixed(id: Uuid, name: &OsStr) -> OsString {
    let mut text = OsString::from(id.simple().to_string());
    text.push(".");
    text.push(name);
    text
}

fn parted(file_name: &OsStr) -> Option<(Uuid, OsString)> {
    use std::os::unix::ffi::OsStrExt;
    let bytes = file_name.as_bytes();
    let id = Uuid::try_parse_ascii(bytes.get(..32)?).ok()?;
    (bytes.get(32) == Some(&b'.')).then(|| (id, OsStr::from_bytes(&bytes[33..]).to_owned()))
}

fn within(folder: PathBuf, partner: Option<&str>) -> PathBuf {
    match partner {
        Some(partner) => folder.join(partner),
        None => folder,
    }
}

/// Renames into a folder under the partner's name, or, where that is taken, under the claim's.
fn move_into(folder: &Path, claim: &Claim, from: &Path) -> io::Result<PathBuf> {
    let plain = folder.join(&claim.name);
    match rename_new(from, &plain) {
        Ok(()) => return Ok(plain),
        Err(error) if error.kind() == io::ErrorKind::NotFound && !folder.is_dir() => {
            make(folder)?;
            if rename_new(from, &plain).is_ok() {
                return Ok(plain);
            }
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    let own = folder.join(prefixed(claim.id, &claim.name));
    fs::rename(from, &own)?;
    Ok(own)
}

/// Renames where nothing has the new name yet.
fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Ok(()) => Ok(()),
        // Filesystems without the flag: the work folder has one owner, so looking first is enough.
        Err(Errno::INVAL | Errno::NOSYS) if fs::symlink_metadata(to).is_err() => fs::rename(from, to),
        Err(Errno::INVAL | Errno::NOSYS) => Err(io::ErrorKind::AlreadyExists.into()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout() -> (tempfile::TempDir, Layout) {
        let root = tempfile::tempdir().unwrap();
        let layout = Layout::new(root.path());
        layout.prepare(["acme"]).unwrap();
        (root, layout)
    }

    #[test]
    fn a_file_is_claimed_once_and_survives_as_a_leftover() {
        let (_root, layout) = layout();
        let found = layout.inbox().join("acme/order 1.edi");
        fs::write(&found, "ISA").unwrap();
        let claim = Claim::take(&layout, Entrance::In, Some("acme"), &found).unwrap().unwrap();
        assert_eq!(Claim::take(&layout, Entrance::In, Some("acme"), &found).unwrap(), None);
        assert_eq!(leftovers(&layout).unwrap()[0].path, claim.path);
        assert_eq!(claim.contents().unwrap(), (b"ISA".to_vec(), false));
        let archived = shelve(&layout, &claim).unwrap();
        assert_eq!(archived, layout.archive().join("acme/order 1.edi"));
        assert_eq!(leftovers(&layout).unwrap(), []);
    }

    #[test]
    fn the_same_name_again_does_not_overwrite() {
        let (_root, layout) = layout();
        for text in ["one", "two"] {
            let found = layout.inbox().join("order.edi");
            fs::write(&found, text).unwrap();
            let claim = Claim::take(&layout, Entrance::In, None, &found).unwrap().unwrap();
            shelve(&layout, &claim).unwrap();
        }
        assert_eq!(fs::read_to_string(layout.archive().join("order.edi")).unwrap(), "one");
        assert_eq!(fs::read_dir(layout.archive()).unwrap().count(), 2);
    }

    #[test]
    fn links_and_pipes_are_never_opened() {
        let (root, layout) = layout();
        let secret = root.path().join("secret");
        fs::write(&secret, "secret").unwrap();
        let link = layout.inbox().join("link.edi");
        std::os::unix::fs::symlink(&secret, &link).unwrap();
        let claim = Claim::take(&layout, Entrance::In, None, &link).unwrap().unwrap();
        assert_eq!(claim.contents().unwrap_err().kind(), io::ErrorKind::InvalidInput);
        let aside = set_aside(&layout, &claim, "not a regular file").unwrap();
        assert!(fs::symlink_metadata(&aside).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(layout.error().join("link.edi.error.txt")).unwrap(), "not a regular file\n");
    }
}
