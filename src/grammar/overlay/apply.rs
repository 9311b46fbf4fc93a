//! Lays an overlay over a compiled grammar: a new grammar, and what is tighter and looser than before.

use jiff::civil::Date;

use super::change::{Change, Effect};
use super::layer::Layer;
use super::{Overlay, Rule, Verb};
use crate::grammar::model::Grammar;
use crate::mistake::Mistake;

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
        let mut layer = Layer::over(grammar);
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
    pub(super) fn address(&self) -> Option<&str> {
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
        refused("forbid BEG", "contradiction: BEG is required (it is required; say nothing or allow one) @ BEG");
        refused("max BEG 0", "contradiction: BEG is required (it is required; say nothing or allow one) @ BEG");
        refused(
            "require N1 sometimes\nforbid XX",
            "syntax: this is not understood (write it like: require N1[ST]) @ sometimes",
        );
    }
}
