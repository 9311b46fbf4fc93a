//! A gateway's place in the data folder. On SQLite the folder is one gateway's; gateways on one PostgreSQL share it, and
//! each has a part of `work/` to itself: what is claimed there is its own, and its heirs' when it is gone.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::NotStarted;
use crate::store::Store;
use crate::transport::folder::{Claim, Layout, leftovers};

/// Gateways that can share a folder.
const PLACES: u16 = 64;
/// How often each looks for what lies in `work/` longer than this.
const LOOK: Duration = Duration::from_secs(5);

/// A place that is taken until this is dropped.
#[derive(Debug)]
pub struct Place {
    /// The folder with this gateway's own part of `work/`.
    pub layout: Layout,
    _locks: Vec<File>,
}

impl Place {
    /// The whole folder, or one place of many in it.
    ///
    /// # Errors
    /// When another gateway is in the way.
    pub fn take(layout: Layout, shared: bool) -> Result<Self, NotStarted> {
        let in_use = || NotStarted::InUse(layout.root().to_owned());
        let mode =
            if shared { FlockOperation::NonBlockingLockShared } else { FlockOperation::NonBlockingLockExclusive };
        let folder = open(&layout, "entrepot.lock")?;
        flock(&folder, mode).map_err(|_| in_use())?;
        if !shared {
            return Ok(Self { layout, _locks: vec![folder] });
        }
        for number in 1..=PLACES {
            if let Some(lock) = free(&layout, number)? {
                let layout = layout.of_gateway(number);
                layout.prepare([]).map_err(|error| not_started(&layout, error))?;
                return Ok(Self { layout, _locks: vec![folder, lock] });
            }
        }
        Err(in_use())
    }
}

/// Says that the gateways of the store keep their files here; refuses where others that live keep theirs elsewhere.
pub async fn share(store: &Store, layout: &Layout) -> Result<(), NotStarted> {
    let failed = |error| not_started(layout, error);
    let file = layout.root().join("folder-id");
    match File::options().create_new(true).write(true).open(&file) {
        Ok(mut new) => {
            new.write_all(Uuid::now_v7().to_string().as_bytes()).and_then(|()| new.sync_all()).map_err(failed)?;
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(failed(error)),
    }
    let id = fs::read_to_string(&file).map_err(failed)?;
    match store.keeps_files_in(id.trim()).await? {
        true => Ok(()),
        false => Err(NotStarted::Elsewhere(layout.root().to_owned())),
    }
}

/// Receives again what has lain in `work/` for a while: what neighbours that are gone have claimed, and what was claimed here
/// and read by a neighbour, who cannot know whose file it was. Receiving one twice is receiving it once.
pub async fn inherit(layout: Layout, claims: mpsc::WeakSender<Claim>) {
    loop {
        tokio::time::sleep(LOOK).await;
        let found = tokio::task::spawn_blocking({
            let layout = layout.clone();
            move || left(&layout)
        });
        let Some(claims) = claims.upgrade() else { return };
        for claim in found.await.unwrap_or_default() {
            if claim.complete_at.elapsed().is_ok_and(|age| age > LOOK) {
                let _ = claims.send(claim).await;
            }
        }
    }
}

/// What lies in this gateway's place, and in those that nobody has.
fn left(layout: &Layout) -> Vec<Claim> {
    // What a gateway that had the folder to itself has left is anybody's.
    let mut found = leftovers(&Layout::new(layout.root())).unwrap_or_default();
    found.extend(leftovers(layout).unwrap_or_default());
    for number in 1..=PLACES {
        let neighbour = layout.of_gateway(number);
        if neighbour.work().is_dir()
            && let Ok(Some(_lock)) = free(layout, number)
        {
            found.extend(leftovers(&neighbour).unwrap_or_default());
        }
    }
    found
}

/// The lock of a place, where nobody has it.
fn free(layout: &Layout, number: u16) -> Result<Option<File>, NotStarted> {
    let lock = open(layout, &format!("entrepot-{number}.lock"))?;
    Ok(flock(&lock, FlockOperation::NonBlockingLockExclusive).is_ok().then_some(lock))
}

fn open(layout: &Layout, name: &str) -> Result<File, NotStarted> {
    let path = layout.root().join(name);
    let file = File::options().create(true).truncate(false).write(true).open(&path);
    file.map_err(|error| NotStarted::Folder { place: path.display().to_string(), error })
}

fn not_started(layout: &Layout, error: io::Error) -> NotStarted {
    NotStarted::Folder { place: layout.root().display().to_string(), error }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::folder::Entrance;

    #[test]
    fn a_folder_has_one_owner_or_several_places() {
        let root = tempfile::tempdir().unwrap();
        let layout = Layout::new(root.path());
        layout.prepare([]).unwrap();
        let alone = Place::take(layout.clone(), false).unwrap();
        assert!(matches!(Place::take(layout.clone(), true), Err(NotStarted::InUse(_))));
        drop(alone);
        let places = [(); 2].map(|()| Place::take(layout.clone(), true).unwrap());
        assert_ne!(places[0].layout.work(), places[1].layout.work());
        assert!(matches!(Place::take(layout.clone(), false), Err(NotStarted::InUse(_))));
    }

    #[test]
    fn what_a_neighbour_claimed_is_inherited_when_it_is_gone() {
        let root = tempfile::tempdir().unwrap();
        let layout = Layout::new(root.path());
        layout.prepare([]).unwrap();
        let [mine, gone] = [(); 2].map(|()| Place::take(layout.clone(), true).unwrap());
        let file = layout.inbox().join("a.edi");
        fs::write(&file, "ISA").unwrap();
        let claim = Claim::take(&gone.layout, Entrance::In, None, &file).unwrap().unwrap();
        assert_eq!(left(&mine.layout), [], "its owner lives");
        drop(gone);
        assert_eq!(left(&mine.layout)[0].id, claim.id);
    }
}
