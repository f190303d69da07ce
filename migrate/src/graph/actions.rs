//! The actions that steps use, where their metadata is at hand: who gives which input, and what an attacker's words become.
//!
//! Actions of the repository that runs (`./path`, by way of the job's checkouts, and `$/path`) and of other repositories are
//! looked up through a port, and those that composite actions use. `./path` in these is a folder of the workspace, too: of the
//! job whose step leads to them.

mod circle;
mod follow;
#[cfg(test)]
mod tests;
mod user;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

pub use circle::Circles;
pub(crate) use user::UserStep;

use super::checkout::is_checkout;
use super::flow::{self, StepAt};
use super::{Family, JobId};
use crate::expression::{folded, same};
use crate::model::call::{Home, Lookup, Reference};
use crate::model::{Action, ActionInput, At, Runs, Scalar, StepKind, Uses, Value, value_of};
use crate::read::{Document, Limits, TokenId, read_action};
use crate::sources::Cause;
use crate::values::uses::StepUses;

/// How many actions are read at most.
const MAX_ACTIONS: usize = 1000;

/// How deep composite actions may be in each other (GitHub's documentation: ten).
pub(crate) const MAX_ACTION_DEPTH: usize = 10;

/// Where the metadata of actions comes from.
pub trait ActionFiles {
    /// The text of `action.yml` or `action.yaml` in a folder; the path of the reference is the folder, empty for the root.
    fn look_up(&self, folder: &Reference) -> Lookup;

    /// The name of that file, of a folder that has it.
    fn file_name(&self, _folder: &Reference) -> &'static str {
        "action.yml"
    }
}

/// Nothing is supplied.
impl ActionFiles for () {
    fn look_up(&self, _: &Reference) -> Lookup {
        Lookup::NotSupplied
    }
}

/// The metadata of all actions that a family of workflows uses, each once. Models borrow from it.
#[derive(Debug, Clone, Default)]
pub struct ActionBundle {
    files: Vec<ActionFile>,
    /// What folders came to, by [`key`].
    targets: HashMap<String, Target>,
    /// Why metadata could not be read.
    causes: Vec<Cause>,
    /// The first step of a job whose action checks something out.
    checked_out: HashMap<(usize, JobId), usize>,
}

/// The metadata of an action.
#[derive(Debug, Clone)]
pub struct ActionFile {
    /// Its folder.
    pub folder: Reference,
    /// Its name in the folder.
    pub name: &'static str,
    /// What was read.
    pub document: Document,
    /// What it uses itself.
    nested: Arc<[Nested]>,
    /// Whether it checks something out, itself or by what it uses.
    checks_out: bool,
}

/// What a composite action uses.
#[derive(Debug, Clone)]
enum Nested {
    /// The same whoever uses the action.
    Folder(Reference),
    /// A folder of the workspace.
    Workspace(String),
}

/// Whose workspace an action was followed in: the file, the job, and how many checkouts there were before.
type Workspace = (usize, JobId, usize);

/// How actions are looked up.
struct Loading<'l> {
    files: &'l dyn ActionFiles,
    limits: &'l Limits,
    /// What was followed: composite actions may use each other many times over.
    followed: HashSet<(usize, Workspace)>,
}

/// In how many workspaces actions are followed at most, each counted for itself.
const MAX_FOLLOWED: usize = 1 << 16;

/// What a reference came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// The action of this number in [`ActionBundle::files`].
    Action(usize),
    /// The repository has no such folder.
    NotThere,
    /// Nobody supplied it.
    NotSupplied,
    /// It could not be read, for this cause: see [`ActionBundle::cause`].
    Unreadable(usize),
}

impl ActionBundle {
    /// Looks up what all steps of a family use.
    #[must_use]
    pub fn load(family: &Family<'_>, files: &dyn ActionFiles, limits: &Limits) -> Self {
        let mut bundle = Self::default();
        let mut loading = Loading { files, limits, followed: HashSet::new() };
        for (file, graph) in family.graphs.iter().enumerate() {
            for job in &graph.jobs {
                for (at, uses) in flow::uses(job) {
                    let user = UserStep { family, file, job, at };
                    if let Some(folder) = user.folder(uses)
                        && bundle.add(folder, user, &mut loading, 0)
                    {
                        bundle.checked_out.entry((file, job.id)).or_insert(at);
                    }
                }
            }
        }
        bundle
    }

    /// Looks up an action, and what it uses itself. Answers whether any of it checks something out.
    fn add(
        &mut self,
        folder: Reference,
        user: UserStep<'_, '_>,
        loading: &mut Loading<'_>,
        depth: usize,
    ) -> bool {
        let Some((action, nested)) = self.read(folder, loading) else { return false };
        let is_deep = depth + 1 >= MAX_ACTION_DEPTH || loading.followed.len() >= MAX_FOLLOWED;
        if nested.is_empty() || is_deep || !loading.followed.insert((action, user.workspace())) {
            return self.checks_out(action);
        }
        for used in nested.iter() {
            let folder = match used {
                Nested::Folder(folder) => Some(folder.clone()),
                Nested::Workspace(path) => user.of_workspace(path),
            };
            let checks_out = folder.is_some_and(|folder| self.add(folder, user, loading, depth + 1));
            self.files.get_mut(action).into_iter().for_each(|file| file.checks_out |= checks_out);
        }
        self.checks_out(action)
    }

    /// Whether an action, or what it uses, checks something out: nobody follows what is in the workspace then.
    fn checks_out(&self, action: usize) -> bool {
        self.files.get(action).is_some_and(|file| file.checks_out)
    }

    /// The number of the action in a folder, and what it uses.
    fn read(&mut self, folder: Reference, loading: &Loading<'_>) -> Option<(usize, Arc<[Nested]>)> {
        let name = key(&folder);
        if let Some(known) = self.targets.get(&name) {
            let Target::Action(action) = *known else { return None };
            return self.files.get(action).map(|file| (action, Arc::clone(&file.nested)));
        }
        if self.files.len() >= MAX_ACTIONS {
            return None;
        }
        let number = self.files.len();
        let (target, text) = match loading.files.look_up(&folder) {
            Lookup::Text(text) => (Target::Action(number), Some(text)),
            Lookup::NotThere => (Target::NotThere, None),
            Lookup::NotSupplied => (Target::NotSupplied, None),
            Lookup::Unreadable(cause) => {
                self.causes.push(cause);
                (Target::Unreadable(self.causes.len() - 1), None)
            }
        };
        self.targets.insert(name, target);
        let document = read_action(text?, loading.limits);
        let (nested, checks_out) = nested(&folder, &document);
        let nested: Arc<[_]> = nested.into();
        let name = loading.files.file_name(&folder);
        self.files.push(ActionFile { folder, name, document, nested: Arc::clone(&nested), checks_out });
        Some((number, nested))
    }

    /// The actions that were found.
    #[must_use]
    pub fn files(&self) -> &[ActionFile] {
        &self.files
    }

    /// Why metadata could not be read.
    #[must_use]
    pub fn cause(&self, at: usize) -> Option<&Cause> {
        self.causes.get(at)
    }

    /// What a folder came to.
    #[must_use]
    pub fn target(&self, folder: &Reference) -> Target {
        self.by_key(&key(folder))
    }

    fn by_key(&self, key: &str) -> Target {
        self.targets.get(key).copied().unwrap_or(Target::NotSupplied)
    }
}

/// What is equal for the same folder: the case of owner and name does not count for GitHub, that of path and ref does.
fn key(Reference { repository, path }: &Reference) -> String {
    match repository {
        Some(Home { owner, name, reference }) => key_at(owner, name, [path.as_str()], reference),
        None => path.clone(),
    }
}

/// The same of a repository's folder by its names.
fn key_at<'n>(
    owner: &str,
    name: &str,
    folders: impl IntoIterator<Item = &'n str>,
    reference: &str,
) -> String {
    let mut key = String::with_capacity(owner.len() + name.len() + reference.len() + 32);
    key.push_str(&folded(owner));
    key.push('/');
    key.push_str(&folded(name));
    key.push('/');
    for (at, folder) in folders.into_iter().enumerate() {
        if at > 0 {
            key.push('/');
        }
        key.push_str(folder);
    }
    key.push('@');
    key.push_str(reference);
    key
}

/// What a composite action uses, and whether it checks something out.
fn nested(folder: &Reference, document: &Document) -> (Vec<Nested>, bool) {
    let Some(Runs::Composite { steps, .. }) = Action::of(document).runs.map(|runs| runs.value) else {
        return (Vec::new(), false);
    };
    let (mut nested, mut checks_out) = (Vec::new(), false);
    for step in &steps {
        let StepKind::Uses(uses) = &step.kind else { continue };
        checks_out |= is_checkout(uses);
        nested.extend(uses.target.and_then(|target| match target {
            StepUses::Workspace(path) => Some(Nested::Workspace(path.text.to_owned())),
            other => of_target(folder, &other).map(Nested::Folder),
        }));
    }
    (nested, checks_out)
}

fn of_target(around: &Reference, target: &StepUses<'_>) -> Option<Reference> {
    match target {
        StepUses::Repository(repository) => Some(Reference {
            repository: Some(Home {
                owner: repository.owner.text.to_owned(),
                name: repository.name.text.to_owned(),
                reference: repository.reference.text.to_owned(),
            }),
            path: repository.folders().collect::<Vec<_>>().join("/"),
        }),
        StepUses::SelfRepository(path) => Some(Reference {
            repository: around.repository.clone(),
            path: path.text.trim_matches('/').to_owned(),
        }),
        StepUses::Workspace(_) | StepUses::Docker(_) => None,
    }
}

/// The actions of a bundle, and who uses them.
#[derive(Debug, Clone)]
pub struct Actions<'d> {
    /// The models, in the order of the bundle.
    pub models: Vec<Action<'d>>,
    bundle: &'d ActionBundle,
}

/// A step that uses an action.
#[derive(Debug, Clone)]
pub struct UsedAction<'a> {
    /// The file of the step.
    pub file: usize,
    /// The step.
    pub at: StepAt,
    /// `uses` of the step.
    pub token: TokenId,
    /// What it came to.
    pub target: Target,
    /// The inputs of the action, and whether the step gives them; the default counts where it does not.
    pub inputs: Vec<(&'a ActionInput<'a>, Option<At<Scalar<'a>>>)>,
    /// Inputs that the step gives and the action does not have.
    pub unknown: Vec<&'a str>,
    /// Whether an expression may give more.
    pub is_open: bool,
}

impl<'d> Actions<'d> {
    /// Makes models of a bundle.
    #[must_use]
    pub fn of(bundle: &'d ActionBundle) -> Self {
        Self { models: bundle.files.iter().map(|file| Action::of(&file.document)).collect(), bundle }
    }

    /// The folder of an action.
    #[must_use]
    pub fn folder(&self, action: usize) -> Option<&'d Reference> {
        self.bundle.files.get(action).map(|file| &file.folder)
    }

    /// The name of the metadata of an action in its folder.
    #[must_use]
    pub fn file_name(&self, action: usize) -> Option<&'static str> {
        self.bundle.files.get(action).map(|file| file.name)
    }

    /// Why metadata could not be read.
    #[must_use]
    pub fn cause(&self, at: usize) -> Option<&Cause> {
        self.bundle.cause(at)
    }

    /// What a step of a job uses; `None` where it is an image or only a run knows: an action before it may have checked something
    /// out.
    pub(crate) fn target(&self, user: UserStep<'_, '_>, uses: &Uses<'_>) -> Option<Target> {
        if matches!(uses.target, Some(StepUses::Workspace(_))) && self.first_checkout(user) < user.at {
            return None;
        }
        self.of_repository(uses).or_else(|| user.folder(uses).map(|folder| self.bundle.target(&folder)))
    }

    /// What an action of another repository came to.
    fn of_repository(&self, uses: &Uses<'_>) -> Option<Target> {
        let Some(StepUses::Repository(repository)) = uses.target else { return None };
        let (owner, name) = (repository.owner.text, repository.name.text);
        let key = key_at(owner, name, repository.folders(), repository.reference.text);
        Some(self.bundle.by_key(&key))
    }

    /// What a step of a composite action uses; `None` where it is an image or only a run knows, and of a folder of the workspace
    /// where nobody says which step of a job leads to the action.
    pub(crate) fn nested_target(
        &self,
        action: usize,
        uses: &Uses<'_>,
        user: Option<UserStep<'_, '_>>,
    ) -> Option<Target> {
        let folder = match uses.target.as_ref()? {
            StepUses::Workspace(_) if self.bundle.checks_out(action) => None,
            StepUses::Workspace(path) => {
                user.filter(|user| self.first_checkout(*user) > user.at)?.of_workspace(path.text)
            }
            other => of_target(self.folder(action)?, other),
        };
        Some(self.bundle.target(&folder?))
    }

    /// The place of the first step of a job whose action checks something out, behind all of them if none does.
    fn first_checkout(&self, user: UserStep<'_, '_>) -> usize {
        self.bundle.checked_out.get(&(user.file, user.job.id)).copied().unwrap_or(usize::MAX)
    }

    /// The steps of a family that use actions, with what these are.
    #[must_use]
    pub fn used<'a>(&'a self, family: &'a Family<'a>) -> Vec<UsedAction<'a>> {
        let mut found = Vec::new();
        for (file, graph) in family.graphs.iter().enumerate() {
            for job in &graph.jobs {
                for (at, uses) in flow::uses(job) {
                    let user = UserStep { family, file, job, at };
                    let Some(target) = self.target(user, uses) else { continue };
                    found.push(self.bound(file, StepAt { job: job.id, step: at }, uses, target));
                }
            }
        }
        found
    }

    fn bound<'a>(&'a self, file: usize, at: StepAt, uses: &'a Uses<'a>, target: Target) -> UsedAction<'a> {
        let given = match uses.with.as_ref().map(|with| &with.value) {
            Some(Value::Literal(entries)) => entries.as_slice(),
            Some(Value::Expression(_)) | None => &[],
        };
        let action = if let Target::Action(action) = target { self.models.get(action) } else { None };
        let declared = action.map(|action| action.inputs.as_slice()).unwrap_or_default();
        let inputs = declared.iter().map(|input| (input, value_of(given, input.name.value))).collect();
        // Every step may give these to an action in a container.
        let is_known = |name: &str| {
            same(name, "args")
                || same(name, "entrypoint")
                || declared.iter().any(|input| same(input.name.value, name))
        };
        let names = given.iter().filter_map(|entry| entry.key.value.text());
        let unknown =
            if action.is_some() { names.filter(|name| !is_known(name)).collect() } else { Vec::new() };
        let is_open = match uses.with.as_ref().map(|with| &with.value) {
            Some(Value::Literal(entries)) => entries.iter().any(|entry| entry.key.value.text().is_none()),
            Some(Value::Expression(_)) => true,
            None => false,
        };
        UsedAction { file, at, token: uses.uses.token, target, inputs, unknown, is_open }
    }
}
