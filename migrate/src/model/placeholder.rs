//! What GitHub puts in when it makes a workflow of a template.

use super::value::Name;
use crate::read::Document;

/// What stands for something in the workflow templates of GitHub and of organisations (GitHub's documentation: "Creating
/// workflow templates for your organization"; actions/starter-workflows has the last two).
const PLACEHOLDERS: [&str; 4] =
    ["$default-branch", "$protected-branches", "$codeql-languages-matrix", "$supported-codeql-languages"];

/// `$cron-daily` and the like.
const CRON: &str = "$cron-";

/// The texts of a document that GitHub puts something else in for. A file that has one is a template: no workflow by itself.
pub fn placeholders(document: &Document) -> impl Iterator<Item = Name<'_>> {
    let name = |token| Some(Name { token, value: document.text(token)? });
    let texts = document.tokens().filter_map(move |(token, _)| name(token));
    texts.filter(|text| is_placeholder(text.value))
}

fn is_placeholder(text: &str) -> bool {
    let cron = |kind: &str| !kind.is_empty() && kind.bytes().all(|byte| byte.is_ascii_lowercase());
    text.starts_with('$') && (PLACEHOLDERS.contains(&text) || text.strip_prefix(CRON).is_some_and(cron))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::{Limits, read_workflow};

    #[test]
    fn templates_are_told_from_workflows() {
        let source = "on: {push: {branches: [ $default-branch ]}, schedule: [{cron: $cron-weekly}]}\n\
                      jobs: {a: {runs-on: b, steps: [{run: $default-branch-x}, {run: $cron-}, {run: $x}]}}";
        let document = read_workflow(source, &Limits::default());
        let found: Vec<_> = placeholders(&document).map(|text| text.value).collect();
        assert_eq!(found, ["$default-branch", "$cron-weekly"]);
    }
}
