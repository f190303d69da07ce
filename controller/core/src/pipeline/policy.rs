//! Policies: what administrators want of environments, whatever their pipelines say (decision 0007).

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::address::covers;
use super::document::{EntryDoc, Metadata, VerifyDoc};
use super::entry::{Author, gates};
use super::validate::{PipelineError, at, entry_gates, parsed, verify};
use super::{Approval, Dependency, Entry, EntryGate, Environment, Gate, Pipeline, Repository, Templates};
use crate::id::{GateHash, GateName, Name, PipelineId, RepoPath};

/// The most names, labels, addresses or paths in one list.
const MAX_ENTRIES: usize = 1000;

/// A policy as people write it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PolicyDocument {
    /// `towpath.dev/v1alpha1`.
    pub api_version: String,
    /// `PromotionPolicy`.
    pub kind: String,
    /// Its name; a policy has no namespace.
    pub metadata: Metadata,
    /// What it wants.
    pub spec: PolicySpec,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PolicySpec {
    #[serde(default)]
    select: SelectDoc,
    #[serde(default)]
    entry: Vec<EntryDoc>,
    #[serde(default)]
    verify: Vec<VerifyDoc>,
    overrides: Option<Vec<String>>,
    repositories: Option<Vec<GrantDoc>>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SelectDoc {
    environments: Option<Vec<String>>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    namespaces: Option<Vec<String>>,
    pipelines: Option<Vec<String>>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct GrantDoc {
    namespaces: Option<Vec<String>>,
    urls: Option<Vec<String>>,
    paths: Option<Vec<String>>,
}

/// A policy whose document was valid and whose templates were found.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Its name.
    pub name: Name,
    select: Select,
    approvals: Vec<Approval>,
    entry: Entry,
    verify: Vec<Gate>,
    /// What may be passed by at most; `None` for what its own entry gates do not forbid.
    overrides: Option<BTreeSet<EntryGate>>,
    /// Who may use what; `None` where it says nothing of that.
    grants: Option<Vec<Grant>>,
}

/// Which environments a policy is for: each part has to match, one that is not given matches all.
#[derive(Debug, Clone, PartialEq)]
struct Select {
    environments: Option<BTreeSet<Name>>,
    labels: BTreeMap<String, String>,
    namespaces: Option<BTreeSet<Name>>,
    pipelines: Option<BTreeSet<PipelineId>>,
}

/// Lets namespaces use repositories and folders; a part that is not given is all of them.
#[derive(Debug, Clone, PartialEq)]
struct Grant {
    namespaces: Option<BTreeSet<Name>>,
    urls: Option<BTreeSet<String>>,
    paths: Option<BTreeSet<RepoPath>>,
}

/// The policies that an environment is under.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policies {
    /// Their names, sorted.
    pub names: Vec<Name>,
    /// The hash of the verification gates that they add; `None` where they add none.
    pub verify: Option<GateHash>,
}

impl Policy {
    /// Its entry gates, under the names by which it gives them to environments.
    pub fn entry(&self) -> &Entry {
        &self.entry
    }

    /// Makes a policy of a document.
    pub fn new(document: &PolicyDocument, templates: &Templates<'_>) -> Result<Self, PipelineError> {
        if document.api_version != "towpath.dev/v1alpha1" || document.kind != "PromotionPolicy" {
            let found = format!("{} {}", document.api_version, document.kind);
            let problem = format!("expected towpath.dev/v1alpha1 PromotionPolicy, found {found}");
            return Err(at("apiVersion", problem));
        }
        let name = policy_name(&document.metadata)?;
        let spec = &document.spec;
        let author = Author::Policy(&name);
        let (approvals, entry) = gates("spec.entry", &spec.entry, author)?;
        let overrides =
            spec.overrides.as_ref().map(|words| entry_gates("spec.overrides", words)).transpose()?;
        let policy = Self {
            select: Select::new(&spec.select)?,
            approvals,
            entry,
            verify: verify("spec.verify", &spec.verify, templates, author)?,
            overrides,
            grants: spec.repositories.as_ref().map(|docs| grants(docs)).transpose()?,
            name: name.clone(),
        };
        match policy.is_empty() {
            true => Err(at("spec", "it asks for nothing; give it entry, verify, overrides or repositories")),
            false => Ok(policy),
        }
    }

    /// The same with its addresses as `resolved` makes them: what pipelines have was resolved in the same way.
    pub fn with_addresses(mut self, resolved: impl Fn(&str) -> String) -> Self {
        for grant in self.grants.iter_mut().flatten() {
            grant.urls = grant.urls.take().map(|urls| urls.iter().map(|url| resolved(url)).collect());
        }
        self
    }

    /// Whether it is for an environment of a pipeline.
    pub fn selects(&self, pipeline: &PipelineId, environment: &Environment) -> bool {
        let Select { environments, labels, namespaces, pipelines } = &self.select;
        environments.as_ref().is_none_or(|names| names.contains(&environment.name))
            && labels.iter().all(|(key, value)| environment.labels.get(key) == Some(value))
            && namespaces.as_ref().is_none_or(|names| names.contains(&pipeline.namespace))
            && pipelines.as_ref().is_none_or(|ids| ids.contains(pipeline))
    }

    fn is_empty(&self) -> bool {
        self.approvals.is_empty()
            && self.entry == Entry::default()
            && self.verify.is_empty()
            && self.overrides.is_none()
            && self.grants.is_none()
    }

    /// Refuses what no grant covers.
    fn permits(
        &self,
        id: &PipelineId,
        repository: &Repository,
        environment: &Environment,
    ) -> Result<(), PipelineError> {
        let Some(grants) = &self.grants else { return Ok(()) };
        let (url, usual) = (&repository.url, id.default_journal());
        // Grants are of folders; a ref of somebody else's choice could be another pipeline's journal, or any branch.
        if repository.journal != usual {
            let policy = &self.name;
            let problem = format!(
                "PromotionPolicy {policy} says what this namespace may use, and a journal of its own choice is not in it: \
                 leave it out, it is {usual} then"
            );
            return Err(at("spec.repository.journal", problem));
        }
        let (policy, namespace, path) = (&self.name, &id.namespace, &environment.path);
        let own: Vec<&Grant> = grants.iter().filter(|grant| grant.is_for(namespace)).collect();
        let here: Vec<&&Grant> = own.iter().filter(|grant| grant.has_repository(url)).collect();
        if here.iter().any(|grant| grant.has_path(path)) {
            return Ok(());
        }
        let (place, what, there) = match here.is_empty() {
            true => (
                "spec.repository.url".to_owned(),
                "this repository".to_owned(),
                listed(own.iter().filter_map(|grant| grant.urls.as_ref()).flatten()),
            ),
            false => (
                format!("spec.environments.{}.path", environment.name),
                format!("{path} in this repository"),
                listed(here.iter().filter_map(|grant| grant.paths.as_ref()).flatten()),
            ),
        };
        let remedy = match there {
            Some(there) => format!("take what it lets it use ({there}), or have the policy changed"),
            None => "it lets it use none; have the policy changed".to_owned(),
        };
        let problem =
            format!("PromotionPolicy {policy} does not let namespace {namespace} use {what}: {remedy}");
        Err(at(place, problem))
    }

    /// Adds its gates to an environment, and takes away what it does not let people pass by.
    fn apply(&self, id: &PipelineId, environment: &mut Environment) {
        let allowed = |gate: &EntryGate| match &self.overrides {
            Some(most) => most.contains(gate),
            None => !self.has(*gate),
        };
        environment.promotion.overrides.retain(allowed);
        environment.approvals.extend(self.approvals.iter().cloned());
        let entry = &mut environment.entry;
        entry.windows.extend(self.entry.windows.iter().cloned());
        // What all have to wait for does not wait for itself.
        let other = |gate: &&Dependency| &gate.pipeline != id;
        entry.dependencies.extend(self.entry.dependencies.iter().filter(other).cloned());
        entry.expressions.extend(self.entry.expressions.iter().cloned());
        entry.http.extend(self.entry.http.iter().cloned());
        environment.verify.extend(self.verify.iter().cloned());
        environment.policies.names.push(self.name.clone());
    }

    /// Whether it has entry gates of a kind.
    fn has(&self, kind: EntryGate) -> bool {
        match kind {
            EntryGate::Approval => !self.approvals.is_empty(),
            EntryGate::Window => !self.entry.windows.is_empty(),
            EntryGate::Dependency => !self.entry.dependencies.is_empty(),
            EntryGate::Expression => !self.entry.expressions.is_empty(),
            EntryGate::Http => !self.entry.http.is_empty(),
            // What passes an upstream by also passes by what the policy has verified there.
            EntryGate::Upstream => !self.verify.is_empty(),
            EntryGate::Soak => false,
        }
    }
}

impl Pipeline {
    /// The same with what policies add to it, which is what is decided about. Refused when it uses a repository or a
    /// folder that a policy does not let it use.
    pub fn under(mut self, policies: &[Policy]) -> Result<Self, PipelineError> {
        let mut policies: Vec<&Policy> = policies.iter().collect();
        policies.sort_by(|a, b| a.name.cmp(&b.name));
        for environment in &mut self.environments {
            for policy in &policies {
                if policy.selects(&self.id, environment) {
                    policy.permits(&self.id, &self.repository, environment)?;
                    policy.apply(&self.id, environment);
                }
            }
            environment.policies.verify = hash_of(environment.verify.iter().map(|g| (&g.name, g.hash())));
        }
        Ok(self)
    }
}

/// The hash of those gates that come from policies, each with the hash that it has or was judged under; `None` when
/// there is none.
pub(crate) fn hash_of<'a>(gates: impl Iterator<Item = (&'a GateName, GateHash)>) -> Option<GateHash> {
    let from_policy = gates.filter(|(name, _)| name.policy().is_some());
    let lines: BTreeSet<String> = from_policy.map(|(name, hash)| format!("{name} {hash}")).collect();
    (!lines.is_empty()).then(|| GateHash::of(&lines.into_iter().collect::<Vec<_>>()))
}

impl Select {
    fn new(doc: &SelectDoc) -> Result<Self, PipelineError> {
        if doc.labels.len() > MAX_ENTRIES {
            return Err(at("spec.select.labels", format!("at most {MAX_ENTRIES} are read")));
        }
        Ok(Self {
            environments: list("spec.select.environments", doc.environments.as_deref(), Name::parse)?,
            labels: doc.labels.clone(),
            namespaces: list("spec.select.namespaces", doc.namespaces.as_deref(), Name::parse)?,
            pipelines: list("spec.select.pipelines", doc.pipelines.as_deref(), PipelineId::parse)?,
        })
    }
}

impl Grant {
    fn new(place: &str, doc: &GrantDoc) -> Result<Self, PipelineError> {
        let field = |name: &str| format!("{place}.{name}");
        let paths: Option<Vec<String>> = doc
            .paths
            .as_ref()
            .map(|paths| paths.iter().map(|path| path.trim_end_matches('/').to_owned()).collect());
        Ok(Self {
            namespaces: list(&field("namespaces"), doc.namespaces.as_deref(), Name::parse)?,
            urls: addresses(&field("urls"), doc.urls.as_deref())?,
            paths: list(&field("paths"), paths.as_deref(), RepoPath::parse)?,
        })
    }

    fn is_for(&self, namespace: &Name) -> bool {
        self.namespaces.as_ref().is_none_or(|names| names.contains(namespace))
    }

    fn has_repository(&self, url: &str) -> bool {
        self.urls.as_ref().is_none_or(|urls| urls.iter().any(|granted| covers(granted, url)))
    }

    /// Whether a folder is one of those that are named, or below one.
    fn has_path(&self, path: &RepoPath) -> bool {
        let is_in = |folder: &RepoPath| path == folder || path.is_below(folder);
        self.paths.as_ref().is_none_or(|paths| paths.iter().any(is_in))
    }
}

fn policy_name(metadata: &Metadata) -> Result<Name, PipelineError> {
    if metadata.namespace.is_some() {
        let problem = "a policy is for all namespaces; take this out and name them in spec.select.namespaces";
        return Err(at("metadata.namespace", problem));
    }
    let name = parsed("metadata.name", Name::parse, &metadata.name)?;
    // The handle of a QA run names policy and template, and is read from the left.
    match name.as_str().split('-').any(|part| part == "qa") {
        true => Err(at("metadata.name", "no part of a policy's name may be qa; call it otherwise")),
        false => Ok(name),
    }
}

fn grants(docs: &[GrantDoc]) -> Result<Vec<Grant>, PipelineError> {
    length("spec.repositories", docs.len())?;
    let grant = |(i, doc)| Grant::new(&format!("spec.repositories[{i}]"), doc);
    docs.iter().enumerate().map(grant).collect()
}

/// An empty list could be meant as all and as none, so it is neither.
fn length(place: &str, length: usize) -> Result<(), PipelineError> {
    match length {
        0 => Err(at(place, "it is empty; name at least one, or leave it out for all")),
        1..=MAX_ENTRIES => Ok(()),
        _ => Err(at(place, format!("{length} entries are listed; at most {MAX_ENTRIES} are read"))),
    }
}

fn list<T: Ord>(
    place: &str,
    texts: Option<&[String]>,
    parse: fn(&str) -> Result<T, crate::id::InvalidId>,
) -> Result<Option<BTreeSet<T>>, PipelineError> {
    let Some(texts) = texts else { return Ok(None) };
    length(place, texts.len())?;
    let item = |(i, text): (usize, &String)| parsed(&format!("{place}[{i}]"), parse, text);
    texts.iter().enumerate().map(item).collect::<Result<_, _>>().map(Some)
}

fn addresses(place: &str, texts: Option<&[String]>) -> Result<Option<BTreeSet<String>>, PipelineError> {
    let Some(texts) = texts else { return Ok(None) };
    length(place, texts.len())?;
    let wrong = |text: &str| {
        let stars = text.matches('*').count();
        text.is_empty()
            || text.contains(|c: char| c.is_whitespace() || c.is_control())
            || stars > 1
            || (stars == 1 && text.strip_suffix("/*").is_none_or(|above| above.ends_with('/')))
    };
    match texts.iter().position(|text| wrong(text)) {
        Some(i) => Err(at(
            format!("{place}[{i}]"),
            "expected the address of a repository, or of all below one, such as https://git.example/acme/*",
        )),
        None => Ok(Some(texts.iter().cloned().collect())),
    }
}

/// A few of them, for people.
fn listed<T: ToString>(all: impl Iterator<Item = T>) -> Option<String> {
    let all: Vec<String> = all.map(|one| one.to_string()).collect();
    let more = all.len().saturating_sub(3);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!all.is_empty()).then(|| all.into_iter().take(3).collect::<Vec<_>>().join(", ") + &more)
}

#[cfg(test)]
mod tests;
