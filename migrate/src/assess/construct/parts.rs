//! Who says what becomes of each construct.

use std::collections::{HashMap, HashSet};

use super::explained::SETTLED;
use super::plain_use::{Starts, plain};
use super::why::Why;
use super::{By, Construct};
use crate::assess::AssessedLeg;
use crate::assess::known::{Known, known};
use crate::assess::reason::Reason;
use crate::assess::rule::Meta;
use crate::assess::sight::{FileAt, WorkflowSight};
use crate::assess::verdict::{Rolled, Verdict};
use crate::features::{Catalogue, Role};
use crate::fidelity::Fidelity;
use crate::graph::{Graph, JobId, RunJob};
use crate::read::{Document, TokenId};
use crate::span::Span;
use crate::yaml::NodeId;

/// The parts of a workflow while it is found out who says what becomes of them.
pub(super) struct Parts<'p> {
    workflow: &'p WorkflowSight<'p>,
    root: &'p Graph<'p>,
    document: &'p Document,
    constructs: &'p [Construct],
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
            document: root.workflow.document,
            constructs,
            pairs: constructs.iter().zip(0..).filter_map(pair).collect(),
            whole: vec![None; constructs.len()],
            by: vec![By::Feature; constructs.len()],
        }
    }

    /// Who says what becomes of each, in their order.
    pub(super) fn settle(
        mut self,
        reasons: &[Reason],
        set_up: &HashSet<Span>,
        legs: &[AssessedLeg],
        rolled: Rolled,
    ) -> Vec<By> {
        let all_have_bodies = self.workflow.events().iter().all(|event| has_body(event.name.value));
        self.uses(Starts { all_have_bodies });
        self.actions();
        self.reasons(reasons);
        self.spared();
        self.set_up(set_up);
        self.rights();
        self.jobs(reasons, legs);
        self.workflow(reasons, rolled);
        self.hand_down();
        self.by
    }

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
            let step = self.step(at);
            let given = step.and_then(|step| given(action, &|input| self.input(step, input)));
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
        let starts = starts(self.constructs);
        let mut users = Vec::new();
        for reason in reasons.iter().filter(|reason| reason.spot.file == FileAt::Workflow(0)) {
            let Some(at) = innermost(self.constructs, &starts, reason.spot.span.start) else { continue };
            self.find(at, reason.rule);
            users.extend(self.user(at).map(|user| (user, reason.rule)));
        }
        self.users(users);
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
        for (at, construct) in self.constructs.iter().enumerate() {
            if let (Some(step), Some("uses" | "with")) = (construct.parent, self.key(at)) {
                parts.entry(step as usize).or_default().push(at);
            }
        }
        parts
    }

    /// What would ask for somebody, had a rule found something in it.
    fn spared(&mut self) {
        let source = self.document.tree().source();
        let settled: Vec<_> =
            SETTLED.iter().filter_map(|(id, why)| Some((Catalogue::get().named(id)?, *why))).collect();
        for at in 0..self.constructs.len() {
            let (Some(by), Some(construct)) = (self.by.get(at).copied(), self.constructs.get(at)) else {
                continue;
            };
            let is_seen = || !construct.span.of(source).replace(WORKSPACE, "").contains("${{");
            let why = match by {
                By::Feature => {
                    let row = settled.iter().find(|(id, _)| construct.feature == Some(*id));
                    row.filter(|_| is_seen()).map(|(_, why)| *why)
                }
                By::Action(action) if action.rule.is_some() && asks(action.fidelity) => Some(SPARED),
                By::Action(_) | By::Use(_) | By::Rule(_) => None,
            };
            why.into_iter().for_each(|why| self.set(at, By::Use(why)));
        }
    }

    /// Programs that a job sets up before it uses them.
    fn set_up(&mut self, set_up: &HashSet<Span>) {
        let tool = Catalogue::get().tool();
        for at in 0..self.constructs.len() {
            let is_meant =
                |construct: &&Construct| construct.feature == tool && set_up.contains(&construct.span);
            let is_told = matches!(self.by.get(at), Some(By::Rule(_)));
            if self.constructs.get(at).as_ref().is_some_and(is_meant) && !is_told {
                self.set(at, By::Use("the program that the job sets up before"));
            }
        }
    }

    /// Rights of the workflow that no job has, since each says its own.
    fn rights(&mut self) {
        let jobs = &self.root.workflow.jobs;
        let Some(rights) = &self.root.workflow.permissions else { return };
        if jobs.is_empty() || jobs.iter().any(|job| job.permissions.is_none()) {
            return;
        }
        // The key with all its value, be that a word or a mapping.
        if let Some(at) = self.around_token(rights.token).and_then(|at| self.around(at).last()) {
            self.set_whole(at, By::Use("every job says its own rights"));
        }
    }

    /// Jobs that stay with all their legs, and those of which nobody can tell where any leg runs. What becomes of a call is what
    /// becomes of all the jobs that it leads to.
    fn jobs(&mut self, reasons: &[Reason], legs: &[AssessedLeg]) {
        let why = Why::of(reasons);
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

    /// The step or job that it is what is used of, or a part of that.
    fn user(&self, at: usize) -> Option<usize> {
        let used = self.around(at).take(3).find(|at| self.key(*at) == Some("uses"))?;
        self.constructs.get(used)?.parent.map(|user| user as usize)
    }

    /// The construct of a key.
    fn pair_of(&self, key: TokenId) -> Option<usize> {
        self.pairs.get(&self.document.token(key).node).copied()
    }

    /// The innermost construct that begins no later than a token and ends no earlier.
    fn around_token(&self, token: TokenId) -> Option<usize> {
        let span = self.document.span(token);
        let holds =
            |construct: &&Construct| construct.span.start <= span.start && span.end <= construct.span.end;
        (0..self.constructs.len()).rev().find(|at| self.constructs.get(*at).as_ref().is_some_and(holds))
    }

    /// What a step gives to an input of its action, as it is written.
    fn input(&self, step: usize, input: &str) -> Option<&str> {
        let end = self.constructs.get(step)?.span.end;
        let within = self.constructs.iter().enumerate().skip(step + 1);
        let mut within = within.take_while(|(_, construct)| construct.span.start < end);
        let is_with = |at: usize| {
            self.key(at) == Some("with")
                && self.constructs.get(at).and_then(|with| with.parent) == u32::try_from(step).ok()
        };
        let (_, found) = within.find(|(at, construct)| {
            self.key(*at).is_some_and(|key| key.eq_ignore_ascii_case(input))
                && construct.parent.is_some_and(|with| is_with(with as usize))
        })?;
        let pair = found.span.of(self.document.tree().source());
        pair.split_once(':').map(|(_, value)| value.trim())
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

/// The job of the assessed file that a job of the run is, or is called by.
pub(super) fn written(run: &RunJob) -> Option<JobId> {
    let first = run.way.first().copied().unwrap_or((run.file, run.job));
    (first.0 == 0).then_some(first.1)
}

/// Inputs by which actions are given a token.
const TOKENS: [&str; 4] = ["token", "github-token", "github_token", "repo-token"];

/// Why an action does the same with what it is given, where its row says that the token differs.
fn given<'v>(action: &Known, input: &dyn Fn(&str) -> Option<&'v str>) -> Option<&'static str> {
    if !action.how.contains("App") {
        return None;
    }
    if input("persist-credentials").is_some_and(|value| value.trim_matches(['"', '\'']) == "false") {
        return Some("a clone of the same commit by script, which keeps no token");
    }
    let token = TOKENS.iter().find_map(|name| input(name))?;
    let is_githubs = token.contains("GITHUB_TOKEN") || token.contains("github.token");
    (!is_githubs).then_some("the same in the pod, with the token that it is given")
}

/// Whether what becomes of an action is that somebody has to do something.
const fn asks(fidelity: Fidelity) -> bool {
    matches!(fidelity, Fidelity::NeedsPerson | Fidelity::Keep | Fidelity::Undetermined)
}

/// An expression that rules need not see into: the folder of the job.
const WORKSPACE: &str = "${{ github.workspace }}";

/// Why an action that asks for somebody does not here.
const SPARED: &str = "of what it can do, nothing that asks for somebody is used here, or the profile has it";

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
