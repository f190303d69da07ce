//! S7, S8 and contracts C6 and C9: what is live, Verified and baked really is.

use towpath_core::event::{BakeResult, Cause, RequestKind};
use towpath_core::hold::Stop;
use towpath_core::id::{Digest, GateHash, GateName, Name, Pid, ReleaseId};
use towpath_core::journal::state::{Current, Hold, Release, Request, Run};
use towpath_core::observation::Health;
use towpath_core::pipeline::{Environment, GateKind};
use towpath_core::time::{Span, Time};
use towpath_core::verdict::Verdict;

use super::account::Trial;
use super::{Checked, Observer, Scene};
use crate::ports::{MetricQuery, Metrics as _};
use crate::sim::cluster::Deployed;
use crate::sim::releases::{Nature, is_deployed};

/// A failure that is found later than this is held.
const LATE: Span = Span::seconds(20 * 60);

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

    /// S7: a gate begins under the definition of now.
    pub(super) fn started(&self, env: &Name, gate: &GateName, gates: &GateHash) -> Checked {
        let environment = self.environment(env)?;
        let bake = environment.bake.iter().flat_map(|bake| &bake.gates);
        let defined = environment.verify.iter().chain(bake).find(|defined| &defined.name == gate);
        match defined.is_some_and(|defined| &defined.hash() == gates) {
            true => Ok(()),
            false => Err(format!("S7: {gate} began in {env} under a definition that is not the one of now")),
        }
    }

    /// S7, S8: a verdict is the first of the try that began, under the same gates, and the runner says the same of these
    /// digests in this environment.
    pub(super) fn judged(
        &self,
        scene: &Scene<'_>,
        (env, pid, gate): (&Name, &Pid, &GateName),
        (attempt, gates): (u32, &GateHash),
        (verdict, when): (Verdict, Time),
    ) -> Checked {
        let trial = self.account.trial(pid, gate);
        let begun = |t: &&Trial| t.attempt == attempt && &t.gates == gates && t.verdict.is_none();
        let Some(trial) = trial.filter(begun) else {
            return Err(format!(
                "S7: {gate} is {verdict:?} in {env}, and try {attempt} did not begin, or has ended"
            ));
        };
        let Some(handle) = trial.handle.as_ref().filter(|_| !gate.as_str().starts_with("bake/")) else {
            return self.is_as_read((env, gate), trial, (verdict, when));
        };
        if !matches!(verdict, Verdict::Passed | Verdict::Failed) {
            return Ok(());
        }
        let there = scene.after.envs.get(env).and_then(|e| e.at.as_ref());
        let release =
            there.filter(|at| at.pid.as_ref() == Some(pid)).and_then(|at| scene.after.release(&at.r));
        let said = scene.qa.verdict(handle);
        let same = said.as_ref().zip(release).is_some_and(|((request, said), release)| {
            let digests = release.images.iter().map(|i| (i.name.clone(), i.digest.clone())).collect();
            (*said, &request.pid, &request.environment, &request.digests) == (verdict, pid, env, &digests)
        });
        match same {
            true => Ok(()),
            false => Err(format!("S7: {gate} is {verdict:?} in {env}, and the runner says {said:?}")),
        }
    }

    /// S7, S8: a metric's verdict is what there was to read, as of the pass that gave it, from when its gate began until its
    /// window ended, and of nothing before that. A clock that was ahead meanwhile may have read what never came to be.
    fn is_as_read(
        &self,
        (env, gate): (&Name, &GateName),
        trial: &Trial,
        (verdict, when): (Verdict, Time),
    ) -> Checked {
        let environment = self.outside.pipeline.environment(env);
        let gates = |e: &Environment| {
            let bake = e.bake.iter().flat_map(|bake| &bake.gates);
            e.verify.iter().chain(bake).find(|g| &g.name == gate && g.hash() == trial.gates).cloned()
        };
        let Some(GateKind::Metric(metric)) = environment.and_then(gates).map(|gate| gate.kind) else {
            return Ok(());
        };
        let end = trial.since.plus(metric.window);
        if self.has_lead_within(trial.since, end.max(when)) {
            return Ok(());
        }
        // Not what there is to read by now: errors that began while the verdict was on its way count from the very second in
        // which it was given.
        let samples = self.outside.metrics.range(&MetricQuery {
            expression: metric.query.clone(),
            from: trial.since.plus(metric.interval),
            to: end.min(when),
            step: metric.interval,
        });
        let samples = samples.unwrap_or_default();
        let beyond = |v: f64| metric.max.is_some_and(|max| v > max) || metric.min.is_some_and(|min| v < min);
        let numbers = samples.iter().map(|sample| sample.value).filter(|value| value.is_finite());
        let (bad, good): (Vec<f64>, Vec<f64>) = numbers.partition(|value| beyond(*value));
        let (bad, good) = (bad.len(), good.len());
        let failed = bad > metric.failure_limit as usize;
        let fits = match verdict {
            Verdict::Failed => failed,
            Verdict::Passed => !failed && when >= end && good >= metric.min_samples as usize,
            Verdict::Error | Verdict::Inconclusive => true,
        };
        match fits {
            true => Ok(()),
            false => Err(format!(
                "S7: {gate} is {verdict:?} in {env}, and since {} there were {good} good samples and {bad} bad",
                trial.since
            )),
        }
    }

    /// What is Verified really passed, for these very digests in this very environment, under the gates that it says.
    pub(super) fn verified(
        &mut self,
        scene: &Scene<'_>,
        env: &Name,
        pid: &Pid,
        r: &ReleaseId,
        gates: &GateHash,
    ) -> Checked {
        let release = scene.after.release(r).ok_or_else(|| format!("S7: {r} is Verified and unknown"))?;
        let environment = self.environment(env)?;
        let version = release.version();
        if let Some(image) = release.images.iter().find(|i| !self.may_verify(environment, &i.digest)) {
            return Err(format!("S8: {} is Verified in {env}, and it is not well there", image.version()));
        }
        let mut hashes = Vec::new();
        for gate in environment.verify.iter().map(|gate| &gate.name) {
            let trial = self.account.trial(pid, gate);
            let Some(trial) = trial.filter(|trial| trial.verdict == Some(Verdict::Passed)) else {
                return Err(format!("S7: {version} is Verified in {env}, and {gate} did not pass"));
            };
            hashes.push(format!("{gate} {}", trial.gates));
        }
        hashes.sort();
        if &GateHash::of(&hashes) != gates {
            return Err(format!(
                "S7: {version} is Verified in {env} under other gates than those that it passed"
            ));
        }
        let here = (env.clone(), r.clone());
        self.taken_out.remove(&here);
        self.verified.insert(here);
        Ok(())
    }

    pub(super) fn has_failed(
        &mut self,
        scene: &Scene<'_>,
        (env, pid, gate): (&Name, &Pid, Option<&GateName>),
        when: Time,
    ) -> Checked {
        let at = scene.before.and_then(|s| s.envs.get(env)).and_then(|e| e.at.as_ref());
        let Some(at) = at.filter(|at| at.pid.as_ref() == Some(pid)) else { return Ok(()) };
        self.forget_soak(scene, env, &at.r);
        self.verified.remove(&(env.clone(), at.r.clone()));
        if at.cause == Cause::Rollback {
            self.unheld.insert(env.clone(), pid.clone());
        }
        self.is_held_when_late(scene, env, gate.and_then(|gate| at.runs.get(gate)), when)
    }

    /// Contract C11: what failed long before it was found does not go back by itself.
    fn is_held_when_late(&self, scene: &Scene<'_>, env: &Name, run: Option<&Run>, when: Time) -> Checked {
        // Every gate has failed by its deadline, if it fails.
        let late = run.is_some_and(|run| run.deadline.plus(LATE) < when);
        let stops = |hold: &Hold| self.selects(hold, env) && hold.stops.contains(&Stop::Rollbacks);
        match late && !scene.after.holds.iter().any(stops) {
            true => Err(format!("C11: {env} failed long ago, was found to only now, and is not held")),
            false => Ok(()),
        }
    }

    /// C6: what is recorded as live really runs, from our commit or a later one, healthy for long enough.
    pub(super) fn live(&self, scene: &Scene<'_>, env: &Name, pid: &Pid, when: Time) -> Checked {
        let at = scene.after.envs.get(env).and_then(|e| e.at.as_ref());
        let Some(at) = at.filter(|at| at.pid.as_ref() == Some(pid)) else { return Ok(()) };
        let Some(release) = scene.after.release(&at.r) else { return Ok(()) };
        let version = release.version();
        // What is recorded may have been seen a while ago: by an old answer, or by a push that arrived late. An answer from
        // before this was promoted, or was last said not to be live, is of something else.
        let floor =
            self.account.envs.get(env).and_then(|known| known.there.as_ref()).map(|there| there.floor);
        let of_here =
            self.outside.old.iter().filter(|a| a.name.as_str().strip_prefix("web-") == Some(env.as_str()));
        let old = of_here.filter_map(|application| application.reconciled_at);
        let old = old.filter(|at| floor.is_none_or(|floor| *at >= floor));
        // A clock that is ahead, or a journal that is, names a time that has not come: what ran when the pass began counts.
        let then = when.min(self.outside.now);
        let since = old.chain([then]).min().unwrap_or(then);
        let seen: Vec<Deployed> = scene.cluster.ran_since(env, since).cloned().collect();
        let proofs =
            seen.iter().map(|there| self.is_proof(scene, (env, &version), (at, release, there), when));
        let missing = Err("C6: something is live where nothing runs".to_owned());
        // Of what it ran since then, one is enough; the last that is not is told.
        proofs.fold(missing, |found, proof| if found.is_ok() { found } else { proof })
    }

    /// Whether what ran proves that a release was live.
    fn is_proof(
        &self,
        scene: &Scene<'_>,
        (env, version): (&Name, &str),
        (at, release, there): (&Current, &Release, &Deployed),
        when: Time,
    ) -> Checked {
        if !is_deployed(&release.images, &there.digests) {
            return Err(format!(
                "S1: {version} is recorded as live in {env}, which runs {:?}",
                there.digests
            ));
        }
        // After a rewritten history the newest commit that is accounted for stands for ours: the one before this push,
        // which may bring a newer one for another environment.
        let known = scene.before.unwrap_or(scene.after);
        let seen = known.seen.get(self.pipeline.repository.branch.as_str()).map(|seen| &seen.commit);
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

    /// C9: a bake is cut short by what read its gates. On a host without atomic push that is the promotion when it is
    /// journalled, and it is judged there: the cut is recorded when the promotion is found to have landed, and by then nothing
    /// is left to decide, so nothing has to be read.
    pub(super) fn baked(&self, scene: &Scene<'_>, env: &Name, result: BakeResult) -> Checked {
        match result == BakeResult::Cut && !self.account.is_coming(env) {
            true => self.cuts_what_it_read(scene, env),
            false => Ok(()),
        }
    }

    /// C9: what is baking can be read by what cuts it short, which a provider that is down cannot let it do.
    pub(super) fn cuts_what_it_read(&self, scene: &Scene<'_>, env: &Name) -> Checked {
        let watched = self.environment(env)?.bake.as_ref().is_some_and(|bake| !bake.gates.is_empty());
        let before = scene.before.and_then(|s| s.envs.get(env));
        // A person ends a bake that cannot be read, or takes its release out.
        let resumed = |q: &Request| &q.env == env && q.kind == RequestKind::Resume;
        let asked = scene.before.is_some_and(|s| s.requests.iter().any(resumed));
        let run = |(gate, run): (&GateName, &Run)| {
            gate.as_str().starts_with("bake/") && run.verdict == Some(Verdict::Passed)
        };
        let passed = before.and_then(|e| e.at.as_ref()).is_some_and(|at| at.runs.iter().any(run));
        let otherwise = before.is_some_and(|e| e.pin.is_some() || e.proposed.is_some());
        let blind = self.outside.unread && watched && !passed;
        match blind && !asked && !otherwise {
            true => Err(format!("C9: the bake in {env} was cut short, and nobody could read it")),
            false => Ok(()),
        }
    }
}
