//! Whether the value of an expression is tainted.

use super::body::{Body, Scope};
use super::known::Holder;
use super::{Cause, Hop, Way};
use crate::expression::{Evaluated, Function, Node, NodeKind, folded};
use crate::graph::flow::StepAt;
use crate::graph::job::JobId;
use crate::graph::paths::{self, ANY, Path};
use crate::read::TokenId;
use crate::script::untrusted::{Exposure, Untrusted, exposures, is_harmless};

impl<'d> Body<'_, 'd> {
    /// Why the value of a scalar is tainted, if it is; by way of that scalar.
    pub(super) fn scalar(&self, value: &'d Evaluated, token: TokenId, scope: Scope) -> Option<Cause<'d>> {
        let cause = value.parts.iter().find_map(|part| self.cause(part.expression.root()?, scope, false))?;
        Some(self.by(cause, token))
    }

    /// Why anything at a token or below is tainted.
    pub(super) fn below(&self, token: TokenId, scope: Scope) -> Option<Cause<'d>> {
        match self.document.template(token) {
            Some(value) => self.scalar(value, token, scope),
            None => self.document.children(token).find_map(|child| self.below(child, scope)),
        }
    }

    /// By one scalar more.
    pub(super) fn by(&self, mut cause: Cause<'d>, token: TokenId) -> Cause<'d> {
        cause.via.push(Hop { file: self.file, token });
        cause
    }

    /// Why the value of a node is tainted, if it is.
    pub(super) fn cause(&self, node: &'d Node, scope: Scope, as_json: bool) -> Option<Cause<'d>> {
        tainted(node, as_json, &|path, as_json| self.value(path, scope, as_json))
    }

    fn value(&self, path: Path<'d>, scope: Scope, as_json: bool) -> Option<Cause<'d>> {
        let context = path.context();
        let is = |name: &str| context.eq_ignore_ascii_case(name);
        let name = path.name(1).unwrap_or(ANY);
        // A whole object is text in JSON only.
        let is_text = |names: usize| as_json || path.names.len() >= names;
        if is("github") {
            self.event_value(path, as_json)
        } else if is("env") && is_text(2) {
            self.env_value(name, scope)
        } else if is("inputs") && is_text(2) {
            self.known.find(Holder::Input, name).cloned()
        } else if is("matrix") && is_text(2) {
            self.known.find(Holder::Matrix(scope.job?), name).cloned()
        } else if is_text(4)
            && path.name(2).is_none_or(|what| what == ANY || what.eq_ignore_ascii_case("outputs"))
        {
            let output = path.name(3).unwrap_or(ANY);
            if is("steps") {
                self.step_output(name, output, scope)
            } else if is("needs") {
                self.need_output(name, output, scope)
            } else if is("jobs") {
                let found = |job: JobId| self.known.find(Holder::JobOutput(job), output);
                if name == ANY {
                    return self.graph?.jobs.iter().find_map(|job| found(job.id)).cloned();
                }
                found(*self.jobs.get(&folded(name))?).cloned()
            } else {
                None
            }
        } else {
            None
        }
    }

    fn step_output(&self, name: &str, output: &str, scope: Scope) -> Option<Cause<'d>> {
        let job = scope.job?;
        let holder = if name == ANY {
            Holder::StepOutputs(job)
        } else {
            Holder::StepOutput(StepAt { job, step: *self.steps.get(&(job, folded(name)))? })
        };
        self.known.find(holder, output).cloned()
    }

    fn need_output(&self, name: &str, output: &str, scope: Scope) -> Option<Cause<'d>> {
        let job = self.graph?.job(scope.job?)?;
        let found = |job: JobId| self.known.find(Holder::JobOutput(job), output);
        if name == ANY {
            return job.needs.iter().find_map(|need| found(*need)).cloned();
        }
        let need = *self.jobs.get(&folded(name))?;
        if job.needs.contains(&need) { found(need).cloned() } else { None }
    }

    fn event_value(&self, path: Path<'d>, as_json: bool) -> Option<Cause<'d>> {
        let untrusted = self.carried(&path.names, |exposure| as_json || exposure.is_value())?;
        Some(Cause { path, untrusted, via: Way::default(), is_certain: true })
    }

    /// The first value that a path exposes and that an event carries: others may not come.
    pub(super) fn carried(
        &self,
        names: &[&str],
        counts: impl Fn(&Exposure) -> bool,
    ) -> Option<&'static Untrusted> {
        exposures(names).filter(counts).map(Exposure::untrusted).find(|untrusted| self.is_carried(untrusted))
    }

    /// Whoever calls a workflow gives it the event; where nobody is known, any may come.
    pub(super) fn is_carried(&self, untrusted: &Untrusted) -> bool {
        let carries = |event: &&str| *event == "workflow_call" || untrusted.events().contains(event);
        self.around.events.iter().any(carries)
    }

    /// A variable of the environment: the innermost of that name counts.
    pub(super) fn env_value(&self, name: &str, scope: Scope) -> Option<Cause<'d>> {
        let step = scope.job.zip(scope.step).map(|(job, step)| Holder::StepEnv(StepAt { job, step }));
        let holders = [step, scope.job.map(Holder::JobEnv), Some(Holder::WorkflowEnv)];
        for holder in holders.into_iter().flatten() {
            if let Some(cause) = self.known.find(holder, name) {
                return Some(cause.clone());
            }
            if self.known.is_hidden(holder, name) {
                return None;
            }
        }
        None
    }
}

/// What taints the value of a node, if anything does. Only what can be part of the value counts: not what decides which value
/// it is, nor what is true or false. `value` is asked for each value of a context, and whether it stands in `toJSON`, where a
/// whole object is text.
pub(in crate::graph) fn tainted<'e, T>(
    node: &'e Node,
    as_json: bool,
    value: &dyn Fn(Path<'e>, bool) -> Option<T>,
) -> Option<T> {
    match &node.kind {
        NodeKind::Literal(_) | NodeKind::Wildcard | NodeKind::Not(_) | NodeKind::Compare { .. } => None,
        NodeKind::And(operands) => tainted(operands.last()?, as_json, value),
        NodeKind::Or(operands) => operands.iter().find_map(|operand| tainted(operand, as_json, value)),
        NodeKind::Call { function, name, arguments } => match function {
            _ if function.status().is_some() || *function == Function::HashFiles || is_harmless(name) => None,
            Function::Case => {
                let last = arguments.len().saturating_sub(1);
                let mut values = arguments.iter().enumerate().filter(|(at, _)| at % 2 == 1 || *at == last);
                values.find_map(|(_, argument)| tainted(argument, as_json, value))
            }
            _ => {
                let as_json = as_json || *function == Function::ToJson;
                arguments.iter().find_map(|argument| tainted(argument, as_json, value))
            }
        },
        NodeKind::NamedValue(_) | NodeKind::Index { .. } => {
            let base = bottom(node);
            if !matches!(base.kind, NodeKind::NamedValue(_)) {
                return tainted(base, as_json, value);
            }
            let mut found = Vec::new();
            paths::collect(node, &mut found);
            value(found.into_iter().next()?, as_json)
        }
    }
}

/// What stands below all indices.
fn bottom(mut node: &Node) -> &Node {
    while let NodeKind::Index { base, .. } = &node.kind {
        node = base;
    }
    node
}
