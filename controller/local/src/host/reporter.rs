//! What a host tells while it works.

use std::collections::BTreeMap;

use towpath_core::decide::{Answer, Wait, WaitCode};
use towpath_core::event::Recorded;
use towpath_core::id::{Name, PipelineId};
use towpath_core::invariant::Violation;
use towpath_core::journal::State;
use towpath_core::time::Time;
use towpath_engine::{EngineError, PassReport};

use super::trouble::Trouble;

/// Hears what happens. Each method is called once for each thing that is new.
pub trait Reporter {
    /// Something was recorded; `state` is the journal after the pass, where it is known.
    fn recorded(&mut self, pipeline: &PipelineId, event: &Recorded, state: Option<&State>) {
        let _ = (pipeline, event, state);
    }

    /// An environment waits, for other reasons, objects or remedies than the last time it was told of.
    fn waits(&mut self, pipeline: &PipelineId, environment: &Name, waits: &[Wait]) {
        let _ = (pipeline, environment, waits);
    }

    /// Somebody should look at this now.
    fn alarm(&mut self, pipeline: &PipelineId, environment: &Name, wait: &Wait) {
        let _ = (pipeline, environment, wait);
    }

    /// An effect was refused that would have broken an invariant: the `total`-th of this host, over all its pipelines and
    /// passes. The environment waits, which is an alarm of its own.
    fn refused(&mut self, pipeline: &PipelineId, violation: &Violation, total: u64) {
        let _ = (pipeline, violation, total);
    }

    /// A pass over a pipeline ended early.
    fn failed(&mut self, pipeline: &PipelineId, error: &EngineError) {
        let _ = (pipeline, error);
    }

    /// The same as `failed` a moment before, as a person needs it.
    fn trouble(&mut self, pipeline: &PipelineId, trouble: &Trouble) {
        let _ = (pipeline, trouble);
    }

    /// The host sleeps until then, or until one of its `running` QA runs ends.
    fn sleeps(&mut self, until: Time, running: usize) {
        let _ = (until, running);
    }
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Reporter for Silent {}

/// What tells a wait from others: why, for what, and what to do. The sentence may have times in it that pass.
type Reason = (WaitCode, String, String);

fn reason(wait: &Wait) -> Reason {
    (wait.code, wait.object.clone(), wait.remedy.clone())
}

/// What was told before, so that it is not told again.
#[derive(Debug, Default)]
pub(super) struct Told {
    waits: BTreeMap<(PipelineId, Name), Vec<Reason>>,
    /// How many effects were refused.
    refused: u64,
}

impl Told {
    /// Tells what is new about the answers of a pass.
    pub(super) fn tell(&mut self, pipeline: &PipelineId, report: &PassReport, reporter: &mut dyn Reporter) {
        for violation in &report.violations {
            self.refused += 1;
            reporter.refused(pipeline, violation, self.refused);
        }
        for (environment, answer) in &report.answers {
            let waits: &[Wait] = match answer {
                Answer::Wait(waits) => waits,
                Answer::Act(_) | Answer::Settled => &[],
            };
            let key = (pipeline.clone(), environment.clone());
            let now: Vec<Reason> = waits.iter().map(reason).collect();
            let before = self.waits.insert(key, now.clone()).unwrap_or_default();
            if before != now && !waits.is_empty() {
                reporter.waits(pipeline, environment, waits);
            }
            let new = |wait: &&Wait| !before.contains(&reason(wait));
            for wait in waits.iter().filter(|wait| wait.code.is_alarm()).filter(new) {
                reporter.alarm(pipeline, environment, wait);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use towpath_core::decide::When;

    #[derive(Default)]
    struct Heard(Vec<String>);

    impl Reporter for Heard {
        fn waits(&mut self, _: &PipelineId, environment: &Name, waits: &[Wait]) {
            self.0.push(format!("{environment} {}", waits.len()));
        }
        fn alarm(&mut self, _: &PipelineId, environment: &Name, wait: &Wait) {
            self.0.push(format!("{environment}! {}", wait.text));
        }
        fn refused(&mut self, pipeline: &PipelineId, violation: &Violation, total: u64) {
            self.0.push(format!("{pipeline} {} {total}", violation.rule));
        }
    }

    fn report(codes: &[(WaitCode, &str)]) -> PassReport {
        let when = When::resync(Time::from_unix(0));
        let wait = |(code, text): &(WaitCode, &str)| Wait::new(*code, *text, "", when);
        let answer = match codes {
            [] => Answer::Settled,
            codes => Answer::Wait(codes.iter().map(wait).collect()),
        };
        PassReport { answers: [(Name::parse("dev").unwrap(), answer)].into(), ..PassReport::default() }
    }

    #[test]
    fn each_effect_that_is_refused_counts_whatever_was_told_before() {
        let (mut told, mut heard) = (Told::default(), Heard::default());
        let violation =
            |rule| Violation { environment: Name::parse("dev").unwrap(), rule, what: String::new() };
        for (id, rules) in
            [("shop/web", vec!["S9", "S10"]), ("shop/web", vec!["S9"]), ("shop/api", vec!["S9"])]
        {
            let violations = rules.into_iter().map(violation).collect();
            let report = PassReport { violations, ..PassReport::default() };
            told.tell(&PipelineId::parse(id).unwrap(), &report, &mut heard);
        }
        assert_eq!(heard.0, ["shop/web S9 1", "shop/web S10 2", "shop/web S9 3", "shop/api S9 4"]);
    }

    #[test]
    fn each_thing_is_told_once_until_it_is_new_again() {
        let (mut told, mut heard) = (Told::default(), Heard::default());
        let id = PipelineId::parse("shop/web").unwrap();
        let stalled = |text| report(&[(WaitCode::SyncStalled, text)]);
        let steps = [report(&[(WaitCode::Syncing, "1s")]), report(&[(WaitCode::Syncing, "2s")])];
        let steps = steps.into_iter().chain([stalled("a"), stalled("b"), report(&[]), stalled("c")]);
        for step in steps {
            told.tell(&id, &step, &mut heard);
        }
        assert_eq!(heard.0, ["dev 1", "dev 1", "dev! a", "dev 1", "dev! c"]);
    }
}
