//! Addresses inside a grammar: `850/PO1/N1[ST]/N104`, `N1[ST]`, `LIN/QTY[21]`, `NAD/NAD02-1`; resolved, or refused with
//! the nearest candidates.
//!
//! A step names a segment, or a loop by its trigger or group (`PO1`, `SG25`, `SG25:LIN`). `[ST]` narrows it to those
//! whose qualifier is ST. The last step may be an element: its segment's tag and two digits, `-C` for a component.

use super::model::{Grammar, LoopId, NodeId};
use crate::mistake::nearest;
use crate::wire::{Segment, Tag};

/// What an address means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The places of one tag in one loop; a loop is its trigger.
    pub nodes: Vec<NodeId>,
    pub conditions: Vec<Condition>,
    /// Position of an element and of a component, from 1.
    pub element: Option<(u16, Option<u16>)>,
}

/// `N1[ST]`: the qualifier of a segment must be a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    pub on: Qualified,
    pub element: u16,
    pub component: u16,
    pub code: String,
}

/// Whose qualifier it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Qualified {
    /// The segment at hand.
    Itself,
    /// The segment that opened a loop around it.
    Trigger(LoopId),
}

impl Condition {
    /// Whether a segment bears the code.
    pub fn holds(&self, segment: &Segment<'_>) -> bool {
        segment.element(usize::from(self.element)).component(usize::from(self.component)).text() == self.code
    }
}

/// Why an address means nothing, and what may have been meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unresolved {
    pub message: String,
    pub help: Option<String>,
}

impl Unresolved {
    fn new(message: String, help: Option<String>) -> Self {
        Self { message, help }
    }
}

impl Grammar {
    /// What an address means here. It may begin with the set (`850/`) or with any segment or loop that stands in one
    /// place only.
    pub fn locate(&self, address: &str) -> Result<Target, Unresolved> {
        let mut steps: Vec<&str> = address.split('/').collect();
        if steps.len() > 1 && steps[0] == self.address.kind {
            steps.remove(0);
        }
        let mut at = Cursor { grammar: self, within: LoopId::ROOT, nodes: Vec::new(), conditions: Vec::new() };
        let mut element = None;
        for (index, step) in steps.iter().enumerate() {
            let last = index + 1 == steps.len();
            element = at.step(step, index == 0, last)?;
        }
        Ok(Target { nodes: at.nodes, conditions: at.conditions, element })
    }
}

struct Cursor<'g> {
    grammar: &'g Grammar,
    within: LoopId,
    nodes: Vec<NodeId>,
    conditions: Vec<Condition>,
}

impl Cursor<'_> {
    fn step(&mut self, step: &str, first: bool, last: bool) -> Result<Option<(u16, Option<u16>)>, Unresolved> {
        let (name, code) = match step.split_once('[') {
            None => (step, None),
            Some((name, rest)) => match rest.strip_suffix(']').filter(|code| !code.is_empty()) {
                Some(code) => (name, Some(code)),
                None => {
                    let message = format!("\"{step}\" has no closing bracket");
                    return Err(Unresolved::new(message, Some(format!("write {name}[CODE]"))));
                }
            },
        };
        let found = self.children(name, first)?;
        if !found.is_empty() {
            self.enter(found, code);
            return Ok(None);
        }
        if last
            && code.is_none()
            && let Some(element) = self.element(name, first)?
        {
            return Ok(Some(element));
        }
        let grammar = self.grammar;
        let known: Vec<String> =
            grammar.children(self.within).iter().map(|&child| grammar.tag(child).to_string()).collect();
        let place = self.place();
        let help = nearest(name, known.iter().map(String::as_str)).map(|known| format!("did you mean {known}?"));
        Err(Unresolved::new(format!("there is no {name} in {place}"), help))
    }

    /// The children of the current loop that a name means; at the beginning also a name that stands in one loop only.
    fn children(&self, name: &str, first: bool) -> Result<Vec<NodeId>, Unresolved> {
        let grammar = self.grammar;
        let matches = |&node: &NodeId| {
            let group = grammar.loop_name(grammar.loop_of(node)).split(':').next().unwrap_or_default();
            grammar.tag(node).to_string() == name
                || grammar.is_trigger(node) && (group == name || grammar.loop_name(grammar.loop_of(node)) == name)
        };
        let here: Vec<NodeId> = grammar.children(self.within).iter().copied().filter(matches).collect();
        if !here.is_empty() || !first {
            return Ok(here);
        }
        let anywhere: Vec<NodeId> = grammar.all_nodes().filter(matches).collect();
        let homes: Vec<LoopId> = anywhere.iter().map(|&node| grammar.nodes[node.index()].home).collect();
        if homes.windows(2).any(|pair| pair[0] != pair[1]) {
            let paths: Vec<String> = anywhere.iter().take(4).map(|&node| grammar.path(node)).collect();
            let message = format!("{name} stands in several places");
            return Err(Unresolved::new(message, Some(format!("write {}", paths.join(" or ")))));
        }
        Ok(anywhere)
    }

    fn enter(&mut self, nodes: Vec<NodeId>, code: Option<&str>) {
        let grammar = self.grammar;
        // What was said of the segment so far is now said of the trigger of a loop around.
        for condition in &mut self.conditions {
            if condition.on == Qualified::Itself {
                condition.on = Qualified::Trigger(self.within);
            }
        }
        let Some(&node) = nodes.first() else { return };
        if let Some(code) = code {
            let (element, component) = grammar.qualifier(node);
            self.conditions.push(Condition { on: Qualified::Itself, element, component, code: code.to_owned() });
        }
        if grammar.is_trigger(node) {
            self.within = grammar.loop_of(node);
        }
        self.nodes = nodes;
    }

    /// `N104`, `N1-04`, `NAD02-1`: an element of the segment at hand, or of one inside its loop.
    fn element(&mut self, name: &str, first: bool) -> Result<Option<(u16, Option<u16>)>, Unresolved> {
        for split in (2..name.len().min(5)).rev() {
            let Some((tag, rest)) = name.split_at_checked(split) else { continue };
            let rest = rest.strip_prefix('-').unwrap_or(rest);
            let (position, component) = match rest.split_once('-') {
                Some((position, component)) => (position, Some(component)),
                None => (rest, None),
            };
            let (Ok(position), Ok(component)) = (position.parse(), component.map(str::parse).transpose()) else {
                continue;
            };
            if rest.split('-').next().is_none_or(|digits| digits.len() != 2) {
                continue;
            }
            let own = self.nodes.first().is_some_and(|&node| self.grammar.tag(node) == Tag::new(tag.as_bytes()));
            if !own {
                let found = self.children(tag, first)?;
                if found.is_empty() {
                    continue;
                }
                self.enter(found, None);
            }
            self.exists(position, component)?;
            return Ok(Some((position, component)));
        }
        Ok(None)
    }

    fn exists(&self, position: u16, component: Option<u16>) -> Result<(), Unresolved> {
        let Some(&node) = self.nodes.first() else { return Ok(()) };
        let (grammar, tag) = (self.grammar, self.grammar.tag(node));
        let count = grammar.elements(node).len();
        let Some(element) = grammar.element(node, usize::from(position)) else {
            let message = format!("{tag} has no element {position:02}");
            return Err(Unresolved::new(message, Some(format!("it has {count}: {tag}01 to {tag}{count:02}"))));
        };
        let parts = grammar.components(element).len();
        match component {
            Some(component) if component == 0 || usize::from(component) > parts => {
                let message = format!("{tag}{position:02} has no component {component}");
                Err(Unresolved::new(message, Some(format!("it has {parts}"))))
            }
            _ => Ok(()),
        }
    }

    fn place(&self) -> String {
        match self.nodes.first() {
            Some(&node) => self.grammar.path(node),
            None => self.grammar.address.kind.clone(),
        }
    }
}

impl Grammar {
    /// Which element and component of a segment say what it is about: the first that is marked, else the very first.
    pub fn qualifier(&self, node: NodeId) -> (u16, u16) {
        self.marked_qualifier(node).unwrap_or((1, 1))
    }

    /// The same, where one is marked.
    pub fn marked_qualifier(&self, node: NodeId) -> Option<(u16, u16)> {
        if node == NodeId::UNPLACED {
            return None;
        }
        for (at, element) in self.elements(node).iter().enumerate() {
            if element.qualifier {
                return Some((at as u16 + 1, 1));
            }
            if let Some(part) = self.components(element).iter().position(|component| component.qualifier) {
                return Some((at as u16 + 1, part as u16 + 1));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::Library;

    fn check(address: &str, expected: &str) {
        let (grammar, address) = match address.split_once(' ') {
            Some((grammar, address)) => (grammar, address),
            None => ("x12/004010/850", address),
        };
        let grammar = Library::for_tests().grammar(&grammar.parse().expect("an address")).expect("a grammar");
        let told = match grammar.locate(address) {
            Ok(target) => {
                let paths: Vec<String> = target.nodes.iter().map(|&node| grammar.path(node)).collect();
                let codes: Vec<&str> = target.conditions.iter().map(|condition| condition.code.as_str()).collect();
                let element = match target.element {
                    None => String::new(),
                    Some((element, None)) => format!(" {element}"),
                    Some((element, Some(component))) => format!(" {element}-{component}"),
                };
                let codes = if codes.is_empty() { String::new() } else { format!(" {codes:?}") };
                format!("{}{element}{codes}", paths.join(","))
            }
            Err(wrong) => format!("{} ({})", wrong.message, wrong.help.unwrap_or_default()),
        };
        assert_eq!(told, expected, "{address}");
    }

    #[test]
    fn addresses_name_segments_loops_and_elements() {
        check("850/PO1/N1[ST]/N104", "850/PO1/N1 4 [\"ST\"]");
        check("N1[ST]", "850/N1 [\"ST\"]");
        check("N1/N101", "850/N1 1");
        check("N1/N3", "850/N1/N3");
        check("N1/N301", "850/N1/N3 1");
        check("BEG03", "850/BEG 3");
        check("BEG/BEG03", "850/BEG 3");
        check("PO1-06", "850/PO1 6");
        check("REF/REF04-2", "850/REF 4-2");
        check("edifact/D.96A/ORDERS LIN/QTY[21]", "ORDERS/SG25:LIN/QTY [\"21\"]");
        check("edifact/D.96A/ORDERS SG25/SG35/NAD02-1", "ORDERS/SG25:LIN/SG35:NAD 2-1");
        check("edifact/D.96A/ORDERS NAD[BY]/RFF[VA]", "ORDERS/SG2:NAD/SG3:RFF [\"BY\", \"VA\"]");
    }

    #[test]
    fn what_is_not_there_is_refused_with_a_candidate() {
        check("BGE03", "there is no BGE03 in 850 ()");
        check("PO1/PDI", "there is no PDI in 850/PO1 (did you mean PID?)");
        check("BEG/BEG33", "BEG has no element 33 (it has 12: BEG01 to BEG12)");
        check("N1[ST", "\"N1[ST\" has no closing bracket (write N1[CODE])");
        check("SDQ", "850/PO1/SDQ");
        check("NX2", "NX2 stands in several places (write 850/N1/NX2 or 850/PO1/N1/NX2 or 850/PO1/SLN/N1/NX2)");
        check("REF/REF01-2", "REF01 has no component 2 (it has 0)");
    }
}
