//! Open items and advices as one line of text each, for the tables of this folder.

use jiff::civil::{Date, date};
use rust_decimal::Decimal;

use super::{Advice, AdviceAdjustment, AdviceItem, AdviceKind, CodeList};
use crate::process::ledger::{Currency, ItemKind, OpenItem, discount_from};

/// `100235 2500 2/10 due=03-31 party=acme order=4501; 9001 -200`; amounts below zero are credit memos, `closed` ones paid.
pub fn items(text: &str) -> Vec<OpenItem> {
    text.split(';').filter(|part| !part.trim().is_empty()).map(item).collect()
}

fn item(text: &str) -> OpenItem {
    let mut words = text.split_whitespace();
    let number = words.next().unwrap();
    let amount: Decimal = words.next().unwrap().parse().unwrap();
    let issued = date(2026, 3, 1);
    let kind = if amount.is_sign_negative() { ItemKind::CreditMemo } else { ItemKind::Invoice };
    let mut item = OpenItem {
        number: number.into(),
        kind,
        party: "acme".into(),
        currency: Currency::USD,
        amount,
        open: amount,
        date: issued,
        due: date(2026, 3, 31),
        discount: None,
        order_number: None,
        bill_of_lading: None,
        also: Vec::new(),
    };
    for word in words {
        match word.split_once('=') {
            Some(("due", day)) => item.due = day_of(day),
            Some(("party", party)) => item.party = party.into(),
            Some(("order", order)) => item.order_number = Some(order.into()),
            Some(("currency", code)) => item.currency = Currency::of(code).unwrap(),
            None if word == "closed" => item.open = Decimal::ZERO,
            _ => item.discount = discount_from(&format!("{word} n30"), issued).unwrap().1,
        }
    }
    item
}

/// `03-11` of the year of the tests.
pub fn day_of(text: &str) -> Date {
    format!("2026-{text}").parse().unwrap()
}

/// `2375 | 100235 2375 -125:06; CM 9001 -200; 100234 = party east; outer -210:01`: the amount, items, adjustments outside them.
pub fn advice(text: &str) -> Advice {
    let (amount, rest) = text.split_once('|').unwrap();
    let mut advice = Advice {
        number: "R1".into(),
        payer: "acme".into(),
        trace: Some("T1".into()),
        currency: Currency::USD,
        amount: amount.trim().parse().unwrap(),
        date: None,
        items: Vec::new(),
        adjustments: Vec::new(),
    };
    for part in rest.split(';').map(str::trim).filter(|part| !part.is_empty()) {
        if let Some(outer) = part.strip_prefix("outer ") {
            advice.adjustments.extend(adjustments(outer));
            continue;
        }
        let (kind, part) = match part.split_once(' ') {
            Some(("CM", rest)) => (AdviceKind::CreditMemo, rest),
            Some(("DM", rest)) => (AdviceKind::DebitMemo, rest),
            Some(("PO", rest)) => (AdviceKind::Order, rest),
            _ => (AdviceKind::Invoice, part),
        };
        let mut words = part.split_whitespace();
        let mut item = AdviceItem {
            line: advice.items.len() + 1,
            kind,
            reference: words.next().unwrap().replace('_', " ").into(),
            order_number: None,
            paid: Some(words.next().unwrap().parse().unwrap()),
            gross: None,
            discount: Decimal::ZERO,
            adjustments: Vec::new(),
            party: None,
        };
        for word in words {
            match word.split_once('=') {
                Some(("discount", amount)) => item.discount = amount.parse().unwrap(),
                Some(("party", party)) => item.party = Some(party.into()),
                _ => item.adjustments.extend(adjustments(word)),
            }
        }
        advice.items.push(item);
    }
    advice
}

/// `-125:06 -10:E4`: amounts and codes of X12, or of EDIFACT behind an `E`, whose sign is then not relied on.
pub fn adjustments(text: &str) -> Vec<AdviceAdjustment> {
    let one = |word: &str| {
        let (amount, code) = word.split_once(':').unwrap();
        let (list, code) = match code.strip_prefix('E') {
            Some(code) => (CodeList::Edifact, code),
            None => (CodeList::X12, code),
        };
        let signed = list == CodeList::X12;
        AdviceAdjustment { amount: amount.parse().unwrap(), signed, list, code: code.into(), reference: None }
    };
    text.split_whitespace().map(one).collect()
}
