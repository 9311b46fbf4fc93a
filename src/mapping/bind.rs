//! One segment line bound to its node: positions against the grammar, blanks against the document, conversions to fields.

use super::code::Code;
use super::compile::Compiler;
use super::convert::{Convert, DateForm};
use super::model::{BlockId, Computed, Ends, Line, Moment, Origin, Part, Selector, Step, Target, What};
use super::scope::{Scopes, first_of_list, walk};
use super::syntax::ast::{self, At, Blank, Slot, Source, Spot};
use crate::canonical::{Leaf, Name, Shape};
use crate::grammar::NodeId;
use crate::grammar::codes::Codes;
use crate::mistake::nearest;
use crate::wire::Syntax;

/// SDQ carries ten pairs; writing splits there.
const TUPLES_MAX: u8 = 10;

const COMPUTED: &[&str] = &["control", "segments", "count", "sum", "index", "hl", "parent", "child", "levels"];

impl Compiler<'_> {
    /// Binds a line. `level` is the code of the tree's level that the line begins.
    pub(super) fn line(
        &mut self,
        line: &ast::SegmentLine,
        spot: Spot,
        node: NodeId,
        home: BlockId,
        scopes: &Scopes,
        level: Option<&str>,
    ) -> Option<Line> {
        let before = self.mistakes.len();
        let mut bound = Line {
            tag: line.tag.value.as_str().into(),
            home,
            anywhere: false,
            ignored: false,
            opens: None,
            selectors: Vec::new(),
            parts: Vec::new(),
            covers: 0,
            components: Vec::new(),
            optional: line.optional,
            repeats: false,
            uses_max: self.grammar.uses(node).1,
            elements_max: self.grammar.elements(node).len().min(64) as u8,
            origin: Origin { file: self.file, spot },
        };
        for (at, components) in line.elements.iter().enumerate() {
            self.element(&mut bound, node, at + 1, components, scopes, level);
        }
        if level == Some("root") {
            bound.selectors.push(Selector::new(2, 0, vec![Box::default()]));
        }
        (self.mistakes.len() == before).then_some(bound)
    }

    fn element(
        &mut self,
        line: &mut Line,
        node: NodeId,
        position: usize,
        components: &[At<Slot>],
        scopes: &Scopes,
        level: Option<&str>,
    ) {
        if components.iter().all(|slot| slot.value == Slot::Empty) {
            return;
        }
        let Some(rule) = self.grammar.element(node, position) else {
            let message = format!("{} has no element {position}", line.tag);
            let last = self.grammar.elements(node).len();
            let help = Some(format!("its last one is {last}"));
            return self.tell(Code::Segment, components[0].spot.clone(), message, help);
        };
        let inner = self.grammar.components(rule);
        let composite = !inner.is_empty();
        if !composite && components.len() > 1 {
            let message = format!("{}{position:02} has no components", line.tag);
            return self.tell(Code::Segment, components[1].spot.clone(), message, None);
        }
        let (simple_max, simple_required) = (rule.length.max, rule.required);
        for (at, slot) in components.iter().enumerate() {
            let component = if composite { at + 1 } else { 0 };
            let (length_max, required) = if composite {
                match inner.get(at) {
                    Some(rule) => (rule.length.max, rule.required && simple_required),
                    None => {
                        let message = format!("{}{position:02} has no component {component}", line.tag);
                        let help = Some(format!("its last one is {}", inner.len()));
                        self.tell(Code::Segment, slot.spot.clone(), message, help);
                        continue;
                    }
                }
            } else {
                (simple_max, simple_required)
            };
            let what = match &slot.value {
                Slot::Empty => continue,
                Slot::Literal { text, forced } => {
                    let leads = position == 1 && at == 0 && level.is_none();
                    let selects = *forced || leads || level == Some(text);
                    if selects {
                        let codes = vec![text.as_bytes().into()];
                        line.selectors.push(Selector::new(position as u8, component as u8, codes));
                    }
                    What::Literal { text: text.as_str().into(), selects }
                }
                Slot::Blank(blank) => {
                    match self.blank(blank, &slot.spot, line, position, composite, length_max, scopes) {
                        Some(what) => what,
                        None => continue,
                    }
                }
            };
            cover(line, &what, position, component);
            line.repeats |= matches!(what, What::Append { .. } | What::Run { .. });
            let codes = self.codes(&what, node, position, at);
            let (element, component) = (position as u8, component as u8);
            line.parts.push(Part { element, component, what, length_max, required, codes });
        }
    }

    /// The grammar's code lists where a table is consulted.
    fn codes(&self, what: &What, node: NodeId, position: usize, component: usize) -> Vec<Option<Codes>> {
        let at = |position: usize, component: usize| {
            let rule = self.grammar.element(node, position)?;
            let rule = self.grammar.components(rule).get(component).unwrap_or(rule);
            self.grammar.codes(rule).cloned()
        };
        match what {
            What::Set { convert: Convert::Table(_), .. } | What::Append { convert: Convert::Table(_), .. } => {
                vec![at(position, component)]
            }
            What::Run { members, composite, .. }
                if members.iter().any(|(_, convert)| matches!(convert, Convert::Table(_))) =>
            {
                let of = |member| if *composite { at(position, component + member) } else { at(position + member, 0) };
                (0..members.len()).map(of).collect()
            }
            _ => Vec::new(),
        }
    }

    #[allow(clippy::too_many_arguments, reason = "everything a blank may depend on, once")]
    fn blank(
        &mut self,
        blank: &Blank,
        spot: &Spot,
        line: &Line,
        position: usize,
        composite: bool,
        length_max: u32,
        scopes: &Scopes,
    ) -> Option<What> {
        let (path, append, first) = match &blank.source {
            Source::Computed { name, argument } => {
                return self.computed(name, argument.as_ref(), spot, scopes).map(What::Computed);
            }
            Source::Path { path, append, first } => (path, *append, *first),
        };
        let mut target = match scopes.bind(path) {
            Ok(target) => target,
            Err(astray) => {
                self.astray(spot.clone(), astray);
                return None;
            }
        };
        let conversion = blank.conversions.first();
        if let Some(second) = blank.conversions.get(1) {
            self.tell(Code::Conversion, second.name.spot.clone(), "a blank has one conversion", None);
            return None;
        }
        let name = conversion.map_or("", |conversion| conversion.name.value.as_str());
        match name {
            "pairs" | "pair" | "tuples" => {
                let conversion = conversion?;
                let members = self.members(conversion, &target, spot)?;
                let stride = if composite { 1 } else { members.len().max(1) };
                let room = (usize::from(line.elements_max) + 1).saturating_sub(position) / stride;
                let limit = match name {
                    "pair" => 1,
                    "tuples" => usize::from(TUPLES_MAX),
                    _ => usize::from(u8::MAX),
                };
                let records_max = room.clamp(1, limit) as u8;
                return Some(What::Run { target, members, composite, records_max });
            }
            "dtm" => {
                let conversion = conversion?;
                let roles = self.moment(conversion, &target, scopes, composite, spot)?;
                return Some(What::Moment { target, roles: Box::new(roles) });
            }
            _ => {}
        }
        let leaf = match target.leaf {
            Ends::Leaf(leaf) => leaf,
            Ends::Leaves(leaf) if append => leaf,
            Ends::Leaves(_) => first_of_list(&mut target)?,
            Ends::Records(_) => {
                let help = Some(format!("write |pairs, |tuples:a,b, or each {path} {{ ... }}"));
                self.tell(Code::Path, spot.clone(), format!("{path} is a list of records"), help);
                return None;
            }
            Ends::Record => {
                let message = format!("{path} is a record and holds no text");
                self.tell(Code::Path, spot.clone(), message, None);
                return None;
            }
        };
        let mut convert = self.conversion(conversion, leaf, path, spot)?;
        if let Convert::Date(form) = &mut convert
            && length_max == 6
        {
            *form = DateForm::Short;
        }
        if append {
            if !matches!(target.leaf, Ends::Leaves(_) | Ends::Leaf(Leaf::Text)) {
                let message = format!("{path} is one value and cannot be appended to");
                self.tell(Code::Path, spot.clone(), message, None);
                return None;
            }
            return Some(What::Append { target, convert });
        }
        Some(What::Set { target, convert, first })
    }

    /// The conversion of a blank, checked against the field's type.
    fn conversion(
        &mut self,
        conversion: Option<&ast::Conversion>,
        leaf: Leaf,
        path: &ast::Path,
        spot: &Spot,
    ) -> Option<Convert> {
        let Some(conversion) = conversion else {
            let convert = Convert::of(leaf, false);
            if convert.is_none() {
                let message = format!("{path} is {}", leaf.as_str());
                let help = Some(format!("write {}", Convert::wanted(leaf)));
                self.tell(Code::Conversion, spot.clone(), message, help);
            }
            return convert;
        };
        self.named(&conversion.name, &conversion.arguments, leaf, path)
    }

    fn named(&mut self, name: &At<String>, arguments: &[At<String>], leaf: Leaf, path: &ast::Path) -> Option<Convert> {
        let texts: Vec<&str> = arguments.iter().map(|argument| argument.value.as_str()).collect();
        match Convert::named(&name.value, &texts, &self.tables, false) {
            Ok(convert) if convert.suits(leaf) => Some(convert),
            Ok(_) => {
                let message = format!("{path} is {}, which |{} does not make", leaf.as_str(), name.value);
                let help = Some(format!("write {}", Convert::wanted(leaf)));
                self.tell(Code::Conversion, name.spot.clone(), message, help);
                None
            }
            Err(message) => {
                let help = Convert::suggestion(&name.value, &self.tables).map(|near| format!("did you mean {near}?"));
                self.tell(Code::Conversion, name.spot.clone(), message, help);
                None
            }
        }
    }

    /// The members of a run: `tuples:location,quantity=dec`.
    fn members(&mut self, conversion: &ast::Conversion, target: &Target, spot: &Spot) -> Option<Vec<(Name, Convert)>> {
        let Ends::Records(element) = target.leaf else {
            let message = format!("{} is no list of records", target.path);
            self.tell(Code::Path, spot.clone(), message, None);
            return None;
        };
        let edifact = self.syntax == Syntax::Edifact;
        let defaults = if edifact { ["id", "qualifier"] } else { ["qualifier", "id"] };
        let arguments: Vec<At<String>> = if conversion.arguments.is_empty() {
            let spot = conversion.name.spot.clone();
            defaults.map(|name| At { value: name.to_owned(), spot: spot.clone() }).to_vec()
        } else {
            conversion.arguments.clone()
        };
        let mut members = Vec::with_capacity(arguments.len());
        for argument in &arguments {
            let (field, convert) = argument.value.split_once('=').unwrap_or((&argument.value, ""));
            let found = Name::of(field).and_then(|name| Some((name, element.field(name)?)));
            let Some((name, Shape::Leaf(leaf))) = found else {
                let fields: Vec<&str> = element.fields().iter().map(|(name, _)| name.as_str()).collect();
                let help = nearest(field, fields.iter().copied()).map(|near| format!("did you mean {near}?"));
                let message = format!("the items of {} have no field \"{field}\"", target.path);
                self.tell(Code::Path, argument.spot.clone(), message, help);
                return None;
            };
            let path = ast::Path { names: vec![field.to_owned()] };
            let convert = if convert.is_empty() {
                // Runs are dense: a decimal or date needs no word.
                Convert::of(*leaf, true).map(|convert| match convert {
                    Convert::Date(_) => Convert::Date(DateForm::Century),
                    other => other,
                })
            } else {
                let name = At { value: convert.to_owned(), spot: argument.spot.clone() };
                self.named(&name, &[], *leaf, &path)
            };
            members.push((name, convert?));
        }
        Some(members)
    }

    /// `dtm:time,until,value=raw,format`: each role's field is a sibling of the date.
    fn moment(
        &mut self,
        conversion: &ast::Conversion,
        target: &Target,
        scopes: &Scopes,
        composite: bool,
        spot: &Spot,
    ) -> Option<Moment> {
        if target.leaf != Ends::Leaf(Leaf::Date) {
            let message = format!("{} is no date", target.path);
            self.tell(Code::Conversion, spot.clone(), message, None);
            return None;
        }
        let mut roles = Moment { format_component: composite, ..Moment::default() };
        for argument in &conversion.arguments {
            let (role, field) = argument.value.split_once('=').unwrap_or_else(|| {
                // `dtm:shipped_time`: the role is how the field's name ends.
                let ends = ["until_time", "time", "until", "value", "format"];
                let role = ends.into_iter().find(|end| argument.value.ends_with(end));
                (role.unwrap_or(&argument.value), &argument.value)
            });
            let mut names: Vec<String> = target.path.split('.').map(str::to_owned).collect();
            names.pop();
            names.push(field.to_owned());
            let sibling = match scopes.bind(&ast::Path { names }) {
                Ok(sibling) => sibling,
                Err(astray) => {
                    self.astray(argument.spot.clone(), astray);
                    return None;
                }
            };
            let (slot, leaf) = match role {
                "time" => (&mut roles.time, Leaf::Time),
                "until" => (&mut roles.until, Leaf::Date),
                "until_time" => (&mut roles.until_time, Leaf::Time),
                "value" => (&mut roles.value, Leaf::Text),
                "format" => (&mut roles.format, Leaf::Text),
                _ => {
                    let help = Some("the roles are time, until, until_time, value, format".to_owned());
                    self.tell(Code::Conversion, argument.spot.clone(), format!("\"{role}\" is no role"), help);
                    return None;
                }
            };
            if sibling.leaf != Ends::Leaf(leaf) {
                let message = format!("{} is not {}", sibling.path, leaf.as_str());
                self.tell(Code::Conversion, argument.spot.clone(), message, None);
                return None;
            }
            *slot = Some(sibling);
        }
        Some(roles)
    }

    fn computed(&mut self, name: &str, argument: Option<&ast::Path>, spot: &Spot, scopes: &Scopes) -> Option<Computed> {
        let computed = match (name, argument) {
            ("control", None) => Computed::Control,
            ("segments", None) => Computed::Segments,
            ("index", None) => Computed::Index,
            ("hl", None) => Computed::Hierarchy,
            ("parent", None) => Computed::Parent,
            ("child", None) => Computed::Child,
            ("levels", None) => Computed::Levels,
            ("count", Some(path)) => match scopes.bind(path) {
                Ok(target) if matches!(target.leaf, Ends::Leaves(_) | Ends::Records(_)) => Computed::Count(target),
                Ok(_) => {
                    self.tell(Code::Path, spot.clone(), format!("{path} is no list to count"), None);
                    return None;
                }
                Err(astray) => {
                    self.astray(spot.clone(), astray);
                    return None;
                }
            },
            ("sum", Some(path)) => {
                let mut list = path.clone();
                let last = list.names.pop().unwrap_or_default();
                let bound = scopes.bind(&list).and_then(|target| match target.leaf {
                    Ends::Records(element) => {
                        let (steps, ends) = walk(element, std::slice::from_ref(&last))?;
                        Ok((target, steps, ends))
                    }
                    _ => Err(super::scope::Astray { message: format!("{list} is no list to sum"), help: None }),
                });
                match bound {
                    Ok((target, steps, Ends::Leaf(Leaf::Decimal))) => Computed::Sum(target, steps),
                    Ok(_) => {
                        self.tell(Code::Path, spot.clone(), format!("{path} is no decimal to sum"), None);
                        return None;
                    }
                    Err(astray) => {
                        self.astray(spot.clone(), astray);
                        return None;
                    }
                }
            }
            _ => {
                let help = nearest(name, COMPUTED.iter().copied()).map(|near| format!("did you mean @{near}?"));
                self.tell(Code::Conversion, spot.clone(), format!("nothing computes @{name} so"), help);
                return None;
            }
        };
        Some(computed)
    }
}

/// Marks what the line carries: single components one by one, everything else whole.
fn cover(line: &mut Line, what: &What, position: usize, component: usize) {
    let bit = |position: usize| 1_u64 << (position - 1).min(63);
    match what {
        What::Run { members, composite, records_max, .. } => {
            if *composite {
                for at in position..position + usize::from(*records_max) {
                    for member in 0..members.len() {
                        cover_component(line, at, component.max(1) + member);
                    }
                }
            } else {
                for at in position..position + usize::from(*records_max) * members.len() {
                    line.covers |= bit(at);
                }
            }
        }
        What::Moment { roles, .. } if component > 0 => {
            cover_component(line, position, component);
            if roles.format_component {
                cover_component(line, position, component + 1);
            }
        }
        _ if component == 0 => line.covers |= bit(position),
        _ => cover_component(line, position, component),
    }
}

fn cover_component(line: &mut Line, position: usize, component: usize) {
    let bit = 1_u32 << (component - 1).min(31);
    let position = position as u8;
    match line.components.iter_mut().find(|(at, _)| *at == position) {
        Some((_, mask)) => *mask |= bit,
        None => line.components.push((position, bit)),
    }
}

/// The steps of a path for messages and provenance.
pub(super) fn told(steps: &[Step]) -> String {
    let mut text = String::new();
    for step in steps {
        if !text.is_empty() {
            text.push('.');
        }
        match step {
            Step::Field(name) => text.push_str(name.as_str()),
            Step::First(name) => {
                text.push_str(name.as_str());
                text.push_str("[0]");
            }
            Step::Chosen(name, key, word) => {
                text.push_str(name.as_str());
                text.push_str(&format!("[{key}={word}]"));
            }
        }
    }
    text
}
