//! Expression gates: the decision asks, the host evaluates, and only `true` lets a release in.

use super::View;
use super::answer::{Effect, Source, Wait, WaitCode, When};
use crate::event::RequestKind;
use crate::journal::state::Release;
use crate::pipeline::{EntryGate, Expression};
use crate::world::Evaluation;

/// How much of an expression is shown.
const SHOWN: usize = 120;

impl View<'_> {
    /// The expressions that are not evaluated yet for the releases that want to come here.
    pub(super) fn unevaluated(&self) -> Option<Vec<Effect>> {
        let gates = &self.environment.entry.expressions;
        if gates.is_empty() {
            return None;
        }
        let request = self.state.requests.iter().filter(|q| &q.env == self.key);
        let requested = request.filter(|q| q.kind == RequestKind::Promote).filter_map(|q| q.r.as_ref());
        let proposed = self.env.proposed.as_ref().map(|open| &open.r);
        let there = self.at().filter(|_| self.environment.revalidate).map(|at| &at.r);
        let named = requested.chain(proposed).chain(there).filter_map(|r| self.state.release(r));
        let wanted = named.chain(self.candidate()).flat_map(|release| {
            gates.iter().map(|gate| self.evaluation(gate, release)).filter(|e| self.answer_to(e).is_none())
        });
        let effects: Vec<Effect> = wanted.map(Effect::Evaluate).collect();
        (!effects.is_empty()).then_some(effects)
    }

    /// The first expression that is not true of a release.
    pub(super) fn expression_untrue(&self, release: &Release) -> Option<Wait> {
        let untrue = |gate: &Expression| {
            let answer = self.answer_to(&self.evaluation(gate, release));
            (answer != Some(&Ok(true))).then(|| (gate.clone(), answer.cloned()))
        };
        let (gate, answer) = self.environment.entry.expressions.iter().find_map(untrue)?;
        let (name, version) = (&gate.name, release.version());
        let past = self.passing_by(EntryGate::Expression, release);
        let or = if past.is_empty() { String::new() } else { format!("; {past}") };
        let place = format!("under entry of {} in the pipeline's document", self.environment.name);
        let (code, text, remedy, when) = match answer {
            None => {
                let text = format!("{name} is not evaluated yet for {version}");
                (WaitCode::GateNotTrue, text, String::new(), When::resync(self.now))
            }
            Some(Err(why)) => {
                let text = format!("{name} cannot be evaluated for {version}: {why}");
                let remedy = format!("correct the expression {place}{or}");
                (WaitCode::GateError, text, remedy, When::on(Source::Person, self.now))
            }
            Some(Ok(_)) => {
                let text = format!("{name} is not true of {version}: {}", shown(&gate.cel));
                let remedy = format!("release what it is true of, or change it {place}{or}");
                (WaitCode::GateNotTrue, text, remedy, When::resync(self.now))
            }
        };
        Some(self.wait(code, text, remedy, when).about(name))
    }

    fn evaluation(&self, gate: &Expression, release: &Release) -> Evaluation {
        Evaluation {
            environment: self.environment.name.clone(),
            gate: gate.name.clone(),
            hash: gate.hash(),
            release: release.r.clone(),
        }
    }

    fn answer_to(&self, evaluation: &Evaluation) -> Option<&Result<bool, String>> {
        self.world.evaluations.get(evaluation)
    }
}

/// One line of an expression, cut.
fn shown(cel: &str) -> String {
    let line = cel.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.chars().count() > SHOWN {
        true => line.chars().take(SHOWN).chain("...".chars()).collect(),
        false => line,
    }
}
