//! What is asked of orders, of cases, and of what other systems are told.

use clap::{Args, Subcommand};

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
        #[arg(long, default_value_t = EVENTS, value_name = "COUNT")]
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

/// How many events a list shows when nothing is said.
const EVENTS: usize = 1000;

impl EventsVerb {
    pub const ALL: Self = Self::List { after: 0, kind: None, subject: None, limit: EVENTS };
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

#[derive(Debug, Clone, Args)]
pub struct Orders {
    /// The order's number; with it, its lines and its whole history are shown
    #[arg(value_name = "NUMBER")]
    pub number: Option<String>,
    /// Behind `show`, which other lists have a word for
    #[arg(value_name = "NUMBER", hide = true)]
    pub shown: Option<String>,
    /// Only this partner's
    #[arg(long, value_name = "PARTNER")]
    pub partner: Option<String>,
    /// Only those that are not closed
    #[arg(long, conflicts_with = "number")]
    pub open: bool,
    /// Shipments and other documents that came before what they belong to, and what each waits for
    #[arg(long, conflicts_with = "open")]
    pub waiting: bool,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Exceptions {
    #[command(subcommand)]
    pub verb: Option<ExceptionVerb>,
    #[command(flatten)]
    pub which: Desks,
}

#[derive(Debug, Args)]
pub struct Desks {
    /// Only this desk's: service, items, pricing, credit, warehouse, ap, purchasing, ar, compliance, support
    #[arg(long, value_name = "DESK")]
    pub queue: Option<String>,
    /// Settled ones too
    #[arg(long)]
    pub all: bool,
}

#[derive(Debug, Subcommand)]
pub enum ExceptionVerb {
    /// What waits, as without a word
    List(Desks),
    /// What is known of one, what can be done about it, and what that would do
    Show { exception: String },
    /// Make it yours
    Take { exception: String },
    /// Let it go on as it is: release the hold, take the invoice, accept the answer
    Approve {
        exception: String,
        /// Show the effects and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Pay a supplier's invoice as far as its goods came, and dispute the rest
    PayReceived {
        exception: String,
        /// Show the effects and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Refuse or dispute what it is about
    Reject {
        exception: String,
        /// Show the effects and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Say that it has been dealt with; what it held up goes on
    Resolve {
        exception: String,
        /// Show the effects and change nothing
        #[arg(long)]
        dry_run: bool,
    },
}
