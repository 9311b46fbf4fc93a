//! What an advice is about, where it names a document by its number alone, as an APERAK does: the document of ours that has
//! that number says what it is. And of which order a warehouse speaks.

use super::gateway::Gateway;
use crate::canonical::{Canonical, Kind};
use crate::store::{Direction, Document, Result, Search};

/// The advice with the kind of what it is about; any other document, and one that says it itself, as it is.
///
/// # Errors
/// Those of the store.
pub async fn named(gateway: &Gateway, document: &Document, told: Canonical<'static>) -> Result<Canonical<'static>> {
    if told.kind != Kind::ApplicationAdvice {
        return Ok(told);
    }
    let mut tree = serde_json::to_value(&told).unwrap_or_default();
    let concern = &tree["concerns"];
    let (Some(number), None) = (concern["number"].as_str(), concern["kind"].as_str()) else { return Ok(told) };
    let search = Search {
        number: Some(number.to_owned()),
        partner: document.partner.clone(),
        direction: Some(Direction::Out),
        limit: 1,
        ..Search::default()
    };
    let ours = gateway.store.view().await?.find_documents(&search).await?;
    let Some(ours) = ours.first() else { return Ok(told) };
    tree["concerns"]["kind"] = ours.type_code.as_str().into();
    Ok(Canonical::from_tree(&tree).unwrap_or(told))
}

/// The order that a warehouse's confirmation names: the customer's number where it says it, otherwise what we called it.
pub fn order_of(told: &Canonical<'_>) -> Option<String> {
    let tree = serde_json::to_value(told).ok()?;
    let named = tree["order_number"].as_str().or(tree["depositor_number"].as_str());
    named.map(str::to_owned)
}
