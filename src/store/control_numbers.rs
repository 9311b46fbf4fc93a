//! Control numbers of what we send: per pair of identities, level and usage, rising, never given twice, every break in
//! the sequence recorded. They are taken in the unit that stores the wire bytes, so a unit that fails leaves no gap.

use std::fmt;

use jiff::Timestamp;

use super::Id;
use super::error::{Error, Result};
use super::session::{Session, View};
use super::sql::{Sql, args};

/// At which level a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NumberLevel {
    /// ISA13, UNB 0020.
    Interchange,
    /// GS06, UNG 0048: per functional identifier.
    Group,
    /// UNH 0062 where an agreement numbers messages across interchanges.
    Set,
    /// The serial reference of SSCCs under one prefix.
    Pack,
}

/// Which sequence a number is taken from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Counter {
    pub level: NumberLevel,
    /// `qualifier:id`, ours.
    pub sender: String,
    pub receiver: String,
    /// GS01 at the level of groups, empty elsewhere.
    pub functional_id: String,
    pub test: bool,
}

impl Counter {
    /// The serial references under a prefix of ours: extension digit and GS1 company prefix.
    pub fn packs(prefix: &str, test: bool) -> Self {
        let (sender, receiver) = (prefix.to_owned(), "packs".to_owned());
        Self { level: NumberLevel::Pack, sender, receiver, functional_id: String::new(), test }
    }
}

/// `interchange ZZ:US > 01:THEM production`.
impl fmt::Display for Counter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.level {
            NumberLevel::Interchange => f.write_str("interchange")?,
            NumberLevel::Group => f.write_str("group")?,
            NumberLevel::Set => f.write_str("set")?,
            NumberLevel::Pack => f.write_str("sscc")?,
        }
        if !self.functional_id.is_empty() {
            write!(f, " {}", self.functional_id)?;
        }
        write!(f, " {} > {} ", self.sender, self.receiver)?;
        f.write_str(if self.test { "test" } else { "production" })
    }
}

/// The numbers a sequence runs through: behind `last` it begins again at `first`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumberRange {
    pub first: u64,
    pub last: u64,
}

impl NumberRange {
    /// Nine digits, as ISA13 and GS06 hold.
    pub const X12: Self = Self { first: 1, last: 999_999_999 };
    /// Fourteen characters, as UNB 0020 and UNH 0062 hold.
    pub const EDIFACT: Self = Self { first: 1, last: 99_999_999_999_999 };
}

/// A sequence as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberState {
    pub counter: String,
    pub next: u64,
    pub range: NumberRange,
    pub wraps: u64,
    pub updated_at: Timestamp,
}

/// Where a sequence does not simply rise by one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberBreak {
    /// `gap`: numbers that never left. `wrap`: it began again. `set`: a person or a new agreement moved it.
    pub kind: String,
    pub low: u64,
    pub high: u64,
    pub reason: String,
    pub at: Timestamp,
}

impl Session {
    /// Takes the next `count` numbers, under the lock of the sequence's row until the unit ends.
    pub async fn take_numbers(&mut self, counter: &Counter, range: NumberRange, count: u64) -> Result<Vec<u64>> {
        if range.first > range.last || count > range.last - range.first {
            return Err(Error::Refused(format!(
                "{counter}: {count} numbers do not fit {}..{}",
                range.first, range.last
            )));
        }
        let key = counter.to_string();
        let mut state = self.locked_number(&key, range).await?;
        if state.range != range {
            let reason = format!("the agreement now says {} to {}", range.first, range.last);
            if !(range.first..=range.last).contains(&state.next) {
                self.break_numbers(&key, "set", state.next, range.first, &reason).await?;
                state.next = range.first;
            }
            state.range = range;
        }
        let mut taken = Vec::new();
        for _ in 0..count {
            taken.push(state.next);
            if state.next == range.last {
                self.break_numbers(&key, "wrap", range.last, range.first, "the last number was reached").await?;
                state.next = range.first;
                state.wraps += 1;
            } else {
                state.next += 1;
            }
        }
        let now = self.now().await?;
        let sql = Sql("UPDATE control_numbers SET next = $2, first = $3, last = $4, wraps = $5, updated_at = $6 \
             WHERE counter = $1");
        let args = args![&key, state.next, range.first, range.last, state.wraps, now];
        self.change(sql, args, ("counter", &key)).await?;
        Ok(taken)
    }

    /// The next number.
    pub async fn take_number(&mut self, counter: &Counter, range: NumberRange) -> Result<u64> {
        let taken = self.take_numbers(counter, range, 1).await?;
        taken.first().copied().ok_or_else(|| Error::damaged("no number was taken"))
    }

    /// A person says which number comes next.
    pub async fn set_number(&mut self, counter: &Counter, range: NumberRange, next: u64, reason: &str) -> Result<()> {
        if !(range.first..=range.last).contains(&next) {
            return Err(Error::Refused(format!("{next} is outside {} to {}", range.first, range.last)));
        }
        let key = counter.to_string();
        let state = self.locked_number(&key, range).await?;
        self.break_numbers(&key, "set", state.next, next, reason).await?;
        let now = self.now().await?;
        let sql = Sql("UPDATE control_numbers SET next = $2, updated_at = $3 WHERE counter = $1");
        self.change(sql, args![&key, next, now], ("counter", &key)).await
    }

    /// Records numbers that were taken and will never leave.
    pub async fn void_numbers(&mut self, counter: &Counter, low: u64, high: u64, reason: &str) -> Result<()> {
        self.break_numbers(&counter.to_string(), "gap", low, high, reason).await
    }

    async fn locked_number(&mut self, key: &str, range: NumberRange) -> Result<NumberState> {
        let now = self.now().await?;
        let sql = Sql("SELECT counter, next, first, last, wraps, updated_at FROM control_numbers \
             WHERE counter = $1 {for update}");
        if let Some(row) = self.row(sql, args![key]).await? {
            return read(&row);
        }
        let make = Sql("INSERT INTO control_numbers (counter, next, first, last, wraps, updated_at) \
             VALUES ($1, $2, $2, $3, 0, $4) ON CONFLICT DO NOTHING");
        self.execute(make, args![key, range.first, range.last, now]).await?;
        read(&self.one(sql, args![key], ("counter", &key)).await?)
    }

    async fn break_numbers(&mut self, key: &str, kind: &str, low: u64, high: u64, reason: &str) -> Result<()> {
        let now = self.now().await?;
        let sql = Sql("INSERT INTO control_number_breaks (id, counter, kind, low, high, reason, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)");
        let id = Id::<NumberBreak>::new();
        self.execute(sql, args![id, key, kind, low, high, reason, now]).await?;
        Ok(())
    }
}

impl View {
    /// All sequences.
    pub async fn numbers(&mut self) -> Result<Vec<NumberState>> {
        let sql = Sql("SELECT counter, next, first, last, wraps, updated_at FROM control_numbers ORDER BY counter");
        self.rows(sql, args![]).await?.iter().map(read).collect()
    }

    /// The breaks of one sequence, in order.
    pub async fn number_breaks(&mut self, counter: &Counter) -> Result<Vec<NumberBreak>> {
        let sql = Sql("SELECT kind, low, high, reason, created_at FROM control_number_breaks \
             WHERE counter = $1 ORDER BY id");
        let rows = self.rows(sql, args![counter.to_string()]).await?;
        rows.iter()
            .map(|row| {
                Ok(NumberBreak {
                    kind: row.get(0)?,
                    low: row.get(1)?,
                    high: row.get(2)?,
                    reason: row.get(3)?,
                    at: row.get(4)?,
                })
            })
            .collect()
    }
}

fn read(row: &super::sql::Row) -> Result<NumberState> {
    Ok(NumberState {
        counter: row.get(0)?,
        next: row.get(1)?,
        range: NumberRange { first: row.get(2)?, last: row.get(3)? },
        wraps: row.get(4)?,
        updated_at: row.get(5)?,
    })
}
