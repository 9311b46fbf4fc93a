//! Serial shipping container codes: given out once each, with their check digit, and told apart from those seen before.
//!
//! An SSCC has eighteen digits: an extension digit, the GS1 company prefix, a serial reference, a check digit (GS1 General
//! Specifications, 2.2.1). The counter is an argument: whoever keeps it gives each number once.

use super::event::{Pack, Shipment};
use super::exception::ExceptionKind;
use super::intake::Problem;
use crate::canonical::check_digit;

/// Digits before the check digit.
const BODY: usize = 17;

/// The code with a serial number under a prefix (extension digit and company prefix). `None` where the prefix is not digits,
/// or the serial number has more digits than the prefix leaves.
pub fn allocate(prefix: &str, serial: u64) -> Option<String> {
    let width = BODY.checked_sub(prefix.len()).filter(|width| *width > 0)?;
    let serial = format!("{serial:0width$}");
    if serial.len() > width {
        return None;
    }
    let body = format!("{prefix}{serial}");
    let digit = check_digit::check_digit(&body)?;
    Some(format!("{body}{digit}"))
}

/// How many codes a prefix has in all; after that many they would repeat.
pub fn capacity(prefix: &str) -> u64 {
    let width = BODY.saturating_sub(prefix.len()).min(BODY);
    10_u64.saturating_pow(u32::try_from(width).unwrap_or(0))
}

/// Whether a pack has no code yet.
pub fn is_bare(pack: &Pack) -> bool {
    pack.sscc.as_deref().is_none_or(str::is_empty)
}

/// Gives codes to the packs of a shipment that have none, from serial numbers in order. Codes that are there stay.
///
/// # Errors
/// In words, when there are too few numbers, or the prefix leaves no room for one.
pub fn label(packs: &mut [Pack], prefix: &str, serials: impl IntoIterator<Item = u64>) -> Result<(), String> {
    let mut serials = serials.into_iter();
    for pack in packs.iter_mut().filter(|pack| is_bare(pack)) {
        let code = serials.next().and_then(|serial| allocate(prefix, serial));
        pack.sscc = Some(code.ok_or_else(|| format!("no SSCC is left under the prefix {prefix}"))?);
    }
    Ok(())
}

/// What is wrong with the codes of a shipment. `seen` tells whether a code was used by the same shipper in the last 365 days.
/// A wrong check digit is told of notices that come in; on the way out it stops the notice.
pub fn problems(shipment: &Shipment, seen: impl Fn(&str) -> bool) -> Vec<Problem> {
    let codes: Vec<&str> = shipment.packs.iter().filter_map(|pack| pack.sscc.as_deref()).map(bare).collect();
    let mut problems = Vec::new();
    for (at, code) in codes.iter().enumerate() {
        if !check_digit::is_sscc(code) {
            let words = format!("SSCC {code} of shipment {} fails its check digit", shipment.number);
            problems.push(Problem::new(ExceptionKind::PackMismatch, words));
        }
        if codes[..at].contains(code) || seen(code) {
            let words = format!("SSCC {code} of shipment {} was used before", shipment.number);
            problems.push(Problem::new(ExceptionKind::SsccDuplicate, words));
        }
    }
    problems
}

/// Without the application identifier that labels put in front.
pub fn bare(code: &str) -> &str {
    if code.len() == 20 { code.strip_prefix("00").unwrap_or(code) } else { code }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_given_with_their_check_digit() {
        let cases = [
            // The worked example of the specification, cut into prefix and serial number.
            ("37610425", 2_123_456, Some("376104250021234569")),
            ("34012345", 1, Some("340123450000000017")),
            ("34012345", 999_999_999, Some("340123459999999999")),
            ("34012345", 1_000_000_000, None),
            ("3401x345", 1, None),
            ("34012345678901234", 1, None),
        ];
        for (prefix, serial, code) in cases {
            assert_eq!(allocate(prefix, serial).as_deref(), code, "{prefix} {serial}");
            assert!(code.is_none_or(check_digit::is_sscc));
        }
        assert_eq!(capacity("34012345"), 1_000_000_000);
    }

    #[test]
    fn packs_without_a_code_get_one_each() {
        let given = "376104250021234569";
        let mut packs =
            vec![Pack::default(), Pack { sscc: Some(given.to_owned()), ..Pack::default() }, Pack::default()];
        assert_eq!(label(&mut packs, "34012345", 1..), Ok(()));
        let codes: Vec<_> = packs.iter().map(|pack| pack.sscc.clone().unwrap()).collect();
        assert_eq!(codes, ["340123450000000017", given, "340123450000000024"]);
        assert!(label(&mut [Pack::default()], "34012345", [u64::MAX]).is_err());
    }

    #[test]
    fn a_code_seen_before_is_told() {
        let pack = |code: &str| Pack { sscc: Some(code.into()), ..Pack::default() };
        let packs = vec![pack("00376104250021234569"), pack("376104250021234569"), pack("340123450000000018")];
        let shipment = Shipment { number: "S1".into(), packs, ..Shipment::default() };
        let kinds: Vec<_> = problems(&shipment, |_| false).into_iter().map(|problem| problem.kind).collect();
        assert_eq!(kinds, [ExceptionKind::SsccDuplicate, ExceptionKind::PackMismatch]);
        assert_eq!(problems(&shipment, |code| code == "376104250021234569").len(), 3);
    }
}
