//! What the reader makes of documents, one line per case: events on the left of `!` and `~`, findings and repairs
//! behind.

use super::*;
use crate::wire::Syntax;

const ISA: &str =
    "ISA*00*          *00*          *ZZ*BUYER          *ZZ*SELLER         *240115*1030*U*00401*000000001*0*P*>~";
const GS: &str = "GS*PO*BU*SE*20240115*1030*1*X*004010~";
const SET: &str = "ST*850*0001~BEG*00~SE*3*0001~";
const END: &str = "GE*1*1~IEA*1*000000001~";
const UNB: &str = "UNB+UNOC:3+A:14+B+240115:1030+7'";
const MESSAGE: &str = "UNH+1+ORDERS:D:96A:UN'BGM+220'UNT+3+1'";

/// What the good documents of both syntaxes read as.
const X12_READ: &str = "ISA 000000001 | GS 1 PO | 850 004010 0001 3 | GE 1 | IEA 1";
const EDIFACT_READ: &str = "UNB 7 | (group) | ORDERS D:96A:UN 1 3 | (end 1) | UNZ 1";

fn x12() -> String {
    format!("{ISA}{GS}{SET}{END}")
}

fn edifact() -> String {
    format!("{UNB}{MESSAGE}UNZ+1+7'")
}

#[test]
fn envelopes_and_sets_come_in_order() {
    check(&x12(), X12_READ);
    check(&edifact(), EDIFACT_READ);
    check(
        &format!("{ISA}TA1*000000009*240101*1200*A*000~{GS}{SET}ST*850*0002~SE*2*0002~GE*2*1~IEA*1*000000001~"),
        "ISA 000000001 | TA1 000000009 | GS 1 PO | 850 004010 0001 3 | 850 004010 0002 2 | GE 2 | IEA 1",
    );
    check(
        &format!("{UNB}UNG+ORDERS+A+B+240115:1030+5+UN+D:96A'{MESSAGE}UNE+1+5'UNZ+1+7'"),
        "UNB 7 | UNG 5 ORDERS | ORDERS D:96A:UN 1 3 | UNE 1 | UNZ 1",
    );
    check(&format!("{}{}", x12(), edifact()), &format!("{X12_READ} | {EDIFACT_READ}"));
    check("", "");
    check("no document at all", "");
}

#[test]
fn x12_delimiters_are_found() {
    let with = |from: &[char], to: &[char]| -> String {
        x12().chars().map(|c| from.iter().position(|f| *f == c).map_or(c, |n| to[n])).collect()
    };
    check(&with(&['*', '>', '~'], &['|', '^', '!']), X12_READ);
    check(&with(&['*', '>', '~'], &['\u{1d}', '\u{1f}', '\u{1c}']), X12_READ);
    check(&with(&['~'], &['\n']), X12_READ);
    check(&with(&['~'], &['\r']), X12_READ);
    check(&x12().replace('~', "\r\n"), X12_READ);
    check(&x12().replace('~', "~\n"), X12_READ);
    check(&x12().replace('~', "~\r\n"), X12_READ);
    check(&x12().replace('~', "~  \r\n\t"), &format!("{X12_READ} ~padding"));
    check(&x12().replace('~', "\u{2026}"), X12_READ);
    // Each interchange has its own.
    check(&format!("{}\n{}", x12(), with(&['*', '~'], &['|', '\n'])), &format!("{X12_READ} | {X12_READ}"));
}

#[test]
fn an_isa_of_another_width_is_repaired() {
    let narrow = "ISA*00**00**ZZ*BUYER*ZZ*SELLER*240115*1030*U*00401*000000001*0*P*";
    let rest = format!("{GS}{SET}{END}");
    let repaired = X12_READ.replacen("ISA 000000001", "ISA 000000001 ~isa-not-106", 1);
    check(&format!("{narrow}>~{rest}"), &repaired);
    check(&format!("{narrow}>~\r\n\t{rest}"), &format!("{repaired} ~padding"));
    check(&format!("{narrow}>\n{rest}").replace('~', "\n"), &repaired);
    check(&format!("{narrow}> ~{rest}"), &repaired);
    // A name that no answer could repeat is more than that.
    let long = repaired.replacen(" ~isa-not-106", " !value-too-long ISA-06 ~isa-not-106", 1);
    check(&format!("{}>~{rest}", narrow.replace("BUYER", "BUYER WITH A NAME THAT IS FAR TOO LONG")), &long);
}

#[test]
fn isa11_separates_repetitions_from_00402_on() {
    let repetition = |isa11: &str, version: &str| {
        let text = x12().replacen("*U*00401*", &format!("*{isa11}*{version}*"), 1);
        let mut reader = Reader::new(text.as_bytes(), Limits::default());
        match reader.next_event() {
            Ok(Some(Event::InterchangeOpened(i))) => i.delimiters.repetition.map(char::from),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(repetition("^", "00501"), Some('^'));
    assert_eq!(repetition("^", "00402"), Some('^'));
    assert_eq!(repetition("^", "00401"), None);
    assert_eq!(repetition("U", "00501"), None);
    assert_eq!(repetition(">", "00501"), None);
}

#[test]
fn edifact_service_characters_are_found() {
    let with = |from: &[char], to: &[char]| -> String {
        edifact().chars().map(|c| from.iter().position(|f| *f == c).map_or(c, |n| to[n])).collect()
    };
    check(&format!("UNA:+.? '{}", edifact()), EDIFACT_READ);
    check(&format!("UNA:+.? '\r\n{}", edifact().replace('\'', "'\r\n")), EDIFACT_READ);
    check(&format!("UNA:+,  '{}", edifact()), EDIFACT_READ);
    check(&format!("UNA=*.? ~{}", with(&[':', '+', '\''], &['=', '*', '~'])), EDIFACT_READ);
    check(&format!("UNA:+.? \n{}", edifact().replace('\'', "\n")), EDIFACT_READ);
    check(&format!("UNA:+.?'{}", edifact()), &EDIFACT_READ.replacen("UNB 7", "UNB 7 ~una-not-9", 1));
    check(&with(&['+', ':', '\''], &['*', '>', '~']), EDIFACT_READ);
    check(&with(&['+', ':', '\''], &['\u{1d}', '\u{1f}', '\u{1c}']), EDIFACT_READ);
}

#[test]
fn released_characters_are_data() {
    let texts = |segment: &str| {
        let text = format!("{UNB}UNH+1+ORDERS:D:96A:UN'{segment}UNT+3+1'UNZ+1+7'");
        let mut reader = Reader::new(text.as_bytes(), Limits::default());
        loop {
            if let Event::Set(_, set) = reader.next_event().unwrap().unwrap() {
                let elements = set.segment(1).elements();
                break elements
                    .map(|e| e.components().map(|c| c.text().into_owned()).collect::<Vec<_>>())
                    .collect::<Vec<_>>();
            }
        }
    };
    assert_eq!(texts("FTX+A?+B:C?:D+?'+????'"), [vec!["A+B", "C:D"], vec!["'"], vec!["??"]]);
    assert_eq!(texts("FTX+IT???'S+X??'"), [vec!["IT?'S"], vec!["X?"]]);
}

#[test]
fn what_is_tolerated_is_a_repair() {
    let opened = |repair: &str| X12_READ.replacen("ISA 000000001", &format!("ISA 000000001 ~{repair}"), 1);
    check(&format!("\u{feff}{}", x12()), &opened("byte-order-mark"));
    check(&format!("   {}", x12()), &opened("padding"));
    check(&format!("\r\n{}", x12()), X12_READ);
    check(&format!("dear sirs, {}", x12()), &opened("leading-junk"));
    check(&format!("{}\r\n", x12()), X12_READ);
    check(&format!("{}\u{1a}", x12()), &format!("{X12_READ} ~padding"));
    check(&format!("{}\0\0   \r\n", x12()), &format!("{X12_READ} ~padding"));
    check(&format!("{}goodbye", x12()), &format!("{X12_READ} ~trailing-junk"));
    // A header that junk runs into is one all the same, where it can be nothing else.
    check(&format!("{}and{}", x12(), x12()), &format!("{X12_READ} ~trailing-junk | {X12_READ}"));
    check(&format!("{}and{}", edifact(), edifact()), &format!("{EDIFACT_READ} ~trailing-junk | {EDIFACT_READ}"));
    check(&format!("{}VISA*1*2", x12()), &format!("{X12_READ} ~trailing-junk"));
    check(x12().trim_end_matches('~'), &format!("{X12_READ} ~terminator-missing"));
    check(&x12().replacen("BEG*00~", "BEG*00~~ \n~", 1), &format!("{X12_READ} ~empty-segment ~padding ~empty-segment"));
    check(
        &format!("{}\n{}", x12().trim_end_matches('~'), x12()),
        &format!("{X12_READ} ~terminator-missing | {X12_READ}"),
    );
}

#[test]
fn wrapped_files_are_unwrapped() {
    let wrap = |text: &str, column: usize, end: &str| {
        let lines: Vec<_> = text.as_bytes().chunks(column).map(|l| String::from_utf8_lossy(l).into_owned()).collect();
        lines.join(end)
    };
    let long = format!(
        "{ISA}{GS}{}GE*40*1~IEA*1*000000001~",
        (1..=40).map(|n| format!("ST*850*{n:04}~BEG*00~SE*3*{n:04}~")).collect::<String>()
    );
    let plain = read(&long);
    for column in [16, 60, 80, 106, 128] {
        for end in ["\n", "\r\n"] {
            let expected = plain.replacen("ISA 000000001", "ISA 000000001 ~line-wrapped", 1);
            assert_eq!(read(&wrap(&long, column, end)), expected, "{column}");
        }
    }
    let expected = EDIFACT_READ.replacen("UNB 7", "UNB 7 ~line-wrapped", 1);
    check(&wrap(&edifact(), 16, "\n"), &expected);
    check(&wrap(&format!("UNA:+.? '{}", edifact()), 16, "\r\n"), &expected);
    // A column may count characters.
    let umlauts = edifact().replace("BGM+220", "FTX+\u{e4}\u{f6}\u{fc}+\u{c4}").replace("UNOC:3", "UNOY:4");
    let characters: Vec<char> = umlauts.chars().collect();
    let lines: Vec<String> = characters.chunks(20).map(|l| l.iter().collect()).collect();
    check(&lines.join("\n"), &expected);
    // Lines of a layout are not a column.
    check(
        &x12().replace("BEG*00~", "BEG*00*A\nB~N1*ST*TWO\nLINES~").replace("SE*3", "SE*4"),
        &X12_READ.replace("0001 3", "0001 4"),
    );
}

#[test]
fn trailers_are_checked() {
    let x12_with = |from: &str, to: &str| x12().replacen(from, to, 1);
    let read_with = |at: &str, finding: &str| X12_READ.replacen(at, &format!("{at} !{finding}"), 1);
    check(&x12_with("SE*3", "SE*4"), &read_with("0001 3", "count-mismatch SE-01 (segment 3)"));
    check(&x12_with("SE*3", "SE*0003"), X12_READ);
    check(
        &x12_with("SE*3*0001", "SE**0001"),
        &read_with("0001 3", "count-missing SE-01 (segment 3)").replace("count-missing", "missing-count"),
    );
    check(&x12_with("SE*3*0001", "SE*3*0002"), &read_with("0001 3", "control-number-mismatch SE-02 (segment 3)"));
    check(&x12_with("GE*1*1", "GE*2*1"), &read_with("GE 1", "count-mismatch GE-01"));
    check(&x12_with("GE*1*1", "GE*1*9"), &read_with("GE 1", "control-number-mismatch GE-02"));
    check(&x12_with("IEA*1*", "IEA*3*"), &read_with("IEA 1", "count-mismatch IEA-01"));
    check(&x12_with("IEA*1*000000001", "IEA*1*1"), &read_with("IEA 1", "control-number-mismatch IEA-02"));
    check(&edifact().replace("UNZ+1", "UNZ+2"), &format!("{EDIFACT_READ} !count-mismatch UNZ-01"));
    check(
        &edifact().replace("UNT+3+1", "UNT+3+2"),
        &EDIFACT_READ.replace("1 3", "1 3 !control-number-mismatch UNT-02 (segment 3)"),
    );
}

#[test]
fn a_missing_or_stray_envelope_costs_no_neighbour() {
    check(
        &format!("{ISA}{GS}ST*850*0001~BEG*00~ST*850*0002~SE*2*0002~GE*2*1~IEA*1*000000001~"),
        "ISA 000000001 | GS 1 PO | 850 004010 0001 2 !missing-trailer SE (segment 3) | 850 004010 0002 2 | GE 2 | IEA 1",
    );
    check(
        &format!("{ISA}{GS}{SET}IEA*1*000000001~"),
        "ISA 000000001 | GS 1 PO | 850 004010 0001 3 | GE 1 !missing-trailer GE | IEA 1",
    );
    check(
        &format!("{ISA}{GS}{SET}GS*IN*BU*SE*20240115*1030*2*X*004010~GE*0*2~IEA*2*000000001~"),
        "ISA 000000001 | GS 1 PO | 850 004010 0001 3 | GE 1 !missing-trailer GE | GS 2 IN | GE 0 | IEA 2",
    );
    check(
        &format!("{ISA}{GS}{SET}{}", x12()),
        &format!(
            "ISA 000000001 | GS 1 PO | 850 004010 0001 3 | GE 1 !missing-trailer GE | IEA 1 !missing-trailer IEA | {X12_READ}"
        ),
    );
    check(
        &format!("{ISA}{GS}ST*850*0001~BEG*00~"),
        "ISA 000000001 | GS 1 PO | 850 004010 0001 2 !missing-trailer SE (segment 3) | GE 1 !missing-trailer GE | IEA 1 !missing-trailer IEA",
    );
    check(
        &format!("{ISA}{GS}SE*3*0009~N1*ST~N3*X~{SET}{END}"),
        "ISA 000000001 | GS 1 PO | 850 004010 0001 3 | GE 1 !unexpected-trailer SE !content-outside N1 | IEA 1",
    );
    check(
        &format!("{ISA}{SET}IEA*0*000000001~"),
        "ISA 000000001 | (group) !missing-envelope GS | 850 004010 0001 3 | (end 1) | IEA 1",
    );
    check(&format!("{UNB}{MESSAGE}"), "UNB 7 | (group) | ORDERS D:96A:UN 1 3 | (end 1) | UNZ 1 !missing-trailer UNZ");
    check(
        &format!("{UNB}UNH+1+ORDERS:D:96A:UN'BGM+220'{}", edifact()),
        &format!(
            "UNB 7 | (group) | ORDERS D:96A:UN 1 2 !missing-trailer UNT (segment 3) | (end 1) | UNZ 1 !missing-trailer UNZ | {EDIFACT_READ}"
        ),
    );
}

#[test]
fn sets_without_an_interchange_are_read() {
    check(MESSAGE, "UNB  !missing-envelope UNB | (group) | ORDERS D:96A:UN 1 3 | (end 1) | UNZ 1");
    check(
        &format!("UNA:+.? '{MESSAGE}"),
        "UNB  !missing-envelope UNB | (group) | ORDERS D:96A:UN 1 3 | (end 1) | UNZ 1",
    );
    check(&format!("{GS}{SET}GE*1*1~"), "ISA  !missing-envelope ISA | GS 1 PO | 850 004010 0001 3 | GE 1 | IEA 1");
    check(SET, "ISA  !missing-envelope ISA | (group) !missing-envelope GS | 850  0001 3 | (end 1) | IEA 1");
    check(
        &format!("{SET}{x}", x = x12()),
        &format!(
            "ISA  !missing-envelope ISA | (group) !missing-envelope GS | 850  0001 3 | (end 1) | IEA 1 | {X12_READ}"
        ),
    );
}

#[test]
fn numbers_are_unique_in_their_envelope() {
    check(
        &format!("{ISA}{GS}{SET}{SET}GE*2*1~GS*PO*BU*SE*20240115*1030*1*X*004010~GE*0*1~IEA*2*000000001~"),
        "ISA 000000001 | GS 1 PO | 850 004010 0001 3 | 850 004010 0001 3 !duplicate-control-number ST-02 (segment 1) | GE 2 \
         | GS 1 PO !duplicate-control-number GS-06 | GE 0 | IEA 2",
    );
    check(
        &format!("{UNB}{MESSAGE}{MESSAGE}UNZ+2+7'"),
        "UNB 7 | (group) | ORDERS D:96A:UN 1 3 | ORDERS D:96A:UN 1 3 !duplicate-control-number UNH-01 (segment 1) | (end 2) | UNZ 1",
    );
}

/// A header that lost its number is one fault, and goes by the number of its trailer: an answer has to name it.
#[test]
fn a_header_without_a_number_goes_by_its_trailers() {
    check(
        &format!("{ISA}{GS}ST*850~BEG*00~SE*3*0001~{END}"),
        "ISA 000000001 | GS 1 PO | 850 004010 0001 3 !missing-control-number ST-02 (segment 1) | GE 1 | IEA 1",
    );
    check(
        &format!("{UNB}UNH++ORDERS:D:96A:UN'BGM+220'UNT+3+1'UNZ+1+7'"),
        "UNB 7 | (group) | ORDERS D:96A:UN 1 3 !missing-control-number UNH-01 (segment 1) | (end 1) | UNZ 1",
    );
    // A bare trailer is one fault too.
    check(
        &format!("{ISA}{GS}ST*850*0001~BEG*00~SE~{END}"),
        "ISA 000000001 | GS 1 PO | 850 004010 0001 3 !missing-count SE-01 (segment 3) | GE 1 | IEA 1",
    );
}

/// A stray between sets costs no set; what lost its header is told where its trailer stands.
#[test]
fn strays_cost_nobody_a_set() {
    let strays = |text: &str| -> Vec<String> {
        let mut reader = Reader::new(io::Cursor::new(text.as_bytes().to_vec()), Limits::default());
        let mut told = Vec::new();
        while let Some(event) = reader.next_event().unwrap() {
            if let Event::GroupClosed { findings, .. } = event {
                told.extend(findings.iter().map(|it| format!("{} {:?}", it.fault.name(), it.severity)));
            }
        }
        told
    };
    assert_eq!(strays(&format!("{ISA}{GS}{SET}JUNK*1~{END}")), ["content-outside Warning"]);
    assert_eq!(
        strays(&format!("{ISA}{GS}{SET}BEG*00~SE*3*0002~{END}")),
        ["content-outside Warning", "unexpected-trailer Error"]
    );
}

#[test]
fn binary_data_is_passed_by_its_length() {
    let set = "ST*841*0001~BIN*13*A~B*ST*GE~\u{1}\u{2}!~SE*3*0001~";
    check(&format!("{ISA}{GS}{set}{END}"), "ISA 000000001 | GS 1 PO | 841 004010 0001 3 | GE 1 | IEA 1");
    let set = "ST*841*0001~BDS*ASC*5*~ISA*~SE*3*0001~";
    check(&format!("{ISA}{GS}{set}{END}"), "ISA 000000001 | GS 1 PO | 841 004010 0001 3 | GE 1 | IEA 1");
    // A length that is wrong costs nothing but itself.
    let set = "ST*841*0001~BIN*9999999*AB~SE*3*0001~";
    check(&format!("{ISA}{GS}{set}{END}"), "ISA 000000001 | GS 1 PO | 841 004010 0001 3 | GE 1 | IEA 1");
    check(&format!("{UNB}{MESSAGE}UNO+1+++10'A'UNZ+B'''UNP+10+1'UNZ+1+7'"), EDIFACT_READ);
}

#[test]
fn utf_16_is_read() {
    let little: Vec<u8> = x12().encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = x12().encode_utf16().flat_map(u16::to_be_bytes).collect();
    let marked = X12_READ.replacen("ISA 000000001", "ISA 000000001 ~byte-order-mark ~transcoded", 1);
    let unmarked = X12_READ.replacen("ISA 000000001", "ISA 000000001 ~transcoded", 1);
    assert_eq!(read_bytes(&[b"\xFF\xFE", little.as_slice()].concat()), marked);
    assert_eq!(read_bytes(&[b"\xFE\xFF", big.as_slice()].concat()), marked);
    assert_eq!(read_bytes(&little), unmarked);
    assert_eq!(read_bytes(&big), unmarked);
}

#[test]
fn limits_become_findings_and_reading_goes_on() {
    let limits = Limits { set_bytes_max: 2000, set_segments_max: 10, segment_bytes_max: 200, findings_per_set_max: 3 };
    let check = |text: &str, expected: &str| assert_eq!(read_with(text.as_bytes(), limits), expected, "{text}");
    let many = "A*1~".repeat(30);
    check(
        &format!("{ISA}{GS}ST*850*0001~{many}SE*32*0001~ST*850*0002~SE*2*0002~GE*2*1~IEA*1*000000001~"),
        "ISA 000000001 | GS 1 PO | 850 004010 0001 10 !limit-exceeded ST | 850 004010 0002 2 | GE 2 | IEA 1",
    );
    let long = "B".repeat(600);
    check(
        &format!("{ISA}{GS}ST*850*0001~A*{long}~SE*2*0001~ST*850*0002~SE*2*0002~GE*2*1~IEA*1*000000001~"),
        "ISA 000000001 | GS 1 PO | 850 004010 0001 2 !limit-exceeded  | 850 004010 0002 2 | GE 2 | IEA 1",
    );
}

fn check(text: &str, expected: &str) {
    assert_eq!(read(text), expected, "{text}");
}

fn read(text: &str) -> String {
    read_bytes(text.as_bytes())
}

/// Reads in one go and byte by byte; both must tell the same.
fn read_bytes(text: &[u8]) -> String {
    let whole = read_with(text, Limits::default());
    assert_eq!(tell(Reader::new(OneByte(text), Limits::default())), whole, "byte by byte");
    whole
}

fn read_with(text: &[u8], limits: Limits) -> String {
    tell(Reader::new(text, limits))
}

struct OneByte<'a>(&'a [u8]);

impl io::Read for OneByte<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let one = into.len().min(1);
        io::Read::read(&mut self.0, &mut into[..one])
    }
}

fn tell(mut reader: Reader<impl io::Read>) -> String {
    let mut told = Vec::new();
    let mut is_x12 = true;
    let mut is_implicit = true;
    while let Some(event) = reader.next_event().unwrap() {
        let tag = |x12: &'static str, edifact: &'static str| if is_x12 { x12 } else { edifact };
        told.push(match event {
            Event::InterchangeOpened(i) => {
                is_x12 = i.syntax == Syntax::X12;
                let tag = if is_x12 { "ISA" } else { "UNB" };
                format!("{tag} {}{}{}", i.control_number, faults(&i.findings), repaired(&i.repairs))
            }
            Event::InterchangeAcknowledgement(set) => format!("TA1 {}", set.segment(0).element(1).text()),
            Event::GroupOpened(g) => {
                is_implicit = g.control_number.is_none();
                match &g.control_number {
                    None => format!("(group){}", faults(&g.findings)),
                    Some(n) => format!("{} {n} {}{}", tag("GS", "UNG"), g.functional_id, faults(&g.findings)),
                }
            }
            Event::Set(h, set) => {
                assert_eq!(h.segments as usize, set.len());
                format!("{} {} {} {}{}", h.kind, h.release, h.control_number, h.segments, faults(&h.findings))
            }
            Event::GroupClosed { sets, findings } if is_implicit => format!("(end {sets}{})", faults(&findings)),
            Event::GroupClosed { sets, findings } => format!("{} {sets}{}", tag("GE", "UNE"), faults(&findings)),
            Event::InterchangeClosed { groups, findings, repairs, .. } => {
                format!("{} {groups}{}{}", tag("IEA", "UNZ"), faults(&findings), repaired(&repairs))
            }
        });
    }
    told.join(" | ")
}

fn faults(findings: &[Finding]) -> String {
    findings.iter().map(|f| format!(" !{} {}", f.fault.name(), f.place)).collect()
}

fn repaired(repairs: &[Repair]) -> String {
    repairs.iter().map(|r| format!(" ~{}", serde_json::to_value(r.kind).unwrap().as_str().unwrap())).collect()
}

/// `UNB` and `ISA` with nothing in them, alone and before what is whole.
#[test]
fn an_empty_header_is_read_once() {
    for document in
        ["UNB'", "ISA~", "UNB'UNOC:3+A+B'UNH+1+ORDERS:D:96A:UN'UNT+2+1'UNZ+1+42'", "ISA~\r\nISA~GS*PO~ST*850*1~SE*2*1~"]
    {
        let mut reader = Reader::new(document.as_bytes(), Limits::default());
        let mut told = 0;
        while reader.next_event().unwrap().is_some() {
            told += 1;
            assert!(told < 20, "{document} has no end");
        }
    }
}
