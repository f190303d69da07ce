//! `actions/github-script`: a script in JavaScript, in which only some words are looked for.

use super::body::{Body, Scope};
use super::known::Holder;
use super::{Cause, Sink, Taint};
use crate::graph::flow::{StepAt, written};
use crate::graph::paths::{ANY, Path};
use crate::model::{Entry, Scalar, value_of};
use crate::read::TokenId;
use crate::span::Span;

/// How a script reads the event, and variables.
const PAYLOAD: &str = "context.payload";
/// How many names `github.event` has, which is what the payload is.
const PAYLOAD_NAMES: usize = 2;
const VARIABLES: &str = "process.env";

impl<'d> Body<'_, 'd> {
    pub(super) fn javascript(&mut self, with: &'d [Entry<'d>], at: StepAt, scope: Scope) {
        let Some(script) = value_of(with, "script") else { return };
        let mut first = None;
        if let Scalar::Expression(evaluated) = script.value {
            for part in &evaluated.parts {
                let cause = part.expression.root().and_then(|root| self.cause(root, scope, false));
                let Some(cause) = cause.map(|cause| self.by(cause, script.token)) else { continue };
                let sink = Sink::JavaScript { at, token: script.token, hole: part.outer };
                self.found.taints.push(Taint { cause: cause.clone(), sink });
                first.get_or_insert(cause);
            }
        }
        let text = written(self.document, script.token);
        if let Some(cause) = first.or_else(|| self.read_by(text, script.token, scope)) {
            self.given_by_script(text, at, Cause { is_certain: false, ..cause });
        }
    }

    /// What the script reads itself.
    fn read_by(&self, text: &'d str, token: TokenId, scope: Scope) -> Option<Cause<'d>> {
        let event = members(text, PAYLOAD).find_map(|(names, span)| {
            let path = Path { names: ["github", "event"].into_iter().chain(names).collect(), span };
            // It may take its part of it elsewhere.
            let untrusted = self
                .carried(&path.names, |exposure| exposure.is_value() || path.names.len() > PAYLOAD_NAMES)?;
            Some(Cause { path, untrusted, via: super::Way::default(), is_certain: false })
        });
        let mut variables = members(text, VARIABLES).filter_map(|(names, _)| names.into_iter().next());
        let cause = event.or_else(|| variables.find_map(|name| self.env_value(name, scope)))?;
        Some(self.by(cause, token))
    }

    /// What the script gives to later steps.
    fn given_by_script(&mut self, text: &'d str, at: StepAt, cause: Cause<'d>) {
        if text.contains("return") {
            self.known.learn(Holder::StepOutput(at), "result", cause.clone());
        }
        for (call, holder) in
            [("setOutput(", Holder::StepOutput(at)), ("exportVariable(", Holder::JobEnv(at.job))]
        {
            for (start, _) in text.match_indices(call) {
                let rest = text.get(start + call.len()..).unwrap_or_default().trim_start();
                self.known.learn(holder, quoted(rest).unwrap_or(ANY), cause.clone());
            }
        }
    }
}

/// The members that are read of an object: `object.a?.b['c']`.
fn members<'t>(text: &'t str, object: &'static str) -> impl Iterator<Item = (Vec<&'t str>, Span)> {
    text.match_indices(object).map(move |(start, _)| {
        let mut at = start + object.len();
        let mut names = Vec::new();
        while let Some((name, length)) = text.get(at..).and_then(member) {
            names.push(name);
            at += length;
        }
        (names, Span::new(start, at))
    })
}

/// A member at the start of a text, and how long it is with what stands around it.
fn member(text: &str) -> Option<(&str, usize)> {
    let rest = text.strip_prefix("?.").unwrap_or(text);
    if let Some(inner) = rest.strip_prefix('[') {
        if let Some(name) = quoted(inner) {
            return Some((name, text.len() - inner.len() + name.len() + 3));
        }
        let end = inner.find(']')?;
        return Some((ANY, text.len() - inner.len() + end + 1));
    }
    let rest = if rest.len() == text.len() { rest.strip_prefix('.')? } else { rest };
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '$').unwrap_or(rest.len());
    let name = rest.get(..end).filter(|name| !name.is_empty())?;
    Some((name, text.len() - rest.len() + end))
}

/// A text in quotes at the start.
fn quoted(text: &str) -> Option<&str> {
    let quote = text.chars().next().filter(|quote| matches!(quote, '\'' | '"' | '`'))?;
    let inner = text.get(1..)?;
    inner.get(..inner.find(quote)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_read_by_their_names() {
        for (text, expected) in [
            ("context.payload.issue.title", "issue title"),
            ("context.payload?.issue?.['title'].length", "issue title length"),
            ("context.payload[\"comment\"].body)", "comment body"),
            ("context.payload.commits[0].message", "commits * message"),
            ("context.payload.commits[i", "commits"),
            ("x = context.payload;", ""),
            ("context.payload.", ""),
        ] {
            let found: Vec<_> = members(text, PAYLOAD).map(|(names, _)| names.join(" ")).collect();
            assert_eq!(found, [expected], "{text}");
        }
    }
}
