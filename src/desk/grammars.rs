//! `grammar`: what stands at an address, in words; files of grammars and overlays checked.

use std::io::Write;

use jiff::civil::Date;
use serde_json::json;

use super::command::{Format, GrammarVerb};
use super::output::{Answer, ERROR, FAINT, Failure, GOOD, Outcome, STRONG};
use super::partners;
use super::settings::tell;
use super::text::{Text, report};
use crate::catalogue::{Case, Catalogue};
use crate::grammar::Explanation;
use crate::partner::{Direction, Partner};

pub fn run(verb: &GrammarVerb, format: Format, catalogue: &Catalogue) -> Answer {
    let mut out = anstream::stdout().lock();
    match verb {
        GrammarVerb::List => {
            for address in catalogue.grammars.addresses() {
                let label = catalogue.grammars.grammar(address).map(|grammar| grammar.label.to_string());
                match format {
                    Format::Json => writeln!(out, "{}", json!({"address": address.to_string(), "label": label}))?,
                    Format::Human => {
                        let label = label.unwrap_or_default();
                        writeln!(out, "{STRONG}{:<24}{STRONG:#} {FAINT}{label}{FAINT:#}", address.to_string())?;
                    }
                }
            }
            Ok(Outcome::Accepted)
        }
        GrammarVerb::Explain { address, partner } => {
            let told = match partner {
                Some(partner) => explain_for(partners::find(catalogue, partner)?, address, catalogue),
                None => catalogue.grammars.explain(address),
            };
            let told = told.map_err(Failure::usage)?;
            match format {
                Format::Human => write!(out, "{told}")?,
                Format::Json => {
                    let aspects: serde_json::Map<_, _> =
                        told.aspects.iter().map(|(name, words)| ((*name).to_owned(), json!(words))).collect();
                    let answer =
                        json!({"title": told.title, "address": told.address, "aspects": aspects, "parts": told.parts});
                    writeln!(out, "{answer}")?;
                }
            }
            Ok(Outcome::Accepted)
        }
        GrammarVerb::Check { files } => {
            let mut outcome = Outcome::Accepted;
            for file in files {
                let Text { name: path, text } = Text::read(file)?;
                let checkup = catalogue.grammars.check_file(&path, &text, Some(today()));
                if !checkup.mistakes.is_empty() {
                    outcome = Outcome::Rejected;
                }
                if format == Format::Json {
                    let mistakes: Vec<_> = checkup.mistakes.iter().map(|mistake| report(mistake, &text)).collect();
                    let changes: Vec<_> = checkup
                        .changes
                        .iter()
                        .map(|change| json!({"effect": change.effect.name(), "words": change.words}))
                        .collect();
                    writeln!(out, "{}", json!({"file": path, "changes": changes, "mistakes": mistakes}))?;
                    continue;
                }
                tell(&checkup.mistakes, |_| Some(&text));
                match checkup.mistakes.len() {
                    0 => writeln!(out, "{GOOD}in order{GOOD:#} {path}")?,
                    1 => writeln!(out, "{ERROR}1 mistake{ERROR:#} {path}")?,
                    count => writeln!(out, "{ERROR}{count} mistakes{ERROR:#} {path}")?,
                }
                for change in &checkup.changes {
                    writeln!(out, "  {FAINT}{:<9}{FAINT:#} {}", change.effect.name(), change.words)?;
                }
            }
            Ok(outcome)
        }
    }
}

/// What stands at an address as a partner sends it, and what differs from the standard there.
fn explain_for(partner: &Partner, address: &str, catalogue: &Catalogue) -> Result<Explanation, String> {
    let (base, inside) = catalogue.grammars.find(address)?;
    let agreement = catalogue.agreement_for(partner, Direction::Inbound, &base.address.kind);
    let (agreement, today) = (agreement.as_ref(), Some(today()));
    let rules = catalogue.rules_for(&base.address, Case { partner: Some(partner), agreement, today });
    let mut told = rules.map_or_else(|| base.explain(&inside), |rules| rules.grammar.explain(&inside))?;
    if let Some(overlay) = catalogue.overlay_for(&base.address, Some(partner), agreement) {
        told.aspects.extend(overlay.agreed(&base, &inside, today).into_iter().map(|words| ("agreed", words)));
    }
    Ok(told)
}

fn today() -> Date {
    jiff::tz::Offset::UTC.to_datetime(jiff::Timestamp::now()).date()
}
