//! The end of the audit trail, kept once a day where the database cannot change it: in a file and in the log. A chain alone
//! does not miss what was cut off its end.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{Gateway, Step};
use crate::store::{Audited, Broken, Result, View};

/// The trail's last entry on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    pub day: Date,
    pub position: u64,
    pub hash: String,
}

/// Where they stand, a line each: `2026-11-28 50 3a7f...`.
pub fn file(data: &Path) -> PathBuf {
    data.join("audit-anchors")
}

/// Every anchor of a file, the oldest first; none where there is no file. Lines that are none are passed over.
///
/// # Errors
/// When it cannot be read.
pub fn read(file: &Path) -> io::Result<Vec<Anchor>> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let anchor = |line: &str| {
        let mut words = line.split_whitespace();
        let (day, position, hash) = (words.next()?, words.next()?, words.next()?);
        Some(Anchor { day: day.parse().ok()?, position: position.parse().ok()?, hash: hash.to_owned() })
    };
    Ok(text.lines().filter_map(anchor).collect())
}

/// The first entry that an anchor speaks of and that is not there any more, or is another.
///
/// # Errors
/// Those of the store.
pub async fn missed(view: &mut View, anchors: &[Anchor]) -> Result<Option<Broken>> {
    for anchor in anchors {
        let entry = view.audit_after(anchor.position.saturating_sub(1), 1).await?.pop();
        let words = match entry {
            Some(entry) if entry.position == anchor.position && entry.hash == anchor.hash => continue,
            Some(entry) if entry.position == anchor.position => "it is not what the anchor of its day says",
            _ => "it is missing: the anchor of its day knows it",
        };
        return Ok(Some(Broken { position: anchor.position, words }));
    }
    Ok(None)
}

/// Keeps where the trail ends today, once there is something new.
///
/// # Errors
/// Those of the store; when the file cannot be written.
pub(super) async fn anchor(gateway: &Gateway) -> Result<(), Step> {
    let Some(Audited { position, hash, .. }) = gateway.store.view().await?.audit_end().await? else { return Ok(()) };
    let today = TimeZone::UTC.to_datetime(gateway.clock.now()).date();
    let file = file(gateway.layout.root());
    let unwritable = |error: io::Error| Step::Later(format!("{}: {error}", file.display()));
    let mut anchors = read(&file).map_err(unwritable)?;
    // A trail that has become shorter is what the anchors are there to tell: they stay.
    if anchors.last().is_some_and(|last| position <= last.position) {
        return Ok(());
    }
    tracing::info!(position, hash, "the audit trail ends here");
    anchors.retain(|anchor| anchor.day != today);
    anchors.push(Anchor { day: today, position, hash });
    let lines = anchors.iter().map(|Anchor { day, position, hash }| format!("{day} {position} {hash}\n"));
    write(&file, &lines.collect::<String>()).map_err(unwritable)
}

/// Whole or not at all.
fn write(file: &Path, text: &str) -> io::Result<()> {
    // Gateways that share the folder each write the same, and one is the last.
    let beside = file.with_extension(format!("{}.part", std::process::id()));
    let mut part = File::create(&beside)?;
    part.write_all(text.as_bytes())?;
    part.sync_all()?;
    fs::rename(&beside, file)
}
