//! The extensions of the protocol that are answered, and what their answers look like.

use std::io;
use std::path::Path;

use super::handles::HANDLES_MAX;
use super::requests::DATA_BYTES_MAX;

/// What is offered, each with its version.
pub const OFFERED: [(&str, &str); 6] = [
    ("posix-rename@openssh.com", "1"),
    ("fsync@openssh.com", "1"),
    ("limits@openssh.com", "1"),
    ("statvfs@openssh.com", "2"),
    ("lsetstat@openssh.com", "1"),
    ("expand-path@openssh.com", "1"),
];

/// `limits@openssh.com`: the longest packet, READ and WRITE, and how many handles may be open.
pub fn limits() -> Vec<u8> {
    let data = DATA_BYTES_MAX as u64;
    words([data + 1024, data, data, HANDLES_MAX as u64])
}

/// `statvfs@openssh.com`: how much room there is where uploads go. The disk's number is nobody's business.
///
/// # Errors
/// When the folder cannot be looked at.
pub fn room(folder: &Path, name_bytes_max: u64) -> io::Result<Vec<u8>> {
    const NO_SETUID: u64 = 2;
    let disk = rustix::fs::statvfs(folder)?;
    Ok(words([
        disk.f_bsize,
        disk.f_frsize,
        disk.f_blocks,
        disk.f_bfree,
        disk.f_bavail,
        disk.f_files,
        disk.f_ffree,
        disk.f_favail,
        0,
        NO_SETUID,
        name_bytes_max,
    ]))
}

/// `~` is the root, of whoever it is said to be: there are no others' homes.
pub fn expanded(path: &str) -> &str {
    match path.strip_prefix('~') {
        Some(rest) => rest.find('/').map_or("/", |at| &rest[at..]),
        None => path,
    }
}

fn words<const N: usize>(numbers: [u64; N]) -> Vec<u8> {
    numbers.into_iter().flat_map(u64::to_be_bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn homes() {
        for (path, expected) in
            [("~", "/"), ("~/in/a.edi", "/in/a.edi"), ("~acme/in", "/in"), ("in", "in"), ("in/~x", "in/~x")]
        {
            assert_eq!(expanded(path), expected, "{path}");
        }
    }

    #[test]
    fn room_is_eleven_numbers() {
        assert_eq!((room(Path::new("/"), 200).unwrap().len(), limits().len()), (88, 32));
    }
}
