//! S1, S9, S10: the gates before a commit, by the observer's own account.

use std::collections::BTreeSet;

use towpath_core::hold::{Stop, Subject};
use towpath_core::id::{Name, Pid};
use towpath_core::journal::state::{ApprovalRecord, Hold, Release};
use towpath_core::observation::Application;
use towpath_core::pipeline::{Approval, Edge, EdgeMode, EntryGate, Environment};
use towpath_core::time::{Span, Time};

use super::{Checked, Observer};
use crate::sim::releases::is_deployed;
use crate::sim::wiring::HOLDS;

impl Observer {
    /// Whether a hold in force stops this for this release.
    pub(super) fn is_held(&self, key: &Name, release: &Release, stop: Stop, at: Time) -> bool {
        self.is_held_by(&self.account.holds, key, release, stop, at)
    }

    /// Whether one of these holds does.
    pub(super) fn is_held_by(
        &self,
        holds: &[Hold],
        key: &Name,
        release: &Release,
        stop: Stop,
        at: Time,
    ) -> bool {
        holds.iter().any(|h| {
            let about = match &h.subject {
                Subject::All => true,
                Subject::Release(r) => *r == release.r,
                Subject::Digest(digest) => release.images.iter().any(|image| image.digest == *digest),
            };
            about && h.until.is_none_or(|until| until > at) && self.selects(h, key) && h.stops.contains(&stop)
        })
    }

    /// Whether a hold is about an environment.
    pub(super) fn selects(&self, hold: &Hold, key: &Name) -> bool {
        let labels = self.pipeline.environment(key).map(|environment| &environment.labels);
        let has = |(label, value)| labels.and_then(|labels| labels.get(label)) == Some(value);
        let named = hold.select.environments.is_empty() || hold.select.environments.contains(key);
        named && hold.select.labels.iter().all(has)
    }

    /// A person passes a gate by: only what the environment allows counts.
    pub(super) fn passed_by(&mut self, pid: &Pid, gate: &str) -> Checked {
        let gate = EntryGate::parse(gate).ok_or_else(|| format!("S1: {gate} is no gate to pass by"))?;
        self.overridden.entry(pid.clone()).or_default().insert(gate);
        Ok(())
    }

    pub(super) fn gated(
        &self,
        key: &Name,
        release: &Release,
        at: Time,
        past: &BTreeSet<EntryGate>,
    ) -> Checked {
        let environment = self.environment(key)?;
        if let Some(gate) = past.iter().find(|gate| !environment.promotion.overrides.contains(gate)) {
            return Err(format!("S1: {} was passed by in {key}, which allows it to nobody", gate.as_str()));
        }
        self.entry(environment, release, at, past)
    }

    /// The gates, but for those that are passed by.
    pub(super) fn entry(
        &self,
        environment: &Environment,
        release: &Release,
        at: Time,
        past: &BTreeSet<EntryGate>,
    ) -> Checked {
        let key = &environment.name;
        if self.is_held(key, release, Stop::Promotions, at) {
            return Err(format!("S9: {} went to {key} against a hold", release.version()));
        }
        self.upstream(environment, release, at, past)?;
        self.beyond(environment, release, at, past)?;
        let approvals = &self.account.approvals;
        let approved = |gate: &Approval| {
            let who = approvals.values().filter(|a| self.counts(environment, gate, release, a, at));
            who.map(|a| &a.by).collect::<BTreeSet<_>>().len() >= gate.count as usize
        };
        let wanted = !past.contains(&EntryGate::Approval);
        match wanted && !environment.approvals.iter().all(approved) {
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
        // The host decided by its clock, and what is recorded is never earlier than what was recorded before: a window has
        // to be open at both.
        let decided = at.min(self.outside.clock);
        let shut = |time: &Time| self.windows.get(key).is_some_and(|window| !window.is_open(*time));
        let closed = [at, decided].into_iter().find(shut);
        if let Some(time) = closed.filter(|_| !past.contains(&EntryGate::Window)) {
            return Err(format!("S9: {version} went to {key} at {time}, outside its window"));
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
        if asked && self.outside.expression != Some(true) {
            return Err(format!("S1: {version} went to {key}, and its expression is not true"));
        }
        // An answer counts for a while.
        let holds = |yes: Time| decided.since(yes) <= Span::seconds(HOLDS);
        let asked = !environment.entry.http.is_empty() && !past.contains(&EntryGate::Http);
        match asked && !self.outside.said_yes.is_some_and(holds) {
            true => Err(format!("S1: {version} went to {key}, and who is asked has not said yes lately")),
            false => Ok(()),
        }
    }

    fn counts(
        &self,
        environment: &Environment,
        gate: &Approval,
        release: &Release,
        a: &ApprovalRecord,
        at: Time,
    ) -> bool {
        let key = &environment.name;
        let known = !release.authors.is_empty() && !release.authors.contains(&a.by);
        &a.env == key
            && a.r == release.r
            && a.gates == environment.entry_hash()
            && a.n > self.voids.get(key).copied().unwrap_or(0)
            && (known || !gate.not_author)
            && (gate.groups.is_empty() || a.groups.iter().any(|group| gate.groups.contains(group)))
            && a.until.is_none_or(|until| until > at)
    }

    pub(super) fn upstream(
        &self,
        environment: &Environment,
        release: &Release,
        at: Time,
        past: &BTreeSet<EntryGate>,
    ) -> Checked {
        let edges = environment.after.edges.iter();
        let mut answers = edges.map(|edge| self.edge(edge, &environment.name, release, at, past));
        match environment.after.mode {
            EdgeMode::All => answers.collect(),
            EdgeMode::Any => answers.find(Result::is_ok).unwrap_or_else(|| {
                Err(format!("S1: {} went to {} past all edges", release.version(), environment.name))
            }),
        }
    }

    fn edge(
        &self,
        edge: &Edge,
        key: &Name,
        release: &Release,
        at: Time,
        past: &BTreeSet<EntryGate>,
    ) -> Checked {
        let (up, version) = (&edge.environment, release.version());
        let verified = self.is_verified(up, release).map_err(|why| format!("{why}, and went to {key}"));
        if verified.is_err() {
            return if past.contains(&EntryGate::Upstream) { Ok(()) } else { verified };
        }
        let soaked = self.soaks.of(up, &release.images, at).max(self.soaked_as_told(up, release, at));
        // A clock that was ahead since it came there may have said that it ran for so much longer.
        let ahead = self.lead_since(self.account.came(up, &release.r));
        let soaked = Span::seconds(soaked.as_seconds().saturating_add(ahead.as_seconds()));
        if soaked < edge.soak && !past.contains(&EntryGate::Soak) {
            return Err(format!("S1: {version} went to {key} after {soaked} of {} in {up}", edge.soak));
        }
        Ok(())
    }

    /// How long it ran there by an old answer that was given for a new one: nobody can tell it from that.
    fn soaked_as_told(&self, up: &Name, release: &Release, at: Time) -> Span {
        let is_there = |seen: &&Application| {
            let digests = seen.digests.iter().cloned().collect();
            seen.name.as_str().strip_prefix("web-") == Some(up.as_str())
                && is_deployed(&release.images, &digests)
        };
        let told = self.outside.old.iter().filter(is_there).filter_map(|seen| seen.health_since);
        told.map(|since| at.since(since)).max().unwrap_or_default()
    }

    fn is_verified(&self, up: &Name, release: &Release) -> Checked {
        let (version, here) = (release.version(), (up.clone(), release.r.clone()));
        let environment = self.environment(up)?;
        if !self.verified.contains(&here) {
            return Err(format!("S1: {version} is not Verified in {up}"));
        }
        if self.taken_out.contains_key(&here) {
            return Err(format!("S12: a person took {version} out of {up}"));
        }
        let known = self.account.envs.get(up).and_then(|known| known.verified.get(&release.r));
        if environment.revalidate && known.map(|(gates, _)| gates) != Some(&environment.verify_hash()) {
            return Err(format!("S1: {version} is Verified in {up} under other gates"));
        }
        // What policies want of a place is wanted of all that was Verified there before, too.
        let wanted = environment.policies.verify.as_ref();
        let judged = known.and_then(|(_, policy)| policy.as_ref());
        if wanted.is_some() && judged != wanted {
            return Err(format!("S1: {version} is Verified in {up} without what policies want there"));
        }
        match release.images.iter().find(|image| !self.may_verify(environment, &image.digest)) {
            Some(_) => Err(format!("S1: {version} is not well in {up}")),
            None => Ok(()),
        }
    }
}
