//! Four eyes: what is above somebody's limit waits until enough people have agreed, whoever proposed it not among them.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::act::Act;
use super::people;
use crate::process::ExceptionKind;
use crate::process::duties::{Actor, Band, Matter, Role, band, default_bands, is_enough};
use crate::store::{Case, CaseSearch, Error, Result, Session, View};

/// Where signatures are noted, by the number of the case, or by the deduction and its end.
const SIGNED: &str = "signed";

/// What is missing until something goes through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Missing {
    pub missing: usize,
    pub role: Option<Role>,
}

/// Something that waits for people to agree.
#[derive(Clone, Debug, Serialize)]
pub struct Approval {
    pub case: Case,
    pub amount: Decimal,
    /// One of them must have this role.
    pub role: Role,
    pub approvers: u8,
    /// Who has agreed so far.
    pub agreed: Vec<String>,
}

/// Signatures under a case.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Signatures {
    by: Vec<Actor>,
}

/// Puts a signature under an act on a subject; `None` where that is enough, and it goes through.
///
/// # Errors
/// Those of the store.
pub async fn sign(
    session: &mut Session,
    actor: &Actor,
    act: &Act,
    subject: &str,
    (matter, amount): (Matter, Decimal),
) -> Result<Option<Missing>> {
    let key = match act {
        Act::Rule(judgement) => judgement.case.to_string(),
        Act::Settle { settlement: Some(settlement), .. } => format!("{subject}|{}", settlement.as_str()),
        _ => return Ok(None),
    };
    let bands = default_bands(matter);
    let Some(band) = band(&bands, amount).filter(|band| band.role.is_some()) else { return Ok(None) };
    if actor.owner == people::LOCAL && !session.has_people().await? {
        return Ok(None);
    }
    session.lock_trade_key(&format!("{SIGNED}|{key}")).await?;
    let mut signatures = signatures(session, &key).await?;
    if signatures.by.iter().all(|other| other.owner != actor.owner) {
        signatures.by.push(actor.clone());
    }
    // Whoever may agree to more may agree to this.
    let roles = bands.iter().skip_while(|other| *other != band).filter_map(|band| band.role);
    let mut enough = roles.map(|role| is_enough(&Band { role: Some(role), ..band.clone() }, "", &signatures.by));
    if enough.any(|enough| enough) {
        return Ok(None);
    }
    session.set_note(SIGNED, &key, &json!(signatures)).await?;
    Ok(Some(missing(band, &signatures)))
}

fn missing(band: &Band, signatures: &Signatures) -> Missing {
    let count = usize::from(band.approvers).saturating_sub(signatures.by.len()).max(1);
    Missing { missing: count, role: band.role }
}

async fn signatures(view: &mut View, key: &str) -> Result<Signatures> {
    match view.note(SIGNED, key).await? {
        Some(note) => serde_json::from_value(note).map_err(Error::damaged),
        None => Ok(Signatures::default()),
    }
}

/// What waits for people to agree to an amount, the largest first.
///
/// # Errors
/// Those of the store.
pub async fn list(view: &mut View, limit: usize) -> Result<Vec<Approval>> {
    let cases = view.cases(&CaseSearch { open_only: true, limit, ..CaseSearch::default() }).await?;
    let mut waiting = Vec::new();
    for case in cases.into_iter().filter(|case| case.kind == ExceptionKind::InvoiceHeld.as_str()) {
        let amount: Decimal = case.money.as_deref().and_then(|money| money.parse().ok()).unwrap_or_default();
        let bands = default_bands(Matter::Variance);
        let Some((band, role)) = band(&bands, amount).and_then(|band| Some((band, band.role?))) else { continue };
        let agreed = signatures(view, &case.number.to_string()).await?.by.into_iter().map(|actor| actor.name).collect();
        waiting.push(Approval { amount, role, approvers: band.approvers, agreed, case });
    }
    waiting.sort_by_key(|approval| std::cmp::Reverse(approval.amount));
    Ok(waiting)
}
