//! A customer's table that says what it pays: taken as a whole as its advices, or held with the row that is wrong.

use std::io::Read as _;
use std::sync::Arc;

use serde_json::json;

use super::{Source, unread};
use crate::bank::read_advice;
use crate::canonical::Remittance;
use crate::journey::apply::Rules;
use crate::journey::money::cash;
use crate::journey::{Gateway, Step};
use crate::ports::{Job, Verdict};
use crate::store::{Result, Session, Transmission, TransmissionState};

/// Nobody pays more invoices at once than this holds.
const BYTES_MAX: u64 = 16 << 20;

struct Wanted {
    rules: Rules,
    job: Job,
    transmission: Transmission,
    taken: std::result::Result<Vec<Remittance>, String>,
}

/// Takes a table.
///
/// # Errors
/// When the store fails; nothing of it is taken then.
pub async fn take(
    gateway: &Arc<Gateway>,
    job: &Job,
    (transmission, source): (Transmission, Source),
) -> std::result::Result<Verdict, Step> {
    let in_force = gateway.in_force();
    let sender = transmission.partner.as_deref().and_then(|id| in_force.partners.partner(id));
    let columns = sender.and_then(|partner| partner.advice_csv.clone());
    let name = format!("csv-{}", transmission.payload.get(..12).unwrap_or(&transmission.payload));
    let read = move || -> std::io::Result<std::result::Result<Vec<Remittance>, String>> {
        let mut bytes = Vec::new();
        source.take(BYTES_MAX + 1).read_to_end(&mut bytes)?;
        let Some(columns) = columns else { return Ok(Err("its sender agreed on no table".to_owned())) };
        if bytes.len() as u64 > BYTES_MAX {
            return Ok(Err("it is a table of more than 16 MB: ask for smaller ones".to_owned()));
        }
        Ok(read_advice(&bytes, &columns, &name))
    };
    let taken = tokio::task::spawn_blocking(read)
        .await
        .map_err(|error| Step::broken(format!("reading broke off: {error}")))??;
    let id = transmission.id;
    let wanted = Wanted { rules: Rules::of(gateway), job: job.clone(), transmission, taken };
    let held = gateway.store.write(wanted, |wanted, session| Box::pin(unit(session, wanted))).await?;
    gateway.file_away(id, held);
    Ok(Verdict::Done)
}

/// Keeps and finishes in one unit; an advice is known by its payer and number.
async fn unit(session: &mut Session, wanted: &Wanted) -> Result<Option<String>> {
    let payer = wanted.transmission.partner.as_deref().unwrap_or_default();
    let (state, summary, held) = match &wanted.taken {
        Err(why) => {
            let why = format!("Nothing of the advice was taken: {why}.");
            unread::hold(session, &wanted.transmission, &why, wanted.rules.now).await?;
            (TransmissionState::Held, json!({"held": why}), Some(why))
        }
        Ok(remittances) => {
            for remittance in remittances {
                let Some(advice) = cash::advice_of(&wanted.rules, remittance, payer, "820") else { continue };
                cash::advice(session, &wanted.rules, &advice).await?;
            }
            (TransmissionState::Done, json!({"advices": remittances.len()}), None)
        }
    };
    session.advance_transmission(wanted.transmission.id, state, None, &summary).await?;
    session.finish_job(&wanted.job).await?;
    Ok(held)
}
