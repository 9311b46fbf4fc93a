//! Somebody we do not know sends an order: it waits for a person.

use crate::desk::demo::papers;
use crate::desk::demo::stage::Stage;
use crate::desk::demo::tell::Tell;

pub async fn play(stage: &Stage, tell: Tell) -> Result<(), String> {
    let order = papers::order("NOBODY", "PO-1", 1, stage.now());
    stage.drop_in("", "from-nobody.edi", order.as_bytes())?;
    let hold = stage.hold("partner-unknown").await?;
    tell.warns("held for a person", format_args!(": {}", hold.reason), "entrepot documents held");
    Ok(())
}
