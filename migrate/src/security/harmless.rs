//! Values of contexts that nobody can word: numbers, true and false, hashes, times, and words of GitHub's own.
//!
//! Which those are is what zizmor 1.32.0 counts as fixed, from GitHub's description of its webhooks. There it is a list of 1,503
//! paths; here it is the names at their ends, so that a path of an event that is new is right, too.

use super::names::is_path;

/// Values by their whole path; `*` is any one name.
const PATHS: [&str; 41] = [
    "github.action_path",
    "github.event_name",
    "github.job",
    "github.repository",
    "github.repository_id",
    "github.repository_owner",
    "github.repository_owner_id",
    "github.repositoryurl",
    "github.run_attempt",
    "github.run_id",
    "github.run_number",
    "github.server_url",
    "github.sha",
    "github.token",
    "github.triggering_actor",
    "github.workspace",
    "github.event.after",
    "github.event.before",
    "github.event.merge_group.base_sha",
    "github.event.pull_request.base.sha",
    "github.event.pull_request.head.sha",
    "github.event.pull_request.merged_at",
    "github.event.issue.pull_request.merged_at",
    "github.event.discussion.state",
    "github.event.issue.state",
    "github.event.pull_request.state",
    "github.event.*.milestone.state",
    "github.event.workflow_run.status",
    "github.event.*.user.type",
    "github.event.sender.type",
    "github.event.assignee.type",
    "github.event.commits.*.timestamp",
    "github.event.head_commit.timestamp",
    "runner.arch",
    "runner.debug",
    "runner.os",
    "runner.temp",
    "runner.tool_cache",
    "needs.*.result",
    "steps.*.conclusion",
    "steps.*.outcome",
];

/// Names at the end of a path in an event.
const ENDS: [&str; 91] = [
    "+1",
    "-1",
    "additions",
    "admin",
    "allow_auto_merge",
    "allow_forking",
    "allow_merge_commit",
    "allow_rebase_merge",
    "allow_squash_merge",
    "allow_update_branch",
    "archived",
    "author_association",
    "changed_files",
    "check_suite_id",
    "closed_issues",
    "comment_count",
    "comments",
    "commits",
    "completed_at",
    "conclusion",
    "confused",
    "created",
    "created_at",
    "delete_branch_on_merge",
    "deleted",
    "deletions",
    "disabled",
    "discussion_id",
    "distinct",
    "download_count",
    "draft",
    "due_on",
    "enterprise_id",
    "eyes",
    "forced",
    "fork",
    "forks",
    "forks_count",
    "has_discussions",
    "has_downloads",
    "has_issues",
    "has_pages",
    "has_projects",
    "has_wiki",
    "heart",
    "hooray",
    "id",
    "in_reply_to_id",
    "is_template",
    "laugh",
    "line",
    "locked",
    "maintainer_can_modify",
    "mergeable",
    "merged",
    "network_count",
    "number",
    "open_issues",
    "open_issues_count",
    "organization_id",
    "original_line",
    "percent_completed",
    "position",
    "prerelease",
    "private",
    "protected",
    "public",
    "pull",
    "pull_request_review_id",
    "push",
    "rebaseable",
    "ref_type",
    "release_id",
    "repository_id",
    "review_comments",
    "rocket",
    "run_attempt",
    "run_number",
    "run_started_at",
    "site_admin",
    "size",
    "stargazers_count",
    "start_line",
    "started_at",
    "submitted_at",
    "subscribers_count",
    "total_count",
    "verified",
    "watchers",
    "watchers_count",
    "workflow_id",
];

/// What somebody sends with an event as they like, so that names in it mean nothing.
const OPEN: [&str; 2] = ["client_payload", "inputs"];

/// Whether nobody can word a value, by its names in small letters.
pub(super) fn is_harmless(names: &[String]) -> bool {
    if PATHS.iter().any(|path| is_path(names, path)) {
        return true;
    }
    let [github, event, first, rest @ ..] = names else { return false };
    let last = rest.last().unwrap_or(first);
    github == "github"
        && event == "event"
        && !OPEN.contains(&first.as_str())
        && ENDS.binary_search(&last.as_str()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn harmless(path: &str) -> bool {
        is_harmless(&path.split('.').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn numbers_and_words_of_githubs_are_harmless() {
        for (path, expected) in [
            ("github.sha", true),
            ("github.ref_name", false),
            ("github.actor", false),
            ("github.event.number", true),
            ("github.event.pull_request.number", true),
            ("github.event.pull_request.title", false),
            ("github.event.pull_request.head.sha", true),
            ("github.event.pull_request.head.ref", false),
            ("github.event.issue.user.type", true),
            ("github.event.client_payload.number", false),
            ("github.event.inputs.number", false),
            ("github.event", false),
            ("github.event.id.name", false),
            ("runner.os", true),
            ("runner.name", false),
            ("needs.build.result", true),
            ("needs.build.outputs.result", false),
            ("steps.a.outcome", true),
        ] {
            assert_eq!(harmless(path), expected, "{path}");
        }
    }

    #[test]
    fn ends_are_in_order() {
        assert!(ENDS.is_sorted());
    }
}
