//! The ledger itself: where it is, how large, and what it says of each environment.

use std::fmt::Write as _;

use serde::Serialize;
use towpath_core::id::{CommitId, RefName};
use towpath_core::journal::State;
use towpath_core::journal::state::{EnvironmentState, FULL_BYTES};
use towpath_core::pipeline::Pipeline;
use towpath_engine::journal::Head;

use super::layout::{HEAD, styled};
use super::version;

/// A journal as it stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LedgerView {
    /// The ref.
    pub journal: RefName,
    /// Its tip.
    pub tip: CommitId,
    /// The size of `state.json` in bytes.
    pub bytes: usize,
    /// Everything that it says.
    pub state: State,
}

/// The view of a pipeline's journal.
pub fn ledger(pipeline: &Pipeline, head: &Head) -> LedgerView {
    LedgerView {
        journal: pipeline.repository.journal.clone(),
        tip: head.tip.clone(),
        bytes: head.state.to_bytes().len(),
        state: (*head.state).clone(),
    }
}

impl LedgerView {
    /// The view as lines.
    pub fn text(&self) -> String {
        let state = &self.state;
        let mut out = String::new();
        // Writing to a String cannot fail.
        let mut line = |name: &str, text: String| writeln!(out, "{name:11} {text}").unwrap_or_default();
        line("pipeline", styled(HEAD, &state.pipeline.to_string()));
        line("ref", self.journal.to_string());
        line("tip", self.tip.to_string());
        line("ledger", state.ledger.to_string());
        line("owner", format!("{}, epoch {}", state.owner.id, state.owner.epoch));
        line("last event", format!("{} at {}", state.n, state.at));
        line("size", format!("{} of {} KiB", self.bytes.div_ceil(1024), FULL_BYTES / 1024));
        let (releases, chunks) = (state.releases.len(), state.archive.chunks);
        line("releases", format!("{releases} here, {chunks} files of older ones, last number {}", state.seq));
        let (approvals, requests) = (state.approvals.len(), state.requests.len());
        line("people", format!("{approvals} approvals, {} holds, {requests} requests", state.holds.len()));
        for (branch, seen) in &state.seen {
            line("accounts", format!("for {branch} up to {} (event {})", seen.commit, seen.n));
        }
        state.envs.values().for_each(|env| self.environment(&mut out, env));
        out
    }

    fn environment(&self, out: &mut String, env: &EnvironmentState) {
        let removed = if env.removed { " (removed)" } else { "" };
        let _ = writeln!(out, "\n{}{removed}", styled(HEAD, env.config.name.as_str()));
        let mut line = |name: &str, text: String| writeln!(out, "  {name:11} {text}").unwrap_or_default();
        line("path", format!("{} on {}", env.config.path, env.config.branch));
        if let Some(at) = &env.at {
            let version = version(Some(&self.state), &at.r);
            let phase = format!("{:?}", at.phase).to_lowercase();
            line("runs", format!("{version} ({}), {phase} since {}", at.r, at.since));
            line("commit", at.commit.to_string());
            if let Some(pid) = &at.pid {
                line("promotion", format!("{pid}, try {}", at.attempt));
            }
            if let Some(live) = &at.live {
                line("live", format!("since {}", live.since));
            }
            for (gate, run) in &at.runs {
                let verdict = run.verdict.map_or("running".to_owned(), |verdict| verdict.to_string());
                line("gate", format!("{gate}: {verdict}, try {}", run.attempt));
            }
        }
        let (order, seq) = env.hw.into();
        line("high water", if order == 0 { format!("number {seq}") } else { format!("order {order}") });
        if !env.ok.is_empty() {
            let versions: Vec<String> = env.ok.keys().map(|r| version(Some(&self.state), r)).collect();
            line("Verified", versions.join(", "));
        }
        let digests = env.rejected.iter().flat_map(|rejection| &rejection.digests);
        let digests: Vec<&str> = digests.map(|digest| digest.short()).collect();
        if !digests.is_empty() {
            line("rejected", digests.join(", "));
        }
    }
}
