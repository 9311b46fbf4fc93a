//! What waits for a person, as one list per desk: cases, and what is held with a document, a delivery or a mailbox.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::suggested as shown_suggestions;
use crate::journey::act::Act;
use crate::journey::act::rulings::{Judgement, Ruling};
use crate::journey::act::suggested::suggested;
use crate::partner::Directory;
use crate::process::Queue;
use crate::store::{
    Case, CaseSearch, CaseState, Error, Hold, HoldId, HoldState, Id, Result, Subject, TransmissionId, View,
};

/// One thing that waits.
#[derive(Clone, Debug)]
pub struct Work {
    /// What the rulings take: a case's number, `h` and eight digits for what is held.
    pub id: String,
    /// What is held told as a case; it has no number.
    pub case: Case,
    pub hold: Option<Hold>,
}

/// A place in the list: when it is due, what is at stake below zero, the id.
pub type Place = (i64, Decimal, String);

impl Work {
    /// The most urgent first; of one moment that with the most money.
    pub fn place(&self) -> Place {
        let due = self.case.due.unwrap_or(Timestamp::MAX).as_microsecond();
        let money = self.case.money.as_deref().and_then(|money| money.parse::<Decimal>().ok());
        (due, -money.unwrap_or_default(), self.id.clone())
    }

    /// What a ruling on something held does: its bytes are read again, or it stays as it is.
    ///
    /// # Errors
    /// Why there is no such thing to do, in words.
    pub fn act(&self, ruling: Ruling, by: &str) -> std::result::Result<Act, String> {
        let by = by.to_owned();
        let Some(hold) = &self.hold else {
            return Ok(Act::Rule(Judgement { case: self.case.number, by, role: None, ruling }));
        };
        if hold.state != HoldState::Open {
            return Err(format!("{} is settled already", self.id));
        }
        match ruling {
            Ruling::Approve if can_be_read_again(hold) => {
                Ok(Act::Replay { id: hold.subject.1.clone(), partner: None, by, new: TransmissionId::new() })
            }
            Ruling::Approve => Err(format!("{} is not read again: {}", self.id, hold.reason)),
            Ruling::PayReceived => Err(format!("{} is no supplier's invoice", self.id)),
            Ruling::Reject | Ruling::Resolve => Ok(Act::Dismiss { hold: hold.id, by }),
        }
    }

    /// Everything that is known of it, with what can be done about it.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn shown(&self, view: &mut View, partners: &Directory) -> Result<Value> {
        let mut shown = super::case(&self.case);
        if let Some(fields) = shown.as_object_mut() {
            fields.remove("number");
        }
        shown["id"] = self.id.as_str().into();
        shown["suggested"] = match &self.hold {
            None => shown_suggestions(&suggested(view, partners, &self.case).await?),
            // Nothing is left to do about what is settled.
            Some(hold) if hold.state != HoldState::Open => json!([]),
            Some(hold) if can_be_read_again(hold) => json!([
                {"words": "read it again", "ruling": "approve", "how": self.ruled(Ruling::Approve)},
                {"words": "leave it as it is", "ruling": "resolve", "how": self.ruled(Ruling::Resolve)},
            ]),
            Some(_) => json!([
                {"words": "it has been dealt with", "ruling": "resolve", "how": self.ruled(Ruling::Resolve)},
            ]),
        };
        Ok(shown)
    }

    /// The command that gives a ruling on it.
    fn ruled(&self, ruling: Ruling) -> String {
        format!("entrepot exceptions {} {}", ruling.verb(), self.id)
    }
}

/// Whether what a hold keeps are bytes that came, and can be read again.
pub fn can_be_read_again(hold: &Hold) -> bool {
    hold.fault != "job-parked"
        && matches!(hold.subject.0, Subject::Document | Subject::Transmission | Subject::Interchange)
}

/// Everything open at a desk, or at all of them, in its order.
///
/// # Errors
/// Those of the store.
pub async fn list(view: &mut View, partners: &Directory, queue: Option<Queue>, limit: usize) -> Result<Vec<Work>> {
    let cases = view.cases(&CaseSearch { open_only: true, limit, ..CaseSearch::default() }).await?;
    let told: BTreeSet<String> = cases.iter().filter_map(|case| case.document.clone()).collect();
    let of_case = |case: Case| Work { id: case.number.to_string(), case, hold: None };
    let mut work: Vec<Work> = cases.into_iter().map(of_case).collect();
    // A document in conflict is held, and a case tells of it already.
    let holds = view.open_holds(limit).await?.into_iter().filter(|hold| !told.contains(&hold.subject.1));
    work.extend(holds.map(|hold| of_hold(hold, partners)));
    work.retain(|it| queue.is_none_or(|queue| it.case.queue == queue.as_str()));
    work.sort_by_key(Work::place);
    Ok(work)
}

/// One thing by its id.
///
/// # Errors
/// When nothing that waits goes by it, and those of the store.
pub async fn named(view: &mut View, partners: &Directory, id: &str) -> Result<Work> {
    if let Ok(number) = id.parse() {
        let case = view.case(number).await?;
        return Ok(Work { id: id.to_owned(), case, hold: None });
    }
    let whole = id.parse::<HoldId>().ok();
    let found = match whole {
        Some(whole) => view.hold(whole).await.ok(),
        None => view.hold_named(id).await?,
    };
    let hold = found.ok_or_else(|| Error::missing(format_args!("exception {id}")))?;
    Ok(of_hold(hold, partners))
}

/// By when somebody should have dealt with what is held.
pub fn due(hold: &Hold, partners: &Directory) -> Timestamp {
    let policy = partners.trade(hold.partner.as_deref().unwrap_or_default());
    hold.due.unwrap_or_else(|| policy.due_at(hold.queue(), hold.created_at))
}

/// What is held, told as a case.
pub fn of_hold(hold: Hold, partners: &Directory) -> Work {
    let case = Case {
        id: Id::from_uuid(hold.id.uuid()),
        number: 0,
        trade: None,
        key: format!("held|{}", hold.id),
        queue: hold.queue().as_str().to_owned(),
        kind: hold.kind(),
        partner: hold.partner.clone(),
        order_number: None,
        line: None,
        words: hold.reason.clone(),
        money: None,
        cause: None,
        state: if hold.state == HoldState::Open { CaseState::Open } else { CaseState::Resolved },
        owner: hold.owner.clone(),
        document: (hold.subject.0 == Subject::Document).then(|| hold.subject.1.clone()),
        opened_at: hold.created_at,
        due: Some(due(&hold, partners)),
        breached: hold.breached,
        closed_at: (hold.state != HoldState::Open).then_some(hold.updated_at),
        closed_by: hold.closed_by.clone(),
        note: hold.note.clone(),
    };
    Work { id: hold.name(), case, hold: Some(hold) }
}
