//! Lines as they lie in packs: a copy of the line for each placement, with so much of it as lies there. In a standard pack
//! (X12's structure 0002) it is the other way round: each line stands once, and its packs below it.
//!
//! Made before writing begins, so that the writer knows records only. What was written of a copy counts for its line.

use rust_decimal::Decimal;
use rustc_hash::{FxHashMap, FxHashSet};

use super::model::{List, Mapping, Step};
use super::packs::{Packs, list_items, packs};
use super::slots::{self, address};
use crate::canonical::{Name, Record, Value};
use crate::wire::Syntax;

/// The placements of a document; empty where its map places nothing.
#[derive(Debug, Default)]
pub(super) struct Placements<'d> {
    /// The way to the list whose items are placed.
    lines: Vec<Step>,
    copies: Vec<Copy<'d>>,
    /// By the address of the list of placements in a pack: where its copies are.
    by_pack: FxHashMap<usize, Vec<usize>>,
    placed: Option<Name>,
    /// Lines that lie in no pack, or not all of them.
    left: Vec<Left<'d>>,
    /// Where packs stand below their lines.
    by_line: Option<ByLine<'d>>,
}

/// The packs of a document, each below the one line that lies in it.
#[derive(Debug)]
struct ByLine<'d> {
    packs: Packs<'d>,
    /// By the position of a line: the packs that lie in no other.
    roots: FxHashMap<usize, Vec<usize>>,
}

#[derive(Debug)]
struct Copy<'d> {
    value: Value<'d>,
    line: &'d Value<'d>,
    position: usize,
    /// The placement it was made from.
    item: Option<&'d Value<'d>>,
}

#[derive(Debug)]
enum Left<'d> {
    Whole(usize, &'d Value<'d>),
    /// A copy with what remains.
    Rest(usize),
}

type Key = (String, String);

impl<'d> Placements<'d> {
    pub(super) fn of(mapping: &Mapping, root: &'d Record<'d>) -> Self {
        let lists: Vec<&List> = mapping.blocks.iter().filter_map(|block| block.list.as_ref()).collect();
        let Some(placing) = lists.iter().find(|list| list.placed.is_some()) else { return Self::default() };
        let mut made = Self { lines: placing.target.steps.clone(), placed: placing.placed, ..Self::default() };
        let lines = slots::get(root, &made.lines).and_then(Value::as_list).unwrap_or(&[]);
        let mut by_key: FxHashMap<Key, usize> = FxHashMap::default();
        for (position, line) in lines.iter().enumerate() {
            by_key.entry(key(line, "number")).or_insert(position);
        }
        let is_standard = mapping.syntax() == Syntax::X12
            && Name::of("structure").and_then(|name| root.get(name)?.as_text()) == Some("shipment_order_item_pack");
        let holder = lists.iter().find(|list| list.link.is_some()).filter(|_| is_standard);
        made.by_line = holder.and_then(|list| made.under_lines(packs(list_items(root, list), list), &by_key));
        if made.by_line.is_some() {
            made.left = lines.iter().enumerate().map(|(position, line)| Left::Whole(position, line)).collect();
            return made;
        }
        let mut sums: FxHashMap<usize, Decimal> = FxHashMap::default();
        let mut holders: Vec<&[Step]> = Vec::new();
        for holder in lists.iter().filter(|list| list.link.is_some()) {
            if !holders.contains(&holder.target.steps.as_slice()) {
                holders.push(&holder.target.steps);
            }
        }
        for steps in holders {
            for pack in slots::get(root, steps).and_then(Value::as_list).unwrap_or(&[]) {
                made.pack(pack, lines, &by_key, &mut sums);
            }
        }
        for (position, line) in lines.iter().enumerate() {
            match sums.get(&position) {
                None => made.left.push(Left::Whole(position, line)),
                Some(sum) => {
                    let rest = field(line, "quantity").and_then(Value::as_decimal).map(|all| all - sum);
                    if let Some(rest) = rest.filter(|rest| *rest > Decimal::ZERO) {
                        made.left.push(Left::Rest(made.copies.len()));
                        made.copy(line, position, None, Some(Value::Decimal(rest)), None);
                    }
                }
            }
        }
        made
    }

    /// The packs below their lines; `None` where one holds several lines, or none.
    fn under_lines(&self, packs: Packs<'d>, by_key: &FxHashMap<Key, usize>) -> Option<ByLine<'d>> {
        let mut roots: FxHashMap<usize, Vec<usize>> = FxHashMap::default();
        for &root in packs.roots() {
            let mut line = None;
            for pack in packs.within(root) {
                for item in self.items_in(pack) {
                    let position = *by_key.get(&key(item, "line"))?;
                    if *line.get_or_insert(position) != position {
                        return None;
                    }
                }
            }
            roots.entry(line?).or_default().push(root);
        }
        Some(ByLine { packs, roots })
    }

    /// What lies in a pack: placements of lines.
    fn items_in(&self, pack: &'d Value<'d>) -> &'d [Value<'d>] {
        let items = self.placed.and_then(|placed| pack.as_record()?.get(placed)?.as_list());
        items.unwrap_or(&[])
    }

    /// Whether packs stand below their lines.
    pub(super) fn are_by_line(&self) -> bool {
        self.by_line.is_some()
    }

    /// The packs that stand below a line.
    pub(super) fn packs_of(&self, position: usize) -> Option<(&Packs<'d>, &[usize])> {
        let by_line = self.by_line.as_ref()?;
        Some((&by_line.packs, by_line.roots.get(&position)?))
    }

    /// What of a pack's placements its place below their line says: all but how much.
    pub(super) fn said_by_place(&self, pack: &'d Value<'d>) -> Vec<&'d Value<'d>> {
        let quantity = Name::of("quantity");
        let records = self.items_in(pack).iter().filter_map(Value::as_record);
        records
            .flat_map(|item| item.fields.iter())
            .filter(|(name, _)| Some(*name) != quantity)
            .map(|(_, it)| it)
            .collect()
    }

    fn pack(
        &mut self,
        pack: &'d Value<'d>,
        lines: &'d [Value<'d>],
        by_key: &FxHashMap<Key, usize>,
        sums: &mut FxHashMap<usize, Decimal>,
    ) {
        let Some(items) = self.placed.and_then(|placed| pack.as_record()?.get(placed)) else { return };
        let mut copies = Vec::new();
        for item in items.as_list().unwrap_or(&[]) {
            let Some(&position) = by_key.get(&key(item, "line")) else { continue };
            let quantity = field(item, "quantity");
            // How much of a line lies in which of its packs is not said: nothing is left over, and the writer misses it.
            let all = || field(&lines[position], "quantity").and_then(Value::as_decimal);
            let more = quantity.and_then(Value::as_decimal).or_else(all).unwrap_or_default();
            let sum = sums.entry(position).or_default();
            *sum = sum.checked_add(more).unwrap_or(*sum);
            copies.push(self.copies.len());
            self.copy(&lines[position], position, Some(item), quantity.cloned(), field(item, "unit").cloned());
        }
        self.by_pack.insert(address(items), copies);
    }

    fn copy(
        &mut self,
        line: &'d Value<'d>,
        position: usize,
        item: Option<&'d Value<'d>>,
        quantity: Option<Value<'d>>,
        unit: Option<Value<'d>>,
    ) {
        let mut value = line.clone();
        if let Value::Record(record) = &mut value {
            if let Some(name) = Name::of("quantity") {
                match quantity {
                    Some(quantity) => record.insert(name, quantity),
                    None => record.remove(name),
                };
            }
            if let (Some(name), Some(unit)) = (Name::of("unit"), unit) {
                record.insert(name, unit);
            }
        }
        self.copies.push(Copy { value, line, position, item });
    }

    /// Whether a list is the one whose items are placed.
    pub(super) fn are_of(&self, list: &List) -> bool {
        self.placed.is_some() && list.target.steps == self.lines
    }

    /// The lines in a pack, with their positions in the document.
    pub(super) fn lines_in(&'d self, pack: &'d Record<'d>) -> Vec<(usize, &'d Value<'d>)> {
        let items = self.placed.and_then(|placed| pack.get(placed)).map(address);
        let copies = items.and_then(|items| self.by_pack.get(&items)).map_or(&[][..], Vec::as_slice);
        copies.iter().map(|&at| (self.copies[at].position, &self.copies[at].value)).collect()
    }

    pub(super) fn left(&'d self) -> Vec<(usize, &'d Value<'d>)> {
        self.left
            .iter()
            .map(|left| match left {
                Left::Whole(position, line) => (*position, *line),
                Left::Rest(at) => (self.copies[*at].position, &self.copies[*at].value),
            })
            .collect()
    }

    /// What was written of copies was written of their lines and placements.
    pub(super) fn mark(&self, seen: &mut FxHashSet<usize>) {
        // A line is on the wire as far as each of its copies is.
        for copy in &self.copies {
            same(&copy.value, copy.line, seen);
            let written = Name::of("quantity")
                .and_then(|name| copy.value.as_record()?.get(name))
                .is_none_or(|quantity| seen.contains(&address(quantity)));
            if let (Some(Value::Record(item)), true) = (copy.item, written) {
                for (_, value) in &item.fields {
                    seen.insert(address(value));
                }
            }
        }
    }
}

/// Marks in `original` what is seen in its copy.
fn same(copy: &Value<'_>, original: &Value<'_>, seen: &mut FxHashSet<usize>) {
    if seen.contains(&address(copy)) {
        seen.insert(address(original));
    }
    match (copy, original) {
        (Value::List(copies), Value::List(originals)) => {
            for (copy, original) in copies.iter().zip(originals) {
                same(copy, original, seen);
            }
        }
        (Value::Record(copies), Value::Record(originals)) => {
            for (name, copy) in &copies.fields {
                if let Some(original) = originals.get(*name) {
                    same(copy, original, seen);
                }
            }
        }
        _ => {}
    }
}

fn field<'d>(item: &'d Value<'d>, name: &str) -> Option<&'d Value<'d>> {
    item.as_record()?.get(Name::of(name)?)
}

/// What order and line a placement or a line speaks of.
fn key(item: &Value<'_>, line: &str) -> Key {
    let text = |name: &str| {
        let value = Name::of(name).and_then(|name| item.as_record()?.get(name)?.as_text());
        value.unwrap_or_default().to_owned()
    };
    (text("order_number"), text(line))
}
