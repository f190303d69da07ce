//! The constructs in a script: programs, files of the runner, workflow commands, and the expressions between them.

use std::cmp::Reverse;

use super::catalogue::FeatureId;
use super::construct::Role;
use super::expressions::Places;
use super::facts::Embedding;
use super::walk::Walk;
use crate::expression::Part;
use crate::read::{StringId, TokenId, TokenKind};
use crate::script::{Script, Shell, UseKind};
use crate::span::Span;
use crate::yaml::NodeId;

/// Something in a script, in bytes of its text.
#[derive(Clone, Copy)]
struct Found<'a> {
    span: Span,
    feature: Option<FeatureId>,
    /// The expression that it is.
    part: Option<&'a Part>,
}

impl Walk<'_> {
    /// A script with what it uses and the expressions in it.
    pub(super) fn script(&mut self, token: TokenId, node: NodeId, shell: Shell, parent: Option<u32>) {
        let document = self.document;
        let template = document.template(token);
        let is_text = matches!(document.token(token).kind, TokenKind::String(StringId::Node));
        // What is left is no script of its own: ${{ 'text' }}, a number, what GitHub refuses.
        let (Some(text), true) = (self.tree.text(node), is_text || template.is_some()) else {
            return self.scalar(token, node, parent);
        };
        if is_text && text.contains("${{") {
            return self.scalar(token, node, parent);
        }
        let parts = template.map_or(&[][..], |template| &template.parts);
        let holes: Vec<_> = parts.iter().map(|part| part.outer).collect();
        let embedding = if template.is_some_and(|template| template.has_text) {
            Embedding::InText
        } else {
            Embedding::Whole
        };
        let known = self.scripts.and_then(|scripts| scripts(token)).filter(|known| known.shell == shell);
        let mut found = match known {
            Some(known) => self.uses_of(known, parts),
            None => self.uses_of(&Script::read(text, shell, &holes), parts),
        };
        let feature = self.catalogue.expression(embedding);
        found.extend(parts.iter().map(|part| Found { span: part.outer, feature, part: Some(part) }));
        if !found.is_empty() {
            self.nest(found, &Places::of(self.tree, node), parent);
        }
    }

    /// What a script uses. A use that has a part of an expression has all of it; none stands within one.
    fn uses_of<'a>(&self, script: &Script<'_>, parts: &'a [Part]) -> Vec<Found<'a>> {
        let feature = |kind: &UseKind<'_>| match kind {
            UseKind::Tool(_) => Some(self.catalogue.tool()),
            UseKind::File(file, _) => Some(self.catalogue.runner_file(*file)),
            UseKind::Command(command, _) => Some(self.catalogue.command(*command)),
            UseKind::Builtin(_) | UseKind::Function(_) | UseKind::Variable(..) | UseKind::Sets(..) => None,
        };
        let mut found = Vec::with_capacity(script.uses.len() + parts.len());
        for used in &script.uses {
            let Some(feature) = feature(&used.kind) else { continue };
            let touched = parts.iter().map(|part| part.outer).filter(|part| overlap(*part, used.span));
            let span = touched.clone().fold(used.span, Span::to);
            let is_within = touched.clone().any(|part| part.contains(used.span) && part != used.span);
            if !is_within && !span.is_empty() {
                found.push(Found { span, feature, part: None });
            }
        }
        found
    }

    /// Puts what was found into each other: of two that overlap, the later one ends where the earlier one does.
    fn nest(&mut self, mut found: Vec<Found<'_>>, places: &Places, parent: Option<u32>) {
        found.sort_by_key(|found| (found.span.start, Reverse(found.span.end), found.part.is_some()));
        let mut open: Vec<(Span, Option<u32>)> = Vec::new();
        for Found { mut span, feature, part } in found {
            open.retain(|(outer, _)| outer.end > span.start);
            let outer = open.last().copied();
            if let Some((outer, _)) = outer {
                span.end = span.end.min(outer.end);
            }
            let parent = outer.map_or(parent, |(_, construct)| construct);
            let construct = self.add(places.span(span), feature, parent, Role::Part);
            if let Some((part, root)) = part.and_then(|part| part.expression.root().map(|root| (part, root)))
            {
                self.expression(root, &places.from(part.inner.start), construct);
            }
            open.push((span, construct));
        }
    }
}

const fn overlap(a: Span, b: Span) -> bool {
    a.start < b.end && b.start < a.end
}
