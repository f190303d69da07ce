//! What goes wrong around controllers: others in between, lost caches, refs moved by force, a cluster in trouble.

use std::rc::Rc;

use towpath_core::decide::LANDING;
use towpath_core::id::{Actor, Digest, Name, RepoPath};
use towpath_core::pipeline::Pipeline;
use towpath_core::time::Span;
use towpath_core::world::SharedFacts;

use super::neighbour::Neighbour;
use super::people::hold_all;
use super::{Play, Step, must};
use crate::error::EngineError;
use crate::memory::{
    Faults, ManualClock, MemoryEvaluator, MemoryHttp, MemoryLiveness, MemoryMetrics, MemoryPullRequests,
    MemoryQa, MemoryRegistry, MemoryRepository,
};
use crate::observe::Remembered;
use crate::pass::{Engine, Host, Settings};
use crate::people::NewHold;
use crate::ports::Clock as _;
use crate::sim::glitches::Effect;
use crate::sim::schedule::Kind;
use crate::sim::wiring::{EXPRESSION, URL, path_of};

/// What may happen right before an effect of a controller, or while it sleeps between two.
const BETWEEN: [Kind; 8] = [
    Kind::CommitBetween,
    Kind::FieldsBetween,
    Kind::HoldBetween,
    Kind::PassBetween,
    Kind::NeighbourBetween,
    Kind::HangingCall,
    Kind::PauseBetween,
    Kind::HoldInPause,
];
/// What may go wrong outside; metrics do so more often than others.
const TROUBLE: [Kind; 15] = [
    Kind::MetricsDown,
    Kind::MetricsDown,
    Kind::MetricsDown,
    Kind::NodeLost,
    Kind::NoRevision,
    Kind::Incident,
    Kind::ClusterDown,
    Kind::SlowQa,
    Kind::ExpressionChanges,
    Kind::PullRequestsDown,
    Kind::DigestDeleted,
    Kind::Storm,
    Kind::HoursGoBy,
    Kind::HttpChanges,
    Kind::HttpDown,
];

impl Play {
    /// Right before one of the controller's effects somebody else commits, holds, or another controller passes.
    pub(super) fn let_somebody_in(&mut self, i: usize) -> Step {
        let (what, after) = (self.random.below(BETWEEN.len()), self.random.below(3));
        let environment = self.some_environment()?;
        let version = self.random.pick(&self.versions).cloned().ok_or("no versions")?;
        let images = self.set_of(&version.image);
        let edit = (path_of(environment.as_str())?, self.file_in(&environment, &images)?);
        let seconds = self.random.pick(&[20, 90, 400, 1_000]).copied().unwrap_or(90);
        let kind = BETWEEN.get(what).copied().unwrap_or(Kind::PassBetween);
        let here = self.neighbour.as_ref().is_some_and(Neighbour::is_here);
        if (kind == Kind::NeighbourBetween && !here) || !self.schedule.plans(kind) {
            return Ok(());
        }
        let hook = self.hook(kind, edit, Span::seconds(seconds))?;
        self.note(format!("at controller {i}'s effect {after}: {}", kind.text()));
        let nth = u32::try_from(after).unwrap_or(0);
        match (kind, self.controllers.get(i)) {
            (Kind::PauseBetween | Kind::HoldInPause, _) => self.calls.after(Effect::Nth(nth), hook),
            (_, Some(controller)) => controller.faults.before_nth(nth, hook),
            (_, None) => {}
        }
        self.in_between = Some(kind);
        Ok(())
    }

    /// What somebody does in between.
    fn hook(
        &mut self,
        kind: Kind,
        edit: (RepoPath, String),
        pause: Span,
    ) -> Result<Box<dyn FnMut()>, String> {
        let stand_in = self.stand_in(kind);
        let (host, branch, now) = (self.host.clone(), self.branch(), self.clock.now());
        let (clock, foreign) = (self.clock.clone(), self.observer.foreign_commits());
        let hold = self.some_hold("in between")?;
        // Whatever was on its way has arrived by then.
        let sleep = {
            let host = host.clone();
            move || {
                host.arrive();
                clock.advance(pause);
            }
        };
        Ok(match kind {
            Kind::CommitBetween | Kind::FieldsBetween => {
                let (path, text) = match kind {
                    Kind::CommitBetween => (must(RepoPath::parse("README.md"))?, now.to_string()),
                    _ => edit,
                };
                let edit = [(path, Some(text.into_bytes()))];
                Box::new(move || {
                    let commit = host.commit_foreign(&branch, &edit, "in between", now);
                    foreign.borrow_mut().extend(commit.ok());
                })
            }
            Kind::HoldBetween => Box::new(move || stand_in.holds(&hold)),
            Kind::HangingCall => Box::new(sleep),
            Kind::PauseBetween => Box::new(move || {
                sleep();
                stand_in.passes();
            }),
            Kind::HoldInPause => Box::new(move || {
                sleep();
                stand_in.holds(&hold);
            }),
            Kind::NeighbourBetween => Box::new(move || {
                let before = host.moved();
                stand_in.passes();
                let moves = host.moves_after(before).into_iter().filter(|(name, _, _)| *name == branch);
                foreign.borrow_mut().extend(moves.filter_map(|(_, _, new)| new));
            }),
            _ => Box::new(move || stand_in.passes()),
        })
    }

    /// In the next pass a replica sleeps between journal and branch, for so long that others give its promotion up; and what
    /// is given up does not come again at once, since somebody holds.
    pub(super) fn sleeps_in_push(&mut self) {
        if !self.schedule.plans(Kind::PauseBetween) {
            return;
        }
        let (stand_in, clock) = (self.stand_in(Kind::PauseBetween), self.clock.clone());
        let hold = hold_all("a moment", false);
        let hook = move || {
            clock.advance(Span::seconds(LANDING.as_seconds() + 60));
            stand_in.holds(&hold);
            stand_in.passes();
        };
        self.calls.after(Effect::Promise, Box::new(hook));
        self.in_between = Some(Kind::PauseBetween);
    }

    fn stand_in(&self, kind: Kind) -> StandIn {
        let faults = Faults::default();
        let neighbour = self.neighbour.as_ref().filter(|_| kind == Kind::NeighbourBetween);
        let pipeline = neighbour.map_or(&self.pipeline, |neighbour| &neighbour.pipeline);
        StandIn {
            repository: self.host.client(&faults, self.wiring.atomic),
            qa: self.qa.client(&faults),
            metrics: self.cluster.metrics.clone(),
            live: self.cluster.live.clone(),
            requests: self.requests.clone(),
            clock: self.clock.clone(),
            pipeline: Rc::clone(pipeline),
            evaluator: self.evaluator.clone(),
            http: self.http.clone(),
            registry: self.registry.clone(),
            shared: self.shared(),
            settings: self.controllers.first().map(|c| c.settings.clone()),
        }
    }

    pub(super) fn lose_caches(&mut self) -> Step {
        for controller in &mut self.controllers {
            controller.remembered = Remembered::default();
        }
        self.note("all caches are lost");
        Ok(())
    }

    /// What an environment would go back to.
    fn good_in(&self, name: &Name) -> Option<Digest> {
        let state = self.state()?;
        let good = state.envs.get(name)?.good.last()?;
        state.release(&good.r)?.images.first().map(|image| image.digest.clone())
    }

    /// Metrics go and come back, a node is lost, a status comes without its commit.
    pub(super) fn trouble(&mut self) -> Step {
        let (name, now) = (self.some_environment()?, self.clock.now());
        let seconds = self.random.pick(&[30, 90, 300, 900]).copied().unwrap_or(90);
        let until = now.plus(Span::seconds(seconds));
        let kind = self.random.pick(&TROUBLE).copied().unwrap_or(Kind::MetricsDown);
        let (often, value) = (self.random.percent(60), self.random.percent(50));
        let digest = self.random.pick(&self.versions).map(|v| v.image.digest.clone()).ok_or("no versions")?;
        let hours = self.random.pick(&[1, 3, 20]).copied().unwrap_or(1);
        if !self.schedule.plans(kind) {
            return Ok(());
        }
        self.schedule.struck(kind);
        match kind {
            Kind::MetricsDown => self.cluster.set_metrics_down(!self.cluster.metrics_down),
            Kind::NodeLost => self.cluster.disturb(&name, now, until),
            Kind::NoRevision => self.cluster.hide_revision(&name, now),
            Kind::Incident => self.cluster.incident(&name, now, until),
            Kind::ClusterDown => self.cluster.live.set_down(!often),
            Kind::SlowQa => self.qa.wait_for_finish(often),
            Kind::PullRequestsDown => self.requests.set_down(often),
            Kind::DigestDeleted => {
                let digest = self.good_in(&name).filter(|_| often).unwrap_or(digest);
                self.cluster.delete(&digest);
                self.registry.delete(&digest);
                self.observer.gone.entry(digest.clone()).or_insert(now);
            }
            Kind::Storm => {
                let all = self.environments.clone();
                all.iter().for_each(|name| self.cluster.incident(name, now, until));
            }
            Kind::HttpChanges => self.system_says(if often { 404 } else { 200 }, false),
            Kind::HttpDown => self.system_says(if often { 503 } else { 200 }, often && value),
            Kind::HoursGoBy => {
                self.arrive()?;
                self.clock.advance(Span::seconds(hours * 3_600));
            }
            _ if often => self.evaluator.set(EXPRESSION, value),
            _ => self.evaluator.forget(EXPRESSION),
        }
        self.note(format!("{} ({name}, {seconds} s, {often}, {value})", kind.text()));
        Ok(())
    }

    /// The system outside answers so from now on, or not at all.
    fn system_says(&mut self, status: u16, down: bool) {
        self.said_yes = self.says_yes();
        self.http.set(URL, status, "");
        self.http.set_down(down);
    }

    /// Somebody takes the branch back by a few commits.
    pub(super) fn rewind_branch(&mut self) -> Step {
        // Whoever moves refs by force waits until nothing is on its way.
        self.arrive()?;
        let tip = self.host.tip(&self.branch()).ok_or("no branch")?;
        let back = 1 + self.random.below(3);
        let log = self.host.log_to(&tip, back + 4);
        let Some(to) = log.get(back).filter(|_| log.len() > back + 3).map(|c| c.id.clone()) else {
            return Ok(());
        };
        self.host.force(&self.branch(), Some(to.clone()));
        self.observer.rewound(&self.host, &to);
        self.note(format!("somebody rewinds the branch by {back} to {}", to.short()));
        Ok(())
    }

    /// The journal disappears, or an older one comes back from a backup.
    pub(super) fn lose_journal(&mut self) -> Step {
        self.arrive()?;
        let Some(tip) = self.host.tip(&self.journal()) else { return Ok(()) };
        let back = 1 + self.random.below(6);
        let log = self.host.log_to(&tip, back + 1);
        let older = log.get(back).map(|c| c.id.clone()).filter(|_| self.random.percent(60));
        self.host.force(&self.journal(), older.clone());
        self.journal_touched = true;
        self.observer.journal_lost(&self.host);
        self.note(format!("the journal is lost, what comes back is {older:?}"));
        Ok(())
    }

    /// A commit with perfect trailers that the journal does not know.
    pub(super) fn forge(&mut self) -> Step {
        let tip = self.host.tip(&self.branch()).ok_or("no branch")?;
        let own = self.host.log(&tip).into_iter().find(|c| c.message.contains("Towpath-Promotion: "));
        let Some(original) = own else { return Ok(()) };
        let environment = self.some_environment()?;
        let version = self.random.pick(&self.versions).cloned().ok_or("no versions")?;
        let images = self.set_of(&version.image);
        let text = self.file_in(&environment, &images)?;
        let commit = self.commit(&[(path_of(environment.as_str())?, text)], &original.message)?;
        self.note(format!("somebody forges a promotion in {environment}: {}", commit.short()));
        Ok(())
    }

    /// An administrator changes the QA templates, or changes them back.
    pub(super) fn rewire(&mut self) -> Step {
        let before = Rc::ptr_eq(&self.pipeline, &self.wiring.pipeline);
        let after = if before { &self.wiring.edited } else { &self.wiring.pipeline };
        self.pipeline = Rc::clone(after);
        self.observer.rewired(Rc::clone(after));
        self.note("the QA templates change");
        Ok(())
    }
}

/// Everything that somebody needs to work with the engine on his own.
struct StandIn {
    repository: MemoryRepository,
    qa: MemoryQa,
    metrics: MemoryMetrics,
    live: MemoryLiveness,
    requests: MemoryPullRequests,
    clock: ManualClock,
    pipeline: Rc<Pipeline>,
    evaluator: MemoryEvaluator,
    http: MemoryHttp,
    registry: MemoryRegistry,
    shared: SharedFacts,
    settings: Option<Settings>,
}

impl StandIn {
    /// Passes without remembering anything; that it fails is no violation.
    fn passes(&self) {
        let _ = self.with(|engine| engine.pass(&mut Remembered::default(), &mut |_| {}));
    }

    /// Holds; that it is refused is no violation.
    fn holds(&self, hold: &NewHold) {
        let _ = self.with(|engine| engine.hold(&Actor::towpath(), hold));
    }

    fn with<T>(&self, work: impl FnOnce(&Engine<'_>) -> Result<T, EngineError>) -> Option<T> {
        let host = Host {
            repository: &self.repository,
            qa: &self.qa,
            metrics: &self.metrics,
            liveness: &self.live,
            pull_requests: Some(&self.requests),
            evaluator: Some(&self.evaluator),
            http: Some(&self.http),
            registry: Some(&self.registry),
            clock: &self.clock,
            shared: self.shared.clone(),
            settings: self.settings.as_ref()?,
        };
        work(&Engine { host: &host, pipeline: &self.pipeline, seen: None }).ok()
    }
}
