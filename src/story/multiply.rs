//! What a story with blocks is played as: one run for each permutation, repetition and stop. Pure.

use super::model::{Multiplier, Sentence, Step, Story};

/// Runs of one story at most: all orders of seven sentences.
pub const RUNS_MAX: usize = 5_040;

/// One way to play a story.
#[derive(Clone, Debug, Default)]
pub struct Run<'s> {
    pub acts: Vec<Act<'s>>,
    /// What makes it different from the plain one, for people.
    pub name: Vec<String>,
}

/// A sentence in its place.
#[derive(Clone, Copy, Debug)]
pub struct Act<'s> {
    pub sentence: &'s Sentence,
    /// Inside `kill { }`: the program is stopped while this is played.
    pub is_killed: bool,
}

/// All runs, the plain one first. Stops inside `kill` are not among them: how many there are shows when it is played.
///
/// # Errors
/// How many there would be, where that is too many.
pub fn runs(story: &Story) -> Result<Vec<Run<'_>>, String> {
    expand(&story.steps)
}

fn expand(steps: &[Step]) -> Result<Vec<Run<'_>>, String> {
    let mut runs = vec![Run::default()];
    for step in steps {
        runs = product(&runs, &step_runs(step)?)?;
    }
    Ok(runs)
}

fn step_runs(step: &Step) -> Result<Vec<Run<'_>>, String> {
    let block = match step {
        Step::Sentence(sentence) => {
            return Ok(vec![Run { acts: vec![Act { sentence, is_killed: false }], name: Vec::new() }]);
        }
        Step::Block(block) => block,
    };
    match block.multiplies {
        Multiplier::AnyOrder => {
            let children = block.steps.iter().map(step_runs).collect::<Result<Vec<_>, _>>()?;
            let mut runs = Vec::new();
            for order in orders(children.len())? {
                let mut some = vec![Run::default()];
                for &at in &order {
                    some = product(&some, &children[at])?;
                }
                if order.iter().enumerate().any(|(place, at)| place != *at) {
                    let told: Vec<String> = order.iter().map(|at| (at + 1).to_string()).collect();
                    some.iter_mut().for_each(|run| run.name.push(format!("in the order {}", told.join(" "))));
                }
                runs.extend(some);
                few(runs.len())?;
            }
            Ok(runs)
        }
        Multiplier::Twice => {
            let mut runs = Vec::new();
            for run in expand(&block.steps)? {
                runs.push(run.clone());
                for (at, act) in run.acts.iter().enumerate() {
                    for place in at + 1..=run.acts.len() {
                        let mut more = run.clone();
                        more.acts.insert(place, *act);
                        more.name.push(format!("with sentence {} once more behind sentence {place}", at + 1));
                        runs.push(more);
                    }
                }
                few(runs.len())?;
            }
            Ok(runs)
        }
        Multiplier::Kill => {
            let mut runs = expand(&block.steps)?;
            runs.iter_mut().flat_map(|run| &mut run.acts).for_each(|act| act.is_killed = true);
            Ok(runs)
        }
    }
}

fn product<'s>(before: &[Run<'s>], then: &[Run<'s>]) -> Result<Vec<Run<'s>>, String> {
    few(before.len().saturating_mul(then.len()))?;
    let joined = before.iter().flat_map(|one| {
        then.iter().map(|other| Run {
            acts: one.acts.iter().chain(&other.acts).copied().collect(),
            name: one.name.iter().chain(&other.name).cloned().collect(),
        })
    });
    Ok(joined.collect())
}

fn few(count: usize) -> Result<(), String> {
    if count > RUNS_MAX {
        return Err(format!("its blocks make more than {RUNS_MAX} runs: multiply less at once"));
    }
    Ok(())
}

/// Every order of so many things, the plain one first.
fn orders(count: usize) -> Result<Vec<Vec<usize>>, String> {
    few((1..=count).try_fold(1_usize, usize::checked_mul).unwrap_or(usize::MAX))?;
    let mut found = vec![Vec::new()];
    for at in 0..count {
        found = found
            .iter()
            .flat_map(|order: &Vec<usize>| {
                (0..=order.len()).map(move |place| {
                    let mut longer = order.clone();
                    longer.insert(place, at);
                    longer
                })
            })
            .collect();
    }
    found.sort_unstable();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::super::read::read;
    use super::*;

    #[test]
    fn blocks_multiply_a_story() {
        check("pass 1 day", "1");
        check("any order {\n  pass 1 day\n  pass 2 days\n}", "12 | 21");
        check("any order {\n  pass 1 day\n  pass 2 days\n  pass 3 days\n}", "123 | 132 | 213 | 231 | 312 | 321");
        check("twice {\n  pass 1 day\n  pass 2 days\n}", "12 | 112 | 121 | 122");
        check("pass 9 days\nkill { pass 1 day }\npass 8 days", "9!18");
        check("any order {\n  kill { pass 1 day }\n  pass 2 days\n}", "!12 | 2!1");
    }

    #[test]
    fn too_many_runs_are_refused() {
        let lines: String = (1..=8).map(|day| format!("  pass {day} days\n")).collect();
        let story = read("f", &format!("any order {{\n{lines}}}")).unwrap();
        assert!(runs(&story).is_err());
    }

    fn check(text: &str, expected: &str) {
        let story = read("f", text).unwrap();
        let told = runs(&story).unwrap().into_iter().map(|run| {
            let acts = run.acts.iter().map(|act| {
                format!("{}{}", if act.is_killed { "!" } else { "" }, act.sentence.slot("COUNT").unwrap_or_default())
            });
            acts.collect::<String>()
        });
        assert_eq!(told.collect::<Vec<_>>().join(" | "), expected);
    }
}
