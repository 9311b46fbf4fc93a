//! Delivers parcels: written under a temporary name, measured, renamed. The rename is the receipt.

use std::path::Path;
use std::time::Duration;

use russh_sftp::client::SftpSession;
use russh_sftp::client::error::Error as SftpError;
use russh_sftp::protocol::{OpenFlags, StatusCode};
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};

use super::connect::{Connection, in_time};
use super::trouble::Trouble;
use super::{Neighbour, Neighbours, within};
use crate::ports::{Content, Outlet, Parcel, Promise, Receipt, Undelivered};

/// The slowest transfer that is waited for.
const BYTES_PER_SECOND_MIN: u64 = 10_000;

/// The outlet `sftp`.
pub struct Deliverer {
    neighbours: Neighbours,
}

impl Deliverer {
    pub fn new(neighbours: Neighbours) -> Self {
        Self { neighbours }
    }

    async fn deliver(&self, parcel: &Parcel) -> Result<Receipt, Trouble> {
        let neighbour = (self.neighbours)().into_iter().find(|it| it.partner == parcel.partner);
        let neighbour = neighbour.ok_or(Trouble::NotAgreed)?;
        let folder = neighbour.remote.deliver_to.clone().ok_or(Trouble::NotAgreed)?;
        let connection = Connection::open(&neighbour).await?;
        let sent = async { upload(&connection.sftp().await?, &neighbour, &folder, parcel).await };
        let outcome = sent.await;
        connection.close().await;
        outcome
    }
}

impl Outlet for Deliverer {
    fn send<'a>(&'a self, parcel: &'a Parcel) -> Promise<'a, Result<Receipt, Undelivered>> {
        Box::pin(async move { self.deliver(parcel).await.map_err(Trouble::undelivered) })
    }
}

async fn upload(sftp: &SftpSession, neighbour: &Neighbour, folder: &str, parcel: &Parcel) -> Result<Receipt, Trouble> {
    let bytes = match &parcel.content {
        Content::Bytes(bytes) => bytes.len() as u64,
        Content::File(path) => tokio::fs::metadata(path).await?.len(),
    };
    let name = &parcel.file_name;
    let (temporary, place) = (within(folder, &format!("{name}.part")), within(folder, name));
    let receipt =
        |how: &str| Receipt::Held(json!({"sftp": how, "host": neighbour.remote.host, "file": place, "bytes": bytes}));
    let limit = neighbour.remote.timeout + Duration::from_secs(bytes / BYTES_PER_SECOND_MIN);
    // An earlier try may have succeeded without our hearing of it.
    match size_of(sftp, &place).await? {
        Some(there) if there == bytes && is_ours(sftp, &place, parcel, limit).await? => {
            return Ok(receipt("was there from an earlier try"));
        }
        Some(_) => return Err(Trouble::NameTaken(place)),
        None => {}
    }
    let sent = async {
        match &parcel.content {
            Content::Bytes(bytes) => write(sftp, &temporary, &mut bytes.as_slice()).await,
            Content::File(path) => write_file(sftp, &temporary, path).await,
        }
    };
    in_time(limit, sent).await?;
    let has = size_of(sftp, &temporary).await?.unwrap_or(0);
    if has != bytes {
        return Err(Trouble::Size { name: name.clone(), sent: bytes, has });
    }
    let renamed = sftp.rename(&temporary, &place).await;
    renamed.map_err(|error| Trouble::refused(format!("renaming {temporary} to {place}"), error))?;
    Ok(receipt("renamed into place"))
}

/// Whether what lies there under our name are our bytes. Where we may not read, name and size must do for a repeated try.
async fn is_ours(sftp: &SftpSession, place: &str, parcel: &Parcel, limit: Duration) -> Result<bool, Trouble> {
    let Ok(mut theirs) = sftp.open(place).await else { return Ok(parcel.attempts > 0) };
    let broken = |error: std::io::Error| Trouble::Broken(error.to_string());
    let theirs = in_time(limit, async { hash(&mut theirs).await.map_err(broken) }).await?;
    let ours = match &parcel.content {
        Content::Bytes(bytes) => hash(&mut bytes.as_slice()).await?,
        Content::File(path) => hash(&mut tokio::fs::File::open(path).await?).await?,
    };
    Ok(theirs == ours)
}

async fn hash(from: &mut (impl AsyncRead + Unpin)) -> std::io::Result<[u8; 32]> {
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; 256 << 10]);
    loop {
        match from.read(&mut buffer).await? {
            0 => return Ok(hash.finalize().into()),
            count => hash.update(&buffer[..count]),
        }
    }
}

async fn write_file(sftp: &SftpSession, to: &str, path: &Path) -> Result<(), Trouble> {
    write(sftp, to, &mut tokio::fs::File::open(path).await?).await
}

async fn write(sftp: &SftpSession, to: &str, from: &mut (impl AsyncRead + Unpin)) -> Result<(), Trouble> {
    let flags = OpenFlags::WRITE | OpenFlags::CREATE | OpenFlags::TRUNCATE;
    let opened = sftp.open_with_flags(to, flags).await;
    let mut file = opened.map_err(|error| Trouble::refused(format!("writing {to}"), error))?;
    let broken = |error: std::io::Error| Trouble::Broken(error.to_string());
    tokio::io::copy(from, &mut file).await.map_err(broken)?;
    file.flush().await.map_err(broken)?;
    file.close().await.map_err(broken)
}

/// How many bytes a file of the server has; `None` where there is none.
pub async fn size_of(sftp: &SftpSession, path: &str) -> Result<Option<u64>, Trouble> {
    match sftp.metadata(path).await {
        Ok(file) => Ok(Some(file.size.unwrap_or(0))),
        Err(SftpError::Status(status)) if status.status_code == StatusCode::NoSuchFile => Ok(None),
        Err(error) => Err(Trouble::refused(format!("looking at {path}"), error)),
    }
}
