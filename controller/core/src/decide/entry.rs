//! Entry gates: what has to hold before a commit.

use std::collections::BTreeSet;

use super::View;
use super::answer::{Source, Wait, WaitCode, When};
use crate::hold::{Stop, Subject};
use crate::id::{Actor, GateHash, Name, Pid, ReleaseId};
use crate::journal::state::{ApprovalRecord, EnvironmentState, Hold, Release};
use crate::museum::{Bug, planted};
use crate::pipeline::{Approval, Edge, EdgeMode, EntryGate};
use crate::time::{Span, Time};

/// The gates that a person passes by.
pub(super) type Past = BTreeSet<EntryGate>;

/// When a release that is live now will have soaked long enough; `None` when it is not live.
pub fn soak_end(env: &EnvironmentState, release: &ReleaseId, soak: Span) -> Option<Time> {
    let at = env.at.as_ref().filter(|at| &at.r == release)?;
    at.live.as_ref().map(|live| live.since.plus(soak))
}

/// For people: the policy that a gate comes from.
pub(super) fn by_policy(policy: Option<&Name>) -> String {
    policy.map_or_else(String::new, |policy| format!(" (policy {policy})"))
}

impl<'a> View<'a> {
    /// The first thing that keeps this release from being committed here now, in the order of the gates, apart from those
    /// that a person passes by.
    pub(super) fn entry_past(&self, release: &Release, past: &Past) -> Option<Wait> {
        let asked = |gate| !past.contains(&gate);
        let approval = || self.environment.approvals.iter().find_map(|gate| self.approval(gate, release));
        self.incomplete(release)
            .or_else(|| self.upstream_past(release, past))
            .or_else(|| self.held(release))
            .or_else(|| asked(EntryGate::Approval).then(approval).flatten())
            .or_else(|| asked(EntryGate::Window).then(|| self.window_closed(release)).flatten())
            .or_else(|| asked(EntryGate::Dependency).then(|| self.dependency_missing(release)).flatten())
            .or_else(|| {
                let kinds = [EntryGate::Expression, EntryGate::Http].into_iter().filter(|kind| asked(*kind));
                kinds.flat_map(|kind| self.untrue(kind, release)).next()
            })
    }

    fn incomplete(&self, release: &Release) -> Option<Wait> {
        let missing =
            self.world.pipeline.images.iter().find(|n| !release.images.iter().any(|i| &i.name == *n))?;
        let text = format!("{} lacks the image {missing}", release.version());
        let remedy = "create a release with all images of the pipeline".to_owned();
        Some(self.wait(WaitCode::Incomplete, text, remedy, When::resync(self.now)).about(&release.r))
    }

    /// Contract C10: Verified and soaked on all, or any, incoming edges.
    pub(super) fn upstream(&self, release: &Release) -> Option<Wait> {
        self.upstream_past(release, &Past::new())
    }

    fn upstream_past(&self, release: &Release, past: &Past) -> Option<Wait> {
        let after = &self.environment.after;
        let mut waits: Vec<Wait> = Vec::new();
        for edge in &after.edges {
            match (self.edge(edge, release, past), after.mode) {
                (None, EdgeMode::All) if planted(Bug::AnyForAll) => return None,
                (None, EdgeMode::Any) => return None,
                (None, EdgeMode::All) => {}
                (Some(wait), _) => waits.push(wait),
            }
        }
        // Of several, the one that ends last decides for `all`, the one that ends first for `any`. What does not end
        // with time ends last.
        waits.sort_by_key(|w| (matches!(w.when, When::On(..)), w.when.latest()));
        if after.mode == EdgeMode::All { waits.pop() } else { waits.into_iter().next() }
    }

    /// What keeps a release at one edge. Whoever passes by that it is Verified there does not pass by the soak that it
    /// has there.
    fn edge(&self, edge: &Edge, release: &Release, past: &Past) -> Option<Wait> {
        let upstream = self.state.environment(&edge.environment).map(|(_, env)| env);
        let release = self.of_its_tag(upstream, release);
        let resync = When::resync(self.now);
        let stale = upstream.and_then(|env| self.stale(edge, env, release));
        let soaked = upstream.and_then(|env| env.soak_of(&release.r, self.now));
        if !past.contains(&EntryGate::Upstream) && (soaked.is_none() || stale.is_some()) {
            let under = stale.unwrap_or_default();
            let text = format!("{} is not Verified in {}{under}", release.version(), edge.environment);
            let remedy = upstream.map_or_else(String::new, |env| self.verify_again(edge, env, release));
            return Some(
                self.wait(WaitCode::UpstreamNotVerified, text, remedy, resync).about(&edge.environment),
            );
        }
        if past.contains(&EntryGate::Soak) {
            return None;
        }
        // Whoever passes by the proof alone is still asked for the soak, also of what never was there.
        let (was_there, soaked) = (soaked.is_some(), soaked.unwrap_or_default());
        let first = self.environment.after.edges.first().filter(|_| planted(Bug::SoakOfAnotherEdge));
        if soaked >= first.unwrap_or(edge).soak {
            return was_there.then(|| self.unproven_soak(edge, release)).flatten();
        }
        let end = upstream.and_then(|env| soak_end(env, &release.r, edge.soak));
        let text =
            format!("{} was live in {} for {soaked} of {}", release.version(), edge.environment, edge.soak);
        let (remedy, when) = match end {
            Some(end) => (String::new(), When::at(end, self.now)),
            None => ("it is not live there now; promote it there again".to_owned(), resync),
        };
        Some(self.wait(WaitCode::Soaking, text, remedy, when).about(&edge.environment))
    }

    /// The release that is asked about upstream: this very one, where no bug is planted.
    fn of_its_tag<'r>(&'r self, upstream: Option<&EnvironmentState>, release: &'r Release) -> &'r Release {
        let verified =
            upstream.into_iter().flat_map(|env| env.ok.keys()).filter_map(|r| self.state.release(r));
        let mut same = verified.filter(|other| other.version() == release.version());
        if planted(Bug::VerdictByTag) { same.next().unwrap_or(release) } else { release }
    }

    /// Why what was Verified there has to be verified anew, for people; `None` where it counts.
    fn stale(&self, edge: &Edge, env: &EnvironmentState, release: &Release) -> Option<String> {
        if planted(Bug::VerdictOfOldGates) {
            return None;
        }
        let upstream = self.world.pipeline.environment(&edge.environment)?;
        let ok = env.ok.get(&release.r).filter(|ok| !upstream.accepts(ok))?;
        let policies: BTreeSet<&str> =
            upstream.verify.iter().filter_map(|gate| gate.name.policy()).map(|(policy, _)| policy).collect();
        Some(match upstream.accepts_policy(ok) {
            true => " under its present gates".to_owned(),
            false => {
                let policies = policies.into_iter().collect::<Vec<_>>().join(", ");
                format!(" under the present gates of policy {policies}")
            }
        })
    }

    /// What brings a release to be verified upstream that does not come there by itself any more.
    fn verify_again(&self, edge: &Edge, env: &EnvironmentState, release: &Release) -> String {
        let there = env.at.as_ref().filter(|at| at.r == release.r);
        let comes = match there {
            Some(at) => at.is_running(),
            None => env.committing.is_some() || release.rank() > env.hw,
        };
        match comes {
            true => String::new(),
            false => {
                let (id, upstream, r) = (&self.world.pipeline.id, &edge.environment, &release.r);
                format!("verify it there once more: towpath promote {id} {upstream} {r}")
            }
        }
    }

    /// A soak that is still running counts only while the release is proven to be live there now.
    fn unproven_soak(&self, edge: &Edge, release: &Release) -> Option<Wait> {
        let upstream = self.world.pipeline.environment(&edge.environment)?;
        let view = View::new(self.world, self.state, upstream, self.now).ok()?;
        let over = view.env.ok.get(&release.r).is_some_and(|ok| ok.soak >= edge.soak);
        if over || view.at().is_some_and(|at| at.r == release.r && view.lives_now(at)) {
            return None;
        }
        let text = format!(
            "{} has soaked in {}, but is not seen live there now",
            release.version(),
            edge.environment
        );
        let when = When::on(Source::Liveness, self.now);
        Some(self.wait(WaitCode::Soaking, text, "", when).about(&edge.environment))
    }

    /// The promotions upstream by which this release is Verified.
    pub(super) fn upstream_proofs(&self, r: &ReleaseId) -> Vec<(Name, Option<Pid>, GateHash)> {
        let proof = |edge: &Edge| {
            let (key, env) = self.state.environment(&edge.environment)?;
            let ok = env.ok.get(r)?;
            let tries = env.tries.get(r).copied().unwrap_or(0);
            // Ids from before the loss of a journal cannot be made again.
            let pid = (tries > 0 && self.state.salt.is_none()).then(|| self.state.pid(key, r, tries));
            Some((edge.environment.clone(), pid, ok.gates.clone()))
        };
        self.environment.after.edges.iter().filter_map(proof).collect()
    }

    /// When time alone may change which release comes here, or what keeps it, beside what `first` names: the end of a
    /// hold, of an approval or of a soak, and of the time in which windows are open.
    pub(super) fn turn(&self, first: Option<&Wait>) -> Option<Time> {
        let named = first.and_then(|wait| match wait.when {
            When::At(time) => Some(time),
            When::On(..) => None,
        });
        let holds = self.holds().filter_map(|hold| hold.until);
        let approvals = self.state.approvals.iter().filter(|a| &a.env == self.key).filter_map(|a| a.until);
        let soaks = self.environment.after.edges.iter().filter_map(|edge| {
            let (_, env) = self.state.environment(&edge.environment)?;
            let r = &env.at.as_ref()?.r;
            soak_end(env, r, edge.soak).filter(|_| env.ok.contains_key(r))
        });
        let times = holds.chain(approvals).chain(soaks).chain(self.windows_close(first)).chain(named);
        times.filter(|time| *time > self.now).min()
    }

    /// The same for what a person asked for.
    pub(super) fn turn_of_request(&self) -> Option<Time> {
        let wait = self.promotion_request().and_then(|request| self.entry_of(request))?;
        self.turn(Some(&wait))
    }

    /// Holds in force that select this environment.
    pub(super) fn holds(&self) -> impl Iterator<Item = &'a Hold> {
        let ends = planted(Bug::HoldWithEndIgnored);
        let in_force = |h: &&Hold| h.until.is_none_or(|until| until > self.now && !ends);
        let here = |h: &&Hold| in_force(h) && self.environment.selected_by(self.key, &h.select);
        let holds = self.found.holds.get_or_init(|| self.state.holds.iter().filter(here).collect());
        holds.iter().copied()
    }

    /// The hash of the entry gates, to which approvals are bound.
    pub(super) fn entry_hash(&self) -> &GateHash {
        self.found.entry_hash.get_or_init(|| self.environment.entry_hash())
    }

    pub(super) fn held(&self, release: &Release) -> Option<Wait> {
        let stops = |h: &&Hold| h.stops.contains(&Stop::Promotions) && self.is_about(h, release);
        let by_hand = self.promotion_request().filter(|_| planted(Bug::HoldIgnoredOnRequest));
        let hold = self.holds().find(stops).filter(|_| by_hand.is_none())?;
        let text = format!("held by {} since {}: {}", hold.by, hold.at, hold.reason);
        let remedy = format!("towpath resume {} --hold {}", self.world.pipeline.id, hold.id);
        Some(self.wait(WaitCode::Held, text, remedy, self.hold_end(hold)).about(&hold.id))
    }

    fn is_about(&self, hold: &Hold, release: &Release) -> bool {
        let about = hold.subject.matches(&release.r, &release.images);
        match &hold.subject {
            Subject::Digest(digest) if planted(Bug::DigestHoldIgnored) => {
                let has = |other: &&Release| other.images.iter().any(|image| &image.digest == digest);
                let first = self.state.releases.iter().filter(has).map(Release::rank).min();
                about && first.is_none_or(|first| first >= release.rank())
            }
            _ => about,
        }
    }

    pub(super) fn hold_end(&self, hold: &Hold) -> When {
        hold.until.map_or(When::on(Source::Person, self.now), |until| When::at(until, self.now))
    }

    fn approval(&self, gate: &Approval, release: &Release) -> Option<Wait> {
        let counted = || self.state.approvals.iter().filter(|a| self.counts(gate, release, a)).map(|a| &a.by);
        let people = match planted(Bug::SamePersonTwice) {
            true => counted().count(),
            false => Actor::people(counted()),
        };
        let count = u32::try_from(people).unwrap_or(u32::MAX);
        if count >= gate.count || (count > 0 && planted(Bug::OneApprovalIsEnough)) {
            return None;
        }
        let of =
            if gate.groups.is_empty() { String::new() } else { format!(" of {}", gate.groups.join(" or ")) };
        let by = by_policy(gate.policy.as_ref());
        let group = gate.groups.first().map_or_else(String::new, |group| format!(" --group {group}"));
        let (text, remedy) = match gate.not_author && release.authors.is_empty() {
            true => (
                format!(
                    "{} has no author on record, and its approval must not be an author's{by}",
                    release.version()
                ),
                self.naming_authors(release),
            ),
            false => (
                format!(
                    "{} has {count} of {} approvals{of}{by}{}",
                    release.version(),
                    gate.count,
                    self.vain(gate, release)
                ),
                format!("towpath approve {} {}{group}", self.target(), release.r),
            ),
        };
        let when = When::on(Source::Person, self.now);
        Some(self.wait(WaitCode::ApprovalNeeded, text, remedy, when).about(&release.r))
    }

    /// For people: whose approval does not count, because it is an author's.
    fn vain(&self, gate: &Approval, release: &Release) -> String {
        let own = |a: &&ApprovalRecord| {
            gate.not_author && &a.env == self.key && a.r == release.r && is_author(release, &a.by)
        };
        let own: BTreeSet<&str> = self.state.approvals.iter().filter(own).map(|a| a.by.as_str()).collect();
        match own.is_empty() {
            true => String::new(),
            false => format!(
                "; that of {} does not count, an author's",
                own.into_iter().collect::<Vec<_>>().join(", ")
            ),
        }
    }

    /// The command that adds authors to a release that is there.
    fn naming_authors(&self, release: &Release) -> String {
        let images = release.images.iter().map(|image| format!(" --image {image}")).collect::<String>();
        let order = release.order.map_or_else(String::new, |order| format!(" --order {order}"));
        format!("towpath release create {}{images}{order} --author LOGIN", self.world.pipeline.id)
    }

    /// An approval counts for this release under these gates, while it is valid and newer than the last failure.
    fn counts(&self, gate: &Approval, release: &Release, approval: &ApprovalRecord) -> bool {
        &approval.env == self.key
            && (approval.r == release.r || planted(Bug::ApprovalOfAnother))
            && &approval.gates == self.entry_hash()
            && (approval.until.is_none_or(|until| until > self.recorded()) || planted(Bug::ExpiredApproval))
            && (approval.n > self.env.voids || planted(Bug::VoidedApproval))
            && (gate.groups.is_empty()
                || planted(Bug::GroupIgnored)
                || approval.groups.iter().any(|g| gate.groups.contains(g)))
            && (!gate.not_author
                || planted(Bug::AuthorApproves)
                || (!release.authors.is_empty() && !is_author(release, &approval.by)))
    }
}

fn is_author(release: &Release, person: &Actor) -> bool {
    release.authors.iter().any(|author| author.is(person))
}
