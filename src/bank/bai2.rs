//! BAI2, the cash management format of American banks: records of fields between commas, ended by a slash.
//!
//! `01` file, `02` group, `03` account, `16` transaction, `88` continuation, `49` `98` `99` their trailers with totals.
//! Amounts have the decimals of their currency implied. (Cash Management Balance Reporting Specifications, version 2.)

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::Read;
use crate::canonical::common::{Account, Head};
use crate::canonical::{BankEntry, BankStatement};
use crate::finding::{Fault, Finding, Place, Span};

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
    currency: String,
    originator: String,
    /// Amounts of the account's records, as its trailer adds them up.
    sum: Decimal,
    ended: bool,
}

impl Reader {
    fn record(&mut self, record: &Record<'_>) {
        let fields: Vec<&str> = record.body.split(',').map(str::trim).collect();
        let field = |position: usize| fields.get(position - 2).copied().unwrap_or_default();
        match record.tag {
            "01" | "98" => {}
            "99" => self.ended = true,
            "02" => {
                self.originator = field(3).to_owned();
                self.date = self.day(field(5), record);
                self.currency = if field(7).is_empty() { "USD".into() } else { field(7).to_owned() };
            }
            "03" => self.account(&fields, record),
            "16" => self.transaction(&fields, record),
            "49" => {
                let total = self.amount(field(2), record).unwrap_or_default();
                if total != self.sum {
                    let wanted = self.sum.to_string();
                    self.find(Fault::ValuesDisagree, record, &total.to_string(), &wanted);
                }
            }
            other => self.find(Fault::SegmentUnknown, record, other, "01 02 03 16 88 49 98 99"),
        }
    }

    fn account(&mut self, fields: &[&str], record: &Record<'_>) {
        self.sum = Decimal::ZERO;
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
        let amount = fields.get(1).and_then(|text| self.amount(text, record));
        self.sum += amount.unwrap_or_default();
        let (extra, value) = funds(fields, 2);
        let rest = fields.get(3 + extra..).unwrap_or_default();
        let some = |text: &&str| (!text.is_empty()).then(|| (*text).to_owned());
        let code: u16 = kind.parse().unwrap_or_default();
        let (bank, customer) = (rest.first().and_then(some), rest.get(1).and_then(some));
        let words = rest.get(2..).unwrap_or_default().join(",");
        let Some(statement) = self.read.statements.last_mut() else {
            return self.find(Fault::SegmentUnexpected, record, "16", "03 before 16");
        };
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

    /// An amount in smallest units, with an optional sign.
    fn amount(&mut self, text: &str, record: &Record<'_>) -> Option<Decimal> {
        if text.is_empty() {
            return None;
        }
        let decimals = match self.currency.as_str() {
            "JPY" | "KRW" | "CLP" => 0,
            "BHD" | "KWD" | "OMR" | "TND" | "JOD" => 3,
            _ => 2,
        };
        match text.parse::<i64>() {
            Ok(units) => Some(Decimal::new(units, decimals)),
            Err(_) => {
                self.find(Fault::NumberInvalid, record, text, "digits");
                None
            }
        }
    }

    fn day(&mut self, text: &str, record: &Record<'_>) -> Option<Date> {
        let day = day_of(text);
        if day.is_none() {
            self.find(Fault::DateInvalid, record, text, "YYMMDD");
        }
        day
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
        check("16,142,100000", "16,142,10x", Fault::NumberInvalid);
        check(",260304,", ",269999,", Fault::DateInvalid);
        check("98,", "77,", Fault::SegmentUnknown);
    }

    fn check(good: &str, bad: &str, fault: Fault) {
        let read = read_bai2(FILE.replace(good, bad).as_bytes());
        assert_eq!(read.findings.first().map(|finding| finding.fault), Some(fault), "{bad}");
    }
}
