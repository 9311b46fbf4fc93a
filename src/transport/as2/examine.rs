//! Tries a partner's AS2 connection step by step, for `entrepot doctor`: what works, and the first thing that does not, in
//! words. It sends no message.

use std::time::Duration;

use super::agreement;
use super::certificates::{Certificates, OURS, Role};
use super::http::{self, Failure, Target};
use super::tls;
use crate::partner::As2;
use crate::partner::as2::{Encrypt, ReceiptWish, Sign};
use crate::transport::tls::Cause;

/// How long a server is waited for.
const PATIENCE: Duration = Duration::from_secs(15);

/// One step and how it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// `our signature`, `their certificate`, `name`, `port`, `tls`, ...
    pub step: &'static str,
    /// What was found, or what is wrong and what to do.
    pub outcome: Result<String, String>,
}

/// Looks through certificates and reaches for the partner's server.
pub async fn examine(partner: &str, as2: &As2, certificates: &Certificates) -> Vec<Finding> {
    let mut findings = of_certificates(partner, as2, certificates);
    let mut found = |step, outcome| findings.push(Finding { step, outcome });
    let Some(url) = &as2.url else {
        found("url", Ok("none: we only receive from this partner".into()));
        return findings;
    };
    let now = jiff::Timestamp::now();
    let ours = as2.tls_certificate.as_ref().map(|name| {
        let held = certificates.in_role(OURS, Role::Tls, now).find(|held| held.name == *name);
        held.ok_or_else(|| format!("we have no certificate {name} in force for the role tls"))
    });
    let ours = match ours.transpose() {
        Ok(ours) => ours,
        Err(words) => {
            found("our tls", Err(words));
            return findings;
        }
    };
    let (host, port, is_tls) = match http::place(url) {
        Ok(place) => place,
        Err(failure) => {
            found("url", Err(failure.to_string()));
            return findings;
        }
    };
    let config = match is_tls.then(|| tls::connecting(&as2.tls_pins, ours)).transpose() {
        Ok(config) => config,
        Err(words) => {
            found("tls", Err(words));
            return findings;
        }
    };
    if let (Some(_), Some(file)) = (&as2.user, &as2.password_file)
        && let Err(error) = std::fs::metadata(file)
    {
        found("password", Err(format!("{file}: {error}")));
    }
    let target = Target { url: url.clone(), chunked: false, expect_continue: false, basic: None, tls: config };
    match tokio::time::timeout(PATIENCE, http::reach(&target)).await {
        Err(_) => {
            let cause = if is_tls { "a firewall, or a port that does not speak TLS?" } else { "a firewall?" };
            found("port", Err(format!("{host}:{port} does not answer within {} s: {cause}", PATIENCE.as_secs())))
        }
        Ok(Ok(())) if is_tls => found("tls", Ok(format!("{host}:{port} is reached, and its certificate is trusted"))),
        Ok(Ok(())) => found("port", Ok(format!("{host}:{port} is reached, without TLS"))),
        Ok(Err(failure)) => {
            let (step, advice) = match &failure {
                Failure::Name { .. } => ("name", "is url spelled as the partner wrote it?"),
                Failure::Connect { .. } => ("port", "ask the partner whether its server runs and lets our address in"),
                Failure::Tls { error, .. } => ("tls", advice(&error.to_string())),
                Failure::Silent { .. } => ("port", "it takes the connection and says nothing: is it this port?"),
                _ => ("connection", "try again later"),
            };
            found(step, Err(format!("{failure}; {advice}")));
        }
    }
    findings
}

/// What an error of TLS means to whoever must put it right.
fn advice(words: &str) -> &'static str {
    if words.contains("tls_pins") {
        return "ask the partner whether it changed its certificate, and on the telephone, not by mail; then write the new \
                fingerprint into tls_pins beside the old one";
    }
    match Cause::of(words) {
        Some(Cause::UnknownIssuer) => {
            "its certificate is signed by nobody we trust: compare its fingerprint with the partner and write it into \
             tls_pins, or let it show a certificate of a public authority"
        }
        Some(Cause::OtherName) => {
            "its certificate is for another name: write the name it was made for into url, or its fingerprint into tls_pins"
        }
        Some(Cause::Expired) => {
            "its certificate has expired or is not valid yet: the partner must renew it. Is the clock of this machine right?"
        }
        Some(Cause::NotTls) => "what answers there does not speak TLS: is it http:// in url, or another port?",
        Some(Cause::ClientCertificate) => {
            "it wants a certificate of ours, or another one: name one that the partner has in tls_certificate"
        }
        Some(Cause::NothingInCommon) => {
            "it offers no TLS 1.2 or 1.3 with a cipher of today: the partner must bring its server up to date"
        }
        None => {
            "compare its certificate's fingerprint with the partner and write it into tls_pins, or let it show a certificate \
             of a public authority"
        }
    }
}

/// Whether every role that the agreement needs has a certificate in force.
fn of_certificates(partner: &str, as2: &As2, certificates: &Certificates) -> Vec<Finding> {
    let now = jiff::Timestamp::now();
    let mut needed = Vec::new();
    if as2.sign != Sign::Off && as2.url.is_some() {
        needed.push((OURS, Role::Sign, "our signature"));
    }
    if as2.encrypt != Encrypt::Off && as2.url.is_some() {
        needed.push((partner, Role::Encrypt, "encryption"));
    }
    if as2.receipt != ReceiptWish::Off && as2.receipt_signed && as2.url.is_some() {
        needed.push((partner, Role::VerifyReceipt, "their receipts"));
    }
    if as2.require_signed {
        needed.push((partner, Role::Verify, "their signature"));
    }
    if as2.require_encrypted {
        needed.push((OURS, Role::Decrypt, "decryption"));
    }
    needed.push((OURS, Role::SignReceipt, "our receipts"));
    let mut findings = Vec::new();
    for (party, role, step) in needed {
        let in_force = certificates.in_role(party, role, now).next();
        let ended = certificates.of(party).iter().find(|held| held.roles.contains(&role) && held.until < now);
        let outcome = match (in_force, ended) {
            (Some(held), _) => Ok(format!("{} of {party}, {} days left", held.name, held.days_left(now))),
            (None, Some(held)) => {
                let next = match party {
                    OURS => "entrepot partner cert new --subject NAME makes another".to_owned(),
                    _ => format!("ask for the new one, then entrepot partner cert add {party} FILE"),
                };
                Err(format!("{} of {party} ended on {}: {next}", held.name, held.until))
            }
            (None, None) if party == OURS => Err(format!(
                "we have no certificate in force for the role {}: entrepot partner cert new --subject NAME",
                role.word()
            )),
            (None, None) => Err(format!(
                "{party} has no certificate in force for the role {}: ask for it, then entrepot partner cert add {party} FILE",
                role.word()
            )),
        };
        findings.push(Finding { step, outcome });
    }
    if let Some(digest) = agreement::digest(as2.sign) {
        findings.push(Finding { step: "algorithms", outcome: Ok(format!("signed by {}", digest.name())) });
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_tls_become_advice() {
        for (words, part) in [
            ("invalid peer certificate: UnknownIssuer", "signed by nobody we trust"),
            ("invalid peer certificate: certificate not valid for name \"as2.example\"", "for another name"),
            ("invalid peer certificate: certificate expired: verification time 1", "must renew it"),
            (
                "invalid peer certificate: Other(its certificate AB is none of those pinned (tls_pins))",
                "beside the old one",
            ),
            ("received corrupt message of type InvalidContentType", "http:// in url"),
            ("received fatal alert: CertificateRequired", "tls_certificate"),
            ("received fatal alert: HandshakeFailure", "bring its server up to date"),
            ("something else", "compare its certificate's fingerprint"),
        ] {
            assert!(advice(words).contains(part), "{words}: {}", advice(words));
        }
    }

    /// A port that speaks, and no TLS: the step and the cause are named.
    #[tokio::test]
    async fn a_server_without_tls_is_told_from_one_with_a_certificate_of_nobody() {
        use tokio::io::AsyncWriteExt as _;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}/as2", listener.local_addr().unwrap());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
            }
        });
        let config = tls::connecting(&["AB".repeat(32)], None).unwrap();
        let target = Target { url, chunked: false, expect_continue: false, basic: None, tls: Some(config) };
        let Err(Failure::Tls { error, .. }) = http::reach(&target).await else { panic!("that was no TLS") };
        assert!(advice(&error.to_string()).contains("does not speak TLS"), "{error}");
    }
}
