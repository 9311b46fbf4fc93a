//! Reading: a transaction set through a map into a canonical document, with findings and the coverage ledger.
//!
//! Each segment goes by its grammar node to the lines that may match; the most specific one whose block is open takes
//! it. Blocks follow the grammar's loops. Nothing is copied that can be borrowed from the wire.

use std::borrow::Cow;

use super::bind::told;
use super::convert::{Convert, Marks, Understood};
use super::hierarchy::{TreeNode, settle};
use super::ledger::{Coverage, Detail, Unmapped};
use super::model::{BlockId, Computed, Ends, Line, LineId, Mapping, NodeRow, Part, ROOT, Selector, Target, What};
use super::moment;
use super::slots::{self, Put};
use crate::canonical::{Canonical, Name, Record, Value};
use crate::finding::{Fault, Finding, Place};
use crate::grammar::{Checked, LoopId, NodeId};
use crate::wire::{Components, Element, PlainText, Segment, Tag, TransactionSet};

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
        let marks = Marks { decimal: set.delimiters().decimal };
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
        let found = mapping.lines_at(node).iter().copied().find(|&id| {
            let line = &mapping.lines[usize::from(id)];
            (line.home == top || line.anywhere) && line.selectors.iter().all(|selector| here.fits(selector))
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
            prefix = format!("{}{}[{position}].", self.open[outer].prefix, told(&list.target.steps));
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
            None if matches!(list.element, crate::canonical::Shape::Leaf(_)) => return,
            None => {
                let conditions = list.conditions.len();
                if open.record.fields.len() <= conditions && open.record.is_empty() {
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
                    let item = super::hierarchy::placement(&open.record, list);
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

    fn line(&mut self, id: LineId, line: &'a Line, here: &mut Here<'a>) {
        let frame = self.frames[self.frames.len() - 1];
        let again = std::mem::replace(&mut self.hits[usize::from(id)], frame.serial) == frame.serial;
        let mut lost = 0;
        let filled = here.segment.filled();
        for part in &line.parts {
            if is_unset(filled, part.element) && !matches!(part.what, What::Run { .. }) {
                continue;
            }
            let at = here.at(part.element, part.component);
            lost += self.part(part, here, &at, again);
        }
        let counted = self.count(line, here, filled);
        self.coverage.mapped += counted.saturating_sub(lost);
    }

    /// Fills the field of one position. Returns how many values could not be carried.
    fn part(&mut self, part: &'a Part, here: &mut Here<'a>, at: &Element<'a>, again: bool) -> u64 {
        match &part.what {
            What::Literal { selects: true, .. } => 0,
            What::Literal { text, .. } => {
                if at.is_empty() || at.raw() == text.as_bytes() || *at.text() == **text {
                    return 0;
                }
                self.unmapped(here, part.element, part.component, at);
                1
            }
            What::Set { target, convert, .. } => {
                if at.is_empty() {
                    return 0;
                }
                let Some(value) = self.understand(convert, at, here, part) else { return 1 };
                self.put(target, value, at, here, part, again)
            }
            What::Append { target, convert } => {
                if at.is_empty() {
                    return 0;
                }
                let Some(value) = self.understand(convert, at, here, part) else { return 1 };
                let outer = self.open.len() - 1 - usize::from(target.up);
                if self.detail.provenance {
                    let path = format!("{}{}", self.open[outer].prefix, told(&target.steps));
                    self.provenance.push((path, self.place(here, part.element, part.component, at)));
                }
                let record = &mut self.open[outer].record;
                match target.leaf {
                    Ends::Leaves(_) => {
                        if let Some(items) = slots::list(record, &target.steps) {
                            items.push(value);
                        }
                    }
                    _ => slots::append_text(record, &target.steps, value),
                }
                0
            }
            What::Run { target, members, composite, records_max } => {
                self.run(part, here, target, members, *composite, *records_max)
            }
            What::Moment { target, roles } => {
                if at.is_empty() {
                    return 0;
                }
                let text = self.text(at);
                let format = if roles.format_component {
                    self.text(&here.at(part.element, part.component.max(1) + 1))
                } else {
                    Cow::Borrowed("")
                };
                match moment::read(text, format, roles) {
                    Some(read) => {
                        let mut lost = 0;
                        let pairs = [
                            (Some(target), read.date),
                            (roles.time.as_ref(), read.time),
                            (roles.until.as_ref(), read.until),
                            (roles.until_time.as_ref(), read.until_time),
                            (roles.value.as_ref(), read.value),
                            (roles.format.as_ref(), read.format),
                        ];
                        for (target, value) in pairs {
                            if let (Some(target), Some(value)) = (target, value) {
                                lost = lost.max(self.put(target, value, at, here, part, again));
                            }
                        }
                        lost
                    }
                    None => {
                        self.tell(Fault::DateInvalid, here, part.element, part.component, at, None);
                        self.unmapped(here, part.element, part.component, at);
                        1
                    }
                }
            }
            What::Computed(computed @ (Computed::Count(_) | Computed::Sum(..) | Computed::Levels)) => {
                if !at.is_empty() {
                    let place = self.place(here, part.element, part.component, at);
                    self.sums.push((computed, at.text(), place));
                }
                0
            }
            What::Computed(_) => 0,
        }
    }

    fn understand(
        &mut self,
        convert: &'a Convert,
        at: &Element<'a>,
        here: &Here<'a>,
        part: &Part,
    ) -> Option<Value<'a>> {
        match self.read(convert, at) {
            Understood::Value(value) => Some(value),
            Understood::Unknown(value) => {
                if !is_known(part, 0, at) {
                    self.tell(Fault::CodeUnknown, here, part.element, part.component, at, None);
                }
                Some(value)
            }
            Understood::Wrong(fault) => {
                self.tell(fault, here, part.element, part.component, at, None);
                self.unmapped(here, part.element, part.component, at);
                None
            }
        }
    }

    /// The value at a position; text is only made where text is asked for.
    #[inline]
    fn read(&self, convert: &'a Convert, at: &Element<'a>) -> Understood<'a> {
        if at.is_plain()
            && let Some(understood) = convert.read_digits(at.raw(), self.marks)
        {
            return understood;
        }
        convert.read(self.text(at), self.marks)
    }

    #[inline]
    fn text(&self, at: &Element<'a>) -> Cow<'a, str> {
        self.plain.and_then(|plain| plain.of(at)).map_or_else(|| at.text(), Cow::Borrowed)
    }

    /// Puts a value where it belongs. The first value stays; another one is told.
    fn put(
        &mut self,
        target: &'a Target,
        value: Value<'a>,
        at: &Element<'a>,
        here: &Here<'a>,
        part: &Part,
        again: bool,
    ) -> u64 {
        let outer = self.open.len() - 1 - usize::from(target.up);
        let open = &mut self.open[outer];
        let done = if target.steps.is_empty() {
            match &open.leaf {
                None => {
                    open.leaf = Some(value);
                    Put::New
                }
                Some(before) if *before == value => Put::Same,
                Some(_) => Put::Differs,
            }
        } else {
            slots::put(&mut open.record, &target.steps, value)
        };
        match done {
            Put::New => {
                if self.detail.provenance {
                    let path = format!("{}{}", self.open[outer].prefix, told(&target.steps));
                    self.provenance.push((path, self.place(here, part.element, part.component, at)));
                }
                0
            }
            Put::Same => 0,
            Put::Differs => {
                let fault = if again { Fault::ValueOverwritten } else { Fault::ValuesDisagree };
                let expected = format!("one value for {}", target.path);
                self.tell(fault, here, part.element, part.component, at, Some(expected));
                self.unmapped(here, part.element, part.component, at);
                1
            }
        }
    }

    /// Runs of members, to the segment's end or the most that one segment carries.
    fn run(
        &mut self,
        part: &'a Part,
        here: &mut Here<'a>,
        target: &'a Target,
        members: &'a [(Name, Convert)],
        composite: bool,
        records_max: u8,
    ) -> u64 {
        let (mut lost, mut position, last) = (0, usize::from(part.element), here.segment.len());
        let mut records = 0;
        while position <= last && records < records_max {
            let mut record = Record::with_capacity(members.len() + usize::from(target.choice.is_some()));
            for (at, (name, convert)) in members.iter().enumerate() {
                let (position, component, element) = if composite {
                    let component = part.component.max(1) + at as u8;
                    (position, component, here.at(position as u8, component))
                } else {
                    (position + at, 0, here.segment.element(position + at))
                };
                if element.is_empty() {
                    continue;
                }
                match self.read(convert, &element) {
                    Understood::Value(value) => {
                        record.insert(*name, value);
                    }
                    Understood::Unknown(value) => {
                        if !is_known(part, at, &element) {
                            self.tell(Fault::CodeUnknown, here, position as u8, component, &element, None);
                        }
                        record.insert(*name, value);
                    }
                    Understood::Wrong(fault) => {
                        self.tell(fault, here, position as u8, component, &element, None);
                        self.unmapped(here, position as u8, component, &element);
                        lost += 1;
                    }
                }
            }
            if !record.fields.is_empty() {
                if let Some((name, word)) = &target.choice {
                    record.insert(*name, Value::Text(Cow::Borrowed(word)));
                }
                let outer = self.open.len() - 1 - usize::from(target.up);
                if self.detail.provenance {
                    let (_, at) = self.position(target);
                    let path = format!("{}{}[{at}]", self.open[outer].prefix, told(&target.steps));
                    let element = here.segment.element(position);
                    self.provenance.push((path, self.place(here, position as u8, 0, &element)));
                }
                if let Some(items) = slots::list(&mut self.open[outer].record, &target.steps) {
                    items.push(Value::Record(record));
                }
            }
            records += 1;
            position += if composite { 1 } else { members.len() };
        }
        lost
    }

    /// Counts what a line carries of its segment; everything else in it is unmapped.
    fn count(&mut self, line: &Line, here: &mut Here<'a>, filled: u64) -> u64 {
        let mut mapped = u64::from((filled & line.covers).count_ones());
        let mut rest = filled & !line.covers;
        while rest != 0 {
            mapped += self.count_element(line, here, rest.trailing_zeros() as usize + 1);
            rest &= rest - 1;
        }
        for position in 65..=here.segment.len() {
            mapped += self.count_element(line, here, position);
        }
        mapped
    }

    /// What a line carries of an element that it does not carry whole.
    fn count_element(&mut self, line: &Line, here: &mut Here<'a>, position: usize) -> u64 {
        let element = here.segment.element(position);
        let mask = line.components.iter().find(|(at, _)| usize::from(*at) == position).map_or(0, |(_, mask)| *mask);
        if mask == 1 && !element.is_divided() {
            return u64::from(!element.is_empty());
        }
        let filled = here.components(position as u8).filled();
        let mut rest = filled & !mask;
        while rest != 0 {
            let component = rest.trailing_zeros() as usize + 1;
            let at = here.components(position as u8).get(component);
            let component = if mask == 0 && !element.is_divided() { 0 } else { component as u8 };
            self.unmapped(here, position as u8, component, &at);
            rest &= rest - 1;
        }
        u64::from((filled & mask).count_ones())
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

    fn place(&self, here: &Here<'a>, element: u8, component: u8, at: &Element<'a>) -> Place {
        let mut place = Place::segment(here.segment.tag_text(), here.segment.position(), at.span());
        place.element = Some(u16::from(element));
        place.component = (component > 0).then_some(u16::from(component));
        if here.row.within != LoopId::ROOT {
            place.loop_id = Some(self.mapping.loops[here.row.within.index()].name.clone());
        }
        place
    }

    fn unmapped(&mut self, here: &Here<'a>, element: u8, component: u8, at: &Element<'a>) {
        self.coverage.unmapped_count += 1;
        if self.detail.unmapped {
            let place = self.place(here, element, component, at);
            self.coverage.unmapped.push(Unmapped { place, value: at.text().as_ref().into() });
        }
    }

    /// Tells a fault unless the grammar told one at the same place.
    fn tell(
        &mut self,
        fault: Fault,
        here: &Here<'a>,
        element: u8,
        component: u8,
        at: &Element<'a>,
        expected: Option<String>,
    ) {
        let position = here.segment.position();
        while self.checked.get(self.told).is_some_and(|finding| finding.place.segment < position) {
            self.told += 1;
        }
        let known =
            self.checked[self.told..].iter().take_while(|finding| finding.place.segment == position).any(|finding| {
                finding.place.element == Some(u16::from(element))
                    && finding.place.component.unwrap_or(0) == u16::from(component)
            });
        if known {
            return;
        }
        let mut finding = Finding::warning(fault, self.place(here, element, component, at)).with_value(&at.text());
        if let Some(expected) = expected {
            finding = finding.expecting(expected);
        }
        self.findings.push(finding);
    }

    fn finish(mut self) -> Reading<'a> {
        while self.frames.len() > 1 {
            self.leave();
        }
        let mut open = self.open.pop().unwrap_or_else(|| Open::new(ROOT, String::new()));
        settle(self.mapping, &mut open.record, &self.nodes);
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

/// Whether one of the first sixty-four elements is empty.
#[inline]
fn is_unset(filled: u64, element: u8) -> bool {
    (1..=64).contains(&element) && filled & (1 << (element - 1)) == 0
}

/// Whether the standard knows a code that the map's table has no word for.
fn is_known(part: &Part, member: usize, at: &Element<'_>) -> bool {
    part.codes.get(member).and_then(Option::as_ref).is_some_and(|codes| codes.contains(at.raw()))
}

/// A segment and its node, and what was looked at last in it: the lines of a node mostly differ in one and the same
/// code, and several parts look at one composite. It goes by reference: it is large, and asked for at every element.
struct Here<'a> {
    segment: Segment<'a>,
    row: NodeRow,
    /// The composite at `cut_at`.
    cut: Components<'a>,
    cut_at: u8,
    /// The code at the position that a selector looked at last.
    code: &'a [u8],
    packed: Option<u64>,
    code_at: (u8, u8),
}

impl<'a> Here<'a> {
    fn of(segment: Segment<'a>, row: NodeRow) -> Self {
        // Position 0 is the tag: no selector and no composite stands there.
        let cut = Components::of(segment.element(0));
        Self { segment, row, cut, cut_at: 0, code: &[], packed: None, code_at: (0, 0) }
    }

    /// The element, or a component of its first repetition.
    #[inline]
    fn at(&mut self, element: u8, component: u8) -> Element<'a> {
        match component {
            0 => self.segment.element(usize::from(element)),
            _ => self.components(element).get(usize::from(component)),
        }
    }

    #[inline]
    fn components(&mut self, element: u8) -> &Components<'a> {
        if self.cut_at != element {
            self.cut_at = element;
            self.cut = Components::of(self.segment.element(usize::from(element)).first_repetition());
        }
        &self.cut
    }

    #[inline]
    fn fits(&mut self, selector: &Selector) -> bool {
        if self.code_at != (selector.element, selector.component) {
            self.code_at = (selector.element, selector.component);
            let raw = self.at(selector.element, selector.component).raw();
            self.code = if raw.last() == Some(&b' ') { raw.trim_ascii_end() } else { raw };
            self.packed = Selector::pack(self.code);
        }
        selector.takes(self.code, self.packed)
    }
}
