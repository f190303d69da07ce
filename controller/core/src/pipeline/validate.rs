//! From a document to a pipeline: every name resolved, every mistake named with its place and remedy.

use std::collections::{BTreeMap, BTreeSet};

use super::document::{
    AfterDoc, Document, EditDoc, EnvironmentDoc, MetricsDoc, PromotionDoc, QaDoc, RepositoryDoc, RollbackDoc,
    Spec, VerifyDoc,
};
use super::entry::Author;
use super::{
    After, ApplicationRef, Bake, CommitTexts, Delivery, Edge, EdgeMode, EditRule, EntryGate, Environment,
    Form, Gate, GateKind, KeyPath, MetricTemplate, Pipeline, Policies, PromotionRules, Proof, QaGate, Queue,
    Repository, RollbackRules,
};
use crate::event::{EnvironmentConfig, Event, MAX_EVENT_BYTES};
use crate::id::{ImageName, InvalidId, Name, PipelineId, RefName, RepoPath};
use crate::time::Span;

/// The largest budget of rollbacks; more is no limit.
const MAX_BUDGET: usize = 100;

/// A mistake in a pipeline document: where in it, what is wrong, what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct PipelineError {
    /// The field, such as `spec.environments[1].after`.
    pub place: String,
    /// What is wrong and what to do.
    pub problem: String,
}

/// What a host knows besides the document.
pub struct Templates<'a> {
    /// Metric templates by name.
    pub metrics: &'a BTreeMap<String, MetricTemplate>,
    /// QA templates by name, with a text that changes when the template changes.
    pub qa: &'a BTreeMap<String, String>,
}

pub(super) fn at(place: impl Into<String>, problem: impl std::fmt::Display) -> PipelineError {
    PipelineError { place: place.into(), problem: problem.to_string() }
}

pub(super) fn parsed<T>(
    place: &str,
    parse: fn(&str) -> Result<T, InvalidId>,
    text: &str,
) -> Result<T, PipelineError> {
    parse(text).map_err(|e| at(place, e))
}

impl Pipeline {
    /// Makes a pipeline of a document.
    pub fn new(document: &Document, templates: &Templates<'_>) -> Result<Self, PipelineError> {
        if document.api_version != "towpath.dev/v1alpha1" || document.kind != "Pipeline" {
            let found = format!("{} {}", document.api_version, document.kind);
            return Err(at("apiVersion", format!("expected towpath.dev/v1alpha1 Pipeline, found {found}")));
        }
        let metadata = &document.metadata;
        let namespace = metadata.namespace.as_deref().unwrap_or("default");
        let id = PipelineId {
            namespace: parsed("metadata.namespace", Name::parse, namespace)?,
            name: parsed("metadata.name", Name::parse, &metadata.name)?,
        };
        let spec = &document.spec;
        let images = images(spec)?;
        let environments = environments(spec, &id, &images, templates)?;
        let pipeline = Self {
            repository: repository(&spec.repository, &id)?,
            id,
            images,
            commit: CommitTexts {
                subject: spec.commit.subject.clone().unwrap_or_else(|| {
                    "Promote {{ pipeline }} to {{ environment }}: {{ version }}".to_owned()
                }),
                trailers: spec.commit.trailers.clone(),
            },
            environments: in_order(environments)?,
        };
        trailer_keys(&pipeline)?;
        fits_the_journal(&pipeline)?;
        Ok(pipeline)
    }
}

/// Refuses keys of trailers that git would not read as such, and those that are Towpath's own.
fn trailer_keys(pipeline: &Pipeline) -> Result<(), PipelineError> {
    let plain = |key: &&String| {
        let word = key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        let own = key.to_ascii_lowercase().starts_with("towpath-");
        word && !own && key.starts_with(|c: char| c.is_ascii_alphabetic()) && key.len() <= 64
    };
    match pipeline.commit.trailers.keys().find(|key| !plain(key)) {
        Some(key) => Err(at(
            "spec.commit.trailers",
            format!(
                "{key:?} is no key for a trailer: letters, digits and dashes, at most 64, not Towpath-..."
            ),
        )),
        None => Ok(()),
    }
}

/// A journal records the whole wiring in one event, so that it is true or not as a whole; refuses what does not fit.
fn fits_the_journal(pipeline: &Pipeline) -> Result<(), PipelineError> {
    let one =
        |environment: &Environment| EnvironmentConfig::of(environment.name.clone(), environment, pipeline);
    let event = Event::Configured {
        envs: pipeline.environments.iter().map(one).collect(),
        images: pipeline.images.clone(),
        renamed: pipeline.environments.iter().map(|e| (e.name.clone(), e.name.clone())).collect(),
    };
    // Strings and maps with string keys only, which JSON can always hold. Beside it stand number, time and actor.
    let bytes = serde_json::to_string(&event).map_or(0, |json| json.len()) + 200;
    match bytes > MAX_EVENT_BYTES {
        true => Err(at(
            "spec.environments",
            format!(
                "{} environments with their edit rules take {bytes} bytes in the journal, and it holds \
                 {MAX_EVENT_BYTES}; split the pipeline",
                pipeline.environments.len()
            ),
        )),
        false => Ok(()),
    }
}

fn images(spec: &Spec) -> Result<Vec<ImageName>, PipelineError> {
    let mut names = BTreeSet::new();
    for (i, image) in spec.images.iter().enumerate() {
        let place = format!("spec.images[{i}].name");
        let name = parsed(&place, ImageName::parse, &image.name)?;
        if !names.insert(name) {
            return Err(at(place, format!("{} is listed twice; keep one", image.name)));
        }
    }
    if names.is_empty() {
        return Err(at("spec.images", "no image is listed; name at least one"));
    }
    Ok(names.into_iter().collect())
}

fn repository(doc: &RepositoryDoc, id: &PipelineId) -> Result<Repository, PipelineError> {
    if doc.url.is_empty() || doc.url.starts_with('-') || doc.url.contains("::") {
        return Err(at("spec.repository.url", "expected an https, ssh or file URL or a path"));
    }
    let branch = match doc.branch.starts_with("refs/") {
        true => doc.branch.clone(),
        false => format!("refs/heads/{}", doc.branch),
    };
    let branch = parsed("spec.repository.branch", RefName::parse, &branch)?;
    let journal = match &doc.journal {
        Some(text) => parsed("spec.repository.journal", RefName::parse, text)?,
        None => id.default_journal(),
    };
    if journal == branch {
        return Err(at("spec.repository.journal", "the journal needs a ref of its own, not the branch"));
    }
    Ok(Repository { url: doc.url.clone(), branch, journal })
}

fn environments(
    spec: &Spec,
    id: &PipelineId,
    images: &[ImageName],
    templates: &Templates<'_>,
) -> Result<Vec<Environment>, PipelineError> {
    if spec.environments.is_empty() {
        return Err(at("spec.environments", "no environment is listed; name at least one"));
    }
    let mut names = BTreeSet::new();
    let mut paths: BTreeMap<RepoPath, Name> = BTreeMap::new();
    let mut environments = Vec::new();
    for (i, doc) in spec.environments.iter().enumerate() {
        let place = format!("spec.environments[{i}]");
        let environment = environment(&place, doc, spec, id, images, templates)?;
        for name in environment.formerly.iter().chain([&environment.name]) {
            if !names.insert(name.clone()) {
                return Err(at(
                    format!("{place}.name"),
                    format!("the name {name} is used twice; rename one"),
                ));
            }
        }
        if let Some(other) = paths.insert(environment.path.clone(), environment.name.clone()) {
            let problem = format!("{} is the path of {other} too; each needs its own", environment.path);
            return Err(at(format!("{place}.path"), problem));
        }
        environments.push(environment);
    }
    Ok(environments)
}

fn environment(
    place: &str,
    doc: &EnvironmentDoc,
    spec: &Spec,
    id: &PipelineId,
    images: &[ImageName],
    templates: &Templates<'_>,
) -> Result<Environment, PipelineError> {
    let field = |name: &str| format!("{place}.{name}");
    let formerly = doc.formerly.iter().map(|n| parsed(&field("formerly"), Name::parse, n));
    let edit_docs = if doc.edit.is_empty() { &spec.edit } else { &doc.edit };
    let (approvals, entry) = super::entry::gates(&field("entry"), &doc.entry, Author::Pipeline(id))?;
    let edit_place = if doc.edit.is_empty() { "spec.edit".to_owned() } else { field("edit") };
    Ok(Environment {
        name: parsed(&field("name"), Name::parse, &doc.name)?,
        formerly: formerly.collect::<Result<_, _>>()?,
        path: parsed(&field("path"), RepoPath::parse, doc.path.trim_end_matches('/'))?,
        labels: doc.labels.clone(),
        applications: applications(&field("applications"), doc)?,
        edit: edit_rules(&edit_place, edit_docs, images)?,
        promotion: promotion_rules(&field("promotion"), &doc.promotion)?,
        after: after(&field("after"), &doc.after)?,
        approvals,
        entry,
        verify: verify(&field("verify"), &doc.verify, templates, Author::Pipeline(id))?,
        revalidate: match doc.revalidate.as_deref() {
            None | Some("never") => false,
            Some("onChange") => true,
            Some(other) => {
                return Err(at(field("revalidate"), format!("expected never or onChange, found {other:?}")));
            }
        },
        bake: bake(&field("bake"), doc, templates, Author::Pipeline(id))?,
        rollback: rollback_rules(&field("rollback"), &doc.rollback)?,
        destination: parsed(
            &field("destination"),
            Name::parse,
            doc.destination.as_ref().unwrap_or(&doc.name),
        )?,
        stable: doc.stable.unwrap_or(Span::seconds(10)),
        degraded_grace: doc.degraded_grace.unwrap_or(Span::seconds(60)),
        sync_timeout: doc.sync_timeout.unwrap_or(Span::seconds(900)),
        delivery: match doc.delivery.as_deref() {
            None | Some("push") => Delivery::Push,
            Some("pull-request") => Delivery::PullRequest,
            Some(other) => {
                return Err(at(field("delivery"), format!("expected push or pull-request, found {other:?}")));
            }
        },
        policies: Policies::default(),
    })
}

fn rollback_rules(place: &str, doc: &RollbackDoc) -> Result<RollbackRules, PipelineError> {
    let usual = RollbackRules::default();
    let budget = doc.budget.unwrap_or(usual.budget);
    if !(1..=MAX_BUDGET).contains(&budget) {
        let problem =
            format!("expected 1 to {MAX_BUDGET}, found {budget}; automatic: false never goes back by itself");
        return Err(at(format!("{place}.budget"), problem));
    }
    Ok(RollbackRules { automatic: doc.automatic.unwrap_or(usual.automatic), budget })
}

fn applications(place: &str, doc: &EnvironmentDoc) -> Result<Vec<ApplicationRef>, PipelineError> {
    let mut applications = Vec::new();
    for (i, application) in doc.applications.iter().enumerate() {
        let proof = match application.proof.as_deref() {
            None | Some("revision") => Proof::Revision,
            Some("images") => Proof::Images,
            Some(other) => {
                let problem = format!("expected revision or images, found {other:?}");
                return Err(at(format!("{place}[{i}].proof"), problem));
            }
        };
        let name = parsed(&format!("{place}[{i}].name"), Name::parse, &application.name)?;
        applications.push(ApplicationRef { name, proof });
    }
    if applications.is_empty() {
        return Err(at(place, "no Application is named, so nothing could ever be live; name at least one"));
    }
    Ok(applications)
}

fn edit_rules(place: &str, docs: &[EditDoc], images: &[ImageName]) -> Result<Vec<EditRule>, PipelineError> {
    let mut rules: Vec<EditRule> = Vec::new();
    for (i, doc) in docs.iter().enumerate() {
        let rule = edit_rule(&format!("{place}[{i}]"), doc, images)?;
        if rules.iter().any(|r| r.image() == rule.image()) {
            return Err(at(format!("{place}[{i}]"), format!("{} has two rules; keep one", rule.image())));
        }
        rules.push(rule);
    }
    match images.iter().find(|image| !rules.iter().any(|r| r.image() == *image)) {
        Some(image) => Err(at(place, format!("no rule says how {image} is written; add one"))),
        None => Ok(rules),
    }
}

fn edit_rule(place: &str, doc: &EditDoc, images: &[ImageName]) -> Result<EditRule, PipelineError> {
    let form = match doc.form.as_deref() {
        None | Some("tag+digest") => Form::TagAndDigest,
        Some("tag@digest") => Form::TagAtDigest,
        Some("tag") => Form::Tag,
        Some(other) => {
            let problem = format!("expected tag+digest, tag@digest or tag, found {other:?}");
            return Err(at(format!("{place}.form"), problem));
        }
    };
    let known = |text: &str| {
        let image = parsed(&format!("{place}.image"), ImageName::parse, text)?;
        match images.contains(&image) {
            true => Ok(image),
            false => Err(at(format!("{place}.image"), format!("{image} is not under spec.images"))),
        }
    };
    match (&doc.kustomization, &doc.helm) {
        (Some(kustomization), None) => {
            Ok(EditRule::Kustomization { image: known(&kustomization.image)?, form })
        }
        (None, Some(helm)) => {
            let image = match (&helm.image, images) {
                (Some(text), _) => known(text)?,
                (None, [only]) => only.clone(),
                (None, _) => return Err(at(format!("{place}.helm.image"), "say which image it is")),
            };
            let key = |text: &Option<String>| {
                text.as_deref().map(|t| parsed(&format!("{place}.helm"), KeyPath::parse, t)).transpose()
            };
            // The repository's key is checked as a path and otherwise left alone: a promotion never changes it.
            key(&helm.repository)?;
            let (tag, digest) = (key(&helm.tag)?, key(&helm.digest)?);
            if (form == Form::TagAndDigest && digest.is_none())
                || (form != Form::TagAndDigest && tag.is_none())
            {
                return Err(at(format!("{place}.helm"), "name the keys that the form writes: tag, digest"));
            }
            Ok(EditRule::Helm {
                image,
                file: parsed(&format!("{place}.helm.file"), RepoPath::parse, &helm.file)?,
                tag,
                digest,
                form,
            })
        }
        _ => Err(at(place, "expected one of kustomization and helm")),
    }
}

fn after(place: &str, doc: &AfterDoc) -> Result<After, PipelineError> {
    let (mode, edges) = match (&doc.all, &doc.any) {
        (None, None) => return Ok(After::default()),
        (Some(edges), None) => (EdgeMode::All, edges),
        (None, Some(edges)) => (EdgeMode::Any, edges),
        (Some(_), Some(_)) => return Err(at(place, "expected one of all and any")),
    };
    if edges.is_empty() {
        return Err(at(place, "no environment is named; leave after out for a first environment"));
    }
    let edge = |doc: &super::document::EdgeDoc| {
        Ok(Edge { environment: parsed(place, Name::parse, &doc.environment)?, soak: doc.soak })
    };
    Ok(After { mode, edges: edges.iter().map(edge).collect::<Result<_, _>>()? })
}

fn promotion_rules(place: &str, doc: &PromotionDoc) -> Result<PromotionRules, PipelineError> {
    let word = |q: &Queue| q.as_str();
    let queue = match doc.queue.as_deref() {
        None => Queue::default(),
        Some(text) => Queue::ALL.into_iter().find(|queue| queue.as_str() == text).ok_or_else(|| {
            let all = Queue::ALL.iter().map(word).collect::<Vec<_>>().join(", ");
            at(format!("{place}.queue"), format!("expected one of {all}, found {text:?}"))
        })?,
    };
    Ok(PromotionRules {
        automatic: doc.automatic.unwrap_or(true),
        queue,
        wait_for_bake: doc.wait_for_bake,
        overrides: entry_gates(&format!("{place}.overrides"), &doc.overrides)?,
    })
}

/// Kinds of entry gates by their words.
pub(super) fn entry_gates(place: &str, words: &[String]) -> Result<BTreeSet<EntryGate>, PipelineError> {
    let gate = |text: &String| {
        EntryGate::parse(text).ok_or_else(|| {
            let all = EntryGate::ALL.map(EntryGate::as_str).join(", ");
            at(place, format!("expected some of {all}, found {text:?}"))
        })
    };
    words.iter().map(gate).collect()
}

pub(super) fn verify(
    place: &str,
    docs: &[VerifyDoc],
    templates: &Templates<'_>,
    author: Author<'_>,
) -> Result<Vec<Gate>, PipelineError> {
    let mut gates = Vec::new();
    for (i, doc) in docs.iter().enumerate() {
        let place = format!("{place}[{i}]");
        gates.push(match (&doc.qa, &doc.metrics) {
            (Some(qa), None) => qa_gate(&place, qa, templates, author)?,
            (None, Some(metrics)) => metric_gate(&place, ("metrics", None), metrics, templates, author)?,
            _ => return Err(at(place, "expected one of qa and metrics")),
        });
    }
    unique_gates(place, gates)
}

fn bake(
    place: &str,
    doc: &EnvironmentDoc,
    templates: &Templates<'_>,
    author: Author<'_>,
) -> Result<Option<Bake>, PipelineError> {
    let Some(bake) = &doc.bake else { return Ok(None) };
    let gate = |(i, doc): (usize, &MetricsDoc)| {
        let place = format!("{place}.metrics[{i}]");
        metric_gate(&place, ("bake", Some(bake.duration)), doc, templates, author)
    };
    let gates = bake.metrics.iter().enumerate().map(gate).collect::<Result<_, _>>()?;
    Ok(Some(Bake { duration: bake.duration, gates: unique_gates(place, gates)? }))
}

fn unique_gates(place: &str, gates: Vec<Gate>) -> Result<Vec<Gate>, PipelineError> {
    let mut names = BTreeSet::new();
    match gates.iter().find(|gate| !names.insert(gate.name.clone())) {
        Some(gate) => {
            Err(at(place, format!("the gate {} stands twice; give it another template", gate.name)))
        }
        None => Ok(gates),
    }
}

fn qa_gate(
    place: &str,
    doc: &QaDoc,
    templates: &Templates<'_>,
    author: Author<'_>,
) -> Result<Gate, PipelineError> {
    let revision = templates.qa.get(&doc.template).ok_or_else(|| {
        let problem =
            format!("no QA template is called {:?}; there {}", doc.template, listed(templates.qa.keys()));
        at(format!("{place}.qa.template"), problem)
    })?;
    Ok(Gate {
        name: author.gate(place, &format!("qa/{}", doc.template))?,
        kind: GateKind::Qa(QaGate {
            template: doc.template.clone(),
            parameters: doc.parameters.clone(),
            timeout: doc.timeout.unwrap_or(Span::seconds(3600)),
            revision: revision.clone(),
        }),
        error_limit: 3,
        inconclusive_limit: 3,
    })
}

fn metric_gate(
    place: &str,
    (prefix, window): (&str, Option<Span>),
    doc: &MetricsDoc,
    templates: &Templates<'_>,
    author: Author<'_>,
) -> Result<Gate, PipelineError> {
    let template = templates.metrics.get(&doc.template).ok_or_else(|| {
        let there = listed(templates.metrics.keys());
        at(
            format!("{place}.template"),
            format!("no MetricTemplate is called {:?}; there {there}", doc.template),
        )
    })?;
    let gate = template.fill(&doc.args, window).map_err(|problem| at(format!("{place}.args"), problem))?;
    Ok(Gate {
        name: author.gate(place, &format!("{prefix}/{}", doc.template))?,
        kind: GateKind::Metric(gate),
        error_limit: 3,
        inconclusive_limit: 3,
    })
}

fn listed<'a>(names: impl Iterator<Item = &'a String>) -> String {
    match names.cloned().collect::<Vec<_>>() {
        names if names.is_empty() => "is none".to_owned(),
        names => format!("are {}", names.join(", ")),
    }
}

/// Sorts so that upstream stands before downstream, keeping the document's order where it is free.
fn in_order(mut waiting: Vec<Environment>) -> Result<Vec<Environment>, PipelineError> {
    let names: BTreeSet<Name> = waiting.iter().map(|e| e.name.clone()).collect();
    for environment in &waiting {
        let mut upstream = BTreeSet::new();
        for edge in &environment.after.edges {
            let place = format!("spec.environments.{}.after", environment.name);
            if !names.contains(&edge.environment) {
                let problem =
                    format!("no environment is called {}; correct the name or add it", edge.environment);
                return Err(at(place, problem));
            }
            if !upstream.insert(&edge.environment) {
                return Err(at(place, format!("{} is named twice; keep one", edge.environment)));
            }
        }
    }
    let mut done: Vec<Environment> = Vec::new();
    while !waiting.is_empty() {
        let ready =
            |e: &Environment| e.after.edges.iter().all(|u| done.iter().any(|d| d.name == u.environment));
        match waiting.iter().position(ready) {
            Some(i) => done.push(waiting.remove(i)),
            None => {
                let cycle = waiting.iter().map(|e| e.name.to_string()).collect::<Vec<_>>().join(", ");
                let problem = format!("{cycle} wait for each other; take one edge out");
                return Err(at("spec.environments", problem));
            }
        }
    }
    Ok(done)
}

#[cfg(test)]
mod tests;
