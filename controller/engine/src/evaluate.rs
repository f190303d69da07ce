//! Answers the evaluations that a decision asks for, and decides again with them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use towpath_core::decide::{Answer, Decision, Effect, decide};
use towpath_core::id::Digest;
use towpath_core::invariant::{Violation, guard};
use towpath_core::journal::State;
use towpath_core::journal::state::Release;
use towpath_core::pipeline::{Environment, Evaluated, Http, Pipeline, UrlValues};
use towpath_core::time::Time;
use towpath_core::world::{Evaluation, Evaluations, Found, Truth, WentBack};

use crate::error::EngineError;
use crate::observe::Observed;
use crate::pass::{Engine, Readings, is_question};
use crate::ports::{HttpError, HttpQuestion, MAX_BODY, Question};
use crate::registry::Images;

/// How systems outside are asked.
pub(crate) struct Asking<'a> {
    /// Those that were asked in this pass: none is asked twice in it.
    pub(crate) asked: &'a mut BTreeSet<Evaluation>,
    /// Whether they are asked although something else is to be done.
    pub(crate) at_once: bool,
    /// Tells when an answer was given.
    pub(crate) now: &'a dyn Fn() -> Time,
}

/// What a pass has learnt beside what it observes anew in each round.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    pub(crate) readings: &'a Readings,
    pub(crate) rollbacks: &'a [WentBack],
    pub(crate) gone: &'a BTreeSet<Digest>,
}

impl<'a> Known<'a> {
    /// Nothing but what metrics said.
    pub(crate) fn only(readings: &'a Readings) -> Self {
        static NONE: BTreeSet<Digest> = BTreeSet::new();
        Self { readings, rollbacks: &[], gone: &NONE }
    }
}

/// Whether there is anything to be done but to ask.
fn does_more(decision: &Decision) -> bool {
    let more =
        |answer: &Answer| matches!(answer, Answer::Act(e) if e.iter().any(|effect| !is_question(effect)));
    !decision.ledger.is_empty() || decision.envs.values().any(more)
}

/// A decision, and what was taken out of it because it would have broken an invariant.
pub(crate) type Guarded = (Decision, Vec<Violation>);

impl Engine<'_> {
    /// The decision about what was observed, with all evaluations that it asks for. What systems outside said is kept in
    /// `answers` as long as it holds. Time stands still meanwhile: for looking ahead.
    pub(crate) fn decided(
        &self,
        observed: &Observed,
        readings: &Readings,
        answers: &mut Evaluations,
    ) -> Result<Guarded, EngineError> {
        let (mut asked, mut images) = (BTreeSet::new(), Images::default());
        self.ask_registry(observed, &mut images)?;
        let rollbacks = self.rollbacks(observed)?;
        let known = Known { readings, rollbacks: &rollbacks, gone: &images.gone };
        loop {
            let asking = Asking { asked: &mut asked, at_once: true, now: &|| observed.now };
            let decided = self.decided_in_time((observed, known), answers, asking)?;
            if let Some(decided) = decided {
                return Ok(decided);
            }
        }
    }

    /// The same for acting on it: `None` when time has passed since the look, because systems outside took theirs to
    /// answer. As long as any environment has something else to do they are not asked: a rollback waits for nobody's.
    pub(crate) fn decided_in_time(
        &self,
        (observed, known): (&Observed, Known<'_>),
        answers: &mut Evaluations,
        Asking { asked, at_once, now }: Asking<'_>,
    ) -> Result<Option<Guarded>, EngineError> {
        answers.retain(|evaluation, found| match self.gate(evaluation).and_then(Evaluated::interval) {
            Some(interval) => found.holds(interval, observed.now),
            None => false,
        });
        let mut evaluations = answers.clone();
        loop {
            let mut world = observed.world(self.host, self.pipeline, known);
            world.evaluations.clone_from(&evaluations);
            let mut decision = decide(&world, observed.now);
            let missing: Vec<&Evaluation> =
                wanted(&decision).filter(|e| !evaluations.contains_key(e)).collect();
            let outside = |wanted: &Evaluation| self.gate(wanted).and_then(Evaluated::interval).is_some();
            let later = !at_once && does_more(&decision) && missing.iter().all(|wanted| outside(wanted));
            if missing.is_empty() || later {
                let state = observed.head().map(|head| &*head.state);
                let guarded = state.map(|state| guard(self.pipeline, state, &mut decision, observed.now));
                return Ok(Some((decision, guarded.unwrap_or_default())));
            }
            let mut time_passes = false;
            for wanted in missing {
                let outside = outside(wanted);
                if outside && !asked.insert(wanted.clone()) {
                    evaluations.insert(wanted.clone(), asked_already(observed.now));
                    continue;
                }
                let (truth, detail) = self.evaluate(observed, wanted)?;
                let found = Found { at: now(), truth, detail: clean(&detail) };
                if outside {
                    time_passes = true;
                    answers.insert(wanted.clone(), found.clone());
                }
                evaluations.insert(wanted.clone(), found);
            }
            if time_passes && now() > observed.now {
                return Ok(None);
            }
        }
    }

    /// The gate that an evaluation is of, as it is now.
    fn gate(&self, wanted: &Evaluation) -> Option<Evaluated<'_>> {
        let mut gates = self.pipeline.environment(&wanted.environment)?.entry.evaluated();
        gates.find(|gate| gate.name() == &wanted.gate && gate.hash() == wanted.hash)
    }

    fn evaluate(&self, observed: &Observed, wanted: &Evaluation) -> Result<(Truth, String), EngineError> {
        let environment = self.pipeline.environment(&wanted.environment);
        let state = observed.head().map(|head| &*head.state);
        let release = state.and_then(|state| state.release(&wanted.release));
        match (environment, self.gate(wanted), state, release) {
            (Some(environment), Some(gate), Some(state), Some(release)) => {
                let values = values(self.pipeline, state, environment, release);
                match gate {
                    Evaluated::Expression(gate) => Ok(self.judged(&gate.cel, values, String::new())),
                    Evaluated::Http(gate) => self.asked_outside(gate, (environment, release), values),
                }
            }
            _ => Ok((Truth::Wrong, "what it is about is not there any more".to_owned())),
        }
    }

    /// Whether an expression is true of these values; `seen` is said where it is not.
    fn judged(&self, source: &str, values: BTreeMap<String, Value>, seen: String) -> (Truth, String) {
        let Some(evaluator) = self.host.evaluator else {
            return (Truth::Wrong, "this host evaluates no expressions".to_owned());
        };
        match evaluator.evaluate(&Question { source: source.to_owned(), values }) {
            Ok(true) => (Truth::True, String::new()),
            Ok(false) => (Truth::False, seen),
            Err(error) => (Truth::Wrong, error.to_string()),
        }
    }

    /// What a system outside says of a release. What is no answer is neither a yes nor a no.
    fn asked_outside(
        &self,
        gate: &Http,
        (environment, release): (&Environment, &Release),
        mut values: BTreeMap<String, Value>,
    ) -> Result<(Truth, String), EngineError> {
        let Some(http) = self.host.http else {
            return Ok((Truth::Wrong, "this host asks no HTTP gates".to_owned()));
        };
        let url = gate.url.fill(UrlValues {
            pipeline: self.pipeline.id.name.as_str(),
            namespace: self.pipeline.id.namespace.as_str(),
            environment: environment.name.as_str(),
            version: &release.version(),
            release: release.r.as_str(),
        });
        let url = match url {
            Ok(url) => url,
            Err(problem) => return Ok((Truth::Wrong, problem)),
        };
        let answer = match http.ask(&HttpQuestion { url, timeout: gate.timeout }) {
            Ok(answer) if answer.body.len() > MAX_BODY => Err(HttpError::TooLarge),
            answer => answer,
        };
        let answer = match answer {
            Ok(answer) => answer,
            Err(HttpError::Crashed) => return Err(EngineError::Crashed),
            Err(error) => return Ok((Truth::Unanswered, error.to_string())),
        };
        let seen = format!("it answered {}", answer.status);
        if says_nothing(answer.status) {
            return Ok((Truth::Unanswered, seen));
        }
        values.insert("response".to_owned(), json!({ "status": answer.status, "body": body(&answer.body) }));
        Ok(self.judged(&gate.success, values, seen))
    }
}

/// Whether a status is of no use whatever the gate's expression says: redirects are not followed, and who is out of
/// order or too busy has no opinion.
fn says_nothing(status: u16) -> bool {
    !matches!(status, 200..=299 | 400..=499) || matches!(status, 408 | 429)
}

/// A body as an expression sees it: what JSON says, otherwise the text.
fn body(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or_else(|_| Value::from(String::from_utf8_lossy(bytes)))
}

/// What stands for an answer that ended before all that has to be asked in one pass was.
fn asked_already(now: Time) -> Found {
    let detail = "its answer holds for less time than asking all takes; a longer interval helps";
    Found { at: now, truth: Truth::Unanswered, detail: detail.to_owned() }
}

fn wanted(decision: &Decision) -> impl Iterator<Item = &Evaluation> {
    let effects = decision.envs.values().filter_map(|answer| match answer {
        Answer::Act(effects) => Some(effects),
        Answer::Wait(_) | Answer::Settled => None,
    });
    effects.flatten().filter_map(|effect| match effect {
        Effect::Evaluate(evaluation) => Some(evaluation),
        _ => None,
    })
}

/// What an expression may look at.
fn values(
    pipeline: &Pipeline,
    state: &State,
    environment: &Environment,
    release: &Release,
) -> BTreeMap<String, Value> {
    let image = |image: &towpath_core::release::Image| {
        let tag = image.tag.as_ref().map(ToString::to_string);
        json!({ "name": image.name.to_string(), "tag": tag, "digest": image.digest.to_string() })
    };
    let tags = release.images.iter().filter_map(|image| image.tag.as_ref()).map(ToString::to_string);
    let upstream = environment.after.edges.iter().map(|edge| {
        let env = state.environment(&edge.environment).map(|(_, env)| env);
        let ok = env.and_then(|env| env.ok.get(&release.r));
        let upstream = pipeline.environment(&edge.environment);
        let there = env.and_then(|env| env.at.as_ref()).and_then(|at| state.release(&at.r));
        json!({
            "environment": edge.environment.to_string(),
            "version": there.map(Release::version),
            "verified": ok.zip(upstream).is_some_and(|(ok, upstream)| upstream.accepts(ok)),
        })
    });
    BTreeMap::from([
        (
            "release".to_owned(),
            json!({
                "version": release.version(),
                "images": release.images.iter().map(image).collect::<Vec<_>>(),
                "tags": tags.collect::<Vec<_>>(),
                "labels": release.labels,
                "authors": release.authors.iter().map(ToString::to_string).collect::<Vec<_>>(),
                "order": release.order,
                "sequence": release.seq,
            }),
        ),
        (
            "environment".to_owned(),
            json!({ "name": environment.name.to_string(), "labels": environment.labels }),
        ),
        ("upstream".to_owned(), upstream.collect()),
    ])
}

/// One short line: it ends up in waits.
fn clean(text: &str) -> String {
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .filter(|c| !c.is_control())
        .take(300)
        .collect()
}
