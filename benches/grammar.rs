//! Reading with full validation, and on to canonical JSON, beside the scalar byte loop of the same run and reading alone.
//!
//! `cargo bench --bench grammar`. One core; inputs are made here, in the shape of an 850, an 856 and an ORDERS of some
//! twenty lines each. MB are 10^6 bytes of input.

use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use entrepot::catalogue::Catalogue;
use entrepot::grammar::{Address, Checked, Library, Strictness};
use entrepot::journey::examine::{Audience, Examined, Examiner};
use entrepot::mapping::Detail;
use entrepot::wire::{Event, Limits, Reader, SetHeader, Syntax, TransactionSet};

const SIZE: usize = 20_000_000;

/// The binary's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    // `cargo test --benches` only wants to know that it builds.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    compile();
    let inputs = [
        ("850", x12("PO", "850", order_x12, "~")),
        ("850, lines", x12("PO", "850", order_x12, "~\n")),
        ("856", x12("SH", "856", ship_notice, "~")),
        ("ORDERS", edifact("ORDERS", order_edifact)),
    ];
    println!(
        "MB/s {:<12} {:>8} {:>8} {:>10} {:>8} {:>10} {:>8}",
        "", "scalar", "read", "validated", "ratio", "canonical", "ratio"
    );
    for (name, input) in &inputs {
        let scalar = best(input.len(), || scalar_loop(input));
        let read = best(input.len(), || read_only(input));
        let validated = best(input.len(), || validate(input));
        let canonical = best(input.len(), || translate(input));
        println!(
            "     {name:<12} {scalar:>8.0} {read:>8.0} {validated:>10.0} {:>8.3} {canonical:>10.0} {:>8.3}",
            validated / scalar,
            canonical / scalar
        );
    }
    memory(&inputs[0].1);
}

/// The most memory that the program needs for one interchange of 20 MB and of 1 GB: the sets of an input, group by group.
fn memory(input: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    for megabytes in [20, 1_000] {
        let file = folder.path().join("large.edi");
        repeat(input, megabytes * 1_000_000 / SIZE, &file).expect("room for a file");
        for words in [&["translate"][..], &["inspect", "--summary"]] {
            let mut child = Command::new(env!("CARGO_BIN_EXE_entrepot"))
                .args(words)
                .arg(&file)
                .stdout(Stdio::null())
                .spawn()
                .expect("the program starts");
            let status = format!("/proc/{}/status", child.id());
            let mut peak = 0;
            while child.try_wait().expect("a child").is_none() {
                let text = fs::read_to_string(&status).unwrap_or_default();
                let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
                peak = line.and_then(|it| it.split_whitespace().next()?.parse().ok()).unwrap_or(peak);
                std::thread::sleep(Duration::from_millis(5));
            }
            println!("{megabytes} MB, {}: at most {peak} KiB resident", words.join(" "));
        }
    }
}

/// One interchange that holds the group of another so many times, each with a number of its own.
fn repeat(input: &[u8], times: usize, file: &Path) -> io::Result<()> {
    let text = std::str::from_utf8(input).expect("text");
    let (start, end) = (text.find("GS*").expect("a group"), text.rfind("IEA*").expect("a trailer"));
    let group = &text[start..end];
    let mut out = io::BufWriter::new(fs::File::create(file)?);
    out.write_all(&input[..start])?;
    for number in 1..=times {
        let trailer = group.rfind("GE*").expect("a trailer");
        out.write_all(group[..trailer].replacen("*1030*1*X*", &format!("*1030*{number}*X*"), 1).as_bytes())?;
        out.write_all(group[trailer..].replacen("*1~", &format!("*{number}~"), 1).as_bytes())?;
    }
    out.write_all(format!("IEA*{times}*000000001~").as_bytes())?;
    out.flush()
}

/// How long it takes until every grammar the binary carries is compiled.
fn compile() {
    let took = (0..5).map(|_| {
        let began = Instant::now();
        assert!(black_box(Library::embedded().check()).is_empty());
        began.elapsed()
    });
    println!("all grammars compiled: {:.1} ms", took.min().unwrap_or(Duration::ZERO).as_secs_f64() * 1e3);
}

/// The best of several rounds in MB/s: what the machine can do when nobody disturbs it.
fn best(bytes: usize, mut round: impl FnMut()) -> f64 {
    let took = (0..7).map(|_| {
        let began = Instant::now();
        round();
        began.elapsed()
    });
    bytes as f64 / 1e6 / took.min().unwrap_or(Duration::MAX).as_secs_f64()
}

/// The anchor: every byte compared with three delimiters.
fn scalar_loop(input: &[u8]) {
    let mut counts = [0_u64; 3];
    for &byte in input {
        if byte == b'*' {
            counts[0] += 1;
        } else if byte == b'~' {
            counts[1] += 1;
        } else if byte == b'>' {
            counts[2] += 1;
        }
    }
    black_box(counts);
}

fn read_only(input: &[u8]) {
    let mut reader = Reader::new(input, Limits::default());
    let mut segments = 0;
    while let Some(event) = reader.next_event().expect("memory can be read") {
        if let Event::Set(header, _) = event {
            segments += u64::from(header.segments);
        }
    }
    assert!(black_box(segments) > 100_000);
}

fn validate(input: &[u8]) {
    let library = Library::embedded();
    let mut reader = Reader::new(input, Limits::default());
    let mut checked = Checked::default();
    let mut syntax = Syntax::X12;
    let (mut sets, mut placed) = (0, 0);
    while let Some(event) = reader.next_event().expect("memory can be read") {
        match event {
            Event::InterchangeOpened(interchange) => syntax = interchange.syntax,
            Event::Set(header, set) => {
                let address = Address::of_wire(syntax, &header.kind, &header.release);
                let grammar = library.grammar(&address).expect("an embedded grammar");
                grammar.check(set, Strictness::default(), &mut checked);
                assert!(checked.findings.is_empty(), "{:?}", checked.findings[0]);
                sets += 1;
                placed += checked.nodes.len();
            }
            _ => {}
        }
    }
    assert!(black_box(placed) > sets);
}

/// As `entrepot translate` does it: every set checked, mapped, written as JSON.
fn translate(input: &[u8]) {
    let catalogue = Catalogue::embedded();
    let mut pages = Pages::default();
    Examiner::new(&catalogue)
        .with_detail(Detail::COUNTS)
        .segments(None, input, &mut pages)
        .expect("memory can be read");
    assert!(black_box(pages.bytes) > input.len());
}

/// Counts what is written of each document.
#[derive(Default)]
struct Pages {
    json: Vec<u8>,
    bytes: usize,
}

impl Audience for Pages {
    fn set(&mut self, _header: &SetHeader, _set: TransactionSet<'_>, examined: &Examined<'_>) -> io::Result<()> {
        self.json.clear();
        examined.document.as_ref().expect("a document").write_json(&mut self.json);
        self.bytes += self.json.len();
        Ok(())
    }
}

/// Numbers that look drawn and are the same every time.
struct Draw(u64);

impl Draw {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

fn x12(group: &str, kind: &str, body: fn(&mut Draw, &mut Vec<String>), end: &str) -> Vec<u8> {
    let mut draw = Draw(42);
    let mut text = format!(
        "ISA*00*          *00*          *ZZ*BUYERCO        *ZZ*SELLERCO       *240115*1030*U*00401*000000001*0*P*>{end}\
         GS*{group}*BUYERCO*SELLERCO*20240115*1030*1*X*004010{end}"
    );
    let mut sets = 0;
    while text.len() < SIZE {
        sets += 1;
        let mut segments = Vec::new();
        body(&mut draw, &mut segments);
        let _ = write!(text, "ST*{kind}*{sets:04}{end}");
        for segment in &segments {
            text.push_str(segment);
            text.push_str(end);
        }
        let _ = write!(text, "SE*{}*{sets:04}{end}", segments.len() + 2);
    }
    let _ = write!(text, "GE*{sets}*1{end}IEA*1*000000001{end}");
    text.into_bytes()
}

fn order_x12(draw: &mut Draw, out: &mut Vec<String>) {
    out.push(format!("BEG*00*SA*PO{:08}**20240115", draw.below(100_000_000)));
    out.extend(["CUR*BY*USD", "REF*DP*042", "REF*IA*123456", "PER*BD*JANE DOE*TE*5551234567"].map(str::to_owned));
    out.extend(["ITD*01*3*2**30**31", "DTM*002*20240201", "DTM*010*20240125"].map(str::to_owned));
    out.extend(
        ["N1*BY*BUYER CORPORATION*92*00042", "N3*17 MAIN STREET", "N4*SPRINGFIELD*IL*62701*US"].map(str::to_owned),
    );
    out.extend(
        ["N1*ST*DISTRIBUTION CENTER 7*92*00043", "N3*8 DOCK ROAD", "N4*COLUMBUS*OH*43004*US"].map(str::to_owned),
    );
    let lines = 16 + draw.below(9);
    for line in 1..=lines {
        out.push(format!(
            "PO1*{line}*{}*EA*{}.{:02}*PE*BP*B{:07}*UP*{:012}*VN*SKU-{:06}",
            1 + draw.below(499),
            1 + draw.below(899),
            draw.below(100),
            draw.below(10_000_000),
            draw.below(1_000_000_000_000),
            draw.below(1_000_000)
        ));
        out.push("PID*F****STEEL BOLT HEX WASHER".to_owned());
        out.push(format!("REF*CO*{:08}", draw.below(100_000_000)));
    }
    out.push(format!("CTT*{lines}"));
}

fn ship_notice(draw: &mut Draw, out: &mut Vec<String>) {
    out.push(format!("BSN*00*SN{:08}*20240118*1200*0001", draw.below(100_000_000)));
    out.extend(["DTM*011*20240118", "HL*1**S", "TD1*CTN25*7****G*420*LB", "TD5*B*2*UPSN*M"].map(str::to_owned));
    out.extend(
        ["REF*BM*12345678", "N1*SF*SELLER CORP*92*00044", "N1*ST*DISTRIBUTION CENTER*92*00043"].map(str::to_owned),
    );
    let mut level = 1;
    for _ in 0..2 {
        level += 1;
        let order = level;
        out.push(format!("HL*{level}*1*O"));
        out.push(format!("PRF*PO{:07}***20240115", draw.below(10_000_000)));
        for _ in 0..3 {
            level += 1;
            let pack = level;
            out.push(format!("HL*{level}*{order}*P"));
            out.push(format!("MAN*GM*00{:018}", draw.below(1_000_000_000_000)));
            for _ in 0..3 {
                level += 1;
                out.push(format!("HL*{level}*{pack}*I"));
                out.push(format!(
                    "LIN*{level}*BP*B{:07}*UP*{:012}",
                    draw.below(10_000_000),
                    draw.below(1_000_000_000_000)
                ));
                out.push(format!("SN1**{}*EA", 1 + draw.below(499)));
                out.push("PID*F****RUBBER CABLE TIE MOTOR".to_owned());
            }
        }
    }
    out.push(format!("CTT*{level}"));
}

fn edifact(kind: &str, body: fn(&mut Draw, &mut Vec<String>)) -> Vec<u8> {
    let mut draw = Draw(43);
    let mut text = "UNA:+.? 'UNB+UNOC:3+BUYERCO:14+SELLERCO:14+240115:1030+1'".to_owned();
    let mut sets = 0;
    while text.len() < SIZE {
        sets += 1;
        let mut segments = Vec::new();
        body(&mut draw, &mut segments);
        let _ = write!(text, "UNH+{sets}+{kind}:D:96A:UN'{}'UNT+{}+{sets}'", segments.join("'"), segments.len() + 2);
    }
    let _ = write!(text, "UNZ+{sets}+1'");
    text.into_bytes()
}

fn order_edifact(draw: &mut Draw, out: &mut Vec<String>) {
    out.push(format!("BGM+220+PO{:08}+9", draw.below(100_000_000)));
    out.extend(["DTM+137:20240115:102", "DTM+2:20240201:102", "FTX+AAI+++COPPER PIPE 10MM FLANGE"].map(str::to_owned));
    out.extend(["RFF+CT:CT123456", "NAD+SU+4012345000009::9++O?'BRIEN ?+ SONS", "CUX+2:EUR:9"].map(str::to_owned));
    out.insert(5, "NAD+BY+4098765000007::9++BUYER CORPORATION+17 MAIN STREET+SPRINGFIELD++62701+US".to_owned());
    let lines = 16 + draw.below(9);
    for line in 1..=lines {
        let (quantity, price) = (1 + draw.below(499), 100 + draw.below(89_900));
        out.push(format!("LIN+{line}++{:013}:EN", draw.below(10_000_000_000_000)));
        out.push(format!("PIA+1+SKU-{:06}:SA", draw.below(1_000_000)));
        out.push("IMD+F++:::GASKET RUBBER VALVE NYLON".to_owned());
        out.push(format!("QTY+21:{quantity}:PCE"));
        out.push(format!("MOA+203:{}.{:02}", quantity * price / 100, quantity * price % 100));
        out.push(format!("PRI+AAA:{}.{:02}", price / 100, price % 100));
    }
    out.push("UNS+S".to_owned());
    out.push(format!("CNT+2:{lines}"));
}
