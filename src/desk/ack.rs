//! `ack`: the acknowledgement that would be sent, as bytes on standard output.

use std::io::Write;

use super::command::{Ack, AckKind};
use super::input::Input;
use super::inspect::today;
use super::output::{Answer, Failure, Outcome, WARNING};
use super::partners::find;
use crate::catalogue::Catalogue;
use crate::journey::answer::{Answering, Wanted};
use crate::journey::examine::Examiner;
use crate::journey::examine::drive::drive;
use crate::reply::Dialect;

pub fn run(it: &Ack, catalogue: &Catalogue) -> Answer {
    let wanted = match it.kind {
        None => Wanted::Usual,
        Some(AckKind::Ta1) => Wanted::Ta1,
        Some(AckKind::X12997) => Wanted::Functional(Dialect::F997),
        Some(AckKind::X12999) => Wanted::Functional(Dialect::F999),
        Some(AckKind::Contrl) => Wanted::Contrl,
    };
    let partner = it.partner.as_deref().map(|id| find(catalogue, id)).transpose()?;
    let mut answering = Answering::new(catalogue, wanted, jiff::tz::Offset::UTC.to_datetime(jiff::Timestamp::now()));
    let mut examiner = Examiner::new(catalogue);
    if let Some(partner) = partner {
        examiner.belongs_to(Some(partner), Some(today()));
        // What was asked for by name is answered whatever was agreed.
        if it.kind.is_none() {
            answering = answering.under(&partner.terms);
        }
    }
    let mut input = Input::open(&it.file)?;
    let driven = drive(&mut examiner, &mut input, &mut answering)?;
    let answers = answering.finish();
    if answers.bytes.is_empty() && (driven.is_empty || answers.untold.is_empty()) {
        let why = match it.kind {
            _ if driven.is_empty => driven.left.join("; "),
            None => "nothing in it gets an acknowledgement by default; --kind asks for one".to_owned(),
            Some(_) => "nothing in it gets an acknowledgement of this kind".to_owned(),
        };
        return Err(Failure::usage(format!("{}: {why}", it.file.display())));
    }
    let mut out = std::io::stdout().lock();
    out.write_all(&answers.bytes)?;
    out.flush()?;
    for why in &answers.untold {
        anstream::eprintln!("{WARNING}not answered{WARNING:#} {why}");
    }
    for note in &answers.unasked {
        anstream::eprintln!("{WARNING}note{WARNING:#} {note}");
    }
    Ok(if answers.rejected { Outcome::Rejected } else { Outcome::Accepted })
}
