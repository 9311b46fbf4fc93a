//! Values from code lists (EN 16931-1: BR-CL-01 to BR-CL-19). Lists grow faster than programs, so a code that is not on
//! one is warned of and rejects nothing.

use super::{Rules, inner, join, numbered, text};
use crate::canonical::Record;
use crate::finding::Severity;

/// ISO 4217.
const CURRENCIES: &str = "\
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF \
    CHW CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD \
    HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD \
    MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN \
    PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD \
    TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAD XAF XAG XAU XBA XBB XBC XBD XCD XCG XDR XOF XPD \
    XPF XPT XSU XTS XUA XXX YER ZAR ZMW ZWG";

/// ISO 3166-1, with what trade adds to it: Northern Ireland, Kosovo.
const COUNTRIES: &str = "\
    1A AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY \
    BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM \
    FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT \
    JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN \
    MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT \
    PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL \
    TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XI XK YE YT ZA ZM ZW";

/// Documents that ask for money or give it back (UN/EDIFACT 1001).
const TYPES: &str = "71 80 81 82 83 84 102 130 202 203 204 211 218 219 261 262 295 296 308 325 326 331 380 381 382 383 384 \
    385 386 387 388 389 390 393 394 395 396 420 456 457 458 502 503 527 532 553 575 623 633 751 780 817 870 875 876 877 935";
/// When value added tax is due (UN/EDIFACT 2005 in UBL, 2475 in CII).
const TAX_POINTS: &str = "3 35 432 5 29 72";
/// VAT categories (UN/EDIFACT 5305).
const CATEGORIES: &str = "AE E S Z G O K L M B";
/// Reasons of allowances (UN/EDIFACT 5189).
const ALLOWANCES: &str = "41 42 60 62 63 64 65 66 67 68 70 71 88 95 100 102 103 104 105";

pub(super) fn check(rules: &mut Rules<'_>) {
    let invoice = rules.invoice;
    listed(rules, "BR-CL-01", invoice, ("", "type"), |code| is_name(code) || is_on(TYPES, code));
    listed(rules, "BR-CL-04", invoice, ("", "currency"), |code| is_on(CURRENCIES, code));
    listed(rules, "BR-CL-05", invoice, ("", "tax_currency"), |code| is_on(CURRENCIES, code));
    if let Some(period) = inner(invoice, "period") {
        listed(rules, "BR-CL-06", period, ("period", "code"), |code| is_on(TAX_POINTS, code));
    }
    for (path, party) in numbered(invoice, "parties", "") {
        if let Some(address) = inner(party, "address") {
            let around = join(&path, "address");
            listed(rules, "BR-CL-14", address, (&around, "country"), |code| is_on(COUNTRIES, code));
        }
    }
    for (path, payment) in numbered(invoice, "payments", "") {
        listed(rules, "BR-CL-16", payment, (&path, "method"), |code| is_name(code) || is_means(code));
    }
    for (path, tax) in numbered(invoice, "taxes", "").filter(|(_, tax)| text(tax, "type") == Some("vat")) {
        listed(rules, "BR-CL-17", tax, (&path, "category"), |code| is_on(CATEGORIES, code));
    }
    adjusted(rules, invoice, "");
    for (path, line) in rules.lines() {
        listed(rules, "BR-CL-15", line, (&path, "origin"), |code| is_on(COUNTRIES, code));
        if let Some(tax) = inner(line, "tax") {
            let around = join(&path, "tax");
            listed(rules, "BR-CL-18", tax, (&around, "category"), |code| is_on(CATEGORIES, code));
        }
        adjusted(rules, line, &path);
    }
}

fn adjusted(rules: &mut Rules<'_>, record: &Record<'_>, around: &str) {
    for (path, adjustment) in numbered(record, "adjustments", around) {
        if text(adjustment, "kind") == Some("allowance") {
            listed(rules, "BR-CL-19", adjustment, (&path, "code"), |code| is_on(ALLOWANCES, code));
        }
        if let Some(tax) = inner(adjustment, "tax") {
            let around = join(&path, "tax");
            listed(rules, "BR-CL-17", tax, (&around, "category"), |code| is_on(CATEGORIES, code));
        }
    }
}

/// Tells the rule where a field has a value that is on no list.
fn listed(
    rules: &mut Rules<'_>,
    rule: &'static str,
    record: &Record<'_>,
    (around, field): (&str, &str),
    is_known: impl Fn(&str) -> bool,
) {
    if let Some(code) = text(record, field).filter(|code| !is_known(code)) {
        rules.tell(rule, join(around, field), Some(code.to_owned()), "a code of the list");
        if let Some(last) = rules.broken.last_mut() {
            last.severity = Severity::Warning;
        }
    }
}

/// A code that a table of the map knows has become a word of ours.
fn is_name(code: &str) -> bool {
    code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

fn is_on(list: &str, code: &str) -> bool {
    list.split(' ').any(|known| known == code)
}

/// How money moves (UN/EDIFACT 4461).
fn is_means(code: &str) -> bool {
    code == "ZZZ" || code.parse::<u8>().is_ok_and(|code| matches!(code, 1..=70 | 74..=78 | 91..=98))
}
