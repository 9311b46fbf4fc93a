//! Every order of arrival and every duplication of a trade's documents ends in the same numbers, nothing waiting for ever.
//!
//! The orders are not tried one by one: states that have heard the same events and stand alike are one state, so that all
//! of the 9! orders are walked in a few thousand steps. In every state everything heard so far is heard again.

use std::collections::BTreeMap;

use super::super::policy::{Invoicing, Policy};
use super::super::*;
use super::world::{World, event, now};

const ALL: &[&str] = &[
    "ordered0",
    "ordered",
    "accepted",
    "backordered",
    "rejected",
    "cancelled",
    "shipped",
    "received",
    "usable",
    "returned",
    "invoiced",
    "matched",
    "credited",
];
/// Where a change falls below what had left, what counts as ordered may differ, and with it what of it was answered.
const CROSSING: &[&str] = &["ordered0", "cancelled", "shipped", "received", "invoiced", "credited"];

#[test]
fn a_sale_ends_alike() {
    let story = "order 1=100@10 2=50@4 ; change 1 1=90 ; answer v0 1=100 2=50 ; ship S1 1=90 2=50 ; notice S1 ;
                 invoice I1 of:S1 ; receive R1 of:S1 1=90 2=50-5 ; pay T1 I1 1100 ; ack invoice|I1 accepted";
    let end = ends_alike(Side::Sale, story, &on_request(), ALL);
    assert!(end.contains("1.ordered=90 1.accepted=90") && end.contains("2.usable=45"), "{end}");
    assert!(end.ends_with("invoiced=1100 paid=1100"), "{end}");
}

#[test]
fn a_sale_in_two_shipments_with_a_decision_that_names_no_version_ends_alike() {
    let story =
        "order 1=100@10 ; change 1 1=90 ; accept ; ship S1 1=60 ; ship S2 1=30 ; invoice I1 1=60 ; invoice I2 1=30 ;
                 pay T1 I1 600 ; pay T2 I2 300";
    let end = ends_alike(Side::Sale, story, &on_request(), ALL);
    assert!(end.contains("1.accepted=90") && end.ends_with("invoiced=900 paid=900"), "{end}");
}

#[test]
fn a_sale_that_invoices_by_itself_knows_the_invoice_by_the_number_of_the_erp() {
    let story = "order 1=100@10 ; change 1 1=90 ; accept ; ship S1 1=90 ; notice S1 ; invoice I1 of:S1 ;
                 receive R1 of:S1 1=90 ; pay T1 I1 900 ; ack ship_notice|S1 accepted";
    let end = ends_alike(Side::Sale, story, &Policy::default(), ALL);
    assert!(end.ends_with("invoiced=900 paid=900"), "{end}");
}

#[test]
fn a_change_below_what_was_shipped_moves_no_goods_and_no_money() {
    let story = "order 1=100@10 ; change 1 1=70 ; accept ; ship S1 1=80 ; notice S1 ; invoice I1 of:S1 ;
                 receive R1 of:S1 1=80 ; pay T1 I1 800";
    let end = ends_alike(Side::Sale, story, &on_request(), CROSSING);
    assert!(end.contains("1.cancelled=0 1.shipped=80") && end.ends_with("invoiced=800 paid=800"), "{end}");
}

#[test]
fn a_cancellation_takes_what_had_not_left_whenever_it_comes() {
    let story =
        "order 1=100@10 ; cancel 1 ; accept ; ship S1 1=80 ; invoice I1 of:S1 ; receive R1 of:S1 1=80 ; pay T1 I1 800";
    let end = ends_alike(Side::Sale, story, &on_request(), ALL);
    assert!(end.contains("1.accepted=80") && end.contains("1.cancelled=20"), "{end}");
}

#[test]
fn changes_that_add_and_raise_end_alike() {
    let story =
        "order 1=100@10 ; change 1 1=120 2=new40@5 ; change 2 1=110 ; answer v0 1=60/40 ; answer v2 1=110 2=40 ;
                 ship S1 1=110 2=40 ; invoice I1 of:S1 ; pay T1 I1 1300";
    let end = ends_alike(Side::Sale, story, &on_request(), ALL);
    assert!(end.contains("1.ordered=110 1.accepted=110") && end.ends_with("invoiced=1300 paid=1300"), "{end}");
}

#[test]
fn a_purchase_ends_alike() {
    let story = "order 1=100@10 ; change 1 1=90 ; answer v0 1=100 ; advise S1 1=90 ; receive R1 of:S1 1=90 ;
                 invoice I1 1=90@10 ; pay T1 I1 900 ; ack order|0 accepted ; ack receipt_advice|R1 accepted";
    let end = ends_alike(Side::Purchase, story, &Policy::default(), ALL);
    assert!(end.contains("1.ordered=90 1.accepted=90") && end.contains("1.matched=90"), "{end}");
    assert!(end.ends_with("invoiced=900 paid=900"), "{end}");
}

#[test]
fn a_purchase_whose_change_is_answered_ends_alike() {
    let story = "order 1=100@10 ; change 1 1=90 ; change 2 1=80 ; answer v1 1=90 ; answer v2 1=80 ; advise S1 1=80 ;
                 receive R1 of:S1 1=80 ; invoice I1 1=80@10 ; pay T1 I1 800";
    let end = ends_alike(Side::Purchase, story, &Policy::default(), ALL);
    assert!(end.contains("1.ordered=80 1.accepted=80"), "{end}");
}

fn on_request() -> Policy {
    let mut policy = Policy::default();
    policy.invoice.when = Invoicing::OnRequest;
    policy
}

/// Walks every order of arrival; returns the numbers they all end in.
fn ends_alike(side: Side, story: &str, policy: &Policy, names: &[&str]) -> String {
    let events: Vec<Event> = story.split(';').map(event).collect();
    let everything = (1_u32 << events.len()) - 1;
    // By what was heard: the states it came to, each with one way there.
    let mut reached: BTreeMap<u32, Vec<Reached>> = BTreeMap::from([(0, vec![reach(World::new(side), vec![])])]);
    for heard in 0..everything {
        let Some(states) = reached.remove(&heard) else { continue };
        for Reached { state, way, .. } in states {
            for at in 0..events.len() {
                let mut next = state.clone();
                next.take(&events[at], policy, now());
                let mut way = way.clone();
                way.push(at);
                if heard & (1 << at) != 0 {
                    assert_eq!(stripped(&next), stripped(&state), "heard twice: {}", told(&way, &events));
                    continue;
                }
                let broken = super::super::verify::broken(&next.trade, policy);
                assert!(broken.is_empty(), "{broken:#?}\n{}", told(&way, &events));
                let states = reached.entry(heard | (1 << at)).or_default();
                let next = reach(next, way);
                if !states.iter().any(|known| known.alike == next.alike) {
                    states.push(next);
                }
            }
        }
    }
    let ends = &reached[&everything];
    let first = ends[0].state.numbers(names);
    for Reached { state: end, way, .. } in ends {
        assert!(end.waiting.is_empty(), "waits for ever: {:?}\n{}", end.waiting, told(way, &events));
        assert_eq!(end.numbers(names), first, "{}\nagainst {}", told(way, &events), told(&ends[0].way, &events));
    }
    first
}

/// A state, one way there, and what makes it one with others.
struct Reached {
    state: World,
    way: Vec<usize>,
    alike: World,
}

fn reach(state: World, way: Vec<usize>) -> Reached {
    let state = stripped(&state);
    Reached { alike: alike(&state), state, way }
}

/// Without what was wanted from outside, which may differ with the order.
fn stripped(world: &World) -> World {
    let mut waiting = world.waiting.clone();
    waiting.sort_by(|a, b| a.1.key.cmp(&b.1.key));
    World { effects: Vec::new(), last: None, applied: Vec::new(), waiting, trade: world.trade.clone() }
}

/// What makes two states one: all but the order in which documents were issued and cases opened.
fn alike(world: &World) -> World {
    let mut world = world.clone();
    world.trade.issued.sort_by(|a, b| a.key.cmp(&b.key));
    world.trade.issued.iter_mut().for_each(|issued| issued.number = None);
    world.trade.exceptions.sort_by(|a, b| a.key.cmp(&b.key));
    world
}

fn told(way: &[usize], events: &[Event]) -> String {
    way.iter().map(|at| events[*at].content.as_str()).collect::<Vec<_>>().join(" > ")
}
