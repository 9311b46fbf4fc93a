//! What people decided about payments is kept, and may teach a ranking: trained by a command, compared with the rules on history
//! that was held back, and switched on only where it is better. It decides nothing itself; [`cash`](crate::process::cash) does.

use serde::{Deserialize, Serialize};

use super::Became;
use super::payment::Payment;
use crate::journey::money::books::{json, parsed};
use crate::process::cash::{Comparison, Lesson, LineOutcome, Model, THRESHOLD, train_and_compare};
use crate::store::{Book, Kept, Result, Session, View};

/// Where the ranking lies, and where decisions do, among what is remembered of nobody in particular.
const RANKING: &str = "ranking";
const DECISION: &str = "decision|";
/// Decisions read at a time.
const PAGE: usize = 1_000;

/// What is done with the ranking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// It is learned anew from all decisions that are kept.
    Train,
    On,
    Off,
}

/// What was learned, and whether it is in force.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ranking {
    pub model: Model,
    /// With the rules, on every fifth decision.
    pub comparison: Comparison,
    /// Decisions that there were, those held back among them.
    pub lessons: usize,
    pub is_on: bool,
    pub trained_by: String,
    /// Who switched it on or off last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub switched_by: Option<String>,
}

impl Ask {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::On => "on",
            Self::Off => "off",
        }
    }

    pub fn of(word: &str) -> Option<Self> {
        [Self::Train, Self::On, Self::Off].into_iter().find(|known| known.as_str() == word)
    }
}

impl Ranking {
    /// Why it may not be in force.
    pub fn why_not(&self) -> Option<String> {
        self.comparison.why_not(self.lessons)
    }
}

/// Trains the ranking or switches it, in somebody's name. One that is on and learns to be no better than the rules goes off.
///
/// # Errors
/// Those of the store.
pub async fn ask(session: &mut Session, ask: Ask, by: &str) -> Result<Became> {
    session.lock_books().await?;
    let before = ranking(session).await?;
    let ranking = match (ask, before) {
        (Ask::Train, before) => {
            let Some(mut learned) = learned(session, by).await? else {
                return Ok(Became::Refused("nobody has decided anything that could teach it".into()));
            };
            learned.is_on = before.as_ref().is_some_and(|before| before.is_on) && learned.why_not().is_none();
            learned.switched_by = before.and_then(|before| before.switched_by);
            learned
        }
        (Ask::On | Ask::Off, None) => {
            return Ok(Became::Refused("there is no ranking yet: `entrepot cash rank train` makes one".into()));
        }
        (Ask::On, Some(before)) if before.is_on => return Ok(Became::Duplicate),
        (Ask::Off, Some(before)) if !before.is_on => return Ok(Became::Duplicate),
        (Ask::On, Some(before)) => match before.why_not() {
            Some(why) => return Ok(Became::Refused(why)),
            None => Ranking { is_on: true, switched_by: Some(by.to_owned()), ..before },
        },
        (Ask::Off, Some(before)) => Ranking { is_on: false, switched_by: Some(by.to_owned()), ..before },
    };
    let kept = Kept { party: String::new(), key: RANKING.into(), is_open: false, body: json(&ranking)? };
    session.put_kept(Book::Memory, &kept).await?;
    Ok(Became::Posted)
}

/// The ranking as it was trained last.
///
/// # Errors
/// Those of the store.
pub async fn ranking(view: &mut View) -> Result<Option<Ranking>> {
    view.kept(Book::Memory, "", RANKING).await?.map(|kept| parsed(&kept.body)).transpose()
}

/// What would be learned today; nothing is kept. `None` where nobody has decided anything.
///
/// # Errors
/// Those of the store.
pub async fn learned(view: &mut View, by: &str) -> Result<Option<Ranking>> {
    let lessons = lessons(view).await?;
    if lessons.is_empty() {
        return Ok(None);
    }
    let (model, comparison) = train_and_compare(&lessons, THRESHOLD);
    let (lessons, trained_by) = (lessons.len(), by.to_owned());
    Ok(Some(Ranking { model, comparison, lessons, is_on: false, trained_by, switched_by: None }))
}

/// The model that is switched on.
pub(super) async fn in_force(view: &mut View) -> Result<Option<Model>> {
    Ok(ranking(view).await?.filter(|ranking| ranking.is_on).map(|ranking| ranking.model))
}

/// Lines of a payment that the rules left open, or had placed and somebody took back.
pub(super) fn left_open(payment: &Payment) -> Vec<&LineOutcome> {
    let automatic = payment.postings.iter().rev().find(|posting| posting.is_automatic());
    let lines = automatic
        .into_iter()
        .flat_map(|posting| posting.application.lines.iter().filter(|line| posting.is_undone || line.item.is_none()));
    lines.collect()
}

/// Keeps what a decision taught, by the place of its posting; nothing where it was taken back.
pub(super) async fn keep(session: &mut Session, payment: &Payment, at: usize, lessons: &[Lesson]) -> Result<()> {
    let key = format!("{DECISION}{}|{at}", payment.fact.id);
    if lessons.is_empty() && session.kept(Book::Memory, "", &key).await?.is_none() {
        return Ok(());
    }
    let kept = Kept { party: String::new(), key, is_open: false, body: json(&lessons)? };
    session.put_kept(Book::Memory, &kept).await
}

/// Everything that people's decisions have taught, in the order of its keys.
async fn lessons(view: &mut View) -> Result<Vec<Lesson>> {
    let mut found = Vec::new();
    let mut after = DECISION.to_owned();
    loop {
        let page = view.kept_after(Book::Memory, ("", &after), PAGE).await?;
        let count = page.len();
        for kept in page {
            if !kept.party.is_empty() || !kept.key.starts_with(DECISION) {
                return Ok(found);
            }
            found.extend(parsed::<Vec<Lesson>>(&kept.body)?);
            after = kept.key;
        }
        if count < PAGE {
            return Ok(found);
        }
    }
}
