//! What a story says of trades, compared with what the store has: orders and lines, cases, waits, deadlines.

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use serde_json::Value;

use super::compare::{self, same};
use super::model::Sentence;
use super::values::is_words;
use crate::journey::act::suggested::suggested;
use crate::journey::show::work;
use crate::partner::Directory;
use crate::process::{BillRecord, BillStanding, ExceptionKind, Queue, Trade};
use crate::store::{
    Case, CaseSearch, CaseState, DeadlineRow, Document, DocumentState, ParkedEvent, Result, Search, TradeSearch, View,
};

/// What was found instead; `None` where it is as told.
pub type Found = Option<Vec<String>>;

/// `then order 4502 line 1 ordered=10 state=shipped`.
pub async fn order(view: &mut View, sentence: &Sentence) -> Result<Found> {
    let number = sentence.slot("NUMBER").unwrap_or_default();
    let search = TradeSearch {
        number: Some(number.to_owned()),
        partner: sentence.pair("with").map(str::to_owned),
        ..TradeSearch::default()
    };
    let rows = view.find_trades(&search).await?;
    let Some(row) = rows.first() else { return Ok(Some(vec![format!("there is no order {number}")])) };
    let trade: Trade = serde_json::from_str(&row.body).map_err(crate::store::Error::damaged)?;
    let lines: Vec<String> = match sentence.slot("LINE") {
        Some(line) => vec![line.to_owned()],
        None => Vec::new(),
    };
    let mut wrong = Vec::new();
    for (key, wanted) in sentence.pairs().filter(|(key, _)| *key != "with") {
        let found = match lines.first() {
            Some(line) => of_line(&trade, line, key),
            None => of_order(&trade, key),
        };
        match found {
            Some(found) if agrees(key, &found, wanted) => {}
            // What came damaged was received, and was not: both are said.
            Some(_)
                if key == "received"
                    && lines
                        .first()
                        .and_then(|line| of_line(&trade, line, "usable"))
                        .is_some_and(|usable| same(&usable, wanted)) => {}
            Some(found) => wrong.push(format!("{key}={found}")),
            None => wrong.push(format!("nothing is known of `{key}`")),
        }
    }
    if wrong.is_empty() { Ok(None) } else { Ok(Some(vec![wrong.join(" ")])) }
}

/// `then match I1 matched`, `then match I2 hold PRICE 50.00`: how a supplier's invoice stands, and for what it is held.
pub async fn matched(view: &mut View, sentence: &Sentence) -> Result<Found> {
    let number = sentence.slot("NUMBER").unwrap_or_default();
    let wanted: Vec<&str> = sentence.slots("WORDS").collect();
    let standing = wanted.first().copied().unwrap_or_default();
    let search = Search { number: Some(number.to_owned()), limit: 100, ..Search::default() };
    let documents = view.find_documents(&search).await?;
    match standing {
        "duplicate" => {
            let again = documents.iter().any(|document| document.state == DocumentState::Duplicate);
            return Ok((!again).then(|| vec![format!("{number} did not come twice")]));
        }
        "conflict" => {
            let again = documents.iter().any(|document| document.duplicate_of.is_some());
            let held = bill(view, number).await?.is_some_and(|bill| is_held(&bill, "CONFLICT", None));
            return Ok((!again && !held).then(|| vec![format!("{number} came with one content only")]));
        }
        _ => {}
    }
    let Some(bill) = bill(view, number).await? else { return Ok(Some(vec![format!("there is no invoice {number}")])) };
    let found = match bill.standing {
        BillStanding::Matched => "matched",
        BillStanding::AwaitingReceipt => "waiting",
        BillStanding::AwaitingApproval => "approval",
        BillStanding::Held => "hold",
        BillStanding::Refused => "refused",
        BillStanding::Issued => "issued",
    };
    let mut holds = wanted.get(1..).unwrap_or_default().chunks(2);
    let is_so = found == standing && holds.all(|hold| is_held(&bill, hold[0], hold.get(1).copied()));
    let told = bill.matter.as_ref().map(|matter| match bill.standing {
        BillStanding::Held => matter.found.said(&matter.billed),
        _ => found.to_owned(),
    });
    Ok((!is_so).then(|| vec![format!("{number} is at {}", told.as_deref().unwrap_or(found))]))
}

/// A supplier's document by its number.
async fn bill(view: &mut View, number: &str) -> Result<Option<BillRecord>> {
    let rows = view.find_trades(&TradeSearch { limit: 1_000, ..TradeSearch::default() }).await?;
    for row in rows {
        let trade: Trade = serde_json::from_str(&row.body).map_err(crate::store::Error::damaged)?;
        if let Some(bill) = trade.bills.into_iter().find(|bill| bill.goes_by(number) || bill.named() == number) {
            return Ok(Some(bill));
        }
    }
    Ok(None)
}

/// Whether a document is held for a reason, with so much money or so many too much.
fn is_held(bill: &BillRecord, kind: &str, much: Option<&str>) -> bool {
    let kind = kind.trim_end_matches(',');
    let much = much.map(|much| much.trim_end_matches(','));
    let is = |money: Decimal, wanted: &str| same(&money.abs().to_string(), wanted.trim_start_matches(['-', '+']));
    bill.matter.as_ref().is_some_and(|matter| {
        matter.found.holds.iter().filter(|hold| is_hold(hold.kind.as_str(), kind)).any(|hold| {
            much.is_none_or(|wanted| is(hold.money, wanted) || hold.count.is_some_and(|count| is(count, wanted)))
        })
    })
}

/// `DUPLICATE_SUSPECT` is `duplicate-suspect`, and `DUPLICATE` for short.
fn is_hold(found: &str, wanted: &str) -> bool {
    let wanted = wanted.to_uppercase().replace('-', "_");
    found == wanted || found.strip_suffix("_SUSPECT") == Some(&wanted)
}

/// States are compared without regard to how their words are joined: `part_shipped`, `PartShipped`.
fn agrees(key: &str, found: &str, wanted: &str) -> bool {
    let plain = |text: &str| text.to_lowercase().replace(['-', ' ', '_'], "");
    same(found, wanted) || (key == "state" && plain(found) == plain(wanted))
}

fn of_line(trade: &Trade, number: &str, key: &str) -> Option<String> {
    let line = trade.line(number)?;
    match key {
        "state" => Some(trade.line_state(line).as_str().to_owned()),
        "price" => line.agreed_price().map(|price| price.to_string()),
        "unit" => line.unit.clone(),
        "item" => line.ids.first().and_then(|id| id.id.clone()),
        "held" => Some(trade.is_held(number).to_string()),
        _ => line.counters(trade.side()).named(key).map(|count| count.normalize().to_string()),
    }
}

fn of_order(trade: &Trade, key: &str) -> Option<String> {
    let amounts = trade.amounts();
    match key {
        "state" => Some(trade.state().as_str().to_owned()),
        "invoiced_amount" | "total" => Some(amounts.invoiced.to_string()),
        "credited_amount" => Some(amounts.credited.to_string()),
        "paid" => Some(amounts.paid.to_string()),
        "advised" => Some(amounts.advised.to_string()),
        "adjusted" => Some(amounts.discount.to_string()),
        "version" => Some(trade.version().to_string()),
        "held" => Some(trade.open_holds().next().is_some().to_string()),
        _ => {
            let counts = trade.lines.iter().map(|line| line.counters(trade.side()).named(key));
            counts.sum::<Option<Decimal>>().map(|count| count.normalize().to_string())
        }
    }
}

/// `then exception pricing order=4502 line=1 money=12.00 "price"`.
pub async fn exception(view: &mut View, partners: &Directory, sentence: &Sentence) -> Result<Found> {
    let mut cases = view.cases(&CaseSearch::default()).await?;
    // What is held with a document or a delivery waits for a person too, where no case tells of it.
    if cases.iter().all(|case| case.state != CaseState::Open || !case_fits(sentence, case)) {
        let held = view.open_holds(HOLDS_MAX).await?.into_iter().map(|hold| work::of_hold(hold, partners).case);
        cases.extend(held);
    }
    let wanted_state = sentence.pair("state").unwrap_or("open");
    let in_state = |case: &&Case| match wanted_state {
        "resolved" => case.state == CaseState::Resolved,
        _ => case.state == CaseState::Open,
    };
    let mut fitting: Vec<&Case> = cases.iter().filter(in_state).filter(|case| case_fits(sentence, case)).collect();
    if let Some(wanted) = sentence.pair("suggests") {
        let mut can = BTreeSet::new();
        for case in &fitting {
            let words = suggested(view, partners, case).await?.into_iter().map(|suggestion| suggestion.words);
            can.extend(words.filter(|words| *words == wanted).map(|_| case.number));
        }
        fitting.retain(|case| can.contains(&case.number));
    }
    let enough = match sentence.pair("cases").and_then(|count| count.parse::<usize>().ok()) {
        Some(count) => fitting.len() == count,
        None => !fitting.is_empty(),
    };
    let only = !sentence.is_only || cases.iter().filter(in_state).count() == fitting.len();
    if enough && only {
        return Ok(None);
    }
    let told: Vec<String> = cases.iter().filter(in_state).map(case_words).collect();
    Ok(Some(if told.is_empty() { vec!["no exception is open".into()] } else { told }))
}

/// Open holds that are looked through.
const HOLDS_MAX: usize = 1_000;

/// `then no exception`.
pub async fn no_exception(view: &mut View, sentence: &Sentence) -> Result<Found> {
    let open = view.cases(&CaseSearch { open_only: true, ..CaseSearch::default() }).await?;
    let told: Vec<String> = open.iter().filter(|case| case_fits(sentence, case)).map(case_words).collect();
    Ok(if told.is_empty() { None } else { Some(told) })
}

fn case_fits(sentence: &Sentence, case: &Case) -> bool {
    let named = sentence.slot_words("QUEUE").next();
    let queue = named.is_none_or(|word| is_words(word) || queue(&word.text).as_deref() == Some(case.queue.as_str()));
    let words = sentence.slot("WORDS").or(named.filter(|word| is_words(word)).map(|word| word.text.as_str()));
    let words = words.is_none_or(|words| {
        let all = format!("{} {}", case.kind.replace('_', " "), case.words).to_lowercase();
        words.to_lowercase().split_whitespace().all(|word| all.contains(word))
    });
    let pairs = sentence.pairs().all(|(key, wanted)| {
        let found = match key {
            "order" => case.order_number.clone(),
            "line" => case.line.clone(),
            "money" => case.money.clone(),
            "partner" => case.partner.clone(),
            "type" => Some(case.kind.clone()),
            "number" => Some(case.number.to_string()),
            "owner" => case.owner.clone(),
            "due" => {
                case.due.map(|due| due.to_string()).filter(|due| due.starts_with(wanted)).map(|_| wanted.to_owned())
            }
            "breached" => Some(case.breached.to_string()),
            "shipment" | "invoice" => Some(wanted.to_owned()).filter(|number| names(case, number)),
            _ => return true,
        };
        found.is_some_and(|found| same(&found, wanted))
    });
    queue && words && pairs
}

fn names(case: &Case, number: &str) -> bool {
    case.key.split('|').any(|part| part == number) || case.words.split([' ', ',', ':', ';']).any(|word| word == number)
}

/// A desk by any of its names: `customer service`, `pricing`, `AP`.
fn queue(word: &str) -> Option<String> {
    let plain = word.to_lowercase().replace([' ', '-'], "_");
    Queue::of(&plain).map(|queue| queue.as_str().to_owned())
}

fn case_words(case: &Case) -> String {
    let mut words = format!("exception {} in {}: {}", case.number, case.queue, case.kind);
    for (name, value) in [("order", &case.order_number), ("line", &case.line), ("money", &case.money)] {
        if let Some(value) = value {
            words += &format!(" {name}={value}");
        }
    }
    let actions = ExceptionKind::of(&case.kind).map(ExceptionKind::actions).unwrap_or_default();
    let can: Vec<&str> = actions.iter().map(|action| action.words).collect();
    format!("{words} \"{}\"; its type suggests {}", case.words, can.join(", "))
}

/// `then waiting acme 810 order=4502`.
pub async fn waiting(view: &mut View, sentence: &Sentence) -> Result<Found> {
    let (partner, kind) = (sentence.slot("PARTNER"), sentence.slot("KIND"));
    let mut told = Vec::new();
    for document in view.waiting(1_000).await? {
        let contents = view.contents(document.id).await?;
        let json = contents.canonical.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        let is_meant = document.partner.as_deref() == partner && Some(document.type_code.as_str()) == kind;
        match compare::document(sentence, &json) {
            Ok(()) if is_meant => return Ok(None),
            Err(words) if is_meant => told.push(format!("{} waits, with {words}", waits(&document))),
            _ => told.push(format!("{} waits", waits(&document))),
        }
    }
    Ok(Some(if told.is_empty() { vec!["nothing waits to leave".into()] } else { told }))
}

/// `then nothing waiting acme`.
pub async fn nothing_waiting(view: &mut View, sentence: &Sentence) -> Result<Found> {
    let partner = sentence.slot("PARTNER");
    let all = view.waiting(1_000).await?;
    let of = all.iter().filter(|document| partner.is_none() || document.partner.as_deref() == partner);
    let told: Vec<String> = of.map(|document| format!("{} waits", waits(document))).collect();
    Ok(if told.is_empty() { None } else { Some(told) })
}

fn waits(document: &Document) -> String {
    let partner = document.partner.as_deref().unwrap_or("nobody");
    format!("{partner} {} {}", document.type_code, document.number.as_deref().unwrap_or("without a number"))
}

/// `then parked 856 until order 4503`.
pub async fn parked(view: &mut View, sentence: &Sentence) -> Result<Found> {
    let all = view.parked_events(1_000).await?;
    let kind = sentence.slot("KIND").unwrap_or_default();
    let (thing, number) = (sentence.slot("THING").unwrap_or_default(), sentence.slot("NUMBER").unwrap_or_default());
    let fits = |event: &&ParkedEvent| {
        let awaits: Vec<&str> = event.awaits.split('|').collect();
        let waits = awaits.windows(2).any(|pair| pair[0] == thing && pair[1] == number)
            || (awaits.last() == Some(&number) && awaits.contains(&thing))
            || (awaits.contains(&number) && awaits.last() == Some(&thing))
            || thing.is_empty();
        let own = sentence.pair("number").is_none_or(|wanted| event.number.as_deref() == Some(wanted));
        (kind.is_empty() || is_kind(kind, &event.kind)) && waits && own
    };
    if all.iter().any(|event| fits(&event)) {
        return Ok(None);
    }
    let told: Vec<String> = all.iter().map(parked_words).collect();
    Ok(Some(if told.is_empty() { vec!["nothing is parked".into()] } else { told }))
}

/// A document's kind, or for what a command tells the kind of the document that would.
fn is_kind(wanted: &str, found: &str) -> bool {
    let meant = match found {
        "shipment" => "856",
        "receipt" => "861",
        "invoice" | "credit" => "810",
        "payment" => "820",
        "decision" => "855",
        "change" | "cancellation" => "860",
        other => other,
    };
    wanted == found || wanted == meant
}

/// `then nothing parked`.
pub async fn nothing_parked(view: &mut View) -> Result<Found> {
    let told: Vec<String> = view.parked_events(1_000).await?.iter().map(parked_words).collect();
    Ok(if told.is_empty() { None } else { Some(told) })
}

fn parked_words(event: &ParkedEvent) -> String {
    let number = event.number.as_deref().unwrap_or("without a number");
    format!("parked {} {number} until {}", event.kind, event.awaits.replace('|', " "))
}

/// `then overdue 997 of 810 number=I7`, `then overdue 855 order=4502`.
pub async fn overdue(view: &mut View, sentence: &Sentence) -> Result<Found> {
    let mut told = Vec::new();
    for row in late(view, sentence).await? {
        if deadline_fits(sentence, &row) {
            return Ok(None);
        }
        told.push(format!("overdue: {} ({}, order {})", row.words, row.kind, row.number));
    }
    for document in answers_overdue(view).await? {
        let fits = is_acknowledgement(sentence.slot("KIND").unwrap_or_default())
            && sentence.slots("KIND").nth(1).is_none_or(|of| document["type"] == of)
            && sentence.pairs().all(|(key, wanted)| match key {
                "number" | "order" | "invoice" | "shipment" => document["numbers"]
                    .as_array()
                    .is_some_and(|numbers| numbers.iter().filter_map(Value::as_str).any(|number| same(number, wanted))),
                "partner" => document["partner"] == wanted,
                _ => true,
            });
        if fits {
            return Ok(None);
        }
        told.push(format!("overdue: the answer to {} {}", document["type"], document["numbers"]));
    }
    Ok(Some(if told.is_empty() { vec!["nothing is overdue".into()] } else { told }))
}

/// `then nothing overdue`.
pub async fn nothing_overdue(view: &mut View, sentence: &Sentence) -> Result<Found> {
    let mut told = Vec::new();
    for row in late(view, sentence).await? {
        if sentence.slot("KIND").is_none_or(|_| deadline_fits(sentence, &row)) {
            told.push(format!("overdue: {} ({}, order {})", row.words, row.kind, row.number));
        }
    }
    if sentence.slot("KIND").is_none_or(is_acknowledgement) {
        let answers = answers_overdue(view).await?;
        told.extend(answers.iter().map(|it| format!("overdue: the answer to {} {}", it["type"], it["numbers"])));
    }
    Ok(if told.is_empty() { None } else { Some(told) })
}

/// Deadlines of which so much of the time is over: all of it, unless the sentence says a share.
async fn late(view: &mut View, sentence: &Sentence) -> Result<Vec<DeadlineRow>> {
    let share: u8 = sentence.pair("percent").and_then(|text| text.parse().ok()).unwrap_or(100);
    let mut rows = view.deadlines(1_000).await?;
    rows.retain(|row| row.percent >= share);
    Ok(rows)
}

fn deadline_fits(sentence: &Sentence, row: &DeadlineRow) -> bool {
    let kind = match sentence.slot("KIND").unwrap_or_default() {
        "855" | "865" | "ORDRSP" | "answer" => "answer",
        "856" | "DESADV" => "notice",
        "810" | "INVOIC" => "invoice",
        "861" | "RECADV" => "receipt",
        "820" | "REMADV" | "payment" => "payment",
        kind if is_acknowledgement(kind) => "acknowledgement",
        other => other,
    };
    row.kind == kind
        && sentence.pairs().all(|(key, wanted)| match key {
            "order" => row.number == wanted,
            "partner" => row.partner == wanted,
            "number" | "shipment" | "invoice" => row.key.split('|').any(|part| part == wanted) || row.number == wanted,
            _ => true,
        })
}

fn is_acknowledgement(kind: &str) -> bool {
    matches!(kind, "997" | "999" | "CONTRL" | "TA1" | "MDN")
}

/// Documents of ours whose functional acknowledgement did not come in time.
async fn answers_overdue(view: &mut View) -> Result<Vec<Value>> {
    let search = crate::store::Search {
        direction: Some(crate::store::Direction::Out),
        limit: 1_000,
        ..crate::store::Search::default()
    };
    let mut found = Vec::new();
    for document in view.find_documents(&search).await? {
        if document.functional != crate::store::Answer::Overdue {
            continue;
        }
        let contents = view.contents(document.id).await?;
        let json: Value = contents.canonical.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        let numbers = [&json["number"], &json["order_number"], &json["shipment_number"]];
        let numbers: Vec<&str> = numbers.into_iter().filter_map(Value::as_str).collect();
        found.push(serde_json::json!({"type": document.type_code, "numbers": numbers, "partner": document.partner}));
    }
    Ok(found)
}
