//! What a line of an overlay changed, and which way.

/// What one line of an overlay did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub effect: Effect,
    /// In words: `N104 (850/PO1/N1): at most 13 characters instead of 80`.
    pub words: String,
    /// The line's number in `Overlay::rules`.
    pub rule: usize,
}

/// Which way a rule went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Documents that were good may now be refused.
    Tightens,
    /// Documents that were refused may now be good.
    Loosens,
    /// Nothing changes.
    Nothing,
    /// Its last day is over.
    Expired,
}

impl Effect {
    pub fn name(self) -> &'static str {
        match self {
            Self::Tightens => "tightens",
            Self::Loosens => "loosens",
            Self::Nothing => "nothing",
            Self::Expired => "expired",
        }
    }
}
