//! How it stands with a mailbox: when it fails again and again for some time, a person is told, once.

use std::time::Duration;

use tokio::time::Instant;

use crate::config::MailboxSettings;
use crate::ports::{Case, CaseSubject};
use crate::transport::mail::Intake;

/// So many looks must fail in a row before a person is told, over so long a time: a server that restarts is no case.
const FAILURES_TOLD: u32 = 3;
const TOLD_AFTER: Duration = Duration::from_secs(300);

#[derive(Debug, Default)]
pub(super) struct Standing {
    failures: u32,
    since: Option<Instant>,
    is_told: bool,
}

impl Standing {
    pub(super) fn is_well(&mut self) {
        *self = Self::default();
    }

    /// One more look that left something undone; in words why.
    pub(super) async fn failed(&mut self, mailbox: &MailboxSettings, why: &str, intake: &Intake) {
        if !self.is_to_be_told(Instant::now()) {
            return;
        }
        let reason = format!(
            "The mailbox {} at {} is not read to its end, at {} looks in a row: {why}. What is in it stays there \
             meanwhile; `entrepot doctor --connections` tries it step by step",
            mailbox.name, mailbox.server, self.failures
        );
        let case = Case {
            fault: "mailbox-unread".into(),
            reason,
            partner: None,
            subject: CaseSubject::Partner("us".into()),
            told: None,
        };
        match intake.reception.report(case).await {
            Ok(()) => self.is_told = true,
            Err(error) => tracing::error!(mailbox = mailbox.name, %error, "a case cannot be put before a person"),
        }
    }

    fn is_to_be_told(&mut self, now: Instant) -> bool {
        self.failures += 1;
        let since = *self.since.get_or_insert(now);
        !self.is_told && self.failures >= FAILURES_TOLD && now.duration_since(since) >= TOLD_AFTER
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_told_of_what_lasts_and_once() {
        let (mut standing, begin) = (Standing::default(), Instant::now());
        let at = |seconds: u64| begin + Duration::from_secs(seconds);
        // A restart of the server, however often it is looked at meanwhile.
        assert!((0..20).all(|second| !standing.is_to_be_told(at(second))));
        standing.is_well();
        // A night on which it is asked twice.
        assert!(!standing.is_to_be_told(at(100)));
        assert!(!standing.is_to_be_told(at(5000)));
        assert!(standing.is_to_be_told(at(5001)));
        standing.is_told = true;
        assert!(!standing.is_to_be_told(at(9000)));
        standing.is_well();
        assert!(!standing.is_to_be_told(at(9100)));
    }
}
