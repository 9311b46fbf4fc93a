//! Lays an overlay over a compiled grammar: a new grammar, and what is tighter and looser than before.

use std::sync::Arc;

use jiff::civil::Date;

use super::conditional::Conditional;
use super::tolerance::{Spot, Tolerance};
use super::{Overlay, Rule, Verb};
use crate::grammar::codes::Codes;
use crate::grammar::dictionary::{ElementRule, NONE};
use crate::grammar::model::{Grammar, NodeId};
use crate::grammar::rule::{Kind, Length};
use crate::grammar::target::{Qualified, Target};
use crate::mistake::{Mistake, nearest};

/// What one line of an overlay did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub effect: Effect,
    /// In words: `N104 (850/PO1/N1): at most 13 characters instead of 80`.
    pub words: String,
    /// The line's number in `Overlay::rules`.
    pub rule: usize,
}

/// Which way a rule went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Documents that were good may now be refused.
    Tightens,
    /// Documents that were refused may now be good.
    Loosens,
    /// Nothing changes.
    Nothing,
    /// Its last day is over.
    Expired,
}

impl Effect {
    pub fn name(self) -> &'static str {
        match self {
            Self::Tightens => "tightens",
            Self::Loosens => "loosens",
            Self::Nothing => "nothing",
            Self::Expired => "expired",
        }
    }
}

impl Overlay {
    /// Applies every rule that still holds, or tells all that cannot be applied.
    ///
    /// # Errors
    /// Mistakes: addresses that mean nothing, lengths and codes for what has none.
    pub fn apply(&self, grammar: &Grammar, today: Option<Date>) -> Result<(Grammar, Vec<Change>), Vec<Mistake>> {
        let mut mistakes = Vec::new();
        if self.base != grammar.address {
            let message = format!("the overlay is written for {}, not for {}", self.base, grammar.address);
            return Err(vec![Mistake::new("address", &self.path, 0..0, message)]);
        }
        let mut layer = Layer { grammar: grammar.clone(), owned: Vec::new() };
        let mut changes = Vec::new();
        // What holds everywhere comes first: what holds under conditions starts from it.
        for conditional in [false, true] {
            for (index, rule) in self.rules.iter().enumerate() {
                if rule.verb.is_conditional() != conditional {
                    continue;
                }
                if rule.until.is_some_and(|until| today.is_some_and(|today| today > until)) {
                    let words = format!("{} no longer holds", rule.verb.words());
                    changes.push(Change { effect: Effect::Expired, words, rule: index });
                    continue;
                }
                match layer.apply(rule) {
                    Ok((effect, words)) => {
                        let until = rule.until.map(|until| format!(" until {until}")).unwrap_or_default();
                        changes.push(Change { effect, words: words + &until, rule: index });
                    }
                    Err(wrong) => {
                        let mistake = Mistake::new(wrong.code, &self.path, rule.subject.clone(), wrong.message);
                        mistakes.push(match wrong.help {
                            Some(help) => mistake.help(help),
                            None => mistake,
                        });
                    }
                }
            }
        }
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        changes.sort_by_key(|change| change.rule);
        let mut grammar = layer.grammar;
        grammar.overlay = Some(format!("{} for {}", self.name, self.partner).into());
        grammar.link();
        Ok((grammar, changes))
    }
}

impl Overlay {
    /// What it changes at an address inside the set, or below it (an empty one is the whole set): in words, each with
    /// its last day and its reason.
    pub fn agreed(&self, grammar: &Grammar, address: &str, today: Option<Date>) -> Vec<String> {
        let asked = grammar.locate(address).ok();
        let is_meant = |rule: &Rule| {
            let Some(asked) = asked.as_ref().filter(|_| !address.is_empty()) else { return address.is_empty() };
            let Some(own) = rule.verb.address().and_then(|own| grammar.locate(own).ok()) else { return false };
            let is_element = asked.element.is_none() || asked.element == own.element;
            is_element && own.nodes.iter().any(|node| asked.nodes.contains(node))
        };
        let Ok((_, changes)) = self.apply(grammar, today) else { return Vec::new() };
        changes
            .into_iter()
            .filter(|change| is_meant(&self.rules[change.rule]))
            .map(|change| {
                let rule = &self.rules[change.rule];
                let because = rule.because.as_ref().map(|why| format!(", because {why}")).unwrap_or_default();
                format!("{}{because}", change.words)
            })
            .collect()
    }
}

impl Verb {
    fn address(&self) -> Option<&str> {
        match self {
            Self::Require(at)
            | Self::Forbid(at)
            | Self::Max(at, _)
            | Self::CodesOnly(at, _)
            | Self::CodesAlso(at, _)
            | Self::Len(at, _, _) => Some(at),
            Self::Tolerate(_, at) => at.as_deref(),
        }
    }

    fn is_conditional(&self) -> bool {
        self.address().is_some_and(|address| address.contains('['))
    }

    fn words(&self) -> String {
        let verb = match self {
            Self::Require(_) => "require",
            Self::Forbid(_) => "forbid",
            Self::Max(..) => "max",
            Self::CodesOnly(..) | Self::CodesAlso(..) => "codes",
            Self::Len(..) => "len",
            Self::Tolerate(..) => "tolerate",
        };
        format!("{verb} {}", self.address().unwrap_or_default())
    }
}

struct Wrong {
    code: &'static str,
    message: String,
    help: Option<String>,
}

impl Wrong {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), help: None }
    }
}

type Done = Result<(Effect, String), Wrong>;

struct Layer {
    grammar: Grammar,
    /// Segment rules that this overlay made for itself and may change.
    owned: Vec<u16>,
}

impl Layer {
    fn apply(&mut self, rule: &Rule) -> Done {
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
            if new_min > new_max {
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

#[cfg(test)]
mod tests {
    use super::super::parse;
    use crate::grammar::{Checked, Grammar, Library, Strictness};
    use crate::wire::{Cuts, Delimiters, Syntax};

    const ORDER: &str = "ST*850*0001~BEG*00*SA*PO-1**20240102~REF*DP*7~N1*BY*Buyer*92*0001~N1*ST*Shop*92*0042~N3*Street~\
                         PO1*1*5*EA*9.5~PO1*2*1*EA*1~CTT*2~SE*10*0001~";

    fn lay(rules: &str) -> Result<(Grammar, Vec<super::Change>), String> {
        let base = Library::for_tests().grammar(&"x12/004010/850".parse().expect("an address")).expect("a grammar");
        let text = format!("overlay 850 for ACME on x12/004010/850\n{rules}");
        let (overlay, mistakes) = parse("acme.overlay", &text);
        let told = |mistakes: Vec<crate::mistake::Mistake>| {
            let told = mistakes.into_iter().map(|mistake| {
                let help = mistake.help.map_or(String::new(), |help| format!(" ({help})"));
                format!("{}: {}{help} @ {}", mistake.code, mistake.message, &text[mistake.span])
            });
            told.collect::<Vec<_>>().join("; ")
        };
        if !mistakes.is_empty() {
            return Err(told(mistakes));
        }
        let today = Some(jiff::civil::date(2026, 11, 23));
        overlay.expect("an overlay").apply(&base, today).map_err(told)
    }

    /// What an order says under a rule, as `fault place expected`.
    fn check(rules: &str, order: &str, expected: &str) {
        let (grammar, _) = lay(rules).unwrap_or_else(|told| panic!("{told}"));
        let cuts = Cuts::new(order.as_bytes(), Syntax::X12, Delimiters::X12);
        let mut checked = Checked::default();
        let strictness = Strictness { today: Some(jiff::civil::date(2026, 11, 23)), ..Strictness::default() };
        grammar.check(cuts.set(), strictness, &mut checked);
        let told = checked.findings.iter().map(|finding| {
            let weight = if finding.is_error() { "" } else { "warning " };
            let expected = finding.expected.as_ref().map_or(String::new(), |expected| format!(" [{expected}]"));
            format!("{weight}{:?} {}{expected}", finding.fault, finding.place)
        });
        assert_eq!(told.collect::<Vec<_>>().join(", "), expected, "{rules}");
    }

    fn refused(rules: &str, expected: &str) {
        assert_eq!(lay(rules).map(|_| ()), Err(expected.to_owned()), "{rules}");
    }

    #[test]
    fn the_order_is_good_without_rules() {
        check("", ORDER, "");
    }

    #[test]
    fn require_asks_for_segments_loops_and_elements() {
        check("require REF", ORDER, "");
        check("require DTM", ORDER, "SegmentMissing DTM (segment 4)");
        check("require N1[ST]", ORDER, "");
        check("require N1[BT]", ORDER, "LoopMissing N1 (segment 7) [N1[BT]]");
        check("require N1[ST]/N3", ORDER, "");
        check("require N1[BY]/N3", ORDER, "SegmentMissing N3 (segment 5) [N1[BY]/N3]");
        check("require N1[SE]/N3", ORDER, "");
        check("require BEG/BEG04", ORDER, "ElementMissing BEG-04 (segment 2)");
        check("require REF[DP]", ORDER, "");
        check("require REF[IA]", ORDER, "SegmentMissing REF (segment 4) [REF[IA]]");
    }

    #[test]
    fn forbid_and_max_count() {
        check("forbid REF", ORDER, "SegmentNotUsed REF (segment 3) [at most 0]");
        check("forbid N1[ST]", ORDER, "SegmentNotUsed N1 (segment 5) [N1[ST] at most 0]");
        check("forbid SAC", ORDER, "");
        check("forbid N1/N104", ORDER, "ElementNotUsed N1-04 (segment 4), ElementNotUsed N1-04 (segment 5)");
        check("max PO1 1", ORDER, "LoopTooOften PO1 (segment 8) [at most 1]");
        check("max N1[ST] 1", ORDER, "");
    }

    #[test]
    fn codes_and_lengths_are_as_agreed() {
        check("codes N1/N101 only BY ST", ORDER, "");
        check("codes N1/N101 only BY SE", ORDER, "CodeInvalid N1-01 (segment 5) [BY SE]");
        check(
            "codes PO1/PO103 only CA",
            ORDER,
            "CodeInvalid PO1-03 (segment 7) [CA], CodeInvalid PO1-03 (segment 8) [CA]",
        );
        check("codes BEG/BEG02 also ZQ", &ORDER.replace("*SA*", "*ZQ*"), "");
        check("len BEG/BEG03 ..3", ORDER, "ValueTooLong BEG-03 (segment 2) [1..3 characters]");
        check("len N1[ST]/N104 13", ORDER, "ValueTooShort N1-04 (segment 5) [13 characters]");
    }

    #[test]
    fn what_is_tolerated_is_only_warned_of() {
        let order = ORDER.replace("*20240102", "*20240199");
        check("", &order, "DateInvalid BEG-05 (segment 2) [CCYYMMDD]");
        check("tolerate invalid-date", &order, "warning DateInvalid BEG-05 (segment 2) [CCYYMMDD]");
        check(
            "tolerate invalid-date BEG/BEG05 until 2027-01-01 because \"x\"",
            &order,
            "warning DateInvalid BEG-05 (segment 2) [CCYYMMDD]",
        );
        check("tolerate invalid-date DTM/DTM02", &order, "DateInvalid BEG-05 (segment 2) [CCYYMMDD]");
        check("tolerate invalid-date until 2026-11-22", &order, "DateInvalid BEG-05 (segment 2) [CCYYMMDD]");
    }

    #[test]
    fn a_count_is_tolerated_where_the_reader_counts() {
        use crate::finding::{Fault, Finding, Place, Span};
        let (grammar, _) = lay("tolerate segment-count").expect("a grammar");
        let mut wrong = Finding::error(Fault::CountMismatch, Place::segment("SE", 9, Span::default()));
        assert!(grammar.tolerate(&mut wrong, None) && !wrong.is_error());
        let mut other = Finding::error(Fault::CountMismatch, Place::segment("GE", 0, Span::default()));
        assert!(!grammar.tolerate(&mut other, None) && other.is_error());
    }

    #[test]
    fn rules_that_are_over_do_nothing() {
        check("require DTM until 2026-11-22", ORDER, "");
        check("require DTM until 2026-11-23", ORDER, "SegmentMissing DTM (segment 4)");
    }

    #[test]
    fn what_was_agreed_stands_at_its_address() {
        let text = "overlay 850 for acme on x12/004010/850\nrequire N1[ST] because \"a\"\n\
                    codes PO1/PO103 only EA until 2027-01-01\ntolerate segment-count because \"b\"";
        let overlay = parse("acme.overlay", text).0.expect("an overlay");
        let grammar = Library::for_tests().grammar(&overlay.base).expect("a grammar");
        let agreed = |address: &str| overlay.agreed(&grammar, address, None);
        assert_eq!(agreed("N1"), ["N1[ST] is required, because a"]);
        assert_eq!(agreed("PO1/PO103"), ["PO1/PO103 takes only EA until 2027-01-01"]);
        assert_eq!(agreed("PO1"), agreed("PO1/PO103"));
        assert!(agreed("PO1/PO102").is_empty() && agreed("BEG").is_empty());
        assert_eq!(agreed("").len(), 3);
        assert_eq!(agreed("")[2], "segment-count is only warned of, because b");
    }

    #[test]
    fn changes_say_which_way_they_go() {
        let (_, changes) = lay(
            "require N1[ST]\nforbid SAC\nmax REF 5\nlen BEG/BEG03 ..30\nlen BEG/BEG04 1..99\ncodes BEG/BEG01 only 00\n\
             require BEG\nmax CTT 1\ntolerate invalid-date\nrequire DTM until 2020-01-01",
        )
        .expect("a grammar");
        let told: Vec<_> = changes.iter().map(|change| format!("{:?}: {}", change.effect, change.words)).collect();
        assert_eq!(
            told,
            [
                "Tightens: N1[ST] is required",
                "Tightens: SAC may not be used",
                "Tightens: REF at most 5 times",
                "Loosens: BEG/BEG03 1..30 characters instead of 1..22",
                "Loosens: BEG/BEG04 1..99 characters instead of 1..30",
                "Tightens: BEG/BEG01 takes only 00",
                "Nothing: BEG is required",
                "Nothing: CTT at most once",
                "Loosens: invalid-date is only warned of",
                "Expired: require DTM no longer holds",
            ]
        );
    }

    #[test]
    fn a_code_must_be_able_to_stand_where_it_is_looked_for() {
        refused(
            "require N1[STORE]",
            "code: N101 holds 2 to 3 characters, and STORE has 5 (correct the code, or allow the length first with len) @ N1[STORE]",
        );
        refused(
            "codes N1/N101 only BY STORE",
            "code: N1/N101 holds 2 to 3 characters, and STORE has 5 (correct the code, or allow the length first with len) @ N1/N101",
        );
        check("len N1/N101 2..5\ncodes N1/N101 also STORE\nmax N1[STORE] 1", ORDER, "");
        let slip = "code: DPX is not on the list of REF01 (did you mean DP? where it was agreed, say so first: \
                    codes REF/REF01 also DPX) @ REF[DPX]";
        refused("require REF[DPX]", slip);
        check("codes REF/REF01 also DPX\nmax REF[DPX] 1", ORDER, "");
    }

    #[test]
    fn mistakes_are_told_with_their_place() {
        refused("requier N1", "verb: \"requier\" is not a verb (did you mean require?) @ requier N1");
        refused("require BGE", "address: there is no BGE in 850 (did you mean BEG?) @ BGE");
        refused("len BEG/BEG33 ..3", "address: BEG has no element 33 (it has 12: BEG01 to BEG12) @ BEG/BEG33");
        refused("len BEG 3", "element: BEG is a segment; this verb wants an element (write BEG/BEG01) @ BEG");
        refused(
            "tolerate invalid-dat",
            "fault: \"invalid-dat\" is no fault that can be tolerated (did you mean invalid-date?) @ tolerate invalid-dat",
        );
        refused("max REF five", "syntax: this is not understood (write it like: max REF 5) @ five");
        refused("forbid SE", "envelope: SE is part of the envelope @ SE");
        refused("max BEG 0", "contradiction: BEG is required (it is required; say nothing or allow one) @ BEG");
        refused(
            "require N1 sometimes\nforbid XX",
            "syntax: this is not understood (write it like: require N1[ST]) @ sometimes",
        );
    }
}
