//! The actions that steps use.

use super::flow;
use crate::graph::flow::{ActionTaint, Flow, StepAt};
use crate::graph::print::writer::Writer;
use crate::graph::{Actions, Family, Target, UsedAction};
use crate::model::Runs;

/// Who uses what, and what attackers decide in it.
pub(super) fn write(writer: &mut Writer<'_>, family: &Family<'_>, actions: &Actions<'_>, flows: &[Flow<'_>]) {
    writer.list("actions", &actions.used(family), |writer, used| write_used(writer, family, actions, used));
    let taints = flows.iter().enumerate();
    let taints = taints.flat_map(|(file, flow)| flow.in_actions.iter().map(move |taint| (file, taint)));
    let taints: Vec<_> = taints.collect();
    let keys = ("untrusted_in_actions", "untrusted_in_actions_left_out");
    writer.bounded(keys, taints.into_iter(), |writer, taint| write_taint(writer, family, actions, taint));
}

fn write_step(writer: &mut Writer<'_>, family: &Family<'_>, file: usize, at: StepAt) {
    writer.field("file", family.file_name(file));
    let job = family.graphs.get(file).and_then(|graph| graph.job(at.job));
    writer.optional("job", job.map(|job| job.model.id.value));
    writer.plain("step", at.step);
}

fn write_used(writer: &mut Writer<'_>, family: &Family<'_>, actions: &Actions<'_>, used: &UsedAction<'_>) {
    writer.inline_object(|writer| {
        write_step(writer, family, used.file, used.at);
        match used.target {
            Target::Action(action) => {
                writer.optional("action", actions.folder(action).map(ToString::to_string).as_deref());
                let runs = actions.models.get(action).and_then(|action| action.runs.as_ref());
                writer.optional(
                    "using",
                    runs.and_then(|runs| match &runs.value {
                        Runs::Composite { using, .. } => Some(using.value),
                        Runs::Node(node) => Some(node.using.value),
                        Runs::Docker(docker) => Some(docker.using.value),
                        Runs::Unknown(using) => using.map(|using| using.value),
                    }),
                );
                let given = |is_given: bool| {
                    let inputs = used.inputs.iter().filter(move |(_, given)| given.is_some() == is_given);
                    inputs.map(|(input, _)| input.name.value)
                };
                writer.texts("given", given(true));
                writer.texts("by_default", given(false));
                if !used.unknown.is_empty() {
                    writer.texts("no_such_input", &used.unknown);
                }
            }
            Target::NotThere => writer.field("unknown", "the repository has no such action"),
            Target::NotSupplied => writer.field("unknown", "nobody supplied it"),
            Target::Unreadable(cause) => {
                let why = actions.cause(cause).map(|cause| format!("it was not read: {cause}"));
                writer.field("unknown", why.as_deref().unwrap_or("it was not read"));
            }
        }
        let Some(graph) = family.graphs.get(used.file) else { return };
        let before = writer.turn_to(used.file);
        writer.place("at", graph.workflow.document.span(used.token));
        writer.turn_to(before);
    });
}

fn write_taint(
    writer: &mut Writer<'_>,
    family: &Family<'_>,
    actions: &Actions<'_>,
    (file, taint): (usize, &ActionTaint<'_>),
) {
    writer.inline_object(|writer| {
        writer.field("value", &taint.cause.path.to_string());
        writer.plain("certain", taint.cause.is_certain);
        write_step(writer, family, file, taint.at);
        writer.optional("action", actions.folder(taint.action).map(ToString::to_string).as_deref());
        flow::write_sink(writer, &taint.sink);
        let Some(action) = actions.models.get(taint.action) else { return };
        let before = writer.turn_to(family.graphs.len() + taint.action);
        let (token, span) = taint.sink.place();
        writer.place("at", action.document.tree().place_in(action.document.token(token).node, span));
        writer.turn_to(before);
    });
}
