//! BAI2, the cash management format of American banks: records of fields between commas, ended by a slash.
//!
//! `01` file, `02` group, `03` account, `16` transaction, `88` continuation, `49` `98` `99` their trailers with totals.
//! Amounts have the decimals of their currency implied. (Cash Management Balance Reporting Specifications, version 2.)

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::Read;
use super::entry::{self, refused, unmoved};
use crate::canonical::common::{Account, Head};
use crate::canonical::{BankEntry, BankStatement};
use crate::finding::{Fault, Finding, Place, Span};
use crate::process::ledger::Currency;

/// Reads a file. Whatever could be understood is returned, whatever is wrong beside it.
pub fn read_bai2(bytes: &[u8]) -> Read {
    let text = String::from_utf8_lossy(bytes);
    let mut reader = Reader::default();
    for record in records(&text) {
        reader.record(&record);
    }
    if !reader.ended {
        let place = Place { tag: "99".into(), bytes: Span::at(bytes.len() as u64), ..Place::default() };
        reader.read.findings.push(Finding::error(Fault::TrailerMissing, place).expecting("99"));
    }
    reader.read
}

/// A record with its continuations.
struct Record<'t> {
    /// Counted from 1.
    position: u32,
    start: usize,
    end: usize,
    tag: &'t str,
    /// What follows the tag, continuations joined by a comma.
    body: String,
}

fn records(text: &str) -> Vec<Record<'_>> {
    let mut records: Vec<Record<'_>> = Vec::new();
    let mut start = 0;
    for (index, line) in text.split('\n').enumerate() {
        let end = start + line.len();
        let record = line.trim_end().trim_start_matches('\u{feff}');
        let (tag, body) = record.split_once(',').unwrap_or((record.trim_end_matches('/'), ""));
        match records.last_mut() {
            _ if record.is_empty() => {}
            Some(last) if tag == "88" => {
                // Text goes on as it was cut; fields go on behind a comma.
                if !last.body.ends_with(',') {
                    last.body.push(',');
                }
                last.body.push_str(body.trim_end_matches('/'));
                last.end = end;
            }
            _ => records.push(Record {
                position: index as u32 + 1,
                start,
                end,
                tag,
                body: body.trim_end_matches('/').to_owned(),
            }),
        }
        start = end + 1;
    }
    records
}

#[derive(Default)]
struct Reader {
    read: Read,
    date: Option<Date>,
    /// The group's date as it is written.
    group: String,
    currency: String,
    originator: String,
    /// Amounts of the account's records, as its trailer adds them up.
    sum: Decimal,
    /// Totals of the accounts of the group, as the group's trailer adds them up, and of the groups, as the file's does.
    accounts: Decimal,
    groups: Decimal,
    /// An amount of the account could not be read: what its trailer adds up is not known.
    unsure: bool,
    ended: bool,
}

impl Reader {
    fn record(&mut self, record: &Record<'_>) {
        let fields: Vec<&str> = record.body.split(',').map(str::trim).collect();
        let field = |position: usize| fields.get(position - 2).copied().unwrap_or_default();
        match record.tag {
            "01" => self.groups = Decimal::ZERO,
            "98" => {
                let total = self.total(&fields, self.accounts, record);
                self.groups += total;
            }
            "99" => {
                self.total(&fields, self.groups, record);
                self.ended = true;
            }
            "02" => {
                self.accounts = Decimal::ZERO;
                self.originator = field(3).to_owned();
                // Bookings without a day are refused one by one.
                self.date = day_of(field(5));
                self.group = field(5).to_owned();
                self.currency = if field(7).is_empty() { "USD".into() } else { field(7).to_owned() };
            }
            "03" => self.account(&fields, record),
            "16" => self.transaction(&fields, record),
            "49" => {
                let found = if self.unsure { None } else { Some(self.sum) };
                let total = self.amount(field(2), record).unwrap_or_default();
                if let Some(sum) = found.filter(|sum| *sum != total) {
                    self.find(Fault::ValuesDisagree, record, &total.to_string(), &sum.to_string());
                }
                self.accounts += total;
            }
            other => self.find(Fault::SegmentUnknown, record, other, "01 02 03 16 88 49 98 99"),
        }
    }

    /// What a trailer says that the totals below it come to.
    fn total(&mut self, fields: &[&str], below: Decimal, record: &Record<'_>) -> Decimal {
        let said = fields.first().copied().unwrap_or_default();
        let total = self.amount(said, record).unwrap_or_default();
        if total != below {
            self.find(Fault::ValuesDisagree, record, &total.to_string(), &below.to_string());
        }
        total
    }

    fn account(&mut self, fields: &[&str], record: &Record<'_>) {
        (self.sum, self.unsure) = (Decimal::ZERO, false);
        let currency = fields.get(1).copied().filter(|code| !code.is_empty()).unwrap_or(&self.currency).to_owned();
        let mut statement = BankStatement {
            head: Head { date: self.date, currency: Some(currency.clone()), ..Head::default() },
            r#type: Some("statement".into()),
            account: Some(Account {
                number: fields.first().map(|number| (*number).to_owned()),
                bank: Some(self.originator.clone()).filter(|bank| !bank.is_empty()),
                currency: Some(currency),
                ..Account::default()
            }),
            ..BankStatement::default()
        };
        // Status and summary amounts: type, amount, item count, funds type with what belongs to it.
        let mut at = 2;
        while let Some(kind) = fields.get(at).filter(|kind| !kind.is_empty()) {
            let amount = fields.get(at + 1).and_then(|text| self.amount(text, record)).unwrap_or_default();
            self.sum += amount;
            match *kind {
                "010" => statement.opening = Some(amount),
                "015" => statement.closing = Some(amount),
                _ => {}
            }
            at += 4 + funds(fields, at + 3).0;
        }
        self.read.statements.push(statement);
    }

    fn transaction(&mut self, fields: &[&str], record: &Record<'_>) {
        let kind = fields.first().copied().unwrap_or_default();
        let (extra, value) = funds(fields, 2);
        let rest = fields.get(3 + extra..).unwrap_or_default();
        let some = |text: &&str| (!text.is_empty()).then(|| (*text).to_owned());
        let code: u16 = kind.parse().unwrap_or_default();
        let (bank, customer) = (rest.first().and_then(some), rest.get(1).and_then(some));
        let words = rest.get(2..).unwrap_or_default().join(",");
        let Some(statement) = self.read.statements.last() else {
            return self.find(Fault::SegmentUnexpected, record, "16", "03 before 16");
        };
        let written = statement.head.currency.clone().unwrap_or_default();
        let text = fields.get(1).copied().unwrap_or_default();
        let amount = self.units(text);
        if let Ok(amount) = &amount {
            self.sum += amount;
        }
        self.unsure |= amount.is_err();
        let day = value.as_deref().filter(|text| !text.is_empty());
        let wrong = |position: u16, fault: Fault, value: &str, expected: String| {
            let bytes = Span::new(record.start as u64, record.end as u64);
            let place = Place::segment("16", record.position, bytes).element(position, bytes);
            Finding::error(fault, place).with_value(value).expecting(expected)
        };
        let known = Currency::of(&written);
        let finding = match (&amount, known) {
            _ if !(100..=999).contains(&code) => {
                Some(wrong(2, Fault::CodeInvalid, kind, "a type of three digits".into()))
            }
            (Err((fault, expected)), _) => Some(wrong(3, *fault, text, expected.clone())),
            (_, None) => Some(wrong(3, Fault::CodeInvalid, &written, "a currency of three letters".into())),
            (Ok(amount), Some(money)) => match unmoved(*amount, money) {
                Some((fault, expected)) => Some(wrong(3, fault, text, expected)),
                None if day.is_some_and(|text| day_of(text).is_none()) => {
                    Some(wrong(5, Fault::DateInvalid, day.unwrap_or_default(), "YYMMDD".into()))
                }
                None if self.date.is_none() && day.is_none() => {
                    Some(wrong(5, Fault::DateInvalid, &self.group, "the group's date, YYMMDD".into()))
                }
                None => None,
            },
        };
        if let Some(finding) = finding {
            let at = format!("line {}: ", record.position);
            let told = amount.ok().filter(|amount| *amount > Decimal::ZERO);
            return self.read.refused.push(refused(&finding, &at, bank.as_deref(), told));
        }
        let amount = amount.ok();
        let Some(statement) = self.read.statements.last_mut() else { return };
        let returned = is_return(code);
        statement.entries.push(BankEntry {
            id: bank.clone(),
            credit_debit: Some(if code >= 400 { "debit" } else { "credit" }.into()),
            reversal: returned.then_some(true),
            return_reason: returned.then(|| kind.to_owned()),
            amount,
            currency: statement.head.currency.clone(),
            date: self.date,
            value_date: value.and_then(|text| day_of(&text)),
            code: Some(kind.to_owned()),
            traces: customer.into_iter().chain(bank).collect(),
            text: Some(words).filter(|words| !words.is_empty()).into_iter().collect(),
            ..BankEntry::default()
        });
    }

    /// A sum or a balance in smallest units, with an optional sign.
    fn amount(&mut self, text: &str, record: &Record<'_>) -> Option<Decimal> {
        if text.is_empty() {
            return None;
        }
        match self.units(text) {
            Ok(amount) => Some(amount),
            Err((fault, expected)) => {
                self.find(fault, record, text, &expected);
                None
            }
        }
    }

    /// An amount in the smallest units of the account's currency.
    fn units(&self, text: &str) -> Result<Decimal, (Fault, String)> {
        let units = text.parse::<i64>().map_err(|_| (Fault::NumberInvalid, "digits".to_owned()))?;
        let decimals = Currency::of(&self.currency).map_or(2, Currency::decimals);
        let amount = Decimal::new(units, decimals);
        entry::amount(&amount.to_string())
    }

    fn find(&mut self, fault: Fault, record: &Record<'_>, value: &str, expected: &str) {
        let bytes = Span::new(record.start as u64, record.end as u64);
        let place = Place { tag: record.tag.into(), segment: record.position, bytes, ..Place::default() };
        self.read.findings.push(Finding::error(fault, place).with_value(value).expecting(expected));
    }
}

/// Returned deposits and transfers: debits that take back a credit.
fn is_return(code: u16) -> bool {
    matches!(code, 555 | 557 | 558 | 561 | 563)
}

/// How many fields follow a funds type, and the value date where it names one.
fn funds(fields: &[&str], at: usize) -> (usize, Option<String>) {
    match fields.get(at).copied().unwrap_or_default() {
        "S" => (3, None),
        "V" => (2, fields.get(at + 1).map(|text| (*text).to_owned())),
        "D" => (1 + 2 * fields.get(at + 1).and_then(|n| n.parse::<usize>().ok()).unwrap_or(0).min(fields.len()), None),
        _ => (0, None),
    }
}

/// `YYMMDD`, of this century; also `YYYYMMDD`, which some banks send.
fn day_of(text: &str) -> Option<Date> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (year, rest) = match text.len() {
        6 => (2000 + text[..2].parse::<i16>().ok()?, &text[2..]),
        8 => (text[..4].parse::<i16>().ok()?, &text[4..]),
        _ => return None,
    };
    Date::new(year, rest[..2].parse().ok()?, rest[2..].parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "01,BANK,US,260305,0800,1,80,,2/\n02,US,021000021,1,260304,,USD,2/\n\
        03,4711,USD,010,100000,,,015,174050,,/\n16,142,100000,Z,B1,T1,ACME PAYMENT/\n88,INV 100234, INV 100235\n\
        16,195,74050,V,260305,,B2,,WIRE NORD/\n16,555,100000,S,0,0,100000,B3,T1,RETURNED/\n49,548100,6/\n98,548100,1,8/\n99,548100,1,10/\n";

    #[test]
    fn transactions_become_bookings() {
        let read = read_bai2(FILE.as_bytes());
        assert_eq!(read.findings, []);
        let [statement] = &read.statements[..] else { panic!("one account") };
        assert_eq!(
            statement.opening.zip(statement.closing),
            Some((Decimal::new(100_000, 2), Decimal::new(174_050, 2)))
        );
        let said: Vec<String> = statement
            .entries
            .iter()
            .map(|entry| {
                format!(
                    "{} {} {} {} {}",
                    entry.credit_debit.as_deref().unwrap(),
                    entry.amount.unwrap(),
                    entry.traces.join("+"),
                    entry.value_date.map(|day| day.to_string()).unwrap_or_default(),
                    entry.text.join(" ")
                )
            })
            .collect();
        assert_eq!(
            said,
            [
                "credit 1000.00 T1+B1  ACME PAYMENT,INV 100234,INV 100235",
                "credit 740.50 B2 2026-03-05 WIRE NORD",
                "debit 1000.00 T1+B3  RETURNED"
            ]
        );
        assert_eq!(statement.entries[2].reversal, Some(true));
    }

    #[test]
    fn a_trailer_that_disagrees_is_found() {
        check("49,548100", "49,548101", Fault::ValuesDisagree);
        check("99,548100,1,10/\n", "", Fault::TrailerMissing);
        check("98,548100", "98,548101", Fault::ValuesDisagree);
        check("99,548100", "99,548101", Fault::ValuesDisagree);
        check("98,", "77,", Fault::SegmentUnknown);
    }

    #[test]
    fn a_transaction_that_is_no_booking_hides_no_other() {
        refuses("16,142,100000", "16,142,10x", 2, "line 4: 16-03 (segment 4) \"10x\" is not a number");
        refuses("16,142,100000", "16,142,99999999999999999999999999", 2, "is not a number");
        refuses("16,142,100000", "16,142,100000000000000000", 2, "at most 15 digits");
        refuses("16,142,100000", "16,142,0", 2, "an amount above zero");
        refuses("16,142,100000", "16,142,-5", 2, "an amount above zero");
        refuses("16,142,", "16,x,", 2, "a type of three digits");
        refuses("V,260305,", "V,269999,", 2, "\"269999\" is not a date");
        refuses(",260304,", ",269999,", 1, "expected the group's date");
        refuses("03,4711,USD", "03,4711,U$", 0, "a currency of three letters");
    }

    fn refuses(good: &str, bad: &str, taken: usize, said: &str) {
        let mut read = read_bai2(FILE.replacen(good, bad, 1).as_bytes());
        // A trailer that was right before is not the matter here.
        read.findings.retain(|finding| &*finding.place.tag != "49");
        assert_eq!(read.findings, [], "{bad}");
        assert_eq!(read.statements[0].entries.len(), taken, "{bad}");
        let words = &read.refused[0].words;
        assert!(words.contains(said) && words.contains("line "), "{bad}: {words}");
    }

    fn check(good: &str, bad: &str, fault: Fault) {
        let read = read_bai2(FILE.replace(good, bad).as_bytes());
        assert_eq!(read.findings.first().map(|finding| finding.fault), Some(fault), "{bad}");
    }
}
