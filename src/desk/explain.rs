//! `explain CODE`: what it means, what the partner was told, what to do next.

use std::io::Write;

use serde_json::json;

use super::command::Format;
use super::output::{Answer, FAINT, Failure, Outcome, STRONG};
use crate::daemon::api;
use crate::finding::{Fault, Held, explain, explain_foreign, explain_x12, spoken};
use crate::grammar::{self, en16931};
use crate::mapping;
use crate::mistake::{codes, nearest};
use crate::process::ExceptionKind;
use crate::process::exception::{Action, Means};
use crate::wire::envelope::RepairKind;

pub fn run(code: &[String], format: Format) -> Answer {
    let mut out = anstream::stdout().lock();
    if code.is_empty() {
        return list(&mut out, format);
    }
    let code = code.join(" ");
    let code = code.as_str();
    let mut answered = false;
    // A number alone says something at each level of an acknowledgement.
    let is_note = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_digit());
    let number = code.split_once([':', ' ']).filter(|(list, _)| list.eq_ignore_ascii_case("x12"));
    if let Some(number) = number.map(|(_, number)| number).or(is_note.then_some(code)) {
        for (level, told) in explain_x12(number) {
            answered = true;
            match format {
                Format::Human => writeln!(out, "{STRONG}{} {number}{STRONG:#} {told}", level.element())?,
                Format::Json => {
                    let (name, at) = (told.fault.name(), format!("{} {number}", level.element()));
                    writeln!(
                        out,
                        "{}",
                        json!({"code": name, "at": at, "meaning": told.meaning, "told": told.told, "next": told.next})
                    )?;
                }
            }
        }
    }
    if let Some(meaning) = en16931::meaning(code) {
        answered = true;
        let (of, next) = ("a rule of EN 16931-1", "The document must be corrected by its sender.");
        match format {
            Format::Human => writeln!(out, "{STRONG}{}{STRONG:#}, {of}\n  {meaning}\n  {next}", code.to_uppercase())?,
            Format::Json => {
                writeln!(out, "{}", json!({"code": code.to_uppercase(), "of": of, "meaning": meaning, "next": next}))?;
            }
        }
    }
    if let Some((_, meaning)) = RepairKind::TOLD.iter().find(|(word, _)| word.eq_ignore_ascii_case(code)) {
        answered = true;
        let next =
            "Nothing: it is a repair. An agreement can forbid it: [leniency] forbid_repairs in the partner's file.";
        match format {
            Format::Human => writeln!(out, "{STRONG}{code}{STRONG:#}, a repair of the bytes\n  {meaning}\n  {next}")?,
            Format::Json => {
                writeln!(out, "{}", json!({"code": code, "of": "repairs", "meaning": meaning, "next": next}))?;
            }
        }
    }
    if let Some(it) = spoken(code) {
        answered = true;
        let codes = it.codes();
        match format {
            Format::Human => {
                writeln!(out, "{STRONG}{}{STRONG:#}, of an acknowledgement\n  {}", it.name, it.meaning)?;
                for (code, told) in codes {
                    writeln!(
                        out,
                        "  {STRONG}{code:>4}{STRONG:#} {FAINT}{:<28}{FAINT:#} {}",
                        told.fault.name(),
                        told.meaning
                    )?;
                }
            }
            Format::Json => {
                let codes = codes
                    .iter()
                    .map(|(code, told)| json!({"code": code, "fault": told.fault.name(), "meaning": told.meaning}));
                let codes: Vec<_> = codes.collect();
                writeln!(
                    out,
                    "{}",
                    json!({"code": it.name, "of": "acknowledgements", "meaning": it.meaning, "codes": codes})
                )?;
            }
        }
    }
    if let Some(meaning) = explain_foreign(&as_element(code)) {
        answered = true;
        match format {
            Format::Human => writeln!(out, "{STRONG}{code}{STRONG:#}, of a partner's acknowledgement\n  {meaning}")?,
            Format::Json => {
                writeln!(out, "{}", json!({"code": code, "of": "a partner's acknowledgement", "meaning": meaning}))?;
            }
        }
    }
    if let Some(told) = explain(&as_element(code)) {
        answered = true;
        match format {
            Format::Human => writeln!(out, "{told}")?,
            Format::Json => {
                let answer =
                    json!({"code": told.fault.name(), "meaning": told.meaning, "told": told.told, "next": told.next});
                writeln!(out, "{answer}")?;
            }
        }
    }
    if let Some(held) = Held::named(code) {
        answered = true;
        match format {
            Format::Human => {
                writeln!(
                    out,
                    "{STRONG}{code}{STRONG:#}, a reason to wait for a person\n  {}\n  {}",
                    held.meaning, held.next
                )?;
            }
            Format::Json => {
                let answer = json!({"code": code, "of": "what is held", "meaning": held.meaning, "next": held.next});
                writeln!(out, "{answer}")?;
            }
        }
    }
    for (of, meaning, next) in rules(code) {
        answered = true;
        match format {
            Format::Human => writeln!(out, "{STRONG}{code}{STRONG:#}, {of}\n  {meaning}\n  {next}")?,
            Format::Json => writeln!(out, "{}", json!({"code": code, "of": of, "meaning": meaning, "next": next}))?,
        }
    }
    // One code may be told of several sorts of files.
    for (of, meaning) in mistakes(code) {
        answered = true;
        match format {
            Format::Human => writeln!(out, "{STRONG}{code}{STRONG:#}, a mistake in {of}\n  {meaning}")?,
            Format::Json => writeln!(out, "{}", json!({"code": code, "of": of, "meaning": meaning}))?,
        }
    }
    if let Some(code) = api::Code::ALL.iter().find(|known| known.as_str() == code) {
        answered = true;
        let (name, status) = (code.as_str(), code.status().as_u16());
        match format {
            Format::Human => {
                writeln!(out, "{STRONG}{name}{STRONG:#}, {status} of the API\n  {}\n  {}", code.title(), code.next())?;
            }
            Format::Json => {
                let answer = json!({"code": name, "of": "the API", "status": status, "meaning": code.title(), "next": code.next()});
                writeln!(out, "{answer}")?;
            }
        }
    }
    if let Some(kind) = ExceptionKind::of(code) {
        answered = true;
        match format {
            Format::Human => {
                writeln!(out, "{STRONG}{kind}{STRONG:#}, an exception at the {} desk", kind.queue())?;
                kind.actions().iter().try_for_each(|action| writeln!(out, "  {}", done_by(action)))?;
            }
            Format::Json => {
                let actions: Vec<String> = kind.actions().iter().map(done_by).collect();
                let answer =
                    json!({"code": kind.as_str(), "of": "exceptions", "desk": kind.queue().as_str(), "next": actions});
                writeln!(out, "{answer}")?;
            }
        }
    }
    if answered {
        return Ok(Outcome::Accepted);
    }
    let near = nearest(code, names());
    let hint = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
    Err(Failure::usage(format!("no code \"{code}\"{hint} (`entrepot explain` lists them)")))
}

/// Something that can be done about an exception, with the command that does it.
fn done_by(action: &Action) -> String {
    let verb = match action.means {
        Means::Approve => "approve",
        Means::PayReceived => "pay-received",
        Means::Reject => "reject",
        Means::Resolve => "resolve",
        Means::Elsewhere => return format!("{}, which has a command or document of its own", action.words),
    };
    format!("{}: entrepot exceptions {verb} NUMBER", action.words)
}

/// What a finding names as the rule that was broken, and what an overlay tolerates by a word of its own.
fn rules(code: &str) -> Vec<(&'static str, String, &'static str)> {
    let condition = grammar::condition(code).map(|words| {
        let next = "The finding says in which segment; `entrepot grammar explain 850/N1` shows the conditions of one.";
        ("a condition on the elements of a segment or composite, by their positions", words, next)
    });
    let count = grammar::overlay::Tolerated::meaning_of(code).map(|meaning| {
        let next = "Written in an overlay, as in: tolerate segment-count until 2027-03-31 because \"why\".";
        ("what an overlay can tolerate", meaning.to_owned(), next)
    });
    let required = code.strip_prefix("require ").map(|place| {
        let next = "Ask the partner to send it, or change the line: `entrepot map check` names the file.";
        ("a line of a map or overlay", format!("The document lacks {place}, which the line requires."), next)
    });
    [condition, count, required].into_iter().flatten().collect()
}

/// A wire code as people say it (`997:AK403:7`, `contrl:13`, `ta1:025`) by the element that it stands in.
fn as_element(code: &str) -> String {
    match code.split_once([':', ' ']) {
        Some((kind, rest)) => match kind.to_ascii_lowercase().as_str() {
            "997" | "999" => rest.to_owned(),
            "ta1" => format!("TA105:{rest}"),
            "contrl" => format!("0085:{rest}"),
            _ => code.to_owned(),
        },
        None => code.to_owned(),
    }
}

/// What a code means as a mistake in files that people write.
fn mistakes(code: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let of_maps = mapping::Code::named(code).map(|code| ("a map", code.explain()));
    let of_others = codes::meaning(code).map(|meaning| ("settings, partners, grammars or overlays", meaning));
    of_maps.into_iter().chain(of_others)
}

fn names() -> impl Iterator<Item = &'static str> {
    let of_maps = mapping::Code::ALL.iter().map(|code| code.name());
    Fault::ALL
        .iter()
        .map(|fault| fault.name())
        .chain(of_maps)
        .chain(codes::names())
        .chain(api::Code::ALL.iter().map(|code| code.as_str()))
        .chain(Held::ALL.iter().map(|held| held.word))
        .chain(ExceptionKind::ALL.iter().map(|kind| kind.as_str()))
        .chain(RepairKind::TOLD.iter().map(|(word, _)| *word))
        .chain(en16931::rules())
}

/// Every code, one a line: faults of documents, then mistakes in files.
fn list(out: &mut impl Write, format: Format) -> Answer {
    let mut line = |code: &str, of: &str, meaning: &str| match format {
        Format::Human => {
            let first = meaning.split_once(". ").map_or(meaning, |(first, _)| first).trim_end_matches('.');
            writeln!(out, "{STRONG}{code:<28}{STRONG:#} {FAINT}{first}{FAINT:#}")
        }
        Format::Json => writeln!(out, "{}", json!({"code": code, "of": of, "meaning": meaning})),
    };
    for fault in Fault::ALL {
        if let Some(told) = explain(fault.name()) {
            line(fault.name(), "a document", told.meaning)?;
        }
    }
    for (rule, meaning) in en16931::rules().filter_map(|rule| Some((rule, en16931::meaning(rule)?))) {
        line(rule, "a rule of EN 16931-1", &meaning)?;
    }
    for code in mapping::Code::ALL {
        line(code.name(), "a map", code.explain())?;
    }
    for (code, meaning) in codes::names().filter_map(|code| Some((code, codes::meaning(code)?))) {
        if mapping::Code::named(code).is_none() || format == Format::Json {
            line(code, "settings, partners, grammars or overlays", meaning)?;
        }
    }
    for code in api::Code::ALL {
        line(code.as_str(), "the API", code.title())?;
    }
    for held in Held::ALL {
        line(held.word, "what is held", held.meaning)?;
    }
    for (word, meaning) in RepairKind::TOLD {
        line(word, "repairs", meaning)?;
    }
    for kind in ExceptionKind::ALL {
        let usual = kind.actions().first().map_or("-", |action| action.words);
        line(kind.as_str(), "exceptions", &format!("at the {} desk, usually: {usual}", kind.queue()))?;
    }
    Ok(Outcome::Accepted)
}
