//! `demo`: the real daemon, and simulated partners who come through its real doors: AS2, SFTP, mail, a folder.
//!
//! Each act does what partners and our own people would, and tells what came of it with the place to see it. What is told
//! is what was found: an act that does not come out as told fails the demo.

mod acts;
mod answer;
mod cast;
mod clock;
mod papers;
mod stage;
mod tell;

use std::io::Write;

use super::command::Demo;
use super::output::{Answer, ERROR, FAINT, Failure, GOOD, Outcome, STRONG};
use stage::Stage;
use tell::Tell;

pub fn run(it: &Demo) -> Answer {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::ours)?;
    runtime.block_on(async {
        let stage = Stage::open().await?;
        let outcome = tell(&stage).await?;
        if !it.exit {
            anstream::println!(
                "\nThe gateway and its partners keep running. Drop files into {} (Ctrl-C ends it).",
                stage.inbox().display()
            );
            tokio::signal::ctrl_c().await?;
        }
        stage.close().await;
        Ok(outcome)
    })
}

/// Plays every act and says whether all came out as told.
async fn tell(stage: &Stage) -> Result<Outcome, Failure> {
    let mut out = anstream::stdout();
    writeln!(out, "{STRONG}Entrepot{STRONG:#}: the gateway is running on SQLite and loopback, its partners too")?;
    for (door, place) in stage.doors() {
        writeln!(out, "  {FAINT}{door:<8}{place}{FAINT:#}")?;
    }
    writeln!(out, "  {FAINT}look    cd {} and run the commands that are named below{FAINT:#}", stage.root().display())?;
    let mut failed = 0;
    for (number, act) in acts::ACTS.iter().enumerate() {
        writeln!(out, "\n{STRONG}{}. {}{STRONG:#}", number + 1, act.title)?;
        if let Err(why) = act.play(stage, Tell).await {
            failed += 1;
            writeln!(out, "   {ERROR}not as told{ERROR:#}: {why}")?;
        }
    }
    if failed == 0 {
        writeln!(out, "\n{GOOD}Everything came out as told.{GOOD:#}")?;
        Ok(Outcome::Accepted)
    } else {
        writeln!(out, "\n{ERROR}{failed} of {} acts did not come out as told.{ERROR:#}", acts::ACTS.len())?;
        Ok(Outcome::Rejected)
    }
}
