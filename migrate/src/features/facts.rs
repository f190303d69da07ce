//! What there is beside the schemas: contexts, operators, runner files, workflow commands, forms of `uses`, defaults.

use crate::expression::Function;
use crate::values::uses::{self, JobUses, StepUses};

/// The functions (runner: ExpressionConstants.cs, and those that schemas name).
pub(super) const FUNCTIONS: &[(&str, Function)] = &[
    ("always", Function::Always),
    ("cancelled", Function::Cancelled),
    ("case", Function::Case),
    ("contains", Function::Contains),
    ("endsWith", Function::EndsWith),
    ("failure", Function::Failure),
    ("format", Function::Format),
    ("fromJSON", Function::FromJson),
    ("hashFiles", Function::HashFiles),
    ("join", Function::Join),
    ("startsWith", Function::StartsWith),
    ("success", Function::Success),
    ("toJSON", Function::ToJson),
];

/// Operators, but for the dots and brackets of a path that begins with a context.
pub(super) const OPERATORS: &[&str] = &["!", "&&", "||", "==", "!=", "<", "<=", ">", ">=", "[]"];

/// Contexts and their parts, but for what is in the payload of an event. `<...>` is a name that the workflow's author chose, and
/// what is below it is theirs as well. From languageservice's descriptions (@actions/languageservice 0.3.61) and, for the last ones of `github`, from the runner's file commands, which
/// put their paths there. A context alone is the whole of it, as in `toJSON(github)`.
pub(super) const CONTEXTS: &[&str] = &[
    "env",
    "env.<name>",
    "github",
    "github.action",
    "github.action_path",
    "github.action_ref",
    "github.action_repository",
    "github.action_status",
    "github.actor",
    "github.actor_id",
    "github.api_url",
    "github.artifacts",
    "github.artifacts_list",
    "github.base_ref",
    "github.env",
    "github.event",
    "github.event_name",
    "github.event_path",
    "github.graphql_url",
    "github.head_ref",
    "github.job",
    "github.output",
    "github.path",
    "github.ref",
    "github.ref_name",
    "github.ref_protected",
    "github.ref_type",
    "github.repository",
    "github.repository_id",
    "github.repository_owner",
    "github.repository_owner_id",
    "github.repositoryUrl",
    "github.retention_days",
    "github.run_attempt",
    "github.run_id",
    "github.run_number",
    "github.secret_source",
    "github.server_url",
    "github.sha",
    "github.state",
    "github.step_summary",
    "github.token",
    "github.triggering_actor",
    "github.workflow",
    "github.workflow_ref",
    "github.workflow_sha",
    "github.workspace",
    "inputs",
    "inputs.<name>",
    "job",
    "job.check_run_id",
    "job.container",
    "job.container.id",
    "job.container.network",
    "job.services",
    "job.services.<service-id>",
    "job.services.<service-id>.id",
    "job.services.<service-id>.network",
    "job.services.<service-id>.ports",
    "job.services.<service-id>.ports.<port>",
    "job.status",
    "job.workflow_file_path",
    "job.workflow_ref",
    "job.workflow_repository",
    "job.workflow_sha",
    "jobs",
    "jobs.<job-id>",
    "jobs.<job-id>.outputs",
    "jobs.<job-id>.outputs.<name>",
    "jobs.<job-id>.result",
    "matrix",
    "matrix.<name>",
    "needs",
    "needs.<job-id>",
    "needs.<job-id>.outputs",
    "needs.<job-id>.outputs.<name>",
    "needs.<job-id>.result",
    "runner",
    "runner.arch",
    "runner.debug",
    "runner.environment",
    "runner.name",
    "runner.os",
    "runner.temp",
    "runner.tool_cache",
    "runner.workspace",
    "secrets",
    "secrets.<name>",
    "secrets.GITHUB_TOKEN",
    "steps",
    "steps.<step-id>",
    "steps.<step-id>.conclusion",
    "steps.<step-id>.outcome",
    "steps.<step-id>.outputs",
    "steps.<step-id>.outputs.<name>",
    "strategy",
    "strategy.fail-fast",
    "strategy.job-index",
    "strategy.job-total",
    "strategy.max-parallel",
    "vars",
    "vars.<name>",
];

/// Contexts of which GitHub says all that they have.
const CLOSED: [&str; 4] = ["github", "job", "runner", "strategy"];

/// Whether a context has something of a name, whatever the case; `None` where a workflow or a repository decides.
pub(crate) fn has_member(context: &str, name: &str) -> Option<bool> {
    let context = CLOSED.into_iter().find(|closed| closed.eq_ignore_ascii_case(context))?;
    let members = CONTEXTS.iter().filter_map(|path| path.strip_prefix(context)?.strip_prefix('.'));
    Some(members.into_iter().any(|member| member.eq_ignore_ascii_case(name)))
}

/// Files that a step writes or reads, by the variable that has their path (runner: IFileCommandExtension.ContextName).
pub(super) const RUNNER_FILES: &[&str] = &[
    "GITHUB_ARTIFACTS",
    "GITHUB_ARTIFACTS_LIST",
    "GITHUB_ENV",
    "GITHUB_OUTPUT",
    "GITHUB_PATH",
    "GITHUB_STATE",
    "GITHUB_STEP_SUMMARY",
];

/// What a step prints for the runner (runner: ExtensionManager.cs, ActionCommandManager.cs), without what only its own
/// plugins may say.
pub(super) const COMMANDS: &[&str] = &[
    "add-mask",
    "add-matcher",
    "add-path",
    "debug",
    "echo",
    "endgroup",
    "error",
    "group",
    "notice",
    "remove-matcher",
    "save-state",
    "set-env",
    "set-output",
    "stop-commands",
    "warning",
];

/// What `uses` of a step or a job may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum UsesForm {
    /// `owner/repository[/path]@ref`
    Action,
    /// `docker://image`
    Image,
    /// `./path`, in the job's own workspace.
    Local,
    /// `$/path`, in the repository of the file itself.
    Own,
    /// `owner/repository/.github/workflows/file@ref`, of a job.
    Workflow,
    /// `./.github/workflows/file`, of a job.
    LocalWorkflow,
    /// `$/.github/workflows/file`, of a job.
    OwnWorkflow,
}

impl UsesForm {
    /// What `uses` of a step names; `None` if GitHub refuses it.
    pub(super) fn of_step(text: &str) -> Option<Self> {
        uses::step(text).ok().map(|uses| match uses {
            StepUses::Repository(_) => Self::Action,
            StepUses::Workspace(_) => Self::Local,
            StepUses::SelfRepository(_) => Self::Own,
            StepUses::Docker(_) => Self::Image,
        })
    }

    /// What `uses` of a job names; `None` if GitHub refuses it.
    pub(super) fn of_job(text: &str) -> Option<Self> {
        uses::job(text).ok().map(|uses| match uses {
            JobUses::Repository(_) => Self::Workflow,
            JobUses::Local(_) => Self::LocalWorkflow,
            JobUses::SelfRepository(_) => Self::OwnWorkflow,
        })
    }

    pub(super) const ALL: &'static [(&'static str, Self)] = &[
        ("action", Self::Action),
        ("image", Self::Image),
        ("local", Self::Local),
        ("own", Self::Own),
        ("workflow", Self::Workflow),
        ("local-workflow", Self::LocalWorkflow),
        ("own-workflow", Self::OwnWorkflow),
    ];
}

/// Something that nobody wrote and GitHub does all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Default {
    /// A matrix without `fail-fast`: one leg that fails cancels the others.
    FailFast,
    /// A job without `permissions`, in a workflow without: what the repository's settings say.
    Permissions,
    /// `pull_request` or `pull_request_target` without `types`: opened, synchronize, reopened.
    PullRequestTypes,
    /// A script without `shell`, anywhere above: bash or sh without pipefail, or PowerShell.
    Shell,
    /// A job without `timeout-minutes`: 360.
    TimeoutMinutes,
}

impl Default {
    pub(super) const ALL: &'static [(&'static str, Self)] = &[
        ("fail-fast", Self::FailFast),
        ("permissions", Self::Permissions),
        ("pull-request-types", Self::PullRequestTypes),
        ("shell", Self::Shell),
        ("timeout-minutes", Self::TimeoutMinutes),
    ];
}

/// How an expression stands in a scalar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Embedding {
    /// `if`, without `${{ }}`.
    Bare,
    /// `${{ }}` and nothing else: the value keeps its type.
    Whole,
    /// `${{ }}` with text beside it: the value becomes text.
    InText,
    /// `${{ insert }}`
    Insert,
}

impl Embedding {
    pub(super) const ALL: &'static [(&'static str, Self)] =
        &[("bare", Self::Bare), ("whole", Self::Whole), ("in-text", Self::InText), ("insert", Self::Insert)];
}
