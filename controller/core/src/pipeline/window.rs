//! Windows: when releases may enter, in the civil time of a zone (contract C4, decision 0006).

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};

use super::cron::Cron;
use super::document::{ExceptionDoc, RecurringDoc, WindowDoc};
use super::validate::{PipelineError, at};
use crate::id::Name;
use crate::time::{Span, Time};

/// The most entries of a window gate, of all kinds together.
const MAX_ENTRIES: usize = 20;
/// The longest that one occurrence lasts.
const MAX_DURATION: Span = Span::seconds(31 * 86_400);
/// How many moments one question looks at before it answers "not before".
const MAX_STEPS: usize = 24;
/// How many occurrences that run into each other are followed at one of these moments.
const MAX_MERGED: usize = 8;

/// A window gate: open at some times and closed at others.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    zone: TimeZone,
    allow: Vec<Recurring>,
    deny: Vec<Recurring>,
    exceptions: Vec<Exception>,
    /// The policy that it comes from.
    pub policy: Option<Name>,
}

/// Times that come again: starts in civil time, each lasting for an elapsed time.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Recurring {
    cron: Cron,
    duration: Span,
}

/// A time that is open whatever else is said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Exception {
    from: Time,
    /// Exclusive.
    to: Time,
}

/// What a window says at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opening {
    /// Whether it is open.
    pub open: bool,
    /// How long that stays so.
    pub until: Until,
}

/// How long something stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// It changes exactly then.
    Changes(Time),
    /// It does not change before then; what comes later was not looked at.
    NotBefore(Time),
    /// It does not change in the years that are looked at.
    Never,
}

/// A start, in both kinds of time.
#[derive(Clone, Copy, PartialEq)]
struct Start {
    civil: DateTime,
    at: Time,
}

impl Window {
    /// Reads a window gate that stands at `place` of its document.
    pub(super) fn new(place: &str, doc: &WindowDoc) -> Result<Self, PipelineError> {
        let entries = doc.allow.len() + doc.deny.len() + doc.exceptions.len();
        if doc.allow.len() + doc.deny.len() == 0 || entries > MAX_ENTRIES {
            let problem = format!("expected allow or deny, with at most {MAX_ENTRIES} entries altogether");
            return Err(at(place, problem));
        }
        // The bundled database and no other: all hosts have to agree on when a window opens.
        let zone = TimeZoneDatabase::bundled().get(&doc.timezone).map_err(|_| {
            let name: String = doc.timezone.chars().take(80).collect();
            let problem =
                format!("no time zone is called {name:?}; expected a name such as Europe/Berlin or UTC");
            at(format!("{place}.timezone"), problem)
        })?;
        Ok(Self {
            zone,
            allow: recurring(&format!("{place}.allow"), &doc.allow)?,
            deny: recurring(&format!("{place}.deny"), &doc.deny)?,
            exceptions: exceptions(&format!("{place}.exceptions"), &doc.exceptions)?,
            policy: None,
        })
    }

    /// A window as a document has it, for tables.
    #[cfg(test)]
    pub(crate) fn read(json: serde_json::Value) -> Self {
        let doc = serde_json::from_value(json).unwrap();
        Self::new("window", &doc).unwrap()
    }

    /// Whether it is open.
    pub fn is_open(&self, now: Time) -> bool {
        let runs = |recurring: &Recurring| self.running(recurring, now).is_some();
        let denied = |deny: &Recurring| self.denied_until(deny, now).is_some();
        Timestamp::from_second(now.unix()).is_ok()
            && (self.excepted(now).next().is_some()
                || (!self.deny.iter().any(denied) && (self.allow.is_empty() || self.allow.iter().any(runs))))
    }

    /// Whether it is open, and until when.
    pub fn at(&self, now: Time) -> Opening {
        let open = self.is_open(now);
        let mut time = now;
        for _ in 0..MAX_STEPS {
            match self.may_change(time) {
                None => return Opening { open, until: Until::Never },
                Some(next) if self.is_open(next) != open => {
                    return Opening { open, until: Until::Changes(next) };
                }
                Some(next) => time = next,
            }
        }
        Opening { open, until: Until::NotBefore(time) }
    }

    /// When what it says may change; `None` when it does not in the years that are looked at.
    pub fn next_change(&self, now: Time) -> Option<Time> {
        match self.at(now).until {
            Until::Changes(time) | Until::NotBefore(time) => Some(time),
            Until::Never => None,
        }
    }

    /// When all of these windows that are closed now will be open together.
    pub fn all_open(windows: &[Self], now: Time) -> Until {
        let mut time = now;
        for _ in 0..MAX_STEPS {
            let closed = windows.iter().filter(|window| !window.is_open(time));
            let mut latest = None;
            for window in closed {
                match window.at(time).until {
                    Until::Changes(change) => latest = latest.max(Some(change)),
                    other => return other,
                }
            }
            match latest {
                Some(change) => time = change,
                None => return Until::Changes(time),
            }
        }
        Until::NotBefore(time)
    }

    /// What closes it now, for people; nothing where it is merely not allowed.
    pub fn denied_by(&self, now: Time) -> Option<String> {
        let deny = self.deny.iter().find(|deny| self.denied_until(deny, now).is_some())?;
        Some(format!("{} for {}", deny.cron.as_str(), deny.duration))
    }

    /// A time as people there read it, with the name of the zone.
    pub fn local(&self, time: Time) -> String {
        let Ok(instant) = Timestamp::from_second(time.unix()) else { return time.to_string() };
        let civil = self.zone.to_datetime(instant);
        let (day, clock) = (civil.strftime("%a %Y-%m-%d"), civil.strftime("%H:%M"));
        let seconds = if civil.second() == 0 { String::new() } else { civil.strftime(":%S").to_string() };
        let info = self.zone.to_offset_info(instant);
        format!("{day} {clock}{seconds} {} ({})", info.abbreviation(), self.zone_name())
    }

    /// One line that changes when its meaning changes. An exception is for one occasion and is not part of it.
    pub fn definition(&self) -> String {
        let times = |all: &[Recurring]| {
            let one = |r: &Recurring| format!("{} for {}", r.cron.as_str(), r.duration);
            all.iter().map(one).collect::<Vec<_>>().join("; ")
        };
        format!("window {} allow {} deny {}", self.zone_name(), times(&self.allow), times(&self.deny))
    }

    fn zone_name(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }

    /// A later time before which it stays as it is then; nothing when that is for ever.
    fn may_change(&self, now: Time) -> Option<Time> {
        if let Some(end) = self.excepted(now).map(|e| e.to).max() {
            return Some(end);
        }
        let exception = self.exceptions.iter().filter(|e| e.from > now).map(|e| e.from).min();
        if let Some(end) = self.deny.iter().filter_map(|deny| self.denied_until(deny, now)).max() {
            return sooner(exception, Some(end));
        }
        let next = |all: &[Recurring]| all.iter().filter_map(|r| self.starts_after(r, now)).min();
        let denied = self.deny.iter().filter_map(|deny| self.denied_after(deny, now)).min();
        if self.allow.is_empty() {
            return denied;
        }
        match self.allow.iter().filter_map(|allow| self.covered_until(allow, now)).max() {
            Some(end) => sooner(Some(end), denied),
            None => sooner(exception, next(&self.allow)),
        }
    }

    fn excepted(&self, now: Time) -> impl Iterator<Item = &Exception> {
        self.exceptions.iter().filter(move |e| e.from <= now && now < e.to)
    }

    /// Until when occurrences cover this time without a break, at least; nothing when none covers it.
    fn covered_until(&self, recurring: &Recurring, now: Time) -> Option<Time> {
        let mut start = self.running(recurring, now)?;
        let mut end = start.at.plus(recurring.duration);
        for _ in 0..MAX_MERGED {
            match self.last_start(recurring, end) {
                Some(later) if later.civil > start.civil => start = later,
                _ => break,
            }
            end = start.at.plus(recurring.duration);
        }
        Some(end)
    }

    /// Until when a deny holds, at least; nothing when it does not. An hour that comes twice is denied both times: a freeze
    /// does not end because the clock is turned back.
    fn denied_until(&self, deny: &Recurring, now: Time) -> Option<Time> {
        let again = || {
            let fold = self.fold_of(now)?;
            Some(fold.again(self.covered_until(deny, fold.first(now))?).min(fold.end()))
        };
        self.covered_until(deny, now).into_iter().chain(again()).max()
    }

    /// When a deny begins to hold next.
    fn denied_after(&self, deny: &Recurring, now: Time) -> Option<Time> {
        let again = match self.fold_of(now) {
            Some(fold) => self.starts_after(deny, fold.first(now)).map(|start| (fold, fold.again(start))),
            None => self.next_fold(now).and_then(|fold| {
                let begins = fold.first(fold.at);
                let runs = self.running(deny, begins).map(|_| fold.at);
                Some((fold, runs.or_else(|| self.starts_after(deny, begins).map(|start| fold.again(start)))?))
            }),
        };
        let again = again.filter(|(fold, start)| *start < fold.end()).map(|(_, start)| start);
        sooner(self.starts_after(deny, now), again)
    }

    /// The fold whose second pass this time is in.
    fn fold_of(&self, now: Time) -> Option<Fold> {
        let instant = Timestamp::from_second(now.unix()).ok()?;
        let next = instant.checked_add(jiff::Span::new().seconds(1)).ok()?;
        let at = Time::from_unix(self.zone.preceding(next).next()?.timestamp().as_second());
        self.fold_at(at).filter(|fold| now < fold.end())
    }

    fn next_fold(&self, now: Time) -> Option<Fold> {
        let instant = Timestamp::from_second(now.unix()).ok()?;
        self.fold_at(Time::from_unix(self.zone.following(instant).next()?.timestamp().as_second()))
    }

    /// The fold whose second pass begins at this change of the clock, if it is turned back there.
    fn fold_at(&self, at: Time) -> Option<Fold> {
        let offset = |unix: i64| Some(self.zone.to_offset(Timestamp::from_second(unix).ok()?).seconds());
        let seconds = i64::from(offset(at.unix() - 1)? - offset(at.unix())?);
        (seconds > 0).then_some(Fold { at, seconds })
    }

    /// The start of the occurrence that covers this time.
    fn running(&self, recurring: &Recurring, now: Time) -> Option<Start> {
        self.last_start(recurring, now).filter(|start| now < start.at.plus(recurring.duration))
    }

    /// The last start that is not after this time. All occurrences last equally long, so no earlier one lasts longer.
    fn last_start(&self, recurring: &Recurring, until: Time) -> Option<Start> {
        let civil = recurring.cron.last_until(self.reached(until)?)?;
        Some(Start { civil, at: self.instant(civil)? })
    }

    fn starts_after(&self, recurring: &Recurring, now: Time) -> Option<Time> {
        let reached = self.reached(now)?.checked_add(jiff::Span::new().seconds(1)).ok()?;
        self.instant(recurring.cron.first_from(reached)?)
    }

    /// The latest civil time that has begun by then: in the second pass through a fold, the end of the first.
    fn reached(&self, time: Time) -> Option<DateTime> {
        let instant = Timestamp::from_second(time.unix()).ok()?;
        let offset = self.zone.to_offset(instant);
        let civil = offset.to_datetime(instant);
        match self.zone.to_ambiguous_timestamp(civil).offset() {
            AmbiguousOffset::Fold { before, after } if after == offset => {
                let second = jiff::Span::new().seconds(1);
                let fold = self.zone.preceding(instant.checked_add(second).ok()?).next()?;
                before.to_datetime(fold.timestamp()).checked_sub(second).ok()
            }
            _ => Some(civil),
        }
    }

    /// When a civil time begins: in a gap the first instant after it, in a fold the first of the two.
    fn instant(&self, civil: DateTime) -> Option<Time> {
        let instant = match self.zone.to_ambiguous_timestamp(civil).offset() {
            AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(civil),
            AmbiguousOffset::Fold { before, .. } => before.to_timestamp(civil),
            AmbiguousOffset::Gap { after, .. } => {
                // Read with the offset from behind the gap it lies before it, and the next change of the clock is the gap.
                let before = after.to_timestamp(civil).ok()?;
                return Some(Time::from_unix(self.zone.following(before).next()?.timestamp().as_second()));
            }
        };
        Some(Time::from_unix(instant.ok()?.as_second()))
    }
}

/// Civil time that comes twice.
#[derive(Debug, Clone, Copy)]
struct Fold {
    /// When the second pass begins.
    at: Time,
    /// How long it lasts.
    seconds: i64,
}

impl Fold {
    fn end(self) -> Time {
        Time::from_unix(self.at.unix() + self.seconds)
    }

    /// The same civil time in the first pass.
    fn first(self, time: Time) -> Time {
        Time::from_unix(time.unix() - self.seconds)
    }

    /// The same civil time in the second pass.
    fn again(self, time: Time) -> Time {
        Time::from_unix(time.unix() + self.seconds)
    }
}

/// The sooner of two times, of which nothing is never.
fn sooner(a: Option<Time>, b: Option<Time>) -> Option<Time> {
    a.into_iter().chain(b).min()
}

fn recurring(place: &str, docs: &[RecurringDoc]) -> Result<Vec<Recurring>, PipelineError> {
    let one = |(i, doc): (usize, &RecurringDoc)| {
        let cron = Cron::parse(&doc.cron).map_err(|problem| at(format!("{place}[{i}].cron"), problem))?;
        match doc.duration > Span::default() && doc.duration <= MAX_DURATION {
            true => Ok(Recurring { cron, duration: doc.duration }),
            false => Err(at(format!("{place}[{i}].duration"), format!("expected 1s to {MAX_DURATION}"))),
        }
    };
    docs.iter().enumerate().map(one).collect()
}

fn exceptions(place: &str, docs: &[ExceptionDoc]) -> Result<Vec<Exception>, PipelineError> {
    let one = |(i, doc): (usize, &ExceptionDoc)| {
        if doc.reason.trim().is_empty() {
            return Err(at(format!("{place}[{i}].reason"), "say why this time is open"));
        }
        match doc.from < doc.to {
            true => Ok(Exception { from: doc.from, to: doc.to }),
            false => Err(at(format!("{place}[{i}].to"), "expected a time after from")),
        }
    };
    docs.iter().enumerate().map(one).collect()
}

#[cfg(test)]
mod tests;
