//! When a schedule runs.
//!
//! What is refused is what GitHub's own parser refuses (languageservices, `cron.ts`): five fields with spaces
//! between them, names of months and days, lists, ranges that do not run backwards, steps within the range of
//! the field; no `@daily`, no `?`, `L`, `W`, `#`, no 7 for Sunday. JavaScript reads `1.5` and `0x5` as numbers,
//! so that parser lets them pass; here a number is digits. White space around them is the editor's matter.
//!
//! Kept libraries read other languages: croner takes seconds, years, `@daily`, `L`, `W` and `#`, cronexpr takes 7 for
//! Sunday. The sets of five fields are small, so they are ours; zones and calendars are jiff's.

mod describe;
mod parser;
mod runs;

pub use parser::{padding, parse};
pub use runs::Runs;

use super::finding::{Finding, whole};
use jiff::tz::TimeZone;

/// GitHub runs no schedule more often than this, in minutes.
pub const SHORTEST_INTERVAL: u32 = 5;

/// A schedule: the minutes, hours, days and months in which it runs, as sets of bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cron {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    /// Whether the field of days begins with `*`; if either does, both fields of days have to agree, else one
    /// is enough.
    any_day: bool,
    any_weekday: bool,
}

/// The numbers in a set.
fn numbers(set: u64) -> impl Iterator<Item = u32> + Clone {
    (0..u64::BITS).filter(move |number| set & (1 << number) != 0)
}

const ALL_MINUTES: u64 = (1 << 60) - 1;
const ALL_HOURS: u64 = (1 << 24) - 1;

impl Cron {
    /// The fewest minutes from one run to the next, by the clock; a day's worth where there is one run a day or
    /// fewer.
    #[must_use]
    pub fn shortest_interval(&self) -> u32 {
        const DAY: u32 = 24 * 60;
        let (first, last) =
            (self.minutes.trailing_zeros(), 63_u32.saturating_sub(self.minutes.leading_zeros()));
        let within = numbers(self.minutes).zip(numbers(self.minutes).skip(1)).map(|(a, b)| b - a).min();
        // From the last minute of an hour that runs to the first of the next one that does, midnight included.
        let hours = numbers(self.hours);
        let following = hours.clone().skip(1).chain(hours.clone().take(1).map(|hour| hour + 24));
        let between = hours.zip(following).map(|(a, b)| (b - a) * 60 + first - last).min();
        within.into_iter().chain(between).min().unwrap_or(DAY)
    }

    /// Whether no month of the schedule has any of its days, and no weekday helps.
    #[must_use]
    pub fn is_never(&self) -> bool {
        const LONGEST: [u32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let has_day = |month: u32| {
            let longest = usize::try_from(month - 1).ok().and_then(|month| LONGEST.get(month));
            longest.is_some_and(|longest| self.days.trailing_zeros() <= *longest)
        };
        (self.any_day || self.any_weekday) && !numbers(self.months).any(has_day)
    }

    /// That it never runs, if so.
    #[must_use]
    pub fn never(&self, text: &str) -> Option<Finding> {
        self.is_never().then(|| {
            let message = format!("'{text}' never comes: no such month has such a day");
            Finding::ours(whole(text), message, "name a day that the month has, or * for the days").warning()
        })
    }

    /// GitHub's limit, if the schedule asks for more runs than that.
    #[must_use]
    pub fn too_often(&self, text: &str) -> Option<Finding> {
        let interval = self.shortest_interval();
        (interval < SHORTEST_INTERVAL).then(|| {
            let message = format!(
                "Actions schedules run at most every 5 minutes. \"{text}\" ({}) will not run as frequently as specified.",
                self.description()
            );
            Finding::ours(whole(text), message, "write */5 for the minutes, or fewer").warning()
        })
    }
}

/// Reads the `timezone` of a schedule: the name of a zone in the IANA database, which is bundled.
///
/// # Errors
///
/// If there is none of that name. GitHub publishes no words for that.
pub fn timezone(text: &str) -> Result<TimeZone, Finding> {
    // A POSIX rule or an offset is a zone to jiff, not to GitHub.
    let name = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_-+".contains(&byte));
    let zone = if name { TimeZone::get(text).ok() } else { None };
    zone.ok_or_else(|| {
        let message = format!("'{text}' is no time zone of the IANA database");
        Finding::ours(whole(text), message, "write a name such as Europe/London, or leave it away for UTC")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals() {
        for (text, expected) in [
            ("* * * * *", 1),
            ("*/5 * * * *", 5),
            ("*/7 * * * *", 4),
            ("0 * * * *", 60),
            ("0 */6 * * *", 360),
            ("0 5,17 * * *", 720),
            ("30 4 * * *", 1440),
            ("0,58 * * * *", 2),
            ("58 23 * * *", 1440),
            ("2,58 0,23 * * *", 4),
            ("0,30 4 * * *", 30),
            ("0 22,23,0 * * *", 60),
        ] {
            assert_eq!(parse(text).unwrap().shortest_interval(), expected, "{text}");
        }
    }

    #[test]
    fn more_often_than_every_five_minutes_is_said() {
        let said = |text| parse(text).unwrap().too_often(text).map(|finding| finding.message);
        assert_eq!(said("*/5 * * * *"), None);
        assert_eq!(
            said("*/2 * * * *").unwrap(),
            "Actions schedules run at most every 5 minutes. \"*/2 * * * *\" (every 2 minutes) will not run as frequently as specified."
        );
    }

    #[test]
    fn what_never_comes_is_said() {
        for (text, is_never) in [
            ("0 0 31 2 *", true),
            ("0 0 30 2 *", true),
            ("0 0 29 2 *", false),
            ("0 0 31 4,6,9,11 *", true),
            ("0 0 31 4,5 *", false),
            ("0 0 30,31 2 *", true),
            ("0 0 28-31 2 *", false),
            // A weekday beside it is enough...
            ("0 0 31 2 1", false),
            // ...but where both have to agree.
            ("0 0 31 2 */2", true),
            ("* * * * *", false),
        ] {
            let cron = parse(text).unwrap();
            assert_eq!((cron.is_never(), cron.never(text).is_some()), (is_never, is_never), "{text}");
            let next = cron.runs(&"2026-11-22T00:00:00+00:00[UTC]".parse().unwrap()).next();
            assert_eq!(next.is_none(), is_never, "{text}");
        }
    }

    #[test]
    fn zones() {
        for text in [
            "Europe/London",
            "America/New_York",
            "UTC",
            "Etc/GMT+9",
            "Asia/Kolkata",
            "America/Argentina/Buenos_Aires",
        ] {
            assert!(timezone(text).is_ok(), "{text}");
        }
        for text in
            ["Asia/Somewhere", "", "+02:00", "EST5EDT,M3.2.0,M11.1.0", "Europe/London ", "../etc/passwd"]
        {
            assert!(timezone(text).is_err(), "{text}");
        }
    }
}
