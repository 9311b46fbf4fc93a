//! Joins the mail door to the gateway: who takes mail in, and what carries it out.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use std::{fs, io};

use super::NotStarted;
use crate::config::Settings;
use crate::journey::{Gateway, Journey};
use crate::transport::as2::Cabinet;
use crate::transport::mail::dns::NameServers;
use crate::transport::mail::mailbox::Mailboxes;
use crate::transport::mail::receiver::Receiver;
use crate::transport::mail::{Intake, MailOutlet, Mailer, Partners};

/// Everything of the mail door that runs.
#[derive(Debug, Default)]
pub(super) struct MailDoor {
    receiver: Option<Receiver>,
    mailboxes: Mailboxes,
}

/// The partners in force, as doors ask for them.
pub(super) fn partners(gateway: &Arc<Gateway>) -> Partners {
    let gateway = gateway.clone();
    Arc::new(move || gateway.in_force().partners.clone())
}

/// Starts what the settings name. Without any of it nothing runs.
pub(super) async fn start(settings: &Settings, gateway: &Arc<Gateway>) -> Result<MailDoor, NotStarted> {
    let refused = |why: String| NotStarted::Door { door: "mail", why };
    let partners = partners(gateway);
    let spool = gateway.layout.work().join("mail");
    clear(&spool).map_err(|error| refused(format!("{}: {error}", spool.display())))?;
    let certificates = Arc::new(Cabinet::open(&settings.data.join("certificates")));
    let mailer = Mailer::new(&settings.mail, gateway.clock.clone()).map_err(refused)?.map(Arc::new);
    if let Some(mailer) = &mailer {
        let outlet = MailOutlet {
            mailer: mailer.clone(),
            partners: partners.clone(),
            certificates: certificates.clone(),
            spool: spool.clone(),
        };
        gateway.deliver_by("mail", Arc::new(outlet));
    }
    let receiver = &settings.mail.receiver;
    if receiver.listen.is_none() && settings.mailboxes.is_empty() {
        return Ok(MailDoor::default());
    }
    let resolver = NameServers::new(settings.mail.resolver).map_err(|error| refused(error.to_string()))?;
    let intake = Arc::new(Intake {
        reception: Arc::new(Journey { gateway: gateway.clone() }),
        partners,
        resolver: Arc::new(resolver),
        clock: gateway.clock.clone(),
        certificates,
        spool,
        mailer,
        replies_per_hour_max: settings.mail.replies_per_hour_max,
    });
    let bytes_max = settings.mail.message_bytes_max;
    let receiver = match receiver.listen {
        None => None,
        Some(address) => {
            let started = Receiver::start(receiver, address, bytes_max, intake.clone()).await;
            let started = started.map_err(|error| refused(format!("{address}: {error}")))?;
            tracing::info!(address = %started.address, "taking mail");
            Some(started)
        }
    };
    Ok(MailDoor { receiver, mailboxes: Mailboxes::watch(&settings.mailboxes, bytes_max, &intake) })
}

/// Makes the folder for what is opened and packed, and removes what a stop left in it.
fn clear(spool: &Path) -> io::Result<()> {
    fs::create_dir_all(spool)?;
    for entry in fs::read_dir(spool)? {
        fs::remove_file(entry?.path())?;
    }
    Ok(())
}

impl MailDoor {
    /// Where mail is taken in.
    pub(super) fn address(&self) -> Option<SocketAddr> {
        self.receiver.as_ref().map(|receiver| receiver.address)
    }

    pub(super) async fn stop(self, drain: Duration) {
        self.mailboxes.stop(drain).await;
        if let Some(receiver) = self.receiver {
            receiver.stop(drain).await;
        }
    }
}
