//! Where scenarios begin: named points in the life of a release, and the ways on from them.

use towpath_core::decide::WaitCode;
use towpath_core::id::{Digest, ReleaseId};
use towpath_core::journal::state::Phase;
use towpath_core::verdict::Verdict;
use towpath_engine::PassReport;

use super::{Bed, Replica, current, digest_of, env_of, is_in, is_verified, kustomization, runs, waits};

impl Bed {
    /// What was there before is adopted everywhere.
    pub fn adopted(&self) -> Replica<'_> {
        let mut replica = self.replica("here");
        replica.pass();
        replica
    }

    /// A version is released, and nobody has looked since.
    pub fn released(&self, version: &str) -> Replica<'_> {
        let replica = self.adopted();
        replica.release(version);
        replica
    }

    /// A version came to this phase in this environment.
    pub fn come_to(&self, version: &str, environment: &str, phase: Phase) -> Replica<'_> {
        let mut replica = self.released(version);
        replica.until_phase(environment, phase);
        replica
    }

    /// A version is Verified in dev and staging, and waits for its approval for production.
    pub fn awaiting_approval(&self, version: &str) -> Replica<'_> {
        let mut replica = self.released(version);
        replica.until_waits("production", WaitCode::ApprovalNeeded);
        replica
    }

    /// A version is settled everywhere, its bake passed.
    pub fn delivered(&self, version: &str) -> Replica<'_> {
        let mut replica = self.adopted();
        replica.deliver(version);
        replica
    }

    /// A good version is settled everywhere; the next one bakes in production.
    pub fn baking_after(&self, good: &str, version: &str) -> Replica<'_> {
        let mut replica = self.delivered(good);
        replica.bake(version);
        replica
    }

    /// With two images: the set of 1.1 is good, then the web 1.2 fails in staging beside the same api, and goes back.
    pub fn web_rejected(&self) -> Replica<'_> {
        let mut replica = self.adopted();
        replica.release_both("1.1", "1.1");
        replica.until_phase("staging", Phase::Settled);
        self.qa.set("regression", &digest_of("web", "1.2"), Verdict::Failed);
        replica.release_both("1.1", "1.2");
        replica.until_rolled_back("staging", &digest_of("web", "1.2"));
        replica
    }

    /// A version was Verified in staging, then a person put 1.0.0 back there.
    pub fn reverted(&self, version: &str) -> Replica<'_> {
        let mut replica = self.awaiting_approval(version);
        self.edit(
            "staging",
            &kustomization("1.0.0"),
            &format!("Revert \"Promote web to staging: {version}\""),
        );
        replica.pass();
        replica
    }
}

impl Replica<'_> {
    /// Passes until an environment is in this phase.
    pub fn until_phase(&mut self, environment: &str, phase: Phase) -> PassReport {
        self.pass_until(|_, state| is_in(state, environment, phase))
    }

    /// Passes until an environment waits for this reason.
    pub fn until_waits(&mut self, environment: &str, code: WaitCode) -> PassReport {
        self.pass_until(|report, _| waits(report, environment, code))
    }

    /// Passes until a release is Verified in an environment.
    pub fn until_verified(&mut self, environment: &str, release: &ReleaseId) -> PassReport {
        self.pass_until(|_, state| is_verified(state, environment, release))
    }

    /// Passes until an environment runs this release and nothing is left to do there.
    pub fn until_settled(&mut self, environment: &str, release: &ReleaseId) -> PassReport {
        self.pass_until(|_, s| runs(s, environment, release) && is_in(s, environment, Phase::Settled))
    }

    /// Passes until this digest is rejected in an environment and nothing is left to do there.
    pub fn until_rolled_back(&mut self, environment: &str, bad: &Digest) -> PassReport {
        self.pass_until(|_, s| env_of(s, environment).rejects(bad) && is_in(s, environment, Phase::Settled))
    }

    /// Releases a version and waits until it is Verified in an environment.
    pub fn verify_in(&mut self, environment: &str, version: &str) -> ReleaseId {
        let release = self.release(version);
        self.until_verified(environment, &release);
        release
    }

    /// Releases a version and brings it to production, approved by `bob`, where it bakes.
    pub fn bake(&mut self, version: &str) -> ReleaseId {
        let release = self.verify_in("staging", version);
        self.until_waits("production", WaitCode::ApprovalNeeded);
        self.approve(&release);
        self.pass_until(|_, s| runs(s, "production", &release) && is_in(s, "production", Phase::Verified));
        release
    }

    /// Releases a version and brings it to the end of the pipeline of the bed, approved by `bob`.
    pub fn deliver(&mut self, version: &str) -> ReleaseId {
        let release = self.bake(version);
        self.pass_until(|_, state| {
            let done = |name: &str| current(state, name).is_some_and(|at| at.phase == Phase::Settled);
            ["dev", "staging", "production"].into_iter().all(|e| runs(state, e, &release) && done(e))
        });
        release
    }
}
