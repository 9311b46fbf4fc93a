//! Control numbers already seen in one envelope, in bounded memory.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

use rustc_hash::FxHasher;
use serde::{Deserialize, Serialize};

/// How many separate runs of numbers are remembered. Numbers that count upwards need one, however many they are;
/// only a partner who draws them at random can fill this, and then later repeats may go unnoticed.
const RUNS_MAX: usize = 16 * 1024;

/// The numbers seen, as runs: first to last.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Numbers {
    runs: BTreeMap<u64, u64>,
}

impl Numbers {
    /// Notes a number. True when it was there before.
    pub fn is_repeated(&mut self, number: &str) -> bool {
        let key = key(number);
        let before = self.runs.range(..=key).next_back().map(|(&first, &last)| (first, last));
        let mut run = (key, key);
        if let Some((first, last)) = before {
            if key <= last {
                return true;
            }
            if last + 1 == key {
                run.0 = first;
            }
        }
        if let Some(after) = self.runs.remove(&(key + 1)) {
            run.1 = after;
        }
        if run.0 != key || run.1 != key || self.runs.len() < RUNS_MAX {
            self.runs.insert(run.0, run.1);
        }
        false
    }
}

/// Digits count as numbers of their width, so that `0009` is followed by `0010`; anything else is hashed.
fn key(number: &str) -> u64 {
    match number.parse::<u64>() {
        Ok(value) if number.len() <= 14 && number.bytes().all(|b| b.is_ascii_digit()) => {
            (number.len() as u64) << 48 | value
        }
        _ => {
            let mut hasher = FxHasher::default();
            number.hash(&mut hasher);
            (1 << 63) | (hasher.finish() >> 2)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_repeated_when_it_comes_again() {
        check("0001 0002 0003", "");
        check("0001 0002 0001", "0001");
        check("0003 0001 0002 0002", "0002");
        check("1 01 001", "");
        check("A B A", "A");
        check("99999999999999 99999999999999", "99999999999999");
        check("123456789012345678 123456789012345678", "123456789012345678");
    }

    #[test]
    fn counting_upwards_needs_one_run() {
        let mut numbers = Numbers::default();
        for n in 0..100_000 {
            assert!(!numbers.is_repeated(&format!("{n:09}")));
        }
        assert_eq!(numbers.runs.len(), 1);
        assert!(numbers.is_repeated("000054321"));
    }

    #[test]
    fn numbers_at_random_meet_a_limit() {
        let mut numbers = Numbers::default();
        for n in 0..4 * RUNS_MAX {
            numbers.is_repeated(&format!("{:09}", n * 7));
        }
        assert_eq!(numbers.runs.len(), RUNS_MAX);
    }

    fn check(given: &str, repeated: &str) {
        let mut numbers = Numbers::default();
        let got: Vec<_> = given.split(' ').filter(|n| numbers.is_repeated(n)).collect();
        assert_eq!(got.join(" "), repeated, "{given}");
    }
}
