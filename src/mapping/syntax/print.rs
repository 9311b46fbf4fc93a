//! Maps as text again: the formatter keeps comments and blank lines, and offers both forms of a segment.

use std::fmt::Write as _;

use super::ast::{
    Blank, Body, ElementLine, Expects, Level, Line, List, MapFile, SegmentLine, Slot, Source, Statement, Step, Subject,
};

/// How segment lines are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// As each line is written.
    #[default]
    AsIs,
    /// `SAC*A**05*{amount|n2}`.
    Separators,
    /// `SAC 01=A 05={amount|n2}`.
    Labels,
}

/// Widest line that a short block is put on.
const WIDTH: usize = 120;

/// A whole map, formatted. Printing what was printed changes nothing.
pub fn print(map: &MapFile, style: Style) -> String {
    print_marked(map, style).text
}

/// A map as text, and where each of its lines comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Printed {
    pub text: String,
    /// Per line of the text: which of [`MapFile::files`], and from which byte of it. Comments have none.
    pub origins: Vec<Option<(u16, usize)>>,
}

/// As [`print`], with the origin of each line: what a flattened map is read by.
pub fn print_marked(map: &MapFile, style: Style) -> Printed {
    let mut printer = Printer { out: String::new(), style, edifact: false, marks: Vec::new(), around: (0, 0) };
    if let Some(header) = &map.header {
        let subject = match &header.subject {
            Subject::Kind(kind) => kind.value.clone(),
            Subject::Extends(base) => format!("extends {}", base.value),
        };
        let latest = u16::try_from(map.files.len().saturating_sub(1)).unwrap_or(0);
        printer.mark((latest, header.spot.start));
        let _ = writeln!(printer.out, "map {} {subject}", header.name.value);
        printer.edifact = header.name.value.starts_with("edifact/");
    }
    printer.body(&map.statements, 0);
    for comment in &map.closing_comments {
        let _ = writeln!(printer.out, "# {comment}");
    }
    printer.origins()
}

/// One line, as a map says it.
pub fn print_line(line: &Line, style: Style) -> String {
    match line {
        Line::Segment(line) => segment(line, style),
        Line::Element(line) => element(line),
    }
}

struct Printer {
    out: String,
    style: Style,
    edifact: bool,
    /// From which byte of the text on lines come from where.
    marks: Vec<(usize, (u16, usize))>,
    /// The statement that is being printed.
    around: (u16, usize),
}

impl Printer {
    /// What is printed from here on comes from there.
    fn mark(&mut self, origin: (u16, usize)) {
        self.marks.push((self.out.len(), origin));
        self.around = origin;
    }

    /// The line that was begun is the end of a block, and comes from where its head does.
    fn mark_end(&mut self, origin: (u16, usize)) {
        let line = self.out.rfind('\n').map_or(0, |at| at + 1);
        if self.marks.last().is_some_and(|(from, _)| *from < line) {
            self.marks.push((line, origin));
        }
        self.around = origin;
    }

    fn origins(self) -> Printed {
        let (mut origins, mut at, mut mark) = (Vec::new(), 0, 0);
        for line in self.out.split_inclusive('\n') {
            while self.marks.get(mark + 1).is_some_and(|(from, _)| *from <= at) {
                mark += 1;
            }
            let said = !line.trim().is_empty() && !line.trim_start().starts_with('#');
            origins.push(self.marks.get(mark).filter(|_| said).map(|(_, origin)| *origin));
            at += line.len();
        }
        Printed { text: self.out, origins }
    }

    fn body(&mut self, statements: &[Statement], depth: usize) {
        for statement in statements {
            self.statement(statement, depth);
        }
    }

    fn indent(&mut self, depth: usize) {
        for _ in 0..depth {
            self.out.push_str("  ");
        }
    }

    fn comments(&mut self, comments: &[String], depth: usize) {
        for comment in comments {
            self.indent(depth);
            let _ = writeln!(self.out, "# {comment}");
        }
    }

    fn statement(&mut self, statement: &Statement, depth: usize) {
        if statement.blank_line_before && !self.out.is_empty() {
            self.out.push('\n');
        }
        self.comments(&statement.comments_before, depth);
        let origin = (statement.file, statement.spot.start);
        self.mark(origin);
        self.indent(depth);
        if statement.reading_only {
            self.out.push_str("reads ");
        }
        self.statement_body(&statement.body, depth);
        self.mark_end(origin);
        if let Some(comment) = &statement.comment_behind {
            let _ = write!(self.out, "  # {comment}");
        }
        self.out.push('\n');
    }

    fn statement_body(&mut self, body: &Body, depth: usize) {
        let line = |line: &Line| print_line(line, self.style);
        let text = match body {
            Body::Table(table) => {
                let entries: Vec<String> = table
                    .entries
                    .iter()
                    .map(|entry| {
                        let sign = if entry.near { '~' } else { '=' };
                        format!("{}{sign}{}", word(&entry.code.value), word(&entry.word.value))
                    })
                    .collect();
                let plain = format!("table {} {}", table.name.value, entries.join(" "));
                if plain.len() <= WIDTH { plain } else { rows(&table.name.value, &entries, depth) }
            }
            Body::UseTables(names) => {
                let names: Vec<&str> = names.iter().map(|name| name.value.as_str()).collect();
                format!("use tables {}", names.join(" "))
            }
            Body::Namespace { prefix, uri } => format!("namespace {} {}", prefix.value, uri.value),
            Body::Line(found) => line(found),
            Body::Ignore(found) => format!("ignore {}", line(found)),
            Body::Require(path) => format!("require {{{}}}", path.value),
            Body::Default { path, value } => format!("default {} {}", path.value, word(&value.value)),
            Body::Replace { within, old, new } => {
                let within = within.as_ref().map(|path| format!("in {} ", path.value)).unwrap_or_default();
                format!("replace {within}{} => {}", line(old), line(new))
            }
            Body::Drop { within, old } => {
                let within = within.as_ref().map(|path| format!("in {} ", path.value)).unwrap_or_default();
                format!("drop {within}{}", line(old))
            }
            Body::DropEach(list) => format!("drop each {}", list.value),
            Body::Example(example) => match &example.expects {
                Expects::Gives(json) => format!("example reads {} gives {}", example.wire.value, json.value),
                Expects::Refuses(fault) => format!("example refuses {} with {}", example.wire.value, fault.value),
            },
            Body::Group { line: trigger, body } => return self.block(&line(trigger), body, depth),
            Body::Each(each) => return self.block(&format!("each {}", list(&each.list)), &each.body, depth),
            Body::Add { within, body } => {
                let within = within.as_ref().map(|path| format!(" in {}", path.value)).unwrap_or_default();
                return self.block(&format!("add{within}"), body, depth);
            }
            Body::Tree(tree) => {
                let _ = writeln!(self.out, "tree {} {{", tree.tag.value);
                for level in &tree.levels {
                    self.level(level, depth + 1);
                }
                self.indent(depth);
                "}".to_owned()
            }
        };
        self.out.push_str(&text);
    }

    fn level(&mut self, level: &Level, depth: usize) {
        self.comments(&level.comments_before, depth);
        // A level stands where its tree does, which is where its code was found.
        let origin = (self.around.0, level.spot.start);
        self.mark(origin);
        self.indent(depth);
        let mut head = level.code.value.clone();
        if level.optional {
            head.push('?');
        }
        if let Some(found) = &level.list {
            let _ = write!(head, " each {}", list(found));
        }
        self.block(&head, &level.body, depth);
        self.mark_end(origin);
        self.out.push('\n');
    }

    /// A block, on one line where it is short and plain.
    fn block(&mut self, head: &str, body: &[Statement], depth: usize) {
        if let [only] = body
            && only.comments_before.is_empty()
            && only.comment_behind.is_none()
            && !only.reading_only
            && let Body::Line(line) = &only.body
        {
            let plain = format!("{head} {{ {} }}", print_line(line, self.style));
            if depth * 2 + plain.len() <= WIDTH || matches!(line, Line::Segment(_)) {
                return self.out.push_str(&plain);
            }
        }
        let _ = writeln!(self.out, "{head} {{");
        self.body(body, depth + 1);
        self.indent(depth);
        self.out.push('}');
    }
}

fn rows(name: &str, entries: &[String], depth: usize) -> String {
    let mut text = format!("table {name} {{\n");
    let indent = "  ".repeat(depth + 1);
    let mut row = indent.clone();
    for entry in entries {
        if row.len() + entry.len() > WIDTH {
            text.push_str(row.trim_end());
            text.push('\n');
            row.clone_from(&indent);
        }
        row.push_str(entry);
        row.push(' ');
    }
    text.push_str(row.trim_end());
    text.push('\n');
    text.push_str(&"  ".repeat(depth));
    text.push('}');
    text
}

fn list(list: &List) -> String {
    let mut text = list.path.value.to_string();
    for (path, word_wanted) in &list.conditions {
        let _ = write!(text, " where {}={}", path.value, word(&word_wanted.value));
    }
    if !list.key.is_empty() {
        let keys: Vec<String> = list.key.iter().map(|path| path.value.to_string()).collect();
        let _ = write!(text, " key {}", keys.join(" "));
    }
    if list.else_index {
        text.push_str(" else @index");
    }
    if let Some(within) = &list.within {
        let _ = write!(text, " in {}", element(within));
    }
    for (clause, path) in [("as", &list.named), ("link", &list.link), ("placed", &list.placed)] {
        if let Some(path) = path {
            let _ = write!(text, " {clause} {}", path.value);
        }
    }
    text
}

fn segment(line: &SegmentLine, style: Style) -> String {
    let labels = match style {
        Style::AsIs => line.labelled,
        Style::Separators => false,
        Style::Labels => true,
    };
    let separator = line.separator.unwrap_or('*');
    let mut text = line.tag.value.clone();
    if labels {
        for (position, components) in (1..).zip(&line.elements) {
            for (component, slot) in (1..).zip(components) {
                if slot.value == Slot::Empty {
                    continue;
                }
                let label = if component == 1 { String::new() } else { format!(".{component}") };
                let _ = write!(text, " {position:02}{label}={}", slot_text(&slot.value, ' '));
            }
        }
    } else {
        for components in &line.elements {
            text.push(separator);
            let slots: Vec<String> = components.iter().map(|slot| slot_text(&slot.value, separator)).collect();
            text.push_str(slots.join(":").trim_end_matches(':'));
        }
    }
    if line.optional {
        text.push('?');
    }
    text
}

fn slot_text(slot: &Slot, separator: char) -> String {
    match slot {
        Slot::Empty => String::new(),
        Slot::Blank(found) => blank(found),
        Slot::Literal { text, forced } => {
            let special = |c: char| {
                c == separator || c == ':' || c == '{' || c == '"' || c == '?' || (c == '>' && separator == '*')
            };
            let doubtful = text.is_empty()
                || text.contains(special)
                || text.starts_with('=')
                || (separator == ' ' && text.contains(char::is_whitespace));
            let text = if doubtful { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.clone() };
            format!("{}{text}", if *forced { "=" } else { "" })
        }
    }
}

fn blank(blank: &Blank) -> String {
    let mut text = String::from("{");
    match &blank.source {
        Source::Path { path, append, first } => {
            if *first {
                text.push_str("first ");
            }
            let _ = write!(text, "{path}");
            if *append {
                text.push('+');
            }
        }
        Source::Computed { name, argument } => {
            let _ = write!(text, "@{name}");
            if let Some(argument) = argument {
                let _ = write!(text, "({argument})");
            }
        }
    }
    for conversion in &blank.conversions {
        let _ = write!(text, "|{}", conversion.name.value);
        if !conversion.arguments.is_empty() {
            let arguments: Vec<&str> = conversion.arguments.iter().map(|argument| argument.value.as_str()).collect();
            let _ = write!(text, ":{}", arguments.join(","));
        }
    }
    text.push('}');
    text
}

fn element(line: &ElementLine) -> String {
    let steps: Vec<String> = line.steps.iter().map(step).collect();
    let mut text = steps.join("/");
    if let Some(value) = &line.value {
        let _ = write!(text, " {}", slot_text(&value.value, ' '));
    }
    if line.optional {
        text.push('?');
    }
    text
}

fn step(step: &Step) -> String {
    let mut text = step.name.value.clone();
    for (left, right) in &step.conditions {
        let _ = write!(text, "[{}={}]", left.value, right.value);
    }
    for (name, value) in &step.attributes {
        let value = match &value.value {
            Slot::Literal { text, forced } => format!("{}\"{text}\"", if *forced { "=" } else { "" }),
            other => slot_text(other, ' '),
        };
        let _ = write!(text, "@{}={value}", name.value);
    }
    text
}

fn word(text: &str) -> String {
    if text.is_empty() || text.contains(|c: char| c.is_whitespace() || "\"={}#".contains(c)) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::syntax::parse;
    use crate::mapping::syntax::parse::parse_line;

    #[test]
    fn printing_is_idempotent_and_keeps_comments() {
        let source = r#"map x12/004010/850 order
# heading
table purpose 00=original 01=cancel
use tables unit,   order-type

BEG*{purpose|purpose}**{number}   # the number
each lines key number else @index {
    PO1*{number}*{quantity|dec}
  each adjustments   { SAC 01={kind}  05={amount|n2} }
}
tree HL {
  S { HL*{@hl}*{@parent}*S }
  # pallets
  T? each packs where kind=pallet link parent { HL*{@hl}*{@parent}*T ; MAN*GM*{sscc}? }
}
# end
"#;
        let (map, mistakes) = parse("a.map", source);
        assert_eq!(mistakes, []);
        let printed = print(&map, Style::AsIs);
        expect_test::expect![[r#"
            map x12/004010/850 order
            # heading
            table purpose 00=original 01=cancel
            use tables unit order-type

            BEG*{purpose|purpose}**{number}  # the number
            each lines key number else @index {
              PO1*{number}*{quantity|dec}
              each adjustments { SAC 01={kind} 05={amount|n2} }
            }
            tree HL {
              S { HL*{@hl}*{@parent}*S }
              # pallets
              T? each packs where kind=pallet link parent {
                HL*{@hl}*{@parent}*T
                MAN*GM*{sscc}?
              }
            }
            # end
        "#]]
        .assert_eq(&printed);
        let (again, mistakes) = parse("a.map", &printed);
        assert_eq!(mistakes, []);
        assert_eq!(print(&again, Style::AsIs), printed);
    }

    #[test]
    fn both_forms() {
        check(
            "SAC 01=A 02={code} 05={amount|n2}?",
            "SAC*A*{code}***{amount|n2}?",
            "SAC 01=A 02={code} 05={amount|n2}?",
        );
        check("DTM+137:{date|date}:=102", "DTM+137:{date|date}:=102", "DTM 01=137 01.2={date|date} 01.3==102");
        check("MSG*\"a*b\"", "MSG*\"a*b\"", "MSG 01=a*b");
    }

    #[track_caller]
    fn check(text: &str, separators: &str, labels: &str) {
        let line = parse_line(text).expect("a line");
        assert_eq!(print_line(&line, Style::Separators), separators);
        assert_eq!(print_line(&line, Style::Labels), labels);
    }
}
