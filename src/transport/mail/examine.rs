//! Tests the servers that mail goes through, step by step, for `entrepot doctor`: what works, and the first thing that
//! does not, with what to do. It sends nothing and changes nothing.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};

use super::dkim::Signer;
use super::dns::{NameServers, Resolver};
use super::mailbox;
use super::outgoing::Mailer;
use crate::clock::SystemClock;
use crate::config::{MailSettings, MailboxSettings, Security};
use crate::transport::tls::{self, Cause};

/// How long a server is waited for.
const PATIENCE: Duration = Duration::from_secs(15);

/// One step and how it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// `name`, `port`, `certificate`, `login`, `signature`.
    pub step: &'static str,
    /// What was found, or what is wrong and what to do.
    pub outcome: Result<String, String>,
}

fn well(step: &'static str, words: impl Into<String>) -> Finding {
    Finding { step, outcome: Ok(words.into()) }
}

fn wrong(step: &'static str, words: impl Into<String>) -> Finding {
    Finding { step, outcome: Err(words.into()) }
}

/// The server that takes what we send, and the key that we sign with.
pub async fn sending(settings: &MailSettings) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(server) = &settings.smtp.server
        && reached(server, &mut findings).await
    {
        findings.push(match Mailer::new(settings, Arc::new(SystemClock)) {
            Err(why) => wrong("settings", why),
            Ok(None) => wrong("settings", "mail.address is missing"),
            Ok(Some(mailer)) => match mailer.greet().await {
                Ok(()) => well("login", format!("{server} {}", protection(settings.smtp.security))),
                Err(failed) => wrong("login", advice(&failed.reason)),
            },
        });
    }
    findings.extend(signing(settings).await);
    findings
}

/// The certificate that our own receiver shows.
pub fn receiving(settings: &MailSettings) -> Vec<Finding> {
    let receiver = &settings.receiver;
    match (receiver.listen, &receiver.certificate, &receiver.key) {
        (None, ..) => Vec::new(),
        (Some(_), Some(certificate), Some(key)) => match tls::acceptor(certificate, key) {
            Ok(_) => vec![well("certificate", "STARTTLS is offered")],
            Err(error) => vec![wrong("certificate", error.to_string())],
        },
        (Some(_), ..) => vec![well("certificate", "none: mail comes in unprotected")],
    }
}

/// A mailbox elsewhere.
pub async fn fetching(settings: &MailboxSettings) -> Vec<Finding> {
    let mut findings = Vec::new();
    if reached(&settings.server, &mut findings).await {
        findings.push(match mailbox::greet(settings).await {
            Ok(said) => well("login", format!("{} {}; {said}", settings.user, protection(settings.security))),
            Err(trouble) => wrong("login", advice(&trouble.to_string())),
        });
    }
    findings
}

/// The name and the port of a server.
async fn reached(server: &str, findings: &mut Vec<Finding>) -> bool {
    let addresses: Vec<SocketAddr> = match lookup_host(server).await {
        Ok(addresses) => addresses.collect(),
        Err(error) => {
            findings.push(wrong(
                "name",
                format!("{server}: {error}. Is the name right, and does this machine have a name server?"),
            ));
            return false;
        }
    };
    let shown: Vec<String> = addresses.iter().map(|address| address.ip().to_string()).collect();
    findings.push(well("name", format!("{server} is {}", shown.join(", "))));
    let connected = tokio::time::timeout(PATIENCE, TcpStream::connect(addresses.as_slice())).await;
    findings.push(match connected {
        Ok(Ok(_)) => well("port", format!("{server} answers")),
        Ok(Err(error)) => {
            wrong("port", format!("{server}: {error}. Is the port right, and does a firewall let it through?"))
        }
        Err(_) => wrong(
            "port",
            format!("{server} is silent for {} seconds: a firewall may be in the way", PATIENCE.as_secs()),
        ),
    });
    findings.last().is_some_and(|finding| finding.outcome.is_ok())
}

/// Whether the key that we sign with is the one that verifiers find.
async fn signing(settings: &MailSettings) -> Option<Finding> {
    let dkim = settings.dkim.as_ref()?;
    let signer = match Signer::load(&dkim.domain, &dkim.selector, &dkim.key_file) {
        Ok(signer) => signer,
        Err(error) => return Some(wrong("signature", error.to_string())),
    };
    let name = format!("{}._domainkey.{}", dkim.selector, dkim.domain);
    let found = match NameServers::new(settings.resolver) {
        Ok(resolver) => resolver.texts(&name).await,
        Err(error) => Err(error),
    };
    let key = |record: &str| record.split_once("p=").map(|(_, key)| key.split_whitespace().collect::<String>());
    let ours = signer.record();
    Some(match found {
        Err(error) => wrong("signature", format!("{name} cannot be asked for: {error}")),
        Ok(records) if records.is_empty() => {
            wrong("signature", format!("publish this TXT record under {name}: {ours}"))
        }
        Ok(records) if records.iter().any(|record| key(record) == key(&ours)) => {
            well("signature", format!("{name} holds our key"))
        }
        Ok(_) => wrong("signature", format!("{name} holds another key than ours; publish: {ours}")),
    })
}

const fn protection(security: Security) -> &'static str {
    match security {
        Security::Tls => "is let in over TLS",
        Security::Starttls => "is let in over STARTTLS",
        Security::None => "is let in without protection",
    }
}

/// What an error of a library means to whoever must put it right.
fn advice(words: &str) -> String {
    let lower = words.to_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| lower.contains(part));
    let next = match Cause::of(words) {
        Some(Cause::UnknownIssuer) => {
            "its certificate is signed by nobody we trust: give `authority` the PEM file of who signed it"
        }
        Some(Cause::OtherName) => "its certificate is for another name: write the name it was made for into `server`",
        Some(Cause::Expired) => "its certificate has expired or is not valid yet: the other side must renew it",
        Some(Cause::NotTls) => "it does not speak TLS at once: try security = \"starttls\"",
        Some(Cause::ClientCertificate) => "it wants a certificate of ours: ask the other side to let us in by password",
        Some(Cause::NothingInCommon) => "it offers no TLS 1.2 or 1.3 with a cipher of today: the other side must",
        None if has(&["nobody answers at", "is not known to dns", "is silent for", "no answer within"]) => {
            "it does not answer: are name and port right, and does a firewall let it through?"
        }
        None if has(&["privacyrequired", "encryption required", "530 5.7.0", "must issue a starttls"]) => {
            "it lets nobody in without TLS: try security = \"starttls\""
        }
        None if has(&["starttls", "stls"]) => "it offers no STARTTLS: try security = \"tls\" and the port for it",
        None if has(&["logindisabled", "login disabled"]) => {
            "it takes no password without TLS, or none at all: see `security`, and `token_file` for OAuth"
        }
        None if has(&["expired token", "xoauth2", "oauthbearer", "invalid_token", "invalid_grant"])
            || (has(&[" by token: "]) && has(&["authenticationfailed", "authentication failed", "535", "-err"])) =>
        {
            "the token is not accepted: it may have ended. `token_file` wants a fresh one; with `oauth`, somebody must log in \
             again and put the new refresh token into its file"
        }
        None if has(&["535", "534", "auth", "log in", "login"]) => {
            "user, password or token are not accepted: see `user`, `password_file` and `token_file`"
        }
        None if has(&["mailbox doesn't exist", "nonexistent", "no such mailbox", "unknown mailbox"]) => {
            "there is no such folder in the mailbox: see the names that its owner sees, and write them as they are"
        }
        None if has(&["[unavailable]", "421", "too many connections", "[limit]", "[inuse]"]) => {
            "the server is busy or has enough connections of ours: try again later, and look less often (`every`)"
        }
        None => return words.to_owned(),
    };
    format!("{words}. In other words: {next}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_thing_that_does_not_work_is_named() {
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        for (server, step) in [("no such name.invalid:25", "name"), (closed.to_string().as_str(), "port")] {
            let mut findings = Vec::new();
            assert!(!reached(server, &mut findings).await);
            let last = findings.last().unwrap();
            assert_eq!((last.step, last.outcome.is_err()), (step, true), "{findings:?}");
        }
    }

    #[test]
    fn errors_become_advice() {
        for (words, part) in [
            ("TLS with x: invalid peer certificate: UnknownIssuer", "give `authority`"),
            ("invalid peer certificate: certificate not valid for name \"x\"", "another name"),
            ("received corrupt message of type InvalidContentType", "starttls"),
            ("535 5.7.8 Authentication failed", "not accepted"),
            ("received fatal alert: ProtocolVersion", "no TLS 1.2 or 1.3"),
            ("530 5.7.0 Must issue a STARTTLS command first", "without TLS"),
            ("NO [NONEXISTENT] Unknown Mailbox: Done", "no such folder"),
            ("NO [AUTHENTICATIONFAILED] Authentication failed.", "not accepted"),
            ("334 eyJzdGF0dXMiOiI0MDAi XOAUTH2 refused", "`token_file` wants a fresh one"),
            ("421 4.7.0 Too many connections", "look less often"),
            ("something else", "something else"),
        ] {
            assert!(advice(words).contains(part), "{words}: {}", advice(words));
        }
    }
}
