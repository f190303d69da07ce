//! It needs a job that stays.

use crate::assess::rule::{Late, Meta, Rule};
use crate::assess::verdict::Verdict;

/// The rule.
pub(super) const RULE: &dyn Rule = &Late(&META);

/// What it gives reasons by, when all others have looked: see `assess::kept`.
pub(super) const META: Meta = Meta {
    id: "needs-kept",
    outcome: Verdict::Redesign,
    title: "it needs a job that stays, wholly or in part",
    why: "It waits for a job of GitHub and may read what that gives; in the cluster nothing tells that it has ended.",
    remedy: "keep the two together, or let what stays start what moves when it has ended",
};
