//! Whose mail it is: proved by a secret address, an S/MIME or DKIM signature or SPF, never by From alone.

use std::fmt::Write as _;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::dkim;
use super::dmarc::{alignment, is_aligned};
use super::dns::{Resolver, Unresolved};
use super::message::{Envelope, Mail};
use super::spf::{self, Client, Spf};
use crate::partner::{Directory, Partner};

/// What proved who sent a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// It went to an address that only this partner knows.
    Secret,
    /// It carries an S/MIME signature that one of the partner's certificates verifies.
    Smime,
    /// A domain signed it.
    Dkim(String),
    /// A domain says that its mail comes from where this one came from.
    Spf(String),
}

/// Whose mail it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// The partner's id.
    pub partner: String,
    pub proof: Proof,
    /// Where an answer may go: the address in From. With a secret recipient it is not proved, and nothing goes there.
    pub address: Option<String>,
}

/// Why a mail is nobody's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unproved {
    /// Whose it would be if it were proved.
    pub claimed: Option<String>,
    pub why: String,
}

impl Proof {
    /// For people and the log.
    pub fn words(&self) -> String {
        match self {
            Self::Secret => "a secret address".to_owned(),
            Self::Smime => "an S/MIME signature".to_owned(),
            Self::Dkim(domain) => format!("a DKIM signature of {domain}"),
            Self::Spf(domain) => format!("SPF of {domain}"),
        }
    }
}

/// Whether a partner's certificate verifies the S/MIME signature of a mail; `None` where there is none.
pub type Signed<'a> = &'a (dyn Fn(&str) -> Option<Result<(), String>> + Sync);

/// Finds out whose mail it is.
///
/// # Errors
/// When a name server does not answer now: then nothing can be said, and the mail waits.
pub async fn identify(
    raw: &[u8],
    mail: &Mail,
    envelope: Option<&Envelope>,
    signed: Signed<'_>,
    partners: &Directory,
    resolver: &dyn Resolver,
    now: Timestamp,
) -> Result<Result<Sender, Unproved>, Unresolved> {
    let recipients = envelope.map_or(&mail.recipients, |envelope| &envelope.recipients);
    if let Some(partner) = recipients.iter().find_map(|recipient| by_secret(recipient, partners)) {
        return Ok(Ok(Sender { partner: partner.id.clone(), proof: Proof::Secret, address: None }));
    }
    let nobody = |claimed: Option<&Partner>, why: String| {
        Ok(Err(Unproved { claimed: claimed.map(|partner| partner.id.clone()), why }))
    };
    let address = match mail.from.as_slice() {
        [address] if address.contains('@') => address,
        [] | [_] => return nobody(None, "it names no sender (From)".into()),
        _ => return nobody(None, "it names several senders (From), so that nobody can vouch for it".into()),
    };
    let Some(partner) = by_address(address, partners) else {
        return nobody(None, format!("no partner's mail comes from {address}"));
    };
    let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
    let sender = |proof| Sender { partner: partner.id.clone(), proof, address: Some(address.clone()) };
    let mut words = String::new();
    match signed(&partner.id) {
        None => {}
        Some(Ok(())) => return Ok(Ok(sender(Proof::Smime))),
        Some(Err(why)) => write_to(&mut words, &why),
    }
    let wanted = alignment(domain, resolver).await?;
    let speaks = |of: &str| is_aligned(of, domain, wanted.dkim_is_strict);
    for signature in dkim::verify(raw, speaks, resolver, now).await? {
        match signature.verdict {
            Ok(()) => return Ok(Ok(sender(Proof::Dkim(signature.domain)))),
            Err(why) => write_to(&mut words, &format!("the signature of {}: {why}", signature.domain)),
        }
    }
    if words.is_empty() {
        words.push_str("no DKIM signature");
    }
    if let Some(envelope) = envelope.filter(|_| partner.mail.spf) {
        let path =
            if envelope.sender.is_empty() { format!("postmaster@{}", envelope.helo) } else { envelope.sender.clone() };
        let client = Client { address: envelope.client, helo: &envelope.helo, sender: &path };
        match spf::check(&client, resolver).await? {
            Spf::Pass if is_aligned(client.domain(), domain, wanted.spf_is_strict) => {
                return Ok(Ok(sender(Proof::Spf(client.domain().to_owned()))));
            }
            Spf::Pass => write_to(&mut words, &format!("SPF speaks for {}, not for {domain}", client.domain())),
            verdict => write_to(&mut words, &format!("SPF of {}: {}", client.domain(), said(verdict))),
        }
    }
    nobody(Some(partner), format!("nothing proves that {address} sent it ({words})"))
}

fn write_to(words: &mut String, more: &str) {
    let _ = write!(words, "{}{more}", if words.is_empty() { "" } else { "; " });
}

const fn said(verdict: Spf) -> &'static str {
    match verdict {
        Spf::Pass => "pass",
        Spf::Fail => "fail, it came from elsewhere",
        Spf::SoftFail => "softfail, it probably came from elsewhere",
        Spf::Neutral => "neutral",
        Spf::None => "no record",
        Spf::Broken => "a record that cannot be used",
    }
}

/// `orders+SECRET@house.example`: the partner whose file has the secret's hash.
fn by_secret<'p>(recipient: &str, partners: &'p Directory) -> Option<&'p Partner> {
    let (local, _) = recipient.rsplit_once('@')?;
    let (_, secret) = local.split_once('+')?;
    let hash: String = Sha256::digest(secret.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    partners.partners.iter().find(|partner| partner.mail.token_sha256.iter().any(|known| known.0 == hash))
}

/// The partner that has the address, or else the domain, among its senders.
fn by_address<'p>(address: &str, partners: &'p Directory) -> Option<&'p Partner> {
    let with = |exact: bool| {
        let has = move |partner: &&Partner| {
            partner.mail.from.iter().any(|pattern| pattern.is_exact() == exact && pattern.covers(address))
        };
        partners.partners.iter().find(has)
    };
    with(true).or_else(|| with(false))
}

#[cfg(test)]
mod tests {
    use super::super::dns::Zone;
    use super::*;

    /// SHA-256 of `s3cret`.
    const SECRET: &str = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0";

    fn partners() -> Directory {
        let acme = "name = \"Acme\"\n[mail]\nfrom = \"@acme.example\"\n".to_owned();
        let buyer = "name = \"Buyer\"\n[mail]\nfrom = \"buyer@acme.example\"\nspf = false\n".to_owned();
        let north = format!("name = \"North\"\n[mail]\ntoken_sha256 = \"{SECRET}\"\n");
        let read = Directory::read([("acme.toml", &*acme), ("buyer.toml", &*buyer), ("north.toml", &*north)]);
        assert_eq!(read.mistakes, []);
        read.directory
    }

    fn envelope(sender: &str, client: &str, recipient: &str) -> Envelope {
        Envelope {
            client: client.parse().unwrap(),
            helo: "mx.acme.example".into(),
            sender: sender.into(),
            recipients: vec![recipient.into()],
        }
    }

    #[tokio::test]
    async fn senders() {
        let ours = "orders@house.example";
        let here = |sender| envelope(sender, "192.0.2.7", ours);
        for (from, envelope, expected) in [
            ("a@acme.example", here("a@acme.example"), Ok(("acme", Proof::Spf("acme.example".into())))),
            ("a@acme.example", here("b@mail.acme.example"), Err("SPF of mail.acme.example: no record")),
            ("a@acme.example", here(""), Ok(("acme", Proof::Spf("mx.acme.example".into())))),
            ("a@acme.example", envelope("a@acme.example", "198.51.100.1", ours), Err("SPF of acme.example: fail")),
            ("a@acme.example", here("x@evil.example"), Err("SPF speaks for evil.example, not for acme.example")),
            ("buyer@acme.example", here("buyer@acme.example"), Err("nothing proves that buyer@acme.example")),
            ("who@nobody.example", here("a@acme.example"), Err("no partner's mail comes from who@nobody.example")),
            ("a@acme.example, b@acme.example", here("a@acme.example"), Err("it names several senders")),
            ("", here("a@acme.example"), Err("it names no sender")),
            (
                "who@nobody.example",
                envelope("x@y.example", "198.51.100.1", "orders+s3cret@house.example"),
                Ok(("north", Proof::Secret)),
            ),
            (
                "who@nobody.example",
                envelope("x@y.example", "198.51.100.1", "orders+guess@house.example"),
                Err("no partner's mail comes from"),
            ),
        ] {
            check(from, Some(&envelope), expected).await;
        }
        check("a@acme.example", None, Err("nothing proves that a@acme.example sent it (no DKIM signature)")).await;
    }

    async fn check(from: &str, envelope: Option<&Envelope>, expected: Result<(&str, Proof), &str>) {
        let zone = Zone::of(&[
            ("TXT", "acme.example", "v=spf1 ip4:192.0.2.7 -all"),
            ("TXT", "mx.acme.example", "v=spf1 ip4:192.0.2.7 -all"),
            ("TXT", "evil.example", "v=spf1 +all"),
        ]);
        let raw = format!("From: {from}\r\nTo: orders@house.example\r\n\r\nhello");
        let mail = Mail::read(raw.as_bytes()).unwrap();
        let now = "2026-11-25T12:00:00Z".parse().unwrap();
        let found = identify(raw.as_bytes(), &mail, envelope, &|_| None, &partners(), &zone, now).await.unwrap();
        match (found, expected) {
            (Ok(sender), Ok((partner, proof))) => assert_eq!((&*sender.partner, sender.proof), (partner, proof)),
            (Err(unproved), Err(why)) => assert!(unproved.why.contains(why), "{unproved:?}, expected {why}"),
            (found, expected) => panic!("{from}: {found:?}, expected {expected:?}"),
        }
    }
}
