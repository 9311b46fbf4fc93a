//! The demo's time: the system's, which an act may turn forward to see what happens when nothing happens.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;

use crate::clock::Clock;

#[derive(Debug, Default)]
pub struct StageClock {
    seconds_ahead: AtomicI64,
}

impl StageClock {
    pub fn turn_forward(&self, hours: i64) {
        self.seconds_ahead.fetch_add(hours * 3600, Ordering::AcqRel);
    }
}

impl Clock for StageClock {
    fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        Timestamp::from_second(now.as_second() + self.seconds_ahead.load(Ordering::Acquire)).unwrap_or(now)
    }
}
