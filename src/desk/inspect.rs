//! `inspect`: reads anything and says what it holds, for people, for scripts, or as counts.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::command::{Format, Inspect};
use super::input::Input;
use super::notepad::Notepad;
use super::output::{Answer, Failure, Outcome};
use super::partners::find;
use super::summary::Summary;
use crate::catalogue::Catalogue;
use crate::journey::examine::Examiner;
use crate::journey::examine::drive::drive_whole;
use crate::journey::examine::report::Report;
use crate::mapping::Detail;
use crate::partner::Partner;

pub fn run(it: &Inspect, format: Format, catalogue: &Catalogue) -> Answer {
    let mut outcome = Outcome::Accepted;
    let partner = it.partner.as_deref().map(|id| find(catalogue, id)).transpose()?;
    for path in &it.files {
        let input = Input::whole(path)?.with_progress(it.summary);
        let rejected =
            one(path, input, it, format, (catalogue, partner)).map_err(|error| match Failure::from(error) {
                Failure::Ours(why) => Failure::Ours(format!("{}: {why}", path.display())),
                other => other,
            })?;
        if rejected {
            outcome = Outcome::Rejected;
        }
    }
    Ok(outcome)
}

/// The day that agreements are judged by.
pub(super) fn today() -> Date {
    TimeZone::UTC.to_datetime(Timestamp::now()).date()
}

/// Inspects one file; true when something in it was rejected.
fn one(
    path: &Path,
    mut input: Input<File>,
    it: &Inspect,
    format: Format,
    (catalogue, partner): (&Catalogue, Option<&Partner>),
) -> io::Result<bool> {
    let name = path.display().to_string();
    let detail = if it.provenance { Detail::FULL } else { Detail::LEDGER };
    let mut examiner = Examiner::new(catalogue).with_detail(detail);
    if let Some(partner) = partner {
        examiner.belongs_to(Some(partner), Some(today()));
    }
    // Terminals get colours, pipes do not; both get a buffer.
    let mut out = BufWriter::with_capacity(1 << 16, anstream::stdout().lock());
    match (it.summary, format) {
        (true, _) => {
            let mut counts = Summary { file: name, ..Summary::default() };
            let driven = drive_whole(examiner, &mut input, &mut counts)?;
            counts.refused = driven.left;
            counts.bytes = input.bytes;
            match format {
                Format::Json => writeln!(out, "{}", serde_json::to_string(&counts)?)?,
                Format::Human => counts.print(&mut out)?,
            }
            out.flush()?;
            Ok(counts.errors > 0 || driven.is_empty)
        }
        (false, Format::Json) => {
            let mut report = Report::begin(&mut out, &name)?;
            let driven = drive_whole(examiner, &mut input, &mut report)?;
            let rejected = report.end(input.bytes, &driven.left)?;
            out.flush()?;
            Ok(rejected || driven.is_empty)
        }
        (false, Format::Human) => {
            let mut notepad = Notepad::begin(&mut out, &name)?;
            let driven = drive_whole(examiner, &mut input, &mut notepad)?;
            let rejected = notepad.end(&driven.left)?;
            out.flush()?;
            Ok(rejected || driven.is_empty)
        }
    }
}
