//! How the health of the corpus is spread.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use towpath_migrate::assess::health::{Health, MEASURES, WEIGHTS, health};
use towpath_migrate::assess::{Profile, WorkflowSight};
use towpath_migrate::graph::{ActionBundle, Actions, Family};
use towpath_migrate::model::call::{Bundle, Program, Reference, Rules};
use towpath_migrate::read::{Limits, read_workflow};
use towpath_migrate::security::{Security, class};

use crate::corpus;

/// The health of a workflow; `None` where it has no job.
fn of_file(path: &str, text: &str) -> Option<Health> {
    let document = read_workflow(text, &Limits::default());
    let bundle = Bundle::alone(Reference::local(path), document);
    let program = Program::of(&bundle, &Rules::default());
    let family = Family::of(&program);
    let root = family.root().filter(|root| !root.workflow.jobs.is_empty())?;
    let loaded = ActionBundle::load(&family, &(), &Limits::default());
    let (actions, profile) = (Actions::of(&loaded), Profile::default());
    Some(health(&WorkflowSight::new(&family, &actions, &profile), &Security::of(root.workflow)))
}

/// How many have each health: places from the lowest to the highest, in tenths, and why it is held down.
fn spread(all: &[&Health]) -> Value {
    let mut tenths: Vec<_> = all.iter().map(|health| health.tenths).collect();
    tenths.sort_unstable();
    let at = |part: usize| tenths[(tenths.len() - 1) * part / 100];
    let mut bands: BTreeMap<String, usize> = BTreeMap::new();
    let mut capped: BTreeMap<&str, usize> = BTreeMap::new();
    let mut first: BTreeMap<&str, usize> = BTreeMap::new();
    for health in all {
        *bands.entry(format!("{:>2}", health.tenths / 10)).or_default() += 1;
        *capped.entry(health.capped_by.map_or("nothing", |severity| severity.name())).or_default() += 1;
        for deduction in &health.deductions {
            *first.entry(deduction.rule).or_default() += 1;
        }
    }
    let quartiles = [0, 10, 25, 50, 75, 90, 100].map(|part| json!({ "percent": part, "tenths": at(part) }));
    json!({ "workflows": all.len(), "places": quartiles, "range": at(75) - at(25), "bands": bands, "capped": capped, "deductions": first })
}

/// The spread over the workflows of projects, with and without GitHub's starter templates.
pub(crate) fn counts() -> Option<Value> {
    let files = corpus::yaml_files("the health of the corpus")?;
    let is_workflow = |path: &str| {
        path.starts_with("workflows/") && !path.ends_with("/action.yml") && !path.ends_with("/action.yaml")
    };
    let of_files = files.iter().filter(|(path, _)| is_workflow(path));
    let all: Vec<_> = of_files.filter_map(|(path, text)| Some((path, of_file(path, text)?))).collect();
    let is_template = |path: &str| path.contains("starter-workflows");
    let real: Vec<_> = all.iter().filter(|(path, _)| !is_template(path)).map(|(_, health)| health).collect();
    let whole: Vec<_> = all.iter().map(|(_, health)| health).collect();
    let (real, whole) = (spread(&real), spread(&whole));
    println!("health of the corpus: {whole:#}\nwithout starter templates: {real:#}");
    for spread in [&real, &whole] {
        assert!(spread["range"].as_u64().unwrap() >= 15, "the middle half is too narrow: mend the weights");
    }
    Some(json!({ "real": real, "all": whole }))
}

/// What each rule weighs, and how it is called.
pub(crate) fn weights() -> Value {
    let title = |id: &str| {
        let measure = MEASURES.iter().find(|measure| measure.id == id).map(|measure| measure.title);
        class(id).map(|class| class.title).or(measure).unwrap()
    };
    let rows =
        WEIGHTS.iter().map(|(rule, weight)| json!({ "rule": rule, "weight": weight, "title": title(rule) }));
    rows.collect()
}
