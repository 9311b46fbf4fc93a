//! How often one caller may ask: a bucket that fills evenly and holds a minute's worth.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::problem::{Code, Problem};

/// Callers that are remembered at a time.
const CALLERS_MAX: usize = 10_000;

#[derive(Debug)]
pub struct Rates {
    per_minute: u32,
    callers: Mutex<HashMap<String, Bucket>>,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    left: f64,
    at: Instant,
}

impl Rates {
    /// 0 is no limit.
    pub fn new(per_minute: u32) -> Self {
        Self { per_minute, callers: Mutex::default() }
    }

    /// Takes one request of a caller.
    ///
    /// # Errors
    /// When there is none left.
    pub fn take(&self, caller: &str) -> Result<(), Problem> {
        self.take_at(caller, Instant::now())
    }

    fn take_at(&self, caller: &str, now: Instant) -> Result<(), Problem> {
        if self.per_minute == 0 {
            return Ok(());
        }
        let most = f64::from(self.per_minute);
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        if callers.len() >= CALLERS_MAX {
            // Whoever has not asked for a minute has a full bucket again.
            callers.retain(|_, bucket| now.duration_since(bucket.at).as_secs() < 60);
        }
        let bucket = callers.entry(caller.to_owned()).or_insert(Bucket { left: most, at: now });
        bucket.left = (bucket.left + now.duration_since(bucket.at).as_secs_f64() * most / 60.0).min(most);
        bucket.at = now;
        if bucket.left < 1.0 {
            return Err(Problem::new(Code::TooMany, format!("{} requests a minute are taken", self.per_minute)));
        }
        bucket.left -= 1.0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_bucket_fills_evenly() {
        let rates = Rates::new(60);
        let now = Instant::now();
        for _ in 0..60 {
            assert!(rates.take_at("erp", now).is_ok());
        }
        assert_eq!(rates.take_at("erp", now).map_err(|problem| problem.code), Err(Code::TooMany));
        assert!(rates.take_at("wms", now).is_ok(), "another caller has another bucket");
        assert!(rates.take_at("erp", now + Duration::from_secs(1)).is_ok());
        assert!(rates.take_at("erp", now + Duration::from_secs(1)).is_err());
        assert!(Rates::new(0).take_at("erp", now).is_ok());
    }
}
