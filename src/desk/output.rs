//! What every verb ends with: an exit code that scripts rely on, and colour only where somebody looks.

use std::fmt;
use std::io::Write;
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};

use super::command::Format;

/// How a verb ended, where it ended well enough to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Exit code 0: everything accepted.
    Accepted,
    /// Exit code 1: findings that reject something.
    Rejected,
}

/// Why a verb could not answer.
#[derive(Debug)]
pub enum Failure {
    /// Exit code 2: the words on the command line, or the configuration.
    Usage(String),
    /// Exit code 3: our side, or the machine.
    Ours(String),
    /// Whoever read our output has read enough: no failure of anyone's.
    Unread,
}

impl Failure {
    pub fn usage(what: impl fmt::Display) -> Self {
        Self::Usage(what.to_string())
    }

    pub fn ours(what: impl fmt::Display) -> Self {
        Self::Ours(what.to_string())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(text) | Self::Ours(text) => f.write_str(text),
            Self::Unread => f.write_str("nobody reads the answer"),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::BrokenPipe { Self::Unread } else { Self::ours(error) }
    }
}

/// `1 mistake`, `2 mistakes`.
pub fn counted(count: impl TryInto<u64>, noun: &str) -> String {
    match count.try_into().unwrap_or(u64::MAX) {
        1 => format!("1 {noun}"),
        count => format!("{count} {noun}s"),
    }
}

/// What the system says of a file, without its numbers.
pub fn said(error: &std::io::Error) -> String {
    let words = error.to_string();
    let words = words.split_once(" (os error").map_or(words.as_str(), |(words, _)| words);
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// Tells people that a list has nothing in it; scripts see that there is no line.
pub fn nothing(is_empty: bool, format: Format, words: &str) -> std::io::Result<()> {
    match format {
        Format::Human if is_empty => writeln!(anstream::stdout(), "{FAINT}{words}{FAINT:#}"),
        _ => Ok(()),
    }
}

pub type Answer = Result<Outcome, Failure>;

/// The process's exit code, with the failure told on standard error.
pub fn exit_code(answer: Answer) -> ExitCode {
    match answer {
        Ok(Outcome::Accepted) => ExitCode::SUCCESS,
        Ok(Outcome::Rejected) => ExitCode::from(1),
        Err(Failure::Unread) => ExitCode::SUCCESS,
        Err(failure) => {
            anstream::eprintln!("{ERROR}error{ERROR:#}: {failure}");
            ExitCode::from(match failure {
                Failure::Usage(_) => 2,
                _ => 3,
            })
        }
    }
}

pub const ERROR: Style = AnsiColor::Red.on_default().bold();
pub const WARNING: Style = AnsiColor::Yellow.on_default().bold();
pub const GOOD: Style = AnsiColor::Green.on_default().bold();
pub const FAINT: Style = Style::new().dimmed();
pub const STRONG: Style = Style::new().bold();
pub const NAME: Style = AnsiColor::Cyan.on_default();
