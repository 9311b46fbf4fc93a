//! A grammar under an overlay: each line changes rows of its own, so that no other place feels it.

use std::sync::Arc;

use super::change::Effect;
use super::conditional::Conditional;
use super::tolerance::{Spot, Tolerance};
use super::{Rule, Verb};
use crate::grammar::codes::Codes;
use crate::grammar::dictionary::{ElementRule, NONE};
use crate::grammar::model::{Grammar, NodeId};
use crate::grammar::rule::{Kind, Length};
use crate::grammar::target::{Qualified, Target};
use crate::mistake::nearest;

/// Why a line cannot be laid over a grammar.
pub(super) struct Wrong {
    pub code: &'static str,
    pub message: String,
    pub help: Option<String>,
}

impl Wrong {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), help: None }
    }
}

/// What a line did, in words.
pub(super) type Done = Result<(Effect, String), Wrong>;

/// The grammar as the lines so far have made it.
pub(super) struct Layer {
    pub grammar: Grammar,
    /// Segment rules that this overlay made for itself and may change.
    owned: Vec<u16>,
}

impl Layer {
    pub(super) fn over(grammar: &Grammar) -> Self {
        Self { grammar: grammar.clone(), owned: Vec::new() }
    }

    pub(super) fn apply(&mut self, rule: &Rule) -> Done {
        let target = match rule.verb.address() {
            Some(address) => Some(self.grammar.locate(address).map_err(|unresolved| Wrong {
                code: "address",
                message: unresolved.message,
                help: unresolved.help,
            })?),
            None => None,
        };
        let Some(target) = target else { return self.tolerate(rule, None) };
        let unlisted = self.selected(&target)?;
        let (effect, words) = self.change(rule, &target)?;
        Ok((effect, words + &unlisted))
    }

    fn change(&mut self, rule: &Rule, target: &Target) -> Done {
        match &rule.verb {
            Verb::Tolerate(..) => self.tolerate(rule, Some(target)),
            Verb::Require(at) if target.element.is_none() => self.uses(at, target, Some(1), None),
            Verb::Forbid(at) if target.element.is_none() => self.uses(at, target, Some(0), Some(0)),
            Verb::Max(at, max) if target.element.is_none() => self.uses(at, target, None, Some(*max)),
            Verb::Max(at, _) => {
                Err(Wrong::new("element", format!("{at} is an element; max counts segments and loops")))
            }
            Verb::Require(at) => self.presence(at, target, true),
            Verb::Forbid(at) => self.presence(at, target, false),
            Verb::CodesOnly(at, codes) => self.codes(at, target, codes, false),
            Verb::CodesAlso(at, codes) => self.codes(at, target, codes, true),
            Verb::Len(at, min, max) => self.length(at, target, *min, *max),
        }
    }

    /// Whether the codes in brackets can stand where they are looked for: what to say of those that no list has.
    fn selected(&self, target: &Target) -> Result<String, Wrong> {
        let mut unlisted = String::new();
        for condition in &target.conditions {
            let node = match condition.on {
                Qualified::Itself => target.nodes.first().copied(),
                Qualified::Trigger(around) => self.grammar.trigger(around),
            };
            let Some(node) = node else { continue };
            let Some(mut row) = self.grammar.element(node, usize::from(condition.element)) else { continue };
            let tag = self.grammar.tag(node);
            let mut place = format!("{tag}{:02}", condition.element);
            if let Some(part) = self.grammar.components(row).get(usize::from(condition.component) - 1) {
                (row, place) = (part, format!("{place}-{}", condition.component));
            }
            let code = &condition.code;
            fits(row, &place, code)?;
            let Some(list) = self.grammar.codes(row) else { continue };
            if list.contains(code.as_bytes()) {
                continue;
            }
            let known: Vec<String> = list.iter().collect();
            let guess = nearest(code, known.iter().map(String::as_str)).map(|guess| format!("did you mean {guess}? "));
            let guess = guess.unwrap_or_default();
            if !list.open {
                let message = format!("{code} is not on the list of {place}");
                let help = format!("{guess}where it was agreed, say so first: codes {tag}/{place} also {code}");
                return Err(Wrong { code: "code", message, help: Some(help) });
            }
            unlisted += &format!(" ({code} is not among the codes of {place} that are known here)");
        }
        Ok(unlisted)
    }

    fn tolerate(&mut self, rule: &Rule, target: Option<&Target>) -> Done {
        let Verb::Tolerate(what, address) = &rule.verb else { return Ok((Effect::Nothing, String::new())) };
        let at = target.and_then(|target| {
            let &node = target.nodes.first()?;
            let within = self.grammar.loop_name(self.grammar.loop_of(node)).into();
            Some(Spot { within, tag: self.grammar.tag(node).to_string(), element: target.element })
        });
        let (until, because) = (rule.until, rule.because.clone());
        self.grammar.tolerances.push(Tolerance { what: *what, at, until, because });
        let place = address.as_deref().map_or(String::new(), |address| format!(" at {address}"));
        Ok((Effect::Loosens, format!("{} is only warned of{place}", what.name())))
    }

    /// How often a segment or loop may stand.
    fn uses(&mut self, at: &str, target: &Target, min: Option<u32>, max: Option<u32>) -> Done {
        let mut tighter = false;
        let mut looser = false;
        for &node in &target.nodes {
            let row = &self.grammar.nodes[node.index()];
            if row.envelope {
                return Err(Wrong::new("envelope", format!("{at} is part of the envelope")));
            }
            let is_mandatory = row.min > 0 && target.conditions.is_empty();
            let (old_min, old_max) = if target.conditions.is_empty() {
                (row.min, row.max)
            } else {
                let row = self.conditional(node, target, at);
                let row = &self.grammar.conditionals.rows[row];
                (row.min, row.max)
            };
            // More than one place of a tag: only the first must be there.
            let new_min =
                if node == target.nodes[0] { min.unwrap_or(old_min) } else { old_min.min(min.unwrap_or(old_min)) };
            let new_max = max.unwrap_or(old_max);
            if new_min > new_max || (new_max == 0 && is_mandatory) {
                let help = "it is required; say nothing or allow one";
                return Err(Wrong {
                    code: "contradiction",
                    message: format!("{at} is required"),
                    help: Some(help.into()),
                });
            }
            tighter |= new_min > old_min || new_max < old_max;
            looser |= new_min < old_min || new_max > old_max;
            if target.conditions.is_empty() {
                let row = &mut self.grammar.nodes[node.index()];
                (row.min, row.max) = (new_min, new_max);
            } else {
                let row = self.conditional(node, target, at);
                let row = &mut self.grammar.conditionals.rows[row];
                (row.min, row.max) = (new_min, new_max);
            }
        }
        let words = match (min, max) {
            (_, Some(0)) => format!("{at} may not be used"),
            (Some(_), _) => format!("{at} is required"),
            (_, Some(1)) => format!("{at} at most once"),
            (_, Some(max)) => format!("{at} at most {max} times"),
            _ => at.to_owned(),
        };
        Ok((effect(tighter, looser), words))
    }

    /// Whether an element must or must not be there.
    fn presence(&mut self, at: &str, target: &Target, wanted: bool) -> Done {
        let mut changed = false;
        let mut was_required = false;
        for &node in &target.nodes {
            let (element, part) = self.edit(node, target, at);
            let (owner, bit) = match part {
                Some((composite, position)) => (Owner::Composite(composite), position),
                None => (Owner::Segment(self.rule_of(node, target, at)), target.element.map_or(1, |element| element.0)),
            };
            let bit = 1_u64 << (bit - 1);
            let dictionary = Arc::make_mut(&mut self.grammar.dictionary);
            dictionary.elements[element].required = wanted;
            let (required, forbidden) = match owner {
                Owner::Segment(at) => {
                    let row = &mut dictionary.segments[usize::from(at)];
                    (&mut row.required, &mut row.forbidden)
                }
                Owner::Composite(at) => {
                    let row = &mut dictionary.composites[usize::from(at)];
                    (&mut row.required, &mut row.forbidden)
                }
            };
            was_required |= *required & bit != 0;
            let before = (*required, *forbidden);
            if wanted {
                (*required, *forbidden) = (*required | bit, *forbidden & !bit);
            } else {
                (*required, *forbidden) = (*required & !bit, *forbidden | bit);
            }
            changed |= before != (*required, *forbidden);
        }
        let words = format!("{at} {}", if wanted { "must be given" } else { "may not be used" });
        // Who forbids what was mandatory goes both ways; the tightening is what partners feel.
        Ok((effect(changed, !wanted && was_required && !changed), words))
    }

    fn codes(&mut self, at: &str, target: &Target, codes: &[String], also: bool) -> Done {
        self.needs_element(at, target)?;
        let mut tighter = false;
        let mut looser = false;
        for &node in &target.nodes {
            let (element, _) = self.edit(node, target, at);
            let dictionary = Arc::make_mut(&mut self.grammar.dictionary);
            let row = &mut dictionary.elements[element];
            if row.kind == Kind::Composite {
                return Err(Wrong::new("composite", format!("{at} has components: name one, as {at}-1")));
            }
            if let Some(long) = codes.iter().find(|code| code.len() > 8) {
                return Err(Wrong::new("code", format!("the code {long} is longer than eight characters")));
            }
            for code in codes {
                fits(row, at, code)?;
            }
            let old = dictionary.codes.get(usize::from(row.codes)).filter(|_| row.codes != NONE);
            let known = |code: &String| old.is_none_or(|old| old.contains(code.as_bytes()));
            looser |= !codes.iter().all(known);
            tighter |= !also && old.is_none_or(|old| old.iter().any(|code| !codes.contains(&code)));
            let mut new = if also {
                let Some(old) = old else {
                    // Nothing is checked here: everything is allowed already.
                    continue;
                };
                let all: Vec<String> = old.iter().chain(codes.iter().cloned()).collect();
                let mut new = Codes::new(all.iter().map(String::as_str), old.open);
                new.agreed = old.agreed;
                new
            } else {
                Codes::new(codes.iter().map(String::as_str), false)
            };
            new.agreed |= !also;
            row.codes = dictionary.codes.len() as u16;
            dictionary.codes.push(new);
        }
        let verb = if also { "also takes" } else { "takes only" };
        Ok((effect(tighter, looser), format!("{at} {verb} {}", codes.join(" "))))
    }

    fn length(&mut self, at: &str, target: &Target, min: Option<u16>, max: Option<u32>) -> Done {
        self.needs_element(at, target)?;
        let mut old = Length::default();
        let mut new = Length::default();
        for &node in &target.nodes {
            let (element, _) = self.edit(node, target, at);
            let dictionary = Arc::make_mut(&mut self.grammar.dictionary);
            let row = &mut dictionary.elements[element];
            if row.kind == Kind::Composite {
                return Err(Wrong::new("composite", format!("{at} has components: name one, as {at}-1")));
            }
            old = row.length;
            new = Length {
                min: min.unwrap_or(old.min.min(max.unwrap_or(u32::MAX).min(u32::from(u16::MAX)) as u16)),
                max: max.unwrap_or(old.max),
            };
            if u32::from(new.min) > new.max {
                return Err(Wrong::new("length", format!("{} is more than {}", new.min, new.max)));
            }
            row.length = new;
        }
        let words = format!("{at} {}..{} characters instead of {}..{}", new.min, new.max, old.min, old.max);
        Ok((effect(new.min > old.min || new.max < old.max, new.min < old.min || new.max > old.max), words))
    }

    fn needs_element(&self, at: &str, target: &Target) -> Result<(), Wrong> {
        if target.element.is_some() {
            return Ok(());
        }
        let tag = target.nodes.first().map(|&node| self.grammar.tag(node).to_string()).unwrap_or_default();
        let message = format!("{at} is a segment; this verb wants an element");
        Err(Wrong { code: "element", message, help: Some(format!("write {at}/{tag}01")) })
    }

    /// The row of a place under conditions, made where there is none.
    fn conditional(&mut self, node: NodeId, target: &Target, at: &str) -> usize {
        let rows = &mut self.grammar.conditionals.rows;
        if let Some(known) = rows.iter().position(|row| row.node == node && row.conditions == target.conditions) {
            return known;
        }
        let conditions = target.conditions.clone();
        let name = at.into();
        rows.push(Conditional { node, conditions, rule: None, min: 0, max: u32::MAX, name });
        self.grammar.nodes[node.index()].conditional = true;
        self.grammar.conditionals.rows.len() - 1
    }

    /// A segment rule that only this place has, so that it can be changed.
    fn rule_of(&mut self, node: NodeId, target: &Target, at: &str) -> u16 {
        let conditional = (!target.conditions.is_empty()).then(|| self.conditional(node, target, at));
        let current = match conditional.and_then(|row| self.grammar.conditionals.rows[row].rule) {
            Some(rule) => rule,
            None => self.grammar.nodes[node.index()].rule,
        };
        let shared = conditional.is_some_and(|row| self.grammar.conditionals.rows[row].rule.is_none());
        if self.owned.contains(&current) && !shared {
            return current;
        }
        let dictionary = Arc::make_mut(&mut self.grammar.dictionary);
        let mut copy = dictionary.segments[usize::from(current)].clone();
        copy.elements = dictionary.copy_rows(&copy.elements);
        dictionary.segments.push(copy);
        let new = (dictionary.segments.len() - 1) as u16;
        self.owned.push(new);
        match conditional {
            Some(row) => self.grammar.conditionals.rows[row].rule = Some(new),
            None => self.grammar.nodes[node.index()].rule = new,
        }
        new
    }

    /// The row of the element that a target names, in a rule that may be changed; and for a component its composite.
    fn edit(&mut self, node: NodeId, target: &Target, at: &str) -> (usize, Option<(u16, u16)>) {
        let rule = self.rule_of(node, target, at);
        let (element, component) = target.element.unwrap_or((1, None));
        let dictionary = Arc::make_mut(&mut self.grammar.dictionary);
        let row = dictionary.segments[usize::from(rule)].elements.start as usize + usize::from(element) - 1;
        let Some(component) = component else { return (row, None) };
        let old = dictionary.elements[row].composite;
        let mut copy = dictionary.composites[usize::from(old)].clone();
        copy.elements = dictionary.copy_rows(&copy.elements);
        let part = copy.elements.start as usize + usize::from(component) - 1;
        dictionary.composites.push(copy);
        let composite = (dictionary.composites.len() - 1) as u16;
        dictionary.elements[row].composite = composite;
        (part, Some((composite, component)))
    }
}

/// Whether a code is as long as its element may be.
fn fits(element: &ElementRule, at: &str, code: &str) -> Result<(), Wrong> {
    let Length { min, max } = element.length;
    let given = code.chars().count() as u32;
    if given >= u32::from(min) && given <= max {
        return Ok(());
    }
    let wanted = if u32::from(min) == max { max.to_string() } else { format!("{min} to {max}") };
    let message = format!("{at} holds {wanted} characters, and {code} has {given}");
    Err(Wrong { code: "code", message, help: Some("correct the code, or allow the length first with len".into()) })
}

enum Owner {
    Segment(u16),
    Composite(u16),
}

fn effect(tighter: bool, looser: bool) -> Effect {
    match (tighter, looser) {
        (true, _) => Effect::Tightens,
        (false, true) => Effect::Loosens,
        (false, false) => Effect::Nothing,
    }
}
