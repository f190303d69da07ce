//! Points in time and spans, to the second, as the journal writes them.

use std::fmt;

use crate::id::{InvalidId, as_text};

/// A point in time: whole seconds since 1970 in UTC, written `2026-11-21T10:02:11Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

/// A span of elapsed time in whole seconds, written `90s`, `10m`, `2h`, `1d` or joined as `1h30m`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(u32);

impl Time {
    /// The time so many seconds after the start of 1970.
    pub fn from_unix(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Seconds since the start of 1970.
    pub fn unix(self) -> i64 {
        self.0
    }

    /// Parses RFC 3339 with any offset; fractions of a second are cut.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        text.parse::<jiff::Timestamp>().map(|t| Self(t.as_second())).map_err(|_| InvalidId {
            kind: "time",
            text: text.chars().take(80).collect(),
            expected: "RFC 3339, such as 2026-11-21T10:02:11Z",
        })
    }

    /// This time and a span more.
    pub fn plus(self, span: Span) -> Self {
        Self(self.0.saturating_add(i64::from(span.0)))
    }

    /// How long ago `earlier` was; nothing if it lies ahead.
    pub fn since(self, earlier: Time) -> Span {
        Span(u32::try_from(self.0.saturating_sub(earlier.0).max(0)).unwrap_or(u32::MAX))
    }
}

impl Span {
    /// A span of so many seconds.
    pub const fn seconds(seconds: u32) -> Self {
        Self(seconds)
    }

    /// The span in seconds.
    pub fn as_seconds(self) -> u32 {
        self.0
    }

    /// Parses `1h30m`: numbers with `d`, `h`, `m` or `s`, at most 366 days.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        parse_span(text).map(Self).ok_or_else(|| InvalidId {
            kind: "duration",
            text: text.chars().take(80).collect(),
            expected: "numbers with d, h, m or s, such as 90s or 1h30m, at most 366d",
        })
    }
}

fn parse_span(text: &str) -> Option<u32> {
    let mut total: u32 = 0;
    let mut number: Option<u32> = None;
    for c in text.chars() {
        if let Some(digit) = c.to_digit(10) {
            number = Some(number.unwrap_or(0).checked_mul(10)?.checked_add(digit)?);
            continue;
        }
        let unit = match c {
            'd' => 86_400,
            'h' => 3_600,
            'm' => 60,
            's' => 1,
            _ => return None,
        };
        total = total.checked_add(number.take()?.checked_mul(unit)?)?;
    }
    let whole = number.is_none() && !text.is_empty() && total <= 366 * 86_400;
    whole.then_some(total)
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_second(self.0) {
            Ok(t) => write!(f, "{t}"),
            Err(_) => write!(f, "@{}", self.0),
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("0s");
        }
        let parts =
            [(self.0 / 86_400, 'd'), (self.0 / 3_600 % 24, 'h'), (self.0 / 60 % 60, 'm'), (self.0 % 60, 's')];
        parts.iter().filter(|(n, _)| *n > 0).try_for_each(|(n, unit)| write!(f, "{n}{unit}"))
    }
}

as_text!(Time);
as_text!(Span);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_back() {
        let t = Time::parse("2026-11-21T10:02:11Z").unwrap();
        assert_eq!(t.to_string(), "2026-11-21T10:02:11Z");
        assert_eq!(Time::parse("2026-11-21T11:02:11.9+01:00").unwrap(), t);
        assert!(Time::parse("yesterday").is_err());
    }

    #[test]
    fn spans_read_back() {
        for (text, seconds) in [("90s", 90), ("10m", 600), ("1h30m", 5400), ("1d", 86_400), ("0s", 0)] {
            assert_eq!(Span::parse(text).unwrap(), Span::seconds(seconds), "{text}");
            assert_eq!(Span::parse(&Span::seconds(seconds).to_string()).unwrap(), Span::seconds(seconds));
        }
        for bad in ["", "5", "m", "1y", "-1s", "99999999999d", "367d", "1 h"] {
            assert!(Span::parse(bad).is_err(), "{bad}");
        }
    }
}
