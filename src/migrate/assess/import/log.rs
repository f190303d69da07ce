//! SARIF 2.1.0, as far as findings are imported from it.
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>, whose sections are named below.

use serde::Deserialize;

/// What a tool wrote.
#[derive(Deserialize)]
pub(super) struct Log {
    pub(super) runs: Vec<Run>,
}

/// One run of one tool.
#[derive(Deserialize)]
pub(super) struct Run {
    pub(super) tool: Tool,
    #[serde(default)]
    pub(super) results: Vec<Outcome>,
    /// Files, which results may name by their place.
    #[serde(default)]
    artifacts: Vec<File>,
}

#[derive(Deserialize)]
pub(super) struct Tool {
    pub(super) driver: Driver,
}

#[derive(Deserialize)]
pub(super) struct Driver {
    pub(super) name: String,
    #[serde(default)]
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    #[serde(default)]
    id: String,
    #[serde(default)]
    default_configuration: Configuration,
}

#[derive(Default, Deserialize)]
struct Configuration {
    level: Option<String>,
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    location: Artifact,
}

/// A result.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Outcome {
    rule_id: Option<String>,
    rule_index: Option<usize>,
    #[serde(default)]
    rule: RuleReference,
    kind: Option<String>,
    level: Option<String>,
    baseline_state: Option<String>,
    #[serde(default)]
    suppressions: Vec<Suppression>,
    pub(super) message: Message,
    #[serde(default)]
    locations: Vec<Location>,
}

#[derive(Default, Deserialize)]
struct RuleReference {
    id: Option<String>,
    index: Option<usize>,
}

#[derive(Deserialize)]
struct Suppression {
    status: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Message {
    #[serde(default)]
    pub(super) text: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: Option<Physical>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Option<Artifact>,
    region: Option<Region>,
}

#[derive(Default, Deserialize)]
struct Artifact {
    uri: Option<String>,
    index: Option<usize>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: Option<usize>,
    start_column: Option<usize>,
}

/// Where a result is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place<'r> {
    /// As the tool says.
    pub(super) uri: &'r str,
    pub(super) line: usize,
    pub(super) column: usize,
}

impl Outcome {
    /// Whether it tells of something that is wrong now and that nobody has allowed (3.27.9, 3.27.23, 3.27.24, 3.35.3).
    pub(super) fn counts(&self) -> bool {
        let is_problem = !matches!(self.kind.as_deref(), Some("pass" | "notApplicable" | "informational"));
        let is_there = self.baseline_state.as_deref() != Some("absent");
        let is_accepted = |by: &Suppression| by.status.as_deref().is_none_or(|status| status == "accepted");
        is_problem && is_there && !self.suppressions.iter().any(is_accepted)
    }

    /// The rule that found it, by its own name or by its place among the rules of the tool (3.27.5 to 3.27.7).
    pub(super) fn rule<'r>(&'r self, run: &'r Run) -> &'r str {
        let named = self.rule_id.as_deref().or(self.rule.id.as_deref());
        named.or_else(|| self.described(run).map(|rule| rule.id.as_str())).unwrap_or_default()
    }

    /// How bad it is: as it says, else as its rule does, else a warning (3.27.10).
    pub(super) fn level<'r>(&'r self, run: &'r Run) -> &'r str {
        let of_rule = || self.described(run)?.default_configuration.level.as_deref();
        self.level.as_deref().or_else(of_rule).unwrap_or("warning")
    }

    fn described<'r>(&self, run: &'r Run) -> Option<&'r Rule> {
        run.tool.driver.rules.get(self.rule_index.or(self.rule.index)?)
    }

    /// Its first place in a file, by the name of the file or by its place among the files of the run (3.4.5).
    pub(super) fn place<'r>(&'r self, run: &'r Run) -> Place<'r> {
        let physical = self.locations.iter().find_map(|location| location.physical_location.as_ref());
        let artifact = physical.and_then(|physical| physical.artifact_location.as_ref());
        let listed = |artifact: &Artifact| run.artifacts.get(artifact.index?)?.location.uri.as_deref();
        let uri = artifact.and_then(|artifact| artifact.uri.as_deref().or_else(|| listed(artifact)));
        let region = physical.and_then(|physical| physical.region.as_ref());
        let (line, column) =
            region.map(|region| (region.start_line, region.start_column)).unwrap_or_default();
        Place { uri: uri.unwrap_or_default(), line: line.unwrap_or(1), column: column.unwrap_or(1) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOOL: &str = r#"{"driver": {"name": "t", "rules": [{"id": "a"}, {"id": "b", "defaultConfiguration": {"level": "error"}}]}}"#;
    const FILES: &str = r#"[{}, {"location": {"uri": "listed.yml"}}]"#;

    fn run(result: &str) -> Run {
        serde_json::from_str(&format!(r#"{{"tool": {TOOL}, "artifacts": {FILES}, "results": [{result}]}}"#))
            .unwrap()
    }

    #[test]
    fn rules_and_levels_are_told_by_name_or_by_place() {
        for (result, expected) in [
            (r#"{"message": {}}"#, ("", "warning")),
            (r#"{"message": {}, "ruleId": "own"}"#, ("own", "warning")),
            (r#"{"message": {}, "ruleIndex": 0}"#, ("a", "warning")),
            (r#"{"message": {}, "ruleIndex": 1}"#, ("b", "error")),
            (r#"{"message": {}, "rule": {"index": 1}}"#, ("b", "error")),
            (r#"{"message": {}, "rule": {"id": "own", "index": 1}, "level": "note"}"#, ("own", "note")),
            (r#"{"message": {}, "ruleIndex": 9}"#, ("", "warning")),
        ] {
            let run = run(result);
            let outcome = &run.results[0];
            assert_eq!((outcome.rule(&run), outcome.level(&run)), expected, "{result}");
        }
    }

    #[test]
    fn files_are_told_by_name_or_by_place() {
        for (location, uri, line) in [
            ("{}", "", 1),
            (r#"{"physicalLocation": {"artifactLocation": {"uri": "own.yml", "index": 1}}}"#, "own.yml", 1),
            (
                r#"{"physicalLocation": {"artifactLocation": {"index": 1}, "region": {"startLine": 7}}}"#,
                "listed.yml",
                7,
            ),
            (r#"{"physicalLocation": {"artifactLocation": {"index": 0}}}"#, "", 1),
            (r#"{"physicalLocation": {"artifactLocation": {"index": 9}}}"#, "", 1),
        ] {
            let run = run(&format!(r#"{{"message": {{}}, "locations": [{location}]}}"#));
            assert_eq!(run.results[0].place(&run), Place { uri, line, column: 1 }, "{location}");
        }
    }

    #[test]
    fn what_is_not_wrong_or_allowed_does_not_count() {
        for (more, expected) in [
            ("", true),
            (r#", "kind": "fail""#, true),
            (r#", "kind": "review""#, true),
            (r#", "kind": "pass""#, false),
            (r#", "kind": "notApplicable""#, false),
            (r#", "kind": "informational""#, false),
            (r#", "baselineState": "absent""#, false),
            (r#", "baselineState": "unchanged""#, true),
            (r#", "suppressions": []"#, true),
            (r#", "suppressions": [{"kind": "inSource"}]"#, false),
            (r#", "suppressions": [{"kind": "external", "status": "rejected"}]"#, true),
            (r#", "suppressions": [{"status": "underReview"}, {"status": "accepted"}]"#, false),
        ] {
            let run = run(&format!(r#"{{"message": {{}}{more}}}"#));
            assert_eq!(run.results[0].counts(), expected, "{more}");
        }
    }
}
