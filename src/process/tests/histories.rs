//! Random histories: whatever comes in whatever order, the invariants hold, and folding the events again gives the same.

use proptest::prelude::*;
use uuid::Uuid;

use super::super::ledger::proof::control;
use super::super::ledger::{Account, Entry, EntryId};
use super::super::policy::{Invoicing, Policy, Remainder};
use super::super::tolerance::Limit;
use super::super::*;
use super::world::{World, event, now};

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn a_sale_keeps_its_invariants(history in prop::collection::vec(sale_event(), 1..24), policy in policy()) {
        play(Side::Sale, &history, &policy)?;
    }

    #[test]
    fn a_purchase_keeps_its_invariants(history in prop::collection::vec(purchase_event(), 1..24), policy in policy()) {
        play(Side::Purchase, &history, &policy)?;
    }
}

fn play(side: Side, history: &[String], policy: &Policy) -> Result<(), TestCaseError> {
    let mut world = World::new(side);
    let mut numbered = vec![format!("order 1=100@10 2=50@4")];
    numbered.extend(history.iter().enumerate().map(|(at, text)| text.replace('#', &at.to_string())));
    for text in &numbered {
        let before = world.trade.clone();
        world.take(&event(text), policy, now());
        let broken = verify::broken(&world.trade, policy);
        prop_assert!(broken.is_empty(), "after {text}: {broken:#?}\nof {numbered:#?}");
        let breaches = breaches(&world);
        prop_assert!(breaches.is_empty(), "after {text}: {breaches:#?}\nof {numbered:#?}");
        for line in &before.lines {
            // Facts only grow, but for what is undone and for bills that are refused.
            let after = world.trade.line(&line.number).map(|line| line.facts.clone()).unwrap_or_default();
            let undone = text.starts_with("undo");
            prop_assert!(undone || after.shipped >= line.facts.shipped, "{text} un-ships");
            prop_assert!(undone || after.received >= line.facts.received, "{text} un-receives");
            // I14: from answers to goods to money, and back only by what undoes. Goods that came back are beside that way.
            let stage = |trade: &Trade| trade.line(&line.number).map_or(0, |line| stage(trade.line_state(line)));
            let is_back =
                |trade: &Trade| trade.line(&line.number).is_some_and(|line| trade.line_state(line) == State::Returned);
            prop_assert!(
                undone
                    || text.starts_with("judge")
                    || text.starts_with("return")
                    || is_back(&before)
                    || is_back(&world.trade)
                    || stage(&world.trade) >= stage(&before),
                "{text} goes back"
            );
        }
        let again = world.clone().take(&event(text), policy, now()).trade.clone();
        prop_assert_eq!(&again, &world.trade, "{} twice", text);
    }
    // I11: the trade is the fold of what was applied, in that order.
    let applied: Vec<(&Event, &Policy, jiff::Timestamp)> =
        world.applied.iter().map(|event| (event, policy, now())).collect();
    let rebuilt = verify::fold(world.trade.key.clone(), applied);
    prop_assert_eq!(rebuilt, world.trade);
    Ok(())
}

/// I6 and I9: what a purchase posts balances, and comes to what it owes and has received without an invoice.
fn breaches(world: &World) -> Vec<String> {
    let drafts = world.effects.iter().filter_map(|effect| match effect {
        Effect::Post(draft) => Some(draft.clone()),
        _ => None,
    });
    let posted = drafts.map(|draft| Entry::post(EntryId(Uuid::nil()), jiff::civil::date(2026, 3, 2), "test", draft));
    let entries: Vec<Entry> = match posted.collect() {
        Ok(entries) => entries,
        Err(why) => return vec![why.to_string()],
    };
    let trade = &world.trade;
    let owed = [(trade.currency(), -trade.payable())];
    let accrued = trade.lines.iter().map(|line| (trade.currency(), -trade.accrual(line)));
    let accrued: Vec<_> = if trade.side() == Side::Purchase { accrued.collect() } else { Vec::new() };
    let owed: Vec<_> = if trade.side() == Side::Purchase { owed.to_vec() } else { Vec::new() };
    let breaches = [control(Account::Payable, &entries, owed), control(Account::GoodsReceived, &entries, accrued)];
    breaches.into_iter().flatten().map(|breach| breach.to_string()).collect()
}

fn stage(state: State) -> u8 {
    match state {
        State::PartShipped | State::Shipped => 1,
        State::PartInvoiced | State::Invoiced | State::Settled => 2,
        _ => 0,
    }
}

fn policy() -> impl Strategy<Value = Policy> {
    let when = prop::sample::select(vec![Invoicing::PerShipment, Invoicing::Consolidated, Invoicing::OnRequest]);
    (when, any::<bool>(), any::<bool>(), 0..3_u32).prop_map(|(when, closes, automatic, choice)| {
        let mut policy = Policy::default();
        policy.invoice.when = when;
        policy.shipping.remainder = if closes { Remainder::Close } else { Remainder::Backorder };
        policy.shipping.over = [Limit::NONE, Limit::percent(10), Limit::absolute(3)][choice as usize];
        policy.shipping.pays_overage = automatic;
        policy.change.automatic = automatic;
        policy.answer.automatic = choice == 2;
        policy.buying.over_receipt = policy.shipping.over;
        policy.buying.approval_above = (choice == 1).then(|| 500.into());
        policy
    })
}

/// Few numbers, so that they meet; `#` is the position in the history, for what must be another one.
fn sale_event() -> impl Strategy<Value = String> {
    let n = 1..3_u32;
    let line = 1..3_u32;
    let quantity = prop::sample::select(vec![5, 20, 50, 60, 90, 100, 130]);
    (0..22_u32, n, line, quantity, 1..4_u32).prop_map(|(kind, n, line, quantity, sequence)| match kind {
        0 => format!("change {sequence} {line}={quantity}"),
        1 => format!("change {sequence} {line}=+{quantity}@9"),
        2 => format!("change {sequence} {line}=x 3=new{quantity}@5"),
        3 => "cancel".to_owned(),
        4 => format!("accept #by v{}", sequence - 1),
        5 => format!("answer by# {line}={quantity}/5/5"),
        6 => format!("answer by# {line}={quantity}@9.50"),
        7 => format!("ship S# {line}={quantity}"),
        8 => format!("ship S{n} 1={quantity} 2=5 last"),
        9 => format!("notice S{n} again #"),
        10 => format!("invoice I{n} of:S{n}"),
        11 => format!("invoice I# {line}={quantity}"),
        12 => format!("receive R# of:S{n} {line}={quantity}"),
        13 => format!("receive R# {line}={quantity}-5"),
        14 => format!("return X# {line}=5"),
        15 => format!("credit C# {line}=5 credits:I{n}"),
        16 => format!("pay T# I{n} {}", quantity * 10),
        17 => format!("bounce T{n}"),
        18 => format!("undo ship-S{n} #"),
        19 => format!("resolve over_ship|{line} #"),
        20 => format!("ack ship_notice|S{n} R"),
        _ => format!("replace {line}={quantity} #"),
    })
}

fn purchase_event() -> impl Strategy<Value = String> {
    let quantity = prop::sample::select(vec![5, 20, 50, 60, 90, 100, 130]);
    (0..20_u32, 1..3_u32, 1..3_u32, quantity, 1..4_u32).prop_map(|(kind, n, line, quantity, sequence)| match kind {
        0 => format!("change {sequence} {line}={quantity}"),
        1 => format!("answer by# v{sequence} {line}={quantity}"),
        2 => format!("answer by# {line}={quantity}/5/5"),
        3 => format!("reject by# v{sequence}"),
        4 => "cancel".to_owned(),
        5 => format!("advise S{n} {line}={quantity}"),
        6 => format!("receive R# of:S{n} {line}={quantity}"),
        7 => format!("receive R{n} {line}={quantity}-5"),
        8 => format!("invoice I{n} {line}={quantity}"),
        9 => format!("invoice I# {line}={quantity}@11"),
        10 => format!("judge I{n} accept #"),
        11 => format!("judge I{n} #"),
        12 => format!("pay T# I{n} {}", quantity * 10),
        13 => format!("undo receive-R{n} #"),
        14 => format!("return X# {line}=5"),
        15 => format!("credit C# {line}=5@10 credits:I{n}"),
        16 => format!("change {sequence} {line}={quantity}@9.37"),
        17 => format!("judge I{n} received #"),
        18 => format!("bounce T{n}"),
        _ => format!("resolve over_receipt|{line} #"),
    })
}
