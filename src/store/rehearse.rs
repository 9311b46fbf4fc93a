//! Units that are only tried: everything they would do is computed, and nothing of it stays.

use std::sync::{Arc, Mutex, PoisonError};

use super::Store;
use super::error::{Error, Result};
use super::session::{Session, UnitFuture};

/// What takes a trial back.
const TRIED: &str = "it was only tried";

impl Store {
    /// Runs a unit as [`Store::write`] does, answers what it answers, and takes all of it back.
    ///
    /// # Errors
    /// Those of the unit and of the database.
    pub async fn rehearse<C, T, F>(&self, context: C, unit: F) -> Result<T>
    where
        C: Send + Sync + 'static,
        T: Send + 'static,
        F: for<'a> Fn(&'a C, &'a mut Session) -> UnitFuture<'a, T> + Send + Sync + 'static,
    {
        let answered: Arc<Mutex<Option<T>>> = Arc::default();
        let tried = self.write((context, unit, answered.clone()), |(context, unit, answered), session| {
            Box::pin(async move {
                let answer = unit(context, session).await?;
                *answered.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
                // What is refused is rolled back.
                Err::<(), Error>(Error::Refused(TRIED.to_owned()))
            })
        });
        match tried.await {
            Err(Error::Refused(why)) if why == TRIED => {}
            Err(error) => return Err(error),
            Ok(()) => {}
        }
        let answer = answered.lock().unwrap_or_else(PoisonError::into_inner).take();
        answer.ok_or_else(|| Error::Database("a trial answered nothing".to_owned()))
    }
}
