//! What a story does with goods that serve several orders.

use super::{Player, Stop};
use crate::journey::act::Act;
use crate::journey::apply::command::{About, Command};
use crate::process::{Pack, Receipt, Shipment, Side, Trade, What};
use crate::store::TradeSearch;
use crate::story::lines;
use crate::story::model::Sentence;

impl Player<'_> {
    /// `90, damaged 10` of a hundred that were ordered tells of two shares, and a hundred came; `100, damaged 10` says how many
    /// of the hundred are damaged, as an 861 does.
    pub(super) async fn came(&mut self, order: &str, with: Option<&str>, receipt: &mut Receipt) -> Result<(), Stop> {
        let search =
            TradeSearch { number: Some(order.to_owned()), partner: with.map(str::to_owned), ..TradeSearch::default() };
        let rows = self.world.view().await?.find_trades(&search).await?;
        let Some(row) = rows.first() else { return Ok(()) };
        let trade: Trade = serde_json::from_str(&row.body).map_err(crate::store::Error::damaged)?;
        for line in receipt.lines.iter_mut().filter(|line| line.accepted.is_none() && !line.received.is_zero()) {
            let Some(ordered) = trade.line(&line.line).map(|known| known.counters(trade.side()).ordered) else {
                continue;
            };
            let all = line.received + line.spoilt();
            if all <= ordered {
                line.received = all;
            }
        }
        Ok(())
    }

    /// Goods of several orders leave together: each order is told of its own.
    pub(super) async fn ships(&mut self, sentence: &Sentence, who: &str, what: &What) -> Result<(), Stop> {
        let What::Shipped(whole) = what else { return Ok(()) };
        let role = sentence.pair("role").unwrap_or(who).to_owned();
        let named = lines::lines(sentence.pair("lines").unwrap_or_default()).map_err(Stop::Broken)?;
        let packed = lines::packs(sentence.pair("packs").unwrap_or_default()).map_err(Stop::Broken)?;
        for order in orders_of(sentence) {
            let of = |named: Option<&str>| named.or(sentence.pair("order")) == Some(order.as_str());
            let own = whole.lines.iter().zip(&named).filter(|(_, line)| of(line.order.as_deref()));
            let packs = whole.packs.iter().zip(&packed).filter_map(|(pack, words)| {
                let held = pack.items.iter().zip(&words.items).filter(|(_, (named, ..))| of(named.as_deref()));
                let items: Vec<_> = held.map(|(item, _)| item.clone()).collect();
                (!items.is_empty()).then(|| Pack { items, ..pack.clone() })
            });
            let shipment = Shipment {
                lines: own.map(|(portion, _)| portion.clone()).collect(),
                packs: packs.collect(),
                ..whole.clone()
            };
            let partner = sentence.pair("with").map(str::to_owned);
            let about = About::Order { side: Side::Sale, number: order.clone(), partner };
            let key = format!("{}:{}:{order}", self.story.file, sentence.line);
            let (by, role) = (who.to_owned(), role.clone());
            self.does(Act::Tell(Box::new(Command { by, role, key, about, what: What::Shipped(shipment) }))).await?;
        }
        Ok(())
    }
}

/// The orders that a sentence names: `order=`, and those before the lines of `lines="4501/1: 10; 4502/1: 5"`.
pub(super) fn orders_of(sentence: &Sentence) -> Vec<String> {
    let named = lines::lines(sentence.pair("lines").unwrap_or_default()).unwrap_or_default();
    let plain = named.is_empty() || named.iter().any(|line| line.order.is_none());
    let own = sentence.pair("order").filter(|_| plain).map(str::to_owned);
    let mut orders: Vec<String> = Vec::new();
    for order in own.into_iter().chain(named.into_iter().filter_map(|line| line.order)) {
        if !orders.contains(&order) {
            orders.push(order);
        }
    }
    orders
}
