//! The desk: what people and scripts use. Verbs of the command line, one file each; they hold no trade knowledge.

mod ack;
mod acting;
mod again;
mod api;
mod applied;
mod backup;
mod certificates;
mod command;
mod config;
mod connection;
mod demo;
mod doctor;
mod documents;
mod envelope;
mod events;
mod exceptions;
mod explain;
mod files;
mod grammars;
mod input;
mod inspect;
mod journey;
mod kpi;
mod maps;
mod matching;
mod money;
mod notepad;
mod outline;
mod output;
mod partners;
mod payments;
mod people;
mod render;
mod run;
mod schema;
mod send;
mod settings;
mod summary;
mod text;
mod trades;
mod translate;

pub use command::Command;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use crate::catalogue::{Catalogue, Refused};
use command::{
    ApprovalsVerb, CashVerb, Common, EventsVerb, MapVerb, MatchVerb, PartnerVerb, PaymentsVerb, UsersVerb, Verb,
};
use output::{Answer, FAINT, Failure, Outcome, WARNING};

/// Runs one command and says how it ended.
pub fn run(command: Command) -> ExitCode {
    output::exit_code(answer(&command))
}

fn answer(command: &Command) -> Answer {
    let Command { verb, common } = command;
    let (format, by) = (common.format, common.by.as_deref());
    if let (Some(name), true) = (by, verb.asks_the_store()) {
        acting::known(name, &settings::load(common)?)?;
    }
    // What has verbs of its own lists what there is where none is said.
    match verb {
        Verb::Demo(it) => demo::run(it),
        Verb::Run => run::run(settings::load(common)?),
        Verb::Inspect(it) => inspect::run(it, format, &catalogue(common)?),
        Verb::Ack(it) => ack::run(it, &catalogue(common)?),
        Verb::Translate(it) => translate::run(it, catalogue(common)?),
        Verb::Render(it) => render::run(it, &catalogue(common)?),
        Verb::Partner(PartnerVerb::Cert(verb)) => certificates::run(verb, common),
        Verb::Partner(PartnerVerb::Put { file, dry_run }) => files::put(file, *dry_run, common),
        Verb::Partner(PartnerVerb::Approve { partner }) => files::approve_partner(partner, common),
        Verb::Map(MapVerb::Draft { file }) => files::draft(file, common),
        Verb::Map(MapVerb::Approve { draft }) => files::approve(draft, common),
        Verb::Map(MapVerb::Activate { draft }) => files::activate(draft, common),
        Verb::Partner(PartnerVerb::Keys) => partners::keys(format),
        Verb::Partner(PartnerVerb::Check { files }) => partners::check(files, format, &settings::load(common)?),
        Verb::Partner(verb) => partners::run(verb, format, &settings::load(common)?, &catalogue(common)?),
        Verb::Map(verb) => maps::run(verb, common),
        Verb::Grammar(verb) => grammars::run(verb, format, &catalogue(common)?),
        Verb::Documents(verb) => documents::run(verb, format, &settings::load(common)?, &catalogue(common)?),
        Verb::Replay(it) => again::replay(it, by, format, &settings::load(common)?),
        Verb::Resend(it) => again::resend(&it.id, by, format, &settings::load(common)?),
        Verb::Send(it) => send::run(it, format, &settings::load(common)?, &catalogue(common)?),
        Verb::Backup(it) => backup::backup(&it.folder, format, &settings::load(common)?),
        Verb::Restore(it) => backup::restore(&it.folder, format, &settings::load(common)?),
        Verb::Doctor(it) => match &it.partner {
            Some(partner) => connection::run(partner, common),
            None => doctor::run(it, common),
        },
        Verb::Orders(it) => trades::orders(it, format, &settings::load(common)?),
        Verb::Exceptions(it) => exceptions::run(it, by, format, &settings::load(common)?),
        Verb::Users { verb } => {
            people::users(verb.as_ref().unwrap_or(&UsersVerb::List), by, format, &settings::load(common)?)
        }
        Verb::Audit(it) => people::audit(it, format, &settings::load(common)?),
        Verb::Approvals { verb } => {
            people::approvals(verb.as_ref().unwrap_or(&ApprovalsVerb::List), by, format, &settings::load(common)?)
        }
        Verb::Deadlines => trades::deadlines(format, &settings::load(common)?),
        Verb::Events { verb } => {
            events::run(verb.as_ref().unwrap_or(&EventsVerb::ALL), by, format, &settings::load(common)?)
        }
        Verb::Cash { verb } => {
            money::payment(verb.as_ref().unwrap_or(&CashVerb::ALL), by, format, &settings::load(common)?)
        }
        Verb::Payments { verb } => {
            payments::run(verb.as_ref().unwrap_or(&PaymentsVerb::List), by, format, &settings::load(common)?)
        }
        Verb::Journal(it) => money::journal(it, by, format, &settings::load(common)?),
        Verb::OpenItems(it) => money::open_items(it, format, &settings::load(common)?),
        Verb::Deductions(it) => money::deductions(it, by, format, &settings::load(common)?),
        Verb::Match { verb } => {
            matching::run(verb.as_ref().unwrap_or(&MatchVerb::ALL), format, &settings::load(common)?)
        }
        Verb::Kpi(it) => kpi::run(it, format, &settings::load(common)?),
        Verb::Verify => trades::verify(format, &settings::load(common)?),
        Verb::Journey(it) => journey::run(it, format),
        Verb::Explain(it) => explain::run(&it.code, format),
        Verb::Config(verb) => config::run(verb, common),
        Verb::Api(verb) => api::run(verb),
        Verb::Schema(it) => schema::run(it.kind.as_deref(), format),
        Verb::Completions(it) => completions(it.shell),
        Verb::Man => man(),
    }
}

/// The rules that hold on the command line: the binary's, and those of one's own folder. A file with mistakes is left out
/// and named, so that it is nobody's trouble who does not need it.
fn catalogue(common: &Common) -> Result<Catalogue, Failure> {
    let Some(folder) = settings::load(common)?.catalogue else { return Ok(Catalogue::embedded()) };
    let (catalogue, left_out) = Catalogue::load_sound(&folder).map_err(|refused| broken(&folder, &refused))?;
    let mut files: BTreeMap<&str, usize> = BTreeMap::new();
    left_out.iter().for_each(|mistake| *files.entry(&mistake.file).or_default() += 1);
    for (file, count) in files {
        let mistakes = output::counted(count, "mistake");
        anstream::eprintln!(
            "{WARNING}left out{WARNING:#} {file}: {mistakes}  {FAINT}entrepot config check tells more{FAINT:#}"
        );
    }
    Ok(catalogue)
}

/// The same as the daemon takes it: whole or not at all.
fn whole_catalogue(common: &Common) -> Result<Catalogue, Failure> {
    let Some(folder) = settings::load(common)?.catalogue else { return Ok(Catalogue::embedded()) };
    Catalogue::load(&folder).map_err(|refused| broken(&folder, &refused))
}

fn broken(folder: &Path, refused: &Refused) -> Failure {
    settings::tell(&refused.mistakes, |file| refused.files.get(file));
    Failure::usage(format!("{} has {}", folder.display(), output::counted(refused.mistakes.len(), "mistake")))
}

fn completions(shell: clap_complete::Shell) -> Answer {
    let mut command = <Command as clap::CommandFactory>::command();
    // It panics where its reader goes away.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "entrepot", &mut script);
    std::io::stdout().write_all(&script)?;
    Ok(Outcome::Accepted)
}

fn man() -> Answer {
    let command = <Command as clap::CommandFactory>::command();
    clap_mangen::Man::new(command).render(&mut std::io::stdout())?;
    Ok(Outcome::Accepted)
}
