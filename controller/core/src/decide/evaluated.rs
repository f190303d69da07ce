//! Gates that the host evaluates, expressions and HTTP: the decision asks, and only `true` lets a release in.

use super::View;
use super::answer::{Effect, Source, Wait, WaitCode, When};
use super::entry::Past;
use crate::event::RequestKind;
use crate::id::GateName;
use crate::journal::state::Release;
use crate::museum::{Bug, planted};
use crate::pipeline::{EntryGate, Evaluated, Http};
use crate::world::{Evaluation, Found, Truth};

/// How much of an expression is shown.
const SHOWN: usize = 120;

impl View<'_> {
    /// What is to be evaluated for the releases that want to come here: expressions at once, HTTP gates last.
    pub(super) fn unevaluated(&self) -> Option<Vec<Effect>> {
        self.environment.entry.evaluated().next()?;
        let wanted = self.wanted();
        let expressions = || self.environment.entry.expressions.iter().map(Evaluated::Expression);
        let unknown = wanted.iter().flat_map(|(release, _)| {
            let asked = expressions().map(|gate| (gate, self.evaluation(gate, release)));
            asked.filter(|(gate, e)| self.answer_to(*gate, e).is_none()).map(|(_, e)| e)
        });
        let mut effects: Vec<Effect> = unknown.map(Effect::Evaluate).collect();
        if effects.is_empty() {
            let next = wanted.iter().filter_map(|(release, past)| self.unasked(release, past));
            effects = next.map(Effect::Evaluate).collect();
        }
        (!effects.is_empty()).then_some(effects)
    }

    /// The releases that want to come here, each with the gates that a person passes by for it.
    fn wanted(&self) -> Vec<(&Release, Past)> {
        let requests = self.state.requests.iter().filter(|q| &q.env == self.key);
        let promotions = requests.filter(|q| q.kind == RequestKind::Promote);
        let requested = promotions.filter_map(|q| Some((q.r.as_ref()?, self.past(q).into_keys().collect())));
        let proposed = self.env.proposed.iter().map(|open| (&open.r, self.past_of(open)));
        let there = self.verified_under_other_gates().map(|release| (&release.r, Past::new()));
        let named = requested.chain(proposed).chain(there);
        let named = named.filter_map(|(r, past)| Some((self.state.release(r)?, past)));
        named.chain(self.candidate().map(|release| (release, Past::new()))).collect()
    }

    /// The first HTTP gate whose answer about a release is missing, where nothing else keeps the release.
    fn unasked(&self, release: &Release, past: &Past) -> Option<Evaluation> {
        if past.contains(&EntryGate::Http) || self.environment.entry.http.is_empty() {
            return None;
        }
        let open = |gate: &Http| {
            let gate = Evaluated::Http(gate);
            let evaluation = self.evaluation(gate, release);
            let answer = self.answer_to(gate, &evaluation);
            (answer.is_none_or(|found| found.truth != Truth::True)).then_some((answer.is_none(), evaluation))
        };
        let (missing, evaluation) = self.environment.entry.http.iter().find_map(open)?;
        let others: Past = past.iter().copied().chain([EntryGate::Http]).collect();
        (missing && self.entry_past(release, &others).is_none()).then_some(evaluation)
    }

    /// The first gate of a kind that is not true of a release.
    pub(super) fn untrue(&self, kind: EntryGate, release: &Release) -> Option<Wait> {
        let mut gates = self.environment.entry.evaluated().filter(|gate| gate.kind() == kind);
        gates.find_map(|gate| match self.answer_to(gate, &self.evaluation(gate, release)) {
            Some(Found { truth: Truth::True, .. }) => None,
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
