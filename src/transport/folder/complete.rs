//! When a file in a folder is whole: a decision about what was seen, without looking itself.

use std::time::Duration;

/// How long a file must rest before it counts as whole.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Between two looks at every folder.
    pub poll: Duration,
    /// For a file that is structurally closed.
    pub settle: Duration,
    /// For a file that is not: it is taken all the same, and its findings say what is missing.
    pub unclosed: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { poll: Duration::from_secs(1), settle: Duration::from_millis(800), unclosed: Duration::from_secs(30) }
    }
}

/// What the operating system said about a file, as far as it said anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
    /// Nothing: a look at the folder found it.
    None,
    /// Its writer closed it.
    Closed,
    /// It was renamed into place.
    Renamed,
}

/// What is known about a regular file at one look.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    pub hint: Hint,
    pub bytes: u64,
    /// How long size and time of change have been seen to stay, or the time since the last change where that is longer.
    pub resting: Duration,
    /// Whether the end of the file closes its structure.
    pub closed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Take,
    /// Not yet; look again.
    Wait,
}

/// Decides whether a file is whole.
pub fn judge(look: Look, patience: Patience) -> Verdict {
    let whole = match look.hint {
        Hint::Renamed => look.bytes > 0 || look.resting >= patience.unclosed,
        Hint::Closed if look.closed => true,
        _ if look.closed => look.resting >= patience.settle,
        _ => look.resting >= patience.unclosed,
    };
    if whole { Verdict::Take } else { Verdict::Wait }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts() {
        use Hint::{Closed, None, Renamed};
        use Verdict::{Take, Wait};
        for (hint, bytes, resting_ms, closed, verdict) in [
            (Renamed, 10, 0, false, Take),
            (Renamed, 0, 0, false, Wait),
            (Closed, 10, 0, true, Take),
            (Closed, 10, 0, false, Wait),
            (Closed, 10, 30_000, false, Take),
            (None, 10, 0, true, Wait),
            (None, 10, 800, true, Take),
            (None, 10, 800, false, Wait),
            (None, 10, 30_000, false, Take),
            (None, 0, 30_000, false, Take),
        ] {
            let look = Look { hint, bytes, resting: Duration::from_millis(resting_ms), closed };
            assert_eq!(judge(look, Patience::default()), verdict, "{look:?}");
        }
    }
}
