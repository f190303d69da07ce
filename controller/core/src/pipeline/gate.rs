//! Gates and the hash of their definitions.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::{GateHash, GateName, Name};
use crate::time::Span;

/// A verification or bake gate, its template filled in.
#[derive(Debug, Clone, PartialEq)]
pub struct Gate {
    /// Its name inside the environment: `qa/<template>`, `metrics/<template>` or `bake/<template>`.
    pub name: GateName,
    /// What it does.
    pub kind: GateKind,
    /// How often it may end in Error before a person has to look.
    pub error_limit: u32,
    /// How often it may end Inconclusive before a person has to look.
    pub inconclusive_limit: u32,
}

/// What a gate does.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum GateKind {
    /// Runs QA.
    Qa(QaGate),
    /// Watches a metric over a window.
    Metric(MetricGate),
}

/// Runs QA.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QaGate {
    /// Which template.
    pub template: String,
    /// Its parameters.
    pub parameters: BTreeMap<String, String>,
    /// How long a run may take.
    pub timeout: Span,
    /// A text that changes when the template changes.
    pub revision: String,
}

/// Watches a metric over a window.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricGate {
    /// The query, arguments filled in.
    pub query: String,
    /// The largest good value.
    pub max: Option<f64>,
    /// The smallest good value.
    pub min: Option<f64>,
    /// Distance of the samples.
    pub interval: Span,
    /// Length of the window.
    pub window: Span,
    /// How many bad samples are borne.
    pub failure_limit: u32,
    /// How many good samples it takes to pass.
    pub min_samples: u32,
}

/// A metric as an administrator describes it, before its arguments are filled in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MetricTemplate {
    /// The query with `{{ argument }}` in it.
    pub query: String,
    /// The largest good value.
    #[serde(default)]
    pub max: Option<f64>,
    /// The smallest good value.
    #[serde(default)]
    pub min: Option<f64>,
    /// Distance of the samples.
    pub interval: Span,
    /// Length of the window when it verifies; a bake brings its own.
    pub duration: Span,
    /// How many bad samples are borne.
    #[serde(default)]
    pub failure_limit: u32,
    /// How many good samples it takes to pass; more than half of the window's when not given.
    #[serde(default)]
    pub min_samples: Option<u32>,
}

/// Wants people's consent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// How many people.
    pub count: u32,
    /// Of which groups; of any when empty.
    pub groups: Vec<String>,
    /// Whether authors of the release are refused.
    pub not_author: bool,
    /// The policy that it comes from.
    pub policy: Option<Name>,
}

impl Gate {
    /// The hash of its definition.
    pub fn hash(&self) -> GateHash {
        // The definition consists of strings, numbers and maps with string keys, which JSON can always hold.
        let definition = serde_json::to_string(&self.kind).unwrap_or_default();
        GateHash::of(&[self.name.to_string(), definition])
    }
}

impl Approval {
    /// One line that changes when its meaning changes.
    pub fn definition(&self) -> String {
        let groups = serde_json::Value::from(self.groups.clone());
        format!("approval {} {groups} {}", self.count, self.not_author)
    }
}

impl MetricTemplate {
    /// Fills the arguments in. Answers what is wrong otherwise.
    ///
    /// Arguments end up inside a query language, so only characters that cannot end a quoted label are allowed.
    pub fn fill(&self, args: &BTreeMap<String, String>, window: Option<Span>) -> Result<MetricGate, String> {
        let mut query = self.query.clone();
        for (name, value) in args {
            let safe = |c: char| c.is_ascii_alphanumeric() || "_-./: ".contains(c);
            if value.len() > 200 || !value.chars().all(safe) {
                return Err(format!("argument {name} may have letters, digits, blanks and _-./: only"));
            }
            query = query.replace(&format!("{{{{ {name} }}}}"), value);
        }
        if let Some((_, rest)) = query.split_once("{{") {
            let name = rest.split("}}").next().unwrap_or("").trim();
            return Err(format!("the query needs the argument {name:?}, which is not given under args"));
        }
        if self.max.is_none() && self.min.is_none() {
            return Err("neither max nor min is given, so every value would be good".to_owned());
        }
        let (interval, window) = (self.interval.as_seconds(), window.unwrap_or(self.duration));
        if interval == 0 || window.as_seconds() < interval {
            return Err("interval must be at least 1s and at most the duration".to_owned());
        }
        let expected = window.as_seconds() / interval;
        Ok(MetricGate {
            query,
            max: self.max,
            min: self.min,
            interval: self.interval,
            window,
            failure_limit: self.failure_limit,
            min_samples: self.min_samples.unwrap_or(expected / 2 + 1).clamp(1, expected.max(1)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template() -> MetricTemplate {
        MetricTemplate {
            query: "errors{service=\"{{ service }}\"}".into(),
            max: Some(0.05),
            min: None,
            interval: Span::seconds(30),
            duration: Span::seconds(300),
            failure_limit: 0,
            min_samples: None,
        }
    }

    fn args(value: &str) -> BTreeMap<String, String> {
        BTreeMap::from([("service".to_owned(), value.to_owned())])
    }

    #[test]
    fn arguments_are_filled_in() {
        let gate = template().fill(&args("web"), None).unwrap();
        assert_eq!(gate.query, "errors{service=\"web\"}");
        assert_eq!(gate.min_samples, 6);
    }

    #[test]
    fn an_argument_cannot_leave_its_quotes() {
        assert!(template().fill(&args("web\"} or vector(0) #"), None).is_err());
    }

    #[test]
    fn missing_arguments_and_limits_are_named() {
        assert!(template().fill(&BTreeMap::new(), None).unwrap_err().contains("\"service\""));
        assert!(MetricTemplate { max: None, ..template() }.fill(&args("web"), None).is_err());
    }

    #[test]
    fn the_hash_follows_the_definition() {
        let gate = |limit| Gate {
            name: GateName::parse("metrics/errors").unwrap(),
            kind: GateKind::Metric(
                MetricTemplate { max: Some(limit), ..template() }.fill(&args("web"), None).unwrap(),
            ),
            error_limit: 3,
            inconclusive_limit: 1,
        };
        assert_eq!(gate(0.05).hash(), gate(0.05).hash());
        assert_ne!(gate(0.05).hash(), gate(0.06).hash());
    }
}
