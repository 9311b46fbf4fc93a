//! A trade with the events that wait for it, as the store keeps them; and events written as one line of text.

use crate::process::matching::CostKind;
use jiff::Timestamp;
use rust_decimal::Decimal;

use super::super::event::*;
use super::super::payable::Ruling;
use super::super::*;
use crate::canonical::Order;

/// A trade and what waits for it.
#[derive(Clone, Debug, PartialEq)]
pub struct World {
    pub trade: Trade,
    pub waiting: Vec<(Key, Event)>,
    pub effects: Vec<Effect>,
    pub last: Option<Verdict>,
    /// Events that changed the trade, in the order in which they did.
    pub applied: Vec<Event>,
}

impl World {
    pub fn new(side: Side) -> Self {
        let key = TradeKey::new(side, "acme", "4501");
        Self { trade: Trade::new(key), waiting: Vec::new(), effects: Vec::new(), last: None, applied: Vec::new() }
    }

    /// Takes an event, then everything that was waiting for what it brings.
    pub fn take(&mut self, event: &Event, policy: &Policy, now: Timestamp) -> &mut Self {
        let mut first = true;
        let mut queue = vec![event.clone()];
        while !queue.is_empty() {
            let event = queue.remove(0);
            let applied = apply(&self.trade, &event, policy, now);
            if std::mem::take(&mut first) {
                self.last = Some(applied.verdict.clone());
            }
            if let Verdict::Parked { awaits, .. } = applied.verdict {
                if !self.waiting.iter().any(|(_, known)| known.key == event.key) {
                    self.waiting.push((awaits, event));
                }
                continue;
            }
            if applied.verdict != Verdict::Duplicate {
                self.applied.push(event.clone());
            }
            self.trade = applied.trade;
            self.effects.extend(applied.effects);
            let mut released = Vec::new();
            self.waiting.retain(|(key, event)| {
                let comes = applied.provides.contains(key);
                if comes {
                    released.push(event.clone());
                }
                !comes
            });
            // In (sequence, received) order: `waiting` is in the order of receipt.
            released.sort_by_key(|event| if let What::Changed(change) = &event.what { change.sequence } else { None });
            queue.extend(released);
        }
        self
    }

    /// Counters of a line by name.
    pub fn counter(&self, line: &str, name: &str) -> Decimal {
        let side = self.trade.side();
        self.trade.line(line).and_then(|line| line.counters(side).named(name)).unwrap_or_default()
    }

    /// What must be the same whichever way it came: numbers of lines, and amounts.
    pub fn numbers(&self, names: &[&str]) -> String {
        let mut text = String::new();
        for line in &self.trade.lines {
            for name in names {
                text += &format!("{}.{name}={} ", line.number, self.counter(&line.number, name).normalize());
            }
        }
        let amounts = self.trade.amounts();
        text + &format!("invoiced={} paid={}", amounts.invoiced.normalize(), amounts.paid.normalize())
    }
}

/// Plays a story, events parted by `;`, and looks at each word of what is expected: `1.shipped=80`, `1.state=acked`,
/// `state=open`, `case:over_ship|1`, `issued:ship_notice|S1`, `deadline:answer|0`, `waits:shipped`, `hold:price_differs|1`,
/// `open:I1=20`, `last:refused`; with `not-` in front of one that must not be there.
pub fn check(side: Side, policy: &Policy, story: &str, expected: &str) {
    let mut world = World::new(side);
    for text in story.split(';') {
        world.take(&event(text), policy, now());
        let broken = super::super::verify::broken(&world.trade, policy);
        assert!(broken.is_empty(), "{story}\nafter {text}: {broken:#?}");
    }
    for word in expected.split_whitespace() {
        let (wanted, word) = word.strip_prefix("not-").map_or((true, word), |word| (false, word));
        assert_eq!(world.holds(word), wanted, "{story}\nexpected {word}; found {}", world.told());
    }
}

impl World {
    fn holds(&self, word: &str) -> bool {
        let trade = &self.trade;
        let (what, name) = word.split_once(':').unwrap_or(("", word));
        match what {
            "case" => trade.exceptions.iter().any(|open| open.key == name),
            "issued" => trade.issued(name).is_some(),
            "deadline" => trade.deadlines.iter().any(|deadline| deadline.key == name),
            "waits" => self.waiting.iter().any(|(key, _)| key.as_str().ends_with(name)),
            "hold" => trade.open_holds().any(|hold| hold.key == name),
            "last" => self.last.as_ref().is_some_and(|last| word_of(last) == name),
            "open" => {
                let (bill, amount) = name.split_once('=').unwrap();
                trade.bill(bill).is_some_and(|bill| trade.open_amount(bill) == dec(amount))
            }
            "bill" => {
                let (bill, standing) = name.split_once('=').unwrap();
                trade.bill(bill).is_some_and(|bill| format!("{:?}", bill.standing).to_lowercase() == standing)
            }
            "says" => {
                let (key, text) = name.split_once('=').unwrap();
                self.effects.iter().any(|effect| {
                    matches!(effect, Effect::Issue(issue) if issue.key == key && issue.document.to_json().contains(text))
                })
            }
            _ => {
                let (name, value) = name.split_once('=').unwrap();
                match name.split_once('.') {
                    None => trade.state().as_str() == value,
                    Some((line, "state")) => {
                        trade.line(line).is_some_and(|line| trade.line_state(line).as_str() == value)
                    }
                    Some((line, counter)) => self.counter(line, counter) == dec(value),
                }
            }
        }
    }

    /// The trade in a few words, for a failing case.
    fn told(&self) -> String {
        let trade = &self.trade;
        let issued: Vec<_> = trade.issued.iter().map(|issued| issued.key.as_str()).collect();
        let cases: Vec<_> = trade.exceptions.iter().map(|open| open.key.as_str()).collect();
        let deadlines: Vec<_> = trade.deadlines.iter().map(|deadline| deadline.key.as_str()).collect();
        let waiting: Vec<_> = self.waiting.iter().map(|(key, event)| format!("{} for {key}", event.key)).collect();
        let states: Vec<_> = trade.lines.iter().map(|line| trade.line_state(line).as_str()).collect();
        let numbers =
            self.numbers(&["ordered", "accepted", "backordered", "rejected", "cancelled", "shipped", "invoiced"]);
        format!(
            "{numbers}\nstates {states:?} issued {issued:?} cases {cases:?} deadlines {deadlines:?} waiting {waiting:?} last {:?}",
            self.last
        )
    }
}

fn word_of(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Applied => "applied",
        Verdict::Parked { .. } => "parked",
        Verdict::Duplicate => "duplicate",
        Verdict::Conflict => "conflict",
        Verdict::Refused { .. } => "refused",
    }
}

pub fn now() -> Timestamp {
    "2026-03-02T15:00Z".parse().unwrap()
}

pub fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// An event from a line of text, parted by blanks: `order 1=100@10 2=50@4`, `change 1 1=90`, `accept`, `accept v1 1=60/30/10`,
/// `ship S1 1=80`, `notice S1`, `invoice I1 1=80`, `receive R1 S1 1=80`, `pay T1 I1 800`, `ack ship_notice|S1 accepted`, ...
pub fn event(text: &str) -> Event {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = text.as_str();
    let words: Vec<&str> = text.split(' ').collect();
    let arg = |at: usize| words.get(at).copied().unwrap_or_default().to_owned();
    let lines = || words.iter().filter_map(|word| word.split_once('=')).filter(|(line, _)| line.parse::<u32>().is_ok());
    let portions = || -> Vec<Portion> {
        let portion = |(line, text): (&str, &str)| {
            let quantity = text.trim_end_matches(|letter: char| letter.is_ascii_uppercase());
            let unit = Some(text[quantity.len()..].to_owned()).filter(|unit| !unit.is_empty());
            Portion { line: line.into(), quantity: dec(quantity), unit, ..Portion::default() }
        };
        lines().map(portion).collect()
    };
    let option = |name: &str| words.iter().find_map(|word| word.strip_prefix(&format!("{name}:"))).map(str::to_owned);
    let has = |flag: &str| words.contains(&flag);
    let receipt = || Receipt {
        number: arg(1),
        shipment: option("of"),
        bill_of_lading: option("bl"),
        received_at: None,
        costs: option("freight")
            .map(|amount| ExpectedCost { kind: CostKind::Freight, amount: dec(&amount), carrier: option("by") })
            .into_iter()
            .collect(),
        lines: lines()
            .map(|(line, text)| {
                let (quantity, damaged) = text.split_once('-').unwrap_or((text, "0"));
                let conditions = if damaged == "0" { vec![] } else { vec![("damaged".into(), dec(damaged))] };
                let received = dec(quantity);
                ReceiptLine { line: line.into(), received, conditions, ..ReceiptLine::default() }
            })
            .collect(),
    };
    let bill = || Bill {
        number: Some(arg(1)).filter(|number| !number.contains('=') && !number.is_empty()),
        shipment: option("of"),
        credits: option("credits"),
        total: option("total").map(|total| dec(&total)),
        freight: option("freight").map(|freight| dec(&freight)).unwrap_or_default(),
        lines: lines()
            .map(|(line, text)| {
                let (quantity, price) = text.split_once('@').map_or((text, None), |(q, p)| (q, Some(dec(p))));
                BillLine { line: line.into(), quantity: dec(quantity), price, ..BillLine::default() }
            })
            .collect(),
        ..Bill::default()
    };
    let shipment = || Shipment {
        number: arg(1),
        lines: portions(),
        packs: option("packs").map(|packs| packs_of(&packs)).unwrap_or_default(),
        last: has("last"),
        replaces: has("anew"),
        ..Shipment::default()
    };
    let problems = || {
        let found = words.iter().filter_map(|word| word.strip_prefix("hold:"));
        found
            .map(|word| {
                let (kind, line) =
                    word.split_once('|').map_or((word, None), |(kind, line)| (kind, Some(line.to_owned())));
                let kind = ExceptionKind::of(kind).unwrap();
                Problem {
                    kind,
                    line,
                    words: format!("{kind} found"),
                    cause: None,
                    money: None,
                    price: None,
                    promised: None,
                }
            })
            .collect::<Vec<_>>()
    };
    let what = match words[0] {
        "order" => What::Ordered { order: Box::new(order(lines(), option("cancel_after"))), problems: problems() },
        "replace" => What::Replaced { order: Box::new(order(lines(), None)), problems: problems() },
        "confirm" => What::Confirmed { order: Box::new(order(lines(), None)) },
        "change" => What::Changed(Change {
            sequence: arg(1).parse().ok(),
            lines: lines().map(|(line, text)| line_change(line, text)).collect(),
            ..Change::default()
        }),
        "cancel" => What::Cancelled { sequence: arg(1).parse().ok() },
        "accept" | "reject" | "undecided" | "answer" => What::Decided(Decision {
            version: words.iter().find_map(|word| word.strip_prefix('v')).and_then(|version| version.parse().ok()),
            number: None,
            lines: lines().map(|(line, text)| line_decision(line, text)).collect(),
            rest: match words[0] {
                "accept" => Some(Rest::Accept),
                "reject" => Some(Rest::Reject),
                _ => None,
            },
        }),
        "take-answer" => What::AnswerAccepted,
        "ship" => What::Shipped(shipment()),
        "advise" => What::Advised(shipment()),
        "withdraw" => What::NoticeWithdrawn { shipment: arg(1) },
        "notice" => What::NoticeWanted { shipment: arg(1), correct: has("again") },
        "receive" => What::Received(receipt()),
        "return" => {
            let mut receipt = receipt();
            for line in &mut receipt.lines {
                line.returned = std::mem::take(&mut line.received);
            }
            What::Returned(receipt)
        }
        "invoice" => What::Invoiced(bill()),
        "credit" => What::Credited(bill()),
        "judge" => What::BillJudged { invoice: arg(1), ruling: ruling(has("accept"), has("received")) },
        "pay" => What::Paid(Payment {
            trace: arg(1),
            invoice: arg(2),
            amount: dec(&arg(3)),
            discount: Decimal::ZERO,
            deducted: Decimal::ZERO,
            date: None,
            run: None,
        }),
        "bounce" => What::PaymentReturned { trace: arg(1) },
        "advice" => {
            What::Advice(Advice { kind: arg(1), number: arg(2), accepted: has("ok"), words: "price wrong".into() })
        }
        "ack" => What::Acknowledged {
            document: arg(1),
            disposition: match arg(2).as_str() {
                "E" => Disposition::AcceptedWithErrors,
                "R" => Disposition::Rejected,
                _ => Disposition::Accepted,
            },
        },
        "sent" => What::Delivered { document: arg(1), accepted: !has("failed") },
        "time" => What::TimePassed { deadline: arg(1), percent: arg(2).parse().unwrap_or(100) },
        "release" => What::Released { hold: arg(1) },
        "resolve" => What::Resolved { exception: arg(1) },
        "factor" => What::FactorApproved { line: arg(1), unit: arg(2), factor: dec(&arg(3)) },
        "undo" => What::Reversed { event: arg(1) },
        word => panic!("no event is called {word}"),
    };
    let by = option("by").unwrap_or_else(|| "erp".into());
    let role = option("role").unwrap_or_else(|| "service".into());
    let key = match words[0] {
        // A document is known by its number, whatever it says.
        "ship" | "invoice" | "receive" | "advise" | "credit" if !has("anew") => format!("{}-{}", words[0], arg(1)),
        "order" => "order".into(),
        _ => text.replace(' ', "-"),
    };
    Event { key, content: text.to_owned(), source: Source::Command { by, role }, what }
}

fn order<'a>(lines: impl Iterator<Item = (&'a str, &'a str)>, cancel_after: Option<String>) -> Order {
    let mut order = Order::default();
    order.head.head.number = Some("4501".into());
    order.head.head.currency = Some("USD".into());
    if let Some(date) = cancel_after {
        order.head.head.dates = vec![crate::canonical::common::DateMark {
            kind: Some("cancel_after".into()),
            date: Some(date.parse().unwrap()),
            ..Default::default()
        }];
    }
    order.lines = lines
        .map(|(line, text)| {
            let (quantity, price) = text.split_once('@').unwrap_or((text, "10"));
            crate::canonical::Line {
                number: Some(line.into()),
                quantity: Some(dec(quantity)),
                unit: Some("EA".into()),
                price: Some(dec(price)),
                ..Default::default()
            }
        })
        .collect();
    order
}

/// `90` sets, `+10` and `-10` add and take away, `new50` adds a line, `x` deletes.
fn line_change(line: &str, text: &str) -> LineChange {
    let (quantity, price) = text.split_once('@').map_or((text, None), |(q, p)| (q, Some(dec(p))));
    let (action, quantity) = match quantity.chars().next() {
        Some('+') => (LineAction::Increase, &quantity[1..]),
        Some('-') => (LineAction::Decrease, &quantity[1..]),
        Some('n') => (LineAction::Add, &quantity[3..]),
        Some('x') => (LineAction::Delete, "0"),
        _ => (LineAction::Set, quantity),
    };
    LineChange {
        line: line.into(),
        action,
        quantity: quantity.parse().ok(),
        unit: None,
        price,
        ids: vec![],
        description: None,
        dates: vec![],
    }
}

/// `60/30/10`: accepted, backordered, rejected; `100@9.50` at another price; `100~W2`: W2 instead.
fn line_decision(line: &str, text: &str) -> LineDecision {
    let (parts, price) = text.split_once('@').map_or((text, None), |(q, p)| (q, Some(dec(p))));
    let (parts, instead) = parts.split_once('~').map_or((parts, None), |(parts, item)| (parts, Some(item.to_owned())));
    let substitute = instead.map(|id| crate::canonical::line::ItemId { id: Some(id), ..Default::default() });
    let parts: Vec<Decimal> = parts.split('/').map(dec).collect();
    let part = |at: usize| parts.get(at).copied().unwrap_or_default();
    LineDecision {
        line: line.into(),
        accepted: part(0),
        backordered: part(1),
        rejected: part(2),
        price,
        substitute: substitute.into_iter().collect(),
        ..LineDecision::default()
    }
}

/// `376104250021234569:1=5,2=6;...`
fn packs_of(text: &str) -> Vec<Pack> {
    let pack = |(at, text): (usize, &str)| {
        let (sscc, items) = text.split_once(':').unwrap();
        let items = items.split(',').map(|item| item.split_once('-').unwrap());
        Pack {
            id: (at + 1).to_string(),
            sscc: Some(sscc.to_owned()),
            items: items
                .map(|(line, q)| Portion { line: line.into(), quantity: dec(q), ..Portion::default() })
                .collect(),
            ..Pack::default()
        }
    };
    text.split(';').enumerate().map(pack).collect()
}

fn ruling(accepts: bool, pays_received: bool) -> Ruling {
    match (accepts, pays_received) {
        (true, _) => Ruling::Accept,
        (_, true) => Ruling::PayReceived,
        _ => Ruling::Refuse,
    }
}
