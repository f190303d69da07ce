//! `concurrency` (runner: `ConvertToConcurrency`).

use super::convert::Converter;
use super::value::{At, Flag, Name, Text, Value};
use crate::expression::units;
use crate::read::{TokenId, TokenKind};

/// How long the name of a group may be, in UTF-16 units.
const MAX_GROUP: usize = 400;

/// `concurrency` of a workflow or a job.
#[derive(Debug, Clone, PartialEq)]
pub struct Concurrency<'d> {
    /// All of it.
    pub token: TokenId,
    /// `group`, or all of it where it is one text.
    pub group: Option<Text<'d>>,
    /// `cancel-in-progress`
    pub cancel_in_progress: Option<Flag<'d>>,
    /// `queue`: `single` or `max`.
    pub queue: Option<Name<'d>>,
}

impl<'d> Concurrency<'d> {
    pub(super) fn read(converter: &mut Converter<'d>, token: TokenId) -> Option<Self> {
        let mut concurrency = Self { token, group: None, cancel_in_progress: None, queue: None };
        if converter.kind(token) == TokenKind::Mapping {
            converter.refuse_keys(token, "concurrency key");
            for (key, value) in converter.properties(token) {
                match key.value {
                    "group" => concurrency.group = converter.text(value),
                    "cancel-in-progress" => concurrency.cancel_in_progress = converter.flag(value),
                    "queue" => concurrency.queue = converter.name(value),
                    _ => {}
                }
            }
        } else {
            concurrency.group = Some(converter.text(token)?);
        }
        if let Some(At { value: Value::Literal(group), .. }) = concurrency.group
            && units(group) > MAX_GROUP
        {
            converter.refuse(token, "Concurrency group name must be less than 400 characters");
            converter.hint("shorten it to 400 characters");
        }
        Some(concurrency)
    }
}
