//! Cutting into segments and elements with places, beside the scalar byte loop of the same run; then how much memory a
//! gigabyte takes, and whether a set of a million segments costs as much per segment as a small one.
//!
//! `cargo bench --bench wire`. One core; inputs are made here, in the shape of an 850 and an ORDERS of some twenty lines
//! each. MB are 10^6 bytes of input.

use std::fmt::Write as _;
use std::hint::black_box;
use std::io;
use std::time::{Duration, Instant};

use entrepot::wire::{Event, Limits, Reader};

const SIZE: usize = 20_000_000;
const ROUNDS: usize = 7;

fn main() {
    // `cargo test --benches` only wants to know that it builds.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    // First, while nothing else has taken any.
    memory();
    let inputs = [
        ("850", x12("~")),
        ("850, lines", x12("~\n")),
        ("ORDERS", edifact("'")),
        ("ORDERS, lines", edifact("'\n")),
        ("850, wrapped", wrapped(&x12("~"))),
    ];
    println!("{:<14} {:>12} {:>12} {:>14} {:>8}", "input", "scalar MB/s", "cut MB/s", "elements MB/s", "ratio");
    for (name, input) in &inputs {
        let marks = if name.starts_with("850") { *b"~*>" } else { *b"'+:" };
        let scalar = best(input.len(), || scalar_loop(input, marks));
        let cut = best(input.len(), || assert!(segments(input.as_slice()) > 100_000));
        let elements = best(input.len(), || elements(input));
        println!("{name:<14} {scalar:>12.0} {cut:>12.0} {elements:>14.0} {:>8.2}", elements / scalar);
    }
    long_sets();
}

/// Peak memory after 20 MB and after 1 GB of one interchange.
fn memory() {
    let set = |n: u64| format!("ST*850*{n:09}~{}SE*43*{n:09}~", order_x12(&mut Random(n)));
    let stream = |sets: u64| Made { next: Box::new(set), sets, at: 0, rest: Vec::new(), given: 0 };
    for sets in [13_000, 650_000] {
        let began = Instant::now();
        let mut input = stream(sets);
        let read = segments(&mut input);
        let (megabytes, seconds) = (input.given / 1_000_000, began.elapsed().as_secs_f64());
        println!("{megabytes} MB made and read: {read} segments, {seconds:.1} s, peak {} KiB", peak_memory());
    }
}

/// Time per segment in one set.
fn long_sets() {
    for count in [10_000_u32, 100_000, 1_000_000] {
        let body: String = (0..count).map(|n| format!("PO1*{n}*10*EA*9.99**BP*B{n:07}~")).collect();
        let text = format!("{ISA}{GS}ST*850*0001~{body}SE*{}*0001~GE*1*1~IEA*1*000000001~", count + 2);
        let speed = best(text.len(), || assert_eq!(segments(text.as_bytes()), u64::from(count) + 2));
        println!("one set of {count} segments: {speed:.0} MB/s");
    }
}

/// The best of several rounds in MB/s: what the machine can do when nobody disturbs it.
fn best(bytes: usize, mut round: impl FnMut()) -> f64 {
    let took = (0..ROUNDS).map(|_| {
        let began = Instant::now();
        round();
        began.elapsed()
    });
    bytes as f64 / 1e6 / took.min().unwrap_or(Duration::MAX).as_secs_f64()
}

/// The anchor: every byte compared with three delimiters, their places kept.
fn scalar_loop(input: &[u8], [terminator, element, component]: [u8; 3]) {
    let mut places = 0;
    for (at, &byte) in input.iter().enumerate() {
        if byte == terminator || byte == element || byte == component {
            places ^= at;
        }
    }
    black_box(places);
}

/// Reads to the end; counts segments.
fn segments(input: impl io::Read) -> u64 {
    let mut reader = Reader::new(input, Limits::default());
    let mut segments = 0;
    while let Some(event) = reader.next_event().expect("memory can be read") {
        if let Event::Set(header, _) = event {
            segments += u64::from(header.segments);
        }
    }
    segments
}

/// Reads to the end and looks at every element: its bytes and its place.
fn elements(input: &[u8]) {
    let mut reader = Reader::new(input, Limits::default());
    let mut seen = 0;
    while let Some(event) = reader.next_event().expect("memory can be read") {
        if let Event::Set(_, set) = event {
            for segment in set.segments() {
                for element in segment.elements() {
                    seen ^= element.span().start ^ element.raw().len() as u64;
                }
            }
        }
    }
    black_box(seen);
}

const ISA: &str =
    "ISA*00*          *00*          *ZZ*BUYERCO        *ZZ*SELLERCO       *240115*1030*U*00401*000000001*0*P*>~";
const GS: &str = "GS*PO*BUYERCO*SELLERCO*20240115*1030*1*X*004010~";

fn x12(terminator: &str) -> Vec<u8> {
    let mut text = format!("{ISA}{GS}");
    let mut random = Random(42);
    let mut sets = 0;
    while text.len() < SIZE {
        sets += 1;
        write!(text, "ST*850*{sets:04}~{}SE*43*{sets:04}~", order_x12(&mut random)).expect("text grows");
    }
    write!(text, "GE*{sets}*1~IEA*1*000000001~").expect("text grows");
    text.replace('~', terminator).into_bytes()
}

fn edifact(terminator: &str) -> Vec<u8> {
    let mut text = "UNB+UNOC:3+BUYERCO:14+SELLERCO:14+240115:1030+1'".to_owned();
    let mut random = Random(43);
    let mut sets = 0;
    while text.len() < SIZE {
        sets += 1;
        let order = order_edifact(&mut random);
        write!(text, "UNH+{sets}+ORDERS:D:96A:UN'{order}UNT+108+{sets}'").expect("text grows");
    }
    write!(text, "UNZ+{sets}+1'").expect("text grows");
    text.replace('\'', terminator).into_bytes()
}

fn wrapped(text: &[u8]) -> Vec<u8> {
    text.chunks(80).collect::<Vec<_>>().join(b"\r\n".as_slice())
}

fn order_x12(random: &mut Random) -> String {
    let mut text =
        format!("BEG*00*SA*PO{:08}**20240115~CUR*BY*USD~REF*DP*{:03}~", random.below(100_000_000), random.below(1000));
    text.push_str("ITD*01*3*2**30**31~DTM*002*20240201~N1*BY*BUYER CORPORATION*92*00042~N3*1 MAIN STREET~");
    for line in 1..=17 {
        let (quantity, price) = (random.below(500), random.below(90_000));
        write!(
            text,
            "PO1*{line}*{quantity}*EA*{}.{:02}*PE*BP*B{:07}",
            price / 100,
            price % 100,
            random.below(10_000_000)
        )
        .expect("text grows");
        write!(text, "*UP*{:012}~PID*F****STEEL HEX BOLT 10MM~", random.below(1_000_000_000_000)).expect("text grows");
    }
    text
}

fn order_edifact(random: &mut Random) -> String {
    let mut text = format!("BGM+220+PO{:08}+9'DTM+137:20240115:102'", random.below(100_000_000));
    text.push_str("NAD+BY+5412345000013::9++BUYER CORPORATION'NAD+SU+5412345000020::9++O?'BRIEN ?+ SONS'CUX+2:EUR:9'");
    for line in 1..=20 {
        let (quantity, price) = (random.below(500), random.below(90_000));
        write!(text, "LIN+{line}++{:013}:EN'IMD+F++:::STEEL HEX BOLT 10MM'", random.below(10_000_000_000_000))
            .expect("text grows");
        write!(text, "QTY+21:{quantity}:PCE'MOA+203:{}'PRI+AAA:{}.{:02}'", quantity * price, price / 100, price % 100)
            .expect("text grows");
    }
    text
}

/// The same numbers every time (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (x ^ (x >> 31)) % limit
    }
}

/// An interchange that is made while it is read.
struct Made {
    next: Box<dyn Fn(u64) -> String>,
    sets: u64,
    at: u64,
    rest: Vec<u8>,
    given: usize,
}

impl io::Read for Made {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.rest.is_empty() && self.at < self.sets + 2 {
            self.rest = match self.at {
                0 => format!("{ISA}{GS}").into_bytes(),
                at if at <= self.sets => (self.next)(at).into_bytes(),
                _ => format!("GE*{}*1~IEA*1*000000001~", self.sets).into_bytes(),
            };
            self.at += 1;
        }
        let count = self.rest.len().min(into.len());
        into[..count].copy_from_slice(&self.rest[..count]);
        self.rest.drain(..count);
        self.given += count;
        Ok(count)
    }
}

/// The most memory this process has had, in KiB, where the system says it.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|l| l.split_whitespace().next()).and_then(|n| n.parse().ok()).unwrap_or(0)
}
