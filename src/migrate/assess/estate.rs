//! All workflows together.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use towpath_migrate::assess::{
    Band, Blocker, Candidate, Fidelities, History, NameSet, Reach, Sheet, Unlock, Verdict, unlock,
};
use towpath_migrate::sources::Problem;

use super::Came;
use super::allowed::Allowed;
use super::base::Base;
use super::import::Imported;
use super::owning::SeenOwners;
use super::shared::Others;
use crate::failure::Failure;

/// Names under which verdicts of workflows are counted, best first.
pub(super) const VERDICTS: [(&str, &str); 8] = [
    ("automatic", "can move as they are"),
    ("edits", "can move when somebody has changed or said something"),
    ("redesign", "can move when somebody has thought about how"),
    ("split", "can move in part; the other part stays"),
    ("undetermined", "nobody can tell before something is supplied"),
    ("keep", "belong on GitHub"),
    ("template", "are made to begin workflows with"),
    ("broken", "GitHub does not take"),
];

/// What was assessed.
#[derive(Default)]
pub(super) struct Estate {
    /// The day as of which it was assessed.
    pub(super) today: Date,
    /// What the history of runs covers, where there is one.
    pub(super) history: Option<Reach>,
    pub(super) sheets: Vec<Sheet>,
    pub(super) repositories: usize,
    pub(super) folders: usize,
    pub(super) units: Vec<PathBuf>,
    pub(super) actions: usize,
    pub(super) neither: usize,
    pub(super) skipped: usize,
    pub(super) unread: Vec<Problem>,
    /// What other tools found.
    pub(super) imported: Imported,
    pub(super) others: Others,
    pub(super) owners: SeenOwners,
}

/// How often a rule gave a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Hits {
    pub(super) workflows: usize,
    pub(super) reasons: usize,
}

impl Estate {
    /// Takes what a file came to, and hands its constructs on.
    pub(super) fn take(
        &mut self,
        came: Came,
        allowed: &mut Allowed,
        constructs: &mut dyn FnMut(&str) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        match came {
            Came::Sheet(mut sheet, rows) => {
                allowed.mark(&mut sheet);
                constructs(&rows)?;
                self.sheets.push(*sheet);
            }
            Came::Action => self.actions += 1,
            Came::Neither => self.neither += 1,
            Came::Unit(path, is_repository) => self.unit(path, is_repository),
            Came::Skipped => self.skipped += 1,
            Came::Unread(problem) => self.unread.push(problem),
            Came::Other(system) => self.others.add(system, self.repositories + self.folders),
        }
        Ok(())
    }

    fn unit(&mut self, path: PathBuf, is_repository: bool) {
        if is_repository {
            self.repositories += 1;
        } else {
            self.folders += 1;
        }
        self.units.push(path);
    }

    /// What paths are told from: the same whether or not all of it could be read.
    pub(super) fn base(&self) -> Base {
        let unread = self.unread.iter().map(|problem| problem.path.as_path());
        Base::of(self.units.iter().map(PathBuf::as_path).chain(unread))
    }

    /// The repositories and folders of which something could not be read. Any workflow of them may use it.
    pub(super) fn unread_homes(&self) -> impl Iterator<Item = &Path> {
        self.unread.iter().map(|problem| {
            let home = self.units.iter().filter(|unit| problem.path.starts_with(unit));
            home.max_by_key(|unit| unit.as_os_str().len()).map_or(problem.path.as_path(), PathBuf::as_path)
        })
    }

    /// Tells each workflow what ran of it.
    pub(super) fn tell(&mut self, history: &History) {
        history.tell(&mut self.sheets, self.today);
        self.history = Some(history.reach());
    }

    /// What planning asks of each workflow.
    pub(super) fn candidates(&self) -> Vec<Candidate<'_>> {
        self.sheets.iter().map(Sheet::candidate).collect()
    }

    /// How many workflows are in each band of complexity.
    pub(super) fn bands(&self) -> impl Iterator<Item = (Band, usize)> {
        let of = |band| self.sheets.iter().filter(|sheet| sheet.complexity.band() == band).count();
        Band::ALL.into_iter().map(move |band| (band, of(band)))
    }

    /// How many workflows have a verdict of this name.
    pub(super) fn count(&self, verdict: &str) -> usize {
        self.sheets.iter().filter(|sheet| sheet.rolled.name() == verdict).count()
    }

    /// How many legs have each verdict.
    pub(super) fn legs(&self) -> impl Iterator<Item = (Verdict, usize)> {
        Verdict::ALL
            .into_iter()
            .enumerate()
            .map(|(at, verdict)| (verdict, self.sheets.iter().filter_map(|sheet| sheet.legs.get(at)).sum()))
    }

    /// How many constructs have each fidelity.
    pub(super) fn fidelities(&self) -> Fidelities {
        let mut all = Fidelities::default();
        for sheet in &self.sheets {
            all.iter_mut().zip(sheet.fidelities).for_each(|(all, count)| *all += count);
        }
        all
    }

    /// What to deal with first.
    pub(super) fn unlock(&self) -> Vec<Unlock<Blocker<'_>>> {
        unlock(self.sheets.iter().filter(|sheet| sheet.may_move()).map(Sheet::blockers))
    }

    /// How often each rule gave a reason.
    pub(super) fn rules(&self) -> BTreeMap<&'static str, Hits> {
        let mut rules: BTreeMap<&str, Hits> = BTreeMap::new();
        for sheet in &self.sheets {
            let mut seen = BTreeSet::new();
            for cited in &sheet.reasons {
                let hits = rules.entry(cited.rule.id).or_default();
                hits.reasons += 1;
                hits.workflows += usize::from(seen.insert(cited.rule.id));
            }
        }
        rules
    }

    /// Which workflows have a thing of a kind.
    pub(super) fn users(&self, things: impl Fn(&Sheet) -> &NameSet) -> BTreeMap<&str, Vec<&str>> {
        let mut users: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for sheet in &self.sheets {
            for thing in things(sheet).iter() {
                users.entry(thing).or_default().push(&sheet.path);
            }
        }
        users
    }
}
