//! A partner's map laid over its base: every override hits exactly one line, or says which were near.

use std::sync::Arc;

use super::code::Code;
use super::syntax::ast::{At, Blank, Body, Header, Line, MapFile, Path, SegmentLine, Slot, Source, Statement, Subject};
use super::syntax::{Style, print_line};
use crate::mistake::{Mistake, nearest};

/// How many near candidates a mistake names.
const CANDIDATES_MAX: usize = 3;

/// The effective map: the base with the differences of `map`, and every override that fits nowhere. Every statement knows
/// the file it comes from.
///
/// The base must be flat itself. Its examples speak of itself and are left out.
pub fn flatten(map: &MapFile, base: &MapFile) -> (MapFile, Vec<Mistake>) {
    let (Some(header), Some(base_header)) = (&map.header, &base.header) else {
        let mistake = Mistake::new(Code::Header.name(), &map.file, 0..0, "a map begins with its map statement");
        return (map.clone(), vec![mistake]);
    };
    let mut flat = base.clone();
    flat.file.clone_from(&map.file);
    flat.closing_comments.clear();
    if flat.files.is_empty() {
        flat.files.push(Arc::from(base.file.as_str()));
    }
    flat.files.push(Arc::from(map.file.as_str()));
    let number = (flat.files.len() - 1) as u16;
    flat.statements.retain(|statement| !matches!(statement.body, Body::Example(_)));
    let subject = match &base_header.subject {
        Subject::Kind(kind) => Subject::Kind(kind.clone()),
        Subject::Extends(base) => Subject::Extends(base.clone()),
    };
    flat.header = Some(Header { name: header.name.clone(), subject, spot: header.spot.clone() });
    let mut overlay = Overlay { file: &map.file, number, mistakes: Vec::new() };
    for statement in &map.statements {
        overlay.apply(&mut flat.statements, statement);
    }
    (flat, overlay.mistakes)
}

/// The address of the base, for those who look it up.
pub fn base_of(map: &MapFile) -> Option<&At<String>> {
    match &map.header.as_ref()?.subject {
        Subject::Extends(base) => Some(base),
        Subject::Kind(_) => None,
    }
}

struct Overlay<'a> {
    file: &'a str,
    number: u16,
    mistakes: Vec<Mistake>,
}

impl Overlay<'_> {
    fn apply(&mut self, base: &mut Vec<Statement>, statement: &Statement) {
        match &statement.body {
            Body::Replace { within, old, new } => {
                let Some(path) = self.hit(base, within.as_ref(), old) else { return };
                if let Some(found) = at_path(base, &path) {
                    replace_line(found, new.clone(), self.number);
                }
            }
            Body::Drop { within, old } => {
                let Some(path) = self.hit(base, within.as_ref(), old) else { return };
                self.take_out(base, path, old);
            }
            Body::DropEach(list) => {
                let Some(found) = self.lists(base, list) else { return };
                // From behind, so that the ways to the others still lead there.
                for (_, path) in found.iter().rev() {
                    remove(base, path);
                }
            }
            Body::Add { within, body } => {
                let added: Vec<Statement> = body.iter().map(|statement| self.own(statement)).collect();
                match within {
                    None => base.extend(added),
                    // Blocks that share one list each get the lines.
                    Some(within) => {
                        for (_, path) in self.lists(base, within).unwrap_or_default() {
                            if let Some(body) = body_at(base, &path) {
                                body.extend(added.iter().cloned());
                            }
                        }
                    }
                }
            }
            Body::Default { path, .. } => {
                base.retain(
                    |other| !matches!(&other.body, Body::Default { path: before, .. } if before.value == path.value),
                );
                base.push(self.own(statement));
            }
            Body::Table(_)
            | Body::UseTables(_)
            | Body::Namespace { .. }
            | Body::Require(_)
            | Body::Ignore(_)
            | Body::Example(_) => {
                base.push(self.own(statement));
            }
            Body::Line(_) | Body::Group { .. } | Body::Each(_) | Body::Tree(_) => {
                let help = Some("put add before it".to_owned());
                self.tell(statement.spot.clone(), "a map that extends another says differences only", help);
            }
        }
    }

    fn tell(&mut self, spot: std::ops::Range<usize>, message: impl Into<String>, help: Option<String>) {
        let mut mistake = Mistake::new(Code::Override.name(), self.file, spot, message);
        mistake.help = help;
        self.mistakes.push(mistake);
    }

    /// A statement of the partner's file, inner ones included, marked as such.
    fn own(&self, statement: &Statement) -> Statement {
        let mut own = statement.clone();
        mark(std::slice::from_mut(&mut own), self.number);
        own
    }

    /// The blocks of the list that an override names; those of the document come before a line's own.
    fn lists(&mut self, base: &[Statement], named: &At<Path>) -> Option<Vec<(String, Vec<usize>)>> {
        let mut found = Vec::new();
        blocks(base, &mut Vec::new(), &mut Vec::new(), &named.value, &mut found);
        let whole = named.value.to_string();
        if found.iter().any(|(list, _)| *list == whole) {
            found.retain(|(list, _)| *list == whole);
        }
        match found.as_slice() {
            [] => {
                let mut all = Vec::new();
                lines(base, &mut Vec::new(), &mut Vec::new(), &mut all);
                self.no_list(&all, named);
                None
            }
            [(list, _), others @ ..] if others.iter().all(|(other, _)| other == list) => Some(found),
            several => {
                let message = format!("{} blocks of the base are each {whole}", several.len());
                let help = Some("name the outer list too: in lines.adjustments".to_owned());
                self.tell(named.spot.clone(), message, help);
                None
            }
        }
    }

    fn no_list(&mut self, all: &[Found<'_>], named: &At<Path>) {
        let whole = named.value.to_string();
        let names = all.iter().flat_map(|found| &found.chain).map(String::as_str);
        let help = nearest(&whole, names).map(|near| format!("did you mean {near}?"));
        self.tell(named.spot.clone(), format!("the base has no each {whole}"), help);
    }

    /// Removes a line. One that opens a block takes nothing with it silently: what hangs on it is told.
    fn take_out(&mut self, base: &mut Vec<Statement>, mut path: Vec<usize>, old: &Line) {
        let Some(&last) = path.last() else { return };
        let opened = match at_path(base, &path).map(|statement| &statement.body) {
            Some(Body::Group { body, .. }) => Some(("a block".to_owned(), body.as_slice(), None)),
            _ if last == 0 => opened_at(base, &path[..path.len() - 1]),
            _ => None,
        };
        let Some((name, rest, list)) = opened else { return remove(base, &path) };
        let mut hanging = Vec::new();
        lines(rest, &mut Vec::new(), &mut Vec::new(), &mut hanging);
        if hanging.is_empty() {
            // The one line of a list is the list, and a group without lines its line.
            if list.is_some() {
                path.pop();
            }
            return remove(base, &path);
        }
        let mut told: Vec<String> = hanging.iter().map(|found| print_line(found.line, Style::AsIs)).collect();
        let more = told.len().saturating_sub(CANDIDATES_MAX);
        told.truncate(CANDIDATES_MAX);
        let more = if more > 0 { format!("  and {more} more") } else { String::new() };
        let message = format!("this drops the line that opens {name}, and on it hang {}{more}", told.join("  ;  "));
        let help = match list {
            Some(list) => format!("write drop each {list} to drop all of it, or replace the line"),
            None => "drop what hangs on it first, or replace the line".to_owned(),
        };
        self.tell(old.spot().clone(), message, Some(help));
    }

    /// The one line that an override speaks of.
    fn hit(&mut self, base: &[Statement], within: Option<&At<Path>>, old: &Line) -> Option<Vec<usize>> {
        let mut all = Vec::new();
        lines(base, &mut Vec::new(), &mut Vec::new(), &mut all);
        if let Some(within) = within
            && !all.iter().any(|found| ends_with(&found.chain, &within.value))
        {
            self.no_list(&all, within);
            return None;
        }
        let inside = |chain: &[String]| within.is_none_or(|within| ends_with(chain, &within.value));
        let mut hits: Vec<&Found<'_>> =
            all.iter().filter(|found| inside(&found.chain) && is_hit(old, found.line)).collect();
        // A list of the document comes before a line's own of that name.
        if let Some(whole) = within.map(|within| within.value.to_string())
            && hits.iter().any(|found| found.chain.join(".") == whole)
        {
            hits.retain(|found| found.chain.join(".") == whole);
        }
        match hits.as_slice() {
            [hit] => Some(hit.path.clone()),
            [] => {
                let mut near: Vec<String> = all
                    .iter()
                    .filter(|found| is_near(old, found.line))
                    .map(|found| print_line(found.line, Style::AsIs))
                    .collect();
                near.dedup();
                near.truncate(CANDIDATES_MAX);
                let help = (!near.is_empty()).then(|| format!("the base has {}", near.join("  or  ")));
                self.tell(old.spot().clone(), "this override hits no line of the base", help);
                None
            }
            several => {
                let places: Vec<String> = several
                    .iter()
                    .take(CANDIDATES_MAX)
                    .map(|found| {
                        let place = if found.chain.is_empty() { "the top".into() } else { found.chain.join(".") };
                        format!("{} in {place}", print_line(found.line, Style::AsIs))
                    })
                    .collect();
                let message = format!("this override hits {} lines of the base", several.len());
                self.tell(old.spot().clone(), message, Some(format!("say more of it: {}", places.join("  or  "))));
                None
            }
        }
    }
}

fn mark(statements: &mut [Statement], number: u16) {
    for statement in statements {
        statement.file = number;
        match &mut statement.body {
            Body::Group { body, .. } | Body::Add { body, .. } => mark(body, number),
            Body::Each(each) => mark(&mut each.body, number),
            Body::Tree(tree) => tree.levels.iter_mut().for_each(|level| mark(&mut level.body, number)),
            _ => {}
        }
    }
}

/// A line of the base: the way to its statement, and the lists around it.
struct Found<'b> {
    line: &'b Line,
    path: Vec<usize>,
    chain: Vec<String>,
}

/// Every line of the base. A group and an each are found by their trigger.
fn lines<'b>(body: &'b [Statement], path: &mut Vec<usize>, chain: &mut Vec<String>, all: &mut Vec<Found<'b>>) {
    for (at, statement) in body.iter().enumerate() {
        path.push(at);
        match &statement.body {
            Body::Line(line) | Body::Ignore(line) => {
                all.push(Found { line, path: path.clone(), chain: chain.clone() });
            }
            Body::Group { line, body } => {
                all.push(Found { line, path: path.clone(), chain: chain.clone() });
                lines(body, path, chain, all);
            }
            Body::Each(each) => {
                chain.push(each.list.path.value.to_string());
                lines(&each.body, path, chain, all);
                chain.pop();
            }
            Body::Tree(tree) => {
                for (number, level) in tree.levels.iter().enumerate() {
                    path.push(number);
                    let list = level.list.as_ref().map(|list| list.path.value.to_string());
                    chain.extend(list.clone());
                    lines(&level.body, path, chain, all);
                    if list.is_some() {
                        chain.pop();
                    }
                    path.pop();
                }
            }
            _ => {}
        }
        path.pop();
    }
}

/// Blocks whose lists end with a path: the lists whole, and the way to the block.
fn blocks(
    body: &[Statement],
    path: &mut Vec<usize>,
    chain: &mut Vec<String>,
    wanted: &Path,
    found: &mut Vec<(String, Vec<usize>)>,
) {
    for (at, statement) in body.iter().enumerate() {
        path.push(at);
        match &statement.body {
            Body::Group { body, .. } => blocks(body, path, chain, wanted, found),
            Body::Each(each) => {
                chain.push(each.list.path.value.to_string());
                if ends_with(chain, wanted) {
                    found.push((chain.join("."), path.clone()));
                }
                blocks(&each.body, path, chain, wanted, found);
                chain.pop();
            }
            Body::Tree(tree) => {
                for (number, level) in tree.levels.iter().enumerate() {
                    path.push(number);
                    let list = level.list.as_ref().map(|list| list.path.value.to_string());
                    chain.extend(list.clone());
                    if list.is_some() && ends_with(chain, wanted) {
                        found.push((chain.join("."), path.clone()));
                    }
                    blocks(&level.body, path, chain, wanted, found);
                    if list.is_some() {
                        chain.pop();
                    }
                    path.pop();
                }
            }
            _ => {}
        }
        path.pop();
    }
}

fn ends_with(chain: &[String], wanted: &Path) -> bool {
    let joined = chain.join(".");
    let wanted = wanted.to_string();
    joined == wanted || joined.strip_suffix(&wanted).is_some_and(|before| before.ends_with('.'))
}

/// The block at the end of a way whose first line opens it: what it is called, its other statements, and its list.
fn opened_at<'b>(base: &'b [Statement], path: &[usize]) -> Option<(String, &'b [Statement], Option<String>)> {
    let (&first, rest) = path.split_first()?;
    match (&base.get(first)?.body, rest) {
        (Body::Each(each), []) => {
            let list = each.list.path.value.to_string();
            Some((format!("each {list}"), each.body.get(1..)?, Some(list)))
        }
        (Body::Tree(tree), [level]) => {
            let level = tree.levels.get(*level)?;
            let list = level.list.as_ref().map(|list| list.path.value.to_string());
            Some((format!("the level {}", level.code.value), level.body.get(1..)?, list))
        }
        (Body::Tree(tree), [level, rest @ ..]) => opened_at(&tree.levels.get(*level)?.body, rest),
        (Body::Each(each), rest) => opened_at(&each.body, rest),
        (Body::Group { body, .. }, rest) => opened_at(body, rest),
        _ => None,
    }
}

/// Takes a statement, or a level of a tree, away.
fn remove(base: &mut Vec<Statement>, path: &[usize]) {
    let Some((&last, way)) = path.split_last() else { return };
    if let Some(Body::Tree(tree)) = at_path(base, way).map(|statement| &mut statement.body) {
        if last < tree.levels.len() {
            tree.levels.remove(last);
        }
    } else if let Some(body) = body_at(base, way)
        && last < body.len()
    {
        body.remove(last);
    }
}

/// The body of the block at the end of a way.
fn body_at<'b>(base: &'b mut Vec<Statement>, path: &[usize]) -> Option<&'b mut Vec<Statement>> {
    let Some((&first, rest)) = path.split_first() else { return Some(base) };
    match &mut base.get_mut(first)?.body {
        Body::Group { body, .. } => body_at(body, rest),
        Body::Each(each) => body_at(&mut each.body, rest),
        Body::Tree(tree) => {
            let (&level, rest) = rest.split_first()?;
            body_at(&mut tree.levels.get_mut(level)?.body, rest)
        }
        _ => None,
    }
}

fn at_path<'b>(base: &'b mut Vec<Statement>, path: &[usize]) -> Option<&'b mut Statement> {
    let (&last, way) = path.split_last()?;
    body_at(base, way)?.get_mut(last)
}

fn replace_line(statement: &mut Statement, new: Line, number: u16) {
    statement.file = number;
    match &mut statement.body {
        Body::Line(line) | Body::Ignore(line) | Body::Group { line, .. } => *line = new,
        _ => {}
    }
}

/// Whether everything that `old` names stands in the line.
fn is_hit(old: &Line, line: &Line) -> bool {
    match (old, line) {
        (Line::Segment(old), Line::Segment(line)) => {
            old.tag.value == line.tag.value
                && slots(old).all(|(element, component, slot)| {
                    let found = line.elements.get(element).and_then(|components| components.get(component));
                    found.is_some_and(|found| is_same(slot, &found.value))
                })
        }
        (Line::Element(old), Line::Element(line)) => {
            let names = |line: &super::syntax::ast::ElementLine| -> Vec<String> {
                line.steps.iter().map(|step| step.name.value.clone()).collect()
            };
            names(old) == names(line)
                && old
                    .value
                    .as_ref()
                    .is_none_or(|slot| line.value.as_ref().is_some_and(|found| is_same(&slot.value, &found.value)))
        }
        _ => false,
    }
}

fn is_near(old: &Line, line: &Line) -> bool {
    match (old, line) {
        (Line::Segment(old), Line::Segment(line)) => old.tag.value == line.tag.value,
        (Line::Element(old), Line::Element(line)) => {
            old.steps.last().map(|step| &step.name.value) == line.steps.last().map(|step| &step.name.value)
        }
        _ => false,
    }
}

fn slots(line: &SegmentLine) -> impl Iterator<Item = (usize, usize, &Slot)> {
    line.elements.iter().enumerate().flat_map(|(element, components)| {
        components.iter().enumerate().filter_map(move |(component, slot)| {
            (slot.value != Slot::Empty).then_some((element, component, &slot.value))
        })
    })
}

/// Equal but for places; a blank without a conversion says nothing of it.
fn is_same(old: &Slot, found: &Slot) -> bool {
    match (old, found) {
        (Slot::Literal { text: a, .. }, Slot::Literal { text: b, .. }) => a == b,
        (Slot::Blank(a), Slot::Blank(b)) => is_same_source(a, b) && is_same_conversion(a, b),
        _ => false,
    }
}

fn is_same_source(a: &Blank, b: &Blank) -> bool {
    match (&a.source, &b.source) {
        (Source::Path { path: a, .. }, Source::Path { path: b, .. }) => a == b,
        (a, b) => a == b,
    }
}

fn is_same_conversion(a: &Blank, b: &Blank) -> bool {
    a.conversions.is_empty()
        || a.conversions
            .iter()
            .map(|conversion| &conversion.name.value)
            .eq(b.conversions.iter().map(|conversion| &conversion.name.value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::syntax::{parse, print};

    const BASE: &str = "map x12/004010/850 order
REF*DP*{department}?
REF*IA*{vendor}?
each lines {
  PO1*{number}*{quantity|dec}
  PID*F****{description}?
}
";

    #[test]
    fn differences_only() {
        check(
            "replace REF*DP*{department}? => REF*DP*{cost_centre}?\ndrop REF*IA\ndrop in lines PID*F\nadd in lines REF*LI*{line}?\ndefault currency USD",
            expect_test::expect![[r#"
                map acme/850 order
                REF*DP*{cost_centre}?
                each lines {
                  PO1*{number}*{quantity|dec}
                  REF*LI*{line}?
                }
                default currency USD
            "#]],
        );
    }

    #[test]
    fn a_list_is_dropped_whole() {
        check(
            "drop each lines",
            expect_test::expect![[r#"
            map acme/850 order
            REF*DP*{department}?
            REF*IA*{vendor}?
        "#]],
        );
        check(
            "drop in lines PID*F\ndrop in lines PO1",
            expect_test::expect![[r#"
            map acme/850 order
            REF*DP*{department}?
            REF*IA*{vendor}?
        "#]],
        );
    }

    #[test]
    fn an_override_hits_exactly_one_line() {
        check(
            "drop REF*ZZ",
            expect_test::expect![[r#"
            error[override]: this override hits no line of the base
             --> acme.map:2:6
              |
            2 | drop REF*ZZ
              |      ^^^^^^
              |
              = help: the base has REF*DP*{department}?  or  REF*IA*{vendor}?
        "#]],
        );
        check(
            "drop in lines PO1",
            expect_test::expect![[r#"
                error[override]: this drops the line that opens each lines, and on it hang PID*F****{description}?
                 --> acme.map:2:15
                  |
                2 | drop in lines PO1
                  |               ^^^
                  |
                  = help: write drop each lines to drop all of it, or replace the line
            "#]],
        );
        check(
            "drop each linse",
            expect_test::expect![[r#"
            error[override]: the base has no each linse
             --> acme.map:2:11
              |
            2 | drop each linse
              |           ^^^^^
              |
              = help: did you mean lines?
        "#]],
        );
        check(
            "drop in linse PO1",
            expect_test::expect![[r#"
            error[override]: the base has no each linse
             --> acme.map:2:9
              |
            2 | drop in linse PO1
              |         ^^^^^
              |
              = help: did you mean lines?
        "#]],
        );
        check(
            "drop REF",
            expect_test::expect![[r#"
            error[override]: this override hits 2 lines of the base
             --> acme.map:2:6
              |
            2 | drop REF
              |      ^^^
              |
              = help: say more of it: REF*DP*{department}? in the top  or  REF*IA*{vendor}? in the top
        "#]],
        );
        check(
            "add in parties N4*{city}",
            expect_test::expect![[r#"
            error[override]: the base has no each parties
             --> acme.map:2:8
              |
            2 | add in parties N4*{city}
              |        ^^^^^^^
        "#]],
        );
        check(
            "REF*ZZ*{note}",
            expect_test::expect![[r#"
            error[override]: a map that extends another says differences only
             --> acme.map:2:1
              |
            2 | REF*ZZ*{note}
              | ^^^^^^^^^^^^^
              |
              = help: put add before it
        "#]],
        );
    }

    fn check(differences: &str, expected: expect_test::Expect) {
        let source = format!("map acme/850 extends x12/004010/850\n{differences}\n");
        let (map, mistakes) = parse("acme.map", &source);
        assert_eq!(mistakes, []);
        let (base, mistakes) = parse("850.map", BASE);
        assert_eq!(mistakes, []);
        let (flat, mistakes) = flatten(&map, &base);
        let told: String = mistakes.iter().map(|mistake| mistake.render(&source, false) + "\n").collect();
        expected.assert_eq(&if told.is_empty() { print(&flat, Style::AsIs) } else { told });
    }
}
