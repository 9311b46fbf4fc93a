//! TA1, 997, 999 and CONTRL: whether one is owed, and what it says. Numbers are given when it is stored.

use jiff::civil::DateTime;

use super::proof;
use crate::catalogue::Catalogue;
use crate::journey::recognise::{Recognised, spoken};
use crate::partner::{Numbering, Partner, Writing};
use crate::reply::version::{release_of_997, spoken as version_spoken};
use crate::reply::x12_functional::Dialect;
use crate::reply::{
    Answer, ContrlReply, Disposition, FunctionalReply, GroupOutcome, InterchangeOutcome, Line, SetOutcome, contrl, due,
    ta1,
};
use crate::store::{Counter, GroupId, Id, InterchangeId, NumberLevel, NumberRange, ReplyId};
use crate::wire::{
    Form, Group, GroupHead, Identity, Interchange, InterchangeHead, InterchangeWriter, Refusal, SetBody, SetHead,
    SetWriter, Syntax,
};

/// Answers beyond this are not read back before they leave.
const PROVEN_BYTES_MAX: usize = 1 << 20;

/// A reply without its control numbers.
#[derive(Clone, Debug)]
pub struct Draft {
    pub id: ReplyId,
    /// `TA1`, `997`, `999`, `CONTRL`.
    pub kind: &'static str,
    pub interchange: InterchangeId,
    pub group: Option<GroupId>,
    pub disposition: Disposition,
    pub outlet: String,
    pub partner: Option<String>,
    sender: Identity,
    receiver: Identity,
    test: bool,
    writing: Writing,
    numbering: Numbering,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    /// One segment between ISA and IEA.
    Interchange(Line),
    /// A set in a group of its own.
    InGroup { sender: Identity, receiver: Identity, version: String, convention: Option<String>, body: SetBody },
    /// An EDIFACT message without a group.
    Message { release: String, body: SetBody },
}

/// Who answers whom, and how it looks.
#[derive(Clone, Copy, Debug)]
pub struct Answering<'a> {
    pub recognised: &'a Recognised,
    /// `None` for a stranger, who is answered in our own way.
    pub partner: &'a Partner,
    pub interchange: &'a Interchange,
    pub id: InterchangeId,
}

impl Answering<'_> {
    /// Which functional acknowledgement a group gets, where one is owed.
    pub fn functional(&self, group: &Group) -> Option<Dialect> {
        self.functional_owed(group).filter(|_| due::can_name_group(group))
    }

    /// The same, whether or not it could name the group.
    pub fn functional_owed(&self, group: &Group) -> Option<Dialect> {
        if !self.can_answer(Syntax::X12) {
            return None;
        }
        due::functional(self.recognised.terms.functional, &group.version)
    }

    /// Why nothing is said of the interchange although an answer is owed: it could not name it.
    pub fn nameless(&self, disposition: Disposition) -> Option<&'static str> {
        let terms = &self.recognised.terms;
        let is_owed = match self.interchange.syntax {
            Syntax::X12 => due::ta1(terms.ta1, self.interchange, disposition),
            Syntax::Edifact => due::contrl(terms.contrl, self.interchange, Answer::Result),
        };
        let is_nameless = is_owed && self.recognised.outlet.is_some() && !due::can_name(self.interchange);
        is_nameless.then(|| due::nameless(self.interchange.syntax))
    }

    /// Whether a TA1 is owed, given what was found. An interchange that holds only TA1 gets none.
    pub fn owes_ta1(&self, disposition: Disposition) -> bool {
        self.can_answer(Syntax::X12) && due::ta1(self.recognised.terms.ta1, self.interchange, disposition)
    }

    /// Whether a CONTRL of this kind is owed.
    pub fn owes_contrl(&self, answer: Answer) -> bool {
        self.can_answer(Syntax::Edifact) && due::contrl(self.recognised.terms.contrl, self.interchange, answer)
    }

    /// Whether there is a way back, and somebody to write to: an interchange that lost its header names neither.
    fn can_answer(&self, syntax: Syntax) -> bool {
        self.recognised.outlet.is_some() && self.interchange.syntax == syntax && due::can_name(self.interchange)
    }

    /// A TA1 about the interchange, as told.
    pub fn ta1(&self, outcome: &InterchangeOutcome<'_>, at: DateTime) -> Draft {
        self.draft("TA1", None, outcome.disposition, Content::Interchange(ta1::compose(outcome, at)))
    }

    /// Begins a functional acknowledgement of a group.
    pub fn open_functional<'g>(&self, dialect: Dialect, group: GroupOutcome<'g>) -> FunctionalDraft<'g> {
        let mut body = self.body();
        let mut lines = Vec::new();
        let reply = FunctionalReply::open(dialect, group, self.recognised.terms.list_accepted, &mut lines);
        drain(&mut body, &mut lines);
        FunctionalDraft { dialect, reply, group: group.group, body, lines }
    }

    /// Ends it.
    ///
    /// # Errors
    /// What cannot be written, which the substitute character makes impossible in practice.
    pub fn close_functional(&self, draft: FunctionalDraft<'_>, id: GroupId) -> Result<Draft, Vec<Refusal>> {
        let FunctionalDraft { dialect, reply, group, mut body, mut lines, .. } = draft;
        let disposition = reply.close(&mut lines);
        drain(&mut body, &mut lines);
        let (kind, version, convention) = match dialect {
            Dialect::F997 => ("997", release_of_997(&group.version).to_owned(), None),
            Dialect::F999 => ("999", "005010X231A1".to_owned(), Some("005010X231A1".to_owned())),
        };
        let content = Content::InGroup {
            sender: application(group.receiver.as_ref(), self.interchange.receiver.as_ref()),
            receiver: application(group.sender.as_ref(), self.interchange.sender.as_ref()),
            version,
            convention,
            body: body.finish()?,
        };
        Ok(self.draft(kind, Some(id), disposition, content))
    }

    /// Begins a CONTRL about the interchange.
    pub fn open_contrl(&self, answer: Answer, outcome: &InterchangeOutcome<'_>) -> ContrlDraft {
        let mut body = self.body();
        let mut lines = Vec::new();
        let reply =
            ContrlReply::open(answer, &self.version(), outcome, self.recognised.terms.list_accepted, &mut lines);
        drain(&mut body, &mut lines);
        ContrlDraft { reply, body, lines, disposition: outcome.disposition }
    }

    /// Ends it.
    ///
    /// # Errors
    /// As [`Self::close_functional`].
    pub fn close_contrl(&self, draft: ContrlDraft) -> Result<Draft, Vec<Refusal>> {
        let agreed = self.recognised.terms.contrl_version.clone();
        let release = agreed.unwrap_or_else(|| contrl::release_of(&self.version()).to_owned());
        Ok(self.draft("CONTRL", None, draft.disposition, Content::Message { release, body: draft.body.finish()? }))
    }

    fn draft(&self, kind: &'static str, group: Option<GroupId>, disposition: Disposition, content: Content) -> Draft {
        Draft {
            id: Id::new(),
            kind,
            interchange: self.id,
            group,
            disposition,
            outlet: self.recognised.outlet.clone().unwrap_or_default(),
            partner: self.recognised.partner.clone(),
            sender: self.addressed(self.interchange.receiver.as_ref()),
            receiver: self.addressed(self.interchange.sender.as_ref()),
            test: self.interchange.test,
            writing: self.writing(),
            numbering: self.partner.numbering.clone(),
            content,
        }
    }

    fn body(&self) -> SetWriter {
        SetWriter::new(Form { substitute: Some('?'), ..self.writing().form(self.interchange.syntax) })
    }

    /// As agreed; to a stranger in the version it speaks.
    fn writing(&self) -> Writing {
        Writing { version: self.version(), ..self.partner.writing(self.interchange.syntax).clone() }
    }

    fn version(&self) -> String {
        match self.recognised.partner {
            Some(_) => self.partner.writing(self.interchange.syntax).version.clone(),
            None => version_spoken(self.interchange).to_owned(),
        }
    }

    /// Who stood on the other side of the header. ISA has no room for nothing: an id without a qualifier is one of mutual
    /// agreement.
    fn addressed(&self, party: Option<&Identity>) -> Identity {
        let mut party = party.cloned().unwrap_or_default();
        if self.interchange.syntax == Syntax::X12 && party.qualifier.is_empty() {
            party.qualifier = "ZZ".to_owned();
        }
        party
    }
}

/// GS02 and GS03 hold 2 to 15 characters: where the group names nobody so, whom its interchange names.
fn application(group: Option<&Identity>, interchange: Option<&Identity>) -> Identity {
    let fits = |party: &&Identity| (2..=15).contains(&party.id.chars().count());
    group.filter(fits).or(interchange).cloned().unwrap_or_default()
}

/// A functional acknowledgement that is being composed, set by set.
#[derive(Debug)]
pub struct FunctionalDraft<'g> {
    dialect: Dialect,
    reply: FunctionalReply<'g>,
    group: &'g Group,
    body: SetWriter,
    lines: Vec<Line>,
}

impl FunctionalDraft<'_> {
    pub fn set(&mut self, set: &SetOutcome<'_>) {
        self.reply.set(set, &mut self.lines);
        drain(&mut self.body, &mut self.lines);
    }
}

/// A CONTRL that is being composed, message by message.
#[derive(Debug)]
pub struct ContrlDraft {
    reply: ContrlReply,
    body: SetWriter,
    lines: Vec<Line>,
    disposition: Disposition,
}

impl ContrlDraft {
    pub fn group(&mut self, group: &GroupOutcome<'_>) {
        self.reply.group(group, &mut self.lines);
        drain(&mut self.body, &mut self.lines);
    }

    pub fn set(&mut self, set: &SetOutcome<'_>) {
        self.reply.set(set, &mut self.lines);
        drain(&mut self.body, &mut self.lines);
    }
}

impl Draft {
    /// The sequences its numbers are taken from: of the interchange, and of the group where it has one.
    pub fn counters(&self) -> (Counter, Option<Counter>) {
        let interchange = Counter {
            level: NumberLevel::Interchange,
            sender: spoken(Some(&self.sender)),
            receiver: spoken(Some(&self.receiver)),
            functional_id: String::new(),
            test: self.test,
        };
        let group = match &self.content {
            Content::InGroup { sender, receiver, .. } => Some(Counter {
                level: NumberLevel::Group,
                sender: sender.id.clone(),
                receiver: receiver.id.clone(),
                functional_id: "FA".into(),
                test: self.test,
            }),
            _ => None,
        };
        (interchange, group)
    }

    pub fn range(&self) -> NumberRange {
        NumberRange { first: self.numbering.start, last: self.numbering.last }
    }

    /// The whole interchange, and its control number as written.
    ///
    /// # Errors
    /// What cannot be written.
    pub fn bytes(&self, interchange: u64, group: u64, at: DateTime) -> Result<(String, Vec<u8>), Vec<Refusal>> {
        let syntax = if matches!(self.content, Content::Message { .. }) { Syntax::Edifact } else { Syntax::X12 };
        let form = Form { substitute: Some('?'), ..self.writing.form(syntax) };
        let number = Numbering::text(interchange, self.numbering.interchange_digits);
        let set_number = Numbering::text(1, self.numbering.set_digits);
        let mut writer = InterchangeWriter::new(form);
        writer.open_interchange(&InterchangeHead {
            sender: &self.sender,
            receiver: &self.receiver,
            control_number: &number,
            at,
            version: &self.writing.version,
            test: self.test,
            // An acknowledgement is never acknowledged.
            acknowledgement_requested: false,
            agreement: None,
        });
        match &self.content {
            Content::Interchange(line) => continue_segment(writer.acknowledgement(), line),
            Content::InGroup { sender, receiver, version, convention, body } => {
                writer.open_group(&GroupHead {
                    functional_id: "FA",
                    sender,
                    receiver,
                    control_number: &Numbering::text(group, self.numbering.group_digits),
                    at,
                    version,
                });
                let head = SetHead {
                    kind: self.kind,
                    release: version,
                    control_number: &set_number,
                    convention: convention.as_deref(),
                };
                writer.set(&head, body);
                writer.close_group();
            }
            Content::Message { release, body } => {
                let head = SetHead { kind: self.kind, release, control_number: &set_number, convention: None };
                writer.set(&head, body);
            }
        }
        writer.finish().map(|bytes| (number, bytes))
    }

    /// Why it cannot leave: it could not be written, or breaks the very rules that we hold others' answers against. It is
    /// written with numbers of its own for that, so that none is taken for what stays here.
    pub fn unfit(&self, catalogue: &Catalogue, at: DateTime) -> Option<String> {
        match self.bytes(1, 1, at) {
            Err(refusals) => Some(refusals.first().map_or_else(String::new, ToString::to_string)),
            Ok((_, bytes)) if bytes.len() <= PROVEN_BYTES_MAX => proof::fault(catalogue, &bytes).map(|it| it.message()),
            // Line by line it is made like the short ones.
            Ok(_) => None,
        }
    }
}

fn drain(body: &mut SetWriter, lines: &mut Vec<Line>) {
    for line in lines.drain(..) {
        write(body, &line);
    }
}

fn write(body: &mut SetWriter, line: &Line) {
    continue_segment(body.segment(line.tag), line);
}

/// Writes the elements of a line whose tag is written.
fn continue_segment(segment: &mut SetWriter, line: &Line) {
    for element in &line.elements {
        let mut components = element.iter();
        segment.element(components.next().map_or("", String::as_str));
        for component in components {
            segment.component(component);
        }
    }
}
