//! The moments in which a schedule runs.

use super::{Cron, numbers};
use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, ToSpan, Zoned};

/// February 29 is missing for eight years at most, around 2100; with a weekday required as well it may be 40.
/// Then it is as good as never.
const DAYS_TO_LOOK_AT: u32 = 366 * 41;

/// The runs of a schedule, from a moment on. See [`Cron::runs`].
#[derive(Debug, Clone)]
pub struct Runs {
    cron: Cron,
    zone: TimeZone,
    last: Timestamp,
    date: Date,
}

impl Cron {
    /// The moments in which the schedule runs behind this one, by the clock of its zone.
    ///
    /// If either field of days begins with `*`, a day has to be in both, else in one of them, as POSIX has it.
    /// What falls into the hour that is left out in spring runs at its end, as GitHub documents; what falls
    /// into the hour that comes twice in autumn runs in the first one, which GitHub does not document.
    #[must_use]
    pub fn runs(&self, after: &Zoned) -> Runs {
        Runs { cron: *self, zone: after.time_zone().clone(), last: after.timestamp(), date: after.date() }
    }

    fn runs_on(&self, date: Date) -> bool {
        let weekday = date.weekday().to_sunday_zero_offset();
        let bit = |set: u64, number: i8| u32::try_from(number).is_ok_and(|number| set & (1 << number) != 0);
        let (day, weekday) = (bit(self.days, date.day()), bit(self.weekdays, weekday));
        let agreed = if self.any_day || self.any_weekday { day && weekday } else { day || weekday };
        bit(self.months, date.month()) && agreed
    }
}

impl Runs {
    fn first_of_date(&self) -> Option<Timestamp> {
        let hours = numbers(self.cron.hours);
        hours
            .flat_map(|hour| numbers(self.cron.minutes).map(move |minute| (hour, minute)))
            .filter_map(|(hour, minute)| {
                let time = self.date.at(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, 0, 0);
                moment(time, &self.zone)
            })
            .find(|moment| *moment > self.last)
    }
}

impl Iterator for Runs {
    type Item = Zoned;

    fn next(&mut self) -> Option<Zoned> {
        for _ in 0..DAYS_TO_LOOK_AT {
            if self.cron.runs_on(self.date)
                && let Some(run) = self.first_of_date()
            {
                self.last = run;
                return Some(run.to_zoned(self.zone.clone()));
            }
            self.date = self.date.tomorrow().ok()?;
        }
        None
    }
}

fn moment(time: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    match zone.to_ambiguous_timestamp(time).offset() {
        AmbiguousOffset::Unambiguous { offset } | AmbiguousOffset::Fold { before: offset, .. } => {
            offset.to_timestamp(time).ok()
        }
        AmbiguousOffset::Gap { before, .. } => {
            // With the old offset the time lies behind the moment in which the clock is set.
            let behind = before.to_timestamp(time).ok()?.checked_add(1.second()).ok()?;
            zone.preceding(behind).next().map(|transition| transition.timestamp())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{parse, timezone};

    fn runs(text: &str, after: &str, count: usize) -> Vec<String> {
        let cron = parse(text).unwrap();
        let runs = cron.runs(&after.parse().unwrap()).take(count);
        runs.map(|run| run.strftime("%a %Y-%m-%dT%H:%M%:z").to_string()).collect()
    }

    #[test]
    fn next_runs() {
        let saturday = "2026-11-21T21:30:00+00:00[UTC]";
        for (text, expected) in [
            ("*/15 * * * *", &["Sat 2026-11-21T21:45+00:00", "Sat 2026-11-21T22:00+00:00"][..]),
            ("30 21 * * *", &["Sun 2026-11-22T21:30+00:00", "Mon 2026-11-23T21:30+00:00"]),
            ("0 0 * * 1", &["Mon 2026-11-23T00:00+00:00", "Mon 2026-11-30T00:00+00:00"]),
            ("0 0 29 2 *", &["Tue 2028-02-29T00:00+00:00", "Sun 2032-02-29T00:00+00:00"]),
            // Day or weekday if both are given...
            (
                "0 0 1 * 0",
                &["Sun 2026-11-22T00:00+00:00", "Sun 2026-11-29T00:00+00:00", "Tue 2026-12-01T00:00+00:00"],
            ),
            // ...day and weekday if one begins with a star.
            ("0 0 */2 * 0", &["Sun 2026-11-29T00:00+00:00", "Sun 2026-12-13T00:00+00:00"]),
            ("0 0 30 2 *", &[]),
        ] {
            assert_eq!(runs(text, saturday, expected.len().max(1)), expected, "{text}");
        }
    }

    #[test]
    fn clocks_that_are_set() {
        // 2:30 does not exist on 2026-03-08 in New York: it runs when 3:00 begins.
        let spring = "2026-03-07T12:00:00[America/New_York]";
        assert_eq!(
            runs("30 2 * * *", spring, 2),
            ["Sun 2026-03-08T03:00-04:00", "Mon 2026-03-09T02:30-04:00"]
        );
        assert_eq!(
            runs("0,30 2,3 8 3 *", spring, 2),
            ["Sun 2026-03-08T03:00-04:00", "Sun 2026-03-08T03:30-04:00"]
        );
        // 1:30 comes twice on 2026-11-01: it runs once, the first time.
        let autumn = "2026-10-31T12:00:00[America/New_York]";
        assert_eq!(
            runs("30 1 * * *", autumn, 2),
            ["Sun 2026-11-01T01:30-04:00", "Mon 2026-11-02T01:30-05:00"]
        );
        assert!(timezone("America/New_York").is_ok());
    }
}
