//! What is kept of a workflow when it is assessed: nothing of it points into the file any more.

use std::collections::BTreeSet;

use super::facts::Facts;
use super::reason::{Reason, Scope};
use super::rule::Meta;
use super::sight::{FileAt, Spot, WorkflowSight};
use super::verdict::{Rolled, Verdict};
use super::{AssessedLeg, Assessment, Profile};
use crate::graph::{Actions, Family};
use crate::yaml::{Lines, Place};

/// What is kept of a workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// How many different things somebody has to change.
    pub edits: usize,
    /// Why.
    pub reasons: Vec<Cited>,
    /// What is in it that people ask for.
    pub facts: Facts,
}

/// A reason with its place, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cited {
    /// The rule.
    pub rule: &'static Meta,
    /// What is meant.
    pub target: String,
    /// The file, where it is another than the workflow's.
    pub file: Option<String>,
    /// The line and column, as GitHub counts them.
    pub place: Place,
    /// How many legs it counts for, and for how many of these it decides.
    pub legs: (usize, usize),
}

/// Something that has to be supplied, decided or changed before workflows can move: a rule, and what it is about.
pub type Blocker<'s> = (&'static str, &'s str);

impl Sheet {
    /// Assesses a workflow, and keeps what is asked for later. Where it stands, or what is in it, may say that it is a template.
    #[must_use]
    pub fn of(
        family: &Family<'_>,
        actions: &Actions<'_>,
        profile: &Profile,
        path: String,
        unit: String,
        is_template: bool,
    ) -> Self {
        let workflow = WorkflowSight::new(family, actions, profile);
        let assessment =
            if is_template { Assessment::whole(Verdict::Template) } else { Assessment::of(&workflow) };
        let tally = Tally::of(&assessment.legs, workflow.jobs.len());
        let mut places = Places::new(family, actions);
        let reasons = assessment.reasons.iter().map(|reason| Cited {
            rule: reason.rule,
            target: reason.target.clone(),
            file: places.file(reason.spot.file),
            place: places.place(reason.spot),
            legs: tally.of_reason(reason),
        });
        let reasons = reasons.collect();
        let name =
            family.root().and_then(|root| root.workflow.name.as_ref()).map(|name| name.value.to_owned());
        Self {
            name: name.unwrap_or_else(|| path.clone()),
            rolled: assessment.rolled,
            legs: tally.all,
            edits: assessment.edits(),
            reasons,
            facts: Facts::of(&workflow),
            path,
            unit,
        }
    }

    /// What stands between the workflow and moving by itself. A part of it that stays on GitHub is no blocker: nobody waits for it.
    #[must_use]
    pub fn blockers(&self) -> BTreeSet<Blocker<'_>> {
        let blocks = |cited: &&Cited| {
            matches!(cited.rule.outcome, Verdict::Undetermined | Verdict::Redesign | Verdict::Edits)
        };
        self.reasons.iter().filter(blocks).map(Cited::blocker).collect()
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

    /// How many legs a reason counts for, and for how many of these it decides.
    fn of_reason(&self, reason: &Reason) -> (usize, usize) {
        let outcome = reason.rule.outcome;
        let of = |counts: &Counts| {
            (counts.iter().sum(), counts.get(outcome as usize).copied().unwrap_or_default())
        };
        match reason.scope {
            Scope::Workflow => of(&self.all),
            Scope::Job(job) => self.jobs.get(job).map(of).unwrap_or_default(),
            Scope::Leg(job, leg) => {
                // Legs stand in the order of jobs and places.
                let at = self.legs.binary_search_by_key(&(job, leg), |leg| (leg.job, leg.leg));
                let found = at.ok().and_then(|at| self.legs.get(at));
                found.map_or((0, 0), |leg| (1, usize::from(leg.verdict == outcome)))
            }
        }
    }
}

/// Lines of the files that reasons stand in, each counted once.
struct Places<'f> {
    family: &'f Family<'f>,
    actions: &'f Actions<'f>,
    lines: Vec<(FileAt, Lines)>,
}

impl<'f> Places<'f> {
    const fn new(family: &'f Family<'f>, actions: &'f Actions<'f>) -> Self {
        Self { family, actions, lines: Vec::new() }
    }

    fn source(&self, file: FileAt) -> &'f str {
        let document = match file {
            FileAt::Workflow(at) => self.family.graphs.get(at).map(|graph| graph.workflow.document),
            FileAt::Action(at) => self.actions.models.get(at).map(|model| model.document),
        };
        document.map_or("", |document| document.tree().source())
    }

    fn place(&mut self, spot: Spot) -> Place {
        let source = self.source(spot.file);
        let known = self.lines.iter().position(|(file, _)| *file == spot.file);
        let at = known.unwrap_or_else(|| {
            self.lines.push((spot.file, Lines::of(source)));
            self.lines.len() - 1
        });
        self.lines
            .get(at)
            .map_or(Place { line: 1, column: 1 }, |(_, lines)| lines.place(source, spot.span.start))
    }

    fn file(&self, file: FileAt) -> Option<String> {
        match file {
            FileAt::Workflow(0) => None,
            FileAt::Workflow(at) => Some(self.family.file_name(at).to_owned()),
            FileAt::Action(at) => self.actions.folder(at).map(ToString::to_string),
        }
    }
}
