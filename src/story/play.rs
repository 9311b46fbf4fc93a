//! Plays a story: every run in a fresh world, each sentence done or looked for, differences told with what led there.

mod books;
mod goods;
mod people;
mod then;
pub mod walk;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use uuid::Uuid;

use self::then::is_then;
use super::act::{self as words, Said};
use super::forms::Say;
use super::kinds::named;
use super::letters::{self, Opinion, Sender};
use super::look::Left;
use super::model::{Sentence, Step, Story};
use super::multiply::{self, Run, runs};
use super::world::{Setting, Stop, World};
use super::{compare, partners, values, write};
use crate::canonical::Kind;
use crate::journey::act::rulings::{Judgement, Ruling};
use crate::journey::act::{self, Act};
use crate::journey::apply::command::{self, About, Command};
use crate::journey::{Applied, InForce};
use crate::mapping;
use crate::ports::Runner;
use crate::process::duties::Role;
use crate::process::{Side, TradeKey, What};
use crate::store::HoldId;

/// Where a world differed from the telling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    pub line: usize,
    pub sentence: String,
    /// Which run of a multiplied story; empty for the plain one.
    pub run: Vec<String>,
    pub found: Vec<String>,
    pub trail: Vec<String>,
}

/// What came of playing a story.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Played {
    pub journey: String,
    pub file: String,
    pub runs: usize,
    /// Those of the first run that had any.
    pub differences: Vec<Difference>,
}

/// Plays every run of a story until one differs.
///
/// # Errors
/// Why it cannot be played at all, in words.
pub async fn play(story: &Story) -> Result<Played, String> {
    let setting = setting(story)?;
    let mut played = Played { journey: story.name.clone(), file: story.file.clone(), runs: 0, differences: Vec::new() };
    for run in runs(story)? {
        let mut stop_after = None;
        loop {
            let mut player = Player::new(story, &setting, &run, stop_after).await?;
            played.runs += 1;
            played.differences = player.run(&run).await;
            let units = player.units;
            player.world.close().await;
            if !played.differences.is_empty() {
                return Ok(played);
            }
            // The undisturbed run says how many writes there are to stop after.
            let next = stop_after.map_or(0, |units: u64| units + 1);
            if next >= units || !run.acts.iter().any(|act| act.is_killed) {
                break;
            }
            stop_after = Some(next);
        }
    }
    Ok(played)
}

fn sentences(story: &Story) -> impl Iterator<Item = &Sentence> {
    fn walk<'s>(steps: &'s [Step], into: &mut Vec<&'s Sentence>) {
        for step in steps {
            match step {
                Step::Sentence(sentence) => into.push(sentence),
                Step::Block(block) => walk(&block.steps, into),
            }
        }
    }
    let mut found = Vec::new();
    walk(&story.steps, &mut found);
    found.into_iter()
}

fn setting(story: &Story) -> Result<Setting, String> {
    let maps = mapping::Library::embedded();
    let clock = sentences(story).find(|sentence| sentence.say == Say::Clock);
    let zone = clock.and_then(|sentence| sentence.slot("ZONE")).unwrap_or("UTC");
    let (we, mut files) = partners::files(sentences(story), &maps, zone)?;
    let mut standards = BTreeMap::new();
    for sentence in sentences(story) {
        if let (Say::Partner, Some(id)) = (sentence.say, sentence.slot("NAME")) {
            let standard = sentence.slot("ADDRESS").unwrap_or(partners::ADDRESS);
            standards.insert(id.to_owned(), standard.to_owned());
        }
        if sentence.say == Say::SendsFile {
            let bytes = bytes_of(story, sentence)?;
            partners::knows_sender(&mut files, sentence.slot("PARTNER").unwrap_or_default(), &bytes);
        }
    }
    let in_force = InForce::compile(&files).map_err(|mistakes| {
        let told = mistakes.iter().map(|mistake| {
            let text = files.get(&mistake.file).map(String::as_str).unwrap_or_default();
            format!("in the partner file that `given partner` makes:\n{}", mistake.render(text, false))
        });
        told.collect::<Vec<_>>().join("\n")
    })?;
    let begins = clock.and_then(values::beginning);
    let (begins, zone) = match begins {
        Some(begins) => begins,
        None => (BEGINS.parse::<Timestamp>().map_err(|error| error.to_string())?, TimeZone::UTC),
    };
    Ok(Setting { we, in_force: Arc::new(in_force), begins, zone, standards })
}

/// How many held documents a story tells of.
const HOLDS_MAX: usize = 100;
/// A Monday morning, where a story does not say when it begins.
const BEGINS: &str = "2026-03-02T09:00:00Z";

/// The file of `from PARTNER file PATH`: from the working folder, else beside the story.
fn bytes_of(story: &Story, sentence: &Sentence) -> Result<Vec<u8>, String> {
    let path = sentence.slot("PATH").unwrap_or_default();
    beside(story, path).map_err(|error| format!("line {}: {path}: {error}", sentence.line))
}

fn beside(story: &Story, path: &str) -> std::io::Result<Vec<u8>> {
    let beside = Path::new(&story.file).parent().map(|folder| folder.join(path));
    std::fs::read(path).or_else(|error| beside.map_or(Err(error), std::fs::read))
}

struct Player<'s> {
    story: &'s Story,
    world: World<'s>,
    /// What left since the last `then` block.
    left: Vec<Left>,
    /// Everything that ever left, for what partners acknowledge.
    sent: Vec<Left>,
    /// What was told of as held.
    holds: BTreeSet<HoldId>,
    in_then: bool,
    /// The journal's length when the last `then` block ended.
    booked: u64,
    /// Why the gateway would not do what was asked since the last `then` block.
    refused: Option<String>,
    /// What was asked last waits for: so many more people, one with this role.
    waits: Option<(usize, Option<Role>)>,
    /// What the last act that was only tried would do.
    would: Vec<String>,
    is_trial: bool,
    /// The secrets of keys, by their names.
    keys: BTreeMap<String, String>,
    /// Writes of killed acts so far.
    units: u64,
    /// So many writes of killed acts are let through; then the program stops once.
    stop_after: Option<u64>,
}

impl<'s> Player<'s> {
    async fn new(
        story: &'s Story,
        setting: &'s Setting,
        _run: &Run<'s>,
        stop_after: Option<u64>,
    ) -> Result<Self, String> {
        let world = World::open(setting).await.map_err(told)?;
        Ok(Self {
            story,
            world,
            left: Vec::new(),
            sent: Vec::new(),
            holds: BTreeSet::new(),
            in_then: false,
            booked: 0,
            refused: None,
            waits: None,
            would: Vec::new(),
            is_trial: false,
            keys: BTreeMap::new(),
            units: 0,
            stop_after,
        })
    }

    async fn run(&mut self, run: &Run<'s>) -> Vec<Difference> {
        let mut differences = Vec::new();
        let mut name = run.name.clone();
        name.extend(self.stop_after.map(|units| format!("stopped after {units} writes")));
        for act in &run.acts {
            let found = match self.act(act).await {
                Ok(found) => found,
                Err(stop) => Some(vec![told(stop)]),
            };
            let Some(found) = found else { continue };
            let sentence = act.sentence;
            differences.push(Difference {
                line: sentence.line,
                sentence: sentence.text.clone(),
                run: name.clone(),
                found,
                trail: self.world.trail.clone(),
            });
            // What happens after something that could not happen says nothing.
            if !is_then(sentence.say) {
                break;
            }
        }
        differences
    }

    /// Does or looks for one sentence; answers what was found where it is not as told.
    async fn act(&mut self, act: &multiply::Act<'s>) -> Result<Option<Vec<String>>, Stop> {
        let sentence = act.sentence;
        if is_then(sentence.say) {
            if !self.in_then {
                self.in_then = true;
                self.see().await?;
            }
            return self.then(sentence).await;
        }
        if std::mem::take(&mut self.in_then) {
            self.left.clear();
            self.refused = None;
            self.waits = None;
            self.would.clear();
            self.booked = self.world.view().await?.last_entry().await?;
        }
        // One name for it, however often it is tried.
        let id = Uuid::now_v7();
        if !act.is_killed {
            return self.happens(sentence, id).await.map(|()| None);
        }
        let before = self.world.store().units();
        self.world.halt_after(self.stop_after.map(|after| after.saturating_sub(self.units)));
        let outcome = self.happens(sentence, id).await;
        let granted = self.world.store().units() - before;
        self.world.halt_after(None);
        match outcome {
            Err(Stop::Halted) => {
                self.world.note("the program stops, and starts again");
                self.stop_after = None;
                self.world.restart().await?;
                self.world.drain().await?;
                self.happens(sentence, id).await?;
            }
            outcome => outcome?,
        }
        self.units += granted;
        Ok(None)
    }

    async fn happens(&mut self, sentence: &Sentence, id: Uuid) -> Result<(), Stop> {
        match sentence.say {
            Say::Sends => self.sends(sentence, id).await?,
            Say::SendsFile => {
                let bytes = bytes_of(self.story, sentence).map_err(Stop::Broken)?;
                self.world.note(&sentence.text);
                let partner = self.known(sentence.slot("PARTNER").unwrap_or_default());
                self.world.bring(id, partner.as_deref(), "journey.edi", bytes).await?;
            }
            Say::Writes => self.writes(sentence, id).await?,
            Say::Pass => return self.passes(sentence).await,
            Say::Command => self.commands(sentence).await?,
            Say::Order => return self.given_order(sentence).await,
            Say::Item | Say::Credit | Say::Price | Say::Place | Say::Stock => {
                let act = words::known(sentence, self.world.now());
                return self.does(act).await;
            }
            Say::User => return self.given_user(sentence).await,
            Say::Key => return self.given_key(sentence).await,
            Say::OpenItem => return self.given_item(sentence).await,
            Say::Bank => self.banks(sentence).await?,
            _ => return Ok(()),
        }
        self.world.drain().await
    }

    async fn commands(&mut self, sentence: &Sentence) -> Result<(), Stop> {
        let who = sentence.slot("WHO").unwrap_or_default();
        let sells = self.world.setting.we.sells;
        let said = words::act(sentence, sells, self.world.now(), self.world.zone()).map_err(Stop::Broken)?;
        self.world.note(&sentence.text);
        self.is_trial = sentence.choice().is_some() || matches!(sentence.pair("dry_run"), Some("yes" | "true"));
        let side = if sells { Side::Sale } else { Side::Purchase };
        let Some(actor) = self.acting(who).await? else { return Ok(()) };
        let role = sentence.pair("role");
        let (about, what) = match said {
            Said::Rule { case, word } => {
                let ruling = match word {
                    "approve" => Ruling::Approve,
                    "pay_received" => Ruling::PayReceived,
                    "reject" => Ruling::Reject,
                    _ => Ruling::Resolve,
                };
                let (by, role) = (who.to_owned(), role.map(str::to_owned));
                return self.signs(&actor, Act::Rule(Judgement { case, by, role, ruling })).await;
            }
            Said::Cash { payment, chosen, because } if chosen.is_empty() => {
                return self.signs(&actor, Act::Undo { payment, because, by: who.to_owned() }).await;
            }
            Said::Cash { payment, chosen, because } => {
                return self.signs(&actor, Act::Assign { payment, chosen, because }).await;
            }
            Said::File { step, file } => return self.hands_in(&actor, step, &file).await,
            Said::Rank(ask) => return self.signs(&actor, Act::Rank { ask, by: who.to_owned() }).await,
            Said::Close(day) => return self.signs(&actor, Act::Close(day)).await,
            Said::Run(ask) => return self.signs(&actor, Act::Run { ask, by: who.to_owned() }).await,
            Said::Settle { deduction, settlement, because } => {
                return self.signs(&actor, Act::Settle { deduction, settlement, because, by: who.to_owned() }).await;
            }
            Said::Place(order) => {
                let partner = self.partner_of(sentence)?;
                let number = order.head.head.number.clone().unwrap_or_default();
                (About::New(TradeKey::new(side, partner, number)), What::Ordered { order, problems: Vec::new() })
            }
            Said::Event(what) if matches!(&*what, What::Shipped(_)) && goods::orders_of(sentence).len() > 1 => {
                return self.ships(sentence, who, &what).await;
            }
            Said::Event(mut what) => {
                let number = sentence.pair("order").ok_or_else(|| Stop::Broken("it does not say `order=`".into()))?;
                let partner = sentence.pair("with").map(str::to_owned);
                if let What::Received(receipt) | What::Returned(receipt) = &mut *what
                    && receipt.number.is_empty()
                {
                    receipt.number = self.invented(sentence);
                }
                if let What::Received(receipt) = &mut *what {
                    self.came(number, partner.as_deref(), receipt).await?;
                }
                (About::Order { side, number: number.to_owned(), partner }, *what)
            }
        };
        let role = role.unwrap_or(who).to_owned();
        // A sentence that is repeated is the same command.
        let key = format!("{}:{}", self.story.file, sentence.line);
        self.signs(&actor, Act::Tell(Box::new(Command { by: who.to_owned(), role, key, about, what }))).await
    }

    /// Does what the API does.
    async fn does(&mut self, act: Act) -> Result<(), Stop> {
        let outcome = act::act(&self.world.journey.gateway, act).await;
        self.told_outcome(outcome)
    }

    fn told_outcome(&mut self, outcome: crate::store::Result<Applied>) -> Result<(), Stop> {
        match outcome {
            Ok(Applied::Refused { why }) => {
                self.world.note(format!("refused: {why}"));
                self.refused = Some(why);
                Ok(())
            }
            Ok(Applied::Parked { awaits }) => {
                self.world.note(format!("parked until {}", awaits.replace('|', " ")));
                Ok(())
            }
            Ok(_) => Ok(()),
            Err(_) if self.world.is_halted() => Err(Stop::Halted),
            Err(crate::store::Error::Refused(why)) => {
                self.world.note(format!("refused: {why}"));
                self.refused = Some(why);
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The partner of an order of the house: the one that is named, or the only one there is.
    fn partner_of(&self, sentence: &Sentence) -> Result<String, Stop> {
        if let Some(partner) = sentence.pair("with") {
            return Ok(partner.to_owned());
        }
        match self.world.setting.in_force.partners.partners.as_slice() {
            [only] => Ok(only.id.clone()),
            _ => Err(Stop::Broken("it does not say `with=`".into())),
        }
    }

    /// An order that was accepted before the story began: what left because of it is no part of the story.
    async fn given_order(&mut self, sentence: &Sentence) -> Result<(), Stop> {
        let (now, zone) = (self.world.now(), self.world.zone().clone());
        let (order, accepted) = words::given_order(sentence, now, &zone).map_err(Stop::Broken)?;
        let side = if self.world.setting.we.sells { Side::Sale } else { Side::Purchase };
        let partner = self.partner_of(sentence)?;
        let number = sentence.slot("NUMBER").unwrap_or_default().to_owned();
        let gateway = self.world.journey.gateway.clone();
        let new = About::New(TradeKey::new(side, &partner, &number));
        let there = About::Order { side, number, partner: Some(partner) };
        let ordered = What::Ordered { order: Box::new(order), problems: Vec::new() };
        for (part, about, what) in [("placed", new, ordered), ("accepted", there, accepted)] {
            let key = format!("{}:{}:{part}", self.story.file, sentence.line);
            let command = Command { by: "given".into(), role: "given".into(), key, about, what };
            let outcome = command::command(&gateway, command).await;
            self.told_outcome(outcome)?;
            self.world.drain().await?;
        }
        self.see().await?;
        for left in std::mem::take(&mut self.left) {
            let standard = self.world.setting.standards.get(&left.partner).map_or(partners::ADDRESS, String::as_str);
            let kind = if standard.starts_with("x12/") { "997" } else { "CONTRL" };
            let number = self.world.next_number(&left.partner);
            let opinion = Opinion { kind, word: "accepted" };
            let Ok(bytes) = self.opinion_of(&left, opinion, number).await else { continue };
            self.world.bring(Uuid::now_v7(), Some(&left.partner), "given.edi", bytes).await?;
            self.world.drain().await?;
        }
        self.see().await?;
        self.left.clear();
        self.world.note(&sentence.text);
        Ok(())
    }

    /// The number of a receipt that the story gives none: the shipment's where no other goes by it, else one that is said
    /// nowhere in the story.
    fn invented(&self, sentence: &Sentence) -> String {
        let is_unnumbered = |it: &&Sentence| {
            it.say == Say::Command
                && matches!(it.slot("VERB"), Some("receive" | "return"))
                && it.pair("receipt").or(it.pair("number")).is_none()
        };
        if let Some(shipment) = sentence.pair("shipment") {
            let mut first =
                sentences(self.story).filter(is_unnumbered).filter(|it| it.pair("shipment") == Some(shipment));
            if first.next().is_some_and(|first| first.line == sentence.line) {
                return shipment.to_owned();
            }
        }
        let is_said = |number: &str| {
            let mut pairs = sentences(self.story).flat_map(Sentence::pairs);
            pairs.any(|(_, said)| said.split([' ', ';', ',', ':', '/']).any(|word| word == number))
        };
        let mut number = format!("R-L{}", sentence.line);
        while is_said(&number) {
            number.push('X');
        }
        number
    }

    /// A partner's id where it has a file.
    fn known(&self, partner: &str) -> Option<String> {
        self.world.setting.in_force.partners.partner(partner).map(|partner| partner.id.clone())
    }

    async fn sends(&mut self, sentence: &Sentence, id: Uuid) -> Result<(), Stop> {
        let partner = sentence.slot("PARTNER").unwrap_or_default();
        let Some(kind) = sentence.slot("KIND").and_then(named) else { return Ok(()) };
        let number = match sentence.pair("control").map(str::parse) {
            Some(Ok(number)) => number,
            Some(Err(_)) => return Err(Stop::Broken("`control=` is the number of an interchange: control=101".into())),
            None => self.world.next_number(partner),
        };
        let at = self.world.wall();
        let bytes = match kind.kind {
            None => self.answers(sentence, partner, kind.name, number).await?,
            Some(canonical) => {
                let in_force = self.world.setting.in_force.clone();
                let (sender, receiver) =
                    (partners::wire_name(partner), partners::wire_name(&self.world.setting.we.name));
                let (answers, cancels) =
                    (self.answered(sentence, canonical).await?, self.cancelled(sentence, canonical));
                let desk =
                    write::Desk { now: at, sender: &sender, receiver: &receiver, answers: answers.as_deref(), cancels };
                let document = write::document(sentence, canonical, desk).map_err(Stop::Broken)?;
                let standard = self.world.setting.standards.get(partner).cloned();
                let from = Sender {
                    catalogue: &in_force.catalogue,
                    partner: in_force.partners.partner(partner),
                    name: &sender,
                    standard: standard.as_deref().unwrap_or(partners::ADDRESS),
                    control_number: number,
                    at,
                };
                letters::letter(&from, kind, &document).map_err(Stop::Broken)?
            }
        };
        self.world.note(&sentence.text);
        let door = self.known(partner);
        let name = format!("{}-{number}.edi", kind.name);
        self.world.bring(id, door.as_deref(), &name, bytes).await
    }

    /// Another system of ours puts a canonical document into `send/PARTNER`.
    async fn writes(&mut self, sentence: &Sentence, id: Uuid) -> Result<(), Stop> {
        let partner = sentence.slot("PARTNER").unwrap_or_default();
        let Some(kind) = sentence.slot("KIND").and_then(named) else { return Ok(()) };
        let Some(canonical) = kind.kind else {
            return Err(Stop::Broken("acknowledgements are written by the gateway".into()));
        };
        let (sender, receiver) = (partners::wire_name(&self.world.setting.we.name), partners::wire_name(partner));
        let desk =
            write::Desk { now: self.world.wall(), sender: &sender, receiver: &receiver, answers: None, cancels: None };
        let document = write::document(sentence, canonical, desk).map_err(Stop::Broken)?;
        self.world.note(&sentence.text);
        self.world.hand_over(id, partner, &format!("{}-{id}.json", kind.name), document.to_json().into_bytes()).await
    }

    /// The number of the latest that we sent a partner of the kind its advice is about, where it names none.
    async fn answered(&mut self, sentence: &Sentence, kind: Kind) -> Result<Option<String>, Stop> {
        if kind != Kind::ApplicationAdvice || ["shipment", "invoice"].iter().any(|it| sentence.pair(it).is_some()) {
            return Ok(None);
        }
        self.see().await?;
        let (partner, of) = (sentence.slot("PARTNER").unwrap_or_default(), sentence.slots("KIND").nth(1));
        // `824 of 810 order=4501`: the invoice of that order.
        let is_of_order = |document: &serde_json::Value| {
            let order = sentence.pair("order");
            let named = [&document["order_number"], &document["order_numbers"][0], &document["number"]];
            order.is_none_or(|order| named.into_iter().any(|number| number == order))
        };
        let fits = |left: &&Left| {
            let is_meant = left.partner == partner && of.is_some_and(|of| left.kind == of);
            is_meant && left.document.as_ref().is_some_and(is_of_order)
        };
        let document = self.sent.iter().rev().find(fits).and_then(|left| left.document.as_ref());
        Ok(document.and_then(|document| document["number"].as_str()).map(str::to_owned))
    }

    /// The lines that an order was told with which this one cancels.
    fn cancelled(&self, sentence: &Sentence, kind: Kind) -> Option<&'s str> {
        if kind != Kind::Order || sentence.pair("purpose") != Some("cancel") || sentence.pair("lines").is_some() {
            return None;
        }
        let is_it = |other: &&Sentence| {
            other.line < sentence.line
                && other.say == Say::Sends
                && ["PARTNER", "KIND"].iter().all(|slot| other.slot(slot) == sentence.slot(slot))
                && other.pair("number") == sentence.pair("number")
                && other.pair("lines").is_some()
        };
        sentences(self.story).filter(is_it).last()?.pair("lines")
    }

    /// The partner's acknowledgement of the latest file of ours that fits.
    async fn answers(&mut self, sentence: &Sentence, partner: &str, kind: &str, number: u64) -> Result<Vec<u8>, Stop> {
        self.see().await?;
        let of = sentence.slots("KIND").nth(1);
        let fits = |left: &&Left| {
            let business = left.document.as_ref();
            left.partner == partner
                && of.map_or(business.is_some(), |of| left.kind == of)
                && business.is_none_or(|document| compare::document(sentence, document).is_ok())
        };
        let Some(left) = self.sent.iter().rev().find(fits) else {
            return Err(Stop::Broken("nothing was sent that this could answer".into()));
        };
        let opinion = Opinion { kind, word: sentence.choice().unwrap_or("accepted") };
        self.opinion_of(left, opinion, number).await
    }

    async fn opinion_of(&self, left: &Left, opinion: Opinion<'_>, number: u64) -> Result<Vec<u8>, Stop> {
        let mut view = self.world.view().await?;
        let Some(partner) = self.world.setting.in_force.partners.partner(&left.partner) else {
            return Err(Stop::Broken("only a partner acknowledges".into()));
        };
        let deliveries = view.delivered(&partner.outlet(), left.sequence.saturating_sub(1), 1).await?;
        let Some(delivery) = deliveries.first() else {
            return Err(Stop::Broken("what was sent is not there any more".into()));
        };
        let bytes = view.payload_bytes(&delivery.payload).await?;
        letters::acknowledgement(&bytes, opinion, number, self.world.wall()).map_err(Stop::Broken)
    }

    async fn passes(&mut self, sentence: &Sentence) -> Result<(), Stop> {
        let Some(span) = values::span(sentence) else { return Ok(()) };
        let until = self.world.now().checked_add(span).map_err(|error| Stop::Broken(error.to_string()))?;
        self.world.note(&sentence.text);
        // What falls due on the way falls due at its own time.
        loop {
            let next = self.world.view().await?.next_due(self.world.now()).await?;
            let Some(next) = next.filter(|next| *next <= until) else { break };
            self.world.turn_clock(next);
            self.world.journey.upkeep().await;
            self.world.drain().await?;
        }
        self.world.turn_clock(until);
        self.world.journey.upkeep().await;
        self.world.drain().await
    }

    /// Takes in what left since the last look.
    async fn see(&mut self) -> Result<(), Stop> {
        let holds = self.world.view().await?.open_holds(HOLDS_MAX).await?;
        for hold in holds.into_iter().rev() {
            if self.holds.insert(hold.id) {
                let whose = hold.partner.as_ref().map(|partner| format!(" of {partner}")).unwrap_or_default();
                self.world.note(format!(
                    "held for {}, a document{whose} ({}): {}",
                    hold.queue(),
                    hold.fault,
                    hold.reason
                ));
            }
        }
        for left in self.world.look().await? {
            self.world.note(format!("sent {} {}", left.partner, left.words()));
            self.sent.push(left.clone());
            self.left.push(left);
        }
        Ok(())
    }
}

fn told(stop: Stop) -> String {
    match stop {
        Stop::Halted => "the program was stopped where it should not have been".into(),
        Stop::Broken(words) => words,
    }
}
