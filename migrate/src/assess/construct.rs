//! What becomes of each construct of a workflow.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;

use super::Assessment;
use super::known::{Known, known};
use super::plain_use::{Starts, plain};
use super::reason::{Reason, Scope};
use super::rule::Meta;
use super::sight::{FileAt, WorkflowSight};
use super::verdict::{Rolled, Verdict};
use crate::features::{Catalogue, Construct, Feature, Role, constructs};
use crate::fidelity::Fidelity;
use crate::read::Document;
use crate::yaml::NodeId;

/// How many constructs have each fidelity, in the order of [`Fidelity::NAMES`].
pub type Fidelities = [usize; Fidelity::NAMES.len()];

/// A construct, and what becomes of it.
#[derive(Debug, Clone, Copy)]
pub struct Fate<'a> {
    /// The construct.
    pub construct: &'a Construct,
    /// What it is; `None` where GitHub refuses it or does not know it.
    pub feature: Option<&'static Feature>,
    /// Who says what becomes of it.
    pub by: By,
}

/// Who says what becomes of a construct.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum By {
    /// The table of features.
    Feature,
    /// The table of features, but for a use like this one, in which it keeps its meaning: why.
    Use(&'static str),
    /// The table of actions.
    Action(&'static Known),
    /// A rule that found something: in it, in its step, in its job, or in the whole workflow.
    Rule(&'static Meta),
}

impl Fate<'_> {
    /// What becomes of it. `None`: nobody has said.
    #[must_use]
    pub fn fidelity(&self) -> Option<Fidelity> {
        match self.by {
            By::Feature => self.feature?.fidelity,
            By::Use(_) => Some(Fidelity::Exact),
            By::Action(action) => Some(action.fidelity),
            By::Rule(rule) => Some(fidelity(rule.outcome)),
        }
    }

    /// How, or what somebody can do.
    #[must_use]
    pub fn how(&self) -> &'static str {
        match self.by {
            By::Feature => self.feature.map_or("", |feature| feature.how),
            By::Use(why) => why,
            By::Action(action) => action.how,
            By::Rule(rule) => rule.remedy,
        }
    }

    /// The rule that says it.
    #[must_use]
    pub const fn rule(&self) -> Option<&'static Meta> {
        match self.by {
            By::Rule(rule) => Some(rule),
            By::Feature | By::Use(_) | By::Action(_) => None,
        }
    }
}

/// The constructs of a workflow with who says what becomes of them.
#[derive(Debug)]
pub struct Fates {
    constructs: Vec<Construct>,
    by: Vec<By>,
}

impl Fates {
    /// Of a workflow that was assessed. What stays stays with all its parts: a job of which all legs stay, and a step whose action
    /// asks for something or does nothing there.
    #[must_use]
    pub fn of(workflow: &WorkflowSight<'_>, assessment: &Assessment) -> Self {
        let Some(root) = workflow.family.root() else {
            return Self { constructs: Vec::new(), by: Vec::new() };
        };
        let document = root.workflow.document;
        let constructs = constructs(document);
        let mut by = vec![By::Feature; constructs.len()];
        let mut parts =
            Parts { document, constructs: &constructs, whole: vec![None; constructs.len()], by: &mut by };
        parts.uses(Starts {
            all_have_bodies: workflow.events().iter().all(|event| has_body(event.name.value)),
        });
        parts.actions();
        parts.reasons(&assessment.reasons);
        parts.jobs(workflow, assessment);
        parts.workflow(assessment);
        parts.hand_down();
        Self { constructs, by }
    }

    /// All, in the order of the source.
    pub fn iter(&self) -> impl Iterator<Item = Fate<'_>> {
        self.constructs.iter().zip(&self.by).map(|(construct, by)| {
            let feature = construct.feature.map(|id| Catalogue::get().feature(id));
            Fate { construct, feature, by: *by }
        })
    }

    /// The way to each construct, in the same order: `jobs.build.steps[2].run`. Each is made of the one around it.
    #[must_use]
    pub fn ways(&self, document: &Document) -> Vec<String> {
        let mut ways: Vec<String> = Vec::with_capacity(self.constructs.len());
        for construct in &self.constructs {
            let around = construct.parent.and_then(|parent| ways.get(parent as usize));
            let mut way = around.cloned().unwrap_or_default();
            match construct.role {
                Role::Pair(key) => {
                    if !way.is_empty() {
                        way.push('.');
                    }
                    way.push_str(document.tree().text(key).unwrap_or_default());
                }
                // Writing to a String cannot fail.
                Role::Item(place) => drop(write!(way, "[{place}]")),
                Role::Part | Role::Implicit => {}
            }
            ways.push(way);
        }
        ways
    }

    /// How many have each fidelity.
    #[must_use]
    pub fn count(&self) -> Fidelities {
        let mut counts = Fidelities::default();
        for fidelity in self.iter().filter_map(|fate| fate.fidelity()) {
            counts.get_mut(fidelity.index()).into_iter().for_each(|count| *count += 1);
        }
        counts
    }

    /// The features that keep their meaning nearly, or lose it, each once.
    #[must_use]
    pub fn inexact(&self) -> BTreeSet<&'static str> {
        let is_inexact =
            |fate: &Fate<'_>| matches!(fate.fidelity(), Some(Fidelity::Approximate | Fidelity::Dropped(_)));
        self.iter().filter(is_inexact).filter_map(|fate| Some(fate.feature?.id.as_str())).collect()
    }
}

/// What a reason for a verdict makes of the construct that it is found in. What never runs as it is written nobody can tell of.
const fn fidelity(outcome: Verdict) -> Fidelity {
    match outcome {
        Verdict::Keep => Fidelity::Keep,
        Verdict::Redesign | Verdict::Edits => Fidelity::NeedsPerson,
        Verdict::Broken | Verdict::Template | Verdict::Undetermined | Verdict::Automatic => {
            Fidelity::Undetermined
        }
    }
}

/// The parts of a workflow while it is found out who says what becomes of them.
struct Parts<'p> {
    document: &'p Document,
    constructs: &'p [Construct],
    /// What counts for a construct with all its parts.
    whole: Vec<Option<By>>,
    /// What counts for a construct alone.
    by: &'p mut Vec<By>,
}

impl Parts<'_> {
    /// Uses in which features keep their meaning.
    fn uses(&mut self, starts: Starts) {
        for (at, construct) in self.constructs.iter().enumerate() {
            let feature = construct.feature.map(|id| Catalogue::get().feature(id));
            if let Some(why) = feature.and_then(|feature| plain(feature, construct, self.document, starts)) {
                self.by.get_mut(at).into_iter().for_each(|slot| *slot = By::Use(why));
            }
        }
    }

    /// What the table of actions says of what steps use.
    fn actions(&mut self) {
        let source = self.document.tree().source();
        let Some(used) = Catalogue::get().named(USED) else { return };
        for at in 0..self.constructs.len() {
            let Some(construct) = self.constructs.get(at).filter(|construct| construct.feature == Some(used))
            else {
                continue;
            };
            let name = construct.span.of(source).split('@').next().unwrap_or_default().to_ascii_lowercase();
            let Some(action) = known(&name) else { continue };
            self.set(at, By::Action(action));
            construct.parent.into_iter().for_each(|pair| self.set(pair as usize, By::Action(action)));
            if let (Fidelity::Dropped(_), Some(step)) = (action.fidelity, self.step(at)) {
                self.set_whole(step, By::Action(action));
            }
        }
    }

    /// What rules found in the file, each in the innermost construct; in what a step uses, for all of the step.
    fn reasons(&mut self, reasons: &[Reason]) {
        let starts = starts(self.constructs);
        let mut steps = Vec::new();
        for reason in reasons.iter().filter(|reason| reason.spot.file == FileAt::Workflow(0)) {
            let Some(at) = innermost(self.constructs, &starts, reason.spot.span.start) else { continue };
            self.find(at, reason.rule);
            if let (true, Some(step)) = (self.is_used(at), self.step(at)) {
                steps.push((step, reason.rule));
            }
        }
        self.steps(steps);
    }

    /// What was found in what steps use. What stays, or nobody knows, takes the whole step; what somebody has to change, the action with
    /// its inputs: whether the step runs is another question.
    fn steps(&mut self, steps: Vec<(usize, &'static Meta)>) {
        let mut parts: HashMap<usize, Vec<usize>> = HashMap::new();
        for (step, rule) in steps {
            if matches!(rule.outcome, Verdict::Keep | Verdict::Undetermined) {
                self.find_whole(step, rule);
                continue;
            }
            if parts.is_empty() {
                parts = self.inputs();
            }
            parts.get(&step).into_iter().flatten().for_each(|part| self.find_whole(*part, rule));
        }
    }

    /// `uses` and `with` of each step.
    fn inputs(&self) -> HashMap<usize, Vec<usize>> {
        let mut parts: HashMap<usize, Vec<usize>> = HashMap::new();
        for (at, construct) in self.constructs.iter().enumerate() {
            if let (Some(step), Some("uses" | "with")) = (construct.parent, self.key(at)) {
                parts.entry(step as usize).or_default().push(at);
            }
        }
        parts
    }

    /// Jobs that stay with all their legs, and those of which nobody can tell where any leg runs.
    fn jobs(&mut self, workflow: &WorkflowSight<'_>, assessment: &Assessment) {
        let Some(root) = workflow.family.root() else { return };
        let why = Why::of(&assessment.reasons);
        let pairs: HashMap<_, _> = self.constructs.iter().zip(0..).filter_map(pair).collect();
        let mut legs = assessment.legs.iter().peekable();
        for (at, run) in workflow.jobs.iter().enumerate() {
            let mut best: Option<Verdict> = None;
            while let Some(leg) = legs.next_if(|leg| leg.job == at) {
                best = best.max(Some(leg.verdict));
            }
            let Some(job) = root.job(run.job).filter(|_| run.file == 0) else { continue };
            let pair = pairs.get(&self.document.token(job.model.id.token).node);
            if let (Some(pair), Some(rule)) = (pair, best.and_then(|best| why.job(at, best))) {
                self.find_whole(*pair, rule);
            }
        }
    }

    /// A workflow that stays, is a template, or is refused.
    fn workflow(&mut self, assessment: &Assessment) {
        let Rolled::Whole(verdict @ (Verdict::Broken | Verdict::Template | Verdict::Keep)) =
            assessment.rolled
        else {
            return;
        };
        let Some(why) = assessment.reasons.iter().find(|reason| reason.rule.outcome == verdict) else {
            return;
        };
        let roots = (0..self.constructs.len())
            .filter(|at| self.constructs.get(*at).is_some_and(|root| root.parent.is_none()));
        roots.for_each(|at| self.find_whole(at, why.rule));
    }

    /// Hands what counts for a whole down to its parts; what was found in a part counts where it is worse.
    fn hand_down(&mut self) {
        for at in 0..self.constructs.len() {
            let around = self.constructs.get(at).and_then(|construct| construct.parent);
            let around = around.and_then(|around| self.whole.get(around as usize).copied().flatten());
            let own = self.whole.get(at).copied().flatten();
            let Some(whole) = worse(own, around) else { continue };
            self.whole.get_mut(at).into_iter().for_each(|slot| *slot = Some(whole));
            let part = self.by.get(at).copied();
            if let Some(by) = worse(part, Some(whole)) {
                self.set(at, by);
            }
        }
    }

    fn set(&mut self, at: usize, by: By) {
        self.by.get_mut(at).into_iter().for_each(|slot| *slot = by);
    }

    fn set_whole(&mut self, at: usize, by: By) {
        self.whole.get_mut(at).into_iter().for_each(|slot| *slot = Some(by));
    }

    fn find(&mut self, at: usize, rule: &'static Meta) {
        if let Some(by) = worse(self.by.get(at).copied(), Some(By::Rule(rule))) {
            self.set(at, by);
        }
    }

    fn find_whole(&mut self, at: usize, rule: &'static Meta) {
        if let Some(by) = worse(self.whole.get(at).copied().flatten(), Some(By::Rule(rule))) {
            self.set_whole(at, by);
        }
    }

    /// Whether it is what a step uses, or a part of that.
    fn is_used(&self, at: usize) -> bool {
        self.around(at).take(3).any(|at| self.key(at) == Some("uses"))
    }

    /// The step that it is in.
    fn step(&self, at: usize) -> Option<usize> {
        let is_item =
            |at: &usize| self.constructs.get(*at).is_some_and(|item| matches!(item.role, Role::Item(_)));
        self.around(at).find(is_item)
    }

    /// It, what is around it, and so on.
    fn around(&self, at: usize) -> impl Iterator<Item = usize> {
        let outer = |at: &usize| self.constructs.get(*at)?.parent.map(|parent| parent as usize);
        std::iter::successors(Some(at), outer)
    }

    fn key(&self, at: usize) -> Option<&str> {
        match self.constructs.get(at)?.role {
            Role::Pair(key) => self.document.tree().text(key),
            Role::Item(_) | Role::Part | Role::Implicit => None,
        }
    }
}

/// The first reasons why something stays: of the workflow, and of each job; and why nobody can tell what a job runs on.
struct Why {
    workflow: Option<&'static Meta>,
    jobs: HashMap<usize, &'static Meta>,
    unknown: HashMap<usize, &'static Meta>,
}

impl Why {
    fn of(reasons: &[Reason]) -> Self {
        let mut why = Self { workflow: None, jobs: HashMap::new(), unknown: HashMap::new() };
        for reason in reasons {
            match (reason.rule.outcome, reason.scope) {
                (Verdict::Keep, Scope::Workflow) => _ = why.workflow.get_or_insert(reason.rule),
                (Verdict::Keep, Scope::Job(job) | Scope::Leg(job, _)) => {
                    why.jobs.entry(job).or_insert(reason.rule);
                }
                // What it runs on is all that is asked of single legs.
                (Verdict::Undetermined, Scope::Leg(job, _)) => {
                    why.unknown.entry(job).or_insert(reason.rule);
                }
                _ => {}
            }
        }
        why
    }

    /// Why all parts of a job share what becomes of it, whose best leg has this verdict.
    fn job(&self, job: usize, best: Verdict) -> Option<&'static Meta> {
        match best {
            Verdict::Keep => self.workflow.or_else(|| self.jobs.get(&job).copied()),
            Verdict::Undetermined => self.unknown.get(&job).copied(),
            _ => None,
        }
    }
}

/// A key with the place of its pair.
const fn pair((construct, at): (&Construct, usize)) -> Option<(NodeId, usize)> {
    match construct.role {
        Role::Pair(key) => Some((key, at)),
        Role::Item(_) | Role::Part | Role::Implicit => None,
    }
}

/// Whether what starts a run has the body of a webhook.
fn has_body(event: &str) -> bool {
    !matches!(event, "schedule" | "workflow_dispatch" | "workflow_call")
}

/// The feature of an action of a repository.
const USED: &str = "uses/action";

/// Whoever counts before the other: a rule before tables, of two rules the one whose outcome does, an action before a feature.
fn worse(one: Option<By>, other: Option<By>) -> Option<By> {
    let rank = |by: &By| match by {
        By::Rule(rule) => (0, rule.outcome as u8),
        By::Action(_) => (1, 0),
        By::Use(_) => (2, 0),
        By::Feature => (3, 0),
    };
    one.into_iter().chain(other).min_by_key(rank)
}

/// Constructs by where they begin; of equals, the outer one first.
fn starts(constructs: &[Construct]) -> Vec<(usize, usize)> {
    let mut starts: Vec<_> = constructs.iter().map(|construct| construct.span.start).zip(0..).collect();
    starts.sort_unstable();
    starts
}

/// The innermost construct that has a byte.
fn innermost(constructs: &[Construct], starts: &[(usize, usize)], byte: usize) -> Option<usize> {
    let before = starts.partition_point(|(start, _)| *start <= byte);
    let mut at = starts.get(before.checked_sub(1)?).map(|(_, at)| *at);
    while let Some(index) = at {
        let construct = constructs.get(index)?;
        if byte < construct.span.end {
            break;
        }
        at = construct.parent.map(|parent| parent as usize);
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::Profile;
    use crate::graph::{ActionBundle, Actions, Family};
    use crate::model::call::{Bundle, Program, Reference, Rules};
    use crate::read::{Limits, read_workflow};

    /// Each construct with its way, what becomes of it, and the rule that says so.
    fn fates(source: &str) -> Vec<(String, &'static str, &'static str)> {
        let (limits, profile) = (Limits::default(), Profile::default());
        let bundle =
            Bundle::alone(Reference::local(".github/workflows/ci.yml"), read_workflow(source, &limits));
        let program = Program::of(&bundle, &Rules::default());
        let family = Family::of(&program);
        let loaded = ActionBundle::load(&family, &(), &limits);
        let actions = Actions::of(&loaded);
        let workflow = WorkflowSight::new(&family, &actions, &profile);
        let assessment = Assessment::of(&workflow);
        let fates = Fates::of(&workflow, &assessment);
        assert_eq!(fates.count().iter().sum::<usize>(), fates.iter().count(), "each has a fidelity");
        let document = family.root().unwrap().workflow.document;
        let paths =
            (0..fates.constructs.len()).map(|at| crate::features::path(document, &fates.constructs, at));
        let ways = fates.ways(document);
        assert_eq!(ways, paths.collect::<Vec<_>>());
        let all = fates.iter().zip(ways);
        all.map(|(fate, way)| (way, fate.fidelity().unwrap().name(), fate.rule().map_or("", |rule| rule.id)))
            .collect()
    }

    fn of(source: &str, wanted: &str) -> (&'static str, &'static str) {
        let all = fates(source);
        // The innermost of those with this way.
        let found = all.iter().rev().find(|(way, ..)| way == wanted);
        found.map(|(_, fidelity, rule)| (*fidelity, *rule)).unwrap()
    }

    fn job(runs_on: &str, steps: &str) -> String {
        format!(
            "on: push\njobs:\n  a:\n    runs-on: {runs_on}\n    steps:\n{steps}  b:\n    runs-on: ubuntu-24.04\n    steps: [{{run: make}}]\n"
        )
    }

    #[test]
    fn what_a_rule_finds_in_a_script_counts_there_alone() {
        let source = job("ubuntu-24.04", "    - name: x\n      run: kubectl get\n");
        assert_eq!(of(&source, "jobs.a.steps[0].run"), ("needs-person", "tool-missing"));
        assert_eq!(of(&source, "jobs.a.steps[0].name").1, "");
        assert_eq!(of(&source, "jobs.b.runs-on").1, "");
    }

    #[test]
    fn what_a_step_uses_counts_for_all_of_the_step() {
        let source =
            job("ubuntu-24.04", "    - uses: actions/stale@v9\n      with: {days: 3}\n    - run: make\n");
        assert_eq!(of(&source, "jobs.a.steps[0].with.days"), ("keep", "keep-action"));
        let unknown = job("ubuntu-24.04", "    - uses: a/b@v9\n      with: {c: 3}\n");
        assert_eq!(of(&unknown, "jobs.a.steps[0].with.c"), ("undetermined", "unknown-action"));
        assert_eq!(of(&unknown, "jobs.b.steps[0].run").1, "");
    }

    #[test]
    fn the_table_of_actions_counts_before_that_of_features() {
        let source = job(
            "ubuntu-24.04",
            "    - uses: Actions/Checkout@v4\n      with: {ref: x}\n    - uses: jlumbroso/free-disk-space@v1\n      with: {a: b}\n",
        );
        assert_eq!(of(&source, "jobs.a.steps[0].uses"), ("approximate", ""));
        assert_eq!(of(&source, "jobs.a.steps[0].with.ref").0, "exact");
        assert_eq!(of(&source, "jobs.a.steps[1].with.a"), ("dropped", ""));
    }

    #[test]
    fn what_stays_stays_with_all_its_parts() {
        let mac = job("macos-15", "    - run: kubectl get\n");
        assert_eq!(of(&mac, "jobs.a.steps[0].run"), ("keep", "keep-os"));
        assert_eq!(of(&mac, "jobs.b.steps[0].run").1, "");
        assert_eq!(of(&mac, "on").1, "");
        let all = "on: push\njobs: {a: {runs-on: macos-15, steps: [{run: make}]}}\n";
        assert_eq!(of(all, "on"), ("keep", "keep-os"));
    }

    #[test]
    fn what_somebody_has_to_change_of_an_action_leaves_the_rest_of_its_step() {
        let source = job(
            "ubuntu-24.04",
            "    - if: failure()\n      uses: docker/build-push-action@v6\n      with: {tags: x}\n",
        );
        assert_eq!(of(&source, "jobs.a.steps[0].with.tags"), ("needs-person", "docker-daemon"));
        assert_eq!(of(&source, "jobs.a.steps[0].if").1, "");
    }

    #[test]
    fn some_values_leave_no_difference() {
        let source = |permissions: &str, fail_fast: &str| {
            format!(
                "on: push\npermissions: {permissions}\njobs:\n  a:\n    strategy: {{fail-fast: {fail_fast}, matrix: {{x: [1]}}}}\n    runs-on: ubuntu-24.04\n    steps: [{{run: make}}]\n"
            )
        };
        let (none, some) = (source("{}", "false"), source("{contents: read}", "true"));
        for (way, with, without) in
            [("permissions", "approximate", "exact"), ("jobs.a.strategy.fail-fast", "approximate", "exact")]
        {
            assert_eq!((of(&some, way).0, of(&none, way).0), (with, without), "{way}");
        }
    }

    #[test]
    fn what_has_a_body_for_each_event_is_exact() {
        let source = |on: &str| {
            format!(
                "on: {on}\njobs: {{a: {{runs-on: ubuntu-24.04, steps: [{{run: make, if: github.event.repository.private}}]}}}}\n"
            )
        };
        let of = |on: &str| {
            fates(&source(on))
                .iter()
                .filter(|(way, fidelity, _)| way == "jobs.a.steps[0].if" && *fidelity == "approximate")
                .count()
        };
        assert_eq!(of("push"), 0);
        assert!(of("[push, workflow_dispatch]") > 0);
    }

    #[test]
    fn of_a_job_that_runs_nobody_knows_where_nobody_can_tell() {
        let source = job("${{ vars.RUNNER }}", "    - run: make\n");
        assert_eq!(of(&source, "jobs.a.steps[0].run"), ("undetermined", "unknown-runner"));
        assert_eq!(of(&source, "jobs.b.steps[0].run").1, "");
    }

    #[test]
    fn of_what_never_runs_as_it_is_written_nobody_can_tell() {
        let template =
            "on: {push: {branches: [$default-branch]}}\njobs: {a: {runs-on: x, steps: [{run: make}]}}\n";
        assert_eq!(of(template, "jobs.a.steps[0].run"), ("undetermined", "template"));
    }
}
