//! A bank's statement that came by a door: its bookings move money, so only our bank's are taken, each once; an
//! entry that is none becomes a case, and hides no other.

use std::io::Read as _;
use std::sync::Arc;

use serde_json::json;

use super::Source;
use crate::bank::{self, Refused};
use crate::journey::apply::Rules;
use crate::journey::money::cash::{self, Became};
use crate::journey::{Gateway, Step};
use crate::ports::{Job, Verdict};
use crate::process::ExceptionKind;
use crate::process::cash::Fact;
use crate::store::{Hold, Result, Session, Subject, Transmission, TransmissionState};

/// A statement is read at once; nobody's day has more bookings than this holds.
const BYTES_MAX: u64 = 64 << 20;

const STRANGER: &str = "It is a bank's statement, and whoever sent it is no bank of ours: nothing was booked. Where it is, \
    write `bank = true` into the partner's file and replay it.";
const TOO_LARGE: &str = "It is a bank's statement of more than 64 MB: ask the bank for smaller ones.";

/// What a file comes to.
enum Taken {
    Bookings { facts: Vec<Fact>, refused: Vec<Refused>, pending: usize },
    Held(String),
}

struct Wanted {
    rules: Rules,
    job: Job,
    transmission: Transmission,
    taken: Taken,
}

/// Takes a statement: every booking of it, or nothing with the reason; what is no booking goes to a person.
///
/// # Errors
/// When the store fails; nothing of it is booked then.
pub async fn take(
    gateway: &Arc<Gateway>,
    job: &Job,
    (transmission, source): (Transmission, Source),
) -> std::result::Result<Verdict, Step> {
    let sender = transmission.partner.as_deref().and_then(|id| gateway.in_force().partners.partner(id).cloned());
    let is_ours = sender.is_some_and(|partner| partner.is_bank);
    let taken = match is_ours {
        false => Taken::Held(STRANGER.to_owned()),
        true => tokio::task::spawn_blocking(move || read(source))
            .await
            .map_err(|error| Step::broken(format!("reading broke off: {error}")))??,
    };
    let id = transmission.id;
    let wanted = Wanted { rules: Rules::of(gateway), job: job.clone(), transmission, taken };
    let held = gateway.store.write(wanted, |wanted, session| Box::pin(unit(session, wanted))).await?;
    gateway.file_away(id, held);
    Ok(Verdict::Done)
}

fn read(source: Source) -> std::io::Result<Taken> {
    let mut bytes = Vec::new();
    source.take(BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > BYTES_MAX {
        return Ok(Taken::Held(TOO_LARGE.to_owned()));
    }
    let read = bank::read(&bytes);
    if let Some(wrong) = read.findings.iter().find(|finding| finding.is_error()) {
        let at = wrong.place.bytes.start;
        return Ok(Taken::Held(format!(
            "Nothing was booked: byte {at}: {}. Ask the bank for it again.",
            wrong.message()
        )));
    }
    let facts = read.statements.iter().flat_map(|statement| Fact::of_statement(statement, |_| None));
    Ok(Taken::Bookings { facts: facts.collect(), refused: read.refused, pending: read.pending.len() })
}

/// A statement that moved no money is somebody's to ask the bank about.
fn hold(wanted: &Wanted, why: &str) -> Hold {
    let Transmission { id, name, partner, .. } = &wanted.transmission;
    Hold {
        fault: "statement-refused".into(),
        reason: format!("{name}: {why}"),
        partner: partner.clone(),
        subject: (Subject::Transmission, id.to_string()),
        ..Hold::open(wanted.rules.now)
    }
}

/// Books and finishes in one unit: a crash before it leaves the file to be read again, and bookings are known by their ids.
async fn unit(session: &mut Session, wanted: &Wanted) -> Result<Option<String>> {
    let (state, summary, held) = match &wanted.taken {
        Taken::Held(why) => (TransmissionState::Held, json!({"held": why}), Some(why.clone())),
        Taken::Bookings { facts, refused, pending } => {
            let mut known = 0_usize;
            for fact in facts {
                known += usize::from(cash::booking(session, &wanted.rules, fact).await? == Became::Duplicate);
            }
            let bank = wanted.transmission.partner.as_deref().unwrap_or_default();
            for refused in refused {
                let words = format!("An entry of the bank's file was not booked: {}. Ask the bank.", refused.words);
                let key = format!("no booking|{}|{}", wanted.transmission.id, refused.words);
                let kind = ExceptionKind::PaymentDiffers;
                let money = refused.amount.unwrap_or_default();
                cash::open_case(session, &wanted.rules, kind, bank, money, words, &key).await?;
            }
            let mut told = json!({"bookings": facts.len(), "known_before": known});
            for (name, count) in [("refused", refused.len()), ("pending", *pending)] {
                if count > 0 {
                    told[name] = count.into();
                }
            }
            (TransmissionState::Done, told, None)
        }
    };
    if let Some(why) = &held {
        session.add_hold(&hold(wanted, why)).await?;
    }
    session.advance_transmission(wanted.transmission.id, state, None, &summary).await?;
    session.finish_job(&wanted.job).await?;
    Ok(held)
}
