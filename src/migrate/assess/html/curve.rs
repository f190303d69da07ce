//! The unlock curve: what is dealt with, one blocker after the other, against the workflows that can move then.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::page::{Ladder, Page};
use super::{many, shown};

/// The picture, and the part of it that the curve is in.
const WIDTH: usize = 6_400;
const HEIGHT: usize = 3_400;
const LEFT: usize = 480;
const RIGHT: usize = 6_360;
const TOP: usize = 120;
const BOTTOM: usize = 3_120;

/// The curve and the list. A click on either filters the table.
pub(super) fn section(page: &Page<'_>) -> Markup {
    let ladder = &page.ladder;
    if ladder.steps.is_empty() {
        return html! {};
    }
    html! {
        section aria-labelledby="unlock-title" {
            h2 id="unlock-title" { "What to deal with first" }
            p {
                "Nothing stands in the way of " (many(ladder.free, "workflow")) ". " (ladder.all)
                " can move when everything in the list is dealt with, in the order that frees most workflows first."
            }
            div.unlock {
                figure {
                    (picture(ladder))
                    figcaption id="reading" { "Workflows that can move, by blockers dealt with" }
                }
                (list(ladder))
            }
        }
    }
}

fn picture(ladder: &Ladder<'_>) -> Markup {
    let words = format!(
        "A curve that rises from {} to {} workflows over {}",
        ladder.free,
        ladder.all,
        many(ladder.steps.len(), "blocker")
    );
    let (line, area) = paths(ladder);
    let half = ladder.steps.len() / 2;
    html! {
        svg.curve id="curve" role="img" aria-label=(words) viewBox=(format!("0 0 {WIDTH} {HEIGHT}"))
            data-left=(LEFT) data-right=(RIGHT) data-width=(WIDTH) {
            @for (count, y) in ticks(ladder.all) {
                line.grid x1=(LEFT) x2=(RIGHT) y1=(y) y2=(y) {}
                text x=(LEFT - 60) y=(y + 50) text-anchor="end" { (count) }
            }
            path.area d=(area) {}
            path.line d=(line) {}
            line.marker id="marker" x1=(LEFT) x2=(LEFT) y1=(TOP) y2=(BOTTOM) visibility="hidden" {}
            text x=(LEFT) y=(BOTTOM + 200) { "0" }
            @if half > 0 { text x=(across(half, ladder.steps.len())) y=(BOTTOM + 200) text-anchor="middle" { (half) } }
            text x=(RIGHT) y=(BOTTOM + 200) text-anchor="end" { (many(ladder.steps.len(), "blocker")) }
        }
    }
}

/// The line, and the area below it.
fn paths(ladder: &Ladder<'_>) -> (String, String) {
    let all = ladder.steps.len();
    let mut line = format!("M{LEFT} {}", up(ladder.free, ladder.all));
    for (at, step) in ladder.steps.iter().enumerate() {
        // Writing to a String cannot fail.
        let _ = write!(line, "H{}V{}", across(at + 1, all), up(step.free, ladder.all));
    }
    let area = format!("{line}V{BOTTOM}H{LEFT}Z");
    (line, area)
}

fn across(at: usize, all: usize) -> usize {
    LEFT + (at * (RIGHT - LEFT)).checked_div(all).unwrap_or_default()
}

fn up(count: usize, all: usize) -> usize {
    BOTTOM - (count * (BOTTOM - TOP)).checked_div(all).unwrap_or_default()
}

/// Counts at which a line goes across, with its place.
fn ticks(all: usize) -> Vec<(usize, usize)> {
    let mut counts = vec![0, all / 2, all];
    counts.dedup();
    counts.into_iter().map(|count| (count, up(count, all))).collect()
}

fn list(ladder: &Ladder<'_>) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-labelledby="blockers-title" {
            table.blockers {
                caption id="blockers-title" { "Blockers, in the order that frees most workflows" }
                thead {
                    tr {
                        th.number scope="col" { "#" }
                        th scope="col" { "Blocker" }
                        th.number scope="col" { "Frees" }
                        th.number scope="col" { "Blocks" }
                        th.number scope="col" { "Can move" }
                    }
                }
                tbody {
                    @for (at, step) in ladder.steps.iter().enumerate() {
                        tr {
                            td.number { (at + 1) }
                            td {
                                button type="button" disabled aria-pressed="false" data-blocker=(at) {
                                    span.rule { (step.blocker.0) }
                                    @if !step.blocker.1.is_empty() { " " span.target { (shown(step.blocker.1)) } }
                                }
                            }
                            td.number { (step.frees) }
                            td.number { (step.blocks) }
                            td.number { (step.free) }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use towpath_migrate::assess::Unlock;

    use super::*;

    #[test]
    fn the_line_goes_from_what_is_free_to_all() {
        let step = |frees, free| Unlock { blocker: ("docker-daemon", ""), blocks: frees, frees, free };
        let ladder = Ladder { free: 1, all: 4, steps: vec![step(2, 3), step(1, 4)] };
        let (line, area) = paths(&ladder);
        assert_eq!(line, "M480 2370H3420V870H6360V120");
        assert_eq!(area, "M480 2370H3420V870H6360V120V3120H480Z");
    }

    #[test]
    fn lines_across_are_at_nothing_half_and_all() {
        assert_eq!(ticks(4), [(0, 3120), (2, 1620), (4, 120)]);
        assert_eq!(ticks(1), [(0, 3120), (1, 120)]);
    }
}
