//! The values of real workflows: each is read, and each that is refused or odd is one that is known and explained.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::json;
use serde_yaml::{Mapping, Value};
use towpath_migrate::values::glob::Subject;
use towpath_migrate::values::label::Label;
use towpath_migrate::values::uses::{JobUses, Pin, StepUses};
use towpath_migrate::values::{Finding, cron, glob, id, image, label, permission, shell, uses};

/// Real workflows, those of act, and actionlint's: valid ones, and examples of wrong ones.
const FOLDERS: [&str; 4] = ["workflows/", "act/", "actionlint/ok/", "actionlint/examples/"];

/// The day for which labels are looked at.
const TODAY: jiff::civil::Date = jiff::civil::date(2026, 11, 21);

/// What was seen: how many values of each kind, and what was said of which.
#[derive(Default)]
pub(crate) struct Seen {
    files: usize,
    unread: Vec<&'static str>,
    counts: BTreeMap<&'static str, usize>,
    said: BTreeMap<(&'static str, String, String), usize>,
}

impl Seen {
    fn count(&mut self, kind: &'static str) {
        *self.counts.entry(kind).or_default() += 1;
    }

    fn say(&mut self, kind: &'static str, value: &str, finding: &Finding) {
        assert!(value.get(finding.span.start..finding.span.end).is_some(), "{value}: {finding:?}");
        let key = (kind, value.to_owned(), finding.span.of(value).to_owned());
        *self.said.entry(key).or_default() += 1;
    }

    fn file(&mut self, root: &Mapping) {
        if let Some(Value::Mapping(events)) = root.get("on") {
            self.events(events);
        }
        self.job_or_workflow(root);
        if let Some(Value::Mapping(jobs)) = root.get("jobs") {
            for (name, job) in jobs {
                let Value::Mapping(job) = job else { continue };
                self.id("job id", &text(name));
                self.job(job);
            }
        }
        if let Some(Value::Mapping(runs)) = root.get("runs") {
            self.steps(runs);
        }
    }

    fn events(&mut self, events: &Mapping) {
        for (_, event) in events {
            let Value::Mapping(event) = event else { continue };
            for (key, subject) in [
                ("branches", Subject::Reference),
                ("branches-ignore", Subject::Reference),
                ("tags", Subject::Reference),
                ("tags-ignore", Subject::Reference),
                ("paths", Subject::Path),
                ("paths-ignore", Subject::Path),
            ] {
                for value in texts(event.get(key)) {
                    self.glob(&value, subject);
                }
            }
        }
        for schedule in items(events.get("schedule")) {
            let Value::Mapping(schedule) = schedule else { continue };
            for value in texts(schedule.get("cron")) {
                self.count("cron");
                match cron::parse(&value) {
                    Ok(schedule) => schedule
                        .too_often(&value)
                        .iter()
                        .for_each(|finding| self.say("cron", &value, finding)),
                    Err(finding) => self.say("cron", &value, &finding),
                }
            }
            for value in texts(schedule.get("timezone")) {
                self.count("timezone");
                cron::timezone(&value).err().iter().for_each(|finding| self.say("timezone", &value, finding));
            }
        }
    }

    fn glob(&mut self, value: &str, subject: Subject) {
        self.count("glob");
        match glob::parse(value) {
            Ok(pattern) => {
                pattern.remarks(subject).iter().for_each(|finding| self.say("glob", value, finding));
                if !pattern.is_literal() {
                    self.count("glob with wildcards");
                }
            }
            Err(finding) => self.say("glob", value, &finding),
        }
    }

    fn job_or_workflow(&mut self, job: &Mapping) {
        match job.get("permissions") {
            Some(Value::Mapping(scopes)) => {
                for (scope, level) in scopes {
                    self.count("permission");
                    let (name, level) = (text(scope), text(level));
                    match permission::scope(&name) {
                        Ok(scope) => permission::level(scope, &level)
                            .err()
                            .iter()
                            .for_each(|finding| self.say("level", &level, finding)),
                        Err(finding) => self.say("scope", &name, &finding),
                    }
                }
            }
            Some(Value::String(value)) => {
                self.count("permission");
                permission::shorthand(value)
                    .err()
                    .iter()
                    .for_each(|finding| self.say("permission", value, finding));
            }
            _ => {}
        }
        if let Some(Value::Mapping(defaults)) = job.get("defaults")
            && let Some(Value::Mapping(run)) = defaults.get("run")
        {
            self.shell(run);
        }
    }

    fn job(&mut self, job: &Mapping) {
        self.job_or_workflow(job);
        for value in texts(job.get("uses")) {
            match uses::job(&value) {
                Ok(JobUses::Repository(called)) => self.count(pin(called.pin(), "job uses")),
                Ok(JobUses::Local(_)) => self.count("job uses ./"),
                Ok(JobUses::SelfRepository(_)) => self.count("job uses $/"),
                Err(finding) => self.say("job uses", &value, &finding),
            }
        }
        let runs_on = job.get("runs-on");
        let labels = match runs_on {
            Some(Value::Mapping(runs_on)) => {
                texts(runs_on.get("group")).iter().for_each(|group| {
                    label::group(group).err().iter().for_each(|finding| self.say("group", group, finding));
                });
                texts(runs_on.get("labels"))
            }
            other => texts(other),
        };
        self.labels(&labels);
        let services = job.get("services").and_then(Value::as_mapping);
        let services = services.into_iter().flat_map(|services| services.iter().map(|(_, service)| service));
        for container in job.get("container").into_iter().chain(services) {
            let image = container.as_mapping().map_or(Some(container), |container| container.get("image"));
            for value in texts(image) {
                self.image(&value);
            }
        }
        self.steps(job);
    }

    fn labels(&mut self, labels: &[String]) {
        for value in labels {
            self.count(match label::classify(value) {
                Label::Hosted(_) => "label hosted",
                Label::SelfHosted => "label self-hosted",
                Label::Vendor(_) => "label vendor",
                Label::Other => "label other",
            });
            label::remark(value, TODAY).iter().for_each(|finding| self.say("label", value, finding));
        }
        let labels: Vec<_> = labels.iter().map(String::as_str).collect();
        if label::conflict(&labels).is_some() {
            *self.said.entry(("labels", labels.join(" "), String::new())).or_default() += 1;
        }
    }

    fn image(&mut self, value: &str) {
        self.count("image");
        match image::container(value) {
            Ok(image) => self.count(match image.pinned() {
                image::Pinned::Digest => "image by digest",
                image::Pinned::Tag => "image by tag",
                image::Pinned::Latest => "image latest",
            }),
            Err(finding) => self.say("image", value, &finding),
        }
    }

    fn shell(&mut self, step: &Mapping) {
        for value in texts(step.get("shell")) {
            self.count("shell");
            match shell::parse(&value) {
                Ok(shell) if shell.template.is_some() => self.count("shell as template"),
                Ok(_) => {}
                Err(finding) => self.say("shell", &value, &finding),
            }
        }
    }

    fn steps(&mut self, job: &Mapping) {
        let mut ids = id::Ids::default();
        for step in items(job.get("steps")) {
            let Value::Mapping(step) = step else { continue };
            self.shell(step);
            for value in texts(step.get("id")) {
                self.count("step id");
                ids.add(&value).err().iter().for_each(|finding| self.say("step id", &value, finding));
            }
            for value in texts(step.get("uses")) {
                self.step_uses(&value);
            }
            if let Some(Value::Mapping(variables)) = step.get("env") {
                for (name, _) in variables {
                    self.count("variable");
                    let name = text(name);
                    id::variable_remark(&name)
                        .iter()
                        .for_each(|finding| self.say("variable", &name, finding));
                }
            }
        }
    }

    fn step_uses(&mut self, value: &str) {
        match uses::step(value) {
            Ok(found) => {
                uses::remarks(value, &found).iter().for_each(|finding| self.say("step uses", value, finding));
                match found {
                    StepUses::Repository(action) => self.count(pin(action.pin(), "step uses")),
                    StepUses::Workspace(_) => self.count("step uses ./"),
                    StepUses::SelfRepository(_) => self.count("step uses $/"),
                    StepUses::Docker(image) => {
                        self.count("step uses docker://");
                        image::parse(image)
                            .err()
                            .iter()
                            .for_each(|finding| self.say("image", value, finding));
                    }
                }
            }
            Err(finding) => self.say("step uses", value, &finding),
        }
    }

    fn id(&mut self, kind: &'static str, value: &str) {
        self.count(kind);
        id::check(value).err().iter().for_each(|finding| self.say(kind, value, finding));
    }
}

fn pin(pin: Pin, of: &'static str) -> &'static str {
    match (of, pin) {
        ("job uses", Pin::Commit) => "job uses at a commit",
        ("job uses", _) => "job uses at a name",
        (_, Pin::Commit) => "step uses at a commit",
        (_, Pin::ShortCommit) => "step uses at a short commit",
        (_, Pin::Version { .. }) => "step uses at a version",
        (_, Pin::Name) => "step uses at a name",
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => serde_yaml::to_string(other).unwrap_or_default().trim_end().to_owned(),
    }
}

fn items(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_sequence).map_or(&[], Vec::as_slice)
}

/// One text or several, without those that hold expressions.
fn texts(value: Option<&Value>) -> Vec<String> {
    let several = match value {
        Some(Value::Sequence(several)) => several.iter().map(text).collect(),
        Some(Value::Null | Value::Mapping(_)) | None => Vec::new(),
        Some(one) => vec![text(one)],
    };
    several.into_iter().filter(|text: &String| !text.contains("${{")).collect()
}

/// What is refused or odd: kind, value, the part that is, how often.
type Said<'a> = (&'a str, &'a str, &'a str, usize);

/// What is refused or odd in the corpus, and why.
const KNOWN: &[(&str, &[Said<'static>])] = &[
    (
        "templates hold what GitHub fills in when one is chosen",
        &[("cron", "$cron-daily", "$cron", 2), ("cron", "$cron-weekly", "$cron", 58)],
    ),
    (
        "GitHub took the image away, or has said when it will",
        &[
            ("label", "macos-14", "macos-14", 4),
            ("label", "ubuntu-18.04", "ubuntu-18.04", 1),
            ("label", "ubuntu-22.04", "ubuntu-22.04", 21),
            ("label", "ubuntu-22.04-arm", "ubuntu-22.04-arm", 2),
        ],
    ),
    (
        "the runner sets them last, whatever env says",
        &[
            ("variable", "GITHUB_API_URL", "GITHUB_API_URL", 4),
            ("variable", "GITHUB_HEAD_REF", "GITHUB_HEAD_REF", 2),
            ("variable", "GITHUB_REF_NAME", "GITHUB_REF_NAME", 2),
            ("variable", "GITHUB_REPOSITORY", "GITHUB_REPOSITORY", 2),
            ("variable", "GITHUB_SERVER_URL", "GITHUB_SERVER_URL", 6),
            ("variable", "GITHUB_STEP_SUMMARY", "GITHUB_STEP_SUMMARY", 2),
            ("variable", "GITHUB_WORKSPACE", "GITHUB_WORKSPACE", 2),
            ("variable", "RUNNER_OS", "RUNNER_OS", 2),
            ("variable", "RUNNER_TEMP", "RUNNER_TEMP", 2),
        ],
    ),
    (
        "actionlint takes any path here, GitHub's editor only .github/workflows",
        &[
            ("job uses", "org/repo/workflow.yml@v1", "org/repo/workflow.yml", 5),
            ("job uses", "owner/repo/path/to/workflow.yml@v1", "owner/repo/path/to/workflow.yml", 1),
            ("job uses", "owner/repo/x.yml@ref", "owner/repo/x.yml", 1),
        ],
    ),
    (
        "examples of actionlint, wrong on purpose",
        &[
            ("cron", "* */3 * * *", "* */3 * * *", 1),
            ("cron", "0 */3 * *", "0 */3 * *", 1),
            ("glob", "./foo/bar.txt", ".", 1),
            ("glob", "^foo-", "^", 1),
            ("glob", "v*+", "+", 1),
            ("glob", "v[9-1]", "9-1", 1),
            ("image", "docker://image:", "", 1),
            ("job id", "-hello-world-", "-", 1),
            ("job id", "2d-game", "2", 1),
            ("job id", "foo-v1.2.3", ".", 1),
            ("job uses", "./.github/workflows/ci.yml@main", "@main", 1),
            ("labels", "ubuntu-latest windows-latest", "", 1),
            ("level", "readable", "readable", 1),
            ("level", "write", "write", 1),
            ("permission", "write", "write", 1),
            ("scope", "check", "check", 1),
            ("shell", "dash", "dash", 1),
            ("shell", "fish", "fish", 1),
            ("step id", "STEP_ID", "STEP_ID", 1),
            ("step id", "echo for test", " ", 1),
            ("step uses", ".github/my-actions/do-something", ".github/my-actions/do-something", 1),
            ("step uses", "actions/checkout", "actions/checkout", 1),
            ("step uses", "checkout@v2", "checkout", 1),
            ("step uses", "docker://image:", "", 1),
            ("timezone", "Asia/Somewhere", "Asia/Somewhere", 1),
        ],
    ),
];

/// Those of actionlint's examples that are no YAML, on purpose.
const NOT_READ: [&str; 3] = [
    "actionlint/examples/broken_yaml.yaml",
    "actionlint/examples/dangling_alias.yaml",
    "actionlint/examples/yaml_anchor_usage.yaml",
];

fn look(files: &'static [(String, String)]) -> Seen {
    let chosen = |path: &str| FOLDERS.iter().any(|folder| path.starts_with(folder));
    let mut seen = Seen::default();
    for (path, source) in files.iter().filter(|(path, _)| chosen(path)) {
        seen.files += 1;
        match serde_yaml::from_str::<Value>(source) {
            Ok(Value::Mapping(root)) => seen.file(&root),
            _ => seen.unread.push(path),
        }
    }
    seen
}

pub(crate) fn counts() -> Option<&'static Seen> {
    static COUNTS: LazyLock<Option<Seen>> = LazyLock::new(|| crate::files("values").map(look));
    COUNTS.as_ref()
}

fn occurrences(said: &[Said<'_>]) -> usize {
    said.iter().map(|(.., count)| count).sum()
}

impl Seen {
    pub(crate) fn record(&self) -> serde_json::Value {
        let known = |(why, said): &(&str, &[Said<'_>])| json!({ "why": why, "values": said.len(), "occurrences": occurrences(said) });
        json!({
            "files": self.files,
            "notYaml": self.unread,
            "values": self.counts,
            "refusedOrOdd": KNOWN.iter().map(known).collect::<Vec<_>>(),
        })
    }
}

#[test]
fn real_values_are_read() {
    let Some(seen) = counts() else { return };
    let unread = &seen.unread;
    println!("{} files, {} not read: {unread:?}", seen.files, unread.len());
    for (kind, count) in &seen.counts {
        println!("{count:6} {kind}");
    }
    let said = seen.said.iter();
    let said = said.map(|((kind, value, part), count)| (*kind, value.as_str(), part.as_str(), *count));
    let said: Vec<Said<'_>> = said.collect();
    let mut known: Vec<Said<'_>> = KNOWN.iter().flat_map(|(_, said)| said.iter().copied()).collect();
    known.sort_unstable();
    for said in said.iter().filter(|said| !known.contains(said)) {
        println!("not known: {said:?}");
    }
    for (why, said) in KNOWN {
        println!("{:6} {why}", occurrences(said));
    }
    assert_eq!(said, known);
    assert_eq!(*unread, NOT_READ);
}
