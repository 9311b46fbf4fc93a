//! How well it all runs, in figures.

use serde_json::json;

use super::call::{Answer, Call};
use super::problem::Problem;
use crate::journey::Rules;
use crate::journey::show::figure::Scope;
use crate::journey::show::figures::figures;

pub async fn all(call: &Call) -> Result<Answer, Problem> {
    let scope =
        Scope { from: call.parsed("from"), to: call.parsed("to"), partner: call.asked("partner").map(str::to_owned) };
    let rules = Rules::of(&call.gateway);
    let policy = |partner: &str| rules.policy(partner).clone();
    let found = figures(&mut call.view().await?, &scope, rules.now, policy).await?;
    Ok(Answer::ok(json!({"figures": found})))
}
