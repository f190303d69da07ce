//! What a called workflow, or a composite action, gets from its caller, as far as it is known before a run.
//!
//! A value has the type of its input, or the run fails: any scalar becomes text, nothing becomes a number or a boolean
//! (runner: WorkflowTemplateConverter, `ConvertToWorkflowJobInputs`).

use std::collections::HashSet;
use std::sync::Arc;

use super::calls::{Bound, Given};
use super::paths::{self, Path};
use super::world::Known;
use crate::expression::{Condition, Expression, Literal, Node, NodeKind, Object, Value, folded};
use crate::model::{ActionInput, InputType, Key, Mapping, Scalar};

/// How many inputs of an action are looked at.
const MAX_INPUTS: usize = 100;

/// How long a text of one may be, in bytes.
const MAX_TEXT: usize = 256;

/// The inputs of a called workflow by one call, or of an action by one step.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownInputs {
    /// An object with those that are known.
    values: Value,
    /// Those that only a run knows, in capitals.
    unknown: HashSet<String>,
}

impl KnownInputs {
    /// What a call gives where this much is known of the caller.
    pub(super) fn of(inputs: &[Bound<'_>], caller: Known<'_>) -> Self {
        let (mut values, mut unknown) = (Object::new(), HashSet::new());
        for bound in inputs {
            let name = bound.input.name.value;
            match value(bound, caller) {
                Some(value) => values.insert(name, value),
                None => drop(unknown.insert(folded(name))),
            }
        }
        Self { values: Value::Object(Arc::new(values)), unknown }
    }

    /// What a step gives to a composite action, and what the action has where it gives nothing. All become texts (runner:
    /// CompositeActionHandler.cs, ActionRunner.cs); expressions are not looked at. `None` where there is too much, or an
    /// expression stands for all.
    pub(crate) fn of_action(inputs: &[ActionInput<'_>], given: Option<&Mapping<'_>>) -> Option<Self> {
        let given = given.map_or(Some(&[][..]), |given| given.value.literal().map(Vec::as_slice))?;
        if inputs.len() + given.len() > MAX_INPUTS {
            return None;
        }
        let (mut values, mut unknown) = (Object::new(), HashSet::new());
        let mut learn = |name: &str, text: Option<String>| match text.filter(|text| text.len() <= MAX_TEXT) {
            Some(text) => {
                values.insert(name, Value::text(&text));
                unknown.remove(&folded(name));
            }
            None => drop(unknown.insert(folded(name))),
        };
        for input in inputs {
            let default = input.default.map(|default| default.value.literal().map(|text| (*text).to_owned()));
            learn(input.name.value, default.unwrap_or_else(|| Some(String::new())));
        }
        for entry in given {
            let Key::Text(name) = entry.key.value else { return None };
            let text =
                scalar(entry.value.value, Known::NOTHING).filter(|_| !is_expression(entry.value.value));
            learn(name, text.map(|value| value.to_text().into_owned()));
        }
        Some(Self { values: Value::Object(Arc::new(values)), unknown })
    }

    /// How much there is in the values, in characters and values.
    pub(super) fn size(&self) -> usize {
        let Value::Object(values) = &self.values else { return 0 };
        values.iter().map(|(name, value)| name.len() + value.to_text().len() + 1).sum()
    }

    /// Whether the value of a path in the context `inputs` is known. What nobody declared is null.
    pub(super) fn knows(&self, path: &Path<'_>) -> bool {
        match path.name(1).filter(|name| *name != paths::ANY) {
            Some(name) => self.unknown.is_empty() || !self.unknown.contains(&folded(name)),
            None => self.unknown.is_empty(),
        }
    }

    /// The context, with what is known of it.
    pub(super) fn context(&self) -> Value {
        self.values.clone()
    }

    /// A condition with the values that are known in their places.
    pub(super) fn filled(&self, condition: &Condition) -> Condition {
        let fill = |expression: &Expression| {
            let mut expression = expression.clone();
            if let Some(root) = &mut expression.root {
                self.fill(root);
            }
            expression
        };
        Condition {
            expression: fill(&condition.expression),
            written: condition.written.as_ref().map(fill),
            ..condition.clone()
        }
    }

    fn fill(&self, node: &mut Node) {
        match self.literal(node) {
            Some(literal) => node.kind = NodeKind::Literal(literal),
            None => node.children_mut().into_iter().for_each(|child| self.fill(child)),
        }
    }

    /// What `inputs.name` is, if that is known.
    fn literal(&self, node: &Node) -> Option<Literal> {
        let NodeKind::Index { base, index } = &node.kind else { return None };
        let (NodeKind::NamedValue(context), NodeKind::Literal(Literal::String(name))) =
            (&base.kind, &index.kind)
        else {
            return None;
        };
        if !context.eq_ignore_ascii_case("inputs") || self.unknown.contains(&folded(name)) {
            return None;
        }
        let Value::Object(values) = &self.values else { return None };
        Some(match values.get(name) {
            None | Some(Value::Null) => Literal::Null,
            Some(Value::Boolean(value)) => Literal::Boolean(*value),
            Some(Value::Number(value)) => Literal::Number(*value),
            Some(value) if value.is_primitive() => Literal::String(value.to_text().into_owned()),
            Some(_) => return None,
        })
    }
}

fn is_expression(scalar: Scalar<'_>) -> bool {
    matches!(scalar, Scalar::Expression(_))
}

fn value(bound: &Bound<'_>, caller: Known<'_>) -> Option<Value> {
    let given = match bound.value {
        Given::Caller(given) => scalar(given.value, caller)?,
        // An expression of a default asks for what only a run has.
        Given::Default(default) => scalar(default.value, Known::NOTHING)?,
        Given::Nothing => return Some(nothing(bound.input.kind)),
    };
    let is_of_type = match bound.input.kind {
        InputType::Boolean => matches!(given, Value::Boolean(_)),
        InputType::Number => matches!(given, Value::Number(_)),
        _ if given.is_primitive() => return Some(Value::text(&given.to_text())),
        _ => false,
    };
    is_of_type.then_some(given)
}

fn scalar(scalar: Scalar<'_>, known: Known<'_>) -> Option<Value> {
    Some(match scalar {
        Scalar::Null => Value::Null,
        Scalar::Boolean(value) => Value::Boolean(value),
        Scalar::Number(value) => Value::Number(value),
        Scalar::Text(text) => Value::text(text),
        Scalar::Expression(evaluated) => return known.value(evaluated.expression()),
        Scalar::Tree => return None,
    })
}

/// What an input is that nobody gives (runner: `GetDefaultValueByType`).
fn nothing(kind: InputType) -> Value {
    match kind {
        InputType::Boolean => Value::Boolean(false),
        InputType::Number => Value::Number(0.0),
        _ => Value::text(""),
    }
}
