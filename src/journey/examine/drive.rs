//! Bytes told apart by how they begin, and driven through the examiner: what `inspect` and the API read without keeping it.

use std::io::{self, Read, Seek, SeekFrom};

use super::envelopes::{Foresight, foresee};
use super::{Audience, Examined, Examiner, XmlExamined};
use crate::finding::Finding;
use crate::wire::parcel::{ParcelLimits, unpack};
use crate::wire::sniff::{Looks, SNIFF_BYTES, looks_like};
use crate::wire::{Group, Interchange, Repair, SetHeader, TransactionSet};

/// What came of driving a file.
pub struct Driven {
    /// What was left, in words: parts of a parcel that could not be unpacked, or the whole.
    pub left: Vec<String>,
    /// Nothing in it was a document: the wrong file, most likely.
    pub is_empty: bool,
}

/// Drives a whole file, at hand or in memory: its envelopes are read first, so that what falls with one is rejected from
/// the start, as the partner is told.
pub fn drive_whole(
    examiner: Examiner<'_>,
    input: &mut (impl Read + Seek),
    audience: &mut dyn Audience,
) -> io::Result<Driven> {
    let from = input.stream_position()?;
    let mut start = Vec::with_capacity(SNIFF_BYTES);
    input.by_ref().take(SNIFF_BYTES as u64).read_to_end(&mut start)?;
    let foresight = match looks_like(&start) {
        Looks::Segments => foresee(io::Cursor::new(start).chain(&mut *input), examiner.terms())?,
        // What a parcel holds is known when it is unpacked.
        Looks::Xml | Looks::Zip | Looks::Mail | Looks::Pdf => Foresight::new(),
    };
    input.seek(SeekFrom::Start(from))?;
    drive(&mut examiner.with_foresight(foresight), input, audience)
}

/// Tells what the file looks like and drives the reader that fits.
pub fn drive(examiner: &mut Examiner<'_>, input: &mut impl Read, audience: &mut dyn Audience) -> io::Result<Driven> {
    let mut listener = Listener { audience, heard: false };
    let mut left = drive_as(examiner, input, &mut listener)?;
    let is_empty = !listener.heard;
    if is_empty {
        left.push("nothing in it is X12, EDIFACT or XML, by itself or in a mail, zip or PDF".to_owned());
    }
    Ok(Driven { left, is_empty })
}

/// Gives back what a parcel held and refused.
fn drive_as(
    examiner: &mut Examiner<'_>,
    input: &mut impl Read,
    audience: &mut dyn Audience,
) -> io::Result<Vec<String>> {
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
            examiner.document(None, &bytes, audience)?;
            Ok(Vec::new())
        }
        Looks::Zip | Looks::Mail | Looks::Pdf => {
            let mut bytes = Vec::new();
            whole.read_to_end(&mut bytes)?;
            let unpacked = unpack("", bytes, ParcelLimits::default());
            for part in &unpacked.parts {
                let name = part.name.trim_start_matches('/');
                match looks_like(&part.bytes) {
                    Looks::Xml => examiner.document(Some(name), &part.bytes, audience)?,
                    _ => {
                        if examiner.foresight.is_some() {
                            examiner.foresight = Some(foresee(part.bytes.as_slice(), examiner.terms())?);
                        }
                        examiner.segments(Some(name), part.bytes.as_slice(), audience)?;
                    }
                }
            }
            Ok(unpacked.refused)
        }
    }
}

/// Passes everything on, and knows whether there was anything.
struct Listener<'a> {
    audience: &'a mut dyn Audience,
    heard: bool,
}

impl Audience for Listener<'_> {
    fn interchange(&mut self, part: Option<&str>, interchange: &Interchange) -> io::Result<()> {
        self.heard = true;
        self.audience.interchange(part, interchange)
    }

    fn acknowledgement(&mut self, ta1: TransactionSet<'_>) -> io::Result<()> {
        self.audience.acknowledgement(ta1)
    }

    fn group(&mut self, group: &Group) -> io::Result<()> {
        self.audience.group(group)
    }

    fn set(&mut self, header: &SetHeader, set: TransactionSet<'_>, examined: &Examined<'_>) -> io::Result<()> {
        self.audience.set(header, set, examined)
    }

    fn group_closed(&mut self, sets: u64, findings: &[Finding]) -> io::Result<()> {
        self.audience.group_closed(sets, findings)
    }

    fn interchange_closed(&mut self, groups: u64, findings: &[Finding], repairs: &[Repair]) -> io::Result<()> {
        self.audience.interchange_closed(groups, findings, repairs)
    }

    fn xml(&mut self, part: Option<&str>, document: &XmlExamined<'_>) -> io::Result<()> {
        self.heard = true;
        self.audience.xml(part, document)
    }
}
