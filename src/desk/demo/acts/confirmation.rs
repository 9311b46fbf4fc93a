//! Our own people accept the order: the confirmation goes out by AS2 and Northshore receipts it.

use crate::desk::demo::stage::Stage;
use crate::desk::demo::tell::Tell;
use crate::desk::demo::{answer, papers};
use crate::process::{Decision, Rest, What};

pub async fn play(stage: &Stage, tell: Tell) -> Result<(), String> {
    let accepted = Decision { rest: Some(Rest::Accept), ..Decision::default() };
    stage.tells("erp", "PO-4711", What::Decided(accepted)).await?;
    let answer = stage.at_buyer("~ST*855*", Some(2)).await?;
    answer::says(&answer, "ACK*IA")?;
    tell.shows(papers::segments(&answer, &["BAK", "ACK"]), "entrepot orders PO-4711");
    let receipt = stage.receipt_of("northshore").await?;
    tell.shows(format_args!("Northshore's receipt, verified by us: {receipt}"), "entrepot documents find PO-4711");
    Ok(())
}
