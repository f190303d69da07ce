//! Entry gates as a document names them: each item is of exactly one kind.

use super::document::{ApprovalDoc, EntryDoc};
use super::validate::{PipelineError, at};
use super::{Approval, Window};

/// The most entry gates of one environment.
const MAX_GATES: usize = 20;

/// The entry gates of an environment that time and others decide; approvals stand beside them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Entry {
    /// All of them have to be open.
    pub windows: Vec<Window>,
}

impl Entry {
    /// A line for each gate, which changes when its meaning changes.
    pub fn definitions(&self) -> impl Iterator<Item = String> {
        self.windows.iter().map(Window::definition)
    }
}

/// Reads the list of entry gates that stands at `place`.
pub(super) fn gates(place: &str, docs: &[EntryDoc]) -> Result<(Vec<Approval>, Entry), PipelineError> {
    if docs.len() > MAX_GATES {
        return Err(at(place, format!("{} gates are listed; at most {MAX_GATES} are read", docs.len())));
    }
    let (mut approvals, mut entry) = (Vec::new(), Entry::default());
    for (i, doc) in docs.iter().enumerate() {
        let place = format!("{place}[{i}]");
        match doc {
            EntryDoc { approval: Some(doc), window: None } => approvals.push(approval(&place, doc)?),
            EntryDoc { approval: None, window: Some(doc) } => {
                entry.windows.push(Window::new(&format!("{place}.window"), doc)?);
            }
            _ => return Err(at(place, "expected one of approval and window")),
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
