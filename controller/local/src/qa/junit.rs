//! JUnit reports, read only as far as a verdict needs.
//!
//! There is no standard; the element names are those of Ant's `junitreport` task that all tools write.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use crate::line::one_line;

/// The largest report, in bytes.
const LARGEST: u64 = 4 << 20;
/// The deepest nesting.
const DEEPEST: usize = 64;
/// How many failed tests are named.
const NAMED: usize = 3;

/// What a report says in numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Report {
    /// Test cases.
    pub(super) tests: u64,
    /// Those that failed, and suites that failed as a whole.
    pub(super) failed: u64,
    /// Those that did not run.
    pub(super) skipped: u64,
    /// The names of the first that failed, for people.
    names: Vec<String>,
    /// The most failures that an element claims to contain.
    claimed: u64,
}

/// Reads the report at `path`; fails with a sentence when it cannot be trusted.
pub(super) fn read(path: &Path) -> Result<Report, String> {
    let found = std::fs::symlink_metadata(path).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => "was not written".to_owned(),
        _ => e.to_string(),
    })?;
    // Neither a link to a file of somebody else nor a pipe that never ends.
    if !found.is_file() {
        return Err("is not a plain file".to_owned());
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|e| e.to_string())?;
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    if bytes.len() as u64 > LARGEST {
        return Err(format!("is larger than {} MiB", LARGEST >> 20));
    }
    let text = String::from_utf8(bytes).map_err(|_| "is not UTF-8 text".to_owned())?;
    parse(&text)
}

/// Where the parser is.
enum Element {
    Suite { name: String },
    Case { name: String, failed: bool, skipped: bool },
    Other,
}

fn parse(text: &str) -> Result<Report, String> {
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    let (mut report, mut stack, mut begun) = (Report::default(), Vec::new(), false);
    loop {
        let event = reader.read_event().map_err(|e| not_xml(&e.to_string()))?;
        match event {
            Event::Start(start) => {
                check_root(&start, begun && stack.is_empty(), stack.is_empty())?;
                begun = true;
                let element = report.enter(&start, stack.last_mut());
                stack.push(element);
                if stack.len() > DEEPEST {
                    return Err(format!("is nested deeper than {DEEPEST} elements"));
                }
            }
            Event::Empty(start) => {
                check_root(&start, begun && stack.is_empty(), stack.is_empty())?;
                begun = true;
                let element = report.enter(&start, stack.last_mut());
                report.leave(element);
            }
            Event::End(_) => match stack.pop() {
                Some(element) => report.leave(element),
                None => return Err(not_xml("an end without a start")),
            },
            Event::DocType(_) => return Err("has a document type, which no report needs".to_owned()),
            Event::Eof if stack.is_empty() && begun => return Ok(report),
            Event::Eof => return Err(not_xml("it ends in the middle")),
            _ => {}
        }
    }
}

fn not_xml(why: &str) -> String {
    format!("is not XML: {}", one_line(why, 100))
}

fn check_root(start: &BytesStart<'_>, second: bool, root: bool) -> Result<(), String> {
    let local = start.local_name();
    let name: &str = local.as_ref();
    match name {
        _ if second => Err(not_xml("it has two roots")),
        "testsuites" | "testsuite" => Ok(()),
        _ if root => Err(format!("is not a JUnit report: it begins with <{}>", one_line(name, 40))),
        _ => Ok(()),
    }
}

impl Report {
    fn enter(&mut self, start: &BytesStart<'_>, parent: Option<&mut Element>) -> Element {
        let local = start.local_name();
        let name: &str = local.as_ref();
        match (name, parent) {
            ("testsuites" | "testsuite", _) => {
                let claimed =
                    |what| attribute(start, what).and_then(|n| n.trim().parse::<u64>().ok()).unwrap_or(0);
                self.claimed = self.claimed.max(claimed("failures").saturating_add(claimed("errors")));
                return Element::Suite { name: attribute(start, "name").unwrap_or_default() };
            }
            ("testcase", _) => {
                let name = attribute(start, "name").unwrap_or_default();
                return Element::Case { name, failed: false, skipped: false };
            }
            ("failure" | "error", Some(Element::Case { failed, .. })) => *failed = true,
            ("failure" | "error", Some(Element::Suite { name })) => {
                let suite = name.clone();
                self.fail(&suite);
            }
            ("skipped", Some(Element::Case { skipped, .. })) => *skipped = true,
            _ => {}
        }
        Element::Other
    }

    fn leave(&mut self, element: Element) {
        let Element::Case { name, failed, skipped } = element else { return };
        self.tests += 1;
        if failed {
            self.fail(&name);
        } else if skipped {
            self.skipped += 1;
        }
    }

    fn fail(&mut self, name: &str) {
        self.failed += 1;
        if self.names.len() < NAMED {
            let name = one_line(name, 50);
            self.names.push(if name.is_empty() { "(no name)".to_owned() } else { name });
        }
    }

    /// Failures, or as many as the report claims when it does not show them.
    pub(super) fn failures(&self) -> u64 {
        self.failed.max(self.claimed)
    }

    /// The numbers and the first failed tests, in one line.
    pub(super) fn summary(&self) -> String {
        let mut summary = format!("{} test{}", self.tests, if self.tests == 1 { "" } else { "s" });
        if self.skipped > 0 {
            summary.push_str(&format!(", {} skipped", self.skipped));
        }
        if self.failures() == 0 {
            return summary;
        }
        summary.push_str(&format!(", {} failed", self.failures()));
        if !self.names.is_empty() {
            summary.push_str(&format!(": {}", self.names.join(", ")));
        }
        let more = self.failures().saturating_sub(self.names.len() as u64);
        if more > 0 && !self.names.is_empty() {
            summary.push_str(&format!(" and {more} more"));
        }
        summary
    }
}

/// The first attribute of that name. Without the search for duplicates, which a hostile report makes slow.
fn attribute(start: &BytesStart<'_>, wanted: &str) -> Option<String> {
    let mut attributes = start.attributes();
    let attributes = attributes.with_checks(false);
    let found = attributes.flatten().find(|attribute| attribute.key.local_name().as_ref() == wanted)?;
    found.normalized_value(XmlVersion::Implicit1_0).ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(xml: &str) -> String {
        parse(xml).map_or_else(|why| format!("error: {why}"), |report| report.summary())
    }

    #[test]
    fn tests_are_counted() {
        for (xml, expected) in [
            ("<testsuite><testcase name='a'/></testsuite>", "1 test"),
            (
                "\u{feff}<?xml version='1.0'?>\n<testsuites><testsuite><testcase/><testcase/></testsuite></testsuites>\n",
                "2 tests",
            ),
            (
                "<testsuite><testcase name='a'><failure/></testcase><testcase name='b'/></testsuite>",
                "2 tests, 1 failed: a",
            ),
            (
                "<testsuite><testcase name='a'><error>x &unknown; y</error></testcase></testsuite>",
                "1 test, 1 failed: a",
            ),
            ("<testsuite><testcase><failure/><error/></testcase></testsuite>", "1 test, 1 failed: (no name)"),
            ("<testsuite><testcase><skipped/></testcase><testcase/></testsuite>", "2 tests, 1 skipped"),
            (
                "<testsuite><testcase name='a'><skipped/><failure/></testcase></testsuite>",
                "1 test, 1 failed: a",
            ),
            (
                "<testsuite><testcase><system-out><![CDATA[<failure/>]]></system-out></testcase></testsuite>",
                "1 test",
            ),
            ("<testsuite><testcase><properties><failure/></properties></testcase></testsuite>", "1 test"),
            ("<testsuite name='setup'><error/><testcase/></testsuite>", "1 test, 1 failed: setup"),
            ("<testsuite failures='2' errors='1'><testcase/></testsuite>", "1 test, 3 failed"),
            ("<testsuite failures='x' errors=''><testcase/></testsuite>", "1 test"),
            ("<testsuites/>", "0 tests"),
            (
                "<testsuite><testcase name='a&#10;&lt;b&gt;&#x1b;[31m'><failure/></testcase></testsuite>",
                "1 test, 1 failed: a <b> [31m",
            ),
        ] {
            assert_eq!(summary(xml), expected, "{xml}");
        }
    }

    #[test]
    fn few_names_of_many() {
        let case = |n: usize| format!("<testcase name='{}{n}'><failure/></testcase>", "x".repeat(60));
        let xml = format!("<testsuite>{}</testsuite>", (0..9).map(case).collect::<String>());
        let summary = summary(&xml);
        assert!(
            summary.starts_with("9 tests, 9 failed: xxx") && summary.ends_with(" and 6 more"),
            "{summary}"
        );
        assert!(summary.chars().count() < 200, "{summary}");
    }

    #[test]
    fn broken_reports() {
        let deep = "<testsuite>".repeat(65);
        for (xml, expected) in [
            ("", "it ends in the middle"),
            ("no xml", "it ends in the middle"),
            ("<testsuite><testcase>", "it ends in the middle"),
            ("<testsuite><testcase></testsuite>", "is not XML"),
            ("</testsuite>", "is not XML"),
            ("<testsuite/><testsuite/>", "two roots"),
            ("<html><testsuite/></html>", "begins with <html>"),
            ("<!DOCTYPE x [<!ENTITY a 'b'>]><testsuite/>", "document type"),
            (deep.as_str(), "deeper than 64"),
        ] {
            assert!(
                summary(xml).starts_with("error: ") && summary(xml).contains(expected),
                "{xml}: {}",
                summary(xml)
            );
        }
    }

    #[test]
    fn files_that_are_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.xml");
        assert_eq!(read(&path), Err("was not written".into()));
        std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
        assert_eq!(read(&path), Err("is not a plain file".into()));
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, b"<testsuite name='\xff'/>").unwrap();
        assert_eq!(read(&path), Err("is not UTF-8 text".into()));
        std::fs::write(&path, " ".repeat(LARGEST as usize + 1)).unwrap();
        assert_eq!(read(&path), Err("is larger than 4 MiB".into()));
        std::fs::write(&path, "<testsuite><testcase/></testsuite>").unwrap();
        assert_eq!(read(&path).unwrap().tests, 1);
    }
}
