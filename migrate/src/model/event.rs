//! `on`: what starts a workflow (languageservices: converter/events.ts).

use super::convert::Converter;
use super::input::{Given, Input, inputs};
use super::value::{At, Name, Names, Text};
use crate::read::{TokenId, TokenKind};
use crate::values::{Author, cron};

/// `on` of a workflow.
#[derive(Debug, Clone, PartialEq)]
pub struct Events<'d> {
    /// All of it.
    pub token: TokenId,
    /// The events, in the order of the source.
    pub list: Vec<Event<'d>>,
}

/// An event that starts a workflow.
#[derive(Debug, Clone, PartialEq)]
pub struct Event<'d> {
    /// Its name.
    pub name: Name<'d>,
    /// What stands behind the name; `None` where the name is alone.
    pub token: Option<TokenId>,
    /// What is asked of it.
    pub kind: EventKind<'d>,
}

/// What is asked of an event.
#[derive(Debug, Clone, PartialEq)]
pub enum EventKind<'d> {
    /// Nothing, or a filter.
    Filtered(Box<Filters<'d>>),
    /// `schedule`
    Schedule(Vec<Schedule<'d>>),
    /// `workflow_call`
    Call(Box<CallEvent<'d>>),
    /// `workflow_dispatch`, with its inputs.
    Dispatch(Vec<Input<'d>>),
}

/// What an event has to be about. `None`: anything.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Filters<'d> {
    /// `types`
    pub types: Option<Names<'d>>,
    /// `branches`
    pub branches: Option<Names<'d>>,
    /// `branches-ignore`
    pub branches_ignore: Option<Names<'d>>,
    /// `tags`
    pub tags: Option<Names<'d>>,
    /// `tags-ignore`
    pub tags_ignore: Option<Names<'d>>,
    /// `paths`
    pub paths: Option<Names<'d>>,
    /// `paths-ignore`
    pub paths_ignore: Option<Names<'d>>,
    /// `workflows` of `workflow_run`
    pub workflows: Option<Names<'d>>,
    /// `names` of `image_version`
    pub names: Option<Names<'d>>,
    /// `versions` of `image_version`
    pub versions: Option<Names<'d>>,
}

impl<'d> Filters<'d> {
    /// Each filter that is there, by its key.
    pub fn by_key(&self) -> impl Iterator<Item = (&'static str, &Names<'d>)> {
        let all = [
            ("types", &self.types),
            ("branches", &self.branches),
            ("branches-ignore", &self.branches_ignore),
            ("tags", &self.tags),
            ("tags-ignore", &self.tags_ignore),
            ("paths", &self.paths),
            ("paths-ignore", &self.paths_ignore),
            ("workflows", &self.workflows),
            ("names", &self.names),
            ("versions", &self.versions),
        ];
        all.into_iter().filter_map(|(key, names)| names.as_ref().map(|names| (key, names)))
    }
}

/// A time at which a workflow starts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Schedule<'d> {
    /// All of it.
    pub token: TokenId,
    /// `cron`
    pub cron: Name<'d>,
    /// `timezone`
    pub timezone: Option<Name<'d>>,
}

/// What a caller gives and gets.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CallEvent<'d> {
    /// `inputs`
    pub inputs: Vec<Input<'d>>,
    /// The mapping of the inputs.
    pub inputs_token: Option<TokenId>,
    /// `secrets`
    pub secrets: Vec<CallSecret<'d>>,
    /// The mapping of the secrets.
    pub secrets_token: Option<TokenId>,
    /// `outputs`
    pub outputs: Vec<CallOutput<'d>>,
    /// The mapping of the outputs.
    pub outputs_token: Option<TokenId>,
}

/// A secret that a caller gives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CallSecret<'d> {
    /// Its name.
    pub name: Name<'d>,
    /// What stands behind it.
    pub token: TokenId,
    /// `description`
    pub description: Option<Name<'d>>,
    /// `required`
    pub required: Option<At<bool>>,
}

/// An output that a caller gets.
#[derive(Debug, Clone, PartialEq)]
pub struct CallOutput<'d> {
    /// Its name.
    pub name: Name<'d>,
    /// What stands behind it.
    pub token: TokenId,
    /// `description`
    pub description: Option<Name<'d>>,
    /// `value`
    pub value: Option<Text<'d>>,
}

impl<'d> Events<'d> {
    pub(super) fn read(converter: &mut Converter<'d>, token: TokenId) -> Self {
        let list = match converter.kind(token) {
            TokenKind::Mapping => {
                converter.properties(token).map(|(name, value)| Event::read(converter, name, value)).collect()
            }
            _ => converter.names(token).value.into_iter().map(Event::alone).collect(),
        };
        Self { token, list }
    }

    /// The event of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Event<'d>> {
        self.list.iter().find(|event| event.name.value == name)
    }

    /// What a caller gives and gets; `None` where the workflow cannot be called.
    #[must_use]
    pub fn call(&self) -> Option<&CallEvent<'d>> {
        self.list.iter().find_map(|event| match &event.kind {
            EventKind::Call(call) => Some(&**call),
            _ => None,
        })
    }
}

impl<'d> Event<'d> {
    fn alone(name: Name<'d>) -> Self {
        let kind = match name.value {
            "workflow_call" => EventKind::Call(Box::default()),
            "workflow_dispatch" => EventKind::Dispatch(Vec::new()),
            "schedule" => EventKind::Schedule(Vec::new()),
            _ => EventKind::Filtered(Box::default()),
        };
        Self { name, token: None, kind }
    }

    fn read(converter: &mut Converter<'d>, name: Name<'d>, token: TokenId) -> Self {
        if converter.kind(token) == TokenKind::Null {
            return Self { token: Some(token), ..Self::alone(name) };
        }
        let kind = match name.value {
            "schedule" => EventKind::Schedule(schedules(converter, token)),
            "workflow_call" => EventKind::Call(Box::new(CallEvent::read(converter, token))),
            "workflow_dispatch" => {
                let given = converter.document.get(token, "inputs");
                let inputs = given.map(|given| inputs(converter, given, Given::ByHand));
                EventKind::Dispatch(inputs.unwrap_or_default())
            }
            _ => EventKind::Filtered(Box::new(Filters::read(converter, token))),
        };
        Self { name, token: Some(token), kind }
    }
}

impl<'d> Filters<'d> {
    fn read(converter: &Converter<'d>, token: TokenId) -> Self {
        let mut filters = Self::default();
        for (key, value) in converter.properties(token) {
            let filter = match key.value {
                "types" => &mut filters.types,
                "branches" => &mut filters.branches,
                "branches-ignore" => &mut filters.branches_ignore,
                "tags" => &mut filters.tags,
                "tags-ignore" => &mut filters.tags_ignore,
                "paths" => &mut filters.paths,
                "paths-ignore" => &mut filters.paths_ignore,
                "workflows" => &mut filters.workflows,
                "names" => &mut filters.names,
                "versions" => &mut filters.versions,
                _ => continue,
            };
            *filter = Some(converter.names(value));
        }
        filters
    }
}

fn schedules<'d>(converter: &mut Converter<'d>, token: TokenId) -> Vec<Schedule<'d>> {
    let items: Vec<_> = converter.document.children(token).collect();
    items.into_iter().filter_map(|item| Schedule::read(converter, item)).collect()
}

impl<'d> Schedule<'d> {
    fn read(converter: &mut Converter<'d>, token: TokenId) -> Option<Self> {
        let (mut pattern, mut timezone) = (None, None);
        for (key, value) in converter.properties(token) {
            match key.value {
                "cron" => pattern = converter.name(value),
                "timezone" => timezone = converter.name(value),
                _ => {}
            }
        }
        let pattern = pattern?;
        if let Err(finding) = cron::parse(pattern.value) {
            converter.refuse_text(pattern.token, finding);
            return None;
        }
        if let Some(finding) = cron::padding(pattern.value)
            && converter.refuse_text(pattern.token, finding)
        {
            converter.by_editor();
        }
        if let Some(zone) = timezone
            && let Err(finding) = cron::timezone(zone.value)
            && finding.author == Author::GitHub
        {
            converter.refuse_text(zone.token, finding);
        }
        Some(Self { token, cron: pattern, timezone })
    }
}

impl<'d> CallEvent<'d> {
    fn read(converter: &mut Converter<'d>, token: TokenId) -> Self {
        let mut call = Self::default();
        for (key, value) in converter.properties(token) {
            match key.value {
                "inputs" => {
                    call.inputs = inputs(converter, value, Given::ByCaller);
                    call.inputs_token = Some(value);
                }
                "secrets" => (call.secrets, call.secrets_token) = (secrets(converter, value), Some(value)),
                "outputs" => (call.outputs, call.outputs_token) = (outputs(converter, value), Some(value)),
                _ => {}
            }
        }
        call
    }
}

fn secrets<'d>(converter: &Converter<'d>, token: TokenId) -> Vec<CallSecret<'d>> {
    let secret = |(name, token)| {
        let get = |key| converter.document.get(token, key);
        CallSecret {
            name,
            token,
            description: get("description").and_then(|value| converter.name(value)),
            required: get("required").and_then(|value| converter.boolean(value)),
        }
    };
    converter.properties(token).map(secret).collect()
}

fn outputs<'d>(converter: &Converter<'d>, token: TokenId) -> Vec<CallOutput<'d>> {
    let output = |(name, token)| {
        let get = |key| converter.document.get(token, key);
        CallOutput {
            name,
            token,
            description: get("description").and_then(|value| converter.name(value)),
            value: get("value").and_then(|value| converter.text(value)),
        }
    };
    converter.properties(token).map(output).collect()
}
