//! A flowchart for mermaid: jobs, what they wait for, their legs and conditions.

use std::fmt::Write as _;

use crate::graph::status::oddity;
use crate::graph::{Family, Job};
use crate::model::call::Link;

/// How many characters of a condition or a name are shown.
const SHOWN: usize = 60;

/// How many nodes there are at most: a chart with more is of no use.
const MAX_NODES: usize = 500;

/// A workflow with all that it calls, as a flowchart of mermaid.
#[must_use]
pub fn mermaid(family: &Family<'_>) -> String {
    let mut chart = Chart { out: String::from("flowchart LR\n"), family, nodes: 0, way: Vec::new() };
    chart.graph(0, "", "  ");
    chart.out
}

struct Chart<'f, 'd> {
    out: String,
    family: &'f Family<'d>,
    nodes: usize,
    /// The files around.
    way: Vec<usize>,
}

impl Chart<'_, '_> {
    fn graph(&mut self, file: usize, prefix: &str, indent: &str) {
        let Some(graph) = self.family.graphs.get(file) else { return };
        self.way.push(file);
        for job in &graph.jobs {
            let id = node(prefix, job);
            self.job(file, job, &id, indent);
            for need in job.needs.iter().filter_map(|need| graph.job(*need)) {
                // A dotted arrow: not only success lets it run.
                let arrow = if job.when.is_only_after_success() { "-->" } else { "-.->" };
                // Writing to a string does not fail.
                let _ = writeln!(self.out, "{indent}{} {arrow} {id}", node(prefix, need));
            }
        }
        self.way.pop();
    }

    /// A call whose workflow is known holds its jobs.
    fn job(&mut self, file: usize, job: &Job<'_>, id: &str, indent: &str) {
        self.nodes += 1;
        let called = match self.family.call(file, job.id).map(|called| called.link) {
            Some(Link::Workflow(called)) if !self.way.contains(&called) && self.nodes < MAX_NODES => called,
            _ => {
                let _ = writeln!(self.out, "{indent}{id}{}", shape(job));
                return;
            }
        };
        let _ = writeln!(self.out, "{indent}subgraph {id}[\"{}\"]", label(job));
        self.graph(called, &format!("{id}_"), &format!("{indent}  "));
        let _ = writeln!(self.out, "{indent}end");
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
            (1, Some(1)) => "1 leg".to_owned(),
            (least, Some(most)) if least == most => format!("{most} legs"),
            (least, Some(most)) => format!("{least} to {most} legs"),
            (least, None) => format!("{least} legs or more"),
        });
    }
    if let Some(condition) = job.model.condition.as_ref().map(|condition| &condition.value)
        && let Some(written) = &condition.written
    {
        lines.push(format!("if {}", short(written.source())));
        lines.extend(
            oddity(condition, &job.when, job.asker())
                .map(|odd| if odd.is_dead() { "(never)".to_owned() } else { "(always true)".to_owned() }),
        );
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

/// Text in quotes: what mermaid, its Markdown or a browser would take for something else stands as a number.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for (at, character) in text.char_indices() {
        let (before, after) = text.split_at(at);
        if is_plain(before, character, after.get(character.len_utf8()..).unwrap_or_default()) {
            escaped.push(character);
        } else if !character.is_control() {
            let _ = write!(escaped, "#{};", u32::from(character));
        }
    }
    escaped
}

/// Whether a character means itself. Markdown makes lists, headings and lines of what starts a line, and links of addresses.
fn is_plain(before: &str, character: char, after: &str) -> bool {
    let is_first = before.is_empty();
    match character {
        '-' | '+' | '=' => !is_first,
        '.' | ')' => {
            let is_number = !is_first && before.bytes().all(|byte| byte.is_ascii_digit());
            let is_address = before.get(before.len().saturating_sub(3)..);
            !is_number && !is_address.is_some_and(|head| head.eq_ignore_ascii_case("www"))
        }
        ':' => !after.starts_with("//"),
        '_' => {
            let is_letter = |character: Option<char>| character.is_some_and(char::is_alphanumeric);
            is_letter(before.chars().next_back()) && is_letter(after.chars().next())
        }
        '@' => !after.split(' ').next().is_some_and(|domain| domain.contains('.')),
        _ => character.is_alphanumeric() || " /(,!'|${}?^…".contains(character),
    }
}
