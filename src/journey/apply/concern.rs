//! What an advice is about, where it names a document by its number alone, as an APERAK does: the document of ours that has
//! that number says what it is. And of which order a warehouse speaks.

use crate::canonical::{Canonical, Kind};
use crate::journey::gateway::Gateway;
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
    // An X12 advice says it by the kind of reference (OTI02).
    let says_kind =
        concern["kind"].is_string() || concern["reference_kind"].as_str().is_some_and(|it| it != "previous_message");
    let (Some(number), false) = (concern["number"].as_str(), says_kind) else { return Ok(told) };
    let search = Search {
        number: Some(number.to_owned()),
        partner: document.partner.clone(),
        direction: Some(Direction::Out),
        limit: 10,
        ..Search::default()
    };
    // Documents of several kinds may share a number. Whoever refuses one mostly means the invoice.
    let weight = |document: &&Document| match document.type_code.as_str() {
        "810" | "INVOIC" => 2,
        "856" | "DESADV" => 1,
        _ => 0,
    };
    let ours = gateway.store.view().await?.find_documents(&search).await?;
    let Some(ours) = ours.iter().rev().max_by_key(weight) else { return Ok(told) };
    tree["concerns"]["kind"] = ours.type_code.as_str().into();
    Ok(Canonical::from_tree(&tree).unwrap_or(told))
}

/// The order that a warehouse's confirmation names: the customer's number where it says it, otherwise what we called it.
pub fn order_of(told: &Canonical<'_>) -> Option<String> {
    let tree = serde_json::to_value(told).ok()?;
    let named = tree["order_number"].as_str().or(tree["depositor_number"].as_str());
    named.map(str::to_owned)
}
