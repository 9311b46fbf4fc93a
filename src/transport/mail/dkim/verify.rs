//! Other people's signatures: which domains vouch for a mail, and why the others do not.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ED25519, RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use super::canonical::{Field, Form, body, field, split};
use super::tag;
use crate::transport::mail::dns::{Resolver, Unresolved};

/// More signatures of one mail are not looked at: each costs a question and a verification.
const SIGNATURES_MAX: usize = 5;

/// One signature and what it is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Who vouches (d=).
    pub domain: String,
    /// Or in words why it does not count.
    pub verdict: Result<(), String>,
}

/// Judges the signatures of a mail that speak for the domain that counts. Those of others are not looked into: whoever sends
/// a mail chooses whose name servers would be asked, and whether they answer.
///
/// # Errors
/// When none of them holds and a key cannot be asked for now: then nothing can be said about the mail.
pub async fn verify(
    mail: &[u8],
    speaks: impl Fn(&str) -> bool,
    resolver: &dyn Resolver,
    now: Timestamp,
) -> Result<Vec<Signature>, Unresolved> {
    let (fields, rest) = split(mail);
    let (mut judged, mut looked_at, mut unresolved) = (Vec::new(), 0, None);
    for (index, signature) in fields.iter().enumerate().filter(|(_, one)| one.is("dkim-signature")) {
        let tags = String::from_utf8_lossy(signature.value()).replace(['\r', '\n', '\t'], " ");
        let domain = tag(&tags, "d").unwrap_or_default().to_ascii_lowercase();
        if !speaks(&domain) {
            if judged.len() < SIGNATURES_MAX {
                judged.push(Signature { domain, verdict: Err("it speaks for another domain".into()) });
            }
            continue;
        }
        looked_at += 1;
        if looked_at > SIGNATURES_MAX {
            break;
        }
        let verdict = match prepare(&tags, &fields, index, rest, now) {
            Err(why) => Err(why),
            Ok(prepared) => {
                let selector = tag(&tags, "s").unwrap_or_default();
                let name = format!("{selector}._domainkey.{domain}");
                match resolver.texts(&name).await {
                    Err(error) => {
                        unresolved = Some(error);
                        continue;
                    }
                    Ok(records) if records.is_empty() => Err(format!("there is no key under {name}")),
                    Ok(records) => check(&prepared, &records, &tags),
                }
            }
        };
        judged.push(Signature { domain, verdict });
    }
    match unresolved {
        Some(error) if judged.iter().all(|signature| signature.verdict.is_err()) => Err(error),
        _ => Ok(judged),
    }
}

/// Everything about a signature that needs no key.
struct Prepared {
    algorithm: Algorithm,
    /// What was signed, in its canonical form.
    text: Vec<u8>,
    signature: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Algorithm {
    RsaSha256,
    Ed25519Sha256,
}

fn prepare(tags: &str, fields: &[Field<'_>], own: usize, rest: &[u8], now: Timestamp) -> Result<Prepared, String> {
    let wanted = |name: &str| tag(tags, name).filter(|value| !value.is_empty()).ok_or(format!("{name}= is missing"));
    if wanted("v")? != "1" {
        return Err("it is of another version".into());
    }
    let algorithm = match wanted("a")?.to_ascii_lowercase().as_str() {
        "rsa-sha256" => Algorithm::RsaSha256,
        "ed25519-sha256" => Algorithm::Ed25519Sha256,
        "rsa-sha1" => return Err("rsa-sha1 proves nothing any more (RFC 8301)".into()),
        other => return Err(format!("{other} is not known")),
    };
    let (domain, _) = (wanted("d")?.to_ascii_lowercase(), wanted("s")?);
    if let Some(identity) = tag(tags, "i") {
        let of = identity.rsplit('@').next().unwrap_or_default().to_ascii_lowercase();
        if of != domain && !of.ends_with(&format!(".{domain}")) {
            return Err(format!("i={identity} is not of d={domain}"));
        }
    }
    let moment = |name: &str| tag(tags, name).and_then(|value| value.parse::<i64>().ok());
    if moment("x").is_some_and(|until| until < now.as_second()) {
        return Err("it has expired (x=)".into());
    }
    let names: Vec<String> = wanted("h")?.split(':').map(|name| name.trim().to_ascii_lowercase()).collect();
    if !names.iter().any(|name| name == "from") {
        return Err("it does not cover From".into());
    }
    let (head_form, body_form) = forms(tag(tags, "c").unwrap_or("simple"))?;
    let body = body(body_form, rest);
    // l= would let anybody append an attachment to a signed mail.
    if tag(tags, "l").is_some_and(|length| length.parse() != Ok(body.len())) {
        return Err("it covers only a part of the body (l=)".into());
    }
    let body_hash = decoded(wanted("bh")?).ok_or("bh= is no base64")?;
    if body_hash != digest(&SHA256, &body).as_ref() {
        return Err("the body was changed on its way (bh=)".into());
    }
    let signature = decoded(wanted("b")?).ok_or("b= is no base64")?;
    Ok(Prepared { algorithm, text: signed_text(fields, own, &names, head_form), signature })
}

fn forms(text: &str) -> Result<(Form, Form), String> {
    let one = |word: &str| match word.trim().to_ascii_lowercase().as_str() {
        "simple" => Ok(Form::Simple),
        "relaxed" => Ok(Form::Relaxed),
        other => Err(format!("c={other} is not known")),
    };
    let (head, body) = text.split_once('/').unwrap_or((text, "simple"));
    Ok((one(head)?, one(body)?))
}

/// The named fields, each from the bottom up, and the signature itself without its value.
fn signed_text(fields: &[Field<'_>], own: usize, names: &[String], form: Form) -> Vec<u8> {
    let mut text = Vec::new();
    let mut used = vec![false; fields.len()];
    for name in names {
        let found = (0..fields.len()).rev().find(|&at| !used[at] && at != own && fields[at].is(name));
        if let Some(at) = found {
            used[at] = true;
            field(form, fields[at].raw, &mut text);
            text.extend_from_slice(b"\r\n");
        }
    }
    field(form, &without_value(fields[own].raw), &mut text);
    text
}

/// The field with nothing after `b=`.
fn without_value(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    for (index, part) in raw.split(|&byte| byte == b';').enumerate() {
        if index > 0 {
            out.push(b';');
        }
        // The first part holds the name of the field too.
        let start = if index == 0 { part.iter().position(|&byte| byte == b':').map_or(0, |at| at + 1) } else { 0 };
        let equals = part[start..].iter().position(|&byte| byte == b'=').map(|at| start + at);
        match equals {
            Some(equals) if part[start..equals].trim_ascii() == b"b" => out.extend_from_slice(&part[..=equals]),
            _ => out.extend_from_slice(part),
        }
    }
    out
}

/// Tries the keys that are published; usually there is one.
fn check(prepared: &Prepared, records: &[String], tags: &str) -> Result<(), String> {
    let mut why = String::from("no key fits");
    for record in records {
        match check_one(prepared, record, tags) {
            Ok(()) => return Ok(()),
            Err(words) => why = words,
        }
    }
    Err(why)
}

fn check_one(prepared: &Prepared, record: &str, tags: &str) -> Result<(), String> {
    if tag(record, "v").is_some_and(|version| version != "DKIM1") {
        return Err("the record is no DKIM key".into());
    }
    let flags: Vec<&str> = tag(record, "t").unwrap_or_default().split(':').map(str::trim).collect();
    if flags.contains(&"y") {
        return Err("the key is marked as a test (t=y)".into());
    }
    if flags.contains(&"s") {
        let domain = tag(tags, "d").unwrap_or_default();
        let identity = tag(tags, "i").and_then(|it| it.rsplit('@').next()).unwrap_or(domain);
        if !identity.eq_ignore_ascii_case(domain) {
            return Err("the key is for its own domain only (t=s)".into());
        }
    }
    if tag(record, "h").is_some_and(|hashes| !hashes.split(':').any(|hash| hash.trim() == "sha256")) {
        return Err("the key is not for SHA-256 (h=)".into());
    }
    if tag(record, "s").is_some_and(|uses| !uses.split(':').any(|of| matches!(of.trim(), "*" | "email"))) {
        return Err("the key is not for mail (s=)".into());
    }
    let key = decoded(tag(record, "p").ok_or("the record holds no key")?).ok_or("the key is no base64")?;
    if key.is_empty() {
        return Err("the key was revoked".into());
    }
    let outcome = match (tag(record, "k").unwrap_or("rsa"), prepared.algorithm) {
        ("rsa", Algorithm::RsaSha256) => UnparsedPublicKey::new(&RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, &key)
            .verify(&prepared.text, &prepared.signature),
        ("ed25519", Algorithm::Ed25519Sha256) => {
            UnparsedPublicKey::new(&ED25519, &key).verify(digest(&SHA256, &prepared.text).as_ref(), &prepared.signature)
        }
        (kind, _) => return Err(format!("the key is of another kind ({kind})")),
    };
    outcome.map_err(|_| "the signature does not fit the key: a header was changed on its way".into())
}

/// Base64 with white space in it.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let text: String = text.split_ascii_whitespace().collect();
    STANDARD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::super::Signer;
    use super::*;
    use crate::transport::mail::dns::Zone;

    const MAIL: &[u8] = b"From: Acme <orders@acme.example>\r\nTo: edi@house.example\r\nSubject: an\r\n  order\r\n\
        Message-ID: <1@acme.example>\r\n\r\nISA*00*\r\n\r\n\r\n";

    #[tokio::test]
    async fn what_we_sign_verifies_and_what_was_changed_does_not() {
        for kind in ["rsa", "ed25519"] {
            let signer = signer(kind);
            let signed = signer.sign(MAIL, now()).unwrap();
            let text = String::from_utf8(signed).unwrap();
            check(&signer, &text, Ok(())).await;
            check(&signer, &text.replace("Subject: an\r\n  order", "SUBJECT:  an order"), Ok(())).await;
            check(&signer, &text.replace("\r\n\r\n\r\n", "\r\n"), Ok(())).await;
            check(&signer, &text.replace("ISA*00*", "ISA*00*X"), Err("the body was changed")).await;
            check(&signer, &text.replace("an\r\n  order", "an invoice"), Err("the signature does not fit")).await;
            check(&signer, &format!("From: eve@evil.example\r\n{text}"), Err("the signature does not fit")).await;
            check(&signer, &text.replace("v=1;", "v=1; l=5;"), Err("it covers only a part")).await;
            check(&signer, &text.replace("v=1;", "v=1; x=5;"), Err("it has expired")).await;
            check(&signer, &text.replace("sha256", "sha1"), Err(&*format!("{kind}-sha1"))).await;
            check(
                &signer,
                &text.replace("h=from:", "h=x-from:").replace("  from;", "  x;"),
                Err("it does not cover From"),
            )
            .await;
        }
    }

    #[tokio::test]
    async fn keys_that_do_not_count() {
        let signer = signer("rsa");
        let signed = signer.sign(MAIL, now()).unwrap();
        let record = signer.record();
        for (record, why) in [
            (None, "there is no key under"),
            (Some("v=DKIM1; p=".to_owned()), "the key was revoked"),
            (Some(record.replace("k=rsa", "k=rsa; t=y")), "the key is marked as a test"),
            (Some(record.replace("k=rsa", "k=rsa; h=sha1")), "the key is not for SHA-256"),
            (Some(record.replace("k=rsa", "k=rsa; s=tlsrpt")), "the key is not for mail"),
            (Some("v=DKIM1; p=AAAA".to_owned()), "the signature does not fit"),
        ] {
            let zone = Zone(record.into_iter().map(|record| ("TXT", KEY.to_owned(), record)).collect());
            let judged = verify(&signed, |_| true, &zone, now()).await.unwrap();
            let words = judged[0].verdict.clone().unwrap_err();
            assert!(words.starts_with(why), "{words}");
        }
        let away = Zone::of(&[("FAIL", KEY, "")]);
        assert!(verify(&signed, |_| true, &away, now()).await.is_err(), "nothing can be said now");
    }

    /// Whoever sends a mail can sign it as anybody, and have name servers that never answer.
    #[tokio::test]
    async fn signatures_of_others_are_not_asked_about_and_one_that_holds_is_enough() {
        let signer = signer("rsa");
        let signed = String::from_utf8(signer.sign(MAIL, now()).unwrap()).unwrap();
        let end = signed.find("From: ").unwrap();
        let (own, mail) = signed.split_at(end);
        let of_another = own.replace("acme.example", "silent.example");
        let of_old_key = own.replace("s=s1", "s=old");
        let zone = Zone::of(&[
            ("TXT", KEY, &signer.record()),
            ("FAIL", "s1._domainkey.silent.example", ""),
            ("FAIL", "old._domainkey.acme.example", ""),
        ]);
        let judge = |head: String| {
            let (mail, zone) = (format!("{head}{mail}"), &zone);
            async move { verify(mail.as_bytes(), |domain| domain == "acme.example", zone, now()).await }
        };
        let verdicts = |judged: Vec<Signature>| judged.iter().map(|one| one.verdict.is_ok()).collect::<Vec<_>>();
        // Many of them push nobody out.
        assert_eq!(verdicts(judge(of_another.repeat(20) + own).await.unwrap()).iter().filter(|good| **good).count(), 1);
        assert_eq!(verdicts(judge(of_another.clone()).await.unwrap()), [false]);
        assert_eq!(verdicts(judge(format!("{of_old_key}{own}")).await.unwrap()), [true]);
        assert!(judge(of_old_key).await.is_err(), "nothing can be said now");
    }

    const KEY: &str = "s1._domainkey.acme.example";

    fn now() -> Timestamp {
        "2026-11-25T12:00:00Z".parse().unwrap()
    }

    fn signer(kind: &str) -> Signer {
        use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key.pem");
        let der = match kind {
            "rsa" => {
                let key = aws_lc_rs::rsa::KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
                let der: Pkcs8V1Der<'_> = key.as_der().unwrap();
                der.as_ref().to_vec()
            }
            _ => aws_lc_rs::signature::Ed25519KeyPair::generate().unwrap().to_pkcs8v1().unwrap().as_ref().to_vec(),
        };
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der));
        std::fs::write(&file, pem).unwrap();
        Signer::load("acme.example", "s1", &file).unwrap()
    }

    async fn check(signer: &Signer, mail: &str, expected: Result<(), &str>) {
        let zone = Zone::of(&[("TXT", KEY, &signer.record())]);
        let judged = verify(mail.as_bytes(), |_| true, &zone, now()).await.unwrap();
        assert_eq!(judged[0].domain, "acme.example");
        match (&judged[0].verdict, expected) {
            (Ok(()), Ok(())) => {}
            (Err(words), Err(start)) => assert!(words.starts_with(start), "{words}"),
            (verdict, expected) => panic!("{verdict:?}, expected {expected:?}\n{mail}"),
        }
    }
}
