//! `kpi`: how well it all runs, every figure with its formula, what it is made of, and what stands against it.

use std::io::Write;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::json;

use super::acting::{asked_of, reading, rules};
use super::command::{Format, Kpi};
use super::output::{Answer, FAINT, Failure, Outcome, STRONG};
use crate::config::Settings;
use crate::journey::show::asked;
use crate::journey::show::figure::Scope;
use crate::journey::show::figures::figures;

/// How much of what stands against a figure a person sees at once.
const SHOWN: usize = 8;

pub fn run(it: &Kpi, format: Format, settings: &Settings) -> Answer {
    let scope = Scope { from: it.from, to: it.to, partner: it.partner.clone() };
    if let Some(why) = scope.why_empty() {
        return Err(Failure::usage(why));
    }
    reading(settings, async |store, view| {
        asked_of(store, view, it.partner.as_deref()).await?;
        let rules = rules(store).await?;
        let policy = |partner: &str| rules.policy(partner).clone();
        let mut found = figures(view, &scope, Timestamp::now(), policy).await.map_err(Failure::ours)?;
        if let Some(name) = &it.name {
            let wanted = name.to_lowercase().replace('-', "_");
            if found.iter().all(|figure| figure.name != wanted) {
                let wrong = asked::unknown("figure", name, found.iter().map(|figure| figure.name));
                return Err(Failure::usage(format!("{wrong}; `entrepot kpi` shows all of them")));
            }
            found.retain(|figure| figure.name == wanted);
        }
        let mut out = anstream::stdout();
        for figure in &found {
            if format == Format::Json {
                writeln!(out, "{}", json!(figure))?;
                continue;
            }
            let value = figure.value.map_or_else(|| "-".to_owned(), |value| format!("{value} {}", figure.unit));
            let parts = match (figure.numerator, figure.denominator) {
                (Some(part), Some(whole)) => match figure.currency {
                    Some(currency) => format!("{} of {} {currency}", currency.said(part), currency.said(whole)),
                    None => format!("{} of {}", plain(part), plain(whole)),
                },
                (None, Some(whole)) => format!("of {}", plain(whole)),
                _ => String::new(),
            };
            writeln!(
                out,
                "{STRONG}{:<26}{STRONG:#} {value:>14}  {parts:<28} {FAINT}{}{FAINT:#}",
                figure.name, figure.formula
            )?;
            let most = if it.name.is_some() { usize::MAX } else { SHOWN };
            if it.name.is_some() || it.against {
                for name in figure.against.iter().take(most) {
                    writeln!(out, "  {name}")?;
                }
                if figure.against.len() > most {
                    writeln!(
                        out,
                        "  {FAINT}and {} more: entrepot kpi {}{FAINT:#}",
                        figure.against.len() - most,
                        figure.name
                    )?;
                }
            }
        }
        Ok(Outcome::Accepted)
    })
}

/// `34`, `4065.50`: whole counts without a fraction, amounts with their cents.
fn plain(mut value: Decimal) -> Decimal {
    value.normalize_assign();
    if value.scale() == 1 {
        value.rescale(2);
    }
    value
}
