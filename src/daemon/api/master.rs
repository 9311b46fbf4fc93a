//! What is known without a document: items with their prices, customers' credit, goods on hand.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::act::{Revised, Wanted, act, etag};
use super::call::{Answer, Call, paged};
use super::orders;
use super::problem::{Code, Problem};
use crate::journey::act::Act;
use crate::journey::apply::counted::Counted;
use crate::journey::apply::known::{Knowledge, Known};
use crate::process::stock::Stock;
use crate::store::Error;

pub async fn items(call: &Call) -> Result<Answer, Problem> {
    let limit = call.limit();
    let after = call.cursor::<String>()?.unwrap_or_default();
    let rows = call.view().await?.master_page(Knowledge::Item.as_str(), &after, limit + 1).await?;
    let (rows, next) = paged(rows, limit, |(key, _)| key.clone());
    let shown = rows.iter().map(|(key, body)| shown_item(key, body)).collect::<Result<_, _>>()?;
    Ok(Answer::page(shown, next))
}

pub async fn item(call: &Call) -> Result<Answer, Problem> {
    let number = call.part("item");
    let mut view = call.view().await?;
    let Some(body) = view.master(Knowledge::Item.as_str(), number).await? else {
        return Err(Problem::new(Code::NotFound, format!("there is no item {number}")));
    };
    let answer = Answer::ok(shown_item(number, &body)?);
    Ok(match etag(&mut view, &revised(Knowledge::Item, number)).await? {
        Some(etag) => answer.with_etag(etag),
        None => answer,
    })
}

fn shown_item(number: &str, body: &str) -> Result<Value, Error> {
    let mut shown: Value = serde_json::from_str(body).map_err(Error::damaged)?;
    if let Some(discontinued) = shown["discontinued"].as_str() {
        shown["discontinued"] = matches!(discontinued, "yes" | "true").into();
    }
    shown["item"] = number.into();
    Ok(shown)
}

pub async fn put_item(call: &Call) -> Result<Answer, Problem> {
    let mut body = call.body.clone();
    if let Some(discontinued) = body["discontinued"].as_bool() {
        body["discontinued"] = if discontinued { "yes" } else { "no" }.into();
    } else if let Some(members) = body.as_object_mut() {
        members.remove("discontinued");
    }
    know(call, Known { kind: Knowledge::Item, key: call.part("item").to_owned(), body, is_part: false }).await
}

pub async fn put_price(call: &Call) -> Result<Answer, Problem> {
    let known = Known {
        kind: Knowledge::Item,
        key: call.part("item").to_owned(),
        body: json!({"price": call.body["price"]}),
        is_part: true,
    };
    know(call, known).await
}

pub async fn credit(call: &Call) -> Result<Answer, Problem> {
    let partner = call.part("partner");
    let mut view = call.view().await?;
    let Some(body) = view.master(Knowledge::Credit.as_str(), partner).await? else {
        return Err(Problem::new(Code::NotFound, format!("nothing is known of the credit of {partner}")));
    };
    let body: Map<String, Value> = serde_json::from_str(&body).map_err(Error::damaged)?;
    let days = body.get("past_due").and_then(Value::as_str).and_then(|days| days.parse::<u64>().ok());
    let shown = json!({
        "partner": partner, "limit": body.get("limit"), "exposure": body.get("exposure"), "past_due_days": days,
    });
    let answer = Answer::ok(shown);
    Ok(match etag(&mut view, &revised(Knowledge::Credit, partner)).await? {
        Some(etag) => answer.with_etag(etag),
        None => answer,
    })
}

pub async fn put_credit(call: &Call) -> Result<Answer, Problem> {
    let partner = known_partner(call)?;
    let mut body = json!({"limit": call.body["limit"]});
    if let Some(days) = call.body["past_due_days"].as_u64() {
        body["past_due"] = days.to_string().into();
    }
    if call.body["exposure"].is_string() {
        body["exposure"] = call.body["exposure"].clone();
    }
    know(call, Known { kind: Knowledge::Credit, key: partner.to_owned(), body, is_part: false }).await
}

pub async fn prices(call: &Call) -> Result<Answer, Problem> {
    page_of(call, Knowledge::Price, "item").await
}

pub async fn put_agreed_price(call: &Call) -> Result<Answer, Problem> {
    let from = call.body["from"].as_str().map(|from| format!("/{from}")).unwrap_or_default();
    let key = format!("{}/{}{from}", known_partner(call)?, call.part("item"));
    know(call, Known { kind: Knowledge::Price, key, body: call.body.clone(), is_part: false }).await
}

pub async fn places(call: &Call) -> Result<Answer, Problem> {
    page_of(call, Knowledge::Place, "place").await
}

pub async fn put_place(call: &Call) -> Result<Answer, Problem> {
    let key = format!("{}/{}", known_partner(call)?, call.part("place"));
    know(call, Known { kind: Knowledge::Place, key, body: call.body.clone(), is_part: false }).await
}

/// What is known of one partner, by what stands behind it in the key.
async fn page_of(call: &Call, kind: Knowledge, name: &str) -> Result<Answer, Problem> {
    let of_partner = format!("{}/", known_partner(call)?);
    let limit = call.limit();
    let after = call.cursor::<String>()?.unwrap_or_else(|| of_partner.clone());
    let mut rows = call.view().await?.master_page(kind.as_str(), &after, limit + 1).await?;
    rows.retain(|(key, _)| key.starts_with(&of_partner));
    let (rows, next) = paged(rows, limit, |(key, _)| key.clone());
    let shown = rows.iter().map(|(key, body)| {
        let mut shown: Value = serde_json::from_str(body).map_err(Error::damaged)?;
        let own = key[of_partner.len()..].split('/').next().unwrap_or_default();
        shown[name] = own.into();
        Ok(shown)
    });
    Ok(Answer::page(shown.collect::<Result<_, Error>>()?, next))
}

fn known_partner(call: &Call) -> Result<&str, Problem> {
    let partner = call.part("partner");
    match orders::partner(call, partner) {
        Ok(_) => Ok(partner),
        Err(_) => Err(Problem::new(Code::NotFound, format!("there is no partner {partner}"))),
    }
}

/// What is there already is replaced only by whoever has seen it.
async fn know(call: &Call, known: Known) -> Result<Answer, Problem> {
    let of = Some(revised(known.kind, &known.key));
    act(call, Wanted { act: Act::Know(known), of, needs_condition: true }).await
}

fn revised(kind: Knowledge, key: &str) -> Revised {
    Revised::Known(kind.as_str(), key.to_owned())
}

#[derive(Deserialize)]
struct Inventory {
    counts: Vec<Count>,
}

#[derive(Deserialize)]
struct Count {
    item: String,
    place: Option<String>,
    on_hand: Decimal,
    safety: Option<Decimal>,
    at: Option<Timestamp>,
}

pub async fn count(call: &Call) -> Result<Answer, Problem> {
    let inventory: Inventory = call.read()?;
    let now = call.now();
    let counts = inventory.counts.into_iter().map(|count| Counted {
        item: count.item,
        place: count.place.unwrap_or_else(|| "MAIN".to_owned()),
        on_hand: count.on_hand,
        safety: count.safety,
        at: count.at.unwrap_or(now),
    });
    act(call, Wanted::new(Act::Count(counts.collect()))).await
}

pub async fn stock(call: &Call) -> Result<Answer, Problem> {
    let limit = call.limit();
    let after = call.cursor::<String>()?.unwrap_or_default();
    let rows = call.view().await?.master_page("stock", &after, limit + 1).await?;
    let (rows, next) = paged(rows, limit, |(key, _)| key.clone());
    let mut shown = Vec::with_capacity(rows.len());
    for (key, body) in &rows {
        let stock: Stock = serde_json::from_str(body).map_err(Error::damaged)?;
        let (item, place) = key.rsplit_once('@').unwrap_or((key, ""));
        let promised: Decimal = stock.promised.values().map(|promise| promise.quantity).sum();
        shown.push(json!({
            "item": item,
            "place": place,
            "on_hand": stock.on_hand,
            "safety": stock.safety,
            "promised": promised,
            "available": stock.available(),
            "counted_at": stock.counted_at,
        }));
    }
    Ok(Answer::page(shown, next))
}
