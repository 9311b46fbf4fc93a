//! A canonical document that another system of ours wrote leaves, and does to its trade what it means, in the unit in which
//! it leaves.

use super::{Applied, Bound, Rules, settle};
use crate::canonical::Canonical;
use crate::process::{self, Reading};
use crate::store::{DocumentId, Result, Session};

/// A document that leaves.
#[derive(Clone, Debug)]
pub struct Leaving<'a> {
    pub canonical: &'a Canonical<'a>,
    pub partner: &'a str,
    pub test: bool,
    pub hash: &'a str,
    /// `856`, `DESADV`: for people.
    pub kind: &'a str,
    pub number: Option<&'a str>,
}

/// Applies what a document of ours means. Answers why it must not leave; the unit is to be taken back then.
///
/// # Errors
/// Those of the store.
pub async fn sent(
    session: &mut Session,
    rules: &Rules,
    leaving: &Leaving<'_>,
    document: DocumentId,
) -> Result<Option<String>> {
    // A bank is told of payments; what they are for stands in the trades of others.
    let is_bank = rules.in_force.partners.partner(leaving.partner).is_some_and(|partner| partner.is_bank);
    if is_bank {
        return Ok(None);
    }
    for reading in process::sent(leaving.canonical, leaving.partner, leaving.test, leaving.hash, document.uuid()) {
        let number = reading.target.order_number().unwrap_or_default().to_owned();
        let why = match settle(session, rules, &bound(leaving, reading)).await? {
            Applied::Refused { why } => why,
            Applied::Conflict => format!("order {number} has another one of this number already"),
            Applied::Applied | Applied::Parked { .. } | Applied::Duplicate => continue,
        };
        return Ok(Some(why));
    }
    Ok(None)
}

fn bound(leaving: &Leaving<'_>, reading: Reading) -> Bound {
    Bound {
        sequence: reading.sequence(),
        trade: reading.trade,
        target: reading.target,
        event: reading.event,
        partner: leaving.partner.to_owned(),
        kind: leaving.kind.to_owned(),
        number: leaving.number.map(str::to_owned),
    }
}
