//! Maps, partner files and the rules beside them are put in force: written by one person, approved by another where that
//! is wanted, put in force by a third. What is approved and what is put in force is told by the hash of its text.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::apply::Applied;
use super::gateway::InForce;
use crate::mapping::example;
use crate::mistake::Mistake;
use crate::partner::{Directory, Partner, changed};
use crate::process::duties::Action;
use crate::store::{Error, Event, Files, Result, Session, View, hex};

/// Where drafts are noted, by the path of the file.
const DRAFTS: &str = "draft";
/// Drafts that a list shows.
const DRAFTS_MAX: usize = 1_000;

/// One file of the catalogue that changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Below the catalogue: `partners/acme.toml`, `mappings/acme-850.map`.
    pub path: String,
    pub step: Step,
    /// The whole file, where it is written; of the other steps the draft's.
    pub text: Option<String>,
    pub by: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It is written down, and compiles with everything that is in force. A partner file that needs nobody's approval is
    /// in force at once.
    Draft,
    /// Somebody else has read it: its examples come out as they say. A partner file is in force then.
    Approve,
    /// A map is put in force.
    Activate,
}

/// A file that is not in force yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    pub text: String,
    /// SHA-256 of the text, in hexadecimal.
    pub hash: String,
    pub by: String,
    /// Who has approved this text.
    pub approved: Vec<String>,
}

/// What a change touches, as far as it matters who makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Touched {
    /// A map, a grammar, an overlay.
    Rules,
    /// Where a partner is paid.
    Bank,
    /// How documents reach a partner, and who may log in.
    Connection,
    /// Anything else of a partner.
    Terms,
}

impl Change {
    /// The partner whose file it is.
    pub fn partner(&self) -> Option<&str> {
        self.path.strip_prefix("partners/")?.strip_suffix(".toml")
    }
}

/// A file of the catalogue folder that is written beside the one it replaces, and takes its place when it is in force.
#[derive(Debug)]
pub struct Pending {
    beside: PathBuf,
    place: PathBuf,
    kept: bool,
}

impl Pending {
    /// # Errors
    /// When the folder does not take it.
    pub fn write(folder: &Path, path: &str, text: &str) -> io::Result<Self> {
        let place = folder.join(path);
        let name = place.file_name().map(|name| format!(".{}.new", name.display())).unwrap_or_default();
        let beside = place.with_file_name(name);
        if let Some(parent) = place.parent() {
            fs::create_dir_all(parent)?;
        }
        let mut file = fs::File::create(&beside)?;
        let pending = Self { beside, place, kept: false };
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        Ok(pending)
    }

    /// It takes its place.
    ///
    /// # Errors
    /// When the folder does not take it.
    pub fn keep(mut self) -> io::Result<()> {
        fs::rename(&self.beside, &self.place)?;
        self.kept = true;
        Ok(())
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if !self.kept {
            // Hidden files are read by nobody: one that stays is written over the next time.
            let _ = fs::remove_file(&self.beside);
        }
    }
}

/// SHA-256 of a file's text, in hexadecimal.
pub fn hash(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

/// The files in force in this database; none before the first start.
///
/// # Errors
/// Those of the store.
pub async fn in_force(view: &mut View) -> Result<Files> {
    match view.active_revision().await? {
        Some(revision) => view.revision_files(&revision).await,
        None => Ok(Files::new()),
    }
}

/// The draft of a file.
///
/// # Errors
/// Those of the store.
pub async fn draft(view: &mut View, path: &str) -> Result<Option<Draft>> {
    view.note(DRAFTS, path).await?.map(|note| serde_json::from_value(note).map_err(Error::damaged)).transpose()
}

/// A draft that waits, by its path, with what has to be done to it next.
#[derive(Clone, Debug)]
pub struct Waiting {
    pub path: String,
    pub draft: Draft,
    pub next: Action,
}

/// Every draft, by its path.
///
/// # Errors
/// Those of the store.
pub async fn drafts(view: &mut View) -> Result<Vec<Waiting>> {
    let files = in_force(view).await?;
    let mut waiting = Vec::new();
    for (path, note) in view.notes(DRAFTS, DRAFTS_MAX).await? {
        let draft: Draft = serde_json::from_value(note).map_err(Error::damaged)?;
        let step = if draft.approved.is_empty() { Step::Approve } else { Step::Activate };
        let next = action(touched(&files, &path, &draft.text), step);
        waiting.push(Waiting { path, draft, next });
    }
    Ok(waiting)
}

/// A draft is given up.
///
/// # Errors
/// Those of the store.
pub(super) async fn give_up(session: &mut Session, path: &str) -> Result<()> {
    session.drop_note(DRAFTS, path).await
}

/// What a change is for somebody's duties.
///
/// # Errors
/// Those of the store.
pub(super) async fn duty(view: &mut View, change: &Change) -> Result<(Action, String)> {
    let text = match &change.text {
        Some(text) => text.clone(),
        None => draft(view, &change.path).await?.map(|draft| draft.text).unwrap_or_default(),
    };
    let files = in_force(view).await?;
    Ok((action(touched(&files, &change.path, &text), change.step), subject(&change.path)))
}

fn action(touched: Touched, step: Step) -> Action {
    match (touched, step) {
        (Touched::Rules, Step::Draft) => Action::EditMap,
        (Touched::Rules, Step::Approve) => Action::ApproveMap,
        (Touched::Rules, Step::Activate) => Action::ActivateMap,
        (Touched::Bank, Step::Draft) => Action::ProposeBankDetails,
        (Touched::Bank, Step::Approve) => Action::ApproveBankDetails,
        (Touched::Connection | Touched::Terms, Step::Approve) => Action::ApprovePartner,
        (Touched::Bank | Touched::Connection | Touched::Terms, _) => Action::OnboardPartner,
    }
}

/// `partner acme`, `map x12/004010/acme-850`, `file overlays/acme.overlay`.
fn subject(path: &str) -> String {
    let stem = path.rsplit_once('.').map_or(path, |(stem, _)| stem);
    match stem.split_once('/') {
        Some(("partners", partner)) => format!("partner {partner}"),
        Some(("mappings", map)) => format!("map {map}"),
        _ => format!("file {path}"),
    }
}

fn touched(files: &Files, path: &str, text: &str) -> Touched {
    let Some(id) = path.strip_prefix("partners/").and_then(|name| name.strip_suffix(".toml")) else {
        return Touched::Rules;
    };
    let of_partners = |files: &Files| {
        let partners = files.iter().filter(|(path, _)| path.starts_with("partners/"));
        Directory::read(partners.map(|(path, text)| (path.as_str(), text.as_str()))).directory
    };
    let mut after = files.clone();
    after.insert(path.to_owned(), text.to_owned());
    let (before, after) = (of_partners(files), of_partners(&after));
    if id == "us" {
        return if before.us.account == after.us.account { Touched::Connection } else { Touched::Bank };
    }
    let Some(new) = after.partner(id) else { return Touched::Terms };
    let old = before.partner(id);
    if old.and_then(|old| old.account.as_ref()) != new.account.as_ref() {
        return Touched::Bank;
    }
    let connection = |partner: &Partner| {
        let whole = json!(partner);
        ["deliver_by", "as2", "sftp", "http", "mail", "via", "mailbox"].map(|key| whole[key].clone())
    };
    let is_same = match old {
        Some(old) => connection(old) == connection(new),
        None => new.as2.is_none() && new.sftp.is_none() && new.mailbox.is_none(),
    };
    if is_same { Touched::Terms } else { Touched::Connection }
}

/// For the trail: the file and the hash of the text that the step is about.
///
/// # Errors
/// Those of the store.
pub(super) async fn told(view: &mut View, change: &Change) -> Result<Value> {
    let hash = match &change.text {
        Some(text) => Some(hash(text)),
        None => draft(view, &change.path).await?.map(|draft| draft.hash),
    };
    Ok(json!({"file": change.path, "sha256": hash}))
}

/// What whoever changes a partner's file should know before it is in force.
///
/// # Errors
/// Those of the store.
pub(super) async fn warnings(view: &mut View, change: &Change) -> Result<Vec<String>> {
    let Some(partner) = change.partner() else { return Ok(Vec::new()) };
    let text = match &change.text {
        Some(text) => text.clone(),
        None => match draft(view, &change.path).await? {
            Some(draft) => draft.text,
            None => return Ok(Vec::new()),
        },
    };
    let files = in_force(view).await?;
    let Some(known) = files.get(&change.path) else { return Ok(Vec::new()) };
    Ok(identities_changed(partner, (known, &text)))
}

/// What it means that a partner's file names other identities than before.
pub fn identities_changed(partner: &str, (before, after): (&str, &str)) -> Vec<String> {
    let name = format!("{partner}.toml");
    let [before, after] = [before, after].map(|text| Directory::read([(name.as_str(), text)]).directory);
    match (before.partner(partner), after.partner(partner)) {
        (Some(before), Some(after)) => changed(before, after),
        _ => Vec::new(),
    }
}

/// Takes one step with a file. Where nobody has been added there is nobody to approve: what is written is put in force by
/// whoever puts it in force.
///
/// # Errors
/// Those of the store.
pub(super) async fn change(session: &mut Session, it: &Change) -> Result<Applied> {
    session.lock_trade_key("catalogue").await?;
    let files = in_force(session).await?;
    let known = draft(session, &it.path).await?;
    let draft = match (&it.text, known) {
        (Some(text), known) if known.as_ref().is_none_or(|known| known.text != *text) => {
            Draft { text: text.clone(), hash: hash(text), by: it.by.clone(), approved: Vec::new() }
        }
        (_, Some(known)) => known,
        (_, None) => return Ok(refused(format!("there is no draft of {}", it.path))),
    };
    if files.get(&it.path) == Some(&draft.text) {
        session.drop_note(DRAFTS, &it.path).await?;
        return Ok(Applied::Duplicate);
    }
    let mut after = files.clone();
    after.insert(it.path.clone(), draft.text.clone());
    let compiled = match InForce::compile(&after) {
        Ok(compiled) => compiled,
        Err(mistakes) => return Ok(refused(said(&mistakes))),
    };
    let touched = touched(&files, &it.path, &draft.text);
    let mut draft = draft;
    if it.step == Step::Approve {
        if touched == Touched::Rules
            && let Some(why) = fails(&compiled, &it.path, &draft.text)
        {
            return Ok(refused(why));
        }
        draft.approved.push(it.by.clone());
    }
    let is_alone = !session.has_people().await?;
    let is_approved = is_alone || touched == Touched::Terms || !draft.approved.is_empty();
    let goes_in_force = match (touched, it.step) {
        (Touched::Rules, Step::Activate) => {
            if !is_approved {
                return Ok(refused(format!("{} has not been approved: entrepot map approve", it.path)));
            }
            true
        }
        (Touched::Rules, _) => false,
        _ => is_approved,
    };
    if goes_in_force {
        return put_in_force(session, it, &draft, &after).await;
    }
    session.set_note(DRAFTS, &it.path, &json!(draft)).await?;
    Ok(match it.step {
        Step::Approve => Applied::Applied,
        _ if touched == Touched::Rules => Applied::Applied,
        _ => Applied::Parked { awaits: format!("{} by somebody else", action(touched, Step::Approve).as_str()) },
    })
}

async fn put_in_force(session: &mut Session, it: &Change, draft: &Draft, after: &Files) -> Result<Applied> {
    let revision = session.activate_revision(after, &format!("{} by {}", it.path, it.by)).await?;
    session.drop_note(DRAFTS, &it.path).await?;
    let (noun, kind) = match it.path.starts_with("partners/") {
        true => ("partner", "partner.activated"),
        false => ("mapping", "mapping.activated"),
    };
    let event = Event {
        at: session.now().await?,
        actor: it.by.clone(),
        kind: kind.to_owned(),
        subject: revision.clone(),
        key: format!("{noun}|{}", it.path),
        partner: it.partner().map(str::to_owned),
        detail: json!({
            "file": it.path, "sha256": draft.hash, "revision": revision, "drafted_by": draft.by,
            "approved_by": draft.approved,
        }),
    };
    session.record(&[event]).await?;
    Ok(Applied::Applied)
}

/// The first example of a map that does not come out as it says.
fn fails(compiled: &InForce, path: &str, text: &str) -> Option<String> {
    let sheet = compiled.catalogue.maps.sheet(path, text, &compiled.catalogue.grammars);
    let tried = sheet.bound.as_ref().map(|bound| example::run(&sheet.flat, bound)).unwrap_or_default();
    let failed = tried.into_iter().find_map(|tried| tried.mistake)?;
    Some(format!("an example of {path} does not come out as it says: {}", failed.message))
}

fn refused(why: String) -> Applied {
    Applied::Refused { why }
}

fn said(mistakes: &[Mistake]) -> String {
    let first = mistakes.first().map(|it| format!("{}: {}", it.file, it.message)).unwrap_or_default();
    match mistakes.len() {
        0 | 1 => first,
        count => format!("{first} (and {} more)", count - 1),
    }
}
