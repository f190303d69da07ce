//! Where called workflows are looked for.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use towpath_migrate::graph::ActionFiles;
use towpath_migrate::model::call::{Lookup, Reference, WorkflowFiles};
use towpath_migrate::read::{Document, Limits, Shelf, read_workflow};
use towpath_migrate::sources::{Cause, Disk, NotSupplied, Problem, Supplied, Text, Wanted};

/// What the command line has for all files: the sources that somebody supplied, and what files called a moment ago.
#[derive(Default)]
pub(super) struct Sources {
    supplied: Option<Supplied<'static, Disk>>,
    called: Shelf,
}

impl Sources {
    /// Takes the folder of `--sources`, if there is one.
    pub(super) fn open(folder: Option<&Path>) -> Result<Self, Problem> {
        let supplied = folder.map(|folder| Supplied::open(&Disk, folder.to_owned())).transpose()?;
        Ok(Self { supplied, called: Shelf::default() })
    }

    /// The workflow of a file that is looked at itself. One that others may call is kept for them, or was kept by them.
    pub(super) fn workflow(&self, text: &str, limits: &Limits) -> Arc<Document> {
        let may_be_called = text.contains("workflow_call");
        if may_be_called { self.called.workflow(text, limits) } else { Arc::new(read_workflow(text, limits)) }
    }
}

/// Where called workflows and actions are: in the repository around the file, or among the sources.
pub(super) struct Around<'s> {
    /// The folder in which paths such as `.github/workflows/ci.yml` begin.
    repository: Option<PathBuf>,
    /// The folder of the file, where it is in no repository: others stand beside it.
    beside: PathBuf,
    sources: &'s Sources,
}

const WORKFLOWS: &str = ".github/workflows";

impl<'s> Around<'s> {
    /// Also tells how the file itself is called.
    pub(super) fn new(file: &Path, sources: &'s Sources) -> (Self, Reference) {
        // A name alone is one in the working directory.
        let named = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = named.unwrap_or(Path::new("."));
        // The file may be named by a path that does not tell its folders.
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        let repository = folder.ends_with(WORKFLOWS).then(|| folder.ancestors().nth(2)).flatten();
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let reference = match repository {
            Some(_) => Reference::local(format!("{WORKFLOWS}/{name}")),
            None => Reference::local(name),
        };
        (Self { repository: repository.map(Path::to_owned), beside: folder, sources }, reference)
    }

    /// The folder that holds all that is the repository's.
    fn home(&self) -> &Path {
        self.repository.as_deref().unwrap_or(&self.beside)
    }

    fn own(&self, path: &str) -> Lookup {
        let Some(name) = path.strip_prefix(WORKFLOWS).and_then(|rest| rest.strip_prefix('/')) else {
            return Lookup::NotThere;
        };
        if name.contains(['/', '\\']) || name == ".." {
            return Lookup::NotThere;
        }
        let folder =
            self.repository.as_ref().map_or_else(|| self.beside.clone(), |root| root.join(WORKFLOWS));
        let lookup = self.read(&folder.join(name));
        // Beside a file that is in no repository, others may be missing.
        if lookup == Lookup::NotThere && self.repository.is_none() { Lookup::NotSupplied } else { lookup }
    }

    /// Reads a file. A link may lead anywhere; what stands outside is none of the repository's.
    fn read(&self, path: &Path) -> Lookup {
        if path.canonicalize().is_ok_and(|real| !real.starts_with(self.home())) {
            return Lookup::Unreadable(Cause::Outside);
        }
        match Text::read(&Disk, path) {
            Ok(text) => Lookup::Text(text.into_string().into()),
            Err(Problem { cause: Cause::Missing, .. }) => Lookup::NotThere,
            Err(Problem { cause, .. }) => Lookup::Unreadable(cause),
        }
    }
}

fn not_supplied(why: NotSupplied) -> Lookup {
    match why {
        NotSupplied::NoFile(_) => Lookup::NotThere,
        NotSupplied::Outside => Lookup::Unreadable(Cause::Outside),
        NotSupplied::Problem(problem) => Lookup::Unreadable(problem.cause),
        NotSupplied::Hostile { .. } | NotSupplied::Absent(_) => Lookup::NotSupplied,
    }
}

/// Names under which the metadata of an action may stand in its folder.
const METADATA: [&str; 2] = ["action.yml", "action.yaml"];

impl Around<'_> {
    /// The folder of an action of the own repository. A path that leads out of it is none.
    fn own_folder(&self, folder: &str) -> Option<PathBuf> {
        let root = self.repository.as_ref()?;
        root.join(folder).canonicalize().ok().filter(|folder| folder.starts_with(root))
    }

    fn own_action(&self, folder: &str) -> Lookup {
        if self.repository.is_none() {
            return Lookup::NotSupplied;
        }
        let Some(folder) = self.own_folder(folder) else { return Lookup::NotThere };
        let found = METADATA.iter().map(|name| self.read(&folder.join(name)));
        found.into_iter().find(|found| *found != Lookup::NotThere).unwrap_or(Lookup::NotThere)
    }
}

impl ActionFiles for Around<'_> {
    fn look_up(&self, folder: &Reference) -> Lookup {
        let Some(home) = &folder.repository else { return self.own_action(&folder.path) };
        let wanted = Wanted { owner: &home.owner, name: &home.name, reference: &home.reference };
        let found = self.sources.supplied.as_ref().map(|supplied| supplied.action(wanted, &folder.path));
        match found {
            Some(Ok((_, text))) => Lookup::Text(text.into_string().into()),
            Some(Err(why)) => not_supplied(why),
            None => Lookup::NotSupplied,
        }
    }

    fn file_name(&self, folder: &Reference) -> &'static str {
        let [first, second] = METADATA;
        let own = self.own_folder(&folder.path).filter(|_| folder.repository.is_none());
        // A link to nothing is found, too: what is read is the first that is there at all.
        let has_first = own.is_none_or(|folder| folder.join(first).symlink_metadata().is_ok());
        if has_first { first } else { second }
    }
}

impl WorkflowFiles for Around<'_> {
    fn look_up(&self, reference: &Reference) -> Lookup {
        let Some(home) = &reference.repository else { return self.own(&reference.path) };
        let wanted = Wanted { owner: &home.owner, name: &home.name, reference: &home.reference };
        let found = self.sources.supplied.as_ref().map(|supplied| supplied.file(wanted, &reference.path));
        match found {
            Some(Ok((_, text))) => Lookup::Text(text.into_string().into()),
            Some(Err(why)) => not_supplied(why),
            None => Lookup::NotSupplied,
        }
    }

    fn read(&self, text: Box<str>, limits: &Limits) -> Arc<Document> {
        self.sources.called.workflow(text, limits)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_link_out_of_the_repository_leads_to_nothing() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret.yml"), "on: workflow_call\njobs: {}\n").unwrap();
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join(WORKFLOWS);
        fs::create_dir_all(&folder).unwrap();
        for name in ["ci.yml", "own.yml"] {
            fs::write(folder.join(name), "on: workflow_call\njobs: {}\n").unwrap();
        }
        std::os::unix::fs::symlink(outside.path().join("secret.yml"), folder.join("out.yml")).unwrap();
        std::os::unix::fs::symlink(folder.join("own.yml"), folder.join("in.yml")).unwrap();
        let sources = Sources::default();
        let (around, _) = Around::new(&folder.join("ci.yml"), &sources);
        let found = |name: &str| around.own(&format!("{WORKFLOWS}/{name}"));
        let is_there = |name: &str| matches!(found(name), Lookup::Text(_));
        assert_eq!(["own.yml", "in.yml", "out.yml", "no.yml"].map(is_there), [true, true, false, false]);
        assert_eq!(
            (found("out.yml"), found("no.yml")),
            (Lookup::Unreadable(Cause::Outside), Lookup::NotThere)
        );
    }

    #[test]
    fn what_others_may_call_is_kept_for_them() {
        let (sources, limits) = (Sources::default(), Limits::default());
        let (around, _) = Around::new(Path::new("ci.yml"), &sources);
        for (text, is_kept) in [("on: workflow_call\njobs: {}\n", true), ("on: push\njobs: {}\n", false)] {
            let own = sources.workflow(text, &limits);
            let called = WorkflowFiles::read(&around, text.into(), &limits);
            assert_eq!(Arc::ptr_eq(&own, &called), is_kept, "{text}");
        }
    }

    #[test]
    fn a_name_alone_stands_in_the_working_directory() {
        let sources = Sources::default();
        let (around, _) = Around::new(Path::new("ci.yml"), &sources);
        assert_eq!(around.home(), Path::new(".").canonicalize().unwrap());
    }

    #[test]
    fn what_cannot_be_read_keeps_its_cause() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join(WORKFLOWS);
        fs::create_dir_all(folder.join("folder.yml")).unwrap();
        fs::write(folder.join("binary.yml"), "on: push\0").unwrap();
        fs::write(folder.join("latin.yml"), b"on: push # \xe9").unwrap();
        fs::write(folder.join("large.yml"), "x".repeat(4 << 20)).unwrap();
        let sources = Sources::default();
        let (around, _) = Around::new(&folder.join("ci.yml"), &sources);
        let code = |name: &str| match around.own(&format!("{WORKFLOWS}/{name}")) {
            Lookup::Unreadable(cause) => cause.code(),
            other => panic!("{name}: {other:?}"),
        };
        assert_eq!(
            ["binary.yml", "latin.yml", "large.yml", "folder.yml"].map(code),
            ["binary", "not-utf8", "too-large", "changed"]
        );
    }
}
