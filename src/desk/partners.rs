//! `partner`: who trades with us and what was agreed.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};

use argon2::password_hash::SaltString;
use argon2::{Argon2, PasswordHasher as _};
use serde_json::{Value, json};

use super::acting::rules;
use super::command::{Format, PartnerVerb};
use super::outline::outline;
use super::output::{Answer, ERROR, FAINT, Failure, GOOD, Outcome, STRONG, WARNING};
use super::settings::tell;
use super::text::{Text, report};
use crate::catalogue::{Catalogue, Files};
use crate::config::Settings;
use crate::journey::activate::identities_changed;
use crate::journey::show::asked;
use crate::mistake::Mistake;
use crate::partner::{Partner, PartnerFile, Sftp, keys_of_partner, keys_of_us};
use crate::store::Store;
use crate::transport::sftp::HostKeys;

pub fn run(verb: &PartnerVerb, format: Format, settings: &Settings, catalogue: &Catalogue) -> Answer {
    match verb {
        PartnerVerb::List => list(format, catalogue),
        PartnerVerb::Show { partner, all } => show(find(catalogue, partner)?, *all, format, settings, catalogue),
        PartnerVerb::Check { .. } => Err(Failure::ours("files are checked before they stand in a catalogue")),
        PartnerVerb::Put { .. } | PartnerVerb::Approve { .. } => Err(Failure::ours("files are handed in by name")),
        PartnerVerb::Keys => keys(format),
        PartnerVerb::Cert(_) => Err(Failure::ours("certificates need no catalogue")),
        PartnerVerb::Password => password(),
    }
}

/// The partner of that name, or what was probably meant.
pub fn find<'c>(catalogue: &'c Catalogue, id: &str) -> Result<&'c Partner, Failure> {
    catalogue.directory.partner(id).ok_or_else(|| {
        let known = catalogue.directory.partners.iter().map(|partner| partner.id.as_str());
        Failure::usage(asked::unknown("partner", id, known))
    })
}

/// Of whom a list has nothing: the name may be nobody's. One with a history is somebody, whatever stands in the catalogue.
pub async fn known(store: &Store, id: Option<&str>) -> Result<(), Failure> {
    match id {
        Some(id) => find(&rules(store).await?.in_force.catalogue, id).map(drop),
        None => Ok(()),
    }
}

fn list(format: Format, catalogue: &Catalogue) -> Answer {
    let mut out = anstream::stdout().lock();
    if catalogue.directory.partners.is_empty() && format == Format::Human {
        writeln!(out, "no partners yet: a file catalogue/partners/NAME.toml makes one")?;
    }
    for partner in &catalogue.directory.partners {
        match format {
            Format::Json => writeln!(out, "{}", shown(partner)?)?,
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

fn show(partner: &Partner, all: bool, format: Format, settings: &Settings, catalogue: &Catalogue) -> Answer {
    let mut out = anstream::stdout().lock();
    let mut value = shown(partner)?;
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
            if !all {
                let (usual, _) = PartnerFile::read(&partner.id, "", "name = \"\"", &catalogue.directory.us);
                leave_out(&mut value, &shown(&usual.partner)?);
            }
            prune(&mut value);
            let fields = value.as_object_mut().expect("a partner is a record");
            fields.retain(|name, _| !matches!(name.as_str(), "id" | "name"));
            outline(&mut out, fields, 2, &[])?;
            if !all {
                writeln!(out, "  {FAINT}the rest is as usual: partner show {} --all{FAINT:#}", partner.id)?;
            }
        }
    }
    Ok(Outcome::Accepted)
}

/// Leaves out what is as it is for everybody.
fn leave_out(value: &mut Value, usual: &Value) {
    let (Value::Object(fields), Value::Object(usual)) = (value, usual) else { return };
    fields.retain(|name, value| usual.get(name) != Some(value));
    for (name, value) in fields {
        usual.get(name).into_iter().for_each(|usual| leave_out(value, usual));
    }
}

/// A partner as the desk shows one: delimiters are characters.
fn shown(partner: &Partner) -> Result<Value, Failure> {
    let mut value = serde_json::to_value(partner).map_err(Failure::ours)?;
    for syntax in ["x12", "edifact"] {
        for mark in value[syntax]["delimiters"].as_object_mut().into_iter().flat_map(|marks| marks.values_mut()) {
            if let Some(byte) = mark.as_u64().and_then(|byte| u8::try_from(byte).ok()) {
                let shown = char::from(byte);
                *mark = if byte.is_ascii_control() { shown.escape_default().to_string() } else { shown.into() }.into();
            }
        }
    }
    Ok(value)
}

/// Leaves out what says nothing: what is absent, or only made of what is.
fn prune(value: &mut Value) {
    if let Value::Object(fields) = value {
        fields.values_mut().for_each(prune);
        fields.retain(|_, value| match value {
            Value::Null => false,
            Value::Array(items) => !items.is_empty(),
            Value::Object(fields) => !fields.is_empty(),
            _ => true,
        });
    }
}

/// Checks files as they would stand in the catalogue, by the rules that `run` takes them over with.
pub fn check(files: &[PathBuf], format: Format, settings: &Settings) -> Answer {
    let folder = settings.catalogue.as_deref();
    let standing = folder.map(Files::read).transpose().map_err(|refused| Failure::usage(refused.to_string()))?;
    let standing = standing.unwrap_or_default();
    let mut laid: BTreeMap<String, Text> = BTreeMap::new();
    for file in files {
        let text = Text::read(file)?;
        let path = place(file, folder);
        if let Some(other) = laid.insert(path.clone(), text) {
            return Err(Failure::usage(format!("{} and {} are one file {path}", other.name, file.display())));
        }
    }
    let mistakes = mistakes(&standing, &laid);
    let shown = |path: &str| laid.get(path).map_or_else(|| path.to_owned(), |text| text.name.clone());
    let source = |path: &str| laid.get(path).map(|text| text.text.as_str()).or_else(|| standing.get(path));
    // What is wrong elsewhere is so because of these files: another partner with the same identity, say.
    let others = mistakes.iter().map(|mistake| mistake.file.as_str()).filter(|path| !laid.contains_key(*path));
    let mut out = anstream::stdout().lock();
    for path in laid.keys().map(String::as_str).chain(others.collect::<BTreeSet<_>>()) {
        let own: Vec<&Mistake> = mistakes.iter().filter(|mistake| mistake.file == path).collect();
        match format {
            Format::Json => {
                let source = source(path).unwrap_or_default();
                let own: Vec<Value> = own.iter().map(|own| report(&named(own, shown(path)), source)).collect();
                writeln!(out, "{}", json!({"file": shown(path), "mistakes": own}))?;
            }
            Format::Human if own.is_empty() && mistakes.is_empty() => {
                writeln!(out, "{GOOD}in order{GOOD:#} {}", shown(path))?;
            }
            // Alone it is; beside the others it is not.
            Format::Human if own.is_empty() => {
                writeln!(out, "{ERROR}not taken over{ERROR:#} {}: with it another file is wrong", shown(path))?;
            }
            Format::Human => {
                let own: Vec<Mistake> = own.iter().map(|own| named(own, shown(path))).collect();
                tell(&own, |_| source(path));
            }
        }
    }
    for (path, text) in laid.iter().filter(|_| format == Format::Human) {
        let partner = path.strip_prefix("partners/").and_then(|name| name.strip_suffix(".toml"));
        let (Some(partner), Some(known)) = (partner, standing.get(path)) else { continue };
        for note in identities_changed(partner, (known, &text.text)) {
            writeln!(out, "{WARNING}note{WARNING:#} {note}")?;
        }
    }
    Ok(if mistakes.is_empty() { Outcome::Accepted } else { Outcome::Rejected })
}

/// Where a file would stand in the catalogue: where it stands in it already, else among the partners by its name.
fn place(file: &Path, folder: Option<&Path>) -> String {
    let inside = folder.and_then(|folder| {
        let (folder, whole) = (folder.canonicalize().ok()?, file.canonicalize().ok()?);
        Some(whole.strip_prefix(folder).ok()?.to_str()?.to_owned())
    });
    let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or("partner");
    inside.filter(|path| path.starts_with("partners/")).unwrap_or_else(|| format!("partners/{stem}.toml"))
}

/// What would be wrong with the catalogue once these files stand in it, and is not without them.
fn mistakes(standing: &Files, laid: &BTreeMap<String, Text>) -> Vec<Mistake> {
    let own = laid.iter().map(|(path, text)| (path.clone(), text.text.clone()));
    let others = standing.iter().filter(|(path, _)| !laid.contains_key(*path));
    let all = others.map(|(path, text)| (path.to_owned(), text.to_owned())).chain(own);
    let Err(refused) = Catalogue::from_files(Files::of(all)) else { return Vec::new() };
    if refused.mistakes.iter().all(|mistake| laid.contains_key(&mistake.file)) {
        return refused.mistakes;
    }
    let before = Catalogue::from_files(standing.clone()).err().map(|refused| refused.mistakes).unwrap_or_default();
    let is_new = |mistake: &Mistake| laid.contains_key(&mistake.file) || !before.contains(mistake);
    refused.mistakes.into_iter().filter(is_new).collect()
}

fn named(mistake: &Mistake, file: String) -> Mistake {
    Mistake { file, ..mistake.clone() }
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

/// Every key that may stand in a partner's file, then those of `us.toml`.
pub fn keys(format: Format) -> Answer {
    let mut out = anstream::stdout().lock();
    for (file, notes) in [("partners/NAME.toml", keys_of_partner()), ("partners/us.toml", keys_of_us())] {
        if format == Format::Human {
            writeln!(out, "{STRONG}{file}{STRONG:#}")?;
        }
        for note in notes {
            match format {
                Format::Json => {
                    let (key, default, meaning) = (note.key, note.default, note.meaning);
                    writeln!(out, "{}", json!({"file": file, "key": key, "default": default, "meaning": meaning}))?;
                }
                Format::Human if note.default.is_empty() => {
                    writeln!(out, "  {STRONG}{}{STRONG:#}\n      {}", note.key, note.meaning)?;
                }
                Format::Human => {
                    let (key, default, meaning) = (note.key, note.default, note.meaning);
                    writeln!(out, "  {STRONG}{key}{STRONG:#} = {default}\n      {meaning}")?;
                }
            }
        }
    }
    Ok(Outcome::Accepted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(standing: &[(&str, &str)], file: (&str, &str)) -> Vec<String> {
        let standing = Files::of(standing.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())));
        let text = Text { name: file.0.to_owned(), text: file.1.to_owned() };
        let found = mistakes(&standing, &BTreeMap::from([(file.0.to_owned(), text)]));
        found.into_iter().map(|mistake| format!("{}: {}", mistake.file, mistake.message)).collect()
    }

    #[test]
    fn files_are_checked_as_they_would_stand_in_the_catalogue() {
        let acme = "partners/acme.toml";
        assert_eq!(checked(&[], (acme, "name = \"A\"\n[outbound.810]\n")), [""; 0]);
        let told = checked(&[], (acme, "name = \"A\"\n[outbound.811]\n[inbound.850]\nmap = \"x/../../passwd\"\n"));
        assert!(told.len() >= 2, "{told:?}");
        let says = |words: &str| told.iter().any(|told| told.contains(words));
        assert!(says("811") && says("there is no map x/../../passwd"), "{told:?}");

        let twice = "name = \"A\\u001b[31m\"\n[x12]\nid = [\"ZZ:ACME\", \"ZZ:ACME\"]\n";
        let words = ["`name` holds control characters, which nobody can read", "the identity \"ACME\" is listed twice"];
        assert_eq!(checked(&[], (acme, twice)), words.map(|words| format!("{acme}: {words}")));

        let long = "name = \"A\"\n[x12]\nid = [\"1:ACME\", \"ZZ:ACME PURCHASING 1\"]\n[edifact]\nid = \"4012345:14\"\n";
        let words = [
            "\"ACME PURCHASING 1\" has 17 characters, and a header holds 15",
            "\"1\" is no qualifier: those have two characters, like 01 or ZZ",
        ];
        assert_eq!(checked(&[], (acme, long)), words.map(|words| format!("{acme}: {words}")));
    }

    #[test]
    fn another_file_is_told_of_only_where_these_files_make_it_wrong() {
        let bolt = ("partners/bolt.toml", "name = \"B\"\n[x12]\nid = \"ZZ:ACME\"\n");
        let broken = ("partners/crow.toml", "name = 7\n");
        let acme = ("partners/acme.toml", "name = \"A\"\n[x12]\nid = \"ZZ:ACME\"\n");
        let told = checked(&[bolt, broken], acme);
        assert_eq!(told, ["partners/bolt.toml: \"ACME\" is claimed by partners/acme.toml too"]);
    }

    #[test]
    fn a_file_has_its_place_in_the_catalogue() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("partners/west/acme.toml");
        std::fs::create_dir_all(inside.parent().unwrap()).unwrap();
        std::fs::write(&inside, "").unwrap();
        assert_eq!(place(&inside, Some(folder.path())), "partners/west/acme.toml");
        assert_eq!(place(Path::new("drafts/acme.toml"), Some(folder.path())), "partners/acme.toml");
    }
}
