//! `documents`: what the gateway has seen, found by any of its numbers.

use std::io::Write;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::command::{DocumentsVerb, Format};
use super::envelope;
use super::notepad::Notepad;
use super::outline::outline;
use super::output::{Answer, ERROR, FAINT, Failure, GOOD, Outcome, STRONG, WARNING, nothing};
use super::settings;
use crate::catalogue::Catalogue;
use crate::config::Settings;
use crate::finding::{Finding, Place};
use crate::journey::examine::trace;
use crate::journey::show::{self, passage::Passage};
use crate::partner::Direction;
use crate::process::calendar::{said, said_exactly};
use crate::store::{
    Access, Answer as Answered, Contents, Delivery, DeliveryState, Direction as Way, Document, DocumentId,
    DocumentState, Hold, HoldState, Interchange, Search, Subject, Transmission, TransmissionState, View,
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
            let search = Search { number: Some(number.clone()), enclosed: true, limit: 200, ..Search::default() };
            let found = view.find_documents(&search).await.map_err(Failure::ours)?;
            if found.is_empty() {
                return Err(Failure::usage(format!("no document has the number \"{number}\"")));
            }
            list(view, &found, format).await
        }
        DocumentsVerb::List { most } => {
            let search = Search { limit: *most as usize, ..Search::default() };
            let found = view.find_documents(&search).await.map_err(Failure::ours)?;
            list(view, &found, format).await
        }
        DocumentsVerb::Show { id } => {
            // Lines of the log name interchanges too.
            if let Some(interchange) = enclosing(view, id).await? {
                return envelope::show(view, &interchange, format).await;
            }
            let document = named(view, id).await?;
            let contents = view.contents(document.id).await.map_err(Failure::ours)?;
            let passage = Passage::of(view, &document).await.map_err(Failure::ours)?;
            let origins = match &document.payload {
                Some(payload) => {
                    trace::provenance(catalogue, &document, view.payload(payload).await.map_err(Failure::ours)?)?
                }
                None => Vec::new(),
            };
            show(&document, &contents, &passage, &origins, format)
        }
        DocumentsVerb::Arrivals { most } => {
            arrivals(&view.latest_transmissions(None, *most as usize).await.map_err(Failure::ours)?, format)
        }
        DocumentsVerb::Waiting => waiting(&view.waiting(200).await.map_err(Failure::ours)?, format, catalogue),
        DocumentsVerb::Held => held(&view.open_holds(200).await.map_err(Failure::ours)?, format),
    }
}

/// The document of an id, or the only one of a number.
async fn named(view: &mut View, word: &str) -> Result<Document, Failure> {
    if let Ok(id) = word.parse::<DocumentId>() {
        return view.document(id).await.map_err(Failure::usage);
    }
    if let Some(id) = begun(view, word).await? {
        return view.document(id).await.map_err(Failure::usage);
    }
    let search = Search { number: Some(word.to_owned()), enclosed: true, limit: 100, ..Search::default() };
    let mut found = view.find_documents(&search).await.map_err(Failure::ours)?;
    // What people call it by goes before what envelopes count.
    if found.iter().any(|document| document.number.as_deref() == Some(word)) {
        found.retain(|document| document.number.as_deref() == Some(word));
    }
    match (found.pop(), found.is_empty()) {
        (Some(only), true) => Ok(only),
        (Some(_), false) => {
            let words =
                format!("several documents have the number \"{word}\": `entrepot documents find {word}` has their ids");
            Err(Failure::usage(words))
        }
        (None, _) => Err(Failure::usage(format!("no document has the id or number \"{word}\""))),
    }
}

/// The document whose id begins with six digits or more, where it is the only one.
pub(super) async fn begun(view: &mut View, word: &str) -> Result<Option<DocumentId>, Failure> {
    const DIGITS_MIN: usize = 6;
    let is_id = word.len() >= DIGITS_MIN && word.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    if !is_id {
        return Ok(None);
    }
    let found = view.documents_beginning(&word.to_ascii_lowercase()).await.map_err(Failure::ours)?;
    match found.as_slice() {
        [only] => Ok(Some(*only)),
        [_, _, ..] if word.contains('-') => {
            Err(Failure::usage(format!("the ids of several documents begin with {word}: write more of it")))
        }
        _ => Ok(None),
    }
}

/// The interchange of an id that is no document's.
async fn enclosing(view: &mut View, word: &str) -> Result<Option<Interchange>, Failure> {
    let (Ok(document), Ok(interchange)) = (word.parse::<DocumentId>(), word.parse()) else { return Ok(None) };
    if view.document(document).await.is_ok() {
        return Ok(None);
    }
    Ok(view.interchange(interchange).await.ok())
}

pub(super) async fn list(view: &mut View, documents: &[Document], format: Format) -> Answer {
    nothing(documents.is_empty(), format, "no documents yet")?;
    let ids: Vec<String> = documents.iter().map(|document| document.id.to_string()).collect();
    let waiting = view.parked_of(&ids.iter().map(String::as_str).collect::<Vec<_>>()).await.map_err(Failure::ours)?;
    let waits_of = |document: &Document| {
        let id = document.id.to_string();
        waiting.iter().filter(move |parked| parked.document.as_ref() == Some(&id)).collect::<Vec<_>>()
    };
    let mut out = anstream::stdout().lock();
    if format == Format::Human && !documents.is_empty() {
        let (id, disposition) = ("id", "as answered");
        writeln!(
            out,
            "{FAINT}{id:<36}  way type     number           partner      state      {disposition:<20} received (UTC){FAINT:#}"
        )?;
    }
    for document in documents {
        match format {
            Format::Json => {
                let mut shown = show::document(document);
                shown["waits"] = waits_of(document).into_iter().map(show::waits).collect();
                writeln!(out, "{shown}")?;
            }
            Format::Human => writeln!(
                out,
                "{FAINT}{}{FAINT:#}  {:<3} {STRONG}{:<8}{STRONG:#} {:<16} {:<12} {}  {FAINT}{}{FAINT:#}",
                document.id,
                show::word(&document.direction),
                document.type_code,
                document.number.as_deref().unwrap_or("-"),
                document.partner.as_deref().unwrap_or("(nobody)"),
                state(document),
                said_exactly(document.created_at)
            )?,
        }
        for parked in waits_of(document).into_iter().filter(|_| format == Format::Human) {
            writeln!(out, "  {WARNING}{}{WARNING:#}", show::waits_said(parked))?;
        }
    }
    Ok(Outcome::Accepted)
}

fn show(
    document: &Document,
    contents: &Contents,
    passage: &Passage,
    origins: &[(String, Place)],
    format: Format,
) -> Answer {
    match format {
        Format::Json => {
            let mut all = show::document(document);
            all["passage"] = passage.shown();
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
        Format::Human => tell(document, contents, passage, origins)?,
    }
    Ok(Outcome::Accepted)
}

/// One document for people: what it is and what became of it, what is wrong with it, and what was understood, each line
/// with the segments it came from.
fn tell(
    document: &Document,
    contents: &Contents,
    passage: &Passage,
    origins: &[(String, Place)],
) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    let number = document.number.as_deref().unwrap_or("-");
    let (way, partner) = match document.direction {
        Way::In => ("from", document.partner.as_deref().unwrap_or("nobody we know")),
        Way::Out => ("to", document.partner.as_deref().unwrap_or("nobody")),
    };
    writeln!(out, "{STRONG}{} {number}{STRONG:#} {way} {partner}  {}", document.type_code, state(document))?;
    passed(&mut out, passage)?;
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

/// How it came, what was answered, where it went and what holds it up, a line each.
fn passed(out: &mut dyn Write, passage: &Passage) -> std::io::Result<()> {
    let mut line = |what: &str, words: String| writeln!(out, "  {FAINT}{what:<11}{FAINT:#} {words}");
    if let Some(it) = &passage.arrival {
        let within = passage.control_number.as_ref().map(|number| format!(", in interchange {number}"));
        let (door, file, within) = (&it.door, &it.name, within.unwrap_or_default());
        line("came", format!("{} by {door} as {file}{within}", said_exactly(it.received_at)))?;
    }
    for again in &passage.repeats {
        let words =
            format!("{} by {} as {}, answered as before", said_exactly(again.received_at), again.door, again.name);
        line("came again", words)?;
    }
    for (reply, carried) in &passage.answers {
        let number = &reply.control_number;
        line("answered", format!("{} {}, in interchange {number}", reply.kind, reply.disposition))?;
        carried.iter().try_for_each(|delivery| line("", told(delivery)))?;
    }
    passage.deliveries.iter().try_for_each(|delivery| line("handed on", told(delivery)))?;
    for parked in &passage.waits {
        line("waits", format!("{WARNING}{}{WARNING:#}", show::waits_said(parked)))?;
    }
    for found in &passage.findings {
        let words = format!("{} ({})", found.message(), found.fault.name());
        line(
            "envelope",
            format!("{WARNING}{}{WARNING:#} {words}", if found.is_error() { "error" } else { "warning" }),
        )?;
    }
    for hold in &passage.holds {
        match hold.state {
            HoldState::Open => {
                line("held", format!("{WARNING}{}{WARNING:#} since {}", hold.fault, said_exactly(hold.created_at)))?;
                line("", hold.reason.clone())?;
                hold.complaints().try_for_each(|words| line("", format!("{ERROR}{words}{ERROR:#}")))?;
                line("", format!("{FAINT}{}{FAINT:#}", next(hold)))?;
            }
            HoldState::Released | HoldState::Closed => {
                let by = hold.closed_by.as_deref().map(|by| format!(" by {by}")).unwrap_or_default();
                line("was held", format!("{}: {}; {}{by}", hold.fault, hold.reason, show::word(&hold.state)))?;
            }
        }
    }
    Ok(())
}

/// A file that is owed to an outlet, or was taken by it.
fn told(delivery: &Delivery) -> String {
    let Delivery { outlet, file_name, reason, .. } = delivery;
    let why = reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    match delivery.state {
        DeliveryState::Delivered => format!("delivered to {outlet} as {file_name}"),
        state => format!("{WARNING}{}{WARNING:#} for {outlet} as {file_name}{why}", show::word(&state)),
    }
}

fn arrivals(arrivals: &[Transmission], format: Format) -> Answer {
    nothing(arrivals.is_empty(), format, "nothing has come yet")?;
    let mut out = anstream::stdout().lock();
    for it in arrivals {
        let shown = show::passage::arrival(it);
        match format {
            Format::Json => writeln!(out, "{shown}")?,
            Format::Human => {
                let counts = shown["counts"].as_object().into_iter().flatten();
                let counts: Vec<String> = counts
                    .map(|(name, count)| match (name.strip_suffix('s'), count) {
                        (Some(one), Value::Number(count)) if count.as_u64() == Some(1) => format!("1 {one}"),
                        _ => format!("{count} {name}"),
                    })
                    .collect();
                let style = if it.state == TransmissionState::Held { WARNING } else { FAINT };
                writeln!(
                    out,
                    "{FAINT}{}{FAINT:#}  {} {STRONG}{}{STRONG:#}  {} bytes  {style}{}{style:#}  {}",
                    said_exactly(it.received_at),
                    it.door,
                    it.name,
                    it.size,
                    show::word(&it.state),
                    counts.join(", ")
                )?;
            }
        }
    }
    Ok(Outcome::Accepted)
}

/// What to do about something held.
fn next(hold: &Hold) -> String {
    let subject = &hold.subject.1;
    match (hold.fault.as_str(), hold.subject.0) {
        // What was sent, and that it may be sent again, is for the partner to say first.
        ("answer-overdue", _) => "entrepot deadlines; entrepot explain answer-overdue".into(),
        // It was ours: reading it again would change nothing.
        ("rejected-by-partner", _) => {
            let partner = hold.partner.as_deref().unwrap_or("PARTNER");
            format!(
                "when it is put right: entrepot send {partner} CORRECTED.json; entrepot explain rejected-by-partner"
            )
        }
        ("accepted-with-errors", _) => "entrepot explain accepted-with-errors; never send it again".into(),
        (fault, Subject::Document) => format!("entrepot documents show {subject}; entrepot explain {fault}"),
        (fault, Subject::Partner) => format!("entrepot partner show {subject}; entrepot explain {fault}"),
        (_, Subject::Delivery) => format!("when it is mended: entrepot resend {subject}"),
        _ => format!("when it is mended: entrepot replay {subject}"),
    }
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
            Format::Json => writeln!(out, "{}", show::hold(hold))?,
            Format::Human => {
                writeln!(
                    out,
                    "{WARNING}{}{WARNING:#} {FAINT}{} since {}{FAINT:#}",
                    hold.fault,
                    hold.partner.as_deref().unwrap_or("(nobody)"),
                    said(hold.created_at)
                )?;
                writeln!(out, "  {}", hold.reason)?;
                hold.complaints().try_for_each(|words| writeln!(out, "    {ERROR}{words}{ERROR:#}"))?;
                writeln!(out, "  {FAINT}{}{FAINT:#}", next(hold))?;
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
                said_exactly(document.created_at),
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
    // What the partner said of what we sent goes before what we thought of it.
    let verdict = match (document.direction, document.functional) {
        (Way::Out, Answered::Rejected) => Some("rejected by partner"),
        (Way::Out, Answered::Partially) => Some("partly rejected"),
        (Way::Out, Answered::AcceptedWithErrors) => Some("accepted with errors"),
        (Way::Out, Answered::Overdue) => Some("answer overdue"),
        _ => None,
    };
    let word = show::word(&document.state);
    match verdict {
        Some(verdict) => format!("{style}{word:<10}{style:#} {WARNING}{verdict:<20}{WARNING:#}"),
        None => format!("{style}{word:<10}{style:#} {:<20}", document.disposition),
    }
}
