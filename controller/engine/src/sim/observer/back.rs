//! S5: back to the newest that was good there and is not rejected, and not from a rollback.

use std::collections::BTreeSet;

use towpath_core::event::Cause;
use towpath_core::hold::Stop;
use towpath_core::id::{Digest, Name, Pid, ReleaseId};
use towpath_core::journal::State;
use towpath_core::journal::state::Release;
use towpath_core::time::{Span, Time};
use towpath_core::world::WentBack;

use super::account::Known;
use super::{Checked, Observer, Scene};

/// The time in which rollbacks to one destination are counted.
const STORM: Span = Span::seconds(600);
/// How old a commit may be when it lands: what it was decided on is as old.
const NEWS: Span = Span::seconds(900);

impl Observer {
    /// Contract C11: when much goes back at once at one destination, something else is wrong than what is there.
    ///
    /// A host that has no more than the newest part of the journal's history knows of those that its state tells of.
    pub(super) fn is_no_storm(&mut self, scene: &Scene<'_>, pid: &Pid, key: &Name, at: Time) -> Checked {
        let told: BTreeSet<&Pid> = scene.before.into_iter().flat_map(told_by_state).collect();
        let environment =
            self.pipeline.environment(key).ok_or_else(|| format!("C11: {key} is not of the pipeline"))?;
        let destination = &environment.destination;
        let known = |pid: &Pid| !self.outside.cut || told.contains(pid);
        let counts = |back: &WentBack| back.destination == *destination && at.since(back.at) < STORM;
        let recent = self.went_back.iter().filter(|(pid, back)| known(pid) && counts(back)).count();
        self.went_back.insert(pid.clone(), WentBack { destination: destination.clone(), at });
        match recent < environment.rollback.budget {
            true => Ok(()),
            false => Err(format!(
                "C11: {recent} rollbacks within {STORM} at {destination} were followed by one more"
            )),
        }
    }

    pub(super) fn rolled_back(
        &self,
        state: &State,
        key: &Name,
        release: &Release,
        asked: bool,
        at: Time,
    ) -> Checked {
        let version = release.version();
        if self.is_held(key, release, Stop::Rollbacks, at) {
            return Err(format!("S9: {key} was rolled back against a hold that stops rollbacks"));
        }
        if asked {
            return Ok(());
        }
        let nothing = Known::default();
        let known = self.account.envs.get(key).unwrap_or(&nothing);
        if known.there.as_ref().is_some_and(|there| there.cause == Cause::Rollback) {
            return Err(format!("S5: {key} went back to {version} from a rollback"));
        }
        let leaving = known.there.as_ref().and_then(|there| state.release(&there.r));
        if leaving.is_some_and(|leaving| cannot_be_undone(state, release, leaving)) {
            return Err(format!("S5: {key} went back by itself past what says that it cannot be undone"));
        }
        if self.has_failed_digest(key, release) {
            return Err(format!("S5: {key} went back to {version}, which is rejected there"));
        }
        let targets = self.ways_back(state, key, at);
        match targets.first() {
            Some(_) if targets.iter().any(|target| target.r == release.r) => Ok(()),
            Some(newest) => {
                Err(format!("S5: {key} went back to {version}, and {} was the newest good", newest.version()))
            }
            None => Err(format!("S5: {key} went back to {version}, which was never good there, or is gone")),
        }
    }

    /// Where it may go back to: of what was taken from the registry a moment ago nobody has to know.
    fn ways_back<'s>(&self, state: &'s State, key: &Name, at: Time) -> Vec<&'s Release> {
        let surely =
            Time::from_unix(at.unix() - i64::from(NEWS.as_seconds()) - i64::from(self.ahead.as_seconds()));
        let news = self.gone.values().copied().filter(|since| *since > surely);
        let as_of = std::iter::once(surely).chain(news);
        let target = |then: Time| {
            self.way_back(state, key, |digest| self.gone.get(digest).is_some_and(|since| *since <= then))
        };
        as_of.filter_map(target).collect()
    }

    /// Where it has to go back to: the newest whose bake passed there, otherwise the newest that was Verified, complete
    /// and with nothing that failed there or is gone.
    pub(super) fn way_back<'s>(
        &self,
        state: &'s State,
        key: &Name,
        is_gone: impl Fn(&Digest) -> bool,
    ) -> Option<&'s Release> {
        let known = self.account.envs.get(key)?;
        let usable = |(r, _): &&(ReleaseId, bool)| {
            let release = state.release(r);
            let leaving = known.there.as_ref().is_some_and(|there| &there.r == r);
            let complete = |r: &Release| r.images.iter().map(|i| &i.name).eq(&self.pipeline.images);
            let there = |r: &Release| !r.images.iter().any(|image| is_gone(&image.digest));
            !leaving && release.is_some_and(|r| complete(r) && there(r) && !self.has_failed_digest(key, r))
        };
        let newest = |baked: bool| known.good.iter().rev().filter(|good| good.1 == baked).find(usable);
        newest(true).or_else(|| newest(false)).and_then(|(r, _)| state.release(r))
    }

    pub(super) fn has_failed_digest(&self, key: &Name, release: &Release) -> bool {
        release.images.iter().any(|i| self.failed.contains(&(key.clone(), i.digest.clone())))
    }
}

/// The promotions that are in an environment, or on their way there.
fn told_by_state(state: &State) -> impl Iterator<Item = &Pid> {
    state.envs.values().flat_map(|env| env.at.iter().chain(&env.committing)).filter_map(|at| at.pid.as_ref())
}

/// Whether what is left, or anything that is between the two, is labelled as what cannot be undone.
pub(super) fn cannot_be_undone(state: &State, to: &Release, from: &Release) -> bool {
    let labelled =
        |r: &&Release| r.labels.get("towpath.dev/irreversible").is_some_and(|value| value == "true");
    state
        .releases
        .iter()
        .filter(labelled)
        .any(|r| r.r == from.r || (to.rank() < r.rank() && r.rank() < from.rank()))
}
