//! Makes an expression smaller while it goes on failing.

use std::collections::BTreeSet;

use towpath_migrate::expression::{Availability, Contexts, Node, parse};

use crate::answer::Asked;
use crate::differences::unlisted;
use crate::material::CONTEXTS;
use crate::node::{Reply, ask};

/// How many rounds are made. Each takes at least one character away.
const ROUNDS: usize = 200;

/// Why an expression fails: we say something else than the runner, or npm does without an entry for it.
pub(crate) fn failure(listed: &BTreeSet<&str>, asked: &Asked, source: &str, reply: &Reply) -> Option<String> {
    let ours = asked.answer(source).0;
    if ours != *reply.runner() {
        return Some(format!("{ours} instead of {}; npm: {}", reply.runner(), reply.npm));
    }
    let id = unlisted(listed, reply)?;
    Some(format!("npm says {} and not {ours}: no entry for {id}", reply.npm))
}

/// The smallest expression found that fails still, and why.
pub(crate) fn shrunk(listed: &BTreeSet<&str>, set: usize, source: &str) -> (String, String) {
    let sets = Asked::sets();
    let failing = |source: &str, reply: &Reply| failure(listed, &sets[set], source, reply);
    let mut smallest = source.to_owned();
    let mut why = failing(source, &ask(&[(set, source)])[0]).unwrap_or_default();
    for _ in 0..ROUNDS {
        let candidates = smaller(set, &smallest);
        let questions: Vec<_> = candidates.iter().map(|candidate| (set, candidate.as_str())).collect();
        let replies = ask(&questions);
        let found = candidates
            .iter()
            .zip(&replies)
            .find_map(|(source, reply)| Some((source, failing(source, reply)?)));
        match found {
            Some((source, reason)) => (smallest, why) = (source.clone(), reason),
            None => break,
        }
    }
    (smallest, why)
}

/// Smaller expressions, the smallest first: parts of it, it with a part in the place of what is around it or with a literal
/// there, and it without some characters.
fn smaller(set: usize, source: &str) -> Vec<String> {
    let mut candidates = BTreeSet::new();
    let contexts = Contexts::from_json(CONTEXTS[set]).unwrap();
    let availability = contexts.names().into_iter().fold(Availability::new(), Availability::context);
    if let Ok(expression) = parse(source, &availability) {
        let mut waiting: Vec<&Node> = expression.root().into_iter().collect();
        while let Some(node) = waiting.pop() {
            candidates.insert(node.span.of(source).to_owned());
            let replaced =
                |text: &str| format!("{}{text}{}", &source[..node.span.start], &source[node.span.end..]);
            candidates.extend(["1", "''", "null", "github"].map(replaced));
            for child in node.children() {
                candidates.insert(replaced(child.span.of(source)));
                waiting.push(child);
            }
        }
    }
    let places: Vec<_> = source.char_indices().map(|(at, _)| at).chain([source.len()]).collect();
    for width in [1, 2, 4, 16, 64, 256] {
        for window in places.windows(width + 1).step_by(width.div_ceil(2)).take(400) {
            let (start, end) = (window[0], window[width]);
            candidates.insert(format!("{}{}", &source[..start], &source[end..]));
        }
    }
    let mut candidates: Vec<_> =
        candidates.into_iter().filter(|candidate| candidate.len() < source.len()).collect();
    candidates.sort_by_key(String::len);
    candidates
}
