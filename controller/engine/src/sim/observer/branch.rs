//! S2, S4, S11, S12: what happens to the branch.

use std::collections::BTreeSet;

use towpath_core::decide::LANDING;
use towpath_core::event::{Cause, Event, Undoing};
use towpath_core::hold::Stop;
use towpath_core::id::{ActId, CommitId, Name, Pid, ReleaseId, RepoPath};
use towpath_core::journal::State;
use towpath_core::journal::state::{EnvironmentState, Hold, Phase, Release};
use towpath_core::pipeline::EntryGate;
use towpath_core::time::{Span, Time};

use super::{Checked, Observer, Scene};
use crate::memory::MemoryHost;
use crate::sim::releases::{deployed, is_deployed, of_neighbour};
use crate::sim::wiring::path_of;

/// How far a host's clock may be behind the journal.
const BEHIND: Span = Span::seconds(60);

impl Observer {
    /// The branch only ever moves on from the tip that the edit was computed on, by commits that the journal has.
    pub(super) fn branch_moved(
        &mut self,
        host: &MemoryHost,
        old: Option<&CommitId>,
        new: &CommitId,
        now: Time,
    ) -> Checked {
        if let Some(old) = old.filter(|old| !host.contains(new, old)) {
            return Err(format!("S4: the branch went from {old} to {new}, which does not contain it"));
        }
        if self.lost {
            return Err(
                "S1: a promotion landed although the journal is lost and nobody confirmed it".to_owned()
            );
        }
        let (mut at, mut against) = (new.clone(), BTreeSet::new());
        while Some(&at) != old {
            let Some(pid) = self.journalled.get(&at).cloned() else {
                return Err(format!("S11: {at} landed, and the journal does not know it"));
            };
            against.extend(self.held_against(&pid, now));
            match self.given_up.get(&pid) {
                None => self.landed(&pid, &at)?,
                // Nothing in git tells a true time, so that nobody can know that it is given up too soon: it comes as a
                // stranger's, and hosts have to take it for one.
                Some(true) => self.foreign(&at),
                Some(false) => return Err(format!("S2: {pid} landed as {at} after it was given up")),
            }
            at = host
                .info(&at)
                .and_then(|c| c.parents.first().cloned())
                .ok_or("S4: the branch was replaced")?;
        }
        self.is_the_only_one(against)
    }

    /// The holds against which a promotion lands that was journalled before they came: on a host without atomic push it may
    /// have been on its way by then.
    fn held_against(&self, pid: &Pid, now: Time) -> BTreeSet<ActId> {
        let Some((env, there)) = self.account.coming(pid) else { return BTreeSet::new() };
        let release = self.journal.as_ref().and_then(|(_, state)| state.release(&there.r));
        let stop = if there.cause == Cause::Rollback { Stop::Rollbacks } else { Stop::Promotions };
        let holds = self.account.holds.iter();
        let against = |hold: &&Hold| {
            let one = std::slice::from_ref(*hold);
            release.is_some_and(|release| self.is_held_by(one, env, release, stop, now))
        };
        holds.filter(against).map(|hold| hold.id.clone()).collect()
    }

    /// S9: of all that was on its way when a hold came, one push lands: they all go on from the same tip.
    fn is_the_only_one(&mut self, against: BTreeSet<ActId>) -> Checked {
        match against.into_iter().find(|hold| !self.landed_against.insert(hold.clone())) {
            Some(hold) => Err(format!("S9: a second push landed against {hold}")),
            None => Ok(()),
        }
    }

    /// S2: one landed commit for one id.
    fn landed(&mut self, pid: &Pid, commit: &CommitId) -> Checked {
        match self.pids.insert(pid.clone(), commit.clone()).filter(|other| other != commit) {
            Some(other) => Err(format!("S2: {pid} landed as {other} and as {commit}")),
            None => Ok(()),
        }
    }

    pub(super) fn promoted(&mut self, scene: &Scene<'_>, event: &Event, at: Time) -> Checked {
        let Event::Promoted { pid, env, r, cause, commit, base, q, from, landed, .. } = event else {
            return Ok(());
        };
        let state = scene.before.ok_or("S11: a promotion without a journal before it")?;
        self.promotions += 1;
        self.rollbacks += u64::from(*cause == Cause::Rollback);
        self.in_production += u64::from(env.as_str() == "production");
        if event.is_automatic_rollback() {
            self.is_no_storm(scene, pid, env, at)?;
        }
        let other = self.journalled.insert(commit.clone(), pid.clone());
        if let Some(other) = other.filter(|other| self.given_up.contains_key(other)) {
            return Err(format!(
                "S2: {commit} was given up with {other}, and is journalled again with {pid}"
            ));
        }
        let release = state.release(r).ok_or_else(|| format!("S1: {r} is unknown to the journal"))?;
        let known = state.envs.get(env).ok_or_else(|| format!("S1: {env} is unknown to the journal"))?;
        if self.foreign.borrow().contains(commit) {
            // A person merged it; what kept it from being merged was said by its check.
            return self.landed(pid, commit);
        }
        if q.is_none() && at > self.outside.clock.plus(BEHIND) {
            return Err(format!(
                "S9: {env} was promoted to at {at} by a host whose clock says {}",
                self.outside.clock
            ));
        }
        self.account.starts_from(env, from.as_ref())?;
        let bakes = known.at.as_ref().is_some_and(|at| at.phase == Phase::Verified);
        if bakes && !landed && *cause != Cause::Rollback {
            self.cuts_what_it_read(scene, env)?;
        }
        goes_to(scene.host, env, release, (commit, base))?;
        nothing_foreign_is_overwritten(scene.host, state, known, base, q.as_ref())?;
        nothing_else_is_written(scene.host, env, commit)?;
        // What a person put there instead is no failed rollback.
        let there = self.account.envs.get(env).and_then(|known| known.there.as_ref());
        let failed =
            self.unheld.get(env).filter(|pid| there.and_then(|there| there.pid.as_ref()) == Some(pid));
        if *cause == Cause::Auto && failed.is_some() {
            return Err(format!(
                "C11: {env} took {} by itself after a rollback failed there",
                release.version()
            ));
        }
        match cause {
            Cause::Auto => self.automatic(state, env, release, at),
            Cause::Manual => {
                let past = self.overridden.get(pid).cloned().unwrap_or_default();
                self.gated(env, release, at, &past)
            }
            Cause::Rollback => self.rolled_back(state, env, release, q.is_some(), at),
        }
    }

    /// A pull request is opened under the rules of a promotion.
    pub(super) fn proposed(
        &self,
        scene: &Scene<'_>,
        (env, r, pid): (&Name, &ReleaseId, &Pid),
        at: Time,
    ) -> Checked {
        let state = scene.before.ok_or("S11: a proposal without a journal before it")?;
        let release = state.release(r).ok_or_else(|| format!("S1: {r} is unknown to the journal"))?;
        match self.account.asked(env, r) {
            None => self.automatic(state, env, release, at),
            Some(_) => self.gated(env, release, at, &self.past(env, r, pid)),
        }
    }

    /// The gates that people pass by with a pull request. What they asked for may not be allowed any more, since a policy
    /// came: then nothing is passed by, and the gate has to hold like any other.
    pub(super) fn past(&self, env: &Name, r: &ReleaseId, pid: &Pid) -> BTreeSet<EntryGate> {
        let environment = self.environment(env).ok();
        let allowed = |gate: &EntryGate| environment.is_some_and(|e| e.promotion.overrides.contains(gate));
        let named = self.account.asked(env, r).into_iter().flat_map(|q| &q.overrides);
        let named = named.filter_map(|text| EntryGate::parse(text.split(' ').next()?)).filter(allowed);
        self.overridden.get(pid).into_iter().flatten().copied().chain(named).collect()
    }

    /// Whether a promotion is given up before its push was sure to be over, by a host whose clock says that it was.
    fn is_too_soon(&self, pid: &Pid, at: Time) -> bool {
        let over = self.account.coming_since(pid).map(|journalled| journalled.plus(LANDING));
        // The journal's time may be that of another clock, and this host may have slept since it decided.
        let decided = at.min(self.outside.clock);
        let truly = Time::from_unix(decided.unix() - i64::from(self.outside.ahead.as_seconds()));
        over.is_some_and(|over| truly < over && over <= decided)
    }

    /// S2: what was given up is not on the branch.
    ///
    /// Where it was given up too soon, it may arrive before the news of that does, which was written before: then it comes
    /// as a stranger's, too.
    fn given_up_unlanded(&mut self, scene: &Scene<'_>, pid: &Pid, too_soon: bool) -> Checked {
        let is_on = |tip: Option<&CommitId>, c: &CommitId| tip.is_some_and(|t| scene.host.contains(t, c));
        let mut own = self.journalled.iter().filter(|(_, other)| *other == pid).map(|(commit, _)| commit);
        let Some(commit) = own.find(|c| is_on(scene.branch, c)).cloned() else { return Ok(()) };
        let seen = scene.host.tip_when_written(&self.pipeline.repository.branch, scene.commit);
        if !too_soon || is_on(seen.as_ref(), &commit) {
            return Err(format!("S2: {pid} was given up, and its commit {commit} is on the branch"));
        }
        self.pids.remove(pid);
        self.foreign(&commit);
        Ok(())
    }

    /// What was given up is not on the branch, and a closed pull request is a person's no.
    pub(super) fn undone(&mut self, scene: &Scene<'_>, pid: &Pid, why: Undoing, at: Time) -> Checked {
        self.went_back.remove(pid);
        let too_soon = self.is_too_soon(pid, at);
        self.given_up_unlanded(scene, pid, too_soon)?;
        let proposed = |(key, env): (&Name, &EnvironmentState)| {
            let open = env.proposed.as_ref().filter(|open| &open.pid == pid)?;
            Some((key.clone(), open.r.clone()))
        };
        let ended = scene.before.iter().flat_map(|s| s.envs.iter()).find_map(proposed);
        // A pull request is no promotion yet and uses no try: what comes instead of it has its id.
        if ended.is_none() {
            self.given_up.insert(pid.clone(), too_soon);
        }
        let Some((env, r)) = ended.filter(|_| why == Undoing::Closed) else { return Ok(()) };
        let release = scene.after.release(&r).ok_or("S11: a closed proposal's release is gone")?;
        match self.is_held_by(&scene.after.holds, &env, release, Stop::Promotions, scene.after.at) {
            true => Ok(()),
            false => Err(format!("S12: {} was closed for {env}, and may come again", release.version())),
        }
    }
}

/// C8: a promotion changes the file of its environment and nothing else.
fn nothing_else_is_written(host: &MemoryHost, env: &Name, commit: &CommitId) -> Checked {
    let parent = host.info(commit).and_then(|info| info.parents.first().cloned());
    let parent = parent.ok_or("S4: a promotion has no parent")?;
    let (own, before, after) = (path_of(env.as_str())?, host.all_files(&parent), host.all_files(commit));
    // Another pipeline may have its image in the same file.
    let others = |files: Vec<(RepoPath, Vec<u8>)>| -> Vec<(RepoPath, Vec<u8>)> {
        let of = |(path, bytes): (RepoPath, Vec<u8>)| match path == own {
            true => (path, of_neighbour(&String::from_utf8_lossy(&bytes)).into_bytes()),
            false => (path, bytes),
        };
        files.into_iter().map(of).collect()
    };
    match others(before) == others(after) {
        true => Ok(()),
        false => Err(format!("C8: {commit} is a promotion in {env}, and changes what is not its own")),
    }
}

/// S4, S11: the commit stands on the tip that it names, and deploys what its event says, here and nowhere else.
fn goes_to(
    host: &MemoryHost,
    env: &Name,
    release: &Release,
    (commit, base): (&CommitId, &CommitId),
) -> Checked {
    let info = host.info(commit).ok_or_else(|| format!("S11: {commit} is journalled, and is nowhere"))?;
    if info.parents.first() != Some(base) {
        return Err(format!("S4: {commit} was made on {:?}, and its event says {base}", info.parents));
    }
    let there = host.file(commit, &path_of(env.as_str())?);
    let there = there.map(|b| deployed(&String::from_utf8_lossy(&b))).unwrap_or_default();
    match release.images.is_empty() || is_deployed(&release.images, &there) {
        true => Ok(()),
        false => Err(format!("S11: {commit} brings {there:?} to {env}, and says {}", release.version())),
    }
}

/// S12: a person's value is never overwritten unless a person asked for it.
fn nothing_foreign_is_overwritten(
    host: &MemoryHost,
    state: &State,
    env: &EnvironmentState,
    base: &CommitId,
    asked: Option<&ActId>,
) -> Checked {
    let name = &env.config.name;
    let there = host.file(base, &path_of(name.as_str())?);
    let there = there.map(|b| deployed(&String::from_utf8_lossy(&b))).unwrap_or_default();
    let expected = env.at.as_ref().and_then(|at| state.release(&at.r));
    if asked.is_some() || expected.is_some_and(|r| is_deployed(&r.images, &there)) {
        return Ok(());
    }
    Err(format!("S12: {name} said {there:?} by a person's commit, and it was overwritten"))
}
