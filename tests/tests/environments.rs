//! The reference environments agree with themselves: repository, pipelines and Argo CD objects.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use serde_yaml::Value;
use sha2::{Digest as _, Sha256};
use towpath_core::pipeline::{Document, MetricTemplate, Pipeline, Templates};

fn environments() -> Result<PathBuf> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    Ok(tests.parent().context("the tests stand in a folder of the repository")?.join("environments"))
}

fn repository() -> Result<PathBuf> {
    Ok(environments()?.join("repository"))
}

fn yaml_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("failed to list {}", folder.display()))? {
        let path = entry?.path();
        // What stands there is text for Helm, which becomes YAML only when values are filled in.
        if path.is_dir() && !path.ends_with("chart/templates") {
            files.extend(yaml_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn read(path: &Path) -> Result<Value> {
    let text = std::fs::read_to_string(path).with_context(|| format!("failed to read {}", path.display()))?;
    serde_yaml::from_str(&text).with_context(|| format!("failed to parse {}", path.display()))
}

/// The scalar at a path of keys; a message with the path when it is not there.
fn text(value: &Value, keys: &str) -> Result<String> {
    let found = keys.split('.').try_fold(value, |at, key| at.get(key));
    Ok(found.and_then(Value::as_str).with_context(|| format!("no text at {keys}"))?.to_owned())
}

fn list<'a>(value: &'a Value, keys: &str) -> Result<&'a Vec<Value>> {
    let found = keys.split('.').try_fold(value, |at, key| at.get(key));
    found.and_then(Value::as_sequence).with_context(|| format!("no list at {keys}"))
}

/// The documents of a folder that have this kind.
fn of_kind(folder: &str, kind: &str) -> Result<Vec<Value>> {
    let mut found = Vec::new();
    for path in yaml_files(&environments()?.join(folder))? {
        let document = read(&path)?;
        if text(&document, "kind").with_context(|| path.display().to_string())? == kind {
            found.push(document);
        }
    }
    ensure!(!found.is_empty(), "{folder} has no {kind}");
    Ok(found)
}

/// What the tests need to know of an Application, whoever makes it.
#[derive(Debug, PartialEq, Eq)]
struct Application {
    name: String,
    project: String,
    repository: String,
    branch: String,
    path: String,
    values: Vec<String>,
    server: String,
    namespace: String,
}

impl Application {
    fn read(value: &Value) -> Result<Self> {
        let values = match value.get("spec").and_then(|spec| spec.get("source")).and_then(|s| s.get("helm")) {
            Some(helm) => {
                list(helm, "valueFiles")?.iter().filter_map(Value::as_str).map(str::to_owned).collect()
            }
            None => Vec::new(),
        };
        Ok(Self {
            name: text(value, "metadata.name")?,
            project: text(value, "spec.project")?,
            repository: text(value, "spec.source.repoURL")?,
            branch: text(value, "spec.source.targetRevision")?,
            path: text(value, "spec.source.path")?,
            values,
            server: text(value, "spec.destination.server")?,
            namespace: text(value, "spec.destination.namespace")?,
        })
    }

    /// The folders and files of the repository that it is rendered from, in full.
    fn sources(&self) -> Vec<String> {
        let values = self.values.iter().map(|file| resolve(&self.path, file));
        std::iter::once(self.path.clone()).chain(values).collect()
    }
}

/// Resolves `../x` against a folder, as Argo CD does for value files.
fn resolve(folder: &str, file: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').collect();
    for part in file.split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Fills `{{ .key }}` in, which is all of the Go template language that the ApplicationSet uses.
fn fill(template: &str, element: &Value) -> Result<String> {
    let mut filled = template.to_owned();
    for (key, value) in element.as_mapping().context("an element is a mapping")? {
        let (key, value) =
            (key.as_str().context("a key is text")?, value.as_str().context("a value is text")?);
        filled = filled.replace(&format!("{{{{ .{key} }}}}"), value);
    }
    ensure!(!filled.contains("{{"), "something is left to be filled in: {filled}");
    Ok(filled)
}

fn fill_all(value: &Value, element: &Value) -> Result<Value> {
    Ok(match value {
        Value::String(template) => Value::String(fill(template, element)?),
        Value::Sequence(items) => {
            Value::Sequence(items.iter().map(|item| fill_all(item, element)).collect::<Result<_>>()?)
        }
        Value::Mapping(mapping) => {
            let filled = mapping.iter().map(|(key, value)| Ok((key.clone(), fill_all(value, element)?)));
            Value::Mapping(filled.collect::<Result<_>>()?)
        }
        other => other.clone(),
    })
}

/// The raw Application documents: those that are written out, and those that the ApplicationSet makes.
fn application_documents() -> Result<Vec<Value>> {
    let mut documents = of_kind("argocd", "Application")?;
    for set in of_kind("argocd", "ApplicationSet")? {
        let template = set.get("spec").and_then(|spec| spec.get("template")).context("no template")?;
        for generator in list(&set, "spec.generators")? {
            for element in list(generator, "list.elements")? {
                documents.push(fill_all(template, element)?);
            }
        }
    }
    Ok(documents)
}

fn applications() -> Result<BTreeMap<String, Application>> {
    let mut all = BTreeMap::new();
    for document in application_documents()? {
        let application = Application::read(&document)?;
        if let Some(twice) = all.insert(application.name.clone(), application) {
            bail!("two Applications are called {}", twice.name);
        }
    }
    Ok(all)
}

/// What stands in an environment's files for an image, by the pipeline's edit rule: tag and digest.
fn written(folder: &Path, rule: &Value) -> Result<(String, String, String)> {
    if let Some(kustomization) = rule.get("kustomization") {
        let name = text(kustomization, "image")?;
        let file = read(&folder.join("kustomization.yaml"))?;
        let mut entries = list(&file, "images")?.iter();
        let entry = entries.find(|e| text(e, "name").is_ok_and(|n| n == name));
        let entry = entry.with_context(|| format!("{} does not list {name}", folder.display()))?;
        return Ok((name, text(entry, "newTag")?, text(entry, "digest")?));
    }
    let helm = rule.get("helm").context("a rule is about a kustomization or about Helm values")?;
    let file = read(&folder.join(text(helm, "file")?))?;
    let value = |key: &str| text(&file, &text(helm, key)?);
    ensure!(value("repository")? == text(helm, "image")?, "{} is about another image", folder.display());
    Ok((text(helm, "image")?, value("tag")?, value("digest")?))
}

/// The digest that the reference environments use for a version: there is no registry to ask.
fn made_up_digest(image: &str, tag: &str) -> String {
    let hash = Sha256::digest(format!("{image}:{tag}"));
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// Whether a project's pattern admits a text: `*` stands for anything.
fn admits(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => match text.strip_prefix(start) {
            Some(after) => (0..=after.len()).filter_map(|at| after.get(at..)).any(|tail| admits(rest, tail)),
            None => false,
        },
    }
}

#[test]
fn every_yaml_file_parses_to_a_mapping() -> Result<()> {
    let files = yaml_files(&environments()?)?;
    ensure!(files.len() > 15, "only {} files were found", files.len());
    for file in files {
        assert!(read(&file)?.is_mapping(), "{}", file.display());
    }
    Ok(())
}

#[test]
fn kustomizations_name_files_that_exist() -> Result<()> {
    let mut seen = 0;
    for file in yaml_files(&repository()?)?.iter().filter(|file| file.ends_with("kustomization.yaml")) {
        let (folder, kustomization) = (file.parent().context("a file stands in a folder")?, read(file)?);
        for resource in list(&kustomization, "resources")?.iter().filter_map(Value::as_str) {
            assert!(folder.join(resource).exists(), "{}: {resource}", file.display());
            seen += 1;
        }
        for patch in kustomization.get("patches").and_then(Value::as_sequence).into_iter().flatten() {
            if let Ok(path) = text(patch, "path") {
                assert!(folder.join(&path).exists(), "{}: {path}", file.display());
            }
        }
    }
    ensure!(seen > 5, "only {seen} resources were found");
    Ok(())
}

#[test]
fn every_environment_says_version_1_0_0_of_the_images_its_pipeline_names() -> Result<()> {
    for pipeline in of_kind("pipelines", "Pipeline")? {
        let named: Vec<String> =
            list(&pipeline, "spec.images")?.iter().map(|i| text(i, "name")).collect::<Result<_>>()?;
        for environment in list(&pipeline, "spec.environments")? {
            let folder = repository()?.join(text(environment, "path")?);
            let rules = list(&pipeline, "spec.edit")?.iter().map(|rule| written(&folder, rule));
            let expected = named.iter().map(|image| {
                let digest = made_up_digest(image, "1.0.0");
                Ok((image.clone(), "1.0.0".to_owned(), digest))
            });
            let (rules, expected) =
                (rules.collect::<Result<Vec<_>>>()?, expected.collect::<Result<Vec<_>>>()?);
            assert_eq!(rules, expected, "{}", folder.display());
        }
    }
    Ok(())
}

#[test]
fn bases_and_chart_defaults_do_not_decide_what_runs() -> Result<()> {
    let base = read(&repository()?.join("apps/web/base/kustomization.yaml"))?;
    assert!(base.get("images").is_none(), "the base has images of its own");
    let defaults = read(&repository()?.join("apps/worker/chart/values.yaml"))?;
    assert_eq!(
        (text(&defaults, "image.tag")?, text(&defaults, "image.digest")?),
        (String::new(), String::new())
    );
    Ok(())
}

#[test]
fn pipelines_and_templates_are_valid() -> Result<()> {
    let mut metrics = BTreeMap::new();
    for document in of_kind("pipelines", "MetricTemplate")? {
        let spec = document.get("spec").context("no spec")?;
        let template: MetricTemplate = serde_yaml::from_value(spec.clone())?;
        metrics.insert(text(&document, "metadata.name")?, template);
    }
    let qa = ["smoke", "regression"].map(|name| (name.to_owned(), "1".to_owned())).into();
    for value in of_kind("pipelines", "Pipeline")? {
        let document: Document = serde_yaml::from_value(value)?;
        let name = document.metadata.name.clone();
        let pipeline = Pipeline::new(&document, &Templates { metrics: &metrics, qa: &qa });
        let pipeline = pipeline.with_context(|| format!("the pipeline {name} is not valid"))?;
        let order: Vec<String> = pipeline.environments.iter().map(|e| e.name.to_string()).collect();
        assert_eq!(order, ["dev", "staging", "production"], "{name}");
    }
    Ok(())
}

#[test]
fn every_environment_has_its_folder_and_its_applications() -> Result<()> {
    let applications = applications()?;
    for pipeline in of_kind("pipelines", "Pipeline")? {
        for environment in list(&pipeline, "spec.environments")? {
            let path = text(environment, "path")?;
            assert!(repository()?.join(&path).is_dir(), "{path}");
            for reference in list(environment, "applications")? {
                let name = text(reference, "name")?;
                let application =
                    applications.get(&name).with_context(|| format!("argocd/ has no {name}"))?;
                assert_eq!(application.repository, text(&pipeline, "spec.repository.url")?, "{name}");
                assert_eq!(application.branch, text(&pipeline, "spec.repository.branch")?, "{name}");
                // It deploys what the environment's folder says, or a promotion would change nothing.
                let inside = |source: &String| Path::new(source).starts_with(&path);
                assert!(application.sources().iter().any(inside), "{name} does not read {path}");
            }
        }
    }
    Ok(())
}

#[test]
fn no_application_is_without_a_pipeline() -> Result<()> {
    let mut named = Vec::new();
    for pipeline in of_kind("pipelines", "Pipeline")? {
        for environment in list(&pipeline, "spec.environments")? {
            for application in list(environment, "applications")? {
                named.push(text(application, "name")?);
            }
        }
    }
    named.sort();
    assert_eq!(applications()?.into_keys().collect::<Vec<_>>(), named);
    Ok(())
}

#[test]
fn applications_read_what_exists() -> Result<()> {
    for application in applications()?.into_values() {
        for source in application.sources() {
            assert!(repository()?.join(&source).exists(), "{}: {source}", application.name);
        }
    }
    Ok(())
}

#[test]
fn the_project_allows_every_application_and_not_everything() -> Result<()> {
    let projects = of_kind("argocd", "AppProject")?;
    let [project] = projects.as_slice() else { bail!("expected one project, found {}", projects.len()) };
    let repositories = list(project, "spec.sourceRepos")?;
    let allowed = |server: &str, namespace: &str| -> Result<bool> {
        let mut destinations = list(project, "spec.destinations")?.iter();
        Ok(destinations.any(|d| {
            let field = |key, value| text(d, key).is_ok_and(|pattern| admits(&pattern, value));
            field("server", server) && field("namespace", namespace)
        }))
    };
    for application in applications()?.into_values() {
        assert_eq!(application.project, text(project, "metadata.name")?, "{}", application.name);
        assert!(allowed(&application.server, &application.namespace)?, "{}", application.name);
        let known = repositories.iter().filter_map(Value::as_str).any(|p| admits(p, &application.repository));
        assert!(known, "{}", application.name);
    }
    assert!(!allowed("https://kubernetes.default.svc", "kube-system")?);
    Ok(())
}

#[test]
fn overlays_deploy_to_the_namespace_of_their_application() -> Result<()> {
    let mut seen = 0;
    for application in applications()?.into_values() {
        let file = repository()?.join(&application.path).join("kustomization.yaml");
        if file.exists() {
            assert_eq!(text(&read(&file)?, "namespace")?, application.namespace, "{}", application.name);
            seen += 1;
        }
    }
    ensure!(seen == 3, "expected three overlays, found {seen}");
    Ok(())
}

#[test]
fn applications_sync_by_themselves_and_give_up_soon() -> Result<()> {
    for document in application_documents()? {
        let name = text(&document, "metadata.name")?;
        let policy = document.get("spec").and_then(|s| s.get("syncPolicy")).context("no syncPolicy")?;
        for flag in ["prune", "selfHeal"] {
            let value = policy.get("automated").and_then(|a| a.get(flag)).and_then(Value::as_bool);
            assert_eq!(value, Some(true), "{name}: automated.{flag}");
        }
        let limit = policy.get("retry").and_then(|r| r.get("limit")).and_then(Value::as_i64);
        assert!(limit.is_some_and(|limit| (0..=5).contains(&limit)), "{name}: retry.limit {limit:?}");
    }
    Ok(())
}

#[test]
fn the_helpers_can_tell_wrong_from_right() -> Result<()> {
    assert_eq!(
        resolve("apps/worker/chart", "../values/dev/values.yaml"),
        "apps/worker/values/dev/values.yaml"
    );
    assert!(admits("web-*", "web-dev") && !admits("web-*", "worker-dev") && !admits("web-dev", "web-dev2"));
    assert!(admits("a*c", "abbc") && !admits("a*c", "abb") && admits("*", ""));
    let element = serde_yaml::from_str("env: dev")?;
    assert_eq!(fill("worker-{{ .env }}", &element)?, "worker-dev");
    assert!(fill("worker-{{ .cluster }}", &element).is_err());
    let expected = "sha256:8ac720777beb9a42009e5347f5dc7bf3e27429bd1dc640686f3c9514d487746b";
    assert_eq!(made_up_digest("ghcr.io/acme/web", "1.0.0"), expected);
    Ok(())
}
