//! What a verb reads: a file or standard input, with the bytes that went through counted.

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};

use super::output::{Failure, said};

/// Files from this size on take long enough for a bar.
const LONG_BYTES: u64 = 16 << 20;

/// A file, or standard input for `-`; it counts the bytes that go through.
pub struct Input {
    inner: Box<dyn Read>,
    pub bytes: u64,
    length: u64,
    bar: ProgressBar,
}

impl Input {
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let bar = ProgressBar::hidden();
        if path.as_os_str() == "-" {
            return Ok(Self { inner: Box::new(io::stdin()), bytes: 0, length: 0, bar });
        }
        let named = |error: io::Error| Failure::usage(format!("{}: {}", path.display(), said(&error)));
        let file = File::open(path).map_err(named)?;
        let known = file.metadata().map_err(named)?;
        if known.is_dir() {
            return Err(Failure::usage(format!("{} is a folder", path.display())));
        }
        Ok(Self { inner: Box::new(file), bytes: 0, length: known.len(), bar })
    }

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

impl Drop for Input {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.bytes += read as u64;
        self.bar.set_position(self.bytes);
        Ok(read)
    }
}
