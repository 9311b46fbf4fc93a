//! What a story does to the books: what is owed before it begins, what the bank books, what a person decides about money.

use super::{Player, Stop};
use crate::journey::act::Act;
use crate::story::model::Sentence;
use crate::story::money;

impl Player<'_> {
    /// What is owed before the story begins; its entry is no part of it.
    pub(super) async fn given_item(&mut self, sentence: &Sentence) -> Result<(), Stop> {
        let payer = match sentence.pair("payer") {
            Some(payer) => payer.to_owned(),
            None => self.partner_of(sentence)?,
        };
        let item = money::item(sentence, &payer, self.world.wall().date()).map_err(Stop::Broken)?;
        self.does(Act::Owe(Box::new(item))).await?;
        self.booked = self.world.view().await?.last_entry().await?;
        Ok(())
    }

    pub(super) async fn banks(&mut self, sentence: &Sentence) -> Result<(), Stop> {
        let known = |name: &str| self.known(name);
        let fact = money::fact(sentence, self.world.wall().date(), known).map_err(Stop::Broken)?;
        self.world.note(&sentence.text);
        self.does(Act::Bank(vec![fact])).await
    }
}
