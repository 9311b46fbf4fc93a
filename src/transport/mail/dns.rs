//! Questions to the domain name system, behind a trait so that tests bring their own zone.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::RData;

use crate::ports::Promise;

/// How long a name server is waited for, twice.
const PATIENCE: Duration = Duration::from_secs(3);

/// Why a question has no answer now. That a name or record does not exist *is* an answer: nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unresolved(pub String);

/// Answers questions about names. An answer without entries says that there are none.
pub trait Resolver: Send + Sync {
    /// TXT records, the strings of each joined.
    fn texts<'a>(&'a self, name: &'a str) -> Promise<'a, Result<Vec<String>, Unresolved>>;
    /// A and AAAA records.
    fn addresses<'a>(&'a self, name: &'a str) -> Promise<'a, Result<Vec<IpAddr>, Unresolved>>;
    /// The hosts of MX records.
    fn exchangers<'a>(&'a self, name: &'a str) -> Promise<'a, Result<Vec<String>, Unresolved>>;
}

/// The name servers of the system, or one that was named.
pub struct NameServers(TokioResolver);

impl std::fmt::Debug for NameServers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NameServers")
    }
}

impl NameServers {
    /// `server` is one to ask instead of the system's.
    ///
    /// # Errors
    /// When the system's settings cannot be read.
    pub fn new(server: Option<SocketAddr>) -> Result<Self, Unresolved> {
        let mut builder = match server {
            None => TokioResolver::builder_tokio().map_err(unresolved)?,
            Some(server) => {
                let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
                    connection.port = server.port();
                    connection
                });
                let server = NameServerConfig::new(server.ip(), true, connections.into());
                let config = ResolverConfig::from_name_servers(vec![server]);
                TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
            }
        };
        // A sender waits for our answer: better "later" soon than an answer late.
        builder.options_mut().timeout = PATIENCE;
        builder.options_mut().attempts = 2;
        builder.build().map(Self).map_err(unresolved)
    }
}

fn unresolved(error: NetError) -> Unresolved {
    Unresolved(error.to_string())
}

/// No such name and no such record are answers.
fn or_none<T>(outcome: Result<Vec<T>, NetError>) -> Result<Vec<T>, Unresolved> {
    match outcome {
        Err(error) if error.is_nx_domain() || error.is_no_records_found() => Ok(Vec::new()),
        other => other.map_err(unresolved),
    }
}

/// With a point at its end a name is not looked for in the system's search domains.
fn rooted(name: &str) -> String {
    format!("{}.", name.trim_end_matches('.'))
}

impl Resolver for NameServers {
    fn texts<'a>(&'a self, name: &'a str) -> Promise<'a, Result<Vec<String>, Unresolved>> {
        Box::pin(async move {
            let found = self.0.txt_lookup(rooted(name)).await;
            or_none(found.map(|found| {
                let records = found.answers().iter().filter_map(|record| match &record.data {
                    RData::TXT(text) => Some(text.txt_data.iter().map(|part| String::from_utf8_lossy(part)).collect()),
                    _ => None,
                });
                records.collect()
            }))
        })
    }

    fn addresses<'a>(&'a self, name: &'a str) -> Promise<'a, Result<Vec<IpAddr>, Unresolved>> {
        Box::pin(async move {
            let found = self.0.lookup_ip(rooted(name)).await;
            or_none(found.map(|found| found.iter().collect()))
        })
    }

    fn exchangers<'a>(&'a self, name: &'a str) -> Promise<'a, Result<Vec<String>, Unresolved>> {
        Box::pin(async move {
            let found = self.0.mx_lookup(rooted(name)).await;
            or_none(found.map(|found| {
                let records = found.answers().iter().filter_map(|record| match &record.data {
                    RData::MX(exchanger) => Some(exchanger.exchange.to_utf8()),
                    _ => None,
                });
                records.collect()
            }))
        })
    }
}

/// A zone for tests: `TXT name text`, `A name address`, `MX name host`, `FAIL name`.
#[cfg(test)]
pub(super) struct Zone(pub Vec<(&'static str, String, String)>);

#[cfg(test)]
impl Zone {
    pub fn of(records: &[(&'static str, &str, &str)]) -> Self {
        Self(records.iter().map(|(kind, name, data)| (*kind, (*name).into(), (*data).into())).collect())
    }

    fn find(&self, kind: &str, name: &str) -> Result<Vec<String>, Unresolved> {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        let of_name = || self.0.iter().filter(|(_, of, _)| of.eq_ignore_ascii_case(&name));
        if of_name().any(|(kind, _, _)| *kind == "FAIL") {
            return Err(Unresolved(format!("{name}: no answer")));
        }
        Ok(of_name().filter(|(of, _, _)| *of == kind).map(|(_, _, data)| data.clone()).collect())
    }
}

#[cfg(test)]
impl Resolver for Zone {
    fn texts<'a>(&'a self, name: &'a str) -> Promise<'a, Result<Vec<String>, Unresolved>> {
        Box::pin(async move { self.find("TXT", name) })
    }

    fn addresses<'a>(&'a self, name: &'a str) -> Promise<'a, Result<Vec<IpAddr>, Unresolved>> {
        Box::pin(async move { Ok(self.find("A", name)?.iter().map(|it| it.parse().expect("an address")).collect()) })
    }

    fn exchangers<'a>(&'a self, name: &'a str) -> Promise<'a, Result<Vec<String>, Unresolved>> {
        Box::pin(async move { self.find("MX", name) })
    }
}
