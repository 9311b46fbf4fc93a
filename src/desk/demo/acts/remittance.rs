//! Northshore tell by AS2 what they will pay: three invoices, one short for what did not arrive, one with its discount. No
//! money has come yet, so nothing is posted.

use uuid::Uuid;

use crate::desk::demo::papers;
use crate::desk::demo::stage::Stage;
use crate::desk::demo::tell::Tell;

pub async fn play(stage: &Stage, tell: Tell) -> Result<(), String> {
    for (number, amount) in [("INV-2001", "1000.00"), ("INV-2002", "2500.00"), ("INV-2003", "740.50")] {
        stage.is_owed("northshore", number, amount).await?;
    }
    tell.shows("three invoices are open: 1,000.00, 2,500.00 at 2/10, 740.50", "entrepot open-items northshore");
    let today = stage.now().strftime("%Y%m%d").to_string();
    let advice = [
        format!("BPR*I*4065.50*C*ACH*CTX*01*021000021*DA*123456789*1234567890**01*026009593*DA*998877665*{today}"),
        "TRN*1*NS-TR-77*1234567890".into(),
        "N1*PR*Northshore Stores*91*NS".into(),
        "N1*PE*Harbour Goods*92*HG".into(),
        "ENT*1".into(),
        "RMR*IV*INV-2001*PI*875*1000".into(),
        "ADX*-125*06*IV*INV-2001".into(),
        "RMR*IV*INV-2002*PI*2450*2500*50".into(),
        "RMR*IV*INV-2003*PI*740.5*740.5".into(),
    ];
    let sent = papers::interchange("NORTHSHORE", "RA", 8, stage.now(), &papers::set("820", &advice));
    stage.buyer.send(Uuid::now_v7(), "820-8.edi", &sent).await?;
    stage.advice("NS-TR-77").await?;
    tell.warns("waits", ": they tell of 4,065.50, and the bank has said nothing yet", "entrepot cash list");
    Ok(())
}
