//! Laws of the reader, over documents made up and then spoiled: it always comes to an end, tells the same however the
//! bytes arrive and wherever it is interrupted, and its places lead to the stored bytes.

use std::fmt::Write;

use proptest::prelude::*;

use super::*;
use crate::finding::Span;
use crate::wire::{
    Charset, Delimiters, Element, Form, GroupHead, Identity, InterchangeHead, InterchangeWriter, LineEnd, SetHead,
    Syntax,
};

proptest! {
    #![proptest_config(config())]

    #[test]
    fn it_tells_the_same_however_the_bytes_arrive(Document(document) in spoiled(), step in 1usize..40) {
        let whole = tell(&document, Reader::new(document.as_slice(), LIMITS)).join("\n");
        let in_steps = Reader::new(Steps { rest: &document, step }, LIMITS);
        prop_assert_eq!(whole, tell(&document, in_steps).join("\n"));
    }

    #[test]
    fn it_goes_on_from_every_checkpoint(Document(document) in spoiled()) {
        let whole = tell(&document, Reader::new(document.as_slice(), LIMITS));
        let mut reader = Reader::new(document.as_slice(), LIMITS);
        for told in 0..whole.len() {
            reader.next_event().unwrap();
            let checkpoint = serde_json::to_string(&reader.checkpoint()).unwrap();
            let checkpoint: Checkpoint = serde_json::from_str(&checkpoint).unwrap();
            let rest = &document[usize::try_from(checkpoint.offset).unwrap()..];
            let resumed = tell(&document, Reader::resume(rest, LIMITS, checkpoint));
            prop_assert_eq!(&whole[told + 1..], resumed, "after {}", &whole[told]);
        }
    }

    #[test]
    fn it_comes_to_an_end_over_any_bytes(document in prop::collection::vec(any::<u8>(), 0..600)) {
        tell(&document, Reader::new(document.as_slice(), LIMITS));
    }

    #[test]
    fn wrapped_and_wide_documents_lead_back_too(Document(document) in made(), column in 20usize..120, wide in any::<bool>()) {
        let plain = texts(Reader::new(document.as_slice(), LIMITS));
        let wrapped = document.chunks(column).collect::<Vec<_>>().join(b"\r\n".as_slice());
        let stored: Vec<u8> = if wide {
            String::from_utf8_lossy(&wrapped).encode_utf16().flat_map(u16::to_le_bytes).collect()
        } else {
            wrapped
        };
        tell(&stored, Reader::new(stored.as_slice(), LIMITS));
        if document.len() > column && !document.contains(&b'\n') {
            prop_assert_eq!(plain, texts(Reader::new(stored.as_slice(), LIMITS)));
        }
    }

    #[test]
    fn what_is_written_is_read_back(
        form in form(),
        sets in prop::collection::vec(prop::collection::vec(prop::collection::vec(text(), 1..5), 1..6), 1..4),
    ) {
        let mut written = Vec::new();
        let document = write(form, &sets, &mut written);
        let findings = problems(Reader::new(document.as_slice(), Limits::default()));
        prop_assert!(findings.is_empty(), "{} in {}", findings, String::from_utf8_lossy(&document));
        prop_assert_eq!(written, texts(Reader::new(document.as_slice(), Limits::default())));
    }
}

/// Few cases, for everyday's sake; `PROPTEST_CASES` asks for more.
fn config() -> ProptestConfig {
    let asked = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    if std::env::var_os("PROPTEST_CASES").is_some() { asked } else { ProptestConfig { cases: 40, ..asked } }
}

/// Bytes that print as text.
#[derive(Clone)]
struct Document(Vec<u8>);

impl std::fmt::Debug for Document {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

/// Small, so that they are met.
const LIMITS: Limits =
    Limits { set_bytes_max: 900, set_segments_max: 30, segment_bytes_max: 250, findings_per_set_max: 5 };

/// Hands out a few bytes at a time.
struct Steps<'a> {
    rest: &'a [u8],
    step: usize,
}

impl io::Read for Steps<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.step.min(into.len());
        self.rest.read(&mut into[..count])
    }
}

/// Every event as text, places checked on the way.
fn tell(stored: &[u8], mut reader: Reader<impl io::Read>) -> Vec<String> {
    let mut told = Vec::new();
    while let Some(event) = reader.next_event().unwrap() {
        assert!(told.len() <= stored.len() + 3, "no end");
        let mut line = String::new();
        match event {
            Event::Set(header, set) => {
                write!(line, "{header:?}").unwrap();
                tell_segments(stored, set, &mut line);
            }
            Event::InterchangeAcknowledgement(set) => tell_segments(stored, set, &mut line),
            Event::InterchangeClosed { end, .. } => {
                assert!(end <= stored.len() as u64);
                write!(line, "{event:?}").unwrap();
            }
            event => write!(line, "{event:?}").unwrap(),
        }
        told.push(line);
    }
    told
}

fn tell_segments(stored: &[u8], set: TransactionSet<'_>, line: &mut String) {
    leads_to(stored, set.span(), set.raw());
    for segment in set.segments() {
        leads_to(stored, segment.span(), segment.raw());
        write!(line, "\n  {} {}", segment.tag_text(), segment.span().start).unwrap();
        for element in segment.elements() {
            leads_to(stored, element.span(), element.raw());
            for repetition in element.repetitions() {
                for component in repetition.components() {
                    leads_to(stored, component.span(), component.raw());
                    write!(line, " {:?}", component.text()).unwrap();
                }
            }
            assert_eq!(element.component(1).raw(), element.components().next().unwrap().raw());
        }
        assert!(segment.element(segment.len() + 1).is_empty());
    }
}

/// A place leads to the stored bytes: the same ones, or with line breaks in them, or in UTF-16.
fn leads_to(stored: &[u8], span: Span, raw: &[u8]) {
    let bytes = &stored[usize::try_from(span.start).unwrap()..usize::try_from(span.end).unwrap()];
    if bytes == raw {
        return;
    }
    let unwrapped =
        |bytes: &[u8]| -> Vec<u8> { bytes.iter().copied().filter(|b| !matches!(b, b'\r' | b'\n')).collect() };
    let wide = |unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.as_chunks::<2>().0.iter().map(|&pair| unit(pair)).collect();
        String::from_utf16_lossy(&units).into_bytes()
    };
    let possible = [bytes.to_vec(), wide(u16::from_le_bytes), wide(u16::from_be_bytes)];
    let is_same = possible.iter().any(|bytes| unwrapped(bytes) == unwrapped(raw));
    assert!(is_same, "{:?} is not {:?}", String::from_utf8_lossy(bytes), String::from_utf8_lossy(raw));
}

/// The texts of all sets, headers and trailers left out.
fn texts(mut reader: Reader<impl io::Read>) -> Vec<Vec<String>> {
    let mut texts = Vec::new();
    while let Some(event) = reader.next_event().unwrap() {
        if let Event::Set(_, set) = event {
            for segment in set.segments().skip(1).take(set.len().saturating_sub(2)) {
                let mut elements: Vec<_> = segment.elements().map(|e: Element<'_>| e.text().into_owned()).collect();
                while elements.last().is_some_and(String::is_empty) {
                    elements.pop();
                }
                texts.push(elements);
            }
        }
    }
    texts
}

/// Findings and repairs, as text.
fn problems(mut reader: Reader<impl io::Read>) -> String {
    let mut problems = String::new();
    let mut note = |findings: &[Finding], repairs: &[Repair]| {
        for finding in findings {
            writeln!(problems, "{}", finding.message()).unwrap();
        }
        for repair in repairs {
            writeln!(problems, "{repair:?}").unwrap();
        }
    };
    while let Some(event) = reader.next_event().unwrap() {
        match event {
            Event::InterchangeOpened(i) => note(&i.findings, &i.repairs),
            Event::GroupOpened(g) => note(&g.findings, &[]),
            Event::Set(h, _) => note(&h.findings, &[]),
            Event::GroupClosed { findings, .. } => note(&findings, &[]),
            Event::InterchangeClosed { findings, repairs, .. } => note(&findings, &repairs),
            Event::InterchangeAcknowledgement(_) => {}
        }
    }
    problems
}

fn identity(id: &str) -> Identity {
    Identity { qualifier: "ZZ".to_owned(), id: id.to_owned() }
}

/// Writes sets and notes what their texts should read as.
fn write(form: Form, sets: &[Vec<Vec<String>>], written: &mut Vec<Vec<String>>) -> Vec<u8> {
    let (sender, receiver) = (identity("BUYER"), identity("SELLER"));
    let at = jiff::civil::date(2024, 1, 15).at(10, 30, 0, 0);
    let (version, group_version) =
        if form.syntax == Syntax::X12 { ("00401", "004010") } else { ("UNOC:3", "D:96A:UN") };
    let mut writer = InterchangeWriter::new(form);
    writer.open_interchange(&InterchangeHead {
        sender: &sender,
        receiver: &receiver,
        control_number: "42",
        at,
        version,
        test: false,
        acknowledgement_requested: false,
        agreement: None,
    });
    writer.open_group(&GroupHead {
        functional_id: "PO",
        sender: &sender,
        receiver: &receiver,
        control_number: "1",
        at,
        version: group_version,
    });
    for (n, set) in sets.iter().enumerate() {
        let number = format!("{:04}", n + 1);
        writer.open_set(&SetHead { kind: "850", release: "D:96A:UN", control_number: &number, convention: None });
        for elements in set {
            writer.segment("FTX").elements(elements.iter().map(String::as_str));
            let kept = elements.iter().rposition(|e| !e.is_empty()).map_or(0, |n| n + 1);
            written.push(elements[..kept].to_vec());
        }
        writer.close_set();
    }
    writer.close_group();
    writer.finish().unwrap()
}

/// Text that both syntaxes can write: EDIFACT releases what separates, X12 cannot have it.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[A-Z0-9 ]{0,12}",
        1 => "[A-Za-z0-9 +:'?ÄÖÜéñ.,;/-]{0,20}",
        1 => Just(String::new()),
    ]
    // A line's end hides blanks before it.
    .prop_map(|text| text.trim_end().to_owned())
}

fn form() -> impl Strategy<Value = Form> {
    let line_end = prop_oneof![Just(LineEnd::None), Just(LineEnd::Lf), Just(LineEnd::CrLf)];
    let x12 = prop_oneof![
        Just(Delimiters::X12),
        Just(Delimiters { segment: b'\n', ..Delimiters::X12 }),
        Just(Delimiters { segment: 0x1C, element: 0x1D, component: 0x1F, ..Delimiters::X12 }),
        Just(Delimiters { segment: b'!', element: b'|', component: b'<', ..Delimiters::X12 }),
    ];
    let edifact = prop_oneof![
        Just(Delimiters::EDIFACT),
        Just(Delimiters { segment: b'~', element: b'*', component: b'=', decimal: b',', ..Delimiters::EDIFACT }),
    ];
    prop_oneof![
        (x12, line_end.clone()).prop_map(|(delimiters, line_end)| Form {
            delimiters,
            line_end: if delimiters.segment == b'\n' { LineEnd::None } else { line_end },
            charset: Charset::Detect,
            ..Form::X12
        }),
        (edifact, line_end).prop_map(|(delimiters, line_end)| Form { delimiters, line_end, ..Form::EDIFACT }),
    ]
}

/// A document of one to three interchanges.
fn made() -> impl Strategy<Value = Document> {
    let interchange = (
        form(),
        prop::collection::vec(prop::collection::vec(prop::collection::vec("[A-Z0-9 ]{0,12}", 1..4), 1..5), 1..4),
    );
    prop::collection::vec(interchange, 1..4).prop_map(|interchanges| {
        let mut written = Vec::new();
        Document(interchanges.iter().flat_map(|(form, sets)| write(*form, sets, &mut written)).collect())
    })
}

/// A document with some of its bytes changed, lost, doubled or replaced by what means something.
fn spoiled() -> impl Strategy<Value = Document> {
    const MEANINGFUL: [&[u8]; 24] = [
        b"ISA*",
        b"IEA*1*1~",
        b"GS*PO*",
        b"GE*1*1~",
        b"ST*850*1~",
        b"SE*1*1~",
        b"~",
        b"*",
        b"'",
        b"+",
        b"?",
        b"\n",
        b"\r\n",
        b"UNA:+.? '",
        b"UNB+UNOA:1+A+B+240115:1030+1'",
        b"UNH+1+ORDERS:D:96A:UN'",
        b"UNT+1+1'",
        b"UNZ+1+1'",
        b"BIN*9*",
        b"UNO+1+++5'",
        b"\xEF\xBB\xBF",
        b"\xFF\xFE",
        b"   ",
        b"\x00",
    ];
    let change = (any::<prop::sample::Index>(), 0usize..40, any::<prop::sample::Index>(), 0u8..4);
    (made(), prop::collection::vec(change, 0..6)).prop_map(|(Document(mut document), changes)| {
        for (place, length, what, how) in changes {
            let start = place.index(document.len() + 1);
            let end = (start + length).min(document.len());
            match how {
                0 => drop(document.drain(start..end)),
                1 => {
                    let again = document[start..end].to_vec();
                    document.splice(start..start, again);
                }
                2 if start < document.len() => document[start] = what.index(256) as u8,
                _ => drop(document.splice(start..start, what.get(&MEANINGFUL).iter().copied())),
            }
        }
        Document(document)
    })
}
