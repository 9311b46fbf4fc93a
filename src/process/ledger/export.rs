//! Entries for another system's books: one JSON object or some CSV lines each, in the order of the journal.

use serde_json::{Value, json};

use super::{Chart, Entry};

/// One entry: `{"id","date","source","words","reverses","legs":[{"side","number","account","name","amount",...}]}`.
pub fn to_json(entry: &Entry, chart: &Chart) -> Value {
    let legs: Vec<Value> = entry
        .legs()
        .iter()
        .map(|leg| {
            json!({
                "side": leg.side.as_str(),
                "number": chart.number(leg.account),
                "account": leg.account.word(),
                "name": chart.name(leg.account),
                "amount": leg.currency.said(leg.amount),
                "currency": leg.currency.as_str(),
                "party": leg.party,
                "item": leg.item,
            })
        })
        .collect();
    json!({
        "id": entry.id().to_string(),
        "date": entry.date().to_string(),
        "source": entry.source(),
        "words": entry.words(),
        "reverses": entry.reverses().map(|id| id.to_string()),
        "legs": legs,
    })
}

/// The first line of the CSV form (RFC 4180).
pub fn csv_head() -> &'static str {
    "position,entry,date,side,number,account,amount,currency,party,item,source,words,reverses\r\n"
}

/// One line for each leg, with the entry's position in the journal.
pub fn to_csv(entry: &Entry, position: u64, chart: &Chart, out: &mut String) {
    let (id, date) = (entry.id().to_string(), entry.date().to_string());
    let reverses = entry.reverses().map(|id| id.to_string()).unwrap_or_default();
    let position = position.to_string();
    for leg in entry.legs() {
        let amount = leg.currency.said(leg.amount);
        let cells = [
            position.as_str(),
            &id,
            &date,
            leg.side.as_str(),
            chart.number(leg.account),
            chart.name(leg.account),
            &amount,
            leg.currency.as_str(),
            leg.party.as_deref().unwrap_or_default(),
            leg.item.as_deref().unwrap_or_default(),
            entry.source(),
            entry.words(),
            &reverses,
        ];
        for (column, text) in cells.into_iter().enumerate() {
            if column > 0 {
                out.push(',');
            }
            cell(text, out);
        }
        out.push_str("\r\n");
    }
}

/// Quoted where RFC 4180 wants it, and text that a spreadsheet would take for a formula kept as text.
fn cell(text: &str, out: &mut String) {
    let formula = text.starts_with(['=', '@', '+', '-', '\t']);
    if !formula && !text.contains([',', '"', '\r', '\n']) {
        return out.push_str(text);
    }
    out.push('"');
    if formula {
        out.push('\'');
    }
    out.push_str(&text.replace('"', "\"\""));
    out.push('"');
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::super::{Account, Currency, Draft, EntryId, cents};
    use super::*;

    #[test]
    fn postings_leave_as_json_and_csv() {
        let draft = Draft::new("paid, short", Currency::USD, Some("=acme"))
            .debit(Account::Cash, cents(74_000))
            .credit_item(Account::Receivable, cents(74_000), "100236");
        let day = jiff::civil::date(2026, 3, 11);
        let entry = Entry::post(EntryId(Uuid::from_u128(7)), day, "820 T1", draft).unwrap();
        let chart = Chart::default();
        let mut csv = String::new();
        to_csv(&entry, 3, &chart, &mut csv);
        let id = "00000000-0000-0000-0000-000000000007";
        assert_eq!(
            csv,
            format!(
                "3,{id},2026-03-11,Dr,1000,Cash,740.00,USD,\"'=acme\",,820 T1,\"paid, short\",\r\n\
                 3,{id},2026-03-11,Cr,1200,AR,740.00,USD,\"'=acme\",100236,820 T1,\"paid, short\",\r\n"
            )
        );
        assert_eq!(csv_head().split(',').count(), csv.lines().next().unwrap().split(',').count() - 1);
        let json = to_json(&entry, &chart);
        assert_eq!(json["legs"][1]["item"], "100236");
        assert_eq!(json["legs"][0]["amount"], "740.00");
    }
}
