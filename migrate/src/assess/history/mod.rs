//! What ran, as GitHub's REST interface lists runs: when a workflow ran last, how often, and how often it failed.
//!
//! ```
//! use towpath_migrate::assess::History;
//!
//! let runs = r#"
//! {"id": 1, "path": ".github/workflows/ci.yml", "created_at": "2026-11-01T08:00:00Z", "conclusion": "success"}
//! {"id": 2, "path": ".github/workflows/ci.yml", "created_at": "2026-11-02T08:00:00Z", "conclusion": "failure"}
//! "#;
//! let reach = History::read(runs.as_bytes())?.reach();
//! assert_eq!((reach.runs, reach.workflows), (2, 1));
//! # Ok::<(), towpath_migrate::assess::HistoryError>(())
//! ```

mod bounded;
mod read;

use std::collections::{BTreeMap, HashSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use thiserror::Error;

use super::sheet::Sheet;

/// After how many days without a run somebody should ask whether a workflow is still needed.
pub const RETIRED_AFTER: i32 = 90;

/// How many runs are taken at most.
const MAX_RUNS: usize = 2_000_000;

/// How many different workflows are taken at most.
const MAX_WORKFLOWS: usize = 100_000;

/// Why a history cannot be taken.
#[derive(Debug, Error)]
pub enum HistoryError {
    /// The file cannot be read, or is too large.
    #[error("failed to read the history: {0}")]
    Read(#[from] std::io::Error),
    /// It is no list of runs.
    #[error("failed to understand the history: {0}")]
    Form(#[from] serde_json::Error),
    /// No run is in it.
    #[error("failed to find a run in the history")]
    Empty,
}

impl HistoryError {
    /// What to do about it.
    #[must_use]
    pub const fn remedy(&self) -> &'static str {
        match self {
            Self::Read(_) => {
                "name a file that can be read; one with more than 2 GiB has to be cut into years or repositories"
            }
            Self::Form(_) | Self::Empty => {
                "write it with: gh api --paginate '/repos/OWNER/NAME/actions/runs?per_page=100' --jq '.workflow_runs[]'"
            }
        }
    }
}

/// The runs of many workflows, summed up.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct History {
    /// By `owner/name` in small letters; empty where the runs do not say it.
    repositories: BTreeMap<String, Repository>,
    runs: usize,
}

/// The runs of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Repository {
    /// The oldest run of all its workflows: what was before, nobody tells.
    oldest: Timestamp,
    newest: Timestamp,
    /// By the name of the file.
    workflows: BTreeMap<String, Tally>,
}

/// The runs of a workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// When the last one began.
    pub last: Timestamp,
    /// How many there are.
    pub runs: usize,
    /// How many of them came to an end that says something: they succeeded or failed.
    pub decided: usize,
    /// How many of these failed.
    pub failed: usize,
}

impl Tally {
    /// How many of a hundred runs failed, of those that say something; `None` where none does.
    #[must_use]
    pub fn percent_failed(&self) -> Option<usize> {
        (self.failed * 200 + self.decided).checked_div(self.decided * 2)
    }
}

/// From when to when a history tells, and of how much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reach {
    /// How many runs there are.
    pub runs: usize,
    /// Of how many workflows.
    pub workflows: usize,
    /// The oldest and the newest run.
    pub span: Option<(Timestamp, Timestamp)>,
}

/// What a history says of a workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ran {
    /// Its runs; `None` where its repository has runs and this workflow has none.
    pub tally: Option<Tally>,
    /// The oldest run of its repository.
    pub since: Timestamp,
    /// Whether it has not run for [`RETIRED_AFTER`] days, which the history shows.
    pub is_over: bool,
}

/// A run, as far as it is asked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Run {
    id: Option<u64>,
    /// `owner/name`
    repository: String,
    /// The name of the file.
    workflow: String,
    began: Timestamp,
    /// Whether it failed; `None` where it did neither.
    failed: Option<bool>,
}

/// A history that runs are added to, each once: pages of a list that grows overlap.
#[derive(Debug, Default)]
struct Gathering {
    history: History,
    seen: HashSet<u64>,
    workflows: usize,
}

impl Gathering {
    fn add(&mut self, run: Run) -> Result<(), String> {
        if run.id.is_some_and(|id| !self.seen.insert(id)) {
            return Ok(());
        }
        self.history.runs += 1;
        if self.history.runs > MAX_RUNS {
            return Err(format!("there are more than {MAX_RUNS} runs"));
        }
        let Run { repository, workflow, began, failed, .. } = run;
        let new = || Repository { oldest: began, newest: began, workflows: BTreeMap::new() };
        let repository = self.history.repositories.entry(repository).or_insert_with(new);
        (repository.oldest, repository.newest) = (repository.oldest.min(began), repository.newest.max(began));
        let known = repository.workflows.len();
        let none = Tally { last: began, runs: 0, decided: 0, failed: 0 };
        let tally = repository.workflows.entry(workflow).or_insert(none);
        tally.runs += 1;
        tally.last = tally.last.max(began);
        tally.decided += usize::from(failed.is_some());
        tally.failed += usize::from(failed == Some(true));
        self.workflows += repository.workflows.len() - known;
        if self.workflows > MAX_WORKFLOWS {
            return Err(format!("the runs are of more than {MAX_WORKFLOWS} workflows"));
        }
        Ok(())
    }
}

impl History {
    /// From when to when it tells, and of how much.
    #[must_use]
    pub fn reach(&self) -> Reach {
        let repositories = || self.repositories.values();
        let span = repositories().map(|repository| repository.oldest).min();
        Reach {
            runs: self.runs,
            workflows: repositories().map(|repository| repository.workflows.len()).sum(),
            span: span.zip(repositories().map(|repository| repository.newest).max()),
        }
    }

    /// Tells each workflow what ran of it, and whether that is over, as of a day.
    pub fn tell(&self, sheets: &mut [Sheet], today: Date) {
        let units: HashSet<String> = sheets.iter().map(|sheet| sheet.unit.clone()).collect();
        let names = Names::of(self, units.len() == 1);
        for sheet in sheets {
            let repository = names.repository(&sheet.unit).and_then(|name| self.repositories.get(name));
            sheet.ran = repository.map(|repository| repository.ran(sheet, today));
        }
    }
}

impl Repository {
    fn ran(&self, sheet: &Sheet, today: Date) -> Ran {
        let file = sheet.path.rsplit(['/', '\\']).next().unwrap_or_default();
        let tally = self.workflows.get(file).copied();
        // A workflow that is called runs as a part of its callers, and has no runs of its own.
        let is_called = sheet.facts.events.contains("workflow_call");
        // Without a run of its own it may have run before the history begins.
        let last = tally.map_or(self.oldest, |tally| tally.last);
        Ran { tally, since: self.oldest, is_over: !is_called && is_long_ago(last, today) }
    }
}

fn is_long_ago(time: Timestamp, today: Date) -> bool {
    time.to_zoned(TimeZone::UTC).date() < today.saturating_sub(RETIRED_AFTER.days())
}

/// Which repository of a history a folder is.
struct Names<'h> {
    /// By `owner/name`, and by `name` where only one owner has one; small letters.
    names: BTreeMap<&'h str, Option<&'h str>>,
    /// The one that is meant whatever the folder is called.
    only: Option<&'h str>,
}

impl<'h> Names<'h> {
    fn of(history: &'h History, is_one_unit: bool) -> Self {
        let mut names = BTreeMap::new();
        for full in history.repositories.keys().map(String::as_str) {
            names.insert(full, Some(full));
            let Some((_, name)) = full.rsplit_once('/') else { continue };
            names.entry(name).and_modify(|only| *only = None).or_insert(Some(full));
        }
        let mut all = history.repositories.keys().map(String::as_str);
        let only = all.next().filter(|_| is_one_unit && history.repositories.len() == 1);
        Self { names, only }
    }

    /// A folder is called `owner/name`, or `name`, at its end.
    fn repository(&self, unit: &str) -> Option<&'h str> {
        let unit = unit.to_ascii_lowercase().replace('\\', "/");
        let mut folders = unit.trim_end_matches('/').rsplit('/');
        let name = folders.next().unwrap_or_default();
        let full = folders.next().map(|owner| format!("{owner}/{name}"));
        let find = |name: &str| self.names.get(name).copied().flatten();
        full.as_deref().and_then(find).or_else(|| find(name).filter(|_| !name.is_empty())).or(self.only)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    const TODAY: Date = date(2026, 11, 22);

    fn run(repository: &str, workflow: &str, day: &str, failed: Option<bool>) -> Run {
        let began = format!("{day}T12:00:00Z").parse().unwrap();
        Run { id: None, repository: repository.to_owned(), workflow: workflow.to_owned(), began, failed }
    }

    fn history(runs: &[Run]) -> History {
        let mut gathering = Gathering::default();
        runs.iter().cloned().for_each(|run| gathering.add(run).unwrap());
        gathering.history
    }

    /// When it ran last, and whether it is over.
    fn told(history: &History, sheets: &mut [Sheet]) -> Vec<Option<(Option<String>, bool)>> {
        history.tell(sheets, TODAY);
        let last = |tally: Tally| tally.last.to_zoned(TimeZone::UTC).date().to_string();
        sheets.iter().map(|sheet| sheet.ran.map(|ran| (ran.tally.map(last), ran.is_over))).collect()
    }

    fn sheet(unit: &str, file: &str, on: &str) -> Sheet {
        let source = format!("on: {on}\njobs:\n  a: {{runs-on: ubuntu-24.04, steps: [{{run: x}}]}}\n");
        let path = format!("{unit}/.github/workflows/{file}");
        crate::assess::tests::sheet_of(&source, &path, unit)
    }

    #[test]
    fn a_workflow_is_over_after_ninety_days_without_a_run() {
        let history = history(&[
            run("o/n", "new.yml", "2026-11-20", None),
            run("o/n", "edge.yml", "2026-08-24", None),
            run("o/n", "old.yml", "2026-08-23", None),
            run("o/n", "old.yml", "2026-05-01", None),
        ]);
        let names = ["new.yml", "edge.yml", "old.yml", "none.yml"];
        let mut sheets: Vec<_> = names.iter().map(|name| sheet("x/o/n", name, "push")).collect();
        sheets.push(sheet("x/o/n", "called.yml", "workflow_call"));
        let last = |day: &str, is_over| Some((Some(day.to_owned()), is_over));
        assert_eq!(
            told(&history, &mut sheets),
            [
                last("2026-11-20", false),
                last("2026-08-24", false),
                last("2026-08-23", true),
                Some((None, true)),
                Some((None, false)),
            ]
        );
    }

    #[test]
    fn nobody_tells_what_was_before_a_short_history() {
        let history = history(&[run("o/n", "new.yml", "2026-11-20", None)]);
        assert_eq!(told(&history, &mut [sheet("n", "none.yml", "push")]), [Some((None, false))]);
    }

    #[test]
    fn folders_are_found_by_owner_and_name() {
        let day = "2026-11-20";
        let all = [
            run("one/same", "a.yml", day, None),
            run("two/same", "a.yml", day, None),
            run("one/own", "a.yml", day, None),
        ];
        let all = history(&all);
        for (unit, expected) in [
            ("estate/One/Same", Some("one/same")),
            ("two/same/", Some("two/same")),
            ("estate/same", None),
            ("estate/own", Some("one/own")),
            ("own", Some("one/own")),
            ("other", None),
            (".", None),
            ("", None),
        ] {
            assert_eq!(Names::of(&all, true).repository(unit), expected, "{unit}");
        }
        let single = history(&[run("", "a.yml", day, None)]);
        assert_eq!(Names::of(&single, true).repository("."), Some(""));
        assert_eq!(Names::of(&single, false).repository("."), None);
    }

    #[test]
    fn runs_are_counted_once_and_only_what_ended_well_or_badly_is_rated() {
        let mut runs: Vec<_> = [Some(true), Some(false), Some(false), None]
            .map(|failed| run("o/n", "a.yml", "2026-11-20", failed))
            .into_iter()
            .chain([run("o/n", "b.yml", "2026-11-21", None)])
            .collect();
        runs.iter_mut().zip([1, 2, 3, 4, 4]).for_each(|(run, id)| run.id = Some(id));
        let history = history(&runs);
        let tally = history.repositories["o/n"].workflows["a.yml"];
        assert_eq!((tally.runs, tally.decided, tally.failed, tally.percent_failed()), (4, 3, 1, Some(33)));
        assert_eq!((history.reach().runs, history.reach().workflows), (4, 1));
        assert_eq!(Tally { decided: 0, failed: 0, ..tally }.percent_failed(), None);
    }

    proptest! {
        #[test]
        fn the_order_of_runs_changes_nothing(
            (runs, shuffled) in prop::collection::vec((0..3_usize, 0..3_usize, 1..28_u8, any::<Option<bool>>()), 0..30)
                .prop_map(|runs| runs.into_iter().map(|(repository, file, day, failed)| {
                    run(["", "o/n", "o/m"][repository], ["a", "b", "c"][file], &format!("2026-10-{day:02}"), failed)
                }).collect::<Vec<_>>())
                .prop_flat_map(|runs| (Just(runs.clone()), Just(runs).prop_shuffle()))
        ) {
            let of = history(&runs);
            prop_assert_eq!(of.reach().runs, runs.len());
            prop_assert_eq!(of, history(&shuffled));
        }
    }
}
