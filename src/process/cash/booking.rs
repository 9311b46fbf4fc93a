//! A payment without an advice: by the numbers that the bank's booking names, else by its amount alone.

use rust_decimal::Decimal;

use super::apply::Work;
use super::explain::{Reading, ordered};
use super::line::Line;
use super::question::{Proposal, QuestionKind};
use super::subset::subsets;

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
        let numbers = self.case.fact.numbers();
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
                    Err(asked) => match self.by_ranking(&line, asked) {
                        Some(asked) => self.refuse(&line, asked),
                        None => self.application.reading = Reading::References,
                    },
                }
            }
            several => self.by_numbers(several),
        }
    }

    /// Several numbers and one amount: certain only where they add up, in full or less every earned discount. One of them may
    /// be uncertain: where the others make the amount it was no number of ours, and else what they leave has to be what only
    /// the item that it means comes to.
    fn by_numbers(&mut self, numbers: &[Box<str>]) {
        let (mut lines, mut places, mut doubtful) = (Vec::new(), Vec::new(), None);
        for (index, number) in numbers.iter().enumerate() {
            let line = Line::plain(index + 1, number, Decimal::ZERO);
            match line.named(self.case, self.payer) {
                Ok(place) if !places.contains(&place) => {
                    places.push(place);
                    lines.push(line);
                }
                Ok(_) => {}
                Err(asked) if doubtful.is_none() => doubtful = Some((line, asked)),
                Err(asked) => return self.refuse(&line, asked),
            }
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

    fn by_amount(&mut self) {
        let case = self.case;
        let ours = |place: &usize| {
            let item = case.list.items()[*place];
            let related = self.payer.is_some_and(|payer| case.payers.related(payer, &item.party));
            item.is_open() && related && item.currency == case.fact.currency
        };
        let open: Vec<usize> = (0..case.list.items().len()).filter(ours).collect();
        let found = subsets(case.list, &open, self.total, case.policy);
        let proposal = |(reading, places): (Reading, Vec<usize>)| {
            let items = places.iter().map(|place| case.list.items()[*place]);
            Proposal { reading, items: items.map(|item| (item.number.clone(), item.open)).collect() }
        };
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
        let reading = if found.unique { Reading::OnlySet } else { Reading::Nothing };
        let mut sets = ordered(case.list, &open, self.total, case.fact.date);
        for subset in found.found {
            if !sets.iter().any(|(_, known)| *known == subset.items) {
                sets.push((reading, subset.items));
            }
        }
        sets.truncate(3);
        let came = self.case.fact.currency.said(self.total);
        let words = match sets.len() {
            0 => format!("{came} came without a number, and no open items make it"),
            1 => format!("{came} came without a number; one set of open items makes it: "),
            several => format!("{came} came without a number; {several} sets of open items make it: "),
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
        let proposals = sets.into_iter().map(proposal).collect();
        self.ask(QuestionKind::AmountAlone, self.total, words, proposals);
    }
}
