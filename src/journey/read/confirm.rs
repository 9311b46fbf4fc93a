//! TA1, 997, 999 and CONTRL that come back: matched with what we sent by identities and control numbers.

use serde_json::json;

use super::validate::SetRead;
use crate::reply::{About, Disposition, Said};
use crate::store::{Answer, Hold, HoldState, Result, Session, Subject};
use crate::wire::{Group, Interchange, Syntax};

/// What one acknowledgement says of one thing that we sent, with the sets that belong to it.
#[derive(Clone, Debug)]
pub struct Confirmation {
    /// What the expectation is found by.
    pub key: String,
    pub said: Said,
    pub sets: Vec<Said>,
    pub partner: String,
    /// The document that said it.
    pub document: String,
}

/// How many sentences of a partner's complaint are kept for a person; the answer itself holds them all.
const WORDS_MAX: usize = 20;

impl Confirmation {
    /// What is wrong by the partner's account: of the whole first, then of its sets.
    fn words(&self) -> Vec<String> {
        let is_edifact = self.key.starts_with("edifact|");
        let words = |said: &Said| -> Vec<String> {
            let told = said.findings.iter().map(|one| {
                let element = if is_edifact { "0085" } else { one.level.element() };
                format!("{} ({element} {})", one.finding.message(), one.code)
            });
            told.collect()
        };
        let own = words(&self.said).into_iter();
        let of_sets = self.sets.iter().flat_map(|set| {
            let of = match &set.about {
                About::Set { kind, control_number } => format!("{kind} {control_number}: "),
                _ => String::new(),
            };
            words(set).into_iter().map(move |words| of.clone() + &words)
        });
        own.chain(of_sets).take(WORDS_MAX).collect()
    }
}

/// The key of an interchange that we sent. Leading zeros do not count: TA101 has nine digits, ISA13 may have been shorter.
pub fn interchange_key(syntax: Syntax, ours: &str, theirs: &str, control_number: &str, test: bool) -> String {
    let (syntax, usage) = match syntax {
        // CONTRL does not say whether it answers a test.
        Syntax::Edifact => ("edifact", ""),
        Syntax::X12 => ("x12", if test { "|T" } else { "|P" }),
    };
    format!("{syntax}|interchange|{ours}|{theirs}|{}{usage}", bare(control_number))
}

/// The key of a group that we sent: GS02, GS03, GS01, GS06.
pub fn group_key(ours: &str, theirs: &str, functional_id: &str, control_number: &str) -> String {
    format!("x12|group|{ours}|{theirs}|{functional_id}|{}", bare(control_number))
}

fn bare(number: &str) -> &str {
    let bare = number.trim().trim_start_matches('0');
    if bare.is_empty() { "0" } else { bare }
}

/// What a set that is an acknowledgement confirms. Its sender is whom we sent to.
pub fn confirmations(
    partner: &str,
    interchange: &Interchange,
    group: Option<&Group>,
    set: &SetRead,
) -> Vec<Confirmation> {
    let id = |identity: Option<&crate::wire::Identity>| identity.map(|it| it.id.clone()).unwrap_or_default();
    let mut found: Vec<Confirmation> = Vec::new();
    for said in &set.said {
        let key = match &said.about {
            About::Interchange { control_number } => {
                let (ours, theirs) = (id(interchange.receiver.as_ref()), id(interchange.sender.as_ref()));
                interchange_key(interchange.syntax, &ours, &theirs, control_number, interchange.test)
            }
            About::Group { functional_id, control_number } => {
                let (ours, theirs) = match group {
                    Some(group) => (id(group.receiver.as_ref()), id(group.sender.as_ref())),
                    None => Default::default(),
                };
                group_key(&ours, &theirs, functional_id, control_number)
            }
            About::Set { .. } => {
                if let Some(above) = found.last_mut() {
                    above.sets.push(said.clone());
                }
                continue;
            }
        };
        let document = set.id.to_string();
        found.push(Confirmation { key, said: said.clone(), sets: Vec::new(), partner: partner.to_owned(), document });
    }
    found
}

/// Stores what came back. An answer to nothing that we sent changes nothing and waits for a person.
///
/// # Errors
/// Those of the store.
pub async fn confirm(session: &mut Session, confirmation: &Confirmation) -> Result<()> {
    let expected = session.expectations(&confirmation.key).await?;
    // Numbers wrap: the newest that still waits, else the newest, whose answer is told once more.
    let waiting = expected.iter().find(|it| matches!(it.state, Answer::Awaiting | Answer::Overdue));
    let Some(expectation) = waiting.or(expected.first()) else {
        return hold(session, confirmation, "answer-unknown", "It answers nothing that we sent.", None).await;
    };
    let answer = answer(confirmation.said.disposition);
    let codes = json!({"codes": confirmation.said.codes, "words": confirmation.words()});
    session.settle_expectation(expectation.id, answer, Some(&confirmation.document), &codes).await?;
    if expectation.state == Answer::Overdue {
        end_waiting(session, &expectation.subject.1).await?;
    }
    // In a group that was partly accepted only the rejected sets need be named.
    let unnamed = if answer == Answer::Partially { Answer::Accepted } else { answer };
    let (kind, subject) = &expectation.subject;
    match kind {
        Subject::Group => {
            if let Ok(group) = subject.parse() {
                session.answer_group(group, answer).await?;
                session.set_functional(group, None, unnamed).await?;
                for said in &confirmation.sets {
                    if let About::Set { control_number, .. } = &said.about {
                        session.set_functional(group, Some(control_number), self::answer(said.disposition)).await?;
                    }
                }
            }
        }
        Subject::Interchange => {
            if let Ok(interchange) = subject.parse() {
                for group in session.groups_of(interchange).await? {
                    let told = group.control_number.is_none() || answer == Answer::Rejected;
                    if told {
                        session.answer_group(group.id, answer).await?;
                        session.set_functional(group.id, None, unnamed).await?;
                    }
                    for said in &confirmation.sets {
                        if let About::Set { control_number, .. } = &said.about {
                            session
                                .set_functional(group.id, Some(control_number), self::answer(said.disposition))
                                .await?;
                        }
                    }
                }
            }
        }
        _ => {}
    }
    match confirmation.said.disposition {
        Disposition::Accepted => Ok(()),
        Disposition::AcceptedWithErrors => {
            let words = "The partner accepted it with errors: it counts as accepted and is never sent again.";
            hold(session, confirmation, "accepted-with-errors", words, Some((*kind, subject.clone()))).await
        }
        _ => {
            let words = "The partner rejected what we sent, wholly or in part.";
            hold(session, confirmation, "rejected-by-partner", words, Some((*kind, subject.clone()))).await
        }
    }
}

/// The answer that a person was to ask for is there.
async fn end_waiting(session: &mut Session, subject: &str) -> Result<()> {
    for hold in session.holds_of(subject).await? {
        if hold.state == HoldState::Open && hold.fault == "answer-overdue" {
            session.close_hold(hold.id, HoldState::Closed, "partner", Some("the answer came late")).await?;
        }
    }
    Ok(())
}

fn answer(disposition: Disposition) -> Answer {
    match disposition {
        Disposition::Accepted => Answer::Accepted,
        Disposition::AcceptedWithErrors => Answer::AcceptedWithErrors,
        Disposition::Partially => Answer::Partially,
        Disposition::Rejected | Disposition::Unsupported => Answer::Rejected,
    }
}

async fn hold(
    session: &mut Session,
    confirmation: &Confirmation,
    fault: &str,
    reason: &str,
    subject: Option<(Subject, String)>,
) -> Result<()> {
    let created_at = session.now().await?;
    session
        .add_hold(&Hold {
            fault: fault.into(),
            reason: reason.into(),
            partner: Some(confirmation.partner.clone()),
            subject: subject.unwrap_or((Subject::Document, confirmation.document.clone())),
            told: Some(json!({
                "key": confirmation.key,
                "codes": confirmation.said.codes,
                "words": confirmation.words(),
            })),
            ..Hold::open(created_at)
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_ignore_leading_zeros() {
        assert_eq!(
            interchange_key(Syntax::X12, "HOUSE", "ACME", "000000042", false),
            interchange_key(Syntax::X12, "HOUSE", "ACME", "42", false)
        );
        assert_ne!(
            interchange_key(Syntax::X12, "HOUSE", "ACME", "42", true),
            interchange_key(Syntax::X12, "HOUSE", "ACME", "42", false)
        );
        assert_eq!(group_key("HOUSE", "ACME", "PO", "0007"), "x12|group|HOUSE|ACME|PO|7");
    }
}
