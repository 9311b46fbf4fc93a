//! An order learns what the books say of its invoices: what was paid of them, what was let go, and what is open still.

use rust_decimal::Decimal;
use sha2::{Digest, Sha256};

use super::item_of;
use crate::journey::apply::{Bound, Rules, settle};
use crate::process::cash::Application;
use crate::process::{Event, Key, Side, Source, What};
use crate::store::{Error, Result, Session, TradeSearch, hex};

/// Tells the orders behind the items of an application that it was made, or taken back. `name` is of this making or
/// taking back and no other.
///
/// # Errors
/// Those of the store.
pub(super) async fn tell(
    session: &mut Session,
    rules: &Rules,
    (party, application): (&str, &Application),
    name: &str,
    is_undone: bool,
) -> Result<()> {
    let sign = if is_undone { Decimal::NEGATIVE_ONE } else { Decimal::ONE };
    for (at, line) in application.lines.iter().enumerate() {
        let (Some(number), Some(split)) = (&line.item, &line.split) else { continue };
        let item = item_of(session, party, number).await?;
        let target = Key::invoice(Side::Sale, &item.party, false, number);
        let search = TradeSearch { key: Some(target.as_str().to_owned()), limit: 1, ..TradeSearch::default() };
        // What was owed before the books began is of no order.
        let Some(row) = session.find_trades(&search).await?.into_iter().next() else { continue };
        let what = What::Booked {
            invoice: number.to_string(),
            paid: sign * split.money,
            adjusted: sign * (split.applied() - split.money),
            open: item.open,
        };
        let content = serde_json::to_vec(&what).map_err(Error::damaged)?;
        let bound = Bound {
            event: Event {
                key: format!("booked|{name}|{at}"),
                content: hex(&Sha256::digest(&content)),
                source: Source::Command { by: "cash".into(), role: "ar".into() },
                what,
            },
            target,
            trade: None,
            partner: row.partner.clone(),
            kind: "booking".into(),
            number: Some(number.to_string()),
            sequence: 0,
        };
        settle(session, rules, &bound).await?;
    }
    Ok(())
}
