//! `oauth` of a mailbox or of `[mail.smtp]`: where access tokens come from.

use std::path::{Path, PathBuf};

use crate::mistake::keys::Keys;

/// A refresh token and where it is exchanged (RFC 6749 section 6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OauthSettings {
    pub token_url: String,
    /// A PEM file: trusted for the token endpoint beside the system's authorities.
    pub authority: Option<PathBuf>,
    pub client_id: String,
    /// `None` for clients that keep no secret.
    pub client_secret_file: Option<PathBuf>,
    /// Written again when the endpoint gives another one.
    pub refresh_token_file: PathBuf,
    pub scope: Option<String>,
}

impl OauthSettings {
    /// Reads the table; `None` where there is none.
    pub(super) fn read(keys: &mut Keys<'_>) -> Option<Self> {
        let is_given = keys.has("oauth");
        let mut keys = keys.table("oauth");
        let url = "where access tokens are given, as in \"https://login.example/oauth2/token\"";
        let token_url = keys.optional::<String>("token_url", url);
        let client_id = keys.optional::<String>("client_id", "how we are called there");
        let kept = "the file with the refresh token; written again when another one is given";
        let refresh_token_file = keys.optional::<PathBuf>("refresh_token_file", kept);
        let authority = keys.optional("authority", "a PEM file: trusted there beside the system's authorities");
        let client_secret_file = keys.optional("client_secret_file", "the file with our secret, where we have one");
        let scope = keys.optional("scope", "what the token is asked for, as the provider's documentation says");
        if token_url.as_deref().is_some_and(|url| !is_protected(url)) {
            keys.mistake("value", keys.span("token_url"), "`oauth.token_url` begins with https://", None);
        }
        let settings = match (token_url, client_id, refresh_token_file) {
            (Some(token_url), Some(client_id), Some(refresh_token_file)) => {
                Some(Self { token_url, authority, client_id, client_secret_file, refresh_token_file, scope })
            }
            _ => None,
        };
        if is_given && settings.is_none() {
            let message = "`oauth` needs `token_url`, `client_id` and `refresh_token_file`";
            keys.mistake("missing", keys.span("token_url"), message, None);
        }
        keys.finish();
        settings
    }

    /// Files are relative to the settings file.
    pub(super) fn rebase(&mut self, folder: &Path) {
        let given = [&mut self.authority, &mut self.client_secret_file];
        for file in given.into_iter().flatten().chain([&mut self.refresh_token_file]) {
            *file = folder.join(&*file);
        }
    }
}

/// Refresh tokens travel by TLS, or stay on this machine.
fn is_protected(url: &str) -> bool {
    let is_here =
        |rest: &str| ["127.0.0.1:", "127.0.0.1/", "localhost:", "localhost/"].iter().any(|host| rest.starts_with(host));
    url.starts_with("https://") || url.strip_prefix("http://").is_some_and(is_here)
}
