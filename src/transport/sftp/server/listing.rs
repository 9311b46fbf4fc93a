//! One line of a listing, as `ls -l` writes it (draft-ietf-secsh-filexfer-02, 7): clients that show it to people, and those
//! that read names, sizes and days out of it, know no other form.

use jiff::{SignedDuration, Timestamp};
use russh_sftp::protocol::FileAttributes;

/// Files older than this are listed with their year, as `ls` does: half a year.
const RECENT: SignedDuration = SignedDuration::from_hours(24 * 182);

/// `-rw-r--r--    1 0        0            1113 Nov 27 10:30 order.edi`; times are UTC.
pub(super) fn line(name: &str, attributes: &FileAttributes, now: Timestamp) -> String {
    let kind = if attributes.is_dir() { 'd' } else { '-' };
    let changed = Timestamp::from_second(i64::from(attributes.mtime.unwrap_or(0))).unwrap_or_default();
    let age = now.duration_since(changed);
    let form = if age < RECENT && age > -RECENT { "%b %e %H:%M" } else { "%b %e  %Y" };
    format!(
        "{kind}{} {:>4} {:<8} {:<8} {:>8} {} {name}",
        attributes.permissions(),
        1,
        attributes.uid.unwrap_or(0),
        attributes.gid.unwrap_or(0),
        attributes.size.unwrap_or(0),
        changed.strftime(form)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_ls_has_it() {
        let now: Timestamp = "2026-11-27T12:00:00Z".parse().unwrap();
        for (changed, size, is_folder, expected) in [
            (
                "2026-11-27T10:30:00Z",
                1113,
                false,
                "-rw-r--r--    1 0        0            1113 Nov 27 10:30 order 1.edi",
            ),
            ("2026-11-07T09:05:00Z", 0, false, "-rw-r--r--    1 0        0               0 Nov  7 09:05 order 1.edi"),
            ("2024-02-29T10:30:00Z", 5, false, "-rw-r--r--    1 0        0               5 Feb 29  2024 order 1.edi"),
            ("2026-11-27T10:30:00Z", 0, true, "drwxr-xr-x    1 0        0               0 Nov 27 10:30 order 1.edi"),
            (
                "2026-11-27T10:30:00Z",
                123_456_789_012,
                false,
                "-rw-r--r--    1 0        0        123456789012 Nov 27 10:30 order 1.edi",
            ),
        ] {
            let changed: Timestamp = changed.parse().unwrap();
            let attributes = FileAttributes {
                size: Some(size),
                mtime: Some(u32::try_from(changed.as_second()).unwrap()),
                permissions: Some(if is_folder { 0o40755 } else { 0o100_644 }),
                ..FileAttributes::empty()
            };
            assert_eq!(line("order 1.edi", &attributes, now), expected);
        }
    }
}
