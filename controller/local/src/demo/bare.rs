//! The demo's git host: a bare repository, and what its branch says.

use std::path::Path;

use git2::{ErrorCode, Oid, Repository, Signature};
use kustomize_rs::Target;
use towpath_core::id::{CommitId, Digest};

use super::DemoError;
use super::catalog::IMAGE;

const BRANCH: &str = "refs/heads/main";
/// Modes of entries in a git tree.
const FILE: i32 = 0o100_644;
const FOLDER: i32 = 0o040_000;

/// Makes a bare repository whose branch `main` has one commit with these files.
pub(super) fn create<'f>(
    path: &Path,
    files: impl Iterator<Item = (&'f str, &'f str)>,
) -> Result<(), DemoError> {
    let failed = |e: git2::Error| DemoError::setup(format!("make the repository {}", path.display()), e);
    fill(path, files).map_err(failed)
}

fn fill<'f>(path: &Path, files: impl Iterator<Item = (&'f str, &'f str)>) -> Result<(), git2::Error> {
    let repository = Repository::init_bare(path)?;
    repository.set_head(BRANCH)?;
    // Whatever the user's settings say: nothing works behind the demo's back.
    repository.config()?.set_bool("receive.autogc", false)?;
    let mut tree = None;
    for (path, text) in files {
        let blob = repository.blob(text.as_bytes())?;
        tree = Some(with_file(&repository, tree, path, blob)?);
    }
    let tree = match tree {
        Some(tree) => repository.find_tree(tree)?,
        None => repository.find_tree(repository.treebuilder(None)?.write()?)?,
    };
    let author = Signature::now("Platform team", "platform@example.com")?;
    repository.commit(
        Some(BRANCH),
        &author,
        &author,
        "Add the environments of web and worker\n",
        &tree,
        &[],
    )?;
    Ok(())
}

/// The tree with a file set, folders made as needed.
fn with_file(repository: &Repository, tree: Option<Oid>, path: &str, blob: Oid) -> Result<Oid, git2::Error> {
    let tree = tree.map(|tree| repository.find_tree(tree)).transpose()?;
    let mut builder = repository.treebuilder(tree.as_ref())?;
    match path.split_once('/') {
        Some((folder, rest)) => {
            let inner = builder.get(folder)?.map(|entry| entry.id());
            builder.insert(folder, with_file(repository, inner, rest, blob)?, FOLDER)?;
        }
        None => drop(builder.insert(path, blob, FILE)?),
    }
    builder.write()
}

/// A reader of the branch, as a GitOps controller has it.
pub(super) struct Branch(Repository);

impl Branch {
    /// Opens the repository.
    pub(super) fn open(path: &Path) -> Result<Self, DemoError> {
        let failed = |e: git2::Error| DemoError::setup(format!("open {}", path.display()), e);
        Repository::open_bare(path).map(Self).map_err(failed)
    }

    /// The newest commit; `None` when there is none, or somebody moves the branch at this moment.
    pub(super) fn tip(&self) -> Option<CommitId> {
        match self.0.refname_to_id(BRANCH) {
            Ok(id) => CommitId::parse(&id.to_string()).ok(),
            Err(_) => None,
        }
    }

    /// The digest that a kustomization sets for the demo's image at a commit; says why otherwise.
    pub(super) fn digest(&self, commit: &CommitId, path: &str) -> Result<Digest, String> {
        let text = self.text(commit, path).map_err(|e| match e.code() {
            ErrorCode::NotFound => format!("{path} is not there"),
            _ => e.message().to_owned(),
        })?;
        let target = Target::Kustomization { image: IMAGE.to_owned() };
        let fields = kustomize_rs::read(&text, &target).map_err(|e| e.to_string())?;
        let digest = fields.digest.ok_or_else(|| format!("{path} has no digest"))?;
        Digest::parse(&digest.value).map_err(|e| e.to_string())
    }

    fn text(&self, commit: &CommitId, path: &str) -> Result<String, git2::Error> {
        let tree = self.0.find_commit(Oid::from_str(commit.as_str())?)?.tree()?;
        let blob = tree.get_path(Path::new(path))?.to_object(&self.0)?.peel_to_blob()?;
        Ok(String::from_utf8_lossy(blob.content()).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::super::catalog::image;
    use super::super::documents::{overlay, repository_files};
    use super::*;

    #[test]
    fn the_first_commit_has_the_reference_environments() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("environments.git");
        create(&path, repository_files()).unwrap();
        let branch = Branch::open(&path).unwrap();
        let tip = branch.tip().unwrap();
        assert_eq!(branch.digest(&tip, &overlay("production")), Ok(image("1.0.0").unwrap().digest));
        assert!(branch.digest(&tip, &overlay("moon")).unwrap_err().contains("is not there"));
        let files: Vec<_> = repository_files().collect();
        assert!(files.iter().all(|(path, text)| branch.text(&tip, path).unwrap() == *text));
    }

    #[test]
    fn an_overlay_without_digest_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.git");
        let text = format!("images:\n- name: {IMAGE}\n  newTag: v1\n");
        create(&path, [("a/kustomization.yaml", text.as_str())].into_iter()).unwrap();
        let branch = Branch::open(&path).unwrap();
        let why = branch.digest(&branch.tip().unwrap(), "a/kustomization.yaml").unwrap_err();
        assert!(why.contains("no digest"), "{why}");
    }
}
