//! Events that are about GitHub alone.

/// Events of things that only GitHub has: issues, labels, pages and the like; or with more rights than what starts them.
const GITHUBS: [&str; 24] = [
    "branch_protection_rule",
    "check_run",
    "check_suite",
    "discussion",
    "discussion_comment",
    "fork",
    "gollum",
    "image_version",
    "issue_comment",
    "issues",
    "label",
    "member",
    "milestone",
    "page_build",
    "project",
    "project_card",
    "project_column",
    "public",
    "pull_request_review",
    "pull_request_review_comment",
    "pull_request_target",
    "registry_package",
    "status",
    "watch",
];

/// Whether an event is one of these.
#[must_use]
pub(crate) fn is_githubs(event: &str) -> bool {
    GITHUBS.contains(&event)
}
