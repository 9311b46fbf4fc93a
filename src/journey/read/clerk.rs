//! Reads interchanges for the gateway: recognises each, examines its sets as agreed, and finds what came before.

use std::collections::HashMap;
use std::sync::Arc;

use super::validate::{SetRead, text};
use super::window::Judge;
use crate::journey::examine::Examiner;
use crate::journey::recognise::{self, Fate, Recognised};
use crate::journey::translate::translate;
use crate::journey::{InForce, Step};
use jiff::civil::Date;

use crate::finding::{Fault, Finding, Place};
use crate::partner::{Agreement, Direction, Duplicates};
use crate::reply::{is_acknowledgement, said};
use crate::store::{Id, InterchangeId};
use crate::wire::{Group, Interchange, SetHeader, TransactionSet};

/// An interchange that was seen before under the same envelope.
#[derive(Clone, Copy, Debug)]
pub struct Earlier {
    pub id: InterchangeId,
    /// Whether its bytes are the same.
    pub same: bool,
}

/// Where earlier interchanges are looked up.
pub trait Memory {
    /// Of all interchanges of this key the one with the same bytes, however many came since; else the latest.
    ///
    /// # Errors
    /// When it cannot be looked up now, or is still being read.
    fn earlier(&mut self, key: &str, interchange: &Interchange) -> Result<Option<Earlier>, Step>;

    /// Whether the bytes of an interchange of this very file, from one place to another, stand at `start` again.
    ///
    /// # Errors
    /// When the file cannot be read.
    fn repeats(&mut self, first: (u64, u64), start: u64) -> Result<bool, Step>;
}

/// An interchange that was opened.
#[derive(Clone, Debug)]
pub struct Opened {
    pub id: InterchangeId,
    pub recognised: Recognised,
    /// The key to claim, and whether another interchange has it that this one replaces.
    pub key: Option<(String, bool)>,
}

/// See [`Judge`].
pub struct Clerk<'c, M> {
    in_force: &'c InForce,
    examiner: Examiner<'c>,
    door: Option<&'c str>,
    /// Bytes that a person has read again: what came before is no reason not to, and nobody is answered.
    replay: bool,
    memory: M,
    /// Keys of this window, not stored yet, and of the interchange that it goes on with: whose they are, and where each of
    /// those began.
    here: HashMap<String, Vec<(InterchangeId, u64)>>,
    /// Where the interchanges of this window begin: each ends where the next one does.
    starts: Vec<u64>,
    partner: Option<String>,
    /// Whether the sets of the current interchange are read.
    reading: bool,
    test: bool,
    agreements: HashMap<String, Option<Arc<Agreement>>>,
    /// For what is tolerated until a day.
    today: Date,
}

impl<'c, M: Memory> Clerk<'c, M> {
    /// `door` is the partner whose door the bytes came through, and whether they are a replay; `current` the interchange in
    /// which the last window ended.
    pub fn new(
        in_force: &'c InForce,
        (door, replay): (Option<&'c str>, bool),
        memory: M,
        current: Option<(InterchangeId, &Recognised, &Interchange)>,
        today: Date,
    ) -> Self {
        let test = current.is_some_and(|(_, _, header)| header.test);
        // It ends here, and may be repeated right behind its end.
        let begun = current.map(|(id, recognised, header)| {
            let key = recognise::envelope_key(recognised.partner.as_deref(), header);
            (key, vec![(id, header.span.start)])
        });
        let starts = current.iter().map(|(_, _, header)| header.span.start).collect();
        let current = current.map(|(_, recognised, _)| recognised);
        let reading = current.is_some_and(|it| matches!(it.fate, Fate::Taken | Fate::Held { .. }));
        let mut clerk = Self {
            in_force,
            examiner: Examiner::new(&in_force.catalogue),
            door,
            replay,
            memory,
            here: begun.into_iter().collect(),
            starts,
            partner: current.and_then(|it| it.partner.clone()),
            reading,
            test,
            agreements: HashMap::new(),
            today,
        };
        clerk.belongs_to_partner();
        clerk
    }

    /// What came before under this envelope, and what follows from it.
    fn repeated(
        &mut self,
        interchange: &Interchange,
        id: InterchangeId,
        recognised: &mut Recognised,
    ) -> Result<Option<(String, bool)>, Step> {
        if self.replay {
            recognised.late = recognised.outlet.take();
            return Ok(None);
        }
        if interchange.sender.is_none() || interchange.control_number.trim().is_empty() {
            return Ok(None);
        }
        let key = recognise::envelope_key(recognised.partner.as_deref(), interchange);
        let start = interchange.span.start;
        if recognised.terms.duplicates == Duplicates::Accept {
            // A number that is used again says nothing with this partner.
            return Ok(Some((key, true)));
        }
        let mut earlier = None;
        for &(id, first) in self.here.get(&key).into_iter().flatten() {
            let end = self.starts.iter().copied().find(|&next| next > first).unwrap_or(start);
            earlier = Some(Earlier { id, same: self.memory.repeats((first, end), start)? });
            if earlier.is_some_and(|earlier| earlier.same) {
                break;
            }
        }
        if !earlier.is_some_and(|earlier| earlier.same) {
            earlier = self.memory.earlier(&key, interchange)?.or(earlier);
        }
        let Some(earlier) = earlier else {
            self.here.entry(key.clone()).or_default().push((id, start));
            return Ok(Some((key, false)));
        };
        if earlier.same {
            recognised.fate = Fate::Duplicate(earlier.id);
            return Ok(None);
        }
        let tag = if interchange.syntax == crate::wire::Syntax::X12 { "ISA" } else { "UNB" };
        let place = Place::segment(tag, 0, interchange.span);
        if recognised.terms.duplicates == Duplicates::Reject {
            let finding = Finding::error(Fault::InterchangeDuplicate, place).with_value(&interchange.control_number);
            recognised.findings.push(finding);
            recognised.fate = Fate::Rejected;
            return Ok(None);
        }
        // The partner began its numbers anew: read, and told to whoever looks.
        let finding = Finding::warning(Fault::ControlNumberDuplicate, place).with_value(&interchange.control_number);
        tracing::warn!(
            interchange = %id, partner = recognised.partner, control_number = interchange.control_number, earlier = %earlier.id,
            "the control number was used before for other content; read all the same"
        );
        recognised.findings.push(finding);
        self.here.entry(key.clone()).or_default().push((id, start));
        Ok(Some((key, true)))
    }

    /// The examiner reads by the agreements with the current partner.
    fn belongs_to_partner(&mut self) {
        let partner = self.partner.as_deref().and_then(|partner| self.in_force.partners.partner(partner));
        self.examiner.belongs_to(partner, Some(self.today));
    }

    fn agreement(&mut self, kind: &str) -> Option<Arc<Agreement>> {
        if let Some(known) = self.agreements.get(kind) {
            return known.clone();
        }
        let partner = self.partner.as_deref().and_then(|partner| self.in_force.partners.partner(partner));
        let agreement = partner.and_then(|partner| partner.agreement(Direction::Inbound, kind)).map(Arc::new);
        self.agreements.insert(kind.to_owned(), agreement.clone());
        agreement
    }
}

impl<M: Memory> Judge for Clerk<'_, M> {
    type Interchange = Opened;
    type Set = SetRead;
    type Stop = Step;

    fn interchange(&mut self, interchange: &Arc<Interchange>) -> Result<Opened, Step> {
        let id = Id::new();
        let mut recognised = recognise::recognise(&self.in_force.partners, self.door, interchange);
        self.starts.push(interchange.span.start);
        let key = self.repeated(interchange, id, &mut recognised)?;
        self.reading = matches!(recognised.fate, Fate::Taken | Fate::Held { .. });
        self.partner = recognised.partner.clone();
        self.test = interchange.test;
        self.agreements.clear();
        self.belongs_to_partner();
        Ok(Opened { id, recognised, key })
    }

    fn interchange_acknowledgement(&mut self, line: TransactionSet<'_>) -> Option<SetRead> {
        if !self.reading {
            return None;
        }
        Some(SetRead::ta1(line))
    }

    fn set(&mut self, group: &Group, header: &SetHeader, set: TransactionSet<'_>) -> Option<SetRead> {
        if !self.reading {
            return None;
        }
        let agreement = self.agreement(&header.kind);
        let test = self.test;
        let examined = self.examiner.set(Some(group), header, set);
        let is_acknowledgement = is_acknowledgement(&header.kind);
        Some(SetRead {
            id: Id::new(),
            header: header.clone(),
            disposition: examined.disposition,
            said: if is_acknowledgement { said::read(set) } else { Vec::new() },
            is_acknowledgement,
            is_agreed: agreement.is_some(),
            translated: examined.document.as_ref().map(|document| translate(document, test)),
            coverage: (!is_acknowledgement).then(|| text(&examined.coverage)),
            map: examined.map.map(str::to_owned),
            findings: examined.findings,
        })
    }
}
