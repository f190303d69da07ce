//! Entry gates as a document names them: each item is of exactly one kind.

use super::document::{ApprovalDoc, EntryDoc};
use super::validate::{PipelineError, at};
use super::{Approval, Dependency, Expression, Http, Window};
use crate::id::{GateName, Name, PipelineId};

/// The most entry gates of one environment, and of one policy.
const MAX_GATES: usize = 20;
/// The most HTTP gates among them: a pass waits for each.
const MAX_HTTP: usize = 5;

/// The entry gates of an environment that time and others decide; approvals stand beside them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Entry {
    /// All of them have to be open.
    pub windows: Vec<Window>,
    /// What other pipelines have to have live.
    pub dependencies: Vec<Dependency>,
    /// What has to be true of a release.
    pub expressions: Vec<Expression>,
    /// What systems outside have to say of a release.
    pub http: Vec<Http>,
}

/// Whose document lists a gate.
#[derive(Debug, Clone, Copy)]
pub(super) enum Author<'a> {
    /// The pipeline's own.
    Pipeline(&'a PipelineId),
    /// An administrator's.
    Policy(&'a Name),
}

impl Author<'_> {
    /// The policy, if it is one.
    pub(super) fn policy(self) -> Option<Name> {
        match self {
            Self::Pipeline(_) => None,
            Self::Policy(name) => Some(name.clone()),
        }
    }

    /// The name of a gate, which tells the policy that it comes from.
    pub(super) fn gate(self, place: &str, own: &str) -> Result<GateName, PipelineError> {
        let name = match self {
            Self::Pipeline(_) => GateName::parse(own),
            Self::Policy(policy) => GateName::of_policy(policy, own),
        };
        name.map_err(|e| at(place, e))
    }
}

impl Entry {
    /// A line for each gate, which changes when its meaning changes.
    pub fn definitions(&self) -> impl Iterator<Item = String> {
        let windows = self.windows.iter().map(Window::definition);
        let dependencies = self.dependencies.iter().map(Dependency::definition);
        let expressions = self.expressions.iter().map(Expression::definition);
        windows.chain(dependencies).chain(expressions).chain(self.http.iter().map(Http::definition))
    }
}

/// Reads the list of entry gates that stands at `place`.
pub(super) fn gates(
    place: &str,
    docs: &[EntryDoc],
    author: Author<'_>,
) -> Result<(Vec<Approval>, Entry), PipelineError> {
    if docs.len() > MAX_GATES {
        return Err(at(place, format!("{} gates are listed; at most {MAX_GATES} are read", docs.len())));
    }
    let (mut approvals, mut entry) = (Vec::new(), Entry::default());
    for (i, doc) in docs.iter().enumerate() {
        gate(&format!("{place}[{i}]"), doc, author, &mut approvals, &mut entry)?;
    }
    Ok((approvals, entry))
}

fn gate(
    place: &str,
    doc: &EntryDoc,
    author: Author<'_>,
    approvals: &mut Vec<Approval>,
    entry: &mut Entry,
) -> Result<(), PipelineError> {
    let EntryDoc { approval: consent, window, dependency, expression, http } = doc;
    match (consent, window, dependency, expression, http) {
        (Some(doc), None, None, None, None) => approvals.push(approval(place, doc, author)?),
        (None, Some(doc), None, None, None) => {
            let mut window = Window::new(&format!("{place}.window"), doc)?;
            window.policy = author.policy();
            entry.windows.push(window);
        }
        (None, None, Some(doc), None, None) => {
            entry.dependencies.push(Dependency::new(&format!("{place}.dependency"), doc, author)?);
        }
        (None, None, None, Some(doc), None) => {
            let number = entry.expressions.len() + 1;
            entry.expressions.push(Expression::new(&format!("{place}.expression"), doc, number, author)?);
        }
        (None, None, None, None, Some(doc)) => {
            let place = format!("{place}.http");
            let http = Http::new(&place, doc, author)?;
            if entry.http.iter().any(|other| other.name == http.name) {
                return Err(at(format!("{place}.name"), format!("{} stands twice; rename one", doc.name)));
            }
            if entry.http.len() == MAX_HTTP {
                return Err(at(place, format!("at most {MAX_HTTP} http gates are read; take one out")));
            }
            entry.http.push(http);
        }
        _ => {
            return Err(at(place, "expected one of approval, window, dependency, expression and http"));
        }
    }
    Ok(())
}

fn approval(place: &str, doc: &ApprovalDoc, author: Author<'_>) -> Result<Approval, PipelineError> {
    match doc.count {
        1..=20 => Ok(Approval {
            count: doc.count,
            groups: doc.groups.clone(),
            not_author: doc.not_author,
            policy: author.policy(),
        }),
        _ => Err(at(format!("{place}.approval.count"), "expected 1 to 20")),
    }
}
