//! What was found in an estate, one after the other, in the form that other tools and baselines want.

use clap::ValueEnum;
use towpath_migrate::assess::{Cited, Mark, Risk, Sheet, Verdict};
use towpath_migrate::security::Severity;

use super::estate::Estate;

/// How bad a finding is, in the words of SARIF.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ValueEnum)]
pub(super) enum Level {
    /// Good to know: what stays on GitHub
    Note,
    /// Somebody has to do something before it can move
    Warning,
    /// It is broken, or dangerous as it is
    Error,
}

impl Level {
    /// Every one, the worst first.
    pub(super) const ALL: [Self; 3] = [Self::Error, Self::Warning, Self::Note];

    /// Its name in SARIF.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// How bad something unsafe is.
    pub(super) const fn of_risk(severity: Severity) -> Self {
        match severity {
            Severity::High => Self::Error,
            Severity::Medium => Self::Warning,
            Severity::Low | Severity::Informational => Self::Note,
        }
    }

    /// How bad a reason is. One of legs that stay on GitHub anyway asks nobody for anything.
    pub(super) fn of_reason(cited: &Cited) -> Self {
        match Self::of(cited.rule.outcome) {
            Self::Warning if !cited.blocks() => Self::Note,
            level => level,
        }
    }

    /// How bad a reason for this verdict is at most.
    pub(super) const fn of(outcome: Verdict) -> Self {
        match outcome {
            Verdict::Broken => Self::Error,
            Verdict::Undetermined | Verdict::Redesign | Verdict::Edits => Self::Warning,
            Verdict::Template | Verdict::Keep | Verdict::Automatic => Self::Note,
        }
    }
}

/// Something that was found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Finding<'e> {
    pub(super) sheet: &'e Sheet,
    pub(super) rule: &'static str,
    pub(super) title: &'static str,
    pub(super) remedy: &'static str,
    pub(super) level: Level,
    pub(super) target: &'e str,
    pub(super) mark: &'e Mark,
    /// Why somebody has allowed it.
    pub(super) allowed: Option<&'e str>,
    /// Whether a list allows it, and no comment in the file.
    pub(super) is_listed: bool,
}

impl<'e> Finding<'e> {
    /// All of an estate, in the order of workflows; in each, reasons for its verdict before what is unsafe.
    pub(super) fn all(estate: &'e Estate) -> impl Iterator<Item = Self> {
        estate.sheets.iter().flat_map(|sheet| {
            let reasons = sheet.reasons.iter().map(move |cited| Self::of(sheet, cited));
            reasons.chain(sheet.risks.iter().map(move |risk| Self::of_risk(sheet, risk)))
        })
    }

    fn of_risk(sheet: &'e Sheet, risk: &'e Risk) -> Self {
        Self {
            sheet,
            rule: risk.class.id,
            title: risk.class.title,
            remedy: risk.class.remedy,
            level: Level::of_risk(risk.severity),
            target: &risk.target,
            mark: &risk.mark,
            allowed: risk.allowed.as_deref(),
            is_listed: risk.is_listed,
        }
    }

    fn of(sheet: &'e Sheet, cited: &'e Cited) -> Self {
        Self {
            sheet,
            rule: cited.rule.id,
            title: cited.rule.title,
            remedy: cited.rule.remedy,
            level: Level::of_reason(cited),
            target: &cited.target,
            mark: &cited.mark,
            allowed: cited.allowed.as_deref(),
            is_listed: cited.is_listed,
        }
    }

    /// The line of the workflow that it is found in; the first where nothing tells.
    pub(super) fn line(&self) -> usize {
        self.mark.in_workflow().map_or(1, |(start, _)| start.line)
    }

    /// In a sentence, with the place where it is in another file.
    pub(super) fn message(&self) -> String {
        let place = self.elsewhere().map(|place| format!(" (in {place})")).unwrap_or_default();
        format!("{}{place}; {}", self.what(), self.remedy)
    }

    /// What is found.
    pub(super) fn what(&self) -> String {
        let Self { title, target, .. } = self;
        if target.is_empty() { (*title).to_owned() } else { format!("{title}: {target}") }
    }

    /// The place in another file, where it is there.
    pub(super) fn elsewhere(&self) -> Option<String> {
        self.mark.file().map(|file| format!("{file}:{}", self.mark.start.line))
    }
}
