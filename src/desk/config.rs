//! `config`: the settings as they are read, and what each key is for.

use std::fs;
use std::io::Write;

use serde_json::json;

use super::command::{Common, ConfigVerb, Format};
use super::output::{Answer, FAINT, Failure, GOOD, NAME, Outcome, STRONG, counted};
use super::settings;
use crate::config::{EndpointSettings, Settings};
use crate::daemon::endpoints::announcer;

pub fn run(verb: &ConfigVerb, common: &Common) -> Answer {
    match verb {
        ConfigVerb::Check => check(common),
        ConfigVerb::Explain => explain(common),
    }
}

/// Reads the settings and everything they name.
fn check(common: &Common) -> Answer {
    let settings = settings::load(common)?;
    let catalogue = super::whole_catalogue(common)?;
    for endpoint in &settings.endpoints {
        // A secret that is not there is better known now than when something happens.
        announcer(endpoint).map_err(|why| Failure::usage(format!("endpoint {}: {why}", endpoint.name)))?;
        for secret in &endpoint.secrets {
            secret.secret().map_err(|why| Failure::usage(format!("endpoint {}: {why}", endpoint.name)))?;
        }
    }
    let mut out = anstream::stdout().lock();
    let file = settings::file(common).map_or_else(|| "defaults".to_owned(), |file| file.display().to_string());
    let (data, database) = (settings.data.display(), settings::shown_database(&settings));
    let (grammars, maps) = (catalogue.grammars.addresses().count(), catalogue.maps.names().count());
    let (overlays, partners) = (catalogue.overlays().count(), catalogue.directory.partners.len());
    if common.format == Format::Json {
        let answer = json!({
            "file": file, "data": settings.data, "database": database, "catalogue": settings.catalogue,
            "grammars": grammars, "overlays": overlays, "maps": maps, "partners": partners,
            "endpoints": settings.endpoints.iter().map(endpoint).collect::<Vec<_>>(),
        });
        writeln!(out, "{answer}")?;
        return Ok(Outcome::Accepted);
    }
    writeln!(out, "{GOOD}in order{GOOD:#} {STRONG}{file}{STRONG:#}")?;
    writeln!(out, "  data       {data}")?;
    writeln!(out, "  database   {database}")?;
    match &settings.catalogue {
        Some(folder) => writeln!(out, "  catalogue  {}", folder.display())?,
        None => writeln!(out, "  catalogue  {FAINT}none of your own{FAINT:#}")?,
    }
    for endpoint in &settings.endpoints {
        let types: Vec<String> = endpoint.types.iter().map(ToString::to_string).collect();
        writeln!(
            out,
            "  endpoint   {NAME}{}{NAME:#} {} {FAINT}{}{FAINT:#}",
            endpoint.name,
            endpoint.url,
            types.join(", ")
        )?;
    }
    let counts = [(partners, "partner"), (grammars, "grammar"), (overlays, "overlay"), (maps, "map")];
    writeln!(out, "  {}", counts.map(|(count, one)| counted(count, one)).join(", "))?;
    Ok(Outcome::Accepted)
}

fn endpoint(endpoint: &EndpointSettings) -> serde_json::Value {
    let types: Vec<String> = endpoint.types.iter().map(ToString::to_string).collect();
    json!({"name": endpoint.name, "url": endpoint.url, "types": types})
}

/// Every key, its value here, its default, its meaning.
fn explain(common: &Common) -> Answer {
    let file = settings::file(common);
    let text = file.as_ref().map(fs::read_to_string).transpose()?.unwrap_or_default();
    let name = file.map_or_else(|| "entrepot.toml".to_owned(), |file| file.display().to_string());
    let mut out = anstream::stdout().lock();
    for note in Settings::explain(&name, &text) {
        match common.format {
            Format::Json => {
                let line = json!({"key": note.key, "value": note.value, "default": note.default, "meaning": note.meaning, "given": note.is_given});
                writeln!(out, "{line}")?;
            }
            Format::Human => {
                let changed = if note.is_given { format!("  (default {})", note.default) } else { String::new() };
                writeln!(out, "{NAME}{}{NAME:#} = {}{FAINT}{changed}{FAINT:#}", note.key, note.value)?;
                writeln!(out, "    {}", note.meaning)?;
            }
        }
    }
    Ok(Outcome::Accepted)
}
