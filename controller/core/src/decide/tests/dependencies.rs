//! Entry gates: dependencies on other pipelines.

use super::stage::{Stage, name};
use crate::decide::{Source, WaitCode, When};
use crate::event::Event;
use crate::id::{CommitId, PipelineId};
use crate::pipeline::{Dependency, EntryGate};
use crate::verdict::Verdict;
use crate::world::OtherEnvironment;

fn database() -> PipelineId {
    PipelineId::parse("shop/db").unwrap()
}

/// dev wants at least 2.1 of the database in its production.
fn dependent(verified: bool) -> Stage {
    let mut stage = Stage::new();
    stage.release(1);
    stage.pipeline.environments[0].entry.dependencies = vec![Dependency {
        pipeline: database(),
        environment: name("production"),
        version: Some(">=2.1".parse().unwrap()),
        verified,
        policy: None,
    }];
    stage
}

fn there(stage: &Stage, tag: &str) -> OtherEnvironment {
    let (version, tags) = (tag.to_owned(), vec![tag.to_owned()]);
    OtherEnvironment { version, tags, live_since: Some(stage.now), verified: false }
}

#[test]
fn what_has_to_be_live_elsewhere() {
    type Change = fn(&mut OtherEnvironment, &Stage);
    let cases: [(&str, bool, Change, Option<&str>); 7] = [
        ("live", false, |_, _| {}, None),
        ("verified", true, |o, _| o.verified = true, None),
        ("not verified", true, |_, _| {}, Some("2.1.0 is live there, but not Verified")),
        ("not live", false, |o, _| o.live_since = None, Some("2.1.0 is not proven to be live there")),
        (
            "live in the future",
            false,
            |o, s| o.live_since = Some(crate::time::Time::from_unix(s.now.unix() + 1)),
            Some("2.1.0 is not proven to be live there"),
        ),
        (
            "older",
            false,
            |o, _| (o.version, o.tags) = ("2.0.9".into(), vec!["2.0.9".into()]),
            Some("2.0.9 is live there, and >=2.1 is wanted"),
        ),
        ("without tags", false, |o, _| o.tags.clear(), Some("2.1.0 is live there, and >=2.1 is wanted")),
    ];
    for (case, verified, change, missing) in cases {
        let mut stage = dependent(verified);
        let mut other = there(&stage, "2.1.0");
        change(&mut other, &stage);
        stage.shared.others.insert((database(), name("production")), other);
        match missing {
            None => assert!(stage.promotes("dev").is_some(), "{case}"),
            Some(missing) => {
                let wait = stage.waits("dev").remove(0);
                assert_eq!(
                    (wait.code, wait.object.as_str()),
                    (WaitCode::DependencyNotLive, "shop/db production")
                );
                assert_eq!(wait.text, format!("1.1 waits for shop/db production: {missing}"), "{case}");
            }
        }
    }
}

#[test]
fn what_is_not_known_does_not_satisfy() {
    let mut stage = dependent(false);
    let other = there(&stage, "2.1.0");
    stage.shared.others.insert((database(), name("staging")), other.clone());
    stage.shared.others.insert((PipelineId::parse("other/db").unwrap(), name("production")), other);
    let wait = stage.waits("dev").remove(0);
    assert_eq!(wait.text, "1.1 waits for shop/db production: it is not known what is live there");
    assert_eq!(wait.remedy, "see what it does there: towpath why shop/db production");
    assert!(matches!(wait.when, When::On(Source::Git, _)));
    stage.pipeline.environments[0].promotion.overrides = [EntryGate::Dependency].into();
    let remedy = stage.waits("dev").remove(0).remedy;
    assert!(remedy.contains("--override dependency --reason TEXT; or see"), "{remedy}");
}

#[test]
fn each_of_several_has_to_be_satisfied() {
    let mut stage = dependent(false);
    let mut second = stage.pipeline.environments[0].entry.dependencies[0].clone();
    second.environment = name("staging");
    stage.pipeline.environments[0].entry.dependencies.push(second);
    stage.shared.others.insert((database(), name("production")), there(&stage, "2.1.0"));
    assert_eq!(stage.waits("dev")[0].object, "shop/db staging");
    stage.shared.others.insert((database(), name("staging")), there(&stage, "2.1.0"));
    assert!(stage.promotes("dev").is_some());
}

#[test]
fn what_a_journal_tells_other_pipelines() {
    let mut stage = Stage::new();
    let told = |stage: &Stage| OtherEnvironment::of(&stage.state, &name("dev"));
    let found = told(&stage).unwrap();
    assert_eq!((found.version.as_str(), found.live_since, found.verified), ("1.0", None, false));
    assert_eq!(OtherEnvironment::of(&stage.state, &name("nowhere")), None);
    stage.release(1);
    stage.step();
    assert_eq!(told(&stage).map(|o| o.live_since.is_some()), Some(false), "on its way");
    stage.verify("dev", Verdict::Passed);
    let found = told(&stage).unwrap();
    assert_eq!((found.tags, found.verified), (vec!["1.1".to_owned()], true));
    assert!(found.live_since.is_some());
    let (env, set) = (name("dev"), Vec::new());
    let commit = CommitId::parse(&"ab".repeat(20)).unwrap();
    stage.record("towpath", Event::Pinned { env, commit, set });
    assert_eq!(told(&stage), None, "a person changed it");
}

#[test]
fn what_failed_is_told_as_nothing() {
    let mut stage = Stage::new();
    stage.release(1);
    stage.verify("dev", Verdict::Failed);
    assert_eq!(OtherEnvironment::of(&stage.state, &name("dev")), None);
}
