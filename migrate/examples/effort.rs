//! Prints `docs/migration/effort.md`: how complexity, effort and phases are told, and what counts as dead.
#![expect(clippy::print_stdout, reason = "it is a program of developers")]

use std::collections::BTreeMap;

use serde::Deserialize;
use towpath_migrate::assess::{
    Band, Complexity, PRICES, PhaseKind, RETIRED_AFTER, Stay, WITHDRAWN, Why, moving, rules,
};

/// What the test of the corpus found last.
const RECORD: &str = include_str!("../../docs/migration/effort.json");

#[derive(Deserialize)]
struct Record {
    workflows: usize,
    bands: BTreeMap<String, usize>,
    points: BTreeMap<String, usize>,
}

const HEAD: &str = "\
# Effort

<!-- Written by `cargo xtask generate`, from migrate/src/assess and docs/migration/effort.json. -->

A [verdict](verdicts.md) says whether a workflow can move. This page says how `towpath migrate assess` tells what it takes: complexity of a
workflow, effort of an estate, the order of the work, and what is not worth it since it cannot run or does not. All of it is a sum or an
order of what is on the other pages; nothing is measured in hours.
";

const EFFORT: &str = "\
## Effort

A **unit** is one small change by somebody who knows the place, with its review: a line, a value, an answer. It is no hour. The prices are set by
judgement, not measured; they are the same for everybody, so two estates, or two ways, can be compared.

What is assessed together counts as one organisation. A blocker is a rule with what it is about. It costs its first price once, and its price
again for each further workflow that has it. So forty workflows that need a daemon of Docker cost one way to build images, and forty small changes.
A redesign is one for all that ask for it, an action is one whatever its version. Two estates together never cost more than both alone.

Where answers are missing, the effort is a lower bound: what they bring to light is not in it. What stays on GitHub costs nothing, and what only
stands in legs that stay is no blocker.
";

const ROADMAP: &str = "\
## Phases

Phases follow each other in this order. Blockers of the last kind are cut into at most seven phases, along the unlock list: a phase ends when it has freed
a sixth of the workflows that wait for one. A workflow never moves before one that it calls, unless that stays on GitHub. The pilot is ten
workflows at most, one of each repository before a second one: of the band low, whole, without calls, and with a health of 7.0 or more where that is known.
The units of all phases are those of the estate.
";

const DEAD: &str = "\
## Dead

Dead is what the files prove. A workflow is dead when no event can start it, or when each of its jobs is dead: by one of these signs, or because it runs only
after the success of a dead one. Where some jobs are dead and others not, the signs are told, and the workflow is planned as any other. Retired labels and
withdrawn versions count as of `--today`.
";

fn main() {
    println!("{HEAD}");
    complexity();
    distribution();
    println!("{EFFORT}");
    prices();
    println!("{ROADMAP}\n| phase | why |\n|---|---|");
    for kind in [PhaseKind::Pilot, PhaseKind::Ready, PhaseKind::FindOut, PhaseKind::Unlock] {
        println!("| `{}` | {} |", kind.name(), kind.reason());
    }
    println!("\nWhat does not move is told at the end:\n\n| | |\n|---|---|");
    for stay in Stay::ALL {
        println!("| `{}` | {} |", stay.name(), stay.meaning());
    }
    println!("\n{DEAD}");
    dead();
    history();
}

fn complexity() {
    println!("## Complexity\n\nPoints are counted of the workflow itself, not of what it calls:\n");
    println!("| what | points for each |\n|---|---|");
    let what = [
        "a job; a call is one",
        "a job that another one needs",
        "a leg beyond the first one of its job, as far as legs are known",
        "an expression: `${{ }}`, or a condition",
        "an action, image or workflow of others that has no row in the [table of actions](verdicts.md#actions); each once",
        "what only a run knows: a matrix, runner, container, service or environment that is an expression",
    ];
    for (what, (name, weight)) in what.iter().zip(Complexity::WEIGHTS) {
        println!("| `{name}`: {what} | {weight} |");
    }
    println!("\n| band | points | meaning |\n|---|---|---|");
    for (at, band) in Band::ALL.iter().enumerate() {
        let end = Band::ALL
            .get(at + 1)
            .map(|next| format!("to {}", next.from() - 1))
            .unwrap_or("and more".to_owned());
        println!("| `{}` | {} {end} | {} |", band.name(), band.from(), band.meaning());
    }
    println!("\nMore of anything is never less complex: another job never lowers the band.\n");
}

fn distribution() {
    let record: Record = serde_json::from_str(RECORD).unwrap_or(Record {
        workflows: 0,
        bands: BTreeMap::new(),
        points: BTreeMap::new(),
    });
    println!("Over {} public workflows, without templates and what GitHub refuses:\n", record.workflows);
    println!("| band | workflows | share |\n|---|---|---|");
    for band in Band::ALL {
        let count = record.bands.get(band.name()).copied().unwrap_or_default();
        println!(
            "| `{}` | {count} | {} % |",
            band.name(),
            (count * 200 + record.workflows) / (record.workflows * 2).max(1)
        );
    }
    let points: Vec<_> = ["10", "25", "50", "75", "90", "100"]
        .into_iter()
        .filter_map(|share| record.points.get(share).map(|points| format!("{share} % have at most {points}")))
        .collect();
    println!("\nPoints: {}.\n", points.join(", "));
}

fn prices() {
    println!("| to move a workflow that is | units |\n|---|---|");
    for band in Band::ALL {
        println!("| `{}` | {} |", band.name(), moving(band));
    }
    println!("\n| rule | asks for | first | again |\n|---|---|---|---|");
    for (id, price) in PRICES {
        let outcome = rules::ALL.iter().map(|rule| rule.meta()).find(|meta| meta.id == *id);
        let outcome = outcome.map_or("", |meta| meta.outcome.name());
        println!("| `{id}` | {outcome} | {} | {} |", price.first, price.again);
    }
    println!();
}

fn dead() {
    println!("| sign | meaning |\n|---|---|");
    let day = WITHDRAWN.first().map(|row| row.since).unwrap_or_default();
    for why in [Why::NeverTrue, Why::NoStep, Why::RetiredLabel(day), Why::WithdrawnAction(day), Why::NoEvent]
    {
        println!("| `{}` | {} |", why.name(), why.meaning());
    }
    println!(
        "\nVersions that GitHub fails. A commit says no version, so none is judged by it; neither are names such as `v3-node20`.\n"
    );
    println!("| action | versions | since | source |\n|---|---|---|---|");
    for row in WITHDRAWN {
        println!("| {} | {} | {} | {} |", row.action, row.versions, row.since, row.source);
    }
}

fn history() {
    println!(
        "
## Runs

Whether anybody needs a workflow, no file says. `--history FILE` takes runs as GitHub's REST interface lists them: one JSON value after the other, each a run, an answer with
`workflow_runs`, or an array of these. A run has `path`, and `run_started_at` or `created_at`; `id`, `conclusion` and `repository.full_name` are taken where
they are there. The file is read as a stream; one of more than 2 GiB, a text of more than 1 MiB, and more than two million runs are refused.

```
gh api --paginate '/repos/OWNER/NAME/actions/runs?per_page=100' --jq '.workflow_runs[]' >> runs.ndjson
towpath migrate assess REPOSITORIES --history runs.ndjson
```

Runs belong to the folder that is called `owner/name` or `name` at its end; where there is one folder and one repository, to that. Each workflow gets its
last run, how many there are, and how many of a hundred failed: of those that ended in `success`, `failure`, `timed_out` or `startup_failure`. A workflow is
`retire` when it has not run for {RETIRED_AFTER} days before `--today`. One without any run is so only where its repository has a run that old, since nobody tells
what was before; one that others call never, since it has no runs of its own."
    );
}
