//! The certificates of one gateway: ours with their keys, and each partner's, several at a time with their windows.
//!
//! One file is one certificate: `certificates/us/NAME.pem`, `certificates/PARTNER/NAME.pem`. Before the PEM stand lines for
//! people and for us, which every other program passes over (RFC 7468 section 2): `roles: verify, encrypt`, `from:`,
//! `until:`. A change-over is a second file.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use jiff::Timestamp;

use super::cms::import::{FILE_BYTES_MAX, import, pem};
use super::cms::{Certificate, Fault, KeyKind, PrivateKey};

/// The folder of our own.
pub const OURS: &str = "us";
/// Shorter keys are broken for money.
const KEY_BITS_MIN: usize = 2048;
/// Days before its end at which a certificate is warned of.
pub const WARNING_DAYS: [i64; 3] = [60, 30, 7];

/// What a certificate is used for. The first three are ours, the next three a partner's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    Decrypt,
    Sign,
    SignReceipt,
    Verify,
    Encrypt,
    VerifyReceipt,
    /// Shown to servers that ask for one.
    Tls,
}

impl Role {
    pub const ALL: [Self; 7] =
        [Self::Decrypt, Self::Sign, Self::SignReceipt, Self::Verify, Self::Encrypt, Self::VerifyReceipt, Self::Tls];

    pub fn word(self) -> &'static str {
        match self {
            Self::Decrypt => "decrypt",
            Self::Sign => "sign",
            Self::SignReceipt => "sign-mdn",
            Self::Verify => "verify",
            Self::Encrypt => "encrypt",
            Self::VerifyReceipt => "verify-mdn",
            Self::Tls => "tls",
        }
    }

    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }

    /// What a certificate of that party is used for when nothing is said.
    pub fn usual(party: &str) -> Vec<Self> {
        match party {
            OURS => vec![Self::Decrypt, Self::Sign, Self::SignReceipt],
            _ => vec![Self::Verify, Self::Encrypt, Self::VerifyReceipt],
        }
    }

    fn needs_key(self) -> bool {
        matches!(self, Self::Decrypt | Self::Sign | Self::SignReceipt | Self::Tls)
    }
}

/// One file.
#[derive(Debug)]
pub struct Held {
    /// The file's name without `.pem`.
    pub name: String,
    pub certificate: Certificate,
    pub key: Option<PrivateKey>,
    pub roles: Vec<Role>,
    pub from: Timestamp,
    pub until: Timestamp,
}

impl Held {
    fn is_for(&self, role: Role, now: Timestamp) -> bool {
        self.roles.contains(&role) && self.from <= now && now <= self.until && (self.key.is_some() || !role.needs_key())
    }

    /// Whole days until it ends; negative when it has.
    pub fn days_left(&self, now: Timestamp) -> i64 {
        (self.until.as_second() - now.as_second()).div_euclid(86_400)
    }

    /// Reads one file.
    ///
    /// # Errors
    /// When it is not as it should be; the words are for people.
    pub fn read(path: &Path, party: &str) -> Result<Self, String> {
        let shown = path.display();
        let size = fs::metadata(path).map_err(|error| format!("{shown}: {error}"))?.len();
        if size > FILE_BYTES_MAX {
            return Err(format!("{shown}: {size} bytes are too many for a certificate"));
        }
        let text = fs::read_to_string(path).map_err(|error| format!("{shown}: {error}"))?;
        let mut found = import(text.as_bytes(), None).map_err(|fault| format!("{shown}: {fault}"))?;
        if found.certificates.is_empty() {
            return Err(format!("{shown}: there is no certificate in it"));
        }
        let certificate = found.certificates.swap_remove(0);
        let key = found.keys.into_iter().find(|key| key.belongs_to(&certificate));
        let line = |name: &str| {
            let head = text.split("-----BEGIN").next().unwrap_or_default();
            head.lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(':').map(|value| value.trim().to_owned()))
        };
        let roles = match line("roles") {
            None => Role::usual(party),
            Some(words) => {
                let mut roles = Vec::new();
                for word in words.split(',').map(str::trim).filter(|word| !word.is_empty()) {
                    roles.push(Role::of_word(word).ok_or_else(|| format!("{shown}: `{word}` is no role"))?);
                }
                roles
            }
        };
        let moment = |name: &str, default: Timestamp| match line(name) {
            None => Ok(default),
            Some(text) => {
                text.parse().map_err(|_| format!("{shown}: `{name}: {text}` is no moment (2026-01-31T00:00:00Z)"))
            }
        };
        let (from, until) = (moment("from", certificate.not_before)?, moment("until", certificate.not_after)?);
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { name, from, until, roles, certificate, key })
    }

    /// Writes the file so that it is whole or not there, and private where it holds a key.
    ///
    /// # Errors
    /// When the folder cannot be written, or has one of that name.
    pub fn write(&self, folder: &Path) -> io::Result<PathBuf> {
        fs::create_dir_all(folder)?;
        let path = folder.join(format!("{}.pem", self.name));
        let roles: Vec<&str> = self.roles.iter().map(|role| role.word()).collect();
        let mut text = format!(
            "roles: {}\nfrom: {}\nuntil: {}\nsubject: {}\nfingerprint: {}\n{}",
            roles.join(", "),
            self.from,
            self.until,
            self.certificate.subject,
            self.certificate.fingerprint(),
            self.certificate.to_pem()
        );
        if let Some(key) = &self.key {
            text.push_str(&pem("PRIVATE KEY", key.pkcs8()));
        }
        let part = folder.join(format!(".{}.part", self.name));
        let mut file = fs::File::options().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        match fs::hard_link(&part, &path) {
            Ok(()) => fs::remove_file(&part)?,
            Err(error) => {
                fs::remove_file(&part)?;
                return Err(error);
            }
        }
        fs::File::open(folder)?.sync_all()?;
        Ok(path)
    }
}

/// All certificates as they stand at one time.
#[derive(Debug, Default)]
pub struct Certificates {
    parties: BTreeMap<String, Vec<Held>>,
    /// Files that could not be read, in words.
    pub troubles: Vec<String>,
}

impl Certificates {
    /// Reads every party's folder. What cannot be read is told and left out.
    pub fn load(folder: &Path) -> Self {
        let mut found = Self::default();
        let Ok(parties) = fs::read_dir(folder) else { return found };
        for party in parties.flatten().filter(|entry| entry.path().is_dir()) {
            let name = party.file_name().to_string_lossy().into_owned();
            let mut held = Vec::new();
            for file in fs::read_dir(party.path()).into_iter().flatten().flatten() {
                let path = file.path();
                let is_hidden = file.file_name().as_encoded_bytes().starts_with(b".");
                if is_hidden || path.extension().is_none_or(|ending| ending != "pem") {
                    continue;
                }
                match Held::read(&path, &name) {
                    Ok(one) => held.push(one),
                    Err(words) => found.troubles.push(words),
                }
            }
            // The newest first: it is the one that is signed with and encrypted for.
            held.sort_by(|one, other| (other.from, &other.name).cmp(&(one.from, &one.name)));
            found.parties.insert(name, held);
        }
        found
    }

    pub fn parties(&self) -> impl Iterator<Item = (&str, &[Held])> {
        self.parties.iter().map(|(party, held)| (party.as_str(), held.as_slice()))
    }

    pub fn of(&self, party: &str) -> &[Held] {
        self.parties.get(party).map_or(&[], Vec::as_slice)
    }

    /// Those of a party that may be used in a role now, the newest first.
    pub fn in_role(&self, party: &str, role: Role, now: Timestamp) -> impl Iterator<Item = &Held> {
        self.of(party).iter().filter(move |held| held.is_for(role, now))
    }

    /// Our certificates that messages may be encrypted for. One whose time is over still opens what was on its way.
    pub fn decrypting(&self) -> Vec<(&Certificate, &PrivateKey)> {
        let ours = self.of(OURS).iter().filter(|held| held.roles.contains(&Role::Decrypt));
        ours.filter_map(|held| Some((&held.certificate, held.key.as_ref()?))).collect()
    }

    /// Certificates that end soon or have ended, with the warning that is due: 60, 30, 7 or 0 days.
    pub fn ending(&self, now: Timestamp) -> Vec<(&str, &Held, i64)> {
        let mut ending = Vec::new();
        for (party, held) in self.parties() {
            for one in held {
                let days = one.days_left(now);
                let due = if days < 0 { Some(0) } else { WARNING_DAYS.into_iter().rev().find(|due| days <= *due) };
                // A successor in every role makes the end of this one no trouble.
                let is_followed = one.roles.iter().all(|role| {
                    held.iter().any(|other| {
                        other.name != one.name && other.is_for(*role, now) && other.days_left(now) > WARNING_DAYS[0]
                    })
                });
                if let Some(due) = due.filter(|_| !is_followed) {
                    ending.push((party, one, due));
                }
            }
        }
        ending
    }
}

/// The certificates in force, read again when their folders change.
#[derive(Debug)]
pub struct Cabinet {
    folder: PathBuf,
    loaded: RwLock<(Vec<SystemTime>, Arc<Certificates>)>,
}

impl Cabinet {
    pub fn open(folder: &Path) -> Self {
        let loaded = (stamps(folder), Arc::new(Certificates::load(folder)));
        Self { folder: folder.to_owned(), loaded: RwLock::new(loaded) }
    }

    /// What is in force now.
    pub fn current(&self) -> Arc<Certificates> {
        let now = stamps(&self.folder);
        {
            let loaded = self.loaded.read().unwrap_or_else(PoisonError::into_inner);
            if loaded.0 == now {
                return loaded.1.clone();
            }
        }
        let fresh = Arc::new(Certificates::load(&self.folder));
        *self.loaded.write().unwrap_or_else(PoisonError::into_inner) = (now, fresh.clone());
        fresh
    }
}

/// When the folder and the parties' folders last changed: adding, removing and renaming files shows here.
fn stamps(folder: &Path) -> Vec<SystemTime> {
    let modified = |path: &Path| fs::metadata(path).and_then(|file| file.modified()).ok();
    let parties = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut stamps: Vec<SystemTime> = parties.filter_map(|path| modified(&path)).chain(modified(folder)).collect();
    stamps.sort();
    stamps
}

/// Takes what somebody sent us (PEM, DER, P7B, P12) as files of a party. Answers what was added.
///
/// # Errors
/// In words for people.
pub fn add(
    folder: &Path,
    party: &str,
    bytes: &[u8],
    password: Option<&str>,
    wish: &Wish,
) -> Result<Vec<(Held, PathBuf)>, String> {
    let imported = import(bytes, password).map_err(|fault| fault.to_string())?;
    let mut keys = imported.keys;
    let mut added = Vec::new();
    let wanted: Vec<Certificate> = match imported.certificates.len() {
        // A bundle may carry the authorities above: those of a key of ours are the ones meant.
        1 => imported.certificates,
        _ if !keys.is_empty() => {
            imported.certificates.into_iter().filter(|one| keys.iter().any(|key| key.belongs_to(one))).collect()
        }
        _ => {
            let issuers: Vec<String> = imported.certificates.iter().map(|one| one.issuer.clone()).collect();
            let ends =
                |one: &Certificate| one.subject == one.issuer && issuers.len() == 1 || !issuers.contains(&one.subject);
            let (leaves, others): (Vec<_>, Vec<_>) = imported.certificates.into_iter().partition(ends);
            if leaves.is_empty() { others } else { leaves }
        }
    };
    if wanted.is_empty() {
        return Err("no certificate in it belongs to the key in it".into());
    }
    let count = wanted.len();
    for (at, certificate) in wanted.into_iter().enumerate() {
        let key = keys.iter().position(|key| key.belongs_to(&certificate)).map(|at| keys.swap_remove(at));
        if party == OURS && key.is_none() {
            return Err("it holds no private key: our own certificates come with theirs (P12, or PEM with both)".into());
        }
        if party != OURS && key.is_some() {
            return Err(
                "it holds a private key: a partner's never leaves the partner. Ask for the certificate alone".into()
            );
        }
        let roles = roles_of(wish, party, &certificate)?;
        let name = wish.name.clone().unwrap_or_else(|| certificate.serial_shown().to_lowercase());
        let name = if count > 1 { format!("{name}-{}", at + 1) } else { name };
        if name.is_empty() || name.contains(['/', '\0']) || name.starts_with('.') {
            return Err(format!("`{name}` is no name for a certificate"));
        }
        let held = Held {
            name,
            from: wish.from.unwrap_or(certificate.not_before),
            until: wish.until.unwrap_or(certificate.not_after),
            roles,
            certificate,
            key,
        };
        let path = held.write(&folder.join(party)).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => {
                format!("{party} has a certificate {} already: give another --name", held.name)
            }
            _ => format!("{}: {error}", folder.join(party).display()),
        })?;
        added.push((held, path));
    }
    Ok(added)
}

/// How certificates are added.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    pub name: Option<String>,
    pub roles: Vec<Role>,
    pub from: Option<Timestamp>,
    pub until: Option<Timestamp>,
    /// What sort of key a new one gets; RSA when nothing is said.
    pub key_kind: Option<KeyKind>,
}

/// What a certificate will be used for: as wished, or as usual for what its key can do.
fn roles_of(wish: &Wish, party: &str, certificate: &Certificate) -> Result<Vec<Role>, String> {
    let mut roles = wish.roles.clone();
    if roles.is_empty() {
        roles = Role::usual(party);
        let encrypts = certificate.key_kind == KeyKind::Rsa;
        roles.retain(|role| encrypts || !matches!(role, Role::Decrypt | Role::Encrypt));
    }
    for role in &roles {
        check_use(*role, certificate)?;
    }
    Ok(roles)
}

fn check_use(role: Role, certificate: &Certificate) -> Result<(), String> {
    let is_curve = certificate.key_kind != KeyKind::Rsa;
    if is_curve && matches!(role, Role::Decrypt | Role::Encrypt) {
        return Err(format!(
            "the key of {} is on a curve ({}), which only signs: the role {} wants an RSA key",
            certificate.subject,
            certificate.key_kind.name(),
            role.word()
        ));
    }
    if !is_curve && certificate.key_bits < KEY_BITS_MIN {
        let (subject, bits) = (&certificate.subject, certificate.key_bits);
        return Err(format!(
            "the key of {subject} has {bits} bits, and {KEY_BITS_MIN} are the least: ask for a new one"
        ));
    }
    let may = match role {
        Role::Decrypt | Role::Encrypt => certificate.may_encrypt(),
        Role::Tls => true,
        _ => certificate.may_sign(),
    };
    if may {
        Ok(())
    } else {
        Err(format!("{} is not made for the role {} (its key usage)", certificate.subject, role.word()))
    }
}

/// A new key of ours with a certificate signed by itself.
///
/// # Errors
/// In words for people.
pub fn create(folder: &Path, subject: &str, now: Timestamp, days: i64, wish: &Wish) -> Result<(Held, PathBuf), String> {
    let words = |fault: Fault| fault.to_string();
    let key = PrivateKey::of_kind(wish.key_kind.unwrap_or(KeyKind::Rsa)).map_err(words)?;
    let until = Timestamp::from_second(now.as_second() + days * 86_400).map_err(|error| error.to_string())?;
    let certificate = Certificate::self_signed(&key, subject, now, until).map_err(words)?;
    let held = Held {
        name: wish.name.clone().unwrap_or_else(|| certificate.serial_shown().to_lowercase()),
        from: wish.from.unwrap_or(certificate.not_before),
        until: wish.until.unwrap_or(certificate.not_after),
        roles: roles_of(wish, OURS, &certificate)?,
        certificate,
        key: Some(key),
    };
    let path = held.write(&folder.join(OURS)).map_err(|error| error.to_string())?;
    Ok((held, path))
}

#[cfg(test)]
mod tests {
    use super::super::cms::tests::{identity, noon};
    use super::*;

    #[test]
    fn the_newest_is_used_and_older_ones_still_open() {
        let folder = tempfile::tempdir().unwrap();
        let in_days = |days: i64| Timestamp::from_second(noon().as_second() + days * 86_400).unwrap();
        for (name, from, until) in [("old", -300, 5), ("new", -1, 300), ("next", 10, 600), ("gone", -600, -10)] {
            let wish = Wish {
                name: Some(name.into()),
                from: Some(in_days(from)),
                until: Some(in_days(until)),
                ..Wish::default()
            };
            create(folder.path(), name, noon(), 3650, &wish).unwrap();
        }
        let certificates = Certificates::load(folder.path());
        let names =
            |role, now| -> Vec<&str> { certificates.in_role(OURS, role, now).map(|held| held.name.as_str()).collect() };
        assert_eq!(names(Role::Sign, noon()), ["new", "old"]);
        assert_eq!(names(Role::Sign, in_days(20)), ["next", "new"]);
        assert_eq!(names(Role::Verify, noon()), Vec::<&str>::new());
        assert_eq!(certificates.decrypting().len(), 4);
        // The old one has successors; without them it would be warned of.
        assert_eq!(certificates.ending(noon()).len(), 0);
        assert_eq!(
            certificates.ending(in_days(560)).iter().map(|(_, held, due)| (held.name.as_str(), *due)).max(),
            Some(("old", 0))
        );
        let due: Vec<i64> = [539, 541, 571, 594, 601]
            .map(|days| {
                let ending = certificates.ending(in_days(days));
                ending.iter().find(|(_, held, _)| held.name == "next").map_or(-1, |(_, _, due)| *due)
            })
            .to_vec();
        assert_eq!(due, [-1, 60, 30, 7, 0]);
    }

    #[test]
    fn partners_certificates_come_without_keys_and_ours_with_them() {
        let folder = tempfile::tempdir().unwrap();
        let them = identity("them");
        let pem_text = them.0.to_pem();
        let (held, path) =
            add(folder.path(), "acme", pem_text.as_bytes(), None, &Wish::default()).unwrap().swap_remove(0);
        assert_eq!((held.certificate.clone(), held.roles.clone()), (them.0.clone(), Role::usual("acme")));
        assert_eq!(Held::read(&path, "acme").unwrap().certificate, them.0);
        let again = add(folder.path(), "acme", them.0.der(), None, &Wish::default()).unwrap_err();
        assert!(again.contains("already"), "{again}");
        let ours = add(folder.path(), OURS, pem_text.as_bytes(), None, &Wish::default()).unwrap_err();
        assert!(ours.contains("no private key"), "{ours}");
        let both = pem_text + &pem("PRIVATE KEY", them.1.pkcs8());
        assert!(
            add(folder.path(), "acme", both.as_bytes(), None, &Wish::default()).unwrap_err().contains("private key")
        );
        assert_eq!(add(folder.path(), OURS, both.as_bytes(), None, &Wish::default()).unwrap().len(), 1);
    }

    #[test]
    fn a_change_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let cabinet = Cabinet::open(folder.path());
        assert_eq!(cabinet.current().of("acme").len(), 0);
        add(folder.path(), "acme", identity("them").0.der(), None, &Wish::default()).unwrap();
        assert_eq!(cabinet.current().of("acme").len(), 1);
    }
}
