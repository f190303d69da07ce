//! What an expression asks from outside.

use super::functions::Status;
use super::json::{self, JsonError};
use super::value::Value;

/// Answers what the expression itself does not have.
pub trait World {
    /// The value of a context, whatever the case of its name. What is not there is null.
    fn context(&self, name: &str) -> Value;

    /// Whether the job, or these jobs, are in that state.
    ///
    /// # Errors
    /// A sentence that says why this cannot be known here.
    fn status(&self, status: Status, jobs: &[String]) -> Result<bool, String>;

    /// The hash of all files of the workspace that match; empty text if none does.
    ///
    /// # Errors
    /// A sentence that says why there is none.
    fn hash_files(&self, patterns: &[String], follow_links: bool) -> Result<String, String>;
}

/// A world of contexts, in which a job so far did what was said.
#[derive(Debug, Clone)]
pub struct Contexts {
    contexts: Value,
    status: Status,
}

/// Contexts that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContextsError {
    /// The text is no JSON, not even for a lenient reader.
    #[error("failed to read the contexts: {0}")]
    Json(#[from] JsonError),
    /// The text is JSON, but no object.
    #[error("failed to read the contexts: an object was expected, with one name for each context")]
    NoObject,
}

impl Contexts {
    /// Contexts from a JSON object that has each of them under its name. The job succeeded so far.
    ///
    /// In `env` the case of names counts, as on runners of Linux and macOS.
    ///
    /// # Errors
    /// When the text is no JSON object.
    pub fn from_json(text: &str) -> Result<Self, ContextsError> {
        // Runner: StepsRunner.cs, "Initialize Env context for step".
        match json::read_contexts(text, "env")? {
            contexts @ Value::Object(_) => Ok(Self { contexts, status: Status::Success }),
            _ => Err(ContextsError::NoObject),
        }
    }

    /// The same contexts where the job is in this state.
    #[must_use]
    pub fn with_status(self, status: Status) -> Self {
        Self { status, ..self }
    }

    /// The names of the contexts.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        match &self.contexts {
            Value::Object(contexts) => contexts.iter().map(|(name, _)| name).collect(),
            _ => Vec::new(),
        }
    }
}

impl World for Contexts {
    fn context(&self, name: &str) -> Value {
        match &self.contexts {
            Value::Object(contexts) => contexts.get(name).cloned().unwrap_or(Value::Null),
            _ => Value::Null,
        }
    }

    fn status(&self, status: Status, jobs: &[String]) -> Result<bool, String> {
        match jobs.first() {
            Some(job) => Err(format!("{}() cannot know the job {job} here", status.name())),
            None => Ok(status == Status::Always || status == self.status),
        }
    }

    fn hash_files(&self, _patterns: &[String], _follow_links: bool) -> Result<String, String> {
        Err("hashFiles() needs a workspace, and there is none here".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::{Availability, parse};

    #[test]
    fn case_counts_in_env_only() {
        let text = r#"{"env": {"PATH": "w", "Path": "x"}, "vars": {"Path": "y", "env": {"a": 1}}}"#;
        let contexts = Contexts::from_json(text).unwrap();
        let availability = Availability::new().context("env").context("vars");
        for (source, value) in [
            ("ENV.Path", Value::text("x")),
            ("env.path", Value::Null),
            ("env['PATH']", Value::text("w")),
            ("vars.env.A", Value::Number(1.0)),
            ("vars.path", Value::text("y")),
        ] {
            assert_eq!(parse(source, &availability).unwrap().evaluate(&contexts), Ok(value), "{source}");
        }
    }

    #[test]
    fn contexts_are_an_object() {
        assert_eq!(Contexts::from_json("[]").unwrap_err(), ContextsError::NoObject);
        assert!(matches!(Contexts::from_json("{").unwrap_err(), ContextsError::Json(_)));
    }

    #[test]
    fn a_job_is_in_one_state() {
        let failed = Contexts::from_json("{}").unwrap().with_status(Status::Failure);
        for (status, holds) in [
            (Status::Always, true),
            (Status::Failure, true),
            (Status::Success, false),
            (Status::Cancelled, false),
        ] {
            assert_eq!(failed.status(status, &[]), Ok(holds), "{status:?}");
        }
        assert!(
            failed.status(Status::Success, &["build".to_owned()]).is_err(),
            "this world knows no other job"
        );
    }
}
