//! The end of a run: faults stop, people go home, the cluster follows.

use towpath_core::event::Confirmable;
use towpath_core::id::ReleaseId;
use towpath_core::journal::state::{EnvironmentState, Release};
use towpath_core::time::Span;

use super::controllers::Weather;
use super::{Play, Step, person};
use crate::ports::Clock as _;
use crate::sim::observer::Ending;
use crate::sim::sweep::End;
use crate::sim::wiring::{EXPRESSION, URL};

/// The most passes until the world has come to rest.
const PASSES: u32 = 900;
/// How many passes in a row have to find nothing to do.
const QUIET: u32 = 6;
/// For how long nothing may have moved, where no window opens and closes.
const STILL: Span = Span::seconds(1_800);
/// The same where one does: every window has opened once.
const STILL_OVER_WINDOWS: Span = Span::seconds(26 * 3_600);

impl Play {
    /// The world has to come to rest and stay there. Passes come when the last one asked for the next, and no sooner.
    pub(super) fn calm(&mut self) -> Step {
        self.cluster.set_metrics_down(false);
        self.cluster.live.set_down(false);
        self.qa.wait_for_finish(false);
        self.requests.set_down(false);
        self.arrive()?;
        self.evaluator.set(EXPRESSION, true);
        self.http.set(URL, 200, "");
        self.http.set_down(false);
        self.confirm_all()?;
        let (mut quiet, mut moved) = (0, self.clock.now());
        for _ in 0..PASSES {
            let pushes = self.pushes();
            self.calm_pass()?;
            let still = self.pushes() == pushes;
            quiet = if still { quiet + 1 } else { 0 };
            moved = if still { moved } else { self.clock.now() };
            let enough = if !self.wiring.windows.is_empty() { STILL_OVER_WINDOWS } else { STILL };
            if quiet >= QUIET && self.clock.now() >= moved.plus(enough) {
                return self.at_rest();
            }
            self.clock.advance(self.until_next(quiet));
            if self.waits_for_confirmation {
                // A forgery may claim more than the journal says: a person looks, and says so.
                self.journal_touched = true;
                self.confirm_all()?;
            }
        }
        Err("L2: the world does not come to rest: it is still pushing".to_owned())
    }

    /// How many pushes there were, also in the repository of the neighbour: what it comes to may be waited for.
    fn pushes(&self) -> u64 {
        let elsewhere = self.neighbour.as_ref().and_then(|neighbour| neighbour.elsewhere.as_ref());
        self.host.pushes() + elsewhere.map_or(0, |(host, _)| host.pushes())
    }

    /// Everything outside follows, then a pass.
    fn calm_pass(&mut self) -> Step {
        for i in 0..self.environments.len() {
            self.sync(i)?;
        }
        for name in self.environments.clone() {
            self.cluster.settle(&name, self.clock.now());
        }
        self.pass(0, &[], Weather::default())?;
        self.check()?;
        self.neighbour_passes()?;
        self.neighbour_confirms()
    }

    /// How long to wait for the next pass: as the last one asked, or a while when it waits for nothing but news.
    fn until_next(&self, quiet: u32) -> Span {
        let now = self.clock.now();
        match self.next_look.filter(|_| quiet > 0) {
            Some(at) => at.since(now).clamp(Span::seconds(1), Span::seconds(12 * 3_600)),
            None => Span::seconds(if quiet > 2 { 600 } else { 60 }),
        }
    }

    fn at_rest(&mut self) -> Step {
        let pushes = self.host.pushes();
        self.pass(1, &[], Weather::default())?;
        self.pass(0, &[], Weather::default())?;
        self.check()?;
        if self.host.pushes() != pushes {
            return Err("L2: one controller was at rest, and the other was not".to_owned());
        }
        self.observer.at_rest(&Ending {
            host: &self.host,
            requests: &self.requests,
            cluster: &self.cluster,
            told: &self.told(),
            now: self.clock.now(),
        })
    }

    /// What each environment has come to: what is there, how far it is, and what was said of releases there. Times,
    /// commits and tries may be others after a crash.
    pub(super) fn end(&self) -> End {
        let Some(state) = self.state() else { return End::new() };
        let version = |r: &ReleaseId| state.release(r).map_or_else(|| r.to_string(), Release::version);
        let of = |env: &EnvironmentState| {
            let there =
                env.at.as_ref().map(|at| format!("{} {:?} ({:?})", version(&at.r), at.phase, at.cause));
            let runs = env.at.iter().flat_map(|at| &at.runs);
            let runs = runs.map(|(gate, run)| format!("{gate}: {:?}", run.verdict));
            let verified = env.ok.keys().map(|r| format!("{} is Verified", version(r)));
            let good =
                env.good.iter().map(|good| format!("{} was good, baked: {}", version(&good.r), good.baked));
            let rejected = env.rejected.iter().map(|r| format!("{} is rejected", version(&r.r)));
            let open = env.proposed.iter().map(|open| format!("{} is proposed", version(&open.r)));
            let pinned = env.pin.iter().map(|pin| format!("pinned to {:?}", pin.set));
            let mut said: Vec<String> =
                verified.chain(good).chain(rejected).chain(open).chain(pinned).collect();
            said.sort();
            there.into_iter().chain(runs).chain(said).collect()
        };
        state.envs.iter().map(|(name, env)| (name.clone(), of(env))).collect()
    }

    fn confirm_all(&mut self) -> Step {
        let erin = person("erin")?;
        if self.journal_touched {
            self.people("erin confirms the loss", |e| e.confirm(&erin, Confirmable::JournalLost))?;
            self.observer.confirmed(&self.host);
            // A ledger that is lost cannot be claimed, so that comes second.
            let strange = self.state().map(|s| s.owner.id.clone()).filter(|id| id.as_str() == "stranger");
            if let Some(from) = strange {
                self.people("erin claims the ledger back", |e| e.claim(&erin, &from, "it is ours"))?;
            }
        }
        self.people("erin confirms the branch", |e| e.confirm(&erin, Confirmable::HistoryRewritten))
    }
}
