//! From statements to a bound map: every line to its nodes in its loop, every path to its field, every name to its table.

mod ambiguous;
mod lists;

use std::sync::Arc;

use super::code::Code;
use super::convert::Convert;
use super::model::{Block, BlockId, Ends, Item, Line, LineId, List, LoopRow, Mapping, NodeRow, ROOT, Required};
use super::scope::{Astray, Scopes};
use super::syntax::ast::{self, Body, Path, Spot, Statement};
use super::table::{Table, Tables};
use crate::canonical::Kind;
use crate::grammar::{Grammar, LoopId, NodeId};
use crate::mistake::Mistake;
use crate::wire::{Syntax, Tag};

/// What a map is compiled against.
#[derive(Clone, Copy, Debug)]
pub struct Against<'a> {
    pub grammar: &'a Grammar,
    /// The shared tables.
    pub tables: &'a Tables,
    /// The map was written for another release: lines that this grammar has no place for are left out.
    pub approximated: bool,
}

/// Compiles a map that extends nothing (see [`super::extend`] for those that do). All mistakes are told.
pub fn compile(map: &ast::MapFile, against: Against<'_>) -> Result<Mapping, Vec<Mistake>> {
    let Some((header, kind)) = map.header.as_ref().and_then(|header| match &header.subject {
        ast::Subject::Kind(kind) => Some((header, kind)),
        ast::Subject::Extends(_) => None,
    }) else {
        let message = "a map begins with map ADDRESS KIND";
        return Err(vec![Mistake::new(Code::Header.name(), &map.file, 0..0, message)]);
    };
    let Some(document) = Kind::of(&kind.value) else {
        let names = Kind::ALL.map(Kind::as_str);
        let mut mistake = Mistake::new(
            Code::Header.name(),
            &map.file,
            kind.spot.clone(),
            format!("\"{}\" is no kind of document", kind.value),
        );
        mistake.help = crate::mistake::nearest(&kind.value, names).map(|near| format!("did you mean {near}?"));
        return Err(vec![mistake]);
    };
    let mut compiler = Compiler::new(map, document, &header.name.value, against);
    compiler.tables(&map.statements);
    let root = Around { block: ROOT, loops: vec![LoopId::ROOT], scopes: Scopes::of(document), records: vec![ROOT] };
    compiler.body(&map.statements, &root);
    compiler.finish()
}

/// Where a statement stands.
#[derive(Clone)]
pub(super) struct Around {
    pub block: BlockId,
    /// The loops in which lines of this block may stand; none inside a single segment.
    pub loops: Vec<LoopId>,
    pub scopes: Scopes,
    /// The blocks whose records the scopes are, outermost first.
    pub records: Vec<BlockId>,
}

pub(super) struct Compiler<'a> {
    pub(super) grammar: &'a Grammar,
    pub(super) syntax: Syntax,
    pub(super) tables: Tables,
    shared: &'a Tables,
    approximated: bool,
    pub(super) mapping: Mapping,
    /// Which lines may stand at which node.
    at_node: Vec<Vec<LineId>>,
    pub(super) mistakes: Vec<Mistake>,
    /// Inside a `reads` line or block: nothing of it is written.
    pub(super) reading_only: bool,
    /// The file that the statements come from just now.
    pub(super) file: u16,
}

impl<'a> Compiler<'a> {
    fn new(map: &ast::MapFile, kind: Kind, name: &str, against: Against<'a>) -> Self {
        let grammar = against.grammar;
        let syntax = if grammar.address.standard == "edifact" { Syntax::Edifact } else { Syntax::X12 };
        let nodes = grammar
            .all_nodes()
            .map(|node| NodeRow { within: grammar.loop_of(node), opens: grammar.is_trigger(node), tree: None })
            .collect();
        let mut loops: Vec<LoopRow> = Vec::with_capacity(grammar.loop_count());
        for at in 0..grammar.loop_count() {
            let id = LoopId(at as u16);
            let (mut depth, mut above) = (0, grammar.parent_loop(id));
            while let Some(parent) = above {
                depth += 1;
                above = grammar.parent_loop(parent);
            }
            loops.push(LoopRow {
                parent: grammar.parent_loop(id).unwrap_or(LoopId::ROOT),
                depth,
                name: grammar.loop_name(id).into(),
            });
        }
        let files = if map.files.is_empty() { vec![map.file.as_str().into()] } else { map.files.clone() };
        let mapping = Mapping {
            name: name.to_owned(),
            grammar: grammar.address.to_string(),
            kind,
            syntax,
            files,
            blocks: vec![Block { list: None, ignored: false, items: Vec::new() }],
            lines: Vec::new(),
            dispatch: Vec::new(),
            candidates: Vec::new(),
            nodes,
            loops,
            trees: Vec::new(),
            requires: Vec::new(),
            defaults: Vec::new(),
        };
        Self {
            grammar,
            syntax,
            tables: Tables::default(),
            shared: against.tables,
            approximated: against.approximated,
            mapping,
            at_node: vec![Vec::new(); grammar.node_count()],
            mistakes: Vec::new(),
            reading_only: false,
            file: 0,
        }
    }

    pub(super) fn tell(&mut self, code: Code, spot: Spot, message: impl Into<String>, help: Option<String>) {
        let file = &self.mapping.files[usize::from(self.file)];
        let mut mistake = Mistake::new(code.name(), file, spot, message);
        mistake.help = help;
        self.mistakes.push(mistake);
    }

    pub(super) fn astray(&mut self, spot: Spot, astray: Astray) {
        self.tell(Code::Path, spot, astray.message, astray.help);
    }

    /// The map's own tables and those it uses, before any line needs them.
    fn tables(&mut self, statements: &[Statement]) {
        let mut own: Vec<(String, Table)> = Vec::new();
        for statement in statements {
            self.file = statement.file;
            match &statement.body {
                Body::Table(table) => {
                    let at = own.iter().position(|(name, _)| *name == table.name.value).unwrap_or_else(|| {
                        let base = self.tables.get(&table.name.value).map(|table| (**table).clone());
                        own.push((table.name.value.clone(), base.unwrap_or_default()));
                        own.len() - 1
                    });
                    // A partner's file adds to the base's tables and may change what a code means.
                    let replaces = statement.file > 0;
                    let file = self.mapping.files[usize::from(self.file)].clone();
                    self.mistakes.extend(own[at].1.extend(&file, table, replaces));
                }
                Body::UseTables(names) => {
                    for name in names {
                        match self.shared.get(&name.value) {
                            Some(table) => self.tables.insert(table.clone()),
                            None => {
                                let help = crate::mistake::nearest(&name.value, self.shared.names())
                                    .map(|near| format!("did you mean {near}?"));
                                let message = format!("there is no shared table \"{}\"", name.value);
                                self.tell(Code::Table, name.spot.clone(), message, help);
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        for (_, table) in own {
            self.tables.insert(Arc::new(table));
        }
    }

    pub(super) fn body(&mut self, statements: &[Statement], around: &Around) {
        for statement in statements {
            self.statement(statement, around);
        }
    }

    fn statement(&mut self, statement: &Statement, around: &Around) {
        self.file = statement.file;
        let outer = self.reading_only;
        self.reading_only |= statement.reading_only;
        self.body_of(statement, around);
        self.reading_only = outer;
    }

    /// Puts an item into a block's order of writing. What a partner's file adds goes where the grammar wants it.
    fn writes(&mut self, block: BlockId, item: Item) {
        if self.reading_only {
            return;
        }
        let items = &self.mapping.blocks[usize::from(block)].items;
        let at = match (self.file, self.first_node(item)) {
            (0, _) | (_, None) => items.len(),
            (_, Some(node)) => {
                let before = |other: &Item| self.first_node(*other).is_none_or(|other| other <= node);
                items.iter().rposition(before).map_or(0, |at| at + 1)
            }
        };
        self.mapping.blocks[usize::from(block)].items.insert(at, item);
    }

    /// Where an item's first segment stands in the grammar.
    fn first_node(&self, item: Item) -> Option<usize> {
        let line = match item {
            Item::Line(line) => line,
            Item::Block(block) => match self.mapping.blocks[usize::from(block)].items.first() {
                Some(Item::Line(line)) => *line,
                _ => return None,
            },
            Item::Tree(_) => return None,
        };
        self.at_node.iter().position(|lines| lines.contains(&line))
    }

    fn body_of(&mut self, statement: &Statement, around: &Around) {
        match &statement.body {
            Body::Table(_) | Body::UseTables(_) | Body::Namespace { .. } | Body::Example(_) => {}
            Body::Line(line) => {
                if let Some((line, spot)) = self.segment(line)
                    && let Some(id) = self.plain(line, spot, around)
                {
                    self.writes(around.block, Item::Line(id));
                }
            }
            Body::Group { line, body } => {
                if let Some((line, spot)) = self.segment(line) {
                    self.group(line, spot, body, around);
                }
            }
            Body::Each(each) => self.each(each, &statement.spot, around),
            Body::Tree(tree) => self.tree(tree, around),
            Body::Ignore(line) => {
                if let Some((line, spot)) = self.segment(line) {
                    self.ignore(line, spot, around);
                }
            }
            Body::Require(path) => match around.scopes.bind(&path.value) {
                Ok(target) => {
                    let block = around.records.last().copied().unwrap_or(ROOT);
                    self.mapping.requires.push(Required { block, target });
                }
                Err(astray) => self.astray(path.spot.clone(), astray),
            },
            Body::Default { path, value } => self.default(path, value, around),
            Body::Replace { .. } | Body::Drop { .. } | Body::DropEach(_) | Body::Add { .. } => {
                let help = Some("write map NAME extends ADDRESS at the top".to_owned());
                self.tell(Code::Override, statement.spot.clone(), "there is no base to override here", help);
            }
        }
    }

    fn segment<'l>(&mut self, line: &'l ast::Line) -> Option<(&'l ast::SegmentLine, Spot)> {
        match line {
            ast::Line::Segment(line) => Some((line, line.spot.clone())),
            ast::Line::Element(line) => {
                let help = Some("a segment line begins with its tag: REF*DP*{department}?".to_owned());
                self.tell(Code::Syntax, line.spot.clone(), "this is no segment", help);
                None
            }
        }
    }

    fn default(&mut self, path: &ast::At<Path>, value: &ast::At<String>, around: &Around) {
        let target = match around.scopes.bind(&path.value) {
            Ok(target) => target,
            Err(astray) => return self.astray(path.spot.clone(), astray),
        };
        let Ends::Leaf(leaf) = target.leaf else {
            return self.tell(Code::Path, path.spot.clone(), format!("{} holds more than a value", path.value), None);
        };
        let understood = Convert::of(leaf, true).map(|convert| {
            match convert.read(value.value.as_str().into(), super::convert::Marks::POINT) {
                super::convert::Understood::Value(value) | super::convert::Understood::Unknown(value) => {
                    Some(value.into_owned())
                }
                super::convert::Understood::Wrong(_) => None,
            }
        });
        match understood.flatten() {
            Some(value) => {
                let block = around.records.last().copied().unwrap_or(ROOT);
                self.mapping.defaults.push((block, target, value));
            }
            None => {
                let message = format!("\"{}\" is not {}", value.value, leaf.as_str());
                self.tell(Code::Conversion, value.spot.clone(), message, None);
            }
        }
    }

    /// The nodes of a tag in a block's loops: segments that stand there, and triggers of the loops inside.
    fn nodes(&self, tag: &str, around: &Around) -> Vec<NodeId> {
        let tag = Tag::new(tag.as_bytes());
        let mut nodes = Vec::new();
        for &within in &around.loops {
            for &node in self.grammar.nodes(within, tag) {
                if !self.grammar.is_trigger(node) || self.grammar.loop_of(node) != within {
                    nodes.push(node);
                }
            }
            for &inner in self.grammar.loops(within, tag) {
                nodes.extend(self.grammar.trigger(inner));
            }
        }
        nodes.sort_unstable();
        nodes.dedup();
        nodes
    }

    /// The nodes of a line, or a mistake that says where the segment does stand.
    fn nodes_of(&mut self, line: &ast::SegmentLine, around: &Around) -> Option<Vec<NodeId>> {
        let nodes = self.nodes(&line.tag.value, around);
        if !nodes.is_empty() {
            return Some(nodes);
        }
        let tag = Tag::new(line.tag.value.as_bytes());
        let elsewhere: Vec<String> = self
            .grammar
            .all_nodes()
            .filter(|&node| self.grammar.tag(node) == tag)
            .take(3)
            .map(|node| self.grammar.path(node))
            .collect();
        let here = match around.loops.first() {
            Some(&LoopId::ROOT) => "at the top of the set".to_owned(),
            Some(&within) => format!("in the loop {}", self.grammar.loop_name(within)),
            None => "inside a single segment".to_owned(),
        };
        let help = if elsewhere.is_empty() {
            let tags: Vec<String> = self.grammar.all_nodes().map(|node| self.grammar.tag(node).to_string()).collect();
            crate::mistake::nearest(&line.tag.value, tags.iter().map(String::as_str))
                .map(|near| format!("did you mean {near}?"))
        } else {
            Some(format!("it stands at {}", elsewhere.join(", ")))
        };
        let message = format!("{} has no segment {} {here}", self.grammar.address, line.tag.value);
        self.tell(Code::Segment, line.tag.spot.clone(), message, help);
        None
    }

    fn plain(&mut self, line: &ast::SegmentLine, spot: Spot, around: &Around) -> Option<LineId> {
        let nodes = self.nodes_of(line, around)?;
        let compiled = self.line(line, spot, nodes[0], around.block, &around.scopes, None)?;
        Some(self.register(compiled, &nodes))
    }

    fn register(&mut self, line: Line, nodes: &[NodeId]) -> LineId {
        let id = self.mapping.lines.len() as LineId;
        for node in nodes {
            self.at_node[node.index()].push(id);
        }
        self.mapping.lines.push(line);
        id
    }

    fn open_block(&mut self, list: Option<List>, ignored: bool) -> BlockId {
        self.mapping.blocks.push(Block { list, ignored, items: Vec::new() });
        (self.mapping.blocks.len() - 1) as BlockId
    }

    /// The block's instance is the loop that the line's segment opens.
    fn group(&mut self, line: &ast::SegmentLine, spot: Spot, body: &[Statement], around: &Around) {
        let Some(nodes) = self.nodes_of(line, around) else { return };
        let triggers: Vec<NodeId> = nodes.iter().copied().filter(|&node| self.grammar.is_trigger(node)).collect();
        if triggers.is_empty() {
            let message = format!("{} opens no loop here, so that it cannot have a block", line.tag.value);
            return self.tell(Code::Segment, line.tag.spot.clone(), message, None);
        }
        let block = self.open_block(None, false);
        if let Some(mut compiled) = self.line(line, spot, triggers[0], around.block, &around.scopes, None) {
            compiled.opens = Some(block);
            let id = self.register(compiled, &triggers);
            self.writes(block, Item::Line(id));
            self.writes(around.block, Item::Block(block));
        }
        let loops = triggers.iter().map(|&node| self.grammar.loop_of(node)).collect();
        let inside = Around { block, loops, ..around.clone() };
        self.body(body, &inside);
    }

    fn ignore(&mut self, line: &ast::SegmentLine, spot: Spot, around: &Around) {
        let top = around.block == ROOT;
        let tag = Tag::new(line.tag.value.as_bytes());
        let nodes: Vec<NodeId> = if top {
            self.grammar.all_nodes().filter(|&node| self.grammar.tag(node) == tag).collect()
        } else {
            self.nodes(&line.tag.value, around)
        };
        if nodes.is_empty() {
            let _ = self.nodes_of(line, around);
            return;
        }
        // What is ignored may open a loop, all of which is ignored with it.
        let block = self.open_block(None, true);
        if let Some(mut compiled) = self.line(line, spot, nodes[0], around.block, &around.scopes, None) {
            compiled.ignored = true;
            compiled.anywhere = top;
            compiled.opens = Some(block);
            self.register(compiled, &nodes);
        }
    }

    fn finish(mut self) -> Result<Mapping, Vec<Mistake>> {
        self.part_lists();
        self.ambiguities();
        if self.approximated {
            let strange = [Code::Segment.name(), Code::Tree.name(), Code::Ambiguous.name()];
            self.mistakes.retain(|mistake| !strange.contains(&mistake.code));
        }
        if !self.mistakes.is_empty() {
            return Err(self.mistakes);
        }
        let lines = &self.mapping.lines;
        for ids in &mut self.at_node {
            ids.sort_by_key(|&id| std::cmp::Reverse(lines[usize::from(id)].selectors.len()));
            self.mapping.dispatch.push(self.mapping.candidates.len() as u32);
            self.mapping.candidates.extend_from_slice(ids);
        }
        self.mapping.dispatch.push(self.mapping.candidates.len() as u32);
        Ok(self.mapping)
    }
}
