//! A finance clerk's way through the books from the command line: words for what is written wrongly, exports that another
//! system takes over, figures with what they are made of, and what people decide.

use std::process::{Command, Output};

use crate::house::House;

/// Credits of one day: amount in cents, reference, who paid.
fn bank(entries: &[(u32, &str, &str)]) -> String {
    let sum: u32 = entries.iter().map(|(amount, ..)| amount).sum();
    let lines: String = entries
        .iter()
        .map(|(amount, reference, who)| format!("16,142,{amount},Z,B{reference},{reference},{who}/\n"))
        .collect();
    let (count, all) = (entries.len() + 2, entries.len() + 4);
    format!(
        "01,BANK,US,260305,0800,1,80,,2/\n02,US,021000021,1,260304,,USD,2/\n03,4711,USD,010,0,,,015,0,,/\n{lines}\
         49,{sum},{count}/\n98,{sum},1,{all}/\n99,{sum},1,{}/\n",
        all + 2
    )
}

/// The same as a camt.054, which says who paid.
fn notification(entries: &[(u32, &str, &str)]) -> String {
    let entry = |(amount, reference, who): &(u32, &str, &str)| {
        let amount = format!("<Amt Ccy=\"USD\">{}.{:02}</Amt>", amount / 100, amount % 100);
        format!(
            "<Ntry>{amount}<CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-03-05</Dt></BookgDt>\
             <AcctSvcrRef>B{reference}</AcctSvcrRef><NtryDtls><TxDtls><Refs><EndToEndId>{reference}</EndToEndId></Refs>\
             {amount}<CdtDbtInd>CRDT</CdtDbtInd><RltdPties><Dbtr><Pty><Nm>{who}</Nm></Pty></Dbtr></RltdPties></TxDtls>\
             </NtryDtls></Ntry>"
        )
    };
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.054.001.08\"><BkToCstmrDbtCdtNtfctn><Ntfctn><Id>N1</Id>\
         <Acct><Id><Othr><Id>4711</Id></Othr></Id></Acct>{}</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>",
        entries.iter().map(entry).collect::<String>()
    )
}

#[test]
fn what_is_written_wrongly_is_told_as_it_should_be_written() {
    let house = House::new(None);
    let running = house.start();
    for (args, words) in [
        (&["kpi", "--from", "2026-02-30"][..], "a day is written 2026-03-31"),
        (&["kpi", "--from", "2026-03-02", "--to", "2026-03-01"], "is before the first"),
        (&["kpi", "--partner", "acne"], "did you mean acme?"),
        (&["kpi", "dso_bst_possible"], "did you mean dso_best_possible?"),
        (&["journal", "--after", "x"], "entries are counted from 1"),
        (&["journal", "--limit", "0"], "it is written 100"),
        (&["journal", "taken", "7"], "the journal ends at 0"),
        (&["journal", "close", "03/2026"], "write 2026-02, or its last day 2026-02-28"),
        (&["open-items", "--aged", "--on", "1.3.2026"], "a day is written 2026-03-31"),
        (&["open-items", "acne"], "did you mean acme?"),
        (&["cash", "advices", "acne"], "did you mean acme?"),
        (&["match", "grni", "acne"], "did you mean acme?"),
        (&["match", "list", "acne"], "did you mean acme?"),
        (&["payments", "propose", "--worth", "much"], "it is written 10 or 7.5"),
        (&["payments", "propose", "--currency", "dollars"], "is no currency"),
        (&["cash", "forget", "ACME"], "nobody was made known by ACME"),
        (&["cash", "apply", "T1", "--to", "100234"], "as in 100241=1000.00"),
    ] {
        let told = entrepot(&house, args);
        let said = String::from_utf8_lossy(&told.stderr);
        assert_eq!(told.status.code(), Some(2), "{args:?}: {said}");
        assert!(said.contains(words), "{args:?}: {said}");
    }
    for (args, words) in [
        (&["open-items", "--aged"][..], "nothing is open"),
        (&["cash", "list", "acme"], "no payment has come"),
        (&["cash", "names"], "nobody was made known by another name"),
        (&["match", "grni", "acme"], "all that was received has been invoiced"),
        (&["payments", "propose"], "nothing in USD would be paid"),
        (&["journal"], "nothing is posted yet"),
    ] {
        let told = said(&entrepot(&house, args));
        assert!(told.contains(words), "{args:?}: {told}");
    }
    drop(running);
}

/// The chart is ours, every line of the export has its position, and what was taken over is not shown as new.
#[test]
fn another_systems_books_take_the_journal_over() {
    let house = House::new(None);
    let us = std::fs::read_to_string(house.root.path().join("catalogue/partners/us.toml")).unwrap();
    let chart = "[chart]\ncash = \"181000 House bank\"\nunapplied = \"170000\"\n";
    house.write("catalogue/partners/us.toml", &format!("{us}{chart}"));
    let running = house.start();
    house.write("bank.txt", &bank(&[(1_000, "T1", "ACME"), (2_000, "T2", "ACME")]));
    let file = house.root.path().join("bank.txt").display().to_string();
    let taken = said(&entrepot(&house, &["cash", "take", &file]));
    assert!(taken.contains("posted Dr House bank 10.00, Cr Unapplied 10.00 USD"), "{taken}");

    let csv = said(&entrepot(&house, &["journal", "--as", "csv", "--new"]));
    let lines: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(lines.len(), 5, "{csv}");
    assert_eq!((lines[0][0], lines[0][4], lines[0][5]), ("position", "number", "account"));
    assert_eq!((lines[1][0], lines[1][4], lines[1][5]), ("1", "181000", "House bank"));
    assert_eq!((lines[4][0], lines[4][4], lines[4][5]), ("2", "170000", "Unapplied"));

    let tried = said(&entrepot(&house, &["journal", "taken", "1", "--dry-run"]));
    assert!(tried.contains("would be taken over up to 1"), "{tried}");
    assert!(said(&entrepot(&house, &["journal", "taken", "1"])).contains("taken over up to 1"));
    assert!(said(&entrepot(&house, &["journal", "taken", "1"])).contains("taken over before"));
    let json = said(&entrepot(&house, &["journal", "--as", "json", "--new"]));
    let [entry] = json.lines().collect::<Vec<_>>()[..] else { panic!("{json}") };
    let entry: serde_json::Value = serde_json::from_str(entry).unwrap();
    assert_eq!((entry["position"].as_u64(), entry["legs"][0]["number"].as_str()), (Some(2), Some("181000")));
    let first = entrepot(&house, &["journal", "--limit", "1"]);
    assert!(String::from_utf8_lossy(&first.stderr).contains("entrepot journal --after 1"), "{first:?}");
    drop(running);
}

/// A person says whose a payment was: the name is known from then on, in the trail, and forgotten when somebody says so.
#[test]
fn a_decision_makes_a_payers_name_known() {
    let house = House::new(None);
    let running = house.start();
    let take = |name: &str, entries: &[(u32, &str, &str)]| {
        house.write(name, &notification(entries));
        said(&entrepot(&house, &["cash", "take", &house.root.path().join(name).display().to_string()]))
    };
    for (number, amount) in [("100234", "10.00"), ("100235", "20.00"), ("100236", "30.00")] {
        owed(&house, number, amount);
    }
    take("a.txt", &[(1_000, "T1", "BLUE TREASURY LLC")]);
    let tried = said(&entrepot(&house, &["cash", "apply", "T1", "--to", "100234=10.00", "--dry-run"]));
    assert!(tried.contains("nothing was changed"), "{tried}");
    assert!(said(&entrepot(&house, &["cash", "names"])).contains("nobody was made known"), "a trial teaches nothing");
    said(&entrepot(&house, &["cash", "apply", "T1", "--to", "100234=10.00"]));
    let names = said(&entrepot(&house, &["cash", "names"]));
    assert!(names.contains("BLUE TREASURY LLC") && names.contains("acme"), "{names}");
    let trail = said(&entrepot(&house, &["audit", "list", "--format", "json"])).replace('\\', "");
    assert!(
        trail.contains("\"payer_name\":\"BLUE TREASURY LLC\"") && trail.contains("\"known_as\":[\"acme\"]"),
        "{trail}"
    );

    let known = take("b.txt", &[(2_000, "T2", "Blue Treasury, LLC")]);
    assert!(known.contains("Cr Unapplied 20.00"), "{known}");
    assert!(said(&entrepot(&house, &["cash", "list", "acme"])).contains("20.00"), "it is acme's money");

    let would = said(&entrepot(&house, &["cash", "forget", "blue treasury llc", "--dry-run"]));
    assert!(would.contains("would be forgotten"), "{would}");
    said(&entrepot(&house, &["cash", "forget", "blue treasury llc"]));
    assert!(said(&entrepot(&house, &["cash", "names"])).contains("nobody was made known"));
    take("c.txt", &[(3_000, "T3", "BLUE TREASURY LLC")]);
    let asked = said(&entrepot(&house, &["cash", "show", "T3"]));
    assert!(asked.contains("nobody is known by BLUE TREASURY LLC"), "{asked}");
    drop(running);
}

/// A bank's statement that says nothing, one by somebody who is no bank, and an invoice that breaks its rules where no answer
/// is agreed: each lies with a desk and a time, says what to do, and is closed when it is done.
#[test]
fn what_moves_no_money_has_an_owner_until_it_is_dealt_with() {
    let house = House::new(None);
    house.write("catalogue/partners/bank.toml", "name = \"Our bank\"\nbank = true\n");
    house.write("catalogue/partners/nordwind.toml", "name = \"Nordwind\"\n[edifact]\nid = \"NORDWIND:14\"\n");
    let running = house.start();
    let sound = bank(&[(1_000, "T1", "ACME")]);
    house.drop_file("in/bank", "broken.txt", &sound.replace("99,1000,1,7/", "99,9999,1,7/"));
    house.drop_file("in/nordwind", "forged.txt", &sound);
    house.drop_file("in/nordwind", "broken.edi", BROKEN);
    let held = |what: &str| {
        wait_for(|| {
            let text = said(&entrepot(&house, &["exceptions", "--format", "json"]));
            let rows: Vec<serde_json::Value> =
                text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
            rows.into_iter().find(|row| row.to_string().contains(what))
        })
    };
    let broken = held("broken.txt");
    assert_eq!(
        (broken["queue"].as_str(), broken["kind"].as_str()),
        (Some("support"), Some("statement_refused")),
        "{broken}"
    );
    assert!(broken["due"].is_string(), "it has a time: {broken}");
    let forged = held("forged.txt");
    assert_eq!(forged["kind"], "statement_refused", "{forged}");
    let rejected = held("nobody has told its sender");
    assert_eq!(
        (rejected["queue"].as_str(), rejected["kind"].as_str()),
        (Some("support"), Some("document_rejected")),
        "{rejected}"
    );
    assert_eq!(said(&entrepot(&house, &["journal"])), "nothing is posted yet\n", "none of them moved money");
    for fault in ["statement-refused", "document-rejected"] {
        let told = said(&entrepot(&house, &["explain", fault]));
        assert!(told.len() > 80, "{told}");
    }
    // Somebody has dealt with it: it is no case any more.
    for case in [&broken, &forged, &rejected] {
        let id = case["work"].as_str().unwrap_or_else(|| panic!("{case}"));
        said(&entrepot(&house, &["exceptions", "resolve", id]));
    }
    let rest = said(&entrepot(&house, &["exceptions"]));
    assert!(!rest.contains("refused") && !rest.contains("rejected"), "{rest}");
    drop(running);
}

/// An invoice whose count of segments is wrong.
const BROKEN: &str = "UNB+UNOC:3+NORDWIND:14+HOUSE:14+260305:0800+1'UNH+1+INVOIC:D:96A:UN'BGM+380+I1+9'DTM+137:20260305:102'\
     UNS+S'MOA+77:100'UNT+99+1'UNZ+1+1'";

fn owed(house: &House, number: &str, amount: &str) {
    let body =
        format!("{{\"party\":\"acme\",\"number\":\"{number}\",\"amount\":\"{amount}\",\"date\":\"2026-03-01\"}}");
    let said = crate::api::house::ask(house.address(), "POST", "/v1/open-items", &[], Some(&body));
    assert_eq!(said.status, 200, "{}", said.body);
}

fn wait_for<T>(mut look: impl FnMut() -> Option<T>) -> T {
    // A busy machine takes its time.
    for _ in 0..2400 {
        if let Some(found) = look() {
            return found;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("it does not come");
}

fn entrepot(house: &House, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_entrepot"));
    command.args(args).arg("--config").arg(house.settings()).output().expect("the program runs")
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
