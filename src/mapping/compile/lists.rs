//! Blocks that fill lists: `each`, and the levels of a `tree`.

use super::{Around, Compiler};
use crate::canonical::{Leaf, Name, Shape};
use crate::grammar::LoopId;
use crate::mapping::code::Code;
use crate::mapping::convert::Convert;
use crate::mapping::model::{Ends, Inherited, Item, Line, List, Selector, Step, Tree, TreeLevel, What};
use crate::mapping::scope::first_of_list;
use crate::mapping::syntax::ast::{self, Body, Path, Spot};
use crate::wire::Tag;

impl Compiler<'_> {
    /// Binds a list and its clauses.
    fn list(&mut self, list: &ast::List, around: &Around) -> Option<List> {
        let mut target = match around.scopes.bind(&list.path.value) {
            Ok(target) => target,
            Err(astray) => {
                self.astray(list.path.spot.clone(), astray);
                return None;
            }
        };
        let element = match target.leaf {
            Ends::Records(element) => element,
            Ends::Leaves(_) => match first_of_list(&mut target.clone()) {
                Some(leaf) => leaf_shape(leaf),
                None => return None,
            },
            _ => {
                let message = format!("{} is no list", list.path.value);
                self.tell(Code::Path, list.path.spot.clone(), message, None);
                return None;
            }
        };
        target.path = list.path.value.to_string().into();
        let inside = around.scopes.inside(element);
        let bound = |compiler: &mut Self, path: &ast::At<Path>| match inside.bind_here(&path.value) {
            Ok(target) => Some(target.steps),
            Err(astray) => {
                compiler.astray(path.spot.clone(), astray);
                None
            }
        };
        let mut conditions = Vec::new();
        for (path, word) in &list.conditions {
            conditions.push((bound(self, path)?, word.value.as_str().into()));
        }
        let mut key = Vec::new();
        for path in &list.key {
            key.push(bound(self, path)?);
        }
        let link = match &list.link {
            Some(path) => Some(bound(self, path)?),
            None => None,
        };
        let name = |compiler: &mut Self, path: &Option<ast::At<Path>>| {
            let path = path.as_ref()?;
            let name = path.value.names.first().and_then(|name| crate::canonical::Name::of(name));
            if name.is_none() {
                let message = format!("there is no field \"{}\"", path.value);
                compiler.tell(Code::Path, path.spot.clone(), message, None);
            }
            name
        };
        let named = name(self, &list.named);
        let placed = name(self, &list.placed);
        let placed_up = placed.and_then(|placed| {
            let found =
                around.scopes.shapes.iter().rev().position(|shape| matches!(shape.field(placed), Some(Shape::List(_))));
            found.map(|up| up as u8)
        });
        let path = target.path.clone();
        let mut inherits = Vec::new();
        for (up, &block) in (0_u8..).zip(around.records.iter().rev()) {
            // Only lists that stand further out than the one whose key they carry.
            let Some(field) = self.mapping.blocks[usize::from(block)].list.as_ref().and_then(|list| list.named) else {
                continue;
            };
            if target.up > up && element.field(field).is_some() {
                inherits.push(Inherited { field, up, block });
            }
        }
        let mut else_index = list.else_index;
        if key.is_empty() && (link.is_some() || placed.is_some()) {
            // What links or is placed must be named: by its id, or by its order and number.
            let fields: &[&str] = if link.is_some() { &["id"] } else { &["order_number", "number"] };
            for field in fields {
                let path = Path { names: vec![(*field).to_owned()] };
                key.extend(inside.bind_here(&path).map(|target| target.steps));
            }
            else_index = true;
        }
        let without = None;
        Some(List {
            target,
            element,
            conditions,
            key,
            else_index,
            named,
            link,
            placed,
            placed_up,
            without,
            outermost: around.records.len() == 1,
            inherits,
            path,
        })
    }

    pub(super) fn each(&mut self, each: &ast::Each, spot: &Spot, around: &Around) {
        let Some(list) = self.list(&each.list, around) else { return };
        let scopes = around.scopes.inside(list.element);
        let Some((first, rest)) = each.body.split_first() else {
            return self.tell(Code::Syntax, spot.clone(), "this each has no line: its first one is the trigger", None);
        };
        self.file = first.file;
        let Body::Line(ast::Line::Segment(line)) = &first.body else {
            let help = Some("write the segment that begins an item first".to_owned());
            return self.tell(Code::Syntax, first.spot.clone(), "the first line of an each is its trigger", help);
        };
        let Some(nodes) = self.nodes_of(line, around) else { return };
        let conditions = list.conditions.clone();
        let block = self.open_block(Some(list), false);
        let compiled = self.line(line, line.spot.clone(), nodes[0], around.block, &scopes, None);
        if let Some(mut compiled) = compiled {
            compiled.opens = Some(block);
            select_by_conditions(&mut compiled, &conditions);
            let id = self.register(compiled, &nodes);
            self.writes(block, Item::Line(id));
            self.writes(around.block, Item::Block(block));
        }
        let loops = nodes
            .iter()
            .filter(|&&node| self.grammar.is_trigger(node))
            .map(|&node| self.grammar.loop_of(node))
            .collect();
        let mut records = around.records.clone();
        records.push(block);
        self.body(rest, &Around { block, loops, scopes, records });
    }

    pub(super) fn tree(&mut self, tree: &ast::Tree, around: &Around) {
        let tag = Tag::new(tree.tag.value.as_bytes());
        let loops: Vec<LoopId> =
            around.loops.iter().flat_map(|&within| self.grammar.loops(within, tag)).copied().collect();
        let Some(trigger) = loops.first().and_then(|&id| self.grammar.trigger(id)) else {
            let message = format!("{} opens no loop here", tree.tag.value);
            return self.tell(Code::Tree, tree.tag.spot.clone(), message, None);
        };
        let number = self.mapping.trees.len() as u16;
        self.mapping.nodes[trigger.index()].tree = Some(number);
        let mut levels: Vec<TreeLevel> = Vec::new();
        for level in &tree.levels {
            if levels.iter().any(|other| *other.code == *level.code.value) {
                let message = format!("the level {} stands twice", level.code.value);
                self.tell(Code::Tree, level.code.spot.clone(), message, None);
                continue;
            }
            let list = match &level.list {
                Some(list) => match self.list(list, around) {
                    Some(list) => Some(list),
                    None => continue,
                },
                None => None,
            };
            let element = list.as_ref().map(|list| list.element);
            let scopes = element.map_or_else(|| around.scopes.clone(), |element| around.scopes.inside(element));
            let block = self.open_block(list, false);
            let Some((first, rest)) = level.body.split_first() else {
                self.tell(Code::Tree, level.spot.clone(), "a level begins with its segment's line", None);
                continue;
            };
            self.file = first.file;
            let line = match &first.body {
                Body::Line(ast::Line::Segment(line)) if line.tag.value == tree.tag.value => line,
                _ => {
                    let help = Some(format!("write {}*{{@hl}}*{{@parent}}*... first", tree.tag.value));
                    self.tell(Code::Tree, first.spot.clone(), "a level begins with its segment's line", help);
                    continue;
                }
            };
            let code = level.code.value.as_str();
            if let Some(mut compiled) = self.line(line, line.spot.clone(), trigger, around.block, &scopes, Some(code)) {
                compiled.opens = Some(block);
                let id = self.register(compiled, &[trigger]);
                self.mapping.blocks[usize::from(block)].items.push(Item::Line(id));
            }
            levels.push(TreeLevel { code: code.into(), block });
            let mut records = around.records.clone();
            if element.is_some() {
                records.push(block);
            }
            self.body(rest, &Around { block, loops: loops.clone(), scopes, records });
        }
        self.mapping.trees.push(Tree { levels });
        self.mapping.blocks[usize::from(around.block)].items.push(Item::Tree(number));
    }

    /// A list that one block fills inside an `as` and another one outside of it: the outer one has what names no key.
    pub(super) fn part_lists(&mut self) {
        let lists = || self.mapping.blocks.iter().filter_map(|block| block.list.as_ref());
        let inner: Vec<(Vec<Step>, Name)> = lists()
            .flat_map(|list| list.inherits.iter().map(|inherited| (list.target.steps.clone(), inherited.field)))
            .collect();
        for list in self.mapping.blocks.iter_mut().filter_map(|block| block.list.as_mut()) {
            if list.inherits.is_empty() {
                list.without = inner.iter().find(|(steps, _)| *steps == list.target.steps).map(|(_, field)| *field);
            }
        }
    }
}

/// `where role=seller`: the codes that stand for this word select the trigger.
fn select_by_conditions(line: &mut Line, conditions: &[(Vec<Step>, Box<str>)]) {
    for part in &line.parts {
        let What::Set { target, convert, .. } = &part.what else { continue };
        if target.up != 0 {
            continue;
        }
        let Some((_, word)) = conditions.iter().find(|(steps, _)| *steps == target.steps) else { continue };
        let mut codes: Vec<Box<[u8]>> = match convert {
            Convert::Table(table) => table.codes_of(word).map(|code| code.as_bytes().into()).collect(),
            _ => vec![word.as_bytes().into()],
        };
        if codes.is_empty() {
            codes.push(word.as_bytes().into());
        }
        codes.sort();
        line.selectors.push(Selector::new(part.element, part.component, codes));
    }
}

/// The shape of a leaf as an item of a list.
fn leaf_shape(leaf: Leaf) -> &'static Shape {
    match leaf {
        Leaf::Text => &Shape::Leaf(Leaf::Text),
        Leaf::Decimal => &Shape::Leaf(Leaf::Decimal),
        Leaf::Date => &Shape::Leaf(Leaf::Date),
        Leaf::Time => &Shape::Leaf(Leaf::Time),
        Leaf::Integer => &Shape::Leaf(Leaf::Integer),
        Leaf::Flag => &Shape::Leaf(Leaf::Flag),
    }
}
