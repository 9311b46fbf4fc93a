//! What happened, as other systems are told of it: a CloudEvent (CNCF CloudEvents 1.0, structured JSON).
//!
//! It is made from what is kept and from nothing else, so that the same event is the same bytes whenever it is asked for.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

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
        json!({
            "specversion": "1.0",
            "id": self.id.to_string(),
            "source": self.source(),
            "type": self.event_type(),
            "subject": self.subject,
            "time": self.at,
            "datacontenttype": "application/json",
            "dataschema": format!("urn:entrepot:event:{}:1", self.noun()),
            "sequence": format!("{:016}", self.sequence),
            "data": self.data(),
        })
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
                let known = members.iter().filter(|(_, value)| !value.is_null());
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
    }
}
