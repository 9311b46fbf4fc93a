//! `demo`: the real daemon on embedded defaults, fed by simulated partners through its real door.
//!
//! Each act drops a file as a partner would, and tells what came of it with the place to see it. What is told is what
//! was found: an act that does not come out as told fails the demo.

mod acts;
mod stage;

use std::io::Write;

use super::command::Demo;
use super::output::{Answer, ERROR, FAINT, Failure, GOOD, Outcome, STRONG};
use stage::Stage;

pub fn run(it: &Demo) -> Answer {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::ours)?;
    runtime.block_on(async {
        let stage = Stage::open().await?;
        let outcome = tell(&stage).await?;
        if !it.exit {
            anstream::println!(
                "\nThe gateway keeps running. Drop files into {} (Ctrl-C ends it).",
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
    writeln!(out, "{STRONG}Entrepot{STRONG:#}: the gateway is running on SQLite, local folders and loopback")?;
    writeln!(out, "  {FAINT}data    {}{FAINT:#}", stage.data().display())?;
    if let Some(address) = stage.status() {
        writeln!(out, "  {FAINT}status  http://{address}/readyz and /metrics{FAINT:#}")?;
    }
    let mut failed = 0;
    for (number, act) in acts::ACTS.iter().enumerate() {
        writeln!(out, "\n{STRONG}{}. {}{STRONG:#}", number + 1, act.title)?;
        match act.play(stage).await {
            Ok(lines) => {
                for line in lines {
                    writeln!(out, "   {line}")?;
                }
            }
            Err(why) => {
                failed += 1;
                writeln!(out, "   {ERROR}not as told{ERROR:#}: {why}")?;
            }
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
