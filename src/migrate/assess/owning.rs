//! Who owns each workflow: the `CODEOWNERS` of its repository is read once, when its repository comes.

use std::path::{Component, Path, PathBuf};

use towpath_migrate::estate::owners::CodeOwners;
use towpath_migrate::sources::{Files, Found};

use super::Came;

/// What was seen of `CODEOWNERS`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct SeenOwners {
    /// How many repositories have one.
    pub(super) files: usize,
    /// What GitHub does not take of them.
    pub(super) notes: Vec<Note>,
}

/// Something that GitHub does not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Note {
    /// The file, or the repository.
    pub(super) path: PathBuf,
    /// The line, where it is about one.
    pub(super) line: Option<usize>,
    /// What is wrong with it.
    pub(super) why: String,
}

/// The repository whose workflows come.
#[derive(Default)]
pub(super) struct Owning {
    repository: Option<PathBuf>,
    owners: Option<CodeOwners>,
    seen: SeenOwners,
}

impl Owning {
    /// Takes note of what comes: a repository, or a workflow of it, which gets its owners.
    pub(super) fn note(&mut self, files: &impl Files, found: &Found, came: &mut Came) {
        match (found, came) {
            (Found::Unit(unit), _) => self.enter(files, unit.repository()),
            (Found::Item(item), Came::Sheet(sheet, _)) => {
                let found = self.owners.as_ref().and_then(|owners| {
                    let path = relative(self.repository.as_deref()?, &item.path)?;
                    owners.of(&path).map(|owned| owned.owners.to_vec())
                });
                if let Some(ties) = &mut sheet.ties {
                    ties.owners = found;
                }
            }
            _ => {}
        }
    }

    /// What was seen in all repositories.
    pub(super) fn seen(self) -> SeenOwners {
        self.seen
    }

    fn enter(&mut self, files: &impl Files, repository: Option<&Path>) {
        // Files that are named one by one may all be of one repository.
        if repository.is_some() && repository == self.repository.as_deref() {
            return;
        }
        self.repository = repository.map(Path::to_owned);
        self.owners = None;
        let Some(repository) = repository else { return };
        match CodeOwners::find(files, repository) {
            Ok(Some(owners)) => {
                self.seen.files += 1;
                let path = repository.join(owners.place);
                self.seen.notes.extend(owners.ignored.iter().map(|ignored| Note {
                    path: path.clone(),
                    line: Some(ignored.line),
                    why: ignored.why.to_string(),
                }));
                self.owners = Some(owners);
            }
            Ok(None) => {}
            Err(error) => {
                let note = Note { path: repository.to_owned(), line: None, why: error.to_string() };
                self.seen.notes.push(note);
            }
        }
    }
}

/// A path in a repository, with `/` between its names; `None` where a name is no text, so that no pattern can mean it.
fn relative(repository: &Path, path: &Path) -> Option<String> {
    let mut names = Vec::new();
    for part in path.strip_prefix(repository).ok()?.components() {
        match part {
            Component::Normal(name) => names.push(name.to_str()?),
            Component::CurDir => {}
            _ => return None,
        }
    }
    Some(names.join("/"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use towpath_migrate::sources::{InMemory, Shape, Unit};

    use super::*;

    fn unit(path: &str, shape: Shape) -> Found {
        Found::Unit(Arc::new(Unit { path: path.into(), shape }))
    }

    #[test]
    fn each_repository_has_its_own_owners() {
        let files = InMemory::default()
            .file("/a/CODEOWNERS", "* @a\n!x @b\n")
            .file("/b/x", "")
            .file("/c/.github/CODEOWNERS", [0xff]);
        let mut owning = Owning::default();
        let mut of = |found: Found| {
            owning.note(&files, &found, &mut Came::Skipped);
            owning.owners.as_ref().map(|owners| owners.place)
        };
        assert_eq!(of(unit("/a", Shape::Repository)), Some("CODEOWNERS"));
        assert_eq!(
            of(unit("/a/.github/workflows", Shape::Workflows)),
            Some("CODEOWNERS"),
            "the same repository"
        );
        assert_eq!(of(unit("/b", Shape::Repository)), None);
        assert_eq!(of(unit("/loose", Shape::Workflows)), None);
        assert_eq!(of(unit("/c", Shape::Repository)), None);
        let seen = owning.seen();
        assert_eq!(seen.files, 1);
        let told: Vec<_> = seen
            .notes
            .iter()
            .map(|note| (note.path.to_str().unwrap(), note.line, note.why.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                ("/a/CODEOWNERS", Some(2), "a pattern cannot begin with !"),
                ("/c", None, ".github/CODEOWNERS is not UTF-8"),
            ]
        );
    }

    #[test]
    fn paths_are_those_of_the_repository() {
        for (path, expected) in [
            ("/r/.github/workflows/a.yml", Some(".github/workflows/a.yml")),
            ("/r/./a.yml", Some("a.yml")),
            ("/other/a.yml", None),
            ("/r/../a.yml", None),
        ] {
            assert_eq!(relative(Path::new("/r"), Path::new(path)).as_deref(), expected, "{path}");
        }
    }
}
