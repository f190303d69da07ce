//! Laws of the journal, and a journal to try them on.

mod archive;
mod events;
mod fold;
mod message;
mod promotion;

use serde_json::{Value, json};

use super::fold::line;
use super::{FoldError, State, fold_all, genesis};
use crate::event::Recorded;
use crate::id::{Name, PipelineId, ReleaseId};
use crate::release::{Image, release_id};
use crate::time::{Span, Time};

/// A journal in memory, to which events are given by their members.
#[derive(Clone)]
struct Ledger {
    state: State,
    now: Time,
}

impl Ledger {
    /// Two environments: `dev`, a first one, and `staging`.
    fn new() -> Self {
        let now = Time::parse("2026-11-21T09:00:00Z").unwrap();
        let first = json!({"e": "Claimed", "owner": "a", "epoch": 1, "reason": "first sight",
            "n": 1, "at": now.to_string(), "by": "towpath"});
        let state = genesis(&PipelineId::parse("shop/web").unwrap(), &recorded(first)).unwrap();
        let mut ledger = Self { state, now };
        let envs = json!([environment("dev", true), environment("staging", false)]);
        ledger.push(json!({"e": "Configured", "envs": envs, "images": ["web"], "renamed": {}}));
        ledger
    }

    /// The event as the next one.
    fn next(&self, mut event: Value) -> Recorded {
        event["n"] = json!(self.state.n + 1);
        event["at"] = json!(self.now.to_string());
        event["by"] = json!("towpath");
        recorded(event)
    }

    /// Adds an event that has to be acceptable.
    fn push(&mut self, event: Value) -> Vec<super::ArchiveLine> {
        let event = self.next(event);
        fold_all(&mut self.state, std::slice::from_ref(&event))
            .unwrap_or_else(|e| panic!("{e}: {}", line(&event)))
    }

    /// Adds events that have to be acceptable, in one commit.
    fn commit(&mut self, events: Vec<Value>) -> Vec<super::ArchiveLine> {
        let number = |(n, event): (u64, Value)| Recorded { n, ..self.next(event) };
        let events: Vec<Recorded> = (self.state.n + 1..).zip(events).map(number).collect();
        fold_all(&mut self.state, &events).unwrap_or_else(|e| panic!("{e}"))
    }

    /// Why an event is refused.
    fn refused(&self, event: Value) -> String {
        let mut state = self.state.clone();
        fold_all(&mut state, &[self.next(event)]).map(drop).unwrap_err().reason
    }

    fn wait(&mut self, seconds: u32) {
        self.now = self.now.plus(Span::seconds(seconds));
    }

    fn env(&self, key: &str) -> &super::state::EnvironmentState {
        &self.state.envs[&Name::parse(key).unwrap()]
    }

    /// Releases the `i`-th set.
    fn release(&mut self, i: u64) -> String {
        let r = self.id(i);
        let seq = self.state.seq + 1;
        self.push(
            json!({"e": "Released", "r": r, "seq": seq, "images": [set(i)], "authors": [], "labels": {}}),
        );
        r
    }

    fn id(&self, i: u64) -> String {
        release_id(&self.state.ledger, &[Image::parse(&set(i)).unwrap()]).to_string()
    }

    /// The event that promotes a release as its next try.
    fn promotion(&self, key: &str, r: &str) -> Value {
        let (name, id) = (Name::parse(key).unwrap(), ReleaseId::parse(r).unwrap());
        let attempt = self.env(key).tries.get(&id).copied().unwrap_or(0) + 1;
        json!({"e": "Promoted", "pid": self.state.pid(&name, &id, attempt), "env": key, "r": r, "try": attempt,
            "cause": "auto", "commit": "c".repeat(40), "base": "b".repeat(40), "gates": gates(), "landed": true})
    }

    /// Promotes a release; answers the promotion.
    fn promote(&mut self, key: &str, r: &str) -> Value {
        let event = self.promotion(key, r);
        self.push(event.clone());
        event["pid"].clone()
    }

    /// Promotes a release and proves it.
    fn verify(&mut self, key: &str, r: &str) -> Value {
        let pid = self.promote(key, r);
        self.live(key, &pid);
        self.push(json!({"e": "Verified", "env": key, "pid": pid, "r": r, "gates": gates()}));
        pid
    }

    fn live(&mut self, key: &str, pid: &Value) {
        let since = self.now.to_string();
        self.push(json!({"e": "Live", "env": key, "pid": pid, "since": since, "tree": "d".repeat(40)}));
    }

    fn unlive(&mut self, key: &str, pid: &Value) {
        self.push(
            json!({"e": "Unlive", "env": key, "pid": pid, "until": self.now.to_string(), "why": "gone"}),
        );
    }
}

fn recorded(event: Value) -> Recorded {
    serde_json::from_value(event.clone()).unwrap_or_else(|e| panic!("{e}: {event}"))
}

fn environment(key: &str, root: bool) -> Value {
    json!({"key": key, "name": key, "path": format!("apps/{key}"), "branch": "refs/heads/main", "root": root,
        "edit": [{"kustomization": {"image": "web", "form": "tag+digest"}}]})
}

fn set(i: u64) -> String {
    format!("web:1.{i}@sha256:{i:064x}")
}

fn gates() -> String {
    format!("g1:{}", "0".repeat(20))
}

fn reason(result: Result<Vec<super::ArchiveLine>, FoldError>) -> String {
    result.map(drop).unwrap_err().reason
}
