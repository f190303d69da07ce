//! From paths to files, in the order of their names and without holding more than the folders on the way.

use std::collections::{HashSet, VecDeque};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::vec;

use super::files::{Entry, FileError, Files, Kind};
use super::other_ci::{OtherFile, may_be_other, other_ci};
use super::problem::{Cause, Problem};
use super::unit::{Part, Shape, Unit, shape};
use super::what::{Role, is_action, is_yaml};

/// Folders that hold what others wrote or a build made, and are not looked into.
pub const LEFT_OUT: [&str; 4] = [".git", "node_modules", "target", "vendor"];

/// How many folders repositories may stand in: `PATH/host/owner/name`.
const HOLDERS: usize = 3;

/// How deep folders may stand in each other.
const DEPTH: usize = 64;

/// A file to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its path, beginning with the one that was named.
    pub path: PathBuf,
    /// Why it is looked at.
    pub role: Role,
    /// What it belongs to.
    pub unit: Arc<Unit>,
}

/// Why something is not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// A folder of [`LEFT_OUT`].
    LeftOut,
    /// A link to what is looked at, or may be, under its own name.
    Link,
    /// A folder with neither workflows nor repositories.
    Nothing,
    /// Folders in folders beyond any use.
    TooDeep,
    /// A file in `.github/workflows` that is no `*.yml` or `*.yaml`.
    NotYaml,
    /// A workflow in a folder below `.github/workflows`, where GitHub does not look.
    BelowWorkflows,
    /// A workflow in a `.github/workflows` that is not at the root of the repository.
    NotAtRoot,
    /// A YAML file beside repositories.
    Beside,
    /// It was looked at already: it was named twice.
    Twice,
}

impl Why {
    /// A word for programs, which stays the same.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::LeftOut => "left-out",
            Self::Link => "link",
            Self::Nothing => "nothing-there",
            Self::TooDeep => "too-deep",
            Self::NotYaml => "not-yaml",
            Self::BelowWorkflows => "below-workflows",
            Self::NotAtRoot => "not-at-root",
            Self::Beside => "beside-repositories",
            Self::Twice => "twice",
        }
    }

    /// The reason in words.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::LeftOut => "folders named .git, node_modules, target and vendor are not looked into",
            Self::Link => {
                "symbolic links are not followed; what they lead to is looked at under its own name"
            }
            Self::Nothing => "neither workflows nor a repository stand there",
            Self::TooDeep => "it stands too deep in other folders; name it itself",
            Self::NotYaml => "GitHub only reads *.yml and *.yaml in .github/workflows",
            Self::BelowWorkflows => "GitHub does not look into folders of .github/workflows",
            Self::NotAtRoot => "this .github/workflows is not at the root of the repository; name it itself",
            Self::Beside => "it stands beside repositories; name it itself",
            Self::Twice => "it was named twice",
        }
    }
}

/// What a search finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A repository, a folder of workflows or a file; what belongs to it follows.
    Unit(Arc<Unit>),
    /// A file to look at.
    Item(Item),
    /// A file of another system, where [`Search::with_others`] asks for these.
    Other(OtherFile),
    /// Something that is not looked at.
    Skipped(PathBuf, Why),
    /// Something that cannot be looked at.
    Problem(Problem),
}

/// A path that was named.
struct Root {
    path: PathBuf,
    real: Result<PathBuf, FileError>,
}

/// A folder on the way.
struct Level {
    folder: PathBuf,
    entries: vec::IntoIter<Entry>,
    scope: Scope,
}

/// What a folder on the way is.
#[derive(Clone)]
enum Scope {
    /// It holds repositories, or folders that do.
    Holder,
    /// It belongs to a unit.
    Within(Arc<Unit>, Part),
}

/// What was found, one after the other: for each path in the order they were named, by name.
pub struct Search<'f, F: Files + ?Sized> {
    files: &'f F,
    roots: vec::IntoIter<Root>,
    root: Option<Root>,
    way: Vec<Level>,
    ready: VecDeque<Found>,
    /// Files without links, kept only where paths that were named lie in each other.
    seen: Option<HashSet<PathBuf>>,
    /// Whether files of other systems are wanted.
    others: bool,
}

impl<'f, F: Files + ?Sized> Search<'f, F> {
    /// Begins with these paths.
    pub fn new(files: &'f F, paths: impl IntoIterator<Item = PathBuf>) -> Self {
        let root = |path: PathBuf| Root { real: files.real(&path), path };
        let roots: Vec<Root> = paths.into_iter().map(root).collect();
        let mut real: Vec<&PathBuf> = roots.iter().filter_map(|root| root.real.as_ref().ok()).collect();
        // By parts of the path, so that what lies in a folder comes right after it.
        real.sort_unstable();
        let overlap = real.iter().zip(real.iter().skip(1)).any(|(one, next)| next.starts_with(one));
        let seen = overlap.then(HashSet::new);
        let roots = roots.into_iter();
        Self { files, roots, root: None, way: Vec::new(), ready: VecDeque::new(), seen, others: false }
    }

    /// Hands on files of other systems, too. No folder is looked into for them that is not looked into anyway.
    #[must_use]
    pub fn with_others(mut self) -> Self {
        self.others = true;
        self
    }

    fn problem(&mut self, path: &Path, cause: impl Into<Cause>) {
        self.ready.push_back(Found::Problem(Problem::new(path, cause)));
    }

    fn skip(&mut self, path: PathBuf, why: Why) {
        self.ready.push_back(Found::Skipped(path, why));
    }

    fn unit(&mut self, path: &Path, shape: Shape) -> Arc<Unit> {
        let unit = Arc::new(Unit { path: path.to_owned(), shape });
        self.ready.push_back(Found::Unit(Arc::clone(&unit)));
        unit
    }

    /// Hands a file on, unless it was there before.
    fn item(&mut self, path: PathBuf, role: Role, unit: &Arc<Unit>) {
        let twice = match (&mut self.seen, &self.root) {
            (Some(seen), Some(Root { path: root, real: Ok(real) })) => {
                let below = path.strip_prefix(root).unwrap_or(&path);
                // A path joined with nothing would end with a slash.
                let real = if below == Path::new("") { real.clone() } else { real.join(below) };
                !seen.insert(real)
            }
            _ => false,
        };
        if twice {
            self.skip(path, Why::Twice);
        } else {
            self.ready.push_back(Found::Item(Item { path, role, unit: Arc::clone(unit) }));
        }
    }

    fn begin(&mut self, root: Root) {
        let path = root.path.clone();
        self.root = Some(root);
        match self.files.look(&path) {
            Ok(Kind::File) => {
                let unit = self.unit(&path, Shape::File);
                self.item(path.clone(), role_of(&path), &unit);
            }
            Ok(Kind::Folder) => self.folder(path),
            Ok(Kind::Special(special)) => self.problem(&path, Cause::Special(special)),
            Ok(Kind::Link) => self.problem(&path, Cause::Loop),
            Err(error) => self.problem(&path, error),
        }
    }

    /// Recognises a folder that belongs to nothing yet.
    fn folder(&mut self, folder: PathBuf) {
        let Some(entries) = self.list(&folder) else { return };
        let (scope, entries) = match shape(self.files, &folder, &entries) {
            Some(shape) => {
                (Scope::Within(self.unit(&folder, shape), Part::of(shape, Path::new(""))), entries)
            }
            None if entries.iter().all(|entry| entry.kind != Kind::Folder) => {
                return self.skip(folder, Why::Nothing);
            }
            None if self.way.len() > HOLDERS => return self.skip(folder, Why::TooDeep),
            None => (Scope::Holder, entries),
        };
        self.way.push(Level { folder, entries: entries.into_iter(), scope });
    }

    /// The entries by name; nothing, and a problem, where they cannot be had.
    fn list(&mut self, folder: &Path) -> Option<Vec<Entry>> {
        match self.files.list(folder) {
            Ok(mut entries) => {
                entries.sort_unstable_by(|one, other| one.name.cmp(&other.name));
                Some(entries)
            }
            Err(error) => {
                self.problem(folder, error);
                None
            }
        }
    }

    fn entry(&mut self, path: PathBuf, entry: &Entry, scope: &Scope) {
        match (entry.kind, scope) {
            (Kind::Folder, _) if LEFT_OUT.iter().any(|name| entry.name == *name) => {
                self.skip(path, Why::LeftOut);
            }
            (Kind::Folder, _) if self.way.len() >= DEPTH => self.skip(path, Why::TooDeep),
            (Kind::Folder, Scope::Holder) => self.folder(path),
            (Kind::Folder, Scope::Within(unit, _)) => self.below(path, unit),
            (kind, Scope::Holder) => self.beside(path, entry, kind),
            (kind, Scope::Within(unit, part)) => match (part.role(&entry.name), kind) {
                (None, Kind::File) if self.others && may_be_other(&entry.name) => self.other(path, unit),
                (role, Kind::Link) => self.link(path, matches!(role, Some(Ok(_)))),
                (Some(Ok(role)), Kind::File) => self.item(path, role, unit),
                (Some(Ok(_)), Kind::Special(special)) => self.problem(&path, Cause::Special(special)),
                (Some(Err(why)), _) => self.skip(path, why),
                (None | Some(Ok(_)), _) => {}
            },
        }
    }

    /// Hands on a file of another system. A repository's counts, and not what stands in a folder of workflows.
    fn other(&mut self, path: PathBuf, unit: &Arc<Unit>) {
        let system = match unit.shape {
            Shape::Repository => path.strip_prefix(&unit.path).ok().and_then(other_ci),
            Shape::Workflows | Shape::File => None,
        };
        if let Some(system) = system {
            self.ready.push_back(Found::Other(OtherFile { path, system, unit: Arc::clone(unit) }));
        }
    }

    /// Goes into a folder of a unit.
    fn below(&mut self, folder: PathBuf, unit: &Arc<Unit>) {
        let Some(entries) = self.list(&folder) else { return };
        let relative = folder.strip_prefix(&unit.path).unwrap_or(&folder);
        let scope = Scope::Within(Arc::clone(unit), Part::of(unit.shape, relative));
        self.way.push(Level { folder, entries: entries.into_iter(), scope });
    }

    /// What is no folder, beside repositories.
    fn beside(&mut self, path: PathBuf, entry: &Entry, kind: Kind) {
        match kind {
            Kind::Link => self.link(path, false),
            _ if is_yaml(&entry.name) => self.skip(path, Why::Beside),
            _ => {}
        }
    }

    /// A link: what is behind it is looked at where it stands, if at all.
    fn link(&mut self, path: PathBuf, wanted: bool) {
        match self.files.look(&path) {
            Ok(Kind::Folder) => self.skip(path, Why::Link),
            Ok(Kind::Special(special)) if wanted => self.problem(&path, Cause::Special(special)),
            Ok(_) if wanted && self.leads_out(&path) => self.problem(&path, Cause::Outside),
            Ok(_) if wanted => self.skip(path, Why::Link),
            Err(error) if wanted => self.problem(&path, error),
            Err(FileError::Loop) => self.skip(path, Why::Link),
            Ok(_) | Err(_) => {}
        }
    }

    fn leads_out(&self, path: &Path) -> bool {
        match (self.files.real(path), self.root.as_ref().map(|root| &root.real)) {
            (Ok(target), Some(Ok(root))) => !target.starts_with(root),
            _ => true,
        }
    }
}

impl<F: Files + ?Sized> Iterator for Search<'_, F> {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        loop {
            if let Some(found) = self.ready.pop_front() {
                return Some(found);
            }
            match self.way.last_mut() {
                Some(level) => match level.entries.next() {
                    Some(entry) => {
                        let (path, scope) = (level.folder.join(&entry.name), level.scope.clone());
                        self.entry(path, &entry, &scope);
                    }
                    None => {
                        self.way.pop();
                    }
                },
                None => {
                    let root = self.roots.next()?;
                    self.begin(root);
                }
            }
        }
    }
}

/// Why a file is looked at that was named itself.
fn role_of(path: &Path) -> Role {
    let folder = path.parent().unwrap_or(Path::new(""));
    match path.file_name().unwrap_or(OsStr::new("")) {
        name if is_action(name) => Role::Action,
        _ if folder.ends_with(".github/workflows") => Role::Workflow,
        _ if folder.ends_with("workflow-templates") => Role::Template,
        _ => Role::Named,
    }
}

#[cfg(test)]
mod tests;
