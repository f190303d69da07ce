//! The names under which GitHub shows jobs: what rules of branches ask for.

use std::collections::HashSet;

use super::job::Job;
use super::matrix::{Expansion, Leg, leg_name};
use crate::model::{Text, Value};

/// The name of a check run, or of an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckName {
    /// The name. What is not known in it stands as it is written: `test (${{ matrix.os }})`.
    pub text: String,
    /// Whether it is exactly this in all runs in which the job is there.
    pub is_exact: bool,
}

impl Job<'_> {
    /// The names of the environments of its legs, each once.
    #[must_use]
    pub fn environment_names(&self) -> Vec<CheckName> {
        let environment = self.steps().and_then(|steps| steps.environment.as_ref());
        let Some(name) = environment.and_then(|environment| environment.name) else { return Vec::new() };
        let of_leg = |leg| match super::runner::text(&name, self.known(leg)) {
            Some(text) => CheckName { text, is_exact: true },
            None => CheckName { text: self.written(name.token).to_owned(), is_exact: false },
        };
        let mut seen = HashSet::new();
        self.known_legs().map(of_leg).filter(|name| seen.insert(name.text.clone())).collect()
    }

    /// The name of the check run of each leg. For a call it is what stands before ` / ` and the name of the called job.
    #[must_use]
    pub fn check_names(&self) -> Vec<CheckName> {
        (0..self.check_count()).map(|at| self.check_name(at)).collect()
    }

    /// How many names there are.
    pub(super) fn check_count(&self) -> usize {
        match self.matrix.as_ref().map(|matrix| &matrix.expansion) {
            Some(Expansion::Exact(legs)) => legs.legs.len(),
            // Where none is known there is one at least.
            Some(Expansion::UpTo(legs)) => legs.legs.len().max(1),
            Some(Expansion::Dynamic(_)) | None => 1,
        }
    }

    /// One of the names.
    pub(super) fn check_name(&self, at: usize) -> CheckName {
        match self.matrix.as_ref().map(|matrix| &matrix.expansion) {
            None => self.named(None),
            Some(Expansion::Dynamic(unknown)) => self.named_by(&unknown.expression),
            Some(Expansion::UpTo(legs)) if legs.legs.is_empty() => {
                let more = legs.more.iter().find_map(|id| legs.unknown(*id));
                self.named_by(more.map_or("matrix", |unknown| &unknown.expression))
            }
            Some(Expansion::Exact(legs) | Expansion::UpTo(legs)) => self.named(legs.legs.get(at)),
        }
    }

    /// The name where nothing is known of the legs but the expression that gives them.
    fn named_by(&self, expression: &str) -> CheckName {
        let name = self.named(None);
        let text = match &self.model.name {
            Some(Text { value: Value::Expression(_), .. }) => name.text,
            _ => format!("{} (${{{{ {expression} }}}})", name.text),
        };
        CheckName { text, is_exact: false }
    }

    /// A name that is an expression stands for itself; any other gets the values of the leg in brackets (runner:
    /// WorkflowTemplateEvaluator.cs, `EvaluateStrategy` and `EvaluateJobName`).
    fn named(&self, leg: Option<&Leg>) -> CheckName {
        let default = |job: &str| {
            let texts = leg.map(Leg::texts).unwrap_or_default();
            let text = leg_name(job, texts.iter().map(String::as_str));
            CheckName { text, is_exact: leg.is_none_or(Leg::is_exact) }
        };
        let Some(name) = &self.model.name else { return default(self.model.id.value) };
        match name.value {
            Value::Literal("") => default(self.model.id.value),
            Value::Literal(name) => default(name),
            Value::Expression(evaluated) => match self.known(leg).text(evaluated) {
                Some(text) if text.is_empty() => default(self.model.id.value),
                Some(text) => CheckName { text, is_exact: true },
                None => CheckName { text: self.written(name.token).to_owned(), is_exact: false },
            },
        }
    }

    /// The text of a scalar as it is written.
    fn written(&self, token: crate::read::TokenId) -> &str {
        let document = self.workflow.document;
        document.tree().text(document.token(token).node).unwrap_or_default()
    }
}
