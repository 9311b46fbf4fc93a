//! An exception as it is filed at its desk: a case, open from now on, that somebody has dealt with by a time.

use jiff::Timestamp;

use crate::process::Exception;
use crate::store::{Case, CaseState, Id};

/// The case of an exception about nothing in particular; whoever knows its trade or document adds it. `due` counts where the
/// exception has no time of its own.
pub fn filed(exception: &Exception, partner: Option<&str>, now: Timestamp, due: Timestamp) -> Case {
    Case {
        id: Id::new(),
        number: 0,
        trade: None,
        key: exception.key.clone(),
        queue: exception.queue.as_str().to_owned(),
        kind: exception.kind.as_str().to_owned(),
        partner: partner.map(str::to_owned),
        order_number: None,
        line: exception.line.clone(),
        words: exception.words.clone(),
        money: exception.said_money(),
        cause: exception.cause.clone(),
        state: CaseState::Open,
        owner: None,
        document: None,
        opened_at: now,
        due: Some(exception.due.unwrap_or(due)),
        breached: false,
        closed_at: None,
        closed_by: None,
        note: None,
    }
}
