//! Steps (runner: `ConvertToStep`; languageservices: converter/steps.ts for those that wait).

use std::collections::HashSet;

use super::convert::Converter;
use super::value::{At, Flag, Mapping, Name, Number, Text};
use crate::expression::Condition;
use crate::read::{TokenId, TokenKind};
use crate::values::id::Ids;
use crate::values::uses::{self, StepUses};

/// A step.
#[derive(Debug, Clone)]
pub struct Step<'d> {
    /// All of it.
    pub token: TokenId,
    /// `id`
    pub id: Option<Name<'d>>,
    /// `name`
    pub name: Option<Text<'d>>,
    /// `if`; `success()` where there is none.
    pub condition: Option<At<Box<Condition>>>,
    /// `continue-on-error`
    pub continue_on_error: Option<Flag<'d>>,
    /// `timeout-minutes`
    pub timeout_minutes: Option<Number<'d>>,
    /// `env`
    pub env: Option<Mapping<'d>>,
    /// `background`: the next step does not wait for it.
    pub background: Option<At<bool>>,
    /// What it does.
    pub kind: StepKind<'d>,
}

/// What a step does.
#[derive(Debug, Clone)]
pub enum StepKind<'d> {
    /// `run`
    Run(Run<'d>),
    /// `uses`
    Uses(Uses<'d>),
    /// `wait`: for these steps.
    Wait(Vec<Name<'d>>),
    /// `wait-all`: for all steps before it.
    WaitAll(TokenId),
    /// `cancel`: this step.
    Cancel(Name<'d>),
    /// `parallel`: these steps at the same time.
    Parallel(Vec<Step<'d>>),
    /// Nothing that could be read.
    Unknown,
}

/// A script.
#[derive(Debug, Clone, PartialEq)]
pub struct Run<'d> {
    /// `run`
    pub script: Text<'d>,
    /// `shell`
    pub shell: Option<Text<'d>>,
    /// `working-directory`
    pub working_directory: Option<Text<'d>>,
}

/// An action.
#[derive(Debug, Clone, PartialEq)]
pub struct Uses<'d> {
    /// `uses`
    pub uses: Name<'d>,
    /// What it names; `None` where it is refused.
    pub target: Option<StepUses<'d>>,
    /// `with`
    pub with: Option<Mapping<'d>>,
}

/// The steps of one sequence that have ids.
#[derive(Default)]
struct Scope<'d> {
    ids: Ids,
    /// Those that are right.
    known: HashSet<&'d str>,
}

/// What only some kinds of steps have.
#[derive(Default)]
struct Parts<'d> {
    run: Option<Text<'d>>,
    shell: Option<Text<'d>>,
    working_directory: Option<Text<'d>>,
    uses: Option<Name<'d>>,
    with: Option<Mapping<'d>>,
}

/// All steps of a sequence: those of a job, of a composite action, or of a parallel step.
pub(super) fn steps<'d>(converter: &mut Converter<'d>, token: TokenId) -> Vec<Step<'d>> {
    if converter.kind(token) != TokenKind::Sequence {
        return Vec::new();
    }
    let mut scope = Scope::default();
    let document = converter.document;
    document.children(token).filter_map(|item| Step::read(converter, item, &mut scope)).collect()
}

impl<'d> Step<'d> {
    fn read(converter: &mut Converter<'d>, token: TokenId, scope: &mut Scope<'d>) -> Option<Self> {
        if converter.kind(token) != TokenKind::Mapping {
            return None;
        }
        let mut step = Self {
            token,
            id: None,
            name: None,
            condition: None,
            continue_on_error: None,
            timeout_minutes: None,
            env: None,
            background: None,
            kind: StepKind::Unknown,
        };
        let (mut parts, mut condition) = (Parts::default(), None);
        for (key, value) in converter.properties(token) {
            match key.value {
                "id" => step.id = id(converter, value, scope),
                "if" => condition = Some(value),
                _ => step.property(converter, key.value, value, &mut parts, scope),
            }
        }
        // GitHub looks at the condition behind all else, and then at what is used.
        step.condition = condition.and_then(|token| converter.condition(token));
        match parts {
            Parts { run: Some(script), shell, working_directory, .. } => {
                step.kind = StepKind::Run(Run { script, shell, working_directory });
            }
            Parts { uses: Some(uses), with, .. } => {
                step.kind = StepKind::Uses(Uses::new(converter, uses, with))
            }
            _ => {}
        }
        Some(step)
    }

    fn property(
        &mut self,
        converter: &mut Converter<'d>,
        key: &str,
        token: TokenId,
        parts: &mut Parts<'d>,
        scope: &Scope<'d>,
    ) {
        match key {
            "name" => self.name = converter.text(token),
            "continue-on-error" => self.continue_on_error = converter.flag(token),
            "timeout-minutes" => self.timeout_minutes = converter.number(token),
            "env" => self.env = converter.mapping(token),
            "background" => self.background = converter.boolean(token),
            "run" => parts.run = converter.text(token),
            "shell" => parts.shell = converter.text(token),
            "working-directory" => parts.working_directory = converter.text(token),
            "uses" => parts.uses = converter.name(token),
            "with" => parts.with = converter.mapping(token),
            _ => self.waiting(converter, key, token, scope),
        }
    }

    /// The newer steps, which wait for others or hold them.
    fn waiting(&mut self, converter: &mut Converter<'d>, key: &str, token: TokenId, scope: &Scope<'d>) {
        match key {
            "wait" => {
                let targets = converter.names(token).value;
                targets.iter().for_each(|target| self.check_target(converter, *target, scope));
                self.kind = StepKind::Wait(targets);
            }
            "wait-all" => {
                if converter.boolean(token).is_some_and(|all| !all.value) {
                    converter.refuse(token, "The value of 'wait-all' must be true or omitted");
                    converter.hint("take the step away if nothing is to be waited for");
                }
                self.kind = StepKind::WaitAll(token);
            }
            "cancel" => {
                let Some(target) = converter.name(token) else { return };
                self.check_target(converter, target, scope);
                self.kind = StepKind::Cancel(target);
            }
            "parallel" => {
                let steps = steps(converter, token);
                steps.iter().for_each(|step| step.check_in_parallel(converter, self.token));
                self.kind = StepKind::Parallel(steps);
            }
            _ => {}
        }
    }

    /// A step that another one waits for or cancels stands before it.
    fn check_target(&self, converter: &mut Converter<'d>, target: Name<'d>, scope: &Scope<'d>) {
        let name = target.value;
        let own = self.id.filter(|id| id.value.eq_ignore_ascii_case(name));
        if name.starts_with("__") {
            let message = format!("The identifier '{name}' is invalid. IDs starting with '__' are reserved.");
            converter.refuse(target.token, message);
        } else if let Some(own) = own {
            converter.refuse(target.token, format!("Step '{}' cannot reference itself", own.value));
        } else if !scope.known.contains(name) {
            converter.refuse(target.token, format!("Step references unknown step ID '{name}'"));
            converter.hint("name the id of a step that stands before this one");
        }
    }

    /// What a step of a parallel step may not be.
    fn check_in_parallel(&self, converter: &mut Converter<'d>, parallel: TokenId) {
        if self.background.is_some() {
            let message = "'background' is not allowed inside a parallel block. Steps in a parallel block are automatically run \
                           as background steps.";
            converter.refuse(parallel, message);
        }
        let message = match self.kind {
            StepKind::Wait(_) => "'wait' is not allowed inside a parallel block.",
            StepKind::WaitAll(_) => "'wait-all' is not allowed inside a parallel block.",
            StepKind::Cancel(_) => "'cancel' is not allowed inside a parallel block.",
            StepKind::Parallel(_) => "Nested 'parallel' blocks are not allowed.",
            StepKind::Run(_) | StepKind::Uses(_) | StepKind::Unknown => return,
        };
        converter.refuse(parallel, message);
    }
}

/// The id of a step. An empty one is none.
fn id<'d>(converter: &mut Converter<'d>, token: TokenId, scope: &mut Scope<'d>) -> Option<Name<'d>> {
    let id = converter.name(token).filter(|id| !id.value.is_empty())?;
    match scope.ids.add(id.value) {
        Ok(()) => drop(scope.known.insert(id.value)),
        Err(finding) => _ = converter.refuse_text(token, finding),
    }
    Some(id)
}

impl<'d> Uses<'d> {
    fn new(converter: &mut Converter<'d>, uses: Name<'d>, with: Option<Mapping<'d>>) -> Self {
        let target = match uses::step(uses.value) {
            Ok(target) => Some(target),
            Err(finding) => {
                converter.refuse_text(uses.token, finding);
                None
            }
        };
        Self { uses, target, with }
    }
}
