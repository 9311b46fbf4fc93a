//! A day later the bank's file brings the money: everything is applied with its reasons, and one application is undone.

use crate::desk::demo::stage::Stage;
use crate::desk::demo::tell::Tell;

pub async fn play(stage: &Stage, tell: Tell) -> Result<(), String> {
    let today = stage.now().strftime("%Y-%m-%d").to_string();
    stage.drop_in("harbourbank", "camt054.xml", booking(&today).as_bytes())?;
    let payment = stage.payment("NS-TR-77").await?;
    let posting = payment.postings.last().ok_or("nothing was posted")?;
    for line in &posting.application.lines {
        let item = line.item.as_deref().unwrap_or(&line.reference);
        let money = line.split.as_ref().map_or(line.paid, |split| split.money);
        let money = payment.fact.currency.said(money);
        tell.good("applied", format_args!(" {money} to {item}: {}", line.because), "entrepot cash show NS-TR-77");
    }
    for entry in stage.entries(1).await? {
        tell.shows(format_args!("posted {entry}"), "entrepot journal");
    }
    let because = "the shortage is not proven";
    stage.undoes("NS-TR-77", because).await?;
    tell.says(format_args!("somebody takes the application back, because {because}"));
    for entry in stage.entries(2).await? {
        tell.good("mirrored", format_args!(" {entry}"), "entrepot journal");
    }
    Ok(())
}

/// The bank's notification of one credit (camt.054).
fn booking(today: &str) -> String {
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.054.001.08\"><BkToCstmrDbtCdtNtfctn>\
         <GrpHdr><MsgId>HB-1</MsgId><CreDtTm>{today}T06:00:00Z</CreDtTm></GrpHdr>\
         <Ntfctn><Id>HB-1-1</Id><Acct><Id><Othr><Id>998877665</Id></Othr></Id><Ccy>USD</Ccy></Acct>\
         <Ntry><NtryRef>1</NtryRef><Amt Ccy=\"USD\">4065.50</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>\
         <BookgDt><Dt>{today}</Dt></BookgDt><ValDt><Dt>{today}</Dt></ValDt><AcctSvcrRef>HB-77</AcctSvcrRef>\
         <NtryDtls><TxDtls><Refs><EndToEndId>NS-TR-77</EndToEndId></Refs><Amt Ccy=\"USD\">4065.50</Amt>\
         <RltdPties><Dbtr><Nm>Northshore Stores</Nm></Dbtr></RltdPties></TxDtls></NtryDtls></Ntry></Ntfctn>\
         </BkToCstmrDbtCdtNtfctn></Document>"
    )
}
