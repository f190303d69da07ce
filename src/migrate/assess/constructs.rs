//! Each construct of a workflow as a line of JSON.

use serde::Serialize;
use towpath_migrate::assess::{Assessment, WorkflowSight, masked};
use towpath_migrate::fidelity::Fidelity;
use towpath_migrate::yaml::Lines;

#[derive(Serialize)]
struct Row<'r> {
    path: &'r str,
    line: usize,
    column: usize,
    bytes: [usize; 2],
    way: &'r str,
    feature: Option<&'r str>,
    fidelity: Option<&'r str>,
    how: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'r str>,
}

/// The lines of a workflow.
pub(super) fn rows(path: &str, workflow: &WorkflowSight<'_>, assessment: &Assessment) -> String {
    let Some(root) = workflow.family.root() else { return String::new() };
    let document = root.workflow.document;
    let fates = &assessment.fates;
    let ways = fates.ways(document);
    let source = document.tree().source();
    let lines = Lines::of(source);
    let mut text = Vec::new();
    for (fate, way) in fates.iter().zip(&ways) {
        let span = fate.construct.span;
        let place = lines.place(source, span.start);
        let row = Row {
            path,
            line: place.line,
            column: place.column,
            bytes: [span.start, span.end],
            way: &masked(way),
            feature: fate.feature.map(|feature| feature.id.as_str()),
            fidelity: fate.fidelity().map(Fidelity::name),
            how: fate.how(),
            rule: fate.rule().map(|rule| rule.id),
        };
        // Texts and numbers always have a form, and memory takes them.
        let _ = serde_json::to_writer(&mut text, &row);
        text.push(b'\n');
    }
    String::from_utf8(text).unwrap_or_default()
}
