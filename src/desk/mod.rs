//! The desk: what people and scripts use. Verbs of the command line, one file each; they hold no trade knowledge.

mod ack;
mod command;
mod explain;
mod input;
mod inspect;
mod notepad;
mod output;
mod report;
mod schema;
mod summary;
mod translate;

pub use command::Command;

use std::process::ExitCode;

use crate::catalogue::Catalogue;
use command::Verb;
use output::{Answer, Failure, Outcome};

/// Runs one command and says how it ended.
pub fn run(command: Command) -> ExitCode {
    output::exit_code(answer(&command))
}

fn answer(command: &Command) -> Answer {
    match &command.verb {
        Verb::Completions(it) => completions(it.shell),
        Verb::Man => man(),
        Verb::Ack(it) => ack::run(it, &catalogue(command)?),
        Verb::Inspect(it) => inspect::run(it, command.common.format, &catalogue(command)?),
        Verb::Translate(it) => translate::run(it, &catalogue(command)?),
        Verb::Explain(it) => explain::run(it.code.as_deref(), command.common.format),
        Verb::Schema(it) => schema::run(it.kind.as_deref()),
        _ => Err(Failure::ours("not yet")),
    }
}

/// The rules that hold on the command line.
fn catalogue(_command: &Command) -> Result<Catalogue, Failure> {
    Ok(Catalogue::embedded())
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
