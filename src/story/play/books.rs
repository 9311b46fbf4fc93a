//! What a story does to the books: what is owed before it begins, what the bank books, what a person decides about money.

use rust_decimal::Decimal;

use super::{Player, Stop};
use crate::journey::Rules;
use crate::journey::cash::{self, Became};
use crate::store::{Session, UnitFuture};
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
        self.booked_by(item, |rules, item, session| {
            Box::pin(async move { cash::owe(session, rules, item, "opening", cash::opening(item)).await })
        })
        .await?;
        self.booked = self.world.view().await?.last_entry().await?;
        Ok(())
    }

    pub(super) async fn banks(&mut self, sentence: &Sentence) -> Result<(), Stop> {
        let known = |name: &str| self.known(name);
        let fact = money::fact(sentence, self.world.wall().date(), known).map_err(Stop::Broken)?;
        self.world.note(&sentence.text);
        self.booked_by(fact, |rules, fact, session| Box::pin(async move { cash::bank(session, rules, fact).await }))
            .await
    }

    pub(super) async fn assigns(
        &mut self,
        who: &str,
        payment: &str,
        chosen: &[(Box<str>, Decimal)],
    ) -> Result<(), Stop> {
        let context = (who.to_owned(), payment.to_owned(), chosen.to_vec());
        self.booked_by(context, |rules, (who, payment, chosen), session| {
            Box::pin(async move {
                match chosen.as_slice() {
                    [] => cash::undo(session, rules, payment, who).await,
                    chosen => cash::assign(session, rules, payment, chosen).await,
                }
            })
        })
        .await
    }

    /// Does something to the books in one unit.
    async fn booked_by<C: Clone + Send + Sync + 'static>(
        &mut self,
        context: C,
        unit: for<'a> fn(&'a Rules, &'a C, &'a mut Session) -> UnitFuture<'a, Became>,
    ) -> Result<(), Stop> {
        let rules = Rules::of(&self.world.journey.gateway);
        let written = self
            .world
            .store()
            .write((rules, context, unit), |(rules, context, unit), session| unit(rules, context, session));
        match written.await {
            Ok(Became::Refused(why)) => {
                self.world.note(format!("refused: {why}"));
                self.refused = Some(why);
                Ok(())
            }
            Ok(_) => Ok(()),
            Err(_) if self.world.is_halted() => Err(Stop::Halted),
            Err(error) => Err(error.into()),
        }
    }
}
