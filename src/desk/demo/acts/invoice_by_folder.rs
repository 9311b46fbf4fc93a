//! Nordlicht's invoice (UBL 2.1) appears in a watched folder.

use super::handed;
use crate::desk::demo::stage::Stage;
use crate::desk::demo::tell::Tell;

const INVOICE: &[u8] = include_bytes!("invoice.xml");

pub async fn play(stage: &Stage, tell: Tell) -> Result<(), String> {
    stage.drop_in("nordlicht", "nl-2026-17.xml", INVOICE)?;
    handed(tell, &stage.handed_on("invoice-").await?)
}
