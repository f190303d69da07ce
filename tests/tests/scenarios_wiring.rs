//! The pipeline itself changes, or shares its files with another one.

use towpath_core::decide::WaitCode;
use towpath_core::event::{Event, RequestKind};
use towpath_core::journal::state::Phase;
use towpath_core::verdict::Verdict;
use towpath_tests::bed::{
    Bed, PIPELINE, Replica, TWO_IMAGES, digest, digest_of, image, image_of, kustomization, name, on_both,
    on_both_with, overlay, two_images, waits, with,
};

fn phase_is(state: &towpath_core::journal::State, environment: &str, phase: Phase) -> bool {
    state
        .environment(&name(environment))
        .is_some_and(|(_, e)| e.at.as_ref().is_some_and(|at| at.phase == phase))
}

fn verified(
    state: &towpath_core::journal::State,
    environment: &str,
    r: &towpath_core::id::ReleaseId,
) -> bool {
    state.environment(&name(environment)).is_some_and(|(_, e)| e.ok.contains_key(r))
}

/// 1.1.0 is in dev and staging, and waits for its approval.
fn in_staging(bed: &Bed) -> Replica<'_> {
    let mut replica = bed.replica("here");
    replica.pass();
    replica.release("1.1.0");
    replica.pass_until(|report, _| waits(report, "production", WaitCode::ApprovalNeeded));
    replica
}

#[test]
fn a_renamed_environment_keeps_its_history() {
    let renamed = with(PIPELINE, "- name: staging\n", "- name: stage\n      formerly: [staging]\n");
    let renamed = with(&renamed, "{ environment: staging }", "{ environment: stage }");
    on_both(|bed| {
        let replica = in_staging(bed);
        let before = replica.env("staging");
        let release = before.at.as_ref().unwrap().r.clone();
        let changed = bed.with_pipeline(&renamed);
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
        replica.pass_until(|_, s| phase_is(s, "production", Phase::Settled));
        assert_eq!(bed.version("production"), "1.1.0");
    });
}

#[test]
fn the_old_name_of_a_renamed_environment_may_be_given_away() {
    let renamed = with(PIPELINE, "- name: staging\n", "- name: stage\n      formerly: [staging]\n");
    let renamed = with(&renamed, "{ environment: staging }", "{ environment: stage }");
    let given = with(&renamed, "      formerly: [staging]\n", "")
        + "    - name: staging\n      path: apps/web/overlays/second\n      applications: [{ name: web-second }]\n      stable: 10s\n";
    on_both(|bed| {
        in_staging(bed);
        bed.with_pipeline(&renamed).replica("here").pass();
        bed.foreign(&[(&overlay("second"), &kustomization("1.0.0"))], "a second one");
        let changed = bed.with_pipeline(&given);
        let mut replica = changed.replica("here");
        replica.pass();
        assert!(replica.env("stage").tries.len() == 1 && replica.env("staging").at.is_some());
        replica.pass_until(|_, s| phase_is(s, "staging", Phase::Settled));
        assert_eq!(bed.version("second"), "1.1.0", "it is a new environment, without history");
    });
}

#[test]
fn an_added_gate_is_asked_of_the_next_release() {
    let added = with(PIPELINE, "timeout: 30m }\n", "timeout: 30m }\n        - qa: { template: extra }\n");
    on_both(|bed| {
        let replica = in_staging(bed);
        let release = replica.env("staging").at.unwrap().r;
        bed.qa.set("extra", &digest("1.1.0"), Verdict::Failed);
        let changed = bed.with_pipeline(&added);
        let mut replica = changed.replica("here");
        replica.approve(&release);
        replica.pass_until(|_, s| phase_is(s, "production", Phase::Settled));
        assert_eq!(bed.version("production"), "1.1.0", "Verified stays valid under its hashes");
        let next = replica.release("1.2.0");
        replica.pass_until(|_, s| verified(s, "staging", &next));
        let asked = |r: &str| bed.qa.starts().keys().filter(|h| h.as_str().contains(r)).count();
        assert_eq!(asked("qa-extra"), 1);
    });
}

#[test]
fn a_gate_that_is_added_while_a_release_is_verified_is_asked_of_it() {
    let added = with(PIPELINE, "timeout: 30m }\n", "timeout: 30m }\n        - qa: { template: extra }\n");
    on_both(|bed| {
        let mut replica = bed.replica("here");
        replica.pass();
        replica.release("1.1.0");
        replica.pass_until(|_, s| phase_is(s, "staging", Phase::Verifying));
        bed.qa.set("extra", &digest("1.1.0"), Verdict::Failed);
        let changed = bed.with_pipeline(&added);
        let mut replica = changed.replica("here");
        replica.pass_until(|_, s| phase_is(s, "staging", Phase::Failed));
    });
}

/// The pipeline of two images before the second one came.
fn one_of_two() -> String {
    let one = with(TWO_IMAGES, "{ name: ghcr.io/acme/api }, ", "");
    with(&one, "    - kustomization: { image: ghcr.io/acme/api }\n", "")
}

#[test]
fn an_added_image_makes_old_releases_incomplete() {
    on_both_with(&one_of_two(), two_images, |bed| {
        let mut replica = bed.replica("here");
        replica.pass();
        replica.release_by(&["alice"], vec![image("1.1")]);
        replica.pass_until(|_, s| phase_is(s, "staging", Phase::Settled));
        // It waits in dev already when the image is added.
        bed.qa.wait_for_finish(true);
        let waiting = replica.release_by(&["alice"], vec![image("1.2")]);
        replica.pass_until(|_, s| phase_is(s, "dev", Phase::Settled) && verified(s, "dev", &waiting));
        replica.hold("staging");
        let later = replica.release_by(&["alice"], vec![image("1.3")]);
        let changed = bed.with_pipeline(TWO_IMAGES);
        let mut replica = changed.replica("here");
        let report = replica.pass();
        assert!(waits(&report, "dev", WaitCode::Incomplete), "{:?}", report.answers);
        assert!(replica.env("dev").at.unwrap().phase == Phase::Adopted, "adopted anew, with both images");
        assert!(!replica.env("dev").tries.contains_key(&later));
        let holds = replica.state().holds;
        replica.lift(&holds[0].id);
        bed.qa.wait_for_finish(false);
        let whole = replica.release_both("1.0.1", "1.3");
        replica.pass_until(|_, s| verified(s, "staging", &whole));
        let text = bed.file(&overlay("staging"));
        assert!(
            text.contains(digest_of("api", "1.0.1").as_str())
                && text.contains(digest_of("web", "1.3").as_str())
        );
    });
}

#[test]
fn a_changed_path_is_adopted_anew_and_tries_are_kept() {
    let moved = with(PIPELINE, "path: apps/web/overlays/staging", "path: apps/web/overlays/stage-2");
    on_both(|bed| {
        let replica = in_staging(bed);
        let release = replica.env("staging").at.unwrap().r;
        let changed = bed.with_pipeline(&moved);
        let mut replica = changed.replica("here");
        assert!(waits(&replica.pass(), "staging", WaitCode::PathMissing));
        bed.foreign(&[(&overlay("stage-2"), &kustomization("1.0.0"))], "the new folder");
        replica.pass();
        let staging = replica.env("staging");
        assert_eq!((staging.at.unwrap().phase, staging.tries[&release]), (Phase::Adopted, 1));
        bed.wait("1h");
        replica.pass();
        assert_eq!(bed.version("stage-2"), "1.0.0", "its high-water mark stays: people decide");
        replica.ask(RequestKind::Promote, "staging", Some("1.1.0"));
        replica.pass_until(|_, s| phase_is(s, "staging", Phase::Settled));
        assert_eq!((bed.version("stage-2"), replica.env("staging").tries[&release]), ("1.1.0".into(), 2));
        assert_eq!(bed.version("staging"), "1.1.0", "the old folder is left alone");
    });
}

/// The pipeline without staging.
fn without_staging() -> String {
    let from = PIPELINE.find("    - name: staging").unwrap();
    let to = PIPELINE.find("    - name: production").unwrap();
    let short = PIPELINE[..from].to_owned() + &PIPELINE[to..];
    with(&short, "{ environment: staging }", "{ environment: dev }")
}

#[test]
fn a_removed_environment_that_returns_reuses_no_try() {
    on_both(|bed| {
        let replica = in_staging(bed);
        let release = replica.env("staging").at.unwrap().r;
        let first = replica.env("staging").at.unwrap().pid;
        let short = bed.with_pipeline(&without_staging());
        let mut replica = short.replica("here");
        replica.pass();
        assert!(replica.state().environment(&name("staging")).is_none());
        // While it is away people put something else there.
        bed.foreign(&[(&overlay("staging"), &kustomization("1.0.0"))], "by hand");
        replica.pass();
        let mut replica = bed.replica("here");
        assert!(waits(&replica.pass(), "staging", WaitCode::Pinned));
        replica.ask(RequestKind::Promote, "staging", Some("1.1.0"));
        replica.pass_until(|_, s| verified(s, "staging", &release));
        let staging = replica.env("staging");
        assert_eq!(staging.tries[&release], 2);
        assert_ne!(staging.at.unwrap().pid, first);
    });
}

/// A pipeline of one image in the file that both share.
fn alone(app: &str) -> String {
    let other = if app == "api" { "web" } else { "api" };
    let one = with(TWO_IMAGES, &format!("    - kustomization: {{ image: ghcr.io/acme/{other} }}\n"), "");
    let one = match app {
        "api" => with(&one, ", { name: ghcr.io/acme/web }", ""),
        _ => with(&one, "{ name: ghcr.io/acme/api }, ", ""),
    };
    with(&one, "name: shop, namespace", &format!("name: {app}, namespace"))
}

#[test]
fn two_pipelines_in_one_file_both_promote_and_lost_races_are_applied_again() {
    on_both_with(&alone("web"), two_images, |web| {
        let api = web.with_pipeline(&alone("api"));
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

/// Two first environments, and one that takes from any or all of them.
const DIAMOND: &str = r#"
apiVersion: towpath.dev/v1alpha1
kind: Pipeline
metadata: { name: web, namespace: shop }
spec:
  images: [{ name: ghcr.io/acme/web }]
  repository: { url: "memory", branch: main }
  edit: [{ kustomization: { image: ghcr.io/acme/web } }]
  environments:
    - name: dev
      path: apps/web/overlays/dev
      applications: [{ name: web-dev }]
      verify: [{ qa: { template: smoke } }]
    - name: canary
      path: apps/web/overlays/canary
      applications: [{ name: web-canary }]
      verify: [{ qa: { template: extra } }]
    - name: production
      path: apps/web/overlays/production
      applications: [{ name: web-production }]
      after: { any: [{ environment: dev }, { environment: canary, soak: 10m }] }
"#;

#[test]
fn any_edge_lets_a_release_through() {
    on_both_with(DIAMOND, kustomization, |bed| {
        bed.qa.set("extra", &digest("1.1.0"), Verdict::Failed);
        let mut replica = bed.replica("here");
        replica.pass();
        replica.release("1.1.0");
        replica.pass_until(|_, s| phase_is(s, "production", Phase::Settled));
        assert_eq!(bed.version("production"), "1.1.0");
        assert_eq!(replica.phase("canary"), Phase::Failed);
    });
}

#[test]
fn any_edge_asks_for_its_own_soak_only() {
    on_both_with(DIAMOND, kustomization, |bed| {
        bed.qa.set("smoke", &digest("1.1.0"), Verdict::Failed);
        let mut replica = bed.replica("here");
        replica.pass();
        let release = replica.release("1.1.0");
        replica.pass_until(|report, s| {
            verified(s, "canary", &release) && waits(report, "production", WaitCode::Soaking)
        });
        let live = replica.env("canary").at.unwrap().live.unwrap().since;
        replica.pass_until(|_, s| phase_is(s, "production", Phase::Settled));
        let moved = replica.env("production").at.unwrap().at;
        assert_eq!(moved.since(live).as_seconds(), 600);
    });
}

#[test]
fn all_edges_must_let_it_through() {
    let all = with(DIAMOND, "after: { any:", "after: { all:");
    on_both_with(&all, kustomization, |bed| {
        bed.qa.set("extra", &digest("1.1.0"), Verdict::Failed);
        let mut replica = bed.replica("here");
        replica.pass();
        let release = replica.release("1.1.0");
        replica.pass_until(|_, s| verified(s, "dev", &release) && phase_is(s, "canary", Phase::Failed));
        for _ in 0..5 {
            bed.wait("10m");
            assert!(waits(&replica.pass(), "production", WaitCode::UpstreamNotVerified));
        }
        assert_eq!(bed.version("production"), "1.0.0");
    });
}
