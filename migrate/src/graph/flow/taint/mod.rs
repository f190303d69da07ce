//! Values that an attacker decides, on their way into scripts.
//!
//! A `${{ }}` is text that GitHub puts into a script before the shell reads it, so what an attacker words there is run. The
//! same value in a variable of the environment is harmless until a script runs it, or writes it where GitHub reads it again.
//! What a script does in between is hardly followed: a value that it may pass on is said to be possible, not certain.
//!
//! Values pass in the order in which things run: jobs behind those that they need, steps behind each other. So one pass tells
//! all, and a variable is not tainted for those before the step that sets it.

mod body;
mod javascript;
mod known;
mod script;
mod value;

use super::StepAt;
use super::script::StepScript;
use crate::graph::Graph;
use crate::graph::job::{Job, JobId};
use crate::graph::paths::Path;
use crate::model::{Action, Uses};
use crate::read::TokenId;
use crate::script::untrusted::{Untrusted, events_of};
use crate::script::{Quoting, RunnerFile};
use crate::span::Span;

pub(in crate::graph) use body::NoActions;

/// A value that an attacker decides, where it does harm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taint<'d> {
    /// Where it comes from, and by which ways.
    pub cause: Cause<'d>,
    /// Where it does harm.
    pub sink: Sink,
}

/// Why a value is tainted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause<'d> {
    /// What is read: `github.event.issue.title`.
    pub path: Path<'d>,
    /// The entry of the table that says so.
    pub untrusted: &'static Untrusted,
    /// The scalars by which it passes, the first one where it is read.
    pub via: Way,
    /// Whether it certainly passes. A script may do anything with it.
    pub is_certain: bool,
}

impl Cause<'_> {
    /// The events that carry the value, or one of those that it holds, each once.
    #[must_use]
    pub fn events(&self) -> Vec<&'static str> {
        match events_of(&self.path.names) {
            // It is the output of an action.
            none if none.is_empty() => self.untrusted.events().to_vec(),
            events => events,
        }
    }
}

/// A scalar by which a value passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hop {
    /// The file, by its number in the program; 0 of a workflow alone.
    pub file: usize,
    /// The scalar.
    pub token: TokenId,
}

/// How many scalars of a way are kept. A file may hold a way through thousands, and each of them may do harm: all ways in
/// full would be as many as the square of the file.
pub const MAX_HOPS: usize = 16;

/// The scalars by which a value passes: all of them, or the first and the last ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Way {
    hops: Vec<Hop>,
    left_out: usize,
}

impl Way {
    /// The scalars, [`MAX_HOPS`] at most; those that are left out were behind the first one.
    #[must_use]
    pub fn hops(&self) -> &[Hop] {
        &self.hops
    }

    /// How many scalars are left out.
    #[must_use]
    pub const fn left_out(&self) -> usize {
        self.left_out
    }

    /// Goes on by a scalar, unless it is there already.
    pub(in crate::graph) fn push(&mut self, hop: Hop) {
        if self.hops.last() == Some(&hop) {
            return;
        }
        if self.hops.len() == MAX_HOPS {
            self.hops.remove(1);
            self.left_out += 1;
        }
        self.hops.push(hop);
    }
}

/// What comes from the callers of a workflow.
#[derive(Debug, Clone, Copy)]
pub struct Inputs<'i, 'd> {
    /// The number of the file.
    pub file: usize,
    /// The events that start the workflow, or the one that all began with.
    pub events: &'i [&'i str],
    /// Inputs whose value an attacker decides.
    pub tainted: &'i [(&'d str, Cause<'d>)],
    /// Outputs of called workflows whose value an attacker decides, and the job that calls.
    pub returned: &'i [(JobId, &'d str, Cause<'d>)],
}

/// A value that an attacker decides, in a script of a composite action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionTaint<'d> {
    /// Where it comes from, up to the action.
    pub cause: Cause<'d>,
    /// The step of the workflow that uses the action.
    pub at: StepAt,
    /// The action in whose script it is; another than the step uses, where that one uses it.
    pub action: usize,
    /// Where in the action.
    pub sink: Sink,
}

/// Tainted values that calls give to called workflows: the calling job, the input, and why.
pub type Passed<'d> = Vec<(JobId, &'d str, Cause<'d>)>;

/// Tainted values by their names.
pub type Named<'d> = Vec<(&'d str, Cause<'d>)>;

/// What was found.
#[derive(Debug, Clone, Default)]
pub(in crate::graph) struct Found<'d> {
    pub(in crate::graph) taints: Vec<Taint<'d>>,
    pub(in crate::graph) passed: Passed<'d>,
    /// Of the workflow itself, where it is called; or of the action.
    pub(in crate::graph) outputs: Named<'d>,
    pub(in crate::graph) in_actions: Vec<ActionTaint<'d>>,
}

/// Who uses an action.
#[derive(Clone, Copy)]
pub(in crate::graph) enum User<'u, 'd> {
    /// A step of a job of this file.
    Job(usize, &'u Job<'d>, usize),
    /// An action.
    Action(usize),
}

/// What a step gives to an action.
#[derive(Clone, Default)]
pub(in crate::graph) struct Given<'d> {
    /// The inputs that have a value.
    pub(in crate::graph) names: Vec<&'d str>,
    /// Those that are tainted.
    pub(in crate::graph) inputs: Named<'d>,
    /// Variables that are tainted.
    pub(in crate::graph) env: Named<'d>,
}

/// What an action gives back.
#[derive(Clone, Default)]
pub(in crate::graph) struct Effect<'d> {
    pub(in crate::graph) outputs: Named<'d>,
    /// Variables of later steps.
    pub(in crate::graph) env: Named<'d>,
    /// What does harm in it: the action, why, and where.
    pub(in crate::graph) harm: Vec<(usize, Taint<'d>)>,
}

/// Knows the actions that steps use.
pub(in crate::graph) trait KnownActions<'d> {
    /// What an action does with what it is given, if it is known.
    fn effect(
        &self,
        user: User<'_, 'd>,
        uses: &'d Uses<'d>,
        given: Given<'d>,
        around: Around<'_>,
    ) -> Effect<'d>;
}

/// What is around an action.
#[derive(Clone, Copy)]
pub(in crate::graph) struct Around<'i> {
    /// The events that start the workflow.
    pub(in crate::graph) events: &'i [&'i str],
    /// How many actions are around each other.
    pub(in crate::graph) depth: usize,
    /// The file and the step of a job that leads to it.
    pub(in crate::graph) user: Option<(usize, StepAt)>,
}

/// Where a value does harm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sink {
    /// In a script.
    Script {
        /// The step.
        at: StepAt,
        /// `run`
        token: TokenId,
        /// The `${{ }}`, in the text of the scalar.
        hole: Span,
        /// What is around it.
        quoting: Quoting,
    },
    /// In the script of `actions/github-script`.
    JavaScript {
        /// The step.
        at: StepAt,
        /// `with.script`
        token: TokenId,
        /// The `${{ }}`, in the text of the scalar.
        hole: Span,
    },
    /// In a script, which runs it as a script of its own, or as a command: `eval "$X"`, `python -c "$X"`, `echo "$X" | sh`,
    /// `$X`.
    Again {
        /// The step.
        at: StepAt,
        /// `run`
        token: TokenId,
        /// What is run, in the text of the scalar.
        span: Span,
    },
    /// In a file by which a script tells the runner what variables later steps have, or where they find programs.
    File {
        /// The step.
        at: StepAt,
        /// `run`
        token: TokenId,
        /// The file.
        file: RunnerFile,
        /// What writes it, in the text of the scalar.
        span: Span,
    },
}

impl Sink {
    /// The step.
    #[must_use]
    pub const fn at(&self) -> StepAt {
        match self {
            Self::Script { at, .. }
            | Self::JavaScript { at, .. }
            | Self::Again { at, .. }
            | Self::File { at, .. } => *at,
        }
    }

    /// The scalar, and the part of its text.
    #[must_use]
    pub const fn place(&self) -> (TokenId, Span) {
        match self {
            Self::Script { token, hole, .. } | Self::JavaScript { token, hole, .. } => (*token, *hole),
            Self::Again { token, span, .. } | Self::File { token, span, .. } => (*token, *span),
        }
    }
}

/// All harm that is seen in a workflow, and what passes on.
pub(in crate::graph) fn taints<'d>(
    graph: &Graph<'d>,
    scripts: &[StepScript<'d>],
    inputs: &Inputs<'_, 'd>,
    actions: &dyn KnownActions<'d>,
) -> Found<'d> {
    let around = Around { events: inputs.events, depth: 0, user: None };
    let mut body = body::Body::new(graph.workflow.document, inputs.file, Some(graph), around, actions);
    body.workflow(graph, scripts, inputs);
    let mut found = body.found;
    found.taints.sort_by_key(|taint| {
        let (token, span) = taint.sink.place();
        (taint.sink.at(), token, span.start)
    });
    found
}

/// What a composite action does with what it is given. Its file has this number.
pub(in crate::graph) fn of_action<'d>(
    action: &'d Action<'d>,
    (number, file): (usize, usize),
    scripts: &[StepScript<'d>],
    given: Given<'d>,
    around: Around<'_>,
    actions: &dyn KnownActions<'d>,
) -> Effect<'d> {
    let mut body = body::Body::new(action.document, file, None, around, actions);
    body.action(action, number, scripts, given)
}
