//! Stock by place: the wire has items with places, the document has places with items.

use super::{at, items, put, put_new, take, text};
use crate::canonical::{Record, Value};

/// Whose address says where stock lies when its line does not, the likeliest first.
const HOMES: [&str; 5] = ["warehouse", "ship_from", "inventory_controller", "store", "ship_to"];

type Place<'a> = (Option<Value<'a>>, Option<Value<'a>>);

/// Puts every line into its place; a place stands once.
pub(super) fn gather<'a>(fields: &mut Record<'a>) {
    put_new(fields, "as_of", at(fields, "date").cloned());
    let home = home(fields);
    let mut gathered: Vec<(Place<'a>, Record<'a>, Vec<Value<'a>>)> = Vec::new();
    let mut add = |place: Place<'a>, location: Record<'a>, lines: Vec<Value<'a>>| {
        let place = if place.0.is_none() { home.clone() } else { with_scheme(place) };
        let known = gathered.iter().position(|(other, ..)| *other == place).unwrap_or_else(|| {
            gathered.push((place.clone(), location, Vec::new()));
            gathered.len() - 1
        });
        gathered[known].2.extend(lines);
    };
    if let Some(Value::List(locations)) = take(fields, "locations") {
        for location in locations {
            let Value::Record(mut location) = location else { continue };
            let lines = take(&mut location, "lines");
            let place = (at(&location, "id").cloned(), at(&location, "scheme").cloned());
            add(place, location, if let Some(Value::List(lines)) = lines { lines } else { Vec::new() });
        }
    }
    if let Some(Value::List(lines)) = take(fields, "lines") {
        for (place, name, mut line) in lines.into_iter().flat_map(placed) {
            let price = first_price(&line);
            put_new(&mut line, "price", price);
            let mut location = Record::default();
            put_new(&mut location, "name", name);
            add(place, location, vec![Value::Record(line)]);
        }
    }
    let locations: Vec<Value<'a>> = gathered
        .into_iter()
        .map(|((id, scheme), mut location, lines)| {
            put_new(&mut location, "id", id);
            put_new(&mut location, "scheme", scheme);
            if !lines.is_empty() {
                put(&mut location, "lines", Value::List(lines));
            }
            Value::Record(location)
        })
        .collect();
    if !locations.is_empty() {
        put(fields, "locations", Value::List(locations));
    }
}

/// Lines as the wire has them, each with its place unless that is the document's own.
pub(super) fn spread(fields: &mut Record<'_>) {
    if at(fields, "as_of") == at(fields, "date") && at(fields, "as_of_time").is_none() {
        take(fields, "as_of");
    }
    let home = home(fields);
    let (mut lines, mut left) = (Vec::new(), Vec::new());
    let Some(Value::List(locations)) = take(fields, "locations") else { return };
    for location in locations {
        let Value::Record(mut location) = location else { continue };
        let inner = take(&mut location, "lines");
        let place = (take(&mut location, "id"), take(&mut location, "scheme"));
        let name = take(&mut location, "name");
        for line in if let Some(Value::List(inner)) = inner { inner } else { Vec::new() } {
            let Value::Record(mut line) = line else { continue };
            if first_price(&line).is_some_and(|price| at(&line, "price") == Some(&price)) {
                take(&mut line, "price");
            }
            if place != home {
                put_new(&mut line, "location", place.0.clone());
                put_new(&mut line, "location_scheme", place.1.clone());
                put_new(&mut line, "location_name", name.clone());
            }
            lines.push(Value::Record(line));
        }
        if !location.is_empty() {
            left.push(Value::Record(location));
        }
    }
    put(fields, "lines", Value::List(lines));
    if !left.is_empty() {
        put(fields, "locations", Value::List(left));
    }
}

fn first_price<'a>(line: &Record<'a>) -> Option<Value<'a>> {
    at(items(line, "prices").first()?.as_record()?, "price").cloned()
}

/// Where everything lies that names no place: the address of the first party that keeps stock.
fn home<'a>(fields: &Record<'a>) -> Place<'a> {
    let party = HOMES.iter().find_map(|role| {
        let parties = items(fields, "parties").iter().filter_map(Value::as_record);
        parties.into_iter().find(|party| party.text("role") == Some(role) && !items(party, "ids").is_empty())
    });
    let id = party.and_then(|party| items(party, "ids").first()?.as_record());
    with_scheme((id.and_then(|id| at(id, "id").cloned()), id.and_then(|id| at(id, "scheme").cloned())))
}

/// A place with a number has a scheme on the wire.
fn with_scheme<'a>((id, scheme): Place<'a>) -> Place<'a> {
    let scheme = scheme.or_else(|| id.is_some().then(|| text("mutual")));
    (id, scheme)
}

/// A line of the wire as one line for each place that its quantities name.
fn placed(line: Value<'_>) -> Vec<(Place<'_>, Option<Value<'_>>, Record<'_>)> {
    let Value::Record(mut line) = line else { return Vec::new() };
    let own = (take(&mut line, "location"), take(&mut line, "location_scheme"));
    let name = take(&mut line, "location_name");
    let Some(Value::List(quantities)) = take(&mut line, "quantities") else { return vec![(own, name, line)] };
    let mut parts: Vec<(Place<'_>, Vec<Value<'_>>)> = Vec::new();
    for quantity in quantities {
        let Value::Record(mut quantity) = quantity else { continue };
        let there = (take(&mut quantity, "location"), take(&mut quantity, "location_scheme"));
        let place = if there.0.is_some() { there } else { own.clone() };
        match parts.iter_mut().find(|(other, _)| *other == place) {
            Some((_, quantities)) => quantities.push(Value::Record(quantity)),
            None => parts.push((place, vec![Value::Record(quantity)])),
        }
    }
    parts
        .into_iter()
        .map(|(place, quantities)| {
            let mut line = line.clone();
            put(&mut line, "quantities", Value::List(quantities));
            let name = name.clone().filter(|_| place == own);
            (place, name, line)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::canonical::Canonical;

    #[test]
    fn items_with_places_become_places_with_items() {
        let home = r#""parties":[{"role":"warehouse","ids":[{"scheme":"gln","id":"W"}]}]"#;
        check(
            &format!(r#"{home},"lines":[{{"number":"1","quantities":[{{"quantity":"5"}}]}}]"#),
            r#"[{"id":"W","scheme":"gln","lines":[{"number":"1","quantities":[{"quantity":"5"}]}]}]"#,
        );
        check(
            r#""lines":[{"number":"1","quantities":[{"quantity":"5","location":"A"},{"quantity":"6","location":"B"}]},{"number":"2","location":"A"}]"#,
            r#"[{"id":"A","scheme":"mutual","lines":[{"number":"1","quantities":[{"quantity":"5"}]},{"number":"2"}]},{"id":"B","scheme":"mutual","lines":[{"number":"1","quantities":[{"quantity":"6"}]}]}]"#,
        );
        check(
            &format!(
                r#"{home},"locations":[{{"lines":[{{"number":"1"}}]}},{{"id":"W","scheme":"gln","lines":[{{"number":"2"}}]}}]"#
            ),
            r#"[{"id":"W","scheme":"gln","lines":[{"number":"1"},{"number":"2"}]}]"#,
        );
    }

    /// Gathering twice is gathering once, and spreading is undone by gathering.
    fn check(members: &str, locations: &str) {
        let json = format!(r#"{{"kind":"inventory_advice",{members}}}"#);
        let mut document = Canonical::from_json(json.as_bytes()).unwrap();
        document.complete();
        let tree: serde_json::Value = serde_json::from_str(&document.to_json()).unwrap();
        assert_eq!(tree["locations"], serde_json::from_str::<serde_json::Value>(locations).unwrap());
        let once = document.clone();
        document.complete();
        assert_eq!(document, once);
        document.spread();
        document.complete();
        assert_eq!(document, once);
    }
}
