//! What people and systems of ours do, however they say it: the API, a story, a command line. One act is one unit.

pub mod again;
pub mod approvals;
pub mod duty;
pub mod rulings;
pub mod suggested;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use self::duty::Duty;
use self::rulings::Judgement;
use super::Gateway;
use super::activate::{self, Change};
use super::apply::command::{self, Command};
use super::apply::counted::{self, Counted};
use super::apply::known::{self, Known};
use super::apply::{Applied, Rules};
use super::money::cash::{self, Became};
use super::money::{deductions, lockbox, period, runs};
use super::owed::{self, Wish};
use super::people;
use crate::process::cash::{Fact, Settlement};
use crate::process::duties::{Actor, Denied, Role};
use crate::process::ledger::OpenItem;
use crate::store::{HoldId, HoldState, Result, Session, TransmissionId, View};

/// One act.
#[derive(Clone, Debug)]
pub enum Act {
    /// A trade is told something.
    Tell(Box<Command>),
    /// A case is ruled on.
    Rule(Judgement),
    /// Money that waits goes where a person says: numbers of open items, and how much on each.
    Assign { payment: String, chosen: Vec<(Box<str>, Decimal)>, because: Option<String> },
    /// The latest application of a payment is undone.
    Undo { payment: String, because: Option<String>, by: String },
    /// A deduction ends, or is open again; named by its id or its invoice.
    Settle { deduction: String, settlement: Option<Settlement>, because: Option<String>, by: String },
    /// A payment run is made, released or taken back.
    Run { ask: runs::Ask, by: String },
    /// Nobody is known any more by a name that people had made known.
    Forget { name: String },
    /// The learned ranking of cash is trained, or switched.
    Rank { ask: cash::rank::Ask, by: String },
    /// Nothing is posted on this day or before any more.
    Close(jiff::civil::Date),
    /// Bookings of a bank.
    Bank(Vec<Fact>),
    /// Lockboxes of a bank, as canonical documents, that somebody hands in.
    Lockbox(Vec<String>),
    /// Something was owed before the books began.
    Owe(Box<OpenItem>),
    /// Something is known from now on: an item, a credit limit.
    Know(Known),
    /// Goods were counted.
    Count(Vec<Counted>),
    /// Stored bytes leave again under their old numbers.
    Resend { id: String, by: String },
    /// Received bytes are read again, as the transmission `new`.
    Replay { id: String, partner: Option<String>, by: String, new: TransmissionId },
    /// What is held stays as it is: somebody has dealt with it.
    Dismiss { hold: HoldId, by: String },
    /// What waits for others to agree waits no more.
    TurnDown { key: String, of: Box<Self> },
    /// A map or a partner file is drafted, approved, put in force.
    Change(Change),
    /// Another system's books have taken the journal over up to this position.
    TakeOver { reader: String, position: u64 },
    /// Events go to an endpoint once more, or not any more.
    Notify { endpoint: String, by: String, wish: Wish },
}

/// Does one act. What it answers is durable.
///
/// # Errors
/// Those of the store; nothing was done then.
pub async fn act(gateway: &Gateway, act: Act) -> Result<Applied> {
    let context = (Rules::of(gateway), act);
    gateway.store.write(context, |(rules, act), session| Box::pin(perform(session, rules, act))).await
}

/// Does one act in a unit that somebody else began.
///
/// # Errors
/// Those of the store.
pub async fn perform(session: &mut Session, rules: &Rules, act: &Act) -> Result<Applied> {
    match act {
        Act::Tell(command) => command::tell(session, rules, command).await,
        Act::Rule(judgement) => rulings::judge(session, rules, judgement).await,
        Act::Assign { payment, chosen, because } => {
            Ok(became(cash::assign(session, rules, (payment, because.as_deref()), chosen).await?))
        }
        Act::Undo { payment, because, by } => {
            Ok(became(cash::undo(session, rules, payment, because.as_deref(), by).await?))
        }
        Act::Settle { deduction, settlement: Some(settlement), because, by } => {
            let end = (*settlement, because.as_deref());
            Ok(became(deductions::settle(session, rules, deduction, end, by).await?))
        }
        Act::Settle { deduction, settlement: None, because, by } => {
            Ok(became(deductions::reopen(session, rules, deduction, because.as_deref(), by).await?))
        }
        Act::Run { ask, by } => Ok(became(runs::ask(session, rules, ask, by).await?)),
        Act::Forget { name } => Ok(became(cash::names::forget(session, name).await?)),
        Act::Rank { ask, by } => Ok(became(cash::rank::ask(session, *ask, by).await?)),
        Act::Close(through) => Ok(became(period::close(session, rules, *through).await?)),
        Act::Bank(facts) => {
            let mut outcome = Applied::Duplicate;
            for fact in facts {
                match became(cash::booking(session, rules, fact).await?) {
                    Applied::Duplicate => {}
                    // What a person has to look at is not hidden by what was booked beside it.
                    _ if outcome == Applied::Conflict => {}
                    other => outcome = other,
                }
            }
            Ok(outcome)
        }
        Act::Lockbox(documents) => Ok(became(lockbox::handed_in(session, rules, documents).await?)),
        Act::Owe(item) => Ok(became(cash::owe(session, rules, item, "opening", cash::opening(item)).await?)),
        Act::Know(known) => known::know(session, rules, known).await,
        Act::Resend { id, by } => {
            again::send_once_more(session, id, by).await?;
            Ok(Applied::Applied)
        }
        Act::Replay { id, partner, by, new } => {
            again::read_once_more(session, id, partner.as_deref(), by, *new).await?;
            Ok(Applied::Applied)
        }
        Act::Dismiss { hold, by } => {
            session.close_hold(*hold, HoldState::Closed, by, None).await?;
            Ok(Applied::Applied)
        }
        Act::TurnDown { key, .. } => approvals::turn_down(session, key).await.map(|()| Applied::Applied),
        Act::Change(change) => activate::change(session, change).await,
        Act::TakeOver { reader, position } => take_over(session, reader, *position).await,
        Act::Notify { endpoint, by, wish } => owed::wish(session, endpoint, by, *wish).await,
        Act::Count(counts) => {
            let mut outcome = Applied::Duplicate;
            for counted in counts {
                if counted::count(session, counted).await? {
                    outcome = Applied::Applied;
                }
            }
            Ok(outcome)
        }
    }
}

/// What came of an act that somebody wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signed {
    Done(Applied),
    /// Their roles or duties are in the way; nothing was done.
    Denied(Denied),
    /// It is agreed to, and others have to agree as well: so many, one of them with this role.
    Waits {
        missing: usize,
        role: Option<Role>,
    },
}

/// What keeps somebody from an act, before anything else is looked at.
///
/// # Errors
/// Those of the store.
pub async fn denied(view: &mut View, actor: &Actor, act: &Act) -> Result<Option<Denied>> {
    let Duty { action, subject, .. } = Duty::of(view, act).await?;
    people::allowed(view, actor, action, &subject).await
}

/// Does an act in somebody's name, where roles and duties allow it, and puts it into the trail in the same unit.
///
/// # Errors
/// Those of the store.
pub async fn signed(session: &mut Session, rules: &Rules, actor: &Actor, act: &Act) -> Result<Signed> {
    let on_case = rulings::as_case(session, act).await?;
    let act = on_case.as_ref().unwrap_or(act);
    let Duty { action, subject, stake } = Duty::of(session, act).await?;
    if let Some(denied) = people::allowed(session, actor, action, &subject).await? {
        return Ok(Signed::Denied(denied));
    }
    if let Some(stake) = stake
        && let Some(waits) = approvals::sign(session, actor, act, &subject, stake).await?
    {
        let detail = json!({"agreed": stake.1, "missing": waits.missing});
        people::record(session, actor, action, &subject, detail).await?;
        return Ok(Signed::Waits { missing: waits.missing, role: waits.role });
    }
    let mut detail = match act {
        // By its hash, so that the trail says which text it was.
        Act::Change(change) => activate::told(session, change).await?,
        act => act.told(),
    };
    let outcome = perform(session, rules, act).await?;
    if let Act::Assign { payment, .. } | Act::Undo { payment, .. } = act
        && let Some(known) = cash::names::of_payment(session, payment).await?
    {
        (detail["payer_name"], detail["known_as"]) = (json!(known.name), json!(known.customers));
    }
    let in_part = matches!(act, Act::Bank(_)) && outcome == Applied::Conflict;
    if in_part || matches!(outcome, Applied::Applied | Applied::Parked { .. }) {
        people::record(session, actor, action, &subject, detail).await?;
    }
    Ok(Signed::Done(outcome))
}

impl Act {
    /// In a few words for the trail: what it was, without its contents.
    fn told(&self) -> Value {
        match self {
            Self::Tell(command) => json!({"told": command::verb(&command.what), "key": command.key}),
            Self::Rule(judgement) => json!({"exception": judgement.case, "ruling": judgement.ruling.as_str()}),
            Self::Assign { payment, chosen, because } => {
                json!({"applied": payment, "items": chosen.len(), "because": because})
            }
            Self::Undo { payment, because, .. } => json!({"undone": payment, "because": because}),
            Self::Settle { deduction, settlement, because, .. } => {
                let settled = settlement.map(Settlement::as_str);
                json!({"deduction": deduction, "settled": settled, "because": because})
            }
            Self::Run { ask: runs::Ask::Create(wish), .. } => json!({"created": wish}),
            Self::Run { ask: runs::Ask::Release(run), .. } => json!({"released": run}),
            Self::Run { ask: runs::Ask::Undo { run, because }, .. } => json!({"undone": run, "because": because}),
            Self::Forget { name } => json!({"forgotten": name}),
            Self::Rank { ask, .. } => json!({"ranking": ask.as_str()}),
            Self::Close(through) => json!({"closed": through}),
            Self::Bank(facts) => json!({"bookings": facts.len()}),
            Self::Lockbox(documents) => json!({"lockboxes": documents.len()}),
            Self::Owe(item) => json!({"owed": item.amount}),
            Self::Know(known) => json!({"known": known.body}),
            Self::Count(counts) => json!({"counted": counts.len()}),
            Self::Resend { id, .. } => json!({"resent": id}),
            Self::Replay { id, new, .. } => json!({"replayed": id, "as": new.to_string()}),
            Self::Dismiss { hold, .. } => json!({"dismissed": hold.to_string()}),
            Self::TurnDown { key, .. } => json!({"turned_down": key}),
            Self::Change(change) => json!({"file": change.path}),
            Self::TakeOver { reader, position } => json!({"reader": reader, "position": position}),
            Self::Notify { wish, .. } => wish.told(),
        }
    }
}

fn became(became: Became) -> Applied {
    match became {
        Became::Posted => Applied::Applied,
        Became::Waits => Applied::Parked { awaits: "its other half: the money, or what the payer says of it".into() },
        Became::Duplicate => Applied::Duplicate,
        Became::Conflict => Applied::Conflict,
        Became::Refused(why) => Applied::Refused { why },
    }
}

/// What readers of the journal have told.
const READERS: &str = "journal-reader";

/// Up to which position a reader has taken the journal over; 0 where it has told nothing.
///
/// # Errors
/// Those of the store.
pub async fn taken_over(view: &mut View, reader: &str) -> Result<u64> {
    Ok(view.note(READERS, reader).await?.and_then(|note| note.as_u64()).unwrap_or_default())
}

/// A reader goes on, and never back: an entry is taken over once.
async fn take_over(session: &mut Session, reader: &str, position: u64) -> Result<Applied> {
    session.lock_trade_key(&format!("{READERS}|{reader}")).await?;
    let (last, told) = (session.last_entry().await?, taken_over(session, reader).await?);
    if position > last {
        return Ok(Applied::Refused { why: format!("the journal ends at {last}") });
    }
    if position <= told {
        return Ok(Applied::Duplicate);
    }
    session.set_note(READERS, reader, &position.into()).await?;
    Ok(Applied::Applied)
}
