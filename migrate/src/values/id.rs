//! Identifiers of jobs and steps, and names of variables, inputs and secrets.
//!
//! Ids are checked as in the runner (`IdBuilder.cs`). Where the cases that GitHub publishes have other words,
//! they win: they say `and and`.

use std::collections::HashSet;

use super::finding::{Finding, whole};
use crate::expression::same;
use crate::span::Span;

/// An id has to be shorter than this (`WorkflowConstants.MaxNodeNameLength`).
pub const MAX_LENGTH: usize = 100;

const FORM: &str = "begin with a letter or '_', go on with letters, digits, '_' and '-'";

/// Checks an id by itself.
///
/// # Errors
///
/// With GitHub's text.
pub fn check(id: &str) -> Result<(), Finding> {
    let wrong = id.char_indices().find(|&(at, char)| {
        let always = char.is_ascii_alphabetic() || char == '_';
        !(always || at > 0 && (char.is_ascii_digit() || char == '-'))
    });
    let too_long = id.encode_utf16().count() >= MAX_LENGTH;
    if id.is_empty() || wrong.is_some() || too_long {
        let span = wrong.map_or(whole(id), |(at, char)| Span::new(at, at + char.len_utf8()));
        let hint = match id {
            "<<" => crate::read::MERGE,
            _ if wrong.is_none() && too_long => "shorten it to 99 characters or fewer",
            _ => FORM,
        };
        let message = format!(
            "The identifier '{id}' is invalid. IDs may only contain alphanumeric characters, '_', and '-'. IDs must start with a \
             letter or '_' and and must be less than {MAX_LENGTH} characters."
        );
        return Err(Finding::github(span, message, hint));
    }
    if id.starts_with("__") {
        let message = format!("The identifier '{id}' is invalid. IDs starting with '__' are reserved.");
        return Err(Finding::github(Span::new(0, 2), message, "begin with one '_' at most"));
    }
    Ok(())
}

/// The ids of one scope: the steps of a job or of a composite action. Case does not tell them apart.
#[derive(Debug, Clone, Default)]
pub struct Ids(HashSet<String>);

impl Ids {
    /// Checks an id and puts it with the others.
    ///
    /// # Errors
    ///
    /// With GitHub's text, if it is wrong by itself or there already.
    pub fn add(&mut self, id: &str) -> Result<(), Finding> {
        check(id)?;
        if self.0.insert(id.to_ascii_lowercase()) {
            return Ok(());
        }
        let message = format!("The identifier '{id}' may not be used more than once within the same scope.");
        Err(Finding::github(whole(id), message, "give this one another id; case makes no difference"))
    }

    /// Whether a step of this id is there.
    #[must_use]
    pub fn contains(&self, id: &str) -> bool {
        self.0.contains(&id.to_ascii_lowercase())
    }

    /// The id that GitHub gives a step that has none, once all the others are known: `__` and what it runs.
    ///
    /// That is the image behind `docker://`, `self` for `./`, `owner/repo` of an action, `run`, `wait`,
    /// `wait-all` or `cancel`.
    pub fn generate(&mut self, what: &str) -> String {
        let legal = |unit: u16| match char::from_u32(unit.into()) {
            Some(char) if char.is_ascii_alphanumeric() || char == '-' => char,
            _ => '_',
        };
        let stem: String = "__".chars().chain(what.encode_utf16().map(legal)).take(MAX_LENGTH).collect();
        let mut id = stem.clone();
        // GitHub gives up at 1,000.
        for attempt in 2..1000 {
            if self.0.insert(id.to_ascii_lowercase()) {
                break;
            }
            let suffix = format!("_{attempt}");
            id = stem.chars().take(MAX_LENGTH - suffix.len()).collect();
            id.push_str(&suffix);
        }
        id
    }
}

/// What the runner sets over anything in `env`: `GITHUB_` and these (`GitHubContext.cs`), `RUNNER_` and those below.
const GITHUB_VARIABLES: [&str; 37] = [
    "ACTION",
    "ACTION_PATH",
    "ACTION_REF",
    "ACTION_REPOSITORY",
    "ACTOR",
    "ACTOR_ID",
    "API_URL",
    "BASE_REF",
    "ENV",
    "EVENT_NAME",
    "EVENT_PATH",
    "GRAPHQL_URL",
    "HEAD_REF",
    "JOB",
    "OUTPUT",
    "PATH",
    "REF",
    "REF_NAME",
    "REF_PROTECTED",
    "REF_TYPE",
    "REPOSITORY",
    "REPOSITORY_ID",
    "REPOSITORY_OWNER",
    "REPOSITORY_OWNER_ID",
    "RETENTION_DAYS",
    "RUN_ATTEMPT",
    "RUN_ID",
    "RUN_NUMBER",
    "SERVER_URL",
    "SHA",
    "STATE",
    "STEP_SUMMARY",
    "TRIGGERING_ACTOR",
    "WORKFLOW",
    "WORKFLOW_REF",
    "WORKFLOW_SHA",
    "WORKSPACE",
];

/// What the context `runner` holds, which becomes `RUNNER_` variables (`RunnerContext.cs`).
const RUNNER_VARIABLES: [&str; 8] =
    ["ARCH", "DEBUG", "ENVIRONMENT", "NAME", "OS", "TEMP", "TOOL_CACHE", "WORKSPACE"];

/// Whether the runner sets this variable for each step, over anything in `env`.
pub(crate) fn is_set_by_runner(name: &str) -> bool {
    let set = |prefix, names: &[&str]| name.strip_prefix(prefix).is_some_and(|rest| names.contains(&rest));
    set("GITHUB_", &GITHUB_VARIABLES) || set("RUNNER_", &RUNNER_VARIABLES)
}

/// What makes the name of a variable in `env` useless. GitHub takes any text but an empty one.
#[must_use]
pub fn variable_remark(name: &str) -> Option<Finding> {
    if let Some(at) = name.find(['=', '\0']) {
        let message = format!("'{name}' cannot be the name of a variable");
        let hint = "what stands behind the = becomes part of its value";
        return Some(Finding::ours(Span::new(at, at + 1), message, hint).warning());
    }
    is_set_by_runner(name).then(|| {
        let message = format!("the runner sets '{name}' itself");
        Finding::ours(whole(name), message, "call it otherwise: this value is never seen").warning()
    })
}

/// What makes a name impossible for a secret or a configuration variable, by GitHub's documentation of both.
#[must_use]
pub fn secret_remark(name: &str) -> Option<Finding> {
    let wrong = name
        .char_indices()
        .find(|&(at, char)| !(char.is_ascii_alphabetic() || char == '_' || at > 0 && char.is_ascii_digit()));
    if let Some((at, char)) = wrong {
        let message = format!("no secret can be called '{name}'");
        let hint = "letters, digits and '_' may stand in it, and no digit at its start";
        return Some(Finding::ours(Span::new(at, at + char.len_utf8()), message, hint).warning());
    }
    let reserved = name.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("GITHUB_"));
    // The one that every run has.
    (reserved && !name.eq_ignore_ascii_case("GITHUB_TOKEN")).then(|| {
        let message = "names that begin with 'GITHUB_' are reserved";
        Finding::ours(Span::new(0, 7), message, "no secret can be called so").warning()
    })
}

/// What makes the name of an input or an output differ from what GitHub's documentation asks for. It is
/// accepted nonetheless.
#[must_use]
pub fn input_remark(name: &str) -> Option<Finding> {
    let wrong = name.char_indices().find(|&(at, char)| {
        let always = char.is_ascii_alphabetic() || char == '_';
        !(always || at > 0 && (char.is_ascii_digit() || char == '-'))
    });
    wrong.map(|(at, char)| {
        let message = format!("'{name}' is no identifier");
        Finding::ours(Span::new(at, at + char.len_utf8()), message, FORM).warning()
    })
}

/// What GitHub's server says of the name of a secret that a caller is to give, if it is its own. Case does not count.
#[must_use]
pub fn call_secret_remark(name: &str) -> Option<Finding> {
    let message = || {
        format!(
            "secret name `{name}` within `workflow_call` can not be used since it would collide with system reserved name"
        )
    };
    let hint = "take it away: a called workflow has secrets.GITHUB_TOKEN by itself; another token needs another name";
    same(name, "GITHUB_TOKEN").then(|| Finding::server(name.len(), message(), hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid() {
        let longest = "a".repeat(99);
        for id in ["a", "_", "_a", "a__", "my-job", "MY_JOB2", "a-", &longest] {
            assert_eq!(check(id), Ok(()), "{id}");
        }
    }

    /// Those of the published `errors-job-id-*.yml` and `errors-step-id.yml`, and around them.
    #[test]
    fn refused_with_the_published_text() {
        let long = "a".repeat(100);
        for (id, at) in [
            ("my.job", "."),
            ("my%job", "%"),
            ("my^job", "^"),
            (".myjob", "."),
            ("0myjob", "0"),
            (" myjob", " "),
            (" ", " "),
            ("-myjob", "-"),
            ("_invalid$stuff", "$"),
            ("-invalid-step!", "-"),
            ("jöb", "ö"),
            ("", ""),
            (&long, &long),
        ] {
            let finding = check(id).unwrap_err();
            let text = format!(
                "The identifier '{id}' is invalid. IDs may only contain alphanumeric characters, '_', and '-'. IDs must start with a letter or '_' and and must be less than 100 characters."
            );
            assert_eq!((finding.message, finding.span.of(id)), (text, at));
        }
        for id in ["__", "__a"] {
            let text = format!("The identifier '{id}' is invalid. IDs starting with '__' are reserved.");
            assert_eq!(check(id).unwrap_err().message, text);
        }
    }

    #[test]
    fn once_in_a_scope() {
        let mut ids = Ids::default();
        assert_eq!(ids.add("step1"), Ok(()));
        let text = "The identifier 'STEP1' may not be used more than once within the same scope.";
        assert_eq!(ids.add("STEP1").unwrap_err().message, text);
        assert!(ids.contains("Step1") && !ids.contains("step2"));
    }

    /// Of the published `id-to-long.yml` and `step-id-generates-*.yml`.
    #[test]
    fn generated() {
        let mut ids = Ids::default();
        assert_eq!(ids.generate("actions/checkout"), "__actions_checkout");
        assert_eq!(ids.generate("run"), "__run");
        assert_eq!(ids.generate("run"), "__run_2");
        assert_eq!(ids.generate("run"), "__run_3");
        assert_eq!(ids.generate("self"), "__self");
        let image = "chinthakagodawita/autoupdate-action@sha256:a3e234f9fce69dd9b3a205acfd55bf9d5c94f0f7cf119f0267a5ab54220e8f56";
        let id = "__chinthakagodawita_autoupdate-action_sha256_a3e234f9fce69dd9b3a205acfd55bf9d5c94f0f7cf119f0267a5ab5";
        assert_eq!(ids.generate(image), id);
        assert_eq!(ids.generate(image).len(), 100);
    }

    #[test]
    fn names() {
        let at =
            |finding: Option<Finding>, name: &str| finding.map(|finding| finding.span.of(name).to_owned());
        for (name, expected) in [
            ("FOO", None),
            ("a.b", None),
            ("a=b", Some("=")),
            ("GITHUB_SHA", Some("GITHUB_SHA")),
            ("RUNNER_OS", Some("RUNNER_OS")),
            ("GITHUB_TOKEN", None),
        ] {
            assert_eq!(at(variable_remark(name), name).as_deref(), expected, "{name}");
        }
        for (name, expected) in [
            ("NPM_TOKEN", None),
            ("github_token", None),
            ("1A", Some("1")),
            ("a-b", Some("-")),
            ("GITHUB_PAT", Some("GITHUB_")),
        ] {
            assert_eq!(at(secret_remark(name), name).as_deref(), expected, "{name}");
        }
        for (name, expected) in [("dry-run", None), ("a.b", Some(".")), ("2x", Some("2"))] {
            assert_eq!(at(input_remark(name), name).as_deref(), expected, "{name}");
        }
    }
}
