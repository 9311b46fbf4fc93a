//! How a document passed through the gateway: the file it came in, the repeats of it, what was answered, what left, and
//! what holds it up.

use serde_json::{Value, json};

use super::{hold, waits, word};
use crate::finding::Finding;
use crate::store::{Delivery, Direction, Document, Hold, ParkedEvent, Reply, Result, Transmission, View};

/// What is known of one document's way.
#[derive(Clone, Debug, Default)]
pub struct Passage {
    /// What it came in; empty for what we wrote.
    pub arrival: Option<Transmission>,
    /// Of the interchange around it.
    pub control_number: Option<String>,
    /// What brought the same interchange again: each was answered as the first time.
    pub repeats: Vec<Transmission>,
    /// What we answered, each with the files that carried it.
    pub answers: Vec<(Reply, Vec<Delivery>)>,
    /// The document's own files: handed on, or sent.
    pub deliveries: Vec<Delivery>,
    /// What was found in the envelope around it.
    pub findings: Vec<Finding>,
    /// Everything that ever held it, or what it came in.
    pub holds: Vec<Hold>,
    /// What of it came before what it belongs to.
    pub waits: Vec<ParkedEvent>,
}

impl Passage {
    /// # Errors
    /// Those of the store.
    pub async fn of(view: &mut View, document: &Document) -> Result<Self> {
        let mut passage = Self::default();
        let mut wholes = vec![document.id.to_string()];
        wholes.extend(document.group.map(|id| id.to_string()));
        if let Some(id) = document.transmission {
            passage.arrival = Some(view.transmission(id).await?);
            wholes.push(id.to_string());
        }
        if let Some(id) = document.interchange {
            let interchange = view.interchange(id).await?;
            wholes.push(id.to_string());
            for again in view.repeats_of(&interchange).await? {
                if let Some(id) = again.transmission {
                    passage.repeats.push(view.transmission(id).await?);
                }
            }
            for reply in view.replies_to(id).await? {
                if reply.group.is_none() || reply.group == document.group {
                    let carried = view.deliveries_of(&reply.id.to_string()).await?;
                    passage.answers.push((reply, carried));
                }
            }
            passage.findings = serde_json::from_value(interchange.findings).unwrap_or_default();
            passage.control_number = Some(interchange.control_number);
        }
        for whole in &wholes {
            passage.holds.extend(view.holds_of(whole).await?);
        }
        passage.waits = view.parked_of(&[&document.id.to_string()]).await?;
        passage.deliveries = view.deliveries_of(&document.id.to_string()).await?;
        if let (Direction::Out, Some(id)) = (document.direction, document.interchange) {
            passage.deliveries.extend(view.deliveries_of(&id.to_string()).await?);
        }
        Ok(passage)
    }

    pub fn shown(&self) -> Value {
        json!({
            "arrival": self.arrival.as_ref().map(arrival),
            "interchange": self.control_number,
            "repeats": self.repeats.iter().map(arrival).collect::<Vec<_>>(),
            "answers": self.answers.iter().map(|(reply, carried)| json!({
                "type": reply.kind,
                "disposition": reply.disposition,
                "control_number": reply.control_number,
                "written": reply.created_at,
                "deliveries": carried.iter().map(delivery).collect::<Vec<_>>(),
            })).collect::<Vec<_>>(),
            "deliveries": self.deliveries.iter().map(delivery).collect::<Vec<_>>(),
            "envelope": self.findings,
            "holds": self.holds.iter().map(hold).collect::<Vec<_>>(),
            "waits": self.waits.iter().map(waits).collect::<Vec<_>>(),
        })
    }
}

/// A file or message as it came, with what was in it.
pub fn arrival(transmission: &Transmission) -> Value {
    json!({
        "id": transmission.id.to_string(),
        "door": transmission.door,
        "partner": transmission.partner,
        "file": transmission.name,
        "bytes": transmission.size,
        "state": word(&transmission.state),
        "received": transmission.received_at,
        "held": transmission.summary["held"],
        "counts": counts(transmission),
    })
}

/// What a file held: interchanges, groups, sets, accepted, rejected, held, duplicates; zeros left out.
fn counts(transmission: &Transmission) -> Value {
    let counts = transmission.summary.as_object().into_iter().flatten();
    let counts = counts.filter(|(_, count)| count.as_u64().is_some_and(|count| count > 0));
    Value::Object(counts.map(|(name, count)| (name.clone(), count.clone())).collect())
}

fn delivery(delivery: &Delivery) -> Value {
    json!({
        "id": delivery.id.to_string(),
        "outlet": delivery.outlet,
        "file": delivery.file_name,
        "state": word(&delivery.state),
        "attempts": delivery.attempts,
        "reason": delivery.reason,
        "receipt": delivery.receipt,
    })
}
