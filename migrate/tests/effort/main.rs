//! Complexity, effort and what is dead over real workflows, against what the documentation says of them.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a fixture that fails ends its test")]

#[path = "../corpus/mod.rs"]
mod corpus;

use std::collections::BTreeMap;

use jiff::civil::date;
use serde::{Deserialize, Serialize};
use towpath_migrate::assess::{
    Assessment, Band, Dead, Effort, Profile, Roadmap, Rolled, Sheet, Verdict, WorkflowSight,
};
use towpath_migrate::graph::{ActionBundle, Actions, Family};
use towpath_migrate::model::call::{Bundle, Program, Reference, Rules};
use towpath_migrate::read::{Limits, read_workflow};

/// What is published of the corpus.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Record {
    workflows: usize,
    bands: BTreeMap<String, usize>,
    /// How many points so many of a hundred have at most.
    points: BTreeMap<String, usize>,
}

/// A workflow alone.
fn sheet(path: &str, text: &str) -> Sheet {
    let limits = Limits::default();
    let bundle = Bundle::alone(Reference::local(path), read_workflow(text, &limits));
    let program = Program::of(&bundle, &Rules::default());
    let family = Family::of(&program);
    let loaded = ActionBundle::load(&family, &(), &limits);
    let actions = Actions::of(&loaded);
    let unit = path.rsplit_once('/').unwrap().0.to_owned();
    let profile = Profile::default();
    let workflow = WorkflowSight::new(&family, &actions, &profile);
    let mut sheet = Sheet::of(&workflow, &Assessment::of(&workflow), path.to_owned(), unit);
    sheet.dead = Dead::of(&family, &actions, date(2026, 11, 22));
    sheet
}

fn sheets(test: &str) -> Option<Vec<Sheet>> {
    let files = corpus::yaml_files(test)?;
    let is_workflow = |path: &str| path.starts_with("workflows/") && !path.contains("/_");
    Some(files.iter().filter(|(path, _)| is_workflow(path)).map(|(path, text)| sheet(path, text)).collect())
}

fn record(sheets: &[Sheet]) -> Record {
    let outside = [Rolled::Whole(Verdict::Template), Rolled::Whole(Verdict::Broken)];
    let real = sheets.iter().filter(|sheet| !outside.contains(&sheet.rolled));
    let mut points: Vec<_> = real.map(|sheet| sheet.complexity.points()).collect();
    points.sort_unstable();
    let of = |band| points.iter().filter(|points| Band::of(**points) == band).count();
    let at = |share: usize| points[(points.len() * share).div_ceil(100) - 1];
    Record {
        workflows: points.len(),
        bands: Band::ALL.iter().map(|band| (band.name().to_owned(), of(*band))).collect(),
        points: [10, 25, 50, 75, 90, 100].into_iter().map(|share| (share.to_string(), at(share))).collect(),
    }
}

#[test]
fn complexity_is_distributed_as_published() {
    let Some(sheets) = sheets("effort") else { return };
    let found = record(&sheets);
    println!("docs/migration/effort.json: {}", serde_json::to_string_pretty(&found).unwrap());
    let published: Record =
        serde_json::from_str(include_str!("../../../docs/migration/effort.json")).unwrap();
    let share =
        |record: &Record, band: Band| record.bands[band.name()] as f64 * 100.0 / record.workflows as f64;
    for band in Band::ALL {
        let (found, published) = (share(&found, band), share(&published, band));
        assert!(
            (found - published).abs() <= 2.0,
            "{}: {found:.1} %, published {published:.1} %",
            band.name()
        );
        assert!(
            (5.0..=60.0).contains(&found),
            "a band that nobody or everybody is in tells nothing: {found:.1} %"
        );
    }
}

#[test]
fn the_corpus_has_a_way_that_costs_what_it_costs() {
    let Some(mut sheets) = sheets("effort") else { return };
    let plan = |sheets: &[Sheet]| {
        let candidates: Vec<_> = sheets.iter().map(Sheet::candidate).collect();
        let (effort, roadmap) = (Effort::of(&candidates), Roadmap::of(&candidates));
        assert_eq!(roadmap.phases.iter().map(|phase| phase.units).sum::<usize>(), effort.total());
        let moved: usize = roadmap.phases.iter().map(|phase| phase.workflows.len()).sum();
        let stay: usize = roadmap.stays.values().map(Vec::len).sum();
        assert_eq!(moved + stay, candidates.len(), "each is somewhere, once");
        assert!(effort.total() <= Effort::alone(&candidates).values().sum());
        format!("{effort:#?} {roadmap:?}")
    };
    let before = plan(&sheets);
    sheets.reverse();
    assert_eq!(plan(&sheets), before, "the order of files changes nothing");
}

#[test]
fn what_is_dead_in_the_corpus_was_looked_at() {
    let Some(sheets) = sheets("effort") else { return };
    let dead = sheets.iter().filter(|sheet| !sheet.dead.signs.is_empty());
    let told = dead.map(|sheet| {
        let signs: Vec<_> =
            sheet.dead.signs.iter().map(|sign| format!("{}:{}", sign.mark.start.line, sign.target)).collect();
        let whole = if sheet.dead.is_whole { "whole" } else { "part" };
        format!("{} {whole} {}", sheet.path, signs.join(" "))
    });
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            "workflows/actions+starter-workflows/code-scanning/neuralegion.yml whole 162:ubuntu-18.04",
            "workflows/astral-sh+uv/test-integration.yml part 1146:macos-14",
            "workflows/astral-sh+uv/test-system.yml part 404:macos-14 427:macos-14 453:macos-14",
        ]
    );
}
