//! An application taken back: what opens again, which cases fall away, and where the money goes.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::apply::{Application, Funds};
use super::fact::Fact;
use crate::process::ledger::{Account, Draft};

/// Why an application is taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Undoing {
    /// The money is there and belongs elsewhere.
    Misapplied,
    /// More is known of it by now: it is decided again.
    Replaced,
    /// The bank took the money back.
    Returned,
    /// The bank took a part of it back: what is left waits, and belongs where it was as far as it reaches.
    ReturnedInPart,
}

/// What undoing does besides mirroring the application's entry, which the journal allows once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undone {
    /// Open items and what opens again of each; their due dates stay.
    pub reopened: Vec<(Box<str>, Decimal)>,
    /// Deductions that fall away with the payment.
    pub voided: Vec<Box<str>>,
    /// The money that is still there waits again.
    pub then: Option<Draft>,
    pub unapplied: Decimal,
}

/// Takes back what an application did. The caller mirrors its entry and posts `then`.
pub fn undo(application: &Application, fact: &Fact, funds: Funds, why: Undoing) -> Undone {
    let applied = application.lines.iter().filter_map(|line| line.item.clone().zip(line.split.as_ref()));
    let reopened = applied.map(|(item, split)| (item, split.applied())).filter(|(_, amount)| !amount.is_zero());
    let voided = application.deductions.iter().map(|deduction| deduction.id.clone()).collect();
    let (then, unapplied) = match (why, funds) {
        (Undoing::Returned, _) => (None, Decimal::ZERO),
        // The mirror itself puts the money back to where it waited.
        (_, Funds::Unapplied(amount)) => (None, amount),
        (_, Funds::Fresh) => {
            let draft = waits_again(application, fact);
            // A netting moved no money.
            ((!draft.is_empty()).then_some(draft), fact.gross())
        }
    };
    Undone { reopened: reopened.collect(), voided, then, unapplied }
}

/// What the bank takes back of money that an undone application had left waiting: [`Undone::then`] the other way round. `None`
/// where undoing it posted nothing of its own.
pub fn waits_no_more(application: &Application, fact: &Fact, funds: Funds) -> Option<Draft> {
    let Funds::Fresh = funds else { return None };
    let mut draft = waits_again(application, fact);
    if draft.is_empty() {
        return None;
    }
    draft.words = format!("undoes {}", draft.words);
    for leg in &mut draft.legs {
        leg.side = leg.side.other();
    }
    Some(draft)
}

fn waits_again(application: &Application, fact: &Fact) -> Draft {
    Draft::new(format!("{}: waits again", fact.id), fact.currency, application.payer.as_deref())
        .debit(Account::Cash, fact.amount)
        .debit(Account::BankCharges, fact.charges)
        .credit_item(Account::Unapplied, fact.gross(), &fact.id)
}
