//! Our invoice goes out by AS2; Northshore rejects it, and a credit note corrects it.

use rust_decimal::Decimal;
use uuid::Uuid;

use crate::desk::demo::papers;
use crate::desk::demo::stage::Stage;
use crate::desk::demo::tell::Tell;
use crate::process::{Bill, BillLine, What};

pub async fn play(stage: &Stage, tell: Tell) -> Result<(), String> {
    let invoice = stage.at_buyer("~ST*810*", Some(6)).await?;
    let number = papers::segment(&invoice, "BIG").and_then(|big| big.get(2).cloned()).ok_or("it has no number")?;
    tell.shows(papers::segments(&invoice, &["BIG", "TDS"]), format_args!("entrepot documents find {number}"));
    let advice = rejection(&number, stage.now());
    let sent = papers::interchange("NORTHSHORE", "AG", 7, stage.now(), &papers::set("824", &advice));
    stage.buyer.send(Uuid::now_v7(), "824-7.edi", &sent).await?;
    let case = stage.case("PO-4712").await?;
    tell.warns(
        "rejected",
        format_args!(" by Northshore: {}", case.words),
        format_args!("entrepot exceptions --queue {} --all", case.queue),
    );
    let credit = Bill {
        number: Some(format!("{number}-CR")),
        lines: vec![BillLine { line: "2".into(), quantity: Decimal::from(2), ..BillLine::default() }],
        credits: Some(number),
        ..Bill::default()
    };
    stage.tells("ar", "PO-4712", What::Credited(credit)).await?;
    let note = stage.at_buyer("***CR", None).await?;
    tell.good("corrected", format_args!(": {}", papers::segments(&note, &["BIG", "TDS"])), "entrepot orders PO-4712");
    stage.settle(case.number).await?;
    Ok(())
}

/// Northshore's application advice: two cartons were short.
fn rejection(invoice: &str, now: jiff::Timestamp) -> Vec<String> {
    vec![
        format!("BGN*00*ADV-7*{}", now.strftime("%Y%m%d")),
        format!("OTI*TR*IV*{invoice}"),
        "TED*012*LINE 2: TWO CARTONS WERE NOT ORDERED AT THIS QUANTITY".into(),
    ]
}
