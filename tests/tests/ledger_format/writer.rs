//! Writes a ledger as the engine does, with given times, so that every byte of it is known beforehand.

use serde_json::{Value, json};
use towpath_core::event::{Cause, Event, Recorded};
use towpath_core::id::{CommitId, GateHash, LedgerId, Name, PipelineId, ReleaseId};
use towpath_core::journal::promotion::{PromotionMessage, Trailers};
use towpath_core::journal::{JournalMessage, State, archive, fold_all, genesis};
use towpath_core::release::{Image, release_id};
use towpath_core::time::{Span, Time};

use crate::git::{File, Git};

/// The journal's ref.
pub(crate) const JOURNAL: &str = "refs/towpath/ledger/shop/web";
const BRANCH: &str = "refs/heads/main";

/// A journal and its branch under construction.
pub(crate) struct Writer<'g> {
    git: &'g Git,
    pipeline: PipelineId,
    state: Option<State>,
    tip: Option<String>,
    branch: String,
    at: Time,
}

/// An event by its members; who did it stands in `by`.
pub(crate) struct Entry {
    by: &'static str,
    event: Value,
}

/// An event by Towpath.
pub(crate) fn machine(event: Value) -> Entry {
    Entry { by: "towpath", event }
}

/// An event by a person.
pub(crate) fn person(by: &'static str, event: Value) -> Entry {
    Entry { by, event }
}

/// The hash of some gate.
pub(crate) fn gate(definition: &str) -> String {
    GateHash::of(&[definition.to_owned()]).to_string()
}

/// A digest that is told apart by a letter.
pub(crate) fn digest(letter: char) -> String {
    format!("sha256:{}", letter.to_string().repeat(64))
}

/// An environment's configuration.
pub(crate) fn environment(key: &str, name: &str, path: &str, root: bool) -> Value {
    let edit = json!([{"kustomization": {"form": "tag+digest", "image": "ghcr.io/acme/web"}}]);
    json!({"key": key, "name": name, "path": path, "branch": BRANCH, "root": root, "edit": edit})
}

impl<'g> Writer<'g> {
    /// A branch with one commit of a person, and no journal yet.
    pub(crate) fn new(git: &'g Git, files: &[File]) -> Self {
        let at = Time::parse("2026-11-21T09:00:00Z").unwrap();
        let branch = git.commit(None, None, files, "Add the web application\n", at.unix());
        let pipeline = PipelineId::parse("shop/web").unwrap();
        Self { git, pipeline, state: None, tip: None, branch, at }
    }

    /// A journal that goes on from this state with a parentless commit.
    pub(crate) fn rotated(git: &'g Git, state: State) -> Self {
        let mut writer = Self::new(git, &[]);
        let continues = CommitId::parse(&"9f".repeat(20)).unwrap();
        let message = JournalMessage::of(&state, Vec::new(), Some(continues));
        let message = message.to_text("shop/web: rotate the journal");
        writer.at = state.at;
        let files = [("state.json".to_owned(), state.to_bytes())];
        writer.tip = Some(git.commit(None, None, &files, &message, state.at.unix()));
        writer.state = Some(state);
        writer
    }

    pub(crate) fn state(&self) -> &State {
        self.state.as_ref().unwrap()
    }

    pub(crate) fn ledger(&self) -> &LedgerId {
        &self.state().ledger
    }

    pub(crate) fn branch(&self) -> &str {
        &self.branch
    }

    /// Lets time go by.
    pub(crate) fn wait(&mut self, seconds: u32) -> Time {
        self.at = self.at.plus(Span::seconds(seconds));
        self.at
    }

    /// The number of the next event.
    pub(crate) fn next(&self) -> u64 {
        self.state.as_ref().map_or(1, |state| state.n + 1)
    }

    /// The id of a release of these images.
    pub(crate) fn release(&self, images: &[String]) -> String {
        let images: Vec<Image> = images.iter().map(|i| Image::parse(i).unwrap()).collect();
        release_id(self.ledger(), &images).to_string()
    }

    /// The id of the next promotion of a release.
    pub(crate) fn pid(&self, key: &str, r: &str) -> (String, u32) {
        let (key, r) = (Name::parse(key).unwrap(), ReleaseId::parse(r).unwrap());
        let attempt = self.state().envs[&key].tries.get(&r).copied().unwrap_or(0) + 1;
        (self.state().pid(&key, &r, attempt).to_string(), attempt)
    }

    /// Writes one journal commit a minute after the last.
    pub(crate) fn commit(&mut self, entries: Vec<Entry>) {
        let at = self.wait(60);
        let first = self.next();
        let recorded = |(i, entry): (u64, Entry)| -> Recorded {
            let mut event = entry.event;
            event["n"] = json!(first + i);
            event["at"] = json!(at.to_string());
            event["by"] = json!(entry.by);
            serde_json::from_value(event.clone()).unwrap_or_else(|e| panic!("{e}: {event}"))
        };
        let events: Vec<Recorded> = (0..).zip(entries).map(recorded).collect();
        let (mut state, rest) = match self.state.take() {
            Some(state) => (state, events.as_slice()),
            None => (genesis(&self.pipeline, &events[0]).unwrap(), &events[1..]),
        };
        let lines = fold_all(&mut state, rest).unwrap();
        let mut files: Vec<File> = vec![("state.json".into(), state.to_bytes())];
        if !lines.is_empty() {
            files.push((archive::file_name(state.archive.chunks), archive::to_bytes(&lines)));
        }
        let message = JournalMessage::of(&state, events.clone(), None).to_text(&subject(&events));
        self.tip = Some(self.git.commit(self.tip.as_deref(), None, &files, &message, at.unix()));
        self.state = Some(state);
    }

    /// A commit of a person on the branch.
    pub(crate) fn foreign(&mut self, path: &str, bytes: String) -> String {
        let at = self.wait(60);
        let files = [(path.to_owned(), bytes.into_bytes())];
        self.branch = self.git.commit(Some(&self.branch), None, &files, "Try another image\n", at.unix());
        self.branch.clone()
    }

    /// The tree of a path on the branch.
    pub(crate) fn tree(&self, path: &str) -> String {
        self.git.text(&["rev-parse", &format!("{}:{path}", self.branch)])
    }

    /// Writes a promotion commit whose event gets the number `n`, and moves the branch unless it is `lost`.
    pub(crate) fn promotion(&mut self, key: &str, r: &str, cause: Cause, n: u64, lost: bool) -> Value {
        let (pid, attempt) = self.pid(key, r);
        let id = ReleaseId::parse(r).unwrap();
        let state = self.state();
        let release = state.release(&id).unwrap();
        let env = &state.envs[&Name::parse(key).unwrap()];
        let gates = GateHash::parse(&gate(&format!("entry of {key}"))).unwrap();
        let message = PromotionMessage {
            subject: format!("Promote web to {}: {}", env.config.name, release.version()),
            body: release.images.iter().map(|i| format!("{} -> {}", i.name, i.version())).collect(),
            extra: vec![("Ticket".into(), "SHOP-1".into())],
            trailers: Trailers {
                pid: pid.parse().unwrap(),
                pipeline: self.pipeline.clone(),
                environment: env.config.name.clone(),
                release: (id.clone(), release.seq),
                journal: n,
                gates: gates.clone(),
                upstream: Vec::new(),
                images: release.images.clone(),
                cause,
                rejects: Vec::new(),
                overrides: Vec::new(),
                actor: "towpath".parse().unwrap(),
            },
        };
        let from = env.at.as_ref().map(|at| at.r.to_string());
        let path = format!("{}/kustomization.yaml", env.config.path);
        let files = [(path, kustomization(release.images.first().unwrap()).into_bytes())];
        let time = self.at.plus(Span::seconds(60)).unix();
        let base = self.branch.clone();
        let commit = self.git.commit(Some(&base), None, &files, &message.to_text(), time);
        if !lost {
            self.branch.clone_from(&commit);
        }
        let mut event = json!({"e": "Promoted", "pid": pid, "env": key, "r": r, "try": attempt,
            "cause": cause, "commit": commit, "base": base, "gates": gates, "landed": true});
        if let Some(from) = from {
            event["from"] = json!(from);
        }
        event
    }

    /// Sets the refs and answers everything as a stream for `git fast-import`.
    pub(crate) fn finish(&self) -> Vec<u8> {
        self.git.text(&["update-ref", BRANCH, &self.branch]);
        self.git.text(&["update-ref", JOURNAL, self.tip.as_ref().unwrap()]);
        self.git.bytes(&["fast-export", "--all"])
    }
}

/// An environment's file.
pub(crate) fn kustomization(image: &Image) -> String {
    let tag = image.tag.as_ref().map_or_else(String::new, |tag| format!("    newTag: \"{tag}\"\n"));
    format!(
        "resources:\n  - ../../base\nimages:\n  - name: {}\n{tag}    digest: {}\n",
        image.name, image.digest
    )
}

/// What the engine writes above the events.
fn subject(events: &[Recorded]) -> String {
    let first: &Event = &events[0].event;
    let environment = first.environment().map_or_else(String::new, |e| format!(" {e}"));
    let more = if events.len() > 1 { format!(" and {} more", events.len() - 1) } else { String::new() };
    format!("shop/web: {}{environment}{more}", first.name())
}
