//! `permissions` (runner: `ConvertToPermissions`).

use super::convert::Converter;
use super::value::At;
use crate::read::{TokenId, TokenKind};
use crate::values::permission::{Level, Permissions, Scope, level, scope, shorthand};

/// `permissions` of a workflow or a job.
#[derive(Debug, Clone, PartialEq)]
pub struct GivenPermissions {
    /// All of it.
    pub token: TokenId,
    /// The level of each scope.
    pub levels: Permissions,
    /// The scopes that are named, by the tokens of their names; none for `read-all`, `write-all` and `{}`.
    pub named: Vec<At<Scope>>,
}

impl GivenPermissions {
    pub(super) fn read(converter: &mut Converter<'_>, token: TokenId) -> Option<Self> {
        if let Some(name) = converter.name(token) {
            return Some(Self { token, levels: shorthand(name.value).ok()?, named: Vec::new() });
        }
        if converter.kind(token) != TokenKind::Mapping {
            return None;
        }
        let (mut levels, mut named) = (Permissions::NOTHING, Vec::new());
        for (key, value) in converter.properties(token) {
            let Ok(scope) = scope(key.value) else { continue };
            let Some(Ok(level)) = converter.name(value).map(|text| level(scope, text.value)) else {
                continue;
            };
            levels = levels.with(scope, level);
            named.push(At::new(key.token, scope));
        }
        Some(Self { token, levels, named })
    }

    /// The level of a scope.
    #[must_use]
    pub fn level(&self, scope: Scope) -> Level {
        self.levels.level(scope)
    }
}
