//! The embedded SMTP server of a dedicated address (RFC 5321). It says 250 only after the gateway has what came.

mod command;
mod session;

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Intake;
use crate::config::ReceiverSettings;
use crate::transport::listen::listen;
use crate::transport::tls;

/// What all conversations share.
struct House {
    intake: Arc<Intake>,
    /// In lower case.
    addresses: Vec<String>,
    tls: Option<TlsAcceptor>,
    bytes_max: u64,
    patience: Duration,
    /// Kibibytes that mails on their way in may hold, all together.
    memory: Arc<Semaphore>,
    stop: CancellationToken,
}

/// A listening receiver.
#[derive(Debug)]
pub struct Receiver {
    pub address: SocketAddr,
    conversations: TaskTracker,
    stop: CancellationToken,
}

/// How many mails of the largest size may be on their way in at a time.
const MAILS_IN_MEMORY: u64 = 8;

impl Receiver {
    /// Listens; conversations run until [`Receiver::stop`].
    ///
    /// # Errors
    /// When the address is taken or a certificate cannot be used.
    pub async fn start(
        settings: &ReceiverSettings,
        address: SocketAddr,
        bytes_max: u64,
        intake: Arc<Intake>,
    ) -> io::Result<Self> {
        let tls = match (&settings.certificate, &settings.key) {
            (Some(certificate), Some(key)) => Some(tls::acceptor(certificate, key).map_err(io::Error::other)?),
            _ => None,
        };
        let listener = listen(address)?;
        let address = listener.local_addr()?;
        let stop = CancellationToken::new();
        let memory = usize::try_from(bytes_max.saturating_mul(MAILS_IN_MEMORY) / 1024).unwrap_or(usize::MAX);
        let house = Arc::new(House {
            intake,
            addresses: settings.addresses.iter().map(|address| address.to_ascii_lowercase()).collect(),
            tls,
            bytes_max,
            patience: settings.patience,
            memory: Arc::new(Semaphore::new(memory.min(Semaphore::MAX_PERMITS))),
            stop: stop.clone(),
        });
        let conversations = TaskTracker::new();
        let places = Places::new(settings.sessions_max, settings.sessions_per_client_max);
        tokio::spawn(accept(listener, house, places, conversations.clone()));
        Ok(Self { address, conversations, stop })
    }

    /// Takes no new conversations, and waits for those that are in the middle of a mail.
    pub async fn stop(self, drain: Duration) {
        self.stop.cancel();
        self.conversations.close();
        let _ = tokio::time::timeout(drain, self.conversations.wait()).await;
    }
}

async fn accept(listener: TcpListener, house: Arc<House>, places: Arc<Places>, conversations: TaskTracker) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = house.stop.cancelled() => return,
        };
        let (stream, client) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Too many open files: those that end make room.
                tracing::warn!(%error, "no conversation can be accepted now");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let (house, place) = (house.clone(), places.take(client.ip()));
        conversations.spawn(async move {
            match place {
                Some(_place) => session::hold(&house, stream, client.ip()).await,
                None => session::turn_away(stream).await,
            }
        });
    }
}

/// How many conversations there are, with whom.
struct Places {
    held: Mutex<HashMap<IpAddr, u32>>,
    max: u32,
    per_client_max: u32,
}

struct Place {
    places: Arc<Places>,
    client: IpAddr,
}

impl Places {
    fn new(max: u32, per_client_max: u32) -> Arc<Self> {
        Arc::new(Self { held: Mutex::default(), max, per_client_max })
    }

    fn take(self: &Arc<Self>, client: IpAddr) -> Option<Place> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let of_client = held.get(&client).copied().unwrap_or(0);
        if held.values().sum::<u32>() >= self.max || of_client >= self.per_client_max {
            return None;
        }
        held.insert(client, of_client + 1);
        Some(Place { places: self.clone(), client })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut held = self.places.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = held.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                held.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_few_for_each_and_for_all() {
        let places = Places::new(3, 2);
        let (one, other): (IpAddr, IpAddr) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        let held: Vec<_> = (0..2).map(|_| places.take(one)).collect();
        assert!(held.iter().all(Option::is_some));
        assert!(places.take(one).is_none(), "one client");
        let third = places.take(other);
        assert!(third.is_some() && places.take(other).is_none(), "all clients");
        drop(held);
        assert!(places.take(one).is_some());
    }
}
