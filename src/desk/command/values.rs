//! What is written on the command line, read with words that say how it is written.

use jiff::civil::Date;
use rust_decimal::Decimal;

pub fn date(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| format!("`{text}` is no day; a day is written 2026-03-31"))
}

pub fn percent(text: &str) -> Result<Decimal, String> {
    let read: Option<Decimal> = text.trim_end_matches('%').parse().ok();
    read.filter(|percent| !percent.is_sign_negative())
        .ok_or_else(|| format!("`{text}` is no percentage; it is written 10 or 7.5"))
}

pub fn position(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("`{text}` is no position; entries are counted from 1"))
}

pub fn count(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|count| *count > 0).ok_or_else(|| format!("`{text}` is no count; it is written 100"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_otherwise_is_told_as_it_should_be() {
        assert_eq!(date("2026-03-31"), Ok(jiff::civil::date(2026, 3, 31)));
        assert_eq!(date("31.3.2026").unwrap_err(), "`31.3.2026` is no day; a day is written 2026-03-31");
        assert_eq!(date("2026-02-30").unwrap_err(), "`2026-02-30` is no day; a day is written 2026-03-31");
        assert_eq!(percent("7.5%"), Ok(Decimal::new(75, 1)));
        assert!(percent("-1").is_err() && percent("ten").is_err());
        assert!(position("x").is_err() && position("-1").is_err());
        assert!(count("0").is_err() && count("x").is_err());
    }
}
