//! One segment through the line of the map that takes it: a value at each position, to the field it belongs to.

use std::borrow::Cow;

use super::{Here, Reader};
use crate::canonical::{Name, Record, Value};
use crate::finding::Fault;
use crate::mapping::bind::told;
use crate::mapping::convert::{Convert, Understood};
use crate::mapping::model::{Computed, Ends, Line, LineId, Part, Target, What};
use crate::mapping::moment;
use crate::mapping::slots::{self, Put};
use crate::wire::Element;

impl<'a> Reader<'a, '_> {
    pub(super) fn line(&mut self, id: LineId, line: &'a Line, here: &mut Here<'a>) {
        let frame = self.frames[self.frames.len() - 1];
        let again = std::mem::replace(&mut self.hits[usize::from(id)], frame.serial) == frame.serial;
        let mut lost = 0;
        let filled = here.segment.filled();
        for part in &line.parts {
            if is_unset(filled, part.element) && !matches!(part.what, What::Run { .. }) {
                continue;
            }
            let at = here.at(part.element, part.component);
            lost += self.part(part, here, &at, again);
        }
        let counted = self.count(line, here, filled);
        self.coverage.mapped += counted.saturating_sub(lost);
    }

    /// Fills the field of one position. Returns how many values could not be carried.
    fn part(&mut self, part: &'a Part, here: &mut Here<'a>, at: &Element<'a>, again: bool) -> u64 {
        match &part.what {
            What::Literal { selects: true, .. } => 0,
            What::Literal { text, .. } => {
                if at.is_empty() || at.raw() == text.as_bytes() || *at.text() == **text {
                    return 0;
                }
                self.unmapped(here, part.element, part.component, at);
                1
            }
            What::Set { target, convert, .. } => {
                if at.is_empty() {
                    return 0;
                }
                let Some(value) = self.understand(convert, at, here, part) else { return 1 };
                self.put(target, value, at, here, part, again)
            }
            What::Append { target, convert } => {
                if at.is_empty() {
                    return 0;
                }
                let Some(value) = self.understand(convert, at, here, part) else { return 1 };
                let outer = self.open.len() - 1 - usize::from(target.up);
                let record = &mut self.open[outer].record;
                let mut index = None;
                match target.leaf {
                    Ends::Leaves(_) => {
                        if let Some(items) = slots::list(record, &target.steps) {
                            index = Some(items.len());
                            items.push(value);
                        }
                    }
                    _ => slots::append_text(record, &target.steps, value),
                }
                if self.detail.provenance {
                    let index = index.map(|index| format!("[{index}]")).unwrap_or_default();
                    let path = format!("{}{}{index}", self.open[outer].prefix, told(&target.steps));
                    self.provenance.push((path, self.place(here, part.element, part.component, at)));
                }
                0
            }
            What::Run { target, members, composite, records_max } => {
                self.run(part, here, target, members, *composite, *records_max)
            }
            What::Moment { target, roles } => {
                if at.is_empty() {
                    return 0;
                }
                let text = self.text(at);
                let format = if roles.format_component {
                    self.text(&here.at(part.element, part.component.max(1) + 1))
                } else {
                    Cow::Borrowed("")
                };
                match moment::read(text, format, roles) {
                    Some(read) => {
                        let mut lost = 0;
                        let pairs = [
                            (Some(target), read.date),
                            (roles.time.as_ref(), read.time),
                            (roles.until.as_ref(), read.until),
                            (roles.until_time.as_ref(), read.until_time),
                            (roles.value.as_ref(), read.value),
                            (roles.format.as_ref(), read.format),
                        ];
                        for (target, value) in pairs {
                            if let (Some(target), Some(value)) = (target, value) {
                                lost = lost.max(self.put(target, value, at, here, part, again));
                            }
                        }
                        lost
                    }
                    None => {
                        self.tell(Fault::DateInvalid, here, part.element, part.component, at, None);
                        self.unmapped(here, part.element, part.component, at);
                        1
                    }
                }
            }
            What::Computed(computed @ (Computed::Count(_) | Computed::Sum(..) | Computed::Levels)) => {
                if !at.is_empty() {
                    let place = self.place(here, part.element, part.component, at);
                    self.sums.push((computed, at.text(), place));
                }
                0
            }
            What::Computed(_) => 0,
        }
    }

    fn understand(
        &mut self,
        convert: &'a Convert,
        at: &Element<'a>,
        here: &Here<'a>,
        part: &Part,
    ) -> Option<Value<'a>> {
        match self.read(convert, at) {
            Understood::Value(value) => Some(value),
            Understood::Unknown(value) => {
                if !is_known(part, 0, at) {
                    self.tell(Fault::CodeUnknown, here, part.element, part.component, at, None);
                }
                Some(value)
            }
            Understood::Wrong(fault) => {
                self.tell(fault, here, part.element, part.component, at, None);
                self.unmapped(here, part.element, part.component, at);
                None
            }
        }
    }

    /// The value at a position; text is only made where text is asked for.
    #[inline]
    fn read(&self, convert: &'a Convert, at: &Element<'a>) -> Understood<'a> {
        if at.is_plain()
            && let Some(understood) = convert.read_digits(at.raw(), self.marks)
        {
            return understood;
        }
        convert.read(self.text(at), self.marks)
    }

    #[inline]
    fn text(&self, at: &Element<'a>) -> Cow<'a, str> {
        self.plain.and_then(|plain| plain.of(at)).map_or_else(|| at.text(), Cow::Borrowed)
    }

    /// Puts a value where it belongs. The first value stays; another one is told.
    fn put(
        &mut self,
        target: &'a Target,
        value: Value<'a>,
        at: &Element<'a>,
        here: &Here<'a>,
        part: &Part,
        again: bool,
    ) -> u64 {
        let outer = self.open.len() - 1 - usize::from(target.up);
        let open = &mut self.open[outer];
        let done = if target.steps.is_empty() {
            match &open.leaf {
                None => {
                    open.leaf = Some(value);
                    Put::New
                }
                Some(before) if *before == value => Put::Same,
                Some(_) => Put::Differs,
            }
        } else {
            slots::put(&mut open.record, &target.steps, value)
        };
        match done {
            Put::New => {
                if self.detail.provenance {
                    let path = format!("{}{}", self.open[outer].prefix, told(&target.steps));
                    self.provenance.push((path, self.place(here, part.element, part.component, at)));
                }
                0
            }
            Put::Same => 0,
            Put::Differs => {
                let fault = if again { Fault::ValueOverwritten } else { Fault::ValuesDisagree };
                let expected = format!("one value for {}", target.path);
                self.tell(fault, here, part.element, part.component, at, Some(expected));
                self.unmapped(here, part.element, part.component, at);
                1
            }
        }
    }

    /// Runs of members, to the segment's end or the most that one segment carries.
    fn run(
        &mut self,
        part: &'a Part,
        here: &mut Here<'a>,
        target: &'a Target,
        members: &'a [(Name, Convert)],
        composite: bool,
        records_max: u8,
    ) -> u64 {
        let (mut lost, mut position, last) = (0, usize::from(part.element), here.segment.len());
        let mut records = 0;
        while position <= last && records < records_max {
            let mut record = Record::with_capacity(members.len() + usize::from(target.choice.is_some()));
            for (at, (name, convert)) in members.iter().enumerate() {
                let (position, component, element) = if composite {
                    let component = part.component.max(1) + at as u8;
                    (position, component, here.at(position as u8, component))
                } else {
                    (position + at, 0, here.segment.element(position + at))
                };
                if element.is_empty() {
                    continue;
                }
                match self.read(convert, &element) {
                    Understood::Value(value) => {
                        record.insert(*name, value);
                    }
                    Understood::Unknown(value) => {
                        if !is_known(part, at, &element) {
                            self.tell(Fault::CodeUnknown, here, position as u8, component, &element, None);
                        }
                        record.insert(*name, value);
                    }
                    Understood::Wrong(fault) => {
                        self.tell(fault, here, position as u8, component, &element, None);
                        self.unmapped(here, position as u8, component, &element);
                        lost += 1;
                    }
                }
            }
            if !record.fields.is_empty() {
                if let Some((name, word)) = &target.choice {
                    record.insert(*name, Value::Text(Cow::Borrowed(word)));
                }
                let outer = self.open.len() - 1 - usize::from(target.up);
                if self.detail.provenance {
                    let (_, at) = self.position(target);
                    let path = format!("{}{}[{at}]", self.open[outer].prefix, told(&target.steps));
                    let element = here.segment.element(position);
                    self.provenance.push((path, self.place(here, position as u8, 0, &element)));
                }
                if let Some(items) = slots::list(&mut self.open[outer].record, &target.steps) {
                    items.push(Value::Record(record));
                }
            }
            records += 1;
            position += if composite { 1 } else { members.len() };
        }
        lost
    }

    /// Counts what a line carries of its segment; everything else in it is unmapped.
    fn count(&mut self, line: &Line, here: &mut Here<'a>, filled: u64) -> u64 {
        let mut mapped = u64::from((filled & line.covers).count_ones());
        let mut rest = filled & !line.covers;
        while rest != 0 {
            mapped += self.count_element(line, here, rest.trailing_zeros() as usize + 1);
            rest &= rest - 1;
        }
        for position in 65..=here.segment.len() {
            mapped += self.count_element(line, here, position);
        }
        mapped
    }

    /// What a line carries of an element that it does not carry whole.
    fn count_element(&mut self, line: &Line, here: &mut Here<'a>, position: usize) -> u64 {
        let element = here.segment.element(position);
        let mask = line.components.iter().find(|(at, _)| usize::from(*at) == position).map_or(0, |(_, mask)| *mask);
        if mask == 1 && !element.is_divided() {
            return u64::from(!element.is_empty());
        }
        let filled = here.components(position as u8).filled();
        let mut rest = filled & !mask;
        while rest != 0 {
            let component = rest.trailing_zeros() as usize + 1;
            let at = here.components(position as u8).get(component);
            let component = if mask == 0 && !element.is_divided() { 0 } else { component as u8 };
            self.unmapped(here, position as u8, component, &at);
            rest &= rest - 1;
        }
        u64::from((filled & mask).count_ones())
    }
}

/// Whether one of the first sixty-four elements is empty.
#[inline]
fn is_unset(filled: u64, element: u8) -> bool {
    (1..=64).contains(&element) && filled & (1 << (element - 1)) == 0
}

/// Whether the standard knows a code that the map's table has no word for.
fn is_known(part: &Part, member: usize, at: &Element<'_>) -> bool {
    part.codes.get(member).and_then(Option::as_ref).is_some_and(|codes| codes.contains(at.raw()))
}
