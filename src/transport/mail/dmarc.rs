//! Alignment (RFC 7489, 3.1): whether a domain that was proved is the one that people see in From.
//!
//! What the owner of a domain wants done with mail that fails (p=) is no matter here: such mail is never taken.

use super::dns::{Resolver, Unresolved};

/// How near the proved domain must be to the one in From.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alignment {
    pub dkim_is_strict: bool,
    pub spf_is_strict: bool,
}

/// What the owner of the domain in From asks for; without a record both are relaxed.
///
/// # Errors
/// When a name server does not answer now.
pub async fn alignment(from: &str, resolver: &dyn Resolver) -> Result<Alignment, Unresolved> {
    let mut domain = from;
    // The domain itself, then those above it; a name of one label is nobody's.
    loop {
        let records = resolver.texts(&format!("_dmarc.{domain}")).await?;
        if let Some(record) = records.iter().find(|record| tag(record, "v") == Some("DMARC1")) {
            let is_strict = |name| tag(record, name).is_some_and(|mode| mode.eq_ignore_ascii_case("s"));
            return Ok(Alignment { dkim_is_strict: is_strict("adkim"), spf_is_strict: is_strict("aspf") });
        }
        match domain.split_once('.') {
            Some((_, above)) if above.contains('.') => domain = above,
            _ => return Ok(Alignment { dkim_is_strict: false, spf_is_strict: false }),
        }
    }
}

/// Whether a proved domain speaks for the one in From: the same, or where it is relaxed one above or below it.
///
/// Two neighbours under one owner (`mail.acme.example`, `shop.acme.example`) count as strangers: telling an owner's
/// domain from a registry's needs a list that we do not carry, and partners are agreed by domain anyway.
pub fn is_aligned(proved: &str, from: &str, is_strict: bool) -> bool {
    let (proved, from) =
        (proved.trim_end_matches('.').to_ascii_lowercase(), from.trim_end_matches('.').to_ascii_lowercase());
    let below = |one: &str, other: &str| other.contains('.') && one.ends_with(&format!(".{other}"));
    proved == from || (!is_strict && (below(&proved, &from) || below(&from, &proved)))
}

fn tag<'r>(record: &'r str, name: &str) -> Option<&'r str> {
    record.split(';').find_map(|tag| {
        let (found, value) = tag.split_once('=')?;
        found.trim().eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::super::dns::Zone;
    use super::*;

    #[test]
    fn domains() {
        for (proved, from, strict, relaxed) in [
            ("acme.example", "acme.example", true, true),
            ("ACME.example.", "acme.example", true, true),
            ("mail.acme.example", "acme.example", false, true),
            ("acme.example", "mail.acme.example", false, true),
            ("evilacme.example", "acme.example", false, false),
            ("example", "acme.example", false, false),
            ("", "acme.example", false, false),
        ] {
            assert_eq!(is_aligned(proved, from, true), strict, "{proved} for {from}, strict");
            assert_eq!(is_aligned(proved, from, false), relaxed, "{proved} for {from}, relaxed");
        }
    }

    #[tokio::test]
    async fn the_owner_may_ask_for_more() {
        let zone = Zone::of(&[("TXT", "_dmarc.acme.example", "v=DMARC1; p=reject; adkim=s")]);
        let strict = Alignment { dkim_is_strict: true, spf_is_strict: false };
        let relaxed = Alignment { dkim_is_strict: false, spf_is_strict: false };
        for (from, expected) in [("acme.example", strict), ("mail.acme.example", strict), ("other.example", relaxed)] {
            assert_eq!(alignment(from, &zone).await, Ok(expected), "{from}");
        }
    }
}
