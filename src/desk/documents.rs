//! `documents`: what the gateway has seen, found by any of its numbers.

use std::io::Write;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::command::{DocumentsVerb, Format};
use super::notepad::Notepad;
use super::outline::outline;
use super::output::{Answer, ERROR, FAINT, Failure, GOOD, Outcome, STRONG, WARNING, nothing};
use super::settings;
use crate::catalogue::Catalogue;
use crate::config::Settings;
use crate::finding::{Finding, Place};
use crate::journey::examine::trace;
use crate::journey::show;
use crate::partner::Direction;
use crate::store::{
    Access, Contents, Direction as Way, Document, DocumentId, DocumentState, Hold, Search, Subject, View,
};

pub fn run(verb: &DocumentsVerb, format: Format, settings: &Settings, catalogue: &Catalogue) -> Answer {
    settings::wait(async {
        let store = settings::store(settings, Access::Read).await?;
        let mut view = store.view().await.map_err(Failure::ours)?;
        let answer = answer(verb, format, &mut view, catalogue).await;
        drop(view);
        store.close().await;
        answer
    })
}

async fn answer(verb: &DocumentsVerb, format: Format, view: &mut View, catalogue: &Catalogue) -> Answer {
    match verb {
        DocumentsVerb::Find { number } => {
            let search = Search { number: Some(number.clone()), limit: 200, ..Search::default() };
            let found = view.find_documents(&search).await.map_err(Failure::ours)?;
            if found.is_empty() {
                return Err(Failure::usage(format!("no document has the number \"{number}\"")));
            }
            list(&found, format)
        }
        DocumentsVerb::List { most } => {
            let search = Search { limit: *most as usize, ..Search::default() };
            list(&view.find_documents(&search).await.map_err(Failure::ours)?, format)
        }
        DocumentsVerb::Show { id } => {
            let id: DocumentId = id.parse().map_err(|_| Failure::usage(format!("\"{id}\" is no document's id")))?;
            let document = view.document(id).await.map_err(Failure::usage)?;
            let contents = view.contents(id).await.map_err(Failure::ours)?;
            let origins = match &document.payload {
                Some(payload) => {
                    trace::provenance(catalogue, &document, view.payload(payload).await.map_err(Failure::ours)?)?
                }
                None => Vec::new(),
            };
            show(&document, &contents, &origins, format)
        }
        DocumentsVerb::Waiting => waiting(&view.waiting(200).await.map_err(Failure::ours)?, format, catalogue),
        DocumentsVerb::Held => held(&view.open_holds(200).await.map_err(Failure::ours)?, format),
    }
}

fn list(documents: &[Document], format: Format) -> Answer {
    nothing(documents.is_empty(), format, "no documents yet")?;
    let mut out = anstream::stdout().lock();
    for document in documents {
        match format {
            Format::Json => writeln!(out, "{}", show::document(document))?,
            Format::Human => writeln!(
                out,
                "{FAINT}{}{FAINT:#}  {:<3} {STRONG}{:<8}{STRONG:#} {:<16} {:<12} {}  {FAINT}{}{FAINT:#}",
                document.id,
                show::word(&document.direction),
                document.type_code,
                document.number.as_deref().unwrap_or("-"),
                document.partner.as_deref().unwrap_or("(nobody)"),
                state(document),
                document.created_at.strftime("%Y-%m-%d %H:%M:%S")
            )?,
        }
    }
    Ok(Outcome::Accepted)
}

fn show(document: &Document, contents: &Contents, origins: &[(String, Place)], format: Format) -> Answer {
    match format {
        Format::Json => {
            let mut all = show::document(document);
            all["canonical"] = parsed(contents.canonical.as_deref());
            all["findings"] = parsed(contents.findings.as_deref());
            all["coverage"] = parsed(contents.coverage.as_deref());
            all["provenance"] = origins
                .iter()
                .map(|(path, place)| (path.clone(), json!({"place": place.to_string(), "bytes": place.bytes})))
                .collect::<serde_json::Map<String, Value>>()
                .into();
            writeln!(anstream::stdout().lock(), "{all}")?;
        }
        Format::Human => tell(document, contents, origins)?,
    }
    Ok(Outcome::Accepted)
}

/// One document for people: what it is and what became of it, what is wrong with it, and what was understood, each line
/// with the segments it came from.
fn tell(document: &Document, contents: &Contents, origins: &[(String, Place)]) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    let number = document.number.as_deref().unwrap_or("-");
    let (way, partner) = match document.direction {
        Way::In => ("from", document.partner.as_deref().unwrap_or("nobody we know")),
        Way::Out => ("to", document.partner.as_deref().unwrap_or("nobody")),
    };
    writeln!(out, "{STRONG}{} {number}{STRONG:#} {way} {partner}  {}", document.type_code, state(document))?;
    let mut facts = show::document(document);
    let facts = facts.as_object_mut().expect("a record");
    // What the first line says, and what says nothing.
    for told in ["direction", "type", "number", "partner", "disposition", "state", "findings_count"] {
        facts.remove(told);
    }
    facts.retain(|_, value| *value != json!("none") && *value != json!(false));
    outline(&mut out, facts, 2, &[])?;
    let findings: Vec<Finding> = serde_json::from_value(parsed(contents.findings.as_deref())).unwrap_or_default();
    let mut notepad = Notepad::continued(&mut out);
    findings.iter().try_for_each(|found| notepad.tell("  ", found))?;
    if let Value::Object(canonical) = parsed(contents.canonical.as_deref()) {
        outline(&mut out, &canonical, 2, origins)?;
    }
    if let Ok(coverage) = serde_json::from_value(parsed(contents.coverage.as_deref())) {
        Notepad::continued(&mut out).coverage(&coverage)?;
    }
    Ok(())
}

/// A stored JSON text; null where there is none.
fn parsed(text: Option<&str>) -> Value {
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Value::Null)
}

fn held(holds: &[Hold], format: Format) -> Answer {
    let mut out = anstream::stdout().lock();
    nothing(holds.is_empty(), format, "nothing waits for a person")?;
    for hold in holds {
        match format {
            Format::Json => {
                let line = json!({
                    "id": hold.id.to_string(), "desk": hold.desk, "fault": hold.fault, "reason": hold.reason,
                    "partner": hold.partner, "subject": hold.subject.1, "told": hold.told,
                    "since": hold.created_at.to_string(),
                });
                writeln!(out, "{line}")?;
            }
            Format::Human => {
                writeln!(
                    out,
                    "{WARNING}{}{WARNING:#} {FAINT}{} since {}{FAINT:#}",
                    hold.fault,
                    hold.partner.as_deref().unwrap_or("(nobody)"),
                    hold.created_at.strftime("%Y-%m-%d %H:%M")
                )?;
                writeln!(out, "  {}", hold.reason)?;
                let next = match hold.subject.0 {
                    Subject::Document => "entrepot documents show",
                    Subject::Partner => "entrepot partner show",
                    Subject::Delivery => "when it is mended: entrepot resend",
                    _ => "when it is mended: entrepot replay",
                };
                match hold.fault.as_str() {
                    // What was sent, and that it may be sent again, is for the partner to say first.
                    "answer-overdue" => writeln!(out, "  {FAINT}entrepot deadlines; explain answer-overdue{FAINT:#}")?,
                    _ => writeln!(out, "  {FAINT}{next} {}{FAINT:#}", hold.subject.1)?,
                }
            }
        }
    }
    Ok(Outcome::Accepted)
}

fn waiting(documents: &[Document], format: Format, catalogue: &Catalogue) -> Answer {
    let mut out = anstream::stdout().lock();
    nothing(documents.is_empty(), format, "nothing waits to leave")?;
    for document in documents {
        let partner = document.partner.as_deref().unwrap_or_default();
        let agreed = catalogue.directory.partner(partner);
        let batch = agreed.and_then(|agreed| agreed.agreement(Direction::Outbound, &document.type_code)?.batch);
        let latest = batch.map(|batch| {
            let patience = SignedDuration::from_secs(i64::from(batch.wait_seconds) + 1);
            document.created_at.checked_add(patience).unwrap_or(jiff::Timestamp::MAX)
        });
        match format {
            Format::Json => {
                let mut shown = show::document(document);
                shown["leaves_by"] = latest.map(|latest| latest.to_string()).into();
                writeln!(out, "{shown}")?;
            }
            Format::Human => writeln!(
                out,
                "{FAINT}{}{FAINT:#}  {STRONG}{:<8}{STRONG:#} {:<16} {partner:<12} since {}, leaves by {}",
                document.id,
                document.type_code,
                document.number.as_deref().unwrap_or("-"),
                document.created_at.strftime("%Y-%m-%d %H:%M:%S"),
                latest.map_or("its old time".into(), |latest| latest.strftime("%H:%M:%S").to_string()),
            )?,
        }
    }
    Ok(Outcome::Accepted)
}

fn state(document: &Document) -> String {
    let style = match document.state {
        DocumentState::Rejected => ERROR,
        DocumentState::Held => WARNING,
        DocumentState::Done | DocumentState::Ready => GOOD,
        _ => FAINT,
    };
    format!("{style}{:<10}{style:#} {}", show::word(&document.state), document.disposition)
}
