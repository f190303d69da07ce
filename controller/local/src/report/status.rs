//! Where each release is.

use std::fmt::Write as _;

use serde::Serialize;
use towpath_core::decide::{Answer, WaitCode};
use towpath_core::hold::{Stop, Subject};
use towpath_core::id::{ActId, Actor, Name, OwnerId, PipelineId, RefName, ReleaseId};
use towpath_core::journal::State;
use towpath_core::journal::state::{EnvironmentState, Hold, Phase, Release};
use towpath_core::pipeline::{Environment, Form, Pipeline};
use towpath_core::time::Time;

use super::event::selection;
use super::layout::{BAD, BUSY, Cell, FAINT, GOOD, HEAD, PLAIN, styled, table};
use super::why::AnswerView;
use super::{clean, coarse, effect_text, version};
use crate::config::{LiveSource, LocalConfig};
use crate::host::Outlook;

/// A pipeline as of now.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusView {
    /// Its name.
    pub pipeline: PipelineId,
    /// As of when.
    pub now: Time,
    /// Who owns the ledger; `None` when there is none.
    pub owner: Option<OwnerId>,
    /// Who this folder's host is.
    pub me: OwnerId,
    /// The journal's ref.
    pub journal: RefName,
    /// The number of the journal's last event.
    pub event: Option<u64>,
    /// What the ledger needs before environments are decided.
    pub first: Vec<String>,
    /// The environments, upstream ones first.
    pub environments: Vec<EnvironmentView>,
    /// Holds in force.
    pub holds: Vec<HoldView>,
}

/// An environment as of now.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EnvironmentView {
    /// Its name.
    pub name: Name,
    /// What is there; `None` before it was first looked at.
    pub runs: Option<ReleaseView>,
    /// How far that is.
    pub phase: Option<String>,
    /// Since when the phase holds.
    pub since: Option<Time>,
    /// How it is proven to run, where that is less than a look at what runs.
    pub proof: Option<String>,
    /// What a person's commit set, if the environment is pinned.
    pub pin: Option<String>,
    /// Releases that have not been here and are newer than all that have, newest first.
    pub candidates: Vec<ReleaseView>,
    /// What happens next, or why nothing does.
    pub answer: AnswerView,
}

/// A release for people.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReleaseView {
    /// Its id.
    pub id: ReleaseId,
    /// The versions of its images.
    pub version: String,
}

/// A hold for people.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HoldView {
    /// Its id.
    pub id: ActId,
    /// Which environments.
    pub environments: String,
    /// What it keeps out.
    pub subject: String,
    /// Whether it stops rollbacks too.
    pub rollbacks: bool,
    /// Why.
    pub reason: String,
    /// Who.
    pub by: Actor,
    /// Since when.
    pub since: Time,
    /// Until when.
    pub until: Option<Time>,
}

/// The view of a pipeline under this outlook.
pub fn status(pipeline: &Pipeline, config: &LocalConfig, outlook: &Outlook) -> StatusView {
    let state = outlook.head.as_ref().map(|head| &*head.state);
    let in_force = |hold: &&Hold| hold.until.is_none_or(|until| until > outlook.now);
    let holds = state.iter().flat_map(|state| state.holds.iter().filter(in_force).map(|h| hold(h, state)));
    let viewed = |environment: &Environment| {
        let answer = outlook.decision.envs.get(&environment.name);
        let known = state.and_then(|s| s.environment(&environment.name).map(|(_, env)| (s, env)));
        view(environment, proof(environment, config), answer, known)
    };
    StatusView {
        pipeline: pipeline.id.clone(),
        now: outlook.now,
        owner: state.map(|state| state.owner.id.clone()),
        me: config.owner.clone(),
        journal: pipeline.repository.journal.clone(),
        event: state.map(|state| state.n),
        first: outlook.decision.ledger.iter().map(|effect| effect_text(effect, state)).collect(),
        environments: pipeline.environments.iter().map(viewed).collect(),
        holds: holds.collect(),
    }
}

fn view(
    environment: &Environment,
    proof: Option<String>,
    answer: Option<&Answer>,
    known: Option<(&State, &EnvironmentState)>,
) -> EnvironmentView {
    let state = known.map(|(state, _)| state);
    let answer = answer.map_or(AnswerView::Undecided, |answer| AnswerView::new(answer, state));
    let at = known.and_then(|(_, env)| env.committing.as_ref().or(env.at.as_ref()));
    let pin = known.and_then(|(_, env)| env.pin.as_ref());
    EnvironmentView {
        name: environment.name.clone(),
        runs: at.map(|at| ReleaseView { id: at.r.clone(), version: version(state, &at.r) }),
        phase: known.and_then(|(_, env)| phase(env)),
        since: at.map(|at| at.since),
        proof,
        pin: pin.map(|pin| clean(&format!("{} at {}", pin.set.join(", "), pin.commit.short()))),
        candidates: known.map(|(state, env)| candidates(state, env)).unwrap_or_default(),
        answer,
    }
}

/// How an environment is proven to run its release, where a commit or a tag has to do for it.
fn proof(environment: &Environment, config: &LocalConfig) -> Option<String> {
    let tip = matches!(config.live(&environment.name), Some(LiveSource::Tip)).then_some("tip");
    let tag = environment.edit.iter().any(|rule| rule.form() == Form::Tag).then_some("tag only");
    let parts: Vec<&str> = tip.into_iter().chain(tag).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn phase(env: &EnvironmentState) -> Option<String> {
    if env.pin.is_some() {
        return Some("pinned".to_owned());
    }
    if env.committing.is_some() {
        return Some("committing".to_owned());
    }
    env.at.as_ref().map(|at| format!("{:?}", at.phase).to_lowercase())
}

fn candidates(state: &State, env: &EnvironmentState) -> Vec<ReleaseView> {
    let newer = |release: &&Release| !release.is_baseline() && release.rank() > env.hw;
    let mut releases: Vec<&Release> = state.releases.iter().filter(newer).collect();
    releases.sort_by_key(|release| std::cmp::Reverse(release.rank()));
    let view = |r: &&Release| ReleaseView { id: r.r.clone(), version: clean(&Release::version(r)) };
    releases.iter().map(view).collect()
}

fn hold(hold: &Hold, state: &State) -> HoldView {
    HoldView {
        id: hold.id.clone(),
        environments: selection(&hold.select, Some(state)),
        subject: match &hold.subject {
            Subject::All => "everything".to_owned(),
            Subject::Release(r) => version(Some(state), r),
            Subject::Digest(digest) => digest.short().to_owned(),
        },
        rollbacks: hold.stops.contains(&Stop::Rollbacks),
        reason: clean(&hold.reason),
        by: hold.by.clone(),
        since: hold.at,
        until: hold.until,
    }
}

impl StatusView {
    /// The view as a table with what else matters under it.
    pub fn text(&self) -> String {
        let mut out = format!("{}  {}\n", styled(HEAD, &self.pipeline.to_string()), self.ownership());
        // Writing to a String cannot fail.
        self.first.iter().for_each(|line| writeln!(out, "the next pass first {line}").unwrap_or_default());
        out.push_str(&table(&self.rows()));
        for environment in self.environments.iter().filter(|e| !e.candidates.is_empty()) {
            let versions: Vec<&str> =
                environment.candidates.iter().take(5).map(|c| c.version.as_str()).collect();
            let more = environment.candidates.len().saturating_sub(versions.len());
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let _ = writeln!(out, "waiting for {}: {}{more}", environment.name, versions.join(", "));
        }
        for environment in &self.environments {
            if let Some(pin) = &environment.pin {
                let _ = writeln!(out, "pinned: {} by a commit of somebody else: {pin}", environment.name);
            }
        }
        self.holds.iter().for_each(|hold| writeln!(out, "{}", self.hold_text(hold)).unwrap_or_default());
        out
    }

    fn ownership(&self) -> String {
        let event = self.event.map_or_else(String::new, |n| format!(", event {n}"));
        match &self.owner {
            None if self.is_lost() => "the ledger is lost".to_owned(),
            None => "no ledger yet".to_owned(),
            Some(owner) if owner == &self.me => format!("owner {owner} (this folder){event}"),
            Some(owner) => format!("owner {owner} (this folder is {}){event}", self.me),
        }
    }

    fn is_lost(&self) -> bool {
        let waits = self.environments.iter().flat_map(|environment| match &environment.answer {
            AnswerView::Waits { waits } => waits.as_slice(),
            AnswerView::Acts { .. } | AnswerView::Settled | AnswerView::Undecided => &[],
        });
        waits.map(|wait| wait.code).any(|code| code == WaitCode::JournalLost)
    }

    fn hold_text(&self, hold: &HoldView) -> String {
        let rollbacks = if hold.rollbacks { ", rollbacks too" } else { "" };
        let until = hold.until.map_or_else(String::new, |until| format!(", until {until}"));
        format!(
            "hold {}: {} in {}{rollbacks}, by {} {} ago{until}: {}",
            hold.id,
            hold.subject,
            hold.environments,
            hold.by,
            coarse(self.now.since(hold.since)),
            hold.reason
        )
    }

    fn rows(&self) -> Vec<Vec<Cell>> {
        let proofs = self.environments.iter().any(|e| e.proof.is_some());
        let heads = ["ENVIRONMENT", "RUNS", "PHASE", "SINCE", "PROOF", "WHY"];
        let heads = heads.iter().filter(|head| proofs || **head != "PROOF");
        let mut rows: Vec<Vec<Cell>> = vec![heads.map(|head| Cell::new(*head, FAINT)).collect()];
        for environment in &self.environments {
            let phase = environment.phase.as_deref().unwrap_or("-");
            let mut row = vec![
                Cell::new(environment.name.as_str(), HEAD),
                Cell::new(runs(environment), PLAIN),
                Cell::new(phase, phase_style(phase)),
                Cell::new(environment.since.map_or("-".to_owned(), |t| coarse(self.now.since(t))), PLAIN),
            ];
            if proofs {
                row.push(Cell::new(environment.proof.as_deref().unwrap_or(""), BUSY));
            }
            row.push(Cell::new(environment.answer.brief(), answer_style(&environment.answer)));
            rows.push(row);
        }
        rows
    }
}

/// What runs there by the last promotion; while somebody else's commit is in place nobody of us knows.
fn runs(environment: &EnvironmentView) -> &str {
    match (&environment.pin, &environment.runs) {
        (Some(_), _) => "(foreign)",
        (None, Some(runs)) => &runs.version,
        (None, None) => "-",
    }
}

fn phase_style(phase: &str) -> anstyle::Style {
    let is = |known: Phase| phase == format!("{known:?}").to_lowercase();
    match () {
        () if is(Phase::Failed) || phase == "pinned" => BAD,
        () if is(Phase::Verified) || is(Phase::Settled) => GOOD,
        () if is(Phase::Syncing) || is(Phase::Verifying) => BUSY,
        () => PLAIN,
    }
}

fn answer_style(answer: &AnswerView) -> anstyle::Style {
    match answer {
        AnswerView::Waits { waits } if waits.first().is_some_and(|wait| wait.alarm) => BAD,
        _ => PLAIN,
    }
}
