//! It uses something that needs a person.

use crate::assess::rule::{Late, Meta, Rule};
use crate::assess::verdict::Verdict;

/// The rule.
pub(super) const RULE: &dyn Rule = &Late(&META);

/// What it gives reasons by, when all others have looked: see [`Fates`](crate::assess::Fates).
pub(super) const META: Meta = Meta {
    id: "needs-person",
    outcome: Verdict::Edits,
    title: "it has something that a person has to say or do",
    why: "The table of features says so of what stands here, and nothing in the file answers it.",
    remedy: "do what it is about: towpath migrate list-features has all of them",
};
