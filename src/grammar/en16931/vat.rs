//! Value added tax by category (EN 16931-1: BR-S, BR-Z, BR-E, BR-AE, BR-IC, BR-G, BR-O, BR-AF, BR-AG; BR-45 to BR-48).
//!
//! The nine categories break the same ten rules in nine ways; one table says how.

use rust_decimal::Decimal;

use super::sums::rounded;
use super::{Rules, decimal, inner, join, numbered, records, text, value};
use crate::canonical::Record;

/// How one category behaves.
struct Category {
    /// UNCL 5305.
    code: &'static str,
    /// The rules' ids: 01 to 10.
    rules: [&'static str; 10],
    rate: Rate,
    /// Exempt: a reason must stand in the breakdown; otherwise none may.
    exempt: bool,
    /// The breakdown has one entry per rate; otherwise one in all.
    by_rate: bool,
    registered: Registered,
}

#[derive(Clone, Copy)]
enum Rate {
    Positive,
    Zero,
    /// Zero or more.
    Any,
    Absent,
}

impl Rate {
    fn words(self) -> &'static str {
        match self {
            Self::Positive => "a rate above 0",
            Self::Zero => "the rate 0",
            Self::Any => "a rate of 0 or more",
            Self::Absent => "no rate",
        }
    }
}

/// Whose registration a category wants.
#[derive(Clone, Copy)]
enum Registered {
    /// The seller's VAT or other tax number, or the tax representative's.
    Seller,
    /// The seller's or representative's VAT number.
    SellerVat,
    /// That of `Seller`, and the buyer's VAT number or registration.
    Both,
    /// That of `SellerVat`, and the buyer's VAT number.
    BothVat,
    /// Nobody's VAT number.
    Nobody,
}

impl Registered {
    fn words(self) -> &'static str {
        match self {
            Self::Seller => "the seller's VAT or tax number, or the tax representative's",
            Self::SellerVat => "the seller's VAT number or the tax representative's",
            Self::Both => "the seller's and the buyer's VAT numbers or registrations",
            Self::BothVat => "the seller's and the buyer's VAT numbers",
            Self::Nobody => "no VAT number of seller, representative or buyer",
        }
    }
}

macro_rules! ids {
    ($prefix:literal) => {
        [
            concat!("BR-", $prefix, "-01"),
            concat!("BR-", $prefix, "-02"),
            concat!("BR-", $prefix, "-03"),
            concat!("BR-", $prefix, "-04"),
            concat!("BR-", $prefix, "-05"),
            concat!("BR-", $prefix, "-06"),
            concat!("BR-", $prefix, "-07"),
            concat!("BR-", $prefix, "-08"),
            concat!("BR-", $prefix, "-09"),
            concat!("BR-", $prefix, "-10"),
        ]
    };
}

const CATEGORIES: [Category; 9] = [
    category("S", ids!("S"), Rate::Positive, false, true, Registered::Seller),
    category("Z", ids!("Z"), Rate::Zero, false, false, Registered::Seller),
    category("E", ids!("E"), Rate::Zero, true, false, Registered::Seller),
    category("AE", ids!("AE"), Rate::Zero, true, false, Registered::Both),
    category("K", ids!("IC"), Rate::Zero, true, false, Registered::BothVat),
    category("G", ids!("G"), Rate::Zero, true, false, Registered::SellerVat),
    category("O", ids!("O"), Rate::Absent, true, false, Registered::Nobody),
    category("L", ids!("AF"), Rate::Any, false, true, Registered::Seller),
    category("M", ids!("AG"), Rate::Any, false, true, Registered::Seller),
];

const fn category(
    code: &'static str,
    rules: [&'static str; 10],
    rate: Rate,
    exempt: bool,
    by_rate: bool,
    registered: Registered,
) -> Category {
    Category { code, rules, rate, exempt, by_rate, registered }
}

/// The ids of the rules by category.
pub(super) fn ids() -> impl Iterator<Item = &'static str> {
    CATEGORIES.iter().flat_map(|category| category.rules)
}

/// What one of them asks.
pub(super) fn meaning(rule: &str) -> Option<String> {
    let (category, at) = CATEGORIES
        .iter()
        .find_map(|category| category.rules.iter().position(|id| *id == rule).map(|at| (category, at)))?;
    let code = category.code;
    let taxed = ["line", "allowance on the document", "charge on the document"];
    Some(match at {
        0 if category.by_rate => format!("What is of VAT category {code} has at least one entry in the VAT breakdown."),
        0 => format!("What is of VAT category {code} has exactly one entry in the VAT breakdown."),
        1..4 => format!("A {} of VAT category {code} asks for {}.", taxed[at - 1], category.registered.words()),
        4..7 => format!("A {} of VAT category {code} has {}.", taxed[at - 4], category.rate.words()),
        7 => format!("The base of category {code} in the VAT breakdown is the sum of what is taxed so (BT-116)."),
        8 if matches!(category.rate, Rate::Zero | Rate::Absent) => {
            format!("The tax of category {code} in the VAT breakdown is 0 (BT-117).")
        }
        8 => format!("The tax of category {code} in the VAT breakdown is base times rate (BT-117)."),
        _ if category.exempt => format!("An entry of category {code} in the VAT breakdown says why it is exempt."),
        _ => format!("An entry of category {code} in the VAT breakdown has no reason for exemption."),
    })
}

/// Something taxed: a line, an allowance or a charge.
struct Taxed {
    path: String,
    /// 0 line, 1 allowance, 2 charge: which of three neighbouring rules speaks.
    sort: usize,
    category: String,
    rate: Option<Decimal>,
    /// Allowances lower the base.
    amount: Decimal,
}

pub(super) fn check(rules: &mut Rules<'_>) {
    let invoice = rules.invoice;
    let taxed = taxed(rules);
    let breakdown: Vec<(String, &Record<'_>)> = numbered(invoice, "taxes", "").collect();
    if breakdown.is_empty() {
        rules.tell("BR-CO-18", "taxes", None, "a VAT breakdown");
    }
    for (path, tax) in &breakdown {
        rules.need("BR-45", tax, path, "taxable", "the taxable amount");
        rules.need("BR-46", tax, path, "amount", "the tax amount");
        rules.need("BR-47", tax, path, "category", "the VAT category");
        if text(tax, "category") != Some("O") {
            rules.need("BR-48", tax, path, "rate", "the VAT rate");
        }
    }
    for category in &CATEGORIES {
        let here: Vec<&Taxed> = taxed.iter().filter(|item| item.category == category.code).collect();
        let broken_down: Vec<&(String, &Record<'_>)> =
            breakdown.iter().filter(|(_, tax)| is_vat(tax) && text(tax, "category") == Some(category.code)).collect();
        if here.is_empty() && broken_down.is_empty() {
            continue;
        }
        let count = broken_down.len();
        if count == 0 || (count > 1 && !category.by_rate) {
            let wanted = if category.by_rate { "at least one" } else { "exactly one" };
            rules.tell(category.rules[0], "taxes", None, format!("{wanted} entry of category {}", category.code));
        }
        registered(rules, category, &here);
        rates(rules, category, &here);
        for (path, tax) in &broken_down {
            base(rules, category, &here, tax, path);
            amount(rules, category, tax, path);
            let reason = value(tax, "exemption").is_some() || value(tax, "exemption_code").is_some();
            match (category.exempt, reason) {
                (true, false) => {
                    rules.tell(category.rules[9], join(path, "exemption"), None, "an exemption reason or its code")
                }
                (false, true) => rules.tell(category.rules[9], join(path, "exemption"), None, "no exemption reason"),
                _ => {}
            }
        }
        if category.code == "K" {
            delivered(rules, count > 0);
        }
        if category.code == "O" && count > 0 {
            alone(rules, &taxed, &breakdown);
        }
    }
}

fn taxed(rules: &Rules<'_>) -> Vec<Taxed> {
    let item = |path: String, sort, record: &Record<'_>, sign: Decimal| {
        let tax = inner(record, "tax").filter(|tax| is_vat(tax))?;
        Some(Taxed {
            path,
            sort,
            category: text(tax, "category")?.to_owned(),
            rate: decimal(tax, "rate"),
            amount: decimal(record, "amount").unwrap_or(Decimal::ZERO) * sign,
        })
    };
    let invoice = rules.invoice;
    let lines = rules.lines().filter_map(|(path, line)| item(path, 0, line, Decimal::ONE));
    let allowances =
        rules.adjustments(invoice, "", "allowance").filter_map(|(p, a)| item(p, 1, a, Decimal::NEGATIVE_ONE));
    let charges = rules.adjustments(invoice, "", "charge").filter_map(|(p, a)| item(p, 2, a, Decimal::ONE));
    lines.chain(allowances).chain(charges).collect()
}

fn is_vat(tax: &Record<'_>) -> bool {
    text(tax, "type").is_none_or(|kind| kind == "vat")
}

fn registered(rules: &mut Rules<'_>, category: &Category, here: &[&Taxed]) {
    let of = |role: &str, field: &str| rules.party(role).is_some_and(|(party, _)| value(party, field).is_some());
    let representative = of("tax_representative", "vat_number");
    let seller_vat = of("seller", "vat_number") || representative;
    let seller = seller_vat || of("seller", "tax_number");
    let buyer_vat = of("buyer", "vat_number");
    let good = match category.registered {
        Registered::Seller => seller,
        Registered::SellerVat => seller_vat,
        Registered::Both => seller && (buyer_vat || of("buyer", "legal_id")),
        Registered::BothVat => seller_vat && buyer_vat,
        Registered::Nobody => !seller_vat && !buyer_vat,
    };
    if good {
        return;
    }
    for sort in 0..3 {
        if here.iter().any(|item| item.sort == sort) {
            let (path, _) = rules.party("seller").map_or((String::new(), ()), |(_, path)| (path, ()));
            rules.tell(category.rules[1 + sort], join(&path, "vat_number"), None, category.registered.words());
        }
    }
}

fn rates(rules: &mut Rules<'_>, category: &Category, here: &[&Taxed]) {
    for item in here {
        let good = match category.rate {
            Rate::Positive => item.rate.is_some_and(|rate| rate > Decimal::ZERO),
            Rate::Zero => item.rate.is_some_and(|rate| rate.is_zero()),
            Rate::Any => item.rate.is_some_and(|rate| rate >= Decimal::ZERO),
            Rate::Absent => item.rate.is_none(),
        };
        if !good {
            let found = item.rate.map(|rate| rate.to_string());
            rules.tell(category.rules[4 + item.sort], join(&item.path, "tax.rate"), found, category.rate.words());
        }
    }
}

/// The base of an entry is the sum of what is taxed so; entries by rate are forgiven less than one unit.
fn base(rules: &mut Rules<'_>, category: &Category, here: &[&Taxed], tax: &Record<'_>, path: &str) {
    let Some(found) = decimal(tax, "taxable") else { return };
    let rate = decimal(tax, "rate");
    let of_it = here.iter().filter(|item| !category.by_rate || item.rate == rate);
    let wanted = rounded(of_it.map(|item| item.amount).sum());
    let difference = (found - wanted).abs();
    if if category.by_rate { difference >= Decimal::ONE } else { !difference.is_zero() } {
        rules.tell(
            category.rules[7],
            join(path, "taxable"),
            Some(found.to_string()),
            format!("{wanted}, the sum of what is taxed so"),
        );
    }
}

fn amount(rules: &mut Rules<'_>, category: &Category, tax: &Record<'_>, path: &str) {
    let Some(found) = decimal(tax, "amount") else { return };
    let wanted = match category.rate {
        Rate::Zero | Rate::Absent => Decimal::ZERO,
        Rate::Positive | Rate::Any => {
            let (Some(base), Some(rate)) = (decimal(tax, "taxable"), decimal(tax, "rate")) else { return };
            let Some(product) = base.checked_mul(rate) else { return };
            rounded(product / Decimal::ONE_HUNDRED)
        }
    };
    let forgiven = if wanted.is_zero() { Decimal::ZERO } else { Decimal::ONE };
    if (found - wanted).abs() > Decimal::ZERO && (found - wanted).abs() >= forgiven {
        rules.tell(category.rules[8], join(path, "amount"), Some(found.to_string()), format!("{wanted}"));
    }
}

/// Intra-community supply: when and where to.
fn delivered(rules: &mut Rules<'_>, broken_down: bool) {
    if !broken_down {
        return;
    }
    let invoice = rules.invoice;
    let dated = records(invoice, "dates").any(|date| text(date, "kind") == Some("delivered"))
        || inner(invoice, "period").is_some_and(|p| value(p, "start").is_some() || value(p, "end").is_some());
    if !dated {
        rules.tell("BR-IC-11", "dates", None, "a delivery date or an invoicing period");
    }
    let placed = rules
        .party("ship_to")
        .is_some_and(|(party, _)| inner(party, "address").is_some_and(|address| value(address, "country").is_some()));
    if !placed {
        rules.tell("BR-IC-12", "parties", None, "the country delivered to");
    }
}

/// Not subject to VAT: nothing else may stand beside it.
fn alone(rules: &mut Rules<'_>, taxed: &[Taxed], breakdown: &[(String, &Record<'_>)]) {
    const SORTS: [&str; 3] = ["BR-O-12", "BR-O-13", "BR-O-14"];
    let other = breakdown.iter().find(|(_, tax)| text(tax, "category").is_some_and(|category| category != "O"));
    if let Some((path, _)) = other {
        rules.tell("BR-O-11", join(path, "category"), None, "no other category beside O");
    }
    for (sort, rule) in SORTS.into_iter().enumerate() {
        if let Some(item) = taxed.iter().find(|item| item.sort == sort && item.category != "O") {
            rules.tell(
                rule,
                join(&item.path, "tax.category"),
                Some(item.category.clone()),
                "no other category beside O",
            );
        }
    }
}
