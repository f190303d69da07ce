//! The shape of the file, and the way from it to the settings.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use towpath_core::id::{Name, OwnerId};
use towpath_core::time::Span;
use towpath_engine::ports::Signature;

use super::fields::{self, HttpUrl, Program, RepositoryUrl, UrlTemplate, VariableName};
use super::{FILE_NAME, LiveSource, LocalConfig, PrometheusConfig, QaMode, QaTemplate, RepositoryConfig};
use crate::error::LocalError;
use crate::secret::starred;

const API_VERSION: &str = "towpath.dev/v1alpha1";
const KIND: &str = "Local";
/// The most files with policies.
const MOST_POLICIES: usize = 100;
const QA_TIMEOUT: Span = Span::seconds(30 * 60);
const LIVE_TIMEOUT: Span = Span::seconds(30);
const METRICS_TIMEOUT: Span = Span::seconds(30);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawFile {
    api_version: Option<String>,
    kind: Option<String>,
    owner: Option<OwnerId>,
    commits: Option<RawCommits>,
    #[serde(default)]
    repositories: Vec<RepositoryConfig>,
    #[serde(default)]
    qa: BTreeMap<Name, QaTemplate>,
    #[serde(default)]
    live: BTreeMap<Name, LiveSource>,
    #[serde(default)]
    policies: Vec<PathBuf>,
    metrics: Option<RawMetrics>,
}

/// The file after all checks that need no more than itself.
#[derive(Deserialize)]
#[serde(try_from = "RawFile")]
struct CheckedFile {
    owner: OwnerId,
    commits: Signature,
    repositories: Vec<RepositoryConfig>,
    qa: BTreeMap<Name, QaTemplate>,
    live: BTreeMap<Name, LiveSource>,
    policies: Vec<PathBuf>,
    prometheus: Option<PrometheusConfig>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCommits {
    name: String,
    email: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawRepository {
    url: RepositoryUrl,
    username: Option<String>,
    token_env: Option<VariableName>,
    #[serde(default = "yes")]
    atomic: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTemplate {
    command: Option<Program>,
    start: Option<Program>,
    poll: Option<Program>,
    timeout: Option<Span>,
    junit: Option<String>,
    #[serde(default)]
    environment: Vec<VariableName>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLive {
    command: Option<Program>,
    url: Option<UrlTemplate>,
    tip: Option<bool>,
    timeout: Option<Span>,
    #[serde(default)]
    environment: Vec<VariableName>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMetrics {
    prometheus: Option<PrometheusConfig>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawPrometheus {
    url: HttpUrl,
    token_env: Option<VariableName>,
    timeout: Option<Span>,
}

fn yes() -> bool {
    true
}

/// Reads a text file of at most `largest` bytes.
pub(super) fn read(path: &Path, largest: u64) -> Result<String, LocalError> {
    let bad = |reason: String| LocalError::Config { place: path.display().to_string(), reason };
    let file = File::open(path).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => bad(format!(
            "there is no such file: name its folder with --local DIR, or create it with \
                 `apiVersion: {API_VERSION}`, `kind: {KIND}` and `owner: NAME`"
        )),
        _ => bad(e.to_string()),
    })?;
    let mut bytes = Vec::new();
    file.take(largest + 1).read_to_end(&mut bytes).map_err(|e| bad(e.to_string()))?;
    if bytes.len() as u64 > largest {
        return Err(bad(format!("the file is larger than {} KiB", largest >> 10)));
    }
    String::from_utf8(bytes).map_err(|e| bad(format!("the file is not UTF-8 text: {}", e.utf8_error())))
}

/// Parses the text of the file at `path`.
pub(super) fn parse(path: &Path, text: &str) -> Result<LocalConfig, LocalError> {
    let options = || serde_saphyr::options! { strict_booleans: true };
    let read = |text: &str| serde_saphyr::from_str_with_options::<CheckedFile>(text, options());
    let file = read(text).map_err(|error| {
        // The message shows lines of the file, so it is made from a copy without passwords.
        let message = read(&without_passwords(text))
            .err()
            .map_or_else(|| error.without_snippet().to_string(), |masked| masked.to_string());
        let message = message.strip_prefix("error: ").unwrap_or(&message).replace("<input>", FILE_NAME);
        LocalError::Config { place: path.display().to_string(), reason: message.trim_end().to_owned() }
    })?;
    // Absolute, because children start in this folder and would look for relative programs from there.
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = std::path::absolute(folder)
        .map_err(|e| LocalError::Config { place: path.display().to_string(), reason: e.to_string() })?;
    Ok(file.resolved(&folder))
}

/// The text with secrets overwritten, those of addresses and those of fields that are called so; lines and
/// columns stay.
pub(crate) fn without_passwords(text: &str) -> String {
    starred(text).split_inclusive('\n').map(without_secret_fields).collect()
}

/// A line without the values of fields such as `password`. They are no fields of ours, which is why the line
/// gets shown.
fn without_secret_fields(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((key, value)) = rest.split_once(": ") {
        out.push_str(key);
        out.push_str(": ");
        let end = value.find([',', '}', ']', '\n', '\r']).unwrap_or(value.len());
        let (shown, after) = value.split_at_checked(end).unwrap_or((value, ""));
        rest = value;
        if is_secret(key) {
            // Not stars, with which YAML begins an alias.
            out.extend(shown.chars().map(|c| if " \"'".contains(c) { c } else { 'x' }));
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

fn is_secret(key: &str) -> bool {
    let key = key.trim_end_matches(['"', '\'']).to_ascii_lowercase();
    ["token", "password", "passwd", "secret", "apikey"].iter().any(|word| key.ends_with(word))
}

impl TryFrom<RawFile> for CheckedFile {
    type Error = String;
    fn try_from(raw: RawFile) -> Result<Self, String> {
        check_word("apiVersion", raw.api_version.as_deref(), API_VERSION)?;
        check_word("kind", raw.kind.as_deref(), KIND)?;
        let owner = raw.owner.ok_or(
            "owner is missing: a ledger has one owner, so that two hosts never promote against each other; \
             give this host a name of its own and keep it, such as `owner: shop-ci`",
        )?;
        let commits = raw.commits.unwrap_or_else(|| RawCommits {
            name: "Towpath".to_owned(),
            email: "towpath@localhost".to_owned(),
        });
        let commits = checked_signature(commits)?;
        check_distinct(&raw.repositories)?;
        let prometheus = raw.metrics.and_then(|metrics| metrics.prometheus);
        check_policies(&raw.policies)?;
        Ok(Self {
            owner,
            commits,
            repositories: raw.repositories,
            qa: raw.qa,
            live: raw.live,
            policies: raw.policies,
            prometheus,
        })
    }
}

fn check_policies(files: &[PathBuf]) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    match files.iter().find(|file| file.as_os_str().is_empty() || !seen.insert(*file)) {
        Some(file) => {
            Err(format!("policies: expected each file once, found {:?} again or empty", file.display()))
        }
        None if files.len() > MOST_POLICIES => {
            Err(format!("policies: at most {MOST_POLICIES} files are read"))
        }
        None => Ok(()),
    }
}

fn check_word(field: &str, found: Option<&str>, expected: &str) -> Result<(), String> {
    match found {
        Some(word) if word == expected => Ok(()),
        Some(word) => Err(format!("{field} is {word:?}: expected {expected}")),
        None => Err(format!("{field} is missing: expected `{field}: {expected}`")),
    }
}

/// What git accepts in an author's line.
fn checked_signature(commits: RawCommits) -> Result<Signature, String> {
    let valid = |text: &str| {
        !text.trim().is_empty()
            && text.len() <= 200
            && !text.chars().any(|c| c.is_control() || "<>".contains(c))
    };
    if !valid(&commits.name) || !valid(&commits.email) {
        return Err("commits needs a name and an email in one line each, without < and >".to_owned());
    }
    Ok(Signature { name: commits.name, email: commits.email })
}

fn check_distinct(repositories: &[RepositoryConfig]) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    match repositories.iter().find(|repository| !seen.insert(fields::comparable(repository.url.as_str()))) {
        Some(twice) => Err(format!("the repository {} stands there twice: keep one of them", twice.url)),
        None => Ok(()),
    }
}

impl CheckedFile {
    fn resolved(self, folder: &Path) -> LocalConfig {
        let qa = self.qa.into_iter().map(|(name, template)| (name, template.resolved(folder))).collect();
        let live = self.live.into_iter().map(|(name, source)| (name, source.resolved(folder))).collect();
        LocalConfig {
            folder: folder.to_path_buf(),
            owner: self.owner,
            commits: self.commits,
            repositories: self.repositories,
            qa,
            live,
            policies: self.policies,
            prometheus: self.prometheus,
        }
    }
}

impl TryFrom<RawRepository> for RepositoryConfig {
    type Error = String;
    fn try_from(raw: RawRepository) -> Result<Self, String> {
        let username = raw.username.unwrap_or_else(|| "x-access-token".to_owned());
        if username.is_empty() || username.contains(|c: char| c == ':' || c.is_control()) {
            return Err(
                "username must not be empty or contain a colon: the token comes from tokenEnv".to_owned()
            );
        }
        let web = HttpUrl::try_from(raw.url.as_str().to_owned()).ok();
        if raw.token_env.is_some() && !web.as_ref().is_some_and(fields::keeps_secrets) {
            return Err(
                "a token is sent over https only, or to this machine: change the url or leave tokenEnv out"
                    .to_owned(),
            );
        }
        Ok(Self { url: raw.url, username, token: raw.token_env, atomic: raw.atomic })
    }
}

impl TryFrom<RawTemplate> for QaTemplate {
    type Error = String;
    fn try_from(raw: RawTemplate) -> Result<Self, String> {
        let revision = revision_of(&raw);
        let mode = match (raw.command, raw.start, raw.poll) {
            (Some(command), None, None) => QaMode::Waited { command },
            (None, Some(start), Some(poll)) => QaMode::Polled { start, poll },
            _ => return Err("a QA template has either `command`, or `start` and `poll`".to_owned()),
        };
        if let Some(junit) = &raw.junit {
            check_report_name(junit)?;
        }
        let timeout = positive(raw.timeout.unwrap_or(QA_TIMEOUT))?;
        Ok(Self { mode, timeout, junit: raw.junit, environment: raw.environment, revision })
    }
}

/// What is run, before paths are made those of this machine. How long it may take and which secrets it gets do
/// not change what is tested.
fn revision_of(raw: &RawTemplate) -> String {
    let words = |program: &Option<Program>| {
        program
            .iter()
            .flat_map(|p| std::iter::once(&p.program).chain(&p.arguments))
            .cloned()
            .collect::<Vec<_>>()
    };
    serde_json::json!([words(&raw.command), words(&raw.start), words(&raw.poll), raw.junit]).to_string()
}

/// The report gets a place of its own for each run, so only its name is free.
fn check_report_name(name: &str) -> Result<(), String> {
    let valid = (1..=100).contains(&name.len())
        && !name.starts_with('.')
        && !name.ends_with(".log")
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    if valid {
        return Ok(());
    }
    Err("junit is a plain file name such as report.xml, not one of a log; the run finds its whole path in TOWPATH_JUNIT".to_owned())
}

fn positive(timeout: Span) -> Result<Span, String> {
    if timeout.as_seconds() == 0 { Err("timeout must be longer than 0s".to_owned()) } else { Ok(timeout) }
}

impl QaTemplate {
    fn resolved(self, folder: &Path) -> Self {
        let mode = match self.mode {
            QaMode::Waited { command } => QaMode::Waited { command: command.resolved(folder) },
            QaMode::Polled { start, poll } => {
                QaMode::Polled { start: start.resolved(folder), poll: poll.resolved(folder) }
            }
        };
        Self { mode, ..self }
    }
}

impl TryFrom<RawLive> for LiveSource {
    type Error = String;
    fn try_from(raw: RawLive) -> Result<Self, String> {
        let timeout = positive(raw.timeout.unwrap_or(LIVE_TIMEOUT))?;
        let environment = raw.environment;
        match (raw.command, raw.url, raw.tip) {
            (Some(command), None, None) => Ok(Self::Command { command, timeout, environment }),
            (None, Some(url), None) if environment.is_empty() => Ok(Self::Url { url, timeout }),
            (None, None, Some(true)) if environment.is_empty() && raw.timeout.is_none() => Ok(Self::Tip),
            _ => Err("a live source has either `command` (with `timeout` and `environment`), `url` (with \
                      `timeout`), or `tip: true`"
                .to_owned()),
        }
    }
}

impl LiveSource {
    fn resolved(self, folder: &Path) -> Self {
        match self {
            Self::Command { command, timeout, environment } => {
                Self::Command { command: command.resolved(folder), timeout, environment }
            }
            other @ (Self::Url { .. } | Self::Tip) => other,
        }
    }
}

impl TryFrom<RawPrometheus> for PrometheusConfig {
    type Error = String;
    fn try_from(raw: RawPrometheus) -> Result<Self, String> {
        if raw.token_env.is_some() && !fields::keeps_secrets(&raw.url) {
            return Err("a token is sent over https only, or to this machine: change the address or leave \
                        tokenEnv out"
                .to_owned());
        }
        let timeout = positive(raw.timeout.unwrap_or(METRICS_TIMEOUT))?;
        Ok(Self { url: raw.url, token: raw.token_env, timeout })
    }
}

/// Reads a checked type through its raw one; the parser then knows the place of what is wrong.
macro_rules! deserialize_through {
    ($($raw:ident => $checked:ident),*) => {$(
        impl<'de> Deserialize<'de> for $checked {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $raw::deserialize(deserializer)?.try_into().map_err(serde::de::Error::custom)
            }
        }
    )*};
}
deserialize_through!(
    RawRepository => RepositoryConfig,
    RawTemplate => QaTemplate,
    RawLive => LiveSource,
    RawPrometheus => PrometheusConfig
);
