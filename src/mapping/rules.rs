//! The rules of the mapping language as tests: tiny grammars, tiny maps, wire text, what comes of it, and back again.

use super::law::{Broken, law_1, law_2, normal};
use super::syntax::parse;
use super::{Against, Detail, Mapping, Tables, compile, flatten};
use crate::canonical::Canonical;
use crate::grammar::{Checked, Grammar, Strictness};
use crate::mistake::Mistake;
use crate::wire::{Cuts, Delimiters, Form, Syntax};

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

/// Reads wire text through a map: the document, then findings and what is unmapped, one per line, then what is written
/// back.
#[track_caller]
fn reads(map: &str, wire: &str, expected: &str) {
    let mapping = mapping(map);
    let wire = format!("ST*850*0001~{wire}~SE*9*0001~");
    let cuts = Cuts::new(wire.as_bytes(), Syntax::X12, Delimiters::X12);
    let mut checked = Checked::default();
    grammar().check(cuts.set(), Strictness::default(), &mut checked);
    checked.findings.clear();
    let reading = mapping.read(cuts.set(), &checked, Detail::LEDGER);
    let mut lines = vec![json(&reading.document)];
    for finding in &reading.findings {
        let value = finding.value.as_deref().or(finding.rule.as_deref()).unwrap_or("");
        let place = if finding.place.tag.is_empty() { String::new() } else { format!("{} ", finding.place) };
        lines.push(format!("! {} {place}{value}", finding.fault.name()).trim_end().to_owned());
    }
    for unmapped in &reading.coverage.unmapped {
        lines.push(format!("- {} {}", unmapped.place, unmapped.value));
    }
    lines.push(format!("> {}", written(&mapping, &reading.document)));
    assert_eq!(lines.join("\n"), expected);
    // Both laws, whatever the case.
    let once = normal(&mapping, &grammar(), cuts.set());
    assert_eq!(law_2(&mapping, &grammar(), cuts.set()), Ok(once));
}

/// Writes a document: the segments, then what is missing and what is lost.
#[track_caller]
fn writes(map: &str, document: &str, expected: &str) {
    let mapping = mapping(map);
    let document = document.replace('\'', "\"").replacen('{', "{\"kind\":\"order\",", 1);
    let document = Canonical::from_json(document.as_bytes()).unwrap_or_else(|errors| panic!("{errors:?}"));
    assert_eq!(written(&mapping, &document), expected);
    match law_1(&mapping, &grammar(), &document) {
        Ok(()) | Err(Broken::Refused { .. }) => {}
        Err(broken) => panic!("{broken:#?}"),
    }
}

fn json(document: &Canonical<'_>) -> String {
    document.to_json().replace("{\"kind\":\"order\"", "{").replacen("{,", "{", 1).replace('"', "'")
}

fn written(mapping: &Mapping, document: &Canonical<'_>) -> String {
    let writing = mapping.write(document, Form::X12);
    let mut text = String::from_utf8_lossy(&writing.body.bytes).into_owned();
    for refusal in &writing.refusals {
        text.push_str(&format!(" refused {refusal}"));
    }
    for missing in &writing.missing {
        text.push_str(&format!(" missing {}", missing.path));
    }
    for path in &writing.cut {
        text.push_str(&format!(" cut {path}"));
    }
    for lost in &writing.lost {
        text.push_str(&format!(" lost {}={}", lost.path, lost.value));
    }
    text
}

/// What compiling a map tells.
#[track_caller]
fn mistakes(map: &str, expected: expect_test::Expect) {
    let source = format!("{HEAD}{map}{FOOT}");
    let (file, mut mistakes) = parse("tiny.map", &source);
    let against = Against { grammar: &grammar(), tables: &Tables::default(), approximated: false };
    mistakes.extend(compile(&file, against).err().unwrap_or_default());
    expected.assert_eq(&told(&mistakes, &source));
}

#[test]
fn rule_1_selectors_are_matched_and_other_literals_accept_anything() {
    let map = "REF*DP*{department}?\neach parties { N1*{role}*{name}*92*{ids.id} }";
    reads(map, "REF*DP*7~REF*ZZ*X", "{'department':'7'}\n- REF-01 (segment 3) ZZ\n- REF-02 (segment 3) X\n> REF*DP*7~");
    // A literal that gated on 92 once lost a whole party block.
    reads(
        map,
        "N1*ST*SHOP*91*4",
        "{'parties':[{'role':'ST','name':'SHOP','ids':[{'id':'4'}]}]}\n- N1-03 (segment 2) 91\n> N1*ST*SHOP*92*4~",
    );
    // A forced literal selects wherever it stands.
    reads("CUR*BY*=USD\nCUR*BY*{currency}?", "CUR*BY*EUR", "{'currency':'EUR'}\n> CUR*BY*USD~CUR*BY*EUR~");
}

#[test]
fn rule_2_blanks_convert_both_ways() {
    let map = "table purpose 00=original 09=original 01=cancel\nBEG*{purpose|purpose}**{number}**{date|date}\nreads CUR*BY*{currency}?\nREF*DP*{department}?";
    reads(
        map,
        "BEG*09*SA*4711**20260102",
        "{'number':'4711','date':'2026-01-02','purpose':'original'}\n- BEG-02 (segment 2) SA\n> BEG*00**4711**20260102~",
    );
    reads(
        map,
        "BEG*00**4711**20261399",
        "{'number':'4711','purpose':'original'}\n! invalid-date BEG-05 (segment 2) 20261399\n- BEG-05 (segment 2) 20261399\n> BEG*00**4711~ missing date",
    );
    writes(
        map,
        "{'number':'1','date':'2026-01-02','purpose':'cancel','department':'7'}",
        "BEG*01**1**20260102~REF*DP*7~",
    );
    // Without its `?` a line is wanted.
    writes(map, "{'department':'7'}", "REF*DP*7~ missing purpose");
    writes(
        "each lines { PO1*{number} ; each adjustments { SAC*C****{amount|n2} } }",
        "{'lines':[{'number':'1','adjustments':[{'amount':'14.5'},{'amount':'1.005'}]}]}",
        "PO1*1~SAC*C****1450~ lost lines[0].adjustments[1].amount=1.005",
    );
}

#[test]
fn rule_3_loops_follow_the_grammar_and_counts_are_checked() {
    let map = "each parties {\n  N1*{role}*{name}\n  N4*{address.city}?\n}\neach lines {\n  PO1*{number}*{quantity|dec}\n  PID*F****{description}?\n}\nCTT*{@count(lines)}*{@sum(lines.quantity)}";
    reads(
        map,
        "N1*ST*SHOP~N4*ULM~N1*BT*HEAD~PO1*1*10~PID*F****BOLT~PO1*2*5~CTT*3*15",
        "{'parties':[{'role':'ST','name':'SHOP','address':{'city':'ULM'}},{'role':'BT','name':'HEAD'}],'lines':[{'number':'1','quantity':'10','description':'BOLT'},{'number':'2','quantity':'5'}]}\n! count-mismatch CTT-01 (segment 8) 3\n> N1*ST*SHOP~N4*ULM~N1*BT*HEAD~PO1*1*10~PID*F****BOLT~PO1*2*5~CTT*2*15~",
    );
}

/// The grammar tells that PO1 is missing; what it was to hold is read all the same.
#[test]
fn rule_3_what_came_without_the_first_segment_of_its_loop_is_read() {
    let map = "each lines key number else @index {\n  PO1*{number}*{quantity|dec}?\n  PID*F****{description}?\n}";
    reads(map, "PID*F****MUG", "{'lines':[{'number':'1','description':'MUG'}]}\n> PO1*1~PID*F****MUG~");
}

#[test]
fn rule_4_pairs_are_runs_of_qualifiers_and_values() {
    let map = "each lines { PO1*{number}*****{ids|pairs} }";
    reads(
        map,
        "PO1*1*****UP*036000291452*VN*A1",
        "{'lines':[{'number':'1','ids':[{'qualifier':'UP','id':'036000291452'},{'qualifier':'VN','id':'A1'}]}]}\n> PO1*1*****UP*036000291452*VN*A1~",
    );
    // The segment has room for two.
    writes(
        map,
        "{'lines':[{'ids':[{'qualifier':'UP','id':'1'},{'qualifier':'VN','id':'2'},{'qualifier':'IN','id':'3'}]}]}",
        "PO1******UP*1*VN*2~ lost lines[0].ids[2].qualifier=IN lost lines[0].ids[2].id=3",
    );
}

#[test]
fn rule_5_labels_spare_counting_separators() {
    let map = "each lines { PO1*{number}\neach adjustments { SAC 01=C 02={code} 05={amount|n2} } }";
    reads(
        map,
        "PO1*1~SAC*C*D240***14400",
        "{'lines':[{'number':'1','adjustments':[{'code':'D240','amount':'144.00'}]}]}\n> PO1*1~SAC*C*D240***14400~",
    );
}

#[test]
fn rule_6_the_most_specific_line_wins_and_nothing_is_overwritten() {
    let map = "each references { REF*{kind}*{value} }\nREF*DP*{department}?";
    reads(
        map,
        "REF*IA*1~REF*DP*7~REF*DP*8",
        "{'department':'7','references':[{'kind':'IA','value':'1'}]}\n! value-overwritten REF-02 (segment 4) 8\n- REF-02 (segment 4) 8\n> REF*IA*1~REF*DP*7~",
    );
    // "WIDGET" was once silently replaced by "BLUE".
    reads(
        "each lines { PO1*{number}\nPID*F****{description}? }",
        "PO1*1~PID*F****WIDGET~PID*F****BLUE",
        "{'lines':[{'number':'1','description':'WIDGET'}]}\n! value-overwritten PID-05 (segment 4) BLUE\n- PID-05 (segment 4) BLUE\n> PO1*1~PID*F****WIDGET~",
    );
    mistakes(
        "REF*DP*{department}?\nREF*DP*{contract}?",
        expect_test::expect![[r#"
        error[ambiguous]: two patterns match the same segment with equal detail
         --> tiny.map:4:1
          |
        3 | REF*DP*{department}?
          | --------------------
        4 | REF*DP*{contract}?
          | ^^^^^^^^^^^^^^^^^^
          |
          = help: make one more specific, or remove it"#]],
    );
}

#[test]
fn rule_8_ignored_required_and_defaulted() {
    let map =
        "require {number}\ndefault currency USD\nREF*DP*{department}?\nCUR*BY*{currency}?\nignore REF*ZZ\nignore N1";
    reads(map, "REF*ZZ*X*Y~N1*ST*SHOP~N3*STREET", "{'currency':'USD'}\n! broken-rule require number\n> CUR*BY*USD~");
    writes(map, "{'number':'1'}", "CUR*BY*USD~ lost number=1");
}

#[test]
fn rule_9_nothing_is_lost_silently_in_either_direction() {
    let map = "REF*DP*{department}?\neach lines { PO1*{number} }";
    reads(
        map,
        "REF*DP*7*X~DTM*002*20260101~PO1*1*10",
        "{'department':'7','lines':[{'number':'1'}]}\n- REF-03 (segment 2) X\n- DTM-01 (segment 3) 002\n- DTM-02 (segment 3) 20260101\n- PO1-02 (segment 4) 10\n> REF*DP*7~PO1*1~",
    );
    writes(
        map,
        "{'number':'4711','department':'7','lines':[{'number':'1','quantity':'10'}]}",
        "REF*DP*7~PO1*1~ lost number=4711 lost lines[0].quantity=10",
    );
}

#[test]
fn rule_10_one_path_twice_is_an_equality() {
    let map = "BEG***{number}\nREF*PO*{number}?";
    reads(map, "BEG***1~REF*PO*1", "{'number':'1'}\n> BEG***1~REF*PO*1~");
    reads(
        map,
        "BEG***1~REF*PO*2",
        "{'number':'1'}\n! values-disagree REF-02 (segment 3) 2\n- REF-02 (segment 3) 2\n> BEG***1~REF*PO*1~",
    );
    // An unknown code passes through and is told.
    reads(
        "table terms AA=prepaid\nCUR*BY*{currency|terms}?",
        "CUR*BY*XX",
        "{'currency':'XX'}\n! unknown-code CUR-02 (segment 2) XX\n> CUR*BY*XX~",
    );
}

#[test]
fn rule_12_tuples_keys_alternatives_and_appended_texts() {
    let map = "each parties {\n  N1*{role}\n  N3*{address.street+}*{address.street+}?\n}\neach lines key number else @index {\n  PO1*{number}***{first price|dec}\n  CTP***{first price|dec}?\n  SDQ*{destinations.unit}**{destinations|tuples:location,quantity}?\n}";
    reads(
        map,
        "N1*ST~N3*A*B~N3*C",
        "{'parties':[{'role':'ST','address':{'street':['A','B','C']}}]}\n> N1*ST~N3*A*B~N3*C~",
    );
    reads(map, "PO1****2.5", "{'lines':[{'number':'1','price':'2.5'}]}\n> PO1*1***2.5~");
    reads(map, "PO1*7~CTP***2.5", "{'lines':[{'number':'7','price':'2.5'}]}\n> PO1*7***2.5~");
    reads(
        map,
        "PO1*7***2.4~CTP***2.5",
        "{'lines':[{'number':'7','price':'2.4'}]}\n! values-disagree CTP-03 (segment 3) 2.5\n- CTP-03 (segment 3) 2.5\n> PO1*7***2.4~",
    );
    writes(
        map,
        "{'parties':[{'role':'ST','address':{'street':['A LONG STREET NAME','B']}}]}",
        "N1*ST~N3*A LONG*STREET~N3*NAME*B~ cut parties[0].address.street",
    );
}

/// What has nothing for its trigger is written under a number that no other item has.
#[test]
fn no_line_is_lost_for_want_of_a_number() {
    let map = "each lines key number else @index {\n  PO1*{number}\n  SDQ*{destinations.unit}**{destinations|tuples:location,quantity}?\n}";
    let document = r#"{"kind":"order","lines":[
        {"destinations":[{"unit":"EA","location":"A","quantity":"2"}]}, {"number":"1"}]}"#;
    let document = Canonical::from_json(document.as_bytes()).unwrap_or_else(|errors| panic!("{errors:?}"));
    assert_eq!(written(&mapping(map), &document), "PO1*2~SDQ*EA**A*2~PO1*1~");
}

#[test]
fn rule_7_a_partner_says_only_differences() {
    let base = parse("850.map", &format!("{HEAD}REF*DP*{{department}}?{FOOT}")).0;
    let (partner, _) = parse(
        "acme.map",
        "map acme/850 extends x12/004010/850\nreplace REF*DP => REF*DP*{contract}?\nadd BEG***{number}\nadd CUR*BY*{currency}?",
    );
    let (flat, mistakes) = flatten(&partner, &base);
    assert_eq!(mistakes, []);
    let against = Against { grammar: &grammar(), tables: &Tables::default(), approximated: false };
    let mapping = compile(&flat, against).unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
    let document = Canonical::from_json(br#"{"kind":"order","number":"1","currency":"USD","contract":"C"}"#)
        .unwrap_or_else(|errors| panic!("{errors:?}"));
    // What was added stands where the grammar wants it.
    assert_eq!(written(&mapping, &document), "BEG***1~CUR*BY*USD~REF*DP*C~");
}

#[test]
fn rule_11_examples_live_in_the_file_and_run() {
    let source = format!(
        "{HEAD}BEG***{{number}}**{{date|date}}{FOOT}
example reads BEG*00*SA*4711**20260102 gives {{\"number\": \"4711\"}}
example reads
  BEG*00*SA*4711**20260102~
gives {{\"number\": \"4712\", \"date\": \"2026-01-02\"}}
example refuses BEG*00*SA*4711**20261399 with invalid-date
example refuses BEG*00*SA*4711**20260102 with invalid-date
"
    );
    let (file, mistakes) = parse("tiny.map", &source);
    assert_eq!(mistakes, []);
    let against = Against { grammar: &grammar(), tables: &Tables::default(), approximated: false };
    let mapping = compile(&file, against).unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
    let bound = super::library::Bound::Set { mapping: mapping.into(), grammar: grammar().into() };
    let tried = super::example::run(&file, &bound);
    assert_eq!(tried.len(), 4);
    let mistakes: Vec<Mistake> = tried.into_iter().filter_map(|tried| tried.mistake).collect();
    expect_test::expect![[r#"
        error[example]: number is "4711", and the example gives "4712"
         --> tiny.map:9:7
          |
        9 | gives {"number": "4712", "date": "2026-01-02"}
          |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          |
          = help: the document has a fault: loop PO1 is missing: it should start with PO1 at segment 3
        error[example]: the example is not refused with invalid-date: found missing-loop
          --> tiny.map:11:47
           |
        11 | example refuses BEG*00*SA*4711**20260102 with invalid-date
           |                                               ^^^^^^^^^^^^"#]]
    .assert_eq(&told(&mistakes, &source));
}

#[test]
fn mistakes_are_told_with_the_place_and_an_edit() {
    mistakes(
        "REF*DP*{departmnet}?",
        expect_test::expect![[r#"
        error[path]: there is no field "departmnet" here
         --> tiny.map:3:8
          |
        3 | REF*DP*{departmnet}?
          |        ^^^^^^^^^^^^
          |
          = help: did you mean department?"#]],
    );
    mistakes(
        "REF*DP*{department|purpos}?",
        expect_test::expect![[r#"
        error[conversion]: there is no conversion and no table "purpos"
         --> tiny.map:3:20
          |
        3 | REF*DP*{department|purpos}?
          |                    ^^^^^^"#]],
    );
    mistakes(
        "BEG***{number}**{date}",
        expect_test::expect![[r#"
        error[conversion]: date is a date like "2026-11-23"
         --> tiny.map:3:17
          |
        3 | BEG***{number}**{date}
          |                 ^^^^^^
          |
          = help: write |date"#]],
    );
    mistakes(
        "CUR*BY**{department}",
        expect_test::expect![[r#"
        error[segment]: CUR has no element 3
         --> tiny.map:3:9
          |
        3 | CUR*BY**{department}
          |         ^^^^^^^^^^^^
          |
          = help: its last one is 2"#]],
    );
    mistakes(
        "N3*{department}",
        expect_test::expect![[r#"
        error[segment]: x12/004010/850 has no segment N3 at the top of the set
         --> tiny.map:3:1
          |
        3 | N3*{department}
          | ^^
          |
          = help: it stands at 850/N1/N3"#]],
    );
    mistakes(
        "RFE*DP*{department}",
        expect_test::expect![[r#"
        error[segment]: x12/004010/850 has no segment RFE at the top of the set
         --> tiny.map:3:1
          |
        3 | RFE*DP*{department}
          | ^^^
          |
          = help: did you mean REF?"#]],
    );
    mistakes(
        "REF*DP*{lines}?",
        expect_test::expect![[r#"
        error[path]: lines is a list of records
         --> tiny.map:3:8
          |
        3 | REF*DP*{lines}?
          |        ^^^^^^^
          |
          = help: write |pairs, |tuples:a,b, or each lines { ... }"#]],
    );
    mistakes(
        "each line { PO1*{number} }",
        expect_test::expect![[r#"
        error[path]: there is no field "line" here
         --> tiny.map:3:6
          |
        3 | each line { PO1*{number} }
          |      ^^^^
          |
          = help: did you mean lines?"#]],
    );
    mistakes(
        "use tables unit",
        expect_test::expect![[r#"
        error[table]: there is no shared table "unit"
         --> tiny.map:3:12
          |
        3 | use tables unit
          |            ^^^^"#]],
    );
    mistakes(
        "CTT*{@cuont(lines)}",
        expect_test::expect![[r#"
        error[conversion]: nothing computes @cuont so
         --> tiny.map:3:5
          |
        3 | CTT*{@cuont(lines)}
          |     ^^^^^^^^^^^^^^^
          |
          = help: did you mean @count?"#]],
    );
}
