//! When a partner works: business hours and days in the partner's time zone, deadlines reckoned in them, and escalation.
//!
//! It tells no time: every instant is an argument.

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

/// Shares of a deadline's time, in percent, at which somebody is told.
pub const ESCALATIONS: [u8; 3] = [50, 80, 100];

/// No calendar is followed further than this many days: one without working days would never end.
const DAYS_MAX: i32 = 3_700;

/// A partner's working time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Calendar {
    /// IANA name. An unknown one counts as UTC; [`Calendar::check`] tells.
    pub zone: String,
    /// Days of the week on which nobody works; 1 is Monday.
    pub free_weekdays: Vec<i8>,
    pub holidays: Vec<Date>,
    /// Working hours; equal ends mean the whole day.
    pub opens: Time,
    pub closes: Time,
}

impl Default for Calendar {
    /// Around the clock, Monday to Friday, UTC.
    fn default() -> Self {
        Self {
            zone: "UTC".into(),
            free_weekdays: vec![6, 7],
            holidays: Vec::new(),
            opens: Time::midnight(),
            closes: Time::midnight(),
        }
    }
}

/// A time as people read it, everywhere in the program: to the minute, in the one zone that is named.
pub fn said(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// The same to the second, where many things happen within a minute.
pub fn said_exactly(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// How long something may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Allowance {
    /// On any clock.
    Minutes(u32),
    Hours(u32),
    /// Counted only while the partner works.
    WorkingHours(u32),
    /// The same time of day so many working days later.
    WorkingDays(u32),
}

impl Calendar {
    /// Every day at every hour, UTC.
    pub fn always() -> Self {
        Self { free_weekdays: Vec::new(), ..Self::default() }
    }

    /// A calendar by a short name: `us` (federal holidays), `always`, or Monday to Friday in the named zone.
    pub fn named(name: &str, zone: &str) -> Option<Self> {
        let base = Self { zone: zone.into(), ..Self::default() };
        match name {
            "always" => Some(Self { free_weekdays: Vec::new(), ..base }),
            "weekdays" => Some(base),
            "us" => Some(Self { holidays: (2020..=2050).flat_map(us_holidays).collect(), ..base }),
            _ => None,
        }
    }

    /// What is wrong with it, in words.
    pub fn check(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        if TimeZone::get(&self.zone).is_err() {
            wrong.push(format!("no time zone is called `{}`", self.zone));
        }
        if (1..=7).all(|day| self.free_weekdays.contains(&day)) {
            wrong.push("every day of the week is free".into());
        }
        if self.opens > self.closes && self.closes != Time::midnight() {
            wrong.push("it closes before it opens".into());
        }
        wrong
    }

    pub fn time_zone(&self) -> TimeZone {
        TimeZone::get(&self.zone).unwrap_or(TimeZone::UTC)
    }

    pub fn is_working_day(&self, date: Date) -> bool {
        let weekday = date.weekday().to_monday_one_offset();
        !self.free_weekdays.contains(&weekday) && !self.holidays.contains(&date)
    }

    /// When something begun at `from` is due.
    pub fn due(&self, from: Timestamp, allowance: Allowance) -> Timestamp {
        match allowance {
            Allowance::Minutes(minutes) => later(from, SignedDuration::from_mins(minutes.into())),
            Allowance::Hours(hours) => later(from, SignedDuration::from_hours(hours.into())),
            Allowance::WorkingHours(hours) => self.working_time(from, SignedDuration::from_hours(hours.into())),
            Allowance::WorkingDays(days) => self.working_days(from, days),
        }
    }

    /// The end of a day in the partner's zone: a date that says no time is over then.
    pub fn end_of(&self, date: Date) -> Timestamp {
        let next = date.tomorrow().unwrap_or(date);
        self.instant(next, Time::midnight())
    }

    /// The date it is for the partner.
    pub fn date(&self, at: Timestamp) -> Date {
        self.time_zone().to_datetime(at).date()
    }

    fn working_days(&self, from: Timestamp, days: u32) -> Timestamp {
        let local = self.time_zone().to_datetime(from);
        let mut date = local.date();
        let mut left = days;
        for _ in 0..DAYS_MAX {
            if left == 0 {
                break;
            }
            let Ok(next) = date.tomorrow() else { break };
            date = next;
            left -= u32::from(self.is_working_day(date));
        }
        self.instant(date, local.time())
    }

    fn working_time(&self, from: Timestamp, wanted: SignedDuration) -> Timestamp {
        let mut left = wanted;
        let mut date = self.date(from);
        for _ in 0..DAYS_MAX {
            if self.is_working_day(date) {
                let (opens, closes) = self.hours_of(date);
                let begins = opens.max(from);
                let available = closes.duration_since(begins);
                if available >= left {
                    return later(begins, left);
                }
                left -= available.max(SignedDuration::ZERO);
            }
            let Ok(next) = date.tomorrow() else { break };
            date = next;
        }
        later(from, wanted)
    }

    /// The working hours of a date as instants.
    fn hours_of(&self, date: Date) -> (Timestamp, Timestamp) {
        let closes = if self.closes == Time::midnight() { self.end_of(date) } else { self.instant(date, self.closes) };
        (self.instant(date, self.opens), closes)
    }

    /// A local time as an instant; where a clock change skips it, the time after.
    fn instant(&self, date: Date, time: Time) -> Timestamp {
        self.time_zone().to_timestamp(date.to_datetime(time)).unwrap_or(Timestamp::MAX)
    }
}

/// When the shares of [`ESCALATIONS`] of the time between `since` and `due` have passed.
pub fn escalations(since: Timestamp, due: Timestamp) -> [(u8, Timestamp); 3] {
    let whole = due.duration_since(since).max(SignedDuration::ZERO);
    ESCALATIONS.map(|percent| {
        let millis = i64::try_from(whole.as_millis()).unwrap_or(i64::MAX);
        let share = i128::from(millis) * i128::from(percent) / 100;
        let share = SignedDuration::from_millis(i64::try_from(share).unwrap_or(i64::MAX));
        (percent, later(since, share))
    })
}

/// So much later, or the end of time.
fn later(from: Timestamp, by: SignedDuration) -> Timestamp {
    from.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// The federal holidays of the United States, moved to the nearest weekday where they fall on a weekend (5 U.S.C. 6103).
fn us_holidays(year: i16) -> Vec<Date> {
    let fixed = [(1, 1), (6, 19), (7, 4), (11, 11), (12, 25)];
    let fixed = fixed.into_iter().filter_map(|(month, day)| observed(Date::new(year, month, day).ok()?));
    let nth = [
        (1, 3, Weekday::Monday),
        (2, 3, Weekday::Monday),
        (5, -1, Weekday::Monday),
        (9, 1, Weekday::Monday),
        (10, 2, Weekday::Monday),
        (11, 4, Weekday::Thursday),
    ];
    let nth = nth
        .into_iter()
        .filter_map(|(month, nth, weekday)| Date::new(year, month, 1).ok()?.nth_weekday_of_month(nth, weekday).ok());
    fixed.chain(nth).collect()
}

fn observed(date: Date) -> Option<Date> {
    match date.weekday() {
        Weekday::Saturday => date.checked_sub(1.day()).ok(),
        Weekday::Sunday => date.checked_add(1.day()).ok(),
        _ => Some(date),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadlines_are_reckoned_where_the_partner_works() {
        let cases = [
            // Friday noon in Chicago; a weekend lies between, and clocks go forward on Sunday, 2026-03-08.
            ("us 00:00-00:00", "2026-03-06T18:00Z", Allowance::Hours(24), "2026-03-07T18:00Z"),
            ("us 00:00-00:00", "2026-03-06T18:00Z", Allowance::WorkingHours(24), "2026-03-09T17:00Z"),
            ("us 00:00-00:00", "2026-03-06T18:00Z", Allowance::WorkingDays(1), "2026-03-09T17:00Z"),
            ("us 08:00-17:00", "2026-03-06T18:00Z", Allowance::WorkingHours(4), "2026-03-06T22:00Z"),
            ("us 08:00-17:00", "2026-03-06T18:00Z", Allowance::WorkingHours(6), "2026-03-09T14:00Z"),
            // Begun outside the hours, and on a holiday: Thanksgiving, 2026-11-26.
            ("us 08:00-17:00", "2026-11-26T03:00Z", Allowance::WorkingHours(1), "2026-11-27T15:00Z"),
            ("us 00:00-00:00", "2026-11-25T15:00Z", Allowance::WorkingDays(5), "2026-12-03T15:00Z"),
            ("always 00:00-00:00", "2026-03-06T18:00Z", Allowance::Minutes(30), "2026-03-06T18:30Z"),
        ];
        for (calendar, from, allowance, due) in cases {
            let (name, hours) = calendar.split_once(' ').unwrap();
            let (opens, closes) = hours.split_once('-').unwrap();
            let base = Calendar::named(name, "America/Chicago").unwrap();
            let calendar = Calendar { opens: opens.parse().unwrap(), closes: closes.parse().unwrap(), ..base };
            let found = calendar.due(from.parse().unwrap(), allowance);
            assert_eq!(found, due.parse().unwrap(), "{name} {hours} {from} {allowance:?}");
        }
    }

    #[test]
    fn somebody_is_told_at_half_time_at_four_fifths_and_at_the_end() {
        let at = |text: &str| -> Timestamp { text.parse().unwrap() };
        let expected = [(50, at("2026-03-01T12:00Z")), (80, at("2026-03-01T19:12Z")), (100, at("2026-03-02T00:00Z"))];
        assert_eq!(escalations(at("2026-03-01T00:00Z"), at("2026-03-02T00:00Z")), expected);
    }

    #[test]
    fn a_calendar_that_cannot_be_is_told() {
        let broken = Calendar { zone: "Mars/Olympus".into(), free_weekdays: (1..=7).collect(), ..Calendar::default() };
        assert_eq!(broken.check().len(), 2);
        assert!(Calendar::named("us", "America/Chicago").unwrap().check().is_empty());
        // It ends all the same.
        let from = "2026-03-06T18:00Z".parse().unwrap();
        assert_eq!(broken.due(from, Allowance::WorkingHours(1)), "2026-03-06T19:00Z".parse().unwrap());
    }
}
