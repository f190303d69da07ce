//! The summary for programs.

use std::path::Path;

use serde_json::{Value, json};
use towpath_engine::sim::{Kind, Sum, Swept};

use crate::museum::Found;

/// Everything that one call found out, as JSON with sorted keys.
pub(crate) fn write(
    path: &Path,
    sum: Option<&Sum>,
    museum: Option<&[Found]>,
    sweep: Option<&[Swept]>,
) -> std::io::Result<()> {
    let mut value = json!({});
    if let (Some(sum), Some(all)) = (sum, value.as_object_mut()) {
        all.insert("simulation".to_owned(), simulation(sum, museum.unwrap_or_default()));
    }
    if let (Some(found), Some(all)) = (museum, value.as_object_mut()) {
        all.insert("museum".to_owned(), found.iter().map(exhibit).collect());
    }
    if let (Some(sweep), Some(all)) = (sweep, value.as_object_mut()) {
        all.insert("crashes".to_owned(), sweep.iter().map(crashes).collect());
    }
    std::fs::write(path, format!("{value:#}\n"))
}

fn simulation(sum: &Sum, museum: &[Found]) -> Value {
    let faults: Vec<Value> = Kind::ALL
        .into_iter()
        .map(|kind| {
            let count = sum.faults.get(&kind).copied().unwrap_or_default();
            let needed = museum.iter().filter(|found| found.faults.contains_key(&kind));
            let needed: Vec<String> = needed.map(|found| format!("{:?}", found.bug)).collect();
            json!({
                "kind": format!("{kind:?}"),
                "text": kind.text(),
                "planned": count.planned,
                "struck": count.struck,
                "mattered": needed,
            })
        })
        .collect();
    json!({
        "seeds": sum.seeds,
        "passes": sum.passes,
        "passesLeftOut": sum.left_out,
        "steps": sum.steps,
        "stepsPerSecond": sum.pace().round(),
        "seconds": sum.seconds.round(),
        "cores": sum.cores,
        "promotions": sum.promotions,
        "rollbacks": sum.rollbacks,
        "inProduction": sum.in_production,
        "distinctStates": sum.states.len(),
        "violations": u64::from(sum.broken.is_some()),
        "faults": faults,
    })
}

fn exhibit(found: &Found) -> Value {
    let faults: Vec<String> = found.faults.keys().map(|kind| format!("{kind:?}")).collect();
    json!({
        "bug": format!("{:?}", found.bug),
        "seed": found.by.as_ref().map(|(seed, _)| seed),
        "check": found.check(),
        "violation": found.by.as_ref().map(|(_, violation)| violation),
        "invariant": found.invariant(),
        "invariantSeed": found.refused.as_ref().map(|(seed, _)| seed),
        "faults": faults,
    })
}

fn crashes(swept: &Swept) -> Value {
    json!({
        "opening": format!("{:?}", swept.opening),
        "atomic": swept.atomic,
        "effects": swept.effects,
        "lives": swept.lives,
        "violation": swept.violation,
    })
}
