//! What a verb reads: a file or standard input, with the bytes that went through counted.

use std::fs::{self, File};
use std::io::{self, IsTerminal, Read, Seek, SeekFrom};
use std::os::fd::AsFd;
use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};

use super::output::{Failure, said};

/// Files from this size on take long enough for a bar.
const LONG_BYTES: u64 = 16 << 20;

/// A file, or standard input for `-`; it counts the bytes that go through.
pub struct Input<R = Box<dyn Read>> {
    inner: R,
    pub bytes: u64,
    length: u64,
    bar: ProgressBar,
}

impl Input {
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let (inner, length): (Box<dyn Read>, u64) = match path.as_os_str() == "-" {
            true => (Box::new(io::stdin()), 0),
            false => file(path).map(|(file, length)| (Box::new(file) as _, length))?,
        };
        Ok(Self { inner, bytes: 0, length, bar: ProgressBar::hidden() })
    }
}

impl Input<File> {
    /// A file that can be read twice. What comes through a pipe is put into one first, which nobody else sees.
    pub fn whole(path: &Path) -> Result<Self, Failure> {
        let (mut inner, length) = match path.as_os_str() == "-" {
            true => (File::from(io::stdin().as_fd().try_clone_to_owned()?), 0),
            false => file(path)?,
        };
        if inner.stream_position().is_err() {
            let beside = std::env::temp_dir().join(format!("entrepot-{}", uuid::Uuid::now_v7()));
            let mut kept = File::options().read(true).write(true).create_new(true).open(&beside)?;
            fs::remove_file(&beside)?;
            io::copy(&mut inner, &mut kept)?;
            kept.rewind()?;
            inner = kept;
        }
        Ok(Self { inner, bytes: 0, length, bar: ProgressBar::hidden() })
    }
}

/// A file and its length.
fn file(path: &Path) -> Result<(File, u64), Failure> {
    let named = |error: io::Error| Failure::usage(format!("{}: {}", path.display(), said(&error)));
    let file = File::open(path).map_err(named)?;
    let known = file.metadata().map_err(named)?;
    if known.is_dir() {
        return Err(Failure::usage(format!("{} is a folder", path.display())));
    }
    Ok((file, known.len()))
}

impl<R> Input<R> {
    /// Shows on a terminal how far a long file is. Not where the answer itself goes to the terminal meanwhile.
    #[must_use]
    pub fn with_progress(mut self, answer_comes_last: bool) -> Self {
        let is_seen = io::stderr().is_terminal() && (answer_comes_last || !io::stdout().is_terminal());
        if is_seen && self.length >= LONG_BYTES {
            self.bar = ProgressBar::new(self.length);
            if let Ok(style) = ProgressStyle::with_template("{bytes:>10} of {total_bytes} {wide_bar} {eta} left") {
                self.bar.set_style(style);
            }
        }
        self
    }
}

impl<R> Drop for Input<R> {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

impl<R: Read> Read for Input<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.bytes += read as u64;
        self.bar.set_position(self.bytes);
        Ok(read)
    }
}

impl<R: Seek> Seek for Input<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = self.inner.seek(to)?;
        self.bytes = at;
        Ok(at)
    }
}
