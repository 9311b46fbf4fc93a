//! Packs get their SSCCs in the unit in which their shipment counts, so that each code is given once; one that was used
//! within a year is told.

use jiff::{Timestamp, ToSpan};

use super::Rules;
use crate::process::exception::ExceptionKind;
use crate::process::{Event, Key, Problem, Shipment, Source, Trade, What, sscc};
use crate::store::{Claim, Counter, NumberRange, Result, Session, TradeSearch};

/// A code may come again after so many days (GS1 General Specifications, 2.2.1: a year).
const USED_DAYS: i64 = 365;

/// Gives codes to packs of ours that have none, where the agreement says from which prefix, and looks whether codes that
/// were given by others are new.
///
/// # Errors
/// Those of the store.
pub async fn labelled(session: &mut Session, rules: &Rules, trade: &Trade, event: &mut Event) -> Result<()> {
    // What another system of ours has written stands as it was written.
    let is_written = matches!(event.source, Source::Sent(_));
    let (shipment, is_ours) = match &mut event.what {
        What::Shipped(shipment) => (shipment, true),
        What::Advised(shipment) => (shipment, false),
        _ => return Ok(()),
    };
    // What was told before is a repetition, or a conflict, or a correction of the same packs.
    if trade.shipment(&shipment.number).is_some() {
        return Ok(());
    }
    if is_ours && !is_written {
        shipment.notice = notice_of_its_own(session, trade, &shipment.number).await?;
    }
    if is_ours
        && !is_written
        && let Some(prefix) = &rules.policy(&trade.key.partner).shipping.sscc_prefix
    {
        let range = NumberRange { first: 1, last: sscc::capacity(prefix).saturating_sub(1).max(1) };
        let bare = shipment.packs.iter().filter(|pack| sscc::is_bare(pack)).count() as u64;
        if bare > 0 {
            let counter = Counter::packs(prefix, trade.key.test);
            let serials = session.take_numbers(&counter, range, bare).await?;
            if let Err(words) = sscc::label(&mut shipment.packs, prefix, serials) {
                shipment.problems.push(Problem::new(ExceptionKind::PackMismatch, words));
            }
        }
    }
    if !trade.key.test {
        seen_before(session, trade, shipment, is_ours, rules.now).await?;
    }
    Ok(())
}

/// The number of the notice where another order was served by the same shipment before: a notice is for one order, and no
/// two notices have one number.
async fn notice_of_its_own(session: &mut Session, trade: &Trade, number: &str) -> Result<Option<String>> {
    let key = Key::shipment(trade.side(), &trade.key.partner, trade.key.test, number);
    let search = TradeSearch { key: Some(key.as_str().to_owned()), limit: 1, ..TradeSearch::default() };
    let others = session.find_trades(&search).await?;
    let is_shared = others.iter().any(|other| other.key != trade.key.to_string());
    Ok(is_shared.then(|| format!("{number}-{}", trade.key.order)))
}

async fn seen_before(
    session: &mut Session,
    trade: &Trade,
    shipment: &mut Shipment,
    is_ours: bool,
    now: Timestamp,
) -> Result<()> {
    const SCOPE: &str = "sscc";
    let shipper = if is_ours { "" } else { trade.key.partner.as_str() };
    let subject = format!("{}|{}", trade.key, shipment.number);
    let mut codes: Vec<&str> = shipment.packs.iter().filter_map(|pack| pack.sscc.as_deref()).map(sscc::bare).collect();
    codes.sort_unstable();
    codes.dedup();
    let claims: Vec<Claim> = codes
        .iter()
        .map(|code| Claim { key: format!("{shipper}|{code}"), subject: subject.clone(), hash: String::new() })
        .collect();
    let since = now.checked_sub((USED_DAYS * 24).hours()).unwrap_or(Timestamp::MIN);
    let mut told = Vec::new();
    // A shipment that was taken back has given its codes back.
    let is_void = |subject: &str| {
        let number = subject.strip_prefix(&format!("{}|", trade.key)).unwrap_or_default();
        trade.shipments.iter().any(|known| known.voided && known.shipment.number == number)
    };
    // One pallet may serve several orders of one shipment.
    let whose = format!("{}|{}|", trade.side().as_str(), trade.key.partner);
    let is_this = |subject: &str| subject.starts_with(&whose) && subject.ends_with(&format!("|{}", shipment.number));
    for (claim, earlier) in claims.iter().zip(session.claim_once(SCOPE, &claims).await?) {
        match earlier {
            Some(earlier) if earlier.at > since && !is_void(&earlier.subject) && !is_this(&earlier.subject) => {
                let code = claim.key.rsplit('|').next().unwrap_or_default();
                let words = format!("SSCC {code} of shipment {} was used before", shipment.number);
                told.push(Problem::new(ExceptionKind::SsccDuplicate, words));
            }
            Some(_) => session.retake_once(SCOPE, claim).await?,
            None => {}
        }
    }
    shipment.problems.extend(told);
    Ok(())
}
