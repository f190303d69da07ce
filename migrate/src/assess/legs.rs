//! In which legs of a job a step may run: what it asks for counts for these alone.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::expression::Condition;
use crate::graph::{Foreseen, Job, KnownInputs, is_of_legs};

/// Legs of a job, by their places as [`AssessedLeg`](super::AssessedLeg) counts them; `None`: all of them.
pub type SomeLegs = Option<Arc<[usize]>>;

/// Whether these are none.
pub(super) fn runs_nowhere(legs: &SomeLegs) -> bool {
    legs.as_ref().is_some_and(|legs| legs.is_empty())
}

/// Whether all of these legs are among those.
pub(super) fn are_among(legs: &SomeLegs, those: &SomeLegs) -> bool {
    match (legs, those) {
        (_, None) => true,
        (None, Some(_)) => false,
        // Both are sorted.
        (Some(legs), Some(those)) => legs.iter().all(|leg| those.binary_search(leg).is_ok()),
    }
}

/// All of these and those.
pub(super) fn both(legs: &SomeLegs, those: &SomeLegs) -> SomeLegs {
    let (legs, those) = (legs.as_ref()?, those.as_ref()?);
    Some(legs.iter().chain(those.iter()).copied().collect::<BTreeSet<_>>().into_iter().collect())
}

/// What looking at conditions in legs may take in one workflow, in [`Foreseen::price`]. Behind that, steps count for all legs.
pub(super) const MOST: usize = 1 << 23;

/// What a step stands in.
pub(super) enum Body {
    /// A job of a workflow.
    Workflow,
    /// An action, with the inputs that it is given, as far as they are known.
    Action(Option<KnownInputs>),
}

/// What is known of the legs of a job before they run.
pub(super) struct Legs<'j> {
    foreseen: Vec<Foreseen<'j>>,
    /// What may still be taken.
    left: Option<&'j Cell<usize>>,
}

impl<'j> Legs<'j> {
    /// Those of a job of a run, as its callers make it run.
    pub(super) fn of(called: &'j [Cow<'_, Job<'_>>], left: &'j Cell<usize>) -> Self {
        let legs = called.iter().flat_map(|job| job.known_legs().map(|leg| job.foreseen(leg)));
        Self { foreseen: legs.collect(), left: Some(left) }
    }

    /// Nothing is known of them.
    pub(super) const fn unknown() -> Self {
        Self { foreseen: Vec::new(), left: None }
    }

    /// Those in which the job itself may run.
    pub(super) fn running(&self) -> SomeLegs {
        self.those(None, |leg| leg.is_run)
    }

    /// Those of some legs in which a step with a condition may run.
    pub(super) fn with(&self, around: &SomeLegs, condition: Option<&Condition>, body: &Body) -> SomeLegs {
        let written = condition.filter(|condition| condition.written.is_some());
        let (Some(condition), Some(first)) = (written, self.foreseen.first()) else { return around.clone() };
        let is_never = |leg: &Foreseen<'_>| {
            let leg = match body {
                Body::Workflow => *leg,
                Body::Action(inputs) => leg.in_action(inputs.as_ref()),
            };
            self.takes(leg.price(condition)) && leg.is_never(condition)
        };
        if is_of_legs(condition) {
            self.those(around.as_ref(), |leg| !is_never(leg))
        } else if is_never(first) {
            Some(Arc::default())
        } else {
            around.clone()
        }
    }

    /// Those of some legs of which something is true.
    fn those(&self, around: Option<&Arc<[usize]>>, is_meant: impl Fn(&Foreseen<'_>) -> bool) -> SomeLegs {
        let is_meant = |at: &usize| self.foreseen.get(*at).is_none_or(&is_meant);
        match around {
            Some(around) => Some(around.iter().copied().filter(is_meant).collect()),
            None => {
                let legs: Vec<_> = (0..self.foreseen.len()).filter(is_meant).collect();
                (legs.len() < self.foreseen.len()).then(|| legs.into())
            }
        }
    }

    /// Whether so much may still be taken.
    fn takes(&self, price: usize) -> bool {
        let left = self.left.and_then(|left| Some((left, left.get().checked_sub(price)?)));
        left.inspect(|(cell, left)| cell.set(*left)).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::MOST;
    use crate::assess::{Assessment, Profile, Sheet, Verdict, WorkflowSight};
    use crate::graph::{ActionBundle, ActionFiles, Actions, Family};
    use crate::model::call::{Bundle, Lookup, Program, Reference, Rules};
    use crate::read::{Limits, read_workflow};

    /// Every action is this one.
    struct Action(&'static str);

    impl ActionFiles for Action {
        fn look_up(&self, _: &Reference) -> Lookup {
            Lookup::Text(self.0.into())
        }
    }

    /// The verdict of each leg, what was found with the legs that it counts for, and how many constructs are dropped.
    fn legs(source: &str, action: &'static str) -> (Vec<Verdict>, Vec<(&'static str, usize)>, usize) {
        let (limits, profile) = (Limits::default(), Profile::default());
        let path = Reference::local(".github/workflows/ci.yml");
        let bundle = Bundle::alone(path, read_workflow(source, &limits));
        let program = Program::of(&bundle, &Rules::default());
        let family = Family::of(&program);
        let loaded = ActionBundle::load(&family, &Action(action), &limits);
        let actions = Actions::of(&loaded);
        let workflow = WorkflowSight::new(&family, &actions, &profile);
        let assessment = Assessment::of(&workflow);
        let sheet = Sheet::of(&workflow, &assessment, String::new(), String::new());
        let reasons = sheet.reasons.iter().map(|cited| (cited.rule.id, cited.legs.0)).collect();
        let dropped = sheet.fidelities[2];
        (assessment.legs.iter().map(|leg| leg.verdict).collect(), reasons, dropped)
    }

    fn job(runs_on: &str, matrix: &str, steps: &str) -> String {
        format!(
            "on: push\npermissions: {{}}\njobs:\n  a:\n    runs-on: {runs_on}\n    strategy: {{matrix: {{{matrix}}}}}\n    steps:\n{steps}"
        )
    }

    const WINDOWS: &str = "name: x\ndescription: x\nruns:\n  using: composite\n  steps:\n    - {if: runner.os == 'Linux', run: docker build ., shell: bash}\n    \
                           - {if: \"inputs.x == 'y'\", run: make, shell: bash}\n";

    #[test]
    fn what_a_step_asks_for_counts_for_the_legs_in_which_it_may_run() {
        use Verdict::{Automatic, Keep, Redesign};
        let docker = |condition: &str| format!("      - {{if: \"{condition}\", run: docker build .}}\n");
        let go = "go: ['1.24', '1.25']";
        for (runs_on, matrix, steps, verdicts, reasons) in [
            (
                "ubuntu-24.04",
                go,
                docker("matrix.go == '1.25'"),
                [Automatic, Redesign],
                &[("docker-daemon", 1)][..],
            ),
            ("ubuntu-24.04", go, docker("github.ref == 'x'"), [Redesign, Redesign], &[("docker-daemon", 2)]),
            ("ubuntu-24.04", go, docker("matrix.go == '1.26'"), [Automatic, Automatic], &[]),
            ("ubuntu-24.04", go, docker("false"), [Automatic, Automatic], &[]),
            (
                "'${{ matrix.os }}'",
                "os: [ubuntu-24.04, macos-15]",
                docker("runner.os == 'Linux'"),
                [Redesign, Keep],
                &[("keep-os", 1), ("docker-daemon", 1)],
            ),
            (
                "'${{ matrix.os }}'",
                "os: [ubuntu-24.04, macos-15]",
                docker("runner.os == 'macOS'"),
                [Automatic, Keep],
                &[("keep-os", 1), ("docker-daemon", 1)],
            ),
            // The steps of an action, too; its inputs are not those of the workflow.
            (
                "ubuntu-24.04",
                go,
                "      - {uses: o/r@v1}\n".to_owned(),
                [Redesign, Redesign],
                &[("docker-daemon", 2)],
            ),
            (
                "ubuntu-24.04",
                go,
                "      - {uses: o/r@v1, if: \"matrix.go == '1.24'\"}\n".to_owned(),
                [Redesign, Automatic],
                &[("docker-daemon", 1)],
            ),
        ] {
            let source = job(runs_on, matrix, &steps);
            let (found, told, _) = legs(&source, WINDOWS);
            assert_eq!((found.as_slice(), told.as_slice()), (verdicts.as_slice(), reasons), "{source}");
        }
    }

    /// What a step gives to an action, and what the action has by itself, tells which of its steps run.
    #[test]
    fn given_inputs_tell_which_steps_of_an_action_run() {
        const ACTION: &str = "name: x\ndescription: x\ninputs: {mode: {default: slow}, on: {}}\nruns:\n  using: composite\n  steps:\n    \
                              - {if: \"inputs.mode == 'slow'\", run: docker build ., shell: bash}\n";
        for (with, is_found) in [
            ("", true),
            ("with: {mode: fast}", false),
            ("with: {MODE: slow}", true),
            ("with: {on: true}", true),
            ("with: {mode: '${{ vars.MODE }}'}", true),
            ("with: '${{ fromJSON(vars.ALL) }}'", true),
            ("with: {mode: true}", false),
        ] {
            let steps = format!("      - uses: o/r@v1\n        {with}\n");
            let (_, reasons, _) = legs(&job("ubuntu-24.04", "x: [1]", &steps), ACTION);
            assert_eq!(reasons.iter().any(|(rule, _)| *rule == "docker-daemon"), is_found, "{with}");
        }
    }

    /// The converter leaves a step out that never runs, so nothing in it asks for anybody.
    #[test]
    fn a_step_that_never_runs_is_dropped() {
        let step = "      - {if: false, run: 'docker build . --build-arg X=${{ toJSON(secrets) }}'}\n      - run: make\n";
        let (verdicts, reasons, dropped) = legs(&job("ubuntu-24.04", "x: [1]", step), WINDOWS);
        assert_eq!(
            (verdicts.as_slice(), reasons.as_slice()),
            ([Verdict::Automatic].as_slice(), [].as_slice())
        );
        assert!(dropped > 3, "{dropped}");
        // It sets up nothing, either.
        let steps = "      - {if: false, run: sudo apt-get install psql}\n      - run: psql\n";
        let (_, reasons, _) = legs(&job("ubuntu-24.04", "x: [1]", steps), WINDOWS);
        assert_eq!(reasons, [("tool-missing", 1)]);
    }

    #[test]
    fn jobs_that_never_run_ask_for_nothing() {
        let idle = "on: push\npermissions: {}\njobs:\n  a: {if: false, runs-on: ubuntu-24.04, steps: [{run: docker build .}]}\n  \
                    b: {runs-on: ubuntu-24.04, steps: [{run: make}]}\n";
        let (verdicts, reasons, dropped) = legs(idle, WINDOWS);
        assert_eq!(
            (verdicts.as_slice(), reasons.as_slice()),
            ([Verdict::Automatic].as_slice(), [].as_slice())
        );
        assert!(dropped > 3, "{dropped}");
        let only =
            "on: push\njobs:\n  a: {if: false, runs-on: ubuntu-24.04, steps: [{run: docker build .}]}\n";
        assert_eq!(legs(only, WINDOWS).0, [Verdict::Automatic], "a workflow has a verdict");
        let beside = "on: push\njobs:\n  a: {if: false, runs-on: ubuntu-24.04, steps: [{run: make}]}\n  \
                      b: {runs-on: macos-15, steps: [{run: make}]}\n";
        assert_eq!(legs(beside, WINDOWS).0, [Verdict::Keep], "it is no part that could move");
    }

    /// What several jobs share by an alias runs in the legs of each.
    #[test]
    fn shared_steps_count_for_each_job_by_itself() {
        let idle = "on: push\npermissions: {}\njobs:\n  a: {if: false, runs-on: ubuntu-24.04, steps: &s [{run: docker build .}]}\n  \
                    b: {runs-on: ubuntu-24.04, steps: *s}\n";
        let (verdicts, reasons, dropped) = legs(idle, WINDOWS);
        assert_eq!((verdicts.as_slice(), reasons.len(), dropped), ([Verdict::Redesign].as_slice(), 1, 0));
        let other = "on: push\npermissions: {}\njobs:\n  a: {runs-on: ubuntu-24.04, steps: &s [{if: runner.os == 'Linux', run: docker build .}, {run: make}]}\n  \
                     b: {runs-on: macos-15, steps: *s}\n";
        assert_eq!(legs(other, WINDOWS).0, [Verdict::Redesign, Verdict::Keep]);
    }

    #[test]
    fn what_is_told_of_a_job_and_stands_in_a_step_counts_for_the_legs_of_the_step() {
        let step = "      - {if: matrix.x == 1, run: 'echo ${{ github.head_ref }}'}\n";
        let source =
            |x: &str| job("ubuntu-24.04", &format!("x: [{x}]"), step).replace("on: push", "on: pull_request");
        let (verdicts, reasons, _) = legs(&source("1, 2"), WINDOWS);
        assert_eq!(
            (verdicts, reasons),
            (vec![Verdict::Edits, Verdict::Automatic], vec![("untrusted-text", 1)])
        );
        let (verdicts, reasons, _) = legs(&source("2"), WINDOWS);
        assert_eq!((verdicts, reasons), (vec![Verdict::Automatic], vec![]));
    }

    #[test]
    fn what_a_step_sets_up_in_some_legs_is_not_there_in_others() {
        let steps = |condition: &str| {
            format!(
                "      - {{if: matrix.x == 1, uses: actions/setup-go@v5}}\n      - {{{condition}run: go build}}\n"
            )
        };
        for (condition, expected) in [
            ("", &[("tool-missing", 2)][..]),
            ("if: matrix.x == 2, ", &[("tool-missing", 1)]),
            ("if: matrix.x == 1, ", &[]),
        ] {
            let (_, reasons, _) = legs(&job("ubuntu-24.04", "x: [1, 2]", &steps(condition)), WINDOWS);
            let told: Vec<_> = reasons.into_iter().filter(|(rule, _)| *rule == "tool-missing").collect();
            assert_eq!(told, expected, "{condition}");
        }
    }

    /// However many conditions there are, those that are the same in all legs are looked at once.
    #[test]
    fn behind_much_work_steps_count_for_all_legs() {
        let values: Vec<_> = (0..256).map(|value| value.to_string()).collect();
        let step = |text: &str| {
            format!("      - {{if: \"matrix.x == 0 && '{text}' != ''\", run: docker build .}}\n")
        };
        let matrix = format!("x: [{}]", values.join(", "));
        let long = "y".repeat(MOST / 256 / 4);
        let steps = step("y") + &step(&long).repeat(4) + "      - {if: false, run: kind create cluster}\n";
        let (_, reasons, _) = legs(&job("ubuntu-24.04", &matrix, &steps), WINDOWS);
        let counts: Vec<_> = reasons.iter().map(|(_, legs)| *legs).collect();
        assert_eq!((counts.first(), counts.last()), (Some(&1), Some(&256)));
        let steps = "      - {if: github.ref == 'x', run: make}\n".repeat(500)
            + "      - {if: false, run: docker build .}\n";
        assert_eq!(legs(&job("ubuntu-24.04", &matrix, &steps), WINDOWS).1, []);
    }
}
