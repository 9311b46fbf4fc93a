//! Reads a received file window by window: recognised, validated, translated, acknowledged, and stored as one.

pub(super) mod acknowledge;
pub mod answer;
mod clerk;
pub(super) mod confirm;
mod held;
mod numbers;
mod plan;
mod proof;
pub(super) mod statement;
pub(super) mod stranger;
mod table;
pub(super) mod unit;
mod unread;
pub(super) mod validate;
mod window;
mod xml;

use std::io::{Cursor, Read, Seek, SeekFrom};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::runtime::Handle;

use self::clerk::{Clerk, Earlier, Memory};
use self::plan::{Outcomes, Planner, Progress};
use self::unit::Unit;
use self::window::{Bounds, Standing};
use super::{Gateway, InForce, Step};
use crate::bank;
use crate::finding::{Fault, Finding};
use crate::ports::{Job, Verdict};
use crate::reply::{Disposition, SetOutcome};
use crate::store::{
    self, GroupId, InterchangeState, PayloadReader, Store, Transmission, TransmissionId, TransmissionState,
};
use crate::wire::{Checkpoint, Reader, sniff};

/// A file that is being read, kept in memory between its windows.
pub struct Reading {
    transmission: Transmission,
    in_force: Arc<InForce>,
    content: Content,
    progress: Progress,
}

enum Content {
    Segments(Box<Reader<Source>>, Standing),
    /// One document, read at once.
    Xml(Source),
}

/// What is stored between windows, for whoever goes on after a crash.
#[derive(Serialize, Deserialize)]
struct Mark {
    reader: Checkpoint,
    group: Option<crate::wire::Group>,
    progress: Progress,
}

/// Received bytes, from memory or from the payloads.
pub enum Source {
    Fresh(Cursor<Arc<[u8]>>),
    Stored(PayloadReader),
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Self::Fresh(bytes) => bytes.read(buffer),
            Self::Stored(file) => file.read(buffer),
        }
    }
}

impl Seek for Source {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        match self {
            Self::Fresh(bytes) => bytes.seek(to),
            Self::Stored(file) => file.seek(to),
        }
    }
}

/// Reads one window of a transmission and stores it.
///
/// # Errors
/// When the store fails; the window is read again then, from the last checkpoint.
pub async fn read(gateway: &Arc<Gateway>, job: &Job) -> Result<Verdict, Step> {
    let id: TransmissionId = job.subject.parse().map_err(|_| Step::broken("the job names no transmission"))?;
    let reading = match gateway.take_reading(job.id) {
        Some(reading) => reading,
        None => match open(gateway, id).await? {
            Opened::Reading(reading) => *reading,
            Opened::Table(table) => return table::take(gateway, job, *table).await,
            Opened::Statement(statement) => return statement::take(gateway, job, *statement).await,
        },
    };
    let (store, runtime, now) = (gateway.store.clone(), Handle::current(), gateway.clock.now());
    let permit = gateway.memory(reading.transmission.size).await;
    let (reading, planned) = tokio::task::spawn_blocking(move || plan(reading, store, runtime, now))
        .await
        .map_err(|error| Step::broken(format!("reading broke off: {error}")))??;
    let last = planned.last;
    let state = match (last, reading.progress.counts.interchanges) {
        (false, _) => TransmissionState::Reading,
        (true, 0) => TransmissionState::Held,
        (true, _) => TransmissionState::Done,
    };
    let mut summary = serde_json::to_value(reading.progress.counts).unwrap_or_default();
    if state == TransmissionState::Held {
        summary["held"] = json!(UNREADABLE);
    }
    let checkpoint = match &reading.content {
        Content::Segments(reader, standing) if !last => Some(json!(Mark {
            reader: reader.checkpoint(),
            group: standing.group.as_deref().cloned(),
            progress: reading.progress.clone(),
        })),
        _ => None,
    };
    let unit = Unit {
        job: job.clone(),
        transmission: id,
        replayed: reading.transmission.is_replay().then(|| reading.transmission.payload.clone()),
        state,
        checkpoint,
        summary,
        // What its reading was held for has its own words.
        unread: (state == TransmissionState::Held && reading.progress.counts.held == 0)
            .then(|| (reading.transmission.clone(), UNREADABLE)),
        writes: planned.writes,
        store: gateway.store.clone(),
        in_force: reading.in_force.clone(),
    };
    let stored = gateway.store.write(unit, |unit, session| Box::pin(unit.write(session))).await?;
    drop(permit);
    if let Some(since) = gateway.fresh.complete_at(id) {
        stored.replies.into_iter().for_each(|reply| gateway.fresh.time(reply, since));
    }
    for (group, ready) in stored.ready {
        gateway.fresh.add_documents(group, ready);
    }
    metrics::counter!("entrepot_duplicates_total").increment(stored.duplicates);
    metrics::counter!("entrepot_holds_total").increment(stored.held);
    planned.told.tell();
    if !last {
        gateway.keep_reading(job.id, reading);
        return Ok(Verdict::More);
    }
    let counts = reading.progress.counts;
    tracing::info!(
        transmission = %id, name = reading.transmission.name, interchanges = counts.interchanges, sets = counts.sets,
        rejected = counts.rejected, held = counts.held, duplicates = counts.duplicates, "file read"
    );
    gateway.file_away(id, (state == TransmissionState::Held).then(|| UNREADABLE.to_owned()));
    Ok(Verdict::Done)
}

const UNREADABLE: &str = "Nothing in it was recognised: no ISA, UNB, GS, ST or UNH, and no XML document that we know.";

/// What a file is, by its beginning.
enum Opened {
    Reading(Box<Reading>),
    /// A bank's: camt, BAI2.
    Statement(Box<(Transmission, Source)>),
    /// A customer's table of what it pays.
    Table(Box<(Transmission, Source)>),
}

async fn open(gateway: &Gateway, id: TransmissionId) -> Result<Opened, Step> {
    let mut view = gateway.store.view().await?;
    let transmission = view.transmission(id).await?;
    let mut source = match gateway.fresh.take_bytes(&transmission.payload) {
        Some(bytes) => Source::Fresh(Cursor::new(bytes)),
        None => Source::Stored(view.payload(&transmission.payload).await?),
    };
    let in_force = gateway.in_force();
    let mark = transmission.checkpoint.clone().and_then(|mark| serde_json::from_value::<Mark>(mark).ok());
    let limits = gateway.limits;
    let (content, progress) = match mark {
        Some(Mark { reader, group, progress }) => {
            source.seek(SeekFrom::Start(reader.offset))?;
            let standing = Standing { group: group.map(Arc::new) };
            (Content::Segments(Box::new(Reader::resume(source, limits, reader)), standing), progress)
        }
        None if bank::is_statement(&beginning(&mut source)?) => {
            return Ok(Opened::Statement(Box::new((transmission, source))));
        }
        None if is_table(&in_force, &transmission, &mut source)? => {
            return Ok(Opened::Table(Box::new((transmission, source))));
        }
        None if sniff::looks_like(&beginning(&mut source)?) == sniff::Looks::Xml => {
            (Content::Xml(source), Progress::default())
        }
        None => (Content::Segments(Box::new(Reader::new(source, limits)), Standing::default()), Progress::default()),
    };
    Ok(Opened::Reading(Box::new(Reading { transmission, in_force, content, progress })))
}

/// Whether its sender agreed on advices in tables, and this begins like one.
fn is_table(in_force: &InForce, transmission: &Transmission, source: &mut Source) -> std::io::Result<bool> {
    let sender = transmission.partner.as_deref().and_then(|id| in_force.partners.partner(id));
    match sender.and_then(|partner| partner.advice_csv.as_ref()) {
        Some(columns) => Ok(bank::is_advice(&beginning(source)?, columns)),
        None => Ok(false),
    }
}

fn beginning(source: &mut Source) -> std::io::Result<Vec<u8>> {
    let mut start = vec![0; sniff::SNIFF_BYTES];
    let length = fill(source, &mut start)?;
    source.seek(SeekFrom::Start(0))?;
    start.truncate(length);
    Ok(start)
}

struct Planned {
    writes: Vec<self::plan::Write>,
    last: bool,
    told: Told,
}

/// Sets by disposition, for the counters.
#[derive(Default)]
struct Told {
    accepted: u64,
    rejected: u64,
    held: u64,
}

impl Told {
    fn tell(&self) {
        for (disposition, count) in [("accepted", self.accepted), ("rejected", self.rejected), ("held", self.held)] {
            metrics::counter!("entrepot_sets_total", "disposition" => disposition).increment(count);
        }
    }
}

/// The part that needs a processor: reads, examines, decides.
fn plan(mut reading: Reading, store: Store, runtime: Handle, now: jiff::Timestamp) -> Result<(Reading, Planned), Step> {
    let Reading { transmission, in_force, content, progress } = &mut reading;
    let before = progress.counts;
    let mut planner = Planner {
        in_force: (&**in_force).into(),
        transmission,
        progress: std::mem::take(progress),
        outcomes: Stored { store: &store, runtime: &runtime },
        now,
        writes: Vec::new(),
    };
    let last = match content {
        Content::Xml(source) => {
            xml::read(&mut planner, source)?;
            true
        }
        Content::Segments(reader, standing) => {
            let memory = StoredMemory { store: &store, runtime: &runtime, transmission };
            let current = planner.progress.interchange.as_ref().map(|it| (it.id, &it.recognised, &*it.header));
            let today = jiff::tz::TimeZone::UTC.to_datetime(now).date();
            let door = (transmission.partner.as_deref(), transmission.is_replay());
            let mut clerk = Clerk::new(in_force, door, memory, current, today);
            let window = window::read(reader, standing, Bounds::DEFAULT, &mut clerk)?;
            let last = window.last;
            planner.take(window)?;
            last
        }
    };
    let writes = planner.writes;
    *progress = planner.progress;
    let counts = progress.counts;
    let told = Told {
        accepted: counts.accepted - before.accepted,
        rejected: counts.rejected - before.rejected,
        held: counts.held - before.held,
    };
    Ok((reading, Planned { writes, last, told }))
}

/// The stored bytes of a payload, asked for from a thread that may wait.
pub fn stored(store: &Store, runtime: &Handle, hash: &str) -> Result<PayloadReader, Step> {
    Ok(runtime.block_on(async { store.view().await?.payload(hash).await })?)
}

/// Set outcomes of earlier windows.
struct Stored<'a> {
    store: &'a Store,
    runtime: &'a Handle,
}

impl Outcomes for Stored<'_> {
    fn of(&mut self, group: GroupId, each: &mut dyn FnMut(&SetOutcome<'_>)) -> Result<(), Step> {
        const PAGE: usize = 1000;
        let mut after = 0;
        loop {
            let page =
                self.runtime.block_on(async { self.store.view().await?.set_outcomes(group, after, PAGE).await })?;
            for row in &page {
                after = row.position;
                let findings: Vec<Finding> = serde_json::from_str(&row.findings).unwrap_or_default();
                let disposition = serde_json::from_value(json!(row.disposition)).unwrap_or(Disposition::Rejected);
                each(&SetOutcome {
                    kind: &row.type_code,
                    release: &row.release,
                    control_number: &row.control_number,
                    convention: None,
                    findings: &findings,
                    disposition,
                });
            }
            if page.len() < PAGE {
                return Ok(());
            }
        }
    }
}

/// Interchanges that came before, and whether their bytes are the same.
struct StoredMemory<'a> {
    store: &'a Store,
    runtime: &'a Handle,
    transmission: &'a Transmission,
}

impl Memory for StoredMemory<'_> {
    fn earlier(&mut self, key: &str, interchange: &crate::wire::Interchange) -> Result<Option<Earlier>, Step> {
        let found = self.runtime.block_on(async {
            let mut view = self.store.view().await?;
            let Some(earlier) = view.once("interchange", key).await? else { return Ok(None) };
            let Ok(id) = earlier.subject.parse() else { return Ok(None) };
            let latest = view.interchange(id).await?;
            let mut alike = view.namesakes_of(&latest).await?;
            // Another header says that the content is another, without a look at the bytes.
            alike.retain(|row| row.header["elements"] == serde_json::json!(interchange.elements));
            Ok::<_, store::Error>(Some((latest.id, alike)))
        })?;
        let Some((latest, alike)) = found else { return Ok(None) };
        for row in alike {
            if row.state == InterchangeState::Open {
                // That of this very file ends in this window: the clerk knows it.
                if row.transmission == Some(self.transmission.id) {
                    continue;
                }
                return Err(Step::Later("the interchange that it repeats is still being read".into()));
            }
            let Some(transmission) = row.transmission else { continue };
            let transmission =
                self.runtime.block_on(async { self.store.view().await?.transmission(transmission).await })?;
            let findings: Vec<Finding> = serde_json::from_value(row.findings).unwrap_or_default();
            let has = |fault| findings.iter().any(|found| found.fault == fault);
            // What a person had read again answered nobody, and what was refused for its number never counted.
            if transmission.is_replay() || has(Fault::InterchangeDuplicate) {
                continue;
            }
            if self.same((&transmission.payload, row.span), has(Fault::TrailerMissing), interchange.span.start)? {
                return Ok(Some(Earlier { id: row.id, same: true }));
            }
        }
        Ok(Some(Earlier { id: latest, same: false }))
    }

    fn repeats(&mut self, first: (u64, u64), start: u64) -> Result<bool, Step> {
        self.same((&self.transmission.payload, first), false, start)
    }
}

impl StoredMemory<'_> {
    /// Whether the bytes of a span stand at `start` of this file too, white space at their end aside. What was cut is the
    /// same only where it is cut here as well: else this is the whole of it.
    fn same(&self, (payload, (from, to)): (&str, (u64, u64)), is_cut: bool, start: u64) -> Result<bool, Step> {
        let mut one = stored(self.store, self.runtime, payload)?;
        let mut other = stored(self.store, self.runtime, &self.transmission.payload)?;
        one.seek(SeekFrom::Start(from))?;
        other.seek(SeekFrom::Start(start))?;
        let mut one = one.take(to.saturating_sub(from));
        let (mut left, mut right) = (vec![0; 64 << 10], vec![0; 64 << 10]);
        loop {
            let count = fill(&mut one, &mut left)?;
            let here = fill(&mut other, &mut right[..count])?;
            let is_last = count < left.len();
            let (left, right) = (&left[..count], &right[..here]);
            if is_last && left.trim_ascii_end() == right.trim_ascii_end() {
                return Ok(!is_cut || ends_there(&mut other)?);
            }
            if is_last || left != right {
                return Ok(false);
            }
        }
    }
}

/// Whether nothing follows, or another interchange.
fn ends_there(source: &mut impl Read) -> std::io::Result<bool> {
    let mut next = [0; 64];
    let count = fill(source, &mut next)?;
    let next = next[..count].trim_ascii_start();
    Ok(next.is_empty() || [b"ISA", b"UNA", b"UNB"].iter().any(|tag| next.starts_with(*tag)))
}

fn fill(source: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut length = 0;
    while length < buffer.len() {
        match source.read(&mut buffer[length..])? {
            0 => break,
            count => length += count,
        }
    }
    Ok(length)
}
