//! The rules of the mapping language as tests: tiny grammars, tiny maps, wire text, what comes of it, and back again.

use super::syntax::parse;
use super::{Against, Detail, Mapping, Tables, compile};
use crate::grammar::{Checked, Grammar, Strictness};
use crate::wire::{Cuts, Delimiters, Syntax};

const X12: &str = r#"
set x12/004010/850 "Order" group PO
  ST 1
  BEG 1
  CUR 0..1
  REF 0..*
  DTM 0..10
  N1 0..200 loop
    N3 0..2
    N4 0..1
  PO1 1..1000 loop
    CTP 0..5
    PID 0..200 loop
      MEA 0..5
    SAC 0..25 loop
    SDQ 0..500
  CTT 0..1
  SE 1
segment ST "Header"
  1 143 M ID 3/3
  2 329 M AN 4/9
segment BEG "Beginning"
  1 353 M ID 2/2
  2 92  M ID 2/2
  3 324 M AN 1/22
  4 328 O AN 1/30
  5 373 M DT 8/8
segment CUR "Currency"
  1 98 M ID 2/3
  2 100 M ID 3/3
segment REF "Reference"
  1 128 M ID 2/3
  2 127 O AN 1/30
  3 352 O AN 1/80
segment DTM "Date"
  1 374 M ID 3/3
  2 373 O DT 8/8
  3 337 O TM 4/8
segment N1 "Party"
  1 98 M ID 2/3
  2 93 O AN 1/60
  3 66 O ID 1/2
  4 67 O AN 2/80
segment N3 "Address"
  1 166 M AN 1/10
  2 166 O AN 1/10
segment N4 "Town"
  1 19 O AN 2/30
  2 156 O ID 2/2
  3 116 O ID 3/15
segment PO1 "Line"
  1 350 O AN 1/20
  2 330 O R 1/9
  3 355 O ID 2/2
  4 212 O R 1/14
  5 639 O ID 2/2
  6 235 O ID 2/2
  7 234 O AN 1/48
  8 235 O ID 2/2
  9 234 O AN 1/48
segment CTP "Price"
  1 687 O ID 2/2
  2 236 O ID 3/3
  3 212 O R 1/17
segment PID "Description"
  1 349 M ID 1/1
  2 750 O ID 2/3
  3 559 O ID 2/2
  4 751 O AN 1/12
  5 352 O AN 1/80
segment MEA "Measure"
  1 737 O ID 2/2
segment SAC "Charge"
  1 248 M ID 1/1
  2 1300 O ID 4/4
  3 559 O ID 2/2
  4 1301 O AN 1/10
  5 610 O N2 1/15
segment SDQ "Destinations"
  1 355 M ID 2/2
  2 66 O ID 1/2
  3 67 O AN 2/80
  4 380 O R 1/15
  5 67 O AN 2/80
  6 380 O R 1/15
segment CTT "Totals"
  1 354 M N0 1/6
  2 347 O R 1/10
segment SE "Trailer"
  1 96 M N0 1/10
  2 329 M AN 4/9
"#;

/// The lines around every tiny order.
const HEAD: &str = "map x12/004010/850 order\nST*850*{@control}\n";
const FOOT: &str = "\nSE*{@segments}*{@control}\n";

fn grammar() -> Grammar {
    Grammar::parse("x12/004010/850.grammar", X12).unwrap_or_else(|mistakes| panic!("{mistakes:?}"))
}

#[track_caller]
fn mapping(map: &str) -> Mapping {
    let source = format!("{HEAD}{map}{FOOT}");
    let (file, mistakes) = parse("tiny.map", &source);
    assert_eq!(mistakes, []);
    compile(&file, Against { grammar: &grammar(), tables: &Tables::default(), approximated: false })
        .unwrap_or_else(|mistakes| panic!("{}", told(&mistakes, &source)))
}

fn told(mistakes: &[crate::mistake::Mistake], source: &str) -> String {
    mistakes.iter().map(|mistake| mistake.render(source, false)).collect::<Vec<_>>().join("\n")
}

/// Reads wire text through a map: the document, then findings and what is unmapped, one per line.
#[track_caller]
fn reads(map: &str, wire: &str, expected: &str) {
    let mapping = mapping(map);
    let wire = format!("ST*850*0001~{wire}~SE*9*0001~");
    let cuts = Cuts::new(wire.as_bytes(), Syntax::X12, Delimiters::X12);
    let mut checked = Checked::default();
    grammar().check(cuts.set(), Strictness::default(), &mut checked);
    checked.findings.clear();
    let reading = mapping.read(cuts.set(), &checked, Detail::LEDGER);
    let mut json = Vec::new();
    reading.document.write_json(&mut json);
    let mut lines = vec![String::from_utf8_lossy(&json).replace("{\"kind\":\"order\",", "{").replace("\"", "'")];
    for finding in &reading.findings {
        let value = finding.value.as_deref().unwrap_or("");
        lines.push(format!("! {} {} {value}", finding.fault.name(), finding.place).trim_end().to_owned());
    }
    for unmapped in &reading.coverage.unmapped {
        lines.push(format!("- {} {}", unmapped.place, unmapped.value));
    }
    assert_eq!(lines.join("\n"), expected);
}

#[test]
fn rule_1_selectors_are_matched_and_other_literals_accept_anything() {
    let map = "REF*DP*{department}?\neach parties { N1*{role}*{name}*92*{ids.id} }";
    reads(map, "REF*DP*7~REF*ZZ*X", "{'department':'7'}\n- REF-01 (segment 3) ZZ\n- REF-02 (segment 3) X");
    // A literal that gated on 92 once lost a whole party block.
    reads(
        map,
        "N1*ST*SHOP*91*4",
        "{'parties':[{'role':'ST','name':'SHOP','ids':[{'id':'4'}]}]}\n- N1-03 (segment 2) 91",
    );
}
