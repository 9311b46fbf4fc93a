//! The process as its supervisor sees it: ready, reloading, alive, stopping; and the signals it sends.

use std::time::Duration;

use sd_notify::NotifyState;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Interval, MissedTickBehavior, interval};

/// What the supervisor or the operator wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    Stop,
    /// Take the settings over again.
    Reload,
    /// Say that the process lives.
    Beat,
}

/// Signals and the watchdog's beat as one stream.
#[derive(Debug)]
pub struct Wishes {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
    beat: Option<Interval>,
}

impl Wishes {
    /// # Errors
    /// When a signal cannot be listened to.
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
            beat: sd_notify::watchdog_enabled().map(beats),
        })
    }

    pub async fn next(&mut self) -> Wish {
        tokio::select! {
            _ = self.terminate.recv() => Wish::Stop,
            _ = self.interrupt.recv() => Wish::Stop,
            _ = self.hang_up.recv() => Wish::Reload,
            () = tick(self.beat.as_mut()) => Wish::Beat,
        }
    }
}

/// Three beats fit into what the watchdog allows.
fn beats(allowed: Duration) -> Interval {
    let mut beats = interval(allowed / 3);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    beats
}

async fn tick(beat: Option<&mut Interval>) {
    match beat {
        Some(beat) => {
            beat.tick().await;
        }
        None => std::future::pending().await,
    }
}

/// Says that the gateway takes files.
pub fn ready(words: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(words)]);
}

/// Says that settings are being taken over; [`ready`] says that it is done.
pub fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(error) => tracing::debug!(%error, "the supervisor was not told"),
    }
}

/// Says that the process lives.
pub fn alive() {
    tell(&[NotifyState::Watchdog]);
}

/// Says that the process ends, and what it still does.
pub fn stopping(words: &str) {
    tell(&[NotifyState::Stopping, NotifyState::Status(words)]);
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "the supervisor was not told");
    }
}
