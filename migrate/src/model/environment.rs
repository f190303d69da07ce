//! `environment` (runner: `ConvertToActionEnvironmentReference`).

use super::convert::Converter;
use super::value::{Flag, Text};
use crate::read::{TokenId, TokenKind};

/// `environment` of a job.
#[derive(Debug, Clone, PartialEq)]
pub struct Environment<'d> {
    /// All of it.
    pub token: TokenId,
    /// `name`, or all of it where it is one text. Empty: there is no environment.
    pub name: Option<Text<'d>>,
    /// `url`
    pub url: Option<Text<'d>>,
    /// `deployment`
    pub deployment: Option<Flag<'d>>,
}

impl<'d> Environment<'d> {
    pub(super) fn read(converter: &Converter<'d>, token: TokenId) -> Option<Self> {
        let mut environment = Self { token, name: None, url: None, deployment: None };
        if converter.kind(token) == TokenKind::Mapping {
            for (key, value) in converter.properties(token) {
                match key.value {
                    "name" => environment.name = converter.text(value),
                    "url" => environment.url = converter.text(value),
                    "deployment" => environment.deployment = converter.flag(value),
                    _ => {}
                }
            }
        } else {
            environment.name = Some(converter.text(token)?);
        }
        Some(environment)
    }
}
