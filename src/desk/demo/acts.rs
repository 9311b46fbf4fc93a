//! The acts of the demo, in order. Each drops something and checks what came of it.

use std::future::Future;
use std::pin::Pin;

use serde_json::Value;

use super::stage::{Found, Stage};
use crate::desk::output::{FAINT, GOOD, WARNING};

/// One act: what it tells, and how it is played.
pub struct Act {
    pub title: &'static str,
    play: for<'s> fn(&'s Stage) -> Playing<'s>,
}

type Playing<'s> = Pin<Box<dyn Future<Output = Result<Vec<String>, String>> + 's>>;

impl Act {
    pub fn play<'s>(&self, stage: &'s Stage) -> Playing<'s> {
        (self.play)(stage)
    }
}

pub const ACTS: &[Act] = &[
    Act { title: "Northshore Stores sends a purchase order (X12 850)", play: |stage| Box::pin(order(stage)) },
    Act { title: "The same file comes again", play: |stage| Box::pin(again(stage)) },
    Act { title: "Northshore sends an order with mistakes", play: |stage| Box::pin(faulty(stage)) },
    Act { title: "Müller & Söhne send ORDERS (EDIFACT D.96A, UNOC)", play: |stage| Box::pin(orders(stage)) },
    Act { title: "Nordlicht sends an invoice (UBL 2.1)", play: |stage| Box::pin(invoice(stage)) },
    Act { title: "Somebody we do not know sends an order", play: |stage| Box::pin(stranger(stage)) },
];

const ORDER: &str = include_str!("../../../samples/x12/850/acme.edi");
const FAULTY: &str = include_str!("../../../samples/x12/850/faulty.edi");
const ORDERS: &[u8] = include_bytes!("../../../samples/edifact/ORDERS/hafen.edi");
const INVOICE: &[u8] = include_bytes!("invoice.xml");

async fn order(stage: &Stage) -> Result<Vec<String>, String> {
    stage.drop_in("northshore", "po-4711.edi", ORDER.as_bytes())?;
    let answer = stage.answer("northshore", "997").await?;
    accepted(&answer, "AK9*A")?;
    let document = stage.handed_on("order-").await?;
    Ok(vec![told(&answer, &["AK1", "AK2", "AK5", "AK9"]), handed(&document)?])
}

async fn again(stage: &Stage) -> Result<Vec<String>, String> {
    stage.drop_in("northshore", "po-4711-again.edi", ORDER.as_bytes())?;
    let answer = stage.answer("northshore", "997").await?;
    accepted(&answer, "AK9*A")?;
    Ok(vec![
        told(&answer, &["AK9"]),
        format!("{FAINT}the stored answer again, with its control number; no second order in outbox/{FAINT:#}"),
    ])
}

async fn faulty(stage: &Stage) -> Result<Vec<String>, String> {
    stage.drop_in("northshore", "po-bad.edi", FAULTY.as_bytes())?;
    let answer = stage.answer("northshore", "997").await?;
    accepted(&answer, "AK9*R")?;
    Ok(vec![
        told(&answer, &["AK3", "AK4", "AK5", "AK9"]),
        format!("{FAINT}in words, underlined: entrepot inspect samples/x12/850/faulty.edi{FAINT:#}"),
    ])
}

async fn orders(stage: &Stage) -> Result<Vec<String>, String> {
    stage.drop_in("mueller", "b-2026-88.edi", ORDERS)?;
    let answer = stage.answer("mueller", "CONTRL").await?;
    accepted(&answer, "+7")?;
    let document = stage.handed_on("order-").await?;
    Ok(vec![told(&answer, &["UCI", "UCM"]), handed(&document)?])
}

async fn invoice(stage: &Stage) -> Result<Vec<String>, String> {
    stage.drop_in("nordlicht", "nl-2026-17.xml", INVOICE)?;
    Ok(vec![handed(&stage.handed_on("invoice-").await?)?])
}

async fn stranger(stage: &Stage) -> Result<Vec<String>, String> {
    let text = ORDER.replace("NORTHSHORE     ", "NOBODY         ").replace("*NORTHSHORE*", "*NOBODY*");
    stage.drop_in("", "from-nobody.edi", text.as_bytes())?;
    let reason = stage
        .until("the hold", async |daemon| {
            let mut view = daemon.gateway().store.view().await.ok()?;
            let holds = view.open_holds(10).await.ok()?;
            holds.into_iter().find(|hold| hold.fault == "partner-unknown").map(|hold| hold.reason)
        })
        .await?;
    Ok(vec![format!("{WARNING}held for a person{WARNING:#}: {reason}  {FAINT}entrepot documents held{FAINT:#}")])
}

fn accepted(answer: &Found, mark: &str) -> Result<(), String> {
    if answer.text().contains(mark) { Ok(()) } else { Err(format!("{} does not say {mark}", answer.place)) }
}

fn told(answer: &Found, tags: &[&str]) -> String {
    format!("{}  {FAINT}{}{FAINT:#}", answer.segments(tags).join("  "), answer.place)
}

fn handed(document: &Found) -> Result<String, String> {
    let value: Value = serde_json::from_slice(&document.bytes).map_err(|error| error.to_string())?;
    let text = |name: &str| value[name].as_str().unwrap_or("?").to_owned();
    let lines = value["lines"].as_array().map_or(0, Vec::len);
    Ok(format!("{GOOD}{} {}{GOOD:#}, {lines} lines  {FAINT}{}{FAINT:#}", text("kind"), text("number"), document.place))
}
