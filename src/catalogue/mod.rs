//! What is in force: grammars, overlays, maps and partners as one immutable snapshot with a hash.
//!
//! A snapshot is taken over as a whole or not at all. What the binary carries is compiled when it is first asked for,
//! so that a start stays fast; what people wrote is compiled when it is loaded, so that every mistake is told then.

mod check;
mod files;

pub use files::{Files, Refused};

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};

use jiff::civil::Date;
use rustc_hash::FxHashMap;
use sha2::{Digest, Sha256};

use crate::finding::Fault;
use crate::grammar::{self, Address, Grammar, Overlay};
use crate::mapping::xml::XmlMap;
use crate::mapping::{self, Mapping};
use crate::mistake::Mistake;
use crate::partner::{Agreement, Direction, Directory, Partner, Realm, Terms};
use crate::wire::{Group, Interchange};

/// One snapshot. Nothing in it changes; a change of configuration is another snapshot.
pub struct Catalogue {
    pub grammars: grammar::Library,
    pub maps: mapping::Library,
    /// Partners, and ourselves.
    pub directory: Directory,
    /// By name: the path under `overlays/` without the extension.
    overlays: BTreeMap<String, Overlay>,
    /// Overlays laid over their grammars, for the day they were laid: some of their lines end on a day.
    overlaid: Mutex<FxHashMap<String, Overlaid>>,
    files: Files,
    hash: OnceLock<String>,
}

#[derive(Debug)]
struct Overlaid {
    today: Option<Date>,
    grammar: Arc<Grammar>,
}

/// What a set is read or written with.
#[derive(Clone, Debug)]
pub struct Rules {
    pub grammar: Arc<Grammar>,
    /// Whether the grammar is of the release that the set says; else it is the nearest there is.
    pub is_exact: bool,
    /// Bound to `grammar`; `None` where no map reads such sets.
    pub mapping: Option<Arc<Mapping>>,
    /// The map's name: `x12/004010/850`, `acme/850`.
    pub map_name: Option<String>,
    /// Errors that the agreement tolerates: they do not reject.
    pub tolerated: Vec<Fault>,
    /// Codes outside our lists are errors.
    pub strict_codes: bool,
    /// What was agreed about documents of this kind, where something was.
    pub terms: Option<Terms>,
    /// The day of the check, for what is tolerated until a day.
    pub today: Option<Date>,
}

/// Whose rules a set is read by.
#[derive(Clone, Copy, Debug, Default)]
pub struct Case<'c> {
    pub partner: Option<&'c Partner>,
    pub agreement: Option<&'c Agreement>,
    pub today: Option<Date>,
}

impl Catalogue {
    /// What the binary carries, and nobody's partners: the command line's rules.
    pub fn embedded() -> Self {
        let (catalogue, mistakes) = Self::build(Files::default());
        debug_assert!(mistakes.is_empty(), "no file can be wrong where there is none");
        catalogue
    }

    /// What the binary carries, and a folder of one's own: `grammars/`, `overlays/`, `mappings/`, `partners/`.
    ///
    /// # Errors
    /// Every mistake of every file; nothing is taken over then.
    pub fn load(folder: &Path) -> Result<Self, Refused> {
        Self::from_files(Files::read(folder)?)
    }

    /// As much of a folder as is sound: files with mistakes are left out, and those that need one of them. For whoever
    /// only looks; what is in force is taken over as a whole.
    ///
    /// # Errors
    /// Where leaving files out does not help.
    pub fn load_sound(folder: &Path) -> Result<(Self, Vec<Mistake>), Refused> {
        let (mut files, mut left_out) = match Files::read(folder) {
            Ok(files) => (files, Vec::new()),
            Err(refused) if refused.files.is_empty() => return Err(refused),
            Err(refused) => (refused.files, refused.mistakes),
        };
        loop {
            let refused = match Self::from_files(files) {
                Ok(catalogue) => return Ok((catalogue, left_out)),
                Err(refused) => refused,
            };
            let mut remaining = refused.files.clone();
            if refused.mistakes.iter().filter(|mistake| remaining.leave_out(&mistake.file)).count() == 0 {
                return Err(refused);
            }
            left_out.extend(refused.mistakes);
            files = remaining;
        }
    }

    /// The same from files that were read before, as the store keeps them for a revision.
    ///
    /// # Errors
    /// Every mistake of every file; nothing is taken over then.
    pub fn from_files(files: Files) -> Result<Self, Refused> {
        let (catalogue, mut mistakes) = Self::build(files);
        mistakes.extend(catalogue.mistakes());
        mistakes.sort_by(|a, b| (&a.file, a.span.start).cmp(&(&b.file, b.span.start)));
        mistakes.dedup();
        if mistakes.is_empty() { Ok(catalogue) } else { Err(Refused { mistakes, files: catalogue.files }) }
    }

    /// The files of one's own that this snapshot was made from.
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// Names the snapshot: equal for equal files and an equal program.
    pub fn hash(&self) -> &str {
        self.hash.get_or_init(|| {
            let mut digest = Sha256::new();
            digest.update(env!("CARGO_PKG_VERSION"));
            for (path, text) in self.files.iter() {
                for part in [path, text] {
                    digest.update((part.len() as u64).to_be_bytes());
                    digest.update(part);
                }
            }
            digest.finalize().iter().fold(String::new(), |mut text, byte| {
                let _ = write!(text, "{byte:02x}");
                text
            })
        })
    }

    /// The partner that sent an interchange, or one of its groups where several partners share a mailbox.
    pub fn partner_for(&self, interchange: &Interchange, group: Option<&Group>) -> Option<&Partner> {
        let sender = interchange.sender.as_ref()?;
        let group = group.and_then(|group| group.sender.as_ref()).map(|sender| sender.id.as_str());
        self.directory.find(interchange.syntax.into(), sender, group)
    }

    /// Whether an interchange is addressed to us.
    pub fn is_for_us(&self, interchange: &Interchange, partner: Option<&Partner>) -> bool {
        let realm: Realm = interchange.syntax.into();
        interchange.receiver.as_ref().is_none_or(|receiver| self.directory.is_for_us(realm, receiver, partner))
    }

    /// What was agreed with a partner about a kind of document; `None` where it was not. A partner without a list
    /// agrees to every kind that some map reads.
    pub fn agreement_for(&self, partner: &Partner, direction: Direction, kind: &str) -> Option<Agreement> {
        partner.agreement(direction, kind)
    }

    /// The grammar and map that fit an address best, by nobody's agreement. `None` where no release has a grammar.
    pub fn rules(&self, wanted: &Address) -> Option<Rules> {
        self.rules_for(wanted, Case::default())
    }

    /// The grammar with the partner's overlay and the map that was agreed, for a document at an address.
    ///
    /// `None` where no release has a grammar of this kind.
    pub fn rules_for(&self, wanted: &Address, case: Case<'_>) -> Option<Rules> {
        let mut wanted = wanted.clone();
        if let Some(release) = case.agreement.and_then(|agreement| agreement.release.clone()) {
            wanted.release = release;
        }
        let nearest = self.grammars.nearest(&wanted)?;
        let base = self.grammars.grammar(nearest)?;
        let map_name = match case.agreement.and_then(|agreement| agreement.map.clone()) {
            Some(name) => Some(name),
            None => self.maps.nearest(&wanted),
        };
        // Nodes of a grammar with an overlay have the numbers of its base, so the map is bound to the base.
        let mapping = map_name.as_deref().and_then(|name| self.maps.map(name, &base).ok());
        let grammar = self.overlaid(&base, case).unwrap_or_else(|| base.clone());
        let leniency = case.agreement.map(|agreement| &agreement.terms.leniency);
        Some(Rules {
            is_exact: *nearest == wanted,
            grammar,
            map_name: map_name.filter(|_| mapping.is_some()),
            mapping,
            tolerated: leniency.map(|leniency| leniency.tolerate.clone()).unwrap_or_default(),
            strict_codes: leniency.is_some_and(|leniency| leniency.strict_codes),
            terms: case.agreement.map(|agreement| agreement.terms.clone()),
            today: case.today,
        })
    }

    /// The map for an XML document type, or one of that name.
    pub fn xml(&self, address: &str) -> Option<Arc<XmlMap>> {
        self.maps.xml(address).ok()
    }

    /// The overlay that a case is read with: the one its agreement names, else the one written for the partner.
    pub fn overlay_for(
        &self,
        base: &Address,
        partner: Option<&Partner>,
        agreement: Option<&Agreement>,
    ) -> Option<&Overlay> {
        let named = agreement.and_then(|agreement| agreement.overlay.as_deref());
        let overlay = match (named, partner) {
            (Some(name), _) => self.overlays.get(name),
            (None, Some(partner)) => self
                .overlays
                .values()
                .find(|overlay| overlay.partner.eq_ignore_ascii_case(&partner.id) && overlay.base == *base),
            (None, None) => None,
        };
        overlay.filter(|overlay| overlay.base == *base)
    }

    pub fn overlays(&self) -> impl Iterator<Item = (&str, &Overlay)> {
        self.overlays.iter().map(|(name, overlay)| (name.as_str(), overlay))
    }

    /// The grammar with its overlay; made once a day.
    fn overlaid(&self, base: &Arc<Grammar>, case: Case<'_>) -> Option<Arc<Grammar>> {
        let overlay = self.overlay_for(&base.address, case.partner, case.agreement)?;
        let known = {
            let known = self.overlaid.lock().expect("no holder panics");
            known.get(&overlay.path).filter(|one| one.today == case.today).map(|one| one.grammar.clone())
        };
        if known.is_some() {
            return known;
        }
        let (grammar, _) = overlay.apply(base, case.today).ok()?;
        let grammar = Arc::new(grammar);
        let made = Overlaid { today: case.today, grammar: grammar.clone() };
        self.overlaid.lock().expect("no holder panics").insert(overlay.path.clone(), made);
        Some(grammar)
    }

    /// Puts the parts together; what cannot even be parsed is told.
    fn build(files: Files) -> (Self, Vec<Mistake>) {
        let mut mistakes = Vec::new();
        let mut overlays = BTreeMap::new();
        for (path, text) in files.under("overlays/") {
            let Some(name) = path.strip_prefix("overlays/").and_then(|path| path.strip_suffix(".overlay")) else {
                continue;
            };
            let (overlay, wrong) = grammar::overlay::parse(path, text);
            mistakes.extend(wrong);
            overlays.extend(overlay.map(|overlay| (name.to_owned(), overlay)));
        }
        let inner = |folder: &str| -> Vec<(String, String)> {
            files.under(folder).map(|(path, text)| (path[folder.len()..].to_owned(), text.to_owned())).collect()
        };
        let read = Directory::read(files.under("partners/").filter(|(path, _)| path.ends_with(".toml")));
        mistakes.extend(read.mistakes);
        let grammars = grammar::Library::with(inner("grammars/"));
        let maps = mapping::Library::with(inner("mappings/"));
        let catalogue = Self {
            grammars,
            maps,
            directory: read.directory,
            overlays,
            overlaid: Mutex::default(),
            files,
            hash: OnceLock::new(),
        };
        mistakes.extend(catalogue.unknown_references(&read.references));
        (catalogue, mistakes)
    }
}

/// By its name: the whole is too long to be read.
impl fmt::Debug for Catalogue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Catalogue").field("hash", &self.hash()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const US: (&str, &str) = ("partners/us.toml", "[x12]\nid = \"ZZ:OURHOUSE\"\n");
    const ACME: (&str, &str) = (
        "partners/acme.toml",
        "name = \"Acme Stores\"\n[x12]\nid = \"ZZ:ACME\"\n[inbound.850]\nstrict_codes = true\n[outbound.810]\n",
    );
    const OVERLAY: (&str, &str) =
        ("overlays/acme-850.overlay", "overlay 850 for ACME on x12/004010/850\n  forbid SAC because \"agreed\"\n");

    #[test]
    fn rules_come_from_the_agreement() {
        let catalogue = of(&[US, ACME, OVERLAY]).expect("all is well");
        let acme = catalogue.directory.partner("acme").expect("it was read");
        let agreement = catalogue.agreement_for(acme, Direction::Inbound, "850").expect("it was agreed");
        let wanted: Address = "x12/004010/850".parse().expect("an address");
        let case = Case { partner: Some(acme), agreement: Some(&agreement), today: None };
        let rules = catalogue.rules_for(&wanted, case).expect("there is a grammar");
        assert!(rules.is_exact && rules.strict_codes && rules.mapping.is_some());
        let plain = catalogue.rules(&wanted).expect("there is a grammar");
        assert!(
            !plain.strict_codes && !Arc::ptr_eq(&plain.grammar, &rules.grammar),
            "the overlay makes another grammar"
        );
        let again = catalogue.rules_for(&wanted, case).expect("there is a grammar");
        assert!(Arc::ptr_eq(&again.grammar, &rules.grammar), "which is made once");
        let near = catalogue.rules(&"x12/004030/850".parse().expect("an address")).expect("a near one");
        assert!(!near.is_exact);
    }

    #[test]
    fn snapshots_are_named_by_their_files() {
        let one = of(&[US, ACME]).expect("all is well");
        let same = Catalogue::from_files(one.files().clone()).expect("all is well");
        assert_eq!((one.hash(), one.hash().len()), (same.hash(), 64));
        assert_ne!(one.hash(), of(&[ACME]).expect("all is well").hash());
        assert_ne!(one.hash(), Catalogue::embedded().hash());
    }

    #[test]
    fn a_folder_is_taken_as_a_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        for (path, text) in [US, ACME, OVERLAY, ("partners/.hidden.toml", "="), ("partners/acme.toml~", "=")] {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            std::fs::write(path, text).expect("written");
        }
        let catalogue = Catalogue::load(folder.path()).expect("all is well");
        assert_eq!(catalogue.files().iter().count(), 3);
        assert_eq!(catalogue.overlays().count(), 1);
        std::fs::write(folder.path().join("partners/bad.toml"), "nam = 1").expect("written");
        let refused = Catalogue::load(folder.path()).expect_err("one file is wrong");
        assert_eq!(refused.mistakes.len(), 2);
        assert!(Catalogue::load(&folder.path().join("nowhere")).is_err());
    }

    #[test]
    fn one_broken_file_keeps_nobody_from_the_others() {
        let folder = tempfile::tempdir().expect("a folder");
        let needs = ("partners/needs.toml", "name = \"Needs\"\n[inbound.850]\nmap = \"acme/850\"\n");
        let broken = ("mappings/acme/850.map", "map acme/850 extends x12/004010/850\ndrop REF*QQ\n");
        for (path, text) in [US, ACME, needs, broken, ("partners/slip.toml", "nam = 1\n")] {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            std::fs::write(path, text).expect("written");
        }
        let (catalogue, left_out) = Catalogue::load_sound(folder.path()).expect("most of it is sound");
        assert!(catalogue.directory.partner("acme").is_some() && catalogue.directory.partner("needs").is_none());
        let left: std::collections::BTreeSet<&str> = left_out.iter().map(|mistake| mistake.file.as_str()).collect();
        assert_eq!(Vec::from_iter(left), ["mappings/acme/850.map", "partners/needs.toml", "partners/slip.toml"]);
        assert!(Catalogue::load_sound(&folder.path().join("nowhere")).is_err());
    }

    #[test]
    fn mistakes_name_their_file_and_what_is_near() {
        check(
            &[("partners/a.toml", "name = \"A\"\n[inbound.85O]\n")],
            "
            partners/a.toml:2 there is no grammar or map for documents of the kind 85O (did you mean 850?)",
        );
        check(
            &[("partners/a.toml", "name = \"A\"\n[outbound.810]\nrelease = \"004011\"\n")],
            "
            partners/a.toml:3 there is no grammar x12/004011/810 (did you mean x12/004010/810?)",
        );
        check(
            &[
                ("partners/a.toml", "name = \"A\"\n[inbound.850]\nmap = \"x12/004010/805\"\noverlay = \"acme-85\"\n"),
                OVERLAY,
            ],
            "
            partners/a.toml:3 there is no map x12/004010/805 (did you mean x12/004010/850?)
            partners/a.toml:4 there is no overlay acme-85 (did you mean acme-850?)",
        );
        check(
            &[("overlays/x.overlay", "overlay 850 for ACME on x12/004010/850\n  forbid XYZ\n")],
            "
            overlays/x.overlay:2 *",
        );
        check(
            &[("mappings/acme/850.map", "map x12/004010/850 ordr\n")],
            "
            mappings/acme/850.map:1 *",
        );
        check(
            &[("grammars/x12/004010/850.grammar", "sett x12/004010/850\n")],
            "
            grammars/x12/004010/850.grammar:1 *",
        );
    }

    fn of(files: &[(&str, &str)]) -> Result<Catalogue, Refused> {
        Catalogue::from_files(Files::of(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))))
    }

    /// `*` stands for any message of another part.
    fn check(files: &[(&str, &str)], expected: &str) {
        let refused = of(files).expect_err("something is wrong");
        let lines = refused.mistakes.iter().map(|mistake| {
            let source = refused.files.get(&mistake.file).unwrap_or_default();
            let (line, _) = mistake.line_and_column(source);
            let help = mistake.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
            format!("{}:{line} {}{help}", mistake.file, mistake.message)
        });
        let lines: Vec<String> = lines.collect();
        let expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        assert!(!refused.render(false).is_empty());
        if let Some(place) = expected[0].strip_suffix('*') {
            assert!(lines.iter().any(|line| line.starts_with(place)), "{lines:?}");
        } else {
            assert_eq!(lines, expected);
        }
    }
}
