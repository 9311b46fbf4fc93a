//! The base maps over our own samples, and the language's forms over documents of a few lines.

use super::*;
use crate::canonical::Canonical;
use crate::mapping::Detail;
use crate::mapping::syntax::{ast, parse};
use crate::wire::xml::{Limits, Tree};

/// The shared tables and the three base maps, as they stand in the project.
pub(super) fn base_map(name: &str) -> XmlMap {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/mappings/");
    let path = format!("{root}{name}.map");
    let text = std::fs::read_to_string(&path).unwrap();
    compiled(&path, &text)
}

pub(super) fn compiled(path: &str, text: &str) -> XmlMap {
    let (file, mistakes) = parse(path, text);
    let told = |mistakes: &[crate::mistake::Mistake]| -> String {
        mistakes.iter().map(|mistake| mistake.render(text, false) + "\n").collect()
    };
    assert!(mistakes.is_empty(), "{}", told(&mistakes));
    XmlMap::compile(&file, &shared_table).unwrap_or_else(|mistakes| panic!("{}", told(&mistakes)))
}

fn shared_table(name: &str) -> Option<ast::Table> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/mappings/tables");
    for entry in std::fs::read_dir(folder).ok()?.flatten() {
        let text = std::fs::read_to_string(entry.path()).ok()?;
        let (file, _) = parse("tables", &text);
        for statement in file.statements {
            match statement.body {
                ast::Body::Table(table) if table.name.value == name => return Some(table),
                _ => {}
            }
        }
    }
    None
}

#[test]
fn base_maps_compile() {
    for name in ["ubl/2.1/Invoice", "ubl/2.1/CreditNote", "cii/D16B/CrossIndustryInvoice"] {
        base_map(name);
    }
}

#[test]
fn corpus() {
    let Ok(list) = std::env::var("XML_FILES") else { return };
    for path in list.lines() {
        let bytes = std::fs::read(path).unwrap();
        let tree = Tree::read(&bytes, Limits::default());
        let Some(kind) = tree.kind() else { continue };
        if !kind.supported {
            continue;
        }
        let map = base_map(&kind.address());
        let reading = map.read(&tree, Detail::FULL);
        println!(
            "== {path} mapped {} ignored {} unmapped {}",
            reading.coverage.mapped, reading.coverage.ignored, reading.coverage.unmapped_count
        );
        for finding in tree.findings.iter().chain(&reading.findings) {
            println!("   F {:?} {} {:?} {:?}", finding.fault, finding.place.tag, finding.value, finding.expected);
        }
        for crate::mapping::Unmapped { place, value } in &reading.coverage.unmapped {
            println!("   U {} = {}", place.tag, value.chars().take(40).collect::<String>());
        }
        if std::env::var("XML_SHOW").is_ok() {
            println!("{}", reading.document.to_json());
        }
        let mut out = Vec::new();
        match map.write(&reading.document, &mut out) {
            Err(refusal) => println!("   R {refusal}"),
            Ok(written) => {
                if std::env::var("XML_SHOW").is_ok() {
                    println!("{}", String::from_utf8_lossy(&out));
                }
                for lost in written.lost {
                    println!("   L {lost}");
                }
                for missing in written.missing {
                    println!("   M {missing}");
                }
                let again = Tree::read(&out, Limits::default());
                assert!(again.findings.is_empty());
                let second = map.read(&again, Detail::FULL);
                if second.document != reading.document {
                    let (one, two): (serde_json::Value, serde_json::Value) = (
                        serde_json::from_str(&reading.document.to_json()).unwrap(),
                        serde_json::from_str(&second.document.to_json()).unwrap(),
                    );
                    differ("", &one, &two);
                }
                let _: &Canonical = &second.document;
            }
        }
    }
}

fn differ(path: &str, one: &serde_json::Value, two: &serde_json::Value) {
    use serde_json::Value;
    match (one, two) {
        (Value::Object(a), Value::Object(b)) => {
            for key in a.keys().chain(b.keys().filter(|key| !a.contains_key(*key))) {
                let none = Value::Null;
                differ(&format!("{path}.{key}"), a.get(key).unwrap_or(&none), b.get(key).unwrap_or(&none));
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (at, (a, b)) in a.iter().zip(b).enumerate() {
                differ(&format!("{path}[{at}]"), a, b);
            }
        }
        _ if one != two => println!("   LAW1 {path}: {one} {two}"),
        _ => {}
    }
}
