//! Which algorithms are offered: today's, and for partners that cannot do better, yesterday's too.

use std::borrow::Cow;
use std::time::Duration;

use russh::keys::ssh_key::EcdsaCurve;
use russh::keys::{Algorithm, HashAlg};
use russh::{MethodKind, MethodSet, Preferred, SshId, cipher, compression, kex, mac};

use super::host_keys::HostKeys;

/// What our server offers.
pub fn server(host_keys: &HostKeys, legacy: bool) -> russh::server::Config {
    russh::server::Config {
        server_id: SshId::Standard(Cow::Borrowed("SSH-2.0-Entrepot")),
        methods: MethodSet::from(&[MethodKind::PublicKey, MethodKind::Password, MethodKind::KeyboardInteractive][..]),
        auth_rejection_time: Duration::from_millis(700),
        auth_rejection_time_initial: Some(Duration::ZERO),
        keys: host_keys.keys.clone(),
        preferred: preferred(legacy),
        max_auth_attempts: 8,
        inactivity_timeout: Some(Duration::from_secs(600)),
        keepalive_interval: Some(Duration::from_secs(60)),
        keepalive_max: 3,
        nodelay: true,
        ..russh::server::Config::default()
    }
}

/// What we offer to a partner's server.
pub fn client(legacy: bool, timeout: Duration) -> russh::client::Config {
    russh::client::Config {
        client_id: SshId::Standard(Cow::Borrowed("SSH-2.0-Entrepot")),
        preferred: preferred(legacy),
        inactivity_timeout: Some(timeout.max(Duration::from_secs(10)) * 4),
        keepalive_interval: Some(timeout.max(Duration::from_secs(5))),
        nodelay: true,
        ..russh::client::Config::default()
    }
}

/// No compression: EDI is small, and what inflates can be a bomb.
fn preferred(legacy: bool) -> Preferred {
    let ecdsa = |curve| Algorithm::Ecdsa { curve };
    let mut key = vec![
        Algorithm::Ed25519,
        ecdsa(EcdsaCurve::NistP256),
        ecdsa(EcdsaCurve::NistP384),
        ecdsa(EcdsaCurve::NistP521),
        Algorithm::Rsa { hash: Some(HashAlg::Sha512) },
        Algorithm::Rsa { hash: Some(HashAlg::Sha256) },
    ];
    let today = Preferred::DEFAULT;
    let (mut exchanges, mut ciphers, mut macs) = (today.kex.to_vec(), today.cipher.to_vec(), today.mac.to_vec());
    if legacy {
        key.push(Algorithm::Rsa { hash: None });
        exchanges.extend([kex::DH_GEX_SHA1, kex::DH_G14_SHA1, kex::DH_G1_SHA1]);
        ciphers.extend([cipher::AES_256_CBC, cipher::AES_192_CBC, cipher::AES_128_CBC]);
        macs.extend([mac::HMAC_SHA1_ETM, mac::HMAC_SHA1]);
    }
    Preferred {
        kex: exchanges.into(),
        key: key.into(),
        cipher: ciphers.into(),
        mac: macs.into(),
        compression: Cow::Borrowed(&[compression::NONE]),
        ..today
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_algorithms_are_opted_into() {
        for (legacy, expected) in [(false, false), (true, true)] {
            let preferred = preferred(legacy);
            assert_eq!(preferred.key.contains(&Algorithm::Rsa { hash: None }), expected);
            assert_eq!(preferred.kex.contains(&kex::DH_G14_SHA1), expected);
            assert_eq!(preferred.cipher.contains(&cipher::AES_128_CBC), expected);
            assert_eq!(preferred.mac.contains(&mac::HMAC_SHA1), expected);
        }
    }
}
