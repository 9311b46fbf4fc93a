//! What a story says of figures: `then kpi`.

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::model::Sentence;
use super::trades::Found;
use crate::journey::show::figure::Scope;
use crate::journey::show::figures::figures;
use crate::journey::{Gateway, Rules};
use crate::store::{Result, View};

/// `then kpi line_fill 60.00 numerator=6 denominator=10 against=4501/1`.
pub async fn figure(view: &mut View, gateway: &Gateway, now: Timestamp, sentence: &Sentence) -> Result<Found> {
    let rules = Rules::of(gateway);
    let date = |key: &str| sentence.pair(key).and_then(|text| text.parse().ok());
    let partner = sentence.pair("partner").map(str::to_owned);
    let scope = Scope { from: date("from"), to: date("to"), partner };
    let figures = figures(view, &scope, now, |partner| rules.policy(partner).clone()).await?;
    let name = sentence.slot("NAME").unwrap_or_default();
    let Some(figure) = figures.iter().find(|figure| {
        let currency = figure.currency.map(|currency| currency.to_string());
        figure.name == name && sentence.pair("currency").is_none_or(|wanted| currency.as_deref() == Some(wanted))
    }) else {
        let known: Vec<&str> = figures.iter().map(|figure| figure.name).collect();
        return Ok(Some(vec![format!("there is no figure {name}; there are {}", known.join(", "))]));
    };
    let said = |number: Option<Decimal>| number.map_or("none".into(), |number| number.normalize().to_string());
    let is = |found: Option<Decimal>, wanted: &str| match (found, wanted.trim_end_matches('%').parse::<Decimal>()) {
        (Some(found), Ok(wanted)) => found == wanted,
        (found, _) => found.is_none() && wanted == "none",
    };
    let fits = sentence.slot("WORDS").is_none_or(|wanted| is(figure.value, wanted))
        && sentence.pair("numerator").is_none_or(|wanted| is(figure.numerator, wanted))
        && sentence.pair("denominator").is_none_or(|wanted| is(figure.denominator, wanted))
        && sentence.pair("against").is_none_or(|wanted| figure.against.iter().any(|it| it == wanted));
    let told = format!(
        "{name} is {} ({} of {}), against it {}",
        said(figure.value),
        said(figure.numerator),
        said(figure.denominator),
        figure.against.join(", ")
    );
    Ok((!fits).then(|| vec![told]))
}
