//! How long each step of the releases took, and how long its gates want at least.

use std::fmt::Write as _;
use std::time::Duration;

use towpath_core::event::{Cause, Event};
use towpath_core::pipeline::{Environment, Gate, GateKind, Pipeline};
use towpath_core::time::Span;

use super::play::ACTS;
use super::story::{Happened, Story};

/// One step of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    version: &'static str,
    what: String,
    /// What its gates want at least, if they want a time.
    floor: Option<Span>,
    took: Duration,
}

/// The steps of all acts, environment by environment.
pub(super) fn steps(story: &Story, pipeline: &Pipeline) -> Vec<Step> {
    let mut steps = Vec::new();
    for (act, (version, _)) in (1..).zip(ACTS) {
        for environment in &pipeline.environments {
            let stay = Stay { happened: &story.happened, act, environment };
            steps.extend(stay.steps(version, pipeline));
        }
    }
    steps
}

/// The steps as a table.
pub(super) fn table(steps: &[Step]) -> String {
    let mut out = format!("{:<9}{:<40}{:<10}{}\n", "RELEASE", "STEP", "AT LEAST", "TOOK");
    for Step { version, what, floor, took } in steps {
        let floor = floor.map_or_else(|| "-".to_owned(), |floor| floor.to_string());
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{version:<9}{what:<40}{floor:<10}{:.1}s", took.as_secs_f64());
    }
    out
}

/// What happened in one environment because of one release.
struct Stay<'s> {
    happened: &'s [Happened],
    act: usize,
    environment: &'s Environment,
}

impl Stay<'_> {
    /// When the first such event of a promotion with this cause was heard of.
    fn at(&self, cause: Cause, is: fn(&Event) -> bool) -> Option<Duration> {
        let here = |happened: &&Happened| {
            let promotion = happened.promotion.as_ref().filter(|promotion| promotion.cause == cause);
            happened.act == self.act && promotion.is_some_and(|p| p.environment == self.environment.name)
        };
        self.happened.iter().filter(here).find(|happened| is(&happened.event)).map(|happened| happened.after)
    }

    fn steps(&self, version: &'static str, pipeline: &Pipeline) -> Vec<Step> {
        let soak = pipeline.edges_from(&self.environment.name).map(|edge| edge.soak).max();
        let (verify, bake) = (verify(self.environment), self.environment.bake.as_ref());
        let (came, good) = (self.at(Cause::Auto, is_promoted), self.at(Cause::Auto, is_verified));
        let (bad, baked) = (self.at(Cause::Auto, is_failed), self.at(Cause::Auto, is_baked));
        let (left, back) = (self.at(Cause::Rollback, is_promoted), self.at(Cause::Rollback, is_verified));
        // A soak ends with the verification or later; the demo's are no longer than that.
        let stay = if soak.is_some() { "stable, verified and soaked" } else { "stable and verified" };
        let floor = verify.max(soak.unwrap_or_default());
        let found = if good.is_none() { "found bad" } else { "found bad in the bake" };
        let rows = [
            (stay, Some(floor), came, good),
            ("bake passed", bake.map(|bake| bake.duration), good, baked.filter(|_| bake.is_some())),
            (found, Some(verify).filter(|_| good.is_none()), good.or(came), bad),
            ("taken back by a commit", None, bad, left),
            ("back in order", Some(verify), left, back),
        ];
        let step = |(what, floor, from, to): (&str, Option<Span>, Option<Duration>, Option<Duration>)| {
            let what = format!("{}: {what}", self.environment.name);
            Some(Step { version, what, floor, took: to?.saturating_sub(from?) })
        };
        rows.into_iter().filter_map(step).collect()
    }
}

fn is_promoted(event: &Event) -> bool {
    matches!(event, Event::Promoted { .. })
}

fn is_verified(event: &Event) -> bool {
    matches!(event, Event::Verified { .. })
}

fn is_baked(event: &Event) -> bool {
    matches!(event, Event::Baked { .. })
}

fn is_failed(event: &Event) -> bool {
    matches!(event, Event::Failed { .. })
}

/// What stable period and metric windows want together; QA takes what it takes.
fn verify(environment: &Environment) -> Span {
    let window = |gate: &Gate| match &gate.kind {
        GateKind::Metric(metric) => Some(metric.window),
        GateKind::Qa(_) => None,
    };
    let window = environment.verify.iter().filter_map(window).max().unwrap_or_default();
    Span::seconds(environment.stable.as_seconds().saturating_add(window.as_seconds()))
}

#[cfg(test)]
mod tests {
    use towpath_core::event::FailedPhase;
    use towpath_core::id::{CommitId, GateHash, Name, Pid, ReleaseId};
    use towpath_core::pipeline::{Document, MetricTemplate, Templates};

    use super::super::story::Promotion;
    use super::*;

    fn pipeline() -> Pipeline {
        let yaml = include_str!("../../../../environments/pipelines/web.yaml");
        let document: Document = serde_saphyr::from_str(yaml).unwrap();
        let template = MetricTemplate {
            query: "x".to_owned(),
            max: Some(1.0),
            min: None,
            interval: Span::seconds(1),
            duration: Span::seconds(20),
            failure_limit: 0,
            min_samples: None,
        };
        let metrics = [("http-errors".to_owned(), template)].into();
        let qa = ["smoke", "regression"].map(|name| (name.to_owned(), "1".to_owned())).into();
        Pipeline::new(&document, &Templates { metrics: &metrics, qa: &qa }).unwrap()
    }

    fn name() -> Name {
        Name::parse("staging").unwrap()
    }

    fn release() -> ReleaseId {
        ReleaseId::parse("r-0123456789abcdef0123").unwrap()
    }

    fn happened(second: u64, cause: Cause, event: Event) -> Happened {
        let promotion = Promotion { act: 1, environment: name(), r: release(), cause };
        Happened { after: Duration::from_secs(second), act: 1, promotion: Some(promotion), event }
    }

    fn promoted(second: u64, cause: Cause) -> Happened {
        let id = |letter: &str| CommitId::parse(&letter.repeat(40)).unwrap();
        let event = Event::Promoted {
            pid: pid(),
            env: name(),
            r: release(),
            attempt: 1,
            cause,
            commit: id("a"),
            base: id("b"),
            gates: GateHash::of(&[]),
            from: None,
            q: None,
            landed: true,
        };
        happened(second, cause, event)
    }

    fn pid() -> Pid {
        Pid::parse("p-0123456789abcdef0123").unwrap()
    }

    fn verified(second: u64, cause: Cause) -> Happened {
        let event =
            Event::Verified { env: name(), pid: pid(), r: release(), gates: GateHash::of(&[]), policy: None };
        happened(second, cause, event)
    }

    fn failed(second: u64, phase: FailedPhase) -> Happened {
        happened(second, Cause::Auto, Event::Failed { env: name(), pid: pid(), phase, gate: None })
    }

    /// Each step as its words, what it wants in seconds (-1 for nothing) and what it took.
    fn told(happened: &[Happened]) -> Vec<(String, i64, u64)> {
        let pipeline = pipeline();
        let stay = Stay { happened, act: 1, environment: pipeline.environment(&name()).unwrap() };
        let brief = |step: Step| {
            let floor = step.floor.map_or(-1, |floor| i64::from(floor.as_seconds()));
            (step.what.replace("staging: ", ""), floor, step.took.as_secs())
        };
        stay.steps("1.0", &pipeline).into_iter().map(brief).collect()
    }

    #[test]
    fn a_good_stay_is_as_long_as_its_longest_gate() {
        let happened = [promoted(5, Cause::Auto), verified(45, Cause::Auto)];
        // The reference pipeline wants an hour of soak.
        assert_eq!(told(&happened), [("stable, verified and soaked".to_owned(), 3_600, 40)]);
    }

    #[test]
    fn a_bad_stay_is_found_taken_back_and_put_in_order() {
        let happened = [
            promoted(5, Cause::Auto),
            failed(15, FailedPhase::Verification),
            promoted(16, Cause::Rollback),
            verified(36, Cause::Rollback),
        ];
        let expected = [("found bad", 30, 10), ("taken back by a commit", -1, 1), ("back in order", 30, 20)];
        assert_eq!(told(&happened), expected.map(|(what, floor, took)| (what.to_owned(), floor, took)));
        let late = [promoted(5, Cause::Auto), verified(45, Cause::Auto), failed(50, FailedPhase::Bake)];
        assert_eq!(told(&late).last(), Some(&("found bad in the bake".to_owned(), -1, 5)));
    }

    #[test]
    fn the_table_is_aligned() {
        let step = |what: &str, floor| Step {
            version: "1.0",
            what: what.to_owned(),
            floor,
            took: Duration::from_millis(1_240),
        };
        let text = table(&[step("dev: a", Some(Span::seconds(2))), step("staging: longer", None)]);
        let columns: Vec<usize> = text.lines().map(|line| line.rfind("  ").unwrap()).collect();
        assert!(columns.iter().all(|column| *column == columns[0]) && text.ends_with("1.2s\n"), "{text}");
    }
}
