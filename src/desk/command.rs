//! The command line as a value: verbs, options and their help. It runs nothing.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

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
    /// Grammars, overlays, maps and partners of your own, laid over the built-in ones
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
    #[command(subcommand)]
    Approvals(ApprovalsVerb),
    /// People who may act, their roles, and the keys of programs that act for them
    #[command(subcommand)]
    Users(UsersVerb),
    /// Who did what to which thing, in a chain that tells when it was changed
    #[command(subcommand)]
    Audit(AuditVerb),
    /// What happened, as other systems are told of it; who is told, and what did not arrive
    #[command(subcommand)]
    Events(EventsVerb),
    /// Payments: what came in, how it was applied and why
    #[command(subcommand)]
    Cash(CashVerb),
    /// Runs that pay suppliers: what is due, who made a run, and who lets it go
    #[command(subcommand)]
    Payments(PaymentsVerb),
    /// Suppliers' invoices against orders and receipts, and what was received and never invoiced
    #[command(subcommand)]
    Match(MatchVerb),
    /// Entries of the journal in their order, for people or for another system's books
    Journal(Journal),
    /// What customers still owe
    OpenItems(Party),
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
    /// Files to read; - is standard input
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Ack {
    /// Which acknowledgement; without it, the ones the document would get by default
    #[arg(long, value_enum)]
    pub kind: Option<AckKind>,
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
pub enum MapVerb {
    /// Parse and compile mapping files, reporting every mistake
    Check {
        /// Files, names of maps (x12/004010/850), or - for standard input
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Run the examples inside mapping files
    Test {
        /// Files, names of maps (x12/004010/850), or - for standard input
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Lay a mapping file out afresh, on standard output
    Fmt {
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// How segments are written: each as it is, SAC*A**05, or SAC 01=A 03=05
        #[arg(long, value_enum, default_value_t = FmtForm::AsIs)]
        form: FmtForm,
        /// Write the file instead of printing it
        #[arg(long, conflicts_with = "check")]
        write: bool,
        /// Only say whether it is laid out: exit code 1 when not
        #[arg(long)]
        check: bool,
    },
    /// The effective map of a file that extends another, with where each line comes from
    Flatten {
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Which elements of documents a map carries, ignores or leaves
    Coverage(Coverage),
    /// What another map would make of the documents in the store; nothing is written
    Whatif(WhatIf),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FmtForm {
    AsIs,
    Separators,
    Labels,
}

#[derive(Debug, Args)]
pub struct Coverage {
    /// The map to read with, by name (x12/004010/850) or file, instead of the one each document would get
    #[arg(long, value_name = "MAP")]
    pub map: Option<String>,
    /// Documents; - is standard input
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub struct WhatIf {
    /// The map as it is, by name (x12/004010/850) or file
    #[arg(value_name = "OLD")]
    pub old: String,
    /// The map as it would be, by name or file
    #[arg(value_name = "NEW")]
    pub new: String,
    /// How many of the latest documents are read with both
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub last: usize,
    /// Only documents of this partner
    #[arg(long, value_name = "PARTNER")]
    pub partner: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum GrammarVerb {
    /// Parse and compile grammar and overlay files, reporting every mistake
    Check {
        /// Files, or - for standard input
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Say in words what stands at an address: x12/004010/850, 850/PO1/PO103, edifact/D.96A/ORDERS/NAD
    Explain {
        #[arg(value_name = "ADDRESS")]
        address: String,
    },
    /// The grammars there are
    List,
}

#[derive(Debug, Subcommand)]
pub enum PartnerVerb {
    /// Every partner, one a line
    List,
    /// One partner with its identities and agreements, defaults filled in
    Show {
        #[arg(value_name = "PARTNER")]
        partner: String,
    },
    /// Check partner files, alone and against one another
    Check {
        /// Files, or - for standard input
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Certificates of AS2: partners' and our own (us)
    #[command(subcommand)]
    Cert(CertVerb),
    /// The argon2 hash of a password read from standard input, for a partner file
    Password,
}

#[derive(Debug, Subcommand)]
pub enum CertVerb {
    /// Every certificate with its roles, its window and the days it has left
    List {
        /// Only this partner's, or ours (us)
        #[arg(value_name = "PARTNER")]
        party: Option<String>,
    },
    /// One certificate with its fingerprint, to be compared by telephone
    Show {
        #[arg(value_name = "PARTNER")]
        party: String,
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Take certificates from a PEM, DER, P7B or P12 file, beside those that are there
    Add(CertAdd),
    /// Make a key and a certificate of our own
    New(CertNew),
    /// The certificate as PEM on standard output, without its key: what a partner gets
    Export {
        #[arg(value_name = "PARTNER")]
        party: String,
        #[arg(value_name = "NAME")]
        name: String,
    },
}

#[derive(Debug, Args)]
pub struct CertAdd {
    /// Whose: a partner, or us
    #[arg(value_name = "PARTNER")]
    pub party: String,
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The file that holds the password of a P12
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    #[command(flatten)]
    pub wish: CertWish,
}

#[derive(Debug, Args)]
pub struct CertNew {
    /// The name in it, as partners see it
    #[arg(long, value_name = "NAME")]
    pub subject: String,
    /// How long it holds
    #[arg(long, default_value_t = 730)]
    pub days: u32,
    #[command(flatten)]
    pub wish: CertWish,
}

#[derive(Debug, Args)]
pub struct CertWish {
    /// What it is called here; else its serial number
    #[arg(long)]
    pub name: Option<String>,
    /// What it is used for: ours sign, decrypt, sign-mdn, tls; a partner's verify, encrypt, verify-mdn
    #[arg(long = "role", value_name = "ROLE", value_delimiter = ',')]
    pub roles: Vec<String>,
    /// Used from then on (2026-01-31T00:00:00Z); else from its own beginning
    #[arg(long, value_name = "MOMENT")]
    pub from: Option<String>,
    /// Used until then; else to its own end
    #[arg(long, value_name = "MOMENT")]
    pub until: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum EventsVerb {
    /// Events in their order
    List {
        /// Only those behind this number
        #[arg(long, default_value_t = 0, value_name = "NUMBER")]
        after: u64,
        /// Only this type: entrepot.order.received, or all of a kind: entrepot.invoice.*
        #[arg(long = "type", value_name = "TYPE")]
        kind: Option<String>,
        /// Only of this business key
        #[arg(long, value_name = "KEY")]
        subject: Option<String>,
        #[arg(long, default_value_t = 1000, value_name = "COUNT")]
        limit: usize,
    },
    /// What did not arrive and waits for a person
    Failed {
        /// Only at this endpoint
        #[arg(long, value_name = "NAME")]
        endpoint: Option<String>,
    },
    /// Send events once more, under the same ids
    Replay {
        #[arg(long, value_name = "NAME")]
        endpoint: String,
        #[command(flatten)]
        which: Which,
        /// The last one; without it everything up to now
        #[arg(long, requires = "from", value_name = "NUMBER")]
        to: Option<u64>,
    },
    /// Give up an event that an endpoint does not take; those behind it go on
    Skip {
        #[arg(long, value_name = "NAME")]
        endpoint: String,
        /// Its number or id
        #[arg(value_name = "EVENT")]
        event: String,
    },
    /// Endpoints: how far each is, what waits, the last answer
    Endpoints,
    /// Let an endpoint go on that said it was gone
    Enable {
        #[arg(long, value_name = "NAME")]
        endpoint: String,
    },
    /// Send a ping, and show what is answered
    Test {
        #[arg(long, value_name = "NAME")]
        endpoint: String,
    },
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct Which {
    /// The first one, by its number
    #[arg(long, value_name = "NUMBER")]
    pub from: Option<u64>,
    /// Everything that waits for a person
    #[arg(long)]
    pub failed: bool,
    /// One event, by its number or id
    #[arg(value_name = "EVENT")]
    pub event: Option<String>,
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
    /// One document with everything known of it
    Show {
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
pub struct Orders {
    /// The order's number; with it, its lines and its whole history are shown
    #[arg(value_name = "NUMBER")]
    pub number: Option<String>,
    /// Only this partner's
    #[arg(long, value_name = "PARTNER")]
    pub partner: Option<String>,
    /// Only those that are not closed
    #[arg(long)]
    pub open: bool,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Exceptions {
    #[command(subcommand)]
    pub verb: Option<ExceptionVerb>,
    /// Only this desk's: service, items, pricing, credit, warehouse, ap, purchasing, ar, compliance, support
    #[arg(long, value_name = "DESK")]
    pub queue: Option<String>,
    /// Settled ones too
    #[arg(long)]
    pub all: bool,
}

#[derive(Debug, Subcommand)]
pub enum MatchVerb {
    /// Those that wait, are held or are to be approved; exceptions decide on them
    List {
        /// Only this supplier's
        #[arg(value_name = "PARTNER")]
        partner: Option<String>,
        /// Matched ones too
        #[arg(long)]
        all: bool,
    },
    /// One of them, line by line
    Show { number: String },
    /// What was received and not invoiced, by line, with its age and whose it is
    Grni {
        #[arg(value_name = "PARTNER")]
        partner: Option<String>,
    },
}

#[derive(Debug, Args)]
pub struct Kpi {
    /// One figure, with everything that stands against it
    #[arg(value_name = "FIGURE")]
    pub name: Option<String>,
    /// From this day on
    #[arg(long, value_name = "DATE")]
    pub from: Option<jiff::civil::Date>,
    /// Until this day, included
    #[arg(long, value_name = "DATE")]
    pub to: Option<jiff::civil::Date>,
    /// Only this partner's
    #[arg(long, value_name = "PARTNER")]
    pub partner: Option<String>,
    /// Show what stands against each
    #[arg(long)]
    pub against: bool,
}

#[derive(Debug, Subcommand)]
pub enum ExceptionVerb {
    /// What is known of one, what can be done about it, and what that would do
    Show { exception: u64 },
    /// Make it yours
    Take { exception: u64 },
    /// Let it go on as it is: release the hold, take the invoice, accept the answer
    Approve {
        exception: u64,
        /// Show the effects and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Pay a supplier's invoice as far as its goods came, and dispute the rest
    PayReceived {
        exception: u64,
        /// Show the effects and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Refuse or dispute what it is about
    Reject {
        exception: u64,
        /// Show the effects and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Say that it has been dealt with; what it held up goes on
    Resolve {
        exception: u64,
        /// Show the effects and change nothing
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum ApprovalsVerb {
    /// What waits, with who must agree and who has
    List,
    /// Agree
    Approve { exception: u64 },
    /// Refuse
    Refuse { exception: u64 },
}

#[derive(Debug, Subcommand)]
pub enum UsersVerb {
    /// Everybody with their roles
    List,
    /// The roles there are, and what each may do
    Roles,
    /// Add somebody
    Add {
        name: String,
        #[arg(long, required = true, value_delimiter = ',', value_name = "ROLE,...")]
        roles: Vec<String>,
    },
    /// Give somebody other roles
    Change {
        name: String,
        #[arg(long, required = true, value_delimiter = ',', value_name = "ROLE,...")]
        roles: Vec<String>,
    },
    /// Let somebody act no more; what they did stays in the trail
    Remove { name: String },
    /// The keys of programs
    Keys,
    /// Make or take away a key
    #[command(subcommand)]
    Key(KeyVerb),
}

#[derive(Debug, Subcommand)]
pub enum KeyVerb {
    /// Make a key that acts for somebody; its secret is shown this once
    Add {
        owner: String,
        /// What it is for
        #[arg(long, default_value = "key", value_name = "WORDS")]
        label: String,
        /// The last day it opens anything
        #[arg(long, value_name = "DATE")]
        until: Option<jiff::civil::Date>,
    },
    /// Take a key away, for good
    Revoke {
        /// How its secret begins, as `users keys` shows it
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum AuditVerb {
    /// Entries in their order
    List {
        /// Only those behind this position
        #[arg(long, default_value_t = 0, value_name = "POSITION")]
        after: u64,
        /// Only what was done to this: "order 4501", "payment T1"
        #[arg(long, value_name = "THING")]
        subject: Option<String>,
    },
    /// Walk the chain; the first entry that was changed, or is missing, is named
    Verify,
}

#[derive(Debug, Subcommand)]
pub enum CashVerb {
    /// Payments with their reasons
    List(Party),
    /// Take in a bank's file: camt.052, camt.053, camt.054 or BAI2; what was taken before counts no second time
    Take {
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Show the entries and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Apply what waits of a payment to open items
    Apply {
        /// The payment's reference or trace
        payment: String,
        /// An open item and the money for it, as in 100241=1000.00
        #[arg(long, required = true, value_name = "NUMBER=AMOUNT")]
        to: Vec<String>,
        /// Show the entries and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Undo what was applied last of a payment, with entries that mirror it
    Undo {
        /// The payment's reference or trace
        payment: String,
        /// Show the entries and change nothing
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum PaymentsVerb {
    /// What a run would pay, and what it leaves out with the reason; nothing is kept
    Propose(RunWish),
    /// Runs with their state
    List,
    /// One run with its payments
    Show { run: String },
    /// Make a run of what is due; somebody else releases it
    Create {
        #[command(flatten)]
        wish: RunWish,
        /// Check that it can be made, and keep nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Let a run go that somebody else made: suppliers are advised, the bank's file is written, the invoices are paid
    Release {
        run: String,
        /// Show the entries and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// The run's file for the bank (pain.001), on stdout
    File { run: String },
    /// Take a run back; what it paid is owed again
    Undo {
        run: String,
        /// Show the entries and change nothing
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Clone, Debug, Args)]
pub struct RunWish {
    /// When the bank is to pay; today where nothing is said
    #[arg(long, value_name = "DATE")]
    pub date: Option<jiff::civil::Date>,
    /// What is due by then is paid; the day itself where nothing is said
    #[arg(long, value_name = "DATE")]
    pub through: Option<jiff::civil::Date>,
    #[arg(long, default_value = "USD", value_name = "CODE")]
    pub currency: String,
    /// What a discount has to be worth to be taken early, in percent a year
    #[arg(long, value_name = "PERCENT")]
    pub worth: Option<rust_decimal::Decimal>,
}

#[derive(Debug, Args)]
pub struct Party {
    /// Only this partner's
    #[arg(value_name = "PARTNER")]
    pub party: Option<String>,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Deductions {
    #[command(subcommand)]
    pub verb: Option<DeductionVerb>,
    #[command(flatten)]
    pub of: Party,
}

#[derive(Debug, Subcommand)]
pub enum DeductionVerb {
    /// End a deduction: the customer was right, owes it again, or it is given up; what is given up is approved by its amount
    Settle {
        /// Its id, or the invoice's number where that has no other
        deduction: String,
        /// How it ends
        #[arg(long = "as", value_name = "END", value_parser = ["credit", "recharge", "write-off"])]
        end: String,
        /// Show the entries and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// One deduction with everything that speaks for us or against
    Show {
        /// Its id, or the invoice's number where that has no other
        deduction: String,
    },
    /// Take back how a deduction ended
    Reopen {
        /// Its id, or the invoice's number where that has no other
        deduction: String,
        /// Show the entries and change nothing
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum JournalVerb {
    /// Close the books up to the end of a period: what is still open is shown by age and owner, and nothing is posted behind it
    Close {
        /// A month, 2026-02, or its last day
        period: String,
        /// Show what is open and close nothing
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Journal {
    #[command(subcommand)]
    pub verb: Option<JournalVerb>,
    /// Only entries behind this position
    #[arg(long, default_value_t = 0, value_name = "POSITION")]
    pub after: u64,
    #[arg(long, value_name = "COUNT")]
    pub limit: Option<usize>,
    /// Another form than --format's
    #[arg(long = "as", value_name = "FORM")]
    pub form: Option<JournalForm>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum JournalForm {
    Text,
    Json,
    Csv,
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
    /// A finding (invalid-code), a mistake in a file (ambiguous), or a wire code (997:AK403:7, contrl:13, ta1:025)
    #[arg(value_name = "CODE")]
    pub code: Option<String>,
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
