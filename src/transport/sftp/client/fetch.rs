//! Fetches files from a partner's server: each is claimed, copied, measured, taken by the gateway, and only then removed.
//!
//! A crash between any two steps fetches a file again; the gateway knows it by its name, time and hash, and takes it once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use russh_sftp::client::SftpSession;
use russh_sftp::protocol::File;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use uuid::Uuid;

use super::connect::{Connection, in_time};
use super::listing::{Lister, Listing};
use super::trouble::Trouble;
use super::{Neighbour, within};
use crate::partner::sftp::{AfterRemoteFetch, Remote};
use crate::ports::{Arrival, Content, NotTaken, Note, Reception};
use crate::transport::folder::{is_temporary, shown};
use crate::transport::sftp::pattern::fits;

/// Size and time of a file must stay for so long before it is fetched.
const SETTLE: Duration = Duration::from_secs(2);
/// The slowest transfer that is waited for.
const BYTES_PER_SECOND_MIN: u64 = 10_000;
/// Files that were taken under a marker: until they are removed they are known without it.
const OWED: &str = "sftp-owed";

/// What one look at a server brought.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Brought {
    pub taken: u32,
    /// Files that had been taken before, and were still there.
    pub again: u32,
    /// Files the gateway can never take, with the reason.
    pub refused: Vec<(String, String)>,
    /// What went wrong with a file, and not with the connection: it is tried again at the next look.
    pub troubles: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct There {
    bytes: u64,
    changed: u32,
}

/// Looks once and fetches what is whole. `work` is a folder of ours for what is under way.
///
/// # Errors
/// The step that failed; what was taken before it stays taken.
pub async fn fetch(neighbour: &Neighbour, reception: &Arc<dyn Reception>, work: &Path) -> Result<Brought, Trouble> {
    let Some(folder) = &neighbour.remote.fetch_from else { return Ok(Brought::default()) };
    let connection = Connection::open(neighbour).await?;
    let outcome = fetch_all(&connection, neighbour, folder, reception, work).await;
    connection.close().await;
    outcome
}

async fn fetch_all(
    connection: &Connection<'_>,
    neighbour: &Neighbour,
    folder: &str,
    reception: &Arc<dyn Reception>,
    work: &Path,
) -> Result<Brought, Trouble> {
    let remote = &neighbour.remote;
    let mut brought = Brought::default();
    let lister = connection.lister().await?;
    let Listed { whole: mut names, unmarked, is_cut } = list(&lister, remote, folder, |_| true).await?;
    for (name, there) in unmarked {
        let owed = reception.recall(OWED, &owed_key(neighbour, folder, &name)).await;
        if owed.map_err(|error| Trouble::Ours(std::io::Error::other(error)))? == Some(there.value()) {
            names.insert(name, there);
        }
    }
    if is_cut {
        tracing::warn!(
            partner = neighbour.partner,
            folder,
            "more files lie there than one look takes: the next goes on"
        );
    }
    if names.is_empty() {
        if is_cut {
            brought.troubles.push(format!(
                "{folder} holds more files than one look hears of, and none of those it heard of is whole. Ask the partner \
                 to move away what is old"
            ));
        }
        return Ok(brought);
    }
    // A marker says that a file is whole; without one, its size and time must rest.
    if remote.marker.is_none() {
        tokio::time::sleep(SETTLE).await;
        let after = list(&lister, remote, folder, |name| names.contains_key(name)).await?.whole;
        names.retain(|name, there| after.get(name) == Some(there));
    }
    drop(lister);
    let sftp = connection.sftp().await?;
    tokio::fs::create_dir_all(work).await?;
    for (name, there) in names {
        match one(&sftp, neighbour, folder, (&name, there), reception, work).await {
            Ok(None) => {}
            Ok(Some(Outcome::Taken)) => brought.taken += 1,
            Ok(Some(Outcome::Again)) => brought.again += 1,
            Ok(Some(Outcome::Never(why))) => brought.refused.push((name, why)),
            // One file that cannot be had keeps nobody else's away.
            Err(trouble @ (Trouble::Refused { .. } | Trouble::Size { .. })) => {
                brought.troubles.push(trouble.to_string())
            }
            Err(trouble) => return Err(trouble),
        }
    }
    Ok(brought)
}

/// Fetches one file and removes it there. `None`: it is gone.
async fn one(
    sftp: &SftpSession,
    neighbour: &Neighbour,
    folder: &str,
    (name, there): (&str, There),
    reception: &Arc<dyn Reception>,
    work: &Path,
) -> Result<Option<Outcome>, Trouble> {
    let remote = &neighbour.remote;
    let Some(lies) = claim(sftp, remote, folder, name).await? else { return Ok(None) };
    let local = work.join(Uuid::now_v7().simple().to_string());
    let taken = match copy(sftp, remote, &lies, there, &local).await {
        Ok(hash) => take(neighbour, reception, folder, name, there, hash, &local).await,
        Err(trouble) => Err(trouble),
    };
    let _ = tokio::fs::remove_file(&local).await;
    let taken = taken?;
    if !matches!(taken, Outcome::Never(_)) {
        clear(sftp, remote, folder, name, &lies).await?;
    }
    Ok(Some(taken))
}

/// The files of a folder that are meant for us, under their own names.
struct Listed {
    /// Those that may be fetched; what an earlier run claimed is among them.
    whole: BTreeMap<String, There>,
    /// Those whose marker is not there.
    unmarked: BTreeMap<String, There>,
    /// There is more than one look takes.
    is_cut: bool,
}

async fn list(
    lister: &Lister,
    remote: &Remote,
    folder: &str,
    is_asked: impl Fn(&str) -> bool,
) -> Result<Listed, Trouble> {
    let (claim, marker) = (remote.claim.as_deref(), remote.marker.as_deref());
    let claimed = |full: &str| -> Option<String> {
        let name = claim.and_then(|ending| full.strip_suffix(ending))?;
        (!name.is_empty()).then(|| name.to_owned())
    };
    let is_meant = |name: &str| {
        !name.contains(['/', '\0']) && !is_temporary(name.as_ref()) && fits(&remote.pattern, name) && is_asked(name)
    };
    let marked = |full: &str| marker.and_then(|ending| full.strip_suffix(ending)).map(str::to_owned);
    let is_wanted = |file: &File| match marked(&file.filename) {
        Some(name) => is_meant(&name),
        None => is_meant(claimed(&file.filename).as_deref().unwrap_or(&file.filename)),
    };
    let Listing { files, is_cut } = lister.list(folder, is_wanted).await?;
    let there = |file: File| There { bytes: file.attrs.size.unwrap_or(0), changed: file.attrs.mtime.unwrap_or(0) };
    let all: BTreeMap<String, There> = files.into_iter().map(|file| (file.filename.clone(), there(file))).collect();
    let mut found = Listed { whole: BTreeMap::new(), unmarked: BTreeMap::new(), is_cut };
    for (full, there) in all.iter().filter(|(full, _)| marked(full).is_none()) {
        let claimed = claimed(full);
        let is_marked = claimed.is_some() || marker.is_none_or(|ending| all.contains_key(&format!("{full}{ending}")));
        let of = if is_marked { &mut found.whole } else { &mut found.unmarked };
        of.insert(claimed.unwrap_or_else(|| full.clone()), *there);
    }
    Ok(found)
}

/// Makes a file ours by renaming it, where that was agreed; answers where it lies. `None`: it is gone.
async fn claim(sftp: &SftpSession, remote: &Remote, folder: &str, name: &str) -> Result<Option<String>, Trouble> {
    let plain = within(folder, name);
    let Some(ending) = &remote.claim else { return Ok(Some(plain)) };
    let claimed = format!("{plain}{ending}");
    if sftp.rename(&plain, &claimed).await.is_ok() || sftp.try_exists(&claimed).await.unwrap_or(false) {
        return Ok(Some(claimed));
    }
    tracing::debug!(file = plain, "gone before it was claimed");
    Ok(None)
}

/// Copies a file and compares sizes before and after; answers its SHA-256.
async fn copy(sftp: &SftpSession, remote: &Remote, from: &str, there: There, to: &Path) -> Result<String, Trouble> {
    let limit = remote.timeout + Duration::from_secs(there.bytes / BYTES_PER_SECOND_MIN);
    let broken = |error: std::io::Error| Trouble::Broken(error.to_string());
    in_time(limit, async {
        let opened = sftp.open(from).await;
        let mut source = opened.map_err(|error| Trouble::refused(format!("reading {from}"), error))?;
        let mut target = tokio::fs::File::create(to).await?;
        let mut hash = Sha256::new();
        let mut buffer = vec![0; 256 << 10];
        let mut bytes = 0;
        loop {
            let count = source.read(&mut buffer).await.map_err(broken)?;
            if count == 0 {
                break;
            }
            bytes += count as u64;
            if bytes > there.bytes {
                break;
            }
            hash.update(&buffer[..count]);
            target.write_all(&buffer[..count]).await?;
        }
        target.sync_all().await?;
        let _ = source.close().await;
        let now = super::deliver::size_of(sftp, from).await?.unwrap_or(0);
        if bytes != there.bytes || now != there.bytes {
            // It grows or shrinks: the next look finds it at rest.
            return Err(Trouble::Size { name: from.to_owned(), sent: bytes, has: now });
        }
        Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    })
    .await
}

enum Outcome {
    Taken,
    Again,
    Never(String),
}

async fn take(
    neighbour: &Neighbour,
    reception: &Arc<dyn Reception>,
    folder: &str,
    name: &str,
    there: There,
    hash: String,
    local: &Path,
) -> Result<Outcome, Trouble> {
    let place = within(folder, name);
    let key = format!("{}|{place}|{}|{hash}", neighbour.partner, there.changed);
    let id = Uuid::now_v7();
    let owed =
        neighbour.remote.marker.as_ref().map(|_| Note::new(OWED, owed_key(neighbour, folder, name), there.value()));
    let arrival = Arrival {
        id,
        door: "sftp".into(),
        partner: Some(neighbour.partner.clone()),
        name: shown(name.as_ref()),
        content: Content::File(PathBuf::from(local)),
        once: Some(Note::new("sftp-fetched", key, json!({"arrival": id, "file": place, "bytes": there.bytes}))),
        notes: owed.into_iter().collect(),
    };
    match reception.take(arrival).await {
        Ok(crate::ports::Taken::New) => {
            tracing::info!(partner = neighbour.partner, file = place, bytes = there.bytes, "fetched");
            metrics::counter!("entrepot_sftp_fetched_total").increment(1);
            Ok(Outcome::Taken)
        }
        Ok(crate::ports::Taken::Again(_)) => Ok(Outcome::Again),
        Err(NotTaken::Never(why)) => Ok(Outcome::Never(why)),
        Err(NotTaken::Later(why)) => Err(Trouble::Ours(std::io::Error::other(why))),
    }
}

fn owed_key(neighbour: &Neighbour, folder: &str, name: &str) -> String {
    format!("{}|{}", neighbour.partner, within(folder, name))
}

impl There {
    /// As it is remembered.
    fn value(self) -> Value {
        json!([self.bytes, self.changed])
    }
}

/// Removes what we hold durably, or moves it, as agreed. Its marker goes first: one that stayed would call the next file of
/// this name whole while it is still being written.
async fn clear(sftp: &SftpSession, remote: &Remote, folder: &str, name: &str, lies: &str) -> Result<(), Trouble> {
    if let Some(marker) = &remote.marker {
        let marker = within(folder, &format!("{name}{marker}"));
        match sftp.remove_file(&marker).await.map_err(|error| Trouble::refused(format!("deleting {marker}"), error)) {
            Ok(()) => {}
            Err(Trouble::Refused { words, .. }) => tracing::debug!(words, marker, "a marker is not there, or stays"),
            Err(trouble) => return Err(trouble),
        }
    }
    match &remote.after_fetch {
        AfterRemoteFetch::Delete => {
            let removed = sftp.remove_file(lies).await;
            removed.map_err(|error| Trouble::refused(format!("deleting {lies}"), error))?;
        }
        AfterRemoteFetch::MoveTo(kept) => {
            let mut to = within(kept, name);
            if sftp.try_exists(&to).await.unwrap_or(false) {
                to = within(kept, &format!("{}.{name}", Uuid::now_v7().simple()));
            }
            let moved = sftp.rename(lies, &to).await;
            moved.map_err(|error| Trouble::refused(format!("moving {lies} to {to}"), error))?;
        }
    }
    Ok(())
}
