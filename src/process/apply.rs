//! One event applied to one trade. The guards are here and in the files of the events; nothing outside is looked at.

use jiff::Timestamp;

use super::calendar::Allowance;
use super::effect::{Applied, Effect, News, Verdict};
use super::event::{Event, What};
use super::exception::{Exception, ExceptionKind};
use super::keys::Key;
use super::policy::Policy;
use super::trade::{OpenException, Trade};

/// Applies an event. Pure: the same arguments come to the same.
///
/// The trade is changed where the verdict is `Applied`, `Refused` or `Conflict` (a refusal may issue an answer; a conflict
/// opens a case), and is as it was where it is `Parked` or `Duplicate`.
pub fn apply(trade: &Trade, event: &Event, policy: &Policy, now: Timestamp) -> Applied {
    let before = trade.keys();
    let mut work = Work { trade: trade.clone(), event, policy, now, effects: Vec::new() };
    let verdict = match work.judge() {
        Outcome::Applied => Verdict::Applied,
        Outcome::Refused(why) => Verdict::Refused { why },
        Outcome::Conflict => Verdict::Conflict,
        Outcome::Duplicate => {
            return Applied {
                trade: trade.clone(),
                verdict: Verdict::Duplicate,
                effects: Vec::new(),
                provides: Vec::new(),
            };
        }
        Outcome::Park(awaits, allowance) => {
            let until = policy.calendar.due(now, allowance);
            let verdict = Verdict::Parked { awaits, until };
            return Applied { trade: trade.clone(), verdict, effects: Vec::new(), provides: Vec::new() };
        }
    };
    let provides = work.trade.keys().into_iter().filter(|key| !before.contains(key)).collect();
    Applied { trade: work.trade, verdict, effects: work.effects, provides }
}

/// A trade being worked on.
pub(super) struct Work<'a> {
    pub trade: Trade,
    pub event: &'a Event,
    pub policy: &'a Policy,
    pub now: Timestamp,
    pub effects: Vec<Effect>,
}

/// How one event ended.
pub(super) enum Outcome {
    Applied,
    Refused(String),
    Conflict,
    Duplicate,
    Park(Key, Allowance),
}

impl Work<'_> {
    fn judge(&mut self) -> Outcome {
        if let Some(content) = self.trade.seen.get(&self.event.key) {
            if *content == self.event.content {
                return Outcome::Duplicate;
            }
            let words = format!("{} came again with another content; nothing was overwritten", self.event.key);
            self.open(Exception::new(format!("conflict|{}", self.event.key), ExceptionKind::Conflict, words));
            return Outcome::Conflict;
        }
        let outcome = match &self.event.what {
            What::Ordered { order, problems } => self.ordered(order, problems),
            _ => Outcome::Park(Key::order(&self.trade.key), self.policy.waits.orders),
        };
        if matches!(outcome, Outcome::Applied | Outcome::Refused(_)) {
            self.trade.seen.insert(self.event.key.clone(), self.event.content.clone());
        }
        outcome
    }

    /// Opens a case, once.
    pub fn open(&mut self, exception: Exception) {
        if self.trade.exceptions.iter().any(|open| open.key == exception.key) {
            return;
        }
        let Exception { key, kind, line, .. } = exception.clone();
        self.trade.exceptions.push(OpenException { key, kind, line });
        self.effects.push(Effect::Open(exception));
    }

    pub fn tell(&mut self, kind: &'static str, subject: impl Into<String>) {
        self.effects.push(Effect::Tell(News { kind, subject: subject.into() }));
    }
}
