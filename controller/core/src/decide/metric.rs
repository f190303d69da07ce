//! From samples to a verdict (contract C7: no data is never a pass).

use crate::museum::{Bug, planted};
use crate::observation::Sample;
use crate::pipeline::MetricGate;
use crate::time::{Span, Time};
use crate::verdict::{Outcome, Verdict};

/// What samples say so far.
#[derive(Debug, Clone, PartialEq)]
pub enum Judgement {
    /// The window is over, or enough bad samples are there.
    Final {
        /// What it came to.
        outcome: Outcome,
        /// When that was so: at the sample that was one too many, or at the window's end.
        at: Time,
    },
    /// Undecided; the next sample comes at this time.
    Open {
        /// When to look again.
        next: Time,
        /// Whether the latest samples are there and good.
        good_now: bool,
    },
}

/// Judges the samples of a window that began at `start`, as they were read until `to`: time that has passed since says
/// nothing of what nobody has read.
pub fn judge(gate: &MetricGate, start: Time, (samples, to): (&[Sample], Time), now: Time) -> Judgement {
    let end = start.plus(gate.window);
    let counts = |at: Time| at >= start || planted(Bug::BakeFailureAfterNewer);
    let inside = samples.iter().filter(|s| counts(s.at) && s.at <= end.min(to));
    let (mut good, mut bad, mut last_good, mut last_bad) = (0_u32, 0_u32, None, None);
    for sample in inside {
        match is_bad(gate, sample.value) {
            Some(true) if bad >= gate.failure_limit && !planted(Bug::LastSampleDecides) => {
                return failed(gate, sample);
            }
            Some(true) => (bad, last_bad) = (bad + 1, Some(*sample)),
            Some(false) => (good, last_good) = (good + 1, Some(sample.at)),
            None => {}
        }
    }
    if to < end {
        let elapsed = to.since(start).as_seconds();
        let step = gate.interval.as_seconds().max(1);
        let next = start.plus(Span::seconds((elapsed / step + 1).saturating_mul(step))).min(end);
        let fresh = |t: Time| now.since(t).as_seconds() <= step.saturating_mul(2);
        let worse = |good: Time| last_bad.is_some_and(|bad| bad.at >= good);
        return Judgement::Open { next, good_now: last_good.is_some_and(|t| fresh(t) && !worse(t)) };
    }
    let last = last_bad.filter(|bad| planted(Bug::LastSampleDecides) && last_good.is_none_or(|t| t < bad.at));
    if let Some(bad) = last {
        return failed(gate, &bad);
    }
    if good >= gate.min_samples {
        return ended(end, Verdict::Passed, format!("{good} good samples, {bad} bad, {}", limit(gate)));
    }
    ended(end, Verdict::Inconclusive, format!("{good} good samples, {} are needed", gate.min_samples))
}

fn failed(gate: &MetricGate, sample: &Sample) -> Judgement {
    let detail = format!("{} at {}, {}", sample.value, sample.at, limit(gate));
    Judgement::Final { outcome: Outcome { verdict: Verdict::Failed, detail }, at: sample.at }
}

fn ended(at: Time, verdict: Verdict, detail: String) -> Judgement {
    Judgement::Final { outcome: Outcome { verdict, detail }, at }
}

/// Whether a value is outside the limits; `None` when it is no number.
fn is_bad(gate: &MetricGate, value: f64) -> Option<bool> {
    if !value.is_finite() && !planted(Bug::NanPasses) {
        return None;
    }
    Some(gate.max.is_some_and(|max| value > max) || gate.min.is_some_and(|min| value < min))
}

fn limit(gate: &MetricGate) -> String {
    match (gate.min, gate.max) {
        (Some(min), Some(max)) => format!("limits {min} to {max}"),
        (Some(min), None) => format!("limit at least {min}"),
        (None, Some(max)) => format!("limit {max}"),
        (None, None) => "no limit".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate() -> MetricGate {
        MetricGate {
            query: String::new(),
            max: Some(0.05),
            min: None,
            interval: Span::seconds(10),
            window: Span::seconds(60),
            failure_limit: 0,
            min_samples: 4,
        }
    }

    fn at(second: i64) -> Time {
        Time::from_unix(1000 + second)
    }

    fn verdict(values: &[f64], now: i64) -> Option<Verdict> {
        let step = |(i, value): (usize, &f64)| Sample { at: at(10 * (i as i64 + 1)), value: *value };
        let samples: Vec<Sample> = values.iter().enumerate().map(step).collect();
        match judge(&gate(), at(0), (&samples, at(now)), at(now)) {
            Judgement::Final { outcome, .. } => Some(outcome.verdict),
            Judgement::Open { .. } => None,
        }
    }

    #[test]
    fn verdicts() {
        let nan = f64::NAN;
        let cases: [(&str, &[f64], i64, Option<Verdict>); 9] = [
            ("all good", &[0.0; 6], 60, Some(Verdict::Passed)),
            ("just enough", &[0.0, 0.0, 0.0, 0.0], 60, Some(Verdict::Passed)),
            ("too few", &[0.0, 0.0, 0.0], 60, Some(Verdict::Inconclusive)),
            ("empty", &[], 60, Some(Verdict::Inconclusive)),
            ("not a number", &[nan; 6], 60, Some(Verdict::Inconclusive)),
            ("infinite", &[f64::INFINITY; 6], 60, Some(Verdict::Inconclusive)),
            ("one bad", &[0.0, 0.2], 20, Some(Verdict::Failed)),
            ("the limit itself is good", &[0.05; 6], 60, Some(Verdict::Passed)),
            ("not over", &[0.0; 5], 59, None),
        ];
        for (name, values, now, expected) in cases {
            assert_eq!(verdict(values, now), expected, "{name}");
        }
    }

    #[test]
    fn samples_outside_the_window_do_not_count() {
        let bad = [Sample { at: at(-10), value: 1.0 }, Sample { at: at(70), value: 1.0 }];
        assert!(matches!(
            judge(&gate(), at(0), (&bad, at(80)), at(80)),
            Judgement::Final { outcome: Outcome { verdict: Verdict::Inconclusive, .. }, .. }
        ));
    }

    #[test]
    fn a_failure_is_of_the_sample_that_was_one_too_many() {
        let gate = MetricGate { failure_limit: 1, ..gate() };
        let bad = |second| Sample { at: at(second), value: 1.0 };
        let judged = judge(&gate, at(0), (&[bad(10), bad(30), bad(50)], at(3000)), at(3000));
        assert!(matches!(judged, Judgement::Final { at: when, .. } if when == at(30)), "{judged:?}");
    }

    #[test]
    fn the_next_look_is_at_the_next_sample() {
        let Judgement::Open { next, good_now } = judge(&gate(), at(0), (&[], at(13)), at(13)) else {
            panic!("open")
        };
        assert_eq!((next, good_now), (at(20), false));
    }
}
