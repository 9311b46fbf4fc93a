//! What each rule asks, in our own words: `entrepot explain BR-07`.

use super::vat;

/// The rules of presence, sums, decimals and code lists, in the order of their ids.
const RULES: &[(&str, &str)] = &[
    ("BR-01", "An invoice says which specification it follows (BT-24)."),
    ("BR-02", "An invoice has a number (BT-1)."),
    ("BR-03", "An invoice has an issue date (BT-2)."),
    ("BR-04", "An invoice has a type code (BT-3)."),
    ("BR-05", "An invoice names its currency (BT-5)."),
    ("BR-06", "The seller has a name (BT-27)."),
    ("BR-07", "The buyer has a name (BT-44)."),
    ("BR-08", "The seller has a postal address (BG-5)."),
    ("BR-09", "The seller's address has a country code (BT-40)."),
    ("BR-10", "The buyer has a postal address (BG-8)."),
    ("BR-11", "The buyer's address has a country code (BT-55)."),
    ("BR-12", "The totals hold the sum of the lines' net amounts (BT-106)."),
    ("BR-13", "The totals hold the amount without VAT (BT-109)."),
    ("BR-14", "The totals hold the amount with VAT (BT-112)."),
    ("BR-15", "The totals hold the amount due (BT-115)."),
    ("BR-16", "An invoice has at least one line (BG-25)."),
    ("BR-17", "A payee that is not the seller has a name (BT-59)."),
    ("BR-18", "A tax representative has a name (BT-62)."),
    ("BR-19", "A tax representative has a postal address (BG-12)."),
    ("BR-20", "A tax representative's address has a country code (BT-69)."),
    ("BR-21", "A line has an identifier (BT-126)."),
    ("BR-22", "A line has an invoiced quantity (BT-129)."),
    ("BR-23", "An invoiced quantity has a unit (BT-130)."),
    ("BR-24", "A line has a net amount (BT-131)."),
    ("BR-25", "A line names its item (BT-153)."),
    ("BR-26", "A line has the item's net price (BT-146)."),
    ("BR-27", "An item's net price is not negative (BT-146)."),
    ("BR-28", "An item's gross price is not negative (BT-148)."),
    ("BR-29", "An invoicing period does not end before it begins (BT-73, BT-74)."),
    ("BR-30", "A line's invoicing period does not end before it begins (BT-134, BT-135)."),
    ("BR-31", "An allowance on the document has an amount (BT-92)."),
    ("BR-32", "An allowance on the document has a VAT category (BT-95)."),
    ("BR-33", "An allowance on the document has a reason or its code (BT-97, BT-98)."),
    ("BR-36", "A charge on the document has an amount (BT-99)."),
    ("BR-37", "A charge on the document has a VAT category (BT-102)."),
    ("BR-38", "A charge on the document has a reason or its code (BT-104, BT-105)."),
    ("BR-41", "A line's allowance has an amount (BT-136)."),
    ("BR-42", "A line's allowance has a reason or its code (BT-139, BT-140)."),
    ("BR-43", "A line's charge has an amount (BT-141)."),
    ("BR-44", "A line's charge has a reason or its code (BT-144, BT-145)."),
    ("BR-45", "An entry of the VAT breakdown has its taxable amount (BT-116)."),
    ("BR-46", "An entry of the VAT breakdown has its tax amount (BT-117)."),
    ("BR-47", "An entry of the VAT breakdown has its category (BT-118)."),
    ("BR-48", "An entry of the VAT breakdown has its rate, unless it is not subject to VAT (BT-119)."),
    ("BR-49", "Payment instructions have the payment means' code (BT-81)."),
    ("BR-50", "A credit transfer names the account to pay to (BT-84)."),
    ("BR-51", "No more of a card number is shown than its first six and last four digits (BT-87)."),
    ("BR-52", "A supporting document has a reference (BT-122)."),
    ("BR-53", "Where the tax is accounted for in another currency, the VAT total is given in it too (BT-111)."),
    ("BR-54", "An item's attribute has a name and a value (BT-160, BT-161)."),
    ("BR-55", "A preceding invoice is named by its number (BT-25)."),
    ("BR-56", "A tax representative has a VAT number (BT-63)."),
    ("BR-57", "An address delivered to has a country code (BT-80)."),
    ("BR-61", "A credit transfer names the account to pay to (BT-84)."),
    ("BR-62", "The seller's electronic address has a scheme (BT-34)."),
    ("BR-63", "The buyer's electronic address has a scheme (BT-49)."),
    ("BR-64", "An item's standard identifier has a scheme (BT-157)."),
    ("BR-65", "An item's classification has a scheme (BT-158)."),
    ("BR-CL-01", "The invoice's type is a code of UNTDID 1001 for invoices and credit notes (BT-3)."),
    ("BR-CL-04", "The invoice's currency is a code of ISO 4217 (BT-5)."),
    ("BR-CL-05", "The accounting currency of the tax is a code of ISO 4217 (BT-6)."),
    ("BR-CL-06", "The code of the tax point is one that the standard allows (BT-8)."),
    ("BR-CL-14", "A country is a code of ISO 3166-1."),
    ("BR-CL-15", "An item's country of origin is a code of ISO 3166-1 (BT-159)."),
    ("BR-CL-16", "The payment means is a code of UNTDID 4461 (BT-81)."),
    ("BR-CL-17", "A VAT category is a code of UNTDID 5305 that the standard allows."),
    ("BR-CL-18", "A line's VAT category is a code of UNTDID 5305 that the standard allows (BT-151)."),
    ("BR-CL-19", "The reason of an allowance is a code of UNTDID 5189."),
    ("BR-CO-03", "The date of the tax point and its code exclude each other (BT-7, BT-8)."),
    ("BR-CO-04", "A line's item has a VAT category (BT-151)."),
    ("BR-CO-09", "A VAT number begins with the code of its country; Greece may write EL."),
    ("BR-CO-10", "The sum of the lines is the sum of their net amounts (BT-106)."),
    ("BR-CO-11", "The sum of allowances on the document is the sum of their amounts (BT-107)."),
    ("BR-CO-12", "The sum of charges on the document is the sum of their amounts (BT-108)."),
    ("BR-CO-13", "The total without VAT is the lines less allowances plus charges (BT-109)."),
    ("BR-CO-14", "The VAT total is the sum of the VAT breakdown (BT-110)."),
    ("BR-CO-15", "The total with VAT is the total without it plus VAT (BT-112)."),
    ("BR-CO-16", "The amount due is the total with VAT less what was paid, plus rounding (BT-115)."),
    ("BR-CO-17", "The tax of an entry of the VAT breakdown is its base times its rate, rounded to cents (BT-117)."),
    ("BR-CO-18", "An invoice has a VAT breakdown (BG-23)."),
    ("BR-CO-21", "An allowance on the document has a reason or its code (BT-97, BT-98)."),
    ("BR-CO-22", "A charge on the document has a reason or its code (BT-104, BT-105)."),
    ("BR-CO-23", "A line's allowance has a reason or its code (BT-139, BT-140)."),
    ("BR-CO-24", "A line's charge has a reason or its code (BT-144, BT-145)."),
    ("BR-CO-25", "Where an amount is due, the invoice says when: a due date or payment terms (BT-9, BT-20)."),
    ("BR-CO-26", "The seller can be identified: an identifier, a registration or a VAT number (BT-29, BT-30, BT-31)."),
    ("BR-DEC-01", "An allowance on the document has at most two decimals (BT-92)."),
    ("BR-DEC-02", "The base of an allowance on the document has at most two decimals (BT-93)."),
    ("BR-DEC-05", "A charge on the document has at most two decimals (BT-99)."),
    ("BR-DEC-06", "The base of a charge on the document has at most two decimals (BT-100)."),
    ("BR-DEC-09", "The sum of the lines has at most two decimals (BT-106)."),
    ("BR-DEC-10", "The sum of allowances has at most two decimals (BT-107)."),
    ("BR-DEC-11", "The sum of charges has at most two decimals (BT-108)."),
    ("BR-DEC-12", "The total without VAT has at most two decimals (BT-109)."),
    ("BR-DEC-13", "The VAT total has at most two decimals (BT-110)."),
    ("BR-DEC-14", "The total with VAT has at most two decimals (BT-112)."),
    ("BR-DEC-15", "The VAT total in the accounting currency has at most two decimals (BT-111)."),
    ("BR-DEC-16", "The amount paid has at most two decimals (BT-113)."),
    ("BR-DEC-17", "The rounding amount has at most two decimals (BT-114)."),
    ("BR-DEC-18", "The amount due has at most two decimals (BT-115)."),
    ("BR-DEC-19", "A taxable amount of the VAT breakdown has at most two decimals (BT-116)."),
    ("BR-DEC-20", "A tax amount of the VAT breakdown has at most two decimals (BT-117)."),
    ("BR-DEC-23", "A line's net amount has at most two decimals (BT-131)."),
    ("BR-DEC-24", "A line's allowance has at most two decimals (BT-136)."),
    ("BR-DEC-25", "The base of a line's allowance has at most two decimals (BT-137)."),
    ("BR-DEC-27", "A line's charge has at most two decimals (BT-141)."),
    ("BR-DEC-28", "The base of a line's charge has at most two decimals (BT-142)."),
    ("BR-IC-11", "An intra-community supply has a delivery date or an invoicing period."),
    ("BR-IC-12", "An intra-community supply names the country delivered to (BT-80)."),
    ("BR-O-11", "Where something is not subject to VAT, no other category stands in the VAT breakdown."),
    ("BR-O-12", "Where something is not subject to VAT, no line is of another category."),
    ("BR-O-13", "Where something is not subject to VAT, no allowance is of another category."),
    ("BR-O-14", "Where something is not subject to VAT, no charge is of another category."),
];

/// What a rule asks; `None` where we know no such rule.
pub fn meaning(rule: &str) -> Option<String> {
    let rule = rule.to_ascii_uppercase();
    let known = RULES.iter().find(|(id, _)| *id == rule).map(|(_, words)| (*words).to_owned());
    known.or_else(|| vat::meaning(&rule))
}

/// Every rule, for `explain`.
pub fn rules() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|(id, _)| *id).chain(vat::ids())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_that_can_be_broken_is_explained() {
        let sources =
            [include_str!("codes.rs"), include_str!("presence.rs"), include_str!("sums.rs"), include_str!("vat.rs")];
        let (mut ids, mut unknown) = (0, Vec::new());
        for quoted in sources.iter().flat_map(|source| source.split('"').skip(1).step_by(2)) {
            if quoted.starts_with("BR-") && quoted.ends_with(|c: char| c.is_ascii_digit()) {
                ids += 1;
                unknown.extend(meaning(quoted).is_none().then_some(quoted));
            }
        }
        assert!(ids > 90, "the sources name {ids} rules");
        assert_eq!(unknown, Vec::<&str>::new());
        assert_eq!(rules().filter(|rule| meaning(rule).is_none()).count(), 0);
        assert_eq!(meaning("BR-99"), None);
        expect_test::expect![[r#"
            The buyer has a name (BT-44).
            A line of VAT category S has a rate above 0.
            An entry of category AE in the VAT breakdown says why it is exempt.
            A line of VAT category O asks for no VAT number of seller, representative or buyer.
            The base of category K in the VAT breakdown is the sum of what is taxed so (BT-116)."#]]
        .assert_eq(
            &["br-07", "BR-S-05", "BR-AE-10", "BR-O-02", "BR-IC-08"]
                .map(|rule| meaning(rule).unwrap_or_default())
                .join("\n"),
        );
    }
}
