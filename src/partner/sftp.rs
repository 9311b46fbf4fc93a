//! `[sftp]` of a partner file: how the partner logs in to our server, and where its own server is.
//!
//! It knows no connection: keys and addresses are values that the door compares.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use jiff::civil::Date;
use serde::{Deserialize, Serialize, Serializer};
use toml::de::DeValue;

use crate::config::units::{Size, Span};
use crate::mistake::keys::{Keys, Setting, choose, word_of};

/// What was agreed about SFTP, in both directions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sftp {
    /// The name the partner logs in with at our server.
    pub user: String,
    /// argon2, as a PHC string. `None`: no password opens the door.
    #[serde(serialize_with = "hidden", deserialize_with = "never_there")]
    pub password: Option<String>,
    pub keys: Vec<AccessKey>,
    /// From where the partner may come; empty is from anywhere.
    pub networks: Vec<Network>,
    pub folders: Folders,
    pub sessions_max: u32,
    pub file_bytes_max: u64,
    /// Bytes a second, both directions together; 0 is without a limit.
    pub rate: u64,
    /// How long an upload that is not whole waits for its rest before it is put aside as truncated.
    pub hold: Duration,
    /// A file counts as whole when it is closed, whatever its end looks like.
    pub whole_when_closed: bool,
    /// Endings of names that are not meant yet, beside the usual ones.
    pub temporary: Vec<String>,
    pub after_fetch: AfterFetch,
    /// SHA-1, CBC and old key exchanges, for this partner's networks.
    pub legacy: bool,
    /// The partner's own server, where we are the client.
    pub remote: Option<Remote>,
}

/// A public key that opens the door, for a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessKey {
    /// For people and logs.
    pub name: String,
    /// `ssh-ed25519 AAAA... comment`
    pub key: String,
    /// The first day it counts.
    pub from: Option<Date>,
    /// The last day it counts.
    pub until: Option<Date>,
}

impl AccessKey {
    /// Whether the key counts on a day.
    pub fn counts_on(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day <= until)
    }
}

/// The names of the folders that the partner sees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Folders {
    /// The partner puts its files here.
    pub inbox: String,
    /// Our answers and documents lie here.
    pub outbox: String,
    /// What the partner has fetched.
    pub archive: String,
    /// What could not be taken, each with the reason beside it.
    pub error: String,
}

impl Default for Folders {
    fn default() -> Self {
        Self { inbox: "in".into(), outbox: "out".into(), archive: "archive".into(), error: "error".into() }
    }
}

/// What becomes of a file that the partner has fetched to its last byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AfterFetch {
    /// It moves to the partner's archive folder.
    #[default]
    Archive,
    /// It stays until the partner removes it, which moves it to the archive.
    Keep,
}

/// A listing of so many names is kept in memory.
const FILES_PER_LOOK_MAX: u32 = 1_000_000;

/// The partner's server, where we fetch and deliver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remote {
    pub host: String,
    pub port: u16,
    pub user: String,
    /// OpenSSH, PEM or PPK.
    pub key_file: Option<PathBuf>,
    pub password_file: Option<PathBuf>,
    /// Fingerprints (`SHA256:...`) or whole keys. One of them must be the server's.
    pub host_keys: Vec<String>,
    /// Where we put our files; `None`: we do not deliver there.
    pub deliver_to: Option<String>,
    /// Where we look for the partner's files; `None`: we do not fetch.
    pub fetch_from: Option<String>,
    /// Time between two looks.
    pub every: Duration,
    /// Which names are fetched, `*` and `?` as in shells.
    pub pattern: String,
    /// So many files are fetched at one look; what else lies there, at the next.
    pub files_per_look: u32,
    /// The partner lays a second file beside a whole one, with this ending: `.done`.
    pub marker: Option<String>,
    /// Before fetching, a file gets this ending, so that nobody else takes it.
    pub claim: Option<String>,
    pub after_fetch: AfterRemoteFetch,
    pub timeout: Duration,
    /// Old algorithms, for this server.
    pub legacy: bool,
}

/// What becomes of a file on the partner's server when we hold it durably.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AfterRemoteFetch {
    #[default]
    Delete,
    /// It moves into this folder on the server.
    MoveTo(String),
}

/// An address, or all that share its first bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    pub address: IpAddr,
    pub bits: u8,
}

impl Network {
    /// Whether an address lies in it. An IPv4 address that came in IPv6's clothes counts as IPv4.
    pub fn holds(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let shift = 32 - u32::from(self.bits.min(32));
                u32::from(own).checked_shr(shift) == u32::from(other).checked_shr(shift)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let shift = 128 - u32::from(self.bits.min(128));
                u128::from(own).checked_shr(shift) == u128::from(other).checked_shr(shift)
            }
            _ => false,
        }
    }
}

impl Sftp {
    /// Whether the partner may come from an address.
    pub fn lets_in(&self, address: IpAddr) -> bool {
        self.networks.is_empty() || self.networks.iter().any(|network| network.holds(address))
    }

    /// Whether anything opens the door.
    pub fn has_login(&self) -> bool {
        self.password.is_some() || !self.keys.is_empty()
    }

    /// Reads `[sftp]`; `None` where the file has no such table.
    pub(super) fn read(keys: &mut Keys<'_>, partner: &str) -> Option<Self> {
        let is_there = keys.has("sftp");
        let mut keys = keys.table("sftp");
        let user = keys.or("user", partner.to_owned(), "the name the partner logs in with at our SFTP server");
        let password = keys.optional::<PasswordHash>(
            "password_argon2",
            "the argon2 hash of its password, as `entrepot partner password` prints it; else keys only",
        );
        let networks =
            keys.or("networks", Vec::new(), "from where it may log in, as in [\"192.0.2.0/24\"]; else anywhere");
        let standard = Folders::default();
        let mut folder = |key, standard, meaning| keys.or(key, FolderName(standard), meaning).0;
        let folders = Folders {
            inbox: folder("in", standard.inbox, "what the partner calls the folder it puts files in"),
            outbox: folder("out", standard.outbox, "what it calls the folder it fetches from"),
            archive: folder("archive", standard.archive, "what it calls the folder with files it has fetched"),
            error: folder("error", standard.error, "what it calls the folder with files that could not be taken"),
        };
        let names = [&folders.inbox, &folders.outbox, &folders.archive, &folders.error];
        if (1..names.len()).any(|at| names[..at].contains(&names[at])) {
            keys.mistake("value", keys.span("in"), "two folders of the partner have the same name", None);
        }
        let sessions_max = keys.or("sessions_max", 8, "how many connections it may have at a time");
        let file_bytes_max = keys.or("file_bytes_max", Size(8 << 30), "a larger file of the partner is refused").0;
        let rate = keys.optional::<Size>("rate", "how many bytes a second it may move; else as many as it can");
        let hold = keys.or(
            "hold",
            Span(Duration::from_secs(60)),
            "how long an upload without its last trailer waits for the rest before it is put aside as truncated",
        );
        let whole_when_closed =
            keys.or("whole_when_closed", false, "whether every upload counts as whole when it is closed");
        let temporary = keys.or(
            "temporary",
            Vec::<String>::new(),
            "endings of names that are not meant yet, beside .tmp, .part, .filepart and the like",
        );
        let after_fetch = keys.or(
            "after_fetch",
            AfterFetch::default(),
            "what becomes of a file it has fetched: archive, or keep until the partner removes it",
        );
        let legacy = keys.or(
            "legacy",
            false,
            "whether SHA-1, CBC and old key exchanges are offered to its networks; off unless it cannot do better",
        );
        if legacy && networks.is_empty() {
            let help = "algorithms are agreed before the partner has said its name: its addresses must be known";
            keys.mistake("value", keys.span("legacy"), "`sftp.legacy` needs `sftp.networks`", Some(help.into()));
        }
        let access = keys.tables("keys").into_iter().map(|(name, _, keys)| AccessKey::read(name, keys)).collect();
        let remote = Remote::read(&mut keys);
        keys.finish();
        is_there.then(|| Self {
            user,
            password: password.map(|hash| hash.0),
            keys: access,
            networks,
            folders,
            sessions_max,
            file_bytes_max,
            rate: rate.map_or(0, |rate| rate.0),
            hold: hold.0,
            whole_when_closed,
            temporary,
            after_fetch,
            legacy,
            remote,
        })
    }
}

impl AccessKey {
    fn read(name: String, mut keys: Keys<'_>) -> Self {
        let key = keys.required::<PublicKey>("key", "the public key, as in \"ssh-ed25519 AAAA... name\"").0;
        let from = keys.optional::<Day>("from", "the first day it counts, as in \"2026-01-31\"").map(|day| day.0);
        let until = keys.optional::<Day>("until", "the last day it counts").map(|day| day.0);
        if let (Some(from), Some(until)) = (from, until)
            && until < from
        {
            keys.mistake("value", keys.span("until"), "the key ends before it begins", None);
        }
        keys.finish();
        Self { name, key, from, until }
    }
}

impl Remote {
    fn read(keys: &mut Keys<'_>) -> Option<Self> {
        let is_there = keys.has("remote");
        let mut keys = keys.table("remote");
        let host = if is_there {
            keys.required::<String>("host", "the name or address of the partner's SFTP server")
        } else {
            keys.optional("host", "the name or address of the partner's SFTP server").unwrap_or_default()
        };
        let port = keys.or("port", 22u32, "its port");
        let user = keys.or("user", String::new(), "the name we log in with");
        let key_file = keys.optional("key_file", "a file with our private key (OpenSSH, PEM or PPK)");
        let password_file = keys.optional("password_file", "a file with our password, or with the key's passphrase");
        let host_keys = keys.or(
            "host_keys",
            Vec::<HostKey>::new(),
            "the server's host keys or fingerprints (\"SHA256:...\"), as the partner told them; `entrepot doctor` shows what it offers",
        );
        let deliver_to = keys.optional("deliver_to", "the folder there that we put files in; else we do not deliver");
        let fetch_from = keys.optional("fetch_from", "the folder there that we fetch from; else we do not fetch");
        let every = keys.or("every", Span(Duration::from_secs(300)), "the time between two looks").0;
        let pattern = keys.or("pattern", "*".to_owned(), "which names are fetched, * and ? as in shells");
        let files_per_look = keys.or("files_per_look", 20_000u32, "how many files are fetched at one look, at most");
        let marker =
            keys.optional("marker", "the ending of a file the partner lays beside a whole one, as in \".done\"");
        let claim = keys.optional("claim", "the ending a file gets before we fetch it, as in \".taken\"; else none");
        let move_to = keys.optional("move_to", "the folder there that a fetched file moves to; else it is deleted");
        let timeout = keys.or("timeout", Span(Duration::from_secs(30)), "how long we wait for an answer").0;
        let legacy = keys.or("legacy", false, "whether old algorithms (SHA-1, CBC) are offered to this server");
        if is_there {
            for (key, missing) in [("user", user.is_empty()), ("host_keys", host_keys.is_empty())] {
                if missing {
                    keys.mistake("missing", keys.span(key), format!("`sftp.remote.{key}` is missing"), None);
                }
            }
            if key_file.is_none() && password_file.is_none() {
                let message = "`sftp.remote` needs a `key_file` or a `password_file`";
                keys.mistake("missing", keys.span("user"), message, None);
            }
            if port == 0 || every < Duration::from_secs(1) {
                keys.mistake("value", keys.span("port"), "`port` is at least 1 and `every` at least \"1s\"", None);
            }
            if !(1..=FILES_PER_LOOK_MAX).contains(&files_per_look) {
                let message = format!("`files_per_look` is from 1 to {FILES_PER_LOOK_MAX}: they are held in memory");
                keys.mistake("value", keys.span("files_per_look"), message, None);
            }
        }
        keys.finish();
        is_there.then(|| Self {
            host,
            port: u16::try_from(port).unwrap_or_default(),
            user,
            key_file,
            password_file,
            host_keys: host_keys.into_iter().map(|key| key.0).collect(),
            deliver_to,
            fetch_from,
            every,
            pattern,
            files_per_look,
            marker,
            claim,
            after_fetch: move_to.map_or(AfterRemoteFetch::Delete, AfterRemoteFetch::MoveTo),
            timeout,
            legacy,
        })
    }
}

/// A hash is shown as there, never as it is.
fn hidden<S: Serializer>(hash: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    hash.as_ref().map(|_| "set").serialize(serializer)
}

fn never_there<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Option::<String>::deserialize(deserializer).map(|_| None)
}

/// An argon2 hash in PHC form.
struct PasswordHash(String);

impl Setting for PasswordHash {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        let wanted =
            || "an argon2 hash, as in \"$argon2id$v=19$...\": `entrepot partner password` makes one".to_owned();
        let text = value.as_str().ok_or_else(wanted)?;
        let hash = argon2::PasswordHash::new(text).map_err(|_| wanted())?;
        argon2::Algorithm::try_from(hash.algorithm).map_err(|_| wanted())?;
        Ok(Self(text.to_owned()))
    }

    /// Secrets are never shown.
    fn show(&self) -> String {
        "\"(set)\"".into()
    }
}

/// A public key as OpenSSH writes it.
#[derive(Default)]
struct PublicKey(String);

impl Setting for PublicKey {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        let wanted = || "a public key, as in \"ssh-ed25519 AAAA... name\"".to_owned();
        let text = value.as_str().ok_or_else(wanted)?.trim();
        russh::keys::PublicKey::from_openssh(text).map_err(|_| wanted())?;
        Ok(Self(text.to_owned()))
    }

    fn show(&self) -> String {
        self.0.show()
    }
}

/// A fingerprint or a whole public key.
struct HostKey(String);

impl Setting for HostKey {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        let wanted = || "a fingerprint like \"SHA256:...\", or a public key like \"ssh-ed25519 AAAA...\"".to_owned();
        let text = value.as_str().ok_or_else(wanted)?.trim();
        let is_known = text.parse::<russh::keys::ssh_key::Fingerprint>().is_ok()
            || russh::keys::PublicKey::from_openssh(text).is_ok();
        if is_known { Ok(Self(text.to_owned())) } else { Err(wanted()) }
    }

    fn show(&self) -> String {
        self.0.show()
    }
}

struct FolderName(String);

impl Setting for FolderName {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        let text = value.as_str().unwrap_or_default();
        let fits = !text.is_empty() && !text.starts_with('.') && !text.contains(['/', '\\', '\0']);
        if fits { Ok(Self(text.to_owned())) } else { Err("the name of one folder, not a path".into()) }
    }

    fn show(&self) -> String {
        self.0.show()
    }
}

struct Day(Date);

impl Setting for Day {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        let day = value.as_str().and_then(|text| text.parse().ok());
        day.map(Self).ok_or_else(|| "a day in quotes, as in \"2026-01-31\"".into())
    }

    fn show(&self) -> String {
        self.0.to_string().show()
    }
}

impl Setting for Network {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        let wanted = || "an address or a network, as in \"192.0.2.7\" or \"192.0.2.0/24\"".to_owned();
        let text = value.as_str().ok_or_else(wanted)?.trim();
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().map_err(|_| wanted())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), str::parse).map_err(|_| wanted())?;
        if bits <= most { Ok(Self { address, bits }) } else { Err(wanted()) }
    }

    fn show(&self) -> String {
        format!("\"{}/{}\"", self.address, self.bits)
    }
}

const AFTER_FETCH: &[(&str, AfterFetch)] = &[("archive", AfterFetch::Archive), ("keep", AfterFetch::Keep)];

impl Setting for AfterFetch {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        choose(value, AFTER_FETCH)
    }

    fn show(&self) -> String {
        word_of(*self, AFTER_FETCH)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mistake::keys::read_keys;

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";

    fn read(text: &str) -> (Option<Sftp>, Vec<String>) {
        let (sftp, told) = read_keys("acme.toml", text, |mut keys| {
            let sftp = Sftp::read(&mut keys, "acme");
            keys.finish();
            sftp
        });
        (sftp, told.mistakes.into_iter().map(|mistake| mistake.message).collect())
    }

    #[test]
    fn a_table_is_read_and_none_is_none() {
        assert_eq!(read(""), (None, vec![]));
        let text = format!(
            "[sftp]\nnetworks = \"192.0.2.0/24\"\nhold = \"5m\"\n[sftp.keys.new]\nkey = \"{KEY}\"\nfrom = \"2026-02-01\"\n"
        );
        let (sftp, mistakes) = read(&text);
        assert_eq!(mistakes, Vec::<String>::new());
        let sftp = sftp.unwrap();
        assert_eq!((sftp.user.as_str(), sftp.hold), ("acme", Duration::from_secs(300)));
        let day = |text: &str| text.parse().unwrap();
        assert!(!sftp.keys[0].counts_on(day("2026-01-31")) && sftp.keys[0].counts_on(day("2026-02-01")));
        let lets_in = |address: &str| sftp.lets_in(address.parse().unwrap());
        assert!(lets_in("192.0.2.200") && lets_in("::ffff:192.0.2.1"));
        assert!(!lets_in("192.0.3.1") && !lets_in("2001:db8::1"));
    }

    #[test]
    fn mistakes() {
        check(
            "[sftp]\npassword_argon2 = \"secret\"",
            "`sftp.password_argon2` wants an argon2 hash, as in \"$argon2id$v=19$...\": `entrepot partner password` makes one",
        );
        check("[sftp]\nin = \"a/b\"", "`sftp.in` wants the name of one folder, not a path");
        check("[sftp]\nin = \"out\"", "two folders of the partner have the same name");
        check("[sftp]\nlegacy = true", "`sftp.legacy` needs `sftp.networks`");
        check(
            "[sftp]\nnetworks = \"192.0.2.0/33\"",
            "`sftp.networks` wants an address or a network, as in \"192.0.2.7\" or \"192.0.2.0/24\"",
        );
        check(
            "[sftp.keys.a]\nkey = \"AAAA\"",
            "`sftp.keys.a.key` wants a public key, as in \"ssh-ed25519 AAAA... name\"",
        );
        check(
            "[sftp.remote]\nhost = \"x\"\nuser = \"u\"\nhost_keys = \"SHA256:abc\"\nkey_file = \"k\"",
            "`sftp.remote.host_keys` wants a fingerprint like \"SHA256:...\", or a public key like \"ssh-ed25519 AAAA...\"",
        );
    }

    fn check(text: &str, message: &str) {
        let (_, mistakes) = read(text);
        assert!(mistakes.iter().any(|mistake| mistake == message), "{mistakes:?}");
    }
}
