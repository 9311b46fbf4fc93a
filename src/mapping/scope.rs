//! Paths bound to a document's fields: from the innermost list outwards, each name checked against the shape.

use super::model::{Ends, Step, Target};
use super::syntax::ast::Path;
use crate::canonical::{Kind, Leaf, Name, Shape};
use crate::mistake::nearest;

/// The records around a line, outermost first: the document, then the items of the lists that are open.
#[derive(Clone, Debug)]
pub struct Scopes {
    pub(super) shapes: Vec<&'static Shape>,
}

/// A path that names no field: what to say, and what to suggest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Astray {
    pub message: String,
    pub help: Option<String>,
}

impl Scopes {
    pub fn of(kind: Kind) -> Self {
        Self { shapes: vec![Shape::of(kind)] }
    }

    /// The scopes inside an item of a list.
    #[must_use]
    pub fn inside(&self, element: &'static Shape) -> Self {
        let mut shapes = self.shapes.clone();
        shapes.push(element);
        Self { shapes }
    }

    /// Binds a path.
    pub(super) fn bind(&self, path: &Path) -> Result<Target, Astray> {
        let said: Box<str> = path.to_string().into();
        let innermost = self.shapes[self.shapes.len() - 1];
        let Some(first) = path.names.first() else {
            return match innermost {
                Shape::Leaf(leaf) => {
                    Ok(Target { up: 0, steps: Vec::new(), leaf: Ends::Leaf(*leaf), choice: None, path: said })
                }
                _ => Err(Astray { message: "{.} is the item of a list of texts, and here is none".into(), help: None }),
            };
        };
        if let Some(top) = first.strip_prefix('/') {
            let mut names = path.names.clone();
            names[0] = top.to_owned();
            let up = (self.shapes.len() - 1) as u8;
            return finish(up, walk(self.shapes[0], &names)?, said);
        }
        for (up, shape) in self.shapes.iter().rev().enumerate() {
            if Name::of(bare(first).0).is_some_and(|name| shape.field(name).is_some()) {
                return finish(up as u8, walk(shape, &path.names)?, said);
            }
        }
        Err(unknown(bare(first).0, self.shapes.iter().rev().copied()))
    }

    /// Binds a path that must stand in the innermost item.
    pub(super) fn bind_here(&self, path: &Path) -> Result<Target, Astray> {
        let here = Self { shapes: vec![self.shapes[self.shapes.len() - 1]] };
        here.bind(path)
    }
}

/// A way that ends in a list with a choice is the list, and the choice.
fn finish(up: u8, (mut steps, leaf): (Vec<Step>, Ends), path: Box<str>) -> Result<Target, Astray> {
    let mut choice = None;
    if let (Ends::Records(_), Some(Step::Chosen(name, key, word))) = (leaf, steps.last()) {
        choice = Some((*key, word.clone()));
        let name = *name;
        steps.pop();
        steps.push(Step::Field(name));
    }
    Ok(Target { up, steps, leaf, choice, path })
}

fn unknown<'a>(name: &str, shapes: impl Iterator<Item = &'a Shape>) -> Astray {
    let fields: Vec<&str> = shapes.flat_map(|shape| shape.fields().iter().map(|(name, _)| name.as_str())).collect();
    let help = nearest(name, fields.iter().copied()).map(|near| format!("did you mean {near}?"));
    Astray { message: format!("there is no field \"{name}\" here"), help }
}

/// A name and what it chooses: `dates[kind=delivered]`.
fn bare(name: &str) -> (&str, Option<(&str, &str)>) {
    match name.split_once('[') {
        None => (name, None),
        Some((name, rest)) => (name, rest.trim_end_matches(']').split_once('=')),
    }
}

/// Steps from a record to what the names lead to.
pub(super) fn walk(from: &'static Shape, names: &[String]) -> Result<(Vec<Step>, Ends), Astray> {
    let mut shape = from;
    let mut steps = Vec::with_capacity(names.len());
    for (at, written) in names.iter().enumerate() {
        let last = at + 1 == names.len();
        let (text, chosen) = bare(written);
        let field = Name::of(text).and_then(|name| shape.field(name).map(|field| (name, field)));
        let Some((name, field)) = field else { return Err(unknown(text, std::iter::once(shape))) };
        match (field, chosen) {
            (Shape::List(element), Some((key, word))) => {
                let Some(key) = Name::of(key).filter(|key| element.field(*key).is_some()) else {
                    return Err(unknown(key, std::iter::once(&**element)));
                };
                steps.push(Step::Chosen(name, key, word.into()));
                if last && matches!(**element, Shape::Record(_)) {
                    return Ok((steps, Ends::Records(element)));
                }
                shape = element;
            }
            (_, Some(_)) => {
                return Err(Astray { message: format!("\"{text}\" is no list to choose from"), help: None });
            }
            (Shape::List(element), None) if last => {
                steps.push(Step::Field(name));
                return Ok((
                    steps,
                    match &**element {
                        Shape::Leaf(leaf) => Ends::Leaves(*leaf),
                        _ => Ends::Records(element),
                    },
                ));
            }
            (Shape::List(element), None) => {
                steps.push(Step::First(name));
                shape = element;
            }
            (_, None) => {
                steps.push(Step::Field(name));
                shape = field;
            }
        }
    }
    let ends = match shape {
        Shape::Leaf(leaf) => Ends::Leaf(*leaf),
        _ => Ends::Record,
    };
    Ok((steps, ends))
}

/// A list of leaves as its first item: `{street}` without `+`.
pub(super) fn first_of_list(target: &mut Target) -> Option<Leaf> {
    let Ends::Leaves(leaf) = target.leaf else { return None };
    if let Some(Step::Field(name)) = target.steps.pop() {
        target.steps.push(Step::First(name));
    }
    target.leaf = Ends::Leaf(leaf);
    Some(leaf)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_found_from_the_inside_out() {
        check("number", 0, "Field(number)");
        check("purpose", 1, "Field(purpose)");
        check("/number", 1, "Field(number)");
        check("ids.id", 0, "First(ids) Field(id)");
        check("dates[kind=delivery].date", 0, "Chosen(dates kind delivery) Field(date)");
    }

    #[test]
    fn strangers_get_a_suggestion() {
        let lines = walk(Shape::of(Kind::Order), &["parties".into()]).expect("a list");
        let Ends::Records(element) = lines.1 else { panic!("a list of records") };
        let scopes = Scopes::of(Kind::Order).inside(element);
        let path = Path { names: vec!["adress".into(), "city".into()] };
        let astray = scopes.bind(&path).expect_err("a slip");
        assert_eq!(astray.message, "there is no field \"adress\" here");
        assert_eq!(astray.help.as_deref(), Some("did you mean address?"));
    }

    #[track_caller]
    fn check(path: &str, up: u8, steps: &str) {
        let (_, Ends::Records(element)) = walk(Shape::of(Kind::Order), &["lines".into()]).expect("lines") else {
            panic!("a list of records")
        };
        let scopes = Scopes::of(Kind::Order).inside(element);
        let names = path.split('.').map(str::to_owned).collect();
        let target = scopes.bind(&Path { names }).expect("a field");
        assert_eq!(target.up, up);
        let told: Vec<String> = target
            .steps
            .iter()
            .map(|step| match step {
                Step::Field(name) => format!("Field({name})"),
                Step::First(name) => format!("First({name})"),
                Step::Chosen(name, key, word) => format!("Chosen({name} {key} {word})"),
            })
            .collect();
        assert_eq!(told.join(" "), steps);
    }
}
