//! What the numbers of a partner's interchanges tell: interchanges that are missing, and senders whom nobody knows.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::journey::filed::filed;
use crate::partner::Directory;
use crate::process::calendar::Calendar;
use crate::process::{Exception, ExceptionKind};
use crate::store::{Direction, Error, Hold, Interchange, Result, Session};

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
        let within = ExceptionKind::ControlNumberGap.queue().within();
        Some(Self {
            pair: format!("{} > {} {usage}", row.sender, row.receiver),
            partner: partner.id.clone(),
            number: row.control_number.trim().parse().ok()?,
            due: partner.trade.calendar.due(now, within),
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
        let missing = if gap.0 == gap.1 { gap.0.to_string() } else { format!("{} to {}", gap.0, gap.1) };
        let words = format!("interchange {missing} of {} has not come: {last} was followed by {number}", it.partner);
        let case = Exception::new(key(gap), ExceptionKind::ControlNumberGap, words);
        session.open_case(&filed(&case, Some(&it.partner), now, it.due)).await?;
    }
    if let Some(at) = standing.missing.iter().position(|(low, high)| (*low..=*high).contains(&number)) {
        let (low, high) = standing.missing.remove(at);
        session.close_case_of_house(&key((low, high)), "the interchange", None).await?;
        for rest in [(low, number - 1), (number + 1, high)].into_iter().filter(|(low, high)| low <= high) {
            standing.missing.push(rest);
            let words = format!("interchange {} to {} of {} has not come", rest.0, rest.1, it.partner);
            let case = Exception::new(key(rest), ExceptionKind::ControlNumberGap, words);
            session.open_case(&filed(&case, Some(&it.partner), now, it.due)).await?;
        }
    } else {
        // A number from before says that the partner began anew.
        standing.last = number;
    }
    session.set_note(SCOPE, &it.pair, &serde_json::to_value(&standing).map_err(Error::damaged)?).await
}

/// Somebody who is no partner sends documents: whether to trade with them, and on what credit, is for a person to say.
///
/// # Errors
/// Those of the store.
pub async fn stranger(session: &mut Session, hold: &Hold) -> Result<()> {
    if hold.fault != "partner-unknown" {
        return Ok(());
    }
    let words = format!("{} Do we trade with them, and on what credit?", hold.reason);
    let case = Exception::new(stranger_key(hold), ExceptionKind::NewPartner, words);
    let due = Calendar::default().due(hold.created_at, case.queue.within());
    session.open_case(&filed(&case, None, hold.created_at, due)).await.map(drop)
}

/// One case for all that one stranger sends.
pub fn stranger_key(hold: &Hold) -> String {
    format!("stranger|{}", hold.reason)
}
