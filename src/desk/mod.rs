//! The desk: what people and scripts use. Verbs of the command line, one file each; they hold no trade knowledge.

mod ack;
mod again;
mod backup;
mod command;
mod config;
mod demo;
mod documents;
mod explain;
mod grammars;
mod input;
mod inspect;
mod notepad;
mod output;
mod partners;
mod render;
mod report;
mod run;
mod schema;
mod send;
mod settings;
mod summary;
mod translate;

pub use command::Command;

use std::process::ExitCode;

use crate::catalogue::Catalogue;
use command::{Common, Verb};
use output::{Answer, Failure, Outcome};

/// Runs one command and says how it ended.
pub fn run(command: Command) -> ExitCode {
    output::exit_code(answer(&command))
}

fn answer(command: &Command) -> Answer {
    let Command { verb, common } = command;
    let format = common.format;
    match verb {
        Verb::Demo(it) => demo::run(it),
        Verb::Run => run::run(settings::load(common)?),
        Verb::Inspect(it) => inspect::run(it, format, &catalogue(common)?),
        Verb::Ack(it) => ack::run(it, &catalogue(common)?),
        Verb::Translate(it) => translate::run(it, &catalogue(common)?),
        Verb::Render(it) => render::run(it, &catalogue(common)?),
        Verb::Partner(verb) => partners::run(verb, format, &catalogue(common)?),
        Verb::Grammar(verb) => grammars::run(verb, format, &catalogue(common)?),
        Verb::Documents(verb) => documents::run(verb, format, &settings::load(common)?, &catalogue(common)?),
        Verb::Replay(it) => again::replay(it, format, &settings::load(common)?),
        Verb::Resend(it) => again::resend(&it.id, format, &settings::load(common)?),
        Verb::Send(it) => send::run(it, format, &settings::load(common)?, &catalogue(common)?),
        Verb::Backup(it) => backup::backup(&it.folder, &settings::load(common)?),
        Verb::Restore(it) => backup::restore(&it.folder, &settings::load(common)?),
        Verb::Explain(it) => explain::run(it.code.as_deref(), format),
        Verb::Config(verb) => config::run(verb, common),
        Verb::Schema(it) => schema::run(it.kind.as_deref()),
        Verb::Completions(it) => completions(it.shell),
        Verb::Man => man(),
        _ => Err(Failure::ours("not yet")),
    }
}

/// The rules that hold on the command line: the binary's, and those of one's own folder.
fn catalogue(common: &Common) -> Result<Catalogue, Failure> {
    let Some(folder) = settings::load(common)?.catalogue else { return Ok(Catalogue::embedded()) };
    Catalogue::load(&folder).map_err(|refused| {
        settings::tell(&refused.mistakes, |file| refused.files.get(file));
        Failure::usage(format!("{} has {} mistakes", folder.display(), refused.mistakes.len()))
    })
}

fn completions(shell: clap_complete::Shell) -> Answer {
    let mut command = <Command as clap::CommandFactory>::command();
    clap_complete::generate(shell, &mut command, "entrepot", &mut std::io::stdout());
    Ok(Outcome::Accepted)
}

fn man() -> Answer {
    let command = <Command as clap::CommandFactory>::command();
    clap_mangen::Man::new(command).render(&mut std::io::stdout())?;
    Ok(Outcome::Accepted)
}
