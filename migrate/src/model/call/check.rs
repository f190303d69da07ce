//! The walk through all calls.

use std::collections::HashSet;

use super::bundle::{Bundle, Target};
use super::problem::{PlacedProblem, RefusedCall, of_calls};
use crate::expression::units;
use crate::model::job::{Call, Job, JobKind};
use crate::model::workflow::Workflow;
use crate::read::{By, Problem, ProblemKind, TokenId};
use crate::span::Span;
use crate::values::permission::Permissions;

/// What GitHub allows of calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// How deep calls may be in each other. GitHub's documentation: ten levels, the first caller among them.
    pub depth: usize,
    /// How many jobs there may be, those of called workflows each time; `None`: any number.
    pub jobs: Option<usize>,
    /// How many bytes all may have, as GitHub counts them, called workflows each time.
    pub bytes: usize,
    /// What a token may do where nobody says.
    pub policy: Policy,
    /// Whether calls are looked at.
    pub follow: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self { depth: 9, jobs: None, bytes: 10 << 20, policy: Policy::Write, follow: true }
    }
}

/// What a token may do where neither workflow nor job says: a setting of the repository or organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Policy {
    /// To read contents and packages.
    LimitedRead,
    /// To write.
    Write,
}

/// What GitHub says of a call whose file is not in its repository.
pub(crate) const NOT_FOUND: &str = "Unable to find reusable workflow";

/// What a call comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// The workflow of this number in [`Program::workflows`].
    Workflow(usize),
    /// The file is not in its repository.
    NotThere,
    /// Nobody supplied it.
    NotSupplied,
    /// It is there, and could not be read.
    Unreadable,
}

/// A workflow, all that it calls, and what is wrong about any of it.
#[derive(Debug, Clone)]
pub struct Program<'d> {
    /// What it was made of.
    pub bundle: &'d Bundle,
    /// The workflow of each file of the bundle, in its order.
    pub workflows: Vec<Workflow<'d>>,
    /// What GitHub refuses, in its order.
    pub problems: Vec<PlacedProblem>,
    /// How many files were looked at to find it, each as often as it is called.
    pub looked_at: usize,
    /// The calls of the first file that come to files which GitHub refuses by themselves.
    refused_calls: Vec<RefusedCall>,
}

impl<'d> Program<'d> {
    /// Makes models of all files and checks each call.
    #[must_use]
    pub fn of(bundle: &'d Bundle, rules: &Rules) -> Self {
        let workflows: Vec<_> = bundle.files().iter().map(|file| Workflow::of(&file.document)).collect();
        let mut walk = Walk::new(bundle, &workflows, rules);
        walk.all();
        let (problems, looked_at, refused_calls) = (walk.problems, walk.looked_at, walk.refused_calls);
        Self { bundle, workflows, problems, looked_at, refused_calls }
    }

    /// What is wrong with calls, as problems of the file that all began with: each at the call by which it came to be. A file
    /// that GitHub refuses by itself is told by its first problem.
    #[must_use]
    pub fn of_calls(&self) -> Vec<Problem> {
        of_calls(self, &self.refused_calls)
    }

    /// The workflow that all began with.
    #[must_use]
    pub fn root(&self) -> Option<&Workflow<'d>> {
        self.workflows.first()
    }

    /// What a call in a file comes to.
    #[must_use]
    pub fn link(&self, file: usize, call: &Call<'d>) -> Link {
        match self.bundle.target(file, call.uses.token) {
            Target::File(file) => Link::Workflow(file),
            Target::NotThere => Link::NotThere,
            Target::NotSupplied | Target::TooMany => Link::NotSupplied,
            Target::Unreadable(_) => Link::Unreadable,
        }
    }

    /// Why a called workflow is not known although somebody was there to supply it.
    #[must_use]
    pub fn why_unknown(&self, file: usize, call: &Call<'d>) -> Option<String> {
        match self.bundle.target(file, call.uses.token) {
            Target::Unreadable(cause) => Some(format!("it was not read: {}", self.bundle.cause(cause)?)),
            Target::TooMany => Some("GitHub reads no more files than those before it".to_owned()),
            Target::File(_) | Target::NotThere | Target::NotSupplied => None,
        }
    }

    /// The calls whose workflow nobody supplied, or which could not be read: the file that calls, and the call.
    pub fn not_supplied(&self) -> impl Iterator<Item = (usize, &Call<'d>)> {
        let jobs =
            (0..).zip(&self.workflows).flat_map(|(file, of)| of.jobs.iter().map(move |job| (file, job)));
        jobs.filter_map(|(file, job)| match &job.kind {
            JobKind::Call(call) => Some((file, &**call)),
            JobKind::Steps(_) => None,
        })
        .filter(|(file, call)| matches!(self.link(*file, call), Link::NotSupplied | Link::Unreadable))
    }
}

/// The walk: GitHub reads and checks a called workflow anew for each call.
pub(super) struct Walk<'w, 'd> {
    pub(super) rules: &'w Rules,
    bundle: &'d Bundle,
    workflows: &'w [Workflow<'d>],
    problems: Vec<PlacedProblem>,
    /// The files on the way from the first one.
    way: Vec<usize>,
    jobs: usize,
    bytes: usize,
    /// Whether the name of a file was counted.
    named: Vec<bool>,
    /// Whether the problems of a file were told: as often as GitHub tells them is once.
    told: Vec<[bool; 2]>,
    /// The call that is looked at.
    caller: Option<(usize, usize)>,
    /// The call of the first file that is looked at.
    first_call: Option<Span>,
    looked_at: usize,
    /// Whether GitHub refuses each file by itself.
    own_refusals: Vec<bool>,
    refused_calls: Vec<RefusedCall>,
    /// The call of the first file and the file of each of these: many ways may lead to a file.
    known_calls: HashSet<(usize, usize)>,
    /// GitHub has refused something.
    refused: bool,
    /// GitHub has stopped.
    stopped: bool,
    /// Nothing more is looked at.
    halted: bool,
}

impl<'w, 'd> Walk<'w, 'd> {
    fn new(bundle: &'d Bundle, workflows: &'w [Workflow<'d>], rules: &'w Rules) -> Self {
        Self {
            rules,
            bundle,
            workflows,
            problems: Vec::new(),
            way: Vec::new(),
            jobs: 0,
            bytes: 0,
            named: vec![false; workflows.len()],
            told: vec![[false; 2]; workflows.len()],
            caller: None,
            first_call: None,
            looked_at: 0,
            own_refusals: workflows.iter().map(|workflow| own_refusal(workflow).is_some()).collect(),
            refused_calls: Vec::new(),
            known_calls: HashSet::new(),
            refused: false,
            stopped: false,
            halted: false,
        }
    }

    fn all(&mut self) {
        let workflows = self.workflows;
        let Some(root) = workflows.first() else { return };
        self.read(0, root);
        self.convert(0, root);
        self.stopped = self.refused;
        if self.rules.follow {
            self.calls(0, root, root.permissions.as_ref().map(|given| given.levels));
        }
    }

    /// The calls of one file. `inherited` is what its jobs may do that do not say themselves.
    fn calls(&mut self, file: usize, workflow: &'w Workflow<'d>, inherited: Option<Permissions>) {
        self.way.push(file);
        for job in &workflow.jobs {
            let JobKind::Call(call) = &job.kind else { continue };
            if self.halted {
                break;
            }
            let allowed = job.permissions.as_ref().map(|given| given.levels).or(inherited);
            self.call(file, job, call, allowed);
        }
        self.way.pop();
    }

    fn call(&mut self, file: usize, job: &'w Job<'d>, call: &'w Call<'d>, allowed: Option<Permissions>) {
        if self.way.len() == 1 {
            self.first_call = Some(self.span(file, call.uses.token));
        }
        if self.way.len() > self.rules.depth {
            self.refuse_depth(call);
            return;
        }
        let outer = self.caller.replace((file, self.place(file, call.uses.token)));
        let called = match self.bundle.target(file, call.uses.token) {
            Target::File(called) => Some(called),
            Target::NotSupplied => None,
            Target::NotThere => {
                self.refuse(file, call.uses.token, NOT_FOUND);
                self.hint("the repository is here, and has no such file: look at the path");
                None
            }
            Target::Unreadable(cause) => {
                self.tell_unread(file, call, cause);
                None
            }
            Target::TooMany => {
                self.nowhere("The maximum file count of 51 has been exceeded".to_owned(), None);
                self.hint("a run calls 50 different workflows at most, those of called workflows included");
                None
            }
        };
        let workflows = self.workflows;
        if let Some((called, workflow)) = called.and_then(|called| Some((called, workflows.get(called)?))) {
            let most = self.called((file, job, call), called, workflow, allowed);
            self.stopped |= self.refused;
            if !self.halted {
                self.calls(called, workflow, most);
            }
        }
        self.caller = outer;
    }

    /// Reads and checks a called workflow; tells what its jobs may do that do not say themselves.
    fn called(
        &mut self,
        caller: (usize, &'w Job<'d>, &'w Call<'d>),
        called: usize,
        workflow: &'w Workflow<'d>,
        allowed: Option<Permissions>,
    ) -> Option<Permissions> {
        self.looked_at += 1;
        self.note_refused(called);
        self.read(called, workflow);
        self.stopped |= self.refused;
        let is_trusted = self.bundle.files().get(called).is_some_and(|file| file.is_trusted);
        self.check_trigger(caller, called, workflow);
        let own = workflow.permissions.as_ref().map(|given| given.levels);
        if let Some(requested) = &own {
            self.check_permissions(caller, None, requested, allowed, is_trusted);
        }
        self.convert(called, workflow);
        for nested in &workflow.jobs {
            if let Some(given) = &nested.permissions {
                self.check_permissions(caller, Some(nested), &given.levels, allowed, is_trusted);
            }
        }
        own.or(allowed)
    }

    /// Notes a call that comes to a file which GitHub refuses by itself: it refuses the first file for it, too.
    fn note_refused(&mut self, called: usize) {
        let Some(call) = self.first_call.filter(|_| self.own_refusals.get(called) == Some(&true)) else {
            return;
        };
        if called != 0 && self.refused_calls.len() < MAX_KEPT && self.known_calls.insert((call.start, called))
        {
            self.refused_calls.push(RefusedCall { call, file: called, is_beyond: self.stopped });
        }
    }

    fn check_trigger(
        &mut self,
        caller: (usize, &'w Job<'d>, &'w Call<'d>),
        called: usize,
        workflow: &'w Workflow<'d>,
    ) {
        let (file, _, call) = caller;
        match workflow.on.as_ref().map(|on| (on, on.call())) {
            Some((_, Some(event))) => {
                self.check_inputs(file, call, called, event);
                self.check_secrets(file, call, event);
            }
            Some((on, None)) => {
                self.refuse(called, on.token, "workflow_call key is not defined in the referenced workflow.");
                self.hint("add workflow_call to the events of the called workflow");
            }
            None => {}
        }
    }

    /// What is told of a file when it is read.
    fn read(&mut self, file: usize, workflow: &Workflow<'d>) {
        let was = self.bytes;
        if let Some(named) = self.named.get_mut(file)
            && !std::mem::replace(named, true)
        {
            let name = self.bundle.files().get(file).map_or(0, |file| units(&file.name));
            self.bytes += crate::read::TEXT + 2 * name;
        }
        self.bytes += workflow.document.bytes();
        self.tell(file, 0, workflow.document.problems());
        let is_told = |placed: &PlacedProblem| placed.problem.message == TOO_LARGE;
        if was <= self.rules.bytes && self.bytes > self.rules.bytes && !self.problems.iter().any(is_told) {
            self.nowhere(TOO_LARGE.to_owned(), Some(file));
            self.halted = true;
        }
    }

    /// What is told of a file when it is converted.
    fn convert(&mut self, file: usize, workflow: &Workflow<'d>) {
        let was = self.jobs;
        self.jobs += workflow.jobs.len();
        self.tell(file, 1, &workflow.problems);
        if let Some(most) = self.rules.jobs.filter(|most| was <= *most && self.jobs > *most) {
            // A published case has it without a place; the runner would tell one, in other words.
            let caller = self.caller.take();
            self.nowhere(format!("The workflow may not contain more than {most} jobs"), None);
            self.caller = caller;
            self.halted = true;
        }
    }

    fn tell(&mut self, file: usize, stage: usize, problems: &[Problem]) {
        let told = self.told.get_mut(file).and_then(|told| told.get_mut(stage));
        if told.is_none_or(|told| std::mem::replace(told, true)) {
            return;
        }
        for problem in problems {
            let problem = Problem { is_beyond: problem.is_beyond || self.stopped, ..problem.clone() };
            self.add(Some(file), problem, false);
        }
    }

    /// Calls are too deep, perhaps since they go round.
    fn refuse_depth(&mut self, call: &Call<'d>) {
        let file = self.way.last().copied().unwrap_or_default();
        let round = match self.bundle.target(file, call.uses.token) {
            Target::File(called) => self.way.contains(&called),
            _ => false,
        };
        let caller = self.caller.take();
        self.nowhere(format!("Nested reusable workflow depth exceeded {}.", self.rules.depth), None);
        self.caller = caller;
        let span = self.span(file, call.uses.token);
        if let Some(last) = self.problems.last_mut() {
            last.problem.span = span;
            last.problem.hint =
                round.then(|| "the calls go round in a circle: take one of them out".to_owned());
        }
        self.stopped = true;
        self.halted = true;
    }

    /// That a called file could not be read here: it may be well for GitHub.
    fn tell_unread(&mut self, file: usize, call: &Call<'d>, cause: usize) {
        let Some(cause) = self.bundle.cause(cause) else { return };
        let message = format!("the called workflow {} was not read: {cause}", call.uses.value);
        let (span, by) = (self.span(file, call.uses.token), By::Nobody);
        let (kind, place, is_beyond) = (ProblemKind::Unread, Some(span.start), self.stopped);
        self.add(
            Some(file),
            Problem { kind, span, message, hint: Some(cause.remedy().to_owned()), place, is_beyond, by },
            true,
        );
    }

    fn span(&self, file: usize, token: TokenId) -> Span {
        self.bundle.files().get(file).map_or(Span::default(), |file| file.document.span(token))
    }

    fn place(&self, file: usize, token: TokenId) -> usize {
        let Some(file) = self.bundle.files().get(file) else { return 0 };
        file.document.tree().full_span(file.document.token(token).node).start
    }

    /// Refuses something at a token of a file.
    pub(super) fn refuse(&mut self, file: usize, token: TokenId, message: impl Into<String>) {
        let span = self.span(file, token);
        let place = Some(self.place(file, token));
        self.push(Some(file), span, place, message.into());
    }

    /// Adds what to do about the last problem.
    pub(super) fn hint(&mut self, hint: impl Into<String>) {
        if let Some(last) = self.problems.last_mut() {
            last.problem.hint = Some(hint.into());
        }
    }

    fn add(&mut self, file: Option<usize>, problem: Problem, is_of_call: bool) {
        self.refused |= problem.is_refusal();
        let (caller, first_call) = (self.caller, self.first_call);
        self.problems.push(PlacedProblem { file, problem, caller, first_call, is_of_call });
    }

    fn nowhere(&mut self, message: String, file: Option<usize>) {
        self.push(file, Span::default(), None, message);
    }

    fn push(&mut self, file: Option<usize>, span: Span, place: Option<usize>, message: String) {
        let kind = if place.is_some() { ProblemKind::Conversion } else { ProblemKind::Limit };
        let (is_beyond, by) = (self.stopped, By::GitHub);
        let problem = Problem { kind, span, message, hint: None, place, is_beyond, by };
        self.add(file, problem, true);
        self.halted |= self.problems.len() >= MAX_KEPT;
    }
}

/// The first thing for which GitHub refuses a file by itself.
pub(super) fn own_refusal<'w>(workflow: &'w Workflow<'_>) -> Option<&'w Problem> {
    workflow.all_problems().find(|problem| problem.is_refusal() && !problem.is_beyond)
}

/// How many problems are kept: calls may multiply them without end.
const MAX_KEPT: usize = 10_000;

const TOO_LARGE: &str = "Maximum object size exceeded";
