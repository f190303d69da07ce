//! The main job: a good release reaches production, a bad one comes back.

use towpath_core::journal::state::Phase;
use towpath_core::verdict::Verdict;
use towpath_tests::bed::{digest, on_both};

#[test]
fn a_good_release_reaches_production() {
    on_both(|bed| {
        let mut replica = bed.awaiting_approval("1.1.0");
        assert_eq!(["dev", "staging", "production"].map(|e| bed.version(e)), ["1.1.0", "1.1.0", "1.0.0"]);
        replica.approve(&replica.find("1.1.0"));
        replica.until_phase("production", Phase::Settled);
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
        let mut replica = bed.adopted();
        let good = replica.verify_in("staging", "1.1.0");
        bed.qa.set("regression", &digest("1.2.0"), Verdict::Failed);
        let bad = replica.release("1.2.0");
        replica.until_rolled_back("staging", &digest("1.2.0"));
        assert_eq!(["dev", "staging"].map(|e| bed.version(e)), ["1.2.0", "1.1.0"]);
        let staging = replica.env("staging");
        assert_eq!((staging.at.unwrap().r, staging.ok.contains_key(&bad)), (good, false));
        assert_eq!(bed.subjects()[0], "Roll back web in staging: 1.1.0");
    });
}
