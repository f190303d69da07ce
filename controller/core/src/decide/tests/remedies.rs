//! The law of remedies: what a wait says is to be typed is typed, and the wait is there no longer.
//!
//! `tests/tests/scenarios_remedies.rs` has a scenario for each reason; here it holds in every world that may be.

use proptest::prelude::*;

use super::play::Play;
use super::stage::{digest, name};
use super::worlds::{Turn, laws, turns, wirings};
use crate::decide::{Answer, Wait, WaitCode};
use crate::event::{Event, RequestKind};
use crate::id::{ActId, Name, ReleaseId};
use crate::journal::state::EnvironmentState;

/// The commands that a remedy names, as they stand there.
fn commands(remedy: &str) -> Vec<Vec<&str>> {
    let typed = remedy.split("towpath ").skip(1);
    typed.map(|text| text.split(';').next().unwrap().split_whitespace().collect()).collect()
}

/// The word after a flag.
fn flag<'w>(words: &[&'w str], name: &str) -> Option<&'w str> {
    words.windows(2).find(|pair| pair[0] == name).map(|pair| pair[1])
}

fn requested(kind: RequestKind, environment: &str, r: Option<&str>, words: &[&str]) -> Event {
    let past = flag(words, "--override").map(|gate| format!("{gate} {}", flag(words, "--reason").unwrap()));
    Event::Requested {
        q: ActId::parse("q-remedy").unwrap(),
        env: name(environment),
        r: r.map(|r| ReleaseId::parse(r).unwrap()),
        kind,
        overrides: past.into_iter().collect(),
    }
}

/// The events of a command; `None` for one that only looks.
fn events(play: &Play, words: &[&str]) -> Option<Vec<(&'static str, Event)>> {
    let event = match words {
        ["approve", "shop/web", environment, r, rest @ ..] => {
            let groups = flag(rest, "--group").map(str::to_owned).into_iter().collect();
            let (env, r) = (name(environment), ReleaseId::parse(r).unwrap());
            let gates = play.stage.pipeline.environment(&env).unwrap().entry_hash();
            // As many people as it may take.
            let approved = Event::Approved { env, r, gates, groups, until: None };
            return Some(vec![("erin", approved.clone()), ("frank", approved)]);
        }
        ["clear", "shop/web", environment] => {
            let digests = (0..8).map(digest).collect();
            Event::Cleared { env: name(environment), digests, reason: "tested".into() }
        }
        ["promote", "shop/web", environment, r, rest @ ..] => {
            requested(RequestKind::Promote, environment, Some(r), rest)
        }
        ["resume", "shop/web", "--hold", id] => Event::Lifted { id: ActId::parse(id).unwrap() },
        ["resume", "shop/web", environment] => requested(RequestKind::Resume, environment, None, &[]),
        ["rollback", "shop/web", environment, rest @ ..] => {
            requested(RequestKind::Rollback, environment, flag(rest, "--to"), &[])
        }
        ["why", ..] => return None,
        other => panic!("nobody knows what this does: {other:?}"),
    };
    Some(vec![("dave", event)])
}

fn waits(play: &Play) -> Vec<(Name, Wait)> {
    let all = play.stage.decide().envs.into_iter();
    let of = |(name, answer): (Name, Answer)| match answer {
        Answer::Wait(waits) => waits.into_iter().map(|wait| (name.clone(), wait)).collect(),
        Answer::Act(_) | Answer::Settled => Vec::new(),
    };
    all.flat_map(of).collect()
}

/// Whether what is asked for needs what happens elsewhere, or later, before the wait is over.
fn takes_time(wait: &Wait) -> bool {
    matches!(wait.code, WaitCode::UpstreamNotVerified | WaitCode::Soaking)
}

/// Whether what was asked for is done, or still to be done.
fn is_taken(play: &Play) -> bool {
    let q = ActId::parse("q-remedy").unwrap();
    let answered = |env: &EnvironmentState| {
        let moves = [env.at.as_ref(), env.committing.as_ref()];
        moves.into_iter().flatten().any(|at| at.q.as_ref() == Some(&q)) || env.proposed.is_some()
    };
    play.stage.state.requests.iter().any(|open| open.q == q) || play.stage.state.envs.values().any(answered)
}

/// Types the commands of a remedy. Where that is kept by something else, which then says so, its remedy is next.
fn in_vain(play: &Play, environment: &Name, wait: &Wait, words: &[&str]) -> Option<String> {
    let same = |(name, other): &(Name, Wait)| {
        name == environment && (other.code, &other.object) == (wait.code, &wait.object)
    };
    let (mut followed, mut words) = (play.clone(), words.iter().map(ToString::to_string).collect::<Vec<_>>());
    if wait.remedy.starts_with("release a fix and") {
        followed.turn(&Turn::Release(7));
    }
    for _ in 0..5 {
        let before = waits(&followed);
        let typed: Vec<&str> = words.iter().map(String::as_str).collect();
        for (by, event) in events(&followed, &typed)? {
            followed.say(by, event);
        }
        followed.pass();
        let after = waits(&followed);
        if takes_time(wait) {
            return (!is_taken(&followed)).then(|| format!("{environment}: {words:?} is refused: {wait:#?}"));
        }
        if !after.iter().any(same) {
            return None;
        }
        let new = after.iter().find(|(name, other)| {
            let known =
                |(n, w): &(Name, Wait)| n == name && (w.code, &w.object) == (other.code, &other.object);
            name == environment && !before.iter().any(known) && !other.remedy.is_empty()
        });
        // A hold that was there before keeps what was typed just now.
        let holds =
            |(name, other): &&(Name, Wait)| name == environment && other.code == WaitCode::RollbackHeld;
        let held =
            || after.iter().find(holds).filter(|_| words.first().is_some_and(|word| word == "rollback"));
        let next = new.or_else(held).and_then(|(_, wait)| commands(&wait.remedy).into_iter().next());
        let Some(next) = next else {
            return Some(format!("{environment}: {words:?} does not help: {wait:#?} {after:#?}"));
        };
        words = next.iter().map(ToString::to_string).collect();
    }
    Some(format!("{environment}: {words:?} does not help: {wait:#?} {:#?}", waits(&followed)))
}

proptest! {
    #![proptest_config(laws())]

    #[test]
    fn what_a_wait_says_is_to_be_typed_ends_it(wiring in wirings(), turns in turns()) {
        let mut play = Play::new(&wiring);
        for turn in &turns {
            play.turn(turn);
            play.pass();
            for (environment, wait) in waits(&play) {
                for words in commands(&wait.remedy) {
                    if let Some(fault) = in_vain(&play, &environment, &wait, &words) {
                        return Err(TestCaseError::fail(fault));
                    }
                }
            }
        }
    }
}
