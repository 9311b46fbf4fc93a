//! The settings as files: read as one set, taken over as a whole when they change and compile, and not at all otherwise.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::Health;
use crate::config::Settings;
use crate::journey::{Gateway, InForce};
use crate::mistake::Mistake;
use crate::store::{Files, Result, Store, revision_hash};

/// Folders of the catalogue, and what its files are called.
const KINDS: [(&str, &[&str]); 4] = [
    ("partners", &["toml"]),
    ("grammars", &["grammar", "dict"]),
    ("overlays", &["overlay"]),
    ("mappings", &["map", "table"]),
];

/// Reads every file of a catalogue: path below it, and text. Without a folder there are none.
///
/// # Errors
/// When a folder cannot be read, or a file is not text.
pub fn read(catalogue: Option<&Path>) -> io::Result<Files> {
    let mut files = Files::new();
    let Some(catalogue) = catalogue else { return Ok(files) };
    for (folder, endings) in KINDS {
        let root = catalogue.join(folder);
        if root.is_dir() {
            collect(catalogue, &root, endings, &mut files)?;
        }
    }
    Ok(files)
}

fn collect(catalogue: &Path, folder: &Path, endings: &[&str], files: &mut Files) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let hidden = path.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
        if hidden {
            continue;
        }
        if path.is_dir() {
            collect(catalogue, &path, endings, files)?;
        } else if path.extension().and_then(|it| it.to_str()).is_some_and(|ending| endings.contains(&ending)) {
            let name = path.strip_prefix(catalogue).unwrap_or(&path).to_string_lossy().into_owned();
            let text = fs::read_to_string(&path)
                .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))?;
            files.insert(name, text);
        }
    }
    Ok(())
}

/// Puts a set of files in force for every gateway on this database.
///
/// # Errors
/// Those of the store.
pub async fn activate(store: &Store, files: &Files) -> Result<()> {
    let current = store.view().await?.active_revision().await?;
    if current.as_deref() == Some(&revision_hash(files)) {
        return Ok(());
    }
    store
        .write(files.clone(), |files, session| {
            Box::pin(async move { session.activate_revision(files, "taken over from the catalogue").await.map(drop) })
        })
        .await
}

/// Once people have been added, files are put in force by those who may (`entrepot map activate`, `entrepot partner put`),
/// not by whoever can write to the folder. Answers what stays in force where the folder holds something else.
///
/// # Errors
/// Those of the store.
pub async fn held_back(store: &Store, files: &Files) -> Result<Option<Files>> {
    let mut view = store.view().await?;
    let Some(active) = view.active_revision().await?.filter(|active| *active != revision_hash(files)) else {
        return Ok(None);
    };
    if !view.has_people().await? {
        return Ok(None);
    }
    let active = view.revision_files(&active).await?;
    let Some((path, _)) = files.iter().find(|(path, text)| active.get(*path) != Some(text)) else { return Ok(None) };
    let verb = if path.starts_with("partners/") { "partner put" } else { "map draft" };
    tracing::warn!(path, "not taken over: it needs a person, entrepot {verb} {path} --by NAME");
    Ok(Some(active))
}

/// Looks at the files again and again, and at what other gateways put in force.
pub async fn follow(gateway: Arc<Gateway>, health: Health, settings: Settings, mut reloads: mpsc::Receiver<()>) {
    let mut seen = read(settings.catalogue.as_deref()).map(|files| revision_hash(&files)).ok();
    loop {
        tokio::select! {
            () = tokio::time::sleep(settings.folder.poll) => {}
            wish = reloads.recv() => if wish.is_none() { return },
        }
        let catalogue = settings.catalogue.clone();
        let files = match tokio::task::spawn_blocking(move || read(catalogue.as_deref())).await {
            Ok(Ok(files)) => files,
            Ok(Err(error)) => {
                health.warn("settings", error.to_string());
                continue;
            }
            Err(_) => continue,
        };
        let hash = revision_hash(&files);
        if seen.as_deref() != Some(&hash) {
            seen = Some(hash);
            match held_back(&gateway.store, &files).await {
                Ok(None) => take_over(&gateway, &health, &files, true).await,
                Ok(Some(_)) => {}
                Err(error) => tracing::warn!(%error, "what is in force cannot be asked for"),
            }
        } else if let Err(error) = follow_others(&gateway, &health).await {
            tracing::warn!(%error, "what is in force cannot be asked for");
        }
    }
}

/// Another gateway on this database took new settings over: so does this one.
async fn follow_others(gateway: &Gateway, health: &Health) -> Result<()> {
    let mut view = gateway.store.view().await?;
    let Some(active) = view.active_revision().await? else { return Ok(()) };
    if active != gateway.in_force().revision {
        let files = view.revision_files(&active).await?;
        drop(view);
        take_over(gateway, health, &files, false).await;
    }
    Ok(())
}

async fn take_over(gateway: &Gateway, health: &Health, files: &Files, is_ours: bool) {
    match InForce::compile(files) {
        Err(mistakes) => {
            for mistake in &mistakes {
                let source = files.get(&mistake.file).map_or("", String::as_str);
                tracing::error!("settings not taken over: {}", mistake.line(source));
            }
            health.warn("settings", said(&mistakes));
        }
        Ok(new) => {
            let revision = new.revision.clone();
            let folders = gateway.layout.prepare(new.partners.partners.iter().map(|partner| partner.id.as_str()));
            let stored =
                if is_ours { activate(&gateway.store, files).await.map_err(|it| it.to_string()) } else { Ok(()) };
            if let Err(words) = folders.map_err(|it| it.to_string()).and(stored) {
                tracing::error!(words, "settings not taken over");
                return health.warn("settings", words);
            }
            gateway.put_in_force(new);
            health.well("settings");
            tracing::info!(revision, "settings taken over");
        }
    }
}

/// The first mistake, and how many more: the log has them all.
fn said(mistakes: &[Mistake]) -> String {
    let first = mistakes.first().map(|it| format!("{}: {}", it.file, it.message)).unwrap_or_default();
    match mistakes.len() {
        0 | 1 => first,
        count => format!("{first} (and {} more)", count - 1),
    }
}
