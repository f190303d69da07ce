//! What workflows share, for programs: owners, generators, duplicates, and whom a change reaches.

use std::collections::{BTreeMap, HashMap};

use schemars::JsonSchema;
use serde::Serialize;
use towpath_migrate::assess::Sheet;
use towpath_migrate::estate::Ties;
use towpath_migrate::estate::likeness::Groups;
use towpath_migrate::estate::needs::{JobNeeds, Kind, Needs, Thing};
use towpath_migrate::estate::reach::{JobAt, Member, Reach, reach};
use towpath_migrate::estate::runners::{RunnerKind, architecture_code};
use towpath_migrate::sources::OtherCi;
use towpath_migrate::values::shell::System;

use super::estate::Estate;

/// Files of other systems.
#[derive(Default)]
pub(super) struct Others(BTreeMap<&'static str, OtherCount>);

/// How many files of a system there are, and in how many repositories.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OtherCount {
    pub(super) name: &'static str,
    pub(super) files: usize,
    pub(super) units: usize,
    last_unit: usize,
}

impl Others {
    /// Counts a file of a system; `unit` is the number of its repository. Nothing for what only looked like one.
    pub(super) fn add(&mut self, system: Option<&'static OtherCi>, unit: usize) {
        let Some(system) = system else { return };
        let new = OtherCount { name: system.name, files: 0, units: 0, last_unit: usize::MAX };
        let count = self.0.entry(system.code).or_insert(new);
        count.files += 1;
        count.units += usize::from(count.last_unit != unit);
        count.last_unit = unit;
    }

    /// The systems that there are, by their codes.
    pub(super) fn counts(&self) -> impl Iterator<Item = (&'static str, OtherCount)> {
        self.0.iter().map(|(code, count)| (*code, *count))
    }
}

/// The workflows of an estate that bind each other, and their ties.
pub(super) fn tied(estate: &Estate) -> Vec<(&Sheet, &Ties)> {
    estate.sheets.iter().filter_map(|sheet| Some((sheet, sheet.ties.as_ref()?))).collect()
}

/// What a change of each thing of some kinds reaches.
pub(super) fn reached<'e>(tied: &[(&'e Sheet, &'e Ties)], of: impl Fn(Kind) -> bool) -> Vec<Reach<'e>> {
    reach(tied.iter().map(|(sheet, ties)| Member { unit: &sheet.unit, needs: &ties.needs }), of)
}

/// Which are alike, by their places.
pub(super) fn alike(tied: &[(&Sheet, &Ties)]) -> Groups {
    Groups::of(&tied.iter().map(|(_, ties)| ties.likeness).collect::<Vec<_>>())
}

/// Everything that workflows share.
#[derive(Serialize, JsonSchema)]
pub(super) struct Shared<'e> {
    others: Vec<OtherRow>,
    owners: BTreeMap<&'e str, Vec<&'e str>>,
    /// Workflows that no line of a `CODEOWNERS` is about, and those that one leaves to nobody.
    unowned: Vec<&'e str>,
    owners_not_taken: Vec<NoteRow<'e>>,
    generated: Vec<GeneratedRow<'e>>,
    duplicates: Duplicates<'e>,
    runners: Vec<RunnerRow<'e>>,
    reach: Vec<ReachRow<'e>>,
    jobs: Vec<JobRow<'e>>,
    /// Workflows with more needs than are kept.
    cut: Vec<&'e str>,
}

#[derive(Serialize, JsonSchema)]
struct OtherRow {
    system: &'static str,
    name: &'static str,
    files: usize,
    units: usize,
}

#[derive(Serialize, JsonSchema)]
struct NoteRow<'e> {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    why: &'e str,
}

#[derive(Serialize, JsonSchema)]
struct GeneratedRow<'e> {
    workflow: &'e str,
    tool: &'e str,
    line: usize,
    edit: &'e str,
}

#[derive(Serialize, JsonSchema)]
struct Duplicates<'e> {
    exact: Vec<Vec<&'e str>>,
    near: Vec<Vec<&'e str>>,
}

#[derive(Serialize, JsonSchema)]
struct RunnerRow<'e> {
    label: &'e str,
    provider: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    vendor: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    system: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    architecture: Option<&'static str>,
    is_guess: bool,
    workflows: usize,
    units: usize,
    jobs: usize,
}

#[derive(Serialize, JsonSchema)]
struct ReachRow<'e> {
    kind: &'static str,
    name: &'e str,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<&'e str>,
    versions: BTreeMap<&'e str, usize>,
    workflows: usize,
    units: usize,
    checks: usize,
    /// Places in `jobs`.
    jobs: Vec<usize>,
}

#[derive(Serialize, JsonSchema)]
struct JobRow<'e> {
    workflow: &'e str,
    job: &'e str,
    check_count: usize,
    checks: &'e [String],
    needs: BTreeMap<&'static str, Vec<String>>,
}

impl<'e> Shared<'e> {
    pub(super) fn of(estate: &'e Estate) -> Self {
        let tied = tied(estate);
        let path = |at: &usize| tied.get(*at).map_or("", |(sheet, _)| sheet.path.as_str());
        let paths =
            |groups: &[Vec<usize>]| groups.iter().map(|group| group.iter().map(path).collect()).collect();
        let groups = alike(&tied);
        let reached = reached(&tied, |_| true);
        let cut = tied.iter().filter(|(_, ties)| ties.needs.is_cut);
        Self {
            others: estate.others.counts().map(OtherRow::of).collect(),
            owners: owners(&tied),
            unowned: unowned(&tied).collect(),
            owners_not_taken: estate.owners.notes.iter().map(NoteRow::of).collect(),
            generated: tied.iter().filter_map(|(sheet, ties)| GeneratedRow::of(sheet, ties)).collect(),
            duplicates: Duplicates { exact: paths(&groups.exact), near: paths(&groups.near) },
            runners: reached.iter().filter(|row| row.kind == Kind::Label).map(RunnerRow::of).collect(),
            jobs: jobs(&tied),
            cut: cut.map(|(sheet, _)| sheet.path.as_str()).collect(),
            reach: reach_rows(&tied, reached),
        }
    }
}

fn owners<'e>(tied: &[(&'e Sheet, &'e Ties)]) -> BTreeMap<&'e str, Vec<&'e str>> {
    let mut owners: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (sheet, ties) in tied {
        for owner in ties.owners.iter().flatten() {
            owners.entry(owner).or_default().push(&sheet.path);
        }
    }
    owners
}

/// The workflows that nobody owns.
pub(super) fn unowned<'e>(tied: &[(&'e Sheet, &'e Ties)]) -> impl Iterator<Item = &'e str> {
    let nobody = tied.iter().filter(|(_, ties)| ties.owners.iter().flatten().next().is_none());
    nobody.map(|(sheet, _)| sheet.path.as_str())
}

fn jobs<'e>(tied: &[(&'e Sheet, &'e Ties)]) -> Vec<JobRow<'e>> {
    let of_workflow = |(sheet, ties): &(&'e Sheet, &'e Ties)| {
        let (path, needs) = (sheet.path.as_str(), &ties.needs);
        needs.jobs.iter().map(move |job| JobRow::of(path, needs, job))
    };
    tied.iter().flat_map(of_workflow).collect()
}

fn reach_rows<'e>(tied: &[(&'e Sheet, &'e Ties)], reached: Vec<Reach<'e>>) -> Vec<ReachRow<'e>> {
    // Where the jobs of each workflow begin among all of them.
    let begins = tied.iter().scan(0, |next, (_, ties)| {
        let begin = *next;
        *next += ties.needs.jobs.len();
        Some(begin)
    });
    let begins: HashMap<usize, usize> = begins.enumerate().collect();
    let place = |at: &JobAt| begins.get(&at.workflow).map(|begin| begin + at.job);
    let row = |reach: Reach<'e>| ReachRow {
        kind: reach.kind.code(),
        name: reach.name,
        unit: reach.unit,
        versions: reach.versions,
        workflows: reach.workflows,
        units: reach.units,
        checks: reach.checks,
        jobs: reach.jobs.iter().filter_map(place).collect(),
    };
    reached.into_iter().map(row).collect()
}

impl OtherRow {
    const fn of((system, count): (&'static str, OtherCount)) -> Self {
        Self { system, name: count.name, files: count.files, units: count.units }
    }
}

impl<'e> NoteRow<'e> {
    fn of(note: &'e super::owning::Note) -> Self {
        Self { path: note.path.display().to_string(), line: note.line, why: &note.why }
    }
}

impl<'e> GeneratedRow<'e> {
    fn of(sheet: &'e Sheet, ties: &'e Ties) -> Option<Self> {
        let generated = ties.generated.as_ref()?;
        Some(Self {
            workflow: &sheet.path,
            tool: &generated.tool,
            line: generated.line,
            edit: generated.edit,
        })
    }
}

impl<'e> RunnerRow<'e> {
    fn of(reach: &Reach<'e>) -> Self {
        let kind = RunnerKind::of(reach.name);
        Self {
            label: reach.name,
            provider: kind.provider.code(),
            vendor: kind.provider.vendor(),
            system: kind.system.map(System::code),
            architecture: kind.architecture.map(architecture_code),
            is_guess: kind.is_guess,
            workflows: reach.workflows,
            units: reach.units,
            jobs: reach.jobs.len(),
        }
    }
}

impl<'e> JobRow<'e> {
    fn of(workflow: &'e str, needs: &'e Needs, job: &'e JobNeeds) -> Self {
        let mut by_kind: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for thing in needs.things_of(job) {
            by_kind.entry(thing.kind.code()).or_default().push(written(thing));
        }
        by_kind.values_mut().for_each(|names| names.sort_unstable());
        Self { workflow, job: &job.id, check_count: job.check_count, checks: &job.checks, needs: by_kind }
    }
}

/// A thing with its version, as people write it.
fn written(thing: &Thing) -> String {
    match (thing.version.as_str(), thing.kind) {
        ("", _) => thing.name.clone(),
        (version, Kind::Image) if !version.contains(':') => format!("{}:{version}", thing.name),
        (version, _) => format!("{}@{version}", thing.name),
    }
}

#[cfg(test)]
mod tests {
    use towpath_migrate::sources::OTHER_CI;

    use super::*;

    #[test]
    fn other_systems_are_counted_by_file_and_repository() {
        let of = |code: &str| OTHER_CI.iter().find(|other| other.code == code);
        let mut others = Others::default();
        for (code, unit) in [("jenkins", 1), ("gitlab", 1), ("jenkins", 1), ("jenkins", 3)] {
            others.add(of(code), unit);
        }
        others.add(None, 3);
        let counts: Vec<_> =
            others.counts().map(|(code, count)| (code, count.name, count.files, count.units)).collect();
        assert_eq!(counts, [("gitlab", "GitLab CI", 1, 1), ("jenkins", "Jenkins", 3, 2)]);
    }

    #[test]
    fn things_are_written_with_their_versions() {
        let thing =
            |kind, name: &str, version: &str| Thing { kind, name: name.into(), version: version.into() };
        for (thing, expected) in [
            (thing(Kind::Action, "a/b", "v1"), "a/b@v1"),
            (thing(Kind::Image, "alpine", "3"), "alpine:3"),
            (thing(Kind::Image, "alpine", "sha256:00"), "alpine@sha256:00"),
            (thing(Kind::Secret, "A", ""), "A"),
        ] {
            assert_eq!(written(&thing), expected);
        }
    }
}
