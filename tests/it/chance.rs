//! Chance that can be had again.

/// Small random numbers (xorshift), repeatable by seed.
pub struct Chance(pub u64);

impl Chance {
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound.max(1)
    }
}

/// `ENTREPOT_SEED`, or one of the moment: a test that fails names it.
pub fn seed() -> u64 {
    let given = std::env::var("ENTREPOT_SEED").ok().and_then(|text| text.parse().ok());
    given.unwrap_or_else(|| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(1, |now| now.as_nanos());
        (now as u64) | 1
    })
}
