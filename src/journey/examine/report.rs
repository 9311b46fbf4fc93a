//! What a file holds as one JSON object, written while it is read: `inspect --format json`, and what the API validates.

use std::io::{self, Write};

use serde::Serialize;
use serde::ser::Serializer;

use super::envelopes::Envelope;
use super::{Audience, Examined, XmlExamined};
use crate::finding::{self, Finding, Place};
use crate::reply::Disposition;
use crate::wire::{Group, Identity, Interchange, Repair, SetHeader, TransactionSet};

/// Writes the JSON of one file. Members come in the order in which reading learns them.
pub struct Report<W> {
    out: W,
    interchanges: u64,
    groups: u64,
    sets: u64,
    acknowledgements: Vec<Ta1Report>,
    group_findings: Vec<Finding>,
    interchange_findings: Vec<Finding>,
    repairs: Vec<Repair>,
    rejected: bool,
}

/// A TA1 found beside the groups.
#[derive(Debug, Serialize)]
struct Ta1Report {
    r#type: &'static str,
    control_number: String,
    code: String,
    note: String,
}

#[derive(Serialize)]
struct InterchangeReport<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<&'a str>,
    syntax: &'a str,
    version: &'a str,
    sender: Option<&'a Identity>,
    receiver: Option<&'a Identity>,
    control_number: Option<&'a str>,
    date: &'a str,
    time: &'a str,
    test: bool,
    delimiters: Option<DelimitersReport>,
}

/// The service characters as one-character strings.
#[derive(Serialize)]
struct DelimitersReport {
    element: char,
    component: char,
    repetition: Option<char>,
    segment: char,
    release: Option<char>,
}

#[derive(Serialize)]
struct GroupReport<'a> {
    control_number: Option<&'a str>,
    functional_id: Option<&'a str>,
    version: &'a str,
    sender: Option<&'a Identity>,
    receiver: Option<&'a Identity>,
}

#[derive(Serialize)]
struct SetReport<'a> {
    r#type: &'a str,
    release: &'a str,
    control_number: &'a str,
    segments: u32,
    disposition: Disposition,
    /// `group` or `interchange`: rejected with the envelope around it.
    #[serde(skip_serializing_if = "Option::is_none")]
    rejected_with: Option<Envelope>,
    #[serde(serialize_with = "findings")]
    findings: &'a [Finding],
    document: Option<&'a crate::canonical::Canonical<'a>>,
    coverage: CoverageReport<'a>,
    #[serde(skip_serializing_if = "<[_]>::is_empty", serialize_with = "provenance")]
    provenance: &'a [(String, Place)],
}

#[derive(Serialize)]
struct CoverageReport<'a> {
    mapped: u64,
    ignored: u64,
    unmapped: Vec<UnmappedReport<'a>>,
}

#[derive(Serialize)]
struct UnmappedReport<'a> {
    place: String,
    value: &'a str,
    bytes: finding::Span,
}

impl<W: Write> Report<W> {
    pub fn begin(mut out: W, file: &str) -> io::Result<Self> {
        write!(out, "{{\"file\":{},\"interchanges\":[", json(file)?)?;
        Ok(Self {
            out,
            interchanges: 0,
            groups: 0,
            sets: 0,
            acknowledgements: Vec::new(),
            group_findings: Vec::new(),
            interchange_findings: Vec::new(),
            repairs: Vec::new(),
            rejected: false,
        })
    }

    /// Closes the object; `bytes` is the file's size, `refused` what a parcel held and could not be unpacked.
    pub fn end(mut self, bytes: u64, refused: &[String]) -> io::Result<bool> {
        write!(self.out, "],\"bytes\":{bytes}")?;
        if !refused.is_empty() {
            write!(self.out, ",\"refused\":{}", json(refused)?)?;
        }
        self.out.write_all(b"}\n")?;
        Ok(self.rejected)
    }

    /// Writes an object without its closing brace, so that members learnt later can follow.
    fn open(&mut self, first: bool, head: &impl Serialize) -> io::Result<()> {
        if !first {
            self.out.write_all(b",")?;
        }
        let text = json(head)?;
        self.out.write_all(text.strip_suffix('}').unwrap_or(&text).as_bytes())
    }

    fn note(&mut self, findings: &[Finding]) {
        self.rejected |= findings.iter().any(Finding::is_error);
    }
}

impl<W: Write> Audience for Report<W> {
    fn interchange(&mut self, part: Option<&str>, interchange: &Interchange) -> io::Result<()> {
        let d = &interchange.delimiters;
        let head = InterchangeReport {
            part,
            syntax: match interchange.syntax {
                crate::wire::Syntax::X12 => "x12",
                crate::wire::Syntax::Edifact => "edifact",
            },
            version: &interchange.version,
            sender: interchange.sender.as_ref(),
            receiver: interchange.receiver.as_ref(),
            control_number: has_envelope(interchange).then_some(&interchange.control_number),
            date: &interchange.date,
            time: &interchange.time,
            test: interchange.test,
            delimiters: Some(DelimitersReport {
                element: char::from(d.element),
                component: char::from(d.component),
                repetition: d.repetition.map(char::from),
                segment: char::from(d.segment),
                release: d.release.map(char::from),
            }),
        };
        self.open(self.interchanges == 0, &head)?;
        self.out.write_all(b",\"groups\":[")?;
        self.interchanges += 1;
        self.groups = 0;
        self.interchange_findings = interchange.findings.clone();
        self.repairs = interchange.repairs.clone();
        self.note(&interchange.findings);
        Ok(())
    }

    fn acknowledgement(&mut self, ta1: TransactionSet<'_>) -> io::Result<()> {
        if let Some(segment) = ta1.segments().next() {
            self.acknowledgements.push(Ta1Report {
                r#type: "TA1",
                control_number: segment.element(1).text().into_owned(),
                code: segment.element(4).text().into_owned(),
                note: segment.element(5).text().into_owned(),
            });
        }
        Ok(())
    }

    fn group(&mut self, group: &Group) -> io::Result<()> {
        let head = GroupReport {
            control_number: group.control_number.as_deref(),
            functional_id: (!group.functional_id.is_empty()).then_some(&group.functional_id),
            version: &group.version,
            sender: group.sender.as_ref(),
            receiver: group.receiver.as_ref(),
        };
        self.open(self.groups == 0, &head)?;
        self.out.write_all(b",\"transaction_sets\":[")?;
        self.groups += 1;
        self.sets = 0;
        self.group_findings = group.findings.clone();
        self.note(&group.findings);
        Ok(())
    }

    fn set(&mut self, header: &SetHeader, _set: TransactionSet<'_>, examined: &Examined<'_>) -> io::Result<()> {
        if self.sets > 0 {
            self.out.write_all(b",")?;
        }
        self.sets += 1;
        self.rejected |= !examined.disposition.is_accepted();
        let report = SetReport {
            r#type: &header.kind,
            release: &header.release,
            control_number: &header.control_number,
            segments: header.segments,
            disposition: examined.disposition,
            rejected_with: examined.falls_with,
            findings: &examined.findings,
            document: examined.document.as_ref(),
            coverage: coverage(&examined.coverage),
            provenance: &examined.provenance,
        };
        serde_json::to_writer(&mut self.out, &report)?;
        Ok(())
    }

    fn group_closed(&mut self, _sets: u64, found: &[Finding]) -> io::Result<()> {
        self.note(found);
        self.group_findings.extend_from_slice(found);
        let all = std::mem::take(&mut self.group_findings);
        write!(self.out, "],\"findings\":{}}}", json(&Findings(&all))?)
    }

    fn interchange_closed(&mut self, _groups: u64, found: &[Finding], repairs: &[Repair]) -> io::Result<()> {
        self.note(found);
        self.interchange_findings.extend_from_slice(found);
        self.repairs.extend_from_slice(repairs);
        let all = std::mem::take(&mut self.interchange_findings);
        let acknowledgements = std::mem::take(&mut self.acknowledgements);
        write!(
            self.out,
            "],\"acknowledgements\":{},\"repairs\":{},\"findings\":{}}}",
            json(&acknowledgements)?,
            json(&std::mem::take(&mut self.repairs))?,
            json(&Findings(&all))?
        )
    }

    fn xml(&mut self, part: Option<&str>, document: &XmlExamined<'_>) -> io::Result<()> {
        let head = InterchangeReport {
            part,
            syntax: &document.syntax,
            version: &document.release,
            sender: None,
            receiver: None,
            control_number: None,
            date: "",
            time: "",
            test: false,
            delimiters: None,
        };
        self.open(self.interchanges == 0, &head)?;
        self.interchanges += 1;
        self.rejected |= !document.disposition.is_accepted();
        let group =
            GroupReport { control_number: None, functional_id: None, version: "", sender: None, receiver: None };
        let set = SetReport {
            r#type: &document.kind,
            release: &document.release,
            control_number: "",
            segments: document.elements,
            disposition: document.disposition,
            rejected_with: None,
            findings: &document.findings,
            document: document.document.as_ref(),
            coverage: coverage(&document.coverage),
            provenance: &document.provenance,
        };
        let group = json(&group)?;
        write!(
            self.out,
            ",\"groups\":[{},\"transaction_sets\":[{}],\"findings\":[]}}],\"acknowledgements\":[],\"repairs\":[],\"findings\":[]}}",
            group.strip_suffix('}').unwrap_or(&group),
            json(&set)?
        )
    }
}

/// A set without an interchange around it has none of these.
fn has_envelope(interchange: &Interchange) -> bool {
    interchange.sender.is_some() || interchange.receiver.is_some() || !interchange.control_number.is_empty()
}

/// Findings as `guide` scripts read them: with both standards' codes and the sentence.
pub struct Findings<'a>(pub &'a [Finding]);

impl Serialize for Findings<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        findings(self.0, serializer)
    }
}

fn findings<S: Serializer>(list: &[Finding], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(list.iter().map(finding::report))
}

/// `{"lines[0].price": {"place": "PO1-04 (segment 7)", "bytes": [410, 414]}}`
fn provenance<S: Serializer>(list: &[(String, Place)], serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Origin {
        place: String,
        bytes: finding::Span,
    }
    let origin = |place: &Place| Origin { place: place.to_string(), bytes: place.bytes };
    serializer.collect_map(list.iter().map(|(path, place)| (path, origin(place))))
}

fn coverage(coverage: &crate::mapping::Coverage) -> CoverageReport<'_> {
    CoverageReport {
        mapped: coverage.mapped,
        ignored: coverage.ignored,
        unmapped: coverage
            .unmapped
            .iter()
            .map(|u| UnmappedReport { place: u.place.to_string(), value: &u.value, bytes: u.place.bytes })
            .collect(),
    }
}

fn json(value: &(impl Serialize + ?Sized)) -> io::Result<String> {
    Ok(serde_json::to_string(value)?)
}
