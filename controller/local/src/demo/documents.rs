//! The reference environments, and the demo's folder made of them: the same documents with shorter times.

use std::path::{Path, PathBuf};

use super::DemoError;
use crate::config::FILE_NAME;

/// Reads a file of `environments/` at build time.
macro_rules! reference {
    ($path:literal) => {
        ($path, include_str!(concat!("../../../../environments/", $path)))
    };
}

/// The environments repository, with paths that begin with `repository/`.
const REPOSITORY: &[(&str, &str)] = &[
    reference!("repository/apps/web/base/deployment.yaml"),
    reference!("repository/apps/web/base/kustomization.yaml"),
    reference!("repository/apps/web/base/service.yaml"),
    reference!("repository/apps/web/overlays/dev/kustomization.yaml"),
    reference!("repository/apps/web/overlays/production/disruption-budget.yaml"),
    reference!("repository/apps/web/overlays/production/kustomization.yaml"),
    reference!("repository/apps/web/overlays/production/resources.yaml"),
    reference!("repository/apps/web/overlays/staging/kustomization.yaml"),
    reference!("repository/apps/worker/chart/Chart.yaml"),
    reference!("repository/apps/worker/chart/templates/deployment.yaml"),
    reference!("repository/apps/worker/chart/values.yaml"),
    reference!("repository/apps/worker/values/dev/values.yaml"),
    reference!("repository/apps/worker/values/production/values.yaml"),
    reference!("repository/apps/worker/values/staging/values.yaml"),
];
const PIPELINE: (&str, &str) = reference!("pipelines/web.yaml");
const METRIC: (&str, &str) = reference!("pipelines/http-errors.yaml");

/// The name of the bare repository in the demo's folder.
pub(super) const BARE: &str = "environments.git";
/// The pipeline's environments; each has an overlay, an Application `web-NAME` and a service of that name.
pub(super) const ENVIRONMENTS: [&str; 3] = ["dev", "staging", "production"];

/// Where the demo's servers listen.
#[derive(Debug, Clone)]
pub(super) struct Addresses {
    /// The services, in the order of [`ENVIRONMENTS`].
    pub(super) services: [String; 3],
    /// What stands in for Argo CD.
    pub(super) argo: String,
    /// What stands in for Prometheus.
    pub(super) prometheus: String,
}

/// The path of an environment's kustomization in the repository.
pub(super) fn overlay(environment: &str) -> String {
    format!("apps/web/overlays/{environment}/kustomization.yaml")
}

/// The files of the environments repository by path.
pub(super) fn repository_files() -> impl Iterator<Item = (&'static str, &'static str)> {
    REPOSITORY.iter().map(|(path, text)| (path.strip_prefix("repository/").unwrap_or(path), *text))
}

/// Writes the documents of a local host into `folder`. QA is `program` itself.
pub(super) fn write(folder: &Path, program: &Path, addresses: &Addresses) -> Result<(), DemoError> {
    let [dev, staging, _] = &addresses.services;
    let seconds = [
        ("soak: 10m", "soak: 1s"),
        ("soak: 1h", "soak: 2s"),
        ("stable: 1m", "stable: 1s"),
        ("duration: 30m", "duration: 4s"),
        // The first two have the default, ten seconds.
        ("path: apps/web/overlays/dev\n", "path: apps/web/overlays/dev\n      stable: 1s\n"),
        ("path: apps/web/overlays/staging\n", "path: apps/web/overlays/staging\n      stable: 1s\n"),
    ];
    let places = [
        ("url: https://github.com/acme/environments.git", "url: environments.git"),
        ("https://web.dev.example", dev.as_str()),
        ("https://web.staging.example", staging.as_str()),
    ];
    let pipeline = seconds.into_iter().chain(places).try_fold(PIPELINE.1.to_owned(), replaced)?;
    let metric = [("interval: 30s", "interval: 1s"), ("duration: 5m", "duration: 1s")];
    let metric = metric.into_iter().try_fold(METRIC.1.replace("[1m]", "[1s]"), replaced)?;
    save(folder, "web.yaml", &pipeline)?;
    save(folder, "http-errors.yaml", &metric)?;
    save(folder, FILE_NAME, &local(program, Some(addresses)))
}

/// Writes `towpath.yaml` anew for a time in which the demo's servers are gone.
pub(super) fn write_afterlife(folder: &Path, program: &Path) -> Result<(), DemoError> {
    save(folder, FILE_NAME, &local(program, None))
}

/// Replaces the one place in which a document says `from`: one that says it nowhere or twice has changed, and
/// then the demo has to follow.
fn replaced(text: String, (from, to): (&str, &str)) -> Result<String, DemoError> {
    match text.matches(from).count() {
        1 => Ok(text.replacen(from, to, 1)),
        count => {
            let what = "shorten the reference pipeline".to_owned();
            Err(DemoError::Setup { what, why: format!("it says {from:?} {count} times: expected once") })
        }
    }
}

fn local(program: &Path, addresses: Option<&Addresses>) -> String {
    // A JSON string is a YAML string too.
    let program = serde_json::Value::from(program.to_string_lossy().as_ref());
    let (note, live, metrics) = match addresses {
        Some(Addresses { argo, prometheus, .. }) => (
            "",
            format!("{{ url: \"{argo}/live/{{{{ environment }}}}\" }}"),
            format!("metrics:\n  prometheus: {{ url: \"{prometheus}\", timeout: 5s }}\n"),
        ),
        None => (
            "# The demo is over: no service runs any more, so what is on the branch counts as live, QA finds nobody\n\
             # and nothing is measured.\n",
            "{ tip: true }".to_owned(),
            String::new(),
        ),
    };
    format!(
        "{note}apiVersion: towpath.dev/v1alpha1\nkind: Local\nowner: demo\nqa:\n\
         \x20 smoke: {{ command: [{program}, demo-qa], timeout: 20s, junit: report.xml }}\n\
         \x20 regression: {{ command: [{program}, demo-qa], timeout: 20s, junit: report.xml }}\n\
         live:\n  default: {live}\n{metrics}"
    )
}

fn save(folder: &Path, name: &str, text: &str) -> Result<(), DemoError> {
    let path: PathBuf = folder.join(name);
    std::fs::write(&path, text).map_err(|e| DemoError::setup(format!("write {}", path.display()), e))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use towpath_core::time::Span;

    use super::*;
    use crate::config::LiveSource;
    use crate::folder::Folder;

    fn environments() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../environments")
    }

    fn files(folder: &Path) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
    }

    #[test]
    fn the_repository_is_embedded_whole() {
        let there: BTreeSet<PathBuf> = files(&environments().join("repository")).into_iter().collect();
        let embedded = REPOSITORY.iter().map(|(path, _)| environments().join(path));
        assert_eq!(embedded.collect::<BTreeSet<_>>(), there);
        assert!(ENVIRONMENTS.iter().all(|name| repository_files().any(|(path, _)| path == overlay(name))));
    }

    fn addresses() -> Addresses {
        let url = |port: u16| format!("http://127.0.0.1:{port}");
        Addresses { services: [url(1), url(2), url(3)], argo: url(4), prometheus: url(5) }
    }

    #[test]
    fn the_documents_are_valid_and_all_times_are_short() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), Path::new("/opt/tow \"path\""), &addresses()).unwrap();
        let read = Folder::load(folder.path()).unwrap();
        assert_eq!(read.doubts(), Vec::<String>::new());
        let pipeline = &read.pipelines[0];
        assert_eq!(pipeline.repository.url, folder.path().join(BARE).to_string_lossy());
        for environment in &pipeline.environments {
            let name = &environment.name;
            assert_eq!(environment.stable, Span::seconds(1), "{name}");
            assert!(environment.after.edges.iter().all(|edge| edge.soak <= Span::seconds(2)), "{name}");
            assert!(environment.bake.iter().all(|bake| bake.duration <= Span::seconds(4)), "{name}");
        }
        let qa = read.config.qa.values().next().unwrap();
        assert!(format!("{qa:?}").contains("demo-qa"), "{qa:?}");
    }

    #[test]
    fn afterwards_the_branch_counts_as_live() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), Path::new("/opt/towpath"), &addresses()).unwrap();
        write_afterlife(folder.path(), Path::new("/opt/towpath")).unwrap();
        let config = Folder::load(folder.path()).unwrap().config;
        assert_eq!(config.live.values().collect::<Vec<_>>(), [&LiveSource::Tip]);
    }

    #[test]
    fn a_reference_that_changed_is_noticed() {
        for text in ["soak: 5m", "soak: 10m soak: 10m"] {
            let error = replaced(text.to_owned(), ("soak: 10m", "soak: 1s")).unwrap_err().to_string();
            assert!(error.contains("expected once"), "{error}");
        }
    }
}
