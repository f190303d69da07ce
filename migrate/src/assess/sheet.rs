//! What is kept of a workflow when it is assessed: nothing of it points into the file any more.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::allow::Allow;
use super::by_leg::{LegVerdict, by_leg};
use super::complexity::Complexity;
use super::construct::Fidelities;
use super::dead::Dead;
use super::facts::Facts;
use super::health::{Health, health_of};
use super::history::Ran;
use super::mark::{Mark, Marks, number_allowed_last};
use super::mask::masked;
use super::own_path::beside;
use super::reason::{Reason, Scope};
use super::risk::Risk;
use super::rule::Meta;
use super::sight::WorkflowSight;
use super::verdict::{Rolled, Verdict};
use super::{AssessedLeg, Assessment};
use crate::estate::Ties;
use crate::graph::Family;
use crate::security::{FileSight, Security};

/// What is kept of a workflow. The default is one that nothing is found in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sheet {
    /// Its file, as the command shows it.
    pub path: String,
    /// The repository or folder that it is of, as the command shows it.
    pub unit: String,
    /// Its `name`, or its file's.
    pub name: String,
    /// What becomes of it.
    pub rolled: Rolled,
    /// How many legs have each verdict, in the order of [`Verdict::ALL`].
    pub legs: Counts,
    /// The legs by name, where not all become the same.
    pub by_leg: Vec<LegVerdict>,
    /// How many different things somebody has to change before legs can move; what stays asks for nothing.
    pub edits: usize,
    /// How many constructs have each fidelity.
    pub fidelities: Fidelities,
    /// The features that keep their meaning nearly, or lose it.
    pub inexact: Vec<&'static str>,
    /// Why.
    pub reasons: Vec<Cited>,
    /// What is unsafe in it.
    pub risks: Vec<Risk>,
    /// How well kept it is; `None` of a file that GitHub refuses.
    pub health: Option<Health>,
    /// What somebody has allowed in comments of it.
    pub allows: Vec<Allow>,
    /// What is in it that people ask for.
    pub facts: Facts,
    /// How much there is to understand.
    pub complexity: Complexity,
    /// The files of workflows that it calls, directly or not, as far as they are of the same repository.
    pub calls: Vec<String>,
    /// What of it can never run, as of a day: see [`Dead::of`].
    pub dead: Dead,
    /// What a history of runs says of it: see [`super::History::tell`].
    pub ran: Option<Ran>,
    /// What binds it to others.
    pub ties: Option<Ties>,
}

/// A reason with its place, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cited {
    /// The rule.
    pub rule: &'static Meta,
    /// What is meant.
    pub target: String,
    /// Where it stands.
    pub mark: Mark,
    /// How many legs it counts for, and for how many of these it decides.
    pub legs: (usize, usize),
    /// How many of the legs that it counts for do not stay on GitHub anyway.
    pub movable: usize,
    /// Why somebody has allowed it.
    pub allowed: Option<String>,
    /// Whether a list allows it, and no comment in the file.
    pub is_listed: bool,
}

/// Something that has to be supplied, decided or changed before workflows can move: a rule, and what it is about.
pub type Blocker<'s> = (&'static str, &'s str);

impl Sheet {
    /// Keeps what is asked for later of an assessment.
    #[must_use]
    pub fn of(workflow: &WorkflowSight<'_>, assessment: &Assessment, path: String, unit: String) -> Self {
        let family = workflow.family;
        let tally = Tally::of(&assessment.legs, workflow.jobs.len());
        let mut marks = Marks::new(family, workflow.actions).of(&path);
        let mut allows =
            family.root().map_or_else(Vec::new, |root| Allow::all(root.workflow.document.tree()));
        let reasons = cited(&assessment.reasons, &tally, &mut marks, &mut allows);
        let file = family.root().map(|root| FileSight::of(root.workflow));
        let security = file.as_ref().map(Security::seen).unwrap_or_default();
        let risks =
            security.findings.iter().map(|finding| Risk::of(finding, &mut marks, &mut allows)).collect();
        let is_broken = assessment.rolled == Rolled::Whole(Verdict::Broken);
        let name =
            family.root().and_then(|root| root.workflow.name.as_ref()).map(|name| name.value.to_owned());
        Self {
            name: name.map_or_else(|| path.clone(), |name| masked(&name).into_owned()),
            rolled: assessment.rolled,
            legs: tally.all,
            by_leg: by_leg(workflow, &assessment.legs),
            edits: edits(&reasons),
            fidelities: assessment.fates.count(),
            inexact: assessment.fates.inexact(),
            reasons,
            risks,
            health: file.filter(|_| !is_broken).map(|file| health_of(workflow, &file, &security)),
            allows,
            facts: Facts::of(workflow),
            ties: Ties::of(workflow),
            complexity: Complexity::of(workflow),
            calls: calls(family, &path),
            dead: Dead::default(),
            ran: None,
            path,
            unit,
        }
    }

    /// What stands between the workflow and moving by itself. A part of it that stays on GitHub is no blocker: nobody waits for it.
    #[must_use]
    pub fn blockers(&self) -> BTreeSet<Blocker<'_>> {
        self.reasons.iter().filter(|cited| cited.blocks()).map(Cited::blocker).collect()
    }

    /// Allows findings by a list: gives each its rule and target, and keeps why, where there is an answer. What a comment allows stays
    /// as it is. To be called once, also with an empty list: of findings that are equal, those that are allowed are numbered last.
    pub fn allow(&mut self, mut why: impl FnMut(&str, &str) -> Option<String>) {
        let reasons =
            self.reasons.iter_mut().map(|Cited { rule, target, allowed, is_listed, mark, .. }| {
                (rule.id, target.as_str(), allowed, is_listed, mark)
            });
        let risks = self.risks.iter_mut().map(|Risk { class, target, allowed, is_listed, mark, .. }| {
            (class.id, target.as_str(), allowed, is_listed, mark)
        });
        let marks = reasons.chain(risks).map(|(rule, target, allowed, is_listed, mark)| {
            if let (Some(why), None) = (why(rule, target), &allowed) {
                (*allowed, *is_listed) = (Some(masked(&why).into_owned()), true);
            }
            (mark, allowed.is_some())
        });
        number_allowed_last(marks.collect());
    }

    /// Whether any of it can move, now or when more is known.
    #[must_use]
    pub const fn may_move(&self) -> bool {
        match self.rolled {
            Rolled::Whole(verdict) => verdict.is_movable() || matches!(verdict, Verdict::Undetermined),
            Rolled::Split { .. } => true,
        }
    }
}

impl Cited {
    /// Whether legs that could move wait for it.
    #[must_use]
    pub fn blocks(&self) -> bool {
        self.movable > 0
            && matches!(self.rule.outcome, Verdict::Undetermined | Verdict::Redesign | Verdict::Edits)
    }

    /// What has to be dealt with. One redesign is for all that asks for it; an action or workflow is one whatever its ref.
    #[must_use]
    pub fn blocker(&self) -> Blocker<'_> {
        let target = match self.rule.outcome {
            Verdict::Redesign => "",
            Verdict::Undetermined => self.target.split('@').next().unwrap_or_default(),
            _ => &self.target,
        };
        (self.rule.id, target)
    }
}

/// How many different things somebody has to change.
fn edits(reasons: &[Cited]) -> usize {
    let edits = reasons.iter().filter(|cited| cited.rule.outcome == Verdict::Edits && cited.blocks());
    edits.map(Cited::blocker).collect::<HashSet<_>>().len()
}

/// Reasons as they are kept: what one rule found at one place is one, for all jobs and legs that it counts for.
fn cited(reasons: &[Reason], tally: &Tally<'_>, marks: &mut Marks<'_>, allows: &mut [Allow]) -> Vec<Cited> {
    let mut kept: Vec<Cited> = Vec::new();
    let mut places = HashMap::new();
    for reason in reasons {
        let Reason { rule, spot, asked, target, .. } = reason;
        let place = *places.entry((rule.id, target.as_str(), spot, asked)).or_insert(kept.len());
        if place == kept.len() {
            kept.push(Cited {
                rule,
                target: target.clone(),
                mark: marks.mark(rule.id, *spot, *asked),
                legs: (0, 0),
                movable: 0,
                allowed: Allow::allow(allows, rule.id, asked.unwrap_or(*spot)),
                is_listed: false,
            });
        }
        if let Some(cited) = kept.get_mut(place) {
            let (legs, decided) = tally.of_reason(reason);
            cited.legs = (cited.legs.0 + legs, cited.legs.1 + decided);
            cited.movable += tally.movable(reason);
        }
    }
    // Each is kept until all workflows are assessed.
    kept.shrink_to_fit();
    kept
}

/// The files of the workflows that one calls, each as the command would show it.
fn calls(family: &Family<'_>, path: &str) -> Vec<String> {
    let files = family.program.bundle.files().iter().skip(1);
    let own = files.filter(|file| file.reference.repository.is_none());
    own.map(|file| beside(path, &file.reference.path)).collect()
}

/// How many legs have each verdict, in the order of [`Verdict::ALL`].
type Counts = [usize; Verdict::ALL.len()];

/// How many legs have each verdict: of all, and of each job.
struct Tally<'a> {
    all: Counts,
    jobs: Vec<Counts>,
    legs: &'a [AssessedLeg],
}

impl<'a> Tally<'a> {
    fn of(legs: &'a [AssessedLeg], jobs: usize) -> Self {
        let mut tally = Self { all: Counts::default(), jobs: vec![Counts::default(); jobs], legs };
        for leg in legs {
            let counts = std::iter::once(&mut tally.all).chain(tally.jobs.get_mut(leg.job));
            counts.filter_map(|counts| counts.get_mut(leg.verdict as usize)).for_each(|count| *count += 1);
        }
        tally
    }

    /// How many of the legs that a reason counts for do not stay.
    fn movable(&self, reason: &Reason) -> usize {
        let of = |counts: &Counts| {
            let keep = counts.get(Verdict::Keep as usize).copied().unwrap_or_default();
            counts.iter().sum::<usize>() - keep
        };
        match &reason.scope {
            Scope::Workflow => of(&self.all),
            Scope::Job(job) => self.jobs.get(*job).map(of).unwrap_or_default(),
            Scope::Leg(job, leg) => of(&self.some(*job, &[*leg])),
            Scope::Legs(job, legs) => of(&self.some(*job, legs)),
        }
    }

    /// How many of some legs of a job have each verdict.
    fn some(&self, job: usize, legs: &[usize]) -> Counts {
        let mut counts = Counts::default();
        for leg in legs {
            // Legs stand in the order of jobs and places.
            let at = self.legs.binary_search_by_key(&(job, *leg), |leg| (leg.job, leg.leg)).ok();
            if let Some(leg) = at.and_then(|at| self.legs.get(at)) {
                counts.get_mut(leg.verdict as usize).into_iter().for_each(|count| *count += 1);
            }
        }
        counts
    }

    /// How many legs a reason counts for, and for how many of these it decides.
    fn of_reason(&self, reason: &Reason) -> (usize, usize) {
        let outcome = reason.rule.outcome;
        let of = |counts: &Counts| {
            (counts.iter().sum(), counts.get(outcome as usize).copied().unwrap_or_default())
        };
        match &reason.scope {
            Scope::Workflow => of(&self.all),
            Scope::Job(job) => self.jobs.get(*job).map(of).unwrap_or_default(),
            Scope::Leg(job, leg) => of(&self.some(*job, &[*leg])),
            Scope::Legs(job, legs) => of(&self.some(*job, legs)),
        }
    }
}
