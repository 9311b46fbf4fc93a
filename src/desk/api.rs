//! `api openapi`: the document that the daemon serves at `/v1/openapi.json`.

use std::io::Write;

use super::command::ApiVerb;
use super::output::{Answer, Failure, Outcome};
use crate::daemon::api;

pub fn run(verb: &ApiVerb) -> Answer {
    match verb {
        ApiVerb::Openapi => {
            let text = serde_json::to_string_pretty(&api::document()).map_err(Failure::ours)?;
            writeln!(anstream::stdout(), "{text}")?;
            Ok(Outcome::Accepted)
        }
    }
}
