//! `partner`: who trades with us and what was agreed, defaults filled in.

use std::io::Write;

use argon2::password_hash::SaltString;
use argon2::{Argon2, PasswordHasher as _};
use serde_json::{Value, json};

use super::command::{Format, PartnerVerb};
use super::output::{Answer, FAINT, Failure, GOOD, Outcome, STRONG};
use super::settings::tell;
use super::text::{Text, report};
use crate::catalogue::Catalogue;
use crate::config::Settings;
use crate::mistake::nearest;
use crate::partner::{Directory, Partner, Sftp};
use crate::transport::sftp::HostKeys;

pub fn run(verb: &PartnerVerb, format: Format, settings: &Settings, catalogue: &Catalogue) -> Answer {
    match verb {
        PartnerVerb::List => list(format, catalogue),
        PartnerVerb::Show { partner } => show(find(catalogue, partner)?, format, settings),
        PartnerVerb::Check { files } => check(files, format),
        PartnerVerb::Put { .. } | PartnerVerb::Approve { .. } => Err(Failure::ours("files are handed in by name")),
        PartnerVerb::Cert(_) => Err(Failure::ours("certificates need no catalogue")),
        PartnerVerb::Password => password(),
    }
}

/// The partner of that name, or what was probably meant.
pub fn find<'c>(catalogue: &'c Catalogue, id: &str) -> Result<&'c Partner, Failure> {
    catalogue.directory.partner(id).ok_or_else(|| {
        let near = nearest(id, catalogue.directory.partners.iter().map(|partner| partner.id.as_str()));
        let hint = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        Failure::usage(format!("there is no partner \"{id}\"{hint}"))
    })
}

fn list(format: Format, catalogue: &Catalogue) -> Answer {
    let mut out = anstream::stdout().lock();
    if catalogue.directory.partners.is_empty() && format == Format::Human {
        writeln!(out, "no partners yet: a file partners/NAME.toml in the catalogue folder makes one")?;
    }
    for partner in &catalogue.directory.partners {
        match format {
            Format::Json => writeln!(out, "{}", serde_json::to_string(partner).map_err(Failure::ours)?)?,
            Format::Human => {
                writeln!(
                    out,
                    "{STRONG}{:<16}{STRONG:#} {:<28} {FAINT}{} agreements{FAINT:#}",
                    partner.id,
                    partner.name,
                    if partner.listed_only { partner.agreements.len().to_string() } else { "all".into() }
                )?;
            }
        }
    }
    Ok(Outcome::Accepted)
}

fn show(partner: &Partner, format: Format, settings: &Settings) -> Answer {
    let mut out = anstream::stdout().lock();
    let mut value = serde_json::to_value(partner).map_err(Failure::ours)?;
    // What the partner needs to know our server by, where it logs in there and the server has its keys already.
    if partner.sftp.as_ref().is_some_and(Sftp::has_login)
        && let Ok(keys) = HostKeys::load(&settings.sftp_host_keys())
    {
        value["sftp"]["our_host_keys"] = json!(keys.fingerprints());
    }
    match format {
        Format::Json => writeln!(out, "{value}")?,
        Format::Human => {
            writeln!(out, "{STRONG}{}{STRONG:#} {}", partner.id, partner.name)?;
            outline(&mut out, &value, 1)?;
        }
    }
    Ok(Outcome::Accepted)
}

/// A value as indented lines: what is empty or null is left out.
fn outline(out: &mut impl Write, value: &Value, depth: usize) -> std::io::Result<()> {
    let indent = "  ".repeat(depth);
    for (name, value) in value.as_object().into_iter().flatten() {
        match value {
            Value::Null => {}
            Value::Array(items) if items.is_empty() => {}
            Value::Object(_) => {
                writeln!(out, "{indent}{name}")?;
                outline(out, value, depth + 1)?;
            }
            Value::Array(items) => {
                writeln!(out, "{indent}{name}")?;
                for item in items {
                    match item {
                        Value::Object(_) => {
                            writeln!(out, "{indent}  -")?;
                            outline(out, item, depth + 2)?;
                        }
                        other => writeln!(out, "{indent}  {}", plain(other))?,
                    }
                }
            }
            other => writeln!(out, "{indent}{name:<24} {}", plain(other))?,
        }
    }
    Ok(())
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Checks files alone and against one another; what they refer to is checked when a catalogue is loaded.
fn check(files: &[std::path::PathBuf], format: Format) -> Answer {
    let mut texts = Vec::new();
    for file in files {
        let Text { name, text } = Text::read(file)?;
        texts.push((name, text));
    }
    let read = Directory::read(texts.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    let mut out = anstream::stdout().lock();
    for (path, text) in &texts {
        let own = read.mistakes.iter().filter(|mistake| mistake.file == *path);
        match format {
            Format::Json => {
                let mistakes: Vec<Value> = own.map(|mistake| report(mistake, text)).collect();
                writeln!(out, "{}", json!({"file": path, "mistakes": mistakes}))?;
            }
            Format::Human if own.count() == 0 => writeln!(out, "{GOOD}in order{GOOD:#} {path}")?,
            Format::Human => {}
        }
    }
    if read.mistakes.is_empty() {
        return Ok(Outcome::Accepted);
    }
    if format == Format::Json {
        return Ok(Outcome::Rejected);
    }
    tell(&read.mistakes, |name| texts.iter().find(|(path, _)| path == name).map(|(_, text)| text.as_str()));
    Ok(Outcome::Rejected)
}

/// Reads one line and prints its hash: the password itself belongs in no file.
fn password() -> Answer {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        return Err(Failure::usage("write the password to standard input, on one line"));
    }
    let mut salt = [0; 16];
    aws_lc_rs::rand::fill(&mut salt).map_err(|_| Failure::ours("this machine gives no random bytes"))?;
    let salt = SaltString::encode_b64(&salt).map_err(Failure::ours)?;
    let hash = Argon2::default().hash_password(password.as_bytes(), &salt).map_err(Failure::ours)?;
    writeln!(anstream::stdout().lock(), "{hash}")?;
    Ok(Outcome::Accepted)
}
