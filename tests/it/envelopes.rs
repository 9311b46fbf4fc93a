//! Each element of each service segment wrong in turn: it is told at the element, and the answer is valid or a person has it.

use std::fmt::Write as _;
use std::io;

use entrepot::catalogue::Catalogue;
use entrepot::finding::Finding;
use entrepot::grammar::{Checked, Strictness};
use entrepot::journey::answer::{Answering, Answers, Wanted};
use entrepot::journey::examine::{Audience, Examined, Examiner};
use entrepot::wire::{Group, Interchange, Repair, SetHeader, TransactionSet};

use crate::variants::{Plain, samples};

const SERVICE: [&str; 12] = ["ISA", "GS", "ST", "SE", "GE", "IEA", "UNB", "UNG", "UNH", "UNT", "UNE", "UNZ"];

/// What may stand where anything may: ISA02 and ISA04, and the separator of components.
const FREE: [(&str, usize); 3] = [("ISA", 2), ("ISA", 4), ("ISA", 16)];

#[test]
fn every_wrong_element_of_an_envelope_is_told_and_answered_validly() {
    let catalogue = Catalogue::embedded();
    let (mut wrong, mut tried) = (String::new(), 0);
    // One sample of each kind: they differ in what is inside.
    let mut kinds = std::collections::BTreeSet::new();
    let folder = |name: &str| name.rsplit_once('/').map_or(name, |(folder, _)| folder).to_owned();
    for (name, bytes) in samples().into_iter().filter(|(name, _)| kinds.insert(folder(name))) {
        let Some(plain) = Plain::of(&bytes).map(asking) else { continue };
        for plain in [in_group(&plain), Some(plain)].into_iter().flatten() {
            for at in (0..plain.segments.len()).filter(|&at| SERVICE.contains(&&*plain.segments[at][0])) {
                for element in 1..plain.segments[at].len() {
                    let given = plain.segments[at][element].clone();
                    let parts: Vec<&str> = given.split(plain.delimiters[1]).collect();
                    let count = if plain.is_x12 { 1 } else { parts.len() };
                    for component in 0..count {
                        let part = if plain.is_x12 { given.as_str() } else { parts[component] };
                        for (fault, value) in faults(part) {
                            let mut broken = plain.clone();
                            let mut changed: Vec<String> = parts.iter().map(|&it| it.to_owned()).collect();
                            match plain.is_x12 {
                                true => changed = vec![value.clone()],
                                false => changed[component].clone_from(&value),
                            }
                            broken.segments[at][element] = changed.join(&plain.delimiters[1].to_string());
                            let text = broken.written(&plain.delimiters, "");
                            let tag = plain.segments[at][0].as_str();
                            tried += 1;
                            for why in wrongs(&catalogue, &text, (tag, element), fault) {
                                let _ = writeln!(
                                    wrong,
                                    "{name}: {tag}{element:02}-{} {fault} {value:?}: {why}",
                                    component + 1
                                );
                            }
                        }
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", &wrong[..wrong.len().min(6_000)]);
    assert!(tried > 2_000, "only {tried} faults were tried");
}

/// C040 has the same conditions in both releases.
#[test]
fn a_reference_within_a_reference_comes_in_pairs() {
    let catalogue = Catalogue::embedded();
    for release in ["004010", "005010"] {
        for (c040, is_whole) in [("IA>1>VR>2", true), ("IA>1>VR", false), ("IA>1>VR>2>>3", false)] {
            let text = format!(
                "ISA*00*          *00*          *ZZ*ACME           *ZZ*US             *260102*1200*U*00401*000000001*0*P*>~\
                 GS*PO*ACME*US*20260102*1200*7*X*{release}~ST*850*0001~BEG*00*SA*1**20260102~REF*ZZ*1**{c040}~\
                 PO1*1*1*EA*1**VN*X~CTT*1~SE*6*0001~GE*1*7~IEA*1*000000001~"
            );
            let told = read(&catalogue, text.as_bytes());
            let missing =
                told.iter().any(|it| it.fault.name() == "missing-conditional-element" && &*it.place.tag == "REF");
            assert_eq!(missing, !is_whole, "{release} {c040}: {told:?}");
        }
    }
}

fn faults(given: &str) -> Vec<(&'static str, String)> {
    let mut faults = vec![
        ("empty", String::new()),
        ("too long", "X".repeat(60)),
        ("too many digits", "9".repeat(60)),
        ("short", given.chars().take(1).collect()),
        ("letters", "A1".to_owned()),
        ("unknown", "ZQZQ".chars().cycle().take(given.len()).collect()),
    ];
    // In a header of fixed widths.
    faults.push(("blank", " ".repeat(given.len())));
    faults
}

/// What is not as it should be with one fault.
fn wrongs(catalogue: &Catalogue, text: &[u8], (tag, element): (&str, usize), fault: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let told = read(catalogue, text);
    let is_told = told.iter().any(|found| {
        let place = &found.place;
        &*place.tag == tag && place.element.is_none_or(|at| usize::from(at) == element)
    });
    if matches!(fault, "too long" | "too many digits") && !FREE.contains(&(tag, element)) && !is_told {
        wrong.push(format!("is not told: {:?}", told.iter().map(Finding::message).collect::<Vec<_>>()));
    }
    let Answers { bytes, untold, rejected, .. } = answers(catalogue, text);
    if bytes.is_empty() && untold.is_empty() {
        wrong.push("nobody hears of it".to_owned());
    }
    let errors: Vec<String> = read(catalogue, &bytes).iter().filter(|it| it.is_error()).map(Finding::message).collect();
    if !errors.is_empty() {
        wrong.push(format!("{} answers with {errors:?}", String::from_utf8_lossy(&bytes)));
    }
    let segments: Vec<String> = String::from_utf8_lossy(&bytes).split(['~', '\'']).map(str::to_owned).collect();
    let refuses = |segment: &String| {
        let parts: Vec<&str> = segment.split(['*', '+']).collect();
        match parts[0] {
            "TA1" => parts[4] == "R",
            "AK9" => matches!(parts[1], "R" | "P"),
            "UCI" | "UCF" => parts[4] == "4",
            "UCM" => parts[3] == "4",
            _ => false,
        }
    };
    if rejected != (segments.iter().any(refuses) || !untold.is_empty()) {
        wrong.push(format!("rejected: {rejected}, and the answer says {segments:?}"));
    }
    wrong
}

fn answers(catalogue: &Catalogue, text: &[u8]) -> Answers {
    let at = jiff::civil::datetime(2026, 11, 2, 9, 30, 0, 0);
    let mut answering = Answering::new(catalogue, Wanted::Usual, at);
    Examiner::new(catalogue).segments(None, text, &mut answering).expect("memory can be read");
    answering.finish()
}

fn read(catalogue: &Catalogue, text: &[u8]) -> Vec<Finding> {
    let mut told = Told { catalogue, findings: Vec::new() };
    Examiner::new(catalogue).segments(None, text, &mut told).expect("memory can be read");
    told.findings
}

/// All that is said of a file.
struct Told<'c> {
    catalogue: &'c Catalogue,
    findings: Vec<Finding>,
}

impl Audience for Told<'_> {
    fn interchange(&mut self, _part: Option<&str>, interchange: &Interchange) -> io::Result<()> {
        self.findings.extend(interchange.findings.clone());
        Ok(())
    }

    fn acknowledgement(&mut self, ta1: TransactionSet<'_>) -> io::Result<()> {
        let address = "x12/control/TA1".parse().expect("an address");
        let grammar = self.catalogue.grammars.grammar(&address).expect("an embedded grammar");
        let mut checked = Checked::default();
        grammar.check(ta1, Strictness { codes: true, ..Strictness::default() }, &mut checked);
        self.findings.append(&mut checked.findings);
        Ok(())
    }

    fn group(&mut self, group: &Group) -> io::Result<()> {
        self.findings.extend(group.findings.clone());
        Ok(())
    }

    fn set(&mut self, _header: &SetHeader, _set: TransactionSet<'_>, examined: &Examined<'_>) -> io::Result<()> {
        self.findings.extend(examined.findings.clone());
        Ok(())
    }

    fn group_closed(&mut self, _sets: u64, findings: &[Finding]) -> io::Result<()> {
        self.findings.extend(findings.to_vec());
        Ok(())
    }

    fn interchange_closed(&mut self, _groups: u64, findings: &[Finding], _repairs: &[Repair]) -> io::Result<()> {
        self.findings.extend(findings.to_vec());
        Ok(())
    }
}

/// The same interchange, asking for a TA1.
fn asking(mut plain: Plain) -> Plain {
    if plain.is_x12 {
        plain.segments[0][14] = "1".to_owned();
    }
    plain
}

/// An EDIFACT interchange with its messages in a group.
fn in_group(plain: &Plain) -> Option<Plain> {
    let messages = plain.segments.iter().filter(|it| it[0] == "UNH").count();
    if plain.is_x12 || messages == 0 || plain.segments.iter().any(|it| it[0] == "UNG") {
        return None;
    }
    let segment = |text: &str| text.split('+').map(str::to_owned).collect::<Vec<String>>();
    let mut grouped = plain.clone();
    grouped.segments.insert(1, segment("UNG+ORDERS+ACME:14+US:14+261102:0930+7+UN+D:96A"));
    let last = grouped.segments.len() - 1;
    grouped.segments.insert(last, segment(&format!("UNE+{messages}+7")));
    grouped.segments[last + 1][1] = "1".to_owned();
    Some(grouped)
}
