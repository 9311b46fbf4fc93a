//! What commands on a gateway's store have in common: who acts, by which rules, and how they read and change.

use std::sync::Arc;

use super::output::{Answer, Failure};
use super::settings;
use crate::clock::{Clock as _, SystemClock};
use crate::config::Settings;
use crate::journey::show::asked;
use crate::journey::{InForce, Rules, people};
use crate::process::duties::Actor;
use crate::store::{Access, Error, Store, View};

/// How many rows a list shows.
pub const ROWS_MAX: usize = 1_000;

/// Answers from the store, beside a running daemon.
pub fn reading(settings: &Settings, answer: impl AsyncFnOnce(&Store, &mut View) -> Answer) -> Answer {
    settings::wait(async {
        let store = settings::store(settings, Access::Read).await?;
        let mut view = store.view().await.map_err(Failure::ours)?;
        let answer = answer(&store, &mut view).await;
        drop(view);
        store.close().await;
        answer
    })
}

/// What went wrong with an act of somebody: theirs where it was refused, ours otherwise.
pub fn refused(error: Error) -> Failure {
    match error {
        Error::Refused(why) => Failure::usage(why),
        Error::Missing { what } => Failure::usage(format!("there is no {what}")),
        error => Failure::ours(error),
    }
}

/// Who acts: by name, or while nobody has been added by the name they have on this machine.
pub async fn acting(store: &Store, by: Option<&str>) -> Result<Actor, Failure> {
    let mut view = store.view().await.map_err(Failure::ours)?;
    let actor = people::by_name(&mut view, by).await.map_err(refused)?;
    Ok(if actor.name == people::LOCAL { Actor { name: person(), ..actor } } else { actor })
}

/// Opens the store for a short change.
pub fn changing(settings: &Settings, change: impl AsyncFnOnce(&Store) -> Answer) -> Answer {
    settings::wait(async {
        let store = settings::store(settings, Access::Desk).await?;
        let answer = change(&store).await;
        store.close().await;
        answer
    })
}

/// Whoever gives a name is somebody, for reading too.
pub fn known(name: &str, settings: &Settings) -> Result<(), Failure> {
    settings::wait(async {
        let store = settings::store(settings, Access::Read).await?;
        let mut view = store.view().await.map_err(Failure::ours)?;
        let known = people::by_name(&mut view, Some(name)).await.map(drop).map_err(refused);
        drop(view);
        store.close().await;
        known
    })
}

/// A partner that a list is asked for: there is one of that name, or something is kept of it.
pub async fn asked_of(store: &Store, view: &mut View, partner: Option<&str>) -> Result<(), Failure> {
    let Some(name) = partner else { return Ok(()) };
    let rules = rules(store).await?;
    match asked::partner(view, &rules.in_force, name).await.map_err(Failure::ours)? {
        Some(wrong) => Err(Failure::usage(wrong)),
        None => Ok(()),
    }
}

/// Whoever gave the command, for the record.
pub fn person() -> String {
    let name = std::env::var("SUDO_USER").or_else(|_| std::env::var("USER")).unwrap_or_default();
    if name.is_empty() { "command line".to_owned() } else { format!("{name} at the command line") }
}

/// The settings in force in this database, and the time.
pub async fn rules(store: &Store) -> Result<Rules, Failure> {
    let mut view = store.view().await.map_err(Failure::ours)?;
    let revision = view.active_revision().await.map_err(Failure::ours)?;
    let files = match revision {
        Some(revision) => view.revision_files(&revision).await.map_err(Failure::ours)?,
        None => Default::default(),
    };
    let in_force = InForce::compile(&files)
        .map_err(|mistakes| Failure::usage(format!("{} mistakes in the settings in force", mistakes.len())))?;
    Ok(Rules { in_force: Arc::new(in_force), store: store.clone(), now: SystemClock.now() })
}
