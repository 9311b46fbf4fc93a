//! Every story in `tests/journeys` comes out as told.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use entrepot::process::ExceptionKind;
use entrepot::process::exception::Means;
use entrepot::story::{self, Played};

fn paths() -> Vec<PathBuf> {
    // The tables' rows, the types of exceptions and what other systems send stand in folders of their own.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/journeys");
    let folders = ["", "rows", "exceptions", "sent", "strangers"].map(|folder| root.join(folder));
    let mut paths: Vec<PathBuf> = folders
        .iter()
        .flat_map(|folder| fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "journey"))
        .collect();
    paths.sort();
    paths
}

/// Every type of exception with every ruling that is suggested for it, on every case that any story opens: what is suggested
/// is accepted when somebody takes it.
#[tokio::test(flavor = "multi_thread")]
async fn every_suggestion_of_every_case_is_accepted_when_taken() {
    let only = std::env::var("ENTREPOT_JOURNEY").ok();
    let mut refused = String::new();
    let mut walked = BTreeSet::new();
    for path in paths() {
        let name = path.display().to_string();
        if only.as_ref().is_some_and(|only| !name.contains(only)) {
            continue;
        }
        let story = story::read(&name, &fs::read_to_string(&path).unwrap()).expect("a story that can be read");
        for taken in story::walk(&story).await.expect("a story that can be played") {
            if let Some((case, why)) = taken.refused {
                writeln!(
                    refused,
                    "{name}: {} is suggested for {}, {case}, and refused: {why}",
                    taken.words, taken.kind
                )
                .unwrap();
            }
            walked.insert((taken.kind, taken.words));
        }
    }
    assert!(refused.is_empty(), "{refused}");
    if only.is_none() {
        let all = ExceptionKind::ALL.iter().flat_map(|kind| {
            let ruled = kind.actions().iter().filter(|action| action.means != Means::Elsewhere);
            ruled.map(|action| (kind.as_str().to_owned(), action.words))
        });
        let missing: Vec<_> = all.filter(|wanted| !walked.contains(wanted)).collect();
        assert!(missing.is_empty(), "no story opens a case for these: {missing:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_journey_comes_out_as_told() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let only = std::env::var("ENTREPOT_JOURNEY").ok();
    let mut told = String::new();
    for path in paths() {
        let name = path.strip_prefix(root).unwrap().display().to_string();
        if only.as_ref().is_some_and(|only| !name.contains(only)) {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        match story::read(&name, &text) {
            Ok(story) => match story::play(&story).await {
                Ok(played) => differs(&played, &mut told),
                Err(why) => writeln!(told, "{name} cannot be played: {why}").unwrap(),
            },
            Err(mistakes) => mistakes.iter().for_each(|mistake| {
                writeln!(told, "{}", mistake.render(&text, false)).unwrap();
            }),
        }
    }
    assert!(told.is_empty(), "{told}");
}

/// What is told of one order from all sides, in orders of arrival that are drawn: at each the program is stopped after every
/// write of one of them, starts again, and comes to the same. All orders are walked in `process/tests`, without stops.
#[tokio::test(flavor = "multi_thread")]
async fn orders_of_arrival_end_alike_where_the_program_is_stopped() {
    const TOLD: [&str; 7] = [
        "from acme 850 number=4501 lines=\"1: 100 EA W1 @ 10.00\"",
        "from acme 860 order=4501 sequence=1 lines=\"1: 90 EA W1 @ 10.00\"",
        "api erp accept order=4501",
        "api wms ship order=4501 shipment=S1 lines=\"1: 90\"",
        "api erp invoice order=4501 number=I1 shipment=S1",
        "from acme 861 order=4501 shipment=S1 number=R1 lines=\"1: 90\"",
        "from acme 820 trace=T1 amount=900.00 items=\"IV I1 paid=900.00\"",
    ];
    let drawn = std::env::var("ENTREPOT_ORDERS_DRAWN").ok().and_then(|text| text.parse().ok()).unwrap_or(6_usize);
    let mut seed = 0x9E37_79B9_u64;
    let mut below = |count: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap_or_default() % count
    };
    let mut told = String::new();
    for _ in 0..drawn {
        let mut order: Vec<usize> = (0..TOLD.len()).collect();
        (1..order.len()).rev().for_each(|at| order.swap(at, below(at + 1)));
        let stopped = below(TOLD.len());
        let again = below(TOLD.len());
        let mut text = String::from(
            "journey \"orders of arrival\"\nclock 2026-03-02T09:00 America/Chicago\ngiven we are sell HELDCO\n\
             given partner acme maps x12/004010 answers 997 855 865\ngiven policy invoice when=on_request\n",
        );
        for at in &order {
            let sentence = TOLD[*at];
            let _ = match *at == stopped {
                true => writeln!(text, "kill {{\n  {sentence}\n}}"),
                false => writeln!(text, "{sentence}"),
            };
        }
        let _ = writeln!(
            text,
            "{}\nthen order 4501 line 1 ordered=90 accepted=90 shipped=90 received=90 invoiced=90\n\
             then order 4501 advised=900.00\nthen sent acme 855\nthen sent acme 856 shipment=S1\nthen nothing parked\n\
             then journal balanced",
            TOLD[again]
        );
        match story::read("drawn", &text) {
            Ok(story) => match story::play(&story).await {
                Ok(played) => differs(&played, &mut told),
                Err(why) => writeln!(told, "{text} cannot be played: {why}").unwrap(),
            },
            Err(mistakes) => panic!("{text}: {mistakes:?}"),
        }
        assert!(told.is_empty(), "{text}\n{told}");
    }
}

fn differs(played: &Played, told: &mut String) {
    for difference in &played.differences {
        let place = format!("{}:{}", played.file, difference.line);
        writeln!(told, "{place}: {} {}", difference.sentence, difference.run.join(", ")).unwrap();
        difference.found.iter().for_each(|found| writeln!(told, "  found: {found}").unwrap());
    }
    for line in played.differences.last().iter().flat_map(|last| &last.trail) {
        writeln!(told, "    {line}").unwrap();
    }
}

/// The rows of the event tables and of what comes out of order, each with the story that tells it.
const ROWS: &[(&str, &str)] = &[
    ("S1 order", "rows/sale-s1"),
    ("S2 hold", "rows/sale-s2"),
    ("S3 release", "rows/sale-s3"),
    ("S4 decision", "rows/sale-s4"),
    ("S5 change", "rows/sale-s5"),
    ("S6 cancellation", "rows/sale-s6"),
    ("S7 shipment", "rows/sale-s7"),
    ("S8 notice rejected", "rows/sale-s8"),
    ("S9 invoice", "rows/sale-s9"),
    ("S10 receipt advised", "rows/sale-s10"),
    ("S11 invoice disputed", "rows/sale-edifact-disputed"),
    ("S12 remittance", "rows/sale-remit"),
    ("S13 return and credit", "rows/sale-s13"),
    ("T1 answer due", "rows/sale-t1"),
    ("T2 notice due", "rows/sale-t2"),
    ("T3 acknowledgement overdue", "rows/sale-t3"),
    ("T4 cancel date passed", "rows/sale-t4"),
    ("B1 order leaves", "rows/buy-1"),
    ("B2 answer accepts", "rows/buy-answer-after-notice"),
    ("B3 answer differs", "rows/buy-3"),
    ("B4 no answer", "rows/buy-4"),
    ("B5 change", "rows/buy-5"),
    ("B6 notice", "rows/buy-6"),
    ("B7 receipt", "rows/buy-7"),
    ("B8 invoice", "rows/buy-8"),
    ("B9 approval", "rows/duties-payment"),
    ("B10 payment", "rows/buy-10"),
    ("B11 return, B12 credit", "rows/buy-11"),
    ("the same again", "rows/sale-dup"),
    ("the same number, another content", "conflict"),
    ("replaced too late", "rows/sale-replace-late"),
    ("change before order", "change-before-order"),
    ("notice before order", "rows/buy-shipment-two-orders"),
    ("invoice before receipt", "invoice-first"),
    ("shipment before order", "rows/sale-early"),
    ("shipment whose order never comes", "early-shipment-expires"),
    ("gap in changes", "rows/sale-gap"),
    ("gap that stays", "rows/sale-gap-expires"),
    ("notice after receipt", "rows/buy-notice-after-goods"),
    ("answer after notice", "rows/buy-answer-after-notice"),
    ("invoice for a cancelled line", "rows/buy-invoice-for-cancelled"),
];

/// The stories themselves are played by the test above; this one holds that each row has one that looks at something.
#[test]
fn every_row_of_the_tables_has_a_story() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/journeys");
    let lacking = ROWS.iter().filter(|(_, story)| {
        let text = fs::read_to_string(folder.join(format!("{story}.journey"))).unwrap_or_default();
        !text.lines().any(|line| line.starts_with("then "))
    });
    let lacking: Vec<&str> = lacking.map(|(row, _)| *row).collect();
    assert!(lacking.is_empty(), "no story tells of {lacking:?}");
}

/// Each type of exception is opened by what happens, tried, and settled in a story: what can be done about it is suggested,
/// what that would do is told, and then it is done. The stories themselves are played by the first test.
#[test]
fn every_exception_type_has_a_story() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/journeys/exceptions");
    let stories: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap()).collect();
    let told = |kind: &ExceptionKind| stories.iter().any(|story| tells_of(story, kind.as_str()));
    let lacking: Vec<&str> = ExceptionKind::ALL.iter().filter(|kind| !told(kind)).map(|kind| kind.as_str()).collect();
    assert!(lacking.is_empty(), "no story opens, tries and settles {lacking:?}");
}

/// Whether a story opens a case of this type with what is suggested, then tries something, and then finds it settled.
fn tells_of(story: &str, kind: &str) -> bool {
    let of_kind = |line: &str| line.starts_with("then exception ") && line.contains(&format!("type={kind} "));
    let lines: Vec<String> = story.lines().map(|line| format!("{line} ")).collect();
    let after = |from: usize, is: &dyn Fn(&str) -> bool| {
        lines.iter().skip(from).position(|line| is(line)).map(|at| from + at + 1)
    };
    let opened = after(0, &|line| of_kind(line) && line.contains("suggests="));
    let tried = opened.and_then(|from| after(from, &|line| line.starts_with("then would ")));
    tried.and_then(|from| after(from, &|line| of_kind(line) && line.contains("state=resolved"))).is_some()
}
