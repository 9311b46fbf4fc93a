//! Who calls: a bearer key, or whoever sits at this machine while no key has been made.

use axum::http::{HeaderMap, header};

use super::Api;
use super::problem::{Code, Problem};
use crate::process::duties::{Actor, Role};

/// The caller.
///
/// # Errors
/// 401 without a hint what is wrong.
pub async fn caller(api: &Api, headers: &HeaderMap) -> Result<Actor, Problem> {
    if headers.contains_key(header::AUTHORIZATION) {
        return Err(Problem::new(Code::Unauthorized, "no key of this gateway is that"));
    }
    if !api.is_local || is_page(headers) {
        return Err(Problem::new(Code::Unauthorized, "say who you are by a bearer key"));
    }
    let roles = Role::ALL.iter().copied().filter(|role| !matches!(role, Role::Auditor | Role::UserAdmin)).collect();
    Ok(Actor { name: LOCAL.into(), owner: LOCAL.into(), roles, break_glass: false })
}

/// Whoever sits at this machine.
const LOCAL: &str = "local";

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
