//! What can be done about a case as it stands now: the words of its type without what would be refused, each with the
//! command that does it where there is one.

use rust_decimal::Decimal;
use uuid::Uuid;

use crate::canonical::{Canonical, Kind, Order};
use crate::journey::apply::recheck::HOLD;
use crate::partner::Directory;
use crate::process::exception::{Action, Means};
use crate::process::policy::Correction;
use crate::process::{ExceptionKind, Policy, Trade};
use crate::store::{Case, DocumentId, Error, Result, View};

/// What was decided about a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// It goes on as it is: released, taken, accepted.
    Approve,
    /// A supplier's invoice is paid as far as its goods came; the rest is disputed.
    PayReceived,
    /// It does not: refused, disputed.
    Reject,
    /// It has been dealt with.
    Resolve,
}

impl Ruling {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::PayReceived => "pay_received",
            Self::Reject => "reject",
            Self::Resolve => "resolve",
        }
    }

    pub fn of(word: &str) -> Option<Self> {
        [Self::Approve, Self::PayReceived, Self::Reject, Self::Resolve].into_iter().find(|it| it.as_str() == word)
    }

    /// As the command line has it.
    pub fn verb(self) -> String {
        self.as_str().replace('_', "-")
    }

    fn by(means: Means) -> Option<Self> {
        Some(match means {
            Means::Approve => Self::Approve,
            Means::PayReceived => Self::PayReceived,
            Means::Reject => Self::Reject,
            Means::Resolve => Self::Resolve,
            Means::Elsewhere => return None,
        })
    }
}

/// Something that can be done about a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    pub words: &'static str,
    /// The ruling that does it, where one does.
    pub ruling: Option<Ruling>,
    /// The command, or the operation of the API, that does it; nothing where it happens outside of the gateway.
    pub how: Option<String>,
}

/// What can be done about a case, most usual first.
///
/// # Errors
/// Those of the store.
pub async fn suggested(view: &mut View, partners: &Directory, case: &Case) -> Result<Vec<Suggestion>> {
    let kind = ExceptionKind::of(&case.kind);
    let trade = match case.trade.filter(|_| kind.is_some_and(depends)) {
        Some(id) => Some(serde_json::from_str::<Trade>(&view.trade(id).await?.body).map_err(Error::damaged)?),
        None => None,
    };
    let policy = partners.trade(case.partner.as_deref().unwrap_or_default());
    let order = match kind {
        Some(ExceptionKind::Conflict) => replacement(view, case).await?,
        _ => None,
    };
    let stands = Stands { case, trade: trade.as_ref(), order: order.as_ref(), policy };
    let actions = kind.map(ExceptionKind::actions).unwrap_or_default();
    let possible = actions.iter().filter(|action| stands.allows(action));
    let suggestion = |action: &Action| {
        let ruling = Ruling::by(action.means);
        let how = match ruling {
            Some(ruling) => Some(format!("entrepot exceptions {} {}", ruling.verb(), case.number)),
            None => how(case, action.words),
        };
        Suggestion { words: action.words, ruling, how }
    };
    Ok(possible.map(suggestion).collect())
}

/// The rulings that can be given on a case, as they are suggested; that it has been dealt with can always be said, unless
/// something is held by it.
pub fn rulings(case: &Case, suggested: &[Suggestion]) -> Vec<Ruling> {
    let mut rulings: Vec<Ruling> = Vec::new();
    for ruling in suggested.iter().filter_map(|suggestion| suggestion.ruling) {
        if !rulings.contains(&ruling) {
            rulings.push(ruling);
        }
    }
    let judged =
        matches!(ExceptionKind::of(&case.kind), Some(ExceptionKind::InvoiceHeld | ExceptionKind::InvoiceForCancelled));
    if !case.key.starts_with(HOLD) && !judged && !rulings.contains(&Ruling::Resolve) {
        rulings.push(Ruling::Resolve);
    }
    rulings
}

/// The document that is in conflict with one before.
pub(super) fn conflicting(case: &Case) -> Option<DocumentId> {
    case.document.as_deref().and_then(|id| Uuid::parse_str(id).ok()).map(DocumentId::from_uuid)
}

/// The order that came again with other contents.
pub(super) async fn replacement(view: &mut View, case: &Case) -> Result<Option<Order>> {
    let Some(id) = conflicting(case) else { return Ok(None) };
    let Some(json) = view.contents(id).await?.canonical else { return Ok(None) };
    let Ok(document) = Canonical::from_json(json.as_bytes()) else { return Ok(None) };
    Ok(if document.kind == Kind::Order { document.to_typed().ok() } else { None })
}

/// Types of which it depends on how the trade stands what can be done.
fn depends(kind: ExceptionKind) -> bool {
    use ExceptionKind as K;
    matches!(kind, K::Conflict | K::InvoiceHeld | K::InvoiceForCancelled)
}

/// How a case stands.
struct Stands<'c> {
    case: &'c Case,
    trade: Option<&'c Trade>,
    /// Of a conflict: the order that came again.
    order: Option<&'c Order>,
    policy: &'c Policy,
}

impl Stands<'_> {
    fn allows(&self, action: &Action) -> bool {
        use ExceptionKind as K;
        match (ExceptionKind::of(&self.case.kind), action.means) {
            // Only an order takes the place of another, and only while nothing of it has left.
            (Some(K::Conflict), Means::Approve) => {
                self.trade.zip(self.order).is_some_and(|(trade, order)| trade.may_become(order).is_ok())
            }
            (Some(K::Conflict), Means::Elsewhere) => self.order.is_some(),
            // What was said by hand, or by a bank, has no sender to be told.
            (Some(K::Conflict), Means::Reject) => self.case.trade.is_some() && conflicting(self.case).is_some(),
            (Some(K::InvoiceHeld | K::InvoiceForCancelled), Means::PayReceived) => self.trade.is_none_or(|trade| {
                let number = self.case.key.rsplit('|').next().unwrap_or_default();
                let found = trade.bill(number).and_then(|bill| bill.matter.as_ref()).map(|matter| &matter.found);
                found.is_some_and(|found| found.lines.iter().any(|line| line.available != Decimal::ZERO))
            }),
            (Some(K::NoticeRejected), Means::Approve) => self.policy.notice.correction != Correction::Manual,
            _ => true,
        }
    }
}

/// What does something for which there is no ruling, with what the case knows filled in.
fn how(case: &Case, words: &str) -> Option<String> {
    let order = case.order_number.as_deref().unwrap_or("ORDER");
    let partner = case.partner.as_deref().unwrap_or("PARTNER");
    let cause = case.cause.as_deref().unwrap_or_default();
    let named =
        |place: &'static str| cause.split('|').nth(1).filter(|name| !name.is_empty()).unwrap_or(place).to_owned();
    let of_order = |operation: &str| Some(format!("POST /v1/orders/{order}/{operation}"));
    match words {
        "decide"
        | "propose date"
        | "backorder"
        | "accept part"
        | "replace item"
        | "round and answer"
        | "answer with our price" => of_order("decisions"),
        "change order" => of_order("changes"),
        "set factor" => of_order("factors"),
        "recall" | "recount" | "correct packs" => of_order("voids"),
        "map ship-to" => Some(format!("PUT /v1/places/{partner}/{}", named("PLACE"))),
        "add cross-reference" => Some(format!("PUT /v1/items/OURS, with \"customer\" or \"gtin\" {}", named("THEIRS"))),
        "prepay" => Some(format!("PUT /v1/credit/{partner}, when the money is there")),
        "credit and rebill" => Some("POST /v1/credit-notes, then POST /v1/invoices".to_owned()),
        "return goods" => Some("POST /v1/returns".to_owned()),
        "take on as a partner" => Some(format!("entrepot partner put {partner} {partner}.toml")),
        "apply" | "split" => Some(applying(case, words == "split")),
        "pay again" => Some("entrepot payments create".to_owned()),
        "settle" => Some(format!("entrepot deductions settle {} --as credit", last(&case.key))),
        "correct and send again" => Some(format!("entrepot send {partner} DOC.json")),
        "send again" => Some(format!("entrepot resend ID, of the document that `entrepot orders {order}` shows")),
        "fix map" => Some("entrepot map draft MAP".to_owned()),
        _ => None,
    }
}

/// `entrepot cash apply T1 --to I1=600.00`.
fn applying(case: &Case, splits: bool) -> String {
    let key = case.key.strip_prefix("cash|").map(|key| key.split(", ").next().unwrap_or(key));
    let mut parts = case.key.split('|').skip(1);
    let payment = key.or(parts.next()).unwrap_or("PAYMENT");
    let of_cause = case.cause.as_deref().and_then(|cause| cause.strip_prefix("item|")).map(last);
    let item = of_cause.or(parts.next().filter(|_| key.is_none())).unwrap_or("NUMBER");
    let more = if splits { " --to NUMBER=AMOUNT" } else { "" };
    format!("entrepot cash apply {payment} --to {item}=AMOUNT{more}")
}

fn last(key: &str) -> &str {
    key.rsplit('|').next().unwrap_or(key)
}
