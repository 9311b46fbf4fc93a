//! From text to statements: blocks, recovery at the line's end, mistakes with their places.

use nom::Parser;

use super::ast::{At, Body, Each, Example, Expects, Header, Level, MapFile, Spot, Statement, Tree};
use super::pieces::{Piece, PieceKind, cut, starts_with_word, trimmed};
use super::segment::segment_tag;
use super::statement::{self, entries, header, line, list};
use super::words::{Base, Parsed, Trouble};
use crate::mapping::code::Code;
use crate::mistake::{Mistake, nearest};

/// Deepest nesting of blocks: a map has four or five.
const DEPTH_MAX: usize = 32;

/// The words that begin statements, for suggestions.
const KEYWORDS: &[&str] = &[
    "map",
    "table",
    "use",
    "namespace",
    "each",
    "tree",
    "ignore",
    "require",
    "default",
    "example",
    "reads",
    "replace",
    "drop",
    "add",
];

/// Parses a map or a file of tables. What was understood is returned even beside mistakes.
pub fn parse(file: &str, source: &str) -> (MapFile, Vec<Mistake>) {
    let pieces = cut(source);
    let mut parser = FileParser { file, source, pieces, at: 0, mistakes: Vec::new(), header: None };
    let mut statements = parser.block(0);
    // A `}` too many ends a block that was never opened: tell it and go on.
    while !parser.is_at_end() {
        let spot = parser.pieces[parser.at].spot.clone();
        parser.tell(spot, "this } closes nothing", None);
        parser.at += 1;
        statements.extend(parser.block(0));
    }
    let closing_comments = parser.pieces.last().map(|piece| piece.comments_before.clone()).unwrap_or_default();
    let header = parser.header;
    (MapFile { file: file.to_owned(), header, statements, closing_comments, files: Vec::new() }, parser.mistakes)
}

/// One line that holds no mistake.
#[cfg(test)]
pub(super) fn parse_line(text: &str) -> Option<super::ast::Line> {
    line(Base { text, offset: 0 }, text).ok().map(|(_, line)| line)
}

/// Whether a file holds tables only, and no map.
pub fn is_table_file(map: &MapFile) -> bool {
    map.header.is_none() && map.statements.iter().all(|statement| matches!(statement.body, Body::Table(_)))
}

struct FileParser<'a> {
    file: &'a str,
    source: &'a str,
    pieces: Vec<Piece>,
    at: usize,
    mistakes: Vec<Mistake>,
    header: Option<Header>,
}

impl<'a> FileParser<'a> {
    fn is_at_end(&self) -> bool {
        self.pieces.get(self.at).is_none_or(|piece| piece.kind == PieceKind::End)
    }

    fn tell(&mut self, spot: Spot, message: impl Into<String>, help: Option<String>) {
        let mut mistake = Mistake::new(Code::Syntax.name(), self.file, spot, message);
        mistake.help = help;
        self.mistakes.push(mistake);
    }

    /// Statements up to the block's end, which is left for the caller.
    fn block(&mut self, depth: usize) -> Vec<Statement> {
        let mut statements = Vec::new();
        while !self.is_at_end() {
            let mut piece = self.pieces[self.at].clone();
            let reading_only = self.strip_reads(&mut piece);
            let body = match &piece.kind {
                PieceKind::Close | PieceKind::End => break,
                PieceKind::Statement => {
                    self.at += 1;
                    self.plain(&piece, depth)
                }
                PieceKind::Open => {
                    self.at += 1;
                    let body = if depth < DEPTH_MAX {
                        self.opened(&piece, depth)
                    } else {
                        self.tell(piece.spot.clone(), "blocks are nested too deeply", None);
                        self.skip_block();
                        None
                    };
                    self.close(&piece);
                    body
                }
                PieceKind::Example { wire, refuses, expected } => {
                    self.at += 1;
                    let text = |spot: &Spot| At { value: self.source[spot.clone()].to_owned(), spot: spot.clone() };
                    let expects =
                        if *refuses { Expects::Refuses(text(expected)) } else { Expects::Gives(text(expected)) };
                    Some(Body::Example(Example { wire: text(wire), expects }))
                }
                PieceKind::ExampleUnfinished => {
                    self.at += 1;
                    let help = "write example reads ... gives {...}, or example refuses ... with FAULT".to_owned();
                    self.tell(piece.spot.clone(), "this example does not say what comes of it", Some(help));
                    None
                }
            };
            let end = self.pieces[self.at.saturating_sub(1)].spot.end.max(piece.spot.end);
            if let Some(body) = body {
                statements.push(Statement {
                    body,
                    spot: piece.spot.start..end,
                    comments_before: piece.comments_before,
                    comment_behind: piece.comment_behind,
                    blank_line_before: piece.blank_line_before,
                    reading_only,
                    file: 0,
                });
            }
        }
        statements
    }

    /// Takes `reads` off a line, a group or an each.
    fn strip_reads(&self, piece: &mut Piece) -> bool {
        let text = &self.source[piece.spot.clone()];
        if !matches!(piece.kind, PieceKind::Statement | PieceKind::Open) || !starts_with_word(text, "reads") {
            return false;
        }
        piece.spot = trimmed(self.source, piece.spot.start + "reads".len()..piece.spot.end);
        true
    }

    fn close(&mut self, opened: &Piece) {
        match self.pieces.get(self.at) {
            Some(piece) if piece.kind == PieceKind::Close => self.at += 1,
            _ => self.tell(opened.spot.clone(), "this block is never closed", Some("add a line with }".to_owned())),
        }
    }

    fn skip_block(&mut self) {
        let mut depth = 0_usize;
        while !self.is_at_end() {
            match self.pieces[self.at].kind {
                PieceKind::Open => depth += 1,
                PieceKind::Close if depth == 0 => return,
                PieceKind::Close => depth -= 1,
                _ => {}
            }
            self.at += 1;
        }
    }

    fn base(&self, spot: &Spot) -> Base<'a> {
        Base { text: &self.source[spot.clone()], offset: spot.start }
    }

    /// Runs a parser over a piece that it must take whole.
    fn run<T>(&mut self, base: Base<'a>, parser: impl FnOnce(&'a str) -> Parsed<'a, T>) -> Option<T> {
        match parser(base.text) {
            Ok((rest, value)) if rest.trim().is_empty() => Some(value),
            Ok((rest, _)) => {
                let error = nom::Err::Error(Trouble { rest, wanted: "the end of the statement" });
                self.mistakes.push(mistake_of(self.file, base, error));
                None
            }
            Err(error) => {
                self.mistakes.push(mistake_of(self.file, base, error));
                None
            }
        }
    }

    /// A statement without a block.
    fn plain(&mut self, piece: &Piece, depth: usize) -> Option<Body> {
        let base = self.base(&piece.spot);
        let first = base.text.split_whitespace().next().unwrap_or("");
        match first {
            "map" => {
                let found = self.run(base, |input| header(base, input))?;
                if depth > 0 || self.header.is_some() {
                    self.tell(piece.spot.clone(), "a file has one map statement, at its start", None);
                } else {
                    self.header = Some(found);
                }
                None
            }
            "table" => self.run(base, |input| statement::table(base, input)).map(Body::Table),
            "use" => self.run(base, |input| statement::use_tables(base, input)),
            "namespace" => self.run(base, |input| statement::namespace(base, input)),
            "ignore" => self.run(base, |input| statement::ignore(base, input)),
            "require" => self.run(base, |input| statement::require(base, input)),
            "default" => self.run(base, |input| statement::default(base, input)),
            "replace" => self.run(base, |input| statement::replace(base, input)),
            "drop" => self.run(base, |input| statement::drop_line(base, input)),
            "add" => {
                let rest = base.text["add".len()..].trim_start();
                let (within, found) = self.run(base, |_| {
                    let (rest, within) = statement::within(base, rest)?;
                    let (rest, found) = line(base, rest)?;
                    Ok((rest, (within, found)))
                })?;
                let spot = found.spot().clone();
                let body = vec![Statement {
                    body: Body::Line(found),
                    spot,
                    comments_before: Vec::new(),
                    comment_behind: None,
                    blank_line_before: false,
                    reading_only: false,
                    file: 0,
                }];
                Some(Body::Add { within, body })
            }
            "each" | "tree" => {
                self.tell(piece.spot.clone(), format!("{first} wants a block"), Some("end the line with {".to_owned()));
                None
            }
            _ if looks_like_a_word(first) => {
                let help = nearest(first, KEYWORDS.iter().copied()).map(|near| format!("did you mean {near}?"));
                self.tell(base.offset..base.offset + first.len(), format!("\"{first}\" begins no statement"), help);
                None
            }
            _ => self.run(base, |input| line(base, input)).map(Body::Line),
        }
    }

    /// A statement followed by a block.
    fn opened(&mut self, piece: &Piece, depth: usize) -> Option<Body> {
        let base = self.base(&piece.spot);
        let first = base.text.split_whitespace().next().unwrap_or("");
        match first {
            "table" => {
                let mut table = self.run(base, |input| statement::table(base, input));
                while let Some(row) = self.pieces.get(self.at).filter(|row| row.kind == PieceKind::Statement).cloned() {
                    self.at += 1;
                    let base = self.base(&row.spot);
                    if let (Some(found), Some(table)) = (self.run(base, |input| entries(base, input)), table.as_mut()) {
                        table.entries.extend(found);
                    }
                }
                table.map(Body::Table)
            }
            "each" => {
                let rest = base.text["each".len()..].trim_start();
                let found = self.run(base, |_| list(base, rest));
                let body = self.block(depth + 1);
                Some(Body::Each(Each { list: found?, body }))
            }
            "tree" => {
                let rest = base.text["tree".len()..].trim();
                let tag = self.run(base, |_| base.place(super::words::want("a segment tag", segment_tag)).parse(rest));
                let levels = self.levels(depth + 1);
                Some(Body::Tree(Tree { tag: tag?, levels }))
            }
            "add" => {
                let rest = base.text["add".len()..].trim_start();
                let within = self.run(base, |_| statement::within(base, rest));
                let body = self.block(depth + 1);
                Some(Body::Add { within: within?, body })
            }
            _ if base.text.is_empty() => {
                self.tell(piece.spot.start..piece.spot.start + 1, "this { opens a block of nothing", None);
                self.block(depth + 1);
                None
            }
            _ if looks_like_a_word(first) => {
                let help = nearest(first, KEYWORDS.iter().copied()).map(|near| format!("did you mean {near}?"));
                self.tell(base.offset..base.offset + first.len(), format!("\"{first}\" opens no block"), help);
                self.block(depth + 1);
                None
            }
            _ => {
                let found = self.run(base, |input| line(base, input));
                let body = self.block(depth + 1);
                Some(Body::Group { line: found?, body })
            }
        }
    }

    /// `S { ... }`, `T? each packs where kind=pallet { ... }`.
    fn levels(&mut self, depth: usize) -> Vec<Level> {
        let mut levels = Vec::new();
        while !self.is_at_end() {
            let piece = self.pieces[self.at].clone();
            match piece.kind {
                PieceKind::Close | PieceKind::End => break,
                PieceKind::Open => {
                    self.at += 1;
                    let base = self.base(&piece.spot);
                    let found = self.run(base, |input| level_header(base, input));
                    let body = self.block(depth);
                    self.close(&piece);
                    if let Some((code, optional, list)) = found {
                        let comments_before = piece.comments_before;
                        levels.push(Level { code, optional, list, body, spot: piece.spot, comments_before });
                    }
                }
                _ => {
                    self.at += 1;
                    let help = Some("write it inside a level: S { ... }".to_owned());
                    self.tell(piece.spot, "a tree holds levels only", help);
                }
            }
        }
        levels
    }
}

fn level_header<'a>(base: Base<'a>, input: &'a str) -> Parsed<'a, (At<String>, bool, Option<super::ast::List>)> {
    use nom::bytes::complete::{tag, take_while1};
    use nom::character::complete::char;
    use nom::combinator::{cut, map, opt};
    use nom::sequence::preceded;

    let code = take_while1(|c: char| c.is_ascii_alphanumeric() || c == '*');
    let (rest, code) = base.place(super::words::want("a level's code", map(code, str::to_owned))).parse(input)?;
    let (rest, optional) = opt(char('?')).parse(rest)?;
    let rest = rest.trim_start();
    if rest.is_empty() {
        return Ok((rest, (code, optional.is_some(), None)));
    }
    let each = (tag("each"), super::segment::gap);
    let (rest, list) = super::words::want("each, or the block", preceded(each, cut(|i| list(base, i)))).parse(rest)?;
    Ok((rest, (code, optional.is_some(), Some(list))))
}

/// A lower-case word alone is a slip in a keyword; with a colon or an attribute it is an XML name.
fn looks_like_a_word(first: &str) -> bool {
    !first.is_empty() && first.chars().all(|c| c.is_ascii_lowercase() || c == '_')
}

fn mistake_of(file: &str, base: Base<'_>, error: nom::Err<Trouble<'_>>) -> Mistake {
    let (nom::Err::Error(trouble) | nom::Err::Failure(trouble)) = error else {
        return Mistake::new(Code::Syntax.name(), file, base.offset..base.offset, "the line ends too early");
    };
    let end = base.offset + base.text.len();
    let start = base.at(trouble.rest);
    let next = trouble.rest.chars().next().map_or(0, char::len_utf8);
    let spot = start..(start + next.max(1)).min(end).max(start);
    let wanted = if trouble.wanted.is_empty() { "the end of the statement" } else { trouble.wanted };
    let message = match trouble.rest.chars().next() {
        Some(c) => format!("expected {wanted}, found \"{c}\""),
        None => format!("expected {wanted}, found the end of the line"),
    };
    Mistake::new(Code::Syntax.name(), file, spot, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::syntax::ast::{Blank, Line, Path, SegmentLine, Slot, Source};

    #[test]
    fn parses_the_guide() {
        let source = r#"
map x12/004010/850 order
table purpose    00=original 01=cancel 05=replace 07=duplicate
table party {
  BY=buyer ST=ship_to   # who
  BT=bill_to
}
use tables order-type, id-scheme unit
ST*850*{@control}
BEG*{purpose|purpose}*{type|order-type}*{number}**{date|date}
CUR*BY*{currency}?
each parties {
  N1*{role|party}*{name}*{ids.scheme|id-scheme}*{ids.id}
  N3*{address.street+}*{address.street+}?
}
each lines key number else @index {
  PO1*{number}*{quantity|dec}*{unit|unit}*{first price|dec}*{price_basis}*{ids|pairs}
  CTP**=UCP*{first price|dec}?
  each adjustments { SAC 01={kind|allowance} 02={code} 05={amount|n2} 12=06 }
}
tree HL {
  S { HL*{@hl}*{@parent}*S*{@child} }
  T? each packs where kind=pallet link parent { MAN*GM*{sscc} }
}
CTT*{@count(lines)}
ignore REF*ZZ
require {number}
default currency USD
example reads BEG*00*SA*1 gives {"number": "1"}
"#;
        let (map, mistakes) = parse("850.map", source);
        assert_eq!(mistakes, []);
        assert_eq!(map.statements.len(), 14);
    }

    #[test]
    fn parses_overrides_and_elements() {
        let source = r#"
map acme/850 extends x12/004010/850
replace REF*DP*{department}? => REF*DP*{cost_centre}?
drop in lines PID*F
add in lines PID*X****{description}?
add in lines {
  REF*ZZ*{note}?
}
namespace cbc urn:oasis:names
cbc:InvoicedQuantity@unitCode={unit}   {quantity|dec}?
each parties where role=seller in cac:AccountingSupplierParty/cac:Party {
  cac:PartyTaxScheme[cac:TaxScheme/cbc:ID=VAT]/cbc:CompanyID {vat_number}?
  cac:Address {
    cbc:CityName {address.city}?
  }
}
RFF+ON:{order_number}? { DTM+171:{order_date|date}:102? }
FTX+AAI+++{note+}:{note+}
BGM+380+it?+s
"#;
        let (map, mistakes) = parse("acme.map", source);
        assert_eq!(mistakes, []);
        assert_eq!(map.statements.len(), 10);
    }

    #[test]
    fn tells_every_mistake_of_a_file() {
        let source = "map x12/004010/850 order\nREF*DP*{department\nech lines {\n  PO1*{Number}\n}\nrequre number\nN1*{a|}x*B\n}\neach lines {\n";
        let (_, mistakes) = parse("acme.map", source);
        let told: Vec<String> = mistakes
            .iter()
            .map(|mistake| {
                let (line, column) = mistake.line_and_column(source);
                let help = mistake.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
                format!("{line}:{column} {}{help}", mistake.message)
            })
            .collect();
        expect_test::expect![[r#"
            2:19 expected a closing }, found the end of the line
            3:1 "ech" opens no block (did you mean each?)
            4:8 expected a path like address.city, found "N"
            6:1 "requre" begins no statement (did you mean require?)
            7:7 expected a conversion, found "}"
            8:1 this } closes nothing
            9:1 this block is never closed (add a line with })"#]]
        .assert_eq(&told.join("\n"));
    }

    #[test]
    fn lines_keep_their_places() {
        let Some(Line::Segment(line)) = parse_line("N1*ST*{name}?") else { panic!("a segment line") };
        assert!(line.optional);
        assert_eq!(line.elements[0][0], At { value: Slot::Literal { text: "ST".into(), forced: false }, spot: 3..5 });
        assert_eq!(line.elements[1][0].spot, 6..12);
    }

    #[test]
    fn both_forms_are_one_line() {
        check("SAC*A**05*{amount|n2}", "SAC 01=A 03=05 04={amount|n2}");
        check("DTM+137:{date|date}:=102", "DTM 01=137 01.2={date|date} 01.3==102");
        check("PID*F****{description}?", "PID 01=F 05={description}?");
    }

    /// Both forms name the same elements.
    #[track_caller]
    fn check(starred: &str, labelled: &str) {
        let slots = |text: &str| -> Vec<Vec<Slot>> {
            match parse_line(text) {
                Some(Line::Segment(SegmentLine { elements, .. })) => elements
                    .into_iter()
                    .map(|components| {
                        let mut slots: Vec<Slot> = components.into_iter().map(|slot| plain(slot.value)).collect();
                        while slots.last() == Some(&Slot::Empty) {
                            slots.pop();
                        }
                        slots
                    })
                    .collect(),
                other => panic!("{text}: {other:?}"),
            }
        };
        assert_eq!(slots(starred), slots(labelled));
    }

    /// The slot without the places of its conversions.
    fn plain(slot: Slot) -> Slot {
        match slot {
            Slot::Blank(Blank { source: Source::Path { path: Path { names }, .. }, .. }) => {
                Slot::Literal { text: names.join("."), forced: false }
            }
            other => other,
        }
    }
}
