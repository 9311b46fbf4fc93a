//! Journeys as text: stories of trade that people in finance can read and the program can play.
//!
//! A text is cut into words (`cut`), read by the table of sentences (`forms`, `read`), multiplied by its blocks
//! (`multiply`) and played (`play`) in a fresh world (`world`): a gateway in this process with its own database and a clock
//! that is turned by hand. Partners write real documents (`write`, `letters`) to its real door, and what leaves is read
//! back from the bytes (`look`, `compare`). It decides nothing about trade; what it tells of, the gateway did.

mod act;
mod compare;
mod cut;
mod european;
mod figures;
mod forms;
mod kinds;
mod letters;
mod lines;
mod look;
mod model;
mod money;
mod multiply;
mod partners;
mod play;
mod read;
mod trades;
mod values;
mod world;
mod write;

pub use model::Story;
pub use play::walk::{Taken, walk};
pub use play::{Difference, Played, play};
pub use read::{read, sentences};
