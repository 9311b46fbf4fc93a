//! What finance's systems ask of the API: banks' files that are taken in part, lockboxes, ageing, runs that are taken back.

use serde_json::json;

use super::house::{House, Said};

const LOCKBOX: &str = include_str!("../../journeys/rows/lockbox-005010.edi");

#[tokio::test(flavor = "multi_thread")]
async fn a_bank_file_is_taken_as_far_as_it_goes() {
    let house = House::start("").await;
    let first = house.bank(&bai2("T1", "1000.00"));
    assert_eq!((first.status, &first.json()["outcome"]), (200, &json!("applied")), "{}", first.body);

    // The bank says another amount under the same reference: alone nothing of it is taken.
    let alone = house.bank(&bai2("T1", "900.00"));
    assert_eq!(alone.problem().0, 409, "{}", alone.body);
    // Beside a booking that is new, that one is, and the other is a case.
    let both = house.bank(&bai2_of(&[("T1", "900.00"), ("T2", "50.00")]));
    assert_eq!((both.status, &both.json()["outcome"]), (200, &json!("in_part")), "{}", both.body);
    assert_eq!(both.json()["entries"].as_array().map(Vec::len), Some(1), "{}", both.body);
    assert_eq!(house.get("/v1/payments/T2").json()["unapplied"], "50.00");
    let cases = house.get("/v1/exceptions").json();
    assert!(cases["items"].to_string().contains("said 1000.00 USD under"), "{cases}");

    // An entry that is no booking is named with its place; the one beside it is booked, once.
    let broken = camt();
    let taken = house.bank(&broken);
    assert_eq!((taken.status, &taken.json()["outcome"]), (200, &json!("in_part")), "{}", taken.body);
    let refused = &taken.json()["refused"];
    assert!(refused[0]["pointer"].as_str().is_some_and(|at| at.starts_with("#byte=")), "{refused}");
    let again = house.bank(&broken);
    assert_eq!((again.status, again.json()["entries"].as_array().map(Vec::len)), (200, Some(0)), "{}", again.body);
    // Nothing but such: nothing was done.
    let nothing = house.bank(&broken.replacen("<Dt>2026-03-05</Dt>", "", 1));
    assert_eq!(nothing.problem().0, 422, "{}", nothing.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lockbox_is_handed_in_like_a_statement() {
    let house = House::start("").await;
    let dry = house.ask("POST", "/v1/bank-statements?dry_run=true", &BYTES, Some(LOCKBOX));
    assert_eq!(dry.json()["entries"].as_array().map(Vec::len), Some(2), "{}", dry.body);
    let taken = house.bank(LOCKBOX);
    assert_eq!((taken.status, &taken.json()["outcome"]), (200, &json!("applied")), "{}", taken.body);
    assert_eq!(house.bank(LOCKBOX).json()["outcome"], "duplicate");
    let older = include_str!("../../journeys/rows/lockbox.edi");
    assert_eq!(house.bank(older).json()["outcome"], "duplicate", "the same money in another release");
    let short = house.bank(&LOCKBOX.replacen("SE*22", "SE*21", 1));
    assert_eq!(short.problem().0, 422, "{}", short.body);
    let test = house.bank(&LOCKBOX.replacen("*0*P*", "*0*T*", 1));
    assert!(test.body.contains("is a test"), "{}", test.body);
    // Whose money an 820 is, its sender says.
    let order = house.bank(&LOCKBOX.replace("ST*823", "ST*820").replace("GS*LB", "GS*RA"));
    assert_eq!(order.problem().0, 422, "{}", order.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_owed_is_told_by_its_age() {
    let house = House::start("").await;
    for (party, number, amount, due) in [
        ("acme", "I1", "600.00", "2026-03-01"),
        ("acme", "I2", "400.00", "2026-04-15"),
        ("acme", "I3", "25.00", "2026-05-30"),
    ] {
        let item = json!({"party": party, "number": number, "amount": amount, "date": "2026-02-01", "due": due});
        assert_eq!(house.post("/v1/open-items", None, &item).json()["outcome"], "applied");
    }
    let aged = house.get("/v1/ageing?on=2026-05-01").json();
    let row = &aged["items"][0];
    assert_eq!((&row["party"], &row["total"], &row["count"]), (&json!("acme"), &json!("1025.00"), &json!(3)), "{aged}");
    let age = |name: &str| row["by_age"][name].as_str().map(str::to_owned);
    let found = ["current", "up_to30", "up_to60", "up_to90"].map(age);
    let wanted = [Some("25.00"), Some("400.00"), None, Some("600.00")].map(|it| it.map(str::to_owned));
    let zero = |it: Option<String>| it.filter(|it| it.parse() != Ok(0.0));
    assert_eq!(found.map(zero), wanted, "{aged}");
    assert_eq!(house.get("/v1/ageing?party=nobody").problem().0, 404);
    assert_eq!(house.get("/v1/ageing?on=May").problem().0, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_undone_with_its_reason_and_the_decision_may_teach() {
    let house = House::start("").await;
    let item = json!({"party": "acme", "number": "I1", "amount": "60.00", "date": "2026-02-01"});
    assert_eq!(house.post("/v1/open-items", None, &item).json()["outcome"], "applied");
    assert_eq!(house.bank(&bai2("T9", "60.00")).json()["outcome"], "applied");
    assert_eq!(house.get("/v1/ranking").problem().0, 404);
    let on = house.post("/v1/ranking/actions", Some("on"), &json!({"action": "on"}));
    assert_eq!(on.problem().0, 409, "{}", on.body);
    let to = json!({"to": [{"item": "I1", "amount": "60.00"}]});
    let applied = house.post("/v1/payments/T9/applications", Some("first"), &to);
    assert_eq!(applied.json()["outcome"], "applied", "{}", applied.body);
    let undone = house.post("/v1/payments/T9/undo", Some("undone"), &json!({"reason": "it was for another invoice"}));
    assert_eq!(undone.json()["outcome"], "applied", "{}", undone.body);
    let lines = house.get("/v1/journal?format=csv&limit=2");
    let rows: Vec<&str> = lines.body.lines().collect();
    assert!(rows.len() > 3 && rows[0].starts_with("position,entry,date"), "{}", lines.body);
    let next = lines.header("entrepot-next").unwrap_or_default();
    let more = house.get(&format!("/v1/journal?format=csv&cursor={next}"));
    assert!(more.body.lines().nth(1).is_some_and(|row| row.starts_with("3,")), "{}", more.body);
    let posting = &house.get("/v1/payments/T9").json()["postings"][1];
    assert_eq!(posting["undone_because"], "it was for another invoice", "{posting}");
    let journal = house.get("/v1/journal").json().to_string();
    assert!(journal.contains("it was for another invoice"), "{journal}");
    let shown = house.says(&["cash", "show", "T9"]);
    for words in [
        "1. nothing explains it",
        "2. decided by a person",
        "taken back: it was for another invoice",
        "I1                      60.00",
        "to apply the 60.00 that wait: entrepot cash apply 4711:BT9:credit --to NUMBER=AMOUNT --dry-run",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    let again = house.post("/v1/payments/T9/applications", Some("second"), &to);
    assert_eq!(again.json()["outcome"], "applied", "{}", again.body);
    let trained = house.post("/v1/ranking/actions", Some("train"), &json!({"action": "train"}));
    let ranking = house.get("/v1/ranking");
    match trained.status {
        200 => assert!(ranking.json()["weights"]["reference"].is_number(), "{}", ranking.body),
        _ => assert_eq!(ranking.problem().0, 404, "{}", trained.body),
    }
}

/// What `cash`, `match`, `journal` and `payments` show on the command line is asked for here as well.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_command_line_shows_is_here_as_well() {
    let house = House::start("").await;
    // A remittance without its money.
    let folder = house.root.path().join("data/in/acme");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(".820"), ADVICE).unwrap();
    std::fs::rename(folder.join(".820"), folder.join("820.edi")).unwrap();
    let item = json!({"party": "acme", "number": "100234", "amount": "1000.00", "date": "2026-03-01"});
    assert_eq!(house.post("/v1/open-items", None, &item).json()["outcome"], "applied");
    let mut advices = house.get("/v1/advices?party=acme").json();
    for _ in 0..1000 {
        if advices["items"][0].is_object() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        advices = house.get("/v1/advices?party=acme").json();
    }
    let advice = &advices["items"][0];
    assert_eq!((&advice["number"], &advice["amount"]), (&json!("T77"), &json!("1000.00")), "{advices}");
    assert_eq!(advice["items"][0]["reference"], "100234", "{advices}");
    assert_eq!(house.get("/v1/advices?party=nobody").problem().0, 404);
    assert_eq!(house.bank(&bai2("T77", "1000.00")).json()["outcome"], "applied");
    assert_eq!(house.get("/v1/advices").json()["items"], json!([]), "its money has come");
    assert_eq!(house.get("/v1/advices?all=true").json()["items"][0]["number"], "T77");
    assert_eq!(house.get("/v1/payments?party=acme").json()["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(house.get("/v1/payments?party=nobody").problem().0, 404);

    // A supplier's invoice that is held, goods that nobody billed, what a run would pay, what keeps the month open.
    let order = json!({"partner": "acme", "side": "purchase", "order": {"kind": "order", "number": "7001",
        "date": "2026-03-02", "type": "stand_alone", "purpose": "original", "lines": [
        {"number": "1", "quantity": "100", "unit": "EA", "price": "10.00", "ids": [{"qualifier": "VN", "id": "W1"}]}
    ]}});
    assert_eq!(house.post("/v1/orders", None, &order).status, 200);
    let receipt = json!({"order": "7001", "number": "R1", "lines": [{"line": "1", "received": "100"}]});
    assert_eq!(house.post("/v1/receipts", None, &receipt).status, 200);
    let open = house.get("/v1/received-not-invoiced?partner=acme").json();
    assert_eq!((&open["items"][0]["open"], &open["items"][0]["owner"]), (&json!("1000.00"), &json!("ap")), "{open}");
    let invoice = json!({"order": "7001", "side": "purchase", "number": "I9", "total": "1100.00",
        "lines": [{"line": "1", "quantity": "100", "price": "11.00"}]});
    assert_eq!(house.post("/v1/invoices", Some("i9"), &invoice).status, 200);
    let held = house.get("/v1/match-results").json();
    let row = &held["items"][0];
    assert_eq!((&row["number"], &row["standing"]), (&json!("I9"), &json!("held")), "{held}");
    assert_eq!((&row["holds"][0]["kind"], &row["holds"][0]["money"]), (&json!("PRICE"), &json!("100.00")), "{held}");
    assert_eq!(house.get("/v1/match-results?number=I9&partner=acme").json()["items"][0]["number"], "I9");
    assert_eq!(house.get("/v1/match-results?number=I8").json()["items"], json!([]));
    let proposal = house.get("/v1/payment-proposal?through=2027-12-31").json();
    assert_eq!((&proposal["payments"], &proposal["left_out"][0]["number"]), (&json!([]), &json!("I9")), "{proposal}");
    assert_eq!(house.get("/v1/payment-proposal?worth=much").problem().2, ["?worth"]);
    // What came later than a day is no matter of its period.
    let before = house.get("/v1/journal/open?on=2026-03-31").json().to_string();
    assert!(!before.contains("received, not invoiced"), "{before}");
    let unfinished = house.get("/v1/journal/open?on=2999-12-31").json().to_string();
    assert!(unfinished.contains("received, not invoiced") && unfinished.contains("invoice that waits"), "{unfinished}");

    // Whose an unknown payer's money was makes its name known, until somebody forgets it.
    let who =
        "<NtryDtls><TxDtls><RltdPties><Dbtr><Pty><Nm>BLUE TREASURY</Nm></Pty></Dbtr></RltdPties></TxDtls></NtryDtls>";
    let named = camt().replace("</AcctSvcrRef></Ntry>", &format!("</AcctSvcrRef>{who}</Ntry>"));
    assert!(house.bank(&named).status < 300);
    let item = json!({"party": "acme", "number": "100235", "amount": "70.00", "date": "2026-03-01"});
    assert_eq!(house.post("/v1/open-items", None, &item).json()["outcome"], "applied");
    let to = json!({"to": [{"item": "100235", "amount": "70.00"}]});
    let waits = house.get("/v1/payments?open=true").json();
    let payment = waits["items"][0]["fact"]["id"].as_str().unwrap_or_else(|| panic!("{waits}"));
    let applied = house.post(&format!("/v1/payments/{payment}/applications"), Some("a1"), &to);
    assert_eq!(applied.json()["outcome"], "applied", "{}", applied.body);
    let names = house.get("/v1/payer-names").json();
    let name = names["items"][0]["name"].as_str().unwrap_or_else(|| panic!("{names}")).to_owned();
    assert_eq!(names["items"][0]["customers"], json!(["acme"]), "{names}");
    let forgotten = house.post("/v1/payer-names/forgotten", Some("f1"), &json!({"name": name}));
    assert_eq!(forgotten.json()["outcome"], "applied", "{}", forgotten.body);
    assert_eq!(house.get("/v1/payer-names").json()["items"], json!([]));
    assert_eq!(house.post("/v1/payer-names/forgotten", Some("f2"), &json!({"name": name})).problem().1, "refused");
}

/// A remittance of 1,000.00 for one invoice.
const ADVICE: &str = "ISA*00*          *00*          *ZZ*ACME           *ZZ*HOUSE          *260302*1200*U*00401*000000001*0*P*>~\
    GS*RA*ACME*HOUSE*20260302*1200*1*X*004010~ST*820*0001~BPR*I*1000.00*C*ACH*CTX***********20260302~TRN*1*T77~\
    N1*PR*ACME RETAIL~ENT*1~RMR*IV*100234**1000.00*1000.00~SE*7*0001~GE*1*1~IEA*1*000000001~";

const BYTES: [(&str, &str); 1] = [("Content-Type", "application/octet-stream")];

impl House {
    fn bank(&self, file: &str) -> Said {
        self.ask("POST", "/v1/bank-statements", &BYTES, Some(file))
    }
}

fn bai2(trace: &str, amount: &str) -> String {
    bai2_of(&[(trace, amount)])
}

/// A statement with one account and these credits; the bank's own reference follows from the trace.
fn bai2_of(credits: &[(&str, &str)]) -> String {
    let cents = |amount: &str| amount.replace('.', "").parse::<u64>().unwrap();
    let sum: u64 = credits.iter().map(|(_, amount)| cents(amount)).sum();
    let entries: String = credits
        .iter()
        .map(|(trace, amount)| format!("16,142,{},Z,B{trace},{trace},SOMEBODY/\n", cents(amount)))
        .collect();
    let records = credits.len() + 2;
    format!(
        "01,BANK,US,260305,0800,1,80,,2/\n02,US,021000021,1,260304,,USD,2/\n03,4711,USD,010,0,,,015,0,,/\n{entries}\
         49,{sum},{records}/\n98,{sum},1,{}/\n99,{sum},1,{}/\n",
        records + 2,
        records + 4
    )
}

/// Two credits, of which the second has no date.
fn camt() -> String {
    let entry = |reference: &str, date: &str| {
        format!(
            "<Ntry><NtryRef>{reference}</NtryRef><Amt Ccy=\"USD\">70.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>\
             {date}<AcctSvcrRef>{reference}</AcctSvcrRef></Ntry>"
        )
    };
    let dated = "<BookgDt><Dt>2026-03-05</Dt></BookgDt>";
    let entries = entry("N1", dated) + &entry("N2", "");
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.054.001.08\"><BkToCstmrDbtCdtNtfctn><GrpHdr><MsgId>M1</MsgId>\
         <CreDtTm>2026-03-05T08:00:00</CreDtTm></GrpHdr><Ntfctn><Id>S1</Id><Acct><Id><Othr><Id>4711</Id></Othr></Id>\
         <Ccy>USD</Ccy></Acct>{entries}</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>"
    )
}
