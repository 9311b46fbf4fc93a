//! `inspect`: reads anything and says what it holds, for people, for scripts, or as counts.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;

use super::command::{Format, Inspect};
use super::notepad::Notepad;
use super::output::{Answer, Failure, Outcome};
use super::report::Report;
use super::summary::Summary;
use crate::grammar::Library;
use crate::journey::examine::{Audience, Examiner};
use crate::wire::parcel::{ParcelLimits, unpack};
use crate::wire::sniff::{Looks, SNIFF_BYTES, looks_like};

pub fn run(it: &Inspect, format: Format) -> Answer {
    let library = Library::embedded();
    let mut outcome = Outcome::Accepted;
    for path in &it.files {
        let rejected = one(path, it.summary, format, &library).map_err(|error| match Failure::from(error) {
            Failure::Ours(why) => Failure::Ours(format!("{}: {why}", path.display())),
            other => other,
        })?;
        if rejected {
            outcome = Outcome::Rejected;
        }
    }
    Ok(outcome)
}

/// Inspects one file; true when something in it was rejected.
fn one(path: &Path, summary: bool, format: Format, library: &Library) -> io::Result<bool> {
    let name = path.display().to_string();
    let mut examiner = Examiner::new(library);
    let mut input = Counted { inner: open(path)?, bytes: 0 };
    // Terminals get colours, pipes do not; both get a buffer.
    let mut out = BufWriter::with_capacity(1 << 16, anstream::stdout().lock());
    match (summary, format) {
        (true, _) => {
            let mut counts = Summary { file: name, ..Summary::default() };
            counts.refused = drive(&mut examiner, &mut input, &mut counts)?;
            counts.bytes = input.bytes;
            match format {
                Format::Json => writeln!(out, "{}", serde_json::to_string(&counts)?)?,
                Format::Human => counts.print(&mut out)?,
            }
            out.flush()?;
            Ok(counts.errors > 0)
        }
        (false, Format::Json) => {
            let mut report = Report::begin(&mut out, &name)?;
            let refused = drive(&mut examiner, &mut input, &mut report)?;
            let rejected = report.end(input.bytes, &refused)?;
            out.flush()?;
            Ok(rejected)
        }
        (false, Format::Human) => {
            let mut notepad = Notepad::begin(&mut out, &name)?;
            let refused = drive(&mut examiner, &mut input, &mut notepad)?;
            let rejected = notepad.end(&refused)?;
            out.flush()?;
            Ok(rejected)
        }
    }
}

/// Tells what the file looks like and drives the reader that fits. Gives back what a parcel held and refused.
fn drive(examiner: &mut Examiner<'_>, input: &mut impl Read, audience: &mut dyn Audience) -> io::Result<Vec<String>> {
    let mut start = Vec::with_capacity(SNIFF_BYTES);
    input.by_ref().take(SNIFF_BYTES as u64).read_to_end(&mut start)?;
    let looks = looks_like(&start);
    let mut whole = io::Cursor::new(start).chain(input);
    match looks {
        Looks::Segments => {
            examiner.segments(None, whole, audience)?;
            Ok(Vec::new())
        }
        Looks::Xml => {
            let mut bytes = Vec::new();
            whole.read_to_end(&mut bytes)?;
            Ok(Vec::new())
        }
        Looks::Zip | Looks::Mail => {
            let mut bytes = Vec::new();
            whole.read_to_end(&mut bytes)?;
            let unpacked = unpack("", bytes, ParcelLimits::default());
            for part in &unpacked.parts {
                let name = part.name.trim_start_matches('/');
                match looks_like(&part.bytes) {
                    Looks::Xml => {}
                    _ => examiner.segments(Some(name), part.bytes.as_slice(), audience)?,
                }
            }
            Ok(unpacked.refused)
        }
    }
}

/// A file, or standard input for `-`.
pub fn open(path: &Path) -> io::Result<Box<dyn Read>> {
    if path.as_os_str() == "-" { Ok(Box::new(io::stdin())) } else { Ok(Box::new(File::open(path)?)) }
}

/// Counts the bytes that go through.
struct Counted<R> {
    inner: R,
    bytes: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.bytes += read as u64;
        Ok(read)
    }
}
