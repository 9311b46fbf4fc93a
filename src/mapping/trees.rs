//! Trees as tests: ship notices with the real grammars, levels in any order, packs and placements, and back again.

use super::law::{law_1, law_2};
use super::syntax::parse;
use super::{Against, Detail, Mapping, Tables, compile};
use crate::canonical::Canonical;
use crate::grammar::{Checked, Grammar, Library, Strictness};
use crate::wire::{Cuts, Delimiters, Form, Syntax};
use std::sync::Arc;

const HL: &str = "map x12/004010/856 ship_notice
BSN**{number}
tree HL {
  S { HL*{@hl}*{@parent}*S*{@child} ; REF*BM*{carrier.routing}? }
  O each orders key number as order_number { HL*{@hl}*{@parent}*O*{@child} ; PRF*{number} }
  T? each packs where kind=pallet link parent { HL*{@hl}*{@parent}*T*{@child} ; MAN*GM*{sscc|sscc}? }
  P? each packs where kind=carton link parent { HL*{@hl}*{@parent}*P*{@child} ; MAN*GM*{sscc|sscc}? }
  I each lines key order_number number else @index placed items {
    HL*{@hl}*{@parent}*I*{@child}
    LIN*{number}*{ids|pairs}
    SN1**{quantity|dec}*{unit}
  }
}
CTT*{@levels}
";

const CPS: &str = "map edifact/D.96A/DESADV ship_notice
BGM+351+{number}
tree CPS {
  root {
    CPS+{@hl}
    each lines { LIN+{number}++{ids|pair:id,qualifier} ; QTY+12:{quantity|dec}:{unit}? }
  }
  * each packs link parent {
    CPS+{@hl}+{@parent}+{kind}
    PAC+{quantities.quantity|dec}? {
      PCI+33E { GIN+BJ+{sscc}? }
    }
    each lines placed items { LIN+{number}++{ids|pair:id,qualifier} ; QTY+12:{quantity|dec}:{unit}? }
  }
}
CNT+2:{@count(lines)}
";

#[test]
fn levels_come_from_hl03_and_nesting_from_hl02() {
    let shipment =
        "BSN**SN1~HL*1**S~HL*2*1*O~PRF*PO1~HL*3*2*P~MAN*GM*00123456789012345675~HL*4*3*I~LIN*1*UP*036~SN1**10*EA";
    reads_hl(
        shipment,
        "{'number':'SN1','order_numbers':['PO1'],'orders':[{'number':'PO1'}],'packs':[{'id':'1','order_number':'PO1','kind':'carton','sscc':'123456789012345675','items':[{'order_number':'PO1','line':'1','quantity':'10','unit':'EA'}]}],'lines':[{'number':'1','order_number':'PO1','quantity':'10','unit':'EA','ids':[{'qualifier':'UP','id':'036'}]}]}",
        "BSN**SN1~HL*1**S*1~HL*2*1*O*1~PRF*PO1~HL*3*2*P*1~MAN*GM*00123456789012345675~HL*4*3*I*0~LIN*1*UP*036~SN1**10*EA~CTT*4~",
    );
}

#[test]
fn levels_in_any_order_are_one_document() {
    // The same shipment, orders below packs, children before their parents.
    reads_hl(
        "BSN**SN1~HL*7**S~HL*9*8*I~LIN*1*UP*036~SN1**10*EA~HL*8*5*O~PRF*PO1~HL*5*7*P~MAN*GM*00123456789012345675",
        "{'number':'SN1','order_numbers':['PO1'],'orders':[{'number':'PO1'}],'packs':[{'id':'1','order_number':'PO1','kind':'carton','sscc':'123456789012345675','items':[{'order_number':'PO1','line':'1','quantity':'10','unit':'EA'}]}],'lines':[{'number':'1','order_number':'PO1','quantity':'10','unit':'EA','ids':[{'qualifier':'UP','id':'036'}]}]}",
        "BSN**SN1~HL*1**S*1~HL*2*1*O*1~PRF*PO1~HL*3*2*P*1~MAN*GM*00123456789012345675~HL*4*3*I*0~LIN*1*UP*036~SN1**10*EA~CTT*4~",
    );
}

#[test]
fn a_line_in_two_packs_is_one_line_with_the_sum() {
    reads_hl(
        "BSN**SN1~HL*1**S~HL*2*1*O~PRF*PO1~HL*3*2*T~HL*4*3*P~HL*5*4*I~LIN*1*UP*036~SN1**6*EA~HL*6*3*P~HL*7*6*I~LIN*1*UP*036~SN1**4*EA~HL*8*2*I~LIN*2*UP*037~SN1**1*EA",
        "{'number':'SN1','order_numbers':['PO1'],'orders':[{'number':'PO1'}],'packs':[{'id':'1','order_number':'PO1','kind':'pallet'},{'id':'2','parent':'1','order_number':'PO1','kind':'carton','items':[{'order_number':'PO1','line':'1','quantity':'6','unit':'EA'}]},{'id':'3','parent':'1','order_number':'PO1','kind':'carton','items':[{'order_number':'PO1','line':'1','quantity':'4','unit':'EA'}]}],'lines':[{'number':'1','order_number':'PO1','quantity':'10','unit':'EA','ids':[{'qualifier':'UP','id':'036'}]},{'number':'2','order_number':'PO1','quantity':'1','unit':'EA','ids':[{'qualifier':'UP','id':'037'}]}]}",
        "BSN**SN1~HL*1**S*1~HL*2*1*O*1~PRF*PO1~HL*3*2*T*1~HL*4*3*P*1~HL*5*4*I*0~LIN*1*UP*036~SN1**6*EA~HL*6*3*P*1~HL*7*6*I*0~LIN*1*UP*036~SN1**4*EA~HL*8*2*I*0~LIN*2*UP*037~SN1**1*EA~CTT*8~",
    );
}

#[test]
fn a_standard_pack_stands_below_its_line() {
    let with_structure = HL.replace("BSN**{number}", "BSN**{number}***{structure}");
    let line = "{'number':'1','order_number':'PO1','quantity':'10','unit':'EA','ids':[{'qualifier':'UP','id':'036'}]}";
    let pack = |id: &str, parent: &str, kind: &str, items: &str| {
        format!("{{'id':'{id}'{parent},'order_number':'PO1','kind':'{kind}'{items}}}")
    };
    let item = ",'items':[{'order_number':'PO1','line':'1','unit':'EA'}]";
    let packs = [pack("1", "", "pallet", item), pack("2", ",'parent':'1'", "carton", item)];
    reads(
        &with_structure,
        "BSN**SN1***shipment_order_item_pack~HL*1**S~HL*2*1*O~PRF*PO1~HL*3*2*I~LIN*1*UP*036~SN1**10*EA~HL*4*3*T~HL*5*4*P",
        &format!(
            "{{'number':'SN1','structure':'shipment_order_item_pack','order_numbers':['PO1'],'orders':[{{'number':'PO1'}}],\
             'packs':[{}],'lines':[{line}]}}",
            packs.join(",")
        ),
        "BSN**SN1***shipment_order_item_pack~HL*1**S*1~HL*2*1*O*1~PRF*PO1~HL*3*2*I*1~LIN*1*UP*036~SN1**10*EA~HL*4*3*T*1~HL*5*4*P*0~CTT*5~",
    );
}

#[test]
fn cps_nests_packs_that_hold_lines() {
    let grammar = grammar("edifact/D.96A/DESADV");
    let mapping = mapping(CPS, &grammar);
    let wire = "UNH+1+DESADV:D:96A:UN'BGM+351+SN1'CPS+1'CPS+2+1+3'PAC+1'PCI+33E'GIN+BJ+123456789012345675'CPS+3+2+1'LIN+1++4001:EN'QTY+12:6:PCE'LIN+2++4002:EN'QTY+12:1'UNT+14+1'";
    let cuts = Cuts::new(wire.as_bytes(), Syntax::Edifact, Delimiters::EDIFACT);
    let mut checked = Checked::default();
    grammar.check(cuts.set(), Strictness::default(), &mut checked);
    let reading = mapping.read(cuts.set(), &checked, Detail::LEDGER);
    expect_test::expect![[r#"{"kind":"ship_notice","number":"SN1","packs":[{"kind":"3","id":"1","sscc":"123456789012345675","quantities":[{"quantity":"1"}]},{"kind":"1","id":"2","parent":"1","items":[{"line":"1","quantity":"6","unit":"PCE"},{"line":"2","quantity":"1"}]}],"lines":[{"number":"1","quantity":"6","unit":"PCE","ids":[{"qualifier":"EN","id":"4001"}]},{"number":"2","quantity":"1","ids":[{"qualifier":"EN","id":"4002"}]}]}"#]].assert_eq(&reading.document.to_json());
    let writing = mapping.write(&reading.document, Form::EDIFACT);
    expect_test::expect!["BGM+351+SN1'CPS+1'CPS+2+1+3'PAC+1'PCI+33E'GIN+BJ+123456789012345675'CPS+3+2+1'LIN+1++4001:EN'QTY+12:6:PCE'LIN+2++4002:EN'QTY+12:1'CNT+2:2'"].assert_eq(&String::from_utf8_lossy(&writing.body.bytes));
    assert_eq!((writing.lost, writing.missing), (vec![], vec![]));
    assert!(law_2(&mapping, &grammar, cuts.set()).is_ok());
    assert_eq!(law_1(&mapping, &grammar, &reading.document), Ok(()));
}

#[test]
fn hostile_trees_end() {
    let grammar = grammar("x12/004010/856");
    let mapping = mapping(HL, &grammar);
    let mut wire = String::from("ST*856*1~BSN**SN1~HL*1*2*P~HL*2*1*P~");
    for at in 3..20_000 {
        wire.push_str(&format!("HL*{at}*{}*P~", at - 1));
    }
    wire.push_str("SE*1*1~");
    let cuts = Cuts::new(wire.as_bytes(), Syntax::X12, Delimiters::X12);
    let mut checked = Checked::default();
    grammar.check(cuts.set(), Strictness::default(), &mut checked);
    let reading = mapping.read(cuts.set(), &checked, Detail::COUNTS);
    let writing = mapping.write(&reading.document, Form::X12);
    assert!(!writing.lost.is_empty());
}

fn grammar(address: &str) -> Arc<Grammar> {
    Library::embedded().grammar(&address.parse().expect("an address")).expect("it is embedded")
}

fn mapping(map: &str, grammar: &Grammar) -> Mapping {
    let (file, mistakes) = parse("tree.map", map);
    assert_eq!(mistakes, []);
    let against = Against { grammar, tables: &Tables::default(), approximated: false };
    compile(&file, against)
        .unwrap_or_else(|mistakes| panic!("{}", mistakes.iter().map(|m| m.render(map, false)).collect::<String>()))
}

#[track_caller]
fn reads_hl(wire: &str, document: &str, back: &str) {
    reads(HL, wire, document, back);
}

#[track_caller]
fn reads(map: &str, wire: &str, document: &str, back: &str) {
    let grammar = grammar("x12/004010/856");
    let mapping = mapping(map, &grammar);
    let wire = format!("ST*856*0001~{wire}~SE*9*0001~");
    let cuts = Cuts::new(wire.as_bytes(), Syntax::X12, Delimiters::X12);
    let mut checked = Checked::default();
    grammar.check(cuts.set(), Strictness::default(), &mut checked);
    let reading = mapping.read(cuts.set(), &checked, Detail::LEDGER);
    let document = document.replace('\'', "\"").replacen('{', "{\"kind\":\"ship_notice\",", 1);
    let expected: serde_json::Value = serde_json::from_str(&document).expect("JSON");
    assert_eq!(serde_json::to_value(&reading.document).expect("JSON"), expected);
    assert_eq!(reading.coverage.unmapped, vec![]);
    let writing = mapping.write(&reading.document, Form::X12);
    assert_eq!(String::from_utf8_lossy(&writing.body.bytes), back);
    assert_eq!((writing.lost, writing.missing), (vec![], vec![]));
    assert!(law_2(&mapping, &grammar, cuts.set()).is_ok());
    let own = Canonical::from_json(reading.document.to_json().as_bytes()).expect("our own JSON");
    assert_eq!(law_1(&mapping, &grammar, &own), Ok(()));
}
