//! Health: how well kept a workflow is, from 0 to 10, whatever becomes of it.
//!
//! Each rule applies at some places and is broken at some of them ([`Sites`]). What is taken off is the weight of each rule times
//! the share of its places at which it is broken, of the weights of all rules that apply; so a long workflow is no worse than a short
//! one, and a rule that does not apply changes nothing. Where something does harm by itself, health is 4 at most; where it does
//! together with something else, 6. So a mended place never makes it worse, and a copied job changes nothing.

mod dead_triggers;
mod deprecated_commands;
mod deprecated_runtimes;
mod inline_secrets;
mod measure;
mod retired_runners;
#[cfg(test)]
mod tests;
mod timeouts;
mod untrusted_checkouts;

pub use measure::{MEASURES, Measure, WEIGHTS, weight};

use super::sight::WorkflowSight;
use crate::security::{FileSight, Security, Severity, Sites};

/// The best, in tenths.
pub const BEST: u8 = 100;

/// The most where something is broken so badly, in tenths.
const CAPS: [(Severity, u8); 2] = [(Severity::High, 40), (Severity::Medium, 60)];

/// How many of the largest deductions are kept.
const SHOWN: usize = 3;

/// Shares are counted in parts of this.
const WHOLE: u64 = 10_000;

/// How well kept a workflow is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// From 0 to [`BEST`].
    pub tenths: u8,
    /// What took the most off, the largest first; three at most.
    pub deductions: Vec<Deduction>,
    /// How bad the worst finding is, where that holds health down.
    pub capped_by: Option<Severity>,
}

/// What a rule took off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deduction {
    /// The rule: a class of [`crate::security`], or one of [`MEASURES`].
    pub rule: &'static str,
    /// How much.
    pub tenths: u8,
}

/// How well kept a workflow is, itself and not what it calls.
#[must_use]
pub fn health(workflow: &WorkflowSight<'_>, security: &Security) -> Health {
    Health::of(&sites(workflow, security))
}

/// The same of a file that was looked at for security, too.
pub(super) fn health_of(
    workflow: &WorkflowSight<'_>,
    file: &FileSight<'_, '_>,
    security: &Security,
) -> Health {
    Health::of(&sites_of(workflow, file, security))
}

/// All places that count: those of the classes, and those of the other rules.
#[must_use]
pub fn sites(workflow: &WorkflowSight<'_>, security: &Security) -> Sites {
    let file = workflow.family.root().map(|root| FileSight::of(root.workflow));
    file.map_or_else(|| security.sites.clone(), |file| sites_of(workflow, &file, security))
}

fn sites_of(workflow: &WorkflowSight<'_>, file: &FileSight<'_, '_>, security: &Security) -> Sites {
    let mut sites = security.sites.clone();
    MEASURES.iter().for_each(|measure| (measure.look)(workflow, file, &mut sites));
    sites
}

/// What a rule takes off.
struct Taken {
    rule: &'static str,
    /// Its weight times the parts of [`WHOLE`] that are broken.
    parts: u64,
}

impl Health {
    /// The health that places have.
    #[must_use]
    pub fn of(sites: &Sites) -> Self {
        let mut taken = Vec::new();
        let mut applicable = 0;
        for (rule, weight) in WEIGHTS {
            let count = sites.of(rule);
            if count.applicable == 0 {
                continue;
            }
            applicable += weight;
            let share = wide(count.violating) * WHOLE / wide(count.applicable);
            taken.push(Taken { rule, parts: weight * share });
        }
        let whole = (applicable * WHOLE).max(1);
        let tenths = |parts: u64| u8::try_from((parts * u64::from(BEST)).div_ceil(whole)).unwrap_or(BEST);
        let counted = BEST.saturating_sub(tenths(taken.iter().map(|taken| taken.parts).sum()));
        let cap = CAPS.iter().find(|(severity, _)| sites.worst() >= Some(*severity));
        let held = cap.filter(|(_, most)| *most < counted);
        taken.sort_by_key(|taken| std::cmp::Reverse(taken.parts));
        let deductions = taken.iter().filter(|taken| taken.parts > 0).take(SHOWN);
        let deductions = deductions.map(|taken| Deduction { rule: taken.rule, tenths: tenths(taken.parts) });
        Self {
            tenths: held.map_or(counted, |(_, most)| *most),
            deductions: deductions.collect(),
            capped_by: held.map(|(severity, _)| *severity),
        }
    }
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
