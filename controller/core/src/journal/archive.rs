//! What leaves `state.json`: lines of `archive/NNNNN.jsonl`, never rewritten.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::state::{EnvironmentState, MAX_RELEASES, Release, State};
use crate::event::FieldBytes;
use crate::id::ReleaseId;
use crate::release::{Image, Rank};

/// The most lines of one archive file.
pub const MAX_LINES: usize = 500;
/// At this weight releases leave the state even when they are few; well below
/// [`FULL_BYTES`](super::state::FULL_BYTES), so that large releases do not fill a ledger for good.
pub const MAX_WEIGHT: usize = 600_000;

/// One archived record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ArchiveLine {
    /// A release that is below every high-water mark and that nothing refers to.
    Release(Release),
}

/// The name of an archive file, `archive/00001.jsonl` the first.
pub fn file_name(chunk: u32) -> String {
    format!("archive/{chunk:05}.jsonl")
}

/// The bytes of an archive file.
pub fn to_bytes(lines: &[ArchiveLine]) -> Vec<u8> {
    let line = |l: &ArchiveLine| super::text::canonical(l) + "\n";
    lines.iter().map(line).collect::<String>().into_bytes()
}

/// Reads an archive file; what is not in canonical form is refused.
pub fn parse(bytes: &[u8]) -> Result<Vec<ArchiveLine>, String> {
    let lines = bytes.split(|b| *b == b'\n').filter(|l| !l.is_empty()).map(serde_json::from_slice);
    let lines: Vec<ArchiveLine> = lines.collect::<Result<_, _>>().map_err(|e| e.to_string())?;
    match to_bytes(&lines) == bytes {
        true => Ok(lines),
        false => Err("it is not in canonical form; use a newer towpath".to_owned()),
    }
}

/// About how many bytes of `state.json` go with the number and size of releases: exact enough to act on, and
/// cheap enough to look at with every commit.
fn weight(state: &State) -> usize {
    // The length of `name:tag@digest`.
    let written = |i: &Image| {
        let tag = i.tag.as_ref().map_or(0, |tag| tag.as_str().len() + 1);
        i.name.as_str().len() + tag + 1 + i.digest.as_str().len()
    };
    let release = |r: &Release| {
        let images = r.images.iter().map(|i| written(i) + 3).sum::<usize>();
        let authors = r.authors.iter().map(|a| a.as_str().len() + 3).sum::<usize>();
        let labels = r.labels.iter().map(|(k, v)| k.len() + v.len() + 6).sum::<usize>();
        let raw = |f: &FieldBytes| f.raw.as_ref().map_or(0, String::len);
        let field = |f: &FieldBytes| f.image.as_str().len() + f.file.as_str().len() + raw(f) + 60;
        160 + images + authors + labels + r.fields.iter().map(field).sum::<usize>()
    };
    let policies = |e: &EnvironmentState| e.ok.values().filter(|ok| ok.policy.is_some()).count();
    let environment = |e: &EnvironmentState| 80 * e.ok.len() + 40 * policies(e) + 30 * e.tries.len();
    state.releases.iter().map(release).sum::<usize>() + state.envs.values().map(environment).sum::<usize>()
}

/// Takes the oldest releases that nothing needs out of a full state; nothing when it is not full.
pub(super) fn overflow(state: &mut State) -> Vec<ArchiveLine> {
    if state.releases.len() < MAX_RELEASES && weight(state) < MAX_WEIGHT {
        return Vec::new();
    }
    let needed = referred(state);
    let lowest = lowest_root_mark(state);
    let mut lines = Vec::new();
    let releases = std::mem::take(&mut state.releases);
    for release in releases {
        let free = release.rank() < lowest && !needed.contains(&release.r);
        if free && lines.len() < MAX_LINES {
            for env in state.envs.values_mut() {
                let tries = env.tries.remove(&release.r).unwrap_or(0);
                env.forgotten = env.forgotten.max(tries);
                env.ok.remove(&release.r);
            }
            lines.push(ArchiveLine::Release(release));
        } else {
            state.releases.push(release);
        }
    }
    lines
}

/// The lowest high-water mark of the first environments: below it a release enters none of them by itself.
fn lowest_root_mark(state: &State) -> Rank {
    state.envs.values().filter(|e| !e.removed && e.config.root).map(|e| e.hw).min().unwrap_or_default()
}

fn referred(state: &State) -> BTreeSet<ReleaseId> {
    let mut needed = BTreeSet::new();
    for env in state.envs.values() {
        let currents = env.at.iter().chain(&env.committing);
        needed.extend(currents.flat_map(|c| c.from.iter().chain([&c.r])).cloned());
        needed.extend(env.proposed.iter().map(|p| p.r.clone()));
        needed.extend(env.good.iter().map(|g| g.r.clone()));
    }
    needed.extend(state.approvals.iter().map(|a| a.r.clone()));
    needed.extend(state.requests.iter().filter_map(|q| q.r.clone()));
    needed
}
