//! Leaves out of a failing run the faults that it does not need (ddmin, Zeller and Hildebrandt 2002).

use std::collections::BTreeSet;

use super::schedule::FaultId;
use super::{Orders, Report, run};

/// The most runs that one search makes.
const RUNS: u32 = 300;

/// The check that a violation broke: the word before its colon.
pub fn check_of(violation: &str) -> &str {
    violation.split(':').next().unwrap_or(violation)
}

/// Whether it was the production invariants that refused what was decided, and not the observer that saw it done.
pub fn is_refused(violation: &str) -> bool {
    violation.split_once(": ").is_some_and(|(_, what)| what.starts_with("refused: "))
}

/// A run with as few faults as can be that breaks the same rule, and its report; nothing when none is broken.
pub fn shrink(orders: &Orders) -> Option<(Orders, Report)> {
    let first = run(orders);
    let check = check_of(first.violation.as_deref()?).to_owned();
    // What is broken with fewer faults is broken by then, or hardly.
    let until = first.step.map(|step| step + 10);
    let orders = &Orders { until, ..orders.clone() };
    let mut search = Search { orders: orders.clone(), check, runs: 0, best: first };
    let mut parts = 2;
    loop {
        let faults: Vec<FaultId> = search.best.planned.iter().map(|(id, _)| *id).collect();
        if faults.is_empty() || search.runs >= RUNS {
            break;
        }
        parts = parts.min(faults.len());
        match search.without_a_part(&faults, parts) {
            true => parts = parts.saturating_sub(1).max(2),
            false if parts >= faults.len() => break,
            false => parts *= 2,
        }
    }
    let only = search.best.planned.iter().map(|(id, _)| *id).collect();
    Some((Orders { only: Some(only), until: None, ..orders.clone() }, search.best))
}

struct Search {
    orders: Orders,
    check: String,
    runs: u32,
    best: Report,
}

impl Search {
    /// Tries each part of the faults to be left out; keeps the first run that still breaks the rule.
    fn without_a_part(&mut self, faults: &[FaultId], parts: usize) -> bool {
        let size = faults.len().div_ceil(parts);
        (0..faults.len()).step_by(size).any(|from| {
            let out = from..from + size;
            let kept = faults.iter().enumerate().filter(|(i, _)| !out.contains(i)).map(|(_, id)| *id);
            self.breaks_with(kept.collect())
        })
    }

    fn breaks_with(&mut self, only: BTreeSet<FaultId>) -> bool {
        if self.runs >= RUNS {
            return false;
        }
        self.runs += 1;
        let report = run(&Orders { only: Some(only), ..self.orders.clone() });
        let same = report.violation.as_deref().is_some_and(|v| check_of(v) == self.check);
        if same && report.planned.len() < self.best.planned.len() {
            self.best = report;
            return true;
        }
        false
    }
}
