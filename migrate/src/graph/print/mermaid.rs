//! A flowchart for mermaid: jobs, what they wait for, their legs and conditions.

use std::fmt::Write as _;

use crate::graph::{Graph, Job};

/// How many characters of a condition or a name are shown.
const SHOWN: usize = 60;

/// The graph as a flowchart of mermaid.
#[must_use]
pub fn mermaid(graph: &Graph<'_>) -> String {
    let mut out = String::from("flowchart LR\n");
    write_jobs(&mut out, graph, "", "  ");
    out
}

fn write_jobs(out: &mut String, graph: &Graph<'_>, prefix: &str, indent: &str) {
    for job in &graph.jobs {
        let id = node(prefix, job);
        // Writing to a string does not fail.
        let _ = writeln!(out, "{indent}{id}{}", shape(job));
        for need in job.needs.iter().filter_map(|need| graph.job(*need)) {
            let arrow = if job.when.is_written { "-.->" } else { "-->" };
            let _ = writeln!(out, "{indent}{} {arrow} {id}", node(prefix, need));
        }
    }
}

/// Ids of nodes are numbers: those of jobs may be words of mermaid's, such as `end`.
fn node(prefix: &str, job: &Job<'_>) -> String {
    format!("{prefix}j{}", job.id.index())
}

fn shape(job: &Job<'_>) -> String {
    let label = label(job);
    match job.call() {
        Some(_) => format!("[[\"{label}\"]]"),
        None => format!("[\"{label}\"]"),
    }
}

fn label(job: &Job<'_>) -> String {
    let mut lines = vec![short(job.model.shown_name().unwrap_or(job.model.id.value))];
    if let Some(call) = job.call() {
        lines.push(short(call.uses.value));
    }
    if job.matrix.is_some() {
        lines.push(match job.count() {
            (1, true) => "1 leg".to_owned(),
            (count, true) => format!("{count} legs"),
            (count, false) => format!("{count} legs or more"),
        });
    }
    if let Some(written) = job.model.condition.as_ref().and_then(|condition| condition.value.written.as_ref())
    {
        lines.push(format!("if {}", short(written.source())));
    }
    lines.iter().map(|line| escaped(line)).collect::<Vec<_>>().join("<br/>")
}

fn short(text: &str) -> String {
    let mut words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((at, _)) = words.char_indices().nth(SHOWN) {
        words.truncate(at);
        words.push('…');
    }
    words
}

/// Text in quotes: what mermaid or a browser would take for something else stands as a number.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        let is_plain = character.is_alphanumeric() || " _-./:(),=!*+@'|$[]{}?~^…".contains(character);
        if is_plain {
            escaped.push(character);
        } else if !character.is_control() {
            let _ = write!(escaped, "#{};", u32::from(character));
        }
    }
    escaped
}
