//! Events of the journal, in words.

use std::fmt::Display;

use towpath_core::event::{BakeResult, Cause, Event, FailedPhase, RequestKind, Undoing, Unpinning};
use towpath_core::hold::{Select, Stop, Subject};
use towpath_core::id::{Name, ReleaseId};
use towpath_core::journal::State;
use towpath_core::release::{Image, version_of};
use towpath_core::time::Time;

use super::{clean, environment_name, version};

/// What happened, in one line; who did it is not part of it.
pub fn event_text(event: &Event, state: Option<&State>) -> String {
    let words = Words(state);
    words.ledger(event).or_else(|| words.people(event)).or_else(|| words.moves(event)).unwrap_or_else(|| {
        // What is left is a proof.
        words.proof(event).unwrap_or_else(|| event.name().to_owned())
    })
}

struct Words<'a>(Option<&'a State>);

impl Words<'_> {
    fn env(&self, key: &Name) -> String {
        environment_name(self.0, key)
    }

    fn version(&self, r: &ReleaseId) -> String {
        version(self.0, r)
    }

    fn ledger(&self, event: &Event) -> Option<String> {
        Some(match event {
            Event::Claimed { owner, epoch, was: None, reason } => {
                format!("{owner} owns the ledger (epoch {epoch}): {}", clean(reason))
            }
            Event::Claimed { owner, epoch, was: Some(was), reason } => {
                format!("{owner} took the ledger over from {was} (epoch {epoch}): {}", clean(reason))
            }
            Event::Configured { envs, .. } => {
                let names: Vec<&str> = envs.iter().map(|env| env.name.as_str()).collect();
                format!("configured {}", names.join(", "))
            }
            Event::Confirmed { what, tip } => format!("{what:?} accepted at {}", tip.short()),
            Event::Released { r, seq, images, authors, .. } => {
                let by = listed(authors).map_or_else(String::new, |authors| format!(", by {authors}"));
                format!("release {} ({r}), number {seq}{by}", clean(&version_of(images)))
            }
            Event::Adopted { env, images, commit, .. } => {
                format!("{} adopted as found at {}: {}", self.env(env), commit.short(), found(images))
            }
            _ => return None,
        })
    }

    fn people(&self, event: &Event) -> Option<String> {
        Some(match event {
            Event::Requested { q, env, r, kind, .. } => {
                format!("{} asked for ({q})", self.wish(*kind, env, r.as_ref()))
            }
            Event::Closed { q, outcome } => format!("request {q}: {}", clean(outcome)),
            Event::Approved { env, r, groups, until, .. } => {
                let groups = listed(groups).map_or_else(String::new, |groups| format!(" as {groups}"));
                format!("{} approved for {}{groups}{}", self.version(r), self.env(env), ending(*until))
            }
            Event::Unapproved { of } => format!("approval {of} taken back"),
            Event::Held { id, select, subject, stops, reason, until } => {
                let rollbacks = if stops.contains(&Stop::Rollbacks) { ", rollbacks too" } else { "" };
                let (what, place) = (self.subject(subject), self.selection(select));
                format!("{what} held in {place}{rollbacks} ({id}){}: {}", ending(*until), clean(reason))
            }
            Event::Lifted { id } => format!("hold {id} lifted"),
            Event::Overridden { gate, reason, .. } => format!("gate {gate} overridden: {}", clean(reason)),
            Event::Cleared { env, digests, reason } => {
                let digests: Vec<&str> = digests.iter().map(|digest| digest.short()).collect();
                format!("{} cleared in {}: {}", digests.join(", "), self.env(env), clean(reason))
            }
            _ => return None,
        })
    }

    fn wish(&self, kind: RequestKind, env: &Name, r: Option<&ReleaseId>) -> String {
        let (env, r) = (self.env(env), r.map(|r| self.version(r)));
        match (kind, r) {
            (RequestKind::Promote, Some(r)) => format!("promotion of {r} to {env}"),
            (RequestKind::Promote, None) => format!("promotion to {env}"),
            (RequestKind::Rollback, Some(r)) => format!("rollback of {env} to {r}"),
            (RequestKind::Rollback, None) => format!("rollback of {env}"),
            (RequestKind::Resume, _) => format!("resumption of {env}"),
        }
    }

    fn subject(&self, subject: &Subject) -> String {
        match subject {
            Subject::All => "everything".to_owned(),
            Subject::Release(r) => self.version(r),
            Subject::Digest(digest) => digest.short().to_owned(),
        }
    }

    fn selection(&self, select: &Select) -> String {
        selection(select, self.0)
    }

    fn moves(&self, event: &Event) -> Option<String> {
        Some(match event {
            Event::Proposed { env, r, .. } => {
                format!("{} proposed for {} by pull request", self.version(r), self.env(env))
            }
            Event::Promoted { env, r, cause, commit, landed, .. } => {
                let (version, env) = (self.version(r), self.env(env));
                let landed = if *landed { "" } else { ", on its way" };
                match cause {
                    Cause::Rollback => format!("{env} rolled back to {version}, {}{landed}", commit.short()),
                    Cause::Auto | Cause::Manual => {
                        format!("{version} promoted to {env}, {}{landed}", commit.short())
                    }
                }
            }
            Event::Landed { commit, .. } => format!("commit {} is on the branch", commit.short()),
            Event::Undone { why, .. } => format!("promotion undone: {}", undoing(*why)),
            Event::Pinned { env, commit, set } => {
                format!("{} pinned at {}: {}", self.env(env), commit.short(), clean(&set.join(", ")))
            }
            Event::Unpinned { env, how } => {
                format!("{} no longer pinned: {}", self.env(env), unpinning(*how))
            }
            _ => return None,
        })
    }

    fn proof(&self, event: &Event) -> Option<String> {
        Some(match event {
            Event::Live { env, since, .. } => format!("{} live since {since}", self.env(env)),
            Event::Unlive { env, why, .. } => format!("{} not live any more: {}", self.env(env), clean(why)),
            Event::Started { env, gate, attempt, deadline, .. } => {
                format!("{gate} started in {} (try {attempt}), deadline {deadline}", self.env(env))
            }
            Event::Judged { env, gate, verdict, detail, .. } => {
                let detail = detail.as_deref().map_or_else(String::new, |d| format!(": {}", clean(d)));
                format!("{gate} in {}: {verdict}{detail}", self.env(env))
            }
            Event::Verified { env, r, .. } => format!("{} Verified in {}", self.version(r), self.env(env)),
            Event::Baked { env, result: BakeResult::Passed, .. } => {
                format!("bake of {} passed", self.env(env))
            }
            Event::Baked { env, result: BakeResult::Cut, .. } => {
                format!("bake of {} cut short by a newer release", self.env(env))
            }
            Event::Failed { env, phase, gate, .. } => {
                let gate = gate.as_ref().map_or_else(String::new, |gate| format!(" ({gate})"));
                format!("{} failed: {}{gate}", self.env(env), failing(*phase))
            }
            Event::Revoked { env, r, why } => {
                format!("{} no longer Verified in {}: {}", self.version(r), self.env(env), clean(why))
            }
            Event::Rejected { env, r, .. } => format!("{} rejected in {}", self.version(r), self.env(env)),
            _ => return None,
        })
    }
}

/// Which environments a selector names, in words.
pub(super) fn selection(select: &Select, state: Option<&State>) -> String {
    let names = select.environments.iter().map(|key| environment_name(state, key));
    let labels = select.labels.iter().map(|(key, value)| clean(&format!("{key}={value}")));
    let parts: Vec<String> = names.chain(labels).collect();
    if parts.is_empty() { "all environments".to_owned() } else { parts.join(", ") }
}

fn listed<T: Display>(items: &[T]) -> Option<String> {
    let texts: Vec<String> = items.iter().map(|item| clean(&item.to_string())).collect();
    (!texts.is_empty()).then(|| texts.join(", "))
}

fn found(images: &[Image]) -> String {
    if images.is_empty() { "bytes without digests".to_owned() } else { clean(&version_of(images)) }
}

fn ending(until: Option<Time>) -> String {
    until.map_or_else(String::new, |until| format!(" until {until}"))
}

fn undoing(why: Undoing) -> &'static str {
    match why {
        Undoing::Race => "somebody else was faster",
        Undoing::Withdrawn => "its conditions no longer held",
        Undoing::Rewritten => "the branch was rewritten",
        Undoing::Closed => "the pull request was closed",
    }
}

fn unpinning(how: Unpinning) -> &'static str {
    match how {
        Unpinning::Resumed => "resumed",
        Unpinning::Promoted => "promoted over",
        Unpinning::Restored => "our value is back",
    }
}

fn failing(phase: FailedPhase) -> &'static str {
    match phase {
        FailedPhase::Health => "Degraded for too long",
        FailedPhase::Verification => "a verification gate",
        FailedPhase::Bake => "a bake gate",
    }
}
