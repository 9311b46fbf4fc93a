//! What was decided about an interchange, a group or a set: all that a reply needs to know, however it was stored.

use super::Disposition;
use crate::finding::{Fault, Finding};
use crate::wire::{Group, Identity, Interchange, SetHeader};

/// An interchange as judged: its header, the findings of header and trailer, the verdict.
#[derive(Clone, Copy, Debug)]
pub struct InterchangeOutcome<'a> {
    pub interchange: &'a Interchange,
    /// Findings of the header and of the trailer.
    pub findings: &'a [Finding],
    pub disposition: Disposition,
}

/// A group as judged by itself, without its sets.
#[derive(Clone, Copy, Debug)]
pub struct GroupOutcome<'a> {
    pub group: &'a Group,
    /// Findings of header and trailer.
    pub findings: &'a [Finding],
    /// The verdict on the group's own envelope.
    pub disposition: Disposition,
}

impl GroupOutcome<'_> {
    /// How many sets the trailer counts, where it counts another number than there were (AK902).
    pub fn sets_stated(&self) -> Option<u64> {
        let wrong = self.findings.iter().find(|found| found.fault == Fault::CountMismatch)?;
        wrong.value.as_deref()?.trim().parse().ok()
    }
}

/// A transaction set as judged.
#[derive(Clone, Copy, Debug)]
pub struct SetOutcome<'a> {
    /// `850`, `ORDERS`.
    pub kind: &'a str,
    /// `004010`, `D:96A:UN:EAN008`.
    pub release: &'a str,
    pub control_number: &'a str,
    /// ST03, where it was given.
    pub convention: Option<&'a str>,
    pub findings: &'a [Finding],
    pub disposition: Disposition,
}

impl<'a> SetOutcome<'a> {
    /// A set by its header.
    pub fn of(header: &'a SetHeader, findings: &'a [Finding], disposition: Disposition) -> Self {
        Self {
            kind: &header.kind,
            release: &header.release,
            control_number: &header.control_number,
            convention: header.convention.as_deref(),
            findings,
            disposition,
        }
    }
}

/// The identity a reply is sent from and to: those of the interchange, exchanged.
pub fn swapped(interchange: &Interchange) -> (Identity, Identity) {
    (interchange.receiver.clone().unwrap_or_default(), interchange.sender.clone().unwrap_or_default())
}

/// What an answer has to repeat and its original left out, or wrote so that the answer has no room for it, stands there as
/// zeros: so the answer is valid, names nothing that was sent, and has room for the code that says what is wrong.
pub(super) fn or_zeros<'t>(text: &'t str, zeros: &'static str, characters_max: usize) -> &'t str {
    if text.trim().is_empty() || text.chars().count() > characters_max { zeros } else { text }
}

/// A control number of X12 as an answer repeats it: zeros stand before one that is too short (ST02 holds four characters at
/// least), and in the place of one that is too long.
pub(super) fn number(text: &str, characters_min: usize, characters_max: usize) -> String {
    format!("{:0>characters_min$}", or_zeros(text, "", characters_max))
}

/// Errors only: a reply never tells warnings.
pub(super) fn errors(findings: &[Finding]) -> impl Iterator<Item = &Finding> {
    findings.iter().filter(|finding| finding.is_error())
}
