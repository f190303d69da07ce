//! `container` and `services` (runner: `ConvertToJobContainer` and `ConvertToJobServiceContainers`).

use super::convert::Converter;
use super::value::{At, Key, Mapping, Text, Texts, Value};
use crate::read::{TokenId, TokenKind};

const DOCKER: &str = "docker://";

/// `container` of a job, or one of its services.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Container<'d> {
    /// `image`, or all of it where it is one text. `docker://` may stand before it. Empty: there is no container.
    pub image: Option<Text<'d>>,
    /// `credentials`
    pub credentials: Option<At<Value<'d, Credentials<'d>>>>,
    /// `env`
    pub env: Option<Mapping<'d>>,
    /// `ports`
    pub ports: Option<Texts<'d>>,
    /// `volumes`
    pub volumes: Option<Texts<'d>>,
    /// `options`
    pub options: Option<Text<'d>>,
    /// `entrypoint` of a service.
    pub entrypoint: Option<Text<'d>>,
    /// `command` of a service.
    pub command: Option<Text<'d>>,
}

/// `credentials` of a container.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Credentials<'d> {
    /// `username`
    pub username: Option<Text<'d>>,
    /// `password`
    pub password: Option<Text<'d>>,
}

/// One of `services`.
#[derive(Debug, Clone, PartialEq)]
pub struct Service<'d> {
    /// The name by which it is reached.
    pub name: At<Key<'d>>,
    /// What runs there.
    pub container: At<Value<'d, Container<'d>>>,
}

impl<'d> Container<'d> {
    /// The `container` of a job: a text, a mapping, or an expression for either.
    pub(super) fn of_job(converter: &mut Converter<'d>, token: TokenId) -> Option<At<Value<'d, Self>>> {
        Self::read(converter, token, false)
    }

    fn read(converter: &mut Converter<'d>, token: TokenId, is_service: bool) -> Option<At<Value<'d, Self>>> {
        let container = match converter.kind(token) {
            TokenKind::String(_) => {
                At::new(token, Value::Literal(Self { image: converter.text(token), ..Self::default() }))
            }
            _ => converter.structure(token, Self::mapping)?,
        };
        if let Value::Literal(parts) = &container.value {
            parts.check(converter, token, is_service);
        }
        Some(container)
    }

    fn mapping(converter: &mut Converter<'d>, token: TokenId) -> Self {
        let mut container = Self::default();
        for (key, value) in converter.properties(token) {
            match key.value {
                "image" => container.image = converter.text(value),
                "credentials" => container.credentials = converter.structure(value, Credentials::read),
                "env" => container.env = converter.mapping(value),
                "ports" => container.ports = converter.texts(value),
                "volumes" => container.volumes = converter.texts(value),
                "options" => container.options = converter.text(value),
                "entrypoint" => container.entrypoint = converter.text(value),
                "command" => container.command = converter.text(value),
                _ => {}
            }
        }
        container
    }

    /// An image has to be there, where no expression says otherwise. The runner lets `container: ''` pass, since there is no
    /// container then, and `{}` as well; GitHub's editor and a published case do not (job-container-missing-image).
    fn check(&self, converter: &mut Converter<'d>, token: TokenId, is_service: bool) {
        if converter.has_expression(token) {
            return;
        }
        let image = self.image.and_then(|image| image.value.literal().copied());
        let is_shorthand = converter.kind(token) != TokenKind::Mapping;
        let is_missing = match image.map(|image| (image, image.strip_prefix(DOCKER))) {
            None => true,
            Some((_, Some(image))) => image.is_empty(),
            Some((image, None)) => image.is_empty() && (is_service || !is_shorthand),
        };
        if is_missing {
            converter.refuse(token, "Container image cannot be empty");
            converter.hint("name the image of the container");
        }
    }
}

impl<'d> Credentials<'d> {
    fn read(converter: &mut Converter<'d>, token: TokenId) -> Self {
        let mut credentials = Self::default();
        for (key, value) in converter.properties(token) {
            match key.value {
                "username" => credentials.username = converter.text(value),
                "password" => credentials.password = converter.text(value),
                _ => {}
            }
        }
        credentials
    }
}

/// `services` of a job.
pub(super) fn services<'d>(
    converter: &mut Converter<'d>,
    token: TokenId,
) -> Option<At<Value<'d, Vec<Service<'d>>>>> {
    converter.structure(token, |converter, token| {
        let pairs: Vec<_> = converter.document.pairs(token).collect();
        let service = |(key, value)| {
            let container = Container::read(converter, value, true)?;
            Some(Service { name: converter.key(key), container })
        };
        pairs.into_iter().filter_map(service).collect()
    })
}
