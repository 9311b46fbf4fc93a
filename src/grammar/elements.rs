//! The check of one segment's elements: presence, conditions, lengths, types, codes. It knows nothing of order.
//!
//! Values are looked at as bytes; they become text only where they hold separators, released or foreign characters, or
//! where something is wrong with them.

use super::dictionary::{ElementRule, NONE, SegmentRule};
use super::model::{Grammar, NodeId};
use super::report::Report;
use super::rule::{Kind, Note, NoteKind};
use super::values::{self, Fraction};
use super::walk::loop_name;
use crate::finding::{Fault, Finding, Place, Severity};
use crate::wire::{Components, Element, Segment, Syntax, TransactionSet};

/// What holds for every value of one set.
#[derive(Clone, Copy)]
pub(super) struct Circumstances {
    syntax: Syntax,
    release: Option<u8>,
    repetition: Option<u8>,
    /// Every byte is printable ASCII: no value needs to be searched for strange characters.
    clean: bool,
    /// No value holds a released character.
    bare: bool,
    /// The grammar is of another release: dates may be of six digits.
    approximated: bool,
}

impl Circumstances {
    pub fn of(set: TransactionSet<'_>, approximated: bool) -> Self {
        let delimiters = set.delimiters();
        let release = delimiters.release;
        Self {
            syntax: set.syntax(),
            release,
            repetition: delimiters.repetition,
            clean: is_printable(set.raw()),
            bare: is_bare(set.raw(), release),
            approximated,
        }
    }

    /// The same for one segment: line ends between segments and strange characters elsewhere are nothing to it.
    #[inline]
    fn within(&self, segment: &Segment<'_>) -> Self {
        Self {
            clean: self.clean || is_printable(segment.raw()),
            bare: self.bare || is_bare(segment.raw(), self.release),
            ..*self
        }
    }

    fn fraction(&self, kind: Kind) -> Fraction {
        match (kind, self.syntax) {
            (Kind::Implied(_), _) => Fraction::Implied,
            (_, Syntax::X12) => Fraction::Point,
            (_, Syntax::Edifact) => Fraction::Either,
        }
    }
}

fn is_bare(bytes: &[u8], release: Option<u8>) -> bool {
    release.is_none_or(|release| memchr::memchr(release, bytes).is_none())
}

/// Whether all of it is printable ASCII. Looks at every byte, which vectors do faster than a loop that can stop.
#[inline]
fn is_printable(bytes: &[u8]) -> bool {
    bytes.iter().fold(true, |printable, byte| printable & (b' '..=b'~').contains(byte))
}

/// One segment under its rule.
pub(super) struct ElementCheck<'c, 'a, 'r> {
    grammar: &'c Grammar,
    node: NodeId,
    segment: &'c Segment<'a>,
    circumstances: Circumstances,
    report: &'c mut Report<'r>,
}

/// Where a value stands inside its segment.
#[derive(Clone, Copy, Default)]
struct Spot {
    element: u16,
    component: Option<u16>,
    repetition: Option<u16>,
}

impl<'c, 'a, 'r> ElementCheck<'c, 'a, 'r> {
    #[inline]
    pub fn run(
        grammar: &'c Grammar,
        node: NodeId,
        rule: u16,
        segment: &'c Segment<'a>,
        circumstances: &'c Circumstances,
        report: &'c mut Report<'r>,
    ) {
        let row = &grammar.nodes[node.index()];
        let rule = &grammar.dictionary.segments[usize::from(rule)];
        let mut check = Self { grammar, node, segment, circumstances: circumstances.within(segment), report };
        if row.envelope {
            return check.envelope(rule);
        }
        check.segment(rule, rule.required);
    }

    #[inline]
    fn segment(&mut self, rule: &SegmentRule, required: u64) {
        let rows = self.grammar.dictionary.rows(&rule.elements);
        if rows.is_empty() {
            // A segment without lines is known by its tag only.
            return;
        }
        let count = self.segment.len();
        let mut present = 0_u64;
        for (at, row) in rows.iter().enumerate().take(count) {
            let element = self.segment.element(at + 1);
            if element.is_empty() {
                continue;
            }
            present |= 1 << at;
            let spot = Spot { element: at as u16 + 1, ..Spot::default() };
            if row.kind != Kind::Composite && self.circumstances.clean && element.is_plain() {
                if row.dated != 0 {
                    self.dated(row, element, self.segment.element(usize::from(row.dated)), spot);
                }
                self.plain(row, element, spot, false);
            } else {
                self.intricate(row, element, spot);
            }
        }
        if count > rows.len() {
            self.surplus(rows.len());
        }
        // X12.6: a segment has at least one element, whichever; EDIFACT's triggers may stand alone.
        let is_bare = present == 0 && required == 0 && self.circumstances.syntax == Syntax::X12;
        let missing = if is_bare { 1 } else { required & !present };
        if missing != 0 {
            self.missing(rows, missing, Fault::ElementMissing, Spot::default());
        }
        for note in self.grammar.dictionary.conditions(&rule.notes) {
            if !note.holds(present) {
                self.broken(rows, note, present, missing, Spot::default());
            }
        }
        if rule.forbidden & present != 0 {
            self.forbidden(rule.forbidden & present, Spot::default());
        }
    }

    /// ST, SE, UNH, UNT are the reader's, by the syntax of their interchange; what a partner agreed beyond that is looked at.
    #[cold]
    fn envelope(&mut self, rule: &SegmentRule) {
        let tag = rule.tag.to_string();
        if tag == "ST" || tag == "UNH" {
            self.segment(rule, 0);
        }
    }

    /// A simple value without separators in a set of printable characters.
    #[inline]
    fn plain(&mut self, row: &ElementRule, element: Element<'a>, spot: Spot, foreign: bool) {
        let raw = element.raw();
        // X12.6, 3.5.1.6: a string has at least one character that is no blank; who fills what is mandatory with blanks left it out.
        if raw.first() == Some(&b' ') && row.required && !foreign && raw.iter().all(|&byte| byte == b' ') {
            return self.wrong(row, element, spot, Fault::ElementMissing);
        }
        let fault = match row.kind {
            Kind::Text | Kind::Code => {
                if raw.len() < usize::from(row.length.min) {
                    Some(Fault::ValueTooShort)
                } else if raw.len() > row.length.max as usize {
                    Some(Fault::ValueTooLong)
                } else {
                    None
                }
            }
            _ => self.typed(row, raw),
        };
        if let Some(fault) = fault {
            self.wrong(row, element, spot, fault);
        } else if row.codes != NONE && !foreign && !self.grammar.dictionary.codes[usize::from(row.codes)].contains(raw)
        {
            self.unknown_code(row, element, spot);
        }
    }

    #[inline]
    fn typed(&self, row: &ElementRule, raw: &[u8]) -> Option<Fault> {
        let length = |count: usize| {
            if count < usize::from(row.length.min) {
                Some(Fault::ValueTooShort)
            } else if count > row.length.max as usize {
                Some(Fault::ValueTooLong)
            } else {
                None
            }
        };
        match row.kind {
            Kind::Implied(_) | Kind::Decimal => match values::digits(raw, self.circumstances.fraction(row.kind)) {
                Some(digits) => length(digits),
                None => Some(Fault::NumberInvalid),
            },
            Kind::Date if self.circumstances.approximated && raw.len() == 6 => {
                (!values::is_date(raw)).then_some(Fault::DateInvalid)
            }
            Kind::Date => length(raw.len()).or_else(|| (!values::is_date(raw)).then_some(Fault::DateInvalid)),
            Kind::Time => length(raw.len()).or_else(|| (!values::is_time(raw)).then_some(Fault::TimeInvalid)),
            Kind::Letters => {
                length(raw.len()).or_else(|| raw.iter().any(u8::is_ascii_digit).then_some(Fault::CharacterInvalid))
            }
            Kind::Text | Kind::Code | Kind::Binary | Kind::Composite => length(raw.len()),
        }
    }

    /// Everything that is more than a plain value: repetitions, components, released and strange characters.
    fn intricate(&mut self, row: &ElementRule, element: Element<'a>, spot: Spot) {
        let repeated = self.circumstances.repetition.is_some_and(|separator| element.raw().contains(&separator));
        if !repeated || element.is_plain() {
            return self.once(row, element, spot);
        }
        let mut count = 0_u16;
        for repetition in element.repetitions() {
            count = count.saturating_add(1);
            let spot = Spot { repetition: Some(count), ..spot };
            if count == row.repeat.saturating_add(1) {
                let place = self.place(repetition, spot);
                let finding = Finding::error(Fault::RepetitionsTooMany, place).with_value(&repetition.text());
                self.tell(finding.expecting(format!("at most {}", row.repeat)), row);
                break;
            }
            if !repetition.is_empty() {
                self.once(row, repetition, spot);
            }
        }
    }

    fn once(&mut self, row: &ElementRule, element: Element<'a>, spot: Spot) {
        if row.kind == Kind::Composite {
            return self.composite(row, element, spot);
        }
        let mut components = element.components();
        let first = components.next().unwrap_or(element);
        let mut position = 1;
        for component in components {
            position += 1;
            if !component.is_empty() {
                let spot = Spot { component: Some(position), ..spot };
                let finding = Finding::error(Fault::ComponentsTooMany, self.place(component, spot));
                self.tell(finding.with_value(&component.text()).expecting("one value"), row);
                return;
            }
        }
        self.simple(row, first, spot, false);
    }

    /// A simple value that may hold released or strange characters.
    fn simple(&mut self, row: &ElementRule, element: Element<'a>, spot: Spot, foreign: bool) {
        if element.is_empty() {
            return;
        }
        let raw = element.raw();
        if self.circumstances.clean && self.circumstances.bare {
            return self.plain(row, element, spot, foreign);
        }
        let released = self.circumstances.release.is_some_and(|release| raw.contains(&release));
        if !released && raw.iter().all(|byte| (b' '..=b'~').contains(byte)) {
            return self.plain(row, element, spot, foreign);
        }
        if row.kind == Kind::Binary {
            return;
        }
        let text = element.text();
        if text.chars().any(char::is_control) {
            return self.wrong(row, element, spot, Fault::CharacterInvalid);
        }
        let fault = match row.kind {
            Kind::Text | Kind::Code => {
                let count = text.chars().count();
                if count < usize::from(row.length.min) {
                    Some(Fault::ValueTooShort)
                } else if count > row.length.max as usize {
                    Some(Fault::ValueTooLong)
                } else {
                    None
                }
            }
            _ => self.typed(row, text.as_bytes()),
        };
        if let Some(fault) = fault {
            self.wrong(row, element, spot, fault);
        } else if row.codes != NONE
            && !foreign
            && !self.grammar.dictionary.codes[usize::from(row.codes)].contains(text.as_bytes())
        {
            self.unknown_code(row, element, spot);
        }
    }

    fn composite(&mut self, row: &ElementRule, element: Element<'a>, spot: Spot) {
        let Some(rule) = self.grammar.dictionary.composites.get(usize::from(row.composite)) else { return };
        let rows = self.grammar.dictionary.rows(&rule.elements);
        let components = Components::of(element);
        let present = u64::from(components.filled());
        let surplus = present.checked_shr(rows.len() as u32).unwrap_or(0);
        if surplus != 0 {
            let position = rows.len() + surplus.trailing_zeros() as usize + 1;
            let component = components.get(position);
            let place = self.place(component, Spot { component: Some(position as u16), ..spot });
            let finding = Finding::error(Fault::ComponentsTooMany, place).with_value(&component.text());
            self.tell(finding.expecting(format!("at most {}", rows.len())), row);
        }
        if present == 0 {
            // Separators around nothing.
            let missing = row.required && spot.repetition.is_none();
            if missing {
                let place = self.place(element, spot);
                self.tell(Finding::error(Fault::ElementMissing, place), row);
            }
            return;
        }
        // A code that comes with the name of somebody else's list is not held against the standard's own.
        let foreign = present & rule.foreign != 0;
        for (at, row) in rows.iter().enumerate().filter(|(at, _)| present >> at & 1 != 0) {
            let component = components.get(at + 1);
            let spot = Spot { component: Some(at as u16 + 1), ..spot };
            if row.dated != 0 {
                self.dated(row, component, components.get(usize::from(row.dated)), spot);
            }
            self.simple(row, component, spot, foreign && rule.foreign >> at & 1 == 0);
        }
        let missing = rule.required & !present;
        if missing != 0 {
            self.missing(rows, missing, Fault::ElementMissing, spot);
        }
        for note in self.grammar.dictionary.conditions(&rule.notes) {
            if !note.holds(present) {
                self.broken(rows, note, present, missing, spot);
            }
        }
        if rule.forbidden & present != 0 {
            self.forbidden(rule.forbidden & present, spot);
        }
    }

    /// A date whose format another element names.
    fn dated(&mut self, row: &ElementRule, value: Element<'a>, format: Element<'a>, spot: Spot) {
        let Some(pattern) = values::pattern(format.raw()) else { return };
        if value.raw().len() <= row.length.max as usize && !values::matches(value.raw(), pattern) {
            let clock = pattern.starts_with(b"H");
            let fault = if clock { Fault::TimeInvalid } else { Fault::DateInvalid };
            let finding = Finding::error(fault, self.place(value, spot)).with_value(&value.text());
            self.tell(finding.expecting(values::pattern_text(pattern)), row);
        }
    }

    #[cold]
    fn wrong(&mut self, row: &ElementRule, element: Element<'a>, spot: Spot, fault: Fault) {
        let mut finding = Finding::error(fault, self.place(element, spot)).with_value(&element.text());
        let kept = element.text().trim_end_matches(' ').chars().count();
        if fault == Fault::ValueTooLong
            && matches!(row.kind, Kind::Text | Kind::Code)
            && kept <= row.length.max as usize
        {
            // Blanks at a value's end say nothing (X12.6): they should not be there, and nobody is rejected for them.
            finding.severity = Severity::Warning;
        }
        let (min, max) = (u32::from(row.length.min), row.length.max);
        let range = if min == max { format!("{min}") } else { format!("{min}..{max}") };
        let expected = match (fault, row.kind) {
            (Fault::ValueTooShort | Fault::ValueTooLong, Kind::Implied(_) | Kind::Decimal) => format!("{range} digits"),
            (Fault::ValueTooShort | Fault::ValueTooLong, _) => format!("{range} characters"),
            (Fault::NumberInvalid, Kind::Implied(0)) => {
                "digits, a minus before them where it is negative: 125".to_owned()
            }
            (Fault::NumberInvalid, Kind::Implied(places)) => {
                format!("digits without a point, the last {places} of them decimals")
            }
            (Fault::NumberInvalid, _) => match self.circumstances.syntax {
                Syntax::X12 => "digits, with a point before decimals, as 1250.50 or -3".to_owned(),
                Syntax::Edifact => "digits, with a point or comma between digits, as 1250.50 or -0,5".to_owned(),
            },
            (Fault::DateInvalid, _) if max == 6 => "YYMMDD".to_owned(),
            (Fault::DateInvalid, _) => "CCYYMMDD".to_owned(),
            (Fault::TimeInvalid, _) => "HHMM[SS[DD]]".to_owned(),
            (Fault::CharacterInvalid, Kind::Letters) => "letters".to_owned(),
            _ => return self.tell(finding, row),
        };
        self.tell(finding.expecting(expected), row);
    }

    #[cold]
    fn unknown_code(&mut self, row: &ElementRule, element: Element<'a>, spot: Spot) {
        let codes = &self.grammar.dictionary.codes[usize::from(row.codes)];
        if self.circumstances.approximated && !codes.agreed {
            // Lists grow with every release.
            return;
        }
        let text = element.text();
        // Blanks that fill a field are no part of a code.
        if text.ends_with(' ') && codes.contains(text.trim_end().as_bytes()) {
            return;
        }
        let place = self.place(element, spot);
        let strict = codes.agreed || self.report.strictness.codes && !codes.open;
        let finding = if strict {
            Finding::error(Fault::CodeInvalid, place)
        } else {
            Finding::warning(Fault::CodeUnknown, place)
        };
        let finding = finding.with_value(&text);
        if codes.len() <= 12 {
            let list: Vec<String> = codes.iter().collect();
            return self.tell(finding.expecting(list.join(" ")), row);
        }
        self.tell(finding, row);
    }

    /// More elements than the segment has; empty ones at the end are only untidy.
    #[cold]
    fn surplus(&mut self, known: usize) {
        let surplus = (known + 1..=self.segment.len()).find(|&position| !self.segment.element(position).is_empty());
        if let Some(position) = surplus {
            let element = self.segment.element(position);
            let spot = Spot { element: u16::try_from(position).unwrap_or(u16::MAX), ..Spot::default() };
            let finding = Finding::error(Fault::ElementsTooMany, self.place(element, spot));
            self.report.push(finding.with_value(&element.text()).expecting(format!("at most {known}")));
        }
    }

    #[cold]
    fn missing(&mut self, rows: &[ElementRule], missing: u64, fault: Fault, spot: Spot) {
        for (at, row) in rows.iter().enumerate().filter(|(at, _)| missing >> at & 1 == 1) {
            let place = self.empty_place(at as u16 + 1, spot);
            self.tell(Finding::error(fault, place), row);
        }
    }

    /// A condition that the present elements do not keep: what is missing because of it, or what is one too many.
    #[cold]
    fn broken(&mut self, rows: &[ElementRule], note: &Note, present: u64, told: u64, spot: Spot) {
        if note.kind == NoteKind::AtMostOne {
            let second = present & note.all() & (present & note.all()).wrapping_sub(1);
            let at = second.trailing_zeros();
            if let Some(row) = rows.get(at as usize) {
                let place = self.value_place(at as u16 + 1, spot);
                self.tell(Finding::error(Fault::ElementExcluded, place).expecting(note.to_string()), row);
            }
            return;
        }
        let absent = note.all() & !present & !told;
        // Of several that could be given, the first stands for all.
        let absent = match note.kind {
            NoteKind::AtLeastOne | NoteKind::FirstNeedsOne => absent & absent.wrapping_neg(),
            _ => absent,
        };
        for (at, row) in rows.iter().enumerate().filter(|(at, _)| absent >> at & 1 == 1) {
            let place = self.empty_place(at as u16 + 1, spot);
            let finding = Finding::error(Fault::ElementConditionalMissing, place).expecting(note.to_string());
            if !self.report.has(&finding) {
                self.tell(finding, row);
            }
        }
    }

    #[cold]
    fn forbidden(&mut self, forbidden: u64, spot: Spot) {
        for at in (0..64).filter(|at| forbidden >> at & 1 == 1) {
            let place = self.value_place(at as u16 + 1, spot);
            self.report.push(Finding::error(Fault::ElementNotUsed, place));
        }
    }

    fn place(&self, element: Element<'a>, spot: Spot) -> Place {
        let mut place = Place::segment(self.segment.tag().to_string(), self.segment.position(), element.span());
        place.element = Some(spot.element);
        place.component = spot.component;
        place.repetition = spot.repetition;
        place.loop_id = loop_name(self.grammar, self.grammar.loop_of(self.node));
        place
    }

    /// The place of a position that may be an element's or, inside a composite, a component's.
    fn value_place(&self, position: u16, spot: Spot) -> Place {
        if spot.element == 0 {
            let element = self.segment.element(usize::from(position));
            self.place(element, Spot { element: position, ..spot })
        } else {
            let element = self.segment.element(usize::from(spot.element));
            let element = match spot.repetition {
                Some(repetition) => element.repetitions().nth(usize::from(repetition) - 1).unwrap_or(element),
                None => element,
            };
            self.place(element.component(usize::from(position)), Spot { component: Some(position), ..spot })
        }
    }

    /// The same for something missing: its bytes are empty.
    fn empty_place(&self, position: u16, spot: Spot) -> Place {
        let mut place = self.value_place(position, spot);
        place.bytes.end = place.bytes.start;
        place
    }

    fn tell(&mut self, finding: Finding, row: &ElementRule) {
        let finding = match self.grammar.element_id(row).parse() {
            Ok(number) => finding.referring(number),
            Err(_) => finding,
        };
        self.report.push(finding);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Checked, Grammar, Strictness};
    use crate::wire::{Cuts, Delimiters, Syntax};

    const TINY: &str = r#"
set x12/004010/850 "Tiny"
  S    0..*
  C    0..*
  D    0..*
  R    0..*
segment S "Simple" notes P0304 R0506 E0708 C0910 L111213
  1  1    M  ID 2/3
  2  2    O  AN 2/5
  3  3    O  R 1/4
  4  4    O  N2 2/4
  5  5    O  DT 8/8
  6  6    O  TM 4/8
  7  7    O  AN 1/3
  8  7    O  AN 1/3
  9  7    O  AN 1/3
  10 7    O  AN 1/3
  11 7    O  AN 1/3
  12 7    O  AN 1/3
  13 7    O  AN 1/3
segment C "Composed"
  1  C001 M
  2  C001 O x2
  3  7    O  AN 1/3
segment D "Dated"
  1  8    M  ID 2/3
  2  7    O  AN 1/35  dated 1
segment R "Repeated"
  1  1    O  ID 2/3  x3
composite C001 notes P0203
  1  1    M  ID 2/3
  2  7    O  AN 1/3
  3  4    O  N0 1/3
element 1
  AB CD EFG
"#;

    const DELIMITERS: Delimiters = Delimiters { repetition: Some(b'^'), ..Delimiters::X12 };

    /// Findings as `fault place value`; S gets what its R note wants unless the case begins with `=`.
    fn check(segment: &str, expected: &str) {
        let text = format!("{segment}~");
        told(&text, Syntax::X12, DELIMITERS, Strictness::default(), expected);
    }

    fn told(text: &str, syntax: Syntax, delimiters: Delimiters, strictness: Strictness, expected: &str) {
        let grammar = Grammar::parse("tiny.grammar", TINY).expect("a grammar");
        let cuts = Cuts::new(text.as_bytes(), syntax, delimiters);
        let mut checked = Checked::default();
        grammar.check(cuts.set(), strictness, &mut checked);
        let told: Vec<String> = checked
            .findings
            .iter()
            .map(|finding| {
                let place = &finding.place;
                let repetition = place.repetition.map_or(String::new(), |at| format!("^{at}"));
                let value = finding.value.as_ref().map_or(String::new(), |value| format!(" {value:?}"));
                let bytes = &text[place.bytes.start as usize..place.bytes.end as usize];
                assert!(
                    finding.value.as_deref().is_none_or(|value| value.starts_with(bytes) || bytes.contains('?')),
                    "{bytes}"
                );
                let place = place.to_string().replace(" (segment 1)", "");
                format!("{:?} {place}{repetition}{value}", finding.fault)
            })
            .collect();
        assert_eq!(told.join(", "), expected, "{text}");
    }

    #[test]
    fn good_values_have_no_findings() {
        check("S*AB*ab*1.5*100*20240229", "");
        check("S*EFG*ab***20240229*1230****", "");
        check("C*AB", "");
        check("C*AB>x>1*CD^EFG>y>2*z", "");
        check("R*AB^CD^EFG", "");
    }

    #[test]
    fn what_is_mandatory_must_be_there() {
        check("S**ab***20240229", "ElementMissing S-01");
        check("C", "ElementMissing C-01");
        check("C*>x>1", "ElementMissing C-01-1");
        check("C*>>", "ElementMissing C-01");
    }

    #[test]
    fn conditions_name_what_they_miss() {
        check("S*AB**1**20240229", "ElementConditionalMissing S-04");
        check("S*AB***100*20240229", "ElementConditionalMissing S-03");
        check("S*AB", "ElementConditionalMissing S-05");
        check("S*AB****20240229**x*y", "ElementExcluded S-08");
        check("S*AB****20240229****x", "ElementConditionalMissing S-10");
        check("S*AB****20240229*****x", "");
        check("S*AB****20240229******x", "ElementConditionalMissing S-12");
        check("S*AB****20240229******x**y", "");
        check("C*AB>x", "ElementConditionalMissing C-01-3");
    }

    #[test]
    fn lengths_are_those_of_characters_and_digits() {
        check("S*AB*a***20240229", "ValueTooShort S-02 \"a\"");
        check("S*AB*abcdef***20240229", "ValueTooLong S-02 \"abcdef\"");
        check("S*AB*äöüäö***20240229", "");
        check("S*AB*äöüäöü***20240229", "ValueTooLong S-02 \"äöüäöü\"");
        check("S*AB**-12.34*-1234*20240229", "");
        check("S*AB**12345*12345*20240229", "ValueTooLong S-03 \"12345\", ValueTooLong S-04 \"12345\"");
        check("S*AB**1*1*20240229", "ValueTooShort S-04 \"1\"");
    }

    #[test]
    fn types_are_kept() {
        check("S*AB**1,5*10*20240229", "NumberInvalid S-03 \"1,5\"");
        check("S*AB**1*1.0*20240229", "NumberInvalid S-04 \"1.0\"");
        check("S*AB****20230229", "DateInvalid S-05 \"20230229\"");
        check("S*AB****240229", "ValueTooShort S-05 \"240229\"");
        check("S*AB*****2460", "TimeInvalid S-06 \"2460\"");
        check("S*AB*a\tb***20240229", "CharacterInvalid S-02 \"a\\tb\"");
        check("D*D8*20240229", "");
        check("D*D8*20230229", "DateInvalid D-02 \"20230229\"");
        check("D*ZZ*whatever", "");
    }

    #[test]
    fn codes_are_warned_of_unless_agreed() {
        check("S*XX****20240229", "CodeUnknown S-01 \"XX\"");
        check("S*AB ****20240229", "");
        check("C*XX", "CodeUnknown C-01-1 \"XX\"");
        let strict = Strictness { codes: true, ..Strictness::default() };
        told("S*XX****20240229~", Syntax::X12, DELIMITERS, strict, "CodeInvalid S-01 \"XX\"");
    }

    #[test]
    fn there_are_not_too_many() {
        check("S*AB****20240229*********x*y", "ElementsTooMany S-14 \"x\"");
        check("S*AB****20240229***********", "");
        check("C*AB>x>1>2", "ComponentsTooMany C-01-4 \"2\"");
        check("C*AB**x>y", "ComponentsTooMany C-03-2 \"y\"");
        check("C*AB*AB^CD^EFG", "RepetitionsTooMany C-02^3 \"EFG\"");
        check("R*AB^CD^XX", "CodeUnknown R-01^3 \"XX\"");
        check("S*AB*ab^cd***20240229", "RepetitionsTooMany S-02^2 \"cd\"");
    }

    #[test]
    fn edifact_values_are_released_first() {
        let edifact = |text: &str, expected: &str| {
            told(text, Syntax::Edifact, Delimiters::EDIFACT, Strictness::default(), expected);
        };
        edifact("S+AB+a?+?:?'e+++20240229'", "");
        edifact("S+AB+a?+b?:?'e+++20240229'", "ValueTooLong S-02 \"a+b:'e\"");
        edifact("S+AB++1,5+10+20240229'", "");
        edifact("C+AB:x:1'", "");
    }

    #[test]
    fn a_grammar_of_another_release_is_lenient() {
        let lenient = Strictness { approximated: true, ..Strictness::default() };
        told("S*AB****240229~", Syntax::X12, DELIMITERS, lenient, "");
        told("S*AB****240230~", Syntax::X12, DELIMITERS, lenient, "DateInvalid S-05 \"240230\"");
    }
}
