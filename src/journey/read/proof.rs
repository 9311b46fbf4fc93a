//! Whether what we wrote is valid by our own rules: read back like a stranger's, before it leaves.

use std::io;

use crate::catalogue::Catalogue;
use crate::finding::{Fault, Finding};
use crate::grammar::{Checked, Strictness};
use crate::journey::examine::{Audience, Examined, Examiner};
use crate::reply::Disposition;
use crate::wire::{Group, Interchange, Repair, SetHeader, TransactionSet};

/// The first error that a reader of these bytes would find.
pub fn fault(catalogue: &Catalogue, bytes: &[u8]) -> Option<Finding> {
    let mut proof = Proof { catalogue, fault: None };
    Examiner::new(catalogue).segments(None, bytes, &mut proof).ok()?;
    proof.fault
}

struct Proof<'c> {
    catalogue: &'c Catalogue,
    fault: Option<Finding>,
}

impl Proof<'_> {
    fn note(&mut self, findings: &[Finding]) -> io::Result<()> {
        if self.fault.is_none() {
            self.fault = findings.iter().find(|found| found.is_error()).cloned();
        }
        Ok(())
    }
}

impl Audience for Proof<'_> {
    fn interchange(&mut self, _part: Option<&str>, interchange: &Interchange) -> io::Result<()> {
        self.note(&interchange.findings)
    }

    fn acknowledgement(&mut self, ta1: TransactionSet<'_>) -> io::Result<()> {
        let address = "x12/control/TA1".parse().ok();
        if let Some(grammar) = address.and_then(|address| self.catalogue.grammars.grammar(&address)) {
            let mut checked = Checked::default();
            grammar.check(ta1, Strictness { codes: true, ..Strictness::default() }, &mut checked);
            self.note(&checked.findings)?;
        }
        Ok(())
    }

    fn group(&mut self, group: &Group) -> io::Result<()> {
        self.note(&group.findings)
    }

    fn set(&mut self, header: &SetHeader, set: TransactionSet<'_>, examined: &Examined<'_>) -> io::Result<()> {
        self.note(&examined.findings)?;
        if examined.disposition == Disposition::Unsupported && self.fault.is_none() {
            let place = crate::finding::Place::segment("ST", 1, set.span());
            self.fault = Some(Finding::error(Fault::SetUnsupported, place).with_value(&header.kind));
        }
        Ok(())
    }

    fn group_closed(&mut self, _sets: u64, findings: &[Finding]) -> io::Result<()> {
        self.note(findings)
    }

    fn interchange_closed(&mut self, _groups: u64, findings: &[Finding], _repairs: &[Repair]) -> io::Result<()> {
        self.note(findings)
    }
}
