//! Files that leave: written under a temporary name, synced, renamed, the folder synced; many at once when many wait.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::layout::make;

/// From this many files on, one sync of the filesystem is cheaper than one per file.
const SYNC_TOGETHER_MIN: usize = 12;
/// How many files share one sync at most.
const BATCH_MAX: usize = 1024;

/// One file to be written. Writing it twice is writing it once, as long as the bytes are the same.
#[derive(Clone, Debug)]
pub struct Placement {
    pub path: PathBuf,
    pub bytes: Arc<[u8]>,
}

/// Writes files durably; the answers stand in the order of the placements.
pub fn place(placements: &[Placement]) -> Vec<io::Result<()>> {
    let together = placements.len() >= SYNC_TOGETHER_MIN;
    let mut results: Vec<io::Result<()>> = placements.iter().map(|placement| write(placement, !together)).collect();
    if together && let Err(error) = sync_filesystem(placements) {
        fail_all(&mut results, &error);
    }
    let mut folders: Vec<&Path> = Vec::new();
    for (placement, result) in placements.iter().zip(&mut results) {
        if result.is_ok() {
            *result = fs::rename(temporary(&placement.path), &placement.path);
        }
        if let Some(folder) = placement.path.parent()
            && !folders.contains(&folder)
        {
            folders.push(folder);
        }
    }
    for folder in folders {
        if let Err(error) = File::open(folder).and_then(|folder| folder.sync_all()) {
            for (placement, result) in placements.iter().zip(&mut results) {
                if placement.path.parent() == Some(folder) && result.is_ok() {
                    *result = Err(copy_of(&error));
                }
            }
        }
    }
    results
}

fn write(placement: &Placement, sync: bool) -> io::Result<()> {
    let path = temporary(&placement.path);
    let mut file = match File::create(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if let Some(folder) = path.parent() {
                make(folder)?;
            }
            File::create(&path)?
        }
        other => other?,
    };
    file.write_all(&placement.bytes)?;
    if sync { file.sync_all() } else { Ok(()) }
}

/// `out/acme/.answer.edi.tmp`: hidden, and the same at every attempt, so that a crash leaves at most one behind.
fn temporary(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".tmp");
    path.with_file_name(name)
}

/// Every file of the batch lies under the data folder and so on one filesystem, unless an outlet says otherwise.
fn sync_filesystem(placements: &[Placement]) -> io::Result<()> {
    let mut synced: Vec<u64> = Vec::new();
    for placement in placements {
        let Some(folder) = placement.path.parent() else { continue };
        let device = std::os::unix::fs::MetadataExt::dev(&fs::metadata(folder)?);
        if !synced.contains(&device) {
            rustix::fs::syncfs(File::open(folder)?)?;
            synced.push(device);
        }
    }
    Ok(())
}

fn fail_all(results: &mut [io::Result<()>], error: &io::Error) {
    for result in results {
        if result.is_ok() {
            *result = Err(copy_of(error));
        }
    }
}

fn copy_of(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::new(error.kind(), error.to_string()),
    }
}

/// Writes files for many callers: those that wait while a batch is being synced share the next sync.
#[derive(Clone, Debug)]
pub struct Placer {
    queue: mpsc::Sender<(Placement, oneshot::Sender<io::Result<()>>)>,
}

impl Placer {
    /// Starts the writer; it ends when the last `Placer` is dropped.
    pub fn start() -> Self {
        let (queue, mut waiting) = mpsc::channel::<(Placement, oneshot::Sender<io::Result<()>>)>(BATCH_MAX);
        tokio::spawn(async move {
            let mut batch = Vec::new();
            while waiting.recv_many(&mut batch, BATCH_MAX).await > 0 {
                let (placements, answers): (Vec<_>, Vec<_>) = batch.drain(..).unzip();
                let results = tokio::task::spawn_blocking(move || place(&placements)).await;
                // A panicking writer drops the answers, and its callers see that as an error.
                for (answer, result) in answers.into_iter().zip(results.into_iter().flatten()) {
                    let _ = answer.send(result);
                }
            }
        });
        Self { queue }
    }

    /// Writes one file; returns when it and its name are durable.
    ///
    /// # Errors
    /// The filesystem's own.
    pub async fn place(&self, placement: Placement) -> io::Result<()> {
        self.place_all(vec![placement]).await.pop().unwrap_or_else(|| Err(ended()))
    }

    /// Writes files in their order; answers in the same order, when all are durable or have failed.
    pub async fn place_all(&self, placements: Vec<Placement>) -> Vec<io::Result<()>> {
        let mut waiting = Vec::with_capacity(placements.len());
        for placement in placements {
            let (answer, result) = oneshot::channel();
            let queued = self.queue.send((placement, answer)).await;
            waiting.push(queued.map(|()| result));
        }
        let mut results = Vec::with_capacity(waiting.len());
        for waiting in waiting {
            results.push(match waiting {
                Ok(result) => result.await.unwrap_or_else(|_| Err(ended())),
                Err(_) => Err(ended()),
            });
        }
        results
    }
}

fn ended() -> io::Error {
    io::Error::other("the writer of files has ended")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn many_files_appear_whole_and_no_temporary_stays() {
        let root = tempfile::tempdir().unwrap();
        let placer = Placer::start();
        let waiting: Vec<_> = (0..40)
            .map(|n| {
                let placement = Placement {
                    path: root.path().join(format!("out/p{}/{n}.edi", n % 3)),
                    bytes: n.to_string().into_bytes().into(),
                };
                let placer = placer.clone();
                tokio::spawn(async move { placer.place(placement).await })
            })
            .collect();
        for result in waiting {
            result.await.unwrap().unwrap();
        }
        let mut names = 0;
        for folder in fs::read_dir(root.path().join("out")).unwrap() {
            for file in fs::read_dir(folder.unwrap().path()).unwrap() {
                let file = file.unwrap();
                let name = file.file_name().into_string().unwrap();
                assert_eq!(fs::read_to_string(file.path()).unwrap() + ".edi", name);
                names += 1;
            }
        }
        assert_eq!(names, 40);
    }

    #[test]
    fn one_that_cannot_be_written_fails_alone() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("file"), "").unwrap();
        let placement = |path: &str| Placement { path: root.path().join(path), bytes: Arc::from(&b"x"[..]) };
        let results = place(&[placement("a.edi"), placement("file/b.edi")]);
        assert!(results[0].is_ok() && results[1].is_err());
        assert_eq!(fs::read_to_string(root.path().join("a.edi")).unwrap(), "x");
    }
}
