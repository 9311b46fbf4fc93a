//! One small invoice that breaks nothing, and what each change to it breaks.

use super::*;

fn good() -> serde_json::Value {
    serde_json::json!({
        "kind": "invoice", "number": "1", "date": "2026-01-31", "type": "invoice", "currency": "EUR",
        "specification": "urn:cen.eu:en16931:2017", "due_date": "2026-02-28",
        "parties": [
            {"role": "seller", "legal_name": "Seller", "vat_number": "DE1", "address": {"country": "DE"}},
            {"role": "buyer", "legal_name": "Buyer", "address": {"country": "FR"}},
        ],
        "adjustments": [
            {"kind": "allowance", "amount": "10.00", "reason": "Loyalty", "tax": {"type": "vat", "category": "S", "rate": "20"}},
            {"kind": "charge", "amount": "5.00", "reason": "Freight", "tax": {"type": "vat", "category": "S", "rate": "20"}},
        ],
        "taxes": [{"type": "vat", "category": "S", "rate": "20", "taxable": "95.00", "amount": "19.00"}],
        "line_total": "100.00", "allowance_total": "10.00", "charge_total": "5.00", "net_total": "95.00",
        "tax_total": "19.00", "total": "114.00", "prepaid": "14.00", "amount_due": "100.00",
        "lines": [
            {"number": "1", "quantity": "2", "unit": "EA", "price": "25", "amount": "50.00", "name": "Bolt",
             "tax": {"type": "vat", "category": "S", "rate": "20"}},
            {"number": "2", "quantity": "1", "unit": "EA", "price": "50", "amount": "50.00", "name": "Nut",
             "tax": {"type": "vat", "category": "S", "rate": "20"}},
        ],
    })
}

/// The rules broken when the value at a JSON pointer is replaced (`null` removes it).
fn broken(changes: &[(&str, serde_json::Value)]) -> Vec<&'static str> {
    let mut invoice = good();
    for (pointer, value) in changes {
        let (parent, field) = pointer.rsplit_once('/').unwrap();
        invoice.pointer_mut(parent).unwrap()[field] = value.clone();
    }
    let document = Canonical::from_tree(&invoice).unwrap();
    check(&document).into_iter().map(|rule| rule.rule).collect()
}

#[test]
fn a_good_invoice_breaks_nothing() {
    assert_eq!(broken(&[]), Vec::<&str>::new());
}

#[test]
fn each_change_breaks_its_rules() {
    let null = serde_json::Value::Null;
    let cases: &[(&str, serde_json::Value, &[&str])] = &[
        ("/specification", null.clone(), &["BR-01"]),
        ("/number", null.clone(), &["BR-02"]),
        ("/date", null.clone(), &["BR-03"]),
        ("/currency", null.clone(), &["BR-05"]),
        ("/parties/0/legal_name", null.clone(), &["BR-06"]),
        ("/parties/1/address", null.clone(), &["BR-10"]),
        ("/parties/0/vat_number", "123".into(), &["BR-CO-09"]),
        ("/line_total", "100.01".into(), &["BR-CO-10", "BR-CO-13"]),
        ("/allowance_total", "11.00".into(), &["BR-CO-11", "BR-CO-13"]),
        ("/charge_total", null.clone(), &["BR-CO-12", "BR-CO-13"]),
        ("/tax_total", "19.01".into(), &["BR-CO-14", "BR-CO-15"]),
        ("/amount_due", "100.001".into(), &["BR-CO-16", "BR-DEC-18"]),
        ("/due_date", null.clone(), &["BR-CO-25"]),
        ("/taxes/0/amount", "25.00".into(), &["BR-CO-14", "BR-CO-17", "BR-S-09"]),
        ("/taxes/0/taxable", "90.00".into(), &["BR-S-08", "BR-S-09"]),
        ("/taxes/0/exemption", "Because".into(), &["BR-S-10"]),
        ("/taxes", null.clone(), &["BR-CO-18", "BR-S-01"]),
        ("/lines/0/name", null.clone(), &["BR-25"]),
        ("/lines/0/price", "-1".into(), &["BR-27"]),
        ("/lines/0/tax/rate", "0".into(), &["BR-S-05", "BR-S-08"]),
        ("/lines/1/tax", null.clone(), &["BR-CO-04", "BR-S-08"]),
        ("/adjustments/0/reason", null.clone(), &["BR-33", "BR-CO-21"]),
        ("/tax_currency", "SEK".into(), &["BR-53"]),
        ("/type", "999".into(), &["BR-CL-01"]),
        ("/type", "875".into(), &[]),
        ("/currency", "AAA".into(), &["BR-CL-04"]),
        ("/parties/1/address/country", "HC".into(), &["BR-CL-14"]),
        ("/lines/0/origin", "UK".into(), &["BR-CL-15"]),
        ("/payments", serde_json::json!([{"method": "99"}, {"method": "68"}, {"method": "cash"}]), &["BR-CL-16"]),
        ("/adjustments/0/code", "143".into(), &["BR-CL-19"]),
        ("/adjustments/1/code", "143".into(), &[]),
    ];
    for (pointer, value, expected) in cases {
        assert_eq!(broken(&[(pointer, value.clone())]), *expected, "{pointer} = {value}");
    }
}

#[test]
fn an_invoice_of_other_rules_is_only_warned() {
    let mut invoice = good();
    invoice["specification"] = "urn:example:oioubl".into();
    invoice["line_total"] = "1".into();
    let broken = check(&Canonical::from_tree(&invoice).unwrap());
    assert!(!broken.is_empty());
    assert!(broken.iter().all(|rule| rule.severity == Severity::Warning));
}

#[test]
fn findings_stand_where_the_field_stood_or_should_stand() {
    let place = |tag: &str, start, end| Place { tag: tag.into(), bytes: Span::new(start, end), ..Place::default() };
    let provenance = [
        ("lines[0].amount".to_owned(), place("Line/Amount", 10, 20)),
        ("lines[0].price".to_owned(), place("Line/Price", 30, 40)),
        ("total".to_owned(), place("Total", 50, 60)),
    ];
    let broken = |path: &str| Broken {
        rule: "BR-25",
        path: path.into(),
        value: None,
        expected: String::new(),
        severity: Severity::Error,
    };
    let whole = place("Invoice", 0, 100);
    let told = findings(vec![broken("total"), broken("lines[0].name"), broken("number")], &provenance, &whole);
    let bytes: Vec<_> = told.iter().map(|finding| finding.place.bytes).collect();
    assert_eq!(bytes, [Span::new(50, 60), Span::at(40), Span::at(100)]);
    assert_eq!(told[0].rule.as_deref(), Some("BR-25"));
}
