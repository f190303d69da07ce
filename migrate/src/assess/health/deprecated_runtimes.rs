//! Actions whose version was made for a Node that the runner no longer has, or for a service that GitHub has shut down.

use super::Measure;
use crate::assess::sight::WorkflowSight;
use crate::security::{FileSight, Place, Severity, Sites};
use crate::values::uses::Pin;

/// The rule.
pub(super) const MEASURE: Measure = Measure {
    id: "deprecated-runtime",
    title: "an action was made for a Node or a service that is gone",
    remedy: "use a version that runs on Node 20 or newer",
    look,
};

/// Since which version actions run on Node 20 or newer (`runs.using` in their metadata at that tag); of the artifacts' and caches'
/// earlier versions the services are shut down as well (GitHub's changelog of 2024-04-16 and 2024-12-05).
const SINCE: [(&str, u32); 18] = [
    ("actions/cache", 4),
    ("actions/checkout", 4),
    ("actions/download-artifact", 4),
    ("actions/github-script", 7),
    ("actions/labeler", 5),
    ("actions/setup-dotnet", 4),
    ("actions/setup-go", 5),
    ("actions/setup-java", 4),
    ("actions/setup-node", 4),
    ("actions/setup-python", 5),
    ("actions/stale", 9),
    ("actions/upload-artifact", 4),
    ("docker/build-push-action", 5),
    ("docker/login-action", 3),
    ("docker/metadata-action", 5),
    ("docker/setup-buildx-action", 3),
    ("docker/setup-qemu-action", 3),
    ("github/codeql-action/init", 3),
];

/// A commit counts as new: nobody can tell its version, and whoever pins one mends another rule.
fn look(_: &WorkflowSight<'_>, file: &FileSight<'_, '_>, sites: &mut Sites) {
    for job in &file.jobs {
        for step in &job.steps {
            let (Some(repository), Ok(at)) =
                (step.repository(), SINCE.binary_search_by_key(&step.action.as_str(), |(name, _)| name))
            else {
                continue;
            };
            let since = SINCE.get(at).map_or(0, |(_, since)| *since);
            let is_old = matches!(repository.pin(), Pin::Version { major, .. } if major < since);
            sites.add(MEASURE.id, Place::Step(job.shape, step.at), is_old.then_some(Severity::Low));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SINCE;

    #[test]
    fn actions_are_in_order() {
        assert!(SINCE.is_sorted_by_key(|(name, _)| *name));
    }
}
