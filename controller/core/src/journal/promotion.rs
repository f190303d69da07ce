//! Promotion commits: what people read in `git log`, and trailers that inform but prove nothing.

use std::collections::BTreeSet;

use crate::event::Cause;
use crate::id::{Actor, Digest, GateHash, ImageName, Name, Pid, PipelineId, ReleaseId};
use crate::release::Image;

/// The version of the trailers.
const FORMAT: u32 = 1;

/// Everything a promotion commit says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromotionMessage {
    /// The subject, filled in.
    pub subject: String,
    /// Lines for people.
    pub body: Vec<String>,
    /// The user's own trailers, filled in.
    pub extra: Vec<(String, String)>,
    /// Ours.
    pub trailers: Trailers,
}

/// Our trailers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trailers {
    /// The promotion.
    pub pid: Pid,
    /// The pipeline.
    pub pipeline: PipelineId,
    /// The environment's name.
    pub environment: Name,
    /// The release and its sequence.
    pub release: (ReleaseId, u64),
    /// The number of the journal's Promoted or Proposed event.
    pub journal: u64,
    /// Hash of the entry gates.
    pub gates: GateHash,
    /// Where it was Verified, by which promotion, under which gates.
    pub upstream: Vec<(Name, Option<Pid>, GateHash)>,
    /// Its images.
    pub images: Vec<Image>,
    /// Why.
    pub cause: Cause,
    /// What a rollback leaves.
    pub rejects: Vec<(ImageName, Digest)>,
    /// Gates that a person overrode, with the reason.
    pub overrides: Vec<(String, String)>,
    /// Who.
    pub actor: Actor,
}

/// One line: a text with control characters or line separators becomes the inside of a JSON string with all of
/// them escaped, so that no value can begin a line of its own; any other text stays as it is.
fn one_line(text: &str) -> String {
    let escaped = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    if !text.contains(escaped) {
        return text.to_owned();
    }
    let json = serde_json::Value::String(text.to_owned()).to_string();
    let inner = json.strip_prefix('"').and_then(|json| json.strip_suffix('"')).unwrap_or_default();
    let mut line = String::with_capacity(inner.len());
    for c in inner.chars() {
        // What JSON lets stand, a terminal or a reader of lines may not.
        match escaped(c) {
            true => line.push_str(&format!("\\u{:04x}", u32::from(c))),
            false => line.push(c),
        }
    }
    line
}

impl PromotionMessage {
    /// The whole message.
    pub fn to_text(&self) -> String {
        let mut text = format!("{}\n\n", one_line(&self.subject));
        for line in &self.body {
            text.push_str(&one_line(line));
            text.push('\n');
        }
        if !self.body.is_empty() {
            text.push('\n');
        }
        for (key, value) in self.extra.iter().cloned().chain(self.trailers.lines()) {
            text.push_str(&format!("{key}: {}\n", one_line(&value)));
        }
        text
    }
}

impl Trailers {
    fn lines(&self) -> Vec<(String, String)> {
        let mut lines: Vec<(&str, String)> = vec![
            ("Format", FORMAT.to_string()),
            ("Promotion", self.pid.to_string()),
            ("Pipeline", self.pipeline.to_string()),
            ("Environment", self.environment.to_string()),
            ("Release", format!("{} sequence={}", self.release.0, self.release.1)),
            ("Journal", self.journal.to_string()),
            ("Gates", self.gates.to_string()),
        ];
        for (environment, pid, gates) in &self.upstream {
            let pid = pid.as_ref().map_or("-", Pid::as_str);
            lines.push(("Upstream", format!("{environment} {pid} {gates}")));
        }
        lines.extend(self.images.iter().map(|image| ("Image", image.to_string())));
        lines.push(("Cause", cause(self.cause).to_owned()));
        lines.extend(self.rejects.iter().map(|(name, digest)| ("Rejects", format!("{name}@{digest}"))));
        lines.extend(self.overrides.iter().map(|(gate, reason)| ("Override", format!("{gate} {reason}"))));
        lines.push(("Actor", self.actor.to_string()));
        lines.into_iter().map(|(key, value)| (format!("Towpath-{key}"), value)).collect()
    }
}

fn cause(cause: Cause) -> &'static str {
    match cause {
        Cause::Auto => "auto",
        Cause::Manual => "manual",
        Cause::Rollback => "rollback",
    }
}

/// What the trailers of a commit claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The pipeline.
    pub pipeline: PipelineId,
    /// The promotion.
    pub pid: Pid,
    /// The number of the journal's event.
    pub n: u64,
}

/// What a commit claims to be, by well-formed trailers, `None` otherwise.
///
/// A claim is not a proof: only the journal's naming of a commit's id is. Control characters or a key that
/// stands twice void the whole.
pub fn claim(message: &str) -> Option<Claim> {
    let body = message.trim_end_matches('\n');
    let last = body.rsplit("\n\n").next()?;
    if last.len() > 64 * 1024 || last.chars().any(|c| c.is_control() && c != '\n') {
        return None;
    }
    let repeatable = ["Towpath-Image", "Towpath-Upstream", "Towpath-Rejects", "Towpath-Override"];
    let mut seen = BTreeSet::new();
    let (mut pipeline, mut pid, mut journal, mut format) = (None, None, None, None);
    for line in last.lines() {
        let (key, value) = line.split_once(": ")?;
        if key.starts_with("Towpath-") && !repeatable.contains(&key) && !seen.insert(key) {
            return None;
        }
        match key {
            "Towpath-Format" => format = Some(value),
            "Towpath-Promotion" => pid = Pid::parse(value).ok(),
            "Towpath-Pipeline" => pipeline = PipelineId::parse(value).ok(),
            "Towpath-Journal" => journal = number(value),
            _ => {}
        }
    }
    format.filter(|f| *f == FORMAT.to_string())?;
    Some(Claim { pipeline: pipeline?, pid: pid?, n: journal? })
}

/// A decimal number as it is written: no sign, no zero in front.
fn number(text: &str) -> Option<u64> {
    text.parse::<u64>().ok().filter(|n| n.to_string() == text)
}
