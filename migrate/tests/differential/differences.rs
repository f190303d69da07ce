//! `expression-differences.yaml`: where the npm package and the runner differ, and that this is still so.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::answer::Asked;
use crate::material::CONTEXTS;
use crate::node::{Reply, ask_one};

const FILE: &str = include_str!("expression-differences.yaml");

/// A class of differences.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Difference {
    /// The name of a switch of npm/switches.mjs, or of a form of npm/shape.mjs.
    pub(crate) id: String,
    rule: String,
    source: String,
    expression: String,
    npm: String,
    runner: String,
}

pub(crate) fn all() -> Vec<Difference> {
    let mut all: Vec<Difference> = serde_saphyr::from_str(FILE).unwrap();
    for entry in &mut all {
        for text in [&mut entry.expression, &mut entry.npm, &mut entry.runner] {
            *text = written_out(text);
        }
    }
    all
}

/// Writes out `\x{N:TEXT}`.
fn written_out(text: &str) -> String {
    let mut pieces = text.split("\\x{");
    let mut result = pieces.next().unwrap().to_owned();
    for piece in pieces {
        let (count, piece) = piece.split_once(':').unwrap();
        // A place of format, or anything else without a brace.
        let end = if piece.starts_with("{0}") { 3 } else { piece.find('}').unwrap() };
        result.push_str(&piece[..end].repeat(count.parse().unwrap()));
        result.push_str(&piece[end + 1..]);
    }
    result
}

/// The classes that explain a reply; those that no entry has, apart.
pub(crate) fn unlisted<'a>(listed: &BTreeSet<&str>, reply: &'a Reply) -> Option<&'a str> {
    reply.by.iter().map(String::as_str).find(|id| !listed.contains(id))
}

/// Everything that is wrong with the list.
pub(crate) fn mistakes() -> Vec<String> {
    let all = all();
    let questions: Vec<_> = all.iter().map(|entry| (0, entry.expression.as_str())).collect();
    let replies = ask_one(CONTEXTS, &questions);
    let asked = Asked::new(CONTEXTS[0]);
    let mut mistakes = Vec::new();
    let mut ids = BTreeSet::new();
    for (entry, reply) in all.iter().zip(&replies) {
        let mut expect = |what: &str, expected: &str, found: String| {
            if expected != found {
                mistakes.push(format!("{} {what}: {found} and not {expected}", entry.id));
            }
        };
        expect("npm", &entry.npm, reply.npm.to_string());
        expect("runner", &entry.runner, reply.runner().to_string());
        expect("ours", &entry.runner, asked.answer(&entry.expression).0.to_string());
        expect("class", &entry.id, reply.by.join(" "));
        let said = !entry.rule.is_empty() && entry.source.contains(".cs ");
        if !ids.insert(&entry.id) || !said || entry.npm == entry.runner {
            mistakes.push(format!(
                "{}: stands twice, has no rule, file or member, or is no difference",
                entry.id
            ));
        }
    }
    mistakes
}
