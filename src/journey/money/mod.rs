//! The books: what came in and what is owed, applied, settled, paid and closed; every cent in an entry that balances.
//!
//! | file | keeps |
//! |---|---|
//! | [`books`] | entries behind one another |
//! | [`aged`] | what was owed on a day |
//! | [`cash`] | money from a bank, and what payers say of it |
//! | [`lockbox`] | a bank's documents: money and advice at once |
//! | [`deductions`], [`adjustments`] | what customers kept back, and how that ends |
//! | [`runs`] | what is paid to suppliers |
//! | [`period`] | what is still open when a period ends |

pub mod adjustments;
pub mod aged;
pub mod books;
pub mod cash;
pub mod deductions;
pub mod lockbox;
pub mod period;
pub mod runs;
