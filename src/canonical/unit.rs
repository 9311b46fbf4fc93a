//! Units of measure that are one and the same under several codes. Maps bring X12's codes to those of UN/ECE recommendation
//! 20; what is counted one by one still has several there, and partners use them without a difference.

/// One by one: each, piece (EDIFACT), piece (recommendation 20), piece (X12), one.
const EACH: &[&str] = &["EA", "PCE", "H87", "PC", "C62"];

/// Whether two codes mean the same unit, so that no quantity changes between them.
pub fn same(one: &str, other: &str) -> bool {
    one == other || (EACH.contains(&one) && EACH.contains(&other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_one_by_one_is_one_unit() {
        assert!(same("EA", "PCE") && same("H87", "C62") && same("CA", "CA"));
        assert!(!same("EA", "CA") && !same("PCE", "KGM") && !same("DZN", "EA"));
    }
}
