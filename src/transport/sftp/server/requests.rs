//! What a session asks for, answered on the disk: one request after another, nothing asynchronous.

use std::fs::{self, File, FileTimes, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use jiff::Timestamp;
use russh_sftp::protocol::{
    self, Attrs, Data, ExtendedReply, FileAttributes, FileMode, Name, OpenFlags, Packet, Status, StatusCode, Version,
};

use super::aside::Aside;
use super::extensions;
use super::handles::{Download, Handle, Handles, Upload};
use super::listing::line;
use super::memory::{Key, Seen};
use super::refusal::{Refusal, denied, end_of_file, failed, no_such_file, unsupported};
use super::root::{Folder, NAME_BYTES_MAX, Place, canonical};
use super::uploads::{Uploads, hole_words};
use super::{Account, Shared};
use crate::partner::sftp::AfterFetch;
use crate::transport::folder::{self, is_temporary};

/// What one READ or WRITE carries at most, as OpenSSH's server has it.
pub const DATA_BYTES_MAX: usize = 255 * 1024;
/// Below this much free space nothing new is begun.
const FREE_BYTES_MIN: u64 = 16 << 20;
/// Names in one answer to READDIR.
const NAMES: usize = 100;

/// One session's view of its partner's folders.
#[derive(Debug)]
pub struct Requests {
    shared: Arc<Shared>,
    account: Account,
    uploads: Uploads,
    handles: Handles,
    aside: Aside,
}

type Answer = Result<Packet, Refusal>;

impl Requests {
    pub fn new(shared: Arc<Shared>, account: Account, aside: Aside) -> Self {
        let uploads = Uploads::new(&shared.layout, &account.partner, &account.terms, shared.closed);
        Self { shared, account, uploads, handles: Handles::default(), aside }
    }

    /// Answers one request. What is not done is told with a code and a sentence.
    pub fn answer(&mut self, request: Packet) -> Packet {
        let id = request.get_request_id();
        self.answered(request).unwrap_or_else(|refusal| {
            if matches!(refusal.code, StatusCode::PermissionDenied | StatusCode::Failure) {
                self.aside.say(&refusal.words);
            }
            status(id, refusal.code, refusal.words)
        })
    }

    /// The session is over: what it had open is left as it is, to be resumed.
    pub fn end(&mut self) {
        for handle in self.handles.drain() {
            match handle {
                Handle::Upload(upload) => {
                    let words = "an upload was cut; it waits for the rest";
                    tracing::info!(partner = self.account.partner, name = upload.name, bytes = upload.bytes(), words);
                    self.shared.no_longer_writes(&upload.path, upload.token);
                }
                Handle::Download(download) if download.folder == Folder::Out => {
                    let (key, seen) = ((self.account.partner.clone(), download.name.clone()), download.seen);
                    self.shared.memory().keep_half(key, seen, download.into_extents(), Instant::now());
                }
                Handle::Download(_) | Handle::Listing(_) => {}
            }
        }
    }

    fn answered(&mut self, request: Packet) -> Answer {
        let id = request.get_request_id();
        let done = |words: &str| Ok(status(id, StatusCode::Ok, words.to_owned()));
        match request {
            Packet::Init(_) => Ok(version().into()),
            Packet::RealPath(it) => Ok(Name { id, files: vec![protocol::File::dummy(canonical(&it.path))] }.into()),
            Packet::Stat(it) => self.attributes(&it.path).map(|attrs| Attrs { id, attrs }.into()),
            Packet::Lstat(it) => self.attributes(&it.path).map(|attrs| Attrs { id, attrs }.into()),
            Packet::Fstat(it) => self.handle_attributes(&it.handle).map(|attrs| Attrs { id, attrs }.into()),
            Packet::OpenDir(it) => self.open_folder(&it.path).map(|handle| protocol::Handle { id, handle }.into()),
            Packet::ReadDir(it) => self.read_folder(id, &it.handle),
            Packet::Open(it) => self.open(&it.filename, it.pflags).map(|handle| protocol::Handle { id, handle }.into()),
            Packet::Read(it) => self.read(id, &it.handle, it.offset, it.len),
            Packet::Write(it) => self.write(&it.handle, it.offset, &it.data).and_then(|()| done("written")),
            Packet::Close(it) => self.close(&it.handle).and_then(|words| done(&words)),
            Packet::SetStat(it) => self.set_attributes(&it.path, &it.attrs).and_then(|()| done("set")),
            Packet::FSetStat(it) => self.set_handle_attributes(&it.handle, &it.attrs).and_then(|()| done("set")),
            Packet::Remove(it) => self.remove(&it.filename).and_then(|words| done(&words)),
            Packet::Rename(it) => self.rename(&it.oldpath, &it.newpath).and_then(|words| done(&words)),
            Packet::MkDir(it) => self.make_folder(&it.path).and_then(|()| done("there")),
            Packet::RmDir(_) => Err(denied("the folders are as agreed")),
            Packet::Extended(it) => self.extended(id, &it.request, &it.data),
            Packet::ReadLink(_) | Packet::Symlink(_) => Err(unsupported("a link")),
            _ => Err(Refusal { code: StatusCode::BadMessage, words: "this is no request".into() }),
        }
    }

    fn open(&mut self, path: &str, flags: OpenFlags) -> Result<String, Refusal> {
        self.handles.has_room()?;
        let writes = flags.intersects(OpenFlags::WRITE | OpenFlags::APPEND);
        let (folder, name) = match self.place(path) {
            Ok(Place::File(folder, name)) => (folder, name),
            Err(refusal) if writes && refusal.code == StatusCode::NoSuchFile => return Err(self.not_here()),
            other => return other.and(Err(failed("this is a folder"))),
        };
        let handle = if writes {
            if folder != Folder::In {
                return Err(self.not_here());
            }
            Handle::Upload(Box::new(self.open_upload(name, flags)?))
        } else {
            Handle::Download(Box::new(self.open_download(folder, name)?))
        };
        Ok(self.handles.add(handle))
    }

    fn not_here(&self) -> Refusal {
        denied(format!("files are put into {}/, and nowhere else", self.account.terms.folders.inbox))
    }

    fn open_upload(&mut self, name: String, flags: OpenFlags) -> Result<Upload, Refusal> {
        self.uploads.prepare()?;
        if let Ok(disk) = rustix::fs::statvfs(self.uploads.taken_from())
            && disk.f_bavail.saturating_mul(disk.f_frsize) < FREE_BYTES_MIN
        {
            return Err(io::Error::from(io::ErrorKind::StorageFull).into());
        }
        let path = self.uploads.path(&name);
        let mut options = OpenOptions::new();
        options.read(true).write(true);
        if flags.contains(OpenFlags::CREATE) {
            if flags.contains(OpenFlags::EXCLUDE) {
                options.create_new(true)
            } else {
                options.create(true)
            };
        }
        let file = options.open(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => no_such_file(&name),
            io::ErrorKind::AlreadyExists => failed(format!("there is a {name} already")),
            _ => error.into(),
        })?;
        if flags.contains(OpenFlags::TRUNCATE) {
            file.set_len(0)?;
            self.uploads.unmark_holes(&name);
        } else if self.uploads.has_holes(&name) {
            return Err(failed(format!("{name} has holes from an earlier upload: send it from its beginning")));
        }
        let bytes = file.metadata()?.len();
        let token = self.shared.writes_from_now(&path);
        let mut upload = Upload::new(name, path, file, token, bytes);
        upload.appends = flags.contains(OpenFlags::APPEND);
        Ok(upload)
    }

    fn open_download(&mut self, folder: Folder, name: String) -> Result<Download, Refusal> {
        let path = self.file_path(folder, &name)?;
        let file = folder::read(&path).map_err(|_| no_such_file(&name))?;
        let seen = seen(&file.metadata()?);
        let before = self.shared.memory().half(&self.key(&name), seen);
        Ok(Download::new(folder, name, path, file, seen, before))
    }

    fn read(&mut self, id: u32, handle: &str, offset: u64, length: u32) -> Answer {
        let Handle::Download(download) = self.handles.get(handle)? else {
            return Err(failed("this handle was not opened for reading"));
        };
        let mut data = vec![0; (length as usize).min(DATA_BYTES_MAX)];
        let filled = download.read(offset, &mut data)?;
        if filled == 0 && length > 0 {
            return Err(end_of_file());
        }
        data.truncate(filled);
        Ok(Data { id, data }.into())
    }

    fn write(&mut self, handle: &str, offset: u64, data: &[u8]) -> Result<(), Refusal> {
        let most = self.account.terms.file_bytes_max;
        let upload = self.handles.upload(handle)?;
        if !self.shared.may_write(&upload.path, upload.token) {
            return Err(failed(format!("{} is being sent by a newer session", upload.name)));
        }
        let offset = upload.offset(offset);
        if offset.saturating_add(data.len() as u64) > most {
            return Err(failed(format!("{} is larger than the {most} bytes agreed", upload.name)));
        }
        if !upload.has_mark && upload.leaves_hole(offset) {
            self.uploads.mark_holes(&upload.name)?;
            upload.has_mark = true;
        }
        upload.write(offset, data)
    }

    fn close(&mut self, handle: &str) -> Result<String, Refusal> {
        match self.handles.remove(handle)? {
            Handle::Upload(upload) => self.close_upload(*upload),
            Handle::Download(download) => {
                self.close_download(*download);
                Ok("closed".into())
            }
            Handle::Listing(_) => Ok("closed".into()),
        }
    }

    fn close_upload(&mut self, upload: Upload) -> Result<String, Refusal> {
        if !self.shared.no_longer_writes(&upload.path, upload.token) {
            return Ok("closed; a newer session goes on with it".into());
        }
        if upload.has_mark && upload.hole().is_none() {
            self.uploads.unmark_holes(&upload.name);
        }
        upload.file.sync_all()?;
        let file = upload.file.metadata()?;
        if self.uploads.closed(&upload.name)? {
            self.was_taken(&upload.name, &file);
            return Ok("taken".into());
        }
        tracing::debug!(partner = self.account.partner, name = upload.name, bytes = file.len(), "held");
        let held = match upload.hole() {
            Some(hole) => format!("held: {}", hole_words(&hole)),
            None => "held until it is renamed, or its end is that of a document".into(),
        };
        // Under a temporary name nobody expects anything else.
        if !self.uploads.is_temporary(&upload.name) {
            self.aside.say(&format!("{} is {held}", upload.name));
        }
        Ok(held)
    }

    fn was_taken(&self, name: &str, file: &Metadata) {
        tracing::info!(partner = self.account.partner, name, bytes = file.len(), "an upload was taken");
        metrics::counter!("entrepot_sftp_uploads_total").increment(1);
        self.shared.memory().add_taken(self.key(name), seen(file), Instant::now());
    }

    fn close_download(&self, download: Download) {
        if download.folder != Folder::Out {
            return;
        }
        let key = self.key(&download.name);
        if !download.is_complete() {
            let seen = download.seen;
            return self.shared.memory().keep_half(key, seen, download.into_extents(), Instant::now());
        }
        metrics::counter!("entrepot_sftp_downloads_total").increment(1);
        tracing::info!(partner = self.account.partner, name = download.name, bytes = download.seen.bytes, "fetched");
        if self.account.terms.after_fetch == AfterFetch::Archive && is_still(&download.file, &download.path) {
            match self.archive(&download.name) {
                Ok(path) => self.shared.memory().add_fetched(key, path, Instant::now()),
                // It stays to be fetched again: twice is better than never.
                Err(error) => tracing::warn!(name = download.name, %error, "a fetched file cannot be archived"),
            }
        }
    }

    /// Moves a file of ours to the partner's archive.
    fn archive(&self, name: &str) -> io::Result<PathBuf> {
        let folder = self.folder_path(Folder::Archive);
        fs::create_dir_all(&folder)?;
        let from = self.folder_path(Folder::Out).join(name);
        let mut to = folder.join(name);
        if to.exists() {
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            to = folder.join(format!("{}.{name}", now.as_millis()));
        }
        fs::rename(&from, &to)?;
        Ok(to)
    }

    fn remove(&mut self, path: &str) -> Result<String, Refusal> {
        let Place::File(folder, name) = self.place(path)? else { return Err(denied("the folders are as agreed")) };
        match folder {
            Folder::In => {
                let path = self.uploads.path(&name);
                if path.exists() {
                    fs::remove_file(&path)?;
                    self.uploads.unmark_holes(&name);
                    return Ok("withdrawn before it was taken".into());
                }
                self.attributes_of(folder, &name)?;
                if self.uploads.has_successor(&name) {
                    // WinSCP removes what lies under a name before it renames what it sent to that name.
                    self.shared.memory().forget_taken(&self.key(&name));
                    return Ok("the next of this name may come; what was taken stays taken".into());
                }
                Err(denied(format!("{name} is taken already; send another document that corrects it")))
            }
            Folder::Out => {
                let key = self.key(&name);
                if self.folder_path(Folder::Out).join(&name).exists() && !is_temporary(name.as_ref()) {
                    self.archive(&name)?;
                } else if self.shared.memory().fetched(&key, Instant::now()).is_none() {
                    return Err(no_such_file(&name));
                }
                self.shared.memory().forget_fetched(&key);
                Ok("moved to the archive".into())
            }
            Folder::Archive | Folder::Error => Err(denied("what lies there is kept by the gateway")),
        }
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<String, Refusal> {
        match (self.place(from)?, self.place(to)?) {
            (Place::File(Folder::In, from), Place::File(Folder::In, to)) => self.rename_upload(&from, &to),
            (Place::File(Folder::Out, from), Place::File(Folder::Archive, _)) => {
                if self.folder_path(Folder::Out).join(&from).exists() && !is_temporary(from.as_ref()) {
                    self.archive(&from)?;
                    return Ok("moved to the archive".into());
                }
                match self.shared.memory().fetched(&self.key(&from), Instant::now()) {
                    Some(_) => Ok("moved to the archive".into()),
                    None => Err(no_such_file(&from)),
                }
            }
            _ => Err(denied("files are renamed where they were put, or moved to the archive")),
        }
    }

    /// No folder is made. `scp -r` and `put -r` make one that may be there already: what to do instead is said.
    fn make_folder(&self, path: &str) -> Result<(), Refusal> {
        let words = "the folders are as agreed";
        match self.place(path) {
            Ok(Place::File(Folder::In, name)) => {
                let inbox = &self.account.terms.folders.inbox;
                Err(denied(format!("{words}: send the files of {name} into {inbox}/ itself, without their folder")))
            }
            _ => Err(denied(words)),
        }
    }

    fn rename_upload(&mut self, from: &str, to: &str) -> Result<String, Refusal> {
        let path = self.uploads.path(from);
        let Ok(file) = fs::symlink_metadata(&path) else {
            self.attributes_of(Folder::In, from)?;
            return Err(denied(format!("{from} is taken already under this name")));
        };
        if self.shared.is_written(&path) {
            return Err(failed(format!("{from} is still open: close it, then rename it")));
        }
        if self.uploads.is_temporary(to) {
            fs::rename(&path, self.uploads.path(to))?;
            if self.uploads.has_holes(from) {
                self.uploads.mark_holes(to)?;
                self.uploads.unmark_holes(from);
            }
            return Ok("renamed; the name says it is not meant yet".into());
        }
        if self.uploads.has_holes(from) {
            return Err(failed(format!("{from} has holes, bytes that never came: send it again")));
        }
        let replaced = self.uploads.path(to);
        if from != to && !self.shared.is_written(&replaced) && fs::remove_file(replaced).is_ok() {
            self.uploads.unmark_holes(to);
        }
        self.uploads.take(from, to)?;
        self.was_taken(to, &file);
        Ok("taken".into())
    }

    fn open_folder(&mut self, path: &str) -> Result<String, Refusal> {
        self.handles.has_room()?;
        let names = match self.place(path)? {
            Place::Root => {
                let folders = &self.account.terms.folders;
                Folder::ALL.into_iter().map(|folder| named(folder.name(folders), folder_attributes())).collect()
            }
            Place::Folder(folder) => self.names_in(folder),
            Place::File(_, name) => return Err(failed(format!("{name} is no folder"))),
        };
        let dots = [".", ".."].map(|name| named(name, folder_attributes()));
        Ok(self.handles.add(Handle::Listing(dots.into_iter().chain(names).collect())))
    }

    fn read_folder(&mut self, id: u32, handle: &str) -> Answer {
        let Handle::Listing(names) = self.handles.get(handle)? else { return Err(failed("this handle is no folder")) };
        if names.is_empty() {
            return Err(end_of_file());
        }
        let files = names.drain(..names.len().min(NAMES)).collect();
        Ok(Name { id, files }.into())
    }

    fn names_in(&self, folder: Folder) -> Vec<protocol::File> {
        let mut found = std::collections::BTreeMap::new();
        if folder == Folder::In {
            for (name, seen) in self.shared.memory().all_taken(&self.account.partner, Instant::now()) {
                found.insert(name, attributes(seen));
            }
            found.extend(self.uploads.list().into_iter().map(|(name, file)| (name, attributes(seen(&file)))));
        }
        for entry in fs::read_dir(self.folder_path(folder)).into_iter().flatten().flatten() {
            let (Ok(name), Ok(file)) = (entry.file_name().into_string(), entry.metadata()) else { continue };
            if file.is_file() && !is_temporary(name.as_ref()) {
                found.insert(name, attributes(seen(&file)));
            }
        }
        found.into_iter().map(|(name, attrs)| named(&name, attrs)).collect()
    }

    fn attributes(&self, path: &str) -> Result<FileAttributes, Refusal> {
        match self.place(path)? {
            Place::Root | Place::Folder(_) => Ok(folder_attributes()),
            Place::File(folder, name) => self.attributes_of(folder, &name),
        }
    }

    fn attributes_of(&self, folder: Folder, name: &str) -> Result<FileAttributes, Refusal> {
        let file = self.file_path(folder, name).ok().and_then(|path| fs::symlink_metadata(path).ok());
        if let Some(file) = file.filter(Metadata::is_file) {
            return Ok(attributes(seen(&file)));
        }
        let taken =
            if folder == Folder::In { self.shared.memory().taken(&self.key(name), Instant::now()) } else { None };
        taken.map(attributes).ok_or_else(|| no_such_file(name))
    }

    fn handle_attributes(&mut self, handle: &str) -> Result<FileAttributes, Refusal> {
        match self.handles.get(handle)? {
            Handle::Upload(upload) => Ok(attributes(seen(&upload.file.metadata()?))),
            Handle::Download(download) => Ok(attributes(download.seen)),
            Handle::Listing(_) => Ok(folder_attributes()),
        }
    }

    fn set_attributes(&mut self, path: &str, new: &FileAttributes) -> Result<(), Refusal> {
        let Place::File(folder, name) = self.place(path)? else { return Ok(()) };
        let staged = self.uploads.path(&name);
        if folder == Folder::In && staged.exists() {
            if new.size.is_some() {
                return Err(unsupported("cutting a file that is not open"));
            }
            return Ok(set_times(&OpenOptions::new().write(true).open(staged)?, new)?);
        }
        // Clients set the time of a file that was just taken or fetched: it is there, and its time is not kept.
        let fetched = self.shared.memory().fetched(&self.key(&name), Instant::now()).is_some();
        if fetched { Ok(()) } else { self.attributes_of(folder, &name).map(drop) }
    }

    fn set_handle_attributes(&mut self, handle: &str, new: &FileAttributes) -> Result<(), Refusal> {
        let most = self.account.terms.file_bytes_max;
        let Handle::Upload(upload) = self.handles.get(handle)? else { return Ok(()) };
        if let Some(bytes) = new.size {
            if bytes > most {
                return Err(failed(format!("{} is larger than the {most} bytes agreed", upload.name)));
            }
            if bytes > upload.bytes() && !upload.has_mark {
                self.uploads.mark_holes(&upload.name)?;
                upload.has_mark = true;
            }
            upload.resize(bytes)?;
        }
        Ok(set_times(&upload.file, new)?)
    }

    fn extended(&mut self, id: u32, request: &str, data: &[u8]) -> Answer {
        let done = |words: String| Ok(status(id, StatusCode::Ok, words));
        match request {
            "posix-rename@openssh.com" => {
                let (from, rest) = text(data)?;
                let (to, _) = text(rest)?;
                self.rename(from, to).and_then(done)
            }
            "fsync@openssh.com" => {
                let (handle, _) = text(data)?;
                self.handles.upload(handle)?.file.sync_all()?;
                done("synced".into())
            }
            "limits@openssh.com" => Ok(ExtendedReply { id, data: extensions::limits() }.into()),
            "statvfs@openssh.com" => {
                self.place(text(data)?.0)?;
                self.uploads.prepare()?;
                let data = extensions::room(&self.uploads.taken_from(), NAME_BYTES_MAX as u64)?;
                Ok(ExtendedReply { id, data }.into())
            }
            "lsetstat@openssh.com" => {
                let (path, rest) = text(data)?;
                let attrs = russh_sftp::de::from_bytes(&mut Bytes::copy_from_slice(rest)).map_err(|_| ends_early())?;
                self.set_attributes(path, &attrs).and_then(|()| done("set".into()))
            }
            "expand-path@openssh.com" => {
                let path = canonical(extensions::expanded(text(data)?.0));
                Ok(Name { id, files: vec![protocol::File::dummy(path)] }.into())
            }
            _ => Err(unsupported(request)),
        }
    }

    fn place(&self, path: &str) -> Result<Place, Refusal> {
        Place::read(path, &self.account.terms.folders)
    }

    fn key(&self, name: &str) -> Key {
        (self.account.partner.clone(), name.to_owned())
    }

    fn folder_path(&self, folder: Folder) -> PathBuf {
        let layout = &self.shared.layout;
        match folder {
            Folder::In => self.uploads.taken_from(),
            Folder::Out => layout.out(&self.account.folder),
            Folder::Archive => layout.archive().join("out").join(&self.account.partner),
            Folder::Error => layout.error().join(&self.account.partner),
        }
    }

    /// Where a file lies that the partner may read.
    fn file_path(&self, folder: Folder, name: &str) -> Result<PathBuf, Refusal> {
        let staged = self.uploads.path(name);
        if folder == Folder::In && staged.exists() {
            return Ok(staged);
        }
        // Hidden and temporary names are ours while we write them.
        if is_temporary(name.as_ref()) {
            return Err(no_such_file(name));
        }
        let path = self.folder_path(folder).join(name);
        if folder == Folder::Out && !path.exists() {
            let fetched = self.shared.memory().fetched(&self.key(name), Instant::now());
            return fetched.ok_or_else(|| no_such_file(name));
        }
        Ok(path)
    }
}

fn status(id: u32, status_code: StatusCode, words: String) -> Packet {
    Status { id, status_code, error_message: words, language_tag: "en".into() }.into()
}

fn version() -> Version {
    let extensions = extensions::OFFERED.map(|(name, version)| (name.to_owned(), version.to_owned()));
    Version { version: 3, extensions: extensions.into() }
}

fn named(name: &str, attrs: FileAttributes) -> protocol::File {
    protocol::File { filename: name.to_owned(), longname: line(name, &attrs, Timestamp::now()), attrs }
}

fn seen(file: &Metadata) -> Seen {
    Seen { bytes: file.len(), changed: u32::try_from(file.mtime()).unwrap_or(0) }
}

fn attributes(seen: Seen) -> FileAttributes {
    FileAttributes {
        size: Some(seen.bytes),
        uid: Some(0),
        gid: Some(0),
        permissions: Some(FileMode::REG.bits() | 0o644),
        atime: Some(seen.changed),
        mtime: Some(seen.changed),
        ..FileAttributes::default()
    }
}

fn folder_attributes() -> FileAttributes {
    FileAttributes {
        size: Some(0),
        uid: Some(0),
        gid: Some(0),
        permissions: Some(FileMode::DIR.bits() | 0o755),
        atime: Some(0),
        mtime: Some(0),
        ..FileAttributes::default()
    }
}

fn set_times(file: &File, new: &FileAttributes) -> io::Result<()> {
    let time = |seconds: u32| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds.into());
    match new.mtime {
        Some(changed) => file.set_times(FileTimes::new().set_modified(time(changed))),
        None => Ok(()),
    }
}

/// Whether a path still names the file that is open.
fn is_still(file: &File, path: &Path) -> bool {
    let is = |file: &Metadata| (file.dev(), file.ino());
    matches!((file.metadata(), fs::symlink_metadata(path)), (Ok(one), Ok(other)) if is(&one) == is(&other))
}

/// A string of the protocol, and what follows it.
fn text(data: &[u8]) -> Result<(&str, &[u8]), Refusal> {
    let (length, rest) = data.split_first_chunk::<4>().ok_or_else(ends_early)?;
    let (text, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize).ok_or_else(ends_early)?;
    Ok((std::str::from_utf8(text).map_err(|_| ends_early())?, rest))
}

fn ends_early() -> Refusal {
    Refusal { code: StatusCode::BadMessage, words: "the request ends early".into() }
}
