//! Conditions that say the same whatever happens.

use super::{Asker, Situation, When, algebra, supposed};
use crate::expression::{Condition, Node, NodeKind, Status, Truth};

/// What is odd about a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Oddity {
    /// It is true whatever happens, and nobody asked for `always()`.
    AlwaysTrue,
    /// It is never true: the job or step is dead.
    NeverTrue,
    /// It could be true where something before it did not succeed, and `success()`, which is implied, is false there.
    ImpliedSuccess,
    /// It asks for what failed or was skipped, and nothing comes before it.
    NothingBefore,
    /// It compares a result with a word that none has.
    NoSuchResult,
    /// Text stands around `${{ }}`, which makes it true.
    TextAround,
}

impl Oddity {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AlwaysTrue => "always true",
            Self::NeverTrue => "never true",
            Self::ImpliedSuccess => "never true, since success() is implied",
            Self::NothingBefore => "never true, since nothing comes before the job",
            Self::NoSuchResult => "never true, since no result is called so",
            Self::TextAround => "text around the expression makes it true",
        }
    }

    /// What it means, and why.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::AlwaysTrue => "the condition is always true",
            Self::NeverTrue => "the condition is never true, so this never runs",
            Self::ImpliedSuccess => {
                "the condition is never true, so this never runs: success() is implied, and where all before it \
                 succeeded, it is false"
            }
            Self::NothingBefore => {
                "the condition is never true, so this never runs: the job has no needs, so nothing before it can \
                 have failed or been skipped"
            }
            Self::NoSuchResult => {
                "the condition is never true, so this never runs: a result is success, failure, cancelled or skipped"
            }
            Self::TextAround => {
                "the condition is a text, and true: something stands beside the ${{ }}, be it the end of a line"
            }
        }
    }

    /// What to write instead.
    #[must_use]
    pub const fn hint(self) -> &'static str {
        match self {
            Self::AlwaysTrue => "take it away, or say always()",
            Self::NeverTrue => "mend the condition, or take the step or job away",
            Self::ImpliedSuccess => {
                "begin it with failure() && where something has to have failed, else with !cancelled() &&"
            }
            Self::NothingBefore => "name the jobs that it is about under needs",
            Self::NoSuchResult => "compare it with one of these words",
            Self::TextAround => "write the condition without ${{ }}, or nothing beside it",
        }
    }

    /// Whether what has the condition never runs.
    #[must_use]
    pub const fn is_dead(self) -> bool {
        matches!(self, Self::NeverTrue | Self::ImpliedSuccess | Self::NothingBefore | Self::NoSuchResult)
    }
}

/// What is odd about a condition, if anything is.
#[must_use]
pub fn oddity(condition: &Condition, when: &When, asker: Asker<'_>) -> Option<Oddity> {
    let root = condition.written.as_ref()?.root()?;
    match condition.truth() {
        Truth::True if condition.has_text => Some(Oddity::TextAround),
        Truth::True => Some(Oddity::AlwaysTrue),
        Truth::False => Some(Oddity::NeverTrue),
        Truth::Unknown if when.is_never() => Some(why_never(condition, root, asker)),
        Truth::Unknown if when.is_always() && !is_always(root) => Some(Oddity::AlwaysTrue),
        Truth::Unknown => None,
    }
}

fn is_always(node: &Node) -> bool {
    matches!(&node.kind, NodeKind::Call { function, .. } if function.status() == Some(Status::Always))
}

fn why_never(condition: &Condition, root: &Node, asker: Asker<'_>) -> Oddity {
    if names_no_result(root) {
        return Oddity::NoSuchResult;
    }
    let mut others = Situation::ALL.into_iter().filter(|situation| *situation != Situation::Succeeded);
    let could_be = others.any(|situation| algebra::in_situation(root, situation, asker) != Truth::False);
    match asker {
        Asker::Job([]) if could_be => Oddity::NothingBefore,
        _ if could_be && condition.implicit_success => Oddity::ImpliedSuccess,
        _ => Oddity::NeverTrue,
    }
}

/// Whether a result is compared with a word that none has.
fn names_no_result(node: &Node) -> bool {
    let itself = match &node.kind {
        NodeKind::Compare { left, right, .. } => {
            supposed::is_result(left) && supposed::is_no_result(right)
                || supposed::is_result(right) && supposed::is_no_result(left)
        }
        _ => supposed::looks_for_no_result(node),
    };
    itself || node.children().into_iter().any(names_no_result)
}
