//! What a story looks for: each `then` is found, or what stands there instead is told.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Player, Stop, people};
use crate::journey::show::verify;
use crate::story::forms::Say;
use crate::story::look::{self, Left};
use crate::story::model::Sentence;
use crate::story::{compare, figures, money, trades};

impl Player<'_> {
    pub(super) async fn then(&mut self, sentence: &Sentence) -> Result<Option<Vec<String>>, Stop> {
        match sentence.say {
            Say::Sent => Ok(self.then_sent(sentence)),
            Say::NothingSent => Ok(self.then_nothing_sent(sentence)),
            Say::Document => self.then_document(sentence).await,
            Say::Together => Ok(self.then_together(sentence)),
            Say::Refused => Ok(self.then_refused(sentence)),
            Say::Waits => Ok(self.then_waits(sentence)),
            Say::Would => Ok(self.then_would(sentence)),
            _ => self.then_trade(sentence).await,
        }
    }

    async fn then_trade(&self, sentence: &Sentence) -> Result<Option<Vec<String>>, Stop> {
        let mut view = self.world.view().await?;
        let found = match sentence.say {
            Say::OrderIs => trades::order(&mut view, sentence).await,
            Say::Exception => trades::exception(&mut view, &self.world.in_force().partners, sentence).await,
            Say::NoException => trades::no_exception(&mut view, sentence).await,
            Say::Parked => trades::parked(&mut view, sentence).await,
            Say::NothingParked => trades::nothing_parked(&mut view).await,
            Say::Waiting => trades::waiting(&mut view, sentence).await,
            Say::NothingWaiting => trades::nothing_waiting(&mut view, sentence).await,
            Say::Overdue => trades::overdue(&mut view, sentence).await,
            Say::NothingOverdue => trades::nothing_overdue(&mut view, sentence).await,
            Say::Match => trades::matched(&mut view, sentence).await,
            Say::Figure => figures::figure(&mut view, &self.world.journey.gateway, self.world.now(), sentence).await,
            Say::Applied => money::applied(&mut view, sentence).await,
            Say::Owed => money::owed(&mut view, sentence).await,
            Say::Unapplied => money::unapplied(&mut view, sentence).await,
            Say::Deduction => money::deduction(&mut view, sentence).await,
            Say::Run => money::run(&mut view, sentence).await,
            Say::LeftOut => money::left_out(&mut view, sentence).await,
            Say::Balanced => self.balanced().await,
            Say::Trail => people::trail(&mut view, sentence).await,
            Say::PostedOn => money::posted_on(&mut view, sentence, self.booked).await,
            Say::Posted => money::posted(&mut view, sentence, self.booked).await,
            _ => return Ok(None),
        };
        Ok(found?)
    }

    /// Entries balance, and control accounts are what is open of them.
    async fn balanced(&self) -> crate::store::Result<trades::Found> {
        let verified = verify::verify(self.world.store()).await?;
        let broken: Vec<String> =
            verified.broken.into_iter().map(|broken| format!("{}: {}", broken.subject, broken.rule)).collect();
        Ok(if broken.is_empty() { None } else { Some(broken) })
    }

    fn then_refused(&self, sentence: &Sentence) -> Option<Vec<String>> {
        let Some(why) = &self.refused else { return Some(vec!["nothing was refused".into()]) };
        let words = sentence.slot("WORDS").unwrap_or_default().to_lowercase();
        let said = why.to_lowercase();
        if words.split_whitespace().all(|word| said.contains(word)) { None } else { Some(vec![why.clone()]) }
    }

    fn then_would(&self, sentence: &Sentence) -> Option<Vec<String>> {
        let wanted: Vec<String> = sentence.slots("WORDS").map(str::to_lowercase).collect();
        let wanted: Vec<&str> = wanted.iter().flat_map(|words| words.split_whitespace()).collect();
        let is_told = |told: &String| {
            let told = told.to_lowercase();
            wanted.iter().all(|word| told.contains(word))
        };
        match self.would.iter().any(is_told) {
            true => None,
            false if self.would.is_empty() => Some(vec!["nothing was tried, or nothing would come of it".into()]),
            false => Some(self.would.clone()),
        }
    }

    fn then_sent(&self, sentence: &Sentence) -> Option<Vec<String>> {
        let partner = sentence.slot("PARTNER").unwrap_or_default();
        let mut wanted = sentence.slots("KIND");
        let kind = wanted.next().unwrap_or_default();
        let before = wanted.next();
        let of_kind: Vec<&Left> =
            self.left.iter().filter(|left| left.partner == partner && left.kind == kind).collect();
        let mut why = Vec::new();
        let found = of_kind.iter().find(|left| {
            let outcome = fits(sentence, left);
            why.extend(outcome.as_ref().err().map(|words| format!("{} was sent, with {words}", left.words())));
            outcome.is_ok()
        });
        let Some(found) = found else {
            return Some(if why.is_empty() { vec![self.told(partner)] } else { why });
        };
        if sentence.is_only && of_kind.len() > 1 {
            return Some(of_kind.iter().map(|left| format!("sent {}", left.words())).collect());
        }
        let before = before?;
        let first = self.left.iter().find(|left| left.partner == partner && left.kind == before);
        match first {
            Some(first) if found.sequence < first.sequence => None,
            Some(first) => Some(vec![format!("{} left first", first.words())]),
            None => Some(vec![format!("no {before} was sent")]),
        }
    }

    /// `then together acme 810 3`: in one file that was delivered.
    fn then_together(&self, sentence: &Sentence) -> Option<Vec<String>> {
        let partner = sentence.slot("PARTNER").unwrap_or_default();
        let kind = sentence.slot("KIND").unwrap_or_default();
        let wanted = sentence.slot("COUNT").and_then(|count| count.parse().ok()).unwrap_or(0);
        let mut counts: BTreeMap<u64, usize> = BTreeMap::new();
        for left in self.left.iter().filter(|left| left.partner == partner && left.kind == kind) {
            *counts.entry(left.sequence).or_default() += 1;
        }
        if counts.values().any(|count| *count == wanted) {
            return None;
        }
        let told: Vec<String> = counts.values().map(|count| format!("{count} left in one interchange")).collect();
        Some(if told.is_empty() { vec![self.told(partner)] } else { told })
    }

    fn then_nothing_sent(&self, sentence: &Sentence) -> Option<Vec<String>> {
        let partner = sentence.slot("PARTNER");
        let kind = sentence.slot("KIND");
        let sent: Vec<String> = self
            .left
            .iter()
            .filter(|left| partner.is_none_or(|partner| left.partner == partner))
            .filter(|left| kind.is_none_or(|kind| left.kind == kind) && fits(sentence, left).is_ok())
            .map(|left| format!("sent {} {}", left.partner, left.words()))
            .collect();
        if sent.is_empty() { None } else { Some(sent) }
    }

    fn told(&self, partner: &str) -> String {
        let sent: Vec<String> = self.left.iter().filter(|left| left.partner == partner).map(Left::words).collect();
        if sent.is_empty() {
            format!("nothing was sent to {partner}")
        } else {
            format!("sent were {}", sent.join("; "))
        }
    }

    async fn then_document(&mut self, sentence: &Sentence) -> Result<Option<Vec<String>>, Stop> {
        let partner = sentence.slot("PARTNER").unwrap_or_default();
        let kind = sentence.slot("KIND").unwrap_or_default();
        let wanted = sentence.slot("STATE").unwrap_or_default();
        let mut view = self.world.view().await?;
        let search = crate::store::Search { limit: 1_000, ..crate::store::Search::default() };
        let mut found = Vec::new();
        for document in view.find_documents(&search).await? {
            let of = document.partner.as_deref().unwrap_or("nobody");
            if document.type_code != kind || (of != partner && document.partner.is_some()) {
                continue;
            }
            let contents = view.contents(document.id).await?;
            let json = contents.canonical.and_then(|text| serde_json::from_str::<Value>(&text).ok());
            if json.is_some_and(|json| compare::document(sentence, &json).is_err()) {
                continue;
            }
            let state = serde_json::to_value(document.state).unwrap_or_default();
            let state = state.as_str().unwrap_or_default();
            if state == wanted {
                return Ok(None);
            }
            found.push(format!("{kind} {} is {state}", document.number.as_deref().unwrap_or("without a number")));
        }
        if found.is_empty() {
            found.push(format!("no {kind} of {partner} came"));
        }
        Ok(Some(found))
    }
}

/// Whether a document that left is told of by a sentence.
fn fits(sentence: &Sentence, left: &Left) -> Result<(), String> {
    if let Some(wanted) = sentence.choice() {
        // An acknowledgement has a verdict, an answer of ours a decision.
        let said = left.disposition.map(look::word).or_else(|| left.decision()).unwrap_or_default();
        if said != wanted {
            return Err(said);
        }
    }
    if let Some(finding) = left.findings.first() {
        return Err(format!("what its receiver rejects: {}", finding.message()));
    }
    match &left.document {
        Some(document) => compare::document(sentence, document),
        None => Ok(()),
    }
}

/// Whether a sentence only looks.
pub(super) fn is_then(say: Say) -> bool {
    matches!(
        say,
        Say::Sent
            | Say::NothingSent
            | Say::Together
            | Say::Waiting
            | Say::NothingWaiting
            | Say::Document
            | Say::Parked
            | Say::NothingParked
            | Say::OrderIs
            | Say::Exception
            | Say::NoException
            | Say::Overdue
            | Say::NothingOverdue
            | Say::Refused
            | Say::Waits
            | Say::Would
            | Say::Trail
            | Say::Match
            | Say::Figure
            | Say::Applied
            | Say::Owed
            | Say::Unapplied
            | Say::Deduction
            | Say::Run
            | Say::LeftOut
            | Say::Balanced
            | Say::PostedOn
            | Say::Posted
    )
}
