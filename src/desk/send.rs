//! `send`: a canonical document is handed to the gateway for a partner, after the same checks that it will meet there.

use std::fs::{self, File};
use std::io::{Read, Write};

use serde_json::json;
use uuid::Uuid;

use super::command::{Format, Send};
use super::input::Input;
use super::output::{Answer, ERROR, FAINT, Failure, GOOD, Outcome, WARNING};
use crate::canonical::Canonical;
use crate::catalogue::Catalogue;
use crate::config::Settings;
use crate::journey::issue::{NotIssued, Outgoing};
use crate::transport::folder::Layout;

pub fn run(it: &Send, format: Format, settings: &Settings, catalogue: &Catalogue) -> Answer {
    let mut json_text = Vec::new();
    Input::open(&it.document)?.read_to_end(&mut json_text)?;
    let document = Canonical::from_json(&json_text).map_err(|errors| {
        let told: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Failure::usage(format!("{} is no canonical document:\n  {}", it.document.display(), told.join("\n  ")))
    })?;
    let outgoing =
        match Outgoing::prepare(catalogue, &it.partner, &document, it.kind.as_deref(), jiff::Timestamp::now()) {
            Ok(outgoing) => outgoing,
            Err(why @ NotIssued::NotRendered(_)) => {
                anstream::eprintln!("{ERROR}rejected{ERROR:#}: {why}");
                return Ok(Outcome::Rejected);
            }
            Err(why) => return Err(Failure::usage(why)),
        };
    for (path, value) in outgoing.lost() {
        anstream::eprintln!("{WARNING}not carried{WARNING:#} {path} {FAINT}{value}{FAINT:#}");
    }
    let folder = Layout::new(&settings.data).send().join(&it.partner);
    fs::create_dir_all(&folder)?;
    // The kind stands first in the name: that is how the gateway knows which one is meant.
    let kind = it.kind.as_deref().unwrap_or("document");
    let name = format!("{kind}-{}.json", Uuid::now_v7());
    let (hidden, placed) = (folder.join(format!(".{name}")), folder.join(&name));
    let mut file = File::create(&hidden)?;
    file.write_all(&json_text)?;
    file.sync_all()?;
    fs::rename(&hidden, &placed)?;
    File::open(&folder)?.sync_all()?;
    let mut out = anstream::stdout().lock();
    match format {
        Format::Json => writeln!(out, "{}", json!({"file": placed, "partner": it.partner}))?,
        Format::Human => writeln!(out, "{GOOD}handed to the gateway{GOOD:#} {FAINT}{}{FAINT:#}", placed.display())?,
    }
    Ok(Outcome::Accepted)
}
