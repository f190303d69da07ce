//! Everything for programs, but for single constructs.

use std::collections::BTreeMap;

use serde::Serialize;
use towpath_migrate::assess::{Cited, Rolled, Sheet};

use super::estate::{Estate, VERDICTS};

/// Of this form; it changes when a reader has to.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'e> {
    version: u32,
    /// No converter has used the verdicts yet.
    predicted: bool,
    counts: Counts,
    verdicts: BTreeMap<&'e str, usize>,
    legs: BTreeMap<&'e str, usize>,
    unlock: Vec<UnlockRow<'e>>,
    rules: BTreeMap<&'e str, RuleRow>,
    inventory: Inventory<'e>,
    unread: Vec<Unread<'e>>,
    workflows: Vec<Row<'e>>,
}

#[derive(Serialize)]
struct Counts {
    repositories: usize,
    folders: usize,
    workflows: usize,
    actions: usize,
    skipped: usize,
    unread: usize,
}

#[derive(Serialize)]
struct UnlockRow<'e> {
    rule: &'e str,
    target: &'e str,
    blocks: usize,
    frees: usize,
    free: usize,
}

#[derive(Serialize)]
struct RuleRow {
    workflows: usize,
    reasons: usize,
}

#[derive(Serialize)]
struct Unread<'e> {
    path: String,
    cause: &'e str,
    remedy: &'e str,
}

/// What there is, and which workflows have it.
#[derive(Serialize)]
struct Inventory<'e> {
    uses: BTreeMap<&'e str, Vec<&'e str>>,
    secrets: BTreeMap<&'e str, Vec<&'e str>>,
    variables: BTreeMap<&'e str, Vec<&'e str>>,
    environments: BTreeMap<&'e str, Vec<&'e str>>,
    labels: BTreeMap<&'e str, Vec<&'e str>>,
    tools: BTreeMap<&'e str, Vec<&'e str>>,
    rights: BTreeMap<&'e str, Vec<&'e str>>,
    events: BTreeMap<&'e str, Vec<&'e str>>,
    token: Vec<&'e str>,
    sudo: Vec<&'e str>,
}

#[derive(Serialize)]
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
    checks: Vec<&'e str>,
    reasons: Vec<Reason<'e>>,
}

#[derive(Serialize)]
struct Split {
    movable: usize,
    all: usize,
    worst: &'static str,
}

#[derive(Serialize)]
struct Reason<'e> {
    rule: &'e str,
    outcome: &'e str,
    target: &'e str,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'e str>,
    line: usize,
    column: usize,
    legs: usize,
    decides: usize,
}

pub(super) fn document(estate: &Estate) -> String {
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
        unlock: unlock.collect(),
        rules: rules.collect(),
        inventory: inventory(estate),
        unread: unread.collect(),
        workflows: estate.sheets.iter().map(Row::of).collect(),
    };
    // Texts, numbers and lists always have a form.
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

fn inventory(estate: &Estate) -> Inventory<'_> {
    let having = |has: fn(&Sheet) -> bool| {
        estate.sheets.iter().filter(|sheet| has(sheet)).map(|sheet| sheet.path.as_str()).collect()
    };
    Inventory {
        uses: estate.users(|sheet| &sheet.facts.uses),
        secrets: estate.users(|sheet| &sheet.facts.secrets),
        variables: estate.users(|sheet| &sheet.facts.variables),
        environments: estate.users(|sheet| &sheet.facts.environments),
        labels: estate.users(|sheet| &sheet.facts.labels),
        tools: estate.users(|sheet| &sheet.facts.tools),
        rights: estate.users(|sheet| &sheet.facts.rights),
        events: estate.users(|sheet| &sheet.facts.events),
        token: having(|sheet| sheet.facts.has_token),
        sudo: having(|sheet| sheet.facts.has_sudo),
    }
}

impl<'e> Row<'e> {
    fn of(sheet: &'e Sheet) -> Self {
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
            checks: sheet.facts.checks.iter().map(String::as_str).collect(),
            reasons: sheet.reasons.iter().map(Reason::of).collect(),
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
            file: cited.file.as_deref(),
            line: cited.place.line,
            column: cited.place.column,
            legs,
            decides,
        }
    }
}
