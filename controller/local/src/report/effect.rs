//! What a pass is about to do, in words.

use towpath_core::decide::{Effect, Promotion};
use towpath_core::event::Cause;
use towpath_core::journal::State;

use super::{clean, event_text, version};

/// One line for one thing that is to be done.
pub fn effect_text(effect: &Effect, state: Option<&State>) -> String {
    match effect {
        Effect::Record(event) => format!("records: {}", event_text(event, state)),
        Effect::Promote(promotion) => promotion_text(promotion, state),
        Effect::Propose(promotion) => {
            format!("opens a pull request: {}", promotion_text(promotion, state))
        }
        Effect::Check { green: true, .. } => "turns the pull request's check green".to_owned(),
        Effect::Check { summary, .. } => {
            format!("turns the pull request's check red: {}", clean(summary))
        }
        Effect::StartQa(start) => {
            format!("starts {} (try {}) for {}", start.gate, start.attempt, version(state, &start.r))
        }
        Effect::EnsureQa(start, handle) => format!("makes sure that {} runs as {handle}", start.gate),
        Effect::Evaluate(evaluation) => format!("evaluates {}", evaluation.gate),
        Effect::Measure(measurement) => format!("reads {} up to {}", measurement.gate, measurement.to),
    }
}

fn promotion_text(promotion: &Promotion, state: Option<&State>) -> String {
    let (to, r) = (&promotion.environment, &promotion.r);
    let version = version(state, r);
    let because = promotion.because.as_deref().map_or_else(String::new, |why| format!(": {}", clean(why)));
    match promotion.cause {
        Cause::Auto => format!("promotes {version} ({r}) to {to}"),
        Cause::Manual => format!("promotes {version} ({r}) to {to} for {}", promotion.actor),
        Cause::Rollback => format!("rolls {to} back to {version} ({r}){because}"),
    }
}
