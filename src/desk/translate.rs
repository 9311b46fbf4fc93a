//! `translate`: canonical documents, one JSON object a line, each when its set closes.

use std::io::{self, BufWriter, Write};

use super::command::Translate;
use super::input::Input;
use super::output::{Answer, ERROR, Outcome, WARNING};
use crate::canonical::Canonical;
use crate::catalogue::Catalogue;
use crate::finding::Finding;
use crate::journey::examine::drive::drive;
use crate::journey::examine::envelopes::{Envelope, Envelopes};
use crate::journey::examine::{Audience, Examined, Examiner, XmlExamined};
use crate::mapping::Detail;
use crate::partner::Terms;
use crate::reply::Disposition;
use crate::wire::{Group, Interchange, Repair, SetHeader, TransactionSet};

pub fn run(it: &Translate, catalogue: Catalogue) -> Answer {
    let (catalogue, map) = match &it.map {
        Some(name) => super::maps::chosen(name, catalogue).map(|(catalogue, name)| (catalogue, Some(name)))?,
        None => (catalogue, None),
    };
    let mut outcome = Outcome::Accepted;
    for path in &it.files {
        let mut examiner = Examiner::new(&catalogue).with_detail(Detail::COUNTS);
        if let Some(name) = &map {
            examiner = examiner.with_map(name.clone());
        }
        let mut input = Input::open(path)?.with_progress(false);
        // Nobody looks at colours in JSON: the raw stream, with a buffer.
        let out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
        let mut lines = Lines {
            out,
            file: path.display().to_string(),
            line: Vec::new(),
            rejected: false,
            printed: 0,
            open: 0,
            envelopes: Envelopes::by(Terms::default()),
            group: String::new(),
        };
        let driven = drive(&mut examiner, &mut input, &mut lines)?;
        lines.out.flush()?;
        for left in &driven.left {
            anstream::eprintln!("{WARNING}left{WARNING:#} {}: {left}", lines.file);
        }
        if lines.rejected || driven.is_empty {
            outcome = Outcome::Rejected;
        }
    }
    Ok(outcome)
}

/// Prints documents; what is wrong goes to standard error.
struct Lines<W> {
    out: W,
    file: String,
    line: Vec<u8>,
    rejected: bool,
    /// Documents printed so far, and those of them that no envelope has been judged for.
    printed: u64,
    open: u64,
    envelopes: Envelopes,
    group: String,
}

impl<W: Write> Lines<W> {
    fn document(
        &mut self,
        what: &str,
        disposition: Disposition,
        findings: &[Finding],
        document: Option<&Canonical<'_>>,
    ) -> io::Result<()> {
        if let Some(document) = document {
            self.line.clear();
            document.write_json(&mut self.line);
            self.line.push(b'\n');
            self.out.write_all(&self.line)?;
            self.printed += 1;
            self.open += 1;
        }
        if !disposition.is_accepted() {
            self.rejected = true;
            anstream::eprintln!("{ERROR}{disposition}{ERROR:#} {}: {what}", self.file);
            findings.iter().filter(|found| found.is_error()).for_each(tell);
        }
        Ok(())
    }

    /// Documents are printed when their set closes: where the envelope behind them is rejected, they are named again.
    fn judged(&mut self, falls_with: Option<Envelope>) {
        let count = std::mem::take(&mut self.open);
        let Some(around) = falls_with.filter(|_| count > 0) else { return };
        self.rejected = true;
        let (which, last) = (around.as_str(), self.printed);
        let number = if around == Envelope::Group { format!(" {}", self.group) } else { String::new() };
        let lines = if count == 1 { format!("line {last}") } else { format!("lines {}-{last}", last - count + 1) };
        let is = if count == 1 { "is" } else { "are" };
        anstream::eprintln!(
            "{ERROR}not handed on{ERROR:#} {}: {lines} of the output {is} rejected with the {which}{number}",
            self.file
        );
    }

    fn envelope(&mut self, findings: &[Finding]) {
        for found in findings.iter().filter(|found| found.is_error()) {
            self.rejected = true;
            anstream::eprintln!("{ERROR}error[{}]{ERROR:#} {}: {}", found.word(), self.file, found.message());
        }
    }
}

fn tell(found: &Finding) {
    let bytes = found.place.bytes;
    anstream::eprintln!("  {}: {} (bytes {}-{})", found.word(), found.message(), bytes.start, bytes.end);
}

impl<W: Write> Audience for Lines<W> {
    fn interchange(&mut self, _part: Option<&str>, interchange: &Interchange) -> io::Result<()> {
        self.envelopes.interchange(interchange);
        self.envelope(&interchange.findings);
        Ok(())
    }

    fn group(&mut self, group: &Group) -> io::Result<()> {
        self.envelopes.group(group);
        self.group = group.control_number.clone().unwrap_or_default();
        self.envelope(&group.findings);
        Ok(())
    }

    fn set(&mut self, header: &SetHeader, _set: TransactionSet<'_>, examined: &Examined<'_>) -> io::Result<()> {
        let what = format!("{} {}", header.kind, header.control_number);
        self.document(&what, examined.disposition, &examined.findings, examined.document.as_ref())
    }

    fn group_closed(&mut self, _sets: u64, findings: &[Finding]) -> io::Result<()> {
        self.envelope(findings);
        if let Some(verdict) = self.envelopes.group_closed(findings) {
            self.judged(verdict);
        }
        Ok(())
    }

    fn interchange_closed(&mut self, _groups: u64, findings: &[Finding], _repairs: &[Repair]) -> io::Result<()> {
        self.envelope(findings);
        let verdict = self.envelopes.interchange_closed(findings);
        self.judged(verdict);
        Ok(())
    }

    fn xml(&mut self, _part: Option<&str>, document: &XmlExamined<'_>) -> io::Result<()> {
        let what = format!("{} {}", document.kind, document.release);
        self.document(&what, document.disposition, &document.findings, document.document.as_ref())
    }
}
