//! Rules of verification and bake: start gates, judge them, draw the conclusion.

use super::answer::{Effect, Measurement, QaStart, Source, Wait, WaitCode, When};
use super::metric::{Judgement, judge};
use super::{Rule, View};
use crate::event::{BakeResult, Event, FailedPhase};
use crate::id::{GateHash, Pid};
use crate::journal::state::{Current, Phase, Run};
use crate::museum::{Bug, planted};
use crate::observation::{Reading, RunStatus};
use crate::pipeline::{Gate, GateKind, MetricGate, QaGate, hash_of};
use crate::time::{Span, Time};
use crate::verdict::{Outcome, Verdict};

/// How long a metric's answer may be missing after its window before that is an Error.
const METRIC_PATIENCE: Span = Span::seconds(600);

/// Where one gate stands.
enum Standing {
    /// It passed.
    Passed,
    /// It failed, at this time.
    Failed(Time),
    /// Something has to be done for it.
    Do(Effect),
    /// Its verdict is known and not recorded yet.
    Judged { event: Event, failed: Option<Time> },
    /// It is being judged; a current good reading is there or not.
    Open { wait: Wait, good_now: bool },
    /// It used up its tries.
    Exhausted(Wait),
}

impl View<'_> {
    pub(super) fn judge_gates(&self) -> Rule {
        match self.at().map(|at| (at, at.phase)) {
            Some((at, Phase::Verifying)) if at.live.is_some() => self.verify(at),
            Some((at, Phase::Verified)) => match self.bake(at) {
                Rule::Note(wait) if self.waits_for_bake() => Rule::Stop(wait),
                rule => rule,
            },
            _ => Rule::Pass,
        }
    }

    /// Whether what comes next has to wait for the bake's end. A person does not.
    fn waits_for_bake(&self) -> bool {
        self.environment.promotion.wait_for_bake
            && self.promotion_request().is_none()
            && !planted(Bug::BakeNotAwaited)
    }

    fn verify(&self, at: &Current) -> Rule {
        let standings = self.standings(at, &self.environment.verify);
        if let Some(rule) = self.conclude(at, standings, FailedPhase::Verification) {
            return rule;
        }
        let Some(pid) = at.pid.clone() else { return Rule::Pass };
        // What was judged, of what is asked for now: a gate that was taken out since says nothing any more.
        let now = self.environment.verify.iter();
        let judged = now.filter_map(|gate| Some((&gate.name, at.runs.get(&gate.name)?.gates.clone())));
        let mut hashes: Vec<String> = judged.clone().map(|(gate, hash)| format!("{gate} {hash}")).collect();
        hashes.sort();
        let (env, r, gates) = (self.key.clone(), at.r.clone(), GateHash::of(&hashes));
        let policy = hash_of(judged);
        let mut events = vec![Event::Verified { env: env.clone(), pid: pid.clone(), r, gates, policy }];
        if self.environment.bake.is_none() {
            events.push(Event::Baked { env, pid, result: BakeResult::Passed });
        }
        Rule::Act(events.into_iter().map(Effect::Record).collect())
    }

    /// The failure that a verification gate came to, if one did.
    pub(super) fn failed_verdict(&self, at: &Current) -> Option<Rule> {
        let standings = self.standings(at, &self.environment.verify).into_iter();
        let failed = |(_, standing): &(&Gate, Standing)| {
            matches!(standing, Standing::Failed(_) | Standing::Judged { failed: Some(_), .. })
        };
        self.conclude(at, standings.filter(failed).collect(), FailedPhase::Verification)
    }

    fn bake(&self, at: &Current) -> Rule {
        let Some(pid) = at.pid.clone() else { return Rule::Pass };
        let baked = Event::Baked { env: self.key.clone(), pid, result: BakeResult::Passed };
        let Some(bake) = &self.environment.bake else { return Rule::Act(vec![Effect::Record(baked)]) };
        let standings = self.standings(at, &bake.gates);
        if let Some(rule) = self.conclude(at, standings, FailedPhase::Bake) {
            return rule;
        }
        let end = at.since.plus(bake.duration);
        if self.now < end || !self.lives_now(at) {
            return Rule::Note(self.baking(at, end));
        }
        Rule::Act(vec![Effect::Record(baked)])
    }

    fn baking(&self, at: &Current, end: Time) -> Wait {
        let when = When::at(end, self.now);
        if self.now < end {
            let text = format!("verified at {}, watched until {end}", at.since);
            return self.wait(WaitCode::Baking, text, "", when);
        }
        let text = format!("was watched until {end}, and is not seen healthy as of now");
        let remedy = format!("see to its health, or end the watch: towpath resume {}", self.target());
        self.wait(WaitCode::Baking, text, remedy, when)
    }

    /// What follows from the gates of a phase; `None` when all of them passed.
    fn conclude(&self, at: &Current, standings: Vec<(&Gate, Standing)>, phase: FailedPhase) -> Option<Rule> {
        let (mut effects, mut exhausted, mut open) = (Vec::new(), None, None);
        for (gate, standing) in standings {
            match standing {
                Standing::Passed => {}
                Standing::Failed(when) => return Some(self.fail(at, phase, Some(&gate.name), when)),
                Standing::Judged { event, failed: Some(when) } => {
                    return Some(self.judged_and_failed(at, (phase, gate), event, when));
                }
                Standing::Judged { event, failed: None } => effects.push(Effect::Record(event)),
                Standing::Do(effect) => effects.push(effect),
                Standing::Exhausted(wait) => exhausted = exhausted.or(Some(wait)),
                Standing::Open { wait, .. } => open = sooner(open, wait),
            }
        }
        match (effects, exhausted, open) {
            (effects, _, _) if !effects.is_empty() => Some(Rule::Act(effects)),
            // The others may still come to a verdict.
            (_, Some(wait), open) => {
                Some(Rule::Note(wait.no_later_than(open.map(|open| open.when.latest()))))
            }
            (_, None, Some(wait)) if phase == FailedPhase::Bake => Some(Rule::Note(match wait.code {
                WaitCode::Verifying => Wait { code: WaitCode::Baking, ..wait },
                _ => wait,
            })),
            (_, None, Some(wait)) => Some(Rule::Stop(wait)),
            (_, None, None) => None,
        }
    }

    /// A failing verdict and its consequences are recorded together, so that nothing in between can undo it.
    fn judged_and_failed(
        &self,
        at: &Current,
        (phase, gate): (FailedPhase, &Gate),
        judged: Event,
        when: Time,
    ) -> Rule {
        match self.fail(at, phase, Some(&gate.name), when) {
            Rule::Act(consequences) => {
                Rule::Act([Effect::Record(judged)].into_iter().chain(consequences).collect())
            }
            rule => rule,
        }
    }

    /// Whether the bake's gates have a good reading as of now, so that a newer promotion may cut it short.
    pub(super) fn bake_reads_well(&self, at: &Current) -> bool {
        let Some(bake) = &self.environment.bake else { return true };
        if planted(Bug::BakeCutUnread) {
            return true;
        }
        self.lives_now(at)
            && self.standings(at, &bake.gates).iter().all(|(_, standing)| {
                matches!(standing, Standing::Passed | Standing::Open { good_now: true, .. })
            })
    }

    /// Whether nothing will be read of the bake by itself: no metric, no liveness, or all tries used up. A sample that
    /// is only due soon is waited for.
    pub(super) fn bake_is_unreadable(&self, at: &Current) -> bool {
        let Some(bake) = &self.environment.bake else { return false };
        let silent = |standing: &Standing| match standing {
            Standing::Exhausted(_) => true,
            Standing::Open { wait, .. } => wait.code == WaitCode::MetricsUnavailable,
            Standing::Passed | Standing::Failed(_) | Standing::Do(_) | Standing::Judged { .. } => false,
        };
        !self.lives_now(at) || self.standings(at, &bake.gates).iter().any(|(_, standing)| silent(standing))
    }

    fn standings<'g>(&self, at: &Current, gates: &'g [Gate]) -> Vec<(&'g Gate, Standing)> {
        let Some(pid) = &at.pid else { return Vec::new() };
        gates.iter().map(|gate| (gate, self.standing(at, pid, gate))).collect()
    }

    fn standing(&self, at: &Current, pid: &Pid, gate: &Gate) -> Standing {
        let Some(run) = at.runs.get(&gate.name) else { return self.start(at, pid, gate, 1) };
        match run.verdict {
            Some(Verdict::Passed) => Standing::Passed,
            Some(Verdict::Failed) => Standing::Failed(self.failed_when(run, gate)),
            Some(Verdict::Error) if planted(Bug::ErrorPasses) => Standing::Passed,
            Some(Verdict::Error) if run.errors < gate.error_limit || self.forgets_errors(run) => {
                self.start(at, pid, gate, run.attempt + 1)
            }
            Some(Verdict::Inconclusive) if run.inconclusive < gate.inconclusive_limit => {
                self.start(at, pid, gate, run.attempt + 1)
            }
            Some(verdict) => Standing::Exhausted(self.exhausted(gate, run, verdict)),
            // Its definition changed while it ran: what it says now would be said of another gate.
            None if run.gates != gate.hash() && self.is_lost(run, gate) => {
                self.judged(pid, gate, run, Verdict::Error, "its definition changed before it was judged")
            }
            None => match &gate.kind {
                GateKind::Qa(qa) => self.qa(at, pid, gate, qa, run),
                GateKind::Metric(metric) => self.metric(pid, gate, metric, run),
            },
        }
    }

    /// A planted bug: what was tried a while ago is not counted any more.
    fn forgets_errors(&self, run: &Run) -> bool {
        planted(Bug::TriedForEver) && self.now >= run.deadline
    }

    /// When a gate failed whose verdict is on record already: at the end of its window or deadline at the latest.
    fn failed_when(&self, run: &Run, gate: &Gate) -> Time {
        match &gate.kind {
            GateKind::Metric(metric) => self.now.min(run.at.plus(metric.window)),
            GateKind::Qa(_) => self.now.min(run.deadline),
        }
    }

    /// Whether a run cannot end under the definition it began with.
    fn is_lost(&self, run: &Run, gate: &Gate) -> bool {
        match &gate.kind {
            GateKind::Metric(_) => true,
            GateKind::Qa(_) => {
                run.handle.is_none() || matches!(self.facts.runs.get(&gate.name), Some(Ok(RunStatus::Absent)))
            }
        }
    }

    fn start(&self, at: &Current, pid: &Pid, gate: &Gate, attempt: u32) -> Standing {
        let Some(path) = self.path() else {
            let wait = self.wait(WaitCode::CannotEdit, "the path cannot be read", "", When::resync(self.now));
            return Standing::Open { wait, good_now: false };
        };
        Standing::Do(match &gate.kind {
            GateKind::Qa(qa) => Effect::StartQa(self.qa_start(at, pid, gate, qa, attempt)),
            GateKind::Metric(metric) => Effect::Record(Event::Started {
                env: self.key.clone(),
                pid: pid.clone(),
                gate: gate.name.clone(),
                gates: gate.hash(),
                attempt,
                handle: None,
                deadline: self.now.plus(metric.window).plus(METRIC_PATIENCE),
                tree: path.tree.clone(),
            }),
        })
    }

    fn qa_start(&self, at: &Current, pid: &Pid, gate: &Gate, qa: &QaGate, attempt: u32) -> QaStart {
        QaStart {
            key: self.key.clone(),
            environment: self.environment.name.clone(),
            pid: pid.clone(),
            r: at.r.clone(),
            gate: gate.name.clone(),
            hash: gate.hash(),
            attempt,
            qa: qa.clone(),
            deadline: self.now.plus(qa.timeout),
        }
    }

    fn qa(&self, at: &Current, pid: &Pid, gate: &Gate, qa: &QaGate, run: &Run) -> Standing {
        let overdue = self.now >= run.deadline;
        match self.facts.runs.get(&gate.name) {
            Some(Ok(RunStatus::Finished(outcome))) => {
                self.judged(pid, gate, run, outcome.verdict, &outcome.detail)
            }
            _ if overdue => self.judged(pid, gate, run, Verdict::Error, "no result before its deadline"),
            Some(Ok(RunStatus::Absent)) if planted(Bug::RunForgotten) => {
                self.qa_open(gate, run, "is running")
            }
            Some(Ok(RunStatus::Absent)) => match &run.handle {
                Some(handle) => {
                    let mut start = self.qa_start(at, pid, gate, qa, run.attempt);
                    (start.hash, start.deadline) = (run.gates.clone(), run.deadline);
                    Standing::Do(Effect::EnsureQa(start, handle.clone()))
                }
                None => self.judged(pid, gate, run, Verdict::Error, "its handle is missing"),
            },
            Some(Ok(RunStatus::Elsewhere)) => {
                self.qa_open(gate, run, "runs elsewhere, or ended with the host that began it,")
            }
            Some(Ok(RunStatus::Running)) if planted(Bug::RunningPasses) => {
                self.judged(pid, gate, run, Verdict::Passed, "it has not failed")
            }
            Some(Ok(RunStatus::Running)) => self.qa_open(gate, run, "is running"),
            Some(Err(why)) => self.qa_open(gate, run, why),
            None => self.qa_open(gate, run, "has not been looked up"),
        }
    }

    fn qa_open(&self, gate: &Gate, run: &Run, what: &str) -> Standing {
        let text = format!("{} {what} since {}, deadline {}", gate.name, run.at, run.deadline);
        let when = When::on(Source::Qa, self.now).no_later_than(Some(run.deadline));
        Standing::Open {
            wait: self.wait(WaitCode::Verifying, text, "", when).about(&gate.name),
            good_now: false,
        }
    }

    fn metric(&self, pid: &Pid, gate: &Gate, metric: &MetricGate, run: &Run) -> Standing {
        let first = run.at.plus(metric.interval);
        // What was read for the try before says nothing of this one.
        if self.now < first {
            let text = format!("the first sample of {} is due at {first}", gate.name);
            let wait = self.wait(WaitCode::Verifying, text, "", When::at(first, self.now));
            return Standing::Open { wait: wait.about(&gate.name), good_now: false };
        }
        match self.world.readings.get(&(pid.clone(), gate.name.clone())) {
            None => self.measure(pid, gate, metric, run),
            Some(Reading::Samples { samples, to }) => match judge(metric, run.at, (samples, *to), self.now) {
                Judgement::Final { outcome, at } => self.judged_outcome(pid, gate, run, outcome, at),
                Judgement::Open { next, good_now } => {
                    let text = format!("{} is watched until {}", gate.name, run.at.plus(metric.window));
                    let wait = self.wait(WaitCode::Verifying, text, "", When::at(next, self.now));
                    Standing::Open { wait: wait.about(&gate.name), good_now }
                }
            },
            Some(Reading::Unusable(why)) => self.judged(pid, gate, run, Verdict::Error, why),
            Some(Reading::Unavailable(why)) if self.now >= run.deadline => {
                self.judged(pid, gate, run, Verdict::Error, why)
            }
            Some(Reading::Unavailable(why)) => {
                let text = format!("{} cannot be read: {why}", gate.name);
                let remedy =
                    format!("make the metrics source answer; without it an Error at {}", run.deadline);
                let when = When::on(Source::Metrics, self.now).no_later_than(Some(run.deadline));
                let wait = self.wait(WaitCode::MetricsUnavailable, text, remedy, when);
                Standing::Open { wait: wait.about(&gate.name), good_now: false }
            }
        }
    }

    fn measure(&self, pid: &Pid, gate: &Gate, metric: &MetricGate, run: &Run) -> Standing {
        let early = gate.name.as_str().starts_with("bake/") && planted(Bug::BakeFailureAfterNewer);
        let begun = if early { before(run.at, metric.window) } else { run.at };
        let from = begun.plus(metric.interval);
        let to = self.now.min(run.at.plus(metric.window));
        Standing::Do(Effect::Measure(Measurement {
            pid: pid.clone(),
            gate: gate.name.clone(),
            query: metric.query.clone(),
            from,
            to,
            step: metric.interval,
        }))
    }

    fn judged(&self, pid: &Pid, gate: &Gate, run: &Run, verdict: Verdict, detail: &str) -> Standing {
        let outcome = Outcome { verdict, detail: detail.to_owned() };
        self.judged_outcome(pid, gate, run, outcome, self.now.min(run.deadline))
    }

    /// A verdict that came out at `when`, as far as can be known.
    fn judged_outcome(&self, pid: &Pid, gate: &Gate, run: &Run, outcome: Outcome, when: Time) -> Standing {
        let detail: String = outcome.detail.chars().filter(|c| !c.is_control()).take(300).collect();
        let failed = (outcome.verdict == Verdict::Failed).then_some(when);
        let event = Event::Judged {
            env: self.key.clone(),
            pid: pid.clone(),
            gate: gate.name.clone(),
            gates: run.gates.clone(),
            attempt: run.attempt,
            verdict: outcome.verdict,
            detail: Some(detail).filter(|d| !d.is_empty()),
        };
        Standing::Judged { event, failed }
    }

    fn exhausted(&self, gate: &Gate, run: &Run, verdict: Verdict) -> Wait {
        let (code, times) = match verdict {
            Verdict::Inconclusive => (WaitCode::GateInconclusive, run.inconclusive),
            _ => (WaitCode::GateError, run.errors),
        };
        let detail = run.detail.as_deref().unwrap_or("no detail");
        let text = format!("{} ended {verdict} {times} times: {detail}", gate.name);
        let remedy = match self.in_phase(&[Phase::Verifying]) {
            Some(_) => format!("mend the gate, then: towpath resume {}", self.target()),
            None => {
                let or = self.way_back().map_or_else(String::new, |way| format!("; or {way}"));
                format!("end the bake as it is: towpath resume {}{or}", self.target())
            }
        };
        self.wait(code, text, remedy, When::on(Source::Person, self.now)).about(&gate.name)
    }
}

fn before(time: Time, span: Span) -> Time {
    Time::from_unix(time.unix() - i64::from(span.as_seconds()))
}

fn sooner(a: Option<Wait>, b: Wait) -> Option<Wait> {
    match a {
        Some(a) if a.when.latest() <= b.when.latest() => Some(a),
        _ => Some(b),
    }
}
