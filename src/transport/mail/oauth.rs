//! OAuth 2.0 access tokens that renew themselves: a refresh token is exchanged at the token endpoint before the access
//! token ends (RFC 6749 section 6). No secret is logged or shown in an error.
//!
//! Access tokens are kept by each program for itself; the refresh token is in its file alone. Programs that share the file
//! (the daemon and the doctor) take turns at renewing, by a lock beside it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::config::OauthSettings;
use crate::transport::as2::http::{Target, place, post};
use crate::transport::tls;

/// How long the endpoint may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// A token is renewed so long before it ends: it must last for the login.
const EARLY: Duration = Duration::from_secs(60);
/// What a token lasts whose endpoint does not say (RFC 6749 leaves it to documentation; an hour is usual).
const USUAL_SECONDS: u64 = 3600;

/// Access tokens by the file of the refresh token. One renewal at a time: endpoints that rotate refresh tokens take each
/// one only once.
static KNOWN: LazyLock<Mutex<BTreeMap<PathBuf, Known>>> = LazyLock::new(Mutex::default);

struct Known {
    token: String,
    until: Instant,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    expires_in: Option<u64>,
    refresh_token: Option<String>,
}

#[derive(Deserialize)]
struct Refused {
    error: String,
    error_description: Option<String>,
}

/// The access token in force; a fresh one where that has ended or is about to.
///
/// # Errors
/// In words, without secrets: a file cannot be read, the endpoint does not answer or refuses.
pub async fn access_token(oauth: &OauthSettings) -> Result<String, String> {
    let mut known = KNOWN.lock().await;
    let now = Instant::now();
    if let Some(held) = known.get(&oauth.refresh_token_file).filter(|held| held.until > now) {
        return Ok(held.token.clone());
    }
    // Until the next refresh token is kept, nobody else reads the old one.
    let _turn = turn(&oauth.refresh_token_file).await?;
    let asked = tokio::time::timeout(PATIENCE, renew(oauth)).await;
    let granted = asked.map_err(|_| format!("{} is silent for {} seconds", oauth.token_url, PATIENCE.as_secs()))??;
    if let Some(next) = &granted.refresh_token {
        // The old one may be of no use from now on: the new one is kept before the token is used.
        keep(&oauth.refresh_token_file, next)
            .map_err(|error| format!("{}: {error}", oauth.refresh_token_file.display()))?;
    }
    let lasts = Duration::from_secs(granted.expires_in.unwrap_or(USUAL_SECONDS)).saturating_sub(EARLY);
    let held = Known { token: granted.access_token.clone(), until: now + lasts };
    known.insert(oauth.refresh_token_file.clone(), held);
    Ok(granted.access_token)
}

/// A server did not take the token: the next login asks for another one.
pub async fn forget(oauth: &OauthSettings) {
    KNOWN.lock().await.remove(&oauth.refresh_token_file);
}

/// The right to use a refresh token, as long as the answer lives. A folder that may not be written gives it to everybody: no
/// next token could be kept there either.
async fn turn(file: &Path) -> Result<Option<fs::File>, String> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let lock = file.with_file_name(format!(".{name}.lock"));
    let opened = fs::File::options().write(true).create(true).truncate(false).mode(0o600).open(&lock);
    let Ok(opened) = opened else { return Ok(None) };
    let until = Instant::now() + 2 * PATIENCE;
    while let Err(error) = flock(&opened, FlockOperation::NonBlockingLockExclusive) {
        if error != rustix::io::Errno::WOULDBLOCK {
            return Ok(None);
        }
        if Instant::now() > until {
            return Err(format!("{}: another program has been renewing the token all the time", lock.display()));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(Some(opened))
}

async fn renew(oauth: &OauthSettings) -> Result<Granted, String> {
    let refresh = secret(&oauth.refresh_token_file)?;
    let mut form = String::from("grant_type=refresh_token");
    let mut add = |name: &str, value: &str| {
        let _ = write!(form, "&{name}={}", encoded(value));
    };
    add("refresh_token", &refresh);
    add("client_id", &oauth.client_id);
    if let Some(file) = &oauth.client_secret_file {
        add("client_secret", &secret(file)?);
    }
    if let Some(scope) = &oauth.scope {
        add("scope", scope);
    }
    let (_, _, is_tls) = place(&oauth.token_url).map_err(|error| error.to_string())?;
    let tls = match is_tls {
        true => {
            let connector = tls::connector(oauth.authority.as_deref()).map_err(|error| error.to_string())?;
            Some(connector.config().clone())
        }
        false => None,
    };
    let target = Target { url: oauth.token_url.clone(), chunked: false, expect_continue: false, basic: None, tls };
    let headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let answer = post(&target, &headers, form.into_bytes().into(), &std::env::temp_dir()).await;
    let answer = answer.map_err(|failure| format!("{}: {failure}", oauth.token_url))?;
    let body = answer.body.bytes().map_err(|error| error.to_string())?;
    if answer.status.is_success() {
        return serde_json::from_slice(&body)
            .map_err(|_| format!("{} answered without an access token", oauth.token_url));
    }
    let why = match serde_json::from_slice::<Refused>(&body) {
        Ok(Refused { error, error_description: Some(words) }) => format!("{error} ({words})"),
        Ok(Refused { error, .. }) => error,
        Err(_) => "no reason".to_owned(),
    };
    Err(format!("{} gives no token ({}): {why}", oauth.token_url, answer.status.as_u16()))
}

fn secret(file: &Path) -> Result<String, String> {
    let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// Writes the file whole or not at all, for nobody else to read.
fn keep(file: &Path, text: &str) -> io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let draft = folder.join(format!(".{name}.part"));
    let mut written = fs::File::options().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    writeln!(written, "{text}")?;
    written.sync_all()?;
    fs::rename(&draft, file)?;
    fs::File::open(folder)?.sync_all()
}

/// As forms have it.
fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        match byte {
            b if b.is_ascii_alphanumeric() || b"-_.~".contains(&b) => out.push(char::from(b)),
            b => {
                let _ = write!(out, "%{b:02X}");
            }
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_hide_what_means_something_in_them() {
        assert_eq!(encoded("a&b=c d/é~"), "a%26b%3Dc%20d%2F%C3%A9~");
    }
}
