//! What our own side does in a story: the words of `api` and `given order` as commands, the same that the API takes.

use jiff::tz::TimeZone;
use jiff::{Timestamp, civil::Date};
use rust_decimal::Decimal;
use serde_json::Value;

use super::forms::Say;
use super::lines::{self, LineWords, Share};
use super::model::Sentence;
use crate::canonical::common::{Adjustment, DateMark, Identifier, Party};
use crate::canonical::line::{ItemId, Line};
use crate::canonical::order::{Order, OrderHead};
use crate::journey::act::Act;
use crate::journey::activate::Step;
use crate::journey::apply::counted::Counted;
use crate::journey::apply::known::{Knowledge, Known};
use crate::journey::money::cash::rank;
use crate::journey::money::period::last_day;
use crate::journey::money::runs::Ask;
use crate::process::cash::Settlement;
use crate::process::ledger::Currency;
use crate::process::matching::CostKind;
use crate::process::payment_run::Wish;
use crate::process::{
    self, Bill, BillLine, Change, DatedPart, Decision, ExpectedCost, LineAction, LineChange, LineDecision, Pack,
    Payment, Portion, Receipt, ReceiptLine, Rest, Shipment, What,
};

/// The verbs that `api` knows, with what each is about.
pub const VERBS: &[&str] = &[
    "accept",
    "reject",
    "backorder",
    "price",
    "date",
    "substitute",
    "hold",
    "order",
    "change",
    "cancel",
    "ship",
    "receive",
    "return",
    "invoice",
    "credit",
    "pay",
    "notice",
    "correct",
    "release",
    "approve",
    "resolve",
    "refuse",
    "void",
    "factor",
    "apply",
    "undo",
    "settle",
    "reopen",
    "run",
    "rank",
    "close",
    "draft",
    "activate",
];

/// What a sentence wants.
#[derive(Clone, Debug)]
pub enum Said {
    /// Something happens to the order named.
    Event(Box<What>),
    /// An order of the house.
    Place(Box<Order>),
    /// A ruling on a case: `approve`, `reject`, `resolve`.
    Rule { case: u64, word: &'static str },
    /// A payment is applied as a person decided; with nothing chosen, what was applied last is undone.
    Cash { payment: String, chosen: Vec<(Box<str>, Decimal)>, because: Option<String> },
    /// The learned ranking of cash is trained, or switched.
    Rank(rank::Ask),
    /// The books are closed up to a day.
    Close(Date),
    /// A payment run is made, released or taken back.
    Run(Ask),
    /// A map or a partner file, by where it lies beside the story.
    File { step: Step, file: String },
    /// A deduction ends, or is open again.
    Settle { deduction: String, settlement: Option<Settlement>, because: Option<String> },
}

/// What an `api` sentence means. `sells` is our role.
///
/// # Errors
/// What it lacks, in words.
pub fn act(sentence: &Sentence, sells: bool, now: Timestamp, zone: &TimeZone) -> Result<Said, String> {
    let verb = sentence.slot("VERB").unwrap_or_default();
    if let Some(file) = sentence.pair("file") {
        let step = match verb {
            "draft" => Step::Draft,
            "approve" => Step::Approve,
            "activate" => Step::Activate,
            _ => return Err(format!("`{verb}` wants no `file=`: draft, approve and activate do")),
        };
        return Ok(Said::File { step, file: file.to_owned() });
    }
    if let Some(case) = sentence.pair("exception") {
        let case = case.parse().map_err(|_| format!("`{case}` is not the number of an exception"))?;
        let word = match verb {
            "approve" | "accept" | "release" if sentence.pair("pay") == Some("received") => "pay_received",
            "approve" | "accept" | "release" => "approve",
            "reject" | "refuse" => "reject",
            _ => "resolve",
        };
        return Ok(Said::Rule { case, word });
    }
    if let ("apply" | "undo", Some(payment)) = (verb, sentence.pair("payment")) {
        let chosen = if verb == "apply" { chosen(sentence.pair("to").unwrap_or_default())? } else { Vec::new() };
        let because = sentence.pair("reason").map(str::to_owned);
        return Ok(Said::Cash { payment: payment.to_owned(), chosen, because });
    }
    if let ("release" | "undo", Some(run)) = (verb, sentence.pair("run")) {
        let run = run.to_owned();
        return Ok(Said::Run(match verb {
            "undo" => Ask::Undo { run, because: sentence.pair("reason").map(str::to_owned) },
            _ => Ask::Release(run),
        }));
    }
    if verb == "rank" {
        let word = sentence.pair("action").unwrap_or_default();
        let ask = rank::Ask::of(word).ok_or("it does not say `action=train`, `action=on` or `action=off`")?;
        return Ok(Said::Rank(ask));
    }
    if verb == "close" {
        let period = sentence.pair("through").unwrap_or_default();
        let day = last_day(period).ok_or("it does not say `through=2026-03`")?;
        return Ok(Said::Close(day));
    }
    if verb == "run" {
        return wish(sentence, zone.to_datetime(now).date()).map(|wish| Said::Run(Ask::Create(wish)));
    }
    if let ("settle" | "reopen", Some(deduction)) = (verb, sentence.pair("deduction")) {
        let end = sentence.pair("as").unwrap_or_default();
        let settlement = Settlement::of(end);
        if verb == "settle" && settlement.is_none() {
            return Err("it does not say `as=credit`, `as=recharge` or `as=write-off`".into());
        }
        let settlement = settlement.filter(|_| verb == "settle");
        let because = sentence.pair("reason").map(str::to_owned);
        return Ok(Said::Settle { deduction: deduction.to_owned(), settlement, because });
    }
    let lines = sentence.pair("lines").map_or_else(|| Ok(Vec::new()), lines::lines)?;
    let today = zone.to_datetime(now).date();
    let told = Told { sentence, lines, now, today, zone };
    let what = match verb {
        "accept" | "reject" | "backorder" | "price" | "date" | "substitute" | "hold" => told.decision(verb),
        "order" => return Ok(Said::Place(Box::new(told.order()?))),
        "change" => What::Changed(told.change()),
        "cancel" => What::Cancelled { sequence: told.whole("sequence")? },
        "ship" => What::Shipped(told.shipment()?),
        "receive" => What::Received(told.receipt()?),
        "return" => What::Returned(told.receipt()?),
        "invoice" => What::Invoiced(told.bill()?),
        "credit" => What::Credited(told.bill()?),
        "pay" => What::Paid(told.payment()?),
        "notice" => What::NoticeWanted { shipment: told.need("shipment")?, correct: false },
        "correct" => What::NoticeWanted { shipment: told.need("shipment")?, correct: true },
        "release" => What::Released { hold: told.need("hold")? },
        "approve" if sentence.pair("invoice").is_some() => {
            What::BillJudged { invoice: told.need("invoice")?, ruling: told.ruling() }
        }
        "refuse" => What::BillJudged { invoice: told.need("invoice")?, ruling: process::Ruling::Refuse },
        "approve" if !sells => What::AnswerAccepted,
        "void" | "undo" => What::Reversed { event: told.voided()? },
        "factor" => told.factor()?,
        _ => return Err(format!("`{verb}` wants `exception=`")),
    };
    Ok(Said::Event(Box::new(what)))
}

/// `through=2026-03-31 date=2026-03-10 worth=10 currency=EUR`.
fn wish(sentence: &Sentence, today: Date) -> Result<Wish, String> {
    let day = |key: &str| {
        let read = |text: &str| text.parse().map_err(|_| format!("`{text}` is not a day: 2026-03-01"));
        sentence.pair(key).map(read).transpose()
    };
    let date = day("date")?.unwrap_or(today);
    let code = sentence.pair("currency").unwrap_or("USD");
    Ok(Wish {
        day: date,
        through: day("through")?.unwrap_or(date),
        currency: Currency::of(code).ok_or_else(|| format!("`{code}` is no currency"))?,
        worth: sentence.pair("worth").and_then(|text| text.parse().ok()).unwrap_or_default(),
    })
}

/// `100241 1000.00; 100243 50.00`: open items and the money that goes on each.
fn chosen(text: &str) -> Result<Vec<(Box<str>, Decimal)>, String> {
    let one = |part: &str| {
        let (number, amount) = part.trim().split_once(' ').ok_or_else(|| format!("`{part}` reads `100241 1000.00`"))?;
        let amount = amount.trim().parse().map_err(|_| format!("`{amount}` is not an amount"))?;
        Ok((number.into(), amount))
    };
    let chosen = text.split(';').filter(|part| !part.trim().is_empty()).map(one).collect::<Result<Vec<_>, String>>()?;
    if chosen.is_empty() { Err("it does not say `to=`".to_owned()) } else { Ok(chosen) }
}

/// What `given item`, `given credit` and `given stock` make known.
pub fn known(sentence: &Sentence, now: Timestamp) -> Act {
    let slot = |name: &str| sentence.slot(name).unwrap_or_default().to_owned();
    let partner = || sentence.pair("partner").unwrap_or_default();
    let body: serde_json::Map<String, Value> = sentence
        .pairs()
        .filter(|(key, _)| *key != "partner")
        .map(|(key, value)| (key.to_owned(), value.into()))
        .collect();
    let (kind, key) = match sentence.say {
        Say::Item => (Knowledge::Item, slot("NAME")),
        Say::Credit => (Knowledge::Credit, slot("PARTNER")),
        Say::Place => (Knowledge::Place, format!("{}/{}", partner(), slot("NAME"))),
        Say::Price => {
            let from = sentence.pair("from").map(|from| format!("/{from}")).unwrap_or_default();
            (Knowledge::Price, format!("{}/{}{from}", partner(), slot("ITEM")))
        }
        _ => {
            let on_hand = sentence.pair("on_hand").and_then(|text| text.parse().ok()).unwrap_or_default();
            let place = sentence.pair("at").unwrap_or("MAIN").to_owned();
            let safety = sentence.pair("safety").and_then(|text| text.parse().ok());
            return Act::Count(vec![Counted { item: slot("ITEM"), place, on_hand, safety, at: now }]);
        }
    };
    Act::Know(Known { kind, key, body: Value::Object(body), is_part: false })
}

/// The order of `given order`, and the decision that it was accepted.
///
/// # Errors
/// What it lacks, in words.
pub fn given_order(sentence: &Sentence, now: Timestamp, zone: &TimeZone) -> Result<(Order, What), String> {
    let lines = sentence.pair("lines").map_or_else(|| Ok(Vec::new()), lines::lines)?;
    let told = Told { sentence, lines, now, today: zone.to_datetime(now).date(), zone };
    let mut order = told.order_of(sentence.slot("NUMBER").unwrap_or_default());
    order.head.head.date = Some(told.today);
    let accepted = Decision { rest: Some(Rest::Accept), ..Decision::default() };
    Ok((order, What::Decided(accepted)))
}

struct Told<'s> {
    sentence: &'s Sentence,
    lines: Vec<LineWords>,
    now: Timestamp,
    today: Date,
    zone: &'s TimeZone,
}

impl Told<'_> {
    fn need(&self, key: &str) -> Result<String, String> {
        self.sentence.pair(key).map(str::to_owned).ok_or_else(|| format!("it does not say `{key}=`"))
    }

    fn decimal(&self, key: &str) -> Option<Decimal> {
        self.sentence.pair(key)?.parse().ok()
    }

    fn whole(&self, key: &str) -> Result<Option<u32>, String> {
        let parsed = self.sentence.pair(key).map(|text| text.parse().map_err(|_| format!("`{text}` is no number")));
        parsed.transpose()
    }

    fn decision(&self, verb: &str) -> What {
        let rest = match verb {
            "accept" => Some(Rest::Accept),
            "reject" => Some(Rest::Reject),
            "hold" => Some(Rest::Hold),
            _ => None,
        };
        let rest = rest.filter(|_| self.lines.is_empty());
        let lines = self.lines.iter().map(|line| self.line_decision(verb, line)).collect();
        What::Decided(Decision { version: None, number: self.pair("number"), lines, rest })
    }

    fn line_decision(&self, verb: &str, line: &LineWords) -> LineDecision {
        let mut decision =
            LineDecision { line: line.line.clone(), reason: self.pair("reason"), ..LineDecision::default() };
        for share in &line.shares {
            let quantity = share.quantity.unwrap_or_default();
            let dated = share.date.map(|date| ("ship_scheduled".to_owned(), date));
            match (share.word.as_deref().unwrap_or(verb), verb) {
                // `price lines="1: 9.50"`: the number is the price.
                (_, "price") if share.price.is_none() || share.quantity.is_none() => {
                    decision.price = share.price.or(share.quantity);
                }
                ("backorder" | "backordered", _) => {
                    decision.backordered += quantity;
                    decision.backorder_date = dated;
                }
                ("reject" | "rejected", _) => decision.rejected += quantity,
                ("date", _) => decision.date = dated,
                (word, _) => {
                    decision.accepted += quantity;
                    decision.parts.push(DatedPart { quantity, date: dated.clone() });
                    decision.price = share.price.or(decision.price);
                    decision.date = decision.date.or(dated);
                    if word.starts_with("substitute") {
                        decision.substitute = ids(share);
                    }
                }
            }
        }
        if decision.parts.len() < 2 {
            decision.parts.clear();
        }
        decision
    }

    fn order(&self) -> Result<Order, String> {
        let number = self.pair("number").or_else(|| self.pair("order")).ok_or("it does not say `number=`")?;
        Ok(self.order_of(&number))
    }

    fn order_of(&self, number: &str) -> Order {
        let mut head = OrderHead { r#type: Some("stand_alone".into()), ..OrderHead::default() };
        head.head.number = Some(number.to_owned());
        head.head.date = Some(self.today);
        head.head.purpose = Some("original".into());
        head.head.currency = self.pair("currency");
        head.adjustments = self
            .decimal("freight")
            .map(|amount| Adjustment {
                kind: Some("charge".into()),
                code: Some("D240".into()),
                amount: Some(amount),
                method: Some("02".into()),
                ..Adjustment::default()
            })
            .into_iter()
            .collect();
        head.head.parties = self
            .pair("ship_to")
            .map(|id| Party {
                role: Some("ship_to".into()),
                name: Some(id.clone()),
                ids: vec![Identifier { scheme: Some("buyer".into()), id: Some(id), list: None }],
                ..Party::default()
            })
            .into_iter()
            .collect();
        for (key, kind) in [("deliver", "delivery_requested"), ("cancel_after", "cancel_after")] {
            let date = self.sentence.pair(key).and_then(|text| text.parse().ok());
            if let Some(date) = date {
                head.head.dates.push(DateMark { kind: Some(kind.into()), date: Some(date), ..DateMark::default() });
            }
        }
        let lines = self.lines.iter().map(|line| {
            let share = line.first();
            Line {
                number: Some(line.line.clone()),
                quantity: line.quantity(),
                unit: share.unit.clone().or_else(|| Some("EA".into())),
                price: share.price,
                ids: ids(&share),
                ..Line::default()
            }
        });
        Order { head, lines: lines.collect() }
    }

    fn change(&self) -> Change {
        let lines = self.lines.iter().map(|line| {
            let share = line.first();
            let action = match share.word.as_deref() {
                Some("add") => LineAction::Add,
                Some("delete" | "deleted" | "cancel" | "cancelled") => LineAction::Delete,
                Some("increase") => LineAction::Increase,
                Some("decrease") => LineAction::Decrease,
                _ => LineAction::Set,
            };
            let is_price = share.word.as_deref() == Some("price");
            LineChange {
                line: line.line.clone(),
                action,
                quantity: if is_price { None } else { share.quantity },
                unit: share.unit.clone(),
                price: if is_price { share.price.or(share.quantity) } else { share.price },
                ids: ids(&share),
                description: None,
                dates: share.date.map(|date| ("delivery_requested".to_owned(), date)).into_iter().collect(),
            }
        });
        let sequence = self.sentence.pair("sequence").and_then(|text| text.parse().ok());
        Change { sequence, lines: lines.collect(), ..Change::default() }
    }

    fn shipment(&self) -> Result<Shipment, String> {
        let number = self.need("shipment")?;
        let packs = self.sentence.pair("packs").map_or_else(|| Ok(Vec::new()), lines::packs)?;
        let packs = packs.iter().enumerate().map(|(at, pack)| Pack {
            id: (at + 1).to_string(),
            parent: None,
            kind: Some("carton".into()),
            sscc: pack.sscc.clone(),
            items: pack.items.iter().map(|(_, line, quantity)| portion(line, *quantity, None)).collect(),
        });
        Ok(Shipment {
            lines: self.portions(),
            packs: packs.collect(),
            shipped_at: Some(self.now),
            expected_at: self.expected()?,
            carrier: self.pair("carrier"),
            bill_of_lading: self.pair("bill_of_lading"),
            last: self.sentence.pair("last").is_some_and(|text| text == "yes" || text == "true"),
            number,
            ..Shipment::default()
        })
    }

    /// `expected=2026-03-04T09:00`, where the story plays; a day alone is its first moment.
    fn expected(&self) -> Result<Option<Timestamp>, String> {
        let Some(text) = self.sentence.pair("expected") else { return Ok(None) };
        let day = || text.parse::<Date>().map(|day| day.at(0, 0, 0, 0));
        let at = if text.contains('T') { text.parse() } else { day() };
        let at = at.map_err(|_| format!("`{text}` is no time like 2026-03-04T09:00"))?;
        self.zone.to_timestamp(at).map(Some).map_err(|error| error.to_string())
    }

    fn portions(&self) -> Vec<Portion> {
        let lines = self.lines.iter().map(|line| {
            let share = line.first();
            portion(&line.line, line.quantity().unwrap_or_default(), share.unit)
        });
        lines.collect()
    }

    fn receipt(&self) -> Result<Receipt, String> {
        self.need("order")?;
        let shipment = self.pair("shipment");
        // One without a number of its own gets it from the story, which knows those that it says.
        let number = self.pair("receipt").or_else(|| self.pair("number")).unwrap_or_default();
        let lines = self.lines.iter().map(|line| {
            let mut row = ReceiptLine { line: line.line.clone(), ..ReceiptLine::default() };
            for share in &line.shares {
                let quantity = share.quantity.unwrap_or_default();
                match share.word.as_deref() {
                    // `received 100, accepted 90`: what came, and what of it can be used.
                    Some("accepted" | "good") => row.accepted = Some(row.accepted.unwrap_or_default() + quantity),
                    Some("returned") => row.returned += quantity,
                    None if self.sentence.slot("VERB") == Some("return") => row.returned += quantity,
                    Some(word @ ("damaged" | "short" | "over" | "wrong" | "rejected")) => {
                        row.conditions.push((word.to_owned(), quantity));
                    }
                    _ => row.received += quantity,
                }
            }
            // `good 90, damaged 10`: a hundred came.
            if row.received.is_zero() && row.accepted.is_some() {
                row.received = row.accepted.unwrap_or_default() + row.spoilt();
            }
            row
        });
        let cost = |kind: CostKind| {
            let amount = self.decimal(kind.as_str())?;
            Some(ExpectedCost { kind, amount, carrier: self.pair("carrier") })
        };
        Ok(Receipt {
            number,
            shipment,
            bill_of_lading: self.pair("bill_of_lading"),
            received_at: Some(self.now),
            lines: lines.collect(),
            costs: CostKind::ALL.into_iter().filter_map(cost).collect(),
        })
    }

    fn bill(&self) -> Result<Bill, String> {
        let lines = self.lines.iter().map(|line| BillLine {
            line: line.line.clone(),
            ids: Vec::new(),
            quantity: line.quantity().unwrap_or_default(),
            price: line.first().price,
        });
        let credits = if self.sentence.slot("VERB") == Some("credit") { self.pair("invoice") } else { None };
        let number = self.pair("number").or_else(|| self.pair("invoice").filter(|_| credits.is_none()));
        Ok(Bill {
            number,
            date: Some(self.today),
            shipment: self.pair("shipment"),
            lines: lines.collect(),
            total: self.decimal("amount"),
            tax: self.decimal("tax").unwrap_or_default(),
            freight: self.decimal("freight").unwrap_or_default(),
            credits,
            ..Bill::default()
        })
    }

    fn payment(&self) -> Result<Payment, String> {
        let invoice = self.need("invoice")?;
        let amount = self.decimal("amount").ok_or("it does not say `amount=`")?;
        let trace = self.pair("trace").unwrap_or_else(|| format!("P-{invoice}"));
        let (discount, deducted) = (Decimal::ZERO, Decimal::ZERO);
        Ok(Payment { trace, invoice, amount, discount, deducted, date: Some(self.today), run: None })
    }

    /// The event that is undone, by the number of its fact.
    fn voided(&self) -> Result<String, String> {
        if let Some(event) = self.sentence.pair("event") {
            return Ok(event.to_owned());
        }
        let of = |key: &str, what: &str| self.sentence.pair(key).map(|number| format!("{what}|{number}"));
        let named = of("receipt", "receipt").or_else(|| of("shipment", "shipment")).or_else(|| of("number", "receipt"));
        named.ok_or_else(|| "it does not say what is void: `shipment=` or `receipt=`".to_owned())
    }

    fn factor(&self) -> Result<What, String> {
        let line = self.lines.first().map_or_else(|| "1".to_owned(), |line| line.line.clone());
        let factor = self.decimal("factor").ok_or("it does not say `factor=`")?;
        Ok(What::FactorApproved { line, unit: self.need("unit")?, factor })
    }

    /// `pay=received`: only what came is paid.
    fn ruling(&self) -> process::Ruling {
        match self.sentence.pair("pay") {
            Some("received") => process::Ruling::PayReceived,
            _ => process::Ruling::Accept,
        }
    }

    fn pair(&self, key: &str) -> Option<String> {
        self.sentence.pair(key).map(str::to_owned)
    }
}

fn portion(line: &str, quantity: Decimal, unit: Option<String>) -> Portion {
    Portion { line: line.to_owned(), ids: Vec::new(), quantity, unit }
}

fn ids(share: &Share) -> Vec<ItemId> {
    let id = share.item.as_ref().map(|item| ItemId {
        qualifier: Some("VN".into()),
        id: Some(item.clone()),
        ..ItemId::default()
    });
    id.into_iter().collect()
}
