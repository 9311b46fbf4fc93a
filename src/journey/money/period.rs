//! The end of a period: what is still open, how old it is and whose; and that nothing is posted behind it afterwards.

use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::books::{all, json, parsed, today};
use super::cash::{Became, Payment};
use crate::journey::apply::Rules;
use crate::process::cash::Deduction;
use crate::process::ledger::{OpenItem, Unfinished, unfinished};
use crate::process::payment_run::{Payable, PaymentRun};
use crate::process::{Side, Trade};
use crate::store::{Book, Error, Kept, Result, Session, TradeSearch, View};

/// What came and was not invoiced is purchasing's to ask for when it is older.
const OLD_DAYS: i32 = 60;
const BATCH: usize = 500;

/// Closes the books up to a day; what would be posted on it or before goes to the next.
///
/// # Errors
/// Those of the store.
pub async fn close(session: &mut Session, rules: &Rules, through: Date) -> Result<Became> {
    session.lock_books().await?;
    let today = today(rules);
    if through > today {
        return Ok(Became::Refused(format!("the period to {through} is not over: today is {today}")));
    }
    match closed(session).await? {
        Some(before) if before == through => return Ok(Became::Duplicate),
        Some(before) if before > through => {
            return Ok(Became::Refused(format!("the books are closed to {before} already")));
        }
        _ => {}
    }
    let kept = Kept { party: String::new(), key: "closed".into(), is_open: false, body: json(&through)? };
    session.put_kept(Book::Memory, &kept).await?;
    Ok(Became::Posted)
}

/// The last day that is closed.
///
/// # Errors
/// Those of the store.
pub async fn closed(view: &mut View) -> Result<Option<Date>> {
    view.kept(Book::Memory, "", "closed").await?.map(|kept| parsed(&kept.body)).transpose()
}

/// The day on which something of today is posted, and what is said where that is another one.
///
/// # Errors
/// Those of the store.
pub(super) async fn open_day(view: &mut View, today: Date) -> Result<(Date, Option<String>)> {
    let Some(through) = closed(view).await?.filter(|through| today <= *through) else { return Ok((today, None)) };
    let day = through.checked_add(1.day()).unwrap_or(through);
    Ok((day, Some(format!("stands on {day} and is of {today}: the period to {through} is closed"))))
}

/// What of a day is still open, oldest first; what came after it belongs to the next period.
///
/// # Errors
/// Those of the store.
pub async fn open(view: &mut View, day: Date) -> Result<Vec<Unfinished>> {
    let mut found = Vec::new();
    for item in all::<OpenItem>(view.kept_open(Book::Item, None).await?)?.into_iter().filter(|it| it.date <= day) {
        let OpenItem { number: name, party, currency, open: amount, due: since, .. } = item;
        found.push(Unfinished { what: "open item".into(), name, party, currency, amount, since, owner: "ar".into() });
    }
    let payments: Vec<Payment> = all(view.kept_open(Book::Payment, None).await?)?;
    for payment in payments.into_iter().filter(|payment| payment.fact.date <= day) {
        found.push(Unfinished {
            what: "unapplied cash".into(),
            name: payment.fact.id.clone(),
            party: payment.payer().unwrap_or_default().into(),
            currency: payment.fact.currency,
            amount: payment.unapplied,
            since: payment.fact.date,
            owner: "ar".into(),
        });
    }
    let deductions: Vec<Deduction> = all(view.kept_open(Book::Deduction, None).await?)?;
    for deduction in deductions.into_iter().filter(|deduction| deduction.opened <= day) {
        let amount = deduction.open_amount();
        let Deduction { id: name, party, currency, opened: since, desk, .. } = deduction;
        let owner = desk.as_str().into();
        found.push(Unfinished { what: "deduction".into(), name, party, currency, amount, since, owner });
    }
    for payable in all::<Payable>(view.kept_open(Book::Payable, None).await?)? {
        let what = if payable.blocked.is_some() { "invoice that waits" } else { "payable" };
        let Payable { number: name, supplier: party, currency, open: amount, due: since, .. } = payable;
        found.push(Unfinished { what: what.into(), name, party, currency, amount, since, owner: "ap".into() });
    }
    for run in all::<PaymentRun>(view.kept_open(Book::Run, None).await?)? {
        found.push(Unfinished {
            what: "payment run to release".into(),
            name: run.id.clone(),
            party: "".into(),
            currency: run.currency,
            amount: run.total(),
            since: run.day,
            owner: "treasury".into(),
        });
    }
    accrued(view, day, &mut found).await?;
    Ok(unfinished(found))
}

/// What came and was not invoiced.
async fn accrued(view: &mut View, day: Date, found: &mut Vec<Unfinished>) -> Result<()> {
    let mut search = TradeSearch { limit: BATCH, ..TradeSearch::default() };
    loop {
        let page = view.find_trades(&search).await?;
        let Some(last) = page.last() else { return Ok(()) };
        search.after = Some(last.id);
        for row in page.iter().filter(|row| row.side == Side::Purchase.as_str() && !row.test) {
            let trade: Trade = serde_json::from_str(&row.body).map_err(Error::damaged)?;
            let amount = trade.accrued();
            if amount.is_zero() {
                continue;
            }
            let since = trade.uninvoiced_since().map_or(day, |at| TimeZone::UTC.to_datetime(at).date());
            if since > day {
                continue;
            }
            let owner = if (day - since).get_days() > OLD_DAYS { "purchasing" } else { "ap" };
            found.push(Unfinished {
                what: "received, not invoiced".into(),
                name: trade.key.order.as_str().into(),
                party: trade.key.partner.as_str().into(),
                currency: trade.currency(),
                amount,
                since,
                owner: owner.into(),
            });
        }
    }
}

/// A period as it is typed: a month, or its last day.
pub fn last_day(text: &str) -> Option<Date> {
    let month = || format!("{text}-01").parse::<Date>().ok().map(Date::last_of_month);
    text.parse().ok().or_else(month)
}
