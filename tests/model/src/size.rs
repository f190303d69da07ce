//! How large a model is, and what is in it.

use towpath_core::pipeline::Queue;

use crate::people::Act;
use crate::stage::PIPELINES;

/// How large the model is.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// What it is called.
    pub name: &'static str,
    /// How many releases CI makes, for each pipeline.
    pub releases: [u8; PIPELINES],
    /// How many controllers there are: 1 or 2.
    pub controllers: usize,
    /// How many acts the person has.
    pub acts: u8,
    /// Which.
    pub kinds: &'static [Act],
    /// Whether releases soak in dev, for a tick, before they go to production.
    pub soaks: bool,
    /// Whether production wants an approval.
    pub approval: bool,
    /// Whether QA may also end without telling.
    pub errors: bool,
    /// Whether dev watches a metric instead of running QA. What ends without telling is then a metric without numbers.
    pub metric: bool,
    /// Which release comes next.
    pub queue: Queue,
    /// Whether the two controllers have owners of their own.
    pub owners: bool,
    /// Whether a controller whose push is bound to lose is kept until it does. It changes nothing when it loses, so
    /// it may as well look again at once.
    pub losers: bool,
    /// Whether a controller also crashes before its push. That leaves a state in which it never looked, and each of
    /// those is reached without.
    pub crashes: bool,
}
