//! Where the steps of a job stand, and from where on what they give is there.

use std::collections::HashMap;

use super::access::Doubt;
use super::reads::Site;
use crate::expression::folded;
use crate::model::{Step, StepKind};

/// A step that has an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Placed {
    /// Its place; what runs in `parallel` is of the step that holds it.
    pub(super) step: usize,
    /// Whether it starts with others at the same time.
    in_parallel: bool,
    /// The last step for which nothing of it is there. What a step in the background gives is kept until something waits for it
    /// (actions/runner#4479); those within `parallel` are such steps, with a wait behind them.
    hidden_to: usize,
}

impl Placed {
    /// Why a part of the job that reads it finds nothing.
    pub(super) fn doubt(self, site: Site<'_>) -> Option<Doubt> {
        let Site::Step(reader) = site else { return None };
        if reader < self.step || reader == self.step && !self.in_parallel {
            return Some(Doubt::LaterStep);
        }
        (reader <= self.hidden_to).then_some(Doubt::NotWaitedFor)
    }
}

/// Steps by their ids, those within `parallel` as well.
pub(super) fn step_ids(steps: &[Step<'_>]) -> HashMap<String, Placed> {
    let mut found = HashMap::new();
    let mut background = Vec::new();
    for (step, it) in steps.iter().enumerate() {
        let is_background = it.background.is_some_and(|background| background.value);
        let inner = if let StepKind::Parallel(inner) = &it.kind { inner.as_slice() } else { &[] };
        let own = it.id.iter().map(|id| (id, false));
        let within = inner.iter().filter_map(|step| Some((step.id.as_ref()?, true)));
        for (id, in_parallel) in own.chain(within) {
            let hidden_to = if is_background { usize::MAX } else { step };
            let id = folded(id.value);
            if is_background {
                background.push(id.clone());
            }
            found.entry(id).or_insert(Placed { step, in_parallel, hidden_to });
        }
        match &it.kind {
            StepKind::Wait(names) => {
                names.iter().for_each(|name| waited(&mut found, &folded(name.value), step));
            }
            StepKind::Cancel(name) => waited(&mut found, &folded(name.value), step),
            StepKind::WaitAll(_) => background.drain(..).for_each(|id| waited(&mut found, &id, step)),
            _ => {}
        }
    }
    found
}

/// A step has waited for another one, perhaps not for the first time.
fn waited(found: &mut HashMap<String, Placed>, id: &str, step: usize) {
    if let Some(placed) = found.get_mut(id).filter(|placed| placed.hidden_to == usize::MAX) {
        placed.hidden_to = step;
    }
}
