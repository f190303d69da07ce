//! `runs-on` (runner: `ConvertToRunsOn`).

use super::convert::Converter;
use super::value::{At, Text, Texts, Value};
use crate::read::{TokenId, TokenKind};

/// `runs-on` of a job.
#[derive(Debug, Clone, PartialEq)]
pub struct RunsOn<'d> {
    /// All of it.
    pub token: TokenId,
    /// `group`
    pub group: Option<Text<'d>>,
    /// `labels`, or all of it where it is a text, a sequence or an expression.
    pub labels: Option<Texts<'d>>,
}

impl<'d> RunsOn<'d> {
    pub(super) fn read(converter: &mut Converter<'d>, token: TokenId) -> Self {
        let mut runs_on = Self { token, group: None, labels: None };
        if converter.kind(token) == TokenKind::Mapping {
            converter.refuse_keys(token, "job runs-on property name");
            for (key, value) in converter.properties(token) {
                match key.value {
                    "group" => runs_on.group = group(converter, value),
                    "labels" => runs_on.labels = converter.texts(value),
                    _ => {}
                }
            }
        } else {
            runs_on.labels = converter.texts(token);
        }
        runs_on
    }
}

/// A group, which may have one prefix.
fn group<'d>(converter: &mut Converter<'d>, token: TokenId) -> Option<Text<'d>> {
    let text = converter.text(token)?;
    let At { value: Value::Literal(name), .. } = text else { return Some(text) };
    let mut parts = name.split('/');
    let (prefix, group, more) = (parts.next(), parts.next(), parts.next());
    let is_prefix = matches!(prefix, Some("org" | "organization" | "ent" | "enterprise"));
    let invalid = format!("Invalid runs-on group name '{name}'.");
    match (group, more) {
        (None, _) => return Some(text),
        (Some(""), None) => converter.refuse(token, invalid),
        (Some(_), None) if is_prefix => return Some(text),
        _ => converter.refuse(
            token,
            format!("{invalid} Please use 'organization/' or 'enterprise/' prefix to target a single runner group."),
        ),
    }
    None
}
