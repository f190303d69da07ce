//! The constructs of a file as they lie in each other.

use crate::features::{Construct, Role};
use crate::read::{Document, TokenId};
use crate::yaml::{Kind, NodeId};

/// The constructs of a file, with ways from one to those around it.
#[derive(Clone, Copy)]
pub(super) struct Nest<'p> {
    pub(super) document: &'p Document,
    pub(super) constructs: &'p [Construct],
}

impl<'p> Nest<'p> {
    pub(super) fn get(self, at: usize) -> Option<&'p Construct> {
        self.constructs.get(at)
    }

    /// It, what is around it, and so on.
    pub(super) fn around(self, at: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(at), move |at| self.get(*at)?.parent.map(|parent| parent as usize))
    }

    /// The text of the key, of a pair.
    pub(super) fn key(self, at: usize) -> Option<&'p str> {
        self.document.tree().text(self.key_node(at)?)
    }

    /// What GitHub reads as the value, of a pair.
    pub(super) fn value(self, at: usize) -> Option<NodeId> {
        let tree = self.document.tree();
        // A key that is a text or an alias is one node, and its value is the next one.
        let value = tree.id_at(self.key_node(at)?.index() + 1)?;
        match tree.node(value).kind() {
            Kind::Alias(target) => target,
            _ => Some(value),
        }
    }

    fn key_node(self, at: usize) -> Option<NodeId> {
        match self.get(at)?.role {
            Role::Pair(key) => Some(key),
            Role::Item(_) | Role::Part | Role::Implicit => None,
        }
    }

    /// The step that it is in.
    pub(super) fn step(self, at: usize) -> Option<usize> {
        self.around(at).find(|at| self.get(*at).is_some_and(|item| matches!(item.role, Role::Item(_))))
    }

    /// The step or job that it is what is used of, or a part of that.
    pub(super) fn user(self, at: usize) -> Option<usize> {
        let used = self.around(at).take(3).find(|at| self.key(*at) == Some("uses"))?;
        self.get(used)?.parent.map(|user| user as usize)
    }

    /// What stands in it, however deep.
    pub(super) fn within(self, at: usize) -> impl Iterator<Item = (usize, &'p Construct)> {
        let end = self.get(at).map_or(0, |around| around.span.end);
        let behind = self.constructs.iter().enumerate().skip(at + 1);
        behind.take_while(move |(_, construct)| construct.span.start < end)
    }

    /// What a step gives to an input of its action.
    pub(super) fn input(self, step: usize, input: &str) -> Option<usize> {
        let parent = |at: usize| self.get(at)?.parent.map(|parent| parent as usize);
        let is_with = |at: usize| self.key(at) == Some("with") && parent(at) == Some(step);
        let is_meant = |at: usize| {
            self.key(at).is_some_and(|key| key.eq_ignore_ascii_case(input)) && parent(at).is_some_and(is_with)
        };
        self.within(step).map(|(at, _)| at).find(|at| is_meant(*at))
    }

    /// The innermost construct that begins no later than a token and ends no earlier.
    pub(super) fn around_token(self, token: TokenId) -> Option<usize> {
        let span = self.document.span(token);
        let holds =
            |construct: &Construct| construct.span.start <= span.start && span.end <= construct.span.end;
        self.constructs.iter().rposition(holds)
    }

    /// Constructs by where they begin; of equals, the outer one first.
    pub(super) fn starts(self) -> Vec<(usize, usize)> {
        let mut starts: Vec<_> =
            self.constructs.iter().map(|construct| construct.span.start).zip(0..).collect();
        starts.sort_unstable();
        starts
    }

    /// The innermost construct that has a byte; constructs are given by where they begin.
    pub(super) fn innermost(self, starts: &[(usize, usize)], byte: usize) -> Option<usize> {
        let before = starts.partition_point(|(start, _)| *start <= byte);
        let (_, last) = starts.get(before.checked_sub(1)?)?;
        self.around(*last).find(|at| self.get(*at).is_some_and(|construct| byte < construct.span.end))
    }
}
