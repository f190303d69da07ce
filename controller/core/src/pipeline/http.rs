//! HTTP gates: a system outside is asked about a release (decision 0007).

use std::fmt::Write as _;

use super::document::HttpDoc;
use super::entry::Author;
use super::validate::{PipelineError, at};
use crate::id::{GateHash, GateName, Name};
use crate::time::Span;

/// The longest address, in bytes, before and after its values are filled in.
const MAX_URL: usize = 2048;
/// The longest source of `success`, in bytes.
const MAX_SUCCESS: usize = 4096;
/// How often it is asked at most.
const MIN_INTERVAL: Span = Span::seconds(10);
/// How long an answer holds at most.
const MAX_INTERVAL: Span = Span::seconds(86_400);
/// The longest that an answer is waited for: a pass stands still so long.
const MAX_TIMEOUT: Span = Span::seconds(30);
/// What an address may name.
const NAMES: [&str; 5] = ["pipeline", "namespace", "environment", "version", "release"];

/// Wants a system outside to say something of the release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Http {
    /// `http/<name>`.
    pub name: GateName,
    /// Whom it asks.
    pub url: UrlTemplate,
    /// What has to be true of the answer, in CEL.
    pub success: String,
    /// How long an answer holds.
    pub interval: Span,
    /// How long an answer is waited for.
    pub timeout: Span,
}

/// An https address whose path and query have values filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UrlTemplate {
    /// Scheme, host and port; no value is ever filled in here.
    origin: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Value(&'static str),
}

/// What an address is filled in with.
#[derive(Debug, Clone, Copy)]
pub struct UrlValues<'a> {
    /// The pipeline's name.
    pub pipeline: &'a str,
    /// Its namespace.
    pub namespace: &'a str,
    /// The environment.
    pub environment: &'a str,
    /// The release's version.
    pub version: &'a str,
    /// The release's id.
    pub release: &'a str,
}

impl Http {
    /// Reads the gate that stands at `place` of its document.
    pub(super) fn new(place: &str, doc: &HttpDoc, author: Author<'_>) -> Result<Self, PipelineError> {
        let field = |name: &str| format!("{place}.{name}");
        let name = Name::parse(&doc.name).map_err(|e| at(field("name"), e))?;
        let success = doc.success.trim();
        if success.is_empty() || success.len() > MAX_SUCCESS {
            let problem = format!("expected an expression of at most {MAX_SUCCESS} bytes, such as");
            return Err(at(field("success"), format!("{problem} \"response.status == 200\"")));
        }
        let interval = doc.interval.unwrap_or(Span::seconds(60));
        if interval < MIN_INTERVAL || interval > MAX_INTERVAL {
            let problem = format!("expected {MIN_INTERVAL} to {MAX_INTERVAL}, found {interval}");
            return Err(at(field("interval"), problem));
        }
        let timeout = doc.timeout.unwrap_or(Span::seconds(10));
        if timeout == Span::default() || timeout > MAX_TIMEOUT {
            return Err(at(field("timeout"), format!("expected 1s to {MAX_TIMEOUT}, found {timeout}")));
        }
        Ok(Self {
            name: author.gate(&field("name"), &format!("http/{name}"))?,
            url: UrlTemplate::parse(&doc.url).map_err(|problem| at(field("url"), problem))?,
            success: success.to_owned(),
            interval,
            timeout,
        })
    }

    /// A gate as a document has it, for tables.
    #[cfg(test)]
    pub(crate) fn read(json: serde_json::Value) -> Self {
        let doc = serde_json::from_value(json).unwrap();
        let own = crate::id::PipelineId::parse("shop/web").unwrap();
        Self::new("http", &doc, Author::Pipeline(&own)).unwrap()
    }

    /// The hash to which its answers are bound.
    pub fn hash(&self) -> GateHash {
        GateHash::of(&[self.definition()])
    }

    /// A text that changes when its meaning changes. How often it is asked does not change that.
    pub fn definition(&self) -> String {
        format!("http {}", serde_json::json!([self.url.text(), self.success]))
    }
}

impl UrlTemplate {
    /// Reads an address. Answers what is wrong otherwise.
    fn parse(text: &str) -> Result<Self, String> {
        let rest = text.strip_prefix("https://").ok_or("expected an address that begins with https://")?;
        if text.len() > MAX_URL {
            return Err(format!("it has more than {MAX_URL} bytes"));
        }
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (host, rest) = rest.split_at_checked(end).unwrap_or((rest, ""));
        let plain = |c: char| c.is_ascii_alphanumeric() || "-.:[]".contains(c);
        if host.contains('{') {
            return Err("the host is not filled in: who names a release must not choose it".to_owned());
        }
        if host.is_empty() || host.starts_with([':', '.', '-']) || !host.chars().all(plain) {
            return Err("expected a host, with a port if need be, and no user or password".to_owned());
        }
        Ok(Self { origin: format!("https://{}", host.to_ascii_lowercase()), parts: parts(rest)? })
    }

    /// The host that is asked, for people.
    pub fn host(&self) -> &str {
        self.origin.trim_start_matches("https://")
    }

    /// The address for a release; each value percent-encoded. Fails with a sentence when it becomes too long.
    pub fn fill(&self, values: UrlValues<'_>) -> Result<String, String> {
        let mut url = self.origin.clone();
        for part in &self.parts {
            match part {
                Part::Text(text) => url.push_str(text),
                Part::Value(name) => encode(values.get(name), &mut url),
            }
        }
        match url.len() > MAX_URL {
            true => Err(format!("its address has more than {MAX_URL} bytes")),
            false => Ok(url),
        }
    }

    /// The template as it would be written.
    fn text(&self) -> String {
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Value(name) => format!("{{{{ {name} }}}}"),
        };
        self.origin.chars().chain(self.parts.iter().map(part).collect::<String>().chars()).collect()
    }
}

impl UrlValues<'_> {
    fn get(&self, name: &str) -> &str {
        match name {
            "pipeline" => self.pipeline,
            "namespace" => self.namespace,
            "environment" => self.environment,
            "version" => self.version,
            _ => self.release,
        }
    }
}

/// The text behind the host, cut at its values.
fn parts(mut text: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    while let Some((before, behind)) = text.split_once("{{") {
        let (name, rest) = behind.split_once("}}").ok_or("a {{ has no }}")?;
        let known = NAMES.into_iter().find(|known| *known == name.trim());
        let name = known.ok_or_else(|| {
            format!("{:?} is not known; an address may name {}", name.trim(), NAMES.join(", "))
        })?;
        parts.extend([Part::Text(literal(before)?), Part::Value(name)]);
        text = rest;
    }
    parts.push(Part::Text(literal(text)?));
    Ok(parts)
}

/// What stands in an address as it is.
fn literal(text: &str) -> Result<String, String> {
    if text.contains('#') {
        return Err("what follows # is never sent; take it out".to_owned());
    }
    match text.chars().find(|c| !c.is_ascii_graphic() || "\"<>\\^`{}|".contains(*c)) {
        Some(c) => Err(format!("{c:?} cannot stand in an address; write it percent-encoded")),
        None => Ok(text.to_owned()),
    }
}

/// Adds a value with everything encoded that could end it.
fn encode(value: &str, url: &mut String) {
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => url.push(char::from(byte)),
            // Writing to a String cannot fail.
            _ => drop(write!(url, "%{byte:02X}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::id::PipelineId;

    fn read(change: &[(&str, Value)]) -> Result<Http, PipelineError> {
        let mut doc = json!({
            "name": "change-ticket",
            "url": "https://Changes.example:8443/v1/{{ version }}?env={{environment}}",
            "success": "response.status == 200",
        });
        for (key, value) in change {
            doc[key] = value.clone();
        }
        let own = PipelineId::parse("shop/web").unwrap();
        Http::new("h", &serde_json::from_value(doc).unwrap(), Author::Pipeline(&own))
    }

    fn values(version: &str) -> UrlValues<'_> {
        UrlValues { pipeline: "web", namespace: "shop", environment: "prod", version, release: "r-1" }
    }

    #[test]
    fn values_are_encoded_and_never_part_of_the_host() {
        let gate = read(&[]).unwrap();
        assert_eq!((gate.name.as_str(), gate.url.host()), ("http/change-ticket", "changes.example:8443"));
        for (version, path) in [
            ("1.4.2", "1.4.2"),
            ("1.4.2, 7", "1.4.2%2C%207"),
            ("a/../b?x=1#y", "a%2F..%2Fb%3Fx%3D1%23y"),
            ("@evil.example", "%40evil.example"),
            ("ü\r\n", "%C3%BC%0D%0A"),
        ] {
            let filled = gate.url.fill(values(version)).unwrap();
            assert_eq!(filled, format!("https://changes.example:8443/v1/{path}?env=prod"), "{version}");
        }
        assert!(gate.url.fill(values(&"x".repeat(2100))).unwrap_err().contains("2048"));
    }

    #[test]
    fn defaults_and_the_hash() {
        let gate = read(&[]).unwrap();
        assert_eq!((gate.interval, gate.timeout), (Span::seconds(60), Span::seconds(10)));
        let hash = |change: &[(&str, Value)]| read(change).unwrap().hash();
        assert_eq!(hash(&[]), hash(&[("interval", json!("1h")), ("timeout", json!("1s"))]));
        assert_ne!(hash(&[]), hash(&[("success", json!("true"))]));
        assert_ne!(hash(&[]), hash(&[("url", json!("https://changes.example/"))]));
    }

    #[test]
    fn mistakes_have_a_place_and_a_remedy() {
        let url = |text: &str| vec![("url", json!(text))];
        let cases = [
            (url("http://changes.example/"), "h.url", "https://"),
            (url("https://{{ version }}.example/"), "h.url", "must not choose"),
            (url("https:///x"), "h.url", "expected a host"),
            (url("https://user:hush@changes.example/"), "h.url", "no user or password"),
            (url("https://changes.example/ x"), "h.url", "percent-encoded"),
            (url("https://changes.example/x#y"), "h.url", "never sent"),
            (url("https://changes.example/{{ image }}"), "h.url", "an address may name pipeline"),
            (url("https://changes.example/{{ version"), "h.url", "has no }}"),
            (url("https://changes.example/}x"), "h.url", "percent-encoded"),
            (url(&format!("https://changes.example/{}", "x".repeat(2100))), "h.url", "2048"),
            (vec![("name", json!("Change!"))], "h.name", "name"),
            (vec![("success", json!(" "))], "h.success", "response.status"),
            (vec![("success", json!("x".repeat(5000)))], "h.success", "4096"),
            (vec![("interval", json!("9s"))], "h.interval", "10s to"),
            (vec![("interval", json!("25h"))], "h.interval", "10s to"),
            (vec![("timeout", json!("0s"))], "h.timeout", "1s to"),
            (vec![("timeout", json!("31s"))], "h.timeout", "1s to"),
        ];
        for (change, place, problem) in cases {
            let error = read(&change).unwrap_err();
            assert_eq!(error.place, place, "{error}");
            assert!(error.problem.contains(problem) && !error.problem.contains("hush"), "{error}");
        }
    }
}
