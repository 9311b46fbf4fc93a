//! Takes every suggestion of every case of a story, one after another, and takes it back again: none may be refused.

use std::collections::BTreeSet;

use super::{Player, setting};
use crate::journey::act::rulings::{self, Judgement};
use crate::journey::act::suggested::suggested;
use crate::journey::{Applied, Rules};
use crate::store::{CaseSearch, Error};
use crate::story::model::Story;
use crate::story::multiply::runs;
use crate::story::world::Stop;

/// A suggestion that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The type of the case.
    pub kind: String,
    /// The suggestion, as the desks show it.
    pub words: &'static str,
    /// What the case says, and why it was refused.
    pub refused: Option<(String, String)>,
}

/// Plays the first run of a story. Each case is ruled on in every suggested way when it has been opened, and again at the end.
///
/// # Errors
/// Why it cannot be played, in words.
pub async fn walk(story: &Story) -> Result<Vec<Taken>, String> {
    let setting = setting(story)?;
    let Some(run) = runs(story)?.into_iter().next() else { return Ok(Vec::new()) };
    let mut player = Player::new(story, &setting, &run, None).await?;
    let (mut taken, mut seen) = (Vec::new(), BTreeSet::new());
    for act in &run.acts {
        // Where the story itself differs, its own test says so.
        if player.act(act).await.is_err() {
            break;
        }
        player.take_all(&mut seen, &mut taken).await.map_err(super::told)?;
    }
    player.take_all(&mut BTreeSet::new(), &mut taken).await.map_err(super::told)?;
    player.world.close().await;
    Ok(taken)
}

impl Player<'_> {
    async fn take_all(&self, seen: &mut BTreeSet<u64>, taken: &mut Vec<Taken>) -> Result<(), Stop> {
        const MOST: usize = 1_000;
        let search = CaseSearch { open_only: true, limit: MOST, ..CaseSearch::default() };
        let cases = self.world.view().await?.cases(&search).await?;
        for case in cases.into_iter().filter(|case| seen.insert(case.number)) {
            let partners = &self.world.in_force().partners;
            for suggestion in suggested(&mut self.world.view().await?, partners, &case).await? {
                let (words, Some(ruling)) = (suggestion.words, suggestion.ruling) else { continue };
                let judgement = Judgement { case: case.number, by: "walker".into(), role: None, ruling };
                let context = (Rules::of(&self.world.journey.gateway), judgement);
                let outcome = self.world.store().rehearse(context, |(rules, judgement), session| {
                    Box::pin(rulings::judge(session, rules, judgement))
                });
                let why = match outcome.await {
                    Ok(Applied::Refused { why }) | Err(Error::Refused(why)) => Some(why),
                    Ok(Applied::Conflict) => Some("it is in conflict with what is there".into()),
                    Ok(_) => None,
                    Err(error) => Some(error.to_string()),
                };
                let refused = why.map(|why| (format!("{} ({})", case.words, case.key), why));
                taken.push(Taken { kind: case.kind.clone(), words, refused });
            }
        }
        Ok(())
    }
}
