//! What a supplier's document is judged by beyond its own trade: documents that came before it, and factors between units.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::intake;
use crate::canonical::check_digit;
use crate::canonical::line::ItemId;
use crate::journey::money::books::{json, parsed};
use crate::process::matching::{Billed, Earlier, Factor, ItemNames, item_key};
use crate::process::{Bill, Event, Side, Trade, What};
use crate::store::{Book, Kept, Result, Session};

/// A document that came before, and the content by which it is not taken for another.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Known {
    earlier: Earlier,
    content: String,
}

/// Tells an event of a supplier's document what is known beside it; other events stay as they are.
///
/// # Errors
/// Those of the store.
pub async fn informed(session: &mut Session, trade: &Trade, event: &mut Event) -> Result<()> {
    if trade.side() != Side::Purchase {
        return Ok(());
    }
    let content = event.content.clone();
    let (What::Invoiced(bill) | What::Credited(bill)) = &mut event.what else { return Ok(()) };
    let Some(document) = &bill.document else { return Ok(()) };
    let known = before(session, &issuer(bill, trade), document).await?;
    if let Some(landed) = &mut bill.landed {
        landed.in_stock = intake::in_stock(session, trade).await?;
    }
    bill.earlier = known.into_iter().filter(|known| known.content != content).map(|known| known.earlier).collect();
    (bill.factors, bill.classes) = masters(session, trade).await?;
    let billed = bill.lines.iter().flat_map(|line| &line.ids);
    bill.names = names(session, trade, billed).await?;
    Ok(())
}

/// Remembers a supplier's document for those that come after it.
///
/// # Errors
/// Those of the store.
pub async fn remember(session: &mut Session, trade: &Trade, event: &Event) -> Result<()> {
    let (Side::Purchase, What::Invoiced(bill) | What::Credited(bill)) = (trade.side(), &event.what) else {
        return Ok(());
    };
    let Some(document) = &bill.document else { return Ok(()) };
    let Billed { number, kind, total, date, .. } = &**document;
    let party = issuer(bill, trade);
    // Of one that was cut into parts, the whole is what another would repeat.
    let total = bill.landed.as_ref().map_or(total, |landed| &landed.whole);
    let mut known = before(session, &party, document).await?;
    if trade.key.test || known.iter().any(|known| known.content == event.content) {
        return Ok(());
    }
    let date = bill.date.unwrap_or(*date);
    let earlier = Earlier { number: number.clone(), kind: *kind, total: *total, date };
    known.push(Known { earlier, content: event.content.clone() });
    let kept = Kept { party, key: document.core(), is_open: false, body: json(&known)? };
    session.put_kept(Book::Bill, &kept).await
}

/// Whose document it is: the carrier's where it bills what it brought for the trade's supplier.
fn issuer(bill: &Bill, trade: &Trade) -> String {
    bill.landed.as_ref().map_or_else(|| trade.key.partner.clone(), |landed| landed.carrier.to_string())
}

/// Documents of a supplier whose numbers are alike.
async fn before(session: &mut Session, supplier: &str, document: &Billed) -> Result<Vec<Known>> {
    match session.kept(Book::Bill, supplier, &document.core()).await? {
        Some(kept) => parsed(&kept.body),
        None => Ok(Vec::new()),
    }
}

/// Our own numbers for what order, substitutes and document call the items, and for the unit that a case holds.
async fn names<'i>(
    session: &mut Session,
    trade: &'i Trade,
    billed: impl Iterator<Item = &'i ItemId>,
) -> Result<ItemNames> {
    let substitutes =
        trade.lines.iter().filter_map(|line| line.decision.as_ref()).flat_map(|it| &it.decision.substitute);
    let ordered = trade.lines.iter().flat_map(|line| &line.ids).chain(substitutes);
    let unit_of = |id: &ItemId| {
        let unit = id.id.as_deref().and_then(check_digit::unit_of_case)?;
        Some(ItemId { id: Some(unit), ..id.clone() })
    };
    let mut ids: Vec<ItemId> = ordered.chain(billed).cloned().collect();
    let units: Vec<ItemId> = ids.iter().filter_map(unit_of).collect();
    ids.extend(units);
    let known = intake::items(session, &ids.iter().collect::<Vec<_>>()).await?;
    let mut names = ItemNames::new();
    for id in &ids {
        let (Some(said), Some((ours, _))) = (&id.id, intake::known_as(std::slice::from_ref(id), &known)) else {
            continue;
        };
        let (said, ours) = (item_key(said), item_key(ours));
        if said != ours {
            names.insert(said, ours);
        }
    }
    Ok(names)
}

/// The packs of the order's items as their masters say them, which somebody approved; and the items' classes by line.
async fn masters(session: &mut Session, trade: &Trade) -> Result<(Vec<Factor>, BTreeMap<String, String>)> {
    let ids: Vec<_> = trade.lines.iter().flat_map(|line| &line.ids).collect();
    let items = intake::items(session, &ids).await?;
    let (mut factors, mut classes) = (Vec::new(), BTreeMap::new());
    for line in &trade.lines {
        let Some((_, body)) = intake::known_as(&line.ids, &items) else { continue };
        if let Some(class) = body["class"].as_str() {
            classes.insert(line.number.clone(), class.to_owned());
        }
        let Some(item) = line.ids.iter().find_map(|id| id.id.as_deref()) else { continue };
        let unit = body["unit"].as_str().unwrap_or("EA");
        factors.extend(intake::packs(body).map(|(pack, factor): (String, Decimal)| Factor {
            item: item_key(item),
            supplier: None,
            from: pack.into(),
            to: unit.into(),
            factor,
            since: Date::MIN,
            until: None,
            approved_by: Some("the item's master".into()),
        }));
    }
    Ok((factors, classes))
}
