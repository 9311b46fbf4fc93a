//! Acts: done once under their key, on what the caller has seen, in one unit with the answer that is kept for a
//! repetition; or only tried.

use axum::http::{HeaderName, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::call::{Answer, Call, Content, agrees, quoted};
use super::problem::{Code, Problem};
use crate::journey::act::{self, Act, Signed};
use crate::journey::activate;
use crate::journey::show::effects;
use crate::journey::{Applied, Rules};
use crate::process::duties::{Action, Actor};
use crate::store::{Error, Result, Session, TradeId, hex};

/// What is kept under an idempotency key.
const KEYS: &str = "api";
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// An act with what it depends on.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub act: Act,
    pub of: Option<Revised>,
    /// Where there is something already, the caller says that it was seen.
    pub needs_condition: bool,
}

/// What has revisions.
#[derive(Clone, Debug)]
pub enum Revised {
    Order(TradeId),
    Exception(u64),
    Known(&'static str, String),
    /// A file of the catalogue, by its path.
    File(String),
}

impl Wanted {
    pub fn new(act: Act) -> Self {
        Self { act, of: None, needs_condition: false }
    }

    pub fn of(act: Act, revised: Revised) -> Self {
        Self { act, of: Some(revised), needs_condition: false }
    }
}

/// What came of a unit.
enum Done {
    Answered {
        status: u16,
        body: Value,
        etag: Option<String>,
    },
    /// It was done before: what was answered then.
    Again(Value),
    Reused,
    /// Roles or duties are in the way.
    Denied(String),
    Changed(Option<String>),
    ConditionNeeded(String),
}

struct Asked {
    rules: Rules,
    actor: Actor,
    wanted: Wanted,
    /// Whose key it is, and the key.
    key: Option<String>,
    hash: String,
    if_match: Option<String>,
    dry_run: bool,
}

/// Does an act, or tries it, and answers what it did.
///
/// # Errors
/// Why nothing was done.
pub async fn act(call: &Call, wanted: Wanted) -> Result<Answer, Problem> {
    let dry_run = call.is_asked("dry_run");
    let asked = Asked {
        rules: Rules::of(&call.gateway),
        actor: call.actor.clone(),
        wanted,
        // A trial is no act: its key is free for the real one.
        key: call.key.as_ref().filter(|_| !dry_run).map(|key| format!("{}|{key}", call.actor.owner)),
        hash: call.hash.clone(),
        if_match: call.if_match.clone(),
        dry_run,
    };
    let store = &call.gateway.store;
    let done = if dry_run {
        store.rehearse(asked, |asked, session| Box::pin(unit(session, asked))).await?
    } else {
        store.write(asked, |asked, session| Box::pin(unit(session, asked))).await?
    };
    match done {
        Done::Answered { status, body, etag } => Ok(answer(status, body, etag)),
        Done::Again(kept) => {
            let status = kept["status"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or(200);
            let mut again = answer(status, kept["body"].clone(), kept["etag"].as_str().map(str::to_owned));
            again.headers.push((REPLAYED, "true".to_owned()));
            Ok(again)
        }
        Done::Denied(why) => Err(Problem::new(Code::Forbidden, why)),
        Done::Reused => Err(Problem::new(Code::KeyReused, "another request had this Idempotency-Key")),
        Done::Changed(None) => Err(Problem::new(Code::Changed, "there is none")),
        Done::Changed(Some(now)) => Err(Problem::new(Code::Changed, format!("its ETag is {now} now"))),
        Done::ConditionNeeded(now) => Err(Problem::new(Code::ConditionNeeded, format!("its ETag is {now}"))),
    }
}

fn answer(status: u16, body: Value, etag: Option<String>) -> Answer {
    let mut answer = Answer::ok(body);
    answer.status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    answer.etag = etag;
    if !answer.status.is_success()
        && let Content::Json(body) = answer.content
    {
        answer.content = Content::Problem(body);
    }
    answer
}

async fn unit(session: &mut Session, asked: &Asked) -> Result<Done> {
    if let Some(key) = &asked.key {
        session.lock_trade_key(&format!("{KEYS}|{key}")).await?;
        if let Some(kept) = session.note(KEYS, key).await? {
            return Ok(if kept["hash"] == asked.hash.as_str() { Done::Again(kept) } else { Done::Reused });
        }
    }
    if let Some(denied) = act::denied(session, &asked.actor, &asked.wanted.act).await? {
        return Ok(Done::Denied(denied.to_string()));
    }
    if let Some(revised) = &asked.wanted.of {
        let now = etag(session, revised).await?;
        match (&asked.if_match, now) {
            (Some(seen), Some(now)) if !agrees(seen, &now) => return Ok(Done::Changed(Some(now))),
            (Some(_), None) => return Ok(Done::Changed(None)),
            (None, Some(now)) if asked.wanted.needs_condition => return Ok(Done::ConditionNeeded(now)),
            _ => {}
        }
    }
    let before = effects::before(session, &asked.wanted.act).await?;
    let outcome = match act::signed(session, &asked.rules, &asked.actor, &asked.wanted.act).await? {
        Signed::Done(outcome) => outcome,
        Signed::Denied(denied) => return Ok(Done::Denied(denied.to_string())),
        Signed::Waits { missing, role } => {
            let role = role.map(|role| format!(", one of them {}", role.as_str())).unwrap_or_default();
            Applied::Parked { awaits: format!("{missing} more to agree{role}") }
        }
    };
    let mut body = effects::since(session, &asked.wanted.act, &before, asked.rules.chart()).await?;
    body["dry_run"] = asked.dry_run.into();
    let (status, body) = match outcome {
        Applied::Applied => (200, with(body, "applied", None)),
        Applied::Duplicate => (200, with(body, "duplicate", None)),
        Applied::Parked { awaits } => (202, with(body, "waits", Some(awaits))),
        // Bookings beside the one in conflict are booked: whoever sent the file has nothing to send again.
        Applied::Conflict if is_in_part(&asked.wanted.act, &body) => (200, with(body, "in_part", None)),
        Applied::Conflict => problem(Code::Conflict, "another one of this number was told before"),
        Applied::Refused { why } => problem(Code::Refused, &why),
    };
    let etag = match &asked.wanted.of {
        Some(revised) => etag(session, revised).await?,
        None => None,
    };
    if let Some(key) = &asked.key {
        let kept = json!({"hash": asked.hash, "status": status, "body": body, "etag": etag});
        session.set_note(KEYS, key, &kept).await?;
    }
    Ok(Done::Answered { status, body, etag })
}

fn with(mut effects: Value, outcome: &str, awaits: Option<String>) -> Value {
    effects["outcome"] = outcome.into();
    if let Some(awaits) = awaits {
        effects["awaits"] = awaits.into();
    }
    effects
}

/// Whether a bank's file was taken beside what is in conflict.
fn is_in_part(act: &Act, body: &Value) -> bool {
    matches!(act, Act::Bank(_)) && body["entries"].as_array().is_some_and(|entries| !entries.is_empty())
}

fn problem(code: Code, detail: &str) -> (u16, Value) {
    (code.status().as_u16(), Problem::new(code, detail).json())
}

/// The revision of a thing; `None` where there is none.
///
/// # Errors
/// Those of the store.
pub async fn etag(view: &mut crate::store::View, revised: &Revised) -> Result<Option<String>> {
    let found = match revised {
        Revised::Order(id) => view.trade(*id).await.map(|row| quoted(row.events)),
        Revised::Exception(number) => view.case(*number).await.map(|case| revision(&format!("{case:?}"))),
        Revised::File(path) => {
            return Ok(activate::in_force(view).await?.get(path).map(|text| revision(text)));
        }
        Revised::Known(kind, key) => return Ok(view.master(kind, key).await?.map(|body| revision(&body))),
    };
    match found {
        Ok(etag) => Ok(Some(etag)),
        Err(Error::Missing { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn revision(content: &str) -> String {
    quoted(&hex(&Sha256::digest(content.as_bytes()))[..16])
}

impl Call {
    /// The role in which the caller does something: the desk's own where the caller has it, else one that may.
    pub fn role(&self, action: Action, desk: Option<&str>) -> String {
        self.actor.role_for(action, desk)
    }

    /// One name for an act, however often it is sent.
    pub fn name(&self) -> String {
        match &self.key {
            Some(key) => format!("api|{}|{key}", self.actor.owner),
            None => format!("api|{}", uuid::Uuid::now_v7()),
        }
    }

    pub fn now(&self) -> Timestamp {
        self.gateway.clock.now()
    }
}
