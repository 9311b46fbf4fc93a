//! Samples of our own: what each says stands beside it, and every map keeps both lens laws on every sample.
//!
//! `UPDATE_EXPECT=1 cargo test samples` rewrites what stands beside them. Law 1: reading what was written gives the same
//! document. Law 2: writing what was read gives the normal form, and the normal form stays as it is.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use entrepot::canonical::Canonical;
use entrepot::catalogue::Catalogue;
use entrepot::finding::Finding;
use entrepot::grammar::Address;
use entrepot::journey::answer::{Answering, Wanted};
use entrepot::journey::examine::{Examined, Examiner};
use entrepot::reply::Disposition;
use entrepot::wire::{
    Event, Form, GroupHead, Identity, InterchangeHead, InterchangeWriter, Limits, Reader, SetBody, SetHead, SetHeader,
    Syntax, TransactionSet,
};
use proptest::prelude::*;

#[test]
fn every_sample_says_what_stands_beside_it() {
    let catalogue = Catalogue::embedded();
    let mut differences = String::new();
    for sample in samples() {
        let (mut documents, mut findings) = (String::new(), String::new());
        for_each_set(&catalogue, &sample, |header, set, examined| {
            if let Some(document) = &examined.document {
                documents.push_str(&serde_json::to_string_pretty(document).unwrap());
                documents.push('\n');
            }
            tell(&mut findings, header, set, examined);
        });
        let kind = documents.lines().nth(1).and_then(|line| line.split('"').nth(3)).unwrap_or("document").to_owned();
        compare(&sample.with_extension(format!("{kind}.json")), &documents, &mut differences);
        compare(&sample.with_extension("findings"), &findings, &mut differences);
        let reply = if sample.to_string_lossy().contains("x12") { "997" } else { "contrl" };
        compare(&sample.with_extension(reply), &answered(&catalogue, &sample), &mut differences);
    }
    assert!(differences.is_empty(), "{differences}run again with UPDATE_EXPECT=1 where this is meant");
}

#[test]
fn every_map_keeps_both_laws_on_every_sample() {
    let catalogue = Catalogue::embedded();
    let (mut broken, mut checked) = (String::new(), 0);
    for sample in samples() {
        let name = sample.file_name().unwrap().to_string_lossy().into_owned();
        for_each_set(&catalogue, &sample, |header, set, examined| {
            let Some(document) = examined.document.clone().filter(|_| examined.disposition == Disposition::Accepted)
            else {
                return;
            };
            checked += 1;
            if let Err(why) = laws(&catalogue, header, set.syntax(), &document.into_owned()) {
                let _ = writeln!(broken, "{name} {} {}: {why}", header.kind, header.control_number);
            }
        });
    }
    assert!(broken.is_empty(), "{broken}");
    assert!(checked >= 20, "only {checked} documents were checked");
}

/// The examples inside the maps, run as `entrepot map test` runs them.
#[test]
fn every_example_in_a_map_comes_out_as_it_says() {
    let catalogue = Catalogue::embedded();
    let (mut wrong, mut examples) = (String::new(), 0);
    for name in catalogue.maps.names() {
        let path = format!("{name}.map");
        let sheet = catalogue.maps.sheet(&path, catalogue.maps.source(&path).unwrap_or_default(), &catalogue.grammars);
        let Some(bound) = sheet.bound else { continue };
        for tried in entrepot::mapping::example::run(&sheet.flat, &bound) {
            examples += 1;
            if let Some(mistake) = tried.mistake {
                let _ = writeln!(wrong, "{name}: {}", mistake.message);
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(examples >= 11, "the examples are gone");
}

/// What the page about the language shows is a map in order, laid over the very maps that it stands beside.
#[test]
fn every_example_of_the_mapping_page_runs() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("mappings/README.md")).expect("the page");
    let catalogue = Catalogue::embedded();
    let (mut wrong, mut ran) = (String::new(), 0);
    let blocks: Vec<&str> = page.split("```\n").skip(1).step_by(2).collect();
    for block in &blocks {
        let name = block.split_whitespace().nth(1).unwrap_or_default();
        let sheet = catalogue.maps.sheet(&format!("{name}.map"), block, &catalogue.grammars);
        wrong.extend(sheet.mistakes.iter().map(|mistake| mistake.render(block, false) + "\n"));
        let Some(bound) = sheet.bound else { continue };
        for tried in entrepot::mapping::example::run(&sheet.flat, &bound) {
            ran += 1;
            wrong.extend(tried.mistake.map(|mistake| mistake.render(block, false) + "\n"));
        }
    }
    // Lines inside the text are read as lines of a map.
    let inline = page.split("```").step_by(2).flat_map(|text| text.split('`').skip(1).step_by(2));
    let lines: Vec<&str> =
        inline.filter(|code| ["*{", "+{", ":{", "={"].iter().any(|blank| code.contains(blank))).collect();
    for line in &lines {
        let (_, mistakes) = entrepot::mapping::syntax::parse("README.md", line);
        wrong.extend(mistakes.iter().map(|mistake| mistake.render(line, false) + "\n"));
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(
        blocks.len() >= 3 && ran >= 2 && lines.len() >= 4,
        "{} blocks, {ran} examples, {} lines",
        blocks.len(),
        lines.len()
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(850), ..ProptestConfig::default() })]

    /// Law 1 over documents made from the samples' by leaving things out and changing them: for each that a map agrees
    /// to write whole, and whose writing is valid, reading gives what the document said.
    #[test]
    fn what_a_map_agrees_to_write_comes_back(which in any::<prop::sample::Index>(), changes in prop::collection::vec(any::<(u32, u8)>(), 1..12)) {
        let seeds = seeds();
        let (header, syntax, tree) = which.get(seeds);
        let mut tree = tree.clone();
        for (place, way) in changes {
            change(&mut tree, place, way);
        }
        let Ok(mut document) = Canonical::from_tree(&tree) else { return Ok(()) };
        document.complete();
        let catalogue = Catalogue::embedded();
        let Ok(Some((written, lost))) = write(&catalogue, header, *syntax, &document) else { return Ok(()) };
        if !lost.is_empty() {
            return Ok(());
        }
        // A document that breaks the grammar (a party without a name or number) never leaves: it is not agreed to.
        if let Ok(again) = read(&catalogue, &written) {
            let tree = |document: &Canonical<'_>| serde_json::to_value(document).unwrap();
            prop_assert!(
                says(&tree(&again), &tree(&document)),
                "said    {}\nread    {}\nwritten {}",
                document.to_json(),
                again.to_json(),
                text(&written)
            );
        }
    }
}

/// Whether a document says all that another says. Reading may add defaults of the map and the numbers of
/// lines; a list that a map writes in several blocks (terms by type, ids by role) comes back in the map's order.
fn says(more: &serde_json::Value, less: &serde_json::Value) -> bool {
    use serde_json::Value as Json;
    match (more, less) {
        (Json::Object(more), Json::Object(less)) => {
            less.iter().all(|(key, value)| more.get(key).is_some_and(|found| says(found, value)))
        }
        (Json::Array(more), Json::Array(less)) => {
            let mut left: Vec<&Json> = more.iter().collect();
            more.len() == less.len()
                && less.iter().all(|item| match left.iter().position(|found| says(found, item)) {
                    Some(at) => {
                        left.remove(at);
                        true
                    }
                    None => false,
                })
        }
        _ => more == less,
    }
}

type Seed = (SetHeader, Syntax, serde_json::Value);

/// What the samples say, read once.
fn seeds() -> &'static Vec<Seed> {
    static SEEDS: std::sync::OnceLock<Vec<Seed>> = std::sync::OnceLock::new();
    SEEDS.get_or_init(|| {
        let catalogue = Catalogue::embedded();
        let mut seeds = Vec::new();
        for sample in samples() {
            for_each_set(&catalogue, &sample, |header, set, examined| {
                if let (Some(document), Disposition::Accepted) = (&examined.document, &examined.disposition) {
                    let mut tree = serde_json::to_value(document).unwrap();
                    if header.kind == "REMADV" {
                        // Only an 820 has entities; `complete` makes one for both.
                        tree.as_object_mut().unwrap().remove("entities");
                    }
                    seeds.push((header.clone(), set.syntax(), tree));
                }
            });
        }
        seeds
    })
}

/// Takes a member or item away, doubles an item, or changes a text, somewhere in a document.
fn change(tree: &mut serde_json::Value, place: u32, way: u8) {
    use serde_json::Value as Json;
    let (here, deeper) = (place as usize, place.rotate_right(5).wrapping_mul(2_654_435_761));
    match tree {
        Json::Object(members) if !members.is_empty() => {
            let Some(key) = members.keys().nth(here % members.len()).cloned() else { return };
            let inner = members.get(&key).is_some_and(|member| member.is_object() || member.is_array());
            if key == "kind" && members.contains_key("purpose") || (!inner && !way.is_multiple_of(4)) {
                if let Some(Json::String(value)) = members
                    .get_mut(&key)
                    .filter(|_| matches!(&*key, "number" | "name" | "description" | "value" | "city" | "text"))
                {
                    value.push_str(["x", " y", "?", "+", ":z", "*", "\u{e9}"][usize::from(way) % 7]);
                }
            } else if inner && !way.is_multiple_of(5) {
                if let Some(member) = members.get_mut(&key) {
                    change(member, deeper, way.rotate_right(1));
                }
            } else {
                members.remove(&key);
            }
        }
        Json::Array(items) if !items.is_empty() => {
            let at = here % items.len();
            match way % 6 {
                0 => {
                    items.remove(at);
                }
                // What others name by its number stands once.
                1 if ["number", "id", "position"].iter().all(|key| items[at].get(key).is_none()) => {
                    items.push(items[at].clone())
                }
                _ => change(&mut items[at], deeper, way.rotate_right(1)),
            }
        }
        _ => {}
    }
}

/// Both laws for one document: `document` is what was read.
fn laws(
    catalogue: &Catalogue,
    header: &SetHeader,
    syntax: Syntax,
    document: &Canonical<'static>,
) -> Result<(), String> {
    let Some((written, lost)) = write(catalogue, header, syntax, document)? else { return Ok(()) };
    if !lost.is_empty() {
        return Err(format!("lost {lost}"));
    }
    let again = read(catalogue, &written)?;
    if again != *document {
        return Err(format!(
            "law 1\nread    {}\nagain   {}\nwritten {}",
            document.to_json(),
            again.to_json(),
            text(&written)
        ));
    }
    let normal = write(catalogue, header, syntax, &again)?.map(|(normal, _)| normal).unwrap_or_default();
    if normal != written {
        return Err(format!("law 2\nonce  {}\ntwice {}", text(&written), text(&normal)));
    }
    Ok(())
}

/// A document as an interchange, and what no line of the map carried; `None` where the map does not agree to write it,
/// because something is missing that the wire must say (how much of a line lies in which of its packs).
fn write(
    catalogue: &Catalogue,
    header: &SetHeader,
    syntax: Syntax,
    document: &Canonical<'_>,
) -> Result<Option<(Vec<u8>, String)>, String> {
    let rules = catalogue.rules(&Address::of_wire(syntax, &header.kind, &header.release)).ok_or("no rules")?;
    let mapping = rules.mapping.ok_or("no map")?;
    let writing = mapping.write(document, Form::of(syntax));
    if !writing.refusals.is_empty() {
        return Err(format!("refused {:?}", writing.refusals));
    }
    if !writing.missing.is_empty() {
        let packed = writing.missing.iter().all(|missing| missing.path.ends_with(".quantity"));
        return if packed { Ok(None) } else { Err(format!("missing {:?}", writing.missing)) };
    }
    let lost: Vec<String> = writing.lost.iter().map(|lost| format!("{}={}", lost.path, lost.value)).collect();
    Ok(Some((enveloped(header, syntax, &writing.body)?, lost.join(", "))))
}

fn enveloped(header: &SetHeader, syntax: Syntax, body: &SetBody) -> Result<Vec<u8>, String> {
    let identity = |id: &str| Identity { qualifier: "ZZ".into(), id: id.into() };
    let (sender, receiver) = (identity("US"), identity("THEM"));
    let at = jiff::civil::datetime(2026, 11, 2, 9, 15, 0, 0);
    let mut writer = InterchangeWriter::new(Form::of(syntax));
    writer.open_interchange(&InterchangeHead {
        sender: &sender,
        receiver: &receiver,
        control_number: "1",
        at,
        version: if syntax == Syntax::X12 { "00401" } else { "UNOC:3" },
        test: false,
        acknowledgement_requested: false,
        agreement: None,
    });
    if syntax == Syntax::X12 {
        writer.open_group(&GroupHead {
            functional_id: "PO",
            sender: &sender,
            receiver: &receiver,
            control_number: "1",
            at,
            version: &header.release,
        });
    }
    let head = SetHead { kind: &header.kind, release: &header.release, control_number: "0001", convention: None };
    writer.set(&head, body);
    writer.finish().map_err(|refusals| format!("refused {refusals:?}"))
}

/// The one document of an interchange.
fn read(catalogue: &Catalogue, interchange: &[u8]) -> Result<Canonical<'static>, String> {
    let mut found = None;
    let mut reader = Reader::new(interchange, Limits::default());
    let mut examiner = Examiner::new(catalogue);
    while let Some(event) = reader.next_event().map_err(|error| error.to_string())? {
        let Event::Set(header, set) = event else { continue };
        let examined = examiner.set(None, header, set);
        if let Some(error) = examined.findings.iter().find(|finding| finding.is_error()) {
            return Err(format!("what was written is not valid: {}\n{}", error.message(), text(interchange)));
        }
        found = examined.document.map(Canonical::into_owned);
    }
    found.ok_or_else(|| "what was written holds no document".to_owned())
}

fn for_each_set(
    catalogue: &Catalogue,
    sample: &Path,
    mut each: impl FnMut(&SetHeader, TransactionSet<'_>, &Examined<'_>),
) {
    let mut examiner = Examiner::new(catalogue);
    let mut reader = Reader::new(std::fs::File::open(sample).unwrap(), Limits::default());
    while let Some(event) = reader.next_event().unwrap() {
        if let Event::Set(header, set) = event {
            each(header, set, &examiner.set(None, header, set));
        }
    }
}

fn tell(out: &mut String, header: &SetHeader, set: TransactionSet<'_>, examined: &Examined<'_>) {
    let segments = set.segments().count();
    let disposition = format!("{:?}", examined.disposition).to_lowercase();
    let coverage = &examined.coverage;
    let _ = writeln!(
        out,
        "{} {}: {disposition}, {segments} segments, {} mapped",
        header.kind, header.control_number, coverage.mapped
    );
    for finding in &examined.findings {
        let Finding { severity, .. } = finding;
        let _ = writeln!(
            out,
            "  {} {}: {}",
            format!("{severity:?}").to_lowercase(),
            finding.fault.name(),
            finding.message()
        );
    }
    for unmapped in &coverage.unmapped {
        let _ = writeln!(out, "  unmapped {}: {}", unmapped.place, unmapped.value);
    }
}

/// What the file would be answered with, at a fixed time.
fn answered(catalogue: &Catalogue, sample: &Path) -> String {
    let at = jiff::civil::datetime(2026, 11, 2, 9, 30, 0, 0);
    let mut answering = Answering::new(catalogue, Wanted::Usual, at);
    let file = std::fs::File::open(sample).unwrap();
    Examiner::new(catalogue).segments(None, file, &mut answering).unwrap();
    let replies = answering.finish().bytes;
    text(&replies)
}

/// Bytes as a test shows them: one segment a line.
fn text(bytes: &[u8]) -> String {
    let text: String = bytes.iter().map(|&byte| char::from(byte)).collect();
    if text.contains('\n') { text } else { text.replace('~', "~\n").replace('\'', "'\n") }
}

fn samples() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    let mut found = Vec::new();
    for syntax in ["x12", "edifact"] {
        for kind in std::fs::read_dir(root.join(syntax)).unwrap() {
            for file in std::fs::read_dir(kind.unwrap().path()).unwrap() {
                let path = file.unwrap().path();
                if path.extension().is_some_and(|extension| extension == "edi") {
                    found.push(path);
                }
            }
        }
    }
    found.sort();
    assert!(found.len() >= 20, "the samples are gone");
    found
}

fn compare(path: &Path, actual: &str, differences: &mut String) {
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    if expected == actual {
        return;
    }
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(path, actual).unwrap();
        return;
    }
    let at = expected.lines().zip(actual.lines()).take_while(|(one, other)| one == other).count();
    let _ = writeln!(differences, "{}:{}", path.display(), at + 1);
    let _ = writeln!(differences, "  expected {}", expected.lines().nth(at).unwrap_or("the end"));
    let _ = writeln!(differences, "  found    {}", actual.lines().nth(at).unwrap_or("the end"));
}
