//! What a file is, as far as its place and its first look tell.

use std::ffi::OsStr;
use std::path::Path;

use crate::yaml::Tree;

/// Why a file is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It stands in `.github/workflows` of a repository.
    Workflow,
    /// Its name is `action.yml` or `action.yaml`.
    Action,
    /// It stands in `workflow-templates`.
    Template,
    /// It was named, or stands in a folder of workflows: its content decides.
    Named,
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A workflow.
    Workflow,
    /// The metadata of an action.
    Action,
    /// A workflow with placeholders that GitHub fills in when somebody begins with it.
    Template,
    /// None of them.
    Neither,
}

impl What {
    /// Its name, which stays the same.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Workflow => "workflow",
            Self::Action => "action",
            Self::Template => "template",
            Self::Neither => "neither",
        }
    }

    /// What a file is that is looked at for that reason and has this text.
    #[must_use]
    pub fn of(role: Role, text: &str) -> Self {
        match (role, top(text)) {
            (Role::Template, _) => Self::Template,
            (Role::Action, Top { workflow: false, .. }) | (_, Top { action: true, workflow: false }) => {
                Self::Action
            }
            (Role::Named, Top { workflow: false, .. }) => Self::Neither,
            _ if has_placeholder(text) => Self::Template,
            _ => Self::Workflow,
        }
    }
}

/// Whether a text looks like a workflow or an action.
struct Top {
    workflow: bool,
    action: bool,
}

impl Top {
    const NOTHING: Self = Self { workflow: false, action: false };

    fn see(&mut self, key: &str) {
        match key {
            "on" | "jobs" => self.workflow = true,
            "runs" => self.action = true,
            _ => {}
        }
    }
}

/// Looks for keys at the beginning of lines, and at the mapping itself only where they cannot be seen there: a folder may have many
/// files of other programs.
fn top(text: &str) -> Top {
    let mut top = Top::NOTHING;
    let may_be_key = |rest: &&str| matches!(rest.as_bytes(), [b'o' | b'j' | b'r' | b'"' | b'\'', ..]);
    let starts = std::iter::once(0).chain(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1));
    for rest in starts.filter_map(|start| text.get(start..)).filter(may_be_key) {
        if let Some((key, _)) = rest.lines().next().and_then(|line| line.split_once(':')) {
            top.see(key.trim_end().trim_matches(['"', '\'']));
        }
    }
    if top.workflow || top.action || !may_hide_keys(text) { top } else { read_top(text) }
}

/// Whether the outer keys may stand elsewhere than at the beginning of lines: in braces, as in JSON, behind `---`, `?`, a tag or an
/// anchor, or all of them indented.
fn may_hide_keys(text: &str) -> bool {
    let is_content = |line: &&str| !matches!(line.trim_start().as_bytes(), [] | [b'#' | b'%', ..] | b"---");
    let first = text.lines().find(is_content).unwrap_or_default();
    first.starts_with([' ', '\t', '{', '!', '&'])
        || first.starts_with("--- ")
        || text.lines().any(|line| line.starts_with('?'))
}

/// Looks at the keys of the first document's mapping.
fn read_top(text: &str) -> Top {
    let (mut top, tree) = (Top::NOTHING, Tree::read(text));
    for (key, _) in tree.root().into_iter().flat_map(|root| tree.pairs(root)) {
        top.see(tree.text(key).unwrap_or_default());
    }
    top
}

/// What GitHub fills in when a workflow begins as a template, behind a dollar sign.
const PLACEHOLDERS: [&str; 3] = ["default-branch", "protected-branches", "cron-"];

/// Whether one may stand anywhere: few texts have any.
fn may_have_placeholder(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut behind = memchr::memchr_iter(b'$', bytes).filter_map(|at| bytes.get(at + 1..));
    behind.any(|behind| PLACEHOLDERS.iter().any(|word| behind.starts_with(word.as_bytes())))
}

/// Whether one stands in what starts a workflow. Comments and scripts may speak of them.
fn has_placeholder(text: &str) -> bool {
    if !may_have_placeholder(text) {
        return false;
    }
    let is_outer = |line: &str| !line.starts_with([' ', '\t', '#', '-']) && !line.trim().is_empty();
    let is_on = |line: &str| {
        line.split_once(':').is_some_and(|(key, _)| key.trim_end().trim_matches(['"', '\'']) == "on")
    };
    let mut within = false;
    text.lines().any(|line| {
        within = if is_outer(line) { is_on(line) } else { within };
        within && named(line)
    })
}

/// Whether a line has a placeholder before its comment.
fn named(line: &str) -> bool {
    let text = line.split(" #").next().filter(|text| !text.trim_start().starts_with('#'));
    let mut behind = text.unwrap_or_default().split('$').skip(1);
    behind.any(|after| PLACEHOLDERS.iter().any(|word| after.starts_with(word)))
}

/// Whether GitHub takes a file of this name for YAML.
pub(super) fn is_yaml(name: &OsStr) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "yml" || extension == "yaml")
}

/// Whether a file of this name describes an action.
pub(super) fn is_action(name: &OsStr) -> bool {
    name == "action.yml" || name == "action.yaml"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn place_and_content_say_what_a_file_is() {
        use Role as R;
        use What as W;
        let workflow = "name: x\n\"on\": push\njobs:\n  a:\n    runs-on: x\n";
        let action = "name: x\nruns:\n  using: node24\n";
        let template = "on:\n  push:\n    branches: [$default-branch]\njobs: {}\n";
        let other = "version: 2\nupdates:\n  on: x\n";
        for (role, text, what) in [
            (R::Workflow, workflow, W::Workflow),
            (R::Workflow, other, W::Workflow),
            (R::Workflow, action, W::Action),
            (R::Workflow, template, W::Template),
            (R::Action, action, W::Action),
            (R::Action, other, W::Action),
            (R::Action, workflow, W::Workflow),
            (R::Template, workflow, W::Template),
            (R::Named, workflow, W::Workflow),
            (R::Named, "jobs:\n  x", W::Workflow),
            (R::Named, action, W::Action),
            (R::Named, template, W::Template),
            (R::Named, "on:\n  schedule:\n    - cron: $cron-weekly\n", W::Template),
            (R::Named, other, W::Neither),
            (R::Named, "services:\n  a: $default\n", W::Neither),
            (R::Named, "{on: push, jobs: {}}\n", W::Workflow),
            (R::Named, "{\n  \"on\": \"push\",\n  \"jobs\": {}\n}\n", W::Workflow),
            (R::Named, "%YAML 1.2\n---\n  on: push\n  jobs: {}\n", W::Workflow),
            (R::Named, "# x\n--- {on: push, jobs: {}}\n", W::Workflow),
            (R::Named, "name: x\n? on\n: push\n? jobs\n: {}\n", W::Workflow),
            (R::Named, "!!map\n&a on: push\n", W::Workflow),
            (R::Named, "{runs: {using: node24}}\n", W::Action),
            (R::Named, "{version: 2, x: {on: push}}\n", W::Neither),
            (R::Named, "- on: push\n", W::Neither),
            (R::Named, "  {broken", W::Neither),
            (R::Workflow, "on: {push: {branches: [$protected-branches]}}\njobs: {}\n", W::Template),
            (R::Workflow, "on:\n- push\n# was $default-branch\njobs: {} # $default-branch\n", W::Workflow),
            (R::Workflow, "on:\n  push: # $cron-daily\njobs:\n  a: $default-branch\n", W::Workflow),
            (R::Workflow, "jobs: {}\n\"on\":\n  schedule:\n\n  # two\n  - cron: $cron-daily\n", W::Template),
        ] {
            assert_eq!(What::of(role, text), what, "{role:?} {text}");
        }
    }
}
