//! A list of codes, found again by one multiplication: codes are packed into eight bytes.

/// Codes of one element. Longer codes than eight bytes are in no list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Codes {
    /// Sorted as text.
    codes: Vec<u64>,
    /// Open addressing; 0 is a free slot, which no code packs to.
    slots: Box<[u64]>,
    shift: u32,
    /// Whether the list is known to be incomplete.
    pub open: bool,
    /// Whether a partner agreed to it: then everything else is an error.
    pub agreed: bool,
}

impl Codes {
    pub fn new<'a>(codes: impl IntoIterator<Item = &'a str>, open: bool) -> Self {
        let mut packed: Vec<u64> = codes.into_iter().filter_map(|code| pack(code.as_bytes())).collect();
        packed.sort_unstable_by_key(|code| code.swap_bytes());
        packed.dedup();
        let size = (packed.len() * 2 + 2).next_power_of_two();
        let shift = 64 - size.trailing_zeros();
        let mut slots = vec![0; size].into_boxed_slice();
        for &code in &packed {
            let mut at = spread(code, shift);
            while slots[at] != 0 {
                at = (at + 1) & (size - 1);
            }
            slots[at] = code;
        }
        Self { codes: packed, slots, shift, open, agreed: false }
    }

    #[inline]
    pub fn contains(&self, value: &[u8]) -> bool {
        let Some(code) = pack(value) else { return false };
        let mut at = spread(code, self.shift);
        // A slot is always free, because the table is at most half full.
        while let Some(&slot) = self.slots.get(at) {
            if slot == code {
                return true;
            }
            if slot == 0 {
                return false;
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
        false
    }

    pub fn len(&self) -> usize {
        self.codes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }

    /// The codes as text, sorted.
    pub fn iter(&self) -> impl Iterator<Item = String> + '_ {
        self.codes.iter().map(|code| {
            let bytes = code.to_le_bytes();
            let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(8);
            String::from_utf8_lossy(&bytes[..end]).into_owned()
        })
    }
}

/// Up to eight bytes as a number; nothing for empty or longer text.
#[inline]
pub fn pack(value: &[u8]) -> Option<u64> {
    // Short codes are nearly all there is: each length is one load or two.
    match *value {
        [a] => Some(u64::from(a)),
        [a, b] => Some(u64::from(u16::from_le_bytes([a, b]))),
        [a, b, c] => Some(u64::from(u32::from_le_bytes([a, b, c, 0]))),
        [] => None,
        _ if value.len() <= 8 => {
            let mut bytes = [0; 8];
            bytes[..value.len()].copy_from_slice(value);
            Some(u64::from_le_bytes(bytes))
        }
        _ => None,
    }
    .filter(|&code| code != 0)
}

#[inline]
fn spread(code: u64, shift: u32) -> usize {
    // Fibonacci hashing: the high bits of the product are well mixed.
    (code.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> shift) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_found_and_listed_in_order() {
        let codes = Codes::new(["ST", "BY", "ZZZ", "1", "LONGCODE", "BY"], false);
        assert_eq!(codes.iter().collect::<Vec<_>>(), ["1", "BY", "LONGCODE", "ST", "ZZZ"]);
        for (value, known) in
            [("BY", true), ("by", false), ("", false), ("LONGCODE", true), ("LONGCODES", false), ("\0", false)]
        {
            assert_eq!(codes.contains(value.as_bytes()), known, "{value}");
        }
    }

    #[test]
    fn an_empty_list_knows_nothing() {
        assert!(!Codes::new([], false).contains(b"A"));
    }
}
