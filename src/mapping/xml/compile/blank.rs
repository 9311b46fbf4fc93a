//! What stands in a position: a blank's way to its field, its conversion, and the words of its selectors.

use super::{Compiler, Scope};
use crate::canonical::{Leaf, Name, Shape, Value};
use crate::mapping::code::Code;
use crate::mapping::syntax::ast::{self, At, Path, Slot, Source, Spot};
use crate::mapping::xml::convert::Convert;
use crate::mapping::xml::route::{Route, RouteStep, Words};
use crate::mapping::xml::{Blank, Content};
use crate::mistake::nearest;

impl<'m> Compiler<'m> {
    pub(super) fn content(&mut self, slot: &'m At<Slot>) -> Option<Content> {
        match &slot.value {
            Slot::Empty => Some(Content::Ignored),
            Slot::Literal { text, .. } => Some(Content::Literal(text.as_str().into())),
            Slot::Blank(blank) => self.blank(blank, &slot.spot).map(Content::Blank),
        }
    }

    fn blank(&mut self, blank: &'m ast::Blank, spot: &Spot) -> Option<Blank> {
        let Source::Path { path, append, first } = &blank.source else {
            self.tell(Code::Conversion, spot, "nothing is computed in XML documents");
            return None;
        };
        let at = At { value: path.clone(), spot: spot.clone() };
        let (route, shape) = self.route(&at, *append)?;
        let leaf = match (shape, append) {
            (Shape::Leaf(leaf), false) => *leaf,
            (Shape::List(item), true) if matches!(**item, Shape::Leaf(_)) => match **item {
                Shape::Leaf(leaf) => leaf,
                _ => Leaf::Text,
            },
            _ => {
                let help = "name a field of it, or say each ... in ... { }";
                self.tell(Code::Path, spot, format!("{path} holds no single value")).help = Some(help.into());
                return None;
            }
        };
        let convert = self.convert(blank, leaf, spot)?;
        let append = append.then(|| {
            let key = (self.scopes[usize::from(route.scope)].serial, self.key(&route));
            let next = self.appended.entry(key).or_insert(0);
            *next += 1;
            *next - 1
        });
        Some(Blank { route, convert, append, first: *first })
    }

    fn convert(&mut self, blank: &'m ast::Blank, leaf: Leaf, spot: &Spot) -> Option<Convert> {
        let conversion = match blank.conversions.as_slice() {
            [] => return Some(Convert::of(leaf)),
            [one] => one,
            [_, second, ..] => {
                self.tell(Code::Conversion, &second.name.spot, "one conversion is enough");
                return None;
            }
        };
        let argument = conversion.arguments.first().map(|argument| argument.value.as_str());
        let (convert, suits) = match (conversion.name.value.as_str(), argument) {
            ("text", None) => (Convert::Text, Leaf::Text),
            ("dec", None) => (Convert::Decimal, Leaf::Decimal),
            ("date", None) => (Convert::Date, Leaf::Date),
            ("date", Some("102")) => (Convert::DateCompact, Leaf::Date),
            ("time", None) => (Convert::Time, Leaf::Time),
            ("int", None) => (Convert::Integer, Leaf::Integer),
            ("flag", None) => (Convert::Flag, Leaf::Flag),
            (name, None) if self.tables.contains_key(name) => (Convert::Table(self.tables[name].clone()), Leaf::Text),
            (name, _) => {
                let known = ["text", "dec", "date", "date:102", "time", "int", "flag"];
                let near = nearest(name, known.into_iter().chain(self.tables.keys().map(String::as_str)));
                let help = near.map(|near| format!("did you mean {near}?"));
                self.tell(Code::Conversion, &conversion.name.spot, format!("there is no conversion {name}")).help =
                    help;
                return None;
            }
        };
        if suits != leaf {
            let message = format!("{} does not make {}", conversion.name.value, leaf.as_str());
            self.tell(Code::Conversion, spot, message);
            return None;
        }
        Some(convert)
    }

    /// Where a path leads: names from the innermost open item outwards, or from the document behind a `/`.
    pub(super) fn route(&mut self, path: &At<Path>, list: bool) -> Option<(Route, &'static Shape)> {
        let names = &path.value.names;
        let innermost = self.scopes.iter().rposition(|scope| scope.shape.is_some())?;
        let Some(first) = names.first() else {
            return Some((Route { scope: innermost as u8, steps: Vec::new() }, self.scopes[innermost].shape?));
        };
        let absolute = first.starts_with('/');
        let wanted = bare(first.trim_start_matches('/'));
        let scope = match absolute {
            true => 0,
            false => {
                let known = Name::of(wanted);
                let holds =
                    |scope: &Scope| known.is_some_and(|name| scope.shape.is_some_and(|s| s.field(name).is_some()));
                self.scopes.iter().rposition(holds).unwrap_or(innermost)
            }
        };
        let mut shape = self.scopes[scope].shape?;
        let mut steps = Vec::new();
        for (position, written) in names.iter().enumerate() {
            let written = written.trim_start_matches('/');
            let name = bare(written);
            let Some((number, inner)) = Name::of(name).and_then(|number| Some((number, shape.field(number)?))) else {
                let candidates = shape.fields().iter().map(|(name, _)| name.as_str());
                let help = nearest(name, candidates).map(|near| format!("did you mean {near}?"));
                self.tell(Code::Path, &path.spot, format!("there is no field {name} in {}", path.value)).help = help;
                return None;
            };
            steps.push(RouteStep::Field(number));
            shape = inner;
            let last = position + 1 == names.len();
            if let (Shape::List(item), false) = (shape, last && (list || !written.contains('['))) {
                let key = self.key(&Route { scope: scope as u8, steps: steps.clone() });
                let words = self.selector(written, item, &path.spot)?;
                if !words.is_empty() {
                    self.taken.entry(key).or_default().push(words.clone());
                }
                steps.push(RouteStep::Item(words));
                shape = item;
            }
        }
        Some((Route { scope: scope as u8, steps }, shape))
    }

    /// The words in `dates[kind=delivered]`.
    fn selector(&mut self, written: &str, item: &'static Shape, spot: &Spot) -> Option<Words> {
        let mut words = Words::new();
        for part in written.split('[').skip(1) {
            let Some((field, word)) = part.trim_end_matches(']').split_once('=') else {
                self.tell(Code::Syntax, spot, "a selector looks like [kind=delivered]");
                return None;
            };
            let names: Vec<String> = field.split('.').map(str::to_owned).collect();
            words.extend(self.word(item, &names, word, spot));
        }
        Some(words)
    }

    pub(super) fn word(
        &mut self,
        item: &'static Shape,
        names: &[String],
        word: &str,
        spot: &Spot,
    ) -> Option<(Vec<Name>, Value<'static>)> {
        let mut shape = item;
        let mut route = Vec::new();
        for text in names {
            let Some((name, inner)) = Name::of(text).and_then(|name| Some((name, shape.field(name)?))) else {
                self.tell(Code::Path, spot, format!("there is no field {text} in the items of this list"));
                return None;
            };
            route.push(name);
            shape = inner;
        }
        match shape {
            Shape::Leaf(Leaf::Text) => Some((route, Value::Text(word.to_owned().into()))),
            Shape::Leaf(Leaf::Flag) => Some((route, Value::Flag(word == "true"))),
            _ => {
                self.tell(Code::Path, spot, "items are told apart by texts only");
                None
            }
        }
    }

    /// Names a list or field for comparing, through the lists it stands in.
    pub(super) fn key(&self, route: &Route) -> String {
        let mut key = self.scopes[usize::from(route.scope)].key.clone();
        for step in &route.steps {
            if let RouteStep::Field(name) = step {
                key.push('.');
                key.push_str(name.as_str());
            }
        }
        key
    }
}

/// A name without its selector.
fn bare(name: &str) -> &str {
    name.split('[').next().unwrap_or(name)
}
