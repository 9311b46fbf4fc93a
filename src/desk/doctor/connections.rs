//! The servers that mail goes through, tried end to end: name, port, certificate, login, and the key we sign with.

use super::Check;
use crate::config::Settings;
use crate::transport::mail::examine::{Finding, fetching, receiving, sending};

/// Connects and logs in; nothing is sent, fetched or changed.
pub(super) async fn of_connections(settings: &Settings, checks: &mut Vec<Check>) {
    tell("receiver", "mail.receiver", receiving(&settings.mail), checks);
    tell("smtp", "mail.smtp and mail.dkim", sending(&settings.mail).await, checks);
    for mailbox in &settings.mailboxes {
        let table = format!("mailbox.{}", mailbox.name);
        tell("mailbox", &table, fetching(mailbox).await, checks);
    }
}

fn tell(what: &'static str, table: &str, findings: Vec<Finding>, checks: &mut Vec<Check>) {
    for Finding { step, outcome } in findings {
        checks.push(match outcome {
            Ok(words) => Check::good(what, format!("{step}: {words}")),
            Err(words) => Check::wrong(what, format!("{step}: {words}"), format!("see [{table}] in entrepot.toml")),
        });
    }
}
