//! What happened, as other systems are told of it: a CloudEvent (CNCF CloudEvents 1.0, structured JSON).
//!
//! It is made from what is kept and from nothing else, so that the same event is the same bytes whenever it is asked for.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// Every type of event without the house, by what it is about; and what is said with it beside `id`, `actor` and
/// `partner`. The data of all events about one noun has one schema, under the name that their `dataschema` has.
pub const NOUNS: &[Noun] = &[
    Noun {
        name: "document",
        types: &[
            "received",
            "validated",
            "rejected",
            "duplicate",
            "parked",
            "applied",
            "refused",
            "conflict",
            "waiting",
            "issued",
            "sent",
            "failed",
            "acknowledged",
            "overdue",
            "resent",
        ],
        says: &[
            ("direction", "in or out"),
            ("kind", "order, invoice, ..."),
            ("type", "850, ORDERS, Invoice"),
            ("number", "the business number"),
            ("control_number", "as it stands in the envelope"),
            ("disposition", "what its sender was told"),
        ],
    },
    Noun {
        name: "order",
        types: &["received", "held", "released", "acknowledged", "change.requested", "changed", "cancelled", "closed"],
        says: &[("order", "the order's number"), ("state", "as it stands now"), ("hold", "what holds it")],
    },
    Noun {
        name: "shipment",
        types: &["confirmed", "advised", "parked"],
        says: &[("order", "the order's number"), ("awaits", "what it waits for, where it came early")],
    },
    Noun { name: "receipt", types: &["posted", "advised"], says: &[("order", "the order's number")] },
    Noun {
        name: "invoice",
        types: &["received", "matched", "held", "approved", "issued", "disputed"],
        says: &[("order", "the order's number")],
    },
    Noun {
        name: "payment",
        types: &["received", "remitted", "returned"],
        says: &[("amount", "what moved, as a decimal")],
    },
    Noun {
        name: "remittance",
        types: &["received", "applied", "partially_applied", "unapplied", "reversed"],
        says: &[("amount", "of the payment, as a decimal"), ("unapplied", "what of it is on no item, as a decimal")],
    },
    Noun {
        name: "deduction",
        types: &["opened", "resolved", "reopened"],
        says: &[
            ("amount", "as a decimal"),
            ("invoice", "what it was kept back from"),
            ("reason", "why, as the customer coded it"),
            ("desk", "who deals with it"),
        ],
    },
    Noun { name: "inventory", types: &["advised"], says: &[] },
    Noun {
        name: "exception",
        types: &["opened", "assigned", "breached", "resolved"],
        says: &[
            ("work", "what a ruling takes: a case's number, or the id of what is held"),
            ("queue", "the desk"),
            ("kind", "what is the matter, as a word"),
            ("words", "what is the matter, in words"),
            ("order", "the order's number"),
            ("line", "its line"),
            ("money", "at stake, as a decimal"),
            ("owner", "who has it"),
        ],
    },
    Noun {
        name: "mapping",
        types: &["activated"],
        says: &[
            ("file", "its place in the catalogue"),
            ("sha256", "of its text"),
            ("revision", "the configuration that is in force with it"),
            ("drafted_by", "who wrote it"),
        ],
    },
    Noun {
        name: "partner",
        types: &["activated", "certificate_expiring"],
        says: &[
            ("file", "its place in the catalogue"),
            ("sha256", "of its text"),
            ("revision", "the configuration that is in force with it"),
            ("drafted_by", "who wrote it"),
            ("fingerprint", "of the certificate"),
            ("until", "when it ends"),
            ("words", "what to do, in words"),
        ],
    },
    Noun { name: "journal", types: &["posted"], says: &[] },
    Noun {
        name: "transmission",
        types: &["received", "replayed"],
        says: &[("as", "the transmission that reads it again")],
    },
];

/// What events are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Noun {
    pub name: &'static str,
    /// Behind the name: `received` of `document.received`.
    pub types: &'static [&'static str],
    /// Texts that may be told with it, and what they are.
    pub says: &'static [(&'static str, &'static str)],
}

impl Noun {
    pub fn of(name: &str) -> Option<&'static Self> {
        NOUNS.iter().find(|noun| noun.name == name)
    }

    /// The name of the schema: what `dataschema` refers to.
    pub fn urn(name: &str) -> String {
        format!("urn:entrepot:event:{name}:1")
    }

    /// The JSON Schema of the data of its events. Members may be added to it; those that are here stay.
    pub fn schema(&self) -> Value {
        let types: Vec<String> = self.types.iter().map(|kind| format!("{HOUSE}{}.{kind}", self.name)).collect();
        let text = |says: &str| json!({"type": "string", "description": says});
        let mut members = Map::new();
        members.insert("id".into(), text("the id under which the API shows the thing"));
        members.insert("actor".into(), text("a person, or the step that did it"));
        members.insert("partner".into(), text("whose it is"));
        members.extend(self.says.iter().map(|(name, says)| ((*name).to_owned(), text(says))));
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": Self::urn(self.name),
            "title": format!("Data of {}", types.join(", ")),
            "type": "object",
            "properties": members,
            "required": ["id", "actor"],
            "additionalProperties": true,
        })
    }
}

/// The member of what an event says that becomes its attribute of this name (the distributed tracing extension).
pub const TRACEPARENT: &str = "traceparent";

/// What every type begins with.
const HOUSE: &str = "entrepot.";

/// An event on its way out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CloudEvent<'e> {
    pub id: Uuid,
    /// Its place among all events of the house, from 1, without a gap.
    pub sequence: u64,
    /// `order.received`: the type without the house.
    pub kind: &'e str,
    /// The business key.
    pub subject: &'e str,
    /// Whose document or trade it is about.
    pub partner: Option<&'e str>,
    pub at: Timestamp,
    /// A person, or the step that did it.
    pub actor: &'e str,
    /// The id under which the API shows the thing.
    pub thing: &'e str,
    pub detail: &'e Value,
}

impl CloudEvent<'_> {
    /// As CloudEvents' JSON format says. `sequence` is digits of one length, so that it also sorts as text (the sequence
    /// extension).
    pub fn to_json(&self) -> Value {
        let mut event = json!({
            "specversion": "1.0",
            "id": self.id.to_string(),
            "source": self.source(),
            "type": self.event_type(),
            "subject": self.subject,
            "time": self.at,
            "datacontenttype": "application/json",
            "dataschema": Noun::urn(self.noun()),
            "sequence": format!("{:016}", self.sequence),
            "data": self.data(),
        });
        if let Some(parent) = self.detail[TRACEPARENT].as_str() {
            event[TRACEPARENT] = parent.into();
        }
        event
    }

    /// `/partners/acme`, or the house's own.
    pub fn source(&self) -> String {
        self.partner.map_or_else(|| "/house".to_owned(), |partner| format!("/partners/{}", plain(partner)))
    }

    /// `entrepot.order.received`
    pub fn event_type(&self) -> String {
        format!("{HOUSE}{}", self.kind)
    }

    /// What it is about: `document`, `order`, `invoice`.
    pub fn noun(&self) -> &str {
        self.kind.split('.').next().unwrap_or_default()
    }

    /// Who did it, and the id under which the API shows the thing, before what the event itself says.
    fn data(&self) -> Value {
        let mut data = Map::new();
        data.insert("id".into(), self.thing.into());
        data.insert("actor".into(), self.actor.into());
        data.extend(self.partner.map(|partner| ("partner".to_owned(), partner.into())));
        match self.detail {
            Value::Object(members) => {
                // What is not there is not known.
                let known = members.iter().filter(|(name, value)| !value.is_null() && *name != TRACEPARENT);
                data.extend(known.map(|(name, value)| (name.clone(), value.clone())));
            }
            Value::Null => {}
            other => {
                data.insert("detail".into(), other.clone());
            }
        }
        data.into()
    }
}

/// Characters that a URI reference has as they are; the others are written as their bytes (RFC 3986, 2.1).
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            plain.push(char::from(byte));
        } else {
            plain.push_str(&format!("%{byte:02X}"));
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_noun_has_a_schema_of_its_own() {
        for noun in NOUNS {
            let schema = noun.schema();
            assert_eq!(schema["$id"], Noun::urn(noun.name));
            assert!(!noun.types.is_empty() && schema["properties"]["actor"].is_object(), "{}", noun.name);
            assert_eq!(Noun::of(noun.name), Some(noun));
        }
    }

    #[test]
    fn an_event_is_a_cloud_event() {
        let detail = json!({"order": "4501", "line": null, "state": "open"});
        let event = CloudEvent {
            id: Uuid::from_u128(7),
            sequence: 42,
            kind: "order.received",
            subject: "sale|acme|4501",
            partner: Some("acme & co"),
            at: "2026-11-26T09:30:00.25Z".parse().expect("a time"),
            actor: "journey/apply",
            thing: "t1",
            detail: &detail,
        };
        let expected = concat!(
            r#"{"specversion":"1.0","id":"00000000-0000-0000-0000-000000000007","#,
            r#""source":"/partners/acme%20%26%20co","type":"entrepot.order.received","subject":"sale|acme|4501","#,
            r#""time":"2026-11-26T09:30:00.25Z","datacontenttype":"application/json","#,
            r#""dataschema":"urn:entrepot:event:order:1","sequence":"0000000000000042","#,
            r#""data":{"id":"t1","actor":"journey/apply","partner":"acme & co","order":"4501","state":"open"}}"#
        );
        assert_eq!(event.to_json().to_string(), expected);
        let detail = json!({"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"});
        let traced = CloudEvent { detail: &detail, ..event }.to_json();
        assert_eq!((&traced["traceparent"], traced["data"].get("traceparent")), (&detail["traceparent"], None));
    }
}
