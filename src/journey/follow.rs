//! Trades learn how far their documents came: with the partner's transport, and by the partner's acknowledgements.

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::apply::{Bound, Rules, put};
use super::{Gateway, Step};
use crate::ports::{Job, Verdict};
use crate::process::{Disposition, Event, Key, Source, What};
use crate::store::{Result, TradeDocument, hex};

/// Documents of one turn.
const BATCH: usize = 100;

/// Tells trades everything about their documents that they do not know yet. Telling it twice is telling it once.
///
/// # Errors
/// When the store fails.
pub async fn follow(gateway: &Gateway, job: &Job) -> std::result::Result<Verdict, Step> {
    let untold = gateway.store.view().await?.untold_documents(BATCH).await?;
    let finished = untold.len() < BATCH;
    for document in untold {
        tell(gateway, document).await?;
    }
    gateway
        .store
        .write((job.clone(), finished), |(job, finished), session| {
            Box::pin(async move { if *finished { session.finish_job(job).await } else { session.hold_job(job).await } })
        })
        .await?;
    Ok(if finished { Verdict::Done } else { Verdict::More })
}

async fn tell(gateway: &Gateway, document: TradeDocument) -> Result<()> {
    let trade = gateway.store.view().await?.trade(document.trade).await?;
    let (transport, functional) = document.noted.split_once('/').unwrap_or_default();
    let mut news = Vec::new();
    if transport != document.transport {
        match document.transport.as_str() {
            "accepted" => news.push(What::Delivered { document: document.key.clone(), accepted: true }),
            "failed" => news.push(What::Delivered { document: document.key.clone(), accepted: false }),
            _ => {}
        }
    }
    if functional != document.functional {
        let disposition = match document.functional.as_str() {
            "accepted" => Some(Disposition::Accepted),
            "accepted-with-errors" => Some(Disposition::AcceptedWithErrors),
            "rejected" | "partially" => Some(Disposition::Rejected),
            _ => None,
        };
        news.extend(disposition.map(|disposition| What::Acknowledged { document: document.key.clone(), disposition }));
    }
    let target = Key(trade.key.clone());
    for what in news {
        let key = format!("told|{}|{}/{}", document.document, document.transport, document.functional);
        let key = match &what {
            What::Delivered { accepted, .. } => format!("delivered|{}|{accepted}", document.document),
            _ => key,
        };
        let event = Event {
            content: hex(&Sha256::digest(key.as_bytes())),
            key,
            source: Source::Document(document.document.parse().unwrap_or(Uuid::nil())),
            what,
        };
        let bound = Bound {
            event,
            target: target.clone(),
            trade: None,
            partner: trade.partner.clone(),
            kind: "acknowledgement".into(),
            number: Some(trade.number.clone()),
            sequence: 0,
        };
        put(gateway, Rules::of(gateway), bound).await?;
    }
    let is_open = document.transport == "pending" || matches!(document.functional.as_str(), "awaiting" | "overdue");
    let noted = format!("{}/{}", document.transport, document.functional);
    gateway
        .store
        .write((document.document, document.trade, noted, is_open), |(document, trade, noted, is_open), session| {
            Box::pin(session.note_trade_document((document, *trade), noted, *is_open))
        })
        .await
}
