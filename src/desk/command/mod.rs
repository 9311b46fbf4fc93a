//! The command line as a value: verbs, options and their help. It runs nothing.

mod maps;
mod money;
mod partners;
mod people;
mod trades;
mod values;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use self::maps::{Coverage, FmtForm, GrammarVerb, MapVerb, WhatIf};
pub use self::money::{
    CashVerb, DeductionVerb, Deductions, Journal, JournalForm, JournalVerb, Kpi, MatchVerb, OpenItems, Party,
    PaymentsVerb, RankVerb, RunWish,
};
pub use self::partners::{CertAdd, CertNew, CertVerb, CertWish, PartnerVerb};
pub use self::people::{ApprovalsVerb, AuditVerb, KeyVerb, UsersVerb};
pub use self::trades::{Desks, EventsVerb, ExceptionVerb, Exceptions, Orders};

/// The gateway through which companies trade documents.
///
/// X12, EDIFACT and XML come in; canonical documents, acknowledgements and processes come out.
#[derive(Debug, Parser)]
#[command(name = "entrepot", version, arg_required_else_help = true, propagate_version = true)]
pub struct Command {
    #[command(subcommand)]
    pub verb: Verb,
    #[command(flatten)]
    pub common: Common,
}

/// Options that every verb understands.
#[derive(Debug, Clone, Args)]
pub struct Common {
    /// How answers are printed: for people, or as JSON for scripts
    #[arg(long, global = true, value_enum, default_value_t = Format::Human)]
    pub format: Format,
    /// The settings file; without one, ./entrepot.toml if it is there, else the defaults
    #[arg(long, global = true, value_name = "FILE", env = "ENTREPOT_CONFIG")]
    pub config: Option<PathBuf>,
    /// Grammars, overlays, maps and partners of your own, laid over the built-in ones; else the setting, else ./catalogue
    #[arg(long, global = true, value_name = "FOLDER", env = "ENTREPOT_CATALOGUE")]
    pub catalogue: Option<PathBuf>,
    /// Who acts: a name of `entrepot users list`, once somebody has been added
    #[arg(long, global = true, value_name = "NAME", env = "ENTREPOT_BY")]
    pub by: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Human,
    Json,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// The tour: the real daemon on embedded defaults, fed by simulated partners, telling what happens
    Demo(Demo),
    /// Run the daemon
    Run,
    /// Read anything: structure, findings and canonical documents
    Inspect(Inspect),
    /// The acknowledgement that would be sent, as bytes on standard output
    Ack(Ack),
    /// Canonical documents, one JSON object a line
    Translate(Translate),
    /// A canonical document as wire bytes, validated before they leave
    Render(Render),
    /// Work with mapping files
    #[command(subcommand)]
    Map(MapVerb),
    /// Work with grammars and overlays
    #[command(subcommand)]
    Grammar(GrammarVerb),
    /// Look at partners and their agreements
    #[command(subcommand)]
    Partner(PartnerVerb),
    /// Look up documents the gateway has seen
    #[command(subcommand)]
    Documents(DocumentsVerb),
    /// Send received bytes through the gateway again, or let a parked job run again
    Replay(Replay),
    /// Deliver sent bytes, or the answers to a received document, once more under the same control numbers
    Resend(One),
    /// Hand a canonical document to the gateway for a partner
    Send(Send),
    /// Copy database and payloads to a folder, while the daemon runs
    Backup(Folder),
    /// Bring a backup back into an empty data folder
    Restore(Folder),
    /// Check this installation, or a partner's connection end to end, and say in words what is wrong
    Doctor(Doctor),
    /// Orders with their lines and what happened to them
    Orders(Orders),
    /// What waits for a person, by business function
    Exceptions(Exceptions),
    /// What should happen by when, the most urgent first
    Deadlines,
    /// What needs more people to agree, the largest first
    Approvals {
        #[command(subcommand)]
        verb: Option<ApprovalsVerb>,
    },
    /// People who may act, their roles, and the keys of programs that act for them
    Users {
        #[command(subcommand)]
        verb: Option<UsersVerb>,
    },
    /// Who did what to which thing, in a chain that tells when it was changed
    #[command(subcommand)]
    Audit(AuditVerb),
    /// What happened, as other systems are told of it; who is told, and what did not arrive
    Events {
        #[command(subcommand)]
        verb: Option<EventsVerb>,
    },
    /// Payments: what came in, how it was applied and why
    Cash {
        #[command(subcommand)]
        verb: Option<CashVerb>,
    },
    /// Runs that pay suppliers: what is due, who made a run, and who lets it go
    Payments {
        #[command(subcommand)]
        verb: Option<PaymentsVerb>,
    },
    /// Suppliers' invoices against orders and receipts, and what was received and never invoiced
    Match {
        #[command(subcommand)]
        verb: Option<MatchVerb>,
    },
    /// Entries of the journal in their order, for people or for another system's books
    Journal(Journal),
    /// What customers still owe, item by item or by how long it has been due
    OpenItems(OpenItems),
    /// What customers kept back, with its reason and its desk, and how it ends
    Deductions(Deductions),
    /// How well it all runs: every figure with its formula, what it is made of, and what stands against it
    Kpi(Kpi),
    /// Rebuild every order from its events and check the rules that must always hold
    Verify,
    /// Play stories of trade against a fresh gateway and print where it differs
    Journey(Journey),
    /// What a code means, what the partner was told, and what to do next
    Explain(Explain),
    /// Look at the settings
    #[command(subcommand)]
    Config(ConfigVerb),
    /// What other systems of ours talk to
    #[command(subcommand)]
    Api(ApiVerb),
    /// The JSON Schema of a kind of canonical document
    Schema(Schema),
    /// Shell completions on standard output
    Completions(Completions),
    /// The manual page on standard output
    Man,
}

impl Verb {
    /// Whether it answers from the store, where people may be known.
    pub fn asks_the_store(&self) -> bool {
        matches!(
            self,
            Self::Documents(_)
                | Self::Orders(_)
                | Self::Exceptions(_)
                | Self::Deadlines
                | Self::Approvals { .. }
                | Self::Users { .. }
                | Self::Audit(_)
                | Self::Events { .. }
                | Self::Cash { .. }
                | Self::Payments { .. }
                | Self::Match { .. }
                | Self::Journal(_)
                | Self::OpenItems(_)
                | Self::Deductions(_)
                | Self::Kpi(_)
                | Self::Verify
        )
    }
}

#[derive(Debug, Subcommand)]
pub enum ApiVerb {
    /// The OpenAPI document of the REST API, as the daemon serves it at /v1/openapi.json
    Openapi,
}

#[derive(Debug, Args)]
pub struct Demo {
    /// End when the story is told: exit code 0 when everything came out as told
    #[arg(long)]
    pub exit: bool,
}

#[derive(Debug, Args)]
pub struct Inspect {
    /// Only counts: interchanges, sets by type and disposition
    #[arg(long)]
    pub summary: bool,
    /// With --format json: where each field of the canonical document came from, in words and bytes
    #[arg(long)]
    pub provenance: bool,
    /// Read as this partner's: by its overlay, its maps and what it tolerates
    #[arg(long)]
    pub partner: Option<String>,
    /// Files to read; - is standard input
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Ack {
    /// Which acknowledgement; without it, the ones the document would get by default
    #[arg(long, value_enum)]
    pub kind: Option<AckKind>,
    /// Answer as this partner's: by its overlay, its maps, and the acknowledgements agreed with it
    #[arg(long)]
    pub partner: Option<String>,
    /// The interchange to answer; - is standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AckKind {
    Ta1,
    #[value(name = "997")]
    X12997,
    #[value(name = "999")]
    X12999,
    Contrl,
}

#[derive(Debug, Args)]
pub struct Translate {
    /// The map to read with, by address (x12/004010/850) or file, instead of the one the document would get
    #[arg(long, value_name = "NAME")]
    pub map: Option<String>,
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Render {
    /// The canonical document; - is standard input
    #[arg(value_name = "DOC.json")]
    pub document: PathBuf,
    /// What to write: x12/004010/810, edifact/D.96A/INVOIC, ubl/2.1/Invoice, ...
    #[arg(long, value_name = "ADDRESS")]
    pub to: String,
    /// The partner whose agreement and identities are used
    #[arg(long, value_name = "PARTNER")]
    pub partner: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum DocumentsVerb {
    /// Find documents by any of their numbers
    Find {
        #[arg(value_name = "NUMBER")]
        number: String,
    },
    /// The latest documents
    List {
        #[arg(long, default_value_t = 50)]
        most: u32,
    },
    /// The latest files and messages as they came, by which door and what was in them; repeats too
    Arrivals {
        #[arg(long, default_value_t = 50)]
        most: u32,
    },
    /// One document with everything known of it: how it came, what was answered, what it says
    Show {
        /// Its id, or a number that no other document has
        #[arg(value_name = "ID")]
        id: String,
    },
    /// What waits for a person, and why
    Held,
    /// What waits to leave with others in one interchange, and when it leaves at the latest
    Waiting,
}

#[derive(Debug, Args)]
pub struct Doctor {
    /// Also read every payload and compare it with its hash
    #[arg(long)]
    pub deep: bool,
    /// Try the connection with this partner instead
    #[arg(value_name = "PARTNER")]
    pub partner: Option<String>,
    /// Also connect to the servers that mail goes through, and log in
    #[arg(long)]
    pub connections: bool,
}

#[derive(Debug, Args)]
pub struct One {
    /// The document's id, as `documents find` prints it
    #[arg(value_name = "ID")]
    pub id: String,
}

#[derive(Debug, Args)]
pub struct Replay {
    /// The id of a document, an interchange, a transmission or a parked job
    #[arg(value_name = "ID")]
    pub id: String,
    /// Whose it is, where the bytes do not say so (XML)
    #[arg(long, value_name = "PARTNER")]
    pub partner: Option<String>,
}

#[derive(Debug, Args)]
pub struct Send {
    /// The kind on the wire (810, INVOIC, Invoice), where several were agreed that carry such a document
    #[arg(long = "as", value_name = "KIND")]
    pub kind: Option<String>,
    #[arg(value_name = "PARTNER")]
    pub partner: String,
    /// The canonical document; - is standard input
    #[arg(value_name = "DOC.json")]
    pub document: PathBuf,
}

#[derive(Debug, Args)]
pub struct Journey {
    /// List the sentences that journeys are told in
    #[arg(long)]
    pub words: bool,
    /// Journeys to play; - is standard input
    #[arg(required_unless_present = "words", value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Folder {
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,
}

#[derive(Debug, Args)]
pub struct Explain {
    /// A finding (invalid-code, BR-07), a repair (line-wrapped), a mistake in a file (ambiguous), or a wire code (997:AK403:7,
    /// AK502:5, AK304, contrl:13, 0085 12, TA1 022, x12:7)
    #[arg(value_name = "CODE")]
    pub code: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub enum ConfigVerb {
    /// Check the settings, partners, maps and grammars as the daemon would take them
    Check,
    /// Every key with its default, its value here and what it is for
    Explain,
}

#[derive(Debug, Args)]
pub struct Schema {
    /// order, ship_notice, invoice, remittance, ...; without one, the kinds are listed
    #[arg(value_name = "KIND")]
    pub kind: Option<String>,
}

#[derive(Debug, Args)]
pub struct Completions {
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Command::command().debug_assert();
    }
}
