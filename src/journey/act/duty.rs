//! What an act is, as far as it matters who does it: its action, the thing it is done to, and who must agree to how much.

use super::again::{self, Original};
use super::rulings::Ruling;
use super::{Act, approvals, rulings};
use crate::journey::activate;
use crate::journey::apply::command::{About, Command};
use crate::journey::apply::known::Knowledge;
use crate::journey::apply::recheck::HOLD;
use crate::journey::money::{cash, deductions, runs};
use crate::process::cash::Settlement;
use crate::process::duties::{Action, Matter};
use crate::process::payment_run::PaymentRun;
use crate::process::{ExceptionKind, Queue, Side, What};
use crate::store::{Case, Result, View};
use rust_decimal::Decimal;

/// An act seen as a duty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duty {
    pub action: Action,
    /// What duties are separated by: `order 4501`, `payment T1`.
    pub subject: String,
    /// What it lets through, where an amount decides who has to agree.
    pub stake: Option<(Matter, Decimal)>,
}

impl Duty {
    /// # Errors
    /// Those of the store, and where a case is named that is not there.
    pub async fn of(view: &mut View, act: &Act) -> Result<Self> {
        let duty = |action, subject| Self { action, subject, stake: None };
        Ok(match act {
            Act::Tell(command) => match rulings::as_case(view, act).await? {
                Some(on_case) => Box::pin(Self::of(view, &on_case)).await?,
                None => duty(told(command), subject_of(&command.about)),
            },
            Act::Rule(judgement) => {
                let case = view.case(judgement.case).await?;
                let action = ruled(&case, judgement.ruling);
                let agrees = matches!(judgement.ruling, Ruling::Approve | Ruling::PayReceived);
                let money = case.money.as_deref().and_then(|money| money.parse().ok());
                let stake = money.filter(|_| agrees && action == Action::AcceptVariance);
                let stake = stake.map(|money| (Matter::Variance, money));
                Self { action, subject: about_case(&case), stake }
            }
            Act::Assign { payment, .. } | Act::Undo { payment, .. } => {
                duty(Action::ApplyCash, format!("payment {payment}"))
            }
            Act::Settle { deduction, settlement, .. } => {
                // What is given up takes people; what is charged again does not.
                let given_up = matches!(settlement, Some(Settlement::Credit | Settlement::WriteOff));
                let named = deductions::named(view, deduction).await?.ok();
                let id = named.as_ref().map_or(deduction.as_str(), |deduction| &deduction.id);
                let subject = format!("deduction {id}");
                let stake = named.filter(|_| given_up).map(|deduction| (Matter::WriteOff, deduction.amount));
                let steps = (Action::ProposeSettlement, Action::ApproveSettlement);
                let action = if given_up { step(view, act, &subject, stake, steps).await? } else { steps.0 };
                Self { action, subject, stake }
            }
            Act::Run { ask, .. } => {
                let (action, run) = match ask {
                    runs::Ask::Create(_) => (Action::CreatePaymentFile, runs::next_id(view).await?),
                    runs::Ask::Release(run) => (Action::ReleasePaymentFile, run.clone()),
                    // One payment of a run is undone by whoever may undo the run.
                    runs::Ask::Undo { run, .. } => {
                        let run = PaymentRun::id_of(run);
                        let known = runs::run(view, run).await?;
                        let is_out = known.is_some_and(|run| run.released_by.is_some());
                        let action = if is_out { Action::ReleasePaymentFile } else { Action::CreatePaymentFile };
                        (action, run.to_owned())
                    }
                };
                duty(action, format!("payment run {run}"))
            }
            Act::Forget { name } => duty(Action::ApplyCash, format!("name {name}")),
            // Whoever applies cash may stop it from doing so.
            Act::Rank { ask, .. } => {
                let is_off = *ask == cash::rank::Ask::Off;
                duty(if is_off { Action::ApplyCash } else { Action::TeachRanking }, "cash ranking".into())
            }
            Act::Close(through) => duty(Action::ClosePeriod, format!("period to {through}")),
            Act::Bank(_) | Act::Lockbox(_) => duty(Action::ApplyCash, "bank".into()),
            Act::Owe(item) => duty(Action::ApplyCash, format!("item {}", item.number)),
            Act::Know(known) => {
                let action = match known.kind {
                    Knowledge::Credit => Action::ReleaseCredit,
                    // A price alone is set by whoever sets prices.
                    Knowledge::Item if known.is_part => Action::OverridePrice,
                    Knowledge::Price => Action::OverridePrice,
                    Knowledge::Item => Action::EditItems,
                    Knowledge::Place => Action::OnboardPartner,
                };
                duty(action, format!("{} {}", known.kind.as_str(), known.key))
            }
            Act::Count(counts) => {
                let first = counts.first().map(|counted| counted.item.as_str()).unwrap_or_default();
                duty(Action::ReceiveGoods, format!("stock {first}"))
            }
            Act::Dismiss { hold, .. } => duty(Action::ResolveException, format!("hold {hold}")),
            Act::Resend { id, .. } => duty(Action::ResendDocument, format!("document {id}")),
            Act::Replay { id, .. } => match again::original(view, id).await? {
                Original::Job(job) => duty(Action::ProposeReplay, format!("job {}", job.id)),
                Original::Transmission(original) => {
                    let (documents, money) = again::weight(view, original.id, REPLAYED_ALONE).await?;
                    let many = documents > REPLAYED_ALONE;
                    let stake =
                        if many { (Matter::ManyReplayed, documents.into()) } else { (Matter::BulkReplay, money) };
                    let stake = Some(stake).filter(|(matter, amount)| approvals::takes_people(*matter, *amount));
                    let subject = format!("transmission {}", original.id);
                    let steps = (Action::ProposeReplay, Action::ApproveReplay);
                    let action = if stake.is_some() { step(view, act, &subject, stake, steps).await? } else { steps.0 };
                    Self { action, subject, stake }
                }
            },
            // Whoever may agree may refuse; whoever proposed it takes it back.
            Act::TurnDown { of, .. } => Self { stake: None, ..Box::pin(Self::of(view, of)).await? },
            Act::Change(change) => {
                let (action, subject) = activate::duty(view, change).await?;
                duty(action, subject)
            }
            Act::TakeOver { .. } => duty(Action::Read, "journal".into()),
            Act::Notify { endpoint, .. } => duty(Action::ResendDocument, format!("endpoint {endpoint}")),
        })
    }
}

/// So many documents one person has read again alone.
const REPLAYED_ALONE: usize = 50;

/// What takes several people is proposed first, and then approved.
async fn step(
    view: &mut View,
    act: &Act,
    subject: &str,
    stake: Option<(Matter, Decimal)>,
    (propose, approve): (Action, Action),
) -> Result<Action> {
    let takes_people = stake.is_some_and(|(matter, amount)| approvals::takes_people(matter, amount));
    let is_first = takes_people && approvals::proposer(view, act, subject).await?.is_none();
    Ok(if is_first && view.has_people().await? { propose } else { approve })
}

/// What the same order's other acts are found by.
pub fn about_case(case: &Case) -> String {
    match &case.order_number {
        Some(order) => format!("order {order}"),
        None => format!("exception {}", case.number),
    }
}

fn subject_of(about: &About) -> String {
    match about {
        About::New(key) => format!("order {}", key.order),
        About::Order { number, .. } | About::Trade { number, .. } => format!("order {number}"),
    }
}

fn told(command: &Command) -> Action {
    let side = match &command.about {
        About::New(key) => key.side,
        About::Order { side, .. } => *side,
        About::Trade { key, .. } if key.starts_with("purchase") => Side::Purchase,
        About::Trade { .. } => Side::Sale,
    };
    match (&command.what, side) {
        (What::Ordered { .. } | What::Replaced { .. } | What::Confirmed { .. }, Side::Purchase) => Action::PlaceOrder,
        (What::Changed(_) | What::Cancelled { .. }, Side::Purchase) => Action::PlaceOrder,
        (What::Decided(decision), Side::Sale) if decision.lines.iter().any(|line| line.price.is_some()) => {
            Action::OverridePrice
        }
        (What::AnswerAccepted | What::Decided(_), Side::Purchase) => Action::AcceptVariance,
        (What::Shipped(_) | What::NoticeWanted { .. } | What::NoticeWithdrawn { .. }, _) => Action::ConfirmShipment,
        (What::Received(_) | What::Returned(_), _) => Action::ReceiveGoods,
        (What::Invoiced(_) | What::Credited(_), _) => Action::IssueInvoice,
        (What::BillJudged { .. }, _) => Action::ApprovePayable,
        (What::Paid(_) | What::PaymentReturned { .. }, _) => Action::CreatePaymentFile,
        (What::Released { hold }, _) if hold.starts_with("credit") || hold.starts_with("past_due") => {
            Action::ReleaseCredit
        }
        (What::Released { .. }, _) => Action::ReleaseOrder,
        (What::FactorApproved { .. }, _) => Action::EditItems,
        (What::Reversed { event }, _) if event.starts_with("shipment") => Action::ConfirmShipment,
        (What::Reversed { event }, _) if event.starts_with("payment") => Action::CreatePaymentFile,
        (What::Reversed { .. }, _) => Action::ReceiveGoods,
        (What::Resolved { .. }, _) => Action::ResolveException,
        _ => Action::DecideOrder,
    }
}

fn ruled(case: &Case, ruling: Ruling) -> Action {
    let is = |kind: ExceptionKind| case.kind == kind.as_str();
    let is_hold = case.key.starts_with(HOLD);
    // What a hold keeps is let go by whoever may let it go, whatever that is called.
    if ruling == Ruling::Reject && is_hold || ruling == Ruling::Resolve && !is_hold {
        return Action::ResolveException;
    }
    if is(ExceptionKind::AcknowledgementOverdue) || is(ExceptionKind::DeliveryFailed) {
        return if ruling == Ruling::Approve { Action::ResendDocument } else { Action::ResolveException };
    }
    if is_hold && Queue::of(&case.queue) == Some(Queue::CustomerService) {
        return Action::ReleaseOrder;
    }
    if is(ExceptionKind::InvoiceHeld) || is(ExceptionKind::InvoiceForCancelled) {
        return Action::AcceptVariance;
    }
    if is(ExceptionKind::AnswerDiffers) {
        return Action::ApprovePurchase;
    }
    match Queue::of(&case.queue) {
        Some(Queue::Pricing) => Action::OverridePrice,
        Some(Queue::Credit) => Action::ReleaseCredit,
        _ => Action::ResolveException,
    }
}
