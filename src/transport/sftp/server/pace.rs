//! A rate that a partner may not exceed: how long to wait after so many bytes. Time is an argument.

use std::time::{Duration, Instant};

/// Allows a second's worth at once, then the rate.
#[derive(Debug)]
pub struct Pace {
    bytes_per_second: u64,
    /// When everything sent so far would have gone through at the rate.
    even_at: Instant,
}

const BURST: Duration = Duration::from_secs(1);

impl Pace {
    /// `bytes_per_second` 0 is without a limit.
    pub fn new(bytes_per_second: u64, now: Instant) -> Self {
        Self { bytes_per_second, even_at: now }
    }

    /// Counts bytes and says how long to wait before the next ones.
    pub fn wait(&mut self, bytes: u64, now: Instant) -> Duration {
        if self.bytes_per_second == 0 {
            return Duration::ZERO;
        }
        let nanoseconds = u128::from(bytes) * 1_000_000_000 / u128::from(self.bytes_per_second);
        let cost = Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX));
        self.even_at = self.even_at.max(now) + cost;
        self.even_at.duration_since(now).saturating_sub(BURST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_at_once_then_the_rate() {
        let start = Instant::now();
        let mut pace = Pace::new(1000, start);
        for (after_ms, bytes, wait_ms) in [(0, 1000, 0), (0, 500, 500), (500, 500, 500), (5000, 1000, 0)] {
            let now = start + Duration::from_millis(after_ms);
            assert_eq!(pace.wait(bytes, now), Duration::from_millis(wait_ms), "{after_ms}");
        }
        assert_eq!(Pace::new(0, start).wait(u64::MAX, start), Duration::ZERO);
    }
}
