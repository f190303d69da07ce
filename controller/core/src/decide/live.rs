//! Rules of contract C6: live means proven.

use super::answer::{Effect, Source, WaitCode, When};
use super::{Rule, View};
use crate::event::{Event, FailedPhase};
use crate::journal::state::{Current, Phase};
use crate::museum::{Bug, planted};
use crate::observation::{Application, Health};
use crate::pipeline::{ApplicationRef, Proof};
use crate::time::Time;

/// What the Applications together say of a promotion.
enum Presence {
    /// It runs, healthy without a break since then.
    Live(Time),
    /// It runs and is healthy, but not long enough: look again at that time.
    Stabilizing(Time),
    /// It does not run yet, or something else does.
    Absent(String),
    /// It runs and is Degraded since then.
    Degraded(Time),
    /// Nobody can tell.
    Unknown(String),
}

/// For people: nobody says what is live.
const ASK: &str = "see that what tells what is live can be asked; it is asked again by itself";

impl View<'_> {
    /// Proves that the promotion runs, or notices that it does not any more.
    pub(super) fn prove_live(&self) -> Rule {
        let Some(at) = self.in_phase(&[Phase::Syncing, Phase::Verifying, Phase::Verified, Phase::Settled])
        else {
            return Rule::Pass;
        };
        if !super::wants_liveness(self.world.pipeline, &self.environment.name, self.env) {
            return Rule::Pass;
        }
        if let Some(rule) = self.other_bytes_changed(at) {
            return rule;
        }
        if planted(Bug::NoOpSkipsHealth) && at.live.is_none() && at.from.as_ref() == Some(&at.r) {
            return self.record_live(at, at.floor());
        }
        match (self.presence(at), &at.live) {
            (Presence::Live(since), None) => self.record_live(at, since),
            // Nobody knows when a break began that was over before it was seen, nor whether there was one before what is
            // seen now: none of that time is kept.
            (Presence::Live(since), Some(live)) if since > live.since => {
                self.record_unlive(at, live.since, "its health had a break".to_owned())
            }
            (Presence::Live(_), Some(_)) => Rule::Pass,
            (Presence::Degraded(since), Some(live)) => self.record_degraded(at, live.since, since),
            (Presence::Degraded(since), None) => self.degraded(at, since),
            (Presence::Absent(why), Some(live)) => self.record_unlive(at, live.since, why),
            (Presence::Stabilizing(since), Some(live)) if since > live.since => {
                self.record_unlive(at, live.since, "its health had a break".to_owned())
            }
            (Presence::Stabilizing(_), Some(_)) => Rule::Pass,
            (Presence::Stabilizing(since), None) => self.stabilizing(at, since),
            (Presence::Absent(why), None) => self.syncing(at, WaitCode::Syncing, why, None),
            // Nobody can tell: that alone neither proves nor disproves anything (C7).
            (Presence::Unknown(why), None) => self.syncing(at, WaitCode::LivenessUnknown, why, None),
            (Presence::Unknown(why), Some(_)) => self.unknown(at, why),
        }
    }

    /// A foreign commit to other bytes of the path restarts the stable period and running verifications.
    fn other_bytes_changed(&self, at: &Current) -> Option<Rule> {
        let live = at.live.as_ref().filter(|_| at.phase == Phase::Verifying)?;
        let tree = &self.path()?.tree;
        (tree != &live.tree)
            .then(|| self.record_unlive(at, self.now, "other files under the path changed".to_owned()))
    }

    fn record_live(&self, at: &Current, since: Time) -> Rule {
        let (Some(pid), Some(path)) = (at.pid.clone(), self.path()) else { return Rule::Pass };
        Rule::Act(vec![Effect::Record(Event::Live {
            env: self.key.clone(),
            pid,
            since,
            tree: path.tree.clone(),
        })])
    }

    fn record_unlive(&self, at: &Current, until: Time, why: String) -> Rule {
        let Some(pid) = at.pid.clone() else { return Rule::Pass };
        Rule::Act(vec![Effect::Record(Event::Unlive { env: self.key.clone(), pid, until, why })])
    }

    /// It ran for certain up to `known`, and is Degraded since then: no older answer proves that it runs.
    fn record_degraded(&self, at: &Current, known: Time, since: Time) -> Rule {
        let Some(pid) = at.pid.clone() else { return Rule::Pass };
        let later = (since > known).then_some(since);
        let record = |until| {
            let (env, pid, why) = (self.key.clone(), pid.clone(), "Degraded".to_owned());
            Effect::Record(Event::Unlive { env, pid, until, why })
        };
        Rule::Act(std::iter::once(known).chain(later).map(record).collect())
    }

    fn stabilizing(&self, at: &Current, since: Time) -> Rule {
        let until = since.plus(self.environment.stable);
        let text = format!("healthy since {since}, counts as live after {}", self.environment.stable);
        self.syncing(at, WaitCode::Stabilizing, text, Some(until))
    }

    /// It is not live yet; `until` is when that changes if nothing else does.
    fn syncing(&self, at: &Current, code: WaitCode, why: String, until: Option<Time>) -> Rule {
        let deadline = at.since.plus(self.environment.sync_timeout);
        if self.now >= deadline {
            let text = format!("not live after {}: {why}", self.environment.sync_timeout);
            let or = self.way_back().map_or_else(String::new, |way| format!("; or {way}"));
            let remedy = format!("look at the Applications{or}");
            let when = When::on(Source::Liveness, self.now).no_later_than(until);
            // A stalled promotion ends by a newer one, so later rules are asked too.
            return Rule::Note(self.wait(WaitCode::SyncStalled, text, remedy, when));
        }
        let when = match until {
            Some(until) => When::at(until.min(deadline), self.now),
            None => When::on(Source::Liveness, self.now).no_later_than(Some(deadline)),
        };
        let remedy = if code == WaitCode::LivenessUnknown { ASK } else { "" };
        Rule::Stop(self.wait(code, why, remedy, when))
    }

    fn unknown(&self, at: &Current, why: String) -> Rule {
        if at.phase == Phase::Settled {
            return Rule::Pass;
        }
        let when = When::on(Source::Liveness, self.now);
        let wait = self.wait(WaitCode::LivenessUnknown, why, ASK, when);
        if at.phase != Phase::Verifying {
            return Rule::Note(wait);
        }
        // A verdict that it failed is data, whoever does not answer meanwhile.
        self.failed_verdict(at).unwrap_or(Rule::Stop(wait))
    }

    fn degraded(&self, at: &Current, since: Time) -> Rule {
        let grace_end = since.plus(self.environment.degraded_grace);
        // After the bake a failure is no promotion's any more.
        let baked = self.environment.bake.as_ref().map(|bake| at.since.plus(bake.duration));
        let late = at.phase == Phase::Verified && baked.is_some_and(|end| since >= end);
        if at.phase == Phase::Settled || late || planted(Bug::DegradedWaitedFor) {
            return Rule::Pass;
        }
        if self.now >= grace_end {
            return self.fail(at, FailedPhase::Health, None, grace_end);
        }
        let text =
            format!("Degraded since {since}; after {} that is a failure", self.environment.degraded_grace);
        // What comes up and falls again never fails by its grace, and is stalled all the same.
        if at.live.is_none() {
            return self.syncing(at, WaitCode::Degraded, text, Some(grace_end));
        }
        Rule::Stop(self.wait(WaitCode::Degraded, text, "", When::at(grace_end, self.now)))
    }

    /// Whether it is proven to run as of now, without a break since that was recorded.
    pub(super) fn lives_now(&self, at: &Current) -> bool {
        let since = at.live.as_ref().map(|live| live.since);
        matches!(self.presence(at), Presence::Live(now) if since.is_some_and(|since| now <= since))
    }

    /// Whether nobody tells what runs.
    pub(super) fn is_silent(&self, at: &Current) -> bool {
        matches!(self.presence(at), Presence::Unknown(_))
    }

    fn presence(&self, at: &Current) -> Presence {
        let applications = match &self.facts.live {
            Ok(applications) => applications,
            Err(_) if planted(Bug::SilenceIsLive) => return Presence::Live(at.floor()),
            Err(why) => return Presence::Unknown(why.clone()),
        };
        let mut worst = Presence::Live(at.floor());
        for declared in &self.environment.applications {
            let seen = applications.iter().find(|a| a.name == declared.name);
            let presence = match seen {
                Some(application) => self.presence_of(at, declared, application),
                None if planted(Bug::MissingIsLive) => continue,
                None => Presence::Unknown(format!("nobody knows the Application {}", declared.name)),
            };
            worst = worse(worst, presence);
        }
        worst
    }

    fn presence_of(&self, at: &Current, declared: &ApplicationRef, seen: &Application) -> Presence {
        let proof = match declared.proof {
            Proof::Revision => self.revision_proof(at, seen),
            Proof::Images if seen.digests.is_empty() => {
                Err(Presence::Unknown(format!("{} shows no images", declared.name)))
            }
            Proof::Images => Ok(()),
        };
        match proof.and_then(|()| self.image_proof(at, seen)) {
            Err(presence) => presence,
            Ok(()) => self.health(at, seen),
        }
    }

    fn revision_proof(&self, at: &Current, seen: &Application) -> Result<(), Presence> {
        if planted(Bug::StaleHealth) {
            return Ok(());
        }
        let name = &seen.name;
        if planted(Bug::EmptyRevision) && seen.revision.is_none() {
            return Ok(());
        }
        let Some(revision) = &seen.revision else {
            return Err(Presence::Unknown(format!("{name} does not say which commit it synced")));
        };
        match self.facts.contains.get(revision) {
            Some(true) => {}
            Some(false) => {
                let text = format!("{name} is at {}, before {}", revision.short(), at.commit.short());
                return Err(Presence::Absent(text));
            }
            None => return Err(Presence::Unknown(format!("{name} is at an unknown commit {revision}"))),
        }
        match seen.reconciled_at {
            None => Err(Presence::Unknown(format!("{name} does not say when it was compared"))),
            Some(time) if time < at.floor() && !planted(Bug::OldComparisonCounts) => {
                Err(Presence::Absent(format!("{name} was last compared at {time}, before this began")))
            }
            Some(_) => Ok(()),
        }
    }

    fn image_proof(&self, at: &Current, seen: &Application) -> Result<(), Presence> {
        let Some(release) = self.state.release(&at.r) else { return Ok(()) };
        if planted(Bug::StaleHealth) {
            return Ok(());
        }
        // An opaque baseline has no digest to look for; its revision has to do.
        for image in &release.images {
            if seen.digests.is_empty() {
                return Err(Presence::Unknown(format!("{} shows no images", seen.name)));
            }
            let shown = |(name, digest): &(_, _)| name == &image.name && digest == &image.digest;
            if !seen.digests.iter().any(shown) {
                let text = format!("{} does not run {} yet", seen.name, image.version());
                return Err(Presence::Absent(text));
            }
        }
        Ok(())
    }

    fn health(&self, at: &Current, seen: &Application) -> Presence {
        let since = seen.health_since.map(|t| t.max(at.floor()));
        match (seen.health, since) {
            (_, _) if planted(Bug::StaleHealth) && seen.health == Health::Healthy => {
                Presence::Live(at.floor())
            }
            (Health::Healthy, Some(since))
                if self.now >= since.plus(self.environment.stable) || planted(Bug::MomentaryHealth) =>
            {
                Presence::Live(since)
            }
            (Health::Healthy, Some(since)) => Presence::Stabilizing(since),
            (Health::Degraded, Some(since)) => Presence::Degraded(since),
            (Health::Healthy | Health::Degraded, None) => {
                Presence::Unknown(format!("{} does not say since when it is {:?}", seen.name, seen.health))
            }
            (Health::Progressing | Health::Suspended, _) => {
                Presence::Absent(format!("{} is {:?}", seen.name, seen.health))
            }
            (Health::Missing | Health::Unknown, _) => {
                Presence::Unknown(format!("{} is {:?}", seen.name, seen.health))
            }
        }
    }
}

/// Several Applications are as good as the worst; live and stabilizing count from the latest, Degraded from the first.
fn worse(a: Presence, b: Presence) -> Presence {
    let severity = |p: &Presence| match p {
        Presence::Live(_) => 0,
        Presence::Stabilizing(_) => 1,
        Presence::Unknown(_) => 2,
        Presence::Absent(_) => 3,
        Presence::Degraded(_) => 4,
    };
    match (a, b) {
        (Presence::Live(a), Presence::Live(b)) => Presence::Live(a.max(b)),
        (Presence::Stabilizing(a), Presence::Stabilizing(b)) => Presence::Stabilizing(a.max(b)),
        (Presence::Degraded(a), Presence::Degraded(b)) => Presence::Degraded(a.min(b)),
        (a, b) if severity(&a) >= severity(&b) => a,
        (_, b) => b,
    }
}
