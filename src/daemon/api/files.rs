//! Partner files: shown, written, and what that would change in how stored documents read.

use serde_json::{Value, json};

use super::act::{Revised, Wanted, act, etag};
use super::call::{Answer, Call, Content};
use super::problem::{Code, Problem};
use crate::journey::InForce;
use crate::journey::act::Act;
use crate::journey::activate::{self, Change, Draft, Pending, Step};
use crate::journey::examine::whatif::{Reading, compare, latest};
use crate::store::Error;

/// Stored documents that a trial reads in both ways.
const READ_AGAIN: usize = 100;

pub async fn partner(call: &Call) -> Result<Answer, Problem> {
    let path = path(call)?;
    let mut view = call.view().await?;
    let file = activate::in_force(&mut view).await?.remove(&path);
    let draft = activate::draft(&mut view, &path).await?;
    if file.is_none() && draft.is_none() {
        return Err(Problem::new(Code::NotFound, format!("there is no partner {}", call.part("partner"))));
    }
    let in_force = call.gateway.in_force();
    let agreed = in_force.partners.partner(call.part("partner")).map(|partner| json!(partner));
    let hash = file.as_deref().map(activate::hash);
    let answer = Answer::ok(json!({
        "partner": call.part("partner"), "file": file, "sha256": hash, "agreed": agreed, "draft": draft.map(drafted),
    }));
    Ok(match etag(&mut view, &Revised::File(path)).await? {
        Some(etag) => answer.with_etag(etag),
        None => answer,
    })
}

pub async fn put_partner(call: &Call) -> Result<Answer, Problem> {
    let path = path(call)?;
    let text = call.body["file"].as_str().map(str::to_owned);
    let change = Change { path: path.clone(), step: Step::Draft, text, by: call.actor.name.clone() };
    let wanted = Wanted { act: Act::Change(change.clone()), of: Some(Revised::File(path)), needs_condition: true };
    step(call, &change, wanted).await
}

pub async fn map(call: &Call) -> Result<Answer, Problem> {
    let path = map_path(call)?;
    let mut view = call.view().await?;
    let file = activate::in_force(&mut view).await?.remove(&path);
    let draft = activate::draft(&mut view, &path).await?;
    if file.is_none() && draft.is_none() {
        return Err(Problem::new(Code::NotFound, format!("there is no map {}", call.part("map"))));
    }
    let hash = file.as_deref().map(activate::hash);
    let answer = Answer::ok(json!({
        "map": call.part("map"), "file": file, "sha256": hash, "draft": draft.map(drafted),
    }));
    Ok(match etag(&mut view, &Revised::File(path)).await? {
        Some(etag) => answer.with_etag(etag),
        None => answer,
    })
}

pub async fn put_map(call: &Call) -> Result<Answer, Problem> {
    let path = map_path(call)?;
    let text = call.body["file"].as_str().map(str::to_owned);
    let change = Change { path: path.clone(), step: Step::Draft, text, by: call.actor.name.clone() };
    let wanted = Wanted { act: Act::Change(change.clone()), of: Some(Revised::File(path)), needs_condition: true };
    step(call, &change, wanted).await
}

/// A draft of a map is approved, or put in force.
pub async fn step_map(call: &Call) -> Result<Answer, Problem> {
    let path = map_path(call)?;
    let next = if call.body["step"] == "activate" { Step::Activate } else { Step::Approve };
    let change = Change { path: path.clone(), step: next, text: None, by: call.actor.name.clone() };
    let wanted = Wanted::of(Act::Change(change.clone()), Revised::File(path));
    step(call, &change, wanted).await
}

fn drafted(draft: Draft) -> Value {
    json!({"file": draft.text, "sha256": draft.hash, "by": draft.by, "approved": draft.approved})
}

/// Takes a step with a file; what is in force then stands in the catalogue folder too.
///
/// # Errors
/// Why nothing was done.
pub async fn step(call: &Call, change: &Change, wanted: Wanted) -> Result<Answer, Problem> {
    let mut view = call.view().await?;
    let text = match &change.text {
        Some(text) => text.clone(),
        None => activate::draft(&mut view, &change.path).await?.map(|draft| draft.text).unwrap_or_default(),
    };
    if call.is_asked("dry_run") {
        let readings = readings(call, change, &text).await?;
        let mut answer = act(call, wanted).await?;
        if let Content::Json(body) = &mut answer.content {
            body["readings"] = readings;
        }
        return Ok(answer);
    }
    let Some(folder) = &call.gateway.catalogue_folder else {
        return Err(Problem::new(Code::Refused, "there is no catalogue folder: the setting `catalogue` names it"));
    };
    let pending = Pending::write(folder, &change.path, &text).map_err(|error| {
        tracing::error!(%error, path = change.path, "the catalogue folder takes nothing");
        Problem::new(Code::Later, "the catalogue folder takes nothing now")
    })?;
    drop(view);
    let answer = act(call, wanted).await?;
    let in_force = activate::in_force(&mut call.view().await?).await?;
    if in_force.get(&change.path) == Some(&text) {
        pending.keep().map_err(|error| {
            tracing::error!(%error, path = change.path, "a file in force does not stand in the catalogue folder");
            Problem::new(Code::Internal, "it is in force, and could not be written to the catalogue folder")
        })?;
    }
    Ok(answer)
}

/// Which stored documents of the partner would read otherwise; nothing where the file does not compile.
async fn readings(call: &Call, change: &Change, text: &str) -> Result<Value, Problem> {
    let mut view = call.view().await?;
    let mut files = activate::in_force(&mut view).await?;
    files.insert(change.path.clone(), text.to_owned());
    let Ok(new) = InForce::compile(&files) else { return Ok(Value::Null) };
    let old = call.gateway.in_force();
    let documents = latest(&mut view, None, change.partner(), READ_AGAIN).await?;
    let sides = [&old.catalogue, &new.catalogue].map(|catalogue| Reading { catalogue, map: None });
    let compared = compare(&mut view, &documents, sides).await.map_err(|error| Problem::from(Error::damaged(error)))?;
    Ok(compared.json())
}

/// `mappings/acme-850.map`.
fn map_path(call: &Call) -> Result<String, Problem> {
    let name = call.part("map");
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if name.is_empty() || name.len() > 64 || !name.chars().all(is_name) {
        return Err(Problem::new(Code::NotFound, "a map's file has letters, digits, - and _"));
    }
    Ok(format!("mappings/{name}.map"))
}

/// `partners/acme.toml`.
fn path(call: &Call) -> Result<String, Problem> {
    let name = call.part("partner");
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if name.is_empty() || name.len() > 64 || !name.chars().all(is_name) {
        return Err(Problem::new(Code::NotFound, "a partner's name has letters, digits, - and _"));
    }
    Ok(format!("partners/{name}.toml"))
}
