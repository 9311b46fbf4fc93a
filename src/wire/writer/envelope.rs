//! Envelopes written around sets: headers, counts, references.

use jiff::civil::DateTime;

use super::{Form, Refusal, SetBody, SetWriter, Why};
use crate::wire::{Delimiters, Identity, Syntax};

/// What ISA or UNB says.
#[derive(Clone, Debug)]
pub struct InterchangeHead<'a> {
    pub sender: &'a Identity,
    pub receiver: &'a Identity,
    /// ISA13 (nine digits) or UNB 0020 (up to 14 characters).
    pub control_number: &'a str,
    /// In the sender's own time.
    pub at: DateTime,
    /// ISA12 (`00401`); in EDIFACT the syntax version, `UNOC:3`.
    pub version: &'a str,
    pub test: bool,
    pub acknowledgement_requested: bool,
    /// UNB 0032.
    pub agreement: Option<&'a str>,
}

/// What GS or UNG says.
#[derive(Clone, Debug)]
pub struct GroupHead<'a> {
    /// GS01 or UNG 0038.
    pub functional_id: &'a str,
    /// GS02, GS03; UNG S006, S007 with their qualifiers.
    pub sender: &'a Identity,
    pub receiver: &'a Identity,
    pub control_number: &'a str,
    pub at: DateTime,
    /// GS08 (`004010`), or UNG S008 (`D:96A:UN`, of which UNG writes agency and version).
    pub version: &'a str,
}

/// What ST or UNH says.
#[derive(Clone, Debug)]
pub struct SetHead<'a> {
    /// `850`, `ORDERS`.
    pub kind: &'a str,
    /// EDIFACT: `D:96A:UN:EAN008`. X12 says it in the group.
    pub release: &'a str,
    pub control_number: &'a str,
    /// ST03, from 005010 on.
    pub convention: Option<&'a str>,
}

/// Writes one interchange, from left to right. Counts and references are its own business.
#[derive(Clone, Debug)]
pub struct InterchangeWriter {
    segments: SetWriter,
    interchange: String,
    group: Option<String>,
    set: Option<(String, u32)>,
    groups: u64,
    sets_in_group: u64,
    sets: u64,
}

impl InterchangeWriter {
    pub fn new(form: Form) -> Self {
        Self {
            segments: SetWriter::new(form),
            interchange: String::new(),
            group: None,
            set: None,
            groups: 0,
            sets_in_group: 0,
            sets: 0,
        }
    }

    /// ISA or UNB, with UNA before it when the service characters are not the default ones.
    pub fn open_interchange(&mut self, head: &InterchangeHead<'_>) {
        head.control_number.clone_into(&mut self.interchange);
        match self.segments.form.syntax {
            Syntax::X12 => self.isa(head),
            Syntax::Edifact => self.unb(head),
        }
    }

    fn isa(&mut self, head: &InterchangeHead<'_>) {
        let d = self.segments.form.delimiters;
        let isa11 = match d.repetition {
            Some(repetition) if head.version >= "00402" => char::from(repetition).to_string(),
            _ => "U".to_owned(),
        };
        let w = self.segments.segment("ISA");
        w.element("00").element("          ").element("00").element("          ");
        w.fixed(&head.sender.qualifier, 2).fixed(&head.sender.id, 15);
        w.fixed(&head.receiver.qualifier, 2).fixed(&head.receiver.id, 15);
        w.element(&head.at.strftime("%y%m%d").to_string()).element(&head.at.strftime("%H%M").to_string());
        w.service(&isa11);
        w.fixed(head.version, 5).fixed(&format!("{:0>9}", head.control_number), 9);
        w.element(if head.acknowledgement_requested { "1" } else { "0" });
        w.element(if head.test { "T" } else { "P" });
        w.service(&char::from(d.component).to_string());
    }

    fn unb(&mut self, head: &InterchangeHead<'_>) {
        let d = self.segments.form.delimiters;
        if (Delimiters { repetition: None, ..d }) != Delimiters::EDIFACT || !matches!(d.repetition, None | Some(b'*')) {
            let position_5 = d.repetition.unwrap_or(b' ');
            let una = [b'U', b'N', b'A', d.component, d.element, d.decimal, d.release.unwrap_or(b' '), position_5];
            self.segments.raw(&una);
            self.segments.raw_end();
        }
        let (level, version) = head.version.split_once(':').unwrap_or((head.version, "3"));
        let date = if version >= "4" { "%Y%m%d" } else { "%y%m%d" };
        let w = self.segments.segment("UNB");
        w.element(level).component(version);
        for party in [head.sender, head.receiver] {
            w.element(&party.id).component(&party.qualifier);
        }
        w.element(&head.at.strftime(date).to_string()).component(&head.at.strftime("%H%M").to_string());
        w.element(head.control_number).element("").element("").element("");
        w.element(if head.acknowledgement_requested { "1" } else { "" });
        w.element(head.agreement.unwrap_or_default());
        w.element(if head.test { "1" } else { "" });
    }

    /// GS or UNG.
    pub fn open_group(&mut self, head: &GroupHead<'_>) {
        self.group = Some(head.control_number.to_owned());
        self.groups += 1;
        self.sets_in_group = 0;
        match self.segments.form.syntax {
            Syntax::X12 => {
                let w = self.segments.segment("GS");
                w.element(head.functional_id).element(&head.sender.id).element(&head.receiver.id);
                w.element(&head.at.strftime("%Y%m%d").to_string()).element(&head.at.strftime("%H%M").to_string());
                w.element(head.control_number).element("X").element(head.version);
            }
            Syntax::Edifact => {
                let mut version = head.version.split(':');
                let (number, release) = (version.next().unwrap_or_default(), version.next().unwrap_or_default());
                let (agency, association) = (version.next().unwrap_or_default(), version.next().unwrap_or_default());
                let w = self.segments.segment("UNG");
                w.element(head.functional_id);
                for party in [head.sender, head.receiver] {
                    w.element(&party.id).component(&party.qualifier);
                }
                w.element(&head.at.strftime("%y%m%d").to_string()).component(&head.at.strftime("%H%M").to_string());
                w.element(head.control_number).element(agency);
                w.element(number).component(release).component(association);
            }
        }
    }

    /// ST or UNH; segments follow by [`Self::segment`].
    pub fn open_set(&mut self, head: &SetHead<'_>) {
        let before = self.segments.segments();
        self.set = Some((head.control_number.to_owned(), before));
        self.sets_in_group += 1;
        self.sets += 1;
        match self.segments.form.syntax {
            Syntax::X12 => {
                let w = self.segments.segment("ST");
                w.element(head.kind).element(head.control_number).element(head.convention.unwrap_or_default());
            }
            Syntax::Edifact => {
                let w = self.segments.segment("UNH");
                w.element(head.control_number).element(head.kind);
                for part in head.release.split(':') {
                    w.component(part);
                }
            }
        }
    }

    /// One segment of the open set.
    pub fn segment(&mut self, tag: &str) -> &mut SetWriter {
        self.segments.segment(tag)
    }

    /// SE or UNT, with the count.
    pub fn close_set(&mut self) {
        let Some((number, before)) = self.set.take() else { return };
        let count = (self.segments.segments() - before + 1).to_string();
        let tag = if self.segments.form.syntax == Syntax::X12 { "SE" } else { "UNT" };
        self.segments.segment(tag).element(&count).element(&number);
    }

    /// A whole set whose body was written before its number was known. The body must be of the same form.
    pub fn set(&mut self, head: &SetHead<'_>, body: &SetBody) {
        self.open_set(head);
        self.segments.append(body);
        self.close_set();
    }

    /// GE or UNE.
    pub fn close_group(&mut self) {
        let Some(number) = self.group.take() else { return };
        let tag = if self.segments.form.syntax == Syntax::X12 { "GE" } else { "UNE" };
        self.segments.segment(tag).element(&self.sets_in_group.to_string()).element(&number);
    }

    /// TA1: one segment between ISA and GS; it counts nowhere.
    pub fn acknowledgement(&mut self) -> &mut SetWriter {
        self.segments.segment("TA1")
    }

    /// Hands out what has been written so far, for long interchanges.
    pub fn take(&mut self) -> Vec<u8> {
        self.segments.take()
    }

    /// IEA or UNZ, and what has not been taken yet; or everything that could not be written.
    pub fn finish(mut self) -> Result<Vec<u8>, Vec<Refusal>> {
        self.close_set();
        self.close_group();
        let number = std::mem::take(&mut self.interchange);
        let w = &mut self.segments;
        match w.form.syntax {
            Syntax::X12 => {
                w.segment("IEA").element(&self.groups.to_string()).element(&format!("{number:0>9}"));
            }
            Syntax::Edifact => {
                let count = if self.groups > 0 { self.groups } else { self.sets };
                w.segment("UNZ").element(&count.to_string()).element(&number);
            }
        }
        self.segments.finish().map(|body| body.bytes)
    }
}

impl SetWriter {
    /// A service character as an element's value, as ISA11 and ISA16 have them.
    fn service(&mut self, character: &str) {
        self.out.push(self.form.delimiters.element);
        self.out.extend_from_slice(character.as_bytes());
        self.element += 1;
    }

    /// An element of ISA: padded to its width, refused beyond it. Its width is in bytes, so that a character of more than
    /// one byte is none that ISA can hold (or stands as the substitute).
    fn fixed(&mut self, value: &str, width: usize) -> &mut Self {
        let foreign = value.chars().find(|character| !character.is_ascii());
        let substitute = self.form.substitute.unwrap_or(' ');
        let plain: String = value.chars().map(|it| if it.is_ascii() { it } else { substitute }).collect();
        self.element(&format!("{plain:<width$.width$}"));
        if let Some(foreign) = foreign {
            self.refuse(Why::NotInCharset, foreign, value);
        }
        if let Some(beyond) = value.chars().nth(width) {
            self.refuse(Why::TooLong, beyond, value);
        }
        self
    }

    fn raw(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    fn raw_end(&mut self) {
        self.is_open = true;
        self.end_segment();
    }

    fn append(&mut self, body: &SetBody) {
        self.end_segment();
        self.out.extend_from_slice(&body.bytes);
        self.segments += body.segments;
    }

    fn take(&mut self) -> Vec<u8> {
        self.end_segment();
        std::mem::take(&mut self.out)
    }
}

#[cfg(test)]
mod tests {
    use super::super::LineEnd;
    use super::*;

    #[test]
    fn an_x12_interchange_is_padded_and_counted() {
        check(
            Form { line_end: LineEnd::Lf, ..Form::X12 },
            ("00401", "004010"),
            "ISA*00*          *00*          *ZZ*BUYER          *01*123456789      *240115*1030*U*00401*000000042*1*T*>~\n\
             GS*PO*BUYER*123456789*20240115*1030*7*X*004010~\n\
             ST*850*0001~\nBEG*00*SA*4711**20240115~\nSE*3*0001~\n\
             ST*850*0002~\nBEG*00*SA*4711**20240115~\nSE*3*0002~\n\
             GE*2*7~\nIEA*1*000000042~\n",
        );
    }

    #[test]
    fn edifact_says_una_only_when_it_must() {
        check(
            Form::EDIFACT,
            ("UNOC:3", "D:96A:UN"),
            "UNB+UNOC:3+BUYER:ZZ+123456789:01+240115:1030+42++++1++1'\
             UNG+PO+BUYER:ZZ+123456789:01+240115:1030+7+UN+D:96A'\
             UNH+0001+850:D:96A:UN:EAN008'BEG+00+SA+4711++20240115'UNT+3+0001'\
             UNH+0002+850:D:96A:UN:EAN008'BEG+00+SA+4711++20240115'UNT+3+0002'\
             UNE+2+7'UNZ+1+42'",
        );
        let delimiters = Delimiters { decimal: b',', segment: b'~', ..Delimiters::EDIFACT };
        let mut writer = InterchangeWriter::new(Form { delimiters, line_end: LineEnd::CrLf, ..Form::EDIFACT });
        writer.open_interchange(&head(&identity("ZZ", "A"), &identity("", "B"), "UNOA:4"));
        let bytes = writer.finish().unwrap();
        assert_eq!(
            String::from_utf8_lossy(&bytes),
            "UNA:+,? ~\r\nUNB+UNOA:4+A:ZZ+B+20240115:1030+42++++1++1~\r\nUNZ+0+42~\r\n"
        );
    }

    fn identity(qualifier: &str, id: &str) -> Identity {
        Identity { qualifier: qualifier.to_owned(), id: id.to_owned() }
    }

    fn head<'a>(sender: &'a Identity, receiver: &'a Identity, version: &'a str) -> InterchangeHead<'a> {
        InterchangeHead {
            sender,
            receiver,
            control_number: "42",
            at: jiff::civil::date(2024, 1, 15).at(10, 30, 0, 0),
            version,
            test: true,
            acknowledgement_requested: true,
            agreement: None,
        }
    }

    fn check(form: Form, (version, group_version): (&str, &str), expected: &str) {
        let (sender, receiver) = (identity("ZZ", "BUYER"), identity("01", "123456789"));
        let head = head(&sender, &receiver, version);
        let mut body = SetWriter::new(form);
        body.segment("BEG").elements(["00", "SA", "4711", "", "20240115"]);
        let body = body.finish().unwrap();
        let mut writer = InterchangeWriter::new(form);
        writer.open_interchange(&head);
        writer.open_group(&GroupHead {
            functional_id: "PO",
            sender: &sender,
            receiver: &receiver,
            control_number: "7",
            at: head.at,
            version: group_version,
        });
        let set =
            |control_number| SetHead { kind: "850", release: "D:96A:UN:EAN008", control_number, convention: None };
        writer.set(&set("0001"), &body);
        writer.open_set(&set("0002"));
        writer.segment("BEG").elements(["00", "SA", "4711", "", "20240115"]);
        writer.close_set();
        writer.close_group();
        let bytes = writer.finish().unwrap();
        assert_eq!(String::from_utf8_lossy(&bytes), expected);
    }
}
