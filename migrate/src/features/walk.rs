//! Goes over a document and tells what each part of it is.

use super::catalogue::{Catalogue, FeatureId};
use super::construct::{Construct, Role};
use super::entry::FileKind;
use super::facts::{Default, UsesForm};
use super::rules::Rules;
use crate::read::{Document, TokenId};
use crate::schema::DefinitionId;
use crate::script::{Script, Shell};
use crate::span::Span;
use crate::yaml::{Kind, NodeId, Tree};

/// The script of a `run`, if it was read.
pub(super) type Scripts<'d> = &'d dyn Fn(TokenId) -> Option<&'d Script<'d>>;

/// A walk over a document.
pub(super) struct Walk<'d> {
    pub(super) document: &'d Document,
    pub(super) tree: &'d Tree,
    pub(super) catalogue: &'static Catalogue,
    file: FileKind,
    pub(super) rules: &'static Rules,
    list: Vec<Construct>,
    /// Scripts that somebody has read before.
    pub(super) scripts: Option<Scripts<'d>>,
    /// What the workflow and its jobs say for all below, so that nothing stands in for it.
    has_permissions: bool,
    /// The shell of scripts that name none, if one is named above.
    shell: Option<Shell>,
    is_windows: bool,
}

/// Something to go into: what was read, if it was, and where it stands.
#[derive(Clone, Copy)]
struct Place {
    token: Option<TokenId>,
    node: NodeId,
    parent: Option<u32>,
}

impl<'d> Walk<'d> {
    pub(super) fn over(document: &'d Document, scripts: Option<Scripts<'d>>) -> Vec<Construct> {
        let Some(root) = document.root() else { return Vec::new() };
        let file = FileKind::of(document);
        let mut walk = Self {
            document,
            tree: document.tree(),
            catalogue: Catalogue::get(),
            file,
            rules: Rules::of(file),
            list: Vec::with_capacity(document.tree().len()),
            scripts,
            has_permissions: document.get(root, "permissions").is_some(),
            shell: None,
            is_windows: false,
        };
        walk.shell = walk.named_shell(root, SHELL);
        walk.value(Place { token: Some(root), node: document.token(root).node, parent: None });
        walk.list
    }

    /// Adds a construct.
    pub(super) fn add(
        &mut self,
        span: Span,
        feature: Option<FeatureId>,
        parent: Option<u32>,
        role: Role,
    ) -> Option<u32> {
        let index = u32::try_from(self.list.len()).ok();
        self.list.push(Construct { span, feature, parent, role });
        index
    }

    fn value(&mut self, place: Place) {
        // What GitHub did not read has no parts. What an alias stands for is told where it is written.
        let Some(token) = place.token else { return };
        match self.tree.node(place.node).kind() {
            Kind::Alias(_) => {}
            Kind::Mapping(_) => self.mapping(token, place),
            Kind::Sequence(_) => self.sequence(token, place),
            Kind::Scalar(_) => {
                let known = self.known(token);
                let parent = match known {
                    Some(feature) => {
                        let span = self.tree.node(place.node).span();
                        let value = self.add(span, Some(feature), place.parent, Role::Part);
                        self.of_event(feature, None, value, span);
                        value
                    }
                    None => place.parent,
                };
                self.scalar(token, place.node, parent);
            }
        }
    }

    /// A text that the schema knows here.
    fn known(&self, token: TokenId) -> Option<FeatureId> {
        let definition = self.document.token(token).definition;
        self.document.text(token).and_then(|text| self.catalogue.value(self.file, definition, text))
    }

    fn mapping(&mut self, token: TokenId, place: Place) {
        let document = self.document;
        let definition = document.token(token).definition;
        let above = (self.shell, self.is_windows);
        self.implicit(token, definition, place);
        let mut read = document.pairs(token).peekable();
        for (key, value) in self.tree.pairs(place.node) {
            let is_read = |(token, _): &(TokenId, TokenId)| document.token(*token).node == self.target(key);
            let pair = read.next_if(is_read);
            let feature = pair.and_then(|(key, _)| self.key(key, definition));
            let span = self.tree.full_span(key).to(self.tree.full_span(value));
            let construct = self.add(span, feature, place.parent, Role::Pair(key));
            let Some((key_token, value_token)) = pair else { continue };
            if !matches!(self.tree.node(key).kind(), Kind::Alias(_)) {
                self.scalar(key_token, key, construct);
            }
            if let Some(feature) = feature {
                self.of_event(feature, Some(value_token), construct, span);
                self.uses(feature, value_token, value, construct);
            }
            let is_scalar = matches!(self.tree.node(value).kind(), Kind::Scalar(_));
            if is_scalar && feature.is_some() && feature == self.rules.run {
                let shell = self.shell_of(token);
                self.script(value_token, value, shell, construct);
            } else {
                self.value(Place { token: Some(value_token), node: value, parent: construct });
            }
        }
        (self.shell, self.is_windows) = above;
    }

    /// What stands where this node does.
    fn target(&self, node: NodeId) -> NodeId {
        match self.tree.node(node).kind() {
            Kind::Alias(Some(target)) => target,
            _ => node,
        }
    }

    fn key(&self, key: TokenId, definition: DefinitionId) -> Option<FeatureId> {
        let schema = self.document.schema();
        let named = self.document.text(key).zip(schema.mapping(definition));
        // The mapping is told by all of its keys: the key's own property may be that of another one.
        let property = named.and_then(|(name, mapping)| mapping.property(name)).map(|property| property.id);
        match property.or(self.document.token(key).property) {
            Some(property) => self.catalogue.key(self.file, property),
            None => self.catalogue.entry(self.file, definition),
        }
    }

    fn sequence(&mut self, token: TokenId, place: Place) {
        let document = self.document;
        let item = self.catalogue.item(self.file, document.token(token).definition);
        let mut read = document.children(token).peekable();
        for (index, node) in (0..).zip(self.tree.children(place.node)) {
            let child = read.next_if(|child| document.token(*child).node == self.target(node));
            let known = child.and_then(|child| self.known(child));
            let span = self.tree.full_span(node);
            let feature = child.and(known.or(item));
            let construct = self.add(span, feature, place.parent, Role::Item(index));
            match (known, child) {
                (Some(feature), _) => self.of_event(feature, None, construct, span),
                (None, token) => self.value(Place { token, node, parent: construct }),
            }
        }
    }

    /// What `uses` names.
    fn uses(&mut self, feature: FeatureId, value: TokenId, node: NodeId, parent: Option<u32>) {
        let Some(text) = self.document.text(value) else { return };
        let form = if Some(feature) == self.rules.step_uses {
            UsesForm::of_step(text)
        } else if Some(feature) == self.rules.job_uses {
            UsesForm::of_job(text)
        } else {
            return;
        };
        let span = self.tree.node(node).span();
        self.add(span, form.and_then(|form| self.catalogue.uses(form)), parent, Role::Part);
    }

    /// What GitHub does for a mapping, since nobody said otherwise.
    fn implicit(&mut self, token: TokenId, definition: DefinitionId, place: Place) {
        let (document, rules) = (self.document, self.rules);
        let has = |way: &[&str]| document.find(token, way).is_some();
        let mut defaults = [None; 3];
        if rules.jobs.contains(&definition) {
            let is_open = !self.has_permissions && !has(&["permissions"]);
            let [permissions, timeout, _] = &mut defaults;
            *permissions = is_open.then_some(Default::Permissions);
            if rules.job == Some(definition) {
                *timeout = (!has(&["timeout-minutes"])).then_some(Default::TimeoutMinutes);
                self.shell = self.named_shell(token, SHELL).or(self.shell);
                self.is_windows =
                    document.get(token, "runs-on").is_some_and(|runs_on| self.names_windows(runs_on));
            }
        } else if rules.script == Some(definition) && self.shell.is_none() && !has(&["shell"]) {
            defaults = [Some(Default::Shell), None, None];
        } else if rules.strategy == Some(definition) && has(&["matrix"]) && !has(&["fail-fast"]) {
            defaults = [Some(Default::FailFast), None, None];
        }
        let start = self.tree.node(place.node).span().start;
        for default in defaults.into_iter().flatten() {
            self.default(default, start, place.parent);
        }
    }

    /// The shell that is named on this way.
    fn named_shell(&self, token: TokenId, way: &[&str]) -> Option<Shell> {
        let named = self.document.find(token, way)?;
        Some(self.document.text(named).map_or(Shell::Other, Shell::of))
    }

    /// The shell of a step. Without a name it is told by the labels of the runner; where only a matrix tells, most are not
    /// Windows.
    fn shell_of(&self, step: TokenId) -> Shell {
        let otherwise = if self.is_windows { Shell::PowerShell } else { Shell::Posix };
        self.named_shell(step, &["shell"]).or(self.shell).unwrap_or(otherwise)
    }

    fn names_windows(&self, runs_on: TokenId) -> bool {
        let is_windows = |token: TokenId| {
            self.document.text(token).is_some_and(|label| label.to_ascii_lowercase().contains("windows"))
        };
        is_windows(runs_on) || self.document.children(runs_on).any(is_windows)
    }

    fn default(&mut self, default: Default, at: usize, parent: Option<u32>) {
        self.add(Span::new(at, at), self.catalogue.default(default), parent, Role::Implicit);
    }

    /// The activities of a pull request, if nobody named them.
    fn of_event(&mut self, event: FeatureId, value: Option<TokenId>, parent: Option<u32>, span: Span) {
        let is_named = value.is_some_and(|value| self.document.get(value, "types").is_some());
        if self.rules.pull_requests.contains(&event) && !is_named {
            self.default(Default::PullRequestTypes, span.start, parent);
        }
    }
}

/// Where a shell for all scripts is named.
const SHELL: &[&str] = &["defaults", "run", "shell"];
