//! What the numbers of a partner's interchanges tell: which are missing.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::journey::filed::filed;
use crate::partner::Directory;
use crate::process::{Exception, ExceptionKind};
use crate::store::{Direction, Error, Interchange, Result, Session};

/// An interchange of a partner that is agreed to number them one after another.
#[derive(Clone, Debug)]
pub struct Numbered {
    /// Whose numbers these are: both identities, and whether they are tests.
    pub pair: String,
    pub partner: String,
    pub number: u64,
    pub due: Timestamp,
}

/// The numbers of a pair, as they came.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Standing {
    last: u64,
    missing: Vec<(u64, u64)>,
}

/// Where they are noted.
const SCOPE: &str = "control-numbers";
/// More than this is no gap: the partner has begun somewhere else.
const GAP_MAX: u64 = 1_000;

impl Numbered {
    /// `None` for what is no partner's, repeats an earlier one, or is not numbered so.
    pub fn of(row: &Interchange, directory: &Directory, now: Timestamp) -> Option<Self> {
        let partner = directory.partner(row.partner.as_deref()?)?;
        let is_one = row.direction == Direction::In && row.duplicate_of.is_none();
        if !is_one || !partner.trade.consecutive_numbers {
            return None;
        }
        let usage = if row.test { "test" } else { "production" };
        Some(Self {
            pair: format!("{} > {} {usage}", row.sender, row.receiver),
            partner: partner.id.clone(),
            number: row.control_number.trim().parse().ok()?,
            due: partner.trade.due_at(ExceptionKind::ControlNumberGap.queue(), now),
        })
    }
}

/// Notes a number. Those left out before it become a case, which ends when they come.
///
/// # Errors
/// Those of the store.
pub async fn follow(session: &mut Session, it: &Numbered) -> Result<()> {
    session.lock_trade_key(&format!("{SCOPE}|{}", it.pair)).await?;
    let now = session.now().await?;
    let mut standing: Standing = match session.note(SCOPE, &it.pair).await? {
        Some(note) => serde_json::from_value(note).map_err(Error::damaged)?,
        None => Standing { last: it.number, missing: Vec::new() },
    };
    let (last, number) = (standing.last, it.number);
    let key = |(low, high): (u64, u64)| format!("numbers|{}|{low}-{high}", it.pair);
    if number > last + 1 && number - last <= GAP_MAX {
        let gap = (last + 1, number - 1);
        standing.missing.push(gap);
        let missing = said(gap);
        let words = format!("interchange {missing} of {} has not come: {last} was followed by {number}", it.partner);
        let case = Exception::new(key(gap), ExceptionKind::ControlNumberGap, words);
        session.open_case(&filed(&case, Some(&it.partner), now, it.due)).await?;
    }
    if let Some(at) = standing.missing.iter().position(|(low, high)| (*low..=*high).contains(&number)) {
        let (low, high) = standing.missing.remove(at);
        session.close_case_of_house(&key((low, high)), "the interchange", None).await?;
        for rest in [(low, number - 1), (number + 1, high)].into_iter().filter(|(low, high)| low <= high) {
            standing.missing.push(rest);
            let words = format!("interchange {} of {} has not come", said(rest), it.partner);
            let case = Exception::new(key(rest), ExceptionKind::ControlNumberGap, words);
            session.open_case(&filed(&case, Some(&it.partner), now, it.due)).await?;
        }
    } else {
        // A number from before says that the partner began anew.
        standing.last = number;
    }
    session.set_note(SCOPE, &it.pair, &serde_json::to_value(&standing).map_err(Error::damaged)?).await
}

fn said((low, high): (u64, u64)) -> String {
    if low == high { low.to_string() } else { format!("{low} to {high}") }
}
