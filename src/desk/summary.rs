//! `inspect --summary`: counts only, in constant memory however large the file.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use crate::finding::Finding;
use crate::journey::examine::{Audience, Examined, XmlExamined};
use crate::wire::{Group, Interchange, Repair, SetHeader, TransactionSet};

/// What a file holds, counted.
#[derive(Debug, Default, Serialize)]
pub struct Summary {
    pub file: String,
    pub bytes: u64,
    pub interchanges: u64,
    pub groups: u64,
    pub transaction_sets: u64,
    pub segments: u64,
    pub errors: u64,
    pub warnings: u64,
    pub repairs: u64,
    /// By type and release (`850 004010`), each by disposition.
    pub sets: BTreeMap<String, BTreeMap<String, u64>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<String>,
}

impl Summary {
    fn findings(&mut self, findings: &[Finding]) {
        let errors = findings.iter().filter(|f| f.is_error()).count() as u64;
        self.errors += errors;
        self.warnings += findings.len() as u64 - errors;
    }

    fn count_set(&mut self, kind: &str, release: &str, disposition: impl ToString) {
        self.transaction_sets += 1;
        // A hostile file may name a million kinds: past a hundred they are counted together.
        let name = format!("{kind} {release}");
        let name = if self.sets.len() >= 100 && !self.sets.contains_key(&name) { "other".to_string() } else { name };
        *self.sets.entry(name).or_default().entry(disposition.to_string()).or_default() += 1;
    }

    /// The counts as a few aligned lines.
    pub fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        use super::output::{ERROR, FAINT, STRONG, WARNING, counted};
        writeln!(out, "{STRONG}{}{STRONG:#}  {FAINT}{} bytes{FAINT:#}", self.file, self.bytes)?;
        writeln!(
            out,
            "  {}, {}, {}, {}",
            counted(self.interchanges, "interchange"),
            counted(self.groups, "group"),
            counted(self.transaction_sets, "transaction set"),
            counted(self.segments, "segment")
        )?;
        for (name, dispositions) in &self.sets {
            let told: Vec<String> = dispositions.iter().map(|(d, n)| format!("{n} {d}")).collect();
            writeln!(out, "  {name:<24} {}", told.join(", "))?;
        }
        let error = if self.errors > 0 { ERROR } else { FAINT };
        let warning = if self.warnings > 0 { WARNING } else { FAINT };
        writeln!(
            out,
            "  {error}{}{error:#}, {warning}{}{warning:#}, {}",
            counted(self.errors, "error"),
            counted(self.warnings, "warning"),
            counted(self.repairs, "repair")
        )?;
        for refused in &self.refused {
            writeln!(out, "  {WARNING}left{WARNING:#} {refused}")?;
        }
        Ok(())
    }
}

impl Audience for Summary {
    fn interchange(&mut self, _part: Option<&str>, interchange: &Interchange) -> io::Result<()> {
        self.interchanges += 1;
        self.repairs += interchange.repairs.len() as u64;
        self.findings(&interchange.findings);
        Ok(())
    }

    fn group(&mut self, group: &Group) -> io::Result<()> {
        self.groups += 1;
        self.findings(&group.findings);
        Ok(())
    }

    fn set(&mut self, header: &SetHeader, _set: TransactionSet<'_>, examined: &Examined<'_>) -> io::Result<()> {
        self.segments += u64::from(header.segments);
        self.findings(&examined.findings);
        self.count_set(&header.kind, &header.release, examined.disposition);
        Ok(())
    }

    fn group_closed(&mut self, _sets: u64, findings: &[Finding]) -> io::Result<()> {
        self.findings(findings);
        Ok(())
    }

    fn interchange_closed(&mut self, _groups: u64, findings: &[Finding], repairs: &[Repair]) -> io::Result<()> {
        self.findings(findings);
        self.repairs += repairs.len() as u64;
        Ok(())
    }

    fn xml(&mut self, _part: Option<&str>, document: &XmlExamined<'_>) -> io::Result<()> {
        self.interchanges += 1;
        self.groups += 1;
        self.findings(&document.findings);
        self.count_set(&document.kind, &document.release, document.disposition);
        Ok(())
    }
}
