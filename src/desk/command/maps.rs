//! What is asked of maps and grammars.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

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
    /// Hand a map, a grammar or an overlay in, to be approved by somebody else
    Draft {
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Approve a draft: its examples come out as they say
    Approve {
        /// As `entrepot approvals list` names it, mappings/acme-850.map, or in short: acme-850
        #[arg(value_name = "DRAFT")]
        draft: String,
    },
    /// Put an approved draft in force, for every gateway on this database
    Activate {
        /// As `entrepot approvals list` names it; while nobody has been added, a file
        #[arg(value_name = "DRAFT")]
        draft: String,
    },
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
        /// As this partner's overlay has it, with what was agreed and why
        #[arg(long, value_name = "PARTNER")]
        partner: Option<String>,
    },
    /// The grammars there are
    List,
}
