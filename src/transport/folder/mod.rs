//! The folder door: files that land are claimed once, files that leave appear whole. It never looks inside the bytes.
//!
//! Polling is the truth and `notify` a hint. A file is taken when it was renamed into place, or when it rests and a
//! caller's test says that its structure is closed. Taking is a rename into `work/` on the same filesystem, so that
//! one gateway takes a file once, and what a crash left behind is found there by the next start.

mod claim;
mod complete;
mod layout;
mod name;
mod place;
mod untaken;
mod watch;

pub use claim::{Claim, Entrance, clear, leftovers, read, set_aside, shelve};
pub use complete::{Hint, Look, Patience, Verdict, judge};
pub use layout::Layout;
pub use name::{is_temporary, shown};
pub use place::{Placement, Placer, place};
pub use untaken::{Untaken, untaken};
pub use watch::{Tail, Watch, watch};
