//! Nobody acknowledges the credit note: a day later it is overdue, and a person knows.

use crate::desk::demo::stage::Stage;
use crate::desk::demo::tell::Tell;

pub async fn play(stage: &Stage, tell: Tell) -> Result<(), String> {
    stage.turn_clock(25);
    tell.says("the demo's clock is turned forward by 25 hours");
    let hold = stage.hold("answer-overdue").await?;
    tell.warns("overdue", format_args!(": {}", hold.reason), "entrepot documents held");
    Ok(())
}
