//! Answers the evaluations that a decision asks for, and decides again with them.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use towpath_core::decide::{Answer, Decision, Effect, decide};
use towpath_core::journal::State;
use towpath_core::journal::state::Release;
use towpath_core::pipeline::Environment;
use towpath_core::time::Time;
use towpath_core::world::{Evaluation, Evaluations};

use crate::observe::Observed;
use crate::pass::{Engine, Readings};
use crate::ports::Question;

impl Engine<'_> {
    /// The decision about what was observed, with all evaluations that it asks for.
    pub(crate) fn decided(
        &self,
        observed: &Observed,
        readings: &Readings,
        rollbacks: &[Time],
        now: Time,
    ) -> Decision {
        let mut evaluations = Evaluations::new();
        loop {
            let mut world = observed.world(self.host, self.pipeline, readings, rollbacks);
            world.evaluations.clone_from(&evaluations);
            let decision = decide(&world, now);
            let known = evaluations.len();
            for wanted in asked(&decision) {
                evaluations.entry(wanted.clone()).or_insert_with(|| self.evaluate(observed, wanted));
            }
            if evaluations.len() == known {
                return decision;
            }
        }
    }

    fn evaluate(&self, observed: &Observed, wanted: &Evaluation) -> Result<bool, String> {
        let evaluator = self.host.evaluator.ok_or("this host evaluates no expressions")?;
        let environment = self.pipeline.environment(&wanted.environment);
        let gates = environment.map(|e| e.entry.expressions.as_slice()).unwrap_or_default();
        let gate = gates.iter().find(|gate| gate.name == wanted.gate);
        let state = observed.head().map(|head| &*head.state);
        let release = state.and_then(|state| state.release(&wanted.release));
        let (Some(environment), Some(gate), Some(state), Some(release)) = (environment, gate, state, release)
        else {
            return Err("what it is about is not there any more".to_owned());
        };
        let question = Question { source: gate.cel.clone(), values: values(state, environment, release) };
        evaluator.evaluate(&question).map_err(|error| clean(&error.to_string()))
    }
}

fn asked(decision: &Decision) -> impl Iterator<Item = &Evaluation> {
    let effects = decision.envs.values().filter_map(|answer| match answer {
        Answer::Act(effects) => Some(effects),
        Answer::Wait(_) | Answer::Settled => None,
    });
    effects.flatten().filter_map(|effect| match effect {
        Effect::Evaluate(evaluation) => Some(evaluation),
        _ => None,
    })
}

/// What an expression may look at.
fn values(state: &State, environment: &Environment, release: &Release) -> BTreeMap<String, Value> {
    let image = |image: &towpath_core::release::Image| {
        let tag = image.tag.as_ref().map(ToString::to_string);
        json!({ "name": image.name.to_string(), "tag": tag, "digest": image.digest.to_string() })
    };
    let tags = release.images.iter().filter_map(|image| image.tag.as_ref()).map(ToString::to_string);
    let upstream = environment.after.edges.iter().map(|edge| {
        let env = state.environment(&edge.environment).map(|(_, env)| env);
        let there = env.and_then(|env| env.at.as_ref()).and_then(|at| state.release(&at.r));
        json!({
            "environment": edge.environment.to_string(),
            "version": there.map(Release::version),
            "verified": env.is_some_and(|env| env.ok.contains_key(&release.r)),
        })
    });
    BTreeMap::from([
        (
            "release".to_owned(),
            json!({
                "version": release.version(),
                "images": release.images.iter().map(image).collect::<Vec<_>>(),
                "tags": tags.collect::<Vec<_>>(),
                "labels": release.labels,
                "authors": release.authors.iter().map(ToString::to_string).collect::<Vec<_>>(),
                "order": release.order,
                "sequence": release.seq,
            }),
        ),
        (
            "environment".to_owned(),
            json!({ "name": environment.name.to_string(), "labels": environment.labels }),
        ),
        ("upstream".to_owned(), upstream.collect()),
    ])
}

/// One short line: it ends up in waits.
fn clean(text: &str) -> String {
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .filter(|c| !c.is_control())
        .take(300)
        .collect()
}
