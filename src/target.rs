//! Which environment, and which release, a command is about.

use clap::Args;
use towpath_core::id::Name;
use towpath_core::pipeline::Pipeline;
use towpath_engine::people::ReleaseRef;

use crate::failure::Failure;
use crate::session::{Session, environment};

/// A pipeline, an environment and a release. Without the pipeline, the other two move up.
#[derive(Debug, Clone, Args)]
pub(crate) struct ReleaseTarget {
    /// The pipeline, as [namespace/]name; may be left out when the folder has one
    pipeline: Option<String>,
    /// The environment
    environment: Option<String>,
    /// The release, by id or version
    release: Option<String>,
}

/// A pipeline and an environment. Without the pipeline, the environment moves up.
#[derive(Debug, Clone, Args)]
pub(crate) struct EnvironmentTarget {
    /// The pipeline, as [namespace/]name; may be left out when the folder has one
    pipeline: Option<String>,
    /// The environment
    environment: Option<String>,
}

impl ReleaseTarget {
    /// What is meant, as far as the folder knows.
    pub(crate) fn find(&self, session: &Session) -> Result<(Pipeline, Name, ReleaseRef), Failure> {
        let words = (self.pipeline.as_deref(), self.environment.as_deref(), self.release.as_deref());
        let (pipeline, name, release) = match words {
            (Some(pipeline), Some(name), Some(release)) => (Some(pipeline), name, release),
            (Some(name), Some(release), None) => (None, name, release),
            _ => {
                let choice = session.choice();
                return Err(Failure::Usage(format!("name an environment and a release{choice}")));
            }
        };
        let pipeline = session.pipeline(pipeline)?;
        let name = environment(&pipeline, name)?;
        Ok((pipeline, name, ReleaseRef::parse(release)))
    }
}

impl EnvironmentTarget {
    /// The one environment that is meant.
    pub(crate) fn find(&self, session: &Session) -> Result<(Pipeline, Name), Failure> {
        let (pipeline, name) = match (self.pipeline.as_deref(), self.environment.as_deref()) {
            (Some(pipeline), Some(name)) => (Some(pipeline), name),
            (Some(name), None) => (None, name),
            _ => return Err(Failure::Usage(format!("name an environment{}", session.choice()))),
        };
        let pipeline = session.pipeline(pipeline)?;
        let name = environment(&pipeline, name)?;
        Ok((pipeline, name))
    }

    /// The pipelines that are meant, and the environment if one is: a single word may name either.
    pub(crate) fn scope(&self, session: &Session) -> Result<(Vec<Pipeline>, Option<Name>), Failure> {
        match (self.pipeline.as_deref(), self.environment.as_deref()) {
            (Some(word), None) if session.is_pipeline(word) => Ok((session.pipelines(Some(word))?, None)),
            (None, _) => Ok((session.pipelines(None)?, None)),
            _ => self.find(session).map(|(pipeline, name)| (vec![pipeline], Some(name))),
        }
    }
}
