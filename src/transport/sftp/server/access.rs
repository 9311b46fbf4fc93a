//! Whether somebody is who they say: keys compared, passwords hashed, and nothing told about what was wrong.

use std::net::IpAddr;
use std::sync::LazyLock;

use argon2::{Argon2, PasswordHash, PasswordVerifier};
use jiff::civil::Date;
use russh::keys::{Algorithm, PublicKey};

use super::Account;

/// Verified where there is no password to verify, so that the time taken tells nothing.
static NOBODYS: LazyLock<String> = LazyLock::new(|| {
    let salt = argon2::password_hash::SaltString::from_b64("bm9ib2R5c3NhbHQ");
    let hash = salt.and_then(|salt| {
        argon2::PasswordHasher::hash_password(&Argon2::default(), b"nobody's", &salt).map(|hash| hash.to_string())
    });
    hash.unwrap_or_default()
});

/// Whether an account takes a key, and by which name it knows it.
pub fn key_of<'a>(account: &'a Account, key: &PublicKey, algorithm: &Algorithm, today: Date) -> Option<&'a str> {
    // An RSA key may prove itself by SHA-1 only where that was agreed.
    if *algorithm == (Algorithm::Rsa { hash: None }) && !account.terms.legacy {
        return None;
    }
    let known = account.terms.keys.iter().find(|known| {
        known.counts_on(today)
            && PublicKey::from_openssh(&known.key).is_ok_and(|known| known.key_data() == key.key_data())
    });
    known.map(|known| known.name.as_str())
}

/// Whether a password is right. Slow on purpose, and as slow for an account that does not exist.
pub fn password_fits(account: Option<&Account>, password: &str) -> bool {
    let hash = account.and_then(|account| account.terms.password.as_deref());
    let is_known = hash.is_some();
    let Ok(hash) = PasswordHash::new(hash.unwrap_or(&NOBODYS)) else { return false };
    let fits = Argon2::default().verify_password(password.as_bytes(), &hash).is_ok();
    fits && is_known
}

/// The account that a user may use from an address.
pub fn admitted(account: Option<Account>, address: IpAddr) -> Option<Account> {
    account.filter(|account| account.terms.lets_in(address))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::partner::{Directory, Sftp};

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";

    fn account(extra: &str) -> Account {
        let text =
            format!("name = \"Acme\"\n[sftp]\n{extra}\n[sftp.keys.office]\nkey = \"{KEY}\"\nuntil = \"2026-06-30\"\n");
        let read = Directory::read([("acme.toml", text.as_str())]);
        assert_eq!(read.mistakes, []);
        let terms: Sftp = read.directory.partner("acme").unwrap().sftp.clone().unwrap();
        Account { partner: "acme".into(), folder: "acme".into(), terms }
    }

    #[test]
    fn keys_count_for_their_time_and_algorithm() {
        let account = account("");
        let key = PublicKey::from_openssh(KEY).unwrap();
        let day = |text: &str| text.parse().unwrap();
        let algorithm = Algorithm::Ed25519;
        assert_eq!(key_of(&account, &key, &algorithm, day("2026-06-30")), Some("office"));
        assert_eq!(key_of(&account, &key, &algorithm, day("2026-07-01")), None);
        let old = Algorithm::Rsa { hash: None };
        assert_eq!(key_of(&account, &key, &old, day("2026-06-30")), None);
    }

    #[test]
    fn passwords() {
        let salt = argon2::password_hash::SaltString::from_b64("c29tZXNhbHQ").unwrap();
        let cheap = Argon2::new(
            argon2::Algorithm::Argon2id,
            argon2::Version::V0x13,
            argon2::Params::new(64, 1, 1, None).unwrap(),
        );
        let hash = argon2::PasswordHasher::hash_password(&cheap, b"right", &salt).unwrap().to_string();
        let account = account(&format!("password_argon2 = \"{hash}\""));
        assert!(password_fits(Some(&account), "right"));
        assert!(!password_fits(Some(&account), "wrong"));
        assert!(!password_fits(None, "nobody's"));
        assert!(NOBODYS.starts_with("$argon2id$"));
    }
}
