//! How alike a customer's reference and a number of ours are: a ladder of rungs, each with its score and its words.
//!
//! Each rung multiplies once however many characters it touches, and stripping a prefix includes its separator. The score is
//! the reference's alone: amount, party, date and history are gates elsewhere and never raise or lower it.

use rust_decimal::Decimal;

use crate::process::ledger::cents;

/// A reference that reaches a number, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rung {
    pub score: Decimal,
    pub because: String,
}

const SPACING: (Decimal, &str) = (cents(99), "case, blanks and punctuation aside");
const PREFIX: (Decimal, &str) = (cents(98), "prefix or leading zeros stripped");
const CHECK_DIGIT: (Decimal, &str) = (cents(98), "check digit stripped");
const FOLD: (Decimal, &str) = (cents(95), "look-alike characters folded");
const PART: (Decimal, &str) = (cents(90), "one is the beginning or end of the other");
const TYPO: (Decimal, &str) = (cents(88), "one character differs");
const SWAP: (Decimal, &str) = (cents(88), "two neighbours are swapped");

/// Shorter than this, a beginning or end says nothing.
pub(super) const PART_MIN: usize = 5;
/// Shorter than this, one differing character says nothing.
pub(super) const TYPO_MIN: usize = 6;

/// Words that stand before numbers, without meaning.
const PREFIXES: [&str; 33] = [
    "INVOICE",
    "INVOICES",
    "INVNO",
    "INVNR",
    "INVC",
    "INV",
    "IV",
    "RECHNUNGSNUMMER",
    "RECHNUNG",
    "RECHN",
    "RNR",
    "RG",
    "RE",
    "FACTURE",
    "FACTURA",
    "FACT",
    "FAC",
    "FA",
    "BILL",
    "BELEG",
    "DOCUMENT",
    "DOC",
    "NUMBER",
    "NUM",
    "NO",
    "NR",
    "REF",
    "CREDITNOTE",
    "CREDITMEMO",
    "CM",
    "CN",
    "PO",
    "BOL",
];

/// The highest rung on which a reference reaches a number; `None` where only the amount could tell.
pub fn ladder(reference: &str, number: &str, prefixes: &[String], check_digit: bool) -> Option<Rung> {
    let (reference, number) = (Form::of(reference, prefixes), Form::of(number, prefixes));
    if reference.raw.is_empty() || number.raw.is_empty() {
        return None;
    }
    let mut best: Option<(Decimal, Vec<&str>)> = None;
    let mut offer = |score: Decimal, words: Vec<&'static str>| {
        if best.as_ref().is_none_or(|(known, _)| score > *known) {
            best = Some((score, words));
        }
    };
    for (left, right, factor, words) in variants(&reference, &number) {
        let relation = relation(&left, &right, check_digit);
        match relation {
            Relation::Equal => offer(factor, words),
            Relation::Near((score, near)) => {
                let mut words = words;
                words.push(near);
                offer(factor * score, words);
            }
            Relation::None => {}
        }
    }
    best.map(|(score, words)| {
        let because = if words.is_empty() { "number exact".to_owned() } else { words.join(", ") };
        Rung { score: score.normalize(), because }
    })
}

/// The form under which numbers are looked up: every rung but the last ones lead to it.
pub(super) fn core(text: &str, prefixes: &[String]) -> String {
    fold(&squeeze(&Form::of(text, prefixes).body))
}

/// Words that say of the number behind them that it is an order's or a bill of lading's.
const ORDER_WORDS: [&str; 16] = [
    "PURCHASEORDER",
    "ORDERNUMBER",
    "ORDERNO",
    "ORDERNR",
    "ORDER",
    "ORD",
    "BESTELLNUMMER",
    "BESTELLUNG",
    "BESTELLNR",
    "COMMANDE",
    "PEDIDO",
    "PONUMBER",
    "PONO",
    "PO",
    "BOL",
    "BL",
];

/// An order's or bill of lading's number without the word that says what it is: that costs no rung, since it makes the
/// reference no less certain.
pub(super) fn order_number(text: &str) -> &str {
    let text = text.trim();
    let Some(digit) = text.find(|c: char| c.is_ascii_digit()) else { return text };
    let word = squeeze(&text[..digit]);
    if ORDER_WORDS.contains(&word.as_str()) { &text[digit..] } else { text }
}

/// Whether a word says that an order's or a bill of lading's number follows.
pub(super) fn is_order_word(word: &str) -> bool {
    ORDER_WORDS.contains(&squeeze(word).as_str())
}

/// Whether a word only stands before numbers: `INV`, `No.`, `#`.
pub fn is_prefix(word: &str, prefixes: &[String]) -> bool {
    let word = squeeze(word);
    word.is_empty() || PREFIXES.contains(&word.as_str()) || prefixes.iter().any(|prefix| squeeze(prefix) == word)
}

struct Form {
    raw: String,
    /// Without prefixes, their separators, and leading zeros.
    body: String,
}

impl Form {
    fn of(text: &str, prefixes: &[String]) -> Self {
        let raw = text.trim().to_owned();
        let mut rest = raw.as_str();
        while let Some(shorter) = without_prefix(rest, prefixes) {
            rest = shorter;
        }
        let zeros = rest.trim_start_matches('0');
        let body = if zeros.is_empty() { rest } else { zeros };
        Self { body: body.to_owned(), raw }
    }

    fn stripped(&self) -> bool {
        self.body.len() < self.raw.len()
    }
}

/// Takes one word of letters off the front, with what separates it, if it is a known prefix and a number follows.
fn without_prefix<'t>(text: &'t str, prefixes: &[String]) -> Option<&'t str> {
    let known = PREFIXES.iter().copied().chain(prefixes.iter().map(String::as_str));
    let begins = |prefix: &str| text.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix));
    let longest = known.filter(|prefix| !prefix.is_empty() && begins(prefix));
    let length = longest.map(str::len).max().unwrap_or(0);
    let rest = text.get(length..)?;
    // A prefix that is only letters ends where letters end: `INVX7` has none.
    if length > 0 && rest.starts_with(|c: char| c.is_ascii_alphabetic()) && !is_look_alike(rest) {
        return None;
    }
    let rest = rest.trim_start_matches(|c: char| !c.is_alphanumeric());
    let shorter = rest.len() < text.len() && rest.chars().filter(char::is_ascii_digit).count() >= 2;
    shorter.then_some(rest)
}

/// A number that begins with a letter which people type for a digit.
fn is_look_alike(rest: &str) -> bool {
    let mut characters = rest.chars();
    let first = characters.next().is_some_and(|c| matches!(c, 'O' | 'I' | 'S' | 'B' | 'o' | 'i' | 'l' | 's' | 'b'));
    first && characters.next().is_some_and(|c| c.is_ascii_digit())
}

/// Both as written, squeezed and stripped, plain and folded, each with what it costs.
fn variants(reference: &Form, number: &Form) -> Vec<(String, String, Decimal, Vec<&'static str>)> {
    let stripped = reference.stripped() || number.stripped();
    let mut pairs = vec![(reference.raw.clone(), number.raw.clone(), Decimal::ONE, Vec::new())];
    if stripped {
        pairs.push((reference.body.clone(), number.body.clone(), PREFIX.0, vec![PREFIX.1]));
    }
    for at in 0..pairs.len() {
        let (left, right, factor, words) = pairs[at].clone();
        let mut words = words;
        words.push(SPACING.1);
        pairs.push((squeeze(&left), squeeze(&right), factor * SPACING.0, words));
    }
    for at in 0..pairs.len() {
        let (left, right, factor, words) = pairs[at].clone();
        let mut words = words;
        words.push(FOLD.1);
        pairs.push((fold(&left), fold(&right), factor * FOLD.0, words));
    }
    pairs
}

enum Relation {
    Equal,
    Near((Decimal, &'static str)),
    None,
}

fn relation(left: &str, right: &str, check_digit: bool) -> Relation {
    if left == right {
        return Relation::Equal;
    }
    let (short, long) = if left.len() <= right.len() { (left, right) } else { (right, left) };
    if check_digit && short.len() >= PART_MIN && long.len() == short.len() + 1 && long.starts_with(short) {
        return Relation::Near(CHECK_DIGIT);
    }
    if short.len() >= PART_MIN && short.len() < long.len() && (long.starts_with(short) || long.ends_with(short)) {
        return Relation::Near(PART);
    }
    if short.len() >= TYPO_MIN && long.len() - short.len() <= 1 {
        return one_edit(short.as_bytes(), long.as_bytes()).map_or(Relation::None, Relation::Near);
    }
    Relation::None
}

/// One character put in, left out, changed, or two neighbours swapped. `short` is not longer than `long`.
fn one_edit(short: &[u8], long: &[u8]) -> Option<(Decimal, &'static str)> {
    let same = short.iter().zip(long).take_while(|(a, b)| a == b).count();
    if short.len() < long.len() {
        return (short[same..] == long[same + 1..]).then_some(TYPO);
    }
    let (a, b) = (&short[same..], &long[same..]);
    if a.len() >= 2 && a[0] == b[1] && a[1] == b[0] && a[2..] == b[2..] {
        return Some(SWAP);
    }
    (!a.is_empty() && a[1..] == b[1..]).then_some(TYPO)
}

/// Letters and digits only, in capitals.
fn squeeze(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

/// Letters that people and scanners take for digits, as digits.
fn fold(text: &str) -> String {
    let folded = |c: char| match c {
        'O' | 'o' => '0',
        'I' | 'i' | 'l' => '1',
        'S' | 's' => '5',
        'B' | 'b' => '8',
        other => other,
    };
    text.chars().map(folded).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_stands_on_its_rung() {
        check("100234", "100234", "1", "number exact");
        check(" 100234 ", "100234", "1", "number exact");
        check("ab-1002", "AB1002", "0.99", "case, blanks and punctuation aside");
        check("INV-100234", "100234", "0.98", "prefix or leading zeros stripped");
        check("0000100234", "100234", "0.98", "prefix or leading zeros stripped");
        check("Invoice No. 100234", "100234", "0.98", "prefix or leading zeros stripped");
        check("100234", "INV-100234", "0.98", "prefix or leading zeros stripped");
        check("INV 1OO234", "100234", "0.931", "prefix or leading zeros stripped, look-alike characters folded");
        check("IOO234", "100234", "0.95", "look-alike characters folded");
        check("10024", "100241", "0.9", "one is the beginning or end of the other");
        check("ACME100234", "100234", "0.9", "one is the beginning or end of the other");
        check("100244", "100234", "0.88", "one character differs");
        check("1002344", "100234", "0.9", "one is the beginning or end of the other");
        check("1020034", "102034", "0.88", "one character differs");
        check("100324", "100234", "0.88", "two neighbours are swapped");
        check("INV-100324", "100234", "0.8624", "prefix or leading zeros stripped, two neighbours are swapped");
    }

    #[test]
    fn some_references_reach_nothing() {
        for (reference, number) in [("10234", "100234"), ("1002", "100234"), ("", "100234"), ("998877", "100234")] {
            assert_eq!(ladder(reference, number, &[], false), None, "{reference}");
        }
        // The core of a word that holds no number is the word.
        assert_eq!(core("INVOICE", &[]), "1NV01CE");
        assert_eq!(core("INV 1OO234", &[]), "100234");
    }

    #[test]
    fn a_company_may_know_more() {
        let known = ["HG".to_owned()];
        assert_eq!(ladder("HG-4711", "4711", &known, false).unwrap().score, cents(98));
        assert_eq!(ladder("1002347", "100234", &[], true).unwrap().score, cents(98));
    }

    fn check(reference: &str, number: &str, score: &str, because: &str) {
        let rung = ladder(reference, number, &[], false).unwrap_or_else(|| panic!("{reference} reaches nothing"));
        assert_eq!((rung.score.to_string().as_str(), rung.because.as_str()), (score, because), "{reference}");
    }
}
