//! Entry gates as a document names them: each item is of exactly one kind.

use super::document::{ApprovalDoc, EntryDoc};
use super::validate::{PipelineError, at};
use super::{Approval, Dependency, Expression, Window};
use crate::id::PipelineId;

/// The most entry gates of one environment.
const MAX_GATES: usize = 20;

/// The entry gates of an environment that time and others decide; approvals stand beside them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Entry {
    /// All of them have to be open.
    pub windows: Vec<Window>,
    /// What other pipelines have to have live.
    pub dependencies: Vec<Dependency>,
    /// What has to be true of a release.
    pub expressions: Vec<Expression>,
}

impl Entry {
    /// A line for each gate, which changes when its meaning changes.
    pub fn definitions(&self) -> impl Iterator<Item = String> {
        let windows = self.windows.iter().map(Window::definition);
        let dependencies = self.dependencies.iter().map(Dependency::definition);
        windows.chain(dependencies).chain(self.expressions.iter().map(Expression::definition))
    }
}

/// Reads the list of entry gates of the pipeline `own` that stands at `place`.
pub(super) fn gates(
    place: &str,
    docs: &[EntryDoc],
    own: &PipelineId,
) -> Result<(Vec<Approval>, Entry), PipelineError> {
    if docs.len() > MAX_GATES {
        return Err(at(place, format!("{} gates are listed; at most {MAX_GATES} are read", docs.len())));
    }
    let (mut approvals, mut entry) = (Vec::new(), Entry::default());
    for (i, doc) in docs.iter().enumerate() {
        let place = format!("{place}[{i}]");
        let EntryDoc { approval: consent, window, dependency, expression } = doc;
        match (consent, window, dependency, expression) {
            (Some(doc), None, None, None) => approvals.push(approval(&place, doc)?),
            (None, Some(doc), None, None) => {
                entry.windows.push(Window::new(&format!("{place}.window"), doc)?);
            }
            (None, None, Some(doc), None) => {
                entry.dependencies.push(Dependency::new(&format!("{place}.dependency"), doc, own)?);
            }
            (None, None, None, Some(doc)) => {
                let number = entry.expressions.len() + 1;
                entry.expressions.push(Expression::new(&format!("{place}.expression"), doc, number)?);
            }
            _ => return Err(at(place, "expected one of approval, window, dependency and expression")),
        }
    }
    Ok((approvals, entry))
}

fn approval(place: &str, doc: &ApprovalDoc) -> Result<Approval, PipelineError> {
    match doc.count {
        1..=20 => Ok(Approval { count: doc.count, groups: doc.groups.clone(), not_author: doc.not_author }),
        _ => Err(at(format!("{place}.approval.count"), "expected 1 to 20")),
    }
}
