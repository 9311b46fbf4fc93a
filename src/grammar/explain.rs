//! Any address in words: what it is, how often it may stand, what it looks like, what goes with it.

use std::fmt;
use std::sync::Arc;

use super::address::Address;
use super::codes::Codes;
use super::dictionary::ElementRule;
use super::library::Library;
use super::model::{Grammar, LoopId, NodeId};
use super::rule::{Kind, Note, NoteKind};
use crate::mistake::nearest;

/// What is known of an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// `N104 party id`.
    pub title: String,
    /// `x12/004010/850`, and the path inside.
    pub address: String,
    /// Aspect and words: (`length`, `2 to 80 characters`).
    pub aspects: Vec<(&'static str, String)>,
    /// What it holds, one line each: the segments of a loop, the elements of a segment.
    pub parts: Vec<String>,
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.title)?;
        writeln!(f, "  {:<10} {}", "address", self.address)?;
        for (aspect, words) in &self.aspects {
            writeln!(f, "  {aspect:<10} {words}")?;
        }
        for part in &self.parts {
            writeln!(f, "    {part}")?;
        }
        Ok(())
    }
}

impl Library {
    /// Explains `x12/004010/850`, `850/PO1`, `850/PO1/N1/N104`, `edifact/D.96A/ORDERS/NAD/NAD02-1`. Without standard and
    /// release the oldest grammar of the type is meant.
    ///
    /// # Errors
    /// Why the address means nothing, with the nearest candidate.
    pub fn explain(&self, address: &str) -> Result<Explanation, String> {
        let (grammar, inside) = self.find(address)?;
        grammar.explain(&inside)
    }

    /// The grammar that an address begins with, and what it names inside it.
    ///
    /// # Errors
    /// That there is none, with the nearest candidate.
    pub fn find(&self, address: &str) -> Result<(Arc<Grammar>, String), String> {
        let mut steps = address.split('/');
        let first = steps.next().unwrap_or_default();
        let (found, rest): (Option<&Address>, Vec<&str>) = if ["x12", "edifact"].contains(&first) {
            let (release, kind) = (steps.next().unwrap_or_default(), steps.next().unwrap_or_default());
            let found = self
                .addresses()
                .find(|a| (a.standard.as_str(), a.release.as_str(), a.kind.as_str()) == (first, release, kind));
            (found, steps.collect())
        } else {
            (self.addresses().filter(|address| address.kind == first).min_by_key(|a| a.age()), steps.collect())
        };
        let Some(grammar) = found.and_then(|found| self.grammar(found)) else {
            let known: Vec<String> =
                self.addresses().flat_map(|known| [known.to_string(), known.kind.clone()]).collect();
            let help = nearest(address, known.iter().map(String::as_str));
            let help = help.map_or(String::new(), |known| format!("; did you mean {known}?"));
            return Err(format!("there is no grammar for {address}{help}"));
        };
        Ok((grammar, rest.join("/")))
    }
}

impl Grammar {
    /// Explains an address inside the set: `PO1/N1/N104`; the set itself where it is empty.
    ///
    /// # Errors
    /// Why the address means nothing, with the nearest candidate.
    pub fn explain(&self, address: &str) -> Result<Explanation, String> {
        if address.is_empty() {
            return Ok(self.explain_set());
        }
        let target = self.locate(address).map_err(|unresolved| match unresolved.help {
            Some(help) => format!("{}; {help}", unresolved.message),
            None => unresolved.message,
        })?;
        let Some(&node) = target.nodes.first() else { return Err(format!("there is no {address}")) };
        Ok(match target.element {
            Some((element, component)) => self.explain_element(node, element, component),
            None => self.explain_segment(node),
        })
    }

    fn explain_set(&self) -> Explanation {
        let mut aspects = Vec::new();
        if let Some(group) = &self.group {
            aspects.push(("group", format!("travels in groups of type {group}")));
        }
        aspects.push(("size", format!("{} places for segments in {} loops", self.node_count(), self.loop_count() - 1)));
        Explanation {
            title: format!("{} {}", self.address.kind, self.label),
            address: self.address.to_string(),
            aspects,
            parts: self.outline(LoopId::ROOT),
        }
    }

    fn explain_segment(&self, node: NodeId) -> Explanation {
        let segment = self.segment(node);
        let (min, max) = self.uses(node);
        let what = if self.is_trigger(node) { "loop" } else { "segment" };
        let mut aspects = vec![(what, times(min, max))];
        if self.is_hierarchy(node) {
            let root =
                self.root_level(node).map(|code| format!(", which only the level {code} lacks")).unwrap_or_default();
            aspects.push(("levels", format!("element 1 is an id, element 2 the id of an earlier parent{root}")));
        }
        aspects.extend(self.notes(node).iter().map(|note| ("condition", words(note, &segment.tag.to_string()))));
        let mut parts: Vec<String> = self
            .elements(node)
            .iter()
            .enumerate()
            .map(|(at, element)| {
                let must = if element.required { "mandatory" } else { "optional" };
                let label = self.element_label(element);
                let form = self.form(element);
                format!("{}{:02}  {:<5} {must:<9}  {form:<28} {label}", segment.tag, at + 1, self.element_id(element))
                    .trim_end()
                    .to_owned()
            })
            .collect();
        if self.is_trigger(node) {
            parts.extend(self.outline(self.loop_of(node)));
        }
        Explanation {
            title: format!("{} {}", segment.tag, segment.label).trim_end().to_owned(),
            address: format!("{} {}", self.address, self.path(node)),
            aspects,
            parts,
        }
    }

    fn explain_element(&self, node: NodeId, position: u16, component: Option<u16>) -> Explanation {
        let segment = self.segment(node);
        let owner = self.element(node, usize::from(position));
        let (element, notes, at, name) = match (owner, component) {
            (Some(owner), Some(component)) => {
                let part = self.components(owner).get(usize::from(component) - 1);
                let name = format!("{}{position:02}-{component}", segment.tag);
                (part, self.component_notes(owner), component, name)
            }
            (owner, _) => (owner, self.notes(node), position, format!("{}{position:02}", segment.tag)),
        };
        let address = format!("{} {}/{name}", self.address, self.path(node));
        let Some(element) = element else {
            return Explanation { title: name, address, aspects: Vec::new(), parts: Vec::new() };
        };
        let mut aspects = vec![
            ("element", self.element_id(element).to_owned()),
            ("use", if element.required { "mandatory" } else { "optional" }.to_owned()),
            ("form", self.form(element)),
        ];
        if element.repeat > 1 {
            aspects.push(("repeats", format!("up to {} times", element.repeat)));
        }
        if element.qualifier {
            aspects.push(("role", "says what its segment is about".to_owned()));
        }
        let bit = 1_u64 << (at - 1);
        let own = notes.iter().filter(|note| note.all() & bit != 0);
        aspects.extend(own.map(|note| ("condition", words(note, ""))));
        if let Some(codes) = self.codes(element) {
            aspects.push(("codes", list(codes)));
        }
        let parts = self
            .components(element)
            .iter()
            .enumerate()
            .map(|(at, part)| {
                let must = if part.required { "mandatory" } else { "optional" };
                let (id, form, label) = (self.element_id(part), self.form(part), self.element_label(part));
                format!("{name}-{}  {id:<5} {must:<9}  {form:<28} {label}", at + 1).trim_end().to_owned()
            })
            .collect();
        let title = format!("{name} {}", self.element_label(element)).trim_end().to_owned();
        Explanation { title, address, aspects, parts }
    }

    /// The children of a loop, one line each.
    fn outline(&self, within: LoopId) -> Vec<String> {
        let line = |&child: &NodeId| {
            let (min, max) = self.uses(child);
            let name = if self.is_trigger(child) {
                self.loop_name(self.loop_of(child)).to_owned()
            } else {
                self.tag(child).to_string()
            };
            let opens = if self.is_trigger(child) { "loop, " } else { "" };
            format!("{name:<9} {:<26} {opens}{}", self.segment(child).label, times(min, max))
        };
        self.children(within).iter().map(line).collect()
    }

    fn form(&self, element: &ElementRule) -> String {
        let (min, max) = (u32::from(element.length.min), element.length.max);
        let range = if min == max { format!("{max}") } else { format!("{min} to {max}") };
        match element.kind {
            Kind::Text => format!("text, {range} characters"),
            Kind::Code => format!("code, {range} characters"),
            Kind::Letters => format!("letters, {range}"),
            Kind::Implied(0) => format!("whole number, {range} digits"),
            Kind::Implied(decimals) => format!("number, {range} digits, {decimals} of them decimals"),
            Kind::Decimal => format!("number, {range} digits"),
            Kind::Date if max == 6 => "date YYMMDD".to_owned(),
            Kind::Date => "date CCYYMMDD".to_owned(),
            Kind::Time => "time HHMM[SS[DD]]".to_owned(),
            Kind::Binary => format!("binary, {range} bytes"),
            Kind::Composite => format!("{} components", self.components(element).len()),
        }
    }
}

fn times(min: u32, max: u32) -> String {
    match (min, max) {
        (_, 0) => "not used".to_owned(),
        (0, 1) => "optional, once".to_owned(),
        (1, 1) => "mandatory, once".to_owned(),
        (0, u32::MAX) => "optional, any number of times".to_owned(),
        (_, u32::MAX) => "mandatory, any number of times".to_owned(),
        (0, max) => format!("optional, up to {max} times"),
        (min, max) if min == max => format!("mandatory, {max} times"),
        (_, max) => format!("mandatory, up to {max} times"),
    }
}

/// A condition by its name alone, wherever it stands: `P0304` in words. None where it is no name of one.
pub fn condition(name: &str) -> Option<String> {
    Note::named(name).map(|note| words(&note, ""))
}

/// A condition in words: `C0504`: if 05 is given, so is 04.
fn words(note: &Note, tag: &str) -> String {
    let name = |bits: u64| -> Vec<String> {
        (0..64).filter(|bit| bits >> bit & 1 == 1).map(|bit| format!("{tag}{:02}", bit + 1)).collect()
    };
    let (all, first, others) = (name(note.all()), name(note.first).concat(), name(note.others));
    match note.kind {
        NoteKind::AllOrNone => format!("{note}: {} all or none", all.join(", ")),
        NoteKind::AtLeastOne => format!("{note}: at least one of {}", all.join(", ")),
        NoteKind::AtMostOne => format!("{note}: at most one of {}", all.join(", ")),
        NoteKind::FirstNeedsAll => format!("{note}: if {first} is given, so is {}", others.join(" and ")),
        NoteKind::FirstNeedsOne => format!("{note}: if {first} is given, so is at least one of {}", others.join(", ")),
    }
}

fn list(codes: &Codes) -> String {
    let known: Vec<String> = codes.iter().take(40).collect();
    let more =
        if codes.len() > known.len() { format!(" and {} more", codes.len() - known.len()) } else { String::new() };
    let kind = if codes.agreed {
        "only "
    } else if codes.open {
        "among others "
    } else {
        ""
    };
    format!("{kind}{}{more}", known.join(" "))
}

#[cfg(test)]
mod tests {
    use super::Library;

    fn check(address: &str, expected: &[&str]) {
        let told = match Library::for_tests().explain(address) {
            Ok(explanation) => explanation.to_string(),
            Err(told) => told,
        };
        for line in expected {
            assert!(told.lines().any(|known| known.trim() == *line), "{address}: \"{line}\" is not in\n{told}");
        }
    }

    #[test]
    fn addresses_are_explained_in_words() {
        check(
            "850/PO1/N1/N104",
            &[
                "N104 party id",
                "address    x12/004010/850 850/PO1/N1/N104",
                "element    67",
                "use        optional",
                "form       text, 2 to 80 characters",
                "condition  P0304: 03, 04 all or none",
            ],
        );
        check(
            "850/N1",
            &["N1 Party", "loop       optional, up to 200 times", "condition  R0203: at least one of N102, N103"],
        );
        check(
            "x12/005010/856/HL",
            &["levels     element 1 is an id, element 2 the id of an earlier parent, which only the level S lacks"],
        );
        check(
            "edifact/D.96A/ORDERS",
            &["ORDERS Purchase order", "SG25:LIN  Line item                  loop, optional, up to 200000 times"],
        );
        check(
            "ORDERS/NAD/NAD02-1",
            &["NAD02-1 party id", "use        mandatory", "form       text, 1 to 35 characters"],
        );
        check("850/REF/REF01", &["role       says what its segment is about"]);
    }

    #[test]
    fn strange_addresses_are_answered_with_a_candidate() {
        check("x12/004010/85O", &["there is no grammar for x12/004010/85O; did you mean x12/004010/850?"]);
        check("850/PO1/N1/N188", &["N1 has no element 88; it has 6: N101 to N106"]);
    }
}
