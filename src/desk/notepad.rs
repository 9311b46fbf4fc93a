//! `inspect` for people: the document as it stands, a segment a line, findings underlined where they are.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::outline::outline;
use super::output::{ERROR, FAINT, GOOD, NAME, STRONG, WARNING};
use crate::canonical::Canonical;
use crate::finding::{Finding, Rules, Severity, Span};
use crate::journey::examine::{Audience, Examined, XmlExamined};
use crate::mapping::Coverage;
use crate::reply::{Dialect, rules_of};
use crate::wire::{Group, Identity, Interchange, Repair, Segment, SetHeader, TransactionSet};

/// Prints one file to a terminal.
pub struct Notepad<W> {
    out: W,
    rejected: bool,
    /// Whose code lists the answer to the group at hand speaks.
    rules: Rules,
}

impl<W: Write> Notepad<W> {
    pub fn begin(mut out: W, file: &str) -> io::Result<Self> {
        writeln!(out, "{STRONG}{file}{STRONG:#}")?;
        Ok(Self::continued(out))
    }

    /// One that goes on below what somebody else has written.
    pub fn continued(out: W) -> Self {
        Self { out, rejected: false, rules: Rules::V4010 }
    }

    pub fn end(mut self, refused: &[String]) -> io::Result<bool> {
        for refused in refused {
            writeln!(self.out, "  {WARNING}left{WARNING:#} {refused}")?;
        }
        Ok(self.rejected)
    }

    /// A finding that has no line of its own to stand under: its sentence, its place, its codes.
    pub fn tell(&mut self, indent: &str, found: &Finding) -> io::Result<()> {
        self.tell_with(indent, found, &codes(found, self.rules))
    }

    fn tell_with(&mut self, indent: &str, found: &Finding, codes: &str) -> io::Result<()> {
        self.rejected |= found.is_error();
        let (style, word) = voice(found);
        let bytes = bytes(found.place.bytes);
        writeln!(
            self.out,
            "{indent}{style}{word}[{}]{style:#} {} {FAINT}({bytes}{codes}){FAINT:#}",
            found.word(),
            found.message()
        )
    }

    fn tell_repairs(&mut self, repairs: &[Repair]) -> io::Result<()> {
        for repair in repairs {
            let kind = serde_json::to_value(repair.kind)?;
            writeln!(
                self.out,
                "    {FAINT}repaired {} at bytes {}-{}{FAINT:#}",
                kind.as_str().unwrap_or_default(),
                repair.bytes.start,
                repair.bytes.end
            )?;
        }
        Ok(())
    }

    /// One segment, and under it what is wrong with it.
    fn segment(&mut self, segment: Segment<'_>, depth: usize, label: &str, findings: &[&Finding]) -> io::Result<()> {
        let indent = "  ".repeat(depth);
        let text = shown(segment.raw());
        let tag_len = segment.tag_text().chars().count().min(text.chars().count());
        let split = text.char_indices().nth(tag_len).map_or(text.len(), |(at, _)| at);
        let (tag, rest) = text.split_at(split);
        writeln!(
            self.out,
            "    {FAINT}{:>5}{FAINT:#}  {indent}{NAME}{tag}{NAME:#}{rest}  {FAINT}{label}{FAINT:#}",
            segment.position()
        )?;
        let whole = segment.span();
        for found in findings {
            let (style, _) = voice(found);
            let under = underline(segment, whole, found.place.bytes);
            let margin = " ".repeat(11 + indent.len());
            writeln!(self.out, "{margin}{style}{under}{style:#}")?;
            self.tell(&margin, found)?;
        }
        Ok(())
    }

    /// What was understood.
    fn document(&mut self, document: Option<&Canonical<'_>>) -> io::Result<()> {
        let value = document.map(serde_json::to_value).transpose()?;
        match value.as_ref().and_then(serde_json::Value::as_object) {
            Some(record) => outline(&mut self.out, record, 4, &[]),
            None => Ok(()),
        }
    }

    pub fn coverage(&mut self, coverage: &Coverage) -> io::Result<()> {
        let (mapped, ignored, left) = (coverage.mapped, coverage.ignored, coverage.unmapped.len());
        writeln!(
            self.out,
            "    {FAINT}{mapped} values mapped, {ignored} ignored, {left} not carried by the map{FAINT:#}"
        )?;
        for unmapped in coverage.unmapped.iter().take(20) {
            writeln!(self.out, "      {FAINT}not carried: {} \"{}\"{FAINT:#}", unmapped.place, unmapped.value)?;
        }
        if left > 20 {
            writeln!(self.out, "      {FAINT}... and {} more (--format json names them all){FAINT:#}", left - 20)?;
        }
        Ok(())
    }
}

impl<W: Write> Audience for Notepad<W> {
    fn interchange(&mut self, part: Option<&str>, interchange: &Interchange) -> io::Result<()> {
        let who = |identity: &Option<Identity>| match identity {
            Some(identity) if identity.qualifier.is_empty() => identity.id.clone(),
            Some(identity) => format!("{} {}", identity.qualifier, identity.id),
            None => "nobody".to_string(),
        };
        if let Some(part) = part {
            writeln!(self.out, "  {STRONG}{part}{STRONG:#}")?;
        }
        writeln!(
            self.out,
            "  {STRONG}{:?} {}{STRONG:#}  {} → {}  interchange {}{}",
            interchange.syntax,
            interchange.version,
            who(&interchange.sender),
            who(&interchange.receiver),
            interchange.control_number,
            if interchange.test { "  test" } else { "" }
        )?;
        self.tell_repairs(&interchange.repairs)?;
        interchange.findings.iter().try_for_each(|found| self.tell("    ", found))
    }

    fn acknowledgement(&mut self, ta1: TransactionSet<'_>) -> io::Result<()> {
        for segment in ta1.segments() {
            writeln!(
                self.out,
                "    {NAME}{}{NAME:#}  {FAINT}interchange acknowledgement{FAINT:#}",
                shown(segment.raw())
            )?;
        }
        Ok(())
    }

    fn group(&mut self, group: &Group) -> io::Result<()> {
        self.rules = rules_of(Dialect::F997, &group.version);
        if let Some(number) = &group.control_number {
            writeln!(self.out, "   group {number}  {} {}", group.functional_id, group.version)?;
        }
        group.findings.iter().try_for_each(|found| self.tell("    ", found))
    }

    fn set(&mut self, header: &SetHeader, set: TransactionSet<'_>, examined: &Examined<'_>) -> io::Result<()> {
        let style = if examined.disposition.is_accepted() { GOOD } else { ERROR };
        writeln!(
            self.out,
            "   {STRONG}{} {}{STRONG:#}  {}  {style}{}{}{style:#}",
            header.kind,
            header.control_number,
            header.release,
            examined.disposition,
            examined.falls_with.map(|around| format!(" with its {}", around.as_str())).unwrap_or_default()
        )?;
        let mut by_segment: BTreeMap<u32, Vec<&Finding>> = BTreeMap::new();
        for found in &examined.findings {
            by_segment.entry(found.place.segment).or_default().push(found);
        }
        for (index, segment) in set.segments().enumerate() {
            let here = by_segment.remove(&segment.position()).unwrap_or_default();
            let (depth, label) = examined.outline(index);
            self.segment(segment, depth, label, &here)?;
        }
        for found in by_segment.into_values().flatten() {
            self.tell("    ", found)?;
        }
        self.rejected |= !examined.disposition.is_accepted();
        self.document(examined.document.as_ref())?;
        self.coverage(&examined.coverage)
    }

    fn group_closed(&mut self, _sets: u64, findings: &[Finding]) -> io::Result<()> {
        findings.iter().try_for_each(|found| self.tell("   ", found))
    }

    fn interchange_closed(&mut self, _groups: u64, findings: &[Finding], repairs: &[Repair]) -> io::Result<()> {
        self.tell_repairs(repairs)?;
        findings.iter().try_for_each(|found| self.tell("  ", found))
    }

    fn xml(&mut self, part: Option<&str>, document: &XmlExamined<'_>) -> io::Result<()> {
        if let Some(part) = part {
            writeln!(self.out, "  {STRONG}{part}{STRONG:#}")?;
        }
        let style = if document.disposition.is_accepted() { GOOD } else { ERROR };
        writeln!(
            self.out,
            "  {STRONG}{} {}{STRONG:#}  {style}{}{style:#}",
            document.kind, document.release, document.disposition
        )?;
        // No acknowledgement of X12 or EDIFACT answers it: the codes of theirs would say nothing.
        document.findings.iter().try_for_each(|found| self.tell_with("    ", found, ""))?;
        self.document(document.document.as_ref())?;
        self.rejected |= !document.disposition.is_accepted();
        self.coverage(&document.coverage)
    }
}

fn voice(found: &Finding) -> (anstyle::Style, &'static str) {
    match found.severity {
        Severity::Error => (ERROR, "error"),
        Severity::Warning => (WARNING, "warning"),
    }
}

/// `bytes 180-188`, or where something is missing.
fn bytes(span: Span) -> String {
    if span.is_empty() { format!("at byte {}", span.start) } else { format!("bytes {}-{}", span.start, span.end) }
}

/// What the partner is told, by both standards' codes: `, AK403 8, 0085 12`.
fn codes(found: &Finding, rules: Rules) -> String {
    let (level, edifact) = (found.level(), found.fault.code_edifact());
    format!(", {} {}, 0085 {edifact}", level.element(), found.code_x12(level, rules))
}

/// The bytes as one line of text: what would move the cursor is shown as a dot.
fn shown(raw: &[u8]) -> String {
    String::from_utf8_lossy(raw).chars().map(|c| if c.is_control() { '·' } else { c }).collect()
}

/// `~~~~` under the bytes of a finding, or `^` where something is missing.
fn underline(segment: Segment<'_>, whole: Span, bytes: Span) -> String {
    let raw = segment.raw();
    let from = usize::try_from(bytes.start.saturating_sub(whole.start)).unwrap_or(0).min(raw.len());
    let to = usize::try_from(bytes.end.saturating_sub(whole.start)).unwrap_or(0).clamp(from, raw.len());
    let before = shown(&raw[..from]).chars().count();
    let under = shown(&raw[from..to]).chars().count();
    if under == 0 { format!("{}^", " ".repeat(before)) } else { format!("{}{}", " ".repeat(before), "~".repeat(under)) }
}
