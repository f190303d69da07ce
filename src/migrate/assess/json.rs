//! Everything for programs, but for single constructs.

use std::collections::BTreeMap;
use std::io;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Serializer;
use towpath_migrate::assess::{Allow, Cited, Fidelities, Health, LegVerdict, Risk, Rolled, Sheet};
use towpath_migrate::fidelity::Fidelity;
use towpath_migrate::security::Severity;

use super::estate::{Estate, VERDICTS};
use super::late::{Late, Many};
use super::plan::{Dead, Plan, Ran};
use super::rows::Rows;
use super::shared::Shared;

/// Of this form; it changes when a reader has to.
const VERSION: u32 = 2;

#[derive(Serialize, JsonSchema)]
struct Document<'e> {
    /// Of this form; it changes when a reader has to.
    version: u32,
    /// The version of Towpath.
    towpath: &'e str,
    /// Whether no converter has used the verdicts yet.
    predicted: bool,
    counts: Counts,
    /// How many workflows have each verdict.
    verdicts: BTreeMap<&'e str, usize>,
    /// How many legs of jobs have each verdict.
    legs: BTreeMap<&'e str, usize>,
    /// How many constructs have each fidelity.
    fidelities: BTreeMap<&'e str, usize>,
    /// What to deal with, in the order that frees most workflows.
    unlock: Vec<UnlockRow<'e>>,
    /// How often each rule found something.
    rules: BTreeMap<&'e str, RuleRow>,
    inventory: Inventory<'e>,
    /// What it takes to move, and in which order.
    plan: Late<'e, Plan<'e>>,
    shared: Late<'e, Shared<'e>>,
    unread: Vec<Unread<'e>>,
    workflows: Many<'e, Row<'e>>,
}

#[derive(Serialize, JsonSchema)]
struct Counts {
    repositories: usize,
    folders: usize,
    workflows: usize,
    actions: usize,
    skipped: usize,
    unread: usize,
}

#[derive(Serialize, JsonSchema)]
struct UnlockRow<'e> {
    rule: &'e str,
    target: &'e str,
    blocks: usize,
    frees: usize,
    free: usize,
}

#[derive(Serialize, JsonSchema)]
struct RuleRow {
    workflows: usize,
    reasons: usize,
}

#[derive(Serialize, JsonSchema)]
struct Unread<'e> {
    path: String,
    cause: &'e str,
    remedy: &'e str,
}

/// Which workflows have each thing.
type Users<'e> = BTreeMap<&'e str, Vec<&'e str>>;

/// What there is, and which workflows have it.
#[derive(Serialize, JsonSchema)]
struct Inventory<'e> {
    uses: Late<'e, Users<'e>>,
    secrets: Late<'e, Users<'e>>,
    variables: Late<'e, Users<'e>>,
    environments: Late<'e, Users<'e>>,
    labels: Late<'e, Users<'e>>,
    tools: Late<'e, Users<'e>>,
    rights: Late<'e, Users<'e>>,
    events: Late<'e, Users<'e>>,
    token: Vec<&'e str>,
    sudo: Vec<&'e str>,
}

#[derive(Serialize, JsonSchema)]
struct Row<'e> {
    path: &'e str,
    unit: &'e str,
    name: &'e str,
    verdict: &'e str,
    #[serde(skip_serializing_if = "Option::is_none")]
    split: Option<Split>,
    edits: usize,
    jobs: usize,
    steps: usize,
    legs: BTreeMap<&'e str, usize>,
    /// The legs by name, where not all become the same; the first thousand. Absent where all do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    by_leg: Vec<Leg<'e>>,
    /// How many constructs have each fidelity.
    fidelities: BTreeMap<&'e str, usize>,
    /// Features that keep their meaning nearly, or lose it.
    inexact: &'e [&'static str],
    checks: Vec<&'e str>,
    complexity: Complexity,
    /// What of it can never run.
    #[serde(skip_serializing_if = "Option::is_none")]
    dead: Option<Dead<'e>>,
    /// What ran of it, as far as somebody told.
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<Ran>,
    reasons: Vec<Reason<'e>>,
    /// What is unsafe in it.
    risks: Vec<RiskRow<'e>>,
    /// How well kept it is, from 0 to 10; absent where GitHub refuses the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    health: Option<HealthRow<'e>>,
    /// What other tools found in it.
    imported: Vec<ImportedRow<'e>>,
    /// Comments that allow findings.
    allows: Vec<AllowRow<'e>>,
}

#[derive(Serialize, JsonSchema)]
struct Complexity {
    band: &'static str,
    points: usize,
    counts: BTreeMap<&'static str, usize>,
}

#[derive(Serialize, JsonSchema)]
struct RiskRow<'e> {
    /// The class, as zizmor calls it.
    class: &'e str,
    severity: &'e str,
    target: &'e str,
    line: usize,
    column: usize,
    way: &'e str,
    fingerprint: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed: Option<&'e str>,
}

#[derive(Serialize, JsonSchema)]
struct HealthRow<'e> {
    /// From 0 to 10, with one digit behind the point.
    score: f64,
    /// How bad the worst finding is, where that holds it down.
    #[serde(skip_serializing_if = "Option::is_none")]
    capped_by: Option<&'e str>,
    /// What takes the most off.
    deductions: BTreeMap<&'e str, f64>,
}

#[derive(Serialize, JsonSchema)]
struct ImportedRow<'e> {
    tool: &'e str,
    rule: &'e str,
    level: &'e str,
    line: usize,
    column: usize,
    message: &'e str,
}

#[derive(Serialize, JsonSchema)]
struct AllowRow<'e> {
    rules: &'e [String],
    /// Without one, nothing is allowed.
    reason: Option<&'e str>,
    line: usize,
    /// Whether there is something that it allows.
    used: bool,
}

/// A leg, by the name of its check run.
#[derive(Serialize, JsonSchema)]
struct Leg<'e> {
    leg: &'e str,
    verdict: &'static str,
}

impl<'e> Leg<'e> {
    fn of(leg: &'e LegVerdict) -> Self {
        Self { leg: &leg.name, verdict: leg.verdict.name() }
    }
}

#[derive(Serialize, JsonSchema)]
struct Split {
    movable: usize,
    all: usize,
    worst: &'static str,
}

#[derive(Serialize, JsonSchema)]
struct Reason<'e> {
    rule: &'e str,
    outcome: &'e str,
    target: &'e str,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'e str>,
    /// From 1.
    line: usize,
    /// From 1, in UTF-16 units.
    column: usize,
    /// Where the workflow asks for the file, if it is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    asked: Option<Asked>,
    /// The way there by names.
    way: &'e str,
    /// Stays the same as long as the finding does.
    fingerprint: String,
    /// Why somebody has allowed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed: Option<&'e str>,
    /// For how many legs of jobs it counts.
    legs: usize,
    /// For how many of these it decides.
    decides: usize,
}

#[derive(Serialize, JsonSchema)]
struct Asked {
    /// From 1.
    line: usize,
    /// From 1, in UTF-16 units.
    column: usize,
}

/// Writes it, part after part.
pub(super) fn write(estate: &Estate, out: &mut dyn io::Write) -> io::Result<()> {
    let unlock = estate.unlock();
    let unlock = unlock.iter().map(|row| UnlockRow {
        rule: row.blocker.0,
        target: row.blocker.1,
        blocks: row.blocks,
        frees: row.frees,
        free: row.free,
    });
    let rules = estate.rules();
    let rules =
        rules.iter().map(|(id, hits)| (*id, RuleRow { workflows: hits.workflows, reasons: hits.reasons }));
    let unread = estate.unread.iter().map(|problem| Unread {
        path: problem.path.display().to_string(),
        cause: problem.cause.code(),
        remedy: problem.cause.remedy(),
    });
    let document = Document {
        version: VERSION,
        towpath: env!("CARGO_PKG_VERSION"),
        predicted: true,
        counts: Counts {
            repositories: estate.repositories,
            folders: estate.folders,
            workflows: estate.sheets.len(),
            actions: estate.actions,
            skipped: estate.skipped,
            unread: estate.unread.len(),
        },
        verdicts: VERDICTS.iter().map(|(name, _)| (*name, estate.count(name))).collect(),
        legs: estate.legs().map(|(verdict, count)| (verdict.name(), count)).collect(),
        fidelities: named(estate.fidelities()),
        unlock: unlock.collect(),
        rules: rules.collect(),
        inventory: inventory(estate),
        plan: Late::new(|| Plan::of(estate)),
        shared: Late::new(|| Shared::of(estate)),
        unread: unread.collect(),
        workflows: Many::new(estate.sheets.len(), |at| Some(Row::of(estate, at, estate.sheets.get(at)?))),
    };
    document.serialize(&mut Serializer::with_formatter(&mut *out, Rows::default()))?;
    out.write_all(b"\n")
}

fn inventory(estate: &Estate) -> Inventory<'_> {
    let having = |has: fn(&Sheet) -> bool| {
        estate.sheets.iter().filter(|sheet| has(sheet)).map(|sheet| sheet.path.as_str()).collect()
    };
    Inventory {
        uses: Late::new(|| estate.users(|sheet| &sheet.facts.uses)),
        secrets: Late::new(|| estate.users(|sheet| &sheet.facts.secrets)),
        variables: Late::new(|| estate.users(|sheet| &sheet.facts.variables)),
        environments: Late::new(|| estate.users(|sheet| &sheet.facts.environments)),
        labels: Late::new(|| estate.users(|sheet| &sheet.facts.labels)),
        tools: Late::new(|| estate.users(|sheet| &sheet.facts.tools)),
        rights: Late::new(|| estate.users(|sheet| &sheet.facts.rights)),
        events: Late::new(|| estate.users(|sheet| &sheet.facts.events)),
        token: having(|sheet| sheet.facts.has_token),
        sudo: having(|sheet| sheet.facts.has_sudo),
    }
}

impl<'e> Row<'e> {
    fn of(estate: &'e Estate, at: usize, sheet: &'e Sheet) -> Self {
        let split = match sheet.rolled {
            Rolled::Whole(_) => None,
            Rolled::Split { movable, all, worst } => Some(Split { movable, all, worst: worst.name() }),
        };
        let legs = towpath_migrate::assess::Verdict::ALL.into_iter().zip(sheet.legs);
        Self {
            path: &sheet.path,
            unit: &sheet.unit,
            name: &sheet.name,
            verdict: sheet.rolled.name(),
            split,
            edits: sheet.edits,
            jobs: sheet.facts.jobs,
            steps: sheet.facts.steps,
            legs: legs
                .filter(|(_, count)| *count > 0)
                .map(|(verdict, count)| (verdict.name(), count))
                .collect(),
            by_leg: sheet.by_leg.iter().map(Leg::of).collect(),
            fidelities: named(sheet.fidelities),
            inexact: &sheet.inexact,
            checks: sheet.facts.checks.iter().collect(),
            complexity: Complexity::of(sheet),
            dead: Dead::of(&sheet.dead),
            history: sheet.ran.as_ref().map(Ran::of),
            reasons: sheet.reasons.iter().map(Reason::of).collect(),
            risks: sheet.risks.iter().map(RiskRow::of).collect(),
            health: sheet.health.as_ref().map(HealthRow::of),
            imported: estate.imported.at(at).iter().map(ImportedRow::of).collect(),
            allows: sheet.allows.iter().map(AllowRow::of).collect(),
        }
    }
}

impl Complexity {
    fn of(sheet: &Sheet) -> Self {
        let complexity = sheet.complexity;
        Self {
            band: complexity.band().name(),
            points: complexity.points(),
            counts: complexity.counts().into_iter().collect(),
        }
    }
}

impl<'e> Reason<'e> {
    fn of(cited: &'e Cited) -> Self {
        let (legs, decides) = cited.legs;
        Self {
            rule: cited.rule.id,
            outcome: cited.rule.outcome.name(),
            target: &cited.target,
            file: cited.mark.file(),
            line: cited.mark.start.line,
            column: cited.mark.start.column,
            asked: cited.mark.asked().map(|(start, _)| Asked { line: start.line, column: start.column }),
            way: &cited.mark.way,
            fingerprint: cited.mark.fingerprint.to_string(),
            allowed: cited.allowed.as_deref(),
            legs,
            decides,
        }
    }
}

impl<'e> RiskRow<'e> {
    fn of(risk: &'e Risk) -> Self {
        Self {
            class: risk.class.id,
            severity: risk.severity.name(),
            target: &risk.target,
            line: risk.mark.start.line,
            column: risk.mark.start.column,
            way: &risk.mark.way,
            fingerprint: risk.mark.fingerprint.to_string(),
            allowed: risk.allowed.as_deref(),
        }
    }
}

impl<'e> HealthRow<'e> {
    fn of(health: &'e Health) -> Self {
        let tenths = |tenths: u8| f64::from(tenths) / 10.0;
        let deductions = health.deductions.iter().map(|taken| (taken.rule, tenths(taken.tenths)));
        Self {
            score: tenths(health.tenths),
            capped_by: health.capped_by.map(Severity::name),
            deductions: deductions.collect(),
        }
    }
}

impl<'e> ImportedRow<'e> {
    fn of(finding: &'e super::import::Finding) -> Self {
        let super::import::Finding { tool, rule, level, line, column, message, .. } = finding;
        Self { tool, rule, level, line: *line, column: *column, message }
    }
}

impl<'e> AllowRow<'e> {
    fn of(allow: &'e Allow) -> Self {
        Self { rules: &allow.rules, reason: allow.reason.as_deref(), line: allow.line, used: allow.is_used }
    }
}

/// How many there are of each fidelity, without those of which there are none.
fn named(counts: Fidelities) -> BTreeMap<&'static str, usize> {
    Fidelity::NAMES.into_iter().zip(counts).filter(|(_, count)| *count > 0).collect()
}

/// The JSON Schema of the document.
pub(super) fn schema() -> String {
    // A schema of texts, numbers and lists always has a form.
    let mut text = serde_json::to_string_pretty(&schemars::schema_for!(Document<'_>)).unwrap_or_default();
    text.push('\n');
    text
}
