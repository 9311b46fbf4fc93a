//! `users`, `audit`, `approvals`: who may act, what they did, and what waits for more people to agree.

use std::io::Write;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::json;

use super::acting::{ROWS_MAX, acting, changing, reading, refused};
use super::command::{ApprovalsVerb, AuditVerb, Format, KeyVerb, UsersVerb};
use super::output::{Answer, ERROR, FAINT, Failure, GOOD, NAME, Outcome, STRONG, WARNING, counted, nothing};
use crate::config::Settings;
use crate::journey::act::Act;
use crate::journey::act::approvals;
use crate::journey::act::rulings::Ruling;
use crate::journey::anchor::{self, Anchor};
use crate::journey::people::{self, NewKey};
use crate::journey::show;
use crate::process::calendar::said_exactly;
use crate::process::duties::{Action, Role, clashing_roles};
use crate::store::{Audited, Person};

pub fn users(it: &UsersVerb, by: Option<&str>, format: Format, settings: &Settings) -> Answer {
    match it {
        UsersVerb::List => list(format, settings),
        UsersVerb::Roles => roles(format),
        UsersVerb::Add { name, roles } => put(by, name, Some(roles), true, settings),
        UsersVerb::Change { name, roles } => put(by, name, Some(roles), false, settings),
        UsersVerb::Remove { name } => put(by, name, None, false, settings),
        UsersVerb::Keys => keys(format, settings),
        UsersVerb::Key(KeyVerb::Add { owner, label, until }) => new_key(by, owner, label, *until, settings),
        UsersVerb::Key(KeyVerb::Revoke { id }) => revoke(by, id, settings),
    }
}

fn list(format: Format, settings: &Settings) -> Answer {
    reading(settings, async |_, view| {
        let mut out = anstream::stdout();
        let people = view.people().await.map_err(Failure::ours)?;
        for person in &people {
            match format {
                Format::Json => writeln!(out, "{}", json!(person))?,
                Format::Human => {
                    let left = if person.is_active { String::new() } else { format!("  {WARNING}left{WARNING:#}") };
                    writeln!(out, "{STRONG}{:<20}{STRONG:#} {}{left}", person.name, person.roles.join(", "))?;
                }
            }
        }
        if people.is_empty() && format == Format::Human {
            writeln!(
                out,
                "Nobody has been added: whoever sits at this machine may do everything, as `local`.\n\
                 The first one administers the others: entrepot users add NAME --roles user_admin"
            )?;
        }
        Ok(Outcome::Accepted)
    })
}

fn roles(format: Format) -> Answer {
    let mut out = anstream::stdout();
    for role in Role::ALL {
        let may = Action::ALL.iter().filter(|action| action.roles().contains(role));
        let may: Vec<&str> = may.map(|action| action.as_str()).filter(|action| *action != "read").collect();
        match format {
            Format::Json => writeln!(out, "{}", json!({"role": role.as_str(), "may": may}))?,
            Format::Human => writeln!(out, "{STRONG}{:<14}{STRONG:#} {}", role.as_str(), may.join(", "))?,
        }
    }
    Ok(Outcome::Accepted)
}

fn put(by: Option<&str>, name: &str, roles: Option<&Vec<String>>, is_new: bool, settings: &Settings) -> Answer {
    changing(settings, async |store| {
        let mut view = store.view().await.map_err(Failure::ours)?;
        let actor = acting(store, by).await?;
        let known = view.person(name).await.map_err(Failure::ours)?;
        let is_first = view.people().await.map_err(Failure::ours)?.is_empty();
        drop(view);
        let named: Option<Vec<Role>> = roles.and_then(|roles| roles.iter().map(|role| Role::of(role)).collect());
        let stands = |roles: &Vec<Role>| clashing_roles(roles).is_empty() && !roles.contains(&Role::UserAdmin);
        if is_first && named.as_ref().is_some_and(stands) {
            // From the first on everybody acts by name, and nobody could add the next.
            let role = Role::UserAdmin.as_str();
            let words = format!(
                "{name} would be the first, and could add nobody else: add somebody with the role {role} first"
            );
            return Err(Failure::usage(words));
        }
        match (&known, is_new) {
            (Some(person), true) if person.is_active => {
                return Err(Failure::usage(format!("{name} is here already; change their roles with users change")));
            }
            (None, false) => return Err(Failure::usage(format!("there is nobody called {name}"))),
            _ => {}
        }
        let before = known.map(|person| person.roles).unwrap_or_default();
        let person =
            Person { name: name.to_owned(), roles: roles.cloned().unwrap_or(before), is_active: roles.is_some() };
        let context = (actor, person.clone());
        let put = store.write(context, |(actor, person), session| Box::pin(people::put(session, actor, person)));
        put.await.map_err(refused)?;
        let mut out = anstream::stdout();
        if person.is_active {
            writeln!(out, "{GOOD}{name}{GOOD:#} is {}", person.roles.join(", "))?;
        } else {
            writeln!(out, "{name} may act no more; their keys open nothing")?;
        }
        Ok(Outcome::Accepted)
    })
}

fn keys(format: Format, settings: &Settings) -> Answer {
    reading(settings, async |_, view| {
        let mut out = anstream::stdout();
        let now = jiff::Timestamp::now();
        let keys = view.api_keys().await.map_err(Failure::ours)?;
        nothing(keys.is_empty(), format, "there are no keys: `entrepot users key add OWNER` makes one")?;
        for key in keys {
            if format == Format::Json {
                writeln!(out, "{}", json!(key))?;
                continue;
            }
            let until = key.valid_until.map(|until| format!("until {}", until.strftime("%Y-%m-%d")));
            let standing = match (key.revoked_at, key.is_valid(now)) {
                (Some(at), _) => format!("{ERROR}revoked {}{ERROR:#}", at.strftime("%Y-%m-%d")),
                (None, true) => until.unwrap_or_default(),
                (None, false) => format!("{WARNING}not valid{WARNING:#} {}", until.unwrap_or_default()),
            };
            writeln!(
                out,
                "{STRONG}{:<14}{STRONG:#} {NAME}{:<16}{NAME:#} {:<24} {standing}",
                key.id, key.owner, key.label
            )?;
        }
        Ok(Outcome::Accepted)
    })
}

fn new_key(by: Option<&str>, owner: &str, label: &str, until: Option<Date>, settings: &Settings) -> Answer {
    let mut random = [0; 32];
    aws_lc_rs::rand::fill(&mut random).map_err(|_| Failure::ours("this machine gives no random bytes"))?;
    let end = until.and_then(|date| date.tomorrow().ok()).map(|end| TimeZone::UTC.to_timestamp(end.at(0, 0, 0, 0)));
    let valid_until = end.transpose().map_err(Failure::ours)?;
    let wanted = NewKey { owner: owner.to_owned(), label: label.to_owned(), valid_until };
    changing(settings, async |store| {
        let actor = acting(store, by).await?;
        let made = store.write((actor, wanted, random), |(actor, wanted, random), session| {
            Box::pin(people::new_key(session, actor, wanted, random))
        });
        let secret = made.await.map_err(refused)?;
        writeln!(anstream::stdout(), "{secret}")?;
        eprintln!("It is shown this once. It acts for {owner}: Authorization: Bearer {}...", &secret[..11]);
        Ok(Outcome::Accepted)
    })
}

fn revoke(by: Option<&str>, id: &str, settings: &Settings) -> Answer {
    changing(settings, async |store| {
        let actor = acting(store, by).await?;
        let context = (actor, id.to_owned());
        let revoked = store.write(context, |(actor, id), session| Box::pin(people::revoke(session, actor, id)));
        revoked.await.map_err(refused)?;
        writeln!(anstream::stdout(), "{id} opens nothing any more")?;
        Ok(Outcome::Accepted)
    })
}

pub fn audit(it: &AuditVerb, format: Format, settings: &Settings) -> Answer {
    reading(settings, async |_, view| {
        let mut out = anstream::stdout();
        match it {
            AuditVerb::List { after, subject } => {
                let (mut entries, mut after) = (Vec::new(), *after);
                while entries.len() < ROWS_MAX {
                    let page = view.audit_after(after, ROWS_MAX).await.map_err(Failure::ours)?;
                    let Some(last) = page.last() else { break };
                    after = last.position;
                    let is_meant = |entry: &Audited| subject.as_ref().is_none_or(|subject| *subject == entry.subject);
                    entries.extend(page.into_iter().filter(is_meant));
                }
                nothing(entries.is_empty(), format, "nobody has done anything there")?;
                for entry in entries {
                    if format == Format::Json {
                        writeln!(out, "{}", json!(entry))?;
                        continue;
                    }
                    let at = said_exactly(entry.at);
                    let who = match entry.actor == entry.owner {
                        true => entry.actor.clone(),
                        false => format!("{} for {}", entry.actor, entry.owner),
                    };
                    let head = format!("{:>6} {FAINT}{at}{FAINT:#} {NAME}{who:<16}{NAME:#}", entry.position);
                    let what = format!("{:<20} {STRONG}{}{STRONG:#}", entry.action, entry.subject);
                    writeln!(out, "{head} {what}  {FAINT}{}{FAINT:#}", entry.detail)?;
                }
                Ok(Outcome::Accepted)
            }
            AuditVerb::Verify => {
                let (entries, mut broken) = view.audit_chain().await.map_err(Failure::ours)?;
                let file = anchor::file(&settings.data);
                let anchors =
                    anchor::read(&file).map_err(|error| Failure::usage(format!("{}: {error}", file.display())))?;
                if broken.is_none() {
                    broken = anchor::missed(view, &anchors).await.map_err(Failure::ours)?;
                }
                if format == Format::Json {
                    writeln!(out, "{}", json!({"entries": entries, "broken": broken}))?;
                } else if let Some(broken) = &broken {
                    writeln!(out, "{ERROR}broken{ERROR:#}  entry {}: {}", broken.position, broken.words)?;
                } else {
                    writeln!(
                        out,
                        "{GOOD}whole{GOOD:#}  {entries} entries, each bound to the one before{}",
                        known(&anchors)
                    )?;
                }
                Ok(if broken.is_none() { Outcome::Accepted } else { Outcome::Rejected })
            }
        }
    })
}

fn known(anchors: &[Anchor]) -> String {
    match anchors.len() {
        0 => String::new(),
        days => format!("; it holds what {} of audit-anchors know", counted(days, "day")),
    }
}

pub fn approvals(it: &ApprovalsVerb, by: Option<&str>, format: Format, settings: &Settings) -> Answer {
    match it {
        ApprovalsVerb::List => to_approve(format, settings),
        ApprovalsVerb::Approve { what } => approve(what, Ruling::Approve, by, format, settings),
        ApprovalsVerb::Refuse { what } => approve(what, Ruling::Reject, by, format, settings),
    }
}

fn approve(what: &str, ruling: Ruling, by: Option<&str>, format: Format, settings: &Settings) -> Answer {
    let mut invoice = None;
    reading(settings, async |_, view| {
        invoice = approvals::held_invoice(view, what).await.map_err(refused)?;
        Ok(Outcome::Accepted)
    })?;
    match invoice {
        Some(number) => super::exceptions::rule(number, ruling, by, false, format, settings),
        None => agree(what, ruling == Ruling::Approve, by, format, settings),
    }
}

fn to_approve(format: Format, settings: &Settings) -> Answer {
    reading(settings, async |_, view| {
        let mut out = anstream::stdout();
        let list = approvals::list(view, ROWS_MAX).await.map_err(Failure::ours)?;
        nothing(list.is_empty(), format, "nothing waits to be agreed to")?;
        for waiting in list {
            let (role, people) = (waiting.role.as_str(), waiting.approvers);
            if format == Format::Json {
                let mut row = waiting.case.as_ref().map_or_else(|| json!({"words": waiting.words}), show::case);
                row["key"] = waiting.key.into();
                row["amount"] = json!(waiting.amount);
                row["proposed_by"] = json!(waiting.proposed_by);
                row["role"] = role.into();
                row["approvers"] = people.into();
                row["agreed"] = json!(waiting.agreed);
                writeln!(out, "{row}")?;
                continue;
            }
            let whom = match people {
                1 => role.to_owned(),
                people => format!("{people} people, one of them {role}"),
            };
            let proposed = waiting.proposed_by.map(|name| format!("  {NAME}{name}{NAME:#} proposed it"));
            let agreed = match waiting.agreed.as_slice() {
                [] => String::new(),
                names => format!("  {GOOD}{}{GOOD:#} agreed", names.join(", ")),
            };
            let amount = waiting.amount.map(|amount| amount.to_string()).unwrap_or_default();
            let head = format!("{STRONG}{:>5}{STRONG:#} {amount:>14}  {whom}", waiting.key);
            let proposed = proposed.unwrap_or_default();
            writeln!(out, "{head}{proposed}{agreed}  {FAINT}{}{FAINT:#}", waiting.words)?;
        }
        Ok(Outcome::Accepted)
    })
}

/// Agrees to what somebody proposed, or turns it down.
fn agree(key: &str, agrees: bool, by: Option<&str>, format: Format, settings: &Settings) -> Answer {
    changing(settings, async |store| {
        let actor = acting(store, by).await?;
        let mut view = store.view().await.map_err(Failure::ours)?;
        let proposed = approvals::proposed(&mut view, key, &actor.name).await.map_err(refused)?;
        drop(view);
        if let (Act::Change(change), true) = (&proposed, agrees) {
            return super::files::step(store, settings, &actor, change, format).await;
        }
        let act = if agrees { proposed } else { Act::TurnDown { key: key.to_owned(), of: Box::new(proposed) } };
        let done = super::exceptions::acted(store, &actor, act).await?;
        let mut out = anstream::stdout();
        if let Some(outcome) = super::again::waits(&mut out, &done, format)? {
            return Ok(outcome);
        }
        let word = if agrees { "done" } else { "turned down" };
        match format {
            Format::Json => writeln!(out, "{done}")?,
            Format::Human => writeln!(out, "{GOOD}{word}{GOOD:#} {key}")?,
        }
        for effect in super::exceptions::told_effects(&done).iter().filter(|_| format == Format::Human) {
            writeln!(out, "  {effect}")?;
        }
        Ok(Outcome::Accepted)
    })
}
