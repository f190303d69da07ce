//! Complexity, effort and roadmap, what is dead and what has not run: for people and for programs.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;
use towpath_migrate::assess::{self, Effort, Phase, Roadmap, Stay, Unlock};
use towpath_migrate::sources::Shown;

use super::estate::Estate;
use super::summary::many;

/// How many blockers of a phase are named.
const MOST: usize = 3;

/// Adds to the page for people.
pub(super) fn summary(estate: &Estate, page: &mut String) {
    let candidates = estate.candidates();
    if !candidates.iter().any(assess::Candidate::moves) {
        return;
    }
    let effort = Effort::of(&candidates);
    let bands: Vec<_> = estate.bands().map(|(band, count)| format!("{count} {}", band.name())).collect();
    // Writing to a String cannot fail.
    let _ = writeln!(page, "\nComplexity: {}", bands.join(", "));
    let least = if effort.open > 0 { "at least " } else { "" };
    let _ = writeln!(page, "Effort: {least}{}, what many share counted once", many(effort.total(), "unit"));
    let _ = writeln!(page, "\nThe way, in phases:\n\n     units   moves  phase");
    let roadmap = Roadmap::of(&candidates);
    for phase in &roadmap.phases {
        let (kind, count) = (phase.kind.name(), phase.workflows.len());
        let line = format!("  {:>8}{count:>8}  {kind:<9} {}", phase.units, dealt(phase));
        let _ = writeln!(page, "{}", line.trim_end());
    }
    for stay in Stay::ALL {
        // What stays costs nothing.
        let count = roadmap.stays.get(&stay).map_or(0, Vec::len);
        if count > 0 {
            let _ = writeln!(page, "         -{count:>7}  {:<9} {}", stay.name(), stay.meaning());
        }
    }
    let partly =
        estate.sheets.iter().filter(|sheet| !sheet.dead.is_whole && !sheet.dead.signs.is_empty()).count();
    if partly > 0 {
        let _ = writeln!(page, "\nJobs that can never run are in {}: -o json", many(partly, "workflow"));
    }
}

/// What is dealt with in a phase, or why it is one.
fn dealt(phase: &Phase<'_>) -> String {
    if phase.blockers.is_empty() {
        return phase.kind.reason().to_owned();
    }
    let name = |unlock: &Unlock<assess::Blocker<'_>>| {
        let (rule, target) = unlock.blocker;
        format!("{rule} {}", Shown::text(target)).trim_end().to_owned()
    };
    let mut names: Vec<_> = phase.blockers.iter().take(MOST).map(name).collect();
    let more = phase.blockers.len().saturating_sub(MOST);
    if more > 0 {
        names.push(format!("and {more} more"));
    }
    names.join(", ")
}

/// The plan for programs.
#[derive(Serialize, JsonSchema)]
pub(super) struct Plan<'e> {
    /// The day as of which everything was looked at.
    today: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<Reach>,
    complexity: BTreeMap<&'static str, usize>,
    effort: EffortRow<'e>,
    phases: Vec<PhaseRow<'e>>,
    stays: BTreeMap<&'static str, Vec<&'e str>>,
}

#[derive(Serialize, JsonSchema)]
struct Reach {
    runs: usize,
    workflows: usize,
    from: Option<String>,
    to: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct EffortRow<'e> {
    units: usize,
    /// Whether answers that are missing may add to it.
    at_least: bool,
    open: usize,
    moving: usize,
    rules: BTreeMap<&'static str, RuleRow>,
    /// What each would cost alone: together more than all of it.
    repositories_alone: BTreeMap<&'e str, usize>,
}

#[derive(Serialize, JsonSchema)]
struct RuleRow {
    targets: usize,
    workflows: usize,
    units: usize,
}

#[derive(Serialize, JsonSchema)]
struct PhaseRow<'e> {
    kind: &'static str,
    reason: &'static str,
    units: usize,
    behind_calls: usize,
    blockers: Vec<BlockerRow<'e>>,
    workflows: Vec<&'e str>,
}

#[derive(Serialize, JsonSchema)]
struct BlockerRow<'e> {
    rule: &'e str,
    target: &'e str,
    blocks: usize,
    frees: usize,
}

impl<'e> Plan<'e> {
    pub(super) fn of(estate: &'e Estate) -> Self {
        let candidates = estate.candidates();
        let Roadmap { phases, stays } = Roadmap::of(&candidates);
        Self {
            today: estate.today.to_string(),
            history: estate.history.map(Reach::of),
            complexity: estate.bands().map(|(band, count)| (band.name(), count)).collect(),
            effort: EffortRow::of(&candidates),
            phases: phases.into_iter().map(PhaseRow::of).collect(),
            stays: stays.into_iter().map(|(stay, paths)| (stay.name(), paths)).collect(),
        }
    }
}

impl Reach {
    fn of(reach: assess::Reach) -> Self {
        let (from, to) = reach.span.map(|(from, to)| (from.to_string(), to.to_string())).unzip();
        Self { runs: reach.runs, workflows: reach.workflows, from, to }
    }
}

impl<'e> EffortRow<'e> {
    fn of(candidates: &[assess::Candidate<'e>]) -> Self {
        let effort = Effort::of(candidates);
        let row = |rule: &assess::RuleEffort| RuleRow {
            targets: rule.targets,
            workflows: rule.workflows,
            units: rule.units,
        };
        Self {
            units: effort.total(),
            at_least: effort.open > 0,
            open: effort.open,
            moving: effort.moving,
            rules: effort.rules.iter().map(|(id, rule)| (*id, row(rule))).collect(),
            repositories_alone: Effort::alone(candidates),
        }
    }
}

impl<'e> PhaseRow<'e> {
    fn of(phase: Phase<'e>) -> Self {
        let blocker = |unlock: &Unlock<assess::Blocker<'e>>| BlockerRow {
            rule: unlock.blocker.0,
            target: unlock.blocker.1,
            blocks: unlock.blocks,
            frees: unlock.frees,
        };
        Self {
            kind: phase.kind.name(),
            reason: phase.kind.reason(),
            units: phase.units,
            behind_calls: phase.behind_calls,
            blockers: phase.blockers.iter().map(blocker).collect(),
            workflows: phase.workflows,
        }
    }
}

/// What of a workflow can never run.
#[derive(Serialize, JsonSchema)]
pub(super) struct Dead<'e> {
    /// Whether that is all of it.
    whole: bool,
    signs: Vec<Sign<'e>>,
}

#[derive(Serialize, JsonSchema)]
struct Sign<'e> {
    why: &'static str,
    target: &'e str,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'e str>,
    line: usize,
    column: usize,
}

impl<'e> Dead<'e> {
    /// `None` where everything may run.
    pub(super) fn of(dead: &'e assess::Dead) -> Option<Self> {
        let sign = |sign: &'e assess::Sign| Sign {
            why: sign.why.name(),
            target: &sign.target,
            since: sign.why.since().map(|since| since.to_string()),
            file: sign.mark.file(),
            line: sign.mark.start.line,
            column: sign.mark.start.column,
        };
        let signs: Vec<_> = dead.signs.iter().map(sign).collect();
        (!signs.is_empty()).then_some(Self { whole: dead.is_whole, signs })
    }
}

/// What ran of a workflow.
#[derive(Serialize, JsonSchema)]
pub(super) struct Ran {
    runs: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failed_percent: Option<usize>,
    since: String,
    retire: bool,
}

impl Ran {
    pub(super) fn of(ran: &assess::Ran) -> Self {
        let assess::Ran { tally, since, is_over } = ran;
        Self {
            runs: tally.map_or(0, |tally| tally.runs),
            last: tally.map(|tally| tally.last.to_string()),
            failed_percent: tally.and_then(|tally| tally.percent_failed()),
            since: since.to_string(),
            retire: *is_over,
        }
    }
}
