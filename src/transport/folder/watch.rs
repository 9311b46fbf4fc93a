//! Watches the folders where files land and claims what is whole.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read as _, Seek as _};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc as std_mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use notify::event::{AccessKind, AccessMode, EventKind, ModifyKind, RenameMode};
use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;

use super::claim::{Claim, Entrance, read};
use super::complete::{Hint, Look, Patience, Verdict, judge};
use super::layout::{Layout, subfolders};
use super::name::{is_temporary, shown};

/// Says by the last bytes of a file whether its structure is closed there.
pub type Tail = fn(Entrance, &[u8]) -> bool;

/// How much of a file's end is shown to [`Tail`].
const TAIL_BYTES: u64 = 1024;

/// A watch that runs on a thread of its own until it is stopped or dropped.
#[derive(Debug)]
pub struct Watch {
    wake: std_mpsc::Sender<Wake>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
enum Wake {
    Event(notify::Result<notify::Event>),
    Stop,
}

impl Watch {
    /// Ends the watch; files that are claimed by then have been sent.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let _ = self.wake.send(Wake::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.end();
    }
}

/// Starts watching. Claims go to `claims`, whose bound is what keeps the door from taking more than can be received.
///
/// # Errors
/// When the thread cannot be started. A missing `notify` only costs time: polling goes on.
pub fn watch(layout: Layout, patience: Patience, closed: Tail, claims: mpsc::Sender<Claim>) -> io::Result<Watch> {
    let (wake, wakes) = std_mpsc::channel();
    let events = wake.clone();
    let notifier = notify::recommended_watcher(move |event| {
        let _ = events.send(Wake::Event(event));
    });
    let notifier = notifier
        .inspect_err(|error| tracing::warn!(%error, "no notice of changes from the operating system; polling only"))
        .ok();
    let watcher = Watcher {
        layout,
        patience,
        closed,
        claims,
        notifier,
        watched: HashSet::new(),
        seen: HashMap::new(),
        told: HashSet::new(),
    };
    let thread = std::thread::Builder::new().name("folder-watch".into()).spawn(move || watcher.run(&wakes))?;
    Ok(Watch { wake, thread: Some(thread) })
}

struct Watcher {
    layout: Layout,
    patience: Patience,
    closed: Tail,
    claims: mpsc::Sender<Claim>,
    notifier: Option<RecommendedWatcher>,
    watched: HashSet<PathBuf>,
    /// Files that were not whole at the last look.
    seen: HashMap<PathBuf, Seen>,
    /// Paths about which a complaint has been logged once.
    told: HashSet<PathBuf>,
}

/// Size and change of a file, and since when they stay.
#[derive(Clone, Copy)]
struct Seen {
    state: (u64, i64, i64),
    since: Instant,
    pass: u64,
}

/// The receiver of claims is gone: the gateway stops.
struct Ended;

impl Watcher {
    fn run(mut self, wakes: &std_mpsc::Receiver<Wake>) {
        let mut pass = 0;
        let mut next_look = Instant::now();
        loop {
            let wait = next_look.saturating_duration_since(Instant::now());
            let outcome = match wakes.recv_timeout(wait) {
                Ok(Wake::Event(Ok(event))) if event.need_rescan() => self.look_everywhere(&mut pass),
                Ok(Wake::Event(Ok(event))) => self.follow(&event, pass),
                Ok(Wake::Event(Err(error))) => {
                    tracing::warn!(%error, "the operating system lost notices of changes; the next look finds the files");
                    Ok(())
                }
                Ok(Wake::Stop) | Err(std_mpsc::RecvTimeoutError::Disconnected) => return,
                Err(std_mpsc::RecvTimeoutError::Timeout) => {
                    let outcome = self.look_everywhere(&mut pass);
                    next_look = Instant::now() + self.patience.poll;
                    outcome
                }
            };
            if let Err(Ended) = outcome {
                return;
            }
        }
    }

    fn follow(&mut self, event: &notify::Event, pass: u64) -> Result<(), Ended> {
        let hint = match event.kind {
            EventKind::Access(AccessKind::Close(AccessMode::Write)) => Hint::Closed,
            EventKind::Modify(ModifyKind::Name(RenameMode::To)) => Hint::Renamed,
            _ => return Ok(()),
        };
        for path in &event.paths {
            if let Some((entrance, partner)) = self.stands_in(path) {
                self.consider(entrance, partner.as_deref(), path, hint, pass)?;
            }
        }
        Ok(())
    }

    /// Which entrance and whose folder a path lies in.
    fn stands_in(&self, path: &Path) -> Option<(Entrance, Option<String>)> {
        let folder = path.parent()?;
        for (entrance, root) in [(Entrance::In, self.layout.inbox()), (Entrance::Send, self.layout.send())] {
            if folder == root {
                return Some((entrance, None));
            }
            if folder.parent() == Some(&root) {
                return Some((entrance, Some(folder.file_name()?.to_str()?.to_owned())));
            }
        }
        None
    }

    fn look_everywhere(&mut self, pass: &mut u64) -> Result<(), Ended> {
        *pass += 1;
        for (entrance, root) in [(Entrance::In, self.layout.inbox()), (Entrance::Send, self.layout.send())] {
            self.look(entrance, None, &root, *pass)?;
            for folder in subfolders(&root).unwrap_or_default() {
                match folder.file_name().and_then(OsStr::to_str) {
                    Some(partner) => self.look(entrance, Some(partner), &folder, *pass)?,
                    None => self.complain(&folder, "a folder whose name is not text is left alone"),
                }
            }
        }
        self.seen.retain(|_, seen| seen.pass == *pass);
        Ok(())
    }

    fn look(&mut self, entrance: Entrance, partner: Option<&str>, folder: &Path, pass: u64) -> Result<(), Ended> {
        if !self.watched.contains(folder)
            && let Some(notifier) = &mut self.notifier
        {
            match notifier.watch(folder, RecursiveMode::NonRecursive) {
                Ok(()) => {
                    self.watched.insert(folder.to_owned());
                }
                Err(error) => {
                    let why = format!("no notice of changes ({error}); polling only");
                    self.complain(folder, &why);
                }
            }
        }
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => {
                self.watched.remove(folder);
                let why = format!("cannot be read: {error}");
                self.complain(folder, &why);
                return Ok(());
            }
        };
        // What was put there together is taken in one order, whatever the folder lists first: by the time of the last
        // change, and by name where two are of the same instant.
        let mut entries: Vec<(SystemTime, fs::DirEntry)> = entries
            .flatten()
            .map(|entry| {
                let changed = entry.metadata().and_then(|known| known.modified());
                (changed.unwrap_or(SystemTime::UNIX_EPOCH), entry)
            })
            .collect();
        entries
            .sort_by(|(one_at, one), (other_at, other)| (one_at, one.file_name()).cmp(&(other_at, other.file_name())));
        for (_, entry) in entries {
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            // Hidden folders are other doors' own: uploads that are not whole yet lie there.
            let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
            if is_folder && partner.is_some() && !is_hidden {
                self.complain(&entry.path(), "a folder inside a partner's folder is left alone");
            } else if !is_folder {
                self.consider(entrance, partner, &entry.path(), Hint::None, pass)?;
            }
        }
        Ok(())
    }

    fn consider(
        &mut self,
        entrance: Entrance,
        partner: Option<&str>,
        path: &Path,
        hint: Hint,
        pass: u64,
    ) -> Result<(), Ended> {
        let name = path.file_name().unwrap_or_default();
        if is_temporary(name) || (entrance == Entrance::Send && !name.as_encoded_bytes().ends_with(b".json")) {
            return Ok(());
        }
        // Gone already: a notice came late, or the writer took it back.
        let Ok(file) = fs::symlink_metadata(path) else { return Ok(()) };
        if file.is_dir() {
            return Ok(());
        }
        // A link or a device is claimed as it is, never opened, and set aside by whoever receives it.
        if file.is_file() && self.judge(entrance, path, &file, hint, pass) == Verdict::Wait {
            return Ok(());
        }
        self.seen.remove(path);
        match Claim::take(&self.layout, entrance, partner, path) {
            Ok(Some(claim)) => self.claims.blocking_send(claim).map_err(|_| Ended),
            Ok(None) => Ok(()),
            Err(error) => {
                let why = format!("cannot be claimed: {error}");
                self.complain(path, &why);
                Ok(())
            }
        }
    }

    fn judge(&mut self, entrance: Entrance, path: &Path, file: &fs::Metadata, hint: Hint, pass: u64) -> Verdict {
        let now = Instant::now();
        let state = (file.len(), file.mtime(), file.mtime_nsec());
        let fresh = Seen { state, since: now, pass };
        let seen = self.seen.get(path).copied().filter(|seen| seen.state == state).unwrap_or(fresh);
        let since_change = file.modified().ok().and_then(|changed| SystemTime::now().duration_since(changed).ok());
        let resting = now.duration_since(seen.since).max(since_change.unwrap_or(Duration::ZERO));
        let mut look = Look { hint, bytes: file.len(), resting, closed: false };
        // Opening costs more than looking: only when the answer depends on the end of the file.
        if judge(look, self.patience) == Verdict::Wait
            && judge(Look { closed: true, ..look }, self.patience) == Verdict::Take
        {
            look.closed = tail(path).is_ok_and(|bytes| (self.closed)(entrance, &bytes));
        }
        let verdict = judge(look, self.patience);
        if verdict == Verdict::Wait {
            self.seen.insert(path.to_owned(), Seen { pass, ..seen });
        }
        verdict
    }

    fn complain(&mut self, path: &Path, why: &str) {
        if self.told.insert(path.to_owned()) {
            tracing::warn!(path = shown(path.as_os_str()), "{why}");
        }
    }
}

fn tail(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = read(path)?;
    let length = file.metadata()?.len();
    file.seek(io::SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
    let mut bytes = Vec::with_capacity(usize::try_from(TAIL_BYTES).unwrap_or(0));
    file.take(TAIL_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closes(_: Entrance, tail: &[u8]) -> bool {
        tail.ends_with(b"END")
    }

    struct Bench {
        _root: tempfile::TempDir,
        layout: Layout,
        claims: mpsc::Receiver<Claim>,
        _watch: Watch,
    }

    fn bench(patience: Patience, before: impl FnOnce(&Layout)) -> Bench {
        let root = tempfile::tempdir().unwrap();
        let layout = Layout::new(root.path());
        layout.prepare(["acme"]).unwrap();
        before(&layout);
        let (sender, claims) = mpsc::channel(16);
        let watch = watch(layout.clone(), patience, closes, sender).unwrap();
        Bench { _root: root, layout, claims, _watch: watch }
    }

    const QUICK: Patience = Patience {
        poll: Duration::from_millis(20),
        settle: Duration::from_millis(60),
        unclosed: Duration::from_millis(400),
    };

    async fn next(bench: &mut Bench) -> (Option<String>, String) {
        let claim = tokio::time::timeout(Duration::from_secs(5), bench.claims.recv()).await.unwrap().unwrap();
        (claim.partner, claim.name.into_string().unwrap())
    }

    #[tokio::test]
    async fn what_lies_there_already_is_taken() {
        let mut bench = bench(QUICK, |layout| {
            fs::write(layout.inbox().join("acme/a.edi"), "one END").unwrap();
            fs::write(layout.inbox().join("acme/b.edi.part"), "one END").unwrap();
            fs::create_dir(layout.inbox().join("acme/folder")).unwrap();
        });
        assert_eq!(next(&mut bench).await, (Some("acme".into()), "a.edi".into()));
        assert!(bench.layout.inbox().join("acme/b.edi.part").exists());
    }

    #[tokio::test]
    async fn what_was_put_there_together_is_taken_by_time_and_then_by_name() {
        let at = |seconds: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000 + seconds);
        let mut bench = bench(QUICK, |layout| {
            for (name, seconds) in [("late.edi", 9), ("b.edi", 5), ("c.edi", 5), ("a.edi", 5), ("z.edi", 1)] {
                let file = fs::File::create(layout.inbox().join("acme").join(name)).unwrap();
                io::Write::write_all(&mut &file, b"END").unwrap();
                file.set_modified(at(seconds)).unwrap();
            }
        });
        let mut order = Vec::new();
        for _ in 0..5 {
            order.push(next(&mut bench).await.1);
        }
        assert_eq!(order, ["z.edi", "a.edi", "b.edi", "c.edi", "late.edi"]);
    }

    #[tokio::test]
    async fn a_renamed_file_is_taken_and_so_is_one_in_a_new_folder() {
        let mut bench = bench(QUICK, |_| {});
        fs::write(bench.layout.inbox().join("x.tmp"), "unclosed").unwrap();
        fs::rename(bench.layout.inbox().join("x.tmp"), bench.layout.inbox().join("x.edi")).unwrap();
        assert_eq!(next(&mut bench).await, (None, "x.edi".into()));
        fs::create_dir(bench.layout.inbox().join("newco")).unwrap();
        fs::write(bench.layout.inbox().join("newco/y.edi"), "END").unwrap();
        assert_eq!(next(&mut bench).await, (Some("newco".into()), "y.edi".into()));
    }

    #[tokio::test]
    async fn an_unclosed_file_needs_more_patience() {
        let mut bench = bench(QUICK, |_| {});
        let started = Instant::now();
        fs::write(bench.layout.inbox().join("open.edi"), "no trailer").unwrap();
        assert_eq!(next(&mut bench).await, (None, "open.edi".into()));
        assert!(started.elapsed() >= Duration::from_millis(350), "{:?}", started.elapsed());
    }

    #[tokio::test]
    async fn send_takes_json_only() {
        let mut bench = bench(QUICK, |_| {});
        fs::write(bench.layout.send().join("acme/readme.txt"), "END").unwrap();
        fs::write(bench.layout.send().join("acme/order.json"), "END").unwrap();
        assert_eq!(next(&mut bench).await, (Some("acme".into()), "order.json".into()));
    }
}
