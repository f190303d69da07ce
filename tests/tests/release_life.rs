//! The main job: a good release reaches production, a bad one comes back.

use towpath_core::decide::WaitCode;
use towpath_core::journal::state::Phase;
use towpath_core::verdict::Verdict;
use towpath_tests::bed::{digest, on_both, waits};

#[test]
fn a_good_release_reaches_production() {
    on_both(|bed| {
        let mut replica = bed.replica("here");
        replica.pass();
        let release = replica.release("1.1.0");
        replica.pass_until(|report, _| waits(report, "production", WaitCode::ApprovalNeeded));
        assert_eq!(
            (bed.version("dev"), bed.version("staging"), bed.version("production")),
            ("1.1.0".into(), "1.1.0".into(), "1.0.0".into())
        );
        replica.approve(&release);
        replica.pass_until(|_, s| s.envs.values().all(|e| e.at.as_ref().unwrap().phase == Phase::Settled));
        assert_eq!(bed.version("production"), "1.1.0");
        assert_eq!(
            bed.subjects(),
            [
                "Promote web to production: 1.1.0",
                "Promote web to staging: 1.1.0",
                "Promote web to dev: 1.1.0",
                "first"
            ]
        );
    });
}

#[test]
fn a_release_that_fails_qa_in_staging_is_rolled_back_there() {
    on_both(|bed| {
        let mut replica = bed.replica("here");
        replica.pass();
        let good = replica.release("1.1.0");
        replica.pass_until(|_, s| {
            s.envs.values().any(|e| e.config.name.as_str() == "staging" && e.ok.contains_key(&good))
        });
        bed.qa.set("regression", &digest("1.2.0"), Verdict::Failed);
        let bad = replica.release("1.2.0");
        replica.pass_until(|_, s| {
            let staging = s.envs.values().find(|e| e.config.name.as_str() == "staging").unwrap();
            staging.rejects(&digest("1.2.0")) && staging.at.as_ref().unwrap().phase == Phase::Settled
        });
        assert_eq!((bed.version("dev"), bed.version("staging")), ("1.2.0".into(), "1.1.0".into()));
        assert_eq!(replica.env("staging").at.unwrap().r, good);
        assert!(!replica.env("staging").ok.contains_key(&bad));
        assert_eq!(bed.subjects()[0], "Roll back web in staging: 1.1.0");
    });
}
