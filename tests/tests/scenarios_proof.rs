//! What counts is what is proven as of now: soak and bake after an absence, verification after a person's pin.

use towpath_core::decide::WaitCode;
use towpath_core::event::{BakeResult, Cause, Event, RequestKind};
use towpath_core::journal::state::Phase;
use towpath_core::observation::Health;
use towpath_core::time::Time;
use towpath_tests::bed::{
    Bed, Replica, Wiring, digest, is_in, is_verified, kustomization, name, on_both, on_both_with, runs, waits,
};

/// How bakes ended, oldest first.
fn bakes(bed: &Bed, environment: &str) -> Vec<BakeResult> {
    bed.picked(|e| match e {
        Event::Baked { env, result, .. } if env == name(environment) => Some(result),
        _ => None,
    })
}

/// Until when a release was live, as breaks were recorded.
fn breaks(bed: &Bed) -> Vec<Time> {
    bed.picked(|e| match e {
        Event::Unlive { until, .. } => Some(until),
        _ => None,
    })
}

#[test]
fn a_soak_that_ran_out_unseen_counts_only_with_a_fresh_reading() {
    on_both(|bed| {
        let mut replica = bed.come_to("1.1.0", "dev", Phase::Settled);
        bed.live.set_down(true);
        bed.wait("10m");
        for _ in 0..3 {
            assert!(waits(&replica.pass(), "staging", WaitCode::Soaking));
            bed.wait("1m");
        }
        assert_eq!(bed.version("staging"), "1.0.0");
        bed.live.set_down(false);
        replica.pass();
        assert_eq!(
            (bed.version("staging"), bed.count("Unlive")),
            ("1.1.0".into(), 0),
            "it was live all along"
        );
    });
}

#[test]
fn a_soak_with_a_break_that_nobody_saw_begins_anew() {
    on_both(|bed| {
        let mut replica = bed.come_to("1.1.0", "dev", Phase::Settled);
        let since = replica.env("dev").at.unwrap().live.unwrap().since;
        bed.wait("10m");
        // It was restarted a moment ago: when the break began nobody knows, so none of that time is kept.
        let restarted = bed.now();
        bed.show("web-dev", "1.1.0", Health::Healthy);
        let report = replica.pass();
        assert!(waits(&report, "staging", WaitCode::Soaking), "{:?}", report.answers);
        assert_eq!(breaks(bed), [since]);
        let release = replica.find("1.1.0");
        replica.pass_until(|_, s| runs(s, "staging", &release));
        let moved = replica.env("staging").at.unwrap().at;
        assert_eq!(moved.since(restarted).as_seconds(), 300);
    });
}

#[test]
fn a_bake_that_ran_out_unseen_counts_only_with_a_fresh_reading() {
    on_both(|bed| {
        let mut replica = bed.adopted();
        replica.bake("1.1.0");
        bed.live.set_down(true);
        bed.wait("25m");
        for _ in 0..3 {
            assert!(waits(&replica.pass(), "production", WaitCode::Baking));
            bed.wait("1m");
        }
        assert_eq!((replica.phase("production"), bakes(bed, "production")), (Phase::Verified, vec![]));
        bed.live.set_down(false);
        replica.pass();
        assert_eq!(
            (replica.phase("production"), bakes(bed, "production")),
            (Phase::Settled, vec![BakeResult::Passed])
        );
    });
}

#[test]
fn a_bake_ends_only_while_its_release_runs() {
    on_both(|bed| {
        let mut replica = bed.adopted();
        replica.bake("1.1.0");
        bed.wait("25m");
        bed.show("web-production", "1.0.0", Health::Healthy);
        replica.pass();
        assert_eq!((replica.phase("production"), bed.count("Unlive")), (Phase::Verified, 1));
        bed.live.forget(&name("web-production"));
        replica.until_phase("production", Phase::Settled);
        assert_eq!(bakes(bed, "production"), [BakeResult::Passed]);
    });
}

/// Runs and verdicts that a gate had in dev, as `(try, whether it was judged)`.
fn tries(replica: &Replica<'_>) -> Vec<(u32, bool)> {
    let runs = replica.env("dev").at.unwrap().runs.into_values();
    runs.map(|run| (run.attempt, run.verdict.is_some())).collect()
}

#[test]
fn a_pin_takes_the_running_verification_back() {
    on_both(|bed| {
        bed.qa.wait_for_finish(true);
        let mut replica = bed.come_to("1.1.0", "dev", Phase::Verifying);
        let before = replica.state().n;
        bed.edit("dev", &kustomization("1.0.5"), "by hand");
        bed.qa.finish();
        assert!(waits(&replica.pass(), "dev", WaitCode::Pinned));
        assert_eq!(bed.told_since(before, "dev"), ["Unlive", "Pinned"], "what QA says of it came too late");
        assert_eq!(replica.phase("dev"), Phase::Syncing);
        // The person thinks better of it: 1.1.0 has to be live and judged anew.
        let restored = replica.state().n;
        bed.edit("dev", &kustomization("1.1.0"), "no, keep it");
        bed.wait("1m");
        replica.pass();
        assert_eq!(bed.told_since(restored, "dev"), ["Unpinned", "Live", "Started"]);
        assert_eq!(tries(&replica), [(2, false)]);
        bed.qa.finish();
        replica.until_phase("dev", Phase::Settled);
        assert!(is_verified(&replica.state(), "dev", &replica.find("1.1.0")));
    });
}

#[test]
fn after_a_resume_a_release_that_was_pinned_is_brought_and_verified_anew() {
    on_both(|bed| {
        bed.qa.wait_for_finish(true);
        let mut replica = bed.come_to("1.1.0", "dev", Phase::Verifying);
        let release = replica.find("1.1.0");
        bed.edit("dev", &kustomization("1.0.5"), "by hand");
        replica.pass();
        replica.ask(RequestKind::Resume, "dev", None);
        bed.qa.finish();
        replica.pass_every("10m", 3);
        assert_eq!((replica.phase("dev"), bed.version("dev")), (Phase::Adopted, "1.0.5".into()));
        assert!(replica.env("dev").ok.is_empty(), "nothing is proven of what a person put there");
        let before = replica.state().n;
        replica.ask(RequestKind::Promote, "dev", Some("1.1.0"));
        replica.until_phase("dev", Phase::Verifying);
        bed.qa.finish();
        replica.until_verified("dev", &release);
        assert_eq!(replica.env("dev").tries[&release], 2);
        let anew = ["Requested", "Promoted", "Live", "Started", "Judged", "Verified", "Baked"];
        assert_eq!(bed.told_since(before, "dev"), anew);
    });
}

/// The pipeline whose production bakes under a limit of one bad sample.
fn tolerant() -> Wiring {
    let metrics = "[{ template: tolerant, args: { service: web-production } }]";
    Wiring::web().with("production", &format!("bake: {{ duration: 20m, metrics: {metrics} }}"))
}

/// 1.2.0 bakes in production after 1.1.0, 1.3.0 may follow it at once, and the latest sample is bad.
fn bad_last_sample(bed: &Bed) -> Replica<'_> {
    let mut replica = bed.baking_after("1.1.0", "1.2.0");
    replica.hold("production");
    let newer = replica.verify_in("staging", "1.3.0");
    replica.approve(&newer);
    // On the grid of the bake's samples, of which there is one every 30 seconds.
    let run = replica.env("production").at.unwrap().runs.into_values().map(|run| run.at).max().unwrap();
    while !bed.now().since(run).as_seconds().is_multiple_of(30) {
        bed.wait("1s");
    }
    bed.metrics.set("web-production", bed.now(), Some(0.5));
    replica.lift(&replica.state().holds[0].id);
    replica
}

#[test]
fn a_bake_is_not_cut_right_after_a_bad_sample() {
    on_both_with(&tolerant(), |bed| {
        let mut replica = bad_last_sample(bed);
        let report = replica.pass();
        assert!(waits(&report, "production", WaitCode::BakeReading), "{:?}", report.answers);
        assert_eq!((bed.version("production"), bed.count("Failed")), ("1.2.0".into(), 0));
        // The next one is good again, and that is the reading that the cut needs.
        bed.wait("1s");
        bed.metrics.set("web-production", bed.now(), Some(0.0));
        bed.wait("29s");
        replica.pass();
        assert_eq!(bed.version("production"), "1.3.0");
        assert_eq!(bakes(bed, "production"), [BakeResult::Passed, BakeResult::Cut]);
    });
}

#[test]
fn a_bake_that_fails_while_a_newer_release_is_ready_goes_back() {
    on_both_with(&tolerant(), |bed| {
        let mut replica = bad_last_sample(bed);
        replica.pass();
        let before = replica.state().n;
        bed.wait("30s");
        replica.pass();
        let told = bed.told_since(before, "production");
        assert_eq!(told[..4], ["Judged", "Failed", "Rejected", "Promoted"]);
        let at = replica.env("production").at.unwrap();
        assert_eq!((at.cause, bed.version("production")), (Cause::Rollback, "1.1.0".into()));
        assert_eq!(bakes(bed, "production"), [BakeResult::Passed], "it was not cut");
        assert!(replica.env("production").rejects(&digest("1.2.0")));
    });
}

/// The bake of 1.1.0 used up its tries, and a person resumes.
fn resumed_without_metrics(bed: &Bed, down: bool, code: WaitCode) {
    let mut replica = bed.adopted();
    replica.bake("1.1.0");
    let newer = replica.verify_in("staging", "1.2.0");
    bed.metrics.set_down(down);
    bed.metrics.set("web-production", bed.now(), None);
    replica.until_waits("production", code);
    replica.approve(&newer);
    assert!(waits(&replica.pass(), "production", WaitCode::BakeReading));
    let request = replica.ask(RequestKind::Resume, "production", None);
    replica.pass();
    assert_eq!(replica.outcome(&request).as_deref(), Some("resumed"));
    assert_eq!(bakes(bed, "production"), [BakeResult::Cut]);
    assert_eq!(bed.version("production"), "1.2.0", "and what waited for it goes on");
}

#[test]
fn a_bake_that_cannot_be_read_ends_at_a_persons_word() {
    on_both(|bed| resumed_without_metrics(bed, true, WaitCode::GateError));
}

#[test]
fn a_bake_without_samples_ends_at_a_persons_word() {
    on_both(|bed| resumed_without_metrics(bed, false, WaitCode::GateInconclusive));
}

#[test]
fn a_bake_that_cannot_be_read_and_nothing_newer_is_settled_but_not_baked() {
    on_both(|bed| {
        let mut replica = bed.adopted();
        let release = replica.bake("1.1.0");
        bed.metrics.set_down(true);
        replica.until_waits("production", WaitCode::GateError);
        replica.ask(RequestKind::Resume, "production", None);
        let report = replica.pass();
        assert!(is_in(&replica.state(), "production", Phase::Settled), "{:?}", report.answers);
        let production = replica.env("production");
        assert!(production.good.iter().all(|g| !g.baked) && production.ok.contains_key(&release));
    });
}
