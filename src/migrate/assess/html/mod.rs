//! A page for people with a browser: one file, with everything in it, that asks nobody for anything.
//!
//! A [`Page`] is what is told, built from sheets in linear time. `document` writes it, once as elements, which can be read without
//! scripts, and once as data (`data`), of which the script makes the details of a row when somebody opens it. All text of files
//! goes through [`shown`], so what would turn text round or hide it is seen as what it is; templates and [`data`] escape the rest.

mod columns;
mod curve;
mod data;
mod document;
mod names;
mod page;
mod policy;
mod tables;
#[cfg(test)]
mod tests;
mod top;
mod used;

use std::collections::BTreeMap;

use towpath_migrate::assess::Sheet;
use towpath_migrate::sources::Shown;

use self::page::{Page, Part};
use super::estate::Estate;
use crate::failure::Failure;

/// How many workflows fit on a page.
const MOST: usize = 2_000;

/// The name of the first page.
const INDEX: &str = "index.html";

/// Everything on one page, unless there are more than [`MOST`] workflows.
pub(super) fn page(estate: &Estate) -> Option<String> {
    (estate.sheets.len() <= MOST).then(|| one(estate))
}

/// Why there is no such page.
pub(super) fn too_many(estate: &Estate) -> Failure {
    let count = estate.sheets.len();
    Failure::Usage(format!(
        "{count} workflows are too many for one page; name a folder for several with --out"
    ))
}

fn one(estate: &Estate) -> String {
    document::document(&Page::workflows(&Part::whole(estate)))
}

/// The files of a report: one page, or where there are more than [`MOST`] workflows, an index and one for each repository. They are
/// made one after the other, so that one at a time is in memory.
pub(super) fn pages(estate: &Estate) -> impl Iterator<Item = (String, String)> {
    pages_of(estate, MOST)
}

fn pages_of(estate: &Estate, most: usize) -> impl Iterator<Item = (String, String)> {
    let parts = if estate.sheets.len() > most { parts(estate) } else { Vec::new() };
    let index = match parts.as_slice() {
        [] => one(estate),
        parts => document::document(&Page::index(&Part::whole(estate), parts)),
    };
    let rest = parts.into_iter().map(|part| {
        let content = document::document(&Page::workflows(&part));
        (part.file, content)
    });
    std::iter::once((INDEX.to_owned(), index)).chain(rest)
}

/// The repositories and folders, each with its file.
fn parts(estate: &Estate) -> Vec<Part<'_>> {
    let mut units: BTreeMap<&str, Vec<&Sheet>> = BTreeMap::new();
    for sheet in &estate.sheets {
        units.entry(&sheet.unit).or_default().push(sheet);
    }
    let short = names::short(units.keys().copied());
    let mut files = names::Files::beside(INDEX);
    let parts =
        units.into_values().zip(short).map(|(sheets, name)| Part::unit(sheets, name, files.file(name)));
    parts.collect()
}

/// Text from outside as a page has it.
fn shown(text: &str) -> String {
    Shown::excerpt(text).to_string()
}

/// A count and its thing: `1 workflow`, `2 workflows`.
pub(super) fn many(count: usize, thing: &str) -> String {
    match (count, thing.strip_suffix('y')) {
        (1, _) => format!("1 {thing}"),
        (_, Some(stem)) => format!("{count} {stem}ies"),
        (_, None) => format!("{count} {thing}s"),
    }
}
