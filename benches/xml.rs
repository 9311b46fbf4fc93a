//! UBL invoices to canonical JSON, beside quick-xml's raw events over the same bytes in the same run.
//!
//! `cargo bench --bench xml`. The inputs are made here: a thousand invoices of about ten kilobytes with eight lines.

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use entrepot::mapping::Detail;
use entrepot::mapping::syntax::{ast, parse};
use entrepot::mapping::xml::XmlMap;
use entrepot::wire::xml::{Limits, Tree};
use quick_xml::events::Event;
use quick_xml::reader::Reader;

const INVOICES: usize = 1_000;
const ROUNDS: usize = 7;

fn main() {
    // `cargo test --benches` only wants to know that it builds.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let mut random = Random(44);
    let invoices: Vec<String> = (0..INVOICES).map(|number| invoice(number, &mut random)).collect();
    let bytes: usize = invoices.iter().map(String::len).sum();
    let map = map();
    let mut json = Vec::new();
    let mut rows: Vec<(&str, Duration)> = Vec::new();
    let mut run = |name: &'static str, work: &mut dyn FnMut(&str)| {
        let best = (0..ROUNDS)
            .map(|_| {
                let start = Instant::now();
                invoices.iter().for_each(|invoice| work(invoice));
                start.elapsed()
            })
            .min()
            .unwrap_or_default();
        rows.push((name, best));
    };
    run("quick-xml raw events", &mut |text| {
        let mut reader = Reader::from_str(text);
        let mut events = 0;
        while !matches!(black_box(reader.read_event()), Ok(Event::Eof) | Err(_)) {
            events += 1;
        }
        black_box(events);
    });
    run("tree with places", &mut |text| {
        black_box(Tree::read(text.as_bytes(), Limits::default()));
    });
    run("tree, canonical", &mut |text| {
        let tree = Tree::read(text.as_bytes(), Limits::default());
        black_box(map.read(&tree, Detail::COUNTS));
    });
    run("tree, canonical, JSON", &mut |text| {
        let tree = Tree::read(text.as_bytes(), Limits::default());
        let reading = map.read(&tree, Detail::COUNTS);
        json.clear();
        reading.document.write_json(&mut json);
        black_box(&json);
    });
    println!("{INVOICES} UBL invoices of {} bytes, best of {ROUNDS}", bytes / INVOICES);
    let anchor = rows[0].1.as_secs_f64();
    for (name, time) in rows {
        let seconds = time.as_secs_f64();
        println!(
            "{name:24} {:7.0} MB/s {:7.1} us/invoice  {:.2} of raw events",
            bytes as f64 / seconds / 1e6,
            seconds * 1e6 / INVOICES as f64,
            anchor / seconds
        );
    }
}

fn map() -> XmlMap {
    let tables = [
        include_str!("../mappings/tables/invoice-type.table"),
        include_str!("../mappings/tables/tax.table"),
        include_str!("../mappings/tables/payment.table"),
    ];
    let find = |name: &str| {
        tables.iter().flat_map(|text| parse("tables", text).0.statements).find_map(|statement| match statement.body {
            ast::Body::Table(table) if table.name.value == name => Some(table),
            _ => None,
        })
    };
    let (file, _) = parse("Invoice.map", include_str!("../mappings/ubl/2.1/Invoice.map"));
    match XmlMap::compile(&file, &find) {
        Ok(map) => map,
        Err(mistakes) => panic!("{mistakes:?}"),
    }
}

/// A small generator: the same invoices in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn words(&mut self, count: usize) -> String {
        const WORDS: [&str; 16] = [
            "STEEL", "BOLT", "HEX", "WASHER", "NYLON", "BLACK", "BRACKET", "VALVE", "COPPER", "PIPE", "FLANGE",
            "GASKET", "CABLE", "MOTOR", "BELT", "SENSOR",
        ];
        let picked: Vec<&str> = (0..count).map(|_| WORDS[self.below(16) as usize]).collect();
        picked.join(" ")
    }
}

fn party(tag: &str, name: &str, random: &mut Random) -> String {
    format!(
        r#"  <cac:{tag}><cac:Party>
    <cbc:EndpointID schemeID="0088">{:013}</cbc:EndpointID>
    <cac:PartyName><cbc:Name>{name}</cbc:Name></cac:PartyName>
    <cac:PostalAddress><cbc:StreetName>Main street {}</cbc:StreetName><cbc:CityName>Berlin</cbc:CityName><cbc:PostalZone>10115</cbc:PostalZone><cac:Country><cbc:IdentificationCode>DE</cbc:IdentificationCode></cac:Country></cac:PostalAddress>
    <cac:PartyTaxScheme><cbc:CompanyID>DE{:09}</cbc:CompanyID><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme>
    <cac:PartyLegalEntity><cbc:RegistrationName>{name} GmbH</cbc:RegistrationName></cac:PartyLegalEntity>
  </cac:Party></cac:{tag}>"#,
        random.below(10_000_000_000_000),
        random.below(999),
        random.below(1_000_000_000)
    )
}

fn invoice(number: usize, random: &mut Random) -> String {
    let mut lines = String::new();
    let mut total = 0;
    for line in 1..=8 {
        let quantity = 1 + random.below(99);
        let price = 100 + random.below(89_900);
        total += quantity * price;
        let _ = write!(
            lines,
            r#"
  <cac:InvoiceLine>
    <cbc:ID>{line}</cbc:ID>
    <cbc:InvoicedQuantity unitCode="EA">{quantity}</cbc:InvoicedQuantity>
    <cbc:LineExtensionAmount currencyID="EUR">{}</cbc:LineExtensionAmount>
    <cac:OrderLineReference><cbc:LineID>{line}</cbc:LineID></cac:OrderLineReference>
    <cac:Item>
      <cbc:Description>{} &amp; {}</cbc:Description>
      <cbc:Name>{}</cbc:Name>
      <cac:SellersItemIdentification><cbc:ID>SKU-{:06}</cbc:ID></cac:SellersItemIdentification>
      <cac:StandardItemIdentification><cbc:ID schemeID="0160">{:013}</cbc:ID></cac:StandardItemIdentification>
      <cac:ClassifiedTaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>19</cbc:Percent><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:ClassifiedTaxCategory>
    </cac:Item>
    <cac:Price><cbc:PriceAmount currencyID="EUR">{}</cbc:PriceAmount></cac:Price>
  </cac:InvoiceLine>"#,
            cents(quantity * price),
            random.words(8),
            random.words(3),
            random.words(4),
            random.below(1_000_000),
            random.below(10_000_000_000_000),
            cents(price)
        );
    }
    let tax = total * 19 / 100;
    let (net, vat, gross) = (cents(total), cents(tax), cents(total + tax));
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2" xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2" xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
  <cbc:CustomizationID>urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0</cbc:CustomizationID>
  <cbc:ProfileID>urn:fdc:peppol.eu:2017:poacc:billing:01:1.0</cbc:ProfileID>
  <cbc:ID>INV{number:07}</cbc:ID>
  <cbc:IssueDate>2024-01-20</cbc:IssueDate>
  <cbc:DueDate>2024-02-20</cbc:DueDate>
  <cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>
  <cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>
  <cbc:BuyerReference>BR{}</cbc:BuyerReference>
  <cac:OrderReference><cbc:ID>PO{:07}</cbc:ID></cac:OrderReference>
{}
{}
  <cac:PaymentMeans><cbc:PaymentMeansCode>30</cbc:PaymentMeansCode><cac:PayeeFinancialAccount><cbc:ID>DE{:020}</cbc:ID></cac:PayeeFinancialAccount></cac:PaymentMeans>
  <cac:TaxTotal><cbc:TaxAmount currencyID="EUR">{vat}</cbc:TaxAmount><cac:TaxSubtotal><cbc:TaxableAmount currencyID="EUR">{net}</cbc:TaxableAmount><cbc:TaxAmount currencyID="EUR">{vat}</cbc:TaxAmount><cac:TaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>19</cbc:Percent><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:TaxCategory></cac:TaxSubtotal></cac:TaxTotal>
  <cac:LegalMonetaryTotal><cbc:LineExtensionAmount currencyID="EUR">{net}</cbc:LineExtensionAmount><cbc:TaxExclusiveAmount currencyID="EUR">{net}</cbc:TaxExclusiveAmount><cbc:TaxInclusiveAmount currencyID="EUR">{gross}</cbc:TaxInclusiveAmount><cbc:PayableAmount currencyID="EUR">{gross}</cbc:PayableAmount></cac:LegalMonetaryTotal>{lines}
</Invoice>
"#,
        random.below(1_000_000),
        random.below(10_000_000),
        party("AccountingSupplierParty", "Seller Corp", random),
        party("AccountingCustomerParty", "Buyer Corporation", random),
        random.below(1 << 31),
    )
}

fn cents(amount: u64) -> String {
    format!("{}.{:02}", amount / 100, amount % 100)
}
