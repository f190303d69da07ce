//! How long a decision stands: never longer than it does.

use serde_json::json;

use super::stage::{Stage, commit, name};
use crate::decide::{Answer, Decision, Horizon, WaitCode};
use crate::event::Event;
use crate::hold::{Select, Stop, Subject};
use crate::id::{ActId, ReleaseId};
use crate::journal::state::Phase;
use crate::pipeline::{Approval, Window};
use crate::time::{Span, Time};
use crate::verdict::Verdict;

/// What a decision comes to; times in its sentences pass without changing anything.
fn kinds(decision: Decision) -> Vec<String> {
    let kind = |(name, answer): (_, Answer)| match answer {
        Answer::Act(effects) => format!("{name} {}", effects.len()),
        Answer::Wait(waits) => {
            let codes = waits.iter().map(|w| format!("{} {}", w.code, w.object)).collect::<Vec<_>>();
            format!("{name} {}", codes.join(", "))
        }
        Answer::Settled => format!("{name} is settled"),
    };
    decision.envs.into_iter().map(kind).collect()
}

/// Whether it stands, and for how many seconds.
fn horizon(stage: &Stage) -> (bool, Option<u32>) {
    let Horizon { steady, until } = crate::decide::horizon(&stage.world(), &stage.decide(), stage.now);
    (steady, until.map(|until| until.since(stage.now).as_seconds()))
}

/// After how many seconds the decision is another one, of two hours.
fn changes_after(stage: &mut Stage) -> Option<u32> {
    let (now, before) = (stage.now, kinds(stage.decide()));
    let changed = |seconds: &u32| {
        stage.now = now.plus(Span::seconds(*seconds));
        kinds(stage.decide()) != before
    };
    let found = (1..7200).find(changed);
    stage.now = now;
    found
}

fn closed_until(hour: u32) -> Window {
    let cron = format!("0 {hour} * * *");
    Window::read(json!({"timezone": "UTC", "allow": [{"cron": cron, "duration": "1h"}]}))
}

fn hold(stage: &mut Stage, seconds: u32) {
    let until = Some(stage.now.plus(Span::seconds(seconds)));
    let select = Select::environment(&name("dev"));
    let (id, stops) = (ActId::parse("h-1").unwrap(), vec![Stop::Promotions]);
    let held = Event::Held { id, select, subject: Subject::All, stops, reason: "no".into(), until };
    stage.record("carol", held);
}

type Change = fn(&mut Stage);

#[test]
fn a_decision_stands_as_long_as_nothing_but_time_goes_by() {
    let cases: [(&str, Option<u32>, Change); 6] = [
        ("settled", None, |_| {}),
        ("a hold that ends", Some(90), |stage| {
            stage.release(1);
            hold(stage, 90);
        }),
        ("a window that opens", Some(3600), |stage| {
            stage.now = Time::parse("2027-03-26T08:00:00Z").unwrap();
            stage.pipeline.environments[0].entry.windows = vec![closed_until(9)];
            stage.release(1);
        }),
        ("a window behind a hold", Some(600), |stage| {
            stage.now = Time::parse("2027-03-26T08:50:00Z").unwrap();
            stage.pipeline.environments[0].entry.windows = vec![closed_until(9)];
            stage.release(1);
            hold(stage, 600);
        }),
        ("a person is waited for", None, |stage| {
            let approval = Approval { count: 1, groups: Vec::new(), not_author: true, policy: None };
            stage.pipeline.environments[0].approvals = vec![approval];
            stage.release(1);
        }),
        ("an approval that ends while a hold is in force", Some(60), |stage| {
            let approval = Approval { count: 1, groups: Vec::new(), not_author: true, policy: None };
            stage.pipeline.environments[0].approvals = vec![approval];
            let r = stage.release(1);
            let gates = stage.pipeline.environments[0].entry_hash();
            let until = Some(stage.now.plus(Span::seconds(60)));
            let env = name("dev");
            stage.record("bob", Event::Approved { env, r, gates, groups: Vec::new(), until });
            hold(stage, 90);
        }),
    ];
    for (case, expected, change) in cases {
        let mut stage = Stage::new();
        change(&mut stage);
        assert_eq!(horizon(&stage), (true, expected), "{case}: {:?}", stage.decide());
        let changes = changes_after(&mut stage);
        assert!(changes.is_none_or(|at| expected.is_some_and(|e| e <= at)), "{case}: {changes:?}");
    }
}

/// What is settled and fell back is under way no more, and its deadline may be further off than hosts look by themselves.
#[test]
fn what_is_not_live_any_more_is_looked_at_when_it_stalls() {
    let mut stage = Stage::new();
    let r = stage.release(1);
    stage.verify("dev", Verdict::Passed);
    hold_onward(&mut stage, &r);
    let pid = stage.env("dev").at.as_ref().unwrap().pid.clone().unwrap();
    let facts = stage.facts.get_mut(&name("dev")).unwrap();
    facts.live.as_mut().unwrap()[0].revision = Some(commit(77));
    facts.contains.insert(commit(77), false);
    let (env, until, why) = (name("dev"), stage.now, "it is at another commit".to_owned());
    stage.record("towpath", Event::Unlive { env, pid, until, why });
    while stage.step() {}
    stage.wait(60);
    assert_eq!((stage.phase("dev"), stage.codes("dev")), (Phase::Settled, vec![WaitCode::Syncing]));
    let (steady, until) = horizon(&stage);
    let changes = changes_after(&mut stage);
    assert!(
        steady && changes.is_some() && changes == until,
        "it stands until {until:?} and changes after {changes:?}"
    );
}

/// Nobody goes on from dev, so that nothing else is under way.
fn hold_onward(stage: &mut Stage, r: &ReleaseId) {
    let select = Select::environment(&name("staging"));
    let (id, stops) = (ActId::parse("h-9").unwrap(), vec![Stop::Promotions]);
    let subject = Subject::Release(r.clone());
    stage.record("carol", Event::Held { id, select, subject, stops, reason: "no".into(), until: None });
}

#[test]
fn what_is_under_way_is_looked_at_all_the_time() {
    let mut stage = Stage::new();
    stage.release(1);
    assert!(stage.step(), "it is promoted");
    assert_eq!(horizon(&stage), (false, Some(60)));
}

#[test]
fn a_clock_that_is_behind_is_in_order_before_it_has_caught_up() {
    let mut stage = Stage::new();
    stage.now = Time::from_unix(stage.state.at.unix() - 150);
    assert_eq!(stage.codes("dev"), [crate::decide::WaitCode::ClockBehind]);
    let changes = changes_after(&mut stage);
    assert_eq!((changes, horizon(&stage)), (Some(90), (true, changes)));
}
