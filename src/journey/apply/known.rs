//! What we know without a document: items, prices, places, credit. Orders that waited for want of it are looked at again.

use serde_json::Value;

use super::{Applied, Rules, intake, recheck};
use crate::store::{Error, Result, Session};

/// One record of what we know without a document.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    pub kind: Knowledge,
    /// Our number of the item; the partner.
    pub key: String,
    /// A JSON object. Amounts are texts.
    pub body: Value,
    /// Its members are laid over what is known already, instead of taking its place.
    pub is_part: bool,
}

/// What is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Knowledge {
    /// `gtin`, `customer`, `price`, `unit`, `pack` (`CA=12`), `multiple`, `discontinued`; by our number.
    Item,
    /// `limit`, `exposure`, and `past_due` (days) where others keep the books; by partner.
    Credit,
    /// `price`, `unit`, `from`, `until`: what a partner pays; by `PARTNER/ITEM`, or `PARTNER/ITEM/FROM`.
    Price,
    /// `name`: where a partner lets goods be sent; by `PARTNER/PLACE`.
    Place,
}

impl Knowledge {
    /// As it is kept.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Item => "item",
            Self::Credit => "credit",
            Self::Price => "price",
            Self::Place => "place",
        }
    }
}

/// Keeps a record, and looks again at what was held for want of it.
///
/// # Errors
/// Those of the store; a part of what is not known.
pub async fn know(session: &mut Session, rules: &Rules, known: &Known) -> Result<Applied> {
    let (kind, key) = (known.kind.as_str(), known.key.as_str());
    let mut body = known.body.clone();
    let before = session.master(kind, key).await?;
    if known.is_part && before.is_none() {
        return Err(Error::missing(format_args!("{kind} {key}")));
    }
    if let Some(before) = before {
        let before: Value = serde_json::from_str(&before).map_err(Error::damaged)?;
        if let (true, Value::Object(part), Some(whole)) = (known.is_part, body.clone(), before.as_object()) {
            body = Value::Object(whole.clone().into_iter().chain(part).collect());
        }
        // What a customer owes we reckon ourselves, unless somebody says it.
        if known.kind == Knowledge::Credit && body.get("exposure").is_none() && before.get("exposure").is_some() {
            body["exposure"] = before["exposure"].clone();
        }
        if before == body {
            return Ok(Applied::Duplicate);
        }
    }
    let names = match known.kind {
        Knowledge::Item => intake::item_names(&body),
        Knowledge::Price => intake::price_names(key),
        Knowledge::Credit | Knowledge::Place => Vec::new(),
    };
    session.put_master(kind, key, &names, &body.to_string()).await?;
    recheck::recheck(session, rules, &Known { body, ..known.clone() }).await?;
    Ok(Applied::Applied)
}
