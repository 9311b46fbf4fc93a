//! `journey`: stories of trade as text, played against a fresh gateway; where the world differs, what was found instead.

use std::io::Write;
use std::path::Path;

use super::command::{Format, Journey};
use super::output::{Answer, ERROR, FAINT, Failure, GOOD, Outcome, STRONG};
use super::settings;
use crate::story::{self, Difference, Played};

pub fn run(it: &Journey, format: Format) -> Answer {
    if it.words {
        return words();
    }
    let mut outcome = Outcome::Accepted;
    let mut mistaken = 0;
    for path in &it.files {
        let (name, text) = text(path)?;
        let story = match story::read(&name, &text) {
            Ok(story) => story,
            Err(mistakes) => {
                mistaken += mistakes.len();
                settings::tell(&mistakes, |_| Some(text.as_str()));
                continue;
            }
        };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(Failure::ours)?;
        let played = runtime
            .block_on(story::play(&story))
            .map_err(|why| Failure::usage(format!("{name} cannot be played: {why}")))?;
        match format {
            Format::Json => {
                let json = serde_json::to_string(&played).map_err(Failure::ours)?;
                writeln!(anstream::stdout(), "{json}")?;
            }
            Format::Human => tell(&played)?,
        }
        if !played.differences.is_empty() {
            outcome = Outcome::Rejected;
        }
    }
    match mistaken {
        0 => Ok(outcome),
        1 => Err(Failure::usage("a journey has a mistake and was not played")),
        count => Err(Failure::usage(format!("journeys have {count} mistakes; those that have were not played"))),
    }
}

fn text(path: &Path) -> Result<(String, String), Failure> {
    let text =
        if path.as_os_str() == "-" { std::io::read_to_string(std::io::stdin()) } else { std::fs::read_to_string(path) };
    let name = path.display().to_string();
    let text = text.map_err(|error| Failure::usage(format!("{name}: {error}")))?;
    Ok((name, text))
}

fn tell(played: &Played) -> Result<(), Failure> {
    let mut out = anstream::stdout();
    let runs = if played.runs == 1 { String::new() } else { format!(", {} runs", played.runs) };
    if played.differences.is_empty() {
        writeln!(out, "{GOOD}as told{GOOD:#}  {}  {FAINT}{}{runs}{FAINT:#}", played.journey, played.file)?;
        return Ok(());
    }
    writeln!(out, "{ERROR}differs{ERROR:#}  {}  {FAINT}{}{runs}{FAINT:#}", played.journey, played.file)?;
    for difference in &played.differences {
        tell_one(&mut out, played, difference)?;
    }
    if let Some(difference) = played.differences.last() {
        writeln!(out, "  what happened:")?;
        for line in &difference.trail {
            writeln!(out, "    {FAINT}{line}{FAINT:#}")?;
        }
    }
    Ok(())
}

fn tell_one(out: &mut impl Write, played: &Played, difference: &Difference) -> Result<(), Failure> {
    writeln!(out, "  {}:{}: {STRONG}{}{STRONG:#}", played.file, difference.line, difference.sentence)?;
    if !difference.run.is_empty() {
        writeln!(out, "    {FAINT}{}{FAINT:#}", difference.run.join(", "))?;
    }
    for found in &difference.found {
        writeln!(out, "    found: {found}")?;
    }
    Ok(())
}

fn words() -> Answer {
    let mut out = anstream::stdout();
    for (usage, means) in story::sentences() {
        writeln!(out, "{STRONG}{usage}{STRONG:#}\n    {means}")?;
    }
    writeln!(out, "{STRONG}any order {{ ... }}   twice {{ ... }}   kill {{ ... }}{STRONG:#}")?;
    writeln!(out, "    every permutation; each sentence once more at every later place; a stop after every write")?;
    Ok(Outcome::Accepted)
}
