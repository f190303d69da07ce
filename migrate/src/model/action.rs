//! The metadata of an action: `action.yml` (runner: Runner.Worker/ActionManifestManager.cs).

use super::convert::Converter;
use super::step::{Step, steps};
use super::value::{At, Mapping, Name, Text, Texts};
use crate::read::{Document, Problem, TokenId};

/// The metadata of an action.
#[derive(Debug, Clone)]
pub struct Action<'d> {
    /// What it was read from.
    pub document: &'d Document,
    /// `name`
    pub name: Option<Name<'d>>,
    /// `author`
    pub author: Option<Name<'d>>,
    /// `description`
    pub description: Option<Name<'d>>,
    /// `inputs`
    pub inputs: Vec<ActionInput<'d>>,
    /// `outputs`
    pub outputs: Vec<ActionOutput<'d>>,
    /// `branding`
    pub branding: Option<Branding<'d>>,
    /// `runs`
    pub runs: Option<At<Runs<'d>>>,
    /// What GitHub refuses beyond what [`Document::problems`] has, in its order.
    pub problems: Vec<Problem>,
}

/// An input of an action.
#[derive(Debug, Clone, PartialEq)]
pub struct ActionInput<'d> {
    /// Its name.
    pub name: Name<'d>,
    /// All of it.
    pub token: TokenId,
    /// `description`
    pub description: Option<Name<'d>>,
    /// `required`. GitHub does not enforce it.
    pub required: Option<At<bool>>,
    /// `default`
    pub default: Option<Text<'d>>,
    /// `deprecationMessage`
    pub deprecation: Option<Name<'d>>,
}

/// An output of an action.
#[derive(Debug, Clone, PartialEq)]
pub struct ActionOutput<'d> {
    /// Its name.
    pub name: Name<'d>,
    /// All of it.
    pub token: TokenId,
    /// `description`
    pub description: Option<Name<'d>>,
    /// `value` of a composite action.
    pub value: Option<Text<'d>>,
}

/// How an action looks in the marketplace.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Branding<'d> {
    /// All of it.
    pub token: TokenId,
    /// `icon`
    pub icon: Option<Name<'d>>,
    /// `color`
    pub color: Option<Name<'d>>,
}

/// What an action runs.
#[derive(Debug, Clone)]
pub enum Runs<'d> {
    /// Steps.
    Composite {
        /// `using`
        using: Name<'d>,
        /// `steps`
        steps: Vec<Step<'d>>,
        /// The sequence of the steps.
        steps_token: Option<TokenId>,
    },
    /// JavaScript.
    Node(NodeRuns<'d>),
    /// A container.
    Docker(Box<DockerRuns<'d>>),
    /// What is not known here; `using` may be missing.
    Unknown(Option<Name<'d>>),
}

/// A JavaScript action.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NodeRuns<'d> {
    /// `using`: `node20` and the like.
    pub using: Name<'d>,
    /// `main`
    pub main: Option<Name<'d>>,
    /// `pre`
    pub pre: Option<Name<'d>>,
    /// `pre-if`; `always()` where there is none, and no `success()` is added.
    pub pre_if: Option<Name<'d>>,
    /// `post`
    pub post: Option<Name<'d>>,
    /// `post-if`; `always()` where there is none, and no `success()` is added.
    pub post_if: Option<Name<'d>>,
}

/// A Docker action.
#[derive(Debug, Clone, PartialEq)]
pub struct DockerRuns<'d> {
    /// `using`: `docker`.
    pub using: Name<'d>,
    /// `image`: the path of a Dockerfile, or `docker://` and an image.
    pub image: Option<Name<'d>>,
    /// `entrypoint`
    pub entrypoint: Option<Name<'d>>,
    /// `args`
    pub args: Option<Texts<'d>>,
    /// `env`
    pub env: Option<Mapping<'d>>,
    /// `pre-entrypoint`
    pub pre_entrypoint: Option<Name<'d>>,
    /// `pre-if`; `always()` where there is none.
    pub pre_if: Option<Name<'d>>,
    /// `post-entrypoint`
    pub post_entrypoint: Option<Name<'d>>,
    /// `post-if`; `always()` where there is none.
    pub post_if: Option<Name<'d>>,
}

impl<'d> Action<'d> {
    /// The action that a document is. What is refused is absent.
    #[must_use]
    pub fn of(document: &'d Document) -> Self {
        let mut converter = Converter::new(document);
        let mut action = Self {
            document,
            name: None,
            author: None,
            description: None,
            inputs: Vec::new(),
            outputs: Vec::new(),
            branding: None,
            runs: None,
            problems: Vec::new(),
        };
        if let Some(root) = document.root() {
            action.read(&mut converter, root);
        }
        action.problems = converter.problems;
        action
    }

    fn read(&mut self, converter: &mut Converter<'d>, root: TokenId) {
        for (key, token) in converter.properties(root) {
            match key.value {
                "name" => self.name = converter.name(token),
                "author" => self.author = converter.name(token),
                "description" => self.description = converter.name(token),
                "inputs" => {
                    self.inputs = converter
                        .properties(token)
                        .map(|(name, token)| ActionInput::read(converter, name, token))
                        .collect();
                }
                "outputs" => {
                    self.outputs = converter
                        .properties(token)
                        .map(|(name, token)| ActionOutput::read(converter, name, token))
                        .collect();
                }
                "branding" => self.branding = Some(Branding::read(converter, token)),
                "runs" => self.runs = Some(At::new(token, Runs::read(converter, token))),
                _ => {}
            }
        }
    }

    /// All problems, those of the reading first.
    pub fn all_problems(&self) -> impl Iterator<Item = &Problem> {
        self.document.problems().iter().chain(&self.problems)
    }
}

impl<'d> ActionInput<'d> {
    fn read(converter: &Converter<'d>, name: Name<'d>, token: TokenId) -> Self {
        let get = |key| converter.document.get(token, key);
        Self {
            name,
            token,
            description: get("description").and_then(|value| converter.name(value)),
            required: get("required").and_then(|value| converter.boolean(value)),
            default: get("default").and_then(|value| converter.text(value)),
            deprecation: get("deprecationMessage").and_then(|value| converter.name(value)),
        }
    }
}

impl<'d> ActionOutput<'d> {
    fn read(converter: &Converter<'d>, name: Name<'d>, token: TokenId) -> Self {
        let get = |key| converter.document.get(token, key);
        Self {
            name,
            token,
            description: get("description").and_then(|value| converter.name(value)),
            value: get("value").and_then(|value| converter.text(value)),
        }
    }
}

impl<'d> Branding<'d> {
    fn read(converter: &Converter<'d>, token: TokenId) -> Self {
        let name = |key| converter.document.get(token, key).and_then(|value| converter.name(value));
        Self { token, icon: name("icon"), color: name("color") }
    }
}

const COMPOSITE: &str = "composite";
const DOCKER: &str = "docker";

/// The versions of Node.js that the runner knows (ActionManifestManager.cs, `ConvertRuns`).
const NODE: [&str; 4] = ["node12", "node16", "node20", "node24"];

/// As the runner lists them.
const KNOWN: &str = "'docker', 'node12', 'node16', 'node20' or 'node24'";

impl<'d> Runs<'d> {
    fn read(converter: &mut Converter<'d>, token: TokenId) -> Self {
        let runs = Self::parts(converter, token);
        if !converter.has_stopped() {
            runs.check(converter, token);
        }
        runs
    }

    /// What the runner refuses of it when a job comes to the action. Case does not count for it.
    fn check(&self, converter: &mut Converter<'d>, token: TokenId) {
        let is = |name: &Name<'d>, known: &[&str]| {
            known.iter().any(|known| name.value.eq_ignore_ascii_case(known))
        };
        let (message, hint) = match self {
            Self::Composite { steps_token: None, .. } => ("No steps provided.".to_owned(), "add steps:"),
            Self::Node(node) if is(&node.using, &NODE) && node.main.is_none() => {
                ("Entry javascript file is not provided.".to_owned(), "add main: with the path of a file")
            }
            Self::Docker(docker) if docker.image.is_none() => (
                "Image is not provided.".to_owned(),
                "add image: with a Dockerfile, or docker:// and an image",
            ),
            Self::Node(NodeRuns { using, .. }) | Self::Unknown(Some(using)) if !is(using, &NODE) => {
                let using = *using;
                converter.refuse(
                    using.token,
                    format!("'using: {}' is not supported, use {KNOWN} instead.", using.value),
                );
                return converter.hint("write node24, composite or docker");
            }
            Self::Unknown(None) if converter.document.get(token, "plugin").is_none() => (
                format!("Missing 'using' value. 'using' requires 'composite', {KNOWN}."),
                "add using: node24, composite or docker",
            ),
            _ => return,
        };
        converter.refuse(token, message);
        converter.hint(hint);
    }

    fn parts(converter: &mut Converter<'d>, token: TokenId) -> Self {
        let document = converter.document;
        let get = |key| document.get(token, key);
        let Some(using) = get("using").and_then(|using| converter.name(using)) else {
            return Self::Unknown(None);
        };
        if using.value.eq_ignore_ascii_case(COMPOSITE) {
            let steps_token = get("steps");
            let steps = steps_token.map(|token| steps(converter, token)).unwrap_or_default();
            return Self::Composite { using, steps, steps_token };
        }
        let name = |key| get(key).and_then(|value| converter.name(value));
        let (pre_if, post_if) = (name("pre-if"), name("post-if"));
        if using.value.eq_ignore_ascii_case(DOCKER) {
            return Self::Docker(Box::new(DockerRuns {
                using,
                image: name("image"),
                entrypoint: name("entrypoint"),
                args: get("args").and_then(|args| converter.texts(args)),
                env: get("env").and_then(|env| converter.mapping(env)),
                pre_entrypoint: name("pre-entrypoint"),
                pre_if,
                post_entrypoint: name("post-entrypoint"),
                post_if,
            }));
        }
        if using.value.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("node")) {
            let (main, pre, post) = (name("main"), name("pre"), name("post"));
            return Self::Node(NodeRuns { using, main, pre, pre_if, post, post_if });
        }
        Self::Unknown(Some(using))
    }
}
