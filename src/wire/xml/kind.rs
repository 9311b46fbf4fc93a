//! What a document is by its root element: the few we read, and those we only know by name.

/// A document type known by the namespace and name of its root.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DocumentKind {
    /// `ubl`, `cii`, `cxml`, `facturae`, `fatturapa`, or `xml` for one we do not know.
    pub syntax: &'static str,
    /// The release in a grammar's or map's address: `2.1`, `D16B`; empty where there is none.
    pub release: &'static str,
    /// The root's local name.
    pub name: String,
    /// Whether there is a map to expect.
    pub supported: bool,
}

const UBL: &str = "urn:oasis:names:specification:ubl:schema:xsd:";

/// UBL 2.x documents of ordering, despatch and payment (OASIS UBL 2.1, 2.2 table of document types).
const UBL_KNOWN: &[(&str, bool)] = &[
    ("Invoice", true),
    ("CreditNote", true),
    ("DebitNote", false),
    ("FreightInvoice", false),
    ("SelfBilledInvoice", false),
    ("SelfBilledCreditNote", false),
    ("Order", false),
    ("OrderResponse", false),
    ("OrderResponseSimple", false),
    ("OrderChange", false),
    ("OrderCancellation", false),
    ("DespatchAdvice", false),
    ("ReceiptAdvice", false),
    ("RemittanceAdvice", false),
    ("InventoryReport", false),
    ("Statement", false),
    ("Reminder", false),
    ("Catalogue", false),
    ("Quotation", false),
    ("ApplicationResponse", false),
];

impl DocumentKind {
    /// Recognises a root element.
    pub fn of(namespace: &str, name: &str) -> Self {
        let kind = |syntax, release, supported| Self { syntax, release, name: name.to_owned(), supported };
        if let Some(document) = namespace.strip_prefix(UBL) {
            let base = document.strip_suffix("-2").unwrap_or(document);
            let supported = base == name && UBL_KNOWN.contains(&(name, true)) && document.ends_with("-2");
            return kind("ubl", "2.1", supported);
        }
        match (namespace, name) {
            ("urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100", "CrossIndustryInvoice") => {
                kind("cii", "D16B", true)
            }
            // ZUGFeRD 1.0, which is CII of an older draft with other names inside.
            ("urn:ferd:CrossIndustryDocument:invoice:1p0", _) => kind("cii", "ZUGFeRD-1.0", false),
            (n, _) if n.starts_with("urn:un:unece:uncefact:data:") => kind("cii", "", false),
            ("", "cXML") => kind("cxml", "1.2", false),
            (n, "Facturae") if n.contains("acturae") => kind("facturae", "", false),
            (n, "FatturaElettronica" | "FatturaElettronicaSemplificata")
                if n.contains("fatturapa") || n.contains("agenziaentrate") =>
            {
                kind("fatturapa", "", false)
            }
            _ => kind("xml", "", false),
        }
    }

    /// The address of the map that reads it: `ubl/2.1/Invoice`.
    pub fn address(&self) -> String {
        format!("{}/{}/{}", self.syntax, self.release, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::DocumentKind;

    #[test]
    fn roots_are_recognised_by_namespace_and_name() {
        check("urn:oasis:names:specification:ubl:schema:xsd:Invoice-2", "Invoice", "ubl/2.1/Invoice", true);
        check("urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2", "CreditNote", "ubl/2.1/CreditNote", true);
        check("urn:oasis:names:specification:ubl:schema:xsd:Order-2", "Order", "ubl/2.1/Order", false);
        check("urn:oasis:names:specification:ubl:schema:xsd:Invoice-1", "Invoice", "ubl/2.1/Invoice", false);
        let cii = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100";
        check(cii, "CrossIndustryInvoice", "cii/D16B/CrossIndustryInvoice", true);
        check("", "cXML", "cxml/1.2/cXML", false);
        check(
            "http://www.facturae.gob.es/formato/Versiones/Facturaev3_2_2.xml",
            "Facturae",
            "facturae//Facturae",
            false,
        );
        check("", "Invoice", "xml//Invoice", false);
    }

    fn check(namespace: &str, name: &str, address: &str, supported: bool) {
        let kind = DocumentKind::of(namespace, name);
        assert_eq!((kind.address().as_str(), kind.supported), (address, supported), "{namespace} {name}");
    }
}
