//! What a path is that was named, found by looking.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::files::{Entry, Files, Kind};
use super::text::Text;
use super::what::{Role, What, is_action, is_yaml};

/// How many files are read to know whether a folder is one of workflows.
const LOOKS: usize = 16;

/// What was recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A repository: it has `.git`, a `.github` of its own, `workflow-templates`, or is an action.
    Repository,
    /// A folder of workflows: every YAML file in it and below it is looked at.
    Workflows,
    /// A single file.
    File,
}

impl Shape {
    /// Its name, which stays the same.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Repository => "repository",
            Self::Workflows => "workflows",
            Self::File => "file",
        }
    }
}

/// A part of the input that stands for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// The folder or file.
    pub path: PathBuf,
    /// What it is.
    pub shape: Shape,
}

impl Unit {
    /// The folder that a reference such as `./.github/actions/setup` begins at, where it is known: that of the repository.
    #[must_use]
    pub fn repository(&self) -> Option<&Path> {
        let folder = match self.shape {
            Shape::Repository => return Some(&self.path),
            Shape::Workflows => &*self.path,
            Shape::File => self.path.parent()?,
        };
        let above = folder.parent()?;
        let named = folder.ends_with("workflows") && above.ends_with(".github");
        if named { above.parent() } else { None }
    }
}

/// What the folder is that has these entries; nothing when it is neither, and what stands in it may be.
pub(super) fn shape(files: &(impl Files + ?Sized), folder: &Path, entries: &[Entry]) -> Option<Shape> {
    let has = |name: &str, kind: Option<Kind>| {
        entries.iter().any(|entry| entry.name == name && kind.is_none_or(|kind| kind == entry.kind))
    };
    // A worktree and a submodule have a file of that name.
    let github = || has(".github", Some(Kind::Folder)) && !is_repository(files, &folder.join(".github"));
    if has(".git", None) || github() {
        return Some(Shape::Repository);
    }
    let yaml = entries.iter().filter(|entry| entry.kind == Kind::File && is_yaml(&entry.name));
    let is_workflow = |entry: &Entry| {
        let text = Text::read(files, &folder.join(&entry.name));
        text.is_ok_and(|text| matches!(What::of(Role::Named, text.body()), What::Workflow | What::Template))
    };
    if yaml.filter(|entry| !is_action(&entry.name)).take(LOOKS).any(is_workflow) {
        return Some(Shape::Workflows);
    }
    let action = entries.iter().any(|entry| entry.kind == Kind::File && is_action(&entry.name));
    (action || has("workflow-templates", Some(Kind::Folder))).then_some(Shape::Repository)
}

/// Whether a folder named `.github` is the repository of that name, which an organisation has beside its others, and not a part
/// of the repository that it stands in. A part is taken for granted where it cannot be looked into.
fn is_repository(files: &(impl Files + ?Sized), github: &Path) -> bool {
    let entries = files.list(github).unwrap_or_default();
    let has = |name: &str| entries.iter().any(|entry| entry.name == name);
    let of_organisation = || has("workflow-templates") || has("profile");
    has(".git") || of_organisation() && !has("workflows")
}

/// Where in a unit a folder stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// `.github/workflows`.
    Workflows,
    /// Below `.github/workflows`.
    BelowWorkflows,
    /// `workflow-templates`.
    Templates,
    /// `.github/workflows` of something that stands in the repository, such as a test's data.
    OtherWorkflows,
    /// In a folder of workflows.
    Bare,
    /// Anywhere else in a repository.
    Elsewhere,
}

impl Part {
    /// The part that a folder is, from its path in the unit.
    pub(super) fn of(shape: Shape, relative: &Path) -> Self {
        let workflows = Path::new(".github/workflows");
        match shape {
            Shape::Repository if relative == workflows => Self::Workflows,
            Shape::Repository if relative.starts_with(workflows) => Self::BelowWorkflows,
            Shape::Repository if relative == "workflow-templates" => Self::Templates,
            Shape::Repository if relative.ends_with(workflows) => Self::OtherWorkflows,
            Shape::Repository => Self::Elsewhere,
            Shape::Workflows | Shape::File => Self::Bare,
        }
    }

    /// Why a file of that name is looked at there, or why it is not; nothing for what is no input at all.
    pub(super) fn role(self, name: &OsStr) -> Option<Result<Role, super::search::Why>> {
        use super::search::Why;
        match (self, is_yaml(name)) {
            (Self::Workflows, true) => Some(Ok(Role::Workflow)),
            (Self::Workflows, false) => Some(Err(Why::NotYaml)),
            (Self::Templates, true) => Some(Ok(Role::Template)),
            (_, true) if is_action(name) => Some(Ok(Role::Action)),
            (Self::BelowWorkflows, true) => Some(Err(Why::BelowWorkflows)),
            (Self::OtherWorkflows, true) => Some(Err(Why::NotAtRoot)),
            (Self::Bare, true) => Some(Ok(Role::Named)),
            (Self::Bare, false) if is_yaml(&name.to_ascii_lowercase()) => Some(Err(Why::NotYaml)),
            _ => None,
        }
    }
}
