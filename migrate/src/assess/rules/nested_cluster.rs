//! It makes a cluster of its own.

use std::borrow::Cow;

use crate::assess::reason::Found;
use crate::assess::rule::{Meta, Rule};
use crate::assess::sight::StepSight;
use crate::assess::verdict::Verdict;
use crate::script::Need;

/// The rule.
pub(super) const RULE: &dyn Rule = &NestedCluster;

struct NestedCluster;

const META: Meta = Meta {
    id: "nested-cluster",
    outcome: Verdict::Redesign,
    title: "it makes a cluster of its own",
    why: "A cluster in a pod needs privileges and a daemon; most of what is tested so can have a namespace or a virtual cluster.",
    remedy: "give the tests a namespace, a virtual cluster, or allow nested clusters in the profile",
};

/// Whether a target of make says that it makes a cluster.
fn is_cluster(target: &str) -> bool {
    let words: Vec<_> = target.split(['-', '_', '/', '.']).collect();
    let is_made = words.iter().any(|word| matches!(*word, "up" | "start" | "create" | "cluster"));
    is_made && words.iter().any(|word| matches!(*word, "kind" | "k3d" | "minikube" | "k3s"))
}

/// Whether a program only tells of itself.
fn tells(words: &[Cow<'_, str>]) -> bool {
    let asked = words.get(1).map_or("", AsRef::as_ref);
    matches!(asked, "version" | "--version" | "help" | "--help" | "-h" | "completion")
}

impl Rule for NestedCluster {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn step(&self, step: &StepSight<'_>, found: &mut Found<'_>) {
        if step.job.workflow.profile.has_nested_clusters {
            return;
        }
        if let Some(used) = &step.used
            && used.is_for(&META)
        {
            found.reason(step.uses_spot(), used.name());
        }
        for (tool, span) in step.tools() {
            if tool.need() == Some(Need::LocalCluster) && !tool.probed && !tells(&step.words_at(span)) {
                found.reason(step.in_script(span), tool.name.as_ref());
            }
        }
        step.commands(&mut |words, span| {
            if let ["make", targets @ ..] = words
                && let Some(target) = targets.iter().find(|target| is_cluster(target))
            {
                found.reason(step.in_script(span), *target);
            }
        });
    }
}
