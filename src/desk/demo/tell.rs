//! What an act says, line by line as it happens.

use std::fmt::Display;

use crate::desk::output::{FAINT, GOOD, WARNING};

#[derive(Clone, Copy, Debug)]
pub struct Tell;

impl Tell {
    /// What somebody does.
    pub fn says(self, line: impl Display) {
        anstream::println!("   {line}");
    }

    /// What came of it, and where to see it: a command to run, or a file.
    pub fn shows(self, line: impl Display, place: impl Display) {
        anstream::println!("   {line}  {FAINT}{place}{FAINT:#}");
    }

    /// Something that went well.
    pub fn good(self, what: impl Display, line: impl Display, place: impl Display) {
        self.shows(format_args!("{GOOD}{what}{GOOD:#}{line}"), place);
    }

    /// Something that somebody has to see to.
    pub fn warns(self, what: impl Display, line: impl Display, place: impl Display) {
        self.shows(format_args!("{WARNING}{what}{WARNING:#}{line}"), place);
    }
}
