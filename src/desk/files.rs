//! `map draft|approve|activate`, `partner put|approve`: files of the catalogue are put in force by those who may.

use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};

use super::acting::{acting, changing, refused};
use super::again::waits;
use super::command::{Common, Format};
use super::exceptions::{acted, tried};
use super::output::{Answer, FAINT, Failure, GOOD, Outcome, WARNING, counted};
use super::text::Text;
use super::{catalogue, settings};
use crate::config::Settings;
use crate::journey::InForce;
use crate::journey::act::Act;
use crate::journey::activate::{self, Change, Pending, Step, Waiting};
use crate::journey::examine::whatif::{Reading, compare, latest};
use crate::process::duties::Actor;
use crate::store::{Store, View};

/// Stored documents that a trial reads in both ways.
const READ_AGAIN: usize = 100;

pub fn draft(file: &Path, common: &Common) -> Answer {
    let (path, text) = (map_path(file, common)?, Text::read(file)?.text);
    take(Change { path, step: Step::Draft, text: Some(text), by: String::new() }, common)
}

pub fn approve(draft: &str, common: &Common) -> Answer {
    take(Change { path: draft.to_owned(), step: Step::Approve, text: None, by: String::new() }, common)
}

pub fn activate(draft: &str, common: &Common) -> Answer {
    let file = Path::new(draft);
    // A draft is named as it stands in the catalogue; a file that was never handed in is one that nobody else has seen.
    let (path, text) = match file.is_file() {
        true => (map_path(file, common)?, Some(Text::read(file)?.text)),
        false => (draft.to_owned(), None),
    };
    take(Change { path, step: Step::Activate, text, by: String::new() }, common)
}

pub fn approve_partner(partner: &str, common: &Common) -> Answer {
    let path = format!("partners/{partner}.toml");
    take(Change { path, step: Step::Approve, text: None, by: String::new() }, common)
}

pub fn put(file: &Path, dry_run: bool, common: &Common) -> Answer {
    let name = file.file_name().and_then(|name| name.to_str()).filter(|name| name.ends_with(".toml"));
    let name = name.ok_or_else(|| Failure::usage("a partner file is called PARTNER.toml"))?;
    let text = Text::read(file)?.text;
    let change = Change { path: format!("partners/{name}"), step: Step::Draft, text: Some(text), by: String::new() };
    if dry_run { would(change, common) } else { take(change, common) }
}

/// Where a file stands in the catalogue: as it does below the folder, else a map by its own name.
fn map_path(file: &Path, common: &Common) -> Result<String, Failure> {
    let folder = settings::load(common)?.catalogue.and_then(|folder| folder.canonicalize().ok());
    let whole = file.canonicalize().map_err(|error| Failure::usage(format!("{}: {error}", file.display())))?;
    if let Some(below) = folder.and_then(|folder| whole.strip_prefix(folder).map(Path::to_owned).ok()) {
        return Ok(below.display().to_string());
    }
    let text = Text::read(file)?;
    let rules = catalogue(common)?;
    let sheet = rules.maps.sheet(&text.name, &text.text, &rules.grammars);
    let name = sheet.flat.header.map(|header| header.name.value);
    let name = name.ok_or_else(|| Failure::usage(format!("{} is no map with a name of its own", file.display())))?;
    Ok(format!("mappings/{name}.map"))
}

fn take(change: Change, common: &Common) -> Answer {
    let settings = settings::load(common)?;
    changing(&settings, async |store| {
        let actor = acting(store, common.by.as_deref()).await?;
        step(store, &settings, &actor, &change, common.format).await
    })
}

/// Takes a step in somebody's name. What is in force then stands in the catalogue folder too.
pub(super) async fn step(store: &Store, settings: &Settings, actor: &Actor, change: &Change, format: Format) -> Answer {
    let mut change = Change { by: actor.name.clone(), ..change.clone() };
    let text = match &change.text {
        Some(text) => text.clone(),
        None => {
            let mut view = store.view().await.map_err(Failure::ours)?;
            let meant = meant(&mut view, &change.path).await?;
            change.path = meant.path;
            meant.draft.text
        }
    };
    let path = change.path.clone();
    let folder = settings.catalogue.as_deref();
    let folder =
        folder.ok_or_else(|| Failure::usage("there is no catalogue folder: the setting catalogue names it"))?;
    let pending = Pending::write(folder, &path, &text)?;
    let done = acted(store, actor, Act::Change(change.clone())).await?;
    let mut out = anstream::stdout();
    warn(&done, format);
    if let Some(outcome) = waits(&mut out, &done, format)? {
        return Ok(outcome);
    }
    let mut view = store.view().await.map_err(Failure::ours)?;
    let is_in_force = activate::in_force(&mut view).await.map_err(Failure::ours)?.get(&path) == Some(&text);
    if is_in_force {
        pending.keep()?;
    }
    let hash = activate::hash(&text);
    let word = match (is_in_force, change.step) {
        (true, _) => "in force",
        (false, Step::Approve) => "approved",
        (false, _) => "drafted",
    };
    match format {
        Format::Json => writeln!(out, "{}", json!({"file": path, "sha256": hash, "state": word}))?,
        Format::Human => {
            writeln!(out, "{GOOD}{word}{GOOD:#} {path}  {FAINT}{}{FAINT:#}", &hash[..12])?;
            let next = match (is_in_force, change.step) {
                (true, _) => None,
                (false, Step::Approve) => Some(format!("entrepot map activate {path} --by NAME")),
                (false, _) => Some(format!("somebody else: entrepot map approve {path} --by NAME")),
            };
            if let Some(next) = next {
                writeln!(out, "  {FAINT}next, {next}{FAINT:#}")?;
            }
        }
    }
    Ok(Outcome::Accepted)
}

/// The draft that somebody names: as it stands in the catalogue, or in short, by the file's or the map's own name.
async fn meant(view: &mut View, name: &str) -> Result<Waiting, Failure> {
    let drafts = activate::drafts(view).await.map_err(Failure::ours)?;
    let known: Vec<String> = drafts.iter().map(|draft| draft.path.clone()).collect();
    let is_short = |path: &str| {
        let below = path.split_once('/').map_or(path, |(_, below)| below);
        let bare = below.rsplit_once('.').map_or(below, |(bare, _)| bare);
        [below, bare].iter().any(|it| *it == name || it.rsplit('/').next() == Some(name))
    };
    let exact = drafts.iter().position(|draft| draft.path == name);
    let short: Vec<usize> = (0..drafts.len()).filter(|&at| is_short(&known[at])).collect();
    let at = match (exact, short.as_slice()) {
        (Some(at), _) | (None, &[at]) => at,
        (None, []) if known.is_empty() => {
            return Err(Failure::usage(format!("there is no draft of {name}; none waits")));
        }
        _ => {
            let waiting = known.join(", ");
            return Err(Failure::usage(format!("there is no one draft called {name}; waiting: {waiting}")));
        }
    };
    Ok(drafts.into_iter().nth(at).expect("a draft of the list"))
}

/// What whoever changes a file should know: beside the answer, which scripts read.
fn warn(done: &Value, format: Format) {
    for warning in done["warnings"].as_array().into_iter().flatten().filter(|_| format == Format::Human) {
        anstream::eprintln!("{WARNING}note{WARNING:#} {}", warning.as_str().unwrap_or_default());
    }
}

/// What a partner file would come to: who has to agree, and which stored documents would read otherwise.
fn would(change: Change, common: &Common) -> Answer {
    let settings = settings::load(common)?;
    changing(&settings, async |store| {
        let actor = acting(store, common.by.as_deref()).await?;
        let change = Change { by: actor.name.clone(), ..change };
        let done = tried(store, &actor, Act::Change(change.clone())).await?;
        let mut out = anstream::stdout();
        if let Some(why) = done["refused"].as_str() {
            return Err(Failure::usage(why));
        }
        let mut view = store.view().await.map_err(Failure::ours)?;
        let files = activate::in_force(&mut view).await.map_err(Failure::ours)?;
        let mut after = files.clone();
        after.insert(change.path.clone(), change.text.clone().unwrap_or_default());
        let compiled = [&files, &after].map(InForce::compile);
        let [Ok(old), Ok(new)] = compiled else { return Err(Failure::usage("it does not compile")) };
        let documents = latest(&mut view, None, change.partner(), READ_AGAIN).await.map_err(refused)?;
        let sides = [&old.catalogue, &new.catalogue].map(|catalogue| Reading { catalogue, map: None });
        let compared = compare(&mut view, &documents, sides).await?;
        if common.format == Format::Json {
            let warnings = done["warnings"].as_array().cloned().unwrap_or_default();
            writeln!(out, "{}", json!({"awaits": done["awaits"], "warnings": warnings, "readings": compared.json()}))?;
            return Ok(Outcome::Accepted);
        }
        warn(&done, common.format);
        if let Value::String(awaits) = &done["awaits"] {
            writeln!(out, "it would wait for {awaits}")?;
        }
        let (read, differing) = (counted(compared.documents, "stored document"), compared.differing);
        writeln!(out, "{read} read with both files, {differing} differ")?;
        for (path, it) in &compared.paths {
            writeln!(out, "  {path:<28} {FAINT}{}{FAINT:#}", counted(it.changes, "change"))?;
        }
        for (document, old, new) in &compared.dispositions {
            writeln!(out, "  {document} was {old}, and would be {new}")?;
        }
        writeln!(out, "  {FAINT}nothing was written{FAINT:#}")?;
        Ok(Outcome::Accepted)
    })
}
