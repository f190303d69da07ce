//! Composite actions that come to use themselves: a run goes ten levels deep, and fails.

use std::collections::HashSet;

use super::{Actions, Target, of_target};
use crate::model::call::Reference;
use crate::model::{Runs, Step, StepKind};
use crate::values::uses::StepUses;

/// How many actions of a circle are named.
const NAMED: usize = 10;

/// Which actions use which, as far as that leads on.
#[derive(Debug, Clone)]
pub struct Circles {
    /// What each action uses, of those that lead to a circle; nothing for all others.
    next: Vec<Option<usize>>,
    names: Vec<String>,
}

impl Circles {
    /// Looks for the circles among some actions.
    #[must_use]
    pub fn of(actions: &Actions<'_>) -> Self {
        let used: Vec<_> = (0..actions.models.len()).map(|action| used_by(actions, action)).collect();
        let mut users = vec![Vec::new(); used.len()];
        let mut left: Vec<usize> = used.iter().map(Vec::len).collect();
        for (user, used) in used.iter().enumerate() {
            for action in used {
                users.get_mut(*action).into_iter().for_each(|users| users.push(user));
            }
        }
        // What uses nothing that leads on does not lead on itself.
        let mut ends: Vec<usize> = (0..used.len()).filter(|action| left.get(*action) == Some(&0)).collect();
        while let Some(action) = ends.pop() {
            for user in users.get(action).into_iter().flatten() {
                if let Some(count) = left.get_mut(*user) {
                    *count -= 1;
                    if *count == 0 {
                        ends.push(*user);
                    }
                }
            }
        }
        let leads_on = |action: &usize| left.get(*action).is_some_and(|count| *count > 0);
        let next = used.iter().map(|used| used.iter().copied().find(leads_on)).collect();
        let name = |action| actions.folder(action).map(shown).unwrap_or_default();
        Self { next, names: (0..used.len()).map(name).collect() }
    }

    /// The actions that follow each other without an end from one on, by their folders; `None` where it ends.
    #[must_use]
    pub fn from(&self, action: usize) -> Option<Vec<&str>> {
        let (mut way, mut seen) = (Vec::new(), HashSet::new());
        let mut at = action;
        loop {
            let next = self.next.get(at).copied().flatten()?;
            way.push(self.names.get(at).map(String::as_str).unwrap_or_default());
            if !seen.insert(at) || way.len() > NAMED {
                return Some(way);
            }
            at = next;
        }
    }
}

fn shown(folder: &Reference) -> String {
    match (&folder.repository, folder.path.as_str()) {
        (None, path) => format!("./{path}"),
        (Some(_), _) => folder.to_string(),
    }
}

/// The actions that a composite action uses, each once.
fn used_by(actions: &Actions<'_>, action: usize) -> Vec<usize> {
    let model = actions.models.get(action).and_then(|model| model.runs.as_ref());
    let Some(Runs::Composite { steps, .. }) = model.map(|runs| &runs.value) else { return Vec::new() };
    let mut seen = HashSet::new();
    steps.iter().filter_map(|step| used_in(actions, action, step)).filter(|used| seen.insert(*used)).collect()
}

fn used_in(actions: &Actions<'_>, action: usize, step: &Step<'_>) -> Option<usize> {
    let StepKind::Uses(uses) = &step.kind else { return None };
    let (around, target) = (actions.folder(action)?, uses.target.as_ref()?);
    let folder = match target {
        // A folder of the workspace is looked at when its step runs: a condition may end the circle. That of the own repository
        // is taken to be there.
        StepUses::Workspace(_) if actions.bundle.checks_out(action) => return None,
        StepUses::Workspace(path) if around.repository.is_none() && step.condition.is_none() => {
            Reference::local(path.text.trim_matches('/'))
        }
        target => of_target(around, target)?,
    };
    match actions.bundle.target(&folder) {
        Target::Action(used) => Some(used),
        Target::NotThere | Target::NotSupplied | Target::Unreadable(_) => None,
    }
}
