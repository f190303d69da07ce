//! The walk over the keys of a file.

use jiff::civil::Date;

use super::comparison::Facts;
use super::{Language, MOST, Remark, failing, structure};
use crate::expression::Condition;
use crate::read::{Document, ProblemKind, TokenId, TokenKind};
use crate::span::Span;
use crate::values::glob::{self, Filter, Subject};
use crate::values::uses::{self, JobUses};
use crate::values::{Author, Finding, cron, id, image, label, shell};

pub(super) struct Walk<'d> {
    document: &'d Document,
    on: Date,
    facts: Facts,
    found: Vec<Remark>,
}

impl<'d> Walk<'d> {
    pub(super) const fn new(document: &'d Document, on: Date, facts: Facts) -> Self {
        Self { document, on, facts, found: Vec::new() }
    }

    pub(super) fn all(mut self) -> Vec<Remark> {
        let mut key = None;
        if let Some((at, code, finding)) = structure::no_event(self.document) {
            self.tell_as(at, code, vec![finding]);
        }
        for (id, token) in self.document.tokens() {
            if token.kind == TokenKind::Mapping
                && let Some((at, code, finding)) = structure::of(self.document, id)
            {
                self.tell_as(at, code, vec![finding]);
            }
            self.failing(id);
            // A value follows its key.
            if let Some(language) = key.take() {
                self.value(id, language);
            }
            key = token.property.and_then(|property| Language::at(self.document.schema(), property));
        }
        self.found
    }

    fn value(&mut self, token: TokenId, language: Language) {
        match language {
            Language::Globs(subject) => self.globs(token, subject),
            Language::RunsOn => self.runs_on(token),
            Language::Positive => self.positive(token),
            Language::Condition => self.condition(token),
            Language::Container => self.scalar(token, Language::Image),
            Language::Services => {
                let services: Vec<_> = self.document.pairs(token).map(|(_, service)| service).collect();
                services.into_iter().for_each(|service| self.scalar(service, Language::Image));
            }
            Language::Variables => self.names(token, language, id::variable_remark),
            Language::Inputs => self.names(token, language, id::input_remark),
            Language::CallSecrets => self.names(token, language, id::call_secret_remark),
            _ => self.scalar(token, language),
        }
    }

    /// A text without `${{ }}`.
    fn scalar(&mut self, token: TokenId, language: Language) {
        // An expression that GitHub refuses is left as text: it says nothing else.
        let Some(text) = self.document.text(token).filter(|text| !text.contains("${{")) else { return };
        let found = match language {
            Language::StepUses => match uses::step(text) {
                Ok(read) => uses::remarks(text, &read),
                Err(refused) => vec![refused],
            },
            Language::JobUses => match uses::job(text) {
                Ok(JobUses::Repository(repository)) => uses::no_repository(&repository)
                    .into_iter()
                    .chain(uses::short_commit(&repository))
                    .collect(),
                Ok(_) => Vec::new(),
                Err(refused) => vec![refused],
            },
            Language::Cron => match cron::parse(text) {
                Ok(schedule) => {
                    let told = schedule.never(text).or_else(|| schedule.too_often(text));
                    told.into_iter().chain(cron::padding(text)).collect()
                }
                Err(refused) => vec![refused],
            },
            Language::Zone => cron::timezone(text).err().into_iter().collect(),
            Language::Image => image::container(text).err().into_iter().collect(),
            Language::ActionImage => image::action(text).err().into_iter().collect(),
            Language::Shell => shell::parse(text).err().into_iter().collect(),
            _ => Vec::new(),
        };
        self.tell(token, language, found);
    }

    fn globs(&mut self, token: TokenId, subject: Subject) {
        let document = self.document;
        let items: Vec<_> = if document.token(token).kind == TokenKind::Sequence {
            document.children(token).collect()
        } else {
            vec![token]
        };
        let texts = items.iter().filter_map(|item| Some((*item, document.text(*item)?)));
        for (item, text) in texts.clone() {
            let found = match glob::parse(text) {
                Ok(pattern) => pattern.remarks(subject),
                Err(refused) => vec![refused],
            };
            self.tell(item, Language::Globs(subject), found);
        }
        let is_ignoring = self.key_of(token).is_some_and(|key| key.ends_with("-ignore"));
        let filter = Filter::parse(texts.map(|(_, text)| text), is_ignoring);
        if let Ok(Some((at, finding))) = filter.map(|filter| filter.remark())
            && let Some(item) = items.get(at)
        {
            self.tell(*item, Language::Globs(subject), vec![finding]);
        }
    }

    /// The key that stands right before a value.
    fn key_of(&self, value: TokenId) -> Option<&'d str> {
        self.document.before(value).and_then(|key| self.document.text(key))
    }

    /// One label, several, or a group with labels.
    fn runs_on(&mut self, token: TokenId) {
        let document = self.document;
        let labels = document.get(token, "labels").unwrap_or(token);
        if self.names_no_runner(token, labels) {
            let length = document.span(token).of(document.tree().source()).len();
            let hint = "name a label such as ubuntu-24.04, or a group";
            let finding =
                Finding::ours(Span::new(0, length), "no runner is named, so the job never runs", hint);
            return self.tell(token, Language::RunsOn, vec![finding]);
        }
        let items: Vec<_> = match document.token(labels).kind {
            TokenKind::Sequence => document.children(labels).collect(),
            _ => vec![labels],
        };
        let texts: Vec<_> = items.iter().filter_map(|item| Some((*item, document.text(*item)?))).collect();
        for (item, text) in &texts {
            self.tell(*item, Language::RunsOn, label::remark(text, self.on).into_iter().collect());
        }
        let words: Vec<_> = texts.iter().map(|(_, text)| *text).collect();
        if let Some((first, second)) = label::conflict(&words)
            && let (Some(first), Some((item, text))) = (words.get(first), texts.get(second))
        {
            let message = format!("no runner has both labels: '{first}' and '{text}'");
            let hint = "a job runs on one runner that has all its labels";
            let finding = Finding::ours(Span::new(0, text.len()), message, hint);
            self.tell(*item, Language::RunsOn, vec![finding]);
        }
    }

    /// Whether neither a label nor a group is there, and no expression that may give one.
    fn names_no_runner(&self, runs_on: TokenId, labels: TokenId) -> bool {
        let document = self.document;
        let is_mapping = document.token(runs_on).kind == TokenKind::Mapping;
        let has_label = match document.token(labels).kind {
            TokenKind::Sequence => document.children(labels).next().is_some(),
            TokenKind::Mapping => false,
            _ => true,
        };
        // With an expression as a key, nobody knows what else is there.
        let is_open = is_mapping
            && document.pairs(runs_on).any(|(key, _)| document.text(key).is_none_or(|key| key == "group"));
        !has_label && !is_open && !document.is_cut_off(runs_on)
    }

    fn positive(&mut self, token: TokenId) {
        let TokenKind::Number(number) = self.document.token(token).kind else { return };
        if number > 0.0 {
            return;
        }
        let key = self.key_of(token).unwrap_or_default();
        let message = format!("{key} is {number}, which bounds nothing");
        let hint = "write a number above 0, or take the key away";
        let length = self.document.span(token).of(self.document.tree().source()).len();
        self.tell(
            token,
            Language::Positive,
            vec![Finding::ours(Span::new(0, length), message, hint).warning()],
        );
    }

    /// Calls that fail in every run, in a scalar with `${{ }}`.
    fn failing(&mut self, token: TokenId) {
        let Some(template) = self.document.template(token) else { return };
        for part in &template.parts {
            let found = part.expression.root().map(failing::of).unwrap_or_default();
            let found = found.into_iter().map(|finding| failing::shifted(finding, part.inner.start));
            self.tell_as(token, "expression", found.collect());
            let compared = part.expression.root().map(|root| self.facts.told(root)).unwrap_or_default();
            let compared = compared.into_iter().map(|finding| failing::shifted(finding, part.inner.start));
            self.tell_as(token, "comparison", compared.collect());
        }
    }

    /// Calls in a condition that fail in every run. What else is odd about conditions is told where the job is known.
    fn condition(&mut self, token: TokenId) {
        let document = self.document;
        let text = document.tree().text(document.token(token).node);
        let Some((text, availability)) = text.zip(document.availability(token)) else { return };
        // What GitHub refuses, the model tells.
        let Ok(condition) = Condition::read(Some(text), availability) else { return };
        if let Some(root) = condition.written.as_ref().and_then(|written| written.root())
            && self.document.template(token).is_none()
        {
            self.tell_as(token, "expression", failing::of(root));
            self.tell_as(token, "comparison", self.facts.told(root));
        }
    }

    fn names(&mut self, token: TokenId, language: Language, remark: impl Fn(&str) -> Option<Finding>) {
        let keys: Vec<_> = self.document.pairs(token).map(|(key, _)| key).collect();
        for key in keys {
            let found = self.document.text(key).and_then(&remark);
            self.tell(key, language, found.into_iter().collect());
        }
    }

    fn tell(&mut self, token: TokenId, language: Language, found: Vec<Finding>) {
        self.tell_as(token, language.code(), found);
    }

    fn tell_as(&mut self, token: TokenId, code: &'static str, found: Vec<Finding>) {
        for finding in found {
            if self.found.len() == MOST {
                return;
            }
            let span = self.document.tree().place_in(self.document.token(token).node, finding.span);
            if self.is_refused(token, &finding) {
                continue;
            }
            let Finding { severity, author, message, hint, .. } = finding;
            self.found.push(Remark { code, token, span, severity, author, message, hint });
        }
    }

    /// Whether reading has told it: it refused the value, or will in these words.
    fn is_refused(&self, token: TokenId, finding: &Finding) -> bool {
        let whole = self.document.span(token);
        self.document.problems().iter().any(|problem| {
            let is_said = finding.author == Author::GitHub && problem.message == finding.message;
            whole.contains(problem.span) && (is_said || problem.kind == ProblemKind::UnexpectedValue)
        })
    }
}
