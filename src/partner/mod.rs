//! Who trades with us and what was agreed, as plain TOML: one file per partner, `us.toml` for ourselves.
//!
//! It knows names of grammars and maps, not whether they exist: the catalogue checks that.

pub mod account;
pub mod advice_csv;
pub mod agreement;
pub mod as2;
mod changed;
mod chart;
pub mod control_number;
pub mod directory;
pub mod file;
pub mod http;
pub mod identity;
pub mod mail;
mod reference;
pub mod sftp;
pub mod terms;
mod trading;
pub mod writing;

pub use account::Account;
pub use advice_csv::AdviceCsv;
pub use agreement::{Agreement, Batch, Direction, Reference, Referred};
pub use as2::As2;
pub use changed::changed;
pub use control_number::{Next, Numbering};
pub use directory::{Directory, DirectoryFiles};
pub use file::{Partner, PartnerFile, Party, Us};
pub use http::HttpTerms;
pub use identity::{Identities, Realm};
pub use mail::MailTerms;
pub use reference::{keys_of_partner, keys_of_us};
pub use sftp::Sftp;
pub use terms::{Contrl, Duplicates, Functional, Leniency, Ta1, Terms, Usage};
pub use writing::Writing;
