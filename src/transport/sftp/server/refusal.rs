//! Why a request is not done, as the client is told it: a code of the protocol and a sentence.

use std::io;

use russh_sftp::protocol::StatusCode;

/// One refusal.
#[derive(Clone, Debug)]
pub struct Refusal {
    pub code: StatusCode,
    pub words: String,
}

pub fn denied(words: impl Into<String>) -> Refusal {
    Refusal { code: StatusCode::PermissionDenied, words: words.into() }
}

pub fn failed(words: impl Into<String>) -> Refusal {
    Refusal { code: StatusCode::Failure, words: words.into() }
}

pub fn no_such_file(name: &str) -> Refusal {
    Refusal { code: StatusCode::NoSuchFile, words: format!("there is no {name}") }
}

pub fn end_of_file() -> Refusal {
    Refusal { code: StatusCode::Eof, words: "end of file".into() }
}

pub fn unsupported(what: &str) -> Refusal {
    Refusal { code: StatusCode::OpUnsupported, words: format!("{what} is not offered here") }
}

impl From<io::Error> for Refusal {
    /// The paths of this machine are not the partner's business: only the kind of trouble is told.
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => no_such_file("such file"),
            io::ErrorKind::PermissionDenied => denied("the gateway may not do that; its administrator knows more"),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                failed("the gateway's disk is full; nothing is lost, send the file again later")
            }
            _ => failed("the gateway could not do that; send it again later"),
        }
    }
}
