//! What must be there, and what may not stand together (EN 16931-1: BR-01 to BR-65, BR-CO-03 to BR-CO-26).

use rust_decimal::Decimal;

use super::{Rules, decimal, inner, join, numbered, records, text, value};
use crate::canonical::Record;
use crate::finding::Severity;

pub(super) fn check(rules: &mut Rules<'_>) {
    let invoice = rules.invoice;
    rules.need("BR-01", invoice, "", "specification", "a specification identifier");
    rules.need("BR-02", invoice, "", "number", "an invoice number");
    rules.need("BR-03", invoice, "", "date", "an issue date");
    rules.need("BR-04", invoice, "", "type", "an invoice type code");
    rules.need("BR-05", invoice, "", "currency", "an invoice currency");
    rules.need("BR-12", invoice, "", "line_total", "the sum of the lines");
    rules.need("BR-13", invoice, "", "net_total", "the total without VAT");
    rules.need("BR-14", invoice, "", "total", "the total with VAT");
    rules.need("BR-15", invoice, "", "amount_due", "the amount due");
    if rules.lines().next().is_none() {
        rules.tell("BR-16", "lines", None, "at least one line");
    }
    parties(rules);
    // In one currency the VAT total says both.
    if value(invoice, "tax_currency").is_some_and(|currency| Some(currency) != value(invoice, "currency")) {
        rules.need("BR-53", invoice, "", "tax_total_accounting", "the VAT total in the accounting currency");
    }
    if value(invoice, "tax_point_date").is_some()
        && inner(invoice, "period").is_some_and(|p| value(p, "code").is_some())
    {
        rules.tell("BR-CO-03", "tax_point_date", None, "either a tax point date or a code for it");
    }
    period(rules, invoice, "", "BR-29");
    for (path, reference) in numbered(invoice, "references", "") {
        match text(reference, "kind") {
            Some("invoice") => rules.need("BR-55", reference, &path, "value", "the preceding invoice's number"),
            Some("document") => rules.need("BR-52", reference, &path, "value", "the supporting document's reference"),
            _ => {}
        }
    }
    for (path, adjustment) in rules.adjustments(invoice, "", "allowance") {
        adjusted(rules, adjustment, &path, ["BR-31", "BR-32", "BR-33"]);
    }
    for (path, adjustment) in rules.adjustments(invoice, "", "charge") {
        adjusted(rules, adjustment, &path, ["BR-36", "BR-37", "BR-38"]);
    }
    payments(rules);
    let due = rules.amount("amount_due").is_some_and(|amount| amount > Decimal::ZERO);
    let says_when = value(invoice, "due_date").is_some()
        || records(invoice, "terms").any(|terms| value(terms, "note").is_some() || value(terms, "due_date").is_some());
    // The official rule does not fire on credit notes.
    let credits = text(invoice, "type").is_some_and(|kind| kind.ends_with("credit_note"));
    if due && !says_when && !credits {
        rules.tell("BR-CO-25", "due_date", None, "a due date or payment terms");
    }
    for (path, line) in rules.lines() {
        line_of(rules, line, &path);
    }
}

fn parties(rules: &mut Rules<'_>) {
    let country =
        |party: &Record<'_>| inner(party, "address").is_some_and(|address| value(address, "country").is_some());
    for (role, [named, addressed, placed]) in
        [("seller", ["BR-06", "BR-08", "BR-09"]), ("buyer", ["BR-07", "BR-10", "BR-11"])]
    {
        let Some((party, path)) = rules.party(role) else {
            rules.tell(named, format!("parties[{role}].legal_name"), None, format!("the {role}'s name"));
            rules.tell(addressed, format!("parties[{role}].address"), None, format!("the {role}'s address"));
            continue;
        };
        rules.need(named, party, &path, "legal_name", "the name");
        rules.need(addressed, party, &path, "address", "the postal address");
        if inner(party, "address").is_some() && !country(party) {
            rules.tell(placed, join(&path, "address.country"), None, "the country's code");
        }
        if inner(party, "endpoint").is_some_and(|endpoint| value(endpoint, "scheme").is_none()) {
            let rule = if role == "seller" { "BR-62" } else { "BR-63" };
            rules.tell(rule, join(&path, "endpoint.scheme"), None, "the electronic address's scheme");
        }
    }
    if let Some((seller, path)) = rules.party("seller") {
        let known = value(seller, "vat_number").is_some()
            || value(seller, "legal_id").is_some()
            || records(seller, "ids").any(|id| text(id, "scheme") != Some("SEPA"));
        if !known {
            rules.tell("BR-CO-26", join(&path, "ids"), None, "an identifier, a registration or a VAT number");
        }
    }
    if let Some((payee, path)) = rules.party("payee")
        && value(payee, "name").is_none()
        && value(payee, "legal_name").is_none()
    {
        rules.tell("BR-17", join(&path, "name"), None, "the payee's name");
    }
    if let Some((party, path)) = rules.party("tax_representative") {
        if value(party, "name").is_none() && value(party, "legal_name").is_none() {
            rules.tell("BR-18", join(&path, "name"), None, "the tax representative's name");
        }
        rules.need("BR-19", party, &path, "address", "the postal address");
        if inner(party, "address").is_some() && !country(party) {
            rules.tell("BR-20", join(&path, "address.country"), None, "the country's code");
        }
        rules.need("BR-56", party, &path, "vat_number", "the tax representative's VAT number");
    }
    if let Some((party, path)) = rules.party("ship_to")
        && inner(party, "address").is_some()
        && !country(party)
    {
        rules.tell("BR-57", join(&path, "address.country"), None, "the country's code");
    }
    for role in ["seller", "buyer", "tax_representative"] {
        let Some((party, path)) = rules.party(role) else { continue };
        let Some(number) = text(party, "vat_number") else { continue };
        // Greece writes EL where ISO 3166 says GR; Northern Ireland XI.
        if !number.get(..2).is_some_and(|prefix| prefix.bytes().all(|b| b.is_ascii_uppercase())) {
            rules.tell("BR-CO-09", join(&path, "vat_number"), Some(number.to_owned()), "a country's code in front");
        }
    }
}

/// What an allowance or charge needs: amount, VAT category (document level only), a reason.
fn adjusted(rules: &mut Rules<'_>, adjustment: &Record<'_>, path: &str, ids: [&'static str; 3]) {
    rules.need(ids[0], adjustment, path, "amount", "the amount");
    if inner(adjustment, "tax").is_none_or(|tax| value(tax, "category").is_none()) {
        rules.tell(ids[1], join(path, "tax.category"), None, "the VAT category");
    }
    reasoned(rules, adjustment, path, ids[2], if ids[2] == "BR-33" { "BR-CO-21" } else { "BR-CO-22" });
}

fn reasoned(rules: &mut Rules<'_>, adjustment: &Record<'_>, path: &str, presence: &'static str, twin: &'static str) {
    if value(adjustment, "reason").is_none() && value(adjustment, "code").is_none() {
        rules.tell(presence, join(path, "reason"), None, "a reason or its code");
        rules.tell(twin, join(path, "reason"), None, "a reason or its code");
    }
}

fn payments(rules: &mut Rules<'_>) {
    let invoice = rules.invoice;
    for (path, payment) in numbered(invoice, "payments", "") {
        rules.need("BR-49", payment, &path, "method", "the payment means' code");
        let transfer = matches!(text(payment, "method"), Some("credit_transfer" | "sepa_credit_transfer"));
        if transfer && value(payment, "account").is_none() {
            rules.tell("BR-50", join(&path, "account"), None, "the account to pay to");
            rules.tell("BR-61", join(&path, "account"), None, "the account to pay to");
        }
        if let Some(card) = text(payment, "card") {
            let shown = card.bytes().filter(u8::is_ascii_digit).count();
            if shown > 10 {
                rules.tell(
                    "BR-51",
                    join(&path, "card"),
                    None,
                    "no more of the card number than its first six and last four digits",
                );
                if let Some(last) = rules.broken.last_mut() {
                    last.severity = Severity::Warning;
                }
            }
        }
    }
}

fn period(rules: &mut Rules<'_>, record: &Record<'_>, around: &str, rule: &'static str) {
    let Some(period) = inner(record, "period") else { return };
    let start = value(period, "start").and_then(|value| value.as_date());
    let end = value(period, "end").and_then(|value| value.as_date());
    if let (Some(start), Some(end)) = (start, end)
        && end < start
    {
        rules.tell(rule, join(around, "period.end"), Some(end.to_string()), format!("{start} or later"));
    }
}

fn line_of(rules: &mut Rules<'_>, line: &Record<'_>, path: &str) {
    rules.need("BR-21", line, path, "number", "the line's number");
    rules.need("BR-22", line, path, "quantity", "the invoiced quantity");
    if value(line, "quantity").is_some() {
        rules.need("BR-23", line, path, "unit", "the quantity's unit");
    }
    rules.need("BR-24", line, path, "amount", "the line's net amount");
    rules.need("BR-25", line, path, "name", "the item's name");
    rules.need("BR-26", line, path, "price", "the item's net price");
    for (rule, field) in [("BR-27", "price"), ("BR-28", "gross_price")] {
        if let Some(price) = decimal(line, field).filter(|price| price.is_sign_negative() && !price.is_zero()) {
            rules.tell(rule, join(path, field), Some(price.to_string()), "no negative price");
        }
    }
    period(rules, line, path, "BR-30");
    for (at, adjustment) in numbered(line, "adjustments", path) {
        let (presence, reason, twin) = match text(adjustment, "kind") {
            Some("allowance") => ("BR-41", "BR-42", "BR-CO-23"),
            Some("charge") => ("BR-43", "BR-44", "BR-CO-24"),
            _ => continue,
        };
        rules.need(presence, adjustment, &at, "amount", "the amount");
        reasoned(rules, adjustment, &at, reason, twin);
    }
    for (at, property) in numbered(line, "properties", path) {
        if value(property, "name").is_none() || value(property, "value").is_none() {
            rules.tell("BR-54", at, None, "a name and a value");
        }
    }
    for (at, id) in numbered(line, "ids", path) {
        rules.need("BR-64", id, &at, "qualifier", "the standard identifier's scheme");
    }
    for (at, classification) in numbered(line, "classifications", path) {
        rules.need("BR-65", classification, &at, "scheme", "the classification's list");
    }
    if inner(line, "tax").is_none_or(|tax| value(tax, "category").is_none()) {
        rules.tell("BR-CO-04", join(path, "tax.category"), None, "the item's VAT category");
    }
}
