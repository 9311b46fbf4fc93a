//! Check digits of GS1 keys: GTIN, GLN, SSCC. Source: GS1 General Specifications, section 7.9 (modulo 10, weights 3 and 1).

/// The check digit for a key without one: eleven digits for a GTIN-12, seventeen for an SSCC. `None` where not all are digits.
pub fn check_digit(body: &str) -> Option<u8> {
    let mut sum = 0_u32;
    for (at, byte) in body.bytes().rev().enumerate() {
        if !byte.is_ascii_digit() {
            return None;
        }
        sum += u32::from(byte - b'0') * if at % 2 == 0 { 3 } else { 1 };
    }
    Some(((10 - sum % 10) % 10) as u8)
}

/// Whether a key's last digit is its check digit.
pub fn is_valid(key: &str) -> bool {
    let Some((body, last)) = key.split_at_checked(key.len().saturating_sub(1)) else { return false };
    !body.is_empty() && check_digit(body).is_some_and(|digit| last.as_bytes() == [b'0' + digit])
}

/// A GTIN of 8, 12, 13 or 14 digits.
pub fn is_gtin(key: &str) -> bool {
    matches!(key.len(), 8 | 12 | 13 | 14) && is_valid(key)
}

/// What a case holds: the GTIN-13 of the unit in a GTIN-14 whose indicator says that it is a pack of it (GS1 General
/// Specifications 2.1.6). A variable measure (9) holds nothing that can be counted.
pub fn unit_of_case(key: &str) -> Option<String> {
    if key.len() != 14 || !is_valid(key) || !matches!(key.as_bytes().first(), Some(b'1'..=b'8')) {
        return None;
    }
    let body = key.get(1..13)?;
    Some(format!("{body}{}", check_digit(body)?))
}

/// A GLN of 13 digits.
pub fn is_gln(key: &str) -> bool {
    key.len() == 13 && is_valid(key)
}

/// An SSCC of 18 digits; the application identifier `00` in front is allowed, as MAN*GM carries it.
pub fn is_sscc(key: &str) -> bool {
    let bare = if key.len() == 20 { key.strip_prefix("00").unwrap_or(key) } else { key };
    bare.len() == 18 && is_valid(bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_from_the_specification() {
        // The worked example of GS1 General Specifications 7.9 and well-known numbers.
        assert_eq!(check_digit("37610425002123456"), Some(9));
        for (key, valid) in [
            ("376104250021234569", true),
            ("376104250021234568", false),
            ("4006381333931", true),
            ("036000291452", true),
            ("", false),
            ("5", false),
            ("40063813339x1", false),
        ] {
            assert_eq!(is_valid(key), valid, "{key}");
        }
        for (case, unit) in [
            ("10036000291459", Some("0036000291452")),
            ("00036000291452", None),
            ("90036000291455", None),
            ("10036000291450", None),
            ("036000291452", None),
        ] {
            assert_eq!(unit_of_case(case).as_deref(), unit, "{case}");
        }
        assert!(is_sscc("376104250021234569") && is_sscc("00376104250021234569") && !is_sscc("0037610425002123456"));
        assert!(is_gtin("036000291452") && !is_gtin("0360002914528") && is_gln("4006381333931"));
    }
}
