//! `backup` and `restore`: database and payloads as one consistent folder, and back.

use std::io::{IsTerminal, Write};
use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::command::Format;
use super::output::{Answer, Failure, GOOD, Outcome};
use super::settings;
use crate::config::Settings;
use crate::store::{Access, Address, Options, Progress, Store};

pub fn backup(folder: &Path, format: Format, settings: &Settings) -> Answer {
    settings::wait(async {
        let store = settings::store(settings, Access::Read).await?;
        let bar = bar();
        let result = store.backup(folder, None, &mut |progress| show(&bar, &progress)).await;
        bar.finish_and_clear();
        store.close().await;
        let manifest = result.map_err(Failure::ours)?;
        let mut out = anstream::stdout().lock();
        let (folder, files, bytes) = (folder.display(), manifest.payload_files, manifest.payload_bytes);
        match format {
            Format::Json => {
                let answer = json!({
                    "folder": folder.to_string(), "schema": manifest.schema, "payload_files": files, "payload_bytes": bytes,
                });
                writeln!(out, "{answer}")?;
            }
            Format::Human => {
                let schema = manifest.schema;
                writeln!(
                    out,
                    "{GOOD}backup{GOOD:#} of schema {schema} in {folder}: {files} payload files, {bytes} bytes"
                )?;
            }
        }
        Ok(Outcome::Accepted)
    })
}

pub fn restore(folder: &Path, format: Format, settings: &Settings) -> Answer {
    settings::wait(async {
        let options = Options::new(Address::parse(&settings.database_url()), settings.data.join("payloads"));
        std::fs::create_dir_all(&settings.data)?;
        let bar = bar();
        let result = Store::restore(options, folder, &mut |progress| show(&bar, &progress)).await;
        bar.finish_and_clear();
        result.map_err(Failure::ours)?.close().await;
        let mut out = anstream::stdout().lock();
        let (from, into) = (folder.display(), settings.data.display());
        match format {
            Format::Json => {
                writeln!(out, "{}", json!({"folder": from.to_string(), "data": into.to_string()}))?;
            }
            Format::Human => writeln!(out, "{GOOD}restored{GOOD:#} {from} into {into}")?,
        }
        Ok(Outcome::Accepted)
    })
}

/// A bar on a terminal, nothing elsewhere.
fn bar() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style =
        ProgressStyle::with_template("{msg:24} {bar:40} {pos}/{len}").unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(0).with_style(style)
}

fn show(bar: &ProgressBar, progress: &Progress) {
    bar.set_message(progress.what.clone());
    if let Some(total) = progress.total {
        bar.set_length(total);
    }
    bar.set_position(progress.done);
}
