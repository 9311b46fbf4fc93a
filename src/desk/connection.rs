//! `doctor PARTNER`: tries a partner's connection end to end and says in words what is wrong, and how it logs in to us.

use std::io::Write;

use serde_json::json;

use super::command::{Common, Format};
use super::output::{Answer, ERROR, FAINT, GOOD, Outcome, STRONG};
use super::{partners, settings};
use crate::config::Settings;
use crate::daemon::neighbour;
use crate::partner::{Partner, Sftp};
use crate::transport::as2::certificates::Certificates;
use crate::transport::as2::examine as as2;
use crate::transport::sftp::{Finding, HostKeys, examine};

pub fn run(partner: &str, common: &Common) -> Answer {
    let settings = settings::load(common)?;
    let catalogue = super::catalogue(common)?;
    let partner = partners::find(&catalogue, partner)?;
    let mut findings = Vec::new();
    if let Some(terms) = &partner.sftp {
        findings.extend(ours(terms, &settings));
    }
    if let Some(neighbour) = neighbour(partner, &settings.data) {
        findings.extend(settings::wait(async { Ok(examine(&neighbour).await) })?);
    }
    if let Some(as2) = &partner.as2 {
        let certificates = Certificates::load(&settings.certificates());
        let found = settings::wait(async { Ok(as2::examine(&partner.id, as2, &certificates).await) })?;
        findings.extend(found.into_iter().map(|finding| Finding { step: finding.step, outcome: finding.outcome }));
    }
    tell(partner, &findings, common.format)?;
    let is_well = findings.iter().all(|finding| finding.outcome.is_ok());
    Ok(if is_well { Outcome::Accepted } else { Outcome::Rejected })
}

/// How the partner logs in to our server: what it must be told, and what will keep it out.
fn ours(terms: &Sftp, settings: &Settings) -> Vec<Finding> {
    if !terms.has_login() {
        return Vec::new();
    }
    let mut findings = Vec::new();
    let mut found = |step, outcome| findings.push(Finding { step, outcome });
    match settings.sftp.listen {
        Some(address) => {
            found("our server", Ok(format!("listens at {address}; the partner logs in as {}", terms.user)))
        }
        None => found(
            "our server",
            Err("is switched off: write listen = \"0.0.0.0:2222\" under [sftp] of entrepot.toml".into()),
        ),
    }
    match HostKeys::load(&settings.sftp_host_keys()) {
        Ok(keys) if !keys.keys.is_empty() => {
            for print in keys.fingerprints() {
                found("our key", Ok(format!("{print}: tell the partner, by another way than this connection")));
            }
        }
        _ => found("our key", Ok("is made when the server starts for the first time".into())),
    }
    // Days of keys begin and end in UTC, as at the door.
    let today = jiff::tz::Offset::UTC.to_datetime(jiff::Timestamp::now()).date();
    for key in &terms.keys {
        let outcome = match (key.counts_on(today), key.until) {
            (true, Some(until)) => Ok(format!("{} counts until {until}", key.name)),
            (true, None) => Ok(format!("{} counts", key.name)),
            (false, _) => Err(format!("{} does not count today: from and until are other days", key.name)),
        };
        found("their key", outcome);
    }
    findings
}

fn tell(partner: &Partner, findings: &[Finding], format: Format) -> std::io::Result<()> {
    let mut out = anstream::stdout().lock();
    if format == Format::Json {
        let steps: Vec<_> = findings
            .iter()
            .map(|finding| match &finding.outcome {
                Ok(words) => json!({"step": finding.step, "well": true, "words": words}),
                Err(words) => json!({"step": finding.step, "well": false, "words": words}),
            })
            .collect();
        return writeln!(out, "{}", json!({"partner": partner.id, "steps": steps}));
    }
    writeln!(out, "{STRONG}{}{STRONG:#} {}", partner.id, partner.name)?;
    if findings.is_empty() {
        writeln!(out, "  {FAINT}no connection to try: files go by folder, out/{}{FAINT:#}", partner.folder)?;
    }
    for finding in findings {
        match &finding.outcome {
            Ok(words) => writeln!(out, "  {GOOD}well {GOOD:#} {:<14} {words}", finding.step)?,
            Err(words) => writeln!(out, "  {ERROR}wrong{ERROR:#} {:<14} {words}", finding.step)?,
        }
    }
    Ok(())
}
