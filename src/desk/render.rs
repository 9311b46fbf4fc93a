//! `render`: a canonical document as wire bytes on standard output, validated before they leave.

use std::io::{Read, Write};

use jiff::tz::Offset;

use super::command::Render;
use super::input::Input;
use super::output::{Answer, FAINT, Failure, Outcome, WARNING};
use crate::canonical::Canonical;
use crate::catalogue::{Case, Catalogue};
use crate::grammar::Address;
use crate::journey::issue::NotIssued;
use crate::journey::issue::render::{Envelope, NotRendered, Numbers, render, syntax_of};
use crate::mistake::nearest;
use crate::partner::{Direction, Numbering, Partner};
use crate::wire::{Form, Identity, Syntax};

pub fn run(it: &Render, catalogue: &Catalogue) -> Answer {
    let mut json = Vec::new();
    Input::open(&it.document)?.read_to_end(&mut json)?;
    let document = Canonical::from_json(&json).map_err(|errors| {
        let told: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Failure::usage(format!("{} is no canonical document:\n  {}", it.document.display(), told.join("\n  ")))
    })?;
    let address: Address = it.to.parse().map_err(Failure::usage)?;
    if catalogue.maps.nearest(&address).is_none() || !is_written(&address) {
        let near = nearest(&it.to, catalogue.maps.names()).map(|near| format!("; did you mean {near}?"));
        return Err(Failure::usage(format!("there is no document {}{}", it.to, near.unwrap_or_default())));
    }
    let partner = it.partner.as_deref().map(|id| super::partners::find(catalogue, id)).transpose()?;
    let agreement = partner.and_then(|partner| catalogue.agreement_for(partner, Direction::Outbound, &address.kind));
    let case = Case { partner, agreement: agreement.as_ref(), today: None };
    let convention = agreement.as_ref().and_then(|agreement| agreement.convention.clone());
    let (envelope, numbers) = envelope(catalogue, partner, &address, convention);
    let rendered = match render(catalogue, &address, case, &document, envelope.form) {
        Ok(rendered) => rendered,
        Err(why @ NotRendered::NoMap(_)) => return Err(Failure::usage(why)),
        Err(why) => return rejected(&why),
    };
    if let Err(why) = rendered.keeps_the_rules(catalogue, agreement.as_ref()) {
        return rejected(&why);
    }
    for (path, value) in &rendered.lost {
        anstream::eprintln!("{WARNING}not carried{WARNING:#} {path} {FAINT}{value}{FAINT:#} by {}", rendered.map);
    }
    if let (Some(partner), true, Some(whose)) = (partner, rendered.is_enveloped(), envelope.nameless()) {
        let syntax = envelope.form.syntax;
        return Err(Failure::usage(NotIssued::Nameless { partner: partner.id.clone(), whose, syntax }));
    }
    match rendered.enclose(&envelope, &numbers) {
        Ok(bytes) => {
            let mut out = std::io::stdout().lock();
            out.write_all(&bytes)?;
            out.flush()?;
            Ok(Outcome::Accepted)
        }
        Err(why) => {
            for path in &rendered.missing {
                anstream::eprintln!("{WARNING}the document has no{WARNING:#} {path}");
            }
            rejected(&why)
        }
    }
}

fn rejected(why: &NotRendered) -> Answer {
    anstream::eprintln!("{}rejected{:#}: {why}", super::output::ERROR, super::output::ERROR);
    Ok(Outcome::Rejected)
}

/// Whether a release is written as X12 writes it: six digits.
fn is_written(address: &Address) -> bool {
    address.standard != "x12" || (address.release.len() == 6 && address.release.bytes().all(|it| it.is_ascii_digit()))
}

/// The envelope that was agreed, or one that shows the document without a partner. The numbers are the first ones:
/// only the daemon takes numbers that count.
fn envelope(
    catalogue: &Catalogue,
    partner: Option<&Partner>,
    address: &Address,
    convention: Option<String>,
) -> (Envelope, Numbers) {
    let at = Offset::UTC.to_datetime(jiff::Timestamp::now());
    let numbering = partner.map_or_else(Numbering::default, |partner| partner.numbering.clone());
    let (syntax, _) = syntax_of(address);
    let numbers = Numbers::of(&numbering, syntax, numbering.start, numbering.start);
    let envelope = match partner {
        Some(partner) => Envelope::agreed(&catalogue.directory, partner, address, convention, at),
        None => Envelope {
            form: Form::of(syntax),
            version: if syntax == Syntax::X12 { isa_version(&address.release) } else { "UNOC:3".into() },
            sender: plain("SENDER"),
            receiver: plain("RECEIVER"),
            group_sender: "SENDER".into(),
            group_receiver: "RECEIVER".into(),
            convention,
            test: false,
            acknowledgement_requested: false,
            at,
        },
    };
    (envelope, numbers)
}

fn plain(id: &str) -> Identity {
    Identity { qualifier: "ZZ".into(), id: id.into() }
}

/// ISA12 of a release: `004010` travels in `00401`.
fn isa_version(release: &str) -> String {
    release.chars().take(5).collect()
}
