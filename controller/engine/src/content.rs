//! What an environment's folder says about its images, and what it says after a promotion.

use std::collections::BTreeMap;

use kustomize_rs::{CannotEdit, KUSTOMIZATION_FILES, RawFields, Target, Wanted};
use towpath_core::event::ManagedField;
use towpath_core::id::{CommitId, RepoPath};
use towpath_core::journal::state::Release;
use towpath_core::pipeline::{EditRule, Environment, FieldValues};
use towpath_core::world::{ImageFacts, PathFacts, PathProblem};

use crate::ports::{Edit, Repository, RepositoryError};

/// The largest file that is read for an edit.
const FILE_LIMIT: usize = 1024 * 1024;

/// A problem of the folder, or of the repository.
#[derive(Debug)]
pub enum ContentError {
    /// The folder cannot be worked with as it is.
    Problem(PathProblem),
    /// The repository did not answer.
    Repository(RepositoryError),
}

impl From<PathProblem> for ContentError {
    fn from(problem: PathProblem) -> Self {
        Self::Problem(problem)
    }
}

impl From<RepositoryError> for ContentError {
    fn from(error: RepositoryError) -> Self {
        match error {
            RepositoryError::NotAFile { path, reason } => {
                Self::Problem(PathProblem { missing: false, place: path.to_string(), problem: reason })
            }
            other => Self::Repository(other),
        }
    }
}

fn problem(place: impl ToString, problem: impl ToString) -> ContentError {
    ContentError::Problem(PathProblem {
        missing: false,
        place: place.to_string(),
        problem: problem.to_string(),
    })
}

/// Reads the managed fields of an environment.
pub fn read(
    repository: &dyn Repository,
    tip: &CommitId,
    environment: &Environment,
) -> Result<PathFacts, ContentError> {
    let Some(tree) = repository.tree(tip, &environment.path)? else {
        return Err(ContentError::Problem(PathProblem {
            missing: true,
            place: environment.path.to_string(),
            problem: "there is no such folder on the branch".to_owned(),
        }));
    };
    let mut images = Vec::new();
    for rule in &environment.edit {
        let (file, text) = file_of(repository, tip, environment, rule)?;
        let fields = kustomize_rs::read(&text, &target(rule)?).map_err(|e| cannot_edit(&file, &e))?;
        let value = |s: &Option<kustomize_rs::Scalar>| s.as_ref().map(|s| s.value.clone());
        let raw = fields.raw();
        images.push(ImageFacts {
            image: rule.image().clone(),
            file,
            values: FieldValues { tag: value(&fields.tag), digest: value(&fields.digest) },
            raw: FieldValues { tag: raw.tag, digest: raw.digest },
        });
    }
    Ok(PathFacts { tree, images })
}

/// The files of an environment with a release written into them; only files that change.
pub fn write(
    repository: &dyn Repository,
    tip: &CommitId,
    environment: &Environment,
    release: &Release,
) -> Result<Vec<Edit>, ContentError> {
    let mut texts: BTreeMap<RepoPath, (String, String)> = BTreeMap::new();
    for rule in &environment.edit {
        let (file, text) = file_of(repository, tip, environment, rule)?;
        let (_, edited) = texts.entry(file.clone()).or_insert_with(|| (text.clone(), text));
        *edited = edit(edited, rule, release, &file)?;
    }
    let changed = |(path, (before, after)): (RepoPath, (String, String))| {
        (before != after).then(|| Edit { path, bytes: after.into_bytes() })
    };
    Ok(texts.into_iter().filter_map(changed).collect())
}

fn edit(text: &str, rule: &EditRule, release: &Release, file: &RepoPath) -> Result<String, ContentError> {
    let target = target(rule)?;
    let edited = match release.images.iter().find(|i| &i.name == rule.image()) {
        Some(image) => {
            let values = rule.form().values(image);
            kustomize_rs::write(text, &target, &Wanted { tag: values.tag, digest: values.digest })
        }
        // An opaque baseline has no image that could be written: its exact bytes come back.
        None => match raw_of(release, rule, file) {
            Some(raw) => kustomize_rs::restore(text, &target, &raw),
            None => return Err(problem(file, format!("{} was not found in this file", release.r))),
        },
    };
    edited.map_err(|e| cannot_edit(file, &e))
}

/// The bytes that a baseline had in this file; `None` when it was not found there.
fn raw_of(release: &Release, rule: &EditRule, file: &RepoPath) -> Option<RawFields> {
    let mut here = release.fields.iter().filter(|f| &f.image == rule.image() && &f.file == file).peekable();
    here.peek()?;
    let mut raw = RawFields { tag: None, digest: None };
    for field in here {
        match field.field {
            ManagedField::Tag => raw.tag.clone_from(&field.raw),
            ManagedField::Digest => raw.digest.clone_from(&field.raw),
        }
    }
    Some(raw)
}

fn cannot_edit(file: &RepoPath, error: &CannotEdit) -> ContentError {
    problem(format!("{file}:{}", error.line), &error.reason)
}

fn target(rule: &EditRule) -> Result<Target, ContentError> {
    let path = |key: &towpath_core::pipeline::KeyPath| {
        kustomize_rs::KeyPath::parse(key.as_str()).map_err(|e| problem(key, e))
    };
    Ok(match rule {
        EditRule::Kustomization { image, .. } => Target::Kustomization { image: image.to_string() },
        EditRule::Helm { tag, digest, .. } => Target::HelmValues {
            repository: None,
            tag: tag.as_ref().map(path).transpose()?,
            digest: digest.as_ref().map(path).transpose()?,
        },
    })
}

/// The file that a rule edits, and its text.
fn file_of(
    repository: &dyn Repository,
    tip: &CommitId,
    environment: &Environment,
    rule: &EditRule,
) -> Result<(RepoPath, String), ContentError> {
    let names: Vec<&str> = match rule {
        EditRule::Kustomization { .. } => KUSTOMIZATION_FILES.to_vec(),
        EditRule::Helm { file, .. } => vec![file.as_str()],
    };
    let mut found = Vec::new();
    for name in &names {
        let path = environment.path.join(name).map_err(|e| problem(&environment.path, e))?;
        if let Some(bytes) = repository.read(tip, &path, FILE_LIMIT)? {
            found.push((path, bytes));
        }
    }
    match found.len() {
        0 => Err(problem(&environment.path, format!("there is no {} in it", names.join(" or ")))),
        1 => {
            let (path, bytes) = found.swap_remove(0);
            let text = String::from_utf8(bytes).map_err(|_| problem(&path, "it is not UTF-8"))?;
            Ok((path, text))
        }
        _ => Err(problem(&environment.path, "it has more than one kustomization file; keep one")),
    }
}
