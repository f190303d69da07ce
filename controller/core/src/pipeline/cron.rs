//! Cron expressions as civil times: which minutes of the calendar they name. Zones are [`super::window`]'s matter.
//!
//! No crate does this as contract C4 wants it: those on crates.io advance forward only and resolve zones by themselves,
//! with their own rules for gaps and folds.

use jiff::civil::{Date, DateTime, date};

/// The longest expression, in bytes.
const MAX_BYTES: usize = 200;
/// How many days a search looks at: more than the eight years between leap days around 2100.
const HORIZON_DAYS: u32 = 9 * 366;
/// An expression has to name a minute within these five years, which have a leap day.
const SOME_YEARS: (i16, i16) = (2025, 2030);

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// A cron expression of five fields: minute, hour, day of month, month, day of week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cron {
    text: String,
    /// One bit a minute.
    minutes: u64,
    /// One bit an hour.
    hours: u64,
    /// One bit a month, from 1.
    months: u64,
    days: Days,
}

/// Which days of a month an expression names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Days {
    /// One bit a day of the month, from 1.
    month: u64,
    /// Whether the last day of the month is named (`L`).
    last: bool,
    /// One bit a weekday, Sunday 0.
    week: u64,
    /// One bit a weekday that is named where it is the last of its month (`FRIL`).
    last_week: u64,
    /// One bit for the n-th weekday of a month, `7 * (n - 1) + weekday` (`FRI#2`).
    nth_week: u64,
    /// Both fields are restricted: then, as in every cron, one of them is enough.
    either: bool,
}

/// A field: its name, its smallest and largest value, and the words for values.
struct Field {
    name: &'static str,
    low: u32,
    high: u32,
    words: &'static [&'static str],
}

const MINUTE: Field = Field { name: "minute", low: 0, high: 59, words: &[] };
const HOUR: Field = Field { name: "hour", low: 0, high: 23, words: &[] };
const DAY: Field = Field { name: "day of month", low: 1, high: 31, words: &[] };
const MONTH: Field = Field { name: "month", low: 1, high: 12, words: &MONTHS };
/// Sunday is 0 and 7.
const WEEKDAY: Field = Field { name: "day of week", low: 0, high: 7, words: &WEEKDAYS };

impl Cron {
    /// Reads an expression; answers what is wrong with it otherwise.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text.len() > MAX_BYTES {
            return Err(format!("the expression has {} bytes; at most {MAX_BYTES} are read", text.len()));
        }
        let fields: Vec<&str> = text.split_ascii_whitespace().collect();
        let [minute, hour, day, month, weekday] = fields.as_slice() else {
            return Err(format!(
                "expected five fields (minute, hour, day of month, month, day of week), found {}",
                fields.len()
            ));
        };
        let cron = Self {
            text: fields.join(" "),
            minutes: MINUTE.bits(minute)?,
            hours: HOUR.bits(hour)?,
            months: MONTH.bits(month)?,
            days: Days::parse(day, weekday)?,
        };
        let (first, end) = (date(SOME_YEARS.0, 1, 1).at(0, 0, 0, 0), date(SOME_YEARS.1, 1, 1));
        match cron.first_from(first) {
            Some(found) if found.date() < end => Ok(cron),
            _ => Err("no day of the calendar fits it within five years".to_owned()),
        }
    }

    /// The expression, its blanks made even.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// The first minute it names that is not before `from`.
    pub(super) fn first_from(&self, from: DateTime) -> Option<DateTime> {
        let clock = match (from.second(), from.subsec_nanosecond()) {
            (0, 0) => Some((from.hour(), from.minute())),
            _ => minute_after(from.hour(), from.minute()),
        };
        let today = clock.filter(|_| self.names(from.date())).and_then(|(h, m)| self.clock_from(h, m));
        if let Some((hour, minute)) = today {
            return Some(from.date().at(hour, minute, 0, 0));
        }
        let (hour, minute) = self.clock_from(0, 0)?;
        let mut day = from.date().tomorrow().ok()?;
        for _ in 0..HORIZON_DAYS {
            if self.names(day) {
                return Some(day.at(hour, minute, 0, 0));
            }
            let skips = !has(self.months, to_u32(day.month()));
            day = if skips { day.last_of_month() } else { day }.tomorrow().ok()?;
        }
        None
    }

    /// The last minute it names that is not after `until`.
    pub(super) fn last_until(&self, until: DateTime) -> Option<DateTime> {
        let today = match self.names(until.date()) {
            true => self.clock_until(until.hour(), until.minute()),
            false => None,
        };
        if let Some((hour, minute)) = today {
            return Some(until.date().at(hour, minute, 0, 0));
        }
        let (hour, minute) = self.clock_until(23, 59)?;
        let mut day = until.date().yesterday().ok()?;
        for _ in 0..HORIZON_DAYS {
            if self.names(day) {
                return Some(day.at(hour, minute, 0, 0));
            }
            let skips = !has(self.months, to_u32(day.month()));
            day = if skips { day.first_of_month() } else { day }.yesterday().ok()?;
        }
        None
    }

    fn names(&self, day: Date) -> bool {
        has(self.months, to_u32(day.month())) && self.days.names(day)
    }

    fn clock_from(&self, hour: i8, minute: i8) -> Option<(i8, i8)> {
        let (h, m) = (to_u32(hour), to_u32(minute));
        let this_hour = if has(self.hours, h) { lowest(self.minutes, m) } else { None };
        match this_hour {
            Some(minute) => Some((hour, minute)),
            None => Some((lowest(self.hours, h + 1)?, lowest(self.minutes, 0)?)),
        }
    }

    fn clock_until(&self, hour: i8, minute: i8) -> Option<(i8, i8)> {
        let (h, m) = (to_u32(hour), to_u32(minute));
        let this_hour = if has(self.hours, h) { highest(self.minutes, m) } else { None };
        match this_hour {
            Some(minute) => Some((hour, minute)),
            None => Some((highest(self.hours, h.checked_sub(1)?)?, highest(self.minutes, 59)?)),
        }
    }
}

impl Days {
    fn parse(day: &str, weekday: &str) -> Result<Self, String> {
        let mut days = Self { either: !day.starts_with('*') && !weekday.starts_with('*'), ..Self::default() };
        for item in day.split(',') {
            match item {
                "L" | "l" => days.last = true,
                _ => days.month |= DAY.item(item)?,
            }
        }
        for item in weekday.split(',') {
            days.weekday(item)?;
        }
        Ok(days)
    }

    /// One item of the day-of-week field: `MON`, `MON-FRI`, `FRI#2` or `FRIL`.
    fn weekday(&mut self, item: &str) -> Result<(), String> {
        if let Some((day, nth)) = item.split_once('#') {
            let nth = nth.parse::<u32>().ok().filter(|n| (1..=5).contains(n));
            let nth = nth.ok_or_else(|| WEEKDAY.wrong(item))?;
            self.nth_week |= 1 << (7 * (nth - 1) + WEEKDAY.value(day)? % 7);
        } else if let Some(day) = item.strip_suffix(['L', 'l']) {
            self.last_week |= 1 << (WEEKDAY.value(day)? % 7);
        } else {
            let bits = WEEKDAY.item(item)?;
            self.week |= (bits | bits >> 7) & 0x7f;
        }
        Ok(())
    }

    fn names(&self, day: Date) -> bool {
        let (n, last) = (to_u32(day.day()), to_u32(day.days_in_month()));
        let weekday = to_u32(day.weekday().to_sunday_zero_offset());
        let month = has(self.month, n) || (self.last && n == last);
        let week = has(self.week, weekday)
            || has(self.nth_week, 7 * ((n - 1) / 7) + weekday)
            || (n + 7 > last && has(self.last_week, weekday));
        if self.either { month || week } else { month && week }
    }
}

impl Field {
    fn bits(&self, text: &str) -> Result<u64, String> {
        text.split(',').try_fold(0, |bits, item| Ok(bits | self.item(item)?))
    }

    /// `*`, `5`, `5-10`, each with a step behind `/` if wanted.
    fn item(&self, item: &str) -> Result<u64, String> {
        let (range, step) = match item.split_once('/') {
            None => (item, None),
            Some((range, step)) => (range, Some(self.step(item, step)?)),
        };
        let (from, to) = match (range.split_once('-'), step) {
            (Some((from, to)), _) => self.range(self.value(from)?, self.value(to)?),
            (None, _) if range == "*" => (self.low, self.high),
            (None, Some(_)) => (self.value(range)?, self.high),
            (None, None) => (self.value(range)?, self.value(range)?),
        };
        if from > to {
            return Err(format!("in {item:?} the {} goes down; write the lower one first", self.name));
        }
        let every = usize::try_from(step.unwrap_or(1)).unwrap_or(usize::MAX);
        Ok((from..=to).step_by(every).fold(0, |bits, value| bits | 1 << value))
    }

    fn step(&self, item: &str, step: &str) -> Result<u32, String> {
        let step = step.parse::<u32>().ok().filter(|n| (1..=self.high).contains(n));
        step.ok_or_else(|| self.wrong(item))
    }

    /// A week may end on a Sunday.
    fn range(&self, from: u32, to: u32) -> (u32, u32) {
        let sunday = to == 0 && from > 0 && self.high == 7;
        (from, if sunday { 7 } else { to })
    }

    fn value(&self, text: &str) -> Result<u32, String> {
        let word = self.words.iter().position(|word| word.eq_ignore_ascii_case(text));
        let named = word.and_then(|i| u32::try_from(i).ok()).map(|i| i + self.low);
        let digits = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        let number = text.parse().ok().filter(|n| digits && (self.low..=self.high).contains(n));
        named.or(number).ok_or_else(|| self.wrong(text))
    }

    fn wrong(&self, text: &str) -> String {
        let Self { name, low, high, .. } = self;
        let example = self.words.get(1).map_or_else(String::new, |word| format!(" or a name such as {word}"));
        format!("{text:?} is no {name}: expected {low} to {high}{example}, ranges, lists and steps of them")
    }
}

fn minute_after(hour: i8, minute: i8) -> Option<(i8, i8)> {
    match (hour, minute) {
        (23, 59) => None,
        (_, 59) => Some((hour + 1, 0)),
        _ => Some((hour, minute + 1)),
    }
}

/// Parts of a date are never negative.
fn to_u32(part: i8) -> u32 {
    u32::from(part.unsigned_abs())
}

fn has(bits: u64, n: u32) -> bool {
    bits.checked_shr(n).is_some_and(|rest| rest & 1 == 1)
}

/// The lowest bit that is set from `n` on.
fn lowest(bits: u64, n: u32) -> Option<i8> {
    let rest = bits.checked_shr(n).filter(|rest| *rest != 0)?;
    i8::try_from(n + rest.trailing_zeros()).ok()
}

/// The highest bit that is set up to `n`, which is at most 63.
fn highest(bits: u64, n: u32) -> Option<i8> {
    let rest = bits.checked_shl(63_u32.checked_sub(n)?).filter(|rest| *rest != 0)?;
    i8::try_from(n - rest.leading_zeros()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn civil(text: &str) -> DateTime {
        text.parse().unwrap()
    }

    #[test]
    fn the_next_minute_that_an_expression_names() {
        let cases = [
            ("* * * * *", "2027-03-01T10:15:30", "2027-03-01T10:16"),
            ("* * * * *", "2027-03-01T10:15", "2027-03-01T10:15"),
            ("59 23 * * *", "2027-12-31T23:59:01", "2028-01-01T23:59"),
            ("0 9 * * MON-FRI", "2027-03-05T09:00:01", "2027-03-08T09:00"),
            ("0 9 * * fri-sun", "2027-03-08T00:00", "2027-03-12T09:00"),
            ("0 9 * * SUN-SUN", "2027-03-08T00:00", "2027-03-14T09:00"),
            ("0 9 * * 7", "2027-03-08T00:00", "2027-03-14T09:00"),
            ("0 9 * * 0,3", "2027-03-08T00:00", "2027-03-10T09:00"),
            ("*/20 8-9 * * *", "2027-03-08T08:41", "2027-03-08T09:00"),
            ("5/20 * * * *", "2027-03-08T08:26", "2027-03-08T08:45"),
            ("0 0 L * *", "2027-02-01T00:00", "2027-02-28T00:00"),
            ("0 12 L * *", "2027-12-05T00:00", "2027-12-31T12:00"),
            ("0 12 * * FRIL", "2027-12-05T00:00", "2027-12-31T12:00"),
            ("0 12 * * TUE#2", "2027-03-01T00:00", "2027-03-09T12:00"),
            ("0 12 * * 1#5", "2027-03-02T00:00", "2027-03-29T12:00"),
            ("0 0 29 FEB *", "2028-03-01T00:00", "2032-02-29T00:00"),
            ("0 0 29 2 *", "2096-03-01T00:00", "2104-02-29T00:00"),
            ("0 0 1,15 * MON", "2027-03-02T00:00", "2027-03-08T00:00"),
            ("0 0 */10 * MON", "2027-03-02T00:00", "2027-05-31T00:00"),
            ("0 0 1 jan-mar/2 *", "2027-01-02T00:00", "2027-03-01T00:00"),
        ];
        for (text, from, expected) in cases {
            let found = Cron::parse(text).unwrap().first_from(civil(from));
            assert_eq!(found, Some(civil(expected)), "{text} from {from}");
        }
    }

    #[test]
    fn backwards_finds_what_forwards_finds() {
        let texts =
            ["* * * * *", "*/7 3,9 * * *", "0 9 * * MON-FRI", "30 2 L * *", "0 0 29 2 *", "1 1 1 * 5#3"];
        for text in texts {
            let cron = Cron::parse(text).unwrap();
            let mut at = civil("2027-01-01T00:00");
            for _ in 0..20 {
                let next = cron.first_from(at).unwrap();
                assert_eq!(cron.last_until(next), Some(next), "{text}");
                let just_before = next.checked_sub(jiff::Span::new().seconds(1)).unwrap();
                assert!(cron.last_until(just_before).is_none_or(|last| last < at), "{text} before {next}");
                at = next.checked_add(jiff::Span::new().seconds(1)).unwrap();
            }
        }
    }

    #[test]
    fn mistakes_are_named() {
        let long = "0,".repeat(120) + "0 * * * *";
        let cases = [
            ("", "found 0"),
            ("* * * *", "found 4"),
            ("0 0 * * * *", "found 6"),
            ("@daily", "found 1"),
            ("60 * * * *", "minute"),
            ("* 24 * * *", "hour"),
            ("* * 0 * *", "day of month"),
            ("* * 32 * *", "day of month"),
            ("* * * 13 *", "month"),
            ("* * * FOO *", "such as feb"),
            ("* * * * 8", "day of week"),
            ("* * * * MON#6", "day of week"),
            ("* * * * #1", "day of week"),
            ("* * * * L", "day of week"),
            ("*/0 * * * *", "minute"),
            ("*/99 * * * *", "minute"),
            ("10-5 * * * *", "goes down"),
            ("1, * * * *", "minute"),
            ("+1 * * * *", "minute"),
            ("-1 * * * *", "minute"),
            ("1-2-3 * * * *", "minute"),
            ("? * * * *", "minute"),
            ("é * * * *", "minute"),
            ("0 0 30 2 *", "five years"),
            ("0 0 31 4,6 *", "five years"),
            (long.as_str(), "at most 200"),
        ];
        for (text, expected) in cases {
            let problem = Cron::parse(text).unwrap_err();
            assert!(problem.contains(expected), "{text}: {problem}");
        }
    }
}
