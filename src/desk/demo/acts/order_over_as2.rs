//! Northshore Stores order by AS2: a signed and encrypted message, its signed receipt, and the 997 that goes back.

use uuid::Uuid;

use crate::desk::demo::stage::Stage;
use crate::desk::demo::tell::Tell;
use crate::desk::demo::{answer, papers};

/// The id of the message, which the next act sends again.
pub const MESSAGE: Uuid = Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_4711);

pub async fn play(stage: &Stage, tell: Tell) -> Result<(), String> {
    let order = papers::order("NORTHSHORE", "PO-4711", 1, stage.began);
    let said = stage.buyer.send(MESSAGE, "po-4711.edi", &order).await?;
    tell.says(format_args!("our receipt, verified by Northshore: {}", answer::mdn(&said)?));
    let answer = stage.at_buyer("~ST*997*", None).await?;
    answer::says(&answer, "AK9*A")?;
    tell.shows(papers::segments(&answer, &["AK1", "AK5", "AK9"]), "entrepot documents find PO-4711");
    tell.hands_on(&stage.handed_on("order-").await?)
}
