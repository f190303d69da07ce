//! Results of jobs and steps that may be there in a situation, tried one after the other.

use std::sync::Arc;

use super::{Asker, Outcome, Situation};
use crate::expression::{Function, Literal, Node, NodeKind, Object, Status, Truth, Value, World, same};
use crate::graph::paths::{self, Path};
use crate::model::{Step, StepKind, Value as Written};

/// So many combinations of results are tried at most.
const MOST: usize = 64;

/// A result that a node asks for, and what it may be; `None`: there is none yet.
struct Asked<'n> {
    context: &'static str,
    name: &'n str,
    property: &'static str,
    may_be: Vec<Option<Outcome>>,
}

/// Whether a node is the result of a job or step.
pub(super) fn is_result(node: &Node) -> bool {
    result_of(node).is_some()
}

/// Whether a node is a word that no result is.
pub(super) fn is_no_result(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Literal(Literal::String(word)) => {
            !word.is_empty() && Outcome::ALL.iter().all(|outcome| !outcome.name().eq_ignore_ascii_case(word))
        }
        _ => false,
    }
}

/// Whether a node looks for such a word among the results of all jobs or steps, so that it is false whatever these are.
pub(super) fn looks_for_no_result(node: &Node) -> bool {
    let NodeKind::Call { function: Function::Contains, arguments, .. } = &node.kind else { return false };
    match arguments.as_slice() {
        // In one result, a part of a word may be looked for.
        [list, word] => is_list_of_results(list) && is_no_result(word),
        _ => false,
    }
}

/// Whether a node is the results of all jobs or steps.
fn is_list_of_results(node: &Node) -> bool {
    result_of(node) == Some(paths::ANY)
}

/// Whose result a node is.
fn result_of(node: &Node) -> Option<&str> {
    let mut found = Vec::new();
    paths::collect(node, &mut found);
    let path = found.first().filter(|path| path.span == node.span && kind(path).is_some())?;
    path.name(1)
}

/// `needs.x.result`, `steps.x.outcome`, `steps.x.conclusion`: the context and the property.
fn kind(path: &Path<'_>) -> Option<(&'static str, &'static str)> {
    if path.names.len() != 3 {
        return None;
    }
    let property = path.name(2)?;
    [("needs", "result"), ("steps", "outcome"), ("steps", "conclusion")]
        .into_iter()
        .find(|(context, known)| path.starts_with(&[context]) && property.eq_ignore_ascii_case(known))
}

/// Whether a node is true with all results that may be there in a situation, or with none. Unknown where it asks for
/// anything else, or for too many.
pub(super) fn truth(node: &Node, situation: Situation, asker: Asker<'_>) -> Option<Truth> {
    // A job may have more steps than there are combinations to try.
    if looks_for_no_result(node) {
        return Some(Truth::False);
    }
    let mut found = Vec::new();
    paths::collect(node, &mut found);
    let mut asked: Vec<Asked<'_>> = Vec::new();
    for path in &found {
        add(path, situation, asker, &mut asked)?;
    }
    let combinations = asked.iter().try_fold(1_usize, |all, one| all.checked_mul(one.may_be.len()))?;
    if found.is_empty() || combinations > MOST {
        return None;
    }
    let mut known = None;
    for combination in (0..combinations).filter(|number| may_be(&asked, *number, situation, asker)) {
        let truth = node.evaluate(&Supposed::of(&asked, combination, situation)).ok()?.is_truthy();
        if *known.get_or_insert(truth) != truth {
            return Some(Truth::Unknown);
        }
    }
    known.map(Truth::from)
}

/// What a path asks for; `None` where it is no result.
fn add<'n>(
    path: &Path<'n>,
    situation: Situation,
    asker: Asker<'n>,
    asked: &mut Vec<Asked<'n>>,
) -> Option<()> {
    // The status of the job is what the functions speak of (runner: SuccessFunction.cs), but not in actions.
    if path.names.len() == 2 && path.starts_with(&["job", "status"]) && matches!(asker, Asker::Step(_)) {
        return Some(());
    }
    if is_of_unneeded(path, asker) {
        return Some(());
    }
    let ((context, property), name) = (kind(path)?, path.name(1)?);
    let mut ask = |name: &'n str, may_be| {
        if !asked.iter().any(|known| known.property == property && same(known.name, name)) {
            asked.push(Asked { context, name, property, may_be });
        }
    };
    match (context, asker) {
        ("needs", _) if name == paths::ANY => {
            asker.needs()?.iter().for_each(|need| ask(need.value, of_job(situation)));
        }
        ("needs", _) => {
            // A job that is not among the needs is null.
            let is_needed = asker.needs()?.iter().any(|need| same(need.value, name));
            ask(name, if is_needed { of_job(situation) } else { vec![None] });
        }
        ("steps", Asker::Step(steps) | Asker::ActionStep(steps)) if name != paths::ANY => {
            let (step, is_beside) = named(steps, name)?;
            ask(name, of_step(step, is_beside, property, situation));
        }
        _ => return None,
    }
    Some(())
}

/// Whether a path asks for outputs of a job that is not among the needs: they are null, as the job is.
fn is_of_unneeded(path: &Path<'_>, asker: Asker<'_>) -> bool {
    let is_output = path.name(2).is_some_and(|property| property.eq_ignore_ascii_case("outputs"));
    let name = path.name(1).filter(|name| is_output && *name != paths::ANY && path.starts_with(&["needs"]));
    let needs = name.zip(asker.needs());
    needs.is_some_and(|(name, needs)| !needs.iter().any(|need| same(need.value, name)))
}

/// What a job of the needs may have come to.
fn of_job(situation: Situation) -> Vec<Option<Outcome>> {
    match situation {
        Situation::Succeeded => vec![Some(Outcome::Success)],
        Situation::Skipped => {
            vec![Some(Outcome::Success), Some(Outcome::Skipped), Some(Outcome::Cancelled)]
        }
        Situation::Failed | Situation::Cancelled => Outcome::ALL.map(Some).to_vec(),
    }
}

/// The step of an id, and whether it runs beside others in `parallel`.
fn named<'s, 'd>(steps: &'s [Step<'d>], name: &str) -> Option<(&'s Step<'d>, bool)> {
    let all = steps.iter().flat_map(|step| {
        let inner = if let StepKind::Parallel(inner) = &step.kind { inner.as_slice() } else { &[] };
        std::iter::once((step, false)).chain(inner.iter().map(|step| (step, true)))
    });
    all.into_iter().find(|(step, _)| step.id.is_some_and(|id| same(id.value, name)))
}

/// What a step may have come to. One that fails fails the job, unless it says otherwise; its conclusion is then a success.
fn of_step(step: &Step<'_>, is_beside: bool, property: &str, situation: Situation) -> Vec<Option<Outcome>> {
    let goes_on = is_beside
        || step.background.is_some()
        || matches!(step.kind, StepKind::Parallel(_))
        || step.continue_on_error.is_some_and(|flag| flag.value != Written::Literal(false));
    let may_fail = situation != Situation::Succeeded || goes_on && property == "outcome";
    let mut may_be = vec![None, Some(Outcome::Success), Some(Outcome::Skipped), Some(Outcome::Cancelled)];
    if may_fail {
        may_be.push(Some(Outcome::Failure));
    }
    may_be
}

/// Whether results may be there in a situation: where nothing else is before a job, one of its needs made it so.
fn may_be(asked: &[Asked<'_>], combination: usize, situation: Situation, asker: Asker<'_>) -> bool {
    let Asker::Second(needs) = asker else { return true };
    let is_asked = |need: &str| asked.iter().any(|one| one.context == "needs" && same(one.name, need));
    if !needs.iter().all(|need| is_asked(need.value)) {
        return true;
    }
    let mut outcomes = outcomes(asked, combination);
    match situation {
        Situation::Succeeded | Situation::Cancelled => true,
        Situation::Failed => outcomes.any(|(_, outcome)| outcome == Some(Outcome::Failure)),
        Situation::Skipped => {
            outcomes.any(|(_, outcome)| matches!(outcome, Some(Outcome::Skipped | Outcome::Cancelled)))
        }
    }
}

/// What each is supposed to be in the combination of this number.
fn outcomes<'a, 'n>(
    asked: &'a [Asked<'n>],
    combination: usize,
) -> impl Iterator<Item = (&'a Asked<'n>, Option<Outcome>)> {
    let mut rest = combination;
    asked.iter().map(move |one| {
        let outcome = one.may_be.get(rest % one.may_be.len().max(1)).copied().flatten();
        rest /= one.may_be.len().max(1);
        (one, outcome)
    })
}

/// A world in which results are supposed to be so.
struct Supposed {
    contexts: [(&'static str, Value); 3],
}

impl Supposed {
    /// The combination of this number.
    fn of(asked: &[Asked<'_>], combination: usize, situation: Situation) -> Self {
        let (mut needs, mut steps) = (Vec::<(&str, Object)>::new(), Vec::new());
        for (one, outcome) in outcomes(asked, combination) {
            let context = if one.context == "needs" { &mut needs } else { &mut steps };
            let result = match context.iter_mut().find(|(name, _)| same(name, one.name)) {
                Some((_, result)) => result,
                None => {
                    context.push((one.name, Object::new()));
                    let Some((_, result)) = context.last_mut() else { continue };
                    result
                }
            };
            let word = outcome.map_or(Value::Null, |outcome| Value::text(outcome.name()));
            result.insert(one.property, word);
        }
        let mut job = Object::new();
        let status = match situation {
            Situation::Succeeded | Situation::Skipped => Outcome::Success,
            Situation::Failed => Outcome::Failure,
            Situation::Cancelled => Outcome::Cancelled,
        };
        job.insert("status", Value::text(status.name()));
        let [needs, steps] = [needs, steps].map(|results| {
            let mut context = Object::new();
            for (name, result) in results {
                context.insert(name, Value::Object(Arc::new(result)));
            }
            context
        });
        let objects = [("needs", needs), ("steps", steps), ("job", job)];
        Self { contexts: objects.map(|(name, object)| (name, Value::Object(Arc::new(object)))) }
    }
}

impl World for Supposed {
    fn context(&self, name: &str) -> Value {
        let found = self.contexts.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map_or(Value::Null, |(_, value)| value.clone())
    }

    fn status(&self, _status: Status, _jobs: &[String]) -> Result<bool, String> {
        Err("which jobs are meant is not known".to_owned())
    }

    fn hash_files(&self, _patterns: &[String], _follow_links: bool) -> Result<String, String> {
        Err("there are no files".to_owned())
    }
}
