//! What a decision looks at does not grow with the history: old releases leave the state, and of those that wait the
//! first that may come ends the search.

use std::collections::BTreeMap;

use super::stage::{Stage, commit, name, other_hash};
use crate::decide::ELIGIBILITY;
use crate::event::{Cause, Event, Recorded};
use crate::hold::{Select, Stop, Subject};
use crate::id::{ActId, Actor, ReleaseId};
use crate::journal::fold_all;
use crate::journal::state::{FULL_BYTES, MAX_RELEASES, Okay, Phase};
use crate::pipeline::FieldValues;
use crate::release::{Image, release_id};
use crate::time::Span;

const WAITING: u64 = 200;

/// A stage whose journal has had so many releases, all of them gone through every environment.
struct Long {
    stage: Stage,
    number: u64,
}

impl Long {
    fn after(releases: u64) -> Self {
        let mut long = Self { stage: Stage::new(), number: 0 };
        while long.number < releases {
            let mut events = Vec::new();
            // What may leave does so with the commit that makes the state full.
            let fit = (MAX_RELEASES - long.stage.state.releases.len()).min(50);
            let begun: Vec<ReleaseId> = (0..fit).map(|_| long.release(&mut events)).collect();
            for environment in ["dev", "staging", "production"] {
                let last = begun.last().unwrap();
                let passed = if environment == "dev" { &begun[..] } else { std::slice::from_ref(last) };
                passed.iter().for_each(|r| events.extend(long.passes(environment, r)));
            }
            long.record(events);
        }
        long
    }

    fn record(&mut self, events: Vec<Event>) {
        let (n, at) = (self.stage.state.n, self.stage.state.at);
        let recorded = |(n, event)| Recorded { n, at, by: Actor::towpath(), event };
        let recorded: Vec<Recorded> = (n + 1..).zip(events).map(recorded).collect();
        fold_all(&mut self.stage.state, &recorded).unwrap();
    }

    fn release(&mut self, events: &mut Vec<Event>) -> ReleaseId {
        self.number += 1;
        let text = format!("ghcr.io/acme/web:2.{n}@sha256:{n:064x}", n = self.number);
        let images = vec![Image::parse(&text).unwrap()];
        let r = release_id(&self.stage.state.ledger, &images);
        events.push(Event::Released {
            r: r.clone(),
            seq: self.number,
            order: None,
            images,
            authors: Vec::new(),
            labels: BTreeMap::new(),
        });
        r
    }

    fn passes(&self, environment: &str, r: &ReleaseId) -> [Event; 2] {
        let (env, pid) = (name(environment), self.stage.state.pid(&name(environment), r, 1));
        let promoted = Event::Promoted {
            pid: pid.clone(),
            env: env.clone(),
            r: r.clone(),
            attempt: 1,
            cause: Cause::Auto,
            commit: commit(1),
            base: commit(0),
            gates: other_hash(),
            from: None,
            q: None,
            landed: true,
        };
        [promoted, Event::Verified { env, pid, r: r.clone(), gates: other_hash(), policy: None }]
    }

    /// Releases that wait, with a soak behind them everywhere, while what is there is long settled.
    fn waiting(&mut self) {
        let mut events = Vec::new();
        let waiting: Vec<ReleaseId> = (0..WAITING).map(|_| self.release(&mut events)).collect();
        self.record(events);
        for (key, env) in &mut self.stage.state.envs {
            let okay = || Okay { gates: other_hash(), policy: None, soak: Span::seconds(3600) };
            env.ok.extend(waiting.iter().map(|r| (r.clone(), okay())));
            let at = env.at.as_mut().unwrap();
            at.phase = Phase::Settled;
            let there = self.stage.state.releases.iter().find(|release| release.r == at.r).unwrap();
            let path = self.stage.facts.get_mut(key).unwrap().path.as_mut().unwrap();
            let (shown, image) = (&mut path.images[0], &there.images[0]);
            let tag = image.tag.as_ref().map(ToString::to_string);
            shown.values = FieldValues { tag, digest: Some(image.digest.to_string()) };
            shown.raw = shown.values.clone();
        }
    }

    /// Keeps every release out of every environment.
    fn held(&mut self) {
        let held = Event::Held {
            id: ActId::parse("h-all").unwrap(),
            select: Select::default(),
            subject: Subject::All,
            stops: vec![Stop::Promotions],
            reason: "a freeze".to_owned(),
            until: None,
        };
        self.record(vec![held]);
    }

    /// How often a decision asks whether a release may come.
    fn asked(&self) -> u64 {
        let before = ELIGIBILITY.get();
        let decision = self.stage.decide();
        assert_eq!((decision.ledger.len(), decision.envs.len()), (0, 3), "{decision:?}");
        ELIGIBILITY.get() - before
    }
}

#[test]
fn a_decision_looks_at_no_more_after_a_hundred_thousand_releases() {
    let of = |releases| {
        let mut long = Long::after(releases);
        long.waiting();
        let eligible = long.asked();
        long.held();
        let state = &long.stage.state;
        assert!(state.releases.len() <= MAX_RELEASES, "{}", state.releases.len());
        assert!(state.envs.values().all(|env| env.ok.len() <= MAX_RELEASES && env.good.len() <= 10));
        assert!(state.envs.values().all(|env| env.tries.len() <= MAX_RELEASES));
        assert!(state.to_bytes().len() < FULL_BYTES);
        (eligible, long.asked(), state.archive.chunks)
    };
    let (short, long) = (of(1_000), of(100_000));
    assert_eq!((short.0, short.1), (long.0, long.1), "what is asked grew with the history");
    // The newest may come, and ends the search in each environment; when none may, each that waits is asked.
    assert!((1..=6).contains(&long.0), "{} questions where the first may come", long.0);
    assert!((WAITING..=6 * WAITING).contains(&long.1), "{} questions where none may come", long.1);
    assert!(long.2 > 150, "{} archive files", long.2);
}
