//! The pipeline itself changes, or shares its files with another one.

use towpath_core::decide::WaitCode;
use towpath_core::event::{Event, RequestKind};
use towpath_core::journal::state::Phase;
use towpath_core::verdict::Verdict;
use towpath_tests::bed::{
    Wiring, digest, digest_of, image, image_of, is_in, is_verified, kustomization, name, on_both,
    on_both_with, overlay, waits,
};

fn renamed(wiring: Wiring) -> Wiring {
    wiring
        .with("staging", "{ name: stage, formerly: [staging] }")
        .with("production", "after: { all: [{ environment: stage }] }")
}

#[test]
fn a_renamed_environment_keeps_its_history() {
    on_both(|bed| {
        let replica = bed.awaiting_approval("1.1.0");
        let before = replica.env("staging");
        let release = before.at.as_ref().unwrap().r.clone();
        let changed = bed.rewired(renamed);
        let mut replica = changed.replica("here");
        replica.pass();
        let after = replica.env("stage");
        assert_eq!(
            (&after.at, &after.ok, &after.tries, &after.good),
            (&before.at, &before.ok, &before.tries, &before.good)
        );
        assert_eq!(bed.count("Adopted"), 3, "nothing is adopted anew");
        let named = bed.events().into_iter().rev().find_map(|e| match e.event {
            Event::Configured { renamed, .. } => Some(renamed),
            _ => None,
        });
        assert_eq!(named.unwrap().into_iter().collect::<Vec<_>>(), [(name("stage"), name("staging"))]);
        replica.approve(&release);
        replica.until_phase("production", Phase::Settled);
        assert_eq!(bed.version("production"), "1.1.0");
    });
}

#[test]
fn the_old_name_of_a_renamed_environment_may_be_given_away() {
    let given = |wiring| {
        let second = "{ path: apps/web/overlays/second, applications: [{ name: web-second }], stable: 10s }";
        renamed(wiring).with("stage", "formerly: null").with("staging", second)
    };
    on_both(|bed| {
        bed.awaiting_approval("1.1.0");
        bed.rewired(renamed).replica("here").pass();
        bed.edit("second", &kustomization("1.0.0"), "a second one");
        let changed = bed.rewired(given);
        let mut replica = changed.replica("here");
        replica.pass();
        assert!(replica.env("stage").tries.len() == 1 && replica.env("staging").at.is_some());
        replica.until_phase("staging", Phase::Settled);
        assert_eq!(bed.version("second"), "1.1.0", "it is a new environment, without history");
    });
}

fn extra_gate(wiring: Wiring) -> Wiring {
    let metrics = "{ metrics: { template: errors, args: { service: web-staging } } }";
    let gates = "{ qa: { template: regression, timeout: 30m } }, { qa: { template: extra } }";
    wiring.with("staging", &format!("verify: [{gates}, {metrics}]"))
}

#[test]
fn an_added_gate_is_asked_of_the_next_release() {
    on_both(|bed| {
        let replica = bed.awaiting_approval("1.1.0");
        let release = replica.env("staging").at.unwrap().r;
        bed.qa.set("extra", &digest("1.1.0"), Verdict::Failed);
        let changed = bed.rewired(extra_gate);
        let mut replica = changed.replica("here");
        replica.approve(&release);
        replica.until_phase("production", Phase::Settled);
        assert_eq!(bed.version("production"), "1.1.0", "Verified stays valid under its hashes");
        replica.verify_in("staging", "1.2.0");
        let asked = |r: &str| bed.qa.starts().keys().filter(|h| h.as_str().contains(r)).count();
        assert_eq!(asked("qa-extra"), 1);
    });
}

#[test]
fn a_gate_that_is_added_while_a_release_is_verified_is_asked_of_it() {
    on_both(|bed| {
        bed.come_to("1.1.0", "staging", Phase::Verifying);
        bed.qa.set("extra", &digest("1.1.0"), Verdict::Failed);
        let changed = bed.rewired(extra_gate);
        let mut replica = changed.replica("here");
        replica.until_phase("staging", Phase::Failed);
    });
}

#[test]
fn an_added_image_makes_old_releases_incomplete() {
    let one_of_two = Wiring::two_images().images(&["web"]);
    on_both_with(&one_of_two, |bed| {
        let mut replica = bed.adopted();
        replica.release_by(&["alice"], vec![image("1.1")]);
        replica.until_phase("staging", Phase::Settled);
        // It waits in dev already when the image is added.
        bed.qa.wait_for_finish(true);
        let waiting = replica.release_by(&["alice"], vec![image("1.2")]);
        replica.pass_until(|_, s| is_in(s, "dev", Phase::Settled) && is_verified(s, "dev", &waiting));
        replica.hold("staging");
        let later = replica.release_by(&["alice"], vec![image("1.3")]);
        let changed = bed.with_pipeline(&Wiring::two_images());
        let mut replica = changed.replica("here");
        let report = replica.pass();
        assert!(waits(&report, "dev", WaitCode::Incomplete), "{:?}", report.answers);
        assert!(replica.env("dev").at.unwrap().phase == Phase::Adopted, "adopted anew, with both images");
        assert!(!replica.env("dev").tries.contains_key(&later));
        let holds = replica.state().holds;
        replica.lift(&holds[0].id);
        bed.qa.wait_for_finish(false);
        let whole = replica.release_both("1.0.1", "1.3");
        replica.until_verified("staging", &whole);
        let text = bed.file(&overlay("staging"));
        assert!(
            text.contains(digest_of("api", "1.0.1").as_str())
                && text.contains(digest_of("web", "1.3").as_str())
        );
    });
}

#[test]
fn a_changed_path_is_adopted_anew_and_tries_are_kept() {
    on_both(|bed| {
        let replica = bed.awaiting_approval("1.1.0");
        let release = replica.env("staging").at.unwrap().r;
        let changed = bed.rewired(|w| w.with("staging", "path: apps/web/overlays/stage-2"));
        let mut replica = changed.replica("here");
        assert!(waits(&replica.pass(), "staging", WaitCode::PathMissing));
        bed.edit("stage-2", &kustomization("1.0.0"), "the new folder");
        replica.pass();
        let staging = replica.env("staging");
        assert_eq!((staging.at.unwrap().phase, staging.tries[&release]), (Phase::Adopted, 1));
        bed.wait("1h");
        replica.pass();
        assert_eq!(bed.version("stage-2"), "1.0.0", "its high-water mark stays: people decide");
        replica.ask(RequestKind::Promote, "staging", Some("1.1.0"));
        replica.until_phase("staging", Phase::Settled);
        assert_eq!((bed.version("stage-2"), replica.env("staging").tries[&release]), ("1.1.0".into(), 2));
        assert_eq!(bed.version("staging"), "1.1.0", "the old folder is left alone");
    });
}

#[test]
fn a_removed_environment_that_returns_reuses_no_try() {
    on_both(|bed| {
        let replica = bed.awaiting_approval("1.1.0");
        let release = replica.env("staging").at.unwrap().r;
        let first = replica.env("staging").at.unwrap().pid;
        let short = bed
            .rewired(|w| w.without("staging").with("production", "after: { all: [{ environment: dev }] }"));
        let mut replica = short.replica("here");
        replica.pass();
        assert!(replica.state().environment(&name("staging")).is_none());
        // While it is away people put something else there.
        bed.edit("staging", &kustomization("1.0.0"), "by hand");
        replica.pass();
        let mut replica = bed.replica("here");
        assert!(waits(&replica.pass(), "staging", WaitCode::Pinned));
        replica.ask(RequestKind::Promote, "staging", Some("1.1.0"));
        replica.until_verified("staging", &release);
        let staging = replica.env("staging");
        assert_eq!(staging.tries[&release], 2);
        assert_ne!(staging.at.unwrap().pid, first);
    });
}

#[test]
fn a_renamed_branch_is_accounted_for() {
    for goes in [true, false] {
        on_both(|bed| {
            let replica = bed.awaiting_approval("1.1.0");
            let release = replica.env("staging").at.unwrap().r;
            let changed = bed.rewired(|w| w.branch("trunk"));
            changed.force(changed.branch(), bed.tip(bed.branch()).as_ref());
            if goes {
                bed.force(bed.branch(), None);
            }
            let mut replica = changed.replica("here");
            let report = replica.pass();
            // All commits of the new branch are older than what the journal accounts for on the old one.
            for code in [WaitCode::JournalLost, WaitCode::HistoryRewritten] {
                assert!(!report.waits_for(code), "{:?}", report.answers);
            }
            assert_eq!((bed.count("Confirmed"), bed.count("Configured")), (0, 2));
            assert_eq!(replica.phase("dev"), Phase::Adopted, "looked at anew");
            if !goes {
                // Whatever becomes of the old branch is nobody's business any more.
                let first = bed.log(bed.branch()).pop().unwrap().id;
                bed.force(bed.branch(), Some(&first));
            }
            replica.lose_caches();
            replica.approve(&release);
            let newer = replica.verify_in("staging", "1.2.0");
            assert_eq!(
                (changed.version("dev"), changed.version("production")),
                ("1.2.0".into(), "1.1.0".into())
            );
            assert!(is_verified(&replica.state(), "staging", &newer) && bed.count("Pinned") == 0);
        });
    }
}

/// A pipeline of one image in the file that both share.
fn alone(app: &'static str, apps: &'static [&'static str]) -> Wiring {
    Wiring::two_images().named(app).images(apps)
}

#[test]
fn two_pipelines_in_one_file_both_promote_and_lost_races_are_applied_again() {
    on_both_with(&alone("web", &["web"]), |web| {
        let api = web.with_pipeline(&alone("api", &["api"]));
        let (mut w, mut a) = (web.replica("here"), api.replica("here"));
        w.pass();
        a.pass();
        w.release_by(&["alice"], vec![image_of("web", "1.1")]);
        a.release_by(&["alice"], vec![image_of("api", "2.1")]);
        // Right before each of web's pushes api passes, and is faster.
        for _ in 0..40 {
            let other = api.clone();
            w.between.before_push(0, move || drop(other.replica("here").try_pass()));
            w.pass();
            a.pass();
            web.wait("10s");
        }
        for environment in ["dev", "staging"] {
            let text = web.file(&overlay(environment));
            let both = text.contains(digest_of("web", "1.1").as_str())
                && text.contains(digest_of("api", "2.1").as_str());
            assert!(both, "{environment}: {text}");
            assert_eq!((w.phase(environment), a.phase(environment)), (Phase::Settled, Phase::Settled));
        }
        for bed in [web, &api] {
            assert_eq!((bed.count("Pinned"), bed.count("Promoted")), (0, 2));
        }
        assert_eq!(web.subjects().len(), 5);
        api.check_with_python();
    });
}

/// Two first environments, and one that takes from any of them.
fn diamond() -> Wiring {
    Wiring::bare()
        .with("dev", "verify: [{ qa: { template: smoke } }]")
        .with("canary", "verify: [{ qa: { template: extra } }]")
        .with("production", "after: { any: [{ environment: dev }, { environment: canary, soak: 10m }] }")
}

#[test]
fn any_edge_lets_a_release_through() {
    on_both_with(&diamond(), |bed| {
        bed.qa.set("extra", &digest("1.1.0"), Verdict::Failed);
        let replica = bed.come_to("1.1.0", "production", Phase::Settled);
        assert_eq!(bed.version("production"), "1.1.0");
        assert_eq!(replica.phase("canary"), Phase::Failed);
    });
}

#[test]
fn any_edge_asks_for_its_own_soak_only() {
    on_both_with(&diamond(), |bed| {
        bed.qa.set("smoke", &digest("1.1.0"), Verdict::Failed);
        let mut replica = bed.adopted();
        let release = replica.release("1.1.0");
        replica.pass_until(|report, s| {
            is_verified(s, "canary", &release) && waits(report, "production", WaitCode::Soaking)
        });
        let live = replica.env("canary").at.unwrap().live.unwrap().since;
        replica.until_phase("production", Phase::Settled);
        let moved = replica.env("production").at.unwrap().at;
        assert_eq!(moved.since(live).as_seconds(), 600);
    });
}

#[test]
fn all_edges_must_let_it_through() {
    let all = diamond()
        .with("production", "after: { all: [{ environment: dev }, { environment: canary, soak: 10m }] }");
    on_both_with(&all, |bed| {
        bed.qa.set("extra", &digest("1.1.0"), Verdict::Failed);
        let mut replica = bed.adopted();
        let release = replica.release("1.1.0");
        replica.pass_until(|_, s| is_verified(s, "dev", &release) && is_in(s, "canary", Phase::Failed));
        for _ in 0..5 {
            bed.wait("10m");
            assert!(waits(&replica.pass(), "production", WaitCode::UpstreamNotVerified));
        }
        assert_eq!(bed.version("production"), "1.0.0");
    });
}
