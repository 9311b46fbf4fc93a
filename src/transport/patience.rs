//! How long somebody who sends is waited for: a slow line is no attack, standing still and trickling are.

use std::time::Duration;

use tokio::time::Instant;

/// Bytes a second below which nobody sends for long: less than any line of these days, more than a dripping tap.
const RATE_MIN: u64 = 256;

/// The patience with one body as it comes in.
#[derive(Debug)]
pub struct Patience {
    silence: Duration,
    began: Instant,
    bytes: u64,
}

impl Patience {
    /// Begins now; nothing may come for as long as `silence`.
    pub fn new(silence: Duration) -> Self {
        Self { silence, began: Instant::now(), bytes: 0 }
    }

    /// Waits for the next piece; `None` when it does not come in time, or too little came since the beginning.
    pub async fn wait<T>(&self, piece: impl Future<Output = T>) -> Option<T> {
        let dripping = self.silence.saturating_add(Duration::from_secs(self.bytes / RATE_MIN));
        let left = dripping.saturating_sub(self.began.elapsed());
        tokio::time::timeout(left.min(self.silence), piece).await.ok()
    }

    /// So many bytes came.
    pub fn came(&mut self, bytes: usize) {
        self.bytes += bytes as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pieces of so many bytes, each after so many milliseconds: how many are waited for.
    async fn pieces(bytes: usize, millis: u64) -> usize {
        let mut patience = Patience::new(Duration::from_millis(100));
        for count in 0..20 {
            if patience.wait(tokio::time::sleep(Duration::from_millis(millis))).await.is_none() {
                return count;
            }
            patience.came(bytes);
        }
        20
    }

    #[tokio::test]
    async fn the_slow_are_borne_and_neither_the_silent_nor_the_dripping() {
        assert_eq!(pieces(64 << 10, 20).await, 20, "slow, and it goes on");
        assert_eq!(pieces(1, 2_000).await, 0, "silent");
        assert!(pieces(1, 20).await < 10, "never silent for long, and it never ends");
    }
}
