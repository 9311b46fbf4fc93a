//! Writing trees (HL, CPS): levels in the order of the map, packs by their parents, lines where they are placed.

use super::{Branch, Writer, fits};
use crate::canonical::{Name, Value};
use crate::mapping::model::{Computed, Item, List, Tree, What};
use crate::mapping::packs::{DEPTH_MAX, Packs, key_of, list_items, packs};
use crate::mapping::slots;

/// What the levels below go by.
#[derive(Clone, Copy, Default)]
struct Under<'d> {
    parent: Option<u32>,
    /// The order, and whether it is the only one.
    order: Option<(Name, &'d str, bool)>,
}

impl<'m, 'd> Writer<'m, 'd> {
    pub(super) fn tree(&mut self, tree: &'m Tree) {
        self.level(tree, 0, Under::default());
    }

    /// A level and those below it. Says whether anything was written.
    fn level(&mut self, tree: &'m Tree, at: usize, under: Under<'d>) -> bool {
        let mapping = self.mapping;
        let Some(level) = tree.levels.get(at) else { return false };
        let Some(list) = &mapping.blocks[usize::from(level.block)].list else {
            return self.node(level.block, under, |writer, id| {
                writer.level(tree, at + 1, Under { parent: Some(id), ..under })
            });
        };
        let items = list_items(self.root, list);
        if let Some(field) = list.named.filter(|_| list.link.is_none()) {
            let only = items.len() == 1;
            let mut written = false;
            for (position, item) in items.iter().enumerate() {
                let Some(key) = key_of(list, item, position).0 else { continue };
                self.enter(item, format!("{}[{position}].", list.path));
                let order = Some((field, key, only));
                written |= self.node(level.block, under, |writer, id| {
                    writer.leave();
                    let children = writer.level(tree, at + 1, Under { parent: Some(id), order });
                    writer.enter(item, String::new());
                    children
                });
                self.leave();
            }
            return if items.is_empty() { self.level(tree, at + 1, under) } else { written };
        }
        if list.link.is_some() {
            let behind = self.behind_packs(tree, at);
            if self.placements.are_by_line() {
                return self.level(tree, behind, under);
            }
            let packs = packs(items, list);
            let mut written = false;
            for &root in &packs.roots {
                if self.belongs(packs.orders[root], under) {
                    written |= self.pack(tree, at..behind, &packs, root, under, 0);
                }
            }
            return self.level(tree, behind, under) | written;
        }
        let mut written = false;
        for (position, line) in self.lines_left(list) {
            if self.belongs_line(list, line, under) {
                written |= self.line_node(tree, at, list, line, position, under);
            }
        }
        self.level(tree, at + 1, under) | written
    }

    /// The level behind those of packs that begin here.
    fn behind_packs(&self, tree: &Tree, at: usize) -> usize {
        let is_packs = |at: usize| {
            let list = &self.mapping.blocks[usize::from(tree.levels[at].block)].list;
            list.as_ref().is_some_and(|list| list.link.is_some())
        };
        (at..tree.levels.len()).find(|&at| !is_packs(at)).unwrap_or(tree.levels.len())
    }

    /// The packs below a line, where they stand there.
    fn packs_below(&mut self, tree: &'m Tree, position: usize, under: Under<'d>) -> bool {
        let placements = self.placements;
        let Some((packs, roots)) = placements.packs_of(position) else { return false };
        let Some(first) = (0..tree.levels.len()).find(|&at| self.behind_packs(tree, at) > at) else { return false };
        let levels = first..self.behind_packs(tree, first);
        let mut written = false;
        for &root in roots {
            written |= self.pack(tree, levels.clone(), packs, root, under, 0);
        }
        written
    }

    /// One segment of the tree with what stands in its loop; `below` writes the branches under it.
    fn node(&mut self, block: u16, under: Under<'d>, below: impl FnOnce(&mut Self, u32) -> bool) -> bool {
        self.branches += 1;
        let id = self.branches;
        let before = std::mem::replace(&mut self.branch, Branch { id, parent: under.parent });
        let first = self.out.len();
        if !self.block_item(block) {
            self.branches -= 1;
            self.branch = before;
            return false;
        }
        let children = below(self, id);
        self.branch = before;
        let trigger = match self.mapping.blocks[usize::from(block)].items.first() {
            Some(Item::Line(line)) => Some(&self.mapping.lines[usize::from(*line)]),
            _ => None,
        };
        let child = trigger
            .and_then(|line| line.parts.iter().find(|part| matches!(part.what, What::Computed(Computed::Child))));
        if let Some(part) = child
            && let Some(element) =
                self.out.get_mut(first).and_then(|segment| segment.elements.get_mut(usize::from(part.element) - 1))
        {
            *element = vec![if children { "1" } else { "0" }.to_owned()];
        }
        true
    }

    fn pack(
        &mut self,
        tree: &'m Tree,
        levels: std::ops::Range<usize>,
        packs: &Packs<'d>,
        at: usize,
        under: Under<'d>,
        depth: usize,
    ) -> bool {
        let mapping = self.mapping;
        let item = packs.items[at];
        let found = levels.clone().find_map(|level| {
            let block = tree.levels[level].block;
            let list = mapping.blocks[usize::from(block)].list.as_ref()?;
            fits(list, item).then_some((block, list))
        });
        let (Some((block, list)), true) = (found, depth < DEPTH_MAX) else { return false };
        self.enter(item, format!("{}[{at}].", list.path));
        self.mark_conditions(list, item);
        if let Value::Record(record) = item {
            let own = [list.link.as_deref(), list.key.last().map(Vec::as_slice)];
            for value in own.into_iter().flatten().filter_map(|steps| slots::get(record, steps)) {
                self.see(value);
            }
            if let Some((field, ..)) = under.order
                && let Some(value) = record.get(field)
            {
                self.see(value);
            }
        }
        if self.placements.are_by_line() {
            for value in self.placements.said_by_place(item) {
                self.see(value);
            }
        }
        let written = self.node(block, under, |writer, id| {
            writer.leave();
            let inside = Under { parent: Some(id), ..under };
            let mut children = false;
            for &child in packs.below.get(&at).map_or(&[][..], Vec::as_slice) {
                children |= writer.pack(tree, levels.clone(), packs, child, inside, depth + 1);
            }
            for (level, list) in (levels.end..tree.levels.len())
                .filter_map(|level| Some((level, mapping.blocks[usize::from(tree.levels[level].block)].list.as_ref()?)))
            {
                if list.placed.is_some() {
                    for (position, line) in writer.lines_in(list, item) {
                        if writer.belongs_line(list, line, under) {
                            children |= writer.line_node(tree, level, list, line, position, inside);
                        }
                    }
                }
            }
            writer.enter(item, String::new());
            children
        });
        self.leave();
        written
    }

    fn line_node(
        &mut self,
        tree: &'m Tree,
        level: usize,
        list: &'m List,
        line: &'d Value<'d>,
        position: usize,
        under: Under<'d>,
    ) -> bool {
        self.enter(line, format!("{}[{position}].", list.path));
        self.mark_conditions(list, line);
        if let (Some((field, ..)), Value::Record(record)) = (under.order, line)
            && let Some(value) = record.get(field)
        {
            self.see(value);
        }
        let written = self.node(tree.levels[level].block, under, |writer, id| {
            writer.leave();
            let inside = Under { parent: Some(id), ..under };
            let children = writer.level(tree, level + 1, inside) | writer.packs_below(tree, position, inside);
            writer.enter(line, String::new());
            children
        });
        self.leave();
        written
    }

    fn belongs(&self, order: Option<&str>, under: Under<'d>) -> bool {
        match (order, under.order) {
            (_, None) => true,
            (None, Some((_, _, only))) => only,
            (Some(order), Some((_, key, _))) => order == key,
        }
    }

    fn belongs_line(&self, list: &List, line: &Value<'d>, under: Under<'d>) -> bool {
        let Some((field, ..)) = under.order else { return true };
        if list.element.field(field).is_none() {
            return true;
        }
        self.belongs(line.as_record().and_then(|record| record.get(field)).and_then(Value::as_text), under)
    }
}
