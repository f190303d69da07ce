//! Metrics on their way to the engine. What was wrong with them is kept, because a watch that is not over has no
//! word for it: the engine only sees samples.

use std::cell::RefCell;
use std::collections::BTreeMap;

use towpath_core::decide::{Answer, Effect, Source, Wait, WaitCode, When};
use towpath_core::event::Event;
use towpath_core::id::GateName;
use towpath_core::pipeline::{Environment, Gate, GateKind};
use towpath_core::time::Time;
use towpath_core::verdict::Verdict;
use towpath_engine::ports::{MetricQuery, Metrics, MetricsError, Sample};

use crate::folder::Folder;
use crate::line::one_line;
use crate::metrics::parted;

/// The longest expression that is shown, in characters.
const EXPRESSION: usize = 120;

/// Asks for metrics and remembers the last answer to each expression that says nothing.
pub(super) struct Meter {
    metrics: Box<dyn Metrics>,
    silent: RefCell<BTreeMap<String, Silence>>,
}

/// Why a metric says nothing.
#[derive(Debug, Clone, PartialEq)]
enum Silence {
    /// Nobody answered.
    Unavailable(String),
    /// The answer cannot be used.
    Unusable(String),
    /// There is no sample in this time.
    Empty(Time, Time),
    /// There are so many samples, and none is a number.
    NoNumbers(usize),
}

impl Silence {
    fn of(query: &MetricQuery, answer: &Result<Vec<Sample>, MetricsError>) -> Option<Self> {
        match answer {
            Err(MetricsError::Unavailable(why)) => Some(Self::Unavailable(why.clone())),
            Err(MetricsError::Unusable(why)) => Some(Self::Unusable(why.clone())),
            Err(MetricsError::Crashed) => None,
            Ok(samples) if samples.is_empty() => Some(Self::Empty(query.from, query.to)),
            Ok(samples) if samples.iter().any(|sample| sample.value.is_finite()) => None,
            Ok(samples) => Some(Self::NoNumbers(samples.len())),
        }
    }

    fn cause(&self) -> String {
        match self {
            Self::Unavailable(why) | Self::Unusable(why) => parted(why).0.to_owned(),
            Self::Empty(from, to) => format!("its expression gives no samples from {from} to {to}"),
            Self::NoNumbers(count) => {
                format!("all {count} samples are NaN or infinite, as of a division by zero")
            }
        }
    }

    fn next(&self, folder: &Folder, gate: &Gate, expression: &str) -> String {
        if let Self::Unavailable(why) | Self::Unusable(why) = self
            && let (_, Some(next)) = parted(why)
        {
            return next.to_owned();
        }
        let template = gate.name.as_str().split('/').nth(1).unwrap_or_default();
        let file = folder.template_file(template).map(|file| format!(" in {}", file.display()));
        let template = format!("MetricTemplate {template}{}", file.unwrap_or_default());
        let expression = one_line(expression, EXPRESSION);
        match self {
            Self::Unavailable(_) => {
                "see that it answers, as metrics.prometheus of towpath.yaml says; it is asked again by itself"
                    .to_owned()
            }
            Self::Unusable(_) => format!("correct {template}: {expression}"),
            Self::Empty(..) => {
                format!("see that something is measured, or correct {template}: {expression}")
            }
            Self::NoNumbers(_) => {
                format!("give it a number also where nothing happens, in {template}: {expression}")
            }
        }
    }
}

impl Metrics for Meter {
    fn range(&self, query: &MetricQuery) -> Result<Vec<Sample>, MetricsError> {
        let answer = self.metrics.range(query);
        let mut silent = self.silent.borrow_mut();
        match Silence::of(query, &answer) {
            Some(silence) => drop(silent.insert(query.expression.clone(), silence)),
            None => drop(silent.remove(&query.expression)),
        }
        answer
    }
}

impl Meter {
    pub(super) fn new(metrics: Box<dyn Metrics>) -> Self {
        Self { metrics, silent: RefCell::default() }
    }

    /// Says in an answer which metrics say nothing, where it waits for them or only has to call that an Error.
    pub(super) fn explain(&self, folder: &Folder, environment: &Environment, now: Time, answer: &mut Answer) {
        match answer {
            Answer::Wait(waits) => {
                for wait in waits.iter_mut().filter(|wait| is_watched(wait.code)) {
                    if let Some((text, remedy)) = self.silence(folder, environment, &wait.object) {
                        (wait.code, wait.text, wait.remedy) = (WaitCode::MetricsUnavailable, text, remedy);
                    }
                }
            }
            Answer::Act(effects) => {
                let wait = |effect: &Effect| {
                    let gate = unreadable(effect)?;
                    let (text, remedy) = self.silence(folder, environment, gate.as_str())?;
                    let when = When::on(Source::Metrics, now);
                    Some(Wait::new(WaitCode::MetricsUnavailable, text, remedy, when).about(gate))
                };
                if let Some(waits) = effects.iter().map(wait).collect::<Option<Vec<_>>>() {
                    *answer = Answer::Wait(waits);
                }
            }
            Answer::Settled => {}
        }
    }

    fn silence(&self, folder: &Folder, environment: &Environment, gate: &str) -> Option<(String, String)> {
        let bakes = environment.bake.iter().flat_map(|bake| &bake.gates);
        let gate = environment.verify.iter().chain(bakes).find(|g| g.name.as_str() == gate)?;
        let GateKind::Metric(metric) = &gate.kind else { return None };
        let silent = self.silent.borrow();
        let silence = silent.get(&metric.query)?;
        let text = text(&gate.name, silence);
        Some((text, silence.next(folder, gate, &metric.query)))
    }
}

fn is_watched(code: WaitCode) -> bool {
    matches!(code, WaitCode::Verifying | WaitCode::Baking | WaitCode::MetricsUnavailable)
}

/// The gate of a verdict that only says that nothing could be read.
fn unreadable(effect: &Effect) -> Option<&GateName> {
    match effect {
        Effect::Record(Event::Judged { gate, verdict: Verdict::Error, .. }) => Some(gate),
        _ => None,
    }
}

fn text(gate: &GateName, silence: &Silence) -> String {
    format!("{gate} has no reading: {}", silence.cause())
}

#[cfg(test)]
mod tests {
    use super::*;
    use towpath_core::time::Span;

    fn silence(answer: Result<Vec<Sample>, MetricsError>) -> Option<Silence> {
        let (from, to) = (Time::from_unix(60), Time::from_unix(120));
        Silence::of(&MetricQuery { expression: "up".into(), from, to, step: Span::seconds(10) }, &answer)
    }

    fn samples(values: &[f64]) -> Result<Vec<Sample>, MetricsError> {
        let sample = |(at, value): (i64, &f64)| Sample { at: Time::from_unix(60 + at), value: *value };
        Ok((0..).zip(values).map(sample).collect())
    }

    #[test]
    fn one_number_is_a_reading() {
        assert_eq!(silence(samples(&[f64::NAN, 0.0])), None);
        assert_eq!(silence(samples(&[f64::NAN, f64::INFINITY])), Some(Silence::NoNumbers(2)));
        assert_eq!(silence(Err(MetricsError::Crashed)), None);
        let empty = silence(samples(&[])).unwrap().cause();
        assert_eq!(
            empty,
            "its expression gives no samples from 1970-01-01T00:01:00Z to 1970-01-01T00:02:00Z"
        );
    }

    #[test]
    fn a_cause_has_no_remedy_in_it() {
        let denied = MetricsError::Unusable("it answers 401; next: check the token".into());
        assert_eq!(silence(Err(denied)).unwrap().cause(), "it answers 401");
    }
}
