//! Backoff against guessing: an address that keeps failing to log in is made to wait, longer each time.
//!
//! Time is an argument; the door asks before it listens to anybody.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// Failures that cost nothing: people mistype, programs are configured anew.
const FREE: u32 = 5;
/// The first wait; it doubles with every further failure.
const FIRST_WAIT: Duration = Duration::from_secs(2);
const LONGEST_WAIT: Duration = Duration::from_secs(900);
/// After so long without a failure an address is forgotten.
const FORGOTTEN: Duration = Duration::from_secs(3600);
/// Addresses kept in mind; beyond that the oldest are forgotten, so that memory stays bounded under attack.
const KNOWN_MAX: usize = 10_000;

/// What is remembered of addresses that failed.
#[derive(Debug, Default)]
pub struct Guard {
    known: HashMap<IpAddr, Known>,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    failures: u32,
    last: Instant,
}

impl Guard {
    /// How long an address must still wait before it is listened to; `None` when it may come.
    pub fn waits(&self, address: IpAddr, now: Instant) -> Option<Duration> {
        let known = self.known.get(&ours(address))?;
        let wait = wait_after(known.failures)?;
        (known.last + wait).checked_duration_since(now).filter(|left| !left.is_zero())
    }

    /// An address failed to log in.
    pub fn failed(&mut self, address: IpAddr, now: Instant) {
        if self.known.len() >= KNOWN_MAX {
            self.known.retain(|_, known| now.duration_since(known.last) < FORGOTTEN);
            if self.known.len() >= KNOWN_MAX
                && let Some(oldest) = self.known.iter().min_by_key(|(_, known)| known.last).map(|(address, _)| *address)
            {
                self.known.remove(&oldest);
            }
        }
        let known = self.known.entry(ours(address)).or_insert(Known { failures: 0, last: now });
        if now.duration_since(known.last) > FORGOTTEN {
            known.failures = 0;
        }
        known.failures = known.failures.saturating_add(1);
        known.last = now;
    }

    /// An address logged in: what it did before is forgiven.
    pub fn succeeded(&mut self, address: IpAddr) {
        self.known.remove(&ours(address));
    }
}

fn wait_after(failures: u32) -> Option<Duration> {
    let beyond = failures.checked_sub(FREE + 1)?;
    Some(FIRST_WAIT.saturating_mul(1 << beyond.min(16)).min(LONGEST_WAIT))
}

/// One household of IPv6 addresses counts as one.
fn ours(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6((u128::from(address) & (u128::MAX << 64)).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_end() {
        let mut guard = Guard::default();
        let address: IpAddr = "192.0.2.1".parse().unwrap();
        let start = Instant::now();
        for (failures, wait) in [(5, None), (6, Some(2)), (7, Some(4)), (8, Some(8)), (40, Some(900))] {
            while guard.known.get(&address).map_or(0, |known| known.failures) < failures {
                guard.failed(address, start);
            }
            assert_eq!(guard.waits(address, start), wait.map(Duration::from_secs), "{failures}");
        }
        assert_eq!(guard.waits(address, start + Duration::from_secs(901)), None);
        guard.succeeded(address);
        assert_eq!(guard.waits(address, start), None);
        assert_eq!(guard.waits("192.0.2.2".parse().unwrap(), start), None);
    }

    #[test]
    fn an_attack_does_not_fill_the_memory() {
        let mut guard = Guard::default();
        let start = Instant::now();
        for n in 0..u32::try_from(KNOWN_MAX).unwrap() + 100 {
            guard.failed(IpAddr::V4(n.into()), start + Duration::from_millis(n.into()));
        }
        assert_eq!(guard.known.len(), KNOWN_MAX);
        let house = |last: u16| IpAddr::V6([0x2001, 0xdb8, 0, 0, 0, 0, 0, last].into());
        let later = start + Duration::from_secs(60);
        (0..6).for_each(|n| guard.failed(house(n), later));
        assert!(guard.waits(house(9), later).is_some());
    }
}
