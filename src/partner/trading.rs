//! `[trade]` of `us.toml` and of partner files: how sales to and purchases from a partner run.
//!
//! The rules themselves are the process's; here they are read, each partner's laid over our own.

use serde_json::{Map, Value};
use toml::de::DeValue;

use crate::mistake::keys::{Keys, Setting};
use crate::process::Policy;

/// What a `[trade]` table says, before anything is laid over or under it.
#[derive(Clone, Debug, Default, PartialEq)]
struct Table(Value);

impl Setting for Table {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        let table = json(value);
        serde_json::from_value::<Policy>(table.clone()).map_err(|error| format!("what is known there: {error}"))?;
        Ok(Self(table))
    }

    fn show(&self) -> String {
        self.0.to_string()
    }
}

/// Reads `[trade]`, what it leaves out as inherited.
pub(super) fn read(keys: &mut Keys<'_>, inherited: &Policy) -> Policy {
    const MEANING: &str = "how trades run: answer, change, shipping, notice, invoice, buying, intake, waits, desks, figures, \
        calendar";
    let Some(Table(own)) = keys.optional("trade", MEANING) else { return inherited.clone() };
    let mut whole = serde_json::to_value(inherited).unwrap_or_default();
    lay(&mut whole, own);
    let policy: Policy = match serde_json::from_value(whole) {
        Ok(policy) => policy,
        Err(error) => {
            keys.mistake("value", keys.span("trade"), format!("`trade` cannot be taken over: {error}"), None);
            return inherited.clone();
        }
    };
    let calendar = policy.calendar.check().into_iter().map(|wrong| format!("`trade.calendar`: {wrong}"));
    let figures = policy.figures.check().into_iter().map(|wrong| format!("`trade.figures`: {wrong}"));
    for wrong in calendar.chain(figures) {
        keys.mistake("value", keys.span("trade"), wrong, None);
    }
    policy
}

/// What is said replaces what was; tables are laid over one another, but a choice with a value is one thing.
fn lay(under: &mut Value, over: Value) {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) if !is_choice(under) => {
            for (key, value) in over {
                lay(under.entry(key).or_insert(Value::Null), value);
            }
        }
        (under, over) => *under = over,
    }
}

/// `{ working_hours = 24 }`: a name with its value, of which another name is another choice.
fn is_choice(table: &Map<String, Value>) -> bool {
    const CHOICES: &[&str] = &["minutes", "hours", "working_hours", "working_days"];
    table.len() == 1 && table.keys().all(|key| CHOICES.contains(&key.as_str()))
}

fn json(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(number) => number.as_str().parse::<i64>().map_or(Value::Null, Value::from),
        // Decimals are text from end to end.
        DeValue::Float(number) => Value::String(number.as_str().to_owned()),
        DeValue::Boolean(flag) => Value::Bool(*flag),
        DeValue::Datetime(moment) => Value::String(moment.to_string()),
        DeValue::Array(values) => values.iter().map(|value| json(value.get_ref())).collect(),
        DeValue::Table(table) => {
            table.iter().map(|(key, value)| (key.get_ref().to_string(), json(value.get_ref()))).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mistake::keys::read_keys;
    use crate::process::Allowance;

    #[test]
    fn what_a_partner_says_is_laid_over_what_we_say() {
        let ours = Policy::default();
        let text = "[trade.answer]\nwithin = { hours = 8 }\n[trade.notice]\nwanted = false\n";
        let (policy, told) = read_keys("acme.toml", text, |mut keys| read(&mut keys, &ours));
        assert_eq!(told.mistakes, []);
        assert_eq!((policy.answer.within, policy.notice.wanted), (Allowance::Hours(8), false));
        assert_eq!(policy.answer.wanted, ours.answer.wanted);
    }

    #[test]
    fn what_cannot_be_is_told() {
        for text in [
            "[trade.anser]\nwanted = true\n",
            "[trade.calendar]\nzone = \"Mars/Olympus\"\n",
            "[trade.figures.least]\nfill = 3\n",
        ] {
            let (_, told) = read_keys("acme.toml", text, |mut keys| read(&mut keys, &Policy::default()));
            assert_eq!(told.mistakes.len(), 1, "{text}");
        }
    }
}
