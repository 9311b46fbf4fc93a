//! Who acts, and whether they may: roles, duties that one person does not do twice over, and the trail of what was done.
//!
//! While nobody has been added, whoever sits at the machine is the `local` operator: there is nobody to share duties with,
//! so everything is allowed, and everything is in the trail. From the first person on, every act has a name, its roles,
//! and its duties; a key acts for its owner.

use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::process::duties::{Action, Actor, Denied, Done, Role, clashing_roles, permit};
use crate::store::{ApiKey, Deed, Error, Person, Result, Session, View, hex};

/// Whoever sits at this machine while nobody has been added.
pub const LOCAL: &str = "local";

/// What secrets of keys begin with, so that scanners find those that were published by mistake.
const PREFIX: &str = "ek_";

/// The operator of this machine, as long as there is nobody else.
pub fn local() -> Actor {
    let roles = Role::ALL.iter().copied().filter(|role| *role != Role::Auditor).collect();
    Actor { name: LOCAL.into(), owner: LOCAL.into(), roles, break_glass: false }
}

/// Who has a key; `None` where no key of ours is that, or it is valid no more.
///
/// # Errors
/// Those of the store.
pub async fn by_key(view: &mut View, secret: &str, now: Timestamp) -> Result<Option<Actor>> {
    let hash = hex(&Sha256::digest(secret.as_bytes()));
    let Some(key) = view.api_key(&hash).await?.filter(|key| key.is_valid(now)) else { return Ok(None) };
    let owner = view.person(&key.owner).await?.filter(|person| person.is_active);
    Ok(owner.map(|person| Actor { name: key.label, ..actor(&person) }))
}

/// Somebody by name: a person, or the operator of a machine where nobody has been added.
///
/// # Errors
/// When there is nobody of that name, or they left.
pub async fn by_name(view: &mut View, name: Option<&str>) -> Result<Actor> {
    if !view.has_people().await? {
        return Ok(Actor { name: name.unwrap_or(LOCAL).into(), ..local() });
    }
    let Some(name) = name else {
        return Err(Error::Refused("say who you are: --by NAME; `entrepot users list` shows everybody".into()));
    };
    match view.person(name).await?.filter(|person| person.is_active) {
        Some(person) => Ok(actor(&person)),
        None => Err(Error::Refused(format!("there is nobody called {name}; `entrepot users list` shows everybody"))),
    }
}

fn actor(person: &Person) -> Actor {
    let roles = person.roles.iter().filter_map(|role| Role::of(role)).collect();
    Actor { name: person.name.clone(), owner: person.name.clone(), roles, break_glass: false }
}

/// Whether somebody may do something to a thing.
///
/// # Errors
/// Those of the store.
pub async fn allowed(view: &mut View, actor: &Actor, action: Action, subject: &str) -> Result<Option<Denied>> {
    if actor.owner == LOCAL && !view.has_people().await? {
        return Ok(None);
    }
    let deeds = view.deeds(subject, &actor.owner).await?;
    let history: Vec<Done> = deeds
        .iter()
        .filter_map(|deed| Action::of(deed))
        .map(|action| Done { action, owner: actor.owner.clone() })
        .collect();
    Ok(permit(actor, action, &history).err())
}

/// Puts what was done into the trail, in the unit that does it.
///
/// # Errors
/// Those of the store.
pub async fn record(session: &mut Session, actor: &Actor, action: Action, subject: &str, detail: Value) -> Result<()> {
    let deed = Deed {
        actor: actor.name.clone(),
        owner: actor.owner.clone(),
        action: action.as_str().to_owned(),
        subject: subject.to_owned(),
        detail,
    };
    session.append_audit(&deed).await.map(drop)
}

/// Adds somebody, or changes their roles.
///
/// # Errors
/// When the roles must be apart, the actor may not, or nobody would administer users any more.
pub async fn put(session: &mut Session, by: &Actor, person: &Person) -> Result<()> {
    let mut roles = Vec::new();
    for word in &person.roles {
        roles.push(Role::of(word).ok_or_else(|| unknown_role(word))?);
    }
    if let Some((one, other)) = clashing_roles(&roles).first() {
        let words = format!("nobody is {} and {} together", one.as_str(), other.as_str());
        return Err(Error::Refused(words));
    }
    let subject = format!("person {}", person.name);
    guard(session, by, &subject).await?;
    if !administers(person) && is_last_administrator(session, &person.name).await? {
        let role = Role::UserAdmin.as_str();
        let words = format!(
            "{} is the last one with the role {role}: nobody could add people or change roles any more. Give the role to \
             somebody else first",
            person.name
        );
        return Err(Error::Refused(words));
    }
    session.put_person(person).await?;
    let detail = json!({"roles": person.roles, "is_active": person.is_active});
    record(session, by, Action::AdministerUsers, &subject, detail).await
}

fn administers(person: &Person) -> bool {
    person.is_active && person.roles.iter().any(|role| role == Role::UserAdmin.as_str())
}

async fn is_last_administrator(view: &mut View, name: &str) -> Result<bool> {
    let people = view.people().await?;
    let mut administrators = people.iter().filter(|person| administers(person)).map(|person| person.name.as_str());
    Ok(administrators.next() == Some(name) && administrators.next().is_none())
}

/// The first person may be added by the operator; then somebody administers users.
async fn guard(session: &mut Session, by: &Actor, subject: &str) -> Result<()> {
    match allowed(session, by, Action::AdministerUsers, subject).await? {
        None => Ok(()),
        Some(denied) => Err(Error::Refused(denied.to_string())),
    }
}

fn unknown_role(word: &str) -> Error {
    let known: Vec<&str> = Role::ALL.iter().map(|role| role.as_str()).collect();
    let nearest = crate::mistake::nearest(word, known.iter().copied());
    let suggestion = nearest.map_or_else(|| ".".to_owned(), |near| format!("; did you mean {near}?"));
    Error::Refused(format!("there is no role {word}{suggestion} There are: {}", known.join(", ")))
}

/// Makes a key for somebody. The secret is in nothing but the answer.
///
/// `random` are 32 bytes nobody can guess.
///
/// # Errors
/// When there is nobody of that name, or the actor may not.
pub async fn new_key(session: &mut Session, by: &Actor, wanted: &NewKey, random: &[u8; 32]) -> Result<String> {
    let subject = format!("key of {}", wanted.owner);
    guard(session, by, &subject).await?;
    if session.person(&wanted.owner).await?.is_none_or(|person| !person.is_active) {
        return Err(Error::Refused(format!("there is nobody called {}", wanted.owner)));
    }
    let secret = format!("{PREFIX}{}", hex(random));
    let key = ApiKey {
        id: secret.chars().take(PREFIX.len() + 8).collect(),
        owner: wanted.owner.clone(),
        label: wanted.label.clone(),
        hash: hex(&Sha256::digest(secret.as_bytes())),
        valid_from: session.now().await?,
        valid_until: wanted.valid_until,
        revoked_at: None,
    };
    session.add_api_key(&key).await?;
    record(session, by, Action::AdministerUsers, &subject, json!({"key": key.id, "label": key.label})).await?;
    Ok(secret)
}

/// A key that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewKey {
    pub owner: String,
    /// What it is for: the name in the trail.
    pub label: String,
    pub valid_until: Option<Timestamp>,
}

/// Takes a key away.
///
/// # Errors
/// When there is none that is valid, or the actor may not.
pub async fn revoke(session: &mut Session, by: &Actor, id: &str) -> Result<()> {
    let subject = format!("key {id}");
    guard(session, by, &subject).await?;
    session.revoke_api_key(id).await?;
    record(session, by, Action::AdministerUsers, &subject, json!({"revoked": id})).await
}
