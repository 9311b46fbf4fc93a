//! DKIM signatures (RFC 6376, 8301, 8463): our own on what we send, and those of others on what arrives.

mod canonical;
mod sign;
mod verify;

pub use sign::{Signer, UnusableKey};
pub use verify::{Signature, verify};

/// A list of tags: `v=1; a=rsa-sha256; ...` (RFC 6376, 3.2). The first of two tags with one name counts.
fn tag<'t>(list: &'t str, name: &str) -> Option<&'t str> {
    list.split(';').find_map(|tag| {
        let (found, value) = tag.split_once('=')?;
        (found.trim() == name).then(|| value.trim())
    })
}
