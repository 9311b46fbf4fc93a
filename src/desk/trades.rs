//! `orders`, `deadlines`, `verify`: what trades there are, what is due, and whether all of it is whole.

use std::io::Write;

use jiff::Timestamp;
use serde_json::Value;

use super::acting::{ROWS_MAX, asked_of, reading};
use super::command::{Format, Orders};
use super::output::{Answer, ERROR, FAINT, Failure, GOOD, NAME, Outcome, STRONG, WARNING, nothing};
use crate::config::Settings;
use crate::journey::show::verify::Verified;
use crate::journey::show::{self, verify};
use crate::process::calendar::said;
use crate::store::{TradeSearch, View};

pub fn orders(it: &Orders, format: Format, settings: &Settings) -> Answer {
    if let Some(number) = &it.shown {
        // Whoever shows a document by that word may show an order by it.
        if it.number.as_deref() != Some("show") {
            return Err(Failure::usage(format!("one order is shown at a time: entrepot orders {number}")));
        }
        let one = Orders { number: Some(number.clone()), shown: None, ..it.clone() };
        return orders(&one, format, settings);
    }
    if it.waiting {
        return waiting(it, format, settings);
    }
    reading(settings, async |store, view| {
        asked_of(store, view, it.partner.as_deref()).await?;
        let search = TradeSearch {
            number: it.number.clone(),
            partner: it.partner.clone(),
            open_only: it.open,
            limit: ROWS_MAX,
            ..TradeSearch::default()
        };
        let found = view.find_trades(&search).await.map_err(Failure::ours)?;
        if let (Some(number), true) = (&it.number, found.is_empty()) {
            let shorter = match number.as_str() {
                "show" | "list" => "; an order is asked for by its number alone: entrepot orders 4711",
                _ => "",
            };
            return Err(Failure::usage(format!("there is no order {number}{shorter}")));
        }
        for row in &found {
            let mut order = show::order(row).map_err(Failure::ours)?;
            if it.number.is_some() {
                order["timeline"] = show::timeline(view, row).await.map_err(Failure::ours)?.into();
            }
            match format {
                Format::Json => writeln!(anstream::stdout(), "{order}")?,
                Format::Human => tell_order(view, &order).await?,
            }
        }
        nothing(found.is_empty(), format, if it.open { "no order is open" } else { "no orders yet" })?;
        Ok(Outcome::Accepted)
    })
}

/// What came before what it belongs to, the oldest first; with a number, what goes by it or waits for it.
fn waiting(it: &Orders, format: Format, settings: &Settings) -> Answer {
    reading(settings, async |store, view| {
        asked_of(store, view, it.partner.as_deref()).await?;
        let mut out = anstream::stdout();
        let mut waiting = view.parked_events(ROWS_MAX).await.map_err(Failure::ours)?;
        waiting.retain(|parked| {
            let named = |number: &String| {
                parked.number.as_ref() == Some(number) || parked.awaits.split('|').any(|part| part == number)
            };
            let of_partner = |partner: &String| parked.partner == *partner;
            it.number.as_ref().is_none_or(named) && it.partner.as_ref().is_none_or(of_partner)
        });
        nothing(waiting.is_empty(), format, "nothing waits for what it belongs to")?;
        for parked in waiting {
            if format == Format::Json {
                writeln!(out, "{}", show::parked(&parked))?;
                continue;
            }
            let number = parked.number.as_deref().unwrap_or("-");
            let words = show::waits_said(&parked);
            writeln!(out, "{STRONG}{:<10} {number:<16}{STRONG:#} {} {words}", parked.kind, parked.partner)?;
        }
        Ok(Outcome::Accepted)
    })
}

async fn tell_order(view: &mut View, order: &Value) -> Result<(), Failure> {
    let mut out = anstream::stdout();
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let head = format!("{STRONG}{:<16}{STRONG:#} {NAME}{}{NAME:#}", text(&order["order"]), text(&order["partner"]));
    writeln!(out, "{head}  {}  {}", text(&order["side"]), text(&order["state"]))?;
    let Some(timeline) = order["timeline"].as_array() else { return Ok(()) };
    for line in order["lines"].as_array().into_iter().flatten() {
        let (number, state, counts) = (text(&line["number"]), text(&line["state"]), counts(line));
        let unit = line["unit"].as_str().unwrap_or_default();
        writeln!(out, "  line {number:<4} {STRONG}{state:<14}{STRONG:#} {FAINT}{unit:<3}{FAINT:#} {counts}")?;
    }
    for hold in order["holds"].as_array().into_iter().flatten() {
        writeln!(out, "  {WARNING}held{WARNING:#} {}", text(hold))?;
    }
    for event in timeline {
        let at = event["at"].as_str().and_then(|at| at.parse::<Timestamp>().ok());
        let at = at.map_or_else(|| text(&event["at"]), said);
        let verdict = match event["verdict"].as_str() {
            Some("applied") | None => String::new(),
            Some(other) => format!("  {WARNING}{other}{WARNING:#}"),
        };
        let why = event["why"].as_str().map(|why| format!("  {why}")).unwrap_or_default();
        let by = cause(view, &text(&event["by"])).await;
        let number =
            event["number"].as_str().map(|number| format!(" {}", number.replace('|', " "))).unwrap_or_default();
        let what = format!("{}{number}", text(&event["what"]));
        writeln!(out, "  {FAINT}{at}{FAINT:#}  {what:<20} {by}{verdict}{why}")?;
    }
    Ok(())
}

/// `ordered 24, accepted 24, open 24`: what is not nothing; what was ordered at first only where it is another count.
fn counts(line: &Value) -> String {
    let counters = &line["counters"];
    let is_told = |name: &str, count: &str| match name {
        "ordered0" => counters["ordered"].as_str() != Some(count),
        _ => !count.trim_matches(['0', '.']).is_empty(),
    };
    let counted = counters.as_object().into_iter().flatten().filter_map(|(name, count)| {
        let count = count.as_str().filter(|count| is_told(name, count))?;
        Some(format!("{} {count}", if name == "ordered0" { "at first" } else { name }))
    });
    counted.collect::<Vec<_>>().join(", ")
}

/// What brought an event: a document by its type and number, with the id that shows it; else who it was.
async fn cause(view: &mut View, by: &str) -> String {
    let id = by.strip_prefix("document ").and_then(|id| id.parse().ok());
    let document = match id {
        Some(id) => view.document(id).await.ok(),
        None => None,
    };
    match document {
        Some(it) => format!("{} {}  {FAINT}{}{FAINT:#}", it.type_code, it.number.as_deref().unwrap_or("-"), it.id),
        None => by.to_owned(),
    }
}

pub fn deadlines(format: Format, settings: &Settings) -> Answer {
    reading(settings, async |_, view| {
        let mut out = anstream::stdout();
        let now = Timestamp::now();
        let mut rows: Vec<(Timestamp, Value)> = view
            .deadlines(ROWS_MAX)
            .await
            .map_err(Failure::ours)?
            .iter()
            .map(|row| (row.due, show::deadline(row)))
            .collect();
        // Answers that partners and transports owe belong to no order; they stand between the others by when they are due.
        for (awaited, since) in view.answers_awaited((i64::MIN, ""), ROWS_MAX).await.map_err(Failure::ours)? {
            let of = show::answered_for(view, &awaited).await.map_err(Failure::ours)?;
            rows.push((awaited.due_at, show::awaited(&awaited, &of, since, now)));
        }
        rows.sort_by_key(|(due, _)| *due);
        nothing(rows.is_empty(), format, "nothing is due")?;
        for (due, row) in rows {
            if format == Format::Json {
                writeln!(out, "{row}")?;
                continue;
            }
            let late = match row["percent"].as_i64().unwrap_or_default() {
                100.. => format!("{ERROR}overdue{ERROR:#}"),
                percent => format!("{percent:>3} %   "),
            };
            let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
            let order = row["order"].as_str().map(|order| format!("order {order:<12} ")).unwrap_or_default();
            let due = said(due);
            writeln!(out, "{due}  {late}  {:<10} {order}{}", text("queue"), text("words"))?;
        }
        Ok(Outcome::Accepted)
    })
}

pub fn verify(format: Format, settings: &Settings) -> Answer {
    reading(settings, async |store, _| {
        let verified = verify::verify(store).await.map_err(Failure::ours)?;
        let mut out = anstream::stdout();
        if format == Format::Json {
            writeln!(out, "{}", serde_json::to_string(&verified).map_err(Failure::ours)?)?;
        } else {
            for broken in &verified.broken {
                writeln!(out, "{ERROR}broken{ERROR:#}  {}: {}", broken.subject, broken.rule)?;
            }
            if verified.broken.is_empty() {
                let Verified { trades, events, entries, .. } = verified;
                let counts = format!("{trades} orders rebuilt from {events} events, {entries} entries balance");
                writeln!(out, "{GOOD}whole{GOOD:#}  {counts}")?;
            }
        }
        Ok(if verified.broken.is_empty() { Outcome::Accepted } else { Outcome::Rejected })
    })
}
