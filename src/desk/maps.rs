//! `map`: mapping files checked, tried on their examples, laid out and flattened.

mod coverage;
mod whatif;

use std::borrow::Cow;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::command::{Common, FmtForm, Format, MapVerb};
use super::output::{Answer, ERROR, FAINT, Failure, GOOD, Outcome, STRONG, counted};
use super::settings::tell;
use super::text::{Text, report};
use crate::catalogue::{Catalogue, Files};
use crate::mapping::example;
use crate::mapping::library::Sheet;
use crate::mapping::syntax::{Style, ast, print, print_marked};
use crate::mistake::{Mistake, nearest};

pub fn run(verb: &MapVerb, common: &Common) -> Answer {
    let catalogue = super::catalogue(common)?;
    let format = common.format;
    match verb {
        MapVerb::Check { files } => check(files, format, &catalogue),
        MapVerb::Test { files } => test(files, format, &catalogue),
        MapVerb::Fmt { file, form, write, check } => fmt(file, *form, *write, *check, format, &catalogue),
        MapVerb::Flatten { file } => flatten(file, format, &catalogue),
        MapVerb::Coverage(it) => coverage::run(it, format, catalogue),
        MapVerb::Whatif(it) => whatif::run(it, common, catalogue),
        MapVerb::Draft { .. } | MapVerb::Approve { .. } | MapVerb::Activate { .. } => {
            Err(Failure::ours("files are handed in by name"))
        }
    }
}

/// A map that documents are read with: by its name in the catalogue, or from a file that is laid into it.
pub fn chosen(name: &str, catalogue: Catalogue) -> Result<(Catalogue, String), Failure> {
    if catalogue.maps.contains(name) {
        return Ok((catalogue, name.to_owned()));
    }
    let text = find(Path::new(name), &catalogue)?;
    let sheet = catalogue.maps.sheet(&text.name, &text.text, &catalogue.grammars);
    let Some(own) =
        sheet.flat.header.as_ref().filter(|_| sheet.bound.is_some()).map(|header| header.name.value.clone())
    else {
        tell(&sheet.mistakes, |file| source(&text, file, &catalogue));
        return Err(Failure::usage(match sheet.mistakes.len() {
            0 => format!("{name} holds no map"),
            count => format!("{name} has {}", counted(count, "mistake")),
        }));
    };
    let path = format!("mappings/{own}.map");
    let others = catalogue.files().iter().filter(|(other, _)| *other != path);
    let mut files: Vec<(String, String)> = others.map(|(path, text)| (path.to_owned(), text.to_owned())).collect();
    files.push((path, text.text));
    let catalogue = Catalogue::from_files(Files::of(files)).map_err(|refused| {
        tell(&refused.mistakes, |file| refused.files.get(file));
        Failure::usage(format!("{name} does not fit into the catalogue"))
    })?;
    Ok((catalogue, own))
}

/// The text of a map: a file, standard input, or one of the catalogue by its name.
fn find(path: &Path, catalogue: &Catalogue) -> Result<Text, Failure> {
    let name = path.display().to_string();
    let known = format!("{}.map", name.strip_suffix(".map").unwrap_or(&name));
    if name != "-" && !path.exists() {
        if let Some(text) =
            catalogue.maps.source(&known).filter(|_| catalogue.maps.contains(known.trim_end_matches(".map")))
        {
            return Ok(Text { name: known, text: text.to_owned() });
        }
        let beside = path.parent().map(|folder| if folder.as_os_str().is_empty() { Path::new(".") } else { folder });
        let beside: Vec<String> = beside
            .and_then(|folder| fs::read_dir(folder).ok())
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| path.with_file_name(entry.file_name()).display().to_string())
            .filter(|other| other.ends_with(".map"))
            .collect();
        let near = nearest(&name, beside.iter().map(String::as_str).chain(catalogue.maps.names()));
        let hint = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        return Err(Failure::usage(format!("there is no file and no map \"{name}\"{hint}")));
    }
    Text::read(path)
}

/// The text that a mistake stands in: the file itself, or a base or table of the catalogue.
fn source<'t>(text: &'t Text, file: &str, catalogue: &'t Catalogue) -> Option<&'t str> {
    if file == text.name { Some(&text.text) } else { catalogue.maps.source(file) }
}

fn told(sheet_mistakes: &[Mistake], text: &Text, catalogue: &Catalogue) -> Vec<Value> {
    sheet_mistakes
        .iter()
        .map(|mistake| report(mistake, source(text, &mistake.file, catalogue).unwrap_or_default()))
        .collect()
}

fn check(files: &[PathBuf], format: Format, catalogue: &Catalogue) -> Answer {
    let mut out = anstream::stdout().lock();
    let mut outcome = Outcome::Accepted;
    for file in files {
        let text = find(file, catalogue)?;
        let sheet = catalogue.maps.sheet(&text.name, &text.text, &catalogue.grammars);
        if !sheet.mistakes.is_empty() {
            outcome = Outcome::Rejected;
        }
        match format {
            Format::Json => {
                let line = json!({
                    "file": text.name,
                    "map": sheet.flat.header.as_ref().map(|header| &header.name.value),
                    "reads": sheet.bound.as_ref().map(|bound| bound.address().to_string()),
                    "kind": sheet.bound.as_ref().map(|bound| bound.kind().as_str()),
                    "examples": examples(&sheet),
                    "mistakes": told(&sheet.mistakes, &text, catalogue),
                });
                writeln!(out, "{line}")?;
            }
            Format::Human if sheet.mistakes.is_empty() => {
                writeln!(out, "{GOOD}in order{GOOD:#} {}  {FAINT}{}{FAINT:#}", text.name, about(&sheet))?;
            }
            Format::Human => {
                tell(&sheet.mistakes, |name| source(&text, name, catalogue));
                writeln!(out, "{ERROR}{}{ERROR:#} {}", counted(sheet.mistakes.len(), "mistake"), text.name)?;
            }
        }
    }
    Ok(outcome)
}

fn examples(sheet: &Sheet) -> usize {
    sheet.flat.statements.iter().filter(|statement| matches!(statement.body, ast::Body::Example(_))).count()
}

/// What a file in order holds: `x12/004010/850 and order, 2 examples`.
fn about(sheet: &Sheet) -> String {
    match &sheet.bound {
        Some(bound) => {
            format!("{} and {}, {}", bound.address(), bound.kind().as_str(), counted(examples(sheet), "example"))
        }
        None => counted(sheet.flat.statements.len(), "table"),
    }
}

/// Runs the examples inside files, and says for each what differs.
fn test(files: &[PathBuf], format: Format, catalogue: &Catalogue) -> Answer {
    let mut out = anstream::stdout().lock();
    let mut outcome = Outcome::Accepted;
    for file in files {
        let text = find(file, catalogue)?;
        let sheet = catalogue.maps.sheet(&text.name, &text.text, &catalogue.grammars);
        let tried = sheet.bound.as_ref().map(|bound| example::run(&sheet.flat, bound)).unwrap_or_default();
        let failed = tried.iter().filter(|tried| tried.mistake.is_some()).count();
        if failed > 0 || !sheet.mistakes.is_empty() {
            outcome = Outcome::Rejected;
        }
        if format == Format::Json {
            let each: Vec<Value> = tried
                .iter()
                .map(|tried| {
                    let (line, says) = head(&text.text, &tried.spot);
                    let mistake = tried.mistake.as_ref().map(|mistake| report(mistake, &text.text));
                    json!({"line": line, "says": says, "passed": tried.mistake.is_none(), "mistake": mistake})
                })
                .collect();
            let mistakes = told(&sheet.mistakes, &text, catalogue);
            let line = json!({"file": text.name, "examples": each, "failed": failed, "mistakes": mistakes});
            writeln!(out, "{line}")?;
            continue;
        }
        if !sheet.mistakes.is_empty() {
            tell(&sheet.mistakes, |name| source(&text, name, catalogue));
            writeln!(
                out,
                "{ERROR}{}{ERROR:#} {}: no example was run",
                counted(sheet.mistakes.len(), "mistake"),
                text.name
            )?;
            continue;
        }
        writeln!(out, "{STRONG}{}{STRONG:#}", text.name)?;
        for tried in &tried {
            let (line, says) = head(&text.text, &tried.spot);
            let (style, word) = if tried.mistake.is_some() { (ERROR, "failed") } else { (GOOD, "ok") };
            writeln!(out, "  {style}{word:<6}{style:#} {FAINT}line {line:<4}{FAINT:#} {says}")?;
            if let Some(mistake) = &tried.mistake {
                for line in mistake.render(&text.text, true).lines() {
                    writeln!(out, "    {line}")?;
                }
            }
        }
        match tried.len() {
            0 => writeln!(out, "  {FAINT}no examples: example reads ... gives {{...}} in the file makes one{FAINT:#}")?,
            count => writeln!(out, "  {FAINT}{}, {failed} failed{FAINT:#}", counted(count, "example"))?,
        }
    }
    Ok(outcome)
}

/// The line that an example begins on, and its words on one line.
fn head(text: &str, spot: &ast::Spot) -> (usize, String) {
    let line = text.get(..spot.start).unwrap_or_default().matches('\n').count() + 1;
    let words = text.get(spot.clone()).unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    let mut shown: String = words.chars().take(72).collect();
    if shown.len() < words.len() {
        shown.push_str(" ...");
    }
    (line, shown)
}

fn fmt(file: &Path, form: FmtForm, write: bool, check: bool, format: Format, catalogue: &Catalogue) -> Answer {
    let text = find(file, catalogue)?;
    let (map, mistakes) = crate::mapping::syntax::parse(&text.name, &text.text);
    if !mistakes.is_empty() {
        // What could not be read cannot be laid out, and would be lost.
        match format {
            Format::Human => tell(&mistakes, |_| Some(text.text.as_str())),
            Format::Json => {
                let mistakes = told(&mistakes, &text, catalogue);
                writeln!(anstream::stdout().lock(), "{}", json!({"file": text.name, "mistakes": mistakes}))?;
            }
        }
        return Ok(Outcome::Rejected);
    }
    let style = match form {
        FmtForm::AsIs => Style::AsIs,
        FmtForm::Separators => Style::Separators,
        FmtForm::Labels => Style::Labels,
    };
    let printed = print(&map, style);
    let changes = printed != text.text;
    let mut out = anstream::stdout().lock();
    if write && changes {
        if !file.is_file() {
            return Err(Failure::usage(format!("{} is no file that could be written", text.name)));
        }
        replace(file, &printed)?;
    }
    match format {
        Format::Json => {
            let shown = (!write && !check).then_some(&printed);
            writeln!(out, "{}", json!({"file": text.name, "changes": changes, "text": shown, "mistakes": []}))?;
        }
        Format::Human if check && changes => {
            writeln!(
                out,
                "{ERROR}to be laid out{ERROR:#} {}  {FAINT}entrepot map fmt --write does it{FAINT:#}",
                text.name
            )?;
        }
        Format::Human if check => writeln!(out, "{GOOD}in order{GOOD:#} {}", text.name)?,
        Format::Human if write && changes => writeln!(out, "{GOOD}laid out{GOOD:#} {}", text.name)?,
        Format::Human if write => {}
        Format::Human => write!(out, "{printed}")?,
    }
    Ok(if check && changes { Outcome::Rejected } else { Outcome::Accepted })
}

/// Writes a file by another name first: it is never half there.
fn replace(file: &Path, text: &str) -> std::io::Result<()> {
    let mut beside = file.as_os_str().to_owned();
    beside.push(".new");
    fs::write(&beside, text)?;
    fs::rename(&beside, file)
}

/// The effective map, each line with where it comes from.
fn flatten(file: &Path, format: Format, catalogue: &Catalogue) -> Answer {
    let text = find(file, catalogue)?;
    let sheet = catalogue.maps.sheet(&text.name, &text.text, &catalogue.grammars);
    let mut out = anstream::stdout().lock();
    if !sheet.mistakes.is_empty() {
        match format {
            Format::Human => tell(&sheet.mistakes, |name| source(&text, name, catalogue)),
            Format::Json => {
                let mistakes = told(&sheet.mistakes, &text, catalogue);
                writeln!(out, "{}", json!({"file": text.name, "mistakes": mistakes}))?;
            }
        }
        return Ok(Outcome::Rejected);
    }
    let printed = print_marked(&sheet.flat, Style::AsIs);
    let files: Vec<Cow<'_, str>> = match sheet.flat.files.as_slice() {
        [] => vec![Cow::Borrowed(text.name.as_str())],
        files => files.iter().map(|file| Cow::Borrowed(&**file)).collect(),
    };
    let origins = printed.origins.iter().map(|origin| {
        let (file, at) = (*origin)?;
        let file = files.get(usize::from(file))?;
        let before = source(&text, file, catalogue)?.get(..at)?;
        Some((file, before.matches('\n').count() + 1))
    });
    match format {
        Format::Json => {
            let lines: Vec<Value> = printed
                .text
                .lines()
                .zip(origins)
                .map(|(text, origin)| json!({"text": text, "file": origin.map(|it| it.0), "line": origin.map(|it| it.1)}))
                .collect();
            writeln!(out, "{}", json!({"file": text.name, "files": files, "lines": lines, "mistakes": []}))?;
        }
        Format::Human => {
            // Behind ` # ` it is a comment: what is printed is a map that can be kept.
            for (line, origin) in printed.text.lines().zip(origins) {
                match origin {
                    Some((file, number)) => writeln!(out, "{line:<88} {FAINT}# {file}:{number}{FAINT:#}")?,
                    None => writeln!(out, "{line}")?,
                }
            }
        }
    }
    Ok(Outcome::Accepted)
}
