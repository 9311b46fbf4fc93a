//! From text to tables: numbers the places of a set and works out what can follow what.

use std::sync::Arc;

use super::Address;
use super::dictionary::Dictionary;
use super::model::{Grammar, Lookup, Loop, LoopId, Node, NodeId};
use super::overlay::Conditionals;
use super::syntax::{Opens, Set};
use super::tags::TagIndex;
use crate::mistake::{Mistake, nearest};
use crate::wire::Tag;

/// More places than any directory has; what a file may ask for.
const NODES_MAX: usize = 10_000;
const DEPTH_MAX: usize = 32;

/// Compiles one set against its release's dictionary, or says everything that is wrong with it.
pub(super) fn compile(path: &str, set: &Set<'_>, dictionary: Arc<Dictionary>) -> Result<Grammar, Vec<Mistake>> {
    let mut mistakes = Vec::new();
    let address = set.address.parse().unwrap_or_else(|message: String| {
        mistakes.push(Mistake::new("address", path, set.bytes.clone(), message));
        Address { standard: String::new(), release: String::new(), kind: set.address.to_owned() }
    });
    if set.places.is_empty() || set.places.len() > NODES_MAX {
        mistakes.push(Mistake::new("too-many", path, set.bytes.clone(), "a set has between 1 and 10,000 places"));
        return Err(mistakes);
    }
    let mut nodes: Vec<Node> = Vec::with_capacity(set.places.len());
    let root = Loop { name: "".into(), trigger: NodeId::UNPLACED, parent: None, children: 0..0 };
    let mut loops = vec![root];
    let mut kids: Vec<Vec<NodeId>> = vec![Vec::new()];
    // The loops that enclose the current line.
    let mut open: Vec<LoopId> = vec![LoopId::ROOT];
    for line in &set.places {
        let id = NodeId(nodes.len() as u16);
        if line.depth >= open.len() || line.depth >= DEPTH_MAX {
            let message = format!("{} is indented, but the line above opens no loop", line.tag);
            mistakes.push(
                Mistake::new("indentation", path, line.bytes.clone(), message)
                    .help("write \"loop\" behind the line above"),
            );
        }
        open.truncate(line.depth + 1);
        let home = open.last().copied().unwrap_or(LoopId::ROOT);
        let tag = Tag::new(line.tag.as_bytes());
        let rule = dictionary.find(tag).unwrap_or_else(|| {
            let message = format!("{} is described nowhere", line.tag);
            let mistake = Mistake::new("segment-unknown", path, line.bytes.clone(), message);
            let known: Vec<String> = dictionary.tags().map(|tag| tag.to_string()).collect();
            mistakes.push(match nearest(line.tag, known.iter().map(String::as_str)) {
                Some(known) => mistake.help(format!("did you mean {known}?")),
                None => mistake.help(format!("add a block \"segment {}\"", line.tag)),
            });
            0
        });
        let mut within = home;
        if let Some(opens) = line.opens {
            within = LoopId(loops.len() as u16);
            let name = match opens {
                Opens::Loop => line.tag.into(),
                Opens::Group(number) => format!("SG{number}:{}", line.tag).into(),
            };
            loops.push(Loop { name, trigger: id, parent: Some(home), children: 0..0 });
            kids.push(Vec::new());
            open.push(within);
        }
        kids[home.index()].push(id);
        nodes.push(Node {
            tag,
            rule,
            within,
            home,
            position: kids[home.index()].len() as u16,
            depth: line.depth.min(DEPTH_MAX) as u8,
            opens: line.opens.is_some(),
            hierarchy: line.hierarchy,
            root: line.root.map(|code| Tag::new(code.as_bytes())),
            conditional: false,
            envelope: ["ST", "SE", "UNH", "UNT"].contains(&line.tag),
            min: line.min,
            max: line.max,
            required_after: u16::MAX,
            required_inside: u16::MAX,
        });
    }
    mistakes.extend(kids.iter().flat_map(|kids| ambiguities(path, set, &nodes, kids)));
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    let mut grammar = Grammar {
        address,
        label: set.label.into(),
        group: set.group.map(Into::into),
        overlay: None,
        conditionals: Conditionals::default(),
        tolerances: Vec::new(),
        dictionary,
        tags: TagIndex::new(nodes.iter().map(|node| node.tag)),
        places: Lookup::new(loops.iter().zip(&kids).map(|(row, kids)| {
            let trigger = Some(row.trigger).filter(|&id| id != NodeId::UNPLACED);
            let segments = kids.iter().copied().filter(|id| !nodes[id.index()].opens);
            trigger.into_iter().chain(segments).map(|id| (nodes[id.index()].tag, id)).collect()
        })),
        subloops: Lookup::new(kids.iter().map(|kids| {
            let opening = kids.iter().map(|id| &nodes[id.index()]).filter(|node| node.opens);
            opening.map(|node| (node.tag, node.within)).collect()
        })),
        children: Vec::with_capacity(nodes.len()),
        transitions: Vec::new(),
        nodes,
        loops,
    };
    for (at, kids) in kids.iter().enumerate() {
        let first = grammar.children.len() as u32;
        grammar.children.extend(kids);
        grammar.loops[at].children = first..grammar.children.len() as u32;
    }
    grammar.link();
    Ok(grammar)
}

/// Places that no segment can ever reach, because one before takes any number of the same tag.
fn ambiguities(path: &str, set: &Set<'_>, nodes: &[Node], kids: &[NodeId]) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    // The places with any number of uses behind which nothing mandatory has come.
    let mut endless: Vec<&Node> = Vec::new();
    for kid in kids {
        let node = &nodes[kid.index()];
        if endless.iter().any(|other| other.tag == node.tag) {
            let tag = node.tag;
            let line = set.places.get(kid.index()).map_or(0..0, |line| line.bytes.clone());
            let message = format!("every {tag} is taken by the place before");
            let help =
                format!("in {tag}~{tag}~ nobody can tell where the second belongs: join the two, or limit the first");
            mistakes.push(Mistake::new("ambiguous", path, line, message).help(help));
        }
        if node.min > 0 {
            endless.clear();
        }
        if node.max == u32::MAX {
            endless.push(node);
        }
    }
    mistakes
}

impl Grammar {
    /// Works out what the tables say about order; again whenever an overlay has changed what is required.
    pub(super) fn link(&mut self) {
        for at in 0..self.loops.len() {
            let id = LoopId(at as u16);
            let mut required = u16::MAX;
            for child in self.children(id).to_vec().into_iter().rev() {
                let conditional = self.conditionals.requires(child);
                let node = &mut self.nodes[child.index()];
                if node.min > 1 || conditional {
                    // One use may not be enough: it is looked at again when the walk goes on.
                    required = node.position;
                }
                node.required_after = required;
                if node.min > 0 && !node.envelope {
                    required = node.position;
                }
            }
            if let Some(trigger) = self.trigger(id) {
                self.nodes[trigger.index()].required_inside = required;
            }
        }
        let width = self.tags.len();
        self.transitions.clear();
        self.transitions.resize((self.nodes.len() + 1) * width, u16::MAX);
        for state in 0..=self.nodes.len() {
            // From the innermost loop outwards: where each tag is met first, there it belongs.
            let (mut within, mut from) = match self.nodes.get(state) {
                Some(node) if node.opens => (node.within, 0),
                Some(node) => (node.home, node.position - 1),
                None => (LoopId::ROOT, 0),
            };
            loop {
                let range = &self.loops[within.index()].children;
                let children = &self.children[range.start as usize + usize::from(from)..range.end as usize];
                for child in children {
                    if let Some(tag) = self.tags.find(self.nodes[child.index()].tag) {
                        let slot = &mut self.transitions[state * width + tag];
                        if *slot == u16::MAX {
                            *slot = child.0;
                        }
                    }
                }
                let Some(trigger) = self.trigger(within) else { break };
                let trigger = &self.nodes[trigger.index()];
                (within, from) = (trigger.home, trigger.position - 1);
            }
        }
    }

    /// The state before the first segment.
    pub(super) fn beginning(&self) -> NodeId {
        NodeId(self.nodes.len() as u16)
    }

    /// The first place that a tag can have after a state: in the same loop at or behind it, else in the loops around.
    #[inline]
    pub(super) fn next(&self, state: NodeId, tag: Tag) -> Option<NodeId> {
        let tag = self.tags.find(tag)?;
        let next = *self.transitions.get(state.index() * self.tags.len() + tag)?;
        (next != u16::MAX).then_some(NodeId(next))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Grammar;

    fn check(places: &str, expected: &str) {
        let mut text = "set x12/004010/850\n".to_owned();
        for place in places.split('|') {
            text.push_str(&format!("  {place}\n"));
        }
        text.push_str("segment A\nsegment B\nsegment C\n");
        let told = match Grammar::parse("tiny.grammar", &text) {
            Ok(grammar) => grammar.all_nodes().map(|node| grammar.path(node)).collect::<Vec<_>>().join(" "),
            Err(mistakes) => mistakes.iter().map(|m| format!("{} {}", m.code, &text[m.span.clone()])).collect(),
        };
        assert_eq!(told, expected, "{places}");
    }

    #[test]
    fn places_are_numbered_in_order() {
        check("A 1|B 0..* loop|  C 1|  A 0..1|C 1", "850/A 850/B 850/B/C 850/B/A 850/C");
        check("B 0..1 group 3|  C 1", "850/SG3:B 850/SG3:B/C");
    }

    #[test]
    fn what_cannot_be_told_apart_is_refused() {
        check("A 0..*|A 0..1", "ambiguous A 0..1");
        check("A 0..*|B 0..1|A 0..* loop|  C 1", "ambiguous A 0..* loop");
        check("A 0..*|B 1|A 0..1", "850/A 850/B 850/A");
        check("A 0..9|A 0..*", "850/A 850/A");
    }

    #[test]
    fn mistakes_name_their_line() {
        check("A 1|QQ 1", "segment-unknown QQ 1");
        check("A 1|  B 1", "indentation B 1");
        check("A 1|B 2..1", "syntax ..1");
    }
}
