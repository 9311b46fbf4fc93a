//! `run`: the daemon as a process.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

use super::output::{Answer, Failure, Outcome};
use super::settings;
use crate::config::{LogFormat, Settings};
use crate::daemon::{self, NotStarted};

pub fn run(settings: Settings) -> Answer {
    log(&settings);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::ours)?;
    runtime.block_on(daemon::run(settings)).map_err(|error| {
        if let NotStarted::Mistakes { mistakes, files } = &error {
            settings::tell(mistakes, |file| files.get(file).map(String::as_str));
        }
        match error {
            NotStarted::Mistakes { .. } | NotStarted::InUse(_) => Failure::usage(error),
            _ => Failure::ours(error),
        }
    })?;
    Ok(Outcome::Accepted)
}

/// Log lines go to standard error: standard output is for answers.
fn log(settings: &Settings) {
    let filter = EnvFilter::try_from_env("ENTREPOT_LOG")
        .or_else(|_| EnvFilter::try_new(&settings.log.level))
        .unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_span_events(FmtSpan::NONE)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    // A second subscriber in one process (tests, demo) is no mistake: the first one stays.
    let _ = match settings.log.format {
        LogFormat::Json => lines.json().try_init(),
        LogFormat::Text => lines.try_init(),
    };
}
