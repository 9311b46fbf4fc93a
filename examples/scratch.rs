use entrepot::grammar::{Address, Checked, Library, Strictness};
use entrepot::mapping::{self, Against, Detail, Mapping, Tables};
use entrepot::wire::{Event, Limits, Reader, Syntax};
use std::collections::HashMap;
fn main() {
    let root = std::env::var("MAPS").unwrap_or("mappings".into());
    let mut tables = Tables::default();
    for entry in std::fs::read_dir(format!("{root}/tables")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let (file, m) = mapping::syntax::parse(&path.display().to_string(), &text);
        for m in m.into_iter().chain(tables.add(&file)) {
            eprintln!("{}", m.render(&text, false));
        }
    }
    let library = Library::embedded();
    let mut maps: HashMap<String, Option<Mapping>> = HashMap::new();
    let mut checked = Checked::default();
    for path in std::env::args().skip(1) {
        let Ok(file) = std::fs::File::open(&path) else { continue };
        let mut reader = Reader::new(file, Limits::default());
        while let Ok(Some(event)) = reader.next_event() {
            let Event::Set(header, set) = event else { continue };
            let wanted = Address::of_wire(set.syntax(), &header.kind, &header.release);
            let Some(nearest) = library.nearest(&wanted).cloned() else {
                println!("{}", serde_json::json!({"file": path, "set": header.kind, "unsupported": true}));
                continue;
            };
            let exact = nearest == wanted;
            let grammar = library.grammar(&nearest).unwrap();
            let map = maps.entry(nearest.to_string()).or_insert_with(|| {
                let base = if set.syntax() == Syntax::X12 {
                    format!("{root}/x12/004010/{}.map", header.kind)
                } else {
                    format!("{root}/edifact/D.96A/{}.map", header.kind)
                };
                let text = std::fs::read_to_string(&base).ok()?;
                let (file, m) = mapping::syntax::parse(&base, &text);
                for m in &m {
                    eprintln!("{}", m.render(&text, false));
                }
                match mapping::compile(&file, Against { grammar: &grammar, tables: &tables }) {
                    Ok(map) => Some(map),
                    Err(m) => {
                        for m in &m {
                            eprintln!("{}", m.render(&text, false));
                        }
                        None
                    }
                }
            });
            grammar.check(set, Strictness { approximated: !exact, ..Strictness::default() }, &mut checked);
            let Some(map) = map else {
                println!("{}", serde_json::json!({"file": path, "set": header.kind, "nomap": true}));
                continue;
            };
            let reading = map.read(set, &checked, Detail::LEDGER);
            let f: Vec<String> = checked.findings.iter().map(|f| format!("{:?} {}", f.severity, f.message())).collect();
            let g: Vec<String> = reading.findings.iter().map(|f| format!("{:?} {}", f.severity, f.message())).collect();
            println!(
                "{}",
                serde_json::json!({"file": path, "set": header.kind, "rel": header.release, "doc": reading.document, "grammar": f, "map": g, "coverage": reading.coverage})
            );
        }
    }
}
