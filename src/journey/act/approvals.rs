//! Four eyes: what is above somebody's limit waits until enough people have agreed, whoever proposed it not among them.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Act;
use crate::journey::activate::{self, Change, Step};
use crate::journey::people;
use crate::process::ExceptionKind;
use crate::process::cash::Settlement;
use crate::process::duties::{Actor, Band, Matter, Role, band, default_bands, is_enough};
use crate::store::{Case, CaseSearch, CaseState, Error, Id, Result, Session, View};

/// Where signatures are noted, by the number of the case, or by what was proposed.
const SIGNED: &str = "signed";
/// Proposals that a list shows.
const PROPOSALS_MAX: usize = 1_000;

/// What is missing until something goes through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Missing {
    pub missing: usize,
    pub role: Option<Role>,
}

/// Something that waits for people to agree.
#[derive(Clone, Debug, Serialize)]
pub struct Approval {
    /// What it is agreed to by: the number of an exception, or the key of a proposal.
    pub key: String,
    /// The exception; `None` where somebody proposed it.
    pub case: Option<Case>,
    /// Who proposed it.
    pub proposed_by: Option<String>,
    pub words: String,
    /// `None` where no amount decides: a map, a partner file.
    pub amount: Option<Decimal>,
    /// One of them must have this role; of a file it is the first of those that may.
    pub role: Role,
    pub approvers: u8,
    /// Who has agreed so far.
    pub agreed: Vec<String>,
}

/// What somebody proposed, so that others can agree to exactly that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proposal {
    Settle {
        deduction: String,
        settlement: Settlement,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        because: Option<String>,
    },
    Replay {
        id: String,
        partner: Option<String>,
    },
}

impl Proposal {
    /// As it is read before it is agreed to.
    fn words(&self) -> String {
        match self {
            Self::Settle { deduction, settlement, because } => {
                let because = because.as_deref().map(|because| format!(": {because}")).unwrap_or_default();
                format!("deduction {deduction} ends as {}{because}", settlement.as_str())
            }
            Self::Replay { id, .. } => format!("{id} is read again"),
        }
    }
}

/// Signatures under a case or a proposal.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Signatures {
    by: Vec<Actor>,
    /// `None` under a case.
    #[serde(default)]
    proposal: Option<Proposed>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Proposed {
    what: Proposal,
    matter: Matter,
    amount: Decimal,
}

/// Under which key an act is signed, and what it proposes; `None` where no amount decides who may do it.
fn signed_as(act: &Act, subject: &str) -> Option<(String, Option<Proposal>)> {
    Some(match act {
        Act::Rule(judgement) => (judgement.case.to_string(), None),
        Act::Settle { deduction, settlement: Some(settlement), because, .. } => {
            let (deduction, because) = (deduction.clone(), because.clone());
            let proposal = Proposal::Settle { deduction, settlement: *settlement, because };
            (format!("{subject}|{}", settlement.as_str()), Some(proposal))
        }
        Act::Replay { id, partner, .. } => {
            (subject.to_owned(), Some(Proposal::Replay { id: id.clone(), partner: partner.clone() }))
        }
        _ => return None,
    })
}

/// Who has proposed an act that needs others to agree; `None` where nobody has yet, or nobody need agree.
///
/// # Errors
/// Those of the store.
pub async fn proposer(view: &mut View, act: &Act, subject: &str) -> Result<Option<String>> {
    let Some((key, Some(_))) = signed_as(act, subject) else { return Ok(None) };
    Ok(signatures(view, &key).await?.by.into_iter().next().map(|actor| actor.owner))
}

/// Whether an amount is above what anybody may let through alone.
pub fn takes_people(matter: Matter, amount: Decimal) -> bool {
    band(&default_bands(matter), amount).is_some_and(|band| band.role.is_some())
}

/// Puts a signature under an act on a subject; `None` where that is enough, and it goes through.
///
/// # Errors
/// Those of the store.
pub async fn sign(
    session: &mut Session,
    actor: &Actor,
    act: &Act,
    subject: &str,
    (matter, amount): (Matter, Decimal),
) -> Result<Option<Missing>> {
    let Some((key, proposal)) = signed_as(act, subject) else { return Ok(None) };
    let bands = default_bands(matter);
    let Some(band) = band(&bands, amount).filter(|band| band.role.is_some()) else { return Ok(None) };
    if actor.owner == people::LOCAL && !session.has_people().await? {
        return Ok(None);
    }
    session.lock_trade_key(&format!("{SIGNED}|{key}")).await?;
    let mut signatures = signatures(session, &key).await?;
    if signatures.by.iter().all(|other| other.owner != actor.owner) {
        signatures.by.push(actor.clone());
    }
    // Whoever may agree to more may agree to this.
    let roles = bands.iter().skip_while(|other| *other != band).filter_map(|band| band.role);
    let proposer = signatures.proposer(proposal.as_ref(), band);
    let mut enough = roles.map(|role| is_enough(&Band { role: Some(role), ..band.clone() }, proposer, &signatures.by));
    if enough.any(|enough| enough) {
        if proposal.is_some() {
            // What it was agreed to is done now; the next time it is proposed anew.
            session.drop_note(SIGNED, &key).await?;
        }
        return Ok(None);
    }
    let missing = missing(band, &signatures, proposer);
    signatures.proposal = proposal.map(|what| Proposed { what, matter, amount });
    session.set_note(SIGNED, &key, &json!(signatures)).await?;
    Ok(Some(missing))
}

impl Signatures {
    /// Who does not count among those who agree. Where it takes two people, whoever proposed it is one of them.
    fn proposer(&self, proposal: Option<&Proposal>, band: &Band) -> &str {
        let first = self.by.first().filter(|_| proposal.is_some() && band.approvers < 2);
        first.map(|actor| actor.owner.as_str()).unwrap_or_default()
    }
}

fn missing(band: &Band, signatures: &Signatures, proposer: &str) -> Missing {
    let agreed = signatures.by.iter().filter(|actor| actor.owner != proposer).count();
    Missing { missing: usize::from(band.approvers).saturating_sub(agreed).max(1), role: band.role }
}

async fn signatures(view: &mut View, key: &str) -> Result<Signatures> {
    match view.note(SIGNED, key).await? {
        Some(note) => serde_json::from_value(note).map_err(Error::damaged),
        None => Ok(Signatures::default()),
    }
}

/// The held invoice that waits under a number for people to agree to its amount; `None` where the key is no number.
///
/// # Errors
/// [`Error::Missing`] where the number is that of a case that nobody has to agree to: its desk settles it.
pub async fn held_invoice(view: &mut View, key: &str) -> Result<Option<u64>> {
    let Ok(number) = key.parse() else { return Ok(None) };
    let missing = || Error::missing(format_args!("approval {number}: cases are settled where exceptions are"));
    let case = view.case(number).await.map_err(|_| missing())?;
    let waits = case.kind == ExceptionKind::InvoiceHeld.as_str() && case.state == CaseState::Open;
    if waits { Ok(Some(number)) } else { Err(missing()) }
}

/// What was proposed under a key, as the act of somebody who agrees to it.
///
/// # Errors
/// [`Error::Missing`] where nothing waits under this key.
pub async fn proposed(view: &mut View, key: &str, by: &str) -> Result<Act> {
    if let Some(draft) = activate::draft(view, key).await? {
        // A map that was approved is put in force next.
        let step = if draft.approved.is_empty() { Step::Approve } else { Step::Activate };
        return Ok(Act::Change(Change { path: key.to_owned(), step, text: None, by: by.to_owned() }));
    }
    let signatures = signatures(view, key).await?;
    let proposal = signatures.proposal.ok_or_else(|| Error::missing(format_args!("proposal {key}")))?;
    let by = by.to_owned();
    Ok(match proposal.what {
        Proposal::Settle { deduction, settlement, because } => {
            Act::Settle { deduction, settlement: Some(settlement), because, by }
        }
        Proposal::Replay { id, partner } => Act::Replay { id, partner, by, new: Id::new() },
    })
}

/// Turns a proposal down: it waits no more.
///
/// # Errors
/// Those of the store, and where nothing waits under this key.
pub async fn turn_down(session: &mut Session, key: &str) -> Result<()> {
    session.lock_trade_key(&format!("{SIGNED}|{key}")).await?;
    if let Act::Change(change) = proposed(session, key, "").await? {
        return activate::give_up(session, &change.path).await;
    }
    session.drop_note(SIGNED, key).await
}

/// What waits for people to agree to an amount, the largest first.
///
/// # Errors
/// Those of the store.
pub async fn list(view: &mut View, limit: usize) -> Result<Vec<Approval>> {
    let cases = view.cases(&CaseSearch { open_only: true, limit, ..CaseSearch::default() }).await?;
    let mut waiting = Vec::new();
    for case in cases.into_iter().filter(|case| case.kind == ExceptionKind::InvoiceHeld.as_str()) {
        let amount: Decimal = case.money.as_deref().and_then(|money| money.parse().ok()).unwrap_or_default();
        let bands = default_bands(Matter::Variance);
        let Some((band, role)) = band(&bands, amount).and_then(|band| Some((band, band.role?))) else { continue };
        let agreed = signatures(view, &case.number.to_string()).await?.by.into_iter().map(|actor| actor.name).collect();
        waiting.push(Approval {
            key: case.number.to_string(),
            words: case.words.clone(),
            case: Some(case),
            proposed_by: None,
            amount: Some(amount),
            role,
            approvers: band.approvers,
            agreed,
        });
    }
    for (key, note) in view.notes(SIGNED, PROPOSALS_MAX).await? {
        let signatures: Signatures = serde_json::from_value(note).map_err(Error::damaged)?;
        let Some(proposed) = &signatures.proposal else { continue };
        let bands = default_bands(proposed.matter);
        let found = band(&bands, proposed.amount).and_then(|band| Some((band, band.role?)));
        let Some((band, role)) = found else { continue };
        let proposer = signatures.proposer(Some(&proposed.what), band);
        let others = signatures.by.iter().filter(|actor| actor.owner != proposer);
        waiting.push(Approval {
            key,
            case: None,
            proposed_by: signatures.by.first().map(|actor| actor.name.clone()),
            words: proposed.what.words(),
            amount: Some(proposed.amount),
            role,
            approvers: band.approvers,
            agreed: others.map(|actor| actor.name.clone()).collect(),
        });
    }
    for file in activate::drafts(view).await? {
        let Some(role) = file.next.roles().first() else { continue };
        waiting.push(Approval {
            words: format!("{} {} of {}", file.next.as_str(), file.path, &file.draft.hash[..12]),
            key: file.path,
            case: None,
            proposed_by: Some(file.draft.by),
            amount: None,
            role: *role,
            approvers: 1,
            agreed: file.draft.approved,
        });
    }
    waiting.sort_by_key(|approval| std::cmp::Reverse(approval.amount));
    Ok(waiting)
}
