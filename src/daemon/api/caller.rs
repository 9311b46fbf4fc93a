//! Who calls: a bearer key, or whoever sits at this machine while nobody has been added.

use axum::http::{HeaderMap, header};

use super::Api;
use super::problem::{Code, Problem};
use crate::journey::people;
use crate::process::duties::Actor;

/// The caller.
///
/// # Errors
/// 401 without a hint what is wrong.
pub async fn caller(api: &Api, headers: &HeaderMap) -> Result<Actor, Problem> {
    let mut view = api.gateway.store.view().await?;
    if let Some(said) = headers.get(header::AUTHORIZATION) {
        let key = said.to_str().ok().and_then(|said| said.split_once(' '));
        let secret = key.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, secret)| secret.trim());
        let found = match secret {
            Some(secret) => people::by_key(&mut view, secret, api.gateway.clock.now()).await?,
            None => None,
        };
        return found.ok_or_else(|| Problem::new(Code::Unauthorized, "no key of this gateway is that"));
    }
    if !api.is_local || is_page(headers) || view.has_people().await? {
        return Err(Problem::new(Code::Unauthorized, "say who you are by a bearer key"));
    }
    Ok(people::local())
}

/// A page in a browser on this machine may not act for the person who looks at it: its requests say where it comes
/// from, or name another host than this one.
fn is_page(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, port)| if port.ends_with(']') { host } else { name });
    let is_here = matches!(name, "localhost" | "[::1]" | "")
        || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    !is_here || headers.contains_key(header::ORIGIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_told_apart_from_programs() {
        for (host, origin, expected) in [
            ("127.0.0.1:8017", None, false),
            ("localhost", None, false),
            ("[::1]:8017", None, false),
            ("evil.example:8017", None, true),
            ("127.0.0.1:8017", Some("https://evil.example"), true),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, host.parse().unwrap());
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, origin.parse().unwrap());
            }
            assert_eq!(is_page(&headers), expected, "{host}");
        }
    }
}
