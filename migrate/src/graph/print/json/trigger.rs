//! What starts a workflow.

use super::setting;
use crate::graph::Trigger;
use crate::graph::print::writer::Writer;
use crate::model::EventKind;
use crate::read::Document;

pub(super) fn write(writer: &mut Writer<'_>, document: &Document, trigger: &Trigger<'_>) {
    writer.object(|writer| {
        writer.field("event", trigger.event.name.value);
        writer.place("at", document.span(trigger.event.name.token));
        if let Some(types) = trigger.types() {
            writer.texts("types", types);
        }
        match &trigger.event.kind {
            EventKind::Filtered(filters) => {
                // The types are told above, with those that GitHub takes where none are named.
                for (key, names) in filters.by_key().filter(|(key, _)| *key != "types") {
                    writer.texts(key, names.value.iter().map(|name| name.value));
                }
            }
            EventKind::Schedule(schedules) => writer.list("schedules", schedules, |writer, schedule| {
                writer.object(|writer| {
                    setting::field(writer, document, "cron", schedule.cron.token);
                    let zone = schedule.timezone.map(|zone| zone.token);
                    setting::optional(writer, document, "timezone", zone);
                });
            }),
            EventKind::Call(call) => {
                writer.texts("inputs", call.inputs.iter().map(|input| input.name.value));
                writer.texts("secrets", call.secrets.iter().map(|secret| secret.name.value));
                writer.texts("outputs", call.outputs.iter().map(|output| output.name.value));
            }
            EventKind::Dispatch(inputs) => {
                writer.texts("inputs", inputs.iter().map(|input| input.name.value));
            }
        }
    });
}
