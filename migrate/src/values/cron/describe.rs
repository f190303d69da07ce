//! A schedule in words.

use super::{ALL_HOURS, ALL_MINUTES, Cron, numbers};

const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// More moments a day than this are told by their pattern.
const TOLD_APART: u32 = 4;

impl Cron {
    /// In words, such as `at 05:30 and 17:30 on Monday`.
    #[must_use]
    pub fn description(&self) -> String {
        let mut words = self.times();
        let day = (!is_all(self.days, 1, 31))
            .then(|| format!("on day {} of the month", list(numbers(self.days).map(|day| day.to_string()))));
        let weekday =
            (!is_all(self.weekdays, 0, 6)).then(|| format!("on {}", named(self.weekdays, 0, &WEEKDAYS)));
        let both = if self.any_day || self.any_weekday { " and " } else { " or " };
        let days = day.into_iter().chain(weekday).collect::<Vec<_>>().join(both);
        if !days.is_empty() {
            words = format!("{words} {days}");
        }
        if !is_all(self.months, 1, 12) {
            words = format!("{words} in {}", named(self.months, 1, &MONTHS));
        }
        words
    }

    fn times(&self) -> String {
        let every_hour = self.hours == ALL_HOURS;
        if every_hour && self.minutes == ALL_MINUTES {
            return "every minute".to_owned();
        }
        if every_hour && let Some(step) = step(self.minutes, 60) {
            return format!("every {step} minutes");
        }
        if self.minutes.count_ones() * self.hours.count_ones() <= TOLD_APART {
            let times = numbers(self.hours)
                .flat_map(|hour| numbers(self.minutes).map(move |minute| format!("{hour:02}:{minute:02}")));
            return format!("at {}", list(times));
        }
        let minutes = match self.minutes {
            ALL_MINUTES => "every minute".to_owned(),
            minutes => match step(minutes, 60) {
                Some(step) => format!("every {step} minutes"),
                None => format!("at minute {}", list(numbers(minutes).map(|minute| minute.to_string()))),
            },
        };
        let hours = match (every_hour, step(self.hours, 24)) {
            (true, _) => "of every hour".to_owned(),
            (false, Some(step)) => format!("of every {step} hours"),
            (false, None) => format!("of hour {}", list(numbers(self.hours).map(|hour| hour.to_string()))),
        };
        format!("{minutes} {hours}")
    }
}

/// The distance of numbers that go from 0 to the end evenly, if there is more than one.
fn step(set: u64, end: u32) -> Option<u32> {
    let mut steps = numbers(set);
    let (Some(0), Some(step)) = (steps.next(), steps.next()) else { return None };
    let even = (0..end).step_by(step as usize).fold(0, |set, number| set | 1 << number);
    (even == set).then_some(step)
}

fn is_all(set: u64, first: u32, last: u32) -> bool {
    (first..=last).all(|number| set & (1 << number) != 0)
}

fn named(set: u64, first: u32, names: &[&str]) -> String {
    list(
        names
            .iter()
            .zip(first..)
            .filter(|(_, number)| set & (1 << number) != 0)
            .map(|(name, _)| (*name).to_owned()),
    )
}

fn list(words: impl Iterator<Item = String>) -> String {
    let mut words = words.collect::<Vec<_>>();
    let last = words.pop().unwrap_or_default();
    if words.is_empty() { last } else { format!("{} and {last}", words.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::super::parse;

    #[test]
    fn in_words() {
        for (text, expected) in [
            ("* * * * *", "every minute"),
            ("*/15 * * * *", "every 15 minutes"),
            ("*/7 * * * *", "every 7 minutes"),
            ("0 * * * *", "at minute 0 of every hour"),
            ("7/10 * * * *", "at minute 7, 17, 27, 37, 47 and 57 of every hour"),
            ("30 5,17 * * *", "at 05:30 and 17:30"),
            ("0 */6 * * *", "at 00:00, 06:00, 12:00 and 18:00"),
            ("0 */2 * * *", "at minute 0 of every 2 hours"),
            ("* 3 * * *", "every minute of hour 3"),
            ("30 10 * * 1-5", "at 10:30 on Monday, Tuesday, Wednesday, Thursday and Friday"),
            ("0 0 1,15 * *", "at 00:00 on day 1 and 15 of the month"),
            ("0 0 1 1,7 *", "at 00:00 on day 1 of the month in January and July"),
            ("0 0 1 * 0", "at 00:00 on day 1 of the month or on Sunday"),
            ("0 0 1 * */2", "at 00:00 on day 1 of the month and on Sunday, Tuesday, Thursday and Saturday"),
        ] {
            assert_eq!(parse(text).unwrap().description(), expected, "{text}");
        }
    }
}
