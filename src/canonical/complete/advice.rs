//! What an application advice is about: one document or several, and what was decided of them.

use super::{at, items, put, put_new, record_at, records_mut, text};
use crate::canonical::{Record, Value};

/// Decisions by what they mean for the sender, the worst last.
const DECISIONS: [&str; 4] = ["accepted", "accepted_with_changes", "accepted_with_errors", "rejected"];

const PURPOSES: [(&str, &str); 3] =
    [("not_accepted", "rejected"), ("accepted", "accepted"), ("accepted_with_changes", "accepted_with_changes")];

const TYPES: [(&str, &str); 2] = [("application_error", "rejected"), ("acknowledgement", "accepted")];

/// References that name a document when nothing else does.
const NAMED: [&str; 6] = ["previous_message", "order", "invoice", "despatch_advice", "order_change", "contract"];

/// `concerns` is the first of `documents`, `decision` the worst of theirs, and every error belongs to one of them.
pub(super) fn complete(fields: &mut Record<'_>) {
    if items(fields, "documents").is_empty() {
        let mut only = match at(fields, "concerns") {
            // What only follows from a reference names no document of its own.
            Some(Value::Record(said)) if *said != concerns(fields, Record::default()) => said.clone(),
            _ => Record::default(),
        };
        put_new(&mut only, "decision", at(fields, "decision").cloned());
        if !only.is_empty() || !items(fields, "errors").is_empty() {
            put(fields, "documents", Value::List(vec![Value::Record(only)]));
        }
    }
    let mut position = 0;
    for document in records_mut(fields, "documents") {
        position += 1;
        put_new(document, "position", Some(text(&position.to_string())));
    }
    let first = items(fields, "documents").first().and_then(Value::as_record).cloned();
    let first = first.unwrap_or_default();
    records_mut(fields, "errors").for_each(|error| put_new(error, "document", at(&first, "position").cloned()));
    put_new(fields, "decision", worst(fields).or_else(|| said(fields)));
    if at(fields, "concerns").is_none() {
        let concerns = concerns(fields, first);
        if !concerns.is_empty() {
            put(fields, "concerns", Value::Record(concerns));
        }
    }
}

/// What only EDIFACT says in the head: the purpose carries the decision, a reference the number.
pub(super) fn spread(fields: &mut Record<'_>) {
    let purpose = PURPOSES.iter().find(|(_, decision)| fields.text("decision").is_some_and(|text| text == *decision));
    put_new(fields, "purpose", purpose.map(|(purpose, _)| text(purpose)));
    let names_none = concerns(fields, Record::default()).is_empty();
    let number = items(fields, "documents").first().and_then(|first| at(first.as_record()?, "number")).cloned();
    if let (true, Some(number)) = (names_none, number) {
        let reference = super::record([("kind", text("previous_message")), ("value", number)]);
        put(fields, "references", Value::List(vec![Value::Record(reference)]));
    }
}

/// The decision that the purpose or the kind of an APERAK says.
fn said<'a>(fields: &Record<'a>) -> Option<Value<'a>> {
    let by_purpose = PURPOSES.iter().find(|(purpose, _)| fields.text("purpose") == Some(purpose));
    let by_type = TYPES.iter().find(|(kind, _)| fields.text("type") == Some(kind));
    by_purpose.or(by_type).map(|(_, decision)| text(decision))
}

/// Whether a field only repeats what the advice says elsewhere.
pub(super) fn is_derived(fields: &Record<'_>, path: &str, bare: &str) -> bool {
    match bare {
        "documents.position" | "errors.document" => true,
        "decision" if said(fields).as_ref() == at(fields, "decision") => true,
        "decision" => items(fields, "documents").iter().any(|document| {
            document.as_record().is_some_and(|document| document.text("decision") == fields.text("decision"))
        }),
        "references.kind" | "references.value" => {
            let first = items(fields, "documents").first().and_then(Value::as_record);
            let named = items(fields, "references").first().and_then(Value::as_record);
            first.zip(named).is_some_and(|(first, named)| {
                named.text("kind") == Some("previous_message") && named.text("value") == first.text("number")
            })
        }
        "documents.decision" => {
            let one = items(fields, "documents").len() == 1;
            one && record_at(fields, path).is_some_and(|only| only.text("decision") == fields.text("decision"))
        }
        _ => false,
    }
}

/// The first document without what names it in the list; where it has no number, what the advice refers to.
fn concerns<'a>(fields: &Record<'a>, mut first: Record<'a>) -> Record<'a> {
    for field in ["position", "decision"] {
        super::take(&mut first, field);
    }
    if at(&first, "number").is_none() {
        let named = NAMED.iter().find_map(|kind| {
            let mut references = items(fields, "references").iter().filter_map(Value::as_record);
            Some((kind, references.find(|reference| reference.text("kind") == Some(kind))?))
        });
        if let Some((kind, reference)) = named {
            put_new(&mut first, "number", at(reference, "value").cloned());
            put_new(&mut first, "reference_kind", Some(text(kind)));
        }
    }
    first
}

/// The worst decision, in the words of the document that has it.
fn worst<'a>(fields: &Record<'a>) -> Option<Value<'a>> {
    let rank = |decision: &str| DECISIONS.iter().position(|known| decision.ends_with(known));
    let documents = items(fields, "documents").iter().filter_map(Value::as_record);
    let decisions = documents.filter_map(|document| at(document, "decision"));
    decisions.max_by_key(|decision| decision.as_text().and_then(rank)).cloned()
}

#[cfg(test)]
mod tests {
    use crate::canonical::Canonical;

    #[test]
    fn one_document_or_several() {
        check(
            r#""concerns":{"number":"1"},"decision":"rejected","errors":[{"code":"024"}]"#,
            r#"[{"position":"1","number":"1","decision":"rejected"}]"#,
            r#"{"number":"1"}"#,
            "rejected",
        );
        check(
            r#""documents":[{"number":"1","decision":"item_accepted"},{"number":"2","decision":"item_rejected"}]"#,
            r#"[{"position":"1","number":"1","decision":"item_accepted"},{"position":"2","number":"2","decision":"item_rejected"}]"#,
            r#"{"number":"1"}"#,
            "item_rejected",
        );
        check(
            r#""decision":"accepted","references":[{"kind":"order","value":"7"}]"#,
            r#"[{"position":"1","decision":"accepted"}]"#,
            r#"{"number":"7","reference_kind":"order"}"#,
            "accepted",
        );
    }

    fn check(members: &str, documents: &str, concerns: &str, decision: &str) {
        let json = format!(r#"{{"kind":"application_advice",{members}}}"#);
        let mut document = Canonical::from_json(json.as_bytes()).unwrap();
        document.complete();
        let once = document.clone();
        document.complete();
        assert_eq!(document, once);
        let tree: serde_json::Value = serde_json::from_str(&document.to_json()).unwrap();
        assert_eq!(tree["documents"], serde_json::from_str::<serde_json::Value>(documents).unwrap());
        assert_eq!(tree["concerns"], serde_json::from_str::<serde_json::Value>(concerns).unwrap());
        assert_eq!(tree["decision"], decision);
    }
}
