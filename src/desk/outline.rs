//! A document or record for people: what belongs together on one line, what lies in it below, what is empty left out.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Map, Value};

use super::output::FAINT;
use crate::finding::Place;

/// Columns that a line of values may take.
const WIDTH: usize = 100;

/// Prints a record, each line behind `indent` blanks and before the segments that `origins` know it came from.
pub fn outline(
    out: &mut dyn Write,
    record: &Map<String, Value>,
    indent: usize,
    origins: &[(String, Place)],
) -> io::Result<()> {
    let origins = origins.iter().map(|(path, place)| (path.as_str(), place)).collect();
    Outline { out, origins, segments: Vec::new() }.record(record, "", indent, "")
}

struct Outline<'a> {
    out: &'a mut dyn Write,
    /// Places by canonical path.
    origins: BTreeMap<&'a str, &'a Place>,
    /// Of the line at hand: tag and position.
    segments: Vec<(&'a str, u32)>,
}

impl Outline<'_> {
    /// `first` stands before the first line, in the last columns of its indentation: the mark of a list's item.
    fn record(&mut self, record: &Map<String, Value>, path: &str, indent: usize, first: &str) -> io::Result<()> {
        let mut column = indent;
        let mut is_first = true;
        // A record that holds nothing but records has no line of its own.
        let has_line = !first.is_empty() || record.values().any(|value| plain(value).is_some());
        if has_line {
            write!(self.out, "{first:>indent$}")?;
        }
        self.came_from(path);
        for (name, text) in record.iter().filter_map(|(name, value)| Some((name, plain(value)?))) {
            let length = name.chars().count() + 1 + text.chars().count();
            if !is_first && column + 2 + length > WIDTH {
                self.end_line()?;
                write!(self.out, "{:indent$}", "")?;
                (column, is_first) = (indent, true);
            }
            let gap = if is_first { "" } else { "  " };
            write!(self.out, "{gap}{FAINT}{name}{FAINT:#} {text}")?;
            let path = within(path, name);
            self.came_from(&path);
            for index in 0..record[name].as_array().map_or(0, Vec::len) {
                self.came_from(&format!("{path}[{index}]"));
            }
            column += gap.len() + length;
            is_first = false;
        }
        if has_line {
            self.end_line()?;
        }
        for (name, value) in record {
            let path = within(path, name);
            match value {
                Value::Object(inner) => {
                    writeln!(self.out, "{:indent$}{FAINT}{name}{FAINT:#}", "")?;
                    self.record(inner, &path, indent + 2, "")?;
                }
                Value::Array(items) if items.iter().any(Value::is_object) => {
                    writeln!(self.out, "{:indent$}{FAINT}{name}{FAINT:#}", "")?;
                    for (index, item) in items.iter().enumerate() {
                        let Some(inner) = item.as_object() else { continue };
                        self.record(inner, &format!("{path}[{index}]"), indent + 4, "- ")?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Remembers the segment that a value on this line stood in.
    fn came_from(&mut self, path: &str) {
        if let Some(place) = self.origins.get(path)
            && place.segment > 0
            && !self.segments.contains(&(&place.tag, place.segment))
        {
            self.segments.push((&place.tag, place.segment));
        }
    }

    fn end_line(&mut self) -> io::Result<()> {
        let segments: Vec<String> =
            self.segments.drain(..).map(|(tag, position)| format!("{tag} {position}")).collect();
        match segments.is_empty() {
            true => writeln!(self.out),
            false => writeln!(self.out, "  {FAINT}({}){FAINT:#}", segments.join(", ")),
        }
    }
}

fn within(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// A value that fits on a line; nothing where it is empty or holds records.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.replace(char::is_control, " ")),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Array(items) => {
            let texts: Vec<String> = items.iter().map(plain).collect::<Option<_>>()?;
            (!texts.is_empty()).then(|| texts.join(", "))
        }
        Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::finding::Span;

    #[test]
    fn what_belongs_together_stands_together() {
        let document = json!({
            "kind": "order", "number": "4711", "empty": null, "texts": ["a", "b"],
            "address": {"city": "Plzen", "country": "CZ"},
            "lines": [{"number": "1", "ids": [{"id": "A-1"}, {"id": "B-2"}]}, {"number": "2"}],
        });
        let mut out = Vec::new();
        let place = |tag: &str, position| Place::segment(tag, position, Span::default());
        let origins = [
            ("number".to_owned(), place("BEG", 2)),
            ("texts[0]".to_owned(), place("MSG", 3)),
            ("kind".to_owned(), place("BEG", 2)),
            ("lines[0].number".to_owned(), place("PO1", 4)),
            ("lines[0].ids[1]".to_owned(), place("LIN", 5)),
        ];
        outline(&mut out, document.as_object().expect("a record"), 0, &origins).expect("memory has room");
        expect_test::expect![[r#"
            kind order  number 4711  texts a, b  (BEG 2, MSG 3)
            address
              city Plzen  country CZ
            lines
              - number 1  (PO1 4)
                ids
                  - id A-1
                  - id B-2  (LIN 5)
              - number 2
        "#]]
        .assert_eq(&anstream::adapter::strip_str(&String::from_utf8(out).expect("a text")).to_string());
    }
}
