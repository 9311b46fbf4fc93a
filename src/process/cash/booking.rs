//! A payment without an advice: by the numbers that the bank's booking names, else by its amount alone.

use rust_decimal::Decimal;

use super::apply::Work;
use super::explain::{Reading, ordered};
use super::fact::Fact;
use super::line::{Asked, Line};
use super::question::{Proposal, QuestionKind};
use super::subset::{Subsets, subsets};

impl Work<'_> {
    pub(super) fn by_booking(&mut self) {
        if self.payer.is_none() {
            let fact = self.case.fact;
            let name = fact.payer_name.as_deref().unwrap_or("this booking");
            let text = Some(fact.text.trim()).filter(|text| !text.is_empty() && *text != name);
            let text = text.map(|text| format!(": the bank says \"{text}\"")).unwrap_or_default();
            let words = format!("nobody is known by {name}{text}");
            return self.ask(QuestionKind::UnknownPayer, self.total, words, Vec::new());
        }
        let numbers = self.told_apart(self.case.fact.numbers());
        match numbers.as_slice() {
            [] => self.by_amount(),
            [only] => {
                let line = Line::plain(1, only, self.total);
                match line.choose(self.case, self.payer, &self.left, self.remaining_today()) {
                    Ok(place) => {
                        self.application.reading = Reading::References;
                        if let Some(asked) = self.take(&line, place) {
                            self.refuse(&line, asked);
                        }
                    }
                    Err(_) if self.by_order(&line) => self.application.reading = Reading::References,
                    Err(asked) if asked.is_unknown => self.by_amount_beside(&line, &asked),
                    Err(asked) => match self.by_ranking(&line, asked) {
                        Some(asked) => self.refuse(&line, asked),
                        None => self.application.reading = Reading::References,
                    },
                }
            }
            several => self.by_numbers(several),
        }
    }

    /// A reference that holds several numbers is several, unless it is the number of something as it stands.
    fn told_apart(&self, numbers: Vec<Box<str>>) -> Vec<Box<str>> {
        let is_only = numbers.len() == 1;
        let is_one = |number: &str| {
            let line = Line::plain(1, number, self.total);
            let by_amount = || line.choose(self.case, self.payer, &self.left, self.remaining_today()).is_ok();
            let by_order = || line.whole_order(self.case, self.payer, &self.left).is_some();
            line.named(self.case, self.payer).is_ok() || (is_only && (by_amount() || by_order()))
        };
        let mut apart: Vec<Box<str>> = Vec::new();
        for number in numbers {
            let parts = Fact::parts(&number);
            let parts = if parts.is_empty() || is_one(&number) { vec![&*number] } else { parts };
            for part in parts {
                if apart.iter().all(|known| **known != *part) {
                    apart.push(part.into());
                }
            }
        }
        apart
    }

    /// Several numbers and one amount: certain only where they add up, in full or less every earned discount. One of them may
    /// be uncertain: where the others make the amount it was no number of ours, and else what they leave has to be what only
    /// the item that it means comes to. Numbers that lead nowhere, a day or an account, count for nothing as long as it adds up.
    fn by_numbers(&mut self, numbers: &[Box<str>]) {
        let (mut lines, mut places, mut doubtful, mut unknown) = (Vec::new(), Vec::new(), None, None);
        for (index, number) in numbers.iter().enumerate() {
            let line = Line::plain(index + 1, number, Decimal::ZERO);
            match line.named(self.case, self.payer) {
                Ok(place) if !places.contains(&place) => {
                    places.push(place);
                    lines.push(line);
                }
                Ok(_) => {}
                Err(asked) if asked.is_unknown => {
                    unknown.get_or_insert((line, asked));
                }
                Err(asked) if doubtful.is_none() => doubtful = Some((line, asked)),
                Err(asked) => return self.refuse(&line, asked),
            }
        }
        if let (true, None, Some((line, asked))) = (places.is_empty(), &doubtful, &unknown) {
            return self.by_amount_beside(&line.share(self.total), asked);
        }
        let (grace, day) = (self.case.policy.discount_grace_days, self.case.fact.date);
        let item = |place: &usize| self.case.list.items()[*place];
        let full = |place: &usize| self.left[*place];
        let less = |place: &usize| self.left[*place] - item(place).discount_earned(day, grace);
        let ways: [&dyn Fn(&usize) -> Decimal; 2] = [&full, &less];
        let sum = |way: &dyn Fn(&usize) -> Decimal| places.iter().map(way).sum::<Decimal>();
        let mut paid: Option<Vec<Decimal>> =
            ways.iter().find(|way| sum(**way) == self.total).map(|way| places.iter().map(*way).collect());
        if let (None, Some((line, asked))) = (&paid, doubtful) {
            let meant = ways.iter().find_map(|way| {
                let line = line.share(self.total - sum(*way));
                let place = line.choose(self.case, self.payer, &self.left, Decimal::ZERO).ok()?;
                let fits = !places.contains(&place) && way(&place) == line.paid;
                let amounts: Vec<Decimal> = places.iter().chain([&place]).map(*way).collect();
                fits.then_some((line, place, amounts))
            });
            let Some((line, place, amounts)) = meant else { return self.refuse(&line, asked) };
            places.push(place);
            lines.push(line);
            paid = Some(amounts);
        }
        let Some(paid) = paid else {
            if let Some((line, asked)) = unknown {
                return self.refuse(&line, asked);
            }
            let items = places.iter().map(|place| (item(place).number.clone(), self.left[*place])).collect();
            let sum: Decimal = places.iter().map(full).sum();
            let said = |amount| self.case.fact.currency.said(amount);
            let words = format!("the booking names {} items of {}, {} came", places.len(), said(sum), said(self.total));
            let proposals = vec![Proposal { reading: Reading::References, items }];
            return self.ask(QuestionKind::Ambiguous, self.total, words, proposals);
        };
        self.application.reading = Reading::References;
        for ((mut line, place), paid) in lines.into_iter().zip(places).zip(paid) {
            line.paid = paid;
            if let Some(asked) = self.take(&line, place) {
                self.refuse(&line, asked);
            }
        }
    }

    /// A number that leads nowhere: whoever decides sees what the amount alone would say.
    fn by_amount_beside(&mut self, line: &Line<'_>, asked: &Asked) {
        let found = subsets(self.case.list, &self.open_places(), self.total, self.case.policy);
        let (words, proposals) = self.sets(found);
        let words = match proposals.is_empty() {
            true => asked.words.clone(),
            false => format!("{}; {words}", asked.words),
        };
        self.refuse(line, Asked { kind: asked.kind, is_unknown: true, words, proposals });
    }

    fn by_amount(&mut self) {
        let case = self.case;
        let found = subsets(case.list, &self.open_places(), self.total, case.policy);
        if let (true, true, [only]) = (found.unique, case.policy.amount_alone, found.found.as_slice())
            && only.full
        {
            self.application.reading = Reading::OnlySet;
            for (index, place) in only.items.iter().enumerate() {
                let item = case.list.items()[*place];
                let line = Line::plain(index + 1, &item.number, item.open);
                if let Some(asked) = self.take(&line, *place) {
                    self.refuse(&line, asked);
                }
            }
            return;
        }
        let came = case.fact.currency.said(self.total);
        let (words, proposals) = self.sets(found);
        let words = match proposals.is_empty() {
            true => format!("{came} came without a number, and no open items make it"),
            false => format!("{came} came without a number; {words}"),
        };
        self.ask(QuestionKind::AmountAlone, self.total, words, proposals);
    }

    /// What the payer and its relations owe in the money's currency.
    fn open_places(&self) -> Vec<usize> {
        let case = self.case;
        let ours = |place: &usize| {
            let item = case.list.items()[*place];
            let related = self.payer.is_some_and(|payer| case.payers.related(payer, &item.party));
            item.is_open() && related && item.currency == case.fact.currency
        };
        (0..case.list.items().len()).filter(ours).collect()
    }

    /// The sets of open items that make the amount, each with its name, in words and as proposals.
    fn sets(&self, found: Subsets) -> (String, Vec<Proposal>) {
        let case = self.case;
        let reading = if found.unique { Reading::OnlySet } else { Reading::Nothing };
        let mut sets = ordered(case.list, &self.open_places(), self.total, case.fact.date);
        for subset in found.found {
            if !sets.iter().any(|(_, known)| *known == subset.items) {
                sets.push((reading, subset.items));
            }
        }
        sets.truncate(3);
        let words = match sets.len() {
            1 => "one set of open items makes it: ".to_owned(),
            several => format!("{several} sets of open items make it: "),
        };
        let set = |(reading, places): &(Reading, Vec<usize>)| {
            let named: Vec<&str> = places.iter().take(3).map(|place| &*case.list.items()[*place].number).collect();
            let more = if places.len() > 3 { format!(" and {} more", places.len() - 3) } else { String::new() };
            let how = match reading {
                Reading::Nothing => String::new(),
                reading => format!(" ({})", reading.as_str()),
            };
            format!("{}{more}{how}", named.join(" + "))
        };
        let words = words + &sets.iter().map(set).collect::<Vec<_>>().join("; or ");
        let proposal = |(reading, places): (Reading, Vec<usize>)| {
            let items = places.iter().map(|place| case.list.items()[*place]);
            Proposal { reading, items: items.map(|item| (item.number.clone(), item.open)).collect() }
        };
        (words, sets.into_iter().map(proposal).collect())
    }
}
