//! Tidewater Trading mail an order with mistakes, read in the 997 what is wrong, and mail it again.

use crate::desk::demo::stage::Stage;
use crate::desk::demo::tell::Tell;
use crate::desk::demo::{answer, papers};

pub async fn play(stage: &Stage, tell: Tell) -> Result<(), String> {
    let order = papers::order("TIDEWATER", "T-100", 11, stage.now());
    let wrong = order.replace("PO1*1*24*EA", "PO1*1*24*QQQ").replace("CTT*2", "CTT*7");
    let said = stage.mail("t-100.edi", &wrong).await?;
    tell.says(format_args!("our mail server: {said}"));
    let fits = |text: &str| text.contains("ST*997*");
    let answer = stage.until("the 997 by mail", async |_| stage.writer.received(fits)).await?;
    answer::says(&answer, "AK9*R")?;
    tell.shows(
        format_args!("by mail: {}", papers::segments(&answer, &["AK3", "AK4", "AK5", "AK9"])),
        "entrepot documents find T-100",
    );
    let order = papers::order("TIDEWATER", "T-100", 12, stage.now());
    stage.mail("t-100-again.edi", &order).await?;
    let answer = stage.until("the 997 by mail", async |_| stage.writer.received(fits)).await?;
    answer::says(&answer, "AK9*A")?;
    tell.shows(format_args!("by mail: {}", papers::segments(&answer, &["AK5", "AK9"])), "entrepot orders T-100");
    tell.hands_on(&stage.handed_on("order-").await?)
}
