//! S1, S9, S10: the gates before a commit, by the observer's own account.

use std::collections::{BTreeMap, BTreeSet};

use towpath_core::hold::Stop;
use towpath_core::id::{Name, Pid};
use towpath_core::journal::State;
use towpath_core::journal::state::{ApprovalRecord, Release};
use towpath_core::pipeline::{Edge, EdgeMode, EntryGate, Environment};
use towpath_core::time::Time;

use super::{Checked, Observer};

/// Whether a hold in force stops promotions of this release.
pub(super) fn is_held(state: &State, key: &Name, release: &Release, at: Time) -> bool {
    state.holds.iter().any(|h| {
        h.until.is_none_or(|until| until > at)
            && h.select.matches(key, &BTreeMap::new())
            && h.subject.matches(&release.r, &release.images)
            && h.stops.contains(&Stop::Promotions)
    })
}

impl Observer {
    /// A person passes a gate by: only what the environment allows counts.
    pub(super) fn passed_by(&mut self, pid: &Pid, gate: &str) -> Checked {
        let gate = EntryGate::parse(gate).ok_or_else(|| format!("S1: {gate} is no gate to pass by"))?;
        self.overridden.entry(pid.clone()).or_default().insert(gate);
        Ok(())
    }

    pub(super) fn gated(
        &self,
        state: &State,
        key: &Name,
        release: &Release,
        at: Time,
        past: &BTreeSet<EntryGate>,
    ) -> Checked {
        let environment = self.environment(key)?;
        if is_held(state, key, release, at) {
            return Err(format!("S9: {} went to {key} against a hold", release.version()));
        }
        if let Some(gate) = past.iter().find(|gate| !environment.promotion.overrides.contains(gate)) {
            return Err(format!("S1: {} was passed by in {key}, which allows it to nobody", gate.as_str()));
        }
        self.upstream(state, environment, release, at, past)?;
        self.beyond(environment, release, at, past)?;
        let approved = || state.approvals.iter().any(|a| self.counts(environment, key, release, a, at));
        let wanted = !environment.approvals.is_empty() && !past.contains(&EntryGate::Approval);
        match wanted && !approved() {
            true => Err(format!("S10: {} went to {key} unapproved", release.version())),
            false => Ok(()),
        }
    }

    /// The gates that time, other pipelines and expressions decide.
    fn beyond(
        &self,
        environment: &Environment,
        release: &Release,
        at: Time,
        past: &BTreeSet<EntryGate>,
    ) -> Checked {
        let (key, version) = (&environment.name, release.version());
        // What is recorded is never earlier than what was recorded before; the host decided by its clock.
        let decided = at.min(self.outside.clock);
        let closed = self.windows.get(key).is_some_and(|window| !window.is_open(decided));
        if closed && !past.contains(&EntryGate::Window) {
            return Err(format!("S9: {version} went to {key} at {decided}, outside its window"));
        }
        let there = self.outside.others.values().next();
        let gates = environment.entry.dependencies.iter();
        let missing = gates.filter(|_| !past.contains(&EntryGate::Dependency)).any(|gate| {
            !there.is_some_and(|o| {
                o.live_since.is_some() && (o.verified || !gate.verified) && !o.version.starts_with("1.")
            })
        });
        if missing {
            return Err(format!("S1: {version} went to {key} without what it depends on: {there:?}"));
        }
        let asked = !environment.entry.expressions.is_empty() && !past.contains(&EntryGate::Expression);
        match asked && self.outside.expression != Some(true) {
            true => Err(format!("S1: {version} went to {key}, and its expression is not true")),
            false => Ok(()),
        }
    }

    fn counts(
        &self,
        environment: &Environment,
        key: &Name,
        release: &Release,
        a: &ApprovalRecord,
        at: Time,
    ) -> bool {
        &a.env == key
            && a.r == release.r
            && a.gates == environment.entry_hash()
            && a.n > self.voids.get(key).copied().unwrap_or(0)
            && !release.authors.is_empty()
            && !release.authors.contains(&a.by)
            && a.until.is_none_or(|until| until > at.min(self.outside.clock))
    }

    fn upstream(
        &self,
        state: &State,
        environment: &Environment,
        release: &Release,
        at: Time,
        past: &BTreeSet<EntryGate>,
    ) -> Checked {
        let edges = environment.after.edges.iter();
        let mut answers = edges.map(|edge| self.edge(state, edge, &environment.name, release, at, past));
        match environment.after.mode {
            EdgeMode::All => answers.collect(),
            EdgeMode::Any => answers.find(Result::is_ok).unwrap_or_else(|| {
                Err(format!("S1: {} went to {} past all edges", release.version(), environment.name))
            }),
        }
    }

    fn edge(
        &self,
        state: &State,
        edge: &Edge,
        key: &Name,
        release: &Release,
        at: Time,
        past: &BTreeSet<EntryGate>,
    ) -> Checked {
        let (up, version) = (&edge.environment, release.version());
        let verified =
            self.is_verified(state, up, release).map_err(|why| format!("{why}, and went to {key}"));
        if verified.is_err() {
            return if past.contains(&EntryGate::Upstream) { Ok(()) } else { verified };
        }
        let soaked = state.envs.get(up).and_then(|env| env.soak_of(&release.r, at)).unwrap_or_default();
        if soaked < edge.soak && !past.contains(&EntryGate::Soak) {
            return Err(format!("S1: {version} went to {key} after {soaked} of {} in {up}", edge.soak));
        }
        Ok(())
    }

    fn is_verified(&self, state: &State, up: &Name, release: &Release) -> Checked {
        let (version, here) = (release.version(), (up.clone(), release.r.clone()));
        let environment = self.environment(up)?;
        if !self.verified.contains(&here) {
            return Err(format!("S1: {version} is not Verified in {up}"));
        }
        if self.taken_out.contains(&here) {
            return Err(format!("S12: a person took {version} out of {up}"));
        }
        let gates = state.envs.get(up).and_then(|env| env.ok.get(&release.r)).map(|ok| &ok.gates);
        if environment.revalidate && gates != Some(&environment.verify_hash()) {
            return Err(format!("S1: {version} is Verified in {up} under other gates"));
        }
        match release.images.iter().find(|image| !self.may_verify(environment, &image.digest)) {
            Some(_) => Err(format!("S1: {version} is not well in {up}")),
            None => Ok(()),
        }
    }
}
