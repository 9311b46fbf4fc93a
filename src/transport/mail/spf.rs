//! SPF (RFC 7208): whether a domain says that this network address may send its mail.

use std::net::IpAddr;

use super::dns::{Resolver, Unresolved};
use crate::ports::Promise;

/// Questions that one check may cause (RFC 7208, 4.6.4).
const LOOKUPS_MAX: u32 = 10;
/// Questions without an answer that one check may cause.
const VOID_LOOKUPS_MAX: u32 = 2;

/// What a domain says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spf {
    Pass,
    Fail,
    SoftFail,
    Neutral,
    /// It says nothing.
    None,
    /// What it says cannot be understood, or asks too much.
    Broken,
}

/// Who speaks to us, and for whom.
#[derive(Clone, Debug)]
pub struct Client<'c> {
    pub address: IpAddr,
    pub helo: &'c str,
    /// `MAIL FROM`; for the null path the postmaster of `helo`.
    pub sender: &'c str,
}

impl Client<'_> {
    /// The domain that is asked.
    pub fn domain(&self) -> &str {
        self.sender.rsplit_once('@').map_or(self.sender, |(_, domain)| domain)
    }
}

/// Asks the sender's domain.
///
/// # Errors
/// When a name server does not answer now.
pub async fn check(client: &Client<'_>, resolver: &dyn Resolver) -> Result<Spf, Unresolved> {
    let mut asking = Asking { client, resolver, lookups: 0, voids: 0 };
    match asking.host(client.domain()).await {
        Ok(verdict) => Ok(verdict),
        Err(Stop::Broken) => Ok(Spf::Broken),
        Err(Stop::Unresolved(error)) => Err(error),
    }
}

enum Stop {
    Broken,
    Unresolved(Unresolved),
}

impl From<Unresolved> for Stop {
    fn from(error: Unresolved) -> Self {
        Self::Unresolved(error)
    }
}

struct Asking<'a> {
    client: &'a Client<'a>,
    resolver: &'a dyn Resolver,
    lookups: u32,
    voids: u32,
}

impl Asking<'_> {
    /// The function `check_host` of the standard.
    fn host<'s>(&'s mut self, domain: &'s str) -> Promise<'s, Result<Spf, Stop>> {
        Box::pin(async move {
            let records = self.resolver.texts(domain).await?;
            let is_spf = |text: &&String| text.split(' ').next().is_some_and(|it| it.eq_ignore_ascii_case("v=spf1"));
            let mut records = records.iter().filter(is_spf);
            let record = match (records.next(), records.next()) {
                (None, _) => return Ok(Spf::None),
                (Some(record), None) => record.clone(),
                (Some(_), Some(_)) => return Err(Stop::Broken),
            };
            let mut redirect = None;
            for term in record.split_ascii_whitespace().skip(1) {
                if let Some((name, value)) = modifier(term) {
                    if name.eq_ignore_ascii_case("redirect") {
                        redirect = Some(value.to_owned());
                    }
                    continue;
                }
                let (verdict, mechanism) = match term.as_bytes()[0] {
                    b'+' => (Spf::Pass, &term[1..]),
                    b'-' => (Spf::Fail, &term[1..]),
                    b'~' => (Spf::SoftFail, &term[1..]),
                    b'?' => (Spf::Neutral, &term[1..]),
                    _ => (Spf::Pass, term),
                };
                if self.matches(mechanism, domain).await? {
                    return Ok(verdict);
                }
            }
            match redirect {
                None => Ok(Spf::Neutral),
                Some(target) => {
                    self.count()?;
                    let target = self.expanded(&target, domain)?;
                    match self.host(&target).await? {
                        Spf::None => Err(Stop::Broken),
                        verdict => Ok(verdict),
                    }
                }
            }
        })
    }

    async fn matches(&mut self, mechanism: &str, domain: &str) -> Result<bool, Stop> {
        let end = mechanism.find([':', '/']).unwrap_or(mechanism.len());
        let (name, rest) = mechanism.split_at(end);
        match name.to_ascii_lowercase().as_str() {
            "all" => Ok(true),
            "ip4" | "ip6" => {
                let network = rest.strip_prefix(':').ok_or(Stop::Broken)?;
                let (address, bits) = network.split_once('/').unwrap_or((network, ""));
                let address: IpAddr = address.parse().map_err(|_| Stop::Broken)?;
                if address.is_ipv4() != name.eq_ignore_ascii_case("ip4") {
                    return Err(Stop::Broken);
                }
                within(self.client.address, address, bits)
            }
            "include" => {
                self.count()?;
                let target = self.expanded(rest.strip_prefix(':').ok_or(Stop::Broken)?, domain)?;
                match self.host(&target).await? {
                    Spf::Pass => Ok(true),
                    Spf::None | Spf::Broken => Err(Stop::Broken),
                    Spf::Fail | Spf::SoftFail | Spf::Neutral => Ok(false),
                }
            }
            "a" => {
                self.count()?;
                let (target, bits) = self.target(rest, domain)?;
                let addresses = self.addresses(&target).await?;
                self.any_within(&addresses, &bits)
            }
            "mx" => {
                self.count()?;
                let (target, bits) = self.target(rest, domain)?;
                let hosts = self.resolver.exchangers(&target).await?;
                self.note_void(hosts.is_empty())?;
                if hosts.len() > LOOKUPS_MAX as usize {
                    return Err(Stop::Broken);
                }
                for host in hosts {
                    let addresses = self.addresses(&host).await?;
                    if self.any_within(&addresses, &bits)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            "exists" => {
                self.count()?;
                let target = self.expanded(rest.strip_prefix(':').ok_or(Stop::Broken)?, domain)?;
                Ok(self.addresses(&target).await?.iter().any(IpAddr::is_ipv4))
            }
            // Slow, and not to be used (5.5): it counts and never matches.
            "ptr" => self.count().map(|()| false),
            _ => Err(Stop::Broken),
        }
    }

    fn count(&mut self) -> Result<(), Stop> {
        self.lookups += 1;
        if self.lookups > LOOKUPS_MAX { Err(Stop::Broken) } else { Ok(()) }
    }

    fn note_void(&mut self, is_void: bool) -> Result<(), Stop> {
        self.voids += u32::from(is_void);
        if self.voids > VOID_LOOKUPS_MAX { Err(Stop::Broken) } else { Ok(()) }
    }

    async fn addresses(&mut self, name: &str) -> Result<Vec<IpAddr>, Stop> {
        let addresses = self.resolver.addresses(name).await?;
        self.note_void(addresses.is_empty())?;
        Ok(addresses)
    }

    /// `:domain/24//64`, each part of which may be missing.
    fn target(&self, rest: &str, domain: &str) -> Result<(String, String), Stop> {
        let (target, bits) = match rest.find('/') {
            Some(slash) => (&rest[..slash], &rest[slash..]),
            None => (rest, ""),
        };
        let target = match target.strip_prefix(':') {
            Some(target) => self.expanded(target, domain)?,
            None => domain.to_owned(),
        };
        let (four, six) = bits.split_once("//").unwrap_or((bits, ""));
        let bits = if self.client.address.is_ipv4() { four.trim_start_matches('/') } else { six };
        Ok((target, bits.to_owned()))
    }

    fn any_within(&self, addresses: &[IpAddr], bits: &str) -> Result<bool, Stop> {
        for &address in addresses {
            if address.is_ipv4() == self.client.address.is_ipv4() && within(self.client.address, address, bits)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Fills in macros (section 7).
    fn expanded(&self, text: &str, domain: &str) -> Result<String, Stop> {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('%') {
            out.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            match rest.as_bytes().first() {
                Some(b'%') => out.push('%'),
                Some(b'_') => out.push(' '),
                Some(b'-') => out.push_str("%20"),
                Some(b'{') => {
                    let (inside, after) = rest[1..].split_once('}').ok_or(Stop::Broken)?;
                    out.push_str(&self.macro_of(inside, domain)?);
                    rest = after;
                    continue;
                }
                _ => return Err(Stop::Broken),
            }
            rest = &rest[1..];
        }
        out.push_str(rest);
        if out.is_empty() || out.len() > 253 { Err(Stop::Broken) } else { Ok(out) }
    }

    fn macro_of(&self, inside: &str, domain: &str) -> Result<String, Stop> {
        let (letter, how) = inside.split_at_checked(1).ok_or(Stop::Broken)?;
        let (local, of) = self.client.sender.rsplit_once('@').unwrap_or(("postmaster", self.client.sender));
        let value = match letter.to_ascii_lowercase().as_str() {
            "s" => self.client.sender.to_owned(),
            "l" => local.to_owned(),
            "o" => of.to_owned(),
            "d" => domain.to_owned(),
            "h" => self.client.helo.to_owned(),
            "i" => match self.client.address {
                IpAddr::V4(address) => address.to_string(),
                IpAddr::V6(address) => {
                    let octets = address.octets();
                    let digits = octets.iter().map(|byte| format!("{:x}.{:x}", byte >> 4, byte & 15));
                    digits.collect::<Vec<_>>().join(".")
                }
            },
            "v" => if self.client.address.is_ipv4() { "in-addr" } else { "ip6" }.to_owned(),
            _ => return Err(Stop::Broken),
        };
        let digits: String = how.chars().take_while(char::is_ascii_digit).collect();
        let how = &how[digits.len()..];
        let reversed = how.starts_with(['r', 'R']);
        let marks: Vec<char> = how.chars().skip(usize::from(reversed)).collect();
        if marks.iter().any(|mark| !".-+,/_=".contains(*mark)) {
            return Err(Stop::Broken);
        }
        let marks = if marks.is_empty() { vec!['.'] } else { marks };
        let mut parts: Vec<&str> = value.split(|c| marks.contains(&c)).collect();
        if reversed {
            parts.reverse();
        }
        let keep = digits.parse().unwrap_or(parts.len()).clamp(1, parts.len());
        Ok(parts[parts.len() - keep..].join("."))
    }
}

/// `name=value`, but no mechanism whose text holds an `=`.
fn modifier(term: &str) -> Option<(&str, &str)> {
    let (name, value) = term.split_once('=')?;
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    is_name.then_some((name, value))
}

/// Whether two addresses share their first `bits`; all of them where nothing is said.
fn within(address: IpAddr, network: IpAddr, bits: &str) -> Result<bool, Stop> {
    let (address, network, width) = match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            (u128::from(u32::from(address)), u128::from(u32::from(network)), 32)
        }
        (IpAddr::V6(address), IpAddr::V6(network)) => (u128::from(address), u128::from(network), 128),
        _ => return Ok(false),
    };
    let bits: u32 = if bits.is_empty() { width } else { bits.parse().map_err(|_| Stop::Broken)? };
    if bits > width {
        return Err(Stop::Broken);
    }
    let shift = width - bits;
    Ok(shift == 128 || (address >> shift) == (network >> shift))
}

#[cfg(test)]
mod tests {
    use super::super::dns::Zone;
    use super::*;

    #[tokio::test]
    async fn records() {
        for (record, expected) in [
            ("v=spf1 ip4:192.0.2.0/24 -all", Spf::Pass),
            ("v=spf1 ip4:198.51.100.0/24 -all", Spf::Fail),
            ("v=spf1 ip4:198.51.100.0/24 ~all", Spf::SoftFail),
            ("v=spf1 ip4:198.51.100.0/24", Spf::Neutral),
            ("v=spf1 ?all", Spf::Neutral),
            ("v=spf1 a -all", Spf::Pass),
            ("v=spf1 a:other.example -all", Spf::Fail),
            ("v=spf1 mx -all", Spf::Pass),
            ("v=spf1 a:other.example/24 -all", Spf::Pass),
            ("v=spf1 include:good.example -all", Spf::Pass),
            ("v=spf1 include:bad.example -all", Spf::Fail),
            ("v=spf1 include:nothing.example -all", Spf::Broken),
            ("v=spf1 redirect=good.example", Spf::Pass),
            ("v=spf1 redirect=nothing.example", Spf::Broken),
            ("v=spf1 exists:%{ir}.%{l}.list.example -all", Spf::Pass),
            ("v=spf1 exists:%{d2}.list.example -all", Spf::Fail),
            ("v=spf1 ip4:192.0.2.300 -all", Spf::Broken),
            ("v=spf1 ip4:192.0.2.1/33 -all", Spf::Broken),
            ("v=spf1 madeup -all", Spf::Broken),
            ("v=spf1 include:acme.example -all", Spf::Broken),
            ("v=spf1 a:v1.example a:v2.example a:v3.example -all", Spf::Broken),
            ("v=spf10 +all", Spf::None),
            ("something else", Spf::None),
        ] {
            check_record(record, expected).await;
        }
    }

    #[tokio::test]
    async fn a_silent_name_server_is_no_answer() {
        let zone = Zone::of(&[("FAIL", "acme.example", "")]);
        assert!(check(&client(), &zone).await.is_err());
    }

    fn client() -> Client<'static> {
        Client { address: "192.0.2.7".parse().unwrap(), helo: "mx.acme.example", sender: "orders@acme.example" }
    }

    async fn check_record(record: &str, expected: Spf) {
        let zone = Zone::of(&[
            ("TXT", "acme.example", "unrelated"),
            ("TXT", "acme.example", record),
            ("A", "acme.example", "192.0.2.7"),
            ("A", "other.example", "192.0.2.9"),
            ("MX", "acme.example", "mx.acme.example"),
            ("A", "mx.acme.example", "192.0.2.7"),
            ("TXT", "good.example", "v=spf1 ip4:192.0.2.7 -all"),
            ("TXT", "bad.example", "v=spf1 -all"),
            ("A", "7.2.0.192.orders.list.example", "127.0.0.2"),
        ]);
        assert_eq!(check(&client(), &zone).await, Ok(expected), "{record}");
    }
}
