//! A case: options, a workflow, perhaps those that it calls, and what is expected.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use towpath_migrate::model::call::{Bundle, Lookup, Policy, Program, Reference, Rules, WorkflowFiles, texts};
use towpath_migrate::read::{Limits, read_workflow};

use super::json::Json;
use super::template;

/// A case.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) expected: String,
    pub(crate) options: Options,
    workflow: String,
    files: Called,
}

/// The options at the head of a case.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) include_source: bool,
    pub(crate) is_partial_rerun: bool,
    /// Whether only the parser in TypeScript reads the case: it writes events, and no permissions.
    pub(crate) only_typescript: bool,
    limits: Limits,
    rules: Rules,
}

/// Called workflows by name.
struct Called(BTreeMap<String, String>);

impl WorkflowFiles for Called {
    fn look_up(&self, reference: &Reference) -> Lookup {
        let text = self.0.get(&reference.to_string());
        text.map_or(Lookup::NotThere, |text| Lookup::Text(text.as_str().into()))
    }
}

impl Case {
    pub(crate) fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap().replace("\r\n", "\n");
        let parts: Vec<_> = text.split("\n---\n").collect();
        let [head, workflow, called @ .., expected] = parts.as_slice() else { panic!("{}", path.display()) };
        let files = called
            .chunks(2)
            .filter_map(|pair| Some((pair.first()?.to_string(), pair.get(1)?.to_string())))
            .collect();
        Self {
            name: path.file_name().unwrap().to_str().unwrap().to_owned(),
            expected: expected.trim().to_owned(),
            options: Options::read(head),
            workflow: (*workflow).to_owned(),
            files: Called(files),
        }
    }

    pub(crate) fn is_reject(&self) -> bool {
        self.expected.starts_with("{\n  \"errors\"")
    }

    /// What we say, in the form of what is expected.
    pub(crate) fn ours(&self) -> String {
        let Options { limits, rules, .. } = &self.options;
        let reference = Reference::local(format!(".github/workflows/{}", self.name));
        let document = read_workflow(self.workflow.as_str(), limits);
        let bundle = if rules.follow {
            Bundle::load(reference, document, &self.files, limits)
        } else {
            Bundle::alone(reference, document)
        };
        let program = Program::of(&bundle, rules);
        if program.problems.is_empty() {
            return template::write(&program, &self.options).to_string();
        }
        let message = |text| Json::Object(vec![("Message", Json::Text(text))]);
        let messages = texts(&bundle, &program.problems).into_iter().map(message).collect();
        Json::Object(vec![("errors", Json::Array(messages))]).to_string()
    }
}

impl Options {
    fn read(head: &str) -> Self {
        // The cases are older than what is allowed by now.
        let limits = Limits { anchors: false, background_steps: false, ..Limits::default() };
        let mut options = Self { limits, ..Self::default() };
        let mut skipped = Vec::new();
        for line in head.lines().map(|line| line.split(" #").next().unwrap().trim()) {
            if let Some(language) = line.strip_prefix("- ") {
                skipped.push(language);
            } else if let Some((key, value)) = line.split_once(':').filter(|_| !line.starts_with('#')) {
                options.set(key, value.trim());
            }
        }
        options.only_typescript = skipped.contains(&"Go") && skipped.contains(&"C#");
        options
    }

    fn set(&mut self, key: &str, value: &str) {
        let number = || value.parse().expect("a number");
        match key {
            "include-source" => self.include_source = value == "true",
            "is-partial-rerun" => self.is_partial_rerun = value == "true",
            "skip-reusable-workflows" => self.rules.follow = value != "true",
            "max-depth" => self.limits.depth = number(),
            "max-file-size" => self.limits.file_size = number(),
            "max-result-size" => self.rules.bytes = number(),
            "max-job-limit" => self.rules.jobs = Some(number()),
            "max-nested-reusable-workflows-depth" => self.rules.depth = number(),
            "permissions-policy" => {
                self.rules.policy = match value {
                    "LimitedRead" => Policy::LimitedRead,
                    "Write" => Policy::Write,
                    other => panic!("unknown policy {other}"),
                }
            }
            "allowBackgroundSteps" => self.limits.background_steps = value == "true",
            "skip" | "experimental-features" => assert_eq!(value, ""),
            other => panic!("unknown option {other}"),
        }
    }
}
