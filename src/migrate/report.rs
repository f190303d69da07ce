//! How what was found is printed: a record a line for programs, a tree for people, and the talk beside both.

use std::fmt::{Arguments, Write as _};
use std::path::Path;

use clap::ValueEnum;
use serde::Serialize;
use serde_json::value::RawValue;
use towpath_migrate::sources::{Found, Item, Place, Problem, Shape, Shown, Unit, What, Why};

use super::understand::{Finding, Severity, Understood};
use crate::terminal::Terminal;

/// A form of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Form {
    /// For people: what belongs to what
    Tree,
    /// For programs: a JSON object in each line
    Ndjson,
}

/// A record.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Record<'r> {
    Unit {
        path: String,
        shape: &'r str,
    },
    File {
        path: String,
        what: &'r str,
        bytes: usize,
        findings: Vec<FindingRecord<'r>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        content: Option<&'r RawValue>,
    },
    Skipped {
        path: String,
        reason: &'r str,
        message: &'r str,
    },
    Unread {
        path: String,
        findings: [FindingRecord<'r>; 1],
    },
    End(Tally),
}

#[derive(Serialize)]
struct FindingRecord<'r> {
    severity: Severity,
    code: &'r str,
    message: &'r str,
    #[serde(flatten)]
    place: Option<PlaceRecord>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'r str>,
}

#[derive(Serialize)]
struct PlaceRecord {
    offset: usize,
    line: usize,
    column: usize,
}

impl<'r> From<&'r Finding> for FindingRecord<'r> {
    fn from(finding: &'r Finding) -> Self {
        let place = finding.place.map(|Place { offset, line, column }| PlaceRecord { offset, line, column });
        let Finding { severity, code, message, hint, .. } = finding;
        Self { severity: *severity, code, message, place, hint: hint.as_deref() }
    }
}

/// How many of each there were.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(super) struct Tally {
    pub(super) repositories: usize,
    /// Folders of workflows.
    pub(super) folders: usize,
    pub(super) workflows: usize,
    pub(super) actions: usize,
    pub(super) templates: usize,
    pub(super) neither: usize,
    pub(super) unreadable: usize,
    pub(super) skipped: usize,
    pub(super) errors: usize,
    pub(super) warnings: usize,
}

impl Tally {
    pub(super) fn add(&mut self, other: Self) {
        self.repositories += other.repositories;
        self.folders += other.folders;
        self.workflows += other.workflows;
        self.actions += other.actions;
        self.templates += other.templates;
        self.neither += other.neither;
        self.unreadable += other.unreadable;
        self.skipped += other.skipped;
        self.errors += other.errors;
        self.warnings += other.warnings;
    }

    /// How many files were looked at, those that could not be read among them.
    pub(super) fn files(self) -> usize {
        self.workflows + self.actions + self.templates + self.neither + self.unreadable
    }

    /// In words, without what there is none of.
    pub(super) fn text(self) -> String {
        let counts = [
            (self.repositories, "repository", "repositories"),
            (self.folders, "folder of workflows", "folders of workflows"),
            (self.workflows, "workflow", "workflows"),
            (self.actions, "action", "actions"),
            (self.templates, "template", "templates"),
            (self.neither, "other file", "other files"),
            (self.unreadable, "unreadable", "unreadable"),
            (self.skipped, "not looked at", "not looked at"),
            (self.errors, "error", "errors"),
            (self.warnings, "warning", "warnings"),
        ];
        let some = counts.into_iter().filter(|(number, ..)| *number > 0);
        let words =
            some.map(|(number, one, many)| format!("{number} {}", if number == 1 { one } else { many }));
        words.collect::<Vec<_>>().join(", ")
    }
}

/// What is to be said of a thing that was found. Made on one of many threads, printed in order.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// Data.
    pub(super) out: String,
    talk: Vec<(Option<Severity>, String, Option<String>)>,
    pub(super) tally: Tally,
}

impl Report {
    /// Of a file that was understood.
    pub(super) fn file(form: Form, item: &Item, bytes: usize, understood: &Understood) -> Self {
        let mut report = Self::default();
        let Understood { what, findings, content } = understood;
        match what {
            What::Workflow => report.tally.workflows = 1,
            What::Action => report.tally.actions = 1,
            What::Template => report.tally.templates = 1,
            What::Neither => report.tally.neither = 1,
        }
        let path = &item.path;
        findings.iter().for_each(|finding| report.finding(path, finding));
        match form {
            Form::Tree => {
                report.branch(item, *what);
                report.out.push_str(content.as_deref().unwrap_or_default());
            }
            Form::Ndjson => {
                let findings = findings.iter().map(FindingRecord::from).collect();
                // It was made as JSON, so it is taken over as it is.
                let content = content.as_deref().and_then(|content| serde_json::from_str(content).ok());
                report.record(&Record::File {
                    path: shown(path),
                    what: what.name(),
                    bytes,
                    findings,
                    content,
                });
            }
        }
        report
    }

    /// Findings alone.
    pub(super) fn findings(path: &Path, findings: &[Finding]) -> Self {
        let mut report = Self::default();
        findings.iter().for_each(|finding| report.finding(path, finding));
        report
    }

    /// Of something that could not be read, or has nothing in it.
    pub(super) fn problem(form: Form, problem: &Problem) -> Self {
        let Problem { path, cause } = problem;
        let mut report = Self::default();
        report.tally.unreadable = 1;
        let finding = Finding {
            severity: Severity::Error,
            code: cause.code(),
            message: cause.to_string(),
            place: cause.place(),
            bytes: None,
            excerpt: None,
            hint: Some(cause.remedy().to_owned()),
        };
        report.finding(path, &finding);
        if form == Form::Ndjson {
            report.record(&Record::Unread { path: shown(path), findings: [(&finding).into()] });
        }
        if !cause.is_unreadable() {
            (report.tally.unreadable, report.tally.neither) = (0, 1);
        }
        report
    }

    /// Of what is no file.
    pub(super) fn other(form: Form, found: &Found) -> Self {
        match found {
            Found::Item(_) | Found::Other(_) => Self::default(),
            Found::Problem(problem) => Self::problem(form, problem),
            Found::Skipped(path, why) => Self::skipped(form, path, *why),
            Found::Unit(unit) => Self::unit(form, unit),
        }
    }

    fn skipped(form: Form, path: &Path, why: Why) -> Self {
        let mut report = Self::default();
        report.tally.skipped = 1;
        // Nobody expects these to be looked into; the last line counts them.
        if why != Why::LeftOut {
            report.talk.push((None, format!("{}: not looked at: {}", Shown::path(path), why.text()), None));
        }
        if form == Form::Ndjson {
            report.record(&Record::Skipped { path: shown(path), reason: why.code(), message: why.text() });
        }
        report
    }

    fn unit(form: Form, unit: &Unit) -> Self {
        let mut report = Self::default();
        match unit.shape {
            Shape::Repository => report.tally.repositories = 1,
            Shape::Workflows => report.tally.folders = 1,
            Shape::File => {}
        }
        let (path, shape) = (shown(&unit.path), unit.shape.name());
        match form {
            Form::Ndjson => report.record(&Record::Unit { path, shape }),
            // Its one file tells all.
            Form::Tree if unit.shape == Shape::File => {}
            Form::Tree => report.line(format_args!("{shape} {path}")),
        }
        report
    }

    /// That this was all, so that a program knows it has everything.
    pub(super) fn end(form: Form, tally: Tally) -> Self {
        let mut report = Self::default();
        if form == Form::Ndjson {
            report.record(&Record::End(tally));
        }
        report
    }

    fn finding(&mut self, path: &Path, finding: &Finding) {
        match finding.severity {
            Severity::Error => self.tally.errors += 1,
            Severity::Warning => self.tally.warnings += 1,
        }
        let place =
            finding.place.map_or_else(String::new, |place| format!(":{}:{}", place.line, place.column));
        let mut talk = format!("{}{place}: {}", Shown::path(path), Shown::excerpt(&finding.message));
        for line in finding.excerpt.iter().flat_map(|excerpt| excerpt.lines()) {
            talk.push_str("\n  ");
            talk.push_str(line);
        }
        self.talk.push((
            Some(finding.severity),
            talk,
            finding.hint.as_deref().map(|hint| Shown::excerpt(hint).to_string()),
        ));
    }

    /// A file in the tree: below what it belongs to, unless it is all there is.
    fn branch(&mut self, item: &Item, what: What) {
        let (path, name) = (&item.path, what.name());
        match path.strip_prefix(&item.unit.path) {
            Ok(below) if item.unit.shape != Shape::File => {
                self.line(format_args!("  {name:8}  {}", Shown::path(below)));
            }
            _ => self.line(format_args!("{name} {}", Shown::path(path))),
        }
    }

    fn line(&mut self, line: Arguments<'_>) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.out, "{line}");
    }

    fn record(&mut self, record: &Record<'_>) {
        // A record is made of texts and numbers only, which always have a form.
        if let Ok(line) = serde_json::to_string(record) {
            self.out.push_str(&line);
            self.out.push('\n');
        }
    }

    /// Whether there is something to tell.
    pub(super) fn has_talk(&self) -> bool {
        !self.talk.is_empty()
    }

    /// Tells what there is to tell.
    pub(super) fn tell(self, terminal: &mut Terminal) {
        for (severity, what, next) in self.talk {
            match severity {
                Some(Severity::Error) => terminal.error(what, next.as_deref()),
                Some(Severity::Warning) => terminal.warning(what, next.as_deref()),
                None => terminal.note(what),
            }
        }
    }
}

fn shown(path: &Path) -> String {
    Shown::path(path).to_string()
}
