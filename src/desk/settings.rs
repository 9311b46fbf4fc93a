//! Where a command finds its settings, its rules and its store.

use std::path::{Path, PathBuf};
use std::{env, fs};

use super::command::Common;
use super::output::Failure;
use crate::config::{LoadError, Settings};
use crate::mistake::Mistake;
use crate::store::{Access, Address, Options, Store};

/// The settings file a command reads: the one that is named, else `./entrepot.toml` where it is.
pub fn file(common: &Common) -> Option<PathBuf> {
    common.config.clone().or_else(|| {
        let here = Path::new("entrepot.toml");
        here.is_file().then(|| here.to_owned())
    })
}

/// The settings in force; every mistake of the file is told.
pub fn load(common: &Common) -> Result<Settings, Failure> {
    let mut settings = match file(common) {
        None => Settings::default(),
        Some(file) => Settings::load(&file).map_err(|error| match &error {
            LoadError::Unreadable { .. } => Failure::usage(&error),
            LoadError::Mistaken { text, mistakes, .. } => {
                tell(mistakes, |_| Some(text.as_str()));
                Failure::usage(&error)
            }
        })?,
    };
    if let Some(folder) = &common.catalogue {
        settings.catalogue = Some(folder.clone());
    } else if settings.catalogue.is_none() {
        settings.catalogue = beside(file(common).as_deref());
    }
    Ok(settings)
}

/// The catalogue that is taken when nothing is said: the folder `catalogue` beside the settings file, or where there is
/// no such file in the working folder.
fn beside(settings: Option<&Path>) -> Option<PathBuf> {
    let folder = settings.and_then(Path::parent).unwrap_or(Path::new("")).join("catalogue");
    folder.is_dir().then_some(folder)
}

/// Prints mistakes under their lines, coloured on a terminal.
pub fn tell<'t>(mistakes: &[Mistake], source: impl Fn(&str) -> Option<&'t str>) {
    for mistake in mistakes {
        let text = source(&mistake.file).map(str::to_owned).or_else(|| fs::read_to_string(&mistake.file).ok());
        let colour = env::var_os("NO_COLOR").is_none() && std::io::IsTerminal::is_terminal(&std::io::stderr());
        eprintln!("{}", mistake.render(text.as_deref().unwrap_or_default(), colour));
    }
}

/// Opens the store beside a running daemon.
pub async fn store(settings: &Settings, access: Access) -> Result<Store, Failure> {
    let address = Address::parse(&settings.database_url());
    if let Address::Sqlite(file) = &address
        && !file.exists()
    {
        return Err(Failure::usage(format!("there is no gateway here: {} does not exist", file.display())));
    }
    Store::open(Options::new(address, settings.data.join("payloads")).access(access)).await.map_err(Failure::ours)
}

/// Runs what a command waits for: one thread is enough for a desk.
pub fn wait<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::ours)?.block_on(future)
}

/// The database's address without a password.
pub fn shown_database(settings: &Settings) -> String {
    let url = settings.database_url();
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, place))) => format!("{scheme}://{place}"),
        _ => url,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_catalogue_beside_the_settings_file_is_taken_when_nothing_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("entrepot.toml");
        fs::write(&file, "").unwrap();
        let common = |catalogue: Option<&Path>| Common {
            format: crate::desk::command::Format::Human,
            config: Some(file.clone()),
            catalogue: catalogue.map(Path::to_owned),
            by: None,
        };
        assert_eq!(load(&common(None)).unwrap().catalogue, None, "there is none");

        let own = folder.path().join("catalogue");
        fs::create_dir(&own).unwrap();
        assert_eq!(load(&common(None)).unwrap().catalogue, Some(own));
        let other = Path::new("elsewhere");
        assert_eq!(load(&common(Some(other))).unwrap().catalogue.as_deref(), Some(other));

        fs::write(&file, "catalogue = \"rules\"").unwrap();
        assert_eq!(load(&common(None)).unwrap().catalogue, Some(folder.path().join("rules")));
    }

    #[test]
    fn passwords_of_databases_are_not_shown() {
        let settings = |url: &str| Settings { database: Some(url.to_owned()), ..Settings::default() };
        assert_eq!(shown_database(&settings("postgres://joe:secret@host/edi")), "postgres://host/edi");
        assert_eq!(shown_database(&settings("sqlite:/a/b.db")), "sqlite:/a/b.db");
    }
}
