//! Inputs of `workflow_dispatch` and `workflow_call` (languageservices: converter/workflow-dispatch.ts and workflow-call.ts).

use super::convert::Converter;
use super::value::{At, Name, Names, Scalar};
use crate::read::{TokenId, TokenKind};

/// An input of a workflow.
#[derive(Debug, Clone, PartialEq)]
pub struct Input<'d> {
    /// Its name.
    pub name: Name<'d>,
    /// All of it.
    pub token: TokenId,
    /// `type`, as it is written.
    pub written_type: Option<Name<'d>>,
    /// What it is: text where no `type` is.
    pub kind: InputType,
    /// `description`
    pub description: Option<Name<'d>>,
    /// `required`
    pub required: Option<At<bool>>,
    /// `default`
    pub default: Option<At<Scalar<'d>>>,
    /// `options` of a choice.
    pub options: Option<Names<'d>>,
}

/// What an input is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum InputType {
    /// Text.
    #[default]
    String,
    /// true or false.
    Boolean,
    /// A number.
    Number,
    /// One of its options.
    Choice,
    /// The name of an environment.
    Environment,
}

impl InputType {
    /// Whether a called workflow takes a value for an input of this type. Any scalar can be text.
    pub(super) const fn takes(self, value: Scalar<'_>) -> bool {
        match (self, value) {
            (_, Scalar::Expression(_))
            | (Self::Boolean, Scalar::Boolean(_))
            | (Self::Number, Scalar::Number(_)) => true,
            (Self::Boolean | Self::Number, _) => false,
            _ => true,
        }
    }

    /// What to write for one of this type.
    pub(super) fn remedy(self) -> String {
        format!("the input is a {}: write one without quotes", self.name())
    }

    /// The type of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::String, Self::Boolean, Self::Number, Self::Choice, Self::Environment]
            .into_iter()
            .find(|kind| kind.name() == name)
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Boolean => "boolean",
            Self::Number => "number",
            Self::Choice => "choice",
            Self::Environment => "environment",
        }
    }
}

/// Who gives an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Given {
    /// Somebody who starts the workflow. The runner looks at no more than the name of the type, whatever it is
    /// (ConvertToOnWorkflowDispatchInputTypes); GitHub's editor does.
    ByHand,
    /// A workflow that calls this one.
    ByCaller,
}

/// All inputs of a mapping.
pub(super) fn inputs<'d>(converter: &mut Converter<'d>, token: TokenId, given: Given) -> Vec<Input<'d>> {
    converter.properties(token).map(|(name, value)| Input::read(converter, name, value, given)).collect()
}

impl<'d> Input<'d> {
    fn read(converter: &mut Converter<'d>, name: Name<'d>, token: TokenId, given: Given) -> Self {
        let mut input = Self {
            name,
            token,
            written_type: None,
            kind: InputType::String,
            description: None,
            required: None,
            default: None,
            options: None,
        };
        for (key, value) in converter.properties(token) {
            match key.value {
                "type" => input.written_type = converter.name(value),
                "description" => input.description = converter.name(value),
                "required" => input.required = converter.boolean(value),
                "default" => input.default = Some(converter.scalar(value)),
                "options" => input.options = Some(converter.names(value)),
                _ => {}
            }
        }
        let written = input.written_type.and_then(|written| InputType::named(written.value));
        input.kind = written.unwrap_or_default();
        input.check_default(converter, given);
        input.check_options(converter, given);
        input
    }

    /// The default has to be of the type; npm does not look at that of a number. A called workflow gets the text of what is
    /// written for a string, whatever it is (actions/runner: WorkflowTemplateConverter, ConvertToInputValueDefinedType;
    /// TemplateEvaluator, Validate): only the editor minds.
    fn check_default(&mut self, converter: &mut Converter<'d>, given: Given) {
        let Some(At { token, value }) = self.default else { return };
        if given == Given::ByCaller && matches!(self.kind, InputType::Boolean | InputType::Number) {
            return self.check_typed_default(converter, token, value);
        }
        let expected = match (self.kind, value) {
            (_, Scalar::Expression(_)) | (InputType::Number, _) => return,
            (InputType::Boolean, Scalar::Boolean(_)) => return,
            (InputType::Boolean, _) => "BooleanToken",
            (_, Scalar::Text(_)) => return,
            _ => "StringToken",
        };
        let actual = match converter.kind(token) {
            TokenKind::Null => "NullToken",
            TokenKind::Boolean(_) => "BooleanToken",
            TokenKind::Number(_) => "NumberToken",
            TokenKind::String(_) => "StringToken",
            TokenKind::Expression(_) => "BasicExpressionToken",
            TokenKind::Insert => "InsertExpressionToken",
            TokenKind::Sequence => "SequenceToken",
            TokenKind::Mapping => "MappingToken",
        };
        converter.refuse(
            token,
            format!(
                "Unexpected type '{actual}' encountered while reading 'input default'. The type '{expected}' was expected."
            ),
        );
        converter.hint(match self.kind {
            InputType::Boolean => "write true or false, without quotes",
            _ => "put it in quotes",
        });
        converter.by_editor();
    }

    /// Each caller looks at the default of a boolean or number, whether it gives the input or not, and takes no text for one
    /// (actions/runner: TemplateEvaluator, Validate).
    fn check_typed_default(&mut self, converter: &mut Converter<'d>, token: TokenId, value: Scalar<'d>) {
        if !self.kind.takes(value) {
            converter.refuse(token, format!("Unexpected value '{}'", value.shown()));
            converter.hint(self.kind.remedy());
            self.default = None;
        }
    }

    fn check_options(&self, converter: &mut Converter<'d>, given: Given) {
        let has_options = self.options.as_ref().map(|options| !options.value.is_empty());
        match (self.kind, has_options) {
            (InputType::Choice, None | Some(false)) => {
                converter.refuse(self.token, "Missing 'options' for choice input");
                converter.hint("list what can be chosen under options");
            }
            (InputType::Choice, Some(true)) | (_, None) => return,
            (_, Some(_)) => {
                converter.refuse(self.token, "Input type is not 'choice', but 'options' is defined");
                converter.hint("write type: choice, or take the options away");
            }
        }
        if given == Given::ByHand {
            converter.by_editor();
        }
    }
}
