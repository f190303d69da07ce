//! Findings, and what takes them.

use super::class::{Class, Severity};
use super::ignored::Ignored;
use super::sites::{Place, Sites};
use crate::span::Span;

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub class: &'static Class,
    /// How bad it is here.
    pub severity: Severity,
    /// Where it stands in the workflow.
    pub span: Span,
    /// What it is about: an action, an event, a value.
    pub target: String,
}

/// Takes the findings and places of one class.
pub(crate) struct Found<'f> {
    pub(super) class: &'static Class,
    pub(super) ignored: &'f Ignored<'f>,
    pub(super) findings: &'f mut Vec<Finding>,
    pub(super) sites: &'f mut Sites,
}

impl Found<'_> {
    /// Something bad, unless a comment in one of the areas says that it is to be ignored. Whether it was kept.
    pub(crate) fn finding(
        &mut self,
        severity: Severity,
        span: Span,
        target: impl Into<String>,
        areas: &[Span],
    ) -> bool {
        if areas.iter().any(|area| self.ignored.covers(self.class.id, *area)) {
            return false;
        }
        self.findings.push(Finding { class: self.class, severity, span, target: target.into() });
        true
    }

    /// A place that the class applies to, and how badly it is broken there.
    pub(crate) fn site(&mut self, place: Place, violation: Option<Severity>) {
        self.sites.add(self.class.id, place, violation);
    }

    /// Something bad at a place.
    pub(crate) fn violation(
        &mut self,
        place: Place,
        severity: Severity,
        span: Span,
        target: impl Into<String>,
        areas: &[Span],
    ) {
        let kept = self.finding(severity, span, target, areas);
        self.site(place, kept.then_some(severity));
    }
}
