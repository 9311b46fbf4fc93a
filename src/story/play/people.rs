//! Who acts in a story: users with their roles, keys that act for them, and what the trail says of them afterwards.

use jiff::civil::Date;
use sha2::{Digest as _, Sha256};

use super::{Player, Stop, beside};
use crate::journey::act::duty::Duty;
use crate::journey::act::{self, Act, Signed};
use crate::journey::activate::{self, Change, Step};
use crate::journey::show::effects;
use crate::journey::{Applied, InForce, Rules, people};
use crate::process::duties::{Actor, Role};
use crate::store::{Error, Person, Result, View, revision_hash};
use crate::story::model::Sentence;
use crate::story::trades::Found;

/// Our own systems: where users are told of, they need not be among them.
const SYSTEMS: [&str; 5] = ["erp", "wms", "tms", "shop", "portal"];

impl Player<'_> {
    /// `given user anna role ar ar_manager`.
    pub(super) async fn given_user(&mut self, sentence: &Sentence) -> std::result::Result<(), Stop> {
        let name = sentence.slot("NAME").unwrap_or_default().to_owned();
        let listed = [sentence.pair("role"), sentence.pair("roles")].into_iter().flatten();
        let listed = listed.flat_map(|roles| roles.split([',', ' ']).filter(|role| !role.is_empty()));
        let roles: Vec<String> = sentence.slots("ROLE").chain(listed).map(str::to_owned).collect();
        // A role that there is not is a mistake of the story, and no refusal that it tells of.
        if let Some(word) = roles.iter().find(|word| Role::of(word).is_none()) {
            let known: Vec<&str> = Role::ALL.iter().map(|role| role.as_str()).collect();
            return Err(Stop::Broken(format!("there is no role {word}; there are {}", known.join(", "))));
        }
        let person = Person { name, roles, is_active: true };
        let put = self
            .world
            .store()
            .write((teller(), person), |(teller, person), session| Box::pin(people::put(session, teller, person)));
        let outcome = put.await.map(|()| Applied::Applied);
        self.told_outcome(outcome)
    }

    /// `given key portal of anna`.
    pub(super) async fn given_key(&mut self, sentence: &Sentence) -> std::result::Result<(), Stop> {
        let label = sentence.slot("NAME").unwrap_or_default().to_owned();
        let owner = sentence.slot("OWNER").unwrap_or_default().to_owned();
        let last = sentence.pair("until").and_then(|day| day.parse::<Date>().ok()?.tomorrow().ok());
        let until = last.map(|day| self.world.zone().to_timestamp(day.at(0, 0, 0, 0))).transpose();
        let valid_until = until.map_err(|error| Stop::Broken(error.to_string()))?;
        // Nobody guesses at the keys of a story: each is as its name makes it.
        let random: [u8; 32] = Sha256::digest(format!("{owner}|{label}").as_bytes()).into();
        let wanted = people::NewKey { owner, label: label.clone(), valid_until };
        let made = self.world.store().write((teller(), wanted, random), |(teller, wanted, random), session| {
            Box::pin(people::new_key(session, teller, wanted, random))
        });
        match made.await {
            Ok(secret) => {
                self.keys.insert(label, secret);
                Ok(())
            }
            Err(error) => self.told_outcome(Err(error)),
        }
    }

    /// Who is meant by a name behind `api`; `None` where nobody is, which is told as a refusal.
    pub(super) async fn acting(&mut self, who: &str) -> std::result::Result<Option<Actor>, Stop> {
        let now = self.world.now();
        let mut view = self.world.view().await?;
        if let Some(secret) = self.keys.get(who) {
            let actor = people::by_key(&mut view, secret, now).await?;
            if actor.is_none() {
                self.told_outcome(Err(Error::Refused(format!("the key {who} opens nothing any more"))))?;
            }
            return Ok(actor);
        }
        let house = Actor { name: who.to_owned(), ..people::local() };
        if !view.has_people().await? {
            return Ok(Some(house));
        }
        if SYSTEMS.contains(&who) && view.person(who).await?.is_none() {
            return Ok(Some(Actor { owner: who.to_owned(), ..house }));
        }
        match people::by_name(&mut view, Some(who)).await {
            Ok(actor) => Ok(Some(actor)),
            Err(error) => self.told_outcome(Err(error)).map(|()| None),
        }
    }

    /// Does an act in somebody's name, as the API does.
    pub(super) async fn signs(&mut self, actor: &Actor, mut act: Act) -> std::result::Result<(), Stop> {
        let is_user = actor.owner != people::LOCAL && !SYSTEMS.contains(&actor.owner.as_str());
        let wanted = match &act {
            Act::Rule(judgement) => judgement.role.as_deref(),
            Act::Tell(command) => Some(command.role.as_str()).filter(|role| *role != command.by),
            _ => None,
        };
        if let Some(role) = wanted.filter(|_| is_user).and_then(Role::of)
            && !actor.roles.contains(&role)
        {
            return self.told_outcome(Err(Error::Refused(format!("{} is not {}", actor.name, role.as_str()))));
        }
        if let Act::Tell(command) = &mut act
            && is_user
            && command.role == command.by
        {
            let duty = Duty::of(&mut self.world.view().await?, &Act::Tell(command.clone())).await?;
            command.role = actor.role_for(duty.action, None);
        }
        let rules = Rules::of(&self.world.journey.gateway);
        if self.is_trial {
            return self.tries(rules, actor, act).await;
        }
        let context = (rules, actor.clone(), act);
        let signed = self
            .world
            .store()
            .write(context, |(rules, actor, act), session| Box::pin(act::signed(session, rules, actor, act)));
        let outcome = match signed.await {
            Ok(Signed::Done(outcome)) => Ok(outcome),
            Ok(Signed::Denied(denied)) => Err(Error::Refused(denied.to_string())),
            Ok(Signed::Waits { missing, role }) => {
                self.world.note(format!("waits for {missing} more{}", of_role(role)));
                self.waits = Some((missing, role));
                return Ok(());
            }
            Err(error) => Err(error),
        };
        self.told_outcome(outcome)
    }

    /// Does an act and takes it back: what it would do is kept for `then would`.
    async fn tries(&mut self, rules: Rules, actor: &Actor, act: Act) -> std::result::Result<(), Stop> {
        let tried = self.world.store().rehearse((rules, actor.clone(), act), |(rules, actor, act), session| {
            Box::pin(async move {
                let before = effects::before(session, act).await?;
                let signed = act::signed(session, rules, actor, act).await?;
                Ok((signed, effects::since(session, act, &before, rules.chart()).await?))
            })
        });
        match tried.await {
            Ok((signed, would)) => {
                self.would.extend(effects::told(&would));
                let would = self.would.join("; ");
                self.world.note(format!("would: {would}"));
                match signed {
                    Signed::Done(Applied::Refused { why }) => self.told_outcome(Ok(Applied::Refused { why })),
                    Signed::Denied(denied) => self.told_outcome(Err(Error::Refused(denied.to_string()))),
                    Signed::Waits { missing, role } => {
                        self.waits = Some((missing, role));
                        Ok(())
                    }
                    Signed::Done(_) => Ok(()),
                }
            }
            Err(error) => self.told_outcome(Err(error)),
        }
    }

    /// `api ed draft file=acme.toml`: a partner file by its name, a map by the name in it.
    pub(super) async fn hands_in(&mut self, actor: &Actor, step: Step, file: &str) -> std::result::Result<(), Stop> {
        let bytes = beside(self.story, file).map_err(|error| Stop::Broken(format!("{file}: {error}")))?;
        let text = String::from_utf8(bytes).map_err(|_| Stop::Broken(format!("{file} is no text")))?;
        let name = file.rsplit('/').next().unwrap_or(file);
        let path = if name.ends_with(".toml") { format!("partners/{name}") } else { format!("mappings/{name}") };
        let text = (step != Step::Approve).then_some(text);
        self.signs(actor, Act::Change(Change { path, step, text, by: actor.name.clone() })).await?;
        let files = activate::in_force(&mut self.world.view().await?).await?;
        if revision_hash(&files) != self.world.journey.gateway.in_force().revision {
            let compiled = InForce::compile(&files).map_err(|_| Stop::Broken("what is in force is broken".into()))?;
            self.world.journey.gateway.put_in_force(compiled);
        }
        Ok(())
    }

    /// `then waits 1 controller`.
    pub(super) fn then_waits(&self, sentence: &Sentence) -> Found {
        let Some((missing, role)) = self.waits else { return Some(vec!["nothing waits for people to agree".into()]) };
        let is_count = sentence.slot("COUNT").and_then(|count| count.parse().ok()) == Some(missing);
        let is_role = sentence.slot("ROLE").is_none_or(|wanted| role.is_some_and(|role| role.as_str() == wanted));
        (!is_count || !is_role).then(|| vec![format!("it waits for {missing} more{}", of_role(role))])
    }
}

fn of_role(role: Option<Role>) -> String {
    role.map(|role| format!(", one of them {}", role.as_str())).unwrap_or_default()
}

/// Whoever tells the story adds its users.
fn teller() -> Actor {
    Actor { name: "given".into(), owner: "given".into(), roles: vec![Role::UserAdmin], break_glass: false }
}

/// `then trail anna release_credit "order 4501"`.
pub(super) async fn trail(view: &mut View, sentence: &Sentence) -> Result<Found> {
    const MOST: usize = 10_000;
    let is = |slot: &str, found: &str| sentence.slot(slot).is_none_or(|wanted| wanted == found);
    let trail = view.audit_after(0, MOST).await?;
    if trail.iter().any(|it| is("NAME", &it.actor) && is("ACTION", &it.action) && is("SUBJECT", &it.subject)) {
        return Ok(None);
    }
    let by = trail.iter().filter(|it| is("NAME", &it.actor));
    let told: Vec<String> = by.map(|it| format!("{} {} {}", it.actor, it.action, it.subject)).collect();
    Ok(Some(if told.is_empty() { vec!["the trail has nothing of theirs".into()] } else { told }))
}
