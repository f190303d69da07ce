//! Tables: a name, what happened on the stage, an environment, and what is said of it in one line.

use super::stage::Stage;
use crate::decide::{Answer, Effect};
use crate::event::Cause;

/// What is to be found where.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) happened: fn(&mut Stage),
    pub(super) environment: &'static str,
    pub(super) said: &'static str,
}

pub(super) const fn row(
    name: &'static str,
    happened: fn(&mut Stage),
    environment: &'static str,
    said: &'static str,
) -> Row {
    Row { name, happened, environment, said }
}

/// Plays each row on a stage of its own and shows all that differ.
#[track_caller]
pub(super) fn holds(rows: &[Row]) {
    let fault = |row: &Row| {
        let mut stage = Stage::new();
        (row.happened)(&mut stage);
        let said = said(&stage, row.environment);
        (said != row.said).then(|| format!("{}: expected {}, found {said}", row.name, row.said))
    };
    let faults: Vec<String> = rows.iter().filter_map(fault).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// An answer in one line.
pub(super) fn said(stage: &Stage, environment: &str) -> String {
    let joined = |words: Vec<String>| words.join(", ");
    match stage.answer(environment) {
        Answer::Settled => "settled".to_owned(),
        Answer::Wait(waits) => {
            format!("waits {}", joined(waits.iter().map(|wait| wait.code.to_string()).collect()))
        }
        Answer::Act(effects) => joined(effects.iter().map(|effect| done(stage, effect)).collect()),
    }
}

fn done(stage: &Stage, effect: &Effect) -> String {
    let version = |r| stage.state.release(r).unwrap().version();
    match effect {
        Effect::Record(event) => event.name().to_owned(),
        Effect::Promote(p) => match p.cause {
            Cause::Auto => format!("brings {}", version(&p.r)),
            Cause::Manual => format!("brings {} for {}", version(&p.r), p.actor),
            Cause::Rollback => format!("goes back to {}", version(&p.r)),
        },
        Effect::Propose(p) => format!("proposes {}", version(&p.r)),
        Effect::Check { green, .. } => format!("check {}", if *green { "green" } else { "red" }),
        Effect::StartQa(start) => format!("starts {} {}", start.gate, start.attempt),
        Effect::EnsureQa(start, _) => format!("makes sure of {}", start.gate),
        Effect::Measure(asked) => format!("reads {}", asked.gate),
        Effect::Evaluate(asked) => format!("evaluates {}", asked.gate),
    }
}
