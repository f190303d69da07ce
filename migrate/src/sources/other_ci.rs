//! Files of other systems for continuous integration: found by their place, counted, and not read further.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::files::Files;
use super::unit::Unit;

/// How much of a file is looked at to know what it is.
const PEEK: usize = 64 << 10;

/// Another system.
#[derive(Debug, PartialEq, Eq)]
pub struct OtherCi {
    /// Its name.
    pub name: &'static str,
    /// A word for programs, which stays the same.
    pub code: &'static str,
    /// Where its files stand in a repository.
    globs: &'static [&'static str],
    /// What one of its lines begins with, where the place alone does not tell.
    begins: &'static [&'static str],
    /// Where the places are from.
    pub source: &'static str,
}

/// The systems that are known, each by the places that its documentation names. Where a system lets everybody choose, the usual name.
pub static OTHER_CI: [OtherCi; 20] = [
    other(
        "Airflow",
        "airflow",
        &["**/dags/**/*.py"],
        &["import airflow", "from airflow"],
        "airflow.apache.org, core concepts: DAG files",
    ),
    other("AppVeyor", "appveyor", &["{.,}appveyor.{yml,yaml}"], &[], "appveyor.com/docs/build-configuration"),
    other(
        "AWS CodeBuild",
        "codebuild",
        &["buildspec.{yml,yaml}"],
        &[],
        "docs.aws.amazon.com/codebuild, build-spec-ref",
    ),
    other(
        "Azure Pipelines",
        "azure-pipelines",
        &["**/azure-pipelines*.{yml,yaml}", "{.azure-pipelines,.azure/pipelines}/**/*.{yml,yaml}"],
        &[],
        "learn.microsoft.com/azure/devops/pipelines; the path can be chosen",
    ),
    other(
        "Bamboo",
        "bamboo",
        &["bamboo-specs/*.{yml,yaml}"],
        &[],
        "confluence.atlassian.com/bamboo, Bamboo Specs",
    ),
    other(
        "Bitbucket Pipelines",
        "bitbucket",
        &["bitbucket-pipelines.yml"],
        &[],
        "support.atlassian.com/bitbucket-cloud, configure bitbucket-pipelines.yml",
    ),
    other(
        "Buildkite",
        "buildkite",
        &["{.buildkite,buildkite}/pipeline*.{yml,yaml,json}", "buildkite.{yml,yaml,json}"],
        &[],
        "buildkite.com/docs/agent/cli/reference/pipeline, upload",
    ),
    other(
        "CircleCI",
        "circleci",
        &[".circleci/config.yml"],
        &[],
        "circleci.com/docs/configuration-reference",
    ),
    other("Cirrus CI", "cirrus", &[".cirrus.{yml,star}"], &[], "cirrus-ci.org/guide/writing-tasks"),
    other("Drone", "drone", &[".drone.{yml,yaml,star,jsonnet}"], &[], "docs.drone.io/pipeline/overview"),
    other(
        "Forgejo Actions",
        "forgejo",
        &[".forgejo/workflows/*.{yml,yaml}"],
        &[],
        "forgejo.org/docs, user guide: actions",
    ),
    other("Gitea Actions", "gitea", &[".gitea/workflows/*.{yml,yaml}"], &[], "docs.gitea.com/usage/actions"),
    other("GitLab CI", "gitlab", &[".gitlab-ci.yml"], &[], "docs.gitlab.com/ci/yaml; the path can be chosen"),
    other(
        "Google Cloud Build",
        "cloud-build",
        &["**/cloudbuild*.{yaml,yml,json}"],
        &[],
        "cloud.google.com/build/docs/configuring-builds/create-basic-configuration",
    ),
    other(
        "Jenkins",
        "jenkins",
        &["**/Jenkinsfile", "**/Jenkinsfile.*", "**/*.{j,J}enkinsfile"],
        &[],
        "jenkins.io/doc/book/pipeline/jenkinsfile",
    ),
    other(
        "Semaphore",
        "semaphore",
        &[".semaphore/*.{yml,yaml}"],
        &[],
        "docs.semaphore.io/reference/pipeline-yaml",
    ),
    other("TeamCity", "teamcity", &[".teamcity/settings.kts"], &[], "jetbrains.com/help/teamcity/kotlin-dsl"),
    other(
        "Tekton",
        "tekton",
        &[".tekton/**/*.{yml,yaml}"],
        &[],
        "pipelinesascode.com/docs/guide/authoringprs",
    ),
    other("Travis CI", "travis", &[".travis.yml"], &[], "docs.travis-ci.com/user/tutorial"),
    other(
        "Woodpecker",
        "woodpecker",
        &[".woodpecker.{yml,yaml}", ".woodpecker/**/*.{yml,yaml}"],
        &[],
        "woodpecker-ci.org/docs/usage/workflows",
    ),
];

const fn other(
    name: &'static str,
    code: &'static str,
    globs: &'static [&'static str],
    begins: &'static [&'static str],
    source: &'static str,
) -> OtherCi {
    OtherCi { name, code, globs, begins, source }
}

/// A file of another system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherFile {
    /// Its path, beginning with the one that was named.
    pub path: PathBuf,
    /// The system, as its place says.
    pub system: &'static OtherCi,
    /// What it belongs to.
    pub unit: Arc<Unit>,
}

impl OtherFile {
    /// Whether it is one after all: where the place alone does not tell, the beginning of the file does.
    #[must_use]
    pub fn is_confirmed(&self, files: &(impl Files + ?Sized)) -> bool {
        let begins = self.system.begins;
        if begins.is_empty() {
            return true;
        }
        let Ok(bytes) = files.peek(&self.path, PEEK) else { return false };
        let mut lines = bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_start);
        lines.any(|line| begins.iter().any(|begin| begins_with(line, begin)))
    }
}

/// Whether a line begins with these words, and not with a longer one.
fn begins_with(line: &[u8], words: &str) -> bool {
    let rest = line.strip_prefix(words.as_bytes());
    rest.is_some_and(|rest| rest.first().is_none_or(|next| !next.is_ascii_alphanumeric() && *next != b'_'))
}

/// Whether a file of this name may be one of another system: a quick no for nearly all files.
pub(super) fn may_be_other(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else { return false };
    if name.starts_with("Jenkinsfile") {
        return true;
    }
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    matches!(
        extension,
        Some("yml" | "yaml" | "json" | "star" | "jsonnet" | "kts" | "py" | "jenkinsfile" | "Jenkinsfile")
    )
}

/// The system that a file is of, by its path in the repository.
pub(super) fn other_ci(relative: &Path) -> Option<&'static OtherCi> {
    let path = relative.to_str()?;
    let is_here = |glob: &&str| fast_glob::glob_match(glob, path);
    OTHER_CI.iter().find(|other| other.globs.iter().any(is_here))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::memory::InMemory;
    use super::super::unit::Shape;
    use super::*;

    #[test]
    fn places_tell_the_system() {
        for (path, expected) in [
            ("Jenkinsfile", Some("jenkins")),
            ("ci/Jenkinsfile", Some("jenkins")),
            ("Jenkinsfile.release", Some("jenkins")),
            ("ci/release.jenkinsfile", Some("jenkins")),
            ("Jenkinsfiles", None),
            (".gitlab-ci.yml", Some("gitlab")),
            ("sub/.gitlab-ci.yml", None),
            (".circleci/config.yml", Some("circleci")),
            (".circleci/continue.yml", None),
            ("azure-pipelines.yml", Some("azure-pipelines")),
            ("ci/azure-pipelines-release.yaml", Some("azure-pipelines")),
            (".azure-pipelines/a/b.yml", Some("azure-pipelines")),
            ("dags/a.py", Some("airflow")),
            ("x/dags/y/a.py", Some("airflow")),
            ("dags/a.yml", None),
            ("flags/a.py", None),
            (".travis.yml", Some("travis")),
            (".buildkite/pipeline.yml", Some("buildkite")),
            (".buildkite/pipeline.deploy.yml", Some("buildkite")),
            (".drone.yml", Some("drone")),
            (".drone.star", Some("drone")),
            (".tekton/push.yaml", Some("tekton")),
            (".woodpecker/test/a.yaml", Some("woodpecker")),
            (".woodpecker.yml", Some("woodpecker")),
            ("bitbucket-pipelines.yml", Some("bitbucket")),
            ("appveyor.yml", Some("appveyor")),
            (".appveyor.yml", Some("appveyor")),
            (".cirrus.yml", Some("cirrus")),
            (".semaphore/semaphore.yml", Some("semaphore")),
            ("cloudbuild.yaml", Some("cloud-build")),
            ("buildspec.yml", Some("codebuild")),
            (".teamcity/settings.kts", Some("teamcity")),
            ("bamboo-specs/bamboo.yml", Some("bamboo")),
            (".forgejo/workflows/a.yml", Some("forgejo")),
            (".gitea/workflows/a.yaml", Some("gitea")),
            (".github/workflows/ci.yml", None),
            ("compose.yml", None),
        ] {
            let name = Path::new(path).file_name().unwrap();
            let found = other_ci(Path::new(path));
            assert_eq!(found.map(|other| other.code), expected, "{path}");
            assert!(found.is_none() || may_be_other(name), "{path}: the quick no is wrong");
        }
    }

    #[test]
    fn the_table_holds_together() {
        let codes: BTreeSet<_> = OTHER_CI.iter().map(|other| other.code).collect();
        assert_eq!(codes.len(), OTHER_CI.len());
        assert!(OTHER_CI.iter().all(|other| !other.globs.is_empty() && !other.source.is_empty()));
        assert!(OTHER_CI.is_sorted_by_key(|other| other.name.to_lowercase()));
    }

    #[test]
    fn a_dag_imports_airflow() {
        let file = |path: &str| OtherFile {
            path: path.into(),
            system: other_ci(Path::new("dags/a.py")).unwrap(),
            unit: Arc::new(Unit { path: "/r".into(), shape: Shape::Repository }),
        };
        for (text, expected) in [
            ("from airflow import DAG\n", true),
            ("import os\nif True:\n    import airflow\n", true),
            ("from airflow.sdk import dag\r\n", true),
            ("import airflowish\n", false),
            ("# import airflow\n", false),
            ("", false),
            ("\u{0}\u{1}", false),
        ] {
            let files = InMemory::default().file("/r/dags/a.py", text);
            assert_eq!(file("/r/dags/a.py").is_confirmed(&files), expected, "{text:?}");
        }
        let late = format!("{}\nimport airflow\n", "#".repeat(PEEK));
        let files = InMemory::default().file("/r/dags/a.py", late);
        assert!(!file("/r/dags/a.py").is_confirmed(&files), "only the beginning is looked at");
        assert!(!file("/r/dags/none.py").is_confirmed(&files));
        let jenkins =
            OtherFile { system: other_ci(Path::new("Jenkinsfile")).unwrap(), ..file("/r/Jenkinsfile") };
        assert!(jenkins.is_confirmed(&InMemory::default()), "its place tells");
    }
}
