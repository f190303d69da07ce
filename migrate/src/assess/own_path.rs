//! Paths of files of the workflow's own repository, as the command would show them.

use std::path::Path;

use super::sight::FileAt;
use crate::graph::{Actions, Family};

/// Where workflows of a repository stand.
const WORKFLOWS: &str = ".github/workflows";

/// The path of another file that a workflow calls or uses, where both are of one repository and the workflow's path tells where that is.
pub(super) fn own_path(
    path: &str,
    family: &Family<'_>,
    actions: &Actions<'_>,
    file: FileAt,
) -> Option<String> {
    match file {
        FileAt::Workflow(0) => None,
        FileAt::Workflow(at) => {
            let reference = &family.program.bundle.files().get(at)?.reference;
            reference.repository.is_none().then(|| beside(path, &reference.path))
        }
        FileAt::Action(at) => {
            let folder = actions.folder(at).filter(|folder| folder.repository.is_none())?;
            in_repository(path, &[folder.path.as_str(), actions.file_name(at)?])
        }
    }
}

/// The path of another workflow: they stand in the same folder.
pub(super) fn beside(path: &str, other: &str) -> String {
    let name = other.rsplit('/').next().unwrap_or(other);
    path.rsplit_once('/').map_or_else(|| name.to_owned(), |(folder, _)| format!("{folder}/{name}"))
}

/// A path from the root of the repository that a workflow is in.
fn in_repository(path: &str, parts: &[&str]) -> Option<String> {
    let folder = Path::new(path).parent().filter(|folder| folder.ends_with(WORKFLOWS))?;
    let root = folder.ancestors().nth(2)?.to_str()?;
    let parts = std::iter::once(root).chain(parts.iter().copied()).filter(|part| !part.is_empty());
    Some(parts.collect::<Vec<_>>().join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_where_the_folder_of_workflows_is() {
        for (path, folder, expected) in [
            ("r/.github/workflows/ci.yml", "a/b", Some("r/a/b/action.yml")),
            (".github/workflows/ci.yml", "a", Some("a/action.yml")),
            ("./.github/workflows/ci.yml", "", Some("./action.yml")),
            ("workflows/ci.yml", "a", None),
            ("ci.yml", "a", None),
        ] {
            assert_eq!(in_repository(path, &[folder, "action.yml"]).as_deref(), expected, "{path}");
        }
    }
}
