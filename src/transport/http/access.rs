//! Who knocks: a bearer token or a password, each checked against what stands in the partner files.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use argon2::{Argon2, PasswordHash, PasswordVerifier as _};
use axum::http::{HeaderMap, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;

use super::Partners;
use super::answer::Problem;
use crate::partner::{Directory, Partner};

/// How long a password that was right needs no second computation.
const REMEMBERED: Duration = Duration::from_secs(300);
/// Passwords that are computed at a time: each takes some 20 MB and a core for a moment.
const COMPUTED_MAX: usize = 2;
/// Secrets that may be wrong in a row, over all clients, before the door takes a breath before each answer.
const WRONG_MAX: u32 = 20;

pub(super) struct Access {
    partners: Partners,
    /// By the hash of user, password and stored hash: until when it counts.
    right: Mutex<HashMap<[u8; 32], Instant>>,
    computing: Semaphore,
    wrong: Mutex<u32>,
}

/// Who knocks, as far as this door needs to know.
#[derive(Clone, Debug)]
pub(super) struct Visitor {
    pub partner: String,
    /// The folder under `out/`; `None` where documents leave by another way.
    pub folder: Option<String>,
    pub carries_others: bool,
}

impl Access {
    pub fn new(partners: Partners) -> Self {
        Self { partners, right: Mutex::default(), computing: Semaphore::new(COMPUTED_MAX), wrong: Mutex::default() }
    }

    /// The partner that the request's credentials prove, or 401 without a hint which part is wrong.
    pub async fn visitor(&self, headers: &HeaderMap) -> Result<Visitor, Problem> {
        let partners = (self.partners)();
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let (scheme, value) = given.split_once(' ').unwrap_or((given, ""));
        let found = match scheme.to_ascii_lowercase().as_str() {
            "bearer" => by_token(&partners, value.trim()),
            "basic" => self.by_password(&partners, value.trim()).await,
            _ => {
                return Err(Problem::new(
                    StatusCode::UNAUTHORIZED,
                    "say who you are: a bearer token, or user and password",
                ));
            }
        };
        let Some(partner) = found else {
            let wrong = {
                let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
                *wrong = wrong.saturating_add(1);
                *wrong
            };
            if wrong > WRONG_MAX {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            return Err(Problem::new(StatusCode::UNAUTHORIZED, "nobody is known by that"));
        };
        *self.wrong.lock().unwrap_or_else(PoisonError::into_inner) = 0;
        Ok(Visitor {
            partner: partner.id.clone(),
            folder: partner.outlet().strip_prefix("folder:").map(str::to_owned),
            carries_others: partner.http.carries_others,
        })
    }

    async fn by_password<'p>(&self, partners: &'p Directory, value: &str) -> Option<&'p Partner> {
        let given = String::from_utf8(STANDARD.decode(value).ok()?).ok()?;
        let (user, password) = given.split_once(':')?;
        let named = |partner: &&Partner| partner.http.user.as_deref().unwrap_or(&partner.id) == user;
        let partner = partners.partners.iter().filter(|partner| partner.http.password_argon2.is_some()).find(named);
        // A user that nobody is costs as much as one with a wrong password.
        let hash = partner.and_then(|partner| partner.http.password_argon2.as_deref()).unwrap_or(NOBODY);
        let key: [u8; 32] = Sha256::digest(format!("{user}\0{password}\0{hash}").as_bytes()).into();
        if self.remembers(&key) {
            return partner;
        }
        let _place = self.computing.acquire().await.ok()?;
        let (hash, password) = (hash.to_owned(), password.to_owned());
        let is_right = tokio::task::spawn_blocking(move || {
            let hash = PasswordHash::new(&hash).ok()?;
            Argon2::default().verify_password(password.as_bytes(), &hash).ok()
        });
        is_right.await.ok()??;
        let partner = partner?;
        let mut right = self.right.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        right.retain(|_, until| *until > now);
        right.insert(key, now + REMEMBERED);
        Some(partner)
    }

    fn remembers(&self, key: &[u8; 32]) -> bool {
        let right = self.right.lock().unwrap_or_else(PoisonError::into_inner);
        right.get(key).is_some_and(|until| *until > Instant::now())
    }
}

/// The hash of a password that was thrown away.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGlzIGhlcmU$8J0m7q0i5m5o0o2m1r3l4Qf7n8bJv2Qd6sXc1Zy5u3E";

fn by_token<'p>(partners: &'p Directory, token: &str) -> Option<&'p Partner> {
    if token.is_empty() {
        return None;
    }
    // Hashes are compared, so that the time it takes tells nothing about a token.
    let hash: String = Sha256::digest(token.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    partners.partners.iter().find(|partner| partner.http.token_sha256.iter().any(|known| known.0 == hash))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    /// argon2id of `correct horse`; SHA-256 of `s3cret`.
    const ACME: &str = "name = \"Acme\"\n[http]\npassword_argon2 = \"HASH\"\n\
        token_sha256 = \"1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0\"\n";

    #[test]
    fn nobody_has_a_hash_that_takes_its_time() {
        assert!(PasswordHash::new(NOBODY).is_ok_and(|hash| hash.hash.is_some()));
    }

    #[tokio::test]
    async fn visitors() {
        use argon2::PasswordHasher as _;
        use argon2::password_hash::SaltString;
        let salt = SaltString::encode_b64(b"0123456789abcdef").unwrap();
        let hash = Argon2::default().hash_password(b"correct horse", &salt).unwrap().to_string();
        let text = ACME.replace("HASH", &hash);
        let read = Directory::read([("acme.toml", text.as_str())]);
        assert_eq!(read.mistakes, []);
        let directory = Arc::new(read.directory);
        let access = Access::new(Arc::new(move || directory.clone()));
        let basic = |text: &str| format!("Basic {}", STANDARD.encode(text));
        for (given, expected) in [
            ("Bearer s3cret".to_owned(), true),
            ("bearer  s3cret".to_owned(), true),
            ("Bearer guess".to_owned(), false),
            ("Bearer ".to_owned(), false),
            (basic("acme:correct horse"), true),
            (basic("acme:correct horse"), true),
            (basic("acme:wrong"), false),
            (basic("other:correct horse"), false),
            (basic("acme"), false),
            ("Basic !!!".to_owned(), false),
            (String::new(), false),
            ("Negotiate x".to_owned(), false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, given.parse().unwrap());
            let found = access.visitor(&headers).await;
            assert_eq!(found.is_ok(), expected, "{given}");
            if let Err(problem) = found {
                assert_eq!(problem.status, StatusCode::UNAUTHORIZED);
            }
        }
    }
}
