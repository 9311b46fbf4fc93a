//! What is asked of people, their keys and their signatures.

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub enum ApprovalsVerb {
    /// What waits, with who must agree and who has
    List,
    /// Agree
    Approve {
        /// The number of an exception, or what was proposed, as the list names it
        #[arg(value_name = "WHAT")]
        what: String,
    },
    /// Refuse: what was proposed waits no more
    Refuse {
        /// The number of an exception, or what was proposed, as the list names it
        #[arg(value_name = "WHAT")]
        what: String,
    },
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
        #[arg(long, value_name = "DATE", value_parser = super::values::date)]
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
