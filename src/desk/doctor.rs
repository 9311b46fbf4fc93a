//! `doctor`: looks at this installation as it stands and says in words what is wrong, and what to do. It changes nothing.

mod connections;

use std::io::{Read as _, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;
use std::{fs, io};

use indicatif::{ProgressBar, ProgressStyle};
use rustix::fs::{Access as May, FlockOperation, access, flock, statvfs};
use serde_json::{Value, json};

use super::command::{Common, Doctor, Format};
use super::output::{Answer, ERROR, FAINT, GOOD, Outcome, STRONG, WARNING, counted};
use super::settings;
use crate::catalogue::Catalogue;
use crate::config::Settings;
use crate::process::calendar::said;
use crate::store::{Access, Address, Error, Store, View};
use crate::transport::as2::certificates::Certificates;
use crate::transport::folder::{Layout, leftovers, untaken};

/// Less free space than this is told.
const FREE_BYTES_LOW: u64 = 2 << 30;
/// With less than this a gateway soon stops taking documents.
const FREE_BYTES_MIN: u64 = 128 << 20;
/// Things of one sort that are named one by one.
const NAMED_MAX: usize = 5;

pub fn run(it: &Doctor, common: &Common) -> Answer {
    let settings = settings::load(common)?;
    let layout = Layout::new(&settings.data);
    let mut checks = Vec::new();
    checks.push(of_settings(&settings, common));
    checks.push(of_catalogue(&settings));
    checks.extend(of_certificates(&settings));
    if layout.root().is_dir() {
        checks.push(of_folders(&layout));
        checks.push(of_disk(&layout));
        let (daemon, runs) = of_daemon(&layout, &settings);
        checks.push(daemon);
        checks.extend(of_leftovers(&layout, runs));
        checks.extend(of_untaken(&layout));
        settings::wait(async {
            of_store(it.deep, &settings, &mut checks).await;
            Ok(())
        })?;
    } else {
        let words = format!("{} is not there: no gateway has run here yet", settings.data.display());
        checks.push(Check::noted("data", words, "entrepot run makes it; entrepot demo shows one at work"));
    }
    if it.connections {
        settings::wait(async {
            connections::of_connections(&settings, &mut checks).await;
            Ok(())
        })?;
    }
    let worst = checks.iter().map(|check| check.state).max().unwrap_or(State::Good);
    tell(&checks, worst, common.format)?;
    Ok(if worst == State::Wrong { Outcome::Rejected } else { Outcome::Accepted })
}

/// How well something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Good,
    /// Somebody should look at it; the gateway works.
    Noted,
    /// The gateway does not work, or will not for long.
    Wrong,
}

impl State {
    fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Noted => "attention",
            Self::Wrong => "wrong",
        }
    }
}

/// One thing that was looked at.
struct Check {
    what: &'static str,
    state: State,
    words: String,
    next: Option<String>,
}

impl Check {
    fn good(what: &'static str, words: impl Into<String>) -> Self {
        Self { what, state: State::Good, words: words.into(), next: None }
    }

    fn noted(what: &'static str, words: impl Into<String>, next: impl Into<String>) -> Self {
        Self { what, state: State::Noted, words: words.into(), next: Some(next.into()) }
    }

    fn wrong(what: &'static str, words: impl Into<String>, next: impl Into<String>) -> Self {
        Self { what, state: State::Wrong, words: words.into(), next: Some(next.into()) }
    }
}

fn tell(checks: &[Check], worst: State, format: Format) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    if format == Format::Json {
        let checks: Vec<Value> = checks
            .iter()
            .map(|it| json!({"what": it.what, "state": it.state.name(), "words": it.words, "next": it.next}))
            .collect();
        return writeln!(out, "{}", json!({"state": worst.name(), "checks": checks}));
    }
    for check in checks {
        let style = match check.state {
            State::Good => GOOD,
            State::Noted => WARNING,
            State::Wrong => ERROR,
        };
        let mut lines = check.words.lines();
        let first = lines.next().unwrap_or_default();
        writeln!(out, "{style}{:<9}{style:#}  {STRONG}{:<10}{STRONG:#}  {first}", check.state.name(), check.what)?;
        for line in lines {
            writeln!(out, "{:23}{line}", "")?;
        }
        if let Some(next) = &check.next {
            writeln!(out, "{:23}{FAINT}→ {next}{FAINT:#}", "")?;
        }
    }
    match worst {
        State::Good => writeln!(out, "{GOOD}all is well{GOOD:#}"),
        State::Noted => writeln!(out, "{WARNING}it works; some of it wants a look{WARNING:#}"),
        State::Wrong => writeln!(out, "{ERROR}something is wrong{ERROR:#}"),
    }
}

fn of_settings(settings: &Settings, common: &Common) -> Check {
    let file = settings::file(common).map_or_else(|| "defaults".to_owned(), |file| file.display().to_string());
    Check::good("settings", format!("{file}, data in {}", settings.data.display()))
}

/// Partners, maps, grammars and overlays compile together.
fn of_catalogue(settings: &Settings) -> Check {
    let Some(folder) = &settings.catalogue else {
        let next = "a file catalogue/partners/NAME.toml makes a partner; catalogue = \"FOLDER\" names another folder";
        return Check::noted("catalogue", "none of your own: every sender is a stranger, and held", next);
    };
    match Catalogue::load(folder) {
        Ok(catalogue) => {
            let files = catalogue.files().iter().count();
            let partners = catalogue.directory.partners.len();
            let (files, partners) = (counted(files, "file"), counted(partners, "partner"));
            Check::good("catalogue", format!("{files} in {} compile, {partners}", folder.display()))
        }
        Err(refused) => {
            let count = refused.mistakes.len();
            let mut words = format!("{} in {}", counted(count, "mistake"), folder.display());
            for mistake in refused.mistakes.iter().take(NAMED_MAX) {
                let (line, _) = mistake.line_and_column(refused.files.get(&mistake.file).unwrap_or_default());
                words.push_str(&format!("\n{}:{line} {}", mistake.file, mistake.message));
            }
            Check::wrong("catalogue", words, "entrepot config check shows each under its line")
        }
    }
}

/// Certificates of AS2: those that cannot be read, have ended, or end soon without a successor.
fn of_certificates(settings: &Settings) -> Option<Check> {
    let certificates = Certificates::load(&settings.certificates());
    if !certificates.troubles.is_empty() {
        let next = "a certificate that cannot be read is left out: take it away or put it right";
        return Some(Check::wrong("certs", certificates.troubles.join("\n"), next));
    }
    let count: usize = certificates.parties().map(|(_, held)| held.len()).sum();
    if count == 0 {
        return None;
    }
    let now = jiff::Timestamp::now();
    let ending: Vec<_> = certificates.ending(now);
    if ending.is_empty() {
        return Some(Check::good(
            "certs",
            format!("{count} certificates, none ends within 60 days without a successor"),
        ));
    }
    let ended = ending.iter().any(|(_, _, due)| *due == 0);
    let lines: Vec<String> = ending
        .iter()
        .map(|(party, held, due)| match due {
            0 => format!("{} of {party} ended on {}", held.name, held.until.strftime("%Y-%m-%d")),
            _ => format!("{} of {party} ends in {} days", held.name, held.days_left(now)),
        })
        .collect();
    let next = "entrepot partner cert add puts a successor beside it";
    Some(match ended {
        true => Check::wrong("certs", lines.join("\n"), next),
        false => Check::noted("certs", lines.join("\n"), next),
    })
}

/// Every folder is there, may be written, and lies where claims by rename work.
fn of_folders(layout: &Layout) -> Check {
    let mut wrong = Vec::new();
    for folder in layout.folders() {
        if !folder.is_dir() {
            wrong.push(format!("{} is not there", folder.display()));
        } else if access(&folder, May::WRITE_OK | May::READ_OK | May::EXEC_OK).is_err() {
            wrong.push(format!("{} may not be read and written by this user", folder.display()));
        }
    }
    if !wrong.is_empty() {
        let next = "the daemon makes folders that are missing; the owner is the user that it runs as";
        return Check::wrong("folders", wrong.join("\n"), next);
    }
    match layout.divided() {
        Ok(None) => Check::good("folders", "all there, writable, on one filesystem"),
        Ok(Some((one, other))) => Check::wrong(
            "folders",
            format!("{} and {} lie on two filesystems: files are claimed by renaming", one.display(), other.display()),
            "put the whole data folder on one filesystem, and mount or link it as a whole",
        ),
        Err(error) => Check::wrong("folders", error.to_string(), "see who may read the data folder"),
    }
}

fn of_disk(layout: &Layout) -> Check {
    let root = layout.root();
    let found = match statvfs(root) {
        Ok(found) => found,
        Err(error) => return Check::wrong("disk", format!("{}: {error}", root.display()), "see the system's log"),
    };
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    let words = format!("{} free at {}", size(free), root.display());
    let next = "make room, or let documents leave earlier: folder.archive_days";
    if found.f_files > 0 && found.f_favail == 0 {
        Check::wrong("disk", format!("no more files can be made at {}", root.display()), next)
    } else if free < FREE_BYTES_MIN {
        Check::wrong("disk", words, next)
    } else if free < FREE_BYTES_LOW {
        Check::noted("disk", words, next)
    } else {
        Check::good("disk", words)
    }
}

/// Bytes as people say them.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes / 1_000),
        1_000_000..1_000_000_000 => format!("{} MB", bytes / 1_000_000),
        _ => format!("{}.{} GB", bytes / 1_000_000_000, bytes / 100_000_000 % 10),
    }
}

/// Whether a daemon has this data folder, and whether it says that it is well.
fn of_daemon(layout: &Layout, settings: &Settings) -> (Check, bool) {
    let lock = layout.root().join("entrepot.lock");
    let Ok(file) = fs::File::open(&lock) else {
        return (Check::noted("daemon", "none runs here", "entrepot run"), false);
    };
    // The lock is let go at once: a daemon that starts meanwhile would have to be unlucky. Gateways on one PostgreSQL share it.
    let mode = match Address::parse(&settings.database_url()) {
        Address::Postgres(_) => FlockOperation::NonBlockingLockExclusive,
        Address::Sqlite(_) => FlockOperation::NonBlockingLockShared,
    };
    if flock(&file, mode).is_ok() {
        drop(file);
        return (Check::noted("daemon", "none runs here", "entrepot run"), false);
    }
    let Some(address) = settings.status.filter(|address| address.port() != 0) else {
        return (Check::good("daemon", "runs; its status page is not asked"), true);
    };
    let check = match ask(address, "/readyz") {
        Ok(answer) if answer.starts_with("HTTP/1.1 200") => {
            let warnings: Vec<&str> = answer.lines().filter_map(|line| line.strip_prefix("warning: ")).collect();
            match warnings.is_empty() {
                true => Check::good("daemon", format!("runs and is ready, {address}")),
                false => Check::noted(
                    "daemon",
                    format!("runs and is ready by what was in force before: {}", warnings.join("; ")),
                    "mend the file; entrepot config check names every mistake",
                ),
            }
        }
        Ok(answer) => {
            let words = answer.split("\r\n\r\n").nth(1).unwrap_or_default().trim();
            Check::wrong("daemon", format!("runs and is not ready: {words}"), "its log says more")
        }
        Err(error) => Check::noted(
            "daemon",
            format!("runs, and its status page at {address} does not answer: {error}"),
            "is it the daemon of these settings?",
        ),
    };
    (check, true)
}

fn ask(address: SocketAddr, path: &str) -> io::Result<String> {
    const PATIENCE: Duration = Duration::from_secs(2);
    const ANSWER_BYTES_MAX: u64 = 64 << 10;
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// Files that were claimed and not received, and files that nobody could read.
fn of_leftovers(layout: &Layout, runs: bool) -> Vec<Check> {
    let mut checks = Vec::new();
    match leftovers(layout) {
        Ok(claims) if claims.is_empty() => checks.push(Check::good("work", "no file was left half taken")),
        // They are on their way.
        Ok(claims) if runs => checks.push(Check::good("work", format!("{} files are being taken", claims.len()))),
        Ok(claims) => {
            let words = format!("{} files were claimed and not received: {}", claims.len(), layout.work().display());
            checks.push(Check::noted("work", words, "the next start takes them; nothing is lost"));
        }
        Err(error) => checks.push(Check::wrong("work", error.to_string(), "see who may read the data folder")),
    }
    let refused = companions(&layout.error(), 3);
    if refused > 0 {
        let words = format!("{refused} files could not be taken: {}", layout.error().display());
        checks.push(Check::noted("error", words, "beside each lies NAME.error.txt with the reason"));
    }
    checks
}

/// What lies where files are taken from, and stays there.
fn of_untaken(layout: &Layout) -> Vec<Check> {
    /// What lies there for less may be on its way.
    const PATIENCE: Duration = Duration::from_secs(60);
    let found = match untaken(layout, PATIENCE) {
        Ok(found) if found.is_empty() => return vec![Check::good("waiting", "nothing lies in in/ or send/ untaken")],
        Ok(found) => found,
        Err(error) => return vec![Check::wrong("waiting", error.to_string(), "see who may read the data folder")],
    };
    let named = found.iter().take(NAMED_MAX).map(|it| {
        let since = jiff::Timestamp::try_from(it.since).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        Check::noted("waiting", format!("not taken since {}: {}", said(since), it.path.display()), it.why)
    });
    let mut checks: Vec<Check> = named.collect();
    if found.len() > NAMED_MAX {
        let words = format!("{} more are not taken", found.len() - NAMED_MAX);
        checks.push(Check::noted("waiting", words, "they lie in in/ and send/"));
    }
    checks
}

/// How many companions lie in a folder: each stands beside a file that was set aside.
fn companions(folder: &Path, depth: usize) -> usize {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.file_type() {
            Ok(kind) if kind.is_dir() && depth > 0 => companions(&entry.path(), depth - 1),
            _ => usize::from(entry.file_name().as_encoded_bytes().ends_with(b".error.txt")),
        })
        .sum()
}

/// The database: reachable, of our version, whole; and what in it waits for somebody.
async fn of_store(deep: bool, settings: &Settings, checks: &mut Vec<Check>) {
    let store = match settings::store(settings, Access::Read).await {
        Ok(store) => store,
        Err(failure) => {
            let is_new = matches!(Address::parse(&settings.database_url()), Address::Sqlite(file) if !file.exists());
            checks.push(match is_new {
                true => Check::noted("database", "none yet", "the first start of entrepot run makes it"),
                false => {
                    Check::wrong("database", failure.to_string(), "is it reachable, and of this program's version?")
                }
            });
            return;
        }
    };
    checks.push(Check::good(
        "database",
        format!("reachable, of this program's version: {}", settings::shown_database(settings)),
    ));
    checks.push(of_integrity(&store, deep).await);
    match store.view().await {
        Ok(mut view) => {
            if let Err(error) = of_people(&mut view, checks).await {
                checks.push(Check::wrong("queues", error.to_string(), "see the database's log"));
            }
        }
        Err(error) => checks.push(Check::wrong("queues", error.to_string(), "see the database's log")),
    }
    store.close().await;
}

async fn of_integrity(store: &Store, deep: bool) -> Check {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {pos}") {
        bar.set_style(style);
    }
    let found = store
        .check(deep, &mut |progress| {
            bar.set_message(progress.what);
            bar.set_position(progress.done);
        })
        .await;
    bar.finish_and_clear();
    match found {
        Ok(complaints) if complaints.is_empty() && deep => {
            Check::good("integrity", "the database is whole, and every payload is what its hash says")
        }
        Ok(complaints) if complaints.is_empty() => {
            Check::good("integrity", "the database is whole, and every payload is there")
        }
        Ok(complaints) => {
            let mut words = format!("{} things are not whole", complaints.len());
            for complaint in complaints.iter().take(NAMED_MAX) {
                words.push_str(&format!("\nbroken: {}: {}", complaint.rule, complaint.subject));
            }
            let next = "stop the daemon, keep a copy of the data folder, and restore the latest backup";
            Check::wrong("integrity", words, next)
        }
        Err(error) => Check::wrong("integrity", error.to_string(), "see the database's log"),
    }
}

/// Jobs that were given up, answers that are late, documents and deliveries that wait for a person.
async fn of_people(view: &mut View, checks: &mut Vec<Check>) -> Result<(), Error> {
    const ASKED_MAX: usize = 1_000;
    let count = |found: usize| if found < ASKED_MAX { found.to_string() } else { format!("{found} or more") };
    let parked = view.parked_jobs(ASKED_MAX).await?;
    checks.push(match parked.as_slice() {
        [] => Check::good("jobs", "none was given up"),
        jobs => {
            let mut words = format!("{} jobs were given up", count(jobs.len()));
            for job in jobs.iter().take(NAMED_MAX) {
                words.push_str(&format!("\n{} of {}: {}", job.job.kind, job.job.subject, job.reason));
            }
            Check::noted("jobs", words, "mend the reason; entrepot replay takes a document up again")
        }
    });
    let overdue = view.overdue_expectations(ASKED_MAX).await?;
    checks.push(match overdue.as_slice() {
        [] => Check::good("answers", "none is overdue"),
        late => {
            let mut words = format!("{} answers from partners are overdue", count(late.len()));
            for one in late.iter().take(NAMED_MAX) {
                let partner = one.partner.as_deref().unwrap_or("(nobody)");
                words.push_str(&format!("\n{partner}, due {}", said(one.due_at)));
            }
            Check::noted("answers", words, "ask the partner; entrepot resend delivers a document once more")
        }
    });
    let holds = view.open_holds(ASKED_MAX).await?;
    checks.push(match holds.len() {
        0 => Check::good("held", "nothing waits for a person"),
        held => Check::noted("held", format!("{} documents wait for a person", count(held)), "entrepot documents held"),
    });
    let owed: u64 = view.owing_outlets().await?.iter().map(|(_, count)| count).sum();
    checks.push(match owed {
        0 => Check::good("outlets", "everything was delivered"),
        _ => Check::noted("outlets", format!("{owed} deliveries are still owed"), "a running daemon delivers them"),
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_said_as_people_say_them() {
        for (bytes, said) in [(0, "0 kB"), (999_999, "999 kB"), (12_000_000, "12 MB"), (2_340_000_000, "2.3 GB")] {
            assert_eq!(size(bytes), said);
        }
    }
}
