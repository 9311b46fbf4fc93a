//! Values with a unit: spans of time, sizes, addresses.

use std::net::SocketAddr;
use std::time::Duration;

use toml::de::DeValue;

use crate::mistake::keys::Setting;

/// A span of time with its unit: `"800ms"`, `"20s"`, `"5m"`, `"1h"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(pub Duration);

impl Setting for Span {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        let wanted = || "a time with its unit, as in \"800ms\", \"20s\", \"5m\" or \"1h\"".to_owned();
        let text = value.as_str().ok_or_else(wanted)?.trim();
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let number: u64 = digits.trim().parse().map_err(|_| wanted())?;
        let milliseconds = match &text[digits.len()..] {
            "ms" => Some(number),
            "s" => number.checked_mul(1000),
            "m" => number.checked_mul(60_000),
            "h" => number.checked_mul(3_600_000),
            _ => None,
        };
        milliseconds.map(|milliseconds| Self(Duration::from_millis(milliseconds))).ok_or_else(wanted)
    }

    fn show(&self) -> String {
        let milliseconds = self.0.as_millis();
        match milliseconds {
            0 => "\"0s\"".into(),
            n if n % 3_600_000 == 0 => format!("\"{}h\"", n / 3_600_000),
            n if n % 60_000 == 0 => format!("\"{}m\"", n / 60_000),
            n if n % 1000 == 0 => format!("\"{}s\"", n / 1000),
            n => format!("\"{n}ms\""),
        }
    }
}

/// A size with its unit: `"64 kB"`, `"16 MB"`, `"8 GB"` (powers of 1024), or bytes as a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size(pub u64);

impl Setting for Size {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        let wanted = || "a size like \"64 kB\", \"16 MB\" or \"8 GB\", or bytes as a number".to_owned();
        if let Ok(bytes) = u64::read(value) {
            return if bytes > 0 { Ok(Self(bytes)) } else { Err(wanted()) };
        }
        let text = value.as_str().ok_or_else(wanted)?.trim();
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let number: u64 = digits.trim().parse().map_err(|_| wanted())?;
        let shift = match text[digits.len()..].to_ascii_lowercase().as_str() {
            "b" => 0,
            "kb" => 10,
            "mb" => 20,
            "gb" => 30,
            _ => return Err(wanted()),
        };
        number.checked_mul(1 << shift).filter(|&bytes| bytes > 0).map(Self).ok_or_else(wanted)
    }

    fn show(&self) -> String {
        match self.0 {
            n if n % (1 << 30) == 0 => format!("\"{} GB\"", n >> 30),
            n if n % (1 << 20) == 0 => format!("\"{} MB\"", n >> 20),
            n if n % (1 << 10) == 0 => format!("\"{} kB\"", n >> 10),
            n => n.to_string(),
        }
    }
}

/// An address to listen at, or `"off"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listen(pub Option<SocketAddr>);

impl Setting for Listen {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        match value.as_str().map(str::trim) {
            Some("off") => Ok(Self(None)),
            Some(text) if text.starts_with("localhost:") => Self::parse(&text.replacen("localhost", "127.0.0.1", 1)),
            Some(text) => Self::parse(text),
            None => Err(Self::WANTED.into()),
        }
    }

    fn show(&self) -> String {
        self.0.map_or_else(|| "\"off\"".into(), |address| format!("\"{address}\""))
    }
}

impl Listen {
    const WANTED: &str = "an address like \"127.0.0.1:8017\", or \"off\"";

    fn parse(text: &str) -> Result<Self, String> {
        text.parse().map(|address| Self(Some(address))).map_err(|_| Self::WANTED.into())
    }
}
