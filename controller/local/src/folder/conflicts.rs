//! Fields that two pipelines of a folder would write: each would take the other's commits for a person's.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;

use towpath_core::id::{ImageName, Name, PipelineId};
use towpath_core::pipeline::{EditRule, Environment, Pipeline};

use super::same_address;

/// Two environments that write the same field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The one.
    pub one: Place,
    /// The other, of another pipeline.
    pub other: Place,
    /// What both write, for people.
    pub field: String,
}

/// Where an environment stands in the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The pipeline.
    pub pipeline: PipelineId,
    /// The environment.
    pub environment: Name,
    /// The file.
    pub file: PathBuf,
    /// The line that the environment begins in; 0 where it is not known.
    pub line: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({}", self.pipeline, self.environment, self.file.display())?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        f.write_str(")")
    }
}

/// All pairs of environments of different pipelines that write the same field, each once.
pub(super) fn conflicts(
    pipelines: &[Pipeline],
    place: &dyn Fn(&Pipeline, &Environment) -> Place,
) -> Vec<Conflict> {
    let mut found = Vec::new();
    for (i, one) in pipelines.iter().enumerate() {
        for other in pipelines.iter().skip(i + 1).filter(|other| same_branch(one, other)) {
            for environment in &one.environments {
                let shared =
                    |e: &Environment| shared_field(environment, e).map(|field| (place(other, e), field));
                found.extend(other.environments.iter().filter_map(shared).map(|(other, field)| Conflict {
                    one: place(one, environment),
                    other,
                    field,
                }));
            }
        }
    }
    found
}

fn same_branch(one: &Pipeline, other: &Pipeline) -> bool {
    same_address(&one.repository.url, &other.repository.url)
        && one.repository.branch == other.repository.branch
}

/// What both environments write: the same image in the same folder, or the same key of the same file.
fn shared_field(one: &Environment, other: &Environment) -> Option<String> {
    let images =
        |e: &Environment| e.edit.iter().map(|rule| rule.image().clone()).collect::<BTreeSet<ImageName>>();
    if one.path == other.path
        && let Some(image) = images(one).intersection(&images(other)).next()
    {
        return Some(format!("{image} in {}", one.path));
    }
    values(one).intersection(&values(other)).next().cloned()
}

/// The keys of values files that an environment writes.
fn values(environment: &Environment) -> BTreeSet<String> {
    let keys = |rule: &EditRule| match rule {
        EditRule::Kustomization { .. } => Vec::new(),
        EditRule::Helm { file, tag, digest, .. } => {
            let key = |key| format!("{key} in {}/{file}", environment.path);
            tag.iter().chain(digest).map(key).collect()
        }
    };
    environment.edit.iter().flat_map(keys).collect()
}
