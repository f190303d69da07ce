//! Findings of other tools, from their SARIF.

mod log;

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;

use percent_encoding::percent_decode_str;
use thiserror::Error;
use towpath_migrate::assess::{Sheet, masked};

use self::log::{Log, Outcome, Place, Run};
use super::base::Base;
use super::named::{self, NamedError};

/// How many bytes of a file are read.
const MAX_BYTES: u64 = 256 << 20;

/// What other tools found, by the workflow that it is in.
#[derive(Debug, Default)]
pub(super) struct Imported {
    /// By the place of the workflow.
    of: BTreeMap<usize, Vec<Finding>>,
    /// How many are of no workflow that was assessed.
    pub(super) elsewhere: usize,
}

/// Something that another tool found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Finding {
    pub(super) tool: String,
    pub(super) rule: String,
    pub(super) level: String,
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) message: String,
    /// Where it is, as the tool says.
    uri: String,
}

/// Why nothing could be imported.
#[derive(Debug, Error)]
pub(super) enum ImportError {
    /// It cannot be read.
    #[error("failed to read the SARIF: {0}")]
    Read(#[from] NamedError),
    /// It is none.
    #[error("failed to understand the SARIF: {0}")]
    Form(#[from] serde_json::Error),
}

/// Reads what a tool found.
pub(super) fn read(path: &Path) -> Result<Vec<Finding>, ImportError> {
    let log: Log = serde_json::from_str(&named::text(path, MAX_BYTES)?)?;
    Ok(findings(&log))
}

fn findings(log: &Log) -> Vec<Finding> {
    let told = |run: &'_ Run| {
        let counting = run.results.iter().filter(|outcome| outcome.counts());
        counting.map(|outcome| finding(run, outcome)).collect::<Vec<_>>()
    };
    let mut findings: Vec<_> = log.runs.iter().flat_map(told).collect();
    findings.sort();
    findings
}

fn finding(run: &Run, outcome: &Outcome) -> Finding {
    let Place { uri, line, column } = outcome.place(run);
    let uri = uri.strip_prefix("file://").unwrap_or(uri);
    Finding {
        tool: run.tool.driver.name.clone(),
        rule: outcome.rule(run).to_owned(),
        level: outcome.level(run).to_owned(),
        line,
        column,
        message: masked(&outcome.message.text).into_owned(),
        uri: percent_decode_str(uri).decode_utf8_lossy().trim_start_matches("./").to_owned(),
    }
}

impl Imported {
    /// Gives each finding to its workflow: the one of its path, from where everything is told or as it is shown.
    pub(super) fn of(findings: Vec<Finding>, sheets: &[Sheet], base: &Base) -> Self {
        let mut known: HashMap<String, usize> = HashMap::new();
        // Some tools tell where a file is from the root, wherever they were started.
        let has_whole = findings.iter().any(|finding| finding.uri.starts_with('/'));
        for (at, sheet) in sheets.iter().enumerate() {
            known.insert(base.path(&sheet.path), at);
            known.insert(sheet.path.trim_start_matches("./").to_owned(), at);
            let whole = has_whole.then(|| fs::canonicalize(&sheet.path).ok()).flatten();
            whole.and_then(|whole| known.insert(whole.to_string_lossy().into_owned(), at));
        }
        let mut imported = Self::default();
        for finding in findings {
            match known.get(&finding.uri) {
                Some(at) => imported.of.entry(*at).or_default().push(finding),
                None => imported.elsewhere += 1,
            }
        }
        imported
    }

    /// What was found in a workflow.
    pub(super) fn at(&self, workflow: usize) -> &[Finding] {
        self.of.get(&workflow).map_or(&[], Vec::as_slice)
    }

    /// How many each tool found in the workflows.
    pub(super) fn tools(&self) -> BTreeMap<&str, usize> {
        let mut tools = BTreeMap::new();
        for finding in self.of.values().flatten() {
            *tools.entry(finding.tool.as_str()).or_default() += 1;
        }
        tools
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Finding> {
        findings(&serde_json::from_str(text).unwrap())
    }

    #[test]
    fn results_are_read_as_tools_write_them() {
        let text = r#"{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "zizmor", "rules": []}}, "results": [
            {"ruleId": "zizmor/artipacked", "level": "error", "message": {"text": "m"}, "locations": [
                {"physicalLocation": {"artifactLocation": {"uri": "./.github/workflows/a%20b.yml"}, "region": {"startLine": 7, "startColumn": 3}}}]},
            {"message": {}, "locations": []}]}, {"tool": {"driver": {"name": "actionlint"}}}]}"#;
        let found = read(text);
        assert_eq!(found.len(), 2);
        let (odd, full) = (&found[0], &found[1]);
        assert_eq!((odd.level.as_str(), odd.line, odd.uri.as_str()), ("warning", 1, ""));
        let place = (full.rule.as_str(), full.level.as_str(), full.line, full.column, full.uri.as_str());
        assert_eq!(place, ("zizmor/artipacked", "error", 7, 3, ".github/workflows/a b.yml"));
    }

    #[test]
    fn a_whole_path_is_that_of_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ci.yml");
        fs::write(&path, "on: push").unwrap();
        let whole = fs::canonicalize(&path).unwrap();
        let uri = format!("file://{}", whole.display());
        let result = |uri: &str| {
            format!(
                r#"{{"message": {{}}, "locations": [{{"physicalLocation": {{"artifactLocation": {{"uri": "{uri}"}}}}}}]}}"#
            )
        };
        let text = format!(
            r#"{{"runs": [{{"tool": {{"driver": {{"name": "t"}}}}, "results": [{}, {}]}}]}}"#,
            result(&uri),
            result("file:///none/ci.yml")
        );
        let sheets = [Sheet { path: path.display().to_string(), ..Sheet::default() }];
        let imported = Imported::of(read(&text), &sheets, &Base::default());
        assert_eq!((imported.at(0).len(), imported.elsewhere), (1, 1));
    }

    #[test]
    fn what_is_no_sarif_is_refused() {
        for text in ["[]", "{}", r#"{"runs": 1}"#, r#"{"runs": [{"results": []}]}"#] {
            assert!(serde_json::from_str::<Log>(text).is_err(), "{text}");
        }
    }
}
