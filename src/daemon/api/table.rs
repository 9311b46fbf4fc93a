//! What an operation of the API is: its way, its parameters, what it takes and what it shows. [`super::routes`] lists them.

use super::call::{self, Answer, Call, PAGE, PAGE_MAX};
use super::problem::Problem;
use super::schema::{DESKS, SIDES};
use crate::journey::show::asked;
use crate::mistake::nearest;
use crate::ports::Promise;
use serde_json::{Value, json};

/// One operation.
pub struct Route {
    /// `operationId`.
    pub id: &'static str,
    pub way: Way,
    /// As axum and OpenAPI both write it.
    pub path: &'static str,
    pub tag: &'static str,
    pub says: &'static str,
    pub does: Use,
    pub query: &'static [Parameter],
    pub body: Option<Form>,
    pub shows: Shows,
    /// It has an ETag, and `If-Match` is looked at.
    pub revisable: bool,
    pub handler: for<'c> fn(&'c Call) -> Promise<'c, Result<Answer, Problem>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Get,
    Post,
    Put,
}

impl Way {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    Read,
    /// It changes something. `names_itself`: a number in it tells a repetition, so that it needs no `Idempotency-Key`.
    Act {
        names_itself: bool,
    },
}

/// What a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// JSON as this component says.
    Json(&'static str),
    /// A file as it is.
    Bytes,
}

impl Form {
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Json(_) => "application/json",
            Self::Bytes => "application/octet-stream",
        }
    }
}

/// What is answered when it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    One(&'static str),
    Page(&'static str),
    Bytes,
    /// A page, also as lines of a table.
    Table(&'static str),
    /// What the act did, or would do.
    Effects,
    /// The OpenAPI document; anybody may have it.
    Itself,
}

/// A parameter behind the question mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    pub name: &'static str,
    pub kind: Kind,
    pub says: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    /// Somebody we trade with, or whose documents are kept.
    Partner,
    /// An endpoint that there is.
    Endpoint,
    /// Where a page begins, as the one before said.
    Cursor,
    /// Types of events: `order.received`, `invoice.*`.
    Events,
    /// `7.5`
    Percent,
    /// From 1 to this.
    UpTo(usize),
    Flag,
    /// From 0.
    Count,
    Choice(&'static [&'static str]),
    Instant,
    Date,
}

pub(super) const fn parameter(name: &'static str, kind: Kind, says: &'static str) -> Parameter {
    Parameter { name, kind, says }
}

const PAGING: &[Parameter] = &[
    parameter("limit", Kind::UpTo(PAGE_MAX), "How many rows, 50 where nothing is said"),
    parameter("cursor", Kind::Cursor, "`next` of the page before, as it is"),
];
const TRYING: &[Parameter] =
    &[parameter("dry_run", Kind::Flag, "`true`: the whole effect is computed and answered, and nothing is kept")];

impl Parameter {
    pub fn schema(&self) -> Value {
        match self.kind {
            Kind::Text | Kind::Partner | Kind::Endpoint | Kind::Events | Kind::Cursor => {
                json!({"type": "string", "minLength": 1, "maxLength": 1024})
            }
            Kind::Percent => json!({"type": "string", "pattern": PERCENT}),
            Kind::UpTo(most) => json!({"type": "integer", "minimum": 1, "maximum": most, "default": PAGE}),
            Kind::Count => json!({"type": "integer", "minimum": 0, "maximum": i64::MAX}),
            Kind::Flag => json!({"type": "boolean", "default": false}),
            Kind::Choice(words) => json!({"type": "string", "enum": words}),
            Kind::Instant => json!({"type": "string", "format": "date-time"}),
            Kind::Date => json!({"type": "string", "format": "date"}),
        }
    }

    /// # Errors
    /// When the value is none that it can have.
    pub fn check(&self, value: &str) -> Result<(), Problem> {
        match self.kind {
            Kind::Cursor => return call::place::<Value>(value).map(drop),
            Kind::Events if !value.is_empty() => {
                return asked::events(value).map(drop).map_err(|wrong| Problem::nothing(self.name, wrong));
            }
            _ => {}
        }
        let wrong = match self.kind {
            Kind::Text | Kind::Partner | Kind::Endpoint | Kind::Events | Kind::Cursor
                if value.is_empty() || value.chars().count() > 1024 =>
            {
                "it has 1 to 1024 characters".to_owned()
            }
            Kind::Percent if !is_percent(value) => "it is a percentage like 7.5".to_owned(),
            Kind::UpTo(most) if !value.parse().is_ok_and(|number: usize| (1..=most).contains(&number)) => {
                format!("it is from 1 to {most}")
            }
            Kind::Count if !value.parse().is_ok_and(|number: i64| number >= 0) => "it is a number from 0".to_owned(),
            Kind::Flag if !matches!(value, "true" | "false") => "it is true or false".to_owned(),
            Kind::Choice(words) if !words.contains(&value) => {
                let guess = nearest(value, words.iter().copied());
                let guess = guess.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
                format!("it is one of {}{guess}", words.join(", "))
            }
            Kind::Instant if value.parse::<jiff::Timestamp>().is_err() => {
                "it is a time like 2026-11-23T14:05:00Z".to_owned()
            }
            Kind::Date if value.len() != 10 || value.parse::<jiff::civil::Date>().is_err() => {
                "it is a date like 2026-11-23".to_owned()
            }
            _ => return Ok(()),
        };
        Err(Problem::parameter(self.name, wrong))
    }
}

const PERCENT: &str = "^[0-9]{1,4}([.][0-9]{1,4})?$";

/// As [`PERCENT`] says.
fn is_percent(text: &str) -> bool {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    [whole, part].iter().all(|digits| (1..=4).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()))
}

impl Route {
    /// Its own parameters, and those that every list or act has.
    pub fn parameters(&self) -> impl Iterator<Item = &'static Parameter> {
        let paging = matches!(self.shows, Shows::Page(_) | Shows::Table(_)).then_some(PAGING);
        let trying = matches!(self.does, Use::Act { .. }).then_some(TRYING);
        self.query.iter().chain(paging.into_iter().flatten()).chain(trying.into_iter().flatten())
    }
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Route").field("id", &self.id).field("path", &self.path).finish_non_exhaustive()
    }
}

pub(super) const PARTNER: Parameter = parameter("partner", Kind::Partner, "Only of this partner");
pub(super) const PARTY: Parameter = parameter("party", Kind::Partner, "Only of this partner");
pub(super) const DESK: Parameter = parameter("queue", Kind::Choice(DESKS), "Only of this desk");
pub(super) const SIDE: Parameter = parameter("side", Kind::Choice(SIDES), "Only what we sell, or what we buy");
/// What tells orders apart whose numbers collide.
pub(super) const WHICH: &[Parameter] = &[PARTNER, SIDE];
pub(super) const NAMED: Use = Use::Act { names_itself: true };
pub(super) const UNNAMED: Use = Use::Act { names_itself: false };

pub(super) const fn read(
    id: &'static str,
    path: &'static str,
    (tag, says): (&'static str, &'static str),
    query: &'static [Parameter],
    shows: Shows,
    handler: for<'c> fn(&'c Call) -> Promise<'c, Result<Answer, Problem>>,
) -> Route {
    let (does, way) = (Use::Read, Way::Get);
    Route { id, way, path, tag, says, does, query, body: None, shows, revisable: false, handler }
}

pub(super) const fn post(
    id: &'static str,
    path: &'static str,
    (tag, says): (&'static str, &'static str),
    does: Use,
    body: Form,
    handler: for<'c> fn(&'c Call) -> Promise<'c, Result<Answer, Problem>>,
) -> Route {
    let (way, shows, query, body): (_, _, &[Parameter], _) = (Way::Post, Shows::Effects, &[], Some(body));
    Route { id, way, path, tag, says, does, query, body, shows, revisable: false, handler }
}

impl Route {
    pub(super) const fn revisable(mut self) -> Self {
        self.revisable = true;
        self
    }

    pub(super) const fn by(mut self, query: &'static [Parameter]) -> Self {
        self.query = query;
        self
    }

    pub(super) const fn showing(mut self, shows: Shows) -> Self {
        self.shows = shows;
        self
    }

    pub(super) const fn put(mut self) -> Self {
        self.way = Way::Put;
        self
    }
}
