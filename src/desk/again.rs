//! `replay` and `resend`: once more, because a person asks. The daemon does the work; it need not run right now.

use std::io::Write;

use serde_json::json;

use super::command::{Format, Replay};
use super::output::{Answer, FAINT, Failure, GOOD, Outcome};
use super::settings;
use crate::config::Settings;
use crate::journey::again::{self, Replayed};
use crate::store::{Access, Error};

pub fn replay(it: &Replay, format: Format, settings: &Settings) -> Answer {
    let replayed = settings::wait(async {
        let store = settings::store(settings, Access::Desk).await?;
        let replayed = again::replay(&store, &it.id, it.partner.as_deref(), &person()).await;
        store.close().await;
        replayed.map_err(failure)
    })?;
    let mut out = anstream::stdout().lock();
    match (format, replayed) {
        (Format::Json, Replayed::Reading(id)) => writeln!(out, "{}", json!({"transmission": id.to_string()}))?,
        (Format::Json, Replayed::Job(id)) => writeln!(out, "{}", json!({"job": id.to_string()}))?,
        (Format::Human, Replayed::Reading(id)) => {
            writeln!(out, "{GOOD}read again{GOOD:#} as transmission {id}")?;
            writeln!(
                out,
                "{FAINT}what counted before counts no second time, and the partner is told nothing anew{FAINT:#}"
            )?;
        }
        (Format::Human, Replayed::Job(id)) => writeln!(out, "{GOOD}runs again{GOOD:#}: job {id}")?,
    }
    Ok(Outcome::Accepted)
}

pub fn resend(id: &str, format: Format, settings: &Settings) -> Answer {
    let resent = settings::wait(async {
        let store = settings::store(settings, Access::Desk).await?;
        let resent = again::resend(&store, id, &person()).await;
        store.close().await;
        resent.map_err(failure)
    })?;
    let mut out = anstream::stdout().lock();
    for resent in resent {
        match format {
            Format::Json => writeln!(out, "{}", json!({"outlet": resent.outlet, "file": resent.file_name}))?,
            Format::Human => {
                writeln!(out, "{GOOD}leaves again{GOOD:#} {} {FAINT}{}{FAINT:#}", resent.file_name, resent.outlet)?
            }
        }
    }
    Ok(Outcome::Accepted)
}

/// Whoever gave the command, for the record.
pub fn person() -> String {
    let name = std::env::var("SUDO_USER").or_else(|_| std::env::var("USER")).unwrap_or_default();
    if name.is_empty() { "command line".to_owned() } else { format!("{name} at the command line") }
}

fn failure(error: Error) -> Failure {
    match error {
        Error::Missing { .. } | Error::Refused(_) => Failure::usage(error),
        error => Failure::ours(error),
    }
}
