//! A document or record for people: what belongs together on one line, what lies in it below, what is empty left out.

use std::io::{self, Write};

use serde_json::{Map, Value};

use super::output::FAINT;

/// Columns that a line of values may take.
const WIDTH: usize = 100;

/// Prints a record, each line behind `indent` blanks.
pub fn outline(out: &mut dyn Write, record: &Map<String, Value>, indent: usize) -> io::Result<()> {
    lines(out, record, indent, "")
}

/// `first` stands before the first line, in the last columns of its indentation: the mark of a list's item.
fn lines(out: &mut dyn Write, record: &Map<String, Value>, indent: usize, first: &str) -> io::Result<()> {
    let mut lead = format!("{:>indent$}", first);
    let mut column = indent;
    write!(out, "{lead}")?;
    let mut is_first = true;
    for (name, text) in record.iter().filter_map(|(name, value)| Some((name, plain(value)?))) {
        let length = name.chars().count() + 1 + text.chars().count();
        if !is_first && column + 2 + length > WIDTH {
            lead = " ".repeat(indent);
            write!(out, "\n{lead}")?;
            (column, is_first) = (indent, true);
        }
        let gap = if is_first { "" } else { "  " };
        write!(out, "{gap}{FAINT}{name}{FAINT:#} {text}")?;
        column += gap.len() + length;
        is_first = false;
    }
    writeln!(out)?;
    for (name, value) in record {
        match value {
            Value::Object(inner) => {
                writeln!(out, "{:indent$}{FAINT}{name}{FAINT:#}", "")?;
                lines(out, inner, indent + 2, "")?;
            }
            Value::Array(items) if items.iter().any(Value::is_object) => {
                writeln!(out, "{:indent$}{FAINT}{name}{FAINT:#}", "")?;
                for inner in items.iter().filter_map(Value::as_object) {
                    lines(out, inner, indent + 4, "- ")?;
                }
            }
            _ => {}
        }
    }
    Ok(())
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

    #[test]
    fn what_belongs_together_stands_together() {
        let document = json!({
            "kind": "order", "number": "4711", "empty": null, "texts": ["a", "b"],
            "address": {"city": "Plzen", "country": "CZ"},
            "lines": [{"number": "1", "ids": [{"id": "A-1"}, {"id": "B-2"}]}, {"number": "2"}],
        });
        let mut out = Vec::new();
        outline(&mut out, document.as_object().expect("a record"), 0).expect("memory has room");
        expect_test::expect![[r#"
              kind order  number 4711  texts a, b
              address
                city Plzen  country CZ
              lines
                - number 1
                  ids
                    - id A-1
                    - id B-2
                - number 2
        "#]]
        .assert_eq(&anstream::adapter::strip_str(&String::from_utf8(out).expect("a text")).to_string());
    }
}
