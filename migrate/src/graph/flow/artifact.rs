//! Artifacts and caches, by the actions that handle them.

use super::shape::Shape;
use super::{StepAt, action, input, uses};
use crate::graph::job::Job;
use crate::model::Mapping;
use crate::read::TokenId;

/// What a step does with artifacts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ArtifactUse {
    /// `actions/upload-artifact`
    Upload,
    /// `actions/download-artifact`
    Download,
    /// `actions/upload-artifact/merge`
    Merge,
}

/// A step that handles artifacts. Texts are as they are written, with `${{ }}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact<'d> {
    /// The step.
    pub at: StepAt,
    /// What it does.
    pub usage: ArtifactUse,
    /// The name; where none is written, `artifact` of an upload and `None`, all of them, of others.
    pub name: Option<&'d str>,
    /// `pattern`
    pub pattern: Option<&'d str>,
    /// `path`
    pub path: Option<&'d str>,
    /// The ref of the action.
    pub version: &'d str,
    /// `run-id` or `repository`: it is of another run.
    pub is_of_other_run: bool,
    /// `uses` of the step.
    pub token: TokenId,
    /// What the name comes to in the legs of the job.
    pub(super) names: Vec<Shape>,
    /// What the pattern comes to.
    pub(super) patterns: Vec<Shape>,
}

/// Whether a download gets an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Match {
    /// It does.
    Yes,
    /// It may: a name is not known before the run, or a version.
    Maybe,
    /// It does not.
    No,
}

/// What a step does with a cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CacheUse {
    /// It restores it, and saves it at the end of the job.
    Both,
    /// It restores it.
    Restore,
    /// It saves it.
    Save,
    /// An action that sets something up does both by itself; the key is its own.
    BySetup,
}

/// A step that handles a cache. Texts are as they are written, with `${{ }}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cache<'d> {
    /// The step.
    pub at: StepAt,
    /// What it does.
    pub usage: CacheUse,
    /// `key`; of an action that sets something up, `cache`.
    pub key: Option<&'d str>,
    /// `restore-keys`
    pub restore_keys: Option<&'d str>,
    /// `path`
    pub path: Option<&'d str>,
    /// `uses` of the step.
    pub token: TokenId,
}

/// Actions that set something up and cache what it downloads if `cache` says so.
const SETUPS: [&str; 6] = [
    "actions/setup-dotnet",
    "actions/setup-java",
    "actions/setup-node",
    "actions/setup-python",
    "ruby/setup-ruby",
    "gradle/actions/setup-gradle",
];

/// How many names of legs are looked at in a file: each of its artifacts may have as many as its job has legs.
const MAX_NAMES: usize = 1 << 15;

pub(super) fn artifacts<'d>(jobs: &[Job<'d>]) -> Vec<Artifact<'d>> {
    let mut left = MAX_NAMES;
    jobs.iter().flat_map(|job| of_job(job, &mut left)).collect()
}

fn of_job<'d>(job: &Job<'d>, left: &mut usize) -> Vec<Artifact<'d>> {
    let document = job.workflow.document;
    let found = uses(job).filter_map(|(step, uses)| {
        let (name, version) = action(uses)?;
        let usage = match name.as_str() {
            "actions/upload-artifact" => ArtifactUse::Upload,
            "actions/download-artifact" => ArtifactUse::Download,
            "actions/upload-artifact/merge" => ArtifactUse::Merge,
            _ => return None,
        };
        let with = uses.with.as_ref();
        let text = |key| input(document, with, key).map(|(_, text)| text).filter(|text| !text.is_empty());
        let name = text("name").or((usage == ArtifactUse::Upload).then_some("artifact"));
        Some(Artifact {
            at: StepAt { job: job.id, step },
            usage,
            name,
            pattern: text("pattern"),
            path: text("path"),
            version,
            is_of_other_run: text("run-id").is_some() || text("repository").is_some(),
            token: uses.uses.token,
            names: shapes(job, with, ("name", name), left),
            patterns: shapes(job, with, ("pattern", text("pattern")), left),
        })
    });
    found.collect()
}

/// What an input comes to in the legs of a job; nothing where it has no text.
fn shapes<'d>(
    job: &Job<'d>,
    with: Option<&Mapping<'d>>,
    (key, text): (&str, Option<&str>),
    left: &mut usize,
) -> Vec<Shape> {
    let document = job.workflow.document;
    let Some(text) = text else { return Vec::new() };
    let token = input(document, with, key).map(|(token, _)| token);
    match token.and_then(|token| document.template(token)) {
        Some(evaluated) => Shape::of_legs(job, text, evaluated, left),
        // `${{ 'text' }}` is text.
        None => vec![Shape::whole(token.and_then(|token| document.text(token)).unwrap_or(text))],
    }
}

pub(super) fn caches<'d>(job: &Job<'d>) -> Vec<Cache<'d>> {
    let document = job.workflow.document;
    let found = uses(job).filter_map(|(step, uses)| {
        let (name, _) = action(uses)?;
        let text = |key| input(document, uses.with.as_ref(), key).map(|(_, text)| text);
        let usage = match name.as_str() {
            "actions/cache" => CacheUse::Both,
            "actions/cache/restore" => CacheUse::Restore,
            "actions/cache/save" => CacheUse::Save,
            // It caches unless told otherwise.
            "actions/setup-go" if text("cache") != Some("false") => CacheUse::BySetup,
            setup if SETUPS.contains(&setup) && text("cache").is_some() => CacheUse::BySetup,
            _ => return None,
        };
        let key = if usage == CacheUse::BySetup { text("cache") } else { text("key") };
        Some(Cache {
            at: StepAt { job: job.id, step },
            usage,
            key,
            restore_keys: text("restore-keys"),
            path: text("path"),
            token: uses.uses.token,
        })
    });
    found.collect()
}
