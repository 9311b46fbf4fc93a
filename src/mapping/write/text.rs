//! What stands at a position of a line: a literal, a field, a run of records, a text in pieces, or what is computed.

use std::collections::VecDeque;

use super::{Scope, Writer};
use crate::canonical::{Record, Value};
use crate::mapping::convert::Refused;
use crate::mapping::model::{Computed, Line, Part, Target, What};
use crate::mapping::moment;
use crate::mapping::slots::{self, address};

/// What one position of a line became.
pub(super) enum Text {
    Nothing,
    /// A literal, or what is computed: not a reason to write the line.
    Fixed(String),
    Data(String),
    /// Several elements or components from here on.
    Run(Vec<Vec<String>>),
    Pair(String, String),
}

impl<'m, 'd> Writer<'m, 'd> {
    /// What `part` becomes; `later` are the positions behind it in its line.
    pub(super) fn text(&mut self, part: &'m Part, later: &[Part], absent: &mut Option<&'m Target>) -> Text {
        match &part.what {
            What::Literal { text, .. } => Text::Fixed(text.to_string()),
            What::Set { target, convert, first } => {
                let found = self.value(target);
                if found.is_none()
                    && let Some((key, number)) = &self.number
                    && target.up == 0
                    && target.steps == *key
                {
                    return Text::Data(number.clone());
                }
                let Some(value) = found.filter(|value| !(*first && self.taken.contains(&address(*value)))) else {
                    absent.get_or_insert(target);
                    return Text::Nothing;
                };
                let mut text = String::new();
                match convert.write(value, &mut text) {
                    // Too long for a code, and the name has its own place behind it.
                    Ok(_) if *first && text.chars().count() > part.length_max as usize && takes(later, target) => {
                        Text::Nothing
                    }
                    Ok(exact) => {
                        if *first {
                            self.taken.insert(address(value));
                        }
                        if exact {
                            self.see(value);
                            self.see_choice(target);
                        }
                        if text.is_empty() { Text::Nothing } else { Text::Data(text) }
                    }
                    Err(Refused::Type | Refused::Digits) => Text::Nothing,
                }
            }
            What::Append { target, .. } => match self.next_text(part, target) {
                Some(text) => Text::Data(text),
                None => {
                    absent.get_or_insert(target);
                    Text::Nothing
                }
            },
            What::Run { target, members, records_max, .. } => {
                let records = self.next_records(target, usize::from(*records_max));
                if records.is_empty() {
                    absent.get_or_insert(target);
                    return Text::Nothing;
                }
                let mut texts = Vec::with_capacity(records.len());
                for record in records {
                    let mut row = Vec::with_capacity(members.len());
                    for (name, convert) in members {
                        let mut text = String::new();
                        if let Some(value) = record.get(*name)
                            && convert.write(value, &mut text) == Ok(true)
                        {
                            self.see(value);
                        }
                        row.push(text);
                    }
                    if let Some(choice) = target.choice.as_ref().and_then(|(name, _)| record.get(*name)) {
                        self.see(choice);
                    }
                    texts.push(row);
                }
                Text::Run(texts)
            }
            What::Moment { target, roles } => {
                let of = |target: &Option<Target>| target.as_ref().and_then(|target| self.value(target));
                let sources = [
                    self.value(target),
                    of(&roles.time),
                    of(&roles.until),
                    of(&roles.until_time),
                    of(&roles.value),
                    of(&roles.format),
                ];
                let [date, time, until, until_time, value, format] = sources.map(|value| value.cloned());
                match moment::write(&moment::Parts { date, time, until, until_time, value, format }) {
                    Some((text, format)) => {
                        for source in sources.into_iter().flatten() {
                            self.see(source);
                        }
                        self.see_choice(target);
                        if roles.format_component { Text::Pair(text, format) } else { Text::Data(text) }
                    }
                    None => {
                        absent.get_or_insert(target);
                        Text::Nothing
                    }
                }
            }
            What::Computed(computed) => self.computed(computed),
        }
    }

    fn computed(&self, computed: &Computed) -> Text {
        let number = match computed {
            Computed::Control | Computed::Segments => return Text::Nothing,
            Computed::Hierarchy => self.branch.id as usize,
            Computed::Parent => match self.branch.parent {
                Some(parent) => parent as usize,
                None => return Text::Nothing,
            },
            // Known when the branches below are written.
            Computed::Child => return Text::Fixed(String::new()),
            Computed::Levels => self.branches as usize,
            Computed::Index => {
                let prefix = self.prefixes.last().map_or("", String::as_str);
                let position = prefix.rsplit_once('[').and_then(|(_, rest)| rest.trim_end_matches("].").parse().ok());
                position.map_or(0, |position: usize| position + 1)
            }
            Computed::Count(target) => {
                let count = self.value(target).and_then(Value::as_list).map_or(0, <[Value<'_>]>::len);
                return if count > 0 { Text::Data(count.to_string()) } else { Text::Fixed("0".to_owned()) };
            }
            Computed::Sum(target, steps) => {
                let Some(Scope::Record(record)) = self.scope(target.up) else { return Text::Nothing };
                return Text::Data(slots::sum(record, &target.steps, steps).normalize().to_string());
            }
        };
        Text::Fixed(number.to_string())
    }

    /// Whether an appending blank has something left for another segment.
    pub(super) fn is_waiting(&self, part: &Part) -> bool {
        match &part.what {
            What::Append { target, .. } => self
                .value(target)
                .and_then(|value| self.queues.get(&address(value)))
                .is_some_and(|queue| !queue.is_empty()),
            What::Run { target, .. } => {
                let items = self.value(target).and_then(Value::as_list).unwrap_or(&[]);
                items.iter().any(|item| self.is_free(target, item))
            }
            _ => false,
        }
    }

    fn is_free(&self, target: &Target, item: &Value<'_>) -> bool {
        let chosen = target.choice.as_ref().is_none_or(|(name, word)| {
            let own = item.as_record().and_then(|record| record.get(*name)).and_then(Value::as_text);
            own.is_none_or(|own| *own == **word)
        });
        chosen && !self.taken.contains(&address(item))
    }

    fn next_records(&mut self, target: &Target, most: usize) -> Vec<&'d Record<'d>> {
        let Some(Value::List(items)) = self.value(target) else { return Vec::new() };
        let mut records = Vec::new();
        for item in items {
            if records.len() == most {
                break;
            }
            if self.is_free(target, item)
                && let Value::Record(record) = item
            {
                self.taken.insert(address(item));
                records.push(record);
            }
        }
        records
    }

    /// The next text of a list, or the next line of a text, cut to what the element holds.
    fn next_text(&mut self, part: &Part, target: &Target) -> Option<String> {
        let value = self.value(target)?;
        let key = address(value);
        if !self.queues.contains_key(&key) {
            let mut queue = VecDeque::new();
            let mut texts = 0;
            let length_max = part.length_max.max(1) as usize;
            match value {
                Value::List(items) => {
                    for item in items {
                        let mut text = String::new();
                        if let What::Append { convert, .. } = &part.what
                            && convert.write(item, &mut text).is_ok()
                        {
                            texts += 1;
                            cut(&text, length_max, address(item), &mut queue);
                        }
                    }
                }
                Value::Text(text) => {
                    for line in text.lines() {
                        texts += 1;
                        cut(line, length_max, key, &mut queue);
                    }
                }
                _ => return None,
            }
            if queue.len() > texts {
                self.cut.push(self.prefix_of(target));
            }
            self.queues.insert(key, queue);
        }
        let queue = self.queues.get_mut(&key)?;
        let (text, whose) = queue.pop_front()?;
        // A value is on the wire when its last piece is.
        if queue.front().is_none_or(|(_, next)| *next != whose) && self.seen.insert(whose) {
            self.journal.push(whose);
        }
        Some(text)
    }
}

/// A literal beside blanks in a composite is written with one of them, not alone.
pub(super) fn without_company(line: &Line, texts: &mut [Text]) {
    let is_plain = |part: &Part| matches!(part.what, What::Literal { selects: false, .. });
    for at in 0..line.parts.len() {
        let part = &line.parts[at];
        if part.component == 0 || !is_plain(part) {
            continue;
        }
        let mut beside =
            line.parts.iter().zip(&*texts).filter(|(other, _)| other.element == part.element && !is_plain(other));
        let mut seen = false;
        let alone = beside.all(|(_, text)| {
            seen = true;
            matches!(text, Text::Nothing)
        });
        if alone && seen {
            texts[at] = Text::Nothing;
        }
    }
}

/// Cuts a text at blanks into pieces that an element holds.
fn cut(text: &str, length_max: usize, whose: usize, queue: &mut VecDeque<(String, usize)>) {
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.char_indices().nth(length_max).map_or(rest.len(), |(at, _)| at);
        let piece = if end == rest.len() { end } else { rest[..end].rfind(' ').filter(|&at| at > 0).unwrap_or(end) };
        queue.push_back((rest[..piece].to_owned(), whose));
        rest = rest[piece..].strip_prefix(' ').unwrap_or(&rest[piece..]);
    }
}

/// Whether one of the positions is another alternative for a field.
fn takes(parts: &[Part], field: &Target) -> bool {
    parts.iter().any(|part| match &part.what {
        What::Set { target, first, .. } => *first && target.up == field.up && target.path == field.path,
        _ => false,
    })
}
