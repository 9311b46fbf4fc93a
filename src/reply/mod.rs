//! Acknowledgements as documents: TA1, 997, 999 and CONTRL composed from findings by a table, without judgement of
//! their own.
//!
//! A reply is composed as [`Line`]s (segments that are not bytes yet), so that it can be tested as text and a million
//! sets can stream through.

pub mod contrl;
pub mod disposition;
pub mod due;
#[cfg(test)]
mod envelope;
pub mod line;
pub mod outcome;
pub mod said;
#[cfg(test)]
mod story;
pub mod ta1;
pub mod version;
pub mod x12_functional;

pub use contrl::{Answer, ContrlReply};
pub use disposition::Disposition;
#[cfg(test)]
pub use envelope::ReplyInterchange;
pub use line::Line;
pub use outcome::{GroupOutcome, InterchangeOutcome, SetOutcome};
pub use said::{About, Said, is_acknowledgement};
pub use x12_functional::{Dialect, FunctionalReply, rules_of};
