//! What went wrong, for people: the place, the cause, and the next thing to do.

use std::path::Path;

use towpath_core::id::{CommitId, PipelineId, RefName};
use towpath_core::journal::state::FORMAT;
use towpath_engine::journal::Journal;
use towpath_engine::ports::{RefQuery, RepositoryError, Since};
use towpath_engine::{Engine, EngineError};

use super::LocalHost;

/// The most commits that are looked through for one that can be read.
const COMMITS: usize = 2_000;

/// An error as a person needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Where, and what is wrong there.
    pub what: String,
    /// The next thing to do; `None` where the error says so itself.
    pub next: Option<String>,
}

impl Trouble {
    fn new(what: impl Into<String>, next: impl Into<String>) -> Self {
        Self { what: what.into(), next: Some(next.into()) }
    }
}

/// Whether the error says that the host, or its settings, do not allow it. A path that is wrong is a mistake.
pub fn is_denied(error: &EngineError) -> bool {
    match error {
        EngineError::Repository(RepositoryError::Denied { repository, reason }) => {
            wrong_path(repository, reason).is_none()
        }
        EngineError::Refused { .. } => true,
        _ => false,
    }
}

/// What is wrong with a repository that is a path; `None` when it is none, or nothing is known to be wrong.
fn wrong_path(repository: &str, reason: &str) -> Option<&'static str> {
    let path = Path::new(repository.strip_prefix("file://").unwrap_or(repository));
    match () {
        () if !path.is_absolute() => None,
        () if path.symlink_metadata().is_err_and(|e| e.kind() == std::io::ErrorKind::NotFound) => {
            Some("there is no such folder")
        }
        () if reason.contains("does not appear to be a git repository") => Some("it is no git repository"),
        () => None,
    }
}

impl LocalHost {
    /// What a person has to know about an error of a pipeline. Looks again at the repository where that helps.
    pub fn trouble(&self, id: &PipelineId, error: &EngineError) -> Trouble {
        match error {
            EngineError::Repository(error) => self.of_repository(id, error),
            EngineError::Journal { journal, reason } => self.of_journal(id, journal, reason),
            EngineError::Refused { .. } => Trouble::new(
                error.to_string(),
                "let the account push to that ref, or choose another spec.repository.journal",
            ),
            EngineError::Lost { reason, .. } => Trouble::new(
                format!("the ledger of {id} is lost: {reason}"),
                format!(
                    "restore {}, or: towpath ledger confirm {id} --what journal-lost",
                    self.journal_of(id)
                ),
            ),
            EngineError::Impossible(_) | EngineError::Contended { .. } | EngineError::Crashed => plain(error),
        }
    }

    fn of_repository(&self, id: &PipelineId, error: &RepositoryError) -> Trouble {
        let what = error.to_string();
        match error {
            RepositoryError::Unreachable { .. } => {
                Trouble::new(what, "check the address and the network, then try again; nothing is lost")
            }
            RepositoryError::Denied { repository, reason } => match wrong_path(repository, reason) {
                Some(wrong) => Trouble::new(
                    format!("failed to open {repository}: {wrong}"),
                    format!("correct spec.repository.url{}, or create it", self.in_file(id)),
                ),
                None => Trouble::new(
                    what,
                    "check spec.repository.url of the pipeline, and repositories in towpath.yaml for its \
                     credentials",
                ),
            },
            RepositoryError::NotACommit { commit } => self.no_commit(id, commit),
            RepositoryError::Mirror { .. } => {
                let mirrors = self.cache.as_ref().map(|cache| cache.path().join("mirrors"));
                let folder = mirrors.map_or("it".to_owned(), |folder| folder.display().to_string());
                Trouble::new(what, format!("the mirror is a cache: delete {folder} and try again"))
            }
            RepositoryError::NotAFile { path, .. } if path.as_str() == "state.json" => {
                match self.pipeline(id) {
                    Ok(pipeline) => self.of_journal(id, &pipeline.repository.journal, &what),
                    Err(error) => plain(&error),
                }
            }
            RepositoryError::NoProgram { .. }
            | RepositoryError::NotAFile { .. }
            | RepositoryError::Crashed => Trouble { what, next: None },
        }
    }

    fn in_file(&self, id: &PipelineId) -> String {
        self.folder.file(id).map_or_else(String::new, |file| format!(" in {}", file.display()))
    }

    /// A ref that leads to a folder or a file of git.
    fn no_commit(&self, id: &PipelineId, commit: &CommitId) -> Trouble {
        let reason = format!("{commit} is not a commit of acceptable size");
        let Ok(pipeline) = self.pipeline(id) else { return Trouble { what: reason, next: None } };
        let (journal, branch) = (&pipeline.repository.journal, &pipeline.repository.branch);
        let reads = |name: &RefName| {
            let query = RefQuery { name: name.clone(), since: Since::Tip };
            self.with_engine(id, |engine| Ok(engine.host.repository.refresh(&[query])?)).is_ok()
        };
        match reads(journal) {
            true => Trouble::new(
                format!("failed to read the branch {branch}: {reason}"),
                format!("put {branch} back to a commit of its history"),
            ),
            false => Trouble::new(
                format!("failed to read the journal {journal}: {reason}"),
                format!(
                    "put {journal} back to its last commit, or delete it and accept the loss: git push origin \
                     :{journal}, then towpath ledger confirm {id} --what journal-lost"
                ),
            ),
        }
    }

    fn of_journal(&self, id: &PipelineId, journal: &RefName, reason: &str) -> Trouble {
        let damage = self.with_engine(id, |engine| damage(engine, reason)).ok();
        let named = damage.as_ref().filter(|damage| !reason.contains(damage.broken.short()));
        let commit = named.map_or_else(String::new, |damage| format!("commit {}: ", damage.broken.short()));
        let reason = reason.replace("failed to read the journal: ", "");
        let what = format!("failed to read the journal {journal}: {commit}{reason}");
        let version = env!("CARGO_PKG_VERSION");
        if reason.contains("has format") {
            let next = format!(
                "install a newer towpath (this is {version}, for format {FORMAT}); nothing is lost, and this \
                 one leaves the journal alone"
            );
            return Trouble::new(what, next);
        }
        let restore = restore(id, journal, damage.and_then(|damage| damage.good));
        match reason.contains("newer towpath") {
            true => {
                Trouble::new(what, format!("try the newest towpath (this is {version}); otherwise {restore}"))
            }
            false => Trouble::new(what, restore),
        }
    }

    fn journal_of(&self, id: &PipelineId) -> String {
        self.pipeline(id).map_or_else(|_| "the journal".to_owned(), |p| p.repository.journal.to_string())
    }
}

/// How a journal is put back to its last good commit, or given up.
fn restore(id: &PipelineId, journal: &RefName, good: Option<CommitId>) -> String {
    match good {
        Some(good) => format!(
            "put it back to {}, its last good commit, in a clone: git fetch origin {journal} && git push \
             --force origin {good}:{journal}; what came after is lost, so look then: towpath why {id}",
            good.short()
        ),
        None => format!(
            "no commit of it can be read: restore {journal} from a copy, or delete it and accept the loss: \
             git push origin :{journal}, then towpath ledger confirm {id} --what journal-lost"
        ),
    }
}

fn plain(error: &EngineError) -> Trouble {
    Trouble { what: error.to_string(), next: None }
}

/// Where a journal breaks.
struct Damage {
    /// The commit that the reason is about.
    broken: CommitId,
    /// The newest one before it that can be read.
    good: Option<CommitId>,
}

/// Looks for the commit that a reason names, otherwise takes the tip, and for a good one before it.
fn damage(engine: &Engine<'_>, reason: &str) -> Result<Damage, EngineError> {
    let (repository, own) = (engine.host.repository, &engine.pipeline.repository);
    let impossible = |what: &str| EngineError::Impossible(what.to_owned());
    let journal = Journal::of(repository, engine.pipeline);
    let heads = repository.refresh(&[journal.whole()])?;
    let tip = heads.get(&own.journal).ok_or_else(|| impossible("there is no journal"))?;
    let commits = repository.history(tip, None, COMMITS)?.commits;
    let named = commits.iter().position(|commit| reason.contains(commit.id.short())).unwrap_or(0);
    let mut older = commits.iter().skip(named + 1).map(|commit| &commit.id);
    let good = older.find(|id| journal.state_at(id).is_ok()).cloned();
    let broken = commits.get(named).ok_or_else(|| impossible("it has no commits"))?.id.clone();
    Ok(Damage { broken, good })
}
