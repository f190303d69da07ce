//! Metrics in memory: step functions over time, by a word in the query.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use towpath_core::observation::Sample;
use towpath_core::time::Time;

use crate::ports::{MetricQuery, Metrics, MetricsError};

/// A step function: from each time on, this value; `None` is no data.
type Steps = BTreeMap<Time, Option<f64>>;

#[derive(Debug, Clone, Default)]
struct Contents {
    series: BTreeMap<String, Steps>,
    down: bool,
}

/// Metrics in memory; clones are the same provider. Without a series every value is 0.
#[derive(Debug, Clone, Default)]
pub struct MemoryMetrics(Rc<RefCell<Contents>>);

impl MemoryMetrics {
    /// A provider that says 0 everywhere.
    pub fn new() -> Self {
        Self::default()
    }

    /// From this time on, queries that contain this word get this value; `None` is no data.
    pub fn set(&self, word: &str, from: Time, value: Option<f64>) {
        self.0.borrow_mut().series.entry(word.to_owned()).or_default().insert(from, value);
    }

    /// Takes back what was said of the time after this.
    pub fn clear_from(&self, word: &str, from: Time) {
        if let Some(steps) = self.0.borrow_mut().series.get_mut(word) {
            steps.retain(|at, _| *at < from);
        }
    }

    /// A provider of its own that says what this one would say if it answered now, whatever this one is told afterwards.
    pub fn as_of_now(&self) -> Self {
        let series = self.0.borrow().series.clone();
        Self(Rc::new(RefCell::new(Contents { series, down: false })))
    }

    /// Lets the provider answer nothing at all.
    pub fn set_down(&self, down: bool) {
        self.0.borrow_mut().down = down;
    }
}

impl Metrics for MemoryMetrics {
    fn range(&self, query: &MetricQuery) -> Result<Vec<Sample>, MetricsError> {
        let contents = self.0.borrow();
        if contents.down {
            return Err(MetricsError::Unavailable("injected fault".to_owned()));
        }
        let steps = contents.series.iter().find(|(word, _)| query.expression.contains(word.as_str()));
        let value = |at: Time| match steps.and_then(|(_, steps)| steps.range(..=at).next_back()) {
            Some((_, value)) => *value,
            None => Some(0.0),
        };
        let mut samples = Vec::new();
        let mut at = query.from;
        while at <= query.to && query.step.as_seconds() > 0 {
            samples.extend(value(at).map(|value| Sample { at, value }));
            at = at.plus(query.step);
        }
        Ok(samples)
    }
}
