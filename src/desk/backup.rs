//! `backup` and `restore`: database and payloads as one consistent folder, and back.

use std::io::IsTerminal;
use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};

use super::output::{Answer, Failure, Outcome};
use super::settings;
use crate::config::Settings;
use crate::store::{Access, Address, Options, Progress, Store};

pub fn backup(folder: &Path, settings: &Settings) -> Answer {
    settings::wait(async {
        let store = settings::store(settings, Access::Read).await?;
        let bar = bar();
        let result = store.backup(folder, None, &mut |progress| show(&bar, &progress)).await;
        bar.finish_and_clear();
        store.close().await;
        let manifest = result.map_err(Failure::ours)?;
        anstream::println!(
            "backup of schema {} in {}: {} payload files, {} bytes",
            manifest.schema,
            folder.display(),
            manifest.payload_files,
            manifest.payload_bytes
        );
        Ok(Outcome::Accepted)
    })
}

pub fn restore(folder: &Path, settings: &Settings) -> Answer {
    settings::wait(async {
        let options = Options::new(Address::parse(&settings.database_url()), settings.data.join("payloads"));
        std::fs::create_dir_all(&settings.data)?;
        let bar = bar();
        let result = Store::restore(options, folder, &mut |progress| show(&bar, &progress)).await;
        bar.finish_and_clear();
        result.map_err(Failure::ours)?.close().await;
        anstream::println!("restored {} into {}", folder.display(), settings.data.display());
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
