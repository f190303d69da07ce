//! What can never run, or fails whenever it does: a flag with its reasons, beside the verdict.
//!
//! Only what the files prove counts: a condition that is never true, a label whose runners are gone, an action that GitHub fails by
//! itself, an event that nothing can cause. Whether anybody still needs a workflow is another question: see
//! [`super::History`].

mod events;
mod jobs;
mod withdrawn;

use jiff::civil::Date;

pub(super) use self::events::is_dead_event;
pub use withdrawn::{Versions, WITHDRAWN, Withdrawn};

use super::mark::{Mark, Marks};
use super::mask::masked;
use super::sight::{FileAt, Spot};
use crate::graph::{Actions, Family};
use crate::read::TokenId;

/// What of a workflow can never run to its end.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dead {
    /// Whether that is all of it.
    pub is_whole: bool,
    /// Why, in the order of the source. Where not all of it is dead, these are for the jobs that are.
    pub signs: Vec<Sign>,
}

/// Something that makes a job or a workflow dead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sign {
    /// Why.
    pub why: Why,
    /// What is meant: a job, a label, an action, an event.
    pub target: String,
    /// Where.
    pub mark: Mark,
}

/// Why something is dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Why {
    /// The condition of the job is never true.
    NeverTrue,
    /// The conditions of all its steps are never true.
    NoStep,
    /// GitHub has no runners with the label any more, since this day.
    RetiredLabel(Date),
    /// GitHub fails whoever uses the action at this version, since this day.
    WithdrawnAction(Date),
    /// Nothing that happens causes the event as it is filtered.
    NoEvent,
}

impl Why {
    /// Its name, which stays the same.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NeverTrue => "never-true",
            Self::NoStep => "no-step",
            Self::RetiredLabel(_) => "retired-label",
            Self::WithdrawnAction(_) => "withdrawn-action",
            Self::NoEvent => "no-event",
        }
    }

    /// What it means.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::NeverTrue => "the condition is never true, so the job never runs",
            Self::NoStep => "the conditions of all steps are never true, so the job does nothing",
            Self::RetiredLabel(_) => {
                "GitHub has no such runners any more; the job waits unless somebody else has one"
            }
            Self::WithdrawnAction(_) => "GitHub fails each job that uses this version, before its first step",
            Self::NoEvent => "nothing that happens passes these filters",
        }
    }

    /// Since when, where that is known.
    #[must_use]
    pub const fn since(self) -> Option<Date> {
        match self {
            Self::RetiredLabel(since) | Self::WithdrawnAction(since) => Some(since),
            Self::NeverTrue | Self::NoStep | Self::NoEvent => None,
        }
    }
}

/// A sign before its place is looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Found {
    why: Why,
    target: String,
    file: FileAt,
    token: TokenId,
}

impl Dead {
    /// Looks at a workflow as of a day, with all that it calls and uses.
    #[must_use]
    pub fn of(family: &Family<'_>, actions: &Actions<'_>, today: Date) -> Self {
        let Some(root) = family.root() else { return Self::default() };
        if let Some(found) = events::all_dead(root) {
            return Self { is_whole: true, signs: signs(family, actions, found) };
        }
        let jobs::Jobs { all_dead, found } = jobs::Files::new(family, actions, today).of(0);
        Self { is_whole: all_dead, signs: signs(family, actions, found) }
    }
}

fn signs(family: &Family<'_>, actions: &Actions<'_>, found: Vec<Found>) -> Vec<Sign> {
    let mut marks = Marks::new(family, actions);
    let sign = |Found { why, target, file, token }| {
        let document = match file {
            FileAt::Workflow(at) => family.graphs.get(at).map(|graph| graph.workflow.document),
            FileAt::Action(at) => actions.models.get(at).map(|model| model.document),
        };
        let span = document.map(|document| document.span(token))?;
        let mark = marks.mark(why.name(), Spot { file, span }, None);
        Some(Sign { why, target: masked(&target).into_owned(), mark })
    };
    found.into_iter().filter_map(sign).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::civil::date;

    use super::*;
    use crate::graph::{ActionBundle, ActionFiles};
    use crate::model::call::{Bundle, Lookup, Program, Reference, Rules, WorkflowFiles};
    use crate::read::{Limits, read_workflow};

    struct Around(BTreeMap<&'static str, &'static str>);

    impl Around {
        fn text(&self, reference: &Reference) -> Lookup {
            let text = self.0.get(reference.to_string().as_str());
            text.map_or(Lookup::NotSupplied, |text| Lookup::Text((*text).into()))
        }
    }

    impl WorkflowFiles for Around {
        fn look_up(&self, reference: &Reference) -> Lookup {
            self.text(reference)
        }
    }

    impl ActionFiles for Around {
        fn look_up(&self, folder: &Reference) -> Lookup {
            self.text(folder)
        }
    }

    fn dead_among(source: &str, others: &[(&'static str, &'static str)]) -> Dead {
        let (limits, around) = (Limits::default(), Around(others.iter().copied().collect()));
        let reference = Reference::local(".github/workflows/ci.yml");
        let bundle = Bundle::load(reference, read_workflow(source, &limits), &around, &limits);
        let program = Program::of(&bundle, &Rules::default());
        let family = Family::of(&program);
        let loaded = ActionBundle::load(&family, &around, &limits);
        Dead::of(&family, &Actions::of(&loaded), date(2026, 11, 22))
    }

    fn told(dead: &Dead) -> (bool, Vec<String>) {
        let sign = |sign: &Sign| {
            let file = sign.mark.file().map(|file| format!("{file}:")).unwrap_or_default();
            format!("{file}{}:{} {}", sign.mark.start.line, sign.why.name(), sign.target)
        };
        (dead.is_whole, dead.signs.iter().map(sign).collect())
    }

    #[track_caller]
    fn is(source: &str, is_whole: bool, signs: &[&str]) {
        let dead = dead_among(source, &[]);
        assert_eq!(
            told(&dead),
            (is_whole, signs.iter().map(|sign| (*sign).to_owned()).collect()),
            "{source}"
        );
    }

    fn jobs(jobs: &[&str]) -> String {
        let jobs = jobs.iter().zip('a'..).map(|(job, id)| format!("  {id}: {{{job}}}\n"));
        format!("on: push\njobs:\n{}", jobs.collect::<String>())
    }

    const LIVE: &str = "runs-on: ubuntu-24.04, steps: [{run: x}]";

    #[test]
    fn what_runs_is_not_dead() {
        is(&jobs(&[LIVE]), false, &[]);
        is(
            &jobs(&["if: github.ref == 'x', runs-on: [self-hosted, ubuntu-18.04], steps: [{run: x}]"]),
            false,
            &[],
        );
        is(&jobs(&["runs-on: '${{ vars.x }}', steps: [{if: false, run: x}, {run: x}]"]), false, &[]);
    }

    #[test]
    fn conditions_that_are_never_true() {
        let never = format!("if: false, {LIVE}");
        is(&jobs(&[&never]), true, &["3:never-true a"]);
        is(&jobs(&[&never, LIVE]), false, &["3:never-true a"]);
        is(&jobs(&[&format!("if: '${{{{ failure() }}}}', {LIVE}")]), true, &["3:never-true a"]);
        is(
            &jobs(&["runs-on: x, steps: [{if: false, run: x}, {if: '1 == 2', run: x}]"]),
            true,
            &["3:no-step a"],
        );
        is(&jobs(&["runs-on: x, steps: []"]), false, &[]);
    }

    #[test]
    fn what_waits_for_the_dead_is_dead_unless_it_runs_all_the_same() {
        let never = format!("if: false, {LIVE}");
        let (after, always) = (format!("needs: a, {LIVE}"), format!("needs: a, if: always(), {LIVE}"));
        is(&jobs(&[&never, &after]), true, &["3:never-true a"]);
        is(&jobs(&[&never, &after, &format!("needs: b, {LIVE}")]), true, &["3:never-true a"]);
        is(&jobs(&[&never, &always]), false, &["3:never-true a"]);
        let excused = "continue-on-error: true, runs-on: x, steps: [{uses: actions/cache@v2}]";
        is(&jobs(&[excused, &after]), false, &["3:withdrawn-action actions/cache@v2"]);
    }

    #[test]
    fn labels_that_are_gone() {
        is(&jobs(&["runs-on: ubuntu-18.04, steps: [{run: x}]"]), true, &["3:retired-label ubuntu-18.04"]);
        let matrix = |labels: &str| {
            jobs(&[&format!(
                "strategy: {{matrix: {{o: [{labels}]}}}}, runs-on: '${{{{ matrix.o }}}}', steps: [{{run: x}}]"
            )])
        };
        is(&matrix("ubuntu-16.04, macos-11"), true, &["3:retired-label ubuntu-16.04"]);
        is(&matrix("ubuntu-16.04, ubuntu-24.04"), false, &[]);
    }

    #[test]
    fn actions_that_github_fails() {
        let with =
            |uses: &str| jobs(&[&format!("runs-on: x, steps: [{{run: x}}, {{if: false, uses: {uses}}}]")]);
        is(&with("actions/upload-artifact@v3"), true, &["3:withdrawn-action actions/upload-artifact@v3"]);
        is(&with("actions/upload-artifact@v4"), false, &[]);
        let parallel = jobs(&["runs-on: x, steps: [{run: x}, {parallel: [{uses: actions/cache@v1}]}]"]);
        is(&parallel, true, &["3:withdrawn-action actions/cache@v1"]);
    }

    #[test]
    fn composite_actions_are_looked_into() {
        let source = "on: push\njobs:\n  a: {runs-on: x, steps: [{uses: $/own}]}\n";
        let own = "name: x\ndescription: x\nruns:\n  using: composite\n  steps:\n    - uses: $/deep\n";
        let deep =
            "name: x\ndescription: x\nruns:\n  using: composite\n  steps:\n    - uses: actions/cache@v2\n";
        let round = "name: x\ndescription: x\nruns:\n  using: composite\n  steps:\n    - uses: $/own\n";
        let dead = dead_among(source, &[("own", own), ("deep", deep)]);
        assert_eq!(told(&dead), (true, vec!["deep:6:withdrawn-action actions/cache@v2".to_owned()]));
        assert_eq!(dead_among(source, &[("own", own), ("deep", round)]), Dead::default(), "no end, no sign");
    }

    #[test]
    fn calls_of_the_dead_are_dead() {
        let source = "on: push\njobs:\n  a: {uses: ./.github/workflows/b.yml}\n";
        let called =
            |rest: &str| format!("on: workflow_call\njobs:\n  x: {{{rest}}}\n").leak() as &'static str;
        let dead = dead_among(
            source,
            &[(".github/workflows/b.yml", called("if: false, runs-on: x, steps: [{run: x}]"))],
        );
        assert_eq!(told(&dead), (true, vec![".github/workflows/b.yml:3:never-true x".to_owned()]));
        let dead = dead_among(source, &[(".github/workflows/b.yml", called(LIVE))]);
        assert_eq!(dead, Dead::default());
        let itself = "on: [push, workflow_call]\njobs:\n  a: {uses: ./.github/workflows/ci.yml}\n";
        assert_eq!(dead_among(itself, &[(".github/workflows/ci.yml", itself)]), Dead::default());
    }

    #[test]
    fn a_workflow_that_nothing_starts_is_dead() {
        let on = |on: &str| format!("on: {on}\njobs:\n  a: {{{LIVE}}}\n");
        is(&on("{push: {branches: ['!main']}}"), true, &["1:no-event push"]);
        is(&on("{push: {branches: ['!main']}, workflow_dispatch: }"), false, &[]);
    }
}
