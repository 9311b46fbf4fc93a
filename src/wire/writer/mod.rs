//! Writing is the inverse of reading: escapes, pads the ISA, counts, and puts control numbers where they belong.
//!
//! The chain never fails: what cannot be written is noted with its place, and [`SetWriter::finish`] answers all of it.

mod envelope;

pub use envelope::{GroupHead, InterchangeHead, InterchangeWriter, SetHead};

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Charset, Delimiters, Syntax};
use crate::finding::{Place, Span};

/// What stands behind each segment terminator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LineEnd {
    #[default]
    None,
    Lf,
    CrLf,
}

/// How documents are written to one partner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Form {
    pub syntax: Syntax,
    pub delimiters: Delimiters,
    pub charset: Charset,
    pub line_end: LineEnd,
    /// What stands for characters that cannot be written; without it they are refused.
    pub substitute: Option<char>,
}

impl Form {
    pub const X12: Self = Self {
        syntax: Syntax::X12,
        delimiters: Delimiters::X12,
        charset: Charset::Detect,
        line_end: LineEnd::None,
        substitute: None,
    };
    pub const EDIFACT: Self = Self {
        syntax: Syntax::Edifact,
        delimiters: Delimiters::EDIFACT,
        charset: Charset::UnoC,
        line_end: LineEnd::None,
        substitute: None,
    };

    pub const fn of(syntax: Syntax) -> Self {
        match syntax {
            Syntax::X12 => Self::X12,
            Syntax::Edifact => Self::EDIFACT,
        }
    }
}

/// Why a character could not be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    #[error("separates here, and X12 has no escape")]
    Delimiter,
    #[error("is a control character")]
    Control,
    #[error("is not in the character set of the interchange")]
    NotInCharset,
    #[error("begins what is too long for its place")]
    TooLong,
}

/// A character that could not be written, and where. The place counts segments from the first one written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub place: Place,
    pub why: Why,
    pub character: char,
    pub value: Box<str>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, why, character, value } = self;
        write!(f, "{place}: {character:?} in {value:?} {why}")
    }
}

impl std::error::Error for Refusal {}

/// The segments between header and trailer of a set, written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SetBody {
    pub bytes: Vec<u8>,
    pub segments: u32,
}

/// How many refusals are kept.
const REFUSALS_MAX: usize = 100;

/// Writes segments. Trailing empty elements and components are dropped, what needs a release gets one.
///
/// ```
/// use entrepot::wire::{Form, SetWriter};
/// let mut writer = SetWriter::new(Form::EDIFACT);
/// writer.segment("NAD").element("BY").element("5412345000013").component("").component("9").element("");
/// writer.segment("FTX").element("AAI").element("").element("").element("2 + 2");
/// assert_eq!(writer.finish().unwrap().bytes, b"NAD+BY+5412345000013::9'FTX+AAI+++2 ?+ 2'");
/// ```
#[derive(Clone, Debug)]
pub struct SetWriter {
    form: Form,
    out: Vec<u8>,
    segments: u32,
    is_open: bool,
    tag: [u8; 4],
    /// Separators that are written only when something follows them.
    elements_due: usize,
    repetitions_due: usize,
    components_due: usize,
    element: u16,
    component: u16,
    refusals: Vec<Refusal>,
}

impl SetWriter {
    pub fn new(form: Form) -> Self {
        Self {
            form,
            out: Vec::new(),
            segments: 0,
            is_open: false,
            tag: [0; 4],
            elements_due: 0,
            repetitions_due: 0,
            components_due: 0,
            element: 0,
            component: 0,
            refusals: Vec::new(),
        }
    }

    pub fn form(&self) -> &Form {
        &self.form
    }

    /// How many segments there are, the one being written included.
    pub fn segments(&self) -> u32 {
        self.segments
    }

    /// Begins a segment; the one before it ends.
    pub fn segment(&mut self, tag: &str) -> &mut Self {
        self.end_segment();
        self.is_open = true;
        self.segments += 1;
        self.elements_due = 0;
        self.element = 0;
        self.tag = [0; 4];
        let length = tag.len().min(4);
        self.tag[..length].copy_from_slice(&tag.as_bytes()[..length]);
        self.out.extend_from_slice(tag.as_bytes());
        self
    }

    /// The next element, or the first component of it. Empty text leaves it empty.
    pub fn element(&mut self, text: &str) -> &mut Self {
        self.elements_due += 1;
        self.repetitions_due = 0;
        self.components_due = 0;
        self.element += 1;
        self.component = 1;
        self.text(text)
    }

    /// The next component of the current element.
    pub fn component(&mut self, text: &str) -> &mut Self {
        self.components_due += 1;
        self.component += 1;
        self.text(text)
    }

    /// The next repetition of the current element, or the first component of it.
    pub fn repetition(&mut self, text: &str) -> &mut Self {
        self.repetitions_due += 1;
        self.components_due = 0;
        self.component = 1;
        self.text(text)
    }

    /// Several elements at once.
    pub fn elements<'t>(&mut self, texts: impl IntoIterator<Item = &'t str>) -> &mut Self {
        for text in texts {
            self.element(text);
        }
        self
    }

    /// What was written, or everything that could not be.
    pub fn finish(mut self) -> Result<SetBody, Vec<Refusal>> {
        self.end_segment();
        if self.refusals.is_empty() {
            Ok(SetBody { bytes: self.out, segments: self.segments })
        } else {
            Err(self.refusals)
        }
    }

    fn end_segment(&mut self) {
        if !std::mem::take(&mut self.is_open) {
            return;
        }
        self.out.push(self.form.delimiters.segment);
        match self.form.line_end {
            LineEnd::None => {}
            LineEnd::Lf => self.out.push(b'\n'),
            LineEnd::CrLf => self.out.extend_from_slice(b"\r\n"),
        }
    }

    fn text(&mut self, text: &str) -> &mut Self {
        if text.is_empty() {
            return self;
        }
        let d = self.form.delimiters;
        self.out.extend(std::iter::repeat_n(d.element, std::mem::take(&mut self.elements_due)));
        let repetition = d.repetition.unwrap_or(d.component);
        self.out.extend(std::iter::repeat_n(repetition, std::mem::take(&mut self.repetitions_due)));
        self.out.extend(std::iter::repeat_n(d.component, std::mem::take(&mut self.components_due)));
        if text.bytes().all(|b| b.is_ascii_alphanumeric() && self.form.charset.has_ascii(b))
            && !d.separates_alphanumerics()
        {
            self.out.extend_from_slice(text.as_bytes());
            return self;
        }
        for character in text.chars() {
            if let Err(why) = self.character(character) {
                self.refuse(why, character, text);
            }
        }
        self
    }

    fn character(&mut self, character: char) -> Result<(), Why> {
        let d = self.form.delimiters;
        if character.is_ascii() {
            let byte = character as u8;
            if d.is_service(byte) {
                let Some(release) = d.release else { return Err(Why::Delimiter) };
                self.out.extend_from_slice(&[release, byte]);
                return Ok(());
            }
        }
        if character.is_control() {
            return Err(Why::Control);
        }
        self.form.charset.encode(character, &mut self.out).ok_or(Why::NotInCharset)
    }

    fn refuse(&mut self, why: Why, character: char, value: &str) {
        if why != Why::TooLong
            && let Some(substitute) = self.form.substitute
            && substitute != character
            && self.character(substitute).is_ok()
        {
            return;
        }
        if self.refusals.len() < REFUSALS_MAX {
            let tag = String::from_utf8_lossy(&self.tag).trim_end_matches('\0').to_owned();
            let place = Place::segment(tag, self.segments, Span::at(self.out.len() as u64));
            let place = Place { element: Some(self.element), component: Some(self.component), ..place };
            let value = value.chars().take(99).collect();
            self.refusals.push(Refusal { place, why, character, value });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trailing_empties_are_dropped_and_inner_ones_kept() {
        check(Form::X12, "BEG|00|SA|4711||20240115||", "BEG*00*SA*4711**20240115~");
        check(Form::X12, "PID|F||||BOLT", "PID*F****BOLT~");
        check(Form::X12, "TD5|||", "TD5~");
        check(Form::EDIFACT, "NAD|BY|541;;9|;|", "NAD+BY+541::9'");
        check(Form::EDIFACT, "IMD|F||;;;TEXT;;", "IMD+F++:::TEXT'");
        check(Form::EDIFACT, "RFF|ON;4711 DTM|137;20240115;102", "RFF+ON:4711'DTM+137:20240115:102'");
    }

    #[test]
    fn service_characters_are_released_in_edifact() {
        check(Form::EDIFACT, "FTX|AAI|a+b:c'd?e", "FTX+AAI+a?+b?:c?'d??e'");
    }

    #[test]
    fn repetitions_are_separated() {
        let d = Delimiters { repetition: Some(b'^'), ..Delimiters::X12 };
        let mut writer = SetWriter::new(Form { delimiters: d, ..Form::X12 });
        writer.segment("REF").element("A").repetition("B").component("C").repetition("").element("D");
        assert_eq!(writer.finish().unwrap().bytes, b"REF*A^B>C*D~");
    }

    #[test]
    fn what_cannot_be_written_is_refused_with_its_place() {
        refuses(Form::X12, "N1|ST|A*B", "N1-02-1 (segment 1): '*' in \"A*B\" separates here, and X12 has no escape");
        refuses(Form::X12, "N1|ST|A~", "N1-02-1 (segment 1): '~' in \"A~\" separates here, and X12 has no escape");
        refuses(Form::X12, "BEG|00 N1|A\tB", "N1-01-1 (segment 2): '\\t' in \"A\\tB\" is a control character");
        refuses(
            Form::EDIFACT,
            "NAD|BY|1;Ł",
            "NAD-02-2 (segment 1): 'Ł' in \"Ł\" is not in the character set of the interchange",
        );
        refuses(
            Form { charset: Charset::UnoA, ..Form::EDIFACT },
            "NAD|by",
            "NAD-01-1 (segment 1): 'b' in \"by\" is not in the character set of the interchange \
             NAD-01-1 (segment 1): 'y' in \"by\" is not in the character set of the interchange",
        );
    }

    #[test]
    fn or_a_substitute_stands_for_it() {
        let form = Form { substitute: Some(' '), ..Form::X12 };
        check(form, "N1|ST|A*B~C\tD", "N1*ST*A B C D~");
    }

    #[test]
    fn characters_are_encoded() {
        let mut writer = SetWriter::new(Form::EDIFACT);
        writer.segment("NAD").element("Müller");
        assert_eq!(writer.finish().unwrap().bytes, b"NAD+M\xFCller'");
    }

    #[test]
    fn lines_end_as_told() {
        check(Form { line_end: LineEnd::CrLf, ..Form::X12 }, "A|1 B|2", "A*1~\r\nB*2~\r\n");
    }

    fn write(form: Form, segments: &str) -> Result<SetBody, Vec<Refusal>> {
        let mut writer = SetWriter::new(form);
        for segment in segments.split(' ') {
            let mut elements = segment.split('|');
            writer.segment(elements.next().unwrap());
            for element in elements {
                for (n, component) in element.split(';').enumerate() {
                    if n == 0 {
                        writer.element(component)
                    } else {
                        writer.component(component)
                    };
                }
            }
        }
        writer.finish()
    }

    fn refuses(form: Form, segments: &str, expected: &str) {
        let refusals = write(form, segments).unwrap_err();
        let got: Vec<_> = refusals.iter().map(ToString::to_string).collect();
        assert_eq!(got.join(" "), expected);
    }

    fn check(form: Form, segments: &str, expected: &str) {
        let body = write(form, segments).unwrap();
        assert_eq!(String::from_utf8_lossy(&body.bytes), expected);
    }
}
