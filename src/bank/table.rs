//! A customer's advice as a table (RFC 4180, any separator) to the remittances that it says.

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::canonical::Remittance;
use crate::canonical::remittance::{RemittanceAdjustment, RemittanceItem};
use crate::partner::AdviceCsv;
use crate::process::ledger::TOO_LARGE;

/// Whether a file begins with a row that has the columns agreed.
pub fn is_advice(start: &[u8], columns: &AdviceCsv) -> bool {
    let text = String::from_utf8_lossy(start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start));
    let head = rows(text.lines().next().unwrap_or_default(), columns).into_iter().next().unwrap_or_default();
    let has = |name: &str| head.iter().any(|cell| is(cell, name));
    has(&columns.invoice) && has(&columns.paid)
}

/// Reads a table; rows of one trace are one payment, in the order of their first rows. `number` names a payment without one.
///
/// # Errors
/// The row and the column of the first value that is not what it should be, in words.
pub fn read_advice(bytes: &[u8], columns: &AdviceCsv, number: &str) -> Result<Vec<Remittance>, String> {
    let text = std::str::from_utf8(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes))
        .map_err(|error| format!("byte {}: it is not UTF-8", error.valid_up_to()))?;
    let mut rows = rows(text, columns).into_iter();
    let head = rows.next().unwrap_or_default();
    let place = |name: &str| head.iter().position(|cell| is(cell, name));
    let found = |name: &Option<String>| name.as_deref().and_then(place);
    let (Some(invoice), Some(paid)) = (place(&columns.invoice), place(&columns.paid)) else {
        return Err(format!("row 1: there is no column {} or no column {}", columns.invoice, columns.paid));
    };
    let (mut payments, mut sums): (Vec<Remittance>, Vec<Decimal>) = (Vec::new(), Vec::new());
    for (at, row) in rows.enumerate() {
        let row = Row { cells: &row, number: at + 2, comma: columns.decimal_comma };
        if row.text(Some(invoice)).is_none() && row.text(Some(paid)).is_none() {
            continue;
        }
        let trace = row.text(found(&columns.trace)).unwrap_or(number);
        let known = payments.iter().position(|payment| payment.trace.as_deref() == Some(trace));
        let known = known.unwrap_or_else(|| {
            let mut payment = Remittance { trace: Some(trace.to_owned()), ..Remittance::default() };
            payment.head.number = Some(trace.to_owned());
            payments.push(payment);
            sums.push(Decimal::ZERO);
            payments.len() - 1
        });
        let payment = &mut payments[known];
        payment.amount = payment.amount.or(row.amount(found(&columns.amount))?);
        payment.payment_date = payment.payment_date.or(row.date(found(&columns.date))?);
        payment.head.currency = payment.head.currency.take().or(row.text(found(&columns.currency)).map(str::to_owned));
        let item_paid = row.amount(Some(paid))?;
        sums[known] += item_paid.unwrap_or_default();
        let kept = row.amount(found(&columns.deduction))?.filter(|kept| !kept.is_zero());
        let reason = row.text(found(&columns.reason)).map(str::to_owned);
        let credit = item_paid.is_some_and(|paid| paid.is_sign_negative());
        payment.items.push(RemittanceItem {
            kind: Some(if credit { "credit_memo" } else { "invoice" }.into()),
            reference: row.text(Some(invoice)).map(str::to_owned),
            paid: item_paid,
            gross: row.amount(found(&columns.gross))?,
            discount: row.amount(found(&columns.discount))?.filter(|discount| !discount.is_zero()),
            adjustments: kept
                .map(|kept| RemittanceAdjustment {
                    amount: Some(-kept.abs()),
                    reason,
                    ..RemittanceAdjustment::default()
                })
                .into_iter()
                .collect(),
            ..RemittanceItem::default()
        });
    }
    for (payment, sum) in payments.iter_mut().zip(sums) {
        payment.amount = payment.amount.or(Some(sum));
    }
    Ok(payments)
}

fn is(cell: &str, name: &str) -> bool {
    cell.trim().eq_ignore_ascii_case(name.trim())
}

struct Row<'r> {
    cells: &'r [String],
    /// As a spreadsheet counts it.
    number: usize,
    comma: bool,
}

impl Row<'_> {
    fn text(&self, column: Option<usize>) -> Option<&str> {
        column.and_then(|column| self.cells.get(column)).map(|cell| cell.trim()).filter(|cell| !cell.is_empty())
    }

    fn amount(&self, column: Option<usize>) -> Result<Option<Decimal>, String> {
        let Some(text) = self.text(column) else { return Ok(None) };
        let (point, group) = if self.comma { (',', '.') } else { ('.', ',') };
        let plain: String =
            text.chars().filter(|c| *c != group && !c.is_whitespace() && *c != '$' && *c != '€').collect();
        // Accountants write what is below zero in brackets.
        let (sign, plain) = match plain.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')) {
            Some(inner) => (Decimal::NEGATIVE_ONE, inner.to_owned()),
            None => (Decimal::ONE, plain),
        };
        let read = plain.replace(point, ".").parse::<Decimal>();
        match read {
            Ok(amount) if amount.abs() >= TOO_LARGE => {
                Err(format!("row {}: `{text}` has more than 15 digits before the decimal mark", self.number))
            }
            Ok(amount) => Ok(Some(sign * amount)),
            Err(_) => Err(format!("row {}: `{text}` is not an amount", self.number)),
        }
    }

    fn date(&self, column: Option<usize>) -> Result<Option<Date>, String> {
        let read =
            |text: &str| text.parse().map_err(|_| format!("row {}: `{text}` is not a day: 2026-03-01", self.number));
        self.text(column).map(read).transpose()
    }
}

/// Rows of cells; quotes hold separators, ends of lines and doubled quotes.
fn rows(text: &str, columns: &AdviceCsv) -> Vec<Vec<String>> {
    let separator = columns.separator.chars().next().unwrap_or(',');
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                cell.push('"');
            }
            '"' => quoted = !quoted,
            _ if quoted => cell.push(character),
            '\r' => {}
            '\n' => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            _ if character == separator => row.push(std::mem::take(&mut cell)),
            _ => cell.push(character),
        }
    }
    if !cell.is_empty() || !row.is_empty() {
        row.push(cell);
        rows.push(row);
    }
    rows.retain(|row| row.iter().any(|cell| !cell.trim().is_empty()));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_one_trace_are_one_payment() {
        let columns = columns(";", true);
        let text =
            "Beleg;Zahlung;Ref;Abzug;Grund\n\"100;234\";1.000,00;T1;;\n100235;2.375,00;T1;125,00;06\nC1;(50,00);T2;;\n";
        assert!(is_advice(text.as_bytes(), &columns));
        let read = read_advice(text.as_bytes(), &columns, "n").unwrap();
        let said: Vec<String> = read
            .iter()
            .map(|it| format!("{} {} {}", it.trace.as_deref().unwrap(), it.amount.unwrap(), it.items.len()))
            .collect();
        assert_eq!(said, ["T1 3375.00 2", "T2 -50.00 1"]);
        assert_eq!(read[0].items[0].reference.as_deref(), Some("100;234"));
        assert_eq!(read[0].items[1].adjustments[0].amount, Some("-125.00".parse().unwrap()));
        assert_eq!(read[1].items[0].kind.as_deref(), Some("credit_memo"));
    }

    #[test]
    fn a_value_that_is_none_is_named_with_its_row() {
        let text = "Beleg,Zahlung\n1,ten\n";
        assert_eq!(
            read_advice(text.as_bytes(), &columns(",", false), "n").unwrap_err(),
            "row 2: `ten` is not an amount"
        );
        let text = "Beleg,Zahlung\n1,1000000000000000\n";
        let said = read_advice(text.as_bytes(), &columns(",", false), "n").unwrap_err();
        assert!(said.contains("more than 15 digits"), "{said}");
        assert!(!is_advice(b"ISA*00*", &columns(",", false)));
    }

    fn columns(separator: &str, decimal_comma: bool) -> AdviceCsv {
        AdviceCsv {
            invoice: "Beleg".into(),
            paid: "zahlung".into(),
            trace: Some("Ref".into()),
            amount: None,
            date: None,
            gross: None,
            discount: None,
            deduction: Some("Abzug".into()),
            reason: Some("Grund".into()),
            currency: None,
            separator: separator.into(),
            decimal_comma,
        }
    }
}
