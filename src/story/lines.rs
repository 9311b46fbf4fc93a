//! The short forms inside quoted values: lines of orders, packs of shipments, items of remittances.

use jiff::civil::Date;
use rust_decimal::Decimal;

/// `1: 10 EA W1 @ 10.00`, `1: accepted 6, backordered 4 on 2026-03-09`, `4501/1: 60`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LineWords {
    /// Where the line is another order's than the document's.
    pub order: Option<String>,
    pub line: String,
    pub shares: Vec<Share>,
}

/// So much of a line, and what of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Share {
    /// `accepted`, `backordered`, `delete`, `damaged`, ...
    pub word: Option<String>,
    pub quantity: Option<Decimal>,
    pub unit: Option<String>,
    pub item: Option<String>,
    pub price: Option<Decimal>,
    pub date: Option<Date>,
}

/// Words that say what of a line is meant: decisions, changes, conditions.
pub const SHARE_WORDS: &[&str] = &[
    "accepted",
    "changed",
    "backordered",
    "rejected",
    "substituted",
    "hold",
    "held",
    "cancelled",
    "deleted",
    "add",
    "delete",
    "cancel",
    "change",
    "quantity",
    "price",
    "received",
    "good",
    "damaged",
    "short",
    "over",
    "returned",
    "wrong",
    "delta",
    "increase",
    "decrease",
    "price_and_quantity",
    "dates",
    "reschedule",
    "reschedule_quantity",
    "replace_all",
    "no_change",
    "cancel_order",
];

/// Codes of X12 that stand before a line's quantity, and the words they mean: 670 for changes, 668 for answers.
const CODES: &[(&str, &str)] = &[
    ("AI", "add"),
    ("DI", "delete"),
    ("CA", "change"),
    ("PC", "price"),
    ("QI", "increase"),
    ("QD", "decrease"),
    ("PQ", "price_and_quantity"),
    ("CT", "dates"),
    ("RS", "reschedule"),
    ("RQ", "reschedule_quantity"),
    ("RZ", "replace_all"),
    ("NC", "no_change"),
    ("CF", "cancel_order"),
    ("IA", "accepted"),
    ("IQ", "changed"),
    ("IP", "accepted"),
    ("DR", "changed"),
    ("IS", "substituted"),
    ("IB", "backordered"),
    ("IH", "hold"),
    ("ID", "deleted"),
    ("IR", "rejected"),
];

const UNITS: &[&str] = &[
    "EA", "CA", "CS", "CT", "BX", "PC", "PCE", "PK", "PL", "PF", "DZ", "KG", "KGM", "LB", "LBR", "GR", "GRM", "LT",
    "LTR", "MTR", "FT", "IN", "C62", "H87", "SET", "ST", "RO", "BG", "TON", "TNE",
];

impl LineWords {
    /// The one share, or the first: where a line is told without decisions.
    pub fn first(&self) -> Share {
        self.shares.first().cloned().unwrap_or_default()
    }

    /// The quantities of all shares.
    pub fn quantity(&self) -> Option<Decimal> {
        let told: Vec<Decimal> = self.shares.iter().filter_map(|share| share.quantity).collect();
        if told.is_empty() { None } else { Some(told.iter().sum()) }
    }
}

/// Reads `lines=`.
///
/// # Errors
/// What is not understood, in words.
pub fn lines(text: &str) -> Result<Vec<LineWords>, String> {
    text.split(';').map(str::trim).filter(|part| !part.is_empty()).map(line).collect()
}

fn line(text: &str) -> Result<LineWords, String> {
    let Some((name, rest)) = text.split_once(':') else {
        return Err(format!("a line is written as 1: 10 EA W1 @ 10.00, and `{text}` has no colon"));
    };
    let name = name.trim();
    let (order, line) = match name.split_once('/') {
        Some((order, line)) => (Some(order.trim().to_owned()), line.trim()),
        None => (None, name),
    };
    if line.is_empty() {
        return Err(format!("`{text}` does not say which line"));
    }
    let mut shares = Vec::new();
    for part in rest.split(',') {
        shares_of(part, &mut shares)?;
    }
    Ok(LineWords { order, line: line.to_owned(), shares })
}

fn shares_of(text: &str, shares: &mut Vec<Share>) -> Result<(), String> {
    let mut share = Share::default();
    let mut tokens = text.split_whitespace().peekable();
    while let Some(token) = tokens.next() {
        let code = CODES.iter().find(|(code, _)| *code == token && share == Share::default());
        let token = code.map_or(token, |(_, word)| word);
        if SHARE_WORDS.contains(&token) {
            if share.word.is_some() {
                shares.push(std::mem::take(&mut share));
            }
            share.word = Some(token.to_owned());
        } else if token == "@" {
            let price = tokens.next().unwrap_or_default();
            share.price = Some(price.parse().map_err(|_| format!("behind @ stands a price, not `{price}`"))?);
        } else if matches!(token, "on" | "by" | "for") {
            let date = tokens.next().unwrap_or_default();
            share.date = Some(date.parse().map_err(|_| format!("behind `{token}` stands a date, not `{date}`"))?);
        } else if let Ok(date) = token.parse::<Date>() {
            share.date = Some(date);
        } else if let Ok(quantity) = token.parse::<Decimal>() {
            match (share.quantity, &share.unit, &share.item) {
                (None, ..) => share.quantity = Some(quantity),
                (Some(_), Some(_), None) => share.item = Some(token.to_owned()),
                _ => return Err(format!("`{token}` is a second quantity: a comma parts two shares of a line")),
            }
        } else if share.quantity.is_some() && share.unit.is_none() && share.item.is_none() {
            let more = tokens.peek().is_some_and(|next| *next != "@" && !SHARE_WORDS.contains(next));
            if more || UNITS.contains(&token) {
                share.unit = Some(token.to_owned());
            } else {
                share.item = Some(token.to_owned());
            }
        } else if share.item.is_none() {
            share.item = Some(token.to_owned());
        } else {
            return Err(format!("`{token}` is not understood in `{}`", text.trim()));
        }
    }
    if share != Share::default() {
        shares.push(share);
    }
    Ok(())
}

/// One pack of a shipment: `SSCC: 1=10`, `003401234500000000017: 1=10 2=5`.
#[derive(Clone, Debug, PartialEq)]
pub struct PackWords {
    /// The number on the label; `None` where the gateway gives one.
    pub sscc: Option<String>,
    /// Lines, with orders where they are named, and how much of each.
    pub items: Vec<(Option<String>, String, Decimal)>,
}

/// Reads `packs=`.
///
/// # Errors
/// What is not understood, in words.
pub fn packs(text: &str) -> Result<Vec<PackWords>, String> {
    text.split(';').map(str::trim).filter(|part| !part.is_empty()).map(pack).collect()
}

fn pack(text: &str) -> Result<PackWords, String> {
    let wrong = || format!("a pack is written as SSCC: 1=10 2=5, not `{text}`");
    let (label, rest) = text.split_once(':').ok_or_else(wrong)?;
    let label = label.trim();
    let sscc = match label {
        "SSCC" => None,
        digits if digits.bytes().all(|b| b.is_ascii_digit()) && !digits.is_empty() => Some(digits.to_owned()),
        _ => return Err(format!("`{label}` is neither SSCC nor the digits of one")),
    };
    let mut items = Vec::new();
    for item in rest.split([' ', ',']).filter(|item| !item.is_empty()) {
        let (line, quantity) = item.split_once('=').ok_or_else(wrong)?;
        let quantity = quantity.parse().map_err(|_| wrong())?;
        let (order, line) = match line.split_once('/') {
            Some((order, line)) => (Some(order.to_owned()), line),
            None => (None, line),
        };
        items.push((order, line.to_owned(), quantity));
    }
    if items.is_empty() { Err(wrong()) } else { Ok(PackWords { sscc, items }) }
}

/// One item of a remittance: `IV 100235 paid=2375.00 gross=2500.00 adjust=-125.00:06`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ItemWords {
    /// `IV`, `CM`, ...: as RMR01 has it.
    pub kind: String,
    pub reference: String,
    pub paid: Option<Decimal>,
    pub gross: Option<Decimal>,
    pub discount: Option<Decimal>,
    /// Amounts with their reason codes.
    pub adjustments: Vec<(Decimal, String)>,
    /// Whose invoice it is, where one pays for several.
    pub entity: Option<String>,
}

/// Reads `items=`.
///
/// # Errors
/// What is not understood, in words.
pub fn items(text: &str) -> Result<Vec<ItemWords>, String> {
    text.split(';').map(str::trim).filter(|part| !part.is_empty()).map(item).collect()
}

/// `-210.00:01 -5.00:ZZ`: what is taken off, or put on, with its code.
///
/// # Errors
/// What is not understood, in words.
pub fn adjustments(text: &str) -> Result<Vec<(Decimal, String)>, String> {
    let one = |word: &str| {
        let (amount, code) = word.split_once(':')?;
        Some((amount.parse().ok()?, code.to_owned()))
    };
    let wrong = |word: &str| format!("an adjustment is written -210.00:01, not `{word}`");
    text.split_whitespace().map(|word| one(word).ok_or_else(|| wrong(word))).collect()
}

fn item(text: &str) -> Result<ItemWords, String> {
    let wrong = |what: &str| format!("an item is written as IV 100235 paid=2375.00 adjust=-125.00:06, not `{what}`");
    let mut words = text.split_whitespace();
    let Some(kind) = words.next() else { return Err(wrong(text)) };
    // A customer's reference may have blanks in it; none has an `=`.
    let (reference, words): (Vec<&str>, Vec<&str>) = words.partition(|word| !word.contains('='));
    if reference.is_empty() {
        return Err(wrong(text));
    }
    let mut item = ItemWords { kind: kind.to_owned(), reference: reference.join(" "), ..ItemWords::default() };
    for word in words {
        let (key, value) = word.split_once('=').ok_or_else(|| wrong(word))?;
        let amount = |text: &str| text.parse::<Decimal>().map_err(|_| wrong(word));
        match key {
            "paid" => item.paid = Some(amount(value)?),
            "gross" => item.gross = Some(amount(value)?),
            "discount" => item.discount = Some(amount(value)?),
            "entity" => item.entity = Some(value.to_owned()),
            "adjust" => {
                let (value, reason) = value.split_once(':').ok_or_else(|| wrong(word))?;
                item.adjustments.push((amount(value)?, reason.to_owned()));
            }
            _ => return Err(wrong(word)),
        }
    }
    Ok(item)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_their_shares() {
        check("1: 10 EA W1 @ 10.00", "1[10 EA W1 @10.00]");
        check("1: 10 EA W1 @ 10.00; 2: 6 CA W1 @ 120.00", "1[10 EA W1 @10.00] 2[6 CA W1 @120.00]");
        check("1: 10; 2: 6", "1[10] 2[6]");
        check("1: accepted 10; 2: rejected", "1[accepted 10] 2[rejected]");
        check("1: accepted 6, backordered 4 on 2026-03-09", "1[accepted 6|backordered 4 on2026-03-09]");
        check("1: accepted 6 backordered 4", "1[accepted 6|backordered 4]");
        check("4501/1: 60 EA", "4501/1[60 EA]");
        check("1: 5 W2", "1[5 W2]");
        check("1: 5 EA 4711 @ 2", "1[5 EA 4711 @2]");
        check("1: delete", "1[delete]");
        check("1: W2", "1[W2]");
        check("1: 2026-03-10", "1[on2026-03-10]");
    }

    #[test]
    fn what_is_wrong_is_said() {
        for text in ["1 10", ": 10", "1: 10 20", "1: 10 EA W1 @ x", "1: 10 on monday", "1: 1 EA W1 what"] {
            assert!(lines(text).is_err(), "{text}");
        }
        for text in ["1=10", "SSCC:", "SSCC: 1=x", "LABEL: 1=10"] {
            assert!(packs(text).is_err(), "{text}");
        }
        for text in ["IV", "IV 1 paid=x", "IV 1 adjust=5", "IV 1 payed=5"] {
            assert!(items(text).is_err(), "{text}");
        }
    }

    #[test]
    fn packs_and_items() {
        let read = packs("SSCC: 1=10; 340123450000000017: 1=5 4502/2=6").unwrap();
        assert_eq!(read[0].sscc, None);
        assert_eq!(read[1].items[1], (Some("4502".into()), "2".into(), Decimal::from(6)));
        let read = items("IV 100235 paid=2375.00 gross=2500.00 adjust=-125.00:06").unwrap();
        assert_eq!(read[0].adjustments, [("-125.00".parse().unwrap(), "06".to_owned())]);
    }

    fn check(text: &str, expected: &str) {
        let told = lines(text).unwrap().into_iter().map(|line| {
            let shares = line.shares.iter().map(|share| {
                let parts = [
                    share.word.clone(),
                    share.quantity.map(|it| it.to_string()),
                    share.unit.clone(),
                    share.item.clone(),
                    share.price.map(|it| format!("@{it}")),
                    share.date.map(|it| format!("on{it}")),
                ];
                parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
            });
            let order = line.order.as_ref().map(|order| format!("{order}/")).unwrap_or_default();
            format!("{order}{}[{}]", line.line, shares.collect::<Vec<_>>().join("|"))
        });
        assert_eq!(told.collect::<Vec<_>>().join(" "), expected);
    }
}
