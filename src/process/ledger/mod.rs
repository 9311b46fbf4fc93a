//! The books: accounts, entries that balance or do not exist, open items, and the proofs that all of it agrees.
//!
//! An [`Entry`] is made once, from a [`Draft`] that balances per currency, and never changes; what was wrong is mirrored by
//! [`Entry::reversal`]. Whoever decides (matching, cash) returns drafts; whoever posts gives them their id and date. The books
//! know no document: an entry names its source in words.

mod account;
mod band;
mod close;
mod currency;
mod entry;
mod export;
mod journal;
mod open_item;
pub mod proof;
mod said;

pub use account::{Account, Chart, Side};
pub use band::{Approver, Bands};
pub use close::{Age, Ageing, Unfinished, ageing, unfinished};
pub use currency::{Currency, TOO_LARGE, cents};
pub use entry::{Draft, Entry, EntryId, Leg, NotPosted, NotReversible};
pub use export::{csv_head, to_csv, to_json};
pub use journal::Journal;
pub use open_item::{Discount, ItemKind, NotApplied, OpenItem, discount_from};
pub use said::{SaidLeg, legs, same_in_all, same_legs};
