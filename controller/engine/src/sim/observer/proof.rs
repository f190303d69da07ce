//! S7, S8 and contracts C6 and C9: what is live, Verified and baked really is.

use towpath_core::event::BakeResult;
use towpath_core::id::{Digest, Name, Pid, ReleaseId};
use towpath_core::observation::Health;
use towpath_core::pipeline::{Environment, GateKind};
use towpath_core::time::Time;
use towpath_core::verdict::Verdict;

use super::{Checked, Observer, Scene};
use crate::sim::releases::{Nature, is_deployed};

impl Observer {
    /// Whether the truth about an image allows it to be Verified in an environment.
    pub(super) fn may_verify(&self, environment: &Environment, digest: &Digest) -> bool {
        let nature = self.natures.get(digest).copied().unwrap_or(Nature::Good);
        let first = environment.name.as_str() == "dev";
        let passes = |kind: &GateKind| match kind {
            GateKind::Qa(qa) if qa.template == "regression" => {
                !matches!(nature, Nature::FailsQa | Nature::BreaksQa)
            }
            GateKind::Qa(_) => true,
            GateKind::Metric(_) => first || !matches!(nature, Nature::Errors | Nature::Silent),
        };
        (!first || nature != Nature::Sick) && environment.verify.iter().all(|gate| passes(&gate.kind))
    }

    /// What is Verified really passed, for these very digests in this very environment.
    pub(super) fn verified(&mut self, scene: &Scene<'_>, env: &Name, r: &ReleaseId) -> Checked {
        let release = scene.after.release(r).ok_or_else(|| format!("S7: {r} is Verified and unknown"))?;
        let environment = self.environment(env)?;
        if let Some(image) = release.images.iter().find(|i| !self.may_verify(environment, &i.digest)) {
            return Err(format!("S8: {} is Verified in {env}, and it is not well there", image.version()));
        }
        for gate in &environment.verify {
            let GateKind::Qa(qa) = &gate.kind else { continue };
            let passed = scene.qa.verdicts().into_iter().any(|(request, verdict)| {
                request.template == qa.template
                    && &request.environment == env
                    && verdict == Verdict::Passed
                    && release.images.iter().all(|i| request.digests.values().any(|d| d == &i.digest))
            });
            if !passed {
                let version = release.version();
                return Err(format!("S7: {version} is Verified in {env} without a passed QA run"));
            }
        }
        let here = (env.clone(), r.clone());
        self.taken_out.remove(&here);
        self.verified.insert(here);
        Ok(())
    }

    pub(super) fn has_failed(&mut self, scene: &Scene<'_>, env: &Name, pid: &Pid) -> Checked {
        let at = scene.before.and_then(|s| s.envs.get(env)).and_then(|e| e.at.as_ref());
        if let Some(at) = at.filter(|at| at.pid.as_ref() == Some(pid)) {
            self.verified.remove(&(env.clone(), at.r.clone()));
        }
        Ok(())
    }

    /// C6: what is recorded as live really runs, from our commit or a later one, healthy for long enough.
    pub(super) fn live(&self, scene: &Scene<'_>, env: &Name, pid: &Pid, when: Time) -> Checked {
        let at = scene.after.envs.get(env).and_then(|e| e.at.as_ref());
        let Some(at) = at.filter(|at| at.pid.as_ref() == Some(pid)) else { return Ok(()) };
        let Some(release) = scene.after.release(&at.r) else { return Ok(()) };
        let version = release.version();
        let there = scene.cluster.runs(env).ok_or("C6: something is live where nothing runs")?;
        if !is_deployed(&release.images, &there.digests) {
            return Err(format!(
                "S1: {version} is recorded as live in {env}, which runs {:?}",
                there.digests
            ));
        }
        // After a rewritten history the newest commit that is accounted for stands for ours.
        let seen = scene.after.seen.get(self.pipeline.repository.branch.as_str()).map(|seen| &seen.commit);
        let ours = [Some(&at.commit), seen];
        if !ours.into_iter().flatten().any(|commit| scene.host.contains(&there.revision, commit)) {
            return Err(format!("C6: {version} is recorded as live in {env} before it was synced"));
        }
        let stable = self.environment(env)?.stable;
        match there.health == Health::Healthy && there.health_since.plus(stable) <= when {
            true => Ok(()),
            false => Err(format!(
                "C6: {version} is recorded as live in {env}, which is {:?} since {}",
                there.health, there.health_since
            )),
        }
    }

    /// C9: a bake is cut short only by what read its gates, which a provider that is down cannot let it do.
    pub(super) fn baked(&self, scene: &Scene<'_>, env: &Name, result: BakeResult) -> Checked {
        let watched = self.environment(env)?.bake.as_ref().is_some_and(|bake| !bake.gates.is_empty());
        let before = scene.before.and_then(|s| s.envs.get(env));
        // A person ends a bake that cannot be read, or takes its release out.
        let asked = scene.before.is_some_and(|s| s.requests.iter().any(|q| &q.env == env));
        let passed = before.and_then(|e| e.at.as_ref()).is_some_and(|at| {
            let run = |(gate, run): (&towpath_core::id::GateName, &towpath_core::journal::state::Run)| {
                gate.as_str().starts_with("bake/") && run.verdict == Some(Verdict::Passed)
            };
            at.runs.iter().any(run)
        });
        let pinned = before.is_some_and(|e| e.pin.is_some());
        let merged = before.is_some_and(|e| e.proposed.is_some());
        let blind = scene.cluster.metrics_down && watched && !passed;
        match result == BakeResult::Cut && blind && !asked && !pinned && !merged {
            true => Err(format!("C9: the bake in {env} was cut short, and nobody could read it")),
            false => Ok(()),
        }
    }
}
