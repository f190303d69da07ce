//! Invariants of safety, asked once more before anything takes effect (`docs/architecture.md`, Invariants).
//!
//! They are written apart from the rules of `decide()`, from the journal's state alone and as short as they can be: a
//! bug in a rule is to meet somebody who does not share it. What breaks one is refused, counted and told.

use crate::decide::{Answer, Decision, Effect, Promotion, Source, Wait, WaitCode, When};
use crate::event::{BakeResult, Cause, Event};
use crate::hold::Stop;
use crate::id::{Actor, Name};
use crate::journal::State;
use crate::journal::state::{ApprovalRecord, Current, EnvironmentState, Release};
use crate::museum::is_guarded;
use crate::pipeline::{Approval, EdgeMode, EntryGate, Environment, Gate, Pipeline, Queue, Window};
use crate::time::Time;
use crate::verdict::Verdict;

/// An effect that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The environment.
    pub environment: Name,
    /// Which invariant: `S1` to `S15`.
    pub rule: &'static str,
    /// What the effect would have done, for people.
    pub what: String,
}

/// A rule's name, and what would be wrong.
type Broken = (&'static str, String);

/// Takes out of a decision what would break an invariant; the environment waits instead, and all its effects with it.
pub fn guard(pipeline: &Pipeline, state: &State, decision: &mut Decision, now: Time) -> Vec<Violation> {
    let mut violations = Vec::new();
    if !is_guarded() {
        return violations;
    }
    for (name, answer) in &mut decision.envs {
        let Answer::Act(effects) = answer else { continue };
        let Some((rule, what)) = effects.iter().find_map(|effect| broken(state, pipeline, effect, now))
        else {
            continue;
        };
        let violation = Violation { environment: name.clone(), rule, what };
        *answer = Answer::Wait(vec![violation.wait(pipeline, now)]);
        violations.push(violation);
    }
    violations
}

impl Violation {
    fn wait(&self, pipeline: &Pipeline, now: Time) -> Wait {
        let (id, environment) = (&pipeline.id, &self.environment);
        let text = format!("refused, since it would break invariant {}: {}", self.rule, self.what);
        let remedy = format!(
            "this is a bug of Towpath: report it with what towpath why {id} {environment} says; until it is mended: \
             towpath hold {id} --env {environment} --reason TEXT"
        );
        Wait::new(WaitCode::InvariantViolated, text, remedy, When::on(Source::Person, now)).about(environment)
    }
}

/// The first invariant that an effect would break.
pub fn broken(state: &State, pipeline: &Pipeline, effect: &Effect, now: Time) -> Option<Broken> {
    match effect {
        Effect::Promote(promotion) | Effect::Propose(promotion) => {
            let environment = pipeline.environment(&promotion.environment);
            let known = environment.zip(state.envs.get(&promotion.key)).zip(state.release(&promotion.r));
            let Some(((environment, env), release)) = known else {
                return Some(("S1", format!("{} or its release is not known", promotion.environment)));
            };
            Move { state, environment, env, release, promotion, now }.broken()
        }
        Effect::Record(Event::Verified { env, pid, .. }) => {
            all_passed(state, pipeline, env, |e| e.verify.as_slice())
                .or_else(|| is_there(state, env, |at| at.pid.as_ref() == Some(pid)))
        }
        Effect::Record(Event::Baked { env, result: BakeResult::Passed, .. }) => {
            all_passed(state, pipeline, env, |e| e.bake.as_ref().map_or(&[], |bake| bake.gates.as_slice()))
        }
        _ => None,
    }
}

/// S8: only gates that are on record as Passed make a release Verified, or its bake good.
fn all_passed(
    state: &State,
    pipeline: &Pipeline,
    key: &Name,
    gates: fn(&Environment) -> &[Gate],
) -> Option<Broken> {
    let env = state.envs.get(key)?;
    let environment = pipeline.environment(&env.config.name)?;
    let runs = env.at.as_ref().map(|at| &at.runs);
    let passed = |gate: &&Gate| {
        runs.and_then(|runs| runs.get(&gate.name)).is_some_and(|run| run.verdict == Some(Verdict::Passed))
    };
    let open = gates(environment).iter().find(|gate| !passed(gate))?;
    Some(("S8", format!("{} did not pass in {}", open.name, environment.name)))
}

/// S7: a verdict belongs to the promotion that is there.
fn is_there(state: &State, key: &Name, so: impl Fn(&Current) -> bool) -> Option<Broken> {
    let there = state.envs.get(key).and_then(|env| env.at.as_ref()).is_some_and(so);
    (!there).then(|| ("S7", format!("another promotion is in {key}")))
}

/// A rule's name, whether it holds, and what to say where it does not.
type Invariant<T> = (&'static str, fn(&T) -> bool, &'static str);

/// A release that is to come to an environment.
struct Move<'a> {
    state: &'a State,
    environment: &'a Environment,
    env: &'a EnvironmentState,
    release: &'a Release,
    promotion: &'a Promotion,
    now: Time,
}

impl Move<'_> {
    fn broken(&self) -> Option<Broken> {
        let all: [Invariant<Self>; 9] = [
            ("S1", Self::is_verified_before, "is not Verified and soaked upstream"),
            ("S2", Self::is_new, "was promoted under this id before"),
            ("S3", Self::is_alone, "comes while another promotion has no verdict"),
            ("S5", Self::goes_back_to_what_was_good, "was not good there, or is rejected"),
            ("S6", Self::was_not_rejected, "contains what was rejected"),
            ("S9", Self::is_not_held, "is held"),
            ("S9", Self::is_in_its_windows, "comes while a window is closed"),
            ("S10", Self::is_approved, "lacks an approval that counts"),
            ("S15", Self::is_above, "is below what was there before"),
        ];
        let (rule, _, what) = all.into_iter().find(|(_, holds, _)| !holds(self))?;
        Some((rule, format!("{} {what} in {}", self.release.version(), self.environment.name)))
    }

    /// The time with which it is recorded.
    fn recorded(&self) -> Time {
        self.now.max(self.state.at)
    }

    /// Whether the gate does not have to hold: for rollbacks, and where a person passes it by.
    fn passes_by(&self, gate: EntryGate) -> bool {
        self.promotion.cause == Cause::Rollback || self.promotion.overrides.iter().any(|(o, _)| *o == gate)
    }

    fn is_verified_before(&self) -> bool {
        let mut edges = self.environment.after.edges.iter().map(|edge| {
            let upstream = self.state.environment(&edge.environment).map(|(_, env)| env);
            let soak = upstream.and_then(|env| env.soak_of(&self.release.r, self.now));
            (self.passes_by(EntryGate::Upstream) || soak.is_some())
                && (self.passes_by(EntryGate::Soak) || soak.unwrap_or_default() >= edge.soak)
        });
        match self.environment.after.mode {
            EdgeMode::All => edges.all(|holds| holds),
            EdgeMode::Any => self.environment.after.edges.is_empty() || edges.any(|holds| holds),
        }
    }

    fn is_new(&self) -> bool {
        let (key, promotion) = (&self.promotion.key, self.promotion);
        let tries = self.env.tries.get(&promotion.r).copied().unwrap_or(0);
        promotion.attempt > tries && promotion.pid == self.state.pid(key, &promotion.r, promotion.attempt)
    }

    fn is_alone(&self) -> bool {
        let Some(at) = self.env.at.as_ref().filter(|at| at.is_running()) else {
            return self.env.committing.is_none();
        };
        let rules = &self.environment.promotion;
        let newer = rules.queue == Queue::NewestWins && at.cause == Cause::Auto;
        let stalled = at.live.is_none() && self.now >= at.since.plus(self.environment.sync_timeout);
        let without_verdict = at.runs.values().any(|run| run.is_used_up());
        let by_person = self.promotion.cause == Cause::Rollback && self.promotion.q.is_some();
        let ends = newer || stalled || without_verdict || by_person || self.env.pin.is_some();
        ends && self.env.committing.is_none()
    }

    fn is_automatic_rollback(&self) -> bool {
        self.promotion.cause.is_automatic_rollback(self.promotion.q.as_ref())
    }

    fn goes_back_to_what_was_good(&self) -> bool {
        let was_good = self.env.good.iter().any(|good| good.r == self.release.r);
        let again = self.env.at.as_ref().is_some_and(|at| at.cause == Cause::Rollback);
        let found = self.release.fields.iter().any(|field| field.file.is_below(&self.environment.path));
        let was_here = was_good || found || self.env.tries.contains_key(&self.release.r);
        match self.is_automatic_rollback() {
            true => was_good && !again && !self.contains_rejected(),
            // A person goes back to anything that was here, and past the gates to nothing else.
            false => self.promotion.cause != Cause::Rollback || was_here,
        }
    }

    fn contains_rejected(&self) -> bool {
        self.release.images.iter().any(|image| self.env.rejects(&image.digest))
    }

    fn was_not_rejected(&self) -> bool {
        self.promotion.cause != Cause::Auto || !self.contains_rejected()
    }

    fn is_not_held(&self) -> bool {
        let stop = match self.promotion.cause {
            Cause::Rollback => Stop::Rollbacks,
            Cause::Auto | Cause::Manual => Stop::Promotions,
        };
        !self.state.holds.iter().any(|hold| {
            hold.until.is_none_or(|until| until > self.now)
                && hold.stops.contains(&stop)
                && hold.select.matches(&self.promotion.key, &self.environment.labels)
                && hold.subject.matches(&self.release.r, &self.release.images)
        })
    }

    fn is_in_its_windows(&self) -> bool {
        let open = |window: &Window| window.is_open(self.now) && window.is_open(self.recorded());
        self.passes_by(EntryGate::Window) || self.environment.entry.windows.iter().all(open)
    }

    fn is_approved(&self) -> bool {
        let enough = |gate: &Approval| {
            let counts = |a: &&ApprovalRecord| self.counts(gate, a);
            let by = self.state.approvals.iter().filter(counts).map(|approval| &approval.by);
            Actor::people(by) >= gate.count as usize
        };
        self.passes_by(EntryGate::Approval) || self.environment.approvals.iter().all(enough)
    }

    fn counts(&self, gate: &Approval, approval: &ApprovalRecord) -> bool {
        let authors = &self.release.authors;
        approval.env == self.promotion.key
            && approval.r == self.release.r
            && approval.gates == self.environment.entry_hash()
            && approval.n > self.env.voids
            && approval.until.is_none_or(|until| until > self.recorded())
            && (gate.groups.is_empty() || gate.groups.iter().any(|group| approval.groups.contains(group)))
            && !(gate.not_author
                && (authors.is_empty() || authors.iter().any(|author| author.is(&approval.by))))
    }

    /// What is there already may be verified once more.
    fn is_above(&self) -> bool {
        let again = self.env.at.as_ref().is_some_and(|at| at.r == self.release.r);
        self.promotion.cause != Cause::Auto || again || self.release.rank() > self.env.hw
    }
}
