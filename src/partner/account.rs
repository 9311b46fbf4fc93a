//! `[account]`: where somebody's money is, as a payment file needs it. Ours stands in `us.toml`, a supplier's in its file.

use serde::{Deserialize, Serialize};

use crate::mistake::keys::Keys;

/// An account at a bank.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// IBAN, or the number as the bank has it.
    pub number: String,
    /// The holder, where it is not the name above.
    pub holder: Option<String>,
    pub bic: Option<String>,
    /// Of our own account: the partner that is our bank, and gets our payment files.
    pub bank: Option<String>,
}

impl Account {
    pub(super) fn read(keys: &mut Keys<'_>) -> Option<Self> {
        let mut keys = keys.table("account");
        let number = keys.optional::<String>("number", "the IBAN, or the number as the bank has it");
        let holder = keys.optional("holder", "whose account it is, where that is not the name above");
        let bic = keys.optional("bic", "the bank's BIC");
        let bank = keys.optional("bank", "in us.toml: the partner that is our bank and gets our payment files");
        keys.finish();
        number.map(|number| Self { number, holder, bic, bank })
    }
}
