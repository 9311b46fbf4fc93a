//! Reading: a transaction set through a map into a canonical document, with findings and the coverage ledger.
//!
//! Each segment goes by its grammar node to the lines that may match; the most specific one whose block is open takes
//! it. Blocks follow the grammar's loops. Nothing is copied that can be borrowed from the wire.

mod here;
mod line;
mod told;

use std::borrow::Cow;

use self::here::Here;
use super::bind;
use super::convert::Marks;
use super::hierarchy::{self, TreeNode};
use super::ledger::{Coverage, Detail};
use super::model::{BlockId, Computed, LineId, Mapping, NodeRow, ROOT, Target};
use super::slots;
use crate::canonical::{Canonical, Record, Shape, Value};
use crate::finding::{Fault, Finding, Place};
use crate::grammar::{Checked, LoopId, NodeId};
use crate::wire::{PlainText, Segment, Syntax, Tag, TransactionSet};

/// What every set has, whatever its map says.
const ENVELOPE: [Tag; 4] = [Tag::new(b"ST"), Tag::new(b"SE"), Tag::new(b"UNH"), Tag::new(b"UNT")];

/// What was read of a transaction set.
#[derive(Clone, Debug)]
pub struct Reading<'a> {
    pub document: Canonical<'a>,
    /// What only a map can see; faults that the grammar told already are not repeated.
    pub findings: Vec<Finding>,
    pub coverage: Coverage,
    /// Canonical path (`lines[3].price`) and where its value stands; empty unless asked for.
    pub provenance: Vec<(String, Place)>,
}

impl Mapping {
    /// Reads a set that was checked against the grammar of this map. Never fails.
    pub fn read<'a>(&'a self, set: TransactionSet<'a>, checked: &Checked, detail: Detail) -> Reading<'a> {
        // ISO 9735 takes comma and point alike, whatever UNA says; X12 knows the point only.
        let marks = Marks { decimal: if set.syntax() == Syntax::Edifact { b',' } else { b'.' } };
        let mut reader = Reader {
            mapping: self,
            marks,
            plain: set.plain_text(),
            detail,
            checked: &checked.findings,
            told: 0,
            open: vec![Open::new(ROOT, String::new())],
            frames: vec![Frame { block: ROOT, within: LoopId::ROOT, has_record: true, serial: 0 }],
            serial: 0,
            hits: vec![u32::MAX; self.lines.len()],
            sizes: vec![0; self.blocks.len()],
            findings: Vec::new(),
            coverage: Coverage::default(),
            provenance: Vec::new(),
            nodes: Vec::new(),
            sums: Vec::new(),
        };
        for index in 0..set.len() {
            reader.segment(&set.segment(index), checked.nodes.get(index).copied().unwrap_or(NodeId::UNPLACED));
        }
        reader.finish()
    }
}

/// An instance of a block.
#[derive(Clone, Copy, Debug)]
struct Frame {
    block: BlockId,
    within: LoopId,
    has_record: bool,
    serial: u32,
}

/// A record being filled.
#[derive(Debug)]
struct Open<'a> {
    block: BlockId,
    record: Record<'a>,
    /// The item itself where the list holds no records.
    leaf: Option<Value<'a>>,
    /// `lines[3].` for provenance.
    prefix: String,
}

impl Open<'_> {
    fn new(block: BlockId, prefix: String) -> Self {
        Self { block, record: Record::default(), leaf: None, prefix }
    }
}

struct Reader<'a, 'c> {
    mapping: &'a Mapping,
    marks: Marks,
    plain: Option<PlainText<'a>>,
    detail: Detail,
    checked: &'c [Finding],
    /// How many of the grammar's findings stand before this segment.
    told: usize,
    open: Vec<Open<'a>>,
    frames: Vec<Frame>,
    serial: u32,
    /// Per line, the frame in which it last matched.
    hits: Vec<u32>,
    /// Per block, how many fields its last record had: the next will have about as many.
    sizes: Vec<u16>,
    findings: Vec<Finding>,
    coverage: Coverage,
    provenance: Vec<(String, Place)>,
    nodes: Vec<TreeNode<'a>>,
    /// Counts and sums to be checked at the end.
    sums: Vec<(&'a Computed, Cow<'a, str>, Place)>,
}

impl<'a> Reader<'a, '_> {
    fn segment(&mut self, segment: &Segment<'a>, node: NodeId) {
        let mapping = self.mapping;
        let Some(&row) = mapping.nodes.get(node.index()) else {
            return self.left_over(segment, false);
        };
        self.unwind(row);
        if ENVELOPE.contains(&segment.tag()) {
            // Header and trailer are the reader's and the writer's business.
            self.coverage.mapped += segment.elements().filter(|element| !element.is_empty()).count() as u64;
            return;
        }
        if let Some(tree) = row.tree {
            self.nodes.push(TreeNode::new(tree, segment.element(1).text(), segment.element(2).text()));
        }
        let top = self.frames[self.frames.len() - 1].block;
        if mapping.blocks[usize::from(top)].ignored {
            return self.left_over(segment, true);
        }
        let mut here = Here::of(*segment, row);
        let found = self.line_for(node, &mut here, top).or_else(|| {
            let top = self.supply(row)?;
            self.line_for(node, &mut here, top)
        });
        let Some(id) = found else { return self.left_over(segment, false) };
        let line = &mapping.lines[usize::from(id)];
        if line.ignored {
            if let (true, Some(block)) = (row.opens, line.opens) {
                self.frames.push(Frame { block, within: row.within, has_record: false, serial: 0 });
            }
            return self.left_over(segment, true);
        }
        if let Some(block) = line.opens {
            self.enter(block, row);
        }
        self.line(id, line, &mut here);
        if line.opens.is_some() && !row.opens {
            self.leave();
        }
    }

    /// The most specific line for a segment in the innermost block.
    #[inline]
    fn line_for(&self, node: NodeId, here: &mut Here<'a>, top: BlockId) -> Option<LineId> {
        self.mapping.lines_at(node).iter().copied().find(|&id| {
            let line = &self.mapping.lines[usize::from(id)];
            (line.home == top || line.anywhere) && line.selectors.iter().all(|selector| here.fits(selector))
        })
    }

    /// Opens the blocks around a segment whose own first segments never came, the outermost first: what was sent without
    /// them (RMR without ENT) is told by the grammar, and read all the same. `None` where nothing is missing around it.
    #[cold]
    fn supply(&mut self, row: NodeRow) -> Option<BlockId> {
        let mapping = self.mapping;
        let within = self.frames[self.frames.len() - 1].within;
        let mut missing = Vec::new();
        let mut around = if row.opens { mapping.loops[row.within.index()].parent } else { row.within };
        while around != within && around != LoopId::ROOT {
            missing.push(around);
            around = mapping.loops[around.index()].parent;
        }
        if around != within {
            return None;
        }
        let mut top = self.frames[self.frames.len() - 1].block;
        let mut blocks = Vec::with_capacity(missing.len());
        for id in missing.into_iter().rev() {
            let trigger = mapping.nodes.iter().position(|row| row.opens && row.within == id)?;
            // The nesting of a tree is what its segments say, and they said nothing.
            let row = Some(mapping.nodes[trigger]).filter(|row| row.tree.is_none())?;
            let trigger = NodeId(u16::try_from(trigger).ok()?);
            let opener = |id: &LineId| {
                let line = &mapping.lines[usize::from(*id)];
                line.opens.filter(|_| line.home == top && !line.ignored && line.selectors.is_empty())
            };
            top = mapping.lines_at(trigger).iter().find_map(opener)?;
            blocks.push((top, row));
        }
        blocks.into_iter().for_each(|(block, row)| self.enter(block, row));
        Some(top)
    }

    /// Closes the blocks that this segment no longer stands in.
    #[inline]
    fn unwind(&mut self, row: NodeRow) {
        while self.frames.len() > 1 {
            let within = self.frames[self.frames.len() - 1].within;
            if !(row.opens && row.within == within) && self.encloses(within, row.within) {
                return;
            }
            self.leave();
        }
    }

    fn encloses(&self, outer: LoopId, inner: LoopId) -> bool {
        let loops = &self.mapping.loops;
        let depth = loops[outer.index()].depth;
        let mut at = inner;
        while loops[at.index()].depth > depth {
            at = loops[at.index()].parent;
        }
        at == outer
    }

    fn enter(&mut self, block: BlockId, row: NodeRow) {
        self.serial += 1;
        let list = self.mapping.blocks[usize::from(block)].list.as_ref();
        if let Some(node) = self.nodes.last_mut().filter(|_| row.tree.is_some()) {
            node.block = Some(block);
        }
        self.frames.push(Frame { block, within: row.within, has_record: list.is_some(), serial: self.serial });
        let Some(list) = list else { return };
        let mut prefix = String::new();
        if self.detail.provenance {
            let (outer, position) = self.position(&list.target);
            prefix = format!("{}{}[{position}].", self.open[outer].prefix, bind::told(&list.target.steps));
        }
        let mut open = Open::new(block, prefix);
        open.record.fields.reserve(usize::from(self.sizes[usize::from(block)]));
        for (steps, word) in &list.conditions {
            slots::put(&mut open.record, steps, Value::Text(Cow::Borrowed(word)));
        }
        self.open.push(open);
    }

    /// The record that a list belongs to, and the position its next item gets, counted from 0.
    fn position(&self, target: &Target) -> (usize, usize) {
        let outer = self.open.len() - 1 - usize::from(target.up);
        let list = slots::get(&self.open[outer].record, &target.steps);
        (outer, list.and_then(Value::as_list).map_or(0, <[Value<'_>]>::len))
    }

    fn leave(&mut self) {
        let Some(frame) = self.frames.pop() else { return };
        if !frame.has_record {
            return;
        }
        let Some(open) = self.open.pop() else { return };
        let Some(list) = &self.mapping.blocks[usize::from(frame.block)].list else { return };
        let mut open = open;
        self.complete(&mut open);
        self.sizes[usize::from(frame.block)] = u16::try_from(open.record.fields.len()).unwrap_or(u16::MAX);
        let (outer, position) = self.position(&list.target);
        let item = match open.leaf {
            Some(leaf) => leaf,
            None if matches!(list.element, Shape::Leaf(_)) => return,
            None => {
                let conditions = list.conditions.len();
                // A line is counted by its place, also where it says nothing.
                if open.record.fields.len() <= conditions && open.record.is_empty() && !list.else_index {
                    return;
                }
                if list.else_index
                    && let Some(key) = list.key.last()
                    && slots::get(&open.record, key).is_none()
                {
                    slots::put(&mut open.record, key, Value::Text(Cow::Owned((position + 1).to_string())));
                }
                for inherited in &list.inherits {
                    let key = self.key_above(inherited.up, inherited.block);
                    if let Some(key) = key
                        && open.record.get(inherited.field).is_none()
                    {
                        open.record.insert(inherited.field, key);
                    }
                }
                if let (Some(placed), Some(up)) = (list.placed, list.placed_up) {
                    let holder = self.open.len() - 1 - usize::from(up);
                    let item = hierarchy::placement(&open.record, list);
                    slots::push(&mut self.open[holder].record, placed, Value::Record(item));
                }
                Value::Record(open.record)
            }
        };
        if let Some(items) = slots::list(&mut self.open[outer].record, &list.target.steps) {
            items.push(item);
        }
        if let Some(node) = self.nodes.last_mut().filter(|node| node.block == Some(frame.block) && node.index.is_none())
        {
            node.index = Some(position);
        }
    }

    /// The key of an open item, also where it is only assigned when the item closes.
    fn key_above(&self, up: u8, block: BlockId) -> Option<Value<'a>> {
        let list = self.mapping.blocks[usize::from(block)].list.as_ref()?;
        let at = self.open.len().checked_sub(1 + usize::from(up))?;
        let open = &self.open[at];
        if let Some(leaf) = &open.leaf {
            return Some(leaf.clone());
        }
        let found = slots::get(&open.record, list.key.last()?).cloned();
        if found.is_some() || !list.else_index {
            return found;
        }
        let outer = at.checked_sub(1 + usize::from(list.target.up))?;
        let items = slots::get(&self.open[outer].record, &list.target.steps).and_then(Value::as_list);
        Some(Value::Text(Cow::Owned((items.map_or(0, <[Value<'_>]>::len) + 1).to_string())))
    }

    /// Defaults, and what must be there.
    fn complete(&mut self, open: &mut Open<'a>) {
        let mapping = self.mapping;
        for (block, target, value) in &mapping.defaults {
            if *block == open.block && target.up == 0 && slots::get(&open.record, &target.steps).is_none() {
                slots::put(&mut open.record, &target.steps, value.clone());
            }
        }
        for required in &mapping.requires {
            if required.block == open.block && slots::get(&open.record, &required.target.steps).is_none() {
                let mut finding = Finding::warning(Fault::RuleBroken, Place::default());
                finding.rule = Some(format!("require {}{}", open.prefix, required.target.path).into());
                self.findings.push(finding);
            }
        }
    }

    /// A segment that no line takes, or that is ignored.
    fn left_over(&mut self, segment: &Segment<'a>, ignored: bool) {
        let row = NodeRow { within: LoopId::ROOT, opens: false, tree: None };
        let here = Here::of(*segment, row);
        for (position, element) in (1_usize..).zip(segment.elements()) {
            let divided = element.is_divided();
            for (component, at) in (1_u8..=u8::MAX).zip(element.components()) {
                if at.is_empty() {
                    continue;
                }
                if ignored {
                    self.coverage.ignored += 1;
                    if self.detail.ignored {
                        self.coverage.ignored_at.push(at.span());
                    }
                } else {
                    self.unmapped(&here, position as u8, if divided { component } else { 0 }, &at);
                }
            }
        }
    }

    fn finish(mut self) -> Reading<'a> {
        while self.frames.len() > 1 {
            self.leave();
        }
        let mut open = self.open.pop().unwrap_or_else(|| Open::new(ROOT, String::new()));
        hierarchy::settle(self.mapping, &mut open.record, &self.nodes);
        self.complete(&mut open);
        for (computed, text, place) in std::mem::take(&mut self.sums) {
            let expected = match computed {
                Computed::Count(target) => {
                    let items = slots::get(&open.record, &target.steps).and_then(Value::as_list);
                    rust_decimal::Decimal::from(items.map_or(0, <[Value<'_>]>::len))
                }
                Computed::Sum(target, steps) => slots::sum(&open.record, &target.steps, steps),
                Computed::Levels => rust_decimal::Decimal::from(self.nodes.len()),
                _ => continue,
            };
            if super::number::decimal(text.trim().as_bytes(), self.marks.decimal) != Some(expected) {
                let finding = Finding::warning(Fault::CountMismatch, place);
                self.findings.push(finding.with_value(&text).expecting(expected.normalize().to_string()));
            }
        }
        let mut document = Canonical { kind: self.mapping.kind, fields: open.record };
        document.complete();
        Reading { document, findings: self.findings, coverage: self.coverage, provenance: self.provenance }
    }
}
