//! What was decided of a line, where one standard says in the line what another says in the decision.

use super::{at, items, put, put_new, record_at, records_mut, take};
use crate::canonical::{Name, Record, Value};

/// A date alone belongs to the first decision without one; a changed price is the line's.
pub(super) fn complete(fields: &mut Record<'_>) {
    for line in records_mut(fields, "lines") {
        join_dates(line);
        let price = at(line, "price").cloned();
        let changed = |decision: &Record<'_>| decision.text("kind") == Some("price_changed");
        let decided = items(line, "decisions").iter().find_map(|decision| {
            let decision = decision.as_record().filter(|decision| changed(decision))?;
            at(decision, "price").cloned()
        });
        put_new(line, "price", decided);
        records_mut(line, "decisions")
            .filter(|decision| changed(decision))
            .for_each(|decision| put_new(decision, "price", price.clone()));
    }
}

/// EDIFACT has a qualifier for the day goods are promised to leave (79), and none for the day that is scheduled for it.
pub(super) fn mark(fields: &mut Record<'_>) {
    for line in records_mut(fields, "lines") {
        for decision in records_mut(line, "decisions") {
            if decision.text("date_kind") == Some("ship_scheduled") {
                put(decision, "date_kind", Value::Text("ship_promised".into()));
            }
        }
    }
}

/// Whether a field only repeats what the line says.
pub(super) fn is_derived(fields: &Record<'_>, path: &str, bare: &str) -> bool {
    let decision = record_at(fields, path);
    let line = path.rsplit_once('.').and_then(|(decision, _)| record_at(fields, decision));
    bare == "lines.decisions.price"
        && decision.zip(line).is_some_and(|(decision, line)| at(decision, "price") == at(line, "price"))
}

fn join_dates(line: &mut Record<'_>) {
    let Some(Value::List(decisions)) = take(line, "decisions") else { return };
    let mut joined: Vec<Value<'_>> = Vec::with_capacity(decisions.len());
    for decision in decisions {
        let date_only = decision.as_record().filter(|record| {
            record.fields.iter().all(|(name, _)| matches!(name.as_str(), "date" | "date_kind"))
                && at(record, "date").is_some()
        });
        let undated = joined.iter_mut().filter_map(Value::as_record_mut).find(|other| at(other, "date").is_none());
        match (date_only, undated) {
            (Some(date), Some(other)) => {
                for field in ["date", "date_kind"] {
                    put_new(other, field, at(date, field).cloned());
                }
            }
            _ => joined.push(decision),
        }
    }
    if let Some(name) = Name::of("decisions") {
        line.insert(name, Value::List(joined));
    }
}

#[cfg(test)]
mod tests {
    use crate::canonical::Canonical;

    #[test]
    fn dates_and_prices_of_decisions() {
        check(
            r#"[{"decisions":[{"kind":"accepted"},{"kind":"backordered"},{"date_kind":"a","date":"2026-01-02"}]}]"#,
            r#"[{"decisions":[{"kind":"accepted","date":"2026-01-02","date_kind":"a"},{"kind":"backordered"}]}]"#,
        );
        check(
            r#"[{"price":"5","decisions":[{"kind":"price_changed"}]}]"#,
            r#"[{"price":"5","decisions":[{"kind":"price_changed","price":"5"}]}]"#,
        );
    }

    fn check(said: &str, complete: &str) {
        let read = |lines: &str| {
            Canonical::from_json(format!(r#"{{"kind":"order_response","lines":{lines}}}"#).as_bytes()).unwrap()
        };
        let mut document = read(said);
        document.complete();
        assert_eq!(document.to_json(), read(complete).to_json());
        let once = document.clone();
        document.complete();
        assert_eq!(document, once);
    }
}
