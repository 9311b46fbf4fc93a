//! A fresh gateway for one run of a story: its own folder, database and clock, and partners at its doors.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use uuid::Uuid;

use super::look::{self, Left};
use super::partners::We;
use crate::clock::{Clock, HandClock};
use crate::journey::receive::SEND;
use crate::journey::{Gateway, InForce, Journey};
use crate::ports::{Arrival, Content, Queue, Reception, Runner, Verdict};
use crate::store::{Address, Files, Options, Store, View};
use crate::transport::folder::Layout;
use crate::wire::Limits;

/// What all runs of a story share.
#[derive(Debug)]
pub struct Setting {
    pub we: We,
    pub in_force: Arc<InForce>,
    /// When the story begins, and in which zone it is told.
    pub begins: Timestamp,
    pub zone: TimeZone,
    /// Standard and release of each partner's documents.
    pub standards: BTreeMap<String, String>,
}

/// Why the world stopped turning.
#[derive(Debug)]
pub enum Stop {
    /// As `kill { }` wanted.
    Halted,
    /// Something that the story did not tell of.
    Broken(String),
}

impl<E: std::error::Error> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Broken(error.to_string())
    }
}

/// A folder that is gone when the run is over.
struct Folder(PathBuf);

impl Folder {
    fn new() -> std::io::Result<Self> {
        let path = std::env::temp_dir().join(format!("entrepot-journey-{}", Uuid::now_v7().simple()));
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A folder that stays is in the temporary place of the system, which tidies itself.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// One run's world.
pub struct World<'s> {
    pub setting: &'s Setting,
    pub journey: Journey,
    clock: Arc<HandClock>,
    /// The last control number each partner used.
    numbers: BTreeMap<String, u64>,
    /// How much of what left for each outlet was looked at.
    looked: BTreeMap<String, u64>,
    /// What happened, for whoever looks for the reason of a difference.
    pub trail: Vec<String>,
    folder: Folder,
    halted_at: Option<u64>,
}

impl<'s> World<'s> {
    /// A gateway that has seen nothing.
    ///
    /// # Errors
    /// When the folder or the database cannot be made.
    pub async fn open(setting: &'s Setting) -> Result<Self, Stop> {
        let folder = Folder::new()?;
        let clock = Arc::new(HandClock::at(setting.begins));
        let journey = start(&folder, &clock, &setting.in_force).await?;
        let own = setting.in_force.catalogue.files();
        let files: Files = own.iter().map(|(path, text)| (path.to_owned(), text.to_owned())).collect();
        let put = journey.gateway.store.write(files, |files, session| {
            Box::pin(async move { session.activate_revision(files, "given").await.map(drop) })
        });
        put.await?;
        Ok(Self {
            setting,
            journey,
            clock,
            numbers: BTreeMap::new(),
            looked: BTreeMap::new(),
            trail: Vec::new(),
            folder,
            halted_at: None,
        })
    }

    pub fn store(&self) -> &Store {
        &self.journey.gateway.store
    }

    /// # Errors
    /// When the database cannot be read.
    pub async fn view(&self) -> Result<View, Stop> {
        Ok(self.store().view().await?)
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The time on the wall of the story.
    pub fn wall(&self) -> DateTime {
        self.zone().to_datetime(self.now())
    }

    pub fn zone(&self) -> &TimeZone {
        &self.setting.zone
    }

    pub fn turn_clock(&mut self, to: Timestamp) {
        self.clock.set(to);
    }

    pub fn note(&mut self, words: impl Into<String>) {
        let words = format!("{} {}", self.wall().strftime("%Y-%m-%d %H:%M"), words.into());
        self.trail.push(words);
    }

    /// The next control number of a partner.
    pub fn next_number(&mut self, partner: &str) -> u64 {
        let number = self.numbers.entry(partner.to_owned()).or_default();
        *number += 1;
        *number
    }

    pub fn in_force(&self) -> &InForce {
        &self.setting.in_force
    }

    /// Brings bytes to the gateway's door. Doing it twice with one id is doing it once.
    ///
    /// # Errors
    /// When the gateway does not take them.
    pub async fn bring(&self, id: Uuid, partner: Option<&str>, name: &str, bytes: Vec<u8>) -> Result<(), Stop> {
        self.arrives("journey", (id, partner, name), bytes).await
    }

    /// Hands over a canonical document that is to go out, as the folder `send/PARTNER` does.
    ///
    /// # Errors
    /// When the gateway does not take it.
    pub async fn hand_over(&self, id: Uuid, partner: &str, name: &str, bytes: Vec<u8>) -> Result<(), Stop> {
        self.arrives(SEND, (id, Some(partner), name), bytes).await
    }

    async fn arrives(
        &self,
        door: &str,
        (id, partner, name): (Uuid, Option<&str>, &str),
        bytes: Vec<u8>,
    ) -> Result<(), Stop> {
        let arrival = Arrival {
            id,
            door: door.into(),
            partner: partner.map(str::to_owned),
            name: name.to_owned(),
            content: Content::Bytes(bytes),
            once: None,
            notes: Vec::new(),
        };
        match self.journey.take(arrival).await {
            Ok(_) => Ok(()),
            Err(_) if self.is_halted() => Err(Stop::Halted),
            Err(error) => Err(error.into()),
        }
    }

    /// Runs jobs one after another until none is due.
    ///
    /// # Errors
    /// When a step fails, which no story tells of.
    pub async fn drain(&self) -> Result<(), Stop> {
        const BATCH: usize = 16;
        loop {
            let jobs = match self.store().claim(BATCH).await {
                Ok(jobs) => jobs,
                Err(_) if self.is_halted() => return Err(Stop::Halted),
                Err(error) => return Err(error.into()),
            };
            if jobs.is_empty() {
                break;
            }
            for job in &jobs {
                loop {
                    let verdict = self.journey.run(job).await;
                    let reason = match verdict {
                        Verdict::Done if self.is_halted() => return Err(Stop::Halted),
                        Verdict::Done => break,
                        Verdict::More => continue,
                        _ if self.is_halted() => return Err(Stop::Halted),
                        Verdict::Retry { reason, .. } | Verdict::Wait { reason } => reason,
                        Verdict::Park { side, reason } => {
                            self.store().park(job, side, &reason).await?;
                            reason
                        }
                    };
                    return Err(Stop::Broken(format!("the step `{}` failed: {reason}", job.kind)));
                }
            }
        }
        self.journey.gateway.settle().await;
        Ok(())
    }

    /// Lets the store take so many more units, and none after.
    pub fn halt_after(&mut self, units: Option<u64>) {
        let limit = units.map(|units| self.store().units() + units);
        self.store().halt_after(limit.unwrap_or(u64::MAX));
        self.halted_at = limit;
    }

    pub fn is_halted(&self) -> bool {
        self.halted_at.is_some_and(|limit| self.store().units() > limit)
    }

    /// Starts the program again over what the last one left.
    ///
    /// # Errors
    /// When it cannot be started.
    pub async fn restart(&mut self) -> Result<(), Stop> {
        self.store().close().await;
        self.halted_at = None;
        self.journey = start(&self.folder, &self.clock, &self.setting.in_force).await?;
        Ok(())
    }

    /// What left since the last look, partner by partner in its order.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn look(&mut self) -> Result<Vec<Left>, Stop> {
        const MOST: usize = 10_000;
        let mut left = Vec::new();
        let mut view = self.view().await?;
        let in_force = self.setting.in_force.clone();
        let outlets = in_force.partners.partners.iter().map(|partner| (partner.outlet(), partner.id.clone()));
        let stranger = ("folder:unknown".to_owned(), "unknown".to_owned());
        for (outlet, partner) in outlets.chain([stranger]) {
            let after = self.looked.get(&outlet).copied().unwrap_or(0);
            for delivery in view.delivered(&outlet, after, MOST).await? {
                let bytes = view.payload_bytes(&delivery.payload).await?;
                left.extend(look::read(&in_force.catalogue, &partner, delivery.sequence, &bytes)?);
                self.looked.insert(outlet.clone(), delivery.sequence);
            }
        }
        Ok(left)
    }

    /// Ends the run.
    pub async fn close(self) {
        self.store().close().await;
    }
}

async fn start(folder: &Folder, clock: &Arc<HandClock>, in_force: &Arc<InForce>) -> Result<Journey, Stop> {
    let layout = Layout::new(&folder.0);
    layout.prepare(in_force.partners.partners.iter().map(|partner| partner.id.as_str()))?;
    let options = Options {
        clock: clock.clone(),
        durable: false,
        connections: 2,
        ..Options::new(Address::Sqlite(layout.database()), layout.payloads())
    };
    let store = Store::open(options).await?;
    store.start_working().await?;
    let gateway = Gateway::new(store, layout, clock.clone(), in_force.clone(), Limits::default());
    Ok(Journey { gateway: Arc::new(gateway) })
}
