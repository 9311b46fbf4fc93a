//! Customers that pay and say so badly: open items, payments with their advices, and what each line truly meant.
//!
//! The same seed makes the same world. Amounts come from a price list times cases, so that they collide as they do in
//! groceries; numbers are dense, so that a typing mistake often hits a neighbour.

use entrepot::process::cash::{Advice, AdviceAdjustment, AdviceItem, AdviceKind, CodeList, Fact, FactKind, Payers};
use entrepot::process::ledger::{Currency, Discount, ItemKind, OpenItem};
use jiff::ToSpan as _;
use jiff::civil::{Date, date};
use rust_decimal::Decimal;

/// A world to apply cash in.
pub struct World {
    pub items: Vec<OpenItem>,
    pub payers: Payers,
    pub payments: Vec<Paid>,
}

/// A payment and what it truly pays.
pub struct Paid {
    pub fact: Fact,
    pub advice: Option<Advice>,
    /// For each line in its order; without an advice, for the whole payment.
    pub truth: Vec<Box<str>>,
}

/// How badly people write, in thousandths of lines.
#[derive(Clone, Copy)]
pub struct Noise {
    /// Prefixes, blanks, zeros in front, small letters.
    pub dressed: u64,
    /// Letters for digits.
    pub look_alike: u64,
    /// One character wrong, or two swapped.
    pub typing: u64,
    /// The beginning or the end is missing.
    pub truncated: u64,
    /// No reference at all.
    pub missing: u64,
    /// The order's number instead.
    pub order: u64,
    /// Kept back with a code, or without one.
    pub deducted: u64,
    pub short: u64,
    /// Payments without an advice, their numbers in the bank's text.
    pub text_only: u64,
    /// Paid by a sister company.
    pub sister: u64,
}

impl Noise {
    /// Advices that come as documents from a customer's system.
    pub const EDI: Self = Self {
        dressed: 100,
        look_alike: 0,
        typing: 0,
        truncated: 0,
        missing: 2,
        order: 5,
        deducted: 80,
        short: 10,
        text_only: 0,
        sister: 20,
    };
    /// Advices that people type.
    pub const PEOPLE: Self = Self {
        dressed: 300,
        look_alike: 60,
        typing: 30,
        truncated: 15,
        missing: 15,
        order: 40,
        deducted: 80,
        short: 20,
        text_only: 60,
        sister: 40,
    };
}

/// splitmix64.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, most: u64) -> u64 {
        self.next() % most.max(1)
    }

    /// True so many times in a thousand.
    pub fn often(&mut self, thousandths: u64) -> bool {
        self.below(1000) < thousandths
    }
}

const PRICES: [u32; 12] = [199, 249, 1049, 1299, 1875, 2400, 3150, 4999, 740, 1250, 999, 2999];

/// Makes customers with their open items, and payments of them.
pub fn world(seed: u64, customers: usize, items_each: usize, noise: Noise) -> World {
    let mut random = Random(seed);
    let (mut items, mut payers, mut payments) = (Vec::new(), Payers::default(), Vec::new());
    let mut number = 100_000;
    for customer in 0..customers {
        let name = format!("customer-{customer}");
        let group = format!("group-{}", customer / 2);
        payers = payers.parent(&name, &group);
        let sister: Box<str> = format!("customer-{}", customer ^ 1).into();
        let mut own: Vec<OpenItem> = (0..items_each)
            .map(|_| {
                number += 1 + random.below(9);
                item(&mut random, number, &name)
            })
            .collect();
        // Each item is paid at most once; a fifth stays open.
        let mut at = 0;
        while at < own.len() * 4 / 5 {
            let count = (1 + random.below(12) as usize).min(own.len() * 4 / 5 - at);
            let payer = if random.often(noise.sister) { sister.clone() } else { name.as_str().into() };
            payments.push(pay(&mut random, &own[at..at + count], &payer, payments.len(), noise));
            at += count;
        }
        items.append(&mut own);
    }
    World { items, payers, payments }
}

fn item(random: &mut Random, number: u64, customer: &str) -> OpenItem {
    let price = PRICES[random.below(PRICES.len() as u64) as usize];
    let amount = Decimal::new(i64::from(price) * 12 * (1 + random.below(40) as i64), 2);
    let issued = date(2026, 3, 1).checked_add((random.below(20) as i64).days()).expect("a day of March");
    let discount = random.often(200).then(|| Discount { percent: Decimal::TWO, until: after(issued, 10) });
    OpenItem {
        number: number.to_string().into(),
        kind: ItemKind::Invoice,
        party: customer.into(),
        currency: Currency::USD,
        amount,
        open: amount,
        date: issued,
        due: after(issued, 30),
        discount,
        order_number: Some(format!("45{number}7").into()),
        bill_of_lading: None,
        also: Vec::new(),
    }
}

fn after(day: Date, days: i64) -> Date {
    day.checked_add(days.days()).expect("a day of this year")
}

fn pay(random: &mut Random, items: &[OpenItem], payer: &str, index: usize, noise: Noise) -> Paid {
    let day = after(date(2026, 3, 21), random.below(20) as i64);
    let text_only = random.often(noise.text_only);
    let mut lines = Vec::new();
    for (position, item) in items.iter().enumerate() {
        let mut line = line(random, item, position + 1, day, noise);
        if text_only {
            // Nobody writes deductions into the text of a transfer.
            line.paid = Some(item.open - item.discount_earned(day, 3));
            line.adjustments.clear();
        }
        lines.push(line);
    }
    let amount: Decimal = lines.iter().filter_map(|line| line.paid).sum();
    let trace: Box<str> = format!("TR{index:06}").into();
    let text = lines.iter().map(|line| &*line.reference).collect::<Vec<_>>().join(" ");
    let fact = Fact {
        id: format!("B{index:06}").into(),
        kind: FactKind::Credit,
        currency: Currency::USD,
        amount,
        charges: Decimal::ZERO,
        date: day,
        value_date: None,
        traces: vec![trace.clone()],
        payer: Some(payer.into()),
        payer_account: None,
        payer_name: None,
        references: Vec::new(),
        text: if text_only { text.into() } else { "".into() },
    };
    let advice = (!text_only).then(|| Advice {
        number: format!("R{index:06}").into(),
        payer: payer.into(),
        trace: Some(trace),
        currency: Currency::USD,
        amount,
        date: Some(day),
        items: lines,
        adjustments: Vec::new(),
    });
    Paid { fact, advice, truth: items.iter().map(|item| item.number.clone()).collect() }
}

fn line(random: &mut Random, item: &OpenItem, line: usize, day: Date, noise: Noise) -> AdviceItem {
    let discount = item.discount_earned(day, 0);
    let mut paid = item.open - discount;
    let mut adjustments = Vec::new();
    if random.often(noise.deducted) {
        let kept = Currency::USD.round(item.open * Decimal::new(1 + random.below(10) as i64, 2));
        let code = ["06", "01", "72", "30", "70", "56"][random.below(6) as usize];
        paid -= kept;
        adjustments.push(AdviceAdjustment {
            amount: -kept,
            signed: true,
            list: CodeList::X12,
            code: code.into(),
            reference: None,
        });
    } else if random.often(noise.short) {
        paid -= Decimal::new(1 + random.below(9000) as i64, 2).min(paid / Decimal::TWO).round_dp(2);
    }
    let by_order = random.often(noise.order);
    let name = if by_order { item.order_number.as_deref().unwrap_or(&item.number) } else { &item.number };
    AdviceItem {
        line,
        kind: if by_order { AdviceKind::Order } else { AdviceKind::Invoice },
        reference: written(random, name, noise).into(),
        order_number: None,
        paid: Some(paid),
        gross: None,
        discount,
        adjustments,
        party: None,
    }
}

/// A number as somebody writes it.
fn written(random: &mut Random, number: &str, noise: Noise) -> String {
    let mut text = number.to_owned();
    if random.often(noise.missing) {
        return String::new();
    }
    if random.often(noise.truncated) {
        text = if random.often(500) { text[1..].to_owned() } else { text[..text.len() - 1].to_owned() };
    } else if random.often(noise.typing) {
        let at = random.below(text.len() as u64 - 1) as usize;
        let mut digits: Vec<char> = text.chars().collect();
        if random.often(500) {
            digits.swap(at, at + 1)
        } else {
            digits[at] = char::from(b'0' + random.below(10) as u8)
        }
        text = digits.into_iter().collect();
    } else if random.often(noise.look_alike) {
        text = text.replace('0', "O").replacen('1', "I", 1);
    }
    if random.often(noise.dressed) {
        text = match random.below(6) {
            0 => format!("INV-{text}"),
            1 => format!("Invoice {text}"),
            2 => format!("0000{text}"),
            3 => format!("inv{text}"),
            4 => format!("{}-{}", &text[..3], &text[3..]),
            _ => format!("RE {text}"),
        };
    }
    text
}
