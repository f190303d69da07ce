//! S5: back to something that was good there and is not rejected, and not from a rollback.

use towpath_core::event::Cause;
use towpath_core::hold::Stop;
use towpath_core::id::Name;
use towpath_core::journal::State;
use towpath_core::journal::state::{EnvironmentState, Release};
use towpath_core::time::{Span, Time};

use super::{Checked, Observer};

/// The most that go back by themselves in [`STORM`].
const STORM_LIMIT: usize = 3;
const STORM: Span = Span::seconds(600);

impl Observer {
    /// Contract C11: when much goes back at once, something else is wrong than what is there.
    pub(super) fn is_no_storm(&mut self, at: Time) -> Checked {
        let recent = self.went_back.iter().filter(|other| at.since(**other) < STORM).count();
        self.went_back.push(at);
        match recent < STORM_LIMIT {
            true => Ok(()),
            false => Err(format!("C11: {recent} rollbacks within {STORM} were followed by one more")),
        }
    }

    pub(super) fn rolled_back(
        &self,
        state: &State,
        env: &EnvironmentState,
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
        if env.at.as_ref().is_some_and(|at| at.cause == Cause::Rollback) {
            return Err(format!("S5: {key} went back to {version} from a rollback"));
        }
        let leaving = env.at.as_ref().and_then(|at| state.release(&at.r));
        if leaving.is_some_and(|r| r.labels.contains_key("towpath.dev/irreversible")) {
            return Err(format!("S5: {key} went back by itself from what says that it cannot"));
        }
        let bad =
            |r: &Release| r.images.iter().any(|i| self.failed.contains(&(key.clone(), i.digest.clone())));
        let any_baked =
            env.good.iter().any(|g| g.baked && state.release(&g.r).is_some_and(|other| !bad(other)));
        match env.good.iter().find(|g| g.r == release.r) {
            None => Err(format!("S5: {key} went back to {version}, which was never good there")),
            Some(good) if any_baked && !good.baked => {
                Err(format!("S5: {key} went back to {version}, and an older one had baked"))
            }
            Some(_) if bad(release) => {
                Err(format!("S5: {key} went back to {version}, which is rejected there"))
            }
            Some(_) => Ok(()),
        }
    }
}
