//! Documents: what came and left, what it says, and where in its bytes that stands.

use serde_json::{Value, json};

use super::act::{Wanted, act};
use super::call::{Answer, Call, Content, paged};
use super::orders;
use super::problem::{Code, Problem};
use crate::journey::act::Act;
use crate::journey::examine::trace;
use crate::journey::show;
use crate::journey::show::passage::{self, Passage};
use crate::store::{Direction, Document, DocumentId, DocumentState, Search, TransmissionId, View};

pub async fn list(call: &Call) -> Result<Answer, Problem> {
    let limit = call.limit();
    let word = |name: &str| call.asked(name).map(|word| Value::String(word.to_owned()));
    let search = Search {
        number: call.asked("number").map(str::to_owned),
        partner: call.asked("partner").map(str::to_owned),
        direction: word("direction").and_then(|word| serde_json::from_value::<Direction>(word).ok()),
        kind: call.asked("kind").map(str::to_owned),
        state: word("state").and_then(|word| serde_json::from_value::<DocumentState>(word).ok()),
        since: call.parsed("since"),
        until: call.parsed("until"),
        before: call.cursor::<DocumentId>()?,
        enclosed: true,
        limit: limit + 1,
    };
    let mut view = call.view().await?;
    let found = view.find_documents(&search).await?;
    let (found, next) = paged(found, limit, |document| document.id);
    let ids: Vec<String> = found.iter().map(|document| document.id.to_string()).collect();
    let waiting = view.parked_of(&ids.iter().map(String::as_str).collect::<Vec<_>>()).await?;
    let shown = found.iter().zip(&ids).map(|(document, id)| {
        let mut shown = show::document(document);
        shown["waits"] = waiting.iter().filter(|it| it.document.as_ref() == Some(id)).map(show::waits).collect();
        shown
    });
    Ok(Answer::page(shown.collect(), next))
}

pub async fn arrivals(call: &Call) -> Result<Answer, Problem> {
    let limit = call.limit();
    let before = call.cursor::<TransmissionId>()?;
    let found = call.view().await?.latest_transmissions(before, limit + 1).await?;
    let (found, next) = paged(found, limit, |transmission| transmission.id);
    Ok(Answer::page(found.iter().map(passage::arrival).collect(), next))
}

pub async fn one(call: &Call) -> Result<Answer, Problem> {
    let mut view = call.view().await?;
    let document = named(call, &mut view).await?;
    let contents = view.contents(document.id).await?;
    let parsed = |text: &Option<String>| -> Value {
        text.as_ref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Value::Null)
    };
    let mut shown = show::document(&document);
    shown["canonical"] = parsed(&contents.canonical);
    shown["findings"] = parsed(&contents.findings);
    shown["coverage"] = parsed(&contents.coverage);
    shown["passage"] = Passage::of(&mut view, &document).await?.shown();
    Ok(Answer::ok(shown))
}

pub async fn raw(call: &Call) -> Result<Answer, Problem> {
    let mut view = call.view().await?;
    let document = named(call, &mut view).await?;
    let Some(payload) = document.payload else {
        return Err(Problem::new(Code::NotFound, "its bytes are not kept any longer"));
    };
    let mut answer = Answer::ok(Value::Null);
    answer.content = Content::Bytes(view.payload_bytes(&payload).await?);
    Ok(answer)
}

pub async fn trace(call: &Call) -> Result<Answer, Problem> {
    let mut view = call.view().await?;
    let document = named(call, &mut view).await?;
    let in_force = call.gateway.in_force();
    let origins = match &document.payload {
        Some(payload) => {
            let bytes = view.payload(payload).await?;
            trace::provenance(&in_force.catalogue, &document, bytes).map_err(|error| {
                tracing::error!(%error, document = %document.id, "its bytes cannot be read");
                Problem::new(Code::Internal, "its bytes cannot be read")
            })?
        }
        None => Vec::new(),
    };
    let fields: Vec<Value> = origins
        .iter()
        .map(|(path, place)| {
            json!({"path": path, "place": place.to_string(), "bytes": [place.bytes.start, place.bytes.end]})
        })
        .collect();
    let id = document.id.to_string();
    let events: Vec<Value> = view.events_of(&id).await?.iter().map(|event| event.cloud().to_json()).collect();
    Ok(Answer::ok(json!({"id": id, "fields": fields, "events": events})))
}

pub async fn resend(call: &Call) -> Result<Answer, Problem> {
    let document = named(call, &mut call.view().await?).await?;
    let (id, by) = (document.id.to_string(), call.actor.name.clone());
    act(call, Wanted::new(Act::Resend { id, by })).await
}

pub async fn replay(call: &Call) -> Result<Answer, Problem> {
    let document = named(call, &mut call.view().await?).await?;
    let partner = call.body["partner"].as_str();
    if let Some(partner) = partner {
        orders::partner(call, partner)?;
    }
    let (id, by, new) = (document.id.to_string(), call.actor.name.clone(), TransmissionId::new());
    act(call, Wanted::new(Act::Replay { id, partner: partner.map(str::to_owned), by, new })).await
}

async fn named(call: &Call, view: &mut View) -> Result<Document, Problem> {
    let id = call.part("document");
    let read = id.parse::<DocumentId>();
    let id = read.map_err(|_| Problem::new(Code::NotFound, format!("\"{id}\" is no document's id")))?;
    Ok(view.document(id).await?)
}
