//! The top of a page: what was assessed, what became of it, and what was not seen.

use maud::{Markup, html};

use super::page::{Page, Share, Unseen};
use super::{many, shown};
use crate::migrate::assess::estate::Estate;

/// How long the verdict bar is, in units of its own.
const BAR: usize = 10_000;

/// What was assessed.
pub(super) fn header(page: &Page<'_>) -> Markup {
    html! {
        header {
            @if page.has_index { p.up { a href=(super::INDEX) { "All repositories" } } }
            h1 { (many(page.workflows, "workflow")) " assessed" }
            p.of { code { (shown(&page.name)) } }
            @if let Some(estate) = page.whole { p.beside { (beside(estate)) } }
            p.beside {
                "By towpath " (env!("CARGO_PKG_VERSION")) ", from the files alone. Verdicts are predicted: no converter has used them yet."
            }
        }
    }
}

/// What else was found.
fn beside(estate: &Estate) -> String {
    let places = [(estate.repositories, "repository"), (estate.folders, "folder of workflows")];
    let places = places.into_iter().filter(|(count, _)| *count > 0).map(|(count, thing)| match thing {
        "folder of workflows" if count > 1 => format!("{count} folders of workflows"),
        thing => many(count, thing),
    });
    let places = places.collect::<Vec<_>>().join(" and ");
    let rest = [
        (estate.actions, "actions"),
        (estate.neither, "other files"),
        (estate.skipped, "left out"),
        (estate.unread.len(), "could not be read"),
    ];
    let rest =
        rest.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}"));
    let rest = rest.collect::<Vec<_>>().join(", ");
    match (places.is_empty(), rest.is_empty()) {
        (true, _) => rest,
        (false, true) => format!("In {places}."),
        (false, false) => format!("In {places}; beside them {rest}."),
    }
}

/// One bar of all verdicts, and what each means. The legend filters the table.
pub(super) fn verdicts(page: &Page<'_>) -> Markup {
    html! {
        section aria-labelledby="verdicts-title" {
            h2 id="verdicts-title" { "Verdicts" }
            (bar(page))
            ul.legend {
                @for share in &page.shares {
                    li {
                        button type="button" disabled aria-pressed="false" data-verdict=(share.verdict) {
                            span.dot.(share.verdict) {}
                            b { (share.verdict) }
                            span.count { (share.count) }
                            span.percent { (percent(share.count, page.workflows)) " %" }
                        }
                        span.meaning { (share.meaning) }
                    }
                }
            }
        }
    }
}

fn bar(page: &Page<'_>) -> Markup {
    let words = |share: &Share| format!("{} {}", share.count, share.verdict);
    let words = page.shares.iter().map(words).collect::<Vec<_>>().join(", ");
    html! {
        svg.bar role="img" aria-label=(words) viewBox=(format!("0 0 {BAR} 100")) preserveAspectRatio="none" {
            @for (share, start, width) in pieces(&page.shares, page.workflows) {
                rect.(share.verdict) x=(start) y="0" width=(width) height="100" { title { (words_of(share)) } }
            }
        }
    }
}

fn words_of(share: &Share) -> String {
    format!("{}: {} {}", share.verdict, share.count, share.meaning)
}

/// Where each piece of the bar begins, and how wide it is. Together they are the bar.
fn pieces<'s>(shares: &'s [Share], all: usize) -> Vec<(&'s Share, usize, usize)> {
    let at = |count: usize| (count * BAR).checked_div(all).unwrap_or_default();
    let mut before = 0;
    let piece = |share: &'s Share| {
        let start = at(before);
        before += share.count;
        (share, start, at(before) - start)
    };
    shares.iter().map(piece).collect()
}

/// In whole percent.
fn percent(part: usize, all: usize) -> usize {
    (part * 200 + all).checked_div(all * 2).unwrap_or_default()
}

/// What was not seen, and how to supply it.
pub(super) fn unseen(page: &Page<'_>) -> Markup {
    if page.unseen.is_empty() && page.unread.is_empty() {
        return html! {};
    }
    html! {
        section aria-labelledby="unseen-title" {
            h2 id="unseen-title" { "Not seen" }
            @if !page.unseen.is_empty() { (waiting(&page.unseen)) }
            @if !page.unread.is_empty() { (unread(page)) }
        }
    }
}

fn waiting(unseen: &[Unseen]) -> Markup {
    html! {
        table.unseen {
            caption { "Nobody can tell what becomes of these workflows before it is supplied" }
            thead {
                tr { th.number scope="col" { "Workflows" } th.number scope="col" { "Things" } th scope="col" { "Rule" } th scope="col" { "What is not there" } th scope="col" { "What to do" } }
            }
            tbody {
                @for row in unseen {
                    tr {
                        td.number { (row.workflows) }
                        td.number { (row.things) }
                        td { button.rule type="button" disabled aria-pressed="false" data-rule=(row.rule.id) { (row.rule.id) } }
                        td { (row.rule.title) }
                        td { (row.rule.remedy) }
                    }
                }
            }
        }
    }
}

fn unread(page: &Page<'_>) -> Markup {
    html! {
        details {
            summary { (many(page.unread.len(), "file")) " could not be read" }
            ul.unread {
                @for problem in page.unread {
                    li {
                        code { (towpath_migrate::sources::Shown::path(&problem.path)) } ": "
                        (shown(&problem.cause.to_string())) "; " (shown(problem.cause.remedy()))
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_pieces_of_the_bar_touch_and_fill_it(counts in prop::collection::vec(1_usize..5_000, 1..8)) {
            let shares: Vec<_> =
                counts.iter().map(|count| Share { verdict: "keep", meaning: "", count: *count }).collect();
            let pieces = pieces(&shares, counts.iter().sum());
            let mut end = 0;
            for (_, start, width) in pieces {
                prop_assert_eq!(start, end);
                end = start + width;
            }
            prop_assert_eq!(end, BAR);
        }
    }

    #[test]
    fn what_else_was_found_is_told() {
        for (repositories, folders, skipped, expected) in [
            (1, 0, 0, "In 1 repository."),
            (2, 1, 3, "In 2 repositories and 1 folder of workflows; beside them 3 left out."),
            (0, 2, 0, "In 2 folders of workflows."),
        ] {
            let estate = Estate { repositories, folders, skipped, ..Estate::default() };
            assert_eq!(beside(&estate), expected);
        }
    }
}
