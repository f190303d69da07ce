//! A workflow or an action for people: its events, jobs and steps, each with its line.

use std::fmt::{Display, Write as _};

use towpath_migrate::expression::Evaluated;
use towpath_migrate::model::{
    Action, At, Call, Event, EventKind, Filters, Job, JobKind, Runs, Step, StepKind, StepsJob, Value,
    Workflow,
};
use towpath_migrate::read::{Document, TokenId};
use towpath_migrate::sources::Shown;
use towpath_migrate::yaml::Lines;

/// How many characters of a script, condition or list are shown.
const SHORT: usize = 72;

/// The lines of an outline.
pub(super) struct Outline<'d> {
    document: &'d Document,
    lines: Lines,
    text: String,
}

impl<'d> Outline<'d> {
    /// Of a workflow.
    pub(super) fn workflow(workflow: &Workflow<'d>) -> String {
        let mut outline = Self::new(workflow.document);
        for event in workflow.on.iter().flat_map(|events| &events.list) {
            outline.line(event.name.token, "on", 0, event_text(event));
        }
        for job in &workflow.jobs {
            outline.job(job);
        }
        outline.text
    }

    /// Of an action.
    pub(super) fn action(action: &Action<'d>) -> String {
        let mut outline = Self::new(action.document);
        for input in &action.inputs {
            let required = input.required.is_some_and(|required| required.value);
            let required = if required { ", required" } else { "" };
            outline.line(input.token, "input", 0, format_args!("{}{required}", input.name.value));
        }
        for output in &action.outputs {
            outline.line(output.token, "output", 0, output.name.value);
        }
        match action.runs.as_ref().map(|runs| (runs.token, &runs.value)) {
            Some((token, Runs::Composite { steps, .. })) => {
                outline.line(token, "runs", 0, "composite");
                steps.iter().for_each(|step| outline.step(step, 1));
            }
            Some((token, Runs::Node(node))) => {
                outline.line(token, "runs", 0, node.using.value);
            }
            Some((token, Runs::Docker(_))) => outline.line(token, "runs", 0, "docker"),
            _ => {}
        }
        outline.text
    }

    fn new(document: &'d Document) -> Self {
        Self { document, lines: Lines::of(document.tree().source()), text: String::new() }
    }

    fn line(&mut self, token: TokenId, what: &str, depth: usize, text: impl Display) {
        let source = self.document.tree().source();
        let line = self.lines.place(source, self.document.span(token).start).line;
        let (indent, text) = ("  ".repeat(depth), text.to_string());
        // Writing to a String cannot fail.
        let _ = writeln!(self.text, "{line:6}  {indent}{what:7} {}", Shown::excerpt(&text));
    }

    fn job(&mut self, job: &Job<'_>) {
        let mut text = job.id.value.to_owned();
        match &job.kind {
            JobKind::Steps(steps) => add_steps_job(&mut text, steps),
            JobKind::Call(call) => add_call(&mut text, call),
        }
        if !job.needs.is_empty() {
            let needs: Vec<_> = job.needs.iter().map(|need| need.value).collect();
            add(&mut text, format_args!("needs {}", needs.join(", ")));
        }
        if job.strategy.is_some() {
            add(&mut text, "matrix");
        }
        if let Some(condition) = &job.condition {
            add(&mut text, format_args!("if {}", short(written(condition))));
        }
        self.line(job.id.token, "job", 0, text);
        if let JobKind::Steps(steps) = &job.kind {
            steps.steps.iter().for_each(|step| self.step(step, 1));
        }
    }

    fn step(&mut self, step: &Step<'_>, depth: usize) {
        let (what, mut text) = match &step.kind {
            StepKind::Run(run) => ("run", short(first_line(&run.script.value))),
            StepKind::Uses(uses) => ("uses", uses.uses.value.to_owned()),
            StepKind::Wait(steps) => {
                ("wait", steps.iter().map(|step| step.value).collect::<Vec<_>>().join(", "))
            }
            StepKind::WaitAll(_) => ("wait", "for all".to_owned()),
            StepKind::Cancel(step) => ("cancel", step.value.to_owned()),
            StepKind::Parallel(_) => ("parallel", String::new()),
            StepKind::Unknown => ("?", String::new()),
        };
        if step.background.is_some_and(|background| background.value) {
            add(&mut text, "in the background");
        }
        if let Some(condition) = &step.condition {
            add(&mut text, format_args!("if {}", short(written(condition))));
        }
        self.line(step.token, what, depth, text);
        if let StepKind::Parallel(steps) = &step.kind {
            steps.iter().for_each(|step| self.step(step, depth + 1));
        }
    }
}

fn add(text: &mut String, more: impl Display) {
    // Writing to a String cannot fail.
    let _ = write!(text, "{}{more}", if text.is_empty() { "" } else { "; " });
}

fn add_steps_job(text: &mut String, job: &StepsJob<'_>) {
    let labels = job.runs_on.as_ref().and_then(|runs_on| runs_on.labels.as_ref());
    match labels.map(|labels| &labels.value) {
        Some(Value::Literal(labels)) => {
            let labels: Vec<_> = labels.iter().map(|label| source(&label.value)).collect();
            add(text, format_args!("on {}", labels.join(", ")));
        }
        Some(Value::Expression(evaluated)) => add(text, format_args!("on {}", braced(evaluated))),
        None => {}
    }
    if job.container.is_some() {
        add(text, "in a container");
    }
}

fn add_call(text: &mut String, call: &Call<'_>) {
    add(text, format_args!("calls {}", call.uses.value));
}

fn event_text(event: &Event<'_>) -> String {
    let mut text = event.name.value.to_owned();
    match &event.kind {
        EventKind::Filtered(filters) => add_filters(&mut text, filters),
        EventKind::Schedule(schedules) => {
            for schedule in schedules {
                add(&mut text, schedule.cron.value);
            }
        }
        EventKind::Call(call) => add_count(&mut text, call.inputs.len()),
        EventKind::Dispatch(inputs) => add_count(&mut text, inputs.len()),
    }
    text
}

fn add_count(text: &mut String, inputs: usize) {
    match inputs {
        0 => {}
        1 => add(text, "1 input"),
        inputs => add(text, format_args!("{inputs} inputs")),
    }
}

fn add_filters(text: &mut String, filters: &Filters<'_>) {
    for (name, values) in filters.by_key() {
        let values: Vec<_> = values.value.iter().map(|value| value.value).collect();
        add(text, format_args!("{name} {}", short(values.join(", "))));
    }
}

fn written(condition: &At<Box<towpath_migrate::expression::Condition>>) -> String {
    condition.value.written.as_ref().map(|written| written.source().to_owned()).unwrap_or_default()
}

fn source(value: &Value<'_, &str>) -> String {
    match value {
        Value::Literal(text) => (*text).to_owned(),
        Value::Expression(evaluated) => braced(evaluated),
    }
}

fn braced(evaluated: &Evaluated) -> String {
    format!("${{{{ {} }}}}", short(evaluated.expression().source()))
}

/// The first line of a script that says something.
fn first_line(script: &Value<'_, &str>) -> String {
    let text = source(script);
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    if lines.next().is_some() { format!("{first} ...") } else { first.to_owned() }
}

fn short(text: impl AsRef<str>) -> String {
    let text = text.as_ref().split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(SHORT) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text,
    }
}
