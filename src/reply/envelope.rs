//! A reply as a whole interchange, for tests of replies: the received envelope turned round, bodies put in, numbers taken as
//! arguments.

use jiff::civil::DateTime;

use super::contrl::release_of as release_of_contrl;
use super::outcome::swapped;
use super::version::{release_of_997, spoken};
use super::{Dialect, Line};
use crate::wire::{
    Delimiters, Form, Group, GroupHead, Identity, Interchange, InterchangeHead, InterchangeWriter, Refusal, SetHead,
    Syntax,
};

/// One reply interchange, written from left to right. It asks for no acknowledgement of itself.
#[derive(Clone, Debug)]
pub struct ReplyInterchange {
    writer: InterchangeWriter,
    at: DateTime,
}

impl ReplyInterchange {
    /// Opens the answer to an interchange: sender and receiver exchanged, in the version it came in.
    ///
    /// What a bad value holds and the form cannot write becomes a blank: a copy is there to be recognised, and must
    /// not break the answer.
    pub fn open(received: &Interchange, control_number: &str, at: DateTime, form: Form) -> Self {
        let (sender, receiver) = swapped(received);
        let version = spoken(received);
        let mut writer = InterchangeWriter::new(Form {
            delimiters: with_repetition(form, version),
            substitute: form.substitute.or(Some(' ')),
            ..form
        });
        writer.open_interchange(&InterchangeHead {
            sender: &sender,
            receiver: &receiver,
            control_number,
            at,
            version,
            test: received.test,
            acknowledgement_requested: false,
            agreement: None,
        });
        Self { writer, at }
    }

    /// Puts a TA1 beside the groups.
    pub fn acknowledge(&mut self, ta1: &Line) {
        self.line(ta1);
    }

    /// Opens the group and set of a 997 or 999. The group's identities are those of the group answered, exchanged.
    pub fn open_functional(&mut self, dialect: Dialect, answered: &Group, group_number: &str, set_number: &str) {
        let none = Identity::default();
        let (kind, version, convention) = match dialect {
            Dialect::F997 => ("997", release_of_997(&answered.version), None),
            // The only implementation of the 999 there is: the one X12 published with 005010.
            Dialect::F999 => ("999", "005010X231A1", Some("005010X231A1")),
        };
        self.writer.open_group(&GroupHead {
            functional_id: "FA",
            sender: answered.receiver.as_ref().unwrap_or(&none),
            receiver: answered.sender.as_ref().unwrap_or(&none),
            control_number: group_number,
            at: self.at,
            version,
        });
        self.writer.open_set(&SetHead { kind, release: version, control_number: set_number, convention });
    }

    /// Closes the set and group of a functional acknowledgement.
    pub fn close_functional(&mut self) {
        self.writer.close_set();
        self.writer.close_group();
    }

    /// Opens the message of a CONTRL. `version` is what the agreement says; else what the syntax asks for.
    pub fn open_contrl(&mut self, received: &Interchange, version: Option<&str>, message_number: &str) {
        let release = version.unwrap_or(release_of_contrl(spoken(received)));
        self.writer.open_set(&SetHead { kind: "CONTRL", release, control_number: message_number, convention: None });
    }

    pub fn close_contrl(&mut self) {
        self.writer.close_set();
    }

    /// Writes lines of a body.
    pub fn lines(&mut self, lines: &[Line]) {
        lines.iter().for_each(|line| self.line(line));
    }

    fn line(&mut self, line: &Line) {
        let segment = self.writer.segment(line.tag);
        for element in &line.elements {
            let mut components = element.iter();
            segment.element(components.next().map_or("", String::as_str));
            for component in components {
                segment.component(component);
            }
        }
    }

    /// What has been written so far, for replies that are stored piece by piece.
    pub fn take(&mut self) -> Vec<u8> {
        self.writer.take()
    }

    /// Closes the interchange.
    ///
    /// # Errors
    /// Characters of the envelope itself that the form cannot write.
    pub fn finish(self) -> Result<Vec<u8>, Vec<Refusal>> {
        self.writer.finish()
    }
}

/// ISA11 separates repetitions from 00402 on: where the form has no such delimiter, one that is free.
fn with_repetition(form: Form, version: &str) -> Delimiters {
    let mut delimiters = form.delimiters;
    if form.syntax == Syntax::X12 && version >= "00402" && delimiters.repetition.is_none() {
        let taken = [delimiters.segment, delimiters.element, delimiters.component];
        delimiters.repetition = [b'^', b'!', b'|', b'%'].into_iter().find(|mark| !taken.contains(mark));
    }
    delimiters
}

#[cfg(test)]
mod tests {
    use jiff::civil::datetime;

    use super::*;
    use crate::reply::{ContrlReply, Disposition, FunctionalReply, GroupOutcome, InterchangeOutcome, SetOutcome, ta1};
    use crate::wire::{Event, Limits, Reader};

    const ORDER: &str = "ISA*00*          *00*          *ZZ*ACME           *01*123456789      *260301*0900*U*00401*000000042*1*T*>~\
        GS*PO*ACMEAPP*OURAPP*20260301*0900*7*X*004010VICS~ST*850*0001~SE*2*0001~GE*1*7~IEA*1*000000042~";
    const ORDERS: &str = "UNB+UNOC:3+5412345000013:14+OURS:ZZ+260301:0900+42'UNH+1+ORDERS:D:96A:UN'UNT+2+1'UNZ+1+42'";

    #[test]
    fn an_order_is_answered_with_its_envelope_turned_round() {
        let (interchange, group) = headers(ORDER);
        let mut reply = ReplyInterchange::open(&interchange, "000000009", datetime(2026, 3, 1, 9, 5, 0, 0), Form::X12);
        let whole = InterchangeOutcome { interchange: &interchange, findings: &[], disposition: Disposition::Accepted };
        reply.acknowledge(&ta1::compose(&whole, datetime(2026, 3, 1, 9, 5, 0, 0)));
        reply.open_functional(Dialect::F997, &group, "3", "0001");
        let mut lines = Vec::new();
        let outcome = GroupOutcome { group: &group, findings: &[], disposition: Disposition::Accepted };
        let mut body = FunctionalReply::open(Dialect::F997, outcome, true, &mut lines);
        body.set(&set("850", "004010"), &mut lines);
        body.close(&mut lines);
        reply.lines(&lines);
        reply.close_functional();
        let text = String::from_utf8(reply.finish().expect("plain characters")).expect("ASCII");
        expect_test::expect![[r"
            ISA*00*          *00*          *01*123456789      *ZZ*ACME           *260301*0905*U*00401*000000009*0*T*>
            TA1*000000042*260301*0900*A*000
            GS*FA*OURAPP*ACMEAPP*20260301*0905*3*X*004010
            ST*997*0001
            AK1*PO*7
            AK2*850*0001
            AK5*A
            AK9*A*1*1*1
            SE*6*0001
            GE*1*3
            IEA*1*000000009
        "]]
        .assert_eq(&text.replace('~', "\n"));
    }

    #[test]
    fn a_message_is_answered_by_contrl() {
        let (interchange, _) = headers(ORDERS);
        let mut reply = ReplyInterchange::open(&interchange, "9", datetime(2026, 3, 1, 9, 5, 0, 0), Form::EDIFACT);
        let whole = InterchangeOutcome { interchange: &interchange, findings: &[], disposition: Disposition::Accepted };
        let mut lines = Vec::new();
        reply.open_contrl(&interchange, None, "1");
        let mut body = ContrlReply::open(crate::reply::Answer::Result, "UNOC:3", &whole, true, &mut lines);
        body.set(&set("ORDERS", "D:96A:UN"), &mut lines);
        reply.lines(&lines);
        reply.close_contrl();
        let text = String::from_utf8(reply.finish().expect("plain characters")).expect("ASCII");
        expect_test::expect![[r"
            UNB+UNOC:3+OURS:ZZ+5412345000013:14+260301:0905+9
            UNH+1+CONTRL:D:3:UN
            UCI+42+5412345000013:14+OURS:ZZ+7
            UCM+0001+ORDERS:D:96A:UN+7
            UNT+4+1
            UNZ+1+9
        "]]
        .assert_eq(&text.replace('\'', "\n"));
    }

    fn set<'a>(kind: &'a str, release: &'a str) -> SetOutcome<'a> {
        SetOutcome {
            kind,
            release,
            control_number: "0001",
            convention: None,
            findings: &[],
            disposition: Disposition::Accepted,
        }
    }

    fn headers(text: &str) -> (Interchange, Group) {
        let mut reader = Reader::new(text.as_bytes(), Limits::default());
        let (mut interchange, mut group) = (None, None);
        while let Some(event) = reader.next_event().expect("memory can be read") {
            match event {
                Event::InterchangeOpened(header) => interchange = Some(header.clone()),
                Event::GroupOpened(header) => group = Some(header.clone()),
                _ => {}
            }
        }
        (interchange.expect("an interchange"), group.expect("a group"))
    }
}
