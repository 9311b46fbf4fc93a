//! `replay` and `resend`: once more, because a person asks. The daemon does the work; it need not run right now.

use std::io::Write;

use serde_json::{Value, json};

use super::acting::{acting, changing, refused};
use super::command::{Format, Replay};
use super::documents::begun;
use super::exceptions::acted;
use super::output::{Answer, FAINT, Failure, GOOD, Outcome, WARNING};
use super::partners;
use crate::config::Settings;
use crate::journey::act::Act;
use crate::journey::act::again;
use crate::store::{Store, TransmissionId};

pub fn replay(it: &Replay, by: Option<&str>, format: Format, settings: &Settings) -> Answer {
    let new = TransmissionId::new();
    let (it_id, partner) = (it.id.clone(), it.partner.clone());
    changing(settings, async |store| {
        partners::known(store, partner.as_deref()).await?;
        let it_id = whole(store, &it_id).await?;
        let actor = acting(store, by).await?;
        let act = Act::Replay { id: it_id, partner, by: actor.name.clone(), new };
        let done = acted(store, &actor, act).await?;
        let mut out = anstream::stdout();
        if let Some(outcome) = waits(&mut out, &done, format)? {
            return Ok(outcome);
        }
        let is_reading =
            store.view().await.map_err(Failure::ours)?.has_transmission(new).await.map_err(Failure::ours)?;
        match (format, is_reading) {
            (Format::Json, true) => writeln!(out, "{}", json!({"transmission": new.to_string()}))?,
            (Format::Json, false) => writeln!(out, "{}", json!({"job": it.id}))?,
            (Format::Human, true) => {
                writeln!(out, "{GOOD}read again{GOOD:#} as transmission {new}")?;
                writeln!(
                    out,
                    "{FAINT}what counted before counts no second time, and the partner is told nothing anew{FAINT:#}"
                )?;
            }
            (Format::Human, false) => writeln!(out, "{GOOD}runs again{GOOD:#}: job {}", it.id)?,
        }
        Ok(Outcome::Accepted)
    })
}

pub fn resend(id: &str, by: Option<&str>, format: Format, settings: &Settings) -> Answer {
    changing(settings, async |store| {
        let actor = acting(store, by).await?;
        let id = &whole(store, id).await?;
        let act = Act::Resend { id: id.clone(), by: actor.name.clone() };
        let done = acted(store, &actor, act).await?;
        let mut out = anstream::stdout();
        if let Some(outcome) = waits(&mut out, &done, format)? {
            return Ok(outcome);
        }
        let mut view = store.view().await.map_err(Failure::ours)?;
        for resent in again::left_last(&mut view, id).await.map_err(refused)? {
            match format {
                Format::Json => writeln!(out, "{}", json!({"outlet": resent.outlet, "file": resent.file_name}))?,
                Format::Human => {
                    writeln!(out, "{GOOD}leaves again{GOOD:#} {} {FAINT}{}{FAINT:#}", resent.file_name, resent.outlet)?
                }
            }
        }
        Ok(Outcome::Accepted)
    })
}

/// A document's id of which only the beginning was given; any other id as it is.
async fn whole(store: &Store, id: &str) -> Result<String, Failure> {
    let mut view = store.view().await.map_err(Failure::ours)?;
    Ok(begun(&mut view, id).await?.map_or_else(|| id.to_owned(), |whole| whole.to_string()))
}

/// What is refused fails; what waits for others to agree is told.
pub(super) fn waits(out: &mut impl Write, done: &Value, format: Format) -> Result<Option<Outcome>, Failure> {
    if let Some(why) = done["refused"].as_str() {
        return Err(Failure::usage(why));
    }
    let Some(awaits) = done["awaits"].as_str() else { return Ok(None) };
    match format {
        Format::Json => writeln!(out, "{}", json!({"awaits": awaits}))?,
        Format::Human => {
            writeln!(out, "{WARNING}waits{WARNING:#} for {awaits}  {FAINT}entrepot approvals list shows it{FAINT:#}")?
        }
    }
    Ok(Some(Outcome::Accepted))
}
