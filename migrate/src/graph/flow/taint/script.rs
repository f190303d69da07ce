//! What a script does with tainted values.

use super::body::{Body, Scope};
use super::known::Holder;
use super::{Cause, Sink, Taint};
use crate::graph::flow::script::StepScript;
use crate::graph::paths::ANY;
use crate::model::Value;
use crate::read::TokenId;
use crate::script::{Access, CommandKind, Doubt, FileAccess, Name, Quoting, RunnerFile, Shell, Use, UseKind};
use crate::span::Span;

/// How often variables of a script are followed to others.
const ROUNDS: usize = 4;

/// What is tainted in a script: where, and why; in its order.
type Inside<'d> = Vec<(Span, Cause<'d>)>;

impl<'d> Body<'_, 'd> {
    pub(super) fn script(&mut self, script: &StepScript<'d>, scope: Scope) {
        let token = script.run.script.token;
        let mut inside = self.holes(script, scope);
        for used in &script.script.uses {
            if let UseKind::Variable(name, Access::Read) = &used.kind
                && let Some(cause) = self.env_value(name, scope)
            {
                inside.push((used.span, self.by(cause, token)));
            }
        }
        if inside.is_empty() {
            return;
        }
        let text = super::super::written(self.document, token);
        let lines = Lines::of(text);
        inside.sort_by_key(|(span, _)| span.start);
        follow(script, &lines, &mut inside);
        self.run_again(script, &inside);
        self.written(script, text, &lines, &inside);
    }

    /// The `${{ }}` that put tainted text into the script.
    fn holes(&mut self, script: &StepScript<'d>, scope: Scope) -> Inside<'d> {
        let (at, token) = (script.at, script.run.script.token);
        let Value::Expression(evaluated) = script.run.script.value else { return Vec::new() };
        let mut inside = Vec::new();
        for part in &evaluated.parts {
            let cause = part.expression.root().and_then(|root| self.cause(root, scope, false));
            let Some(cause) = cause.map(|cause| self.by(cause, token)) else { continue };
            let hole = script.script.holes.iter().find(|hole| hole.span == part.outer);
            let quoting = hole.map_or(Quoting::Unknown, |hole| hole.quoting);
            let sink = Sink::Script { at, token, hole: part.outer, quoting };
            self.found.taints.push(Taint { cause: cause.clone(), sink });
            inside.push((part.outer, cause));
        }
        inside
    }

    /// What the script runs as a script: `eval`, `bash -c`, a pipe to a shell. Of a file that it reads as one, nobody knows
    /// whether the value is in it or only in its name; of a command, whether it is the program or only where that is.
    fn run_again(&mut self, script: &StepScript<'d>, inside: &Inside<'d>) {
        let (at, token) = (script.at, script.run.script.token);
        for unclear in &script.script.unclear {
            let is_certain = match unclear.why {
                Doubt::DynamicScript | Doubt::Elsewhere => true,
                Doubt::Sourced | Doubt::DynamicCommand => false,
                _ => continue,
            };
            // What a hole puts there is told of the hole.
            let is_hole = |span: Span| script.script.holes.iter().any(|hole| hole.span == span);
            let Some((_, cause)) = within(inside, unclear.span).find(|(span, _)| !is_hole(*span)) else {
                continue;
            };
            let mut cause = cause.clone();
            cause.is_certain &= is_certain;
            // What `eval "$X"` runs is told once, and not as a command within it, too.
            let is_told = |known: &Taint<'d>| match known.sink {
                Sink::Again { at: place, token: text, span } => {
                    (place, text) == (at, token) && span.contains(unclear.span)
                }
                _ => false,
            };
            if !self.found.taints.iter().rev().take(8).any(is_told) {
                self.found.taints.push(Taint { cause, sink: Sink::Again { at, token, span: unclear.span } });
            }
        }
    }

    /// What a script writes to files of the runner, or tells it, that may hold what is inside it.
    fn written(&mut self, script: &StepScript<'d>, text: &'d str, lines: &Lines, inside: &Inside<'d>) {
        for used in &script.script.uses {
            let (file, name) = match &used.kind {
                UseKind::Sets(file, name) => (*file, Some(name)),
                UseKind::Command(CommandKind::SetOutput, name) => (RunnerFile::Output, name.as_ref()),
                UseKind::File(RunnerFile::Path, FileAccess::Write) => (RunnerFile::Path, None),
                _ => continue,
            };
            let name = match name {
                Some(Name::Known(name)) => text_of(text, used.span, name),
                Some(Name::Dynamic) | None => ANY,
            };
            let Some((cause, is_near)) = passed(script, lines, inside, used) else { continue };
            let mut cause = cause.clone();
            cause.is_certain &= is_near && !is_given_away(script, used);
            self.leaves(script, (file, name), used.span, (cause, is_near));
        }
    }

    /// What leaves the script. What only may be in it is known of outputs and variables; harm is told where it is written.
    fn leaves(
        &mut self,
        script: &StepScript<'d>,
        (file, name): (RunnerFile, &'d str),
        span: Span,
        (cause, is_near): (Cause<'d>, bool),
    ) {
        let (at, token): (_, TokenId) = (script.at, script.run.script.token);
        match file {
            RunnerFile::Output => return self.known.learn(Holder::StepOutput(at), name, cause),
            RunnerFile::Env if is_near || name != ANY => {
                self.known.learn(Holder::JobEnv(at.job), name, cause.clone());
            }
            RunnerFile::Path => {}
            _ => return,
        }
        if is_near {
            self.found.taints.push(Taint { cause, sink: Sink::File { at, token, file, span } });
        }
    }
}

/// What is tainted in what a script writes, and whether it stands there itself; nothing where the script says all of it.
fn passed<'i, 'd>(
    script: &StepScript<'d>,
    lines: &Lines,
    inside: &'i Inside<'d>,
    used: &Use<'d>,
) -> Option<(&'i Cause<'d>, bool)> {
    let parts = &script.script.parts;
    let from =
        parts.partition_point(|part| (part.set.start, part.set.end) < (used.span.start, used.span.end));
    let own = || parts.iter().skip(from).take_while(|part| part.set == used.span);
    let is_known = matches!(used.kind, UseKind::Sets(_, Name::Known(_)));
    // Of other shells only the lines are known.
    if script.script.shell != Shell::Posix || !is_known && own().next().is_none() {
        return nearest(lines, inside, used.span);
    }
    own().next()?;
    let mut causes = own().flat_map(|part| within(inside, part.place)).map(|(_, cause)| cause);
    let mut first = None;
    let certain = causes.find(|cause| {
        first.get_or_insert(*cause);
        cause.is_certain
    });
    match certain.or(first) {
        Some(cause) => Some((cause, true)),
        None => inside.first().map(|(_, cause)| (cause, false)),
    }
}

/// Whether the file is only given to something that may write to it.
fn is_given_away(script: &StepScript<'_>, used: &Use<'_>) -> bool {
    let uses = &script.script.uses;
    let order = |used: &Use<'_>| (used.span.start, used.span.end);
    let from = uses.partition_point(|other| order(other) < order(used));
    let mut beside = uses.iter().skip(from).take_while(|other| other.span == used.span);
    beside.any(|other| matches!(other.kind, UseKind::File(_, FileAccess::Passed)))
}

/// What is tainted within a part of the script.
fn within<'i, 'd>(inside: &'i Inside<'d>, part: Span) -> impl Iterator<Item = &'i (Span, Cause<'d>)> {
    let from = inside.partition_point(|(span, _)| span.start < part.start);
    inside.iter().skip(from).take_while(move |(span, _)| span.end <= part.end)
}

/// Follows values to variables of the script: what is set on a line that holds one may hold it.
fn follow<'d>(script: &StepScript<'d>, lines: &Lines, inside: &mut Inside<'d>) {
    let uses = &script.script.uses;
    let mut known: Vec<&str> = Vec::new();
    for _ in 0..ROUNDS {
        let mut set: Vec<(&str, Cause<'d>)> = Vec::new();
        for used in uses {
            let UseKind::Variable(name, Access::Set | Access::Exported) = &used.kind else { continue };
            let name: &str = name;
            if known.contains(&name) || set.len() > 64 {
                continue;
            }
            if let Some((cause, true)) = nearest(lines, inside, used.span) {
                known.push(name);
                set.push((name, Cause { is_certain: false, ..cause.clone() }));
            }
        }
        if set.is_empty() {
            return;
        }
        for used in uses {
            let UseKind::Variable(name, Access::Read) = &used.kind else { continue };
            if let Some((_, cause)) = set.iter().find(|(set, _)| set == name) {
                inside.push((used.span, cause.clone()));
            }
        }
        inside.sort_by_key(|(span, _)| span.start);
    }
}

/// What is tainted on the line of a part, and else anywhere.
fn nearest<'i, 'd>(lines: &Lines, inside: &'i Inside<'d>, span: Span) -> Option<(&'i Cause<'d>, bool)> {
    let (start, end) = lines.around(span);
    let at = inside.partition_point(|(span, _)| span.start < start);
    match inside.get(at).filter(|(span, _)| span.start < end) {
        Some((_, cause)) => Some((cause, true)),
        None => inside.first().map(|(_, cause)| (cause, false)),
    }
}

/// Where the lines of a text end.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        Self(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect())
    }

    /// The line on which a part starts.
    fn around(&self, span: Span) -> (usize, usize) {
        let line = self.0.partition_point(|end| *end < span.start);
        let start = line.checked_sub(1).and_then(|before| self.0.get(before)).map_or(0, |end| end + 1);
        (start, self.0.get(line).copied().unwrap_or(usize::MAX))
    }
}

/// A name as it stands in the text, so that it lives as long as that.
fn text_of<'d>(text: &'d str, span: Span, name: &str) -> &'d str {
    let part = span.of(text);
    part.find(name).and_then(|at| part.get(at..at + name.len())).unwrap_or(ANY)
}
