//! Trees of segments (HL, CPS): nesting by parent ids in whatever order they come, settled when the set is read.

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use super::model::{BlockId, List, Mapping};
use super::slots;
use crate::canonical::{Name, Record, Shape, Value};

/// One segment of a tree.
#[derive(Debug)]
pub(super) struct TreeNode<'a> {
    pub tree: u16,
    id: Cow<'a, str>,
    parent: Cow<'a, str>,
    /// The level's block, where the map has a level for it.
    pub block: Option<BlockId>,
    /// The item of the level's list.
    pub index: Option<usize>,
}

impl<'a> TreeNode<'a> {
    pub(super) fn new(tree: u16, id: Cow<'a, str>, parent: Cow<'a, str>) -> Self {
        Self { tree, id, parent, block: None, index: None }
    }
}

/// The nearest ancestors that matter to a node, itself included.
#[derive(Clone, Copy, Debug, Default)]
struct Above {
    /// The item whose key those below carry (`as`).
    named: Option<usize>,
    /// The item that links to its kind (`link`): it holds what is placed.
    holder: Option<usize>,
    /// The item that is placed (`placed`).
    placed: Option<usize>,
}

/// Joins the tree's items: keys of orders, parents of packs, placements, lines of one key.
pub(super) fn settle<'a>(mapping: &'a Mapping, root: &mut Record<'a>, nodes: &[TreeNode<'a>]) {
    if !nodes.is_empty() {
        join(mapping, root, nodes);
    }
    for block in &mapping.blocks {
        if let Some(list) = block.list.as_ref().filter(|list| list.placed.is_some() && !list.key.is_empty()) {
            merge(root, list);
        }
    }
    if !nodes.is_empty() {
        super::packs::name_orders(mapping, root);
    }
}

fn join<'a>(mapping: &'a Mapping, root: &mut Record<'a>, nodes: &[TreeNode<'a>]) {
    let mut by_id: FxHashMap<(u16, &str), usize> = FxHashMap::default();
    for (at, node) in nodes.iter().enumerate() {
        by_id.entry((node.tree, node.id.trim_end())).or_insert(at);
    }
    let parents: Vec<Option<usize>> = nodes
        .iter()
        .enumerate()
        .map(|(at, node)| by_id.get(&(node.tree, node.parent.trim_end())).copied().filter(|&parent| parent != at))
        .collect();
    let list_of = |at: usize| {
        nodes[at]
            .block
            .and_then(|block| mapping.blocks[usize::from(block)].list.as_ref())
            .filter(|_| nodes[at].index.is_some())
    };
    let above = ancestors(&parents, list_of);
    for at in 0..nodes.len() {
        let (Some(list), Some(index)) = (list_of(at), nodes[at].index) else { continue };
        let over = parents[at].map(|parent| above[parent]).unwrap_or_default();
        if let Some(order) = over.named
            && let (Some(named_list), Some(named_index)) = (list_of(order), nodes[order].index)
            && let Some(field) = named_list.named
            && list.element.field(field).is_some()
            && let Some(key) = key_of(root, named_list, named_index)
            && let Some(record) = item(root, list, index)
            && record.get(field).is_none()
        {
            record.insert(field, key);
        }
        if let (Some(link), Some(holder)) = (&list.link, over.holder)
            && let (Some(holding), Some(holding_index)) = (list_of(holder), nodes[holder].index)
            && let Some(key) = key_of(root, holding, holding_index)
            && let Some(record) = item(root, list, index)
        {
            slots::put(record, link, key);
        }
    }
    place(root, nodes, &parents, &above, list_of);
}

/// Puts what stands below packs into them, and what packs stand below.
fn place<'a, 'm: 'a>(
    root: &mut Record<'a>,
    nodes: &[TreeNode<'a>],
    parents: &[Option<usize>],
    above: &[Above],
    list_of: impl Fn(usize) -> Option<&'m List>,
) {
    // How many packs stand below each placed item: one alone holds all of it.
    let mut below: FxHashMap<usize, usize> = FxHashMap::default();
    for (at, parent) in parents.iter().enumerate() {
        if list_of(at).is_some_and(|list| list.link.is_some())
            && let Some(line) = parent.and_then(|parent| above[parent].placed)
        {
            *below.entry(line).or_default() += 1;
        }
    }
    for at in 0..nodes.len() {
        let (Some(list), Some(index)) = (list_of(at), nodes[at].index) else { continue };
        let over = parents[at].map(|parent| above[parent]).unwrap_or_default();
        let (holder, line, whole) = if list.placed.is_some() {
            match over.holder {
                Some(holder) => (holder, at, true),
                None => continue,
            }
        } else if let (Some(line), true) = (over.placed, list.link.is_some()) {
            (at, line, below.get(&line) == Some(&1))
        } else {
            continue;
        };
        let (Some(holding), Some(holding_index)) = (list_of(holder), nodes[holder].index) else { continue };
        let (Some(placing), Some(line_index)) = (list_of(line), nodes[line].index) else { continue };
        let Some(name) = placing.placed.filter(|name| matches!(holding.element.field(*name), Some(Shape::List(_))))
        else {
            continue;
        };
        let _ = index;
        let Some(mut placed) = item(root, placing, line_index).map(|record| placement(record, placing)) else {
            continue;
        };
        if !whole && let Some(quantity) = Name::of("quantity") {
            placed.remove(quantity);
        }
        if let Some(record) = item(root, holding, holding_index) {
            slots::push(record, name, Value::Record(placed));
        }
    }
}

/// Nearest ancestors of every node, each chain walked once; cycles end where they began.
fn ancestors<'m>(parents: &[Option<usize>], list_of: impl Fn(usize) -> Option<&'m List>) -> Vec<Above> {
    #[derive(Clone, Copy, PartialEq)]
    enum Seen {
        No,
        Underway,
        Done,
    }
    let mut above = vec![Above::default(); parents.len()];
    let mut seen = vec![Seen::No; parents.len()];
    let mut chain = Vec::new();
    for start in 0..parents.len() {
        let mut at = Some(start);
        while let Some(node) = at.filter(|&node| seen[node] == Seen::No) {
            seen[node] = Seen::Underway;
            chain.push(node);
            at = parents[node];
        }
        while let Some(node) = chain.pop() {
            let inherited = parents[node]
                .filter(|&parent| seen[parent] == Seen::Done)
                .map(|parent| above[parent])
                .unwrap_or_default();
            above[node] = inherited;
            if let Some(list) = list_of(node) {
                if list.named.is_some() && list.link.is_none() {
                    above[node].named = Some(node);
                }
                if list.link.is_some() {
                    above[node].holder = Some(node);
                }
                if list.placed.is_some() {
                    above[node].placed = Some(node);
                }
            }
            seen[node] = Seen::Done;
        }
    }
    above
}

fn item<'r, 'a>(root: &'r mut Record<'a>, list: &'a List, index: usize) -> Option<&'r mut Record<'a>> {
    slots::list(root, &list.target.steps)?.get_mut(index)?.as_record_mut()
}

/// An item's key: the item itself where it is a text.
fn key_of<'a>(root: &mut Record<'a>, list: &'a List, index: usize) -> Option<Value<'a>> {
    let found = slots::list(root, &list.target.steps)?.get(index)?;
    match found {
        Value::Record(record) => slots::get(record, list.key.last()?).cloned(),
        leaf => Some(leaf.clone()),
    }
}

/// So much of a line, as it lies in a pack: `{order_number, line, quantity, unit}`.
pub(super) fn placement<'a>(line: &Record<'a>, list: &List) -> Record<'a> {
    let mut placed = Record::default();
    for field in ["order_number", "quantity", "unit"] {
        if let Some(name) = Name::of(field)
            && let Some(value) = line.get(name)
        {
            placed.insert(name, value.clone());
        }
    }
    if let (Some(name), Some(key)) = (Name::of("line"), list.key.last())
        && let Some(value) = slots::get(line, key)
    {
        placed.insert(name, value.clone());
    }
    placed
}

/// Makes lines of one key one line: quantities are summed, the first one's other fields stay.
fn merge<'a>(root: &mut Record<'a>, list: &'a List) {
    let Some(items) = slots::list(root, &list.target.steps) else { return };
    if items.is_empty() {
        // The list was made by asking for it.
        if let Some(super::model::Step::Field(name)) = list.target.steps.last()
            && list.target.steps.len() == 1
        {
            root.remove(*name);
        }
        return;
    }
    let quantity = Name::of("quantity");
    let mut by_key: FxHashMap<Vec<String>, usize> = FxHashMap::default();
    let mut merged: Vec<Value<'_>> = Vec::with_capacity(items.len());
    for item in items.drain(..) {
        let key: Option<Vec<String>> = item.as_record().map(|record| {
            list.key
                .iter()
                .map(|steps| slots::get(record, steps).and_then(Value::as_text).unwrap_or("").to_owned())
                .collect()
        });
        let earlier = key.as_ref().and_then(|key| by_key.get(key)).copied();
        match (earlier, quantity) {
            (Some(at), Some(quantity)) => {
                let more = item.as_record().and_then(|record| record.get(quantity)).and_then(Value::as_decimal);
                if let (Some(more), Some(record)) = (more, merged[at].as_record_mut()) {
                    let sum = record.get(quantity).and_then(Value::as_decimal).unwrap_or_default();
                    record.insert(quantity, Value::Decimal(sum.checked_add(more).unwrap_or(sum)));
                }
            }
            _ => {
                if let Some(key) = key {
                    by_key.insert(key, merged.len());
                }
                merged.push(item);
            }
        }
    }
    *items = merged;
}
