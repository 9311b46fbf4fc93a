//! `[http]` of a partner: how it proves who it is at the HTTPS door.

use serde::{Deserialize, Serialize};

use super::mail::Digest;
use crate::mistake::keys::Keys;

/// What was agreed about uploads and downloads over HTTPS. Without a secret the door is closed to the partner.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpTerms {
    /// SHA-256 of bearer tokens; several, so that one can be changed for another without a gap.
    pub token_sha256: Vec<Digest>,
    /// For Basic authentication; the partner's id where nothing else was agreed.
    pub user: Option<String>,
    /// `$argon2id$...`
    pub password_argon2: Option<String>,
    /// Whether what it uploads carries other partners' documents too: the identities inside say whose they are.
    pub carries_others: bool,
}

impl HttpTerms {
    pub(super) fn read(keys: &mut Keys<'_>) -> Self {
        let mut keys = keys.table("http");
        let terms = Self {
            token_sha256: keys.or(
                "token_sha256",
                Vec::new(),
                "the SHA-256 of a bearer token with which this partner may upload and download, one or a list",
            ),
            user: keys.optional("user", "the user for Basic authentication; else the name of this file"),
            password_argon2: keys.optional("password_argon2", "the argon2 hash of its password, \"$argon2id$...\""),
            carries_others: keys.or(
                "carries_others",
                false,
                "whether its uploads carry other partners' documents too: the identities inside say whose they are",
            ),
        };
        if terms.password_argon2.as_deref().is_some_and(|hash| !hash.starts_with("$argon2")) {
            let help = Some("the password itself does not belong into the file".into());
            keys.mistake("value", keys.span("password_argon2"), "`http.password_argon2` is no argon2 hash", help);
        }
        keys.finish();
        terms
    }
}
