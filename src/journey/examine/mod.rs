//! What one set says and what is wrong with it: grammar, disposition, map. Pure; the daemon and the command line
//! read documents with this one function, so that what `inspect` shows is what the gateway does.

mod beyond;
pub mod drive;
pub mod envelopes;
pub mod report;
pub mod trace;
pub mod whatif;

use std::borrow::Cow;
use std::io::{self, Read};

use jiff::civil::Date;

use self::beyond::{
    against, differs_between_releases, first_segment, is_agreed, is_of_reader, misplaced, not_the_whole,
};
use self::envelopes::{Envelope, Foresight};
use crate::canonical::{Canonical, split};
use crate::catalogue::{Case, Catalogue, Rules};
use crate::finding::{Fault, Finding, Place, Severity, Span};
use crate::grammar::{Address, Checked, Grammar, NodeId, Strictness, en16931};
use crate::mapping::xml::XmlMap;
use crate::mapping::{Coverage, Detail};
use crate::partner::{Direction, Partner, Terms};
use crate::reply::Disposition;
use crate::wire::xml::{self, Tree};
use crate::wire::{Event, Group, Interchange, Limits, Reader, Repair, Segment, SetHeader, Syntax, TransactionSet};

/// Reads documents one after the other, with its buffers reused.
pub struct Examiner<'c> {
    catalogue: &'c Catalogue,
    checked: Checked,
    /// The rules of the set before: most files hold one kind.
    latest: Option<Latest>,
    /// A map to read with instead of the one that fits.
    preferred: Option<String>,
    detail: Detail,
    /// Whose documents they are; nobody's have no agreement.
    partner: Option<&'c Partner>,
    today: Option<Date>,
    /// What is known of the groups that come, where the file's envelopes were read before.
    foresight: Option<Foresight>,
    /// What the sets of the group at hand fall with.
    falls_with: Option<Envelope>,
}

struct Latest {
    kind: String,
    release: String,
    rules: Option<Rules>,
}

/// What one transaction set turned out to be.
pub struct Examined<'a> {
    pub disposition: Disposition,
    /// Rejected with the envelope around it, where that was known beforehand, whatever it says itself.
    pub falls_with: Option<Envelope>,
    /// The envelope's, the grammar's and the map's, in the order of the document.
    pub findings: Vec<Finding>,
    /// What was understood, also where the set is rejected; `None` where no map reads it.
    pub document: Option<Canonical<'a>>,
    pub coverage: Coverage,
    /// Where each field of the document came from, by its path, where that was asked for.
    pub provenance: Vec<(String, Place)>,
    /// The map that read it, by its name.
    pub map: Option<&'a str>,
    grammar: Option<&'a Grammar>,
    nodes: &'a [NodeId],
}

/// What one XML document turned out to be.
pub struct XmlExamined<'a> {
    /// As it stands.
    pub tree: &'a Tree<'a>,
    pub syntax: String,
    pub kind: String,
    pub release: String,
    /// How many elements it has.
    pub elements: u32,
    pub disposition: Disposition,
    pub findings: Vec<Finding>,
    pub document: Option<Canonical<'a>>,
    pub coverage: Coverage,
    /// As for [`Examined`].
    pub provenance: Vec<(String, Place)>,
    pub map: Option<String>,
}

/// Who is told what a file holds, while it is read. What it does not listen to passes it by.
pub trait Audience {
    fn interchange(&mut self, _part: Option<&str>, _interchange: &Interchange) -> io::Result<()> {
        Ok(())
    }

    fn acknowledgement(&mut self, _ta1: TransactionSet<'_>) -> io::Result<()> {
        Ok(())
    }

    fn group(&mut self, _group: &Group) -> io::Result<()> {
        Ok(())
    }

    fn set(&mut self, _header: &SetHeader, _set: TransactionSet<'_>, _examined: &Examined<'_>) -> io::Result<()> {
        Ok(())
    }

    fn group_closed(&mut self, _sets: u64, _findings: &[Finding]) -> io::Result<()> {
        Ok(())
    }

    fn interchange_closed(&mut self, _groups: u64, _findings: &[Finding], _repairs: &[Repair]) -> io::Result<()> {
        Ok(())
    }

    fn xml(&mut self, _part: Option<&str>, _document: &XmlExamined<'_>) -> io::Result<()> {
        Ok(())
    }
}

impl<'c> Examiner<'c> {
    pub fn new(catalogue: &'c Catalogue) -> Self {
        Self {
            catalogue,
            checked: Checked::default(),
            latest: None,
            preferred: None,
            detail: Detail::LEDGER,
            partner: None,
            today: None,
            foresight: None,
            falls_with: None,
        }
    }

    /// Answers for a whole file whose envelopes were read before: what falls with one is rejected.
    #[must_use]
    pub fn with_foresight(mut self, foresight: Foresight) -> Self {
        self.foresight = Some(foresight);
        self
    }

    /// Reads every document with this map.
    #[must_use]
    pub fn with_map(mut self, name: impl Into<String>) -> Self {
        self.preferred = Some(name.into());
        self
    }

    /// How much is kept beside the document; the ledger with names unless said.
    #[must_use]
    pub fn with_detail(mut self, detail: Detail) -> Self {
        self.detail = detail;
        self
    }

    /// What was agreed with whose documents they are.
    fn terms(&self) -> Terms {
        self.partner.map(|partner| partner.terms.clone()).unwrap_or_default()
    }

    /// What follows is this partner's: read by the agreements with it, as they stand today.
    pub fn belongs_to(&mut self, partner: Option<&'c Partner>, today: Option<Date>) {
        if self.partner.map(|known| &known.id) != partner.map(|new| &new.id) || self.today != today {
            self.latest = None;
        }
        self.partner = partner;
        self.today = today;
    }

    /// Examines one set of an X12 or EDIFACT interchange, and whether it belongs into the group it stands in.
    pub fn set<'a>(&'a mut self, group: Option<&Group>, header: &SetHeader, set: TransactionSet<'a>) -> Examined<'a> {
        let mut findings = header.findings.clone();
        let Self { catalogue, checked, latest, preferred, detail, partner, today, falls_with, .. } = self;
        let falls_with = *falls_with;
        let whose = (*partner, *today);
        let Some(rules) = rules(catalogue, latest, preferred.as_deref(), whose, set.syntax(), header) else {
            // Not the fault of whoever wrote it: a warning, and a disposition of its own.
            findings.push(Finding::warning(Fault::SetUnsupported, first_segment(set)).with_value(&header.kind));
            return Examined {
                disposition: Disposition::Unsupported,
                falls_with,
                findings,
                document: None,
                coverage: Coverage::default(),
                provenance: Vec::new(),
                map: None,
                grammar: None,
                nodes: &[],
            };
        };
        findings.extend(misplaced(group, &rules.grammar, header, set));
        findings.extend(rules.terms.iter().flat_map(|terms| against(terms, header, set)));
        for finding in &mut findings {
            rules.grammar.tolerate(finding, rules.today);
        }
        let strictness = Strictness {
            codes: rules.strict_codes,
            approximated: !rules.is_exact,
            today: rules.today,
            ..Strictness::default()
        };
        rules.grammar.check(set, strictness, checked);
        checked.findings.retain(|found| !is_of_reader(found, &findings));
        if !rules.is_exact {
            let place = first_segment(set);
            findings.push(Finding::warning(Fault::ReleaseApproximated, place).with_value(&header.release));
            for found in &mut checked.findings {
                if differs_between_releases(found.fault) {
                    found.severity = Severity::Warning;
                }
            }
        }
        let reading = rules.mapping.as_ref().map(|mapping| mapping.read(set, checked, *detail));
        findings.append(&mut checked.findings);
        let (mut document, mut coverage, mut provenance) = (None, Coverage::default(), Vec::new());
        if let Some(mut reading) = reading {
            // What partners agreed on is no stranger, whatever the map's table says.
            reading.findings.retain(|finding| !is_agreed(finding, &rules.grammar, &checked.nodes));
            findings.append(&mut reading.findings);
            let astray = split::astray(&reading.document);
            if let (false, Some(mapping)) = (astray.is_empty(), &rules.mapping) {
                // Places are asked for only where there is something to place.
                let placed = mapping.read(set, checked, Detail { provenance: true, ..Detail::COUNTS });
                findings.extend(astray.iter().map(|astray| not_the_whole(astray, &placed.provenance)));
            }
            document = Some(reading.document);
            coverage = reading.coverage;
            provenance = reading.provenance;
        }
        let own = Disposition::of(&findings, |fault| rules.tolerated.contains(&fault));
        Examined {
            disposition: if falls_with.is_some() { Disposition::Rejected } else { own },
            falls_with,
            findings,
            document,
            coverage,
            provenance,
            map: rules.map_name.as_deref(),
            grammar: Some(&rules.grammar),
            nodes: &checked.nodes,
        }
    }

    /// Examines one XML document.
    pub fn document(&mut self, part: Option<&str>, bytes: &[u8], audience: &mut dyn Audience) -> io::Result<()> {
        let tree = Tree::read(bytes, xml::Limits::default());
        let kind = tree.kind();
        let mut findings = tree.findings.clone();
        let (mut document, mut coverage, mut provenance) = (None, Coverage::default(), Vec::new());
        let agreement = self.partner.zip(kind.as_ref());
        let agreement = agreement.and_then(|(partner, kind)| partner.agreement(Direction::Inbound, &kind.name));
        let agreed = agreement.as_ref().and_then(|agreement| agreement.map.clone());
        let name = self.preferred.clone().or(agreed).or_else(|| kind.as_ref().map(xml::DocumentKind::address));
        let map = name.as_deref().and_then(|name| self.catalogue.xml(name));
        let reading = map.as_ref().map(|map| map.read(&tree, self.detail));
        match reading {
            Some(reading) => {
                findings.extend(reading.findings);
                // What was not read to its end is not judged.
                let is_whole =
                    !findings.iter().any(|it| matches!(it.fault, Fault::XmlNotAllowed | Fault::LimitExceeded));
                if let (true, Some(map)) = (is_whole, &map) {
                    findings.extend(broken_rules(map, &tree, &reading.document));
                }
                document = Some(reading.document);
                coverage = reading.coverage;
                provenance = reading.provenance;
            }
            None => {
                let place = Place { bytes: Span::at(0), ..Place::default() };
                let name = kind.as_ref().map_or("", |kind| &kind.name);
                findings.push(Finding::error(Fault::RootUnknown, place).with_value(name));
            }
        }
        let tolerated = |fault| agreement.as_ref().is_some_and(|it| it.terms.leniency.tolerates(fault));
        let disposition =
            if document.is_none() { Disposition::Unsupported } else { Disposition::of(&findings, tolerated) };
        let examined = XmlExamined {
            tree: &tree,
            syntax: kind.as_ref().map_or_else(|| "xml".into(), |kind| kind.syntax.to_string()),
            kind: kind.as_ref().map_or_else(String::new, |kind| kind.name.to_string()),
            release: kind.as_ref().map_or_else(String::new, |kind| kind.release.to_string()),
            elements: u32::try_from(tree.len()).unwrap_or(u32::MAX),
            disposition,
            findings,
            document,
            coverage,
            provenance,
            map: name.filter(|_| map.is_some()),
        };
        audience.xml(part, &examined)
    }

    /// Drives a whole file of interchanges.
    ///
    /// # Errors
    /// What the input or the audience answers; a document never is one.
    pub fn segments(&mut self, part: Option<&str>, input: impl Read, audience: &mut dyn Audience) -> io::Result<()> {
        let mut reader = Reader::new(input, Limits::default());
        let mut around = None;
        while let Some(event) = reader.next_event()? {
            match event {
                Event::InterchangeOpened(interchange) => audience.interchange(part, interchange)?,
                Event::InterchangeAcknowledgement(ta1) => audience.acknowledgement(ta1)?,
                Event::GroupOpened(group) => {
                    audience.group(group)?;
                    around = Some(group.clone());
                    self.falls_with = self.foresight.as_mut().and_then(Foresight::pop_front).flatten();
                }
                Event::Set(header, set) => {
                    let examined = self.set(around.as_ref(), header, set);
                    audience.set(header, set, &examined)?;
                }
                Event::GroupClosed { sets, findings } => audience.group_closed(sets, &findings)?,
                Event::InterchangeClosed { groups, findings, repairs, .. } => {
                    audience.interchange_closed(groups, &findings, &repairs)?;
                }
            }
        }
        Ok(())
    }
}

/// The rules of EN 16931 that an XML document breaks, at their places.
pub fn broken_rules(map: &XmlMap, tree: &Tree<'_>, document: &Canonical<'_>) -> Vec<Finding> {
    let broken = en16931::check(document);
    if broken.is_empty() {
        return Vec::new();
    }
    // Places are asked for only where there is something to place.
    let placed = map.read(tree, Detail { provenance: true, ..Detail::COUNTS });
    let whole = Place { bytes: tree.span(), ..Place::default() };
    en16931::findings(broken, &placed.provenance, &whole)
}

/// The rules for a set: those of the set before, where it is of the same kind.
fn rules<'a>(
    catalogue: &Catalogue,
    latest: &'a mut Option<Latest>,
    preferred: Option<&str>,
    (partner, today): (Option<&Partner>, Option<Date>),
    syntax: Syntax,
    header: &SetHeader,
) -> Option<&'a Rules> {
    let same = latest.as_ref().is_some_and(|latest| latest.kind == header.kind && latest.release == header.release);
    if !same {
        let agreement = partner.and_then(|partner| partner.agreement(Direction::Inbound, &header.kind));
        let case = Case { partner, agreement: agreement.as_ref(), today };
        let mut rules = catalogue.rules_for(&Address::of_wire(syntax, &header.kind, &header.release), case);
        if let (Some(rules), Some(name)) = (&mut rules, preferred) {
            rules.mapping = catalogue.maps.map(name, &rules.grammar).ok();
            rules.map_name = Some(name.to_owned());
        }
        *latest = Some(Latest { kind: header.kind.clone(), release: header.release.clone(), rules });
    }
    latest.as_ref()?.rules.as_ref()
}

impl Examined<'_> {
    /// What a segment says it is about, where its first elements are such a code: `ZZ` of `REF*ZZ*4711`.
    pub fn qualifier<'s>(&self, index: usize, segment: Segment<'s>) -> Option<Cow<'s, str>> {
        let (grammar, &node) = (self.grammar?, self.nodes.get(index)?);
        let (element, component) = grammar.marked_qualifier(node)?;
        let element = segment.element(usize::from(element));
        let text = if element.is_divided() { element.component(usize::from(component)).text() } else { element.text() };
        (!text.is_empty()).then_some(text)
    }

    /// How deep a segment stands in loops, and what the grammar calls it: for showing the document.
    pub fn outline(&self, index: usize) -> (usize, &str) {
        let (Some(grammar), Some(&node)) = (self.grammar, self.nodes.get(index)) else { return (0, "") };
        if node == NodeId::UNPLACED {
            return (0, "");
        }
        let mut depth = 0;
        let mut within = grammar.loop_of(node);
        while let Some(parent) = grammar.parent_loop(within) {
            depth += 1;
            within = parent;
        }
        (depth, grammar.segment_label(grammar.tag(node)))
    }
}
