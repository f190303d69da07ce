//! `runs-on` (runner: `ConvertToRunsOn`).

use super::convert::Converter;
use super::value::{At, Text, Texts, Value};
use crate::read::{TokenId, TokenKind};

/// `runs-on` of a job.
#[derive(Debug, Clone, PartialEq)]
pub struct RunsOn<'d> {
    /// All of it.
    pub token: TokenId,
    /// `group`
    pub group: Option<Text<'d>>,
    /// `labels`, or all of it where it is a text, a sequence or an expression.
    pub labels: Option<Texts<'d>>,
}

impl<'d> RunsOn<'d> {
    pub(super) fn read(converter: &mut Converter<'d>, token: TokenId) -> Self {
        let mut runs_on = Self { token, group: None, labels: None };
        if converter.kind(token) == TokenKind::Mapping {
            converter.refuse_keys(token, "job runs-on property name");
            for (key, value) in converter.properties(token) {
                match key.value {
                    "group" => runs_on.group = group(converter, value),
                    "labels" => runs_on.labels = converter.texts(value),
                    _ => {}
                }
            }
        } else {
            runs_on.labels = converter.texts(token);
        }
        runs_on
    }
}

/// A group, which may have one prefix.
fn group<'d>(converter: &mut Converter<'d>, token: TokenId) -> Option<Text<'d>> {
    let text = converter.text(token)?;
    let At { value: Value::Literal(name), .. } = text else { return Some(text) };
    let mut parts = name.split('/');
    let (prefix, group, more) = (parts.next(), parts.next(), parts.next());
    let is_prefix = matches!(prefix, Some("org" | "organization" | "ent" | "enterprise"));
    let invalid = format!("Invalid runs-on group name '{name}'.");
    match (group, more) {
        (None, _) => return Some(text),
        (Some(""), None) => {
            converter.refuse(token, invalid);
            converter.hint("name a group behind the /");
        }
        (Some(_), None) if is_prefix => return Some(text),
        _ => {
            let prefix =
                "Please use 'organization/' or 'enterprise/' prefix to target a single runner group.";
            converter.refuse(token, format!("{invalid} {prefix}"));
            converter.hint("write the name of the group alone, or organization/ or enterprise/ before it");
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use crate::model::Workflow;
    use crate::read::{Limits, read_workflow};

    #[test]
    fn what_is_wrong_with_a_group_is_told_with_what_to_write() {
        for (group, hint) in [
            ("a/b", Some("write the name of the group alone, or organization/ or enterprise/ before it")),
            ("org/", Some("name a group behind the /")),
            ("org/a", None),
            ("a", None),
        ] {
            let source =
                format!("on: push\njobs: {{a: {{runs-on: {{group: {group}}}, steps: [{{run: x}}]}}}}\n");
            let document = read_workflow(source, &Limits::default());
            let problems = Workflow::of(&document).problems;
            let told: Vec<_> = problems.iter().map(|problem| problem.hint.as_deref()).collect();
            assert_eq!(told, Vec::from_iter(hint.map(Some)), "{group}");
        }
    }
}
