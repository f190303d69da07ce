//! S5: back to the newest that was good there and is not rejected, and not from a rollback.

use towpath_core::event::Cause;
use towpath_core::hold::Stop;
use towpath_core::id::{Name, ReleaseId};
use towpath_core::journal::State;
use towpath_core::journal::state::Release;
use towpath_core::time::{Span, Time};
use towpath_core::world::WentBack;

use super::account::Known;
use super::{Checked, Observer};

/// The time in which rollbacks to one destination are counted.
const STORM: Span = Span::seconds(600);

impl Observer {
    /// Contract C11: when much goes back at once at one destination, something else is wrong than what is there.
    pub(super) fn is_no_storm(&mut self, key: &Name, at: Time) -> Checked {
        let environment =
            self.pipeline.environment(key).ok_or_else(|| format!("C11: {key} is not of the pipeline"))?;
        let destination = &environment.destination;
        let recent = |back: &&WentBack| back.destination == *destination && at.since(back.at) < STORM;
        let recent = self.went_back.iter().filter(recent).count();
        self.went_back.push(WentBack { destination: destination.clone(), at });
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
        if self.is_held(state, key, release, Stop::Rollbacks, at) {
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
        if leaving.is_some_and(|r| r.labels.contains_key("towpath.dev/irreversible")) {
            return Err(format!("S5: {key} went back by itself from what says that it cannot"));
        }
        if self.has_failed_digest(key, release) {
            return Err(format!("S5: {key} went back to {version}, which is rejected there"));
        }
        match self.way_back(state, key) {
            Some(newest) if newest.r == release.r => Ok(()),
            Some(newest) => {
                Err(format!("S5: {key} went back to {version}, and {} was the newest good", newest.version()))
            }
            None => Err(format!("S5: {key} went back to {version}, which was never good there")),
        }
    }

    /// Where it has to go back to: the newest whose bake passed there, otherwise the newest that was Verified, complete
    /// and with nothing that failed there.
    pub(super) fn way_back<'s>(&self, state: &'s State, key: &Name) -> Option<&'s Release> {
        let known = self.account.envs.get(key)?;
        let usable = |(r, _): &&(ReleaseId, bool)| {
            let release = state.release(r);
            let leaving = known.there.as_ref().is_some_and(|there| &there.r == r);
            let complete = |r: &Release| r.images.iter().map(|i| &i.name).eq(&state.images);
            !leaving && release.is_some_and(|r| complete(r) && !self.has_failed_digest(key, r))
        };
        let newest = |baked: bool| known.good.iter().rev().filter(|good| good.1 == baked).find(usable);
        newest(true).or_else(|| newest(false)).and_then(|(r, _)| state.release(r))
    }

    pub(super) fn has_failed_digest(&self, key: &Name, release: &Release) -> bool {
        release.images.iter().any(|i| self.failed.contains(&(key.clone(), i.digest.clone())))
    }
}
