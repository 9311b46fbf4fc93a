//! `partner cert`: certificates of AS2, ours and partners'. What is changed here, a running daemon sees at the next message.

use std::fs;
use std::io::Write;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::command::{CertAdd, CertNew, CertVerb, CertWish, Common, Format};
use super::output::{Answer, ERROR, FAINT, Failure, GOOD, Outcome, STRONG, WARNING};
use super::{partners, settings};
use crate::transport::as2::certificates::{Certificates, Held, OURS, Role, WARNING_DAYS, Wish, add, create};
use crate::transport::as2::cms::KeyKind;

pub fn run(verb: &CertVerb, common: &Common) -> Answer {
    let folder = settings::load(common)?.certificates();
    let format = common.format;
    match verb {
        CertVerb::List { party } => list(party.as_deref(), format, &Certificates::load(&folder)),
        CertVerb::Show { party, name } => show(find(&Certificates::load(&folder), party, name)?, party, format),
        CertVerb::Export { party, name } => {
            let certificates = Certificates::load(&folder);
            write!(anstream::stdout(), "{}", find(&certificates, party, name)?.certificate.to_pem())?;
            Ok(Outcome::Accepted)
        }
        CertVerb::Add(it) => take(it, common),
        CertVerb::New(it) => make(it, common),
    }
}

fn list(party: Option<&str>, format: Format, certificates: &Certificates) -> Answer {
    let now = Timestamp::now();
    let mut out = anstream::stdout().lock();
    let mut count = 0;
    for (whose, held) in certificates.parties().filter(|(whose, _)| party.is_none_or(|party| party == *whose)) {
        for one in held {
            count += 1;
            if format == Format::Json {
                writeln!(out, "{}", told(one, whose, now))?;
                continue;
            }
            let days = one.days_left(now);
            let (style, left) = match days {
                ..0 => (ERROR, "ended".to_owned()),
                _ if one.from > now => (FAINT, format!("begins {}", one.from.strftime("%Y-%m-%d"))),
                _ if days <= WARNING_DAYS[0] => (WARNING, format!("{days} days left")),
                _ => (GOOD, format!("{days} days left")),
            };
            writeln!(
                out,
                "{STRONG}{whose:<14}{STRONG:#} {:<20} {style}{left:<18}{style:#} {:<30} {FAINT}{}{FAINT:#}",
                one.name,
                roles(one),
                one.certificate.subject
            )?;
        }
    }
    if count == 0 && format == Format::Human {
        writeln!(out, "no certificates yet: entrepot partner cert new --subject NAME makes our own")?;
    }
    for trouble in &certificates.troubles {
        eprintln!("{trouble}");
    }
    Ok(if certificates.troubles.is_empty() { Outcome::Accepted } else { Outcome::Rejected })
}

fn show(held: &Held, party: &str, format: Format) -> Answer {
    let mut out = anstream::stdout().lock();
    let now = Timestamp::now();
    if format == Format::Json {
        writeln!(out, "{}", told(held, party, now))?;
        return Ok(Outcome::Accepted);
    }
    writeln!(out, "{STRONG}{party} {}{STRONG:#}", held.name)?;
    for (label, value) in [
        ("subject", held.certificate.subject.clone()),
        ("issuer", held.certificate.issuer.clone()),
        ("serial number", held.certificate.serial_shown()),
        (
            "key",
            format!(
                "{}, {} bits{}",
                held.certificate.key_kind.name(),
                held.certificate.key_bits,
                if held.key.is_some() { ", private key here" } else { "" }
            ),
        ),
        ("holds", format!("{} to {}", held.certificate.not_before, held.certificate.not_after)),
        ("used", format!("{} to {}, {} days left", held.from, held.until, held.days_left(now))),
        ("roles", roles(held)),
        ("SHA-256", held.certificate.fingerprint()),
    ] {
        writeln!(out, "  {label:<14} {value}")?;
    }
    Ok(Outcome::Accepted)
}

fn take(it: &CertAdd, common: &Common) -> Answer {
    if it.party != OURS {
        // A certificate for nobody would never be used: the name is checked as in every other command.
        partners::find(&super::catalogue(common)?, &it.party)?;
    }
    let shown = it.file.display();
    let bytes = fs::read(&it.file).map_err(|error| Failure::usage(format!("{shown}: {error}")))?;
    let password = match &it.password_file {
        None => None,
        Some(file) => {
            let text =
                fs::read_to_string(file).map_err(|error| Failure::usage(format!("{}: {error}", file.display())))?;
            Some(text.trim_end_matches(['\r', '\n']).to_owned())
        }
    };
    let folder = settings::load(common)?.certificates();
    let added = add(&folder, &it.party, &bytes, password.as_deref(), &wish(&it.wish)?)
        .map_err(|words| Failure::usage(format!("{shown}: {words}")))?;
    for (held, _) in &added {
        show(held, &it.party, common.format)?;
    }
    if common.format == Format::Human && it.party != OURS {
        writeln!(anstream::stdout(), "{FAINT}compare the fingerprint with the partner by telephone{FAINT:#}")?;
    }
    Ok(Outcome::Accepted)
}

fn make(it: &CertNew, common: &Common) -> Answer {
    let folder = settings::load(common)?.certificates();
    let kind = KeyKind::ALL.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(&it.key)).ok_or_else(|| {
        let names = KeyKind::ALL.map(|kind| kind.name().to_lowercase()).join(", ");
        Failure::usage(format!("`{}` is no sort of key: {names}", it.key))
    })?;
    let wish = Wish { key_kind: Some(kind), ..wish(&it.wish)? };
    let (held, _) =
        create(&folder, &it.subject, Timestamp::now(), i64::from(it.days), &wish).map_err(Failure::usage)?;
    show(&held, OURS, common.format)?;
    if common.format == Format::Human {
        writeln!(
            anstream::stdout(),
            "{FAINT}entrepot partner cert export us {} prints what partners get{FAINT:#}",
            held.name
        )?;
    }
    Ok(Outcome::Accepted)
}

fn wish(given: &CertWish) -> Result<Wish, Failure> {
    let mut roles = Vec::new();
    for word in &given.roles {
        let role = Role::of_word(word).ok_or_else(|| {
            let words: Vec<&str> = Role::ALL.iter().map(|role| role.word()).collect();
            Failure::usage(format!("`{word}` is no role: {}", words.join(", ")))
        })?;
        roles.push(role);
    }
    let moment = |text: &Option<String>| match text {
        None => Ok(None),
        Some(text) => text
            .parse()
            .map(Some)
            .map_err(|_| Failure::usage(format!("`{text}` is no moment: write 2026-01-31T00:00:00Z"))),
    };
    let (from, until) = (moment(&given.from)?, moment(&given.until)?);
    Ok(Wish { name: given.name.clone(), roles, from, until, key_kind: None })
}

fn find<'c>(certificates: &'c Certificates, party: &str, name: &str) -> Result<&'c Held, Failure> {
    let known = certificates.of(party);
    known.iter().find(|held| held.name == name).ok_or_else(|| {
        let names: Vec<&str> = known.iter().map(|held| held.name.as_str()).collect();
        Failure::usage(format!("{party} has no certificate \"{name}\": {}", names.join(", ")))
    })
}

fn roles(held: &Held) -> String {
    held.roles.iter().map(|role| role.word()).collect::<Vec<_>>().join(", ")
}

fn told(held: &Held, party: &str, now: Timestamp) -> Value {
    json!({
        "party": party,
        "name": held.name,
        "subject": held.certificate.subject,
        "issuer": held.certificate.issuer,
        "serial_number": held.certificate.serial_shown(),
        "sha256": held.certificate.fingerprint(),
        "roles": held.roles.iter().map(|role| role.word()).collect::<Vec<_>>(),
        "from": held.from.to_string(),
        "until": held.until.to_string(),
        "days_left": held.days_left(now),
        "private_key": held.key.is_some(),
    })
}
