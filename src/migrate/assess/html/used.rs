//! What workflows use, and who uses it.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use maud::{Markup, html};
use towpath_migrate::assess::{Facts, NameSet, Sheet};

use super::page::{Page, Rows};
use super::shown;

/// Things of a kind.
pub(super) struct Kind<'e> {
    /// As it stands in a link.
    pub(super) key: &'static str,
    pub(super) title: &'static str,
    /// What most use comes first.
    pub(super) things: Vec<Thing<'e>>,
}

/// Something, and the rows of the table that use it.
pub(super) struct Thing<'e> {
    pub(super) name: &'e str,
    pub(super) rows: Vec<usize>,
}

/// The names of what a workflow has.
type Listed<'e> = Box<dyn Iterator<Item = &'e str> + 'e>;

/// A kind: its key, its title, and the things that a workflow has.
type Look = (&'static str, &'static str, for<'e> fn(&'e Facts) -> Listed<'e>);

const LOOKS: &[Look] = &[
    ("action", "Actions and called workflows", |facts| names(&facts.uses)),
    ("secret", "Secrets", |facts| names(&facts.secrets)),
    ("variable", "Variables", |facts| names(&facts.variables)),
    ("environment", "Environments", |facts| names(&facts.environments)),
    ("label", "Labels of runners", |facts| names(&facts.labels)),
    ("right", "Rights of the token", |facts| names(&facts.rights)),
    ("power", "Token and root", |facts| {
        let token = facts.has_token.then_some("the token that GitHub gives");
        let sudo = facts.has_sudo.then_some("sudo in a script");
        Box::new(token.into_iter().chain(sudo))
    }),
    ("tool", "Programs of scripts", |facts| names(&facts.tools)),
    ("event", "Events", |facts| names(&facts.events)),
    ("check", "Names of check runs", |facts| names(&facts.checks)),
];

fn names(names: &NameSet) -> Listed<'_> {
    Box::new(names.iter())
}

/// Everything that at least so many rows use; `row_of` has the row of each sheet.
pub(super) fn kinds<'e>(sheets: &[&'e Sheet], row_of: &[usize], least_users: usize) -> Vec<Kind<'e>> {
    let kind = |(key, title, look): &Look| {
        let mut users: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (sheet, row) in sheets.iter().zip(row_of) {
            for thing in look(&sheet.facts) {
                users.entry(thing).or_default().push(*row);
            }
        }
        let things = users.into_iter().map(|(name, mut rows)| {
            rows.sort_unstable();
            rows.dedup();
            Thing { name, rows }
        });
        let mut things: Vec<_> = things.filter(|thing| thing.rows.len() >= least_users).collect();
        things.sort_by_key(|thing| Reverse(thing.rows.len()));
        Kind { key, title, things }
    };
    LOOKS.iter().map(kind).filter(|kind| !kind.things.is_empty()).collect()
}

/// One table for each kind: things, how many use them, and which.
pub(super) fn section(page: &Page<'_>) -> Markup {
    if page.used.is_empty() {
        return html! {};
    }
    let (users, words) = match page.table.rows {
        Rows::Workflows { .. } => ("Workflows", "Everything that workflows use. A click shows who uses it."),
        Rows::Repositories(_) => {
            ("Repositories", "What more than one repository uses. A click shows which do.")
        }
    };
    html! {
        section.users aria-labelledby="used-title" {
            h2 id="used-title" { "Used by" }
            p { (words) }
            @for kind in &page.used { (table(kind, users)) }
        }
    }
}

fn table(kind: &Kind<'_>, users: &str) -> Markup {
    html! {
        details.used data-kind=(kind.key) {
            summary { (kind.title) " " span.count { (kind.things.len()) } }
            table {
                caption { (kind.title) ", what most use first" }
                thead { tr { th scope="col" { "Name" } th.number scope="col" { (users) } } }
                tbody {
                    @for thing in &kind.things {
                        tr {
                            td {
                                button type="button" disabled aria-pressed="false" data-thing="" { (shown(thing.name)) }
                                noscript { (which(&thing.rows)) }
                            }
                            td.number { (thing.rows.len()) }
                        }
                    }
                }
            }
        }
    }
}

/// The numbers of rows, for readers without scripts: others have the filter.
fn which(rows: &[usize]) -> Markup {
    html! {
        p.which { @for row in rows { a href=(format!("#w{}", row + 1)) { (row + 1) } " " } }
    }
}
