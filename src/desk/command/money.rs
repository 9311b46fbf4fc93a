//! What is asked of invoices, payments, deductions, the journal and the figures.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::values;

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

impl MatchVerb {
    pub const ALL: Self = Self::List { partner: None, all: false };
}

#[derive(Debug, Args)]
pub struct Kpi {
    /// One figure, with everything that stands against it
    #[arg(value_name = "FIGURE")]
    pub name: Option<String>,
    /// From this day on
    #[arg(long, value_name = "DATE", value_parser = values::date)]
    pub from: Option<jiff::civil::Date>,
    /// Until this day, included
    #[arg(long, value_name = "DATE", value_parser = values::date)]
    pub to: Option<jiff::civil::Date>,
    /// Only this partner's
    #[arg(long, value_name = "PARTNER")]
    pub partner: Option<String>,
    /// Show what stands against each
    #[arg(long)]
    pub against: bool,
}

#[derive(Debug, Subcommand)]
pub enum CashVerb {
    /// Payments with their reasons
    List(Party),
    /// One payment: what came, how it was applied and why, what was not chosen, and what waits
    Show {
        /// The payment's reference or trace
        payment: String,
    },
    /// What payers announced and no money has come for yet
    Advices(Party),
    /// Take in a bank's file: camt.052, camt.053, camt.054, BAI2 or a lockbox (823); what was taken before counts no second time
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
        /// Why: kept with the payment, in the journal and in the trail
        #[arg(long, value_name = "WORDS")]
        because: Option<String>,
        /// Show the entries and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Undo what was applied last of a payment, with entries that mirror it
    Undo {
        /// The payment's reference or trace
        payment: String,
        /// Why: kept with the payment, in the journal and in the trail
        #[arg(long, value_name = "WORDS")]
        because: Option<String>,
        /// Show the entries and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Names that customers pay under and people have made known, by saying whose a payment was
    Names,
    /// Nobody is known by such a name any more
    Forget {
        name: String,
        /// Check that it can be forgotten, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// The ranking that is learned from what people decided: it proposes, and applies up to `model_limit` of the agreement
    Rank {
        #[command(subcommand)]
        verb: RankVerb,
    },
}

#[derive(Clone, Copy, Debug, Subcommand)]
pub enum RankVerb {
    /// Learn it from all decisions that are kept; a fifth of them is held back to compare on
    Train,
    /// Its weights, how it compared with the rules, and whether it is on
    Show,
    /// What training would come to today, beside the rules; nothing is kept
    Compare,
    /// Switch it on; refused where it is not better than the rules, or there are too few decisions
    On,
    /// Switch it off
    Off,
}

impl CashVerb {
    pub const ALL: Self = Self::List(Party { party: None });
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
    /// Take a run back, or one payment of it; what it paid is owed again
    Undo {
        /// A run (R7), or one payment of it (R7-2)
        run: String,
        /// Why: kept with the run, in the trail, and before whoever has to tell the bank
        #[arg(long, value_name = "WORDS")]
        because: Option<String>,
        /// Show the entries and change nothing
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Clone, Debug, Args)]
pub struct RunWish {
    /// When the bank is to pay; today where nothing is said
    #[arg(long, value_name = "DATE", value_parser = values::date)]
    pub date: Option<jiff::civil::Date>,
    /// What is due by then is paid; the day itself where nothing is said
    #[arg(long, value_name = "DATE", value_parser = values::date)]
    pub through: Option<jiff::civil::Date>,
    #[arg(long, default_value = "USD", value_name = "CODE")]
    pub currency: String,
    /// What a discount has to be worth to be taken early, in percent a year
    #[arg(long, value_name = "PERCENT", value_parser = values::percent)]
    pub worth: Option<rust_decimal::Decimal>,
}

#[derive(Debug, Args)]
pub struct Party {
    /// Only this partner's
    #[arg(value_name = "PARTNER")]
    pub party: Option<String>,
}

#[derive(Debug, Args)]
pub struct OpenItems {
    #[command(flatten)]
    pub of: Party,
    /// Sums by customer and by how many days they are past due
    #[arg(long)]
    pub aged: bool,
    /// What was open on this day, and how old it was then; today where none is said
    #[arg(long, value_name = "DAY", requires = "aged", value_parser = values::date)]
    pub on: Option<jiff::civil::Date>,
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
        #[arg(long = "as", value_name = "END", value_parser = clap::builder::PossibleValuesParser::new([
            clap::builder::PossibleValue::new("credit"),
            clap::builder::PossibleValue::new("recharge"),
            clap::builder::PossibleValue::new("write-off").alias("write_off"),
        ]))]
        end: String,
        /// Why: kept in the journal and in the trail
        #[arg(long, value_name = "WORDS")]
        because: Option<String>,
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
        /// Why: kept in the journal and in the trail
        #[arg(long, value_name = "WORDS")]
        because: Option<String>,
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
    /// Say that your books hold the journal up to a position: `journal --new` shows what is behind it
    Taken {
        #[arg(value_name = "POSITION", value_parser = values::position)]
        position: u64,
        /// Check that it can be said, and keep nothing
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
    #[arg(long, default_value_t = 0, value_name = "POSITION", value_parser = values::position)]
    pub after: u64,
    /// Only what whoever asks has not taken over yet
    #[arg(long, conflicts_with = "after")]
    pub new: bool,
    /// No more entries than this
    #[arg(long, value_name = "COUNT", value_parser = values::count)]
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
