//! The `run` scripts of the corpus: what is found in them, and how many are understood in full.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::json;
use serde_yaml::Value;
use towpath_migrate::script::{Doubt, Script, Shell, UseKind};
use towpath_migrate::span::Span;

/// How many scripts there are. Fewer would be scripts that were not looked at.
const SCRIPTS: usize = 3_500;

/// Of those of POSIX shells, in thousandths: whose grammar is understood, and who hold nothing that only a run knows.
const GRAMMAR: usize = 999;
const UNDERSTOOD: usize = 969;

struct Found {
    shell: Shell,
    text: String,
}

fn shell_of(value: &Value) -> Option<&str> {
    value.get("defaults")?.get("run")?.get("shell")?.as_str()
}

fn steps(steps: Option<&Value>, shell: Option<&str>, windows: bool, found: &mut Vec<Found>) {
    for step in steps.and_then(Value::as_sequence).into_iter().flatten() {
        let Some(text) = step.get("run").and_then(Value::as_str) else { continue };
        let shell = step.get("shell").and_then(Value::as_str).or(shell);
        let default = if windows { Shell::PowerShell } else { Shell::Posix };
        let shell = shell.filter(|name| !name.contains("${{")).map_or(default, Shell::of);
        found.push(Found { shell, text: text.to_owned() });
    }
}

fn scripts(files: &[(String, String)]) -> Vec<Found> {
    let mut found = Vec::new();
    for (_, text) in files.iter().filter(|(path, _)| path.starts_with("workflows/")) {
        let Ok(file) = serde_yaml::from_str::<Value>(text) else { continue };
        for (_, job) in file.get("jobs").and_then(Value::as_mapping).into_iter().flatten() {
            let runs_on = job.get("runs-on").map(|value| format!("{value:?}")).unwrap_or_default();
            let shell = shell_of(job).or_else(|| shell_of(&file));
            let windows = runs_on.contains("windows") || runs_on.contains("matrix");
            steps(job.get("steps"), shell, windows && is_powershell(&runs_on), &mut found);
        }
        steps(file.get("runs").and_then(|runs| runs.get("steps")), None, false, &mut found);
    }
    found
}

/// A leg that only a matrix decides is read as most legs are.
fn is_powershell(runs_on: &str) -> bool {
    runs_on.contains("windows") && !runs_on.contains("matrix")
}

fn expressions(text: &str) -> Vec<Span> {
    let starts = text.match_indices("${{").map(|(at, _)| at);
    starts.filter_map(|at| Some(Span::new(at, at + text.get(at..)?.find("}}")? + 2))).collect()
}

#[derive(Debug, Default)]
pub(crate) struct Tally {
    scripts: usize,
    shells: BTreeMap<String, usize>,
    uses: BTreeMap<&'static str, usize>,
    doubts: BTreeMap<&'static str, usize>,
    holes: BTreeMap<String, usize>,
    tools: BTreeMap<String, usize>,
    grammar: usize,
    understood: usize,
    wrong: Vec<(String, String)>,
}

impl Tally {
    fn take(&mut self, found: &Found) {
        self.scripts += 1;
        let script = Script::read(&found.text, found.shell, &expressions(&found.text));
        *self.shells.entry(format!("{:?}", found.shell)).or_default() += 1;
        for used in &script.uses {
            *self.uses.entry(kind(&used.kind)).or_default() += 1;
            if let UseKind::Tool(tool) = &used.kind {
                *self.tools.entry(tool.name.to_string()).or_default() += 1;
            }
        }
        for hole in script.holes.iter().filter(|_| found.shell != Shell::Other) {
            *self.holes.entry(format!("{:?}", hole.quoting)).or_default() += 1;
        }
        for unclear in &script.unclear {
            *self.doubts.entry(doubt(&unclear.why)).or_default() += 1;
            if let Doubt::Syntax(why) = &unclear.why {
                self.wrong.push((found.text.clone(), why.clone()));
            }
        }
        let is_posix = found.shell == Shell::Posix;
        let is_syntax = script.unclear.iter().any(|it| matches!(it.why, Doubt::Syntax(_) | Doubt::TooLarge));
        self.grammar += usize::from(is_posix && !is_syntax);
        self.understood += usize::from(script.is_understood());
    }
}

pub(crate) fn counts() -> Option<&'static Tally> {
    static COUNTS: LazyLock<Option<Tally>> = LazyLock::new(|| {
        let mut tally = Tally::default();
        scripts(crate::files("scripts")?).iter().for_each(|script| tally.take(script));
        Some(tally)
    });
    COUNTS.as_ref()
}

impl Tally {
    fn posix(&self) -> usize {
        self.shells.get("Posix").copied().unwrap_or_default()
    }

    pub(crate) fn record(&self) -> serde_json::Value {
        json!({
            "scripts": self.scripts,
            "shells": self.shells,
            "posix": { "all": self.posix(), "grammar": self.grammar, "understood": self.understood },
            "uses": self.uses,
            "doubts": self.doubts,
            "tools": self.tools.len(),
        })
    }
}

fn kind(kind: &UseKind<'_>) -> &'static str {
    match kind {
        UseKind::Tool(_) => "tool",
        UseKind::Builtin(_) => "builtin",
        UseKind::Function(_) => "function",
        UseKind::Variable(..) => "variable",
        UseKind::File(..) => "file",
        UseKind::Sets(..) => "name in a file",
        UseKind::Command(..) => "command",
    }
}

fn doubt(doubt: &Doubt) -> &'static str {
    match doubt {
        Doubt::Syntax(_) => "syntax",
        Doubt::DynamicCommand => "dynamic command",
        Doubt::DynamicScript => "dynamic script",
        Doubt::Elsewhere => "dynamic script elsewhere",
        Doubt::Sourced => "sourced",
        Doubt::TooLarge => "too large",
        Doubt::UnknownShell => "unknown shell",
    }
}

#[test]
fn scripts_of_the_corpus_are_understood() {
    let Some(tally) = counts() else { return };
    let posix = tally.posix();
    println!("{} scripts: {:?}", tally.scripts, tally.shells);
    println!("grammar {} and all {} of {posix} of POSIX shells", tally.grammar, tally.understood);
    println!("uses {:?}; {} tools by name", tally.uses, tally.tools.len());
    println!("doubts {:?}; expressions {:?}", tally.doubts, tally.holes);
    let mut tools: Vec<_> = tally.tools.iter().collect();
    tools.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    println!("most used: {:?}", tools.iter().take(40).collect::<Vec<_>>());
    for (text, why) in &tally.wrong {
        println!("{why}: {text:?}");
    }
    assert!(tally.scripts >= SCRIPTS, "{}", tally.scripts);
    assert!(tally.grammar * 1_000 >= posix * GRAMMAR, "{} of {posix}", tally.grammar);
    assert!(tally.understood * 1_000 >= posix * UNDERSTOOD, "{} of {posix}", tally.understood);
    assert_eq!(tally.holes.get("Unknown"), None, "expressions whose place is not known");
}
