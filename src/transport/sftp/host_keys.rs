//! The keys by which partners know our server: made once, kept in a folder, shown by their fingerprints.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use russh::keys::ssh_key::{EcdsaCurve, LineEnding};
use russh::keys::{Algorithm, HashAlg, PrivateKey, PublicKey};

/// What is made where the folder has none. An RSA key is used where an administrator lays one there.
const MADE: [(&str, Algorithm); 2] = [
    ("ssh_host_ed25519_key", Algorithm::Ed25519),
    ("ssh_host_ecdsa_key", Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 }),
];

/// Our host keys.
#[derive(Clone, Debug)]
pub struct HostKeys {
    pub keys: Vec<PrivateKey>,
}

impl HostKeys {
    /// Reads every `ssh_host_*_key` of a folder, after making those that are missing.
    ///
    /// # Errors
    /// When the folder cannot be written, or a file in it is no private key.
    pub fn load_or_make(folder: &Path) -> io::Result<Self> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        for (name, algorithm) in MADE {
            let path = folder.join(name);
            if !path.exists() {
                let key = PrivateKey::random(&mut russh::keys::key::safe_rng(), algorithm).map_err(io::Error::other)?;
                write(&path, &key)?;
            }
        }
        Self::load(folder)
    }

    /// Reads the keys without making any.
    ///
    /// # Errors
    /// When the folder cannot be read, or a file in it is no private key.
    pub fn load(folder: &Path) -> io::Result<Self> {
        let mut paths: Vec<PathBuf> = fs::read_dir(folder)?.flatten().map(|entry| entry.path()).collect();
        paths.retain(|path| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            name.starts_with("ssh_host_") && name.ends_with("_key")
        });
        // Ed25519 sorts behind ECDSA; clients choose by their own order, so this one is for people.
        paths.sort();
        let keys = paths
            .iter()
            .map(|path| {
                russh::keys::load_secret_key(path, None)
                    .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, format!("{}: {error}", path.display())))
            })
            .collect::<io::Result<_>>()?;
        Ok(Self { keys })
    }

    /// Algorithm and fingerprint of each, as `ssh-keygen -l` prints them.
    pub fn fingerprints(&self) -> Vec<String> {
        self.keys.iter().map(|key| fingerprint(key.public_key())).collect()
    }
}

/// `ssh-ed25519 SHA256:...`
pub fn fingerprint(key: &PublicKey) -> String {
    format!("{} {}", key.algorithm(), key.fingerprint(HashAlg::Sha256))
}

/// Writes a key under a temporary name and renames it: half a key would keep the server from starting.
fn write(path: &Path, key: &PrivateKey) -> io::Result<()> {
    let text = key.to_openssh(LineEnding::LF).map_err(io::Error::other)?;
    let temporary = path.with_extension("tmp");
    let mut file = fs::OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&temporary)?;
    io::Write::write_all(&mut file, text.as_bytes())?;
    file.sync_all()?;
    let public = key.public_key().to_openssh().map_err(io::Error::other)?;
    fs::write(path.with_extension("pub"), format!("{public}\n"))?;
    fs::rename(&temporary, path)?;
    fs::File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn keys_are_made_once_and_kept_from_others() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("host-keys");
        let made = HostKeys::load_or_make(&folder).unwrap().fingerprints();
        assert_eq!(made.len(), 2);
        assert!(made.iter().any(|line| line.starts_with("ssh-ed25519 SHA256:")), "{made:?}");
        assert_eq!(HostKeys::load_or_make(&folder).unwrap().fingerprints(), made);
        let mode = fs::metadata(folder.join("ssh_host_ed25519_key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_broken_key_is_named() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("ssh_host_rsa_key"), "no key").unwrap();
        let error = HostKeys::load(root.path()).unwrap_err().to_string();
        assert!(error.contains("ssh_host_rsa_key: "), "{error}");
    }
}
