//! The ids of steps that have none (runner: `ConvertToSteps`).

use std::borrow::Cow;

use super::step::{Step, StepKind, Uses};
use crate::values::id::Ids;
use crate::values::uses::StepUses;

/// The id of each step of one sequence: its own, or the one that GitHub gives it.
#[must_use]
pub fn step_ids<'d>(steps: &[Step<'d>]) -> Vec<Cow<'d, str>> {
    let mut ids = Ids::default();
    for id in steps.iter().filter_map(|step| step.id) {
        // What is wrong about it was told when it was read.
        let _ = ids.add(id.value);
    }
    let id = |step: &Step<'d>| match step.id {
        Some(id) => Cow::Borrowed(id.value),
        None => Cow::Owned(ids.generate(&stem(&step.kind))),
    };
    steps.iter().map(id).collect()
}

/// What an id is made of.
fn stem<'d>(kind: &StepKind<'d>) -> Cow<'d, str> {
    match kind {
        StepKind::Uses(Uses { target: Some(target), .. }) => match target {
            StepUses::Docker(image) => image.text.into(),
            StepUses::Workspace(_) | StepUses::SelfRepository(_) => "self".into(),
            StepUses::Repository(repository) => {
                format!("{}/{}", repository.owner.text, repository.name.text).into()
            }
        },
        StepKind::Wait(_) => "wait".into(),
        StepKind::WaitAll(_) => "wait-all".into(),
        StepKind::Cancel(_) => "cancel".into(),
        StepKind::Parallel(_) => "parallel".into(),
        StepKind::Run(_) | StepKind::Uses(_) | StepKind::Unknown => "run".into(),
    }
}
