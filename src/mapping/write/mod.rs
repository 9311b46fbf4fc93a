//! Writing: a canonical document through a map into the segments of a set.
//!
//! The map is walked in its order. What no line carries is named, and so is what a line wants and the document lacks.
//! Reading back what was written is the caller's business: nothing leaves unread.

mod lost;
mod text;
mod tree;

use std::borrow::Cow;
use std::collections::VecDeque;

use rustc_hash::{FxHashMap, FxHashSet};

use self::lost::forget_derived;
use self::text::{Text, without_company};
use crate::canonical::{Canonical, Leaf, Record, Value};
use crate::mapping::model::{
    BlockId, Computed, Ends, Item, Line, List, Mapping, Origin, Part, ROOT, Step, Target, What,
};
use crate::mapping::placement::Placements;
use crate::mapping::slots::{self, address};
use crate::wire::{Form, Refusal, SetBody, SetWriter};

/// The list without an item of which a document is another one.
const LINES: &str = "lines";

/// What was written of a document.
#[derive(Clone, Debug, Default)]
pub struct Writing {
    /// The segments between ST and SE, or UNH and UNT.
    pub body: SetBody,
    /// Characters that the wire cannot carry; the body is empty then.
    pub refusals: Vec<Refusal>,
    /// What a line of the map wants and the document lacks.
    pub missing: Vec<Missing>,
    /// What no line of the map carries.
    pub lost: Vec<Lost>,
    /// Texts that were cut because no element holds them whole.
    pub cut: Vec<String>,
}

/// A field that a line wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// `lines[2].quantity`.
    pub path: String,
    /// The line of the map that wants it.
    pub origin: Origin,
    /// Without it a line of the document is not written at all: what leaves would be another document.
    pub takes_line: bool,
}

/// A field that no line carries, or whose value could not be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    pub path: String,
    pub value: String,
}

impl Writing {
    /// Whether everything the document says is on the wire, as it says it.
    pub fn is_whole(&self) -> bool {
        self.refusals.is_empty() && self.missing.is_empty() && self.lost.is_empty() && self.cut.is_empty()
    }
}

impl Mapping {
    /// The document with what follows from the rest of it, and with the map's defaults.
    pub fn complete<'a>(&'a self, document: &Canonical<'a>) -> Canonical<'a> {
        let mut document = document.clone();
        for (block, target, value) in &self.defaults {
            if *block == ROOT && slots::get(&document.fields, &target.steps).is_none() {
                slots::put(&mut document.fields, &target.steps, value.clone());
            }
        }
        document.complete();
        for (block, target, value) in &self.defaults {
            let list = self.blocks[usize::from(*block)].list.as_ref().filter(|list| list.outermost);
            let Some(list) = list.filter(|list| slots::get(&document.fields, &list.target.steps).is_some()) else {
                continue;
            };
            for item in slots::list(&mut document.fields, &list.target.steps).into_iter().flatten() {
                if let Some(item) = item.as_record_mut().filter(|item| slots::get(item, &target.steps).is_none()) {
                    slots::put(item, &target.steps, value.clone());
                }
            }
        }
        crate::mapping::packs::name_orders(self, &mut document.fields);
        document
    }

    /// Writes a document of this map's kind. Never fails: see [`Writing`] for what it says about the document.
    pub fn write(&self, document: &Canonical<'_>, form: Form) -> Writing {
        let mut document = self.complete(document);
        document.spread();
        let placements = Placements::of(self, &document.fields);
        let mut writer = Writer::new(self, &document.fields, &placements);
        writer.items(ROOT);
        let mut lost = writer.lost();
        forget_derived(&document, &mut lost);
        let missing = std::mem::take(&mut writer.missing);
        let cut = std::mem::take(&mut writer.cut);
        let mut writing = Writing { missing, lost, cut, ..Writing::default() };
        let mut segments = SetWriter::new(form);
        for segment in &writer.out {
            segments.segment(&segment.tag);
            for element in &segment.elements {
                let mut components = element.iter();
                segments.element(components.next().map_or("", String::as_str));
                for component in components {
                    segments.component(component);
                }
            }
        }
        match segments.finish() {
            Ok(body) => writing.body = body,
            Err(refusals) => writing.refusals = refusals,
        }
        writing
    }
}

/// A segment before it is escaped: elements of components.
#[derive(Debug, Default)]
pub(in crate::mapping) struct OutSegment {
    pub tag: String,
    pub elements: Vec<Vec<String>>,
}

/// The item that lines speak of: a record, or a value of a list of values.
#[derive(Clone, Copy, Debug)]
pub(in crate::mapping) enum Scope<'d> {
    Record(&'d Record<'d>),
    Leaf(&'d Value<'d>),
}

/// The tree's segment being written.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::mapping) struct Branch {
    pub id: u32,
    pub parent: Option<u32>,
}

pub(in crate::mapping) struct Writer<'m, 'd> {
    pub mapping: &'m Mapping,
    pub root: &'d Record<'d>,
    pub placements: &'d Placements<'d>,
    pub scopes: Vec<Scope<'d>>,
    /// Where the scopes stand: `lines[2].`.
    pub prefixes: Vec<String>,
    pub out: Vec<OutSegment>,
    /// Addresses of the values that are on the wire.
    pub seen: FxHashSet<usize>,
    /// The same in order, to take back what a block wrote in vain.
    journal: Vec<usize>,
    /// Items and values that a block, run or alternative has taken.
    pub taken: FxHashSet<usize>,
    /// Texts that are still to be written, by the address of their list.
    queues: FxHashMap<usize, VecDeque<(String, usize)>>,
    missing: Vec<Missing>,
    /// The key that an item without one is written under, and where it would stand.
    number: Option<(&'m [Step], String)>,
    cut: Vec<String>,
    pub branch: Branch,
    pub branches: u32,
}

impl<'m, 'd> Writer<'m, 'd> {
    fn new(mapping: &'m Mapping, root: &'d Record<'d>, placements: &'d Placements<'d>) -> Self {
        Self {
            mapping,
            root,
            placements,
            scopes: vec![Scope::Record(root)],
            prefixes: vec![String::new()],
            out: Vec::new(),
            seen: FxHashSet::default(),
            journal: Vec::new(),
            taken: FxHashSet::default(),
            queues: FxHashMap::default(),
            missing: Vec::new(),
            number: None,
            cut: Vec::new(),
            branch: Branch::default(),
            branches: 0,
        }
    }

    pub(in crate::mapping) fn see<T>(&mut self, value: &T) {
        let address = address(value);
        if self.seen.insert(address) {
            self.journal.push(address);
        }
    }

    /// The word that chose an item (`decisions[kind=backordered]`) is on the wire with what was written of it.
    fn see_choice(&mut self, target: &Target) {
        let Some(at) = target.steps.iter().rposition(|step| matches!(step, Step::Chosen(..))) else { return };
        let Step::Chosen(_, key, _) = &target.steps[at] else { return };
        let mut steps = target.steps[..=at].to_vec();
        steps.push(Step::Field(*key));
        if let Some(Scope::Record(record)) = self.scope(target.up)
            && let Some(word) = slots::get(record, &steps)
        {
            self.see(word);
        }
    }

    /// Everything that stands in a block, in order.
    pub(in crate::mapping) fn items(&mut self, block: BlockId) {
        let mapping = self.mapping;
        for item in &mapping.blocks[usize::from(block)].items {
            self.item(item);
        }
    }

    fn item(&mut self, item: &Item) {
        let mapping = self.mapping;
        match item {
            Item::Line(id) => {
                self.line(&mapping.lines[usize::from(*id)]);
            }
            Item::Tree(tree) => self.tree(&mapping.trees[usize::from(*tree)]),
            Item::Block(block) => match &mapping.blocks[usize::from(*block)].list {
                Some(list) => self.list(*block, list),
                None => self.group(*block),
            },
        }
    }

    /// A group stands when its trigger has something to say, or something inside has.
    fn group(&mut self, block: BlockId) {
        let mapping = self.mapping;
        let items = &mapping.blocks[usize::from(block)].items;
        let Some((Item::Line(trigger), rest)) = items.split_first() else { return };
        let trigger = &mapping.lines[usize::from(*trigger)];
        let (before, journal, missing) = (self.out.len(), self.journal.len(), self.missing.len());
        let written = self.line(trigger);
        if !written && trigger.has_blanks() {
            return;
        }
        let bare = self.out.len();
        for item in rest {
            self.item(item);
        }
        if trigger.optional && !trigger.has_blanks() && self.out.len() == bare {
            self.out.truncate(before);
            self.missing.truncate(missing);
            for address in self.journal.drain(journal..) {
                self.seen.remove(&address);
            }
        }
    }

    fn list(&mut self, block: BlockId, list: &'m List) {
        let items = self.items_of(list);
        let prefix = self.prefix_of(&list.target);
        let mut known: Option<FxHashSet<Cow<'d, str>>> = None;
        for (position, item) in items {
            self.enter(item, format!("{prefix}[{position}]."));
            self.mark_conditions(list, item);
            let missing = self.missing.len();
            if !self.block_item(block) {
                let alike = self.missing.split_off(missing);
                let known = known.get_or_insert_with(|| keys(self.root, list));
                if !self.number_item(block, list, position, known) {
                    self.missing.truncate(missing);
                    let takes_line = &*list.path == LINES;
                    self.missing.extend(alike.into_iter().map(|missing| Missing { takes_line, ..missing }));
                }
            }
            self.leave();
        }
    }

    /// An item that has nothing for its trigger is written under its position, where that is its key to readers too.
    fn number_item(
        &mut self,
        block: BlockId,
        list: &'m List,
        position: usize,
        known: &mut FxHashSet<Cow<'d, str>>,
    ) -> bool {
        let [key] = list.key.as_slice() else { return false };
        let free = (position + 1..).map(|number| number.to_string()).find(|number| !known.contains(number.as_str()));
        let Some(number) = free.filter(|_| list.else_index) else { return false };
        known.insert(Cow::Owned(number.clone()));
        self.number = Some((key, number));
        let written = self.block_item(block);
        self.number = None;
        written
    }

    /// The trigger, and what stands behind it; nothing without a trigger.
    pub(in crate::mapping) fn block_item(&mut self, block: BlockId) -> bool {
        let mapping = self.mapping;
        let Some((Item::Line(trigger), rest)) = mapping.blocks[usize::from(block)].items.split_first() else {
            return false;
        };
        if !self.line(&mapping.lines[usize::from(*trigger)]) {
            return false;
        }
        for item in rest {
            self.item(item);
        }
        true
    }

    pub(in crate::mapping) fn enter(&mut self, item: &'d Value<'d>, prefix: String) {
        self.scopes.push(match item {
            Value::Record(record) => Scope::Record(record),
            leaf => Scope::Leaf(leaf),
        });
        self.prefixes.push(prefix);
    }

    pub(in crate::mapping) fn leave(&mut self) {
        self.scopes.pop();
        self.prefixes.pop();
    }

    /// The items of a list that this block writes: with the words it wants, and not taken by a block before it.
    fn items_of(&mut self, list: &List) -> Vec<(usize, &'d Value<'d>)> {
        let items: Vec<(usize, &'d Value<'d>)> = match (list.placed, list.placed_up.and_then(|up| self.scope(up))) {
            (Some(_), Some(Scope::Record(pack))) => self.placements.lines_in(pack),
            _ if self.placements.are_of(list) => self.placements.left(),
            _ => match self.value(&list.target) {
                Some(Value::List(items)) => items.iter().enumerate().collect(),
                _ => return Vec::new(),
            },
        };
        let mut chosen = Vec::new();
        for (position, item) in items {
            let elsewhere =
                || list.without.is_some_and(|field| item.as_record().is_some_and(|record| record.get(field).is_some()));
            if self.taken.contains(&address(item)) || !fits(list, item) || !self.inherits(list, item) || elsewhere() {
                continue;
            }
            self.taken.insert(address(item));
            chosen.push((position, item));
        }
        chosen
    }

    /// `where` words need no line of their own.
    pub(in crate::mapping) fn mark_conditions(&mut self, list: &List, item: &'d Value<'d>) {
        let Value::Record(record) = item else { return };
        for (steps, _) in &list.conditions {
            if let Some(value) = slots::get(record, steps) {
                self.see(value);
            }
        }
        for inherited in &list.inherits {
            if let Some(value) = record.get(inherited.field) {
                self.see(value);
            }
        }
    }

    /// Whether an item carries the keys of the items around it.
    fn inherits(&self, list: &List, item: &Value<'d>) -> bool {
        list.inherits.iter().all(|inherited| {
            let Some(Scope::Record(around)) = self.scope(inherited.up) else { return true };
            let Some(outer) = &self.mapping.blocks[usize::from(inherited.block)].list else { return true };
            let Some(key) = outer.key.last() else { return true };
            let own = item.as_record().and_then(|record| record.get(inherited.field));
            own == slots::get(around, key)
        })
    }

    fn scope(&self, up: u8) -> Option<Scope<'d>> {
        self.scopes.len().checked_sub(1 + usize::from(up)).map(|at| self.scopes[at])
    }

    pub(in crate::mapping) fn prefix_of(&self, target: &Target) -> String {
        let at = self.prefixes.len().saturating_sub(1 + usize::from(target.up));
        format!("{}{}", self.prefixes[at], super::bind::told(&target.steps))
    }

    fn value(&self, target: &Target) -> Option<&'d Value<'d>> {
        match self.scope(target.up)? {
            Scope::Record(record) => slots::get(record, &target.steps),
            Scope::Leaf(leaf) => target.steps.is_empty().then_some(leaf),
        }
    }

    /// Writes a line as often as its lists need. Says whether it was written.
    fn line(&mut self, line: &'m Line) -> bool {
        if matches!(&*line.tag, "ST" | "SE" | "UNH" | "UNT") {
            // The envelope's writer counts and numbers.
            return true;
        }
        if line.optional && line.parts.iter().any(|part| part.required && self.is_amiss(part)) {
            return false;
        }
        let mut times = 0;
        loop {
            let mut texts = Vec::with_capacity(line.parts.len());
            let mut absent: Option<&Target> = None;
            let (mut data, mut more) = (false, false);
            for (at, part) in line.parts.iter().enumerate() {
                let text = self.text(part, &line.parts[at + 1..], &mut absent);
                data |= matches!(text, Text::Data(_) | Text::Run(_) | Text::Pair(..));
                texts.push(text);
            }
            if line.has_blanks() && !data && !line.is_tree_node() {
                if times == 0 && !line.optional {
                    self.miss(absent, line);
                }
                return times > 0;
            }
            if times == 0 {
                for (part, text) in line.parts.iter().zip(&texts) {
                    if part.required && matches!(text, Text::Nothing) {
                        let target = part.what.target();
                        self.miss(target, line);
                    }
                }
            }
            without_company(line, &mut texts);
            self.emit(line, texts);
            times += 1;
            // A trigger's second use would be another item.
            if line.repeats && line.opens.is_none() && times < line.uses_max {
                more = line.parts.iter().any(|part| self.is_waiting(part));
            }
            if !more {
                return true;
            }
        }
    }

    /// A quantity, amount or run that is not there: a unit or currency alone is no reason for its segment.
    fn is_amiss(&self, part: &Part) -> bool {
        match &part.what {
            What::Set { target, first, .. } if target.leaf == Ends::Leaf(Leaf::Decimal) => {
                self.value(target).is_none_or(|value| *first && self.taken.contains(&address(value)))
            }
            What::Run { .. } => !self.is_waiting(part),
            _ => false,
        }
    }

    fn miss(&mut self, target: Option<&Target>, line: &Line) {
        let Some(target) = target else { return };
        let (path, origin) = (self.prefix_of(target), line.origin.clone());
        self.missing.push(Missing { path, origin, takes_line: false });
    }

    fn emit(&mut self, line: &Line, texts: Vec<Text>) {
        let mut segment = OutSegment { tag: line.tag.to_string(), elements: Vec::new() };
        let mut set = |element: usize, component: usize, text: String| {
            if segment.elements.len() < element {
                segment.elements.resize(element, Vec::new());
            }
            let components = &mut segment.elements[element - 1];
            if components.len() < component {
                components.resize(component, String::new());
            }
            components[component - 1] = text;
        };
        for (part, text) in line.parts.iter().zip(texts) {
            let (element, component) = (usize::from(part.element), usize::from(part.component.max(1)));
            match text {
                Text::Nothing => {}
                Text::Fixed(text) | Text::Data(text) => set(element, component, text),
                Text::Pair(first, second) => {
                    set(element, component, first);
                    set(element, component + 1, second);
                }
                Text::Run(records) => {
                    let composite = matches!(part.what, What::Run { composite: true, .. });
                    for (at, members) in records.into_iter().enumerate() {
                        let width = members.len();
                        for (member, text) in members.into_iter().enumerate() {
                            if composite {
                                set(element + at, component + member, text);
                            } else {
                                set(element + at * width + member, 1, text);
                            }
                        }
                    }
                }
            }
        }
        self.out.push(segment);
    }

    /// The lines of a list that lie in a pack.
    pub(in crate::mapping) fn lines_in(&self, list: &List, pack: &'d Value<'d>) -> Vec<(usize, &'d Value<'d>)> {
        match pack {
            Value::Record(pack) if self.placements.are_of(list) => self.placements.lines_in(pack),
            _ => Vec::new(),
        }
    }

    /// The lines of a list that lie in no pack.
    pub(in crate::mapping) fn lines_left(&self, list: &List) -> Vec<(usize, &'d Value<'d>)> {
        if self.placements.are_of(list) {
            return self.placements.left();
        }
        let items = slots::get(self.root, &list.target.steps).and_then(Value::as_list).unwrap_or(&[]);
        items.iter().enumerate().collect()
    }
}

impl Line {
    /// Whether it is a segment of a tree (HL, CPS): it stands for its level even where nothing else is to say.
    fn is_tree_node(&self) -> bool {
        self.parts.iter().any(|part| matches!(part.what, What::Computed(Computed::Hierarchy)))
    }

    /// Whether it has anything but literals.
    fn has_blanks(&self) -> bool {
        self.parts.iter().any(|part| {
            !matches!(
                part.what,
                What::Literal { .. }
                    | What::Computed(
                        Computed::Hierarchy
                            | Computed::Parent
                            | Computed::Child
                            | Computed::Levels
                            | Computed::Index
                            | Computed::Control
                            | Computed::Segments
                    )
            )
        })
    }
}

impl What {
    fn target(&self) -> Option<&Target> {
        match self {
            Self::Set { target, .. }
            | Self::Append { target, .. }
            | Self::Run { target, .. }
            | Self::Moment { target, .. } => Some(target),
            Self::Literal { .. } | Self::Computed(_) => None,
        }
    }
}

/// Whether an item has the words that `where` wants.
pub(in crate::mapping) fn fits(list: &List, item: &Value<'_>) -> bool {
    list.conditions.iter().all(|(steps, word)| {
        item.as_record().and_then(|record| slots::get(record, steps)).and_then(Value::as_text) == Some(&**word)
    })
}

/// The keys that items of a list at the document's top have.
fn keys<'d>(root: &'d Record<'d>, list: &List) -> FxHashSet<Cow<'d, str>> {
    let [key] = list.key.as_slice() else { return FxHashSet::default() };
    let items = slots::get(root, &list.target.steps).and_then(Value::as_list).unwrap_or(&[]);
    let key = |item: &'d Value<'d>| slots::get(item.as_record()?, key)?.as_text().map(Cow::Borrowed);
    items.iter().filter_map(key).collect()
}
