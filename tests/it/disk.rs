//! A small filesystem of a test's own, to be filled up. It needs the right to mount; it is gone with the test.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A mounted filesystem in memory.
pub struct Disk {
    place: PathBuf,
}

impl Disk {
    /// Mounts one of this size over a folder, or says why that may not be.
    pub fn mount(place: &Path, bytes: u64) -> Result<Self, String> {
        fs::create_dir_all(place).map_err(|error| error.to_string())?;
        let size = format!("size={bytes}");
        let output = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(place).output();
        let output = output.map_err(|error| format!("mount: {error}"))?;
        match output.status.success() {
            true => Ok(Self { place: place.to_owned() }),
            false => Err(format!("mount: {}", String::from_utf8_lossy(&output.stderr).trim())),
        }
    }

    /// Leaves so many bytes, to the next page.
    pub fn leave(&self, bytes: u64) {
        self.fill();
        let ballast = File::options().write(true).open(self.ballast()).expect("the ballast");
        let left = ballast.metadata().expect("its size").len().saturating_sub(bytes);
        ballast.set_len(left).expect("the ballast shrinks");
    }

    /// Leaves no byte.
    pub fn fill(&self) {
        let mut file = File::create(self.ballast()).expect("a file for ballast");
        for size in [1 << 20, 64 << 10, 4 << 10, 256, 1] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
    }

    pub fn empty(&self) {
        fs::remove_file(self.ballast()).expect("the ballast goes");
    }

    fn ballast(&self) -> PathBuf {
        self.place.join(".ballast")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.place).status();
    }
}
