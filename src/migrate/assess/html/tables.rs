//! The table in the middle: workflows, or repositories with a page for each.

use std::collections::BTreeMap;

use maud::{Markup, html};
use towpath_migrate::assess::{Sheet, Verdict};

use super::columns::Extra;
use super::page::{Page, Repository, Row, Rows, place, verdict};
use super::{many, shown};
use crate::migrate::assess::estate::VERDICTS;

/// The table with what filters it.
pub(super) fn section(page: &Page<'_>) -> Markup {
    let (title, count, thing) = match &page.table.rows {
        Rows::Workflows { rows, .. } => ("Workflows", rows.len(), "workflow"),
        Rows::Repositories(rows) => ("Repositories", rows.len(), "repository"),
    };
    html! {
        section.main id="workflows" aria-labelledby="table-title" {
            h2 id="table-title" { (title) }
            div.filters id="filters" role="search" hidden {
                label { "Find " input type="search" id="q" autocomplete="off" spellcheck="false"; }
                div id="active" {}
                button type="button" id="clear" hidden { "Show all" }
                p id="count" role="status" aria-live="polite" { (many(count, thing)) }
            }
            @match &page.table.rows {
                Rows::Workflows { rows, extras } => (workflows(page, rows, extras)),
                Rows::Repositories(rows) => (repositories(rows)),
            }
        }
    }
}

/// The head of a column that the table can be sorted by.
fn head(title: &str, is_number: bool) -> Markup {
    html! {
        th.number[is_number] scope="col" aria-sort="none" data-key=(title.to_lowercase()) {
            button type="button" disabled { (title) }
        }
    }
}

fn workflows(page: &Page<'_>, rows: &[Row<'_>], extras: &[&Extra]) -> Markup {
    html! {
        table.rows id="table" {
            caption { "Each workflow with its verdict and what to deal with first" }
            thead {
                tr {
                    (head("#", true))
                    (head("Repository", false))
                    (head("Workflow", false))
                    (head("Verdict", false))
                    (head("Edits", true))
                    @for extra in extras { (head(extra.title, extra.is_number)) }
                    (head("Blocker", false))
                }
            }
            tbody id="rows" {
                @for (at, (row, blockers)) in rows.iter().zip(&page.table.blockers).enumerate() {
                    tr id=(format!("w{}", at + 1)) {
                        td.number { (at + 1) }
                        td.repository { (shown(row.repository)) }
                        td.workflow { (workflow(row)) }
                        td.verdict data-order=(place(row.sheet.rolled)) {
                            span.dot.(row.sheet.rolled.name()) {} (verdict(row.sheet.rolled))
                        }
                        td.number { @if row.sheet.edits > 0 { (row.sheet.edits) } }
                        @for extra in extras {
                            td.number[extra.is_number] { @if let Some(value) = (extra.value)(row.sheet) { (shown(&value)) } }
                        }
                        td.blocker { (blocker(page, row.sheet, blockers)) }
                    }
                }
            }
        }
    }
}

fn workflow(row: &Row<'_>) -> Markup {
    let has_name = row.sheet.name != row.sheet.path;
    html! {
        button.open type="button" disabled aria-expanded="false" { (shown(row.file)) }
        @if has_name { " " span.name { (shown(&row.sheet.name)) } }
        @if !row.sheet.reasons.is_empty() { noscript { (reasons(row.sheet)) } }
    }
}

/// What to deal with first; or, where nothing has to be, why it stays.
fn blocker(page: &Page<'_>, sheet: &Sheet, blockers: &[usize]) -> Markup {
    let first = blockers.first().and_then(|at| page.ladder.steps.get(*at));
    if let Some(step) = first {
        let (rule, target) = step.blocker;
        return html! {
            span.rule { (rule) }
            @if !target.is_empty() { " " span.target { (shown(target)) } }
            @if blockers.len() > 1 { " " span.more { "+" (blockers.len() - 1) } }
        };
    }
    let stays = sheet.reasons.iter().find(|cited| cited.rule.outcome == Verdict::Keep && cited.legs.1 > 0);
    html! { @if let (Some(cited), false) = (stays, sheet.may_move()) { span.stays { (cited.rule.id) } } }
}

/// A reason without its places: the rule, what is meant, and the file where it is another one.
type Claim<'s> = (&'static str, &'s str, Option<&'s str>);

/// All reasons, for readers without scripts; places of the same are put together.
fn reasons(sheet: &Sheet) -> Markup {
    let mut places: BTreeMap<Claim<'_>, Vec<String>> = BTreeMap::new();
    for cited in &sheet.reasons {
        let claim = (cited.rule.id, cited.target.as_str(), cited.mark.file());
        places.entry(claim).or_default().push(cited.mark.start.line.to_string());
    }
    html! {
        details {
            summary { (many(sheet.reasons.len(), "reason")) }
            ul {
                @for ((rule, target, file), lines) in &places {
                    li {
                        b { (rule) } " " (shown(target))
                        @if let Some(file) = file { " in " (shown(file)) }
                        ", line " (lines.join(", "))
                    }
                }
            }
        }
    }
}

fn repositories(rows: &[Repository<'_>]) -> Markup {
    html! {
        table.rows id="table" {
            caption { "Each repository with how many workflows of each verdict it has" }
            thead {
                tr {
                    (head("#", true))
                    (head("Repository", false))
                    (head("Workflows", true))
                    (head("May move", true))
                    @for (verdict, _) in VERDICTS { (head(verdict, true)) }
                }
            }
            tbody id="rows" {
                @for (at, row) in rows.iter().enumerate() {
                    tr id=(format!("w{}", at + 1)) {
                        td.number { (at + 1) }
                        td.repository { a href=(format!("./{}", row.file)) { (shown(row.name)) } }
                        td.number { (row.workflows) }
                        td.number { (row.may_move) }
                        @for count in &row.verdicts { td.number { @if *count > 0 { (count) } } }
                    }
                }
            }
        }
    }
}
