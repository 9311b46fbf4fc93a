//! The same message comes again, as when a receipt got lost.

use super::order_over_as2::MESSAGE;
use crate::desk::demo::stage::Stage;
use crate::desk::demo::tell::Tell;
use crate::desk::demo::{answer, papers};

pub async fn play(stage: &Stage, tell: Tell) -> Result<(), String> {
    let order = papers::order("NORTHSHORE", "PO-4711", 1, stage.began);
    let said = stage.buyer.send(MESSAGE, "po-4711.edi", &order).await?;
    tell.says(format_args!("the stored first receipt again: {}", answer::mdn(&said)?));
    let orders = stage.orders("PO-4711").await?;
    if orders != 1 {
        return Err(format!("there are {orders} orders PO-4711"));
    }
    tell.shows("one order, as before", "entrepot orders PO-4711");
    Ok(())
}
