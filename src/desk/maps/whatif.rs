//! `map whatif`: the latest documents in the store read with two maps, what differs grouped by path. Nothing is written.

use std::io::{self, Write};

use crate::catalogue::Catalogue;
use crate::desk::command::{Common, Format, WhatIf};
use crate::desk::output::{Answer, ERROR, FAINT, Failure, GOOD, NAME, Outcome, STRONG, WARNING, counted};
use crate::desk::partners::find;
use crate::desk::settings;
use crate::journey::examine::whatif::{Compared, Reading, compare, latest};
use crate::store::Access;

pub fn run(it: &WhatIf, common: &Common, catalogue: Catalogue) -> Answer {
    let (old, old_name) = super::chosen(&it.old, catalogue)?;
    let (new, new_name) = super::chosen(&it.new, super::super::catalogue(common)?)?;
    let subject = |catalogue: &Catalogue, name: &str| {
        catalogue.maps.subject(name).ok_or_else(|| Failure::usage(format!("{name} says no document that it reads")))
    };
    let (subject, other) = (subject(&old, &old_name)?, subject(&new, &new_name)?);
    if subject.kind != other.kind {
        let message = format!("the maps read two kinds of documents: {} and {}", subject.kind, other.kind);
        return Err(Failure::usage(message));
    }
    settings::wait(async {
        let store = settings::store(&settings::load(common)?, Access::Read).await?;
        let mut view = store.view().await.map_err(Failure::ours)?;
        super::super::acting::asked_of(&store, &mut view, it.partner.as_deref()).await?;
        let documents = latest(&mut view, Some(&subject.kind), it.partner.as_deref(), it.last).await;
        let documents = documents.map_err(Failure::ours)?;
        if let (Some(partner), true) = (&it.partner, documents.is_empty()) {
            find(&old, partner)?;
        }
        let sides =
            [Reading { catalogue: &old, map: Some(&old_name) }, Reading { catalogue: &new, map: Some(&new_name) }];
        let compared = compare(&mut view, &documents, sides).await?;
        drop(view);
        store.close().await;
        let mut out = anstream::stdout().lock();
        match common.format {
            Format::Json => {
                let mut told = compared.json();
                told["old"] = old_name.into();
                told["new"] = new_name.into();
                writeln!(out, "{told}")?;
            }
            Format::Human => print(&compared, &mut out, &subject.kind)?,
        }
        Ok(if compared.worse.is_empty() { Outcome::Accepted } else { Outcome::Rejected })
    })
}

fn print(compared: &Compared, out: &mut impl Write, kind: &str) -> io::Result<()> {
    let documents = counted(compared.documents, "document");
    writeln!(out, "{STRONG}{documents} of kind {kind}{STRONG:#} read with both maps, {} differ", compared.differing)?;
    for (path, it) in &compared.paths {
        let (documents, changes) = (counted(it.documents, "document"), counted(it.changes, "change"));
        writeln!(out, "  {NAME}{path:<28}{NAME:#} {FAINT}{changes} in {documents}{FAINT:#}")?;
        for change in &it.examples {
            let said = |value: &Option<String>| value.as_ref().map_or("(nothing)".to_owned(), |it| format!("\"{it}\""));
            let (old, new) = (said(&change.old), said(&change.new));
            writeln!(out, "    {FAINT}{}{FAINT:#} {}: {old} → {new}", change.document, change.path)?;
        }
    }
    for (document, old, new) in &compared.dispositions {
        let style = if new.is_accepted() { WARNING } else { ERROR };
        writeln!(out, "  {style}{document}{style:#} was {old}, and would be {new}")?;
    }
    if compared.unmapped.0 != compared.unmapped.1 {
        writeln!(out, "  values not carried: {} → {}", compared.unmapped.0, compared.unmapped.1)?;
    }
    for left in &compared.left {
        writeln!(out, "  {WARNING}left{WARNING:#} {left}")?;
    }
    if compared.documents > 0 && compared.differing == 0 {
        writeln!(out, "  {GOOD}nothing would change{GOOD:#}")?;
    }
    writeln!(out, "  {FAINT}nothing was written{FAINT:#}")
}
