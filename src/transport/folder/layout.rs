//! Where everything lies under the data folder.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The data folder and the names of the folders in it.
#[derive(Clone, Debug)]
pub struct Layout {
    root: PathBuf,
    /// Which of the gateways that share the folder this is; `None` where it is one gateway's.
    gateway: Option<u16>,
}

impl Layout {
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), gateway: None }
    }

    /// The same folder, as one of the gateways that share it sees it.
    #[must_use]
    pub fn of_gateway(&self, number: u16) -> Self {
        Self { root: self.root.clone(), gateway: Some(number) }
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where partners' documents land: `in/PARTNER/`, and `in/` itself for whoever has no folder.
    pub fn inbox(&self) -> PathBuf {
        self.root.join("in")
    }

    /// Where canonical documents land that are to be sent: `send/PARTNER/`.
    pub fn send(&self) -> PathBuf {
        self.root.join("send")
    }

    /// Files that were claimed and that the database does not know yet.
    pub fn work(&self) -> PathBuf {
        let work = self.root.join("work");
        match self.gateway {
            Some(number) => work.join(format!("gateway-{number}")),
            None => work,
        }
    }

    /// Files that the database knows.
    pub fn archive(&self) -> PathBuf {
        self.root.join("archive")
    }

    /// Files that nobody could read, each with a companion in plain words.
    pub fn error(&self) -> PathBuf {
        self.root.join("error")
    }

    /// Answers and documents for one partner.
    pub fn out(&self, partner: &str) -> PathBuf {
        self.root.join("out").join(partner)
    }

    /// Canonical documents, one JSON file each.
    pub fn outbox(&self) -> PathBuf {
        self.root.join("outbox")
    }

    /// Payloads too large for the database.
    pub fn payloads(&self) -> PathBuf {
        self.root.join("payloads")
    }

    pub fn database(&self) -> PathBuf {
        self.root.join("entrepot.db")
    }

    /// Makes the folders that are missing, and those of the named partners.
    ///
    /// # Errors
    /// When a folder cannot be made, or when claims could not be renames because two folders lie on two filesystems.
    pub fn prepare<'a>(&self, partners: impl IntoIterator<Item = &'a str>) -> io::Result<()> {
        for folder in self.folders() {
            make(&folder)?;
        }
        for partner in partners {
            for folder in [self.inbox().join(partner), self.send().join(partner), self.out(partner)] {
                make(&folder)?;
            }
        }
        if let Some((one, other)) = self.divided()? {
            return Err(io::Error::new(
                io::ErrorKind::CrossesDevices,
                format!(
                    "{} and {} lie on two filesystems; files are claimed by renaming",
                    one.display(),
                    other.display()
                ),
            ));
        }
        Ok(())
    }

    /// Two folders that lie on different filesystems, where there are such.
    ///
    /// # Errors
    /// When a folder cannot be looked at.
    pub fn divided(&self) -> io::Result<Option<(PathBuf, PathBuf)>> {
        let work = self.work();
        let device = fs::metadata(&work)?.dev();
        let mut claimed_from = vec![self.inbox(), self.send()];
        for folder in [self.inbox(), self.send()] {
            claimed_from.extend(subfolders(&folder)?);
        }
        claimed_from.extend([self.archive(), self.error()]);
        for folder in claimed_from {
            if fs::metadata(&folder)?.dev() != device {
                return Ok(Some((work, folder)));
            }
        }
        Ok(None)
    }

    /// Every folder directly in the data folder.
    pub fn folders(&self) -> [PathBuf; 8] {
        [
            self.inbox(),
            self.send(),
            self.work(),
            self.archive(),
            self.error(),
            self.root.join("out"),
            self.outbox(),
            self.payloads(),
        ]
    }
}

/// The folders directly inside a folder, hidden ones and links left out.
pub(super) fn subfolders(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() && !entry.file_name().as_encoded_bytes().starts_with(b".") {
            found.push(entry.path());
        }
    }
    Ok(found)
}

/// Makes a folder and its parents, durably: a folder lost with the power would take its files along.
pub(super) fn make(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    if let Some(parent) = folder.parent() {
        File::open(parent)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prepares_twice_and_lies_on_one_filesystem() {
        let root = tempfile::tempdir().unwrap();
        let layout = Layout::new(root.path().join("data"));
        for _ in 0..2 {
            layout.prepare(["acme"]).unwrap();
        }
        assert!(layout.inbox().join("acme").is_dir() && layout.out("acme").is_dir());
        assert_eq!(layout.divided().unwrap(), None);
        assert_eq!(subfolders(&layout.inbox()).unwrap(), [layout.inbox().join("acme")]);
    }
}
