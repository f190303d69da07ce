//! What a page tells, before anything of it is written.

use std::collections::{BTreeMap, BTreeSet};

use towpath_migrate::assess::{Blocker, Cited, Meta, Rolled, Sheet, Unlock, Verdict, unlock};
use towpath_migrate::sources::Problem;

use super::columns::{EXTRAS, Extra};
use super::names;
use super::used::{Kind, kinds};
use crate::migrate::assess::estate::{Estate, VERDICTS};

/// The workflows that a page is about.
pub(super) struct Part<'e> {
    pub(super) sheets: Vec<&'e Sheet>,
    /// What it is called: a repository, or the folder that is above everything.
    pub(super) name: String,
    /// Its own file, where it is one of many.
    pub(super) file: String,
    /// What else was found, where the part is the whole.
    pub(super) whole: Option<&'e Estate>,
}

/// What a page tells.
pub(super) struct Page<'e> {
    /// What it is about.
    pub(super) name: String,
    /// What else was found beside the workflows.
    pub(super) whole: Option<&'e Estate>,
    pub(super) workflows: usize,
    /// How many workflows have each verdict, of those that there are.
    pub(super) shares: Vec<Share>,
    pub(super) unseen: Vec<Unseen>,
    /// The files that could not be read.
    pub(super) unread: &'e [Problem],
    pub(super) ladder: Ladder<'e>,
    pub(super) table: Table<'e>,
    pub(super) used: Vec<Kind<'e>>,
    /// Whether there is an index that it is reached from.
    pub(super) has_index: bool,
}

/// How many workflows have a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) verdict: &'static str,
    pub(super) meaning: &'static str,
    pub(super) count: usize,
}

/// A rule that asks for something which was not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unseen {
    pub(super) rule: &'static Meta,
    /// How many workflows wait for it.
    pub(super) workflows: usize,
    /// How many different things are asked for.
    pub(super) things: usize,
}

/// The unlock list.
pub(super) struct Ladder<'e> {
    /// How many workflows nothing stands in the way of.
    pub(super) free: usize,
    /// How many can move when everything is dealt with.
    pub(super) all: usize,
    pub(super) steps: Vec<Unlock<Blocker<'e>>>,
}

/// The table in the middle.
pub(super) struct Table<'e> {
    pub(super) rows: Rows<'e>,
    /// The blockers of each row, by their places in the ladder.
    pub(super) blockers: Vec<Vec<usize>>,
}

/// What the table has a row for.
pub(super) enum Rows<'e> {
    Workflows { rows: Vec<Row<'e>>, extras: Vec<&'static Extra> },
    Repositories(Vec<Repository<'e>>),
}

/// A workflow.
pub(super) struct Row<'e> {
    pub(super) sheet: &'e Sheet,
    pub(super) repository: &'e str,
    /// Its file, as it is seen from the repository.
    pub(super) file: &'e str,
}

/// A repository, or a folder of workflows, with its own page.
pub(super) struct Repository<'e> {
    pub(super) name: &'e str,
    pub(super) file: &'e str,
    pub(super) workflows: usize,
    /// How many of them have each verdict, in the order of [`VERDICTS`].
    pub(super) verdicts: Vec<usize>,
    /// How many can move when everything is dealt with.
    pub(super) may_move: usize,
}

impl<'e> Part<'e> {
    /// Everything.
    pub(super) fn whole(estate: &'e Estate) -> Self {
        let units: BTreeSet<&str> = estate.sheets.iter().map(|sheet| sheet.unit.as_str()).collect();
        let mut one = units.iter();
        let name = match (one.next(), one.next()) {
            (Some(unit), None) => (*unit).to_owned(),
            _ => names::above(units.into_iter()).display().to_string(),
        };
        Self { sheets: estate.sheets.iter().collect(), name, file: String::new(), whole: Some(estate) }
    }

    /// A repository or folder, which has a file of its own.
    pub(super) fn unit(sheets: Vec<&'e Sheet>, name: &str, file: String) -> Self {
        Self { sheets, name: name.to_owned(), file, whole: None }
    }
}

impl<'e> Page<'e> {
    /// With a row for each workflow.
    pub(super) fn workflows(part: &Part<'e>) -> Self {
        Self::with_extras(part, EXTRAS)
    }

    /// The same with columns of the caller's.
    pub(super) fn with_extras(part: &Part<'e>, extras: &'static [Extra]) -> Self {
        let mut units: Vec<&str> = part.sheets.iter().map(|sheet| sheet.unit.as_str()).collect();
        units.sort_unstable();
        units.dedup();
        let short = names::short(units.iter().copied());
        let short: BTreeMap<&str, &str> = units.into_iter().zip(short).collect();
        let row = |sheet: &&'e Sheet| Row {
            sheet,
            repository: short.get(sheet.unit.as_str()).copied().unwrap_or(&sheet.unit),
            file: names::below(&sheet.path, sheet.unit.as_ref()),
        };
        let rows = part.sheets.iter().map(row).collect();
        let has = |extra: &&Extra| part.sheets.iter().any(|sheet| (extra.value)(sheet).is_some());
        let extras = extras.iter().filter(has).collect();
        let row_of: Vec<usize> = (0..part.sheets.len()).collect();
        Self::of(part, Rows::Workflows { rows, extras }, &row_of, 1)
    }

    /// With a row for each repository, and what more than one of them uses.
    pub(super) fn index<'p: 'e>(part: &Part<'e>, parts: &'p [Part<'e>]) -> Self {
        let rows = parts.iter().map(Repository::of).collect();
        let places =
            parts.iter().enumerate().filter_map(|(at, part)| Some((part.sheets.first()?.unit.as_str(), at)));
        let places: BTreeMap<&str, usize> = places.collect();
        let place = |sheet: &&Sheet| places.get(sheet.unit.as_str()).copied().unwrap_or_default();
        let row_of: Vec<usize> = part.sheets.iter().map(place).collect();
        Self::of(part, Rows::Repositories(rows), &row_of, 2)
    }

    fn of(part: &Part<'e>, rows: Rows<'e>, row_of: &[usize], least_users: usize) -> Self {
        let ladder = Ladder::of(&part.sheets);
        let blockers = ladder.of_rows(&part.sheets, row_of);
        Self {
            name: part.name.clone(),
            whole: part.whole,
            workflows: part.sheets.len(),
            shares: shares(&part.sheets),
            unseen: unseen(&part.sheets),
            unread: part.whole.map_or(&[], |whole| &whole.unread),
            ladder,
            table: Table { rows, blockers },
            used: kinds(&part.sheets, row_of, least_users),
            has_index: !part.file.is_empty(),
        }
    }
}

impl<'e> Repository<'e> {
    fn of(part: &'e Part<'_>) -> Self {
        let shares = shares(&part.sheets);
        let count = |(verdict, _): &(&str, &str)| {
            shares.iter().find(|share| share.verdict == *verdict).map_or(0, |share| share.count)
        };
        Self {
            name: &part.name,
            file: &part.file,
            workflows: part.sheets.len(),
            verdicts: VERDICTS.iter().map(count).collect(),
            may_move: part.sheets.iter().filter(|sheet| sheet.may_move()).count(),
        }
    }

    /// The names of the verdicts that its workflows have.
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> {
        VERDICTS.iter().zip(&self.verdicts).filter(|(_, count)| **count > 0).map(|((name, _), _)| *name)
    }
}

impl<'e> Ladder<'e> {
    fn of(sheets: &[&'e Sheet]) -> Self {
        let waiting: Vec<_> =
            sheets.iter().filter(|sheet| sheet.may_move()).map(|sheet| sheet.blockers()).collect();
        let free = waiting.iter().filter(|blockers| blockers.is_empty()).count();
        Self { free, all: waiting.len(), steps: unlock(waiting) }
    }

    /// The blockers of each row, first what is first in the list. Those of what stays anyway stand in nobody's way.
    fn of_rows(&self, sheets: &[&Sheet], row_of: &[usize]) -> Vec<Vec<usize>> {
        let places: BTreeMap<Blocker<'_>, usize> =
            self.steps.iter().enumerate().map(|(at, step)| (step.blocker, at)).collect();
        let mut rows = vec![BTreeSet::new(); row_of.iter().max().map_or(0, |last| last + 1)];
        for (sheet, row) in sheets.iter().zip(row_of).filter(|(sheet, _)| sheet.may_move()) {
            let Some(row) = rows.get_mut(*row) else { continue };
            row.extend(sheet.blockers().iter().filter_map(|blocker| places.get(blocker)));
        }
        rows.into_iter().map(|row| row.into_iter().collect()).collect()
    }
}

fn shares(sheets: &[&Sheet]) -> Vec<Share> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for sheet in sheets {
        *counts.entry(sheet.rolled.name()).or_default() += 1;
    }
    let share = |(verdict, meaning): &(&'static str, &'static str)| {
        counts.get(verdict).map(|count| Share { verdict, meaning, count: *count })
    };
    VERDICTS.iter().filter_map(share).collect()
}

/// What undetermined workflows wait for, by the rules that ask for it; what most wait for comes first.
fn unseen(sheets: &[&Sheet]) -> Vec<Unseen> {
    let mut rules: BTreeMap<&str, (&'static Meta, usize, BTreeSet<Blocker<'_>>)> = BTreeMap::new();
    for sheet in sheets.iter().filter(|sheet| sheet.may_move()) {
        let mut seen = BTreeSet::new();
        let asked = |cited: &&Cited| cited.movable > 0 && cited.rule.outcome == Verdict::Undetermined;
        for cited in sheet.reasons.iter().filter(asked) {
            let (_, workflows, things) =
                rules.entry(cited.rule.id).or_insert_with(|| (cited.rule, 0, BTreeSet::new()));
            *workflows += usize::from(seen.insert(cited.rule.id));
            things.insert(cited.blocker());
        }
    }
    let unseen = rules.into_values();
    let mut unseen: Vec<_> =
        unseen.map(|(rule, workflows, things)| Unseen { rule, workflows, things: things.len() }).collect();
    unseen.sort_by_key(|unseen| std::cmp::Reverse(unseen.workflows));
    unseen
}

/// What becomes of a workflow, in words: `split 2/3` has its numbers.
pub(super) fn verdict(rolled: Rolled) -> String {
    match rolled {
        Rolled::Whole(verdict) => verdict.name().to_owned(),
        Rolled::Split { movable, all, .. } => format!("split {movable}/{all}"),
    }
}

/// The place of a verdict in [`VERDICTS`].
pub(super) fn place(rolled: Rolled) -> usize {
    VERDICTS.iter().position(|(name, _)| *name == rolled.name()).unwrap_or_default()
}
