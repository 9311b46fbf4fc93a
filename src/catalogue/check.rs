//! The check of a whole catalogue: every file that people wrote compiles, every name they use exists.

use super::Catalogue;
use crate::grammar::Address;
use crate::mistake::{Mistake, nearest};
use crate::partner::{Reference, Referred};

impl Catalogue {
    /// Compiles what stands in files of one's own, and what they may have changed in the rest.
    pub(super) fn mistakes(&self) -> Vec<Mistake> {
        let mut mistakes = Vec::new();
        let has = |folder: &str, ending: &str| self.files.under(folder).any(|(path, _)| path.ends_with(ending));
        for (path, text) in self.files.under("grammars/").filter(|(path, _)| path.ends_with(".grammar")) {
            let inner = &path["grammars/".len()..];
            let wrong = self.grammars.check_file(inner, text, None).mistakes;
            mistakes.extend(wrong.into_iter().map(|mistake| within("grammars/", mistake)));
        }
        if has("grammars/", ".dict") {
            mistakes.extend(self.grammars.check().into_iter().map(|mistake| within("grammars/", mistake)));
        }
        for (path, text) in self.files.under("overlays/") {
            mistakes.extend(self.grammars.check_file(path, text, None).mistakes);
        }
        if has("mappings/", ".table") || has("grammars/", "") {
            mistakes.extend(self.maps.check(&self.grammars).into_iter().map(|mistake| within("mappings/", mistake)));
        } else {
            for (path, _) in self.files.under("mappings/") {
                let Some(name) = path.strip_prefix("mappings/").and_then(|path| path.strip_suffix(".map")) else {
                    continue;
                };
                mistakes.extend(self.check_map(name).into_iter().map(|mistake| within("mappings/", mistake)));
            }
        }
        mistakes
    }

    /// Names in partner files that lead nowhere.
    pub(super) fn unknown_references(&self, references: &[Reference]) -> Vec<Mistake> {
        let grammars: Vec<String> = self.grammars.addresses().map(ToString::to_string).collect();
        let of_maps: Vec<Address> = self.maps.names().filter_map(|name| name.parse().ok()).collect();
        let addresses = self.grammars.addresses().chain(&of_maps);
        let kinds: Vec<&str> = addresses.map(|address| address.kind.as_str()).collect();
        let mut mistakes = Vec::new();
        for reference in references {
            let name = reference.name.as_str();
            let (what, is_there, near) = match reference.what {
                Referred::Grammar => {
                    let is_there = grammars.iter().any(|address| address == name);
                    ("grammar", is_there, nearest(name, grammars.iter().map(String::as_str)))
                }
                Referred::Kind => (
                    "grammar or map for documents of the kind",
                    kinds.contains(&name),
                    nearest(name, kinds.iter().copied()),
                ),
                Referred::Overlay => {
                    let near = nearest(name, self.overlays.keys().map(String::as_str));
                    ("overlay", self.overlays.contains_key(name), near)
                }
                Referred::Map => ("map", self.maps.contains(name), nearest(name, self.maps.names())),
                Referred::BaseMap => ("map to write", self.has_base_map(name), nearest(name, self.maps.names())),
            };
            if !is_there {
                let message = format!("there is no {what} {name}");
                let mistake = Mistake::new("unknown-name", &reference.file, reference.span.clone(), message);
                mistakes.push(match near.filter(|near| *near != name) {
                    Some(near) => mistake.help(format!("did you mean {near}?")),
                    None => mistake,
                });
            }
        }
        mistakes
    }

    fn has_base_map(&self, address: &str) -> bool {
        address.parse::<Address>().is_ok_and(|address| self.maps.nearest(&address).is_some())
    }

    fn check_map(&self, name: &str) -> Vec<Mistake> {
        let subject = self.maps.subject(name);
        let result = match &subject {
            Some(address) if crate::mapping::library::is_xml(address) => self.maps.xml(name).map(|_| ()),
            Some(address) => match self.grammars.grammar(address) {
                Some(grammar) => self.maps.map(name, &grammar).map(|_| ()),
                None => {
                    let path = format!("{name}.map");
                    return vec![Mistake::new("header", &path, 0..0, format!("there is no grammar {address}"))];
                }
            },
            None => self.maps.xml(name).map(|_| ()),
        };
        result.err().map(|wrong| wrong.to_vec()).unwrap_or_default()
    }
}

/// A library names its files without the folder they stand in.
fn within(folder: &str, mistake: Mistake) -> Mistake {
    Mistake { file: format!("{folder}{}", mistake.file), ..mistake }
}
