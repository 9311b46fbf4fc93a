//! The packs of a document: which lies in which, and whose order each belongs to.

use rustc_hash::FxHashMap;

use super::Mapping;
use super::model::List;
use super::slots;
use crate::canonical::{Name, Record, Value};

/// Deepest nesting of packs: what lies deeper is named as not carried.
pub(super) const DEPTH_MAX: usize = 32;

/// The packs of a document, sorted out once.
#[derive(Debug, Default)]
pub(super) struct Packs<'d> {
    pub(super) items: Vec<&'d Value<'d>>,
    /// By position: the order that everything in the pack belongs to.
    pub(super) orders: Vec<Option<&'d str>>,
    pub(super) below: FxHashMap<usize, Vec<usize>>,
    pub(super) roots: Vec<usize>,
}

impl<'d> Packs<'d> {
    /// The packs that lie in no other.
    pub(super) fn roots(&self) -> &[usize] {
        &self.roots
    }

    /// A pack and all that lie in it.
    pub(super) fn within(&self, root: usize) -> Vec<&'d Value<'d>> {
        let (mut found, mut next) = (Vec::new(), vec![root]);
        while let Some(at) = next.pop() {
            found.push(self.items[at]);
            // Each pack has one parent: nothing is met twice, and what goes round in a circle has no root.
            next.extend(self.below.get(&at).map_or(&[][..], Vec::as_slice));
        }
        found
    }
}

/// The items of a list at the document's top.
pub(super) fn list_items<'d>(root: &'d Record<'d>, list: &List) -> Vec<&'d Value<'d>> {
    let items = slots::get(root, &list.target.steps).and_then(Value::as_list).unwrap_or(&[]);
    items.iter().collect()
}

/// An item's key: a text, or its position where it has none.
pub(super) fn key_of<'d>(list: &List, item: &'d Value<'d>, position: usize) -> (Option<&'d str>, String) {
    let key = match item {
        Value::Record(record) => list.key.last().and_then(|steps| slots::get(record, steps)).and_then(Value::as_text),
        leaf => leaf.as_text(),
    };
    (key, (position + 1).to_string())
}

/// Says of every pack which order it belongs to, where its contents or the only order say it.
pub(super) fn name_orders<'a>(mapping: &'a Mapping, root: &mut Record<'a>) {
    let lists = || mapping.blocks.iter().filter_map(|block| block.list.as_ref());
    let Some(named) = lists().find(|list| list.named.is_some() && list.link.is_none() && list.target.up == 0) else {
        return;
    };
    let (Some(field), Some(list)) = (named.named, lists().find(|list| list.link.is_some())) else { return };
    let items = list_items(root, named);
    let only = match items.as_slice() {
        [only] => key_of(named, only, 0).0,
        _ => None,
    };
    let orders: Vec<Option<String>> =
        packs(list_items(root, list), list).orders.iter().map(|order| order.or(only).map(str::to_owned)).collect();
    if orders.is_empty() {
        return;
    }
    let Some(items) = slots::list(root, &list.target.steps) else { return };
    for (item, order) in items.iter_mut().zip(orders) {
        if let (Some(record), Some(order)) = (item.as_record_mut(), order) {
            record.entry(field, || Value::Text(std::borrow::Cow::Owned(order)));
        }
    }
}

pub(super) fn packs<'d>(items: Vec<&'d Value<'d>>, list: &List) -> Packs<'d> {
    let mut by_key: FxHashMap<String, usize> = FxHashMap::default();
    for (at, item) in items.iter().enumerate() {
        let (key, position) = key_of(list, item, at);
        by_key.entry(key.map_or(position, str::to_owned)).or_insert(at);
    }
    let text = |item: &'d Value<'d>, field: &str| -> Option<&'d str> {
        Name::of(field).and_then(|name| item.as_record()?.get(name)?.as_text())
    };
    let parents: Vec<Option<usize>> = items
        .iter()
        .enumerate()
        .map(|(at, item)| {
            let parent = slots::get(item.as_record()?, list.link.as_deref()?)?.as_text()?;
            by_key.get(parent).copied().filter(|&parent| parent != at)
        })
        .collect();
    let mut orders: Vec<Option<&str>> = items
        .iter()
        .map(|item| {
            let first = Name::of("items").and_then(|name| item.as_record()?.get(name)?.as_list()?.first());
            text(item, "order_number").or_else(|| text(first?, "order_number"))
        })
        .collect();
    for at in 0..items.len() {
        let (order, mut above, mut steps) = (orders[at], parents[at], 0);
        while let (Some(order), Some(parent)) = (order, above) {
            if orders[parent].is_some() || steps == DEPTH_MAX {
                break;
            }
            orders[parent] = Some(order);
            above = parents[parent];
            steps += 1;
        }
    }
    let mut packs = Packs { items, orders, ..Packs::default() };
    for (at, parent) in parents.into_iter().enumerate() {
        match parent {
            Some(parent) => packs.below.entry(parent).or_default().push(at),
            None => packs.roots.push(at),
        }
    }
    packs
}
