//! The money as a whole: whatever customers send, the books balance and every cent is somewhere.

#[path = "../../benches/cash/noise.rs"]
mod noise;

use std::collections::BTreeMap;

use entrepot::process::cash::{
    Application, Case, Deduction, Fact, Funds, OpenList, Policy, Undoing, accept, apply, undo,
};
use entrepot::process::ledger::proof::{self, PaymentStanding};
use entrepot::process::ledger::{Account, Currency, Draft, Entry, EntryId, Journal, OpenItem};
use noise::{Noise, Random, World, world};
use proptest::prelude::*;
use rust_decimal::Decimal;
use uuid::Uuid;

/// What is kept of the world while events happen.
struct Books {
    journal: Journal,
    items: Vec<OpenItem>,
    places: BTreeMap<Box<str>, usize>,
    standings: BTreeMap<Box<str>, PaymentStanding>,
    /// Undone applications take theirs with them.
    deductions: BTreeMap<Box<str>, Deduction>,
    /// Applications that may still be taken back, with the entry each made.
    applied: Vec<(Application, Fact, Funds, EntryId)>,
    next: u128,
    /// What happened so far: money, advices, what was taken back and refunded.
    events: u64,
}

proptest! {
    // Each case is a hundred payments and more, undone and decided upon at random; `PROPTEST_CASES` makes more of them.
    #![proptest_config(ProptestConfig { cases: std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(12), ..ProptestConfig::default() })]

    #[test]
    fn every_cent_is_somewhere(seed in any::<u64>(), people in any::<bool>()) {
        live(seed, people);
    }
}

/// A million events and more, from one seed after another: `cargo test --test it money::a_million -- --ignored --nocapture`.
#[test]
#[ignore = "takes minutes"]
fn a_million_random_events() {
    let (mut events, mut worlds) = (0, 0);
    while events < 1_000_000 {
        events += live(worlds, worlds % 2 == 0);
        worlds += 1;
    }
    println!("{events} events in {worlds} worlds: every journal balances, and every cent is somewhere");
}

/// Payments with and without advices, decided upon, undone, given back and refunded at random; what is promised is proven at
/// the end. Answers how many events there were.
fn live(seed: u64, people: bool) -> u64 {
    let noise = if people { Noise::PEOPLE } else { Noise::EDI };
    let world = world(seed, 6, 40, noise);
    let mut books = Books::open(&world);
    let mut random = Random(seed);
    for paid in &world.payments {
        // Some money comes before its advice.
        if random.often(200) {
            books.apply(&world, &paid.fact, None, Funds::Fresh);
            let waits = books.standings[&paid.fact.id].unapplied;
            if paid.advice.is_some() && waits > Decimal::ZERO {
                books.apply(&world, &paid.fact, paid.advice.as_ref(), Funds::Unapplied(waits));
            }
        } else {
            books.apply(&world, &paid.fact, paid.advice.as_ref(), Funds::Fresh);
        }
        if random.often(100) {
            books.take_back(&mut random);
        }
        if random.often(100) {
            books.refund(&paid.fact);
        }
    }
    books.prove();
    books.events
}

#[test]
fn nothing_is_applied_wrongly() {
    // Another seed makes another world: `ENTREPOT_SEEDS=100,101,102 cargo test --test it money::nothing -- --nocapture`.
    let seeds = std::env::var("ENTREPOT_SEEDS").unwrap_or_else(|_| "11".into());
    let seeds: Vec<u64> = seeds.split(',').map(|seed| seed.parse().expect("a seed")).collect();
    for (noise, least) in [(Noise::EDI, 98), (Noise::PEOPLE, 90)] {
        let (mut lines, mut right) = (0, 0);
        for seed in &seeds {
            let found = tally(&world(*seed, 12, 60, noise));
            println!("seed {seed}: {} of {} lines, none wrong", found.0, found.1);
            (right, lines) = (right + found.0, lines + found.1);
        }
        assert!(right * 100 >= lines * least, "{right} of {lines} lines, at least {least} % were wanted");
    }
}

/// Applies every payment of a world: lines applied, all of them to the item that was meant, and lines that there are.
fn tally(world: &World) -> (usize, usize) {
    let mut books = Books::open(world);
    let (mut right, mut lines) = (0, 0);
    for paid in &world.payments {
        books.apply(world, &paid.fact, paid.advice.as_ref(), Funds::Fresh);
        lines += paid.truth.len();
        let Some((application, ..)) = books.applied.last().filter(|(a, ..)| a.payment == paid.fact.id) else {
            continue;
        };
        for line in application.lines.iter().filter(|line| line.applied) {
            let item = line.item.as_ref().expect("an item where a line is applied");
            let meant = match &paid.advice {
                Some(_) => paid.truth[line.line - 1] == *item,
                None => paid.truth.contains(item),
            };
            assert!(meant, "{} was applied to {item}: {}", line.reference, line.because);
            right += 1;
        }
    }
    books.prove();
    (right, lines)
}

impl Books {
    /// Every open item has been invoiced.
    fn open(world: &World) -> Self {
        let mut books = Self {
            journal: Journal::default(),
            items: world.items.clone(),
            places: world.items.iter().enumerate().map(|(place, item)| (item.number.clone(), place)).collect(),
            standings: BTreeMap::new(),
            deductions: BTreeMap::new(),
            applied: Vec::new(),
            next: 0,
            events: 0,
        };
        for item in &world.items {
            let draft = Draft::new("invoice", item.currency, Some(&item.party))
                .debit_item(Account::Receivable, item.amount, &item.number)
                .credit(Account::Revenue, item.amount);
            books.post(draft);
        }
        books
    }

    fn post(&mut self, draft: Draft) -> EntryId {
        self.next += 1;
        let id = EntryId(Uuid::from_u128(self.next));
        self.journal.post(id, jiff::civil::date(2026, 4, 1), "test", draft).expect("a draft that balances");
        id
    }

    fn apply(&mut self, world: &World, fact: &Fact, advice: Option<&entrepot::process::cash::Advice>, funds: Funds) {
        self.events += 1 + u64::from(advice.is_some());
        let policy = Policy::default();
        let payer = fact.payer.clone().unwrap_or_default();
        let application = {
            let related = self.items.iter().filter(|item| world.payers.related(&payer, &item.party));
            let list = OpenList::new(related, &policy);
            let case = Case {
                fact,
                advice,
                funds,
                list: &list,
                payers: &world.payers,
                policy: &policy,
                given_today: Decimal::ZERO,
                ranking: None,
            };
            let application = apply(&case);
            // A person answers what has one answer.
            let answer = application.questions.iter().find(|question| question.proposals.len() == 1);
            let fresh = application.lines.iter().all(|line| !line.applied);
            answer.filter(|_| fresh).and_then(|q| accept(&case, &q.proposals[0].items).ok()).unwrap_or(application)
        };
        self.book(application, fact, funds);
    }

    fn book(&mut self, application: Application, fact: &Fact, funds: Funds) {
        let standing = self.standings.entry(fact.id.clone()).or_insert_with(|| PaymentStanding {
            payment: fact.id.clone(),
            currency: fact.currency,
            received: fact.amount,
            applied: Decimal::ZERO,
            unapplied: Decimal::ZERO,
            refunded: Decimal::ZERO,
            charges: fact.charges,
        });
        standing.applied += application.applied();
        standing.unapplied = application.unapplied;
        for line in &application.lines {
            if let Some((number, split)) = line.item.as_ref().zip(line.split.as_ref()) {
                self.items[self.places[number]].apply(split.applied()).expect("no more than is open");
            }
        }
        let cases = application.deductions.iter().map(|case| (case.id.clone(), case.clone()));
        self.deductions.extend(cases);
        if let Some(draft) = application.draft.clone() {
            let id = self.post(draft);
            self.applied.push((application, fact.clone(), funds, id));
        }
    }

    /// Takes back the latest application of a payment that nothing else happened to.
    fn take_back(&mut self, random: &mut Random) {
        let Some((application, fact, funds, entry)) = self.applied.pop() else { return };
        let why = match (random.often(500), random.often(300)) {
            (true, _) if funds == Funds::Fresh => Undoing::Returned,
            (_, true) => Undoing::ReturnedInPart,
            _ => Undoing::Misapplied,
        };
        let refunded = self.standings[&fact.id].refunded;
        if !refunded.is_zero() {
            return;
        }
        self.events += 1;
        let undone = undo(&application, &fact, funds, why);
        self.next += 1;
        let id = EntryId(Uuid::from_u128(self.next));
        let day = jiff::civil::date(2026, 4, 2);
        self.journal.reverse(entry, id, day, "test", "taken back").expect("a first reversal");
        assert!(self.journal.reverse(entry, id, day, "test", "again").is_err());
        for (number, amount) in &undone.reopened {
            self.items[self.places[number]].reopen(*amount).expect("what was applied");
        }
        undone.voided.iter().for_each(|case| drop(self.deductions.remove(case)));
        let standing = self.standings.get_mut(&fact.id).expect("a payment that was booked");
        match why {
            Undoing::Returned => {
                *standing = PaymentStanding {
                    received: Decimal::ZERO,
                    applied: Decimal::ZERO,
                    unapplied: Decimal::ZERO,
                    charges: Decimal::ZERO,
                    ..standing.clone()
                };
            }
            Undoing::Misapplied | Undoing::Replaced | Undoing::ReturnedInPart => {
                standing.applied -= application.applied();
                standing.unapplied = undone.unapplied;
            }
        }
        let half = (undone.unapplied.min(fact.amount) / Decimal::TWO).round_dp(0);
        if why == Undoing::ReturnedInPart && half > Decimal::ZERO {
            (standing.unapplied, standing.refunded) = (standing.unapplied - half, standing.refunded + half);
            let back = Fact { amount: half, ..fact.clone() };
            let left = back.left_in_part(&fact.id, application.payer.as_deref());
            if let Some(then) = undone.then {
                self.post(then);
            }
            self.post(left);
            return;
        }
        if let Some(then) = undone.then {
            self.post(then);
        }
    }

    /// What waits goes back to the customer.
    fn refund(&mut self, fact: &Fact) {
        let Some(standing) = self.standings.get_mut(&fact.id).filter(|standing| !standing.unapplied.is_zero()) else {
            return;
        };
        self.events += 1;
        let amount = std::mem::take(&mut standing.unapplied);
        standing.refunded += amount;
        // An application whose rest was refunded is not taken back any more.
        self.applied.retain(|(application, ..)| application.payment != fact.id);
        let draft = Draft::new("refund", fact.currency, fact.payer.as_deref())
            .debit_item(Account::Unapplied, amount, &fact.id)
            .credit(Account::Cash, amount);
        self.post(draft);
    }

    /// I6 to I9 and I17.
    fn prove(&self) {
        let entries: &[Entry] = self.journal.entries();
        let standings: Vec<PaymentStanding> = self.standings.values().cloned().collect();
        let deductions = self.deductions.values().map(|case| (case.currency, case.open_amount()));
        let invoiced: Vec<proof::Invoiced> = self
            .items
            .iter()
            .map(|item| proof::Invoiced { number: item.number.clone(), currency: item.currency, total: item.amount })
            .collect();
        let mut breaches = proof::entries(entries);
        breaches.extend(proof::open_items(&self.items));
        breaches.extend(proof::payments(&standings));
        breaches.extend(proof::receivables(entries, &self.items));
        breaches.extend(proof::unapplied(entries, &standings));
        breaches.extend(proof::control(Account::Deductions, entries, deductions));
        breaches.extend(proof::invoices(entries, &invoiced));
        let said: Vec<String> = breaches.iter().map(ToString::to_string).collect();
        assert!(said.is_empty(), "{}", said.join("\n"));
        let total: Decimal = Account::ALL.iter().map(|account| self.journal.balance(*account, Currency::USD)).sum();
        assert_eq!(total, Decimal::ZERO);
    }
}
