//! How long to wait after a failure: doubling, with a bound, and scattered so that many do not come back at once.

use std::time::Duration;

/// The rule for every kind of job.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Retry {
    /// After the first failure.
    pub first: Duration,
    /// At most this.
    pub longest: Duration,
    /// Tries in all, the first included; then a person decides.
    pub tries_max: u32,
}

impl Default for Retry {
    fn default() -> Self {
        Self { first: Duration::from_secs(2), longest: Duration::from_secs(15 * 60), tries_max: 12 }
    }
}

impl Retry {
    /// The wait after a failure, when `attempts` failed before it; `None` when that was the last try. `chance` is in
    /// 0..1 and moves the wait by up to a quarter either way.
    pub fn after(&self, attempts: u32, chance: f64) -> Option<Duration> {
        (attempts + 1 < self.tries_max).then(|| self.wait(attempts, chance))
    }

    /// The same without a last try: for what is no job's fault, such as a full disk.
    pub fn wait(&self, attempts: u32, chance: f64) -> Duration {
        let doubled = self.first.saturating_mul(2_u32.saturating_pow(attempts.min(30)));
        doubled.min(self.longest).mul_f64(0.75 + chance.clamp(0.0, 1.0) / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_bound_and_end() {
        for (attempts, chance, seconds) in [
            (0, 0.5, Some(2.0)),
            (0, 0.0, Some(1.5)),
            (0, 1.0, Some(2.5)),
            (1, 0.5, Some(4.0)),
            (4, 0.5, Some(32.0)),
            (10, 0.5, Some(900.0)),
            (11, 0.5, None),
            (4_000_000_000, 0.5, None),
        ] {
            let wait = Retry::default().after(attempts, chance).map(|wait| wait.as_secs_f64());
            assert_eq!(wait, seconds, "attempt {attempts} at chance {chance}");
        }
    }
}
