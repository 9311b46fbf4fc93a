//! Goods leave before their order is known: the notice waits, and goes out when the order comes.

use rust_decimal::Decimal;
use uuid::Uuid;

use crate::desk::demo::stage::Stage;
use crate::desk::demo::tell::Tell;
use crate::desk::demo::{answer, papers};
use crate::journey::Applied;
use crate::process::{Decision, Portion, Rest, Shipment, What};

pub async fn play(stage: &Stage, tell: Tell) -> Result<(), String> {
    let portion = |line: &str, quantity: i64| Portion {
        line: line.into(),
        quantity: Decimal::from(quantity),
        ..Portion::default()
    };
    let shipment = Shipment {
        number: "S-900".into(),
        lines: vec![portion("1", 24), portion("2", 10)],
        shipped_at: Some(stage.now()),
        carrier: Some("HLCU".into()),
        last: true,
        ..Shipment::default()
    };
    match stage.tells("wms", "PO-4712", What::Shipped(shipment)).await? {
        Applied::Parked { awaits } => {
            let what = awaits.split('|').rev().take(2).collect::<Vec<_>>();
            let what = what.into_iter().rev().collect::<Vec<_>>().join(" ");
            tell.warns("held", format_args!(": shipment S-900 waits for {what}"), "entrepot orders --open");
        }
        other => return Err(format!("the shipment did not wait: {other:?}")),
    }
    let order = papers::order("NORTHSHORE", "PO-4712", 3, stage.now());
    stage.buyer.send(Uuid::now_v7(), "po-4712.edi", &order).await?;
    stage.handed_on("order-").await?;
    let accepted = Decision { rest: Some(Rest::Accept), ..Decision::default() };
    stage.until("the order", async |_| stage.orders("PO-4712").await.ok().filter(|count| *count == 1)).await?;
    stage.tells("erp", "PO-4712", What::Decided(accepted)).await?;
    stage.at_buyer("~ST*855*", Some(4)).await?;
    let notice = stage.at_buyer("~ST*856*", Some(5)).await?;
    answer::says(&notice, "BSN*00*S-900")?;
    tell.good("released", format_args!(": {}", papers::segments(&notice, &["BSN", "PRF"])), "entrepot orders PO-4712");
    Ok(())
}
