//! Every reason for waiting, with what is to be done about it: done, it is a reason no longer.

use towpath_core::decide::{Answer, Decision, Effect, Promotion, WaitCode, decide};
use towpath_core::event::Cause;
use towpath_core::invariant::guard;
use towpath_core::world::{BranchFacts, LedgerFacts, SharedFacts, World};
use towpath_engine::PassReport;
use towpath_tests::bed::{Bed, Wiring, current, kustomization, name, person, wait_of};
use towpath_tests::worlds::*;

/// A world with a wait in an environment, and what ends it.
struct Case {
    environment: &'static str,
    reach: fn() -> Bed,
    /// Whether the wait names a remedy; otherwise only time helps.
    remedy: bool,
    /// What the words of the remedy ask for, or what the world does in time.
    done: fn(&mut Bed),
    /// Whether the command that the remedy names is typed, as it stands there.
    typed: bool,
    /// Whether it is over at once, not only when what was begun has taken its time.
    at_once: bool,
    /// How the world goes on afterwards.
    then: fn(&mut Bed),
}

/// A wait that a person ends.
fn case(environment: &'static str, reach: fn() -> Bed) -> Case {
    let (done, then) = (nothing, nothing);
    Case { environment, reach, remedy: true, done, typed: false, at_once: true, then }
}

/// A wait without a remedy: it ends with time, while the world goes on like this.
fn time(environment: &'static str, reach: fn() -> Bed, done: fn(&mut Bed)) -> Case {
    Case { remedy: false, done, at_once: false, ..case(environment, reach) }
}

impl Case {
    fn done(self, done: fn(&mut Bed)) -> Self {
        Self { done, ..self }
    }

    fn typed(self) -> Self {
        Self { typed: true, ..self }
    }

    fn in_time(self) -> Self {
        Self { at_once: false, ..self }
    }

    fn then(self, then: fn(&mut Bed)) -> Self {
        Self { then, ..self }
    }
}

/// What there is to say of a reason.
enum Row {
    Ends(Vec<Case>),
    /// No pass answers it; the test named beside it has the reason.
    Elsewhere(fn()),
}

use Row::{Elsewhere, Ends};

/// One row for each reason. A match without a wildcard: a new reason does not compile without its row.
macro_rules! table {
    ($($code:ident => $row:expr,)*) => {
        const CODES: &[WaitCode] = &[$(WaitCode::$code),*];

        fn row(code: WaitCode) -> Row {
            match code {
                $(WaitCode::$code => $row,)*
            }
        }
    };
}

table! {
    ApprovalNeeded => Ends(vec![
        case("production", awaiting_approval).typed(),
        case("production", nobodys_release).typed().done(|bed| drop(bed.replica("here").approve_as("bob", "production", "1.1.0"))),
    ]),
    Baking => Ends(vec![time("production", baking, nothing)]),
    BakeReading => Ends(vec![
        case("production", unread_bake).done(|bed| bed.metrics.set_down(false)),
        case("production", unread_bake).typed(),
        case("production", unseen_bake).typed(),
        case("production", unseen_bake).done(|bed| bed.live.set_down(false)),
    ]),
    BelowHighWater => Ends(vec![case("staging", stepped_over).typed()]),
    BranchMissing => Ends(vec![
        case("dev", no_branch).done(all_overlays),
        case("dev", other_branch).done(|bed| *bed = bed.rewired(|w| w.branch("main"))),
    ]),
    CannotEdit => Ends(vec![
        case("dev", unreadable).done(|bed| drop(bed.edit("dev", &kustomization("1.0.0"), "mended"))),
        case("dev", unmanaged).done(|bed| *bed = bed.rewired(|w| w.images(&["web"]))),
    ]),
    ClockBehind => Ends(vec![
        case("dev", slow_clock).done(|bed| bed.wait("2h")),
    ]),
    ConflictingWriter => Ends(vec![case("dev", two_writers).done(|bed| bed.shared = SharedFacts::default())]),
    Degraded => Ends(vec![
        time("dev", degraded, nothing),
        time("dev", degraded, cluster_goes_on),
    ]),
    DependencyNotLive => Ends(vec![case("dev", dependent).done(database_is_there)]),
    Failed => Ends(vec![case("dev", failed_for_people).typed()]),
    GateError => Ends(vec![
        case("dev", silent_qa).done(|bed| bed.qa.wait_for_finish(false)).typed(),
        case("production", || broken_bake(true)).typed(),
        case("production", first_bake).typed(),
        case("dev", senseless).done(|bed| *bed = bed.rewired(|w| w.with("dev", "entry: []"))),
    ]),
    GateInconclusive => Ends(vec![
        case("staging", empty_metric).done(|bed| bed.metrics.set("web-staging", bed.now(), Some(0.0))).typed(),
        case("production", || broken_bake(false)).typed(),
    ]),
    GateNotTrue => Ends(vec![
        case("dev", untrue).done(|bed| bed.evaluator.set("release.order > 5", true)),
        case("dev", untrue).done(|bed| *bed = bed.rewired(|w| w.with("dev", "entry: []"))),
    ]),
    GateUnanswered => Ends(vec![
        case("dev", unanswered).done(|bed| bed.http.as_ref().unwrap().set("https://changes.example/", 200, "{}")),
        case("dev", unanswered).done(|bed| *bed = bed.rewired(|w| w.with("dev", "entry: []"))),
    ]),
    Held => Ends(vec![case("dev", held).typed()]),
    HistoryRewritten => Ends(vec![
        case("staging", rewritten).done(|bed| restore(bed, bed.branch().clone())),
        case("staging", rewritten).typed(),
    ]),
    Incomplete => Ends(vec![
        case("dev", incomplete).done(|bed| drop(bed.replica("here").release_both("1.0.1", "1.3"))),
    ]),
    InvariantViolated => Elsewhere(what_breaks_an_invariant_is_refused_and_told),
    Irreversible => Ends(vec![case("dev", irreversible).typed()]),
    JournalLost => Ends(vec![
        case("dev", journal_gone).done(|bed| restore(bed, bed.journal().clone())),
        case("dev", journal_gone).typed(),
        case("dev", journal_behind).typed(),
    ]),
    LivenessUnknown => Ends(vec![
        case("dev", nobody_knows).done(|bed| bed.live.set_down(false)).in_time(),
    ]),
    MetricsUnavailable => Ends(vec![
        case("staging", unreadable_metric).done(|bed| bed.metrics.set_down(false)),
    ]),
    NoCommonRelease => Ends(vec![case("production", nothing_in_common).done(one_for_all).in_time()]),
    NotAutomatic => Ends(vec![case("dev", not_automatic).typed()]),
    NotObserved => Elsewhere(an_environment_that_nobody_looked_at_is_looked_at_by_a_pass),
    NoRollbackTarget => Ends(vec![case("dev", no_target).done(a_fix).typed()]),
    Occupied => Ends(vec![time("dev", on_its_way, nothing)]),
    OwnedByOther => Ends(vec![case("dev", owned_by_other).typed()]),
    PathMissing => Ends(vec![
        case("dev", moved_path).done(|bed| drop(bed.edit("moved", &kustomization("1.0.0"), "the new folder"))),
        case("dev", moved_path).done(|bed| *bed = bed.rewired(|w| w.with("dev", "path: apps/web/overlays/dev"))),
    ]),
    Pinned => Ends(vec![
        case("staging", reverted).typed(),
        case("staging", reverted).done(|bed| drop(bed.edit("staging", &kustomization("1.1.0"), "no"))),
    ]),
    Proposed => Ends(vec![case("production", proposed).done(merge)]),
    PushRefused => Ends(vec![case("dev", guarded).done(|bed| bed.guard(false))]),
    Rejected => Ends(vec![
        case("staging", bad_again).typed(),
        case("staging", bad_again).done(|bed| drop(bed.replica("here").release_both("1.2", "1.3"))),
    ]),
    RollbackFailed => Ends(vec![case("staging", failed_rollback).done(a_fix).typed().in_time()]),
    RollbackHeld => Ends(vec![
        case("production", held_by_a_person).typed(),
        case("production", found_late).typed(),
    ]),
    RollbackStorm => Ends(vec![case("staging", storm).typed()]),
    Soaking => Ends(vec![
        time("staging", soaking, nothing),
        time("staging", soaking_unseen, |bed| bed.live.set_down(false)),
        case("staging", soaked_too_little).done(promote_in_dev).in_time(),
    ]),
    Stabilizing => Ends(vec![time("dev", stabilizing, nothing)]),
    StarvedByChurn => Ends(vec![
        case("dev", starved).done(|bed| {
            *bed = bed.rewired(|w| w.with("dev", "promotion: { queue: hold-until-verdict }"));
            bed.live.set_down(false);
        }).in_time(),
    ]),
    SyncStalled => Ends(vec![
        case("dev", stalled).done(cluster_goes_on),
        case("dev", stalled).typed().then(cluster_goes_on),
        case("dev", stalled_first).typed().then(cluster_goes_on),
    ]),
    Syncing => Ends(vec![time("dev", syncing, cluster_goes_on)]),
    UpstreamNotVerified => Ends(vec![
        time("staging", verifying, qa_ends),
        case("production", restored).typed().in_time(),
    ]),
    Verifying => Ends(vec![time("dev", verifying, qa_ends)]),
    WindowClosed => Ends(vec![
        time("dev", before_hours, nothing),
        case("dev", before_hours_that_may_be_passed_by).typed(),
    ]),
}

#[test]
fn every_remedy_when_followed_changes_the_answer() {
    let mut faults = Vec::new();
    for code in CODES {
        match row(*code) {
            Ends(cases) => {
                assert!(!cases.is_empty(), "{code} has no case");
                let found = cases.iter().filter_map(|case| fault(*code, case));
                faults.extend(found.map(|fault| format!("{code}: {fault}")));
            }
            Elsewhere(test) => test(),
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Follows one remedy; answers what is wrong with it.
fn fault(code: WaitCode, case: &Case) -> Option<String> {
    let mut bed = (case.reach)();
    let report = bed.replica("here").pass();
    let Some(wait) = wait_of(&report, case.environment, code) else {
        return Some(format!("it is not reached: {:#?}", report.answers));
    };
    if wait.remedy.is_empty() == case.remedy || (code.needs_person() && !case.remedy) {
        return Some(format!("its remedy is {:?}", wait.remedy));
    }
    let same = |report: &PassReport| {
        let found = wait_of(report, case.environment, code).filter(|w| w.object == wait.object);
        found.map(|still| format!("{:?} does not help: {}", wait.remedy, still.text))
    };
    (case.done)(&mut bed);
    let mut replica = bed.replica("here");
    if case.typed {
        replica.follow(&wait);
    }
    let mut report = replica.pass();
    if let Some(fault) = same(&report).filter(|_| case.at_once) {
        return Some(fault);
    }
    drop(replica);
    (case.then)(&mut bed);
    // It does not come back either.
    let mut replica = bed.replica("here");
    for _ in 0..60 {
        bed.wait_for(&report);
        report = replica.pass();
    }
    same(&report).map(|fault| format!("in the end {fault}"))
}

fn an_environment_that_nobody_looked_at_is_looked_at_by_a_pass() {
    let bed = Bed::memory(&Wiring::web());
    let mut replica = bed.adopted();
    let state = replica.state();
    let world = World {
        pipeline: &bed.pipeline,
        me: &replica.settings.owner,
        ledger: LedgerFacts::Present(&state),
        branch: BranchFacts { tip: bed.tip(bed.branch()), ..BranchFacts::default() },
        envs: &Default::default(),
        readings: &Default::default(),
        evaluations: Default::default(),
        shared: SharedFacts::default(),
    };
    let decision = decide(&world, bed.now());
    let Answer::Wait(waits) = &decision.envs[&bed.pipeline.environments[0].name] else {
        panic!("{decision:?}");
    };
    let found = &waits[0];
    assert_eq!((found.code, found.remedy.as_str()), (WaitCode::NotObserved, "towpath reconcile"));
    replica.follow(found);
    assert!(!replica.pass().waits_for(WaitCode::NotObserved));
}

fn what_breaks_an_invariant_is_refused_and_told() {
    let bed = held();
    let replica = bed.replica("here");
    let state = replica.state();
    let release = state.releases.last().unwrap();
    let promotion = Promotion {
        key: name("dev"),
        environment: name("dev"),
        r: release.r.clone(),
        pid: state.pid(&name("dev"), &release.r, 1),
        attempt: 1,
        cause: Cause::Auto,
        from: None,
        q: None,
        actor: person("nobody"),
        gates: bed.pipeline.environments[0].entry_hash(),
        upstream: Vec::new(),
        rejects: Vec::new(),
        because: None,
        overrides: Vec::new(),
    };
    let act = Answer::Act(vec![Effect::Promote(promotion)]);
    let mut decision = Decision { ledger: Vec::new(), envs: [(name("dev"), act)].into() };
    let violations = guard(&bed.pipeline, &state, &mut decision, bed.now());
    assert_eq!(violations.iter().map(|v| v.rule).collect::<Vec<_>>(), ["S9"]);
    let Answer::Wait(waits) = &decision.envs[&name("dev")] else { panic!("{decision:?}") };
    assert_eq!((waits.len(), waits[0].code), (1, WaitCode::InvariantViolated));
    assert!(waits[0].code.is_alarm() && waits[0].code.needs_person());
    assert!(waits[0].remedy.contains("towpath hold shop/web --env dev --reason TEXT"), "{}", waits[0].remedy);
}

#[test]
fn a_rollback_that_a_person_asked_for_in_a_storm_is_one() {
    let bed = storm();
    let mut replica = bed.replica("here");
    let wait = wait_of(&replica.pass(), "staging", WaitCode::RollbackStorm).unwrap();
    replica.follow(&wait);
    replica.pass();
    assert_eq!(current(&replica.state(), "staging").unwrap().cause, Cause::Rollback);
}
