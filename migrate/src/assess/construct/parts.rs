//! Who says what becomes of each construct.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::explained::SETTLED;
use super::nest::Nest;
use super::plain_use::{Starts, plain};
use super::why::Why;
use super::{By, Construct};
use crate::assess::AssessedLeg;
use crate::assess::known::{Known, known};
use crate::assess::reason::Reason;
use crate::assess::rule::Meta;
use crate::assess::seen::Seen;
use crate::assess::sight::{FileAt, WorkflowSight};
use crate::assess::verdict::{Rolled, Verdict};
use crate::features::{Catalogue, FeatureId, Role};
use crate::fidelity::Fidelity;
use crate::graph::{Graph, JobId, RunJob};
use crate::read::TokenId;
use crate::span::Span;
use crate::yaml::NodeId;

/// The parts of a workflow while it is found out who says what becomes of them.
pub(super) struct Parts<'p> {
    workflow: &'p WorkflowSight<'p>,
    root: &'p Graph<'p>,
    nest: Nest<'p>,
    /// The construct of each key.
    pairs: HashMap<NodeId, usize>,
    /// What counts for a construct with all its parts.
    whole: Vec<Option<By>>,
    /// What counts for a construct alone.
    by: Vec<By>,
}

impl<'p> Parts<'p> {
    /// Those of the file that is assessed; the tables tell of each.
    pub(super) fn new(
        workflow: &'p WorkflowSight<'p>,
        root: &'p Graph<'p>,
        constructs: &'p [Construct],
    ) -> Self {
        Self {
            workflow,
            root,
            nest: Nest { document: root.workflow.document, constructs },
            pairs: constructs.iter().zip(0..).filter_map(pair).collect(),
            whole: vec![None; constructs.len()],
            by: vec![By::Feature; constructs.len()],
        }
    }

    /// Who says what becomes of each, in their order.
    pub(super) fn settle(
        mut self,
        reasons: &[Reason],
        seen: &Seen,
        legs: &[AssessedLeg],
        rolled: Rolled,
    ) -> Vec<By> {
        let all_have_bodies = self.workflow.events().iter().all(|event| has_body(event.name.value));
        self.uses(Starts { all_have_bodies });
        self.ignored();
        self.actions();
        self.reasons(reasons);
        self.spared();
        self.programs(&seen.set_up);
        self.rights();
        let why = Why::of(reasons);
        self.steps(seen, legs, &why);
        self.jobs(legs, &why);
        self.workflow(reasons, rolled);
        self.hand_down();
        self.by
    }

    /// What of events GitHub does not know and ignores: keys below `workflow_dispatch`, and what reading has left to the editor.
    fn ignored(&mut self) {
        let document = self.nest.document;
        let events = self.workflow.events().iter();
        let dispatch = events.clone().find(|event| event.name.value == "workflow_dispatch");
        let dispatch = dispatch.and_then(|event| event.token).map(|below| document.span(below));
        let problems = document.problems().iter().filter(|problem| !problem.is_refusal());
        let mut refused: Vec<_> = problems.map(|problem| problem.span).collect();
        if dispatch.is_none() && refused.is_empty() {
            return;
        }
        refused.sort_by_key(|span| span.start);
        // The nearest before, and what begins within it.
        let is_refused = |span: Span| {
            let at = refused.partition_point(|refused| refused.start < span.start);
            let before = at.checked_sub(1).and_then(|before| refused.get(before));
            before.is_some_and(|refused| refused.contains(span))
                || refused.get(at).is_some_and(|refused| refused.start < span.end)
        };
        let Some(on) = self.root.workflow.on.as_ref().map(|on| document.span(on.token)) else { return };
        for (at, construct) in self.nest.constructs.iter().enumerate() {
            let is_unknown = construct.feature.is_none() && on.contains(construct.span);
            let is_below = dispatch.is_some_and(|below| below.contains(construct.span));
            if is_unknown && (is_below || is_refused(construct.span)) {
                self.set(at, By::Use("nothing: GitHub ignores it"));
            }
        }
    }

    /// Uses in which features keep their meaning.
    fn uses(&mut self, starts: Starts) {
        for (at, construct) in self.nest.constructs.iter().enumerate() {
            if let Some(why) = construct.feature.and_then(|feature| plain(feature, at, self.nest, starts)) {
                self.set(at, By::Use(why));
            }
        }
    }

    /// What the table of actions says of what steps use.
    fn actions(&mut self) {
        let source = self.nest.document.tree().source();
        let Some(used) = Catalogue::get().named(USED) else { return };
        let constructs = self.nest.constructs.iter().enumerate();
        for (at, construct) in constructs.filter(|(_, construct)| construct.feature == Some(used)) {
            let name = construct.span.of(source).split('@').next().unwrap_or_default().to_ascii_lowercase();
            let Some(action) = known(&name) else { continue };
            let step = self.nest.step(at);
            let given = step.and_then(|step| given(action, step, self.nest));
            let by = given.map_or(By::Action(action), By::Use);
            self.set(at, by);
            construct.parent.into_iter().for_each(|pair| self.set(pair as usize, by));
            if let (Fidelity::Dropped(_), Some(step)) = (action.fidelity, step) {
                self.set_whole(step, by);
            }
        }
    }

    /// What rules found in the file, each in the innermost construct; in what a step or a job uses, for all of it.
    fn reasons(&mut self, reasons: &[Reason]) {
        let starts = self.nest.starts();
        let mut users = Vec::new();
        for reason in reasons.iter().filter(|reason| reason.spot.file == FileAt::Workflow(0)) {
            let Some(at) = self.nest.innermost(&starts, reason.spot.span.start) else { continue };
            self.find(at, reason.rule);
            if reason.rule.id == GROUP {
                self.find_up_to_group(at, reason.rule);
            }
            users.extend(self.nest.user(at).map(|user| (user, reason.rule)));
        }
        self.users(users);
    }

    /// What was found in a part of a group's name counts for the name.
    fn find_up_to_group(&mut self, at: usize, rule: &'static Meta) {
        let around: Vec<_> = self.nest.around(at).collect();
        for at in around {
            self.find(at, rule);
            if matches!(self.nest.key(at), Some("group" | "concurrency")) {
                return;
            }
        }
    }

    /// What was found in what steps and jobs use. What stays, or nobody knows, takes all of them; what somebody has to change, what is
    /// used with its inputs: whether the step runs is another question.
    fn users(&mut self, users: Vec<(usize, &'static Meta)>) {
        let mut parts: HashMap<usize, Vec<usize>> = HashMap::new();
        for (user, rule) in users {
            if matches!(rule.outcome, Verdict::Keep | Verdict::Undetermined) {
                self.find_whole(user, rule);
                continue;
            }
            if parts.is_empty() {
                parts = self.inputs();
            }
            parts.get(&user).into_iter().flatten().for_each(|part| self.find_whole(*part, rule));
        }
    }

    /// `uses` and `with` of each step and job.
    fn inputs(&self) -> HashMap<usize, Vec<usize>> {
        let mut parts: HashMap<usize, Vec<usize>> = HashMap::new();
        for (at, construct) in self.nest.constructs.iter().enumerate() {
            if let (Some(step), Some("uses" | "with")) = (construct.parent, self.nest.key(at)) {
                parts.entry(step as usize).or_default().push(at);
            }
        }
        parts
    }

    /// What would ask for somebody, had a rule found something in it.
    fn spared(&mut self) {
        static BY_FEATURE: LazyLock<Vec<(FeatureId, &str)>> = LazyLock::new(|| {
            SETTLED.iter().filter_map(|(id, why)| Some((Catalogue::get().named(id)?, *why))).collect()
        });
        let source = self.nest.document.tree().source();
        for (at, construct) in self.nest.constructs.iter().enumerate() {
            let Some(by) = self.by.get(at).copied() else { continue };
            let is_seen = || !construct.span.of(source).replace(WORKSPACE, "").contains("${{");
            let why = match by {
                By::Feature => {
                    let row = BY_FEATURE.iter().find(|(id, _)| construct.feature == Some(*id));
                    row.filter(|_| is_seen()).map(|(_, why)| *why)
                }
                By::Action(action) if action.rule.is_some() && asks(action.fidelity) => Some(SPARED),
                By::Action(_) | By::Use(_) | By::Rule(_) | By::Never => None,
            };
            why.into_iter().for_each(|why| self.set(at, By::Use(why)));
        }
    }

    /// Programs that are not those of the profile's image: a job sets them up before it uses them, has an image of its own, or starts a
    /// file of its workspace.
    fn programs(&mut self, set_up: &HashSet<Span>) {
        let tool = Catalogue::get().tool();
        let source = self.nest.document.tree().source();
        let contained = self.contained();
        for (at, construct) in self.nest.constructs.iter().enumerate() {
            let is_told = matches!(self.by.get(at), Some(By::Rule(_)));
            if construct.feature != tool || is_told {
                continue;
            }
            let why = if set_up.contains(&construct.span) {
                "the program that the job sets up before"
            } else if is_of_workspace(construct.span.of(source)) {
                "the same file of the workspace"
            } else if is_within(&contained, construct.span) {
                "the program of the image that the job names"
            } else {
                continue;
            };
            self.set(at, By::Use(why));
        }
    }

    /// The jobs that run in an image of their own, in the order of the source.
    fn contained(&self) -> Vec<Span> {
        let jobs = self.root.jobs.iter().filter(|job| job.has_container());
        jobs.map(|job| self.workflow.spot(job.model.token).span).collect()
    }

    /// Rights of the workflow that no job has, since each says its own.
    fn rights(&mut self) {
        let jobs = &self.root.workflow.jobs;
        let Some(rights) = &self.root.workflow.permissions else { return };
        if jobs.is_empty() || jobs.iter().any(|job| job.permissions.is_none()) {
            return;
        }
        // The key with all its value, be that a word or a mapping.
        if let Some(at) = self.nest.around_token(rights.token).and_then(|at| self.nest.around(at).last()) {
            self.set_whole(at, By::Use("every job says its own rights"));
        }
    }

    /// Jobs that stay with all their legs, and those of which nobody can tell where any leg runs. What becomes of a call is what
    /// becomes of all the jobs that it leads to.
    fn jobs(&mut self, legs: &[AssessedLeg], why: &Why) {
        let mut best: HashMap<JobId, (Verdict, usize)> = HashMap::new();
        for leg in legs {
            let Some(job) = self.workflow.jobs.get(leg.job).and_then(written) else { continue };
            let best = best.entry(job).or_insert((leg.verdict, leg.job));
            *best = (*best).max((leg.verdict, leg.job));
        }
        for (job, (verdict, run)) in best {
            let pair = self.root.job(job).and_then(|job| self.pair_of(job.model.id.token));
            if let (Some(pair), Some(rule)) = (pair, why.job(run, verdict)) {
                self.find_whole(pair, rule);
            }
        }
    }

    /// A workflow that stays, is a template, or is refused.
    fn workflow(&mut self, reasons: &[Reason], rolled: Rolled) {
        let Rolled::Whole(verdict @ (Verdict::Broken | Verdict::Template | Verdict::Keep)) = rolled else {
            return;
        };
        let Some(why) = reasons.iter().find(|reason| reason.rule.outcome == verdict) else { return };
        let constructs = self.nest.constructs.iter().enumerate();
        let roots = constructs.filter(|(_, construct)| construct.parent.is_none());
        roots.for_each(|(at, _)| self.find_whole(at, why.rule));
    }

    /// Hands what counts for a whole down to its parts; what was found in a part counts where it is worse.
    fn hand_down(&mut self) {
        for (at, construct) in self.nest.constructs.iter().enumerate() {
            let around =
                construct.parent.and_then(|around| self.whole.get(around as usize).copied().flatten());
            let own = self.whole.get(at).copied().flatten();
            let Some(whole) = worse(own, around) else { continue };
            self.whole.get_mut(at).into_iter().for_each(|slot| *slot = Some(whole));
            let part = self.by.get(at).copied();
            if let Some(by) = worse(part, Some(whole)) {
                self.set(at, by);
            }
        }
    }

    /// Steps and jobs that never run, and steps that run only in legs that stay.
    fn steps(&mut self, seen: &Seen, legs: &[AssessedLeg], why: &Why) {
        // Legs stand in the order of jobs and places.
        let verdict = |job: usize, leg: usize| {
            let found = legs.binary_search_by_key(&(job, leg), |leg| (leg.job, leg.leg)).ok();
            found.and_then(|found| legs.get(found)).map(|leg| leg.verdict)
        };
        for (at, construct) in self.nest.constructs.iter().enumerate() {
            let Some((job, some)) = seen.legs_of(construct.span) else { continue };
            let best = some.iter().filter_map(|leg| verdict(job, *leg)).max();
            if some.is_empty() {
                self.set_whole(at, By::Never);
            } else if best == Some(Verdict::Keep)
                && let Some(rule) = why.job(job, Verdict::Keep)
            {
                self.find_whole(at, rule);
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

    /// The construct of a key.
    fn pair_of(&self, key: TokenId) -> Option<usize> {
        self.pairs.get(&self.nest.document.token(key).node).copied()
    }
}

/// The job of the assessed file that a job of the run is, or is called by.
pub(in crate::assess) fn written(run: &RunJob) -> Option<JobId> {
    let first = run.way.first().copied().unwrap_or((run.file, run.job));
    (first.0 == 0).then_some(first.1)
}

/// Inputs by which actions are given a token.
const TOKENS: [&str; 4] = ["token", "github-token", "github_token", "repo-token"];

/// What a value has in it that is another token than GitHub's, if it has nothing that is GitHub's.
pub(super) const OTHERS: [&str; 2] = ["context/secrets.<name>", "context/steps.<step-id>.outputs.<name>"];
pub(super) const GITHUBS: [&str; 2] = ["context/github.token", "context/secrets.GITHUB_TOKEN"];

/// Why an action does the same with what it is given, where its row says that its token is the App's.
fn given(action: &Known, step: usize, nest: Nest<'_>) -> Option<&'static str> {
    if !action.has_apps_token {
        return None;
    }
    let text = |at| nest.document.tree().text(nest.value(at)?);
    let keeps = nest.input(step, "persist-credentials").and_then(text);
    if keeps.is_some_and(|value| value.eq_ignore_ascii_case("false")) {
        return Some("a clone of the same commit by script, which keeps no token");
    }
    let token = TOKENS.iter().find_map(|name| nest.input(step, name))?;
    let parts = || nest.within(token).filter_map(|(_, part)| part.feature);
    let has = |ids: &[&str]| parts().any(|id| ids.contains(&Catalogue::get().feature(id).id.as_str()));
    (has(&OTHERS) && !has(&GITHUBS)).then_some("the same in the pod, with the token that it is given")
}

/// Whether what becomes of an action is that somebody has to do something.
const fn asks(fidelity: Fidelity) -> bool {
    matches!(fidelity, Fidelity::NeedsPerson | Fidelity::Keep | Fidelity::Undetermined)
}

/// An expression that rules need not see into: the folder of the job.
const WORKSPACE: &str = "${{ github.workspace }}";

/// Why an action that asks for somebody does not here.
const SPARED: &str = "of what it can do, nothing that asks for somebody is used here, or the profile has it";

/// Whether a part is of one of these, which stand in their order.
fn is_within(some: &[Span], part: Span) -> bool {
    let after = some.partition_point(|one| one.start <= part.start);
    after.checked_sub(1).and_then(|at| some.get(at)).is_some_and(|one| one.contains(part))
}

/// Whether a program is a file of the workspace: it is named by a path that does not begin at the root, nor with what expands.
fn is_of_workspace(program: &str) -> bool {
    program.contains('/') && program.starts_with(|char: char| char == '.' || char.is_ascii_alphanumeric())
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

/// The rule that looks into the name of a group.
const GROUP: &str = "group-over-needs";

/// The feature of an action of a repository.
pub(super) const USED: &str = "uses/action";

/// Whoever counts before the other: a rule before all else, of two rules the one whose outcome does; that a step never runs before
/// tables; an action before a feature.
fn worse(one: Option<By>, other: Option<By>) -> Option<By> {
    let rank = |by: &By| match by {
        By::Rule(rule) => (0, rule.outcome as u8),
        By::Never => (1, 0),
        By::Action(_) => (2, 0),
        By::Use(_) => (3, 0),
        By::Feature => (4, 0),
    };
    one.into_iter().chain(other).min_by_key(rank)
}
