//! What an attacker decides, from file to file.

use std::collections::HashMap;

use super::Family;
use crate::expression::same;
use crate::graph::Graph;
use crate::graph::flow::{Flow, Hop, Inputs, KnownActions, Named, Passed};
use crate::graph::job::JobId;
use crate::model::call::Link;

impl<'d> Family<'d> {
    /// What passes in each file, where these actions are known.
    pub(in crate::graph) fn traced(&self, actions: &dyn KnownActions<'d>) -> Vec<Flow<'d>> {
        let mut flows: Vec<_> = self.graphs.iter().map(Graph::passing).collect();
        let mut ways = Ways::of(self);
        // Whoever is called stands behind the first one that calls it; what comes back needs another round.
        for _ in 0..ROUNDS {
            for (file, (graph, flow)) in self.graphs.iter().zip(&mut flows).enumerate() {
                let Some(way) = ways.files.get_mut(file) else { continue };
                if !std::mem::take(&mut way.is_new) {
                    continue;
                }
                let way = &*way;
                let inputs =
                    Inputs { file, events: &ways.events, tainted: &way.inputs, returned: &way.returned };
                flow.trace(graph, &inputs, actions);
                ways.pass_on(self, file, flow);
            }
        }
        flows
    }
}

/// How often what is known is carried on between files at most: GitHub allows ten levels of calls.
const ROUNDS: usize = 10;

/// What comes to each file from others.
struct Ways<'d> {
    /// The events that start the workflow that all began with.
    events: Vec<&'d str>,
    files: Vec<Way<'d>>,
    /// The calls of each file: the file and the job that calls.
    callers: Vec<Vec<(usize, JobId)>>,
    links: HashMap<(usize, JobId), usize>,
}

/// What comes to a file.
struct Way<'d> {
    inputs: Named<'d>,
    returned: Passed<'d>,
    /// Whether it has not been looked at since something came.
    is_new: bool,
}

impl<'d> Ways<'d> {
    fn of(family: &Family<'d>) -> Self {
        let on = family.root().and_then(|root| root.workflow.on.as_ref());
        let events = on.map(|on| on.list.iter().map(|event| event.name.value).collect());
        let way = || Way { inputs: Vec::new(), returned: Vec::new(), is_new: true };
        let mut callers = vec![Vec::new(); family.graphs.len()];
        let mut links = HashMap::new();
        for call in &family.calls {
            if let Link::Workflow(called) = call.link
                && let Some(callers) = callers.get_mut(called)
            {
                callers.push((call.file, call.job));
                links.insert((call.file, call.job), called);
            }
        }
        let files = family.graphs.iter().map(|_| way()).collect();
        Self { events: events.unwrap_or_default(), files, callers, links }
    }

    /// Carries on what a file gives to those that it calls and to those that call it.
    fn pass_on(&mut self, family: &Family<'d>, file: usize, flow: &Flow<'d>) {
        for (job, name, cause) in &flow.passed {
            let way = self.links.get(&(file, *job)).and_then(|called| self.files.get_mut(*called));
            if let Some(way) = way
                && !way.inputs.iter().any(|(known, _)| same(known, name))
            {
                way.inputs.push((name, cause.clone()));
                way.is_new = true;
            }
        }
        for (caller, job) in self.callers.get(file).into_iter().flatten() {
            let call = family.graphs.get(*caller).and_then(|graph| graph.job(*job)?.call());
            let (Some(call), Some(way)) = (call, self.files.get_mut(*caller)) else { continue };
            for (name, cause) in &flow.outputs {
                if !way.returned.iter().any(|(known, output, _)| known == job && same(output, name)) {
                    let mut cause = cause.clone();
                    cause.via.push(Hop { file: *caller, token: call.uses.token });
                    way.returned.push((*job, name, cause));
                    way.is_new = true;
                }
            }
        }
    }
}
