//! Values of contexts that somebody decides who needs no right to the repository.
//!
//! Where one of these stands in a script, GitHub puts foreign text into it before the shell reads it. The lists are those of
//! actionlint (`expr_insecure.go`) and of CodeQL (`actions/ql/lib/ext/config/untrusted_event_properties.yml`, events from
//! `context_event_map.yml`); GitHub's security guide names the pattern, not every path. `github.event.workflow.path` and
//! `inputs` are left out: the first needs a push, the others need their caller to be looked at.

use std::cmp::Ordering;

/// A value that an attacker decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Untrusted {
    /// Names from the context on, or the action and its output; `*` is any item.
    pub path: &'static str,
    /// Who says so.
    pub source: Source,
    /// Whether it is an object of which everything is untrusted.
    is_open: bool,
}

/// Who calls a value untrusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// actionlint and CodeQL.
    Both,
    /// actionlint alone.
    Actionlint,
    /// CodeQL alone.
    CodeQl,
    /// GitHub's documentation of the event: a system outside sends it, with words that it has from anywhere.
    Event,
}

const fn untrusted(path: &'static str, source: Source) -> Untrusted {
    Untrusted { path, source, is_open: false }
}

/// Every one.
pub const UNTRUSTED: [Untrusted; 45] = [
    untrusted("github.head_ref", Source::Both),
    untrusted("github.event.issue.title", Source::Both),
    untrusted("github.event.issue.body", Source::Both),
    untrusted("github.event.pull_request.title", Source::Both),
    untrusted("github.event.pull_request.body", Source::Both),
    untrusted("github.event.pull_request.head.ref", Source::Both),
    untrusted("github.event.pull_request.head.label", Source::Both),
    untrusted("github.event.pull_request.head.repo.default_branch", Source::Both),
    untrusted("github.event.pull_request.head.repo.description", Source::CodeQl),
    untrusted("github.event.pull_request.head.repo.homepage", Source::CodeQl),
    untrusted("github.event.comment.body", Source::Both),
    untrusted("github.event.review.body", Source::Both),
    untrusted("github.event.review_comment.body", Source::Actionlint),
    untrusted("github.event.pages.*.page_name", Source::Both),
    untrusted("github.event.pages.*.title", Source::CodeQl),
    untrusted("github.event.discussion.title", Source::Both),
    untrusted("github.event.discussion.body", Source::Both),
    untrusted("github.event.changes.title.from", Source::CodeQl),
    untrusted("github.event.changes.body.from", Source::CodeQl),
    untrusted("github.event.changes.head.ref.from", Source::CodeQl),
    untrusted("github.event.commits.*.message", Source::Both),
    untrusted("github.event.commits.*.author.email", Source::Both),
    untrusted("github.event.commits.*.author.name", Source::Both),
    untrusted("github.event.commits.*.committer.email", Source::CodeQl),
    untrusted("github.event.commits.*.committer.name", Source::CodeQl),
    untrusted("github.event.head_commit.message", Source::Both),
    untrusted("github.event.head_commit.author.email", Source::Both),
    untrusted("github.event.head_commit.author.name", Source::Both),
    untrusted("github.event.head_commit.committer.email", Source::CodeQl),
    untrusted("github.event.head_commit.committer.name", Source::CodeQl),
    untrusted("github.event.merge_group.head_ref", Source::CodeQl),
    untrusted("github.event.merge_group.committer.email", Source::CodeQl),
    untrusted("github.event.merge_group.committer.name", Source::CodeQl),
    untrusted("github.event.workflow_run.display_title", Source::CodeQl),
    untrusted("github.event.workflow_run.head_branch", Source::CodeQl),
    untrusted("github.event.workflow_run.path", Source::CodeQl),
    untrusted("github.event.workflow_run.head_commit.message", Source::CodeQl),
    untrusted("github.event.workflow_run.head_commit.author.email", Source::CodeQl),
    untrusted("github.event.workflow_run.head_commit.author.name", Source::CodeQl),
    untrusted("github.event.workflow_run.head_commit.committer.email", Source::CodeQl),
    untrusted("github.event.workflow_run.head_commit.committer.name", Source::CodeQl),
    untrusted("github.event.workflow_run.head_repository.description", Source::CodeQl),
    untrusted("github.event.workflow_run.pull_requests.*.head.ref", Source::CodeQl),
    untrusted("github.event.workflow_run.referenced_workflows.path", Source::CodeQl),
    Untrusted { path: "github.event.client_payload", source: Source::Event, is_open: true },
];

/// Outputs of actions that are such values, or hold them: the action, a dot, the output. From CodeQL's models of actions
/// (`actions/ql/lib/ext/manual`, `actionsSourceModel`).
const GIVEN: [Untrusted; 23] = [
    untrusted("ahmadnassri/action-changed-files.files", Source::CodeQl),
    untrusted("ahmadnassri/action-changed-files.json", Source::CodeQl),
    untrusted("alessbell/pull-request-comment-branch.head_ref", Source::CodeQl),
    untrusted("eficode/resolve-pr-refs.head_ref", Source::CodeQl),
    untrusted("gotson/pull-request-comment-branch.head_ref", Source::CodeQl),
    untrusted("karpikpl/list-changed-files-action.changed_files", Source::CodeQl),
    untrusted("khan/pull-request-comment-trigger.comment_body", Source::CodeQl),
    untrusted("knu/changed-files.changed_files", Source::CodeQl),
    untrusted("knu/changed-files.changed_files_json", Source::CodeQl),
    untrusted("knu/changed-files.matched_files", Source::CodeQl),
    untrusted("knu/changed-files.matched_files_json", Source::CodeQl),
    untrusted("lots0logs/gh-action-get-changed-files.added", Source::CodeQl),
    untrusted("lots0logs/gh-action-get-changed-files.all", Source::CodeQl),
    untrusted("lots0logs/gh-action-get-changed-files.modified", Source::CodeQl),
    untrusted("lots0logs/gh-action-get-changed-files.renamed", Source::CodeQl),
    untrusted("peter-murray/issue-body-parser-action.*", Source::CodeQl),
    untrusted("potiuk/get-workflow-origin.sourceHeadBranch", Source::CodeQl),
    untrusted("trilom/file-changes-action.files", Source::CodeQl),
    untrusted("trilom/file-changes-action.files_added", Source::CodeQl),
    untrusted("trilom/file-changes-action.files_modified", Source::CodeQl),
    untrusted("trilom/file-changes-action.files_removed", Source::CodeQl),
    untrusted("tzkhan/pr-update-action.headMatch", Source::CodeQl),
    untrusted("xt0rted/pull-request-comment-branch.head_ref", Source::CodeQl),
];

/// What an action, by its name in small letters, gives as outputs that an attacker decides: the output, `*` for all, and the
/// entry that says so.
pub fn given_by(action: &str) -> impl Iterator<Item = (&'static str, &'static Untrusted)> {
    let outputs = move |entry: &'static Untrusted| {
        let (known, output) = entry.path.rsplit_once('.')?;
        (known == action).then_some((output, entry))
    };
    GIVEN.iter().filter_map(outputs)
}

/// Which events carry what starts so. `workflow_call` has the event of its caller.
const EVENTS: [(&str, &[&str]); 13] = [
    ("github.head_ref", PULL_REQUESTS),
    ("github.event.issue", &["issues", "issue_comment"]),
    ("github.event.pull_request", PULL_REQUESTS),
    (
        "github.event.comment",
        &["commit_comment", "discussion_comment", "issue_comment", "pull_request_review_comment"],
    ),
    ("github.event.review", &["pull_request_review"]),
    ("github.event.review_comment", &["pull_request_review_comment"]),
    ("github.event.pages", &["gollum"]),
    ("github.event.discussion", &["discussion", "discussion_comment"]),
    (
        "github.event.changes",
        &[
            "discussion",
            "discussion_comment",
            "issues",
            "issue_comment",
            "pull_request",
            "pull_request_review",
            "pull_request_review_comment",
            "pull_request_target",
        ],
    ),
    ("github.event.commits", &["push"]),
    ("github.event.head_commit", &["push"]),
    ("github.event.merge_group", &["merge_group"]),
    ("github.event.client_payload", &["repository_dispatch"]),
];

/// Events by which somebody starts a workflow who needs no right to the repository (CodeQL:
/// `externally_triggereable_events.yml`, and `pull_request`).
const FROM_OUTSIDE: &[&str] = &[
    "discussion",
    "discussion_comment",
    "issue_comment",
    "issues",
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "pull_request_target",
    "workflow_run",
];

const PULL_REQUESTS: &[&str] =
    &["pull_request", "pull_request_review", "pull_request_review_comment", "pull_request_target"];

/// How a path of names exposes a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exposure {
    /// It is the value.
    Value(&'static Untrusted),
    /// It holds the value, which comes out by `toJSON` or by `.*`.
    Holds(&'static Untrusted),
}

/// What a path of names exposes, if anything: `["github", "event", "commits", "0", "message"]`. Names count whatever their
/// case; an index stands as its number, `.*` and an index that only a run knows as `*`.
#[must_use]
pub fn exposure(path: &[&str]) -> Option<Exposure> {
    exposures(path).min_by_key(|exposure| !exposure.is_value())
}

/// All that a path of names exposes: of a whole payload, what each event carries in it.
pub fn exposures<'p>(path: &'p [&'p str]) -> impl Iterator<Item = Exposure> + 'p {
    UNTRUSTED.iter().filter(|_| !path.is_empty()).filter_map(|entry| entry.exposed_by(path))
}

/// The events that carry something which a path of names exposes, each once.
#[must_use]
pub fn events_of(path: &[&str]) -> Vec<&'static str> {
    let mut events = Vec::new();
    for event in exposures(path).flat_map(|exposure| exposure.untrusted().events()) {
        if !events.contains(event) {
            events.push(*event);
        }
    }
    events
}

impl Exposure {
    /// Whether it is the value itself.
    #[must_use]
    pub const fn is_value(self) -> bool {
        matches!(self, Self::Value(_))
    }

    /// The value.
    #[must_use]
    pub const fn untrusted(self) -> &'static Untrusted {
        let (Self::Value(untrusted) | Self::Holds(untrusted)) = self;
        untrusted
    }
}

fn fits(known: &str, name: &str) -> bool {
    name == "*"
        || known.eq_ignore_ascii_case(name)
        || known == "*" && name.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a path of names is such a value.
#[must_use]
pub fn is_untrusted(path: &[&str]) -> bool {
    exposures(path).any(Exposure::is_value)
}

impl Untrusted {
    fn exposed_by(&'static self, path: &[&str]) -> Option<Exposure> {
        if !self.path.split('.').zip(path).all(|(known, name)| fits(known, name)) {
            return None;
        }
        match self.path.split('.').count().cmp(&path.len()) {
            Ordering::Less if self.is_open => Some(Exposure::Value(self)),
            Ordering::Less => None,
            Ordering::Equal if !self.is_open => Some(Exposure::Value(self)),
            Ordering::Equal | Ordering::Greater => Some(Exposure::Holds(self)),
        }
    }

    /// The events that carry the value. A called workflow has those of its callers.
    #[must_use]
    pub fn events(&self) -> &'static [&'static str] {
        let starts = |known: &str| {
            self.path.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        if !self.path.starts_with("github.") {
            return FROM_OUTSIDE;
        }
        EVENTS.iter().find(|(known, _)| starts(known)).map_or(&["workflow_run"], |(_, events)| events)
    }
}

/// Whether what a function gives back says nothing an attacker could word: text goes in, true or false comes out.
#[must_use]
pub fn is_harmless(function: &str) -> bool {
    ["contains", "startsWith", "endsWith"].iter().any(|known| known.eq_ignore_ascii_case(function))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exposes(path: &str) -> String {
        match exposure(&path.split('.').collect::<Vec<_>>()) {
            Some(Exposure::Value(value)) => format!("is {}", value.path),
            Some(Exposure::Holds(value)) => format!("holds {}", value.path),
            None => String::new(),
        }
    }

    #[test]
    fn paths_are_values_or_hold_them() {
        let cases = [
            ("github.head_ref", "is github.head_ref"),
            ("GitHub.Event.Issue.Title", "is github.event.issue.title"),
            ("github.event.commits.0.message", "is github.event.commits.*.message"),
            ("github.event.commits.*.message", "is github.event.commits.*.message"),
            ("github.event.*.body", "is github.event.issue.body"),
            ("github.event.*.*.page_name", "is github.event.pages.*.page_name"),
            ("github.event", "holds github.event.issue.title"),
            ("github.event.pull_request.head", "holds github.event.pull_request.head.ref"),
            ("github", "holds github.head_ref"),
            ("github.event.issue.number", ""),
            ("github.event.issue.title.length", ""),
            ("github.event.commits.x.message", ""),
            ("github.event.client_payload.a.b", "is github.event.client_payload"),
            ("github.event.client_payload", "holds github.event.client_payload"),
            ("github.sha", ""),
            ("github.ref_name", ""),
            ("inputs.x", ""),
            ("head_ref", ""),
        ];
        for (path, expected) in cases {
            assert_eq!(exposes(path), expected, "{path}");
            assert_eq!(is_untrusted(&path.split('.').collect::<Vec<_>>()), expected.starts_with("is"));
        }
        assert_eq!(exposure(&[]), None);
    }

    #[test]
    fn values_have_events() {
        let events = |path: &str| UNTRUSTED.iter().find(|it| it.path == path).map(Untrusted::events);
        assert_eq!(events("github.head_ref"), Some(PULL_REQUESTS));
        assert_eq!(events("github.event.review_comment.body"), Some(&["pull_request_review_comment"][..]));
        assert_eq!(events("github.event.review.body"), Some(&["pull_request_review"][..]));
        assert_eq!(events("github.event.pages.*.title"), Some(&["gollum"][..]));
        for it in &UNTRUSTED {
            let is_run = it.path.starts_with("github.event.workflow_run.");
            assert_eq!(it.events() == ["workflow_run"], is_run, "{}", it.path);
        }
    }

    #[test]
    fn a_whole_payload_has_all_its_events() {
        for (path, expected) in [
            ("github.head_ref", PULL_REQUESTS),
            ("github.event.*.page_name", &["repository_dispatch"]),
            ("github.event.*.*.page_name", &["gollum", "repository_dispatch"]),
            (
                "github.event.*.title",
                &[
                    "issues",
                    "issue_comment",
                    "pull_request",
                    "pull_request_review",
                    "pull_request_review_comment",
                    "pull_request_target",
                    "discussion",
                    "discussion_comment",
                    "repository_dispatch",
                ],
            ),
        ] {
            assert_eq!(events_of(&path.split('.').collect::<Vec<_>>()), expected, "{path}");
        }
        for event in ["push", "workflow_run", "merge_group", "repository_dispatch", "gollum", "issues"] {
            assert!(events_of(&["github", "event"]).contains(&event), "{event}");
        }
    }

    #[test]
    fn some_actions_give_such_values() {
        let outputs = |action| given_by(action).map(|(output, _)| output).collect::<Vec<_>>();
        assert_eq!(outputs("xt0rted/pull-request-comment-branch"), ["head_ref"]);
        assert_eq!(outputs("peter-murray/issue-body-parser-action"), ["*"]);
        assert_eq!(outputs("actions/checkout"), Vec::<&str>::new());
        for entry in &GIVEN {
            let (action, _) = entry.path.rsplit_once('.').unwrap();
            assert!(action.contains('/') && action.to_ascii_lowercase() == action, "{action}");
            assert_eq!(entry.events(), FROM_OUTSIDE);
        }
    }

    #[test]
    fn no_path_stands_twice() {
        for (index, it) in UNTRUSTED.iter().enumerate() {
            assert!(UNTRUSTED.iter().skip(index + 1).all(|other| other.path != it.path), "{}", it.path);
        }
    }

    #[test]
    fn some_functions_hide_the_text() {
        assert!(is_harmless("Contains") && !is_harmless("format"));
    }
}
