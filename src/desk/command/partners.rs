//! What is asked of partners and their certificates.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub enum PartnerVerb {
    /// Every partner, one a line
    List,
    /// One partner with its identities and what was agreed beyond the usual
    Show {
        #[arg(value_name = "PARTNER")]
        partner: String,
        /// Also what is as usual (with --format json it is always there)
        #[arg(long)]
        all: bool,
    },
    /// Every key of a partner's file and of us.toml, with its default and what it is for
    Keys,
    /// Check partner files, alone and against one another
    Check {
        /// Files, or - for standard input
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Hand a partner file in: in force at once, or when somebody else has approved how the partner is reached or paid
    Put {
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Only say what it would be, and which stored documents would read otherwise
        #[arg(long)]
        dry_run: bool,
    },
    /// Approve how a partner is to be reached or paid: its file is in force then
    Approve {
        #[arg(value_name = "PARTNER")]
        partner: String,
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
    /// What sort of key: rsa signs and opens, p-256, p-384 and p-521 only sign
    #[arg(long, value_name = "KEY", default_value = "rsa")]
    pub key: String,
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
