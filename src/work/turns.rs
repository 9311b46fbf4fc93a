//! Whose turn it is, among the jobs this process holds: partners share alike, however much one of them sends.
//!
//! Every job has a turn, a virtual time. A partner's next job is the one with its lowest turn; of all partners that are
//! not running too much already, the one with the lowest turn goes first. A job that comes back for its next window has
//! its turn moved by the time the last one took.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use crate::ports::Job;

/// Jobs that wait in this process.
#[derive(Debug, Default)]
pub(super) struct Turns {
    waiting: BTreeMap<String, BinaryHeap<Reverse<Waiting>>>,
    running: BTreeMap<String, usize>,
    count: usize,
    /// Keeps the order of arrival among equals.
    arrivals: u64,
}

#[derive(Debug)]
struct Waiting {
    turn: i64,
    arrival: u64,
    job: Job,
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Waiting {}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.turn, self.arrival).cmp(&(other.turn, other.arrival))
    }
}

impl Turns {
    pub(super) fn len(&self) -> usize {
        self.count
    }

    pub(super) fn push(&mut self, job: Job) {
        self.arrivals += 1;
        self.count += 1;
        let waiting = Waiting { turn: job.turn, arrival: self.arrivals, job };
        self.waiting.entry(waiting.job.partner.clone()).or_default().push(Reverse(waiting));
    }

    /// The next job, of a partner that runs fewer than `most` already. It counts as running until [`Self::ended`].
    pub(super) fn next(&mut self, most: usize) -> Option<Job> {
        let partner = self
            .waiting
            .iter()
            .filter(|(partner, _)| self.running.get(*partner).is_none_or(|running| *running < most))
            .filter_map(|(partner, jobs)| jobs.peek().map(|Reverse(first)| (first, partner)))
            .min_by(|one, other| one.0.cmp(other.0))
            .map(|(_, partner)| partner.clone())?;
        let jobs = self.waiting.get_mut(&partner)?;
        let Reverse(first) = jobs.pop()?;
        if jobs.is_empty() {
            self.waiting.remove(&partner);
        }
        self.count -= 1;
        *self.running.entry(partner).or_default() += 1;
        Some(first.job)
    }

    pub(super) fn ended(&mut self, partner: &str) {
        if let Some(running) = self.running.get_mut(partner) {
            *running -= 1;
            if *running == 0 {
                self.running.remove(partner);
            }
        }
    }

    /// Everything that still waits.
    pub(super) fn drain(&mut self) -> Vec<Job> {
        self.count = 0;
        std::mem::take(&mut self.waiting).into_values().flatten().map(|Reverse(waiting)| waiting.job).collect()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use jiff::Timestamp;
    use serde_json::Value;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn partners_share_alike() {
        check(&[("big", 0), ("big", 1), ("big", 2), ("small", 1)], 9, "big big small big");
        check(&[("big", 10), ("big", 11), ("small", 5)], 9, "small big big");
        check(&[("a", 0), ("a", 0), ("b", 0)], 9, "a a b");
    }

    #[test]
    fn one_partner_never_takes_every_place() {
        check(&[("slow", 0), ("slow", 1), ("slow", 2), ("quick", 9)], 2, "slow slow quick");
    }

    fn check(jobs: &[(&str, i64)], most: usize, order: &str) {
        let mut turns = Turns::default();
        for (partner, turn) in jobs {
            turns.push(job(partner, *turn));
        }
        let ran: Vec<String> = std::iter::from_fn(|| turns.next(most)).map(|job| job.partner).collect();
        assert_eq!(ran.join(" "), order);
    }

    pub fn job(partner: &str, turn: i64) -> Job {
        Job {
            id: Uuid::nil(),
            kind: "read".into(),
            subject: String::new(),
            partner: partner.into(),
            detail: Value::Null,
            attempts: 0,
            revision: None,
            created_at: Timestamp::UNIX_EPOCH,
            claim: 1,
            pokes: 0,
            turn,
        }
    }
}
