//! Goods of ours that lie with others (846, INVRPT): whoever keeps them counts them, and what is counted can be promised.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde_json::json;

use super::Rules;
use super::intake;
use crate::canonical::{Canonical, InventoryAdvice, Kind};
use crate::journey::Gateway;
use crate::process::stock::{self, Stock};
use crate::store::{Claim, Document, Error, Event, Result, Session};

/// Where inventory advices are noted that have been taken over.
const SCOPE: &str = "counted";

/// What lies at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    pub item: String,
    pub place: String,
    pub on_hand: Decimal,
    /// Kept back for whatever comes; as before where nothing is said.
    pub safety: Option<Decimal>,
    pub at: Timestamp,
}

/// Takes the counts of an inventory advice over, from a partner that keeps goods of ours. Older counts change nothing, and
/// so does the same one again.
///
/// # Errors
/// Those of the store.
pub async fn counted(gateway: &Gateway, rules: &Rules, document: &Document, canonical: &Canonical<'_>) -> Result<()> {
    let (Kind::InventoryAdvice, Some(keeper), false) = (canonical.kind, &document.partner, document.test) else {
        return Ok(());
    };
    if !rules.policy(keeper).keeps_stock {
        return Ok(());
    }
    let Ok(advice) = canonical.to_typed::<InventoryAdvice>() else { return Ok(()) };
    let unit = gateway.store.write((rules.clone(), document.clone(), advice), |(rules, document, advice), session| {
        Box::pin(take(session, rules, document, advice))
    });
    unit.await
}

/// A count takes the place of the one before; what is promised stays promised. `false` where a later one is known.
pub(in crate::journey) async fn count(session: &mut Session, counted: &Counted) -> Result<bool> {
    let key = format!("{}@{}", counted.item, counted.place);
    // Counts are taken one after another.
    session.lock_trade_key(&format!("stock|{key}")).await?;
    let before = session.master("stock", &key).await?;
    let mut stock: Stock = match &before {
        Some(body) => serde_json::from_str(body).map_err(Error::damaged)?,
        None => Stock::default(),
    };
    if !stock.count(counted.on_hand, counted.at) {
        return Ok(false);
    }
    if let Some(safety) = counted.safety {
        stock.safety = safety;
    }
    let body = serde_json::to_string(&stock).map_err(Error::damaged)?;
    match before {
        Some(_) => session.change_master("stock", &key, &body).await?,
        None => session.put_master("stock", &key, std::slice::from_ref(&counted.item), &body).await?,
    }
    Ok(true)
}

async fn take(session: &mut Session, rules: &Rules, document: &Document, advice: &InventoryAdvice) -> Result<()> {
    // After a crash the document is applied again, and goods may have left since.
    let claim = Claim { key: document.id.to_string(), subject: document.id.to_string(), hash: String::new() };
    if session.once(SCOPE, &claim.key).await?.is_some() {
        return Ok(());
    }
    session.claim_once(SCOPE, &[claim]).await?;
    let keeper = document.partner.as_deref().unwrap_or_default();
    let at = as_of(rules, keeper, advice).unwrap_or(document.created_at).min(document.created_at);
    let counts = stock::counts(advice);
    let items = intake::items(session, &counts.iter().flat_map(|count| &count.ids).collect::<Vec<_>>()).await?;
    let (mut taken, mut unknown) = (0_u64, Vec::new());
    for count in &counts {
        let known = intake::known_as(&count.ids, &items);
        let named = count.ids.iter().find_map(|id| id.id.clone());
        let Some(item) = known.map(|(number, _)| number.clone()).or_else(|| named.clone()) else { continue };
        // What is counted in packs is promised in the item's own unit; without an approved factor it is not promised.
        let factor = match (known, &count.unit) {
            (Some((_, body)), Some(unit)) if body["unit"].as_str().is_some_and(|own| own != unit) => {
                intake::packs(body).find(|(pack, _)| pack == unit).map(|(_, factor)| factor)
            }
            _ => Some(1.into()),
        };
        let Some(factor) = factor else {
            unknown.push(item);
            continue;
        };
        let place = count.place.clone().unwrap_or_else(|| keeper.to_owned());
        let counted = Counted { item, place, on_hand: count.quantity * factor, safety: None, at };
        taken += u64::from(self::count(session, &counted).await?);
    }
    if taken > 0 || !unknown.is_empty() {
        let number = document.number.clone().unwrap_or_default();
        session
            .record(&[Event {
                at: rules.now,
                actor: "journey/apply".into(),
                kind: "inventory.advised".into(),
                subject: document.id.to_string(),
                key: format!("stock|{keeper}"),
                partner: document.partner.clone(),
                detail: json!({"number": number, "counts": taken, "units_unknown": unknown}),
            }])
            .await?;
    }
    Ok(())
}

/// When it was counted: where only the day is known, at its end where the partner works.
fn as_of(rules: &Rules, keeper: &str, advice: &InventoryAdvice) -> Option<Timestamp> {
    let date = advice.as_of.or(advice.head.date)?;
    let calendar = &rules.policy(keeper).calendar;
    match advice.as_of_time {
        Some(time) => TimeZone::get(&calendar.zone).ok()?.to_timestamp(date.to_datetime(time)).ok(),
        None => Some(calendar.end_of(date)),
    }
}
