//! Actions and reusable workflows of other repositories, from a folder instead of the network.

use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

use thiserror::Error;

use super::files::{FileError, Files, Kind};
use super::problem::Problem;
use super::text::Text;

/// How long a part of a reference may be; a longer one is no name on GitHub.
const LONGEST: usize = 255;

/// What a `uses` of another repository names: `owner/name/path@ref`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted<'w> {
    /// A user or an organisation, in any case.
    pub owner: &'w str,
    /// The repository, in any case.
    pub name: &'w str,
    /// A branch, a tag or a commit, which may hold `/`.
    pub reference: &'w str,
}

/// Why nothing was supplied.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotSupplied {
    /// A part of the reference that can be no name on GitHub, and might lead out of the folder.
    #[error("{part} {value:?} can be no name on GitHub")]
    Hostile {
        /// Which part.
        part: &'static str,
        /// What it is.
        value: String,
    },
    /// There is no folder of that name.
    #[error("it is not among the sources; put it into the folder {0}")]
    Absent(String),
    /// There is one, and no such file in it.
    #[error("the sources have {0}, but no such file in it")]
    NoFile(String),
    /// What was found leads out of the folder.
    #[error("a symbolic link leads out of the sources")]
    Outside,
    /// What was found cannot be read.
    #[error("{}", .0.cause)]
    Problem(Problem),
}

/// A folder with repositories named `owner/name@ref`, or in one word `owner+name@ref`. A `/` in `ref` may be written as `+`.
#[derive(Debug)]
pub struct Supplied<'f, F: Files + ?Sized> {
    files: &'f F,
    folder: PathBuf,
    real: PathBuf,
}

impl<'f, F: Files + ?Sized> Supplied<'f, F> {
    /// Takes a folder. Nothing of it is read before it is asked for.
    ///
    /// # Errors
    /// When it is no folder or cannot be looked at.
    pub fn open(files: &'f F, folder: PathBuf) -> Result<Self, Problem> {
        match files.look(&folder).and_then(|kind| Ok((kind, files.real(&folder)?))) {
            Ok((Kind::Folder, real)) => Ok(Self { files, folder, real }),
            Ok(_) => Err(Problem::new(folder, FileError::OtherKind)),
            Err(error) => Err(Problem::new(folder, error)),
        }
    }

    /// The folder of a repository at a ref. A few names are looked at, never the whole folder of sources but where the case of a name differs.
    ///
    /// # Errors
    /// When it is not there, or the name is hostile.
    pub fn repository(&self, wanted: Wanted<'_>) -> Result<PathBuf, NotSupplied> {
        wanted.check()?;
        for name in wanted.names() {
            let Some(found) = self.find(&self.folder, &name) else { continue };
            return self.inside(&found).map(|()| found);
        }
        Err(NotSupplied::Absent(wanted.folder()))
    }

    /// A file of a repository at a ref: its path and its text.
    ///
    /// # Errors
    /// When it is not there, cannot be read, or a name is hostile.
    pub fn file(&self, wanted: Wanted<'_>, path: &str) -> Result<(PathBuf, Text), NotSupplied> {
        relative(path)?;
        let repository = self.repository(wanted)?;
        let found = repository.join(path.trim_start_matches("./"));
        if let Err(FileError::Missing | FileError::OtherKind) = self.files.look(&found) {
            return Err(NotSupplied::NoFile(wanted.folder()));
        }
        self.inside(&found)?;
        let text = Text::read(self.files, &found).map_err(NotSupplied::Problem)?;
        Ok((found, text))
    }

    /// The metadata of the action in a folder of a repository; an empty path is the root.
    ///
    /// # Errors
    /// When it is not there, cannot be read, or a name is hostile.
    pub fn action(&self, wanted: Wanted<'_>, folder: &str) -> Result<(PathBuf, Text), NotSupplied> {
        let at = |name: &str| match folder.trim_end_matches('/') {
            "" => name.to_owned(),
            folder => format!("{folder}/{name}"),
        };
        match self.file(wanted, &at("action.yml")) {
            Err(NotSupplied::NoFile(_)) => self.file(wanted, &at("action.yaml")),
            answer => answer,
        }
    }

    /// Follows names whose case may differ, which does not count on GitHub before the `@`.
    fn find(&self, folder: &Path, names: &[String]) -> Option<PathBuf> {
        let Some((first, rest)) = names.split_first() else { return Some(folder.to_owned()) };
        let exact = folder.join(first);
        if self.files.look(&exact) == Ok(Kind::Folder)
            && let Some(found) = self.find(&exact, rest)
        {
            return Some(found);
        }
        let entries = self.files.list(folder).ok()?;
        let mut other: Vec<OsString> = entries
            .into_iter()
            .map(|entry| entry.name)
            .filter(|name| differs_in_case(name.to_str(), first))
            .collect();
        other.sort_unstable();
        other.iter().find_map(|name| self.find(&folder.join(name), rest))
    }

    fn inside(&self, found: &Path) -> Result<(), NotSupplied> {
        match self.files.real(found) {
            Ok(real) if real.starts_with(&self.real) => Ok(()),
            Ok(_) => Err(NotSupplied::Outside),
            Err(error) => Err(NotSupplied::Problem(Problem::new(found, error))),
        }
    }
}

/// Whether a folder is the one that was wanted but for the case of owner and name. That of a ref counts.
fn differs_in_case(there: Option<&str>, wanted: &str) -> bool {
    let Some(there) = there else { return false };
    let (name, reference) = there.split_once('@').unwrap_or((there, ""));
    let (wanted_name, wanted_reference) = wanted.split_once('@').unwrap_or((wanted, ""));
    there != wanted && reference == wanted_reference && name.eq_ignore_ascii_case(wanted_name)
}

impl Wanted<'_> {
    /// The folder to put it into, from the folder of sources.
    #[must_use]
    pub fn folder(&self) -> String {
        format!("{}/{}@{}", self.owner, self.name, self.reference)
    }

    /// The folders that may hold it, as names in each other.
    fn names(&self) -> Vec<Vec<String>> {
        let Self { owner, name, reference } = self;
        let (nested, one) = (format!("{name}@{reference}"), format!("{owner}+{name}@{reference}"));
        let split = |path: &str| path.split('/').map(str::to_owned).collect::<Vec<_>>();
        let under_owner = |rest: Vec<String>| std::iter::once((*owner).to_owned()).chain(rest).collect();
        let mut all = vec![under_owner(split(&nested)), split(&one)];
        if reference.contains('/') {
            all.extend([under_owner(vec![nested.replace('/', "+")]), vec![one.replace('/', "+")]]);
        }
        all
    }

    fn check(&self) -> Result<(), NotSupplied> {
        let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        let name = |text: &str| !text.is_empty() && plain(text) && !text.bytes().all(|byte| byte == b'.');
        for (part, value) in [("the owner", self.owner), ("the repository", self.name)] {
            if !name(value) || value.len() > LONGEST {
                return Err(hostile(part, value));
            }
        }
        let part = |part: &str| !part.is_empty() && !part.starts_with('.') && part.len() <= LONGEST;
        let fit = |character: char| !character.is_control() && !" ~^:?*[\\@".contains(character);
        let reference = self.reference;
        if reference.split('/').all(part) && reference.chars().all(fit) && !reference.contains("..") {
            Ok(())
        } else {
            Err(hostile("the ref", reference))
        }
    }
}

/// A path that stays below where it begins.
fn relative(path: &str) -> Result<(), NotSupplied> {
    let below = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    let fit = !path.chars().any(|character| character.is_control() || character == '\\');
    if fit && Path::new(path).components().all(below) { Ok(()) } else { Err(hostile("the path", path)) }
}

fn hostile(part: &'static str, value: &str) -> NotSupplied {
    NotSupplied::Hostile { part, value: value.chars().take(LONGEST).collect() }
}

#[cfg(test)]
mod tests {
    use super::super::memory::InMemory;
    use super::*;

    fn wanted<'w>(owner: &'w str, name: &'w str, reference: &'w str) -> Wanted<'w> {
        Wanted { owner, name, reference }
    }

    fn sources() -> InMemory {
        let action = "runs:\n  using: node24\n";
        InMemory::default()
            .file("/s/actions/checkout@v4/action.yml", action)
            .file("/s/actions/cache@v4/save/action.yaml", action)
            .file("/s/acme+tools@feature+x/.github/workflows/build.yml", "on: workflow_call\njobs: {}\n")
            .file("/s/acme/deep@release/1.2/action.yml", action)
            .file("/s/Docker/Login-Action@v3/action.yml", action)
            .file("/s/acme/bad@v1/action.yml", "\u{0}")
            .file("/secret", "x: y\n")
            .link("/s/acme/evil@v1", "/")
            .link("/s/acme/sly@v1/action.yml", "/secret")
    }

    #[test]
    fn repositories_are_found_by_their_names() {
        let files = sources();
        let supplied = Supplied::open(&files, "/s".into()).unwrap();
        for (owner, name, reference, folder) in [
            ("actions", "checkout", "v4", "/s/actions/checkout@v4"),
            ("ACTIONS", "CheckOut", "v4", "/s/actions/checkout@v4"),
            ("docker", "login-action", "v3", "/s/Docker/Login-Action@v3"),
            ("acme", "tools", "feature/x", "/s/acme+tools@feature+x"),
            ("acme", "deep", "release/1.2", "/s/acme/deep@release/1.2"),
        ] {
            assert_eq!(supplied.repository(wanted(owner, name, reference)).unwrap(), Path::new(folder));
        }
        assert_eq!(
            supplied.repository(wanted("actions", "checkout", "V4")),
            Err(NotSupplied::Absent("actions/checkout@V4".to_owned())),
            "the case of a ref counts"
        );
    }

    #[test]
    fn files_and_actions_are_read() {
        let files = sources();
        let supplied = Supplied::open(&files, "/s".into()).unwrap();
        let (path, text) = supplied.action(wanted("actions", "cache", "v4"), "save").unwrap();
        assert_eq!(path, Path::new("/s/actions/cache@v4/save/action.yaml"));
        assert!(text.body().starts_with("runs:"));
        assert!(supplied.action(wanted("actions", "checkout", "v4"), "").is_ok());
        let workflow = supplied.file(wanted("acme", "tools", "feature/x"), ".github/workflows/build.yml");
        assert!(workflow.is_ok(), "{workflow:?}");
        let absent = supplied.action(wanted("actions", "checkout", "v4"), "sub");
        assert_eq!(absent, Err(NotSupplied::NoFile("actions/checkout@v4".to_owned())));
        assert!(matches!(
            supplied.action(wanted("acme", "bad", "v1"), ""),
            Err(NotSupplied::Problem(Problem { cause: super::super::problem::Cause::Binary(_), .. }))
        ));
    }

    #[test]
    fn hostile_names_are_refused() {
        let files = sources();
        let supplied = Supplied::open(&files, "/s".into()).unwrap();
        for (owner, name, reference) in [
            ("..", "checkout", "v4"),
            (".", "checkout", "v4"),
            ("a/b", "checkout", "v4"),
            ("", "checkout", "v4"),
            ("actions", "..", "v4"),
            ("actions", "check out", "v4"),
            ("actions", "checkout", ""),
            ("actions", "checkout", "../../etc"),
            ("actions", "checkout", "/etc"),
            ("actions", "checkout", "a//b"),
            ("actions", "checkout", "v4\n"),
            ("actions", "checkout", "a..b"),
            ("actions", "checkout", "v4\\..\\x"),
            ("actions\u{1b}[31m", "checkout", "v4"),
        ] {
            let answer = supplied.repository(wanted(owner, name, reference));
            assert!(
                matches!(answer, Err(NotSupplied::Hostile { .. })),
                "{owner} {name} {reference}: {answer:?}"
            );
        }
        for path in ["../x", "/etc/passwd", "a/../../x", "a\\b", "a\0b"] {
            let answer = supplied.file(wanted("actions", "checkout", "v4"), path);
            assert!(matches!(answer, Err(NotSupplied::Hostile { .. })), "{path}: {answer:?}");
        }
    }

    #[test]
    fn links_do_not_lead_out() {
        let files = sources();
        let supplied = Supplied::open(&files, "/s".into()).unwrap();
        assert_eq!(supplied.file(wanted("acme", "evil", "v1"), "secret"), Err(NotSupplied::Outside));
        assert_eq!(supplied.action(wanted("acme", "sly", "v1"), ""), Err(NotSupplied::Outside));
    }
}
