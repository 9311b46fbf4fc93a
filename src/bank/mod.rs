//! Banks' files to what they say, our payments to a file for the bank (ISO 20022 camt and pain, BAI2), and customers' tables.
//!
//! A reader makes [`BankStatement`]s of bytes, with findings for what does not add up; it decides nothing about the money.
//! X12 820 and 823 come through grammars and maps like every other set.

mod bai2;
mod camt;
mod entry;
mod pain;
mod table;
mod totals;

pub use bai2::read_bai2;
pub use camt::read_camt;
pub use entry::Refused;
pub use pain::{Party, PaymentRun, Transfer, write_pain};
pub use table::{is_advice, read_advice};

use crate::canonical::BankStatement;
use crate::finding::{Fault, Finding, Place, Span};

/// Statements as read, and what is wrong with the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Read {
    pub statements: Vec<BankStatement>,
    /// An error among them speaks of the file or of an account as a whole.
    pub findings: Vec<Finding>,
    /// Entries that are no bookings; those beside them are.
    pub refused: Vec<Refused>,
    /// Entries that are not booked yet, in words: the bank says them again when they are.
    pub pending: Vec<String>,
}

/// Whether a file that begins so is one of a bank: camt by its namespace, BAI2 by its first record.
pub fn is_statement(start: &[u8]) -> bool {
    let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).trim_ascii_start();
    let is_camt = |part: &[u8]| part.starts_with(b":camt.05");
    text.starts_with(b"01,") || (text.starts_with(b"<") && text.windows(8).any(is_camt))
}

/// Whether a file that begins so is one that we wrote for a bank.
pub fn is_payment_file(start: &[u8]) -> bool {
    start.windows(9).take(512).any(|part| part == b":pain.001")
}

/// Reads whatever a bank sends: XML is camt, a first record `01` is BAI2.
pub fn read(bytes: &[u8]) -> Read {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    if text.starts_with(b"<") {
        return read_camt(bytes);
    }
    if text.starts_with(b"01,") {
        return read_bai2(bytes);
    }
    let place = Place { tag: "file".into(), bytes: Span::at(0), ..Place::default() };
    let finding = Finding::error(Fault::RootUnknown, place).expecting("camt.052, camt.053, camt.054 or BAI2");
    Read { findings: vec![finding], ..Read::default() }
}
