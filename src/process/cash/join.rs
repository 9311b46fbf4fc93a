//! Which advice speaks of which money: by trace, else by payer, amount and nearness of the days.

use super::advice::Advice;
use super::fact::Fact;
use super::payer::Payers;
use super::policy::Policy;

/// What was found for one of the two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Joined {
    /// Both name one trace.
    Trace(usize),
    /// Payer, amount and days agree, and no other's do.
    Amount(usize),
    /// Several agree: a person says which.
    Ambiguous(Vec<usize>),
    /// It waits.
    Nothing,
}

/// The advice, among those that wait, of money that came.
pub fn advice_of(fact: &Fact, advices: &[Advice], payers: &Payers, policy: &Policy) -> Joined {
    let payer = payers.identify(fact).map(|(payer, _)| payer);
    choose(advices.iter().map(|advice| likeness(fact, payer, advice, payers, policy)))
}

/// The money, among what came without an advice, of an advice.
pub fn fact_of(advice: &Advice, facts: &[Fact], payers: &Payers, policy: &Policy) -> Joined {
    let like = |fact| likeness(fact, payers.identify(fact).map(|(payer, _)| payer), advice, payers, policy);
    choose(facts.iter().map(like))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Likeness {
    Trace,
    Amount,
    None,
}

fn likeness(fact: &Fact, payer: Option<&str>, advice: &Advice, payers: &Payers, policy: &Policy) -> Likeness {
    let stranger = payer.is_some_and(|payer| !payers.related(payer, &advice.payer));
    if stranger || fact.currency != advice.currency {
        return Likeness::None;
    }
    if advice.trace.as_deref().is_some_and(|trace| names(fact, trace)) {
        return Likeness::Trace;
    }
    // Two different traces are two different payments, however alike they are.
    let own = |trace: &str| significant(trace).is_some();
    let traced = advice.trace.as_deref().is_some_and(own) && fact.traces.iter().any(|trace| own(trace));
    let days = advice.date.map_or(0, |date| (fact.date - date).get_days().abs());
    let near = i64::from(days) <= policy.join_days;
    let same = fact.gross() == advice.amount || fact.amount == advice.amount;
    if payer.is_some() && !traced && same && near { Likeness::Amount } else { Likeness::None }
}

/// Whether a booking names a trace: as one of its numbers, or as a word of its text.
fn names(fact: &Fact, trace: &str) -> bool {
    let Some(wanted) = significant(trace) else { return false };
    let is = |text: &str| significant(text).is_some_and(|found| found == wanted);
    fact.traces.iter().any(|trace| is(trace)) || fact.text.split_whitespace().any(is)
}

/// Whether a trace is a word that stands for none.
pub fn is_filler(trace: &str) -> bool {
    significant(trace).is_none()
}

/// A trace without spacing and leading zeros; `None` where it is a filler.
fn significant(trace: &str) -> Option<String> {
    let plain: String = trace.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect();
    let plain = plain.trim_start_matches('0');
    let filler = plain.is_empty() || matches!(plain, "NOTPROVIDED" | "NONE" | "NONREF" | "UNKNOWN");
    (!filler).then(|| plain.to_owned())
}

fn choose(likenesses: impl Iterator<Item = Likeness>) -> Joined {
    let (mut traces, mut amounts) = (Vec::new(), Vec::new());
    for (index, likeness) in likenesses.enumerate() {
        match likeness {
            Likeness::Trace => traces.push(index),
            Likeness::Amount => amounts.push(index),
            Likeness::None => {}
        }
    }
    match (traces.as_slice(), amounts.as_slice()) {
        ([only], _) => Joined::Trace(*only),
        ([], [only]) => Joined::Amount(*only),
        ([], []) => Joined::Nothing,
        ([], _) => Joined::Ambiguous(amounts),
        _ => Joined::Ambiguous(traces),
    }
}

#[cfg(test)]
mod tests {
    use super::super::FactKind;
    use super::super::testing::{advice, day_of};
    use super::*;
    use crate::process::ledger::Currency;
    use rust_decimal::Decimal;

    #[test]
    fn money_finds_its_advice() {
        // Trace, text, payer, amount, day of the booking; advices as trace, amount, day.
        check("T1", "", "acme", "1000", "03-05", &["T1 1000 03-01", "T2 1000 03-05"], Joined::Trace(0));
        check("000T1", "", "acme", "1000", "03-05", &["T1 999 03-01"], Joined::Trace(0));
        check("", "CTX T1 ACME", "", "1000", "03-05", &["T1 1000 03-01"], Joined::Trace(0));
        check("T9", "", "acme", "1000", "03-05", &["T1 1000 03-05"], Joined::Nothing);
        check("NOTPROVIDED", "", "acme", "1000", "03-05", &["T1 1000 03-05"], Joined::Amount(0));
        check("", "", "acme", "1000", "03-05", &["T1 1000 03-05", "T2 1000 03-05"], Joined::Ambiguous(vec![0, 1]));
        check("", "", "acme", "1000", "03-15", &["T1 1000 03-05"], Joined::Nothing);
        check("", "", "", "1000", "03-05", &["T1 1000 03-05"], Joined::Nothing);
        check("T1", "", "other", "1000", "03-05", &["T1 1000 03-05"], Joined::Nothing);
    }

    fn check(trace: &str, text: &str, payer: &str, amount: &str, day: &str, advices: &[&str], joined: Joined) {
        let some = |text: &str| (!text.is_empty()).then(|| text.into());
        let fact = Fact {
            id: "B1".into(),
            kind: FactKind::Credit,
            currency: Currency::USD,
            amount: amount.parse().unwrap(),
            charges: Decimal::ZERO,
            date: day_of(day),
            value_date: None,
            traces: some(trace).into_iter().collect(),
            payer: some(payer),
            payer_account: None,
            payer_name: None,
            references: Vec::new(),
            text: text.into(),
        };
        let waiting: Vec<Advice> = advices
            .iter()
            .map(|line| {
                let words: Vec<&str> = line.split(' ').collect();
                let plain = advice(&format!("{} |", words[1]));
                Advice { trace: some(words[0]), date: Some(day_of(words[2])), ..plain }
            })
            .collect();
        let policy = Policy::default();
        assert_eq!(advice_of(&fact, &waiting, &Payers::default(), &policy), joined, "{trace} {text} {advices:?}");
        if let (Joined::Trace(at) | Joined::Amount(at), [_]) = (&joined, &*waiting) {
            assert_ne!(fact_of(&waiting[*at], &[fact], &Payers::default(), &policy), Joined::Nothing);
        }
    }
}
