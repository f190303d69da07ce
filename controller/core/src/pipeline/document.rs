//! The pipeline document as people write it: a Kubernetes custom resource, or a file in local mode.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::time::{Span, Time};

/// A whole document. Fields of later versions are refused by name, never ignored.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Document {
    /// `towpath.dev/v1alpha1`.
    pub api_version: String,
    /// `Pipeline`.
    pub kind: String,
    /// Names.
    pub metadata: Metadata,
    /// The wiring.
    pub spec: Spec,
}

/// Names of a document.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Metadata {
    /// The name.
    pub name: String,
    /// The namespace; `default` when not given.
    #[serde(default)]
    pub namespace: Option<String>,
    /// For selection; not used by pipelines.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Spec {
    pub(super) images: Vec<ImageDoc>,
    pub(super) repository: RepositoryDoc,
    #[serde(default)]
    pub(super) edit: Vec<EditDoc>,
    #[serde(default)]
    pub(super) commit: CommitDoc,
    pub(super) environments: Vec<EnvironmentDoc>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ImageDoc {
    pub(super) name: String,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RepositoryDoc {
    pub(super) url: String,
    pub(super) branch: String,
    pub(super) journal: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct EditDoc {
    pub(super) kustomization: Option<KustomizationDoc>,
    pub(super) helm: Option<HelmDoc>,
    pub(super) form: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct KustomizationDoc {
    pub(super) image: String,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct HelmDoc {
    pub(super) image: Option<String>,
    pub(super) file: String,
    pub(super) repository: Option<String>,
    pub(super) tag: Option<String>,
    pub(super) digest: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CommitDoc {
    pub(super) subject: Option<String>,
    #[serde(default)]
    pub(super) trailers: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct EnvironmentDoc {
    pub(super) name: String,
    #[serde(default)]
    pub(super) formerly: Vec<String>,
    pub(super) path: String,
    #[serde(default)]
    pub(super) labels: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) applications: Vec<ApplicationDoc>,
    #[serde(default)]
    pub(super) edit: Vec<EditDoc>,
    #[serde(default)]
    pub(super) promotion: PromotionDoc,
    #[serde(default)]
    pub(super) after: AfterDoc,
    #[serde(default)]
    pub(super) entry: Vec<EntryDoc>,
    #[serde(default)]
    pub(super) verify: Vec<VerifyDoc>,
    pub(super) bake: Option<BakeDoc>,
    #[serde(default)]
    pub(super) rollback: RollbackDoc,
    pub(super) destination: Option<String>,
    pub(super) stable: Option<Span>,
    pub(super) sync_timeout: Option<Span>,
    pub(super) degraded_grace: Option<Span>,
    pub(super) delivery: Option<String>,
    pub(super) revalidate: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ApplicationDoc {
    pub(super) name: String,
    pub(super) proof: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PromotionDoc {
    pub(super) automatic: Option<bool>,
    pub(super) queue: Option<String>,
    #[serde(default)]
    pub(super) wait_for_bake: bool,
    #[serde(default)]
    pub(super) overrides: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct AfterDoc {
    pub(super) all: Option<Vec<EdgeDoc>>,
    pub(super) any: Option<Vec<EdgeDoc>>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct EdgeDoc {
    pub(super) environment: String,
    #[serde(default)]
    pub(super) soak: Span,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct EntryDoc {
    pub(super) approval: Option<ApprovalDoc>,
    pub(super) window: Option<WindowDoc>,
    pub(super) dependency: Option<DependencyDoc>,
    pub(super) expression: Option<ExpressionDoc>,
    pub(super) http: Option<HttpDoc>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ExpressionDoc {
    pub(super) cel: String,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct HttpDoc {
    pub(super) name: String,
    pub(super) url: String,
    pub(super) success: String,
    pub(super) interval: Option<Span>,
    pub(super) timeout: Option<Span>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct DependencyDoc {
    pub(super) pipeline: String,
    pub(super) environment: String,
    pub(super) version: Option<String>,
    pub(super) state: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct WindowDoc {
    pub(super) timezone: String,
    #[serde(default)]
    pub(super) allow: Vec<RecurringDoc>,
    #[serde(default)]
    pub(super) deny: Vec<RecurringDoc>,
    #[serde(default)]
    pub(super) exceptions: Vec<ExceptionDoc>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RecurringDoc {
    pub(super) cron: String,
    pub(super) duration: Span,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ExceptionDoc {
    pub(super) from: Time,
    pub(super) to: Time,
    pub(super) reason: String,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ApprovalDoc {
    #[serde(default = "one")]
    pub(super) count: u32,
    #[serde(default)]
    pub(super) groups: Vec<String>,
    #[serde(default)]
    pub(super) not_author: bool,
}

fn one() -> u32 {
    1
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct VerifyDoc {
    pub(super) qa: Option<QaDoc>,
    pub(super) metrics: Option<MetricsDoc>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct QaDoc {
    pub(super) template: String,
    #[serde(default)]
    pub(super) parameters: BTreeMap<String, String>,
    pub(super) timeout: Option<Span>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct MetricsDoc {
    pub(super) template: String,
    #[serde(default)]
    pub(super) args: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct BakeDoc {
    pub(super) duration: Span,
    #[serde(default)]
    pub(super) metrics: Vec<MetricsDoc>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RollbackDoc {
    pub(super) automatic: Option<bool>,
    pub(super) budget: Option<usize>,
}
