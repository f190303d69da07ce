//! The frame of a page.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::page::Page;
use super::policy::{SCRIPT, STYLE, policy};
use super::{curve, data, many, shown, tables, top, used};

/// The whole file.
pub(super) fn document(page: &Page<'_>) -> String {
    let title = format!("{} assessed: {}", many(page.workflows, "workflow"), shown(&page.name));
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy());
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                title { (title) }
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) }
            }
            body { (body(page)) }
        }
    };
    let mut text = markup.into_string();
    text.push('\n');
    text
}

fn body(page: &Page<'_>) -> Markup {
    html! {
        a.skip href="#workflows" { "Skip to the table" }
        (top::header(page))
        main {
            (top::verdicts(page))
            (top::unseen(page))
            (curve::section(page))
            (tables::section(page))
            (used::section(page))
        }
        footer { p { "Made by towpath " (env!("CARGO_PKG_VERSION")) ". What each rule means: towpath migrate explain RULE" } }
        script type="application/json" id="data" { (PreEscaped(data::json(page))) }
        script { (PreEscaped(SCRIPT)) }
    }
}
