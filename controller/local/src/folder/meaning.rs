//! From documents to pipelines: templates found, names unique, fields that two pipelines would write.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::json;
use towpath_core::id::{GateName, Name, PipelineId};
use towpath_core::pipeline::{
    Delivery, Entry, Environment, GateKind, MetricTemplate, Pipeline, Policy, PolicyDocument, Templates,
    comparable,
};
use towpath_engine::check_templates;
use towpath_gates::CelEvaluator;

use super::conflicts::{Place, conflicts};
use super::documents::{Documents, MetricDocument, PipelineDocument, Placed, mistake};
use super::{Folder, resolved, same_address};
use crate::config::{LiveSource, LocalConfig, Program, QaMode, QaTemplate, RepositoryUrl};
use crate::error::LocalError;

/// Makes pipelines of the documents, or answers everything that is wrong with them.
pub(super) fn resolve(config: LocalConfig, documents: Documents) -> Result<Folder, Vec<LocalError>> {
    let metrics = metric_templates(&documents.metrics)?;
    let revision =
        |(name, template): (&Name, &QaTemplate)| (name.to_string(), revision(&config.folder, template));
    let qa: BTreeMap<String, String> = config.qa.iter().map(revision).collect();
    let templates = Templates { metrics: &metrics, qa: &qa };
    let placed_policies = policies(&config.folder, &documents.policies, &templates)?;
    let policies: Vec<Policy> = placed_policies.iter().map(|(policy, _)| policy.clone()).collect();
    let mut files: BTreeMap<PipelineId, PathBuf> = BTreeMap::new();
    let mut lines: BTreeMap<PipelineId, &[u64]> = BTreeMap::new();
    let (mut pipelines, mut mistakes) = (Vec::new(), Vec::new());
    for placed in &documents.pipelines {
        let file = &placed.file;
        match pipeline(&config.folder, placed, &templates, &policies) {
            Ok(pipeline) => match files.insert(pipeline.id.clone(), file.clone()) {
                None => {
                    lines.insert(pipeline.id.clone(), &placed.document.lines);
                    pipelines.push(pipeline);
                }
                Some(other) => mistakes.push(twice(&other, file, &format!("the pipeline {}", pipeline.id))),
            },
            Err(error) => mistakes.push(error),
        }
    }
    mistakes.extend(shared_journals(&pipelines, &files));
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    pipelines.sort_by(|a, b| a.id.cmp(&b.id));
    let conflicts = conflicts(&pipelines, &|pipeline, environment| Place {
        pipeline: pipeline.id.clone(),
        environment: environment.name.clone(),
        file: files.get(&pipeline.id).cloned().unwrap_or_default(),
        line: line_of(pipeline, environment, lines.get(&pipeline.id).copied().unwrap_or_default()),
    });
    let template =
        |placed: &Placed<MetricDocument>| (placed.document.metadata.name.clone(), placed.file.clone());
    let templates = documents.metrics.iter().map(template).collect();
    Ok(Folder { config, pipelines, files, conflicts, templates, policies: placed_policies })
}

/// The line that an environment begins in; 0 where that is not known.
fn line_of(pipeline: &Pipeline, environment: &Environment, lines: &[u64]) -> u64 {
    let position = pipeline.environments.iter().position(|e| e.name == environment.name);
    position.and_then(|position| lines.get(position)).copied().unwrap_or(0)
}

fn twice(first: &Path, second: &Path, what: &str) -> LocalError {
    let other = if first == second { "in this file".to_owned() } else { format!("in {}", first.display()) };
    mistake(second, format!("{what} stands {other} already; rename or remove one"))
}

fn metric_templates(
    documents: &[Placed<MetricDocument>],
) -> Result<BTreeMap<String, MetricTemplate>, Vec<LocalError>> {
    let mut templates = BTreeMap::new();
    let mut files: BTreeMap<&str, &Path> = BTreeMap::new();
    let mut mistakes = Vec::new();
    for Placed { file, document } in documents {
        let name = document.metadata.name.as_str();
        if let Some(other) = files.insert(name, file) {
            mistakes.push(twice(other, file, &format!("the MetricTemplate {name}")));
        }
        templates.insert(name.to_owned(), document.spec.clone());
    }
    if mistakes.is_empty() { Ok(templates) } else { Err(mistakes) }
}

/// Makes policies of their documents, sorted by name.
fn policies(
    folder: &Path,
    documents: &[Placed<PolicyDocument>],
    templates: &Templates<'_>,
) -> Result<Vec<(Policy, PathBuf)>, Vec<LocalError>> {
    let mut policies: BTreeMap<Name, (Policy, PathBuf)> = BTreeMap::new();
    let mut mistakes = Vec::new();
    for Placed { file, document } in documents {
        let policy = match Policy::new(document, templates) {
            Ok(policy) => policy.with_addresses(|url| resolved(folder, url)),
            Err(e) => {
                let place = format!("{}: {}", file.display(), e.place);
                mistakes.push(LocalError::Config { place, reason: e.problem });
                continue;
            }
        };
        if let Some((gate, reason)) = unreadable(policy.entry()) {
            mistakes
                .push(LocalError::Config { place: format!("{}: spec.entry {gate}", file.display()), reason });
        }
        let name = policy.name.clone();
        if let Some((_, other)) = policies.insert(name.clone(), (policy, file.clone())) {
            mistakes.push(twice(&other, file, &format!("the PromotionPolicy {name}")));
        }
    }
    if mistakes.is_empty() { Ok(policies.into_values().collect()) } else { Err(mistakes) }
}

fn pipeline(
    folder: &Path,
    placed: &Placed<PipelineDocument>,
    templates: &Templates<'_>,
    policies: &[Policy],
) -> Result<Pipeline, LocalError> {
    let at = |place: &str, problem: &str| LocalError::Config {
        place: format!("{}: {place}", placed.file.display()),
        reason: problem.to_owned(),
    };
    let mut pipeline =
        Pipeline::new(&placed.document.document, templates).map_err(|e| at(&e.place, &e.problem))?;
    RepositoryUrl::try_from(pipeline.repository.url.clone())
        .map_err(|problem| at("spec.repository.url", &problem))?;
    check_templates(&pipeline).map_err(|problem| at(&problem.place, &problem.problem))?;
    for environment in &pipeline.environments {
        if let Some((gate, reason)) = unreadable(&environment.entry) {
            return Err(at(&format!("spec.environments.{}.entry {gate}", environment.name), &reason));
        }
    }
    pipeline.repository.url = resolved(folder, &pipeline.repository.url);
    let pipeline = pipeline.under(policies).map_err(|e| at(&e.place, &e.problem))?;
    let by_pull_request = |e: &&Environment| e.delivery == Delivery::PullRequest;
    match pipeline.environments.iter().find(by_pull_request) {
        Some(environment) => Err(at(
            &format!("spec.environments.{}.delivery", environment.name),
            "the local host cannot open pull requests; use push",
        )),
        None => Ok(pipeline),
    }
}

/// The first entry gate whose expression could never be evaluated, and why.
fn unreadable(entry: &Entry) -> Option<(GateName, String)> {
    entry.evaluated().find_map(|gate| {
        let problem = CelEvaluator.check(gate.source(), gate.names()).err()?;
        Some((gate.name().clone(), problem.to_string()))
    })
}

/// A text that changes when a QA template changes, and is the same on every machine.
fn revision(folder: &Path, template: &QaTemplate) -> String {
    let words = |program: &Program| {
        let path = Path::new(&program.program);
        let name = path.strip_prefix(folder).unwrap_or(path).to_string_lossy().into_owned();
        std::iter::once(name).chain(program.arguments.iter().cloned()).collect::<Vec<_>>()
    };
    let commands = match &template.mode {
        QaMode::Waited { command } => json!({ "command": words(command) }),
        QaMode::Polled { start, poll } => json!({ "start": words(start), "poll": words(poll) }),
    };
    let environment: Vec<&str> = template.environment.iter().map(|name| name.as_str()).collect();
    json!({
        "commands": commands,
        "environment": environment,
        "junit": template.junit,
        "timeout": template.timeout.to_string(),
    })
    .to_string()
}

/// Two pipelines with one journal would each take the other's events for damage.
fn shared_journals(pipelines: &[Pipeline], files: &BTreeMap<PipelineId, PathBuf>) -> Vec<LocalError> {
    let mut journals = BTreeMap::new();
    let mut mistakes = Vec::new();
    for pipeline in pipelines {
        let repository = &pipeline.repository;
        let journal = (comparable(&repository.url), &repository.journal);
        if let (Some(other), Some(file)) = (journals.insert(journal, &pipeline.id), files.get(&pipeline.id)) {
            let reason = format!("{} is the journal of {other} too; each needs its own", repository.journal);
            let place = format!("{}: spec.repository.journal", file.display());
            mistakes.push(LocalError::Config { place, reason });
        }
    }
    mistakes
}

/// What is likely a mistake in a pipeline although it can be read.
pub(super) fn doubts(folder: &Folder, pipeline: &Pipeline) -> Vec<String> {
    let id = &pipeline.id;
    let mut doubts = Vec::new();
    for environment in &pipeline.environments {
        let name = &environment.name;
        match folder.config.live(name) {
            None => doubts.push(format!(
                "{id} {name}: nothing says what runs there, so nothing is ever Verified; add live.{name} or \
                 live.default to towpath.yaml"
            )),
            Some(LiveSource::Tip) => doubts.push(format!(
                "{id} {name}: live is `tip`, so a commit on the branch counts as running without a look at it"
            )),
            Some(_) => {}
        }
        doubts.extend(environment.entry.http.iter().map(|gate| {
            format!(
                "{id} {name}: the local host asks no HTTP gates yet, so {} keeps every release",
                gate.name
            )
        }));
        let bakes = environment.bake.iter().flat_map(|bake| &bake.gates);
        let measured = |gate: &towpath_core::pipeline::Gate| matches!(gate.kind, GateKind::Metric(_));
        if folder.config.prometheus.is_none() && environment.verify.iter().chain(bakes).any(measured) {
            doubts.push(format!(
                "{id} {name}: its metrics have no source, so they end in Error; add metrics.prometheus.url to \
                 towpath.yaml"
            ));
        }
    }
    doubts
}

/// Policies that are for nothing that the folder has.
pub(super) fn idle(folder: &Folder) -> Vec<String> {
    let idle = folder.policies().filter(|(_, _, environments)| environments.is_empty());
    idle.map(|(policy, _, _)| {
        format!(
            "PromotionPolicy {}: it selects no environment of this folder; look at spec.select",
            policy.name
        )
    })
    .collect()
}

/// What `towpath.yaml` says about things that no pipeline has, likely because of a slip.
pub(super) fn unused(folder: &Folder) -> Vec<String> {
    if folder.pipelines.is_empty() {
        return Vec::new();
    }
    let mut doubts = Vec::new();
    let environments: BTreeSet<&str> =
        folder.pipelines.iter().flat_map(|p| &p.environments).map(|e| e.name.as_str()).collect();
    let named = folder.config.live.keys().filter(|name| name.as_str() != "default");
    for name in named.filter(|name| !environments.contains(name.as_str())) {
        let there = environments.iter().copied().collect::<Vec<_>>().join(", ");
        doubts.push(format!("live.{name}: no environment is called so; there are {there}"));
    }
    for settings in &folder.config.repositories {
        let url = resolved(&folder.config.folder, settings.url.as_str());
        if !folder.pipelines.iter().any(|p| same_address(&url, &p.repository.url)) {
            doubts.push(format!("repositories: {}: no pipeline has this repository", settings.url));
        }
    }
    doubts
}
