//! The books from the command line beside a running daemon: a bank's file, tried and taken, once; entries out; the proof.

use std::process::{Command, Output};

use crate::house::House;

/// A credit of 1,000.00 and the same money taken back.
const STATEMENT: &str = "01,BANK,US,260305,0800,1,80,,2/\n02,US,021000021,1,260304,,USD,2/\n03,4711,USD,010,0,,,015,0,,/\n\
    16,142,100000,Z,B1,T1,ACME PAYMENT/\n16,555,100000,S,0,0,100000,B3,T1,RETURNED/\n49,200000,4/\n98,200000,1,6/\n\
    99,200000,1,8/\n";

#[test]
fn a_bank_file_is_tried_then_taken_once_and_the_books_balance() {
    let house = House::new(None);
    let running = house.start();
    house.write("bank.txt", STATEMENT);
    let file = house.root.path().join("bank.txt").display().to_string();

    let tried = said(&entrepot(&house, &["cash", "take", &file, "--dry-run"]));
    assert!(tried.contains("would post Dr Cash 1000.00, Cr Unapplied 1000.00"), "{tried}");
    assert_eq!(said(&entrepot(&house, &["journal"])), "nothing is posted yet\n", "a trial leaves nothing");

    let taken = said(&entrepot(&house, &["cash", "take", &file]));
    assert!(taken.contains("posted Dr Unapplied 1000.00, Cr Cash 1000.00"), "the return mirrors: {taken}");
    let again = said(&entrepot(&house, &["cash", "take", &file]));
    assert!(again.contains("here before"), "{again}");

    let csv = said(&entrepot(&house, &["journal", "--as", "csv"]));
    assert_eq!(csv.lines().count(), 5, "a head and two legs for each of two entries: {csv}");
    let listed = said(&entrepot(&house, &["cash", "list"]));
    assert!(listed.contains("taken back"), "{listed}");
    let verified = said(&entrepot(&house, &["verify"]));
    assert!(verified.contains("2 entries balance"), "{verified}");
    assert!(!entrepot(&house, &["cash", "undo", "T1"]).status.success(), "nothing of it is applied");

    house.write("broken.txt", "01,BANK,US\n");
    let broken = house.root.path().join("broken.txt").display().to_string();
    let refused = entrepot(&house, &["cash", "take", &broken]);
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("nothing was taken"), "{refused:?}");
    drop(running);
}

/// The bank's folder moves money, anybody else's does not; a file that comes again books nothing.
#[test]
fn a_statement_comes_by_a_door() {
    let house = House::new(None);
    house.write("catalogue/partners/bank.toml", "name = \"Our bank\"\nbank = true\n");
    house.write("catalogue/partners/acme.toml", "name = \"Acme\"\n");
    let running = house.start();
    let journal = || said(&entrepot(&house, &["journal"]));
    house.drop_file("in/acme", "forged.txt", STATEMENT);
    let held = house.root.path().join("data/error");
    let why = wait_for(|| {
        let files = walk(&held);
        files
            .into_iter()
            .find_map(|path| std::fs::read_to_string(path).ok().filter(|text| text.contains("no bank of ours")))
    });
    assert!(why.contains("bank = true"), "{why}");
    assert_eq!(journal(), "nothing is posted yet\n");

    house.drop_file("in/bank", "statement.txt", STATEMENT);
    wait_for(|| journal().contains("Dr Unapplied 1000.00, Cr Cash 1000.00").then_some(()));
    assert_eq!(journal().lines().count(), 2, "a credit and its return");
    house.drop_file("in/bank", "again.txt", STATEMENT);
    let archived = house.root.path().join("data/archive");
    wait_for(|| walk(&archived).iter().any(|path| path.to_string_lossy().contains("again")).then_some(()));
    assert_eq!(journal().lines().count(), 2);
    drop(running);
}

/// Three bookings, the second with a day that is none; then one under a reference that is known, with another amount.
#[test]
fn an_entry_that_is_no_booking_is_told_and_hides_no_other() {
    let house = House::new(None);
    house.write("catalogue/partners/bank.toml", "name = \"Our bank\"\nbank = true\n");
    let running = house.start();
    let entry = |amount: &str, day: &str, reference: &str| {
        format!(
            "<Ntry><Amt Ccy=\"USD\">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>\
             <BookgDt><Dt>{day}</Dt></BookgDt><AcctSvcrRef>{reference}</AcctSvcrRef></Ntry>"
        )
    };
    let file = |entries: &[String]| {
        format!(
            "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.054.001.08\"><BkToCstmrDbtCdtNtfctn><Ntfctn><Id>N1</Id>\
             <Acct><Id><Othr><Id>4711</Id></Othr></Id></Acct>{}</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>",
            entries.concat()
        )
    };
    let take = |name: &str, entries: &[String]| {
        house.write(name, &file(entries));
        let path = house.root.path().join(name).display().to_string();
        let taken = entrepot(&house, &["cash", "take", &path]);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (taken.status.code(), text(&taken.stdout), text(&taken.stderr))
    };
    let bad = entry("300", "9999-99-99", "H2");

    let (code, out, err) =
        take("mixed.xml", &[entry("100", "2026-03-05", "H1"), bad.clone(), entry("200", "2026-03-05", "H3")]);
    assert_eq!(code, Some(1), "{err}");
    assert!(out.contains("Cr Unapplied 100.00 USD") && out.contains("Cr Unapplied 200.00 USD"), "{out}");
    assert!(err.contains("Ntry[2]") && err.contains("is not a date") && err.contains("entry H2"), "{err}");

    let (code, out, err) = take("bad.xml", std::slice::from_ref(&bad));
    assert_eq!((code, out.as_str()), (Some(1), ""), "{err}");
    assert!(err.contains("nothing was taken"), "{err}");

    let (code, out, err) = take("two.xml", &[entry("10", "2026-03-05", "K4"), entry("25", "2026-03-05", "K4")]);
    assert_eq!(code, Some(1), "{out}{err}");
    assert!(out.contains("Cr Unapplied 10.00 USD") && err.contains("two amounts under one reference"), "{out}{err}");
    let cases = said(&entrepot(&house, &["exceptions", "--queue", "ar"]));
    assert!(cases.contains("25.00 USD"), "{cases}");

    // What is settled is told with who settled it and how; nothing is left to do about it.
    let number = cases.lines().find(|line| line.contains("25.00 USD")).and_then(|line| line.split_whitespace().next());
    let number = number.unwrap_or_else(|| panic!("{cases}"));
    assert!(!said(&entrepot(&house, &["exceptions", "show", number])).contains("settled"));
    said(&entrepot(&house, &["exceptions", "resolve", number]));
    let shown = entrepot(&house, &["exceptions", "show", number]);
    assert_eq!(shown.status.code(), Some(0));
    let shown = said(&shown);
    let told = |line: &str| line.contains("settled") && line.contains(" by ") && line.ends_with(": resolve");
    assert!(shown.lines().any(told) && !shown.contains("usual") && shown.contains("25.00"), "{shown}");

    house.drop_file("in/bank", "mixed.xml", &file(&[bad, entry("400", "2026-03-05", "H4")]));
    wait_for(|| said(&entrepot(&house, &["journal"])).contains("Cr Unapplied 400.00 USD").then_some(()));
    let cases = said(&entrepot(&house, &["exceptions", "--queue", "ar"]));
    assert!(cases.contains("entry H2"), "{cases}");
    assert!(entrepot(&house, &["verify"]).status.success());
    drop(running);
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

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.flat_map(|entry| if entry.path().is_dir() { walk(&entry.path()) } else { vec![entry.path()] }).collect()
}

fn entrepot(house: &House, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_entrepot"));
    command.args(args).arg("--config").arg(house.settings()).output().expect("the program runs")
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
