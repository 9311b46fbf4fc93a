//! The files of partners that a story's first sentences tell: what an administrator would write for them.

use std::fmt::Write as _;

use super::forms::Say;
use super::kinds::{KINDS, named};
use super::model::Sentence;
use crate::mapping;
use crate::store::Files;

/// Which end of the trade we are, as `given we are` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct We {
    pub sells: bool,
    pub name: String,
}

/// The standard and release of a partner's documents where it does not say.
const ADDRESS: &str = "x12/004010";

/// Who is told of in a story: ourselves and the partners, as files of a catalogue.
pub fn files<'s>(sentences: impl Iterator<Item = &'s Sentence>, maps: &mapping::Library) -> (We, Files) {
    let mut we = We { sells: true, name: "HOUSE".into() };
    let mut files = Files::new();
    for sentence in sentences {
        match sentence.say {
            Say::We => {
                let name = sentence.slot("NAME").unwrap_or("HOUSE").to_owned();
                we = We { sells: sentence.choice() != Some("buy"), name };
            }
            Say::Partner => {
                let Some(id) = sentence.slot("NAME") else { continue };
                files.insert(format!("partners/{id}.toml"), partner(id, sentence, maps));
            }
            _ => {}
        }
    }
    files.insert("partners/us.toml".into(), us(&we.name));
    (we, files)
}

/// A partner's name on the wire: X12 has room for fifteen characters.
pub fn wire_name(id: &str) -> String {
    id.chars().take(15).collect::<String>().to_uppercase()
}

fn us(name: &str) -> String {
    let id = wire_name(name);
    format!("name = \"{name}\"\n[x12]\nid = \"ZZ:{id}\"\n[edifact]\nid = \"{id}:ZZ\"\n")
}

fn partner(id: &str, sentence: &Sentence, maps: &mapping::Library) -> String {
    let name = wire_name(id);
    let address = sentence.slot("ADDRESS").unwrap_or(ADDRESS);
    let mut text = format!("name = \"{id}\"\n[x12]\nid = \"ZZ:{name}\"\n");
    if let Some(version) = address.strip_prefix("x12/").and_then(|release| release.get(..5)) {
        let _ = writeln!(text, "version = \"{version}\"");
    }
    let _ = writeln!(text, "[edifact]\nid = \"{name}:ZZ\"");
    let answers: Vec<&str> = sentence.slots("KIND").collect();
    let _ = writeln!(text, "[acknowledge]");
    if !answers.is_empty() {
        let functional = if answers.contains(&"999") {
            "999"
        } else if answers.contains(&"997") {
            "997"
        } else {
            "none"
        };
        let contrl = if answers.contains(&"CONTRL") { "result" } else { "none" };
        let ta1 = if answers.contains(&"TA1") { "always" } else { "on_request" };
        let expected = answers.iter().any(|kind| named(kind).is_some_and(|kind| kind.kind.is_none()));
        let hours = if expected { 24 } else { 0 };
        let _ = writeln!(
            text,
            "functional = \"{functional}\"\ncontrl = \"{contrl}\"\nta1 = \"{ta1}\"\nanswer_hours_max = {hours}"
        );
    }
    let (standard, release) = address.split_once('/').unwrap_or((address, ""));
    for kind in KINDS.iter().filter(|kind| kind.kind.is_some() && maps.contains(&format!("{address}/{}", kind.name))) {
        let _ = write!(text, "[outbound.{}]\n", kind.name);
        if standard != "ubl" && standard != "cii" {
            let _ = writeln!(text, "release = \"{release}\"");
        }
    }
    text
}
