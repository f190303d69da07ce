//! Dependencies: what has to be live in an environment of another pipeline first.

use semver::{Version, VersionReq};

use super::document::DependencyDoc;
use super::entry::Author;
use super::validate::{PipelineError, at, parsed};
use crate::id::{Name, PipelineId};

/// The longest version requirement, in bytes.
const MAX_REQUIREMENT: usize = 200;

/// Wants another pipeline's release to be live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// Of which pipeline.
    pub pipeline: PipelineId,
    /// In which of its environments.
    pub environment: Name,
    /// Which versions will do; any when not given.
    pub version: Option<VersionReq>,
    /// Whether it has to be Verified there too.
    pub verified: bool,
    /// The policy that it comes from.
    pub policy: Option<Name>,
}

impl Dependency {
    /// Reads a dependency gate that stands at `place` of its document.
    pub(super) fn new(place: &str, doc: &DependencyDoc, author: Author<'_>) -> Result<Self, PipelineError> {
        let field = |name: &str| format!("{place}.{name}");
        let pipeline = other_pipeline(&field("pipeline"), &doc.pipeline, author)?;
        let verified = match doc.state.as_deref() {
            None | Some("live") => false,
            Some("verified") => true,
            Some(other) => {
                return Err(at(field("state"), format!("expected live or verified, found {other:?}")));
            }
        };
        Ok(Self {
            pipeline,
            environment: parsed(&field("environment"), Name::parse, &doc.environment)?,
            version: doc.version.as_deref().map(|text| requirement(&field("version"), text)).transpose()?,
            verified,
            policy: author.policy(),
        })
    }

    /// Whether a release with these tags will do. Of several images each has to have such a version.
    pub fn accepts(&self, tags: &[String]) -> bool {
        let Some(wanted) = &self.version else { return true };
        let fits = |tag: &String| {
            Version::parse(tag.strip_prefix('v').unwrap_or(tag)).is_ok_and(|version| wanted.matches(&version))
        };
        !tags.is_empty() && tags.iter().all(fits)
    }

    /// One line that changes when its meaning changes.
    pub fn definition(&self) -> String {
        let version = self.version.as_ref().map_or_else(|| "any".to_owned(), ToString::to_string);
        format!("dependency {} {} {version} {}", self.pipeline, self.environment, self.verified)
    }
}

fn other_pipeline(place: &str, text: &str, author: Author<'_>) -> Result<PipelineId, PipelineError> {
    let own = match author {
        Author::Pipeline(own) => own,
        Author::Policy(_) => return parsed(place, PipelineId::parse, text),
    };
    let full = match text.contains('/') {
        true => text.to_owned(),
        false => format!("{}/{text}", own.namespace),
    };
    let pipeline = parsed(place, PipelineId::parse, &full)?;
    match &pipeline == own {
        true => Err(at(place, "this is the pipeline itself; name its environments under after")),
        false => Ok(pipeline),
    }
}

fn requirement(place: &str, text: &str) -> Result<VersionReq, PipelineError> {
    let problem = || at(place, "expected a requirement of versions, such as \">=2.1, <3\" or \"^1.4\"");
    match text.len() > MAX_REQUIREMENT {
        true => Err(problem()),
        false => VersionReq::parse(text).map_err(|_| problem()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: serde_json::Value) -> Result<Dependency, PipelineError> {
        let doc = serde_json::from_value(json).unwrap();
        Dependency::new("d", &doc, Author::Pipeline(&PipelineId::parse("shop/web").unwrap()))
    }

    #[test]
    fn versions_that_will_do() {
        let cases: [(Option<&str>, &[&str], bool); 12] = [
            (None, &["1.4.2"], true),
            (None, &[], true),
            (Some(">=2.1, <3"), &["2.1.0"], true),
            (Some(">=2.1, <3"), &["v2.9.1"], true),
            (Some(">=2.1, <3"), &["3.0.0"], false),
            (Some(">=2.1, <3"), &["2.2.0-rc.1"], false),
            (Some("^1.4"), &["1.4.2", "1.9.0"], true),
            (Some("^1.4"), &["1.4.2", "2.0.0"], false),
            (Some("^1.4"), &["latest"], false),
            (Some("^1.4"), &["1.4"], false),
            (Some("*"), &["nightly"], false),
            (Some("*"), &[], false),
        ];
        for (version, tags, fits) in cases {
            let json = serde_json::json!({"pipeline": "db", "environment": "production", "version": version});
            let tags: Vec<String> = tags.iter().map(ToString::to_string).collect();
            assert_eq!(read(json).unwrap().accepts(&tags), fits, "{version:?} {tags:?}");
        }
    }

    #[test]
    fn the_namespace_is_its_own_unless_another_is_named() {
        let of = |pipeline: &str| {
            read(serde_json::json!({"pipeline": pipeline, "environment": "production"})).unwrap().pipeline
        };
        assert_eq!((of("db").to_string(), of("data/db").to_string()), ("shop/db".into(), "data/db".into()));
    }

    #[test]
    fn mistakes_have_a_place() {
        let json = |key: &str, value: &str| {
            let mut json = serde_json::json!({"pipeline": "db", "environment": "production"});
            json[key] = value.into();
            json
        };
        let cases = [
            (json("pipeline", "web"), "d.pipeline", "after"),
            (json("pipeline", "a/b/c"), "d.pipeline", "namespace/name"),
            (json("environment", "Prod!"), "d.environment", "name"),
            (json("state", "healthy"), "d.state", "live or verified"),
            (json("version", "newest"), "d.version", "^1.4"),
            (json("version", &"1".repeat(300)), "d.version", "^1.4"),
        ];
        for (json, place, problem) in cases {
            let error = read(json).unwrap_err();
            assert_eq!(error.place, place, "{error}");
            assert!(error.problem.contains(problem), "{error}");
        }
    }
}
