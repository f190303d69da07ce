//! A page for people.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use towpath_migrate::assess::Sheet;
use towpath_migrate::sources::Shown;

use super::estate::{Estate, VERDICTS};
use super::shared::{alike, reached, tied, unowned};

/// How many blockers are told.
const MOST: usize = 12;

pub(super) fn page(estate: &Estate) -> String {
    let mut page = String::new();
    let all = estate.sheets.len();
    // Writing to a String cannot fail.
    let _ = writeln!(page, "{} assessed, offline and as predicted\n", many(all, "workflow"));
    for (verdict, meaning) in VERDICTS {
        let count = estate.count(verdict);
        if count > 0 {
            let _ = writeln!(page, "  {verdict:<13}{count:>6}{:>5} %  {meaning}", percent(count, all));
        }
    }
    blockers(estate, &mut page);
    super::plan::summary(estate, &mut page);
    health(estate, &mut page);
    unsafe_ones(estate, &mut page);
    unseen(estate, &mut page);
    shared(estate, &mut page);
    page
}

fn blockers(estate: &Estate, page: &mut String) {
    let list = estate.unlock();
    if list.is_empty() {
        return;
    }
    let free = list.first().map_or(0, |first| first.free - first.frees);
    let waiting = list.last().map_or(0, |last| last.free) - free;
    let _ = writeln!(
        page,
        "\nWhat blocks {} most, in the order that frees most of them:\n",
        many(waiting, "workflow")
    );
    let _ = writeln!(page, "     frees  blocks  rule");
    for unlock in list.iter().take(MOST) {
        let (rule, target) = unlock.blocker;
        let line = format!("  {:>8}{:>8}  {rule:<18} {}", unlock.frees, unlock.blocks, Shown::text(target));
        let _ = writeln!(page, "{}", line.trim_end());
    }
    if list.len() > MOST {
        let _ = writeln!(page, "  and {} more: -o json", list.len() - MOST);
    }
}

/// How well kept workflows are: the least of the best three quarters, of the best half, of the best quarter.
fn health(estate: &Estate, page: &mut String) {
    let mut tenths: Vec<_> =
        estate.sheets.iter().filter_map(|sheet| Some(sheet.health.as_ref()?.tenths)).collect();
    if tenths.is_empty() {
        return;
    }
    tenths.sort_unstable();
    let at = |quarter: usize| {
        let tenths = tenths.get((tenths.len() - 1) * quarter / 4).copied().unwrap_or_default();
        format!("{}.{}", tenths / 10, tenths % 10)
    };
    let _ = writeln!(
        page,
        "\nHealth, of 10: half of them have {} or more, a quarter {} or less, a quarter {} or more",
        at(2),
        at(1),
        at(3)
    );
}

/// What is unsafe, the worst first, and what other tools found.
fn unsafe_ones(estate: &Estate, page: &mut String) {
    let mut classes: BTreeMap<_, (usize, BTreeSet<&str>)> = BTreeMap::new();
    for (sheet, risk) in
        estate.sheets.iter().flat_map(|sheet| sheet.risks.iter().map(move |risk| (sheet, risk)))
    {
        let (count, workflows) = classes.entry((Reverse(risk.class.severity), risk.class.id)).or_default();
        *count += 1;
        workflows.insert(&sheet.path);
    }
    if !classes.is_empty() {
        let _ = writeln!(page, "\nUnsafe, and moved it would stay so:\n\n  findings  workflows  class");
    }
    for ((_, class), (count, workflows)) in classes {
        let _ = writeln!(page, "  {count:>8}{:>11}  {class}", workflows.len());
    }
    for (tool, count) in estate.imported.tools() {
        let _ = writeln!(page, "\nImported: {} of {}", many(count, "finding"), Shown::text(tool));
    }
    if estate.imported.elsewhere > 0 {
        let _ = writeln!(
            page,
            "Not of a workflow that was assessed: {}",
            many(estate.imported.elsewhere, "finding")
        );
    }
}

fn unseen(estate: &Estate, page: &mut String) {
    // Of what stays anyway nobody has to see more.
    let is_asked = |sheet: &Sheet, rule: &str| {
        sheet.reasons.iter().any(|cited| cited.rule.id == rule && cited.movable > 0)
    };
    let count = |rule: &str| estate.sheets.iter().filter(|sheet| is_asked(sheet, rule)).count();
    let rows = [
        (count("unknown-action"), "use actions whose source is not here; supply it with --sources"),
        (count("unknown-workflow"), "call workflows that are not here; supply them with --sources"),
        (count("missing-local"), "use a folder or file of the repository that is not here"),
        (count("missing-source"), "use something that is not in its repository as it was supplied"),
        (count("unreadable-action"), "use actions whose metadata cannot be read"),
        (count("unreadable-workflow"), "call workflows that cannot be read"),
        (count("unknown-runner"), "run on something that nobody can tell from here"),
        (estate.unread.len(), "files could not be read"),
    ];
    let rows: Vec<_> = rows.into_iter().filter(|(count, _)| *count > 0).collect();
    if rows.is_empty() {
        return;
    }
    let _ = writeln!(page, "\nNot seen:\n");
    for (count, what) in rows {
        let _ = writeln!(page, "  {count:>8}  {what}");
    }
}

/// How many things are told that most workflows share.
const MOST_SHARED: usize = 5;

fn shared(estate: &Estate, page: &mut String) {
    let tied = tied(estate);
    let groups = alike(&tied);
    let in_groups = |groups: &[Vec<usize>]| groups.iter().map(Vec::len).sum::<usize>();
    let generated = tied.iter().filter(|(_, ties)| ties.generated.is_some()).count();
    let unowned = if estate.owners.files > 0 { unowned(&tied).count() } else { 0 };
    let (exact, near) = (groups.exact.len(), groups.near.len());
    let rows = [
        (generated, "are written by a tool: edit what they are made of".to_owned()),
        (in_groups(&groups.exact), format!("are the same as another one, in {}", many(exact, "group"))),
        (
            in_groups(&groups.near),
            format!("differ from another one in names, texts and versions alone, in {}", many(near, "group")),
        ),
        (unowned, "have no owner in a CODEOWNERS".to_owned()),
        (estate.owners.notes.len(), "lines or files of CODEOWNERS are not taken by GitHub".to_owned()),
    ];
    let others = estate.others.counts().map(|(_, count)| {
        (count.files, format!("files of {}, in {}", count.name, repositories(count.units)))
    });
    let rows: Vec<_> = rows.into_iter().chain(others).filter(|(count, _)| *count > 0).collect();
    if !rows.is_empty() {
        let _ = writeln!(page, "\nAmong them:\n");
    }
    for (count, what) in rows {
        let _ = writeln!(page, "  {count:>8}  {what}");
    }
    let mut reached = reached(&tied, |kind| kind.is_shared());
    reached.retain(|row| row.workflows > 1);
    reached.sort_by_key(|row| Reverse(row.workflows));
    if !reached.is_empty() {
        let _ = writeln!(page, "\nWhose change reaches most:\n\n  workflows  repositories  checks");
    }
    for row in reached.iter().take(MOST_SHARED) {
        let what = format!("{} {}", row.kind.code(), Shown::text(row.name));
        let _ = writeln!(page, "  {:>9}{:>14}{:>8}  {what}", row.workflows, row.units, row.checks);
    }
}

fn repositories(count: usize) -> String {
    format!("{count} repositor{}", if count == 1 { "y" } else { "ies" })
}

pub(super) fn many(count: usize, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}

/// In whole percent.
fn percent(part: usize, all: usize) -> usize {
    (part * 200 + all).checked_div(all * 2).unwrap_or_default()
}
