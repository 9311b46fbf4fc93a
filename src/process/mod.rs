//! What documents do to a trade and to the books: pure decisions over values, without a clock, a store or a wire.

pub mod cash;
pub mod ledger;
