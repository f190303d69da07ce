//! A folder of documents: `towpath.yaml`, pipelines, metric templates and policies, each mistake named with file and field.

mod conflicts;
mod documents;
mod meaning;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use towpath_core::id::{Name, PipelineId};
use towpath_core::pipeline::{Pipeline, Policy, comparable};

use crate::config::{LocalConfig, RepositoryConfig};
use crate::error::LocalError;

pub use conflicts::{Conflict, Place};

/// Everything that a folder says, checked as a whole.
#[derive(Debug, Clone)]
pub struct Folder {
    /// What `towpath.yaml` says.
    pub config: LocalConfig,
    /// The pipelines in the order of their names, with repository addresses as the git program takes them.
    pub pipelines: Vec<Pipeline>,
    files: BTreeMap<PipelineId, PathBuf>,
    conflicts: Vec<Conflict>,
    templates: BTreeMap<String, PathBuf>,
    policies: Vec<(Policy, PathBuf)>,
}

impl Folder {
    /// Reads `towpath.yaml` and every `*.yaml` and `*.yml` beside it. Answers all mistakes that were found.
    pub fn load(folder: &Path) -> Result<Self, Vec<LocalError>> {
        if let Some(wrong) = no_folder(folder) {
            return Err(vec![documents::mistake(folder, wrong)]);
        }
        let config = LocalConfig::load(folder);
        let elsewhere = config.as_ref().map(|config| config.policies.as_slice()).unwrap_or_default();
        let read = documents::read(folder, elsewhere);
        let (config, read) = match (config, read) {
            (Ok(config), Ok(read)) => (config, read),
            (config, read) => {
                let mistakes = config.err().into_iter().chain(read.err().unwrap_or_default());
                return Err(mistakes.collect());
            }
        };
        meaning::resolve(config, read)
    }

    /// The file that a pipeline stands in.
    pub fn file(&self, pipeline: &PipelineId) -> Option<&Path> {
        self.files.get(pipeline).map(PathBuf::as_path)
    }

    /// The environments of a pipeline whose fields another pipeline of the folder writes too, with that pipeline.
    pub fn conflicts(&self, pipeline: &PipelineId) -> BTreeMap<Name, PipelineId> {
        let sides = self.conflicts.iter().flat_map(|c| [(&c.one, &c.other), (&c.other, &c.one)]);
        let own = sides.filter(|(own, _)| &own.pipeline == pipeline);
        // The first that is found is named.
        own.rev().map(|(own, other)| (own.environment.clone(), other.pipeline.clone())).collect()
    }

    /// All fields that two pipelines of the folder would write; both wait.
    pub fn clashes(&self) -> &[Conflict] {
        &self.conflicts
    }

    /// The policies in the order of their names, each with its file and the environments that it selects.
    pub fn policies(&self) -> impl Iterator<Item = (&Policy, &Path, Vec<String>)> {
        self.policies.iter().map(|(policy, file)| {
            let environments = |pipeline: &Pipeline| {
                let selected = pipeline.environments.iter().filter(|e| policy.selects(&pipeline.id, e));
                selected.map(|e| format!("{} {}", pipeline.id, e.name)).collect::<Vec<_>>()
            };
            (policy, file.as_path(), self.pipelines.iter().flat_map(environments).collect())
        })
    }

    /// How many metric templates there are.
    pub fn templates(&self) -> usize {
        self.templates.len()
    }

    /// The file that a metric template stands in.
    pub fn template_file(&self, name: &str) -> Option<&Path> {
        self.templates.get(name).map(PathBuf::as_path)
    }

    /// What `towpath.yaml` says about a pipeline's repository; `None` when it says nothing.
    pub fn repository(&self, pipeline: &Pipeline) -> Option<&RepositoryConfig> {
        let folder = &self.config.folder;
        let same =
            |r: &&RepositoryConfig| same_address(&resolved(folder, r.url.as_str()), &pipeline.repository.url);
        self.config.repositories.iter().find(same)
    }

    /// What is likely a mistake although it can be read: one sentence each.
    pub fn doubts(&self) -> Vec<String> {
        let pipelines = self.pipelines.iter().flat_map(|pipeline| meaning::doubts(self, pipeline));
        meaning::unused(self).into_iter().chain(meaning::idle(self)).chain(pipelines).collect()
    }
}

/// Why a path cannot be a folder of documents, where that is plain.
fn no_folder(folder: &Path) -> Option<&'static str> {
    match std::fs::metadata(folder) {
        Ok(found) if !found.is_dir() => Some("it is no folder: name the one that it is in with --local DIR"),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            Some("there is no such folder: name the one with towpath.yaml with --local DIR")
        }
        // Commands are started and repositories are named by it.
        _ if std::path::absolute(folder).is_ok_and(|path| path.to_str().is_none()) => {
            Some("its path is not UTF-8 text: rename it")
        }
        _ => None,
    }
}

/// The address with a relative path made relative to the folder.
fn resolved(folder: &Path, url: &str) -> String {
    // `user@host:path` has its colon before the first slash, an address with a scheme has `://`.
    let first = url.split('/').next().unwrap_or_default();
    if url.contains("://") || first.contains(':') || Path::new(url).is_absolute() {
        return url.to_owned();
    }
    let mut path = folder.to_path_buf();
    for part in Path::new(url).components() {
        match part {
            std::path::Component::ParentDir => drop(path.pop()),
            std::path::Component::Normal(name) => path.push(name),
            _ => {}
        }
    }
    path.to_string_lossy().into_owned()
}

/// Whether two addresses are those of one repository.
fn same_address(one: &str, other: &str) -> bool {
    comparable(one) == comparable(other)
}

#[cfg(test)]
mod tests;
