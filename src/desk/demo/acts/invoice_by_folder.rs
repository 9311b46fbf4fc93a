//! Nordlicht's invoice (UBL 2.1) appears in a watched folder.

use jiff::SignedDuration;

use crate::desk::demo::papers;
use crate::desk::demo::stage::Stage;
use crate::desk::demo::tell::Tell;

const INVOICE: &[u8] = include_bytes!("invoice.xml");

pub async fn play(stage: &Stage, tell: Tell) -> Result<(), String> {
    let day = |days: i64| (stage.now() + SignedDuration::from_hours(days * 24)).strftime("%Y-%m-%d").to_string();
    let invoice = papers::of_today(INVOICE, &[("2026-11-19", day(0)), ("2026-12-19", day(30))]);
    stage.drop_in("nordlicht", "nl-2026-17.xml", &invoice)?;
    tell.hands_on(&stage.handed_on("invoice-").await?)
}
