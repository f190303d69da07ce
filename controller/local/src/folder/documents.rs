//! From files to documents: which files, how large, which kinds.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_saphyr::Spanned;
use towpath_core::pipeline::{Document, Metadata, MetricTemplate, PolicyDocument};

use crate::config::{FILE_NAME, without_passwords};
use crate::error::LocalError;

/// The largest file that is read, in bytes.
const LARGEST: u64 = 1 << 20;
/// The most files that are read.
const MOST_FILES: usize = 1_000;
const API_VERSION: &str = "towpath.dev/v1alpha1";

/// A document and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Placed<T> {
    pub(super) file: PathBuf,
    pub(super) document: T,
}

/// A pipeline's document with the lines that its environments begin in, in the same order.
#[derive(Debug, Clone)]
pub(super) struct PipelineDocument {
    pub(super) document: Document,
    pub(super) lines: Vec<u64>,
}

/// All documents of a folder.
#[derive(Debug, Default)]
pub(super) struct Documents {
    pub(super) pipelines: Vec<Placed<PipelineDocument>>,
    pub(super) metrics: Vec<Placed<MetricDocument>>,
    pub(super) policies: Vec<Placed<PolicyDocument>>,
}

/// A metric template as a document.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct MetricDocument {
    /// Checked before; here so that it is a known field.
    #[serde(rename = "apiVersion")]
    _api_version: String,
    #[serde(rename = "kind")]
    _kind: String,
    pub(super) metadata: Metadata,
    pub(super) spec: MetricTemplate,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    api_version: Option<String>,
    kind: Option<String>,
}

pub(super) fn mistake(file: &Path, reason: impl Into<String>) -> LocalError {
    LocalError::Config { place: file.display().to_string(), reason: reason.into() }
}

/// Reads all documents beside `towpath.yaml` and policies that stand elsewhere, or answers everything that is wrong
/// with them.
pub(super) fn read(folder: &Path, policies: &[PathBuf]) -> Result<Documents, Vec<LocalError>> {
    let mut documents = Documents::default();
    let mut mistakes = Vec::new();
    let named: Vec<PathBuf> = policies.iter().map(|file| folder.join(file)).collect();
    for file in files(folder).map_err(|e| vec![e])?.into_iter().filter(|file| !named.contains(file)) {
        match text(&file) {
            Ok(text) => mistakes.extend(add_all(&file, &text, &mut documents)),
            Err(error) => mistakes.push(error),
        }
    }
    for file in &named {
        match elsewhere(file) {
            Ok(found) => documents.policies.extend(found),
            Err(error) => mistakes.push(error),
        }
    }
    if mistakes.is_empty() { Ok(documents) } else { Err(mistakes) }
}

/// The files of the folder that hold documents, in the order of their names.
fn files(folder: &Path) -> Result<Vec<PathBuf>, LocalError> {
    let failed = |e: std::io::Error| mistake(folder, e.to_string());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let yaml = path.extension().is_some_and(|e| e == "yaml" || e == "yml");
        if !yaml || name.starts_with('.') || name == FILE_NAME || path.is_dir() {
            continue;
        }
        // A link to nowhere, or what is no file at all, would be a pipeline less, and nobody would know.
        match path.metadata().map_err(|e| mistake(&path, e.to_string()))?.is_file() {
            true => files.push(path),
            false => {
                return Err(mistake(&path, "it is no plain file: put the document in one, or remove it"));
            }
        }
    }
    if files.len() > MOST_FILES {
        return Err(mistake(folder, format!("it has more than {MOST_FILES} YAML files: split the folder")));
    }
    files.sort();
    Ok(files)
}

fn text(file: &Path) -> Result<String, LocalError> {
    let failed = |e: std::io::Error| mistake(file, e.to_string());
    let mut bytes = Vec::new();
    File::open(file).map_err(failed)?.take(LARGEST + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > LARGEST {
        return Err(mistake(file, format!("the file is larger than {} KiB", LARGEST >> 10)));
    }
    String::from_utf8(bytes)
        .map_err(|e| mistake(file, format!("the file is not UTF-8 text: {}", e.utf8_error())))
}

/// The policies of a file that `towpath.yaml` names. It has nothing else: a pipeline in it would be one of another folder.
fn elsewhere(file: &Path) -> Result<Vec<Placed<PolicyDocument>>, LocalError> {
    let found = std::fs::metadata(file)
        .map_err(|e| mistake(file, format!("{e}; policies in {FILE_NAME} names it")))?;
    if !found.is_file() {
        return Err(mistake(file, format!("it is no plain file, and policies in {FILE_NAME} names it")));
    }
    let mut documents = Documents::default();
    if let Some(error) = add_all(file, &text(file)?, &mut documents).into_iter().next() {
        return Err(error);
    }
    match (documents.pipelines.is_empty() && documents.metrics.is_empty(), documents.policies.is_empty()) {
        (true, false) => Ok(documents.policies),
        (false, _) => Err(mistake(file, "a file under policies has only documents of kind PromotionPolicy")),
        (true, true) => Err(mistake(file, "it has no document of kind PromotionPolicy")),
    }
}

/// Adds each document of a file; answers the mistakes.
fn add_all(file: &Path, text: &str, documents: &mut Documents) -> Vec<LocalError> {
    split(text).iter().filter_map(|part| add(file, part, documents).err()).collect()
}

fn add(file: &Path, text: &str, documents: &mut Documents) -> Result<(), LocalError> {
    let Some(head) = parse::<Option<Head>>(file, text)? else { return Ok(()) };
    match (head.api_version.as_deref(), head.kind.as_deref()) {
        (Some(API_VERSION), Some("Pipeline")) => {
            let document = PipelineDocument { document: parse(file, text)?, lines: lines(text) };
            documents.pipelines.push(Placed { file: file.to_owned(), document });
            Ok(())
        }
        (Some(API_VERSION), Some("MetricTemplate")) => {
            documents.metrics.push(Placed { file: file.to_owned(), document: parse(file, text)? });
            Ok(())
        }
        (Some(API_VERSION), Some("PromotionPolicy")) => {
            documents.policies.push(Placed { file: file.to_owned(), document: parse(file, text)? });
            Ok(())
        }
        (Some(API_VERSION), Some("Local")) => Err(mistake(
            file,
            format!("a document of kind Local is read from {FILE_NAME} only: move it there"),
        )),
        (version, kind) => {
            let found = format!("{} {}", version.unwrap_or("no apiVersion"), kind.unwrap_or("and no kind"));
            let expected = format!("{API_VERSION} Pipeline, MetricTemplate or PromotionPolicy");
            Err(mistake(file, format!("expected {expected}, found {found}; other files belong elsewhere")))
        }
    }
}

/// The lines in which the environments of a pipeline begin.
fn lines(text: &str) -> Vec<u64> {
    #[derive(Deserialize)]
    struct Outer {
        spec: Inner,
    }
    #[derive(Deserialize)]
    struct Inner {
        environments: Vec<Spanned<IgnoredAny>>,
    }
    // What cannot be read is told by whoever reads the whole of it.
    let outer = serde_saphyr::from_str::<Outer>(text);
    outer.map(|o| o.spec.environments.iter().map(|e| e.referenced.line()).collect()).unwrap_or_default()
}

fn parse<T: DeserializeOwned>(file: &Path, text: &str) -> Result<T, LocalError> {
    let options = || serde_saphyr::options! { strict_booleans: true };
    let read = |text: &str| serde_saphyr::from_str_with_options::<T>(text, options());
    read(text).map_err(|error| {
        // The message shows lines of the file, so it is made from a copy without passwords.
        let masked = read(&without_passwords(text)).err();
        let message = masked.map_or_else(|| error.without_snippet().to_string(), |e| e.to_string());
        let message = message.strip_prefix("error: ").unwrap_or(&message);
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        mistake(file, message.replace("<input>", &name).trim_end())
    })
}

/// The documents of a file, each with as many empty lines before it as keep its line numbers.
///
/// YAML 1.2 reserves `---` at the start of a line (before a blank or the line's end) for this, even in scalars.
fn split(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let begins =
            line.strip_prefix("---").is_some_and(|rest| rest.trim_start() != rest || rest.is_empty());
        if begins {
            parts.push("\n".repeat(number));
        }
        if let Some(part) = parts.last_mut() {
            part.push_str(line);
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_keep_their_line_numbers() {
        let text = "a: 1\n--- # two\nb: |\n  ---\n---no\n---";
        assert_eq!(split(text), ["a: 1\n", "\n--- # two\nb: |\n  ---\n---no\n", "\n\n\n\n\n---"]);
    }

    #[test]
    fn messages_name_the_file_and_keep_passwords() {
        let file = Path::new("pipelines/web.yaml");
        let text = "apiVersion: towpath.dev/v1alpha1\nkind: Pipeline\nurl: https://bot:hush@host/x\n";
        let error = add(file, text, &mut Documents::default()).unwrap_err().to_string();
        assert!(
            error.starts_with("failed to read pipelines/web.yaml: line 3 column 1: unknown field `url`"),
            "{error}"
        );
        assert!(error.contains("--> web.yaml:3:1") && !error.contains("hush"), "{error}");
    }
}
