//! Whether a partner is who it says before its message is looked at: client certificate by pin, basic by argon2.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use argon2::{Argon2, PasswordHash, PasswordVerifier};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::cms::Digest;
use super::mime::Headers;
use super::tls::normal_pin;
use crate::partner::As2;

/// Judges credentials; remembers those that held, because argon2 is slow on purpose.
#[derive(Debug, Default)]
pub struct Guard {
    held: Mutex<HashMap<String, Vec<u8>>>,
}

impl Guard {
    /// Admits a request of a partner, or says in words for its sender why not.
    ///
    /// # Errors
    /// What is missing; never which part of it was wrong.
    pub async fn admit(
        &self,
        partner: &str,
        as2: &As2,
        headers: &Headers,
        pin: Option<&str>,
    ) -> Result<(), &'static str> {
        if !as2.their_tls_pins.is_empty() {
            let is_pinned = pin.is_some_and(|pin| as2.their_tls_pins.iter().any(|known| normal_pin(known) == pin));
            if !is_pinned {
                return Err("A client certificate as agreed is wanted.\n");
            }
        }
        let (Some(user), Some(hash)) = (&as2.their_user, &as2.their_password_hash) else { return Ok(()) };
        let wrong = "User and password as agreed are wanted.\n";
        let given = headers.get("authorization").and_then(|value| value.trim().strip_prefix("Basic ")).ok_or(wrong)?;
        let given = STANDARD.decode(given.trim()).map_err(|_| wrong)?;
        let fingerprint = Digest::Sha256.of(&[hash.as_bytes(), b"\0", &given].concat());
        if self.held.lock().unwrap_or_else(PoisonError::into_inner).get(partner) == Some(&fingerprint) {
            return Ok(());
        }
        let (user, hash) = (user.clone(), hash.clone());
        let judged = tokio::task::spawn_blocking(move || {
            let given = String::from_utf8_lossy(&given);
            let (name, password) = given.split_once(':')?;
            let parsed = PasswordHash::new(&hash).ok()?;
            // The password is judged whatever the name is, so that the time it takes tells nothing.
            let holds = Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok();
            (holds && name == user).then_some(())
        });
        judged.await.ok().flatten().ok_or(wrong)?;
        self.held.lock().unwrap_or_else(PoisonError::into_inner).insert(partner.to_owned(), fingerprint);
        Ok(())
    }
}
