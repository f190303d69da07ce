//! The demo's QA: a process that asks the service real questions, as any QA command of the local host does.

use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use quick_xml::escape::escape;
use serde_json::Value;

use crate::config::HttpUrl;
use crate::http::{Answer, HttpClient};
use crate::secret::Variables;

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often a page is asked for before it counts as broken: people reload. A build of which one page in a few fails
/// is for the metrics to find, on a busy machine too, where errors come in a row.
const RELOADS: usize = 8;

/// How QA ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QaResult {
    /// All tests passed.
    Passed,
    /// A test failed.
    Failed,
    /// The tests could not be run.
    Error,
}

struct Test {
    name: &'static str,
    failure: Option<String>,
}

/// Tests the service at `url`: its health, whether it runs the digests of `TOWPATH_DIGESTS`, and, unless
/// `TOWPATH_TEMPLATE` is `smoke`, pages of several visitors. Prints what it finds, and writes a JUnit report to
/// `TOWPATH_JUNIT`.
pub fn qa(url: &str, variables: Variables<'_>, out: &mut dyn Write) -> QaResult {
    let tests = match tests(url, variables) {
        Ok(tests) => tests,
        Err(why) => {
            // That nobody hears it changes nothing about the result.
            writeln!(out, "{why}").unwrap_or_default();
            return QaResult::Error;
        }
    };
    for Test { name, failure } in &tests {
        let result = failure.as_deref().unwrap_or("passed");
        writeln!(out, "{name}: {result}").unwrap_or_default();
    }
    if let Some(path) = variables("TOWPATH_JUNIT")
        && let Err(why) = std::fs::write(Path::new(&path), report(&tests))
    {
        writeln!(out, "failed to write {path}: {why}").unwrap_or_default();
        return QaResult::Error;
    }
    if tests.iter().all(|test| test.failure.is_none()) { QaResult::Passed } else { QaResult::Failed }
}

fn tests(url: &str, variables: Variables<'_>) -> Result<Vec<Test>, String> {
    let client = HttpClient::new(PATIENCE, 64 << 10);
    let ask = |path: &str| {
        let url = HttpUrl::try_from(format!("{url}{path}"))?;
        client.get(&url).map_err(|why| format!("failed to ask {url}: {why}"))
    };
    let health = ask("/healthz")?;
    let mut tests =
        vec![Test { name: "is healthy", failure: status(&health) }, under_test(&health, variables)];
    if variables("TOWPATH_TEMPLATE").as_deref() != Some("smoke") {
        for name in ["the first visitor gets a page", "and the second", "and the third"] {
            let mut failure = status(&ask("/")?);
            for _ in 1..RELOADS {
                failure = match failure {
                    None => break,
                    Some(_) => status(&ask("/")?),
                };
            }
            tests.push(Test { name, failure });
        }
    }
    Ok(tests)
}

/// Why an answer is not good.
fn status(answer: &Answer) -> Option<String> {
    (answer.status != 200).then(|| format!("it answers {}", answer.status))
}

/// Whether what answers is what is to be tested: a test of another build would say nothing.
fn under_test(health: &Answer, variables: Variables<'_>) -> Test {
    let digests: Value =
        variables("TOWPATH_DIGESTS").and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default();
    let wanted = digests.as_object().into_iter().flatten();
    let wanted: Vec<String> =
        wanted.filter_map(|(name, digest)| Some(format!("{name}@{}", digest.as_str()?))).collect();
    let body: Value = serde_json::from_slice(&health.body).unwrap_or_default();
    let image = body.get("image").and_then(Value::as_str).unwrap_or("nothing");
    let right = wanted.iter().any(|wanted| wanted == image);
    let failure = (!right).then(|| format!("it runs {image}, to be tested is {}", wanted.join(" ")));
    Test { name: "runs the release under test", failure }
}

fn report(tests: &[Test]) -> String {
    let mut xml = "<testsuite name=\"demo\">\n".to_owned();
    for Test { name, failure } in tests {
        // Writing to a String cannot fail.
        let _ = match failure {
            None => writeln!(xml, "  <testcase name=\"{name}\"/>"),
            Some(why) => {
                writeln!(xml, "  <testcase name=\"{name}\"><failure>{}</failure></testcase>", escape(why))
            }
        };
    }
    xml + "</testsuite>\n"
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::catalog::{Catalog, image};
    use super::super::service::Service;
    use super::super::web::WebServer;
    use super::*;

    /// Tests a service that runs `runs`, which is to be `wanted`.
    fn test(template: &str, runs: &str, wanted: &str) -> (QaResult, String, String) {
        let service = Arc::new(Service::new(Catalog::new().unwrap()));
        service.deploy(&image(runs).unwrap().digest);
        let server = WebServer::start("test", service.router()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let junit = folder.path().join("report.xml");
        let wanted = image(wanted).unwrap();
        let variables = |name: &str| match name {
            "TOWPATH_TEMPLATE" => Some(template.to_owned()),
            "TOWPATH_DIGESTS" => Some(format!("{{\"{}\":\"{}\"}}", wanted.name, wanted.digest)),
            "TOWPATH_JUNIT" => Some(junit.display().to_string()),
            _ => None,
        };
        let mut out = Vec::new();
        let result = qa(&server.url(), &variables, &mut out);
        (result, String::from_utf8(out).unwrap(), std::fs::read_to_string(junit).unwrap())
    }

    #[test]
    fn a_good_build_passes() {
        let (result, out, report) = test("regression", "1.1.0", "1.1.0");
        assert_eq!(result, QaResult::Passed, "{out}");
        assert_eq!(report.matches("<testcase").count(), 5);
        assert_eq!(test("smoke", "1.1.0", "1.1.0").2.matches("<testcase").count(), 2);
    }

    #[test]
    fn another_build_than_the_one_under_test_fails() {
        let (result, out, report) = test("smoke", "1.0.0", "1.1.0");
        assert_eq!(result, QaResult::Failed);
        assert!(out.contains("runs the release under test: it runs ghcr.io/acme/web@sha256:"), "{out}");
        assert!(report.contains("<failure>it runs "), "{report}");
    }

    #[test]
    fn nobody_there_is_an_error_and_not_a_verdict() {
        let mut out = Vec::new();
        assert_eq!(qa("http://127.0.0.1:1", &|_| None, &mut out), QaResult::Error);
        assert!(String::from_utf8(out).unwrap().contains("failed to ask"));
    }
}
