//! Laws that hold in every world: total and pure, no answer that nobody can follow, holds and approvals that only
//! do what they say, and nothing that changes before the time that was named.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{TestCaseResult, TestRunner};

use super::play::Play;
use super::worlds::{laws, of, turns, wirings};
use crate::decide::{Answer, Decision, Effect, Wait, WaitCode, decide};
use crate::event::{Cause, Event};
use crate::hold::{Stop, Subject};
use crate::id::{Name, ReleaseId};
use crate::time::{Span, Time};

/// What is brought by the rules or by people, not back.
fn brought(decision: &Decision) -> BTreeMap<Name, ReleaseId> {
    let moves = |effect: &Effect| match effect {
        Effect::Promote(p) | Effect::Propose(p) if p.cause != Cause::Rollback => Some(p.r.clone()),
        _ => None,
    };
    let of = |(name, answer): (&Name, &Answer)| match answer {
        Answer::Act(effects) => effects.iter().find_map(moves).map(|r| (name.clone(), r)),
        _ => None,
    };
    decision.envs.iter().filter_map(of).collect()
}

fn acts(answer: &Answer) -> bool {
    matches!(answer, Answer::Act(_))
}

/// An answer as a program reads it: without the sentences, in which times stand, and without the times.
fn gist(answer: &Answer) -> String {
    match answer {
        Answer::Wait(waits) => {
            let one = |wait: &Wait| format!("{} {}", wait.code, wait.object);
            waits.iter().map(one).collect::<Vec<_>>().join(", ")
        }
        other => format!("{other:?}"),
    }
}

fn is_total_and_pure(play: &Play) -> TestCaseResult {
    let decision = play.stage.decide();
    prop_assert_eq!(&decision, &play.stage.decide());
    prop_assert!(decision.ledger.is_empty());
    prop_assert_eq!(decision.envs.keys().cloned().collect::<Vec<_>>(), {
        let mut names: Vec<Name> = (0..3).map(of).collect();
        names.sort();
        names
    });
    for (name, answer) in &decision.envs {
        match answer {
            Answer::Act(effects) => prop_assert!(!effects.is_empty(), "{name}"),
            Answer::Settled => {}
            Answer::Wait(waits) => {
                prop_assert!(!waits.is_empty(), "{name}");
                for wait in waits {
                    let said = !wait.text.is_empty() && !wait.object.is_empty();
                    prop_assert!(said && wait.when.latest() > play.stage.now, "{name}: {wait:?}");
                    prop_assert!(!wait.code.needs_person() || !wait.remedy.is_empty(), "{name}: {wait:?}");
                }
            }
        }
    }
    Ok(())
}

/// Nothing changes in an environment by time alone before the first time that one of its waits names. In one that is
/// settled it may become known that a release stays behind, which nothing follows from.
fn nothing_changes_before_its_time(play: &Play) -> TestCaseResult {
    let (now, decision) = (play.stage.now, play.stage.decide());
    if decision.envs.values().any(acts) {
        return Ok(());
    }
    for (name, answer) in &decision.envs {
        let Some(end) = looked_at_again(answer, now) else { continue };
        let length = end.unix() - now.unix();
        let times = (1..12).map(|i| length * i / 12).chain([1, length - 1]);
        for time in times.map(|seconds| Time::from_unix(now.unix() + seconds)) {
            if now < time && time < end {
                let then = &decide(&play.stage.world(), time).envs[name];
                let behind = *answer == Answer::Settled && gist(then).starts_with("BelowHighWater");
                prop_assert!(
                    behind || gist(then) == gist(answer),
                    "{name} at {time}: {}, and now {decision:#?}",
                    gist(then)
                );
            }
        }
    }
    Ok(())
}

/// When an environment is looked at again although nothing was said.
fn looked_at_again(answer: &Answer, now: Time) -> Option<Time> {
    match answer {
        Answer::Wait(waits) => waits.iter().map(|wait| wait.when.latest()).min(),
        Answer::Settled => Some(now.plus(Span::seconds(100_000))),
        Answer::Act(_) => None,
    }
}

/// A hold brings nothing in where it is, and elsewhere only what waited for its turn.
fn a_hold_brings_nothing(play: &Play) -> TestCaseResult {
    let before = play.stage.decide();
    let there = brought(&before);
    for (env, subject) in
        [(None, None), (Some(0), None), (Some(1), None), (Some(2), None), (None, Some(2)), (None, Some(3))]
    {
        for rollbacks in [false, true] {
            let mut held = play.clone();
            let mut event = held.held(env, subject, rollbacks, None);
            if let Event::Held { id, .. } = &mut event {
                *id = crate::id::ActId::parse("h-law").unwrap();
            }
            let Event::Held { select, subject, stops, .. } = &event else { unreachable!() };
            let (select, subject, stops) = (select.clone(), subject.clone(), stops.clone());
            prop_assert!(stops.contains(&Stop::Promotions));
            held.stage.record("carol", event);
            let after = brought(&held.stage.decide());
            for (name, r) in &after {
                let selected = select.matches(name, &BTreeMap::new());
                let stopped = selected && (subject == Subject::All || subject == Subject::Release(r.clone()));
                prop_assert!(!stopped, "{r} comes to {name} through {select:?} {subject:?}");
                let turn = matches!(&before.envs[name], Answer::Wait(waits)
                    if waits.iter().any(|wait| wait.code == WaitCode::Occupied));
                // What is next when the one before it is held may come.
                let next = selected && subject != Subject::All;
                let same = there.get(name) == Some(r);
                prop_assert!(
                    same || turn || next || acts(&before.envs[name]),
                    "{r} comes to {name}: {before:#?}"
                );
            }
        }
    }
    Ok(())
}

/// A further approval takes nothing away that would come.
fn an_approval_takes_nothing_away(play: &Play) -> TestCaseResult {
    let before = brought(&play.stage.decide());
    for n in 1..6 {
        let mut approved = play.clone();
        let event = Event::Approved {
            env: of(2),
            r: approved.id(n),
            gates: approved.stage.pipeline.environments[2].entry_hash(),
            groups: Vec::new(),
            until: None,
        };
        if approved.stage.try_record("dave", event).is_err() {
            continue;
        }
        let after = brought(&approved.stage.decide());
        for (name, r) in &before {
            prop_assert_eq!(after.get(name), Some(r), "{} after an approval of 1.{}", name, n);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(laws())]

    #[test]
    fn in_every_world_there_is_one_answer_for_each_environment(wiring in wirings(), turns in turns()) {
        let mut play = Play::new(&wiring);
        for turn in &turns {
            play.turn(turn);
            is_total_and_pure(&play)?;
        }
    }

    #[test]
    fn nothing_changes_before_the_time_that_is_named(wiring in wirings(), turns in turns()) {
        let mut play = Play::new(&wiring);
        for turn in &turns {
            play.turn(turn);
            play.pass();
            nothing_changes_before_its_time(&play)?;
        }
    }

    #[test]
    fn holds_and_approvals_do_what_they_say_and_no_more(wiring in wirings(), turns in turns()) {
        let mut play = Play::new(&wiring);
        for turn in &turns {
            play.turn(turn);
            a_hold_brings_nothing(&play)?;
            an_approval_takes_nothing_away(&play)?;
        }
    }
}

/// The laws are empty words unless the worlds come to where they count.
#[test]
fn the_worlds_come_to_most_reasons_for_waiting() {
    use WaitCode as W;
    let mut runner = TestRunner::deterministic();
    let mut seen = BTreeSet::new();
    for _ in 0..500 {
        let (wiring, turns) = (wirings(), turns()).new_tree(&mut runner).unwrap().current();
        let mut play = Play::new(&wiring);
        for turn in &turns {
            play.turn(turn);
            play.pass();
            let waits = play.stage.decide().envs.into_values().flat_map(|answer| match answer {
                Answer::Wait(waits) => waits,
                Answer::Act(_) | Answer::Settled => Vec::new(),
            });
            seen.extend(waits.map(|wait| wait.code));
        }
    }
    let wanted = [
        W::ApprovalNeeded,
        W::Baking,
        W::BakeReading,
        W::CannotEdit,
        W::Degraded,
        W::DependencyNotLive,
        W::Failed,
        W::GateError,
        W::GateInconclusive,
        W::GateNotTrue,
        W::Held,
        W::LivenessUnknown,
        W::NoRollbackTarget,
        W::NotAutomatic,
        W::Occupied,
        W::Pinned,
        W::Proposed,
        W::Rejected,
        W::Soaking,
        W::Stabilizing,
        W::StarvedByChurn,
        W::SyncStalled,
        W::Syncing,
        W::UpstreamNotVerified,
        W::Verifying,
        W::WindowClosed,
    ];
    let missing: Vec<WaitCode> = wanted.into_iter().filter(|code| !seen.contains(code)).collect();
    assert_eq!(missing, [], "{seen:?}");
}
