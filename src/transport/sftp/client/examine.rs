//! Tests a partner's server step by step, for `entrepot doctor`: what works, and the first thing that does not.

use russh_sftp::client::SftpSession;
use russh_sftp::protocol::OpenFlags;
use uuid::Uuid;

use super::connect::{begin, greet, lister, log_in, reach, resolve};
use super::trouble::Trouble;
use super::{Neighbour, within};
use crate::partner::sftp::Remote;

/// One step and how it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// `name`, `port`, `host key`, `login`, `fetch folder`, `deliver folder`.
    pub step: &'static str,
    /// What was found, or what is wrong and what to do.
    pub outcome: Result<String, String>,
}

/// Does what a delivery and a fetch do, with an empty file that is removed again.
pub async fn examine(neighbour: &Neighbour) -> Vec<Finding> {
    let mut findings = Vec::new();
    // The first trouble ends it: the steps stand on one another.
    if let Err((step, trouble)) = steps(neighbour, &mut findings).await {
        findings.push(Finding { step, outcome: Err(trouble.to_string()) });
    }
    findings
}

async fn steps(neighbour: &Neighbour, findings: &mut Vec<Finding>) -> Result<(), (&'static str, Trouble)> {
    let remote = &neighbour.remote;
    let mut well = |step, words: String| findings.push(Finding { step, outcome: Ok(words) });
    let addresses = resolve(remote).await.map_err(|trouble| ("name", trouble))?;
    let shown: Vec<String> = addresses.iter().map(|address| address.ip().to_string()).collect();
    well("name", format!("{} is {}", remote.host, shown.join(", ")));
    let stream = reach(remote, &addresses).await.map_err(|trouble| ("port", trouble))?;
    well("port", format!("{} answers", remote.port));
    let mut handle = greet(remote, stream).await.map_err(|trouble| {
        let step = if matches!(trouble, Trouble::HostKey { .. }) { "host key" } else { "algorithms" };
        (step, trouble)
    })?;
    well("host key", "it is the one that was agreed".into());
    log_in(neighbour, &mut handle).await.map_err(|trouble| ("login", trouble))?;
    well("login", format!("{} is let in", remote.user));
    if let Some(folder) = &remote.fetch_from {
        let lister = lister(remote, &handle).await.map_err(|trouble| ("sftp", trouble))?;
        let listed = lister.list(folder, |_| true).await.map_err(|trouble| ("fetch folder", trouble))?;
        let more = if listed.is_cut { " and more; they are fetched by and by" } else { "" };
        well("fetch folder", format!("{folder} has {} files{more}", listed.files.len()));
    }
    let sftp = begin(remote, &handle).await.map_err(|trouble| ("sftp", trouble))?;
    if let Some(folder) = &remote.deliver_to {
        try_writing(&sftp, folder).await.map_err(|trouble| ("deliver folder", trouble))?;
        well("deliver folder", format!("{folder}: a file can be written, renamed and removed"));
    }
    well("limits", timeouts(remote));
    let _ = handle.disconnect(russh::Disconnect::ByApplication, "", "en").await;
    Ok(())
}

async fn try_writing(sftp: &SftpSession, folder: &str) -> Result<(), Trouble> {
    let trouble = |error: String| Trouble::Folder { folder: folder.to_owned(), error };
    let name = format!(".entrepot-doctor-{}", Uuid::now_v7().simple());
    let (first, second) = (within(folder, &format!("{name}.part")), within(folder, &format!("{name}.tmp")));
    let opened = sftp.open_with_flags(&first, OpenFlags::WRITE | OpenFlags::CREATE).await;
    let file = opened.map_err(|error| trouble(error.to_string()))?;
    file.close().await.map_err(|error| trouble(error.to_string()))?;
    sftp.rename(&first, &second).await.map_err(|error| trouble(error.to_string()))?;
    sftp.remove_file(&second).await.map_err(|error| trouble(error.to_string()))
}

fn timeouts(remote: &Remote) -> String {
    format!("we look every {} seconds and wait {} for an answer", remote.every.as_secs(), remote.timeout.as_secs())
}
