//! The virtual root: what a partner calls its folders, and nothing outside them. It touches no disk.

use super::refusal::{Refusal, denied, no_such_file};
use crate::partner::sftp::Folders;

/// The folders that a partner sees directly below its root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Folder {
    In,
    Out,
    Archive,
    Error,
}

impl Folder {
    pub const ALL: [Self; 4] = [Self::In, Self::Out, Self::Archive, Self::Error];

    /// The partner's name for it.
    pub fn name(self, folders: &Folders) -> &str {
        match self {
            Self::In => &folders.inbox,
            Self::Out => &folders.outbox,
            Self::Archive => &folders.archive,
            Self::Error => &folders.error,
        }
    }
}

/// What a path means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Root,
    Folder(Folder),
    File(Folder, String),
}

/// What a name may measure, so that it can carry a prefix later.
pub const NAME_BYTES_MAX: usize = 200;

impl Place {
    /// Reads a path as a client sends it: absolute, or from the root; `.` and `..` never lead out.
    ///
    /// # Errors
    /// When it leads to a folder that the partner does not have, or the name cannot be a file's.
    pub fn read(path: &str, folders: &Folders) -> Result<Self, Refusal> {
        let parts = parts(path);
        let Some((first, rest)) = parts.split_first() else { return Ok(Self::Root) };
        let folder = Folder::ALL.into_iter().find(|folder| folder.name(folders) == *first);
        match (folder, rest) {
            (Some(folder), []) => Ok(Self::Folder(folder)),
            (Some(folder), [name]) => {
                if name.len() > NAME_BYTES_MAX {
                    return Err(denied(format!("a file name has at most {NAME_BYTES_MAX} bytes")));
                }
                if name.chars().any(char::is_control) {
                    return Err(denied("a file name has no control characters"));
                }
                Ok(Self::File(folder, (*name).to_owned()))
            }
            _ => Err(no_such_file(path)),
        }
    }
}

/// The canonical form of a path, whether or not anything is there: what REALPATH answers.
pub fn canonical(path: &str) -> String {
    format!("/{}", parts(path).join("/"))
}

fn parts(path: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        check("", Ok(Place::Root));
        check("/", Ok(Place::Root));
        check("/../..", Ok(Place::Root));
        check("in", Ok(Place::Folder(Folder::In)));
        check("/in/.", Ok(Place::Folder(Folder::In)));
        check("/in//a.edi", Ok(Place::File(Folder::In, "a.edi".into())));
        check("/out/../in/a.edi", Ok(Place::File(Folder::In, "a.edi".into())));
        check("../../in/.hidden", Ok(Place::File(Folder::In, ".hidden".into())));
        check("/etc/passwd", Err(()));
        check("/in/a/b", Err(()));
        check("/in/a\nb", Err(()));
        check("a.edi", Err(()));
        assert_eq!(canonical("./in/../out/./x"), "/out/x");
        assert_eq!(canonical("."), "/");
    }

    fn check(path: &str, expected: Result<Place, ()>) {
        assert_eq!(Place::read(path, &Folders::default()).map_err(drop), expected, "{path:?}");
    }
}
