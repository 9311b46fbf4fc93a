//! `entrepot.toml`: every key with its default and its meaning; unknown keys are refused with a suggestion.
//!
//! Reading and explaining are one act (`mistake::keys`), so that `config explain` prints what is read.

mod api;
mod as2;
mod endpoint;
mod http;
mod mail;
mod oauth;
mod sftp;
pub mod units;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io};

use toml::de::DeValue;

pub use api::{ApiSettings, Place};
pub use as2::As2Settings;
pub use endpoint::{EndpointKind, EndpointSettings, Pattern, Secret, SecretSetting};
pub use http::HttpSettings;
pub use mail::{
    DkimSettings, MailSettings, MailboxProtocol, MailboxSettings, ReceiverSettings, Security, SmtpSettings,
};
pub use oauth::OauthSettings;
pub use sftp::SftpSettings;
use units::{Listen, Size, Span};

use crate::mistake::Mistake;
use crate::mistake::keys::{Keys, Note, Setting, Told, choose, read_keys, word_of};

/// All settings of one gateway process, as they stand in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Where everything lives that has no folder of its own: database, payloads, in, out, work, archive.
    pub data: PathBuf,
    /// `sqlite:PATH` or `postgres://...`; `None` is SQLite in the data folder.
    pub database: Option<String>,
    /// Grammars, overlays, maps and partners of one's own.
    pub catalogue: Option<PathBuf>,
    /// Where `/healthz`, `/readyz` and `/metrics` are answered; `None` is nowhere.
    pub status: Option<SocketAddr>,
    /// Jobs at a time; `None` is the daemon's own choice.
    pub workers: Option<u32>,
    /// How long a stop waits for what has begun.
    pub drain: Duration,
    pub folder: FolderSettings,
    pub sftp: SftpSettings,
    pub limits: LimitSettings,
    /// After how many days settled documents are forgotten with their bytes; 0 keeps them.
    pub retain_days: u32,
    pub log: LogSettings,
    pub mail: MailSettings,
    pub mailboxes: Vec<MailboxSettings>,
    pub http: HttpSettings,
    pub as2: As2Settings,
    pub api: ApiSettings,
    pub endpoints: Vec<EndpointSettings>,
}

/// `[folder]`: how the folder door looks for files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FolderSettings {
    /// How often folders are read, whatever the system's notices say.
    pub poll: Duration,
    /// How long a file must not have changed before it is taken.
    pub settle: Duration,
    /// How long a file that is not structurally closed is waited for.
    pub unclosed: Duration,
    /// How long taken files stay in the archive; 0 keeps them. Their bytes stay in the store all the same.
    pub archive_days: u32,
}

/// `[limits]`: what hostile or broken files meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitSettings {
    pub file_bytes_max: u64,
    pub set_bytes_max: u64,
    pub segment_bytes_max: u64,
    pub findings_per_set_max: u32,
}

/// `[log]`: what is told while it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogSettings {
    /// As `tracing` filters: `info`, `entrepot=debug`.
    pub level: String,
    pub format: LogFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            data: "entrepot-data".into(),
            database: None,
            catalogue: None,
            status: Some(SocketAddr::from(([127, 0, 0, 1], 8017))),
            workers: None,
            drain: Duration::from_secs(20),
            folder: FolderSettings {
                poll: Duration::from_millis(1000),
                settle: Duration::from_millis(800),
                unclosed: Duration::from_secs(30),
                archive_days: 0,
            },
            sftp: SftpSettings::default(),
            limits: LimitSettings {
                file_bytes_max: 8 << 30,
                set_bytes_max: 256 << 20,
                segment_bytes_max: 16 << 20,
                findings_per_set_max: 1000,
            },
            retain_days: 0,
            log: LogSettings { level: "info".into(), format: LogFormat::Text },
            mail: MailSettings::default(),
            mailboxes: Vec::new(),
            http: HttpSettings::default(),
            as2: As2Settings::default(),
            api: ApiSettings::default(),
            endpoints: Vec::new(),
        }
    }
}

/// Why settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("{file}: {error}", file = file.display())]
    Unreadable { file: PathBuf, error: io::Error },
    /// Every mistake of the file, and its text to show them in.
    #[error("{file} has {} mistakes", mistakes.len())]
    Mistaken { file: String, text: String, mistakes: Vec<Mistake> },
}

impl Settings {
    /// Reads a settings file. Relative folders are relative to the file.
    ///
    /// # Errors
    /// When the file cannot be read, or says what it may not.
    pub fn load(file: &Path) -> Result<Self, LoadError> {
        let text = fs::read_to_string(file).map_err(|error| LoadError::Unreadable { file: file.to_owned(), error })?;
        let name = file.display().to_string();
        let (mut settings, told) = Self::read(&name, &text);
        if !told.mistakes.is_empty() {
            return Err(LoadError::Mistaken { file: name, text, mistakes: told.mistakes });
        }
        if let Some(folder) = file.parent() {
            settings.data = folder.join(&settings.data);
            settings.catalogue = settings.catalogue.map(|catalogue| folder.join(catalogue));
            settings.sftp.host_keys = settings.sftp.host_keys.map(|keys| folder.join(keys));
            settings.mail.rebase(folder);
            settings.mailboxes.iter_mut().for_each(|mailbox| mailbox.rebase(folder));
            settings.http.rebase(folder);
            settings.as2.rebase(folder);
            settings.api.rebase(folder);
            settings.endpoints.iter_mut().for_each(|endpoint| endpoint.rebase(folder));
        }
        Ok(settings)
    }

    /// Reads the text of a settings file: the settings, and what is to be told of its keys and mistakes.
    pub fn read(file: &str, text: &str) -> (Self, Told) {
        read_keys(file, text, Self::of_keys)
    }

    /// Every key with default, value and meaning: `config explain`.
    pub fn explain(file: &str, text: &str) -> Vec<Note> {
        Self::read(file, text).1.notes
    }

    /// Where certificates of ours and of partners lie.
    pub fn certificates(&self) -> PathBuf {
        self.as2.certificates.clone().unwrap_or_else(|| self.data.join("certificates"))
    }

    /// The folder with the SFTP server's host keys.
    pub fn sftp_host_keys(&self) -> PathBuf {
        self.sftp.host_keys.clone().unwrap_or_else(|| self.data.join("host-keys"))
    }

    /// The URL of the database in force.
    pub fn database_url(&self) -> String {
        self.database.clone().unwrap_or_else(|| format!("sqlite:{}", self.data.join("entrepot.db").display()))
    }

    fn of_keys(mut keys: Keys<'_>) -> Self {
        let standard = Self::default();
        let data =
            keys.or("data", standard.data, "the folder that everything lies in: database, payloads, in, out, archive");
        let database = keys
            .optional::<String>("database", "sqlite:PATH or postgres://USER@HOST/NAME; else SQLite in the data folder");
        if let Some(url) = &database
            && !["sqlite:", "postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme))
        {
            let help = Some("begin with sqlite: or postgres://".into());
            keys.mistake("value", keys.span("database"), "`database` is not a URL we know", help);
        }
        let catalogue =
            keys.optional::<PathBuf>("catalogue", "a folder of your own grammars, overlays, mappings and partners; else `catalogue` beside this file, where it is");
        let status = keys.or(
            "status",
            Listen(standard.status),
            "where /healthz, /readyz and /metrics are answered; port 0 takes a free one, \"off\" none",
        );
        if status.0.is_some_and(|address| !address.ip().is_loopback()) && !keys.has("status_anywhere") {
            let help = Some("write status_anywhere = true if the network around it is trusted".into());
            keys.mistake("value", keys.span("status"), "`status` would be reachable from other machines", help);
        }
        keys.or("status_anywhere", false, "allows `status` to be reached from other machines");
        let workers = keys.optional::<u32>(
            "workers",
            "jobs that run at a time; else 96, which mostly wait for a commit that they share",
        );
        if workers == Some(0) {
            keys.mistake("value", keys.span("workers"), "`workers` is at least 1", None);
        }
        let drain = keys.or("drain", Span(standard.drain), "how long a stop waits for what has begun, as in \"20s\"");
        let retain_days = keys.or(
            "retain_days",
            standard.retain_days,
            "after how many days settled documents are forgotten with their bytes; 0 keeps them",
        );
        let settings = Self {
            data,
            database,
            catalogue,
            status: status.0,
            workers,
            drain: drain.0,
            folder: FolderSettings::read(&mut keys, standard.folder),
            sftp: SftpSettings::read(&mut keys, standard.sftp),
            limits: LimitSettings::read(&mut keys, standard.limits),
            retain_days,
            log: LogSettings::read(&mut keys, standard.log),
            mail: MailSettings::read(&mut keys),
            mailboxes: MailboxSettings::read(&mut keys),
            http: HttpSettings::read(&mut keys),
            as2: As2Settings::read(&mut keys),
            api: ApiSettings::read(&mut keys),
            endpoints: EndpointSettings::read(&mut keys),
        };
        keys.finish();
        settings
    }
}

impl FolderSettings {
    fn read(keys: &mut Keys<'_>, standard: Self) -> Self {
        let mut keys = keys.table("folder");
        let settings = Self {
            poll: keys
                .or("poll", Span(standard.poll), "how often folders are read, whatever the system's notices say")
                .0,
            settle: keys
                .or("settle", Span(standard.settle), "how long a file must not have changed before it is taken")
                .0,
            unclosed: keys
                .or("unclosed", Span(standard.unclosed), "how long a file is waited for that lacks its last trailer")
                .0,
            archive_days: keys.or(
                "archive_days",
                standard.archive_days,
                "after how many days taken files leave the archive; 0 keeps them",
            ),
        };
        if settings.poll.is_zero() {
            keys.mistake("value", keys.span("poll"), "`folder.poll` is longer than nothing", None);
        }
        keys.finish();
        settings
    }
}

impl LimitSettings {
    fn read(keys: &mut Keys<'_>, standard: Self) -> Self {
        let mut keys = keys.table("limits");
        let mut size = |key, standard, meaning| keys.or(key, Size(standard), meaning).0;
        let settings = Self {
            file_bytes_max: size("file_bytes_max", standard.file_bytes_max, "a larger file is refused at the door"),
            set_bytes_max: size(
                "set_bytes_max",
                standard.set_bytes_max,
                "a larger transaction set is not read; it is the unit kept in memory",
            ),
            segment_bytes_max: size("segment_bytes_max", standard.segment_bytes_max, "a longer segment is not read"),
            findings_per_set_max: keys.or(
                "findings_per_set_max",
                standard.findings_per_set_max,
                "more findings of one set are counted, not kept",
            ),
        };
        keys.finish();
        settings
    }
}

impl LogSettings {
    fn read(keys: &mut Keys<'_>, standard: Self) -> Self {
        let mut keys = keys.table("log");
        let settings = Self {
            level: keys.or(
                "level",
                standard.level,
                "how much is told: error, warn, info, debug, or a filter like \"entrepot=debug\"",
            ),
            format: keys.or("format", standard.format, "how it is told: text, or one JSON object a line"),
        };
        keys.finish();
        settings
    }
}

const LOG_FORMATS: &[(&str, LogFormat)] = &[("text", LogFormat::Text), ("json", LogFormat::Json)];

impl Setting for LogFormat {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        choose(value, LOG_FORMATS)
    }

    fn show(&self) -> String {
        word_of(*self, LOG_FORMATS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_is_all_defaults() {
        let (settings, told) = Settings::read("entrepot.toml", "");
        assert_eq!(settings, Settings::default());
        assert_eq!(told.mistakes, []);
        assert!(told.notes.len() >= 18);
        assert!(told.notes.iter().all(|note| !note.is_given && !note.meaning.is_empty()));
    }

    #[test]
    fn every_default_can_be_written() {
        let mut text = String::new();
        let mut table = String::new();
        for note in Settings::explain("entrepot.toml", "").iter().filter(|note| !note.default.is_empty()) {
            let (inside, key) = note.key.rsplit_once('.').unwrap_or(("", &note.key));
            if inside != table {
                text.push_str(&format!("[{inside}]\n"));
                table = inside.to_owned();
            }
            text.push_str(&format!("{key} = {}\n", note.default));
        }
        let (settings, told) = Settings::read("entrepot.toml", &text);
        assert_eq!(told.mistakes, [], "{text}");
        assert_eq!(settings, Settings::default());
    }

    #[test]
    fn mistakes() {
        check("dta = \"x\"", "`dta` is not a key", "did you mean `data`?");
        check("[folder]\npol = \"1s\"", "`folder.pol` is not a key", "did you mean `poll`?");
        check(
            "[folder]\npoll = 5",
            "`folder.poll` wants a time with its unit, as in \"800ms\", \"20s\", \"5m\" or \"1h\"",
            "",
        );
        check("[folder]\npoll = \"0s\"", "`folder.poll` is longer than nothing", "");
        check(
            "drain = \"99999999999999999h\"",
            "`drain` wants a time with its unit, as in \"800ms\", \"20s\", \"5m\" or \"1h\"",
            "",
        );
        check(
            "[limits]\nfile_bytes_max = \"99999999999 GB\"",
            "`limits.file_bytes_max` wants a size like \"64 kB\", \"16 MB\" or \"8 GB\", or bytes as a number",
            "",
        );
        check(
            "[limits]\nset_bytes_max = 0",
            "`limits.set_bytes_max` wants a size like \"64 kB\", \"16 MB\" or \"8 GB\", or bytes as a number",
            "",
        );
        check(
            "status = \"0.0.0.0:80\"",
            "`status` would be reachable from other machines",
            "write status_anywhere = true if the network around it is trusted",
        );
        check("status = \"here\"", "`status` wants an address like \"127.0.0.1:8017\", or \"off\"", "");
        check("database = \"mysql://x\"", "`database` is not a URL we know", "begin with sqlite: or postgres://");
        check("workers = 0", "`workers` is at least 1", "");
        check("folder = 1", "`folder` is a table: write [folder]", "");
        check("[log]\nformat = \"jsn\"", "`log.format` wants one of \"text\", \"json\"; did you mean \"json\"?", "");
        check("drain = \"ü\"", "`drain` wants a time with its unit, as in \"800ms\", \"20s\", \"5m\" or \"1h\"", "");
    }

    #[test]
    fn values_are_taken() {
        let text = "data = \"/var/lib/entrepot\"\nstatus = \"off\"\nworkers = 3\n[folder]\npoll = \"5m\"\n[limits]\nfile_bytes_max = \"1 GB\"\n";
        let (settings, told) = Settings::read("entrepot.toml", text);
        assert_eq!(told.mistakes, []);
        assert_eq!((settings.status, settings.workers), (None, Some(3)));
        assert_eq!(settings.folder.poll, Duration::from_secs(300));
        assert_eq!(settings.limits.file_bytes_max, 1 << 30);
        assert_eq!(settings.database_url(), "sqlite:/var/lib/entrepot/entrepot.db");
    }

    fn check(text: &str, message: &str, help: &str) {
        let (_, told) = Settings::read("entrepot.toml", text);
        let told: Vec<_> =
            told.mistakes.iter().map(|m| (m.message.as_str(), m.help.as_deref().unwrap_or(""))).collect();
        assert_eq!(told, [(message, help)], "{text}");
    }
}
