//! What lists are asked for by name: a name that nothing goes by is told with those that there are, so that an empty list
//! never means a slip of the pen.

use crate::canonical::NOUNS;
use crate::config::Pattern;
use crate::journey::InForce;
use crate::mistake::nearest;
use crate::process::Queue;
use crate::store::{Book, Result, Search, TradeSearch, View};

/// Names that are listed before the rest is only counted.
const TOLD: usize = 20;

/// What is wrong with asking for a partner; nothing where there is one, or something is kept of one that left.
///
/// # Errors
/// Those of the store.
pub async fn partner(view: &mut View, in_force: &InForce, name: &str) -> Result<Option<String>> {
    let partners = &in_force.partners;
    if partners.partner(name).is_some() {
        return Ok(None);
    }
    let trades = TradeSearch { partner: Some(name.to_owned()), limit: 1, ..TradeSearch::default() };
    let documents = Search { partner: Some(name.to_owned()), limit: 1, ..Search::default() };
    let is_kept = !view.find_trades(&trades).await?.is_empty()
        || !view.find_documents(&documents).await?.is_empty()
        || !view.kept_page(Book::Item, (Some(name), false), ("", ""), 1).await?.is_empty()
        || !view.kept_page(Book::Deduction, (Some(name), false), ("", ""), 1).await?.is_empty();
    let known = partners.partners.iter().map(|partner| partner.id.as_str());
    Ok((!is_kept).then(|| unknown("partner", name, known)))
}

/// The same for an endpoint that events are sent to.
///
/// # Errors
/// Those of the store.
pub async fn endpoint(view: &mut View, name: &str) -> Result<Option<String>> {
    let endpoints = view.endpoints().await?;
    let is_known = endpoints.iter().any(|endpoint| endpoint.name == name);
    let known = endpoints.iter().map(|endpoint| endpoint.name.as_str());
    Ok((!is_known).then(|| unknown("endpoint", name, known)))
}

/// A desk by its word.
///
/// # Errors
/// Which desks there are, in words.
pub fn desk(word: &str) -> std::result::Result<Queue, String> {
    Queue::of(word).ok_or_else(|| unknown("desk", word, Queue::ALL.iter().map(|queue| queue.as_str())))
}

/// Which events are meant: types of ours, or all of a noun.
///
/// # Errors
/// Which there are, in words.
pub fn events(text: &str) -> std::result::Result<Pattern, String> {
    let pattern = Pattern::parse(text).map_err(|wanted| format!("it is {wanted}"))?;
    let types = || NOUNS.iter().flat_map(|noun| noun.types.iter().map(move |kind| format!("{}.{kind}", noun.name)));
    if types().any(|kind| pattern.takes(&kind)) {
        return Ok(pattern);
    }
    let noun = text.trim_start_matches("entrepot.").split('.').next().unwrap_or_default();
    let names: Vec<String> = match NOUNS.iter().find(|known| known.name == noun) {
        Some(_) => types().filter(|kind| kind.split('.').next() == Some(noun)).collect(),
        None => NOUNS.iter().map(|noun| format!("{}.*", noun.name)).collect(),
    };
    Err(unknown("event", text, names.iter().map(String::as_str)))
}

/// `there is no partner "acm": there are acme, orbit; did you mean acme?`
pub fn unknown<'a>(what: &str, name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let mut known: Vec<&str> = known.collect();
    known.sort_unstable();
    let guess = nearest(name, known.iter().copied()).map(|near| format!("; did you mean {near}?")).unwrap_or_default();
    let more = if known.len() > TOLD { format!(" and {} more", known.len() - TOLD) } else { String::new() };
    known.truncate(TOLD);
    match known.as_slice() {
        [] => format!("there is no {what} \"{name}\", and no other"),
        known => format!("there is no {what} \"{name}\": there are {}{more}{guess}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_there_is_is_told_with_a_guess() {
        let known = ["orbit", "acme"];
        for (name, words) in [
            ("acmee", "there is no partner \"acmee\": there are acme, orbit; did you mean acme?"),
            ("zzzzzz", "there is no partner \"zzzzzz\": there are acme, orbit"),
        ] {
            assert_eq!(unknown("partner", name, known.into_iter()), words);
        }
        assert_eq!(unknown("partner", "acme", std::iter::empty()), "there is no partner \"acme\", and no other");
    }

    #[test]
    fn events_are_of_types_that_there_are() {
        for known in ["entrepot.order.received", "order.*", "*", "entrepot.order.change.requested"] {
            assert!(events(known).is_ok(), "{known}");
        }
        let of_noun = events("entrepot.order.receivd").unwrap_err();
        assert!(of_noun.contains("order.received") && !of_noun.contains("invoice"), "{of_noun}");
        assert!(events("oder.*").unwrap_err().contains("did you mean order.*?"));
        assert!(desk("nonsense").unwrap_err().contains("there are ap, ar, compliance"));
        assert_eq!(desk("collections"), Ok(Queue::AccountsReceivable));
    }
}
