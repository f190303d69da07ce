//! The observer of a run: sees both refs, the verdicts that were given and what the cluster ran, and holds every
//! move of the branch against the rules (S1-S15 of the design's formal statements).

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use towpath_core::event::{Cause, Event, Recorded, Unpinning};
use towpath_core::hold::Stop;
use towpath_core::id::{CommitId, Digest, ImageName, Name, Pid, PipelineId, RefName, ReleaseId, RepoPath};
use towpath_core::journal::state::{EnvironmentState, Release};
use towpath_core::journal::{JournalMessage, State};
use towpath_core::pipeline::{
    After, ApplicationRef, Approval, Bake, CommitTexts, Delivery, Edge, EdgeMode, EditRule, Entry,
    Environment, Form, Gate, GateKind, MetricGate, Pipeline, PromotionRules, Proof, QaGate, Repository,
};
use towpath_core::time::{Span, Time};
use towpath_core::verdict::Verdict;

use super::cluster::Cluster;
use super::play::{ENVIRONMENTS, path_of};
use super::releases::{IMAGE, Nature, deployed};
use crate::memory::{MemoryHost, MemoryQa};

type Foreign = Rc<RefCell<BTreeSet<CommitId>>>;

/// What the observer knows.
pub(crate) struct Observer {
    pipeline: Rc<Pipeline>,
    natures: BTreeMap<Digest, Nature>,
    foreign: Foreign,
    moves: usize,
    journal: Option<(CommitId, State)>,
    pids: BTreeMap<Pid, CommitId>,
    lost: bool,
    /// Digests that people took out of an environment, until they are Verified there again.
    taken_out: BTreeSet<(Name, Digest)>,
    /// Digests that failed in an environment, until cleared.
    failed: BTreeSet<(Name, Digest)>,
    pub(crate) promotions: u64,
    pub(crate) rollbacks: u64,
    pub(crate) in_production: u64,
}

impl Observer {
    pub(crate) fn new(pipeline: Rc<Pipeline>, natures: BTreeMap<Digest, Nature>) -> Self {
        Self {
            pipeline,
            natures,
            foreign: Foreign::default(),
            moves: 0,
            journal: None,
            pids: BTreeMap::new(),
            lost: false,
            taken_out: BTreeSet::new(),
            failed: BTreeSet::new(),
            promotions: 0,
            rollbacks: 0,
            in_production: 0,
        }
    }

    pub(crate) fn foreign(&mut self, commit: &CommitId) {
        self.foreign.borrow_mut().insert(commit.clone());
    }

    pub(crate) fn foreign_commits(&self) -> Foreign {
        Rc::clone(&self.foreign)
    }

    /// Somebody moved the branch back; that is no move of ours.
    ///
    /// When that takes away every commit that knew more than an old journal, both refs are as they were at one
    /// time: a restored backup, which nobody can tell from that time, so what came after it is forgotten.
    pub(crate) fn rewound(&mut self, host: &MemoryHost, to: &CommitId) {
        self.foreign(to);
        let known = self.journal.as_ref().map_or(0, |(_, s)| s.n);
        if self.lost && self.claimed(host) <= known {
            self.lost = false;
            let there: BTreeSet<CommitId> = host.log(to).into_iter().map(|c| c.id).collect();
            self.pids.retain(|_, commit| there.contains(commit));
        }
    }

    /// The journal disappeared, or an older one came back.
    pub(crate) fn journal_lost(&mut self, host: &MemoryHost) {
        self.journal = host
            .tip(&self.pipeline.repository.journal)
            .and_then(|tip| read_state(host, &tip).map(|state| (tip, state)));
        self.lost = self.claimed(host) > self.journal.as_ref().map_or(0, |(_, s)| s.n);
        self.moves = host.moved();
    }

    /// The highest journal number that the branch's own commits name.
    fn claimed(&self, host: &MemoryHost) -> u64 {
        let Some(tip) = host.tip(&self.pipeline.repository.branch) else { return 0 };
        let claim = |m: &str| towpath_core::journal::promotion::claim(m).map(|claim| claim.n);
        let ours = host.log(&tip).into_iter().filter(|c| self.pids.values().any(|id| id == &c.id));
        ours.filter_map(|c| claim(&c.message)).max().unwrap_or(0)
    }

    pub(crate) fn is_journal_lost(&self) -> bool {
        self.lost
    }

    pub(crate) fn confirmed(&mut self, host: &MemoryHost) {
        let before = self.journal.as_ref().and_then(|(_, s)| s.salt.clone());
        if self.state(host).is_some_and(|s| s.salt.is_some() && s.salt != before) {
            self.lost = false;
            self.failed.clear();
        }
    }

    pub(crate) fn state(&self, host: &MemoryHost) -> Option<State> {
        read_state(host, &host.tip(&self.pipeline.repository.journal)?)
    }

    /// Holds everything that moved since the last time against the rules.
    pub(crate) fn check(
        &mut self,
        host: &MemoryHost,
        cluster: &Cluster,
        qa: &MemoryQa,
        now: Time,
    ) -> Result<(), String> {
        let new = host.moves_after(self.moves);
        self.moves = host.moved();
        for (name, old, new) in new {
            let Some(new) = new else { continue };
            if name == self.pipeline.repository.branch && !self.foreign.borrow().contains(&new) {
                self.branch_moved(host, old.as_ref(), &new)?;
            }
            if name == self.pipeline.repository.journal {
                self.journal_moved(host, cluster, qa, &new, now)?;
            }
        }
        Ok(())
    }

    /// S4: the branch only ever moves on from the tip that the edit was computed on.
    fn branch_moved(&self, host: &MemoryHost, old: Option<&CommitId>, new: &CommitId) -> Result<(), String> {
        if self.lost {
            return Err(
                "S1: a promotion landed although the journal is lost and nobody confirmed it".to_owned()
            );
        }
        let mut at = new.clone();
        for _ in 0..10 {
            if Some(&at) == old {
                return Ok(());
            }
            let parent = host.info(&at).and_then(|c| c.parents.first().cloned());
            at = parent.ok_or("S4: the branch was replaced")?;
        }
        Err(format!("S4: the branch went from {old:?} to {new}, which does not contain it"))
    }

    fn journal_moved(
        &mut self,
        host: &MemoryHost,
        cluster: &Cluster,
        qa: &MemoryQa,
        tip: &CommitId,
        now: Time,
    ) -> Result<(), String> {
        let state = read_state(host, tip).ok_or("S11: a journal commit has no state.json")?;
        let info = host.info(tip).ok_or("S11: a journal commit is missing")?;
        let message = JournalMessage::parse(&info.message).map_err(|e| format!("S11: {e}"))?;
        let before = self.journal.take().map(|(_, state)| state);
        for recorded in &message.events {
            self.event(host, cluster, qa, before.as_ref(), &state, recorded, now)?;
        }
        self.journal = Some((tip.clone(), state));
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "an observer looks at everything")]
    fn event(
        &mut self,
        host: &MemoryHost,
        cluster: &Cluster,
        qa: &MemoryQa,
        before: Option<&State>,
        after: &State,
        recorded: &Recorded,
        now: Time,
    ) -> Result<(), String> {
        match &recorded.event {
            Event::Promoted { .. } => self.promoted(host, before, &recorded.event, recorded.at),
            Event::Live { env, pid, .. } => self.live(cluster, after, env, pid),
            Event::Verified { env, r, .. } => self.verified(qa, after, env, r),
            Event::Rejected { env, digests, .. } => {
                self.failed.extend(digests.iter().map(|d| (env.clone(), d.clone())));
                Ok(())
            }
            Event::Cleared { env, digests, .. } => {
                self.failed.retain(|(e, d)| e != env || !digests.contains(d));
                Ok(())
            }
            Event::Pinned { env, .. } => {
                let out = before.and_then(|s| s.envs.get(env)).and_then(|e| e.at.as_ref());
                let release = out.and_then(|at| after.release(&at.r));
                let digests = release.iter().flat_map(|r| r.images.iter().map(|i| i.digest.clone()));
                self.taken_out.extend(digests.map(|d| (env.clone(), d)));
                Ok(())
            }
            Event::Unpinned { how: Unpinning::Restored, .. } => Ok(()),
            _ if recorded.at > now.plus(Span::seconds(1)) => {
                Err("S11: an event is from the future".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// Whether the truth about an image allows it to be Verified in an environment.
    fn may_verify(&self, environment: &Name, digest: &Digest) -> bool {
        let nature = self.natures.get(digest).copied().unwrap_or(Nature::Good);
        match environment.as_str() {
            "dev" => nature != Nature::Sick,
            "staging" => !matches!(nature, Nature::FailsQa | Nature::Errors | Nature::Silent),
            _ => !matches!(nature, Nature::Errors | Nature::Silent),
        }
    }

    /// S7, S8: what is Verified really passed, for this very digest in this very environment.
    fn verified(&mut self, qa: &MemoryQa, state: &State, env: &Name, r: &ReleaseId) -> Result<(), String> {
        let Some(release) = state.release(r) else { return Err(format!("S7: {r} is Verified and unknown")) };
        for image in &release.images {
            if !self.may_verify(env, &image.digest) {
                return Err(format!(
                    "S8: {} is Verified in {env}, and it is not well there",
                    image.version()
                ));
            }
            let needed = match env.as_str() {
                "dev" => Some("smoke"),
                "staging" => Some("regression"),
                _ => None,
            };
            let passed = qa.verdicts().into_iter().any(|(request, verdict)| {
                Some(request.template.as_str()) == needed
                    && &request.environment == env
                    && verdict == Verdict::Passed
                    && request.digests.values().any(|d| d == &image.digest)
            });
            if needed.is_some() && !passed {
                return Err(format!("S7: {} is Verified in {env} without a passed QA run", image.version()));
            }
            self.taken_out.remove(&(env.clone(), image.digest.clone()));
        }
        Ok(())
    }

    /// C6: what is recorded as live really runs.
    fn live(&self, cluster: &Cluster, state: &State, env: &Name, pid: &Pid) -> Result<(), String> {
        let at = state.envs.get(env).and_then(|e| e.at.as_ref()).filter(|at| at.pid.as_ref() == Some(pid));
        let Some(release) = at.and_then(|at| state.release(&at.r)) else { return Ok(()) };
        let runs = cluster.runs(env).map(|(digest, _)| digest.clone());
        match release.images.iter().all(|i| Some(&i.digest) == runs.as_ref()) {
            true => Ok(()),
            false => {
                Err(format!("S1: {} is recorded as live in {env}, which runs {runs:?}", release.version()))
            }
        }
    }

    fn promoted(
        &mut self,
        host: &MemoryHost,
        before: Option<&State>,
        event: &Event,
        at: Time,
    ) -> Result<(), String> {
        let Event::Promoted { pid, env, r, cause, commit, base, q, .. } = event else { return Ok(()) };
        let Some(state) = before else {
            return Err("S11: a promotion without a journal before it".to_owned());
        };
        self.promotions += 1;
        self.rollbacks += u64::from(*cause == Cause::Rollback);
        self.in_production += u64::from(env.as_str() == "production");
        // S2: one landed commit for one id.
        if let Some(other) = self.pids.insert(pid.clone(), commit.clone()).filter(|other| other != commit) {
            return Err(format!("S2: {pid} landed as {other} and as {commit}"));
        }
        let release = state.release(r).ok_or_else(|| format!("S1: {r} is unknown to the journal"))?;
        let known = state.envs.get(env).ok_or_else(|| format!("S1: {env} is unknown to the journal"))?;
        self.nothing_foreign_is_overwritten(host, state, known, base, q.is_some())?;
        if known.at.as_ref().is_some_and(|at| at.is_running() && *cause == Cause::Auto && at.live.is_some()) {
            let exhausted = known
                .at
                .iter()
                .flat_map(|at| at.runs.values())
                .any(|run| matches!(run.verdict, Some(Verdict::Error | Verdict::Inconclusive)));
            if !exhausted {
                return Err(format!("S3: {env} takes another release while one is being verified"));
            }
        }
        match cause {
            Cause::Auto => self.automatic(state, known, env, release, at),
            Cause::Manual => self.gated(state, known, env, release, at),
            Cause::Rollback => self.rolled_back(state, known, env, release, q.is_some(), at),
        }
    }

    /// S12: a person's value is never overwritten unless a person asked for it.
    fn nothing_foreign_is_overwritten(
        &self,
        host: &MemoryHost,
        state: &State,
        env: &EnvironmentState,
        base: &CommitId,
        asked: bool,
    ) -> Result<(), String> {
        let name = &env.config.name;
        let path = path_of(name.as_str())?;
        let there = host.file(base, &path).and_then(|b| deployed(&String::from_utf8_lossy(&b)));
        let expected = env.at.as_ref().and_then(|at| state.release(&at.r));
        let ours = expected.is_some_and(|r| r.images.iter().all(|i| Some(&i.digest) == there.as_ref()));
        if ours || asked {
            return Ok(());
        }
        Err(format!("S12: {name} said {there:?} by a person's commit, and it was overwritten"))
    }

    fn automatic(
        &self,
        state: &State,
        env: &EnvironmentState,
        key: &Name,
        release: &Release,
        at: Time,
    ) -> Result<(), String> {
        // S15: rank never falls silently.
        if release.rank() <= env.hw {
            return Err(format!("S15: {} went to {key} below its high-water mark", release.version()));
        }
        // S6: what failed here does not come again by itself.
        let failed = |d: &Digest| self.failed.contains(&(key.clone(), d.clone()));
        if let Some(image) = release.images.iter().find(|i| failed(&i.digest)) {
            return Err(format!("S6: {} failed in {key} and came again by itself", image.version()));
        }
        // Newest wins, where nothing else can keep a release back.
        if key.as_str() == "dev" {
            let newer = state.releases.iter().find(|other| {
                other.rank() > release.rank()
                    && !other.images.iter().any(|i| failed(&i.digest))
                    && !self.is_held(state, key, other, at)
            });
            if let Some(newer) = newer {
                return Err(format!(
                    "C10: {} went to dev before the newer {}",
                    release.version(),
                    newer.version()
                ));
            }
        }
        self.gated(state, env, key, release, at)
    }

    fn is_held(&self, state: &State, key: &Name, release: &Release, at: Time) -> bool {
        state.holds.iter().any(|h| {
            h.until.is_none_or(|until| until > at)
                && h.select.matches(key, &BTreeMap::new())
                && h.subject.matches(&release.r, &release.images)
                && h.stops.contains(&Stop::Promotions)
        })
    }

    /// S1, S9, S10: the entry gates, by the observer's own account.
    fn gated(
        &self,
        state: &State,
        env: &EnvironmentState,
        key: &Name,
        release: &Release,
        at: Time,
    ) -> Result<(), String> {
        if self.is_held(state, key, release, at) {
            return Err(format!("S9: {} went to {key} against a hold", release.version()));
        }
        let upstream = match key.as_str() {
            "dev" => None,
            "staging" => Some(("dev", Span::seconds(120))),
            _ => Some(("staging", Span::default())),
        };
        if let Some((upstream, soak)) = upstream {
            self.verified_upstream(state, upstream, soak, key, release, at)?;
        }
        let approved = state.approvals.iter().any(|a| {
            &a.env == key
                && a.r == release.r
                && a.n > env.voids
                && a.by.as_str() != "alice"
                && a.until.is_none_or(|until| until > at)
        });
        if key.as_str() == "production" && !approved {
            return Err(format!("S10: {} went to production unapproved", release.version()));
        }
        Ok(())
    }

    fn verified_upstream(
        &self,
        state: &State,
        upstream: &str,
        soak: Span,
        key: &Name,
        release: &Release,
        at: Time,
    ) -> Result<(), String> {
        let name = Name::parse(upstream).map_err(|e| e.to_string())?;
        let up = state.envs.get(&name).ok_or("S1: an upstream environment is unknown")?;
        let version = release.version();
        match up.soak_of(&release.r, at) {
            None => return Err(format!("S1: {version} went to {key}, and it is not Verified in {upstream}")),
            Some(soaked) if soaked < soak => {
                return Err(format!("S1: {version} went to {key} after {soaked} of {soak} in {upstream}"));
            }
            Some(_) => {}
        }
        for image in &release.images {
            if !self.may_verify(&name, &image.digest) {
                return Err(format!("S1: {version} went to {key}, and it is not well in {upstream}"));
            }
            if self.taken_out.contains(&(name.clone(), image.digest.clone())) {
                return Err(format!("S12: {version} went to {key}, and a person took it out of {upstream}"));
            }
        }
        Ok(())
    }

    /// S5: back to something that was good there and is not rejected.
    fn rolled_back(
        &self,
        state: &State,
        env: &EnvironmentState,
        key: &Name,
        release: &Release,
        asked: bool,
        at: Time,
    ) -> Result<(), String> {
        if asked {
            return Ok(());
        }
        let stops = |h: &&towpath_core::journal::state::Hold| {
            h.until.is_none_or(|until| until > at)
                && h.select.matches(key, &BTreeMap::new())
                && h.stops.contains(&Stop::Rollbacks)
        };
        if state.holds.iter().any(|h| stops(&h)) {
            return Err(format!("S9: {key} was rolled back against a hold that stops rollbacks"));
        }
        let good = env.good.iter().find(|g| g.r == release.r);
        let any_baked = env.good.iter().any(|g| {
            let other = state.release(&g.r);
            g.baked && other.is_some_and(|r| !r.images.iter().any(|i| env.rejects(&i.digest)))
        });
        match good {
            None => Err(format!("S5: {key} went back to {}, which was never good there", release.version())),
            Some(good) if any_baked && !good.baked => {
                Err(format!("S5: {key} went back to {}, and an older one had baked", release.version()))
            }
            Some(_) if release.images.iter().any(|i| env.rejects(&i.digest)) => {
                Err(format!("S5: {key} went back to {}, which is rejected there", release.version()))
            }
            Some(_) => Ok(()),
        }
    }

    /// At rest: what the folders say is what the journal says, or it is pinned.
    pub(crate) fn at_rest(&self, host: &MemoryHost) -> Result<(), String> {
        let state = self.state(host).ok_or("L2: there is no journal at the end")?;
        let tip = host.tip(&self.pipeline.repository.branch).ok_or("L2: there is no branch at the end")?;
        for environment in ENVIRONMENTS {
            let name = Name::parse(environment).map_err(|e| e.to_string())?;
            let env = state.envs.get(&name).ok_or_else(|| format!("L2: {name} is unknown at the end"))?;
            let there = host.file(&tip, &path_of(environment)?);
            let there = there.and_then(|b| deployed(&String::from_utf8_lossy(&b)));
            let release = env.at.as_ref().and_then(|at| state.release(&at.r));
            let ours = release.is_some_and(|r| r.images.iter().all(|i| Some(&i.digest) == there.as_ref()));
            if !ours && env.pin.is_none() {
                return Err(format!(
                    "S12: {name} says {there:?}, the journal does not, and it is not pinned"
                ));
            }
        }
        Ok(())
    }
}

fn read_state(host: &MemoryHost, tip: &CommitId) -> Option<State> {
    State::parse(&host.file(tip, &RepoPath::parse("state.json").ok()?)?).ok()
}

/// The pipeline of every run.
#[expect(clippy::expect_used, reason = "constants that the first run would refuse")]
pub(crate) fn pipeline() -> Pipeline {
    let name = |text: &str| Name::parse(text).expect("a name");
    let image = ImageName::parse(IMAGE).expect("an image");
    let metric = |env: &str, window: u32| {
        GateKind::Metric(MetricGate {
            query: format!("errors{{service=\"web-{env}\"}}"),
            max: Some(0.05),
            min: None,
            interval: Span::seconds(30),
            window: Span::seconds(window),
            failure_limit: 0,
            min_samples: 3,
        })
    };
    let gate = |text: &str, kind| Gate {
        name: towpath_core::id::GateName::parse(text).expect("a gate"),
        kind,
        error_limit: 3,
        inconclusive_limit: 2,
    };
    let qa = |template: &str| {
        GateKind::Qa(QaGate {
            template: template.to_owned(),
            parameters: BTreeMap::new(),
            timeout: Span::seconds(900),
            revision: "1".to_owned(),
        })
    };
    let environment = |text: &str, after: Option<(&str, u32)>, verify: Vec<Gate>| Environment {
        name: name(text),
        formerly: Vec::new(),
        path: RepoPath::parse(&format!("apps/web/{text}")).expect("a path"),
        labels: BTreeMap::new(),
        applications: vec![ApplicationRef { name: name(&format!("web-{text}")), proof: Proof::Revision }],
        edit: vec![EditRule::Kustomization { image: image.clone(), form: Form::TagAndDigest }],
        promotion: PromotionRules::default(),
        revalidate: false,
        after: After {
            mode: EdgeMode::All,
            edges: after
                .map(|(e, soak)| Edge { environment: name(e), soak: Span::seconds(soak) })
                .into_iter()
                .collect(),
        },
        approvals: Vec::new(),
        entry: Entry::default(),
        verify,
        bake: None,
        automatic_rollback: true,
        stable: Span::seconds(10),
        degraded_grace: Span::seconds(60),
        sync_timeout: Span::seconds(1800),
        delivery: Delivery::Push,
    };
    let mut production = environment(
        "production",
        Some(("staging", 0)),
        vec![gate("metrics/errors", metric("production", 180))],
    );
    production.approvals = vec![Approval { count: 1, groups: Vec::new(), not_author: true }];
    production.bake = Some(Bake {
        duration: Span::seconds(900),
        gates: vec![gate("bake/errors", metric("production", 900))],
    });
    let id = PipelineId::parse("shop/web").expect("a pipeline");
    Pipeline {
        repository: Repository {
            url: "memory".to_owned(),
            branch: RefName::parse("refs/heads/main").expect("a ref"),
            journal: id.default_journal(),
        },
        id,
        images: vec![image.clone()],
        commit: CommitTexts {
            subject: "Promote {{ pipeline }} to {{ environment }}: {{ version }}".to_owned(),
            trailers: BTreeMap::new(),
        },
        environments: vec![
            environment("dev", None, vec![gate("qa/smoke", qa("smoke"))]),
            environment(
                "staging",
                Some(("dev", 120)),
                vec![gate("qa/regression", qa("regression")), gate("metrics/errors", metric("staging", 180))],
            ),
            production,
        ],
    }
}
