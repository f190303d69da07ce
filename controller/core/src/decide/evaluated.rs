//! Gates that the host evaluates, expressions and HTTP: the decision asks, and only `true` lets a release in.

use super::View;
use super::answer::{Effect, Source, Wait, WaitCode, When};
use crate::event::RequestKind;
use crate::id::GateName;
use crate::journal::state::Release;
use crate::museum::{Bug, planted};
use crate::pipeline::{EntryGate, Evaluated};
use crate::world::{Evaluation, Found, Truth};

/// How much of an expression is shown.
const SHOWN: usize = 120;

impl View<'_> {
    /// The expressions that are to be evaluated for the releases that want to come here: at once, since they cost nothing.
    pub(super) fn unevaluated(&self) -> Option<Vec<Effect>> {
        let expressions = &self.environment.entry.expressions;
        if expressions.is_empty() {
            return None;
        }
        let wanted = self.wanted();
        let asked = |release| expressions.iter().map(move |gate| (Evaluated::Expression(gate), release));
        let missing = wanted.into_iter().flat_map(asked).filter_map(|(gate, release)| {
            let evaluation = self.evaluation(gate, release);
            self.answer_to(gate, &evaluation).is_none().then_some(Effect::Evaluate(evaluation))
        });
        let missing: Vec<Effect> = missing.collect();
        (!missing.is_empty()).then_some(missing)
    }

    /// The releases that want to come here.
    fn wanted(&self) -> Vec<&Release> {
        let requests = self.state.requests.iter().filter(|q| &q.env == self.key);
        let requested = requests.filter(|q| q.kind == RequestKind::Promote).filter_map(|q| q.r.as_ref());
        let named = requested.chain(self.env.proposed.iter().map(|open| &open.r));
        let named = named.filter_map(|r| self.state.release(r));
        named.chain(self.verified_under_other_gates()).chain(self.candidate()).collect()
    }

    /// The systems outside whose answer some rule missed. They are asked when nothing else is to be done and nothing else
    /// keeps the release: that may take long, and concerns others.
    pub(super) fn unasked(&self) -> Option<Vec<Effect>> {
        let missed = self.found.missed.borrow();
        (!missed.is_empty()).then(|| missed.iter().cloned().map(Effect::Evaluate).collect())
    }

    /// The first gate of a kind that is not true of a release.
    pub(super) fn untrue(&self, kind: EntryGate, release: &Release) -> Option<Wait> {
        let mut gates = self.environment.entry.evaluated().filter(|gate| gate.kind() == kind);
        gates.find_map(|gate| match self.answer_to(gate, &self.evaluation(gate, release)) {
            Some(Found { truth: Truth::True, .. }) => None,
            Some(Found { truth: Truth::Unanswered, .. }) if planted(Bug::HttpErrorPasses) => None,
            Some(Found { truth: Truth::Wrong, .. }) if planted(Bug::BrokenExpressionPasses) => None,
            answer => Some(self.untrue_wait(gate, release, answer)),
        })
    }

    fn untrue_wait(&self, gate: Evaluated<'_>, release: &Release, answer: Option<&Found>) -> Wait {
        let (name, version) = (gate.name(), release.version());
        let past = self.passing_by(gate.kind(), release);
        let or = if past.is_empty() { String::new() } else { format!("; {past}") };
        let place = self.place_of(name);
        let Some(Found { at, truth, detail }) = answer else {
            self.found.missed.borrow_mut().insert(self.evaluation(gate, release));
            let text = format!("{name} is not evaluated yet for {version}");
            return self.wait(WaitCode::GateNotTrue, text, "", When::resync(self.now)).about(name);
        };
        let again = gate.interval().map(|interval| When::at(at.plus(interval), self.now));
        let (code, text, remedy, when) = match (truth, gate) {
            (Truth::Unanswered, Evaluated::Http(http)) => (
                WaitCode::GateUnanswered,
                format!("{name} has no answer for {version}: {detail}"),
                format!("see that {} answers{or}", http.url.host()),
                When::resync(self.now),
            ),
            (Truth::Wrong | Truth::Unanswered, _) => (
                WaitCode::GateError,
                format!("{name} cannot be evaluated for {version}: {detail}"),
                format!("correct it {place}{or}"),
                When::on(Source::Person, self.now),
            ),
            (Truth::True | Truth::False, _) => {
                let seen = if detail.is_empty() { String::new() } else { format!(" ({detail})") };
                let remedy = match gate {
                    Evaluated::Expression(_) => "release what it is true of".to_owned(),
                    Evaluated::Http(http) => format!("let {} say so", http.url.host()),
                };
                (
                    WaitCode::GateNotTrue,
                    format!("{name} is not true of {version}: {}{seen}", shown(gate.source())),
                    format!("{remedy}, or change it {place}{or}"),
                    When::resync(self.now),
                )
            }
        };
        self.wait(code, text, remedy, again.unwrap_or(when)).about(name)
    }

    /// Where an entry gate of this name is written.
    fn place_of(&self, gate: &GateName) -> String {
        match gate.policy() {
            Some((policy, _)) => format!("under entry of PromotionPolicy {policy}"),
            None => format!("under entry of {} in the pipeline's document", self.environment.name),
        }
    }

    fn evaluation(&self, gate: Evaluated<'_>, release: &Release) -> Evaluation {
        Evaluation {
            environment: self.environment.name.clone(),
            gate: gate.name().clone(),
            hash: gate.hash(),
            release: release.r.clone(),
        }
    }

    /// What is known of an evaluation, as long as that holds.
    fn answer_to(&self, gate: Evaluated<'_>, evaluation: &Evaluation) -> Option<&Found> {
        let found = self.world.evaluations.get(evaluation)?;
        gate.interval().is_none_or(|interval| found.holds(interval, self.now)).then_some(found)
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
