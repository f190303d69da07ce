//! Two ports of a service differ.

use crate::assess::reason::Found;
use crate::assess::rule::{Meta, Rule};
use crate::assess::sight::JobSight;
use crate::assess::verdict::Verdict;

/// The rule.
pub(super) const RULE: &dyn Rule = &ServicePort;

struct ServicePort;

const META: Meta = Meta {
    id: "service-port",
    outcome: Verdict::Edits,
    title: "two ports of a service differ",
    why: "The containers of a pod share its network: a port is the same inside and outside, and each is there once.",
    remedy: "let the service listen on the port that the steps use",
};

impl Rule for ServicePort {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn job(&self, job: &JobSight<'_>, found: &mut Found<'_>) {
        let mut seen = Vec::new();
        for (token, port) in job.ports() {
            let port = port.split('/').next().unwrap_or(port);
            let (outside, inside) = port.split_once(':').unwrap_or((port, port));
            if outside != inside || seen.contains(&inside) {
                found.reason(job.spot(token), port);
            }
            seen.push(inside);
        }
    }
}
