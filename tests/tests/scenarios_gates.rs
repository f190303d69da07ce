//! Gates that do not answer, answer nothing, or are edited; and what does not count as live.

use std::cell::Cell;

use towpath_core::decide::WaitCode;
use towpath_core::event::{Event, RequestKind};
use towpath_core::id::{CommitId, GateName, Handle, Pid};
use towpath_core::journal::state::Phase;
use towpath_core::observation::{Application, Health};
use towpath_core::time::Time;
use towpath_core::verdict::Verdict;
use towpath_engine::memory::{Fault, Faults};
use towpath_engine::ports::{QaError, QaRequest, QaRunner, RunStatus};
use towpath_engine::{Engine, Host, Remembered};
use towpath_tests::bed::{Bed, Wiring, current, digest, image, name, on_both, waits};

/// The verdicts of one gate in the journal, with their tries.
fn verdicts(bed: &Bed, wanted: &str) -> Vec<(u32, Verdict)> {
    bed.picked(|e| match e {
        Event::Judged { gate, attempt, verdict, .. } if gate.as_str() == wanted => Some((attempt, verdict)),
        _ => None,
    })
}

#[test]
fn qa_that_never_answers_is_an_error_at_its_deadline_three_times_then_a_person_is_asked() {
    on_both(|bed| {
        bed.qa.wait_for_finish(true);
        let mut replica = bed.released("1.1.0");
        let started = bed.now();
        replica.until_waits("dev", WaitCode::GateError);
        assert_eq!(verdicts(bed, "qa/smoke"), [1, 2, 3].map(|k| (k, Verdict::Error)));
        assert!(bed.now().since(started).as_seconds() >= 3 * 3600);
        assert_eq!(
            (bed.version("dev"), bed.count("Failed")),
            ("1.1.0".into(), 0),
            "an Error rolls nothing back"
        );
        bed.wait("2h");
        assert!(waits(&replica.pass(), "dev", WaitCode::GateError), "it stays so");
        let request = replica.ask(RequestKind::Resume, "dev", None);
        replica.until_waits("dev", WaitCode::Verifying);
        assert_eq!(replica.outcome(&request).as_deref(), Some("resumed"));
        bed.qa.finish();
        replica.until_phase("dev", Phase::Settled);
        assert_eq!(verdicts(bed, "qa/smoke").last(), Some(&(4, Verdict::Passed)));
    });
}

#[test]
fn a_gate_that_used_up_its_tries_lets_a_newer_release_in() {
    on_both(|bed| {
        bed.qa.wait_for_finish(true);
        let mut replica = bed.released("1.1.0");
        replica.until_waits("dev", WaitCode::GateError);
        bed.qa.wait_for_finish(false);
        replica.release("1.2.0");
        replica.until_phase("dev", Phase::Settled);
        assert_eq!(bed.version("dev"), "1.2.0");
    });
}

#[test]
fn a_runner_that_cannot_start_is_asked_once_a_pass() {
    let bed = Bed::memory(&Wiring::web());
    let mut replica = bed.come_to("1.1.0", "dev", Phase::Syncing);
    bed.wait("10s");
    let before = replica.faults.effects();
    // Live, then Started, then the runner is away.
    replica.faults.next([Fault::None, Fault::None].into_iter().chain([Fault::Unreachable; 200]));
    replica.pass();
    let used = replica.faults.effects() - before;
    assert!(used <= 4, "{used} effects in one pass");
    replica.faults.clear();
    replica.until_phase("dev", Phase::Settled);
    assert_eq!(verdicts(&bed, "qa/smoke"), [(1, Verdict::Passed)]);
}

#[test]
fn metrics_without_numbers_are_inconclusive_until_a_person_is_asked() {
    for value in [None, Some(f64::NAN), Some(f64::INFINITY)] {
        on_both(|bed| {
            bed.metrics.set("web-staging", bed.now(), value);
            let mut replica = bed.released("1.1.0");
            replica.until_waits("staging", WaitCode::GateInconclusive);
            assert_eq!(verdicts(bed, "metrics/errors"), [1, 2, 3].map(|k| (k, Verdict::Inconclusive)));
            assert_eq!((bed.version("staging"), bed.count("Failed")), ("1.1.0".into(), 0));
            bed.metrics.set("web-staging", bed.now(), Some(0.0));
            replica.ask(RequestKind::Resume, "staging", None);
            replica.until_phase("staging", Phase::Settled);
        });
    }
}

#[test]
fn a_provider_that_is_down_is_waited_for_then_an_error() {
    on_both(|bed| {
        let mut replica = bed.come_to("1.1.0", "staging", Phase::Verifying);
        bed.metrics.set_down(true);
        bed.wait("5m");
        assert!(
            waits(&replica.pass(), "staging", WaitCode::MetricsUnavailable),
            "the window is over, nobody answered"
        );
        assert_eq!(verdicts(bed, "metrics/errors"), []);
        replica.until_waits("staging", WaitCode::GateError);
        assert_eq!(verdicts(bed, "metrics/errors"), [1, 2, 3].map(|k| (k, Verdict::Error)));
        assert_eq!(bed.count("Failed"), 0);
    });
}

#[test]
fn a_provider_that_comes_back_in_time_is_read_for_the_window_that_was() {
    on_both(|bed| {
        let mut replica = bed.come_to("1.1.0", "staging", Phase::Verifying);
        bed.metrics.set_down(true);
        bed.wait("10m");
        replica.pass();
        bed.metrics.set_down(false);
        replica.pass();
        assert_eq!(verdicts(bed, "metrics/errors"), [(1, Verdict::Passed)]);
    });
}

/// What an Application shows that is no proof, and what is waited for.
fn no_proof(bed: &Bed, old: &CommitId) -> Vec<(&'static str, Application, WaitCode)> {
    let good = Application {
        name: name("web-dev"),
        revision: bed.tip(bed.branch()),
        digests: vec![(image("1.1.0").name, digest("1.1.0"))],
        health: Health::Healthy,
        health_since: Some(Time::from_unix(0)),
        reconciled_at: Some(bed.now()),
    };
    let nowhere = CommitId::parse(&"ab".repeat(20)).unwrap();
    let with = |change: &dyn Fn(&mut Application)| {
        let mut application = good.clone();
        change(&mut application);
        application
    };
    let past = Time::from_unix(bed.now().unix() - 3600);
    vec![
        ("no revision", with(&|a| a.revision = None), WaitCode::LivenessUnknown),
        ("a commit before ours", with(&|a| a.revision = Some(old.clone())), WaitCode::Syncing),
        (
            "a commit that nobody knows",
            with(&|a| a.revision = Some(nowhere.clone())),
            WaitCode::LivenessUnknown,
        ),
        ("compared before our push", with(&|a| a.reconciled_at = Some(past)), WaitCode::Syncing),
        ("never compared", with(&|a| a.reconciled_at = None), WaitCode::LivenessUnknown),
        ("no images", with(&|a| a.digests.clear()), WaitCode::LivenessUnknown),
        (
            "the old image",
            with(&|a| a.digests = vec![(image("1.0.0").name, digest("1.0.0"))]),
            WaitCode::Syncing,
        ),
        ("progressing", with(&|a| a.health = Health::Progressing), WaitCode::Syncing),
        ("suspended", with(&|a| a.health = Health::Suspended), WaitCode::Syncing),
        ("missing", with(&|a| a.health = Health::Missing), WaitCode::LivenessUnknown),
        ("unknown health", with(&|a| a.health = Health::Unknown), WaitCode::LivenessUnknown),
        ("healthy since nobody knows when", with(&|a| a.health_since = None), WaitCode::LivenessUnknown),
        ("healthy only now", with(&|a| a.health_since = Some(bed.now())), WaitCode::Stabilizing),
    ]
}

#[test]
fn what_is_no_proof_is_never_live() {
    on_both(|bed| {
        let mut replica = bed.adopted();
        let old = bed.tip(bed.branch()).unwrap();
        replica.release("1.1.0");
        bed.live.set_down(true);
        replica.pass();
        assert_eq!(replica.phase("dev"), Phase::Syncing);
        bed.wait("30s");
        assert!(waits(&replica.pass(), "dev", WaitCode::LivenessUnknown), "nobody answers");
        bed.live.set_down(false);
        for (case, application, code) in no_proof(bed, &old) {
            bed.live.set(application);
            let report = replica.pass();
            assert!(waits(&report, "dev", code), "{case}: {:?}", report.answers);
            assert_eq!(bed.count("Live"), 0, "{case}");
        }
        bed.live.forget(&name("web-dev"));
        replica.pass();
        assert_eq!(bed.count("Live"), 1);
    });
}

#[test]
fn nobody_can_tell_ends_nothing() {
    on_both(|bed| {
        bed.qa.wait_for_finish(true);
        let mut replica = bed.come_to("1.1.0", "dev", Phase::Verifying);
        bed.live.set_down(true);
        bed.wait("10m");
        assert!(waits(&replica.pass(), "dev", WaitCode::LivenessUnknown));
        assert_eq!((bed.count("Unlive"), bed.count("Failed")), (0, 0));
    });
}

#[test]
fn a_stalled_sync_lets_a_newer_release_replace_it() {
    on_both(|bed| {
        let mut replica = bed.released("1.1.0");
        replica.pass();
        bed.show("web-dev", "1.0.0", Health::Progressing);
        replica.until_waits("dev", WaitCode::SyncStalled);
        bed.wait("1h");
        assert!(waits(&replica.pass(), "dev", WaitCode::SyncStalled), "it fails nothing");
        assert_eq!(bed.count("Failed"), 0);
        replica.release("1.2.0");
        bed.live.forget(&name("web-dev"));
        bed.live.set_down(true);
        replica.pass();
        assert_eq!((bed.version("dev"), replica.phase("dev")), ("1.2.0".into(), Phase::Syncing));
    });
}

#[test]
fn a_person_may_replace_a_stalled_sync_too() {
    on_both(|bed| {
        let mut replica = bed.come_to("1.1.0", "dev", Phase::Settled);
        replica.release("1.2.0");
        replica.pass();
        bed.show("web-dev", "1.1.0", Health::Progressing);
        replica.until_waits("dev", WaitCode::SyncStalled);
        let request = replica.ask(RequestKind::Promote, "dev", Some("1.1.0"));
        replica.pass();
        assert_eq!((bed.version("dev"), replica.outcome(&request)), ("1.1.0".into(), Some("done".into())));
    });
}

fn deeper(wiring: Wiring) -> Wiring {
    wiring.with("dev", "verify: [{ qa: { template: smoke, parameters: { deep: \"yes\" } } }]")
}

#[test]
fn a_gate_that_is_edited_while_it_runs_keeps_its_hash_and_a_retry_takes_the_new_one() {
    on_both(|bed| {
        bed.qa.wait_for_finish(true);
        let replica = bed.come_to("1.1.0", "dev", Phase::Verifying);
        let began = replica.env("dev").at.unwrap().runs.into_values().next().unwrap();
        let changed = bed.rewired(deeper);
        let mut replica = changed.replica("here");
        replica.pass();
        let still = replica.env("dev").at.unwrap().runs.into_values().next().unwrap();
        assert_eq!((&still.gates, still.attempt), (&began.gates, 1), "it runs on under its hash");
        // It ends in an Error at its deadline, and the retry is of the new gate.
        replica.pass_until(|_, s| current(s, "dev").unwrap().runs.values().any(|r| r.attempt == 2));
        let retry = replica.env("dev").at.unwrap().runs.into_values().next().unwrap();
        assert_ne!(retry.gates, began.gates);
        assert_eq!(retry.gates, changed.pipeline.environments[0].verify[0].hash());
        bed.qa.finish();
        replica.until_phase("dev", Phase::Settled);
    });
}

#[test]
fn a_gate_that_is_edited_while_it_runs_is_verified_under_the_hash_that_it_began_with() {
    on_both(|bed| {
        bed.qa.wait_for_finish(true);
        let replica = bed.come_to("1.1.0", "dev", Phase::Verifying);
        let release = replica.find("1.1.0");
        let changed = bed.rewired(deeper);
        let mut replica = changed.replica("here");
        bed.qa.finish();
        replica.until_phase("dev", Phase::Settled);
        let run = replica.env("dev").at.unwrap().runs.into_values().next().unwrap();
        assert_eq!(run.gates, bed.pipeline.environments[0].verify[0].hash());
        // Verified stays valid under those hashes: it goes onward.
        bed.qa.wait_for_finish(false);
        replica.until_verified("staging", &release);
    });
}

#[test]
fn a_metric_that_is_edited_while_it_is_watched_is_watched_anew() {
    on_both(|bed| {
        let mut replica = bed.come_to("1.1.0", "staging", Phase::Verifying);
        bed.wait("60s");
        replica.pass();
        let changed = bed.rewired(|w| {
            let metrics = "{ metrics: { template: errors, args: { service: web-staging-2 } } }";
            let qa = "{ qa: { template: regression, timeout: 30m } }";
            w.with("staging", &format!("verify: [{qa}, {metrics}]"))
        });
        let mut replica = changed.replica("here");
        replica.until_phase("staging", Phase::Settled);
        assert_eq!(verdicts(bed, "metrics/errors"), [(1, Verdict::Error), (2, Verdict::Passed)]);
    });
}

/// A runner whose runs never show up, if they can be started at all.
struct Unseen {
    starts: Cell<u32>,
    broken: bool,
}

impl QaRunner for Unseen {
    fn handle(&self, pid: &Pid, gate: &GateName, attempt: u32) -> Handle {
        Handle::parse(&format!("qa-{pid}-{}-{attempt}", gate.as_str().replace('/', "-"))).unwrap()
    }

    fn ensure(&self, _: &QaRequest) -> Result<(), QaError> {
        self.starts.set(self.starts.get() + 1);
        if self.broken { Err(QaError::Invalid("no such command: smoke.sh".into())) } else { Ok(()) }
    }

    fn poll(&self, _: &Handle) -> Result<RunStatus, QaError> {
        Ok(RunStatus::Absent)
    }
}

/// One pass of a host in memory that has this runner for QA.
fn pass_with(bed: &Bed, qa: &Unseen) {
    bed.live.follow(Some(bed.now()));
    let repository = bed.host().client(&Faults::default(), true);
    let host = Host {
        repository: &repository,
        qa,
        metrics: &bed.metrics,
        liveness: &bed.live,
        pull_requests: None,
        evaluator: None,
        http: None,
        registry: None,
        clock: &bed.clock,
        shared: bed.shared.clone(),
        settings: &bed.replica("here").settings,
    };
    let engine = Engine { host: &host, pipeline: &bed.pipeline, seen: None };
    engine.pass(&mut Remembered::default(), &mut |_| {}).unwrap();
}

#[test]
fn a_runner_that_cannot_start_upstream_keeps_no_other_release_from_production() {
    let bed = Bed::memory(&Wiring::web());
    let mut replica = bed.awaiting_approval("1.1.0");
    let first = replica.find("1.1.0");
    replica.verify_in("dev", "1.2.0");
    bed.wait("5m");
    replica.until_phase("staging", Phase::Syncing);
    bed.wait("10s");
    replica.approve(&first);
    let qa = Unseen { starts: Cell::new(0), broken: true };
    for _ in 0..2 {
        pass_with(&bed, &qa);
        bed.wait("60s");
    }
    assert!(qa.starts.get() > 0, "it was asked to start");
    assert_eq!(bed.version("production"), "1.1.0");
}

#[test]
fn a_run_that_does_not_show_at_once_is_not_started_over_and_over() {
    let bed = Bed::memory(&Wiring::web());
    drop(bed.come_to("1.1.0", "dev", Phase::Syncing));
    bed.wait("10s");
    let qa = Unseen { starts: Cell::new(0), broken: false };
    pass_with(&bed, &qa);
    assert!((1..=2).contains(&qa.starts.get()), "{} starts in one pass", qa.starts.get());
}

#[test]
fn what_degrades_upstream_after_its_verification_stays_verified() {
    on_both(|bed| {
        let mut replica = bed.awaiting_approval("1.1.0");
        bed.show("web-staging", "1.1.0", Health::Degraded);
        replica.approve(&replica.find("1.1.0"));
        replica.pass();
        assert_eq!((bed.version("production"), bed.count("Failed")), ("1.1.0".into(), 0));
    });
}
